//! Thousands of runs with drawn faults. A failure names its seed; `one_seed` repeats it.

use super::{TERMINATION, TWO_PHASE, broken, doubts, in_time, terminated};
use faultline::core::cluster::{Action, Outage, Trip};
use faultline::core::commit::{Commit, OnLock, Request};
use faultline::core::hash;
use faultline::core::protocol::{Judgement, NodeId};
use faultline::sim::faults::{Background, Setting};
use faultline::sim::simulation::{Input, Placed, Simulation};
use faultline::sim::time::{MILLISECOND, SECOND, Time};
use std::sync::Arc;

/// As many as the time allows; a soak runs more.
fn seeds(few: u64, many: u64) -> u64 {
    if std::env::var_os("FAULTLINE_SOAK").is_some() { many } else { few }
}

/// Faults end here; then all nodes are brought back and the rest must end well.
const STORM: Time = 6 * SECOND;

/// A number below `bound` for the `n`-th question of a seed.
fn draw(seed: u64, n: u64, bound: u64) -> u64 {
    hash::narrow(&(seed, n)) % bound
}

/// What may happen to the cluster besides transfers, NO votes and crashes of both kinds.
#[derive(Clone, Copy, PartialEq)]
enum Weather {
    /// Cuts, pauses and loss.
    Anything,
    /// Nothing: messages are timely, the network is whole.
    Crashes,
}

/// Every variant of two-phase commit with every option, by seed.
fn two_phase(seed: u64) -> Commit {
    let drawn = |n: u64, bound: u64| draw(seed, 900 + n, bound);
    let load = if drawn(5, 8) == 0 { 2 } else { 0 };
    let on_lock = [OnLock::Refuse, OnLock::Wait, OnLock::WaitInOrder][drawn(3, 3) as usize];
    Commit {
        variant: TWO_PHASE[drawn(0, 3) as usize],
        cooperative: drawn(1, 2) == 0,
        read_only: drawn(2, 2) == 0,
        on_lock,
        client: (drawn(4, 3) == 0).then_some(700),
        load,
        think: 100,
        // A load fills a log: it is rewritten.
        checkpoint_at: if load > 0 || drawn(6, 3) == 0 { 4 } else { 0 },
        ..in_time(2 + (seed % 4) as u16)
    }
}

fn three_phase(seed: u64) -> Commit {
    // Who has started again may ask often: that must not keep the others from ending it.
    let backoff = if draw(seed, 907, 2) == 0 { 0 } else { 3 };
    Commit { cooperative: false, backoff, ..two_phase(seed).of(TERMINATION) }
}

/// What happens to the cluster in a run.
fn script(p: &Commit, seed: u64, weather: Weather) -> Vec<Placed<Commit>> {
    let participants = p.balances.len() as u16;
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
            // Every fourth of them reads: all balances, or one of three.
            0..=4 => {
                let amount = draw(seed, 10 * n + 6, 50) as u16;
                let third = NodeId(1 + second.0 % participants);
                let takers = (third != participant && draw(seed, 10 * n + 7, 2) == 0).then_some(third);
                let fee = draw(seed, 10 * n + 9, 2) as u16;
                let request = match draw(seed, 10 * n + 8, 8) {
                    0 => Request::Audit,
                    _ => Request::transfer(participant, second, amount, takers.as_slice(), fee),
                };
                let starter = p.client().filter(|_| n % 2 == 0).filter(|_| request != Request::Audit);
                at(time, Input::Act(Action::Request(starter.unwrap_or(Commit::COORDINATOR), request)));
            }
            5 => at(time, Input::Act(Action::Request(participant, Request::VoteNo(n % 2 == 0)))),
            7 => {
                let after = draw(seed, 10 * n + 6, 4) as u8;
                at(time, Input::Trip(node, Trip { after, outage }));
            }
            8 if weather == Weather::Anything => at(time, Input::Act(Action::Cut(node, other))),
            9 if weather == Weather::Anything => at(time, Input::Act(Action::Pause(node))),
            _ => at(time, Input::Act(Action::Crash(node, outage))),
        }
        let later = time + draw(seed, 10 * n + 8, SECOND);
        at(later, Input::Act(Action::Restart(node)));
        at(later, Input::Act(Action::Resume(node)));
        at(later, Input::Act(Action::Heal(node, other)));
    }
    let end = STORM + 2 * SECOND;
    at(end, Input::Set(Setting::Loss(0)));
    // A crash inside a step that is still ahead comes after the repair: that is repaired too.
    for id in (0..p.balances.len() as u16 + 1).map(NodeId) {
        at(end, Input::Act(Action::Crash(id, Outage::Killed)));
        at(end + MILLISECOND, Input::Act(Action::Restart(id)));
        at(end + 4 * SECOND, Input::Act(Action::Restart(id)));
    }
    for (a, b) in (0..nodes as u16).flat_map(|a| (0..a).map(move |b| (NodeId(a), NodeId(b)))) {
        at(end, Input::Act(Action::Heal(a, b)));
    }
    inputs.sort_by_key(|placed| placed.time);
    inputs
}

fn run(p: Commit, seed: u64, weather: Weather) -> u128 {
    let again = format!("FAULTLINE_SEED={seed} cargo test --test all commit::seeds::one_seed ({p:?})");
    let inputs = script(&p, seed, weather);
    let loss = if weather == Weather::Anything { draw(seed, 999, 200) as u32 } else { 0 };
    // A load never ends: it is looked at twice, and nobody may be in doubt all the time between.
    let (once, end) = if p.load > 0 { (STORM + 12 * SECOND, STORM + 18 * SECOND) } else { (0, STORM + 60 * SECOND) };
    let background = Background { loss, ..Background::default() };
    let mut sim = Simulation::new(Arc::new(p), background, seed);
    let mut waiting = None;
    while sim.step(&inputs, end).is_some() {
        let promises = broken(&sim);
        assert!(promises.is_empty(), "{promises:?} at {} µs: {again}", sim.now);
        if once > 0 && sim.now > once && waiting.is_none() {
            waiting = Some(doubts(&sim));
        }
    }
    if let Some(waiting) = waiting {
        let still: Vec<_> = doubts(&sim).into_iter().filter(|doubt| waiting.contains(doubt)).collect();
        assert!(still.is_empty(), "{still:?} in doubt for six seconds: {again}");
    } else if !sim.ghost.transactions.is_empty() {
        assert_eq!(terminated(&sim), Judgement::Met, "{again}");
    } else {
        assert_ne!(terminated(&sim), Judgement::Never, "{again}");
    }
    sim.cluster.hash_state()
}

#[test]
fn no_seed_breaks_a_promise() {
    for seed in 0..seeds(2_000, 40_000) {
        run(two_phase(seed), seed, Weather::Anything);
    }
}

/// Crashes of anyone at any time, several at once: three-phase commit with termination agrees as long as messages are
/// timely and the network is whole.
#[test]
fn no_storm_of_crashes_breaks_three_phase_commit() {
    for seed in 0..seeds(1_000, 20_000) {
        run(three_phase(seed), seed, Weather::Crashes);
    }
}

#[test]
fn one_seed() {
    let seed = std::env::var("FAULTLINE_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    let (two, three) = (two_phase(seed), three_phase(seed));
    assert_eq!(run(two.clone(), seed, Weather::Anything), run(two, seed, Weather::Anything), "a function of its seed");
    run(three, seed, Weather::Crashes);
}
