//! Random protocols: a table says what a node does. No entry compares names of nodes, so that workers are interchangeable by
//! construction. Where a step sends to several nodes, a crash inside it would tell them apart: then none is declared.

use super::agree;
use faultline::check::model::{Budgets, ClusterModel};
use faultline::core::cluster::Cluster;
use faultline::core::protocol::{
    Clock, Context, Event, Judgement, Kind, NodeId, Order, Property, Protocol, World, Worlds,
};
use faultline::core::symmetry::{Part, Renaming, Symmetry};
use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestError, TestRunner};
use std::cell::Cell;
use std::hash::{BuildHasher, Hasher};

/// A node is at one of so many places.
const PLACES: u8 = 3;
/// What a node is told: one of two messages, one of two timers, the disk, a request.
const EVENTS: usize = 6;

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Table {
    workers: u16,
    server: bool,
    fifo: bool,
    /// So many events a node reacts to.
    fuel: u8,
    /// What a node does first of all.
    boot: Vec<Do>,
    /// Of a worker and of the server, by place and event.
    entries: Vec<(u8, Vec<Do>)>,
    wrong: Wrong,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
enum Do {
    /// A message of this kind.
    Send(To, u8),
    Arm(u8),
    Disarm(u8),
    Write(bool),
    Note,
    /// Remembers who sent what it was told just now.
    Remember,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
enum To {
    Server,
    Sender,
    Others,
    /// Whom it remembers.
    Remembered,
}

/// Which states break the property.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
enum Wrong {
    /// So many workers at this place.
    At(u8, u16),
    /// So many notes.
    Notes(u8),
    /// Somebody noted something after somebody else had.
    TwoNoted,
    /// Two remember the same node.
    SameRemembered,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Mind {
    at: u8,
    fuel: u8,
    remembers: Option<NodeId>,
}

/// A message carries whom its sender remembers.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Told(u8, Option<NodeId>);

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
struct Past {
    notes: u8,
    last: Option<NodeId>,
    two: bool,
}

impl Table {
    fn server(&self) -> Option<NodeId> {
        self.server.then_some(NodeId(self.workers))
    }

    fn carry_out(&self, me: NodeId, mind: &mut Mind, sender: Option<NodeId>, list: &[Do], cx: &mut Context<Self>) {
        for todo in list {
            match *todo {
                Do::Send(to, kind) => {
                    let msg = Told(kind, mind.remembers);
                    let one = match to {
                        To::Others => {
                            let others = (0..self.size()).map(NodeId).filter(|id| *id != me);
                            others.for_each(|id| cx.send(id, msg.clone()));
                            continue;
                        }
                        To::Server => self.server(),
                        To::Sender => sender,
                        To::Remembered => mind.remembers,
                    };
                    if let Some(id) = one.filter(|id| *id != me) {
                        cx.send(id, msg);
                    }
                }
                Do::Arm(timer) => cx.set_timer(timer, Clock::Wall, 1 + u32::from(timer)),
                Do::Disarm(timer) => cx.cancel_timer(timer),
                Do::Write(true) => cx.force(mind.remembers),
                Do::Write(false) => cx.append(mind.remembers),
                Do::Note => cx.note(()),
                Do::Remember => mind.remembers = sender.or(mind.remembers),
            }
        }
    }

    fn tells_many(&self) -> bool {
        let lists = self.entries.iter().map(|(_, list)| list).chain([&self.boot]);
        lists.flatten().any(|todo| matches!(todo, Do::Send(To::Others, _)))
    }
}

impl Protocol for Table {
    type State = Mind;
    type Record = Option<NodeId>;
    type Msg = Told;
    type Timer = u8;
    type Request = ();
    type Note = ();
    type Ghost = Past;

    fn size(&self) -> u16 {
        self.workers + u16::from(self.server)
    }

    fn boot(&self, me: NodeId, log: &[Option<NodeId>], cx: &mut Context<Self>) -> Mind {
        // Who starts again reacts less often: else a crash would feed it.
        let fuel = if cx.incarnation() == 0 { self.fuel } else { 1 };
        let mut mind = Mind { at: 0, fuel, remembers: log.last().copied().flatten() };
        self.carry_out(me, &mut mind, None, &self.boot, cx);
        mind
    }

    fn step(&self, me: NodeId, mind: &mut Mind, event: Event<Self>, cx: &mut Context<Self>) {
        if mind.fuel == 0 {
            return;
        }
        mind.fuel -= 1;
        let (which, sender) = match event {
            Event::Message { from, msg: Told(kind, about) } => {
                // The second kind speaks of whom its sender remembers.
                (usize::from(kind), if kind == 1 { about.or(Some(from)) } else { Some(from) })
            }
            Event::Timeout(timer) => (2 + usize::from(timer), None),
            Event::Durable { .. } => (4, None),
            Event::Request(()) => (5, None),
        };
        let role = usize::from(Some(me) == self.server());
        let (goes, list) = &self.entries[(role * usize::from(PLACES) + usize::from(mind.at)) * EVENTS + which];
        self.carry_out(me, mind, sender, list, cx);
        mind.at = *goes;
    }

    fn observe(&self, past: &mut Past, at: NodeId, (): &()) {
        past.notes = past.notes.saturating_add(1).min(4);
        past.two |= past.last.is_some_and(|last| last != at);
        past.last = Some(at);
    }

    fn requests(&self, cluster: &Cluster<Self>) -> Vec<(NodeId, ())> {
        let fresh = |id: &NodeId| {
            cluster.runs(*id) && cluster.state(*id).is_some_and(|mind| mind.at == 0 && mind.fuel == self.fuel)
        };
        (0..self.workers).map(NodeId).filter(fresh).map(|id| (id, ())).collect()
    }

    fn order(&self, _: NodeId, _: NodeId) -> Order {
        if self.fifo { Order::Fifo } else { Order::Any }
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let judge = |p: &Table, cluster: &Cluster<Table>, past: &Past| {
            let minds = || (0..p.workers).filter_map(|id| cluster.state(NodeId(id)));
            let broken = match p.wrong {
                Wrong::At(place, many) => minds().filter(|mind| mind.at == place).count() >= usize::from(many),
                Wrong::Notes(many) => past.notes >= many,
                Wrong::TwoNoted => past.two,
                Wrong::SameRemembered => {
                    let named: Vec<NodeId> = minds().filter_map(|mind| mind.remembers).collect();
                    named.iter().enumerate().any(|(n, id)| named[..n].contains(id))
                }
            };
            if broken { Judgement::Broken } else { Judgement::Fine }
        };
        vec![Property { name: "RIGHT", kind: Kind::Safety, promised: Worlds::UpTo(World::Anything), judge }]
    }

    fn symmetry(&self, crashes: bool) -> Option<Symmetry<Self>> {
        if crashes && self.tells_many() {
            return None;
        }
        let rename = |_: &Table, part: Part<Table>, names: &Renaming| {
            let again = |id: &mut Option<NodeId>| *id = id.map(|id| names.of(id));
            match part {
                Part::State(mind) => again(&mut mind.remembers),
                Part::Record(record) => again(record),
                Part::Msg(Told(_, about)) => again(about),
                Part::Timer(_) => {}
                Part::Ghost(past) => again(&mut past.last),
            }
        };
        Some(Symmetry { sets: vec![(0..self.workers).map(NodeId).collect()], rename })
    }
}

fn todo() -> impl Strategy<Value = Do> {
    let to =
        prop_oneof![3 => Just(To::Server), 2 => Just(To::Sender), 1 => Just(To::Others), 1 => Just(To::Remembered)];
    prop_oneof![
        4 => (to, 0..2_u8).prop_map(|(to, kind)| Do::Send(to, kind)),
        2 => (0..2_u8).prop_map(Do::Arm),
        1 => (0..2_u8).prop_map(Do::Disarm),
        1 => any::<bool>().prop_map(Do::Write),
        2 => Just(Do::Note),
        2 => Just(Do::Remember),
    ]
}

fn table() -> impl Strategy<Value = Table> {
    let entry = (0..PLACES, proptest::collection::vec(todo(), 0..3));
    let entries = proptest::collection::vec(entry, 2 * usize::from(PLACES) * EVENTS);
    let wrong = prop_oneof![
        (1..PLACES, 1..4_u16).prop_map(|(place, many)| Wrong::At(place, many)),
        (1..5_u8).prop_map(Wrong::Notes),
        Just(Wrong::TwoNoted),
        Just(Wrong::SameRemembered),
    ];
    let boot = proptest::collection::vec(todo(), 0..3);
    (2..4_u16, any::<bool>(), any::<bool>(), 1..4_u8, boot, entries, wrong).prop_map(
        |(workers, server, fifo, fuel, boot, entries, wrong)| Table {
            workers,
            server,
            fifo,
            fuel,
            boot,
            entries,
            wrong,
        },
    )
}

/// At most one fault of one kind: two multiply the states and try nothing else.
fn budgets() -> impl Strategy<Value = Budgets> {
    let one = |budgets: Budgets| Just(Budgets { requests: Some(2), ..budgets });
    prop_oneof![
        2 => one(Budgets::NONE),
        3 => one(Budgets { crashes: 1, ..Budgets::NONE }),
        1 => one(Budgets { drops: 1, ..Budgets::NONE }),
        1 => one(Budgets { dups: 1, ..Budgets::NONE }),
        1 => one(Budgets { pauses: 1, ..Budgets::NONE }),
        1 => one(Budgets { clock_steps: 1, ..Budgets::NONE }),
        1 => one(Budgets { cuts: 1, ..Budgets::NONE }),
    ]
}

/// Above this many states nothing is compared.
const MOST: u64 = 4_000;

#[test]
fn random_protocols_are_judged_alike_with_symmetry_and_without() {
    let given = std::env::var("FAULTLINE_SEED").ok().and_then(|seed| seed.parse().ok());
    // The order of a hash map is drawn anew in each process.
    let seed = given.unwrap_or_else(|| std::hash::RandomState::new().build_hasher().finish());
    let config = ProptestConfig { cases: 400, rng_seed: RngSeed::Fixed(seed), ..ProptestConfig::default() };
    let mut runner = TestRunner::new(ProptestConfig { failure_persistence: None, ..config });
    let (compared, broken, fewer) = (Cell::new(0), Cell::new(0), Cell::new(0));
    let world = prop::sample::select(World::ALL.to_vec());
    let found = runner.run(&(table(), world, budgets()), |(p, world, budgets)| {
        let model = || ClusterModel::new(p.clone(), world, budgets, 1, None);
        let about = format!("{p:?} {world:?} {budgets:?}");
        if agree(model, MOST, &about) {
            compared.set(compared.get() + 1);
            let states = |model| {
                let mut search = faultline::check::search::Search::new(model);
                let broken = matches!(search.run(MOST), faultline::check::search::Verdict::Violated { .. });
                (search.states(), broken)
            };
            let ((with, is_broken), (without, _)) = (states(model()), states(model().without_symmetry()));
            broken.set(broken.get() + u32::from(is_broken));
            fewer.set(fewer.get() + u32::from(with < without));
        }
        Ok(())
    });
    let again = format!("FAULTLINE_SEED={seed} cargo test --test all symmetric::random::random_protocols");
    match found {
        Ok(()) => {}
        Err(TestError::Fail(why, (p, world, budgets))) => {
            panic!("{why}\nthe least: {p:?} {world:?} {budgets:?}\n{again}")
        }
        Err(TestError::Abort(why)) => panic!("{why}\n{again}"),
    }
    // Enough of each was tried.
    let (compared, broken, fewer) = (compared.get(), broken.get(), fewer.get());
    assert!(
        compared >= 200 && broken >= 20 && compared - broken >= 20 && fewer >= 40,
        "{compared} compared, {broken} broken, {fewer} with fewer states: {again}"
    );
}
