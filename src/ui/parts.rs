//! The parts of the page that are fetched when they are first asked for: the scenes but the first, what only they draw,
//! Chinese, the panels, and searches.
//!
//! `#[wasm_split]` marks where the module is cut. What can only be reached through such a function is put into a file of its
//! own when the site is built (`cargo xtask parts`); calling it fetches that file first.

use super::coverage::{COVERING, Covering};
use super::export::{EXPORTING, Exporting};
use super::frame::{FRAME, Frame};
use super::lessons::{TEACHING, Teaching};
use super::page::Page;
use super::plots;
use super::search::{SEARCHING, Searching};
use super::stage::BuildPlots;
use super::teach::{LECTURING, Lecturing};
use super::text::{CHROME, zh};
use super::workbench::{WORKBENCH, Workbench};
use super::{app, header, notices};
use crate::scenes::SCENES;
use crate::scenes::catalogue::{self, Desk, Scene};
use crate::scenes::parts::{self, FIRST_SCENE, Tables};
use crate::scenes::scene::Lang;
use crate::scenes::text;
use std::cell::{Cell, RefCell};
use wasm_bindgen_futures::spawn_local;
use wasm_split_helpers::{SplitLoaderError, wasm_split};

/// A part did not arrive. The loader has put the reason on the console; asking again tries again.
struct Missing;

impl From<SplitLoaderError> for Missing {
    fn from(_: SplitLoaderError) -> Self {
        Missing
    }
}

type Both = (&'static dyn Scene, &'static dyn Desk);

#[wasm_split(placement, fallible)]
fn placement() -> Result<Both, Missing> {
    Ok((catalogue::PLACEMENT, catalogue::PLACEMENT_DESK))
}

#[wasm_split(ring, fallible)]
fn ring() -> Result<Both, Missing> {
    Ok((catalogue::RING, catalogue::RING_DESK))
}

/// What draws the ring and panels.
#[wasm_split(plots, fallible)]
fn fetch_plots() -> Result<BuildPlots, Missing> {
    Ok(plots::build)
}

#[wasm_split(coordination, fallible)]
fn coordination() -> Result<Both, Missing> {
    Ok((catalogue::COORDINATION, catalogue::COORDINATION_DESK))
}

#[wasm_split(commit, fallible)]
fn commit() -> Result<Both, Missing> {
    Ok((catalogue::COMMIT, catalogue::COMMIT_DESK))
}

#[wasm_split(workbench, fallible)]
fn fetch_workbench() -> Result<(&'static Workbench, &'static dyn Desk), Missing> {
    Ok((&WORKBENCH, catalogue::LOCK_DESK))
}

#[wasm_split(search, fallible)]
fn fetch_search() -> Result<&'static Searching, Missing> {
    Ok(&SEARCHING)
}

#[wasm_split(coverage, fallible)]
fn fetch_coverage() -> Result<&'static Covering, Missing> {
    Ok(&COVERING)
}

#[wasm_split(lessons, fallible)]
fn fetch_lessons() -> Result<&'static Teaching, Missing> {
    Ok(&TEACHING)
}

#[wasm_split(export, fallible)]
fn fetch_export() -> Result<&'static Exporting, Missing> {
    Ok(&EXPORTING)
}

#[wasm_split(frame, fallible)]
fn fetch_frame() -> Result<&'static Frame, Missing> {
    Ok(&FRAME)
}

#[wasm_split(chinese, fallible)]
fn chinese() -> Result<Tables, Missing> {
    static ALL: [(&str, &text::Words); 10] = {
        let [common, lock, coordination, coordination_desk, commit, commit_desk, ring, placement, placement_desk] =
            text::zh::TABLES;
        [
            common,
            lock,
            coordination,
            coordination_desk,
            commit,
            commit_desk,
            ring,
            placement,
            placement_desk,
            (CHROME, &zh::WORDS),
        ]
    };
    Ok(&ALL)
}

async fn fetch_scene(name: &'static str) -> Result<(), Missing> {
    if matches!(name, "placement" | "ring") && plots().is_none() {
        PLOTS.set(Some(fetch_plots().await?));
    }
    let (scene, desk) = match name {
        "placement" => placement().await?,
        "ring" => ring().await?,
        "coordination" => coordination().await?,
        "commit" => commit().await?,
        _ => return Ok(()),
    };
    parts::add_scene(name, scene);
    parts::add_desk(name, desk);
    Ok(())
}

#[wasm_split(teach, fallible)]
fn fetch_teach() -> Result<&'static Lecturing, Missing> {
    Ok(&LECTURING)
}

thread_local! {
    static AT_HAND: Cell<Option<&'static Workbench>> = const { Cell::new(None) };
    static PLOTS: Cell<Option<BuildPlots>> = const { Cell::new(None) };
    static LESSONS: Cell<Option<&'static Teaching>> = const { Cell::new(None) };
    static COVERAGE: Cell<Option<&'static Covering>> = const { Cell::new(None) };
    static SEARCH: Cell<Option<&'static Searching>> = const { Cell::new(None) };
    static TEACH: Cell<Option<&'static Lecturing>> = const { Cell::new(None) };
    static IN_FRAME: Cell<Option<&'static Frame>> = const { Cell::new(None) };
    /// Who waits for the workbench while it is being fetched.
    static WAITING: RefCell<Option<Vec<Waiting>>> = const { RefCell::new(None) };
}

type Waiting = Box<dyn FnOnce(&'static Workbench)>;

/// The panels around the stage, if they are here.
pub fn workbench() -> Option<&'static Workbench> {
    AT_HAND.get()
}

/// What draws the ring and panels, if it is here.
pub fn plots() -> Option<BuildPlots> {
    PLOTS.get()
}

/// What searches, if it is here.
pub fn search() -> Option<&'static Searching> {
    SEARCH.get()
}

/// Lessons, if they are here.
pub fn lessons() -> Option<&'static Teaching> {
    LESSONS.get()
}

/// The page of all searches, if it is here.
pub fn coverage() -> Option<&'static Covering> {
    COVERAGE.get()
}

/// What is for the lecture, if it is here.
pub fn teach() -> Option<&'static Lecturing> {
    TEACH.get()
}

/// Calls `then` with what is for the lecture, once it is here. If it does not arrive, the reader is told.
pub fn with_teach(page: Page, then: impl FnOnce(&'static Lecturing) + 'static) {
    spawn_local(async move {
        match fetch_teach().await {
            Ok(teach) => {
                TEACH.set(Some(teach));
                then(teach);
            }
            Err(Missing) => notices::warn(page, page.say("part-missing", &[])),
        }
    });
}

/// What the query of the address is for, if it has one of ours.
pub fn frame() -> Option<&'static Frame> {
    IN_FRAME.get()
}

/// Why nothing may be changed here, if that is so.
pub fn refusal(lang: Lang) -> Option<String> {
    IN_FRAME.get().and_then(|frame| (frame.refusal)(lang))
}

/// Calls `then` with what searches, once it is here. If it does not arrive, the reader is told.
pub fn with_search(page: Page, then: impl FnOnce(&'static Searching) + 'static) {
    spawn_local(async move {
        match fetch_search().await {
            Ok(search) => {
                SEARCH.set(Some(search));
                then(search);
            }
            Err(Missing) => notices::warn(page, page.say("part-missing", &[])),
        }
    });
}

/// Calls `then` with what teaches, once it and the panels are here. If it does not arrive, the reader is told.
pub fn with_lessons(page: Page, then: impl FnOnce(&'static Teaching) + 'static) {
    // One copy of what follows, whoever asks.
    lessons_then(page, Box::new(then));
}

fn lessons_then(page: Page, then: Box<dyn FnOnce(&'static Teaching)>) {
    with_workbench(page, move |_| {
        spawn_local(async move {
            match fetch_lessons().await {
                Ok(lessons) => {
                    LESSONS.set(Some(lessons));
                    then(lessons);
                }
                Err(Missing) => notices::warn(page, page.say("part-missing", &[])),
            }
        });
    });
}

/// Calls `then` once these scenes are here, each that exists. If one does not arrive, the reader is told.
pub fn with_scenes(page: Page, names: Vec<String>, then: impl FnOnce() + 'static) {
    spawn_local(async move {
        for name in names {
            if fetch(&name, Lang::En).await.is_err() {
                return notices::warn(page, page.say("part-missing", &[]));
            }
        }
        then();
    });
}

/// Calls `then` with the page of all searches, once it is here. If it does not arrive, the reader is told.
pub fn with_coverage(page: Page, then: impl FnOnce(&'static Covering) + 'static) {
    spawn_local(async move {
        let all = async {
            // Its rows are said in the words of their scenes.
            for scene in SCENES.into_iter().filter(|scene| parts::scene(scene).is_none()) {
                fetch_scene(scene).await?;
            }
            fetch_coverage().await
        };
        match all.await {
            Ok(coverage) => {
                COVERAGE.set(Some(coverage));
                then(coverage);
            }
            Err(Missing) => notices::warn(page, page.say("part-missing", &[])),
        }
    });
}

/// Calls `then` with what makes pictures and traces, once it is here. If it does not arrive, the reader is told.
pub fn with_export(page: Page, then: impl FnOnce(&'static Exporting) + 'static) {
    // The diagram and the events are told by what comes with the panels.
    with_workbench(page, move |_| {
        spawn_local(async move {
            match fetch_export().await {
                Ok(export) => then(export),
                Err(Missing) => notices::warn(page, page.say("part-missing", &[])),
            }
        });
    });
}

/// Calls `then` with the workbench: at once if it is here, else when it has come. If it does not arrive, the reader is told.
pub fn with_workbench(page: Page, then: impl FnOnce(&'static Workbench) + 'static) {
    if let Some(workbench) = AT_HAND.get() {
        return then(workbench);
    }
    let first = WAITING.with_borrow_mut(|waiting| {
        let first = waiting.is_none();
        waiting.get_or_insert_default().push(Box::new(then));
        first
    });
    if !first {
        return;
    }
    spawn_local(async move {
        let fetched = furniture().await;
        let waiting = WAITING.take().unwrap_or_default();
        match fetched {
            Ok(workbench) => {
                app::furnish(page, workbench);
                waiting.into_iter().for_each(|then| then(workbench));
            }
            Err(Missing) => notices::warn(page, page.say("part-missing", &[])),
        }
    });
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

/// Before the page is drawn: calls `then` with its language once everything has come that it opens with, else with nothing.
/// `named` is the scene of the run in the address, `asked` a query that has keys of ours.
pub fn at_start(
    named: Option<String>,
    lang: Lang,
    embedded: bool,
    asked: Option<String>,
    then: impl FnOnce(Option<Lang>) + 'static,
) {
    if named.is_none() && asked.is_none() && here(FIRST_SCENE, lang) {
        return then(Some(lang));
    }
    spawn_local(async move {
        // A link opens on a moment with all panels out; in a frame there is no room for a first screen of its own.
        let mut unfolded = named.is_some() || embedded;
        let mut scene = named;
        let mut lang = lang;
        let all = async {
            if let Some(query) = asked {
                let frame = fetch_frame().await?;
                IN_FRAME.set(Some(frame));
                let asked = (frame.read)(&query, embedded);
                lang = asked.lang.unwrap_or(lang);
                unfolded |= asked.run;
                scene = scene.or(asked.scene);
            }
            fetch(scene.as_deref().unwrap_or(FIRST_SCENE), lang).await?;
            if unfolded {
                furniture().await?;
            }
            Ok::<_, Missing>(lang)
        };
        then(all.await.ok());
    });
}

async fn furniture() -> Result<&'static Workbench, Missing> {
    let (workbench, desk) = fetch_workbench().await?;
    parts::add_desk(FIRST_SCENE, desk);
    super::text::add(workbench.words);
    AT_HAND.set(Some(workbench));
    Ok(workbench)
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
