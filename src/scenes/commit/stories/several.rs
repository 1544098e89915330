//! More than one at a time: readers, transfers that meet, and a bank that makes all others slow.

use super::super::openings::starts;
use super::{COORDINATOR, EAST, Ended, SOUTH, broke, done, hand, in_doubt, is_sound, is_up, seen, seen_at};
use crate::core::cluster::Done;
use crate::core::commit::{Cause, Commit, Msg, Note, Refusal};
use crate::core::protocol::Effect;
use crate::scenes::scene::Time;
use crate::scenes::staging::Script;
use crate::sim::time::{MILLISECOND, SECOND};

pub fn script(name: &str, take: usize) -> Option<Script> {
    match name {
        "reader" => reader(take),
        "deadlock" => deadlock(take),
        "load" => load(take),
        _ => None,
    }
}

pub fn holds(name: &str, take: usize, run: &Ended) -> bool {
    let reads = |wanted: bool, total: u32| {
        seen(run, |n| matches!(n, Note::Read { glance, sum } if *glance == wanted && *sum == total)) == 1
    };
    let waits = seen(run, |n| matches!(n, Note::Waits { .. }));
    let commits = seen(run, |n| matches!(n, Note::DecidedCommit(_)));
    let aborts = |late: bool| {
        let is = |cause: &Cause| (*cause == Cause::TimedOut) == late;
        seen(run, |n| matches!(n, Note::DecidedAbort { cause, .. } if is(cause)))
    };
    match (name, take) {
        ("reader", 0) => reads(true, 75) && broke(run, "SEES-WHOLE") && is_sound(run),
        ("reader", 1) => {
            let locked = |at, n: &Note| at == EAST && matches!(n, Note::VotedNo { why: Refusal::Locked(_), .. });
            seen_at(run, locked) == 1 && seen(run, |n| matches!(n, Note::Read { .. })) == 0 && is_sound(run)
        }
        ("reader", 2) => waits == 1 && reads(false, 95) && !broke(run, "SEES-WHOLE") && is_sound(run),
        ("reader", _) => reads(false, 115) && broke(run, "SEES-WHOLE") && is_sound(run),
        ("deadlock", 0) => {
            let one_of_two = aborts(true) == 1 && commits == 1;
            broke(run, "NO-DEADLOCK") && waits == 2 && one_of_two && is_sound(run)
        }
        ("deadlock", 1) => !broke(run, "NO-DEADLOCK") && waits == 1 && commits == 2 && is_sound(run),
        ("deadlock", _) => waits == 0 && aborts(false) == 1 && commits == 1 && is_sound(run),
        ("load", 0) => (85..95).contains(&committed(run, 0, 10 * SECOND)) && is_sound(run),
        ("load", 1) => {
            let in_doubt = in_doubt(run).contains(&SOUTH) && is_up(run, SOUTH) && is_up(run, COORDINATOR);
            in_doubt && committed(run, 0, 10 * SECOND) < 30 && is_sound(run)
        }
        ("load", _) => {
            let (slow, fast) = (committed(run, SECOND, 5 * SECOND), committed(run, 7 * SECOND, 10 * SECOND));
            let told = seen(run, |n| matches!(n, Note::Presumed { to: SOUTH, .. })) == 1;
            told && slow < 3 * 4 && 8 * 3 <= fast && is_sound(run)
        }
        _ => false,
    }
}

/// T11: who reads between two banks.
fn reader(take: usize) -> Option<Script> {
    let options: &[(&str, &str)] = match take {
        2 => &[("on-lock", "wait"), ("vote-timeout", "3000")],
        3 => &[("read-only", "on"), ("vote-timeout", "3000")],
        _ => &[],
    };
    let mut p = hand("presumed-abort", options, &[])?;
    if take == 3 {
        // North and South have answered, and let go, before the transfer; East is asked after it.
        p.at(200 * MILLISECOND).does("request coordinator audit");
        let late = p.message(|_, to, msg| to == EAST && matches!(msg, Msg::Prepare { .. }));
        p.does(&format!("delay {late} 1000"));
        p.until_all(2, |at, n| at != EAST && matches!(n, Note::VotedRead(_)));
        p.does("request coordinator transfer north east 20 fee south 1");
        p.until(|n| matches!(n, Note::Read { .. }));
        return done(&mut p, 500 * MILLISECOND);
    }
    starts(&mut p).until(|n| matches!(n, Note::DecidedCommit(_)));
    let order = p.message(|_, to, msg| to == EAST && matches!(msg, Msg::Decide { .. }));
    p.does(&format!("delay {order} 600"));
    p.until_all(2, |at, n| at != EAST && matches!(n, Note::Acked { .. }));
    p.does(if take == 0 { "request coordinator glance" } else { "request coordinator audit" });
    done(&mut p, 1_200 * MILLISECOND)
}

/// T13: two transfers that take two accounts in opposite order.
fn deadlock(take: usize) -> Option<Script> {
    let on_lock = ["wait", "wait-in-order", "refuse"].get(take)?;
    let mut p = hand("presumed-abort", &[("on-lock", on_lock), ("vote-timeout", "1000")], &[])?;
    p.at(200 * MILLISECOND).does("request coordinator transfer north east 20");
    if take == 1 {
        // East is asked when North has said yes.
        p.until(|n| matches!(n, Note::HeardVote { .. }));
    }
    let late = p.message(|_, to, msg| to == EAST && matches!(msg, Msg::Prepare { .. }));
    p.does(&format!("delay {late} 300"));
    p.at(400 * MILLISECOND).does("request coordinator transfer east north 5");
    p.at(2_500 * MILLISECOND);
    done(&mut p, 0)
}

/// Three transfers at a time, and one bank that is in doubt: for ever, or until its link is whole again.
fn load(take: usize) -> Option<Script> {
    let options = [("participants", "5"), ("load", "3"), ("on-lock", "wait")];
    let mut p = hand("presumed-abort", &options, &[])?;
    if take > 0 {
        p.until_all(1, |at, n| at == SOUTH && matches!(n, Note::VotedYes(_))).does("cut coordinator south");
    }
    if take == 2 {
        p.at(5 * SECOND).does("heal");
    }
    p.at(10 * SECOND);
    done(&mut p, 0)
}

/// How many transfers commit from one moment to another.
fn committed(run: &Ended, from: Time, to: Time) -> usize {
    let mut count = 0;
    run.timeline.read(0, |_, entry| {
        let is = |d: &Done<Commit>| matches!(d.effect, Effect::Note(Note::DecidedCommit(_)));
        let within = (from..to).contains(&entry.happening.time);
        count += entry.happening.done.iter().filter(|d| within && is(d)).count();
        true
    });
    count
}
