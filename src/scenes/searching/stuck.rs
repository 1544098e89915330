//! Whether something that has to come about can become impossible, or can be put off for ever: questions in one scene.

use super::asking::Asked;
use super::beginning::{self, Before, Beginning};
use super::{Aim, Answer, Progress, Question, Verdict, replay};
use crate::check::choices::{Odometer, Recorded};
use crate::check::model::{ClusterModel, Move};
use crate::check::search::{Limits, Model};
pub use crate::check::stuck::MOST_STATES;
use crate::check::stuck::cluster::Prospect;
use crate::check::stuck::{Ask, Found, Stuck};
use crate::core::cluster::{Action, Cluster, Flight};
use crate::core::protocol::{Kind, NodeId, Protocol, World};
use crate::scenes::OpenError;
use crate::scenes::options::{COMMON, Options};
use crate::scenes::run::{Details, Run, RunSpec};
use crate::scenes::scene::Lang;
use crate::scenes::session::Session;
use crate::scenes::staging::Staging;
use crate::scenes::text::{say, word};

/// A question about getting stuck, under way.
pub(in crate::scenes) struct Pondering<S: Staging> {
    question: Question,
    lang: Lang,
    goal: &'static str,
    session: Session<S>,
    before: Before,
    stuck: Stuck<Prospect<S::P>>,
}

/// The whole answer.
pub(super) fn search<S: Staging>(question: &Question, lang: Lang) -> Result<Answer, OpenError> {
    let mut pondering = Pondering::<S>::begin(question, lang)?;
    loop {
        if let Some(mut answer) = pondering.go_on(u32::MAX)? {
            if answer.spec.is_some() {
                let events = pondering.session.events(pondering.before.events, u32::MAX, lang);
                answer.steps = events.into_iter().map(|line| line.words).collect();
            }
            return Ok(answer);
        }
    }
}

fn liveness<P: Protocol>(p: &P) -> Vec<&'static str> {
    p.properties().iter().filter(|p| p.kind == Kind::Liveness).map(|p| p.name).collect()
}

/// The property that is asked about: the one that is named, or the recipe's first that has to come about in the end.
fn goal<S: Staging>(
    question: &Question,
    p: &S::P,
    options: &[(String, String)],
    lang: Lang,
) -> Result<&'static str, OpenError> {
    let known = liveness(p);
    if let Some(name) = &question.property {
        let named = known.iter().find(|known| *known == name).copied();
        if let (None, false) = (named, known.is_empty()) {
            let args = [("name", name.as_str().into()), ("known", known.join(", ").into())];
            return Err(OpenError(say(lang, "common.stuck-not-liveness", &args)));
        }
    }
    let wanted = question.property.as_deref();
    if let Some(goal) = known.into_iter().find(|name| wanted.is_none_or(|wanted| wanted == *name)) {
        return Ok(goal);
    }
    let options = Options::read(&[S::OPTIONS, COMMON], options, lang).map_err(OpenError)?;
    let has = |recipe: &&&str| !liveness(&S::configure(recipe, &[], &options)).is_empty();
    let recipes: Vec<String> = S::RECIPES.iter().filter(has).map(|recipe| format!("{}/{recipe}", S::NAME)).collect();
    if recipes.is_empty() {
        return Err(OpenError(word(lang, "common.stuck-no-goal-here")));
    }
    let args = [("recipe", question.recipe.as_str().into()), ("known", recipes.join(", ").into())];
    Err(OpenError(say(lang, "common.stuck-no-goal", &args)))
}

impl<S: Staging> Pondering<S> {
    pub(in crate::scenes) fn begin(question: &Question, lang: Lang) -> Result<Self, OpenError> {
        let any = Question { property: None, ..question.clone() };
        let Beginning { session, model, before } = beginning::begin::<S>(&any, lang)?;
        let name = goal::<S>(question, &model.protocol, &session.spec().options, lang)?;
        let ask = if question.aim == Aim::PutOff { Ask::PutOff } else { Ask::Impossible };
        let property = model.protocol.properties().into_iter().find(|p| p.name == name);
        let Some(property) = property else { return Err(OpenError(word(lang, "common.stuck-no-goal-here"))) };
        let stuck = Stuck::new(Prospect::new(model, property, question.repairs), ask);
        Ok(Pondering { question: question.clone(), lang, goal: name, session, before, stuck })
    }

    /// Plays the run in the simulator. It must come to the states that the search saw, and come back where it goes round.
    fn replay(&mut self, found: &Played<S::P>, answer: &mut Answer) -> Result<(), OpenError> {
        let failed = || OpenError(word(self.lang, "common.stuck-replay"));
        let mut stem = None;
        let first = self.before.events;
        if found.cycle.is_some() {
            let Beginning { mut session, before, .. } = beginning::begin::<S>(&self.question, self.lang)?;
            replay::play_exactly(&mut session, &found.moves[..found.stem], &before, self.lang)?;
            if session.state_hash() != found.before {
                return Err(failed());
            }
            stem = Some(session.position().0);
        }
        replay::play_exactly(&mut self.session, &found.moves, &self.before, self.lang)?;
        if self.session.state_hash() != found.after || (stem.is_some() && found.before != found.after) {
            return Err(failed());
        }
        let (events, end) = (self.session.position().0, self.session.spec());
        answer.length = events - first;
        answer.cycle = stem.map(|stem| events - stem);
        self.session.seek_event(first);
        answer.start = Some(self.session.spec());
        self.session.seek(end.at);
        answer.spec = Some(end);
        Ok(())
    }
}

impl<S: Staging> Asked for Pondering<S> {
    fn go_on(&mut self, expansions: u32) -> Result<Option<Answer>, OpenError> {
        let Some(found) = self.stuck.slice(self.question.limits, expansions) else { return Ok(None) };
        let mut answer = Answer {
            verdict: Verdict::Holds,
            progress: self.progress(),
            properties: vec![self.goal.to_owned()],
            steps: Vec::new(),
            length: 0,
            spec: None,
            start: None,
            cycle: None,
            premises: self.before.premises.clone(),
        };
        match found {
            Found::Holds => {}
            Found::Unfinished => answer.verdict = Verdict::Unfinished,
            Found::Stuck { stem, cycle } => {
                answer.verdict = Verdict::Violated;
                let here = self.session.simulation().counted();
                let played = Played::new(self.stuck.model().cluster(), here, &stem, cycle.as_deref());
                self.replay(&played, &mut answer)?;
            }
        }
        Ok(Some(answer))
    }

    fn progress(&self) -> Progress {
        self.stuck.progress()
    }

    fn widen(&mut self, limits: Limits) {
        self.question.limits = limits;
    }

    fn panicked(&self) -> Option<u64> {
        None
    }

    fn run_before(&mut self, _: u64) -> Option<RunSpec> {
        None
    }
}

/// A run of the search as the simulator plays it. The search leaves out messages to which nobody reacts any more; the
/// simulator has them, and so names what is under way otherwise, and would not come back to the same state: on the cycle
/// they are delivered as well.
struct Played<P: Protocol> {
    moves: Vec<Move<P>>,
    /// So many of them lead to the cycle.
    stem: usize,
    cycle: Option<()>,
    /// Hashes where the cycle begins and ends.
    before: u128,
    after: u128,
}

type Content<P> = (NodeId, NodeId, <P as Protocol>::Msg);

fn content<P: Protocol>(flight: &Flight<P>) -> Content<P> {
    (flight.from, flight.to, flight.msg.clone())
}

fn flight_of<P: Protocol>(action: &Action<P>) -> Option<u32> {
    match action {
        Action::Deliver(id) | Action::Drop(id) | Action::Duplicate(id) => Some(*id),
        _ => None,
    }
}

/// How often a cycle is played before it is given up: a second time comes back where the first has left something behind.
const ROUNDS: usize = 3;

impl<P: Protocol> Played<P> {
    /// `real`: the cluster of the run where the search began.
    fn new(model: &ClusterModel<P>, mut real: Cluster<P>, stem: &[Move<P>], cycle: Option<&[Move<P>]>) -> Self {
        let p = &model.protocol;
        // Each move with what its message says, as the search has them under way.
        let mut seen = model.start().cluster;
        let mut name = |step: &Move<P>| {
            let says = flight_of(&step.action).and_then(|id| seen.flight(id)).map(content);
            seen.apply(p, &step.action, step.trip, &mut Recorded::new(&step.picks), &mut Vec::new());
            let flights = std::mem::take(&mut seen.flights);
            let (_, kept) = flights.into_iter().partition(|f| p.inert(&seen, f.to, &f.msg));
            seen.flights = kept;
            (step.clone(), says)
        };
        let stem: Vec<_> = stem.iter().map(&mut name).collect();
        let round: Vec<_> = cycle.unwrap_or_default().iter().map(&mut name).collect();
        let mut moves = Vec::new();
        for (step, says) in &stem {
            moves.push(take(p, &mut real, step, says.as_ref()));
        }
        let mut found =
            Played { stem: moves.len(), moves, cycle: cycle.map(|_| ()), before: 0, after: real.hash_state() };
        for _ in 0..if cycle.is_some() { ROUNDS } else { 0 } {
            found.stem = found.moves.len();
            found.before = real.hash_state();
            let lying: Vec<Content<P>> = real.flights.iter().map(content).collect();
            for (step, says) in &round {
                found.moves.push(take(p, &mut real, step, says.as_ref()));
                found.moves.extend(clear(p, &mut real, &lying));
            }
            found.after = real.hash_state();
            if found.before == found.after {
                break;
            }
        }
        found
    }
}

/// Does a move, with the number that its message has here.
fn take<P: Protocol>(p: &P, real: &mut Cluster<P>, step: &Move<P>, says: Option<&Content<P>>) -> Move<P> {
    let here = says.and_then(|says| real.flights.iter().find(|f| content(f) == *says)).map(|f| f.id);
    let action = match (&step.action, here) {
        (Action::Deliver(_), Some(id)) => Action::Deliver(id),
        (Action::Drop(_), Some(id)) => Action::Drop(id),
        (Action::Duplicate(_), Some(id)) => Action::Duplicate(id),
        (action, _) => action.clone(),
    };
    real.apply(p, &action, step.trip, &mut Recorded::new(&step.picks), &mut Vec::new());
    Move { action, ..step.clone() }
}

/// Delivers messages to which nobody reacts any more, but those that were there before.
fn clear<P: Protocol>(p: &P, real: &mut Cluster<P>, lying: &[Content<P>]) -> Vec<Move<P>> {
    let mut moves = Vec::new();
    let waits = |real: &Cluster<P>, f: &Flight<P>| real.is_up(f.to) && real.node(f.to).paused;
    let idle = |real: &Cluster<P>| {
        let found = real.flights.iter().find(|f| {
            p.inert(real, f.to, &f.msg) && !waits(real, f) && real.is_next(p, f.id) && !lying.contains(&content(f))
        });
        found.map(|f| f.id)
    };
    while let Some(id) = idle(real) {
        let mut choices = Odometer::default();
        real.apply(p, &Action::Deliver(id), None, &mut choices, &mut Vec::new());
        moves.push(Move { action: Action::Deliver(id), trip: None, picks: choices.picks().to_vec() });
    }
    moves
}

/// What the answer says, in a sentence; nothing of a question that is not about getting stuck, or is not finished.
pub fn said(question: &Question, answer: &Answer, lang: Lang) -> Option<String> {
    let (key, n) = match (question.aim, answer.verdict, answer.cycle) {
        (Aim::Break, ..) | (_, Verdict::Unfinished, _) => return None,
        (Aim::Impossible, Verdict::Holds, _) => ("holds-impossible", answer.progress.states),
        (Aim::PutOff, Verdict::Holds, _) => ("holds-put-off", answer.progress.states),
        (Aim::Impossible, Verdict::Violated, _) => ("impossible", answer.length.into()),
        (Aim::PutOff, Verdict::Violated, Some(0) | None) => ("stops", answer.length.into()),
        (Aim::PutOff, Verdict::Violated, Some(cycle)) => ("put-off", cycle.into()),
    };
    Some(say(lang, &format!("common.stuck-{key}"), &[("n", n.into())]))
}

/// What a question about getting stuck assumes, sentence by sentence.
pub fn assumed(question: &Question, lang: Lang) -> Vec<String> {
    let fair = if question.world == World::Anything { "fair-anything" } else { "fair" };
    let repairs = if question.repairs { "repairs" } else { "stays" };
    let keys: &[&str] = match question.aim {
        Aim::Break => &[],
        Aim::Impossible => &["no-faults", repairs, "with-requests", "bounds"],
        Aim::PutOff => &["no-faults", fair, repairs, "need-not", "cycle", "bounds"],
    };
    keys.iter().map(|key| word(lang, &format!("common.stuck-{key}"))).collect()
}
