//! The space-time diagram as a picture for slides and papers: lanes with their names, what lasts, messages with their words
//! where there is room, and an axis.

use super::fonts::{cut, mono, sans};
use super::{Palette, Told, head, rules, stripes};
use crate::scenes::draw::panels::text;
use crate::scenes::draw::space_time::{Frame, axis_step};
use crate::scenes::draw::{escape_into, hue_class};
use crate::scenes::geometry::{Rect, fixed};
use crate::scenes::scene::{Arrow, Bar, BarKind, Diagram, Fate, Lane, Time};
use std::fmt::Write;

/// Pixels over the first lane, below the last, and at the right end.
const TOP: f32 = 10.0;
const FOOT: f32 = 30.0;
const RIGHT: f32 = 18.0;
/// What the names may take.
const NAMES: (f32, f32) = (56.0, 190.0);
const NAME: f32 = 12.0;
const WORDS: f32 = 10.0;
const THICK: f32 = 12.0;
/// With more messages than this none has words: there would be no room for any.
const LABELLED: usize = 400;

struct Paper {
    frame: Frame,
    /// Where the plot begins.
    left: f32,
    /// What words must not cover.
    taken: Vec<Rect>,
    /// The messages, as they are drawn: from, to.
    ways: Vec<[(f32, f32); 2]>,
    out: String,
    /// Words lie over everything.
    words: String,
}

pub fn document(diagram: &Diagram, (from, to): (Time, Time), width: f32, told: &Told, palette: &Palette) -> String {
    let widest = diagram.lanes.iter().map(|lane| sans(&lane.name) * NAME * 1.04).fold(0.0, f32::max);
    let left = (widest + 30.0).clamp(NAMES.0, NAMES.1).min(width * 0.4);
    let lane = match diagram.lanes.len() {
        0..=6 => 58.0,
        7..=12 => 44.0,
        _ => 30.0,
    };
    let frame =
        Frame { start: from, span: (to - from).max(1), width: (width - left - RIGHT).max(40.0), top: TOP, lane };
    let height = TOP + lane * diagram.lanes.len().max(1) as f32 + FOOT;
    let mut paper =
        Paper { frame, left, taken: Vec::new(), ways: Vec::new(), out: String::new(), words: String::new() };
    let (w, h) = (fixed(width, 0), fixed(height, 0));
    let _ = write!(paper.out, "<path class=\"paper\" d=\"M0 0h{w}v{h}h-{w}z\"/>");
    paper.axis(diagram.lanes.len());
    for (row, lane) in diagram.lanes.iter().enumerate() {
        paper.lane(row, lane);
    }
    let row = |node: u16| diagram.lanes.iter().position(|lane| lane.node == node);
    // What is broken lies under everything, what is guaranteed over what is believed.
    for kind in [BarKind::Broken, BarKind::Pale, BarKind::Strong, BarKind::Doubt, BarKind::Down, BarKind::Paused] {
        for bar in diagram.bars.iter().filter(|bar| bar.kind == kind) {
            if let Some(row) = row(bar.lane) {
                paper.bar(bar, row, to);
            }
        }
    }
    for arrow in &diagram.arrows {
        if let (Some(a), Some(b)) = (row(arrow.from), row(arrow.to)) {
            paper.arrow(arrow, paper.frame.y(a), paper.frame.y(b), to);
        }
    }
    for bar in &diagram.bars {
        if let Some(row) = row(bar.lane) {
            paper.bar_words(diagram, bar, row, to);
        }
    }
    for mark in &diagram.marks {
        let Some(row) = row(mark.lane) else { continue };
        let (x, y) = (paper.x(mark.time), paper.frame.y(row));
        let hue = hue_class(mark.hue);
        let _ = write!(paper.out, "<g><title>");
        escape_into(&mut paper.out, &mark.words);
        let (x0, y0) = (fixed(x, 1), fixed(y - 7.0, 1));
        let _ = match mark.dot {
            true => write!(
                paper.out,
                "</title><circle class=\"mark-dot {hue}\" cx=\"{x0}\" cy=\"{}\" r=\"4.5\"/></g>",
                fixed(y, 1)
            ),
            false => write!(paper.out, "</title><path class=\"mark-tick {hue}\" d=\"M{x0} {y0}v14\"/></g>"),
        };
        paper.taken.push(Rect { x: x - 4.0, y: y - 7.0, w: 8.0, h: 14.0 });
    }
    for mark in &diagram.marks {
        if let Some(row) = row(mark.lane).filter(|_| !mark.words.is_empty()) {
            let (x, y) = (paper.x(mark.time) + 6.0, paper.frame.y(row));
            let w = sans(&mark.words) * WORDS;
            // Over the lane or under it, at the right or at the left of the mark.
            let places = [(x, y - 11.0), (x, y + 17.0), (x - w - 12.0, y - 11.0), (x - w - 12.0, y + 17.0)];
            paper.place(&places, w, &format!("mark-words {}", hue_class(mark.hue)), &mark.words, false);
        }
    }
    if diagram.arrows.len() <= LABELLED {
        for (n, arrow) in diagram.arrows.iter().enumerate() {
            paper.arrow_words(arrow, n);
        }
    }
    let Paper { out, words, .. } = paper;
    head((width, height), told) + &stripes(palette) + &rules::resolved(&(out + &words), palette) + "</svg>\n"
}

impl Paper {
    fn x(&self, time: Time) -> f32 {
        self.left + self.frame.x(time)
    }

    fn right(&self) -> f32 {
        self.left + self.frame.width
    }

    fn axis(&mut self, lanes: usize) {
        let step = axis_step(&self.frame);
        let foot = self.frame.top + self.frame.lane * lanes.max(1) as f32;
        let mut time = self.frame.start.div_ceil(step) * step;
        while time <= self.frame.end() {
            let (x, top) = (self.x(time), fixed(self.frame.top, 1));
            let _ = write!(self.out, "<path class=\"grid\" d=\"M{} {top}V{}\"/>", fixed(x, 1), fixed(foot + 5.0, 1));
            let words = match step {
                step if step >= 1_000_000 => format!("{} s", time / 1_000_000),
                step if step >= 100_000 => format!("{}.{} s", time / 1_000_000, time / 100_000 % 10),
                _ => format!("{}.{:03} s", time / 1_000_000, time / 1_000 % 1_000),
            };
            // The last label would reach over the edge.
            let anchor = if x + sans(&words) * 5.5 > self.right() + RIGHT { "end" } else { "middle" };
            text(&mut self.words, "axis", anchor, 11.0, (x, foot + 19.0), &words);
            time += step;
        }
    }

    fn lane(&mut self, row: usize, lane: &Lane) {
        let y = self.frame.y(row);
        let (y1, left) = (fixed(y, 1), fixed(self.left, 1));
        let _ = write!(self.out, "<path class=\"lane\" d=\"M{left} {y1}H{}\"/>", fixed(self.right(), 1));
        let _ = write!(self.out, "<circle class=\"dot {}\" cx=\"12\" cy=\"{y1}\" r=\"4\"/>", hue_class(lane.hue));
        let name = cut(&lane.name, (self.left - 30.0) / NAME / 1.03, sans);
        text(&mut self.words, "name", "start", NAME, (21.0, y + 4.2), &name);
    }

    /// Where a bar lies; `None` outside of the window.
    fn span(&self, bar: &Bar, until: Time) -> Option<(f32, f32)> {
        let x0 = self.x(bar.from).max(self.left);
        let x1 = self.x(bar.to.unwrap_or(until).min(until)).min(self.right());
        (x1 >= x0).then_some((x0, x1.max(x0 + 1.0)))
    }

    fn bar(&mut self, bar: &Bar, row: usize, until: Time) {
        let Some((x0, x1)) = self.span(bar, until) else { return };
        let (y, lane) = (self.frame.y(row), self.frame.lane);
        let (class, top, high) = match bar.kind {
            BarKind::Strong => ("bar strong", y - THICK / 2.0, THICK),
            BarKind::Pale => ("bar pale", y + THICK / 2.0 + 1.0, 5.0),
            BarKind::Doubt => ("bar doubt", y - THICK / 2.0, THICK),
            BarKind::Paused => ("bar paused", y - THICK / 2.0 - 1.0, THICK + 2.0),
            BarKind::Down => ("bar down", y - THICK / 2.0, THICK),
            BarKind::Broken => ("bar broken", y - lane / 2.0 + 2.0, lane - 4.0),
        };
        let rect = Rect { x: x0, y: top, w: x1 - x0, h: high };
        let place = format!(
            "x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"2.5\"",
            fixed(rect.x, 1),
            fixed(rect.y, 1),
            fixed(rect.w, 1),
            fixed(rect.h, 1)
        );
        self.out.push_str("<g><title>");
        escape_into(&mut self.out, &bar.words);
        let _ = write!(self.out, "</title><rect class=\"{class} {}\" {place}/>", hue_class(bar.hue));
        if bar.kind == BarKind::Paused {
            let _ = write!(self.out, "<rect class=\"card-hatch\" {place}/>");
        }
        self.out.push_str("</g>");
        if bar.kind != BarKind::Broken {
            self.taken.push(rect);
        }
    }

    /// The words of a bar on the bar itself, if they fit where nothing lies over it.
    fn bar_words(&mut self, diagram: &Diagram, bar: &Bar, row: usize, until: Time) {
        let Some(mut free) = self.span(bar, until) else { return };
        if bar.words.is_empty() || matches!(bar.kind, BarKind::Broken | BarKind::Pale) {
            return;
        }
        let over = |kind: BarKind| match kind {
            BarKind::Paused => 3,
            BarKind::Down => 2,
            BarKind::Doubt => 1,
            _ => 0,
        };
        for other in diagram.bars.iter().filter(|other| other.lane == bar.lane && over(other.kind) > over(bar.kind)) {
            let Some(at) = self.span(other, until) else { continue };
            if at.0 > free.0 && at.0 < free.1 {
                free.1 = at.0;
            } else if at.0 <= free.0 && at.1 > free.0 {
                free.0 = at.1;
            }
        }
        let long = sans(&bar.words) * WORDS;
        let y = self.frame.y(row);
        let class = match bar.kind {
            BarKind::Strong => "bar-words",
            BarKind::Doubt => "bar-words doubt",
            BarKind::Down => "bar-words down",
            _ => "bar-words paused",
        };
        if long + 10.0 < free.1 - free.0 {
            let class = format!("{class} {}", hue_class(bar.hue));
            text(&mut self.words, &class, "start", WORDS, (free.0 + 5.0, y + 3.5), &bar.words);
        }
    }

    fn arrow(&mut self, arrow: &Arrow, from_y: f32, to_y: f32, until: Time) {
        let (x0, y0) = (self.x(arrow.sent), from_y);
        let short = (from_y, from_y + (to_y - from_y) * 0.6);
        let (x1, y1) = match (arrow.ended, arrow.fate) {
            (Some(ended), Fate::Lost) => (self.x(ended), short.1),
            (Some(ended), _) => (self.x(ended), to_y),
            (None, _) => (self.x(until), short.1),
        };
        let Some([a, b]) = clipped((x0, y0), (x1, y1), self.left, self.right()) else {
            self.ways.push([(f32::NAN, f32::NAN); 2]);
            return;
        };
        self.ways.push([a, b]);
        let hue = hue_class(arrow.hue);
        let class = match (arrow.fate, arrow.ended) {
            (Fate::Lost, _) => "arrow lost",
            (_, None) => "arrow lost",
            _ => "arrow",
        };
        self.out.push_str("<g><title>");
        escape_into(&mut self.out, &arrow.words);
        let _ = write!(
            self.out,
            "</title><path class=\"{class} {hue}\" d=\"M{} {}L{} {}\"/>",
            fixed(a.0, 1),
            fixed(a.1, 1),
            fixed(b.0, 1),
            fixed(b.1, 1)
        );
        if arrow.fate == Fate::Lost {
            let (x, y) = (fixed(b.0 - 3.5, 1), fixed(b.1 - 3.5, 1));
            let _ = write!(self.out, "<path class=\"cross\" d=\"M{x} {y}l7 7m0 -7l-7 7\"/>");
        } else if arrow.ended.is_some() && b == (x1, y1) {
            let (dx, dy) = (b.0 - a.0, b.1 - a.1);
            let long = (dx * dx + dy * dy).sqrt().max(0.1);
            let (ux, uy) = (dx / long, dy / long);
            let (bx, by) = (b.0 - ux * 7.5, b.1 - uy * 7.5);
            let _ = write!(
                self.out,
                "<path class=\"arrow-head {hue}\" d=\"M{} {}L{} {}L{} {}Z\"/>",
                fixed(b.0, 1),
                fixed(b.1, 1),
                fixed(bx - uy * 3.0, 1),
                fixed(by + ux * 3.0, 1),
                fixed(bx + uy * 3.0, 1),
                fixed(by - ux * 3.0, 1)
            );
        }
        self.out.push_str("</g>");
    }

    /// The words of a message beside its line, where nothing else is.
    fn arrow_words(&mut self, arrow: &Arrow, n: usize) {
        let [a, b] = self.ways[n];
        if a.0.is_nan() || arrow.words.is_empty() {
            return;
        }
        let w = mono(&arrow.words) * WORDS;
        let mut places = Vec::new();
        for t in [0.5, 0.42, 0.58, 0.34, 0.66, 0.27, 0.73] {
            let (x, y) = (a.0 + (b.0 - a.0) * t, a.1 + (b.1 - a.1) * t);
            // Beside a steep line; a flat one would be crossed.
            let away = 5.0 + 5.0 * ((b.0 - a.0) / (b.1 - a.1).abs().max(1.0)).abs().min(4.0);
            places.extend([(x + away, y + 3.5), (x - away - w, y + 3.5)]);
        }
        let class = format!("arrow-words {}", hue_class(arrow.hue));
        self.place(&places, w, &class, &arrow.words, true);
    }

    /// Puts words to the first of some places (their left end, their foot) where they cover nothing; nowhere if there is none.
    fn place(&mut self, places: &[(f32, f32)], w: f32, class: &str, words: &str, clear: bool) {
        let (left, right) = (self.left, self.right() + RIGHT - 2.0);
        let rect = |(x, y): (f32, f32)| Rect { x: x - 1.0, y: y - WORDS * 0.9, w: w + 2.0, h: WORDS * 1.2 };
        let inside = |at: &Rect| at.x >= left && at.x + at.w <= right && at.y >= 1.0;
        let free = |at: &Rect| inside(at) && self.taken.iter().all(|other| !touch(at, other));
        let crossed = |at: &Rect| clear && self.ways.iter().any(|way| crosses(way, at));
        let found = places.iter().find(|at| free(&rect(**at)) && !crossed(&rect(**at)));
        let Some(at) = found.copied() else { return };
        self.taken.push(rect(at));
        text(&mut self.words, class, "start", WORDS, at, words);
    }
}

fn touch(a: &Rect, b: &Rect) -> bool {
    a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h
}

/// The part of a line between two verticals; `None` if there is none.
fn clipped(a: (f32, f32), b: (f32, f32), left: f32, right: f32) -> Option<[(f32, f32); 2]> {
    let (dx, dy) = (b.0 - a.0, b.1 - a.1);
    if a.0.max(b.0) < left || a.0.min(b.0) > right {
        return None;
    }
    let at = |x: f32| (x, a.1 + dy * (x - a.0) / dx);
    let inside = |p: (f32, f32)| match p.0 {
        x if x < left => at(left),
        x if x > right => at(right),
        _ => p,
    };
    Some([inside(a), inside(b)])
}

/// Whether a line passes through a rectangle: Liang and Barsky's clipping, which leaves nothing where it does not.
fn crosses([a, b]: &[(f32, f32); 2], r: &Rect) -> bool {
    let (dx, dy) = (b.0 - a.0, b.1 - a.1);
    let (mut from, mut to) = (0.0_f32, 1.0_f32);
    for (step, gap) in [(-dx, a.0 - r.x), (dx, r.x + r.w - a.0), (-dy, a.1 - r.y), (dy, r.y + r.h - a.1)] {
        if step == 0.0 {
            if gap < 0.0 {
                return false;
            }
            continue;
        }
        let t = gap / step;
        if step < 0.0 { from = from.max(t) } else { to = to.min(t) }
    }
    // Of a line that is not there nothing passes.
    from <= to
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_rectangles() {
        let r = Rect { x: 10.0, y: 10.0, w: 10.0, h: 10.0 };
        assert!(crosses(&[(0.0, 0.0), (30.0, 30.0)], &r));
        assert!(crosses(&[(15.0, 0.0), (15.0, 30.0)], &r));
        assert!(!crosses(&[(25.0, 0.0), (25.0, 30.0)], &r));
        assert!(!crosses(&[(0.0, 0.0), (5.0, 5.0)], &r));
        assert_eq!(clipped((0.0, 0.0), (10.0, 10.0), 5.0, 20.0), Some([(5.0, 5.0), (10.0, 10.0)]));
        assert_eq!(clipped((0.0, 0.0), (4.0, 10.0), 5.0, 20.0), None);
    }
}
