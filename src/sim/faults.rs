//! What the background does to messages and disks while nobody touches them.

use super::time::{MILLISECOND, Time};

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Background {
    /// Latency of a message, drawn evenly from this range, in µs.
    pub latency: (Time, Time),
    /// Messages lost, of a thousand.
    pub loss: u32,
    /// How long the disk takes to force a record, in µs.
    pub disk: Time,
    pub pace: Pace,
}

/// What moves by itself.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Pace {
    /// Messages arrive after their latency, timers fire at their deadlines.
    Flowing,
    /// As in the search: messages and forces wait for a command; time counts in ticks of so many µs, and a timer that
    /// is due fires on command within its tick, at the latest at its end.
    Ticks(Time),
    /// As in the search where any timer may fire at any time: nothing moves but by command.
    Free,
    /// As [`Pace::Ticks`], but a tick goes from one deadline to the next, and what is armed in it counts from its beginning.
    Deadlines,
}

/// A change of one of them.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Setting {
    /// In µs; a lower bound above the upper one is taken as equal to it.
    Latency(Time, Time),
    Loss(u32),
    Disk(Time),
    Pace(Pace),
}

impl Background {
    pub fn set(&mut self, setting: &Setting) {
        match *setting {
            Setting::Latency(low, high) => self.latency = (low.min(high), high),
            Setting::Loss(of_a_thousand) => self.loss = of_a_thousand.min(1000),
            Setting::Disk(takes) => self.disk = takes,
            Setting::Pace(pace) => self.pace = pace,
        }
    }
}

impl Default for Background {
    fn default() -> Self {
        Background {
            latency: (20 * MILLISECOND, 80 * MILLISECOND),
            loss: 0,
            disk: 8 * MILLISECOND,
            pace: Pace::Flowing,
        }
    }
}
