//! Who is a member, by somebody's knowledge: a list of nodes with weights, and the list before it.

use crate::core::hash;
use crate::core::placement::Member;
use std::cmp::Ordering;
use std::fmt::{self, Debug, Formatter};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// A member: its slot in the fleet, and its weight.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Seat {
    pub slot: u16,
    /// At least 1.
    pub weight: u32,
}

/// What somebody knows of the membership. The directory makes them, one after the other; a higher epoch is newer.
///
/// A list and not a set: modulo and jump know a node by its place in it. Who joins stands last, who leaves lets the
/// others move up. The views before it are kept because assigned tables (slots, ranges) follow from them, too.
#[derive(Clone)]
pub struct View {
    pub epoch: u32,
    pub seats: Vec<Seat>,
    /// The digest of this list and of all before it: views are compared by it and not along the chain.
    pub trail: u64,
    pub before: Option<Arc<View>>,
}

impl View {
    /// The list that everybody starts with; the nodes of the slots are a part of its digest.
    pub fn initial(nodes: &[Member], seats: Vec<Seat>) -> View {
        View { epoch: 1, trail: hash::narrow(&(nodes, &seats)), seats, before: None }
    }

    /// The view after a change.
    pub fn then(self: &Arc<View>, seats: Vec<Seat>) -> View {
        View { epoch: self.epoch + 1, trail: hash::narrow(&(self.trail, &seats)), seats, before: Some(self.clone()) }
    }

    /// 0 if it is no member.
    pub fn weight(&self, slot: u16) -> u32 {
        self.seats.iter().find(|seat| seat.slot == slot).map_or(0, |seat| seat.weight)
    }

    pub fn has(&self, slot: u16) -> bool {
        self.weight(slot) > 0
    }
}

/// One after the other: by itself the chain would be dropped view within view, as deep as it is long.
impl Drop for View {
    fn drop(&mut self) {
        let mut next = self.before.take();
        while let Some(mut view) = next.and_then(Arc::into_inner) {
            next = view.before.take();
        }
    }
}

impl PartialEq for View {
    fn eq(&self, other: &View) -> bool {
        (self.epoch, self.trail) == (other.epoch, other.trail) && self.seats == other.seats
    }
}

impl Eq for View {}

impl PartialOrd for View {
    fn partial_cmp(&self, other: &View) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for View {
    fn cmp(&self, other: &View) -> Ordering {
        (self.epoch, self.trail, &self.seats).cmp(&(other.epoch, other.trail, &other.seats))
    }
}

impl Hash for View {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.epoch, self.trail).hash(state);
    }
}

impl Debug for View {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let seats = self.seats.iter().map(|seat| (seat.slot, seat.weight));
        write!(f, "view {} ", self.epoch)?;
        f.debug_map().entries(seats).finish()
    }
}
