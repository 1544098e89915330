//! What a scene adds to a protocol: names, words, a picture. [`super::session::Session`] does the rest.

use super::chronicle::Chronicle;
use super::crashes::Crashes;
use super::geometry::Rect;
use super::lesson::Fact;
use super::options::{OptionDef, Options};
use super::run::{Run, RunSpec};
use super::scene::*;
use super::searching::table::Table;
use super::session::Session;
use super::text::{Words, word};
use crate::check::model::Budgets;
use crate::core::cluster::{self, Action};
use crate::core::protocol::{NodeId, Protocol, World};
use crate::sim::simulation::{Happening, Input, Simulation};
use crate::sim::timeline::Timeline;

/// Options by name, with their values.
pub type Varied = Vec<(&'static str, &'static str)>;

/// A scene of one protocol.
pub trait Staging: Sized + 'static {
    type P: Protocol;
    type Openings: Openings<Self>;
    /// Those that come with the scene's panels.
    type More: Openings<Self>;
    /// What pictures, panels and figures need of the past besides the present state. It is a part of every checkpoint of
    /// a run of any length, so it may not grow with the run.
    type Past: Clone + Default;
    /// The matrix of crash moments, if it has one.
    type Crashes: Crashes<Self>;

    const NAME: &'static str;
    /// The scene's words in English.
    fn words() -> &'static Words;
    /// Those that are read in the panels only.
    fn desk_words() -> &'static Words;
    /// Kebab-case names, the default first.
    const RECIPES: &'static [&'static str];
    /// Mistakes that can be switched on, each with the property that it breaks.
    const MISTAKES: &'static [(&'static str, &'static str)];
    const OPTIONS: &'static [OptionDef];

    /// Options that the runs drawn for tests vary, each with the values among which they draw.
    const VARIED: &'static [(&'static str, &'static [&'static str])] = &[];

    /// Whether a mistake can be made with this recipe. The mistake is a known one.
    fn applies(recipe: &str, mistake: &str) -> bool {
        let _ = (recipe, mistake);
        true
    }

    /// The mistakes that can be made with a recipe, each with the property that it breaks.
    fn mistakes(recipe: &str) -> impl Iterator<Item = &'static (&'static str, &'static str)> {
        Self::MISTAKES.iter().filter(move |(mistake, _)| Self::applies(recipe, mistake))
    }

    /// Whether what the options name is at hand.
    ///
    /// # Errors
    /// A sentence on what is missing.
    fn check(options: &Options, lang: Lang) -> Result<(), String> {
        let _ = (options, lang);
        Ok(())
    }

    /// The protocol's configuration. Recipe and mistakes are known ones.
    fn configure(recipe: &str, mistakes: &[String], options: &Options) -> Self::P;

    /// The options of the standard search: small enough to be exhausted. `None` if the recipe is not searched there.
    fn bounds(recipe: &str, mistake: Option<&str>, world: World) -> Vec<(&'static str, String)>;

    /// The option that `--nodes` sets.
    const NODES: &'static str;
    /// Those of the bounds that a reader may change, in the order in which they are offered. Words are at `option-KEY`, or at
    /// `bound-KEY` where the left panel does not have it.
    const READERS_BOUNDS: &'static [&'static str];
    /// Those of them that count what may be none.
    const MAY_BE_NONE: &'static [&'static str] = &[];
    /// Worlds and faults of the standard searches: of a recipe's promises, or of one mistake (then the first that finds it).
    fn standard(recipe: &str, mistake: Option<&str>) -> Vec<(World, Budgets)>;

    /// Further standard searches of a recipe's promises, each with other options than the standard bounds have.
    fn varied_searches(recipe: &str) -> Vec<(World, Budgets, Varied)> {
        let _ = recipe;
        Vec::new()
    }

    /// What it keeps in which world of time, as a table of searches.
    fn table() -> Option<&'static Table> {
        None
    }

    /// A node's name in commands: `a`, `redis`.
    fn node_name(p: &Self::P, node: NodeId) -> String;
    /// Which of its servers a node is, from 0 on: beside a run of another scene of its family, its like is the server there with
    /// the same number. `None`: its like is the node with the same name.
    fn server(p: &Self::P, node: NodeId) -> Option<usize> {
        let _ = (p, node);
        None
    }
    fn timer_name(p: &Self::P, timer: &<Self::P as Protocol>::Timer) -> String;
    fn request_line(p: &Self::P, request: &<Self::P as Protocol>::Request) -> String;
    fn parse_request(p: &Self::P, node: NodeId, words: &[&str]) -> Option<<Self::P as Protocol>::Request>;

    /// The lanes of the diagram, one a node, in its order from top to bottom.
    fn lanes(p: &Self::P, lang: Lang) -> Vec<Lane>;
    /// Whether a node has no lane until something happens on it.
    fn in_reserve(p: &Self::P, node: NodeId) -> bool {
        let _ = (p, node);
        false
    }
    /// The bars that are open in this state. Two bars are the same if lane, kind, hue and words are.
    fn bars(sim: &Simulation<Self::P>) -> Vec<BarNow>;
    /// Points on lanes that an event leaves behind.
    fn marks(p: &Self::P, happening: &Happening<Self::P>, lang: Lang) -> Vec<MarkNow>;
    /// A message's words, hue and reply sign.
    fn message(p: &Self::P, from: NodeId, msg: &<Self::P as Protocol>::Msg, lang: Lang) -> MessageLook;

    /// How the diagram draws it on its way from one node to another.
    fn arrow(p: &Self::P, way: (NodeId, NodeId), msg: &<Self::P as Protocol>::Msg) -> MessageLook {
        Self::message(p, way.0, msg, Lang::En)
    }

    /// Whether the diagram draws such messages: of hundreds a second it would be black.
    fn in_diagram(p: &Self::P, msg: &<Self::P as Protocol>::Msg) -> bool {
        let _ = (p, msg);
        true
    }

    /// Takes an event into what is remembered; `sim` is the run right after it.
    fn remember(past: &mut Self::Past, sim: &Simulation<Self::P>, happening: &Happening<Self::P>);
    fn stage(moment: &Moment<Self>, view: &View) -> Stage;
    /// One sentence about what the protocol did in an event; `None` to leave it to the common words.
    fn sentence(p: &Self::P, happening: &Happening<Self::P>, lang: Lang) -> Option<(Vec<Text>, Hue)>;
    /// The property in words.
    fn property(name: &str, lang: Lang) -> String;
    /// Why it is broken, or what is known so far.
    fn because(moment: &Moment<Self>, name: &str, judgement_broken: bool, lang: Lang) -> String;
    /// The rows about a node: label, value, monospace.
    fn inspect(sim: &Simulation<Self::P>, node: NodeId, lang: Lang) -> Vec<(String, Text, bool)>;
    /// Scene-specific offers for a node; crash, pause and the like are added.
    fn offers(sim: &Simulation<Self::P>, node: Option<NodeId>, lang: Lang) -> Vec<Offer>;
    fn figures(moment: &Moment<Self>, lang: Lang) -> Vec<Figure>;
    fn fields(moment: &Moment<Self>, lang: Lang) -> Vec<Field> {
        let _ = (moment, lang);
        Vec::new()
    }
    /// The picture as tables, for those who cannot see it and those who want the numbers.
    fn sheets(moment: &Moment<Self>, lang: Lang) -> Vec<Sheet> {
        let _ = (moment, lang);
        Vec::new()
    }
    /// Whether there are any of the next.
    const PLOTTED: bool = false;
    /// Plots beside the picture. Their points may take a while: [`Staging::work`] goes on with those that were asked for.
    fn charts(moment: &Moment<Self>, lang: Lang) -> Vec<Chart> {
        let _ = (moment, lang);
        Vec::new()
    }
    /// The command that looks up the key nearest to a turn of a panel's circle.
    fn nearest(moment: &Moment<Self>, panel: &str, turn: f32) -> Option<String> {
        let _ = (moment, panel, turn);
        None
    }
    /// Something that a lesson may ask, by its words; `None` if the scene knows no such thing.
    fn fact(moment: &Moment<Self>, words: &[&str], lang: Lang) -> Option<Fact> {
        let _ = (moment, words, lang);
        None
    }
    /// Takes off the stage what would answer such a question: while it is open nobody is to read the answer off. Nodes that are
    /// down are no matter of the scene's (`lesson::veil`).
    fn veil(moment: &Moment<Self>, asked: &[&str], stage: &mut Stage, lang: Lang) {
        let _ = (moment, asked, stage, lang);
    }
    /// What to look at when such a question is asked and answered, as a line that changes only that.
    fn attend(moment: &Moment<Self>, asked: &[&str]) -> Option<String> {
        let _ = (moment, asked);
        None
    }
    /// Files that can be written of a moment: their names, endings included.
    const EXPORTS: &'static [&'static str] = &[];
    /// The text of such a file; `None` if it is not one of them, or cannot be written before all is placed.
    fn export(moment: &Moment<Self>, name: &str) -> Option<String> {
        let _ = (moment, name);
        None
    }
    /// Computing that the picture waits for and that takes longer than a frame: goes on while `go_on` says so. Whatever it
    /// finds is a function of the moment; nothing of the run depends on how far it has come.
    fn work(moment: &Moment<Self>, go_on: &mut dyn FnMut() -> bool) -> Work {
        let _ = (moment, go_on);
        Work::Nothing
    }
    /// A command line that only this scene knows and that changes nothing but the picture ("lookup KEY").
    /// `Some(Err)` says what is wrong with it; `None` if it is not one.
    fn view_command(aside: &mut Aside, words: &str, lang: Lang) -> Option<Result<(), String>> {
        let _ = (aside, words, lang);
        None
    }
    /// The command lines that bring this about again, where it is not what every run starts with.
    fn view_lines(aside: &Aside) -> Vec<String> {
        let _ = aside;
        Vec::new()
    }

    /// The world of time that a run takes place in: the bounded one, unless somebody touched the clocks.
    fn world(_: &Simulation<Self::P>, touched: Touched) -> World {
        if touched.clocks { World::Anything } else { World::Bounded }
    }

    /// Whether a promise has to hold although this was done. A hand on the clocks is fair nowhere.
    fn is_fair(line: &str) -> bool {
        let _ = line;
        true
    }
}

/// A scene's questions and stories: scripts that the core plays and marks. Their words lie in the scene's tables under
/// `ask-NAME-…`.
pub trait Openings<S: Staging> {
    /// Name, number of takes, number of answers of each; the first is shown when the scene opens. One without answers is a
    /// story: a sentence before, a run, a sentence after.
    const ASKED: &'static [(&'static str, usize, usize)];
    /// The run of a take, complete: commands, and the moments of the question and of the end.
    fn script(name: &str, take: usize) -> Option<Script>;
    /// The answer that the run has given which reached its end. Of a story: 0 if it ended as its words say, 1 if not.
    fn right(name: &str, take: usize, run: &Session<S>) -> usize;

    fn opening(name: &str, lang: Lang) -> Option<Opening> {
        let (name, takes, answers) = *Self::ASKED.iter().find(|(known, _, _)| *known == name)?;
        let say = |part: &str| word(lang, &format!("{}.ask-{name}-{part}", S::NAME));
        Some(Opening {
            name,
            title: say("title"),
            question: say("q"),
            answers: (1..=answers).map(|n| say(&format!("answers-{n}"))).collect(),
            takes: (1..=takes).map(|n| say(&format!("take-{n}"))).collect(),
        })
    }

    fn all(lang: Lang) -> Vec<Opening> {
        Self::ASKED.iter().filter_map(|asked| Self::opening(asked.0, lang)).collect()
    }

    /// The script of a take that there is.
    fn take(name: &str, take: usize) -> Option<Script> {
        let takes = Self::ASKED.iter().find(|(known, _, _)| *known == name)?.1;
        if take < takes { Self::script(name, take) } else { None }
    }

    /// Plays a take to its end in a run of its own.
    fn outcome(name: &str, take: usize, lang: Lang) -> Option<Outcome> {
        let script = Self::take(name, take)?;
        let mut run = Session::<S>::open(&script.spec, None, lang).ok()?;
        run.seek(script.end);
        let why = word(lang, &format!("{}.ask-{name}-why-{}", S::NAME, take + 1));
        Some(Outcome { right: Self::right(name, take, &run), why })
    }
}

/// A scene whose openings are all at hand from the start.
pub struct NoMore;

impl<S: Staging> Openings<S> for NoMore {
    const ASKED: &'static [(&'static str, usize, usize)] = &[];
    fn script(_: &str, _: usize) -> Option<Script> {
        None
    }
    fn right(_: &str, _: usize, _: &Session<S>) -> usize {
        0
    }
}

/// What was done to time in a run.
#[derive(Clone, Copy, Debug)]
pub struct Touched {
    pub clocks: bool,
    /// Something was held up or lost: a message, a node, a link.
    pub late: bool,
}

/// A scripted run.
#[derive(Clone, Debug, Default)]
pub struct Script {
    pub spec: RunSpec,
    pub question: Time,
    pub end: Time,
}

/// What the reader looks at beside the run (a key that is looked up, another run); it is in no hash.
#[derive(Clone, Debug, Default)]
pub struct Aside {
    pub text: String,
    pub list: Vec<String>,
    /// The line that says what the run is compared with; empty: with nothing.
    pub twin: String,
}

/// A run at one instant, with its past.
pub struct Moment<'a, S: Staging> {
    pub sim: &'a Simulation<S::P>,
    /// What the scene remembers of the events before this instant.
    pub past: &'a S::Past,
    pub(super) timeline: &'a Timeline<S::P, Chronicle<S>>,
    pub aside: &'a Aside,
}

impl<S: Staging> Moment<'_, S> {
    /// When a message ends, if it is due or if the events at hand know.
    pub fn ends(&self, id: u32) -> Option<Time> {
        let ends = |h: &Happening<S::P>| {
            h.lost.contains(&id) || matches!(&h.input, Input::Act(Action::Deliver(arrived)) if *arrived == id)
        };
        let known = || self.timeline.ahead().iter().map(|e| &e.happening).find(|h| ends(h)).map(|h| h.time);
        self.sim.transit(id).and_then(|t| t.1).or_else(known)
    }

    /// Since when the node has been paused or down.
    pub fn since(&self, node: NodeId, paused: bool) -> Time {
        let stopped = &self.timeline.at.chronicle.stopped;
        let (pause, outage) = stopped.get(node.0 as usize).copied().unwrap_or_default();
        if paused { pause } else { outage }
    }

    /// A node's log records from its `first` on: each with its place, and whether a power cut would take it.
    pub fn records(
        &self,
        id: NodeId,
        first: usize,
    ) -> impl Iterator<Item = (usize, &<S::P as Protocol>::Record, Force)> {
        let node = self.sim.cluster.node(id);
        let mut ends = self.sim.forces(id);
        let ending: Vec<(u32, Time)> = node.forcing.iter().filter_map(|upto| Some((*upto, ends.next()?))).collect();
        let force = move |n: usize| {
            let length = n as u32 + 1;
            if length <= node.durable {
                return Force::Forced;
            }
            match ending.iter().find(|(upto, _)| *upto >= length) {
                Some((_, to)) => Force::Forcing(Dial { from: to.saturating_sub(self.sim.background.disk), to: *to }),
                None => Force::Unforced,
            }
        };
        node.log.iter().enumerate().skip(first).map(move |(n, record)| (n, record, force(n)))
    }

    /// A message on its way along a curve from its sender to its receiver.
    pub fn pill(&self, flight: &cluster::Flight<S::P>, look: MessageLook, curve: Curve) -> Pill {
        Pill {
            id: flight.id,
            from: flight.from.0,
            to: flight.to.0,
            hue: look.hue,
            words: look.words,
            reply: look.reply,
            sent: self.sim.transit(flight.id).map_or(0, |t| t.0),
            due: self.ends(flight.id),
            curve,
        }
    }

    /// A card with nothing on it yet.
    pub fn card(&self, id: NodeId, name: String, hue: Hue, at: Rect) -> Card {
        Card {
            node: id.0,
            name,
            badge: String::new(),
            hue,
            x: at.x,
            y: at.y,
            w: at.w,
            h: at.h,
            condition: self.condition(id),
            corner: None,
            dial: None,
            blocks: Vec::new(),
        }
    }

    /// What a card says of a clock that is not right.
    pub fn clock(&self, node: NodeId, lang: Lang) -> Option<Text> {
        let clock = self.sim.clock(node);
        let (since, by, ppm) = (clock.since, clock.offset, clock.ppm);
        if by == 0 && ppm == 0 {
            return None;
        }
        let ahead = clock.ahead(self.sim.now);
        let fast = if ahead == 0 { ppm > 0 } else { ahead > 0 };
        let words = word(lang, if fast { "common.clock-ahead" } else { "common.clock-behind" });
        Some(Text { words, clock: Some(Clock::Off { since, by, ppm }), hue: Hue::Warn, strong: false })
    }

    pub fn condition(&self, node: NodeId) -> Condition {
        match (self.sim.cluster.is_up(node), self.sim.cluster.runs(node)) {
            (false, _) => Condition::Down,
            (true, false) => Condition::Paused,
            (true, true) => Condition::Up,
        }
    }
}

#[derive(Clone, PartialEq, Debug)]
pub struct BarNow {
    pub lane: u16,
    pub kind: BarKind,
    pub hue: Hue,
    /// A key of the scene's words.
    pub words: &'static str,
}

#[derive(Clone, PartialEq, Debug)]
pub struct MarkNow {
    pub lane: u16,
    pub hue: Hue,
    pub words: String,
    pub dot: bool,
}

#[derive(Clone, PartialEq, Debug, Default)]
pub struct MessageLook {
    pub words: String,
    pub hue: Hue,
    pub reply: Option<bool>,
}
