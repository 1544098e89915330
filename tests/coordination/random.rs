//! Runs that are drawn: any service, any number of clients, and a hand that pauses, crashes, cuts, loses and copies.

use faultline::core::cluster::{Action, Outage, Trip};
use faultline::core::coordination::{Coordination, Mistakes, Request, Service};
use faultline::core::hash;
use faultline::core::lock::Reads;
use faultline::core::protocol::{Judgement, Kind, NodeId, World};
use faultline::sim::faults::{Background, Setting};
use faultline::sim::simulation::{Input, Placed, Simulation};
use faultline::sim::time::{MILLISECOND, SECOND, Time};
use std::sync::Arc;

/// Numbers for this run, one after the other.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = hash::narrow(&self.0);
        self.0 % bound.max(1)
    }

    fn among<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len() as u64) as usize]
    }
}

/// As the page plays it.
pub fn playing(service: Service) -> Coordination {
    Coordination {
        service,
        clients: 3,
        follower: false,
        ttl: 3000,
        late: 500,
        work: 900,
        timeout: 1500,
        retry: 400,
        jitter: 400,
        lock_delay: 0,
        think: Some(600),
        rounds: None,
        tries: None,
        pings: None,
        reconnects: None,
        fence: true,
        reads: Reads::No,
        looks: true,
        mistakes: Mistakes::default(),
    }
}

/// The hand is done by then.
const HEALED: Time = 40 * SECOND;
const END: Time = 70 * SECOND;

type Run = (Simulation<Coordination>, Vec<Placed<Coordination>>, Background);

/// Plays to the end, with a hand that does so many things on its way.
fn played(seed: u64, things: u64) -> Run {
    let mut dice = Dice(seed);
    let service = dice.among(&[Service::ZooKeeper, Service::ZooKeeper, Service::Etcd, Service::Consul]);
    let fence = dice.below(3) > 0;
    let reads = dice.among(&[Reads::No, Reads::Plain, Reads::Fenced]);
    let p = Coordination {
        clients: 2 + dice.below(3) as u16,
        follower: service == Service::ZooKeeper && dice.below(2) == 0,
        lock_delay: if service == Service::Consul { dice.among(&[0, 2000]) } else { 0 },
        fence,
        reads: if fence || reads == Reads::No { reads } else { Reads::Plain },
        ..playing(service)
    };
    let latency = dice.among(&[(20, 80), (20, 80), (1, 400), (5, 1500)]);
    let background = Background {
        latency: (latency.0 * MILLISECOND, latency.1 * MILLISECOND),
        loss: dice.among(&[0, 0, 50]),
        ..Background::default()
    };
    let mut sim = Simulation::new(Arc::new(p), background.clone(), seed);
    let mut inputs = Vec::new();
    for _ in 0..things {
        let until = sim.now + dice.below(2500) * MILLISECOND;
        while sim.step(&inputs, until).is_some() {}
        sim.pass(until);
        let Some(input) = thing(&sim, &mut dice) else { continue };
        inputs.push(Placed { time: sim.now, nth: sim.at_once, input, picks: None });
        sim.step(&inputs, sim.now);
    }
    // All is well again; twice, for crashes that were still to come.
    for at in [HEALED, HEALED + 5 * SECOND] {
        while sim.step(&inputs, at).is_some() {}
        sim.pass(at);
        let nodes: Vec<NodeId> = sim.cluster.ids().collect();
        let healed = nodes.iter().flat_map(|node| [Action::Restart(*node), Action::Resume(*node)]);
        let healed: Vec<_> = healed.chain(sim.cluster.cuts.iter().map(|(a, b)| Action::Heal(*a, *b))).collect();
        let network = [Setting::Loss(0), Setting::Latency(20 * MILLISECOND, 80 * MILLISECOND)].map(Input::Set);
        for input in network.into_iter().chain(healed.into_iter().map(Input::Act)) {
            inputs.push(Placed { time: sim.now, nth: sim.at_once, input, picks: None });
            sim.step(&inputs, sim.now);
        }
    }
    while sim.step(&inputs, END).is_some() {}
    (sim, inputs, background)
}

fn grants(sim: &Simulation<Coordination>) -> u32 {
    sim.ghost.history.grants.len() as u32 + sim.ghost.history.forgotten
}

fn thing(sim: &Simulation<Coordination>, dice: &mut Dice) -> Option<Input<Coordination>> {
    let (p, cluster) = (&sim.protocol, &sim.cluster);
    let node = NodeId(dice.below(cluster.nodes.len() as u64) as u16);
    let other = NodeId(dice.below(cluster.nodes.len() as u64) as u16);
    let flight = cluster.flights.get(dice.below(cluster.flights.len() as u64) as usize).map(|flight| flight.id);
    let act = |action| Some(Input::Act(action));
    // What is stopped goes on sooner or later.
    if !cluster.is_up(node) {
        return act(Action::Restart(node));
    } else if cluster.node(node).paused {
        return act(Action::Resume(node));
    } else if cluster.is_cut(node, other) {
        return act(Action::Heal(node, other));
    }
    match dice.below(9) {
        0 | 1 => act(Action::Pause(node)),
        2 => act(Action::Crash(node, Outage::Killed)),
        3 => Some(Input::Trip(
            node,
            Trip { after: dice.below(3) as u8, outage: dice.among(&[Outage::Killed, Outage::PowerLost]) },
        )),
        4 | 5 if node != other => act(Action::Cut(node, other)),
        6 => act(Action::Drop(flight?)),
        7 => act(Action::Duplicate(flight?)),
        8 => act(Action::Request(p.leader(), Request::Elect)),
        _ => Some(Input::Delay(flight?, dice.below(4000) as i64 * MILLISECOND as i64)),
    }
}

pub fn soak(few: u64, many: u64) -> u64 {
    if std::env::var_os("FAULTLINE_SOAK").is_some() { many } else { few }
}

/// Every drawn run keeps what is promised where clocks are bounded and messages take any time, and is the same run when it is
/// played again.
pub fn promises_hold(seeds: std::ops::Range<u64>) {
    let mut crashed = 0;
    for seed in seeds.clone() {
        let (sim, inputs, begins) = played(seed, 14);
        let mut again = Simulation::new(sim.protocol.clone(), begins, seed);
        let promised = |name: &str| {
            let of = again.properties().iter().find(|property| property.name == name);
            of.is_some_and(|property| property.kind == Kind::Safety && property.promised.include(World::Bounded))
        };
        let promised: Vec<&str> = again.properties().iter().map(|p| p.name).filter(|name| promised(name)).collect();
        let mut before = 0;
        while let Some(happening) = again.step(&inputs, END) {
            if again.now <= HEALED {
                before = grants(&again);
            }
            let broken = happening.broke.iter().find(|name| promised.contains(name));
            assert_eq!(broken, None, "seed {seed} at {} µs, event {}: {:?}", again.now, again.events, again.protocol);
        }
        assert_eq!(again.run_hash, sim.run_hash, "seed {seed}");
        assert_eq!(again.cluster.hash_state(), sim.cluster.hash_state(), "seed {seed}");
        for property in again.properties().iter().filter(|property| promised.contains(&property.name)) {
            assert_ne!(again.judge(property), Judgement::Broken, "seed {seed}");
        }
        // Whatever was done to it, it goes on.
        let after = grants(&again) - before;
        assert!(after > 2, "seed {seed}: {after} grants after all was well again: {:?}", again.protocol);
        assert!(again.ghost.history.newest_write >= Some(before), "seed {seed}: nothing was written");
        crashed += u64::from(inputs.iter().any(|placed| matches!(placed.input, Input::Act(Action::Crash(..)))));
    }
    assert!(crashed * 2 > seeds.end - seeds.start, "{crashed} runs with a crash");
}

#[test]
fn promises_hold_over_thousands_of_seeds() {
    promises_hold(0..soak(3_000, 100_000));
}
