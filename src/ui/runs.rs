//! Which run is on show: opening, replacing, parking and bringing back. What a change of structure replaces, undo returns.

use super::page::{Page, Parked};
use super::{address, dom, notices, openings, parts, slices};
use crate::scenes::run::{Run, RunSpec};
use crate::scenes::{self, OpenError};
use gloo_timers::callback::Timeout;
use std::cell::Cell;

/// What takes longer than this is told of.
const SOON_MS: f64 = 150.0;

thread_local! {
    /// Grows whenever somebody asks for a run: what was asked for before is no longer wanted.
    static ASKED: Cell<u32> = const { Cell::new(0) };
    /// So many are on their way.
    static UNDER_WAY: Cell<u32> = const { Cell::new(0) };
}

/// Another run is asked for, and the one that was coming is not; the number of this wish.
fn ask(page: Page) -> u32 {
    if page.coming.get().is_some() {
        page.coming.set(None);
    }
    ASKED.set(ASKED.get().wrapping_add(1));
    UNDER_WAY.set(UNDER_WAY.get() + 1);
    ASKED.get()
}

/// It has come, or will not.
fn asked() {
    UNDER_WAY.set(UNDER_WAY.get().saturating_sub(1));
}

/// Whether a run is on its way.
pub fn under_way() -> bool {
    UNDER_WAY.get() > 0
}

/// Runs that a change of structure replaced and that undo brings back.
const KEPT_RUNS: usize = 24;

impl Page {
    /// Puts another run on show in place of this one, which undo brings back.
    pub fn replace(&self, run: Box<dyn Run>, opening: Option<openings::State>) {
        let before = self.opening.get();
        self.engine.quietly(|engine| {
            let mut past = Vec::new();
            if let Some(old) = engine.current.take() {
                past = old.past;
                past.push((old.run, before));
                if past.len() > KEPT_RUNS {
                    past.remove(0);
                }
            }
            engine.current = Some(Parked { run, opening: None, past, future: Vec::new() });
            engine.undone = 0;
            engine.epoch += 1;
        });
        self.shown(opening);
    }

    /// What follows when another run has come on show.
    fn shown(&self, opening: Option<openings::State>) {
        self.playing.set(false);
        self.halt.set(None);
        self.causes.set(None);
        self.ticked.set(Vec::new());
        let lang = self.lang_now();
        let scene = self.look(|run| run.scene()).unwrap_or_default();
        if self.scene.get() != scene {
            self.selection.set(None);
            self.scene.set(scene.to_owned());
        }
        let gone = match self.selection.get() {
            Some(what) => self.look(|run| run.inspect(what, lang).is_none()).unwrap_or(true),
            None => false,
        };
        if gone {
            self.selection.set(None);
        }
        self.opening.set(opening);
        self.sync();
        address::publish(*self);
    }

    /// Starts the scene's run afresh with one control changed.
    pub fn with_option(&self, key: &str, value: &str) {
        let lang = self.lang_now();
        if let Some(why) = parts::refusal(lang) {
            return notices::warn(*self, why);
        }
        let Some(spec) = self.look(|run| run.spec()) else { return };
        match scenes::with_option(&spec, key, value, lang).and_then(|spec| scenes::open(&spec, lang)) {
            Ok(run) => self.replace(run, None),
            Err(OpenError(why)) => {
                notices::warn(*self, why);
            }
        }
    }

    /// Starts the same set-up afresh from another seed.
    pub fn with_seed(&self, seed: u64) {
        self.with_option("seed", &seed.to_string());
    }

    /// Opens a run of this or another scene. On failure says why and leaves the present run alone.
    pub fn open(&self, spec: &RunSpec, opening: Option<openings::State>) -> bool {
        self.put(&spec.scene, scenes::open(spec, self.lang_now()), opening)
    }

    /// Puts a run that was opened on show, in its scene's tab, or says why it could not be opened.
    fn put(&self, scene: &str, opened: Result<Box<dyn Run>, OpenError>, opening: Option<openings::State>) -> bool {
        match opened {
            Ok(run) => {
                self.park_for(scene);
                self.replace(run, opening);
                true
            }
            Err(OpenError(why)) => {
                notices::warn(*self, why);
                false
            }
        }
    }

    /// The same for a run that may be far from its start: it is played there between frames, and the present run stays on show
    /// until it is. Nothing is opened if the reader turns to something else or stops it.
    pub fn bring(&self, spec: RunSpec, opening: Option<openings::State>, told: impl FnOnce(bool) + 'static) {
        let page = *self;
        let making = match scenes::begin(&spec, page.lang_now()) {
            Ok(making) => making,
            Err(why) => return told(page.put(&spec.scene, Err(why), opening)),
        };
        let epoch = move || page.engine.with(|engine| engine.epoch);
        let (wish, before, begun) = (ask(page), epoch(), dom::screen_ms());
        let mut shown = None;
        let wanted = move |done: f64| {
            let stopped = shown.is_some() && page.coming.get().is_none();
            if stopped || ASKED.get() != wish || epoch() != before {
                return false;
            }
            // What takes no time is not announced.
            let now = Some((done * 100.0) as u32);
            if dom::screen_ms() - begun > SOON_MS && shown != now {
                shown = now;
                page.coming.set(now);
            }
            true
        };
        slices::make(making, wanted, move |made| {
            asked();
            // Whoever is wanted instead tells of itself.
            if ASKED.get() == wish && page.coming.get().is_some() {
                page.coming.set(None);
            }
            told(made.is_some_and(|made| page.put(&spec.scene, made, opening)));
        });
    }

    /// Puts the present run aside if another tab is about to come on show. True if that tab's own run came back.
    fn park_for(&self, scene: &str) -> bool {
        if self.shows_tab_of(scene) {
            return false;
        }
        let opening = self.opening.get();
        let back = self.engine.quietly(|engine| {
            if let Some(mut old) = engine.current.take() {
                old.opening = opening;
                engine.tabs.push(old);
            }
            let at = engine.tabs.iter().position(|parked| scenes::family(scene).contains(&parked.run.scene()))?;
            engine.current = Some(engine.tabs.swap_remove(at));
            engine.undone = 0;
            engine.epoch += 1;
            Some(())
        });
        back.is_some()
    }

    /// Whether the run on show is of this scene or of its family.
    fn shows_tab_of(&self, scene: &str) -> bool {
        self.look(|run| scenes::family(run.scene()).contains(&scene)).unwrap_or(false)
    }

    /// Opens a tab, once its part of the page is here: its run as it was left, or its first opening, or its plain run.
    pub fn open_scene(&self, scene: &str) {
        let (page, name) = (*self, scene.to_owned());
        ask(page);
        parts::with(page, scene, self.lang_now(), move |here| {
            asked();
            // The first run of all waits for nothing: the page is not there without it.
            if here && (page.look(|_| ()).is_none() || page.shows_tab_of(&name) || page.parks(&name)) {
                page.show_scene(&name);
            } else if here {
                // The run is found in one task and shown in the next, unless another scene is asked for meanwhile.
                let ticket = page.awaited.with(|awaited| awaited.1);
                openings::prepare(page, &name);
                Timeout::new(0, move || {
                    if page.awaited.with(|awaited| awaited.1) == ticket {
                        page.show_scene(&name);
                    }
                })
                .forget();
            }
        });
    }

    /// Whether a run of the scene's tab was left there.
    fn parks(&self, scene: &str) -> bool {
        let family = scenes::family(scene);
        self.engine.with(|engine| engine.tabs.iter().any(|parked| family.contains(&parked.run.scene())))
    }

    fn show_scene(&self, scene: &str) {
        if self.shows_tab_of(scene) {
            return;
        }
        address::leave(*self);
        if self.park_for(scene) {
            let opening = self.engine.quietly(|engine| engine.current.as_mut()?.opening.take());
            self.shown(opening);
            return;
        }
        if !openings::begin(*self, scene, 0, 0) {
            self.open(&scenes::default_spec(scene), None);
        }
    }

    pub fn can_undo(&self) -> bool {
        let past = self.engine.with(|e| e.current.as_ref().is_some_and(|c| !c.past.is_empty()));
        past || self.look(|run| run.can_undo()).unwrap_or(false)
    }

    pub fn can_redo(&self) -> bool {
        let future = self.engine.with(|e| e.current.as_ref().is_some_and(|c| !c.future.is_empty()));
        future || self.look(|run| run.can_redo()).unwrap_or(false)
    }

    /// Takes back the last thing the reader did: a command of this run, or the change that started it.
    pub fn undo(&self) {
        if self.change(|run| run.undo()) == Some(true) {
            self.engine.quietly(|engine| engine.undone += 1);
            self.moved_by_hand();
            self.sync();
            address::publish(*self);
            return;
        }
        self.swap_run(false);
    }

    pub fn redo(&self) {
        let undone = self.engine.with(|engine| engine.undone);
        // Commands undone since this run came back are redone first, then the change that replaced it.
        if undone == 0 && self.swap_run(true) {
            return;
        }
        if self.change(|run| run.redo()) == Some(true) {
            self.engine.quietly(|engine| engine.undone = engine.undone.saturating_sub(1));
            self.moved_by_hand();
            self.sync();
            address::publish(*self);
        }
    }

    fn swap_run(&self, forward: bool) -> bool {
        let opening = self.opening.get();
        let swapped = self.engine.quietly(|engine| {
            let current = engine.current.as_mut()?;
            let (from, to) = if forward {
                (&mut current.future, &mut current.past)
            } else {
                (&mut current.past, &mut current.future)
            };
            let (run, shown) = from.pop()?;
            to.push((std::mem::replace(&mut current.run, run), opening));
            engine.undone = 0;
            engine.epoch += 1;
            Some(shown)
        });
        match swapped {
            Some(shown) => {
                self.shown(shown);
                true
            }
            None => false,
        }
    }
}
