//! What is to be said of a change of the list, or of a list: computed once for each, from the placements themselves and by
//! a sample of keys, never from the messages.

use super::config::{Key, Routing};
use super::memo::Built;
use super::view::View;
use crate::core::placement::shares::{self, Law};
use std::sync::Arc;

/// One node's share, and the band that the law allows.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Uneven {
    pub slot: u16,
    /// Shares of all keys of the sample, 0 to 1.
    pub share: f64,
    pub law: Law,
}

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
    /// A key with two of its copies on this node.
    pub doubled: Option<(Key, u16)>,
    /// A key that no node owns although there are nodes.
    pub nowhere: Option<Key>,
    pub uneven: Option<Uneven>,
    /// A key of a node that left, which did not go to the node that was next for it.
    pub jumped: Option<Key>,
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
        let owners: Vec<Option<u16>> = keys.clone().map(|key| new.owner(key.bytes())).collect();
        let was: Vec<Option<u16>> = keys.clone().map(|key| old.owner(key.bytes())).collect();
        let example = |is: &dyn Fn(usize) -> bool| (0..owners.len()).find(|n| is(*n)).map(|n| p.sample[n].clone());
        let stays = |n: usize| {
            let (from, to) = (was[n], owners[n]);
            from != to
                && from.is_some_and(|slot| after.weight(slot) >= before.weight(slot))
                && to.is_some_and(|slot| after.weight(slot) <= before.weight(slot))
        };
        let copies = usize::from(p.replicas);
        let doubled = keys.clone().find_map(|key| {
            let nodes = new.nodes(key.bytes(), copies);
            let twice = nodes.iter().enumerate().find(|(n, slot)| nodes[..*n].contains(slot));
            twice.map(|(_, slot)| (key.clone(), *slot))
        });
        Verdict {
            unplaced: false,
            all: owners.len(),
            moved: (0..owners.len()).filter(|n| was[*n] != owners[*n]).count(),
            needless: example(&stays),
            undetermined: undetermined(p, after, &owners).map(|n| p.sample[n].clone()),
            doubled,
            nowhere: example(&|n| owners[n].is_none() && !after.seats.is_empty()),
            uneven: uneven(&new, &owners),
            jumped: example(&|n| {
                let left = was[n].is_some_and(|slot| !after.has(slot));
                let next = || old.nodes(p.sample[n].bytes(), 2).get(1).copied();
                left && before.seats.len() > 1 && owners[n] != next()
            }),
        }
    }
}

/// The first key that is placed otherwise when the placement is made anew, of the list or of the list reversed.
fn undetermined(p: &Routing, view: &View, owners: &[Option<u16>]) -> Option<usize> {
    let points: u64 = view.seats.iter().map(|seat| u64::from(seat.weight)).sum::<u64>() * u64::from(p.scheme.vnodes);
    let mut members = p.members(view);
    let anew = |members: Vec<_>| {
        let placement = p.scheme.build(members).ok()?;
        let owner = |key: &Key| {
            let member = placement.owner(key.bytes())?;
            p.slot_of(&placement.members().get(member)?.name)
        };
        p.sample.iter().zip(owners).position(|(key, known)| owner(key) != *known)
    };
    if points > COMPARED_MOST {
        return None;
    }
    anew(members.clone()).or_else(|| {
        members.reverse();
        anew(members)
    })
}

/// The node whose share of the sample lies furthest outside its band.
fn uneven(built: &Built, owners: &[Option<u16>]) -> Option<Uneven> {
    let members = built.placement.members();
    let mut counts = crate::core::map::Map::new();
    for owner in owners.iter().flatten() {
        *counts.or_insert(*owner, 0_usize) += 1;
    }
    let laws = shares::laws_of(built.placement.as_ref());
    let share = |(member, law): (usize, Law)| {
        let slot = built.slot(member);
        let count = counts.get(&slot).copied().unwrap_or(0);
        Uneven { slot, share: count as f64 / owners.len().max(1) as f64, law: law.of_keys(owners.len()) }
    };
    let all = (0..members.len()).zip(laws).map(share);
    let off = |uneven: &Uneven| (uneven.share - uneven.law.mean).abs() / uneven.law.std.max(1e-12);
    all.filter(|uneven| !uneven.law.allows(uneven.share)).max_by(|a, b| off(a).total_cmp(&off(b)))
}
