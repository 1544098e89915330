//! A panel's circle: arcs by owner, keys as dots or bins, the key that is looked up.
//!
//! The band lies at the radius, the keys lie inside it, the words in the middle.

use super::{Paths, text};
use crate::scenes::draw::hue_class;
use crate::scenes::draw::plot::{around, depth, pieces, probe, sweep};
use crate::scenes::geometry::{clockwise, fixed};
use crate::scenes::scene::{Arc, Bin, Circle, Dot, Hue, KeyMarks, Probe};
use std::f32::consts::TAU;
use std::fmt::Write;

/// More arcs than this are drawn as sectors of a pixel each.
pub const ARCS_MOST: usize = 2_048;
/// Within this share of the radius there are only words.
pub const INNER: f32 = 0.6;

/// How thick the band is, in pixels.
pub fn thick(radius: f32) -> f32 {
    (radius * 0.07).clamp(5.0, 11.0)
}

/// A point as text, to a tenth of a pixel.
fn point(out: &mut String, (x, y): (f32, f32)) {
    let _ = write!(out, "{} {}", fixed(x, 1), fixed(y, 1));
}

/// The band of arcs.
pub fn arcs(circle: &Circle) -> String {
    let mut out = String::new();
    let thick = thick(circle.radius);
    if circle.arcs.is_empty() {
        // The circle is not cut into anything: a hairline says where it is.
        let _ = write!(
            out,
            "<circle class=\"panel-round\" cx=\"{}\" cy=\"{}\" r=\"{}\"/>",
            fixed(circle.x, 1),
            fixed(circle.y, 1),
            fixed(circle.radius, 1)
        );
    } else if circle.arcs.len() <= ARCS_MOST {
        each(&mut out, circle, thick);
    } else {
        sectors(&mut out, circle, thick);
    }
    out
}

fn each(out: &mut String, circle: &Circle, thick: f32) {
    let (mut up, mut down) = (Paths::default(), Paths::default());
    let (centre, r) = ((circle.x, circle.y), circle.radius);
    for arc in pieces(&circle.arcs) {
        let sweep = sweep(arc);
        // A hair of background between two arcs, unless the arc itself is hardly more than that.
        let gap = (1.0 / (TAU * r.max(1.0))).min(sweep * 0.3);
        // A whole turn has no direction: draw all but nothing of it.
        let sweep = (sweep - gap).min(0.9999);
        let path = if arc.down { down.of(arc.hue) } else { up.of(arc.hue) };
        path.push('M');
        point(path, around(centre, arc.from + gap, r));
        let _ = write!(path, "A{r} {r} 0 {} 1 ", u8::from(sweep > 0.5), r = fixed(r, 1));
        point(path, around(centre, arc.from + gap + sweep, r));
    }
    up.write(out, "panel-arc", &format!(" stroke-width=\"{}\"", fixed(thick, 1)));
    down.write(out, "panel-arc gone", &format!(" stroke-width=\"{}\"", fixed(thick * 0.4, 1)));
}

/// Which of a few hues how much of a sector belongs to.
type Shares = [f32; 8];

fn slot(arc: &Arc) -> usize {
    match (arc.down, arc.hue) {
        (true, _) => 7,
        (_, Hue::Node(n)) => usize::from(n) % 6,
        _ => 6,
    }
}

/// A pixel of the band stands for many arcs: it is divided among their hues by how much of it each has. What is down comes
/// last, innermost.
fn sectors(out: &mut String, circle: &Circle, thick: f32) {
    let count = ((TAU * circle.radius) as usize).clamp(64, 2_048);
    let mut shares: Vec<Shares> = vec![[0.0; 8]; count];
    for arc in pieces(&circle.arcs) {
        let (mut at, length) = (arc.from * count as f32, sweep(arc) * count as f32);
        let end = at + length;
        if at as usize == end as usize {
            shares[at as usize % count][slot(arc)] += length;
            continue;
        }
        while at < end {
            let cell = at as usize;
            let next = (cell as f32 + 1.0).min(end);
            shares[cell % count][slot(arc)] += next - at;
            // Where an arc is shorter than what a float can tell apart, the next sector begins.
            at = if next > at { next } else { cell as f32 + 1.0 };
        }
    }
    let (mut up, mut down) = (Paths::default(), Paths::default());
    for (n, shares) in shares.iter().enumerate() {
        let whole: f32 = shares.iter().sum();
        if whole <= 0.0 {
            continue;
        }
        let (dx, dy) = clockwise((n as f32 + 0.5) / count as f32);
        let at = |radius: f32| (circle.x + dx * radius, circle.y + dy * radius);
        let mut radius = circle.radius + thick / 2.0;
        for (slot, share) in shares.iter().enumerate().filter(|(_, share)| **share > 0.0) {
            let path = match slot {
                7 => down.of(Hue::Bad),
                6 => up.of(Hue::Muted),
                n => up.of(Hue::Node(n as u8)),
            };
            path.push('M');
            point(path, at(radius));
            radius -= thick * share / whole;
            path.push('L');
            point(path, at(radius));
        }
    }
    let width = format!(" stroke-width=\"{}\"", fixed(TAU * circle.radius / count as f32 + 0.4, 2));
    up.write(out, "panel-sector", &width);
    down.write(out, "panel-sector gone", &width);
}

/// The keys inside the band.
pub fn keys(circle: &Circle) -> String {
    let mut out = String::new();
    match &circle.keys {
        KeyMarks::Dots(dots) => self::dots(&mut out, circle, dots),
        KeyMarks::Bins(bins) => self::bins(&mut out, circle, bins),
    }
    out
}

/// Each key at its own stable depth; moved ones are larger and trail their old colour.
fn dots(out: &mut String, circle: &Circle, dots: &[Dot]) {
    let (mut still, mut moved, mut trails) = (Paths::default(), Paths::default(), Paths::default());
    let (centre, r) = ((circle.x, circle.y), circle.radius);
    let (low, high) = (r * (INNER + 0.05), r - thick(r) / 2.0 - 4.0);
    for (n, dot) in dots.iter().enumerate() {
        let radius = low + (high - low) * depth(n);
        let place = around(centre, dot.turn, radius);
        if let Some(was) = dot.was {
            let trail = trails.of(was);
            trail.push('M');
            point(trail, around(centre, dot.turn, radius - 0.09 * r));
            trail.push('L');
            point(trail, place);
        }
        // A line of no length with round ends is a dot.
        let path = if dot.was.is_some() { moved.of(dot.hue) } else { still.of(dot.hue) };
        path.push('M');
        point(path, place);
        path.push_str("h0");
    }
    let small = if dots.len() > 1_500 || r < 70.0 { 2.2 } else { 3.2 };
    still.write(out, "panel-dot", &format!(" stroke-width=\"{}\"", fixed(small, 1)));
    trails.write(out, "panel-trail", "");
    moved.write(out, "panel-dot moved", &format!(" stroke-width=\"{}\"", fixed(small * 1.7, 1)));
}

/// Bars that grow inward from the band; the part that moved is solid and lies outermost.
fn bins(out: &mut String, circle: &Circle, bins: &[Bin]) {
    let most = bins.iter().map(|bin| bin.keys).max().unwrap_or(0).max(1) as f32;
    let (mut still, mut moved) = (Paths::default(), Paths::default());
    let (centre, r) = ((circle.x, circle.y), circle.radius);
    let top = r - thick(r) / 2.0 - 2.5;
    let room = top - r * (INNER + 0.02);
    for (n, bin) in bins.iter().enumerate().filter(|(_, bin)| bin.keys > 0) {
        let turn = (n as f32 + 0.5) / bins.len() as f32;
        let split = top - room * bin.moved as f32 / most;
        let end = top - room * bin.keys as f32 / most;
        for (path, from, to) in [(&mut moved, top, split), (&mut still, split, end)] {
            if from > to {
                let path = path.of(bin.hue);
                path.push('M');
                point(path, around(centre, turn, from));
                path.push('L');
                point(path, around(centre, turn, to));
            }
        }
    }
    let pitch = TAU * (top - room / 2.0) / bins.len().max(1) as f32;
    let width = format!(" stroke-width=\"{}\"", fixed((pitch * 0.82).max(0.6), 2));
    still.write(out, "panel-bin", &width);
    moved.write(out, "panel-bin moved", &width);
}

/// The key that is looked up, and its walk. Its label stands at a place of its own: beside the circle there may be no room.
pub fn looked_up(circle: &Circle, (x, y): (f32, f32)) -> String {
    let mut out = String::new();
    let Some(key) = &circle.probe else { return out };
    let outer = circle.radius + thick(circle.radius) / 2.0 + 7.0;
    let place = (circle.x, circle.y);
    probe(&mut out, place, outer, (circle.x, circle.x), &Probe { label: String::new(), ..key.clone() });
    let hue = key.steps.first().map_or("hue-accent", |step| hue_class(step.2));
    let _ =
        write!(out, "<circle class=\"dot {hue}\" cx=\"{}\" cy=\"{}\" r=\"4\"/>", fixed(x + 4.0, 1), fixed(y - 4.0, 1));
    text(&mut out, "panel-key", "start", 12.0, (x + 13.0, y), &key.label);
    out
}

/// What there is at a turn among the keys: of a bin how many lie in it and how many of them have moved. `None` where each
/// key is a dot of its own.
pub fn told(circle: &Circle, turn: f32) -> Option<(u32, u32)> {
    let KeyMarks::Bins(bins) = &circle.keys else { return None };
    let bin = bins.get((turn * bins.len() as f32) as usize)?;
    Some((bin.keys, bin.moved))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::rc::Rc;

    fn arc(from: f32, to: f32, n: u8) -> Arc {
        Arc { from, to, node: u16::from(n), hue: Hue::Node(n), down: false }
    }

    fn circle(arcs: Vec<Arc>) -> Circle {
        Circle { x: 100.0, y: 100.0, radius: 80.0, arcs: Rc::new(arcs), ..Circle::default() }
    }

    #[test]
    fn arcs_of_a_hue_are_one_path() {
        let markup =
            arcs(&circle((0..40_u8).map(|n| arc(f32::from(n) / 40.0, f32::from(n + 1) / 40.0, n % 2)).collect()));
        assert_eq!(markup.matches("<path").count(), 2);
        assert_eq!(markup.matches('A').count(), 40);
    }

    #[test]
    fn a_lone_node_owns_a_visible_circle() {
        assert!(arcs(&circle(vec![arc(0.3, 0.3, 0)])).contains(" 0 1 1 "));
    }

    #[test]
    fn many_arcs_share_the_pixels_of_the_band_by_their_lengths() {
        // Of each pixel three quarters are the first node's.
        let count = 8_000;
        let cut = |n: usize| n as f32 / count as f32;
        let quarter = 0.25 / count as f32;
        let pair = |n| [arc(cut(n), cut(n + 1) - quarter, 0), arc(cut(n + 1) - quarter, cut(n + 1), 1)];
        let circle = circle((0..count).flat_map(pair).collect());
        let markup = arcs(&circle);
        assert_eq!(markup.matches("<path").count(), 2);
        // The first bar at the very top: from the outer edge down by three quarters of the band.
        let path = markup.split("d=\"M").nth(1).expect("a path");
        let number =
            |text: &str| text.split([' ', 'L', 'M', '"']).nth(1).and_then(|y| y.parse::<f32>().ok()).expect("y");
        let (from, to) = path.split_once('L').expect("a line");
        let length = number(to) - number(from);
        assert!((length - 0.75 * thick(80.0)).abs() < 0.25, "{length}");
    }

    #[test]
    fn what_moved_of_a_bin_is_drawn_apart() {
        let bins = vec![Bin { keys: 10, moved: 4, hue: Hue::Node(1) }, Bin { keys: 5, moved: 0, hue: Hue::Node(2) }];
        let circle = Circle { keys: KeyMarks::Bins(Rc::new(bins)), ..circle(Vec::new()) };
        let markup = keys(&circle);
        assert_eq!(markup.matches("panel-bin moved").count(), 1);
        assert_eq!(markup.matches("class=\"panel-bin hue").count(), 2);
    }

    #[test]
    fn dots_that_moved_trail_their_old_hue() {
        let dots = vec![
            Dot { turn: 0.1, hue: Hue::Node(0), was: Some(Hue::Node(3)) },
            Dot { turn: 0.2, hue: Hue::Node(0), was: None },
        ];
        let circle = Circle { keys: KeyMarks::Dots(Rc::new(dots)), ..circle(Vec::new()) };
        let markup = keys(&circle);
        assert!(markup.contains("panel-trail hue-n3") && markup.contains("panel-dot moved hue-n0"));
    }
}
