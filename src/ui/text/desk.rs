//! Words of the chrome that only the workbench says (its help and two runs side by side), in English: they come with it. Sorted by key.

use crate::scenes::scene::Lang;
use crate::scenes::text::{Words, words};

pub static WORDS: Words = words![
    ("as-file", "As a file"),
    ("branch-n", "branch {0}"),
    ("command", "Command"),
    ("compare", "Compare"),
    ("compare-branch", "Compare with branch {0}"),
    ("compare-end", "End the comparison"),
    ("compare-help", "Shows two runs side by side: the same seed and faults, and all that you do is done in both."),
    ("compare-to", "Compare with"),
    ("embed-code", "Code of the frame"),
    ("embed-help", "A frame with the stage, the sentence and the time controls, at this very moment."),
    ("file-help", "A file holds a run of any length. Drop it onto the page to open it."),
    ("key-break", "previous or next broken property"),
    ("key-clicker", "one event back or forward, as a clicker sends them"),
    ("key-crash", "crash the selected node"),
    ("key-drop", "drop the selected message"),
    ("key-ends", "to the start, to the end"),
    ("key-escape", "let go of what is selected, end a comparison"),
    ("key-help", "this help"),
    ("key-pause", "pause the selected node's process"),
    ("key-play", "play or pause"),
    ("key-restart", "restart the selected node"),
    ("key-rove", "next or previous thing on the stage"),
    ("key-speed", "slower, faster"),
    ("key-step", "one event back or forward"),
    ("key-tick", "tick the selected node for a partition"),
    ("key-undo", "undo; with Shift, redo"),
    ("keys", "Keys"),
    (
        "keys-help",
        "Keys work while the focus is in the simulation: click into it. Fields and sliders keep their own keys.",
    ),
    ("keys-on", "Single-key shortcuts"),
    ("left-side", "Left"),
    ("no-promise-broken", "no promise broken so far"),
    ("nothing", "nothing"),
    ("one-mistake", "mistake: {0}"),
    ("open-file", "Open file…"),
    ("other-branch", "other branch"),
    ("promise-broken", "broken: {0}"),
    ("reproduce", "Reproduce it"),
    (
        "reproduce-help",
        "This picture is read off the compiled core. The command prints the same state hash for this moment from the headless runner.",
    ),
    ("right-side", "Right"),
    ("run-hash", "run hash"),
    ("save-file", "Save file"),
    ("share-intro", "This link reopens this very moment from its seed and commands."),
    ("share-too-long", "This run has more commands than a link can hold: save it as a file."),
    ("side", "{0}: {1}"),
    ("simplified", "What is simplified here"),
    ("state-hash", "state hash"),
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
