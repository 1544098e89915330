//! Deadlines and the clocks that they stand on, in true time and in the ticks of the search.

use super::{Deadline, NodeClock, Simulation};
use crate::core::cluster::Cluster;
use crate::core::protocol::{Clock, NodeId, Protocol, Ticks};
use crate::sim::faults::Pace;
use crate::sim::time::{MILLISECOND, SECOND, Time};

impl<P: Protocol> Simulation<P> {
    /// When the present tick began; now, where time is not counted in ticks.
    pub fn tick_start(&self) -> Time {
        match self.background.pace {
            Pace::Ticks(tick) => self.now / tick * tick,
            Pace::Deadlines => self.since,
            Pace::Flowing | Pace::Free => self.now,
        }
    }

    /// When the next tick begins, later than now. From deadline to deadline where no timer counts: after a second.
    pub(super) fn tick_end(&self) -> Time {
        let end = match self.background.pace {
            Pace::Ticks(tick) => self.tick_start() + tick,
            _ => self.counting().map(|d| d.due).min().unwrap_or(self.since + SECOND),
        };
        end.max(self.now + 1)
    }

    /// Those whose time has not come.
    fn counting(&self) -> impl Iterator<Item = &Deadline<P>> {
        self.deadlines.iter().filter(|d| self.cluster.armed(d.node, &d.timer).is_some_and(|t| t.due == 0))
    }

    /// When a timer that waits for its time is marked as due: in ticks at the beginning of one.
    pub(super) fn comes_due(&self, d: &Deadline<P>) -> Time {
        match self.background.pace {
            Pace::Ticks(tick) => d.due.div_ceil(tick) * tick,
            _ => d.due,
        }
    }

    /// Timers came due: the next tick begins, unless a clock was stepped to them.
    pub(super) fn begin_tick(&mut self) {
        let passed = self.deadlines.iter().map(|d| d.due).filter(|due| *due <= self.now).max();
        self.since = self.since.max(passed.unwrap_or(0));
    }

    /// What is under way when time stops flowing is held. Deadlines then are whole milliseconds away.
    pub(super) fn change_pace(&mut self) {
        if self.background.pace == Pace::Flowing {
            return;
        }
        for t in &mut self.transits {
            (t.due, t.lost) = (None, false);
        }
        if self.background.pace == Pace::Deadlines {
            self.since = self.now;
            for d in &mut self.deadlines {
                d.due = self.now + d.due.saturating_sub(self.now).div_ceil(MILLISECOND) * MILLISECOND;
            }
        }
    }

    /// Whether timers have come due at this moment and are not marked yet.
    pub fn is_due(&self) -> bool {
        self.background.pace != Pace::Free && self.counting().any(|d| self.comes_due(d) <= self.now)
    }

    /// The cluster as the search counts: what is left of each timer, in milliseconds from the beginning of the tick, rounded
    /// up; 0 of those that are due.
    pub fn counted(&self) -> Cluster<P> {
        let start = self.tick_start();
        let mut cluster = self.cluster.clone();
        for t in &mut cluster.timers {
            let due = self.deadline(t.node, &t.timer).map_or(start, |(_, due)| due);
            let left = if t.due > 0 { 0 } else { due.saturating_sub(start).div_ceil(MILLISECOND) };
            t.left = Ticks::try_from(left).unwrap_or(Ticks::MAX);
        }
        cluster
    }

    pub(super) fn arm(&mut self, node: NodeId, timer: &P::Timer, clock: Clock, after: Ticks) {
        self.deadlines.retain(|d| d.node != node || d.timer != *timer);
        let length = Time::from(after) * MILLISECOND;
        let due = match self.background.pace {
            Pace::Ticks(_) | Pace::Deadlines => self.tick_start() + length,
            Pace::Flowing | Pace::Free => self.now + stretch(length, self.clock(node).ppm),
        };
        self.deadlines.push(Deadline { node, timer: timer.clone(), clock, armed: self.now, due });
    }

    pub(super) fn step_clock(&mut self, node: NodeId, by: i64) {
        let (now, start) = (self.now, self.tick_start());
        if let Some(clock) = self.clocks.get_mut(node.0 as usize) {
            clock.offset = clock.offset.saturating_add(by);
        }
        for d in self.deadlines.iter_mut().filter(|d| d.node == node && d.clock == Clock::Wall && d.due > now) {
            d.due = d.due.saturating_add_signed(-by).max(start);
        }
    }

    pub(super) fn drift(&mut self, node: NodeId, ppm: i32) {
        let Some(clock) = self.clocks.get_mut(node.0 as usize) else { return };
        let (now, old) = (self.now, clock.ppm);
        *clock = NodeClock { ppm, offset: clock.ahead(now), since: now };
        for d in self.deadlines.iter_mut().filter(|d| d.node == node && d.due > now) {
            // What is left by the node's own clock, and how long that takes now.
            let own = u128::from(d.due - now) * (1_000_000 + i128::from(old)).unsigned_abs() / 1_000_000;
            d.due = now + stretch(own as Time, ppm);
        }
    }
}

/// How long a stretch of a node's own time takes by true time.
fn stretch(own: Time, ppm: i32) -> Time {
    let rate = u128::try_from(1_000_000 + i64::from(ppm).max(-900_000)).unwrap_or(1_000_000);
    u64::try_from(u128::from(own) * 1_000_000 / rate).unwrap_or(Time::MAX)
}
