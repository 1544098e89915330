//! Lists at hand, named by their digest.
//!
//! A list lies outside of every cluster and is too large for a link. A run's option is then a reference, `@NAME:DIGEST`:
//! the name of the file that it came from, for people, and the first 16 hex digits of the SHA-1 of its canonical lines,
//! for us. Canonical lines are each key, or each `name<TAB>weight<TAB>zone`, and LF: so that a list has one digest in
//! whatever form it was given. Whoever opens a run whose list is not at hand is told which file to fetch.
//!
//! ```text
//!   dropped file ── forms::keys ──► library::add_keys("users.csv", read) ──► "@users.csv:03cfd743661f0797"
//!   option "keys" ─────────────────► library::keys(option) ───────────────► the list, or which file is missing
//! ```

use super::forms::{self, Read};
use super::words::shown;
use crate::core::placement::Member;
use crate::core::placement::keys::{Digest, Keys};
use crate::core::placement::list::Limits;
pub use crate::core::placement::list::{KEYS, NODES};
use crate::scenes::scene::Lang;
use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;

/// The keys of who gives none: 418 names of time zones, see the folder's README.
pub const SAMPLE: &str = include_str!("../data/tz-zones.txt");

/// Lists that are kept; the one that was not asked for longest goes when another comes.
const MOST: usize = 16;

/// Longest name in a reference, in bytes.
const NAME: usize = 100;

/// A list by its name and digest.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Reference {
    /// The file's name, without control characters, at most 100 bytes.
    pub name: String,
    /// 16 hex digits in lower case.
    pub digest: String,
}

impl Reference {
    pub fn new(name: &str, digest: Digest) -> Reference {
        let clean = name.chars().filter(|c| !c.is_control());
        let mut name = String::new();
        for character in clean {
            if name.len() + character.len_utf8() > NAME {
                break;
            }
            name.push(character);
        }
        Reference { name, digest: digest.short() }
    }

    /// The reference that an option is; `None` if it is a list itself. Canonical lines end in LF and are no reference.
    pub fn parse(option: &str) -> Option<Reference> {
        let (name, digest) = option.strip_prefix('@')?.rsplit_once(':')?;
        let hex = digest.len() == Digest::SHORT && digest.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        let named = name.len() <= NAME && !name.chars().any(char::is_control);
        (hex && named).then(|| Reference { name: name.to_owned(), digest: digest.to_owned() })
    }
}

/// `@NAME:DIGEST`
impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "@{}:{}", self.name, self.digest)
    }
}

/// The list is not at hand.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Missing(pub Reference);

impl Missing {
    /// One sentence that says how to mend it.
    pub fn words(&self, lang: Lang) -> String {
        let Reference { name, digest } = &self.0;
        match lang {
            Lang::En => {
                format!("The list “{}” (digest {digest}) is not here: open or drop that file to go on.", shown(name))
            }
            Lang::Zh => format!("缺少列表“{}”（摘要 {digest}）：请打开或拖入该文件。", shown(name)),
        }
    }
}

type Nodes = Read<Vec<Member>>;

#[derive(Clone)]
enum Entry {
    Keys(Arc<Read<Arc<Keys>>>),
    Nodes(Arc<Nodes>),
}

std::thread_local! {
    /// By digest, the latest last.
    static LISTS: RefCell<Vec<(String, Entry)>> = const { RefCell::new(Vec::new()) };
}

/// The canonical lines of a node list: `name<TAB>weight<TAB>zone`, without the tab where there is no zone.
pub fn lines(members: &[Member]) -> String {
    let mut text = String::new();
    for Member { name, weight, zone } in members {
        let tab = if zone.is_empty() { "" } else { "\t" };
        text.push_str(&format!("{name}\t{weight}{tab}{zone}\n"));
    }
    text
}

/// Keeps a key list at hand.
pub fn add_keys(name: &str, read: Arc<Read<Arc<Keys>>>) -> Reference {
    add(Reference::new(name, read.list.digest()), Entry::Keys(read))
}

/// Keeps a node list at hand.
pub fn add_nodes(name: &str, read: Arc<Nodes>) -> Reference {
    add(Reference::new(name, Digest::of(&lines(&read.list))), Entry::Nodes(read))
}

fn add(reference: Reference, entry: Entry) -> Reference {
    LISTS.with_borrow_mut(|lists| {
        lists.retain(|(digest, old)| !same(digest, old, &reference.digest, &entry));
        if lists.len() >= MOST {
            lists.remove(0);
        }
        lists.push((reference.digest.clone(), entry));
    });
    reference
}

fn same(digest: &str, entry: &Entry, other: &str, of: &Entry) -> bool {
    digest == other && std::mem::discriminant(entry) == std::mem::discriminant(of)
}

/// The entry of this digest for which `pick` has an answer; it is now the latest.
fn find<T>(reference: &Reference, pick: impl Fn(&Entry) -> Option<T>) -> Result<T, Missing> {
    LISTS.with_borrow_mut(|lists| {
        let fits = |(digest, entry): &(String, Entry)| *digest == reference.digest && pick(entry).is_some();
        let at = lists.iter().position(fits).ok_or_else(|| Missing(reference.clone()))?;
        let found = lists.remove(at);
        let picked = pick(&found.1);
        lists.push(found);
        picked.ok_or_else(|| Missing(reference.clone()))
    })
}

/// The keys that an option means: the list itself, in any form, or a reference to one.
///
/// # Errors
/// See [`Missing`].
pub fn keys(option: &str, limits: Limits) -> Result<Arc<Read<Arc<Keys>>>, Missing> {
    match Reference::parse(option) {
        Some(reference) => find(&reference, |entry| match entry {
            Entry::Keys(read) => Some(read.clone()),
            Entry::Nodes(_) => None,
        }),
        None => Ok(Arc::new(forms::keys(option.as_bytes(), limits, None).shared())),
    }
}

/// The nodes that an option means: the list itself, in any form, or a reference to one.
///
/// # Errors
/// See [`Missing`].
pub fn nodes(option: &str, limits: Limits) -> Result<Arc<Nodes>, Missing> {
    match Reference::parse(option) {
        Some(reference) => find(&reference, |entry| match entry {
            Entry::Nodes(read) => Some(read.clone()),
            Entry::Keys(_) => None,
        }),
        None => Ok(Arc::new(forms::nodes(option.as_bytes(), limits, None))),
    }
}

impl Read<Keys> {
    pub fn shared(self) -> Read<Arc<Keys>> {
        let Read { list, bad, form, header, ignored } = self;
        Read { list: Arc::new(list), bad, form, header, ignored }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::placement::list::{KEYS, NODES};

    #[test]
    fn references_are_what_they_say() {
        let digest = Digest::of("abc\n");
        let reference = Reference::new("my\nusers: all.csv", digest);
        assert_eq!(reference.to_string(), "@myusers: all.csv:03cfd743661f0797");
        assert_eq!(Reference::parse(&reference.to_string()), Some(reference));
        assert_eq!(Reference::new(&"é".repeat(99), digest).name, "é".repeat(50));
        for text in ["", "@", "@a", "@a:03cfd743661f0797\n", "@a:03CFD743661F0797", "a:03cfd743661f0797", "@a:03cf"] {
            assert_eq!(Reference::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_list_is_found_by_what_it_contains() {
        let read = forms::keys(b"key,owner\nu1,a\nu2,b\n", KEYS, None).shared();
        let reference = add_keys("placed.csv", Arc::new(read));
        let found = keys(&reference.to_string(), KEYS).unwrap();
        assert_eq!((found.list.text(), &found.ignored[..]), ("u1\nu2\n", &["owner".to_owned()][..]));
        let lines = keys("u1\nu2", KEYS).unwrap();
        assert_eq!(lines.list, found.list, "the same list in another form");
        assert_eq!(Reference::new("placed.csv", lines.list.digest()), reference);
        let missing = nodes(&reference.to_string(), NODES).unwrap_err();
        assert_eq!(missing, Missing(reference.clone()), "it is a list of keys");
        let words = "The list “placed.csv” (digest ";
        assert!(missing.words(Lang::En).starts_with(words) && missing.words(Lang::Zh).contains(&reference.digest));
    }

    #[test]
    fn nodes_are_kept_too_and_the_oldest_go() {
        let read = Arc::new(forms::nodes(b"a\t2\tz\nb\n", NODES, None));
        assert_eq!(super::lines(&read.list), "a\t2\tz\nb\t1\n");
        let reference = add_nodes("n", read.clone());
        let other = |i: usize| Arc::new(forms::nodes(format!("n{i}").as_bytes(), NODES, None));
        let first = add_nodes("first", other(0));
        (1..MOST - 1).for_each(|i| drop(add_nodes("o", other(i))));
        assert_eq!(nodes(&reference.to_string(), NODES).as_ref(), Ok(&read));
        add_nodes("o", other(MOST));
        assert_eq!(nodes(&first.to_string(), NODES), Err(Missing(first)));
        assert_eq!(nodes(&reference.to_string(), NODES), Ok(read));
        assert_eq!(nodes("x,3\ny,4", NODES).unwrap().list.len(), 2);
    }
}
