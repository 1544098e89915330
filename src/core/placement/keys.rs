//! A list of keys at real size: one text, named by its digest.
//!
//! A list lies outside of every cluster and is shared; a configuration that holds it compares and hashes 20 bytes.

use super::{KeyHash, sha1};
use std::fmt;
use std::hash::{Hash, Hasher};

/// What a value takes on a wire and on a disk, in bytes; its key comes on top.
pub const VALUE_BYTES: u64 = 100;

/// The SHA-1 of a list's canonical lines: each row, then LF.
///
/// It names a list and guards nothing: who wants two lists with one name can make them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Digest(pub [u8; 20]);

impl Digest {
    /// Hex digits of [`Digest::short`].
    pub const SHORT: usize = 16;

    /// The digest of these lines.
    pub fn of(lines: &str) -> Digest {
        Digest(sha1(lines.as_bytes()))
    }

    /// The first 16 of the 40 hex digits: by these a link names a list. Of a million lists two share them with a chance
    /// of one in 36 million.
    pub fn short(self) -> String {
        let mut hex = self.to_string();
        hex.truncate(Digest::SHORT);
        hex
    }
}

/// 40 hex digits, in lower case.
impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Keys in the order of their list; one that stands twice is there twice.
#[derive(Clone)]
pub struct Keys {
    /// Each key, then LF.
    text: String,
    /// Where each key ends: the place of its LF.
    ends: Vec<u32>,
    digest: Digest,
}

/// A key that a list cannot take: it contains a line end, or the list would be longer than 4 GiB.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Unfit;

/// A list of keys that is being made.
#[derive(Clone, Default, Debug)]
pub struct Packing {
    text: String,
    ends: Vec<u32>,
}

impl Packing {
    pub fn new() -> Packing {
        Packing::default()
    }

    /// Room for a list of so many bytes.
    pub fn with_capacity(bytes: usize) -> Packing {
        Packing { text: String::with_capacity(bytes), ends: Vec::new() }
    }

    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Bytes of all keys so far, without line ends.
    pub fn bytes(&self) -> usize {
        self.text.len() - self.ends.len()
    }

    /// Appends a key.
    ///
    /// # Errors
    /// See [`Unfit`]; the list is then as it was.
    pub fn push(&mut self, key: &str) -> Result<(), Unfit> {
        if key.contains('\n') {
            return Err(Unfit);
        }
        let end = u32::try_from(self.text.len() + key.len()).map_err(|_| Unfit)?;
        self.text.push_str(key);
        self.text.push('\n');
        self.ends.push(end);
        Ok(())
    }

    /// Hashes the lines once, about 10 ms for 2 MiB in a browser.
    pub fn finish(self) -> Keys {
        let digest = Digest::of(&self.text);
        Keys { text: self.text, ends: self.ends, digest }
    }
}

impl Keys {
    /// # Errors
    /// See [`Unfit`].
    pub fn pack<'k>(keys: impl IntoIterator<Item = &'k str>) -> Result<Keys, Unfit> {
        let mut packing = Packing::new();
        keys.into_iter().try_for_each(|key| packing.push(key))?;
        Ok(packing.finish())
    }

    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Bytes of all keys, without line ends.
    pub fn bytes(&self) -> usize {
        self.text.len() - self.ends.len()
    }

    /// The canonical lines: each key, then LF. Read as a list they are this list again.
    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// # Panics
    /// As a slice, if there is no such key.
    pub fn get(&self, index: usize) -> &str {
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before] as usize + 1);
        &self.text[start..self.ends[index] as usize]
    }

    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &str> + ExactSizeIterator {
        (0..self.len()).map(|index| self.get(index))
    }
}

impl Default for Keys {
    fn default() -> Self {
        Packing::new().finish()
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keys({} keys, {})", self.len(), self.digest)
    }
}

impl PartialEq for Keys {
    fn eq(&self, other: &Self) -> bool {
        self.digest == other.digest
    }
}

impl Eq for Keys {}

impl PartialOrd for Keys {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// By digest: an order that is the same everywhere, and says nothing about the keys.
impl Ord for Keys {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.digest.cmp(&other.digest)
    }
}

impl Hash for Keys {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.digest.hash(state);
    }
}

/// Where the keys of a list lie by one hash, worked out a few at a time. Placements with the same hash share it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Positions {
    hash: KeyHash,
    at: Vec<u64>,
}

impl Positions {
    pub fn new(hash: KeyHash) -> Positions {
        Positions { hash, at: Vec::new() }
    }

    /// All at once.
    pub fn of(keys: &Keys, hash: KeyHash) -> Positions {
        let mut positions = Positions::new(hash);
        positions.slice(keys, keys.len());
        positions
    }

    /// Hashes at most so many keys; true when none is left. It has to be the same list each time.
    pub fn slice(&mut self, keys: &Keys, most: usize) -> bool {
        let from = self.at.len();
        let to = keys.len().min(from.saturating_add(most));
        self.at.reserve_exact(if from == 0 { keys.len() } else { 0 });
        self.at.extend((from..to).map(|index| self.hash.position(keys.get(index).as_bytes())));
        self.at.len() >= keys.len()
    }

    pub fn hash(&self) -> KeyHash {
        self.hash
    }

    /// Those of the keys so far, in the order of the list.
    pub fn at(&self) -> &[u64] {
        &self.at
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::hash::narrow;

    #[test]
    fn keys_are_what_was_packed() {
        let keys = Keys::pack(["a", "", "αβ", "a"]).unwrap();
        assert_eq!((keys.len(), keys.bytes(), keys.text()), (4, 6, "a\n\nαβ\na\n"));
        assert_eq!(keys.iter().collect::<Vec<_>>(), ["a", "", "αβ", "a"]);
        assert_eq!((keys.get(1), keys.get(2)), ("", "αβ"));
        assert_eq!(Keys::pack(["a\nb"]), Err(Unfit));
        assert_eq!(Keys::default().len(), 0);
    }

    /// `printf 'abc\n' | sha1sum` and `sha1sum < /dev/null`.
    #[test]
    fn a_list_is_named_by_its_lines() {
        let keys = Keys::pack(["abc"]).unwrap();
        assert_eq!(keys.digest().to_string(), "03cfd743661f07975fa2f1220c5194cbaff48451");
        assert_eq!(keys.digest().short(), "03cfd743661f0797");
        assert_eq!(Keys::default().digest().to_string(), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
        let same = Keys::pack(["abc"]).unwrap();
        assert_eq!((&keys, narrow(&keys)), (&same, narrow(&same)));
        assert_ne!(keys, Keys::pack(["ab", "c"]).unwrap());
    }

    #[test]
    fn positions_come_in_slices() {
        let keys = Keys::pack(["a", "b", "c"]).unwrap();
        let mut positions = Positions::new(KeyHash::Sha1);
        assert!(!positions.slice(&keys, 2));
        assert_eq!(positions.at().len(), 2);
        assert!(positions.slice(&keys, usize::MAX));
        assert_eq!(positions, Positions::of(&keys, KeyHash::Sha1));
        let each: Vec<_> = keys.iter().map(|key| KeyHash::Sha1.position(key.as_bytes())).collect();
        assert_eq!(positions.at(), each);
    }
}
