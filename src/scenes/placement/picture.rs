//! The placement scene's stage: a panel a strategy, clients and directory below them.

use super::panel::{self, Look};
use super::words::{hue, name, short};
use super::{PlacementScene, shown, stream};
use crate::core::protocol::NodeId;
use crate::core::routing::{Msg, Note, Routing, State, View as List};
use crate::scenes::geometry::{Rect, row};
use crate::scenes::scene::*;
use crate::scenes::staging::{Moment, Staging};
use crate::scenes::text::{say, word};
use crate::sim::simulation::Simulation;
use std::sync::Arc as Shared;

/// Below this width panels stand under each other.
const NARROW: f32 = 600.0;
/// From this width on three or four panels stand in one row.
const BROAD: f32 = 1200.0;
/// A panel is never lower.
const LOWEST: f32 = 250.0;
const GAP: f32 = 14.0;
const CARD: f32 = 58.0;

/// The lists that the picture compares: before the latest change, if there was one, and now.
pub fn views(moment: &Moment<PlacementScene>) -> (Option<Shared<List>>, Shared<List>) {
    views_of(moment.sim)
}

pub fn views_of(sim: &Simulation<Routing>) -> (Option<Shared<List>>, Shared<List>) {
    let now = sim.protocol.view(&sim.cluster);
    let change = sim.ghost.change.as_ref().filter(|(_, after)| *after == now);
    (change.map(|(before, _)| before.clone()), now)
}

struct Layout {
    panels: Vec<Rect>,
    cards: Vec<(NodeId, Rect)>,
    height: f32,
}

fn layout(p: &Routing, count: usize, view: &View) -> Layout {
    let narrow = view.width < NARROW;
    let columns = match count {
        _ if narrow => 1,
        1 | 2 => count,
        _ if view.width >= BROAD => count,
        _ => 2,
    };
    let rows = count.div_ceil(columns.max(1)).max(1);
    let margin = if narrow { 10.0 } else { 14.0 };
    let all = cards(p);
    let per_row = if narrow { 3.min(all.len()) } else { all.len() };
    let card_rows = all.len().div_ceil(per_row.max(1)) as f32;
    let foot = card_rows * (CARD + 8.0) + 6.0;
    let inner = view.width - 2.0 * margin;
    let lowest = if narrow { inner.clamp(300.0, 420.0) } else { LOWEST };
    let high = ((view.height - foot - GAP * rows as f32) / rows as f32).max(lowest);
    let mut panels = Vec::new();
    for at in 0..rows {
        let area = Rect { x: margin, y: GAP / 2.0 + at as f32 * (high + GAP), w: inner, h: high };
        panels.extend(row(area, columns, GAP));
    }
    panels.truncate(count);
    let mut y = GAP / 2.0 + rows as f32 * (high + GAP);
    let mut placed = Vec::new();
    for chunk in all.chunks(per_row.max(1)) {
        let w = inner.min(per_row as f32 * 220.0);
        let area = Rect { x: (view.width - w) / 2.0, y, w, h: CARD };
        placed.extend(chunk.iter().copied().zip(row(area, per_row, 8.0)));
        y += CARD + 8.0;
    }
    Layout { panels, cards: placed, height: y.max(view.height) }
}

/// Clients, and the directory among them.
fn cards(p: &Routing) -> Vec<NodeId> {
    let half = p.clients.div_ceil(2) as usize;
    let mut list: Vec<NodeId> = p.client_ids().collect();
    list.insert(half.min(list.len()), p.directory());
    list
}

pub fn stage(moment: &Moment<PlacementScene>, view: &View) -> Stage {
    let p = moment.sim.protocol.as_ref();
    let schemes = shown(p, moment.aside);
    let l = layout(p, schemes.len(), view);
    let looks: Vec<Look> = schemes.iter().map(|scheme| Look::of(moment, scheme, view.lang)).collect();
    // One scale for all, so that columns can be compared across panels.
    let most = looks.iter().map(Look::most).fold(1.0, f32::max);
    let panels: Vec<Panel> =
        looks.iter().zip(&l.panels).map(|(look, at)| panel::panel(moment, look, *at, most, view.lang)).collect();
    let way = |from: NodeId, to: NodeId| {
        let ((ax, ay), (bx, by)) = (gate(p, &l, &panels, from), gate(p, &l, &panels, to));
        let bend = (by - ay) * 0.4;
        Curve([(ax, ay), (ax, ay + bend), (bx, by - bend), (bx, by)])
    };
    let pills = stream::drawn(moment.sim).map(|f| {
        let mut look = PlacementScene::message(p, f.from, &f.msg, view.lang);
        if let Msg::Stream(msg) = &f.msg {
            look.words = stream::words::pill(msg);
        }
        moment.pill(f, look, way(f.from, f.to))
    });
    let cuts = moment.sim.cluster.cuts.iter();
    Stage {
        wires: cuts.map(|(a, b)| Wire { a: a.0, b: b.0, curve: way(*a, *b), cut: true, watch: None }).collect(),
        cards: l.cards.iter().map(|(id, at)| card(moment, *id, *at, view.lang)).collect(),
        pills: pills.collect(),
        panels,
        height: l.height,
        ..Stage::default()
    }
}

/// Where a message leaves or reaches a node: its card, or its column in the first panel.
fn gate(p: &Routing, l: &Layout, panels: &[Panel], node: NodeId) -> (f32, f32) {
    if node >= p.directory() {
        let at = l.cards.iter().find(|(id, _)| *id == node).map(|(_, at)| *at);
        return at.map_or((0.0, 0.0), |at| (at.centre().0, at.y));
    }
    let Some(columns) = panels.first().map(|panel| &panel.columns) else { return (0.0, 0.0) };
    let count = columns.columns.len().max(1) as f32;
    let at = columns.columns.iter().position(|c| (c.node..c.node.saturating_add(c.nodes)).contains(&node.0));
    let at = at.map_or(count - 0.5, |at| at as f32 + 0.5);
    (columns.x + columns.w * at / count, columns.y + columns.h)
}

fn line(words: String, hue: Hue) -> Block {
    Block::Line(Text { words, hue, strong: false, clock: None })
}

fn tag(words: String, hue: Hue, since: Time) -> Block {
    Block::Tag(Text { words, hue, strong: false, clock: Some(Clock::Since(since)) })
}

fn card(moment: &Moment<PlacementScene>, id: NodeId, at: Rect, lang: Lang) -> Card {
    let (sim, p) = (moment.sim, moment.sim.protocol.as_ref());
    let mut card = moment.card(id, name(p, id, lang), hue(p, id), at);
    let newest = p.view(&sim.cluster);
    let corner = |words: String, hue| Some(Text { words, hue, ..Text::default() });
    match sim.cluster.state(id) {
        Some(State::Directory(directory)) => {
            card.corner = corner(say(lang, "placement.view", &[("epoch", newest.epoch.into())]), Hue::Muted);
            let untold = directory.untold.len();
            let members = say(lang, "placement.card-members", &[("n", newest.seats.len().into())]);
            let words = if untold == 0 { members } else { say(lang, "placement.card-untold", &[("n", untold.into())]) };
            card.blocks.push(line(words, if untold == 0 { Hue::Plain } else { Hue::Warn }));
        }
        Some(State::Client(client)) => {
            let old = client.view.epoch < newest.epoch;
            let key = if old { "placement.card-view-old" } else { "placement.view" };
            let words = say(lang, key, &[("epoch", client.view.epoch.into())]);
            card.corner = corner(words, if old { Hue::Warn } else { Hue::Muted });
            card.blocks.push(match &client.op {
                Some(op) => line(say(lang, "placement.card-asks", &[("key", short(&op.key.0).into())]), Hue::Plain),
                None => latest(moment, id, lang),
            });
        }
        _ => {}
    }
    let trouble = match moment.condition(id) {
        Condition::Up => return card,
        Condition::Paused => tag(word(lang, "common.paused-for"), Hue::Warn, moment.since(id, true)),
        Condition::Down => tag(word(lang, "common.down-for"), Hue::Bad, moment.since(id, false)),
    };
    card.blocks = vec![trouble];
    card
}

/// How a client's latest request ended.
fn latest(moment: &Moment<PlacementScene>, id: NodeId, lang: Lang) -> Block {
    let p = moment.sim.protocol.as_ref();
    let entry = |dot, words, value: &str, verdict| Block::Entry { dot, words, value: value.to_owned(), verdict };
    match moment.past.ended.get(&id) {
        Some((Note::Got { key, from, .. }, astray)) => {
            let verdict = if *astray { Verdict::Broken } else { Verdict::Fine };
            entry(hue(p, NodeId(*from)), short(&key.0), p.fleet.name(*from), verdict)
        }
        Some((Note::GaveUp { key } | Note::Nowhere { key }, _)) => entry(Hue::Bad, short(&key.0), "", Verdict::Refused),
        _ => line(word(lang, "placement.card-idle"), Hue::Muted),
    }
}
