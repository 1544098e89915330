//! Whether something that has to come about can become impossible, or can be put off for ever: questions in one scene.

use super::asking::{Asked, guarded};
use super::beginning::{self, Before, Beginning};
use super::{Aim, Answer, Premise, Progress, Question, Verdict, replay};
use crate::check::choices::{Odometer, Recorded};
use crate::check::model::{ClusterModel, Move};
use crate::check::search::{Limits, Model};
pub use crate::check::stuck::MOST_STATES;
use crate::check::stuck::cluster::Prospect;
use crate::check::stuck::{Ask, Found, Stuck};
use crate::core::cluster::{Action, Cluster, Flight};
use crate::core::protocol::{Kind, Protocol, World};
use crate::scenes::OpenError;
use crate::scenes::options::{COMMON, Options};
use crate::scenes::run::{Run, RunSpec};
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
    panicked: Option<u64>,
}

/// The whole answer.
pub(super) fn search<S: Staging>(question: &Question, lang: Lang) -> Result<Answer, OpenError> {
    let mut pondering = Pondering::<S>::begin(question, lang)?;
    loop {
        if let Some(mut answer) = pondering.go_on(u32::MAX)? {
            if answer.spec.is_some() {
                answer.steps = pondering.before.steps(&pondering.session, lang);
            }
            return Ok(answer);
        }
    }
}

fn liveness<P: Protocol>(p: &P) -> Vec<&'static str> {
    p.properties().iter().filter(|p| p.kind == Kind::Liveness).map(|p| p.name).collect()
}

/// The property that is asked about: the one that is named, or the recipe's first that has to come about in the end.
fn goal<S: Staging>(question: &Question, p: &S::P, spec: &RunSpec, lang: Lang) -> Result<&'static str, OpenError> {
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
    let options = Options::read(&[S::OPTIONS, COMMON], &spec.options, lang).map_err(OpenError)?;
    let has = |recipe: &&&str| !liveness(&S::configure(recipe, &[], &options)).is_empty();
    let recipes: Vec<String> = S::RECIPES.iter().filter(has).map(|recipe| format!("{}/{recipe}", S::NAME)).collect();
    if recipes.is_empty() {
        return Err(OpenError(word(lang, "common.stuck-no-goal-here")));
    }
    let args = [("recipe", spec.recipe.as_str().into()), ("known", recipes.join(", ").into())];
    Err(OpenError(say(lang, "common.stuck-no-goal", &args)))
}

impl<S: Staging> Pondering<S> {
    pub(in crate::scenes) fn begin(question: &Question, lang: Lang) -> Result<Self, OpenError> {
        let Beginning { session, model, before } = beginning::begin::<S>(question, lang)?;
        let name = goal::<S>(question, &model.protocol, &session.spec(), lang)?;
        let ask = if question.aim == Aim::PutOff { Ask::PutOff } else { Ask::Impossible };
        let property = model.protocol.properties().into_iter().find(|p| p.name == name);
        let Some(property) = property else { return Err(OpenError(word(lang, "common.stuck-no-goal-here"))) };
        let stuck = Stuck::new(Prospect::new(model, property, question.repairs), ask);
        Ok(Pondering { question: question.clone(), lang, goal: name, session, before, stuck, panicked: None })
    }

    /// Plays a path in a run of its own. It must come to the state that the search saw.
    fn play(&self, path: &[Move<S::P>]) -> Result<Session<S>, OpenError> {
        let Beginning { mut session, before, .. } = beginning::begin::<S>(&self.question, self.lang)?;
        let model = self.stuck.model().cluster();
        if replay::play(&mut session, model, path, &before, self.lang)? {
            Ok(session)
        } else {
            Err(self.not_replayed())
        }
    }

    fn not_replayed(&self) -> OpenError {
        OpenError(say(self.lang, "common.not-replayed", &[("name", self.goal.into())]))
    }

    /// The run that was found, and how it comes back to where it goes round.
    fn show(
        &mut self,
        stem: Vec<Move<S::P>>,
        cycle: Option<Vec<Move<S::P>>>,
        answer: &mut Answer,
    ) -> Result<(), OpenError> {
        let model = self.stuck.model().cluster();
        let beginning = self.session.simulation().cluster.clone();
        let (to_cycle, goes_round) = (stem.len(), cycle.is_some());
        let path = with_idle(model, beginning, stem, cycle.unwrap_or_default());
        let ends = self.play(&path)?;
        if goes_round {
            let begins = self.play(&path[..to_cycle])?;
            let hash = |session: &Session<S>| {
                let mut cluster = session.simulation().cluster.clone();
                model.drop_inert(&mut cluster);
                cluster.hash_state()
            };
            if hash(&begins) != hash(&ends) {
                return Err(self.not_replayed());
            }
            answer.cycle = Some(ends.position().0 - begins.position().0);
        }
        self.session = ends;
        self.before.tell(&mut self.session, path.is_empty() && self.question.from.is_some(), answer);
        Ok(())
    }
}

impl<S: Staging> Asked for Pondering<S> {
    fn go_on(&mut self, expansions: u32) -> Result<Option<Answer>, OpenError> {
        let Pondering { stuck, question, .. } = self;
        // Whatever a panic leaves half done is only asked for the path to the state before it.
        let sliced = guarded(self.lang, || stuck.slice(question.limits, expansions));
        let panicked = |_: &OpenError| self.panicked = Some(self.stuck.progress().expanded.saturating_sub(1));
        let Some(found) = sliced.inspect_err(panicked)? else { return Ok(None) };
        let mut answer = Answer {
            properties: vec![self.goal.to_owned()],
            premises: self.before.premises.clone(),
            ..Answer::new(Verdict::Holds, self.progress())
        };
        if self.stuck.model().cluster().narrowed() {
            answer.premises.push(Premise::Extremes);
        }
        match found {
            Found::Holds => {}
            Found::Unfinished => answer.verdict = Verdict::Unfinished,
            Found::Stuck { stem, cycle } => {
                answer.verdict = Verdict::Violated;
                self.show(stem, cycle, &mut answer)?;
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
        self.panicked
    }

    fn run_before(&mut self, expanded: u64) -> Option<RunSpec> {
        let path = self.stuck.path_before(expanded)?;
        self.session = self.play(&path).ok()?;
        Some(self.session.spec())
    }
}

/// The path with, on its cycle, the deliveries of messages to which nobody reacts any more. The search leaves such messages
/// out, the run has them; and that they are delivered belongs to its being fair. The others of the run stay where they are.
fn with_idle<P: Protocol>(
    model: &ClusterModel<P>,
    mut real: Cluster<P>,
    stem: Vec<Move<P>>,
    cycle: Vec<Move<P>>,
) -> Vec<Move<P>> {
    let p = &model.protocol;
    let mut state = model.start();
    let mut lying = Vec::new();
    let mut path = Vec::new();
    let goes_round = stem.len();
    for (n, step) in stem.into_iter().chain(cycle).enumerate() {
        if n == goes_round {
            lying.clone_from(&real.flights);
        }
        let action = replay::named_here(&state.cluster, &real, &step.action);
        real.apply(p, &action, step.trip, &mut Recorded::new(&step.picks), &mut Vec::new());
        state = model.follow(&state, &step);
        path.push(step);
        while let Some(id) = (n >= goes_round).then(|| idle(p, &real, &state.cluster, &lying)).flatten() {
            let mut choices = Odometer::default();
            real.apply(p, &Action::Deliver(id), None, &mut choices, &mut Vec::new());
            path.push(Move { action: Action::Deliver(id), trip: None, picks: choices.picks().to_vec() });
        }
    }
    path
}

/// A message of the run that can be delivered, that nobody reacts to, and that did not lie there before. The search must not
/// take its number for another one's.
fn idle<P: Protocol>(p: &P, real: &Cluster<P>, searched: &Cluster<P>, lying: &[Flight<P>]) -> Option<u32> {
    let waits = |f: &Flight<P>| real.is_up(f.to) && real.node(f.to).paused;
    let known = |f: &Flight<P>| lying.iter().any(|g| (f.from, f.to) == (g.from, g.to) && f.msg == g.msg);
    let will_do = |f: &&Flight<P>| {
        p.inert(real, f.to, &f.msg)
            && !waits(f)
            && !known(f)
            && real.is_next(p, f.id)
            && searched.flight(f.id).is_none()
    };
    real.flights.iter().find(will_do).map(|f| f.id)
}

/// What the answer says, in a sentence; nothing of a question that is not about getting stuck, or is not finished.
pub fn said(question: &Question, answer: &Answer, lang: Lang) -> Option<String> {
    let (key, n) = match (question.aim, answer.verdict, answer.cycle) {
        (Aim::Break, ..) | (_, Verdict::Unfinished, _) => return None,
        (Aim::Impossible, Verdict::Holds, _) => ("holds-impossible", answer.progress.states),
        (Aim::PutOff, Verdict::Holds, _) => ("holds-put-off", answer.progress.states),
        (Aim::Impossible, Verdict::Violated, _) if answer.length == 0 => ("impossible-now", 0),
        (Aim::Impossible, Verdict::Violated, _) => ("impossible", answer.length.into()),
        (Aim::PutOff, Verdict::Violated, Some(0) | None) if answer.length == 0 => ("stops-now", 0),
        (Aim::PutOff, Verdict::Violated, Some(0) | None) => ("stops", answer.length.into()),
        (Aim::PutOff, Verdict::Violated, Some(1)) => ("put-off-one", 1),
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
