//! The placement scene's diagram: who waits for an answer, and who goes by an old list.

use super::stream;
use super::words::hue;
use crate::core::protocol::{Effect, NodeId};
use crate::core::routing::{Note, Routing, State};
use crate::scenes::scene::*;
use crate::scenes::staging::{BarNow, MarkNow};
use crate::scenes::text::word;
use crate::sim::simulation::{Happening, Simulation};

/// In a fleet of more nodes a member has no lane until it goes down: they would be more than can be told apart.
const LANES_MOST: u16 = 24;

pub fn now(sim: &Simulation<Routing>) -> Vec<BarNow> {
    let p = sim.protocol.as_ref();
    let view = p.view(&sim.cluster);
    let newest = view.epoch;
    let mut bars = Vec::new();
    if p.servers() <= LANES_MOST {
        let bar = |slot: u16| {
            let (kind, words) = (BarKind::Strong, "placement.bar-member");
            BarNow { lane: slot, kind, hue: hue(p, NodeId(slot)), words }
        };
        bars.extend(view.seats.iter().map(|seat| bar(seat.slot)));
    }
    for id in p.client_ids() {
        if let Some(State::Client(client)) = sim.cluster.state(id) {
            let bar = |kind, words| BarNow { lane: id.0, kind, hue: hue(p, id), words };
            if client.view.epoch < newest {
                bars.push(bar(BarKind::Doubt, "placement.bar-old"));
            }
            if client.op.is_some() {
                bars.push(bar(BarKind::Pale, "placement.bar-waits"));
            }
        }
    }
    bars.extend((0..p.servers()).filter_map(|slot| stream::bar(sim, slot)));
    bars
}

pub fn marks(p: &Routing, h: &Happening<Routing>, lang: Lang) -> Vec<MarkNow> {
    let notes = h.done.iter();
    let mark = |d: &crate::core::cluster::Done<Routing>| {
        let Effect::Note(note) = &d.effect else { return None };
        let (hue, key) = match note {
            Note::Changed { .. } => (hue(p, d.node), "placement.mark-changed"),
            Note::GaveUp { .. } => (Hue::Bad, "placement.mark-gave-up"),
            Note::Nowhere { .. } => (Hue::Bad, "placement.mark-nowhere"),
            Note::Learned { .. } => (Hue::Good, "placement.mark-learned"),
            Note::Stream(note) => return stream::mark(d.node, note, lang),
            _ => return None,
        };
        Some(MarkNow { lane: d.node.0, hue, words: word(lang, key), dot: false })
    };
    notes.filter_map(mark).collect()
}
