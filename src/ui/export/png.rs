//! An SVG as a PNG: the browser draws it on a canvas. Its address is `data:`, which the security policy allows for pictures.

use super::Drawn;
use crate::ui::dom;
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};

/// For screens and slides of twice the pixels.
const TIMES: f64 = 2.0;

/// Whoever comes first tells: the picture, or what went wrong.
type Once = Rc<RefCell<Option<Drawn>>>;

fn tell(once: &Once, what: Option<(String, web_sys::Blob)>) {
    if let Some(drawn) = once.take() {
        drawn(what);
    }
}

pub fn draw(svg: &str, name: String, drawn: Drawn) {
    let once: Once = Rc::new(RefCell::new(Some(drawn)));
    if begin(svg, name, &once).is_none() {
        tell(&once, None);
    }
}

fn begin(svg: &str, name: String, once: &Once) -> Option<()> {
    let image = dom::create("img", "")?;
    let address = format!("data:image/svg+xml;charset=utf-8,{}", String::from(js_sys::encode_uri_component(svg)));
    let (shown, then, wrong) = (image.clone(), once.clone(), once.clone());
    let ready = Closure::once_into_js(move || {
        if paint(&shown, name, &then).is_none() {
            tell(&then, None);
        }
    });
    let failed = Closure::once_into_js(move || tell(&wrong, None));
    let set = |name: &str, value: &JsValue| js_sys::Reflect::set(&image, &JsValue::from_str(name), value).ok();
    set("onload", &ready)?;
    set("onerror", &failed)?;
    set("src", &JsValue::from_str(&address))?;
    Some(())
}

fn paint(image: &web_sys::HtmlElement, name: String, once: &Once) -> Option<()> {
    let canvas: web_sys::HtmlCanvasElement = dom::create("canvas", "")?.dyn_into().ok()?;
    let size = |name: &str| Some(dom::get(image, name)?.as_f64()? * TIMES);
    let (width, height) = (size("naturalWidth")?, size("naturalHeight")?);
    canvas.set_width(width as u32);
    canvas.set_height(height as u32);
    let context = canvas.get_context("2d").ok()??;
    let draw: js_sys::Function = dom::get(&context, "drawImage")?.dyn_into().ok()?;
    let all: [JsValue; 5] = [image.into(), 0.0.into(), 0.0.into(), width.into(), height.into()];
    draw.apply(&context, &all.iter().collect::<js_sys::Array>()).ok()?;
    let once = once.clone();
    let then = Closure::once_into_js(move |blob: JsValue| {
        // A canvas that is too large for the browser has no picture: it gives nothing.
        tell(&once, blob.dyn_into::<web_sys::Blob>().ok().map(|blob| (name, blob)));
    });
    let to_blob: js_sys::Function = dom::get(&canvas, "toBlob")?.dyn_into().ok()?;
    to_blob.call2(&canvas, &then, &"image/png".into()).ok().map(drop)
}
