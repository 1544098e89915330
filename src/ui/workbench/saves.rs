//! The stage as a picture, and what a scene writes of a moment: saved as files or copied.

use super::{files, log, tables};
use crate::scenes::scene::{Lang, View};
use crate::ui::draw::svg::{self, Told};
use crate::ui::page::Page;
use crate::ui::text::plots::PLOTS;
use crate::ui::{dom, html, notices};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};

/// What a scene with tables writes: the name that it knows, and the media type.
const WRITTEN: [(&str, &str); 4] = [
    ("placement.csv", "text/csv"),
    ("placement.json", "application/json"),
    ("plan.csv", "text/csv"),
    ("plan.json", "application/json"),
];

/// The words of a panel whose keys are not placed yet.
const PLACING: &str = "placing";

/// The section of the dialog in which a moment is shared.
pub fn section(page: Page) -> String {
    let mut out = format!("<h3 class=\"caps\">{}</h3><div class=\"offers\">", page.tr("save-picture"));
    out += &html::button("button", "keep picture.svg", "SVG");
    out += &html::button("button", "keep picture.png", "PNG");
    out += "</div>";
    if tables::any(page) {
        out += &format!(
            "<h3 class=\"caps\">{}</h3><p class=\"hint\">{}</p><div class=\"offers\">",
            page.tr("save-data"),
            page.tr("save-data-help")
        );
        for (name, _) in WRITTEN {
            let copy = page.say("copy-named", &[name]);
            out += &format!(
                "<span class=\"kept-file\">{}{}</span>",
                html::button("button mono", &format!("keep {name}"), name),
                format_args!(
                    "<button type=\"button\" class=\"quiet\" data-act=\"keep-copy {name}\" aria-label=\"{copy}\">{}</button>",
                    page.tr("copy")
                )
            );
        }
        out += "</div>";
    }
    out
}

/// What the file is called: scene and seed, so that several do not overwrite each other.
fn full_name(page: Page, name: &str) -> String {
    let spec = page.look(|run| run.spec()).unwrap_or_default();
    format!("{}-{}-{name}", spec.scene, spec.seed)
}

pub fn save(page: Page, name: &str) {
    let done = match name {
        "picture.svg" => {
            picture(page).and_then(|svg| files::download(&full_name(page, "stage.svg"), "image/svg+xml", &svg))
        }
        "picture.png" => picture(page).and_then(|svg| save_png(page, &svg)),
        _ => {
            let Some(text) = written(page, name) else { return };
            let kind = WRITTEN.iter().find(|(known, _)| *known == name).map_or("text/plain", |(_, kind)| kind);
            files::download(&full_name(page, name), kind, &text)
        }
    };
    if done.is_none() {
        notices::warn(page, page.say("save-failed", &[]));
    }
}

pub fn copy(page: Page, name: &str) {
    if let Some(text) = written(page, name) {
        log::copied(page, &text);
    }
}

/// The scene's file. Where there is none the reader is told.
fn written(page: Page, name: &str) -> Option<String> {
    let text = page.look(|run| run.export(name)).flatten();
    if text.is_none() {
        notices::warn(page, page.say("nothing-to-save", &[name]));
    }
    text
}

/// The stage at this moment as SVG.
fn picture(page: Page) -> Option<String> {
    let scroll = dom::document()?.query_selector(".stage-scroll").ok()??;
    let style = dom::window()?.get_computed_style(&scroll).ok()??;
    let (width, height) = (scroll.client_width() as f32, scroll.client_height() as f32);
    let lang = page.lang_now();
    let view = View { width: width.max(300.0), height: height.max(220.0), lang };
    page.look(|run| {
        let stage = run.stage(&view);
        let size = (view.width, stage.height.max(view.height));
        let sentence: String =
            run.sentence(lang).pieces.iter().map(|p| crate::ui::draw::plain_words(p, run.now())).collect();
        let seconds = crate::ui::draw::seconds(run.now());
        let title = format!("Faultline: {}, {seconds}", run.scene());
        let spec = run.spec();
        let description = format!("{sentence} ({}, seed {}, state {:032x})", spec.recipe, spec.seed, run.state_hash());
        let placing = PLOTS.tr(lang, PLACING);
        let code = if lang == Lang::Zh { "zh-CN" } else { "en" };
        let told = Told { lang: code, title: &title, description: &description, placing };
        svg::document(&stage, size, run.now(), &told, &mut |name| style.get_property_value(name).unwrap_or_default())
    })
}

/// The picture at twice its size: the browser draws the SVG.
fn save_png(page: Page, svg: &str) -> Option<()> {
    const TIMES: f64 = 2.0;
    let image = dom::create("img", "")?;
    let canvas: web_sys::HtmlCanvasElement = dom::create("canvas", "")?.dyn_into().ok()?;
    let address = format!("data:image/svg+xml;charset=utf-8,{}", String::from(js_sys::encode_uri_component(svg)));
    let name = full_name(page, "stage.png");
    let drawn = image.clone();
    let failed = move || notices::warn(page, page.say("save-failed", &[]));
    let ready = Closure::once_into_js(move || {
        if draw_png(&drawn, &canvas, TIMES, name).is_none() {
            failed();
        }
    });
    let wrong = Closure::once_into_js(failed);
    let set = |name: &str, value: &JsValue| js_sys::Reflect::set(&image, &JsValue::from_str(name), value).ok();
    set("onload", &ready)?;
    set("onerror", &wrong)?;
    set("src", &JsValue::from_str(&address))?;
    Some(())
}

fn draw_png(image: &web_sys::HtmlElement, canvas: &web_sys::HtmlCanvasElement, times: f64, name: String) -> Option<()> {
    let size = |name: &str| Some(dom::get(image, name)?.as_f64()? * times);
    let (width, height) = (size("naturalWidth")?, size("naturalHeight")?);
    canvas.set_width(width as u32);
    canvas.set_height(height as u32);
    let context = canvas.get_context("2d").ok()??;
    let draw: js_sys::Function = dom::get(&context, "drawImage")?.dyn_into().ok()?;
    let all: [JsValue; 5] = [image.into(), 0.0.into(), 0.0.into(), width.into(), height.into()];
    draw.apply(&context, &all.iter().collect::<js_sys::Array>()).ok()?;
    let then = Closure::once_into_js(move |blob: JsValue| {
        if let Ok(blob) = blob.dyn_into::<web_sys::Blob>() {
            files::download_blob(&name, &blob);
        }
    });
    let to_blob: js_sys::Function = dom::get(canvas, "toBlob")?.dyn_into().ok()?;
    to_blob.call2(canvas, &then, &"image/png".into()).ok().map(drop)
}
