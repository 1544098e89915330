//! Keys, values and their versions.

use crate::core::placement::KeyHash;
use std::fmt::{self, Debug, Formatter};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// A key, known by its position on the ring.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    pub at: u64,
    pub name: Arc<str>,
}

impl Key {
    pub fn new(name: &str) -> Key {
        Key { at: KeyHash::Sha1.position(name.as_bytes()), name: name.into() }
    }
}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.at.hash(state); // equal names have equal positions
    }
}

impl Debug for Key {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// A request of a client, and the value that it stores if it is a Put: no two are alike.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Tag {
    pub client: u16,
    /// The client's requests are counted; 2^16 are added for each of its crashes.
    pub n: u32,
}

/// A value with its version. Of two the greater is the newer: the higher number, then the writer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Entry {
    pub number: u32,
    pub value: Tag,
}

impl Entry {
    /// What is stored from the start.
    pub const FIRST: Entry = Entry { number: 0, value: Tag { client: u16::MAX, n: 0 } };
}
