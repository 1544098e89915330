//! The run in the address bar: it survives reload and Back, and its link always lies where plain JavaScript can read it.

use super::page::Page;
use super::{dom, notices, openings, parts};
use crate::embed::params;
use crate::scenes::link::{self, LinkError};
use crate::scenes::parts::FIRST_SCENE;
use crate::scenes::run::RunSpec;
use std::cell::{Cell, RefCell};
use wasm_bindgen::JsValue;

/// Browsers refuse more than about a hundred changes of the address in half a minute.
const EVERY_MS: f64 = 700.0;
/// The fragment that says: the run is too long for a link and waits in the session's storage.
const KEPT: &str = "#kept";
const SESSION_KEY: &str = "faultline.run";

thread_local! {
    static WRITTEN_AT: Cell<f64> = const { Cell::new(-1e9) };
    static TRAILING: Cell<bool> = const { Cell::new(false) };
    static CURRENT: RefCell<String> = const { RefCell::new(String::new()) };
}

/// The fragment of this very moment.
pub fn fragment(page: Page) -> Result<String, LinkError> {
    let spec = page.look(|run| run.spec()).ok_or(LinkError::Malformed)?;
    let text = link::encode(&spec)?;
    Ok(if text.starts_with('#') { text } else { format!("#{text}") })
}

/// The page's own address without its fragment.
pub fn base() -> String {
    let href = dom::window().and_then(|w| w.location().href().ok()).unwrap_or_default();
    href.split('#').next().unwrap_or_default().to_string()
}

/// Where links of runs and answers go: the full page, whatever it was opened with here. A lesson in the address would be begun
/// again instead.
pub fn full_page() -> String {
    params::full_page(&base())
}

/// The whole link of this very moment.
pub fn link(page: Page) -> Result<String, LinkError> {
    Ok(full_page() + &fragment(page)?)
}

/// Lays the current link where the panic card and tests find it, and writes it into the address bar soon.
pub fn publish(page: Page) {
    let text = fragment(page).unwrap_or_default();
    dom::set_global("faultlineLink", &JsValue::from_str(&(full_page() + &text)));
    follow(page, false);
}

/// Called after every change: writes the address at most every [`EVERY_MS`], the last change always.
pub fn follow(page: Page, playing: bool) {
    let now = dom::screen_ms();
    if now - WRITTEN_AT.get() > if playing { 2.0 * EVERY_MS } else { EVERY_MS } {
        write(page);
    } else if !TRAILING.replace(true) {
        gloo_timers::callback::Timeout::new(EVERY_MS as u32, move || {
            TRAILING.set(false);
            write(page);
        })
        .forget();
    }
}

fn write(page: Page) {
    WRITTEN_AT.set(dom::screen_ms());
    let text = match fragment(page) {
        Ok(text) => text,
        Err(LinkError::TooLong) if !page.embedded => {
            // A run that long was made with the workbench.
            let Some(workbench) = parts::workbench() else { return };
            let file = page.look(|run| (workbench.to_file)(&run.spec())).unwrap_or_default();
            dom::session_store(SESSION_KEY, &file);
            KEPT.to_string()
        }
        Err(_) => return,
    };
    dom::set_global("faultlineLink", &JsValue::from_str(&(full_page() + &text)));
    if CURRENT.with(|current| current.replace(text.clone()) == text) {
        return;
    }
    if let Some(history) = dom::window().and_then(|w| w.history().ok()) {
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&text));
    }
}

/// Another scene is about to come on show: the present moment stays one Back away.
pub fn leave(page: Page) {
    if page.look(|_| ()).is_none() {
        return;
    }
    write(page);
    let text = CURRENT.with(|current| current.borrow().clone());
    if let Some(history) = dom::window().and_then(|w| w.history().ok()) {
        let _ = history.push_state_with_url(&JsValue::NULL, "", Some(&text));
    }
}

fn hash() -> String {
    dom::window().and_then(|w| w.location().hash().ok()).unwrap_or_default()
}

/// The scene of the run that the address bar names.
pub fn named_scene() -> Option<String> {
    let hash = hash();
    if hash == KEPT {
        let file = dom::session_stored(SESSION_KEY)?;
        return file.lines().find_map(|line| line.strip_prefix("scene ")).map(str::to_owned);
    }
    Some(link::decode(&hash).ok()?.scene)
}

/// Opens what the address bar names; tells whether it named a run.
pub fn open_location(page: Page, told: impl FnOnce(bool) + 'static) {
    let hash = hash();
    if hash.len() < 2 || CURRENT.with(|current| *current.borrow() == hash) {
        return told(false);
    }
    // The address says so already: going Back at once must not be taken for where the page is.
    CURRENT.with(|current| current.borrow_mut().clone_from(&hash));
    if hash != KEPT {
        return open_link(page, &hash, told);
    }
    match dom::session_stored(SESSION_KEY) {
        Some(file) => {
            parts::with_workbench(page, move |workbench| (workbench.open_file)(page, &file, Box::new(told)));
        }
        None => told(false),
    }
}

/// Opens a link and tells whether it could. On failure says why, in the reader's language, and leaves the present run
/// alone.
pub fn open_link(page: Page, text: &str, told: impl FnOnce(bool) + 'static) {
    // Answers to a lesson.
    if text.trim().rsplit('#').next().is_some_and(|fragment| fragment.starts_with('a')) {
        let text = text.to_owned();
        if page.look(|_| ()).is_none() {
            page.open_scene(FIRST_SCENE);
        }
        return parts::with_lessons(page, move |lessons| (lessons.open_sheet)(page, &text, Box::new(told)));
    }
    let key = match link::decode(text) {
        Ok(spec) => return open_spec(page, spec, told),
        Err(LinkError::TooLong) => "link-too-long",
        Err(LinkError::Malformed) => "link-malformed",
        Err(LinkError::Newer) => "link-newer",
    };
    notices::warn(page, page.say(key, &[]));
    told(false);
}

/// Opens a run at its moment once its scene is here, and the lists that it only names.
pub fn open_spec(page: Page, spec: RunSpec, told: impl FnOnce(bool) + 'static) {
    if spec.options.iter().any(|(_, value)| value.starts_with('@')) {
        return parts::with_workbench(page, move |workbench| (workbench.with_lists)(page, spec, Box::new(told)));
    }
    open_ready(page, spec, told);
}

/// The same once the lists are here.
pub fn open_ready(page: Page, spec: RunSpec, told: impl FnOnce(bool) + 'static) {
    let scene = spec.scene.clone();
    parts::with(page, &scene, page.lang_now(), move |here| {
        if !here {
            return told(false);
        }
        let (opening, claimed) = (openings::State::of(&spec, page.lang_now()), spec.hash);
        page.bring(spec, opening, move |opened| {
            if opened {
                page.unfold();
                // Today's core may reach another state than the one that was claimed.
                if claimed != 0 && claimed != page.look(|run| run.state_hash()).unwrap_or(0) {
                    notices::warn(page, page.say("link-other-hash", &[]));
                }
            }
            told(opened);
        });
    });
}

/// Back, Forward and edits of the address.
pub fn install(page: Page) {
    let Some(window) = dom::window() else { return };
    for name in ["hashchange", "popstate"] {
        dom::listen(&window, name, move |_| {
            open_location(page, |_| ());
        });
    }
}
