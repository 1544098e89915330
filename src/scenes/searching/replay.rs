//! A path that the search found, played through the public commands.

use super::beginning::Before;
use crate::check::model::{Checked, ClusterModel, Move};
use crate::check::search::Model;
use crate::core::cluster::{Action, Cluster};
use crate::core::protocol::Protocol;
use crate::scenes::run::Run;
use crate::scenes::scene::{Lang, Time};
use crate::scenes::session::Session;
use crate::scenes::staging::Staging;
use crate::scenes::{OpenError, commands};
use crate::sim::faults::Pace;
use crate::sim::simulation::Input;
use crate::sim::time::{MILLISECOND, SECOND};

/// Plays a path: each action within its tick, one after the other. Returns whether the run ends in the state that the search
/// saw, in which nobody speaks of messages that no one can react to any more.
pub(in crate::scenes) fn play<S: Staging>(
    session: &mut Session<S>,
    model: &ClusterModel<S::P>,
    path: &[Move<S::P>],
    before: &Before,
    lang: Lang,
) -> Result<bool, OpenError> {
    let mut states = vec![model.start()];
    for step in path {
        states.extend(states.last().map(|state| model.follow(state, step)));
    }
    let pace = session.simulation().background.pace;
    let mut start = session.simulation().tick_start();
    let mut from = session.now();
    let mut at = 0;
    while at < path.len() {
        let count = path[at..].iter().take_while(|step| ticks(step).is_none()).count();
        let end = match pace {
            Pace::Ticks(tick) => start + tick,
            Pace::Deadlines => start + until_due(&states[at..=at + count]),
            Pace::Free | Pace::Flowing => from + before.gap * (count as Time + 2),
        };
        let gap = end.saturating_sub(from) / (count as Time + 2);
        for n in 0..count {
            reach(session, from + gap * (n as Time + 1));
            perform(session, &states[at + n], &path[at + n], lang)?;
        }
        at += count;
        if let Some(passed) = path.get(at).and_then(ticks) {
            start += Time::from(passed) * MILLISECOND;
            from = start;
            at += 1;
        }
    }
    // A run may end with time passing: what is due by then is marked as such.
    if path.last().and_then(ticks).is_some() {
        reach(session, start);
    }
    session.mark_due();
    let mut cluster = session.simulation().cluster.clone();
    model.drop_inert(&mut cluster);
    Ok(states.last().is_some_and(|state| state.cluster.hash_state() == cluster.hash_state()))
}

fn ticks<P: Protocol>(step: &Move<P>) -> Option<u32> {
    if let Action::Tick(ticks) = step.action { Some(ticks) } else { None }
}

/// How soon a timer comes due in one of these states, in µs; a second if none does.
fn until_due<P: Protocol>(states: &[Checked<P>]) -> Time {
    let counting = states.iter().flat_map(|state| &state.cluster.timers).filter(|t| t.due == 0);
    counting.map(|t| Time::from(t.left) * MILLISECOND).min().unwrap_or(SECOND)
}

/// What comes due by then is marked; nothing else happens by itself.
fn reach<S: Staging>(session: &mut Session<S>, time: Time) {
    if time > session.now() {
        session.seek(time);
    }
    session.mark_due();
}

fn perform<S: Staging>(
    session: &mut Session<S>,
    state: &Checked<S::P>,
    step: &Move<S::P>,
    lang: Lang,
) -> Result<(), OpenError> {
    let p = session.protocol();
    let action = named_here(&state.cluster, &session.simulation().cluster, &step.action);
    let mut lines = Vec::new();
    if let (Some(trip), Some(node)) = (step.trip, session.simulation().stepping(&action)) {
        lines.push(commands::write::<S>(&p, &Input::Trip(node, trip), None));
    }
    lines.push(commands::write::<S>(&p, &Input::Act(action), Some(&step.picks)));
    for line in lines {
        session.command(&line, lang).map_err(|e| OpenError(e.0))?;
    }
    Ok(())
}

/// The action on the run's own message: one that the search leaves out may still be under way in the run, so that a copy of
/// it has no number there, and those after it have lower ones.
pub(super) fn named_here<P: Protocol>(searched: &Cluster<P>, here: &Cluster<P>, action: &Action<P>) -> Action<P> {
    let named = |id: u32| {
        let Some(meant) = searched.flight(id) else { return id };
        let mut alike = here
            .flights
            .iter()
            .filter(|f| (f.from, f.to) == (meant.from, meant.to) && f.msg == meant.msg)
            .map(|f| f.id);
        if alike.clone().any(|here| here == id) { id } else { alike.next().unwrap_or(id) }
    };
    match action {
        Action::Deliver(id) => Action::Deliver(named(*id)),
        Action::Drop(id) => Action::Drop(named(*id)),
        Action::Duplicate(id) => Action::Duplicate(named(*id)),
        other => other.clone(),
    }
}
