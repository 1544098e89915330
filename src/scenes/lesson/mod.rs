//! Lessons: a run with stops at which the reader predicts, and the core marks.
//!
//! A lesson is one readable file, `lessons/NAME.lesson`, and one file of words a language beside it. The file has a line an
//! item, and is read from top to bottom:
//!
//! ```text
//! faultline-lesson 1
//! minutes 8
//! draw seed 1..500          a value that a student number chooses; {seed} stands for it in any later line
//! scene lock                the run, as in a saved file
//! recipe set-nx-px
//! option clients 2
//! seed {seed}
//! @200000 request a acquire
//! stop wake at 3300         milliseconds of virtual time
//! ask writer by 9000        the core reads the answer off the run at that time
//! expect a                  what it is without a student number; tests hold it, and `faultline answers` a teacher's own
//! part transfer             another question on another run: what is not said again stays; "@" alone, or another scene, clears
//! seed 12
//! …
//! ```
//!
//! What can be asked: a fact that the scene reads off a run (`ask writer by MS`, see [`Fact`]); `ask drop CODE by MS`, which
//! message under way to drop so that a property breaks; `ask break CODE by MS`, any run from here that breaks it. A stop
//! without `ask` only says something.

mod handin;
mod library;
mod mark;
pub mod practise;
mod read;
mod veil;
mod words;
mod write;

pub use handin::{Given, Misfit, Row, Sheet, decode, encode, fits, mark_sheet};
pub use library::{LESSONS, Shelved, find};
pub use mark::{Mark, Question, mark, question, says};
pub use read::{LessonError, Why, load};
pub(in crate::scenes) use veil::points;
pub use veil::{Veiled, veil, veil_diagram};
pub use words::{LessonWords, StopWords, words};
pub use write::{Offered, milliseconds, offered, parts_of, to_file, to_words};

use super::run::RunSpec;
use super::scene::{Lang, Time};
use super::text::word;

/// A lesson, with the values that were drawn for one student.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Lesson {
    /// How long it takes.
    pub minutes: u32,
    /// What was drawn, by name.
    pub drawn: Vec<(String, String)>,
    pub parts: Vec<Part>,
    /// Of the file, whatever was drawn: answers say to which text they belong.
    pub digest: u64,
}

impl Lesson {
    /// All stops in their order, each with its part.
    pub fn stops(&self) -> impl Iterator<Item = (&Part, &Stop)> {
        self.parts.iter().flat_map(|part| part.stops.iter().map(move |stop| (part, stop)))
    }
}

/// A run with its stops.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Part {
    /// It asks on another run what was learnt on those before.
    pub transfer: bool,
    pub run: RunSpec,
    pub stops: Vec<Stop>,
    /// Where its line is in the file, from 1.
    pub line: usize,
}

impl Part {
    /// Where the run has nothing more to show.
    pub fn end(&self) -> Time {
        self.stops.iter().map(|stop| stop.by.max(stop.at)).max().unwrap_or_default()
    }
}

/// A moment at which play stops.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Stop {
    pub name: String,
    pub at: Time,
    pub ask: Option<Ask>,
    /// When the answer is known; as `at` where nothing is asked.
    pub by: Time,
    /// The right answer without a student number, as a test holds it; empty where any run that breaks a property passes.
    pub expect: String,
    /// The state's hash at the stop without a student number.
    pub hash: u128,
    pub line: usize,
}

/// What a stop asks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Ask {
    /// What the scene will read off the run, by its words: `writer`, `owner k17`.
    Fact(String),
    /// Make this property break, by any means.
    Break(String),
    /// The message under way whose loss breaks this property.
    Drop(String),
}

/// Something that a scene reads off a run at one moment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fact {
    /// The same in every language: one of the choices.
    pub value: String,
    pub choices: Vec<Choice>,
}

/// An answer that can be chosen.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Choice {
    pub value: String,
    pub words: String,
}

impl Fact {
    /// Yes or no, in the reader's language.
    pub fn yes(holds: bool, lang: Lang) -> Fact {
        Fact { value: if holds { "yes" } else { "no" }.to_owned(), choices: said(&["yes", "no"], lang) }
    }

    /// One of these, each with its name, of those that are common to all scenes, or nobody.
    pub fn one_of(
        value: Option<String>,
        all: impl Iterator<Item = (String, String)>,
        common: &[&str],
        lang: Lang,
    ) -> Fact {
        let mut choices: Vec<Choice> = all.map(|(value, words)| Choice { value, words }).collect();
        choices.extend(said(common, lang));
        choices.extend(said(&["nobody"], lang));
        Fact { value: value.unwrap_or_else(|| "nobody".to_owned()), choices }
    }

    /// Of any lock, `clients` by name and words: `writer`: whose write the storage took last; `holds CLIENT`; `holder`: the one
    /// that believes, `several` or `nobody`.
    pub fn of_lock(
        asked: &[&str],
        clients: impl Iterator<Item = (String, String)>,
        last_writer: Option<String>,
        mut believers: impl Iterator<Item = String>,
        lang: Lang,
    ) -> Option<Fact> {
        match asked {
            ["writer"] => Some(Fact::one_of(last_writer, clients, &[], lang)),
            ["holder"] => {
                let all: Vec<String> = believers.collect();
                let holder = if all.len() > 1 { Some("several".to_owned()) } else { all.into_iter().next() };
                Some(Fact::one_of(holder, clients, &["several"], lang))
            }
            ["holds", who] => Some(Fact::yes(believers.any(|name| name == *who), lang)),
            _ => None,
        }
    }

    /// A share of all, as the nearest of four.
    pub fn share(share: f64, lang: Lang) -> Fact {
        const SHARES: [(f64, &str); 4] = [(0.0, "none"), (0.2, "fifth"), (0.5, "half"), (0.8, "most")];
        let off = |known: f64| (share - known).abs();
        let nearest = SHARES.iter().min_by(|a, b| off(a.0).total_cmp(&off(b.0))).map_or("none", |(_, name)| name);
        Fact { value: nearest.to_owned(), choices: said(&SHARES.map(|(_, name)| name), lang) }
    }
}

/// Choices of the common words.
fn said(values: &[&str], lang: Lang) -> Vec<Choice> {
    let choice =
        |value: &&str| Choice { value: (*value).to_owned(), words: word(lang, &format!("common.fact-{value}")) };
    values.iter().map(choice).collect()
}

/// What a student answered.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub enum Answer {
    /// The value of a choice; of a message its number.
    Value(String),
    /// The run that breaks the property.
    Run(RunSpec),
}
