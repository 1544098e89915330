//! What the commit scene remembers of a run: what the latest transaction cost, and of each bank its latest transaction.

use crate::core::commit::{Commit, Msg, Note, Record, TxId};
use crate::core::map::Map;
use crate::core::protocol::{Effect, NodeId};
use crate::scenes::scene::Time;
use crate::sim::simulation::Happening;

#[derive(Clone, Default)]
pub struct Past {
    /// Of the transaction that was started last.
    pub spent: Spent,
    /// The transaction that was started last at each bank, and the change to its account.
    pub changes: Map<NodeId, (TxId, i32)>,
    /// The transaction for which each bank was locked last, and when.
    pub locked: Map<NodeId, (TxId, Time)>,
}

/// Messages and forced writes of a transaction.
#[derive(Clone, Default)]
pub struct Spent {
    tx: Option<TxId>,
    pub messages: u32,
    pub extra: u32,
    pub forced: u32,
    /// What has been said before, by whom and to whom.
    said: Vec<(NodeId, NodeId, Msg)>,
}

impl Past {
    pub fn add(&mut self, h: &Happening<Commit>) {
        for d in &h.done {
            match &d.effect {
                Effect::Note(Note::Started { tx, changes }) => {
                    self.spent = Spent { tx: Some(*tx), ..Spent::default() };
                    for (node, change) in changes {
                        self.changes.insert(*node, (*tx, *change));
                    }
                }
                Effect::Note(Note::Prepares(tx)) => drop(self.locked.insert(d.node, (*tx, h.time))),
                _ => {}
            }
        }
        self.spent.add(h);
    }
}

impl Spent {
    /// Inquiries, their answers and whatever is said again are counted apart, as the formulas do.
    fn add(&mut self, h: &Happening<Commit>) {
        let Some(id) = self.tx else { return };
        let answers = h.done.iter().any(|d| matches!(&d.effect, Effect::Note(Note::Presumed { .. })));
        for d in &h.done {
            match &d.effect {
                Effect::Send { to, msg } if d.flight.is_some() && about(msg) == id => {
                    let said = (d.node, *to, msg.clone());
                    if answers || matches!(msg, Msg::Inquire(_)) || self.said.contains(&said) {
                        self.extra += 1;
                    } else {
                        self.messages += 1;
                        self.said.push(said);
                    }
                }
                Effect::Append { record, force: true } => {
                    let mine = match record {
                        Record::Prepared { tx, .. } | Record::Committed(tx) | Record::Commit { tx, .. } => *tx == id,
                        _ => false,
                    };
                    self.forced += u32::from(mine);
                }
                _ => {}
            }
        }
    }
}

fn about(msg: &Msg) -> TxId {
    match msg {
        Msg::Prepare { tx, .. } | Msg::Vote { tx, .. } | Msg::Decide { tx, .. } | Msg::Ack(tx) | Msg::Inquire(tx) => {
            *tx
        }
    }
}
