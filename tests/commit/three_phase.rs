//! Three-phase commit in two worlds of time, by its timers alone and with termination.

use super::moves::{NONE, ONE_CRASH, holds, model, play, shortest, shortest_of};
use super::vectors::{Case, same};
use super::{TERMINATION, TIMERS_ALONE, TWO_PHASE, broken, doubts, in_time, terminated};
use faultline::check::model::Budgets;
use faultline::core::cluster::{Action, Outage};
use faultline::core::commit::{Commit, Request, Variant};
use faultline::core::protocol::World::{Anything, Bounded, Sync};
use faultline::core::protocol::{Judgement, NodeId};
use faultline::sim::faults::Background;
use faultline::sim::simulation::{Input, Placed, Simulation};
use faultline::sim::time::{MILLISECOND, SECOND};
use std::sync::Arc;

const AGREE: &str = "AC1-AGREE";

fn two(variant: Variant) -> Commit {
    Commit::standard(2, 1, None).of(variant)
}

/// Messages are timely, and a crash falls between two steps: nothing goes wrong, and that is what its timers were made for.
#[test]
fn timers_alone_agree_if_crashes_fall_between_steps() {
    let p = two(TIMERS_ALONE);
    holds(&model(&p, Sync, NONE, AGREE), 174);
    holds(&model(&p, Sync, ONE_CRASH, AGREE).without_trips(), 4_400);
}

const VOTES: [(&str, &[&str]); 5] = [
    ("C sends CAN-COMMIT", &["C starts"]),
    ("P1 votes YES", &["P1 gets PREPARE", "P1 forced"]),
    ("C gets YES from P1", &["C gets YES from P1"]),
    ("P2 votes YES", &["P2 gets PREPARE", "P2 forced"]),
    ("C gets YES from P2", &["C gets YES from P2"]),
];

/// The crash cuts the broadcast of PRE-COMMIT: one knows that all voted YES, the other does not, and each is sure.
///
/// Ten events in the vectors, eighteen here: five forces are events of their own (two votes, P1's PRE-COMMIT, two ends), three
/// ticks pass until timers run out, and the answer to PRE-COMMIT arrives in vain; the crash is no event of its own.
#[test]
fn timers_alone_do_not_agree_once_a_crash_cuts_a_broadcast() {
    let case = Case { p: two(TIMERS_ALONE), name: "3PC timeouts", world: Sync, budgets: ONE_CRASH, property: AGREE };
    let mut events = VOTES.to_vec();
    let rest: [(&str, &[&str]); 5] = [
        ("C sends PRE-COMMIT", &["C forced, cut off"]),
        ("C crashes", &[]),
        ("P1 gets PRE-COMMIT", &["P1 gets PRE-COMMIT", "P1 forced", "C gets PRE-ACK from P1"]),
        (
            "P1 times out in PRE-COMMIT: commits",
            &["time passes", "time passes", "time passes", "P1 times out in doubt", "P1 forced"],
        ),
        ("P2 times out in WAIT: aborts", &["P2 times out in doubt", "P2 forced"]),
    ];
    events.extend(rest);
    same(&case, &events, 0, 18);
}

/// A message that is late does the same, and nobody has to fail.
#[test]
fn timers_alone_do_not_agree_where_messages_are_late() {
    let p = two(TIMERS_ALONE);
    let path = shortest(&p, Bounded, NONE, AGREE);
    assert_eq!(path.len(), 15, "{:?}", play(&p, &path).2);
    // The coordinator counts on PRE-COMMIT having arrived; P1 has not got it.
    let words = play(&p, &shortest(&p, Anything, NONE, AGREE)).2;
    let expected = [
        "C starts",
        "P1 gets PREPARE",
        "P2 gets PREPARE",
        "P1 forced",
        "C gets YES from P1",
        "P1 times out in doubt",
        "P1 forced",
        "P2 forced",
        "C gets YES from P2",
        "C forced",
        "C times out",
        "C forced",
    ];
    assert_eq!(words, expected);
}

/// With termination it agrees where messages are timely and only nodes fail (`exhaustive.rs`), and nowhere else.
#[test]
fn termination_does_not_agree_where_messages_are_late() {
    for (world, length) in [(Bounded, 17), (Anything, 13)] {
        let path = shortest(&two(TERMINATION), world, NONE, AGREE);
        assert_eq!(path.len(), length, "{:?}", play(&two(TERMINATION), &path).2);
    }
}

/// A network in two parts: each part takes the other for dead.
///
/// Eleven events in the vectors, twenty-two here: five forces, five ticks, a takeover each, and the answer to PRE-COMMIT in
/// vain are events of their own; the crash is none. The search has a cut link, and nobody else is there to go round it.
#[test]
fn termination_does_not_agree_in_two_parts() {
    let budgets = Budgets { cuts: 1, ..ONE_CRASH };
    let case = Case { p: two(TERMINATION), name: "3PC termination", world: Sync, budgets, property: AGREE };
    let mut events = VOTES.to_vec();
    let rest: [(&str, &[&str]); 6] = [
        ("C sends PRE-COMMIT", &["C forced, cut off"]),
        ("C crashes", &[]),
        ("network splits P1 | P2", &["P1 and P2 are cut off from each other"]),
        ("P1 gets PRE-COMMIT", &["P1 gets PRE-COMMIT", "P1 forced", "C gets PRE-ACK from P1"]),
        (
            "termination protocol in group {P1}: commit",
            &[
                "time passes",
                "time passes",
                "time passes",
                "P1 times out in doubt",
                "time passes",
                "P1 has waited for answers",
                "P1 forced",
            ],
        ),
        (
            "termination protocol in group {P2}: abort",
            &[
                "P2 times out in doubt",
                "C gets COMMIT from P1",
                "time passes",
                "P2 has waited for answers",
                "P2 forced",
            ],
        ),
    ];
    events.extend(rest);
    same(&case, &events, 0, 22);
    // A cut alone, without a crash, does no harm: the coordinator has both on its side.
    holds(&model(&two(TERMINATION), Sync, Budgets { cuts: 1, ..NONE }, AGREE), 1_619);
}

/// Nobody who has been up waits for one that is down, and no run ends with somebody in doubt for ever.
#[test]
fn termination_waits_for_nobody() {
    let crashes = Budgets { crashes: 2, ..NONE };
    for property in ["NON-BLOCKING", "AC5-TERMINATE"] {
        holds(&model(&two(TERMINATION), Sync, crashes, property), 155_950);
    }
    for variant in TWO_PHASE {
        assert!(shortest_of(&model(&two(variant), Sync, ONE_CRASH, "NON-BLOCKING")).len() <= 4);
    }
}

/// Everybody fails, at every moment of a run, and starts again: the participants at once, the coordinator much later. Nobody
/// may decide before it is back, unless one had decided before; then all end, and alike.
#[test]
fn a_total_failure_ends_when_the_coordinator_is_back() {
    let p = in_time(3).of(TERMINATION);
    let start = Input::Act(Action::Request(NodeId(0), Request::Start(p.everybody())));
    let inputs = vec![Placed { time: MILLISECOND, nth: 0, input: start, picks: None }];
    let mut sim = Simulation::new(Arc::new(p), Background::default(), 7);
    let mut waited = 0;
    while sim.step(&inputs, 2 * SECOND).is_some() {
        for outage in [Outage::Killed, Outage::PowerLost] {
            waited += u32::from(all_fail(sim.clone(), inputs.clone(), outage));
        }
    }
    assert!(waited > 20, "{waited} runs waited for the coordinator");
}

fn all_fail(mut sim: Simulation<Commit>, mut inputs: Vec<Placed<Commit>>, outage: Outage) -> bool {
    let now = sim.now;
    let mut at = |time, nth, action| inputs.push(Placed { time, nth, input: Input::Act(action), picks: None });
    for id in sim.cluster.ids() {
        at(now, sim.at_once, Action::Crash(id, outage));
    }
    for id in sim.cluster.ids().filter(|id| id.0 > 0) {
        at(now + SECOND, 0, Action::Restart(id));
    }
    at(now + 10 * SECOND, 0, Action::Restart(NodeId(0)));
    let mut waits = false;
    while sim.step(&inputs, now + 30 * SECOND).is_some() {
        assert!(broken(&sim).is_empty(), "all failed at {now} µs: {:?}", broken(&sim));
        waits |= sim.now > now + 3 * SECOND && sim.now < now + 10 * SECOND && !doubts(&sim).is_empty();
    }
    if !sim.ghost.transactions.is_empty() {
        assert_eq!(terminated(&sim), Judgement::Met, "all failed at {now} µs");
    }
    waits
}
