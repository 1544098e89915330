//! Which scenes and words this program has at hand: all of them, or, in the page, those that it has fetched.
//!
//! The page's WebAssembly is cut into parts (`ui/parts.rs`): the first has the stage of one scene and English, and nothing
//! that is linked into it may name the others. So they are found here, by name, and whoever fetches one puts it in.
//! The page's worker searches and draws nothing: it has the words of errors and no scene to show.

use super::text::{Table, Words};

/// A language's tables, each with the scene that it belongs to.
pub type Tables = &'static [(&'static str, &'static Words)];

/// The scene that every page has from the start.
pub const FIRST_SCENE: &str = "lock";

/// The tables of a scene, of `common` or of the page's own `chrome`: one, or two.
pub fn find(tables: Tables, scene: &str) -> [Table; 2] {
    let mut found = tables.iter().filter(|(name, _)| *name == scene).map(|(_, words)| words.table());
    [found.next().unwrap_or(&[]), found.next().unwrap_or(&[])]
}

/// The English words that the panels of all scenes have in common.
#[cfg(not(all(feature = "worker", not(feature = "ui"), target_arch = "wasm32")))]
pub fn common_words() -> Option<&'static Words> {
    desk(FIRST_SCENE).map(|desk| desk.common_words())
}

#[cfg(all(feature = "worker", not(feature = "ui"), target_arch = "wasm32"))]
mod at_hand {
    use super::{Tables, Words};
    use crate::scenes::catalogue::{Desk, Scene};
    use crate::scenes::text::{en, zh};

    static CHINESE: [(&str, &Words); 1] = [("common", &zh::common::TABLE)];

    pub fn scene(_: &str) -> Option<&'static dyn Scene> {
        None
    }

    pub fn desk(_: &str) -> Option<&'static dyn Desk> {
        None
    }

    pub fn common_words() -> Option<&'static Words> {
        Some(&en::desk::common::TABLE)
    }

    pub fn chinese() -> Option<Tables> {
        Some(&CHINESE)
    }
}

#[cfg(not(all(any(feature = "ui", feature = "worker"), target_arch = "wasm32")))]
mod at_hand {
    use super::Tables;
    use crate::scenes::catalogue::{self, Desk, Scene};

    pub fn scene(name: &str) -> Option<&'static dyn Scene> {
        match name {
            "placement" => Some(catalogue::PLACEMENT),
            "ring" => Some(catalogue::RING),
            "lock" => Some(catalogue::LOCK),
            "coordination" => Some(catalogue::COORDINATION),
            "commit" => Some(catalogue::COMMIT),
            _ => None,
        }
    }

    pub fn desk(name: &str) -> Option<&'static dyn Desk> {
        match name {
            "placement" => Some(catalogue::PLACEMENT_DESK),
            "ring" => Some(catalogue::RING_DESK),
            "lock" => Some(catalogue::LOCK_DESK),
            "coordination" => Some(catalogue::COORDINATION_DESK),
            "commit" => Some(catalogue::COMMIT_DESK),
            _ => None,
        }
    }

    pub fn chinese() -> Option<Tables> {
        Some(&crate::scenes::text::zh::TABLES)
    }

    // Nothing is missing here: the page, compiled for a machine, has nothing to put in.
    pub fn add_scene(_: &str, _: &'static dyn Scene) {}
    pub fn add_desk(_: &str, _: &'static dyn Desk) {}
    pub fn add_chinese(_: Tables) {}
}

#[cfg(all(feature = "ui", target_arch = "wasm32"))]
mod at_hand {
    use super::{FIRST_SCENE, Tables};
    use crate::scenes::SCENES;
    use crate::scenes::catalogue::{self, Desk, Scene};
    use std::cell::Cell;

    type Fetched = (Option<&'static dyn Scene>, Option<&'static dyn Desk>);

    thread_local! {
        static FETCHED: Cell<[Fetched; SCENES.len()]> = const { Cell::new([(None, None); SCENES.len()]) };
        static CHINESE: Cell<Option<Tables>> = const { Cell::new(None) };
    }

    fn fetched(name: &str) -> Fetched {
        SCENES.iter().zip(FETCHED.get()).find(|(known, _)| **known == name).map_or((None, None), |(_, found)| found)
    }

    fn put(name: &str, change: impl FnOnce(&mut Fetched)) {
        let mut all = FETCHED.get();
        if let Some((_, slot)) = SCENES.iter().zip(&mut all).find(|(known, _)| **known == name) {
            change(slot);
        }
        FETCHED.set(all);
    }

    pub fn scene(name: &str) -> Option<&'static dyn Scene> {
        if name == FIRST_SCENE { Some(catalogue::LOCK) } else { fetched(name).0 }
    }

    pub fn desk(name: &str) -> Option<&'static dyn Desk> {
        fetched(name).1
    }

    pub fn chinese() -> Option<Tables> {
        CHINESE.get()
    }

    pub fn add_scene(name: &str, scene: &'static dyn Scene) {
        put(name, |slot| slot.0 = Some(scene));
    }

    pub fn add_desk(name: &str, desk: &'static dyn Desk) {
        put(name, |slot| slot.1 = Some(desk));
    }

    pub fn add_chinese(tables: Tables) {
        CHINESE.set(Some(tables));
    }
}

pub use at_hand::*;
