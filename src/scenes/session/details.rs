//! What is shown of a session beside its stage.

use super::Session;
use crate::core::protocol::NodeId;
use crate::scenes::inspect;
use crate::scenes::run::{Command, Details};
use crate::scenes::scene::*;
use crate::scenes::staging::Staging;

impl<S: Staging> Session<S> {
    /// Goes to the very start.
    pub(in crate::scenes) fn rewind(&mut self) {
        self.timeline.seek_event(0);
        self.revision += 1;
    }
}

impl<S: Staging> Details for Session<S> {
    fn inspect(&self, what: Selection, lang: Lang) -> Option<Inspection> {
        match what {
            Selection::Node(node) => inspect::node(self, NodeId(node), lang),
            Selection::Message(id) => inspect::message(self, id, lang),
        }
    }

    fn controls(&self, lang: Lang) -> Vec<Control> {
        inspect::controls::<S>(&self.base, &self.options, &self.timeline.sim.background, lang)
    }

    fn figures(&self, lang: Lang) -> Vec<Figure> {
        S::figures(&self.moment(), lang)
    }

    fn fields(&self, lang: Lang) -> Vec<Field> {
        S::fields(&self.moment(), lang)
    }

    fn offers(&self, lang: Lang) -> Vec<Offer> {
        S::offers(&self.timeline.sim, None, lang)
    }

    fn diagram(&self, from: Time, to: Time, lang: Lang) -> Diagram {
        self.chart.diagram::<S>(&self.timeline.sim.protocol, &self.timeline.log, (from, to), lang)
    }

    fn events(&self, from: u32, count: u32, lang: Lang) -> Vec<EventLine> {
        let log = self.timeline.log.iter().enumerate().skip(from as usize).take(count as usize);
        log.map(|(index, h)| {
            let (pieces, tone) = self.tell(h, lang);
            EventLine {
                index: index as u32,
                time: h.time,
                node: h.node.map_or(u16::MAX, |n| n.0),
                tone,
                words: pieces.into_iter().map(|p| p.words).collect(),
                command: h.by_hand,
            }
        })
        .collect()
    }

    fn inputs(&self, branch: Option<usize>) -> Vec<Command> {
        let other = branch.filter(|n| *n != self.current).and_then(|n| self.branches.get(n));
        self.written(other.map_or(&self.timeline.inputs, |branch| &branch.inputs))
    }

    fn causes(&self, event: u32) -> Vec<u32> {
        let mut led = vec![false; self.timeline.log.len()];
        let mut open = vec![event];
        while let Some(at) = open.pop() {
            let Some(seen) = led.get_mut(at as usize).filter(|seen| !**seen) else { continue };
            *seen = true;
            open.extend(self.timeline.log[at as usize].after.iter().flatten());
        }
        led.iter().enumerate().filter(|(_, led)| **led).map(|(n, _)| n as u32).collect()
    }
}
