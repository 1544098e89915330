//! A run that can be rewound: checkpoints, and replay from the nearest.

use super::simulation::{Happening, Input, Placed, Simulation};
use super::time::Time;
use crate::core::protocol::Protocol;

/// Checkpoints at most; when there are more, every other one goes and the distance doubles.
const MOST_CHECKPOINTS: usize = 256;

#[derive(Clone, Debug)]
pub struct Timeline<P: Protocol> {
    /// The run at the present moment.
    pub sim: Simulation<P>,
    /// What people did, in order.
    pub inputs: Vec<Placed<P>>,
    /// Every event up to the horizon. Those past the present moment have happened in this branch before.
    pub log: Vec<Happening<P>>,
    /// The latest time that has been simulated.
    pub horizon: Time,
    checkpoints: Vec<Simulation<P>>,
    every: u32,
}

impl<P: Protocol> Timeline<P> {
    pub fn new(start: Simulation<P>) -> Self {
        Timeline {
            checkpoints: vec![start.clone()],
            sim: start,
            inputs: Vec::new(),
            log: Vec::new(),
            horizon: 0,
            every: 32,
        }
    }

    /// Does the next event if it comes no later than `until`; its index in the log.
    pub fn step(&mut self, until: Time) -> Option<u32> {
        let index = self.sim.events;
        let happening = self.sim.step(&self.inputs, until)?;
        self.horizon = self.horizon.max(self.sim.now);
        if index as usize == self.log.len() {
            self.log.push(happening);
            self.checkpoint();
        }
        Some(index)
    }

    fn checkpoint(&mut self) {
        let latest = self.checkpoints.last().map_or(0, |c| c.events);
        if self.sim.events >= latest + self.every {
            self.checkpoints.push(self.sim.clone());
            if self.checkpoints.len() > MOST_CHECKPOINTS {
                let mut nth = 0;
                self.checkpoints.retain(|_| {
                    nth += 1;
                    nth % 2 == 1
                });
                self.every *= 2;
            }
        }
    }

    /// Goes to this time, after all events at or before it that have been simulated. Those that have not, at the horizon
    /// itself, are for whoever plays on: their events have to be drawn too.
    pub fn seek(&mut self, to: Time) {
        // The latest checkpoint at or before it, where that saves replaying.
        let at = self.checkpoints.partition_point(|c| c.now <= to).saturating_sub(1);
        if to < self.sim.now || self.checkpoints[at].events > self.sim.events {
            self.sim.clone_from(&self.checkpoints[at]);
        }
        while (self.sim.events as usize) < self.log.len() && self.step(to).is_some() {}
        self.sim.pass(to);
        self.horizon = self.horizon.max(to);
    }

    /// Goes to the moment right after so many events.
    pub fn seek_event(&mut self, count: u32) {
        let at = self.checkpoints.partition_point(|c| c.events <= count).saturating_sub(1);
        let overshot = count < self.sim.events || self.time_after(count) < self.sim.now;
        if overshot || self.checkpoints[at].events > self.sim.events {
            self.sim.clone_from(&self.checkpoints[at]);
        }
        while self.sim.events < count && self.step(Time::MAX).is_some() {}
    }

    /// The run as it was after so many events; the timeline stays where it is.
    pub fn look(&self, count: u32) -> Simulation<P> {
        let at = self.checkpoints.iter().rposition(|c| c.events <= count).unwrap_or(0);
        let mut sim = self.checkpoints[at].clone();
        while sim.events < count && sim.step(&self.inputs, Time::MAX).is_some() {}
        sim
    }

    fn time_after(&self, count: u32) -> Time {
        count.checked_sub(1).and_then(|last| self.log.get(last as usize)).map_or(0, |h| h.time)
    }

    /// Forgets everything after the present moment and adds an input here.
    pub fn act(&mut self, input: Input<P>, picks: Option<Vec<u32>>) {
        self.inputs.truncate(self.sim.inputs);
        self.inputs.push(Placed { time: self.sim.now, nth: self.sim.at_once, input, picks });
        self.forget_future();
    }

    /// Forgets what has been simulated after the present moment.
    pub fn forget_future(&mut self) {
        let events = self.sim.events;
        self.log.truncate(events as usize);
        self.checkpoints.retain(|c| c.events <= events && c.now <= self.sim.now);
        if self.checkpoints.is_empty() {
            self.checkpoints.push(self.sim.clone());
        }
        self.horizon = self.sim.now;
    }
}
