//! The present mode: stage, sentence and time alone, drawn large; what is broken stays hidden until it is asked for.
//!
//! Letters are as large as the room allows: the enlargement gives way where the stage or a question would not be seen as a
//! whole, and where that would leave letters too small for the last row the diagram goes first.

use crate::scenes::scene::Lang;
use crate::ui::page::{Dialog, Page};
use crate::ui::text::teach::TEACHES;
use crate::ui::{dom, html, stage};
use std::cell::Cell;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, HtmlElement};

/// Drawn at most so much larger, in twentieths, on a screen that is as wide as this or wider.
const LARGE: [(i32, i32); 3] = [(1_600, 36), (900, 30), (0, PLAIN)];
/// As large as without the mode.
const PLAIN: i32 = 20;
/// Smaller than this, letters do not reach the last row: then the stage and the question have the diagram's room as well.
const READ: i32 = 24;

/// What the enlargement is chosen for. As long as it stays, letters may become smaller, but not larger again: a page that
/// changes its size with every sentence is worse to follow than one that is a little smaller.
#[derive(Clone, Copy, PartialEq)]
struct Room {
    window: (i32, i32),
    /// The number of the run on show.
    run: u64,
    asked: bool,
    lang: Lang,
}

/// How large it is drawn, in twentieths, and whether the diagram is left out.
type Size = (i32, bool);

thread_local! {
    static CHOSEN: Cell<Option<(Room, Size)>> = const { Cell::new(None) };
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
    dom::toggle(&root, "presenting", on);
    bar(page, &root);
    CHOSEN.set(None);
    if on {
        fit(page, &root);
    } else {
        enlarge(&root, (PLAIN, false));
    }
    if !LISTENING.replace(true)
        && let Some(document) = dom::document()
    {
        // The stage has less room when a sentence or a question is longer, and needs more when another scene is on show.
        for part in [".stage-scroll", ".stage-canvas"] {
            let Some(part) = root.query_selector(part).ok().flatten() else { continue };
            let root = root.clone();
            dom::on_resize(&part, move || {
                if ON.get() {
                    fit(page, &root);
                }
            });
        }
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

/// Draws everything as large as it is seen as a whole.
fn fit(page: Page, root: &Element) {
    let pixels = |name: &str| dom::get(&dom::window()?.into(), name)?.as_f64().map(|pixels| pixels as i32);
    let room = Room {
        window: (pixels("innerWidth").unwrap_or_default(), pixels("innerHeight").unwrap_or_default()),
        run: page.stamp().0,
        asked: root.class_list().contains("has-opening"),
        lang: page.lang_now(),
    };
    let large = LARGE.iter().find(|(from, _)| room.window.0 >= *from).map_or(PLAIN, |(_, large)| *large);
    if large == PLAIN {
        // There is nothing to give way: the stage scrolls as it does without the mode.
        return enlarge(root, (PLAIN, false));
    }
    let last = CHOSEN.get().filter(|(of, _)| *of == room).map(|(_, size)| size);
    if last.is_some_and(|last| last == (PLAIN, true) || is_whole(page, root)) {
        return;
    }
    let (most, bare) = last.unwrap_or((large, false));
    let whole = |size: Size| {
        enlarge(root, size);
        is_whole(page, root)
    };
    let drawn = if bare { None } else { largest(READ, most, |large| whole((large, false))) };
    let size = match drawn {
        Some(large) => (large, false),
        None => (largest(PLAIN, most, |large| whole((large, true))).unwrap_or(PLAIN), true),
    };
    enlarge(root, size);
    CHOSEN.set(Some((room, size)));
    page.paint();
}

/// The largest of these numbers for which it holds, if it holds for all that are smaller.
fn largest(mut least: i32, mut most: i32, holds: impl Fn(i32) -> bool) -> Option<i32> {
    let mut found = None;
    // Most often there is room for the largest.
    let mut middle = most;
    while least <= most {
        if holds(middle) {
            found = Some(middle);
            least = middle + 1;
        } else {
            most = middle - 1;
        }
        middle = (least + most).div_euclid(2);
    }
    found
}

fn enlarge(root: &Element, (large, bare): Size) {
    let zoom = f64::from(large) / f64::from(PLAIN);
    dom::ZOOM.set(zoom);
    dom::toggle(root, "undrawn", bare);
    if let Some(root) = root.dyn_ref() {
        dom::style(root, "--large", &zoom.to_string());
    }
}

/// Whether neither a stage nor a question would have to be scrolled. Asks the browser for the layout, which is why it is only
/// called when something has changed its size.
fn is_whole(page: Page, root: &Element) -> bool {
    let opening = root.query_selector(".opening").ok().flatten();
    let asked = opening.is_none_or(|opening| opening.scroll_height() <= opening.client_height() + 1);
    let scrolls = dom::all(root, ".stage-scroll");
    asked && scrolls.iter().filter_map(|scroll| scroll.dyn_ref::<HtmlElement>()).all(|scroll| stage::fits(page, scroll))
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
