//! `window.faultline`: the tests' handle and the seed of the later interface for other pages.

use super::page::Page;
use super::{address, dom};
use crate::embed;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};

pub fn install(page: Page) {
    let api = js_sys::Object::new();
    let put = |name: &str, value: &JsValue| {
        let _ = js_sys::Reflect::set(&api, &JsValue::from_str(name), value);
    };
    put("version", &JsValue::from_str(env!("CARGO_PKG_VERSION")));
    // A promise: the link's scene may still have to be fetched. It answers whether the link could be opened.
    let open = Closure::<dyn FnMut(String) -> JsValue>::new(move |link: String| {
        let promise = js_sys::Promise::new(&mut |resolve, _| {
            address::open_link(page, &link, move |opened| {
                let _ = resolve.call1(&JsValue::NULL, &JsValue::from_bool(opened));
            });
        });
        promise.into()
    });
    put("open", open.as_ref().unchecked_ref());
    open.forget();
    // True, or a sentence that says why not.
    let command = Closure::<dyn FnMut(String) -> JsValue>::new(move |line: String| match page.command(&line) {
        Ok(()) => JsValue::TRUE,
        Err(why) => JsValue::from_str(&why),
    });
    put("command", command.as_ref().unchecked_ref());
    command.forget();
    let state = Closure::<dyn FnMut() -> JsValue>::new(move || {
        let lang = page.lang_now();
        let playing = page.playing.get();
        let link = address::link(page).unwrap_or_default();
        page.look(|run| embed::state(run, lang, playing, &link)).unwrap_or(JsValue::NULL)
    });
    put("state", state.as_ref().unchecked_ref());
    state.forget();
    let bench = Closure::<dyn FnMut() -> JsValue>::new(|| embed::bench(dom::screen_ms));
    put("bench", bench.as_ref().unchecked_ref());
    bench.forget();
    dom::set_global("faultline", &api);
}
