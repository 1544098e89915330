//! Copies in distinct zones, and how many places a list of copies really has.
//!
//! Nodes of a zone fail together: three copies in one rack are one copy when its power goes.

use super::{Hashed, Member, Placement};
use crate::core::map::Map;

/// The zones of a list of members. A member without a zone is one of its own.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Zones {
    /// For each member the first member of its zone.
    zone: Vec<usize>,
    count: usize,
}

/// How many distinct places keep the copies of a key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Effective {
    pub nodes: usize,
    pub zones: usize,
}

impl Zones {
    pub fn new(members: &[Member]) -> Zones {
        let mut first = Map::<&str, usize>::new();
        let zone: Vec<usize> = members
            .iter()
            .enumerate()
            .map(|(member, Member { zone, .. })| match zone.as_str() {
                "" => member,
                zone => *first.or_insert(zone, member),
            })
            .collect();
        let count = zone.iter().enumerate().filter(|(member, zone)| member == *zone).count();
        Zones { zone, count }
    }

    /// How many zones there are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Puts the nodes of `copies` copies of the key into `out`, the owner first: in order of preference, but a node whose
    /// zone has a copy is skipped while another zone has none. When every zone has one, those that were skipped follow,
    /// again in order of preference. These are the zones of `placement`.
    pub fn replicas(&self, placement: &dyn Placement, key: Hashed<'_>, copies: usize, out: &mut Vec<usize>) {
        out.clear();
        if copies == 0 {
            return;
        }
        let mut skipped = Vec::new();
        placement.visit(key, &mut |node| {
            if out.len() < self.count && out.iter().any(|&other| self.zone[other] == self.zone[node]) {
                skipped.push(node);
            } else {
                out.push(node);
            }
            if out.len() == self.count {
                let wanted = copies.saturating_sub(out.len()).min(skipped.len());
                out.extend(skipped.drain(..wanted));
            }
            out.len() >= copies
        });
        // Only if some node is never offered, since then some zone stays without a copy.
        let wanted = copies.saturating_sub(out.len()).min(skipped.len());
        out.extend(skipped.drain(..wanted));
    }

    /// How many nodes and zones these copies really have.
    pub fn effective(&self, copies: &[usize]) -> Effective {
        let distinct = |place: &dyn Fn(usize) -> usize| {
            let new = |at: &usize| !copies[..*at].iter().any(|&other| place(other) == place(copies[*at]));
            (0..copies.len()).filter(new).count()
        };
        Effective { nodes: distinct(&|node| node), zones: distinct(&|node| self.zone[node]) }
    }
}
