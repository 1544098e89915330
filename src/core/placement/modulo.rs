//! `hash(key) mod n`: what everybody writes first. A node is its index in the list, so nearly every key moves when the
//! length of the list changes: from n to m nodes all but min(n, m) / lcm(n, m) of them. It knows no weights.

use super::mistake::DIGITS;
use super::{Hashed, KeyHash, Member, Placement};

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Modulo {
    members: Vec<Member>,
    hash: KeyHash,
    twice: bool,
}

impl Modulo {
    pub fn new(members: Vec<Member>, hash: KeyHash) -> Modulo {
        Modulo { members, hash, twice: false }
    }

    /// With [`super::mistake::Mistake::RemainderTwice`].
    pub fn twice(members: Vec<Member>, hash: KeyHash) -> Modulo {
        Modulo { members, hash, twice: true }
    }
}

impl Placement for Modulo {
    fn members(&self) -> &[Member] {
        &self.members
    }

    fn hash(&self) -> KeyHash {
        self.hash
    }

    fn owner_of(&self, key: Hashed<'_>) -> Option<usize> {
        let place = if self.twice { key.at % DIGITS } else { key.at };
        place.checked_rem(self.members.len() as u64).map(|index| index as usize)
    }

    /// The next nodes of the list keep the copies.
    fn visit(&self, key: Hashed<'_>, take: &mut dyn FnMut(usize) -> bool) {
        let n = self.members.len();
        let Some(first) = self.owner_of(key) else { return };
        let _ = (0..n).any(|step| take((first + step) % n));
    }
}
