//! Words of the chrome that only the workbench says, in English: they come with it. Sorted by key.

use crate::scenes::text::{Words, words};

pub static WORDS: Words = words![
    ("compare", "Compare"),
    ("compare-branch", "with branch {0}"),
    ("compare-end", "End the comparison"),
    ("compare-help", "Shows two runs side by side: the same seed and faults, and all that you do is done in both."),
    ("compare-nothing", "with nothing"),
    ("compare-with", "with mistake: {0}"),
    ("compare-without", "without mistake: {0}"),
    ("left-side", "Left"),
    ("no-promise-broken", "no promise broken so far"),
    ("other-branch", "other branch"),
    ("promise-broken", "broken: {0}"),
    ("right-side", "Right"),
    ("side", "{0}: {1}"),
    ("this-branch", "this branch"),
    ("twin-only", "That message is under way on the right only."),
    ("twin-skipped", "Left out on the right at {0}, where it cannot be done: {1}"),
    ("twin-unknown", "What this run is compared with cannot be read: {0}"),
];
