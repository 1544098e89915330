//! One node's card.

use super::{Live, escape_into, hue_class, words_into};
use crate::scenes::scene::{Block, Card, Condition, Force, Hue, Text, Verdict};
use std::fmt::Write;

/// Narrower than this a card with a dial stacks: dial on top, words centred below.
const STACKED_BELOW: f32 = 150.0;
/// Lower than this a card is set closer.
const LOW: f32 = 96.0;

/// The classes that a card wears.
pub fn classes(card: &Card) -> String {
    let mut out = String::from("card ");
    out.push_str(hue_class(card.hue));
    out.push_str(match card.condition {
        Condition::Up => "",
        Condition::Paused => " paused",
        Condition::Down => " down",
    });
    if card.badge.is_empty() {
        out.push_str(" titled");
    } else if card.w < STACKED_BELOW {
        out.push_str(" stacked");
    }
    if card.h < LOW {
        out.push_str(" low");
    }
    out
}

/// The inside of a card, and what in it moves.
pub fn markup(card: &Card) -> (String, Vec<Live>) {
    let mut out = String::with_capacity(512);
    let mut lives = Vec::new();
    if card.badge.is_empty() {
        title(&mut out, card, &mut lives);
    } else {
        badge(&mut out, card, &mut lives);
    }
    out.push_str("<span class=\"blocks\">");
    for block in &card.blocks {
        one(&mut out, block, &mut lives);
    }
    out.push_str("</span>");
    (out, lives)
}

fn title(out: &mut String, card: &Card, lives: &mut Vec<Live>) {
    out.push_str("<span class=\"title\">");
    if card.dial.is_some() {
        dial(out, card, lives);
    }
    out.push_str("<b>");
    escape_into(out, &card.name);
    out.push_str("</b>");
    if let Some(corner) = &card.corner {
        text(out, "corner", corner, lives);
    }
    out.push_str("</span>");
}

fn badge(out: &mut String, card: &Card, lives: &mut Vec<Live>) {
    out.push_str("<span class=\"badge\">");
    dial(out, card, lives);
    out.push_str("<b aria-hidden=\"true\">");
    escape_into(out, &card.badge);
    // The content is the button's accessible name: the full name takes the letter's place there.
    out.push_str("</b><span class=\"visually-hidden\">");
    escape_into(out, &card.name);
    out.push_str("</span></span>");
    if let Some(corner) = &card.corner {
        text(out, "corner", corner, lives);
    }
}

/// The ring that drains.
fn dial(out: &mut String, card: &Card, lives: &mut Vec<Live>) {
    out.push_str(
        "<svg viewBox=\"0 0 48 48\" aria-hidden=\"true\"><circle class=\"track\" cx=\"24\" cy=\"24\" r=\"21\"/>",
    );
    if let Some(dial) = card.dial {
        out.push_str(
            "<circle class=\"dial\" cx=\"24\" cy=\"24\" r=\"21\" pathLength=\"1000\" stroke-dasharray=\"1000\" \
             transform=\"rotate(-90 24 24)\" data-live></circle>",
        );
        lives.push(Live::Dial(dial));
    }
    out.push_str("</svg>");
}

fn text(out: &mut String, class: &str, text: &Text, lives: &mut Vec<Live>) {
    let strong = if text.strong { " strong" } else { "" };
    let _ = write!(out, "<span class=\"{class} {}{strong}\">", hue_class(text.hue));
    words_into(out, text, lives);
    out.push_str("</span>");
}

fn one(out: &mut String, block: &Block, lives: &mut Vec<Live>) {
    match block {
        Block::Line(line) => text(out, "line", line, lives),
        Block::Heading(words) => {
            out.push_str("<span class=\"caps\">");
            escape_into(out, words);
            out.push_str("</span>");
        }
        Block::Tag(tag) => text(out, "tag", tag, lives),
        Block::Pair { label, value, hue, mono, chip } => pair(out, label, value, *hue, *mono, *chip),
        Block::Meter { label, dial, hue } => {
            let _ = write!(out, "<span class=\"meter {}\">", hue_class(*hue));
            text(out, "line", label, lives);
            out.push_str("<span class=\"track\"><span class=\"fill\" data-live></span></span></span>");
            lives.push(Live::Meter(*dial));
        }
        Block::Record { words, hue, force } => record(out, words, *hue, *force, lives),
        Block::Entry { dot, words, value, verdict } => {
            let verdict = match verdict {
                Verdict::Fine => "",
                Verdict::Broken => " broken",
                Verdict::Refused => " refused",
            };
            let _ = write!(out, "<span class=\"entry{verdict}\"><i class=\"dot {}\"></i><span>", hue_class(*dot));
            escape_into(out, words);
            out.push_str("</span><span class=\"num\">");
            escape_into(out, value);
            out.push_str("</span></span>");
        }
    }
}

fn pair(out: &mut String, label: &str, value: &str, hue: Hue, mono: bool, chip: bool) {
    let mono = if mono { " mono" } else { "" };
    let chip = if chip { " chip" } else { "" };
    let _ = write!(out, "<span class=\"pair{mono}\"><span class=\"key\">");
    escape_into(out, label);
    let _ = write!(out, "</span><span class=\"value{chip} {}\">", hue_class(hue));
    escape_into(out, value);
    out.push_str("</span></span>");
}

fn record(out: &mut String, words: &str, hue: Hue, force: Force, lives: &mut Vec<Live>) {
    let class = match force {
        Force::Forced => "forced",
        Force::Forcing(_) => "forcing",
        Force::Unforced => "unforced",
    };
    let _ = write!(out, "<span class=\"record {class} {}\">", hue_class(hue));
    if let Force::Forcing(dial) = force {
        // Drains backwards: what is left to write is what is not yet filled.
        out.push_str("<span class=\"fill\" data-live></span>");
        lives.push(Live::Meter(dial));
    }
    out.push_str("<span class=\"words\">");
    escape_into(out, words);
    out.push_str("</span>");
    if !matches!(force, Force::Unforced) {
        out.push_str("<svg class=\"disk\" viewBox=\"0 0 16 16\" aria-hidden=\"true\"><use href=\"#i-disk\"/></svg>");
    }
    out.push_str("</span>");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenes::scene::{Clock, Dial};

    fn card() -> Card {
        Card {
            node: 0,
            name: "Client A".into(),
            badge: "A".into(),
            hue: Hue::Node(0),
            x: 0.0,
            y: 0.0,
            w: 180.0,
            h: 90.0,
            condition: Condition::Paused,
            corner: None,
            dial: Some(Dial { from: 0, to: 3_000_000 }),
            blocks: vec![
                Block::Line(Text { words: "holds".into(), strong: true, ..Text::default() }),
                Block::Line(Text {
                    words: "{} s left".into(),
                    clock: Some(Clock::Until(3_000_000)),
                    ..Text::default()
                }),
            ],
        }
    }

    #[test]
    fn what_moves_is_found_in_document_order() {
        let (markup, lives) = markup(&card());
        assert_eq!(markup.matches("data-live").count(), lives.len());
        assert!(matches!(lives[0], Live::Dial(_)) && matches!(lives[1], Live::Clock(_)));
    }

    #[test]
    fn the_full_name_is_in_the_content() {
        assert!(markup(&card()).0.contains(">Client A<"));
    }

    #[test]
    fn no_inline_style() {
        assert!(!markup(&card()).0.contains("style="));
    }
}
