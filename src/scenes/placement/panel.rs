//! One strategy's panel: keys on the circle, a column a node, what the latest change moved.

use super::survey::{self, Side, Survey};
use super::words::{percent, short, slot_hue};
use super::{PlacementScene, figures, looked_up, picture, stream};
use crate::core::placement::assign::Moves;
use crate::core::placement::keys::Positions;
use crate::core::placement::scheme::Scheme;
use crate::core::placement::shares::Law;
use crate::core::placement::{Inside, KeyHash};
use crate::core::protocol::NodeId;
use crate::core::routing::memo::Built;
use crate::core::routing::shape;
use crate::core::routing::{Key, Routing, View as List};
use crate::scenes::geometry::{Rect, fixed};
use crate::scenes::scene::*;
use crate::scenes::staging::Moment;
use crate::scenes::text::{Arg, say, word};
use crate::sim::time::MILLISECOND;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc as Shared;

/// Keys are drawn one by one up to so many, beyond that in bins.
const DOTS_MOST: usize = 2000;
const BINS: usize = 720;
/// Arcs that are drawn at most; a circle with more pieces is drawn in so many equal sectors.
const SECTORS: usize = 2048;
/// Columns at most; more nodes share them.
const COLUMNS_MOST: usize = 64;
/// How long keys fly after a change.
pub const FLIGHT: Time = 1500 * MILLISECOND;
/// Marks that fly at most.
const MARKS_MOST: u32 = 300;
/// Marks of one wave.
const WAVE: usize = 100;
/// Pictures that are kept.
const KEPT: usize = 16;

/// What a panel shows, before it has its place.
pub struct Look {
    pub scheme: Scheme,
    pub survey: Survey,
    pub before: Option<Shared<List>>,
    pub now: Shared<List>,
    columns: Rc<Vec<Column>>,
    fair: Option<(f32, f32, f32)>,
}

/// Turns clockwise from the top, 0 to 1.
pub fn turn(at: u64) -> f32 {
    (at as f64 / (1_u128 << 64) as f64) as f32
}

impl Look {
    pub fn of(moment: &Moment<PlacementScene>, scheme: &Scheme, lang: Lang) -> Look {
        let p = moment.sim.protocol.as_ref();
        let (before, now) = picture::views(moment);
        let survey = survey::survey(p, scheme, before.as_ref(), &now);
        let mut columns = columns(moment, &survey, (before.as_deref(), &now), lang);
        if *scheme == p.scheme {
            stream::queues(moment.sim, &mut columns, lang);
        }
        let columns = Rc::new(columns);
        let fair = survey.now.as_ref().and_then(|side| fair(&side.built, scheme, side.placed));
        Look { scheme: scheme.clone(), survey, before, now, columns, fair }
    }

    /// The tallest of its columns, in keys.
    pub fn most(&self) -> f32 {
        let columns = self.columns.iter().map(|column| column.largest.max(column.was));
        columns.fold(self.fair.map_or(0.0, |fair| fair.2), f32::max)
    }
}

/// What a node of weight 1 should have of so many keys, and the band around it; under a bound, from nothing to the bound.
fn fair(built: &Built, scheme: &Scheme, keys: usize) -> Option<(f32, f32, f32)> {
    let placement = built.placement.as_ref();
    let at = placement.members().iter().position(|member| member.weight == 1)?;
    if let Some(bound) = placement.bound() {
        let weights: u64 = placement.members().iter().map(|member| u64::from(member.weight)).sum();
        let most = bound.capacity(1, weights, keys as u64);
        return Some((keys as f32 / weights as f32, 0.0, most as f32));
    }
    let law = built.laws(scheme.strategy.takes_weights())?.get(at)?.of_keys(keys);
    let (low, high) = Law::band(law);
    let keys = keys as f64;
    Some(((law.mean * keys) as f32, (low * keys) as f32, (high * keys) as f32))
}

/// The columns of all nodes that are or were members, in the order of their slots.
fn columns(
    moment: &Moment<PlacementScene>,
    survey: &Survey,
    (before, now): (Option<&List>, &List),
    lang: Lang,
) -> Vec<Column> {
    let p = moment.sim.protocol.as_ref();
    let seats = before.into_iter().flat_map(|list| &list.seats).chain(&now.seats);
    let count = seats.map(|seat| usize::from(seat.slot) + 1).max().unwrap_or(0);
    let size = count.div_ceil(COLUMNS_MOST).max(1);
    let mut member = vec![false; count];
    now.seats.iter().for_each(|seat| member[usize::from(seat.slot)] = true);
    let keys = |side: Option<&Rc<Side>>, slot: usize| side.and_then(|side| side.counts.get(slot)).map_or(0, |n| *n);
    let all = survey.now.as_ref().map_or(0, |side| side.placed).max(1) as f64;
    let column = |first: usize| {
        let slots = first..(first + size).min(count);
        let nodes = slots.len();
        let inside = slots.clone().filter(|slot| member[*slot]).count();
        let sum: u32 = slots.clone().map(|slot| keys(survey.now.as_ref(), slot)).sum();
        let was: u32 = slots.clone().map(|slot| keys(survey.before.as_ref(), slot)).sum();
        let were = before.map(|list| list.seats.iter().filter(|seat| slots.contains(&usize::from(seat.slot))).count());
        let mean = sum as f32 / inside.max(1) as f32;
        let largest = slots.clone().map(|slot| keys(survey.now.as_ref(), slot)).max().unwrap_or(0);
        let name = p.fleet.name(first as u16);
        let share = percent(f64::from(sum) / all);
        let mut args = vec![("name", Arg::from(name)), ("n", sum.into()), ("share", share.into())];
        let words = if nodes == 1 {
            say(lang, "placement.column", &args)
        } else {
            let last = p.fleet.name((first + nodes - 1) as u16);
            args.extend([("last", last.into()), ("nodes", inside.into()), ("largest", largest.into())]);
            say(lang, "placement.column-group", &args)
        };
        Column {
            node: first as u16,
            nodes: nodes as u16,
            label: if count <= COLUMNS_MOST / 2 { label(name, first) } else { String::new() },
            words,
            hue: if nodes == 1 { slot_hue(first as u16) } else { Hue::Accent },
            mean,
            largest: largest as f32,
            // Without a change there is no before, and nothing to compare.
            was: were.map_or(mean, |were| was as f32 / were.max(1) as f32),
            down: slots.clone().any(|slot| !moment.sim.cluster.is_up(NodeId(slot as u16))),
            out: inside == 0,
            over: false,
            queue: None,
        }
    };
    (0..count).step_by(size).map(column).collect()
}

/// The number at the end of a name, or the slot's, counted from 1.
fn label(name: &str, slot: usize) -> String {
    let digits = name.len() - name.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    match &name[name.len() - digits..] {
        "" => (slot + 1).to_string(),
        number if number.len() <= 4 => number.to_owned(),
        _ => (slot + 1).to_string(),
    }
}

pub fn panel(moment: &Moment<PlacementScene>, look: &Look, at: Rect, most: f32, lang: Lang) -> Panel {
    let p = moment.sim.protocol.as_ref();
    let strategy = look.scheme.strategy.name();
    let (circle_at, columns_at) = inside(at);
    let (figure, lines, wrong) = middle(moment, look, lang);
    let side = look.survey.now.as_ref();
    let circle = Circle {
        x: circle_at.0,
        y: circle_at.1,
        radius: circle_at.2,
        arcs: side.map_or_else(Rc::default, |side| arcs(moment, &side.built)),
        keys: keys(p, look),
        probe: looked_up(p, moment.aside).and_then(|key| Some(probe(p, &side?.built, &key))),
    };
    Panel {
        name: strategy.to_owned(),
        title: word(lang, &format!("placement.recipe-{strategy}")),
        x: at.x,
        y: at.y,
        w: at.w,
        h: at.h,
        figure,
        lines,
        wrong,
        circle,
        columns: Columns {
            x: columns_at.x,
            y: columns_at.y,
            w: columns_at.w,
            h: columns_at.h,
            columns: look.columns.clone(),
            most,
            fair: look.fair,
            legend: legend(look, lang),
        },
        flight: flight(moment, look),
        placing: (look.survey.done < 1.0).then_some(look.survey.done),
    }
}

/// What the lines and tints of the columns mean: those that there are.
fn legend(look: &Look, lang: Lang) -> String {
    let moved = look.columns.iter().any(|column| (column.was - column.mean).abs() > 0.5);
    let queues = look.columns.iter().any(|column| column.queue.is_some());
    let parts = [
        (look.fair.is_some(), "placement.legend-fair"),
        (moved, "placement.legend-before"),
        (queues, "placement.legend-queue"),
    ];
    let parts: Vec<String> = parts.iter().filter(|part| part.0).map(|part| word(lang, part.1)).collect();
    parts.join(" · ")
}

/// The circle (centre and radius) and the columns below it, or beside it where the panel is wide.
fn inside(at: Rect) -> ((f32, f32, f32), Rect) {
    const TITLE: f32 = 26.0;
    const LABELS: f32 = 32.0; // names, and the legend
    let (w, h) = (at.w, at.h - TITLE);
    if w > h * 1.5 {
        let radius = (h / 2.0 - 20.0).min(w / 4.0).clamp(40.0, 240.0);
        let left = 2.0 * radius + 44.0;
        let columns = Rect { x: at.x + left, y: at.y + TITLE + 12.0, w: w - left - 12.0, h: h - 24.0 - LABELS };
        return ((at.x + radius + 22.0, at.y + TITLE + h / 2.0, radius), columns);
    }
    let low = (h * 0.3).clamp(56.0, 150.0);
    let radius = ((h - low - LABELS) / 2.0 - 22.0).min(w / 2.0 - 26.0).clamp(40.0, 240.0);
    let columns = Rect { x: at.x + 12.0, y: at.y + at.h - low - LABELS, w: w - 24.0, h: low };
    let room = h - low - LABELS;
    ((at.x + w / 2.0, at.y + TITLE + room / 2.0, radius), columns)
}

/// The number in the middle, the lines below it, and what is wrong.
fn middle(moment: &Moment<PlacementScene>, look: &Look, lang: Lang) -> (String, Vec<String>, Option<String>) {
    let p = moment.sim.protocol.as_ref();
    let all = p.keys.len();
    let Some(side) = look.survey.now.as_ref() else {
        return ("—".to_owned(), vec![word(lang, "placement.middle-impossible")], None);
    };
    let lost = side.placed - side.counts.iter().map(|n| *n as usize).sum::<usize>();
    let mut wrong = (lost > 0).then(|| say(lang, "placement.middle-lost", &[("n", lost.into())]));
    let orphans = orphan_lines(moment, side, lang);
    let Some(moves) = &look.survey.moves else {
        let largest = figures::max_over_mean(side, &look.scheme, &look.now);
        let mut lines = vec![say(lang, "placement.middle-keys", &[("n", look.now.seats.len().into())])];
        if let Some(largest) = largest {
            lines.push(say(lang, "placement.middle-largest", &[("x", fixed(largest, 2).to_string().into())]));
        }
        lines.extend(orphans);
        return (all.to_string(), lines, wrong);
    };
    let movement = moves.movement();
    let mut lines = vec![word(lang, "placement.middle-moved")];
    if let Some(before) = &look.before {
        lines.push(figures::theory(&look.scheme, before, &look.now).words(lang));
    }
    lines.extend(orphans);
    if movement.needless > 0 {
        wrong = Some(say(lang, "placement.middle-needless", &[("n", movement.needless.to_string().into())]));
    }
    if let Some(flight) = flight(moment, look).filter(|flight| flight.keys_a_mark > 1 && moment.sim.now < flight.to) {
        lines.push(say(lang, "placement.middle-marks", &[("n", flight.keys_a_mark.into())]));
    }
    (percent(movement.share()), lines, wrong)
}

/// How many keys wait for their owner, which is down.
pub fn orphan_lines(moment: &Moment<PlacementScene>, side: &Side, lang: Lang) -> Vec<String> {
    let cluster = &moment.sim.cluster;
    let down: Vec<bool> = (0..moment.sim.protocol.servers()).map(|slot| !cluster.is_up(NodeId(slot))).collect();
    let orphans = survey::orphans(side, &down);
    let line = |key: &str, n: usize| (n > 0).then(|| say(lang, key, &[("n", n.into())]));
    let both = [line("placement.middle-next", orphans.next), line("placement.middle-nobody", orphans.nobody)];
    both.into_iter().flatten().collect()
}

thread_local! {
    static ARCS: RefCell<Vec<Cut>> = const { RefCell::new(Vec::new()) };
    static FLOWN: RefCell<Vec<Flown>> = const { RefCell::new(Vec::new()) };
    static BARE: RefCell<Vec<(Shared<Positions>, KeyMarks)>> = const { RefCell::new(Vec::new()) };
    static MARKS: RefCell<Vec<Marked>> = const { RefCell::new(Vec::new()) };
}

/// A placement, which of its members are down, and the pieces of the circle.
type Cut = (Shared<Built>, Vec<bool>, Rc<Vec<Arc>>);

/// What moved, and the marks that show it.
type Flown = (Rc<Moves>, Rc<Vec<Mover>>);

/// Both sides of a survey that is complete, and its keys as they are drawn.
type Marked = (Rc<Side>, Option<Rc<Side>>, KeyMarks);

fn keep<T>(list: &mut Vec<T>, item: T) {
    if list.len() >= KEPT {
        list.remove(0);
    }
    list.push(item);
}

/// The pieces of the circle, if the strategy cuts it.
fn arcs(moment: &Moment<PlacementScene>, built: &Shared<Built>) -> Rc<Vec<Arc>> {
    let cluster = &moment.sim.cluster;
    let slots = 0..built.placement.members().len();
    let down: Vec<bool> = slots.map(|member| !cluster.is_up(NodeId(built.slot(member)))).collect();
    ARCS.with_borrow_mut(|known| {
        if let Some((_, _, arcs)) = known.iter().find(|(b, d, _)| Shared::ptr_eq(b, built) && *d == down) {
            return arcs.clone();
        }
        let fresh = Rc::new(cut(built, &down));
        keep(known, (built.clone(), down, fresh.clone()));
        fresh
    })
}

fn cut(built: &Built, down: &[bool]) -> Vec<Arc> {
    let placement = built.placement.as_ref();
    let count = match placement.inside() {
        Inside::Ring(ring) => ring.points().len(),
        Inside::Circle(circle) => circle.spots().len(),
        _ => return Vec::new(),
    };
    let arc = |from: f32, to: f32, member: usize| {
        let slot = built.slot(member);
        Arc { from, to, node: slot, hue: slot_hue(slot), down: down[member] }
    };
    if count > SECTORS {
        return shared_out(built, down, &shape::pieces(placement));
    }
    let pieces = shape::pieces(placement);
    let Some(last) = pieces.last() else { return Vec::new() };
    let mut from = turn(last.0);
    let mut list = Vec::with_capacity(pieces.len());
    for (end, member) in pieces {
        list.push(arc(from, turn(end), member));
        from = turn(end);
    }
    list
}

/// Equal sectors, each divided among the hues of its owners by how much of it each of them has: of more pieces than can be
/// told apart none is left out. What is down comes last in its sector.
fn shared_out(built: &Built, down: &[bool], pieces: &[(u64, usize)]) -> Vec<Arc> {
    const HUES: usize = 6;
    let bits = u64::BITS - SECTORS.trailing_zeros();
    let width = 1_u64 << bits;
    // Of each sector and hue: how much, and the first node. The last is what is down.
    let mut shares = vec![[(0_u64, 0_u16); HUES + 1]; SECTORS];
    let Some(last) = pieces.last() else { return Vec::new() };
    let mut at = last.0;
    for (end, member) in pieces {
        let slot = built.slot(*member);
        let kind = if down[*member] { HUES } else { usize::from(slot) % HUES };
        let mut left = end.wrapping_sub(at);
        while left > 0 {
            let part = left.min(width - (at & (width - 1)));
            let share = &mut shares[(at >> bits) as usize][kind];
            *share = (share.0 + part, if share.0 == 0 { slot } else { share.1 });
            at = at.wrapping_add(part);
            left -= part;
        }
    }
    let mut list = Vec::new();
    for (n, shares) in shares.iter().enumerate() {
        let mut from = n as u64 * width;
        for (kind, (share, slot)) in shares.iter().enumerate().filter(|(_, share)| share.0 > 0) {
            let to = from.wrapping_add(*share);
            list.push(Arc { from: turn(from), to: turn(to), node: *slot, hue: slot_hue(*slot), down: kind == HUES });
            from = to;
        }
    }
    list
}

/// The hash by which keys lie on the circle: that of the strategy where it cuts the circle, otherwise that of the run, so
/// that a key lies at the same place in as many panels as possible.
fn hash_of(p: &Routing, built: &Built) -> KeyHash {
    match built.placement.inside() {
        Inside::Ring(_) | Inside::Circle(_) => built.placement.hash(),
        _ => p.scheme.hash,
    }
}

fn keys(p: &Routing, look: &Look) -> KeyMarks {
    let Some(now) = &look.survey.now else { return KeyMarks::default() };
    let before = look.survey.before.as_ref();
    let same = |(a, b, _): &&Marked| {
        Rc::ptr_eq(a, now)
            && match (b, before) {
                (Some(b), Some(before)) => Rc::ptr_eq(b, before),
                (None, None) => true,
                _ => false,
            }
    };
    if let Some(known) = MARKS.with_borrow(|all| all.iter().find(same).map(|known| known.2.clone())) {
        return known;
    }
    let Some(positions) = survey::positions(&p.keys, hash_of(p, &now.built)) else { return KeyMarks::default() };
    if now.whole.is_none() {
        // Where keys lie is known before whose they are.
        return BARE.with_borrow_mut(|all| {
            if let Some((_, marks)) = all.iter().find(|(of, _)| Shared::ptr_eq(of, &positions)) {
                return marks.clone();
            }
            let marks = mark(&positions, now, None);
            keep(all, (positions.clone(), marks.clone()));
            marks
        });
    }
    let marks = mark(&positions, now, before);
    if look.survey.done >= 1.0 {
        MARKS.with_borrow_mut(|all| keep(all, (now.clone(), before.cloned(), marks.clone())));
    }
    marks
}

fn mark(positions: &Positions, now: &Side, before: Option<&Rc<Side>>) -> KeyMarks {
    let at = positions.at();
    let hue = |slot: Option<u16>| slot.map_or(Hue::Muted, slot_hue);
    let moved = |key: usize| {
        let (old, new) = (before?.whole.as_ref()?, now.whole.as_ref()?);
        let (old, new) =
            (old.owner(key).map(|m| before.map_or(0, |b| b.built.slot(m))), new.owner(key).map(|m| now.built.slot(m)));
        (old != new).then_some(old)
    };
    if at.len() <= DOTS_MOST {
        let dot =
            |(key, at): (usize, &u64)| Dot { turn: turn(*at), hue: hue(now.owner(key)), was: moved(key).map(hue) };
        return KeyMarks::Dots(Rc::new(at.iter().enumerate().map(dot).collect()));
    }
    let mut bins = vec![Bin { hue: Hue::Muted, ..Bin::default() }; BINS];
    let mut owners: Vec<[u32; 6]> = vec![[0; 6]; BINS];
    for (key, at) in at.iter().enumerate() {
        let n = ((u128::from(*at) * BINS as u128) >> 64) as usize;
        bins[n].keys += 1;
        bins[n].moved += u32::from(moved(key).is_some());
        if let Some(owner) = now.owner(key) {
            owners[n][usize::from(owner % 6)] += 1;
        }
    }
    for (bin, owners) in bins.iter_mut().zip(owners) {
        let most = (0..6).max_by_key(|hue| owners[*hue]).filter(|hue| owners[*hue] > 0);
        bin.hue = most.map_or(Hue::Muted, |hue| Hue::Node(hue as u8));
    }
    KeyMarks::Bins(Rc::new(bins))
}

/// Points that a probe shows at most.
const MET_MOST: usize = 64;

/// The key that is looked up, and the points that the walk from it meets until all copies have a place.
fn probe(p: &Routing, built: &Built, key: &Key) -> Probe {
    let at = hash_of(p, built).position(key.bytes());
    let nodes = built.nodes(key.bytes(), p.replicas.max(1).into());
    let owner = nodes.first().map_or("—", |slot| p.fleet.name(*slot));
    let mut left = nodes.clone();
    let mut meet = |(end, member): (u64, u32)| {
        if left.is_empty() {
            return None;
        }
        let slot = built.slot(member as usize);
        let taken = left.iter().position(|node| *node == slot).map(|n| left.remove(n)).is_some();
        Some((turn(end), slot, slot_hue(slot), taken))
    };
    let steps = match built.placement.inside() {
        Inside::Ring(ring) => {
            let met = ring.walk(at, usize::MAX).map(|met| ring.points()[met.point]);
            met.map_while(|point| meet((point.at, point.member))).take(MET_MOST).collect()
        }
        Inside::Circle(circle) => {
            let (before, from) = circle.spots().split_at(circle.successor(at).unwrap_or(0));
            let round = from.iter().chain(before);
            round.map_while(|spot| meet((spot.at, spot.member))).take(MET_MOST).collect()
        }
        _ => Vec::new(),
    };
    Probe { turn: turn(at), label: format!("{} → {owner}", short(&key.0)), steps }
}

/// The key whose mark on a panel's circle is nearest to a turn.
pub fn nearest(moment: &Moment<PlacementScene>, panel: &str, turn: f32) -> Option<String> {
    let p = moment.sim.protocol.as_ref();
    let scheme = super::shown(p, moment.aside).into_iter().find(|scheme| scheme.strategy.name() == panel)?;
    let (before, now) = picture::views(moment);
    let side = survey::survey(p, &scheme, before.as_ref(), &now).now?;
    let wanted = (f64::from(turn.rem_euclid(1.0)) * (1_u128 << 64) as f64) as u64;
    let positions = survey::positions(&p.keys, side.built.placement.hash())?;
    let away = |at: u64| at.wrapping_sub(wanted).min(wanted.wrapping_sub(at));
    let (key, _) = positions.at().iter().enumerate().min_by_key(|(_, at)| away(**at))?;
    Some(p.keys.get(key).to_owned())
}

/// The keys that fly from the old owner's column to the new one's.
fn flight(moment: &Moment<PlacementScene>, look: &Look) -> Option<Flight> {
    let moves = look.survey.moves.as_ref()?;
    let from = moment.past.changed;
    let moved = u32::try_from(moves.movement().moved).ok()?;
    if moved == 0 || moment.sim.now >= from + FLIGHT {
        return None;
    }
    let each = moved.div_ceil(MARKS_MOST);
    let known = |(of, _): &&Flown| Rc::ptr_eq(of, moves);
    let marks = FLOWN.with_borrow(|all| all.iter().find(known).map(|(_, marks)| marks.clone()));
    let marks = marks.or_else(|| {
        let fresh = Rc::new(movers(&moment.sim.protocol, look, moves, each)?);
        FLOWN.with_borrow_mut(|all| keep(all, (moves.clone(), fresh.clone())));
        Some(fresh)
    })?;
    Some(Flight { from, to: from + FLIGHT, keys_a_mark: each, marks })
}

fn movers(p: &Routing, look: &Look, moves: &Moves, each: u32) -> Option<Vec<Mover>> {
    let (now, before) = (look.survey.now.as_ref()?, look.survey.before.as_ref()?);
    let weights = |list: &List| {
        let mut weights = vec![0; p.servers().into()];
        list.seats.iter().for_each(|seat| weights[usize::from(seat.slot)] = seat.weight);
        weights
    };
    let (lighter, heavier) = (weights(look.before.as_ref()?), weights(&look.now));
    let change = |slot: u16| heavier[usize::from(slot)].cmp(&lighter[usize::from(slot)]);
    let size = look.columns.first()?.nodes.max(1);
    let (mut marks, mut passed) = (Vec::new(), 0_u32);
    for ((old, new), keys) in moves.pairs() {
        // The marks whose first key is one of these.
        let (first, last) = (passed.div_ceil(each), (passed + keys).div_ceil(each));
        passed += keys;
        let (Some(old), Some(new)) = (old, new) else { continue };
        let (from, to) = (before.built.slot(old), now.built.slot(new));
        let mover = Mover {
            from: from / size,
            to: to / size,
            leaves: 0.0,
            arrives: 1.0,
            hue: look.columns.get(usize::from(to / size))?.hue,
            needless: change(from).is_ge() && change(to).is_le(),
        };
        marks.extend((first..last).map(|_| mover));
    }
    let waves = marks.len().div_ceil(WAVE).max(1);
    let count = marks.len();
    for (n, mark) in marks.iter_mut().enumerate() {
        // Dealt out among the waves, so that each shows a bit of everything; within one they leave one after the other.
        let wave = (n % waves) as f32 / waves as f32;
        let late = n as f32 / count as f32 * 0.15;
        mark.leaves = wave * 0.5 + late;
        mark.arrives = mark.leaves + 0.35;
    }
    Some(marks)
}
