//! Lists of nodes and keys that the reader gives, and the sample that stands in for them.

use super::LETTERS;
use crate::core::placement::list::{BadRow, Fault, KEYS, Limits, NODES};
use crate::core::placement::{Member, Placement};
use crate::core::protocol::NodeId;
use crate::core::store::survey::Lists;
use crate::core::store::view::SLOTS_MOST;
use crate::core::store::{Key, Store};
use crate::scenes::options::Options;
use crate::scenes::place::library;
use crate::scenes::place::lines;
pub use crate::scenes::place::lines::in_one_word;
use crate::scenes::scene::Lang;

/// Keys of a list at most: each is a dot on the ring.
const KEYS_MOST: usize = 10_000;

/// Points of a ring at most.
const POINTS_MOST: u64 = 1 << 17;

/// The store of the listed nodes, without its other options, and the lists.
pub struct Read {
    pub store: Store,
    pub given: Lists,
}

pub fn read(options: &Options) -> Read {
    let few = |key: &str, most: i64| options.number(key).clamp(0, most) as usize;
    let (vnodes, replicas) = (few("vnodes", 200).max(1) as u32, few("replicas", 5).max(1) as u8);
    let mut given = Lists::default();
    let own = options.text("keys");
    given.own_keys = !own.trim().is_empty();
    // A list that is not at hand keeps the run from opening: see `missing`.
    let limits = Limits { lines: KEYS_MOST, ..KEYS };
    if let Ok(keys) = library::keys(if given.own_keys { own } else { library::SAMPLE }, limits) {
        given.keys = keys.list.iter().take(KEYS_MOST).map(Key::new).collect();
        given.bad_keys = left_out(keys.bad.clone(), keys.list.len(), KEYS_MOST);
    }

    let own = options.text("nodes");
    let spares = few("spares", 8);
    let lines = SLOTS_MOST - spares;
    let mut members = Vec::new();
    if let Ok(nodes) = library::nodes(own, Limits { lines, ..NODES }) {
        given.bad_nodes = left_out(nodes.bad.clone(), nodes.list.len(), lines);
        members.extend(nodes.list.iter().take(lines).cloned());
    }
    given.own_nodes = !members.is_empty();
    if !given.own_nodes {
        members = (1..=few("servers", 12).max(1)).map(|n| Member::new(format!("node-{n}"), 1)).collect();
    }
    let initial = members.len() as u16;
    for _ in 0..spares {
        let free = |n: &usize| members.iter().all(|member| member.name != format!("node-{n}"));
        let n = (members.len() + 1..).find(free).unwrap_or_default();
        members.push(Member::new(format!("node-{n}"), 1));
    }
    let points = |members: &[Member]| members.iter().map(|m| u64::from(m.weight)).sum::<u64>() * u64::from(vnodes);
    if points(&members) > POINTS_MOST {
        given.even = true;
        members.iter_mut().for_each(|member| member.weight = 1);
    }
    let store = Store::new(members, initial, vnodes, replicas);
    Read { store: store.expect("names are distinct, weights at least 1, and the points few"), given }
}

/// The bad rows, and those that are too many: a list that is named was read for scenes that take more.
fn left_out(mut bad: Vec<BadRow>, rows: usize, most: usize) -> Vec<BadRow> {
    if rows > most {
        bad.push(BadRow { line: most + 1, fault: Fault::LeftOut { lines: rows - most, most } });
    }
    bad
}

/// A sentence about a list that is named and not at hand.
pub fn missing(options: &Options, lang: Lang) -> Option<String> {
    let nodes = library::nodes(options.text("nodes"), NODES).err();
    nodes.or_else(|| library::keys(options.text("keys"), KEYS).err()).map(|missing| missing.words(lang))
}

/// Some keys of the list, evenly spread over it.
pub fn sample(keys: &[Key], count: usize) -> Vec<Key> {
    let count = count.min(keys.len());
    let mut sample: Vec<Key> = (0..count).map(|n| keys[n * keys.len() / count].clone()).collect();
    sample.dedup();
    sample
}

/// A node's name in commands: its own where that is one plain word, otherwise its number.
pub fn node_name(p: &Store, node: NodeId) -> String {
    if node == p.directory() {
        return "directory".to_owned();
    }
    if let Some(client) = node.0.checked_sub(p.servers() + 1) {
        return LETTERS.get(usize::from(client)).map_or_else(|| node.0.to_string(), |l| l.to_ascii_lowercase());
    }
    let name = server(p, node.0);
    let number = name.parse::<u32>().is_ok();
    if lines::is_plain(name) && !number { name.to_owned() } else { format!("s{}", node.0) }
}

/// A server's own name.
pub fn server(p: &Store, slot: u16) -> &str {
    p.ring.members().get(usize::from(slot)).map_or("", |member| member.name.as_str())
}

/// The key that these words of a command mean; `None` if there is none or it is too long.
pub fn key(words: &str) -> Option<Key> {
    lines::key(words).map(|name| Key::new(&name))
}
