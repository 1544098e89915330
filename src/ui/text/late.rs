//! Words that a part of the page brings along: both languages at once, they are few.

use super::fill;
use crate::scenes::scene::Lang;
use crate::scenes::text::{Table, Words, as_chosen};

pub struct Late {
    pub(super) en: Words,
    pub(super) zh: Words,
}

impl Late {
    pub(super) fn table(&'static self, lang: Lang) -> Table {
        if lang == Lang::Zh { self.zh.table() } else { self.en.table() }
    }

    /// The words for a key; the key itself where a table has a gap, which a test forbids.
    pub fn tr(&'static self, lang: Lang, key: &'static str) -> &'static str {
        as_chosen(self.table(lang).iter().find(|(known, _)| *known == key).map_or(key, |(_, words)| words))
    }

    /// A sentence with its gaps filled.
    pub fn say(&'static self, lang: Lang, key: &'static str, gaps: &[&str]) -> String {
        fill(self.tr(lang, key), gaps)
    }
}
