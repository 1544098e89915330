//! Help: what the scene simplifies, the command that repeats this moment, and the map of keys.

use super::keyboard;
use crate::scenes;
use crate::ui::page::Page;
use crate::ui::text::tr;
use crate::ui::{address, html};

pub fn panel(page: Page) -> String {
    let scene = page.scene.get();
    let lang = page.lang_now();
    let mut out = String::new();
    let simplified = scenes::simplified(&scene, lang);
    if !simplified.is_empty() {
        out += &format!("<h3>{}</h3><ul class=\"simplified\">", tr(lang, "simplified"));
        for words in &simplified {
            out += &format!("<li>{}</li>", html::text(words));
        }
        out += "</ul>";
    }
    out += &format!("<h3>{}</h3><p>{}</p>", tr(lang, "reproduce"), tr(lang, "reproduce-help"));
    if let Some((state, run)) = page.look(|run| (run.state_hash(), run.run_hash())) {
        out += &format!(
            "<dl class=\"rows\"><div class=\"row mono\"><dt>{}</dt><dd>{state:032x}</dd></div>\
             <div class=\"row mono\"><dt>{}</dt><dd>{run:016x}</dd></div></dl>",
            tr(lang, "state-hash"),
            tr(lang, "run-hash")
        );
    }
    match address::link(page) {
        Ok(link) => out += &html::copyable(tr(lang, "command"), page.tr("copy"), &scenes::reproduce(&link)),
        Err(_) => out += &format!("<p class=\"hint\">{}</p>", tr(page.lang_now(), "share-too-long")),
    }
    out += &format!(
        "<h3>{}</h3><label class=\"control toggle keys-on\"><span>{}</span><input type=\"checkbox\" role=\"switch\" data-change=\"keys\"{}></label>\
         <p class=\"hint\">{}</p><dl class=\"key-map\">",
        tr(lang, "keys"),
        tr(lang, "keys-on"),
        if page.keys_on.get() { " checked" } else { "" },
        tr(lang, "keys-help")
    );
    for (keys, words) in keyboard::MAP {
        out += &format!("<div class=\"key-row\"><dt><kbd>{keys}</kbd></dt><dd>{}</dd></div>", tr(lang, words));
    }
    out += &format!(
        "</dl><h3>{}</h3><p>{}</p><div class=\"offers\">{}</div>",
        page.tr("coverage"),
        page.tr("coverage-help"),
        html::button("button ask-coverage", "dialog coverage", page.tr("coverage-open"))
    );
    out += &format!("<p class=\"muted version\">Faultline {}</p>", env!("CARGO_PKG_VERSION"));
    out
}
