//! The space-time diagram of a branch, drawn event by event as the branch is played for the first time.

use super::inspect;
use super::scene::*;
use super::staging::{BarNow, Staging};
use super::text::word;
use crate::core::cluster::Action;
use crate::core::map::sort_few;
use crate::core::protocol::NodeId;
use crate::sim::simulation::{Happening, Input, Simulation};

/// Arrows, bars and breaks up to the horizon. Each knows the events that began and ended it.
#[derive(Default)]
pub struct Chart {
    pub arrows: Vec<Arrow>,
    bars: Vec<Drawn>,
    /// Indices of the bars that last.
    open: Vec<usize>,
    /// Events at which properties broke, in order.
    pub breaks: Vec<(Time, u32)>,
}

/// A bar, and the number of events before it began and ended.
struct Drawn {
    bar: BarNow,
    from: (u32, Time),
    to: Option<(u32, Time)>,
}

impl Chart {
    /// Adds what an event did. `sim` is the run right after it.
    pub fn event<S: Staging>(&mut self, sim: &Simulation<S::P>, index: u32, h: &Happening<S::P>) {
        for (id, _) in &h.sent {
            let Some(flight) = sim.cluster.flight(*id) else { continue };
            let look = S::message(&sim.protocol, flight.from, &flight.msg, Lang::En);
            self.arrows.push(Arrow {
                id: *id,
                from: flight.from.0,
                to: flight.to.0,
                sent: h.time,
                ended: None,
                fate: Fate::UnderWay,
                hue: look.hue,
                words: look.words,
                sent_by: index,
                ended_by: None,
            });
        }
        let delivered = match (&h.input, &h.flight) {
            (Input::Act(Action::Deliver(id)), Some(_)) => Some(*id),
            _ => None,
        };
        for id in h.lost.iter().copied().chain(delivered) {
            if let Some(arrow) = self.arrows.iter_mut().rev().find(|a| a.id == id) {
                arrow.ended = Some(h.time);
                arrow.ended_by = Some(index);
                let heard = delivered == Some(id) && (sim.cluster.is_up(NodeId(arrow.to)) || h.crashed);
                arrow.fate = if heard { Fate::Arrived } else { Fate::Lost };
            }
        }
        if !h.broke.is_empty() {
            self.breaks.push((h.time, index));
        }
        self.bars::<S>(sim);
    }

    /// Ends and begins bars, so that those that last are the ones of this moment.
    pub fn bars<S: Staging>(&mut self, sim: &Simulation<S::P>) {
        let now = (sim.events, sim.now);
        let mut open = S::bars(sim);
        for id in sim.cluster.ids() {
            let (kind, words) = match (sim.cluster.is_up(id), sim.cluster.runs(id)) {
                (false, _) => (BarKind::Down, "common.bar-down"),
                (true, false) => (BarKind::Paused, "common.bar-paused"),
                _ => continue,
            };
            open.push(BarNow { lane: id.0, kind, hue: Hue::Plain, words });
        }
        let bars = &mut self.bars;
        self.open.retain(|n| match open.iter().position(|bar| *bar == bars[*n].bar) {
            Some(at) => {
                open.swap_remove(at);
                true
            }
            None => {
                bars[*n].to = Some(now);
                false
            }
        });
        sort_few(&mut open, |bar| bar.lane);
        for bar in open {
            self.open.push(self.bars.len());
            self.bars.push(Drawn { bar, from: now, to: None });
        }
    }

    /// Undraws everything after so many events.
    pub fn forget_after(&mut self, events: u32) {
        self.arrows.retain(|a| a.sent_by < events);
        for arrow in &mut self.arrows {
            if arrow.ended_by.is_some_and(|e| e >= events) {
                (arrow.ended, arrow.ended_by, arrow.fate) = (None, None, Fate::UnderWay);
            }
        }
        self.bars.retain(|d| d.from.0 <= events);
        self.open.clear();
        for (n, drawn) in self.bars.iter_mut().enumerate() {
            if drawn.to.is_some_and(|(event, _)| event > events) {
                drawn.to = None;
            }
            if drawn.to.is_none() {
                self.open.push(n);
            }
        }
        self.breaks.retain(|(_, event)| *event < events);
    }

    /// The part between two times.
    pub fn diagram<S: Staging>(
        &self,
        p: &S::P,
        log: &[Happening<S::P>],
        (from, to): (Time, Time),
        lang: Lang,
    ) -> Diagram {
        let overlaps = |a: Time, b: Option<Time>| a <= to && b.is_none_or(|b| b >= from);
        let bars = self.bars.iter().filter(|d| overlaps(d.from.1, d.to.map(|t| t.1)));
        let first = log.partition_point(|h| h.time < from);
        let shown = log.iter().enumerate().skip(first).take_while(|(_, h)| h.time <= to);
        let mark = |(event, h): (usize, &Happening<S::P>)| {
            let event = event as u32;
            let marks = S::marks(p, h, lang).into_iter().chain(inspect::common_marks::<S>(h, lang));
            marks
                .map(move |m| Mark { lane: m.lane, time: h.time, hue: m.hue, words: m.words, dot: m.dot, event })
                .collect::<Vec<_>>()
        };
        Diagram {
            lanes: S::lanes(p, lang)
                .into_iter()
                .filter(|lane| {
                    !S::in_reserve(p, NodeId(lane.node)) || self.bars.iter().any(|b| b.bar.lane == lane.node)
                })
                .collect(),
            bars: bars
                .map(|d| Bar {
                    lane: d.bar.lane,
                    kind: d.bar.kind,
                    from: d.from.1,
                    to: d.to.map(|t| t.1),
                    hue: d.bar.hue,
                    words: word(lang, d.bar.words),
                })
                .collect(),
            arrows: self.arrows.iter().filter(|a| overlaps(a.sent, a.ended)).cloned().collect(),
            marks: shown.flat_map(mark).collect(),
        }
    }
}
