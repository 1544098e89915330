//! The ways between nodes.

use super::hue_class;
use crate::scenes::geometry::fixed;
use crate::scenes::scene::Wire;
use std::fmt::Write;

/// All wires as SVG paths; a cut one is dashed and crossed out in the middle, a watch is dotted.
pub fn markup(wires: &[Wire]) -> String {
    let mut out = String::new();
    for wire in wires {
        let [a, b, c, d] = wire.curve.0;
        let (look, hue) = match wire.watch {
            Some(hue) => (" watch ", hue_class(hue)),
            None if wire.cut => (" cut", ""),
            None => ("", ""),
        };
        let _ = write!(
            out,
            "<path class=\"wire{look}{hue}\" d=\"M{} {}C{} {} {} {} {} {}\"/>",
            fixed(a.0, 1),
            fixed(a.1, 1),
            fixed(b.0, 1),
            fixed(b.1, 1),
            fixed(c.0, 1),
            fixed(c.1, 1),
            fixed(d.0, 1),
            fixed(d.1, 1)
        );
        if wire.cut {
            let (x, y) = wire.curve.at(0.5);
            let _ = write!(
                out,
                "<path class=\"scissors\" d=\"M{} {}l10 10m0 -10l-10 10\"/>",
                fixed(x - 5.0, 1),
                fixed(y - 5.0, 1)
            );
        }
    }
    out
}
