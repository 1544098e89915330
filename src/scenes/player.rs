//! A hand for scripts: plays a run, and presses the buttons that a reader could press at moments that it finds by playing.

use super::run::{Run, RunSpec};
use super::scene::{Lang, Time};
use super::session::Session;
use super::staging::{Script, Staging};
use crate::core::protocol::{Effect, NodeId, Protocol};

/// A script that finds nothing within so many events no longer fits its protocol.
const LONGEST: usize = 500;

pub struct Player<S: Staging> {
    pub run: Session<S>,
}

impl<S: Staging> Player<S> {
    pub fn new(spec: &RunSpec) -> Option<Self> {
        Some(Player { run: Session::open(spec, None, Lang::En).ok()? })
    }

    pub fn at(&mut self, time: Time) -> &mut Self {
        self.run.seek(time);
        self
    }

    pub fn after(&mut self, time: Time) -> &mut Self {
        let now = self.run.now();
        self.at(now + time)
    }

    pub fn does(&mut self, line: &str) -> &mut Self {
        // A script that no longer fits its protocol shows in the tests: they play every take to its end.
        let done = self.run.command(line, Lang::En);
        debug_assert!(done.is_ok(), "{line}: {done:?}");
        self
    }

    /// Plays on to the first event with such a note.
    pub fn until(&mut self, is: impl Fn(&<S::P as Protocol>::Note) -> bool) -> &mut Self {
        self.until_all(1, |_, note| is(note))
    }

    /// Plays on to the event with the last of so many such notes.
    pub fn until_all(&mut self, count: usize, is: impl Fn(NodeId, &<S::P as Protocol>::Note) -> bool) -> &mut Self {
        let mut left = count;
        for _ in 0..LONGEST {
            if left == 0 || !self.run.step_forward() {
                break;
            }
            let done = self.run.latest().map_or(&[][..], |(_, happening)| &happening.done);
            let hits = done.iter().filter(|d| matches!(&d.effect, Effect::Note(note) if is(d.node, note))).count();
            left = left.saturating_sub(hits);
        }
        self
    }

    /// The ordinal of the newest message under way that is meant, from one node to another. Without one, the latest there was.
    pub fn message(&self, is: impl Fn(NodeId, NodeId, &<S::P as Protocol>::Msg) -> bool) -> u32 {
        let flights = &self.run.timeline.at.sim.cluster.flights;
        let meant = flights.iter().filter(|f| is(f.from, f.to, &f.msg)).map(|f| f.id).max();
        debug_assert!(meant.is_some(), "a script finds its message");
        meant.unwrap_or_default()
    }

    /// The run so far as a script that asks at `question` (0: not at all) and ends at `end`.
    pub fn script(&mut self, question: Time, end: Time) -> Option<Script> {
        let mut spec = self.run.spec();
        (spec.at, spec.events, spec.hash) = (0, 0, 0);
        Some(Script { spec, question, end })
    }
}

/// How often a node left such a note in the run so far.
pub fn seen<S: Staging>(run: &Session<S>, is: impl Fn(NodeId, &<S::P as Protocol>::Note) -> bool) -> usize {
    let mut count = 0;
    run.timeline.read(0, |_, entry| {
        let notes = entry.happening.done.iter();
        count += notes.filter(|d| matches!(&d.effect, Effect::Note(note) if is(d.node, note))).count();
        true
    });
    count
}

/// Whether a property broke at some moment of the run.
pub fn broke(run: &dyn Run, code: &str) -> bool {
    run.findings(Lang::En).iter().any(|f| f.code == code && f.broken_at.is_some())
}
