//! "Find a failing run": what the reader asks, the search under way, and what it answers.
//!
//! There is one search at a time. It goes on when its dialog is closed and when another scene comes on show; a chip beside the
//! properties tells how it stands. What it finds comes on show by itself only where the reader waits for it.

use super::worker::{Heard, Worker};
use super::{draw_dialog, form, hunt};
use crate::scenes::parts::desk;
use crate::scenes::run::RunSpec;
use crate::scenes::scene::Lang;
use crate::scenes::searching::form::{Form, Ground, World};
use crate::scenes::searching::outlook::Track;
use crate::scenes::searching::{Aim, Answer, Limits, Progress, Question, Verdict, stuck};
use crate::scenes::{OpenError, link};
use crate::ui::page::{Dialog, Page};
use crate::ui::text::find::FINDS;
use crate::ui::{address, dom, html, kept, morph, notices, stage};
use gloo_timers::callback::Timeout;
use std::cell::RefCell;
use wasm_bindgen::JsCast;

/// While nobody looks at the dialog, its chip follows at most this often.
const CHIP_MS: f64 = 1_000.0;

/// What the rest of the page asks of this.
pub struct Finding {
    /// Shows the search that the reader has not done with, or the form.
    pub open: fn(Page),
    pub panel: fn(Page) -> String,
    /// How the search stands, in a few words; nothing if there is none.
    pub chip: fn(Page) -> String,
    pub click: fn(Page, &str),
    /// A choice of the form that is not a button: its name and its value.
    pub change: fn(Page, &str, &str),
}

pub static FINDING: Finding = Finding { open, panel, chip, click, change };

/// A search, from its question to its answer.
pub(super) struct Hunt {
    pub form: Form,
    pub ground: Ground,
    /// The run that was on the stage.
    pub stage: RunSpec,
    pub question: Question,
    /// While it may still go on.
    pub worker: Option<Worker>,
    pub progress: Progress,
    pub track: Track,
    pub searched_ms: f64,
    pub memory: u64,
    pub state: State,
    pub note: Note,
    /// The reader has seen how it ended.
    seen: bool,
    /// Its run has been on show, and its link has been copied.
    pub shown: bool,
    pub copied: bool,
}

pub(super) enum State {
    Searching,
    Stopped,
    Answered(Box<Answer>),
    Wrong(String),
    Died { why: String, run: Option<Box<RunSpec>> },
}

/// What else there is to say of a search under way.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Note {
    Nothing,
    Silent,
    /// The browser held it.
    Held,
}

impl Hunt {
    pub fn answer(&self) -> Option<&Answer> {
        if let State::Answered(answer) = &self.state { Some(answer) } else { None }
    }

    /// The run that shows it, at its first step.
    pub fn run(&self) -> Option<&RunSpec> {
        self.answer()?.start.as_ref()
    }

    /// Whether there is something to stop or to go on with.
    pub fn open(&self) -> bool {
        let unfinished = self.answer().is_some_and(|answer| answer.verdict == Verdict::Unfinished);
        unfinished || matches!(self.state, State::Searching | State::Stopped)
    }

    /// What it found, in a sentence: a property that breaks, or that something can get stuck.
    pub fn found(&self, lang: Lang) -> String {
        let Some(answer) = self.answer() else { return String::new() };
        let name = answer.properties.first().map_or("", |name| name);
        let steps = answer.length.to_string();
        match (self.question.aim, answer.length) {
            (Aim::Break, 0) if self.form.here => FINDS.say(lang, "broken-here", &[name]),
            (Aim::Break, 0) => FINDS.say(lang, "broken-first", &[name]),
            (Aim::Break, 1) => FINDS.say(lang, "breaks-after-one", &[name]),
            (Aim::Break, _) => FINDS.say(lang, "breaks-after", &[name, &steps]),
            (Aim::Impossible | Aim::PutOff, _) => stuck::said(&self.question, answer, lang).unwrap_or_default(),
        }
    }
}

/// Form and search; both live as long as the page.
#[derive(Default)]
pub(super) struct Bench {
    /// What the form asks about, and of which run in which language.
    of: (u64, String, Option<Lang>),
    pub form: Option<(Ground, Form)>,
    /// Why there is none.
    pub trouble: String,
    pub hunt: Option<Hunt>,
    /// The form is shown although there is a search.
    asking: bool,
    /// Which search: what an earlier one still says is not heard.
    number: u32,
    chip_at: f64,
}

thread_local! {
    static BENCH: RefCell<Bench> = RefCell::default();
}

/// Brings the form to the run that is on show.
fn refresh(page: Page) {
    let (lang, scene) = (page.lang_now(), page.scene.get());
    let of = (page.stamp().0, scene, Some(lang));
    if BENCH.with_borrow(|bench| bench.of == of) {
        return;
    }
    let ground = page.look(|run| run.spec()).and_then(|spec| Some(desk(&of.1)?.ground(&spec, lang)));
    BENCH.with_borrow_mut(|bench| {
        bench.of = of;
        let before = bench.form.take();
        (bench.form, bench.trouble) = match ground {
            None => (None, String::new()),
            Some(Err(OpenError(why))) => (None, why),
            Some(Ok(ground)) => {
                let known = |g: &Ground| (g.scene, g.recipe.clone(), g.mistakes.clone(), g.carried.clone());
                // What was chosen stays as long as it can be asked.
                let kept = before.filter(|(before, _)| known(before) == known(&ground)).map(|(_, form)| form);
                let form = kept.unwrap_or_else(|| Form::of(&ground));
                (Some((ground, form)), String::new())
            }
        };
        if let Some(hunt) = bench.hunt.as_mut()
            && let Some(Ok(ground)) = desk(&hunt.question.scene).map(|desk| desk.ground(&hunt.stage, lang))
        {
            hunt.ground = ground;
        }
    });
}

fn open(page: Page) {
    refresh(page);
    forget_note();
    BENCH.with_borrow_mut(|bench| bench.asking = bench.hunt.as_ref().is_none_or(|hunt| hunt.seen && !hunt.open()));
    page.dialog.set(Dialog::Search);
}

fn panel(page: Page) -> String {
    refresh(page);
    let lang = page.lang_now();
    BENCH.with_borrow_mut(|bench| match &mut bench.hunt {
        Some(hunt) if !bench.asking => {
            hunt.seen |= !hunt.open();
            hunt::panel(hunt, lang)
        }
        _ => form::panel(bench, lang, &page.look(|run| crate::ui::draw::seconds(run.now())).unwrap_or_default()),
    })
}

fn chip(page: Page) -> String {
    BENCH.with_borrow(|bench| bench.hunt.as_ref().map_or_else(String::new, |hunt| hunt::chip(hunt, page.lang_now())))
}

fn change(page: Page, what: &str, value: &str) {
    with_form(page, |_, form| match what {
        "property" => form.property = Some(value.to_owned()).filter(|name| !name.is_empty()),
        "carried" => form.carried = value == "on",
        "repairs" => form.repairs = value == "on",
        _ => {}
    });
}

fn with_form(page: Page, act: impl FnOnce(&Ground, &mut Form)) {
    BENCH.with_borrow_mut(|bench| {
        if let Some((ground, form)) = &mut bench.form {
            act(ground, form);
        }
    });
    draw_dialog(page);
}

fn click(page: Page, what: &str) {
    let (verb, rest) = what.split_once(' ').unwrap_or((what, ""));
    match verb {
        "go" => go(page),
        "stop" | "continue" | "widen" => steer(page, verb),
        "ask" | "answer" => {
            forget_note();
            BENCH.with_borrow_mut(|bench| bench.asking = verb == "ask");
            page.dialog.set(Dialog::Search);
        }
        "run" => show(page),
        "cycle" => show_cycle(page),
        "before" => show_before(page),
        "copy" => copy(page),
        "forget" => forget_note(),
        _ => with_form(page, |ground, form| choose(ground, form, verb, rest)),
    }
}

fn choose(ground: &Ground, form: &mut Form, verb: &str, rest: &str) {
    match verb {
        "aim" => {
            let named = [("break", Aim::Break), ("impossible", Aim::Impossible), ("put-off", Aim::PutOff)];
            if let Some((_, aim)) = named.iter().find(|(name, _)| *name == rest) {
                form.ask(*aim, ground);
            }
        }
        "here" => form.start_here(rest == "yes", ground),
        "with" => {
            if let Some(setup) = rest.parse().ok().and_then(|n: usize| ground.setups.get(n)) {
                form.take(setup);
            }
        }
        "world" => {
            let found = World::ALL.into_iter().find(|world| world.name() == rest);
            form.world = found.unwrap_or(form.world);
        }
        "more" => form.step(rest, true, ground),
        "less" => form.step(rest, false, ground),
        "reset" => *form = Form::of(ground),
        _ => {}
    }
}

/// Begins the search. One that is under way is ended.
fn go(page: Page) {
    let Some(stage) = page.look(|run| run.spec()) else { return };
    let asked = BENCH.with_borrow_mut(|bench| {
        let (ground, form) = bench.form.clone()?;
        bench.number += 1;
        bench.asking = false;
        Some((bench.number, ground, form))
    });
    let Some((number, ground, form)) = asked else { return };
    let question = form.question(&ground, &stage);
    let worker = Worker::ask(&question, page.lang_now(), move |said| hear(page, number, said));
    let hunt = Hunt {
        form,
        ground,
        stage,
        question,
        worker: Some(worker),
        progress: Progress::default(),
        track: Track::default(),
        searched_ms: 0.0,
        memory: 0,
        state: State::Searching,
        note: Note::Nothing,
        seen: false,
        shown: false,
        copied: false,
    };
    BENCH.with_borrow_mut(|bench| bench.hunt = Some(hunt));
    kept::changed();
}

fn steer(page: Page, verb: &str) {
    BENCH.with_borrow_mut(|bench| {
        let Some(hunt) = &mut bench.hunt else { return };
        let Some(worker) = &hunt.worker else { return };
        match verb {
            "stop" => {
                worker.stop();
                hunt.state = State::Stopped;
            }
            "continue" => {
                worker.go_on();
                hunt.state = State::Searching;
            }
            _ => {
                let Limits { states, bytes } = hunt.question.limits;
                // Twice that limit which it has reached.
                let wider = match hunt.progress.states >= states {
                    true => Limits { states: states * 2, bytes },
                    false => Limits { states, bytes: bytes * 2 },
                };
                worker.widen(wider);
                (hunt.question.limits, hunt.form.limits) = (wider, wider);
                (hunt.state, hunt.seen) = (State::Searching, false);
            }
        }
        hunt.note = Note::Nothing;
    });
    draw_dialog(page);
    kept::changed();
}

/// What the search of this number says.
fn hear(page: Page, number: u32, said: Heard) {
    let ended = BENCH.with_borrow_mut(|bench| {
        let hunt = bench.hunt.as_mut().filter(|_| bench.number == number)?;
        if let Some(worker) = &hunt.worker {
            (hunt.searched_ms, hunt.memory) = (worker.searched_ms(), worker.memory());
        }
        match said {
            Heard::Progress(progress) => {
                hunt.progress = progress;
                hunt.track.hear(hunt.searched_ms, progress);
                hunt.note = if hunt.note == Note::Held { Note::Held } else { Note::Nothing };
                return Some(false);
            }
            Heard::Silent => hunt.note = Note::Silent,
            Heard::Back { went_on } => hunt.note = if went_on { Note::Nothing } else { Note::Held },
            Heard::Answer(answer) => {
                hunt.progress = answer.progress;
                hunt.state = State::Answered(answer);
            }
            Heard::Wrong(why) => hunt.state = State::Wrong(why),
            Heard::Died { why, run } => hunt.state = State::Died { why, run },
        }
        if !matches!(hunt.state, State::Searching | State::Stopped) {
            hunt.note = Note::Nothing;
            if !hunt.open() {
                // Its memory is given back, once it has said this.
                let worker = hunt.worker.take();
                Timeout::new(0, move || drop(worker)).forget();
            }
            return Some(true);
        }
        Some(false)
    });
    match ended {
        None => {}
        Some(true) => ended_now(page),
        Some(false) if watched(page) => draw_dialog(page),
        Some(false) => draw_chip(page),
    }
}

/// Whether the reader waits for the answer.
fn watched(page: Page) -> bool {
    page.dialog.get() == Dialog::Search && BENCH.with_borrow(|bench| !bench.asking)
}

fn ended_now(page: Page) {
    let lang = page.lang_now();
    let (found, words) = BENCH.with_borrow(|bench| {
        let Some(hunt) = &bench.hunt else { return (false, String::new()) };
        let states = crate::ui::draw::grouped(hunt.progress.states as usize);
        let words = match hunt.answer().map(|answer| answer.verdict) {
            Some(Verdict::Violated) => FINDS.say(lang, "notice-found", &[&hunt.found(lang)]),
            Some(Verdict::Holds) if hunt.question.aim != Aim::Break => hunt.found(lang),
            Some(Verdict::Holds) => FINDS.say(lang, "notice-holds", &[&states]),
            Some(Verdict::Unfinished) => FINDS.tr(lang, "notice-limit").to_owned(),
            None => FINDS.tr(lang, "notice-died").to_owned(),
        };
        (hunt.run().is_some(), words)
    });
    let here =
        BENCH.with_borrow(|bench| bench.hunt.as_ref().is_some_and(|hunt| hunt.question.scene == page.scene.get()));
    if watched(page) && here && found {
        return show(page);
    }
    if !watched(page) {
        tell(page, &words, found);
    }
    kept::changed();
}

/// Puts a run on show, closes the dialog and says what it is. The keys are for that run from now on.
fn put_on_show(page: Page, spec: RunSpec, words: String, event: Option<u32>) {
    let open = dom::document().and_then(|document| document.query_selector(".dialog").ok().flatten());
    if let Some(dialog) = open.and_then(|element| element.dyn_into::<web_sys::HtmlDialogElement>().ok()) {
        dialog.close();
    }
    page.dialog.set(Dialog::None);
    page.drawer.set(false);
    address::open_spec(page, spec, move |opened| {
        if !opened {
            return;
        }
        if let Some(event) = event {
            page.seek_event(event);
        }
        stage::focus();
        notices::say(page, words);
    });
}

fn show(page: Page) {
    forget_note();
    let lang = page.lang_now();
    let run = BENCH.with_borrow_mut(|bench| {
        let hunt = bench.hunt.as_mut()?;
        (hunt.shown, hunt.seen) = (true, true);
        Some((hunt.run()?.clone(), FINDS.say(lang, "opened", &[&hunt.found(lang)])))
    });
    if let Some((spec, words)) = run {
        put_on_show(page, spec, words, None);
    }
}

/// The run at the moment from which it repeats.
fn show_cycle(page: Page) {
    let run = BENCH.with_borrow(|bench| {
        let hunt = bench.hunt.as_ref()?;
        let answer = hunt.answer()?;
        let spec = answer.spec.clone()?;
        let before = spec.events.saturating_sub(answer.cycle?);
        Some((spec, hunt.found(page.lang_now()), before.checked_sub(1)))
    });
    if let Some((spec, words, event)) = run {
        put_on_show(page, spec, words, event);
    }
}

/// The run up to the state before the one in which a property panicked.
fn show_before(page: Page) {
    let run = BENCH.with_borrow(|bench| match &bench.hunt.as_ref()?.state {
        State::Died { why, run } => Some(((**run.as_ref()?).clone(), why.clone())),
        _ => None,
    });
    if let Some((spec, why)) = run {
        put_on_show(page, spec, why, None);
    }
}

fn copy(page: Page) {
    let link = BENCH.with_borrow(|bench| link::encode(bench.hunt.as_ref()?.run()?).ok());
    let Some(link) = link else { return };
    dom::copy(&format!("{}#{}", address::base(), link.trim_start_matches('#')), move |done| {
        BENCH.with_borrow_mut(|bench| {
            if let Some(hunt) = &mut bench.hunt {
                hunt.copied = done;
            }
        });
        draw_dialog(page);
    });
}

/// The chips alone, beside the properties and above the form: nothing else has changed.
fn draw_chip(page: Page) {
    let now = dom::screen_ms();
    let due = BENCH.with_borrow_mut(|bench| {
        let due = now - bench.chip_at > CHIP_MS;
        if due {
            bench.chip_at = now;
        }
        due
    });
    let root = dom::document().and_then(|document| document.document_element()).filter(|_| due);
    for place in root.iter().flat_map(|root| dom::all(root, ".find-chip-place")) {
        morph::morph(&place, &chip(page));
    }
}

/// Tells how a search ended that nobody was looking at, with a button for its run.
fn tell(page: Page, words: &str, found: bool) {
    if !found {
        return notices::say(page, words.to_owned());
    }
    forget_note();
    let root = dom::document().and_then(|document| document.query_selector(".app").ok().flatten());
    let (Some(root), Some(note)) = (root, dom::create("div", "notice find-note")) else { return };
    dom::set(&note, "role", "status");
    let _ = root.append_child(&note);
    note.set_inner_html(&format!(
        "<p>{}</p>{}{}",
        html::text(words),
        html::button("button", "find run", FINDS.tr(page.lang_now(), "run")),
        html::icon_button("icon-button", "find forget", "close", page.tr("dismiss"))
    ));
}

fn forget_note() {
    if let Some(note) = dom::document().and_then(|document| document.query_selector(".find-note").ok().flatten()) {
        note.remove();
    }
}
