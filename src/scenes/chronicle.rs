//! What is kept of a run's past, in each of its checkpoints: little, however long the run is.

use super::scene::{BarKind, Hue, Time};
use super::staging::{BarNow, Staging};
use crate::core::cluster::Action;
use crate::core::map::sort_few;
use crate::core::protocol::NodeId;
use crate::sim::simulation::{Happening, Input, Simulation};
use crate::sim::timeline;
use std::rc::Rc;

pub struct Chronicle<S: Staging> {
    /// What the scene remembers.
    pub past: S::Past,
    /// When each node was last paused, and when it last went down.
    pub stopped: Vec<(Time, Time)>,
    /// Each property that has broken, with the event at which it did first.
    pub broken: Vec<(&'static str, u32)>,
    /// Events so far at which properties broke.
    pub breaks: u32,
    /// The bars that last.
    pub bars: Rc<Vec<OpenBar>>,
    /// Nodes in reserve on whose lanes there has been a bar.
    pub called: Vec<NodeId>,
}

/// A bar that lasts: since how many events, and since when.
#[derive(Clone, PartialEq, Debug)]
pub struct OpenBar {
    pub bar: BarNow,
    pub events: u32,
    pub from: Time,
}

impl<S: Staging> Clone for Chronicle<S> {
    fn clone(&self) -> Self {
        Chronicle {
            past: self.past.clone(),
            stopped: self.stopped.clone(),
            broken: self.broken.clone(),
            breaks: self.breaks,
            bars: self.bars.clone(),
            called: self.called.clone(),
        }
    }
}

impl<S: Staging> Chronicle<S> {
    /// Of a run at its start.
    pub fn new(sim: &Simulation<S::P>) -> Self {
        let mut chronicle = Chronicle {
            past: S::Past::default(),
            stopped: vec![(0, 0); sim.cluster.nodes.len()],
            broken: Vec::new(),
            breaks: 0,
            bars: Rc::default(),
            called: Vec::new(),
        };
        chronicle.draw(sim);
        chronicle
    }

    /// Ends and begins bars, so that those that last are the ones of this moment.
    fn draw(&mut self, sim: &Simulation<S::P>) {
        let mut now = S::bars(sim);
        for id in sim.cluster.ids() {
            let (kind, words) = match (sim.cluster.is_up(id), sim.cluster.runs(id)) {
                (false, _) => (BarKind::Down, "common.bar-down"),
                (true, false) => (BarKind::Paused, "common.bar-paused"),
                _ => continue,
            };
            now.push(BarNow { lane: id.0, kind, hue: Hue::Plain, words });
        }
        let lasts = |old: &&OpenBar| now.contains(&old.bar);
        let count = self.bars.iter().filter(lasts).count();
        if count == self.bars.len() && count == now.len() {
            return;
        }
        let mut bars: Vec<OpenBar> = self.bars.iter().filter(lasts).cloned().collect();
        now.retain(|bar| !bars.iter().any(|old| old.bar == *bar));
        sort_few(&mut now, |bar| bar.lane);
        for bar in now {
            let lane = NodeId(bar.lane);
            if S::in_reserve(&sim.protocol, lane) && !self.called.contains(&lane) {
                self.called.push(lane);
            }
            bars.push(OpenBar { bar, events: sim.events, from: sim.now });
        }
        self.bars = Rc::new(bars);
    }
}

impl<S: Staging> timeline::Chronicle<S::P> for Chronicle<S> {
    /// The bars that last after the event.
    type Trace = Rc<Vec<OpenBar>>;

    fn record(&mut self, sim: &Simulation<S::P>, h: &Happening<S::P>) -> Self::Trace {
        if let Some(stopped) = h.node.and_then(|node| self.stopped.get_mut(node.0 as usize)) {
            match &h.input {
                Input::Act(Action::Pause(_)) => stopped.0 = h.time,
                Input::Act(Action::Crash(..)) => stopped.1 = h.time,
                _ if h.crashed => stopped.1 = h.time,
                _ => {}
            }
        }
        for name in &h.broke {
            if !self.broken.iter().any(|(known, _)| known == name) {
                self.broken.push((name, sim.events - 1));
            }
        }
        self.breaks += u32::from(!h.broke.is_empty());
        S::remember(&mut self.past, sim, h);
        self.draw(sim);
        self.bars.clone()
    }
}
