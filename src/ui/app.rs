//! The page as a whole: what is where, and what happens once at the start.

use super::header::theme_name;
use super::page::{Page, Theme};
use super::workbench::Workbench;
use super::{
    actions, address, api, dom, header, html, icons, kept, morph, notices, openings, parts, player, runs, sentence,
    stage,
};
use crate::embed::params;
use crate::scenes::parts::FIRST_SCENE;
use crate::scenes::scene::Lang;
use leptos::prelude::*;
use std::cell::{Cell, RefCell};
use std::sync::atomic::Ordering;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::Element;

/// Puts the page into the body, once what it opens with is here.
pub fn mount() {
    install_panic_hook();
    let query = dom::window().and_then(|window| window.location().search().ok()).unwrap_or_default();
    let root = dom::document().and_then(|document| document.document_element());
    let embedded = params::has(&query, "embed") || root.is_some_and(|root| root.get_attribute("data-embed").is_some());
    if embedded {
        dom::keep_nothing();
    }
    let asked = (embedded || params::any(&query)).then_some(query);
    parts::at_start(address::named_scene(), first_language(), embedded, asked, move |lang| {
        tell_script("faultlineReady", &JsValue::from_bool(lang.is_some()));
        if let Some(lang) = lang {
            leptos::mount::mount_to_body(move || app(lang, embedded));
        }
    });
}

/// Calls a function of the page's own script, which works without this module.
fn tell_script(name: &str, what: &JsValue) {
    let Some(window) = dom::window() else { return };
    let function = js_sys::Reflect::get(&window, &JsValue::from_str(name));
    if let Ok(function) = function.and_then(|function| function.dyn_into::<js_sys::Function>()) {
        let _ = function.call1(&JsValue::NULL, what);
    }
}

/// Tells the page's own script, which shows message, version and link without entering this module again.
fn install_panic_hook() {
    std::panic::set_hook(Box::new(|info| {
        player::DEAD.store(true, Ordering::Relaxed);
        tell_script("faultlinePanic", &JsValue::from_str(&info.to_string()));
    }));
}

/// What the address says after `?`: `embed`, `lang=zh`.
pub fn asked(name: &str) -> Option<String> {
    let query = dom::window()?.location().search().ok()?;
    let value = |part: &str| {
        let rest = part.strip_prefix(name)?;
        if rest.is_empty() { Some(String::new()) } else { rest.strip_prefix('=').map(str::to_owned) }
    };
    query.trim_start_matches('?').split('&').find_map(value)
}

fn first_language() -> Lang {
    let chosen = dom::stored("faultline.lang");
    #[cfg(feature = "panic-test")]
    crate::scenes::text::strange::choose(asked("strange").as_deref().unwrap_or_default());
    let spoken = dom::window().and_then(|w| w.navigator().language()).unwrap_or_default();
    if chosen.unwrap_or(spoken).to_ascii_lowercase().starts_with("zh") { Lang::Zh } else { Lang::En }
}

/// What never changes. In reading order: stage, details, time, controls; the style sheet puts them where they are seen.
const SKELETON: &str = "<header class=\"header\"></header><main class=\"main\">\
<div class=\"visually-hidden summary\"></div>\
<section class=\"stage\" data-simulation tabindex=\"-1\" data-name=\"stage\"><div class=\"stage-scroll\"></div></section>\
<section class=\"right\" data-name=\"details\"><section class=\"inspector\" data-simulation data-name=\"inspector\"></section>\
<section class=\"findings\" data-simulation data-name=\"properties-and-events\"></section></section>\
<section class=\"opening\" data-name=\"question\"></section>\
<section class=\"sentence\" data-simulation data-name=\"sentence\"></section>\
<div class=\"dock\"><div class=\"transport\" data-simulation role=\"group\" data-name=\"transport\"></div>\
<section class=\"diagram\" data-simulation data-name=\"diagram\"><div class=\"diagram-body\"></div>\
<div class=\"zoom\" role=\"group\" data-name=\"zoom\"></div></section></div>\
<section class=\"left\" data-name=\"controls\"></section><div class=\"full-page\"></div></main>\
<div class=\"notices\" role=\"status\" aria-live=\"polite\"></div>\
<div class=\"visually-hidden spoken\" role=\"status\" aria-live=\"polite\"></div>\
<dialog class=\"dialog\" aria-labelledby=\"dialog-title\"><div class=\"dialog-body\"></div></dialog>";

/// Where a panel's markup goes, and the panel.
pub type Panel = (&'static str, fn(Page) -> String);

/// Where each panel's markup goes.
const PANELS: [Panel; 3] = [(".header", header::panel), (".opening", openings::panel), (".notices", notices::panel)];
const SENTENCE: [Panel; 2] = [(".sentence", sentence::panel), (".spoken", spoken)];

/// A place in the page and the markup that it shows.
struct Slot {
    element: Element,
    panel: fn(Page) -> String,
    shown: String,
}

/// The root's class while some panels still show the moment before: for whoever looks from outside, such as the tests.
const DRAWING: &str = "drawing";

thread_local! {
    static PAGE: Cell<Option<(Page, &'static Element)>> = const { Cell::new(None) };
    static SLOTS: RefCell<[Vec<Slot>; 2]> = const { RefCell::new([Vec::new(), Vec::new()]) };
}

fn app(lang: Lang, embedded: bool) -> impl IntoView {
    kept::install();
    let theme = match dom::stored("faultline.theme").as_deref() {
        Some("light") => Theme::Light,
        Some("dark") => Theme::Dark,
        _ => Theme::Auto,
    };
    let page = Page::new(lang, theme, embedded);
    page.keys_on.set(dom::stored("faultline.keys").as_deref() != Some("off"));
    let root = NodeRef::<leptos::html::Div>::new();
    Effect::new(move |_| {
        if let Some(root) = root.get() {
            start(page, root.into());
        }
    });
    view! {
        <div class="sprite" aria-hidden="true" inner_html=icons::SPRITE></div>
        <div class="app" node_ref=root inner_html=SKELETON></div>
    }
}

/// The workbench has come: its panels join the others.
pub fn furnish(page: Page, workbench: &Workbench) {
    let Some((_, root)) = PAGE.get() else { return };
    add_panels(root, workbench.panels);
    (workbench.install)(page, root);
    kept::changed();
}

pub fn add_panels(root: &Element, panels: &[Panel]) {
    SLOTS.with_borrow_mut(|slots| slots[0].extend(fill(root, panels)));
}

fn fill(root: &Element, panels: &[Panel]) -> Vec<Slot> {
    let slot = |(selector, panel): &Panel| {
        let element = root.query_selector(selector).ok().flatten()?;
        Some(Slot { element, panel: *panel, shown: String::new() })
    };
    panels.iter().filter_map(slot).collect()
}

/// The skeleton is in the document: fills it and opens the first run.
fn start(page: Page, root: Element) {
    if PAGE.get().is_some() {
        return;
    }
    SLOTS.set([fill(&root, &PANELS), fill(&root, &SENTENCE)]);
    player::install(page);
    address::install(page);
    api::install(page);
    actions::install(page, &root);
    if let Some(scroll) = root.query_selector(".stage-scroll").ok().flatten().and_then(|e| e.dyn_into().ok()) {
        stage::install(page, &scroll);
    }
    // The page lives as long as its root.
    let root: &Element = Box::leak(Box::new(root));
    PAGE.set(Some((page, root)));
    if let Some(workbench) = parts::workbench() {
        furnish(page, workbench);
    }
    let frame = parts::frame();
    if let Some(frame) = frame {
        (frame.install)(page, root);
    }
    address::open_location(page, move |opened| {
        // Of a run far from its start the reader may not have waited for the end.
        let opened = opened || runs::under_way() || page.look(|_| ()).is_some();
        match frame {
            Some(frame) => (frame.open)(page, opened),
            None if opened => {}
            None => first_run(page, FIRST_SCENE),
        }
        let kept = || !page.embedded && dom::session_stored("faultline.lesson").is_some_and(|kept| !kept.is_empty());
        if asked("lesson").is_some() || asked("practise").is_some() || kept() {
            parts::with_lessons(page, move |lessons| (lessons.at_start)(page));
        }
        address::publish(page);
    });
    kept::watch(draw_panels, draw_sentence);
}

/// The run of a page whose address names none.
pub fn first_run(page: Page, scene: &str) {
    page.open_scene(scene);
    // Without a question to ask there is nothing to wait for.
    if page.embedded || page.opening.with(Option::is_none) {
        page.unfold();
    }
}

impl Slot {
    fn draw(&mut self, page: Page) {
        let markup = (self.panel)(page);
        if markup != self.shown {
            morph::morph(&self.element, &markup);
            self.shown = markup;
        }
    }
}

/// Panels are drawn for so long at once. What is left then is drawn by tasks of its own: between two of them the browser
/// can show a frame and hear the reader.
const SLICE_MS: f64 = 8.0;

thread_local! {
    /// Of the panels that take turns: which is next, how many are to be drawn, and whether a task for that is on its way.
    static TURN: Cell<(usize, usize, bool)> = const { Cell::new((0, 0, false)) };
    /// The run that they were drawn for.
    static DRAWN: Cell<u64> = const { Cell::new(0) };
    /// How long drawing them all has taken so far.
    static TOOK: Cell<f64> = const { Cell::new(0.0) };
}

/// Something has changed: all panels have to look again, those that are being drawn as well. The first ones are small, and
/// what is pressed in the question's row may wait for them: they are drawn at once.
fn draw_panels() {
    let Some((page, root)) = PAGE.get() else { return };
    dress(page, root);
    let count = SLOTS.with_borrow_mut(|slots| {
        slots[0].iter_mut().take(PANELS.len()).for_each(|slot| slot.draw(page));
        slots[0].len().saturating_sub(PANELS.len())
    });
    let (next, _, coming) = TURN.get();
    // Another run has come on show: opening it and drawing its stage was work enough for one task.
    let epoch = page.engine.with(|engine| engine.epoch);
    let before = DRAWN.replace(epoch);
    let later = before != 0 && before != epoch && !coming;
    TURN.set((next, count, coming || later));
    if coming {
        return;
    }
    TOOK.set(0.0);
    if later {
        draw_soon(page, root);
    } else {
        draw_some(page, root);
    }
}

/// In a task of its own.
fn draw_soon(page: Page, root: &'static Element) {
    dom::toggle(root, DRAWING, true);
    gloo_timers::callback::Timeout::new(0, move || draw_some(page, root)).forget();
}

fn draw_some(page: Page, root: &'static Element) {
    if player::DEAD.load(Ordering::Relaxed) {
        return;
    }
    let begun = dom::screen_ms();
    let (mut next, mut left, _) = TURN.get();
    SLOTS.with_borrow_mut(|slots| {
        let slots = slots[0].get_mut(PANELS.len()..).unwrap_or_default();
        while left > 0 && dom::screen_ms() - begun < SLICE_MS {
            if let Some(slot) = slots.get_mut(next) {
                slot.draw(page);
            }
            (next, left) = (if next + 1 < slots.len() { next + 1 } else { 0 }, left - 1);
        }
    });
    // What is done afterwards may ask the browser where things lie, which then works that out at once.
    let more = left > 0 || dom::screen_ms() - begun >= SLICE_MS;
    TURN.set((next, left, more));
    if more {
        TOOK.set(TOOK.get() + dom::screen_ms() - begun);
        return draw_soon(page, root);
    }
    if let Some(workbench) = parts::workbench() {
        (workbench.drawn)(page, root);
    }
    dom::toggle(root, DRAWING, false);
    page.engine.quietly(|engine| {
        engine.panels_took = TOOK.get() + dom::screen_ms() - begun;
        engine.panels_due = false;
    });
    // While it plays the next frame paints anyway.
    if !page.playing.get() {
        page.paint();
    }
}

fn draw_sentence() {
    let Some((page, root)) = PAGE.get() else { return };
    SLOTS.with_borrow_mut(|slots| slots[1].iter_mut().for_each(|slot| slot.draw(page)));
    if let Ok(Some(bar)) = root.query_selector(".sentence") {
        bar.set_class_name(&sentence::class(page));
    }
}

fn spoken(page: Page) -> String {
    html::text(&sentence::spoken(page))
}

/// Keeps classes, names, language, title and theme with the reader's choices.
fn dress(page: Page, root: &Element) {
    dom::toggle(root, "folded", !page.unfolded.get() || parts::workbench().is_none());
    dom::toggle(root, "drawer-open", page.drawer.get());
    dom::toggle(root, "has-selection", page.selection.with(Option::is_some));
    dom::toggle(root, "has-opening", page.opening.with(Option::is_some) || page.hold.get().is_some());
    for element in dom::all(root, "[data-name]") {
        let name = match element.get_attribute("data-name").unwrap_or_default().as_str() {
            "stage" => page.tr("stage"),
            "details" => page.tr("details"),
            "inspector" => page.tr("inspector"),
            "properties-and-events" => page.tr("properties-and-events"),
            "question" => page.tr("question"),
            "sentence" => page.tr("sentence"),
            "transport" => page.tr("transport"),
            "diagram" => page.tr("diagram"),
            "zoom" => page.tr("zoom"),
            _ => page.tr("controls"),
        };
        dom::keep(&element, "aria-label", name);
    }
    let Some(document) = dom::document() else { return };
    if document.title() != page.tr("title") {
        document.set_title(page.tr("title"));
    }
    if let Some(html) = document.document_element() {
        dom::keep(&html, "lang", if page.lang_now() == Lang::Zh { "zh-CN" } else { "en" });
        dom::keep(&html, "data-theme", theme_name(page.theme.get()));
    }
}
