//! The words of the chrome: one sorted table a language, the same keys in both. Text about protocols is not here.

use crate::scenes::scene::Lang;
use crate::scenes::text::{Table, Words, as_chosen};
use std::cell::Cell;

pub mod coverage;
pub mod desk;
mod en;
pub mod find;
pub mod frame;
pub mod late;
pub mod lessons;
pub mod plots;
pub mod search;
pub mod share;
pub mod teach;
pub(super) mod zh;

/// The name of these words among a language's tables.
pub const CHROME: &str = "chrome";

fn table(lang: Lang) -> Table {
    match lang {
        Lang::En => en::WORDS.table(),
        Lang::Zh => chinese(),
    }
}

#[cfg(not(all(feature = "ui", target_arch = "wasm32")))]
fn chinese() -> Table {
    zh::WORDS.table()
}

#[cfg(all(feature = "ui", target_arch = "wasm32"))]
fn chinese() -> Table {
    use crate::scenes::parts;
    parts::chinese().map_or(&[], |tables| parts::find(tables, CHROME)[0])
}

std::thread_local! {
    /// English words that came with the panels. Chinese comes in one piece.
    static LATER: Cell<Table> = const { Cell::new(&[]) };
}

/// Adds the words of a part of the page that has come.
pub fn add(words: &'static Words) {
    LATER.set(words.table());
}

/// The words for a key; the key itself where a table has a gap, which a test forbids.
pub fn tr(lang: Lang, key: &'static str) -> &'static str {
    let later = if lang == Lang::En { LATER.get() } else { &[] };
    let found = |table: Table| Some(table[table.binary_search_by(|(known, _)| (*known).cmp(key)).ok()?].1);
    as_chosen(found(table(lang)).or_else(|| found(later)).unwrap_or(key))
}

/// Puts values into the gaps `{0}`, `{1}` of a sentence. Values are put in once, so braces in them stay as they are.
pub fn fill(words: &str, values: &[&str]) -> String {
    let mut out = String::with_capacity(words.len() + 16);
    let mut rest = words;
    while let Some(at) = rest.find('{') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let value = rest.find('}').and_then(|end| {
            let n: usize = rest[1..end].parse().ok()?;
            Some((values.get(n)?, end))
        });
        match value {
            Some((value, end)) => {
                out.push_str(value);
                rest = &rest[end + 1..];
            }
            None => {
                out.push('{');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// All words in English, those that come later among the others.
    fn english() -> Vec<(&'static str, &'static str)> {
        let mut all = [table(Lang::En), desk::WORDS.table()].concat();
        all.sort_unstable();
        all
    }

    /// As the next tests, for the words that come with a part of the page.
    #[test]
    fn late_words_are_in_both_languages_and_all_are_said() {
        let parts = [
            (&search::SEARCHES, "search", "SEARCHES."),
            (&find::FINDS, "search", "FINDS."),
            (&lessons::TEACHES, "lessons", "TEACHES."),
            (&plots::PLOTS, "plots", "PLOTS."),
            (&coverage::COVERS, "coverage", "COVERS."),
            (&teach::TEACHES, "teach", "TEACHES."),
            (&frame::FRAMES, "frame", "FRAMES."),
            (&share::SHARES, "workbench/share", "SHARES."),
        ];
        for (words, part, name) in parts {
            let (en, zh) = (words.table(Lang::En), words.table(Lang::Zh));
            let folder = format!("{}/src/ui/{part}", env!("CARGO_MANIFEST_DIR"));
            let files =
                fs::read_dir(folder).expect("the folder of a part").map(|file| file.expect("a readable folder"));
            let source: String = files.map(|file| fs::read_to_string(file.path()).expect("UTF-8 source")).collect();
            assert_eq!(en.len(), zh.len());
            for ((key, words), (same, other)) in en.iter().zip(zh) {
                assert_eq!(key, same);
                assert!(source.contains(&format!("\"{key}\"")), "nobody says {key}");
                for gap in ["{0}", "{1}"] {
                    assert_eq!(words.contains(gap), other.contains(gap), "{key} {gap}");
                }
            }
            for call in source.split(name).skip(1) {
                let Some((verb, rest)) = call.split_once("(lang, \"") else { continue };
                let key = rest.split('"').next().unwrap_or_default();
                assert!(
                    !["tr", "say"].contains(&verb) || en.iter().any(|(known, _)| *known == key),
                    "no words for {key}"
                );
            }
        }
    }

    #[test]
    fn both_tables_are_sorted_and_have_the_same_keys() {
        for table in [table(Lang::En), desk::WORDS.table(), table(Lang::Zh)] {
            assert!(table.windows(2).all(|pair| pair[0].0 < pair[1].0));
        }
        let keys = |table: Vec<(&'static str, &str)>| table.into_iter().map(|(key, _)| key).collect::<Vec<_>>();
        assert_eq!(keys(english()), keys(table(Lang::Zh).to_vec()));
    }

    #[test]
    fn both_languages_have_the_same_gaps() {
        for ((key, en), (_, zh)) in english().iter().zip(table(Lang::Zh)) {
            for gap in ["{0}", "{1}", "{2}"] {
                assert_eq!(en.contains(gap), zh.contains(gap), "{key} {gap}");
            }
        }
    }

    /// Keys are string literals in the page's sources: each key of the table appears there, and no lookup misses.
    #[test]
    fn every_key_is_used_and_every_use_has_a_key() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/ui");
        let read = |folders: &[String]| {
            let mut source = String::new();
            for entry in folders.iter().flat_map(|folder| fs::read_dir(folder).expect("a folder of the page")) {
                let path = entry.expect("a readable folder").path();
                if path.extension().is_some_and(|extension| extension == "rs") {
                    source.push_str(&fs::read_to_string(path).expect("UTF-8 source"));
                }
            }
            source
        };
        let folders = [folder.to_owned(), format!("{folder}/workbench"), format!("{folder}/workbench/twin")];
        let source = read(&folders);
        // Parts with words of their own say some of the common ones as well.
        let parts = ["workbench/share", "lessons", "frame", "export", "teach"].map(|part| format!("{folder}/{part}"));
        let all = read(&parts) + &source;
        for (key, _) in english() {
            assert!(all.contains(&format!("\"{key}\"")), "nobody says {key}");
        }
        for call in ["page.tr(\"", "page.say(\"", "lang, \"", "_now(), \"", "tr(page, \"", "say(page, \""] {
            for after in source.split(call).skip(1) {
                let key = after.split('"').next().unwrap_or_default();
                assert!(english().iter().any(|(known, _)| *known == key), "no words for {key}");
            }
        }
    }

    #[test]
    fn gaps_are_filled_once() {
        assert_eq!(fill("{1} of {0} {x}", &["{1}", "2"]), "2 of {1} {x}");
    }
}
