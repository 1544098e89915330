//! A plot over a whole number as SVG: axes with numbers, what was counted as lines, what theory expects dashed.

use super::hue_class;
use super::panels::{text, width};
use crate::scenes::geometry::fixed;
use crate::scenes::scene::Chart;
use std::fmt::Write;

/// Its size, in pixels. Lines end where their names begin.
pub const SIZE: (f32, f32) = (640.0, 300.0);
const LEFT: f32 = 46.0;
const TOP: f32 = 22.0;
const BOTTOM: f32 = 38.0;
/// The size of its words.
const WORDS: f32 = 11.0;

/// A step that gives at most so many: 1, 2 or 5 times a power of ten.
fn step(span: f32, most: f32) -> f32 {
    let mut step = 0.001;
    for n in 0.. {
        if span <= step * most || n > 40 {
            return step;
        }
        step *= if n % 3 == 1 { 2.5 } else { 2.0 };
    }
    step
}

/// The largest value that is worth the height: where theory runs away from all that was counted, it is cut off.
fn top(chart: &Chart) -> f32 {
    let most = |theory: bool| {
        let lines = chart.lines.iter().filter(|line| line.theory == theory);
        lines.flat_map(|line| line.points.iter()).map(|(_, y)| *y).filter(|y| y.is_finite()).fold(0.0, f32::max)
    };
    let (counted, theory) = (most(false), most(true));
    let most = if counted > 0.0 { counted.max(theory.min(counted * 1.5)) } else { theory };
    if chart.share { most.min(1.0) } else { most }.max(0.001)
}

pub fn markup(chart: &Chart) -> String {
    let mut out = format!(
        "<svg class=\"chart\" viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"",
        fixed(SIZE.0, 0),
        fixed(SIZE.1, 0)
    );
    super::escape_into(&mut out, &chart.title);
    out.push_str("\">");
    let all = || chart.lines.iter().flat_map(|line| line.points.iter());
    let (low, high) = all().fold((f32::MAX, f32::MIN), |(low, high), (x, _)| (low.min(*x), high.max(*x)));
    if low > high {
        return out + "</svg>";
    }
    let names = chart.lines.iter().map(|line| width(&line.words) * WORDS).fold(0.0, f32::max).min(200.0);
    let most = top(chart);
    let (right, foot) = (SIZE.0 - names - 14.0, SIZE.1 - BOTTOM);
    let x = |value: f32| LEFT + (value - low) / (high - low).max(1.0) * (right - LEFT);
    let y = |value: f32| foot - (value / most).clamp(0.0, 1.05) * (foot - TOP);
    axes(&mut out, chart, (low, high), most, right, &x, &y);
    let mut ends: Vec<(f32, usize)> = Vec::new();
    for (n, line) in chart.lines.iter().enumerate() {
        let mut path = String::new();
        for (at, value) in line.points.iter().filter(|(_, value)| value.is_finite()) {
            let verb = if path.is_empty() { 'M' } else { 'L' };
            let _ = write!(path, "{verb}{} {}", fixed(x(*at), 1), fixed(y(*value), 1));
        }
        let kind = if line.theory { "chart-line theory" } else { "chart-line" };
        if !path.is_empty() {
            let _ = write!(out, "<path class=\"{kind} {}\" d=\"{path}\"/>", hue_class(line.hue));
        }
        if let Some((_, value)) = line.points.last() {
            ends.push((y(*value), n));
        }
    }
    // Names at the ends of their lines, moved apart where they would lie on each other.
    ends.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut last = f32::MIN;
    for (at, n) in ends {
        let Some(line) = chart.lines.get(n) else { continue };
        let at = at.max(last + WORDS * 1.25);
        last = at;
        let class = format!("chart-name {}", hue_class(line.hue));
        text(&mut out, &class, "start", WORDS, (right + 8.0, at + 4.0), &line.words);
    }
    out + "</svg>"
}

/// A value as its axis writes it.
pub fn value(chart: &Chart, value: f32) -> String {
    match chart.share {
        true => format!("{} %", fixed(value * 100.0, 1)),
        false => format!("{}", fixed(value, 2)),
    }
}

type Scale<'a> = &'a dyn Fn(f32) -> f32;

fn axes(out: &mut String, chart: &Chart, (low, high): (f32, f32), most: f32, right: f32, x: Scale, y: Scale) {
    let up = step(most, 5.0);
    let foot = SIZE.1 - BOTTOM;
    for n in 0..=(most / up) as usize {
        let at = n as f32 * up;
        let line = y(at);
        let class = if n == 0 { "chart-foot" } else { "chart-grid" };
        let _ =
            write!(out, "<path class=\"{class}\" d=\"M{} {}H{}\"/>", fixed(LEFT, 1), fixed(line, 1), fixed(right, 1));
        let words = match chart.share {
            true => format!("{} %", fixed(at * 100.0, u32::from(up < 0.01))),
            false => format!("{}", fixed(at, if up < 0.1 { 2 } else { u32::from(up < 1.0) })),
        };
        text(out, "chart-number", "end", WORDS, (LEFT - 6.0, line + 4.0), &words);
    }
    let across = step(high - low, 8.0).max(1.0);
    let mut at = low;
    while at <= high {
        text(out, "chart-number", "middle", WORDS, (x(at), foot + 15.0), &format!("{}", fixed(at, 0)));
        // From the first number on to round ones.
        at = if at % across == 0.0 { at + across } else { (at / across).floor() * across + across };
    }
    text(out, "chart-axis", "start", WORDS, (LEFT, 11.0), &chart.up);
    text(out, "chart-axis", "end", WORDS, (right, SIZE.1 - 5.0), &chart.across);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenes::scene::{ChartLine, Hue};
    use std::rc::Rc;

    fn chart() -> Chart {
        let line = |words: &str, theory, up: f32| ChartLine {
            words: words.into(),
            hue: Hue::Node(0),
            theory,
            points: Rc::new((1..=64).map(|n| (n as f32, up / n as f32)).collect()),
        };
        Chart { share: true, lines: vec![line("ring", false, 0.9), line("<1/n>", true, 1.0)], ..Chart::default() }
    }

    #[test]
    fn theory_is_dashed_and_every_line_is_named() {
        let markup = markup(&chart());
        assert_eq!(markup.matches("chart-line hue-n0").count(), 1);
        assert_eq!(markup.matches("chart-line theory hue-n0").count(), 1);
        assert!(markup.contains(">ring<") && markup.contains("&lt;1/n&gt;"));
        assert!(markup.contains(">80 %<") && markup.contains(">64<") || markup.contains(">60<"));
    }

    #[test]
    fn steps_are_round() {
        assert_eq!(
            [1.0, 0.9, 5.0, 64.0].map(|span| (step(span, 5.0) * 1_000.0).round()),
            [200.0, 200.0, 1_000.0, 20_000.0]
        );
    }

    #[test]
    fn without_points_there_are_no_axes() {
        assert!(!markup(&Chart::default()).contains("path"));
    }
}
