//! The ways between nodes.

use crate::scenes::scene::Wire;
use std::fmt::Write;

/// All wires as SVG paths; a cut one is dashed and crossed out in the middle.
pub fn markup(wires: &[Wire]) -> String {
    let mut out = String::new();
    for wire in wires {
        let [a, b, c, d] = wire.curve.0;
        let cut = if wire.cut { " cut" } else { "" };
        let _ = write!(
            out,
            "<path class=\"wire{cut}\" d=\"M{:.1} {:.1}C{:.1} {:.1} {:.1} {:.1} {:.1} {:.1}\"/>",
            a.0, a.1, b.0, b.1, c.0, c.1, d.0, d.1
        );
        if wire.cut {
            let (x, y) = wire.curve.at(0.5);
            let _ = write!(out, "<path class=\"scissors\" d=\"M{:.1} {:.1}l10 10m0 -10l-10 10\"/>", x - 5.0, y - 5.0);
        }
    }
    out
}
