//! The ring scene's stage: the ring in the middle, servers at both sides, clients and directory below.

use super::words::{hue, percent, short, value, version};
use super::{RingScene, plot};
use crate::core::protocol::NodeId;
use crate::core::store::properties::arcs;
use crate::core::store::{Note, State, Store};
use crate::scenes::geometry::{Rect, between, clockwise, row};
use crate::scenes::scene::*;
use crate::scenes::staging::{Moment, Staging};
use crate::scenes::text::{say, word};

/// Below this width the ring stands over its servers.
const NARROW: f32 = 600.0;

/// A card that is narrower has no corner beside its name.
const SLIM: f32 = 140.0;

struct Layout {
    cards: Vec<(NodeId, Rect)>,
    place: plot::Place,
    height: f32,
    /// How many lines fit under the title of a server's card.
    lines: usize,
}

pub fn stage(moment: &Moment<RingScene>, view: &View) -> Stage {
    let p = moment.sim.protocol.as_ref();
    let shown = shown(moment);
    let l = if view.width < NARROW { narrow(p, &shown, view) } else { wide(p, &shown, view) };
    let now = p.view(&moment.sim.cluster).members;
    let shares = arcs(p, now);
    let survey = plot::survey(p, plot::memberships(moment).0, now);
    let card = |(id, at): &(NodeId, Rect)| {
        let mut card = blank(moment, *id, *at, view.lang);
        if *id < p.directory() {
            let share = shares.iter().find(|(slot, _)| *slot == id.0).map(|(_, share)| share.share);
            let keys = survey.counts.get(usize::from(id.0)).copied().unwrap_or(0);
            server_card(moment, *id, share.map(|share| (share, keys)), l.lines, &mut card, view.lang);
        } else if *id == p.directory() {
            directory_card(moment, &mut card, view.lang);
        } else {
            client_card(moment, *id, &mut card, view.lang);
        }
        card
    };
    let pills = moment.sim.cluster.flights.iter().map(|f| {
        let look = RingScene::message(p, f.from, &f.msg, view.lang);
        moment.pill(f, look, way(p, &l, f.from, f.to))
    });
    let cuts = moment.sim.cluster.cuts.iter();
    Stage {
        headings: Vec::new(),
        wires: cuts.map(|(a, b)| Wire { a: a.0, b: b.0, curve: way(p, &l, *a, *b), cut: true, watch: None }).collect(),
        cards: l.cards.iter().map(card).collect(),
        pills: pills.collect(),
        ring: Some(plot::plot(moment, &l.place, view.lang)),
        panels: Vec::new(),
        height: l.height,
    }
}

/// The servers that are or were members; the idle ones wait unseen.
fn shown(moment: &Moment<RingScene>) -> Vec<NodeId> {
    let p = moment.sim.protocol.as_ref();
    let ever = p.view(&moment.sim.cluster).ever;
    (0..p.servers()).filter(|slot| ever.has(*slot)).map(NodeId).collect()
}

fn others(p: &Store) -> Vec<NodeId> {
    let half = p.clients.div_ceil(2) as usize;
    let mut list: Vec<NodeId> = p.client_ids().collect();
    list.insert(half.min(list.len()), p.directory());
    list
}

/// On a stage lower than this cards are drawn close; the style sheet has the same number.
const LOW: f32 = 440.0;
/// The heights of a server's card with so many lines under its title: close, roomy.
const TALL: [[f32; 3]; 2] = [[31.0, 60.0, 79.0], [38.0, 73.0, 94.0]];

/// Cards of different heights spread over a column.
fn stack(x: f32, w: f32, top: f32, high: f32, items: &[(NodeId, f32)]) -> Vec<(NodeId, Rect)> {
    let free = (high - items.iter().map(|item| item.1).sum::<f32>()).max(0.0);
    let gap = (free / items.len().max(1) as f32).min(64.0);
    let mut y = top + (free - gap * (items.len() as f32 - 1.0)) / 2.0;
    let mut place = |&(id, h): &(NodeId, f32)| {
        let at = Rect { x, y, w, h };
        y += h + gap;
        (id, at)
    };
    items.iter().map(&mut place).collect()
}

fn wide(p: &Store, shown: &[NodeId], view: &View) -> Layout {
    let w = view.width;
    let low = view.height < LOW;
    let tall = TALL[usize::from(!low)];
    let margin = 14.0;
    let side = if low { (w * 0.21).clamp(132.0, 160.0) } else { (w * 0.18).clamp(132.0, 160.0) };
    // Down the right side and up the left, as the numbers of a clock go.
    let (rights, lefts) = shown.split_at(shown.len().div_ceil(2));
    let lefts: Vec<NodeId> = lefts.iter().rev().copied().collect();
    let clients: Vec<NodeId> = p.client_ids().collect();
    // On a low stage clients and directory stand at the sides too, inside the servers where there is room, otherwise
    // under them. On others they stand below the ring.
    let beside = low && w >= 900.0;
    let foot = if low { 0.0 } else { tall[1] + 18.0 };
    // What of a column is left for each of so many servers over so many others.
    let under = |others: usize| if low && !beside { (tall[1] + 6.0) * others as f32 } else { 0.0 };
    let sides = [(lefts.len(), under(clients.len())), (rights.len(), under(1))];
    let needs = sides.map(|(servers, under)| servers as f32 * (tall[0] + 6.0) + under);
    let h = view.height.max(needs[0].max(needs[1]) + 24.0).max(200.0);
    let column = h - foot - 24.0;
    let slots = sides.map(|(servers, under)| (column - under) / servers.max(1) as f32 - 6.0);
    let slot = slots[0].min(slots[1]);
    let lines = (1..3).rev().find(|lines| slot >= tall[*lines]).unwrap_or(0);
    let each = tall[lines].min(slot.max(20.0));
    let servers = |ids: &[NodeId]| ids.iter().map(|id| (*id, each)).collect::<Vec<_>>();
    let others = |ids: &[NodeId]| ids.iter().map(|id| (*id, tall[1])).collect::<Vec<_>>();
    let (mut left, mut right) = (servers(&lefts), servers(rights));
    let mut cards = Vec::new();
    let mut inner = margin + side;
    if beside {
        inner += side + 26.0;
        cards.extend(stack(inner - side, side, 12.0, column, &others(&clients)));
        cards.extend(stack(w - inner, side, 12.0, column, &others(&[p.directory()])));
    } else if low {
        left.extend(others(&clients));
        right.extend(others(&[p.directory()]));
    } else {
        let all = self::others(p);
        let width = (w - 2.0 * margin).min(all.len() as f32 * 188.0);
        let area = Rect { x: (w - width) / 2.0, y: h - tall[1] - 12.0, w: width, h: tall[1] };
        cards.extend(all.iter().copied().zip(row(area, all.len(), 12.0)));
    }
    cards.extend(stack(margin, side, 12.0, column, &left));
    cards.extend(stack(w - margin - side, side, 12.0, column, &right));
    let between = w / 2.0 - inner;
    let radius = (between - 26.0).min((h - foot) / 2.0 - 34.0).clamp(64.0, 280.0);
    Layout {
        cards,
        place: plot::Place { x: w / 2.0, y: (h - foot) / 2.0, radius, beside: between - radius - 36.0 },
        height: h,
        lines,
    }
}

fn narrow(p: &Store, shown: &[NodeId], view: &View) -> Layout {
    let w = view.width;
    let radius = (w / 2.0 - 38.0).min(view.height / 2.0 - 32.0).clamp(84.0, 150.0);
    let mut y = 2.0 * radius + 60.0;
    let mut cards: Vec<(NodeId, Rect)> = Vec::new();
    let mut rows = |nodes: &[NodeId], most: usize, tall: f32| {
        for chunk in nodes.chunks(most) {
            let area = Rect { x: 10.0, y, w: w - 20.0, h: tall };
            cards.extend(chunk.iter().copied().zip(row(area, most.min(nodes.len()), 8.0)));
            y += tall + 8.0;
        }
    };
    rows(shown, 2, 76.0);
    rows(&others(p), 3, 86.0);
    let place = plot::Place { x: w / 2.0, y: radius + 30.0, radius, beside: w / 2.0 - radius - 34.0 };
    Layout { cards, place, height: y + 4.0, lines: 2 }
}

/// Where a message leaves or reaches a node: the side of its card that looks at the ring, and the direction there. A
/// server without a card is met at its first point on the ring.
fn gate(p: &Store, l: &Layout, node: NodeId) -> ((f32, f32), (f32, f32)) {
    let Some((_, at)) = l.cards.iter().find(|(id, _)| *id == node) else {
        let point = p.ring.points().iter().find(|point| point.member == u32::from(node.0));
        let (x, y) = clockwise(point.map_or(0.0, |point| plot::turn(point.at)));
        return ((l.place.x + l.place.radius * x, l.place.y + l.place.radius * y), (-x, -y));
    };
    let (x, y) = at.centre();
    if at.y > l.place.y + l.place.radius * 0.9 {
        ((x, at.y), (0.0, -1.0))
    } else if x < l.place.x {
        ((at.x + at.w, y), (1.0, 0.0))
    } else {
        ((at.x, y), (-1.0, 0.0))
    }
}

/// The way between two nodes, bent away from the words in the middle of the ring.
fn way(p: &Store, l: &Layout, from: NodeId, to: NodeId) -> Curve {
    let ((a, da), (b, db)) = (gate(p, l, from), gate(p, l, to));
    let span = ((a.0 - b.0).powi(2) + (a.1 - b.1).powi(2)).sqrt();
    let reach = between(span * 0.35, 24.0, l.place.radius);
    let middle = (a.1 + b.1) / 2.0;
    let crosses = (a.0 - l.place.x) * (b.0 - l.place.x) < 0.0 && (middle - l.place.y).abs() < l.place.radius * 0.45;
    // Two ways for the two directions, so that a request and its answer do not cover each other.
    let bend = if crosses { l.place.radius * if from < to { -0.7 } else { 0.7 } } else { 0.0 };
    let c = (a.0 + da.0 * reach, a.1 + da.1 * reach + bend);
    let d = (b.0 + db.0 * reach, b.1 + db.1 * reach + bend);
    Curve([a, c, d, b])
}

fn blank(moment: &Moment<RingScene>, id: NodeId, at: Rect, lang: Lang) -> Card {
    let p = moment.sim.protocol.as_ref();
    moment.card(id, super::words::name(p, id, lang), hue(p, id), at)
}

fn line(words: String, hue: Hue) -> Block {
    Block::Line(Text { words, hue, strong: false, clock: None })
}

fn tag(words: String, hue: Hue, since: Option<Time>) -> Block {
    Block::Tag(Text { words, hue, strong: false, clock: since.map(Clock::Since) })
}

/// Down or paused, and since when.
fn trouble(moment: &Moment<RingScene>, id: NodeId, lang: Lang) -> Option<Block> {
    match moment.condition(id) {
        Condition::Up => None,
        Condition::Paused => Some(tag(word(lang, "common.paused-for"), Hue::Warn, Some(moment.since(id, true)))),
        Condition::Down => Some(tag(word(lang, "common.down-for"), Hue::Bad, Some(moment.since(id, false)))),
    }
}

fn server_card(
    moment: &Moment<RingScene>,
    id: NodeId,
    share: Option<(f64, usize)>,
    lines: usize,
    card: &mut Card,
    lang: Lang,
) {
    let (sim, p) = (moment.sim, moment.sim.protocol.as_ref());
    let corner = share.map_or_else(|| word(lang, "ring.card-left"), |(share, _)| percent(share));
    let hue = if share.is_some() { card.hue } else { Hue::Muted };
    card.corner = Some(Text { words: corner, hue, strong: share.is_some(), clock: None });
    if let Some((_, keys)) = share {
        let words = say(lang, "ring.card-keys", &[("n", keys.into())]);
        card.blocks.push(Block::Entry { dot: card.hue, words, value: String::new(), verdict: Verdict::Fine });
    }
    if let Some(block) = trouble(moment, id, lang) {
        card.blocks.push(block);
    } else if let Some(State::Server(server)) = sim.cluster.state(id) {
        if server.copying.is_some() {
            card.blocks.push(tag(word(lang, "ring.card-copies"), Hue::Warn, None));
        } else if server.view.epoch < p.view(&sim.cluster).epoch {
            card.blocks.push(line(say(lang, "ring.card-view-old", &[("epoch", server.view.epoch.into())]), Hue::Warn));
        } else {
            card.blocks.push(line(say(lang, "ring.card-disk", &[("n", server.entries.len().into())]), Hue::Muted));
        }
    }
    // Of two lines for one place the news stays.
    let news = card.condition != Condition::Up || matches!(card.blocks.last(), Some(Block::Tag(_)));
    while card.blocks.len() > lines {
        if news && lines > 0 {
            card.blocks.remove(0);
        } else {
            card.blocks.pop();
        }
    }
}

fn directory_card(moment: &Moment<RingScene>, card: &mut Card, lang: Lang) {
    let p = moment.sim.protocol.as_ref();
    let view = p.view(&moment.sim.cluster);
    let corner = say(lang, "ring.view", &[("epoch", view.epoch.into())]);
    card.corner = Some(Text { words: corner, hue: Hue::Muted, ..Text::default() });
    let says = line(say(lang, "ring.card-members", &[("n", view.members.count().into())]), Hue::Plain);
    card.blocks.push(trouble(moment, p.directory(), lang).unwrap_or(says));
}

fn client_card(moment: &Moment<RingScene>, id: NodeId, card: &mut Card, lang: Lang) {
    let (sim, p) = (moment.sim, moment.sim.protocol.as_ref());
    if let Some(block) = trouble(moment, id, lang) {
        card.blocks.push(block);
    }
    if let Some(State::Client(client)) = sim.cluster.state(id) {
        let old = client.view.epoch < p.view(&sim.cluster).epoch;
        let key = if old { "ring.card-view-old" } else { "ring.view" };
        let words = say(lang, key, &[("epoch", client.view.epoch.into())]);
        let words = Text { words, hue: if old { Hue::Warn } else { Hue::Muted }, ..Text::default() };
        if card.w < SLIM {
            card.blocks.push(Block::Line(words));
        } else {
            card.corner = Some(words);
        }
        if let Some(op) = &client.op {
            let key = if op.put.is_some() { "ring.client-puts" } else { "ring.client-gets" };
            card.blocks.push(line(say(lang, key, &[("key", short(&op.key).into())]), Hue::Plain));
            return;
        }
    }
    card.blocks.push(latest(moment, id, lang).unwrap_or_else(|| line(word(lang, "ring.client-idle"), Hue::Muted)));
}

/// How a client's latest request ended.
fn latest(moment: &Moment<RingScene>, id: NodeId, lang: Lang) -> Option<Block> {
    let p = moment.sim.protocol.as_ref();
    let (note, stale) = moment.past.ended.get(&id)?;
    let entry = |dot, words, value, verdict| Block::Entry { dot, words, value, verdict };
    Some(match note {
        Note::Got { key, entry: got, from } => {
            let words = match got {
                Some(got) => format!("{} = {}", short(key), value(p, got.value)),
                None => say(lang, "ring.card-nothing", &[("key", short(key).into())]),
            };
            let verdict = if *stale { Verdict::Broken } else { Verdict::Fine };
            entry(hue(p, NodeId(*from)), words, got.map_or_else(String::new, version), verdict)
        }
        Note::Stored { key, entry: stored, copies, .. } => {
            let words = format!("{} = {}", short(key), value(p, stored.value));
            entry(Hue::Good, words, format!("×{copies}"), Verdict::Fine)
        }
        Note::NotStored { key, .. } | Note::GaveUp { key, .. } => {
            entry(Hue::Bad, short(key), String::new(), Verdict::Refused)
        }
        _ => return None,
    })
}
