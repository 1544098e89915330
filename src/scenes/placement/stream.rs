//! The stream of requests in the placement scene: its options, queues and messages in the picture, bars and marks. Its
//! numbers are in [`figures`], its words in [`words`], what is remembered of it in [`past`], its question in [`hot`].

pub mod figures;
pub mod hot;
pub mod past;
pub mod words;

use crate::core::cluster::Flight;
use crate::core::placement::Bound;
use crate::core::placement::keys::Keys;
use crate::core::protocol::NodeId;
use crate::core::routing::stream::serving::{self, Serving};
use crate::core::routing::stream::zipf::Zipf;
use crate::core::routing::stream::{Msg, Note, Route, Stream};
use crate::core::routing::{Msg as Message, Routing, State};
use crate::scenes::options::Options;
use crate::scenes::scene::*;
use crate::scenes::staging::{BarNow, MarkNow};
use crate::scenes::text::{say, word};
use crate::sim::simulation::Simulation;
use crate::sim::time::SECOND;
use std::sync::Arc;

/// Messages of the stream that are drawn at a time, about; and at most.
const PILLS: u64 = 24;
const PILLS_MOST: usize = 48;
/// Above this rate the diagram shows queues and refusals, no messages.
const DRAWN_MOST: u32 = 20;

/// The stream that the options want; `None` without one, or without keys.
pub fn configure(options: &Options, keys: &Arc<Keys>, bound: Bound) -> Option<Arc<Stream>> {
    let number = |key, most: i64| options.number(key).clamp(0, most) as u32;
    let rate = number("rate", 1000);
    let all = u32::try_from(keys.len()).unwrap_or(u32::MAX);
    let ranks = match number("hot-keys", i64::from(u32::MAX)) {
        0 => all,
        some => some.min(all),
    };
    if rate == 0 || ranks == 0 {
        return None;
    }
    Some(Arc::new(Stream {
        rate,
        keys: keys.clone(),
        law: Zipf::new(ranks, number("zipf", 200)),
        route: Route::named(options.text("route")).unwrap_or_default(),
        bound,
        workers: number("workers", 64).max(1) as u16,
        service: number("service", 60_000).max(1),
        room: number("room", 1000) as u16,
        patience: number("patience", 600_000).max(1),
        most: u32::try_from(options.number("requests")).ok(),
    }))
}

/// The requests at a server, and how many it can bear: at work and waiting. `None` without a stream.
pub fn queue(sim: &Simulation<Routing>, slot: u16) -> Option<(u32, u32)> {
    let p = sim.protocol.as_ref();
    let stream = p.stream.as_ref()?;
    let load = match sim.cluster.state(NodeId(slot)) {
        Some(State::Server(server)) => server.stream.get().map_or(0, Serving::load),
        _ => 0,
    };
    Some((load as u32, u32::from(serving::workers(p, stream, slot)) + u32::from(stream.room)))
}

/// Puts the queues into the columns, of a group of nodes the fullest.
pub fn queues(sim: &Simulation<Routing>, columns: &mut [Column], lang: Lang) {
    let fuller = |a: (u32, u32), b: (u32, u32)| u64::from(b.0) * u64::from(a.1) > u64::from(a.0) * u64::from(b.1);
    for column in columns {
        let slots = column.node..column.node.saturating_add(column.nodes);
        column.queue =
            slots.filter_map(|slot| queue(sim, slot)).reduce(|most, next| if fuller(most, next) { next } else { most });
        if let Some((load, bears)) = column.queue {
            column.words += &say(lang, "placement.stream-column", &[("n", load.into()), ("most", bears.into())]);
        }
        // As the bar: not with every request that comes or goes.
        column.over |= column.queue.is_some_and(|(load, bears)| load * 4 >= bears * 3);
    }
}

/// A bar while three quarters of the places to wait are taken: an overloaded queue is full and has one free in turns.
pub fn bar(sim: &Simulation<Routing>, slot: u16) -> Option<BarNow> {
    let stream = sim.protocol.stream.as_ref()?;
    let Some(State::Server(server)) = sim.cluster.state(NodeId(slot)) else { return None };
    let waiting = server.stream.get()?.waiting.len();
    let over = waiting > 0 && waiting * 4 >= usize::from(stream.room) * 3;
    over.then_some(BarNow { lane: slot, kind: BarKind::Doubt, hue: Hue::Warn, words: "placement.bar-overloaded" })
}

/// A point on a lane for what went wrong.
pub fn mark(at: NodeId, note: &Note, lang: Lang) -> Option<MarkNow> {
    let (hue, key) = match note {
        Note::Refuses { .. } => (Hue::Bad, "placement.mark-refused"),
        Note::Unsent { .. } => (Hue::Bad, "placement.mark-nowhere"),
        Note::Silent { .. } => (Hue::Warn, "placement.mark-silent"),
        _ => return None,
    };
    Some(MarkNow { lane: at.0, hue, words: word(lang, key), dot: matches!(note, Note::Refuses { .. }) })
}

/// Of so many requests one is drawn, on its way there and back.
pub fn one_of(sim: &Simulation<Routing>) -> u64 {
    let Some(stream) = &sim.protocol.stream else { return 1 };
    let (low, high) = sim.background.latency;
    (u64::from(stream.rate) * (low + high)).div_ceil(SECOND * PILLS).max(1)
}

/// The messages under way that are drawn: those of the stream while they move, one in so many, and no more than fit.
pub fn drawn(sim: &Simulation<Routing>) -> impl Iterator<Item = &Flight<Routing>> {
    let one_of = one_of(sim);
    let mut room = PILLS_MOST;
    sim.cluster.flights.iter().filter(move |flight| {
        let Message::Stream(msg) = &flight.msg else { return true };
        let (Msg::Ask { n, .. } | Msg::Ended { n, .. }) = msg;
        // Before the door of a paused node there may be hundreds.
        let moves = sim.transit(flight.id).is_none_or(|(_, due)| due.is_none_or(|due| due > sim.now));
        let draw = n % one_of == 0 && moves && room > 0;
        room -= usize::from(draw);
        draw
    })
}

/// Whether the diagram shows a message.
pub fn in_diagram(p: &Routing, msg: &Message) -> bool {
    !matches!(msg, Message::Stream(_)) || p.stream.as_ref().is_none_or(|stream| stream.rate <= DRAWN_MOST)
}
