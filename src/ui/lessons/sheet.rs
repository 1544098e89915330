//! A sheet of answers, opened by its link: each answer, marked by the core once more.

use super::play::{self, Play};
use super::row::title;
use super::source::{self, Source};
use super::{TROUBLE, Told, View, show};
use crate::scenes::lesson::{Answer, Choice, Given, Mark, Part, Sheet, Stop, StopWords, decode, find, mark, question};
use crate::scenes::link::LinkError;
use crate::scenes::scene::{Lang, Time};
use crate::ui::page::{Dialog, Page};
use crate::ui::text::lessons::TEACHES;
use crate::ui::{address, html, notices, parts, stage};
use std::cell::RefCell;

/// No run that was made by hand goes on for longer.
const LONGEST: Time = 3_600_000_000;

/// One question, and what was answered.
struct Line {
    stop: String,
    transfer: bool,
    answer: Option<Answer>,
    /// The choices in this language, so that an answer is said as it was read.
    choices: Vec<Choice>,
    mark: Option<Mark>,
    trouble: String,
}

struct Shown {
    play: Play,
    lang: Lang,
    /// The lesson has changed since.
    other: bool,
    lines: Vec<Line>,
}

thread_local! {
    static SHEET: RefCell<Option<Shown>> = const { RefCell::new(None) };
}

/// Reads a link and shows its sheet; tells whether it could. The present run stays.
pub fn open(page: Page, link: &str, told: Told) {
    let lang = page.lang_now();
    let key = match decode(link) {
        Ok(sheet) => return read(page, sheet, told),
        Err(LinkError::TooLong) => "link-too-long",
        Err(LinkError::Malformed) => "link-malformed",
        Err(LinkError::Newer) => "link-newer",
    };
    notices::warn(page, crate::ui::text::tr(lang, key).to_owned());
    told(false);
}

fn read(page: Page, sheet: Sheet, told: Told) {
    let lang = page.lang_now();
    let refuse = move |key: &'static str, told: Told| {
        notices::warn(page, TEACHES.tr(lang, key).to_owned());
        told(false);
    };
    let far = |answer: &Answer| match answer {
        Answer::Run(run) => run.at > LONGEST || run.commands.iter().any(|command| command.time > LONGEST),
        Answer::Value(_) => false,
    };
    if sheet.answers.iter().any(|given| far(&given.answer)) {
        return refuse("sheet-far", told);
    }
    // A lesson of the reader's is known while it is taken.
    let taken = play::with(|play| play.source.clone()).filter(|source| source.own && source.name == sheet.lesson);
    let Some(source) = taken.or_else(|| find(&sheet.lesson).map(Source::of)) else {
        return refuse("sheet-unknown", told);
    };
    let Ok(lesson) = source.lesson(&sheet.student) else { return refuse("sheet-unknown", told) };
    parts::with_scenes(page, source::scenes(&lesson), move || {
        let other = lesson.digest != sheet.digest;
        let play = Play::new(source, &sheet.student, lesson, lang);
        let lines = marked(&play, &sheet, lang);
        SHEET.set(Some(Shown { play, lang, other, lines }));
        TROUBLE.take();
        show(page, View::Sheet);
        told(true);
    });
}

fn marked(play: &Play, sheet: &Sheet, lang: Lang) -> Vec<Line> {
    let asked = play.stops().filter(|(_, stop)| stop.ask.is_some());
    let line = |(part, stop): (&Part, &Stop)| {
        let answer = sheet.answers.iter().find(|given| given.stop == stop.name).map(|given| given.answer.clone());
        let (mark, trouble) = match answer.as_ref().map(|answer| mark(part, stop, answer, lang)) {
            Some(Ok(mark)) if mark.foreign => (Some(mark), TEACHES.tr(lang, "sheet-foreign").to_owned()),
            Some(Ok(mark)) => (Some(mark), String::new()),
            Some(Err(error)) => (None, error.0),
            None => (None, String::new()),
        };
        let choices = question(part, stop, lang).map(|question| question.choices).unwrap_or_default();
        Line { stop: stop.name.clone(), transfer: part.transfer, answer, choices, mark, trouble }
    };
    asked.map(line).collect()
}

pub fn panel(page: Page) -> String {
    SHEET.with_borrow_mut(|shown| {
        let Some(shown) = shown else { return String::new() };
        let lang = page.lang_now();
        if shown.lang != lang {
            let sheet = Sheet {
                answers: shown
                    .lines
                    .iter()
                    .filter_map(|line| {
                        let answer = line.answer.clone()?;
                        Some(Given { stop: line.stop.clone(), answer })
                    })
                    .collect(),
                ..Sheet::default()
            };
            shown.lines = marked(&shown.play, &sheet, lang);
            shown.play.words = shown.play.source.words(lang, &shown.play.lesson);
            shown.lang = lang;
        }
        markup(lang, shown)
    })
}

fn markup(lang: Lang, shown: &Shown) -> String {
    let passed = shown.lines.iter().filter(|line| line.mark.as_ref().is_some_and(|mark| mark.passed)).count();
    let mut out = format!("<p class=\"lesson-intro\"><b>{}</b></p>", html::text(&title(&shown.play)));
    out += "<p>";
    if !shown.play.student.is_empty() {
        out += &html::text(&TEACHES.say(lang, "sheet-student", &[&source::short(&shown.play.student)]));
        out += " ";
    }
    out += &TEACHES.say(lang, "sum", &[&passed.to_string(), &shown.lines.len().to_string()]);
    out += "</p>";
    if shown.other {
        out += &format!("<div class=\"lesson-trouble\"><p>{}</p></div>", TEACHES.tr(lang, "sheet-other"));
    }
    out += "<ol class=\"lesson-sheet\">";
    for (n, line) in shown.lines.iter().enumerate() {
        out += &one(lang, shown, n, line);
    }
    out + "</ol>" + &html::button("button", "lesson list", TEACHES.tr(lang, "all-lessons"))
}

fn one(lang: Lang, shown: &Shown, n: usize, line: &Line) -> String {
    let none = StopWords::default();
    let words = shown.play.words.stop(&line.stop).unwrap_or(&none);
    let asked = if words.ask.is_empty() { &line.stop } else { &words.ask };
    let (class, icon, verdict) = match (&line.mark, &line.answer) {
        (Some(mark), _) if mark.passed => ("passed", "check", "first-right"),
        (_, Some(_)) => ("failed", "broken", "first-wrong"),
        (_, None) => ("open", "open", "unanswered"),
    };
    let said = |value: &str| {
        let own = words.choices.iter().find(|(known, _)| known == value).map(|(_, words)| words.clone());
        let offered = || line.choices.iter().find(|choice| choice.value == value).map(|choice| choice.words.clone());
        own.or_else(offered).unwrap_or_else(|| source::short(value))
    };
    let mut out = format!(
        "<li class=\"{class}\">{}<div><p><b>{}</b>{}</p><p>",
        html::icon(icon),
        html::text(asked),
        if line.transfer {
            format!(" <span class=\"lesson-tag\">{}</span>", TEACHES.tr(lang, "transfer"))
        } else {
            String::new()
        }
    );
    match (&line.answer, &line.mark) {
        (Some(Answer::Value(value)), _) => out += &html::text(&TEACHES.say(lang, "answered", &[&said(value)])),
        (Some(Answer::Run(_)), Some(mark)) => {
            let steps = mark.steps.to_string();
            out += &html::text(&TEACHES.say(lang, "answered-run", &[&steps]));
        }
        _ => {}
    }
    out += &format!(" <span class=\"muted\">{}</span></p>", TEACHES.tr(lang, verdict));
    if let Some(mark) = line.mark.as_ref().filter(|mark| !mark.passed && !mark.right.is_empty()) {
        let right: Vec<String> = mark.right.iter().map(|value| said(value)).collect();
        out += &format!("<p>{}</p>", html::text(&TEACHES.say(lang, "right-is", &[&right.join(", ")])));
    }
    if !line.trouble.is_empty() {
        out += &format!("<p class=\"lesson-trouble\">{}</p>", html::text(&line.trouble));
    }
    if line.mark.is_some() {
        out += &html::button("button small", &format!("lesson moment {n}"), TEACHES.tr(lang, "show-moment"));
    }
    out + "</div></li>"
}

/// Shows what decides one of the answers.
pub fn moment(page: Page, n: usize) {
    let shows = SHEET.with_borrow(|shown| Some(shown.as_ref()?.lines.get(n)?.mark.as_ref()?.shows.clone()));
    let Some(spec) = shows else { return };
    page.dialog.set(Dialog::None);
    address::leave(page);
    if page.open(&spec, None) {
        page.unfold();
        stage::focus();
    }
}
