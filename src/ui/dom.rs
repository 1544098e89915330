//! The few DOM calls that the page makes by hand. None of them panics: what is missing is skipped.

use js_sys::{Array, Promise, Reflect};
use std::cell::Cell;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Document, Element, Event, EventTarget, HtmlElement, Window};

pub fn window() -> Option<Window> {
    web_sys::window()
}

pub fn document() -> Option<Document> {
    window()?.document()
}

/// Milliseconds of the screen's clock: for frames and throttles, never for the simulation.
pub fn screen_ms() -> f64 {
    window().and_then(|w| w.performance()).map_or(0.0, |p| p.now())
}

pub fn create(tag: &str, class: &str) -> Option<HtmlElement> {
    let element = document()?.create_element(tag).ok()?;
    element.set_class_name(class);
    element.dyn_into().ok()
}

pub fn set(element: &Element, name: &str, value: &str) {
    let _ = element.set_attribute(name, value);
}

/// As [`set`], but a value that is there already is not written: a language that is written again has browsers work out the
/// style of the whole page.
pub fn keep(element: &Element, name: &str, value: &str) {
    if element.get_attribute(name).as_deref() != Some(value) {
        set(element, name, value);
    }
}

/// A style property through the CSSOM, which the content security policy allows.
pub fn style(element: &HtmlElement, name: &str, value: &str) {
    let _ = element.style().set_property(name, value);
}

pub fn toggle(element: &Element, class: &str, on: bool) {
    let _ = element.class_list().toggle_with_force(class, on);
}

/// Everything under `root` that matches, in document order.
pub fn all(root: &Element, selector: &str) -> Vec<Element> {
    let Ok(list) = root.query_selector_all(selector) else { return Vec::new() };
    (0..list.length()).filter_map(|i| list.item(i)?.dyn_into().ok()).collect()
}

/// The nearest element from the event's target upward that carries `attribute`, and its value.
pub fn carrier(event: &Event, attribute: &str) -> Option<(Element, String)> {
    let target: Element = event.target()?.dyn_into().ok()?;
    let found = target.closest(&format!("[{attribute}]")).ok()??;
    let value = found.get_attribute(attribute)?;
    Some((found, value))
}

/// The number that the nearest carrier of `attribute` holds.
pub fn carried<T: std::str::FromStr>(event: &Event, attribute: &str) -> Option<T> {
    carrier(event, attribute)?.1.parse().ok()
}

/// As [`listen`], on the event's way down: for events that do not bubble.
pub fn listen_captured(target: &EventTarget, name: &str, f: impl FnMut(Event) + 'static) {
    let closure = Closure::<dyn FnMut(Event)>::new(f);
    let _ = target.add_event_listener_with_callback_and_bool(name, closure.as_ref().unchecked_ref(), true);
    closure.forget();
}

/// Listens for as long as the page lives. For elements and targets that are never taken away.
pub fn listen(target: &EventTarget, name: &str, f: impl FnMut(Event) + 'static) {
    listen_with(target, name, true, f);
}

/// As [`listen`]; a listener that is not passive may prevent scrolling.
pub fn listen_with(target: &EventTarget, name: &str, passive: bool, f: impl FnMut(Event) + 'static) {
    let closure = Closure::<dyn FnMut(Event)>::new(f);
    let options = web_sys::AddEventListenerOptions::new();
    options.set_passive(passive && matches!(name, "wheel" | "touchmove" | "touchstart"));
    let _ = target.add_event_listener_with_callback_and_add_event_listener_options(
        name,
        closure.as_ref().unchecked_ref(),
        &options,
    );
    closure.forget();
}

/// Whether an event's target is the page itself, not a thing on it.
pub fn is_body(event: &Event) -> bool {
    event.target().and_then(|t| t.dyn_into::<Element>().ok()).is_some_and(|target| target.tag_name() == "BODY")
}

pub fn matches_media(query: &str) -> bool {
    window().and_then(|w| w.match_media(query).ok().flatten()).is_some_and(|m| m.matches())
}

thread_local! {
    /// In another page's frame nothing is kept and nothing is read: what one frame left would show in the next.
    static FORGETFUL: Cell<bool> = const { Cell::new(false) };
    /// The address asks for reduced motion.
    static STILL: Cell<bool> = const { Cell::new(false) };
}

pub fn keep_nothing() {
    FORGETFUL.set(true);
}

pub fn keeps_nothing() -> bool {
    FORGETFUL.get()
}

pub fn keep_still() {
    STILL.set(true);
}

pub fn reduced_motion() -> bool {
    STILL.get() || matches_media("(prefers-reduced-motion: reduce)")
}

/// Storage may be missing or forbidden (private windows, sandboxed frames): then nothing is kept, and nothing breaks.
fn storage(session: bool) -> Option<web_sys::Storage> {
    let window = window().filter(|_| !FORGETFUL.get())?;
    let found = if session { window.session_storage() } else { window.local_storage() };
    found.ok().flatten()
}

pub fn stored(key: &str) -> Option<String> {
    storage(false)?.get_item(key).ok().flatten()
}

pub fn store(key: &str, value: &str) {
    if let Some(storage) = storage(false) {
        let _ = storage.set_item(key, value);
    }
}

pub fn session_stored(key: &str) -> Option<String> {
    storage(true)?.get_item(key).ok().flatten()
}

pub fn session_store(key: &str, value: &str) {
    if let Some(storage) = storage(true) {
        let _ = storage.set_item(key, value);
    }
}

/// Sets a property of `window`, where plain JavaScript can read it even when this module is gone.
pub fn set_global(name: &str, value: &JsValue) {
    if let Some(window) = window() {
        let _ = js_sys::Reflect::set(&window, &JsValue::from_str(name), value);
    }
}

/// Copies a text, and tells whether the browser has done it: it does not in a frame whose host does not allow it, nor where
/// there is no secure context.
pub fn copy(text: &str, told: impl FnOnce(bool) + 'static) {
    let promise = window().and_then(|window| {
        let navigator = window.navigator();
        // `clipboard` is undefined outside secure contexts, so ask before touching it.
        let has = get(&navigator, "clipboard").is_some_and(|clipboard| !clipboard.is_undefined());
        has.then(|| navigator.clipboard().write_text(text))
    });
    tell_when(promise, told);
}

fn tell_when(promise: Option<Promise>, told: impl FnOnce(bool) + 'static) {
    let Some(promise) = promise else { return told(false) };
    wasm_bindgen_futures::spawn_local(async move {
        told(wasm_bindgen_futures::JsFuture::from(promise).await.is_ok());
    });
}

/// A blob of this type from its parts.
fn blob(kind: &str, parts: &Array) -> Option<web_sys::Blob> {
    let options = web_sys::BlobPropertyBag::new();
    options.set_type(kind);
    web_sys::Blob::new_with_blob_sequence_and_options(parts, &options).ok()
}

/// A text file of this media type.
pub fn text_blob(kind: &str, text: &str) -> Option<web_sys::Blob> {
    blob(&format!("{kind};charset=utf-8"), &Array::of1(&text.into()))
}

/// A text that goes to the browser piece by piece: to hand over megabytes at once takes longer than a frame.
#[derive(Default)]
pub struct Pieces(Array);

impl Pieces {
    /// Adds a piece; `None` if the browser does not take it.
    pub fn push(&self, piece: &str) -> Option<()> {
        self.0.push(&blob("", &Array::of1(&piece.into()))?.into());
        Some(())
    }

    /// All of it, of this type.
    pub fn whole(&self, kind: &str) -> Option<web_sys::Blob> {
        blob(kind, &self.0)
    }
}

/// Copies a text that takes its time: `make` is called at once, and calls what it is given with the text, or with nothing if
/// there is none. The browser is asked at once as well, while it still knows that the reader wanted it.
pub fn copy_later(make: impl FnOnce(Box<dyn FnOnce(Option<web_sys::Blob>)>), told: impl FnOnce(bool) + 'static) {
    let mut ends = None;
    let promise = Promise::new(&mut |there, none| ends = Some((there, none)));
    let Some((there, none)) = ends else { return told(false) };
    make(Box::new(move |text| {
        let _ = match text {
            Some(text) => there.call1(&JsValue::NULL, &text),
            None => none.call0(&JsValue::NULL),
        };
    }));
    let write = || {
        let window: JsValue = window()?.into();
        let item: js_sys::Function = get(&window, "ClipboardItem")?.dyn_into().ok()?;
        let clipboard = get(&get(&window, "navigator")?, "clipboard")?;
        let write: js_sys::Function = get(&clipboard, "write")?.dyn_into().ok()?;
        let what = js_sys::Object::new();
        Reflect::set(&what, &"text/plain".into(), &promise).ok()?;
        let item = Reflect::construct(&item, &Array::of1(&what)).ok()?;
        write.call1(&clipboard, &Array::of1(&item)).ok()?.dyn_into().ok()
    };
    tell_when(write(), told);
}

thread_local! {
    /// How much larger than its own pixels the page is drawn: the present mode is seen from the last row.
    pub static ZOOM: Cell<f64> = const { Cell::new(1.0) };
}

/// Where a pointer is, in the page's own pixels.
pub fn pointed(mouse: &web_sys::MouseEvent) -> (f64, f64) {
    let zoom = ZOOM.get();
    (f64::from(mouse.client_x()) / zoom, f64::from(mouse.client_y()) / zoom)
}

/// Where an element begins, in the page's own pixels.
pub fn corner(element: &Element) -> (f64, f64) {
    let (frame, zoom) = (element.get_bounding_client_rect(), ZOOM.get());
    (frame.left() / zoom, frame.top() / zoom)
}

/// Moves the focus without scrolling surprises.
pub fn focus(element: &Element) {
    if let Some(element) = element.dyn_ref::<HtmlElement>() {
        let _ = element.focus();
    }
}

/// Calls `f` whenever the size of the element has changed, in the next frame: what is drawn may change that size again, which
/// some browsers report as an error of the page if it happens at once. One closure for the life of the page.
pub fn on_resize(element: &Element, f: impl FnMut() + 'static) {
    let drawing = Closure::<dyn FnMut()>::new(f);
    let closure = Closure::<dyn FnMut()>::new(move || {
        if let Some(window) = window() {
            let _ = window.request_animation_frame(drawing.as_ref().unchecked_ref());
        }
    });
    if let Ok(observer) = web_sys::ResizeObserver::new(closure.as_ref().unchecked_ref()) {
        observer.observe(element);
        // The observer lives as long as what it observes.
        std::mem::forget(observer);
    }
    closure.forget();
}

/// A property that the bindings do not name.
pub fn get(of: &JsValue, name: &str) -> Option<JsValue> {
    js_sys::Reflect::get(of, &JsValue::from_str(name)).ok()
}

/// Rules that come with a part of the page: the first load has no use for them. The security policy forbids style elements,
/// not rules that a script adds.
pub fn add_style(rules: &str) {
    if insert_first(rules).is_none() {
        adopt(rules);
    }
}

fn insert_first(rules: &str) -> Option<()> {
    let sheet = get(&get(&document()?.into(), "styleSheets")?, "0")?;
    let insert: js_sys::Function = get(&sheet, "insertRule")?.dyn_into().ok()?;
    // One rule around all of them.
    insert.call1(&sheet, &format!("@media all {{{rules}}}").into()).ok().map(drop)
}

/// Something else comes into the dialog, which may have been scrolled. One that is closed will open at its top, and asking it
/// for that now would have the whole page laid out on the spot.
pub fn dialog_to_top() {
    if let Some(dialog) = document().and_then(|document| document.query_selector(".dialog[open]").ok().flatten()) {
        dialog.set_scroll_top(0);
    }
}

/// Rules that come with a part of the page as well, and go before no others: they stand where their sheet would be linked last.
pub fn add_last_style(rules: &str) {
    if insert_last(rules).is_none() {
        adopt(rules);
    }
}

/// In a sandbox that leaves the page no origin its own sheets are a stranger's, and take no rule. One that a script has made
/// does; such sheets come after all others.
fn adopt(rules: &str) -> Option<()> {
    let make: js_sys::Function = get(&window()?.into(), "CSSStyleSheet")?.dyn_into().ok()?;
    let sheet = Reflect::construct(&make, &Array::new()).ok()?;
    let replace: js_sys::Function = get(&sheet, "replaceSync")?.dyn_into().ok()?;
    replace.call1(&sheet, &rules.into()).ok()?;
    let document: JsValue = document()?.into();
    let adopted = Array::from(&get(&document, "adoptedStyleSheets")?);
    adopted.push(&sheet);
    Reflect::set(&document, &"adoptedStyleSheets".into(), &adopted).ok().map(drop)
}

fn insert_last(rules: &str) -> Option<()> {
    let sheets = get(&document()?.into(), "styleSheets")?;
    let count = get(&sheets, "length")?.as_f64()? as u32;
    (0..count).rev().find_map(|n| {
        let sheet = get(&sheets, &n.to_string())?;
        let insert: js_sys::Function = get(&sheet, "insertRule")?.dyn_into().ok()?;
        // A sheet of somebody else's does not tell its rules.
        let end = get(&get(&sheet, "cssRules")?, "length")?;
        insert.call2(&sheet, &format!("@media all {{{rules}}}").into(), &end).ok().map(drop)
    })
}
