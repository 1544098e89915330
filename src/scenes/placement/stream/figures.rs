//! The stream's numbers: what comes, what is refused, how long answers take.

use super::one_of;
use crate::core::protocol::NodeId;
use crate::core::routing::stream::{Stream, serving};
use crate::core::routing::{Routing, Seat, State};
use crate::scenes::geometry::fixed;
use crate::scenes::placement::PlacementScene;
use crate::scenes::placement::words::{percent, short};
use crate::scenes::scene::*;
use crate::scenes::staging::Moment;
use crate::scenes::text::{Arg, say, word};
use crate::sim::time::SECOND;

type Args<'a> = &'a [(&'a str, Arg)];

/// Requests a second that so many workers can answer, with a tenth where it is not whole.
pub fn a_second(stream: &Stream, workers: u16) -> String {
    let tenths = fixed(stream.a_second(workers.into()), 1).to_string();
    tenths.strip_suffix(".0").map_or(tenths.clone(), str::to_owned)
}

/// A percentage of requests, or a dash where there were none.
fn part(some: u32, all: u32) -> String {
    if all == 0 { "—".to_owned() } else { percent(f64::from(some) / f64::from(all)) }
}

/// Requests a second that all members together can answer.
fn capacity(p: &Routing, seats: &[Seat]) -> f64 {
    let Some(stream) = &p.stream else { return 0.0 };
    stream.a_second(seats.iter().map(|seat| u64::from(serving::workers(p, stream, seat.slot))).sum())
}

pub fn figures(moment: &Moment<PlacementScene>, lang: Lang) -> Vec<Figure> {
    let p = moment.sim.protocol.as_ref();
    let Some(stream) = &p.stream else { return Vec::new() };
    let figure = |key: &str, value: String, note: (&str, Args)| Figure {
        words: word(lang, key),
        value,
        note: if note.0.is_empty() { String::new() } else { say(lang, note.0, note.1) },
        looked_up: false,
    };
    let past = &moment.past.stream;
    let (lately, length) = past.lately(moment.sim.now);
    let seats = &p.view(&moment.sim.cluster).seats;
    let a_second = f64::from(lately.wanted) / (length.max(SECOND / 10) as f64 / SECOND as f64);
    let mut list = Vec::new();
    let bears = fixed(capacity(p, seats), 0).to_string();
    let rate = [("n", Arg::from(bears)), ("one", one_of(moment.sim).into())];
    let drawn = if one_of(moment.sim) > 1 { "placement.stream-rate-drawn" } else { "placement.stream-rate-note" };
    list.push(figure("placement.stream-rate", fixed(a_second, 0).to_string(), (drawn, &rate)));
    let route = word(lang, &format!("placement.choice-route-{}", stream.route.name()));
    let by: Vec<String> =
        past.refusals.iter().map(|(slot, n)| format!("{} {n}", p.fleet.name(*slot))).take(8).collect();
    let refused = [("n", past.all.refused.into()), ("who", by.join(", ").into()), ("route", route.into())];
    let note = if by.is_empty() { "placement.stream-refused-none" } else { "placement.stream-refused-by" };
    list.push(figure("placement.stream-refused", part(lately.refused, lately.wanted), (note, &refused)));
    if past.all.lost > 0 {
        let lost = [("n", past.all.lost.into())];
        let value = part(lately.lost, lately.wanted);
        list.push(figure("placement.stream-lost", value, ("placement.stream-lost-note", &lost)));
    }
    let (waiting, at) = lately.longest;
    let longest = [("who", Arg::from(p.fleet.name(at))), ("n", stream.room.into())];
    let note = if waiting > 0 { ("placement.stream-longest-note", &longest[..]) } else { ("", &longest[..0]) };
    list.push(figure("placement.stream-longest", waiting.to_string(), note));
    let law = percent(stream.law.share(0));
    let hottest = [("key", Arg::from(short(stream.key(0)))), ("x", law.into())];
    let share = part(past.all.hottest, past.all.wanted);
    list.push(figure("placement.stream-hottest", share, ("placement.stream-hottest-note", &hottest)));
    let ms = |percent| lately.waits.within(percent).map_or_else(|| "—".to_owned(), |ms| format!("{ms} ms"));
    let tail = [("x", Arg::from(ms(95)))];
    list.push(figure("placement.stream-wait", ms(50), ("placement.stream-wait-note", &tail)));
    list
}

/// The queues as a table, a row a member.
pub fn sheet(moment: &Moment<PlacementScene>, lang: Lang) -> Option<Sheet> {
    let (sim, p) = (moment.sim, moment.sim.protocol.as_ref());
    let stream = p.stream.as_ref()?;
    let past = &moment.past.stream;
    let mut nodes: Vec<u16> = p.view(&sim.cluster).seats.iter().map(|seat| seat.slot).collect();
    nodes.sort_unstable();
    let row = |slot: &u16| {
        let workers = serving::workers(p, stream, *slot);
        let serving = match sim.cluster.state(NodeId(*slot)) {
            Some(State::Server(server)) => server.stream.get(),
            _ => None,
        };
        let (works, waits) = serving.map_or((0, 0), |serving| (serving.at_work.len(), serving.waiting.len()));
        vec![
            p.fleet.name(*slot).to_owned(),
            format!("{works} / {workers}"),
            format!("{waits} / {}", stream.room),
            say(lang, "placement.stream-a-second", &[("n", a_second(stream, workers).into())]),
            past.refusals.get(slot).copied().unwrap_or(0).to_string(),
        ]
    };
    let route = word(lang, &format!("placement.choice-route-{}", stream.route.name()));
    let all = &past.all;
    let args = [
        ("route", Arg::from(route)),
        ("n", all.wanted.into()),
        ("answered", all.answered.into()),
        ("refused", all.refused.into()),
        ("lost", all.lost.into()),
    ];
    let heads = ["head-node", "row-works", "row-waiting", "row-bears", "stream-sheet-refused"];
    Some(Sheet {
        title: word(lang, "placement.stream-sheet"),
        note: say(lang, "placement.stream-sheet-note", &args),
        head: heads.map(|head| word(lang, &format!("placement.{head}"))).into(),
        rows: nodes.iter().map(row).collect(),
        nodes,
    })
}
