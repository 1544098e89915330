//! Runs as files: what a link cannot hold is saved, opened and dropped onto the page.

use super::lists::{self, Kind};
use crate::scenes::link;
use crate::ui::page::Page;
use crate::ui::{address, dom, notices};
use wasm_bindgen::JsCast;

/// No run that a person made is larger; what is, is not one of ours.
const LARGEST: f64 = 4_000_000.0;
/// Lists may have 8 MiB in all, and a form that takes twice as much.
const LARGEST_LIST: f64 = 16.0 * 1024.0 * 1024.0;
/// How a run's file begins.
const HEAD: &[u8] = b"faultline ";

/// Hands the run to the browser as a download.
pub fn save(page: Page) {
    let Some(spec) = page.look(|run| run.spec()) else { return };
    let name = format!("{}-{}.faultline", spec.scene, spec.seed);
    save_text(page, &name, "text/plain", &link::to_file(&spec));
}

/// Hands a text to the browser as a file; where it does not take it, the reader is told.
pub fn save_text(page: Page, name: &str, kind: &str, text: &str) {
    if dom::text_blob(kind, text).and_then(|blob| download(name, &blob)).is_none() {
        notices::warn(page, page.say("save-failed", &[]));
    }
}

/// Hands a file to the browser as a download. `None` if it does not take it.
pub fn download(name: &str, blob: &web_sys::Blob) -> Option<()> {
    let url = web_sys::Url::create_object_url_with_blob(blob).ok()?;
    let anchor: web_sys::HtmlAnchorElement = dom::create("a", "")?.dyn_into().ok()?;
    anchor.set_href(&url);
    anchor.set_download(name);
    anchor.click();
    // The download has its own reference once it has begun.
    gloo_timers::callback::Timeout::new(10_000, move || {
        let _ = web_sys::Url::revoke_object_url(&url);
    })
    .forget();
    Some(())
}

/// Opens a run from a file's text. On failure says which line is wrong and leaves the present run alone.
pub fn open_text(page: Page, text: &str, told: super::Told) {
    match link::from_file(text) {
        Ok(spec) => address::open_spec(page, spec, told),
        Err((line, why)) => {
            notices::warn(page, page.say("file-malformed", &[&line.to_string(), &why]));
            told(false);
        }
    }
}

/// Reads a file that was chosen or dropped: a run, or a list where the scene takes lists. `kind` says which of both lists, if
/// the place where it was dropped does.
pub fn open_file(page: Page, file: web_sys::File, kind: Option<Kind>) {
    let lists = lists::taken(page) || lists::awaited();
    if file.size() > if lists { LARGEST_LIST } else { LARGEST } {
        notices::warn(page, page.say("file-too-large", &[]));
        return;
    }
    let promise = file.array_buffer();
    wasm_bindgen_futures::spawn_local(async move {
        let bytes = match wasm_bindgen_futures::JsFuture::from(promise).await {
            Ok(buffer) => js_sys::Uint8Array::new(&buffer).to_vec(),
            Err(_) => return notices::warn(page, page.say("file-unreadable", &[])),
        };
        // A run says what it is in its first line.
        if lists && (kind.is_some() || !bytes.trim_ascii_start().starts_with(HEAD)) {
            return lists::given(page, &file.name(), bytes, kind);
        }
        match String::from_utf8(bytes) {
            Ok(text) => open_text(page, text.trim_start_matches('\u{feff}'), Box::new(|_| ())),
            Err(_) => notices::warn(page, page.say("file-not-text", &[])),
        }
    });
}

/// Files may be dropped anywhere on the page; lists may be pasted, where no field has the focus.
pub fn install(page: Page) {
    let Some(document) = dom::document() else { return };
    dom::listen(&document, "dragover", |event| event.prevent_default());
    dom::listen(&document, "drop", move |event| {
        event.prevent_default();
        let kind = dom::carrier(&event, "data-key").and_then(|(_, key)| Kind::of(&key));
        let file = event
            .dyn_ref::<web_sys::DragEvent>()
            .and_then(|drop| drop.data_transfer())
            .and_then(|data| data.files())
            .and_then(|files| files.get(0));
        if let Some(file) = file {
            open_file(page, file, kind);
        }
    });
    dom::listen(&document, "paste", move |event| pasted(page, &event));
}

fn pasted(page: Page, event: &web_sys::Event) {
    let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    if target.is_some_and(|target| target.matches("input, textarea, select").unwrap_or(false)) {
        return;
    }
    let Some(data) = dom::get(event, "clipboardData").and_then(|data| data.dyn_into::<web_sys::DataTransfer>().ok())
    else {
        return;
    };
    if let Some(file) = data.files().and_then(|files| files.get(0)) {
        return open_file(page, file, None);
    }
    let text = dom::get(&data, "getData").and_then(|get| get.dyn_into::<js_sys::Function>().ok());
    let text = text.and_then(|get| get.call1(&data, &"text".into()).ok()?.as_string()).unwrap_or_default();
    if text.trim().is_empty() {
        return;
    }
    if text.len() as f64 > LARGEST_LIST {
        return notices::warn(page, page.say("file-too-large", &[]));
    }
    if text.as_bytes().trim_ascii_start().starts_with(HEAD) {
        open_text(page, &text, Box::new(|_| ()));
    } else if lists::taken(page) || lists::awaited() {
        lists::given(page, page.tr("pasted"), text.into_bytes(), None);
    }
}
