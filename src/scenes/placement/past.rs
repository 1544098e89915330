//! What the placement scene remembers of a run: when the list changed last, and how each client's latest request ended.

use super::stream;
use crate::core::map::Map;
use crate::core::protocol::{Effect, NodeId};
use crate::core::routing::{Note, Routing};
use crate::scenes::scene::Time;
use crate::sim::simulation::Happening;

#[derive(Clone, Default)]
pub struct Past {
    /// When the list changed last; keys fly from then on.
    pub changed: Time,
    pub ended: Map<NodeId, Note>,
    /// Of the stream of requests; empty without one.
    pub stream: stream::past::Past,
}

impl Past {
    pub fn add(&mut self, h: &Happening<Routing>) {
        self.stream.add(h);
        for d in &h.done {
            let Effect::Note(note) = &d.effect else { continue };
            match note {
                Note::Got { .. } | Note::GaveUp { .. } | Note::Nowhere { .. } => {
                    self.ended.insert(d.node, note.clone());
                }
                Note::Changed { .. } => self.changed = h.time,
                _ => {}
            }
        }
    }
}
