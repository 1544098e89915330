//! A run that can be rewound and that may be of any length: checkpoints, replay from the nearest, and the latest events.
//!
//! What people did stays for ever. Of what happened by itself only the events around the present are kept; any others
//! are played again from a checkpoint when somebody asks for them. Checkpoints lie at equal distances over the whole run
//! (when there are too many, every other one goes) and ever more densely towards the present, so that a step back is
//! short wherever the present is.

use super::simulation::{Happening, Input, Placed, Simulation};
use super::time::Time;
use crate::core::protocol::Protocol;
use std::cell::RefCell;
use std::rc::Rc;

/// Events between two checkpoints, at least; a power of two times as many where they lie less densely.
const GAP: u32 = 64;
/// Checkpoints at equal distances over the whole run, at most. A run has that many within minutes, and from then on takes no
/// more memory but for what people do; in an hour of it they lie some hundred events apart, which are played again in
/// milliseconds.
const MOST_CHECKPOINTS: u32 = 16;
/// At the present every gap has its checkpoint; from so many gaps away every other, from twice as many every fourth.
const DENSE: u32 = 2;
/// So many events that came last are at hand at least, and at most twice as many: more than a diagram shows.
const RECENT: usize = 512;
/// Places away from the present from which somebody reads: whoever reads on there finds a checkpoint.
const BOOKMARKS: usize = 4;

/// What of the past is needed later: it grows with each event, and lies in every checkpoint, so it must stay small.
pub trait Chronicle<P: Protocol>: Clone {
    /// What is kept beside an event that is at hand.
    type Trace: Clone;
    /// An event has happened; `sim` is the run right after it.
    fn record(&mut self, sim: &Simulation<P>, happening: &Happening<P>) -> Self::Trace;
}

/// An event, and what the chronicle left beside it.
pub struct Entry<P: Protocol, T> {
    pub happening: Happening<P>,
    pub trace: T,
}

/// A run right after one of its events, or at its start.
#[derive(Clone)]
pub struct Point<P: Protocol, C: Chronicle<P>> {
    pub sim: Simulation<P>,
    pub chronicle: C,
    /// The event that came last.
    pub latest: Option<Rc<Entry<P, C::Trace>>>,
}

impl<P: Protocol, C: Chronicle<P>> Point<P, C> {
    fn step(&mut self, inputs: &[Placed<P>], until: Time) -> bool {
        let Some(happening) = self.sim.step(inputs, until) else { return false };
        let trace = self.chronicle.record(&self.sim, &happening);
        self.latest = Some(Rc::new(Entry { happening, trace }));
        true
    }

    /// When the latest event happened; 0 before the first.
    pub fn latest_time(&self) -> Time {
        self.latest.as_ref().map_or(0, |entry| entry.happening.time)
    }
}

#[derive(Clone)]
pub struct Timeline<P: Protocol, C: Chronicle<P>> {
    /// The run at the present moment.
    pub at: Point<P, C>,
    /// What people did, in order.
    pub inputs: Vec<Placed<P>>,
    /// The latest time that has been simulated.
    pub horizon: Time,
    /// Events up to the horizon. Those past the present moment have happened in this branch before.
    known: u32,
    /// The run after the last of them, while the present is earlier.
    end: Option<Rc<Point<P, C>>>,
    /// Ascending, each with its number of events. The first is the start.
    checkpoints: Vec<(u32, Rc<Point<P, C>>)>,
    /// The distance, in events, of those over the whole run.
    every: u32,
    bookmarks: RefCell<Vec<Rc<Point<P, C>>>>,
    /// The events around the present, and the index of the first of them.
    recent: Vec<Rc<Entry<P, C::Trace>>>,
    first: u32,
}

impl<P: Protocol, C: Chronicle<P>> Timeline<P, C> {
    pub fn new(sim: Simulation<P>, chronicle: C) -> Self {
        let at = Point { sim, chronicle, latest: None };
        Timeline {
            checkpoints: vec![(0, Rc::new(at.clone()))],
            at,
            inputs: Vec::new(),
            horizon: 0,
            known: 0,
            end: None,
            every: GAP,
            bookmarks: RefCell::default(),
            recent: Vec::new(),
            first: 0,
        }
    }

    /// Events up to the horizon.
    pub fn known(&self) -> u32 {
        self.known
    }

    /// The run after the last event that is known.
    pub fn end(&self) -> &Point<P, C> {
        self.end.as_deref().unwrap_or(&self.at)
    }

    /// Does the next event if it comes no later than `until`; its index.
    pub fn step(&mut self, until: Time) -> Option<u32> {
        let index = self.at.sim.events;
        if !self.at.step(&self.inputs, until) {
            return None;
        }
        self.horizon = self.horizon.max(self.at.sim.now);
        if self.at.sim.events >= self.known {
            self.known = self.at.sim.events;
            self.end = None;
        }
        if self.first + self.recent.len() as u32 == index {
            if self.recent.len() == 2 * RECENT {
                self.recent.drain(..RECENT);
                self.first += RECENT as u32;
            }
            self.recent.extend(self.at.latest.clone());
        }
        if self.at.sim.events.is_multiple_of(GAP) {
            self.checkpoint();
        }
        Some(index)
    }

    fn checkpoint(&mut self) {
        let now = self.at.sim.events;
        let Err(place) = self.checkpoints.binary_search_by_key(&now, |c| c.0) else { return };
        self.checkpoints.insert(place, (now, Rc::new(self.at.clone())));
        while self.known / self.every > MOST_CHECKPOINTS {
            self.every *= 2;
        }
        let every = self.every;
        self.checkpoints.retain(|(events, _)| {
            let away = events.abs_diff(now) / GAP;
            events.is_multiple_of(every) || away >> (events / GAP).trailing_zeros() < DENSE
        });
    }

    /// The latest of the moments at hand, the present aside, for which this holds; the start if for none. It holds for
    /// those before some moment.
    pub fn nearest(&self, before: impl Fn(&Point<P, C>) -> bool) -> Rc<Point<P, C>> {
        let at = self.checkpoints.partition_point(|c| before(&c.1)).saturating_sub(1);
        let mut best = &self.checkpoints[at].1;
        let bookmarks = self.bookmarks.borrow();
        for other in bookmarks.iter().chain(&self.end) {
            if before(other) && other.sim.events > best.sim.events {
                best = other;
            }
        }
        best.clone()
    }

    /// Makes an earlier or later moment of this branch the present.
    fn jump(&mut self, to: &Point<P, C>) {
        let old = std::mem::replace(&mut self.at, to.clone());
        if old.sim.events == self.known && self.at.sim.events < self.known {
            self.end = Some(Rc::new(old));
        } else if self.at.sim.events == self.known {
            self.end = None;
        }
        let events = self.at.sim.events;
        if events < self.first || events > self.first + self.recent.len() as u32 {
            self.recent.clear();
            self.first = events;
        }
    }

    /// Goes to this time, after all events at or before it.
    pub fn seek(&mut self, to: Time) {
        let best = self.nearest(|c| c.sim.now <= to);
        if to < self.at.sim.now || best.sim.events > self.at.sim.events {
            self.jump(&best);
        }
        while self.step(to).is_some() {}
        self.at.sim.pass(to);
        self.horizon = self.horizon.max(to);
        self.look_ahead();
    }

    /// Goes to the moment right after so many events.
    pub fn seek_event(&mut self, count: u32) {
        // Time may have passed since a moment's latest event.
        let right_after =
            |c: &Point<P, C>| c.sim.events < count || (c.sim.events == count && c.sim.now == c.latest_time());
        let best = self.nearest(right_after);
        if !right_after(&self.at) || best.sim.events > self.at.sim.events {
            self.jump(&best);
        }
        while self.at.sim.events < count && self.step(Time::MAX).is_some() {}
        self.look_ahead();
    }

    /// Has the next events at hand, as far as they are known: when a message will arrive is one of them.
    fn look_ahead(&mut self) {
        let events = self.at.sim.events;
        if events == self.known || self.first + self.recent.len() as u32 > events {
            return;
        }
        let mut point = self.at.clone();
        for _ in events..self.known.min(events + GAP) {
            if !point.step(&self.inputs, Time::MAX) {
                break;
            }
            self.recent.extend(point.latest.clone());
        }
    }

    /// The run as it was right after so many events; the timeline stays where it is.
    pub fn look(&self, count: u32) -> Point<P, C> {
        let best = self.nearest(|c| c.sim.events <= count);
        let here = self.at.sim.events;
        let mut point = if here <= count && here > best.sim.events { self.at.clone() } else { (*best).clone() };
        let far = count - point.sim.events > GAP * DENSE;
        while point.sim.events < count && point.step(&self.inputs, Time::MAX) {}
        if far {
            let mut bookmarks = self.bookmarks.borrow_mut();
            if bookmarks.len() == BOOKMARKS {
                bookmarks.remove(0);
            }
            bookmarks.push(Rc::new(point.clone()));
        }
        point
    }

    /// Hands over the events from this one on, each with its index, until told to stop or until no more are known.
    pub fn read(&self, from: u32, mut each: impl FnMut(u32, &Entry<P, C::Trace>) -> bool) {
        let mut again: Option<Point<P, C>> = None;
        for index in from..self.known {
            let at_hand = index.checked_sub(self.first).and_then(|n| self.recent.get(n as usize));
            let on = if let Some(entry) = at_hand {
                again = None;
                each(index, entry)
            } else {
                let point = again.get_or_insert_with(|| self.look(index));
                point.step(&self.inputs, Time::MAX) && point.latest.as_ref().is_some_and(|entry| each(index, entry))
            };
            if !on {
                return;
            }
        }
    }

    /// The events at hand that come after the present, as far as they are known.
    pub fn ahead(&self) -> &[Rc<Entry<P, C::Trace>>] {
        self.recent.get((self.at.sim.events - self.first) as usize..).unwrap_or_default()
    }

    /// Nobody looks at it for now: of the checkpoints close to the present none are kept.
    pub fn rest(&mut self) {
        self.bookmarks.get_mut().clear();
        let every = self.every;
        self.checkpoints.retain(|(events, _)| events.is_multiple_of(every));
    }

    /// Forgets everything after the present moment and adds an input here.
    pub fn act(&mut self, input: Input<P>, picks: Option<Vec<u32>>) {
        self.inputs.truncate(self.at.sim.inputs);
        self.inputs.push(Placed { time: self.at.sim.now, nth: self.at.sim.at_once, input, picks });
        self.forget_future();
    }

    /// Other inputs take the place of these. Goes back to a moment before the first that differs.
    pub fn replace(&mut self, inputs: Vec<Placed<P>>) {
        let same = self.inputs.iter().zip(&inputs).take_while(|(a, b)| a == b).count();
        let differs = self.inputs.get(same).into_iter().chain(inputs.get(same)).map(|i| i.time).min();
        let before = self.nearest(|c| differs.is_none_or(|time| c.sim.now < time));
        self.inputs = inputs;
        self.jump(&before);
        self.forget_future();
    }

    /// Forgets what has been simulated after the present moment.
    fn forget_future(&mut self) {
        let (events, now) = (self.at.sim.events, self.at.sim.now);
        let earlier = |c: &Point<P, C>| c.sim.events <= events && c.sim.now <= now;
        self.checkpoints.retain(|c| earlier(&c.1));
        self.bookmarks.get_mut().retain(|c| earlier(c));
        self.recent.truncate((events - self.first) as usize);
        self.end = None;
        self.known = events;
        self.horizon = now;
    }
}
