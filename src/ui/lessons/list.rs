//! The list of lessons.

use super::{TROUBLE, drill, keep, play, row};
use crate::scenes::lesson::{LESSONS, load, words};
use crate::scenes::scene::Lang;
use crate::ui::page::Page;
use crate::ui::text::lessons::TEACHES;
use crate::ui::{dom, html};
use std::cell::RefCell;

thread_local! {
    /// Lessons that were taken to their end in this tab.
    static DONE: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

pub fn panel(page: Page) -> String {
    let lang = page.lang_now();
    keep::finished(page, |names| DONE.set(names));
    let mut out = format!("<p class=\"lesson-intro\">{}</p>", TEACHES.tr(lang, "intro"));
    let trouble = TROUBLE.with_borrow(Clone::clone);
    out += "<div class=\"lesson-trouble\" role=\"alert\">";
    if !trouble.is_empty() {
        out += &format!("<p>{}</p>", html::text(&trouble));
    }
    out += "</div>";
    if page.held().is_none()
        && let Some(going) = play::with(row::title)
    {
        out += &format!(
            "<div class=\"lesson-going\"><p>{}</p>{}</div>",
            html::text(&TEACHES.say(lang, "waits", &[&going])),
            html::button("primary", "lesson continue", TEACHES.tr(lang, "continue"))
        );
    }
    out += "<ol class=\"lesson-list\">";
    for shelved in LESSONS {
        let minutes = load(shelved.name, shelved.lesson, "").map_or(0, |lesson| lesson.minutes);
        let text = if lang == Lang::Zh { shelved.zh } else { shelved.en };
        // Nothing is drawn yet: braces are for the questions.
        let told = words(text, &[]).unwrap_or_default();
        let title = if told.title.is_empty() { shelved.name.to_owned() } else { told.title };
        let done = DONE.with_borrow(|done| done.iter().any(|name| name == shelved.name));
        let mark = if done {
            format!("<span class=\"lesson-done\">{}{}</span>", html::icon("check"), TEACHES.tr(lang, "done"))
        } else {
            String::new()
        };
        out += &format!(
            "<li data-key=\"{0}\"><div><h3>{1}</h3><p>{2}</p><p class=\"lesson-facts\"><span class=\"num\">{3}</span>{mark}</p></div>\
             <button type=\"button\" class=\"{4}\" data-act=\"lesson start {0}\" aria-label=\"{5}\">{6}</button></li>",
            html::text(shelved.name),
            html::text(&title),
            html::text(&told.goal),
            TEACHES.say(lang, "minutes", &[&minutes.max(1).to_string()]),
            if done { "button" } else { "primary" },
            html::text(&TEACHES.say(lang, "start-of", &[&title])),
            TEACHES.tr(lang, if done { "once-more" } else { "start" })
        );
    }
    out += "</ol>";
    out += &drill::list(page);
    out += &sheets(page, lang);
    out + &format!(
        "<div class=\"lesson-own\"><label class=\"button file\">{}<input class=\"visually-hidden\" type=\"file\" multiple \
         accept=\".lesson,.txt\" data-change=\"lesson files\"></label>{}<p class=\"hint\">{}</p></div>",
        TEACHES.tr(lang, "open-file"),
        html::button("button", "lesson write", TEACHES.tr(lang, "write")),
        TEACHES.tr(lang, "open-file-why")
    )
}

/// The way to the pages for teachers, where the site has them: its build has said so in index.html (`xtask/src/site.rs`). What
/// `trunk serve` builds has none, nor has the one file; and from a frame nobody is led away.
fn sheets(page: Page, lang: Lang) -> String {
    let root = dom::document().and_then(|document| document.document_element());
    let Some(folder) = root.and_then(|root| root.get_attribute("data-teach")).filter(|_| !page.embedded) else {
        return String::new();
    };
    let index = if lang == Lang::Zh { "index.zh.html" } else { "index.html" };
    format!(
        "<p class=\"lesson-sheets\"><a class=\"link\" target=\"_blank\" rel=\"noopener\" href=\"{}{index}\">{}</a></p>",
        html::text(&folder),
        TEACHES.tr(lang, "for-teachers")
    )
}

/// This lesson was taken to its end.
pub fn done(page: Page, name: &str) {
    let all = DONE.with_borrow_mut(|done| {
        if !done.iter().any(|known| known == name) {
            done.push(name.to_owned());
        }
        done.join(" ")
    });
    keep::finish(page, &all);
}

/// The lesson that follows this one in the list: the first thereafter that has not been taken.
pub fn after(name: &str) -> Option<&'static str> {
    let at = LESSONS.iter().position(|lesson| lesson.name == name).map_or(0, |at| at + 1);
    let open = |lesson: &&crate::scenes::lesson::Shelved| {
        lesson.name != name && DONE.with_borrow(|done| !done.iter().any(|known| known == lesson.name))
    };
    LESSONS[at..].iter().chain(&LESSONS[..at]).find(open).map(|lesson| lesson.name)
}
