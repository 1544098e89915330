//! The ring: consistent hashing with virtual nodes, weights and replicas.
//!
//! Karger et al., STOC 1997 (the circle); Stoica et al., Chord, 2001 (SHA-1, successor); DeCandia et al., Dynamo,
//! SOSP 2007 (virtual nodes, preference list).
//!
//! The convention, since several are in use: a member has `vnodes * weight` points, the i-th at the hash of the label
//! `NAME#i`, i from 0; the owner of a key is the member of the first point at or after the key's hash, wrapping round
//! to the lowest point; of points at the same place the one whose member's name is smallest counts as first. Copies go
//! to the distinct members met when walking on from there. The other ways to look a key up are [`Rule`]s.

use super::index::{Index, bisect};
use super::rule::{self, Rule};
use super::{Hashed, Inside, KeyHash, Member, Placement};
use crate::core::map::Map;
use std::fmt::Write;

/// Most points of one ring: 1,000 nodes of weight 20 with 200 virtual nodes fit (64 MiB).
pub const POINTS_MOST: u64 = 1 << 22;

/// What stands for an owner where there is none.
pub const NOBODY: u32 = u32::MAX;

/// Keys that are hashed before they are looked up.
const BLOCK: usize = 64;

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
    /// The points of a member lie on adjacent integers, from that of its first label on: however many there are, they
    /// own what one point would; breaks `RING-BALANCE`.
    Adjacent,
    /// The points of a member that is added later come after the others and are not sorted in, and the list is then
    /// searched by halves as if it were sorted: the owner depends on the order in which members came, and keys move
    /// between members that stay; breaks `RING-DETERMINISM`.
    Unsorted,
}

impl Mistake {
    pub const ALL: [Mistake; 3] = [Mistake::ReplicaSameNode, Mistake::Adjacent, Mistake::Unsorted];
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
    rule: Rule,
    mistake: Option<Mistake>,
    /// Ascending by (position, name, index), unless a mistake leaves them as they came.
    points: Vec<Point>,
    index: Index,
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
        check_all(&members, vnodes)?;
        let (rule, mistake) = (Rule::Successor, None);
        let mut ring = Ring { members, vnodes, hash, rule, mistake, points: Vec::new(), index: Index::default() };
        ring.build();
        Ok(ring)
    }

    /// The same ring, its keys looked up by another rule.
    #[must_use]
    pub fn with_rule(mut self, rule: Rule) -> Ring {
        self.rule = rule;
        self
    }

    /// The same ring with a mistake switched on or off. Its members count as there from the start.
    #[must_use]
    pub fn with_mistake(mut self, mistake: Option<Mistake>) -> Ring {
        let of_points = |mistake| matches!(mistake, Some(Mistake::Adjacent | Mistake::Unsorted));
        let again = self.mistake != mistake && (of_points(self.mistake) || of_points(mistake));
        self.mistake = mistake;
        if again {
            self.build();
        }
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
        let mut new = Vec::new();
        self.place(self.members.len() - 1, 0, &mut new);
        self.merge(new);
        Ok(())
    }

    /// Removes the member of this name; the same ring as if it had been built without it. Members after it move up.
    pub fn remove(&mut self, name: &str) -> Option<Member> {
        let gone = self.index_of(name)?;
        let of_it = |(i, point): (usize, &Point)| (point.member as usize == gone).then_some((i, point.at));
        let (holes, positions): (Vec<usize>, Vec<u64>) = self.points.iter().enumerate().filter_map(of_it).unzip();
        // Each stretch of points between two holes moves once.
        let ends = holes.iter().copied().skip(1).chain([self.points.len()]);
        for ((before, hole), end) in holes.iter().enumerate().zip(ends) {
            self.points.copy_within(hole + 1..end, hole - before);
        }
        self.points.truncate(self.points.len() - holes.len());
        for point in &mut self.points {
            point.member -= u32::from(point.member as usize > gone);
        }
        if self.mistake != Some(Mistake::Unsorted) {
            self.index.update(&self.points, &positions, false);
        }
        Some(self.members.remove(gone))
    }

    /// The ring after its list has become `members`: points that stay are not hashed again. The same ring as if it had
    /// been built of this list, unless a mistake keeps new points apart.
    ///
    /// # Errors
    /// See [`RingError`].
    pub fn changed(&self, members: Vec<Member>) -> Result<Ring, RingError> {
        check_all(&members, self.vnodes)?;
        let names: Map<&str, usize> = members.iter().enumerate().map(|(i, member)| (member.name.as_str(), i)).collect();
        // For each member before: its index now, and how many points it has.
        let now = |member: &Member| {
            let at = names.get(&member.name.as_str()).copied()?;
            Some((at as u32, points_of(&members[at], self.vnodes) as u32))
        };
        let now: Vec<_> = self.members.iter().map(now).collect();
        let mut had = vec![0; members.len()];
        for (old, now) in self.members.iter().zip(&now) {
            if let Some((member, _)) = now {
                had[*member as usize] = points_of(old, self.vnodes) as u32;
            }
        }
        let kept = self.points.iter().filter_map(|point| {
            let (member, points) = now[point.member as usize]?;
            (point.index < points).then_some(Point { member, ..*point })
        });
        let points = kept.collect();
        let mut ring = Ring { members, points, index: Index::default(), ..*self };
        let mut new = Vec::new();
        for (member, had) in had.into_iter().enumerate() {
            ring.place(member, had, &mut new);
        }
        ring.merge(new);
        Ok(ring)
    }

    /// Points of a member of weight 1.
    pub fn vnodes(&self) -> u32 {
        self.vnodes
    }

    pub fn rule(&self) -> Rule {
        self.rule
    }

    pub fn mistake(&self) -> Option<Mistake> {
        self.mistake
    }

    /// All points, clockwise from position 0; as they came if a mistake leaves them unsorted.
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

    /// Memory of the whole ring, in bytes.
    pub fn bytes(&self) -> usize {
        let names = self.members.iter().map(|member| member.name.capacity() + member.zone.capacity());
        size_of::<Ring>()
            + self.members.capacity() * size_of::<Member>()
            + names.sum::<usize>()
            + self.points.capacity() * size_of::<Point>()
            + self.index.bytes()
    }

    /// Index into [`Ring::points`] of the first point at or after this position, wrapping round.
    pub fn successor(&self, position: u64) -> Option<usize> {
        Rule::Successor.find(&self.points, position, |position| self.below(position))
    }

    /// Index into [`Ring::points`] of the point that owns this position by the ring's rule.
    #[inline]
    pub fn point_of(&self, position: u64) -> Option<usize> {
        self.rule.find(&self.points, position, |position| self.below(position))
    }

    /// The member that owns this position.
    #[inline]
    pub fn owner_of_hash(&self, position: u64) -> Option<usize> {
        self.point_of(position).map(|point| self.points[point].member as usize)
    }

    /// Who owns each of these positions, as indices into the members, [`NOBODY`] without members.
    ///
    /// # Panics
    /// If `out` is shorter than `positions`.
    pub fn owners(&self, positions: &[u64], out: &mut [u32]) {
        for (out, &position) in out[..positions.len()].iter_mut().zip(positions) {
            *out = self.point_of(position).map_or(NOBODY, |point| self.points[point].member);
        }
    }

    /// Appends the owner of each of these keys: see [`Ring::owners`]. Keys are hashed a block at a time and then looked up,
    /// so that one look-up need not wait for another, which saves about half of what they take.
    pub fn owners_of<'k>(&self, keys: impl IntoIterator<Item = &'k [u8]>, out: &mut Vec<u32>) {
        let mut keys = keys.into_iter();
        let (mut positions, mut owners) = ([0; BLOCK], [NOBODY; BLOCK]);
        loop {
            let mut filled = 0;
            for (position, key) in positions.iter_mut().zip(&mut keys) {
                *position = self.hash.position(key);
                filled += 1;
            }
            self.owners(&positions[..filled], &mut owners);
            out.extend_from_slice(&owners[..filled]);
            if filled < BLOCK {
                return;
            }
        }
    }

    /// The last position of every stretch in which the owner stays the same, ascending; empty without members. Two
    /// neighbouring stretches may have one owner.
    pub fn borders(&self) -> Vec<u64> {
        match self.mistake {
            Some(Mistake::Unsorted) => rule::borders_unsorted(&self.points),
            _ => self.rule.borders(&self.points),
        }
    }

    /// How much of the circle each member owns, exactly, in units of 1/2^64: they sum to 2^64, or to 0 without members.
    pub fn arcs(&self) -> Vec<u128> {
        let mut arcs = vec![0; self.members.len()];
        let ends = self.borders();
        let Some(last) = ends.last() else {
            return arcs;
        };
        // Written so that a single point owns the whole circle and not nothing.
        let mut before = i128::from(*last) - (1 << 64);
        for end in ends {
            if let Some(owner) = self.owner_of_hash(end) {
                arcs[owner] += (i128::from(end) - before) as u128;
            }
            before = i128::from(end);
        }
        arcs
    }

    /// How many points lie before this position.
    #[inline]
    pub(super) fn below(&self, position: u64) -> usize {
        match self.mistake {
            Some(Mistake::Unsorted) => bisect(&self.points, position),
            _ => self.index.below(&self.points, position),
        }
    }

    /// All points of all members, sorted.
    fn build(&mut self) {
        let mut points = Vec::new();
        let count = self.members.iter().map(|member| points_of(member, self.vnodes)).sum::<u64>();
        points.reserve_exact(count as usize);
        for member in 0..self.members.len() {
            self.place(member, 0, &mut points);
        }
        points.sort_unstable_by(|a, b| self.order(a, b));
        self.points = points;
        self.index();
    }

    /// Appends the points of a member from the `from`-th on.
    fn place(&self, member: usize, from: u32, points: &mut Vec<Point>) {
        let Member { name, weight, .. } = &self.members[member];
        let mut label = format!("{name}#");
        let stem = label.len();
        let mut first = None;
        for index in from..self.vnodes * weight {
            label.truncate(stem);
            let adjacent = self.mistake == Some(Mistake::Adjacent);
            write!(label, "{}", if adjacent { 0 } else { index }).expect("a string takes what is written to it");
            let at = match first {
                Some(first) if adjacent => first,
                _ => self.hash.position(label.as_bytes()),
            };
            first = Some(at);
            let at = if adjacent { at.wrapping_add(u64::from(index)) } else { at };
            points.push(Point { at, member: member as u32, index });
        }
    }

    /// Takes new points in.
    fn merge(&mut self, mut new: Vec<Point>) {
        self.points.reserve_exact(new.len());
        if self.mistake == Some(Mistake::Unsorted) {
            self.points.append(&mut new);
            return;
        }
        new.sort_unstable_by(|a, b| self.order(a, b));
        // From the end, each stretch of old points moving once.
        let mut end = self.points.len();
        let mut points = std::mem::take(&mut self.points);
        points.extend_from_slice(&new);
        for (before, point) in new.iter().enumerate().rev() {
            let to = points[..end].partition_point(|old| self.order(old, point).is_lt());
            points.copy_within(to..end, to + before + 1);
            points[to + before] = *point;
            end = to;
        }
        self.points = points;
        let positions: Vec<u64> = new.iter().map(|point| point.at).collect();
        self.index.update(&self.points, &positions, true);
    }

    fn order(&self, a: &Point, b: &Point) -> std::cmp::Ordering {
        let name = |point: &Point| self.members[point.member as usize].name.as_str();
        a.at.cmp(&b.at).then_with(|| name(a).cmp(name(b))).then_with(|| a.index.cmp(&b.index))
    }

    fn index(&mut self) {
        match self.mistake {
            Some(Mistake::Unsorted) => self.index = Index::default(),
            _ => self.index.rebuild(&self.points),
        }
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

/// Whether a ring can be made of these.
fn check_all(members: &[Member], vnodes: u32) -> Result<(), RingError> {
    if vnodes == 0 {
        return Err(RingError::NoVnodes);
    }
    let mut names = Map::new();
    for member in members {
        check(member)?;
        if names.insert(member.name.as_str(), ()).is_some() {
            return Err(RingError::Duplicate { name: member.name.clone() });
        }
    }
    room(0, members.iter().map(|member| points_of(member, vnodes)).fold(0, u64::saturating_add))
}

fn room(there: u64, more: u64) -> Result<(), RingError> {
    match there.saturating_add(more) {
        0..=POINTS_MOST => Ok(()),
        points => Err(RingError::TooManyPoints { points }),
    }
}

#[cfg(test)]
mod tests;
