//! Looks at the page and tells the host what happens; plays what shall play by itself, and only while it is seen.

use super::{given, start, talk};
use crate::embed::message::Out;
use crate::embed::params::{Controls, Narrate};
use crate::scenes::run::{Halt, Run};
use crate::scenes::scene::{Lang, Sentence};
use crate::ui::draw::plain_words;
use crate::ui::page::Page;
use crate::ui::{dom, player};
use gloo_timers::callback::Timeout;
use js_sys::{Array, Function, Reflect};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};

/// While playing, a host hears of at most one step in this time.
const STEP_MS: f64 = 100.0;
/// A loop rests so long at its end.
const REST_MS: u32 = 2_000;
/// While playing, at most one utterance in this time.
const SPOKEN_MS: f64 = 2_000.0;
/// So many sentences are said in one utterance; the rest is a number.
const SAID_AT_ONCE: usize = 3;
/// A host hears once in this time that the reader does something.
const TOUCH_MS: f64 = 1_000.0;

/// What was told last.
#[derive(Default)]
struct Seen {
    playing: bool,
    run: (u64, u32),
    total: u32,
    breaks: u32,
    halt: Option<Halt>,
    told_at: f64,
    /// The end of the last frame of play that began by itself, and how long such play has lasted.
    last: f64,
    lasted: f64,
}

thread_local! {
    static SEEN: RefCell<Seen> = RefCell::default();
    /// Whether the frame can be seen; not known at first.
    static VISIBLE: Cell<bool> = const { Cell::new(false) };
    static HIDDEN_TAB: Cell<bool> = const { Cell::new(false) };
    static ON_SCREEN: Cell<bool> = const { Cell::new(false) };
    /// It plays as soon as it is seen.
    static HELD: Cell<bool> = const { Cell::new(false) };
    /// Play began by itself, and nobody has stopped it since.
    static BY_ITSELF: Cell<bool> = const { Cell::new(false) };
    static HOSTED: Cell<bool> = const { Cell::new(false) };
    static POSTER: Cell<bool> = const { Cell::new(false) };
    static TOUCHED: Cell<f64> = const { Cell::new(-1e9) };
    /// Which way Tab was pressed, and when.
    static TAB: Cell<(f64, bool)> = const { Cell::new((-1e9, false)) };
    static SPOKEN: Cell<(f64, u32)> = const { Cell::new((-1e9, 0)) };
    /// No run has been on show yet.
    static RUNLESS: Cell<bool> = const { Cell::new(false) };
}

/// The host is told that the frame is ready once there is a run.
pub fn wait_for_run() {
    RUNLESS.set(true);
}

pub fn install(page: Page, poster: bool) {
    POSTER.set(poster);
    let stamp = page.stamp();
    page.look(|run| {
        SEEN.set(Seen {
            run: (stamp.0, run.position().0),
            total: run.position().1,
            breaks: run.breaks(),
            ..Seen::default()
        });
        SPOKEN.set((dom::screen_ms(), run.position().0));
    });
    page.on_frame(Rc::new(move |run| look(page, run)));
    follow_sight(page);
    listen();
    play_by_itself(page);
}

/// Whether play may begin without anybody pressing anything.
fn may_play() -> bool {
    given(|params| params.autoplay && (params.controls != Controls::None || HOSTED.get())) && !dom::reduced_motion()
}

pub fn play_by_itself(page: Page) {
    if may_play() {
        BY_ITSELF.set(true);
        SEEN.with_borrow_mut(|seen| seen.lasted = 0.0);
        play(page);
    }
}

/// A host is there and can pause: what waits for that may begin.
pub fn hosted(page: Page) {
    if !HOSTED.replace(true) && given(|params| params.controls == Controls::None) {
        play_by_itself(page);
    }
}

/// Plays, or does so when the frame comes into sight.
pub fn play(page: Page) {
    if VISIBLE.get() {
        player::play(page);
        SEEN.with_borrow_mut(|seen| tell_play(page, seen));
    } else {
        HELD.set(true);
    }
}

pub fn pause(page: Page) {
    HELD.set(false);
    BY_ITSELF.set(false);
    player::pause(page);
}

// --- what is seen

fn sight(page: Page) {
    let visible = ON_SCREEN.get() && !HIDDEN_TAB.get();
    if VISIBLE.replace(visible) == visible {
        return;
    }
    if visible && HELD.replace(false) {
        player::play(page);
    } else if !visible && page.playing.get() {
        // In this order: the pause that follows is not the reader's.
        player::pause(page);
        HELD.set(true);
    }
}

fn follow_sight(page: Page) {
    let Some(document) = dom::document() else { return };
    let hidden = |document: &JsValue| dom::get(document, "hidden").is_some_and(|hidden| hidden.is_truthy());
    HIDDEN_TAB.set(hidden(&document));
    let itself = document.clone();
    dom::listen(&document, "visibilitychange", move |_| {
        HIDDEN_TAB.set(hidden(&itself));
        sight(page);
    });
    if observe(page, &document).is_none() {
        // A browser that cannot tell: as if it were always seen.
        ON_SCREEN.set(true);
        sight(page);
    }
}

fn observe(page: Page, document: &web_sys::Document) -> Option<()> {
    let make: Function = dom::get(&dom::window()?.into(), "IntersectionObserver")?.dyn_into().ok()?;
    let closure = Closure::<dyn FnMut(Array)>::new(move |entries: Array| {
        let last = entries.get(entries.length().saturating_sub(1));
        ON_SCREEN.set(dom::get(&last, "isIntersecting").is_some_and(|on| on.is_truthy()));
        sight(page);
    });
    let observer = Reflect::construct(&make, &Array::of1(closure.as_ref())).ok()?;
    let observe: Function = dom::get(&observer, "observe")?.dyn_into().ok()?;
    observe.call1(&observer, &document.document_element()?.into()).ok()?;
    closure.forget();
    Some(())
}

// --- what the reader does

fn listen() {
    let Some(document) = dom::document() else { return };
    for name in ["pointerdown", "keydown"] {
        dom::listen_captured(&document, name, move |event| {
            if let Some(key) = event.dyn_ref::<web_sys::KeyboardEvent>()
                && key.key() == "Tab"
            {
                TAB.set((dom::screen_ms(), key.shift_key()));
            }
            BY_ITSELF.set(false);
            let now = dom::screen_ms();
            if now - TOUCHED.get() > TOUCH_MS {
                TOUCHED.set(now);
                talk::send(&Out::Interaction);
            }
        });
    }
    let Some(window) = dom::window() else { return };
    dom::listen(&window, "blur", move |_| {
        let (at, back) = TAB.get();
        if dom::screen_ms() - at < 200.0 {
            talk::send(&Out::Focusout { dir: if back { "prev" } else { "next" } });
        }
    });
}

// --- what happens. Called while the run is looked at: nothing here may change it.

fn look(page: Page, run: &dyn Run) {
    let lang = page.lang_now();
    let now = dom::screen_ms();
    if RUNLESS.replace(false) {
        Timeout::new(0, move || start::on_show(page)).forget();
    }
    SEEN.with_borrow_mut(|seen| {
        let playing = tell_play(page, seen);
        if playing && BY_ITSELF.get() {
            seen.lasted += (now - seen.last).clamp(0.0, 200.0);
            seen.last = now;
            if given(|params| params.stop_after.is_some_and(|s| seen.lasted > f64::from(s) * 1_000.0)) {
                Timeout::new(0, move || pause(page)).forget();
            }
        }
        let epoch = page.engine.with(|engine| engine.epoch);
        let (step, known) = run.position();
        let asking = page.asking();
        let total = if asking { step } else { known };
        let moved = seen.run != (epoch, step) || seen.total != total;
        if moved && (!playing || now - seen.told_at > STEP_MS) {
            broken(seen, run, lang, epoch, step, asking);
            seen.told_at = now;
            seen.run = (epoch, step);
            seen.total = total;
            talk::send(&Out::Step { step, total, label: label(&run.sentence(lang), run.now()) });
        }
        let halt = page.halt.get();
        if halt != seen.halt {
            seen.halt.clone_from(&halt);
            if let Some(halt) = halt {
                halted(page, halt);
            }
        }
        if given(|params| params.narrate == Narrate::Full) {
            narrate(page, run, lang, now);
        }
    });
}

/// Tells the host of play that has begun or ended, and whether it plays. A host that asks for both within one frame hears both.
fn tell_play(page: Page, seen: &mut Seen) -> bool {
    let playing = page.playing.get();
    if playing != seen.playing {
        if playing {
            HELD.set(false);
            seen.last = dom::screen_ms();
            if POSTER.replace(false) {
                Timeout::new(0, move || start::from_poster(page)).forget();
            }
        }
        talk::send(if playing { &Out::Play } else { &Out::Pause });
        seen.playing = playing;
    }
    playing
}

/// Tells which properties have broken since. While a question is open that would give its answer away.
fn broken(seen: &mut Seen, run: &dyn Run, lang: Lang, epoch: u64, step: u32, asking: bool) {
    let breaks = run.breaks();
    let onward = seen.run.0 == epoch && step > seen.run.1;
    if breaks > seen.breaks && onward && !asking {
        for finding in run.findings(lang) {
            if finding.broken_at.is_some_and(|at| (seen.run.1..step).contains(&at)) {
                talk::send(&Out::Event { kind: "broken", property: Some(finding.code.to_owned()) });
            }
        }
    }
    seen.breaks = breaks;
}

fn halted(page: Page, halt: Halt) {
    let ended = halt == Halt::End;
    let kind = if halt == Halt::Question { "question" } else { "halt" };
    talk::send(&Out::Event { kind, property: None });
    if ended {
        talk::send(&Out::Ended);
    }
    if !given(|params| params.looped) {
        return;
    }
    let by_itself = BY_ITSELF.get();
    Timeout::new(REST_MS, move || {
        // The reader or the host may have done something else meanwhile.
        if page.playing.get() || page.halt.get().as_ref() != Some(&halt) {
            return;
        }
        let go_on = move || {
            BY_ITSELF.set(by_itself);
            play(page);
        };
        if ended {
            start::again(page, go_on);
        } else {
            go_on();
        }
    })
    .forget();
}

fn label(sentence: &Sentence, now: u64) -> String {
    sentence.pieces.iter().map(|piece| plain_words(piece, now)).collect()
}

/// Says every event, several of them in one utterance while playing.
fn narrate(page: Page, run: &dyn Run, lang: Lang, now: f64) {
    let (at, said) = SPOKEN.get();
    let step = run.position().0;
    if step == said || (page.playing.get() && now - at < SPOKEN_MS) {
        return;
    }
    SPOKEN.set((now, step));
    let words = if step > said {
        let first = said.max(step.saturating_sub(SAID_AT_ONCE as u32));
        let lines = run.events(first, step - first, lang);
        let mut words: Vec<String> = lines.into_iter().map(|line| line.words).collect();
        if first > said {
            words.insert(0, format!("+{}.", first - said));
        }
        words.join(" ")
    } else {
        label(&run.sentence(lang), run.now())
    };
    let Some(document) = dom::document() else { return };
    let region = document.query_selector(".narration").ok().flatten().or_else(|| {
        let region = dom::create("div", "visually-hidden narration")?;
        dom::set(&region, "role", "status");
        dom::set(&region, "aria-live", "polite");
        document.query_selector(".app").ok().flatten()?.append_child(&region).ok()?;
        Some(region.into())
    });
    if let Some(region) = region {
        region.set_text_content(Some(&words));
    }
}
