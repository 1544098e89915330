//! A cluster as a model: in each state, what a world of time and the budgets for faults allow.

use super::choices::{COUNTABLE, HANDFUL, Odometer, Recorded};
use super::desk::{Desk, EachChange, become_like, grows_only, touched};
use super::print::{Known, Parts, Printer};
use super::search::{EachPrinted, Model};
use super::symmetry::Orbits;
use crate::core::cluster::{Action, Cluster, Done, Outage, Trip, remember};
use crate::core::hash::StableHasher;
use crate::core::protocol::{Choices, Clock, Judgement, Kind, NodeId, Order, Property, Protocol, Ticks, World};
use crate::core::symmetry::{Part, Renaming, Symmetry};
use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicBool, Ordering};

/// How many faults a run may have. They lie beside the cluster in the search key, never in it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Budgets {
    pub crashes: u8,
    pub drops: u8,
    pub dups: u8,
    pub pauses: u8,
    pub clock_steps: u8,
    /// Links that are cut. A cut link may heal at any time.
    pub cuts: u8,
    /// Requests from outside; `None`: as many as the protocol offers.
    pub requests: Option<u8>,
}

impl Budgets {
    pub const NONE: Budgets =
        Budgets { crashes: 0, drops: 0, dups: 0, pauses: 0, clock_steps: 0, cuts: 0, requests: None };
}

/// The furthest that a clock is stepped: an hour, where a tick is a millisecond.
const FURTHEST: Ticks = 3_600_000;

/// One step of a run that the search found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Move<P: Protocol> {
    pub action: Action<P>,
    pub trip: Option<Trip>,
    pub picks: Vec<u32>,
}

/// A cluster, its history, and the faults that are left.
#[derive(Clone, Debug)]
pub struct Checked<P: Protocol> {
    pub cluster: Cluster<P>,
    pub ghost: P::Ghost,
    pub left: Budgets,
    pub(super) known: Known,
}

impl<P: Protocol> Checked<P> {
    pub fn new(cluster: Cluster<P>, ghost: P::Ghost, left: Budgets) -> Self {
        Checked { cluster, ghost, left, known: Known::default() }
    }

    /// Feeds what tells two states apart, names of interchangeable nodes included; `with_time`: the ticks that are left do.
    pub fn feed(&self, hasher: &mut impl Hasher, with_time: bool) {
        self.cluster.feed(hasher, with_time);
        self.ghost.hash(hasher);
        self.left.hash(hasher);
    }

    /// A fingerprint of what [`Checked::feed`] feeds.
    pub fn print(&self, with_time: bool) -> u128 {
        let mut hasher = StableHasher::default();
        self.feed(&mut hasher, with_time);
        hasher.wide()
    }

    /// The same with other names for nodes, in the cluster and in its history.
    pub fn renamed(&self, p: &P, symmetry: &Symmetry<P>, names: &Renaming) -> Self {
        let mut ghost = self.ghost.clone();
        (symmetry.rename)(p, Part::Ghost(&mut ghost), names);
        Checked::new(self.cluster.renamed(p, symmetry, names), ghost, self.left)
    }

    /// About how many bytes it takes. What lies behind the pointers of a protocol's own types can only be guessed, from what it
    /// gives to a hasher: where most of it is small maps, it takes twice as much.
    fn bytes(&self) -> usize {
        fn list<T>(items: &Vec<T>) -> usize {
            // A block of the allocator has a head of two words.
            if items.capacity() == 0 { 0 } else { items.capacity() * size_of::<T>() + 2 * size_of::<usize>() }
        }
        let c = &self.cluster;
        let nodes: usize = c.nodes.iter().map(|node| list(&node.log) + list(&node.forcing)).sum();
        let lists = list(&c.nodes) + nodes + list(&c.timers) + list(&c.flights) + list(&c.cuts) + self.known.bytes();
        let mut inner = Counter::default();
        self.ghost.hash(&mut inner);
        for node in &c.nodes {
            node.state.hash(&mut inner);
            node.log.hash(&mut inner);
        }
        c.flights.iter().for_each(|flight| flight.msg.hash(&mut inner));
        size_of_val(self) + lists + 2 * inner.0
    }
}

/// Counts bytes.
#[derive(Default)]
struct Counter(usize);

impl Hasher for Counter {
    fn write(&mut self, bytes: &[u8]) {
        self.0 += bytes.len();
    }
    fn finish(&self) -> u64 {
        self.0 as u64
    }
}

pub struct ClusterModel<P: Protocol> {
    pub protocol: P,
    pub world: World,
    pub budgets: Budgets,
    /// How much time one tick of the search is: the same configuration runs in the simulator, where 1 is a millisecond.
    pub tick: Ticks,
    properties: Vec<Property<P>>,
    /// States that differ by names of interchangeable nodes count as one.
    orbits: Option<Orbits<P>>,
    /// A crash may fall inside a step, between two things that it sends or writes.
    trips: bool,
    /// Where runs begin; otherwise with all nodes starting.
    from: Option<Checked<P>>,
    /// A tick goes to the next deadline, whatever `tick` says.
    to_deadlines: bool,
    /// Of draws with more answers the least and the greatest are tried.
    most_answers: u32,
    narrowed: AtomicBool,
}

impl<P: Protocol> ClusterModel<P> {
    /// Searches for a break of all promised safety properties, or of the one that is named. A liveness property that is named
    /// is broken where it can never be met any more.
    pub fn new(protocol: P, world: World, budgets: Budgets, tick: Ticks, only: Option<&str>) -> Self {
        let properties = protocol
            .properties()
            .into_iter()
            .filter(|p| only.map_or(p.kind == Kind::Safety && p.promised.include(world), |name| p.name == name))
            .collect();
        let orbits = Orbits::of(&protocol, budgets.crashes > 0);
        ClusterModel {
            protocol,
            world,
            budgets,
            tick,
            properties,
            orbits,
            trips: true,
            from: None,
            to_deadlines: false,
            most_answers: COUNTABLE,
            narrowed: AtomicBool::new(false),
        }
    }

    /// The same from another state on. Its timers say in ticks what is left of them.
    ///
    /// States that differ by names alone count as one from there, too, whether or not that state tells the nodes apart: a
    /// permutation takes every run from a state to a run from the renamed state, so what can break after one of them can
    /// after the other.
    pub fn starting_at(self, cluster: Cluster<P>, ghost: P::Ghost) -> Self {
        let mut from = Checked::new(cluster, ghost, self.budgets);
        self.drop_inert(&mut from.cluster);
        ClusterModel { from: Some(from), ..self }
    }

    /// The same, for a configuration in milliseconds, where a tick of fixed length would be too coarse or too fine.
    ///
    /// A tick goes to the next deadline, so that time stands only where a timer comes due; what happens between two
    /// deadlines counts from the earlier one. The worlds mean what they always do: no tick while a message is under way
    /// (sync), nor while a due timer can fire (sync, bounded); none at all where any timer may fire (anything). A clock is
    /// stepped on to the node's next deadline or past all of them, or back by as much as the longest has left.
    pub fn to_deadlines(self) -> Self {
        ClusterModel { to_deadlines: true, ..self }
    }

    /// The same, but of draws with more than a handful of answers the least and the greatest only are tried.
    pub fn with_coarse_draws(self) -> Self {
        ClusterModel { most_answers: HANDFUL, ..self }
    }

    /// Whether answers have been left out of a draw.
    pub fn narrowed(&self) -> bool {
        self.narrowed.load(Ordering::Relaxed)
    }

    /// Where a move of its own leads.
    pub fn follow(&self, state: &Checked<P>, step: &Move<P>) -> Checked<P> {
        let mut next = Checked::new(state.cluster.clone(), state.ghost.clone(), state.left);
        let mut done = Vec::new();
        next.cluster.apply(&self.protocol, &step.action, step.trip, &mut Recorded::new(&step.picks), &mut done);
        remember(&self.protocol, &mut next.ghost, &next.cluster, &done);
        self.drop_inert(&mut next.cluster);
        next
    }

    /// The same, but every state counts for itself.
    pub fn without_symmetry(self) -> Self {
        ClusterModel { orbits: None, ..self }
    }

    /// The same, but a crash falls between two steps only: a coarser world, in which more seems to be right.
    pub fn without_trips(self) -> Self {
        ClusterModel { trips: false, ..self }
    }

    /// The names of the properties that are searched for.
    pub fn properties(&self) -> Vec<&'static str> {
        self.properties.iter().map(|p| p.name).collect()
    }

    /// What the protocol, its clients and the world do by themselves, each with the budgets that are left after it.
    fn natural(&self, c: &Cluster<P>, left: Budgets, actions: &mut Vec<(Action<P>, Budgets)>) {
        let mut previous = None;
        for flight in &c.flights {
            let channel = (flight.from, flight.to);
            let fifo = self.protocol.order(flight.from, flight.to) == Order::Fifo;
            let behind = fifo && previous == Some(channel);
            previous = Some(channel);
            let waits = c.is_up(flight.to) && c.node(flight.to).paused;
            if !(behind || waits) {
                actions.push((Action::Deliver(flight.id), left));
            }
        }
        for id in c.ids().filter(|id| c.runs(*id)) {
            let due = |t: &&crate::core::cluster::Armed<P>| t.node == id && t.due > 0;
            let first = c.timers.iter().filter(due).map(|t| t.due).min();
            for t in c.timers.iter().filter(|t| t.node == id) {
                if self.world == World::Anything || (t.due > 0 && Some(t.due) == first) {
                    actions.push((Action::Fire(id, t.timer.clone()), left));
                }
            }
            if !c.node(id).forcing.is_empty() {
                actions.push((Action::Forced(id), left));
            }
        }
        if left.requests != Some(0) {
            let after = Budgets { requests: left.requests.map(|n| n - 1), ..left };
            let asked = self.protocol.requests(c).into_iter();
            actions.extend(asked.map(|(id, request)| (Action::Request(id, request), after)));
        }
        if self.may_tick(c) {
            actions.push((Action::Tick(self.stride(c)), left));
        }
    }

    /// How far the next tick goes.
    fn stride(&self, c: &Cluster<P>) -> Ticks {
        if !self.to_deadlines {
            return self.tick;
        }
        c.timers.iter().filter(|t| t.due == 0).map(|t| t.left).min().unwrap_or(self.tick)
    }

    fn may_tick(&self, c: &Cluster<P>) -> bool {
        let overdue = || c.timers.iter().any(|t| t.due > 0 && c.runs(t.node));
        let counts = || c.timers.iter().any(|t| t.due == 0);
        let under_way = || c.flights.iter().any(|f| !(c.is_up(f.to) && c.node(f.to).paused));
        let forcing = || c.ids().any(|id| c.runs(id) && !c.node(id).forcing.is_empty());
        match self.world {
            World::Anything => false,
            World::Bounded => counts() && !overdue(),
            World::Sync => counts() && !overdue() && !under_way() && !forcing(),
        }
    }

    fn faults(&self, c: &Cluster<P>, left: Budgets, actions: &mut Vec<(Action<P>, Budgets)>) {
        for id in c.ids() {
            if !c.is_up(id) {
                // Whatever crashed may come back at any time, without a budget: a crash paid for it.
                actions.push((Action::Restart(id), left));
            } else if c.node(id).paused {
                actions.push((Action::Resume(id), left));
            }
        }
        if left.crashes > 0 {
            let after = Budgets { crashes: left.crashes - 1, ..left };
            for id in c.ids().filter(|id| c.is_up(*id)) {
                actions.push((Action::Crash(id, Outage::Killed), after));
                if c.node(id).durable < c.node(id).log.len() as u32 {
                    actions.push((Action::Crash(id, Outage::PowerLost), after));
                }
            }
        }
        if left.pauses > 0 {
            let after = Budgets { pauses: left.pauses - 1, ..left };
            actions.extend(c.ids().filter(|id| c.runs(*id)).map(|id| (Action::Pause(id), after)));
        }
        actions.extend(c.cuts.iter().map(|(a, b)| (Action::Heal(*a, *b), left)));
        if left.cuts > 0 {
            let after = Budgets { cuts: left.cuts - 1, ..left };
            let pairs = c.ids().flat_map(|a| c.ids().filter(move |b| a < *b).map(move |b| (a, b)));
            let whole = pairs.filter(|(a, b)| !c.is_cut(*a, *b));
            actions.extend(whole.map(|(a, b)| (Action::Cut(a, b), after)));
        }
        if left.drops > 0 {
            let after = Budgets { drops: left.drops - 1, ..left };
            actions.extend(c.flights.iter().map(|f| (Action::Drop(f.id), after)));
        }
        if left.dups > 0 {
            let after = Budgets { dups: left.dups - 1, ..left };
            actions.extend(c.flights.iter().map(|f| (Action::Duplicate(f.id), after)));
        }
        if left.clock_steps > 0 && self.world != World::Anything {
            let after = Budgets { clock_steps: left.clock_steps - 1, ..left };
            let wall = |id: NodeId| c.timers.iter().any(|t| t.node == id && t.due == 0 && t.clock == Clock::Wall);
            for id in c.ids().filter(|id| wall(*id)) {
                // Back by a tick, on by a tick, or on past every deadline.
                let ahead = |t: &&crate::core::cluster::Armed<P>| t.node == id && t.clock == Clock::Wall;
                let far = c.timers.iter().filter(ahead).map(|t| t.left).max().unwrap_or(0);
                let next = c.timers.iter().filter(ahead).filter(|t| t.due == 0).map(|t| t.left).min().unwrap_or(0);
                let (back, on) = if self.to_deadlines { (far, next) } else { (self.tick, self.tick) };
                let far = far.min(FURTHEST);
                let (back, on) = (back.min(FURTHEST), on.min(FURTHEST));
                let mut jumps = vec![-(back as i32), on as i32];
                jumps.extend(i32::try_from(far).ok().filter(|far| *far > on as i32));
                actions.extend(jumps.into_iter().map(|by| (Action::StepClock(id, by), after)));
            }
        }
    }

    /// What nobody can react to any more does not tell two states apart.
    pub fn drop_inert(&self, cluster: &mut Cluster<P>) {
        let mut flights = std::mem::take(&mut cluster.flights);
        flights.retain(|f| !self.protocol.inert(cluster, f.to, &f.msg));
        cluster.flights = flights;
    }

    /// Everything that can happen in a state, in the order of the search, each with the budgets that are left after it. Crashes
    /// within a step are not among them.
    pub fn actions(&self, state: &Checked<P>) -> Vec<(Action<P>, Budgets)> {
        let mut actions = Vec::new();
        self.natural(&state.cluster, state.left, &mut actions);
        self.faults(&state.cluster, state.left, &mut actions);
        actions
    }

    /// Takes one of these actions, its step's choices being answered by `choices`.
    pub fn take(&self, state: &mut Checked<P>, action: &Action<P>, left: Budgets, choices: &mut dyn Choices) {
        state.known = Known::default();
        self.act(state, action, left, None, choices, &mut Vec::new());
    }

    fn act(
        &self,
        state: &mut Checked<P>,
        action: &Action<P>,
        left: Budgets,
        trip: Option<Trip>,
        choices: &mut dyn Choices,
        done: &mut Vec<Done<P>>,
    ) {
        state.left = left;
        state.cluster.apply(&self.protocol, action, trip, choices, done);
        remember(&self.protocol, &mut state.ghost, &state.cluster, done);
        self.drop_inert(&mut state.cluster);
    }

    /// Where any armed timer may fire, the ticks that are left mean nothing.
    pub fn with_time(&self) -> bool {
        self.world != World::Anything
    }

    /// Applies the action of `desk` in every way that its step's choices allow, each time to the state as it was.
    fn branch(&self, state: &mut Checked<P>, desk: &mut Desk<P>, left: Budgets, each: EachChange<'_, P>) -> usize {
        let mut odometer = Odometer::new(self.most_answers);
        let mut most_effects = 0;
        let Desk { was, step, done, .. } = desk;
        let node = touched(&state.cluster, &step.action);
        loop {
            was.keep(state, node);
            done.clear();
            self.act(state, &step.action, left, step.trip, &mut odometer, done);
            most_effects = most_effects.max(done.iter().filter(|d| d.effect.leaves_the_process()).count());
            step.picks.clear();
            step.picks.extend_from_slice(odometer.picks());
            let grown = grows_only(step, done);
            let change = was.compare(&self.protocol, state, node, grown);
            each(step, state, &change);
            let ghost = change.ghost;
            was.restore(state, node, ghost, grown);
            if !odometer.next_series() {
                if odometer.narrowed() {
                    self.narrowed.store(true, Ordering::Relaxed);
                }
                return most_effects;
            }
        }
    }

    /// Everything that follows from a state, which is changed by each move in turn and put right again after it.
    fn each_change(&self, state: &mut Checked<P>, desk: &mut Desk<P>, each: EachChange<'_, P>) {
        desk.was.begin(state);
        let mut actions = std::mem::take(&mut desk.actions);
        self.natural(&state.cluster, state.left, &mut actions);
        for (action, left) in actions.drain(..) {
            (desk.step.action, desk.step.trip) = (action, None);
            let effects = self.branch(state, desk, left, each);
            // A crash may fall after any effect of the step but the last: after that one it is an action of its own.
            if self.trips && state.left.crashes > 0 && !matches!(desk.step.action, Action::Tick(_)) {
                let left = Budgets { crashes: left.crashes - 1, ..left };
                for after in 1..effects as u8 {
                    for outage in [Outage::Killed, Outage::PowerLost] {
                        desk.step.trip = Some(Trip { after, outage });
                        self.branch(state, desk, left, each);
                    }
                }
            }
        }
        self.faults(&state.cluster, state.left, &mut actions);
        desk.step.trip = None;
        for (action, left) in actions.drain(..) {
            desk.step.action = action;
            self.branch(state, desk, left, each);
        }
        desk.actions = actions;
    }

    fn each_print(&self, state: &mut Checked<P>, desk: &mut Desk<P>, each: EachPrinted<'_, Self>) {
        let mut printer = self.printer(std::mem::take(&mut desk.parts));
        printer.begin(state);
        self.each_change(state, desk, &mut |step, next, change| {
            let print = printer.after(next, change);
            each(step, next, print);
        });
        desk.parts = printer.end(state);
    }

    fn printer(&self, parts: Vec<Parts>) -> Printer<'_, P> {
        Printer::new(&self.protocol, self.with_time(), self.orbits.as_ref(), parts)
    }
}

impl<P: Protocol> Model for ClusterModel<P> {
    type State = Checked<P>;
    type Move = Move<P>;

    fn start(&self) -> Checked<P> {
        if let Some(from) = &self.from {
            return from.clone();
        }
        let mut done = Vec::new();
        let cluster = Cluster::start(&self.protocol, &mut Odometer::default(), &mut done);
        let mut ghost = P::Ghost::default();
        remember(&self.protocol, &mut ghost, &cluster, &done);
        Checked::new(cluster, ghost, self.budgets)
    }

    fn each_next(&self, state: &Checked<P>, each: &mut dyn FnMut(&Move<P>, &Checked<P>)) {
        let mut desk = Desk::take();
        let mut copy = desk.copy(state);
        self.each_change(&mut copy, &mut desk, &mut |step, next, _| each(step, next));
        desk.give_back(Some(copy));
    }

    fn fingerprint(&self, state: &Checked<P>) -> u128 {
        self.printer(Vec::new()).print(state)
    }

    fn each_printed(&self, state: &Checked<P>, each: &mut dyn FnMut(&Move<P>, &Checked<P>, u128)) {
        let mut desk = Desk::take();
        let mut copy = desk.copy(state);
        self.each_print(&mut copy, &mut desk, each);
        desk.give_back(Some(copy));
    }

    fn each_in_place(&self, state: &mut Checked<P>, each: &mut dyn FnMut(&Move<P>, &Checked<P>, u128)) {
        let mut desk = Desk::take();
        self.each_print(state, &mut desk, each);
        desk.give_back(None);
    }

    fn copied(&self, state: &Checked<P>, spare: Option<Checked<P>>) -> Checked<P> {
        let Some(mut copy) = spare else { return state.clone() };
        become_like(&mut copy, state);
        copy
    }

    fn bytes(&self, state: &Checked<P>) -> usize {
        state.bytes()
    }

    fn broken(&self, state: &Checked<P>) -> Option<&'static str> {
        self.properties
            .iter()
            .find(|p| {
                let judgement = (p.judge)(&self.protocol, &state.cluster, &state.ghost);
                matches!(judgement, Judgement::Broken | Judgement::Never)
            })
            .map(|p| p.name)
    }
}
