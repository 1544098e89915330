//! Thousands of runs with drawn faults. A failure names its seed; `one_seed` repeats it.

use super::{broken, in_time, terminated};
use faultline::core::cluster::{Action, Outage, Trip};
use faultline::core::commit::{Commit, Request};
use faultline::core::hash;
use faultline::core::protocol::{Judgement, NodeId};
use faultline::sim::faults::{Background, Setting};
use faultline::sim::simulation::{Input, Placed, Simulation};
use faultline::sim::time::{MILLISECOND, SECOND, Time};
use std::sync::Arc;

const SEEDS: u64 = if cfg!(debug_assertions) { 1_000 } else { 4_000 };
/// Faults end here; then all nodes are brought back and the rest must end well.
const STORM: Time = 6 * SECOND;

/// A number below `bound` for the `n`-th question of a seed.
fn draw(seed: u64, n: u64, bound: u64) -> u64 {
    hash::narrow(&(seed, n)) % bound
}

/// What happens to the cluster in a run: transfers, NO votes, crashes of both kinds, cuts, pauses, loss.
fn script(seed: u64, participants: u16) -> Vec<Placed<Commit>> {
    let nodes = u64::from(participants) + 1;
    let mut inputs = Vec::new();
    let mut at = |time, input| inputs.push(Placed { time, nth: 0, input, picks: None });
    for n in 0..24 {
        let time = draw(seed, 10 * n, STORM);
        let node = NodeId(draw(seed, 10 * n + 1, nodes) as u16);
        let other = NodeId(draw(seed, 10 * n + 2, nodes) as u16);
        let participant = NodeId(1 + draw(seed, 10 * n + 3, nodes - 1) as u16);
        let second = NodeId(1 + participant.0 % participants);
        let outage = if draw(seed, 10 * n + 4, 2) == 0 { Outage::Killed } else { Outage::PowerLost };
        match draw(seed, 10 * n + 5, 10) {
            0..=4 => {
                let amount = draw(seed, 10 * n + 6, 50) as u16;
                let third = NodeId(1 + second.0 % participants);
                let takers = (third != participant && draw(seed, 10 * n + 7, 2) == 0).then_some(third);
                let request = Request::transfer(participant, second, amount, takers.as_slice(), 1);
                at(time, Input::Act(Action::Request(Commit::COORDINATOR, request)));
            }
            5 => at(time, Input::Act(Action::Request(participant, Request::VoteNo(n % 2 == 0)))),
            6 => at(time, Input::Act(Action::Crash(node, outage))),
            7 => {
                let after = draw(seed, 10 * n + 6, 4) as u8;
                at(time, Input::Trip(node, Trip { after, outage }));
            }
            8 => at(time, Input::Act(Action::Cut(node, other))),
            _ => at(time, Input::Act(Action::Pause(node))),
        }
        let later = time + draw(seed, 10 * n + 8, SECOND);
        at(later, Input::Act(Action::Restart(node)));
        at(later, Input::Act(Action::Resume(node)));
        at(later, Input::Act(Action::Heal(node, other)));
    }
    let end = STORM + 2 * SECOND;
    at(end, Input::Set(Setting::Loss(0)));
    // A crash inside a step that is still ahead comes after the repair: that is repaired too.
    for id in (0..nodes as u16).map(NodeId) {
        at(end, Input::Act(Action::Crash(id, Outage::Killed)));
        at(end + MILLISECOND, Input::Act(Action::Restart(id)));
        at(end + 10 * SECOND, Input::Act(Action::Restart(id)));
    }
    for (a, b) in (0..nodes as u16).flat_map(|a| (0..a).map(move |b| (NodeId(a), NodeId(b)))) {
        at(end, Input::Act(Action::Heal(a, b)));
    }
    inputs.sort_by_key(|placed| placed.time);
    inputs
}

fn run(seed: u64) -> u128 {
    let participants = 2 + (seed % 4) as u16;
    let p = Commit { checkpoint_at: if seed.is_multiple_of(3) { 4 } else { 0 }, ..in_time(participants) };
    let inputs = script(seed, participants);
    let background = Background { loss: draw(seed, 999, 200) as u32, ..Background::default() };
    let mut sim = Simulation::new(Arc::new(p), background, seed);
    while sim.step(&inputs, STORM + 60 * SECOND).is_some() {
        let promises = broken(&sim);
        assert!(promises.is_empty(), "{promises:?} at {} µs: FAULTLINE_SEED={seed} cargo test one_seed", sim.now);
    }
    assert_ne!(terminated(&sim), Judgement::Never, "FAULTLINE_SEED={seed} cargo test one_seed");
    if !sim.ghost.transactions.is_empty() {
        assert_eq!(terminated(&sim), Judgement::Met, "FAULTLINE_SEED={seed} cargo test one_seed");
    }
    sim.cluster.hash_state()
}

#[test]
fn no_seed_breaks_a_promise() {
    for seed in 0..SEEDS {
        run(seed);
    }
}

#[test]
fn one_seed() {
    let seed = std::env::var("FAULTLINE_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    assert_eq!(run(seed), run(seed), "a run is a function of its seed");
}
