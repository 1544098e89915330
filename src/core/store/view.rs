//! Who is a member, by somebody's knowledge, and which nodes keep a key by that.

use super::{Handover, Mistake, Store};
use std::fmt::{self, Debug, Formatter};
use std::hash::{Hash, Hasher};

/// A set of servers, by their slots.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Members(u64);

/// Slots at most: a set of members is one word.
pub const SLOTS_MOST: usize = 64;

impl Members {
    pub const NONE: Members = Members(0);

    /// The first so many slots.
    pub fn first(count: u16) -> Members {
        (0..count).collect()
    }
    pub fn has(self, slot: u16) -> bool {
        usize::from(slot) < SLOTS_MOST && self.0 >> slot & 1 == 1
    }
    #[must_use]
    pub fn with(self, slot: u16) -> Members {
        if usize::from(slot) < SLOTS_MOST { Members(self.0 | 1 << slot) } else { self }
    }
    #[must_use]
    pub fn without(self, slot: u16) -> Members {
        if usize::from(slot) < SLOTS_MOST { Members(self.0 & !(1 << slot)) } else { self }
    }
    #[must_use]
    pub fn or(self, other: Members) -> Members {
        Members(self.0 | other.0)
    }
    pub fn count(self) -> u8 {
        self.0.count_ones() as u8
    }
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
    /// Ascending.
    pub fn iter(self) -> impl Iterator<Item = u16> {
        (0..SLOTS_MOST as u16).filter(move |slot| self.has(*slot))
    }
}

impl FromIterator<u16> for Members {
    fn from_iter<T: IntoIterator<Item = u16>>(slots: T) -> Self {
        slots.into_iter().fold(Members::NONE, Members::with)
    }
}

impl Debug for Members {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

/// Something that is there only while keys move in some ways of handing them over. It is hashed only where it is there, so
/// that runs without it keep the hashes that they had before there was such a thing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Rare<T>(pub T);

impl<T: Hash + Default + PartialEq> Hash for Rare<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        if self.0 != T::default() {
            // A word that says which of several follows.
            (size_of::<T>(), &self.0).hash(state);
        }
    }
}

/// What somebody knows of the membership. The directory makes them, one after the other; a higher epoch is newer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct View {
    pub epoch: u32,
    pub members: Members,
    /// All that are or have been members: data may still lie on each.
    pub ever: Members,
    /// `Forward`: who were members before the change that made this view. `WriteBoth`: the members by whom Gets are still
    /// answered, because not all of the new ones have copied; nobody: all have.
    pub former: Rare<Members>,
    /// So many of the epochs before changed no membership: they ended a change (`WriteBoth`).
    pub settled: Rare<u32>,
}

impl View {
    /// The list of nodes that everybody starts with.
    pub fn initial(members: Members) -> View {
        View { epoch: 1, members, ever: members, former: Rare::default(), settled: Rare::default() }
    }

    /// The view after a server came or went.
    #[must_use]
    pub fn then(self, members: Members) -> View {
        View { epoch: self.epoch + 1, members, ever: self.ever.or(members), ..self }
    }

    /// Changes of membership so far.
    pub fn changes(self) -> u32 {
        (self.epoch - 1).saturating_sub(self.settled.0)
    }
}

/// The ring of some members is the ring of all slots without the points of the others, so nothing is built or hashed
/// when a view changes (a test compares it with a ring that is).
impl Store {
    /// The slots of the members' points, clockwise from this position, once round.
    fn points_from(&self, members: Members, at: u64) -> impl Iterator<Item = u16> {
        let points = self.ring.points();
        let start = self.ring.successor(at).unwrap_or(0);
        let round = points[start..].iter().chain(&points[..start]);
        round.map(|point| point.member as u16).filter(move |slot| members.has(*slot))
    }

    /// The first so many distinct members that the walk from this position meets.
    fn distinct(&self, members: Members, at: u64, count: usize) -> Vec<u16> {
        let count = count.min(members.count().into());
        let mut seen = Members::NONE;
        let mut order = Vec::with_capacity(count);
        let mut points = self.points_from(members, at);
        while order.len() < count {
            let Some(slot) = points.next() else { break };
            if !seen.has(slot) {
                seen = seen.with(slot);
                order.push(slot);
            }
        }
        order
    }

    /// All members in the order in which the walk from this position meets them.
    pub fn walk_order(&self, members: Members, at: u64) -> Vec<u16> {
        self.distinct(members, at, usize::MAX)
    }

    /// The servers that keep the copies of a key at this position, the owner first. The mistake takes the next points,
    /// whoever they belong to.
    pub fn replicas_of(&self, members: Members, at: u64) -> Vec<u16> {
        let copies = usize::from(self.replicas);
        if self.mistake == Some(Mistake::ReplicaSameNode) {
            return self.points_from(members, at).take(copies.min(members.count().into())).collect();
        }
        self.distinct(members, at, copies)
    }

    pub fn owner_of(&self, members: Members, at: u64) -> Option<u16> {
        self.points_from(members, at).next()
    }

    /// Whether the server keeps a copy of a key at this position.
    pub fn keeps(&self, members: Members, at: u64, slot: u16) -> bool {
        members.has(slot) && self.replicas_of(members, at).contains(&slot)
    }

    /// The members who are asked for a key by this view: while it is written to both sides, those of before.
    pub fn answering(&self, view: View, put: bool) -> Members {
        let both = self.handover == Handover::WriteBoth && !view.former.0.is_empty();
        if both && (put || !self.early) { view.former.0 } else { view.members }
    }

    /// Whether the server keeps something again that it had kept by its whole membership and then did not: others may have
    /// written it meanwhile.
    pub fn regains(&self, whole: Members, old: Members, new: Members, slot: u16) -> bool {
        let again = |at| self.keeps(whole, at, slot) && !self.keeps(old, at, slot) && self.keeps(new, at, slot);
        whole != old && self.ring.points().iter().any(|point| again(point.at))
    }

    /// Whether the server keeps something by the new membership that it did not keep by the old.
    pub fn gains(&self, old: Members, new: Members, slot: u16) -> bool {
        // Between two neighbouring points of all slots neither list of replicas changes.
        let gained = |at: u64| self.keeps(new, at, slot) && !self.keeps(old, at, slot);
        new.has(slot) && (!old.has(slot) || self.ring.points().iter().any(|point| gained(point.at)))
    }
}
