//! Which node keeps which key.
//!
//! ```text
//!   members (name, weight) ──┐
//!                            ├──►  a placement  ──►  owner, and the nodes after it that keep copies
//!   key (bytes) ── hash ─────┘
//! ```
//!
//! A placement is a pure function of the list of members and of the key: two clients with the same list send a key to
//! the same node without asking anybody, and two clients with different lists do not. Nodes are named by their index
//! in [`Placement::members`]; to compare two placements go through the names, since indices shift when a member goes.
//!
//! - [`ring`]: members own arcs of a circle of 2^64 positions (consistent hashing).
//! - [`walk`]: the way from a key to its nodes, point by point.
//! - [`shares`]: how evenly, and how much moves: what is, beside what theory expects.
//! - [`list`]: the lists of nodes and keys that people paste.
//!
//! What is absent: no clock, no network, no loads. Who is up, and who has already copied what, is the store's business.

pub mod list;
pub mod ring;
pub mod shares;
pub mod walk;

use sha1::{Digest, Sha1};

/// A node that can own keys.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Member {
    /// Unique in its list; the placement depends on its bytes.
    pub name: String,
    /// How many times the keys of a node of weight 1, at least 1.
    pub weight: u32,
}

impl Member {
    pub fn new(name: impl Into<String>, weight: u32) -> Member {
        Member { name: name.into(), weight }
    }
}

/// A strategy that gives every key its nodes.
pub trait Placement {
    /// The nodes; an index into this slice is what the other methods return.
    fn members(&self) -> &[Member];

    /// The node that owns the key; `None` only if there are no members.
    fn owner(&self, key: &[u8]) -> Option<usize>;

    /// Puts the nodes of `copies` copies of the key into `out`, the owner first; fewer if there are fewer nodes.
    ///
    /// What was in `out` is removed, so that one vector serves many keys.
    fn replicas(&self, key: &[u8], copies: usize, out: &mut Vec<usize>);
}

/// A hash function from bytes to the 2^64 positions.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum KeyHash {
    /// The first 8 bytes, big-endian, of SHA-1 (FIPS 180-4), as Chord uses it.
    #[default]
    Sha1,
}

impl KeyHash {
    pub const ALL: [KeyHash; 1] = [KeyHash::Sha1];

    /// The name on the command line and in links.
    pub fn name(self) -> &'static str {
        match self {
            KeyHash::Sha1 => "sha1",
        }
    }

    pub fn named(name: &str) -> Option<KeyHash> {
        KeyHash::ALL.into_iter().find(|hash| hash.name() == name)
    }

    /// The position of these bytes, in units of 1/2^64 of the circle.
    pub fn position(self, bytes: &[u8]) -> u64 {
        match self {
            KeyHash::Sha1 => {
                let [a, b, c, d, e, f, g, h, ..] = sha1(bytes);
                u64::from_be_bytes([a, b, c, d, e, f, g, h])
            }
        }
    }
}

/// The SHA-1 digest of these bytes, 20 bytes (FIPS 180-4).
pub fn sha1(bytes: &[u8]) -> [u8; 20] {
    Sha1::digest(bytes).into()
}
