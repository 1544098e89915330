//! A list of keys placed on nodes, and what moves from one placement to another: a few keys at a time, since a page that
//! places 100,000 has to draw meanwhile.

use super::bounded::Filling;
use super::keys::{Keys, Positions, VALUE_BYTES};
use super::shares::{Change, Movement};
use super::zones::Zones;
use super::{Hashed, KeyHash, Member, Placement};
use std::collections::BTreeMap;
use std::sync::Arc;

/// No node.
const NONE: u32 = u32::MAX;

/// Which nodes keep which keys of a list. Nodes are indices into the members.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Assignment {
    members: Vec<Member>,
    /// Places a key: copies that were asked for, or members if there are fewer.
    copies: usize,
    /// The nodes of each key, its owner first, [`NONE`] where there is none.
    nodes: Vec<u32>,
    placed: usize,
    loads: Vec<u32>,
    kept: Vec<u32>,
}

impl Assignment {
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// Nodes that a key can have: the copies that were asked for, or the members if there are fewer.
    pub fn copies(&self) -> usize {
        self.copies
    }

    /// Keys that are placed yet.
    pub fn len(&self) -> usize {
        self.placed
    }

    pub fn is_empty(&self) -> bool {
        self.placed == 0
    }

    /// Keys of the list.
    pub fn all(&self) -> usize {
        self.nodes.len() / self.copies
    }

    /// The node that owns the key of this index in the list; `None` if none does, or if it is not placed yet.
    pub fn owner(&self, key: usize) -> Option<usize> {
        self.nodes.get(key * self.copies).copied().and_then(node)
    }

    /// The nodes that keep the key of this index in the list, the owner first.
    pub fn nodes(&self, key: usize) -> impl Iterator<Item = usize> + Clone {
        let places = self.nodes.get(key * self.copies..(key + 1) * self.copies).unwrap_or_default();
        places.iter().copied().map_while(node)
    }

    /// For each member the keys that it owns.
    pub fn loads(&self) -> &[u32] {
        &self.loads
    }

    /// For each member the keys of which it keeps a copy, its own included.
    pub fn kept(&self) -> &[u32] {
        &self.kept
    }

    /// Placed keys that nobody owns.
    pub fn lost(&self) -> usize {
        self.placed - self.loads.iter().map(|&load| load as usize).sum::<usize>()
    }

    fn put(&mut self, key: usize, nodes: &[usize]) {
        if let Some(&owner) = nodes.first() {
            self.loads[owner] += 1;
        }
        let places = &mut self.nodes[key * self.copies..(key + 1) * self.copies];
        for (place, (to, &node)) in places.iter_mut().zip(nodes).enumerate() {
            *to = node as u32;
            self.kept[node] += u32::from(!nodes[..place].contains(&node));
        }
        self.placed += 1;
    }
}

fn node(place: u32) -> Option<usize> {
    (place != NONE).then_some(place as usize)
}

/// Placing a list of keys: in the order of the list, or by position where loads are bounded.
pub struct Assigning {
    placement: Arc<dyn Placement>,
    keys: Arc<Keys>,
    positions: Option<Arc<Positions>>,
    before: Option<(Arc<dyn Placement>, Arc<Assignment>)>,
    /// Copies go to distinct zones while there are any.
    zones: Option<Zones>,
    bounded: Option<InTurn>,
    done: Assignment,
    scratch: Vec<usize>,
}

impl Assigning {
    /// `copies` of each key, the owner's included; 0 counts as 1. With `zones` they go to distinct zones first: see
    /// [`Zones::replicas`]. A bound holds for the keys that a node owns; the copies follow by preference.
    pub fn new(placement: Arc<dyn Placement>, keys: Arc<Keys>, copies: usize, zones: bool) -> Assigning {
        let members = placement.members().to_vec();
        let (copies, count) = (copies.min(members.len()).max(1), members.len());
        let zones = (zones && copies > 1).then(|| Zones::new(&members));
        let filling = placement.bound().map(|bound| Filling::new(&members, bound, keys.len() as u64));
        let bounded = filling.map(|filling| InTurn { filling, at: Vec::new(), turns: None });
        let nodes = vec![NONE; keys.len() * copies];
        let done = Assignment { members, copies, nodes, placed: 0, loads: vec![0; count], kept: vec![0; count] };
        Assigning { placement, keys, positions: None, before: None, zones, bounded, done, scratch: Vec::new() }
    }

    /// Takes the keys' positions from here, as far as they are known, instead of hashing the keys again. They are those
    /// of the same list; of another hash they are not used.
    #[must_use]
    pub fn with_positions(self, positions: Arc<Positions>) -> Assigning {
        let fits = positions.hash() == self.placement.hash();
        Assigning { positions: fits.then_some(positions), ..self }
    }

    /// Finds owners from those before a change where that is sooner (see [`Placement::after`]): the same result.
    /// `assignment` is of the same list, under `placement`, and done.
    #[must_use]
    pub fn from_before(self, placement: Arc<dyn Placement>, assignment: Arc<Assignment>) -> Assigning {
        let fits = assignment.len() == self.keys.len() && placement.bound().is_none();
        Assigning { before: fits.then_some((placement, assignment)), ..self }
    }

    /// All keys at once.
    pub fn all(placement: Arc<dyn Placement>, keys: Arc<Keys>, copies: usize, zones: bool) -> Assignment {
        let mut assigning = Assigning::new(placement, keys, copies, zones);
        while !assigning.slice(usize::MAX) {}
        assigning.done
    }

    /// Places at most so many keys, or hashes so many first where all positions have to be known; true when none is left.
    pub fn slice(&mut self, most: usize) -> bool {
        if self.is_done() {
            return true;
        }
        let most = most.min(self.done.all());
        let known = self.positions.as_deref().map_or(&[][..], Positions::at);
        match &mut self.bounded {
            None => {
                let from = self.done.placed;
                let before = self.before.as_ref().filter(|_| self.done.copies == 1);
                let after = before.map(|(placement, assignment)| (self.placement.after(&**placement), assignment));
                for index in from..self.done.all().min(from + most) {
                    let key = hashed(&self.keys, index, known, self.placement.hash());
                    self.scratch.clear();
                    match &after {
                        Some((owner, assignment)) => self.scratch.extend(owner(key, assignment.owner(index))),
                        None => nodes_of(&*self.placement, &self.zones, key, self.done.copies, &mut self.scratch),
                    }
                    self.done.put(index, &self.scratch);
                }
            }
            Some(bounded) => {
                let left = bounded.learn(&self.keys, known, self.placement.hash(), most);
                for _ in 0..left {
                    let Some((index, at)) = bounded.next(&self.keys) else { break };
                    let key = Hashed { key: self.keys.get(index).as_bytes(), at };
                    self.scratch.clear();
                    if let Some(owner) = bounded.filling.place(&*self.placement, key) {
                        let led = Led { placement: &*self.placement, owner };
                        nodes_of(&led, &self.zones, key, self.done.copies, &mut self.scratch);
                    }
                    self.done.put(index, &self.scratch);
                }
            }
        }
        self.is_done()
    }

    pub fn is_done(&self) -> bool {
        self.done.placed >= self.done.all()
    }

    pub fn keys(&self) -> &Arc<Keys> {
        &self.keys
    }

    pub fn placement(&self) -> &Arc<dyn Placement> {
        &self.placement
    }

    /// The most keys that each member may own, where loads are bounded.
    pub fn capacities(&self) -> Option<&[u64]> {
        self.bounded.as_ref().map(|bounded| bounded.filling.capacities())
    }

    /// The keys that are placed yet.
    pub fn so_far(&self) -> &Assignment {
        &self.done
    }

    /// The assignment; of some keys only if it is not done.
    pub fn finish(self) -> Assignment {
        self.done
    }
}

fn hashed<'k>(keys: &'k Keys, index: usize, known: &[u64], hash: KeyHash) -> Hashed<'k> {
    let key = keys.get(index).as_bytes();
    Hashed { key, at: known.get(index).copied().unwrap_or_else(|| hash.position(key)) }
}

fn nodes_of(placement: &dyn Placement, zones: &Option<Zones>, key: Hashed<'_>, copies: usize, nodes: &mut Vec<usize>) {
    match zones {
        _ if copies == 1 => nodes.extend(placement.owner_of(key)),
        Some(zones) => zones.replicas(placement, key, copies, nodes),
        None => placement.replicas_of(key, copies, nodes),
    }
}

/// The keys of a list by (position, bytes, place in the list), in which order a bound is filled.
struct InTurn {
    filling: Filling,
    /// Positions of the keys so far.
    at: Vec<u64>,
    turns: Option<Turns>,
}

/// Keys in buckets by their highest bits, so that no step has to sort the whole list.
struct Turns {
    /// Indices of keys, bucket by bucket; in order up to `sorted`.
    order: Vec<u32>,
    /// Where each bucket ends.
    ends: Vec<usize>,
    bucket: usize,
    sorted: usize,
    next: usize,
}

const BUCKET_BITS: u32 = 12;

impl InTurn {
    /// Hashes at most so many keys; returns how many steps are left over.
    fn learn(&mut self, keys: &Keys, known: &[u64], hash: KeyHash, most: usize) -> usize {
        let from = self.at.len();
        let to = keys.len().min(from + most);
        self.at.extend((from..to).map(|index| hashed(keys, index, known, hash).at));
        if to == keys.len() && self.turns.is_none() {
            self.turns = Some(Turns::new(&self.at));
        }
        most - (to - from)
    }

    /// The next key and its position.
    fn next(&mut self, keys: &Keys) -> Option<(usize, u64)> {
        let turns = self.turns.as_mut()?;
        while turns.next >= turns.sorted {
            let end = *turns.ends.get(turns.bucket)?;
            let by = |&key: &u32| (self.at[key as usize], keys.get(key as usize).as_bytes(), key);
            turns.order[turns.sorted..end].sort_unstable_by(|a, b| by(a).cmp(&by(b)));
            (turns.sorted, turns.bucket) = (end, turns.bucket + 1);
        }
        let key = *turns.order.get(turns.next)? as usize;
        turns.next += 1;
        Some((key, self.at[key]))
    }
}

impl Turns {
    fn new(at: &[u64]) -> Turns {
        let bucket = |at: u64| (at >> (64 - BUCKET_BITS)) as usize;
        let mut ends = vec![0; 1 << BUCKET_BITS];
        at.iter().for_each(|&at| ends[bucket(at)] += 1);
        let mut sum = 0;
        let mut starts = Vec::with_capacity(ends.len());
        for end in &mut ends {
            starts.push(sum);
            sum += *end;
            *end = sum;
        }
        let mut order = vec![0; at.len()];
        for (key, &at) in at.iter().enumerate() {
            let start = &mut starts[bucket(at)];
            order[*start] = key as u32;
            *start += 1;
        }
        Turns { order, ends, bucket: 0, sorted: 0, next: 0 }
    }
}

/// A placement with another owner for the present key: the one that had room.
struct Led<'p> {
    placement: &'p dyn Placement,
    owner: usize,
}

impl Placement for Led<'_> {
    fn members(&self) -> &[Member] {
        self.placement.members()
    }

    fn hash(&self) -> KeyHash {
        self.placement.hash()
    }

    fn owner_of(&self, _: Hashed<'_>) -> Option<usize> {
        Some(self.owner)
    }

    fn visit(&self, key: Hashed<'_>, take: &mut dyn FnMut(usize) -> bool) {
        if !take(self.owner) {
            self.placement.visit(key, &mut |node| node != self.owner && take(node));
        }
    }
}

/// A key with a new owner. Each node is an index into the members of its own assignment.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Moved {
    pub from: Option<usize>,
    pub to: Option<usize>,
    /// Its old owner lost no weight and its new owner gained none.
    pub needless: bool,
}

/// What moves from one assignment of a list to another, worked out a few keys at a time. Nodes are the same if their names
/// are.
pub struct Moves {
    keys: Arc<Keys>,
    before: Arc<Assignment>,
    after: Arc<Assignment>,
    change: Change,
    next: usize,
    movement: Movement,
    copies: u64,
    bytes: u64,
    pairs: BTreeMap<(u32, u32), u32>,
}

impl Moves {
    /// Both are assignments of all these keys; keys that one of them has not placed have no owner there.
    pub fn new(keys: Arc<Keys>, before: Arc<Assignment>, after: Arc<Assignment>) -> Moves {
        let change = Change::between(before.members(), after.members());
        let (movement, pairs) = (Movement::default(), BTreeMap::new());
        Moves { keys, before, after, change, next: 0, movement, copies: 0, bytes: 0, pairs }
    }

    /// All keys at once.
    pub fn all(keys: Arc<Keys>, before: Arc<Assignment>, after: Arc<Assignment>) -> Moves {
        let mut moves = Moves::new(keys, before, after);
        moves.slice(usize::MAX);
        moves
    }

    /// Compares at most so many keys; true when none is left.
    pub fn slice(&mut self, most: usize) -> bool {
        let to = self.keys.len().min(self.next.saturating_add(most));
        for key in self.next..to {
            let (old, new) = (self.before.owner(key), self.after.owner(key));
            self.change.count(&mut self.movement, 1, old, new);
            if self.change.moves(old, new) {
                *self.pairs.entry((place(old), place(new))).or_insert(0) += 1;
            }
            let fresh = self.fresh(key).count() as u64;
            self.copies += fresh;
            self.bytes += fresh * (self.keys.get(key).len() as u64 + VALUE_BYTES);
        }
        self.next = to;
        self.is_done()
    }

    pub fn is_done(&self) -> bool {
        self.next >= self.keys.len()
    }

    pub fn keys(&self) -> &Arc<Keys> {
        &self.keys
    }

    pub fn before(&self) -> &Arc<Assignment> {
        &self.before
    }

    pub fn after(&self) -> &Arc<Assignment> {
        &self.after
    }

    /// Keys compared so far, those of them with a new owner, and those that moved needlessly.
    pub fn movement(&self) -> Movement {
        self.movement
    }

    /// Copies that some node has to get, because it did not keep the key before. More than keys with a new owner where
    /// replicas move too, fewer where a replica becomes the owner.
    pub fn copies(&self) -> u64 {
        self.copies
    }

    /// What these copies weigh: the key, and [`VALUE_BYTES`] for its value.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// How many keys went from which node to which, ascending; only pairs that have any.
    pub fn pairs(&self) -> impl Iterator<Item = ((Option<usize>, Option<usize>), u32)> + '_ {
        self.pairs.iter().map(|(&(from, to), &keys)| ((node(from), node(to)), keys))
    }

    /// The key of this index in the list, if it has a new owner.
    pub fn moved(&self, key: usize) -> Option<Moved> {
        let (from, to) = (self.before.owner(key), self.after.owner(key));
        self.change.moves(from, to).then(|| Moved { from, to, needless: self.change.needless(from, to) })
    }

    /// The nodes after that have to get a copy of the key.
    pub fn fresh(&self, key: usize) -> impl Iterator<Item = usize> {
        let had = self.before.nodes(key).map(|node| self.change.index_after(node));
        let new = self.after.nodes(key).enumerate();
        // A mistake may put two copies on one node: it needs one.
        let new = new.filter(move |&(place, node)| self.after.nodes(key).take(place).all(|earlier| earlier != node));
        new.map(|(_, node)| node).filter(move |&node| had.clone().all(|had| had != Some(node)))
    }
}

fn place(node: Option<usize>) -> u32 {
    node.map_or(NONE, |node| node as u32)
}
