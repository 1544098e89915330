//! The states whose turn is still to come. As many are kept as there is room for; the others are found again.
//!
//! Breadth-first order is the order of paths, first by length, then step by step. So the states of one depth follow each other
//! like the leaves of a tree that is walked from left to right, and whoever walks it again from the start needs, beside the
//! path to where he is, only what hangs on the right of that path. Each inner state is expanded once on such a walk.

use super::Model;
use super::visited::Visited;
use std::collections::VecDeque;

/// How often the size of a state is estimated anew: not for each, because that may mean walking through it.
const ESTIMATED: u32 = 64;
/// States whose memory waits for others at most.
const SPARE: usize = 64;
/// States in a piece of the queue.
const PIECE: usize = 256;

/// States that are kept, by their indices, in order. Others between them are not.
pub struct Kept<S> {
    /// In pieces, because a queue in one would be copied whenever it grows, and stay as large as it ever was.
    pieces: VecDeque<VecDeque<(u32, u32, S)>>,
    bytes: u64,
    size: u32,
    sized: u32,
    /// States whose turn is over: what is kept next takes their memory.
    spare: Vec<S>,
    /// A piece that is empty.
    idle: Option<VecDeque<(u32, u32, S)>>,
}

impl<S> Kept<S> {
    pub fn new() -> Self {
        Kept { pieces: VecDeque::new(), bytes: 0, size: 0, sized: 0, spare: Vec::new(), idle: None }
    }

    /// Bytes of all that are kept.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// About what one state takes, 0 if none has been seen.
    pub fn size(&self) -> u64 {
        self.size.into()
    }

    /// Keeps a copy, if all that are kept then take at most so many bytes.
    pub fn offer<M: Model<State = S>>(&mut self, model: &M, index: u32, state: &S, most: u64)
    where
        S: Clone,
    {
        if self.estimate(model, state, most) {
            let spare = self.spare.pop();
            self.push(index, model.copied(state, spare));
        }
    }

    /// Takes a state whose turn is over.
    pub fn recycle(&mut self, state: S) {
        if self.spare.len() < SPARE {
            self.spare.push(state);
        }
    }

    /// As [`Kept::offer`], for who has no use for the state any more.
    pub fn give<M: Model<State = S>>(&mut self, model: &M, index: u32, state: S, most: u64) {
        if self.estimate(model, &state, most) {
            self.push(index, state);
        }
    }

    /// Whether there is room for one more.
    fn estimate<M: Model<State = S>>(&mut self, model: &M, state: &S, most: u64) -> bool {
        if self.sized.is_multiple_of(ESTIMATED) {
            let beside = size_of::<(u32, u32, S)>() - size_of::<S>();
            let size = u32::try_from(model.bytes(state) + beside).unwrap_or(u32::MAX);
            // The mean of the latest ones, or a large one at once: better too few are kept than too many.
            self.size = size.max((u64::from(self.size) * 7 / 8 + u64::from(size) / 8) as u32);
        }
        self.sized = self.sized.wrapping_add(1);
        self.bytes + u64::from(self.size) <= most
    }

    fn push(&mut self, index: u32, state: S) {
        if self.pieces.back().is_none_or(|piece| piece.len() == PIECE) {
            let piece = self.idle.take().unwrap_or_else(|| VecDeque::with_capacity(PIECE));
            self.pieces.push_back(piece);
        }
        if let Some(piece) = self.pieces.back_mut() {
            piece.push_back((index, self.size, state));
            self.bytes += u64::from(self.size);
        }
    }

    /// Drops the last ones until those that are left take at most so many bytes.
    pub fn shrink(&mut self, most: u64) {
        while self.bytes > most {
            let Some(piece) = self.pieces.back_mut() else { return };
            match piece.pop_back() {
                Some((_, size, _)) => self.bytes -= u64::from(size),
                None => drop(self.pieces.pop_back()),
            }
        }
    }

    /// Takes the state with this index, if it is the first one.
    pub fn take(&mut self, index: u32) -> Option<S> {
        while self.pieces.front().is_some_and(VecDeque::is_empty) {
            self.idle = self.pieces.pop_front();
        }
        let piece = self.pieces.front_mut()?;
        if piece.front()?.0 != index {
            return None;
        }
        let (_, size, state) = piece.pop_front()?;
        self.bytes -= u64::from(size);
        Some(state)
    }

    /// Puts back what was taken, the last one first.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn put_back(&mut self, index: u32, state: S) {
        if self.pieces.front().is_none_or(|piece| piece.len() == PIECE) {
            self.pieces.push_front(VecDeque::with_capacity(PIECE));
        }
        if let Some(piece) = self.pieces.front_mut() {
            piece.push_front((index, self.size, state));
            self.bytes += u64::from(self.size);
        }
    }
}

/// A walk from the start through the states that have been found. For each depth: siblings, the one on the path first.
pub struct Walk<S> {
    levels: Vec<VecDeque<(u32, S)>>,
    /// States beyond the path itself are dropped when there are more than this.
    most: usize,
}

impl<S: Clone> Walk<S> {
    pub fn new() -> Self {
        Walk { levels: Vec::new(), most: usize::MAX }
    }

    /// Holds at most about so many states, or the path alone if that is longer.
    pub fn limit(&mut self, most: usize) {
        self.most = most;
    }

    /// How many states it holds.
    pub fn len(&self) -> usize {
        self.levels.iter().map(VecDeque::len).sum()
    }

    /// Finds a state again. Cheap if it is the next one at this depth that is not kept.
    pub fn find<M: Model<State = S>>(&mut self, model: &M, visited: &Visited, index: u32, depth: u32) -> S {
        // Up to the nearest state that the walk passes anyway.
        let mut missing = Vec::new();
        let mut at = index;
        let mut level = depth as usize;
        while !self.has(level, at) {
            if level == 0 {
                self.levels = vec![[(0, model.start())].into()];
                break;
            }
            missing.push(at);
            at = visited.parent(at);
            level -= 1;
        }
        self.levels.truncate(level + 1);
        self.lead(level, at);
        while let Some(child) = missing.pop() {
            let found = self.levels.last().and_then(|level| level.front());
            let siblings = found.map(|(_, parent)| children(model, visited, parent, child));
            self.levels.push(siblings.unwrap_or_default());
        }
        if self.len() > self.most {
            // Those near the start are asked for least often.
            self.levels.iter_mut().for_each(|level| level.truncate(1));
        }
        let found = self.levels.last_mut().and_then(VecDeque::pop_front);
        found.expect("a state follows again from the one from which it was found").1
    }

    fn has(&self, level: usize, index: u32) -> bool {
        let ends = self.levels.get(level).and_then(|level| Some((level.front()?.0, level.back()?.0)));
        ends.is_some_and(|(first, last)| (first..=last).contains(&index))
    }

    /// Leaves behind those of a level that come before a state.
    fn lead(&mut self, level: usize, index: u32) {
        let level = &mut self.levels[level];
        while level.front().is_some_and(|(first, _)| *first < index) {
            level.pop_front();
        }
    }
}

/// This child of a state and those that were found from the state after it.
fn children<M: Model>(model: &M, visited: &Visited, parent: &M::State, child: u32) -> VecDeque<(u32, M::State)> {
    let (first, last) = visited.siblings(child);
    let mut found = VecDeque::new();
    let mut wanted = first;
    let mut since = 0;
    model.each_next(parent, &mut |_, next| {
        if wanted > last {
            return;
        }
        let follows = visited.follows(wanted, since);
        if !follows.unwrap_or_else(|| model.fingerprint(next) == visited.print(wanted)) {
            since += 1;
            return;
        }
        if wanted >= child {
            found.push_back((wanted, next.clone()));
        }
        (wanted, since) = (wanted + 1, 0);
    });
    found
}
