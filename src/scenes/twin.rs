//! Two runs on one clock: a run's twin is the same run with another recipe, with a mistake more or less, with crashes of the
//! other kind, another of its branches, or a run of another scene of its family (`twin/across.rs`). Seed, options and faults are the same, and what the reader does is done in both at the same virtual time.
//!
//! A twin is a function of the run: nothing is kept beside the line `compare …` that says what it is. A command that cannot
//! be carried out in it is left out there, and said to be. A message is the same in both if sender, receiver and words are.

mod across;
mod pair;

pub use pair::begin as beside;

use super::OpenError;
use super::making::{self, Making};
use super::run::{Command, Run, RunSpec};
use super::scene::{ControlKind, Lang, Time};
use super::text::word;
use crate::core::cluster::{Action, Outage, Trip};
use crate::core::protocol::Protocol;
use crate::sim::simulation::Input;

/// Time further ahead than this is jumped over from checkpoint to checkpoint, in µs.
const FAR: Time = 1_000_000;

/// What a run is compared with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Other {
    Variant {
        recipe: String,
        mistakes: Vec<String>,
    },
    /// A run of another scene of the family.
    Scene {
        scene: String,
        recipe: String,
        mistakes: Vec<String>,
    },
    /// The same run whose crashes are of the other kind: power is lost instead of the process being killed, or the other way
    /// round.
    Outage {
        power: bool,
    },
    /// A branch as it was: its commands, and those of the run itself after the first `shared`, which both have.
    Branch {
        theirs: Vec<Command>,
        shared: usize,
        ours: Vec<Command>,
    },
}

impl Other {
    /// The variant of a run with one control changed: `recipe`, a mistake that is `on` or `off`, or `outage`, which is
    /// `killed` or `power`.
    ///
    /// # Errors
    /// The sentence that says why the value does not do.
    pub fn variant(spec: &RunSpec, key: &str, value: &str, lang: Lang) -> Result<Other, OpenError> {
        if key == "outage" {
            return Ok(Other::Outage { power: value == "power" });
        }
        let spec = super::with_option(spec, key, value, lang)?;
        Ok(Other::Variant { recipe: spec.recipe, mistakes: spec.mistakes })
    }

    /// The run of another scene of the family, with those of this one's mistakes that can be made there.
    ///
    /// # Errors
    /// A scene that is not here, an unknown recipe.
    pub fn scene(spec: &RunSpec, scene: &str, recipe: &str, lang: Lang) -> Result<Other, OpenError> {
        let spec = super::families::taken_over(spec, scene, recipe, lang)?;
        Ok(Other::Scene { scene: spec.scene, recipe: spec.recipe, mistakes: spec.mistakes })
    }

    /// The branch with the commands `theirs`, seen from one with the commands `now`.
    pub fn branch(theirs: Vec<Command>, now: &[Command]) -> Other {
        let shared = theirs.iter().zip(now).take_while(|(a, b)| a == b).count();
        Other::Branch { theirs, shared, ours: now[shared..].to_vec() }
    }

    /// The command line that says so.
    pub fn line(&self) -> String {
        let mut line = String::from("compare");
        let mut put = |word: &str| {
            line.push(' ');
            line.push_str(word);
        };
        match self {
            Other::Variant { recipe, mistakes } => {
                put("with");
                put(recipe);
                mistakes.iter().for_each(|mistake| put(mistake));
            }
            Other::Scene { scene, recipe, mistakes } => {
                ["scene", scene, recipe].into_iter().for_each(&mut put);
                mistakes.iter().for_each(|mistake| put(mistake));
            }
            Other::Outage { power } => {
                put("outage");
                put(outage_word(*power));
            }
            Other::Branch { theirs, shared, ours } => {
                put("branch");
                put(&theirs.len().to_string());
                put(&shared.to_string());
                for command in theirs.iter().chain(ours) {
                    let words: Vec<&str> = command.line.split_whitespace().collect();
                    put(&format!("{} {} {} {}", command.time, command.nth, words.len(), words.join(" ")));
                }
            }
        }
        line
    }

    /// Reads such a line; `None` if it says nothing that is known.
    pub fn read(line: &str) -> Option<Other> {
        let mut words = line.strip_prefix("compare ")?.split_whitespace();
        match words.next()? {
            "with" => {
                Some(Other::Variant { recipe: words.next()?.to_owned(), mistakes: words.map(str::to_owned).collect() })
            }
            "scene" => Some(Other::Scene {
                scene: words.next()?.to_owned(),
                recipe: words.next()?.to_owned(),
                mistakes: words.map(str::to_owned).collect(),
            }),
            "outage" => match (words.next()?, words.next()) {
                ("power", None) => Some(Other::Outage { power: true }),
                ("killed", None) => Some(Other::Outage { power: false }),
                _ => None,
            },
            "branch" => {
                let (count, shared): (usize, usize) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
                let mut all = Vec::new();
                while let Some(time) = words.next() {
                    let (time, nth) = (time.parse().ok()?, words.next()?.parse().ok()?);
                    let length: usize = words.next()?.parse().ok()?;
                    let line: Vec<&str> = words.by_ref().take(length).collect();
                    if line.len() < length {
                        return None;
                    }
                    all.push(Command { time, nth, line: line.join(" ") });
                }
                if count > all.len() || shared > count {
                    return None;
                }
                let ours = all.split_off(count);
                Some(Other::Branch { theirs: all, shared, ours })
            }
            _ => None,
        }
    }

    /// What is done in the twin instead, with the answers to its choices.
    fn replaced<P: Protocol>(&self, input: Input<P>, picks: Option<Vec<u32>>) -> (Input<P>, Option<Vec<u32>>) {
        let Other::Outage { power } = self else { return (input, picks) };
        let wanted = if *power { Outage::PowerLost } else { Outage::Killed };
        match input {
            Input::Act(Action::Crash(node, Outage::Killed | Outage::PowerLost)) if *power => {
                // What was not forced is gone: the least that a power cut may leave.
                (Input::Act(Action::Crash(node, wanted)), picks.or(Some(vec![0])))
            }
            Input::Act(Action::Crash(node, Outage::Killed | Outage::PowerLost)) => {
                (Input::Act(Action::Crash(node, wanted)), None)
            }
            Input::Trip(node, Trip { after, outage: Outage::Killed | Outage::PowerLost }) => {
                (Input::Trip(node, Trip { after, outage: wanted }), picks)
            }
            other => (other, picks),
        }
    }

    /// The twin's own commands, and the index of the first of the run's commands that is the twin's too.
    fn split(&self, commands: &[Command]) -> (Vec<Command>, usize) {
        let Other::Branch { theirs, shared, ours } = self else { return (Vec::new(), 0) };
        let known = theirs.iter().take(*shared).chain(ours);
        let from = known.zip(commands).take_while(|(a, b)| a == b).count();
        // Who acts in a branch forgets what came later in it.
        let end = commands.get(from).map_or(Time::MAX, |first| first.time);
        (theirs.iter().filter(|command| command.time <= end).cloned().collect(), from)
    }
}

/// At most so many others can stand beside a run.
pub const MOST: usize = 2;
/// Between two others on a line.
const AND: &str = "and";

/// The command line that says what a run is compared with; of none, the one that ends it.
pub fn line(others: &[Other]) -> String {
    let all: Vec<String> = others.iter().map(|other| other.line()["compare ".len()..].to_owned()).collect();
    ["compare", &all.join(&format!(" {AND} "))].join(" ").trim_end().to_owned()
}

/// Reads such a line; `None` if it says nothing that is known. A branch, which holds commands, stands alone.
pub fn read(line: &str) -> Option<Vec<Other>> {
    if line.starts_with("compare branch") {
        return Some(vec![Other::read(line)?]);
    }
    let words: Vec<&str> = line.strip_prefix("compare ")?.split_whitespace().collect();
    let parts = words.split(|word| *word == AND).map(|part| Other::read(&format!("compare {}", part.join(" "))));
    let others: Vec<Other> = parts.collect::<Option<_>>()?;
    let alone = others.iter().all(|other| !matches!(other, Other::Branch { .. }));
    (alone && others.len() <= MOST).then_some(others)
}

/// What a run is compared with, if it is; `Err` has the line that cannot be read.
pub fn others(spec: &RunSpec) -> Option<Result<Vec<Other>, String>> {
    let found = spec.commands.iter().rev().find(|command| command.line.starts_with("compare "))?;
    Some(read(&found.line).ok_or_else(|| found.line.clone()))
}

/// A kind of crash as a command says it.
fn outage_word(power: bool) -> &'static str {
    if power { "power" } else { "killed" }
}

/// A kind of crash in the reader's words.
pub fn outage(power: bool, lang: Lang) -> String {
    word(lang, if power { "common.other-power" } else { "common.other-killed" })
}

/// Whether some crash in the run is of this kind.
fn crashes(run: &dyn Run, power: bool) -> bool {
    let kind = outage_word(power);
    let is = |line: &str| {
        let mut words = line.split(' ');
        matches!(words.next(), Some("crash" | "trip")) && words.any(|word| word == kind)
    };
    run.inputs(None).iter().any(|command| is(&command.line))
}

/// A command that was left out of the twin.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Skipped {
    pub time: Time,
    /// What it did in the run, as the event log says it.
    pub words: String,
}

/// A run beside another one.
pub trait Twin {
    fn run(&self) -> &dyn Run;
    fn run_mut(&mut self) -> &mut dyn Run;
    /// Goes to the moment at which the run stands: to its time, and within that time to as many events.
    fn follow(&mut self, main: &dyn Run);
    /// The ordinal in the twin of a message of the run, or the other way round.
    fn same_message(&self, main: &dyn Run, id: u32, in_twin: bool) -> Option<u32>;
    /// The same for a node, which has another ordinal where the scene is another one.
    fn same_node(&self, node: u16, in_twin: bool) -> Option<u16> {
        let _ = in_twin;
        Some(node)
    }
    /// In the order of time.
    fn skipped(&self) -> &[Skipped];
}

/// The twin of a run that is written so. It stands at some moment: let it follow.
///
/// # Errors
/// An unknown scene, recipe or mistake; a branch with a command that cannot be carried out.
pub fn open(spec: &RunSpec, other: &Other, lang: Lang) -> Result<Box<dyn Twin>, OpenError> {
    making::whole(begin(spec, other, lang)?)
}

/// The same in pieces. It is played as far as the spec's time: until there it follows without delay.
///
/// # Errors
/// An unknown scene, recipe or mistake; of commands is told later.
pub fn begin(spec: &RunSpec, other: &Other, lang: Lang) -> Result<Box<dyn Making<dyn Twin>>, OpenError> {
    if let Other::Scene { scene, recipe, mistakes } = other {
        return across::begin(spec, scene, recipe, mistakes, lang);
    }
    let desk = super::parts::desk(&spec.scene);
    desk.ok_or_else(|| super::catalogue::unknown_scene(&spec.scene, lang))?.twin(spec, other, lang)
}

/// What a twin depends on: the run without its moment. Two runs with the same have the same twins.
pub fn core_of(run: &dyn Run) -> RunSpec {
    let mut spec = run.spec();
    // What the reader looks at is written after all that was done, and has no moment.
    let done = run.inputs(None).len().min(spec.commands.len());
    spec.commands[done..].iter_mut().for_each(|view| view.time = 0);
    RunSpec { at: 0, events: 0, hash: 0, opening: String::new(), ..spec }
}

/// One control that could be otherwise in the twin.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Choice {
    /// As [`Other::variant`] takes them.
    pub key: String,
    pub value: String,
    /// The recipe's or the mistake's name in words.
    pub words: String,
}

/// The other recipes, each mistake that can be made with this one switched the other way, and crashes of the other kind.
pub fn choices(run: &dyn Run, lang: Lang) -> Vec<Choice> {
    let mut found = Vec::new();
    let mistakes = word(lang, "common.group-mistakes");
    for control in run.controls(lang) {
        let key = control.key;
        match control.kind {
            ControlKind::Choice { value, of } if key == "recipe" => {
                let others = of.into_iter().filter(|(name, _)| *name != value);
                found.extend(others.map(|(value, words)| Choice { key: key.clone(), value, words }));
            }
            ControlKind::Toggle { on } if control.group == mistakes => {
                let value = if on { "off" } else { "on" }.to_owned();
                found.push(Choice { key, value, words: control.words });
            }
            _ => {}
        }
    }
    for power in [true, false] {
        if crashes(run, !power) {
            let value = outage_word(power).to_owned();
            found.push(Choice { key: "outage".to_owned(), value, words: outage(power, lang) });
        }
    }
    found
}

/// The recipe of a run in words, then the mistakes that are made with it.
pub fn title(run: &dyn Run, lang: Lang) -> Vec<String> {
    let mut words = Vec::new();
    let mistakes = run.spec().mistakes;
    for control in run.controls(lang) {
        match control.kind {
            ControlKind::Choice { value, of } if control.key == "recipe" => {
                words.extend(of.into_iter().find(|(name, _)| *name == value).map(|(_, words)| words));
            }
            ControlKind::Toggle { .. } if mistakes.contains(&control.key) => words.push(control.words),
            _ => {}
        }
    }
    words
}
