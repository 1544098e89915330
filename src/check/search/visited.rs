//! The states that are known: a fingerprint each, in the order in which they were found, and how each was reached.
//!
//! Memory is taken in pieces that stay where they are: nothing is copied when it grows, and nothing lies empty but the last
//! piece. The table that finds a fingerprint holds its index alone, with as many bits of its hash as there is room for, and
//! when it grows it is filled again from the fingerprints, in the same memory.
//!
//! States are found parent by parent, so the parents' indices ascend: a bit for each state and one for each parent say it all
//! (a tree by levels as in G. Jacobson, "Space-efficient static trees and graphs", 1989).

/// Fingerprints, slots and lines of the table are counted in pieces of so many.
const PIECE: usize = 1 << 16;
const LINES: usize = PIECE / LINE;
/// Slots in a line: as long as a line of the processor's cache.
const LINE: usize = 16;
/// A step number that stands for itself and all above.
const FAR: u8 = u8::MAX;
/// The most states: indices have 32 bits, and no state has as many successors as are left above.
pub const MOST: u64 = (1 << 32) - (1 << 24);

#[derive(Clone, Copy)]
#[repr(align(64))]
struct Line([u32; LINE]);

const NOTHING: Line = Line([0; LINE]);

pub struct Visited {
    /// Bytes of a fingerprint, 1 to 16.
    width: usize,
    /// Whether an entry has a byte for the step that led there, after its fingerprint.
    steps: bool,
    /// Pieces of entries. Behind the last one there is room to read and write 16 bytes.
    entries: Vec<Vec<u8>>,
    len: u32,
    /// Pieces of lines. A slot is 0 or an index and 1, and above these bits a tag from the hash.
    table: Vec<Vec<Line>>,
    lines: usize,
    index_bits: u32,
    tree: Tree,
}

/// Where a fingerprint that is not known belongs.
#[derive(Clone, Copy)]
pub struct Vacancy {
    line: usize,
    slot: usize,
    tag: u32,
}

impl Visited {
    /// For fingerprints of so many bytes; with a byte for the step that led to each state, or without.
    pub fn new(width: usize, steps: bool) -> Self {
        let mut visited = Visited {
            width: width.clamp(1, 16),
            steps,
            entries: Vec::new(),
            len: 0,
            table: vec![vec![NOTHING; LINES / 64]],
            lines: LINES / 64,
            index_bits: 0,
            tree: Tree::default(),
        };
        visited.index_bits = visited.bits();
        visited
    }

    pub fn len(&self) -> u32 {
        self.len
    }

    fn stride(&self) -> usize {
        self.width + usize::from(self.steps)
    }

    fn bits(&self) -> u32 {
        ((self.lines * LINE) as u64).next_power_of_two().trailing_zeros().min(32)
    }

    fn word(&self, index: u32, at: usize) -> u64 {
        let from = index as usize % PIECE * self.stride() + at;
        let mut word = [0; 8];
        word.copy_from_slice(&self.entries[index as usize / PIECE][from..from + 8]);
        u64::from_le_bytes(word)
    }

    pub fn print(&self, index: u32) -> u128 {
        let low = u128::from(self.word(index, 0));
        let all = if self.width > 8 { u128::from(self.word(index, 8)) << 64 | low } else { low };
        all & (u128::MAX >> (128 - 8 * self.width))
    }

    /// The index of a fingerprint, or where it belongs.
    pub fn find(&self, print: u128) -> Result<u32, Vacancy> {
        let hash = mixed(print);
        let mut line = self.home(hash);
        let indices = u32::MAX >> (32 - self.index_bits);
        let tag = hash as u32 & !indices;
        loop {
            let Line(slots) = &self.table[line / LINES][line % LINES];
            for (slot, kept) in slots.iter().enumerate() {
                if *kept == 0 {
                    return Err(Vacancy { line, slot, tag });
                }
                if (kept ^ tag) & !indices == 0 {
                    let index = (kept & indices) - 1;
                    if self.print(index) == print {
                        return Ok(index);
                    }
                }
            }
            line = if line + 1 == self.lines { 0 } else { line + 1 };
        }
    }

    fn home(&self, hash: u64) -> usize {
        ((u128::from(hash) * self.lines as u128) >> 64) as usize
    }

    /// Adds what [`Visited::find`] has just not found: a successor of the state whose turn it is. `since`: how many steps of that
    /// state lie between it and the one that was added before it. The new state's index.
    pub fn add(&mut self, print: u128, vacancy: Vacancy, since: u32) -> u32 {
        let index = self.len;
        let stride = self.stride();
        self.make_room(index);
        let from = index as usize % PIECE * stride;
        let piece = &mut self.entries[index as usize / PIECE];
        piece[from..from + 16].copy_from_slice(&print.to_le_bytes());
        if self.steps {
            piece[from + self.width] = since.min(FAR.into()) as u8;
        }
        self.len += 1;
        self.tree.child();
        self.table[vacancy.line / LINES][vacancy.line % LINES].0[vacancy.slot] = vacancy.tag | (index + 1);
        if lines(self.len.into()) > self.lines {
            self.grow();
        }
        index
    }

    /// No more successors of the state whose turn it is.
    pub fn next_parent(&mut self) {
        self.tree.next_parent();
    }

    fn make_room(&mut self, index: u32) {
        let (piece, at) = (index as usize / PIECE, index as usize % PIECE);
        if piece == self.entries.len() {
            let room = if piece == 0 { PIECE / 64 } else { PIECE };
            self.entries.push(vec![0; room * self.stride() + 16]);
        } else if (at + 1) * self.stride() + 16 > self.entries[piece].len() {
            // The first piece grows, so that a small search stays small.
            let room = (at * 4).min(PIECE) * self.stride() + 16;
            let kept = &mut self.entries[piece];
            kept.reserve_exact(room - kept.len());
            kept.resize(room, 0);
        }
    }

    /// Indices are put in again in their order: the fingerprints are read one after the other.
    fn grow(&mut self) {
        self.lines = lines(self.len.into());
        self.index_bits = self.bits();
        self.table.iter_mut().for_each(|piece| piece.fill(NOTHING));
        if self.lines < LINES {
            self.table[0] = vec![NOTHING; self.lines];
        } else {
            self.table[0].resize(LINES, NOTHING);
            self.table.resize_with(self.lines / LINES, || vec![NOTHING; LINES]);
        }
        let indices = u32::MAX >> (32 - self.index_bits);
        for index in 0..self.len {
            let hash = mixed(self.print(index));
            let mut line = self.home(hash);
            loop {
                let Line(slots) = &mut self.table[line / LINES][line % LINES];
                if let Some(slot) = slots.iter_mut().find(|slot| **slot == 0) {
                    *slot = (hash as u32 & !indices) | (index + 1);
                    break;
                }
                line = if line + 1 == self.lines { 0 } else { line + 1 };
            }
        }
    }

    /// The state from which this one was found. Not to be asked of the first.
    pub fn parent(&self, index: u32) -> u32 {
        self.tree.parent(index)
    }

    /// The first and the last state that were found from the parent of this one.
    pub fn siblings(&self, index: u32) -> (u32, u32) {
        self.tree.siblings(index)
    }

    /// Whether so many steps of a parent after the state before it this one follows. `None`: it does if its fingerprint says so.
    pub fn follows(&self, index: u32, since: u32) -> Option<bool> {
        let from = index as usize % PIECE * self.stride() + self.width;
        let kept = if self.steps { self.entries[index as usize / PIECE][from] } else { 0 };
        if kept < FAR {
            Some(u32::from(kept) == since)
        } else if since < FAR.into() {
            Some(false)
        } else {
            None
        }
    }

    /// At most so many bytes will be taken by so many states. No less than [`Visited::bytes`] once there are as many.
    pub fn bytes_for(&self, states: u64) -> u64 {
        let piece = PIECE as u64;
        let mut first = piece / 64;
        while first < states.min(piece) {
            first *= 4;
        }
        let others = if states > piece { (states - piece).next_multiple_of(piece) } else { 0 };
        let entries = (first + others) * self.stride() as u64 + 16 * states.div_ceil(piece);
        // Two bits a state and the samples, grown by an eighth.
        let tree = states * 5 / 16 + 2048;
        entries + (lines(states) * size_of::<Line>()) as u64 + tree
    }

    pub fn bytes(&self) -> u64 {
        let entries: usize = self.entries.iter().map(Vec::capacity).sum();
        (entries + self.lines * size_of::<Line>() + self.tree.bytes()) as u64
    }
}

/// Lines of a table of so many states: at most nine slots in ten are taken, and from a piece on at least seven.
fn lines(states: u64) -> usize {
    let needed = (states * 10 / 9) as usize / LINE + 1;
    let mut lines = LINES / 64;
    while lines < needed {
        lines = if lines < LINES { lines * 4 } else { (lines + lines / 4).next_multiple_of(LINES) };
    }
    lines
}

/// Fingerprints may be states written small, which are far from random.
fn mixed(print: u128) -> u64 {
    let folded = (print as u64 ^ 0x9E37_79B9_7F4A_7C15) ^ (print >> 64) as u64;
    let wide = u128::from(folded) * 0xD1B5_4A32_D192_ED03;
    let once = wide as u64 ^ (wide >> 64) as u64;
    once.wrapping_mul(0xA076_1D64_78BD_642F)
}

/// Bits: for each parent in turn a 1 for each of its children, and a 0. The first state has no parent and no bit.
#[derive(Default)]
struct Tree {
    words: Vec<u64>,
    bits: u64,
    ones: u64,
    /// Where the 1 with number 0, `SAMPLE`, … stands.
    samples: Vec<u64>,
}

const SAMPLE: u64 = 512;

impl Tree {
    fn push(&mut self, bit: u64) {
        if self.bits.is_multiple_of(64) {
            spare(&mut self.words);
            self.words.push(0);
        }
        self.words[(self.bits / 64) as usize] |= bit << (self.bits % 64);
        self.bits += 1;
    }

    fn child(&mut self) {
        // The first of all states is nobody's child: its 1 is number 0, and a 0 behind it ends the parent that it lacks.
        if self.ones.is_multiple_of(SAMPLE) {
            spare(&mut self.samples);
            self.samples.push(self.bits);
        }
        self.ones += 1;
        self.push(1);
        if self.ones == 1 {
            self.push(0);
        }
    }

    fn next_parent(&mut self) {
        self.push(0);
    }

    /// Where the 1 of a state stands.
    fn place(&self, index: u32) -> u64 {
        let mut rest = u64::from(index) % SAMPLE;
        let from = self.samples[(u64::from(index) / SAMPLE) as usize];
        let mut at = (from / 64) as usize;
        let mut word = self.words[at] & (u64::MAX << (from % 64));
        while u64::from(word.count_ones()) <= rest {
            rest -= u64::from(word.count_ones());
            at += 1;
            word = self.words[at];
        }
        for _ in 0..rest {
            word &= word - 1;
        }
        at as u64 * 64 + u64::from(word.trailing_zeros())
    }

    fn parent(&self, index: u32) -> u32 {
        // The zeros before it: one for each parent before its own, and the one that ends the first state.
        (self.place(index) - u64::from(index) - 1) as u32
    }

    fn siblings(&self, index: u32) -> (u32, u32) {
        let place = self.place(index);
        let is_one = |at: u64| at < self.bits && self.words[(at / 64) as usize] >> (at % 64) & 1 == 1;
        let before = (1..=place).take_while(|n| is_one(place - n)).count();
        let behind = (1..).take_while(|n| is_one(place + n)).count();
        (index - before as u32, index + behind as u32)
    }

    fn bytes(&self) -> usize {
        (self.words.capacity() + self.samples.capacity()) * size_of::<u64>()
    }
}

/// Room for one more, growing by an eighth: few bits are kept, and most of them would lie empty after a doubling.
fn spare(words: &mut Vec<u64>) {
    if words.len() == words.capacity() {
        words.reserve_exact(words.len() / 8 + 64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn known(visited: &mut Visited, print: u128, since: u32) -> Option<u32> {
        let vacancy = visited.find(print).err()?;
        Some(visited.add(print, vacancy, since))
    }

    /// Against a map, over several pieces, for narrow and wide fingerprints.
    #[test]
    fn it_finds_what_was_added_and_nothing_else() {
        for width in [3, 7, 8, 9, 16] {
            let mut visited = Visited::new(width, width > 8);
            let mut map = BTreeMap::new();
            let mut draw = 1_u128;
            for n in 0..200_000_u32 {
                draw = draw.wrapping_mul(0x2360_ED05_1FC6_5DA4_4385_DF64_9FCC_F645).wrapping_add(1);
                // Half of them are drawn again from among a few.
                let print = (if n % 2 == 0 { draw >> 20 } else { draw >> 112 }) & (u128::MAX >> (128 - 8 * width));
                let fresh = map.len() as u32;
                match map.get(&print) {
                    Some(index) => assert_eq!(visited.find(print).ok(), Some(*index)),
                    None => assert_eq!(known(&mut visited, print, 0), Some(fresh)),
                }
                map.entry(print).or_insert(fresh);
            }
            for (print, index) in &map {
                assert_eq!(visited.find(*print).ok(), Some(*index));
                assert_eq!(visited.print(*index), *print);
            }
            assert_eq!(visited.len() as usize, map.len());
        }
    }

    #[test]
    fn parents_siblings_and_steps_are_as_they_were_added() {
        let mut visited = Visited::new(8, true);
        let (mut parents, mut steps) = (vec![0], vec![0]);
        known(&mut visited, u128::MAX >> 64, 0);
        let mut print = 0;
        for parent in 0..5_000_u32 {
            // 0, 1 or many children, and steps that are far apart.
            let children = if parent.is_multiple_of(97) { 150 } else { parent % 3 };
            for nth in 0..children {
                print += 1;
                let since = if parent == 97 { nth * 7 } else { nth % 5 };
                assert!(known(&mut visited, print, since).is_some());
                parents.push(parent);
                steps.push(since);
            }
            visited.next_parent();
        }
        for index in 1..visited.len() {
            let parent = parents[index as usize];
            assert_eq!(visited.parent(index), parent);
            let first = parents.partition_point(|p| *p < parent).max(1) as u32;
            let last = parents.partition_point(|p| *p <= parent) as u32 - 1;
            assert_eq!(visited.siblings(index), (first, last));
            let since = steps[index as usize];
            assert_eq!(visited.follows(index, since), if since < 255 { Some(true) } else { None });
            assert_eq!(visited.follows(index, since + 1), if since < 255 { Some(false) } else { None });
        }
    }

    #[test]
    fn what_it_takes_is_known_beforehand_and_small() {
        let mut visited = Visited::new(16, true);
        for n in 0..1_000_000_u128 {
            let before = visited.bytes_for(n as u64 + 1);
            known(&mut visited, n * 0x9E37_79B9_7F4A_7C15_F39C_0C29, 1);
            visited.next_parent();
            assert!(visited.bytes() <= before, "{n}: {} is more than {before}", visited.bytes());
        }
        assert!(visited.bytes() < 25 * 1_000_000, "{} bytes", visited.bytes());
    }
}
