//! The simulated run beside a real one: the same events in the same order, on the core's own cluster.
//!
//! It says what the real participants should hold, and whether the core would have sent what the adapter sends.

use faultline::core::cluster::{Action, Cluster, Outage};
use faultline::core::commit::ledger::Ledger;
use faultline::core::commit::{Commit, Msg, Request, State, Timer, TxId};
use faultline::core::protocol::{Choices, Effect, Judgement, Kind, NodeId, Protocol, World};

/// Neither a commit nor a storage chooses anything.
pub struct Nothing;

impl Choices for Nothing {
    fn below(&mut self, _: u32) -> u32 {
        0
    }
}

pub struct Twin {
    p: Commit,
    cluster: Cluster<Commit>,
    ghost: <Commit as Protocol>::Ghost,
}

impl Twin {
    pub fn new(p: &Commit) -> Twin {
        let cluster = Cluster::start(p, &mut Nothing, &mut Vec::new());
        Twin { p: p.clone(), cluster, ghost: Default::default() }
    }

    /// # Panics
    /// When the core does not allow it here, or a promise breaks.
    pub fn apply(&mut self, action: &Action<Commit>) {
        assert!(self.cluster.allows(&self.p, action), "the simulated run has no {action:?} here");
        let mut done = Vec::new();
        self.cluster.apply(&self.p, action, None, &mut Nothing, &mut done);
        for done in done {
            if let Effect::Note(note) = &done.effect {
                self.p.observe(&mut self.ghost, done.node, note);
            }
        }
        self.p.witness(&mut self.ghost, &self.cluster);
        for property in self.p.properties() {
            if property.kind == Kind::Safety && property.promised.include(World::Anything) {
                let judgement = (property.judge)(&self.p, &self.cluster, &self.ghost);
                assert_eq!(judgement, Judgement::Fine, "{} after {action:?}", property.name);
            }
        }
    }

    fn flight(&self, from: NodeId, to: NodeId, msg: &Msg) -> u32 {
        let same = self.cluster.flights.iter().find(|f| f.from == from && f.to == to && f.msg == *msg);
        same.unwrap_or_else(|| panic!("in the simulated run {from:?} has not sent {msg:?} to {to:?}")).id
    }

    pub fn deliver(&mut self, from: NodeId, to: NodeId, msg: &Msg) {
        let flight = self.flight(from, to, msg);
        self.apply(&Action::Deliver(flight));
    }

    pub fn lose(&mut self, from: NodeId, to: NodeId, msg: &Msg) {
        let flight = self.flight(from, to, msg);
        self.apply(&Action::Drop(flight));
    }

    /// The node's disk finishes whatever it was asked to force.
    pub fn force(&mut self, node: NodeId) {
        while !self.cluster.node(node).forcing.is_empty() {
            self.apply(&Action::Forced(node));
        }
    }

    pub fn request(&mut self, node: NodeId, request: Request) {
        self.apply(&Action::Request(node, request));
    }

    pub fn kill(&mut self, node: NodeId) {
        self.apply(&Action::Crash(node, Outage::Killed));
    }

    /// Everything that is under way is lost.
    pub fn lose_all(&mut self) {
        while let Some(id) = self.cluster.flights.first().map(|flight| flight.id) {
            self.apply(&Action::Drop(id));
        }
    }

    /// The core's coordinator, to be compared with the one that runs in the adapter.
    pub fn coordinator(&self) -> Option<&State> {
        self.cluster.state(Commit::COORDINATOR)
    }

    pub fn fire(&mut self, node: NodeId, timer: Timer) {
        self.apply(&Action::Fire(node, timer));
    }

    /// The node's armed timers.
    pub fn armed(&self, node: NodeId) -> Vec<Timer> {
        self.cluster.timers.iter().filter(|armed| armed.node == node).map(|armed| armed.timer.clone()).collect()
    }

    /// What the participant's log says: its balance, and the transactions that it has prepared and that have not ended.
    pub fn ledger(&self, node: NodeId) -> (u32, Vec<TxId>) {
        let ledger = Ledger::read(&self.p, node, &self.cluster.node(node).log);
        (ledger.balance, ledger.in_doubt.keys().copied().collect())
    }

    /// # Panics
    /// When something is under way, or has not ended, in the simulated run.
    pub fn is_over(&self) {
        assert!(self.cluster.flights.is_empty(), "under way in the simulated run: {:?}", self.cluster.flights);
        for property in self.p.properties().into_iter().filter(|property| property.kind == Kind::Liveness) {
            let judgement = (property.judge)(&self.p, &self.cluster, &self.ghost);
            // Nothing to end: the coordinator was killed before it started anything.
            let nothing = self.ghost == Default::default();
            assert!(nothing || judgement == Judgement::Met, "{} is {judgement:?}", property.name);
        }
    }
}
