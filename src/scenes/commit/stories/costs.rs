//! What a transaction costs in messages, records and forced writes. The numbers stand here as such, not as the formulas
//! that are shown beside the run; all are published but those of presumed commit's abort, which follow from its recovery.

use super::super::openings::starts;
use super::{Ended, SOUTH, all, done, hand, is_sound, seen, seen_at};
use crate::core::commit::{Decision, Msg, Note};
use crate::scenes::staging::Script;
use crate::sim::time::{MILLISECOND, SECOND};

pub fn script(name: &str, take: usize) -> Option<Script> {
    match name {
        "read-only" => read_only(take),
        "abort-cost" => abort_cost(take),
        "commit-cost" => commit_cost(take),
        _ => None,
    }
}

pub fn holds(name: &str, take: usize, run: &Ended) -> bool {
    let spent = &run.timeline.at.chronicle.past.spent;
    let costs = (spent.messages, spent.records, spent.forced);
    let log_of = |node| run.timeline.at.sim.cluster.node(node).log.len();
    let drops_out = seen_at(run, |at, n| at == SOUTH && matches!(n, Note::VotedRead(_)));
    let no = seen(run, |n| matches!(n, Note::VotedNo { .. })) == 1;
    let collects = seen(run, |n| matches!(n, Note::Collects(_))) == 1;
    let right = match (name, take) {
        ("read-only", 0) => drops_out == 0 && costs == (12, 8, 7) && log_of(SOUTH) == 2,
        ("read-only", 1) => drops_out == 1 && costs == (10, 6, 5) && log_of(SOUTH) == 0,
        ("read-only", _) => costs == (6, 0, 0) && seen(run, |n| matches!(n, Note::AllRead(_))) == 1,
        ("abort-cost", 0) => no && costs == (10, 7, 6) && !collects,
        ("abort-cost", 1) => no && costs == (8, 5, 2),
        ("abort-cost", _) => no && costs == (10, 7, 6) && collects,
        ("commit-cost", 0) => costs == (12, 8, 7) && all(run, Decision::Commit),
        ("commit-cost", 1) => costs == (9, 8, 5) && all(run, Decision::Commit),
        ("commit-cost", _) => costs == (18, 12, 11) && all(run, Decision::Commit),
        _ => false,
    };
    right && spent.extra == 0 && is_sound(run)
}

/// T9: South's account does not change; then nobody's does.
fn read_only(take: usize) -> Option<Script> {
    let drops = ["off", "on", "on"].get(take)?;
    let mut p = hand("presumed-abort", &[("read-only", drops)], &[])?;
    let asked = if take == 2 { "audit" } else { "transfer north east 20 fee south 0" };
    p.at(200 * MILLISECOND).does(&format!("request coordinator {asked}"));
    p.at(SECOND);
    done(&mut p, 0)
}

fn abort_cost(take: usize) -> Option<Script> {
    let recipe = ["presumed-nothing", "presumed-abort", "presumed-commit"].get(take)?;
    let mut p = hand(recipe, &[], &[])?;
    p.at(100 * MILLISECOND).does("request south vote-no on");
    starts(&mut p);
    // South's NO comes last: the tables count the votes of all.
    p.until_all(1, |at, n| at == SOUTH && matches!(n, Note::VotedNo { .. }));
    let no = p.message(|from, _, msg| from == SOUTH && matches!(msg, Msg::Vote { .. }));
    p.does(&format!("delay {no} 150")).at(SECOND);
    done(&mut p, 0)
}

fn commit_cost(take: usize) -> Option<Script> {
    let recipe = ["presumed-abort", "presumed-commit", "three-phase"].get(take)?;
    let mut p = hand(recipe, &[], &[])?;
    starts(&mut p).at(SECOND);
    done(&mut p, 0)
}
