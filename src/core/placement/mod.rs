//! Which node keeps which key.
//!
//! ```text
//!   members (name, weight, zone) ──┐
//!                                  ├──►  a placement  ──►  owner, and the nodes after it that keep copies
//!   key (bytes) ── hash ───────────┘
//! ```
//!
//! A placement is a pure function of the list of members and of the key: two clients with the same list send a key to
//! the same node without asking anybody, and two clients with different lists do not. Exceptions: [`slots`] and
//! [`range`] keep what was assigned before, so clients have to ask, and bounded loads depend on the other keys. Nodes
//! are named by their index in [`Placement::members`]; to compare two placements go through the names, since indices
//! shift when a member goes.
//!
//! - [`scheme`]: which strategies there are, and how one is made of a list of members.
//! - [`modulo`], [`ketama`], [`nginx`], [`rendezvous`], [`jump`], [`maglev`], [`slots`], [`range`], [`bounded`]: a
//!   strategy each. [`circle`] is what ketama and nginx share; [`mistake`] has the wrong ones, [`zones`] copies apart.
//! - [`ring`]: members own arcs of a circle of 2^64 positions (consistent hashing). [`walk`]: from a key to its nodes,
//!   point by point. [`rule`]: whose a position is. [`index`]: where it lies among the points.
//! - [`hash`]: from bytes to positions. [`block`]: SHA-1 of what fits one block.
//! - [`shares`]: how evenly, and how much moves: what is, beside what theory expects.
//! - [`list`]: the lists of nodes and keys that people paste. [`keys`]: a list of keys at real size.
//! - [`assign`]: a list of keys placed, and what moves from one placement to another, a few keys at a time.
//!
//! What is absent: no clock, no network, no requests. Who is up, and who has already copied what, is others' business.

pub mod assign;
pub mod block;
pub mod bounded;
pub mod circle;
pub mod hash;
pub mod index;
pub mod jump;
pub mod ketama;
pub mod keys;
pub mod list;
pub mod maglev;
pub mod mistake;
pub mod modulo;
pub mod nginx;
pub mod range;
pub mod rendezvous;
pub mod ring;
pub mod rule;
pub mod scheme;
pub mod shares;
pub mod slots;
pub mod walk;
pub mod zones;

pub use bounded::Bound;
pub use hash::{KeyHash, sha1};

/// A node that can own keys.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Member {
    /// Unique in its list; the placement depends on its bytes.
    pub name: String,
    /// How many times the keys of a node of weight 1, at least 1.
    pub weight: u32,
    /// What fails together: a rack, a data centre. Empty: the node stands for itself.
    pub zone: String,
}

impl Member {
    pub fn new(name: impl Into<String>, weight: u32) -> Member {
        Member { name: name.into(), weight, zone: String::new() }
    }

    #[must_use]
    pub fn in_zone(self, zone: impl Into<String>) -> Member {
        Member { zone: zone.into(), ..self }
    }
}

/// A key and its hash, so that one hash serves several placements.
#[derive(Clone, Copy, Debug)]
pub struct Hashed<'k> {
    pub key: &'k [u8],
    /// `Placement::hash(..).position(key)` of the placement that is asked.
    pub at: u64,
}

/// Finds an owner from the key and its owner before a change.
pub type OwnerAfter<'p> = Box<dyn Fn(Hashed<'_>, Option<usize>) -> Option<usize> + 'p>;

/// Finds the nodes of so many copies from the key and from its nodes before a change, which are those of as many copies or
/// all that there were; puts them into the vector in place of what was there.
pub type ReplicasAfter<'p> = Box<dyn Fn(Hashed<'_>, &[usize], usize, &mut Vec<usize>) + 'p>;

/// What a placement keeps beside its members.
#[derive(Clone, Copy, Debug)]
pub enum Inside<'p> {
    /// Nothing: hash and list decide.
    Nothing,
    /// Points whose labels are hashed.
    Ring(&'p ring::Ring),
    /// Points that another program puts elsewhere.
    Circle(&'p circle::Circle),
    /// Scores of all members for each key.
    Scores(&'p rendezvous::Rendezvous),
    /// A table filled by permutations.
    Maglev(&'p maglev::Maglev),
    /// A table that was assigned.
    Slots(&'p slots::Slots),
    /// Ranges of keys.
    Range(&'p range::Range),
}

/// A strategy that gives every key its nodes.
pub trait Placement: Send + Sync {
    /// The nodes; an index into this slice is what the other methods return.
    fn members(&self) -> &[Member];

    /// The hash by which keys are looked up.
    fn hash(&self) -> KeyHash;

    /// The node that owns the key; `None` if there are no members, or if a mistake finds none.
    fn owner_of(&self, key: Hashed<'_>) -> Option<usize>;

    /// Offers nodes for the key in order of preference, the owner first, until one is taken (`take` returns true) or
    /// there is none left. A node is offered once, unless a mistake offers it again.
    fn visit(&self, key: Hashed<'_>, take: &mut dyn FnMut(usize) -> bool);

    /// The bound on loads. If there is one, the owners in a list of keys come from [`bounded::Filling`], and
    /// [`Placement::owner_of`] is only who is asked first.
    fn bound(&self) -> Option<Bound> {
        None
    }

    /// What decides, to be drawn and to be changed.
    fn inside(&self) -> Inside<'_> {
        Inside::Nothing
    }

    /// How to find [`Placement::owner_of`] from the owner before a change: the same result, only sooner where that
    /// helps. The function takes a key, with its hash by [`Placement::hash`], and its owner in `before`, an index there.
    fn after<'p>(&'p self, before: &'p dyn Placement) -> OwnerAfter<'p> {
        let _ = before;
        Box::new(|key, _| self.owner_of(key))
    }

    /// As [`Placement::after`], for [`Placement::replicas_of`].
    fn replicas_after<'p>(&'p self, before: &'p dyn Placement) -> ReplicasAfter<'p> {
        let _ = before;
        Box::new(|key, _, copies, out| self.replicas_of(key, copies, out))
    }

    /// As [`Placement::owner_of`], for bytes.
    fn owner(&self, key: &[u8]) -> Option<usize> {
        self.owner_of(Hashed { key, at: self.hash().position(key) })
    }

    /// Puts the nodes of `copies` copies of the key into `out`, the owner first; fewer if there are fewer nodes.
    ///
    /// What was in `out` is removed, so that one vector serves many keys.
    fn replicas(&self, key: &[u8], copies: usize, out: &mut Vec<usize>) {
        self.replicas_of(Hashed { key, at: self.hash().position(key) }, copies, out);
    }

    /// As [`Placement::replicas`], for a key whose hash is known.
    fn replicas_of(&self, key: Hashed<'_>, copies: usize, out: &mut Vec<usize>) {
        out.clear();
        if copies > 0 {
            self.visit(key, &mut |node| {
                out.push(node);
                out.len() >= copies
            });
        }
    }
}
