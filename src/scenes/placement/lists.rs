//! Lists of nodes and keys that the reader gives, what stands in for them, and how nodes and keys are written in commands.

use super::LETTERS;
use crate::core::placement::Member;
use crate::core::placement::keys::Keys;
use crate::core::placement::list::{self, BadRow, KEYS};
use crate::core::placement::range::Sample;
use crate::core::protocol::NodeId;
use crate::core::routing::memo::Fleet;
use crate::core::routing::{Key, Routing, Seat, View};
use crate::scenes::options::Options;
use crate::scenes::place::library::{self, Reference};
use crate::scenes::place::lines;
pub use crate::scenes::place::lines::in_one_word;
use crate::scenes::scene::Lang;
use std::cell::RefCell;
use std::sync::Arc;

/// Nodes that wait to be added, at most.
pub const SPARES_MOST: i64 = 8;

pub struct Nodes {
    pub fleet: Fleet,
    pub initial: View,
    pub bad: Vec<BadRow>,
}

/// The nodes of the list, or numbered ones, and the spares.
pub fn nodes(options: &Options) -> Nodes {
    let few = |key: &str, most: i64| options.number(key).clamp(0, most) as usize;
    // A list that is not at hand keeps the run from opening: see `missing`.
    let read = library::nodes(options.text("nodes"), list::NODES).ok();
    let mut members = read.as_ref().map_or_else(Vec::new, |read| read.list.clone());
    if members.is_empty() {
        members = (1..=few("servers", 1000).max(1)).map(|n| Member::new(format!("node-{n}"), 1)).collect();
    }
    let seats = members.iter().enumerate().map(|(slot, node)| Seat { slot: slot as u16, weight: node.weight });
    let initial = View::initial(&members, seats.collect());
    let mut n = members.len();
    for _ in 0..few("spares", SPARES_MOST) {
        n += 1;
        while members.iter().any(|member| member.name == format!("node-{n}")) {
            n += 1;
        }
        members.push(Member::new(format!("node-{n}"), 1));
    }
    Nodes { fleet: Fleet::new(members), initial, bad: read.map_or_else(Vec::new, |read| read.bad.clone()) }
}

/// The keys of the list, or those that stand in for it, and the rows that were not used.
pub fn keys(options: &Options) -> (Arc<Keys>, Vec<BadRow>) {
    let own = options.text("keys");
    let text = if own.trim().is_empty() { library::SAMPLE } else { own };
    library::keys(text, KEYS).map(|read| (read.list.clone(), read.bad.clone())).unwrap_or_default()
}

/// A sentence about a list that is named and not at hand.
pub fn missing(options: &Options, lang: Lang) -> Option<String> {
    let missing = |text: &str| Reference::parse(text).is_some();
    let (nodes, keys) = (options.text("nodes"), options.text("keys"));
    let nodes = missing(nodes).then(|| library::nodes(nodes, list::NODES).err()).flatten();
    let keys = || missing(keys).then(|| library::keys(keys, KEYS).err()).flatten();
    nodes.or_else(keys).map(|missing| missing.words(lang))
}

/// Some keys of the list, evenly spread over it.
pub fn some(keys: &Keys, count: usize) -> Vec<Key> {
    let count = count.min(keys.len());
    (0..count).map(|n| Key::new(keys.get(n * keys.len() / count))).collect()
}

/// The keys by which properties are judged: some of the list, and where it is short others beside them, since with few keys
/// even a gross imbalance could be chance.
pub fn judged(keys: &Keys, count: usize) -> Vec<Key> {
    let mut judged = some(keys, count);
    judged.extend((judged.len()..count).map(|n| Key::new(&format!("key-{n}"))));
    judged
}

/// The keys by which ranges are cut: all of the list. Sorted once for each list.
pub fn cuts(keys: &Arc<Keys>) -> Sample {
    thread_local! {
        static LATEST: RefCell<Option<(Arc<Keys>, Sample)>> = const { RefCell::new(None) };
    }
    LATEST.with_borrow_mut(|latest| match latest {
        Some((of, sample)) if of == keys => sample.clone(),
        _ => {
            let sample = Sample::new(keys.iter().map(str::as_bytes));
            *latest = Some((keys.clone(), sample.clone()));
            sample
        }
    })
}

/// A node's name in commands: its own where that is one plain word, otherwise its number.
pub fn node_name(p: &Routing, node: NodeId) -> String {
    if node == p.directory() {
        return "directory".to_owned();
    }
    if let Some(client) = node.0.checked_sub(p.servers() + 1) {
        return LETTERS.get(usize::from(client)).map_or_else(|| node.0.to_string(), |l| l.to_ascii_lowercase());
    }
    let name = p.fleet.name(node.0);
    let number = name.strip_prefix('s').unwrap_or(name).parse::<u32>().is_ok();
    if lines::is_plain(name) && !number { name.to_owned() } else { format!("s{}", node.0) }
}

/// The server that is written so.
pub fn server(p: &Routing, word: &str) -> Option<u16> {
    let named = p.slot_of(&word.to_owned()).filter(|slot| node_name(p, NodeId(*slot)) == word);
    let number = || word.strip_prefix('s').unwrap_or(word).parse().ok().filter(|slot| *slot < p.servers());
    named.or_else(number)
}

/// The key that these words of a command mean; `None` if there is none or it is too long.
pub fn key(words: &str) -> Option<Key> {
    lines::key(words).map(|name| Key::new(&name))
}
