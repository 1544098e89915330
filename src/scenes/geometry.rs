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
        let (from, to) = ((ac.0, a.y + a.h), (bc.0 + between(ac.0 - bc.0, -b.w * 0.3, b.w * 0.3), b.y));
        let reach = ((to.1 - from.1) * 0.5).max(18.0);
        return Curve([from, (from.0, from.1 + reach), (to.0, to.1 - reach), to]);
    }
    let from = (a.x + a.w, ac.1);
    match around {
        None => {
            let to = (b.x, bc.1 + between(ac.1 - bc.1, -b.h * 0.32, b.h * 0.32));
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

/// The direction at a turn (0..1 clockwise from the top) as a vector of length 1, right and down.
///
/// By the first terms of the series, within a millionth: std's sine covers every number there is, at ten times the size.
pub fn clockwise(turn: f32) -> (f32, f32) {
    let quarter = (turn * 4.0).round_ties_even();
    let a = (turn * 4.0 - quarter) * std::f32::consts::FRAC_PI_2;
    let square = a * a;
    let sin = a * (1.0 - square / 6.0 * (1.0 - square / 20.0 * (1.0 - square / 42.0)));
    let cos = 1.0 - square / 2.0 * (1.0 - square / 12.0 * (1.0 - square / 30.0 * (1.0 - square / 56.0)));
    match quarter as i32 & 3 {
        0 => (sin, -cos),
        1 => (cos, sin),
        2 => (-sin, cos),
        _ => (-cos, -sin),
    }
}

/// As `clamp`, for limits that are not known to the compiler: without `clamp`'s panic that prints them.
pub fn between(value: f32, low: f32, high: f32) -> f32 {
    value.max(low).min(high)
}

/// A number that prints itself with so many decimals. std's printing of floats is exact for every number there is, and
/// large; up to a million and three decimals this prints the same.
pub fn fixed(value: impl Into<f64>, places: u32) -> Fixed {
    Fixed { value: value.into(), places }
}

pub struct Fixed {
    value: f64,
    places: u32,
}

impl std::fmt::Display for Fixed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let scale = 10_u32.pow(self.places);
        let scaled = (self.value.abs() * f64::from(scale)).round_ties_even() as u64;
        let (whole, part) = (scaled / u64::from(scale), scaled % u64::from(scale));
        f.write_str(if self.value.is_sign_negative() { "-" } else { "" })?;
        match self.places {
            0 => write!(f, "{whole}"),
            places => write!(f, "{whole}.{part:0width$}", width = places as usize),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_print_as_std_prints_them() {
        for n in -40_000..40_000 {
            let value = n as f32 * 0.137;
            assert_eq!(fixed(value, 0).to_string(), format!("{value:.0}"));
            assert_eq!(fixed(value, 1).to_string(), format!("{value:.1}"));
            assert_eq!(fixed(value, 3).to_string(), format!("{value:.3}"));
            let exact = f64::from(n) / 16.0;
            assert_eq!(fixed(exact, 2).to_string(), format!("{exact:.2}"));
        }
    }

    #[test]
    fn directions_are_right() {
        for n in -400..1400 {
            let turn = n as f32 / 1000.0;
            let (x, y) = clockwise(turn);
            let angle = f64::from(turn) * std::f64::consts::TAU;
            assert!(
                (f64::from(x) - libm::sin(angle)).abs() < 2e-6 && (f64::from(y) + libm::cos(angle)).abs() < 2e-6,
                "{turn}"
            );
        }
    }
}
