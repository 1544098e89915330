//! Searches for other pages and for tests: `window.faultline.search`, once the panels are here.
//!
//! It takes a question as text (`scenes/searching/wire.rs`) and promises what is heard of it, as text too. `"stop"`,
//! `"go-on"` and `{"widen": …}` go to the latest question.

use super::worker::{Heard, Worker};
use crate::scenes::searching::wire::{Load, Said, Told, ended_text, question_from};
use crate::ui::page::Page;
use std::cell::RefCell;

/// Who waits for a word.
pub type Promised = Box<dyn FnOnce(String)>;

#[derive(Default)]
struct Host {
    worker: Option<Worker>,
    /// And whether how far it is will do.
    waits: Option<(Promised, bool)>,
}

thread_local! {
    static HOST: RefCell<Host> = RefCell::default();
}

pub fn ask(page: Page, text: &str, promised: Promised) {
    let told = Told::from_text(text);
    let steered = HOST.with_borrow_mut(|host| {
        let worker = host.worker.as_ref()?;
        match &told {
            Ok(Told::Stop) => worker.stop(),
            Ok(Told::GoOn) => worker.go_on(),
            Ok(Told::Widen(limits)) => worker.widen(*limits),
            _ => return None,
        }
        Some(())
    });
    if steered.is_some() {
        return HOST.with_borrow_mut(|host| host.waits = Some((promised, told == Ok(Told::Stop))));
    }
    match question_from(text) {
        Err(misread) => promised(Said::Wrong(misread.0).text()),
        Ok(question) => HOST.with_borrow_mut(|host| {
            host.waits = Some((promised, false));
            host.worker = Some(Worker::ask(&question, page.lang_now(), hear));
        }),
    }
}

fn hear(heard: Heard) {
    let load = HOST.with_borrow(|host| {
        host.worker
            .as_ref()
            .map_or_else(Load::default, |worker| Load { memory: worker.memory(), searched_ms: worker.searched_ms() })
    });
    let far = matches!(heard, Heard::Progress(_));
    let text = match heard {
        Heard::Progress(progress) => Said::Progress(progress, load).text(),
        Heard::Answer(answer) => Said::Answer(answer, load).text(),
        Heard::Wrong(why) => Said::Wrong(why).text(),
        Heard::Died { why, run } => ended_text(&why, run.as_deref()),
        Heard::Silent | Heard::Back { .. } => return,
    };
    let waits = HOST.with_borrow_mut(|host| host.waits.take_if(|(_, enough)| *enough || !far));
    if let Some((promised, _)) = waits {
        promised(text);
    }
}
