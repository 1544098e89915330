//! The stream in words: its messages, sentences, properties, and the rows about a node.

use super::figures::a_second;
use crate::core::map::Map;
use crate::core::protocol::NodeId;
use crate::core::routing::stream::asking::Asking;
use crate::core::routing::stream::serving::{self, Job};
use crate::core::routing::stream::tally::Over;
use crate::core::routing::stream::{End, Msg, Note, Route, Stream, Timer};
use crate::core::routing::{Routing, State};
use crate::scenes::placement::words::{short, who};
use crate::scenes::scene::*;
use crate::scenes::text::{Arg, say, word};
use crate::sim::simulation::Simulation;

/// A message's words, and its reply sign.
pub fn message(p: &Routing, msg: &Msg) -> (String, Option<bool>) {
    match msg {
        Msg::Ask { rank, .. } => {
            let key = p.stream.as_ref().map_or("", |stream| stream.key(*rank));
            (format!("get {}", short(key)), None)
        }
        Msg::Ended { end: End::Answered, .. } => ("done".to_owned(), Some(true)),
        Msg::Ended { end: End::Refused, .. } => ("full".to_owned(), Some(false)),
        Msg::Ended { end: End::NotHere, view, .. } => (format!("see view {}", view.epoch), Some(false)),
    }
}

/// What stands on a message on the stage, where there are many: the rank of its key among all, nothing on an answer.
pub fn pill(msg: &Msg) -> String {
    match msg {
        Msg::Ask { rank, .. } => format!("#{}", rank + 1),
        Msg::Ended { end: End::Answered, .. } => String::new(),
        Msg::Ended { end: End::Refused, .. } => "full".to_owned(),
        Msg::Ended { end: End::NotHere, view, .. } => format!("see view {}", view.epoch),
    }
}

pub fn timer_name(timer: &Timer) -> String {
    match timer {
        Timer::Next => "request".to_owned(),
        Timer::Sweep => "sweep".to_owned(),
        Timer::Work(worker) => format!("work:{worker}"),
    }
}

type Words = (&'static str, Vec<(&'static str, Arg)>, Hue);

/// The sentence about a note of the stream.
pub fn note_words(p: &Routing, at: NodeId, note: &Note, lang: Lang) -> Words {
    let me = ("who", who(p, at, lang));
    let node = |slot: &u16| ("node", who(p, NodeId(*slot), lang));
    let client = |id: &u16| ("client", who(p, NodeId(*id), lang));
    let key = |rank: &u32| ("key", Arg::from(p.stream.as_ref().map_or("", |stream| stream.key(*rank))));
    let route = p.stream.as_ref().map_or(Route::Owner, |stream| stream.route);
    match note {
        Note::Sent { rank, to, .. } => {
            let said = match route {
                Route::Owner => "placement.stream-sent-owner",
                Route::Bounded => "placement.stream-sent-bounded",
                Route::Replicas => "placement.stream-sent-replicas",
            };
            (said, vec![me, key(rank), node(to)], Hue::Plain)
        }
        Note::Answered { rank, by, .. } => ("placement.stream-answered", vec![me, key(rank), node(by)], Hue::Good),
        Note::TurnedAway { rank, by, .. } => ("placement.stream-turned-away", vec![me, key(rank), node(by)], Hue::Warn),
        Note::Redirected { rank, by, .. } => ("placement.stream-redirected", vec![me, key(rank), node(by)], Hue::Warn),
        Note::GaveUp { rank, server, .. } => ("placement.stream-gave-up", vec![me, key(rank), node(server)], Hue::Bad),
        Note::Unsent { rank } => ("placement.stream-unsent", vec![me, key(rank)], Hue::Bad),
        Note::Silent { server } => ("placement.stream-silent", vec![me, node(server)], Hue::Warn),
        Note::Heard { server } => ("placement.stream-heard", vec![me, node(server)], Hue::Good),
        Note::Starts { client: c, rank, .. } => ("placement.stream-starts", vec![me, key(rank), client(c)], Hue::Plain),
        Note::Waits { client: c, rank, behind, .. } => {
            ("placement.stream-waits", vec![me, key(rank), client(c), ("n", (*behind + 1).into())], Hue::Plain)
        }
        Note::Serves { client: c, rank, .. } => ("placement.stream-serves", vec![me, key(rank), client(c)], Hue::Plain),
        Note::Refuses { client: c, rank, .. } => {
            let n = p.stream.as_ref().map_or(0, |stream| stream.room);
            ("placement.stream-refuses", vec![me, key(rank), client(c), ("n", n.into())], Hue::Bad)
        }
        Note::SendsOn { client: c, rank, .. } => {
            ("placement.stream-sends-on", vec![me, key(rank), client(c)], Hue::Warn)
        }
    }
}

/// Why a property of the stream is broken, or what is known so far; `None` if it is none of the stream's.
pub fn because(sim: &Simulation<Routing>, code: &str, broken: bool, lang: Lang) -> Option<String> {
    let p = sim.protocol.as_ref();
    let stream = p.stream.as_ref()?;
    let tally = &sim.ghost.stream;
    let node = |slot: u16| Arg::from(p.fleet.name(slot));
    let (ending, args): (&str, Vec<(&str, Arg)>) = match code {
        "NO-OVERLOAD" => {
            let who = tally.refused.map(|slot| ("who", node(slot)));
            let n = ("n", stream.room.into());
            (if broken { "broken" } else { "fine" }, who.into_iter().chain([n]).collect())
        }
        "BOUND-REQUESTS" => {
            let over = |over: Over| [("who", node(over.server)), ("n", over.load.into()), ("most", over.most.into())];
            let ending = match (broken, p.clients) {
                (true, _) => "broken",
                (false, 1) => "fine",
                (false, _) => "several",
            };
            (ending, tally.over.map(over).into_iter().flatten().collect())
        }
        "QUEUE-MOVES" => {
            let waiting = |slot: u16| match sim.cluster.state(NodeId(slot)) {
                Some(State::Server(server)) => server.stream.get().map_or(0, |serving| serving.waiting.len()),
                _ => 0,
            };
            let n: usize = (0..p.servers()).map(waiting).sum();
            (if n > 0 { "open" } else { "met" }, vec![("n", n.into())])
        }
        _ => return None,
    };
    Some(say(lang, &format!("placement.because-{code}-{ending}"), &args))
}

type Row = (String, Text, bool);

fn row(lang: Lang, key: &str, words: String, hue: Hue) -> Row {
    (word(lang, key), Text { words, hue, ..Text::default() }, false)
}

/// The rows about a server: what it works on, who waits, what it can bear.
pub fn server_rows(p: &Routing, stream: &Stream, slot: u16, has: Option<&serving::Serving>, lang: Lang) -> Vec<Row> {
    let idle = serving::Serving::default();
    let serving = has.unwrap_or(&idle);
    let workers = serving::workers(p, stream, slot);
    let waiting = serving.waiting.len();
    let of = |n: usize, most: u16| say(lang, "placement.stream-of", &[("n", n.into()), ("most", most.into())]);
    let full = waiting >= usize::from(stream.room) && serving.at_work.len() >= usize::from(workers);
    let mut rows = vec![
        row(lang, "placement.row-works", of(serving.at_work.len(), workers), Hue::Plain),
        row(lang, "placement.row-waiting", of(waiting, stream.room), if full { Hue::Bad } else { Hue::Plain }),
        row(
            lang,
            "placement.row-bears",
            say(lang, "placement.stream-a-second", &[("n", a_second(stream, workers).into())]),
            Hue::Plain,
        ),
    ];
    if let Some((rank, n)) = most_wanted(serving.jobs()) {
        let args = [("key", Arg::from(stream.key(rank))), ("n", n.into()), ("all", serving.load().into())];
        rows.push(row(lang, "placement.row-mostly", say(lang, "placement.stream-mostly", &args), Hue::Plain));
    }
    rows
}

/// The key for which most of these requests are, and how many.
fn most_wanted<'a>(jobs: impl Iterator<Item = &'a Job>) -> Option<(u32, u32)> {
    let mut counts: Map<u32, u32> = Map::new();
    for job in jobs {
        *counts.or_insert(job.rank, 0) += 1;
    }
    counts.iter().map(|(rank, n)| (*rank, *n)).max_by_key(|(rank, n)| (*n, u32::MAX - rank))
}

/// The rows about a client: what it has under way, and whom it holds for silent.
pub fn client_rows(p: &Routing, asking: &Asking, lang: Lang) -> Vec<Row> {
    let mut by_server: Map<u16, u32> = Map::new();
    for pending in &asking.under_way {
        *by_server.or_insert(pending.to, 0) += 1;
    }
    let list = |words: Vec<String>| if words.is_empty() { "—".to_owned() } else { words.join(", ") };
    let own = by_server.iter().take(16).map(|(slot, n)| format!("{} {n}", p.fleet.name(*slot))).collect();
    let told = asking.knows.iter().filter(|(_, known)| known.others > 0);
    let told = told.take(16).map(|(slot, known)| format!("{} {}", p.fleet.name(*slot), known.others)).collect();
    let silent = asking.knows.iter().filter(|(_, known)| known.silent);
    let silent: Vec<String> = silent.take(16).map(|(slot, _)| p.fleet.name(*slot).to_owned()).collect();
    let mut rows = vec![row(lang, "placement.row-own", list(own), Hue::Plain)];
    if p.clients > 1 {
        rows.push(row(lang, "placement.row-told", list(told), Hue::Plain));
    }
    if !silent.is_empty() {
        rows.push(row(lang, "placement.row-silent", list(silent), Hue::Warn));
    }
    rows
}
