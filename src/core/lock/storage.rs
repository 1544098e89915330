//! The protected resource: a versioned value that remembers the newest fence it has seen. The same for every lock service.

use super::keyspace::Owner;
use crate::core::protocol::{Context, Event, Protocol};

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Storage {
    pub version: u32,
    /// The newest fence seen, on reads and writes.
    pub newest: Option<u32>,
    /// Length of the log.
    pub written: u32,
}

/// A line of the storage's log. It is on disk when the step ends.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Record {
    pub owner: Owner,
    pub fence: Option<u32>,
    /// The version after it; the same as before for a read that showed a newer fence.
    pub version: u32,
    pub newest: Option<u32>,
    pub write: bool,
}

/// What the storage takes.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// It compares fences.
    pub checks: bool,
    /// It takes a write only if it was computed from the latest version.
    pub compares: bool,
    /// It remembers the newest fence in memory only.
    pub forgets: bool,
}

/// What it is asked.
pub enum Ask {
    Read { owner: Owner, fence: Option<u32> },
    Write { owner: Owner, fence: Option<u32>, base: Option<u32> },
}

/// What it answers.
pub enum Answer {
    /// `None`: refused.
    Value {
        owner: Owner,
        version: Option<u32>,
    },
    Wrote {
        owner: Owner,
        accepted: bool,
    },
}

/// What happened.
pub enum Told {
    Served { owner: Owner, version: u32 },
    Accepted { owner: Owner, fence: Option<u32>, behind: Option<u32>, version: u32 },
    Refused { owner: Owner, fence: u32, newest: u32 },
    Outdated { owner: Owner, base: u32, version: u32 },
}

/// A protocol with such a storage, and how that speaks in it.
pub trait Stores: Protocol {
    fn rules(&self) -> Rules;
    fn asks(msg: Self::Msg) -> Option<Ask>;
    fn answers(answer: Answer) -> Self::Msg;
    fn tells(told: Told) -> Self::Note;
    fn keeps(record: Record) -> Self::Record;
}

/// Only the latest lines matter.
const KEEP: usize = 6;

pub fn boot<'a>(rules: Rules, records: impl Iterator<Item = &'a Record>) -> Storage {
    let mut storage = Storage::default();
    for record in records {
        storage.version = record.version;
        storage.newest = record.newest;
        storage.written += 1;
    }
    if rules.forgets {
        storage.newest = None;
    }
    storage
}

pub fn step<P: Stores>(p: &P, storage: &mut Storage, event: Event<P>, cx: &mut Context<P>) {
    let Event::Message { from, msg } = event else { return };
    let rules = p.rules();
    match P::asks(msg) {
        Some(Ask::Read { owner, fence }) => {
            if let Some((fence, newest)) = stale(rules, storage, fence) {
                cx.note(P::tells(Told::Refused { owner, fence, newest }));
                cx.send(from, P::answers(Answer::Value { owner, version: None }));
                return;
            }
            if rules.checks && fence > storage.newest {
                storage.newest = fence;
                append(storage, owner, fence, false, cx);
            }
            cx.note(P::tells(Told::Served { owner, version: storage.version }));
            cx.send(from, P::answers(Answer::Value { owner, version: Some(storage.version) }));
        }
        Some(Ask::Write { owner, fence, base }) => {
            if let Some((fence, newest)) = stale(rules, storage, fence) {
                cx.note(P::tells(Told::Refused { owner, fence, newest }));
                cx.send(from, P::answers(Answer::Wrote { owner, accepted: false }));
                return;
            }
            if let Some(base) = base.filter(|base| rules.compares && *base != storage.version) {
                cx.note(P::tells(Told::Outdated { owner, base, version: storage.version }));
                cx.send(from, P::answers(Answer::Wrote { owner, accepted: false }));
                return;
            }
            let before = storage.version;
            storage.version += 1;
            storage.newest = storage.newest.max(fence);
            append(storage, owner, fence, true, cx);
            let behind = base.map(|base| before - base.min(before));
            cx.note(P::tells(Told::Accepted { owner, fence, behind, version: storage.version }));
            cx.send(from, P::answers(Answer::Wrote { owner, accepted: true }));
        }
        None => {}
    }
}

/// The fence and the newest one, if the check is on and refuses it. An equal fence is the same holder.
fn stale(rules: Rules, storage: &Storage, fence: Option<u32>) -> Option<(u32, u32)> {
    let (fence, newest) = (fence?, storage.newest?);
    (rules.checks && fence < newest).then_some((fence, newest))
}

fn append<P: Stores>(storage: &mut Storage, owner: Owner, fence: Option<u32>, write: bool, cx: &mut Context<P>) {
    let record = Record { owner, fence, version: storage.version, newest: storage.newest, write };
    storage.written += 1;
    if storage.written as usize > 2 * KEEP {
        // Rewritten from the newest line on; the page keeps the older ones from its history.
        storage.written = 1;
        cx.compact(vec![P::keeps(record)]);
    } else {
        cx.force(P::keeps(record));
    }
}
