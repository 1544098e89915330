//! What the placement scene remembers of a run: when the list changed last, how each client's latest request ended, and how
//! many were answered by a server that does not keep the key.

use super::stream;
use crate::core::map::Map;
use crate::core::protocol::{Effect, NodeId};
use crate::core::routing::{Note, Routing};
use crate::scenes::scene::Time;
use crate::sim::simulation::{Happening, Simulation};

#[derive(Clone, Default)]
pub struct Past {
    /// When the list changed last; keys fly from then on.
    pub changed: Time,
    /// The note with which a client's latest request ended; true if the server that answered does not keep the key by the
    /// directory's list.
    pub ended: Map<NodeId, (Note, bool)>,
    /// Answers of that kind since the latest change.
    pub astray: u32,
    /// Of the stream of requests; empty without one.
    pub stream: stream::past::Past,
}

impl Past {
    pub fn add(&mut self, sim: &Simulation<Routing>, h: &Happening<Routing>) {
        self.stream.add(h);
        for d in &h.done {
            let Effect::Note(note) = &d.effect else { continue };
            match note {
                Note::Got { key, from, .. } => {
                    let p = sim.protocol.as_ref();
                    let keeps = p.route(&p.scheme, &p.view(&sim.cluster), p.initial.epoch, key).contains(from);
                    self.ended.insert(d.node, (note.clone(), !keeps));
                    self.astray += u32::from(!keeps);
                }
                Note::GaveUp { .. } | Note::Nowhere { .. } => {
                    self.ended.insert(d.node, (note.clone(), false));
                }
                Note::Changed { .. } => (self.changed, self.astray) = (h.time, 0),
                _ => {}
            }
        }
    }
}
