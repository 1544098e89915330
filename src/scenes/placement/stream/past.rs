//! What is remembered of a stream: what came of its requests in all, and how it went in the latest seconds. As large after
//! an hour as after a minute.

use crate::core::cluster::Action;
use crate::core::map::Map;
use crate::core::protocol::Effect;
use crate::core::routing::stream::Note;
use crate::core::routing::{Note as Said, Routing};
use crate::scenes::scene::Time;
use crate::sim::simulation::{Happening, Input};
use crate::sim::time::{MILLISECOND, SECOND};

/// The latest seconds are the window that is not over yet and the one before it.
const WINDOW: Time = 2 * SECOND;

/// How long requests took: four classes for each doubling of the milliseconds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Waits([u32; 64]);

impl Default for Waits {
    fn default() -> Self {
        Waits([0; 64])
    }
}

impl Waits {
    pub fn add(&mut self, wait: Time) {
        let ms = wait / MILLISECOND;
        let class = if ms < 8 {
            ms
        } else {
            let doublings = u64::from(ms.ilog2());
            4 * (doublings - 1) + ((ms >> (doublings - 2)) & 3)
        };
        self.0[class.min(63) as usize] += 1;
    }

    pub fn all(&self) -> u32 {
        self.0.iter().sum()
    }

    /// In so many ms this part of them, in hundredths, were answered: the upper end of a class, at most a quarter too high.
    /// `None` without any.
    pub fn within(&self, percent: u32) -> Option<u64> {
        let wanted = (u64::from(self.all()) * u64::from(percent)).div_ceil(100).max(1);
        let mut sum = 0;
        let class = self.0.iter().position(|count| {
            sum += u64::from(*count);
            sum >= wanted
        })? as u64;
        if class < 8 {
            return Some(class);
        }
        Some(((5 + class % 4) << (class / 4 - 1)) - 1)
    }

    fn plus(&mut self, other: &Waits) {
        self.0.iter_mut().zip(other.0).for_each(|(count, more)| *count += more);
    }
}

/// What came of requests.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Counts {
    /// Requests that clients wanted to make.
    pub wanted: u32,
    /// Of these, for the first key of the list.
    pub hottest: u32,
    pub answered: u32,
    pub refused: u32,
    /// Given up, or with nobody to ask.
    pub lost: u32,
    pub waits: Waits,
    /// The most that waited at one server, and its slot.
    pub longest: (u16, u16),
}

impl Counts {
    fn plus(&mut self, other: &Counts) {
        self.wanted += other.wanted;
        self.hottest += other.hottest;
        self.answered += other.answered;
        self.refused += other.refused;
        self.lost += other.lost;
        self.waits.plus(&other.waits);
        self.longest = self.longest.max(other.longest);
    }
}

#[derive(Clone, Default)]
pub struct Past {
    pub all: Counts,
    /// How many requests each server refused.
    pub refusals: Map<u16, u32>,
    /// The window that is not over yet: when it began, and the one before it.
    from: Time,
    now: Counts,
    last: Counts,
    /// By client and number the requests under way, and when each was sent first.
    under_way: Map<(u16, u64), Time>,
}

impl Past {
    pub fn add(&mut self, h: &Happening<Routing>) {
        self.roll(h.time);
        for d in &h.done {
            if let Effect::Note(Said::Stream(note)) = &d.effect {
                self.note(h.time, d.node.0, note);
            }
        }
        // What a client asked before it went down it does not wait for any more.
        if let Some(node) = h.node.filter(|_| h.crashed || matches!(h.input, Input::Act(Action::Crash(..)))) {
            self.under_way.retain(|(client, _), _| *client != node.0);
        }
    }

    fn roll(&mut self, time: Time) {
        let windows = (time - self.from.min(time)) / WINDOW;
        if windows > 0 {
            let over = std::mem::take(&mut self.now);
            self.last = if windows == 1 { over } else { Counts::default() };
            self.from += windows * WINDOW;
        }
    }

    fn both(&mut self, change: impl Fn(&mut Counts)) {
        change(&mut self.all);
        change(&mut self.now);
    }

    fn note(&mut self, time: Time, at: u16, note: &Note) {
        let hottest = |rank: &u32| u32::from(*rank == 0);
        match note {
            // Sent again after a redirection it is the same request.
            Note::Sent { n, rank, .. } if !self.under_way.contains_key(&(at, *n)) => {
                self.under_way.insert((at, *n), time);
                self.both(|counts| {
                    counts.wanted += 1;
                    counts.hottest += hottest(rank);
                });
            }
            Note::Unsent { rank } => self.both(|counts| {
                counts.wanted += 1;
                counts.hottest += hottest(rank);
                counts.lost += 1;
            }),
            Note::Answered { n, .. } => {
                let wait = self.under_way.remove(&(at, *n)).map(|sent| time - sent);
                self.both(|counts| {
                    counts.answered += 1;
                    wait.into_iter().for_each(|wait| counts.waits.add(wait));
                });
            }
            Note::TurnedAway { n, .. } => drop(self.under_way.remove(&(at, *n))),
            Note::GaveUp { n, .. } => {
                self.under_way.remove(&(at, *n));
                self.both(|counts| counts.lost += 1);
            }
            Note::Refuses { .. } => {
                *self.refusals.or_insert(at, 0) += 1;
                self.both(|counts| counts.refused += 1);
            }
            Note::Waits { behind, .. } => self.both(|counts| counts.longest = counts.longest.max((behind + 1, at))),
            _ => {}
        }
    }

    /// The latest seconds before `now`: what came of the requests, and how long that is.
    pub fn lately(&self, now: Time) -> (Counts, Time) {
        let passed = now.saturating_sub(self.from);
        let mut counts = Counts::default();
        // Since the latest event windows may have ended.
        match passed / WINDOW {
            0 => {
                counts.plus(&self.last);
                counts.plus(&self.now);
            }
            1 => counts.plus(&self.now),
            _ => {}
        }
        (counts, (passed % WINDOW + WINDOW).min(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every wait falls into a class whose upper end is not below it and at most a quarter above.
    #[test]
    fn a_class_holds_its_waits() {
        for ms in (0..2000).chain([4_000, 30_000, 60_000]) {
            let mut waits = Waits::default();
            waits.add(ms * MILLISECOND);
            let within = waits.within(50).expect("one wait");
            assert!(within >= ms && within <= ms + ms / 4, "{ms} ms: {within}");
        }
        let mut waits = Waits::default();
        assert_eq!(waits.within(50), None);
        (1..=100).for_each(|ms| waits.add(ms * MILLISECOND));
        assert!((50..=55).contains(&waits.within(50).expect("waits")));
        assert!((95..=111).contains(&waits.within(95).expect("waits")));
    }
}
