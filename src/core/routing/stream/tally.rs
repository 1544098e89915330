//! What is said of every stream: the history that its notes leave, and the properties that read it. Nothing in it grows
//! with the run.

use super::{Note, Route, Stream, Timer, serving};
use crate::core::cluster::Cluster;
use crate::core::map::Map;
use crate::core::protocol::{Judgement, Kind, NodeId, Property, World, Worlds};
use crate::core::routing::properties::Ghost;
use crate::core::routing::{Routing, State, Timer as Alarm};

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Tally {
    /// By client and server the requests under way: sent, and neither answered, refused, redirected nor given up.
    under_way: Map<(u16, u16), u32>,
    /// Which client holds which server for silent.
    silent: Map<(u16, u16), ()>,
    /// The first server that refused a request.
    pub refused: Option<u16>,
    /// The first request that was sent to a server which had its bound already.
    pub over: Option<Over>,
}

/// A server with more requests under way than its bound.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Over {
    pub client: u16,
    pub server: u16,
    pub load: u64,
    pub most: u64,
}

impl Tally {
    /// Requests of all clients that are under way at a server.
    pub fn load(&self, server: u16) -> u64 {
        self.under_way.iter().filter(|((_, at), _)| *at == server).map(|(_, count)| u64::from(*count)).sum()
    }

    fn less(&mut self, client: u16, server: u16) {
        if let Some(count) = self.under_way.get_mut(&(client, server)) {
            *count = count.saturating_sub(1);
        }
        self.under_way.retain(|_, count| *count > 0);
    }

    pub fn observe(&mut self, p: &Routing, at: NodeId, note: &Note) {
        let Some(stream) = &p.stream else { return };
        match note {
            Note::Sent { to, view, .. } => {
                *self.under_way.or_insert((at.0, *to), 0) += 1;
                if stream.route == Route::Bounded && self.over.is_none() && !self.silent.contains_key(&(at.0, *to)) {
                    let heard = || view.seats.iter().filter(|seat| !self.silent.contains_key(&(at.0, seat.slot)));
                    let weights = heard().map(|seat| u64::from(seat.weight)).sum();
                    let all = heard().map(|seat| self.load(seat.slot)).sum();
                    let most = stream.bound.capacity(view.weight(*to), weights, all);
                    let load = self.load(*to);
                    self.over = (load > most).then_some(Over { client: at.0, server: *to, load, most });
                }
            }
            Note::Answered { by, .. } | Note::TurnedAway { by, .. } | Note::Redirected { by, .. } => {
                self.less(at.0, *by);
            }
            Note::GaveUp { server, .. } => self.less(at.0, *server),
            Note::Silent { server } => drop(self.silent.insert((at.0, *server), ())),
            Note::Heard { server } => drop(self.silent.remove(&(at.0, *server))),
            Note::Refuses { .. } => self.refused = self.refused.or(Some(at.0)),
            _ => {}
        }
    }

    /// A client that is down has forgotten what it asked.
    pub fn witness(&mut self, p: &Routing, cluster: &Cluster<Routing>) {
        for client in p.client_ids().filter(|client| !cluster.is_up(*client)) {
            self.under_way.retain(|(of, _), _| *of != client.0);
            self.silent.retain(|(of, _), ()| *of != client.0);
        }
    }
}

/// Whether somebody waits at a server, and whether somebody waits there for ever.
fn waiting(p: &Routing, stream: &Stream, cluster: &Cluster<Routing>, id: NodeId) -> Judgement {
    let Some(State::Server(server)) = cluster.state(id) else { return Judgement::Met };
    let Some(serving) = server.stream.get() else { return Judgement::Met };
    let stuck = |worker: &u16| cluster.armed(id, &Alarm::Stream(Timer::Work(*worker))).is_none();
    let idle = serving.at_work.len() < usize::from(serving::workers(p, stream, id.0));
    if serving.at_work.keys().any(stuck) || (idle && !serving.waiting.is_empty()) {
        Judgement::Never
    } else if serving.waiting.is_empty() {
        Judgement::Met
    } else {
        Judgement::Open
    }
}

/// The servers at which somebody waits.
pub fn queued<'a>(p: &'a Routing, cluster: &'a Cluster<Routing>) -> impl Iterator<Item = u16> + use<'a> {
    let slots = (0..p.servers()).filter_map(|slot| Some((slot, p.stream.as_ref()?)));
    slots.filter(|(slot, stream)| waiting(p, stream, cluster, NodeId(*slot)) != Judgement::Met).map(|(slot, _)| slot)
}

fn no_overload(_: &Routing, _: &Cluster<Routing>, ghost: &Ghost) -> Judgement {
    if ghost.stream.refused.is_some() { Judgement::Broken } else { Judgement::Fine }
}

fn bound_requests(_: &Routing, _: &Cluster<Routing>, ghost: &Ghost) -> Judgement {
    if ghost.stream.over.is_some() { Judgement::Broken } else { Judgement::Fine }
}

/// The properties of a configuration with a stream.
pub fn properties(p: &Routing) -> Vec<Property<Routing>> {
    let Some(stream) = &p.stream else { return Vec::new() };
    let anything = Worlds::UpTo(World::Anything);
    // How much arrives at once depends on how long messages take: no arrangement of the servers can promise it.
    let mut all =
        vec![Property { name: "NO-OVERLOAD", kind: Kind::Safety, promised: Worlds::None, judge: no_overload }];
    if stream.route == Route::Bounded {
        // One client knows all requests. Of several each knows its own, and of the others what it was told.
        let promised = if p.clients == 1 { anything } else { Worlds::None };
        all.push(Property { name: "BOUND-REQUESTS", kind: Kind::Safety, promised, judge: bound_requests });
    }
    all.push(Property {
        name: "QUEUE-MOVES",
        kind: Kind::Liveness,
        promised: anything,
        judge: |p, cluster, _| {
            let Some(stream) = &p.stream else { return Judgement::Met };
            let each = (0..p.servers()).map(|slot| waiting(p, stream, cluster, NodeId(slot)));
            each.fold(Judgement::Met, |all, one| match (all, one) {
                (Judgement::Never, _) | (_, Judgement::Never) => Judgement::Never,
                (Judgement::Open, _) | (_, Judgement::Open) => Judgement::Open,
                _ => Judgement::Met,
            })
        },
    });
    all
}
