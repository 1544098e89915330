//! The lock scene's stage.

use super::LockScene;
use super::past::Write;
use super::words::{hue, letter, phase, record, value};
use crate::core::lock::client::{Client, Holding, Phase};
use crate::core::lock::redis::Role;
use crate::core::lock::{Lock, Mistake, Persistence, State, Timer};
use crate::core::protocol::NodeId;
use crate::scenes::geometry::{Rect, between, column, link, row};
use crate::scenes::inspect;
use crate::scenes::scene::*;
use crate::scenes::staging::{Moment, Staging};
use crate::scenes::text::{say, word};

/// Below this width the clients stand in a row over the servers.
const NARROW: f32 = 560.0;

/// Where cards lie; of whichever service, the scenes of the family look alike.
pub(in crate::scenes) struct Layout {
    pub clients: Vec<Rect>,
    pub servers: Vec<Rect>,
    pub storage: Rect,
    pub headings: Vec<(f32, f32, &'static str)>,
    pub height: f32,
    pub narrow: bool,
}

pub(in crate::scenes) fn layout(clients: usize, servers: usize, view: &View) -> Layout {
    if view.width < NARROW { narrow(clients, servers, view) } else { wide(clients, servers, view) }
}

fn wide(clients: usize, servers: usize, view: &View) -> Layout {
    let (w, h) = (view.width, view.height.max(if clients > 2 { 330.0 } else { 270.0 }));
    let margin = (w * 0.03).clamp(16.0, 44.0);
    let side = (w * 0.272).clamp(184.0, 212.0);
    let middle = (w * 0.243).clamp(176.0, 196.0);
    let top = if h < 400.0 { 40.0 } else { 52.0 };
    let tall = ((h - top - 10.0) / clients as f32 - 12.0).clamp(60.0, 106.0);
    let area = Rect { x: margin, y: top, w: side, h: h - top - 14.0 };
    let within = |most: f32| {
        let high = (h - top - 14.0).min(most);
        (top + (h - top - 14.0 - high) / 2.0, high)
    };
    let (storage_y, storage_h) = within(214.0);
    // Between the clients and Redis there is most to see: Redis stands nearer to the storage.
    let shift = (w * 0.02).min(20.0);
    let (servers_y, servers_h) = within(if servers > 1 { h } else { 236.0 });
    let column_of = Rect { x: (w - middle) / 2.0 + shift, y: servers_y, w: middle, h: servers_h };
    let gap = if servers > 3 { 8.0 } else { 16.0 };
    let each = ((servers_h + gap) / servers.max(1) as f32 - gap).min(if servers > 2 { 112.0 } else { 236.0 });
    let storage = Rect { x: w - margin - middle, y: storage_y, w: middle, h: storage_h };
    Layout {
        clients: column(area, clients, tall),
        headings: vec![
            (margin + side / 2.0, top / 2.0, "lock.zone-clients"),
            (column_of.x + column_of.w / 2.0, top / 2.0, if servers > 0 { "lock.zone-service" } else { "" }),
            (storage.x + storage.w / 2.0, top / 2.0, "lock.zone-resource"),
        ],
        servers: if servers > 0 { column(column_of, servers, each) } else { Vec::new() },
        storage,
        height: h,
        narrow: false,
    }
}

/// Clients in rows of three, the servers and the storage below them; what height is left goes to the ways between.
fn narrow(clients: usize, servers: usize, view: &View) -> Layout {
    const TALL: f32 = 94.0;
    const SERVER: f32 = 130.0;
    const SMALL: f32 = 74.0;
    let w = view.width;
    let per_row = clients.min(3);
    let area = Rect { x: 10.0, y: 10.0, w: w - 20.0, h: TALL };
    let mut cards = row(area, per_row, 8.0);
    let mut y = 10.0 + TALL;
    if clients > 3 {
        let second = Rect { y: y + 8.0, ..area };
        cards.extend(row(second, clients - 3, 8.0));
        y += 8.0 + TALL;
    }
    let each = (w * 0.5 - 14.0).min(200.0);
    let top = y + (view.height - y - SERVER - 14.0).clamp(34.0, 96.0);
    if servers == 1 || servers == 0 {
        let redis = Rect { x: 10.0, y: top, w: each, h: SERVER };
        let x = if servers == 0 { (w - each) / 2.0 } else { w - 10.0 - each };
        let storage = Rect { x, y: top, w: each, h: SERVER };
        let servers = vec![redis; servers];
        return Layout {
            clients: cards,
            servers,
            storage,
            headings: Vec::new(),
            height: top + SERVER + 12.0,
            narrow: true,
        };
    }
    // Several servers stand in rows, and the storage below them.
    let area = Rect { x: 10.0, y: top, w: w - 20.0, h: if servers == 2 { SERVER } else { SMALL } };
    let per_row = servers.min(3);
    let mut all = row(area, per_row, 8.0);
    let mut y = top + area.h;
    if servers > 3 {
        all.extend(row(Rect { y: y + 8.0, ..area }, servers - 3, 8.0));
        y += 8.0 + area.h;
    }
    let storage = Rect { x: (w - each) / 2.0, y: y + 34.0, w: each, h: SERVER };
    Layout {
        clients: cards,
        servers: all,
        storage,
        headings: Vec::new(),
        height: y + 34.0 + SERVER + 12.0,
        narrow: true,
    }
}

pub fn stage(moment: &Moment<LockScene>, view: &View) -> Stage {
    let p = moment.sim.protocol.as_ref();
    let servers = p.servers().count();
    let l = layout(p.clients.into(), servers, view);
    let place = |id: u16| {
        let server = id.checked_sub(p.clients).and_then(|n| l.servers.get(n as usize));
        server.or(l.clients.get(id as usize)).copied().unwrap_or(l.storage)
    };
    let wire = |a: u16, b: u16| {
        let (from, to) = (place(a), place(b));
        if a >= p.clients {
            // From the master down to its replica.
            return link(from, to, None, !l.narrow);
        }
        let around = !l.narrow && b == p.storage().0;
        if around && servers > 1 {
            return through(from, to, &l.servers);
        }
        link(from, to, l.servers.first().copied().filter(|_| around), l.narrow)
    };
    let mut wires = Vec::new();
    let pairs = (0..p.clients).flat_map(|c| p.servers().chain([p.storage()]).map(move |server| (NodeId(c), server)));
    for (a, b) in pairs.chain(p.replica().map(|replica| (p.redis(), replica))) {
        let cut = moment.sim.cluster.is_cut(a, b);
        wires.push(Wire { a: a.0, b: b.0, curve: wire(a.0, b.0), cut, watch: None });
    }
    let mut cards: Vec<Card> = (0..p.clients).map(|c| client_card(moment, c, place(c), view.lang)).collect();
    cards.extend(p.servers().zip(&l.servers).map(|(id, at)| redis_card(moment, id, *at, l.narrow, view.lang)));
    cards.push(storage_card(moment, l.storage, l.narrow, view.lang));
    let pills = moment.sim.cluster.flights.iter().map(|f| {
        let look = LockScene::message(p, f.from, &f.msg, view.lang);
        let (a, b) = (f.from.0.min(f.to.0), f.from.0.max(f.to.0));
        let curve = wire(a, b);
        moment.pill(f, look, if f.from.0 == a { curve } else { curve.reversed() })
    });
    Stage {
        headings: l
            .headings
            .iter()
            .filter(|h| !h.2.is_empty())
            .map(|(x, y, key)| Heading { x: *x, y: *y, words: word(view.lang, key) })
            .collect(),
        pills: pills.collect(),
        wires,
        cards,
        ring: None,
        panels: Vec::new(),
        height: l.height,
    }
}

/// A way from left to right through the nearest gap of a column.
pub(in crate::scenes) fn through(a: Rect, b: Rect, column: &[Rect]) -> Curve {
    let (from, to) =
        ((a.x + a.w, a.centre().1), (b.x, b.centre().1 + between(a.centre().1 - b.centre().1, -60.0, 60.0)));
    let middle = (from.1 + to.1) / 2.0;
    let gaps = column.windows(2).map(|pair| (pair[0].y + pair[0].h + pair[1].y) / 2.0);
    let gap = gaps.fold(f32::MAX, |best, gap| if (gap - middle).abs() < (best - middle).abs() { gap } else { best });
    // The middle of the curve is in the gap.
    let bend = (8.0 * gap - from.1 - to.1) / 6.0;
    let span = to.0 - from.0;
    Curve([from, (from.0 + span * 0.4, bend), (from.0 + span * 0.6, bend), to])
}

fn card(moment: &Moment<LockScene>, id: NodeId, at: Rect, lang: Lang) -> Card {
    moment.card(id, inspect::title::<LockScene>(moment.sim.protocol.as_ref(), id, lang), Hue::Plain, at)
}

fn line(words: String, hue: Hue, strong: bool) -> Block {
    Block::Line(Text { words, hue, strong, clock: None })
}

fn client_card(moment: &Moment<LockScene>, c: u16, at: Rect, lang: Lang) -> Card {
    let (sim, id) = (moment.sim, NodeId(c));
    let mut card = card(moment, id, at, lang);
    card.badge = letter(c).to_owned();
    card.hue = hue(c);
    card.blocks = match sim.cluster.state(id) {
        Some(State::Client(client)) => {
            if let Some((from, to)) = client.lease().and_then(|lease| sim.deadline(id, &lease)) {
                card.dial = Some(Dial { from, to });
            }
            client_blocks(moment, id, client, at.h < 96.0, lang)
        }
        _ => {
            let clock = Some(Clock::Since(moment.since(id, false)));
            let words = word(lang, "common.down-for");
            vec![
                Block::Line(Text { words, clock, hue: Hue::Bad, strong: true }),
                line(word(lang, "lock.memory-lost"), Hue::Muted, false),
            ]
        }
    };
    card
}

/// What a client's card says; a low card has room for three lines.
fn client_blocks(moment: &Moment<LockScene>, id: NodeId, client: &Client, low: bool, lang: Lang) -> Vec<Block> {
    let sim = moment.sim;
    let mut blocks = Vec::new();
    let paused = moment.condition(id) == Condition::Paused;
    match &client.phase {
        Phase::Holding(Holding { fence, .. }) => {
            let timer = client.lease();
            let lease = timer.as_ref().and_then(|timer| sim.deadline(id, timer)).map(|(_, due)| due);
            // Without a time to live there is no lease to be over.
            let endless = sim.protocol.mistakes.has(Mistake::SetnxWithoutTtl);
            let over = !endless && timer.and_then(|timer| sim.cluster.armed(id, &timer)).is_none_or(|t| t.due > 0);
            let says = if over { word(lang, "lock.believes") } else { phase(&client.phase, lang) };
            blocks.push(line(says, Hue::Plain, true));
            blocks.push(match lease {
                Some(due) if over => {
                    line(say(lang, "lock.lease-ended", &[("time", inspect::seconds(due).into())]), Hue::Bad, false)
                }
                Some(due) => Block::Line(Text {
                    words: word(lang, "lock.lease-left"),
                    clock: Some(Clock::Until(due)),
                    ..Text::default()
                }),
                None if endless => line(word(lang, "lock.no-ttl"), Hue::Warn, false),
                None => line(word(lang, "lock.no-lease"), Hue::Muted, false),
            });
            if let Some(fence) = fence
                && !(paused && low)
            {
                blocks.push(line(say(lang, "lock.fence", &[("fence", (*fence).into())]), hue(id.0), true));
            }
        }
        other => {
            blocks.push(line(phase(other, lang), Hue::Plain, true));
            let wakes = [Timer::Retry, Timer::Think];
            let due = wakes.iter().find_map(|timer| sim.deadline(id, timer)).map(|(_, due)| due);
            if let (Some(due), false) = (due, paused) {
                let words = word(lang, "lock.asks-in");
                blocks.push(Block::Line(Text {
                    words,
                    clock: Some(Clock::Until(due)),
                    hue: Hue::Muted,
                    strong: false,
                }));
            }
        }
    }
    if paused {
        let clock = Some(Clock::Since(moment.since(id, true)));
        blocks.push(Block::Tag(Text { words: word(lang, "common.paused-for"), clock, hue: Hue::Warn, strong: false }));
    } else {
        blocks.extend(moment.clock(id, lang).map(Block::Tag));
    }
    blocks
}

fn redis_card(moment: &Moment<LockScene>, id: NodeId, at: Rect, narrow: bool, lang: Lang) -> Card {
    let (sim, p) = (moment.sim, moment.sim.protocol.as_ref());
    let mut card = card(moment, id, at, lang);
    // One of many says the least that tells it from the others.
    let small = p.masters > 1;
    let low = at.h < 96.0;
    let keeps = match p.persistence() {
        Persistence::None => "lock.aof-none",
        Persistence::EverySecond => "lock.aof-everysec",
        Persistence::Always => "lock.aof-always",
    };
    let role = match sim.cluster.state(id) {
        Some(State::Redis(redis)) if p.replica && redis.role == Role::Replica => "lock.role-replica",
        Some(_) if p.replica => "lock.role-master",
        _ => keeps,
    };
    let clock = moment.clock(id, lang);
    card.corner = if small {
        // Beside the name there is room for the number only.
        let short = |text: &Text| if text.words.contains('+') { "+{} s" } else { "−{} s" };
        clock.as_ref().map(|text| Text { words: short(text).to_owned(), ..text.clone() })
    } else {
        Some(Text { words: word(lang, role), hue: Hue::Muted, ..Text::default() })
    };
    match sim.cluster.state(id) {
        Some(State::Redis(redis)) => {
            let pair = |label: &str, value: String, hue, chip| Block::Pair {
                label: label.to_owned(),
                value,
                hue,
                mono: true,
                chip,
            };
            match redis.holder() {
                Some(o) => card.blocks.push(pair("lock", value(p, o), hue(o.client), true)),
                None => card.blocks.push(pair("lock", word(lang, "lock.no-key"), Hue::Muted, false)),
            }
            if p.fence {
                card.blocks.push(pair("lock:fence", redis.counter().unwrap_or(0).to_string(), Hue::Plain, false));
            }
            if let (Some(o), Some(d)) = (redis.holder(), redis.deadline())
                && let Some((from, to)) = sim.deadline(id, &Timer::Expire(d))
            {
                // The same arc as on the owner's card: where the two clocks part, so do the arcs.
                (card.dial, card.hue) = (Some(Dial { from, to }), hue(o.client));
                if !low {
                    let words = word(lang, if narrow || small { "lock.expires-short" } else { "lock.expires" });
                    let clock = Some(Clock::Until(to));
                    card.blocks.push(Block::Line(Text { words, clock, hue: Hue::Muted, strong: false }));
                }
            } else if redis.holder().is_some() && redis.deadline().is_none() {
                card.blocks.push(line(word(lang, "lock.no-ttl"), Hue::Warn, false));
            }
        }
        _ => {
            let clock = Some(Clock::Since(moment.since(id, false)));
            let words = word(lang, "common.down-for");
            card.blocks.push(Block::Line(Text { words, clock, hue: Hue::Bad, strong: true }));
        }
    }
    if p.logs() && !small {
        // On a small card the record's own mark says that it is on disk.
        if !narrow {
            card.blocks.push(Block::Heading(word(lang, "lock.aof")));
        }
        card.blocks.extend(records(moment, id, if narrow || at.h < 220.0 { 1 } else { 2 }));
    }
    if let Some(clock) = clock.filter(|_| !small) {
        card.blocks.insert(0, Block::Tag(clock));
    }
    if moment.condition(id) == Condition::Paused {
        let clock = Some(Clock::Since(moment.since(id, true)));
        card.blocks.insert(
            0,
            Block::Tag(Text { words: word(lang, "common.paused-for"), clock, hue: Hue::Warn, strong: false }),
        );
    }
    card
}

/// The end of a node's log, the newest last.
fn records(moment: &Moment<LockScene>, id: NodeId, count: usize) -> Vec<Block> {
    let first = moment.sim.cluster.node(id).log.len().saturating_sub(count);
    let block = |(_, r, force)| {
        let (words, hue) = record(&moment.sim.protocol, r);
        Block::Record { words, hue, force }
    };
    moment.records(id, first).map(block).collect()
}

fn storage_card(moment: &Moment<LockScene>, at: Rect, narrow: bool, lang: Lang) -> Card {
    let p: &Lock = moment.sim.protocol.as_ref();
    let id = p.storage();
    let mut card = card(moment, id, at, lang);
    let key = match () {
        () if p.compares() => "lock.compares",
        () if p.locks() && p.checks() => "lock.checks",
        () if p.locks() => "lock.checks-not",
        () => "lock.compares-not",
    };
    card.corner = Some(Text { words: word(lang, key), hue: Hue::Muted, ..Text::default() });
    if !moment.sim.cluster.is_up(id) {
        let clock = Some(Clock::Since(moment.since(id, false)));
        let words = word(lang, "common.down-for");
        card.blocks.push(Block::Line(Text { words, clock, hue: Hue::Bad, strong: true }));
    }
    let mut entries = Vec::new();
    let mut reason = None;
    for write in moment.past.writes.iter().rev().take(if narrow { 3 } else { 4 }) {
        let verdict = match write {
            Write { refused: true, .. } => Verdict::Refused,
            Write { broke: Some(_), .. } => Verdict::Broken,
            _ => Verdict::Fine,
        };
        if verdict == Verdict::Broken && entries.is_empty() {
            let stale = write.broke == Some("NO-STALE-WRITE");
            let key = if stale { "lock.older-grant" } else { "lock.update-lost" };
            reason = Some(line(word(lang, key), Hue::Bad, false));
        }
        // What it shows: its fence; where there is no lock, the version.
        let version = write.version.filter(|_| !p.locks()).map(|n| format!("v{n}"));
        let shown = version.or(write.fence.map(|n| n.to_string()));
        let key = if verdict == Verdict::Refused { "lock.refused-from" } else { "lock.write-by" };
        entries.push(Block::Entry {
            dot: hue(write.owner.client),
            words: say(lang, key, &[("who", letter(write.owner.client).into())]),
            value: shown.unwrap_or_default(),
            verdict,
        });
    }
    if entries.is_empty() {
        card.blocks.push(line(word(lang, "lock.no-writes"), Hue::Muted, false));
    }
    card.blocks.extend(entries.into_iter().rev());
    card.blocks.extend(reason);
    card
}
