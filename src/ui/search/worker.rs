//! A search in a worker of its own, as the page sees it.
//!
//! The worker is a script and a WebAssembly of its own (`checker.boot.js`, `src/bin/checker.rs`), fetched when something is
//! first asked. What goes to and fro is text (`scenes/searching/wire.rs`).

use super::super::text::search::SEARCHES;
use super::super::{dom, player};
use crate::scenes::run::RunSpec;
use crate::scenes::scene::Lang;
use crate::scenes::searching::wire::{Load, Said, Told};
use crate::scenes::searching::{Answer, Limits, Progress, Question};
use gloo_timers::callback::Timeout;
use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};
use std::sync::atomic::Ordering;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::Event;

/// How often it is looked whether the worker is still heard and the tab is in front.
const WATCH_MS: u32 = 1_000;
/// So long without a word is told; so long is the end of it.
const SILENT_MS: f64 = 10_000.0;
const LOST_MS: f64 = 60_000.0;
/// The browser held the page, not the worker alone, if the watch itself came so late.
const HELD_MS: f64 = 5_000.0;

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
pub struct Worker(Rc<Inner>);

struct Inner {
    question: Question,
    lang: Lang,
    hear: Box<dyn Fn(Heard)>,
    link: RefCell<Option<Link>>,
    at: Cell<At>,
    /// What the worker said when it panicked, while the run up to there is looked for.
    why: RefCell<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Phase {
    Searching,
    Resting,
    /// It has panicked, and another worker looks for the run up to there.
    Tracing,
    Over,
}

#[derive(Clone, Copy)]
struct At {
    phase: Phase,
    load: Load,
    /// Times of the screen's clock.
    heard_ms: f64,
    watched_ms: f64,
    silent: bool,
    /// Since when the tab is behind or was held, and for how long had been searched then.
    away: Option<(f64, f64)>,
    /// It is in front again; the next word tells what became of the search.
    back: bool,
    /// A watch is on its way.
    watched: bool,
}

impl Worker {
    /// Asks. What is heard comes later, never from within this call.
    pub fn ask(question: &Question, lang: Lang, hear: impl Fn(Heard) + 'static) -> Worker {
        let now = dom::screen_ms();
        let at = At {
            phase: Phase::Searching,
            load: Load::default(),
            heard_ms: now,
            watched_ms: now,
            silent: false,
            away: None,
            back: false,
            watched: false,
        };
        let inner = Rc::new(Inner {
            question: question.clone(),
            lang,
            hear: Box::new(hear),
            link: RefCell::new(None),
            at: Cell::new(at),
            why: RefCell::default(),
        });
        begin(&inner, &Told::Ask(Box::new(question.clone()), lang));
        Worker(inner)
    }

    /// Pauses; what is known stays.
    pub fn stop(&self) {
        self.0.tell(&Told::Stop, Phase::Resting);
    }

    pub fn go_on(&self) {
        self.0.tell(&Told::GoOn, Phase::Searching);
        watch(&self.0);
    }

    /// After *not finished*: goes on to wider limits.
    pub fn widen(&self, limits: Limits) {
        self.0.tell(&Told::Widen(limits), Phase::Searching);
        watch(&self.0);
    }

    /// Bytes of the worker's whole memory, when it was last heard of.
    pub fn memory(&self) -> u64 {
        self.0.at.get().load.memory
    }

    /// Milliseconds that it has searched for, without pauses, when it was last heard of.
    pub fn searched_ms(&self) -> f64 {
        self.0.at.get().load.searched_ms
    }
}

impl Inner {
    fn change(&self, f: impl FnOnce(&mut At)) {
        let mut at = self.at.get();
        f(&mut at);
        self.at.set(at);
    }

    /// Says it to a worker that lives.
    fn tell(&self, told: &Told, phase: Phase) {
        if !matches!(self.at.get().phase, Phase::Searching | Phase::Resting) {
            return;
        }
        let now = dom::screen_ms();
        self.change(|at| {
            at.phase = phase;
            (at.silent, at.away, at.back) = (false, None, false);
            (at.heard_ms, at.watched_ms) = (now, now);
        });
        if let Some(link) = &*self.link.borrow() {
            link.post(told);
        }
    }

    fn end(&self, heard: Heard) {
        self.change(|at| at.phase = Phase::Over);
        *self.link.borrow_mut() = None;
        (self.hear)(heard);
    }

    fn died(&self, key: &'static str, gap: &str) {
        self.end(Heard::Died { why: SEARCHES.say(self.lang, key, &[gap]), run: None });
    }
}

/// The browser's worker and what listens to it.
struct Link {
    worker: JsValue,
    _listener: Closure<dyn FnMut(Event)>,
}

const EVENTS: [&str; 3] = ["onmessage", "onerror", "onmessageerror"];

impl Link {
    /// The worker's files carry the name of the page's own script, and lie beside it; the page that is one file has a script
    /// of its own for where they are (`single.boot.js`).
    fn new(listener: Closure<dyn FnMut(Event)>) -> Result<Link, JsValue> {
        let missing = || JsValue::from_str("no Worker");
        let window = dom::window().ok_or_else(missing)?;
        let inside = dom::get(&window, "faultlineWorker").and_then(|found| found.dyn_into::<js_sys::Function>().ok());
        let address = match inside {
            Some(inside) => inside.call0(&JsValue::NULL)?,
            None => {
                let script = dom::document().and_then(|page| page.query_selector("script[data-js]").ok().flatten());
                let script = script.and_then(|script| script.get_attribute("data-js")).ok_or_else(missing)?;
                format!("{}-checker.js", script.trim_end_matches(".js")).into()
            }
        };
        let constructor = dom::get(&window, "Worker").and_then(|found| found.dyn_into::<js_sys::Function>().ok());
        let options = js_sys::Object::new();
        js_sys::Reflect::set(&options, &"type".into(), &"module".into())?;
        let arguments = js_sys::Array::new();
        arguments.push(&address);
        arguments.push(&options);
        let worker = js_sys::Reflect::construct(&constructor.ok_or_else(missing)?, &arguments)?;
        for event in EVENTS {
            js_sys::Reflect::set(&worker, &event.into(), listener.as_ref())?;
        }
        Ok(Link { worker, _listener: listener })
    }

    fn call(&self, name: &str, what: &JsValue) {
        let function = dom::get(&self.worker, name).and_then(|found| found.dyn_into::<js_sys::Function>().ok());
        let _ = function.map(|function| function.call1(&self.worker, what));
    }

    fn post(&self, told: &Told) {
        self.call("postMessage", &told.text().into());
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        for event in EVENTS {
            let _ = js_sys::Reflect::set(&self.worker, &event.into(), &JsValue::NULL);
        }
        self.call("terminate", &JsValue::UNDEFINED);
    }
}

/// Starts a worker and tells it what to do.
fn begin(inner: &Rc<Inner>, told: &Told) {
    let listening = Rc::downgrade(inner);
    let listener = Closure::<dyn FnMut(Event)>::new(move |event: Event| {
        if let Some(inner) = listening.upgrade().filter(|_| !player::DEAD.load(Ordering::Relaxed)) {
            heard(&inner, &event);
        }
    });
    match Link::new(listener) {
        Ok(link) => {
            link.post(told);
            *inner.link.borrow_mut() = Some(link);
            watch(inner);
        }
        Err(error) => {
            let why = dom::get(&error, "message").and_then(|message| message.as_string()).unwrap_or_default();
            let inner = inner.clone();
            Timeout::new(0, move || inner.died("worker-missing", &why)).forget();
        }
    }
}

fn heard(inner: &Rc<Inner>, event: &Event) {
    let text = dom::get(event, "data").and_then(|data| data.as_string());
    let Some(text) = text else {
        // The script did not load or cannot run here, or a message could not be read.
        let why = dom::get(event, "message").and_then(|message| message.as_string()).unwrap_or_default();
        return inner.died("worker-missing", &why);
    };
    let at = inner.at.get();
    let now = dom::screen_ms();
    inner.change(|at| (at.heard_ms, at.silent) = (now, false));
    let said = match Said::from_text(&text) {
        Ok(said) => said,
        Err(misread) => return inner.died("worker-unread", &misread.0),
    };
    if let Said::Progress(_, load) | Said::Answer(_, load) = &said {
        inner.change(|at| at.load = *load);
        if let (Some((since, searched)), true) = (at.away, at.back) {
            inner.change(|at| (at.away, at.back) = (None, false));
            (inner.hear)(Heard::Back { went_on: load.searched_ms - searched >= (now - since) / 2.0 });
        }
    }
    match (said, at.phase) {
        (Said::Progress(progress, _), _) => (inner.hear)(Heard::Progress(progress)),
        (Said::Answer(answer, _), _) => {
            inner.change(|at| at.phase = Phase::Resting);
            (inner.hear)(Heard::Answer(answer));
        }
        (Said::Wrong(why), _) => inner.end(Heard::Wrong(why)),
        (Said::Missing(why), _) => inner.died("worker-missing", &why),
        (Said::Died { why, expanded: Some(expanded) }, Phase::Searching | Phase::Resting) => {
            inner.change(|at| at.phase = Phase::Tracing);
            *inner.why.borrow_mut() = why;
            begin(inner, &Told::Before(Box::new(inner.question.clone()), inner.lang, expanded));
        }
        (Said::Died { why, .. }, Phase::Searching | Phase::Resting) => inner.died("worker-stopped", &why),
        (Said::Died { .. }, _) => traced(inner, None),
        (Said::Before(run), _) => traced(inner, run),
    }
}

fn traced(inner: &Inner, run: Option<Box<RunSpec>>) {
    let why = SEARCHES.say(inner.lang, "worker-stopped", &[&inner.why.borrow()]);
    inner.end(Heard::Died { why, run });
}

/// Looks again in a second, as long as something is to be heard.
fn watch(inner: &Rc<Inner>) {
    if inner.at.get().watched {
        return;
    }
    inner.change(|at| at.watched = true);
    let watching = Rc::downgrade(inner);
    Timeout::new(WATCH_MS, move || look(&watching)).forget();
}

fn look(watching: &Weak<Inner>) {
    let Some(inner) = watching.upgrade().filter(|_| !player::DEAD.load(Ordering::Relaxed)) else { return };
    let now = dom::screen_ms();
    let before = inner.at.get();
    inner.change(|at| (at.watched, at.watched_ms) = (false, now));
    if !matches!(before.phase, Phase::Searching | Phase::Tracing) {
        return;
    }
    watch(&inner);
    let hidden = dom::document().and_then(|document| dom::get(&document, "hidden")?.as_bool()).unwrap_or(false);
    let held = now - before.watched_ms > HELD_MS;
    if hidden || held {
        // Where nobody looks and where nothing runs silence says nothing.
        inner.change(|at| {
            at.away = at.away.or(Some((before.watched_ms, before.load.searched_ms)));
            at.back = !hidden;
            at.heard_ms = now;
        });
    } else if before.away.is_some() && !before.back {
        inner.change(|at| (at.back, at.heard_ms) = (true, now));
    } else if now - before.heard_ms > LOST_MS {
        if before.phase == Phase::Tracing { traced(&inner, None) } else { inner.died("worker-lost", "") }
    } else if now - before.heard_ms > SILENT_MS && !before.silent && before.phase == Phase::Searching {
        inner.change(|at| at.silent = true);
        (inner.hear)(Heard::Silent);
    }
}
