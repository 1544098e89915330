//! Questions without end: a kind and a number make a run, a stop and a question, the same everywhere and for ever.
//!
//! Parameters are drawn by the hash of kind and number. All that a question tells can be told from its words alone: messages
//! take 40 ms, whatever a reader would have to guess is far from what decides, and what is drawn inside the run decides
//! nothing. It is marked like the stop of a lesson.

mod commits;
mod locks;
mod placing;
mod sessions;

use super::{Ask, Part, Stop, StopWords};
use crate::core::hash;
use crate::scenes::run::{Command, RunSpec};
use crate::scenes::scene::{Lang, Time};
use crate::scenes::text::{Arg, say, word};
use crate::sim::time::MILLISECOND;

/// What is asked.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Kind {
    /// Whose is a key on a ring whose points are told?
    RingOwner,
    /// Whose is it after a server left, or died?
    RingChange,
    /// How many keys does a change move on a ring?
    RingMoved,
    /// Whose is a key whose hash modulo 60 is told?
    ModuloOwner,
    /// How many keys does a change move under a strategy?
    PlacementMoved,
    /// Whose write comes last when a holder freezes?
    LockWriter,
    /// Does the second client get the lock?
    LockHolder,
    /// Does it get most of the masters?
    LockMajority,
    /// Who holds the lock right after its holder has given it back?
    QueueNext,
    /// Who believes to hold it when a connection was cut?
    SessionHolder,
    /// What does a bank know of a transfer in whose middle somebody crashed?
    CommitDecision,
    /// What is in a log after a crash?
    CommitLog,
}

impl Kind {
    pub const ALL: [Kind; 12] = [
        Kind::RingOwner,
        Kind::RingChange,
        Kind::RingMoved,
        Kind::ModuloOwner,
        Kind::PlacementMoved,
        Kind::LockWriter,
        Kind::LockHolder,
        Kind::LockMajority,
        Kind::QueueNext,
        Kind::SessionHolder,
        Kind::CommitDecision,
        Kind::CommitLog,
    ];

    /// As links and the command line say it.
    pub fn name(self) -> &'static str {
        match self {
            Kind::RingOwner => "ring-owner",
            Kind::RingChange => "ring-change",
            Kind::RingMoved => "ring-moved",
            Kind::ModuloOwner => "modulo-owner",
            Kind::PlacementMoved => "placement-moved",
            Kind::LockWriter => "lock-writer",
            Kind::LockHolder => "lock-holder",
            Kind::LockMajority => "lock-majority",
            Kind::QueueNext => "queue-next",
            Kind::SessionHolder => "session-holder",
            Kind::CommitDecision => "commit-decision",
            Kind::CommitLog => "commit-log",
        }
    }

    pub fn named(name: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The scene of its runs, whose tables have its words.
    pub fn scene(self) -> &'static str {
        match self {
            Kind::RingOwner | Kind::RingChange | Kind::RingMoved => "ring",
            Kind::ModuloOwner | Kind::PlacementMoved => "placement",
            Kind::LockWriter | Kind::LockHolder | Kind::LockMajority => "lock",
            Kind::QueueNext | Kind::SessionHolder => "coordination",
            Kind::CommitDecision | Kind::CommitLog => "commit",
        }
    }

    /// What it is about, in a few words.
    pub fn title(self, lang: Lang) -> String {
        word(lang, &format!("{}.practise-{}", self.scene(), self.name()))
    }
}

/// A question with its run.
#[derive(Clone, Debug)]
pub struct Exercise {
    pub kind: Kind,
    pub number: u64,
    /// One stop, which asks for a fact.
    pub part: Part,
    say: Vec<Told>,
    ask: Told,
    why: Told,
}

/// The question of this kind and number.
pub fn exercise(kind: Kind, number: u64) -> Exercise {
    let dice = &mut Dice { of: (kind.name(), number), drawn: 0 };
    let draft = match kind {
        Kind::RingOwner => placing::owner(dice),
        Kind::RingChange => placing::change(dice),
        Kind::RingMoved => placing::ring_moved(dice),
        Kind::ModuloOwner => placing::modulo(dice),
        Kind::PlacementMoved => placing::moved(dice),
        Kind::LockWriter => locks::writer(dice),
        Kind::LockHolder => locks::holder(dice),
        Kind::LockMajority => locks::majority(dice),
        Kind::QueueNext => sessions::next(dice),
        Kind::SessionHolder => sessions::holder(dice),
        Kind::CommitDecision => commits::decision(dice),
        Kind::CommitLog => commits::log(dice),
    };
    let Draft { mut run, at, by, fact, say, ask, why } = draft;
    kind.scene().clone_into(&mut run.scene);
    run.seed = number;
    run.commands.sort_by_key(|command| (command.time, command.nth));
    let stop = Stop { name: "practise".to_owned(), at, by, ask: Some(Ask::Fact(fact)), ..Stop::default() };
    let part = Part { run, stops: vec![stop], ..Part::default() };
    Exercise { kind, number, part, say, ask, why }
}

impl Exercise {
    pub fn stop(&self) -> &Stop {
        &self.part.stops[0]
    }

    /// What is told before it, the question, and what is told after any answer.
    pub fn words(&self, lang: Lang) -> StopWords {
        let between = if lang == Lang::En { " " } else { "" };
        let say: Vec<String> = self.say.iter().map(|told| told.say(self.kind, lang)).collect();
        let why = self.why.say(self.kind, lang);
        StopWords {
            name: self.stop().name.clone(),
            say: say.join(between),
            ask: self.ask.say(self.kind, lang),
            right: why.clone(),
            wrong: why,
            ..StopWords::default()
        }
    }

    /// What leads back to it, as part of an address.
    pub fn query(&self) -> String {
        format!("?practise={}&n={}", self.kind.name(), self.number)
    }
}

/// A sentence of the scene's table, by its key without `SCENE.practise-`.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Told {
    key: &'static str,
    args: Vec<(&'static str, Word)>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Word {
    /// The same in every language.
    Plain(String),
    /// A word of the tables, by its key.
    Of(String),
}

impl Told {
    fn say(&self, kind: Kind, lang: Lang) -> String {
        let key = format!("{}.practise-{}", kind.scene(), self.key);
        let fill = |(name, said): &(&'static str, Word)| {
            let said = match said {
                Word::Plain(words) => words.clone(),
                Word::Of(key) => word(lang, key),
            };
            (*name, Arg::from(said))
        };
        say(lang, &key, &self.args.iter().map(fill).collect::<Vec<_>>())
    }
}

fn told(key: &'static str) -> Told {
    Told { key, args: Vec::new() }
}

impl Told {
    fn with(mut self, name: &'static str, words: impl ToString) -> Told {
        self.args.push((name, Word::Plain(words.to_string())));
        self
    }

    fn word(mut self, name: &'static str, key: impl Into<String>) -> Told {
        self.args.push((name, Word::Of(key.into())));
        self
    }

    /// A moment or a length in seconds, with one place.
    fn seconds(self, name: &'static str, ms: u64) -> Told {
        self.with(name, format!("{}.{}", ms / 1000, ms % 1000 / 100))
    }
}

/// An exercise before it has its scene and seed. Times are in microseconds.
struct Draft {
    run: RunSpec,
    at: Time,
    by: Time,
    fact: String,
    say: Vec<Told>,
    ask: Told,
    why: Told,
}

/// Numbers for one exercise, one after the other.
struct Dice {
    of: (&'static str, u64),
    drawn: u32,
}

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.drawn += 1;
        (hash::narrow(&(self.of, self.drawn)) % bound.max(1) as u64) as usize
    }

    fn pick<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }

    /// So many hundreds of milliseconds, both ends counted.
    fn tenths(&mut self, low: u64, high: u64) -> u64 {
        (low + self.below((high - low + 1) as usize) as u64) * 100
    }

    /// So many of the names, in a drawn order.
    fn some<T: Copy>(&mut self, all: &[T], count: usize) -> Vec<T> {
        let mut left = all.to_vec();
        (0..count.min(all.len())).map(|_| left.remove(self.below(left.len()))).collect()
    }
}

/// A run whose messages all take 40 ms, and whose clients wait to be asked.
fn run(recipe: &str, mistakes: &[&str], options: &[(&str, &str)]) -> RunSpec {
    let fixed = [("latency-min", "40"), ("latency-max", "40")];
    let all = fixed.iter().chain(options);
    RunSpec {
        recipe: recipe.to_owned(),
        mistakes: mistakes.iter().map(|mistake| (*mistake).to_owned()).collect(),
        options: all.map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
        ..RunSpec::default()
    }
}

/// Does this at so many milliseconds.
fn at(run: &mut RunSpec, ms: u64, line: impl Into<String>) {
    let time = ms * MILLISECOND;
    let nth = run.commands.iter().filter(|before| before.time == time).map(|before| before.nth + 1).max();
    run.commands.push(Command { time, nth: nth.unwrap_or_default(), line: line.into() });
}
