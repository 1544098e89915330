//! A node goes down, and with it what it had not written, or not forced.

use super::super::openings::starts;
use super::{
    AFTER, BEFORE, COORDINATOR, EAST, Ended, NORTH, SOUTH, all, balances, broke, done, ends, hand, in_doubt, is_sound,
    is_up, locked, seen, seen_at, stands,
};
use crate::core::commit::{Alone, Cause, Decision, Note, Standing};
use crate::scenes::scene;
use crate::scenes::staging::Script;
use crate::sim::time::{MILLISECOND, SECOND};

pub fn script(name: &str, take: usize) -> Option<Script> {
    match name {
        "block" => block(take),
        "untold" => untold(take),
        "prepared" => prepared(take),
        "disk" => disk(take),
        "collecting" => collecting(take),
        "outage" => outage(take),
        "end-lost" => end_lost(take),
        _ => None,
    }
}

pub fn holds(name: &str, take: usize, run: &Ended) -> bool {
    let blocked = || !is_up(run, COORDINATOR) && stands(run, "NON-BLOCKING", scene::Standing::Broken);
    let waiting = || in_doubt(run) == [NORTH, EAST, SOUTH] && locked(run) == 3 && blocked();
    let recovered = |doubt: bool| {
        seen(run, |n| matches!(n, Note::RecoveredParticipant { in_doubt, .. } if in_doubt.is_empty() != doubt)) == 1
    };
    let goes_on_telling = |some: bool| {
        seen(run, |n| matches!(n, Note::RecoveredCoordinator { telling, .. } if telling.is_empty() != some)) == 1
    };
    match (name, take) {
        ("block", 0) => waiting() && seen(run, |n| matches!(n, Note::Inquired { peers: 0, .. })) >= 9,
        ("block", 1) => waiting() && seen(run, |n| matches!(n, Note::Told { standing: Standing::Uncertain, .. })) >= 18,
        ("block", _) => {
            let alone = |at, n: &Note| at == SOUTH && matches!(n, Note::DecidedAlone { why: Alone::NotVoted, .. });
            !is_up(run, COORDINATOR) && all(run, Decision::Abort) && seen_at(run, alone) == 1 && is_sound(run)
        }
        ("untold", 0) => {
            is_up(run, COORDINATOR) && goes_on_telling(true) && all(run, Decision::Commit) && is_sound(run)
        }
        ("untold", 1) => {
            blocked() && in_doubt(run) == [EAST, SOUTH] && ends(run) == [Some(Decision::Commit), None, None]
        }
        ("untold", _) => {
            let told = |at, n: &Note| at == NORTH && matches!(n, Note::ToldDecision { .. });
            !is_up(run, COORDINATOR) && all(run, Decision::Commit) && seen_at(run, told) >= 2 && is_sound(run)
        }
        ("prepared", 0) => recovered(true) && all(run, Decision::Commit) && balances(run) == AFTER && is_sound(run),
        ("prepared", 1) => recovered(true) && waiting(),
        ("prepared", _) => {
            let late = |n: &Note| matches!(n, Note::DecidedAbort { cause: Cause::TimedOut, .. });
            recovered(false) && seen(run, late) == 1 && locked(run) == 0 && balances(run) == BEFORE && is_sound(run)
        }
        ("disk", 0) => {
            let split = ends(run) == [Some(Decision::Commit), Some(Decision::Abort), Some(Decision::Abort)];
            split && broke(run, "AC1-AGREE") && seen(run, |n| matches!(n, Note::Presumed { .. })) >= 2
        }
        ("disk", _) => goes_on_telling(true) && all(run, Decision::Commit) && is_sound(run),
        ("collecting", 0) => goes_on_telling(true) && all(run, Decision::Abort) && is_sound(run),
        ("collecting", _) => {
            let split = ends(run) == [Some(Decision::Commit), Some(Decision::Commit), Some(Decision::Abort)];
            split && goes_on_telling(false) && broke(run, "AC3-VALID-COMMIT") && broke(run, "AC1-AGREE")
        }
        ("outage", 0 | 2) => {
            // Of what is said too early only the first can be accused: the record was there all the same.
            let early = broke(run, "FORCE-BEFORE-SEND") == (take == 0);
            recovered(true) && early && balances(run) == AFTER && is_sound(run)
        }
        ("outage", _) => recovered(false) && balances(run) == [60, 55, 1] && broke(run, "MONEY"),
        ("end-lost", 0) => goes_on_telling(false) && seen(run, |n| matches!(n, Note::AckedAgain(_))) == 0,
        ("end-lost", _) => {
            let again = seen(run, |n| matches!(n, Note::AckedAgain(_)));
            goes_on_telling(true) && again == 3 && balances(run) == AFTER && is_sound(run)
        }
        _ => false,
    }
}

/// T1: the coordinator dies after PREPARE. Whoever has voted YES waits; asking the others helps only if one has not.
fn block(take: usize) -> Option<Script> {
    let asks = ["off", "on", "on"].get(take)?;
    let mut p = hand("presumed-abort", &[("cooperative", asks)], &[])?;
    if take == 2 {
        // It dies in the middle of its broadcast: South never hears of the transfer.
        p.at(200 * MILLISECOND).does("trip coordinator 2 killed");
        starts(&mut p);
    } else {
        starts(&mut p).after(10 * MILLISECOND).does("crash coordinator killed");
    }
    p.at(6 * SECOND);
    done(&mut p, 0)
}

/// T2: the commit record is on the platters, and nobody, or only North, has heard of it.
fn untold(take: usize) -> Option<Script> {
    let asks = ["off", "off", "on"].get(take)?;
    let told = u8::from(take > 0);
    let mut p = hand("presumed-abort", &[("cooperative", asks)], &[])?;
    starts(&mut p).until(|n| matches!(n, Note::ForcesCommit(_))).does(&format!("trip coordinator {told} killed"));
    p.at(2 * SECOND);
    if take == 0 {
        p.does("restart coordinator");
    }
    p.at(4 * SECOND);
    done(&mut p, 0)
}

/// T3: a bank dies between its YES and the decision, or just before its YES.
fn prepared(take: usize) -> Option<Script> {
    let mut p = hand("presumed-abort", &[], &[])?;
    starts(&mut p);
    if take == 2 {
        p.until_all(1, |at, n| at == EAST && matches!(n, Note::Prepares(_)));
        p.after(MILLISECOND).does("crash east power picks 0");
    } else {
        p.until_all(1, |at, n| at == EAST && matches!(n, Note::VotedYes(_))).does("crash east power");
    }
    if take == 1 {
        p.does("crash coordinator killed");
    }
    p.at(1_500 * MILLISECOND).does("restart east");
    p.at(4 * SECOND);
    done(&mut p, 0)
}

/// T10: the coordinator has told North, and its disk is gone; or only its power was.
fn disk(take: usize) -> Option<Script> {
    let outage = ["disk", "power"].get(take)?;
    let mut p = hand("presumed-abort", &[], &[])?;
    starts(&mut p).until(|n| matches!(n, Note::ForcesCommit(_))).does(&format!("trip coordinator 1 {outage}"));
    p.at(2 * SECOND).does("restart coordinator").at(4 * SECOND);
    done(&mut p, 0)
}

/// Presumed commit: without the record of who takes part, an empty log means COMMIT to whoever asks.
fn collecting(take: usize) -> Option<Script> {
    let mistakes = [&[][..], &["no-collecting"]];
    let mut p = hand("presumed-commit", &[], mistakes.get(take)?)?;
    p.at(100 * MILLISECOND).does("request south vote-no on");
    starts(&mut p);
    if take == 0 {
        p.until(|n| matches!(n, Note::Started { .. }));
    }
    p.after(10 * MILLISECOND).does("crash coordinator killed");
    p.at(2 * SECOND).does("restart coordinator").at(4 * SECOND);
    done(&mut p, 0)
}

/// The same moment, a process that is killed and a power cut: they differ in what was written and not forced.
fn outage(take: usize) -> Option<Script> {
    let mistakes: &[&str] = if take < 2 { &["vote-not-forced"] } else { &[] };
    let how = ["killed", "power picks 0", "power"].get(take)?;
    let mut p = hand("presumed-abort", &[], mistakes)?;
    starts(&mut p).until_all(1, |at, n| at == NORTH && matches!(n, Note::VotedYes(_)));
    p.after(MILLISECOND).does(&format!("crash north {how}"));
    p.at(1_500 * MILLISECOND).does("restart north").at(3 * SECOND);
    done(&mut p, 0)
}

/// The end record is not forced: losing it costs three messages and three answers.
fn end_lost(take: usize) -> Option<Script> {
    let how = ["killed", "power picks 0"].get(take)?;
    let mut p = hand("presumed-abort", &[], &[])?;
    starts(&mut p).until(|n| matches!(n, Note::Forgot(_)));
    p.after(MILLISECOND).does(&format!("crash coordinator {how}"));
    p.after(500 * MILLISECOND).does("restart coordinator");
    done(&mut p, SECOND)
}
