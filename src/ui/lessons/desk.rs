//! What an author sees: a bar over the sentence while the run is played, and the draft in the dialog.

use super::TROUBLE;
use super::author::{self, Draft, Entry, Said};
use crate::scenes::lesson::{Ask, StopWords};
use crate::scenes::scene::Lang;
use crate::ui::draw::seconds;
use crate::ui::html;
use crate::ui::page::Page;
use crate::ui::text::lessons::TEACHES;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlTextAreaElement};

/// In the place of the question, while the run is played for the next stop.
pub fn bar(page: Page) -> String {
    let lang = page.lang_now();
    let count = author::with(page, |draft| draft.entries.len()).unwrap_or(0);
    format!(
        "<div class=\"lesson waits writes\"><p>{}</p>{}{}{}</div>",
        TEACHES.say(lang, "writing", &[&count.to_string()]),
        html::button("primary", "lesson add", TEACHES.tr(lang, "add-stop")),
        html::button("button", "lesson write", TEACHES.tr(lang, "edit")),
        html::button("quiet", "lesson write-off", TEACHES.tr(lang, "write-off"))
    )
}

pub fn panel(page: Page) -> String {
    author::with(page, |draft| markup(page, draft)).unwrap_or_default()
}

fn field(lang: Lang, key: &'static str, act: &str, value: &str) -> String {
    format!(
        "<label class=\"desk-field\"><span>{}</span><input type=\"text\" autocomplete=\"off\" data-change=\"lesson write-{act}\" value=\"{}\"></label>",
        TEACHES.tr(lang, key),
        html::text(value)
    )
}

fn area(lang: Lang, key: &'static str, act: &str, value: &str) -> String {
    format!(
        "<label class=\"desk-field\"><span>{}</span><textarea rows=\"2\" data-change=\"lesson write-{act}\">{}</textarea></label>",
        TEACHES.tr(lang, key),
        html::text(value)
    )
}

fn markup(page: Page, draft: &Draft) -> String {
    let lang = page.lang_now();
    let words = draft.words(lang);
    let tr = |key| TEACHES.tr(lang, key);
    let mut out = format!("<p class=\"lesson-intro\">{}</p>", tr("write-intro"));
    let trouble = TROUBLE.with_borrow(Clone::clone);
    out += "<div class=\"lesson-trouble\" role=\"alert\">";
    if !trouble.is_empty() {
        out += &format!("<p>{}</p>", html::text(&trouble));
    }
    out += "</div><div class=\"lesson-desk\">";
    out += &field(lang, "field-name", "name", &draft.name);
    out += &format!(
        "<label class=\"desk-field\"><span>{}</span><input type=\"number\" min=\"1\" max=\"600\" data-change=\"lesson write-minutes\" value=\"{}\"></label>",
        tr("field-minutes"),
        draft.minutes.max(1)
    );
    out += &field(lang, "field-title", "title", &words.title);
    out += &area(lang, "field-goal", "goal", &words.goal);
    out += &area(lang, "field-misconception", "misconception", &words.misconception);
    out += "</div><ol class=\"desk-stops\">";
    let none = (StopWords::default(), Said::default());
    for (n, entry) in draft.entries.iter().enumerate() {
        let words = words.stop(&entry.stop.name).unwrap_or(&none.0);
        out += &stop(lang, n, entry, words, draft.said.get(n).unwrap_or(&none.1));
    }
    out += "</ol>";
    if draft.entries.is_empty() {
        out += &format!("<p class=\"hint\">{}</p>", tr("no-stops"));
    }
    out += "<div class=\"lesson-moves\">";
    out += &html::button("primary", "lesson add", tr("add-stop"));
    out += &html::button("button", "lesson attempt", tr("attempt"));
    let off = if draft.can_undo() { "" } else { " disabled" };
    out += &format!("<button type=\"button\" class=\"button\" data-act=\"lesson undo\"{off}>{}</button>", tr("undo"));
    out += "</div><div class=\"lesson-moves\">";
    let name = draft.source().name;
    out += &html::button("button", "lesson export lesson", &TEACHES.say(lang, "save-as", &[&format!("{name}.lesson")]));
    for (tongue, words) in [("en", &draft.en), ("zh", &draft.zh)] {
        let ours = (tongue == "zh") == (lang == Lang::Zh);
        if ours || !words.title.is_empty() || !words.stops.is_empty() {
            let file = format!("{name}.{tongue}.txt");
            out += &html::button("button", &format!("lesson export {tongue}"), &TEACHES.say(lang, "save-as", &[&file]));
        }
    }
    out + &format!(
        "<label class=\"button file\">{}<input class=\"visually-hidden\" type=\"file\" multiple accept=\".lesson,.txt\" \
         data-change=\"lesson import\"></label>{}</div>",
        tr("import"),
        html::button("quiet", "lesson list", tr("all-lessons"))
    )
}

fn stop(lang: Lang, n: usize, entry: &Entry, words: &StopWords, said: &Said) -> String {
    let tr = |key| TEACHES.tr(lang, key);
    let title = TEACHES.say(lang, "stop-at", &[&(n + 1).to_string(), &seconds(entry.stop.at / 1_000 * 1_000)]);
    let small = |act: &str, key| {
        format!(
            "<button type=\"button\" class=\"button small\" data-act=\"lesson {act} {n}\" aria-label=\"{}: {}\">{}</button>",
            tr(key),
            html::text(&title),
            tr(key)
        )
    };
    let mut out = format!(
        "<li class=\"lesson-desk\" data-key=\"{}\"><div class=\"desk-head\"><h3>{}</h3>{}{}{}</div>",
        html::text(&entry.stop.name),
        html::text(&title),
        small("visit", "show-moment"),
        if n > 0 { small("up", "earlier") } else { String::new() },
        small("remove", "remove")
    );
    out += &kinds(lang, n, entry, said);
    if entry.stop.ask.is_some() {
        out += &format!(
            "<label class=\"desk-field\"><span>{}</span><span class=\"desk-by\"><input type=\"number\" min=\"0\" step=\"1\" \
             data-change=\"lesson write-by {n}\" value=\"{}\">{}</span></label>",
            tr("field-by"),
            entry.stop.by / 1_000,
            small("by-now", "by-now")
        );
    }
    if let Some(Ask::Fact(fact)) = &entry.stop.ask {
        out += &field(lang, "field-fact", &format!("fact {n}"), fact);
    }
    let class = if said.wrong { "desk-said failed" } else { "desk-said passed" };
    out += &format!("<p class=\"{class}\" role=\"status\">{}</p>", html::text(&said.words));
    out += &field(lang, "field-stop", &format!("stop {n}"), &entry.stop.name);
    out += &area(lang, "field-say", &format!("say {n}"), &words.say);
    if entry.stop.ask.is_some() {
        out += &area(lang, "field-ask", &format!("ask {n}"), &words.ask);
        out += &area(lang, "field-right", &format!("right {n}"), &words.right);
        out += &area(lang, "field-wrong", &format!("wrong {n}"), &words.wrong);
        out += &area(lang, "field-hint", &format!("hint {n}"), &words.hint);
    }
    if n > 0 {
        out += &format!(
            "<label class=\"desk-check\"><input type=\"checkbox\" data-change=\"lesson write-transfer {n}\"{}> {}</label>",
            if entry.transfer { " checked" } else { "" },
            tr("field-transfer")
        );
    }
    out + "</li>"
}

fn kinds(lang: Lang, n: usize, entry: &Entry, said: &Said) -> String {
    let now = author::kind(entry.stop.ask.as_ref());
    let mut all = vec![("say".to_owned(), TEACHES.tr(lang, "kind-say").to_owned())];
    for fact in &said.offered.facts {
        all.push((format!("fact {fact}"), fact_words(lang, fact)));
    }
    for code in &said.offered.properties {
        all.push((format!("drop {code}"), TEACHES.say(lang, "kind-drop", &[code])));
    }
    for code in &said.offered.properties {
        all.push((format!("break {code}"), TEACHES.say(lang, "kind-break", &[code])));
    }
    if !all.iter().any(|(kind, _)| *kind == now) {
        let words = now.strip_prefix("fact ").map_or_else(|| now.clone(), |fact| fact_words(lang, fact));
        all.push((now.clone(), words));
    }
    let options: String = all
        .iter()
        .map(|(kind, words)| {
            let chosen = if *kind == now { " selected" } else { "" };
            format!("<option value=\"{}\"{chosen}>{}</option>", html::text(kind), html::text(words))
        })
        .collect();
    format!(
        "<label class=\"desk-field\"><span>{}</span><select data-change=\"lesson write-kind {n}\" data-value=\"{}\">{options}</select></label>",
        TEACHES.tr(lang, "field-kind"),
        html::text(&now)
    )
}

/// What a fact asks, in the author's language; one without words of its own stands as it does in the file.
fn fact_words(lang: Lang, fact: &str) -> String {
    let (kind, of) = fact.split_once(' ').unwrap_or((fact, ""));
    let key = match kind {
        "broken" => "fact-broken",
        "commits" => "fact-commits",
        "decision" => "fact-decision",
        "holder" => "fact-holder",
        "holds" => "fact-holds",
        "log" => "fact-log",
        "money" => "fact-money",
        "moved" => "fact-moved",
        "owner" => "fact-owner",
        "spread" => "fact-spread",
        "writer" => "fact-writer",
        _ => return TEACHES.say(lang, "kind-fact", &[fact]),
    };
    TEACHES.say(lang, key, &[of])
}

/// A field that the author has typed into does not follow its markup by itself.
pub fn drawn(root: &Element) {
    let focused = crate::ui::dom::document().and_then(|document| document.active_element());
    for area in crate::ui::dom::all(root, ".lesson-desk textarea") {
        let Some(area) = area.dyn_ref::<HtmlTextAreaElement>() else { continue };
        let typing = focused.as_ref().is_some_and(|focused| area.is_same_node(Some(focused)));
        let text = area.text_content().unwrap_or_default();
        if !typing && area.value() != text {
            area.set_value(&text);
        }
    }
}
