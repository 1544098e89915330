//! The scene's stage: as the lock's, with the queue on the service's card and a dotted line for each watch.

use super::CoordinationScene;
use super::words::{ahead, child, counter, hue, key, letter, message, of_session, phase, standing, stands};
use crate::core::coordination::client::{Client, Holding, Phase};
use crate::core::coordination::properties::leased;
use crate::core::coordination::server::{Data, Server, Waiter, key_of};
use crate::core::coordination::zookeeper::directory::{Name, Watched};
use crate::core::coordination::{Coordination, Label, Service, State, Timer};
use crate::core::protocol::NodeId;
use crate::scenes::geometry::{Rect, between, link};
use crate::scenes::inspect;
use crate::scenes::lock::past::Write;
use crate::scenes::lock::picture::{Layout, layout, through};
use crate::scenes::scene::*;
use crate::scenes::staging::Moment;
use crate::scenes::text::{say, word};

/// Heights of what the service's card shows, as the page sets them: the title with its margins, a row, a session's bar.
const TITLE: f32 = 46.0;
const ROW: f32 = 22.0;
const METER: f32 = 27.0;

/// The lock's places. A single server has the height that its queue and its sessions need, as far as there is room.
fn places(p: &Coordination, view: &View) -> Layout {
    let mut l = layout(p.clients.into(), p.servers().count(), view);
    if let ([card], false) = (&mut l.servers[..], l.narrow) {
        let (top, bottom) = (l.headings.first().map_or(40.0, |h| h.1 * 2.0), l.height - 14.0);
        let needed = TITLE + f32::from(p.clients) * (ROW + METER) + 2.0 * ROW;
        let high = between(needed, card.h, bottom - top);
        card.y = between(card.y + (card.h - high) / 2.0, top, bottom - high);
        card.h = high;
    }
    l
}

pub fn stage(moment: &Moment<CoordinationScene>, view: &View) -> Stage {
    let p = moment.sim.protocol.as_ref();
    let l = places(p, view);
    let place = |id: u16| {
        let server = id.checked_sub(p.clients).and_then(|n| l.servers.get(n as usize));
        server.or(l.clients.get(id as usize)).copied().unwrap_or(l.storage)
    };
    let way = |a: u16, b: u16| {
        let (from, to) = (place(a), place(b));
        if a >= p.clients {
            // From the leader down to its follower.
            return link(from, to, None, !l.narrow);
        }
        let around = !l.narrow && b == p.storage().0;
        if around && l.servers.len() > 1 {
            return through(from, to, &l.servers);
        }
        link(from, to, l.servers.first().copied().filter(|_| around), l.narrow)
    };
    let mut wires = Vec::new();
    let pairs = (0..p.clients).flat_map(|c| p.servers().chain([p.storage()]).map(move |server| (NodeId(c), server)));
    for (a, b) in pairs.chain(p.follower().map(|follower| (p.leader(), follower))) {
        let cut = moment.sim.cluster.is_cut(a, b);
        wires.push(Wire { a: a.0, b: b.0, curve: way(a.0, b.0), cut, watch: None });
    }
    for id in p.servers() {
        if let Some(State::Server(server)) = moment.sim.cluster.state(id) {
            wires.extend(watches(p, id, server, &place, l.narrow));
        }
    }
    let mut cards: Vec<Card> = (0..p.clients).map(|c| client_card(moment, c, place(c), view.lang)).collect();
    cards.extend(p.servers().zip(&l.servers).map(|(id, at)| server_card(moment, id, *at, l.narrow, view.lang)));
    cards.push(storage_card(moment, l.storage, l.narrow, view.lang));
    let pills = moment.sim.cluster.flights.iter().map(|f| {
        let mut look = message(p, &f.msg);
        if look.hue == Hue::Plain && f.to.0 < p.clients {
            look.hue = hue(f.to.0);
        }
        let (a, b) = (f.from.0.min(f.to.0), f.from.0.max(f.to.0));
        let curve = way(a, b);
        moment.pill(f, look, if f.from.0 == a { curve } else { curve.reversed() })
    });
    let heading = |(x, y, key): &(f32, f32, &'static str)| {
        let key = key.strip_prefix("lock.").unwrap_or(key);
        Heading { x: *x, y: *y, words: word(view.lang, &format!("coordination.{key}")) }
    };
    Stage {
        headings: l.headings.iter().map(heading).collect(),
        pills: pills.collect(),
        wires,
        cards,
        ring: None,
        panels: Vec::new(),
        height: l.height,
    }
}

/// A dotted line for each watch: from the client that will be told to the row of what it watches.
fn watches(p: &Coordination, id: NodeId, server: &Server, place: &impl Fn(u16) -> Rect, narrow: bool) -> Vec<Wire> {
    let queue = rows(p, server);
    let card = place(id.0);
    let line = |(what, watcher): &(Watched<Label>, (NodeId, u32))| {
        let client = watcher.0;
        let row = match what {
            Watched::Child(name) => queue.iter().position(|(_, known)| known == name),
            Watched::Children => None,
        };
        let down = card.y + TITLE + row.map_or(-ROW * 0.5, |row| (row as f32 + 0.5) * ROW);
        let from = place(client.0);
        let curve = if narrow {
            // Beside the way that messages take.
            let way = link(from, card, None, true);
            Curve(way.0.map(|(x, y)| (x + 9.0, y)))
        } else {
            let start = (from.x + from.w, from.y + from.h * 0.8);
            let end = (card.x, between(down, card.y + 8.0, card.y + card.h - 8.0));
            let reach = (end.0 - start.0) * 0.5;
            Curve([start, (start.0 + reach, start.1), (end.0 - reach, end.1), end])
        };
        Wire { a: client.0, b: id.0, curve, cut: false, watch: Some(hue(client.0)) }
    };
    server.watches.all().iter().map(line).collect()
}

/// The queue, each with the name of its node or key.
fn rows(p: &Coordination, server: &Server) -> Vec<(Waiter, Name<Label>)> {
    let name = |w: &Waiter| match &server.agreed.data {
        Data::ZooKeeper(directory) => directory.children().iter().find(|c| c.czxid == w.fence).map(|c| c.name),
        _ => Some(key_of(w.session)),
    };
    let queue = server.agreed.queue().into_iter().filter_map(|w| name(&w).map(|name| (w, name)));
    // Without guids a client can have several.
    queue.take(usize::from(p.clients) + 2).collect()
}

fn card(moment: &Moment<CoordinationScene>, id: NodeId, at: Rect, lang: Lang) -> Card {
    moment.card(id, inspect::title::<CoordinationScene>(moment.sim.protocol.as_ref(), id, lang), Hue::Plain, at)
}

fn line(words: String, hue: Hue, strong: bool) -> Block {
    Block::Line(Text { words, hue, strong, clock: None })
}

fn timed(key: &str, clock: Clock, hue: Hue, lang: Lang) -> Text {
    Text { words: word(lang, key), clock: Some(clock), hue, strong: false }
}

fn down(moment: &Moment<CoordinationScene>, id: NodeId, lang: Lang) -> Block {
    let since = Clock::Since(moment.since(id, false));
    Block::Line(Text { strong: true, ..timed("common.down-for", since, Hue::Bad, lang) })
}

fn paused(moment: &Moment<CoordinationScene>, id: NodeId, lang: Lang) -> Option<Block> {
    let stands = moment.condition(id) == Condition::Paused;
    stands.then(|| Block::Tag(timed("common.paused-for", Clock::Since(moment.since(id, true)), Hue::Warn, lang)))
}

fn client_card(moment: &Moment<CoordinationScene>, c: u16, at: Rect, lang: Lang) -> Card {
    let (sim, id) = (moment.sim, NodeId(c));
    let mut card = card(moment, id, at, lang);
    card.badge = letter(c).to_owned();
    card.hue = hue(c);
    card.blocks = match sim.cluster.state(id) {
        Some(State::Client(client)) => {
            if let Some((from, to)) = client.lease().and_then(|lease| sim.deadline(id, &lease)) {
                card.dial = Some(Dial { from, to });
            }
            client_blocks(moment, id, client, at, lang)
        }
        _ => vec![down(moment, id, lang), line(word(lang, "coordination.memory-lost"), Hue::Muted, false)],
    };
    card
}

/// What a client's card says: what it does, its lease, and what is not as it should be; a low card has room for three lines.
fn client_blocks(moment: &Moment<CoordinationScene>, id: NodeId, client: &Client, at: Rect, lang: Lang) -> Vec<Block> {
    let (sim, p) = (moment.sim, moment.sim.protocol.as_ref());
    let low = at.h < 96.0;
    let mut blocks = Vec::new();
    let stopped = paused(moment, id, lang);
    let holds = matches!(client.phase, Phase::Holding(_));
    let inside = leased(&sim.cluster, id);
    let says = if holds && !inside { word(lang, "coordination.believes") } else { phase(p, client, lang) };
    blocks.push(line(says, Hue::Plain, true));
    let due = client.lease().and_then(|lease| sim.deadline(id, &lease)).map(|(_, due)| due);
    let lease = match due {
        Some(due) if inside => Some(Block::Line(timed("coordination.lease-left", Clock::Until(due), Hue::Plain, lang))),
        Some(due) => {
            let args = [("time", inspect::seconds(due).into())];
            Some(line(say(lang, "coordination.lease-ended", &args), Hue::Bad, false))
        }
        None if holds => Some(line(word(lang, "coordination.no-lease"), Hue::Bad, false)),
        None => None,
    };
    let (stands_so, tone) = standing(client);
    // Connected is what is to be expected; what else it is has to be seen.
    let troubled = !matches!(stands_so, "connected" | "none");
    blocks.extend(lease);
    if troubled {
        let words = stands(p, "is", stands_so, lang);
        blocks.push(if tone == Hue::Muted {
            line(words, tone, false)
        } else {
            Block::Tag(Text { words, hue: tone, ..Text::default() })
        });
    }
    match &client.phase {
        Phase::Holding(Holding { fence: Some(fence), .. }) if !(low && (stopped.is_some() || troubled)) => {
            blocks.push(line(say(lang, "coordination.fence", &[("fence", (*fence).into())]), hue(id.0), true));
        }
        Phase::Queued { ahead: of, .. } if !(low && (stopped.is_some() || troubled)) => {
            let args = [("what", ahead(of, lang).into())];
            blocks.push(line(say(lang, "coordination.waits-for", &args), Hue::Muted, false));
        }
        Phase::Idle | Phase::Waiting if stopped.is_none() => {
            let due = [Timer::Retry, Timer::Think].iter().find_map(|timer| sim.deadline(id, timer)).map(|(_, due)| due);
            let asks = due.filter(|_| !(low && troubled));
            blocks.extend(
                asks.map(|due| Block::Line(timed("coordination.asks-in", Clock::Until(due), Hue::Muted, lang))),
            );
        }
        _ => {}
    }
    match stopped {
        Some(tag) => blocks.push(tag),
        None => blocks.extend(moment.clock(id, lang).map(Block::Tag)),
    }
    blocks
}

fn server_card(moment: &Moment<CoordinationScene>, id: NodeId, at: Rect, narrow: bool, lang: Lang) -> Card {
    let (sim, p) = (moment.sim, moment.sim.protocol.as_ref());
    let mut card = card(moment, id, at, lang);
    let mut room = at.h - TITLE;
    let tags: Vec<Block> = paused(moment, id, lang).into_iter().chain(moment.clock(id, lang).map(Block::Tag)).collect();
    room -= ROW * tags.len() as f32;
    let Some(State::Server(server)) = sim.cluster.state(id) else {
        card.blocks.push(down(moment, id, lang));
        card.blocks.push(line(word(lang, "coordination.agreed-kept"), Hue::Muted, false));
        return card;
    };
    let (name, value) = counter(server);
    let leader = match sim.cluster.state(p.leader()) {
        Some(State::Server(leader)) if id != p.leader() => counter(leader).1,
        _ => value,
    };
    let behind = leader > value;
    card.corner = Some(Text {
        words: format!("{name} {value}"),
        hue: if behind { Hue::Warn } else { Hue::Muted },
        ..Text::default()
    });
    let queue = rows(p, server);
    // The same arc as on the holder's card: where they part, each believes something else.
    if let Some((first, _)) = queue.first()
        && let Some((from, to)) = sim.deadline(id, &Timer::Session(first.session))
    {
        (card.dial, card.hue) = (Some(Dial { from, to }), hue(first.owner.client));
    }
    let pair = |label: String, value: String, hue, chip| Block::Pair { label, value, hue, mono: true, chip };
    if queue.is_empty() {
        let label = if p.service == Service::Consul { "lock" } else { "/lock" };
        card.blocks.push(pair(label.to_owned(), word(lang, "coordination.free"), Hue::Muted, false));
        room -= ROW;
    }
    for (n, (waiter, name)) in queue.iter().enumerate() {
        if room < ROW {
            break;
        }
        let label = if narrow { shortened(p, *name) } else { key(p, *name) };
        let value = format!("{} · {}", letter(waiter.owner.client), waiter.fence);
        card.blocks.push(pair(label, value, hue(waiter.owner.client), n == 0));
        room -= ROW;
    }
    if behind && room >= ROW {
        card.blocks.push(line(word(lang, "coordination.behind"), Hue::Warn, false));
        room -= ROW;
    }
    if let Some((_, due)) = sim.deadline(id, &Timer::Delay).filter(|_| server.delayed) {
        card.blocks.push(Block::Line(timed("coordination.lock-delay", Clock::Until(due), Hue::Warn, lang)));
        room -= ROW;
    }
    let sessions = &server.agreed.sessions;
    let meters: Vec<_> = sessions.iter().filter_map(|s| Some((*s, sim.deadline(id, &Timer::Session(*s))?))).collect();
    if !meters.is_empty() && room >= ROW + METER * meters.len() as f32 {
        card.blocks.push(Block::Heading(word(lang, &of_session(p, "coordination.sessions"))));
        for (session, (from, to)) in meters {
            let hue = hue(session.client);
            let label = Text {
                words: say(lang, "coordination.session-of", &[("who", letter(session.client).into())]),
                clock: Some(Clock::Until(to)),
                hue,
                strong: false,
            };
            card.blocks.push(Block::Meter { label, dial: Dial { from, to }, hue });
        }
    }
    card.blocks.splice(0..0, tags);
    card
}

/// A node's name where there is little room: its number.
fn shortened(p: &Coordination, name: Name<Label>) -> String {
    match (p.service, name.number) {
        (Service::ZooKeeper, Some(number)) => format!("…{number:04}"),
        (Service::ZooKeeper, None) => child(name),
        _ => key(p, name),
    }
}

fn storage_card(moment: &Moment<CoordinationScene>, at: Rect, narrow: bool, lang: Lang) -> Card {
    let p = moment.sim.protocol.as_ref();
    let id = p.storage();
    let mut card = card(moment, id, at, lang);
    let checks = if p.checks() { "coordination.checks" } else { "coordination.checks-not" };
    card.corner = Some(Text { words: word(lang, checks), hue: Hue::Muted, ..Text::default() });
    if !moment.sim.cluster.is_up(id) {
        card.blocks.push(down(moment, id, lang));
    }
    card.blocks.extend(paused(moment, id, lang));
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
            let key = if stale { "coordination.older-grant" } else { "coordination.update-lost" };
            reason = Some(line(word(lang, key), Hue::Bad, false));
        }
        let key = if verdict == Verdict::Refused { "coordination.refused-from" } else { "coordination.write-by" };
        entries.push(Block::Entry {
            dot: hue(write.owner.client),
            words: say(lang, key, &[("who", letter(write.owner.client).into())]),
            value: write.fence.map_or_else(String::new, |n| n.to_string()),
            verdict,
        });
    }
    if entries.is_empty() {
        card.blocks.push(line(word(lang, "coordination.no-writes"), Hue::Muted, false));
    }
    card.blocks.extend(entries.into_iter().rev());
    card.blocks.extend(reason);
    card
}
