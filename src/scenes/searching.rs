//! Searches by name, and their counterexamples as runs that anybody can play.

pub mod asking;
pub mod coverage;
pub mod table;

use super::OpenError;
use super::catalogue::{SCENES, scene, unknown_scene};
use super::commands;
use super::options::{COMMON, Options};
use super::run::{Details, Run, RunSpec};
use super::scene::{Lang, Time};
use super::session::Session;
use super::staging::Staging;
use crate::check::model::{Budgets, ClusterModel, Move};
pub use crate::check::search::Progress;
use crate::check::search::{Limits, Model};
use crate::core::cluster::Action;
use crate::core::protocol::{Kind, Protocol, World};
use crate::sim::time::MILLISECOND;
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
    /// the ones above.
    pub from: Option<RunSpec>,
    pub limits: Limits,
    /// Whether states that differ by which of several interchangeable nodes is which count as one.
    pub symmetry: bool,
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
    /// Of a run that can go on for ever: its last so many steps can be repeated without end.
    pub cycle: Option<u32>,
}

/// One tick of the search, in the simulator's milliseconds.
pub const TICK_MS: u32 = 1000;

/// Searches.
///
/// # Errors
/// Unknown names, options out of bounds, or a property that the configuration does not have.
pub fn check(question: &Question, lang: Lang) -> Result<Answer, OpenError> {
    scene!(question.scene.as_str(), search(question, lang), Err(unknown_scene(&question.scene, lang)))
}

fn search<S: Staging>(question: &Question, lang: Lang) -> Result<Answer, OpenError> {
    let mut asking = Asking::<S>::begin(question, lang)?;
    loop {
        if let Some(mut answer) = asking.go_on(u32::MAX)? {
            if answer.spec.is_some() {
                answer.steps = steps(asking.session(), lang);
            }
            return Ok(answer);
        }
    }
}

/// The run in which the search takes place: the same configuration, in ticks.
fn spec<S: Staging>(question: &Question) -> RunSpec {
    let mut options: Vec<(String, String)> = S::bounds(&question.recipe, question.mistake.as_deref(), question.world)
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .collect();
    for (key, value) in &question.options {
        options.retain(|(k, _)| k != key);
        options.push((key.clone(), value.clone()));
    }
    let pace = if question.world == World::Anything { "free" } else { "ticks" };
    options.push(("pace".to_owned(), pace.to_owned()));
    options.push(("tick".to_owned(), TICK_MS.to_string()));
    RunSpec {
        scene: S::NAME.to_owned(),
        recipe: question.recipe.clone(),
        mistakes: question.mistake.iter().cloned().collect(),
        options,
        seed: 7,
        ..RunSpec::default()
    }
}

fn final_hash<P: Protocol>(model: &ClusterModel<P>, path: &[Move<P>]) -> u128 {
    let mut state = model.start();
    for step in path {
        let mut picks = crate::check::choices::Recorded::new(&step.picks);
        state.cluster.apply(&model.protocol, &step.action, step.trip, &mut picks, &mut Vec::new());
    }
    state.cluster.hash_state()
}

/// Plays a path through the public commands: each action within its tick, one after the other.
fn play<S: Staging>(session: &mut Session<S>, path: &[Move<S::P>], world: World, lang: Lang) -> Result<(), OpenError> {
    let tick = Time::from(TICK_MS) * MILLISECOND;
    let is_tick = |m: &&Move<S::P>| matches!(m.action, Action::Tick(_));
    let mut start = 0;
    let mut rest = path;
    while !rest.is_empty() {
        let count = rest.iter().take_while(|m| !is_tick(m)).count();
        // Where any timer may fire at any time there are no ticks to fit into: half a second a step.
        let gap = if world == World::Anything { tick / 2 } else { tick / (count as Time + 2) };
        for (n, step) in rest[..count].iter().enumerate() {
            session.seek(start + gap * (n as Time + 1));
            perform(session, step, lang)?;
        }
        rest = &rest[(count + 1).min(rest.len())..];
        start += tick;
    }
    // A run may end with time passing: what is due by then is marked as such.
    if path.last().is_some_and(|m| is_tick(&m)) {
        session.seek(start);
    }
    Ok(())
}

fn perform<S: Staging>(session: &mut Session<S>, step: &Move<S::P>, lang: Lang) -> Result<(), OpenError> {
    use crate::sim::simulation::Input;
    let p = session.protocol();
    let mut lines = Vec::new();
    if let (Some(trip), Some(node)) = (step.trip, session.stepping(&step.action)) {
        lines.push(commands::write::<S>(&p, &Input::Trip(node, trip), None));
    }
    lines.push(commands::write::<S>(&p, &Input::Act(step.action.clone()), Some(&step.picks)));
    for line in lines {
        session.command(&line, lang).map_err(|e| OpenError(e.0))?;
    }
    Ok(())
}

/// One sentence for each event of the run.
fn steps<S: Staging>(session: &Session<S>, lang: Lang) -> Vec<String> {
    session.events(0, u32::MAX, lang).into_iter().map(|line| line.words).collect()
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
