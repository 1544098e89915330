//! The ring itself: arcs, key dots, the number in the middle, the walk of one key.

use super::words::{hue, percent, short};
use super::{RingScene, lists, looked_up};
use crate::core::placement::Placement;
use crate::core::placement::shares::moved_by_modulo;
use crate::core::protocol::NodeId;
use crate::core::store::survey::{self, Lists, Survey};
use crate::core::store::view::Members;
use crate::core::store::{Key, Mistake, Store};
use crate::scenes::scene::*;
use crate::scenes::staging::Moment;
use crate::scenes::text::say;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc as Shared;

/// Arcs that are drawn at most; a ring with more points is drawn in so many equal sectors.
const SECTORS: usize = 2048;

type Known = (Shared<Lists>, Option<Members>, Members, Rc<Survey>);

thread_local! {
    /// The latest survey: each event asks for the same one several times. Lists belong to one configuration.
    static LATEST: RefCell<Option<Known>> = const { RefCell::new(None) };
}

/// The survey of the list, computed once for each membership.
pub fn survey(p: &Store, before: Option<Members>, now: Members) -> Rc<Survey> {
    LATEST.with_borrow_mut(|latest| {
        if let Some((lists, b, n, known)) = latest
            && Shared::ptr_eq(lists, &p.lists)
            && (*b, *n) == (before, now)
        {
            return known.clone();
        }
        let fresh = Rc::new(survey::survey(p, before, now));
        *latest = Some((p.lists.clone(), before, now, fresh.clone()));
        fresh
    })
}

/// The memberships that the picture compares: before the latest change, if there was one, and now.
pub fn memberships(moment: &Moment<RingScene>) -> (Option<Members>, Members) {
    let now = moment.sim.protocol.view(&moment.sim.cluster);
    let change = moment.sim.ghost.change.filter(|(_, after)| *after == now);
    (change.map(|(before, _)| before.members), now.members)
}

/// Turns clockwise from the top, 0 to 1.
pub fn turn(at: u64) -> f32 {
    (at as f64 / (1_u128 << 64) as f64) as f32
}

/// Where the ring stands.
pub struct Place {
    pub x: f32,
    pub y: f32,
    pub radius: f32,
    /// Room at its sides for words, in pixels.
    pub beside: f32,
}

/// Roughly the width of a letter of the probe's label, in pixels.
const LETTER: f32 = 7.0;

pub fn plot(moment: &Moment<RingScene>, place: &Place, lang: Lang) -> RingPlot {
    let p = moment.sim.protocol.as_ref();
    let (before, now) = memberships(moment);
    let survey = survey(p, before, now);
    let node_hue = |slot: Option<u16>| slot.map_or(Hue::Muted, |slot| hue(p, NodeId(slot)));
    let dot = |(key, (owner, was)): (&Key, &(Option<u16>, Option<u16>))| KeyDot {
        turn: turn(key.at),
        hue: node_hue(*owner),
        moved: owner != was,
        was: node_hue(*was),
    };
    let (title, mut lines) = middle(moment, &survey, lang);
    let mut probe = looked_up(p, moment.aside).map(|key| probe(p, now, &key));
    // Where there is no room beside the ring the words go into its middle.
    if let Some(probe) = probe.as_mut().filter(|probe| probe.label.chars().count() as f32 * LETTER > place.beside) {
        lines.push(std::mem::take(&mut probe.label));
    }
    RingPlot {
        x: place.x,
        y: place.y,
        radius: place.radius,
        arcs: arcs(moment, now),
        keys: p.lists.keys.iter().zip(&survey.owners).map(dot).collect(),
        title,
        lines,
        probe,
    }
}

fn arcs(moment: &Moment<RingScene>, now: Members) -> Vec<Arc> {
    let p = moment.sim.protocol.as_ref();
    let arc = |from: f32, to: f32, slot: u16| Arc {
        from,
        to,
        node: slot,
        hue: hue(p, NodeId(slot)),
        down: !moment.sim.cluster.is_up(NodeId(slot)),
    };
    let points: Vec<_> = p.ring.points().iter().filter(|point| now.has(point.member as u16)).collect();
    if points.len() > SECTORS {
        let sector = |n: usize| {
            let width = u64::MAX / SECTORS as u64;
            let owner = p.owner_of(now, n as u64 * width + width / 2)?;
            Some(arc(n as f32 / SECTORS as f32, (n + 1) as f32 / SECTORS as f32, owner))
        };
        return (0..SECTORS).filter_map(sector).collect();
    }
    let mut from = points.last().map_or(0.0, |point| turn(point.at));
    let mut list = Vec::with_capacity(points.len());
    for point in points {
        let to = turn(point.at);
        list.push(arc(from, to, point.member as u16));
        from = to;
    }
    list
}

/// All keys, and how many servers there are for them.
pub fn middle_of_keys(moment: &Moment<RingScene>, lang: Lang) -> (String, Vec<String>) {
    let p = moment.sim.protocol.as_ref();
    let (_, now) = memberships(moment);
    (p.lists.keys.len().to_string(), vec![say(lang, "ring.middle-keys", &[("n", now.count().into())])])
}

/// The number in the middle and what it counts.
fn middle(moment: &Moment<RingScene>, survey: &Survey, lang: Lang) -> (String, Vec<String>) {
    let p = moment.sim.protocol.as_ref();
    let (before, now) = memberships(moment);
    let all = survey.owners.len();
    let (title, mut lines) = match before {
        None => middle_of_keys(moment, lang),
        Some(before) => {
            let args = [
                ("n", survey.moved.into()),
                ("all", all.into()),
                ("expected", expected(p, before, now).into()),
                ("modulo", modulo(before, now).into()),
            ];
            let lines = vec![say(lang, "ring.middle-moved", &[]), say(lang, "ring.middle-of", &args)];
            (percent(survey.share()), lines)
        }
    };
    let (next, nobody) = without_owner(moment, now);
    if next > 0 {
        lines.push(say(lang, "ring.middle-next", &[("n", next.into())]));
    }
    if nobody > 0 {
        lines.push(say(lang, "ring.middle-nobody", &[("n", nobody.into())]));
    }
    (title, lines)
}

/// Keys whose owner is down: those that another replica answers for, and those that none does.
fn without_owner(moment: &Moment<RingScene>, now: Members) -> (usize, usize) {
    let p = moment.sim.protocol.as_ref();
    let up = |slot: &u16| moment.sim.cluster.is_up(NodeId(*slot));
    let (mut next, mut nobody) = (0, 0);
    if now.iter().all(|slot| up(&slot)) {
        return (0, 0);
    }
    for key in &p.lists.keys {
        if p.owner_of(now, key.at).is_some_and(|owner| !up(&owner)) {
            let answered = p.replicas_of(now, key.at).iter().any(up);
            next += usize::from(answered);
            nobody += usize::from(!answered);
        }
    }
    (next, nobody)
}

/// The share that should move: `1/5` for equal servers, otherwise in per cent.
pub fn expected(p: &Store, before: Members, now: Members) -> String {
    let all = before.or(now);
    let weight = |slot: u16| p.ring.members().get(usize::from(slot)).map_or(1, |member| member.weight);
    let changed: u32 = all.iter().filter(|slot| before.has(*slot) != now.has(*slot)).map(weight).sum();
    let sum: u32 = all.iter().map(weight).sum();
    if all.iter().all(|slot| weight(slot) == 1) {
        format!("{changed}/{sum}")
    } else {
        percent(f64::from(changed) / f64::from(sum.max(1)))
    }
}

/// What `hash mod n` would move.
pub fn modulo(before: Members, now: Members) -> String {
    let (some, all) = moved_by_modulo(before.count().into(), now.count().into());
    format!("{some}/{all}")
}

/// The walk of a key: every point that it meets until all copies have a place.
fn probe(p: &Store, now: Members, key: &Key) -> Probe {
    let owner = p.owner_of(now, key.at).map_or("—", |slot| lists::server(p, slot));
    let steps = walk(p, now, key);
    Probe {
        turn: turn(key.at),
        label: format!("{} → {owner}", short(key)),
        steps: steps.into_iter().map(|(at, slot, taken)| (turn(at), slot, hue(p, NodeId(slot)), taken)).collect(),
    }
}

/// The points that the walk meets: position, server, and whether that got a copy here.
pub fn walk(p: &Store, now: Members, key: &Key) -> Vec<(u64, u16, bool)> {
    let points = p.ring.points();
    let start = p.ring.successor(key.at).unwrap_or(0);
    let mut left = usize::from(p.replicas).min(now.count().into());
    let mut seen = Members::NONE;
    let mut steps = Vec::new();
    for point in points[start..].iter().chain(&points[..start]).filter(|point| now.has(point.member as u16)) {
        if left == 0 {
            break;
        }
        let slot = point.member as u16;
        let taken = p.mistake == Some(Mistake::ReplicaSameNode) || !seen.has(slot);
        seen = seen.with(slot);
        left -= usize::from(taken);
        steps.push((point.at, slot, taken));
    }
    steps
}
