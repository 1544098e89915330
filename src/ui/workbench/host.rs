//! What `window.faultline` has once the panels are here: `search(question)`, a promise of the answer, and `exportSvg()`, a
//! promise of the stage as SVG (`null` if there is no run). What does it is fetched when it is first called.

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
    let picture = Closure::<dyn FnMut() -> JsValue>::new(move || {
        let promise = js_sys::Promise::new(&mut |resolve, _| {
            parts::with_export(page, move |exporting| {
                let svg = (exporting.stage_svg)(page).map_or(JsValue::NULL, JsValue::from);
                drop(resolve.call1(&JsValue::NULL, &svg));
            });
        });
        promise.into()
    });
    if let Some(handle) = dom::window().and_then(|window| dom::get(&window, "faultline")) {
        let _ = js_sys::Reflect::set(&handle, &"search".into(), search.as_ref());
        let _ = js_sys::Reflect::set(&handle, &"exportSvg".into(), picture.as_ref());
    }
    search.forget();
    picture.forget();
}
