//! A cluster with a clock: every flight and every timer has its time, and the earliest happens next.

mod clocks;

use super::draws::{Purpose, draw, scale};
use super::faults::{Background, Pace, Setting};
use super::time::Time;
use crate::core::cluster::{Action, Cluster, Done, Trip, remember};
use crate::core::hash;
use crate::core::map::{Map, sort_few};
use crate::core::protocol::{Choices, Clock, Effect, Judgement, NodeId, Order, Property, Protocol};
use std::sync::Arc;

/// One thing that a person does.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Input<P: Protocol> {
    Act(Action<P>),
    /// Moves a message's arrival by so many µs.
    Delay(u32, i64),
    /// The node's wall clock jumps by so many µs.
    StepClock(NodeId, i64),
    /// The node's clocks run faster by so many millionths (slower, if negative).
    Drift(NodeId, i32),
    /// The node will crash inside its next step.
    Trip(NodeId, Trip),
    /// A fault of the background changes.
    Set(Setting),
}

/// An input, when it comes, and the answers to the choices in its step where they are recorded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Placed<P: Protocol> {
    pub time: Time,
    /// How many automatic events happen at exactly this time before it.
    pub nth: u32,
    pub input: Input<P>,
    pub picks: Option<Vec<u32>>,
}

/// How a node's clocks run.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct NodeClock {
    /// Rate of both its clocks, in millionths above true time.
    pub ppm: i32,
    /// How far the wall clock was ahead of true time at `since`, in µs.
    pub offset: i64,
    pub since: Time,
}

impl NodeClock {
    /// How far the wall clock is ahead of true time, in µs.
    pub fn ahead(&self, now: Time) -> i64 {
        let drifted = i128::from(now.saturating_sub(self.since)) * i128::from(self.ppm) / 1_000_000;
        self.offset.saturating_add(i64::try_from(drifted).unwrap_or(i64::MAX))
    }
}

/// One event and all that it did.
#[derive(Clone, Debug)]
pub struct Happening<P: Protocol> {
    pub time: Time,
    pub input: Input<P>,
    pub by_hand: bool,
    /// The node at which it happened, if it happened at one.
    pub node: Option<NodeId>,
    /// The message that it was about.
    pub flight: Option<Passage<P>>,
    pub done: Vec<Done<P>>,
    /// Messages that it put under way: ordinal, and when each is due.
    pub sent: Vec<(u32, Option<Time>)>,
    /// Messages that it destroyed.
    pub lost: Vec<u32>,
    /// Indices of the events that led to it directly: the one before at its node, and the one that sent its message.
    pub after: [Option<u32>; 2],
    /// The message reached a node that was down: it is lost.
    pub in_vain: bool,
    /// The node went down within its step.
    pub crashed: bool,
    /// Safety properties that it broke.
    pub broke: Vec<&'static str>,
}

/// A message and its way.
#[derive(Clone, Debug)]
pub struct Passage<P: Protocol> {
    pub id: u32,
    pub from: NodeId,
    pub to: NodeId,
    pub msg: P::Msg,
    pub sent: Time,
}

#[derive(Clone, Copy, Debug)]
struct Transit {
    id: u32,
    sent: Time,
    /// `None`: held until a command.
    due: Option<Time>,
    lost: bool,
    sent_by: u32,
}

#[derive(Clone, Debug)]
struct Deadline<P: Protocol> {
    node: NodeId,
    timer: P::Timer,
    clock: Clock,
    armed: Time,
    due: Time,
}

#[derive(Clone, Debug)]
pub struct Simulation<P: Protocol> {
    pub protocol: Arc<P>,
    properties: Arc<Vec<Property<P>>>,
    pub cluster: Cluster<P>,
    pub ghost: P::Ghost,
    pub background: Background,
    pub now: Time,
    /// When the tick began, where ticks go from deadline to deadline.
    since: Time,
    /// Events so far.
    pub events: u32,
    /// Automatic events at exactly `now`.
    pub at_once: u32,
    /// Inputs that have been carried out.
    pub inputs: usize,
    /// Chains (time, action, effects) of every event.
    pub run_hash: u64,
    seed: u64,
    transits: Vec<Transit>,
    deadlines: Vec<Deadline<P>>,
    forces: Vec<(NodeId, Time)>,
    clocks: Vec<NodeClock>,
    trips: Map<NodeId, Trip>,
    ordinals: Map<(u16, u16), u64>,
    picks: Map<NodeId, u64>,
    last_at: Vec<Option<u32>>,
    broken: u32,
}

/// Answers from a recording, or drawn for the node that asks.
struct Drawn<'a> {
    seed: u64,
    node: NodeId,
    ordinals: &'a mut Map<NodeId, u64>,
    recorded: Option<std::slice::Iter<'a, u32>>,
}

impl Choices for Drawn<'_> {
    fn below(&mut self, bound: u32) -> u32 {
        if bound <= 1 {
            return 0;
        }
        if let Some(recorded) = &mut self.recorded {
            return recorded.next().copied().unwrap_or(0).min(bound - 1);
        }
        let ordinal = self.ordinals.or_insert(self.node, 0);
        *ordinal += 1;
        let number = draw(self.seed, Purpose::Pick, (self.node.0, self.node.0), *ordinal);
        scale(number, bound.into()) as u32
    }
}

impl<P: Protocol> std::fmt::Debug for Property<P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

impl<P: Protocol> Simulation<P> {
    /// Boots the cluster at time 0.
    pub fn new(protocol: Arc<P>, background: Background, seed: u64) -> Self {
        let size = protocol.size() as usize;
        let mut done = Vec::new();
        let mut picks = Map::new();
        let mut choices = Drawn { seed, node: NodeId(u16::MAX), ordinals: &mut picks, recorded: None };
        let cluster = Cluster::start(protocol.as_ref(), &mut choices, &mut done);
        let mut simulation = Simulation {
            properties: Arc::new(protocol.properties()),
            cluster,
            ghost: P::Ghost::default(),
            background,
            now: 0,
            since: 0,
            events: 0,
            at_once: 0,
            inputs: 0,
            run_hash: 0,
            seed,
            transits: Vec::new(),
            deadlines: Vec::new(),
            forces: Vec::new(),
            clocks: vec![NodeClock::default(); size],
            trips: Map::new(),
            ordinals: Map::new(),
            picks,
            last_at: vec![None; size],
            broken: 0,
            protocol,
        };
        simulation.settle(&done, 0);
        simulation
    }

    pub fn properties(&self) -> &[Property<P>] {
        &self.properties
    }

    pub fn judge(&self, property: &Property<P>) -> Judgement {
        (property.judge)(self.protocol.as_ref(), &self.cluster, &self.ghost)
    }

    /// When a message was sent and when it is due; `None` if it is not under way.
    pub fn transit(&self, id: u32) -> Option<(Time, Option<Time>)> {
        self.transits.iter().find(|t| t.id == id).map(|t| (t.sent, t.due))
    }

    /// Each message under way with the event that sent it.
    pub fn senders(&self) -> impl Iterator<Item = (u32, u32)> {
        self.transits.iter().map(|t| (t.id, t.sent_by))
    }

    /// When a timer was armed and when it is due, by true time.
    pub fn deadline(&self, node: NodeId, timer: &P::Timer) -> Option<(Time, Time)> {
        self.deadlines.iter().find(|d| d.node == node && d.timer == *timer).map(|d| (d.armed, d.due))
    }

    /// When each pending force of a node ends, the oldest first.
    pub fn forces(&self, node: NodeId) -> impl Iterator<Item = Time> {
        self.forces.iter().filter(move |f| f.0 == node).map(|f| f.1)
    }

    pub fn trip(&self, node: NodeId) -> Option<Trip> {
        self.trips.get(&node).copied()
    }

    pub fn clock(&self, node: NodeId) -> NodeClock {
        self.clocks.get(node.0 as usize).copied().unwrap_or_default()
    }

    /// The next event by itself, and when.
    fn next_by_itself(&self) -> Option<(Time, Action<P>)> {
        let flowing = self.background.pace == Pace::Flowing;
        let mut best: Option<(Time, u8, u32, Action<P>)> = None;
        let mut offer = |time: Time, class, id, action: &dyn Fn() -> Action<P>| {
            if best.as_ref().is_none_or(|(t, c, i, _)| (time, class, id) < (*t, *c, *i)) {
                best = Some((time, class, id, action()));
            }
        };
        for (n, d) in self.deadlines.iter().enumerate() {
            let rank = self.cluster.armed(d.node, &d.timer).map_or(0, |t| t.due);
            let order = (u32::from(rank) << 16) | n as u32;
            match self.background.pace {
                Pace::Free => {}
                Pace::Flowing if self.cluster.runs(d.node) => {
                    offer(d.due, 0, order, &|| Action::Fire(d.node, d.timer.clone()));
                }
                Pace::Ticks(_) | Pace::Deadlines if rank > 0 && self.cluster.runs(d.node) => {
                    // At the end of this tick, not of the one in which it came due: the node may have been paused since.
                    offer(self.tick_end() - 1, 1, order, &|| Action::Fire(d.node, d.timer.clone()));
                }
                _ if rank == 0 => {
                    let due = self.comes_due(d);
                    offer(due, 0, 0, &|| Action::Due(self.due_at(due)));
                }
                _ => {}
            }
        }
        if flowing {
            for t in &self.transits {
                let Some(flight) = self.cluster.flight(t.id) else { continue };
                let waits = self.cluster.is_up(flight.to) && self.cluster.node(flight.to).paused;
                // Where the channel keeps order, one that is due waits for those that were sent before it and delayed.
                let behind = !t.lost && !self.cluster.is_next(self.protocol.as_ref(), t.id);
                if let (Some(due), false) = (t.due, behind || (waits && !t.lost)) {
                    let lost = t.lost;
                    offer(due, 2, t.id, &|| if lost { Action::Drop(t.id) } else { Action::Deliver(t.id) });
                }
            }
            for (node, time) in self.forces.iter().filter(|(node, _)| self.cluster.runs(*node)) {
                offer(*time, 1, u32::from(node.0), &|| Action::Forced(*node));
            }
        }
        best.map(|(time, _, _, action)| (time.max(self.now), action))
    }

    /// Timers that wait for their time and reach it now, together.
    fn due_at(&self, time: Time) -> Vec<(NodeId, P::Timer)> {
        let flowing = self.background.pace == Pace::Flowing;
        self.deadlines
            .iter()
            .filter(|d| self.comes_due(d) <= time && !(flowing && self.cluster.runs(d.node)))
            .filter(|d| self.cluster.armed(d.node, &d.timer).is_some_and(|t| t.due == 0))
            .map(|d| (d.node, d.timer.clone()))
            .collect()
    }

    /// When the next event happens, the inputs included; `None` if nothing will.
    pub fn next_time(&self, inputs: &[Placed<P>]) -> Option<Time> {
        let by_itself = self.next_by_itself().map(|(time, _)| time);
        let input = inputs.get(self.inputs).map(|i| i.time.max(self.now));
        by_itself.into_iter().chain(input).min()
    }

    /// Does the next thing, if it comes no later than `until`.
    pub fn step(&mut self, inputs: &[Placed<P>], until: Time) -> Option<Happening<P>> {
        let next = self.next_by_itself();
        if let Some(placed) = inputs.get(self.inputs) {
            let time = placed.time.max(self.now);
            let count = if time == self.now { self.at_once } else { 0 };
            let first = next.as_ref().is_none_or(|(t, _)| time < *t || (time == *t && count >= placed.nth));
            if first {
                if time > until {
                    return None;
                }
                self.pass(time);
                self.inputs += 1;
                return Some(self.happen(placed.input.clone(), placed.picks.as_deref(), true));
            }
        }
        let (time, action) = next?;
        if time > until {
            return None;
        }
        self.pass(time);
        self.at_once += 1;
        Some(self.happen(Input::Act(action), None, false))
    }

    /// Time passes without an event.
    pub fn pass(&mut self, to: Time) {
        if to > self.now {
            self.now = to;
            self.at_once = 0;
        }
    }

    /// Carries out one input now.
    fn happen(&mut self, input: Input<P>, picks: Option<&[u32]>, by_hand: bool) -> Happening<P> {
        let index = self.events;
        let flights_before = self.cluster.next_flight;
        let flight = self.passage(&input);
        let node = self.place(&input, flight.as_ref());
        let sent_by = flight.as_ref().and_then(|f| self.transits.iter().find(|t| t.id == f.id)).map(|t| t.sent_by);
        let mut done = Vec::new();
        let mut crashed = false;
        let delivers = matches!(input, Input::Act(Action::Deliver(_)));
        let in_vain = delivers && flight.as_ref().is_some_and(|f| !self.cluster.is_up(f.to));
        match &input {
            Input::Act(action) => {
                let trip = self.stepping(action).and_then(|node| self.trips.remove(&node));
                self.drop_waiting(action);
                if let Action::Crash(node, _) = action {
                    // Whoever goes down by hand is not waiting to go down in a step.
                    self.trips.remove(node);
                }
                let mut choices = Drawn {
                    seed: self.seed,
                    node: node.unwrap_or(NodeId(u16::MAX)),
                    ordinals: &mut self.picks,
                    recorded: picks.map(<[u32]>::iter),
                };
                // What its step writes next takes the disk a time of its own.
                if let Action::Forced(node) = action
                    && self.cluster.allows(&self.protocol, action)
                    && let Some(ended) = self.forces.iter().position(|f| f.0 == *node)
                {
                    self.forces.remove(ended);
                }
                self.cluster.apply(self.protocol.as_ref(), action, trip, &mut choices, &mut done);
                crashed = trip.is_some();
                if matches!(action, Action::Due(_)) {
                    self.begin_tick();
                }
            }
            Input::Delay(id, by) => self.delay(*id, *by),
            Input::StepClock(node, by) => self.step_clock(*node, *by),
            Input::Drift(node, ppm) => self.drift(*node, *ppm),
            Input::Trip(node, trip) => drop(self.trips.insert(*node, *trip)),
            Input::Set(setting) => {
                self.background.set(setting);
                if matches!(setting, Setting::Pace(_)) {
                    self.change_pace();
                }
            }
        }
        let mut lost = self.settle(&done, index);
        remember(self.protocol.as_ref(), &mut self.ghost, &self.cluster, &done);
        let sent = self.transits.iter().filter(|t| t.id >= flights_before).map(|t| (t.id, t.due)).collect();
        let about = flight.as_ref().map(|f| f.id);
        let delivered = matches!(input, Input::Act(Action::Deliver(_)));
        lost.retain(|id| !(delivered && about == Some(*id)));
        let before = node.and_then(|n| self.last_at.get(n.0 as usize).copied().flatten());
        if let Some(slot) = node.and_then(|n| self.last_at.get_mut(n.0 as usize)) {
            *slot = Some(index);
        }
        self.events += 1;
        self.run_hash = hash::narrow(&(self.run_hash, self.now, &input, &done));
        let broke = self.newly_broken();
        Happening {
            time: self.now,
            input,
            by_hand,
            node,
            flight,
            done,
            sent,
            lost,
            after: [before, sent_by],
            in_vain,
            crashed,
            broke,
        }
    }

    fn passage(&self, input: &Input<P>) -> Option<Passage<P>> {
        let id = match input {
            Input::Act(Action::Deliver(id) | Action::Drop(id) | Action::Duplicate(id)) | Input::Delay(id, _) => *id,
            _ => return None,
        };
        let flight = self.cluster.flight(id)?;
        let sent = self.transits.iter().find(|t| t.id == id).map_or(self.now, |t| t.sent);
        Some(Passage { id, from: flight.from, to: flight.to, msg: flight.msg.clone(), sent })
    }

    /// The node at which an input happens.
    fn place(&self, input: &Input<P>, flight: Option<&Passage<P>>) -> Option<NodeId> {
        match input {
            Input::Act(action) => match action {
                Action::Deliver(_) => flight.map(|f| f.to),
                Action::Fire(node, _)
                | Action::Forced(node)
                | Action::Request(node, _)
                | Action::Crash(node, _)
                | Action::Restart(node)
                | Action::Pause(node)
                | Action::Resume(node)
                | Action::StepClock(node, _) => Some(*node),
                Action::Due(list) => list.first().map(|(node, _)| *node),
                Action::Drop(_) | Action::Duplicate(_) | Action::Tick(_) | Action::Cut(..) | Action::Heal(..) => None,
            },
            Input::StepClock(node, _) | Input::Drift(node, _) | Input::Trip(node, _) => Some(*node),
            Input::Delay(..) | Input::Set(_) => None,
        }
    }

    /// The node whose step an action is.
    pub fn stepping(&self, action: &Action<P>) -> Option<NodeId> {
        match action {
            Action::Deliver(id) => self.cluster.flight(*id).map(|f| f.to).filter(|to| self.cluster.runs(*to)),
            Action::Fire(node, _) | Action::Forced(node) | Action::Request(node, _) => Some(*node),
            _ => None,
        }
    }

    /// What waited at the door of a paused node goes down with it.
    fn drop_waiting(&mut self, action: &Action<P>) {
        if let Action::Crash(node, _) = action
            && self.cluster.is_up(*node)
            && self.cluster.node(*node).paused
        {
            let now = self.now;
            let waits = |f: &&crate::core::cluster::Flight<P>| {
                f.to == *node && self.transits.iter().any(|t| t.id == f.id && t.due.is_some_and(|due| due <= now))
            };
            let ids: Vec<u32> = self.cluster.flights.iter().filter(waits).map(|f| f.id).collect();
            for id in ids {
                let mut none = Drawn { seed: 0, node: *node, ordinals: &mut self.picks, recorded: None };
                self.cluster.apply(self.protocol.as_ref(), &Action::Drop(id), None, &mut none, &mut Vec::new());
            }
        }
    }

    /// Brings flights, deadlines and forces in line with the cluster after a step. Returns the messages that are gone.
    fn settle(&mut self, done: &[Done<P>], index: u32) -> Vec<u32> {
        let cluster = &self.cluster;
        let mut gone = Vec::new();
        self.transits.retain(|t| {
            let there = cluster.flight(t.id).is_some();
            if !there {
                gone.push(t.id);
            }
            there
        });
        let known = self.transits.last().map_or(0, |t| t.id + 1);
        let mut fresh: Vec<u32> = cluster.flights.iter().map(|f| f.id).filter(|id| *id >= known).collect();
        fresh.retain(|id| !self.transits.iter().any(|t| t.id == *id));
        sort_few(&mut fresh, |id| *id);
        for id in fresh {
            self.send(id, index);
        }
        if self.background.pace == Pace::Flowing {
            let held: Vec<u32> = self.transits.iter().filter(|t| t.due.is_none()).map(|t| t.id).collect();
            for id in held {
                let due = self.now + self.latency(id);
                if let Some(t) = self.transits.iter_mut().find(|t| t.id == id) {
                    t.due = Some(due);
                }
            }
        }
        for d in done {
            if let Effect::SetTimer { timer, clock, after, .. } = &d.effect {
                self.arm(d.node, timer, *clock, *after);
            }
        }
        let cluster = &self.cluster;
        self.deadlines.retain(|d| cluster.armed(d.node, &d.timer).is_some());
        for node in self.cluster.ids() {
            let pending = self.cluster.node(node).forcing.len();
            let mut known = self.forces.iter().filter(|f| f.0 == node).count();
            while known > pending {
                let oldest = self.forces.iter().position(|f| f.0 == node);
                oldest.map(|at| self.forces.remove(at));
                known -= 1;
            }
            while known < pending {
                let busy = self.forces.iter().filter(|f| f.0 == node).map(|f| f.1).max().unwrap_or(0);
                self.forces.push((node, busy.max(self.now) + self.background.disk));
                known += 1;
            }
        }
        gone
    }

    fn latency(&mut self, id: u32) -> Time {
        let Some(flight) = self.cluster.flight(id) else { return 0 };
        let link = (flight.from.0, flight.to.0);
        let ordinal = self.ordinals.or_insert(link, 0);
        *ordinal += 1;
        let number = draw(self.seed, Purpose::Latency, link, *ordinal);
        let (low, high) = self.background.latency;
        low + scale(number, high.saturating_sub(low) + 1)
    }

    fn send(&mut self, id: u32, sent_by: u32) {
        if self.background.pace != Pace::Flowing {
            self.transits.push(Transit { id, sent: self.now, due: None, lost: false, sent_by });
            return;
        }
        let takes = self.latency(id);
        let Some(flight) = self.cluster.flight(id) else { return };
        let link = (flight.from.0, flight.to.0);
        let ordinal = self.ordinals.get(&link).copied().unwrap_or(0);
        let lost = scale(draw(self.seed, Purpose::Loss, link, ordinal), 1000) < u64::from(self.background.loss);
        let mut due = self.now + if lost { takes / 2 } else { takes };
        if self.protocol.order(flight.from, flight.to) == Order::Fifo {
            let ahead =
                |t: &&Transit| self.cluster.flight(t.id).is_some_and(|f| (f.from, f.to) == (flight.from, flight.to));
            due = due.max(self.transits.iter().filter(ahead).filter_map(|t| t.due).max().unwrap_or(0));
        }
        self.transits.push(Transit { id, sent: self.now, due: Some(due), lost, sent_by });
    }

    fn delay(&mut self, id: u32, by: i64) {
        let now = self.now;
        if let Some(t) = self.transits.iter_mut().find(|t| t.id == id) {
            t.due = t.due.map(|due| due.saturating_add_signed(by).max(now));
        }
    }

    fn newly_broken(&mut self) -> Vec<&'static str> {
        let mut newly = Vec::new();
        for (n, property) in self.properties.clone().iter().enumerate() {
            let bit = 1 << n;
            let broken = self.judge(property) == Judgement::Broken;
            if broken && self.broken & bit == 0 {
                newly.push(property.name);
            }
            self.broken = if broken { self.broken | bit } else { self.broken & !bit };
        }
        newly
    }
}
