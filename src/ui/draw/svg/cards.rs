//! A node's card in a picture: what the page's card says, set line by line.

use crate::scenes::geometry::fixed;
use crate::scenes::scene::{Block, Card, Condition, Dial, Force, Hue, Text, Time, Verdict};
use crate::ui::draw::panels::{text, width};
use crate::ui::draw::{hue_class, plain_words};
use std::fmt::Write;

/// Where the next line goes, and how far a line may reach.
struct Pen<'a> {
    out: &'a mut String,
    x: f32,
    y: f32,
    w: f32,
    /// The card's end: what has no room is left out.
    end: f32,
    size: f32,
    middle: bool,
    now: Time,
}

pub fn one(out: &mut String, card: &Card, now: Time) {
    let condition = match card.condition {
        Condition::Up => "",
        Condition::Paused => " paused",
        Condition::Down => " down",
    };
    let _ = write!(
        out,
        "<rect class=\"card{condition}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"14\"/>",
        fixed(card.x, 1),
        fixed(card.y, 1),
        fixed(card.w, 1),
        fixed(card.h, 1)
    );
    let size = if card.h < 96.0 || card.w < 150.0 { 11.0 } else { 12.5 };
    let mut pen = Pen {
        out,
        x: card.x + 12.0,
        y: card.y,
        w: card.w - 24.0,
        end: card.y + card.h - 3.0,
        size,
        middle: false,
        now,
    };
    if card.badge.is_empty() {
        pen.title(card);
    } else if card.w < 150.0 {
        pen.dial(card, (card.x + card.w / 2.0, card.y + 26.0), 15.0);
        (pen.y, pen.middle) = (card.y + 46.0, true);
    } else {
        pen.dial(card, (card.x + 31.0, card.y + card.h / 2.0), 17.0);
        let lines = card.blocks.len() as f32;
        pen.x = card.x + 58.0;
        pen.w = card.w - 66.0;
        pen.y = card.y + ((card.h - lines * size * 1.4) / 2.0).max(4.0);
    }
    card.blocks.iter().for_each(|block| pen.block(block));
}

impl Pen<'_> {
    /// Words that fit, with an ellipsis where they were cut.
    fn fit(words: &str, room: f32, size: f32) -> String {
        if width(words) * size <= room {
            return words.to_owned();
        }
        let mut cut = words.to_owned();
        while !cut.is_empty() && width(&cut) * size + size > room {
            cut.pop();
        }
        cut + "…"
    }

    fn words(&mut self, class: &str, hue: Hue, words: &str) {
        let class = format!("{class} {}", hue_class(hue));
        for line in wrapped(words, self.w / self.size) {
            self.y += self.size * 1.38;
            if self.y > self.end {
                return;
            }
            let (anchor, x) = if self.middle { ("middle", self.x + self.w / 2.0) } else { ("start", self.x) };
            text(self.out, &class, anchor, self.size, (x, self.y), &line);
        }
    }

    fn title(&mut self, card: &Card) {
        self.y = card.y + 22.0;
        let corner = card.corner.as_ref().map(|corner| (corner.hue, plain_words(corner, self.now)));
        let taken = corner.as_ref().map_or(0.0, |(_, words)| width(words) * 11.5 + 8.0);
        let name = Self::fit(&card.name, (self.w - taken).max(self.w * 0.4), 13.0);
        text(self.out, "name", "start", 13.0, (self.x, self.y), &name);
        if let Some((hue, words)) = corner {
            let room = self.w - width(&name) * 13.0 - 8.0;
            let words = Self::fit(&words, room, 11.0);
            text(self.out, &format!("line {}", hue_class(hue)), "end", 11.0, (self.x + self.w, self.y), &words);
        }
        self.y += 10.0;
        let _ = write!(
            self.out,
            "<path class=\"rule\" d=\"M{} {}h{}\"/>",
            fixed(card.x, 1),
            fixed(self.y, 1),
            fixed(card.w, 1)
        );
        self.y += 3.0;
    }

    fn dial(&mut self, card: &Card, (x, y): (f32, f32), r: f32) {
        let (cx, cy) = (fixed(x, 1), fixed(y, 1));
        let _ = write!(self.out, "<circle class=\"track\" cx=\"{cx}\" cy=\"{cy}\" r=\"{}\"/>", fixed(r, 1));
        let left = card.dial.map_or(0.0, |dial: Dial| dial.left(self.now));
        if left > 0.0 {
            let round = std::f32::consts::TAU * r;
            let _ = write!(
                self.out,
                "<circle class=\"dial {}\" cx=\"{cx}\" cy=\"{cy}\" r=\"{}\" stroke-dasharray=\"{} {}\" transform=\"rotate(-90 {cx} {cy})\"/>",
                hue_class(card.hue),
                fixed(r, 1),
                fixed(round * left, 1),
                fixed(round, 1)
            );
        }
        text(self.out, "badge", "middle", 14.0, (x, y + 5.0), &card.badge);
    }

    fn pair(&mut self, label: &str, value: &str, hue: Hue, class: &str) {
        self.y += self.size * 1.38;
        if self.y > self.end {
            return;
        }
        let value = Self::fit(value, self.w * 0.7, self.size);
        let label = Self::fit(label, self.w - width(&value) * self.size - 6.0, self.size);
        text(self.out, "label", "start", self.size, (self.x, self.y), &label);
        text(self.out, &format!("{class} {}", hue_class(hue)), "end", self.size, (self.x + self.w, self.y), &value);
    }

    fn plain(&mut self, class: &str, words: &Text) {
        let class = if words.strong { "line strong" } else { class };
        self.words(class, words.hue, &plain_words(words, self.now));
    }

    fn block(&mut self, block: &Block) {
        match block {
            Block::Line(words) | Block::Tag(words) => self.plain("line", words),
            Block::Heading(words) => {
                let size = self.size;
                (self.y, self.size) = (self.y + 5.0, size * 0.85);
                self.words("caps", Hue::Plain, &words.to_uppercase());
                self.size = size;
            }
            Block::Pair { label, value, hue, mono, .. } => {
                self.pair(label, value, *hue, if *mono { "mono" } else { "line strong" });
            }
            Block::Meter { label, dial, hue } => {
                self.plain("line", label);
                self.y += 5.0;
                if self.y < self.end {
                    self.bar("trough", Hue::Plain, self.w);
                    self.bar("dot", *hue, self.w * dial.left(self.now));
                }
            }
            Block::Record { words, hue, force } => self.record(words, *hue, force),
            Block::Entry { dot, words, value, verdict } => {
                let (x, w) = (self.x, self.w);
                let _ = write!(
                    self.out,
                    "<circle class=\"dot {}\" cx=\"{}\" cy=\"{}\" r=\"4\"/>",
                    hue_class(*dot),
                    fixed(x + 4.0, 1),
                    fixed(self.y + self.size, 1)
                );
                (self.x, self.w) = (x + 14.0, w - 14.0);
                match verdict {
                    Verdict::Broken => self.pair(words, &format!("✕ {value}"), Hue::Bad, "line strong"),
                    Verdict::Refused => self.pair(words, value, Hue::Muted, "refused"),
                    Verdict::Fine => self.pair(words, value, Hue::Plain, "line"),
                }
                (self.x, self.w) = (x, w);
            }
        }
    }

    fn bar(&mut self, class: &str, hue: Hue, w: f32) {
        let _ = write!(
            self.out,
            "<rect class=\"{class} {}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"4\" rx=\"2\"/>",
            hue_class(hue),
            fixed(self.x, 1),
            fixed(self.y, 1),
            fixed(w, 1)
        );
    }

    /// Forced records are solid and carry a full mark, others are dashed.
    fn record(&mut self, words: &str, hue: Hue, force: &Force) {
        let tall = self.size * 1.75;
        if self.y + 3.0 + tall > self.end + 3.0 {
            self.y = self.end + 1.0;
            return;
        }
        self.y += 3.0;
        let (class, mark) = match force {
            Force::Forced => ("record", "●"),
            Force::Forcing(_) => ("record unforced", "◐"),
            Force::Unforced => ("record unforced", "○"),
        };
        let _ = write!(
            self.out,
            "<rect class=\"{class} {}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"6\"/>",
            hue_class(hue),
            fixed(self.x, 1),
            fixed(self.y, 1),
            fixed(self.w, 1),
            fixed(tall, 1)
        );
        let y = self.y + tall * 0.68;
        let words = Self::fit(words, self.w - 26.0, self.size);
        text(self.out, "mono hue-plain", "start", self.size, (self.x + 6.0, y), &words);
        text(self.out, &format!("line {}", hue_class(hue)), "end", self.size, (self.x + self.w - 5.0, y), mark);
        self.y += tall;
    }
}

/// Words in lines that are so wide at most, in ems. Signs of Chinese may be parted anywhere, other words at blanks.
fn wrapped(words: &str, most: f32) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut piece = String::new();
    let mut place = |piece: &mut String| {
        let Some(line) = lines.last_mut() else { return };
        if !line.trim().is_empty() && width(line) + width(piece.trim_end()) > most {
            lines.push(piece.trim_start().to_owned());
        } else {
            line.push_str(piece);
        }
        piece.clear();
    };
    for c in words.chars() {
        piece.push(c);
        if c == ' ' || c as u32 >= 0x2e80 {
            place(&mut piece);
        }
    }
    place(&mut piece);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_broken_at_blanks_and_between_signs() {
        assert_eq!(wrapped("one two three", 5.0), ["one two ", "three"]);
        assert_eq!(wrapped("一致性哈希", 3.0), ["一致性", "哈希"]);
        assert_eq!(Pen::fit("abcdefghij", 40.0, 10.0), "abcde…");
    }
}
