//! Maglev: a lookup table that every node fills in an order of its own (Eisenbud et al., NSDI 2016, section 3.4).
//!
//! Of M slots, M a prime, a node prefers (offset + j·skip) mod M for j = 0, 1, …; nodes take turns, each its next free
//! slot, until the table is full. A key is in slot hash mod M. Shares are even to one slot, and a change moves little
//! more than it must; it does move a few slots between nodes that stay.
//!
//! The convention is Envoy's: nodes take turns in the order of their names; offset = xxh64(name, 0) mod M, skip =
//! xxh64(name, 1) mod (M - 1) + 1. A node of less than the greatest weight sits out turns: it takes one in turn t only if
//! t·w has reached its target, which then grows by the greatest weight. In integers, where Envoy has floating point.

use super::{Hashed, Inside, KeyHash, Member, Placement};

/// Envoy's default, and the small table of the paper.
pub const TABLE: u32 = 65_537;
/// Envoy's largest table.
pub const TABLE_MOST: u32 = 5_000_011;

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Maglev {
    members: Vec<Member>,
    hash: KeyHash,
    /// The member of each slot; empty without members.
    table: Vec<u32>,
}

/// Why there is no table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MaglevError {
    /// The size is no prime: a node's order would not reach every slot.
    NotPrime { size: u32 },
    /// The size is greater than [`TABLE_MOST`].
    TooLarge { size: u32 },
    /// Fewer slots than members: some would own nothing.
    TooSmall { size: u32, members: usize },
}

/// The order in which a node prefers slots.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Preference {
    /// Below the size of the table.
    pub offset: u32,
    /// From 1 to the size less 1.
    pub skip: u32,
    pub weight: u32,
}

impl Maglev {
    /// `hash` is that of the keys; names have to differ.
    ///
    /// # Errors
    /// See [`MaglevError`].
    pub fn new(members: Vec<Member>, hash: KeyHash, size: u32) -> Result<Maglev, MaglevError> {
        if size > TABLE_MOST {
            return Err(MaglevError::TooLarge { size });
        }
        if !is_prime(size) {
            return Err(MaglevError::NotPrime { size });
        }
        if members.len() > size as usize {
            return Err(MaglevError::TooSmall { size, members: members.len() });
        }
        let mut turns: Vec<usize> = (0..members.len()).collect();
        turns.sort_by(|&a, &b| members[a].name.cmp(&members[b].name));
        let preferences: Vec<_> = turns.iter().map(|&member| preference(&members[member], size)).collect();
        let table = fill(&preferences, size).into_iter().map(|turn| turns[turn as usize] as u32).collect();
        Ok(Maglev { members, hash, table })
    }

    /// The member of each slot.
    pub fn table(&self) -> &[u32] {
        &self.table
    }

    /// The slot of a position; `None` without members.
    pub fn slot(&self, position: u64) -> Option<usize> {
        position.checked_rem(self.table.len() as u64).map(|slot| slot as usize)
    }
}

/// Envoy's preference of a member in a table of this size.
pub fn preference(member: &Member, size: u32) -> Preference {
    let hash = |seed| KeyHash::Xx64(seed).position(member.name.as_bytes());
    let offset = (hash(0) % u64::from(size)) as u32;
    let skip = (hash(1) % (u64::from(size) - 1).max(1)) as u32 + 1;
    Preference { offset, skip, weight: member.weight }
}

/// Who takes which slot of a table of this size, a prime, when they take turns in this order.
///
/// Nothing without preferences of a weight.
pub fn fill(preferences: &[Preference], size: u32) -> Vec<u32> {
    const FREE: u32 = u32::MAX;
    let most = u64::from(preferences.iter().map(|one| one.weight).max().unwrap_or(0));
    if most == 0 {
        return Vec::new();
    }
    let mut table = vec![FREE; size as usize];
    // The slot that each tries next, and the target that its weight has to reach.
    let mut state: Vec<(u64, u64)> = preferences.iter().map(|one| (u64::from(one.offset), 0)).collect();
    let mut free = size;
    let mut turn = 0;
    while free > 0 {
        turn += 1;
        for (index, (one, (next, target))) in preferences.iter().zip(&mut state).enumerate() {
            if free == 0 {
                break;
            }
            if one.weight == 0 || turn * u64::from(one.weight) < *target {
                continue;
            }
            *target += most;
            while table[*next as usize] != FREE {
                *next = (*next + u64::from(one.skip)) % u64::from(size);
            }
            table[*next as usize] = index as u32;
            free -= 1;
        }
    }
    table
}

fn is_prime(number: u32) -> bool {
    let number = u64::from(number);
    number > 1 && (2..).take_while(|d| d * d <= number).all(|divisor| number % divisor != 0)
}

impl Placement for Maglev {
    fn members(&self) -> &[Member] {
        &self.members
    }

    fn hash(&self) -> KeyHash {
        self.hash
    }

    fn owner_of(&self, key: Hashed<'_>) -> Option<usize> {
        self.slot(key.at).map(|slot| self.table[slot] as usize)
    }

    /// Copies go to the other nodes met when reading on in the table. The paper and Envoy have no copies.
    fn visit(&self, key: Hashed<'_>, take: &mut dyn FnMut(usize) -> bool) {
        let Some(first) = self.slot(key.at) else { return };
        let owner = self.table[first] as usize;
        if take(owner) {
            return;
        }
        let mut seen = vec![false; self.members.len()];
        seen[owner] = true;
        let (before, from) = self.table.split_at(first);
        for member in from.iter().chain(before).map(|&member| member as usize) {
            if !std::mem::replace(&mut seen[member], true) && take(member) {
                return;
            }
        }
    }

    fn inside(&self) -> Inside<'_> {
        Inside::Maglev(self)
    }
}
