//! What a lesson may ask about the ring: where a key lives, and how many keys a change moves.

use super::plot::{memberships, middle_of_keys, survey};
use super::{RingScene, lists};
use crate::core::cluster::Action;
use crate::core::store::Request;
use crate::scenes::lesson::{Choice, Fact, points};
use crate::scenes::scene::{Block, Card, Hue, Lang, RingPlot, Stage};
use crate::scenes::staging::Moment;
use crate::scenes::text::word;
use crate::sim::simulation::Input;

/// `owner KEY`: its first server; `moved`: the share of the list's keys that the latest change gave a new owner, as the nearest
/// of none, a fifth, a half and four fifths; `spread`: the largest share of the list's keys by the smallest, as `even` below one
/// and a half, `some` up to four, `much` beyond that.
pub fn fact(moment: &Moment<RingScene>, asked: &[&str], lang: Lang) -> Option<Fact> {
    let p = moment.sim.protocol.as_ref();
    let (before, now) = memberships(moment);
    match asked {
        ["owner", key @ ..] => {
            let key = lists::key(&key.join(" "))?;
            let owner = p.owner_of(now, key.at).map(|slot| lists::server(p, slot).to_owned());
            let servers = (0..p.servers()).map(|slot| lists::server(p, slot).to_owned());
            Some(Fact::one_of(owner, servers.map(|name| (name.clone(), name)), &[], lang))
        }
        ["moved"] => {
            let survey = survey(p, before, now);
            Some(Fact::share(survey.moved as f64 / survey.owners.len().max(1) as f64, lang))
        }
        ["spread"] => {
            let survey = survey(p, before, now);
            let mut keys = vec![0_u32; usize::from(p.servers())];
            for (owner, _) in &survey.owners {
                if let Some(count) = owner.and_then(|slot| keys.get_mut(usize::from(slot))) {
                    *count += 1;
                }
            }
            let members = keys.iter().enumerate().filter(|(slot, _)| now.has(*slot as u16)).map(|(_, count)| *count);
            let (least, most) = members.fold((u32::MAX, 0), |(least, most), n| (least.min(n), most.max(n)));
            let value = match () {
                () if most > 4 * least => "much",
                () if 2 * most > 3 * least => "some",
                () => "even",
            };
            let choice =
                |value: &&str| Choice { value: (*value).to_owned(), words: word(lang, &format!("ring.fact-{value}")) };
            Some(Fact { value: value.to_owned(), choices: ["even", "some", "much"].iter().map(choice).collect() })
        }
        _ => None,
    }
}

/// Of an owner the points alone are shown; of shares no numbers; of what outlives a crash not where its copies are.
pub fn veil(moment: &Moment<RingScene>, asked: &[&str], stage: &mut Stage, lang: Lang) {
    let p = moment.sim.protocol.as_ref();
    let of_server = |card: &Card| card.node < p.directory().0;
    match asked {
        ["owner", ..] => {
            stage.cards.iter_mut().filter(|card| of_server(card)).for_each(uncounted);
            if let Some(ring) = &mut stage.ring {
                let (title, lines) = middle_of_keys(moment, lang);
                let arcs = points(&ring.arcs, ring.radius, p.directory().0);
                *ring = RingPlot { arcs, title, lines, probe: None, ..std::mem::take(ring) };
                ring.keys.iter_mut().for_each(|key| (key.hue, key.moved) = (Hue::Muted, false));
            }
        }
        ["spread"] => stage.cards.iter_mut().filter(|card| of_server(card)).for_each(uncounted),
        ["broken", code] if code.starts_with("DURABLE") => {
            for card in stage.cards.iter_mut() {
                let server = of_server(card);
                // What a server has on its disk is a line; how often a client's value was stored stands in its entry.
                card.blocks.retain(|block| !(server && matches!(block, Block::Line(_))));
                let entries = card.blocks.iter_mut().filter(|_| !server);
                entries.for_each(|block| {
                    if let Block::Entry { value, .. } = block {
                        value.clear();
                    }
                });
            }
        }
        _ => {}
    }
}

/// Of an owner the key that is asked for is looked up, of what outlives a crash the one that was stored last.
pub fn attend(moment: &Moment<RingScene>, asked: &[&str]) -> Option<String> {
    match asked {
        ["owner", key @ ..] => Some(format!("lookup {}", key.join(" "))),
        ["broken", code] if code.starts_with("DURABLE") => {
            let stored = moment.timeline.inputs.iter().rev().find_map(|placed| match &placed.input {
                Input::Act(Action::Request(_, Request::Put(key))) => Some(key),
                _ => None,
            })?;
            Some(format!("lookup {}", stored.name))
        }
        _ => None,
    }
}

/// A server without its share of the circle and its number of keys, but with the colour of its points.
fn uncounted(card: &mut Card) {
    if let Some(corner) = &mut card.corner
        && corner.hue == card.hue
    {
        "●".clone_into(&mut corner.words);
    }
    card.blocks.retain(|block| !matches!(block, Block::Entry { .. }));
}
