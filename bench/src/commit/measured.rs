//! What a run under load costs, read off its events.

use super::crashes::plan;
use faultline::core::commit::ledger::Ledger;
use faultline::core::commit::{Commit, Decision, Note, State, TxId};
use faultline::core::map::Map;
use faultline::core::protocol::{Effect, NodeId, World};
use faultline::sim::faults::Background;
use faultline::sim::simulation::{Happening, Simulation};
use faultline::sim::time::Time;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Totals of a run, or of several.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Figures {
    /// Virtual time.
    pub time: Time,
    pub events: u64,
    pub started: u64,
    /// Transactions that committed, and at nobody aborted.
    pub committed: u64,
    /// Transactions that committed at one node and aborted at another: AC1 is broken.
    pub split: u64,
    /// How long each vote YES was in doubt.
    pub doubts: Vec<Time>,
    /// How long accounts were locked, all of them together.
    pub locked: Time,
    pub messages: u64,
    pub forced: u64,
    /// Promises that were broken, and the seed of the run.
    pub broken: BTreeSet<(&'static str, u64)>,
    /// Each time that one broke.
    pub moments: Vec<(&'static str, Time)>,
}

impl Figures {
    #[must_use]
    pub fn and(mut self, other: Figures) -> Figures {
        self.time += other.time;
        self.events += other.events;
        self.started += other.started;
        self.committed += other.committed;
        self.split += other.split;
        self.doubts.extend(other.doubts);
        self.locked += other.locked;
        self.messages += other.messages;
        self.forced += other.forced;
        self.broken.extend(other.broken);
        self.moments.extend(other.moments);
        self
    }
}

/// Plays a protocol under load until `end`, with crashes of this mean distance at every node.
pub fn run(p: Commit, seed: u64, mean: Option<Time>, end: Time) -> Figures {
    let inputs = plan(seed, p.balances.len() as u16 + 1, mean, end);
    let mut sim = Simulation::new(Arc::new(p), Background::default(), seed);
    let mut watch = Watch::default();
    while let Some(happening) = sim.step(&inputs, end) {
        watch.see(&sim, &happening, seed);
    }
    watch.end(&sim, end)
}

#[derive(Default)]
struct Watch {
    figures: Figures,
    committed: BTreeSet<TxId>,
    split: BTreeSet<TxId>,
    /// Since when each participant is in doubt about a transaction.
    doubts: Map<(NodeId, TxId), Time>,
    /// Since when each participant's account is locked.
    locks: Map<NodeId, Time>,
}

impl Watch {
    fn see(&mut self, sim: &Simulation<Commit>, happening: &Happening<Commit>, seed: u64) {
        let mut noted = false;
        for done in &happening.done {
            match &done.effect {
                Effect::Send { .. } => self.figures.messages += 1,
                Effect::Append { force: true, .. } => self.figures.forced += 1,
                Effect::Note(note) => {
                    noted = true;
                    self.figures.started += u64::from(matches!(note, Note::Started { .. }));
                }
                _ => {}
            }
        }
        if noted {
            for t in sim.ghost.transactions.iter().filter(|t| t.some(Decision::Commit)) {
                self.committed.insert(t.tx);
                if t.some(Decision::Abort) {
                    self.split.insert(t.tx);
                }
            }
        }
        for name in &happening.broke {
            if sim.properties().iter().any(|p| is_promised(p, name)) {
                self.figures.broken.insert((name, seed));
                self.figures.moments.push((name, sim.now));
            }
        }
        if let Some(node) = happening.node.filter(|node| *node != Commit::COORDINATOR) {
            self.doubt(sim, node);
            self.lock(sim, node);
        }
    }

    /// A participant that is down is as much in doubt as it was before.
    fn doubt(&mut self, sim: &Simulation<Commit>, node: NodeId) {
        let Some(State::Participant(participant)) = sim.cluster.state(node) else { return };
        let now: Vec<TxId> = participant.in_doubt().collect();
        let over = |(id, tx): &(NodeId, TxId)| *id == node && !now.contains(tx);
        let ended: Vec<(NodeId, TxId)> = self.doubts.keys().copied().filter(over).collect();
        for both in ended {
            if let Some(since) = self.doubts.remove(&both) {
                self.figures.doubts.push(sim.now - since);
            }
        }
        for tx in now {
            self.doubts.or_insert((node, tx), sim.now);
        }
    }

    /// What is prepared is locked while its node is down, too.
    fn lock(&mut self, sim: &Simulation<Commit>, node: NodeId) {
        let locked = match sim.cluster.state(node) {
            Some(State::Participant(participant)) => participant.locked().is_some(),
            _ => !Ledger::read(&sim.protocol, node, &sim.cluster.node(node).log).in_doubt.is_empty(),
        };
        if locked {
            self.locks.or_insert(node, sim.now);
        } else if let Some(since) = self.locks.remove(&node) {
            self.figures.locked += sim.now - since;
        }
    }

    /// Doubts and locks that last at the end have lasted until then.
    fn end(mut self, sim: &Simulation<Commit>, end: Time) -> Figures {
        self.figures.doubts.extend(self.doubts.iter().map(|(_, since)| end - since));
        self.figures.locked += self.locks.iter().map(|(_, since)| end - since).sum::<Time>();
        let figures = self.figures;
        Figures {
            time: end,
            events: sim.events.into(),
            committed: self.committed.difference(&self.split).count() as u64,
            split: self.split.len() as u64,
            ..figures
        }
    }
}

/// Messages here are faster than every timer, as the world of synchrony has it.
fn is_promised(property: &faultline::core::protocol::Property<Commit>, name: &str) -> bool {
    property.name == name && property.promised.include(World::Sync)
}
