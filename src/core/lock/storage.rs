//! The protected resource: a versioned value that remembers the newest fence it has seen.

use super::keyspace::Owner;
use super::{Lock, Mistake, Msg, Note};
use crate::core::protocol::{Context, Event};

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Storage {
    pub version: u32,
    /// The newest fence seen, on reads and writes.
    pub newest: Option<u32>,
    /// Length of the log.
    pub written: u32,
}

/// A line of the storage's log. It is on disk when the step ends.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Record {
    pub owner: Owner,
    pub fence: Option<u32>,
    /// The version after it; the same as before for a read that showed a newer fence.
    pub version: u32,
    pub newest: Option<u32>,
    pub write: bool,
}

/// Only the latest lines matter.
const KEEP: usize = 6;

pub fn boot<'a>(p: &Lock, records: impl Iterator<Item = &'a Record>) -> Storage {
    let mut storage = Storage::default();
    for record in records {
        storage.version = record.version;
        storage.newest = record.newest;
        storage.written += 1;
    }
    if p.mistakes.has(Mistake::FenceInMemory) {
        storage.newest = None;
    }
    storage
}

pub fn step(p: &Lock, storage: &mut Storage, event: Event<Lock>, cx: &mut Context<Lock>) {
    let Event::Message { from, msg } = event else { return };
    match msg {
        Msg::Read { owner, fence } => {
            if let Some(refused) = stale(p, storage, fence) {
                cx.note(Note::Refused { owner, fence: refused.0, newest: refused.1 });
                cx.send(from, Msg::Value { owner, version: None });
                return;
            }
            if p.checks() && fence > storage.newest {
                storage.newest = fence;
                append(storage, owner, fence, false, cx);
            }
            cx.note(Note::Served { owner, version: storage.version });
            cx.send(from, Msg::Value { owner, version: Some(storage.version) });
        }
        Msg::Write { owner, fence, base } => {
            if let Some(refused) = stale(p, storage, fence) {
                cx.note(Note::Refused { owner, fence: refused.0, newest: refused.1 });
                cx.send(from, Msg::Wrote { owner, accepted: false });
                return;
            }
            if let Some(base) = base.filter(|base| p.compares() && *base != storage.version) {
                cx.note(Note::Outdated { owner, base, version: storage.version });
                cx.send(from, Msg::Wrote { owner, accepted: false });
                return;
            }
            let before = storage.version;
            storage.version += 1;
            storage.newest = storage.newest.max(fence);
            append(storage, owner, fence, true, cx);
            let behind = base.map(|base| before - base.min(before));
            cx.note(Note::Accepted { owner, fence, behind, version: storage.version });
            cx.send(from, Msg::Wrote { owner, accepted: true });
        }
        _ => {}
    }
}

/// The fence and the newest one, if the check is on and refuses it. An equal fence is the same holder.
fn stale(p: &Lock, storage: &Storage, fence: Option<u32>) -> Option<(u32, u32)> {
    let (fence, newest) = (fence?, storage.newest?);
    (p.checks() && fence < newest).then_some((fence, newest))
}

fn append(storage: &mut Storage, owner: Owner, fence: Option<u32>, write: bool, cx: &mut Context<Lock>) {
    let record = Record { owner, fence, version: storage.version, newest: storage.newest, write };
    storage.written += 1;
    if storage.written as usize > 2 * KEEP {
        // Rewritten from the newest line on; the page keeps the older ones from its history.
        storage.written = 1;
        cx.compact(vec![super::Record::Storage(record)]);
    } else {
        cx.force(super::Record::Storage(record));
    }
}
