//! Hashes from bytes to the 2^64 positions of the circle.

use sha1::{Digest, Sha1};

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
    #[inline]
    pub fn position(self, bytes: &[u8]) -> u64 {
        match self {
            KeyHash::Sha1 => super::block::head(bytes),
        }
    }
}

/// The SHA-1 digest of these bytes, 20 bytes (FIPS 180-4).
pub fn sha1(bytes: &[u8]) -> [u8; 20] {
    Sha1::digest(bytes).into()
}
