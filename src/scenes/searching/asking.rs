//! A question that is searched a slice at a time, so that whoever asked can do other things between.

use super::beginning::{self, Before, Beginning};
use super::stuck::Pondering;
use super::{Aim, Answer, Premise, Progress, Question, Verdict, replay};
use crate::check::model::{ClusterModel, Move};
pub use crate::check::search::expanding;
use crate::check::search::{Limits, Search, Verdict as Found};
use crate::core::protocol::Protocol;
use crate::scenes::OpenError;
use crate::scenes::catalogue::{scene, unknown_scene};
use crate::scenes::run::{Run, RunSpec};
use crate::scenes::scene::{Lang, Standing};
use crate::scenes::session::Session;
use crate::scenes::staging::Staging;
use crate::scenes::text::say;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A search under way, without the type of its scene.
pub trait Asked {
    /// Expands at most so many states. `None`: there is more to do.
    ///
    /// # Errors
    /// A counterexample that cannot be played. A step or a property that panics, where panics can be caught: see
    /// [`Asked::panicked`].
    fn go_on(&mut self, expansions: u32) -> Result<Option<Answer>, OpenError>;
    fn progress(&self) -> Progress;
    /// Goes on where it stopped unfinished.
    fn widen(&mut self, limits: Limits);
    /// After a panic that was caught: the number of states that were expanded before the one in which it happened. Where
    /// panics end the program, a panic hook reads the same number from [`expanding`]; a new search of the same question can
    /// then be led up to it.
    fn panicked(&self) -> Option<u64>;
    /// The run that ends in the state which is expanded after so many others. A search that has not come so far goes on until
    /// it has; `None`: it ends before, or the run cannot be played.
    fn run_before(&mut self, expanded: u64) -> Option<RunSpec>;
}

/// Begins a search in the scene that the question names.
///
/// # Errors
/// Unknown names, options out of bounds, or a property that the configuration does not have.
pub fn ask(question: &Question, lang: Lang) -> Result<Box<dyn Asked>, OpenError> {
    fn begin<S: Staging>(question: &Question, lang: Lang) -> Result<Box<dyn Asked>, OpenError> {
        match question.aim {
            Aim::Break => Ok(Box::new(Asking::<S>::begin(question, lang)?)),
            Aim::Impossible | Aim::PutOff => Ok(Box::new(Pondering::<S>::begin(question, lang)?)),
        }
    }
    scene!(question.scene.as_str(), begin(question, lang), Err(unknown_scene(&question.scene, lang)))
}

pub(in crate::scenes) struct Asking<S: Staging> {
    question: Question,
    lang: Lang,
    session: Session<S>,
    before: Before,
    search: Search<ClusterModel<S::P>>,
    panicked: Option<u64>,
    threads: usize,
}

impl<S: Staging> Asking<S> {
    pub(in crate::scenes) fn begin(question: &Question, lang: Lang) -> Result<Self, OpenError> {
        let Beginning { session, model, before } = beginning::begin::<S>(question, lang)?;
        Ok(Asking {
            question: question.clone(),
            lang,
            session,
            before,
            search: Search::new(model),
            panicked: None,
            threads: 1,
        })
    }

    /// Searches on so many threads, where there are threads.
    pub(super) fn on(self, threads: usize) -> Self {
        Asking { threads, ..self }
    }

    /// One sentence for each event of the run that was found.
    pub(super) fn steps(&self) -> Vec<String> {
        self.before.steps(&self.session, self.lang)
    }

    /// Plays the path in the simulator: it must break the same property in the same state.
    fn replay(&mut self, property: &'static str, path: &[Move<S::P>], answer: &mut Answer) -> Result<(), OpenError> {
        let session = &mut self.session;
        let same = replay::play(session, self.search.model(), path, &self.before, self.lang)?;
        let broke = |standing| matches!(standing, Standing::Broken | Standing::Never);
        let found = session.findings(self.lang).iter().any(|f| f.code == property && broke(f.standing));
        if !(found && same) {
            return Err(OpenError(say(self.lang, "common.not-replayed", &[("name", property.into())])));
        }
        self.before.tell(session, path.is_empty() && self.question.from.is_some(), answer);
        Ok(())
    }
}

impl<S: Staging> Asked for Asking<S> {
    fn go_on(&mut self, expansions: u32) -> Result<Option<Answer>, OpenError> {
        let Asking { search, question, threads, .. } = self;
        // Whatever a panic leaves half done is only asked for the path to the state before it.
        let sliced = guarded(self.lang, || slice(search, *threads, question.limits, expansions));
        let found = sliced.inspect_err(|_| self.panicked = Some(self.search.expanding()))?;
        let mut answer = Answer {
            properties: self.search.model().properties().into_iter().map(str::to_owned).collect(),
            premises: self.before.premises.clone(),
            ..Answer::new(Verdict::Holds, self.progress())
        };
        if self.search.model().narrowed() {
            answer.premises.push(Premise::Extremes);
        }
        match found {
            Found::Holds { .. } => {}
            Found::Unfinished { limit: None, .. } => return Ok(None),
            Found::Unfinished { .. } => answer.verdict = Verdict::Unfinished,
            Found::Violated { property, path, depth, .. } => {
                answer.verdict = Verdict::Violated;
                answer.progress.depth = depth;
                answer.properties = vec![property.to_owned()];
                self.replay(property, &path, &mut answer)?;
            }
        }
        Ok(Some(answer))
    }

    fn progress(&self) -> Progress {
        self.search.progress()
    }

    fn widen(&mut self, limits: Limits) {
        self.question.limits = limits;
    }

    fn panicked(&self) -> Option<u64> {
        self.panicked
    }

    fn run_before(&mut self, expanded: u64) -> Option<RunSpec> {
        let path = self.search.path_before(expanded)?;
        let Beginning { session, before, .. } = beginning::begin::<S>(&self.question, self.lang).ok()?;
        (self.session, self.before) = (session, before);
        replay::play(&mut self.session, self.search.model(), &path, &self.before, self.lang).ok()?;
        Some(self.session.spec())
    }
}

#[cfg(not(target_arch = "wasm32"))]
fn slice<P: Protocol>(
    search: &mut Search<ClusterModel<P>>,
    threads: usize,
    limits: Limits,
    expansions: u32,
) -> Found<Move<P>> {
    search.slice_on(threads, limits, expansions)
}

#[cfg(target_arch = "wasm32")]
fn slice<P: Protocol>(
    search: &mut Search<ClusterModel<P>>,
    _: usize,
    limits: Limits,
    expansions: u32,
) -> Found<Move<P>> {
    search.slice(limits, expansions)
}

/// The result, or the sentence that says why there is none.
pub(super) fn guarded<T>(lang: Lang, work: impl FnOnce() -> T) -> Result<T, OpenError> {
    catch_unwind(AssertUnwindSafe(work))
        .map_err(|panic| OpenError(say(lang, "common.search-panicked", &[("why", said(&*panic).to_owned().into())])))
}

/// What a panic says.
fn said(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("?")
}
