//! The command `place`: which nodes keep which keys, for lists from files.
//!
//! [`forms`]: lists in the forms in which people have them. [`library`]: lists at hand, named by their digest. [`words`]:
//! what is wrong with a row, in sentences.

pub mod csv;
pub mod forms;
mod json;
pub mod library;
pub mod words;

use crate::core::placement::list::{self, BadRow};
use crate::core::placement::ring::{Ring, RingError};
use crate::core::placement::{KeyHash, Member, Placement};

pub use words::ring_words;

/// Strategies that `place` knows.
pub const STRATEGIES: [&str; 1] = ["ring"];

/// The keys with their nodes, in the order of the key list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Placed {
    pub members: Vec<Member>,
    pub rows: Vec<Row>,
    /// What was not used, and why.
    pub remarks: Vec<Remark>,
}

/// A key and the nodes that keep it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    pub key: String,
    /// Indices into [`Placed::members`], the owner first.
    pub nodes: Vec<usize>,
}

/// Something to say on standard error beside the result.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Remark {
    /// A row of the node list that was not used.
    Node(BadRow),
    /// A row of the key list that was not used.
    Key(BadRow),
    /// More copies were asked for than there are nodes.
    FewNodes { copies: usize, nodes: usize },
}

/// Why nothing was placed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PlaceError {
    /// Not one of [`STRATEGIES`].
    Strategy { name: String },
    /// Not one of [`KeyHash::ALL`].
    Hash { name: String },
    /// Zero copies were asked for.
    NoCopies,
    /// The node list has no row that can be used; the remarks say why.
    NoNodes { remarks: Vec<Remark> },
    /// The nodes make no ring.
    Ring(RingError),
}

/// Places each key of a list on the nodes of another: `replicas` copies, the owner's included.
///
/// # Errors
/// See [`PlaceError`].
pub fn place(
    nodes: &[u8],
    keys: &[u8],
    strategy: &str,
    hash: &str,
    vnodes: u32,
    replicas: usize,
) -> Result<Placed, PlaceError> {
    let hash = KeyHash::named(hash).ok_or_else(|| PlaceError::Hash { name: hash.into() })?;
    if !STRATEGIES.contains(&strategy) {
        return Err(PlaceError::Strategy { name: strategy.into() });
    }
    if replicas == 0 {
        return Err(PlaceError::NoCopies);
    }
    let nodes = list::nodes(nodes, list::NODES);
    let mut remarks: Vec<Remark> = nodes.bad.into_iter().map(Remark::Node).collect();
    if nodes.rows.is_empty() {
        return Err(PlaceError::NoNodes { remarks });
    }
    let ring = Ring::with_hash(nodes.rows, vnodes, hash).map_err(PlaceError::Ring)?;
    let keys = list::keys(keys, list::KEYS_HEADLESS);
    remarks.extend(keys.bad.into_iter().map(Remark::Key));
    if replicas > ring.members().len() {
        remarks.push(Remark::FewNodes { copies: replicas, nodes: ring.members().len() });
    }
    let place = |key: String| {
        let mut nodes = Vec::new();
        ring.replicas(key.as_bytes(), replicas, &mut nodes);
        Row { key, nodes }
    };
    let rows = keys.rows.into_iter().map(place).collect();
    Ok(Placed { members: ring.members().to_vec(), rows, remarks })
}

impl Placed {
    /// `key<TAB>owner[<TAB>replica…]` a line.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for row in &self.rows {
            text.push_str(&row.key);
            for name in self.names(row) {
                text.push('\t');
                text.push_str(name);
            }
            text.push('\n');
        }
        text
    }

    /// The names of a row's nodes, the owner's first.
    pub fn names<'a>(&'a self, row: &'a Row) -> impl Iterator<Item = &'a str> {
        row.nodes.iter().map(|&node| self.members[node].name.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenes::scene::Lang;

    #[test]
    fn rows_come_in_the_order_of_the_keys() {
        let placed = place(b"n0\nn1\nn2\n", "key-1\nαβγ\nkey-0\nkey-1".as_bytes(), "ring", "sha1", 3, 2).unwrap();
        assert_eq!(placed.text(), "key-1\tn2\tn1\nαβγ\tn2\tn1\nkey-0\tn0\tn2\nkey-1\tn2\tn1\n");
        assert_eq!(placed.remarks, []);
    }

    #[test]
    fn what_is_not_used_is_said() {
        let placed = place(b"a\na\nb\n", b"k\n\n", "ring", "sha1", 1, 3).unwrap();
        let words: Vec<_> = placed.remarks.iter().map(|remark| remark.words(Lang::En)).collect();
        assert_eq!(
            words,
            [
                "Node list, line 2: the name is already on line 1; that line was used and this one skipped.",
                "Key list, line 2: it is empty; the line was skipped.",
                "3 copies were asked for, but there are only 2 nodes: each key is on all of them.",
            ]
        );
        assert!(placed.remarks.iter().all(|remark| !remark.words(Lang::Zh).is_empty()));
    }

    #[test]
    fn errors_name_what_is_known() {
        let words = |strategy, hash, vnodes, copies, nodes: &[u8]| {
            place(nodes, b"k", strategy, hash, vnodes, copies).unwrap_err().words(Lang::En)
        };
        assert_eq!(words("rnig\u{1b}", "sha1", 1, 1, b"a"), "There is no strategy “rnigU+001B”. Known: ring.");
        assert_eq!(words("ring", "md5", 1, 1, b"a"), "There is no hash “md5”. Known: sha1.");
        assert_eq!(words("ring", "sha1", 0, 1, b"a"), "The number of virtual nodes must be at least 1.");
        assert!(words("ring", "sha1", 1, 0, b"a").contains("at least 1"));
        assert!(words("ring", "sha1", 1, 1, b"\n").contains("no line that can be used"));
        assert!(words("ring", "sha1", u32::MAX, 1, b"a\t9").contains("at most 4194304"));
    }
}
