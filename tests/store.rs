//! The replicated store: every state within small bounds, the mistake's shortest run, seeds and faults, and the ring of
//! some members against one that is built of them.

use faultline::check::model::{Budgets, ClusterModel};
use faultline::check::search::{Search, Verdict};
use faultline::core::cluster::{Action, Outage};
use faultline::core::placement::Member;
use faultline::core::placement::ring::{Mistake as RingMistake, Ring};
use faultline::core::protocol::{Judgement, NodeId, Protocol, World};
use faultline::core::store::properties::{arcs, incomplete, names};
use faultline::core::store::view::Members;
use faultline::core::store::{Handover, Key, Mistake, Pace, Request, Store};
use faultline::sim::faults::{Background, Setting};
use faultline::sim::simulation::{Input, Placed, Simulation};
use faultline::sim::time::SECOND;
use std::sync::Arc;

fn servers(count: u16) -> Vec<Member> {
    (1..=count).map(|n| Member::new(format!("node-{n}"), 1)).collect()
}

/// The standard bounds: two copies, one client, one key, one Put, small waits in ticks.
fn small(slots: u16, members: u16, vnodes: u32) -> Store {
    Store {
        keys: vec![Key::new("Europe/Paris")],
        gets: Some(0),
        puts: Some(1),
        changes: Some(0),
        pace: Pace { answer: 4, replica: 1, copy: 1, again: 2, rounds: 1, announce: None, ..Pace::default() },
        ..Store::new(servers(slots), members, vnodes, 2).expect("a ring")
    }
}

const CRASH: Budgets = Budgets { crashes: 1, ..Budgets::NONE };
const NONE: Budgets = Budgets { crashes: 0, ..CRASH };
const DROP: Budgets = Budgets { drops: 1, ..NONE };

fn search(p: &Store, world: World, budgets: Budgets, only: Option<&str>) -> (String, u64) {
    let model = ClusterModel::new(p.clone(), world, budgets, 1, only);
    match Search::new(&model).run(2_000_000) {
        Verdict::Holds { states, .. } => ("holds".to_owned(), states),
        Verdict::Unfinished { states, .. } => ("unfinished".to_owned(), states),
        Verdict::Violated { property, path, states, .. } => {
            for step in &path {
                println!("  {:?} {:?} {:?}", step.action, step.trip, step.picks);
            }
            (format!("{property} after {}", path.len()), states)
        }
    }
}

/// A changed count is a changed protocol.
#[test]
#[cfg_attr(debug_assertions, ignore = "exhaustive: run with --release")]
fn promises_hold_in_every_state_within_bounds() {
    let change = |slots, members| Store { changes: Some(1), ..small(slots, members, 2) };
    let get = Store { gets: Some(1), ..small(3, 3, 2) };
    let expected = [
        ("one Put, one crash, any timing", small(3, 3, 2), World::Anything, CRASH, 191_347),
        ("one Put, one lost message, any timing", small(3, 3, 2), World::Anything, DROP, 4_309),
        ("one Put, a server comes or goes, one crash", change(3, 2), World::Sync, CRASH, 102_275),
        ("one Put, one of three goes, one crash", change(3, 3), World::Sync, CRASH, 490_851),
        ("a Put and a Get, one crash", get, World::Sync, CRASH, 1_360),
    ];
    for (what, p, world, budgets, states) in expected {
        assert_eq!(search(&p, world, budgets, None), ("holds".to_owned(), states), "{what}");
    }
}

/// Never promised. A write that a stand-in took is not seen by a read that asks the silent replica: it takes two faults,
/// or a timeout that is too short.
#[test]
fn a_read_can_be_stale() {
    let get = Store { gets: Some(1), ..small(3, 3, 2) };
    let found = |world, budgets| search(&get, world, budgets, Some("READ-YOUR-WRITE")).0;
    assert_eq!(found(World::Sync, CRASH), "holds");
    assert_eq!(found(World::Sync, DROP), "holds");
    assert_eq!(found(World::Sync, Budgets { drops: 1, ..CRASH }), "READ-YOUR-WRITE after 15");
    assert_eq!(found(World::Sync, Budgets { drops: 2, ..NONE }), "READ-YOUR-WRITE after 17");
    assert_eq!(found(World::Bounded, NONE), "READ-YOUR-WRITE after 15");
    assert_eq!(found(World::Anything, NONE), "READ-YOUR-WRITE after 10");
}

/// However keys are handed over: without faults a client reads what it stored, before, while and after its key moves. A fault
/// at the wrong moment breaks that in each way: a source that stays silent is skipped.
#[test]
fn a_key_is_found_while_it_moves() {
    for (handover, two, one) in
        [(Handover::TurnAway, 1_905, 1_189), (Handover::Forward, 1_817, 1_633), (Handover::WriteBoth, 8_128, 4_344)]
    {
        for (replicas, states) in [(2, two), (1, one)] {
            let p = Store { gets: Some(1), changes: Some(1), handover, replicas, ..small(3, 2, 2) };
            let found = |p, budgets| search(p, World::Sync, budgets, Some("READ-YOUR-WRITE"));
            assert_eq!(found(&p, NONE), ("holds".to_owned(), states), "{handover:?}, {replicas} copies");
            let early = Store { early: true, ..p.clone() };
            assert_eq!(search(&early, World::Sync, NONE, Some("HANDOVER")).0, "HANDOVER after 9", "{handover:?}");
            assert!(found(&early, NONE).0.starts_with("READ-YOUR-WRITE"), "{handover:?}, {replicas} copies");
        }
        let drop = Store { gets: Some(1), changes: Some(1), handover, ..small(3, 2, 2) };
        assert!(search(&drop, World::Sync, DROP, Some("READ-YOUR-WRITE")).0.starts_with("READ-YOUR-WRITE"));
    }
}

#[test]
fn the_mistake_is_found() {
    let wrong = Store { mistake: Some(Mistake::ReplicaSameNode), ..small(3, 3, 2) };
    assert_eq!(search(&wrong, World::Sync, CRASH, None).0, "RING-DISTINCT-REPLICAS after 2");
    assert_eq!(search(&wrong, World::Sync, CRASH, Some("DURABLE-ONE-CRASH")).0, "DURABLE-ONE-CRASH after 4");
    let right = Store { mistake: None, ..wrong };
    assert_eq!(search(&right, World::Sync, CRASH, None).0, "holds");
}

/// The ring of some members is cut out of the ring of all slots; it is the ring that is built of them.
#[test]
fn a_view_is_the_ring_of_its_members() {
    let mut p = Store::new(servers(9), 5, 17, 3).expect("a ring");
    for (name, weight) in [("node-3", 2), ("node-8", 5)] {
        let slot = p.ring.index_of(name).expect("a slot");
        let mut members: Vec<Member> = servers(9);
        members[slot].weight = weight;
        p.ring = Ring::new(members, 17).expect("a ring");
    }
    let keys: Vec<Key> = (0..400).map(|n| Key::new(&format!("key {n}"))).collect();
    let sets = [Members::NONE, Members::first(9), [4].into_iter().collect(), [0, 2, 7, 8].into_iter().collect()];
    for mistake in [None, Some(Mistake::ReplicaSameNode)] {
        p.mistake = mistake;
        for members in sets {
            let built = Ring::new(names(&p, members), 17).expect("a ring");
            let built = built.with_mistake(mistake.map(|_| RingMistake::ReplicaSameNode));
            let slots: Vec<u16> = members.iter().collect();
            let mut out = Vec::new();
            for key in &keys {
                built.preference(key.at, 3.min(slots.len()), &mut out);
                let expected: Vec<u16> = out.iter().map(|n| slots[*n]).collect();
                assert_eq!(p.replicas_of(members, key.at), expected, "{members:?} {key:?}");
                assert_eq!(p.owner_of(members, key.at), expected.first().copied());
            }
            let total: f64 = arcs(&p, members).iter().map(|(_, share)| share.share).sum();
            assert!(members.is_empty() || (total - 1.0).abs() < 1e-9);
            let expected = faultline::core::placement::shares::of_arcs(&built);
            assert!(arcs(&p, members).iter().map(|(_, share)| *share).eq(expected));
        }
    }
}

/// Counts up from a seed: what the faults of a run are drawn from.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 += 1;
        faultline::core::hash::narrow(&(self.0, "store")) % bound
    }
}

fn busy() -> Store {
    Store {
        keys: ["Asia/Shanghai", "Europe/Paris", "Africa/Nairobi", "America/Lima"].map(Key::new).into(),
        preload: true,
        clients: 2,
        pace: Pace { think: Some(120), ..Pace::default() },
        ..Store::new(servers(6), 4, 8, 2).expect("a ring")
    }
}

/// A run of thirty seconds with faults and membership changes, and one of calm after it.
fn faulty(p: &Arc<Store>, seed: u64) -> Simulation<Store> {
    let mut dice = Dice(seed << 32);
    let background = Background { loss: 20, ..Background::default() };
    let mut sim = Simulation::new(p.clone(), background, seed);
    let mut inputs = Vec::new();
    let play = |sim: &mut Simulation<Store>, inputs: &mut Vec<Placed<Store>>, until| {
        while let Some(happening) = sim.step(inputs, until) {
            let promised = ["DURABLE-ONE-CRASH", "RING-MONOTONE", "RING-DISTINCT-REPLICAS", "HANDOVER"];
            let broken = happening.broke.iter().find(|name| promised.contains(name));
            assert!(broken.is_none(), "seed {seed}: {broken:?} at {} us", happening.time);
        }
        sim.pass(until);
    };
    let act = |sim: &Simulation<Store>, inputs: &mut Vec<Placed<Store>>, input| {
        inputs.push(Placed { time: sim.now, nth: sim.at_once, input, picks: None });
    };
    for round in 0..60 {
        play(&mut sim, &mut inputs, round * SECOND / 2);
        let node = NodeId(dice.below(u64::from(p.servers()) + 3) as u16);
        let other = NodeId(dice.below(u64::from(p.servers())) as u16);
        let slot = other.0;
        let action = match dice.below(9) {
            0 => Action::Crash(node, Outage::Killed),
            1 => Action::Crash(node, Outage::PowerLost),
            2 | 3 => Action::Restart(node),
            4 => Action::Pause(node),
            5 => Action::Resume(node),
            6 => Action::Cut(node, other),
            7 => Action::Request(p.directory(), Request::Add(slot)),
            _ => Action::Request(p.directory(), Request::Remove(slot)),
        };
        act(&sim, &mut inputs, Input::Act(action));
    }
    play(&mut sim, &mut inputs, 30 * SECOND);
    act(&sim, &mut inputs, Input::Set(Setting::Loss(0)));
    for (a, b) in sim.cluster.cuts.clone() {
        act(&sim, &mut inputs, Input::Act(Action::Heal(a, b)));
    }
    for id in sim.cluster.ids() {
        act(&sim, &mut inputs, Input::Act(Action::Resume(id)));
        act(&sim, &mut inputs, Input::Act(Action::Restart(id)));
    }
    play(&mut sim, &mut inputs, 45 * SECOND);
    // A request that was lost leaves a replica behind that nothing told of it: a repair finds it.
    for slot in 0..p.servers() {
        act(&sim, &mut inputs, Input::Act(Action::Request(NodeId(slot), Request::Repair)));
    }
    play(&mut sim, &mut inputs, 60 * SECOND);
    sim
}

#[test]
fn promises_hold_under_seeds_and_faults() {
    let ways = [Handover::TurnAway, Handover::Forward, Handover::WriteBoth];
    let stores = ways.map(|handover| Arc::new(Store { handover, ..busy() }));
    let seeds = if cfg!(debug_assertions) { 40 } else { 3_000 };
    for (seed, p) in (0..seeds).zip(stores.iter().cycle()) {
        let sim = faulty(p, seed);
        let copied = p.properties().into_iter().find(|property| property.name == "COPIED").expect("it is listed");
        let standing = sim.judge(&copied);
        assert_eq!(standing, Judgement::Met, "seed {seed}: {:?}", incomplete(p, &sim.cluster, &sim.ghost));
        assert!(
            p.view(&sim.cluster).former.0.is_empty() || p.handover != Handover::WriteBoth,
            "seed {seed}: not ended"
        );
    }
}

#[test]
fn a_seed_repeats_its_run() {
    let p = Arc::new(busy());
    let runs: Vec<u64> = [3, 3, 4].map(|seed| faulty(&p, seed).run_hash).into();
    assert_eq!(runs[0], runs[1]);
    assert_ne!(runs[0], runs[2]);
}

/// `DURABLE-ONE-CRASH` speaks of stored entries: with the mistake, some entry has one copy and goes with its node.
#[test]
fn the_mistake_loses_an_entry_in_a_plain_run() {
    let servers = Store::new(servers(3), 3, 2, 2).expect("a ring");
    let mistake = Some(Mistake::ReplicaSameNode);
    let p = Arc::new(Store { mistake, preload: true, keys: vec![Key::new("Europe/Paris")], ..servers });
    assert_eq!(p.replicas_of(p.initial, p.keys[0].at), [2, 2]);
    let mut sim = Simulation::new(p, Background::default(), 7);
    let input = Input::Act(Action::Crash(NodeId(2), Outage::Killed));
    let happening = sim.step(&[Placed { time: 0, nth: 0, input, picks: None }], SECOND).expect("it happens");
    assert!(happening.broke.contains(&"DURABLE-ONE-CRASH"));
}
