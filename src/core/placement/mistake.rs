//! Wrong ways to place keys, as they are found in tutorials and in production. Each breaks one property.

use super::ring::{self, Ring};
use super::scheme::Strategy;
use super::{Hashed, KeyHash, Member, Placement};

/// What a wrong placement does.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Mistake {
    /// Looks the key's hash up among the points, in place of searching the next one. It is there only if the key is a
    /// label, so keys have no owner; breaks `RING-TOTAL`.
    MembershipNothing,
    /// As [`Mistake::MembershipNothing`], with the first node of the list for all that is not found; breaks
    /// `RING-BALANCE`.
    MembershipFirst,
    /// Compares the key's hash with that of the first node's name: not greater, the first node of the list, else the
    /// last. All others own nothing; breaks `RING-BALANCE`.
    FirstOrLast,
    /// Takes the remainder by 16 first, that is the last hexadecimal digit of the hash, and then by the number of nodes:
    /// some get one digit more than others, and from the 17th on none; breaks `RING-BALANCE`.
    RemainderTwice,
    /// Computes ketama's number of points in floating point: clients in other languages have other points at 7, 14, 28,
    /// … nodes; breaks `RING-AGREE`.
    FloatPoints,
    /// Copies go to the next points, whoever they belong to, so two copies may lie on one node; breaks
    /// `RING-DISTINCT-REPLICAS`.
    ReplicaSameNode,
    /// The points of a node lie on adjacent integers: however many there are, they own what one would; breaks
    /// `RING-BALANCE`.
    Adjacent,
    /// The points of a node that is added come after the others and are not sorted in, and the list is searched by halves
    /// all the same; breaks `RING-DETERMINISM`.
    Unsorted,
}

/// The first divisor of [`Mistake::RemainderTwice`].
pub const DIGITS: u64 = 16;

impl Mistake {
    pub const ALL: [Mistake; 8] = [
        Mistake::MembershipNothing,
        Mistake::MembershipFirst,
        Mistake::FirstOrLast,
        Mistake::RemainderTwice,
        Mistake::FloatPoints,
        Mistake::ReplicaSameNode,
        Mistake::Adjacent,
        Mistake::Unsorted,
    ];

    /// The name on the command line and in links.
    pub fn name(self) -> &'static str {
        match self {
            Mistake::MembershipNothing => "membership-nothing",
            Mistake::MembershipFirst => "membership-first",
            Mistake::FirstOrLast => "first-or-last",
            Mistake::RemainderTwice => "remainder-twice",
            Mistake::FloatPoints => "float-points",
            Mistake::ReplicaSameNode => "replica-same-node",
            Mistake::Adjacent => "adjacent",
            Mistake::Unsorted => "unsorted",
        }
    }

    pub fn named(name: &str) -> Option<Mistake> {
        Mistake::ALL.into_iter().find(|mistake| mistake.name() == name)
    }

    /// The property that it breaks.
    pub fn breaks(self) -> &'static str {
        match self {
            Mistake::MembershipNothing => "RING-TOTAL",
            Mistake::MembershipFirst | Mistake::FirstOrLast | Mistake::RemainderTwice | Mistake::Adjacent => {
                "RING-BALANCE"
            }
            Mistake::Unsorted => "RING-DETERMINISM",
            Mistake::FloatPoints => "RING-AGREE",
            Mistake::ReplicaSameNode => "RING-DISTINCT-REPLICAS",
        }
    }

    /// The strategy with which it can be made.
    pub fn of(self) -> Strategy {
        match self {
            Mistake::RemainderTwice => Strategy::Modulo,
            Mistake::FloatPoints => Strategy::Ketama,
            _ => Strategy::Ring,
        }
    }

    /// The mistake of a ring that otherwise works; `None` if it is another placement altogether.
    pub fn of_ring(self) -> Option<ring::Mistake> {
        match self {
            Mistake::ReplicaSameNode => Some(ring::Mistake::ReplicaSameNode),
            Mistake::Adjacent => Some(ring::Mistake::Adjacent),
            Mistake::Unsorted => Some(ring::Mistake::Unsorted),
            _ => None,
        }
    }
}

/// A ring whose lookup is none.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lookalike {
    ring: Ring,
    lookup: Lookup,
}

/// What a [`Lookalike`] does with a key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lookup {
    /// See [`Mistake::MembershipNothing`].
    MembershipNothing,
    /// See [`Mistake::MembershipFirst`].
    MembershipFirst,
    /// See [`Mistake::FirstOrLast`].
    FirstOrLast,
}

impl Lookalike {
    pub fn new(ring: Ring, lookup: Lookup) -> Lookalike {
        Lookalike { ring, lookup }
    }
}

impl Placement for Lookalike {
    fn members(&self) -> &[Member] {
        self.ring.members()
    }

    fn hash(&self) -> KeyHash {
        self.ring.hash()
    }

    fn owner_of(&self, key: Hashed<'_>) -> Option<usize> {
        let last = self.members().len().checked_sub(1)?;
        let is_a_point = || self.ring.successor(key.at).is_some_and(|point| self.ring.points()[point].at == key.at);
        match self.lookup {
            Lookup::MembershipNothing => is_a_point().then_some(0), // a hit gives the first node, not the point's
            Lookup::MembershipFirst => Some(0),
            Lookup::FirstOrLast => {
                let first = self.hash().position(self.members()[0].name.as_bytes());
                Some(if key.at <= first { 0 } else { last })
            }
        }
    }

    /// After the owner the next nodes of the list.
    fn visit(&self, key: Hashed<'_>, take: &mut dyn FnMut(usize) -> bool) {
        let n = self.members().len();
        let Some(first) = self.owner_of(key) else { return };
        let _ = (0..n).any(|step| take((first + step) % n));
    }
}
