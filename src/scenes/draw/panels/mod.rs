//! Panels as SVG: their words, circles and columns. What flies between columns goes on a canvas ([`flight`]).
//!
//! Parts of the same hue are one path: there may be thousands of them.

pub mod circle;
pub mod columns;
pub mod flight;

use super::escape_into;
use crate::scenes::geometry::fixed;
use crate::scenes::scene::{Hue, Panel};
use std::fmt::Write;

/// Paths by hue, in the order in which the hues first come.
#[derive(Default)]
pub(super) struct Paths(Vec<(Hue, String)>);

impl Paths {
    /// The path of a hue, to be gone on with.
    pub(super) fn of(&mut self, hue: Hue) -> &mut String {
        let at = self.0.iter().position(|(known, _)| *known == hue).unwrap_or_else(|| {
            self.0.push((hue, String::new()));
            self.0.len() - 1
        });
        &mut self.0[at].1
    }

    pub(super) fn write(&self, out: &mut String, class: &str, more: &str) {
        for (hue, path) in self.0.iter().filter(|(_, path)| !path.is_empty()) {
            let _ = write!(out, "<path class=\"{class} {}\"{more} d=\"{path}\"/>", super::hue_class(*hue));
        }
    }
}

/// Roughly how wide words are, in their font's size: signs of Chinese are as wide as high.
pub fn width(words: &str) -> f32 {
    words.chars().map(|c| if super::is_wide(c) { 1.0 } else { 0.55 }).sum()
}

/// A line of text around or from a place.
pub fn text(out: &mut String, class: &str, anchor: &str, size: f32, at: (f32, f32), words: &str) {
    let _ = write!(
        out,
        "<text class=\"{class}\" text-anchor=\"{anchor}\" font-size=\"{}\" x=\"{}\" y=\"{}\">",
        fixed(size, 1),
        fixed(at.0, 1),
        fixed(at.1, 1)
    );
    escape_into(out, words);
    out.push_str("</text>");
}

/// The size at which words fit a width, at most `size`.
fn fitting(words: &str, room: f32, size: f32) -> f32 {
    size.min(room / width(words).max(1.0))
}

/// Title, the number in the middle, and the lines below it. `placing` is the sentence for keys that are not placed yet.
pub fn words(panel: &Panel, placing: &str) -> String {
    let mut out = String::new();
    let circle = &panel.circle;
    // At the left: the buttons at the stage's edge take the right end.
    let size = fitting(&panel.title, panel.w - 8.0, 13.0);
    text(&mut out, "panel-title", "start", size, (panel.x + 4.0, panel.y + 14.0), &panel.title);
    let r = circle.radius;
    // The keys take the outer part; the words have what is left, a chord that gets shorter above and below.
    let inner = r * circle::INNER;
    let chord = |dy: f32| 2.0 * (inner * inner - dy * dy).max(inner * inner * 0.2).sqrt() - 4.0;
    let small = (r / 9.5).clamp(9.0, 12.0);
    let mut lines: Vec<(&str, &str)> = panel.lines.iter().map(|line| ("panel-line", line.as_str())).collect();
    if let Some(wrong) = &panel.wrong {
        lines.push(("panel-wrong", wrong));
    }
    if panel.placing.is_some() {
        lines = vec![("panel-line", placing)];
    }
    let most = if r < 60.0 { 2 } else { 4 };
    lines.truncate(most);
    let big = fitting(&panel.figure, chord(0.0), (r * 0.3).clamp(15.0, 32.0));
    let step = small * 1.35;
    // Figure and lines together stand around the middle.
    let mut y = circle.y + big * 0.36 - step * lines.len() as f32 * 0.5;
    text(&mut out, "panel-figure", "middle", big, (circle.x, y), &panel.figure);
    y += big * 0.16;
    for (class, line) in lines {
        y += step;
        let size = fitting(line, chord(y - circle.y), small);
        text(&mut out, class, "middle", size.max(7.5), (circle.x, y), line);
    }
    out
}

/// What lies at a place of the stage.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Hit {
    /// Index of the column.
    Column(usize),
    /// On or within the circle: the turn, and whether it is on the band of arcs.
    Circle { turn: f32, band: bool },
}

/// What of a panel lies at a place of the stage, if anything.
pub fn hit(panel: &Panel, x: f32, y: f32) -> Option<Hit> {
    let c = &panel.columns;
    let count = c.columns.len();
    if count > 0 && x >= c.x && x < c.x + c.w && y >= c.y - 6.0 && y <= c.y + c.h + 6.0 {
        let at = (x - c.x) / c.w.max(1.0) * count as f32;
        return Some(Hit::Column((at as usize).min(count - 1)));
    }
    let (dx, dy) = (x - panel.circle.x, y - panel.circle.y);
    let (far, r) = (dx * dx + dy * dy, panel.circle.radius);
    let (inner, outer) = (r * circle::INNER, r + 12.0);
    if r <= 0.0 || far > outer * outer || far < inner * inner {
        return None;
    }
    // Clockwise from the top.
    let turn = libm::atan2f(dx, -dy) / std::f32::consts::TAU;
    let band = r - 12.0;
    Some(Hit::Circle { turn: if turn < 0.0 { turn + 1.0 } else { turn }, band: far > band * band })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenes::scene::{Circle, Column, Columns};
    use std::rc::Rc;

    fn panel() -> Panel {
        let columns = vec![Column::default(); 4];
        Panel {
            w: 200.0,
            h: 300.0,
            figure: "80.1 %".into(),
            lines: vec!["of keys <moved>".into()],
            circle: Circle { x: 100.0, y: 110.0, radius: 80.0, ..Circle::default() },
            columns: Columns { x: 10.0, y: 210.0, w: 180.0, h: 80.0, columns: Rc::new(columns), ..Columns::default() },
            ..Panel::default()
        }
    }

    #[test]
    fn a_pointer_finds_columns_and_turns() {
        let panel = panel();
        assert_eq!(hit(&panel, 11.0, 250.0), Some(Hit::Column(0)));
        assert_eq!(hit(&panel, 189.9, 250.0), Some(Hit::Column(3)));
        assert_eq!(hit(&panel, 100.0, 110.0), None, "the words in the middle");
        let Some(Hit::Circle { turn, band: true }) = hit(&panel, 180.0, 110.0) else {
            panic!("the band, at the right")
        };
        assert!((turn - 0.25).abs() < 1e-4);
        let Some(Hit::Circle { turn, band: false }) = hit(&panel, 45.0, 110.0) else { panic!("the keys, at the left") };
        assert!((turn - 0.75).abs() < 1e-4);
        assert_eq!(hit(&panel, 5.0, 5.0), None);
    }

    #[test]
    fn words_are_escaped_and_a_placing_panel_says_how_far_it_is() {
        let mut panel = panel();
        assert!(words(&panel, "").contains("of keys &lt;moved&gt;"));
        panel.placing = Some(0.4);
        let shown = words(&panel, "placing 40 %");
        assert!(shown.contains("placing 40 %") && !shown.contains("moved"));
    }

    #[test]
    fn long_words_become_smaller_not_wider() {
        assert!(fitting("a", 100.0, 12.0) == 12.0);
        let words = "a line that is much too long for the middle of a circle";
        assert!(fitting(words, 100.0, 12.0) * width(words) <= 100.5);
    }
}
