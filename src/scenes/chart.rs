//! The space-time diagram: the events of a window, drawn when it is asked for.

use super::chronicle::{Chronicle, OpenBar};
use super::inspect;
use super::scene::*;
use super::staging::Staging;
use super::text::word;
use crate::core::cluster::Action;
use crate::core::map::sort_few;
use crate::core::protocol::{Effect, NodeId, Protocol};
use crate::sim::simulation::{Happening, Input, Simulation};
use crate::sim::timeline::Timeline;
use std::rc::Rc;

/// So many events after the window are read at most, to see how what is under way at its end ends.
const READ_ON: u32 = 500;

/// The part of the branch between two times. What ends long after `to` has no end in it.
pub fn diagram<S: Staging>(timeline: &Timeline<S::P, Chronicle<S>>, (from, to): (Time, Time), lang: Lang) -> Diagram {
    let p = &*timeline.at.sim.protocol;
    let start = timeline.nearest(|point| point.latest_time() < from);
    let mut arrows: Vec<Arrow> = start.sim.senders().filter_map(|sent| under_way::<S>(&start.sim, sent)).collect();
    let mut open = start.chronicle.bars.clone();
    let mut bars: Vec<(OpenBar, Option<Time>)> = Vec::new();
    let mut marks = Vec::new();
    let mut beyond = 0;
    timeline.read(start.sim.events, |event, entry| {
        let h = &entry.happening;
        if h.time > to {
            beyond += 1;
            if beyond > READ_ON || arrows.iter().all(|a| a.ended.is_some()) {
                return false;
            }
        } else {
            arrows.extend(h.sent.iter().filter_map(|(id, _)| sent::<S>(p, h, *id, event)));
        }
        end(&mut arrows, h, event);
        if !Rc::ptr_eq(&open, &entry.trace) {
            let over = open.iter().filter(|bar| h.time >= from && !entry.trace.contains(bar));
            bars.extend(over.map(|bar| (bar.clone(), Some(h.time))));
            open = entry.trace.clone();
        }
        if h.time >= from && h.time <= to {
            let all = S::marks(p, h, lang).into_iter().chain(inspect::common_marks::<S>(h, lang));
            marks.extend(all.map(|m| Mark {
                lane: m.lane,
                time: h.time,
                hue: m.hue,
                words: m.words,
                dot: m.dot,
                event,
            }));
        }
        true
    });
    bars.extend(open.iter().map(|bar| (bar.clone(), None)));
    bars.retain(|(bar, _)| bar.from <= to);
    sort_few(&mut bars, |(bar, _)| (bar.events, bar.bar.lane));
    arrows.retain(|a| a.ended.is_none_or(|ended| ended >= from));
    let bar = |(open, to): (OpenBar, Option<Time>)| Bar {
        lane: open.bar.lane,
        kind: open.bar.kind,
        from: open.from,
        to,
        hue: open.bar.hue,
        words: word(lang, open.bar.words),
    };
    Diagram { lanes: lanes(timeline, lang), bars: bars.into_iter().map(bar).collect(), arrows, marks }
}

/// The lanes of the branch: nodes in reserve have one once they were called.
pub fn lanes<S: Staging>(timeline: &Timeline<S::P, Chronicle<S>>, lang: Lang) -> Vec<Lane> {
    let p = &*timeline.at.sim.protocol;
    let called = &timeline.end().chronicle.called;
    let shown = |lane: &Lane| !S::in_reserve(p, NodeId(lane.node)) || called.contains(&NodeId(lane.node));
    S::lanes(p, lang).into_iter().filter(shown).collect()
}

fn arrow<S: Staging>(
    p: &S::P,
    id: u32,
    (from, to): (NodeId, NodeId),
    msg: &<S::P as Protocol>::Msg,
    (sent, sent_by): (Time, u32),
) -> Arrow {
    let look = S::arrow(p, (from, to), msg);
    Arrow {
        id,
        from: from.0,
        to: to.0,
        sent,
        ended: None,
        fate: Fate::UnderWay,
        hue: look.hue,
        words: look.words,
        sent_by,
        ended_by: None,
    }
}

/// A message that is under way where the reading begins.
fn under_way<S: Staging>(sim: &Simulation<S::P>, (id, sent_by): (u32, u32)) -> Option<Arrow> {
    let flight = sim.cluster.flight(id)?;
    let (sent, _) = sim.transit(id)?;
    S::in_diagram(&sim.protocol, &flight.msg).then_some(())?;
    Some(arrow::<S>(&sim.protocol, id, (flight.from, flight.to), &flight.msg, (sent, sent_by)))
}

/// A message that an event put under way: by sending it, or by copying another.
fn sent<S: Staging>(p: &S::P, h: &Happening<S::P>, id: u32, event: u32) -> Option<Arrow> {
    let by_step = h.done.iter().find(|d| d.flight == Some(id)).and_then(|d| match &d.effect {
        Effect::Send { to, msg } => Some(((d.node, *to), msg)),
        _ => None,
    });
    let copied = || h.flight.as_ref().map(|f| ((f.from, f.to), &f.msg));
    let (way, msg) = by_step.or_else(copied).filter(|(_, msg)| S::in_diagram(p, msg))?;
    Some(arrow::<S>(p, id, way, msg, (h.time, event)))
}

/// Ends the arrows of the messages that an event delivered or destroyed.
fn end<P: Protocol>(arrows: &mut [Arrow], h: &Happening<P>, event: u32) {
    let delivered = match (&h.input, &h.flight) {
        (Input::Act(Action::Deliver(id)), Some(_)) => Some(*id),
        _ => None,
    };
    for id in h.lost.iter().copied().chain(delivered) {
        if let Some(arrow) = arrows.iter_mut().rev().find(|a| a.id == id) {
            arrow.ended = Some(h.time);
            arrow.ended_by = Some(event);
            arrow.fate = if delivered == Some(id) && !h.in_vain { Fate::Arrived } else { Fate::Lost };
        }
    }
}
