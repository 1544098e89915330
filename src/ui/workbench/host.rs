//! `window.faultline.search(question)`: a promise of the answer. What searches is fetched when it is first called.

use crate::ui::page::Page;
use crate::ui::{dom, parts};
use wasm_bindgen::JsValue;
use wasm_bindgen::closure::Closure;

pub fn install(page: Page) {
    let search = Closure::<dyn FnMut(String) -> JsValue>::new(move |question: String| {
        let promise = js_sys::Promise::new(&mut |resolve, _| {
            let question = question.clone();
            parts::with_search(page, move |search| {
                let promised = move |text: String| drop(resolve.call1(&JsValue::NULL, &text.into()));
                (search.ask)(page, &question, Box::new(promised));
            });
        });
        promise.into()
    });
    if let Some(handle) = dom::window().and_then(|window| dom::get(&window, "faultline")) {
        let _ = js_sys::Reflect::set(&handle, &"search".into(), search.as_ref());
    }
    search.forget();
}
