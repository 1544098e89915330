//! How long a search may still take: read off what it has done lately, and never more than that says.

use super::{Limits, Progress};
use std::collections::VecDeque;

/// Seen less of it than this, nothing is said.
const LEAST_MS: f64 = 1_000.0;
const LEAST_STATES: u64 = 300;
/// The part of the search so far that counts as lately.
const LATELY: f64 = 0.25;
/// States waiting less for each that is expanded: below this the end is not in sight yet.
const SHRINKING: f64 = 0.1;
/// Samples are thinned beyond so many.
const MOST: usize = 240;

#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Outlook {
    /// Too little is known.
    Unknown,
    /// About as many states wait as before, or more: no end in sight before the limit, which comes in about so many ms.
    Growing { limit_ms: Option<f64> },
    /// Fewer and fewer states wait. All of them have to be expanded, which takes the shorter time; if each goes on leading to
    /// as many new ones as lately, it takes the longer. Of most searches that share falls towards their end.
    Shrinking { least_ms: f64, most_ms: f64 },
}

/// What a search has told of itself; times are those that it was running, in milliseconds.
#[derive(Clone, Debug, Default)]
pub struct Track {
    seen: VecDeque<(f64, Progress)>,
}

impl Track {
    pub fn hear(&mut self, ms: f64, progress: Progress) {
        if self.seen.back().is_some_and(|(last, known)| ms <= *last || known.expanded == progress.expanded) {
            return;
        }
        self.seen.push_back((ms, progress));
        if self.seen.len() > MOST {
            let mut nth = 0;
            self.seen.retain(|_| {
                nth += 1;
                nth % 2 == 0
            });
        }
    }

    /// The time and the progress between which "lately" lies.
    fn lately(&self) -> Option<((f64, Progress), (f64, Progress))> {
        let last = *self.seen.back()?;
        let from = last.0 - (last.0 * LATELY).max(LEAST_MS);
        let first = *self.seen.iter().rev().find(|(ms, _)| *ms <= from).or(self.seen.front())?;
        let enough = last.0 - first.0 >= LEAST_MS / 2.0 && last.1.expanded - first.1.expanded >= LEAST_STATES;
        enough.then_some((first, last))
    }

    /// Unique states a second, lately.
    pub fn pace(&self) -> Option<f64> {
        let (first, last) = self.lately()?;
        Some((last.1.states - first.1.states) as f64 * 1000.0 / (last.0 - first.0))
    }

    pub fn outlook(&self, limits: Limits) -> Outlook {
        let Some((first, last)) = self.lately() else { return Outlook::Unknown };
        let expanded = (last.1.expanded - first.1.expanded) as f64;
        let ms = (last.0 - first.0) / expanded;
        let growth = (last.1.frontier as f64 - first.1.frontier as f64) / expanded;
        // So many new states for each that is expanded, and room for so many within the limits.
        let states = (last.1.states - first.1.states) as f64 / expanded;
        let bytes = last.1.bytes as f64 / last.1.states.max(1) as f64;
        let left = limits.bytes.saturating_sub(last.1.bytes) as f64 / bytes;
        let room = left.min(limits.states.saturating_sub(last.1.states) as f64);
        let waiting = last.1.frontier as f64;
        let most = waiting / -growth;
        if growth > -SHRINKING || most * states > room {
            let limit_ms = Some(room / states * ms).filter(|ms| ms.is_finite());
            return Outlook::Growing { limit_ms };
        }
        Outlook::Shrinking { least_ms: waiting * ms, most_ms: most.max(waiting) * ms }
    }
}
