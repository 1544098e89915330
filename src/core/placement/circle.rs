//! A circle of points that other programs place by rules of their own: [`super::ketama`] and [`super::nginx`] say where.
//! The owner is the member of the first point at or after the key's hash, wrapping round.

use super::{Hashed, Inside, KeyHash, Member, Placement};

/// A place on the circle that belongs to a member.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Spot {
    /// Position, in units of 1/2^64 of the circle, clockwise.
    pub at: u64,
    /// Index of its member.
    pub member: u32,
}

/// Points in the order of the circle; of points at one place the one whose member's name is smallest is first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Circle {
    members: Vec<Member>,
    hash: KeyHash,
    spots: Vec<Spot>,
}

impl Circle {
    /// `hash` is that of the keys.
    pub fn new(members: Vec<Member>, hash: KeyHash, mut spots: Vec<Spot>) -> Circle {
        let name = |spot: &Spot| members[spot.member as usize].name.as_str();
        spots.sort_by(|a, b| a.at.cmp(&b.at).then_with(|| name(a).cmp(name(b))));
        Circle { members, hash, spots }
    }

    /// Of points at one place only the first is kept.
    #[must_use]
    pub fn without_doubles(mut self) -> Circle {
        self.spots.dedup_by_key(|spot| spot.at);
        self
    }

    /// All points, clockwise from position 0.
    pub fn spots(&self) -> &[Spot] {
        &self.spots
    }

    /// Index of the first point at or after this position, wrapping round.
    pub fn successor(&self, position: u64) -> Option<usize> {
        let after = self.spots.partition_point(|spot| spot.at < position);
        if after < self.spots.len() { Some(after) } else { (!self.spots.is_empty()).then_some(0) }
    }
}

impl Placement for Circle {
    fn members(&self) -> &[Member] {
        &self.members
    }

    fn hash(&self) -> KeyHash {
        self.hash
    }

    fn owner_of(&self, key: Hashed<'_>) -> Option<usize> {
        self.successor(key.at).map(|spot| self.spots[spot].member as usize)
    }

    /// Offers the members met when walking on from the key, each once. A member without points is never met.
    fn visit(&self, key: Hashed<'_>, take: &mut dyn FnMut(usize) -> bool) {
        let Some(first) = self.successor(key.at) else { return };
        let owner = self.spots[first].member as usize;
        if take(owner) {
            return; // the common case, without the walk's allocation
        }
        let mut seen = vec![false; self.members.len()];
        seen[owner] = true;
        let mut left = self.members.len() - 1;
        let (before, from) = self.spots.split_at(first);
        for member in from.iter().chain(before).map(|spot| spot.member as usize) {
            if left == 0 {
                return;
            }
            if !std::mem::replace(&mut seen[member], true) {
                left -= 1;
                if take(member) {
                    return;
                }
            }
        }
    }

    fn inside(&self) -> Inside<'_> {
        Inside::Circle(self)
    }
}
