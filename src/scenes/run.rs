//! The erased edge: page, JavaScript, command line and scenario files speak only this.

use super::crashes::{Matrix, Trial};
use super::lesson::Fact;
use super::parts;
use super::scene::*;
use std::any::Any;

/// Why play stopped before the time that was asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Halt {
    /// A promised property broke at this event.
    Broken { property: &'static str, event: u32 },
    /// An opening's run reached the moment of its question.
    Question,
    /// An opening's or a counterexample's run has reached its end.
    End,
}

/// A command that was not carried out; the run is as it was.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CommandError(pub String);

/// One branch of the run.
#[derive(Clone, PartialEq, Debug)]
pub struct BranchLine {
    pub name: String,
    /// Where it left its parent.
    pub from: Time,
    pub until: Time,
    pub current: bool,
}

/// What a run can be asked and told. `Session` in this module's sibling is its one implementation, generic over the protocol.
pub trait Run {
    // --- time
    fn now(&self) -> Time;
    /// The latest time that this branch has been simulated to.
    fn horizon(&self) -> Time;
    /// Events before now, and events known in this branch.
    fn position(&self) -> (u32, u32);
    /// Plays on to `until`, or stops earlier: then says why.
    fn advance(&mut self, until: Time) -> Option<Halt>;
    /// Goes to any time from 0 to the horizon; past it, simulates on (without halting).
    fn seek(&mut self, to: Time);
    /// Goes to the moment right after this event of the branch.
    fn seek_event(&mut self, index: u32);
    /// One event forward; false if nothing will ever happen again.
    fn step_forward(&mut self) -> bool;
    /// One event back; false at the start.
    fn step_back(&mut self) -> bool;

    // --- acting
    /// Does what the line says, now. Acting in the past makes a branch.
    fn command(&mut self, line: &str, lang: Lang) -> Result<(), CommandError>;
    fn undo(&mut self) -> bool;
    fn redo(&mut self) -> bool;
    fn can_undo(&self) -> bool;
    fn can_redo(&self) -> bool;
    fn branches(&self) -> Vec<BranchLine>;
    fn switch_branch(&mut self, index: usize);
    fn name_branch(&mut self, index: usize, name: &str);

    // --- looking. Each is a function of the current moment.
    fn stage(&self, view: &View) -> Stage;
    fn sentence(&self, lang: Lang) -> Sentence;
    fn findings(&self, lang: Lang) -> Vec<Finding>;
    /// Changes whenever the stage, the sentence or the findings may have changed.
    fn revision(&self) -> u64;

    /// How many events before now broke a property.
    fn breaks(&self) -> u32;

    // --- identity
    /// Scene, recipe, options, seed, commands and the present moment.
    fn spec(&self) -> RunSpec;
    /// Hash of the cluster's state at this moment, the same natively and in the browser.
    fn state_hash(&self) -> u128;
    /// Hash of everything that happened up to this moment.
    fn run_hash(&self) -> u64;

    /// The name of its scene, by which [`Details`] are found.
    fn scene(&self) -> &'static str;
    fn as_any(&self) -> &dyn Any;
}

/// What is shown beside the stage. The page fetches the code of these only when its panels are first opened.
pub trait Details {
    fn inspect(&self, what: Selection, lang: Lang) -> Option<Inspection>;
    fn controls(&self, lang: Lang) -> Vec<Control>;
    fn figures(&self, lang: Lang) -> Vec<Figure>;
    fn fields(&self, lang: Lang) -> Vec<Field>;
    /// The picture as tables.
    fn sheets(&self, lang: Lang) -> Vec<Sheet>;
    /// Plots beside the picture.
    fn charts(&self, lang: Lang) -> Vec<Chart>;
    /// The command that looks up the key nearest to a turn of a panel's circle, by the panel's name; of the ring it is empty.
    fn nearest(&self, panel: &str, turn: f32) -> Option<String>;
    /// A file that the scene can write of this moment; `None` if it knows no such file.
    fn export(&self, name: &str) -> Option<String>;
    /// The names of those that it knows.
    fn files(&self) -> &'static [&'static str];
    /// Whether it has plots: asking for them has them counted.
    fn plotted(&self) -> bool;
    /// Goes on with what the picture waits for, while `go_on` says so.
    fn work(&self, go_on: &mut dyn FnMut() -> bool) -> Work;
    /// Things done to the system as a whole rather than to a node: "Start a transfer", "Add a node".
    fn offers(&self, lang: Lang) -> Vec<Offer>;
    /// The part of the space-time diagram between two times.
    fn diagram(&self, from: Time, to: Time, lang: Lang) -> Diagram;
    /// Its lanes alone.
    fn lanes(&self, lang: Lang) -> Vec<Lane>;
    /// The messages under way at this moment, and when each is due if it is not held.
    fn dues(&self) -> Vec<(u32, Option<Time>)>;
    /// Whether some link is cut.
    fn cut(&self) -> bool;
    /// The run without what was done in it: what it began as, and what it is compared with. Writing everything that was done
    /// takes the longer the longer the run is.
    fn plain(&self) -> RunSpec;
    fn events(&self, from: u32, count: u32, lang: Lang) -> Vec<EventLine>;
    /// The same events with all that a trace keeps of them.
    fn trace(&self, from: u32, count: u32, lang: Lang) -> Vec<Deed>;
    /// What led to this event, itself included, ascending: of the two thousand events before it.
    fn causes(&self, event: u32) -> Vec<u32>;
    /// What was done in a branch, by default in the current one.
    fn inputs(&self, branch: Option<usize>) -> Vec<Command>;
    /// How many of those were done before this moment.
    fn done(&self) -> usize;
    /// The nodes, in their order: as commands call them, and by the names that their likes in other scenes have.
    fn nodes(&self) -> Vec<(String, String)>;
    /// All options with their values, defaults as well.
    fn settings(&self) -> Vec<(String, String)>;
    /// The matrix of crash moments that belongs to this run, if its scene has one.
    fn crashes(&self, lang: Lang) -> Option<Matrix>;
    /// Runs with the same key fill the same matrix.
    fn crashes_key(&self) -> u64;
    /// What became of the latest crash.
    fn trial(&self) -> Option<Trial>;
    /// The run that fills a cell of the matrix, at the moment of the crash. `None`: that moment does not come up.
    fn attempt(&self, row: usize, column: usize, power: bool) -> Option<RunSpec>;
    /// The next event of this branch that broke a property, or the one before the latest event.
    fn next_break(&self, forward: bool) -> Option<u32>;
    /// What a lesson may ask, read off this moment: `broken CODE`, or words of the scene's own.
    fn fact(&self, words: &str, lang: Lang) -> Option<Fact>;
    /// Takes off a stage of this moment what would answer that.
    fn veil(&self, asked: &str, stage: &mut Stage, lang: Lang);
    /// The line that looks at what is asked, if the scene has something to look at.
    fn attend(&self, asked: &str) -> Option<String>;
}

/// [`Details`] of any run; nothing while they are not at hand.
impl dyn Run + '_ {
    fn details(&self) -> Option<&dyn Details> {
        parts::desk(self.scene())?.details(self.as_any())
    }

    pub fn inspect(&self, what: Selection, lang: Lang) -> Option<Inspection> {
        self.details()?.inspect(what, lang)
    }

    pub fn controls(&self, lang: Lang) -> Vec<Control> {
        self.details().map_or_else(Vec::new, |details| details.controls(lang))
    }

    pub fn figures(&self, lang: Lang) -> Vec<Figure> {
        self.details().map_or_else(Vec::new, |details| details.figures(lang))
    }

    pub fn fields(&self, lang: Lang) -> Vec<Field> {
        self.details().map_or_else(Vec::new, |details| details.fields(lang))
    }

    pub fn sheets(&self, lang: Lang) -> Vec<Sheet> {
        self.details().map_or_else(Vec::new, |details| details.sheets(lang))
    }

    pub fn charts(&self, lang: Lang) -> Vec<Chart> {
        self.details().map_or_else(Vec::new, |details| details.charts(lang))
    }

    pub fn nearest(&self, panel: &str, turn: f32) -> Option<String> {
        self.details()?.nearest(panel, turn)
    }

    pub fn export(&self, name: &str) -> Option<String> {
        self.details()?.export(name)
    }

    pub fn files(&self) -> &'static [&'static str] {
        self.details().map_or(&[], |details| details.files())
    }

    pub fn plotted(&self) -> bool {
        self.details().is_some_and(|details| details.plotted())
    }

    pub fn work(&self, go_on: &mut dyn FnMut() -> bool) -> Work {
        self.details().map_or(Work::Nothing, |details| details.work(go_on))
    }

    pub fn offers(&self, lang: Lang) -> Vec<Offer> {
        self.details().map_or_else(Vec::new, |details| details.offers(lang))
    }

    pub fn diagram(&self, from: Time, to: Time, lang: Lang) -> Diagram {
        self.details().map_or_else(Diagram::default, |details| details.diagram(from, to, lang))
    }

    pub fn lanes(&self, lang: Lang) -> Vec<Lane> {
        self.details().map_or_else(Vec::new, |details| details.lanes(lang))
    }

    pub fn dues(&self) -> Vec<(u32, Option<Time>)> {
        self.details().map_or_else(Vec::new, |details| details.dues())
    }

    pub fn cut(&self) -> bool {
        self.details().is_some_and(|details| details.cut())
    }

    pub fn plain(&self) -> RunSpec {
        self.details().map_or_else(RunSpec::default, |details| details.plain())
    }

    pub fn events(&self, from: u32, count: u32, lang: Lang) -> Vec<EventLine> {
        self.details().map_or_else(Vec::new, |details| details.events(from, count, lang))
    }

    pub fn trace(&self, from: u32, count: u32, lang: Lang) -> Vec<Deed> {
        self.details().map_or_else(Vec::new, |details| details.trace(from, count, lang))
    }

    pub fn inputs(&self, branch: Option<usize>) -> Vec<Command> {
        self.details().map_or_else(Vec::new, |details| details.inputs(branch))
    }

    pub fn done(&self) -> usize {
        self.details().map_or(0, |details| details.done())
    }

    pub fn nodes(&self) -> Vec<(String, String)> {
        self.details().map_or_else(Vec::new, |details| details.nodes())
    }

    pub fn settings(&self) -> Vec<(String, String)> {
        self.details().map_or_else(Vec::new, |details| details.settings())
    }

    pub fn causes(&self, event: u32) -> Vec<u32> {
        self.details().map_or_else(Vec::new, |details| details.causes(event))
    }

    pub fn crashes(&self, lang: Lang) -> Option<Matrix> {
        self.details()?.crashes(lang)
    }

    pub fn crashes_key(&self) -> u64 {
        self.details().map_or(0, |details| details.crashes_key())
    }

    pub fn trial(&self) -> Option<Trial> {
        self.details()?.trial()
    }

    pub fn attempt(&self, row: usize, column: usize, power: bool) -> Option<RunSpec> {
        self.details()?.attempt(row, column, power)
    }

    pub fn next_break(&self, forward: bool) -> Option<u32> {
        self.details()?.next_break(forward)
    }

    pub fn fact(&self, words: &str, lang: Lang) -> Option<Fact> {
        self.details()?.fact(words, lang)
    }

    pub fn veil(&self, asked: &str, stage: &mut Stage, lang: Lang) {
        if let Some(details) = self.details() {
            details.veil(asked, stage, lang);
        }
    }

    pub fn attend(&self, asked: &str) -> Option<String> {
        self.details()?.attend(asked)
    }
}

/// One event as a trace keeps it.
#[derive(Clone, PartialEq, Debug)]
pub struct Deed {
    pub line: EventLine,
    /// Indices of the events that led to it directly, at most two: the one before at its node, and the one that sent its
    /// message.
    pub after: Vec<u32>,
    /// The message that it was about.
    pub about: Option<Parcel>,
    /// That message arrived, and somebody was there.
    pub delivered: bool,
    /// Messages that it put under way, copies included.
    pub sent: Vec<Parcel>,
    /// Ordinals of the messages that it destroyed.
    pub lost: Vec<u32>,
    /// Safety properties that it broke.
    pub broke: Vec<&'static str>,
}

/// A message of a trace.
#[derive(Clone, PartialEq, Debug)]
pub struct Parcel {
    pub id: u32,
    pub from: u16,
    pub to: u16,
    pub words: String,
    /// When it was to arrive, as it looked when it was sent; `None` while that was not known.
    pub due: Option<Time>,
}

/// A run as data: what a link, a saved file, a scenario and a counterexample carry.
#[derive(Clone, PartialEq, Eq, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct RunSpec {
    /// `lock`
    pub scene: String,
    /// `set-nx-px`
    pub recipe: String,
    /// Mistakes that are switched on.
    pub mistakes: Vec<String>,
    /// Options that differ from the recipe's defaults.
    pub options: Vec<(String, String)>,
    pub seed: u64,
    pub commands: Vec<Command>,
    /// The moment: virtual time, and the number of events before it.
    pub at: Time,
    pub events: u32,
    /// State hash at that moment; 0 where none is claimed.
    pub hash: u128,
    /// The opening that this run is a take of, as `name/take`; empty for a free run.
    pub opening: String,
}

/// What a person did, and when.
#[derive(Clone, PartialEq, Eq, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct Command {
    pub time: Time,
    /// How many events had already happened at exactly this time.
    pub nth: u32,
    pub line: String,
}
