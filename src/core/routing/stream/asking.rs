//! What a client does for the stream: draws keys, chooses whom to ask, and keeps account of what it knows of the servers.
//!
//! Several clients bound each by what it knows: its own requests exactly, those of others by the latest answer of each
//! server, forgotten after half of its patience. So several clients together can go above a bound that each of them keeps.

use super::{End, Msg, Note, Nth, Part, Route, Stream, Timer};
use crate::core::map::Map;
use crate::core::placement::Hashed;
use crate::core::placement::scheme::Scheme;
use crate::core::protocol::{Clock, Context, NodeId};
use crate::core::routing::client::Client;
use crate::core::routing::view::{Seat, View};
use crate::core::routing::{Key, Msg as Message, Note as Said, Routing, Timer as Alarm};
use std::sync::Arc;

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Asking {
    /// Requests so far.
    pub count: Nth,
    /// Requests that it may still make.
    pub left: Option<u32>,
    /// Of the time between two requests, in 1/rate ms: what did not fill a millisecond yet.
    pub rest: u32,
    /// Requests under way, ascending by their number.
    pub under_way: Vec<Pending>,
    /// What it knows of servers; nothing where it is not needed.
    pub knows: Map<u16, Known>,
    /// Whether the sweep's timer is armed.
    pub sweeps: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Pending {
    pub n: Nth,
    pub rank: u32,
    pub to: u16,
    /// The epoch of the view by which it chose that server.
    pub epoch: u32,
    /// Quarters of its patience that are over.
    pub age: u8,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Known {
    /// Requests of other clients that it has, by its latest answer.
    pub others: u16,
    /// Quarters of the client's patience since then.
    pub age: u8,
    /// A request was not answered, and nothing has been heard since.
    pub silent: bool,
}

/// Quarters of a client's patience.
const QUARTERS: u8 = 4;
/// What was told is forgotten after so many.
const TOLD: u8 = 2;

impl Asking {
    fn own(&self, server: u16) -> u64 {
        self.under_way.iter().filter(|pending| pending.to == server).count() as u64
    }

    fn known(&self, server: u16) -> Known {
        self.knows.get(&server).copied().unwrap_or_default()
    }

    /// Requests under way at a server, as far as this client knows.
    pub fn load(&self, server: u16) -> u64 {
        self.own(server) + u64::from(self.known(server).others)
    }

    /// The server may be asked: it is not silent, or nothing is under way that could show whether it still is.
    fn usable(&self, server: u16) -> bool {
        !self.known(server).silent || self.own(server) == 0
    }
}

/// Starts the stream of a client, if there is one. The clients begin one after the other, so that all requests together
/// are evenly spaced, too.
pub fn boot(p: &Routing, me: NodeId, cx: &mut Context<Routing>) -> Part<Asking> {
    let Some(stream) = &p.stream else { return Part(None) };
    let nth = u64::from(me.0 - p.directory().0);
    cx.set_timer(Alarm::Stream(Timer::Next), Clock::Monotonic, (1000 * nth / u64::from(stream.rate)) as u32);
    let first = cx.incarnation() == 0;
    Part(Some(Box::new(Asking {
        count: Nth::from(cx.incarnation()) << 32,
        left: stream.most.map(|left| if first { left } else { 0 }),
        rest: 0,
        under_way: Vec::new(),
        knows: Map::new(),
        sweeps: false,
    })))
}

/// It is time for the next request.
pub fn next(p: &Routing, me: NodeId, client: &mut Client, cx: &mut Context<Routing>) {
    let (Some(stream), Some(asking)) = (&p.stream, client.stream.get_mut()) else { return };
    match &mut asking.left {
        Some(0) => return,
        Some(left) => *left -= 1,
        None => {}
    }
    if asking.left != Some(0) {
        // Each client makes its part of the requests; what is left of a millisecond counts for the next.
        let whole = u64::from(asking.rest) + 1000 * u64::from(p.clients);
        asking.rest = (whole % u64::from(stream.rate)) as u32;
        let after = (whole / u64::from(stream.rate)) as u32;
        cx.set_timer(Alarm::Stream(Timer::Next), Clock::Monotonic, after);
    }
    let rank = stream.law.rank(cx.below(stream.law.bound()));
    match choose(p, stream, me, (&client.view, client.since), asking, rank) {
        Some(to) => {
            asking.count += 1;
            let pending = Pending { n: asking.count, rank, to, epoch: client.view.epoch, age: 0 };
            asking.under_way.push(pending);
            send(stream, asking, &client.view, pending, cx);
        }
        None => cx.note(Said::Stream(Note::Unsent { rank })),
    }
}

fn send(stream: &Stream, asking: &mut Asking, view: &Arc<View>, pending: Pending, cx: &mut Context<Routing>) {
    let Pending { n, rank, to, .. } = pending;
    cx.note(Said::Stream(Note::Sent { n, rank, to, view: view.clone() }));
    cx.send(NodeId(to), Message::Stream(Msg::Ask { n, view: view.clone(), rank }));
    if !asking.sweeps {
        asking.sweeps = true;
        sweep_later(stream, cx);
    }
}

fn sweep_later(stream: &Stream, cx: &mut Context<Routing>) {
    let after = (stream.patience / u32::from(QUARTERS)).max(1);
    cx.set_timer(Alarm::Stream(Timer::Sweep), Clock::Monotonic, after);
}

/// Whom the client asks for a key, by its view and what it knows.
pub fn choose(
    p: &Routing,
    stream: &Stream,
    me: NodeId,
    (view, since): (&Arc<View>, u32),
    asking: &Asking,
    rank: u32,
) -> Option<u16> {
    let scheme = p.scheme_of(me);
    let key = Key::new(stream.key(rank));
    match stream.route {
        Route::Owner => p.route(scheme, view, since, &key).into_iter().find(|server| asking.usable(*server)),
        Route::Replicas => {
            let keep = p.route(scheme, view, since, &key).into_iter().filter(|server| asking.usable(*server));
            // Compared as fractions: load / weight. Of equals the first is taken.
            let less = |a: u16, b: u16| {
                let (a, b) = ((asking.load(a), view.weight(a)), (asking.load(b), view.weight(b)));
                (a.0 + 1) * u64::from(b.1.max(1)) < (b.0 + 1) * u64::from(a.1.max(1))
            };
            keep.reduce(|best, server| if less(server, best) { server } else { best })
        }
        Route::Bounded => bounded(p, stream, scheme, (view, since), asking, &key),
    }
}

fn bounded(
    p: &Routing,
    stream: &Stream,
    scheme: &Scheme,
    (view, since): (&Arc<View>, u32),
    asking: &Asking,
    key: &Key,
) -> Option<u16> {
    // A silent server has neither a share of the load nor of the capacity.
    let heard = || view.seats.iter().filter(|seat| !asking.known(seat.slot).silent);
    let weights: u64 = heard().map(|seat| u64::from(seat.weight)).sum();
    let load = 1 + heard().map(|seat: &Seat| asking.load(seat.slot)).sum::<u64>();
    let built = p.built(scheme, view, since).ok()?;
    let placement = built.placement.as_ref();
    let mut found = None;
    placement.visit(Hashed { key: key.bytes(), at: placement.hash().position(key.bytes()) }, &mut |member| {
        let server = built.slot(member);
        let known = asking.known(server);
        let free = asking.load(server) < stream.bound.capacity(view.weight(server), weights, load);
        let take = if known.silent { asking.usable(server) } else { free };
        found = take.then_some(server);
        take
    });
    found
}

/// A server has ended a request.
pub fn ended(
    p: &Routing,
    me: NodeId,
    client: &mut Client,
    from: NodeId,
    (n, end, others): (Nth, End, u16),
    cx: &mut Context<Routing>,
) {
    let (Some(stream), Some(asking)) = (&p.stream, client.stream.get_mut()) else { return };
    let was = asking.knows.insert(from.0, Known { others, ..Known::default() });
    asking.knows.retain(|_, known| *known != Known::default());
    if was.is_some_and(|was| was.silent) {
        cx.note(Said::Stream(Note::Heard { server: from.0 }));
    }
    let Some(at) = asking.under_way.iter().position(|pending| pending.n == n && pending.to == from.0) else { return };
    let pending = asking.under_way.remove(at);
    let (rank, by) = (pending.rank, from.0);
    match end {
        End::Answered => cx.note(Said::Stream(Note::Answered { n, rank, by })),
        End::Refused => cx.note(Said::Stream(Note::TurnedAway { n, rank, by })),
        End::NotHere => {
            // Each time by a newer view, so that it comes to an end.
            let newer = client.view.epoch > pending.epoch;
            let to = newer.then(|| choose(p, stream, me, (&client.view, client.since), asking, rank)).flatten();
            match to {
                Some(to) => {
                    cx.note(Said::Stream(Note::Redirected { n, rank, by }));
                    let again = Pending { to, epoch: client.view.epoch, ..pending };
                    asking.under_way.insert(at, again);
                    send(stream, asking, &client.view, again, cx);
                }
                None => cx.note(Said::Stream(Note::GaveUp { n, rank, server: by })),
            }
        }
    }
}

/// A quarter of its patience is over: what is too old is given up, its server is silent; what was told long ago is forgotten.
pub fn sweep(p: &Routing, client: &mut Client, cx: &mut Context<Routing>) {
    let (Some(stream), Some(asking)) = (&p.stream, client.stream.get_mut()) else { return };
    for Pending { n, rank, to, .. } in asking.under_way.iter().filter(|pending| pending.age >= QUARTERS) {
        let (n, rank, server) = (*n, *rank, *to);
        cx.note(Said::Stream(Note::GaveUp { n, rank, server }));
        let known = asking.knows.or_insert(server, Known::default());
        if !known.silent {
            *known = Known { others: 0, age: 0, silent: true };
            cx.note(Said::Stream(Note::Silent { server }));
        }
    }
    asking.under_way.retain(|pending| pending.age < QUARTERS);
    asking.under_way.iter_mut().for_each(|pending| pending.age += 1);
    for (_, known) in asking.knows.iter_mut() {
        known.age = (known.age + 1).min(TOLD);
    }
    asking.knows.retain(|_, known| known.silent || (known.others > 0 && known.age < TOLD));
    asking.sweeps = !asking.under_way.is_empty() || asking.knows.values().any(|known| !known.silent);
    if asking.sweeps {
        sweep_later(stream, cx);
    }
}
