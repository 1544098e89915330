//! Waiting for locks, and a client that asks again.

use super::exhaustive::{COPY, DROP, NONE, crashes, hold};
use super::moves::{play, shortest};
use super::{TERMINATION, TWO_PHASE, broken, in_time};
use faultline::core::cluster::{Action, Outage};
use faultline::core::commit::{Commit, Decision, Mistake, OnLock, Request};
use faultline::core::protocol::NodeId;
use faultline::core::protocol::World::Sync;
use faultline::sim::faults::Background;
use faultline::sim::simulation::{Input, Placed, Simulation};
use faultline::sim::time::{MILLISECOND, SECOND};
use std::sync::Arc;

/// Two transfers in opposite order, each with the account that the other one waits for. A timer ends it: the promises hold.
#[test]
fn two_transfers_can_wait_for_each_other() {
    let p = Commit { on_lock: OnLock::Wait, ..Commit::standard(2, 2, None) };
    let words = play(&p, &shortest(&p, Sync, NONE, "NO-DEADLOCK")).2;
    let expected = ["C starts", "P1 gets PREPARE", "C starts", "P1 gets PREPARE", "P2 gets PREPARE", "P2 gets PREPARE"];
    assert_eq!(words, expected);
    hold(&p, &[(Sync, NONE, 16_738, 35)]);
    hold(&Commit { cooperative: true, ..p.clone() }, &[(Sync, NONE, 13_579, 29)]);
    hold(&p.of(faultline::core::commit::Variant::PresumedCommit), &[(Sync, NONE, 79_128, 42)]);
}

/// Where all lock in the order of the accounts nobody waits in a circle: NO-DEADLOCK is promised, and holds.
#[test]
fn in_order_nobody_waits_in_a_circle() {
    for (participants, rows) in
        [(2, [(1_936, 28), (994, 28), (869, 23)]), (3, [(28_213, 40), (8_475, 40), (10_409, 35)])]
    {
        for (variant, (states, depth)) in TWO_PHASE.into_iter().zip(rows) {
            let p = Commit { on_lock: OnLock::WaitInOrder, ..Commit::standard(participants, 2, None).of(variant) };
            hold(&p, &[(Sync, NONE, states, depth)]);
        }
    }
}

fn with_a_client(mistake: Option<Mistake>) -> Commit {
    Commit { client: Some(Commit::TICK), ..Commit::standard(2, 1, mistake) }
}

/// The answer is lost, the client asks again: without a number it is another transfer.
#[test]
fn without_a_number_it_is_paid_twice() {
    let p = with_a_client(Some(Mistake::NoRequestId));
    let path = shortest(&p, Sync, DROP, "ONCE");
    let (_, ghost, words) = play(&p, &path);
    assert_eq!(path.len(), 27, "{words:?}");
    assert_eq!(ghost.transactions.iter().filter(|t| t.decided == Some(Decision::Commit)).count(), 2);
}

#[test]
fn with_a_number_it_is_paid_once() {
    let p = with_a_client(None);
    let rows =
        [(Sync, NONE, 137, 17), (Sync, DROP, 1_353, 27), (Sync, COPY, 1_098, 19), (Sync, crashes(1), 11_817, 34)];
    hold(&p, &rows);
    let [nothing, _, commit] = TWO_PHASE;
    let p = |variant| with_a_client(None).of(variant);
    hold(
        &p(nothing),
        &[(Sync, NONE, 250, 17), (Sync, DROP, 3_879, 34), (Sync, COPY, 1_999, 19), (Sync, crashes(1), 62_181, 38)],
    );
    hold(&p(commit), &[(Sync, NONE, 209, 15), (Sync, DROP, 3_735, 34), (Sync, COPY, 1_612, 17)]);
    hold(&p(TERMINATION), &[(Sync, NONE, 266, 24), (Sync, DROP, 1_846, 31), (Sync, COPY, 2_287, 26)]);
}

/// The coordinator crashes at every moment of the run, and the client asks again while the first transfer is still open: in
/// three-phase commit the participants can end it without the coordinator.
#[test]
fn a_transfer_that_outlives_its_coordinator_is_paid_once() {
    for variant in TWO_PHASE.into_iter().chain([TERMINATION]) {
        let p = Commit { client: Some(300), on_lock: OnLock::Wait, ..in_time(2).of(variant) };
        let client = p.client().expect("it has one");
        let start = Input::Act(Action::Request(client, Request::Start(p.everybody())));
        let inputs = vec![Placed { time: MILLISECOND, nth: 0, input: start, picks: None }];
        let mut sim = Simulation::new(Arc::new(p), Background::default(), 7);
        while sim.step(&inputs, 2 * SECOND).is_some() {
            for down in [50, 700, 1_500] {
                let (mut sim, mut inputs) = (sim.clone(), inputs.clone());
                let mut at = |time, nth, action| {
                    inputs.push(Placed { time, nth, input: Input::Act(action), picks: None });
                };
                at(sim.now, sim.at_once, Action::Crash(Commit::COORDINATOR, Outage::Killed));
                at(sim.now + down * MILLISECOND, 0, Action::Restart(Commit::COORDINATOR));
                let end = sim.now + 20 * SECOND;
                while sim.step(&inputs, end).is_some() {
                    assert!(broken(&sim).is_empty(), "{variant:?}, down for {down} ms: {:?}", broken(&sim));
                }
                let paid = sim.ghost.transactions.iter().filter(|t| t.some(Decision::Commit)).count();
                assert!(paid <= 1 && sim.cluster.is_up(NodeId(0)), "{variant:?}: {paid}");
            }
        }
    }
}
