//! How far the latest transaction has come, and the crash that met it: what the matrix of crashes is filled from.

use crate::core::cluster::{Action, Outage};
use crate::core::commit::properties::{blocked, in_doubt};
use crate::core::commit::{Commit, Decision, Msg, Note, Record, Request, State, TxId, Variant, Vote};
use crate::core::map::{Map, sort_few};
use crate::core::protocol::{Effect, NodeId};
use crate::sim::simulation::{Happening, Input, Simulation};

/// Moments of a transaction that commits, as its coordinator sees them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Point {
    BeforePrepare,
    PrepareSent,
    SomeYes,
    /// The commit record is not on the platters yet.
    AllYes,
    /// Three-phase commit.
    PreCommitSent,
    /// The commit record is on the platters; nobody has been told.
    Forced,
    OneTold,
    AllTold,
    AllAcks,
}

impl Point {
    /// Those that come up, in order.
    pub fn of(p: &Commit) -> impl Iterator<Item = Point> {
        use Point::*;
        let three = p.variant.three_phases();
        let all = [BeforePrepare, PrepareSent, SomeYes, AllYes, PreCommitSent, Forced, OneTold, AllTold, AllAcks];
        all.into_iter().filter(move |point| *point != PreCommitSent || three)
    }

    pub fn row(self, p: &Commit) -> usize {
        Point::of(p).position(|point| point == self).unwrap_or_default()
    }
}

/// How it ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    Committed,
    Aborted,
    /// Some committed, some aborted.
    Split,
    /// No bank was ever asked.
    NotBegun,
    Never,
}

/// A crash in the course of a transaction: the first.
#[derive(Clone, Debug)]
pub struct Crash {
    pub point: Point,
    pub node: NodeId,
    pub outage: Outage,
    /// Who was in doubt while the node was down, and nobody who was up could end it.
    pub waited: Vec<NodeId>,
    /// It has started again.
    pub back: bool,
    /// How it ended, seen after it had started again.
    pub end: Option<End>,
    /// No other fault has come in between.
    pub alone: bool,
}

#[derive(Clone, Default)]
pub struct Watch {
    tx: Option<TxId>,
    /// `None`: nothing is under way, or it aborts.
    point: Option<Point>,
    banks: usize,
    heard: usize,
    /// Who has voted READ needs not be told.
    readers: usize,
    told: Vec<NodeId>,
    down: Map<NodeId, Outage>,
    /// What a trip will do when it comes.
    trips: Map<NodeId, Outage>,
    pub crash: Option<Crash>,
}

impl Watch {
    /// The present moment, as a crash now would have it: before anything was started it is the first.
    pub fn now(&self) -> Point {
        self.point.unwrap_or(Point::BeforePrepare)
    }

    pub fn add(&mut self, sim: &Simulation<Commit>, h: &Happening<Commit>) {
        let fallen = self.fallen(h);
        let begun = self.tx;
        for d in &h.done {
            match &d.effect {
                Effect::Note(note) => self.note(sim, d.node, note),
                Effect::Send { to, msg } if d.node == Commit::COORDINATOR => self.send(*to, msg),
                _ => {}
            }
        }
        let Some((node, outage)) = fallen else { return self.follow(sim, h) };
        // The step that would have begun it was cut off before it did anything.
        if node == Commit::COORDINATOR && h.crashed && begun == self.tx && starts(h) && self.is_free() {
            self.begin(None);
        }
        if self.point.is_some_and(|point| point < Point::Forced) && self.is_forced(sim) {
            self.point = Some(Point::Forced);
        }
        match (&mut self.crash, self.point) {
            // What comes after the end has no part in it.
            (Some(crash), _) => crash.alone &= crash.end.is_some(),
            (None, Some(point)) => self.crash = Some(Crash::at(point, node, outage, self.down.is_empty())),
            (None, None) => {}
        }
        self.down.insert(node, outage);
        self.follow(sim, h);
    }

    /// Who has gone down, and how.
    fn fallen(&mut self, h: &Happening<Commit>) -> Option<(NodeId, Outage)> {
        match &h.input {
            Input::Trip(node, trip) => drop(self.trips.insert(*node, trip.outage)),
            Input::Act(Action::Crash(node, outage)) => {
                self.trips.remove(node);
                return Some((*node, *outage));
            }
            _ if h.crashed => return h.node.map(|node| (node, self.trips.remove(&node).unwrap_or(Outage::Killed))),
            _ => {}
        }
        None
    }

    /// Another transaction may be watched: a crash that has not come to its end is not given up for it.
    fn is_free(&self) -> bool {
        self.crash.as_ref().is_none_or(|crash| crash.end.is_some())
    }

    fn begin(&mut self, tx: Option<TxId>) {
        let (down, trips) = (std::mem::take(&mut self.down), std::mem::take(&mut self.trips));
        let lies = down.iter().next().map(|(node, outage)| (*node, *outage));
        let alone = down.iter().count() == 1;
        let crash = lies.map(|(node, outage)| Crash::at(Point::BeforePrepare, node, outage, alone));
        *self = Watch { tx, point: Some(Point::BeforePrepare), down, trips, crash, ..Watch::default() };
    }

    fn note(&mut self, sim: &Simulation<Commit>, node: NodeId, note: &Note) {
        match note {
            Note::Collects(tx) | Note::Started { tx, .. } if self.tx != Some(*tx) && self.is_free() => {
                self.begin(Some(*tx));
            }
            _ => {}
        }
        let mine = |tx: &TxId| self.tx == Some(*tx);
        match note {
            Note::Started { tx, changes } if mine(tx) => self.banks = changes.len(),
            Note::HeardVote { tx, vote, .. } if mine(tx) && *vote != Vote::No => {
                self.heard += 1;
                self.readers += usize::from(*vote == Vote::Read);
                self.to(if self.heard == self.banks { Point::AllYes } else { Point::SomeYes });
            }
            Note::SentPreCommit(tx) if mine(tx) => self.to(Point::PreCommitSent),
            Note::DecidedCommit(tx) if mine(tx) && node == Commit::COORDINATOR && self.is_forced(sim) => {
                self.to(Point::Forced);
            }
            Note::DecidedAbort { tx, .. } if mine(tx) => self.point = None,
            Note::Forgot(tx) if mine(tx) && self.told() => self.to(Point::AllAcks),
            _ => {}
        }
    }

    fn send(&mut self, to: NodeId, msg: &Msg) {
        match msg {
            Msg::Prepare { tx, .. } if self.tx == Some(*tx) => self.to(Point::PrepareSent),
            Msg::Decide { tx, decision: Decision::Commit } if self.tx == Some(*tx) && !self.told.contains(&to) => {
                self.told.push(to);
                self.to(if self.told() { Point::AllTold } else { Point::OneTold });
            }
            _ => {}
        }
    }

    fn told(&self) -> bool {
        self.told.len() + self.readers >= self.banks
    }

    /// It only goes forward.
    fn to(&mut self, point: Point) {
        self.point = self.point.map(|now| now.max(point));
    }

    /// The commit record is on the platters.
    fn is_forced(&self, sim: &Simulation<Commit>) -> bool {
        let disk = sim.cluster.node(Commit::COORDINATOR);
        let ours = |record: &Record| matches!(record, Record::Commit { tx, .. } if Some(*tx) == self.tx);
        disk.log.iter().take(disk.durable as usize).any(ours)
    }

    /// What becomes of the crash.
    fn follow(&mut self, sim: &Simulation<Commit>, h: &Happening<Commit>) {
        if let Input::Act(Action::Restart(node)) = &h.input {
            self.down.remove(node);
            if let Some(crash) = self.crash.as_mut().filter(|crash| crash.node == *node) {
                crash.back = true;
            }
        }
        let (tx, disturbed) = (self.tx, disturbs(h) || !sim.cluster.cuts.is_empty());
        let Some(crash) = self.crash.as_mut().filter(|crash| crash.end.is_none()) else { return };
        crash.alone &= !disturbed;
        if crash.back {
            crash.end = end(sim, tx);
            return;
        }
        // Whoever is about to hear how it ended does not wait, nor whoever may ask such a one.
        let hears = |node: NodeId| {
            let decides = |msg: &Msg| matches!(msg, Msg::Decide { tx: about, .. } if Some(*about) == tx);
            sim.cluster.flights.iter().any(|flight| flight.to == node && decides(&flight.msg))
        };
        let asks = |node: NodeId| match sim.cluster.state(node) {
            Some(State::Participant(s)) => tx.and_then(|tx| s.open.get(&tx)).map_or(&[][..], |open| &open.peers),
            _ => &[],
        };
        for (node, about) in blocked(&sim.protocol, &sim.cluster) {
            let helped = hears(node) || asks(node).iter().any(|peer| hears(*peer));
            if Some(about) == tx && !helped && !crash.waited.contains(&node) {
                crash.waited.push(node);
                sort_few(&mut crash.waited, |node| *node);
            }
        }
    }
}

impl Crash {
    fn at(point: Point, node: NodeId, outage: Outage, alone: bool) -> Self {
        Crash { point, node, outage, waited: Vec::new(), back: false, end: None, alone }
    }
}

/// A request to start a transaction.
fn starts(h: &Happening<Commit>) -> bool {
    let ordered = h.flight.as_ref().is_some_and(|flight| matches!(flight.msg, Msg::Order { .. }));
    ordered || matches!(&h.input, Input::Act(Action::Request(_, Request::Start(_))))
}

/// A fault that is no crash, or an operator's decision.
fn disturbs(h: &Happening<Commit>) -> bool {
    match &h.input {
        Input::Act(Action::Request(_, request)) => matches!(request, Request::VoteNo(_) | Request::Heuristic(_)),
        Input::Act(Action::Drop(_) | Action::Duplicate(_) | Action::Pause(_) | Action::Cut(..)) => true,
        Input::Delay(..) | Input::StepClock(..) | Input::Drift(..) => true,
        _ => false,
    }
}

/// How it has ended, if it has.
fn end(sim: &Simulation<Commit>, tx: Option<TxId>) -> Option<End> {
    let Some(tx) = tx else { return Some(End::NotBegun) };
    let Some(t) = sim.ghost.of(tx) else {
        // The coordinator tells those that they should forget whom it never asked.
        let idle = matches!(sim.cluster.state(Commit::COORDINATOR), Some(State::Coordinator(c)) if c.open.is_empty());
        return idle.then_some(End::NotBegun);
    };
    if t.some(Decision::Commit) && t.some(Decision::Abort) {
        return Some(End::Split);
    }
    if !t.settled() || in_doubt(&sim.cluster).any(|(_, about)| about == tx) {
        return None;
    }
    Some(if t.decided == Some(Decision::Abort) { End::Aborted } else { End::Committed })
}

/// Whether banks acknowledge a commit at all.
pub fn acknowledges(variant: Variant) -> bool {
    variant.acknowledges(Decision::Commit)
}
