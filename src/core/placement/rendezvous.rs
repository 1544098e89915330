//! Rendezvous, or highest random weight: every node bids for every key, and the highest bid wins (Thaler, Ravishankar,
//! 1998). With weights the bid is -w/ln(u) (Schindelhauer, Schomaker, 2005), and a node of twice the weight wins twice
//! as often.
//!
//! The bid of a node is the hash h of `NAME|key`; u = (⌊h/2^11⌋ + 1/2)/2^53. Of equal bids the greater hash wins, then the
//! greater name. There is no table, but a key costs a hash for each node: [`Placement::after`] spares most of them when
//! a list changes, since only who came or changed its weight bids anew.

use super::{Hashed, Inside, KeyHash, Member, OwnerAfter, Placement, ReplicasAfter};
use crate::core::map::Map;
use std::collections::BinaryHeap;

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rendezvous {
    members: Vec<Member>,
    hash: KeyHash,
    /// Place of each member among the names in ascending order.
    ranks: Vec<u32>,
    /// All weights are equal: bids and hashes have the same order, and the logarithm is spared.
    equal: bool,
}

/// What a member offers for a key; the greatest wins.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Bid {
    /// Bits of the weighted score, which is positive: they have its order. 0 if all weights are equal.
    score: u64,
    hash: u64,
    rank: u32,
    member: u32,
}

/// -w/ln(u), positive, for the hash of `NAME|key`.
pub fn score(hash: u64, weight: u32) -> f64 {
    let u = ((hash >> 11) as f64 + 0.5) / (1_u64 << 53) as f64;
    let log = libm::log(u);
    // The highest u is rounded to 1.
    if log < 0.0 { -f64::from(weight) / log } else { f64::INFINITY }
}

impl Rendezvous {
    /// Names have to differ.
    pub fn new(members: Vec<Member>, hash: KeyHash) -> Rendezvous {
        let names: Map<&str, usize> = members.iter().enumerate().map(|(i, m)| (m.name.as_str(), i)).collect();
        let mut ranks = vec![0; members.len()];
        for (rank, (_, member)) in names.iter().enumerate() {
            ranks[*member] = rank as u32;
        }
        let equal = members.windows(2).all(|pair| pair[0].weight == pair[1].weight);
        Rendezvous { members, hash, ranks, equal }
    }

    /// The hash of `NAME|key`.
    pub fn hash_with(&self, member: usize, key: &[u8]) -> u64 {
        self.bid(member, key, &mut Vec::new()).hash
    }

    /// `label` is room for the bytes that are hashed.
    fn bid(&self, member: usize, key: &[u8], label: &mut Vec<u8>) -> Bid {
        let Member { name, weight, .. } = &self.members[member];
        label.clear();
        label.extend_from_slice(name.as_bytes());
        label.push(b'|');
        label.extend_from_slice(key);
        let hash = self.hash.position(label);
        let score = if self.equal { 0 } else { score(hash, *weight).to_bits() };
        Bid { score, hash, rank: self.ranks[member], member: member as u32 }
    }

    fn bids(&self, key: &[u8]) -> impl Iterator<Item = Bid> {
        let mut label = Vec::new();
        (0..self.members.len()).map(move |member| self.bid(member, key, &mut label))
    }

    /// How the list before became this one: see [`Placement::after`]. `None` if its bids are others.
    fn changed_from(&self, before: &dyn Placement) -> Option<Changed> {
        let before = match before.inside() {
            Inside::Scores(before) if before.hash == self.hash => before,
            _ => return None,
        };
        let old: Map<&str, u32> = before.members.iter().map(|m| (m.name.as_str(), m.weight)).collect();
        let new: Map<&str, usize> = self.members.iter().enumerate().map(|(i, m)| (m.name.as_str(), i)).collect();
        let kept = |member: &Member| {
            let index = *new.get(&member.name.as_str())?;
            (self.members[index].weight >= member.weight).then_some(index)
        };
        let gained = |&index: &usize| {
            let Member { name, weight, .. } = &self.members[index];
            old.get(&name.as_str()).is_none_or(|before| before < weight)
        };
        Some(Changed {
            kept: before.members.iter().map(kept).collect(),
            gained: (0..self.members.len()).filter(gained).collect(),
        })
    }
}

struct Changed {
    /// For each member before: its index now, unless it has gone or lost weight.
    kept: Vec<Option<usize>>,
    /// Members that came or gained weight.
    gained: Vec<usize>,
}

impl Placement for Rendezvous {
    fn members(&self) -> &[Member] {
        &self.members
    }

    fn hash(&self) -> KeyHash {
        self.hash
    }

    fn owner_of(&self, key: Hashed<'_>) -> Option<usize> {
        self.bids(key.key).max().map(|bid| bid.member as usize)
    }

    fn visit(&self, key: Hashed<'_>, take: &mut dyn FnMut(usize) -> bool) {
        let mut bids: BinaryHeap<Bid> = self.bids(key.key).collect();
        while let Some(bid) = bids.pop() {
            if take(bid.member as usize) {
                return;
            }
        }
    }

    fn inside(&self) -> Inside<'_> {
        Inside::Scores(self)
    }

    /// A bid grows with the weight and depends on nobody else. So an owner that lost no weight still beats all that
    /// gained none, and is compared with those that did.
    fn after<'p>(&'p self, before: &'p dyn Placement) -> OwnerAfter<'p> {
        let Some(changed) = self.changed_from(before) else {
            return Box::new(|key, _| self.owner_of(key));
        };
        Box::new(move |key, old| {
            let Some(kept) = old.and_then(|old| changed.kept.get(old).copied().flatten()) else {
                return self.owner_of(key);
            };
            if changed.gained.is_empty() {
                return Some(kept);
            }
            let mut label = Vec::new();
            let members = changed.gained.iter().copied().chain([kept]);
            members.map(|member| self.bid(member, key.key, &mut label)).max().map(|bid| bid.member as usize)
        })
    }

    /// As long as none of them has gone or lost weight, those who were ahead of all others still are.
    fn replicas_after<'p>(&'p self, before: &'p dyn Placement) -> ReplicasAfter<'p> {
        let Some(changed) = self.changed_from(before) else {
            return Box::new(|key, _, copies, out| self.replicas_of(key, copies, out));
        };
        Box::new(move |key, old, copies, out| {
            let kept: Option<Vec<usize>> = old.iter().map(|&old| changed.kept.get(old).copied().flatten()).collect();
            let Some(kept) = kept.filter(|kept| kept.len() == copies.min(changed.kept.len())) else {
                return self.replicas_of(key, copies, out);
            };
            out.clear();
            if changed.gained.is_empty() {
                return out.extend(kept);
            }
            let mut label = Vec::new();
            let others = kept.into_iter().filter(|member| changed.gained.binary_search(member).is_err());
            let members = changed.gained.iter().copied().chain(others);
            let mut bids: BinaryHeap<Bid> = members.map(|member| self.bid(member, key.key, &mut label)).collect();
            out.extend(std::iter::from_fn(|| bids.pop()).take(copies).map(|bid| bid.member as usize));
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_scores_is_that_of_hashes_to_both_ends() {
        let edge = [0, 1 << 11, 2 << 11, (1 << 62) - 1, 1 << 62, u64::MAX / 2, u64::MAX - (3 << 11), u64::MAX];
        let scores: Vec<f64> = edge.iter().map(|&hash| score(hash, 3)).collect();
        assert!(scores.windows(2).all(|pair| pair[0] <= pair[1]), "{scores:?}");
        assert!(scores[0] > 0.0 && scores[7] == f64::INFINITY);
        for start in [0, 1 << 60, 1 << 63, u64::MAX - (1 << 20)] {
            let near = (0..500).map(|step| score(start + (step << 11), 1));
            assert!(near.clone().zip(near.skip(1)).all(|(a, b)| a <= b), "from {start}");
        }
    }
}
