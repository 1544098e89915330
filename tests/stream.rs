//! The stream of requests against the capacity of servers: exact cases, caps, queues, and what helps a hot key.

use faultline::check::model::{Budgets, ClusterModel};
use faultline::check::search::{Search, Verdict};
use faultline::core::cluster::{Action, Outage};
use faultline::core::placement::keys::Keys;
use faultline::core::placement::scheme::{Scheme, Strategy};
use faultline::core::placement::{Bound, Member};
use faultline::core::protocol::{Effect, Judgement, NodeId, World, Worlds};
use faultline::core::routing::memo::{Fleet, Memo};
use faultline::core::routing::stream::zipf::Zipf;
use faultline::core::routing::stream::{Note, Route, Stream, serving};
use faultline::core::routing::{Note as Said, Pace, Routing, Seat, State, View};
use faultline::sim::faults::{Background, Setting};
use faultline::sim::simulation::{Input, Placed, Simulation};
use faultline::sim::time::{MILLISECOND, SECOND, Time};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

fn keys(count: usize) -> Arc<Keys> {
    let names: Vec<String> = (0..count).map(|n| format!("key-{n}")).collect();
    Arc::new(Keys::pack(names.iter().map(String::as_str)).expect("the keys fit"))
}

/// So many servers of these weights, without a directory that changes anything.
fn routing(weights: &[u32], clients: u16, vnodes: u32, stream: Stream) -> Routing {
    let members: Vec<Member> =
        weights.iter().enumerate().map(|(n, weight)| Member::new(format!("node-{}", n + 1), *weight)).collect();
    let seats = members.iter().enumerate().map(|(slot, node)| Seat { slot: slot as u16, weight: node.weight });
    let initial = Arc::new(View::initial(&members, seats.collect()));
    Routing {
        scheme: Scheme { strategy: Strategy::Ring, vnodes, ..Scheme::default() },
        fleet: Arc::new(Fleet::new(members)),
        initial,
        replicas: 1,
        clients,
        odd: None,
        zones: false,
        keys: Arc::default(),
        bad: Arc::default(),
        sample: Arc::default(),
        asked: Arc::default(),
        pace: Pace::default(),
        gets: None,
        changes: None,
        mistake: None,
        stream: Some(Arc::new(stream)),
        memo: Memo::default(),
    }
}

fn stream(rate: u32, ranks: u32, zipf: u32, route: Route) -> Stream {
    Stream {
        rate,
        keys: keys(ranks as usize),
        law: Zipf::new(ranks, zipf),
        route,
        bound: Bound::USUAL,
        workers: 1,
        service: 20,
        room: 20,
        patience: 2000,
        most: None,
    }
}

fn run(p: Routing, seed: u64) -> Simulation<Routing> {
    let background = Background { latency: (20 * MILLISECOND, 80 * MILLISECOND), ..Background::default() };
    Simulation::new(Arc::new(p), background, seed)
}

/// Plays on to this time and hands over each note with its node.
fn play(sim: &mut Simulation<Routing>, inputs: &[Placed<Routing>], until: Time, mut each: impl FnMut(NodeId, &Note)) {
    while let Some(happening) = sim.step(inputs, until) {
        for done in &happening.done {
            if let Effect::Note(Said::Stream(note)) = &done.effect {
                each(done.node, note);
            }
        }
    }
    sim.pass(until);
}

#[derive(Default, Debug, PartialEq, Eq)]
struct Counts {
    sent: u32,
    answered: u32,
    turned_away: u32,
    gave_up: u32,
    unsent: u32,
    refused: BTreeMap<u16, u32>,
}

impl Counts {
    fn add(&mut self, at: NodeId, note: &Note) {
        match note {
            Note::Sent { .. } => self.sent += 1,
            Note::Answered { .. } => self.answered += 1,
            Note::TurnedAway { .. } => self.turned_away += 1,
            Note::GaveUp { .. } => self.gave_up += 1,
            Note::Unsent { .. } => self.unsent += 1,
            Note::Refuses { .. } => *self.refused.entry(at.0).or_default() += 1,
            _ => {}
        }
    }
}

fn counted(p: Routing, seed: u64, seconds: u64) -> Counts {
    let mut counts = Counts::default();
    play(&mut run(p, seed), &[], seconds * SECOND, |at, note| counts.add(at, note));
    counts
}

/// Requests that each server has got while none has been answered yet.
fn concurrent(route: Route, weights: &[u32], bound: u32, requests: u32) -> Vec<u32> {
    let stream = Stream {
        bound: Bound { percent: bound },
        most: Some(requests),
        patience: 100_000,
        service: 100_000,
        room: 1000,
        ..stream(1000, 1, 0, route)
    };
    let p = routing(weights, 1, 24, stream);
    let mut got = vec![0; weights.len()];
    play(&mut run(p, 7), &[], 2 * SECOND, |_, note| {
        if let Note::Sent { to, .. } = note {
            got[usize::from(*to)] += 1;
        }
    });
    got
}

fn descending(mut list: Vec<u32>) -> Vec<u32> {
    list.sort_unstable_by(|a, b| b.cmp(a));
    list
}

/// HAProxy 2.6, three backends, 12 concurrent requests for one key: `haproxy_lb.json`.
#[test]
fn twelve_concurrent_requests_for_one_key_as_haproxy_spreads_them() {
    let vectors: serde_json::Value =
        serde_json::from_str(include_str!("vectors/haproxy_lb.json")).expect("the vectors are JSON");
    let list = |key: &str| -> Vec<u32> { serde_json::from_value(vectors[key].clone()).expect("a list of numbers") };
    let bounded = descending(concurrent(Route::Bounded, &[1, 1, 1], 125, 12));
    assert_eq!(bounded, list("same_key_12_concurrent_hash_balance_factor_125"));
    assert_eq!(bounded, [5, 5, 2]);
    let plain = descending(concurrent(Route::Owner, &[1, 1, 1], 125, 12));
    assert_eq!(plain, list("same_key_12_concurrent_plain_consistent"));
}

#[test]
fn a_bound_of_all_shares_alike_and_weights_scale_it() {
    assert_eq!(descending(concurrent(Route::Bounded, &[1, 1, 1], 100, 12)), [4, 4, 4]);
    // ceil(1.25 · 12 · 2/4) = 8 and ceil(1.25 · 12 · 1/4) = 4.
    let got = concurrent(Route::Bounded, &[2, 1, 1], 125, 12);
    assert!(got[0] <= 8 && got[1] <= 4 && got[2] <= 4, "{got:?}");
    assert_eq!(got.iter().sum::<u32>(), 12);
    let most = |weight, all, load| Bound::USUAL.capacity(weight, all, load);
    assert_eq!((most(1, 3, 12), most(2, 4, 12), most(1, 3, 1)), (5, 8, 1));
}

/// Exact shares of small cases: 1/i^s over their sum, as fractions.
#[test]
fn zipf_is_the_law_to_the_last_integer() {
    let whole = f64::from(u32::MAX);
    for (ranks, percent, numerators, denominator) in [
        (3, 100, &[6_u32, 3, 2][..], 11_u32),
        (4, 100, &[12, 6, 4, 3], 25),
        (3, 200, &[36, 9, 4], 49),
        (5, 0, &[1, 1, 1, 1, 1], 5),
        (1, 150, &[1], 1),
    ] {
        let law = Zipf::new(ranks, percent);
        let mut drawn = vec![0_u64; ranks as usize];
        // The sums, found from outside: the last number of each rank by bisection.
        let mut start = 0_u64;
        for rank in 0..ranks {
            let (mut low, mut high) = (start, u64::from(law.bound()));
            while low < high {
                let middle = low + (high - low) / 2;
                if law.rank(middle as u32) <= rank { low = middle + 1 } else { high = middle }
            }
            drawn[rank as usize] = low - start;
            start = low;
        }
        assert_eq!(start, u64::from(law.bound()), "every number means a rank");
        for (rank, numerator) in numerators.iter().enumerate() {
            let exact = f64::from(law.bound()) * f64::from(*numerator) / f64::from(denominator);
            assert!((drawn[rank] as f64 - exact).abs() <= 1.0, "{ranks} ranks, {percent} %: {drawn:?}");
            let share = law.share(rank as u32);
            assert!((share - f64::from(*numerator) / f64::from(denominator)).abs() <= 2.0 / whole);
        }
    }
    // The same table on every machine.
    let law = Zipf::new(418, 100);
    let ends: Vec<u32> = [0, 1, 417].iter().map(|rank| (law.share(*rank) * whole).round() as u32).collect();
    assert_eq!(ends, ENDS);
}

/// Rounded from exact fractions in Python; `libm` computes them here, the same on every machine.
const ENDS: [u32; 3] = [649_385_684, 324_692_842, 1_553_554];

#[test]
fn what_the_clients_draw_follows_the_law() {
    let mut counts = [0_u32; 10];
    play(&mut run(routing(&[1, 1], 2, 24, stream(1000, 10, 100, Route::Owner)), 3), &[], 20 * SECOND, |_, note| {
        if let Note::Sent { rank, .. } = note {
            counts[*rank as usize] += 1;
        }
    });
    let all: u32 = counts.iter().sum();
    let law = Zipf::new(10, 100);
    for (rank, count) in counts.iter().enumerate() {
        let share = law.share(rank as u32);
        let off = (f64::from(*count) - f64::from(all) * share).abs();
        assert!(off < 4.0 * (f64::from(all) * share * (1.0 - share)).sqrt(), "rank {rank}: {count} of {all}");
    }
}

#[test]
fn the_rate_is_the_rate() {
    for (rate, clients) in [(1, 1), (7, 3), (150, 2), (333, 4), (1000, 2)] {
        let p = routing(&[1], clients, 1, Stream { service: 1, ..stream(rate, 3, 0, Route::Owner) });
        let counts = counted(p, 1, 30);
        let asked = counts.sent + counts.unsent;
        assert!(asked.abs_diff(30 * rate) <= u32::from(clients), "{rate} of {clients}: {asked}");
    }
}

/// Half of all requests are for one key; the others are spread. Five servers can answer 250 a second, 150 come.
fn hot(vnodes: u32, route: Route, replicas: u8, clients: u16) -> Routing {
    let p = routing(&[1; 5], clients, vnodes, stream(120, 418, 175, route));
    Routing { replicas, ..p }
}

#[test]
fn points_do_not_help_one_hot_key() {
    assert!((Zipf::new(418, 175).share(0) - 0.5).abs() < 0.02);
    for vnodes in [1, 24, 100, 400] {
        let p = hot(vnodes, Route::Owner, 1, 2);
        let owner = p.route(&p.scheme, &p.initial, 1, &faultline::core::routing::Key::new("key-0"))[0];
        let counts = counted(p, 7, 20);
        let refusing: Vec<u16> = counts.refused.keys().copied().collect();
        assert_eq!(refusing, [owner], "{vnodes} points: {counts:?}");
        assert!(counts.refused[&owner] > 100, "{vnodes} points: {counts:?}");
    }
}

#[test]
fn a_bound_on_requests_helps_and_so_do_replicas() {
    for clients in [1, 2, 4] {
        for (route, replicas) in [(Route::Bounded, 1), (Route::Replicas, 3)] {
            for seed in 0..4 {
                let counts = counted(hot(24, route, replicas, clients), seed, 20);
                assert!(counts.refused.is_empty(), "{route:?}, {clients} clients: {counts:?}");
                assert_eq!((counts.gave_up, counts.unsent, counts.turned_away), (0, 0, 0));
            }
        }
    }
}

#[test]
fn within_capacity_and_evenly_spread_nothing_is_refused() {
    for seed in 0..8 {
        // Each server gets a quarter of 120, less than its 50 a second.
        let p = routing(&[1; 4], 2, 400, stream(120, 4000, 0, Route::Owner));
        let counts = counted(p, seed, 20);
        assert!(counts.refused.is_empty(), "{counts:?}");
        assert!(counts.answered + 20 > counts.sent, "{counts:?}");
    }
}

/// A node of weight 3 works on three requests at a time, and by weight gets three times as many.
#[test]
fn weights_are_capacity() {
    let p = routing(&[3, 1], 1, 200, stream(170, 4000, 0, Route::Bounded));
    let counts = counted(p, 5, 20);
    assert!(counts.refused.is_empty(), "{counts:?}");
    let p = routing(&[1, 1], 1, 200, stream(170, 4000, 0, Route::Bounded));
    assert!(counted(p, 5, 20).refused.len() == 2);
}

#[test]
fn a_run_is_the_same_again() {
    let once = |seed| {
        let mut sim = run(hot(24, Route::Bounded, 1, 2), seed);
        play(&mut sim, &[], 10 * SECOND, |_, _| {});
        (sim.run_hash, sim.cluster.hash_state(), sim.events)
    };
    assert_eq!(once(7), once(7));
    assert_ne!(once(7), once(8));
    assert_eq!(once(7), PINNED);
}

const PINNED: (u64, u128, u32) = (293_874_654_323_817_688, 18_472_822_002_343_326_339_828_375_340_097_686_424, 4_806);

fn place(time: Time, input: Input<Routing>) -> Placed<Routing> {
    Placed { time, nth: u32::MAX, input, picks: None }
}

/// What every state of every run keeps: queues have their room, workers never idle while somebody waits, a client knows
/// what is under way, and one client keeps its bound.
fn check(sim: &Simulation<Routing>) {
    let p = &sim.protocol;
    let stream = p.stream.as_ref().expect("a stream");
    for id in sim.cluster.ids() {
        match sim.cluster.state(id) {
            Some(State::Server(server)) => {
                let Some(serving) = server.stream.get() else { continue };
                assert!(serving.waiting.len() <= usize::from(stream.room));
                assert!(serving.at_work.len() <= usize::from(serving::workers(p, stream, id.0)));
                assert!(serving.load() > 0);
            }
            Some(State::Client(client)) => {
                let asking = client.stream.get().expect("a stream");
                assert!(asking.under_way.is_sorted_by(|a, b| a.n < b.n));
            }
            _ => {}
        }
    }
    for property in sim.properties() {
        let judgement = sim.judge(property);
        if property.promised != Worlds::None {
            assert!(!matches!(judgement, Judgement::Broken | Judgement::Never), "{}", property.name);
        }
    }
}

/// Crashes, pauses, cuts, losses and changes of the list at random moments.
fn troubled(seed: u64, clients: u16, route: Route) -> (Counts, Simulation<Routing>) {
    let p = Routing { replicas: 2, ..routing(&[1, 2, 1, 1], clients, 24, stream(150, 50, 120, route)) };
    let directory = p.directory();
    let mut dice = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut draw = |below: u64| {
        dice ^= dice << 13;
        dice ^= dice >> 7;
        dice ^= dice << 17;
        dice % below
    };
    let mut inputs = Vec::new();
    for n in 0..12_u64 {
        let at = n * 700 * MILLISECOND + draw(600) * MILLISECOND;
        let node = NodeId(draw(u64::from(5 + clients)) as u16);
        let (on, off) = match draw(5) {
            0 => (Action::Crash(node, Outage::Killed), Action::Restart(node)),
            1 => (Action::Pause(node), Action::Resume(node)),
            2 => (Action::Cut(node, NodeId((node.0 + 1) % 5)), Action::Heal(node, NodeId((node.0 + 1) % 5))),
            3 => {
                let slot = draw(4) as u16;
                let remove = faultline::core::routing::Request::Remove(slot);
                let add = faultline::core::routing::Request::Add(slot, None);
                (Action::Request(directory, remove), Action::Request(directory, add))
            }
            _ => {
                inputs.push(place(at, Input::Set(Setting::Loss(draw(200) as u32))));
                continue;
            }
        };
        inputs.push(place(at, Input::Act(on)));
        inputs.push(place(at + draw(3000) * MILLISECOND, Input::Act(off)));
    }
    inputs.push(place(11 * SECOND, Input::Set(Setting::Loss(0))));
    inputs.sort_by_key(|input| input.time);
    let mut sim = run(p, seed);
    let mut counts = Counts::default();
    for tenth in 1..=150 {
        play(&mut sim, &inputs, tenth * SECOND / 10, |at, note| counts.add(at, note));
        check(&sim);
    }
    (counts, sim)
}

#[test]
fn seeds_and_faults() {
    let mut lost = 0;
    for seed in 0..30 {
        for route in Route::ALL {
            for clients in [1, 3] {
                let (counts, sim) = troubled(seed, clients, route);
                lost += counts.gave_up;
                // Whoever waits for an answer has one, or no longer waits.
                let ended = counts.answered + counts.turned_away + counts.gave_up;
                let under_way: usize = (5..5 + clients)
                    .filter_map(|id| match sim.cluster.state(NodeId(id)) {
                        Some(State::Client(client)) => client.stream.get().map(|asking| asking.under_way.len()),
                        _ => None,
                    })
                    .sum();
                assert!(ended + under_way as u32 <= counts.sent);
                assert!(counts.answered > 500, "{route:?}, {clients}, {seed}: {counts:?}");
            }
        }
    }
    assert!(lost > 0, "the faults do harm");
}

/// A server that is down or paused for long is asked one request at a time.
#[test]
fn a_silent_server_is_not_flooded() {
    let p = routing(&[1, 1], 1, 24, stream(200, 100, 0, Route::Owner));
    let inputs = [place(SECOND, Input::Act(Action::Pause(NodeId(0))))];
    let mut sim = run(p, 3);
    play(&mut sim, &inputs, 60 * SECOND, |_, _| {});
    let waiting = sim.cluster.flights.iter().filter(|flight| flight.to == NodeId(0)).count();
    assert!(waiting < 400, "{waiting} messages wait at the door of a paused server");
    let inputs = [inputs[0].clone(), place(60 * SECOND, Input::Act(Action::Resume(NodeId(0))))];
    let mut counts = Counts::default();
    play(&mut sim, &inputs, 70 * SECOND, |_, _| {});
    play(&mut sim, &inputs, 75 * SECOND, |at, note| counts.add(at, note));
    assert!(counts.unsent == 0 && counts.gave_up == 0, "{counts:?}");
}

/// However long the run is, what there is of it stays as large as it was.
#[test]
fn a_long_run_takes_no_more_memory() {
    let mut sim = run(hot(24, Route::Owner, 1, 2), 7);
    let mut sizes = Vec::new();
    for minute in 1..=10 {
        play(&mut sim, &[], minute * 60 * SECOND, |_, _| {});
        sizes.push(format!("{:?}{:?}{:?}", sim.cluster.nodes, sim.cluster.flights, sim.ghost).len());
    }
    let (first, last) = (sizes[0], sizes[sizes.len() - 1]);
    assert!(last < first + first / 2, "{sizes:?}");
    assert!(sim.events > 200_000);
}

#[test]
fn several_clients_can_go_above_the_bound_together() {
    let over = |clients| {
        (0..10).filter(move |seed| {
            let mut sim = run(hot(24, Route::Bounded, 1, clients), *seed);
            play(&mut sim, &[], 10 * SECOND, |_, _| {});
            sim.ghost.stream.over.is_some()
        })
    };
    assert_eq!(over(1).count(), 0);
    assert!(over(4).count() > 0);
}

/// Small enough to be searched to its end: two servers, one client, three requests.
#[test]
fn the_search_finds_no_break_of_what_is_promised() {
    for (route, world, budgets) in [
        (Route::Bounded, World::Bounded, Budgets::default()),
        (Route::Bounded, World::Sync, Budgets { crashes: 1, ..Budgets::default() }),
        (Route::Owner, World::Sync, Budgets { drops: 1, ..Budgets::default() }),
        (Route::Bounded, World::Anything, Budgets::default()),
    ] {
        let stream = Stream { most: Some(3), service: 1000, room: 1, patience: 8000, ..stream(1, 2, 0, route) };
        let p = Routing { pace: Pace { announce: None, ..Pace::default() }, ..routing(&[1, 1], 1, 1, stream) };
        for only in [None, Some("QUEUE-MOVES")] {
            let model = ClusterModel::new(p.clone(), world, budgets, 1000, only);
            let verdict = Search::new(model).run(300_000);
            println!("{route:?} {world:?} {budgets:?} {only:?}: {verdict:?}");
            assert!(matches!(verdict, Verdict::Holds { .. }), "{route:?} {world:?}");
        }
    }
}

/// With two clients the bound that each keeps is not the bound of the whole, and one place to wait is not enough.
#[test]
fn the_search_finds_what_is_not_promised() {
    let find = |route, clients, name| {
        let stream = Stream { most: Some(3), service: 1000, room: 0, patience: 8000, ..stream(2, 1, 0, route) };
        let p = Routing { pace: Pace { announce: None, ..Pace::default() }, ..routing(&[1, 1], clients, 1, stream) };
        let model = ClusterModel::new(p, World::Bounded, Budgets::default(), 1000, Some(name));
        matches!(Search::new(model).run(300_000), Verdict::Violated { property, .. } if property == name)
    };
    assert!(find(Route::Owner, 1, "NO-OVERLOAD"));
    assert!(find(Route::Bounded, 2, "BOUND-REQUESTS"));
    assert!(!find(Route::Bounded, 1, "BOUND-REQUESTS"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// All capacities together are at least the load, none is above its share by one, and more load is never less room.
    #[test]
    fn capacities(weights in prop::collection::vec(1_u32..50, 1..20), load in 1_u64..10_000, percent in 100_u32..400) {
        let all: u64 = weights.iter().map(|w| u64::from(*w)).sum();
        let most = |weight, load| Bound { percent }.capacity(weight, all, load);
        prop_assert!(weights.iter().map(|w| most(*w, load)).sum::<u64>() >= load);
        for weight in &weights {
            let share = f64::from(percent) / 100.0 * load as f64 * f64::from(*weight) / all as f64;
            prop_assert!(most(*weight, load) as f64 >= share - 1e-6 && (most(*weight, load) as f64) < share + 1.0 + 1e-6);
            prop_assert!(most(*weight, load + 1) >= most(*weight, load));
        }
    }

    /// One client sends no server more than its bound, whatever the weights and however many requests are under way.
    #[test]
    fn one_client_keeps_the_bound(weights in prop::collection::vec(1_u32..5, 1..7), requests in 1_u32..60, percent in 100_u32..300) {
        let got = concurrent(Route::Bounded, &weights, percent, requests);
        let all: u64 = weights.iter().map(|w| u64::from(*w)).sum();
        prop_assert_eq!(got.iter().sum::<u32>(), requests);
        for (got, weight) in got.iter().zip(&weights) {
            let most = Bound { percent }.capacity(*weight, all, requests.into());
            prop_assert!(u64::from(*got) <= most);
        }
    }

    /// Ranks and numbers: every number below the bound means a rank, in order, and the shares add up to one.
    #[test]
    fn zipf(ranks in 1_u32..5000, percent in 0_u32..=200, drawn in 0_u32..u32::MAX) {
        let law = Zipf::new(ranks, percent);
        let number = ((u64::from(drawn) * u64::from(law.bound())) >> 32) as u32;
        prop_assert!(law.rank(number) < ranks);
        prop_assert!(number == 0 || law.rank(number - 1) <= law.rank(number));
        prop_assert!((0..ranks).map(|rank| law.share(rank)).sum::<f64>() - 1.0 < 1e-6);
        prop_assert!(ranks == 1 || law.share(0) >= law.share(ranks - 1));
    }
}
