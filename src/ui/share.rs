//! Sharing this very moment: a link, a file, a frame for another page.

use super::page::{Dialog, Page};
use super::{address, dom, files, notices};
use crate::scenes::link::LinkError;
use leptos::prelude::*;

pub fn dialog(page: Page) -> AnyView {
    let link = address::link(page);
    let body = match &link {
        Ok(link) => with_link(page, link),
        Err(LinkError::TooLong) => view! { <p class="hint">{page.tr("share-too-long")}</p> }.into_any(),
        Err(_) => view! { <p class="hint">{page.tr("no-run")}</p> }.into_any(),
    };
    view! {
        <p>{page.tr("share-intro")}</p>
        {body}
        <h3 class="caps">{page.tr("as-file")}</h3>
        <p class="hint">{page.tr("file-help")}</p>
        <div class="offers">
            <button class="button" on:click=move |_| { files::save(page); page.dialog.set(Dialog::None); }>{page.tr("save-file")}</button>
            {files::open_button(page)}
        </div>
    }
    .into_any()
}

fn with_link(page: Page, link: &str) -> AnyView {
    let embed_src = link.replacen('#', "?embed#", 1);
    let frame = format!(
        "<iframe src=\"{embed_src}\" title=\"Faultline\" width=\"100%\" height=\"560\" loading=\"lazy\" allow=\"clipboard-write\"></iframe>"
    );
    view! {
        {copyable(page, "link", link.to_string())}
        <h3 class="caps">{page.tr("embed")}</h3>
        <p class="hint">{page.tr("embed-help")}</p>
        {copyable(page, "embed-code", frame)}
    }
    .into_any()
}

/// A read-only text with a button that copies it.
pub fn copyable(page: Page, name: &'static str, text: String) -> AnyView {
    let shown = text.clone();
    let copy = move |_| {
        let key = if dom::copy(&text) { "copied" } else { "copy-failed" };
        notices::say(page, page.say(key, &[]));
    };
    view! {
        <div class="copyable">
            <textarea readonly rows="2" class="mono" spellcheck="false" aria-label=page.tr(name) prop:value=shown></textarea>
            <button class="button" on:click=copy>{page.tr("copy")}</button>
        </div>
    }
    .into_any()
}
