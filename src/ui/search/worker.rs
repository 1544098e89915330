//! A search in a worker of its own, as the page sees it.

use crate::scenes::run::RunSpec;
use crate::scenes::scene::Lang;
use crate::scenes::searching::{Answer, Limits, Progress, Question};
use std::rc::Rc;

/// What the worker says.
pub enum Heard {
    /// Up to eight times a second, and once more after Stop.
    Progress(Progress),
    /// It rests; of an unfinished answer [`Worker::widen`] goes on.
    Answer(Box<Answer>),
    /// The question cannot be asked: a sentence for the reader.
    Wrong(String),
    /// The worker ended. After a panic: its message, and the run up to the state before it, if that could be found again.
    Died { why: String, run: Option<Box<RunSpec>> },
    /// Nothing has come for ten seconds although the tab is in front. It may still go on.
    Silent,
    /// The tab is in front again: whether the search went on behind, or the browser held it.
    Back { went_on: bool },
}

/// One search in a worker of its own. Dropping it ends the worker and gives its memory back.
pub struct Worker {
    hear: Rc<dyn Fn(Heard)>,
}

impl Worker {
    pub fn ask(question: &Question, lang: Lang, hear: impl Fn(Heard) + 'static) -> Worker {
        let _ = (question, lang);
        Worker { hear: Rc::new(hear) }
    }

    /// Pauses; what is known stays.
    pub fn stop(&self) {
        (self.hear)(Heard::Silent);
    }

    pub fn go_on(&self) {}

    /// After *not finished*: goes on to wider limits.
    pub fn widen(&self, limits: Limits) {
        let _ = limits;
    }

    /// Bytes of the worker's whole memory, when it was last heard of.
    pub fn memory(&self) -> u64 {
        0
    }

    /// Milliseconds that it has searched for, without pauses, when it was last heard of.
    pub fn searched_ms(&self) -> f64 {
        0.0
    }
}
