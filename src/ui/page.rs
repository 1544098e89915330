//! The page's state: the run that is on show, and the signals that panels listen to.
//!
//! `Page` is a handful of copyable handles, made once.

use super::kept::{self, Kept};
use super::text::{fill, tr};
use super::{address, dom, notices, openings, parts};
use crate::scenes::lesson::Veiled;
use crate::scenes::run::{Halt, Run};
use crate::scenes::scene::{Lang, Selection, Time};
use std::rc::Rc;

/// "1 s on screen = N ms of the system": the stops of the speed slider.
pub const SPEEDS: [u32; 14] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000];
const FIRST_SPEED: usize = 7;
/// While playing, panels follow at most this often; the stage follows every frame.
const PANEL_MS: f64 = 140.0;
/// And so many times as long as drawing them takes.
const PANEL_TIMES: f64 = 40.0;

/// Something that draws on every frame, given the run.
pub type Painter = Rc<dyn Fn(&dyn Run)>;

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Dialog {
    #[default]
    None,
    Share,
    Help,
    Table,
    Search,
    Coverage,
    Lessons,
    Matrix,
    Qr,
    Tables,
    Lists,
    Charts,
}

/// Which of the two lists on the right is shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum List {
    Properties,
    Events,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Theme {
    Auto,
    Light,
    Dark,
}

/// What a lesson hides of its run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Hold {
    /// Of the lesson's run: of any other nothing is hidden.
    pub epoch: u64,
    /// Nothing later is played, or shown.
    pub until: Time,
    /// Neither are properties shown.
    pub asking: bool,
    /// Nor what would answer the question that is open.
    pub veiled: bool,
}

/// A run that is not on show, with its way back.
pub struct Parked {
    pub run: Box<dyn Run>,
    pub opening: Option<openings::State>,
    /// Runs that undo and redo bring back.
    pub(super) past: Vec<(Box<dyn Run>, Option<openings::State>)>,
    pub(super) future: Vec<(Box<dyn Run>, Option<openings::State>)>,
}

/// What is not a signal.
#[derive(Default)]
pub struct Engine {
    pub current: Option<Parked>,
    /// The runs of the other tabs.
    pub(super) tabs: Vec<Parked>,
    /// How many commands of this run have been undone since it came on show.
    pub(super) undone: u32,
    /// Grows when another run comes on show: revisions of different runs do not compare.
    pub epoch: u64,
    pub(super) seen: Option<(u64, u64)>,
    panels_at: f64,
    /// They are about to be drawn, or some of them still are.
    pub(super) panels_due: bool,
    /// How long it took to draw them.
    pub(super) panels_took: f64,
}

#[derive(Clone, Copy)]
pub struct Page {
    pub engine: Kept<Engine>,
    painters: Kept<Vec<Painter>>,
    pub lang: Kept<Lang>,
    pub theme: Kept<Theme>,
    pub scene: Kept<String>,
    /// The scene whose part is being fetched, if any, and how often something was asked for.
    pub awaited: Kept<(String, u32)>,
    pub playing: Kept<bool>,
    pub speed: Kept<usize>,
    pub selection: Kept<Option<Selection>>,
    /// Ascending.
    pub ticked: Kept<Vec<u16>>,
    /// The event that was clicked in the diagram or the log, and all that led to it.
    pub causes: Kept<Option<(u32, Vec<u32>)>>,
    pub halt: Kept<Option<Halt>>,
    /// The moment at which one event more was asked for and there was none.
    pub nothing_due: Kept<Option<(u64, u64)>>,
    pub opening: Kept<Option<openings::State>>,
    pub hold: Kept<Option<Hold>>,
    /// What a question keeps off the stage, as that was drawn last.
    pub veiled: Kept<Veiled>,
    pub notices: Kept<Vec<notices::Notice>>,
    /// How much of a run that is being opened has been played, in percent.
    pub coming: Kept<Option<u32>>,
    pub dialog: Kept<Dialog>,
    pub drawer: Kept<bool>,
    /// Panels are out, as soon as they are here. The first visit starts with the stage and one question.
    pub unfolded: Kept<bool>,
    pub keys_on: Kept<bool>,
    /// Which of the two lists on the right is shown, and whether minor offers and the branches are.
    pub list: Kept<List>,
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
            awaited: Kept::new((String::new(), 0)),
            playing: Kept::new(false),
            speed: Kept::new(FIRST_SPEED),
            selection: Kept::new(None),
            ticked: Kept::new(Vec::new()),
            causes: Kept::new(None),
            halt: Kept::new(None),
            nothing_due: Kept::new(None),
            opening: Kept::new(None),
            hold: Kept::new(None),
            veiled: Kept::new(Veiled::default()),
            notices: Kept::new(Vec::new()),
            coming: Kept::new(None),
            dialog: Kept::new(Dialog::None),
            drawer: Kept::new(false),
            unfolded: Kept::new(false),
            keys_on: Kept::new(true),
            list: Kept::new(List::Properties),
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
        let limit = self.limit();
        self.change(|run| {
            if run.now() > limit {
                run.seek(limit);
            }
        });
        let stamp = self.stamp();
        let playing = self.playing.get();
        let now = dom::screen_ms();
        let (moved, panels) = self.engine.quietly(|engine| {
            let moved = engine.seen != Some(stamp);
            engine.seen = Some(stamp);
            let panels = !playing || now - engine.panels_at > PANEL_MS.max(engine.panels_took * PANEL_TIMES);
            if panels {
                engine.panels_at = now;
                engine.panels_due = true;
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

    /// Whether this frame draws panels.
    pub fn panels_now(&self) -> bool {
        self.engine.with(|engine| engine.panels_due)
    }

    /// A moment was chosen by hand: what halted play is no longer the news.
    pub(super) fn moved_by_hand(&self) {
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
        self.causes.set(Some((event, causes)));
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
        let moved = self.change(|run| if forward { run.step_forward() } else { run.step_back() });
        let nothing_due = forward && moved == Some(false);
        self.nothing_due.set(nothing_due.then(|| self.stamp()));
        self.sync();
    }

    pub fn go_to_start(&self) {
        self.seek(0);
    }

    pub fn go_to_end(&self) {
        let end = self.look(|run| run.horizon()).unwrap_or(0);
        self.seek(end);
    }

    /// The previous or next moment at which a property broke.
    pub fn go_to_break(&self, forward: bool) {
        // Of the future only what may be known.
        let found = if forward && self.blind() { None } else { self.look(|run| run.next_break(forward)).flatten() };
        match found {
            Some(event) => self.seek_event(event),
            None => notices::say(*self, tr(self.lang_now(), "no-break").into()),
        }
    }

    /// Does what the line says. A refusal becomes a notice; the run is then as it was.
    pub fn command(&self, line: &str) -> Result<(), String> {
        #[cfg(any(debug_assertions, feature = "panic-test"))]
        assert!(line.trim() != "panic", "asked to panic");
        let lang = self.lang_now();
        if let Some(why) = parts::refusal(lang) {
            return Err(why);
        }
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

    /// Whether what comes next must stay hidden: a question is open.
    pub fn asking(&self) -> bool {
        self.opening.with(|opening| opening.as_ref().is_some_and(openings::State::asking))
            || self.held().is_some_and(|hold| hold.asking)
    }

    /// Whether the future alone must stay hidden.
    pub fn blind(&self) -> bool {
        self.asking() || self.limit() < Time::MAX
    }

    /// What a lesson says of the run on show.
    pub fn held(&self) -> Option<Hold> {
        let epoch = self.engine.with(|engine| engine.epoch);
        self.hold.get().filter(|hold| hold.epoch == epoch)
    }

    /// Whether the stage keeps something back until a lesson's question is answered.
    pub fn veils(&self) -> bool {
        self.held().is_some_and(|hold| hold.veiled)
    }

    /// Whether what is told of this node would answer the question that is open.
    pub fn hides(&self, node: u16) -> bool {
        self.veiled.with(|veiled| veiled.nodes.contains(&node))
    }

    /// The time that play does not pass.
    pub fn limit(&self) -> Time {
        self.held().map_or(Time::MAX, |hold| hold.until)
    }

    /// Brings the panels out, once they are here.
    pub fn unfold(&self) {
        self.unfolded.set(true);
        parts::with_workbench(*self, |_| ());
    }

    /// Selects a thing from anywhere: a second time lets it go.
    pub fn choose(&self, what: Selection) {
        let same = self.selection.get() == Some(what);
        self.select(if same { None } else { Some(what) });
    }

    pub fn select(&self, what: Option<Selection>) {
        self.selection.set(what);
        self.paint();
    }

    /// Ticks or unticks a node for a partition.
    pub fn tick(&self, node: u16) {
        self.ticked.update(|ticked| match ticked.binary_search(&node) {
            Ok(at) => drop(ticked.remove(at)),
            Err(at) => ticked.insert(at, node),
        });
        self.paint();
    }

    /// Ticks these nodes and no others.
    pub fn tick_only(&self, nodes: Vec<u16>) {
        self.ticked.set(Vec::new());
        nodes.into_iter().for_each(|node| {
            self.ticked.update(|ticked| {
                if let Err(at) = ticked.binary_search(&node) {
                    ticked.insert(at, node);
                }
            })
        });
    }

    /// Milliseconds of the system per second on the screen.
    pub fn speed_now(&self) -> u32 {
        SPEEDS.get(self.speed.get()).copied().unwrap_or(200)
    }

    pub fn set_speed(&self, stop: usize) {
        openings::speed_chosen();
        self.speed.set(stop.min(SPEEDS.len() - 1));
    }

    /// A sentence of the chrome with its gaps filled.
    pub fn say(&self, key: &'static str, gaps: &[&str]) -> String {
        fill(tr(self.lang_now(), key), gaps)
    }
}
