//! The same search on several threads.
//!
//! Rounds: a block of states that are next is expanded by all threads, which look at what is known and change nothing; then
//! one thread puts what they found in its place, state by state in their order. So states, indices and the run that is found
//! are the same on any number of threads.

use super::frontier::Walk;
use super::visited::Visited;
use super::{EXPANDING, Limits, Model, Search, Verdict, recall};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Mutex;

/// States that a thread takes from a round at a time.
const BATCH: usize = 32;
/// States in a round, at least; fewer are expanded without threads.
const FEW: usize = 128;
/// And at most.
const MANY: usize = 1 << 14;

/// A successor that was not known when the round began.
struct Fresh<S> {
    /// The number of its step, among all of its parent.
    nth: u32,
    print: u128,
    /// `None` where the fingerprint says it.
    state: Option<S>,
    broken: Option<&'static str>,
}

/// What follows from a state, or how its expansion panicked.
type Expanded<S> = Result<Vec<Fresh<S>>, Box<dyn Any + Send>>;

impl<M: Model + Sync> Search<M>
where
    M::State: Send + Sync,
{
    /// As [`Search::run`], on so many threads. A step or a property that panics panics here, once its turn has come.
    pub fn run_on(&mut self, threads: usize, limits: impl Into<Limits>) -> Verdict<M::Move> {
        self.go_on(threads, limits.into(), u64::MAX)
    }

    /// As [`Search::slice`], on so many threads.
    pub fn slice_on(&mut self, threads: usize, limits: impl Into<Limits>, expansions: u32) -> Verdict<M::Move> {
        let pause = u64::from(self.expanded) + u64::from(expansions);
        self.go_on(threads, limits.into(), pause)
    }

    fn go_on(&mut self, threads: usize, limits: Limits, pause: u64) -> Verdict<M::Move> {
        self.walks.resize_with(self.walks.len().max(threads), Walk::new);
        loop {
            if let Some(verdict) = self.ends(limits, pause) {
                return verdict;
            }
            // All of one depth: those at the next one are not all known yet.
            let last = if self.expanded > self.level_end { self.visited.len() - 1 } else { self.level_end };
            let left = u64::from(last) + 1 - u64::from(self.expanded);
            let next = left.min(pause - u64::from(self.expanded)).min(self.round(limits)) as usize;
            if threads < 2 || next < FEW {
                self.expand();
            } else {
                self.round_of(next, threads, limits, pause);
            }
        }
    }

    /// How many states a round may have: what it finds has to fit beside what is kept.
    fn round(&self, limits: Limits) -> u64 {
        let found = 4 * self.kept.size().max(1);
        (limits.bytes / 32 / found).clamp(FEW as u64, MANY as u64)
    }

    fn round_of(&mut self, states: usize, threads: usize, limits: Limits, pause: u64) {
        let first = self.expanded;
        let depth = if first > self.level_end { self.depth + 1 } else { self.depth };
        let mut parents: Vec<Option<M::State>> = (0..states).map(|n| self.kept.take(first + n as u32)).collect();
        let expanded = self.expand_all(&mut parents, first, depth, threads);
        for (n, outcome) in expanded.into_iter().enumerate() {
            if self.ends(limits, pause).is_some() {
                for (n, parent) in parents.iter_mut().enumerate().skip(n).rev() {
                    if let Some(state) = parent.take() {
                        self.kept.put_back(first + n as u32, state);
                    }
                }
                return;
            }
            self.advance();
            match outcome {
                Ok(fresh) => self.place(fresh),
                Err(panic) => resume_unwind(panic),
            }
        }
    }

    fn expand_all(
        &mut self,
        parents: &mut [Option<M::State>],
        first: u32,
        depth: u32,
        threads: usize,
    ) -> Vec<Expanded<M::State>> {
        let Search { model, visited, walks, exact, .. } = self;
        let (model, visited, exact) = (&*model, &*visited, *exact);
        let batches = Mutex::new(parents.chunks_mut(BATCH).enumerate());
        let outcomes = Mutex::new(Vec::new());
        let work = |walk: &mut Walk<M::State>| {
            loop {
                let next = batches.lock().unwrap_or_else(|e| e.into_inner()).next();
                let Some((batch, states)) = next else { return };
                let mut expanded = Vec::with_capacity(states.len());
                for (n, state) in states.iter_mut().enumerate() {
                    let index = first + (batch * BATCH + n) as u32;
                    let outcome = catch_unwind(AssertUnwindSafe(|| {
                        expand(model, visited, exact, state.as_mut(), walk, index, depth)
                    }));
                    if outcome.is_err() {
                        // The walk and the state may be half changed: both are begun again.
                        (*walk, *state) = (Walk::new(), None);
                    }
                    expanded.push(outcome);
                }
                outcomes.lock().unwrap_or_else(|e| e.into_inner()).push((batch, expanded));
            }
        };
        std::thread::scope(|scope| {
            let (mine, others) = walks.split_at_mut(1);
            for walk in others.iter_mut().take(threads - 1) {
                scope.spawn(|| work(walk));
            }
            mine.iter_mut().for_each(work);
        });
        let mut outcomes = outcomes.into_inner().unwrap_or_else(|e| e.into_inner());
        outcomes.sort_unstable_by_key(|(batch, _)| *batch);
        outcomes.into_iter().flat_map(|(_, expanded)| expanded).collect()
    }

    /// Adds those successors of the state whose turn it is that are still not known.
    fn place(&mut self, fresh: Vec<Fresh<M::State>>) {
        let mut before = 0;
        for Fresh { nth, print, state, broken } in fresh {
            let Err(vacancy) = self.visited.find(print) else { continue };
            let index = self.visited.add(print, vacancy, nth - before);
            before = nth + 1;
            if let Some(state) = state {
                self.kept.give(&self.model, index, state, self.room.kept);
            }
            if let Some(property) = broken {
                self.found = Some((property, index));
                break;
            }
        }
        self.visited.next_parent();
    }
}

fn expand<M: Model>(
    model: &M,
    visited: &Visited,
    exact: bool,
    state: Option<&mut M::State>,
    walk: &mut Walk<M::State>,
    index: u32,
    depth: u32,
) -> Vec<Fresh<M::State>> {
    EXPANDING.set(Some(index.into()));
    let mut again;
    let state = match state {
        Some(state) => state,
        None => {
            again = recall(model, visited, None, walk, index, depth);
            &mut again
        }
    };
    let mut fresh: Vec<Fresh<M::State>> = Vec::new();
    let mut nth = 0;
    let mut over = false;
    model.each_in_place(state, &mut |_, next, print| {
        if !over && visited.find(print).is_err() {
            let broken = model.broken(next);
            over = broken.is_some();
            fresh.push(Fresh { nth, print, state: (!exact).then(|| next.clone()), broken });
        }
        nth += 1;
    });
    fresh
}
