//! Interchangeable nodes: what a protocol says of them is put to the test, and what the search leaves out changes nothing.

use faultline::check::model::{Budgets, ClusterModel};
use faultline::check::search::{Model, Search, Verdict};
use faultline::core::coordination::Coordination;
use faultline::core::lock::{Lock, symmetry};
use faultline::core::protocol::{Context, Event, Judgement, Kind, NodeId, Property, Protocol, World, Worlds};
use faultline::core::symmetry::{Part, Renaming, Symmetry};
use faultline::scenes::coordination::CoordinationScene;
use faultline::scenes::lock::LockScene;
use faultline::scenes::options::{COMMON, Options};
use faultline::scenes::scene::Lang;
use faultline::scenes::searching::TICK_MS;
use faultline::scenes::staging::Staging;
use std::collections::BTreeSet;

const NONE: Budgets = Budgets::NONE;
/// One fault of each kind: enough for random walks, too much for a search.
const ALL: Budgets = Budgets { crashes: 2, drops: 1, dups: 1, pauses: 1, clock_steps: 1, cuts: 1, requests: None };

fn lock(recipe: &str, mistake: Option<&str>, world: World, options: &[(&str, &str)]) -> Lock {
    configured::<LockScene>(recipe, mistake, world, options)
}

/// A lock as the standard search has it, with other options here and there.
fn configured<S: Staging>(recipe: &str, mistake: Option<&str>, world: World, options: &[(&str, &str)]) -> S::P {
    let mut all: Vec<(String, String)> =
        S::bounds(recipe, mistake, world).into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    for (key, value) in options {
        all.retain(|(known, _)| known != key);
        all.push(((*key).to_owned(), (*value).to_owned()));
    }
    let options = Options::read(&[S::OPTIONS, COMMON], &all, Lang::En).unwrap_or_else(|e| panic!("{e}"));
    let mistakes: Vec<String> = mistake.into_iter().map(str::to_owned).collect();
    S::configure(recipe, &mistakes, &options)
}

/// Both searches; they must agree in everything but the number of states, of which the second gives at most `share` percent.
fn agree<P: Protocol>(p: &P, world: World, budgets: Budgets, tick: u32, property: Option<&str>, share: u64) {
    let model = || ClusterModel::new(p.clone(), world, budgets, tick, property);
    let (with, without) = (model(), model().without_symmetry());
    let about = format!("{p:?} {world:?} {budgets:?}");
    let (all, fewer) = match (Search::new(&without).run(2_000_000), Search::new(&with).run(2_000_000)) {
        (Verdict::Holds { states, depth }, Verdict::Holds { states: fewer, depth: as_deep }) => {
            assert_eq!(depth, as_deep, "{about}");
            (states, fewer)
        }
        (
            Verdict::Violated { property, path, states, depth },
            Verdict::Violated { property: same, path: as_long, states: fewer, depth: as_deep },
        ) => {
            assert_eq!((property, depth), (same, as_deep), "{about}");
            // Not only as long: of two runs that differ by names alone both searches meet the same one first.
            assert_eq!(path, as_long, "{about}");
            (states, fewer)
        }
        (without, with) => panic!("{about}: {without:?} without symmetry, {with:?} with it"),
    };
    assert!(fewer * 100 <= all * share, "{fewer} of {all} states: {about}");
}

const ONE_SERVER: [&str; 3] = ["set-nx-px-fence", "set-nx-px", "set-nx-px-renew"];

#[test]
fn promises_hold_with_symmetry_as_they_do_without() {
    for recipe in ONE_SERVER {
        for (world, budgets) in LockScene::standard(recipe, None).into_iter().filter(|(world, _)| *world == World::Sync)
        {
            agree(&lock(recipe, None, world, &[]), world, budgets, TICK_MS, None, 51);
        }
    }
    let renew = lock("set-nx-px-renew", None, World::Anything, &[]);
    agree(&renew, World::Anything, NONE, TICK_MS, None, 51);
    let reads = lock("set-nx-px-fence", None, World::Sync, &[("reads", "fenced")]);
    agree(&reads, World::Sync, Budgets { drops: 1, ..NONE }, TICK_MS, None, 51);
    let unlocked = lock("compare-and-set", None, World::Bounded, &[]);
    agree(&unlocked, World::Bounded, Budgets { drops: 1, ..NONE }, TICK_MS, None, 52);
    let once = [("tries", "1")];
    agree(&lock("set-nx-px-fence", None, World::Bounded, &once), World::Bounded, NONE, TICK_MS, None, 51);
}

#[test]
fn three_clients_have_a_sixth_of_the_states() {
    let three = lock("set-nx-px", None, World::Sync, &[("clients", "3")]);
    agree(&three, World::Sync, NONE, TICK_MS, None, 20);
    agree(&three, World::Sync, Budgets { dups: 1, ..NONE }, TICK_MS, None, 18);
}

/// Two clients and three masters: twelve names for most states.
#[test]
fn two_clients_and_three_masters_have_a_twelfth_of_the_states() {
    let redlock = lock("redlock", None, World::Sync, &[]);
    agree(&redlock, World::Sync, NONE, TICK_MS, None, 12);
    agree(&redlock, World::Sync, Budgets { dups: 1, ..NONE }, TICK_MS, None, 12);
    let hasty = lock("redlock", Some("no-validity-check"), World::Sync, &[]);
    let pause = Budgets { pauses: 1, ..NONE };
    agree(&hasty, World::Sync, pause, TICK_MS, Some("MUTEX-LEASE"), 15);
    let jump = Budgets { clock_steps: 1, ..NONE };
    agree(&redlock, World::Sync, jump, TICK_MS, Some("MUTEX-LEASE"), 15);
}

/// Found are the same runs, move for move.
#[test]
fn mistakes_are_found_with_symmetry_as_they_are_without() {
    for recipe in ONE_SERVER {
        for (mistake, property) in LockScene::mistakes(recipe) {
            // These two need a million states; the pinned table has them.
            if ["incr-second", "fence-in-memory"].contains(mistake) {
                continue;
            }
            let (world, budgets) = LockScene::standard(recipe, Some(mistake))[0];
            let share = if *mistake == "owner-as-fence" { 100 } else { 70 };
            agree(&lock(recipe, Some(mistake), world, &[]), world, budgets, TICK_MS, Some(property), share);
        }
    }
    let forgets = lock("set-nx-px", None, World::Sync, &[("persistence", "none")]);
    let crash = Budgets { crashes: 1, ..NONE };
    agree(&forgets, World::Sync, crash, TICK_MS, Some("MUTEX-LEASE"), 70);
}

/// The states that symmetry leaves, each counted as often as it has different names, are all states: none is lost, and
/// none is looked at under two names.
#[test]
fn names_give_back_exactly_the_states_that_were_left_out() {
    for (clients, budgets) in [("2", Budgets { dups: 1, ..NONE }), ("2", Budgets { crashes: 1, ..NONE }), ("3", NONE)] {
        let p = lock("set-nx-px-fence", None, World::Sync, &[("clients", clients)]);
        let model = || ClusterModel::new(p.clone(), World::Sync, budgets, TICK_MS, None);
        let (with, without) = (model(), model().without_symmetry());
        let declared = p.symmetry(budgets.crashes > 0).expect("the lock declares");
        let all = Renaming::all(p.size(), &declared.sets);
        let (mut seen, mut queue, mut sum) = (BTreeSet::new(), vec![with.start()], 0);
        seen.insert(with.fingerprint(&queue[0]));
        while let Some(state) = queue.pop() {
            let names = all.iter().map(|names| without.fingerprint(&state.renamed(&p, &declared, names)));
            sum += names.collect::<BTreeSet<_>>().len() as u64;
            with.each_next(&state, &mut |_, next| {
                if seen.insert(with.fingerprint(next)) {
                    queue.push(next.clone());
                }
            });
        }
        let Verdict::Holds { states, .. } = Search::new(&without).run(u64::MAX) else { panic!("the promises hold") };
        assert_eq!(sum, states, "{clients} clients, {budgets:?}");
        let Verdict::Holds { states, .. } = Search::new(&with).run(u64::MAX) else { panic!("the promises hold") };
        assert_eq!(seen.len() as u64, states, "{clients} clients, {budgets:?}");
    }
}

/// Walks at random and looks in each state whether renaming commutes with everything the search asks of a state: what comes
/// next, what is broken, the fingerprint. The first complaint, if there is one.
fn complaint<P: Protocol>(p: &P, declared: &Symmetry<P>, world: World, budgets: Budgets, tick: u32) -> Option<String> {
    let model = || ClusterModel::new(p.clone(), world, budgets, tick, None);
    let (with, plain) = (model(), model().without_symmetry());
    let all = Renaming::all(p.size(), &declared.sets);
    let declares = p.symmetry(budgets.crashes > 0).is_some_and(|own| own.sets == declared.sets);
    let print = |state: &_| plain.fingerprint(state);
    let start = plain.start();
    if all.iter().any(|names| print(&start.renamed(p, declared, names)) != print(&start)) {
        return Some("the start has other names".to_owned());
    }
    let mut dice = 0x9E37_79B9_u64;
    for walk in 0..60 {
        let mut state = start.clone();
        for step in 0..40 {
            let mut nexts = Vec::new();
            plain.each_next(&state, &mut |_, next| nexts.push(next.clone()));
            for names in &all {
                let at = |what: &str| Some(format!("{what} in step {step} of walk {walk}"));
                let renamed = state.renamed(p, declared, names);
                let back = all.iter().find(|back| start.cluster.ids().all(|id| back.of(names.of(id)) == id));
                let back = back.expect("a permutation has an inverse among them");
                if print(&renamed.renamed(p, declared, back)) != print(&state) {
                    return at("names that are given back are not the old ones");
                }
                let mut follow = Vec::new();
                plain.each_next(&renamed, &mut |_, next| follow.push(print(next)));
                let mut expected: Vec<u128> = nexts.iter().map(|n| print(&n.renamed(p, declared, names))).collect();
                follow.sort_unstable();
                expected.sort_unstable();
                if follow != expected {
                    return at("other states follow");
                }
                if plain.broken(&renamed) != plain.broken(&state) {
                    return at("another property is broken");
                }
                if declares && with.fingerprint(&renamed) != with.fingerprint(&state) {
                    return at("the fingerprint depends on names");
                }
            }
            if nexts.is_empty() {
                break;
            }
            dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let turn = (dice >> 33) as usize % nexts.len();
            state = nexts.swap_remove(turn);
        }
    }
    None
}

#[test]
fn what_the_lock_says_of_its_nodes_is_true() {
    for (recipe, clients, options) in [
        ("set-nx-px", "3", ("persistence", "none")),
        ("set-nx-px", "2", ("persistence", "everysec")),
        ("set-nx-px", "2", ("replica", "on")),
        ("set-nx-px-fence", "2", ("reads", "fenced")),
        ("set-nx-px-renew", "3", ("timeout", "2000")),
        ("redlock", "2", ("persistence", "none")),
        ("compare-and-set", "3", ("timeout", "2000")),
    ] {
        for mistake in LockScene::mistakes(recipe).map(|(name, _)| Some(*name)).chain([None]) {
            for world in World::ALL {
                for budgets in [ALL, Budgets { crashes: 0, ..ALL }] {
                    let p = lock(recipe, mistake, world, &[("clients", clients), options]);
                    let declared = p.symmetry(budgets.crashes > 0).expect("the lock declares");
                    let found = complaint(&p, &declared, world, budgets, TICK_MS);
                    assert_eq!(found, None, "{recipe} {mistake:?} {world:?} {budgets:?}");
                }
            }
        }
    }
}

#[test]
fn what_coordinated_locks_say_of_their_nodes_is_true() {
    let long = [("rounds", "2"), ("tries", "2"), ("pings", "1"), ("reconnects", "2"), ("retry", "1000")];
    for (recipe, options) in [
        ("zookeeper", &[("clients", "3"), ("reads", "fenced")][..]),
        ("zookeeper", &[("clients", "3"), ("follower", "on")]),
        ("etcd", &[("clients", "2"), ("reads", "plain")]),
        ("consul", &[("clients", "3"), ("delay", "2000")]),
    ] {
        let options = [&long[..], options].concat();
        let mistakes = CoordinationScene::mistakes(recipe).map(|(name, _)| Some(*name));
        for (n, mistake) in mistakes.chain([None]).enumerate() {
            let world = World::ALL[n % 3];
            for budgets in [ALL, Budgets { crashes: 0, ..ALL }] {
                let p: Coordination = configured::<CoordinationScene>(recipe, mistake, world, &options);
                let declared = p.symmetry(budgets.crashes > 0).expect("it declares");
                let found = complaint(&p, &declared, world, budgets, TICK_MS);
                assert_eq!(found, None, "{recipe} {mistake:?} {world:?} {budgets:?}");
            }
        }
    }
}

type Rename = fn(&Lock, Part<Lock>, &Renaming);

fn clients(p: &Lock, rename: Rename) -> Symmetry<Lock> {
    Symmetry { sets: vec![(0..p.clients).map(NodeId).collect()], rename }
}

fn masters(p: &Lock, rename: Rename) -> Symmetry<Lock> {
    Symmetry { sets: vec![p.masters().collect()], rename }
}

/// Clients that start one after the other, whose fence is a hash of who they are, or of whom only the first may have heard
/// of a new master, are not interchangeable; nor are masters of whom one is asked first before a client crashes. The lock
/// does not say so, and if it did, it would be noticed.
#[test]
fn the_lock_does_not_say_it_of_nodes_that_differ() {
    let crash = Budgets { crashes: 2, ..NONE };
    let late = lock("set-nx-px", None, World::Sync, &[("think", "2000")]);
    let random = lock("set-nx-px-fence", Some("owner-as-fence"), World::Anything, &[]);
    let replica = lock("set-nx-px", None, World::Anything, &[("replica", "on")]);
    let redlock = lock("redlock", None, World::Sync, &[]);
    for (p, wrong, world, budgets) in [
        (&late, clients(&late, symmetry::rename), World::Sync, NONE),
        (&random, clients(&random, symmetry::rename), World::Anything, NONE),
        (&replica, clients(&replica, symmetry::rename), World::Anything, crash),
        (&redlock, masters(&redlock, symmetry::rename), World::Sync, crash),
    ] {
        let says = p.symmetry(budgets.crashes > 0).expect("the lock declares");
        assert!(!says.sets.contains(&wrong.sets[0]), "{p:?}");
        assert!(complaint(p, &wrong, world, budgets, TICK_MS).is_some(), "{p:?}");
    }
}

/// Each part that names a node has to be renamed: one that is forgotten is noticed.
#[test]
fn a_name_that_is_forgotten_is_noticed() {
    macro_rules! all_but {
        ($($part:ident),*) => {
            [$((stringify!($part), |p, part, names| {
                if !matches!(part, Part::$part(_)) {
                    symmetry::rename(p, part, names);
                }
            })),*]
        };
    }
    let forgetful: [(&str, Rename); 5] = all_but!(State, Record, Msg, Timer, Ghost);
    let p = lock("set-nx-px-fence", None, World::Sync, &[("reads", "fenced")]);
    for (part, rename) in forgetful {
        assert!(complaint(&p, &clients(&p, rename), World::Sync, ALL, TICK_MS).is_some(), "{part}");
    }
    // Votes are bits, a master each.
    let redlock = lock("redlock", None, World::Sync, &[]);
    let of_masters = masters(&redlock, forgetful[0].1);
    assert!(complaint(&redlock, &of_masters, World::Sync, NONE, TICK_MS).is_some());
}

/// Two bidders and an auctioneer who waits for both bids. The first bid to come wins; or, where ties are broken by number,
/// the bidder with the lower one.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Auction {
    by_number: bool,
    says_interchangeable: bool,
}

const AUCTIONEER: NodeId = NodeId(2);

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Won(NodeId);

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Seen {
    bids: Vec<NodeId>,
    won: bool,
}

impl Protocol for Auction {
    type State = Seen;
    type Record = ();
    type Msg = ();
    type Timer = ();
    type Request = ();
    type Note = Won;
    type Ghost = Option<NodeId>;

    fn size(&self) -> u16 {
        3
    }

    fn boot(&self, me: NodeId, _: &[()], cx: &mut Context<Self>) -> Seen {
        if me != AUCTIONEER {
            cx.send(AUCTIONEER, ());
        }
        Seen { bids: Vec::new(), won: false }
    }

    fn step(&self, me: NodeId, seen: &mut Seen, event: Event<Self>, cx: &mut Context<Self>) {
        let Event::Message { from, .. } = event else { return };
        if me != AUCTIONEER {
            seen.won = true;
            cx.note(Won(me));
            return;
        }
        seen.bids.push(from);
        if let [first, second] = seen.bids[..] {
            cx.send(if self.by_number { first.min(second) } else { first }, ());
        }
    }

    fn observe(&self, ghost: &mut Option<NodeId>, _: NodeId, Won(who): &Won) {
        *ghost = Some(*who);
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let judge = |_: &Self, _: &_, _: &_| Judgement::Fine;
        vec![Property { name: "NONE", kind: Kind::Safety, promised: Worlds::UpTo(World::Anything), judge }]
    }

    fn symmetry(&self, _: bool) -> Option<Symmetry<Self>> {
        self.says_interchangeable.then(bidders)
    }
}

fn bidders() -> Symmetry<Auction> {
    let rename = |_: &Auction, part: Part<Auction>, names: &Renaming| match part {
        Part::State(seen) => seen.bids.iter_mut().for_each(|from| *from = names.of(*from)),
        Part::Ghost(winner) => *winner = winner.map(|who| names.of(who)),
        Part::Record(()) | Part::Msg(()) | Part::Timer(()) => {}
    };
    Symmetry { sets: vec![vec![NodeId(0), NodeId(1)]], rename }
}

fn states(p: &Auction) -> u64 {
    let model = ClusterModel::new(p.clone(), World::Anything, NONE, 1, None);
    match Search::new(&model).run(u64::MAX) {
        Verdict::Holds { states, .. } => states,
        other => panic!("nothing is promised: {other:?}"),
    }
}

#[test]
fn ties_broken_by_number_are_no_symmetry() {
    let auction = |by_number, says_interchangeable| Auction { by_number, says_interchangeable };
    let noticed = |p: &Auction| complaint(p, &bidders(), World::Anything, NONE, 1);
    // First come, first served: either order of bids, and then the winner hears of it.
    assert_eq!(noticed(&auction(false, true)), None);
    assert_eq!((states(&auction(false, false)), states(&auction(false, true))), (7, 4));
    // By number: nothing is merged unless the protocol lies, and the lie is noticed.
    assert_eq!(states(&auction(true, false)), 7);
    assert!(noticed(&auction(true, true)).is_some());
    agree(&auction(true, false), World::Anything, NONE, 1, None, 100);
}
