//! Questions and answers as text: what goes to a search in a worker and comes from it, and what other pages may send.
//!
//! JSON. Whole numbers that a double need not hold are strings; they are read as numbers too. A run is the text of a link,
//! which here may be of any length.

use super::{Aim, Answer, Premise, Progress, Question, Verdict};
use crate::check::model::Budgets;
use crate::check::search::Limits;
use crate::core::protocol::World;
use crate::scenes::link;
use crate::scenes::run::RunSpec;
use crate::scenes::scene::Lang;
use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error, MapAccess, Unexpected, Visitor};
use serde::ser::{Serialize, Serializer};
use std::fmt;

/// Where a search in the page stops unless it is told otherwise. `bytes` are those of the worker's whole memory.
pub const IN_PAGE: Limits = Limits { states: 5_000_000, bytes: 256 << 20 };

/// A text that cannot be read, and why.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Misread(pub String);

/// What a worker is told.
#[derive(Clone, PartialEq, Debug)]
pub enum Told {
    Ask(Box<Question>, Lang),
    /// What was the run up to the state that is expanded after so many others?
    Before(Box<Question>, Lang, u64),
    Stop,
    GoOn,
    Widen(Limits),
}

/// What a worker costs its page.
#[derive(Clone, Copy, PartialEq, Debug, Default, serde::Serialize, serde::Deserialize)]
pub struct Load {
    /// Bytes of its whole memory.
    #[serde(with = "whole")]
    pub memory: u64,
    /// Milliseconds that it has searched for, without pauses.
    pub searched_ms: f64,
}

/// What a worker says.
#[derive(Clone, PartialEq, Debug)]
pub enum Said {
    Progress(Progress, Load),
    Answer(Box<Answer>, Load),
    /// The question cannot be asked: a sentence for the reader.
    Wrong(String),
    /// Its WebAssembly did not arrive or cannot run here, and why.
    Missing(String),
    /// It has panicked in the state that is expanded after so many others, where that is known.
    Died {
        why: String,
        expanded: Option<u64>,
    },
    /// The run that it was asked for; `None` if it cannot be played.
    Before(Option<Box<RunSpec>>),
}

/// The question as JSON.
pub fn question_text(question: &Question) -> String {
    write(&Asked::from(question))
}

/// Only scene and recipe have to be there. What is left out is as in [`Question::new`] in the bounded world, with the limits
/// of a page.
///
/// # Errors
/// What is wrong with the text, and where. Whether scene and names exist is found when it is asked.
pub fn question_from(text: &str) -> Result<Question, Misread> {
    read::<Asked>(text)?.question()
}

/// The answer as JSON.
pub fn answer_text(answer: &Answer) -> String {
    write(&Answered::from(answer))
}

impl Told {
    pub fn text(&self) -> String {
        write(&match self {
            Told::Ask(question, lang) => ToldForm::Ask(question.as_ref().into(), lang_name(*lang).to_owned()),
            Told::Before(question, lang, expanded) => {
                ToldForm::Before(question.as_ref().into(), lang_name(*lang).to_owned(), Whole(*expanded))
            }
            Told::Stop => ToldForm::Stop,
            Told::GoOn => ToldForm::GoOn,
            Told::Widen(limits) => ToldForm::Widen((*limits).into()),
        })
    }

    /// # Errors
    /// As [`question_from`].
    pub fn from_text(text: &str) -> Result<Told, Misread> {
        Ok(match read(text)? {
            ToldForm::Ask(asked, lang) => Told::Ask(Box::new(asked.question()?), lang_named(&lang)?),
            ToldForm::Before(asked, lang, expanded) => {
                Told::Before(Box::new(asked.question()?), lang_named(&lang)?, expanded.0)
            }
            ToldForm::Stop => Told::Stop,
            ToldForm::GoOn => Told::GoOn,
            ToldForm::Widen(limits) => Told::Widen(limits.into()),
        })
    }
}

impl Said {
    pub fn text(&self) -> String {
        write(&match self {
            Said::Progress(progress, load) => SaidForm::Progress((*progress).into(), *load),
            Said::Answer(answer, load) => SaidForm::Answer(answer.as_ref().into(), *load),
            Said::Wrong(why) => SaidForm::Wrong(why.clone()),
            Said::Missing(why) => SaidForm::Missing(why.clone()),
            Said::Died { why, expanded } => SaidForm::Died(why.clone(), expanded.map(Whole)),
            Said::Before(run) => SaidForm::Before(run.as_deref().and_then(run_text)),
        })
    }

    /// # Errors
    /// What is wrong with the text, and where.
    pub fn from_text(text: &str) -> Result<Said, Misread> {
        Ok(match read(text)? {
            SaidForm::Progress(progress, load) => Said::Progress(progress.into(), load),
            SaidForm::Answer(answer, load) => Said::Answer(Box::new(answer.answer()?), load),
            SaidForm::Wrong(why) => Said::Wrong(why),
            SaidForm::Missing(why) => Said::Missing(why),
            SaidForm::Died(why, expanded) => Said::Died { why, expanded: expanded.map(|n| n.0) },
            SaidForm::Before(run) => Said::Before(run.map(|run| run_from(&run)).transpose()?.map(Box::new)),
        })
    }
}

fn write(value: &impl Serialize) -> String {
    // Strings, numbers and lists of them always have a form in JSON.
    serde_json::to_string(value).unwrap_or_default()
}

fn read<T: DeserializeOwned>(text: &str) -> Result<T, Misread> {
    serde_json::from_str(text).map_err(|error| Misread(error.to_string()))
}

fn run_text(spec: &RunSpec) -> Option<String> {
    link::encode_any(spec).ok()
}

fn run_from(text: &str) -> Result<RunSpec, Misread> {
    let fragment = text.trim().rsplit('#').next().unwrap_or_default();
    link::decode_any(fragment).map_err(|_| Misread("a run that was cut off or changed".to_owned()))
}

fn lang_name(lang: Lang) -> &'static str {
    match lang {
        Lang::En => "en",
        Lang::Zh => "zh",
    }
}

fn lang_named(name: &str) -> Result<Lang, Misread> {
    named("lang", name, &[Lang::En, Lang::Zh], lang_name)
}

fn aim_name(aim: Aim) -> &'static str {
    match aim {
        Aim::Break => "break",
        Aim::Impossible => "impossible",
        Aim::PutOff => "put-off",
    }
}

/// The one of `all` that is called so.
fn named<T: Copy>(what: &str, name: &str, all: &[T], call: fn(T) -> &'static str) -> Result<T, Misread> {
    all.iter().copied().find(|one| call(*one) == name).ok_or_else(|| {
        let known: Vec<&str> = all.iter().map(|one| call(*one)).collect();
        let shown: String = name.chars().take(40).collect();
        Misread(format!("{what} is one of {}, not “{shown}”", known.join(", ")))
    })
}

/// A whole number as a string; read from a number too.
#[derive(Clone, Copy)]
struct Whole(u64);

impl Serialize for Whole {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        whole::serialize(&self.0, to)
    }
}

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        whole::deserialize(from).map(Whole)
    }
}

mod whole {
    use super::{Deserializer, Error, Serializer, Unexpected, Visitor, fmt};

    pub fn serialize<S: Serializer>(number: &u64, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(number)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
        struct Either;
        impl Visitor<'_> for Either {
            type Value = u64;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a whole number, as such or as a string")
            }
            fn visit_u64<E: Error>(self, number: u64) -> Result<u64, E> {
                Ok(number)
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<u64, E> {
                text.parse().map_err(|_| E::invalid_value(Unexpected::Str(text), &self))
            }
        }
        from.deserialize_any(Either)
    }
}

/// An object whose members keep their order; a value may be a whole number.
#[derive(Default)]
struct Pairs(Vec<(String, String)>);

impl Serialize for Pairs {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(self.0.iter().map(|(key, value)| (key, value)))
    }
}

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Pairs;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
                let mut pairs = Vec::new();
                while let Some((key, Plain(value))) = map.next_entry()? {
                    pairs.push((key, value));
                }
                Ok(Pairs(pairs))
            }
        }
        from.deserialize_map(Members)
    }
}

/// A string, or the digits of a whole number.
struct Plain(String);

impl<'de> Deserialize<'de> for Plain {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Either;
        impl Visitor<'_> for Either {
            type Value = Plain;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string or a whole number")
            }
            fn visit_u64<E: Error>(self, number: u64) -> Result<Plain, E> {
                Ok(Plain(number.to_string()))
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Plain, E> {
                Ok(Plain(text.to_owned()))
            }
        }
        from.deserialize_any(Either)
    }
}

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
enum ToldForm {
    Ask(Asked, String),
    Before(Asked, String, Whole),
    Stop,
    GoOn,
    Widen(Bounds),
}

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
enum SaidForm {
    Progress(Far, Load),
    Answer(Answered, Load),
    Wrong(String),
    Missing(String),
    Died(String, Option<Whole>),
    Before(Option<String>),
}

/// A [`Question`].
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    scene: String,
    recipe: String,
    #[serde(default)]
    aim: Option<String>,
    #[serde(default)]
    mistake: Option<String>,
    #[serde(default)]
    world: Option<String>,
    #[serde(default)]
    budgets: Faults,
    #[serde(default)]
    property: Option<String>,
    #[serde(default)]
    options: Pairs,
    #[serde(default)]
    from: Option<String>,
    #[serde(default)]
    limits: Option<Bounds>,
    #[serde(default = "yes")]
    symmetry: bool,
    #[serde(default = "yes")]
    repairs: bool,
}

fn yes() -> bool {
    true
}

impl From<&Question> for Asked {
    fn from(question: &Question) -> Self {
        Asked {
            scene: question.scene.clone(),
            recipe: question.recipe.clone(),
            aim: Some(aim_name(question.aim).to_owned()),
            mistake: question.mistake.clone(),
            world: Some(question.world.name().to_owned()),
            budgets: question.budgets.into(),
            property: question.property.clone(),
            options: Pairs(question.options.clone()),
            from: question.from.as_ref().and_then(run_text),
            limits: Some(question.limits.into()),
            symmetry: question.symmetry,
            repairs: question.repairs,
        }
    }
}

impl Asked {
    fn question(self) -> Result<Question, Misread> {
        let aim = |name: String| named("aim", &name, &[Aim::Break, Aim::Impossible, Aim::PutOff], aim_name);
        let world = |name: String| named("world", &name, &World::ALL, World::name);
        Ok(Question {
            aim: self.aim.map(aim).transpose()?.unwrap_or_default(),
            mistake: self.mistake,
            world: self.world.map(world).transpose()?.unwrap_or(World::Bounded),
            budgets: self.budgets.into(),
            property: self.property,
            options: self.options.0,
            from: self.from.map(|run| run_from(&run)).transpose()?,
            limits: self.limits.map_or(IN_PAGE, Limits::from),
            symmetry: self.symmetry,
            repairs: self.repairs,
            scene: self.scene,
            recipe: self.recipe,
        })
    }
}

/// [`Budgets`].
#[derive(Default, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Faults {
    crashes: u8,
    drops: u8,
    dups: u8,
    pauses: u8,
    clock_steps: u8,
    cuts: u8,
    requests: Option<u8>,
}

impl From<Budgets> for Faults {
    fn from(b: Budgets) -> Self {
        let Budgets { crashes, drops, dups, pauses, clock_steps, cuts, requests } = b;
        Faults { crashes, drops, dups, pauses, clock_steps, cuts, requests }
    }
}

impl From<Faults> for Budgets {
    fn from(f: Faults) -> Self {
        let Faults { crashes, drops, dups, pauses, clock_steps, cuts, requests } = f;
        Budgets { crashes, drops, dups, pauses, clock_steps, cuts, requests }
    }
}

/// [`Limits`].
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Bounds {
    #[serde(with = "whole", default = "page_states")]
    states: u64,
    #[serde(with = "whole", default = "page_bytes")]
    bytes: u64,
}

fn page_states() -> u64 {
    IN_PAGE.states
}

fn page_bytes() -> u64 {
    IN_PAGE.bytes
}

impl From<Limits> for Bounds {
    fn from(Limits { states, bytes }: Limits) -> Self {
        Bounds { states, bytes }
    }
}

impl From<Bounds> for Limits {
    fn from(Bounds { states, bytes }: Bounds) -> Self {
        Limits { states, bytes }
    }
}

/// A [`Progress`].
#[derive(serde::Serialize, serde::Deserialize)]
struct Far {
    #[serde(with = "whole")]
    states: u64,
    #[serde(with = "whole")]
    expanded: u64,
    depth: u32,
    #[serde(with = "whole")]
    frontier: u64,
    #[serde(with = "whole")]
    bytes: u64,
}

impl From<Progress> for Far {
    fn from(p: Progress) -> Self {
        let Progress { states, expanded, depth, frontier, bytes } = p;
        Far { states, expanded, depth, frontier, bytes }
    }
}

impl From<Far> for Progress {
    fn from(f: Far) -> Self {
        let Far { states, expanded, depth, frontier, bytes } = f;
        Progress { states, expanded, depth, frontier, bytes }
    }
}

/// An [`Answer`]; `run` is at its end, `start` at its first step.
#[derive(serde::Serialize, serde::Deserialize)]
struct Answered {
    verdict: String,
    progress: Far,
    properties: Vec<String>,
    steps: Vec<String>,
    length: u32,
    run: Option<String>,
    start: Option<String>,
    cycle: Option<u32>,
    premises: Vec<String>,
}

impl From<&Answer> for Answered {
    fn from(answer: &Answer) -> Self {
        Answered {
            verdict: answer.verdict.name().to_owned(),
            progress: answer.progress.into(),
            properties: answer.properties.clone(),
            steps: answer.steps.clone(),
            length: answer.length,
            run: answer.spec.as_ref().and_then(run_text),
            start: answer.start.as_ref().and_then(run_text),
            cycle: answer.cycle,
            premises: answer.premises.iter().map(|premise| premise.name().to_owned()).collect(),
        }
    }
}

impl Answered {
    fn answer(self) -> Result<Answer, Misread> {
        let run = |text: Option<String>| text.map(|text| run_from(&text)).transpose();
        Ok(Answer {
            verdict: named("verdict", &self.verdict, &Verdict::ALL, Verdict::name)?,
            progress: self.progress.into(),
            properties: self.properties,
            steps: self.steps,
            length: self.length,
            spec: run(self.run)?,
            start: run(self.start)?,
            cycle: self.cycle,
            premises: self
                .premises
                .iter()
                .map(|name| named("premise", name, &Premise::ALL, Premise::name))
                .collect::<Result<_, _>>()?,
        })
    }
}
