//! Fixed slots with an assigned table, as Redis Cluster has them: a key is in slot CRC16(key) mod 16,384, and a table
//! says whose each slot is. Only the text between `{` and `}` counts if there is one, so related keys share a slot.
//!
//! The hash never changes, the table does, by decision: it starts as contiguous runs in the order of the list, as
//! `redis-cli --cluster create` deals them, and a change moves as few slots as it must. So the table depends on history,
//! and clients have to ask for it: a list of nodes does not say it.

use super::{Hashed, Inside, KeyHash, Member, Placement};
use crate::core::map::Map;
use std::cmp::Ordering;

/// Slots of a Redis Cluster.
pub const SLOTS: usize = 16_384;

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Slots {
    members: Vec<Member>,
    /// The member of each slot; empty without members.
    table: Vec<u16>,
}

/// More members than slots.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TooManyMembers {
    pub members: usize,
}

impl Slots {
    /// Contiguous runs: a member's run ends where the share of the weights up to it does, rounded to the nearest slot.
    ///
    /// # Errors
    /// If there are more than [`SLOTS`] members.
    pub fn new(members: Vec<Member>) -> Result<Slots, TooManyMembers> {
        room(&members)?;
        let all = total(&members);
        let mut table = Vec::with_capacity(SLOTS);
        let mut weights = 0;
        for (index, member) in members.iter().enumerate() {
            weights += u128::from(member.weight);
            let end = (2 * SLOTS as u128 * weights + all) / (2 * all).max(1);
            table.resize(end as usize, index as u16);
        }
        Ok(Slots { members, table })
    }

    /// The table after the list has become `members`.
    ///
    /// Everybody gets its share of the slots by weight, rounded down or up. Those are rounded up first who have more than
    /// the lower number, since that spares a move, then those who have less and gain anyway; among them the larger
    /// remainder goes first, then the order of the list. Who has more than its share gives its last slots, who has gone
    /// all of them, and who has less takes them in the order of the list. No other table with such shares moves less.
    ///
    /// # Errors
    /// If there are more than [`SLOTS`] members.
    pub fn changed(&self, members: Vec<Member>) -> Result<Slots, TooManyMembers> {
        room(&members)?;
        if self.table.is_empty() || members.is_empty() {
            return Slots::new(members);
        }
        let names: Map<&str, usize> = members.iter().enumerate().map(|(i, m)| (m.name.as_str(), i)).collect();
        let now: Vec<Option<usize>> = self.members.iter().map(|m| names.get(&m.name.as_str()).copied()).collect();
        let mut have = vec![0; members.len()];
        for owner in self.table.iter().filter_map(|&old| now[usize::from(old)]) {
            have[owner] += 1;
        }
        let shares = shares(&members, &have);
        let mut keep: Vec<usize> = have.iter().zip(&shares).map(|(&have, &share)| share.min(have)).collect();
        let mut table: Vec<Option<usize>> = Vec::with_capacity(SLOTS);
        for owner in self.table.iter().map(|&old| now[usize::from(old)]) {
            let stays = owner.filter(|&owner| keep[owner] > 0);
            if let Some(owner) = stays {
                keep[owner] -= 1;
            }
            table.push(stays);
        }
        let missing = shares.iter().zip(&have).map(|(&share, &have)| share.saturating_sub(have));
        let mut takers = missing.enumerate().flat_map(|(member, missing)| std::iter::repeat_n(member, missing));
        let filled = table.into_iter().map(|owner| owner.or_else(|| takers.next()).unwrap_or(0) as u16);
        let table = filled.collect();
        Ok(Slots { members, table })
    }

    /// The member of each slot.
    pub fn table(&self) -> &[u16] {
        &self.table
    }

    /// The slot of a position, below [`SLOTS`].
    pub fn slot(position: u64) -> usize {
        position as usize % SLOTS
    }
}

fn room(members: &[Member]) -> Result<(), TooManyMembers> {
    if members.len() > SLOTS { Err(TooManyMembers { members: members.len() }) } else { Ok(()) }
}

fn total(members: &[Member]) -> u128 {
    members.iter().map(|member| u128::from(member.weight)).sum()
}

/// How many slots each member should have, when it has so many: together [`SLOTS`].
fn shares(members: &[Member], have: &[usize]) -> Vec<usize> {
    let all = total(members).max(1);
    let exact = members.iter().map(|member| SLOTS as u128 * u128::from(member.weight));
    let mut shares: Vec<usize> = exact.clone().map(|exact| (exact / all) as usize).collect();
    let left = SLOTS.saturating_sub(shares.iter().sum());
    let remainders = exact.map(|exact| exact % all);
    let mut up: Vec<(u8, u128, usize)> = remainders
        .enumerate()
        .filter(|(_, remainder)| *remainder > 0)
        .map(|(member, remainder)| {
            let class = match have[member].cmp(&shares[member]) {
                Ordering::Greater => 0,
                Ordering::Less => 1,
                Ordering::Equal => 2,
            };
            (class, u128::MAX - remainder, member)
        })
        .collect();
    up.sort_unstable();
    for (_, _, member) in up.into_iter().take(left) {
        shares[member] += 1;
    }
    shares
}

impl Placement for Slots {
    fn members(&self) -> &[Member] {
        &self.members
    }

    fn hash(&self) -> KeyHash {
        KeyHash::RedisCrc16
    }

    fn owner_of(&self, key: Hashed<'_>) -> Option<usize> {
        self.table.get(Slots::slot(key.at)).map(|&member| member.into())
    }

    /// The table says nothing of copies: the next nodes of the list keep them.
    fn visit(&self, key: Hashed<'_>, take: &mut dyn FnMut(usize) -> bool) {
        let n = self.members.len();
        let Some(first) = self.owner_of(key) else { return };
        let _ = (0..n).any(|step| take((first + step) % n));
    }

    fn inside(&self) -> Inside<'_> {
        Inside::Slots(self)
    }
}
