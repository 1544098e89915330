//! The stage as a picture for slides and papers: one SVG that needs no style sheet.
//!
//! It is made from the same data as the page's stage and, where that is SVG already, from the same markup: what a class
//! looks like is looked up in a table and written out with the theme's colours. Text stays text.

use super::fonts::{cut, lines, mono, sans};
use super::{Palette, Told, cards, head, rules, stripes};
use crate::scenes::draw::panels::{circle, columns, flight, text, words};
use crate::scenes::draw::{hue_class, plot, wire};
use crate::scenes::geometry::{Rect, between, fixed};
use crate::scenes::scene::{Curve, Hue, Panel, Pill, RingPlot, Stage, Time};
use std::fmt::Write;

/// A message's height, and the size of its words.
const PILL: f32 = 25.0;
const PILL_WORDS: f32 = 11.5;
/// Between two messages, and between a message and a card.
const AIR: f32 = 2.0;

/// The stage at a moment, `size` pixels wide and high. `placing` is the sentence for keys of a panel that are not placed yet:
/// `{0}` becomes the share in per cent.
pub fn document(stage: &Stage, size: (f32, f32), now: Time, told: &Told, placing: &str, palette: &Palette) -> String {
    let (w, h) = (fixed(size.0, 0), fixed(size.1, 0));
    let mut body = format!("<path class=\"paper\" d=\"M0 0h{w}v{h}h-{w}z\"/>");
    body += &wire::markup(&stage.wires);
    for panel in &stage.panels {
        one_panel(&mut body, panel, now, placing);
    }
    if let Some(ring) = &stage.ring {
        one_ring(&mut body, ring);
    }
    for heading in &stage.headings {
        // Capitals that stand apart: a fourteenth of the size between two of them.
        let shown = cut(&heading.words.to_uppercase(), size.0 / 12.0, sans);
        text(&mut body, "stage-heading", "middle", 11.0, (heading.x, heading.y + 4.0), &shown);
    }
    stage.cards.iter().for_each(|card| cards::one(&mut body, card, now));
    let piles = piles(stage, now);
    let places = places(stage, &piles, size, now);
    for (pile, place) in piles.iter().zip(&places).filter(|(_, place)| place.leads) {
        lead(&mut body, pile.pill, place, now);
    }
    piles.iter().zip(&places).for_each(|(pile, place)| one_pill(&mut body, pile, place));
    head(size, told) + &stripes(palette) + &rules::resolved(&body, palette) + "</svg>\n"
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
        if let Some(at) = flight::place(&panel.columns, mover, share, false) {
            let (class, hue) = if mover.needless { ("mover needless", Hue::Bad) } else { ("mover", mover.hue) };
            dot(out, class, hue, at, 2.4);
        }
    }
}

fn dot(out: &mut String, class: &str, hue: Hue, (x, y): (f32, f32), r: f32) {
    let (x, y, r) = (fixed(x, 1), fixed(y, 1), fixed(r, 1));
    let _ = write!(out, "<circle class=\"{class} {}\" cx=\"{x}\" cy=\"{y}\" r=\"{r}\"/>", hue_class(hue));
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
        dot(out, class, key.hue, (x, y), size);
    }
    *out += &plot::markup(ring);
    let size = (ring.radius / 10.5).clamp(9.5, 13.0);
    let room = match ring.radius {
        r if r < 100.0 => 1,
        r if r < 128.0 => 3,
        _ => 5,
    };
    // Within the keys; what is too long for a row goes on in the next.
    let rows: Vec<String> = ring
        .lines
        .iter()
        .take(room)
        .flat_map(|line| lines(line, ring.radius * 1.25 / size, sans))
        .take(room + 2)
        .collect();
    let mut y = ring.y + size * 0.6 - size * 0.7 * rows.len() as f32;
    let title = cut(&ring.title, ring.radius * 1.3 / (size * 2.5), sans);
    text(out, "panel-figure", "middle", size * 2.5, (ring.x, y), &title);
    y += size * 0.4;
    for row in rows {
        y += size * 1.4;
        text(out, "panel-line", "middle", size, (ring.x, y), &row);
    }
}

/// Messages that say the same on the same way at the same place are one, with their number.
struct Pile<'a> {
    pill: &'a Pill,
    words: String,
}

fn piles<'a>(stage: &'a Stage, now: Time) -> Vec<Pile<'a>> {
    let mut piles: Vec<(&'a Pill, u32)> = Vec::new();
    for pill in &stage.pills {
        let same = |other: &Pill| {
            (other.from, other.to, &other.words, other.reply) == (pill.from, pill.to, &pill.words, pill.reply)
                && other.due.is_none() == pill.due.is_none()
                && (other.progress(now) - pill.progress(now)).abs() < 0.03
        };
        match piles.iter_mut().find(|(other, _)| same(other)) {
            Some((_, count)) => *count += 1,
            None => piles.push((pill, 1)),
        }
    }
    let pile = |(pill, count): (&'a Pill, u32)| {
        let mark = match pill.reply {
            Some(true) => " +",
            Some(false) => " −",
            None => "",
        };
        let times = if count > 1 { format!(" ×{count}") } else { String::new() };
        Pile { pill, words: format!("{}{mark}{times}", pill.words) }
    };
    piles.into_iter().map(pile).collect()
}

/// Where a message is drawn: around this point. It leads to its true place where it could not stay near it.
struct Place {
    x: f32,
    y: f32,
    leads: bool,
}

fn wide(words: &str) -> f32 {
    mono(words) * PILL_WORDS + 35.0
}

/// Messages are moved along their ways, and off them if need be, until none covers another one or a card. What cannot be
/// helped stays where it is.
fn places(stage: &Stage, piles: &[Pile], size: (f32, f32), now: Time) -> Vec<Place> {
    let mut taken: Vec<Rect> = stage.cards.iter().map(|c| Rect { x: c.x, y: c.y, w: c.w, h: c.h }).collect();
    taken.extend(stage.headings.iter().map(|heading| {
        let w = sans(&heading.words) * 14.0;
        Rect { x: heading.x - w / 2.0, y: heading.y - 9.0, w, h: 18.0 }
    }));
    for panel in &stage.panels {
        taken.extend(panel_words(panel));
    }
    if let Some(ring) = &stage.ring {
        taken.push(around(ring.x, ring.y, ring.radius * 1.3, ring.radius * 0.9));
    }
    let fixed = taken.len();
    for Pile { pill, words } in piles {
        let (w, at) = (wide(words), pill.progress(now));
        let room = |(x, y): (f32, f32)| Rect {
            x: between(x - w / 2.0, 1.0, (size.0 - w - 1.0).max(1.0)),
            y: between(y - PILL / 2.0, 1.0, (size.1 - PILL - 1.0).max(1.0)),
            w,
            h: PILL,
        };
        let free = |at: &Rect, among: &[Rect]| among.iter().all(|other| !touch(at, other));
        // Near first: along the way, then off it.
        let mut shifts: Vec<(f32, f32)> = Vec::new();
        for down in [0.0, 1.0, -1.0, 2.0, -2.0, 3.0, -3.0] {
            shifts.extend([0.0, 0.55, -0.55, 1.1, -1.1].map(|aside| (aside * w, down * (PILL + AIR))));
        }
        shifts.sort_by(|a, b| (a.0.abs() + a.1.abs()).total_cmp(&(b.0.abs() + b.1.abs())));
        let steps = (0..=40).flat_map(|n| [n as f32 / 40.0, -(n as f32) / 40.0]);
        let along: Vec<f32> = steps.map(|by| at + by).filter(|at| (0.0..=1.0).contains(at)).collect();
        let candidates = |shift: (f32, f32)| {
            let curve = pill.curve;
            along.iter().map(move |at| {
                let (x, y) = curve.at(*at);
                room((x + shift.0, y + shift.1))
            })
        };
        let all = || shifts.iter().flat_map(|shift| candidates(*shift));
        let found = all().find(|at| free(at, &taken));
        let found = found.or_else(|| all().find(|at| free(at, &taken[fixed..])));
        taken.push(found.unwrap_or_else(|| room(pill.curve.at(at))));
    }
    let place = |(Pile { pill, .. }, at): (&Pile, &Rect)| {
        let (x, y) = at.centre();
        // Off its way, not along it.
        let off = |n: u8| {
            let on = pill.curve.at(f32::from(n) / 40.0);
            (on.0 - x).abs() > at.w / 2.0 || (on.1 - y).abs() > PILL / 2.0 + 1.0
        };
        Place { x, y, leads: (0..=40).all(off) }
    };
    piles.iter().zip(&taken[fixed..]).map(place).collect()
}

fn around(x: f32, y: f32, w: f32, h: f32) -> Rect {
    Rect { x: x - w / 2.0, y: y - h / 2.0, w, h }
}

/// Where the words of a panel are: its title, those in the middle of its circle, its legend.
fn panel_words(panel: &Panel) -> [Rect; 3] {
    let (circle, columns) = (&panel.circle, &panel.columns);
    let inner = circle.radius * circle::INNER * 1.7;
    [
        Rect { x: panel.x, y: panel.y, w: sans(&panel.title) * 13.5 + 8.0, h: 36.0 },
        around(circle.x, circle.y, inner, inner * 0.7),
        Rect { x: columns.x, y: columns.y + columns.tall(), w: columns.w, h: 30.0 },
    ]
}

fn touch(a: &Rect, b: &Rect) -> bool {
    a.x < b.x + b.w + AIR && b.x < a.x + a.w + AIR && a.y < b.y + b.h + AIR && b.y < a.y + a.h + AIR
}

/// A hair from where a message is to where its words have room.
fn lead(out: &mut String, pill: &Pill, place: &Place, now: Time) {
    let (x, y) = pill.curve.at(pill.progress(now));
    let hue = hue_class(pill.hue);
    let _ = write!(
        out,
        "<path class=\"lead {hue}\" d=\"M{} {}L{} {}\"/>",
        fixed(x, 1),
        fixed(y, 1),
        fixed(place.x, 1),
        fixed(place.y, 1)
    );
    dot(out, "dot", pill.hue, (x, y), 3.0);
}

/// The way at its middle, as a vector of length 1.
fn heading(curve: &Curve) -> (f32, f32) {
    let ((x0, y0), (x1, y1)) = (curve.at(0.45), curve.at(0.55));
    let (dx, dy) = (x1 - x0, y1 - y0);
    let long = (dx * dx + dy * dy).sqrt();
    if long > 0.0 { (dx / long, dy / long) } else { (1.0, 0.0) }
}

fn one_pill(out: &mut String, Pile { pill, words }: &Pile, place: &Place) {
    let (x, y, wide) = (place.x, place.y, wide(words));
    let hue = hue_class(pill.hue);
    let rest = if pill.due.is_none() { " resting" } else { "" };
    let _ = write!(
        out,
        "<rect class=\"pill{rest} {hue}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"{}\"/>",
        fixed(x - wide / 2.0, 1),
        fixed(y - PILL / 2.0, 1),
        fixed(wide, 1),
        fixed(PILL, 1),
        fixed(PILL / 2.0, 1)
    );
    // An arrow head that shows where it goes.
    let (dx, dy) = heading(&pill.curve);
    let (cx, cy) = (x - wide / 2.0 + 14.0, y);
    let corner = |ahead: f32, aside: f32| (cx + dx * ahead - dy * aside, cy + dy * ahead + dx * aside);
    let (tip, left, right) = (corner(6.0, 0.0), corner(-4.0, -5.0), corner(-4.0, 5.0));
    let _ = write!(
        out,
        "<path class=\"pill-dot {hue}\" d=\"M{} {}L{} {}L{} {}Z\"/>",
        fixed(tip.0, 1),
        fixed(tip.1, 1),
        fixed(left.0, 1),
        fixed(left.1, 1),
        fixed(right.0, 1),
        fixed(right.1, 1)
    );
    text(out, "pill-words", "start", PILL_WORDS, (x - wide / 2.0 + 25.0, y + 4.0), words);
}
