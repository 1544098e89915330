//! Jump consistent hash: no table, no memory, only arithmetic (Lamping, Veach, 2014, arXiv 1406.2294).
//!
//! Nodes are numbered in the order of the list, so only the last can go: when another is removed from the list the rest
//! are renumbered, and their keys move too. It knows no weights.

use super::{Hashed, KeyHash, Member, Placement};

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Jump {
    members: Vec<Member>,
    hash: KeyHash,
}

impl Jump {
    pub fn new(members: Vec<Member>, hash: KeyHash) -> Jump {
        Jump { members, hash }
    }
}

/// The bucket of this key, below `buckets`, for 1 to 2^31 - 1 buckets; 0 if there are none. The quotient is computed in
/// f64 and truncated, as the paper does; additions, multiplications and divisions alone, so it is the same everywhere.
pub fn bucket(mut key: u64, buckets: u32) -> u32 {
    let (mut bucket, mut next) = (0, 0);
    while next < i64::from(buckets) {
        bucket = next;
        key = key.wrapping_mul(2_862_933_555_777_941_757).wrapping_add(1);
        next = ((bucket + 1) as f64 * ((1_u64 << 31) as f64 / ((key >> 33) + 1) as f64)) as i64;
    }
    bucket as u32
}

impl Placement for Jump {
    fn members(&self) -> &[Member] {
        &self.members
    }

    fn hash(&self) -> KeyHash {
        self.hash
    }

    fn owner_of(&self, key: Hashed<'_>) -> Option<usize> {
        let buckets = u32::try_from(self.members.len()).ok().filter(|&buckets| buckets > 0)?;
        Some(bucket(key.at, buckets) as usize)
    }

    /// The next nodes of the list keep the copies.
    fn visit(&self, key: Hashed<'_>, take: &mut dyn FnMut(usize) -> bool) {
        let n = self.members.len();
        let Some(first) = self.owner_of(key) else { return };
        let _ = (0..n).any(|step| take((first + step) % n));
    }
}
