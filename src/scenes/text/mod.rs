//! Words about protocols, one folder a language, one table a scene. Tests check that no language lacks a sentence.
//!
//! A sentence is a template with `{name}` for its arguments. An argument may carry a hue: then it is a piece of its own.

pub mod en;
#[cfg(feature = "panic-test")]
pub mod strange;
pub mod zh;

use super::parts;
use super::scene::{Hue, Lang, Text};
use std::sync::OnceLock;

/// Keys in ascending order, each with its template.
pub type Table = &'static [(&'static str, &'static str)];

/// A table as one string: two thousand pairs of pointers would be a tenth of the page. It is cut into its pairs when it is
/// first read.
pub struct Words {
    joined: &'static str,
    pairs: OnceLock<Vec<(&'static str, &'static str)>>,
}

/// After a key and after its template stand ASCII's separators of units and records, which are in no text.
macro_rules! words {
    ($(($key:literal, $template:literal $(,)?)),* $(,)?) => {
        $crate::scenes::text::Words::joined(concat!($($key, "\u{1f}", $template, "\u{1e}"),*))
    };
}

pub(crate) use words;

impl Words {
    pub const fn joined(joined: &'static str) -> Self {
        Words { joined, pairs: OnceLock::new() }
    }

    pub fn table(&'static self) -> Table {
        self.pairs.get_or_init(|| self.joined.split('\u{1e}').filter_map(|pair| pair.split_once('\u{1f}')).collect())
    }
}

/// An argument: its words and, where it is emphasised, its hue.
#[derive(Clone, Debug)]
pub struct Arg {
    words: String,
    hue: Hue,
}

impl From<String> for Arg {
    fn from(words: String) -> Self {
        Arg { words, hue: Hue::Plain }
    }
}
impl From<&str> for Arg {
    fn from(words: &str) -> Self {
        Arg { words: words.to_owned(), hue: Hue::Plain }
    }
}
impl From<(String, Hue)> for Arg {
    fn from((words, hue): (String, Hue)) -> Self {
        Arg { words, hue }
    }
}
macro_rules! numbers {
    ($($t:ty)*) => {$(impl From<$t> for Arg {
        fn from(n: $t) -> Self {
            Arg { words: n.to_string(), hue: Hue::Plain }
        }
    })*};
}
numbers!(u8 u16 u32 u64 usize i32 i64);

/// The sentences of a scene, or the common ones, and those of its panels: none while a part of the page is still to come.
pub fn tables(lang: Lang, scene: &str) -> [Table; 2] {
    match lang {
        Lang::En if scene == "common" => {
            [en::common::TABLE.table(), parts::common_words().map_or(&[], |words| words.table())]
        }
        Lang::En => [
            parts::scene(scene).map_or(&[], |scene| scene.words().table()),
            parts::desk(scene).map_or(&[], |desk| desk.words().table()),
        ],
        Lang::Zh => parts::chinese().map_or([&[], &[]], |tables| parts::find(tables, scene)),
    }
}

fn template(lang: Lang, key: &str) -> &'static str {
    #[cfg(test)]
    tests::SEEN.with(|seen| seen.borrow_mut().insert(key.to_owned()));
    let scene = key.split('.').next().unwrap_or_default();
    let found = |table: Table| Some(table[table.binary_search_by(|(k, _)| (*k).cmp(key)).ok()?].1);
    // The tests find every key that is used; a gap shows itself on the page rather than hiding.
    as_chosen(tables(lang, scene).into_iter().find_map(found).unwrap_or("⁇"))
}

/// The text as it stands; in builds for tests, as their pretended language has it.
pub fn as_chosen(text: &'static str) -> &'static str {
    #[cfg(feature = "panic-test")]
    let text = strange::strange(text);
    text
}

/// The sentence in pieces: arguments with a hue stand apart.
pub fn tell(lang: Lang, key: &str, args: &[(&str, Arg)]) -> Vec<Text> {
    let mut pieces = Vec::new();
    let mut plain = String::new();
    let mut rest = template(lang, key);
    while let Some((before, after)) = rest.split_once('{') {
        plain.push_str(before);
        let Some((name, after)) = after.split_once('}') else { break };
        rest = after;
        match args.iter().find(|(n, _)| *n == name) {
            Some((_, arg)) if arg.hue != Hue::Plain => {
                if !plain.is_empty() {
                    pieces.push(Text { words: std::mem::take(&mut plain), ..Text::default() });
                }
                pieces.push(Text { words: arg.words.clone(), hue: arg.hue, strong: true, clock: None });
            }
            Some((_, arg)) => plain.push_str(&arg.words),
            // `{}` is left for the page's live number.
            None if name.is_empty() => plain.push_str("{}"),
            None => {}
        }
    }
    plain.push_str(rest);
    if !plain.is_empty() {
        pieces.push(Text { words: plain, ..Text::default() });
    }
    pieces
}

/// The sentence as one string.
pub fn say(lang: Lang, key: &str, args: &[(&str, Arg)]) -> String {
    tell(lang, key, args).into_iter().map(|piece| piece.words).collect()
}

/// A sentence without arguments.
pub fn word(lang: Lang, key: &str) -> String {
    template(lang, key).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenes::SCENES;
    use std::collections::{BTreeMap, BTreeSet};

    fn holes(template: &str) -> BTreeSet<&str> {
        template.split('{').skip(1).filter_map(|part| part.split_once('}')).map(|(name, _)| name).collect()
    }

    #[test]
    fn no_language_lacks_a_sentence_or_an_argument() {
        for scene in SCENES.into_iter().chain(["common"]) {
            for table in [Lang::En, Lang::Zh].into_iter().flat_map(|lang| tables(lang, scene)) {
                assert!(table.is_sorted_by(|a, b| a.0 < b.0), "{scene} is not in ascending order without repeats");
            }
            let all = |lang| tables(lang, scene).into_iter().flatten().copied().collect::<BTreeMap<_, _>>();
            let (en, zh) = (all(Lang::En), all(Lang::Zh));
            assert!(!en.is_empty());
            assert_eq!(
                en.len(),
                tables(Lang::En, scene).into_iter().map(<[_]>::len).sum::<usize>(),
                "a key stands twice"
            );
            let keys = |table: &BTreeMap<&'static str, &'static str>| table.keys().copied().collect::<BTreeSet<_>>();
            assert_eq!(keys(&en).symmetric_difference(&keys(&zh)).collect::<Vec<_>>(), Vec::<&&str>::new());
            for ((key, a), (_, b)) in en.iter().zip(&zh) {
                assert_eq!(holes(a), holes(b), "arguments of {key}");
                assert!(!a.is_empty() && !b.is_empty(), "{key} is empty");
            }
        }
    }

    std::thread_local! {
        /// The keys that were looked up.
        pub static SEEN: std::cell::RefCell<BTreeSet<String>> = const { std::cell::RefCell::new(BTreeSet::new()) };
    }

    /// The page shows its first question before the words of the panels are here: it must not need them.
    #[test]
    fn the_first_question_needs_the_first_words_only() {
        use crate::scenes::scene::View;
        let scene = parts::FIRST_SCENE;
        let first = parts::scene(scene).expect("the first scene");
        SEEN.with(|seen| seen.borrow_mut().clear());
        for opening in first.openings(Lang::En) {
            for take in 0..opening.takes.len() {
                let spec = crate::scenes::opening_spec(scene, opening.name, take);
                let mut run = crate::scenes::open(&spec, Lang::En).expect("an opening opens");
                first.outcome(opening.name, take, Lang::En).expect("it has an outcome");
                let end = spec.commands.last().map_or(0, |last| last.time) + 8_000_000;
                run.seek(0);
                while run.now() < end && run.step_forward() {
                    for (width, height) in [(900.0, 600.0), (340.0, 400.0), (900.0, 340.0)] {
                        run.stage(&View { width, height, lang: Lang::En });
                    }
                    run.sentence(Lang::En);
                    run.findings(Lang::En);
                }
            }
        }
        let seen = SEEN.with(|seen| std::mem::take(&mut *seen.borrow_mut()));
        let all = || first.words().table().iter().chain(en::common::TABLE.table());
        let missing: Vec<_> = seen.iter().filter(|key| !all().any(|(known, _)| known == *key)).collect();
        assert!(missing.is_empty(), "only the panels have {missing:?}");
        if std::env::var_os("FAULTLINE_UNUSED").is_some() {
            for (key, _) in all().filter(|(key, _)| !seen.contains(*key)) {
                println!("{key}");
            }
        }
    }

    #[test]
    fn pieces_and_holes() {
        let pieces = tell(Lang::En, "common.event-pause", &[("who", ("A".to_owned(), Hue::Node(0)).into())]);
        assert_eq!(pieces[0].words, "A");
        assert_eq!(pieces[0].hue, Hue::Node(0));
    }
}
