//! What a participant's log says.

use super::{Commit, Decision, Record, TxId};
use crate::core::map::Map;
use crate::core::protocol::NodeId;

/// How many finished transactions are remembered by name.
const REMEMBERED: usize = 8;

/// What a participant's log says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ledger {
    pub balance: u32,
    /// Prepared, and no decision.
    pub in_doubt: Map<TxId, Doubt>,
    pub closed: Vec<(TxId, Decision)>,
}

/// What a log knows of a transaction in doubt: the change, whom to ask, and whether all are known to have voted YES.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Doubt {
    pub change: i32,
    pub coordinator: NodeId,
    pub peers: Vec<NodeId>,
    pub pre_committed: bool,
}

impl Ledger {
    /// Reads a log from its start.
    pub fn read(p: &Commit, me: NodeId, log: &[Record]) -> Self {
        let opening = (me.0 as usize).checked_sub(1).and_then(|at| p.balances.get(at)).copied().unwrap_or(0);
        let mut ledger = Ledger { balance: opening, in_doubt: Map::new(), closed: Vec::new() };
        for record in log {
            match record {
                Record::Balance { balance, closed } => {
                    ledger.balance = *balance;
                    ledger.closed.clone_from(closed);
                }
                Record::Prepared { tx, change, coordinator, peers } => {
                    let (change, coordinator, peers) = (*change, *coordinator, peers.clone());
                    ledger.in_doubt.insert(*tx, Doubt { change, coordinator, peers, pre_committed: false });
                }
                Record::PreCommit { tx, .. } => {
                    if let Some(doubt) = ledger.in_doubt.get_mut(tx) {
                        doubt.pre_committed = true;
                    }
                }
                Record::Committed(tx) => {
                    if let Some(doubt) = ledger.in_doubt.remove(tx) {
                        ledger.balance = ledger.balance.saturating_add_signed(doubt.change);
                    }
                    remember(&mut ledger.closed, *tx, Decision::Commit);
                }
                Record::Aborted(tx) => {
                    ledger.in_doubt.remove(tx);
                    remember(&mut ledger.closed, *tx, Decision::Abort);
                }
                // A coordinator's and a client's records.
                Record::Collecting { .. }
                | Record::Commit { .. }
                | Record::Abort { .. }
                | Record::End(_)
                | Record::Ended { .. }
                | Record::Asked(_) => {}
            }
        }
        ledger
    }
}

/// Those that started last are remembered: so whatever is older than all of them may be one that has been forgotten.
pub(super) fn remember(closed: &mut Vec<(TxId, Decision)>, tx: TxId, decision: Decision) {
    if !closed.iter().any(|(known, _)| *known == tx) {
        closed.push((tx, decision));
        if closed.len() > REMEMBERED {
            let oldest = closed.iter().map(|(tx, _)| *tx).min();
            closed.retain(|(tx, _)| Some(*tx) != oldest);
        }
    }
}

/// Whether it may have ended here long ago.
pub(super) fn may_be_forgotten(closed: &[(TxId, Decision)], tx: TxId) -> bool {
    closed.len() >= REMEMBERED && closed.iter().all(|(known, _)| tx < *known)
}
