//! The walk from a key's position to the nodes that keep it: the preference list of Dynamo (DeCandia et al., SOSP
//! 2007, section 4.3), with every point on the way, so that it can be drawn.

use super::Placement;
use super::ring::{Mistake, Ring};

/// A point met on the walk from a key to its nodes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Met {
    /// Index into [`Ring::points`].
    pub point: usize,
    /// Whether its member got a copy here; if not, it had one already.
    pub taken: bool,
}

impl Ring {
    /// Every point met when walking clockwise from this position until `copies` copies have their place or all members
    /// have one: the last step is taken, unless there is no step at all.
    pub fn walk(&self, position: u64, copies: usize) -> Walk<'_> {
        let mut seen = Vec::new();
        let left = match self.mistake() {
            None => {
                seen.resize(self.members().len(), false);
                copies.min(self.members().len())
            }
            Some(Mistake::ReplicaSameNode) => copies.min(self.points().len()),
        };
        Walk { ring: self, next: self.successor(position).unwrap_or(0), left, seen }
    }

    /// Puts the preference list of this position into `out`: see [`Placement::replicas`].
    pub fn preference(&self, position: u64, copies: usize, out: &mut Vec<usize>) {
        out.clear();
        if copies == 1 {
            out.extend(self.owner_of_hash(position)); // the common case, without the walk's allocation
            return;
        }
        let taken = self.walk(position, copies).filter(|met| met.taken);
        out.extend(taken.map(|met| self.points()[met.point].member as usize));
    }
}

/// The steps of [`Ring::walk`].
#[derive(Clone, Debug)]
pub struct Walk<'a> {
    ring: &'a Ring,
    next: usize,
    /// Copies that still need a place; never more than the walk can find.
    left: usize,
    /// Whether a member has a copy; empty if the walk does not ask.
    seen: Vec<bool>,
}

impl Iterator for Walk<'_> {
    type Item = Met;

    fn next(&mut self) -> Option<Met> {
        if self.left == 0 {
            return None;
        }
        let point = self.next;
        self.next = (point + 1) % self.ring.points().len();
        let taken = match self.seen.get_mut(self.ring.points()[point].member as usize) {
            Some(seen) => !std::mem::replace(seen, true),
            None => true,
        };
        self.left -= usize::from(taken);
        Some(Met { point, taken })
    }
}
