//! Where one key goes, in four steps: its bytes, their hash, the place that the strategy gives it, the nodes.

use super::words::percent;
use crate::core::placement::Inside;
use crate::core::placement::jump::bucket;
use crate::core::placement::scheme::{Scheme, Strategy};
use crate::core::placement::slots::Slots;
use crate::core::routing::memo::Built;
use crate::core::routing::{Key, Routing};
use crate::scenes::geometry::fixed;
use crate::scenes::scene::*;
use crate::scenes::text::{Arg, say, word};

/// Bytes of a key that are shown.
const BYTES: usize = 6;

fn figure(words: String, value: String, note: String) -> Figure {
    Figure { words, value, note, looked_up: true }
}

/// The key and its bytes: the same for all strategies.
pub fn first(key: &Key, lang: Lang) -> Vec<Figure> {
    let bytes = key.bytes();
    let hex: Vec<String> = bytes.iter().take(BYTES).map(|byte| format!("{byte:02x}")).collect();
    let more = if bytes.len() > BYTES { " …" } else { "" };
    let shown: String = key.0.chars().take(40).collect();
    vec![
        figure(word(lang, "placement.figure-key"), shown, String::new()),
        figure(
            word(lang, "placement.step-bytes"),
            hex.join(" ") + more,
            say(lang, "placement.step-bytes-note", &[("n", bytes.len().into())]),
        ),
    ]
}

/// The other steps, by one strategy. `owner` is the key's owner among all keys of the list, where it is one of them.
pub fn steps(p: &Routing, scheme: &Scheme, built: &Built, key: &Key, owner: Option<u16>, lang: Lang) -> Vec<Figure> {
    let placement = built.placement.as_ref();
    let at = placement.hash().position(key.bytes());
    let name = word(lang, &format!("placement.recipe-{}", scheme.strategy.name()));
    let head = |key: &str| say(lang, key, &[("name", name.clone().into())]);
    let nodes = built.nodes(key.bytes(), p.replicas.max(1).into());
    let server = |slot: u16| p.fleet.name(slot).to_owned();
    let others: Vec<String> = nodes.iter().skip(1).map(|slot| server(*slot)).collect();
    let mut note = match others.is_empty() {
        true => String::new(),
        false => say(lang, "placement.step-replicas", &[("nodes", others.join(", ").into())]),
    };
    let first = nodes.first().copied();
    let owner = owner.filter(|_| placement.bound().is_some()).or(first);
    if let (Some(first), true) = (first, owner != first) {
        note = say(lang, "placement.step-full", &[("who", server(first).into())]);
    }
    let hashed = match placement.inside() {
        Inside::Range(_) => (word(lang, "placement.step-no-hash"), String::new()),
        Inside::Scores(_) => (word(lang, "placement.step-bids"), placement.hash().name().to_owned()),
        _ => (format!("{at:016x}"), placement.hash().name().to_owned()),
    };
    let (place, place_note) = place(p, scheme, built, key, at, lang);
    let owner = owner.map_or_else(|| "—".to_owned(), server);
    vec![
        figure(head("placement.step-hash"), hashed.0, hashed.1),
        figure(head("placement.step-place"), place, place_note),
        figure(head("placement.step-node"), owner, note),
    ]
}

fn degrees(at: u64) -> String {
    format!("{}°", fixed(at as f64 / (1_u128 << 64) as f64 * 360.0, 1))
}

/// What the strategy makes of the hash, and a word on it.
fn place(p: &Routing, scheme: &Scheme, built: &Built, key: &Key, at: u64, lang: Lang) -> (String, String) {
    let placement = built.placement.as_ref();
    let members = placement.members();
    let tell = |words: &str, args: &[(&str, Arg)]| say(lang, words, args);
    match placement.inside() {
        Inside::Ring(ring) => match ring.point_of(at).map(|point| ring.points()[point]) {
            Some(point) => {
                let label = format!("{}#{}", members[point.member as usize].name, point.index);
                let args = [("key", Arg::from(degrees(at))), ("at", degrees(point.at).into())];
                (label, tell("placement.step-point", &args))
            }
            None => ("—".to_owned(), String::new()),
        },
        Inside::Circle(circle) => match circle.successor(at).map(|spot| circle.spots()[spot]) {
            Some(spot) => {
                let args = [("key", Arg::from(degrees(at))), ("at", degrees(spot.at).into())];
                (members[spot.member as usize].name.clone(), tell("placement.step-point", &args))
            }
            None => ("—".to_owned(), String::new()),
        },
        Inside::Scores(scores) => {
            let best = placement.owner(key.bytes());
            let hash = best.map_or(0, |member| scores.hash_with(member, key.bytes()));
            let name = best.map_or("—", |member| members[member].name.as_str());
            let value = format!("{:016x}", hash);
            let args = [("name", Arg::from(name)), ("n", members.len().into())];
            (value, tell("placement.step-highest", &args))
        }
        Inside::Maglev(maglev) => {
            let slot = maglev.slot(at).unwrap_or(0);
            (tell("placement.step-slot", &[("slot", slot.into()), ("all", maglev.table().len().into())]), String::new())
        }
        Inside::Slots(slots) => {
            let slot = Slots::slot(at);
            (tell("placement.step-slot", &[("slot", slot.into()), ("all", slots.table().len().into())]), String::new())
        }
        Inside::Range(range) => {
            let part = range.part(key.bytes()).and_then(|part| range.parts().get(part));
            let from = part.map_or_else(String::new, |part| String::from_utf8_lossy(&part.from).into_owned());
            let from: String = from.chars().take(24).collect();
            let key = if from.is_empty() { "placement.step-lowest" } else { "placement.step-from" };
            (tell(key, &[("from", from.into())]), String::new())
        }
        Inside::Nothing => {
            let n = members.len() as u32;
            match scheme.strategy {
                Strategy::Modulo => {
                    let index = placement.owner(key.bytes()).map_or(0, |index| index as u64);
                    let args = [("n", Arg::from(n)), ("index", index.into())];
                    (tell("placement.step-remainder", &args), word(lang, "placement.step-from-zero"))
                }
                Strategy::Jump if n > 0 => {
                    let args = [("n", Arg::from(n)), ("index", bucket(at, n).into())];
                    (tell("placement.step-bucket", &args), word(lang, "placement.step-from-zero"))
                }
                _ => (degrees(at), percent_of(p, built)),
            }
        }
    }
}

/// Of a lookup that is none there is nothing to say but how many keys it gives an owner.
fn percent_of(p: &Routing, built: &Built) -> String {
    let owned = p.sample.iter().filter(|key| built.owner(key.bytes()).is_some()).count();
    percent(owned as f64 / p.sample.len().max(1) as f64)
}
