//! Playing: screen time becomes virtual time, a frame at a time.

use super::page::Page;
use super::{dom, openings, parts};
use crate::scenes::run::Halt;
use std::cell::{Cell, RefCell};
use std::sync::atomic::{AtomicBool, Ordering};
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;

/// A frame never stands for more than this: a tab that was hidden does not leap.
const LONGEST_FRAME_MS: f64 = 100.0;
/// With reduced motion the picture is refreshed this often, and moves in steps.
const STEP_MS: f64 = 600.0;

/// Set by the panic hook: no frame enters the module again.
pub static DEAD: AtomicBool = AtomicBool::new(false);

type Frame = Closure<dyn FnMut(f64)>;

thread_local! {
    static LOOP: RefCell<Option<Frame>> = const { RefCell::new(None) };
    static LAST: Cell<f64> = const { Cell::new(0.0) };
    /// What is left of a virtual microsecond, so that slow speeds do not lose time.
    static REST: Cell<f64> = const { Cell::new(0.0) };
    static PAINTED: Cell<f64> = const { Cell::new(0.0) };
    static SCHEDULED: Cell<bool> = const { Cell::new(false) };
}

/// Makes the one closure that all frames use.
pub fn install(page: Page) {
    let closure = Closure::<dyn FnMut(f64)>::new(move |now| frame(page, now));
    LOOP.with(|slot| *slot.borrow_mut() = Some(closure));
}

pub fn play(page: Page) {
    if page.playing.get() || page.look(|_| ()).is_none() {
        return;
    }
    openings::playing(page);
    page.halt.set(None);
    page.causes.set(None);
    page.playing.set(true);
    LAST.set(dom::screen_ms());
    REST.set(0.0);
    schedule();
}

pub fn pause(page: Page) {
    if page.playing.get() {
        page.playing.set(false);
        page.sync();
    }
}

pub fn toggle(page: Page) {
    if page.playing.get() {
        pause(page);
    } else {
        play(page);
    }
}

fn schedule() {
    if SCHEDULED.replace(true) {
        return;
    }
    LOOP.with(|slot| {
        if let (Some(closure), Some(window)) = (&*slot.borrow(), dom::window()) {
            let _ = window.request_animation_frame(closure.as_ref().unchecked_ref());
        }
    });
}

fn frame(page: Page, now: f64) {
    SCHEDULED.set(false);
    if DEAD.load(Ordering::Relaxed) || !page.playing.get() {
        return;
    }
    // Of several frames in one page each may be called for every one of them, with the same time: once is enough.
    if now <= LAST.get() {
        return schedule();
    }
    let dt = (now - LAST.get()).clamp(0.0, LONGEST_FRAME_MS);
    LAST.set(now);
    // Milliseconds per second are microseconds per millisecond.
    let micros = dt * f64::from(page.speed_now()) + REST.get();
    REST.set(micros.fract());
    let limit = page.limit();
    let halt = page.change(|run| {
        let until = run.now().saturating_add(micros as u64).min(limit);
        run.advance(until)
    });
    let halt = halt.flatten();
    if halt.is_none() && page.look(|run| run.now()) == Some(limit) {
        page.playing.set(false);
        page.sync();
        if let Some(lessons) = parts::lessons() {
            (lessons.reached)(page);
        }
        return;
    }
    // A run beside this one may have stopped first.
    if parts::workbench().is_some_and(|workbench| (workbench.advanced)(page, halt.is_some())) {
        return pause(page);
    }
    match halt {
        Some(halt) => stopped(page, halt),
        None => {
            if !dom::reduced_motion() || now - PAINTED.get() > STEP_MS {
                PAINTED.set(now);
                page.sync();
            }
            schedule();
        }
    }
}

fn stopped(page: Page, halt: Halt) {
    // A question stands on its own; its run is not told to be broken while the answer is open.
    if page.asking() && matches!(halt, Halt::Broken { .. }) {
        LAST.set(dom::screen_ms());
        page.sync();
        schedule();
        return;
    }
    page.playing.set(false);
    openings::halted(page, &halt);
    page.halt.set(Some(halt));
    page.sync();
}
