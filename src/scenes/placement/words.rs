//! The placement scene in words: names, messages, properties, the panel about a node.

use super::{LETTERS, PlacementScene, lists, picture, stream, survey};
use crate::core::protocol::NodeId;
use crate::core::routing::properties::split;
use crate::core::routing::{Msg, Outcome, Request, Routing, State, directory};
use crate::scenes::geometry::fixed;
use crate::scenes::scene::*;
use crate::scenes::staging::{MessageLook, Moment};
use crate::scenes::text::{Arg, say, word};
use crate::sim::simulation::Simulation;

pub fn slot_hue(slot: u16) -> Hue {
    Hue::Node((slot % 6) as u8)
}

/// A server has a colour, always with its name or number.
pub fn hue(p: &Routing, node: NodeId) -> Hue {
    if node < p.directory() { slot_hue(node.0) } else { Hue::Plain }
}

pub fn letter(p: &Routing, client: u16) -> &'static str {
    let nth = client.checked_sub(p.servers() + 1);
    nth.and_then(|nth| LETTERS.get(usize::from(nth))).copied().unwrap_or("·")
}

pub fn name(p: &Routing, node: NodeId, lang: Lang) -> String {
    if node < p.directory() {
        p.fleet.name(node.0).to_owned()
    } else if node == p.directory() {
        word(lang, "placement.directory")
    } else {
        say(lang, "placement.client", &[("name", letter(p, node.0).into())])
    }
}

/// A node as an argument of a sentence.
pub fn who(p: &Routing, node: NodeId, lang: Lang) -> Arg {
    let hue = if hue(p, node) == Hue::Plain { Hue::Accent } else { hue(p, node) };
    (name(p, node, lang), hue).into()
}

pub fn lanes(p: &Routing, lang: Lang) -> Vec<Lane> {
    let lane = |node: NodeId| {
        let short = if node < p.directory() {
            (node.0 + 1).to_string()
        } else if node == p.directory() {
            word(lang, "placement.directory-short")
        } else {
            letter(p, node.0).to_owned()
        };
        Lane { node: node.0, name: name(p, node, lang), short, hue: hue(p, node) }
    };
    let servers = (0..p.servers()).map(NodeId);
    servers.chain(p.client_ids()).chain([p.directory()]).map(lane).collect()
}

/// The last part of a key's name, for small places.
pub fn short(key: &str) -> String {
    let last = key.rsplit('/').next().unwrap_or_default();
    let mut chars = last.chars();
    let head: String = chars.by_ref().take(12).collect();
    if chars.next().is_some() { head + "…" } else { head }
}

pub fn bytes(n: u64) -> String {
    match n {
        0..10_000 => format!("{n} B"),
        10_000..10_000_000 => format!("{}.{} kB", n / 1000, n % 1000 / 100),
        _ => format!("{}.{} MB", n / 1_000_000, n % 1_000_000 / 100_000),
    }
}

pub fn percent(share: f64) -> String {
    format!("{} %", fixed(share * 100.0, 1))
}

pub fn message(p: &Routing, from: NodeId, msg: &Msg) -> MessageLook {
    let look = |words: String, reply| MessageLook { words, hue: hue(p, from), reply };
    match msg {
        Msg::View(view) => look(format!("view {}", view.epoch), None),
        Msg::Seen { epoch, .. } => look(format!("seen {epoch}"), Some(true)),
        Msg::Newest { epoch, .. } => look(format!("newest {epoch}"), Some(true)),
        Msg::Get { key, .. } => look(format!("get {}", short(&key.0)), None),
        Msg::Answer { outcome: Outcome::Kept { .. }, .. } => look("kept here".to_owned(), Some(true)),
        Msg::Stream(msg) => {
            let (words, reply) = stream::words::message(p, msg);
            look(words, reply)
        }
        Msg::Answer { outcome: Outcome::NotHere, view, .. } => look(format!("see view {}", view.epoch), Some(false)),
    }
}

pub fn because(moment: &Moment<PlacementScene>, code: &str, broken: bool, lang: Lang) -> String {
    let (sim, p) = (moment.sim, moment.sim.protocol.as_ref());
    if let Some(words) = stream::words::because(sim, code, broken, lang) {
        return words;
    }
    let verdict = sim.ghost.verdict(p);
    let node = |slot: u16| Arg::from(p.fleet.name(slot).to_owned());
    let key = |key: &crate::core::routing::Key| ("key", Arg::from(&*key.0));
    let mut ending = if broken { "broken" } else { "fine" };
    let args: Vec<(&str, Arg)> = match code {
        "RING-TOTAL" => verdict.nowhere.iter().map(key).collect(),
        "RING-AGREE" => split(p, &sim.cluster).map_or_else(Vec::new, |split| {
            let server = |n: usize| split.servers[n].map_or_else(|| "—".into(), node);
            vec![
                key(&split.key),
                ("a", letter(p, split.clients[0].0).into()),
                ("b", letter(p, split.clients[1].0).into()),
                ("x", server(0)),
                ("y", server(1)),
            ]
        }),
        "RING-DISTINCT-REPLICAS" => {
            verdict.doubled.as_ref().map_or_else(Vec::new, |(k, slot)| vec![key(k), ("who", node(*slot))])
        }
        "RING-DETERMINISM" => verdict.undetermined.iter().map(key).collect(),
        "RING-MONOTONE" | "HRW-MONOTONE" | "JUMP-MONOTONE" | "HRW-ORDER" if sim.ghost.change.is_none() => {
            ending = "none";
            Vec::new()
        }
        "JUMP-MONOTONE" => verdict.stepped.iter().map(key).collect(),
        "BOUND-CAP" => verdict.over.map_or_else(Vec::new, |(slot, keys, most)| {
            vec![("who", node(slot)), ("n", keys.into()), ("most", most.into())]
        }),
        "BOUND-STOP" => verdict.passed.as_ref().map_or_else(Vec::new, |(k, slot)| vec![key(k), ("who", node(*slot))]),
        "MAGLEV-BALANCE" => {
            verdict.slots.map_or_else(Vec::new, |(low, high)| vec![("low", low.into()), ("high", high.into())])
        }
        "RING-MONOTONE" | "HRW-MONOTONE" => {
            let mut args: Vec<_> = verdict.needless.iter().map(key).collect();
            args.extend([("n", verdict.moved.into()), ("all", verdict.all.into())]);
            args
        }
        "HRW-ORDER" => verdict.jumped.iter().map(key).collect(),
        "RING-BALANCE" => verdict.uneven.map_or_else(Vec::new, |uneven| {
            let (low, high) = uneven.law.band();
            let shares = [("share", uneven.share), ("low", low), ("high", high)];
            let shares = shares.map(|(name, share)| (name, percent(share).into()));
            [("who", node(uneven.slot))].into_iter().chain(shares).collect()
        }),
        _ => Vec::new(),
    };
    say(lang, &format!("placement.because-{code}-{ending}"), &args)
}

type Row = (String, Text, bool);

pub fn inspect(sim: &Simulation<Routing>, node: NodeId, lang: Lang) -> Vec<Row> {
    let p = sim.protocol.as_ref();
    let row = |key: &str, words: String, hue: Hue| (word(lang, key), Text { words, hue, ..Text::default() }, false);
    let newest = p.view(&sim.cluster);
    let view_row = |epoch: u32| {
        let old = epoch < newest.epoch;
        let words = say(lang, if old { "placement.view-old" } else { "placement.view" }, &[("epoch", epoch.into())]);
        row("placement.row-view", words, if old { Hue::Warn } else { Hue::Plain })
    };
    let mut rows = Vec::new();
    if node < p.directory() {
        let weight = newest.weight(node.0);
        let words = match weight {
            0 => word(lang, "placement.server-out"),
            weight => say(lang, "placement.server-member", &[("n", weight.into())]),
        };
        rows.push(row("placement.row-state", words, if weight == 0 { Hue::Muted } else { Hue::Plain }));
        rows.extend(keys_of(sim, node.0, lang));
        if let Some(zone) = p.fleet.get(node.0).map(|node| &node.zone).filter(|zone| !zone.is_empty()) {
            rows.push(row("placement.row-zone", zone.clone(), Hue::Plain));
        }
    }
    match sim.cluster.state(node) {
        None => rows.insert(0, row("placement.row-state", word(lang, "common.down"), Hue::Bad)),
        Some(State::Server(server)) => {
            rows.push(view_row(server.view.epoch));
            if let Some(of) = &p.stream {
                rows.extend(stream::words::server_rows(p, of, node.0, server.stream.get(), lang));
            }
        }
        Some(State::Directory(directory)) => {
            rows.push(view_row(directory.view.epoch));
            rows.push(row("placement.row-members", directory.view.seats.len().to_string(), Hue::Plain));
            let untold: Vec<_> = directory.untold.iter().map(|id| name(p, *id, lang)).collect();
            let words = if untold.is_empty() { "—".to_owned() } else { untold.join(", ") };
            rows.push(row("placement.row-untold", words, Hue::Plain));
        }
        Some(State::Client(client)) => {
            let words = match &client.op {
                None => word(lang, "placement.card-idle"),
                Some(op) => say(lang, "placement.card-asks", &[("key", (*op.key.0).into())]),
            };
            rows.push(row("placement.row-state", words, Hue::Plain));
            rows.push(view_row(client.view.epoch));
            rows.extend(client.stream.get().into_iter().flat_map(|asking| stream::words::client_rows(p, asking, lang)));
        }
    }
    rows
}

/// The keys of a node by the recipe's strategy, and the band in which theory has them.
fn keys_of(sim: &Simulation<Routing>, slot: u16, lang: Lang) -> Option<Row> {
    let p = sim.protocol.as_ref();
    let (before, now) = picture::views_of(sim);
    let survey = survey::survey(p, &p.scheme, before.as_ref(), &now);
    let side = survey.now.filter(|side| side.whole.is_some() && now.has(slot))?;
    let keys = *side.counts.get(usize::from(slot))?;
    let share = f64::from(keys) / side.placed.max(1) as f64;
    let member = side.built.member(slot)?;
    let law = side.built.laws(p.scheme.strategy.takes_weights()).and_then(|laws| laws.get(member).copied());
    let args = [("n", Arg::from(keys)), ("share", percent(share).into())];
    let mut text = Text { words: say(lang, "placement.keys", &args), ..Text::default() };
    if let Some(law) = law.map(|law| law.of_keys(side.placed)) {
        let (low, high) = law.band();
        let args = [("low", percent(low).into()), ("high", percent(high).into())];
        text.words.push_str(&say(lang, "placement.band", &args));
        text.hue = if law.allows(share) { Hue::Plain } else { Hue::Warn };
    }
    Some((word(lang, "placement.row-keys"), text, false))
}

pub fn offers(sim: &Simulation<Routing>, node: Option<NodeId>, lang: Lang) -> Vec<Offer> {
    let p = sim.protocol.as_ref();
    let Some(State::Directory(directory)) =
        sim.cluster.state(p.directory()).filter(|_| sim.cluster.runs(p.directory()))
    else {
        return Vec::new();
    };
    let view = &directory.view;
    let offer = |key: &str, request: Request, slot: u16| {
        let possible = directory::after(p, view, &request).is_ok();
        let words = say(lang, key, &[("who", p.fleet.name(slot).into())]);
        let line = format!(
            "request directory {}",
            <PlacementScene as crate::scenes::staging::Staging>::request_line(p, &request)
        );
        possible.then_some(Offer { words, line, key: None, amount: None, minor: false })
    };
    let add = |slot: u16| offer("placement.offer-add", Request::Add(slot, None), slot);
    let idle = || {
        let mut member = vec![false; p.servers().into()];
        view.seats.iter().for_each(|seat| member[usize::from(seat.slot)] = true);
        member.iter().position(|member| !member).and_then(|slot| add(slot as u16))
    };
    let last = || {
        let slot = view.seats.last()?.slot;
        offer("placement.offer-remove", Request::Remove(slot), slot)
    };
    match node {
        None => idle().into_iter().chain(last()).collect(),
        Some(node) if node == p.directory() => idle().into_iter().collect(),
        Some(node) if node > p.directory() => clients(sim, node, lang),
        Some(NodeId(slot)) if !view.has(slot) => add(slot).into_iter().collect(),
        Some(NodeId(slot)) => {
            let weight = view.weight(slot);
            let heavier = offer("placement.offer-heavier", Request::Weight(slot, weight + 1), slot);
            let lighter = weight.checked_sub(1).filter(|weight| *weight > 0);
            let lighter =
                lighter.and_then(|weight| offer("placement.offer-lighter", Request::Weight(slot, weight), slot));
            let remove = offer("placement.offer-remove", Request::Remove(slot), slot);
            remove.into_iter().chain(heavier).chain(lighter).collect()
        }
    }
}

fn clients(sim: &Simulation<Routing>, node: NodeId, lang: Lang) -> Vec<Offer> {
    let p = sim.protocol.as_ref();
    let free = matches!(sim.cluster.state(node), Some(State::Client(client)) if client.op.is_none());
    if !free || !sim.cluster.runs(node) {
        return Vec::new();
    }
    let get = |(n, key): (usize, &crate::core::routing::Key)| Offer {
        words: say(lang, "placement.offer-get", &[("key", short(&key.0).into())]),
        line: format!("request {} get {}", lists::node_name(p, node), lists::in_one_word(&key.0)),
        key: None,
        amount: None,
        minor: n > 1,
    };
    p.asked.iter().take(8).enumerate().map(get).collect()
}
