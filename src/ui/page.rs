//! The page's state: the run that is on show, and the signals that panels listen to.
//!
//! `Page` is a handful of copyable handles, made once.

use super::kept::{self, Kept};
use super::text::{fill, tr};
use super::{address, dom, findings, notices, openings};
use crate::scenes::run::{Halt, Run, RunSpec};
use crate::scenes::scene::{Lang, Selection, Time};
use crate::scenes::{self, OpenError};
use std::collections::BTreeSet;
use std::rc::Rc;

/// "1 s on screen = N ms of the system": the stops of the speed slider.
pub const SPEEDS: [u32; 14] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000];
const FIRST_SPEED: usize = 7;
/// Runs that a change of structure replaced and that undo brings back.
const KEPT_RUNS: usize = 24;
/// While playing, panels follow at most this often; the stage follows every frame.
const PANEL_MS: f64 = 140.0;

/// Something that draws on every frame, given the run.
pub type Painter = Rc<dyn Fn(&dyn Run)>;

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Dialog {
    #[default]
    None,
    Share,
    Help,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Theme {
    Auto,
    Light,
    Dark,
}

/// A run that is not on show, with its way back.
pub struct Parked {
    pub run: Box<dyn Run>,
    pub opening: Option<openings::State>,
    /// Runs that undo and redo bring back.
    past: Vec<(Box<dyn Run>, Option<openings::State>)>,
    future: Vec<(Box<dyn Run>, Option<openings::State>)>,
}

/// What is not a signal.
#[derive(Default)]
pub struct Engine {
    pub current: Option<Parked>,
    /// The runs of the other tabs.
    tabs: Vec<(String, Parked)>,
    /// How many commands of this run have been undone since it came on show.
    undone: u32,
    /// Grows when another run comes on show: revisions of different runs do not compare.
    pub epoch: u64,
    seen: Option<(u64, u64)>,
    panels_at: f64,
}

#[derive(Clone, Copy)]
pub struct Page {
    pub engine: Kept<Engine>,
    painters: Kept<Vec<Painter>>,
    pub lang: Kept<Lang>,
    pub theme: Kept<Theme>,
    pub scene: Kept<String>,
    pub playing: Kept<bool>,
    pub speed: Kept<usize>,
    pub selection: Kept<Option<Selection>>,
    pub ticked: Kept<BTreeSet<u16>>,
    /// The event that was clicked in the diagram or the log, and all that led to it.
    pub causes: Kept<Option<(u32, BTreeSet<u32>)>>,
    pub halt: Kept<Option<Halt>>,
    pub opening: Kept<Option<openings::State>>,
    pub notices: Kept<Vec<notices::Notice>>,
    pub dialog: Kept<Dialog>,
    pub drawer: Kept<bool>,
    /// Panels are out. The first visit starts with the stage and one question.
    pub unfolded: Kept<bool>,
    pub keys_on: Kept<bool>,
    /// Which of the two lists on the right is shown, and whether minor offers and the branches are.
    pub list: Kept<findings::List>,
    pub more: Kept<bool>,
    pub branches_open: Kept<bool>,
    /// What of the event log is in sight: its scroll place and height, in pixels.
    pub log_view: Kept<(u32, u32)>,
    /// Shown inside another site's frame: storage is left alone.
    pub embedded: bool,
}

impl Page {
    pub fn new(lang: Lang, theme: Theme, embedded: bool) -> Page {
        Page {
            engine: Kept::new(Engine::default()),
            painters: Kept::new(Vec::new()),
            lang: Kept::new(lang),
            theme: Kept::new(theme),
            scene: Kept::new(String::new()),
            playing: Kept::new(false),
            speed: Kept::new(FIRST_SPEED),
            selection: Kept::new(None),
            ticked: Kept::new(BTreeSet::new()),
            causes: Kept::new(None),
            halt: Kept::new(None),
            opening: Kept::new(None),
            notices: Kept::new(Vec::new()),
            dialog: Kept::new(Dialog::None),
            drawer: Kept::new(false),
            unfolded: Kept::new(false),
            keys_on: Kept::new(true),
            list: Kept::new(findings::List::Properties),
            more: Kept::new(false),
            branches_open: Kept::new(false),
            log_view: Kept::new((0, 400)),
            embedded,
        }
    }

    /// A word of the chrome, in the reader's language.
    pub fn tr(&self, key: &'static str) -> &'static str {
        tr(self.lang.get(), key)
    }

    pub fn lang_now(&self) -> Lang {
        self.lang.get()
    }

    /// Looks at the run. `None` while there is none.
    pub fn look<R>(&self, f: impl FnOnce(&dyn Run) -> R) -> Option<R> {
        self.engine.with(|engine| engine.current.as_ref().map(|parked| f(&*parked.run)))
    }

    /// Moves or changes the run. Call [`Page::sync`] afterwards.
    pub fn change<R>(&self, f: impl FnOnce(&mut dyn Run) -> R) -> Option<R> {
        self.engine.quietly(|engine| engine.current.as_mut().map(|parked| f(&mut *parked.run)))
    }

    /// The number that says which run at which revision is on show.
    pub fn stamp(&self) -> (u64, u64) {
        let epoch = self.engine.with(|engine| engine.epoch);
        (epoch, self.look(|run| run.revision()).unwrap_or(0))
    }

    pub fn on_frame(&self, painter: Painter) {
        self.painters.quietly(|painters| painters.push(painter));
    }

    /// Draws the present moment.
    pub fn paint(&self) {
        let painters = self.painters.get();
        self.look(|run| painters.iter().for_each(|painter| painter(run)));
    }

    /// Tells everyone that the run may have moved: the stage at once, the panels at once or soon.
    pub fn sync(&self) {
        let stamp = self.stamp();
        let playing = self.playing.get();
        let now = dom::screen_ms();
        let (moved, panels) = self.engine.quietly(|engine| {
            let moved = engine.seen != Some(stamp);
            engine.seen = Some(stamp);
            let panels = !playing || (now - engine.panels_at > PANEL_MS);
            if panels {
                engine.panels_at = now;
            }
            (moved, panels)
        });
        if panels {
            kept::changed();
        } else if moved {
            kept::moved();
        }
        self.paint();
        address::follow(*self, playing);
    }

    /// A moment was chosen by hand: what halted play is no longer the news.
    fn moved_by_hand(&self) {
        self.playing.set(false);
        self.halt.set(None);
    }

    pub fn seek(&self, to: Time) {
        self.moved_by_hand();
        self.change(|run| run.seek(to));
        self.sync();
    }

    pub fn seek_event(&self, index: u32) {
        self.moved_by_hand();
        self.change(|run| run.seek_event(index));
        self.sync();
    }

    /// Goes to an event and lights up what led to it.
    pub fn show_causes(&self, event: u32) {
        self.seek_event(event);
        let causes = self.look(|run| run.causes(event)).unwrap_or_default();
        self.causes.set(Some((event, causes.into_iter().collect())));
        self.paint();
    }

    pub fn forget_causes(&self) {
        if self.causes.get().is_some() {
            self.causes.set(None);
            self.paint();
        }
    }

    pub fn step(&self, forward: bool) {
        self.moved_by_hand();
        self.causes.set(None);
        self.change(|run| if forward { run.step_forward() } else { run.step_back() });
        self.sync();
    }

    pub fn to_start(&self) {
        self.seek(0);
    }

    pub fn to_end(&self) {
        let end = self.look(|run| run.horizon()).unwrap_or(0);
        self.seek(end);
    }

    /// The previous or next moment at which a property broke.
    pub fn to_break(&self, forward: bool) {
        let found = self.look(|run| {
            let (done, _) = run.position();
            let breaks = run.breaks();
            if forward {
                breaks.iter().find(|(_, event)| *event >= done).copied()
            } else {
                breaks.iter().rev().find(|(_, event)| event + 1 < done).copied()
            }
        });
        match found.flatten() {
            Some((_, event)) => self.seek_event(event),
            None => notices::say(*self, tr(self.lang_now(), "no-break").into()),
        }
    }

    /// Does what the line says. A refusal becomes a notice; the run is then as it was.
    pub fn command(&self, line: &str) -> Result<(), String> {
        #[cfg(any(debug_assertions, feature = "panic-test"))]
        assert!(line.trim() != "panic", "asked to panic");
        let lang = self.lang_now();
        let done = self.change(|run| run.command(line, lang));
        let outcome = match done {
            None => Err(tr(lang, "no-run").to_string()),
            Some(Ok(())) => Ok(()),
            Some(Err(error)) => Err(error.0),
        };
        if outcome.is_ok() {
            self.halt.set(None);
            self.causes.set(None);
            self.engine.quietly(|engine| {
                engine.undone = 0;
                if let Some(current) = &mut engine.current {
                    current.future.clear();
                }
            });
        }
        self.sync();
        address::publish(*self);
        outcome
    }

    /// As [`Page::command`], for buttons: says what went wrong.
    pub fn act(&self, line: &str) {
        if let Err(why) = self.command(line) {
            notices::warn(*self, why);
        }
    }

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
        self.ticked.set(BTreeSet::new());
        let lang = self.lang_now();
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
        let Some(mut spec) = self.look(|run| run.spec()) else { return };
        spec.seed = seed;
        spec.commands.clear();
        (spec.at, spec.events, spec.hash) = (0, 0, 0);
        spec.opening.clear();
        self.open(&spec, None);
    }

    /// Opens a run of this or another scene. On failure says why and leaves the present run alone.
    pub fn open(&self, spec: &RunSpec, opening: Option<openings::State>) -> bool {
        let lang = self.lang_now();
        match scenes::open(spec, lang) {
            Ok(run) => {
                self.park_for(&spec.scene);
                self.replace(run, opening);
                true
            }
            Err(OpenError(why)) => {
                notices::warn(*self, why);
                false
            }
        }
    }

    /// Puts the present run aside if another scene is about to come on show. True if that scene's own run came back.
    fn park_for(&self, scene: &str) -> bool {
        let before = self.scene.get();
        if before == scene {
            return false;
        }
        let opening = self.opening.get();
        let back = self.engine.quietly(|engine| {
            if let Some(mut old) = engine.current.take() {
                old.opening = opening;
                engine.tabs.push((before, old));
            }
            let at = engine.tabs.iter().position(|(name, _)| name == scene)?;
            engine.current = Some(engine.tabs.swap_remove(at).1);
            engine.undone = 0;
            engine.epoch += 1;
            Some(())
        });
        self.selection.set(None);
        self.scene.set(scene.to_string());
        back.is_some()
    }

    /// Opens a tab: its run as it was left, or the scene's first opening, or its plain run.
    pub fn open_scene(&self, scene: &str) {
        if self.scene.get() == scene && self.look(|_| ()).is_some() {
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

    /// Whether what comes next must stay hidden: a question is open.
    pub fn asking(&self) -> bool {
        self.opening.with(|opening| opening.as_ref().is_some_and(openings::State::asking))
    }

    pub fn select(&self, what: Option<Selection>) {
        self.selection.set(what);
        self.paint();
    }

    /// Ticks or unticks a node for a partition.
    pub fn tick(&self, node: u16) {
        self.ticked.update(|ticked| {
            if !ticked.remove(&node) {
                ticked.insert(node);
            }
        });
        self.paint();
    }

    /// Milliseconds of the system per second on the screen.
    pub fn speed_now(&self) -> u32 {
        SPEEDS.get(self.speed.get()).copied().unwrap_or(200)
    }

    pub fn set_speed(&self, stop: usize) {
        self.speed.set(stop.min(SPEEDS.len() - 1));
    }

    /// A sentence of the chrome with its gaps filled.
    pub fn say(&self, key: &'static str, gaps: &[&str]) -> String {
        fill(tr(self.lang_now(), key), gaps)
    }
}
