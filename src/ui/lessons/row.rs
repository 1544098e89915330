//! The row in which a lesson is taken, in the place of the question.

use super::play::{self, Phase, Play};
use super::{author, desk, list};
use crate::scenes::lesson::{Ask, StopWords, encode};
use crate::ui::page::Page;
use crate::ui::text::lessons::TEACHES;
use crate::ui::{address, dom, html, notices};
use std::cell::Cell;
use web_sys::Element;

thread_local! {
    static FOCUS: Cell<bool> = const { Cell::new(false) };
}

/// What is said has changed: once it is drawn it gets the focus, if a button of the row had it.
pub fn seek_focus() {
    FOCUS.set(true);
}

/// After the panels were drawn.
pub fn focus(page: Page, root: &Element) {
    if !FOCUS.replace(false) || page.embedded {
        return;
    }
    let Some(now) = dom::document().and_then(|document| document.active_element()) else { return };
    let ours =
        now.tag_name() == "BODY" || now.closest(".opening, .dialog, .stage, .header .lessons").ok().flatten().is_some();
    if ours && let Ok(Some(said)) = root.query_selector(".lesson [data-said]") {
        dom::focus(&said);
    }
}

/// `None` while no lesson is taken, or while another run's question stands there.
pub fn row(page: Page) -> Option<String> {
    page.hold.get()?;
    if page.held().is_some() {
        return play::with(|play| shown(page, play));
    }
    if page.opening.with(Option::is_some) {
        return None;
    }
    if !play::going() && author::writing() {
        return Some(desk::bar(page));
    }
    play::with(|play| {
        let lang = page.lang_now();
        format!(
            "<div class=\"lesson waits\"><p>{}</p>{}{}</div>",
            html::text(&TEACHES.say(lang, "waits", &[&title(play)])),
            html::button("primary", "lesson continue", TEACHES.tr(lang, "continue")),
            html::button("quiet", "lesson leave", TEACHES.tr(lang, "leave"))
        )
    })
}

pub fn title(play: &Play) -> String {
    if play.words.title.is_empty() { play.source.name.clone() } else { play.words.title.clone() }
}

fn shown(page: Page, play: &Play) -> String {
    let lang = page.lang_now();
    let count = play.stops().count();
    let progress = match play.phase {
        _ if play.drill.is_some() => play.drill.as_ref().map_or_else(String::new, |drill| {
            TEACHES.say(lang, "score", &[&drill.right.to_string(), &drill.asked.to_string()])
        }),
        Phase::Intro => TEACHES.say(lang, "minutes", &[&play.lesson.minutes.max(1).to_string()]),
        Phase::End => String::new(),
        _ => TEACHES.say(lang, "at-of", &[&(play.at + 1).to_string(), &count.to_string()]),
    };
    let transfer = play.phase != Phase::Intro && play.stop().is_some_and(|(part, _)| part.transfer);
    let transfer = if transfer {
        format!("<span class=\"lesson-tag\">{}</span>", TEACHES.tr(lang, "transfer"))
    } else {
        String::new()
    };
    let leave = TEACHES.tr(lang, if play.drill.is_some() { "leave-practise" } else { "leave" });
    let head = format!(
        "<div class=\"lesson-head\"><b class=\"lesson-title\">{}</b><span class=\"lesson-at num\">{progress}</span>{transfer}{}{}</div>",
        html::text(&title(play)),
        aside(page, play),
        html::icon_button("icon-button lesson-leave", "lesson leave", "close", leave)
    );
    let body = match play.phase {
        Phase::Intro => intro(page, play),
        Phase::End => end(page, play),
        _ => stop(page, play),
    };
    format!("<div class=\"lesson\">{head}{body}</div>")
}

fn intro(page: Page, play: &Play) -> String {
    let lang = page.lang_now();
    let field = if play.lesson.drawn.is_empty() {
        String::new()
    } else {
        format!(
            "<label class=\"lesson-student\"><span>{}</span><input type=\"text\" maxlength=\"40\" autocomplete=\"off\" spellcheck=\"false\" \
             data-change=\"lesson student\" value=\"{}\" title=\"{}\"></label>",
            TEACHES.tr(lang, "student"),
            html::text(&play.student),
            TEACHES.tr(lang, "student-why")
        )
    };
    format!(
        "<p class=\"question\" data-said tabindex=\"-1\">{}</p><div class=\"answers\">{field}{}</div>",
        html::text(&play.words.goal),
        html::button("primary", "lesson begin", TEACHES.tr(lang, "begin"))
    )
}

fn stop(page: Page, play: &Play) -> String {
    let lang = page.lang_now();
    let Some((_, stop)) = play.stop() else { return String::new() };
    let none = StopWords::default();
    let words = play.words.stop(&stop.name).unwrap_or(&none);
    let coming = play.phase == Phase::Coming;
    let mut out = String::new();
    let said = if words.say.is_empty() && coming { TEACHES.tr(lang, "watch") } else { &words.say };
    // Where something is asked, that is what comes first.
    let asks = stop.ask.is_some() && !coming;
    let focus = |on: bool| if on { " data-said tabindex=\"-1\"" } else { "" };
    // Of a question without end this is half of what is asked, and stays beside the answer.
    let over = matches!(play.phase, Phase::Showing | Phase::Told) && play.drill.is_none();
    if !said.is_empty() && !over {
        out += &format!("<p class=\"lesson-say\"{}>{}</p>", focus(!asks), html::text(said));
    }
    if asks {
        out += &format!(
            "<div class=\"opening-body\"><h2 class=\"question\"{}>{}</h2><div class=\"answers\">{}</div></div>",
            focus(play.phase != Phase::Told),
            html::text(&asked(page, play, words)),
            answers(page, play, words)
        );
    }
    out += "<div class=\"lesson-foot\">";
    out += &told(page, play, words);
    out + &moves(page, play) + "</div>"
}

/// The question; where a lesson has no words for it, what its file says.
fn asked(page: Page, play: &Play, words: &StopWords) -> String {
    if !words.ask.is_empty() {
        return words.ask.clone();
    }
    let lang = page.lang_now();
    match play.stop().and_then(|(_, stop)| stop.ask.as_ref()) {
        Some(Ask::Fact(fact)) => TEACHES.say(lang, "ask-fact", &[fact]),
        Some(Ask::Drop(code)) => TEACHES.say(lang, "ask-drop", &[code]),
        Some(Ask::Break(code)) => TEACHES.say(lang, "ask-break", &[code]),
        None => String::new(),
    }
}

fn answers(page: Page, play: &Play, words: &StopWords) -> String {
    let lang = page.lang_now();
    let told = play.phase == Phase::Told;
    let mut out = String::new();
    for (n, choice) in play.question.choices.iter().enumerate() {
        let chosen = play.chosen == choice.value;
        let right = told && play.mark.as_ref().is_some_and(|mark| mark.right.contains(&choice.value));
        let (class, verdict) = match (told, right, chosen) {
            (true, true, _) => ("answer is-right", page.tr("right")),
            (true, false, true) => ("answer is-wrong", page.tr("wrong")),
            _ => ("answer", ""),
        };
        let verdict =
            if verdict.is_empty() { String::new() } else { format!("<span class=\"verdict\">{verdict}</span>") };
        let own = words.choices.iter().find(|(value, _)| *value == choice.value).map(|(_, words)| words);
        out += &format!(
            "<button type=\"button\" class=\"{class}\" data-key=\"{}\" data-act=\"lesson answer {n}\" aria-pressed=\"{chosen}\"{}>{}{verdict}</button>",
            html::text(&choice.value),
            if play.phase == Phase::Asked { "" } else { " disabled" },
            html::text(own.unwrap_or(&choice.words))
        );
    }
    if play.phase == Phase::Asked && matches!(play.stop().and_then(|(_, s)| s.ask.as_ref()), Some(Ask::Drop(_))) {
        if play.question.choices.is_empty() {
            out += &format!("<p class=\"hint\">{}</p>", TEACHES.tr(lang, "no-messages"));
        }
        out += &format!(
            "<button type=\"button\" class=\"primary\" data-act=\"lesson confirm\"{}>{}</button>",
            if play.chosen.is_empty() { " disabled" } else { "" },
            TEACHES.tr(lang, "drop")
        );
    }
    out
}

/// The verdict, in one place that a screen reader follows.
fn told(page: Page, play: &Play, words: &StopWords) -> String {
    let lang = page.lang_now();
    let mut out = String::from("<div class=\"lesson-told\" role=\"status\">");
    match (&play.mark, play.phase) {
        (Some(mark), Phase::Told) => {
            let said = words.told(&play.chosen, mark.passed);
            let verdict = TEACHES.tr(lang, if mark.passed { "was-right" } else { "was-wrong" });
            out += &format!(
                "<p class=\"why {}\" data-said tabindex=\"-1\"><b>{verdict}</b> {}</p>",
                if mark.passed { "passed" } else { "failed" },
                html::text(said)
            );
        }
        (_, Phase::Showing) => {
            let key = if play.mark.as_ref().is_some_and(|mark| mark.passed) { "see-right" } else { "see-wrong" };
            out += &format!("<p class=\"why\">{}</p>", TEACHES.tr(lang, key));
        }
        (_, Phase::Asked) if play.hinted => out += &format!("<p class=\"why\">{}</p>", html::text(&words.hint)),
        _ => {}
    }
    out + "</div>"
}

/// The ways on. Where a choice is the way on there are none.
fn moves(page: Page, play: &Play) -> String {
    let lang = page.lang_now();
    let tr = |key| TEACHES.tr(lang, key);
    let ask = play.stop().and_then(|(_, stop)| stop.ask.as_ref());
    let last = play.at + 1 == play.stops().count();
    let on = if play.drill.is_some() {
        "another"
    } else if last {
        "to-end"
    } else {
        "next"
    };
    let buttons = match (play.phase, ask) {
        (Phase::Coming | Phase::Showing, _) => html::button("button", "lesson skip", tr("skip")),
        (Phase::Told, _) => html::button("primary", "lesson next", tr(on)),
        (_, None) => html::button("primary", "lesson next", tr(if last { "to-end" } else { "go-on" })),
        (_, Some(Ask::Break(_))) => {
            html::button("button", "lesson again", tr("start-again"))
                + &html::button("quiet", "lesson next", tr("skip-question"))
        }
        _ => return String::new(),
    };
    format!("<div class=\"lesson-moves\">{buttons}</div>")
}

/// What stands beside the title: back, and a hint.
fn aside(page: Page, play: &Play) -> String {
    let lang = page.lang_now();
    let mut out = String::new();
    if play.phase == Phase::Intro {
        return out;
    }
    let hint =
        play.stop().and_then(|(_, stop)| play.words.stop(&stop.name)).is_some_and(|words| !words.hint.is_empty());
    if play.phase == Phase::Asked && hint && !play.hinted {
        out += &html::button("link lesson-hint", "lesson hint", TEACHES.tr(lang, "hint"));
    }
    if play.at > 0 {
        out += &html::button("quiet lesson-back", "lesson back", TEACHES.tr(lang, "back"));
    }
    out
}

/// Which were right at first, and what can be done now.
fn end(page: Page, play: &Play) -> String {
    let lang = page.lang_now();
    let asked: Vec<_> = play.stops().filter(|(_, stop)| stop.ask.is_some()).collect();
    let right = asked.iter().filter(|(_, stop)| play.first(&stop.name) == Some(true)).count();
    let mut out = format!(
        "<h2 class=\"question\" data-said tabindex=\"-1\">{}</h2><ol class=\"lesson-sum\">",
        TEACHES.say(lang, "sum", &[&right.to_string(), &asked.len().to_string()])
    );
    for (part, stop) in asked {
        let (class, icon, words) = match play.first(&stop.name) {
            Some(true) => ("passed", "check", TEACHES.tr(lang, "first-right")),
            Some(false) => ("failed", "broken", TEACHES.tr(lang, "first-wrong")),
            None => ("open", "open", TEACHES.tr(lang, "unanswered")),
        };
        let asked = play.words.stop(&stop.name).map(|words| words.ask.clone()).filter(|ask| !ask.is_empty());
        let tag = if part.transfer {
            format!(" <span class=\"lesson-tag\">{}</span>", TEACHES.tr(lang, "transfer"))
        } else {
            String::new()
        };
        out += &format!(
            "<li class=\"{class}\">{}<span>{}{tag} <span class=\"muted\">{words}</span></span></li>",
            html::icon(icon),
            html::text(&asked.unwrap_or_else(|| stop.name.clone()))
        );
    }
    out += "</ol><div class=\"lesson-moves\">";
    out += &html::button("primary", "lesson hand-in", TEACHES.tr(lang, "hand-in"));
    if list::after(&play.source.name).is_some() {
        out += &html::button("button", "lesson next-lesson", TEACHES.tr(lang, "next-lesson"));
    }
    out += &html::button("button", "lesson leave", TEACHES.tr(lang, "explore"));
    out + &html::button("quiet", "lesson again", TEACHES.tr(lang, "once-more")) + "</div>"
}

/// The link of a lesson's answers. Nothing of it leaves the tab but by the reader's own hand.
pub fn link(play: &Play) -> Option<String> {
    encode(&play.sheet()).ok().map(|text| format!("{}#{text}", address::full_page()))
}

pub fn hand_in(page: Page) {
    let lang = page.lang_now();
    match play::with(link).flatten() {
        None => notices::warn(page, TEACHES.tr(lang, "hand-in-long").to_owned()),
        Some(link) => dom::copy(&link.clone(), move |done| {
            if done {
                notices::say(page, TEACHES.tr(lang, "handed-in").to_owned());
            } else {
                notices::warn(page, TEACHES.say(lang, "hand-in-failed", &[&link]));
            }
        }),
    }
}
