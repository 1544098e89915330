//! Markup from data: plain functions that return strings, compiled and tested natively.
//!
//! What moves between two events carries the attribute `data-live`; the caller finds these elements once, in document
//! order, and touches only them per frame. No markup carries a `style` attribute: the security policy forbids it.

pub mod card;
pub mod chart;
pub mod panels;
pub mod pieces;
pub mod plot;
pub mod space_time;
pub mod wire;

use crate::scenes::scene::{Clock, Dial, Hue, Text, Time};
use std::fmt::Write;

/// As wide as high, as signs of Chinese are.
pub fn is_wide(c: char) -> bool {
    c as u32 >= 0x2e80
}

/// The width of words in ems where every letter is as wide as the others.
pub fn mono(words: &str) -> f32 {
    words.chars().map(|c| if is_wide(c) { 1.0 } else { 0.605 }).sum()
}

/// A thing inside a piece of markup that changes with the virtual time.
#[derive(Clone, Debug, PartialEq)]
pub enum Live {
    /// A circle whose dash offset drains.
    Dial(Dial),
    /// A bar that drains.
    Meter(Dial),
    /// A number of seconds.
    Clock(Clock),
}

impl Live {
    /// What is shown at `now`, as a small integer: the element is touched only when this changes.
    pub fn quantum(&self, now: Time) -> i64 {
        match self {
            Live::Dial(dial) | Live::Meter(dial) => (dial.left(now) * 1_000.0) as i64,
            Live::Clock(Clock::Until(to)) => to.saturating_sub(now).div_ceil(100_000) as i64,
            Live::Clock(Clock::Since(from)) => (now.saturating_sub(*from) / 100_000) as i64,
            Live::Clock(Clock::Off { since, by, ppm }) => {
                let drifted = now.saturating_sub(*since) as i64 / 1_000 * i64::from(*ppm) / 1_000;
                (by + drifted).abs() / 100_000
            }
        }
    }
}

/// Appends `text` with the five characters that mean something to HTML replaced.
pub fn escape_into(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
}

/// The class that sets `--h`, `--h-text` and `--h-tint` to this meaning's colours.
pub fn hue_class(hue: Hue) -> &'static str {
    match hue {
        Hue::Plain => "hue-plain",
        Hue::Muted => "hue-muted",
        Hue::Accent => "hue-accent",
        Hue::Good => "hue-good",
        Hue::Warn => "hue-warn",
        Hue::Bad => "hue-bad",
        Hue::Node(n) => ["hue-n0", "hue-n1", "hue-n2", "hue-n3", "hue-n4", "hue-n5"][usize::from(n) % 6],
    }
}

/// The custom property that holds this meaning's colour, for a canvas.
pub fn hue_property(hue: Hue) -> &'static str {
    match hue {
        Hue::Plain => "--ink",
        Hue::Muted => "--ink-3",
        Hue::Accent => "--accent",
        Hue::Good => "--good",
        Hue::Warn => "--warn",
        Hue::Bad => "--bad",
        Hue::Node(n) => ["--node-0", "--node-1", "--node-2", "--node-3", "--node-4", "--node-5"][usize::from(n) % 6],
    }
}

/// Tenths of a second as "2.1".
pub fn tenths_into(out: &mut String, tenths: i64) {
    let _ = write!(out, "{}.{}", tenths / 10, tenths % 10);
}

/// A virtual time as "6.900 s".
pub fn seconds(time: Time) -> String {
    format!("{}.{:03} s", time / 1_000_000, time / 1_000 % 1_000)
}

/// A number with its unit; thousands of milliseconds become seconds.
pub fn quantity(value: i64, unit: &str) -> String {
    match unit {
        "ms" if value >= 1_000 => format!("{}.{} s", value / 1_000, value % 1_000 / 100),
        "" => value.to_string(),
        _ => format!("{value} {unit}"),
    }
}

/// A number with its thousands apart.
pub fn grouped(n: usize) -> String {
    if n < 1000 { n.to_string() } else { format!("{},{:03}", grouped(n / 1000), n % 1000) }
}

/// A lower and an upper number with their unit.
pub fn quantity_span(low: i64, high: i64, unit: &str) -> String {
    if low == high {
        return quantity(low, unit);
    }
    if unit == "ms" && high >= 1_000 {
        return format!("{} – {}", quantity(low, unit), quantity(high, unit));
    }
    format!("{low}–{}", quantity(high, unit))
}

/// The words of a text, its clock as a live element.
pub fn words_into(out: &mut String, text: &Text, lives: &mut Vec<Live>) {
    let Some(clock) = text.clock else {
        escape_into(out, &text.words);
        return;
    };
    let (before, after) = text.words.split_once("{}").unwrap_or((&text.words, ""));
    escape_into(out, before);
    out.push_str("<span class=\"num\" data-live></span>");
    escape_into(out, after);
    lives.push(Live::Clock(clock));
}

/// The words of a text at a moment, plain.
pub fn plain_words(text: &Text, now: Time) -> String {
    match text.clock {
        None => text.words.clone(),
        Some(clock) => {
            let mut number = String::new();
            tenths_into(&mut number, Live::Clock(clock).quantum(now));
            text.words.replacen("{}", &number, 1)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_cannot_be_broken_out_of() {
        let mut out = String::new();
        escape_into(&mut out, "<b a='\"'>&");
        assert_eq!(out, "&lt;b a=&#39;&quot;&#39;&gt;&amp;");
    }

    #[test]
    fn a_clock_counts_down_in_tenths_and_never_below_zero() {
        let text = Text { words: "lease {} s left".into(), clock: Some(Clock::Until(2_050_000)), ..Text::default() };
        assert_eq!(plain_words(&text, 0), "lease 2.1 s left");
        assert_eq!(plain_words(&text, 9_000_000), "lease 0.0 s left");
    }

    #[test]
    fn quantities_read_like_a_textbook() {
        assert_eq!(quantity(3_000, "ms"), "3.0 s");
        assert_eq!(quantity(0, "%"), "0 %");
        assert_eq!(quantity_span(20, 80, "ms"), "20–80 ms");
        assert_eq!(quantity_span(40, 40, "ms"), "40 ms");
    }
}
