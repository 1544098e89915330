//! The walk from a key's position to the nodes that keep it: the preference list of Dynamo (DeCandia et al., SOSP
//! 2007, section 4.3), with every point on the way, so that it can be drawn.
//!
//! It goes in the direction in which a key moves when its owner leaves, so that whoever is met next takes over: clockwise
//! where the owner is a successor, counter-clockwise where it is a predecessor, and outwards on both sides, the nearest
//! first, where it is the nearest. Walking counter-clockwise turns the order of points at one place round: the largest
//! name is met first. (HAProxy goes on clockwise from the nearest: its second choice is not who takes over.)

use super::Placement;
use super::ring::{Mistake, Ring};
use super::rule::{self, Rule};

/// A point met on the walk from a key to its nodes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Met {
    /// Index into [`Ring::points`].
    pub point: usize,
    /// Whether its member got a copy here; if not, it had one already.
    pub taken: bool,
}

impl Ring {
    /// Every point met when walking from this position until `copies` copies have their place or all members have one:
    /// the last step is taken, unless there is no step at all.
    pub fn walk(&self, position: u64, copies: usize) -> Walk<'_> {
        let mut seen = Vec::new();
        let left = match self.mistake() {
            Some(Mistake::ReplicaSameNode) => copies.min(self.points().len()),
            _ => {
                seen.resize(self.members().len(), false);
                copies.min(self.members().len())
            }
        };
        let after = match self.rule() {
            Rule::Successor => self.below(position),
            _ => rule::up_to(self.points(), position, |position| self.below(position)),
        };
        let forward = rule::wrapped(self.points(), after);
        Walk { ring: self, position, forward, backward: forward, left, seen }
    }

    /// Puts the preference list of this position into `out`: see [`super::Placement::replicas`].
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
    position: u64,
    /// The next point clockwise.
    forward: usize,
    /// The next point counter-clockwise is the one before this.
    backward: usize,
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
        let points = self.ring.points();
        let before = rule::before(points, self.backward);
        let back = match self.ring.rule() {
            Rule::Successor | Rule::Strict => false,
            Rule::Predecessor => true,
            Rule::Nearest => rule::nearer_back(points, self.position, before, self.forward),
        };
        let point = if back {
            self.backward = before;
            before
        } else {
            let point = self.forward;
            self.forward = rule::wrapped(points, point + 1);
            point
        };
        let taken = match self.seen.get_mut(points[point].member as usize) {
            Some(seen) => !std::mem::replace(seen, true),
            None => true,
        };
        self.left -= usize::from(taken);
        Some(Met { point, taken })
    }
}
