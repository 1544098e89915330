//! Breadth-first search: the first run that breaks a property is a shortest one.
//!
//! The visited set keeps a 128-bit fingerprint and a link to the parent for each state, never the state itself; the path
//! is found again by replaying the links from the start.

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
    fn each_printed(&self, state: &Self::State, each: &mut dyn FnMut(&Self::Move, &Self::State, u128)) {
        self.each_next(state, &mut |step, next| each(step, next, self.fingerprint(next)));
    }
    /// The name of a property that is broken in this state.
    fn broken(&self, state: &Self::State) -> Option<&'static str>;
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
    fn fingerprint(&self, state: &M::State) -> u128 {
        (**self).fingerprint(state)
    }
    fn broken(&self, state: &M::State) -> Option<&'static str> {
        (**self).broken(state)
    }
}

/// Where a search stops unfinished; it can be continued with wider ones.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Unique states.
    pub states: u64,
    /// Bytes of the visited set and the frontier together.
    pub bytes: u64,
}

impl Limits {
    /// Bytes that a search may take unless told otherwise.
    pub const BYTES: u64 = 1 << 30;

    pub const fn of_states(states: u64) -> Limits {
        Limits { states, bytes: Self::BYTES }
    }
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
    frontier: std::collections::VecDeque<(M::State, u32)>,
    /// States up to this index are at `depth` or above.
    level_end: u32,
    depth: u32,
    expanded: u32,
    found: Option<(&'static str, u32)>,
}

impl<M: Model> Search<M> {
    pub fn new(model: M) -> Self {
        let start = model.start();
        let mut visited = Visited::default();
        visited.insert(model.fingerprint(&start), Link { parent: u32::MAX, nth: 0 });
        let found = model.broken(&start).map(|property| (property, 0));
        Search { model, visited, frontier: [(start, 0)].into(), level_end: 0, depth: 0, expanded: 0, found }
    }

    pub fn model(&self) -> &M {
        &self.model
    }

    pub fn states(&self) -> u64 {
        self.visited.links.len() as u64
    }

    pub fn progress(&self) -> Progress {
        Progress {
            states: self.states(),
            expanded: self.expanded.into(),
            depth: self.depth,
            frontier: self.frontier.len() as u64,
            bytes: self.visited.bytes() as u64,
        }
    }

    /// Expands states until there are none left, a property is broken, or `max_states` are known.
    pub fn run(&mut self, max_states: u64) -> Verdict<M::Move> {
        self.slice(max_states, u32::MAX)
    }

    /// As [`Search::run`], but expands at most so many states now. Unfinished below `max_states`: call it again.
    pub fn slice(&mut self, max_states: u64, expansions: u32) -> Verdict<M::Move> {
        let pause = self.expanded.saturating_add(expansions);
        while self.found.is_none() {
            if self.states() >= max_states || self.expanded >= pause {
                return self.unfinished();
            }
            let Some((state, index)) = self.frontier.pop_front() else {
                return Verdict::Holds { states: self.states(), depth: self.depth };
            };
            if index > self.level_end {
                self.depth += 1;
                self.level_end = self.visited.links.len() as u32 - 1;
            }
            self.expand(&state, index);
        }
        match self.found {
            Some((property, index)) => {
                let path = self.path(index);
                Verdict::Violated { property, path, states: self.states(), depth: self.depth + 1 }
            }
            None => self.unfinished(),
        }
    }

    fn unfinished(&self) -> Verdict<M::Move> {
        Verdict::Unfinished { states: self.states(), depth: self.depth, frontier: self.frontier.len() as u64 }
    }

    fn expand(&mut self, state: &M::State, index: u32) {
        self.expanded += 1;
        let Search { model, visited, frontier, found, .. } = self;
        let mut nth = 0;
        model.each_printed(state, &mut |_, next, print| {
            let link = Link { parent: index, nth };
            nth += 1;
            if found.is_none()
                && let Some(fresh) = visited.insert(print, link)
            {
                *found = model.broken(next).map(|property| (property, fresh));
                frontier.push_back((next.clone(), fresh));
            }
        });
    }

    /// The moves from the start to a state, found by walking the links.
    fn path(&self, index: u32) -> Vec<M::Move> {
        let mut turns = Vec::new();
        let mut at = index;
        while at != 0 {
            let link = self.visited.links[at as usize];
            turns.push(link.nth);
            at = link.parent;
        }
        let mut state = self.model.start();
        let mut path = Vec::new();
        for turn in turns.into_iter().rev() {
            let mut nth = 0;
            let mut taken = None;
            self.model.each_next(&state, &mut |step, next| {
                if nth == turn {
                    taken = Some((step.clone(), next.clone()));
                }
                nth += 1;
            });
            let (step, next) = taken.expect("a link names a move that its parent has");
            path.push(step);
            state = next;
        }
        path
    }
}

#[derive(Clone, Copy, Debug)]
struct Link {
    parent: u32,
    nth: u32,
}

/// Fingerprints in the order in which they were found, and an open-addressing table of their indices.
#[derive(Default, Debug)]
struct Visited {
    prints: Vec<u128>,
    links: Vec<Link>,
    table: Vec<u32>,
}

impl Visited {
    /// The new state's index, or `None` if it is known.
    fn insert(&mut self, print: u128, link: Link) -> Option<u32> {
        if self.prints.len() * 5 >= self.table.len() * 3 {
            self.grow();
        }
        let mask = self.table.len() - 1;
        let mut slot = (print >> 64) as usize & mask;
        while self.table[slot] != 0 {
            if self.prints[self.table[slot] as usize - 1] == print {
                return None;
            }
            slot = (slot + 1) & mask;
        }
        self.prints.push(print);
        self.links.push(link);
        self.table[slot] = self.prints.len() as u32;
        Some(self.prints.len() as u32 - 1)
    }

    fn grow(&mut self) {
        let size = (self.table.len() * 2).max(1 << 10);
        self.table = vec![0; size];
        for (index, print) in self.prints.iter().enumerate() {
            let mut slot = (print >> 64) as usize & (size - 1);
            while self.table[slot] != 0 {
                slot = (slot + 1) & (size - 1);
            }
            self.table[slot] = index as u32 + 1;
        }
    }

    fn bytes(&self) -> usize {
        self.prints.capacity() * 16 + self.links.capacity() * size_of::<Link>() + self.table.capacity() * 4
    }
}
