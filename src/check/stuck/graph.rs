//! What is kept of the states: what the search keeps ([`Visited`]), whether the goal is owed, and of those that owe it the
//! edges of runs without further faults.
//!
//! Bytes: 23 or so of the search, 4 for where a state's edges begin, an eighth for the goal; of those that owe it 4 for each
//! edge, and 4 more where cycles are looked for. To find components takes [`super::components::Components::BYTES`] more.

use crate::check::search::visited::Visited;
use std::collections::BTreeMap;

/// The number of what may come and need not.
pub const FREE: u32 = u32::MAX;

pub struct Graph {
    visited: Visited,
    owing: Bits,
    /// Where the edges of each expanded state begin. States are expanded in the order in which they were found.
    starts: Vec<u32>,
    to: Vec<u32>,
    /// What comes along an edge; kept if cycles are looked for.
    names: Vec<u32>,
    named: bool,
    numbers: BTreeMap<u64, u32>,
    /// The first state of each depth, and where the next one begins.
    levels: Vec<u32>,
    next_level: u32,
}

impl Graph {
    /// For fingerprints of so many bytes; with a byte for the step that led to each state, or without; with names or without.
    pub fn new(width: usize, steps: bool, named: bool) -> Self {
        Graph {
            visited: Visited::new(width, steps),
            owing: Bits::default(),
            starts: Vec::new(),
            to: Vec::new(),
            names: Vec::new(),
            named,
            numbers: BTreeMap::new(),
            levels: Vec::new(),
            next_level: 0,
        }
    }

    pub fn visited(&self) -> &Visited {
        &self.visited
    }

    pub fn states(&self) -> u32 {
        self.visited.len()
    }

    /// The states whose edges are known; the one that is open counts.
    pub fn expanded(&self) -> u32 {
        self.starts.len() as u32
    }

    pub fn edges(&self) -> u64 {
        self.to.len() as u64
    }

    pub fn bytes(&self) -> u64 {
        self.visited.bytes() + self.beside()
    }

    /// About so many bytes are taken by so many states.
    pub fn bytes_for(&self, states: u64) -> u64 {
        self.visited.bytes_for(states) + self.beside()
    }

    fn beside(&self) -> u64 {
        let words = self.starts.capacity() + self.to.capacity() + self.names.capacity();
        (words * 4 + self.owing.0.capacity() * 8 + self.numbers.len() * 32) as u64
    }

    /// Moves from the start to the state that was expanded last.
    pub fn depth(&self) -> u32 {
        self.levels.len().saturating_sub(1) as u32
    }

    pub fn depth_of(&self, state: u32) -> u32 {
        self.levels.partition_point(|first| *first <= state).saturating_sub(1) as u32
    }

    /// The state's index, and whether it is new. `since`: steps of the open state since the latest new one.
    pub fn find(&mut self, print: u128, since: &mut u32) -> (u32, bool) {
        match self.visited.find(print) {
            Ok(known) => {
                *since += 1;
                (known, false)
            }
            Err(vacancy) => {
                let fresh = self.visited.add(print, vacancy, *since);
                *since = 0;
                (fresh, true)
            }
        }
    }

    /// Says of a new state whether it owes the goal.
    pub fn owes(&mut self, state: u32, owes: bool) {
        if owes {
            self.owing.set(state);
        }
    }

    pub fn is_owing(&self, state: u32) -> bool {
        self.owing.has(state)
    }

    pub fn owing_states(&self) -> u64 {
        self.owing.0.iter().map(|word| u64::from(word.count_ones())).sum()
    }

    /// Begins with the edges of the next state.
    pub fn open(&mut self) -> u32 {
        let index = self.expanded();
        if index == self.next_level {
            self.levels.push(index);
            self.next_level = self.states();
        }
        self.starts.push(self.to.len() as u32);
        index
    }

    pub fn edge(&mut self, to: u32, name: Option<u64>) {
        self.to.push(to);
        if self.named {
            let next = self.numbers.len() as u32;
            self.names.push(name.map_or(FREE, |name| *self.numbers.entry(name).or_insert(next)));
        }
    }

    /// Ends them. What leads to the same state in the same way counts as one.
    pub fn close(&mut self) {
        self.visited.next_parent();
        let first = self.starts.last().map_or(0, |first| *first as usize);
        let mut kept = first;
        for edge in first..self.to.len() {
            let same = |other: usize| {
                self.to[other] == self.to[edge] && (!self.named || self.names[other] == self.names[edge])
            };
            if !(first..kept).any(same) {
                self.to[kept] = self.to[edge];
                if self.named {
                    self.names[kept] = self.names[edge];
                }
                kept += 1;
            }
        }
        self.to.truncate(kept);
        self.names.truncate(if self.named { kept } else { 0 });
    }

    /// The edges of an expanded state; none of one that does not owe the goal.
    pub fn out(&self, state: u32) -> std::ops::Range<usize> {
        let at = |n: usize| self.starts.get(n).map_or(self.to.len(), |start| *start as usize);
        at(state as usize)..at(state as usize + 1)
    }

    pub fn to(&self, edge: usize) -> u32 {
        self.to[edge]
    }

    pub fn name(&self, edge: usize) -> u32 {
        self.names.get(edge).copied().unwrap_or(FREE)
    }

    pub fn number(&self, name: u64) -> u32 {
        self.numbers.get(&name).copied().unwrap_or(FREE)
    }

    /// Where an edge leads, by its fingerprint, and what comes along it.
    pub fn target(&self, edge: usize) -> (u128, u32) {
        (self.visited.print(self.to[edge]), self.name(edge))
    }

    /// Owes the goal, and its edges are known.
    pub fn is_inner(&self, state: u32) -> bool {
        self.is_owing(state) && state < self.expanded()
    }

    /// What has to come if this state lasts, ascending.
    pub fn enabled(&self, state: u32) -> Vec<u32> {
        let mut names: Vec<u32> = self.out(state).map(|edge| self.name(edge)).filter(|name| *name != FREE).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// The fingerprints of the states on the way from the start to this one, the start left out.
    pub fn prints_to(&self, state: u32) -> Vec<u128> {
        let mut way = Vec::new();
        let mut at = state;
        while at != 0 {
            way.push(self.visited.print(at));
            at = self.visited.parent(at);
        }
        way.reverse();
        way
    }
}

/// A set of states.
#[derive(Clone, Default, Debug)]
pub struct Bits(Vec<u64>);

impl Bits {
    pub fn set(&mut self, n: u32) {
        let word = (n / 64) as usize;
        if word >= self.0.len() {
            self.0.resize(word + 1, 0);
        }
        self.0[word] |= 1 << (n % 64);
    }

    pub fn has(&self, n: u32) -> bool {
        self.0.get((n / 64) as usize).is_some_and(|word| word & (1 << (n % 64)) != 0)
    }
}
