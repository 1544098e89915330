//! Places and ways on the stage, shared by the scenes.

use super::scene::Curve;

#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Rect {
    pub x: f32,
    pub y: f32,
    pub w: f32,
    pub h: f32,
}

impl Rect {
    pub fn centre(&self) -> (f32, f32) {
        (self.x + self.w / 2.0, self.y + self.h / 2.0)
    }
}

/// Cards of one height, spread evenly over a column.
pub fn column(area: Rect, count: usize, height: f32) -> Vec<Rect> {
    let free = (area.h - height * count as f32).max(0.0);
    let gap = (free / count as f32).min(64.0);
    let top = area.y + (area.h - height * count as f32 - gap * (count as f32 - 1.0)) / 2.0;
    (0..count).map(|n| Rect { y: top + (height + gap) * n as f32, h: height, ..area }).collect()
}

/// Cards of one width, side by side.
pub fn row(area: Rect, count: usize, gap: f32) -> Vec<Rect> {
    let width = (area.w - gap * (count as f32 - 1.0)) / count.max(1) as f32;
    (0..count).map(|n| Rect { x: area.x + (width + gap) * n as f32, w: width, ..area }).collect()
}

/// A way between two cards: sideways where there is room, downwards otherwise. `around` is a card that it passes above
/// or below.
pub fn link(a: Rect, b: Rect, around: Option<Rect>, down: bool) -> Curve {
    let (ac, bc) = (a.centre(), b.centre());
    if down {
        let (from, to) = ((ac.0, a.y + a.h), (bc.0 + (ac.0 - bc.0).clamp(-b.w * 0.3, b.w * 0.3), b.y));
        let reach = ((to.1 - from.1) * 0.5).max(18.0);
        return Curve([from, (from.0, from.1 + reach), (to.0, to.1 - reach), to]);
    }
    let from = (a.x + a.w, ac.1);
    match around {
        None => {
            let to = (b.x, bc.1 + (ac.1 - bc.1).clamp(-b.h * 0.32, b.h * 0.32));
            let reach = (to.0 - from.0) * 0.5;
            Curve([from, (from.0 + reach, from.1), (to.0 - reach, to.1), to])
        }
        Some(block) => {
            let above = ac.1 <= block.centre().1 - 1.0;
            let (sign, edge) = if above { (-1.0, block.y) } else { (1.0, block.y + block.h) };
            let start = (from.0, ac.1 + sign * a.h * 0.22);
            let to = (b.x, bc.1 + sign * b.h * 0.34);
            // The control points lie so far out that the middle of the curve clears the block.
            let clear = edge + sign * 26.0;
            let bend = (clear - (start.1 + to.1) / 8.0) * 8.0 / 6.0 + sign * 2.0;
            let bend = if above { bend.min(start.1.min(to.1)) } else { bend.max(start.1.max(to.1)) };
            let span = to.0 - start.0;
            Curve([start, (start.0 + span * 0.3, bend), (to.0 - span * 0.3, bend), to])
        }
    }
}
