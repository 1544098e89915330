//! Everything true at one instant, and the one meaning of each thing that can happen to it.

use super::hash::StableHasher;
use super::protocol::{Choices, Clock, Context, Effect, Event, NodeId, Order, Protocol, Ticks};
use std::hash::{Hash, Hasher};

/// All nodes, what is under way between them, and the links that are cut.
#[derive(Clone, Debug)]
pub struct Cluster<P: Protocol> {
    pub nodes: Vec<Node<P>>,
    /// Ordered by node and name.
    pub timers: Vec<Armed<P>>,
    /// Ordered by sender and receiver; within a channel by content, or by age where the channel is FIFO.
    pub flights: Vec<Flight<P>>,
    /// Pairs whose link is cut, the smaller first, ordered.
    pub cuts: Vec<(NodeId, NodeId)>,
    /// The ordinal of the next message.
    pub next_flight: u32,
}

#[derive(Clone, Debug)]
pub struct Node<P: Protocol> {
    /// `None` while the node is down.
    pub state: Option<P::State>,
    pub log: Vec<P::Record>,
    /// How many records are on the platters.
    pub durable: u32,
    /// Forces that the disk still works on: the log length that each covers, ascending.
    pub forcing: Vec<u32>,
    pub paused: bool,
    /// How often the node has started, the first time not counted.
    pub incarnation: u32,
}

#[derive(Clone, Debug)]
pub struct Armed<P: Protocol> {
    pub node: NodeId,
    pub timer: P::Timer,
    pub clock: Clock,
    /// Ticks until it is due. Counted by `Action::Tick` only: the simulator keeps its own deadlines.
    pub left: Ticks,
    /// Runs on while its node is down.
    pub keep: bool,
    /// 0: not due. Otherwise the order in which the node's timers came due, from 1.
    pub due: u16,
}

#[derive(Clone, Debug)]
pub struct Flight<P: Protocol> {
    /// The message's ordinal in its run: a name, not part of the state.
    pub id: u32,
    pub from: NodeId,
    pub to: NodeId,
    pub msg: P::Msg,
}

/// One thing that can happen.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Action<P: Protocol> {
    /// The message reaches its node; if that is down, it is lost.
    Deliver(u32),
    Drop(u32),
    Duplicate(u32),
    /// The timer goes off at its node.
    Fire(NodeId, P::Timer),
    /// These timers' time has come together on nodes that cannot handle them now: they wait.
    Due(Vec<(NodeId, P::Timer)>),
    /// Time passes: every timer has so many ticks less.
    Tick(Ticks),
    /// The disk has finished the oldest pending force.
    Forced(NodeId),
    Request(NodeId, P::Request),
    Crash(NodeId, Outage),
    Restart(NodeId),
    Pause(NodeId),
    Resume(NodeId),
    /// Nothing passes between the two; what was under way is lost.
    Cut(NodeId, NodeId),
    Heal(NodeId, NodeId),
    /// The wall clock of a node jumps by so many ticks.
    StepClock(NodeId, i32),
}

/// How a node goes down. Memory, timers and what waits at its door are lost either way.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Outage {
    /// The process is killed: all that was appended survives.
    Killed,
    /// The power goes: what was forced survives, and any prefix of the rest.
    PowerLost,
    /// The disk is gone too: nothing survives. No protocol here promises anything after that.
    DiskLost,
}

/// A crash inside a step: after so many of the effects that leave the process (sends and appends).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Trip {
    pub after: u8,
    pub outage: Outage,
}

/// An effect that took place.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Done<P: Protocol> {
    pub node: NodeId,
    pub effect: Effect<P>,
    /// For a send: the message that is now under way; `None` if the link is cut or the same message already is.
    pub flight: Option<u32>,
}

impl<P: Protocol> Cluster<P> {
    /// Starts every node with an empty log.
    pub fn start(p: &P, choices: &mut dyn Choices, done: &mut Vec<Done<P>>) -> Self {
        let empty =
            || Node { state: None, log: Vec::new(), durable: 0, forcing: Vec::new(), paused: false, incarnation: 0 };
        let mut cluster = Cluster {
            nodes: (0..p.size()).map(|_| empty()).collect(),
            timers: Vec::new(),
            flights: Vec::new(),
            cuts: Vec::new(),
            next_flight: 0,
        };
        for me in cluster.ids() {
            cluster.boot(p, me, choices, done);
        }
        cluster
    }

    pub fn ids(&self) -> impl Iterator<Item = NodeId> + use<P> {
        (0..self.nodes.len() as u16).map(NodeId)
    }

    pub fn node(&self, id: NodeId) -> &Node<P> {
        &self.nodes[id.0 as usize]
    }

    fn node_mut(&mut self, id: NodeId) -> &mut Node<P> {
        &mut self.nodes[id.0 as usize]
    }

    pub fn state(&self, id: NodeId) -> Option<&P::State> {
        self.nodes.get(id.0 as usize)?.state.as_ref()
    }

    pub fn is_up(&self, id: NodeId) -> bool {
        self.state(id).is_some()
    }

    /// Up and not paused.
    pub fn runs(&self, id: NodeId) -> bool {
        self.nodes.get(id.0 as usize).is_some_and(|node| node.state.is_some() && !node.paused)
    }

    pub fn is_cut(&self, a: NodeId, b: NodeId) -> bool {
        self.cuts.binary_search(&pair(a, b)).is_ok()
    }

    pub fn flight(&self, id: u32) -> Option<&Flight<P>> {
        self.flights.iter().find(|f| f.id == id)
    }

    pub fn armed(&self, node: NodeId, timer: &P::Timer) -> Option<&Armed<P>> {
        self.timers.iter().find(|t| t.node == node && t.timer == *timer)
    }

    /// Whether the message is the next of its channel, where the channel keeps order.
    pub fn is_next(&self, p: &P, id: u32) -> bool {
        let Some(flight) = self.flight(id) else { return false };
        p.order(flight.from, flight.to) == Order::Any
            || self.flights.iter().find(|f| f.from == flight.from && f.to == flight.to).is_some_and(|f| f.id == id)
    }

    /// Whether an action makes sense now. `apply` of one that does not changes nothing.
    pub fn allows(&self, p: &P, action: &Action<P>) -> bool {
        let known = |n: &NodeId| (n.0 as usize) < self.nodes.len();
        match action {
            Action::Deliver(id) => {
                self.flight(*id).is_some_and(|f| self.is_next(p, *id) && !(self.is_up(f.to) && self.node(f.to).paused))
            }
            Action::Drop(id) | Action::Duplicate(id) => self.flight(*id).is_some(),
            Action::Fire(node, timer) => self.runs(*node) && self.armed(*node, timer).is_some(),
            Action::Due(list) => list.iter().any(|(node, timer)| self.armed(*node, timer).is_some_and(|t| t.due == 0)),
            Action::Tick(_) => true,
            Action::Forced(node) => self.runs(*node) && !self.node(*node).forcing.is_empty(),
            Action::Request(node, _) => self.runs(*node),
            Action::Crash(node, _) => self.is_up(*node),
            Action::Restart(node) => known(node) && !self.is_up(*node),
            Action::Pause(node) => self.runs(*node),
            Action::Resume(node) => self.is_up(*node) && self.node(*node).paused,
            Action::Cut(a, b) => a != b && known(a) && known(b) && !self.is_cut(*a, *b),
            Action::Heal(a, b) => self.is_cut(*a, *b),
            Action::StepClock(node, _) => known(node),
        }
    }

    /// Does it. `trip` cuts the step of the acting node short by a crash. What took place is added to `done`.
    pub fn apply(
        &mut self,
        p: &P,
        action: &Action<P>,
        trip: Option<Trip>,
        choices: &mut dyn Choices,
        done: &mut Vec<Done<P>>,
    ) {
        if !self.allows(p, action) {
            return;
        }
        match action {
            Action::Deliver(id) => {
                let flight = self.take_flight(*id);
                if let Some(Flight { from, to, msg, .. }) = flight {
                    self.step(p, to, Event::Message { from, msg }, trip, choices, done);
                }
            }
            Action::Drop(id) => drop(self.take_flight(*id)),
            Action::Duplicate(id) => {
                if let Some(mut copy) = self.flight(*id).cloned() {
                    copy.id = self.next_flight;
                    self.next_flight += 1;
                    self.add_flight(p, copy);
                }
            }
            Action::Fire(node, timer) => {
                self.disarm(*node, timer);
                self.step(p, *node, Event::Timeout(timer.clone()), trip, choices, done);
            }
            Action::Due(list) => self.mark_due(|t| list.iter().any(|(n, timer)| *n == t.node && *timer == t.timer)),
            Action::Tick(ticks) => {
                for armed in &mut self.timers {
                    armed.left = armed.left.saturating_sub(*ticks);
                }
                self.mark_due(|t| t.left == 0);
            }
            Action::Forced(node) => {
                let disk = self.node_mut(*node);
                let upto = disk.forcing.remove(0);
                disk.durable = disk.durable.max(upto);
                self.step(p, *node, Event::Durable { upto }, trip, choices, done);
            }
            Action::Request(node, request) => {
                self.step(p, *node, Event::Request(request.clone()), trip, choices, done);
            }
            Action::Crash(node, outage) => self.crash(*node, *outage, choices),
            Action::Restart(node) => self.restart(p, *node, choices, done),
            Action::Pause(node) => self.node_mut(*node).paused = true,
            Action::Resume(node) => self.node_mut(*node).paused = false,
            Action::Cut(a, b) => {
                if let Err(at) = self.cuts.binary_search(&pair(*a, *b)) {
                    self.cuts.insert(at, pair(*a, *b));
                }
                self.flights.retain(|f| pair(f.from, f.to) != pair(*a, *b));
            }
            Action::Heal(a, b) => self.cuts.retain(|cut| *cut != pair(*a, *b)),
            Action::StepClock(node, ticks) => {
                for armed in self.timers.iter_mut().filter(|t| t.node == *node && t.clock == Clock::Wall) {
                    let left = i64::from(armed.left) - i64::from(*ticks);
                    armed.left = left.clamp(0, i64::from(Ticks::MAX)) as Ticks;
                }
                self.mark_due(|t| t.node == *node && t.clock == Clock::Wall && t.left == 0);
            }
        }
    }

    /// Timers that came due together share a rank, after those that waited already.
    fn mark_due(&mut self, is_due: impl Fn(&Armed<P>) -> bool) {
        for node in self.ids() {
            let rank = 1 + self.timers.iter().filter(|t| t.node == node).map(|t| t.due).max().unwrap_or(0);
            for armed in self.timers.iter_mut().filter(|t| t.node == node && t.due == 0 && is_due(t)) {
                armed.due = rank;
            }
        }
    }

    fn step(
        &mut self,
        p: &P,
        me: NodeId,
        event: Event<P>,
        trip: Option<Trip>,
        choices: &mut dyn Choices,
        done: &mut Vec<Done<P>>,
    ) {
        let node = &mut self.nodes[me.0 as usize];
        let Some(state) = node.state.as_mut() else { return };
        let before = done.len();
        p.step(me, state, event, &mut Context::new(me, done, choices, node.incarnation));
        self.carry_out(p, me, before, trip, choices, done);
    }

    fn boot(&mut self, p: &P, me: NodeId, choices: &mut dyn Choices, done: &mut Vec<Done<P>>) {
        let node = &mut self.nodes[me.0 as usize];
        // Recovery forces the log that it found before it acts on it.
        node.durable = node.log.len() as u32;
        let before = done.len();
        let state = p.boot(me, &node.log, &mut Context::new(me, done, choices, node.incarnation));
        node.state = Some(state);
        self.carry_out(p, me, before, None, choices, done);
    }

    fn restart(&mut self, p: &P, me: NodeId, choices: &mut dyn Choices, done: &mut Vec<Done<P>>) {
        self.node_mut(me).incarnation += 1;
        self.boot(p, me, choices, done);
        // Deadlines on disk that passed while the node was down have passed before it answers anybody.
        while let Some(at) = self.timers.iter().position(|t| t.node == me && t.due > 0) {
            let timer = self.timers.remove(at).timer;
            self.step(p, me, Event::Timeout(timer), None, choices, done);
        }
    }

    fn crash(&mut self, me: NodeId, outage: Outage, choices: &mut dyn Choices) {
        self.timers.retain(|t| t.node != me || t.keep);
        let node = self.node_mut(me);
        node.state = None;
        node.paused = false;
        node.forcing.clear();
        let length = node.log.len() as u32;
        if outage == Outage::DiskLost {
            node.log.clear();
            node.durable = 0;
        } else if outage == Outage::PowerLost && length > node.durable {
            let survivors = node.durable + choices.below(length - node.durable + 1);
            node.log.truncate(survivors as usize);
        }
    }

    /// `before`: how many effects `done` had before those of this step.
    fn carry_out(
        &mut self,
        p: &P,
        me: NodeId,
        before: usize,
        trip: Option<Trip>,
        choices: &mut dyn Choices,
        done: &mut Vec<Done<P>>,
    ) {
        let mut left_the_process = 0;
        for nth in before..done.len() {
            let Done { effect, flight, .. } = &mut done[nth];
            if let Some(trip) = trip
                && left_the_process == trip.after
                && (effect.leaves_the_process() || trip.after == 0)
            {
                done.truncate(nth);
                self.crash(me, trip.outage, choices);
                return;
            }
            left_the_process += u8::from(effect.leaves_the_process());
            match &*effect {
                Effect::Send { to, msg } => *flight = self.send(p, me, *to, msg),
                Effect::SetTimer { timer, clock, after, keep } => self.arm(me, timer, *clock, *after, *keep),
                Effect::CancelTimer(timer) => self.disarm(me, timer),
                Effect::Append { record, force } => {
                    let at_once = p.forces_at_once(me);
                    let node = self.node_mut(me);
                    node.log.push(record.clone());
                    let length = node.log.len() as u32;
                    if at_once {
                        node.durable = length;
                    } else if *force {
                        node.forcing.push(length);
                    }
                }
                Effect::Sync => {
                    let node = self.node_mut(me);
                    let length = node.log.len() as u32;
                    if node.forcing.last().copied().unwrap_or(node.durable) < length {
                        node.forcing.push(length);
                    }
                }
                Effect::Compact { records } => {
                    let node = self.node_mut(me);
                    node.log.clone_from(records);
                    node.durable = records.len() as u32;
                    node.forcing.clear();
                }
                Effect::Note(_) => {}
            }
        }
        if trip.is_some() {
            self.crash(me, trip.map_or(Outage::Killed, |t| t.outage), choices);
        }
    }

    fn send(&mut self, p: &P, from: NodeId, to: NodeId, msg: &P::Msg) -> Option<u32> {
        let same = |f: &Flight<P>| f.from == from && f.to == to && f.msg == *msg;
        if self.is_cut(from, to) || (to.0 as usize) >= self.nodes.len() || self.flights.iter().any(same) {
            return None;
        }
        let id = self.next_flight;
        self.next_flight += 1;
        self.add_flight(p, Flight { id, from, to, msg: msg.clone() });
        Some(id)
    }

    fn add_flight(&mut self, p: &P, flight: Flight<P>) {
        let fifo = p.order(flight.from, flight.to) == Order::Fifo;
        let at = self.flights.partition_point(|f| {
            let channel = (f.from, f.to).cmp(&(flight.from, flight.to));
            if fifo { channel.is_le() } else { channel.then_with(|| f.msg.cmp(&flight.msg)).is_le() }
        });
        self.flights.insert(at, flight);
    }

    fn take_flight(&mut self, id: u32) -> Option<Flight<P>> {
        let at = self.flights.iter().position(|f| f.id == id)?;
        Some(self.flights.remove(at))
    }

    fn arm(&mut self, node: NodeId, timer: &P::Timer, clock: Clock, left: Ticks, keep: bool) {
        self.disarm(node, timer);
        let at = self.timers.partition_point(|t| (t.node, &t.timer) < (node, timer));
        // A timer of no ticks is a continuation: due at once, yet a separate event.
        let waiting = self.timers.iter().filter(|t| t.node == node).map(|t| t.due).max().unwrap_or(0);
        let due = if left == 0 { waiting + 1 } else { 0 };
        self.timers.insert(at, Armed { node, timer: timer.clone(), clock, left, keep, due });
    }

    fn disarm(&mut self, node: NodeId, timer: &P::Timer) {
        self.timers.retain(|t| t.node != node || t.timer != *timer);
    }

    /// The hash of the state: nodes, logs, names of armed timers, flights, links, paused and down. No durations.
    pub fn hash_state(&self) -> u128 {
        let mut hasher = StableHasher::default();
        self.feed(&mut hasher, false);
        hasher.wide()
    }

    /// Feeds everything that decides what can happen next; `with_time` adds the ticks that are left.
    pub fn feed(&self, hasher: &mut impl Hasher, with_time: bool) {
        for node in &self.nodes {
            node.state.hash(hasher);
            node.log.hash(hasher);
            node.durable.hash(hasher);
            node.forcing.hash(hasher);
            (node.paused, node.incarnation).hash(hasher);
        }
        hasher.write_usize(self.timers.len());
        for t in &self.timers {
            (t.node, &t.timer, t.due).hash(hasher);
            if with_time {
                t.left.hash(hasher);
            }
        }
        hasher.write_usize(self.flights.len());
        for f in &self.flights {
            (f.from, f.to, &f.msg).hash(hasher);
        }
        self.cuts.hash(hasher);
    }
}

/// A link's name: the smaller node first.
pub(super) fn pair(a: NodeId, b: NodeId) -> (NodeId, NodeId) {
    if a <= b { (a, b) } else { (b, a) }
}

/// Adds what took place to the history.
pub fn remember<P: Protocol>(p: &P, ghost: &mut P::Ghost, cluster: &Cluster<P>, done: &[Done<P>]) {
    for d in done {
        if let Effect::Note(note) = &d.effect {
            p.observe(ghost, d.node, note);
        }
    }
    p.witness(ghost, cluster);
}
