//! Markup whose elements stand one behind the other, and what has to be done to the elements of an older one to make them
//! those of a newer one: of a picture that grows only its newest pieces are made.

use std::fmt;
use std::ops::Range;

/// So many pieces further on an old piece is looked for. What was taken out is seldom more at once.
const FAR: usize = 32;

/// The markup of elements, one after the other.
#[derive(Clone, Default, Debug, PartialEq)]
pub struct Pieces {
    text: String,
    /// Where each element ends.
    ends: Vec<usize>,
}

/// One step. Places count elements and are those at that step.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Change {
    /// So many elements from this place on go.
    Remove(usize, usize),
    /// These of the newer pieces come before the element at this place.
    Insert(usize, Range<usize>),
}

impl fmt::Write for Pieces {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.text.push_str(text);
        Ok(())
    }
}

impl Pieces {
    /// What comes next belongs to another element.
    pub fn end(&mut self) {
        self.ends.push(self.text.len());
    }

    pub fn push_str(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// To append to.
    pub fn text(&mut self) -> &mut String {
        &mut self.text
    }

    pub fn append(&mut self, other: &Pieces) {
        let before = self.text.len();
        self.text.push_str(&other.text);
        self.ends.extend(other.ends.iter().map(|end| before + end));
    }

    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The markup of some of the elements.
    pub fn part(&self, range: Range<usize>) -> &str {
        let start = |n: usize| n.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.text[start(range.start)..start(range.end)]
    }

    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|n| self.part(n..n + 1))
    }

    /// What makes these elements those of `newer`.
    pub fn changes(&self, newer: &Pieces) -> Vec<Change> {
        let same = |old: usize, new: usize| self.part(old..old + 1) == newer.part(new..new + 1);
        let mut tail = 0;
        while tail < self.len().min(newer.len()) && same(self.len() - 1 - tail, newer.len() - 1 - tail) {
            tail += 1;
        }
        let (olds, news) = (self.len() - tail, newer.len() - tail);
        let mut changes = Vec::new();
        let (mut old, mut at, mut pending) = (0, 0, 0..0);
        let come = |pending: &mut Range<usize>, at: &mut usize, changes: &mut Vec<Change>| {
            if pending.start < pending.end {
                changes.push(Change::Insert(*at, pending.clone()));
                *at += pending.len();
            }
        };
        for new in 0..news {
            let found = (old..olds.min(old + FAR)).find(|old| same(*old, new));
            let Some(found) = found else {
                pending.end = new + 1;
                continue;
            };
            come(&mut pending, &mut at, &mut changes);
            pending = new + 1..new + 1;
            if found > old {
                changes.push(Change::Remove(at, found - old));
            }
            old = found + 1;
            at += 1;
        }
        come(&mut pending, &mut at, &mut changes);
        if old < olds {
            changes.push(Change::Remove(at, olds - old));
        }
        changes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pieces(words: &[&str]) -> Pieces {
        let mut pieces = Pieces::default();
        for word in words {
            pieces.push_str(word);
            pieces.end();
        }
        pieces
    }

    #[test]
    fn what_is_behind_is_added_and_nothing_else_is_touched() {
        let old = pieces(&["defs", "bar", "arrow", "axis"]);
        let new = pieces(&["defs", "bar", "arrow", "arrow2", "axis"]);
        assert_eq!(old.changes(&new), [Change::Insert(3, 3..4)]);
        assert_eq!(new.changes(&old), [Change::Remove(3, 1)]);
        assert!(new.changes(&new).is_empty());
    }

    proptest! {
        #[test]
        fn the_changes_lead_from_any_pieces_to_any(
            old in prop::collection::vec("[a-d]{0,2}", 0..60),
            new in prop::collection::vec("[a-d]{0,2}", 0..60),
        ) {
            let words = |list: &[String]| pieces(&list.iter().map(String::as_str).collect::<Vec<_>>());
            let (from, to) = (words(&old), words(&new));
            let mut elements = old.clone();
            for change in from.changes(&to) {
                match change {
                    Change::Remove(at, count) => drop(elements.drain(at..at + count)),
                    Change::Insert(at, range) => drop(elements.splice(at..at, new[range].iter().cloned())),
                }
            }
            prop_assert_eq!(elements, new);
        }
    }
}
