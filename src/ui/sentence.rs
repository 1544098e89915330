//! One sentence about what just happened, tinted by its meaning, and its twin for screen readers.

use super::draw::{hue_class, plain_words};
use super::page::Page;
use super::text::fill;
use super::{dom, html, openings};
use crate::scenes::run::{Halt, Run};
use crate::scenes::scene::{Hue, Sentence, Text};
use std::cell::{Cell, RefCell};

/// While playing, a screen reader hears at most one sentence in this time.
const SPOKEN_MS: f64 = 2_000.0;

thread_local! {
    static SPOKEN: RefCell<String> = const { RefCell::new(String::new()) };
    static SPOKEN_AT: Cell<f64> = const { Cell::new(-1e9) };
    /// The events before the latest sentence that was heard.
    static HEARD: Cell<u32> = const { Cell::new(0) };
}

/// The sentence, unless it would answer a lesson's question.
fn told(page: Page, run: &dyn Run) -> Sentence {
    let sentence = run.sentence(page.lang_now());
    if !sentence.nodes.iter().any(|node| page.hides(*node)) {
        return sentence;
    }
    Sentence { pieces: vec![Text { words: "…".to_owned(), ..Text::default() }], ..Sentence::default() }
}

/// The class of the bar: its tint.
pub fn class(page: Page) -> String {
    let tone = page.look(|run| told(page, run).tone).unwrap_or_default();
    format!("sentence {}", look(tone).0)
}

/// A tone's tint and icon.
pub fn look(tone: Hue) -> (&'static str, &'static str) {
    match tone {
        Hue::Good => ("tint-good", "check"),
        Hue::Warn => ("tint-warn", "clock"),
        Hue::Bad => ("tint-bad", "warn"),
        _ => ("tint-none", "open"),
    }
}

pub fn panel(page: Page) -> String {
    let Some((sentence, now, (at, known))) = page.look(|run| (told(page, run), run.now(), run.position())) else {
        return String::new();
    };
    // How much is still to come would give an open question away.
    let step = if page.blind() {
        fill(page.tr("step-at"), &[&at.to_string()])
    } else {
        fill(page.tr("step-of"), &[&at.to_string(), &known.to_string()])
    };
    format!(
        "{}<p class=\"words\">{}</p>{}<span class=\"step-count num\">{step}</span>",
        html::icon(look(sentence.tone).1),
        pieces(&sentence, now),
        stopped(page).unwrap_or_default()
    )
}

/// The words as markup.
pub fn pieces(sentence: &Sentence, now: u64) -> String {
    let mut out = String::new();
    for text in &sentence.pieces {
        let words = html::text(&plain_words(text, now));
        if text.strong || text.hue != Hue::Plain {
            let strong = if text.strong { " strong" } else { "" };
            out += &format!("<b class=\"{}{strong}\">{words}</b>", hue_class(text.hue));
        } else {
            out += &words;
        }
    }
    out
}

/// Why play stopped here, or no step was to be had, and the way on where there is one.
fn stopped(page: Page) -> Option<String> {
    let words = html::text(&stopped_words(page)?);
    Some(if is_over(page) {
        format!("<span class=\"halted over\">{words}</span>")
    } else {
        let go_on = html::button("button go-on", "play", page.tr("go-on"));
        format!("<span class=\"halted\"><span class=\"halt-words\">{words}</span>{go_on}</span>")
    })
}

/// One event more was asked for at this very moment, and there is none.
fn is_over(page: Page) -> bool {
    page.nothing_due.get().is_some_and(|moment| moment == page.stamp())
}

fn stopped_words(page: Page) -> Option<String> {
    if is_over(page) {
        return Some(page.tr("nothing-due").to_owned());
    }
    let lang = page.lang_now();
    Some(match page.halt.get()? {
        Halt::Broken { property, .. } => {
            let findings = page.look(|run| run.findings(lang)).unwrap_or_default();
            let named = findings.into_iter().find(|finding| finding.code == property);
            let name = named.map_or_else(|| property.to_string(), |finding| finding.words);
            fill(page.tr("halted-broken"), &[&name])
        }
        Halt::Question => return None,
        // The row of the question already says how it ended.
        Halt::End if page.opening.with(Option::is_some) => return None,
        Halt::End => page.tr("halted-end").to_string(),
    })
}

/// What the live region says now: unchanged while a sentence would come too soon, and then one line for all that went by.
pub fn spoken(page: Page) -> String {
    let now = dom::screen_ms();
    let playing = page.playing.get();
    if playing && now - SPOKEN_AT.get() <= SPOKEN_MS {
        return SPOKEN.with_borrow(Clone::clone);
    }
    let Some((words, (at, _))) = page.look(|run| {
        let now = run.now();
        let pieces = told(page, run).pieces;
        (pieces.iter().map(|text| plain_words(text, now)).collect::<String>(), run.position())
    }) else {
        return String::new();
    };
    let passed = at.saturating_sub(HEARD.replace(at));
    if playing && passed == 0 {
        return SPOKEN.with_borrow(Clone::clone);
    }
    SPOKEN_AT.set(now);
    let line = if playing && passed > 1 { fill(page.tr("passed"), &[&passed.to_string(), &words]) } else { words };
    // How a question ended is said once, and not again at the moments that the reader looks at afterwards.
    let ended = if page.halt.get() == Some(Halt::End) { openings::verdict(page) } else { None };
    let stopped = if playing { None } else { ended.or_else(|| stopped_words(page)) };
    SPOKEN.replace(stopped.map_or(line.clone(), |stopped| format!("{line} {stopped}")));
    SPOKEN.with_borrow(Clone::clone)
}
