//! Every answer to every question that a step asks.

use crate::core::protocol::Choices;

/// What a search from a moment tries every one of: a wait in milliseconds has hundreds.
pub const HANDFUL: u32 = 8;
/// More answers than this are never tried one by one.
pub const COUNTABLE: u32 = 4_096;

/// Answers from a script, then 0; remembers the bounds, so that the next script can be counted up like an odometer.
#[derive(Debug)]
pub struct Odometer {
    picks: Vec<u32>,
    bounds: Vec<u32>,
    asked: usize,
    most: u32,
    narrowed: bool,
}

impl Default for Odometer {
    fn default() -> Self {
        Odometer::new(COUNTABLE)
    }
}

impl Choices for Odometer {
    fn below(&mut self, bound: u32) -> u32 {
        if bound <= 1 {
            return 0;
        }
        if self.asked == self.picks.len() {
            self.picks.push(0);
            self.bounds.push(bound);
        }
        self.asked += 1;
        self.picks[self.asked - 1]
    }
}

impl Odometer {
    /// Of questions with more than `most` answers it gives the least and the greatest only.
    pub fn new(most: u32) -> Self {
        Odometer { picks: Vec::new(), bounds: Vec::new(), asked: 0, most, narrowed: false }
    }

    /// Whether answers were left out.
    pub fn narrowed(&self) -> bool {
        self.narrowed
    }

    /// The answers that were given.
    pub fn picks(&self) -> &[u32] {
        &self.picks
    }

    /// Turns to the next series of answers; false when all have been given.
    pub fn next_series(&mut self) -> bool {
        self.asked = 0;
        while let (Some(pick), Some(bound)) = (self.picks.pop(), self.bounds.pop()) {
            if pick + 1 < bound {
                let wide = bound > self.most;
                self.narrowed |= wide;
                self.picks.push(if wide { bound - 1 } else { pick + 1 });
                self.bounds.push(bound);
                return true;
            }
        }
        false
    }
}

/// Answers from a recording, then 0.
#[derive(Clone, Debug, Default)]
pub struct Recorded {
    picks: std::collections::VecDeque<u32>,
}

impl Recorded {
    pub fn new(picks: &[u32]) -> Self {
        Recorded { picks: picks.iter().copied().collect() }
    }
}

impl Choices for Recorded {
    fn below(&mut self, bound: u32) -> u32 {
        if bound <= 1 {
            return 0;
        }
        self.picks.pop_front().unwrap_or(0).min(bound - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_odometer_gives_every_series_once() {
        let mut odometer = Odometer::default();
        let mut seen = Vec::new();
        loop {
            let first = odometer.below(2);
            let second = if first == 0 { odometer.below(3) } else { 9 };
            seen.push((first, second));
            if !odometer.next_series() {
                break;
            }
        }
        assert_eq!(seen, [(0, 0), (0, 1), (0, 2), (1, 9)]);
    }

    #[test]
    fn a_coarse_odometer_tries_both_ends_of_what_is_wide() {
        let mut odometer = Odometer::new(HANDFUL);
        let mut seen = Vec::new();
        loop {
            seen.push((odometer.below(400), odometer.below(2)));
            if !odometer.next_series() {
                break;
            }
        }
        assert_eq!(seen, [(0, 0), (0, 1), (399, 0), (399, 1)]);
        assert!(odometer.narrowed());

        let mut few = Odometer::new(HANDFUL);
        let mut count = 1;
        few.below(HANDFUL);
        while few.next_series() {
            few.below(HANDFUL);
            count += 1;
        }
        assert_eq!(count, HANDFUL);
        assert!(!few.narrowed(), "of a handful every answer is tried");
    }
}
