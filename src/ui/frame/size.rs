//! How high the page is, told to the page around it if that asked for it (`autosize`): in our words, and in the dialects that
//! Embedly's hosts and Canvas understand.

use super::{given, talk};
use crate::embed::message::{self, Out};
use crate::ui::{address, dom};
use std::cell::Cell;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, HtmlElement};

/// Less is not told: rounding would make two frames answer each other for ever.
const LEAST_CHANGE: i32 = 2;

thread_local! {
    static TOLD: Cell<(i32, i32)> = const { Cell::new((0, 0)) };
}

pub fn install(root: &Element) {
    if !given(|params| params.autosize) {
        return;
    }
    if let Some(root) = root.dyn_ref::<HtmlElement>().cloned() {
        dom::on_resize(&root.clone(), move || tell(&root, false));
    }
}

/// Tells the size once more: the host has just begun to listen.
pub fn again() {
    let root = dom::document().and_then(|document| document.query_selector(".app").ok().flatten());
    if given(|params| params.autosize)
        && let Some(root) = root.and_then(|root| root.dyn_into::<HtmlElement>().ok())
    {
        tell(&root, true);
    }
}

fn tell(root: &HtmlElement, anyway: bool) {
    let (width, height) = (root.client_width(), root.client_height());
    let last = TOLD.get();
    if height <= 0 || (!anyway && (height - last.1).abs() < LEAST_CHANGE && width == last.0) {
        return;
    }
    TOLD.set((width, height));
    let height = height.unsigned_abs();
    talk::send(&Out::Resize { height, width: width.unsigned_abs() });
    talk::post(&JsValue::from_str(&message::embedly(&address::base(), height)));
    if let Ok(value) = js_sys::JSON::parse(&message::canvas(height)) {
        talk::post(&value);
    }
}
