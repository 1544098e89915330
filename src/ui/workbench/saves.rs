//! The section of the Share dialog that saves: pictures and traces of this moment, and what a scene writes of it.

use super::{files, log};
use crate::ui::export::{Saved, Unsaved};
use crate::ui::page::Page;
use crate::ui::{html, notices, parts};

/// What a scene may write: the name that it knows, and the media type.
const WRITTEN: [(&str, &str); 4] = [
    ("placement.csv", "text/csv"),
    ("placement.json", "application/json"),
    ("plan.csv", "text/csv"),
    ("plan.json", "application/json"),
];

pub fn section(page: Page) -> String {
    let mut out = format!(
        "<h3 class=\"caps\">{}</h3><p class=\"hint\">{}</p><div class=\"offers\">",
        page.tr("save-picture"),
        page.tr("save-picture-help")
    );
    for (what, words) in [
        ("stage", page.tr("save-stage-svg")),
        ("png", page.tr("save-stage-png")),
        ("diagram", page.tr("save-diagram")),
        ("trace", page.tr("save-trace")),
        ("shiviz", page.tr("save-shiviz")),
    ] {
        out += &html::button("button", &format!("export {what}"), words);
    }
    out += "</div>";
    let files = page.look(|run| run.files()).unwrap_or_default();
    if !files.is_empty() {
        out += &format!(
            "<h3 class=\"caps\">{}</h3><p class=\"hint\">{}</p><div class=\"offers\">",
            page.tr("save-data"),
            page.tr("save-data-help")
        );
        for name in files {
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

/// Saves a picture or a trace, once the part that makes them is here.
pub fn export(page: Page, what: &str) {
    let what = what.to_owned();
    parts::with_export(page, move |exporting| {
        if what == "png" {
            let saved = move |drawn: Option<(String, web_sys::Blob)>| {
                let done = drawn.and_then(|(name, blob)| files::download(&name, &blob));
                if done.is_none() {
                    notices::warn(page, page.say("save-failed", &[]));
                }
            };
            return (exporting.png)(page, Box::new(saved));
        }
        let written = move |file: Result<Saved, Unsaved>| match file {
            Ok(file) if files::download(&file.name, &file.blob).is_some() => {}
            Ok(_) | Err(Unsaved::Refused) => notices::warn(page, page.say("save-failed", &[])),
            Err(Unsaved::TooLong(events)) => {
                notices::warn(page, page.say("save-too-long", &[&events.to_string()]));
            }
            Err(Unsaved::Gone) => notices::warn(page, page.say("save-gone", &[])),
            Err(Unsaved::NoRun) => notices::warn(page, page.say("no-run", &[])),
        };
        (exporting.text)(page, &what, Box::new(written));
    });
}

/// What the file is called: scene and seed, so that several do not overwrite each other.
fn full_name(page: Page, name: &str) -> String {
    let spec = page.look(|run| run.spec()).unwrap_or_default();
    format!("{}-{}-{name}", spec.scene, spec.seed)
}

pub fn save(page: Page, name: &str) {
    let Some(text) = written(page, name) else { return };
    let kind = WRITTEN.iter().find(|(known, _)| *known == name).map_or("text/plain", |(_, kind)| kind);
    files::save_text(page, &full_name(page, name), kind, &text);
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
