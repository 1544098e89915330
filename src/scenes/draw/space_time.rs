//! The space-time diagram: one SVG group in pieces, made again when an event happens, and what in it moves.

use super::pieces::Pieces;
use super::{escape_into, hue_class, is_wide};
use crate::scenes::geometry::fixed;
use crate::scenes::scene::{Arrow, Bar, BarKind, Diagram, Fate, Time};
use std::fmt::Write;

/// A bar thinner than this carries no words.
const LEGIBLE: f32 = 8.8;

/// Where things lie. Times map to x, lanes to y; lengths are CSS pixels of the SVG.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Frame {
    pub start: Time,
    pub span: Time,
    pub width: f32,
    pub top: f32,
    pub lane: f32,
}

impl Frame {
    pub fn x(&self, time: Time) -> f32 {
        let offset = time as f64 - self.start as f64;
        (offset / self.span.max(1) as f64 * f64::from(self.width)) as f32
    }

    /// The time at an x, never before the run's start.
    pub fn time(&self, x: f32) -> Time {
        let offset = f64::from(x) / f64::from(self.width.max(1.0)) * self.span as f64;
        (self.start as f64 + offset).max(0.0) as Time
    }

    /// The middle of a lane.
    pub fn y(&self, row: usize) -> f32 {
        self.top + self.lane * (row as f32 + 0.5)
    }

    pub fn end(&self) -> Time {
        self.start.saturating_add(self.span)
    }
}

/// A shape that follows the present moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Growing {
    /// A bar that lasts: its right end is now.
    Bar { x: f32 },
    /// An arrow under way, from (x, y) toward the lane at `to_y`.
    Arrow { x: f32, y: f32, to_y: f32, sent: Time, due: Option<Time> },
}

/// What the diagram is drawn with besides itself.
pub struct Look<'a> {
    pub frame: Frame,
    /// The latest moment that is shown: what lasts ends here unless it follows the present.
    pub edge: Time,
    /// The events that led to the chosen one: these light up and the rest dims.
    pub causes: Option<&'a [u32]>,
    /// Messages under way at the present, and when they are due.
    pub dues: &'a [(u32, Option<Time>)],
    /// Whether the present is the edge: then growing shapes follow it.
    pub live: bool,
    pub selected: Option<u32>,
}

/// The whole group, and the growing shapes in document order (they carry `data-live`). Where these end is no part of the
/// markup: what is drawn of a shape that only grows stays the same.
pub fn markup(diagram: &Diagram, look: &Look) -> (Pieces, Vec<Growing>) {
    let mut out = Pieces::default();
    let mut growing = Vec::new();
    let row = |node: u16| diagram.lanes.iter().position(|lane| lane.node == node);
    let f = &look.frame;
    hatch(&mut out);
    for at in 0..diagram.lanes.len() {
        let y = f.y(at);
        let _ = write!(out, "<path class=\"lane\" d=\"M0 {y}H{}\"/>", fixed(f.width, 1), y = fixed(y, 1));
        out.end();
    }
    let mut words = Pieces::default();
    // What is broken lies under everything, what is guaranteed over what is believed.
    for kind in [BarKind::Broken, BarKind::Pale, BarKind::Strong, BarKind::Doubt, BarKind::Down, BarKind::Paused] {
        for bar in diagram.bars.iter().filter(|bar| bar.kind == kind) {
            if let Some(row) = row(bar.lane) {
                draw_bar(&mut out, &mut words, diagram, bar, row, look, &mut growing);
            }
        }
    }
    for arrow in &diagram.arrows {
        if let (Some(from), Some(to)) = (row(arrow.from), row(arrow.to)) {
            draw_arrow(&mut out, arrow, f.y(from), f.y(to), look, &mut growing);
        }
    }
    out.append(&words);
    for mark in &diagram.marks {
        let Some(row) = row(mark.lane) else { continue };
        let (x, y) = (f.x(mark.time), f.y(row));
        let dim = dimmed(look, Some(mark.event));
        let shape = if mark.dot { "dot" } else { "tick" };
        let _ =
            write!(out, "<g class=\"mark {shape} {}{dim}\" data-event=\"{}\"><title>", hue_class(mark.hue), mark.event);
        escape_into(out.text(), &mark.words);
        out.push_str("</title>");
        if mark.dot {
            let _ =
                write!(out, "<circle class=\"hit\" cx=\"{x}\" cy=\"{y}\" r=\"11\"/>", x = fixed(x, 1), y = fixed(y, 1));
            let _ =
                write!(out, "<circle class=\"ink\" cx=\"{x}\" cy=\"{y}\" r=\"4\"/>", x = fixed(x, 1), y = fixed(y, 1));
        } else {
            let _ = write!(
                out,
                "<rect class=\"hit\" x=\"{}\" y=\"{}\" width=\"16\" height=\"{}\"/>",
                fixed(x - 8.0, 1),
                fixed(y - f.lane / 2.0, 1),
                fixed(f.lane, 1)
            );
            let _ = write!(out, "<path class=\"ink\" d=\"M{x} {}v12\"/>", fixed(y - 6.0, 1), x = fixed(x, 1));
        }
        out.push_str("</g>");
        out.end();
    }
    mark_words(&mut out, diagram, look, &row);
    axis(&mut out, f, diagram.lanes.len());
    (out, growing)
}

/// Words beside marks, where there is room: each takes its place on its lane from left to right.
fn mark_words(out: &mut Pieces, diagram: &Diagram, look: &Look, row: &dyn Fn(u16) -> Option<usize>) {
    let f = &look.frame;
    let mut taken: Vec<f32> = vec![f32::MIN; diagram.lanes.len()];
    for mark in &diagram.marks {
        let Some(row) = row(mark.lane) else { continue };
        if mark.words.is_empty() {
            continue;
        }
        let x = f.x(mark.time) + 7.0;
        let wide = text_width(&mark.words);
        let busy = diagram.bars.iter().any(|bar| {
            bar.lane == mark.lane
                && !matches!(bar.kind, BarKind::Broken)
                && f.x(bar.from) < x + wide
                && f.x(bar.to.unwrap_or(look.edge)) > x
        });
        if x < taken[row] || x + wide > f.width || busy || f.lane < 20.0 {
            continue;
        }
        taken[row] = x + wide + 8.0;
        let dim = dimmed(look, Some(mark.event));
        let _ = write!(
            out,
            "<text class=\"mark-words {}{dim}\" x=\"{x}\" y=\"{}\">",
            hue_class(mark.hue),
            fixed(f.y(row) - 4.0, 1),
            x = fixed(x, 1)
        );
        escape_into(out.text(), &mark.words);
        out.push_str("</text>");
        out.end();
    }
}

/// Roughly how wide small words are: a CJK character is about twice as wide as a Latin one.
fn text_width(words: &str) -> f32 {
    words.chars().map(|c| if is_wide(c) { 10.5 } else { 5.6 }).sum()
}

fn hatch(out: &mut Pieces) {
    out.push_str(
        "<defs><pattern id=\"hatch\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">\
         <path class=\"hatch-line\" d=\"M0 0V6\"/></pattern></defs>",
    );
    out.end();
}

fn dimmed(look: &Look, event: Option<u32>) -> &'static str {
    match (look.causes, event) {
        (None, _) => "",
        (Some(causes), Some(event)) if causes.binary_search(&event).is_ok() => " lit",
        _ => " dim",
    }
}

/// Draws a bar into `out`; its words go to `words`, which lie over the arrows.
fn draw_bar(
    out: &mut Pieces,
    words: &mut Pieces,
    diagram: &Diagram,
    bar: &Bar,
    row: usize,
    look: &Look,
    growing: &mut Vec<Growing>,
) {
    let f = &look.frame;
    let x0 = f.x(bar.from).max(-8.0);
    let lasts = bar.to.is_none_or(|to| to > look.edge) && look.live;
    let x1 = f.x(bar.to.unwrap_or(look.edge).min(look.edge)).min(f.width + 8.0);
    let wide = if lasts { 1.0 } else { (x1 - x0).max(1.0) };
    let y = f.y(row);
    let thick = (f.lane * 0.4).clamp(7.0, 11.0);
    let (class, top, high) = match bar.kind {
        BarKind::Strong => ("strong", y - thick / 2.0, thick),
        BarKind::Pale => ("pale", y + thick / 2.0 + 1.0, 5.0),
        BarKind::Doubt => ("doubt", y - thick / 2.0, thick),
        BarKind::Paused => ("paused", y - thick / 2.0 - 1.0, thick + 2.0),
        BarKind::Down => ("down", y - thick / 2.0, thick),
        BarKind::Broken => ("broken", y - f.lane / 2.0 + 1.0, f.lane - 2.0),
    };
    let live = if lasts { " data-live" } else { "" };
    let dim = if look.causes.is_some() { " dim" } else { "" };
    let hue = hue_class(bar.hue);
    let _ = write!(
        out,
        "<rect class=\"bar {class} {hue}{dim}\" x=\"{x0}\" y=\"{top}\" width=\"{wide}\" height=\"{high}\" rx=\"2.5\"{live}><title>",
        x0 = fixed(x0, 1),
        top = fixed(top, 1),
        wide = fixed(wide, 1),
        high = fixed(high, 1)
    );
    escape_into(out.text(), &bar.words);
    out.push_str("</title></rect>");
    out.end();
    if lasts {
        growing.push(Growing::Bar { x: x0 });
    }
    if bar.words.is_empty() || thick < LEGIBLE || matches!(bar.kind, BarKind::Broken | BarKind::Pale) {
        return;
    }
    // Words of what lies over a solid bar stand where that bar does not.
    let mut free = (x0.max(0.0), x1.min(f.width));
    if matches!(bar.kind, BarKind::Paused | BarKind::Down) {
        let solid = |other: &&Bar| other.lane == bar.lane && matches!(other.kind, BarKind::Strong | BarKind::Doubt);
        for other in diagram.bars.iter().filter(solid) {
            let end = f.x(other.to.unwrap_or(look.edge).min(look.edge));
            if f.x(other.from) <= free.0 + 1.0 {
                free.0 = free.0.max(end);
            } else if f.x(other.from) < free.1 {
                free.1 = f.x(other.from);
            }
        }
    }
    let long = text_width(&bar.words);
    if long + 10.0 < free.1 - free.0 {
        let x = if bar.kind == BarKind::Strong { free.0 + 6.0 } else { (free.0 + free.1 - long) / 2.0 };
        let _ = write!(
            words,
            "<text class=\"bar-words {class} {hue}{dim}\" x=\"{x}\" y=\"{}\">",
            fixed(y + 3.4, 1),
            x = fixed(x, 1)
        );
        escape_into(words.text(), &bar.words);
        words.push_str("</text>");
        words.end();
    }
}

fn draw_arrow(out: &mut Pieces, arrow: &Arrow, from_y: f32, to_y: f32, look: &Look, growing: &mut Vec<Growing>) {
    let f = &look.frame;
    let x0 = f.x(arrow.sent);
    let under_way = look.dues.iter().find(|(id, _)| *id == arrow.id);
    let (mut x1, mut y1) = (x0, from_y);
    let mut live = "";
    let mut rest = String::new();
    match (arrow.ended, arrow.fate) {
        (Some(ended), Fate::Lost) => (x1, y1) = (f.x(ended), from_y + (to_y - from_y) * 0.6),
        (Some(ended), _) => {
            (x1, y1) = (f.x(ended), to_y);
            // Under way at the present: its end can be taken and moved.
            if under_way.is_some() {
                handle(&mut rest, arrow.id, x1, to_y, ended);
            }
        }
        (None, _) if look.live => {
            live = " data-live";
            let due = under_way.and_then(|(_, due)| *due);
            growing.push(Growing::Arrow { x: x0, y: from_y, to_y, sent: arrow.sent, due });
            if let Some(due) = due {
                let xd = f.x(due);
                let _ = write!(
                    rest,
                    "<path class=\"planned\" d=\"M{} {}L{} {}\"/>",
                    fixed(x0, 1),
                    fixed(from_y, 1),
                    fixed(xd, 1),
                    fixed(to_y, 1)
                );
                handle(&mut rest, arrow.id, xd, to_y, due);
            }
        }
        (None, _) => (x1, y1) = (f.x(look.edge), from_y + (to_y - from_y) * 0.6),
    }
    let event = arrow.ended_by.unwrap_or(arrow.sent_by);
    let dim = dimmed(look, Some(event));
    let chosen = if look.selected == Some(arrow.id) { " selected" } else { "" };
    let fate = if arrow.fate == Fate::Lost { " lost" } else { "" };
    let hue = hue_class(arrow.hue);
    let _ = write!(
        out,
        "<g class=\"arrow {hue}{fate}{dim}{chosen}\" data-arrow=\"{}\" data-event=\"{event}\"><title>",
        arrow.id
    );
    escape_into(out.text(), &arrow.words);
    let _ = write!(
        out,
        "</title><path class=\"hit\" d=\"M{x0} {from_y}L{x1} {y1}\"/>\
         <line class=\"ink\" x1=\"{x0}\" y1=\"{from_y}\" x2=\"{x1}\" y2=\"{y1}\"{live}/>{rest}",
        x0 = fixed(x0, 1),
        from_y = fixed(from_y, 1),
        x1 = fixed(x1, 1),
        y1 = fixed(y1, 1)
    );
    if arrow.fate == Fate::Lost {
        let _ =
            write!(out, "<path class=\"cross\" d=\"M{} {}l7 7m0 -7l-7 7\"/>", fixed(x1 - 3.5, 1), fixed(y1 - 3.5, 1));
    } else if arrow.ended.is_some() {
        head(out.text(), x0, from_y, x1, y1);
    }
    out.push_str("</g>");
    out.end();
}

/// The end of an arrow that can be dragged to another time.
fn handle(out: &mut String, id: u32, x: f32, y: f32, due: Time) {
    let (x, y) = (fixed(x, 1), fixed(y, 1));
    let _ = write!(
        out,
        "<circle class=\"hit grab\" cx=\"{x}\" cy=\"{y}\" r=\"12\" data-head=\"{id}\" data-due=\"{due}\"/>\
         <circle class=\"handle\" cx=\"{x}\" cy=\"{y}\" r=\"4\"/>"
    );
}

/// A small arrow head at the end of a line.
fn head(out: &mut String, x0: f32, y0: f32, x1: f32, y1: f32) {
    let (dx, dy) = (x1 - x0, y1 - y0);
    let long = (dx * dx + dy * dy).sqrt().max(0.1);
    let (ux, uy) = (dx / long, dy / long);
    let (bx, by) = (x1 - ux * 6.0, y1 - uy * 6.0);
    let _ = write!(
        out,
        "<path class=\"head\" d=\"M{x1} {y1}L{} {}L{} {}Z\"/>",
        fixed(bx - uy * 2.6, 1),
        fixed(by + ux * 2.6, 1),
        fixed(bx + uy * 2.6, 1),
        fixed(by - ux * 2.6, 1),
        x1 = fixed(x1, 1),
        y1 = fixed(y1, 1)
    );
}

/// The step between two labels of the axis: one, two or five times a power of ten, at least 90 pixels apart.
pub fn axis_step(frame: &Frame) -> Time {
    let least = (90.0 / f64::from(frame.width.max(1.0)) * frame.span as f64) as Time;
    let mut step = 1_000;
    for factor in [2, 5, 10].iter().cycle().take(30) {
        if step >= least {
            break;
        }
        let power = 10_u64.pow(step.ilog10());
        step = power * factor;
    }
    step
}

fn axis(out: &mut Pieces, f: &Frame, lanes: usize) {
    let step = axis_step(f);
    let y = f.top + f.lane * lanes as f32 + 15.0;
    let mut time = f.start.div_ceil(step) * step;
    while time <= f.end() {
        let x = f.x(time);
        let anchor = if x < 12.0 {
            "start"
        } else if x > f.width - 16.0 {
            "end"
        } else {
            "middle"
        };
        let _ = write!(
            out,
            "<text class=\"axis\" x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\">",
            x = fixed(x, 1),
            y = fixed(y, 1)
        );
        if step >= 1_000_000 {
            let _ = write!(out, "{} s", time / 1_000_000);
        } else if step >= 100_000 {
            let _ = write!(out, "{}.{} s", time / 1_000_000, time / 100_000 % 10);
        } else {
            let _ = write!(out, "{}.{:03} s", time / 1_000_000, time / 1_000 % 1_000);
        }
        out.push_str("</text>");
        out.end();
        time += step;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenes::scene::{Hue, Lane};

    const FRAME: Frame = Frame { start: 0, span: 8_000_000, width: 800.0, top: 8.0, lane: 28.0 };

    #[test]
    fn time_and_x_are_inverse() {
        for time in [0, 1_000, 4_000_000, 7_999_000] {
            assert!(FRAME.time(FRAME.x(time)).abs_diff(time) < 1_000);
        }
        assert_eq!(FRAME.time(-50.0), 0);
    }

    #[test]
    fn labels_of_the_axis_keep_their_distance() {
        for span in [10_000, 777_000, 8_000_000, 3_600_000_000] {
            let frame = Frame { span, ..FRAME };
            let step = axis_step(&frame);
            assert!(span / step <= 9, "{span} in steps of {step}");
        }
    }

    #[test]
    fn what_lasts_is_found_in_document_order() {
        let lane = |node| Lane { node, name: "n".into(), short: "n".into(), hue: Hue::Plain };
        let diagram = Diagram {
            lanes: vec![lane(0), lane(1)],
            bars: vec![Bar { lane: 0, kind: BarKind::Strong, from: 1, to: None, hue: Hue::Node(0), words: "a".into() }],
            arrows: vec![Arrow {
                id: 4,
                from: 0,
                to: 1,
                sent: 10,
                ended: None,
                fate: Fate::UnderWay,
                hue: Hue::Node(0),
                words: "<x>".into(),
                sent_by: 0,
                ended_by: None,
            }],
            marks: vec![],
        };
        let look = Look { frame: FRAME, edge: 20, causes: None, dues: &[], live: true, selected: None };
        let (drawn, growing) = markup(&diagram, &look);
        let text: String = drawn.iter().collect();
        assert_eq!(text.matches("data-live").count(), growing.len());
        assert_eq!(growing.len(), 2);
        assert!(!text.contains("<x>"));
        // A moment later what lasts is longer, and nothing is drawn again.
        let later = markup(&diagram, &Look { edge: 60_000, ..look }).0;
        assert!(drawn.changes(&later).is_empty());
    }
}
