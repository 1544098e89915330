//! Where a search begins: at the start of every run, or at a moment of one.

use super::{Answer, Premise, Question, TICK_MS};
use crate::check::model::ClusterModel;
use crate::core::protocol::{NodeId, Protocol, World};
use crate::scenes::OpenError;
use crate::scenes::run::{Details, Run, RunSpec};
use crate::scenes::scene::{Lang, Time};
use crate::scenes::session::Session;
use crate::scenes::staging::{Openings, Staging};
use crate::scenes::text::say;
use crate::sim::faults::{Pace, Setting};
use crate::sim::simulation::{Input, Simulation};
use crate::sim::time::MILLISECOND;

/// A run in which the search takes place, at the moment where it begins, and the model of that moment.
pub(in crate::scenes) struct Beginning<S: Staging> {
    pub session: Session<S>,
    pub model: ClusterModel<S::P>,
    pub before: Before,
}

/// What was before the search.
pub(in crate::scenes) struct Before {
    /// The run as it was handed over.
    pub spec: RunSpec,
    /// Events before the first step that is found.
    pub events: u32,
    /// Time from one step to the next where nothing moves by itself, in µs.
    pub gap: Time,
    pub premises: Vec<Premise>,
}

impl Before {
    /// Puts into the answer the run that was found, which the session has played to its end. `as_it_is`: the moment itself
    /// is what was looked for.
    pub(super) fn tell<S: Staging>(&self, session: &mut Session<S>, as_it_is: bool, answer: &mut Answer) {
        let end = session.spec();
        answer.length = end.events - self.events;
        if as_it_is {
            (answer.start, answer.spec) = (Some(self.spec.clone()), Some(self.spec.clone()));
            return;
        }
        session.seek_event(self.events);
        answer.start = Some(session.spec());
        session.seek(end.at);
        answer.spec = Some(end);
    }

    /// One sentence for each event of the run that was found.
    pub(super) fn steps<S: Staging>(&self, session: &Session<S>, lang: Lang) -> Vec<String> {
        session.events(self.events, u32::MAX, lang).into_iter().map(|line| line.words).collect()
    }
}

/// Opens the run and makes the model.
///
/// # Errors
/// Unknown names, options out of bounds, a property that the configuration does not have, a crash that is armed at the
/// moment.
pub(in crate::scenes) fn begin<S: Staging>(question: &Question, lang: Lang) -> Result<Beginning<S>, OpenError> {
    match &question.from {
        None => at_the_start(question, lang),
        Some(from) => at_a_moment(question, from, lang),
    }
}

fn at_the_start<S: Staging>(question: &Question, lang: Lang) -> Result<Beginning<S>, OpenError> {
    // Opening it checks names and options, and says what is wrong.
    let session = Session::<S>::open(&spec::<S>(question), None, lang)?;
    let model = model(question, &session, TICK_MS, lang)?;
    // Where any timer may fire at any time there are no ticks to fit into: half a second a step.
    let gap = Time::from(TICK_MS) * MILLISECOND / 2;
    let before = Before { spec: session.spec(), events: 0, gap, premises: Vec::new() };
    Ok(Beginning { session, model, before })
}

/// The run is stopped there: from then on nothing moves by itself but the clock, which goes from deadline to deadline. A run
/// in ticks goes on in its ticks.
fn at_a_moment<S: Staging>(question: &Question, from: &RunSpec, lang: Lang) -> Result<Beginning<S>, OpenError> {
    let mut session = open::<S>(from, lang)?;
    let spec = session.spec();
    let sim = session.simulation();
    if let Some(node) = sim.cluster.ids().find(|id| sim.trip(*id).is_some()) {
        let who = S::node_name(&session.protocol(), node);
        return Err(OpenError(say(lang, "common.from-armed", &[("who", who.into())])));
    }
    let pace = match (question.world, session.simulation().background.pace) {
        (World::Anything, _) => Pace::Free,
        (_, Pace::Ticks(tick)) => Pace::Ticks(tick),
        _ => Pace::Deadlines,
    };
    if session.simulation().background.pace != pace {
        session.carry_out(Input::Set(Setting::Pace(pace)), None);
    }
    session.mark_due();
    let sim = session.simulation();
    let (cluster, ghost) = (sim.counted(), sim.ghost.clone());
    let tick = if let Pace::Ticks(tick) = pace { tick / MILLISECOND } else { TICK_MS.into() };
    let model = model(question, &session, u32::try_from(tick).unwrap_or(TICK_MS), lang)?;
    let model = model.starting_at(cluster, ghost).with_coarse_draws();
    let model = if pace == Pace::Deadlines { model.to_deadlines() } else { model };
    let mut premises = Vec::new();
    if pace == Pace::Deadlines {
        premises.push(Premise::Deadlines);
    }
    if pace != Pace::Free && drifts(session.simulation()) {
        premises.push(Premise::Rates);
    }
    let before = Before { spec, events: session.position().0, gap: 100 * MILLISECOND, premises };
    Ok(Beginning { session, model, before })
}

fn drifts<P: Protocol>(sim: &Simulation<P>) -> bool {
    sim.cluster.ids().any(|id: NodeId| sim.clock(id).ppm != 0)
}

/// The run at its moment, without what it knows of the time after.
fn open<S: Staging>(from: &RunSpec, lang: Lang) -> Result<Session<S>, OpenError> {
    let mut spec = from.clone();
    if from.scene != S::NAME {
        let shown: String = from.scene.chars().take(40).collect();
        return Err(OpenError(say(lang, "common.unknown-scene", &[("name", shown.into()), ("known", S::NAME.into())])));
    }
    // What is found is a run of its own; an opening's run may be written without its commands.
    let opening = std::mem::take(&mut spec.opening);
    if let Some((name, take)) = opening.split_once('/').filter(|_| spec.commands.is_empty()) {
        let take = take.parse().ok();
        let script = take.and_then(|take| S::Openings::take(name, take).or_else(|| S::More::take(name, take)));
        if let Some(script) = script {
            spec = RunSpec { at: spec.at, events: spec.events, hash: spec.hash, ..script.spec };
        }
        spec.opening.clear();
    }
    let mut session = Session::<S>::open(&spec, None, lang)?;
    if !opening.is_empty() && from.at == 0 {
        session.seek(0);
    }
    let (all, done) = session.given();
    if done == all {
        return Ok(session);
    }
    let mut spec = session.spec();
    spec.commands.drain(done..all);
    Session::<S>::open(&spec, None, lang)
}

fn model<S: Staging>(
    question: &Question,
    session: &Session<S>,
    tick: u32,
    lang: Lang,
) -> Result<ClusterModel<S::P>, OpenError> {
    let protocol = session.protocol().as_ref().clone();
    let known: Vec<&str> = protocol.properties().iter().map(|p| p.name).collect();
    if let Some(property) = &question.property
        && !known.contains(&property.as_str())
    {
        let args = [("name", property.as_str().into()), ("known", known.join(", ").into())];
        return Err(OpenError(say(lang, "common.unknown-property", &args)));
    }
    let model = ClusterModel::new(protocol, question.world, question.budgets, tick, question.property.as_deref());
    Ok(if question.symmetry { model } else { model.without_symmetry() })
}

/// The same configuration as a run in ticks.
pub(super) fn spec<S: Staging>(question: &Question) -> RunSpec {
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
