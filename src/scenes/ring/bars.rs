//! The ring scene's diagram: who is a member, who copies, who waits for an answer.

use super::words::hue;
use crate::core::protocol::{Effect, NodeId};
use crate::core::store::{Note, State, Store};
use crate::scenes::scene::*;
use crate::scenes::staging::{BarNow, MarkNow};
use crate::scenes::text::word;
use crate::sim::simulation::{Happening, Simulation};

pub fn now(sim: &Simulation<Store>) -> Vec<BarNow> {
    let p = sim.protocol.as_ref();
    let members = p.view(&sim.cluster).members;
    let bar = |id: NodeId, kind, words| BarNow { lane: id.0, kind, hue: hue(p, id), words };
    let mut bars = Vec::new();
    for id in sim.cluster.ids() {
        match sim.cluster.state(id) {
            Some(State::Server(server)) => {
                if members.has(id.0) {
                    bars.push(bar(id, BarKind::Strong, "ring.bar-member"));
                }
                if server.copying.is_some() {
                    bars.push(bar(id, BarKind::Doubt, "ring.bar-copies"));
                }
            }
            Some(State::Client(client)) if client.op.is_some() => {
                bars.push(bar(id, BarKind::Pale, "ring.bar-waits"));
            }
            Some(State::Directory(directory)) if !directory.waits.0.is_empty() => {
                bars.push(bar(id, BarKind::Doubt, "ring.bar-both"));
            }
            _ => {}
        }
    }
    bars
}

pub fn marks(p: &Store, h: &Happening<Store>, lang: Lang) -> Vec<MarkNow> {
    let notes =
        h.done.iter().filter_map(|d| if let Effect::Note(note) = &d.effect { Some((d.node, note)) } else { None });
    let mut marks = Vec::new();
    for (at, note) in notes {
        let mut mark = |lane: u16, hue, key: &str, dot| {
            marks.push(MarkNow { lane, hue, words: word(lang, key), dot });
        };
        match note {
            Note::Changed { before, after } => {
                for slot in after.members.iter().filter(|slot| !before.members.has(*slot)) {
                    mark(slot, hue(p, NodeId(slot)), "ring.mark-joins", false);
                }
                for slot in before.members.iter().filter(|slot| !after.members.has(*slot)) {
                    mark(slot, Hue::Warn, "ring.mark-leaves", false);
                }
            }
            Note::Got { .. } if h.broke.contains(&"READ-YOUR-WRITE") => {
                mark(at.0, Hue::Bad, "ring.mark-stale", true);
            }
            Note::Serves { .. } if h.broke.contains(&"HANDOVER") => mark(at.0, Hue::Bad, "ring.mark-early", true),
            Note::Stored { .. } => mark(at.0, Hue::Good, "ring.mark-stored", true),
            Note::GaveUp { .. } | Note::NotStored { .. } => mark(at.0, Hue::Bad, "ring.mark-gave-up", true),
            Note::Places { .. } if h.broke.contains(&"RING-DISTINCT-REPLICAS") => {
                mark(at.0, Hue::Bad, "ring.mark-doubled", true);
            }
            _ => {}
        }
    }
    marks
}
