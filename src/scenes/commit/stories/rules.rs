//! Somebody does not keep to the rules: an operator, or whoever wrote the program.

use super::super::openings::starts;
use super::{
    AFTER, BEFORE, EAST, Ended, SOUTH, all, balances, broke, done, ends, hand, is_sound, locked, seen, seen_at, stands,
};
use crate::core::commit::{Alone, Cause, Decision, Msg, Note};
use crate::scenes::scene::Standing;
use crate::scenes::staging::Script;
use crate::sim::time::{MILLISECOND, SECOND};

pub fn script(name: &str, take: usize) -> Option<Script> {
    match name {
        "heuristic" => heuristic(take),
        "majority" => majority(take),
        "pub-sub" => pub_sub(take),
        "one-by-one" => one_by_one(take),
        _ => None,
    }
}

pub fn holds(name: &str, take: usize, run: &Ended) -> bool {
    let operator =
        seen_at(run, |at, n| at == EAST && matches!(n, Note::DecidedAlone { why: Alone::Operator, .. })) == 1;
    let contradicted = seen_at(run, |at, n| at == EAST && matches!(n, Note::Contradicted { .. }));
    let commits = seen(run, |n| matches!(n, Note::DecidedCommit(_)));
    let refused = |n: &Note| matches!(n, Note::DecidedAbort { cause: Cause::VotedNo(_), .. });
    match (name, take) {
        ("heuristic", 0) => operator && contradicted == 1 && broke(run, "AC1-AGREE") && broke(run, "MONEY"),
        ("heuristic", _) => operator && contradicted == 0 && all(run, Decision::Commit) && is_sound(run),
        ("majority", 0) => {
            let split = ends(run) == [Some(Decision::Commit), Some(Decision::Commit), Some(Decision::Abort)];
            split && balances(run) == [39, 55, 0] && broke(run, "AC3-VALID-COMMIT") && broke(run, "MONEY")
        }
        ("majority", _) => seen(run, refused) == 1 && balances(run) == BEFORE && is_sound(run),
        ("pub-sub", 0) => {
            let nothing = seen_at(run, |at, n| at == SOUTH && matches!(n, Note::NothingPrepared(_))) == 1;
            nothing && commits == 1 && balances(run) == [39, 55, 0] && broke(run, "AC3-VALID-COMMIT")
        }
        ("pub-sub", 1) => {
            let stuck = locked(run) == 1 && stands(run, "AC5-TERMINATE", Standing::Never);
            stuck && balances(run) == [39, 35, 1] && broke(run, "MONEY")
        }
        ("pub-sub", _) => all(run, Decision::Commit) && balances(run) == AFTER && is_sound(run),
        ("one-by-one", 0) => balances(run) == [39, 35, 0] && broke(run, "MONEY") && seen(run, refused) == 1,
        ("one-by-one", 1) => {
            let silent = commits == 0 && seen(run, |n| matches!(n, Note::DecidedAbort { .. })) == 0;
            silent && balances(run) == [39, 35, 0] && broke(run, "MONEY")
        }
        ("one-by-one", _) => seen(run, refused) == 1 && balances(run) == BEFORE && is_sound(run),
        _ => false,
    }
}

/// T7: the coordinator has decided and is away; an operator at East does not want to wait.
fn heuristic(take: usize) -> Option<Script> {
    let says = ["abort", "commit"].get(take)?;
    let mut p = hand("presumed-abort", &[], &[])?;
    starts(&mut p).until(|n| matches!(n, Note::ForcesCommit(_))).does("trip coordinator 0 killed");
    p.at(2 * SECOND).does(&format!("request east heuristic {says}"));
    p.at(3 * SECOND).does("restart coordinator").at(4 * SECOND);
    done(&mut p, 0)
}

/// Two of three vote YES before the NO of the third is heard.
fn majority(take: usize) -> Option<Script> {
    let mistakes: &[&str] = if take == 0 { &["majority"] } else { &[] };
    let mut p = hand("presumed-abort", &[], mistakes)?;
    p.at(100 * MILLISECOND).does("request south vote-no on");
    starts(&mut p).until_all(1, |at, n| at == SOUTH && matches!(n, Note::VotedNo { .. }));
    let no = p.message(|from, _, msg| from == SOUTH && matches!(msg, Msg::Vote { .. }));
    p.does(&format!("delay {no} 150")).at(1_500 * MILLISECOND);
    done(&mut p, 0)
}

/// PREPARE and COMMIT over a channel that keeps nothing: who received counts as who agreed, and what is lost is lost.
fn pub_sub(take: usize) -> Option<Script> {
    let mistakes: &[&str] = if take < 2 { &["pub-sub"] } else { &[] };
    let mut p = hand("presumed-abort", &[], mistakes)?;
    if take == 0 {
        p.at(100 * MILLISECOND).does("request south vote-no on");
    }
    starts(&mut p).until(|n| matches!(n, Note::DecidedCommit(_)));
    if take > 0 {
        let order = p.message(|_, to, msg| to == EAST && matches!(msg, Msg::Decide { .. }));
        p.does(&format!("drop {order}"));
    }
    p.at(4 * SECOND);
    done(&mut p, 0)
}

/// "Lock, set, release", one account after the other: East refuses, or the program dies, when North has paid already.
fn one_by_one(take: usize) -> Option<Script> {
    let mistakes: &[&str] = if take < 2 { &["one-by-one"] } else { &[] };
    let mut p = hand("presumed-abort", &[], mistakes)?;
    if take != 1 {
        p.at(100 * MILLISECOND).does("request east vote-no on");
    }
    starts(&mut p);
    if take == 1 {
        p.until(|n| matches!(n, Note::DecidedAlone { .. })).does("crash coordinator killed");
        p.at(1_500 * MILLISECOND).does("restart coordinator");
    }
    p.at(2_500 * MILLISECOND);
    done(&mut p, 0)
}
