//! What is said of every run of the store.

use super::view::{Members, View};
use super::{Entry, Key, Note, Record, State, Store};
use crate::core::cluster::Cluster;
use crate::core::map::Map;
use crate::core::placement::ring::Ring;
use crate::core::placement::shares::{self, Law};
use crate::core::placement::{Member, Placement};
use crate::core::protocol::{Judgement, Kind, NodeId, Property, World, Worlds};

/// History that only properties read.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Ghost {
    /// The newest entry of a key whose Put each client was told is stored, and how many nodes had to have it.
    pub stored: Map<(Key, u16), (Entry, u8)>,
    /// The latest membership change.
    pub change: Option<(View, View)>,
    /// It moved something between two servers that stayed.
    pub needless: bool,
    /// The latest Put has two of its copies on this node.
    pub doubled: Option<(Key, u16)>,
    /// The latest Get of a client returned less than it had stored.
    pub stale: Option<Stale>,
    /// Servers that ask others for what they lack.
    pub fetching: Members,
    /// The latest Get was answered by this server, which keeps the key since the latest change, was still copying, and had
    /// less than was stored.
    pub early: Option<(u16, Key)>,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Stale {
    pub client: u16,
    pub key: Key,
    pub got: Option<Entry>,
    pub stored: Entry,
}

pub fn observe(p: &Store, ghost: &mut Ghost, at: NodeId, note: &Note) {
    match note {
        Note::Places { key, nodes, .. } => {
            let twice = nodes.iter().enumerate().find(|(n, slot)| nodes[..*n].contains(slot));
            ghost.doubled = twice.map(|(_, slot)| (key.clone(), *slot));
        }
        Note::Stored { key, entry, needed, .. } => {
            let known = ghost.stored.or_insert((key.clone(), at.0), (*entry, *needed));
            if *entry > known.0 {
                *known = (*entry, *needed);
            }
        }
        Note::Got { key, entry, .. } => {
            let own = ghost.stored.get(&(key.clone(), at.0));
            let stale = own.filter(|(stored, _)| *entry < Some(*stored));
            ghost.stale =
                stale.map(|(stored, _)| Stale { client: at.0, key: key.clone(), got: *entry, stored: *stored });
        }
        Note::Changed { before, after } => {
            ghost.change = Some((*before, *after));
            ghost.needless = needless(p, before.members, after.members);
        }
        Note::Settled(view) => {
            if let Some((_, after)) = ghost.change.as_mut().filter(|(_, after)| after.members == view.members) {
                *after = *view;
            }
        }
        Note::Fetches { .. } => ghost.fetching = ghost.fetching.with(at.0),
        Note::Complete { .. } => ghost.fetching = ghost.fetching.without(at.0),
        Note::Serves { key, entry, .. } => {
            ghost.early = early(p, ghost, at.0, key, *entry).then(|| (at.0, key.clone()));
        }
        _ => {}
    }
}

/// A server that is down or has been removed asks nobody; one that has not heard of a change is no new owner.
pub fn witness(ghost: &mut Ghost, cluster: &Cluster<Store>) {
    let knows = |slot: u16| match cluster.state(NodeId(slot)) {
        Some(State::Server(server)) => Some(server.view),
        _ => None,
    };
    let member = |slot: &u16| knows(*slot).is_some_and(|view| view.members.has(*slot));
    ghost.fetching = ghost.fetching.iter().filter(member).collect();
    if let (Some((slot, _)), Some((_, after))) = (&ghost.early, ghost.change)
        && knows(*slot).is_some_and(|view| view.epoch < after.epoch)
    {
        ghost.early = None;
    }
}

/// Whether a server answered with less than was stored for a key that it keeps since the latest change, and had not asked
/// everybody yet.
fn early(p: &Store, ghost: &Ghost, slot: u16, key: &Key, entry: Option<Entry>) -> bool {
    let Some((before, after)) = ghost.change else { return false };
    let keeps = |members| p.keeps(members, key.at, slot);
    let gained = keeps(after.members) && !keeps(before.members) && !keeps(after.former.0);
    gained && ghost.fetching.has(slot) && owed(p, ghost).any(|(k, stored, _)| k == key && entry < Some(stored))
}

/// Whether the change moved a key or an arc between two servers that were members before and after.
fn needless(p: &Store, before: Members, after: Members) -> bool {
    let both = |slot: u16| before.has(slot) && after.has(slot);
    let key_moved = p.keys.iter().any(|key| {
        let (old, new) = (p.owner_of(before, key.at), p.owner_of(after, key.at));
        old != new && old.is_some_and(both) && new.is_some_and(both)
    });
    // The rings are built anew, by other code than that which routes the requests.
    let ring = |members: Members| Ring::new(names(p, members), p.ring.vnodes());
    let arc_moved = match (ring(before), ring(after)) {
        (Ok(before), Ok(after)) => shares::moved_arcs(&before, &after).needless > 0,
        _ => false,
    };
    key_moved || arc_moved
}

/// The members with their names and weights.
pub fn names(p: &Store, members: Members) -> Vec<Member> {
    members.iter().filter_map(|slot| p.ring.members().get(usize::from(slot)).cloned()).collect()
}

/// What is on a server's disk, whether it is up or not.
fn on_disk(cluster: &Cluster<Store>, slot: u16, key: &Key) -> Option<Entry> {
    match cluster.state(NodeId(slot)) {
        Some(State::Server(server)) => server.entries.get(key).copied(),
        _ => {
            let log = cluster.node(NodeId(slot)).log.iter();
            log.filter_map(|record| match record {
                Record::Entry(k, entry) if k == key => Some(*entry),
                _ => None,
            })
            .max()
        }
    }
}

/// Everything that has to be there: what the clients were told is stored, and what was stored from the start.
fn owed<'a>(p: &'a Store, ghost: &'a Ghost) -> impl Iterator<Item = (&'a Key, Entry, u8)> {
    let first = p.replicas.min(p.initial.count());
    let loaded = p.keys.iter().filter(|_| p.preload).map(move |key| (key, Entry::FIRST, first));
    loaded.chain(ghost.stored.iter().map(|((key, _), (entry, needed))| (key, *entry, *needed)))
}

/// A stored entry that no running server has, although fewer than R of those that have it are down.
pub fn lost<'a>(p: &'a Store, cluster: &Cluster<Store>, ghost: &'a Ghost) -> Option<(&'a Key, Entry)> {
    let gone = |(key, entry, needed): &(&Key, Entry, u8)| {
        let holders = (0..p.servers()).filter(|slot| on_disk(cluster, *slot, key) >= Some(*entry));
        let (up, down): (Vec<u16>, Vec<u16>) = holders.partition(|slot| cluster.is_up(NodeId(*slot)));
        up.is_empty() && down.len() < usize::from(*needed)
    };
    owed(p, ghost).find(gone).map(|(key, entry, _)| (key, entry))
}

/// The running members that lack something that they keep, or do not know yet that they keep it.
pub fn incomplete(p: &Store, cluster: &Cluster<Store>, ghost: &Ghost) -> Vec<u16> {
    let view = p.view(cluster);
    let lacks = |slot: &u16| match cluster.state(NodeId(*slot)) {
        Some(State::Server(server)) => {
            server.view.epoch < view.epoch
                || server.copying.is_some()
                || owed(p, ghost).any(|(key, entry, _)| {
                    p.keeps(view.members, key.at, *slot) && server.entries.get(key) < Some(&entry)
                })
        }
        _ => false,
    };
    view.members.iter().filter(lacks).collect()
}

/// Each member's share of the circle and its law; cheap enough for every event, since nothing is hashed.
pub fn arcs(p: &Store, members: Members) -> Vec<(u16, shares::Share)> {
    let points = p.ring.points();
    let mine: Vec<_> = points.iter().filter(|point| members.has(point.member as u16)).collect();
    let mut owned = vec![(0_u128, 0_u64); p.ring.members().len()];
    if let Some(last) = mine.last() {
        let mut before = i128::from(last.at) - (1 << 64);
        for point in &mine {
            let (arc, count) = &mut owned[point.member as usize];
            *arc += (i128::from(point.at) - before) as u128;
            *count += 1;
            before = i128::from(point.at);
        }
    }
    let share = |slot: u16| {
        let (arc, count) = owned[usize::from(slot)];
        let share = arc as f64 / (1_u128 << 64) as f64;
        (slot, shares::Share { share, law: Law::of_arc(count, mine.len() as u64) })
    };
    members.iter().filter(|slot| *slot < p.servers()).map(share).collect()
}

fn judge(broken: bool) -> Judgement {
    if broken { Judgement::Broken } else { Judgement::Fine }
}

/// The properties, with the worlds in which this configuration promises each.
pub fn all(p: &Store) -> Vec<Property<Store>> {
    let safety = |name, promised, judge: fn(&Store, &Cluster<Store>, &Ghost) -> Judgement| Property {
        name,
        kind: Kind::Safety,
        promised,
        judge,
    };
    let anything = Worlds::UpTo(World::Anything);
    // With one copy nothing survives the crash of its node.
    let durable = if p.replicas >= 2 { anything } else { Worlds::None };
    vec![
        safety("RING-MONOTONE", anything, |_, _, ghost| judge(ghost.needless)),
        safety("RING-TOTAL", anything, |p, cluster, _| {
            let members = p.view(cluster).members;
            judge(p.keys.iter().any(|key| p.owner_of(members, key.at).is_some() == members.is_empty()))
        }),
        safety("RING-DISTINCT-REPLICAS", anything, |_, _, ghost| judge(ghost.doubled.is_some())),
        safety("DURABLE-ONE-CRASH", durable, |p, cluster, ghost| judge(lost(p, cluster, ghost).is_some())),
        // A Get asks one node, and that may have been silent when the Put was stored elsewhere.
        safety("READ-YOUR-WRITE", Worlds::None, |_, _, ghost| judge(ghost.stale.is_some())),
        safety("HANDOVER", anything, |_, _, ghost| judge(ghost.early.is_some())),
        // A statistic: of correct rings with few points up to 4 % have a share outside its band.
        safety("RING-BALANCE", Worlds::None, |p, cluster, _| {
            judge(arcs(p, p.view(cluster).members).iter().any(|(_, share)| !share.fits()))
        }),
        Property {
            name: "COPIED",
            kind: Kind::Liveness,
            // A copy that was lost on its way is made again by a repair only.
            promised: if p.pace.repair.is_some() { anything } else { Worlds::None },
            judge: |p, cluster, ghost| {
                if incomplete(p, cluster, ghost).is_empty() { Judgement::Met } else { Judgement::Open }
            },
        },
    ]
}
