//! What the commit scene remembers of a run: what the latest transaction cost, and of each bank its latest transaction.

use super::watch::Watch;
use crate::core::commit::{Commit, Msg, Note, Record, TxId};
use crate::core::map::Map;
use crate::core::protocol::{Effect, NodeId};
use crate::scenes::scene::Time;
use crate::sim::simulation::{Happening, Simulation};

#[derive(Clone, Default)]
pub struct Past {
    /// Of the transaction that was started last.
    pub spent: Spent,
    /// The transaction that was started last at each bank, and the change to its account.
    pub changes: Map<NodeId, (TxId, i32)>,
    /// The transaction for which each bank was locked last, and when.
    pub locked: Map<NodeId, (TxId, Time)>,
    /// How many transactions the coordinator has decided each way.
    pub committed: u32,
    pub aborted: u32,
    /// Presumed commit: the transaction whose record of who takes part was written last. That is before it starts.
    collected: Option<TxId>,
    /// Since when each bank has been in doubt, and about what.
    doubting: Map<NodeId, (TxId, Time)>,
    /// All time in doubt that has ended, of all banks.
    doubted: Time,
    /// How far the latest transaction has come, and the crash that met it.
    pub watch: Watch,
}

/// Messages and forced writes of a transaction.
#[derive(Clone, Default)]
pub struct Spent {
    tx: Option<TxId>,
    pub messages: u32,
    pub extra: u32,
    pub records: u32,
    pub forced: u32,
    /// What has been said before, by whom and to whom.
    said: Vec<(NodeId, NodeId, Msg)>,
}

impl Past {
    pub fn add(&mut self, sim: &Simulation<Commit>, h: &Happening<Commit>) {
        for d in &h.done {
            match &d.effect {
                Effect::Note(Note::Started { tx, changes }) => {
                    // They start in the order in which they were written down.
                    let forced = u32::from(self.collected.is_some_and(|latest| latest >= *tx));
                    self.spent = Spent { tx: Some(*tx), records: forced, forced, ..Spent::default() };
                    for (node, change) in changes {
                        self.changes.insert(*node, (*tx, *change));
                    }
                }
                Effect::Note(Note::Collects(tx)) => self.collected = Some(*tx),
                Effect::Note(Note::Prepares(tx)) => drop(self.locked.insert(d.node, (*tx, h.time))),
                Effect::Note(Note::VotedYes(tx)) => drop(self.doubting.insert(d.node, (*tx, h.time))),
                Effect::Note(Note::Learned { tx, .. } | Note::DecidedAlone { tx, .. }) => self.certain(d.node, *tx, h),
                // Whoever has lost its vote is in doubt no more.
                Effect::Note(Note::RecoveredParticipant { in_doubt, .. }) => {
                    if let Some((tx, _)) = self.doubting.get(&d.node).copied().filter(|(tx, _)| !in_doubt.contains(tx))
                    {
                        self.certain(d.node, tx, h);
                    }
                }
                Effect::Note(Note::DecidedCommit(_)) => self.committed += 1,
                Effect::Note(Note::DecidedAbort { .. }) => self.aborted += 1,
                _ => {}
            }
        }
        self.spent.add(h);
        self.watch.add(sim, h);
    }

    fn certain(&mut self, node: NodeId, tx: TxId, h: &Happening<Commit>) {
        if let Some((_, since)) = self.doubting.get(&node).copied().filter(|(of, _)| *of == tx) {
            self.doubted += h.time.saturating_sub(since);
            self.doubting.remove(&node);
        }
    }

    /// Time in doubt so far, of all banks together.
    pub fn doubt_until(&self, now: Time) -> Time {
        self.doubted + self.doubting.values().map(|(_, since)| now.saturating_sub(*since)).sum::<Time>()
    }
}

impl Spent {
    /// Inquiries, their answers and whatever is said again are counted apart, as the formulas do.
    fn add(&mut self, h: &Happening<Commit>) {
        let Some(id) = self.tx else { return };
        let answers = h.done.iter().any(|d| matches!(&d.effect, Effect::Note(Note::Presumed { .. })));
        for d in &h.done {
            match &d.effect {
                Effect::Send { to, msg } if d.flight.is_some() && about(msg) == Some(id) => {
                    let said = (d.node, *to, msg.clone());
                    let asks = matches!(msg, Msg::Inquire(_) | Msg::Ask(_) | Msg::Standing { .. });
                    if answers || asks || self.said.contains(&said) {
                        self.extra += 1;
                    } else {
                        self.messages += 1;
                        self.said.push(said);
                    }
                }
                Effect::Append { record, force } if of(record) == Some(id) => {
                    self.records += 1;
                    self.forced += u32::from(*force);
                }
                _ => {}
            }
        }
    }
}

fn about(msg: &Msg) -> Option<TxId> {
    match msg {
        Msg::Prepare { tx, .. }
        | Msg::Vote { tx, .. }
        | Msg::PreCommit(tx)
        | Msg::PreAck(tx)
        | Msg::Decide { tx, .. }
        | Msg::Ack(tx)
        | Msg::Inquire(tx)
        | Msg::Ask(tx)
        | Msg::Standing { tx, .. } => Some(*tx),
        Msg::Glance(_) | Msg::Seen { .. } | Msg::Order { .. } | Msg::Answer { .. } => None,
    }
}

fn of(record: &Record) -> Option<TxId> {
    match record {
        Record::Prepared { tx, .. }
        | Record::Committed(tx)
        | Record::Aborted(tx)
        | Record::Collecting { tx, .. }
        | Record::Commit { tx, .. }
        | Record::Abort { tx, .. }
        | Record::PreCommit { tx, .. }
        | Record::End(tx) => Some(*tx),
        Record::Balance { .. } | Record::Ended { .. } | Record::Asked(_) => None,
    }
}
