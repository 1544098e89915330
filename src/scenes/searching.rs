//! Searches by name, and their counterexamples as runs that anybody can play.

pub mod asking;
mod beginning;
pub mod coverage;
pub mod form;
mod models;
pub mod outlook;
mod replay;
pub mod service;
pub mod stuck;
pub mod table;
pub mod wire;

use super::OpenError;
use super::catalogue::{SCENES, scene, unknown_scene};
use super::options::{COMMON, Options};
use super::run::RunSpec;
use super::scene::Lang;
use super::staging::Staging;
use super::text::word;
use crate::check::model::Budgets;
pub use crate::check::search::{Limits, Progress};
pub use crate::core::protocol::World;
use crate::core::protocol::{Kind, Protocol};
use asking::{Asked, Asking};
pub use coverage::Row;

/// What is asked of the states.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Aim {
    /// Can the property break?
    #[default]
    Break,
    /// Can it become impossible? Is there a state from which, with no further faults, no run meets the liveness property?
    Impossible,
    /// Can it be put off for ever? Is there a fair cycle that does not meet the liveness property?
    PutOff,
}

/// What to search.
#[derive(Clone, PartialEq, Debug)]
pub struct Question {
    pub aim: Aim,
    pub scene: String,
    pub recipe: String,
    pub mistake: Option<String>,
    pub world: World,
    pub budgets: Budgets,
    /// One property; `None`: all that are promised.
    pub property: Option<String>,
    /// Beyond the scene's standard bounds: `clients=3`.
    pub options: Vec<(String, String)>,
    /// The run from whose moment the search starts. Its recipe, mistakes and options are then those that count, in place of
    /// the ones above, and the budgets count from that moment on.
    pub from: Option<RunSpec>,
    pub limits: Limits,
    /// Whether states that differ by which of several interchangeable nodes is which count as one. The questions about
    /// getting stuck look at every state.
    pub symmetry: bool,
    /// Of the questions about getting stuck: what is down comes back, who is paused goes on, cut links heal. Otherwise all
    /// of that stays, and nothing is owed to those that are down.
    pub repairs: bool,
}

impl Question {
    /// All promises of a recipe in a world without faults, within its standard bounds and five million states.
    pub fn new(scene: &str, recipe: &str, world: World) -> Question {
        Question {
            aim: Aim::Break,
            scene: scene.to_owned(),
            recipe: recipe.to_owned(),
            mistake: None,
            world,
            budgets: Budgets::NONE,
            property: None,
            options: Vec::new(),
            from: None,
            symmetry: true,
            repairs: true,
            limits: Limits::of_states(5_000_000),
        }
    }
}

/// How a search ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// In all states within the bounds. Of the questions about getting stuck: it cannot.
    Holds,
    /// A run breaks the property. Of the questions about getting stuck: it can.
    Violated,
    /// A limit was reached.
    Unfinished,
}

impl Verdict {
    pub const ALL: [Verdict; 3] = [Verdict::Holds, Verdict::Violated, Verdict::Unfinished];

    pub fn name(self) -> &'static str {
        match self {
            Verdict::Holds => "holds",
            Verdict::Violated => "violated",
            Verdict::Unfinished => "unfinished",
        }
    }
}

/// What a search from a moment takes for granted, beyond its world and its bounds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Premise {
    /// Time goes from one deadline to the next, in whole milliseconds; what happens in between counts from the earlier one.
    Deadlines,
    /// Clocks that ran at different rates up to that moment run alike after it.
    Rates,
    /// Of draws with more than a handful of answers, the least and the greatest are tried.
    Extremes,
}

impl Premise {
    pub const ALL: [Premise; 3] = [Premise::Deadlines, Premise::Rates, Premise::Extremes];

    pub fn name(self) -> &'static str {
        match self {
            Premise::Deadlines => "deadlines",
            Premise::Rates => "rates",
            Premise::Extremes => "extremes",
        }
    }

    /// One sentence.
    pub fn words(self, lang: Lang) -> String {
        word(lang, &format!("common.premise-{}", self.name()))
    }
}

/// What the search answers.
#[derive(Clone, PartialEq, Debug)]
pub struct Answer {
    pub verdict: Verdict,
    pub progress: Progress,
    /// The properties that were searched for; after a violation the one that broke.
    pub properties: Vec<String>,
    /// After a violation: one sentence a step where they were asked for, their number, and the run at its end and at its
    /// first step (of a search from a moment: the first step after that moment).
    pub steps: Vec<String>,
    pub length: u32,
    pub spec: Option<RunSpec>,
    pub start: Option<RunSpec>,
    /// Of a run that can go on for ever: its last so many steps, which the run has once, can be repeated without end. 0: it
    /// stops there, and nothing that has to come is left.
    pub cycle: Option<u32>,
    /// Of a search from a moment.
    pub premises: Vec<Premise>,
}

impl Answer {
    /// One that has found no run.
    pub(super) fn new(verdict: Verdict, progress: Progress) -> Answer {
        Answer {
            verdict,
            progress,
            properties: Vec::new(),
            steps: Vec::new(),
            length: 0,
            spec: None,
            start: None,
            cycle: None,
            premises: Vec::new(),
        }
    }
}

/// One tick of the search, in the simulator's milliseconds.
pub const TICK_MS: u32 = 1000;

/// Searches.
///
/// # Errors
/// Unknown names, options out of bounds, or a property that the configuration does not have.
pub fn check(question: &Question, lang: Lang) -> Result<Answer, OpenError> {
    check_on(1, question, lang).map_err(|stopped| stopped.why)
}

/// Why there is no answer.
#[derive(Clone, PartialEq, Debug)]
pub struct Stopped {
    pub why: OpenError,
    /// After a panic: the run that ends in the state before it.
    pub before: Option<Box<RunSpec>>,
}

impl From<OpenError> for Stopped {
    fn from(why: OpenError) -> Self {
        Stopped { why, before: None }
    }
}

/// Searches on so many threads: the answer is the same on any number.
///
/// # Errors
/// As [`check`], and a step or a property that panics.
pub fn check_on(threads: usize, question: &Question, lang: Lang) -> Result<Answer, Stopped> {
    scene!(question.scene.as_str(), search(threads, question, lang), Err(unknown_scene(&question.scene, lang).into()))
}

fn search<S: Staging>(threads: usize, question: &Question, lang: Lang) -> Result<Answer, Stopped> {
    if question.aim != Aim::Break {
        return Ok(stuck::search::<S>(question, lang)?);
    }
    let mut asking = Asking::<S>::begin(question, lang)?.on(threads);
    loop {
        let answer = asking.go_on(u32::MAX).map_err(|why| {
            let before = asking.panicked().and_then(|expanded| asking.run_before(expanded));
            Stopped { why, before: before.map(Box::new) }
        })?;
        if let Some(mut answer) = answer {
            if answer.spec.is_some() {
                answer.steps = asking.steps();
            }
            return Ok(answer);
        }
    }
}

/// What there is: recipes, mistakes with what they break, properties with the widest world that promises them, options.
#[derive(Clone, Debug)]
pub struct Listing {
    pub scene: &'static str,
    pub recipes: &'static [&'static str],
    pub mistakes: &'static [(&'static str, &'static str)],
    /// Recipe, property, words, liveness, world.
    pub properties: Vec<(&'static str, &'static str, String, bool, &'static str)>,
    pub options: Vec<(&'static str, String)>,
}

pub fn list(lang: Lang) -> Vec<Listing> {
    fn add<S: Staging>(lang: Lang, all: &mut Vec<Listing>) {
        let options = Options::read(&[S::OPTIONS, COMMON], &[], lang);
        let mut properties = Vec::new();
        for recipe in S::RECIPES {
            let Ok(options) = &options else { continue };
            for p in S::configure(recipe, &[], options).properties() {
                let widest = World::ALL.into_iter().rev().find(|w| p.promised.include(*w)).map_or("-", World::name);
                let words = S::property(p.name, lang);
                properties.push((*recipe, p.name, words, p.kind == Kind::Liveness, widest));
            }
        }
        let describe = |def: &super::options::OptionDef| (def.key, def.describe());
        all.push(Listing {
            scene: S::NAME,
            recipes: S::RECIPES,
            mistakes: S::MISTAKES,
            properties,
            options: S::OPTIONS.iter().chain(COMMON).map(describe).collect(),
        });
    }
    let mut all = Vec::new();
    for name in SCENES {
        scene!(name, add(lang, &mut all), ());
    }
    all
}

/// The option that `--nodes` sets in this scene.
pub fn nodes_option(name: &str) -> &'static str {
    fn key<S: Staging>() -> &'static str {
        S::NODES
    }
    scene!(name, key(), "")
}

/// How many nodes a question is about: as asked, or as the standard bounds say.
pub fn nodes(question: &Question) -> Option<u64> {
    fn standard<S: Staging>(question: &Question) -> Option<String> {
        let bounds = S::bounds(&question.recipe, question.mistake.as_deref(), question.world);
        bounds.into_iter().find(|(key, _)| *key == S::NODES).map(|(_, value)| value)
    }
    let key = nodes_option(&question.scene);
    let asked = question.options.iter().find(|(k, _)| k == key).map(|(_, value)| value.clone());
    asked.or_else(|| scene!(question.scene.as_str(), standard(question), None))?.parse().ok()
}

/// The faults that a mistake's standard search allows, and in which world; of a recipe's promises if there is no mistake.
pub fn standard(name: &str, recipe: &str, mistake: Option<&str>) -> Option<(World, Budgets)> {
    fn first<S: Staging>(recipe: &str, mistake: Option<&str>) -> Option<(World, Budgets)> {
        S::standard(recipe, mistake).into_iter().next()
    }
    scene!(name, first(recipe, mistake), None)
}

/// What a mistake is said to break.
pub fn breaks(name: &str, mistake: &str) -> Option<&'static str> {
    fn find<S: Staging>(mistake: &str) -> Option<&'static str> {
        S::MISTAKES.iter().find(|(m, _)| *m == mistake).map(|(_, property)| *property)
    }
    scene!(name, find(mistake), None)
}

/// A run for tests: buttons that a reader could press, drawn from a seed. The scenes take turns.
pub fn sample(seed: u64, presses: usize) -> RunSpec {
    let name = SCENES[seed as usize % SCENES.len()];
    scene!(name, play_sample(seed, presses, super::sample::Kind::Anything), RunSpec::default())
}

/// As [`sample`], without mistakes and without a hand on the clocks: then every promise must hold.
pub fn sample_of_promises(scene: &str, seed: u64, presses: usize) -> RunSpec {
    scene!(scene, play_sample(seed, presses, super::sample::Kind::Promises), RunSpec::default())
}

fn play_sample<S: Staging>(seed: u64, presses: usize, kind: super::sample::Kind) -> RunSpec {
    super::sample::run::<S>(seed, presses, kind)
}
