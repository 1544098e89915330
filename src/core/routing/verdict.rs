//! What is to be said of a change of the list, or of a list: computed once for each, from the placements themselves and by
//! a sample of keys, never from the messages.

use super::config::{Key, Routing};
use super::memo::Built;
use super::shape;
use super::view::View;
use crate::core::map::Map;
use crate::core::placement::Hashed;
use crate::core::placement::shares::Law;
use crate::core::placement::zones::{Effective, Zones};
use std::sync::Arc;

/// One node's share, and the band that the law allows.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Uneven {
    pub slot: u16,
    /// Shares of all keys of the sample, 0 to 1.
    pub share: f64,
    pub law: Law,
}

/// A node, the keys that it has, and the most that it may have.
pub type Over = (u16, u64, u64);

/// Each is a first example of what is wrong; `None`: nothing is.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Verdict {
    /// The strategy makes no placement of this list.
    pub unplaced: bool,
    /// Keys of the sample, and how many have another owner than before.
    pub all: usize,
    pub moved: usize,
    /// A key that moved although its old owner lost no weight and its new one gained none.
    pub needless: Option<Key>,
    /// A key that the same list in another order, or made anew, gives to another node.
    pub undetermined: Option<Key>,
    /// There are too many points for that: nothing was made anew.
    pub uncompared: bool,
    /// A key with two of its copies on this node.
    pub doubled: Option<(Key, u16)>,
    /// The fewest places that keep the copies of a key, zones first; `None` if there are no copies.
    pub apart: Option<Effective>,
    /// A key that no node owns although there are nodes.
    pub nowhere: Option<Key>,
    pub uneven: Option<Uneven>,
    /// A key of a node that left, which did not go to the node that was next for it.
    pub jumped: Option<Key>,
    /// The list grew at its end, and a key went to another node than the new one.
    pub stepped: Option<Key>,
    /// The fewest and the most slots of a table that nodes of equal weight should share evenly.
    pub slots: Option<(u64, u64)>,
    /// A node with more keys of the sample than its bound allows: keys and bound.
    pub over: Option<Over>,
    /// A key that passed by a node with room.
    pub passed: Option<(Key, u16)>,
}

/// Rings of more points are not built anew in another order only to be compared.
const COMPARED_MOST: u64 = 1 << 15;

impl Verdict {
    pub fn on(p: &Routing, before: &Arc<View>, after: &Arc<View>) -> Verdict {
        let since = p.initial.epoch;
        let (Ok(old), Ok(new)) = (p.built(&p.scheme, before, since), p.built(&p.scheme, after, since)) else {
            return Verdict { unplaced: true, ..Verdict::default() };
        };
        let keys = p.sample.iter();
        let bytes: Vec<&[u8]> = keys.clone().map(Key::bytes).collect();
        let (was, owners) = (shape::owners(&old, &bytes), shape::owners(&new, &bytes));
        let example = |is: &dyn Fn(usize) -> bool| (0..owners.len()).find(|n| is(*n)).map(|n| p.sample[n].clone());
        let stays = |n: usize| {
            let (from, to) = (was[n], owners[n]);
            from != to
                && from.is_some_and(|slot| after.weight(slot) >= before.weight(slot))
                && to.is_some_and(|slot| after.weight(slot) <= before.weight(slot))
        };
        let copies = usize::from(p.replicas);
        let kept: Vec<(&Key, Vec<u16>)> =
            keys.clone().filter(|_| copies > 1).map(|key| (key, new.nodes(key.bytes(), copies))).collect();
        let doubled = kept.iter().find_map(|(key, nodes)| {
            let twice = nodes.iter().enumerate().find(|(n, slot)| nodes[..*n].contains(slot));
            twice.map(|(_, slot)| ((*key).clone(), *slot))
        });
        let zones = Zones::new(new.placement.members());
        let effective = |(_, nodes): &(&Key, Vec<u16>)| {
            let members: Vec<usize> = nodes.iter().filter_map(|slot| new.member(*slot)).collect();
            zones.effective(&members)
        };
        let apart = kept.iter().map(effective).min_by_key(|apart| (apart.zones, apart.nodes));
        let (over, passed) = bounded(p, &new, &owners);
        Verdict {
            unplaced: false,
            all: owners.len(),
            moved: (0..owners.len()).filter(|n| was[*n] != owners[*n]).count(),
            needless: example(&stays),
            undetermined: undetermined(p, after, &owners).map(|n| p.sample[n].clone()),
            uncompared: points(p, after) > COMPARED_MOST,
            doubled,
            apart,
            nowhere: example(&|n| owners[n].is_none() && !after.seats.is_empty()),
            uneven: uneven(&new, &owners, p.scheme.strategy.takes_weights()),
            jumped: example(&|n| {
                let left = was[n].is_some_and(|slot| !after.has(slot));
                let next = || old.nodes(p.sample[n].bytes(), 2).get(1).copied();
                left && before.seats.len() > 1 && owners[n] != next()
            }),
            stepped: example(&|n| {
                let grew = after.seats.strip_prefix(&before.seats[..]).filter(|new| new.len() == 1);
                grew.is_some_and(|new| was[n] != owners[n] && owners[n] != Some(new[0].slot))
            }),
            slots: slots(&new),
            over,
            passed,
        }
    }
}

/// Points that a ring of this list has.
fn points(p: &Routing, view: &View) -> u64 {
    view.seats.iter().map(|seat| u64::from(seat.weight)).sum::<u64>() * u64::from(p.scheme.vnodes)
}

/// The first key that is placed otherwise when the placement is made anew, of the list or of the list reversed.
fn undetermined(p: &Routing, view: &View, owners: &[Option<u16>]) -> Option<usize> {
    if points(p, view) > COMPARED_MOST {
        return None;
    }
    let mut members = p.members(view);
    let bytes: Vec<&[u8]> = p.sample.iter().map(Key::bytes).collect();
    let anew = |members: Vec<_>| {
        let built = p.with_slots(p.scheme.build(members).ok()?);
        shape::owners(&built, &bytes).iter().zip(owners).position(|(new, known)| new != known)
    };
    anew(members.clone()).or_else(|| {
        members.reverse();
        anew(members)
    })
}

/// The node whose share of the sample lies furthest outside its band.
fn uneven(built: &Built, owners: &[Option<u16>], weighs: bool) -> Option<Uneven> {
    let laws = built.laws(weighs)?;
    let counts = counts(built, owners);
    let share = |(member, law): (usize, &Law)| {
        let share = counts[member] as f64 / owners.len().max(1) as f64;
        Uneven { slot: built.slot(member), share, law: law.of_keys(owners.len()) }
    };
    let all = laws.iter().enumerate().map(share);
    let off = |uneven: &Uneven| (uneven.share - uneven.law.mean).abs() / uneven.law.std.max(1e-12);
    all.filter(|uneven| !uneven.law.allows(uneven.share)).max_by(|a, b| off(a).total_cmp(&off(b)))
}

/// How many keys of the sample each member owns.
fn counts(built: &Built, owners: &[Option<u16>]) -> Vec<u64> {
    let by_slot: Map<u16, usize> = (0..built.placement.members().len()).map(|n| (built.slot(n), n)).collect();
    let mut counts = vec![0; built.placement.members().len()];
    for member in owners.iter().flatten().filter_map(|slot| by_slot.get(slot)) {
        counts[*member] += 1;
    }
    counts
}

/// The fewest and most slots of Maglev's table, where nodes of equal weight differ by more than one.
fn slots(built: &Built) -> Option<(u64, u64)> {
    let placement = built.placement.as_ref();
    let equal = placement.members().windows(2).all(|pair| pair[0].weight == pair[1].weight);
    let counts = shape::slots(placement).filter(|_| equal)?;
    let (least, most) = (*counts.iter().min()?, *counts.iter().max()?);
    (most - least > 1).then_some((least, most))
}

/// The first node above its bound, and the first key that passed by a node with room.
fn bounded(p: &Routing, built: &Built, owners: &[Option<u16>]) -> (Option<Over>, Option<(Key, u16)>) {
    let placement = built.placement.as_ref();
    let Some(bound) = placement.bound() else { return (None, None) };
    let counts = counts(built, owners);
    let most = bound.capacities(placement.members(), owners.len() as u64);
    let over = (0..counts.len()).find(|n| counts[*n] > most[*n]).map(|n| (built.slot(n), counts[n], most[n]));
    // Loads only grow while keys are placed: who has room at the end had room all the time.
    let passed = p.sample.iter().zip(owners).find_map(|(key, owner)| {
        let mut roomy = None;
        let at = placement.hash().position(key.bytes());
        placement.visit(Hashed { key: key.bytes(), at }, &mut |member| {
            let stop = Some(built.slot(member)) == *owner;
            if !stop && counts[member] < most[member] {
                roomy = Some(built.slot(member));
            }
            stop || roomy.is_some()
        });
        roomy.map(|slot| (key.clone(), slot))
    });
    (over, passed)
}
