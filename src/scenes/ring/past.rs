//! What the ring scene remembers of a run: how each client's latest request ended, and what was copied since the latest
//! change of membership.

use super::words::bytes_of;
use crate::core::map::Map;
use crate::core::protocol::{Effect, NodeId};
use crate::core::store::{Note, Store};
use crate::sim::simulation::Happening;

#[derive(Clone, Default)]
pub struct Past {
    /// The note with which a client's latest request ended, and whether it broke READ-YOUR-WRITE.
    pub ended: Map<NodeId, (Note, bool)>,
    /// Keys copied since the latest change of membership, and their bytes.
    pub copied: (usize, u64),
}

impl Past {
    pub fn add(&mut self, h: &Happening<Store>) {
        for d in &h.done {
            let Effect::Note(note) = &d.effect else { continue };
            match note {
                Note::Got { .. } | Note::Stored { .. } | Note::NotStored { .. } | Note::GaveUp { .. } => {
                    if let Some(node) = h.node {
                        self.ended.insert(node, (note.clone(), h.broke.contains(&"READ-YOUR-WRITE")));
                    }
                }
                Note::Changed { .. } => self.copied = (0, 0),
                Note::Copied { keys, .. } => {
                    self.copied.0 += keys.len();
                    self.copied.1 += bytes_of(keys);
                }
                _ => {}
            }
        }
    }
}
