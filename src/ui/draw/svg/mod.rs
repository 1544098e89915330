//! The stage as a picture for slides and papers: one SVG that needs no style sheet.
//!
//! It is made from the same data as the page's stage and, where that is SVG already, from the same markup: what a class
//! looks like is looked up in a table and written out with the theme's colours. Text stays text.

mod cards;
mod rules;

use super::panels::{circle, columns, flight, text, words};
use super::{escape_into, hue_class, plot, wire};
use crate::scenes::geometry::fixed;
use crate::scenes::scene::{Hue, Panel, Pill, RingPlot, Stage, Time};
use std::fmt::Write;

/// What names and explains the picture.
pub struct Told<'a> {
    pub lang: &'a str,
    pub title: &'a str,
    pub description: &'a str,
    /// For keys of a panel that are not placed yet: `{0}` becomes the share in per cent.
    pub placing: &'a str,
}

/// The stage at a moment, `size` pixels wide and high. `colour` gives what a property of the theme is: of `--paper`,
/// `#fbfaf7`.
pub fn document(
    stage: &Stage,
    size: (f32, f32),
    now: Time,
    told: &Told,
    colour: &mut dyn FnMut(&str) -> String,
) -> String {
    let (w, h) = (fixed(size.0, 0), fixed(size.1, 0));
    let mut head = String::new();
    let _ = write!(
        head,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w}\" height=\"{h}\" viewBox=\"0 0 {w} {h}\" xml:lang=\"{}\" \
         role=\"img\" font-family=\"Inter, system-ui, 'Noto Sans', 'Noto Sans CJK SC', sans-serif\"><title>",
        told.lang
    );
    escape_into(&mut head, told.title);
    head.push_str("</title><desc>");
    escape_into(&mut head, told.description);
    head.push_str("</desc>");
    let mut body = format!("<path class=\"paper\" d=\"M0 0h{w}v{h}h-{w}z\"/>");
    body += &wire::markup(&stage.wires);
    for panel in &stage.panels {
        one_panel(&mut body, panel, now, told.placing);
    }
    if let Some(ring) = &stage.ring {
        one_ring(&mut body, ring);
    }
    for heading in &stage.headings {
        text(&mut body, "stage-heading", "middle", 11.0, (heading.x, heading.y + 4.0), &heading.words.to_uppercase());
    }
    stage.cards.iter().for_each(|card| cards::one(&mut body, card, now));
    stage.pills.iter().for_each(|pill| one_pill(&mut body, pill, now));
    head + &rules::resolved(&body, colour) + "</svg>\n"
}

fn one_panel(out: &mut String, panel: &Panel, now: Time, placing: &str) {
    let share = panel.placing.map_or(0, |share| ((share * 100.0) as u32).min(99));
    *out += &circle::arcs(&panel.circle);
    *out += &circle::keys(&panel.circle);
    *out += &columns::markup(&panel.columns);
    *out += &words(panel, &placing.replace("{0}", &share.to_string()));
    *out += &circle::looked_up(&panel.circle, (panel.x + 4.0, panel.y + 31.0));
    let Some(flying) = &panel.flight else { return };
    let Some(share) = flight::share(flying, now) else { return };
    for mover in flying.marks.iter() {
        if let Some((x, y)) = flight::place(&panel.columns, mover, share, false) {
            let (class, hue) = if mover.needless { ("mover needless", Hue::Bad) } else { ("mover", mover.hue) };
            let _ = write!(
                out,
                "<circle class=\"{class} {}\" cx=\"{}\" cy=\"{}\" r=\"2.4\"/>",
                hue_class(hue),
                fixed(x, 1),
                fixed(y, 1)
            );
        }
    }
}

fn one_ring(out: &mut String, ring: &RingPlot) {
    let small = if ring.keys.len() > 2_000 { 1.1 } else { 1.9 };
    for (n, key) in ring.keys.iter().enumerate() {
        let radius = ring.radius * (0.72 + 0.18 * plot::depth(n));
        let (x, y) = plot::polar(ring, key.turn, radius);
        if key.moved {
            let (x0, y0) = plot::polar(ring, key.turn, radius - 0.07 * ring.radius);
            let _ = write!(
                out,
                "<path class=\"panel-trail {}\" d=\"M{} {}L{} {}\"/>",
                hue_class(key.was),
                fixed(x0, 1),
                fixed(y0, 1),
                fixed(x, 1),
                fixed(y, 1)
            );
        }
        let (class, size) = if key.moved { ("key moved", small * 1.8) } else { ("key", small) };
        let _ = write!(
            out,
            "<circle class=\"{class} {}\" cx=\"{}\" cy=\"{}\" r=\"{}\"/>",
            hue_class(key.hue),
            fixed(x, 1),
            fixed(y, 1),
            fixed(size, 1)
        );
    }
    *out += &plot::markup(ring);
    let size = (ring.radius / 10.5).clamp(9.5, 13.0);
    let room = match ring.radius {
        r if r < 100.0 => 1,
        r if r < 128.0 => 3,
        _ => 5,
    };
    let lines: Vec<&String> = ring.lines.iter().take(room).collect();
    let mut y = ring.y + size * 0.6 - size * 0.7 * lines.len() as f32;
    text(out, "panel-figure", "middle", size * 2.5, (ring.x, y), &ring.title);
    y += size * 0.4;
    for line in lines {
        y += size * 1.4;
        text(out, "panel-line", "middle", size, (ring.x, y), line);
    }
}

fn one_pill(out: &mut String, pill: &Pill, now: Time) {
    let (x, y) = pill.curve.at(pill.progress(now));
    let mark = match pill.reply {
        Some(true) => " +",
        Some(false) => " −",
        None => "",
    };
    let words = format!("{}{mark}", pill.words);
    let wide = super::panels::width(&words) * 13.1 + 34.0;
    let hue = hue_class(pill.hue);
    let rest = if pill.due.is_none() { " resting" } else { "" };
    let _ = write!(
        out,
        "<rect class=\"pill{rest} {hue}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"26\" rx=\"13\"/>\
         <circle class=\"pill-dot {hue}\" cx=\"{}\" cy=\"{}\" r=\"5\"/>",
        fixed(x - wide / 2.0, 1),
        fixed(y - 13.0, 1),
        fixed(wide, 1),
        fixed(x - wide / 2.0 + 13.0, 1),
        fixed(y, 1)
    );
    text(out, "pill-words", "start", 12.0, (x - wide / 2.0 + 24.0, y + 4.0), &words);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenes::link;
    use crate::scenes::scene::{Lang, View};
    use crate::scenes::{default_spec, open};

    fn picture(scene: &str, lang: Lang) -> String {
        let mut run = open(&default_spec(scene), lang).expect("the scene's own run");
        run.seek(5_000_000);
        let stage = run.stage(&View { width: 900.0, height: 560.0, lang });
        let told = Told { lang: "en", title: "a < b", description: "what & why", placing: "placing {0} %" };
        document(&stage, (900.0, 560.0), run.now(), &told, &mut |name| format!("#{:06x}", name.len()))
    }

    /// Elements open and close in pairs, attributes are quoted and stand once: what any reader of XML demands.
    fn well_formed(text: &str) -> Result<(), String> {
        let mut open: Vec<&str> = Vec::new();
        let mut rest = text;
        while let Some(at) = rest.find('<') {
            let end = rest[at..].find('>').ok_or("an element does not end")? + at;
            let tag = &rest[at + 1..end];
            rest = &rest[end + 1..];
            if let Some(name) = tag.strip_prefix('/') {
                if open.pop() != Some(name) {
                    return Err(format!("</{name}> closes another element"));
                }
                continue;
            }
            let name = tag.split([' ', '/']).next().unwrap_or_default();
            let mut names: Vec<&str> =
                tag.split('"').step_by(2).map(|part| part.trim().trim_end_matches('=')).collect();
            names[0] = names[0].split(' ').nth(1).unwrap_or_default();
            names.retain(|name| !name.is_empty() && *name != "/");
            let all = names.len();
            names.sort_unstable();
            names.dedup();
            if names.len() != all {
                return Err(format!("an attribute stands twice: <{tag}>"));
            }
            if !tag.ends_with('/') {
                open.push(name);
            }
        }
        if open.is_empty() { Ok(()) } else { Err(format!("never closed: {open:?}")) }
    }

    #[test]
    fn every_scene_is_a_picture_that_needs_no_style_sheet() {
        for scene in crate::scenes::SCENES {
            for lang in [Lang::En, Lang::Zh] {
                let svg = picture(scene, lang);
                well_formed(&svg).expect(scene);
                for left in ["class=", "var(", "data-", "\"--"] {
                    assert!(!svg.contains(left), "{scene}: {left} is left in the picture");
                }
                assert!(svg.contains("<title>a &lt; b</title><desc>what &amp; why</desc>"));
                assert!(svg.contains("<text"), "{scene}: text is text");
            }
        }
        assert!(link::encode(&default_spec("lock")).is_ok());
    }

    #[test]
    fn the_reader_of_xml_sees_what_is_wrong() {
        assert!(well_formed("<a><b/></a>").is_ok());
        assert!(well_formed("<a><b></a>").is_err());
        assert!(well_formed("<a x=\"1\" x=\"2\"/>").is_err());
    }
}
