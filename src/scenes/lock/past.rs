//! What the lock scene remembers of a run: its latest writes and waits, and counts.

use crate::core::lock::keyspace::Owner;
use crate::core::lock::{Lock, Note};
use crate::core::map::sort_few;
use crate::core::protocol::Effect;
use crate::scenes::scene::Time;
use crate::sim::simulation::Happening;

/// Writes that a card lists, at most.
const WRITES: usize = 4;
/// Waits of which the median is taken.
pub const WAITS: usize = 100;

#[derive(Clone, Default)]
pub struct Past {
    /// The latest writes that reached the storage, oldest first.
    pub writes: Vec<Write>,
    pub asked: u32,
    pub granted: u32,
    pub denied: u32,
    pub stored: u32,
    pub refused: u32,
    /// Since when each client has been waiting for the lock.
    waiting: [Option<Time>; 5],
    /// How long the latest grants were waited for.
    pub waits: Latest,
    /// Since when the key has been free, if somebody had it before.
    free: Option<Time>,
    /// From the key's going to the next grant.
    pub handed_over: Latest,
}

/// The latest lengths of time of a kind.
#[derive(Clone, Default)]
pub struct Latest {
    lengths: Vec<Time>,
    /// How many there have been; from [`WAITS`] on the next takes the oldest's place.
    pub count: u32,
}

impl Latest {
    pub fn add(&mut self, length: Time) {
        if self.lengths.len() < WAITS {
            self.lengths.push(length);
        } else {
            self.lengths[self.count as usize % WAITS] = length;
        }
        self.count += 1;
    }

    pub fn median(&self) -> Option<Time> {
        let mut lengths = self.lengths.clone();
        sort_few(&mut lengths, |length| *length);
        lengths.get(lengths.len() / 2).copied()
    }
}

#[derive(Clone)]
pub struct Write {
    pub owner: Owner,
    pub fence: Option<u32>,
    pub refused: bool,
    /// The version that it became, if it was accepted.
    pub version: Option<u32>,
    /// `NO-STALE-WRITE`, or else `NO-LOST-UPDATE`, if it broke that.
    pub broke: Option<&'static str>,
}

impl Past {
    pub fn add(&mut self, h: &Happening<Lock>) {
        for d in &h.done {
            let Effect::Note(note) = &d.effect else { continue };
            match note {
                Note::Asked(o) => {
                    self.asked += 1;
                    if let Some(slot) = self.waiting.get_mut(o.client as usize) {
                        slot.get_or_insert(h.time);
                    }
                }
                Note::Granted { owner: o, .. } => {
                    self.granted += 1;
                    if let Some(since) = self.waiting.get_mut(o.client as usize).and_then(Option::take) {
                        self.waits.add(h.time - since);
                    }
                    if let Some(free) = self.free.take() {
                        self.handed_over.add(h.time - free);
                    }
                }
                Note::Denied(_) | Note::TimedOut(_) | Note::NoQuorum { .. } => self.denied += 1,
                Note::Removed { .. } | Note::Expired(_) => self.free = Some(h.time),
                Note::Accepted { owner, fence, version, .. } => {
                    self.stored += 1;
                    let broke = ["NO-STALE-WRITE", "NO-LOST-UPDATE"].into_iter().find(|name| h.broke.contains(name));
                    self.write(Write { owner: *owner, fence: *fence, refused: false, version: Some(*version), broke });
                }
                Note::Refused { owner, fence, .. } => {
                    self.refused += 1;
                    self.write(Write { owner: *owner, fence: Some(*fence), refused: true, version: None, broke: None });
                }
                Note::Outdated { owner, .. } => {
                    self.refused += 1;
                    self.write(Write { owner: *owner, fence: None, refused: true, version: None, broke: None });
                }
                _ => {}
            }
        }
    }

    fn write(&mut self, write: Write) {
        if self.writes.len() == WRITES {
            self.writes.remove(0);
        }
        self.writes.push(write);
    }
}
