//! The page as a whole: what is where, and what happens once at the start.

use super::header::theme_name;
use super::page::{Dialog, Page, Theme};
use super::{
    address, api, controls, diagram, dom, files, findings, header, help, icons, inspector, keyboard, notices, openings,
    player, sentence, share, stage, transport,
};
use crate::scenes::scene::Lang;
use leptos::prelude::*;
use std::sync::atomic::Ordering;
use wasm_bindgen::{JsCast, JsValue};

/// The tab that a first visit opens on.
const FIRST_SCENE: &str = "lock";

/// Puts the page into the body. What stood there while it loaded takes itself away.
pub fn mount() {
    install_panic_hook();
    leptos::mount::mount_to_body(app);
}

/// Tells the page's own script, which shows message, version and link without entering this module again.
fn install_panic_hook() {
    std::panic::set_hook(Box::new(|info| {
        player::DEAD.store(true, Ordering::Relaxed);
        let Some(window) = dom::window() else { return };
        let show = js_sys::Reflect::get(&window, &JsValue::from_str("faultlinePanic"));
        if let Ok(show) = show.and_then(|show| show.dyn_into::<js_sys::Function>()) {
            let _ = show.call1(&JsValue::NULL, &JsValue::from_str(&info.to_string()));
        }
    }));
}

fn first_language() -> Lang {
    let chosen = dom::stored("faultline.lang");
    let spoken = dom::window().and_then(|w| w.navigator().language()).unwrap_or_default();
    match chosen.as_deref() {
        Some("zh") => Lang::Zh,
        Some(_) => Lang::En,
        None if spoken.starts_with("zh") => Lang::Zh,
        None => Lang::En,
    }
}

fn app() -> impl IntoView {
    let query = dom::window().and_then(|w| w.location().search().ok()).unwrap_or_default();
    let embedded = query.trim_start_matches('?').split('&').any(|part| part == "embed" || part.starts_with("embed="));
    let theme = match dom::stored("faultline.theme").as_deref() {
        Some("light") => Theme::Light,
        Some("dark") => Theme::Dark,
        _ => Theme::Auto,
    };
    let page = Page::new(first_language(), theme, embedded);
    page.keys_on.set(dom::stored("faultline.keys").as_deref() != Some("off"));
    dress(page);
    player::install(page);
    keyboard::install(page);
    files::install(page);
    address::install(page);
    api::install(page);
    if !address::open_location(page) {
        page.open_scene(FIRST_SCENE);
        // Without a question to ask there is nothing to wait for.
        if page.opening.get_untracked().is_none() {
            page.unfolded.set(true);
        }
    }
    address::publish(page);
    view! {
        <div class="sprite" aria-hidden="true" inner_html=icons::SPRITE></div>
        <div
            class="app"
            class:folded=move || !page.unfolded.get()
            class:drawer-open=move || page.drawer.get()
            class:has-selection=move || page.selection.get().is_some()
            class:embedded=embedded
        >
            {header::header(page)}
            <main class="main">
                {stage::stage(page)}
                <section class="right" aria-label=move || page.tr("details")>
                    {inspector::panel(page)}
                    {findings::panel(page)}
                </section>
                {openings::row(page)}
                {sentence::bar(page)}
                <div class="dock">
                    {transport::bar(page)}
                    {diagram::diagram(page)}
                </div>
                {controls::panel(page)}
                {embedded.then(|| full_page(page))}
            </main>
            {notices::list(page)}
            {dialogs(page)}
        </div>
    }
}

/// Keeps the document's language, title and theme with the reader's choice.
fn dress(page: Page) {
    Effect::new(move |_| {
        let lang = page.lang.get();
        let theme = page.theme.get();
        let title = page.tr("title");
        let Some(document) = dom::document() else { return };
        document.set_title(title);
        if let Some(root) = document.document_element() {
            dom::set(&root, "lang", if lang == Lang::Zh { "zh-CN" } else { "en" });
            dom::set(&root, "data-theme", theme_name(theme));
        }
        page.panels.update(|n| *n += 1);
        page.fresh.update(|n| *n += 1);
    });
}

/// One native dialog for whatever is asked for: the browser keeps the focus inside and closes it on Escape.
fn dialogs(page: Page) -> impl IntoView {
    let node = NodeRef::<leptos::html::Dialog>::new();
    Effect::new(move |_| {
        let Some(dialog) = node.get() else { return };
        if page.dialog.get() == Dialog::None {
            if dialog.open() {
                dialog.close();
            }
        } else if !dialog.open() {
            let _ = dialog.show_modal();
        }
    });
    let title = move || {
        page.tr(match page.dialog.get() {
            Dialog::Share => "share-title",
            _ => "help",
        })
    };
    // A click on the backdrop has the dialog itself as its target.
    let outside = move |event: web_sys::MouseEvent| {
        let dialog = node.get_untracked();
        let target = event.target().and_then(|t| t.dyn_into::<web_sys::Node>().ok());
        if let (Some(dialog), Some(target)) = (dialog, target)
            && dialog.is_same_node(Some(&target))
        {
            page.dialog.set(Dialog::None);
        }
    };
    view! {
        <dialog class="dialog" node_ref=node aria-labelledby="dialog-title" on:close=move |_| page.dialog.set(Dialog::None) on:click=outside>
            <div class="dialog-body">
                <div class="panel-head">
                    <h2 id="dialog-title">{title}</h2>
                    <button class="icon-button" aria-label=move || page.tr("close") on:click=move |_| page.dialog.set(Dialog::None)>
                        {icons::icon("close")}
                    </button>
                </div>
                {move || match page.dialog.get() {
                    Dialog::Share => share::dialog(page),
                    Dialog::Help => help::dialog(page),
                    Dialog::None => ().into_any(),
                }}
                {move || (page.dialog.get() == Dialog::Help).then(|| {
                    view! { <p class="muted version">{format!("Faultline {}", env!("CARGO_PKG_VERSION"))}</p> }
                })}
            </div>
        </dialog>
    }
}

/// In another site's frame: the way to the same moment in the full page.
fn full_page(page: Page) -> impl IntoView {
    let href = move || {
        page.panels.get();
        let link = address::link(page).unwrap_or_else(|_| address::base());
        link.replacen("?embed", "", 1)
    };
    view! { <a class="full-page" target="_blank" rel="noopener" href=href>{move || page.tr("full-page")}</a> }
}
