//! What is said of every run with a lock of a coordination service. Judged by the simulator's own order of creations and
//! grants, never by comparing the numbers that a recipe compares.

use super::client::{Ahead, Phase};
use super::server::Data;
use super::{Coordination, Note, Service, State};
use crate::core::cluster::Cluster;
use crate::core::lock::Reads;
use crate::core::lock::history::History;
use crate::core::lock::keyspace::Owner;
use crate::core::protocol::{Judgement, Kind, NodeId, Property, World, Worlds};

/// History that only properties read.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Ghost {
    pub history: History,
    /// The keys that there are, in the order in which they were created: whose attempt, and what the service calls it. The
    /// first is the holder's.
    pub queue: Vec<(Owner, u32)>,
    /// Who has asked and has not been told that it holds the lock, in the order in which the service heard of them: each
    /// client by its first attempt since it started.
    pub waiting: Vec<Owner>,
    /// The latest grant passed over somebody who had waited longer: whose it is, and who that was.
    pub passed_over: Option<(Owner, u16)>,
    /// The latest who was sent away because the lock was taken.
    pub sent_away: Option<Owner>,
    /// How many clients the latest change that woke any has woken; 0 if it was one.
    pub woke: u16,
    /// A client died while it had the lock; that has since become free.
    pub dead_holder: Option<Owner>,
    pub freed: bool,
}

pub fn observe(ghost: &mut Ghost, _at: NodeId, note: &Note) {
    match note {
        Note::Enqueued { owner, fence, .. } => {
            ghost.queue.push((*owner, *fence));
            waits(ghost, *owner);
            if ghost.queue.len() == 1 {
                ghost.history.granted(*owner, Some(*fence));
            }
        }
        Note::Refuses { owner, .. } => waits(ghost, *owner),
        Note::Gone { owner, fence, .. } => {
            let Some(at) = ghost.queue.iter().position(|(_, key)| key == fence) else { return };
            ghost.queue.remove(at);
            if !ghost.queue.iter().any(|(other, _)| same(other, owner)) {
                ghost.waiting.retain(|other| !same(other, owner));
            }
            if let (0, Some((next, fence))) = (at, ghost.queue.first()) {
                ghost.history.granted(*next, Some(*fence));
            }
        }
        Note::Granted { owner, fence } => {
            ghost.history.told(*owner, *fence);
            // Whose key is gone already believes and was granted nothing.
            let had = ghost.queue.iter().any(|(key, _)| key == owner);
            let before = ghost.waiting.first().filter(|first| had && first.client != owner.client);
            ghost.passed_over = before.map(|before| (*owner, before.client));
            ghost.waiting.retain(|other| other.client != owner.client);
        }
        Note::GaveUp { owner, at_once } => {
            ghost.waiting.retain(|other| other.client != owner.client);
            ghost.sent_away = at_once.then_some(*owner);
        }
        Note::Woke(count) => ghost.woke = if *count > 1 { *count } else { 0 },
        Note::Accepted { owner, fence, behind, .. } => ghost.history.accepted(*owner, *fence, *behind),
        _ => {}
    }
}

fn waits(ghost: &mut Ghost, owner: Owner) {
    if !ghost.waiting.iter().any(|other| same(other, &owner)) {
        ghost.waiting.push(owner);
    }
}

/// Attempts of one client that has not crashed in between.
fn same(a: &Owner, b: &Owner) -> bool {
    (a.client, a.nonce >> 16) == (b.client, b.nonce >> 16)
}

/// Watches for a holder that dies. Whoever is down waits for nothing.
pub fn witness(ghost: &mut Ghost, cluster: &Cluster<Coordination>) {
    let down = |client: u16| !cluster.is_up(NodeId(client));
    ghost.waiting.retain(|owner| !down(owner.client));
    let holder = ghost.queue.first().map(|(owner, _)| *owner);
    if ghost.dead_holder.is_some() && ghost.dead_holder != holder {
        ghost.dead_holder = None;
        ghost.freed = true;
    }
    if let (None, Some(owner)) = (ghost.dead_holder, holder.filter(|owner| down(owner.client))) {
        ghost.dead_holder = Some(owner);
        ghost.freed = false;
    }
}

/// The clients that believe they hold the lock.
pub fn believers<'a>(p: &Coordination, cluster: &'a Cluster<Coordination>) -> impl Iterator<Item = NodeId> + use<'a> {
    (0..p.clients).map(NodeId).filter(
        |c| matches!(cluster.state(*c), Some(State::Client(client)) if matches!(client.phase, Phase::Holding(_))),
    )
}

/// Whether a client's lease has not ended by its own clock. A pause does not lengthen a lease.
pub fn leased(cluster: &Cluster<Coordination>, id: NodeId) -> bool {
    let Some(State::Client(client)) = cluster.state(id) else { return false };
    client.lease().and_then(|lease| cluster.armed(id, &lease)).is_some_and(|timer| timer.due == 0)
}

/// The believers inside their lease.
pub fn inside_lease<'a>(
    p: &Coordination,
    cluster: &'a Cluster<Coordination>,
) -> impl Iterator<Item = NodeId> + use<'a> {
    believers(p, cluster).filter(|id| leased(cluster, *id))
}

/// A believer without a lease: nothing will tell it to stop.
pub fn unbounded(p: &Coordination, cluster: &Cluster<Coordination>) -> Option<NodeId> {
    believers(p, cluster).find(|id| match cluster.state(*id) {
        Some(State::Client(client)) => client.lease().is_none_or(|lease| cluster.armed(*id, &lease).is_none()),
        _ => false,
    })
}

/// A client that waits behind a node that its own session has created.
pub fn orphaned(p: &Coordination, cluster: &Cluster<Coordination>) -> Option<NodeId> {
    let Some(State::Server(server)) = cluster.state(p.leader()) else { return None };
    let Data::ZooKeeper(directory) = &server.agreed.data else { return None };
    (0..p.clients).map(NodeId).find(|id| {
        let Some(State::Client(client)) = cluster.state(*id) else { return false };
        let Phase::Queued { ahead: Ahead::Child(name), .. } = &client.phase else { return false };
        let owner = directory.get(name).and_then(|child| child.owner);
        owner.is_some() && owner == client.session
    })
}

fn judge(broken: bool) -> Judgement {
    if broken { Judgement::Broken } else { Judgement::Fine }
}

/// The properties, with the worlds in which this configuration promises each.
pub fn all(p: &Coordination) -> Vec<Property<Coordination>> {
    let safety = |name, promised, judge| Property { name, kind: Kind::Safety, promised, judge };
    let anything = Worlds::UpTo(World::Anything);
    let queues = p.service != Service::Consul;
    let mut list = vec![
        safety("MUTEX-LEASE", Worlds::UpTo(World::Bounded), |p, cluster, _| {
            judge(inside_lease(p, cluster).count() > 1)
        }),
        safety("MUTEX-BELIEF", Worlds::None, |p, cluster, _| judge(believers(p, cluster).count() > 1)),
        safety("NO-STALE-WRITE", if p.fence { anything } else { Worlds::None }, |_, _, ghost| {
            judge(ghost.history.stale.is_some())
        }),
        safety("FIFO-GRANT", if queues { anything } else { Worlds::None }, |_, _, ghost| {
            judge(ghost.passed_over.is_some())
        }),
        safety("BELIEF-BOUNDED", anything, |p, cluster, _| judge(unbounded(p, cluster).is_some())),
        safety("NO-REFUSAL", anything, |_, _, ghost| judge(ghost.sent_away.is_some())),
    ];
    if queues {
        list.push(safety("NO-HERD", anything, |_, _, ghost| judge(ghost.woke > 1)));
    }
    if p.service == Service::ZooKeeper {
        list.push(safety("NO-ORPHAN", anything, |p, cluster, _| judge(orphaned(p, cluster).is_some())));
    }
    if p.reads != Reads::No {
        let covered = p.fence && p.reads == Reads::Fenced;
        list.push(safety("NO-LOST-UPDATE", if covered { anything } else { Worlds::None }, |_, _, ghost| {
            judge(ghost.history.lost.is_some())
        }));
    }
    if p.fence {
        list.push(safety("FENCE-MONOTONE", anything, |_, _, ghost| judge(ghost.history.fence_fell)));
    }
    list.push(Property {
        name: "EVENTUALLY-FREE",
        kind: Kind::Liveness,
        promised: anything,
        judge: |_, _, ghost| match (ghost.dead_holder, ghost.freed) {
            (None, true) => Judgement::Met,
            _ => Judgement::Open,
        },
    });
    list
}
