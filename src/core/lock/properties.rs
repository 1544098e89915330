//! What is said of every run with a lock. Judged by the simulator's own order of grants, never by comparing fences.

use super::client::Phase;
use super::history::History;
use super::keyspace::Owner;
use super::redis::{Redis, Role};
use super::{Lock, Msg, Note, Persistence, Reads, State, Timer};
use crate::core::cluster::Cluster;
use crate::core::protocol::{Judgement, Kind, NodeId, Property, World, Worlds, copied};

/// History that only properties read.
#[derive(PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Ghost {
    pub history: History,
    /// Owners that some masters have said OK to, and how many: with most of them it is a grant.
    pub halfway: Vec<(Owner, u16)>,
    /// The latest removal of the key: by whom, if it was another's.
    pub foreign_release: Option<(u16, Owner)>,
    /// Clients that were refused and have not been granted the lock since, in that order; kept where [`Lock::order`] says so.
    pub waiting: Vec<u16>,
    /// The latest grant passed over somebody who had waited longer: whose it is, and who that was.
    pub passed_over: Option<(Owner, u16)>,
    /// A client died while the key was its own; that key has since become free.
    pub dead_holder: Option<Owner>,
    pub freed: bool,
}

impl Clone for Ghost {
    fn clone(&self) -> Self {
        let Ghost { history, halfway, waiting, .. } = self;
        Ghost { history: history.clone(), halfway: halfway.clone(), waiting: waiting.clone(), ..*self }
    }
    fn clone_from(&mut self, other: &Self) {
        let history = copied(&mut self.history, &other.history);
        let halfway = copied(&mut self.halfway, &other.halfway);
        let waiting = copied(&mut self.waiting, &other.waiting);
        *self = Ghost { history, halfway, waiting, ..*other };
    }
}

/// Only the latest of them matter.
const REMEMBERED: usize = 12;

/// The lock was granted when the last of the masters that it takes had set the key.
fn granted(p: &Lock, ghost: &mut Ghost, owner: Owner) -> bool {
    let had = ghost.halfway.iter().position(|(known, _)| *known == owner).map(|at| ghost.halfway.remove(at).1);
    let now = had.unwrap_or(0) + 1;
    if now < p.quorum() && !ghost.history.grants.iter().any(|grant| grant.owner == owner) {
        ghost.halfway.push((owner, now));
        if ghost.halfway.len() > REMEMBERED {
            ghost.halfway.remove(0);
        }
    }
    now == p.quorum()
}

pub fn observe(p: &Lock, ghost: &mut Ghost, _at: NodeId, note: &Note) {
    match note {
        Note::Set { owner, .. } if !granted(p, ghost, *owner) => {}
        Note::Set { owner, fence } => {
            ghost.history.granted(*owner, *fence);
            let before = ghost.waiting.first().filter(|first| **first != owner.client);
            ghost.passed_over = before.map(|before| (*owner, *before));
            ghost.waiting.retain(|client| *client != owner.client);
        }
        Note::NotSet { owner, .. } if p.order && !ghost.waiting.contains(&owner.client) => {
            ghost.waiting.push(owner.client);
        }
        Note::Granted { owner, fence } => ghost.history.told(*owner, *fence),
        Note::Accepted { owner, behind, fence, .. } => ghost.history.accepted(*owner, *fence, *behind),
        Note::Removed { by, owner } => {
            ghost.foreign_release = (*by != owner.client).then_some((*by, *owner));
        }
        _ => {}
    }
}

/// The servers that count: the masters, or the replica that has taken the place of the only one.
fn masters<'a>(p: &Lock, cluster: &'a Cluster<Lock>) -> impl Iterator<Item = (NodeId, Option<&'a Redis>)> + use<'a> {
    let redis = |id: NodeId| match cluster.state(id) {
        Some(State::Redis(redis)) => (id, Some(redis)),
        _ => (id, None),
    };
    let promoted = p.replica().filter(|id| redis(*id).1.is_some_and(|redis| redis.role == Role::Master));
    let all = promoted.map_or(p.redis().0..p.redis().0 + p.masters, |id| id.0..id.0 + 1);
    all.map(NodeId).map(redis)
}

/// Watches for a holder that dies.
pub fn witness(p: &Lock, ghost: &mut Ghost, cluster: &Cluster<Lock>) {
    ghost.waiting.retain(|client| cluster.is_up(NodeId(*client)));
    let holds = |owner| masters(p, cluster).filter(|m| m.1.is_some_and(|redis| redis.holder() == owner)).count();
    if let Some(dead) = ghost.dead_holder {
        // Free is what somebody else can have: enough masters are up without its key.
        let up = masters(p, cluster).filter(|m| m.1.is_some()).count();
        if up - holds(Some(dead)) >= p.quorum().into() {
            ghost.dead_holder = None;
            ghost.freed = true;
        }
        return;
    }
    let dead = masters(p, cluster)
        .filter_map(|m| m.1?.holder())
        .find(|owner| !cluster.is_up(NodeId(owner.client)) && holds(Some(*owner)) >= p.quorum().into());
    if let Some(owner) = dead {
        ghost.dead_holder = Some(owner);
        ghost.freed = false;
    }
}

/// The clients that believe they hold the lock.
pub fn believers<'a>(p: &Lock, cluster: &'a Cluster<Lock>) -> impl Iterator<Item = NodeId> + use<'a> {
    (0..p.clients).map(NodeId).filter(
        |c| matches!(cluster.state(*c), Some(State::Client(client)) if matches!(client.phase, Phase::Holding(_))),
    )
}

/// The believers whose own lease has not ended by their own clock. A pause does not lengthen a lease.
pub fn inside_lease<'a>(p: &Lock, cluster: &'a Cluster<Lock>) -> impl Iterator<Item = NodeId> + use<'a> {
    believers(p, cluster).filter(|c| match cluster.state(*c) {
        Some(State::Client(client)) => {
            client.lease().and_then(|lease| cluster.armed(*c, &lease)).is_some_and(|t| t.due == 0)
        }
        _ => false,
    })
}

fn judge(broken: bool) -> Judgement {
    if broken { Judgement::Broken } else { Judgement::Fine }
}

/// The key of a dead client has no time to live on too many masters, and nothing is under way that could give it one.
fn kept_for_ever(p: &Lock, cluster: &Cluster<Lock>, dead: Owner) -> bool {
    let endless = |(id, redis): &(NodeId, Option<&Redis>)| {
        redis.is_some_and(|redis| redis.holder() == Some(dead))
            && redis.and_then(Redis::deadline).is_none_or(|d| cluster.armed(*id, &Timer::Expire(d)).is_none())
    };
    let (kept, all) = (masters(p, cluster).filter(endless).count(), masters(p, cluster).count());
    let asked = |msg: &Msg| matches!(msg, Msg::Ask { attempt, .. } if *attempt == dead);
    all - kept < p.quorum().into() && !cluster.flights.iter().any(|flight| asked(&flight.msg))
}

/// The properties, with the worlds in which this configuration promises each.
pub fn all(p: &Lock) -> Vec<Property<Lock>> {
    let safety = |name, promised, judge| Property { name, kind: Kind::Safety, promised, judge };
    let lost = |_: &Lock, _: &Cluster<Lock>, ghost: &Ghost| judge(ghost.history.lost.is_some());
    if !p.locks() {
        return vec![safety("NO-LOST-UPDATE", Worlds::UpTo(World::Anything), lost)];
    }
    // The servers must never lose a live key: then leases do not overlap while clocks are bounded. A replica that takes
    // over may not have heard of it.
    let keeps = p.persistence == Persistence::Always && !p.replica;
    let fenced = p.fence && keeps;
    let bounded = Worlds::UpTo(World::Bounded);
    let anything = Worlds::UpTo(World::Anything);
    let mut list = vec![
        safety("MUTEX-LEASE", if keeps { bounded } else { Worlds::None }, |p, cluster, _| {
            judge(inside_lease(p, cluster).count() > 1)
        }),
        safety("MUTEX-BELIEF", Worlds::None, |p, cluster, _| judge(believers(p, cluster).count() > 1)),
        safety("NO-STALE-WRITE", if fenced { anything } else { Worlds::None }, |_, _, ghost| {
            judge(ghost.history.stale.is_some())
        }),
        safety("OWNER-RELEASE", anything, |_, _, ghost| judge(ghost.foreign_release.is_some())),
    ];
    if p.reads != Reads::No {
        let covered = fenced && p.reads == Reads::Fenced;
        list.push(safety("NO-LOST-UPDATE", if covered { anything } else { Worlds::None }, lost));
    }
    if p.fence {
        list.push(safety("FENCE-MONOTONE", if keeps { anything } else { Worlds::None }, |_, _, ghost| {
            judge(ghost.history.fence_fell)
        }));
    }
    if p.order {
        list.push(safety("FIFO-GRANT", Worlds::None, |_, _, ghost| judge(ghost.passed_over.is_some())));
    }
    list.push(Property {
        name: "EVENTUALLY-FREE",
        kind: Kind::Liveness,
        promised: anything,
        judge: |p, cluster, ghost| match (ghost.dead_holder, ghost.freed) {
            (Some(owner), _) if kept_for_ever(p, cluster, owner) => Judgement::Never,
            (Some(_), _) => Judgement::Open,
            (None, true) => Judgement::Met,
            (None, false) => Judgement::Open,
        },
    });
    list
}
