//! A panel's columns: keys by their owner, the fair share and its band, what was before, what is down, out or over.

use super::{Paths, text, width};
use crate::scenes::geometry::{Rect, fixed};
use crate::scenes::scene::{Column, Columns, Hue};
use std::fmt::Write;

/// Columns that are narrower than this stand close.
const CLOSE: f32 = 9.0;
/// The height under the columns that their labels take.
const LABELS: f32 = 15.0;

impl Columns {
    /// Where the n-th column may be: its share of the width, the full height above the labels.
    pub fn place(&self, n: usize) -> Rect {
        let pitch = self.w / self.columns.len().max(1) as f32;
        Rect { x: self.x + pitch * n as f32, y: self.y, w: pitch, h: self.tall() }
    }

    /// The height that stands for the largest number.
    pub fn tall(&self) -> f32 {
        let labelled = self.columns.iter().any(|column| !column.label.is_empty());
        (self.h - if labelled { LABELS } else { 0.0 }).max(8.0)
    }

    /// How high a number of keys is.
    pub fn height(&self, keys: f32) -> f32 {
        (keys / self.most.max(1.0)).clamp(0.0, 1.0) * self.tall()
    }

    /// Where the bar of the n-th column ends at the top.
    pub fn top(&self, n: usize) -> (f32, f32) {
        let at = self.place(n);
        let keys = self.columns.get(n).map_or(0.0, |column| column.mean);
        (at.x + at.w / 2.0, at.y + at.h - self.height(keys))
    }
}

/// The size of the legend's words.
const LEGEND: f32 = 9.5;

fn number(keys: f32) -> String {
    // Thousands are told to a tenth where a column has no room for more.
    match keys {
        k if k >= 10_000.0 => format!("{}k", fixed(k / 1_000.0, 0)),
        k if k >= 1_000.0 => format!("{}k", fixed(k / 1_000.0, 1)),
        k => format!("{}", fixed(k, 0)),
    }
}

fn rect(path: &mut String, x: f32, y: f32, w: f32, h: f32) {
    let _ = write!(path, "M{} {}h{}v{}h-{}z", fixed(x, 1), fixed(y, 1), fixed(w, 1), fixed(h, 1), fixed(w, 1));
}

/// Everything of the columns that does not move.
pub fn markup(columns: &Columns) -> String {
    let mut out = String::new();
    let (left, right, foot) = (columns.x, columns.x + columns.w, columns.y + columns.tall());
    if let Some((fair, low, high)) = columns.fair {
        let (top, bottom) = (foot - columns.height(high), foot - columns.height(low));
        if bottom - top > 0.5 {
            let mut path = String::new();
            rect(&mut path, left, top, right - left, bottom - top);
            let _ = write!(out, "<path class=\"panel-fair-band\" d=\"{path}\"/>");
        }
        let y = fixed(foot - columns.height(fair), 1);
        let _ = write!(out, "<path class=\"panel-fair\" d=\"M{} {y}H{}\"/>", fixed(left, 1), fixed(right, 1));
    }
    let mut bars = Bars::default();
    for (n, column) in columns.columns.iter().enumerate() {
        bars.add(columns, n, column);
    }
    bars.write(&mut out);
    let _ = write!(
        out,
        "<path class=\"panel-foot\" d=\"M{} {y}H{}\"/>",
        fixed(left, 1),
        fixed(right, 1),
        y = fixed(foot, 1)
    );
    labels(&mut out, columns, foot);
    if width(&columns.legend) * LEGEND <= columns.w {
        text(&mut out, "panel-line", "start", LEGEND, (left, foot + 26.0), &columns.legend);
    }
    out
}

#[derive(Default)]
struct Bars {
    solid: Paths,
    /// The largest of a group.
    reach: Paths,
    down: Paths,
    out: String,
    was: String,
    over: String,
    queues: String,
    full: String,
    room: String,
}

impl Bars {
    fn add(&mut self, columns: &Columns, n: usize, column: &Column) {
        let at = columns.place(n);
        let foot = at.y + at.h;
        let w = (at.w * 0.7).min(26.0).max(at.w.min(0.8));
        let x = at.x + (at.w - w) / 2.0;
        let h = columns.height(column.mean);
        let path = match column {
            Column { out: true, .. } => &mut self.out,
            Column { down: true, .. } => self.down.of(Hue::Bad),
            _ => self.solid.of(column.hue),
        };
        if h > 0.0 {
            rect(path, x, foot - h, w, h);
        }
        if column.out && h == 0.0 {
            // A place that is kept free.
            rect(path, x, foot - 3.0, w, 3.0);
        }
        let reach = columns.height(column.largest);
        if column.nodes > 1 && reach > h {
            let middle = x + w / 2.0;
            let path = self.reach.of(column.hue);
            let _ = write!(path, "M{} {}V{}", fixed(middle, 1), fixed(foot - h, 1), fixed(foot - reach, 1));
        }
        if (column.was - column.mean).abs() * at.h > columns.most * 0.6 {
            let h = columns.height(column.was);
            let (x, w) = (fixed(x - 0.5, 1), fixed(w + 1.0, 1));
            // Where columns stand close, only the height that it had.
            let _ = match at.w < CLOSE {
                true => write!(self.was, "M{x} {}h{w}", fixed(foot - h, 1)),
                false => write!(self.was, "M{x} {}v-{h}h{w}v{h}", fixed(foot, 1), h = fixed(h, 1)),
            };
        }
        if column.over {
            // A wedge over the column: shape and colour say it is more than allowed.
            let (middle, top) = (x + w / 2.0, foot - h.max(reach) - 3.0);
            let half = (w / 2.0).clamp(1.5, 4.5);
            let _ = write!(
                self.over,
                "M{} {}h{}l-{half} -{tall}z",
                fixed(middle - half, 1),
                fixed(top, 1),
                fixed(half * 2.0, 1),
                half = fixed(half, 1),
                tall = fixed(half * 1.7, 1)
            );
        }
        if let Some((waiting, bears)) = column.queue {
            self.queue(at, waiting, bears);
        }
    }

    /// A gauge at the column's right: as high as what it can bear, filled as far as what is under way.
    fn queue(&mut self, at: Rect, waiting: u32, bears: u32) {
        let w = (at.w * 0.12).clamp(1.0, 3.5);
        let x = at.x + at.w - w - 0.5;
        let tall = at.h * 0.7;
        let share = (waiting as f32 / bears.max(1) as f32).min(1.25);
        if at.w >= CLOSE {
            rect(&mut self.room, x, at.y + at.h - tall, w, tall);
        }
        if waiting > 0 {
            let path = if waiting >= bears { &mut self.full } else { &mut self.queues };
            rect(path, x, at.y + at.h - tall * share, w, tall * share);
        }
    }

    fn write(&self, out: &mut String) {
        self.solid.write(out, "panel-bar", "");
        self.down.write(out, "panel-bar down", "");
        self.reach.write(out, "panel-reach", "");
        for (class, path) in [
            ("panel-bar out", &self.out),
            ("panel-was", &self.was),
            ("panel-queue-room", &self.room),
            ("panel-queue", &self.queues),
            ("panel-queue full", &self.full),
            ("panel-over", &self.over),
        ] {
            if !path.is_empty() {
                let _ = write!(out, "<path class=\"{class}\" d=\"{path}\"/>");
            }
        }
    }
}

/// Names below the columns and, where there is room, numbers over them.
fn labels(out: &mut String, columns: &Columns, foot: f32) {
    let pitch = columns.place(0).w;
    let fits = columns.columns.iter().all(|column| width(&column.label) * 9.0 <= pitch - 1.0);
    // Every second, third … label, where not all have room.
    let widest = columns.columns.iter().map(|column| width(&column.label) * 9.0).fold(0.0, f32::max);
    let each = if fits { 1 } else { ((widest + 4.0) / pitch.max(0.1)) as usize + 1 };
    for (n, column) in columns.columns.iter().enumerate() {
        let (middle, top) = columns.top(n);
        if n % each == 0 && !column.label.is_empty() {
            let class = if column.out || column.down { "panel-label gone" } else { "panel-label" };
            text(out, class, "middle", 10.0, (middle, foot + 11.0), &column.label);
        }
        let words = number(column.mean);
        if width(&words) * 9.5 <= pitch - 2.0 && !column.out {
            let lift = if column.over { 12.0 } else { 4.0 };
            let was = foot - columns.height(column.was);
            text(out, "panel-number", "middle", 9.5, (middle, top.min(was) - lift), &words);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::rc::Rc;

    fn columns(of: Vec<Column>) -> Columns {
        Columns {
            x: 0.0,
            y: 0.0,
            w: 100.0,
            h: 115.0,
            columns: Rc::new(of),
            most: 50.0,
            fair: Some((20.0, 15.0, 25.0)),
            ..Columns::default()
        }
    }

    fn column(mean: f32) -> Column {
        Column { nodes: 1, label: "1".into(), mean, largest: mean, was: mean, hue: Hue::Node(0), ..Column::default() }
    }

    #[test]
    fn a_full_column_reaches_the_top_and_none_goes_beyond() {
        let columns = columns(vec![column(50.0), column(500.0), column(0.0)]);
        assert_eq!(columns.top(0).1, 0.0);
        assert_eq!(columns.top(1).1, 0.0);
        assert_eq!(columns.top(2).1, 100.0);
    }

    #[test]
    fn states_have_a_shape_of_their_own() {
        let all = vec![
            column(10.0),
            Column { down: true, ..column(10.0) },
            Column { out: true, mean: 0.0, was: 30.0, ..column(0.0) },
            Column { over: true, queue: Some((4, 3)), ..column(40.0) },
            Column { nodes: 7, largest: 20.0, ..column(10.0) },
        ];
        let markup = markup(&columns(all));
        for class in [
            "panel-bar down",
            "panel-bar out",
            "panel-was",
            "panel-over",
            "panel-queue full",
            "panel-reach",
            "panel-fair-band",
        ] {
            assert!(markup.contains(&format!("class=\"{class}")), "{class}");
        }
    }

    #[test]
    fn what_has_not_changed_has_no_ghost() {
        assert!(!markup(&columns(vec![column(10.0)])).contains("panel-was"));
    }
}
