//! The ring: consistent hashing with virtual nodes, weights and replicas.
//!
//! Karger et al., STOC 1997 (the circle); Stoica et al., Chord, 2001 (SHA-1, successor); DeCandia et al., Dynamo,
//! SOSP 2007 (virtual nodes, preference list).
//!
//! The convention, since several are in use: a member has `vnodes * weight` points, the i-th at the hash of the label
//! `NAME#i`, i from 0; the owner of a key is the member of the first point at or after the key's hash, wrapping round
//! to the lowest point; of points at the same place the one whose member's name is smallest counts as first. Copies go
//! to the distinct members met when walking on from there.

use super::{Hashed, Inside, KeyHash, Member, Placement};
use crate::core::map::Map;
use std::fmt::Write;

/// Most points of one ring: 1,000 nodes of weight 20 with 200 virtual nodes fit (64 MiB).
pub const POINTS_MOST: u64 = 1 << 22;

/// A place on the circle that belongs to a member.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Point {
    /// Position, in units of 1/2^64 of the circle, clockwise.
    pub at: u64,
    /// Index of its member.
    pub member: u32,
    /// The i of its label `NAME#i`.
    pub index: u32,
}

/// What a wrong ring does. Each breaks one property.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Mistake {
    /// Copies go to the next points, whoever they belong to, so two copies may lie on one node; breaks
    /// `RING-DISTINCT-REPLICAS`.
    ReplicaSameNode,
}

/// Why a ring cannot be made of these members.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RingError {
    /// Zero virtual nodes: no member would own anything.
    NoVnodes,
    /// The member's name is empty.
    EmptyName,
    /// The member's weight is zero.
    NoWeight { name: String },
    /// Two members have this name.
    Duplicate { name: String },
    /// `vnodes` times all weights is more than [`POINTS_MOST`].
    TooManyPoints { points: u64 },
}

/// Members, and their points in the order of the circle.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Ring {
    members: Vec<Member>,
    vnodes: u32,
    hash: KeyHash,
    mistake: Option<Mistake>,
    /// Ascending by (position, name, index).
    points: Vec<Point>,
}

impl Ring {
    /// The SHA-1 ring of these members, each with `vnodes * weight` points. No members make an empty ring.
    ///
    /// # Errors
    /// See [`RingError`].
    pub fn new(members: Vec<Member>, vnodes: u32) -> Result<Ring, RingError> {
        Ring::with_hash(members, vnodes, KeyHash::Sha1)
    }

    /// As [`Ring::new`], with another hash for labels and keys.
    ///
    /// # Errors
    /// See [`RingError`].
    pub fn with_hash(members: Vec<Member>, vnodes: u32, hash: KeyHash) -> Result<Ring, RingError> {
        if vnodes == 0 {
            return Err(RingError::NoVnodes);
        }
        let mut names = Map::new();
        for member in &members {
            check(member)?;
            if names.insert(member.name.as_str(), ()).is_some() {
                return Err(RingError::Duplicate { name: member.name.clone() });
            }
        }
        room(0, members.iter().map(|m| points_of(m, vnodes)).fold(0, u64::saturating_add))?;
        let mut ring = Ring { members, vnodes, hash, mistake: None, points: Vec::new() };
        for member in 0..ring.members.len() {
            ring.place(member);
        }
        ring.sort();
        Ok(ring)
    }

    /// The same ring with a mistake switched on or off.
    #[must_use]
    pub fn with_mistake(mut self, mistake: Option<Mistake>) -> Ring {
        self.mistake = mistake;
        self
    }

    /// Adds a member, last in the list; the same ring as if it had been built with it.
    ///
    /// # Errors
    /// See [`RingError`]; the ring is then as it was.
    pub fn add(&mut self, member: Member) -> Result<(), RingError> {
        check(&member)?;
        if self.index_of(&member.name).is_some() {
            return Err(RingError::Duplicate { name: member.name });
        }
        room(self.points.len() as u64, points_of(&member, self.vnodes))?;
        self.members.push(member);
        self.place(self.members.len() - 1);
        self.sort();
        Ok(())
    }

    /// Removes the member of this name; the same ring as if it had been built without it. Members after it move up.
    pub fn remove(&mut self, name: &str) -> Option<Member> {
        let gone = self.index_of(name)?;
        self.points.retain(|point| point.member as usize != gone);
        for point in &mut self.points {
            point.member -= u32::from(point.member as usize > gone);
        }
        Some(self.members.remove(gone))
    }

    /// Points of a member of weight 1.
    pub fn vnodes(&self) -> u32 {
        self.vnodes
    }

    pub fn mistake(&self) -> Option<Mistake> {
        self.mistake
    }

    /// All points, clockwise from position 0. A point owns the arc from the point before it (exclusive) to itself
    /// (inclusive).
    pub fn points(&self) -> &[Point] {
        &self.points
    }

    pub fn index_of(&self, name: &str) -> Option<usize> {
        self.members.iter().position(|member| member.name == name)
    }

    /// The position of a key.
    pub fn position(&self, key: &[u8]) -> u64 {
        self.hash.position(key)
    }

    /// Index into [`Ring::points`] of the first point at or after this position, wrapping round.
    pub fn successor(&self, position: u64) -> Option<usize> {
        let after = self.points.partition_point(|point| point.at < position);
        if after < self.points.len() { Some(after) } else { (!self.points.is_empty()).then_some(0) }
    }

    /// The member that owns this position.
    pub fn owner_of_hash(&self, position: u64) -> Option<usize> {
        self.successor(position).map(|point| self.points[point].member as usize)
    }

    /// How much of the circle each member owns, exactly, in units of 1/2^64: they sum to 2^64, or to 0 without members.
    pub fn arcs(&self) -> Vec<u128> {
        let mut arcs = vec![0; self.members.len()];
        let Some(last) = self.points.last() else {
            return arcs;
        };
        // Written so that a single point owns the whole circle and not nothing.
        let mut before = i128::from(last.at) - (1 << 64);
        for point in &self.points {
            arcs[point.member as usize] += (i128::from(point.at) - before) as u128;
            before = i128::from(point.at);
        }
        arcs
    }

    /// Appends the points of a member; the ring has to be sorted afterwards.
    fn place(&mut self, member: usize) {
        let Member { name, weight, .. } = &self.members[member];
        let mut label = format!("{name}#");
        let stem = label.len();
        self.points.reserve((self.vnodes * weight) as usize);
        for index in 0..self.vnodes * weight {
            label.truncate(stem);
            write!(label, "{index}").expect("a string takes what is written to it");
            let at = self.hash.position(label.as_bytes());
            self.points.push(Point { at, member: member as u32, index });
        }
    }

    /// Stable, because std's stable sort takes a sorted run with a short tail in about one pass.
    fn sort(&mut self) {
        let name = |point: &Point| self.members[point.member as usize].name.as_str();
        self.points
            .sort_by(|a, b| a.at.cmp(&b.at).then_with(|| name(a).cmp(name(b))).then_with(|| a.index.cmp(&b.index)));
    }
}

impl Placement for Ring {
    fn members(&self) -> &[Member] {
        &self.members
    }

    fn hash(&self) -> KeyHash {
        self.hash
    }

    fn owner_of(&self, key: Hashed<'_>) -> Option<usize> {
        self.owner_of_hash(key.at)
    }

    fn visit(&self, key: Hashed<'_>, take: &mut dyn FnMut(usize) -> bool) {
        let taken = self.walk(key.at, usize::MAX).filter(|met| met.taken);
        let _ = taken.map(|met| self.points[met.point].member as usize).any(take);
    }

    fn replicas_of(&self, key: Hashed<'_>, copies: usize, out: &mut Vec<usize>) {
        self.preference(key.at, copies, out);
    }

    fn inside(&self) -> Inside<'_> {
        Inside::Ring(self)
    }
}

fn points_of(member: &Member, vnodes: u32) -> u64 {
    u64::from(member.weight) * u64::from(vnodes)
}

fn check(member: &Member) -> Result<(), RingError> {
    match member {
        Member { name, .. } if name.is_empty() => Err(RingError::EmptyName),
        Member { name, weight: 0, .. } => Err(RingError::NoWeight { name: name.clone() }),
        Member { .. } => Ok(()),
    }
}

fn room(there: u64, more: u64) -> Result<(), RingError> {
    match there.saturating_add(more) {
        0..=POINTS_MOST => Ok(()),
        points => Err(RingError::TooManyPoints { points }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A ring with its points put by hand: SHA-1 gives none that coincide.
    fn by_hand(names: &[&str], points: &[(u64, u32)]) -> Ring {
        let members = names.iter().map(|name| Member::new(*name, 1)).collect();
        let points = points.iter().map(|&(at, member)| Point { at, member, index: 0 }).collect();
        let mut ring = Ring { members, vnodes: 1, hash: KeyHash::Sha1, mistake: None, points };
        ring.sort();
        ring
    }

    #[test]
    fn of_points_at_one_place_the_smaller_name_is_first() {
        for (names, owner) in [(["a", "b"], 0), (["b", "a"], 1)] {
            let ring = by_hand(&names, &[(10, 0), (10, 1)]);
            assert_eq!(ring.owner_of_hash(10), Some(owner));
            assert_eq!(ring.owner_of_hash(11), Some(owner), "wraps to the first of the two");
            assert_eq!(ring.arcs()[owner], 1 << 64);
            assert_eq!(ring.arcs()[1 - owner], 0);
        }
    }

    #[test]
    fn a_point_owns_up_to_and_including_itself() {
        let ring = by_hand(&["a", "b"], &[(10, 0), (u64::MAX, 1)]);
        let owners = [0, 9, 10, 11, u64::MAX].map(|at| ring.owner_of_hash(at));
        assert_eq!(owners, [Some(0), Some(0), Some(0), Some(1), Some(1)]);
        assert_eq!(ring.arcs(), [11, (1 << 64) - 11]);
    }

    #[test]
    fn the_walk_shows_every_point_met() {
        let mut ring = by_hand(&["a", "b", "c"], &[(1, 0), (2, 0), (3, 1), (4, 0), (5, 2)]);
        let steps = |ring: &Ring, from, copies| -> Vec<_> {
            ring.walk(from, copies).map(|met| (met.point, met.taken)).collect()
        };
        assert_eq!(steps(&ring, 0, 2), [(0, true), (1, false), (2, true)]);
        assert_eq!(steps(&ring, 4, 9), [(3, true), (4, true), (0, false), (1, false), (2, true)]);
        assert_eq!(steps(&ring, 4, 0), []);
        ring = ring.with_mistake(Some(Mistake::ReplicaSameNode));
        assert_eq!(steps(&ring, 0, 2), [(0, true), (1, true)]);
        assert_eq!(ring.walk(0, 99).count(), 5);
        let mut out = vec![7];
        ring.preference(0, 3, &mut out);
        assert_eq!(out, [0, 0, 1], "two copies on a");
    }

    #[test]
    fn an_empty_ring_owns_nothing() {
        let ring = Ring::new(Vec::new(), 3).unwrap();
        assert_eq!((ring.owner(b"k"), ring.walk(5, 3).count(), ring.arcs().len()), (None, 0, 0));
    }

    #[test]
    fn what_cannot_be_a_ring_is_refused_and_changes_nothing() {
        let new = |weights: &[u32], vnodes| {
            Ring::new(weights.iter().enumerate().map(|(i, w)| Member::new(format!("n{i}"), *w)).collect(), vnodes)
        };
        assert_eq!(new(&[1], 0), Err(RingError::NoVnodes));
        assert_eq!(new(&[1, 0], 1), Err(RingError::NoWeight { name: "n1".into() }));
        assert!(matches!(new(&[u32::MAX; 3], u32::MAX), Err(RingError::TooManyPoints { .. })));
        let mut ring = new(&[1, 2], 4).unwrap();
        let before = ring.clone();
        assert_eq!(ring.add(Member::new("n0", 1)), Err(RingError::Duplicate { name: "n0".into() }));
        assert_eq!(ring.add(Member::new("", 1)), Err(RingError::EmptyName));
        assert!(matches!(ring.add(Member::new("x", u32::MAX)), Err(RingError::TooManyPoints { .. })));
        assert_eq!(ring.remove("nobody"), None);
        assert_eq!(ring, before);
    }
}
