//! The parts of the page that are fetched when they are first asked for: the scenes but the first, and Chinese.
//!
//! `#[wasm_split]` marks where the module is cut. What can only be reached through such a function is put into a file of its
//! own when the site is built (`cargo xtask parts`); calling it fetches that file first.

use super::page::Page;
use super::text::{CHROME, zh};
use super::{header, notices};
use crate::scenes::catalogue::{self, Scene};
use crate::scenes::parts::{self, Tables};
use crate::scenes::scene::Lang;
use crate::scenes::text;
use wasm_bindgen_futures::spawn_local;
use wasm_split_helpers::{SplitLoaderError, wasm_split};

/// A part did not arrive. The loader has put the reason on the console; asking again tries again.
struct Missing;

impl From<SplitLoaderError> for Missing {
    fn from(_: SplitLoaderError) -> Self {
        Missing
    }
}

#[wasm_split(ring, fallible)]
fn ring() -> Result<&'static dyn Scene, Missing> {
    Ok(catalogue::RING)
}

#[wasm_split(commit, fallible)]
fn commit() -> Result<&'static dyn Scene, Missing> {
    Ok(catalogue::COMMIT)
}

#[wasm_split(chinese, fallible)]
fn chinese() -> Result<Tables, Missing> {
    static ALL: [(&str, &text::Words); 5] = {
        let [common, lock, commit, ring] = text::zh::TABLES;
        [common, lock, commit, ring, (CHROME, &zh::WORDS)]
    };
    Ok(&ALL)
}

async fn fetch_scene(name: &'static str) -> Result<(), Missing> {
    let scene = match name {
        "ring" => ring().await?,
        "commit" => commit().await?,
        _ => return Ok(()),
    };
    parts::add_scene(name, scene);
    Ok(())
}

/// Whether what this scene and this language need is here. Of a scene that does not exist nothing is missing.
pub fn here(scene: &str, lang: Lang) -> bool {
    (header::scene(scene).is_none() || parts::scene(scene).is_some())
        && (lang == Lang::En || parts::chinese().is_some())
}

async fn fetch(scene: &str, lang: Lang) -> Result<(), Missing> {
    if let Some(name) = header::scene(scene).filter(|name| parts::scene(name).is_none()) {
        fetch_scene(name).await?;
    }
    if lang == Lang::Zh && parts::chinese().is_none() {
        parts::add_chinese(chinese().await?);
    }
    Ok(())
}

/// Before the page is drawn: calls `then` with whether everything has come.
pub fn at_start(scene: String, lang: Lang, then: impl FnOnce(bool) + 'static) {
    if here(&scene, lang) {
        return then(true);
    }
    spawn_local(async move { then(fetch(&scene, lang).await.is_ok()) });
}

/// Calls `then` with true once the scene and the language are here: at once if they are, else when they have come. With
/// false if they do not arrive, which the reader is told, or if something else was asked for meanwhile.
pub fn with(page: Page, scene: &str, lang: Lang, then: impl FnOnce(bool) + 'static) {
    let ticket = page.awaited.with(|awaited| awaited.1) + 1;
    if here(scene, lang) {
        page.awaited.quietly(|awaited| *awaited = (String::new(), ticket));
        return then(true);
    }
    let scene = scene.to_owned();
    page.awaited.set((scene.clone(), ticket));
    spawn_local(async move {
        let fetched = fetch(&scene, lang).await;
        if page.awaited.with(|awaited| awaited.1) != ticket {
            return then(false);
        }
        page.awaited.set((String::new(), ticket));
        if fetched.is_err() {
            notices::warn(page, page.say("part-missing", &[]));
        }
        then(fetched.is_ok());
    });
}
