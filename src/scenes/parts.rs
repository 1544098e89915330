//! Which scenes and words this program has at hand: all of them, or, in the page, those that it has fetched.
//!
//! The page's WebAssembly is cut into parts (`ui/parts.rs`): the first has one scene and English, and nothing that is linked
//! into it may name the others. So they are found here, by name, and whoever fetches one puts it in.

use super::catalogue::{self, Scene};
use super::text::{Table, Words};

/// A language's tables, each with the scene that it belongs to.
pub type Tables = &'static [(&'static str, &'static Words)];

/// The scene that every page has from the start.
pub const FIRST_SCENE: &str = "lock";

/// The table of a scene, of `common` or of the page's own `chrome`.
pub fn find(tables: Tables, scene: &str) -> Table {
    tables.iter().find(|(name, _)| *name == scene).map_or(&[], |(_, words)| words.table())
}

#[cfg(not(all(feature = "ui", target_arch = "wasm32")))]
mod at_hand {
    use super::{Scene, Tables, catalogue};

    pub fn scene(name: &str) -> Option<&'static dyn Scene> {
        match name {
            "ring" => Some(catalogue::RING),
            "lock" => Some(catalogue::LOCK),
            "commit" => Some(catalogue::COMMIT),
            _ => None,
        }
    }

    pub fn chinese() -> Option<Tables> {
        Some(&crate::scenes::text::zh::TABLES)
    }

    pub fn add_scene(_: &str, _: &'static dyn Scene) {}

    pub fn add_chinese(_: Tables) {}
}

#[cfg(all(feature = "ui", target_arch = "wasm32"))]
mod at_hand {
    use super::{FIRST_SCENE, Scene, Tables, catalogue};
    use crate::scenes::SCENES;
    use std::cell::Cell;

    thread_local! {
        static FETCHED: [Cell<Option<&'static dyn Scene>>; SCENES.len()] = const { [const { Cell::new(None) }; SCENES.len()] };
        static CHINESE: Cell<Option<Tables>> = const { Cell::new(None) };
    }

    pub fn scene(name: &str) -> Option<&'static dyn Scene> {
        if name == FIRST_SCENE {
            return Some(catalogue::LOCK);
        }
        let at = SCENES.iter().position(|known| *known == name)?;
        FETCHED.with(|fetched| fetched[at].get())
    }

    pub fn chinese() -> Option<Tables> {
        CHINESE.get()
    }

    pub fn add_scene(name: &str, scene: &'static dyn Scene) {
        if let Some(at) = SCENES.iter().position(|known| *known == name) {
            FETCHED.with(|fetched| fetched[at].set(Some(scene)));
        }
    }

    pub fn add_chinese(tables: Tables) {
        CHINESE.set(Some(tables));
    }
}

pub use at_hand::{add_chinese, add_scene, chinese, scene};
