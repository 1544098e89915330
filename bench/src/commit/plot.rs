//! The table as a picture: commits and time in doubt against the rate of crashes, hand-made, a function of the table's text.

use std::fmt::Write;

const WIDTH: f64 = 800.0;
const HEIGHT: f64 = 604.0;
/// Where lines begin and end; right of that stand their names.
const LEFT: f64 = 56.0;
const RIGHT: f64 = 568.0;
const NAMES: f64 = 592.0;
/// Names are at least so far apart.
const APART: f64 = 17.0;

/// Colours are those of Okabe and Ito (2008), which people with any colour vision tell apart. The picture brings its own
/// ground: a page may be dark where the reader's system is light.
const STYLE: &str = "\
text{font:13px system-ui,-apple-system,'Segoe UI',Helvetica,Arial,sans-serif;fill:#1f2328}\
.ground{fill:#fff}.title{font-size:16px;font-weight:600}.head{font-weight:600}.dim{fill:#59636e;font-size:12px}\
.grid{stroke:#d8dee4}.axis{stroke:#818b98}.line{fill:none;stroke-width:2;stroke-linejoin:round}\
.far{stroke-dasharray:2 4}.lead{fill:none;stroke-width:1;opacity:.65}\
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.ground{fill:#0d1117}.dim{fill:#9198a1}.grid{stroke:#2a313a}\
.axis{stroke:#656c76}}";

/// Protocol, its name in the picture, its colour.
const LINES: [(&str, &str, &str); 6] = [
    ("presumed-nothing", "presumed nothing", "#CC79A7"),
    ("presumed-abort", "presumed abort", "#0072B2"),
    ("presumed-commit", "presumed commit", "#E69F00"),
    ("presumed-abort-cooperative", "presumed abort, asks peers", "#56B4E9"),
    ("three-phase", "three-phase, by its timers", "#D55E00"),
    ("three-phase-termination", "three-phase, termination", "#009E73"),
];

struct Panel {
    column: &'static str,
    head: &'static str,
    top: f64,
    bottom: f64,
}

const PANELS: [Panel; 2] = [
    Panel { column: "committed_per_s", head: "Committed transfers a second", top: 96.0, bottom: 286.0 },
    Panel {
        column: "in_doubt_mean_s",
        head: "Time in doubt after a vote YES, mean, in seconds",
        top: 346.0,
        bottom: 536.0,
    },
];

/// One protocol's numbers in a column, with the mean time between crashes that they belong to.
type Points = Vec<(Option<f64>, f64)>;

/// The picture of a table, or none if the text is not such a table.
pub fn svg(csv: &str) -> Option<String> {
    let mut out = String::new();
    let _ = writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" \
         role=\"img\" aria-labelledby=\"title desc\">\n\
         <title id=\"title\">Atomic commitment while nodes crash</title>\n\
         <desc id=\"desc\">{}</desc>\n\
         <style>{STYLE}</style>\n\
         <rect class=\"ground\" width=\"{WIDTH}\" height=\"{HEIGHT}\" rx=\"6\"/>\n\
         <text class=\"title\" x=\"{LEFT}\" y=\"34\">Atomic commitment while nodes crash</text>\n\
         <text class=\"dim\" x=\"{LEFT}\" y=\"54\">A coordinator and five participants, four transfers at once; all six \
         nodes crash and are back after 1 to 3 s.</text>",
        described(csv)?
    );
    for panel in &PANELS {
        draw(&mut out, csv, panel)?;
    }
    let middle = (LEFT + RIGHT) / 2.0;
    let _ = writeln!(
        out,
        "<text class=\"dim\" x=\"{middle}\" y=\"{}\" text-anchor=\"middle\">mean time until a node crashes (logarithmic)</text>\n\
         </svg>",
        HEIGHT - 26.0
    );
    Some(out)
}

/// The picture in a sentence a protocol.
fn described(csv: &str) -> Option<String> {
    let mut text = "Two line charts against the mean time until a node crashes, from never to 5 seconds.".to_owned();
    for (protocol, name, _) in LINES {
        let (rates, doubts) = (points(csv, protocol, PANELS[0].column)?, points(csv, protocol, PANELS[1].column)?);
        let ends = |points: &Points| Some((points.first()?.1, points.last()?.1));
        let ((rate, rate_worst), (doubt, doubt_worst)) = (ends(&rates)?, ends(&doubts)?);
        let _ = write!(
            text,
            " {name}: {rate:.2} falls to {rate_worst:.2} commits a second, time in doubt goes from {doubt:.2} to \
             {doubt_worst:.2} seconds."
        );
    }
    Some(text)
}

fn points(csv: &str, protocol: &str, column: &str) -> Option<Points> {
    let mut lines = csv.lines();
    let at = lines.next()?.split(',').position(|head| head == column)?;
    let mut found = Vec::new();
    for line in lines {
        let cells: Vec<&str> = line.split(',').collect();
        if *cells.first()? == protocol {
            found.push((cells.get(1)?.parse().ok(), cells.get(at)?.parse().ok()?));
        }
    }
    (found.len() > 1).then_some(found)
}

/// Rates of crashes lie as on a logarithmic scale; that nobody crashes has a place of its own, left of it.
fn across(every: Option<f64>, points: &Points) -> f64 {
    let rated: Vec<f64> = points.iter().filter_map(|(every, _)| *every).collect();
    let first = LEFT + 118.0;
    match (every, rated.first(), rated.last()) {
        (Some(every), Some(rare), Some(often)) if rare > often => {
            let share = libm::log(rare / every) / libm::log(rare / often);
            first + share * (RIGHT - first)
        }
        _ => LEFT + 18.0,
    }
}

fn draw(out: &mut String, csv: &str, panel: &Panel) -> Option<()> {
    let all =
        LINES.iter().map(|(protocol, ..)| points(csv, protocol, panel.column)).collect::<Option<Vec<Points>>>()?;
    let highest = all.iter().flatten().map(|(_, value)| *value).fold(0.0, f64::max);
    let step = [0.1, 0.2, 0.5, 1.0, 2.0, 5.0].into_iter().find(|step| highest / step <= 7.0)?;
    let steps = (highest / step).ceil() as u32;
    let up = |value: f64| panel.bottom - value / (f64::from(steps) * step) * (panel.bottom - panel.top);
    let _ = writeln!(out, "<text class=\"head\" x=\"{LEFT}\" y=\"{}\">{}</text>", panel.top - 16.0, panel.head);
    for n in 0..=steps {
        let (value, class) = (f64::from(n) * step, if n == 0 { "axis" } else { "grid" });
        let y = up(value);
        let digits = usize::from(step < 1.0 && n > 0);
        let _ = writeln!(
            out,
            "<path class=\"{class}\" d=\"M{LEFT} {y:.1}H{RIGHT}\"/><text class=\"dim\" x=\"{}\" y=\"{:.1}\" \
             text-anchor=\"end\">{value:.digits$}</text>",
            LEFT - 10.0,
            y + 4.0
        );
    }
    for (every, _) in all.first()? {
        let x = across(*every, &all[0]);
        let name = match every {
            None => "never".to_owned(),
            Some(seconds) if *seconds >= 60.0 => format!("{} min", seconds / 60.0),
            Some(seconds) => format!("{seconds} s"),
        };
        let (low, text) = (panel.bottom + 5.0, panel.bottom + 20.0);
        let _ = writeln!(
            out,
            "<path class=\"axis\" d=\"M{x:.1} {}V{low}\"/><text class=\"dim\" x=\"{x:.1}\" y=\"{text}\" \
             text-anchor=\"middle\">{name}</text>",
            panel.bottom
        );
    }
    let ends: Vec<f64> = all.iter().map(|points| points.last().map_or(0.0, |(_, value)| up(*value))).collect();
    let names = spread(&ends, panel.bottom);
    for (n, (points, (_, name, colour))) in all.iter().zip(LINES).enumerate() {
        let place = |(every, value): &(Option<f64>, f64)| format!("{:.1} {:.1}", across(*every, points), up(*value));
        let places: Vec<String> = points.iter().map(place).collect();
        let calm = usize::from(points[0].0.is_none());
        let _ = writeln!(
            out,
            "<g stroke=\"{colour}\"><path class=\"line far\" d=\"M{}\"/><path class=\"line\" d=\"M{}\"/>\
             <path class=\"lead\" d=\"M{} {:.1}L{} {:.1}\"/></g>",
            places[..=calm].join("L"),
            places[calm..].join("L"),
            RIGHT + 5.0,
            ends[n],
            NAMES - 5.0,
            names[n]
        );
        for place in &places {
            let (x, y) = place.split_once(' ')?;
            let _ = write!(out, "<circle cx=\"{x}\" cy=\"{y}\" r=\"3.2\" fill=\"{colour}\"/>");
        }
        let _ = writeln!(
            out,
            "<circle cx=\"{NAMES}\" cy=\"{:.1}\" r=\"4\" fill=\"{colour}\"/><text x=\"{}\" y=\"{:.1}\">{name}</text>",
            names[n],
            NAMES + 10.0,
            names[n] + 4.5
        );
    }
    Some(())
}

/// Heights as near to these as they can be without coming too close to each other, in the same order, none below this.
fn spread(wanted: &[f64], bottom: f64) -> Vec<f64> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by(|a, b| wanted[*a].total_cmp(&wanted[*b]));
    let mut placed = wanted.to_vec();
    // Whoever is too close to his neighbour and the neighbour move apart by halves: a few dozen turns settle it.
    for _ in 0..200 {
        for pair in order.windows(2) {
            let lacks = APART - (placed[pair[1]] - placed[pair[0]]);
            if lacks > 0.0 {
                placed[pair[0]] -= lacks / 2.0;
                placed[pair[1]] += lacks / 2.0;
            }
        }
    }
    let mut limit = bottom;
    for n in order.into_iter().rev() {
        placed[n] = placed[n].min(limit);
        limit = placed[n] - APART;
    }
    placed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn committed(name: &str) -> String {
        let file = format!("{}/../docs/{name}", env!("CARGO_MANIFEST_DIR"));
        std::fs::read_to_string(&file).expect("it is committed")
    }

    #[test]
    fn the_picture_is_drawn_from_the_table() {
        let drawn = svg(&committed("commit-crashes.csv")).expect("it is such a table");
        assert!(drawn == committed("commit-crashes.svg"), "cargo xtask bench --only commit --write draws it anew");
    }

    #[test]
    fn names_keep_their_order_and_their_distance() {
        let placed = spread(&[100.0, 101.0, 250.0, 99.0], 245.0);
        assert!(placed[3] < placed[0] && placed[0] < placed[1] && placed[2] == 245.0);
        assert!(placed[1] - placed[0] >= APART - 0.1 && placed[0] - placed[3] >= APART - 0.1);
        assert_eq!(svg("no table"), None);
    }
}
