//! Help: the map of keys, what the scene simplifies, and the command that repeats this moment.

use super::page::Page;
use super::share::copyable;
use super::{address, dom, keyboard};
use crate::scenes;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

pub fn dialog(page: Page) -> AnyView {
    let scene = page.scene.get();
    let lang = page.lang.get();
    let simplified: Vec<_> =
        scenes::simplified(&scene, lang).into_iter().map(|words| view! { <li>{words}</li> }).collect();
    let hash = page.look(|run| (run.state_hash(), run.run_hash()));
    let command = address::link(page).map(|link| scenes::reproduce(&link)).ok();
    view! {
        {(!simplified.is_empty()).then(|| view! {
            <h3>{page.tr("simplified")}</h3>
            <ul class="simplified">{simplified}</ul>
        })}
        <h3>{page.tr("reproduce")}</h3>
        <p>{page.tr("reproduce-help")}</p>
        {hash.map(|(state, run)| view! {
            <dl class="rows">
                <div class="row mono"><dt>{page.tr("state-hash")}</dt><dd>{format!("{state:032x}")}</dd></div>
                <div class="row mono"><dt>{page.tr("run-hash")}</dt><dd>{format!("{run:016x}")}</dd></div>
            </dl>
        })}
        {match command {
            Some(command) => copyable(page, "command", command),
            None => view! { <p class="hint">{page.tr("share-too-long")}</p> }.into_any(),
        }}
        <h3>{page.tr("keys")}</h3>
        {keys(page)}
    }
    .into_any()
}

fn keys(page: Page) -> AnyView {
    let rows: Vec<_> = keyboard::MAP
        .iter()
        .map(|(keys, words)| view! { <div class="key-row"><dt><kbd>{*keys}</kbd></dt><dd>{page.tr(words)}</dd></div> })
        .collect();
    let changed = move |event: web_sys::Event| {
        let on =
            event.target().and_then(|t| t.dyn_into::<web_sys::HtmlInputElement>().ok()).is_none_or(|i| i.checked());
        page.keys_on.set(on);
        if !page.embedded {
            dom::store("faultline.keys", if on { "on" } else { "off" });
        }
    };
    view! {
        <label class="control toggle keys-on">
            <span>{page.tr("keys-on")}</span>
            <input type="checkbox" role="switch" prop:checked=move || page.keys_on.get() on:change=changed/>
        </label>
        <p class="hint">{page.tr("keys-help")}</p>
        <dl class="key-map">{rows}</dl>
    }
    .into_any()
}
