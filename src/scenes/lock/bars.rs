//! The lock scene's diagram: what a client believes, whether it is inside its lease, and whose key it is.

use super::words::{hue, letter};
use crate::core::lock::properties::{believers, inside_lease};
use crate::core::lock::{Lock, Note, State};
use crate::core::protocol::Effect;
use crate::scenes::scene::*;
use crate::scenes::staging::{BarNow, MarkNow};
use crate::scenes::text::{say, word};
use crate::sim::simulation::{Happening, Simulation};

pub fn now(sim: &Simulation<Lock>) -> Vec<BarNow> {
    let p = sim.protocol.as_ref();
    let inside: Vec<_> = inside_lease(p, &sim.cluster).collect();
    let mut bars = Vec::new();
    for id in believers(p, &sim.cluster) {
        bars.push(BarNow { lane: id.0, kind: BarKind::Pale, hue: hue(id.0), words: "lock.bar-believes" });
    }
    for id in &inside {
        bars.push(BarNow { lane: id.0, kind: BarKind::Strong, hue: hue(id.0), words: "lock.bar-lease" });
        if inside.len() > 1 {
            bars.push(BarNow { lane: id.0, kind: BarKind::Broken, hue: Hue::Bad, words: "lock.bar-overlap" });
        }
    }
    for id in p.servers() {
        if let Some(State::Redis(redis)) = sim.cluster.state(id)
            && let Some(owner) = redis.holder()
        {
            bars.push(BarNow { lane: id.0, kind: BarKind::Pale, hue: hue(owner.client), words: "lock.bar-key" });
        }
    }
    bars
}

pub fn marks(p: &Lock, h: &Happening<Lock>, lang: Lang) -> Vec<MarkNow> {
    let notes = h.done.iter().filter_map(|d| if let Effect::Note(note) = &d.effect { Some(note) } else { None });
    let at = h.node.map_or(p.redis().0, |node| node.0);
    notes.filter_map(|note| mark(p, h, note, at, lang)).collect()
}

fn mark(p: &Lock, h: &Happening<Lock>, note: &Note, redis: u16, lang: Lang) -> Option<MarkNow> {
    let storage = p.storage().0;
    Some(match note {
        Note::Expired(_) => {
            MarkNow { lane: redis, hue: Hue::Plain, words: word(lang, "lock.mark-expired"), dot: false }
        }
        Note::Removed { by, owner } if *by != owner.client => {
            let words = say(lang, "lock.mark-foreign", &[("victim", letter(owner.client).into())]);
            MarkNow { lane: redis, hue: Hue::Bad, words, dot: false }
        }
        Note::Accepted { owner, fence, .. } => {
            let fence = fence.map_or_else(String::new, |n| n.to_string());
            let broken = !h.broke.is_empty();
            let words = if broken {
                say(lang, "lock.mark-stale", &[("who", letter(owner.client).into()), ("fence", fence.into())])
            } else {
                fence
            };
            MarkNow { lane: storage, hue: if broken { Hue::Bad } else { hue(owner.client) }, words, dot: true }
        }
        Note::Promoted(_) => {
            MarkNow { lane: redis, hue: Hue::Warn, words: word(lang, "lock.mark-promoted"), dot: false }
        }
        Note::Refused { .. } | Note::Outdated { .. } => {
            MarkNow { lane: storage, hue: Hue::Warn, words: word(lang, "lock.mark-refused"), dot: true }
        }
        _ => return None,
    })
}
