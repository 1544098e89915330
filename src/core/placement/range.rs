//! Range partitioning: keys stay in their order, and each node has the keys from its boundary to the next, as in HBase,
//! Bigtable or TiKV. Neighbouring keys lie together, so a scan asks one node; and the load is whatever the keys are:
//! keys that grow, like times or numbers, all go to the last range.
//!
//! Boundaries come from the list of keys at creation, by weight, and are then kept: nothing is hashed. A node that joins
//! halves the largest range, one that leaves hands its range to a neighbour, and a weight that changes moves nothing.
//! So boundaries depend on history, and clients have to ask for them.

use super::{Hashed, Inside, KeyHash, Member, Placement};
use crate::core::map::Map;
use std::sync::Arc;

/// The keys by which ranges are cut, distinct and in ascending order of their bytes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Sample(Arc<[Box<[u8]>]>);

impl Sample {
    pub fn new<'k>(keys: impl IntoIterator<Item = &'k [u8]>) -> Sample {
        let mut keys: Vec<Box<[u8]>> = keys.into_iter().map(Box::from).collect();
        keys.sort_unstable();
        keys.dedup();
        Sample(keys.into())
    }

    pub fn keys(&self) -> &[Box<[u8]>] {
        &self.0
    }

    /// Keys of the sample below this one.
    fn below(&self, key: &[u8]) -> usize {
        self.0.partition_point(|one| **one < *key)
    }
}

/// A range: from its first key up to the first key of the next.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Part {
    /// Included. The first range starts with the empty key.
    pub from: Box<[u8]>,
    /// Index of its member.
    pub member: u32,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Range {
    members: Vec<Member>,
    /// One a member, ascending; ranges with the same first key are empty but for the last of them.
    parts: Vec<Part>,
    sample: Sample,
}

/// Boundaries that do not cut the keys for these members.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RangeError {
    /// There has to be one boundary less than members.
    Count { boundaries: usize, members: usize },
    /// This boundary, from 0, is smaller than the one before it.
    Order { boundary: usize },
}

impl Range {
    /// Ranges in the order of the names, each with its share by weight of the sample's keys; without a sample, of the
    /// first 8 bytes. Names have to differ.
    pub fn new(members: Vec<Member>, sample: Sample) -> Range {
        let order = by_name(&members);
        let all: u128 = members.iter().map(|member| u128::from(member.weight)).sum();
        let mut weights = 0_u128;
        let mut parts = Vec::with_capacity(members.len());
        for member in order {
            let from = match sample.keys() {
                _ if parts.is_empty() => Box::default(),
                [] => prefix((weights << 64).checked_div(all).unwrap_or(0) as u64),
                keys => keys[(keys.len() as u128 * weights).checked_div(all).unwrap_or(0) as usize].clone(),
            };
            parts.push(Part { from, member: member as u32 });
            weights += u128::from(members[member].weight);
        }
        Range { members, parts, sample }
    }

    /// Ranges in the order of the list, with these boundaries: the first keys of all but the first.
    ///
    /// # Errors
    /// See [`RangeError`].
    pub fn with_boundaries(
        members: Vec<Member>,
        boundaries: Vec<Box<[u8]>>,
        sample: Sample,
    ) -> Result<Range, RangeError> {
        if boundaries.len() != members.len().saturating_sub(1) {
            return Err(RangeError::Count { boundaries: boundaries.len(), members: members.len() });
        }
        if let Some(before) = boundaries.windows(2).position(|pair| pair[1] < pair[0]) {
            return Err(RangeError::Order { boundary: before + 1 });
        }
        let starts = std::iter::once(Box::default()).chain(boundaries);
        let parts = starts.zip(0..members.len()).map(|(from, member)| Part { from, member: member as u32 }).collect();
        Ok(Range { members, parts, sample })
    }

    /// The ranges after the list has become `members`: first those who have gone hand over, in the order of their ranges,
    /// each to the neighbour with fewer keys of the sample, the left one if they are equal; then those who came halve the
    /// largest range, in the order of their names, and take its upper half.
    #[must_use]
    pub fn changed(&self, members: Vec<Member>) -> Range {
        let names: Map<&str, usize> = members.iter().enumerate().map(|(i, m)| (m.name.as_str(), i)).collect();
        let now = |part: &Part| names.get(&self.members[part.member as usize].name.as_str()).copied();
        if !self.parts.iter().any(|part| now(part).is_some()) {
            return Range::new(members, self.sample.clone());
        }
        // `None`: its member has gone.
        let mut parts: Vec<(Box<[u8]>, Option<usize>)> =
            self.parts.iter().map(|part| (part.from.clone(), now(part))).collect();
        while let Some(gone) = parts.iter().position(|(_, member)| member.is_none()) {
            let sizes = sizes(parts.iter().map(|(from, _)| &**from), &self.sample);
            let (from, _) = parts.remove(gone);
            let left = gone.checked_sub(1).map(|left| sizes[left]);
            let right = sizes.get(gone + 1);
            if left.is_none_or(|left| right.is_some_and(|&right| right < left)) {
                parts[gone].0 = from;
            }
        }
        let mut parts: Vec<Part> =
            parts.into_iter().filter_map(|(from, member)| Some(Part { from, member: member? as u32 })).collect();
        let mut there = vec![false; members.len()];
        parts.iter().for_each(|part| there[part.member as usize] = true);
        for member in by_name(&members).into_iter().filter(|&member| !there[member]) {
            let sizes = sizes(parts.iter().map(|part| &*part.from), &self.sample);
            let largest = (0..parts.len()).rev().max_by_key(|&part| sizes[part]).unwrap_or(0);
            let from = self.middle(&parts[largest].from, sizes[largest]);
            parts.insert(largest + 1, Part { from, member: member as u32 });
        }
        Range { members, parts, sample: self.sample.clone() }
    }

    /// All ranges in ascending order, one a member.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    pub fn sample(&self) -> &Sample {
        &self.sample
    }

    /// Index into [`Range::parts`] of the range with this key; `None` without members.
    pub fn part(&self, key: &[u8]) -> Option<usize> {
        self.parts.partition_point(|part| *part.from <= *key).checked_sub(1)
    }

    /// The key that halves the range of this size from this key on.
    fn middle(&self, from: &[u8], size: u64) -> Box<[u8]> {
        match self.sample.keys() {
            [] => prefix(first_eight(from).saturating_add(size / 2)).max(from.into()),
            keys => keys[self.sample.below(from) + size as usize / 2].clone(),
        }
    }
}

/// How large the ranges are that start so: keys of the sample; without one, the difference of the first 8 bytes.
fn sizes<'k>(starts: impl Iterator<Item = &'k [u8]>, sample: &Sample) -> Vec<u64> {
    let keys = sample.keys().len() as u64;
    let place = |key: &[u8]| if keys == 0 { first_eight(key) } else { sample.below(key) as u64 };
    let starts: Vec<u64> = starts.map(place).collect();
    let ends = starts.iter().skip(1).copied().chain([if keys == 0 { u64::MAX } else { keys }]);
    starts.iter().zip(ends).map(|(&start, end)| end.saturating_sub(start)).collect()
}

fn by_name(members: &[Member]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..members.len()).collect();
    order.sort_by(|&a, &b| members[a].name.cmp(&members[b].name));
    order
}

/// The first 8 bytes, big-endian, with zeros behind a shorter key.
fn first_eight(key: &[u8]) -> u64 {
    let padded = key.iter().copied().chain(std::iter::repeat(0));
    padded.take(8).fold(0, |word, byte| word << 8 | u64::from(byte))
}

/// The shortest key that begins so.
fn prefix(word: u64) -> Box<[u8]> {
    let bytes = word.to_be_bytes();
    bytes[..8 - word.trailing_zeros() as usize / 8].into()
}

impl Placement for Range {
    fn members(&self) -> &[Member] {
        &self.members
    }

    /// Not asked: keys are compared as they are.
    fn hash(&self) -> KeyHash {
        KeyHash::Sha1
    }

    fn owner_of(&self, key: Hashed<'_>) -> Option<usize> {
        self.part(key.key).map(|part| self.parts[part].member as usize)
    }

    /// The nodes of the next ranges keep the copies.
    fn visit(&self, key: Hashed<'_>, take: &mut dyn FnMut(usize) -> bool) {
        let Some(first) = self.part(key.key) else { return };
        let (before, from) = self.parts.split_at(first);
        let _ = from.iter().chain(before).any(|part| take(part.member as usize));
    }

    fn inside(&self) -> Inside<'_> {
        Inside::Range(self)
    }
}
