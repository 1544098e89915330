//! Words of the chrome that only the workbench says, in English: they come with it. Sorted by key.

use crate::scenes::scene::Lang;
use crate::scenes::text::{Words, words};

pub static WORDS: Words = words![
    ("branch-n", "branch {0}"),
    ("compare", "Compare"),
    ("compare-branch", "Compare with branch {0}"),
    ("compare-end", "End the comparison"),
    ("compare-help", "Shows two runs side by side: the same seed and faults, and all that you do is done in both."),
    ("compare-to", "Compare with"),
    ("left-side", "Left"),
    ("no-promise-broken", "no promise broken so far"),
    ("nothing", "nothing"),
    ("one-mistake", "mistake: {0}"),
    ("other-branch", "other branch"),
    ("promise-broken", "broken: {0}"),
    ("right-side", "Right"),
    ("side", "{0}: {1}"),
    ("this-branch", "this branch"),
    ("twin-only", "That message is under way on the right only."),
    ("twin-skipped", "Left out on the right at {0}, where it cannot be done: {1}"),
    ("twin-unknown", "What this run is compared with cannot be read: {0}"),
    ("without-mistake", "without: {0}"),
];

/// As [`super::tr`], for these words.
pub fn tr(lang: Lang, key: &'static str) -> &'static str {
    match lang {
        Lang::En => super::find(WORDS.table(), key),
        // Chinese comes in one piece.
        Lang::Zh => super::tr(lang, key),
    }
}
