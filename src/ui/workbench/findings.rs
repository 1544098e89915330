//! The properties: words first, the code small, an icon for how each stands. The event log shares their place.

use super::{log, matrix};
use crate::scenes::scene::{Finding, Standing};
use crate::scenes::searching::table;
use crate::scenes::text::word;
use crate::ui::page::{List, Page};
use crate::ui::{html, parts};

pub fn panel(page: Page) -> String {
    let list = page.list.get();
    let tab = |this: List, act: &str, key: &'static str| html::choice("caps view-tab", act, page.tr(key), list == this);
    let mut out = format!(
        "<div class=\"view-tabs\">{}{}</div>",
        tab(List::Properties, "list properties", "properties"),
        tab(List::Events, "list events", "events")
    );
    if list == List::Events {
        out += &log::panel(page);
    } else if page.asking() {
        out += &format!("<p class=\"hint hidden-until\">{}</p>", page.tr("hidden-until-answered"));
    } else {
        let lang = page.lang_now();
        // A lesson asks for what a search would find.
        let searched = page.held().is_none();
        if searched {
            let chip = parts::search().map_or_else(String::new, |search| (search.find.chip)(page));
            out += &format!(
                "<div class=\"ask-find\">{}<span class=\"find-chip-place\">{chip}</span></div>",
                html::button("primary small", "dialog find", page.tr("find-run"))
            );
        }
        if searched && table::of(&page.scene.get()).is_some() {
            let words = word(lang, &format!("{}.table-title", page.scene.get()));
            out += &html::button("button small ask-table", "dialog table", &words);
        }
        out += &matrix::button(page);
        out += "<ul class=\"properties\">";
        for finding in page.look(|run| run.findings(lang)).unwrap_or_default() {
            out += &one(page, &finding);
        }
        out += "</ul>";
    }
    out
}

fn one(page: Page, finding: &Finding) -> String {
    let (class, name, said) = match finding.standing {
        Standing::Unbroken => ("ok", "check", page.tr("standing-unbroken")),
        // What the recipe does not promise may break without anybody having lied.
        Standing::Broken if !finding.promised => ("expected", "warn", page.tr("standing-broken")),
        Standing::Broken => ("bad", "broken", page.tr("standing-broken")),
        Standing::Open => ("open", "open", page.tr("standing-open")),
        Standing::Met => ("ok", "check", page.tr("standing-met")),
        Standing::Never => ("bad", "broken", page.tr("standing-never")),
    };
    let kind = if finding.liveness { page.tr("liveness") } else { page.tr("safety") };
    let mut claim = format!(
        "<b>{}</b> <code>{}</code> <span class=\"kind\">{kind}</span>",
        html::text(&finding.words),
        html::text(finding.code)
    );
    if !finding.promised {
        claim += &format!(" <span class=\"not-promised\">{}</span>", page.tr("not-promised"));
    }
    let go = match finding.broken_at {
        Some(event) => html::button("link", &format!("event {event}"), page.tr("show-moment")),
        None => String::new(),
    };
    format!(
        "<li class=\"finding {class}\" data-key=\"{}\"><span class=\"standing\" role=\"img\" aria-label=\"{said}\">{}</span>\
         <div><p class=\"claim\">{claim}</p><p class=\"because\">{} {go}</p></div></li>",
        html::text(finding.code),
        html::icon(name),
        html::text(&finding.because)
    )
}
