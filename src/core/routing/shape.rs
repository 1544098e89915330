//! What a placement looks like from outside: the pieces of the circle, what each node should have, who owns what of a list.

use super::memo::Built;
use crate::core::placement::bounded::Filling;
use crate::core::placement::rule::Rule;
use crate::core::placement::shares::Law;
use crate::core::placement::{Hashed, Inside, Placement};

/// The pieces into which a placement cuts the circle, clockwise: the last position of each, and its owner, an index into
/// the members. Nothing if it cuts none.
pub fn pieces(placement: &dyn Placement) -> Vec<(u64, usize)> {
    match placement.inside() {
        Inside::Ring(ring) => {
            let owner = |end: u64| Some((end, ring.owner_of_hash(end)?));
            ring.borders().into_iter().filter_map(owner).collect()
        }
        Inside::Circle(circle) => circle.spots().iter().map(|spot| (spot.at, spot.member as usize)).collect(),
        _ => Vec::new(),
    }
}

/// How much of the circle each member owns, in units of 1/2^64: they sum to 2^64. `None` if it is not cut.
pub fn arcs(placement: &dyn Placement) -> Option<Vec<u128>> {
    let spots = match placement.inside() {
        Inside::Ring(ring) => return Some(ring.arcs()),
        Inside::Circle(circle) => circle.spots(),
        _ => return None,
    };
    let mut arcs = vec![0; placement.members().len()];
    // Written so that a single point owns the whole circle and not nothing.
    let mut before = i128::from(spots.last()?.at) - (1 << 64);
    for spot in spots {
        arcs[spot.member as usize] += (i128::from(spot.at) - before) as u128;
        before = i128::from(spot.at);
    }
    Some(arcs)
}

/// Points of each member on the circle, if there is one.
pub fn points(placement: &dyn Placement) -> Option<Vec<u64>> {
    let mut counts = vec![0; placement.members().len()];
    match placement.inside() {
        Inside::Ring(ring) => ring.points().iter().for_each(|point| counts[point.member as usize] += 1),
        Inside::Circle(circle) => circle.spots().iter().for_each(|spot| counts[spot.member as usize] += 1),
        _ => return None,
    }
    Some(counts)
}

/// The law of each member's share of all keys; `weighs`: a member of weight 2 should get twice as many. `None` where the
/// keys themselves decide, as with ranges, and under a bound.
pub fn laws(placement: &dyn Placement, weighs: bool) -> Option<Vec<Law>> {
    if placement.bound().is_some() {
        return None;
    }
    if let Some(counts) = points(placement) {
        let all = counts.iter().sum();
        if matches!(placement.inside(), Inside::Ring(ring) if ring.rule() == Rule::Nearest) {
            return Some(counts.iter().map(|count| Law::of_nearest(*count, all)).collect());
        }
        return Some(counts.iter().map(|count| Law::of_arc(*count, all)).collect());
    }
    let exact = |of: u64, all: u64| Law { mean: if all == 0 { 0.0 } else { of as f64 / all as f64 }, std: 0.0 };
    let members = placement.members();
    if let Some(slots) = slots(placement) {
        return Some(slots.iter().map(|count| exact(*count, slots.iter().sum())).collect());
    }
    match placement.inside() {
        Inside::Range(_) => None,
        _ => {
            let weight = |n: usize| if weighs { u64::from(members[n].weight) } else { 1 };
            let all = (0..members.len()).map(weight).sum();
            Some((0..members.len()).map(|n| exact(weight(n), all)).collect())
        }
    }
}

/// Slots of each member, if the placement is a table.
pub fn slots(placement: &dyn Placement) -> Option<Vec<u64>> {
    let mut counts = vec![0; placement.members().len()];
    match placement.inside() {
        Inside::Maglev(maglev) => maglev.table().iter().for_each(|member| counts[*member as usize] += 1),
        Inside::Slots(slots) => slots.table().iter().for_each(|member| counts[usize::from(*member)] += 1),
        _ => return None,
    }
    Some(counts)
}

/// For each key of a list the slot that owns it. Under a bound keys are taken in the order of their positions.
pub fn owners(built: &Built, keys: &[&[u8]]) -> Vec<Option<u16>> {
    let placement = built.placement.as_ref();
    let hash = placement.hash();
    let Some(bound) = placement.bound() else {
        return keys.iter().map(|key| built.owner(key)).collect();
    };
    let mut order: Vec<(u64, usize)> = keys.iter().enumerate().map(|(n, key)| (hash.position(key), n)).collect();
    order.sort_by(|a, b| a.0.cmp(&b.0).then_with(|| keys[a.1].cmp(keys[b.1])));
    let mut filling = Filling::new(placement.members(), bound, keys.len() as u64);
    let mut owners = vec![None; keys.len()];
    for (at, n) in order {
        let owner = filling.place(placement, Hashed { key: keys[n], at });
        owners[n] = owner.map(|member| built.slot(member));
    }
    owners
}
