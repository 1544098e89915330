//! The ring scene in words: names, messages, properties, the panel about a node.

use super::{LETTERS, RingScene, lists};
use crate::core::map::Map;
use crate::core::protocol::NodeId;
use crate::core::store::properties::{arcs, incomplete, lost};
use crate::core::store::survey::{VALUE_BYTES, share_of_keys, weight};
use crate::core::store::{Entry, Handover, Key, Msg, Outcome, State, Store, Tag};
use crate::scenes::geometry::fixed;
use crate::scenes::scene::*;
use crate::scenes::staging::{MessageLook, Moment};
use crate::scenes::text::{Arg, say, word};
use crate::sim::simulation::Simulation;

/// A server has a colour, always with its name or number.
pub fn hue(p: &Store, node: NodeId) -> Hue {
    if node < p.directory() { Hue::Node((node.0 % 6) as u8) } else { Hue::Plain }
}

pub fn letter(p: &Store, client: u16) -> &'static str {
    let nth = client.checked_sub(p.servers() + 1);
    nth.and_then(|nth| LETTERS.get(usize::from(nth))).copied().unwrap_or("·")
}

pub fn name(p: &Store, node: NodeId, lang: Lang) -> String {
    if node < p.directory() {
        lists::server(p, node.0).to_owned()
    } else if node == p.directory() {
        word(lang, "ring.directory")
    } else {
        say(lang, "ring.client", &[("name", letter(p, node.0).into())])
    }
}

/// A node as an argument of a sentence.
pub fn who(p: &Store, node: NodeId, lang: Lang) -> Arg {
    let hue = if hue(p, node) == Hue::Plain { Hue::Accent } else { hue(p, node) };
    (name(p, node, lang), hue).into()
}

pub fn lanes(p: &Store, lang: Lang) -> Vec<Lane> {
    let lane = |node: NodeId| {
        let short = if node < p.directory() {
            (node.0 + 1).to_string()
        } else if node == p.directory() {
            word(lang, "ring.directory-short")
        } else {
            letter(p, node.0).to_owned()
        };
        Lane { node: node.0, name: name(p, node, lang), short, hue: hue(p, node) }
    };
    let servers = (0..p.servers()).map(NodeId);
    servers.chain(p.client_ids()).chain([p.directory()]).map(lane).collect()
}

/// The last part of a key's name, for small places.
pub fn short(key: &Key) -> String {
    let last = key.name.rsplit('/').next().unwrap_or_default();
    let mut chars = last.chars();
    let head: String = chars.by_ref().take(12).collect();
    if chars.next().is_some() { head + "…" } else { head }
}

/// `3`, and `2.3` after the second crash of the client that counts.
fn counted(n: u32) -> String {
    if n >> 16 == 0 { n.to_string() } else { format!("{}.{}", n >> 16, n & 0xffff) }
}

/// What a Put stores: who wrote it, and the how many-th request of theirs it was.
pub fn value(p: &Store, tag: Tag) -> String {
    if tag == Entry::FIRST.value { "∅".to_owned() } else { format!("{}{}", letter(p, tag.client), counted(tag.n)) }
}

pub fn version(entry: Entry) -> String {
    format!("v{}", counted(entry.number))
}

pub fn bytes(n: u64) -> String {
    if n < 10_000 { format!("{n} B") } else { format!("{}.{} kB", n / 1000, n % 1000 / 100) }
}

pub fn bytes_of(keys: &[Key]) -> u64 {
    keys.iter().map(weight).sum()
}

pub fn percent(share: f64) -> String {
    format!("{} %", fixed(share * 100.0, 1))
}

pub fn message(p: &Store, from: NodeId, msg: &Msg) -> MessageLook {
    let look = |words: String, reply| MessageLook { words, hue: hue(p, from), reply };
    match msg {
        Msg::View(view) => look(format!("view {}", view.epoch), None),
        Msg::Seen { epoch } => look(format!("seen {epoch}"), Some(true)),
        Msg::Ask { key, put: None, .. } => look(format!("get {}", short(key)), None),
        Msg::Ask { key, put: Some(entry), .. } => look(format!("put {}={}", short(key), value(p, entry.value)), None),
        Msg::Answer { outcome, view, .. } => match outcome {
            Outcome::Value(Some(entry)) => look(format!("{} {}", value(p, entry.value), version(*entry)), Some(true)),
            Outcome::Value(None) => look("nothing".to_owned(), Some(true)),
            Outcome::Stored { copies, .. } => look(format!("stored ×{copies}"), Some(true)),
            Outcome::Short { copies } => look(format!("only ×{copies}"), Some(false)),
            Outcome::NotYet => look("not yet".to_owned(), Some(false)),
            Outcome::Neither { .. } => look("not here".to_owned(), Some(false)),
            Outcome::Redirect => look(format!("see view {}", view.epoch), Some(false)),
        },
        Msg::Forward { key, put: None, .. } => look(format!("forward get {}", short(key)), None),
        Msg::Forward { key, put: Some(entry), .. } => {
            look(format!("forward put {}={}", short(key), value(p, entry.value)), None)
        }
        Msg::Whole { .. } => look("copied all".to_owned(), Some(true)),
        Msg::Replicate { key, entry, .. } => look(format!("copy {}={}", short(key), value(p, entry.value)), None),
        Msg::Replicated { .. } => look("on disk".to_owned(), Some(true)),
        Msg::Fetch { .. } => look("fetch".to_owned(), None),
        Msg::Copy { entries, .. } => {
            let weight: u64 = entries.iter().map(|(key, _)| key.name.len() as u64 + VALUE_BYTES).sum();
            let words = if entries.is_empty() { "no keys".to_owned() } else { format!("keys, {}", bytes(weight)) };
            look(words, Some(true))
        }
    }
}

pub fn because(moment: &Moment<RingScene>, code: &str, broken: bool, lang: Lang) -> String {
    let (sim, p) = (moment.sim, moment.sim.protocol.as_ref());
    let ghost = &sim.ghost;
    let view = p.view(&sim.cluster);
    let mut ending = if broken { "broken" } else { "fine" };
    let node = |slot: u16| Arg::from(name(p, NodeId(slot), lang));
    let args: Vec<(&str, Arg)> = match code {
        "RING-MONOTONE" => match ghost.change {
            Some((before, after)) => {
                let survey = super::plot::survey(p, Some(before.members), after.members);
                let changed = before.members.or(after.members);
                let mut who = changed.iter().filter(|s| before.members.has(*s) != after.members.has(*s));
                let n = if broken { survey.needless } else { survey.moved };
                let all = survey.owners.len();
                vec![("who", who.next().map_or("".into(), node)), ("n", n.into()), ("all", all.into())]
            }
            None => {
                ending = "none";
                Vec::new()
            }
        },
        "RING-DISTINCT-REPLICAS" => ghost
            .doubled
            .as_ref()
            .map_or_else(Vec::new, |(key, slot)| vec![("key", (*key.name).into()), ("who", node(*slot))]),
        "DURABLE-ONE-CRASH" => lost(p, &sim.cluster, ghost).map_or_else(Vec::new, |(key, entry)| {
            vec![("key", (*key.name).into()), ("value", value(p, entry.value).into())]
        }),
        "READ-YOUR-WRITE" => ghost.stale.as_ref().map_or_else(Vec::new, |stale| {
            let got = stale.got.map_or_else(|| "—".to_owned(), |entry| value(p, entry.value));
            vec![
                ("who", letter(p, stale.client).into()),
                ("key", (*stale.key.name).into()),
                ("stored", value(p, stale.stored.value).into()),
                ("got", got.into()),
            ]
        }),
        "HANDOVER" => ghost
            .early
            .as_ref()
            .map_or_else(Vec::new, |(slot, key)| vec![("who", node(*slot)), ("key", (*key.name).into())]),
        "RING-BALANCE" => {
            let outside = arcs(p, view.members).into_iter().find(|(_, share)| !share.fits());
            outside.map_or_else(Vec::new, |(slot, share)| {
                let (low, high) = share.law.band();
                vec![
                    ("who", node(slot)),
                    ("share", percent(share.share).into()),
                    ("low", percent(low).into()),
                    ("high", percent(high).into()),
                ]
            })
        }
        "COPIED" => {
            let lacking = incomplete(p, &sim.cluster, ghost);
            ending = if lacking.is_empty() { "met" } else { "open" };
            let names: Vec<String> = lacking.iter().map(|slot| name(p, NodeId(*slot), lang)).collect();
            vec![("who", names.join(", ").into())]
        }
        _ => Vec::new(),
    };
    say(lang, &format!("ring.because-{code}-{ending}"), &args)
}

type Row = (String, Text, bool);

pub fn inspect(sim: &Simulation<Store>, node: NodeId, lang: Lang) -> Vec<Row> {
    let p = sim.protocol.as_ref();
    let row = |key: &str, words: String, hue: Hue, mono: bool| {
        (word(lang, key), Text { words, hue, ..Text::default() }, mono)
    };
    let view_row = |epoch: u32| {
        let old = epoch < p.view(&sim.cluster).epoch;
        let words = say(lang, if old { "ring.view-old" } else { "ring.view" }, &[("epoch", epoch.into())]);
        row("ring.row-view", words, if old { Hue::Warn } else { Hue::Plain }, false)
    };
    let mut rows = Vec::new();
    if node < p.directory() {
        rows.extend(server_rows(sim, node.0, lang));
    }
    match sim.cluster.state(node) {
        None => rows.insert(0, row("ring.row-state", word(lang, "common.down"), Hue::Bad, false)),
        Some(State::Server(server)) => rows.push(view_row(server.view.epoch)),
        Some(State::Directory(directory)) => {
            rows.push(view_row(directory.view.epoch));
            let names = |slots: Vec<u16>| {
                let names: Vec<&str> = slots.into_iter().map(|slot| lists::server(p, slot)).collect();
                if names.is_empty() { "—".to_owned() } else { names.join(", ") }
            };
            rows.push(row("ring.row-members", names(directory.view.members.iter().collect()), Hue::Plain, false));
            rows.push(row("ring.row-untold", names(directory.untold.iter().collect()), Hue::Plain, false));
            if p.handover == Handover::WriteBoth {
                let waits = directory.waits.0;
                let hue = if waits.is_empty() { Hue::Plain } else { Hue::Warn };
                rows.push(row("ring.row-waits", names(waits.iter().collect()), hue, false));
            }
        }
        Some(State::Client(client)) => {
            let words = match &client.op {
                None => word(lang, "ring.client-idle"),
                Some(op) => {
                    let key = if op.put.is_some() { "ring.client-puts" } else { "ring.client-gets" };
                    say(lang, key, &[("key", (*op.key.name).into())])
                }
            };
            rows.push(row("ring.row-state", words, Hue::Plain, false));
            let asks = client.op.as_ref().and_then(|op| op.asks).map(|slot| lists::server(p, slot));
            rows.push(row("ring.row-asks", asks.unwrap_or("—").to_owned(), Hue::Plain, false));
            rows.push(view_row(client.view.epoch));
            rows.push(row("ring.row-seen", format!("v{}", counted(client.seen)), Hue::Plain, true));
        }
    }
    rows
}

fn server_rows(sim: &Simulation<Store>, slot: u16, lang: Lang) -> Vec<Row> {
    let p = sim.protocol.as_ref();
    let members = p.view(&sim.cluster).members;
    let row = |key: &str, words: String, hue: Hue, mono: bool| {
        (word(lang, key), Text { words, hue, ..Text::default() }, mono)
    };
    let mut rows = Vec::new();
    let state = sim.cluster.state(NodeId(slot));
    if let Some(State::Server(server)) = state {
        let (words, hue) = match &server.copying {
            Some(copying) => {
                let args = [("who", lists::server(p, copying.from).into())];
                (say(lang, "ring.server-copies", &args), Hue::Warn)
            }
            None if members.has(slot) => (word(lang, "ring.server-member"), Hue::Plain),
            None if server.view.ever.has(slot) => (word(lang, "ring.server-left"), Hue::Muted),
            None => (word(lang, "ring.server-idle"), Hue::Muted),
        };
        rows.push(row("ring.row-state", words, hue, false));
        if server.copying.is_some() {
            let key = match p.handover {
                _ if p.early => "ring.meanwhile-early",
                // After a restart it cannot know who has what it lacks.
                Handover::Forward if !server.sources.0.is_empty() => "ring.meanwhile-forward",
                Handover::WriteBoth if !server.view.former.0.is_empty() => "ring.meanwhile-write-both",
                _ => "ring.meanwhile-turn-away",
            };
            rows.push(row("ring.row-meanwhile", word(lang, key), if p.early { Hue::Bad } else { Hue::Plain }, false));
        }
    }
    if let Some((_, arc)) = arcs(p, members).into_iter().find(|(member, _)| *member == slot) {
        let survey = super::plot::survey(p, None, members);
        let keys = share_of_keys(&survey, slot, arc.law);
        for (key, share) in [("ring.row-arc", arc), ("ring.row-keys", keys)] {
            let (low, high) = share.law.band();
            let band =
                [("share", percent(share.share).into()), ("low", percent(low).into()), ("high", percent(high).into())];
            let hue = if share.fits() { Hue::Plain } else { Hue::Warn };
            rows.push(row(key, say(lang, "ring.band", &band), hue, false));
        }
    }
    let node = sim.cluster.node(NodeId(slot));
    let mut entries: Vec<(Key, Entry)> = Vec::new();
    match state {
        Some(State::Server(server)) => entries.extend(server.entries.iter().map(|(key, entry)| (key.clone(), *entry))),
        _ => {
            let mut known = Map::new();
            for record in &node.log {
                if let crate::core::store::Record::Entry(key, entry) = record {
                    known.insert(key.clone(), *entry);
                }
            }
            entries.extend(known);
        }
    }
    rows.push(row("ring.row-disk", say(lang, "ring.disk", &[("n", entries.len().into())]), Hue::Plain, false));
    for (key, entry) in entries.into_iter().take(32) {
        let words = format!("{} {}", value(p, entry.value), version(entry));
        rows.push((key.name.to_string(), Text { words, ..Text::default() }, true));
    }
    rows
}

pub fn offers(sim: &Simulation<Store>, node: Option<NodeId>, lang: Lang) -> Vec<Offer> {
    let p = sim.protocol.as_ref();
    let offer = |words: String, line: String, minor| Offer { words, line, key: None, amount: None, minor };
    let directory = cluster_directory(sim);
    let members = directory.map(|directory| directory.view.members).unwrap_or_default();
    let server = |slot: u16| lists::node_name(p, NodeId(slot));
    let change = |add: bool, slot: u16| {
        let (key, verb) = if add { ("ring.offer-add", "add") } else { ("ring.offer-remove", "remove") };
        let words = say(lang, key, &[("who", lists::server(p, slot).into())]);
        offer(words, format!("request directory {verb} {}", server(slot)), false)
    };
    let Some(node) = node else {
        let idle = (0..p.servers()).find(|slot| directory.is_some() && !members.has(*slot));
        return idle.map(|slot| change(true, slot)).into_iter().collect();
    };
    let mut list = Vec::new();
    match sim.cluster.state(node) {
        Some(State::Client(client)) if sim.cluster.runs(node) && client.op.is_none() => {
            for (n, key) in p.keys.iter().enumerate() {
                for (words, verb) in [("ring.offer-get", "get"), ("ring.offer-put", "put")] {
                    let words = say(lang, words, &[("key", short(key).into())]);
                    let key = lists::in_one_word(&key.name);
                    let line = format!("request {} {verb} {key}", lists::node_name(p, node));
                    list.push(offer(words, line, n > 1));
                }
            }
        }
        Some(State::Directory(_)) => {
            list.extend((0..p.servers()).filter(|slot| !members.has(*slot)).take(1).map(|slot| change(true, slot)));
        }
        _ if node < p.directory() && directory.is_some() => {
            if !members.has(node.0) {
                list.push(change(true, node.0));
            } else if members.count() > 1 {
                list.push(change(false, node.0));
            }
            if sim.cluster.runs(node) && members.has(node.0) {
                let line = format!("request {} repair", server(node.0));
                list.push(offer(word(lang, "ring.offer-repair"), line, false));
            }
        }
        _ => {}
    }
    list
}

/// The directory's state, if it runs.
fn cluster_directory(sim: &Simulation<Store>) -> Option<&crate::core::store::directory::Directory> {
    match sim.cluster.state(sim.protocol.directory()) {
        Some(State::Directory(directory)) if sim.cluster.runs(sim.protocol.directory()) => Some(directory),
        _ => None,
    }
}
