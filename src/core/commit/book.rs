//! What a coordinator's log says, and how it is rewritten.

use super::coordinator::{Coordinator, Open, Phase, REMEMBERED};
use super::{Commit, Decision, Mistake, Note, Record, TxId, Variant};
use crate::core::map::Map;
use crate::core::protocol::{Context, NodeId};

/// What a coordinator's log says about one transaction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Page {
    Collecting(Vec<NodeId>),
    /// With the client's name for it: while it is open, the client may ask again.
    PreCommitted(Vec<NodeId>, Option<u16>),
    Decided(Decision, Vec<NodeId>),
}

/// What a coordinator's log says: transactions that have not ended, and the client's requests that were carried out.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Book {
    pub open: Map<TxId, Page>,
    pub requests: Vec<(u16, TxId)>,
}

impl Book {
    /// Reads a log from its start.
    pub fn read(p: &Commit, log: &[Record]) -> Self {
        let mut book = Book::default();
        for record in log {
            match record {
                Record::Collecting { tx, participants } => {
                    book.open.insert(*tx, Page::Collecting(participants.clone()));
                }
                Record::PreCommit { tx, participants, request } => {
                    book.open.insert(*tx, Page::PreCommitted(participants.clone(), *request));
                }
                Record::Commit { tx, participants, request } => {
                    book.requests.extend(request.map(|request| (request, *tx)));
                    if p.variant.acknowledges(Decision::Commit) {
                        book.open.insert(*tx, Page::Decided(Decision::Commit, participants.clone()));
                    } else {
                        book.open.remove(tx);
                    }
                }
                Record::Abort { tx, participants } => {
                    book.open.insert(*tx, Page::Decided(Decision::Abort, participants.clone()));
                }
                Record::End(tx) => drop(book.open.remove(tx)),
                Record::Ended { requests, .. } => book.requests.clone_from(requests),
                _ => {}
            }
        }
        let old = book.requests.len().saturating_sub(REMEMBERED);
        book.requests.drain(..old);
        book
    }

    /// What a coordinator that starts from this log will say about a transaction; `None` if it has to ask itself.
    pub fn answer(&self, p: &Commit, tx: TxId) -> Option<Decision> {
        match self.open.get(&tx) {
            None => Some(p.variant.presumes()),
            Some(Page::Collecting(_)) => Some(Decision::Abort),
            Some(Page::PreCommitted(..)) => None,
            Some(Page::Decided(decision, _)) => Some(*decision),
        }
    }
}

/// What has ended needs no records but the client's requests; what is open keeps the one that says how far it is. While a
/// record is being forced the log stays as it is.
pub(super) fn rewrite(p: &Commit, c: &mut Coordinator, cx: &mut Context<Commit>) {
    let forcing =
        |open: &Open| matches!(open.phase, Phase::Recording { .. } | Phase::PreForcing { .. } | Phase::Forcing { .. });
    if p.checkpoint_at == 0 || c.written < p.checkpoint_at || c.open.values().any(forcing) {
        return;
    }
    let done = c.requests.iter().filter(|(_, (_, decision))| *decision == Some(Decision::Commit));
    let requests = done.map(|(request, (tx, _))| (*request, *tx)).collect();
    let mut records = vec![Record::Ended { count: c.started, requests }];
    records.extend(c.open.iter().filter_map(|(tx, open)| kept(p, *tx, open)));
    c.written = records.len() as u32;
    cx.compact(records);
    cx.note(Note::Rewrote);
}

/// The record from which a restart would know what it knows now.
fn kept(p: &Commit, tx: TxId, open: &Open) -> Option<Record> {
    let (participants, request) = (open.participants.clone(), open.request);
    let collecting = p.variant == Variant::PresumedCommit && !p.makes(Mistake::NoCollecting);
    match &open.phase {
        Phase::PreCommitting { .. } | Phase::Asking { .. } => Some(Record::PreCommit { tx, participants, request }),
        Phase::Telling { decision: Decision::Commit, .. } => Some(Record::Commit { tx, participants, request }),
        Phase::Telling { .. } if !collecting => Some(Record::Abort { tx, participants }),
        Phase::Telling { .. } | Phase::Collecting { .. } if collecting => Some(Record::Collecting { tx, participants }),
        _ => None,
    }
}
