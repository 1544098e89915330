//! The scene's diagram: what a client believes, whether it is inside its lease, whether it is connected, whose key is first.

use crate::core::coordination::properties::{believers, inside_lease};
use crate::core::coordination::{Coordination, Note, State};
use crate::core::protocol::{Effect, NodeId};
use crate::scenes::lock::words::{hue, letter};
use crate::scenes::scene::*;
use crate::scenes::staging::{BarNow, MarkNow};
use crate::scenes::text::{say, word};
use crate::sim::simulation::{Happening, Simulation};

pub fn now(sim: &Simulation<Coordination>) -> Vec<BarNow> {
    let p = sim.protocol.as_ref();
    let inside: Vec<_> = inside_lease(p, &sim.cluster).collect();
    let mut bars = Vec::new();
    for id in believers(p, &sim.cluster) {
        bars.push(BarNow { lane: id.0, kind: BarKind::Pale, hue: hue(id.0), words: "coordination.bar-believes" });
    }
    for id in &inside {
        bars.push(BarNow { lane: id.0, kind: BarKind::Strong, hue: hue(id.0), words: "coordination.bar-lease" });
        if inside.len() > 1 {
            bars.push(BarNow { lane: id.0, kind: BarKind::Broken, hue: Hue::Bad, words: "coordination.bar-overlap" });
        }
    }
    for id in (0..p.clients).map(NodeId) {
        // Without a connection it cannot know whether its session lives.
        if let Some(State::Client(client)) = sim.cluster.state(id)
            && client.opened
            && client.session.is_some()
            && !client.up
        {
            bars.push(BarNow { lane: id.0, kind: BarKind::Doubt, hue: Hue::Warn, words: "coordination.bar-unknown" });
        }
    }
    for id in p.servers() {
        if let Some(State::Server(server)) = sim.cluster.state(id)
            && let Some(first) = server.agreed.queue().first()
        {
            let hue = hue(first.owner.client);
            bars.push(BarNow { lane: id.0, kind: BarKind::Pale, hue, words: "coordination.bar-key" });
        }
    }
    bars
}

pub fn marks(p: &Coordination, h: &Happening<Coordination>, lang: Lang) -> Vec<MarkNow> {
    let notes = h.done.iter().filter_map(|d| if let Effect::Note(note) = &d.effect { Some(note) } else { None });
    let at = h.node.unwrap_or(p.leader());
    notes.filter_map(|note| mark(p, h, note, at, lang)).collect()
}

fn mark(p: &Coordination, h: &Happening<Coordination>, note: &Note, at: NodeId, lang: Lang) -> Option<MarkNow> {
    let tick = |hue, words| MarkNow { lane: at.0, hue, words, dot: false };
    let storage = |hue, words| MarkNow { lane: p.storage().0, hue, words, dot: true };
    let about = |key: &str, client: u16| say(lang, key, &[("who", letter(client).into())]);
    Some(match note {
        Note::SessionExpired(session) => tick(Hue::Warn, about("coordination.mark-expired", session.client)),
        Note::SessionOver(_) => tick(Hue::Warn, word(lang, "coordination.mark-told-over")),
        Note::Disconnected(_) => tick(Hue::Warn, word(lang, "coordination.mark-disconnected")),
        Note::Elected(_) => tick(Hue::Warn, word(lang, "coordination.mark-elected")),
        Note::Recovered(_) if at == p.leader() => tick(Hue::Plain, word(lang, "coordination.mark-recovered")),
        Note::Woke(count) => {
            let herd = *count > 1;
            let words = say(lang, "coordination.mark-woke", &[("n", (*count).into())]);
            tick(if herd { Hue::Bad } else { Hue::Plain }, words)
        }
        Note::Accepted { owner, fence, .. } => {
            let fence = fence.map_or_else(String::new, |n| n.to_string());
            if h.broke.is_empty() {
                storage(hue(owner.client), fence)
            } else {
                let args = [("who", letter(owner.client).into()), ("fence", fence.into())];
                storage(Hue::Bad, say(lang, "coordination.mark-stale", &args))
            }
        }
        Note::Refused { .. } => storage(Hue::Warn, word(lang, "coordination.mark-refused")),
        _ => return None,
    })
}
