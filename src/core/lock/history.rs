//! What properties of any lock remember of a run: the order of grants, and what was written under which.
//!
//! Judged by the simulator's own order of grants, never by comparing fences.

use super::keyspace::Owner;
use crate::core::protocol::copied;

/// Only the latest grants matter, and those after the newest write: whose write comes next is not known.
const REMEMBERED: usize = 12;
/// So many at most, however long nobody writes.
const MOST: usize = 200;

#[derive(PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct History {
    /// The latest grants, oldest first: their order is the truth.
    pub grants: Vec<Grant>,
    /// Grants that are no longer listed.
    pub forgotten: u32,
    /// Two clients were told fences that do not grow with the order of their grants.
    pub fence_fell: bool,
    /// The position in the order of grants of the newest grant that the storage accepted a write of.
    pub newest_write: Option<u32>,
    /// The latest accepted write belongs to an older grant than one before it: who, and whose came before.
    pub stale: Option<(Owner, Owner)>,
    /// The latest accepted write was not computed from the version that it replaced.
    pub lost: Option<Owner>,
    /// The latest write's owner.
    pub last_writer: Option<Owner>,
}

/// What the lock service granted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Grant {
    pub owner: Owner,
    pub fence: Option<u32>,
    /// The client knows: a grant that a power cut undid before the answer left binds nobody.
    pub told: bool,
}

impl Clone for History {
    fn clone(&self) -> Self {
        History { grants: self.grants.clone(), ..*self }
    }
    fn clone_from(&mut self, other: &Self) {
        *self = History { grants: copied(&mut self.grants, &other.grants), ..*other };
    }
}

impl History {
    /// Where a grant is listed. A command that the network copied can be granted twice: then its fence tells which.
    fn listed(&self, owner: Owner, fence: Option<u32>) -> Option<usize> {
        let same = |g: &Grant| g.owner == owner && fence.is_some() && g.fence == fence;
        self.grants.iter().position(same).or_else(|| self.grants.iter().position(|g| g.owner == owner))
    }

    /// The position of a grant in the order of grants, from 0. Forgotten ones count as the oldest.
    pub fn rank(&self, owner: Owner, fence: Option<u32>) -> u32 {
        self.listed(owner, fence).map_or(0, |at| self.forgotten + at as u32)
    }

    /// The service has granted the lock.
    pub fn granted(&mut self, owner: Owner, fence: Option<u32>) {
        self.grants.push(Grant { owner, fence, told: false });
        let settled = |forgotten: u32, length| self.newest_write > Some(forgotten) || length > MOST;
        let mut over = 0;
        while self.grants.len() - over > REMEMBERED && settled(self.forgotten + over as u32, self.grants.len() - over) {
            over += 1;
        }
        self.grants.drain(..over);
        self.forgotten += over as u32;
    }

    /// The client knows of its grant, by this fence.
    pub fn told(&mut self, owner: Owner, fence: Option<u32>) {
        if let Some(at) = self.listed(owner, fence) {
            self.grants[at].told = true;
            self.grants[at].fence = fence;
        }
        let told = self.grants.iter().filter(|g| g.told && g.fence.is_some()).map(|g| g.fence);
        self.fence_fell = !told.is_sorted_by(|a, b| a < b);
    }

    /// The storage has accepted a write that was computed from a version `behind` the one that it replaced.
    pub fn accepted(&mut self, owner: Owner, fence: Option<u32>, behind: Option<u32>) {
        let rank = self.rank(owner, fence);
        let before = self.newest_write.filter(|newest| rank < *newest);
        self.stale = before.map(|newest| {
            let at = newest.saturating_sub(self.forgotten) as usize;
            (owner, self.grants.get(at).map_or(owner, |g| g.owner))
        });
        self.newest_write = self.newest_write.max(Some(rank));
        // A copy of one's own write that the network made replaces nobody's work.
        let replaces_another = self.last_writer != Some(owner);
        self.lost = match behind {
            Some(behind) if behind > 0 && replaces_another => Some(owner),
            _ => None,
        };
        self.last_writer = Some(owner);
    }
}
