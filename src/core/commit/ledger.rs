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
    /// The latest transaction that has ended here and is not among those.
    pub forgotten: Option<TxId>,
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
        let mut ledger = Ledger { balance: opening, in_doubt: Map::new(), closed: Vec::new(), forgotten: None };
        for record in log {
            match record {
                Record::Balance { balance, closed, forgotten } => {
                    ledger.balance = *balance;
                    ledger.forgotten = *forgotten;
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
                    remember(&mut ledger.closed, &mut ledger.forgotten, *tx, Decision::Commit);
                }
                Record::Aborted(tx) => {
                    ledger.in_doubt.remove(tx);
                    remember(&mut ledger.closed, &mut ledger.forgotten, *tx, Decision::Abort);
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

/// How it ended, and what is forgotten for it: the latest of those that nothing is known of any more.
pub(super) fn remember(closed: &mut Vec<(TxId, Decision)>, forgotten: &mut Option<TxId>, tx: TxId, decision: Decision) {
    if !closed.iter().any(|(known, _)| *known == tx) {
        closed.push((tx, decision));
        if closed.len() > REMEMBERED {
            *forgotten = (*forgotten).max(Some(closed.remove(0).0));
        }
    }
}
