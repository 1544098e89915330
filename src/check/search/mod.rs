//! Breadth-first search: the first run that breaks a property is a shortest one.
//!
//! The visited set keeps a 128-bit fingerprint and a link to the parent for each state, never the state itself; the path
//! is found again by replaying the links from the start. States whose turn is still to come are kept as long as there is room;
//! those that are not are found again in the same way. So what a search finds, in which order and under which indices, does
//! not depend on how much it may keep, in which slices it is run, or on how many threads.

pub(super) mod frontier;
#[cfg(test)]
mod tests;
#[cfg(not(target_arch = "wasm32"))]
mod threads;
pub(super) mod visited;

use frontier::{Kept, Walk};
use std::cell::Cell;
use visited::Visited;

/// Takes a move, where it leads, and the fingerprint of that.
pub type EachPrinted<'a, M> = &'a mut dyn FnMut(&<M as Model>::Move, &<M as Model>::State, u128);

/// Something with states that can be searched.
pub trait Model {
    type State: Clone;
    type Move: Clone;

    fn start(&self) -> Self::State;
    /// Calls `each` with every move that is possible in `state` and where it leads, in a fixed order. Both are lent: most
    /// states are known already, and whoever keeps one clones it.
    fn each_next(&self, state: &Self::State, each: &mut dyn FnMut(&Self::Move, &Self::State));
    fn fingerprint(&self, state: &Self::State) -> u128;
    /// As [`Model::each_next`], with the fingerprint of each state, which may be cheaper for who knows what a move changes.
    fn each_printed(&self, state: &Self::State, each: EachPrinted<'_, Self>) {
        self.each_next(state, &mut |step, next| each(step, next, self.fingerprint(next)));
    }
    /// As [`Model::each_printed`], for who has the state to itself: it may be changed meanwhile, and is in the end what it was.
    fn each_in_place(&self, state: &mut Self::State, each: EachPrinted<'_, Self>) {
        self.each_printed(state, each);
    }
    /// The name of a property that is broken in this state.
    fn broken(&self, state: &Self::State) -> Option<&'static str>;

    /// A copy of a state. What another one that nobody needs any more has of memory may be used for it.
    fn copied(&self, state: &Self::State, spare: Option<Self::State>) -> Self::State {
        drop(spare);
        state.clone()
    }

    /// About how many bytes a state takes, with all that it points to.
    fn bytes(&self, state: &Self::State) -> usize {
        size_of_val(state)
    }
    /// How many bytes of a fingerprint are kept, from the lowest. Fewer than 16 only if no two states can share them, because
    /// they are the state, written small.
    fn width(&self) -> usize {
        16
    }
    /// The state with this fingerprint, if that says everything: then no states are kept at all. For each or for none.
    fn restored(&self, print: u128) -> Option<Self::State> {
        let _ = print;
        None
    }
}

impl<M: Model> Model for &M {
    type State = M::State;
    type Move = M::Move;

    fn start(&self) -> M::State {
        (**self).start()
    }
    fn each_next(&self, state: &M::State, each: &mut dyn FnMut(&M::Move, &M::State)) {
        (**self).each_next(state, each);
    }
    fn each_printed(&self, state: &M::State, each: &mut dyn FnMut(&M::Move, &M::State, u128)) {
        (**self).each_printed(state, each);
    }
    fn each_in_place(&self, state: &mut M::State, each: &mut dyn FnMut(&M::Move, &M::State, u128)) {
        (**self).each_in_place(state, each);
    }
    fn fingerprint(&self, state: &M::State) -> u128 {
        (**self).fingerprint(state)
    }
    fn broken(&self, state: &M::State) -> Option<&'static str> {
        (**self).broken(state)
    }
    fn copied(&self, state: &M::State, spare: Option<M::State>) -> M::State {
        (**self).copied(state, spare)
    }
    fn bytes(&self, state: &M::State) -> usize {
        (**self).bytes(state)
    }
    fn width(&self) -> usize {
        (**self).width()
    }
    fn restored(&self, print: u128) -> Option<M::State> {
        (**self).restored(print)
    }
}

/// Where a search stops unfinished; it can be continued with wider ones.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Unique states.
    pub states: u64,
    /// Bytes of the visited set and the frontier together. At least an eighth of it is left to the frontier, which takes more
    /// only if that has no room for the states on the way to one: as many as the search is deep, for each thread.
    pub bytes: u64,
}

impl Limits {
    /// Bytes that a search may take unless told otherwise.
    pub const BYTES: u64 = 1 << 30;

    pub const fn of_states(states: u64) -> Limits {
        Limits { states, bytes: Self::BYTES }
    }

    /// Which of them an unfinished search has reached.
    pub fn reached(&self, progress: &Progress) -> Limit {
        if progress.states >= self.states { Limit::States } else { Limit::Bytes }
    }
}

/// A bare number is one of states.
impl From<u64> for Limits {
    fn from(states: u64) -> Limits {
        Limits::of_states(states)
    }
}

/// One of [`Limits`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Limit {
    States,
    Bytes,
}

/// How far a search has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Progress {
    /// Unique states.
    pub states: u64,
    /// Those whose successors are known.
    pub expanded: u64,
    pub depth: u32,
    /// States whose successors are not known yet.
    pub frontier: u64,
    /// Of the visited set and the frontier.
    pub bytes: u64,
}

thread_local! {
    static EXPANDING: Cell<Option<u64>> = const { Cell::new(None) };
}

/// How many states the search that expanded last in this thread had expanded before its latest. A panic hook can read it
/// where a panic ends the program.
pub fn expanding() -> Option<u64> {
    EXPANDING.try_with(Cell::get).ok().flatten()
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict<M> {
    /// No state within the bounds breaks a property. `depth` is the length of the longest shortest path.
    Holds {
        states: u64,
        depth: u32,
    },
    Unfinished {
        states: u64,
        depth: u32,
        frontier: u64,
        /// The limit that was reached; `None`: it paused, and goes on when it is called again.
        limit: Option<Limit>,
    },
    Violated {
        property: &'static str,
        path: Vec<M>,
        states: u64,
        depth: u32,
    },
}

/// A search that can be run in slices. It has its model or borrows it.
pub struct Search<M: Model> {
    model: M,
    visited: Visited,
    kept: Kept<M::State>,
    /// How states are found again that are not kept: one for each thread.
    walks: Vec<Walk<M::State>>,
    /// The fingerprint says the whole state.
    exact: bool,
    /// States up to this index are at `depth` or above.
    level_end: u32,
    depth: u32,
    expanded: u32,
    judged: bool,
    found: Option<(&'static str, u32)>,
    room: Room,
}

/// What the limit of bytes means for what is known now.
pub(super) struct Room {
    limit: u64,
    /// Looked at anew for each block of this many states.
    block: u32,
    pub reached: bool,
    /// Bytes that are left for states that are kept.
    pub kept: u64,
}

/// States in a block. The memory for the next block is counted in.
const BLOCK: u32 = 1 << 12;

impl Room {
    pub fn new() -> Self {
        Room { limit: 0, block: u32::MAX, reached: false, kept: 0 }
    }

    /// Looks again, where a block has begun or the limit is another one; true if so. `bytes` tells what so many states take
    /// without those that are kept, and what those take that were found again.
    pub fn measure(&mut self, limit: u64, states: u32, bytes: impl FnOnce(u64) -> (u64, u64)) -> bool {
        let block = states / BLOCK;
        if (self.limit, self.block) == (limit, block) {
            return false;
        }
        let (all, walked) = bytes((u64::from(block) + 2) * u64::from(BLOCK));
        let kept = limit.saturating_sub(all).saturating_sub(walked);
        *self = Room { limit, block, reached: all > limit - limit / 8, kept };
        true
    }
}

impl<M: Model> Search<M> {
    pub fn new(model: M) -> Self {
        let start = model.start();
        let print = model.fingerprint(&start);
        let exact = model.restored(print).is_some();
        let mut visited = Visited::new(model.width(), !exact);
        let mut kept = Kept::new();
        if let Err(vacancy) = visited.find(print) {
            visited.add(print, vacancy, 0);
            if !exact {
                kept.give(&model, 0, start, u64::MAX);
            }
        }
        Search {
            model,
            visited,
            kept,
            walks: vec![Walk::new()],
            exact,
            level_end: 0,
            depth: 0,
            expanded: 0,
            judged: false,
            found: None,
            room: Room::new(),
        }
    }

    pub fn model(&self) -> &M {
        &self.model
    }

    pub fn states(&self) -> u64 {
        self.visited.len().into()
    }

    fn frontier(&self) -> u64 {
        (self.visited.len() - self.expanded).into()
    }

    pub fn progress(&self) -> Progress {
        Progress {
            states: self.states(),
            expanded: self.expanded.into(),
            depth: self.depth,
            frontier: self.frontier(),
            bytes: self.visited.bytes() + self.kept.bytes() + walked(&self.walks, &self.kept),
        }
    }

    /// Expands states until there are none left, a property is broken, or a limit is reached.
    pub fn run(&mut self, limits: impl Into<Limits>) -> Verdict<M::Move> {
        self.go(limits.into(), u64::MAX)
    }

    /// As [`Search::run`], but expands at most so many states now.
    pub fn slice(&mut self, limits: impl Into<Limits>, expansions: u32) -> Verdict<M::Move> {
        let pause = u64::from(self.expanded) + u64::from(expansions);
        self.go(limits.into(), pause)
    }

    fn go(&mut self, limits: Limits, pause: u64) -> Verdict<M::Move> {
        loop {
            if let Some(verdict) = self.ends(limits, pause) {
                return verdict;
            }
            self.expand();
        }
    }

    /// What there is to say now; `None` if the next state is to be expanded.
    fn ends(&mut self, limits: Limits, pause: u64) -> Option<Verdict<M::Move>> {
        if !self.judged {
            EXPANDING.set(Some(0));
            self.found = self.model.broken(&self.model.start()).map(|property| (property, 0));
            self.judged = true;
        }
        let (states, depth) = (self.states(), self.depth);
        if let Some((property, index)) = self.found {
            // The state that breaks it is a step deeper, but for the first one.
            return Some(Verdict::Violated { property, path: self.path(index), states, depth: depth + 1 });
        }
        let limit = self.limit(limits);
        if limit.is_some() || u64::from(self.expanded) >= pause {
            return Some(Verdict::Unfinished { states, depth, frontier: self.frontier(), limit });
        }
        (self.frontier() == 0).then_some(Verdict::Holds { states, depth })
    }

    /// The limit that is reached. It depends on the number of states alone.
    fn limit(&mut self, limits: Limits) -> Option<Limit> {
        if self.states() >= limits.states.min(visited::MOST) {
            return Some(Limit::States);
        }
        let Search { visited, kept, walks, room, .. } = self;
        if room.measure(limits.bytes, visited.len(), |states| (visited.bytes_for(states), walked(walks, kept))) {
            kept.shrink(room.kept);
            let share = limits.bytes / 8 / kept.size().max(1) / walks.len() as u64;
            walks.iter_mut().for_each(|walk| walk.limit(usize::try_from(share).unwrap_or(usize::MAX)));
        }
        room.reached.then_some(Limit::Bytes)
    }

    /// Counts the next state as expanded.
    fn advance(&mut self) -> u32 {
        let index = self.expanded;
        if index > self.level_end {
            self.depth += 1;
            self.level_end = self.visited.len() - 1;
        }
        self.expanded += 1;
        EXPANDING.set(Some(index.into()));
        index
    }

    fn expand(&mut self) {
        let index = self.advance();
        let Search { model, visited, kept, walks, exact, depth, found, room, .. } = self;
        let mut state = recall(model, visited, kept.take(index), &mut walks[0], index, *depth);
        let mut since = 0;
        model.each_in_place(&mut state, &mut |_, next, print| {
            if found.is_some() {
                return;
            }
            let Err(vacancy) = visited.find(print) else {
                since += 1;
                return;
            };
            let fresh = visited.add(print, vacancy, since);
            since = 0;
            *found = model.broken(next).map(|property| (property, fresh));
            if !*exact {
                kept.offer(model, fresh, next, room.kept);
            }
        });
        if !*exact {
            kept.recycle(state);
        }
        visited.next_parent();
    }

    /// The number of states that were expanded before the one that was taken up last. After a panic: the one in which it
    /// happened.
    pub fn expanding(&self) -> u64 {
        self.expanded.saturating_sub(1).into()
    }

    /// The moves from the start to the state that is expanded after so many others. Goes on until that state is known, or
    /// there are no more.
    pub fn path_before(&mut self, expanded: u64) -> Option<Vec<M::Move>> {
        let index = u32::try_from(expanded).ok()?;
        while self.states() <= expanded && self.found.is_none() {
            if let Verdict::Holds { .. } = self.slice(Limits { states: expanded + 1, bytes: u64::MAX }, 1 << 10) {
                return None;
            }
        }
        (self.states() > expanded).then(|| self.path(index))
    }

    /// The moves from the start to a state, found by walking the links.
    fn path(&self, index: u32) -> Vec<M::Move> {
        let mut turns = vec![index];
        while let Some(&at) = turns.last()
            && at != 0
        {
            turns.push(self.visited.parent(at));
        }
        let mut state = self.model.start();
        let mut path = Vec::new();
        for index in turns.into_iter().rev().skip(1) {
            let print = self.visited.print(index);
            let mut taken = None;
            self.model.each_next(&state, &mut |step, next| {
                if taken.is_none() && self.model.fingerprint(next) == print {
                    taken = Some((step.clone(), next.clone()));
                }
            });
            let (step, next) = taken.expect("a state follows again from the one from which it was found");
            path.push(step);
            state = next;
        }
        path
    }
}

/// Says how many states were expanded before the one whose turn it is: see [`expanding`].
pub(super) fn expands(before: u64) {
    EXPANDING.set(Some(before));
}

/// Bytes of states that were found again and are still at hand.
fn walked<S: Clone>(walks: &[Walk<S>], kept: &Kept<S>) -> u64 {
    walks.iter().map(|walk| walk.len() as u64).sum::<u64>() * kept.size()
}

/// The state with this index: from its fingerprint, as it was kept, or found again.
pub(super) fn recall<M: Model>(
    model: &M,
    visited: &Visited,
    kept: Option<M::State>,
    walk: &mut Walk<M::State>,
    index: u32,
    depth: u32,
) -> M::State {
    kept.or_else(|| model.restored(visited.print(index))).unwrap_or_else(|| walk.find(model, visited, index, depth))
}
