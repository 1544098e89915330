//! Three-phase commit: what its timers and its termination assume about time, and what happens where that is not so.

use super::super::openings::starts;
use super::{
    COORDINATOR, EAST, Ended, Hand, NORTH, SOUTH, all, broke, done, ends, hand, is_sound, is_up, restarts, seen,
    seen_at,
};
use crate::core::commit::{Alone, Decision, Msg, Note};
use crate::core::protocol::NodeId;
use crate::scenes::run::Run;
use crate::scenes::scene::Lang;
use crate::scenes::staging::Script;
use crate::sim::time::{MILLISECOND, SECOND};

pub fn script(name: &str, take: usize) -> Option<Script> {
    match name {
        "timers" => timers(take),
        "termination" => termination(take),
        _ => None,
    }
}

pub fn holds(name: &str, take: usize, run: &Ended) -> bool {
    let by_timer = |who: NodeId, wanted: Decision| {
        let is =
            |n: &Note| matches!(n, Note::DecidedAlone { decision, why: Alone::TimedOut, .. } if *decision == wanted);
        seen_at(run, |at, n| at == who && is(n)) == 1
    };
    let takers = |who: NodeId| seen_at(run, |at, n| at == who && matches!(n, Note::TakesOver(_)));
    let moves = seen(run, |n| matches!(n, Note::MovesOthers(_)));
    // Only in the world where messages are timely does it promise to agree.
    let promised = run.findings(Lang::En).iter().any(|f| f.code == "AC1-AGREE" && f.promised);
    let commit_and_abort = [Some(Decision::Commit), Some(Decision::Abort), Some(Decision::Abort)];
    match (name, take) {
        ("timers", 0) => {
            let split = by_timer(NORTH, Decision::Commit) && by_timer(EAST, Decision::Abort);
            split && by_timer(SOUTH, Decision::Abort) && broke(run, "AC1-AGREE") && !is_up(run, COORDINATOR)
        }
        ("timers", 1) => {
            let well = restarts(run) == 0 && run.timeline.at.sim.cluster.ids().all(|id| is_up(run, id));
            let told = seen(run, |n| matches!(n, Note::DecidedCommit(_))) == 1;
            well && told && by_timer(EAST, Decision::Abort) && broke(run, "AC1-AGREE")
        }
        ("timers", _) => {
            let aborts = [NORTH, EAST, SOUTH].into_iter().all(|id| by_timer(id, Decision::Abort));
            aborts && all(run, Decision::Abort) && is_sound(run) && !is_up(run, COORDINATOR)
        }
        ("termination", 0) => {
            let well = takers(NORTH) == 1 && moves == 1 && all(run, Decision::Commit);
            well && promised && is_sound(run) && !is_up(run, COORDINATOR)
        }
        ("termination", 1) => {
            let well = takers(EAST) == 1 && moves == 0 && all(run, Decision::Abort);
            well && promised && is_sound(run) && !is_up(run, COORDINATOR) && restarts(run) == 1
        }
        ("termination", _) => {
            let well = restarts(run) == 0 && run.timeline.at.sim.cluster.ids().all(|id| is_up(run, id));
            well && !promised && takers(EAST) == 1 && ends(run) == commit_and_abort && broke(run, "AC1-AGREE")
        }
        _ => false,
    }
}

/// All have voted YES, and the coordinator forces that before it says so.
fn until_pre_commit(p: &mut Hand) -> &mut Hand {
    starts(p).until(|n| matches!(n, Note::ForcesPreCommit(_)))
}

/// T8: timers alone. A crash between two PRE-COMMITs, a PRE-COMMIT that is late, a crash before any of them.
fn timers(take: usize) -> Option<Script> {
    let mut p = hand("three-phase", &[], &[])?;
    until_pre_commit(&mut p);
    match take {
        0 => drop(p.does("trip coordinator 1 killed")),
        1 => {
            p.until(|n| matches!(n, Note::SentPreCommit(_)));
            let late = p.message(|_, to, msg| to == EAST && matches!(msg, Msg::PreCommit(_)));
            p.does(&format!("delay {late} 2000")).until(|n| matches!(n, Note::DecidedCommit(_)));
            let later = p.message(|_, to, msg| to == EAST && matches!(msg, Msg::Decide { .. }));
            p.does(&format!("delay {later} 2000"));
        }
        _ => drop(p.does("trip coordinator 0 killed")),
    }
    p.at(3_500 * MILLISECOND);
    done(&mut p, 0)
}

/// T8: whoever is up asks the others before it decides. That is safe against crashes, and not against a cut.
fn termination(take: usize) -> Option<Script> {
    let mut p = hand("three-phase-termination", &[], &[])?;
    until_pre_commit(&mut p);
    match take {
        0 => drop(p.does("trip coordinator 1 killed")),
        1 => {
            p.does("trip coordinator 1 killed");
            p.until_all(1, |at, n| at == NORTH && matches!(n, Note::PreCommitted(_)));
            p.after(10 * MILLISECOND).does("crash north killed").at(3 * SECOND).does("restart north");
        }
        _ => drop(p.does("partition coordinator,north")),
    }
    p.at(4_500 * MILLISECOND);
    done(&mut p, 0)
}
