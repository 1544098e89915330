//! The eleven mistakes of `twopc_mutants.json`: its runs, played here event by event, are shortest runs here too.
//!
//! Its steps are coarser: a force and what is sent after it are one event, and so are a request and PREPARE to all. Here
//! PREPARE arrives (`P1 gets PREPARE`) and the force ends (`P1 forced`) in two; the force of the commit record starts with the
//! last vote and ends in `C forced`. That is the difference of all lengths but those that a test explains.

use super::moves::{NONE, ONE_CRASH, breaks, play, shortest, told};
use faultline::check::model::Budgets;
use faultline::core::commit::{Commit, Mistake, Variant};
use faultline::core::protocol::World::{self, Anything, Sync};

const PREPARE: (&str, &[&str]) = ("C sends PREPARE", &["C starts"]);
const VOTE_1: (&str, &[&str]) = ("P1 forces prepared, sends YES", &["P1 gets PREPARE", "P1 forced"]);
const VOTE_2: (&str, &[&str]) = ("P2 forces prepared, sends YES", &["P2 gets PREPARE", "P2 forced"]);
const HEARD_1: (&str, &[&str]) = ("C gets YES from P1", &["C gets YES from P1"]);
const HEARD_2: (&str, &[&str]) = ("C gets YES from P2", &["C gets YES from P2"]);
const COMMIT: (&str, &[&str]) = ("C decides COMMIT, forces commit, sends COMMIT", &["C forced"]);
/// It forgets in the step in which it decides.
const FORGETS: (&str, &[&str]) = ("C writes END and forgets", &[]);
const INQUIRES: (&str, &[&str]) = ("P1 inquires", &["P1 times out in doubt"]);
const PRESUMES_ABORT: (&str, &[&str]) = ("C answers inquiry of P1: ABORT (presumption)", &["C gets the inquiry of P1"]);
const PRESUMES_COMMIT: (&str, &[&str]) =
    ("C answers inquiry of P1: COMMIT (presumption)", &["C gets the inquiry of P1"]);
const GETS_ABORT: (&str, &[&str]) = ("P1 gets ABORT", &["P1 gets ABORT from C"]);
const GETS_COMMIT: (&str, &[&str]) = ("P1 gets COMMIT", &["P1 gets COMMIT from C"]);

pub struct Case {
    pub p: Commit,
    /// Its name in the vectors.
    pub name: &'static str,
    pub world: World,
    pub budgets: Budgets,
    pub property: &'static str,
}

fn case(
    name: &'static str,
    variant: Variant,
    mistake: Mistake,
    bounds: (World, Budgets),
    property: &'static str,
) -> Case {
    let p = Commit::standard(2, 1, Some(mistake)).of(variant);
    Case { p, name, world: bounds.0, budgets: bounds.1, property }
}

/// Each event of the vector and the events that it is here. The run breaks the property at its last event but `early`, no
/// sooner; the shortest run here has `length` events.
pub fn same(case: &Case, events: &[(&str, &[&str])], early: usize, length: usize) {
    let vectors: serde_json::Value = serde_json::from_str(include_str!("../vectors/twopc_mutants.json")).unwrap();
    let theirs = vectors["results"][case.name]["violation"].as_array().unwrap();
    let theirs: Vec<&str> = theirs.iter().map(|event| event.as_str().unwrap()).collect();
    assert_eq!(events.iter().map(|(event, _)| *event).collect::<Vec<_>>(), theirs, "{}", case.name);

    let words: Vec<&str> = events.iter().flat_map(|(_, here)| here.iter().copied()).collect();
    let path = told(&case.p, case.world, case.budgets, &words);
    assert_eq!(play(&case.p, &path).2, words);
    for n in 0..=path.len() {
        let broken = n + early >= path.len();
        assert_eq!(breaks(&case.p, &path[..n], case.property), broken, "{} after {n} events", case.name);
    }
    let found = shortest(&case.p, case.world, case.budgets, case.property);
    assert_eq!(found.len(), length, "{}: {:?}", case.name, play(&case.p, &found).2);
}

/// The broken vote has no force that ends: eight events in both.
#[test]
fn a_vote_that_is_not_forced() {
    let case = case(
        "PrN mutant vote_unforced",
        Variant::PresumedNothing,
        Mistake::VoteNotForced,
        (Sync, ONE_CRASH),
        "AC1-AGREE",
    );
    let events: [(&str, &[&str]); 8] = [
        PREPARE,
        ("P1 sends YES without forcing prepared", &["P1 gets PREPARE"]),
        HEARD_1,
        ("P1 crashes", &["P1 crashes (PowerLost)"]),
        ("P1 recovers, log '': aborts", &["P1 recovers"]),
        ("P2 sends YES without forcing prepared", &["P2 gets PREPARE"]),
        HEARD_2,
        COMMIT,
    ];
    same(&case, &events, 0, 8);
}

/// Two votes have a force more each; the decision has none and falls into the event in which the last vote arrives. The
/// search saves one event more: a crash inside that step costs none.
#[test]
fn a_commit_that_is_not_forced() {
    let case = case(
        "PrN mutant commit_unforced",
        Variant::PresumedNothing,
        Mistake::CommitNotForced,
        (Anything, ONE_CRASH),
        "AC1-AGREE",
    );
    let events: [(&str, &[&str]); 11] = [
        PREPARE,
        VOTE_1,
        HEARD_1,
        INQUIRES,
        VOTE_2,
        HEARD_2,
        ("C decides COMMIT, does not force it, sends COMMIT", &[]),
        ("C crashes", &["C crashes (PowerLost)"]),
        ("C recovers from log [] -> forgot", &["C recovers"]),
        PRESUMES_ABORT,
        GETS_ABORT,
    ];
    same(&case, &events, 0, 11);
}

#[test]
fn who_is_in_doubt_aborts() {
    let case =
        case("PrN mutant timeout_abort", Variant::PresumedNothing, Mistake::DoubtAborts, (Anything, NONE), "AC1-AGREE");
    let aborts: (&str, &[&str]) = ("P1 prepared, times out, aborts", &["P1 times out in doubt"]);
    same(&case, &[PREPARE, VOTE_1, HEARD_1, aborts, VOTE_2, HEARD_2, COMMIT], 0, 9);
}

#[test]
fn who_is_in_doubt_commits() {
    let case = case(
        "PrN mutant timeout_commit",
        Variant::PresumedNothing,
        Mistake::DoubtCommits,
        (Anything, NONE),
        "AC3-VALID-COMMIT",
    );
    let commits: (&str, &[&str]) = ("P1 prepared, times out, commits", &["P1 times out in doubt"]);
    same(&case, &[PREPARE, VOTE_1, commits], 0, 4);
}

/// Theirs ends when a participant commits, which takes the decision one event further; here the decision itself is broken.
#[test]
fn the_first_vote_decides() {
    let case =
        case("PrN mutant first_vote", Variant::PresumedNothing, Mistake::FirstVote, (Sync, NONE), "AC3-VALID-COMMIT");
    same(&case, &[PREPARE, VOTE_1, HEARD_1, COMMIT, GETS_COMMIT], 1, 5);
}

/// That a participant votes NO is an event of its own here, and it forces its NO.
#[test]
fn nobody_counts_votes() {
    let case = case("PrN mutant no_votes", Variant::PresumedNothing, Mistake::NoVotes, (Sync, NONE), "AC1-AGREE");
    let refuses: (&str, &[&str]) = ("P1 votes NO, aborts", &["P1 will vote NO", "P1 gets PREPARE", "P1 forced"]);
    same(&case, &[PREPARE, COMMIT, refuses], 0, 5);
}

#[test]
fn recovery_aborts_what_was_prepared() {
    let case = case(
        "PrN mutant recover_abort",
        Variant::PresumedNothing,
        Mistake::RecoveryAborts,
        (Sync, ONE_CRASH),
        "AC1-AGREE",
    );
    let events: [(&str, &[&str]); 8] = [
        PREPARE,
        VOTE_1,
        HEARD_1,
        ("P1 crashes", &["P1 crashes (Killed)"]),
        ("P1 recovers, log 'prepared': aborts", &["P1 recovers"]),
        VOTE_2,
        HEARD_2,
        COMMIT,
    ];
    same(&case, &events, 0, 10);
}

/// Two forces more, and forgetting is no event of its own.
#[test]
fn a_commit_is_forgotten_early() {
    let events = [PREPARE, VOTE_1, HEARD_1, INQUIRES, VOTE_2, HEARD_2, COMMIT, FORGETS, PRESUMES_ABORT, GETS_ABORT];
    for (name, variant) in
        [("PrA mutant forget_early", Variant::PresumedAbort), ("PrN mutant forget_early", Variant::PresumedNothing)]
    {
        let case = case(name, variant, Mistake::ForgetsEarly, (Anything, NONE), "AC1-AGREE");
        same(&case, &events, 0, 11);
    }
}

/// One force more. Theirs ends when P1 believes what it is told; here it is broken when that is said, as nobody had decided
/// anything before. And the search saves an event: a crash inside the coordinator's first step costs none.
#[test]
fn who_takes_part_is_not_recorded() {
    let case = case(
        "PrC mutant no_collecting",
        Variant::PresumedCommit,
        Mistake::NoCollecting,
        (Anything, ONE_CRASH),
        "AC3-VALID-COMMIT",
    );
    let events: [(&str, &[&str]); 7] = [
        PREPARE,
        ("C crashes", &["C crashes (Killed)"]),
        ("C recovers from log [] -> forgot", &["C recovers"]),
        VOTE_1,
        INQUIRES,
        PRESUMES_COMMIT,
        GETS_COMMIT,
    ];
    same(&case, &events, 1, 6);
}

/// Two forces more, the collecting record's and the vote's, and forgetting is no event.
#[test]
fn an_abort_is_forgotten_early() {
    let case = case(
        "PrC mutant forget_early",
        Variant::PresumedCommit,
        Mistake::ForgetsEarly,
        (Anything, NONE),
        "AC3-VALID-COMMIT",
    );
    let events: [(&str, &[&str]); 7] = [
        ("C sends PREPARE (collecting forced)", &["C starts", "C forced"]),
        ("C aborts (NO or timeout), sends ABORT", &["C times out"]),
        FORGETS,
        VOTE_1,
        INQUIRES,
        PRESUMES_COMMIT,
        GETS_COMMIT,
    ];
    same(&case, &events, 0, 8);
}
