//! Can it get stuck? Two questions about a goal that has to come about in the end, asked of every state within the bounds.
//!
//! *Can it become impossible?* Is there a state that owes the goal, and from which no run without further faults comes to
//! one that does not owe it?
//!
//! *Can it be put off for ever?* Is there a run that has no further faults from some moment on, is fair, and owes the goal
//! ever after? Fair means: what has to come and stays possible comes (justice, weak fairness). What may come, a request
//! from outside, need not. Such a run goes round a cycle for ever, or it stops where nothing has to come any more. Whatever
//! becomes impossible is put off as well: if nothing can be put off, nothing can become impossible.
//!
//! Faults lie in the path to the state only, so the edges that count are those without. Only states that owe keep them. On
//! a cycle everything is as it was, so a counter that grows closes none.
//!
//! Sources: A. Pnueli and others on justice, in Z. Manna, A. Pnueli, "Temporal Verification of Reactive Systems: Safety",
//! 1995; O. Lichtenstein, A. Pnueli, "Checking that finite state concurrent programs satisfy their linear specification",
//! POPL 1985 (fair components); R. Tarjan, "Depth-first search and linear graph algorithms", 1972.

pub mod cluster;
mod components;
mod graph;
mod lasso;

use super::search::frontier::{Kept, Walk};
use super::search::visited::MOST;
use super::search::{Limits, Model, Progress, Room, expands, recall};
use components::Components;
use graph::{FREE, Graph};

/// States of a question about getting stuck unless it is told otherwise.
pub const MOST_STATES: u64 = 200_000;

/// A model that has a goal.
pub trait Fate: Model {
    /// Whether the goal has yet to come about. A state that does not owe it is a good one.
    fn owes(&self, state: &Self::State) -> bool;
    /// Whether this move belongs to a run without further faults.
    fn course(&self, state: &Self::State, step: &Self::Move) -> Course;
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Course {
    /// A fault; or a repair, where what is down stays down.
    Fault,
    /// It may come, and need not.
    May,
    /// If it stays possible it comes in the end. Moves with the same number are the same thing, in whatever state.
    Must(u64),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ask {
    Impossible,
    PutOff,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Found<M> {
    /// It cannot, in all states within the bounds.
    Holds,
    /// A limit was reached first; what is known so far does not show that it can.
    Unfinished,
    /// It can. The stem leads to the first state in breadth-first order from which the goal cannot be reached, or to where
    /// it can be put off. Where a limit was reached there may be a shorter one.
    Stuck {
        stem: Vec<M>,
        /// Of being put off: the moves that come again and again; none where the run just stops. Together with the stem it
        /// is as short as can be, or short where that takes too long to find out.
        cycle: Option<Vec<M>>,
    },
}

/// A question that is answered in slices: first all states, then what their edges say.
pub struct Stuck<M: Fate> {
    model: M,
    ask: Ask,
    graph: Graph,
    kept: Kept<M::State>,
    /// How states are found again that are not kept.
    walk: Walk<M::State>,
    /// The fingerprint says the whole state.
    exact: bool,
    room: Room,
}

impl<M: Fate> Stuck<M> {
    pub fn new(model: M, ask: Ask) -> Self {
        let start = model.start();
        let print = model.fingerprint(&start);
        let exact = model.restored(print).is_some();
        let mut graph = Graph::new(model.width(), !exact, ask == Ask::PutOff);
        let mut kept = Kept::new();
        graph.find(print, &mut 0);
        if !exact {
            kept.give(&model, 0, start, u64::MAX);
        }
        Stuck { model, ask, graph, kept, walk: Walk::new(), exact, room: Room::new() }
    }

    pub fn model(&self) -> &M {
        &self.model
    }

    fn frontier(&self) -> u32 {
        self.graph.states() - self.graph.expanded()
    }

    pub fn progress(&self) -> Progress {
        Progress {
            states: self.graph.states().into(),
            expanded: self.graph.expanded().into(),
            depth: self.graph.depth(),
            frontier: self.frontier().into(),
            bytes: self.graph.bytes() + self.kept.bytes() + self.walk.len() as u64 * self.kept.size(),
        }
    }

    /// States that owe the goal, and edges between them and out of them.
    pub fn owing(&self) -> (u64, u64) {
        (self.graph.owing_states(), self.graph.edges())
    }

    /// Expands so many states at most. `None`: there is more to do. What the edges say is found out in one go, in a slice of
    /// its own: of 200,000 states it takes a tenth of a second and less.
    pub fn slice(&mut self, limits: Limits, expansions: u32) -> Option<Found<M::Move>> {
        let mut left = expansions;
        while self.frontier() > 0 && !self.is_over(limits) {
            if left == 0 {
                return None;
            }
            left -= 1;
            self.expand();
        }
        if left < expansions && expansions != u32::MAX {
            return None;
        }
        Some(self.conclude())
    }

    /// Whether a limit is reached. It depends on the states alone, not on the slices.
    fn is_over(&mut self, limits: Limits) -> bool {
        let states = self.graph.states();
        let Stuck { graph, kept, walk, room, .. } = self;
        let bytes = |with_next| {
            let all = graph.bytes_for(with_next) + Components::BYTES * u64::from(states);
            (all, walk.len() as u64 * kept.size())
        };
        if room.measure(limits.bytes, states, bytes) {
            kept.shrink(room.kept);
        }
        u64::from(states) >= limits.states.min(MOST) || self.room.reached
    }

    fn expand(&mut self) {
        let Stuck { model, graph, kept, walk, exact, room, .. } = self;
        expands(graph.expanded().into());
        let index = graph.open();
        if index == 0 {
            let start = model.start();
            graph.owes(0, model.owes(&start));
        }
        let state = recall(model, graph.visited(), kept.take(index), walk, index, graph.depth());
        let owes = graph.is_owing(index);
        let mut since = 0;
        model.each_printed(&state, &mut |step, next, print| {
            let (to, fresh) = graph.find(print, &mut since);
            if fresh {
                graph.owes(to, model.owes(next));
                if !*exact {
                    kept.offer(model, to, next, room.kept);
                }
            }
            if owes {
                match model.course(&state, step) {
                    Course::Fault => {}
                    Course::May => graph.edge(to, None),
                    Course::Must(name) => graph.edge(to, Some(name)),
                }
            }
        });
        graph.close();
    }

    /// The moves from the start to the state that is expanded after so many others. Goes on until that state is known, or
    /// there are no more.
    pub fn path_before(&mut self, expanded: u64) -> Option<Vec<M::Move>> {
        while u64::from(self.graph.states()) <= expanded && self.frontier() > 0 {
            self.expand();
        }
        let index = u32::try_from(expanded).ok().filter(|index| *index < self.graph.states())?;
        Some(self.path(index).0)
    }

    fn conclude(&self) -> Found<M::Move> {
        let found = Components::of(&self.graph, self.ask);
        let stuck = match self.ask {
            Ask::Impossible => found.first_without_hope(&self.graph).map(|at| (at, None)),
            Ask::PutOff => lasso::shortest(&self.graph, &found).map(|(at, cycle)| (at, Some(cycle))),
        };
        match stuck {
            Some((at, cycle)) => {
                let (stem, mut state) = self.path(at);
                let cycle = cycle.map(|edges| edges.into_iter().map(|edge| self.along(&mut state, edge)).collect());
                Found::Stuck { stem, cycle }
            }
            None if self.frontier() == 0 => Found::Holds,
            None => Found::Unfinished,
        }
    }

    /// The moves from the start to a state, found by walking the links, and the state.
    fn path(&self, index: u32) -> (Vec<M::Move>, M::State) {
        let mut state = self.model.start();
        let mut path = Vec::new();
        for print in self.graph.prints_to(index) {
            self.follow(&mut state, &mut path, |_, to| to == print);
        }
        (path, state)
    }

    /// The move of an edge out of this state, which becomes the one that it leads to.
    fn along(&self, state: &mut M::State, edge: usize) -> M::Move {
        let (print, name) = self.graph.target(edge);
        let mut path = Vec::new();
        let from = state.clone();
        self.follow(state, &mut path, |step, to| {
            let known = match self.model.course(&from, step) {
                Course::Fault => return false,
                Course::May => FREE,
                Course::Must(name) => self.graph.number(name),
            };
            to == print && known == name
        });
        path.remove(0)
    }

    /// The first move that will do.
    fn follow(&self, state: &mut M::State, path: &mut Vec<M::Move>, wanted: impl Fn(&M::Move, u128) -> bool) {
        let mut taken = None;
        self.model.each_printed(state, &mut |step, next, print| {
            if taken.is_none() && wanted(step, print) {
                taken = Some((step.clone(), next.clone()));
            }
        });
        let (step, next) = taken.expect("a link or an edge is a move that its state has");
        path.push(step);
        *state = next;
    }
}
