//! A message is lost, comes late or comes twice.

use super::super::openings::starts;
use super::{
    AFTER, BEFORE, COORDINATOR, EAST, Ended, NORTH, SOUTH, all, balances, broke, done, ends, hand, is_sound, locked,
    restarts, seen, seen_at,
};
use crate::core::commit::{Decision, Msg, Note};
use crate::scenes::staging::Script;
use crate::sim::time::{MILLISECOND, SECOND};

pub fn script(name: &str, take: usize) -> Option<Script> {
    match name {
        "lost-commit" => lost_commit(take),
        "lost-ack" => lost_ack(),
        "late-prepare" => late_prepare(take),
        "retry" => retry(take),
        _ => None,
    }
}

pub fn holds(name: &str, take: usize, run: &Ended) -> bool {
    let ignored = seen_at(run, |at, n| at == SOUTH && matches!(n, Note::IgnoredPrepare(_))) == 1;
    let again = |at, n: &Note| at == NORTH && matches!(n, Note::AckedAgain(_));
    let commits = seen(run, |n| matches!(n, Note::DecidedCommit(_)));
    let known = seen(run, |n| matches!(n, Note::KnownRequest { .. }));
    let answers = seen(run, |n| matches!(n, Note::HeardAnswer { decision: Decision::Commit, .. }));
    let asked_again = seen(run, |n| matches!(n, Note::OrderedAgain(_))) > 0;
    let presumed = |wanted: Decision| {
        seen(run, |n| matches!(n, Note::Presumed { to: EAST, decision, .. } if *decision == wanted)) == 1
    };
    match (name, take) {
        ("lost-commit", 0) => {
            let answered = seen(run, |n| matches!(n, Note::Answered { to: EAST, decision: Decision::Commit, .. })) == 1;
            answered && all(run, Decision::Commit) && balances(run) == AFTER && is_sound(run)
        }
        ("lost-commit", 1) => presumed(Decision::Commit) && all(run, Decision::Commit) && is_sound(run),
        ("lost-commit", _) => {
            let split = ends(run) == [Some(Decision::Commit), Some(Decision::Abort), Some(Decision::Commit)];
            presumed(Decision::Abort) && split && broke(run, "AC1-AGREE") && broke(run, "MONEY")
        }
        ("lost-ack", _) => {
            let resent = seen(run, |n| matches!(n, Note::Resent { .. })) == 1;
            let forgot = seen(run, |n| matches!(n, Note::Forgot(_))) == 1;
            resent && forgot && seen_at(run, again) == 1 && balances(run) == AFTER && is_sound(run)
        }
        ("late-prepare", 0) => ignored && locked(run) == 0 && balances(run) == BEFORE && is_sound(run),
        ("late-prepare", _) => ignored && all(run, Decision::Commit) && balances(run) == AFTER && is_sound(run),
        ("retry", 0) => asked_again && commits == 2 && balances(run) == [18, 75, 2] && broke(run, "ONCE"),
        ("retry", 1) => asked_again && commits == 1 && known == 1 && answers == 1 && balances(run) == AFTER,
        ("retry", _) => {
            let said = asked_again && known == 1 && answers == 1;
            said && restarts(run) == 1 && balances(run) == AFTER && !broke(run, "ONCE")
        }
        _ => false,
    }
}

/// T4: East does not hear COMMIT. Who may forget a commit, and what it then says, is all that differs.
fn lost_commit(take: usize) -> Option<Script> {
    let recipe = ["presumed-abort", "presumed-commit", "presumed-abort"].get(take)?;
    let mistakes: &[&str] = if take == 2 { &["forgets-early"] } else { &[] };
    let mut p = hand(recipe, &[], mistakes)?;
    starts(&mut p).until(|n| matches!(n, Note::DecidedCommit(_)));
    let order = p.message(|_, to, msg| to == EAST && matches!(msg, Msg::Decide { .. }));
    p.does(&format!("drop {order}"));
    p.at(2 * SECOND);
    done(&mut p, 0)
}

/// T5: the same order twice, carried out once.
fn lost_ack() -> Option<Script> {
    let mut p = hand("presumed-abort", &[], &[])?;
    starts(&mut p).until_all(1, |at, n| at == NORTH && matches!(n, Note::Acked { .. }));
    let ack = p.message(|from, _, msg| from == NORTH && matches!(msg, Msg::Ack(_)));
    p.does(&format!("drop {ack}")).until(|n| matches!(n, Note::Forgot(_)));
    done(&mut p, 300 * MILLISECOND)
}

/// T6: PREPARE comes when all is over: overtaken by ABORT, or a copy after COMMIT.
fn late_prepare(take: usize) -> Option<Script> {
    let mut p = hand("presumed-abort", &[], &[])?;
    starts(&mut p);
    let first = p.message(|_, to, msg| to == SOUTH && matches!(msg, Msg::Prepare { .. }));
    let late = if take == 0 {
        first
    } else {
        p.does(&format!("duplicate {first}"));
        p.message(|_, to, msg| to == SOUTH && matches!(msg, Msg::Prepare { .. }))
    };
    p.does(&format!("delay {late} 1500")).until(|n| matches!(n, Note::IgnoredPrepare(_)));
    done(&mut p, 300 * MILLISECOND)
}

/// T12: the answer is lost, or the one who was to give it dies, and the client asks again.
fn retry(take: usize) -> Option<Script> {
    let mistakes: &[&str] = if take == 0 { &["no-request-id"] } else { &[] };
    let mut p = hand("presumed-abort", &[("client", "on")], mistakes)?;
    p.at(200 * MILLISECOND).does("request client transfer north east 20 fee south 1");
    if take < 2 {
        p.until(|n| matches!(n, Note::DecidedCommit(_)));
        let answer = p.message(|from, _, msg| from == COORDINATOR && matches!(msg, Msg::Answer { .. }));
        p.does(&format!("drop {answer}"));
    } else {
        p.until(|n| matches!(n, Note::ForcesCommit(_))).does("trip coordinator 0 killed");
        p.after(500 * MILLISECOND).does("restart coordinator");
    }
    p.until(|n| matches!(n, Note::HeardAnswer { .. }));
    done(&mut p, 500 * MILLISECOND)
}
