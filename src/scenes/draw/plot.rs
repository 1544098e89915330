//! The hash ring as SVG: arcs, the probe and its walk. Key dots go on a canvas, there may be thousands.

use super::{escape_into, hue_class};
use crate::scenes::geometry::{clockwise, fixed};
use crate::scenes::scene::{Arc, Probe, RingPlot};
use std::f32::consts::TAU;
use std::fmt::Write;

/// How thick the ring is, in pixels.
pub const THICK: f32 = 11.0;

/// The point at a turn (clockwise from the top) and a radius.
pub fn polar(ring: &RingPlot, turn: f32, radius: f32) -> (f32, f32) {
    around((ring.x, ring.y), turn, radius)
}

/// The same around any centre.
pub fn around(centre: (f32, f32), turn: f32, radius: f32) -> (f32, f32) {
    let (x, y) = clockwise(turn);
    (centre.0 + radius * x, centre.1 + radius * y)
}

/// A stable number in 0..1 for the n-th key: how deep inside the ring its dot lies.
pub fn depth(n: usize) -> f32 {
    let mut mixed = (n as u32 ^ 0x9e37).wrapping_mul(0x9e37_79b9);
    mixed = (mixed ^ (mixed >> 15)).wrapping_mul(0x85eb_ca6b);
    mixed = (mixed ^ (mixed >> 13)).wrapping_mul(0xc2b2_ae35);
    ((mixed ^ (mixed >> 16)) >> 8) as f32 / 16_777_216.0
}

/// The arcs that can be seen. Two points may lie too close for a turn to tell them apart: only a lone one has all of the
/// circle.
pub fn pieces(arcs: &[Arc]) -> impl Iterator<Item = &Arc> {
    let lone = arcs.len() == 1;
    arcs.iter().filter(move |arc| lone || arc.from != arc.to)
}

/// How long an arc is, in turns.
pub fn sweep(arc: &Arc) -> f32 {
    let sweep = arc.to - arc.from;
    if sweep <= 0.0 { sweep + 1.0 } else { sweep }
}

/// Everything of the ring that is SVG.
pub fn markup(ring: &RingPlot) -> String {
    let mut out = String::with_capacity(128 * ring.arcs.len() + 512);
    for arc in pieces(&ring.arcs) {
        let sweep = sweep(arc);
        // A hair of background between two arcs, unless the arc itself is hardly more than that.
        let gap = (1.2 / (TAU * ring.radius.max(1.0))).min(sweep * 0.3);
        // A whole turn has no direction: draw all but nothing of it.
        let sweep = (sweep - gap).min(0.9999);
        let (x0, y0) = polar(ring, arc.from + gap, ring.radius);
        let (x1, y1) = polar(ring, arc.from + gap + sweep, ring.radius);
        let large = u8::from(sweep > 0.5);
        let down = if arc.down { " gone" } else { "" };
        let _ = write!(
            out,
            "<path class=\"arc {}{down}\" data-node=\"{}\" d=\"M{x0} {y0}A{r} {r} 0 {large} 1 {x1} {y1}\"/>",
            hue_class(arc.hue),
            arc.node,
            x0 = fixed(x0, 1),
            y0 = fixed(y0, 1),
            r = fixed(ring.radius, 1),
            x1 = fixed(x1, 1),
            y1 = fixed(y1, 1)
        );
    }
    if let Some(key) = &ring.probe {
        probe(&mut out, (ring.x, ring.y), ring.radius + THICK / 2.0 + 14.0, (0.0, 2.0 * ring.x), key);
    }
    out
}

/// The key that is looked up: its dot outside the ring, the walk to each point it meets, and which were taken. Its label
/// stays between two places, left and right.
pub fn probe(out: &mut String, centre: (f32, f32), outer: f32, room: (f32, f32), probe: &Probe) {
    let mut last = probe.turn;
    for (turn, _, hue, taken) in &probe.steps {
        let mut sweep = turn - last;
        if sweep < 0.0 {
            sweep += 1.0;
        }
        let (x0, y0) = around(centre, last, outer);
        let (x1, y1) = around(centre, *turn, outer);
        let large = u8::from(sweep > 0.5);
        let _ = write!(
            out,
            "<path class=\"walk\" d=\"M{x0} {y0}A{outer} {outer} 0 {large} 1 {x1} {y1}\"/>\
             <circle class=\"met {}{}\" cx=\"{x1}\" cy=\"{y1}\" r=\"4.5\"/>",
            hue_class(*hue),
            if *taken { " taken" } else { "" },
            x0 = fixed(x0, 1),
            y0 = fixed(y0, 1),
            outer = fixed(outer, 1),
            x1 = fixed(x1, 1),
            y1 = fixed(y1, 1)
        );
        last = *turn;
    }
    let (x, y) = around(centre, probe.turn, outer);
    let hue = probe.steps.first().map_or("hue-accent", |step| hue_class(step.2));
    let _ =
        write!(out, "<circle class=\"probe {hue}\" cx=\"{x}\" cy=\"{y}\" r=\"7\"/>", x = fixed(x, 1), y = fixed(y, 1));
    if probe.label.is_empty() {
        return;
    }
    let right = x >= centre.0;
    // Beside the dot, but never off the stage: roughly seven pixels a character.
    let wide = 7.0 * probe.label.chars().count() as f32 + 6.0;
    let (x, anchor) =
        if right { ((x + 14.0).min(room.1 - wide), "start") } else { ((x - 14.0).max(room.0 + wide), "end") };
    let _ = write!(
        out,
        "<text class=\"probe-label\" x=\"{x}\" y=\"{}\" text-anchor=\"{anchor}\">",
        fixed(y + 4.0, 1),
        x = fixed(x, 1)
    );
    escape_into(out, &probe.label);
    out.push_str("</text>");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenes::scene::Hue;

    #[test]
    fn a_lone_node_owns_a_visible_circle() {
        let arc = Arc { from: 0.3, to: 0.3, node: 0, hue: Hue::Node(0), down: false };
        let ring = RingPlot { x: 100.0, y: 100.0, radius: 80.0, arcs: vec![arc], ..RingPlot::default() };
        assert!(markup(&ring).contains(" 0 1 1 "));
    }

    #[test]
    fn of_two_points_in_one_place_neither_has_the_circle() {
        let arc = |from: f32, to: f32| Arc { from, to, node: 0, hue: Hue::Node(0), down: false };
        let arcs = vec![arc(0.9, 0.3), arc(0.3, 0.3), arc(0.3, 0.9)];
        let ring = RingPlot { x: 100.0, y: 100.0, radius: 80.0, arcs, ..RingPlot::default() };
        assert_eq!(markup(&ring).matches("<path").count(), 2);
    }

    #[test]
    fn turns_go_clockwise_from_the_top() {
        let ring = RingPlot { x: 0.0, y: 0.0, radius: 10.0, ..RingPlot::default() };
        let (x, y) = polar(&ring, 0.25, 10.0);
        assert!((x - 10.0).abs() < 1e-4 && y.abs() < 1e-4);
    }
}
