//! Each mistake's shortest run in each variant, and the waiting that is no mistake. `vectors.rs` holds the runs against what
//! was published.

use super::TWO_PHASE;
use super::moves::{NONE, ONE_CRASH, Steps, play, shortest};
use faultline::check::model::{Budgets, Move};
use faultline::core::cluster::{Action, Outage, Trip};
use faultline::core::commit::properties::in_doubt;
use faultline::core::commit::{Commit, Decision, Mistake, Request, Variant};
use faultline::core::protocol::NodeId;
use faultline::core::protocol::World::{self, Anything, Sync};

/// A mistake, what it breaks, within which bounds, and how long the run is with presumed nothing, abort and commit. Presumed
/// commit has one force more before PREPARE; its abort may be forgotten where the others' commit may not.
const LENGTHS: [(Mistake, &str, World, Budgets, [usize; 3]); 9] = [
    (Mistake::VoteNotForced, "AC1-AGREE", Sync, ONE_CRASH, [8, 8, 9]),
    (Mistake::CommitNotForced, "AC1-AGREE", Sync, ONE_CRASH, [12, 12, 10]),
    (Mistake::DoubtAborts, "AC1-AGREE", Anything, NONE, [9, 9, 10]),
    (Mistake::DoubtCommits, "AC3-VALID-COMMIT", Anything, NONE, [4, 4, 5]),
    (Mistake::FirstVote, "AC3-VALID-COMMIT", Sync, NONE, [5, 5, 6]),
    // A NO of presumed abort is not forced.
    (Mistake::NoVotes, "AC1-AGREE", Sync, NONE, [5, 4, 6]),
    (Mistake::Majority, "AC3-VALID-COMMIT", Sync, NONE, [8, 8, 9]),
    (Mistake::RecoveryAborts, "AC1-AGREE", Sync, ONE_CRASH, [10, 10, 11]),
    (Mistake::ForgetsEarly, "AC1-AGREE", Anything, NONE, [11, 11, 8]),
];

#[test]
fn every_mistake_is_found_in_every_variant() {
    for (mistake, property, world, budgets, lengths) in LENGTHS {
        // Of two votes both are more than half.
        let participants = if mistake == Mistake::Majority { 3 } else { 2 };
        for (variant, length) in TWO_PHASE.into_iter().zip(lengths) {
            let p = Commit::standard(participants, 1, Some(mistake)).of(variant);
            let path = shortest(&p, world, budgets, property);
            assert_eq!(path.len(), length, "{mistake:?} {variant:?}: {:?}", play(&p, &path).2);
        }
    }
}

/// What only one variant can get wrong, and what has no log at all.
#[test]
fn mistakes_of_one_variant() {
    let found = |mistake, variant, world, budgets, property| {
        let p = Commit::standard(2, 1, Some(mistake)).of(variant);
        let path = shortest(&p, world, budgets, property);
        play(&p, &path).2
    };
    // The crash falls inside the broadcast of PREPARE; then the coordinator knows of nothing, and presumes.
    let words = found(Mistake::NoCollecting, Variant::PresumedCommit, Sync, ONE_CRASH, "AC3-VALID-COMMIT");
    let expected = [
        "C starts, cut off",
        "P1 gets PREPARE",
        "P1 forced",
        "C gets YES from P1",
        "time passes",
        "P1 times out in doubt",
        "C recovers",
        "C gets the inquiry of P1",
    ];
    assert_eq!(words, expected);
    // Two receipts are no votes.
    let words = found(Mistake::PubSub, Variant::PresumedAbort, Sync, NONE, "AC3-VALID-COMMIT");
    let expected =
        ["C starts", "P1 gets PREPARE", "P2 gets PREPARE", "C gets a receipt from P1", "C gets a receipt from P2"];
    assert_eq!(words, expected);
    // One account is changed; the next one refuses.
    let words = found(Mistake::OneByOne, Variant::PresumedAbort, Sync, NONE, "AC1-AGREE");
    let expected = ["C starts", "P1 gets PREPARE", "C gets YES from P1", "P2 will vote NO", "P2 gets PREPARE"];
    assert_eq!(words, expected);
}

/// Every other world finds it as soon; the earliest sign of it is the message that leaves before the force.
#[test]
fn what_else_a_vote_that_is_not_forced_breaks() {
    let p = Commit::standard(2, 1, Some(Mistake::VoteNotForced));
    let length = |world, property| shortest(&p, world, ONE_CRASH, property).len();
    for world in World::ALL {
        assert_eq!(length(world, "AC1-AGREE"), 8);
    }
    // PREPARE goes out; P1 votes.
    assert_eq!(length(Sync, "FORCE-BEFORE-SEND"), 2);
    // All but the restart: a change that is lost on one side is money made or lost at once.
    assert_eq!(length(Sync, "MONEY"), 7);
    // A process that is only killed keeps what it wrote: it takes a power cut to lose the vote.
    let path = shortest(&p, Sync, ONE_CRASH, "AC1-AGREE");
    assert!(path.iter().any(|m| matches!(m.action, Action::Crash(_, Outage::PowerLost))));
}

/// `twopc_mutants.json`, "blocking window": C sends PREPARE, C crashes, P1 prepares, P2 prepares; to ask the others does not
/// make it later. Theirs ends when *all* wait and has force and vote in one. The search stops at the first who waits, and
/// crashes inside the broadcast: three events, where the other participant has no PREPARE and is not asked; if he is, he
/// has not voted and helps, so both have to be in doubt.
#[test]
fn somebody_waits_after_three_events() {
    for variant in [Variant::PresumedNothing, Variant::PresumedAbort] {
        let p = Commit::standard(2, 1, None).of(variant);
        let path = shortest(&p, Sync, ONE_CRASH, "NON-BLOCKING");
        assert_eq!(path.len(), 3);
        assert_eq!(path[0].trip, Some(Trip { after: 1, outage: Outage::Killed }));
        assert!(matches!(path[1].action, Action::Deliver(0)));
        assert_eq!(path[2].action, Action::Forced(NodeId(1)));
    }
    // The collecting record's force comes before.
    let p = Commit::standard(2, 1, None).of(Variant::PresumedCommit);
    assert_eq!(shortest(&p, Sync, ONE_CRASH, "NON-BLOCKING").len(), 4);
    for (variant, length) in TWO_PHASE.into_iter().zip([6, 6, 7]) {
        let p = Commit { cooperative: true, ..Commit::standard(2, 1, None).of(variant) };
        let path = shortest(&p, Sync, ONE_CRASH, "NON-BLOCKING");
        assert_eq!(path.len(), length, "{:?}", play(&p, &path).2);
    }
}

/// The published four events, and what follows: however long they inquire, of whomever, both stay in doubt; once the
/// coordinator is back its empty log says ABORT.
#[test]
fn all_wait_until_the_coordinator_is_back() {
    for variant in TWO_PHASE {
        for cooperative in [false, true] {
            all_wait(&Commit { cooperative, ..Commit::standard(2, 1, None).of(variant) });
        }
    }
}

fn all_wait(p: &Commit) {
    let act = |action| Move { action, trip: None, picks: Vec::new() };
    let mut path = vec![act(Action::Request(NodeId(0), Request::Start(p.everybody())))];
    if p.variant == Variant::PresumedCommit {
        path.push(act(Action::Forced(NodeId(0))));
    }
    path.extend([
        act(Action::Crash(NodeId(0), Outage::Killed)),
        act(Action::Deliver(0)),
        act(Action::Forced(NodeId(1))),
        act(Action::Deliver(1)),
        act(Action::Forced(NodeId(2))),
    ]);
    let everything = |path: &mut Steps| {
        let (cluster, _, _) = play(p, path);
        path.extend(cluster.flights.iter().map(|f| act(Action::Deliver(f.id))));
        let forced = cluster.ids().filter(|id| cluster.runs(*id) && !cluster.node(*id).forcing.is_empty());
        path.extend(forced.map(|id| act(Action::Forced(id))));
    };
    for _ in 0..10 {
        let (cluster, _, _) = play(p, &path);
        assert_eq!(in_doubt(&cluster).map(|(node, _)| node).collect::<Vec<_>>(), [NodeId(1), NodeId(2)]);
        path.extend(cluster.timers.iter().map(|t| act(Action::Fire(t.node, t.timer.clone()))));
        everything(&mut path);
    }
    path.push(act(Action::Restart(NodeId(0))));
    let (cluster, _, _) = play(p, &path);
    let inquiries = cluster.timers.iter().filter(|t| t.node != NodeId(0));
    path.extend(inquiries.map(|t| act(Action::Fire(t.node, t.timer.clone()))));
    for _ in 0..6 {
        everything(&mut path);
    }
    let (cluster, ghost, _) = play(p, &path);
    assert_eq!(in_doubt(&cluster).count(), 0);
    assert!(ghost.transactions[0].parts.iter().all(|part| part.decided == Some(Decision::Abort)));
}
