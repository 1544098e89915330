//! Bounded loads: no node has more than its share of the keys times c (Mirrokni, Thorup, Zadimoghaddam, SODA 2018,
//! arXiv 1608.01350).
//!
//! Keys are taken in a fixed order, by position and then by bytes, and each goes to the first node of its preference
//! that has room. Then who owns what is a function of the sets of nodes and of keys: when a node or a key goes, keys
//! that had to pass on come back. In the order of arrival it would depend on history.
//!
//! With n nodes and m + 1 keys, the one that arrives included, a node has room for ceil(c·(m + 1)/n), weighted for its
//! share of it. Proxies use the same bound with requests in flight instead of keys.

use super::{Hashed, Inside, KeyHash, Member, OwnerAfter, Placement, ReplicasAfter};

/// How much above its fair share a node may have.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Bound {
    /// c in hundredths, at least 100: 125 lets a node have a quarter more than its share.
    pub percent: u32,
}

impl Bound {
    /// HAProxy's and Envoy's documentation begin with it.
    pub const USUAL: Bound = Bound { percent: 125 };

    /// The most of `load` keys or requests, the arriving one included, that a node of this weight may have.
    ///
    /// All capacities together are at least `load`, so a node with room is always found.
    pub fn capacity(self, weight: u32, all_weights: u64, load: u64) -> u64 {
        if all_weights == 0 {
            return 0;
        }
        let share = u128::from(self.percent) * u128::from(load) * u128::from(weight);
        share.div_ceil(100 * u128::from(all_weights)) as u64
    }

    /// The capacity of each of these members, in their order.
    pub fn capacities(self, members: &[Member], load: u64) -> Vec<u64> {
        let all = members.iter().map(|member| u64::from(member.weight)).sum();
        members.iter().map(|member| self.capacity(member.weight, all, load)).collect()
    }
}

/// Keys that are placed under a bound, one after the other.
#[derive(Clone, Debug)]
pub struct Filling {
    capacities: Vec<u64>,
    loads: Vec<u64>,
}

impl Filling {
    /// Room for so many keys. The keys of a whole list have to be placed in ascending order of (position, bytes).
    pub fn new(members: &[Member], bound: Bound, keys: u64) -> Filling {
        Filling { capacities: bound.capacities(members, keys), loads: vec![0; members.len()] }
    }

    /// Places the next key at the first node of its preference that has room; `None` without members.
    pub fn place(&mut self, placement: &dyn Placement, key: Hashed<'_>) -> Option<usize> {
        let mut owner = None;
        placement.visit(key, &mut |node| {
            let room = self.has_room(node);
            owner = room.then_some(node);
            room
        });
        if let Some(owner) = owner {
            self.loads[owner] += 1;
        }
        owner
    }

    pub fn has_room(&self, node: usize) -> bool {
        self.loads[node] < self.capacities[node]
    }

    /// Keys on each member so far.
    pub fn loads(&self) -> &[u64] {
        &self.loads
    }

    /// The most keys that each member may have.
    pub fn capacities(&self) -> &[u64] {
        &self.capacities
    }
}

/// A placement whose preferences are kept and whose loads are bounded.
///
/// Which node owns a key depends on the other keys too. [`Placement::owner_of`] says who is asked first; who owns what
/// comes from [`Filling`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Bounded<P> {
    pub preference: P,
    pub bound: Bound,
}

impl<P: Placement> Placement for Bounded<P> {
    fn members(&self) -> &[Member] {
        self.preference.members()
    }

    fn hash(&self) -> KeyHash {
        self.preference.hash()
    }

    fn owner_of(&self, key: Hashed<'_>) -> Option<usize> {
        self.preference.owner_of(key)
    }

    fn visit(&self, key: Hashed<'_>, take: &mut dyn FnMut(usize) -> bool) {
        self.preference.visit(key, take);
    }

    fn replicas_of(&self, key: Hashed<'_>, copies: usize, out: &mut Vec<usize>) {
        self.preference.replicas_of(key, copies, out);
    }

    fn bound(&self) -> Option<Bound> {
        Some(self.bound)
    }

    fn inside(&self) -> Inside<'_> {
        self.preference.inside()
    }

    fn after<'p>(&'p self, before: &'p dyn Placement) -> OwnerAfter<'p> {
        self.preference.after(before)
    }

    fn replicas_after<'p>(&'p self, before: &'p dyn Placement) -> ReplicasAfter<'p> {
        self.preference.replicas_after(before)
    }
}
