//! A node's card in a picture: what the page's card says, set line by line, in the largest letters that fit.

use super::fonts::{cut, lines, mono, sans};
use crate::scenes::draw::panels::text;
use crate::scenes::draw::{escape_into, hue_class, plain_words};
use crate::scenes::geometry::fixed;
use crate::scenes::scene::{Block, Card, Condition, Dial, Force, Hue, Text, Time, Verdict};
use std::fmt::Write;

/// The sizes that are tried, in pixels.
const SIZES: [f32; 9] = [12.5, 12.0, 11.5, 11.0, 10.5, 10.0, 9.5, 9.0, 8.5];
/// From one line of words to the next, in sizes.
const STEP: f32 = 1.36;
/// A card narrower than this has its dial over the words.
const STACKED_BELOW: f32 = 150.0;

/// Where the next line goes, and how far a line may reach.
struct Pen {
    out: String,
    x: f32,
    y: f32,
    w: f32,
    /// The card's end: what has no room is left out.
    end: f32,
    size: f32,
    middle: bool,
    now: Time,
    /// Something was left out.
    full: bool,
}

/// How a card is laid out: with the name over the words, with a dial at their left, with a dial over them.
#[derive(Clone, Copy, PartialEq)]
enum Plan {
    Titled,
    Beside,
    Stacked,
}

pub fn one(out: &mut String, card: &Card, now: Time) {
    let class = match card.condition {
        Condition::Up => "card",
        Condition::Paused => "card paused",
        Condition::Down => "card down",
    };
    out.push_str("<g><title>");
    escape_into(out, &card.name);
    out.push_str("</title>");
    let hatch = if card.condition == Condition::Paused { Some("card-hatch") } else { None };
    for class in std::iter::once(class).chain(hatch) {
        let _ = write!(
            out,
            "<rect class=\"{class}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"14\"/>",
            fixed(card.x, 1),
            fixed(card.y, 1),
            fixed(card.w, 1),
            fixed(card.h, 1)
        );
    }
    let plan = match card.badge.is_empty() {
        true => Plan::Titled,
        false if card.w < STACKED_BELOW => Plan::Stacked,
        false => Plan::Beside,
    };
    // The largest letters with which all fits; with the smallest, as much as fits.
    let mut all = SIZES.iter().map(|size| set(card, plan, *size, now));
    let mut best = all.next();
    for next in all {
        if best.as_ref().is_some_and(|pen| !pen.full) {
            break;
        }
        best = Some(next);
    }
    if let Some(pen) = best {
        out.push_str(&pen.out);
    }
    out.push_str("</g>");
}

fn set(card: &Card, plan: Plan, size: f32, now: Time) -> Pen {
    let pen = |x: f32, y: f32, w: f32, middle: bool| Pen {
        out: String::new(),
        x: card.x + x,
        y: card.y + y,
        w: card.w - w,
        end: card.y + card.h - 5.0,
        size,
        middle,
        now,
        full: false,
    };
    match plan {
        Plan::Titled => {
            let mut pen = pen(13.0, 0.0, 26.0, false);
            pen.title(card);
            card.blocks.iter().for_each(|block| pen.block(block));
            pen
        }
        Plan::Stacked => {
            let mut pen = pen(7.0, 44.0, 14.0, true);
            pen.dial(card, (card.x + card.w / 2.0, card.y + 25.0), 15.0);
            card.blocks.iter().for_each(|block| pen.block(block));
            pen
        }
        Plan::Beside => {
            // Once to see how high the words are, once around the middle.
            let mut tried = pen(60.0, 4.0, 70.0, false);
            card.blocks.iter().for_each(|block| tried.block(block));
            let high = tried.y - card.y - 4.0;
            let mut pen = pen(60.0, ((card.h - high) / 2.0 - size * 0.15).max(3.0), 70.0, false);
            pen.dial(card, (card.x + 31.0, card.y + card.h / 2.0), 18.0);
            card.blocks.iter().for_each(|block| pen.block(block));
            pen
        }
    }
}

impl Pen {
    /// Goes on by so much; false if there is no room for it.
    fn down(&mut self, by: f32) -> bool {
        // What comes after something that was left out is left out too.
        self.full |= self.y + by > self.end;
        if !self.full {
            self.y += by;
        }
        !self.full
    }

    /// Where words begin, end, or have their middle, so that text does not depend on how wide it comes out.
    fn anchored(&self) -> (&'static str, f32) {
        if self.middle { ("middle", self.x + self.w / 2.0) } else { ("start", self.x) }
    }

    fn words(&mut self, class: &str, hue: Hue, words: &str, room: f32) {
        let class = format!("{class} {}", hue_class(hue));
        for line in lines(words, room / self.size, sans) {
            if !self.down(self.size * STEP) {
                return;
            }
            let (anchor, x) = self.anchored();
            text(&mut self.out, &class, anchor, self.size, (x, self.y), &line);
        }
    }

    fn title(&mut self, card: &Card) {
        const NAME: f32 = 13.0;
        const CORNER: f32 = 11.0;
        self.y += 22.0;
        let mut left = self.x;
        if let Some(dial) = card.dial {
            self.arc(card.hue, Some(dial), (self.x + 8.0, self.y - 4.5), 7.0, 3.0);
            left += 23.0;
        }
        let room = self.x + self.w - left;
        let corner = card.corner.as_ref().map(|corner| (corner.hue, plain_words(corner, self.now)));
        // The name gives way to the corner up to three fifths of the row; the corner has what the name leaves.
        let wanted = corner.as_ref().map_or(0.0, |(_, words)| sans(words) * CORNER + 8.0);
        let name = cut(&card.name, (room - wanted).max(room * 0.6) / NAME, sans);
        text(&mut self.out, "name", "start", NAME, (left, self.y), &name);
        if let Some((hue, words)) = corner {
            let words = cut(&words, (room - sans(&name) * NAME - 8.0) / CORNER, sans);
            let class = format!("line {}", hue_class(hue));
            text(&mut self.out, &class, "end", CORNER, (self.x + self.w, self.y), &words);
        }
        self.y += 9.0;
        let (x, y) = (fixed(card.x, 1), fixed(self.y, 1));
        let _ = write!(self.out, "<path class=\"rule\" d=\"M{x} {y}h{}\"/>", fixed(card.w, 1));
        self.y += 2.5;
    }

    fn dial(&mut self, card: &Card, at: (f32, f32), r: f32) {
        self.arc(card.hue, card.dial, at, r, 4.0);
        text(&mut self.out, "badge", "middle", 15.0, (at.0, at.1 + 5.3), &card.badge);
    }

    /// The ring that drains, with what is left of it.
    fn arc(&mut self, hue: Hue, dial: Option<Dial>, (x, y): (f32, f32), r: f32, thick: f32) {
        let (cx, cy, r1) = (fixed(x, 1), fixed(y, 1), fixed(r, 1));
        let _ = write!(
            self.out,
            "<circle class=\"track\" cx=\"{cx}\" cy=\"{cy}\" r=\"{r1}\" stroke-width=\"{}\"/>",
            fixed(thick, 1)
        );
        let left = dial.map_or(0.0, |dial| dial.left(self.now));
        if left > 0.0 {
            let round = std::f32::consts::TAU * r;
            let _ = write!(
                self.out,
                "<circle class=\"dial {}\" cx=\"{cx}\" cy=\"{cy}\" r=\"{r1}\" stroke-width=\"{}\" \
                 stroke-dasharray=\"{} {}\" transform=\"rotate(-90 {cx} {cy})\"/>",
                hue_class(hue),
                fixed(thick, 1),
                fixed(round * left, 1),
                fixed(round, 1)
            );
        }
    }

    /// Name and value: at both ends of the row, or one after the other on one line of protocol words.
    fn pair(&mut self, label: &str, value: &str, hue: Hue, class: &str) {
        if !self.down(self.size * STEP) {
            return;
        }
        let em = self.w / self.size;
        let value = cut(value, em * 0.7, sans);
        let label = cut(label, em - sans(&value) - 0.6, sans);
        text(&mut self.out, "label", "start", self.size, (self.x, self.y), &label);
        let class = format!("{class} {}", hue_class(hue));
        text(&mut self.out, &class, "end", self.size, (self.x + self.w, self.y), &value);
    }

    fn code(&mut self, label: &str, value: &str, hue: Hue, chip: bool) {
        let more = if chip { 3.0 } else { 0.0 };
        if !self.down(self.size * STEP + more) {
            return;
        }
        let size = self.size * 0.95;
        let em = self.w / size;
        let label = cut(label, em * 0.6, mono);
        let value = cut(value, em - mono(&label) - 1.7, mono);
        let x = self.x + (mono(&label) + 0.7) * size + if chip { 5.0 } else { 0.0 };
        if chip {
            let _ = write!(
                self.out,
                "<rect class=\"tint {}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"5\"/>",
                hue_class(hue),
                fixed(x - 5.0, 1),
                fixed(self.y - size * 1.05, 1),
                fixed(mono(&value) * size + 10.0, 1),
                fixed(size * 1.45, 1)
            );
        }
        text(&mut self.out, "code-label", "start", size, (self.x, self.y), &label);
        text(&mut self.out, &format!("mono {}", hue_class(hue)), "start", size, (x, self.y), &value);
    }

    fn plain(&mut self, words: &Text) {
        let class = if words.strong { "line strong" } else { "line" };
        self.words(class, words.hue, &plain_words(words, self.now), self.w);
    }

    /// Words on a tint of their hue.
    fn tag(&mut self, words: &Text) {
        let size = self.size;
        self.size = size * 0.95;
        let tall = self.size * 1.55;
        let shown = cut(&plain_words(words, self.now), (self.w - 12.0) / self.size, sans);
        if self.down(tall + 4.0) {
            let wide = sans(&shown) * self.size + 14.0;
            let x = if self.middle { self.x + (self.w - wide) / 2.0 } else { self.x };
            let hue = hue_class(words.hue);
            let _ = write!(
                self.out,
                "<rect class=\"tint {hue}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"{}\"/>",
                fixed(x, 1),
                fixed(self.y - tall + 1.0, 1),
                fixed(wide, 1),
                fixed(tall, 1),
                fixed(tall / 2.0, 1)
            );
            let class = format!("line {hue}");
            let at = (x + wide / 2.0, self.y + 1.0 - tall * 0.3);
            text(&mut self.out, &class, "middle", self.size, at, &shown);
            self.y += 1.0;
        }
        self.size = size;
    }

    fn block(&mut self, block: &Block) {
        if self.full {
            return;
        }
        match block {
            Block::Line(words) => self.plain(words),
            Block::Tag(words) => self.tag(words),
            Block::Heading(words) => {
                let size = self.size;
                self.size = size * 0.85;
                if self.down(4.0) {
                    // Letters of a heading stand apart, and it is all capitals.
                    self.words("caps", Hue::Plain, &words.to_uppercase(), self.w / 1.08);
                }
                self.size = size;
            }
            Block::Pair { label, value, hue, mono: true, chip } => self.code(label, value, *hue, *chip),
            Block::Pair { label, value, hue, .. } => self.pair(label, value, *hue, "line strong"),
            Block::Meter { label, dial, hue } => {
                self.plain(label);
                if self.down(7.0) {
                    self.bar("trough", Hue::Plain, self.w);
                    self.bar("dot", *hue, self.w * dial.left(self.now));
                }
            }
            Block::Record { words, hue, force } => self.record(words, *hue, force),
            Block::Entry { dot, words, value, verdict } => self.entry(*dot, words, value, *verdict),
        }
    }

    fn entry(&mut self, dot: Hue, words: &str, value: &str, verdict: Verdict) {
        if self.y + self.size * STEP > self.end {
            self.full = true;
            return;
        }
        let (x, w, y) = (self.x, self.w, self.y + self.size * STEP);
        if verdict == Verdict::Broken {
            let _ = write!(
                self.out,
                "<rect class=\"tint hue-bad\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"5\"/>",
                fixed(x - 6.0, 1),
                fixed(y - self.size * 1.02, 1),
                fixed(w + 12.0, 1),
                fixed(self.size * STEP, 1)
            );
        }
        let (cx, cy) = (fixed(x + 4.0, 1), fixed(y - self.size * 0.34, 1));
        let _ = write!(self.out, "<circle class=\"dot {}\" cx=\"{cx}\" cy=\"{cy}\" r=\"4\"/>", hue_class(dot));
        (self.x, self.w) = (x + 14.0, w - 14.0);
        match verdict {
            Verdict::Broken => self.pair(words, value, Hue::Bad, "line strong"),
            Verdict::Refused => self.pair(words, value, Hue::Muted, "refused"),
            Verdict::Fine => self.pair(words, value, Hue::Plain, "line"),
        }
        (self.x, self.w) = (x, w);
    }

    fn bar(&mut self, class: &str, hue: Hue, w: f32) {
        let _ = write!(
            self.out,
            "<rect class=\"{class} {}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"4\" rx=\"2\"/>",
            hue_class(hue),
            fixed(self.x, 1),
            fixed(self.y - 2.0, 1),
            fixed(w, 1)
        );
    }

    /// On the platters: solid, with the disk's mark. Being forced: filled as far as it is. Not forced: dashed.
    fn record(&mut self, words: &str, hue: Hue, force: &Force) {
        let tall = self.size * 1.7;
        if !self.down(tall + 5.0) {
            return;
        }
        let (top, hue) = (self.y - tall, hue_class(hue));
        let mut frame = |class: &str, w: f32| {
            let _ = write!(
                self.out,
                "<rect class=\"{class} {hue}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"6\"/>",
                fixed(self.x, 1),
                fixed(top, 1),
                fixed(w, 1),
                fixed(tall, 1)
            );
        };
        match force {
            Force::Forced => frame("record", self.w),
            Force::Forcing(dial) => {
                frame("tint", self.w * (1.0 - dial.left(self.now)));
                frame("record unforced", self.w);
            }
            Force::Unforced => frame("record unforced", self.w),
        }
        let size = self.size * 0.92;
        let y = top + tall * 0.68;
        let words = cut(words, (self.w - 28.0) / size, mono);
        text(&mut self.out, "mono hue-plain", "start", size, (self.x + 6.0, y), &words);
        if !matches!(force, Force::Unforced) {
            let pale = if matches!(force, Force::Forcing(_)) { "disk pale" } else { "disk" };
            let (x, y) = (fixed(self.x + self.w - 12.0, 1), fixed(top + tall / 2.0 - 4.5, 1));
            let _ = write!(
                self.out,
                "<path class=\"{pale} {hue}\" d=\"M{x} {y}v5.4m-2.4 -2l2.4 2.4l2.4 -2.4m-6.4 5.2h8\"/>"
            );
        }
    }
}
