//! The present mode: stage, sentence and time alone, drawn large; what is broken stays hidden until it is asked for.

use crate::ui::page::{Dialog, Page};
use crate::ui::text::teach::TEACHES;
use crate::ui::{dom, html, stage};
use std::cell::Cell;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::Element;

/// Drawn so much larger, on a screen that is as wide as this or wider.
const LARGE: [(i32, f64); 3] = [(1_600, 1.8), (900, 1.5), (0, 1.0)];

thread_local! {
    static ON: Cell<bool> = const { Cell::new(false) };
    static VERDICTS: Cell<bool> = const { Cell::new(false) };
    static LISTENING: Cell<bool> = const { Cell::new(false) };
}

fn root() -> Option<Element> {
    dom::document()?.query_selector(".app").ok().flatten()
}

pub fn toggle(page: Page) {
    show(page, !ON.get());
    full_screen(ON.get());
}

fn show(page: Page, on: bool) {
    let Some(root) = root() else { return };
    ON.set(on);
    VERDICTS.set(false);
    page.dialog.set(Dialog::None);
    page.drawer.set(false);
    page.select(None);
    page.unfold();
    let width = dom::window().and_then(|w| w.inner_width().ok()?.as_f64()).unwrap_or_default() as i32;
    let zoom = LARGE.iter().find(|(from, _)| width >= *from).map_or(1.0, |(_, zoom)| *zoom);
    let zoom = if on { zoom } else { 1.0 };
    dom::ZOOM.set(zoom);
    dom::toggle(&root, "presenting", on);
    if let Some(root) = root.dyn_ref() {
        dom::style(root, "--large", &zoom.to_string());
    }
    bar(page, &root);
    if !LISTENING.replace(true)
        && let Some(document) = dom::document()
    {
        // The browser ends the full screen by itself on Escape.
        dom::listen(&document, "fullscreenchange", move |_| {
            if ON.get() && !is_full() {
                show(page, false);
            }
        });
    }
    stage::focus();
    page.paint();
}

/// Shows or hides what is broken; false if nothing is being presented.
pub fn verdicts(page: Page) -> bool {
    let Some(root) = root().filter(|_| ON.get()) else { return false };
    VERDICTS.set(!VERDICTS.get());
    bar(page, &root);
    true
}

/// The few buttons of the mode, in a corner.
fn bar(page: Page, root: &Element) {
    dom::toggle(root, "unasked", ON.get() && !VERDICTS.get());
    let old = root.query_selector(".present-bar").ok().flatten();
    if !ON.get() {
        return old.into_iter().for_each(|old| old.remove());
    }
    let made = || {
        let made = dom::create("div", "present-bar")?;
        root.query_selector(".dock").ok().flatten()?.append_child(&made).ok()?;
        Some(made.into())
    };
    let Some(bar) = old.or_else(made) else { return };
    let lang = page.lang_now();
    let verdicts = TEACHES.tr(lang, if VERDICTS.get() { "hide" } else { "show" });
    bar.set_inner_html(
        &[
            "<h1 class=\"visually-hidden\">Faultline</h1>".to_owned(),
            html::button("button", "teach verdicts", verdicts),
            html::button("button", "dialog qr", TEACHES.tr(lang, "qr-short")),
            html::icon_button("icon-button", "teach present", "close", TEACHES.tr(lang, "end")),
        ]
        .concat(),
    );
}

fn is_full() -> bool {
    let element = dom::document().and_then(|document| dom::get(&document.into(), "fullscreenElement"));
    element.is_some_and(|element| !element.is_null() && !element.is_undefined())
}

/// Asks for the whole screen, or gives it back. Where the browser does not allow it, the page is large all the same.
fn full_screen(on: bool) {
    let Some(document) = dom::document() else { return };
    let (of, name): (JsValue, _) = match (on, document.document_element()) {
        (true, Some(html)) => (html.into(), "requestFullscreen"),
        (false, _) if is_full() => (document.into(), "exitFullscreen"),
        _ => return,
    };
    let function = dom::get(&of, name).and_then(|function| function.dyn_into::<js_sys::Function>().ok());
    let promise = function.and_then(|function| function.call0(&of).ok()?.dyn_into::<js_sys::Promise>().ok());
    if let Some(promise) = promise {
        wasm_bindgen_futures::spawn_local(async move {
            let _ = wasm_bindgen_futures::JsFuture::from(promise).await;
        });
    }
}
