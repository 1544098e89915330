//! What the scene remembers of a run: its latest writes and waits, and counts.

use crate::core::coordination::{Coordination, Note};
use crate::core::protocol::Effect;
use crate::scenes::lock::past::{Latest, Write};
use crate::scenes::scene::Time;
use crate::sim::simulation::Happening;

/// Writes that a card lists, at most.
const WRITES: usize = 4;

#[derive(Clone, Default)]
pub struct Past {
    /// The latest writes that reached the storage, oldest first.
    pub writes: Vec<Write>,
    pub asked: u32,
    pub granted: u32,
    /// Attempts that ended without the lock: refused, given up, or with the key gone.
    pub denied: u32,
    pub stored: u32,
    pub refused: u32,
    /// Since when each client has been waiting for the lock.
    waiting: [Option<Time>; 5],
    /// How long the latest grants were waited for.
    pub waits: Latest,
    /// Since when nobody has been told that it holds the lock, if somebody had it before.
    free: Option<Time>,
    /// From a holder's key's going to the next client's hearing that it holds the lock.
    pub handed_over: Latest,
    /// The number of the key that the holder was granted.
    holder: Option<u32>,
    /// Clients woken by a key that came or went, and how many of those changes there were.
    pub woken: u32,
    pub changes: u32,
}

impl Past {
    /// `first`: the number of the oldest key that there is after the event.
    pub fn add(&mut self, h: &Happening<Coordination>, first: Option<u32>) {
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
                Note::GaveUp { owner: o, .. } => {
                    self.denied += 1;
                    if let Some(slot) = self.waiting.get_mut(o.client as usize) {
                        *slot = None;
                    }
                }
                Note::Denied(_) | Note::KeyGone(_) => self.denied += 1,
                Note::Gone { fence, .. } if self.holder == Some(*fence) => self.free = Some(h.time),
                Note::Woke(count) => {
                    self.changes += 1;
                    self.woken += u32::from(*count);
                }
                Note::Accepted { owner, fence, version, .. } => {
                    self.stored += 1;
                    let broke = ["NO-STALE-WRITE", "NO-LOST-UPDATE"].into_iter().find(|name| h.broke.contains(name));
                    self.write(Write { owner: *owner, fence: *fence, refused: false, version: Some(*version), broke });
                }
                Note::Refused { owner, fence, .. } => {
                    self.refused += 1;
                    self.write(Write { owner: *owner, fence: Some(*fence), refused: true, version: None, broke: None });
                }
                _ => {}
            }
        }
        self.holder = first;
    }

    fn write(&mut self, write: Write) {
        if self.writes.len() == WRITES {
            self.writes.remove(0);
        }
        self.writes.push(write);
    }
}
