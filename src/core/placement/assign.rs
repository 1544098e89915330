//! A list of keys placed on nodes, and what moves from one placement to another: a few keys at a time, since a page that
//! places 100,000 has to draw meanwhile.

use super::keys::{Keys, Positions, VALUE_BYTES};
use super::shares::{Change, Movement};
use super::{Hashed, Member, Placement};
use crate::core::map::Map;
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

    /// Keys that are placed: the first so many of the list.
    pub fn len(&self) -> usize {
        self.nodes.len() / self.copies
    }

    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
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

    /// Keys that nobody owns.
    pub fn lost(&self) -> usize {
        self.len() - self.loads.iter().map(|&load| load as usize).sum::<usize>()
    }

    fn push(&mut self, nodes: &[usize]) {
        if let Some(&owner) = nodes.first() {
            self.loads[owner] += 1;
        }
        for place in 0..self.copies {
            let node = nodes.get(place).copied();
            self.nodes.push(node.map_or(NONE, |node| node as u32));
            if let Some(node) = node
                && !nodes[..place].contains(&node)
            {
                self.kept[node] += 1;
            }
        }
    }
}

fn node(place: u32) -> Option<usize> {
    (place != NONE).then_some(place as usize)
}

/// Placing a list of keys, in the order of the list.
pub struct Assigning {
    placement: Arc<dyn Placement>,
    keys: Arc<Keys>,
    positions: Option<Arc<Positions>>,
    /// Copies go to distinct zones while there are any.
    zones: Option<Zones>,
    done: Assignment,
    scratch: Vec<usize>,
}

impl Assigning {
    /// `copies` of each key, the owner's included; 0 counts as 1. With `zones` they go to distinct zones first: see
    /// [`Zones::spread`].
    pub fn new(placement: Arc<dyn Placement>, keys: Arc<Keys>, copies: usize, zones: bool) -> Assigning {
        let members = placement.members().to_vec();
        let (copies, count) = (copies.min(members.len()).max(1), members.len());
        let zones = (zones && copies > 1).then(|| Zones::of(&members));
        let nodes = Vec::with_capacity(keys.len() * copies);
        let done = Assignment { members, copies, nodes, loads: vec![0; count], kept: vec![0; count] };
        Assigning { placement, keys, positions: None, zones, done, scratch: Vec::new() }
    }

    /// Takes the keys' positions from here, as far as they are known, instead of hashing the keys again. They are those
    /// of the same list; of another hash they are not used.
    #[must_use]
    pub fn with_positions(self, positions: Arc<Positions>) -> Assigning {
        let fits = positions.hash() == self.placement.hash();
        Assigning { positions: fits.then_some(positions), ..self }
    }

    /// All keys at once.
    pub fn all(placement: Arc<dyn Placement>, keys: Arc<Keys>, copies: usize, zones: bool) -> Assignment {
        let mut assigning = Assigning::new(placement, keys, copies, zones);
        assigning.slice(usize::MAX);
        assigning.done
    }

    /// Places at most so many keys; true when none is left.
    pub fn slice(&mut self, most: usize) -> bool {
        let from = self.done.len();
        let to = self.keys.len().min(from.saturating_add(most));
        let mut nodes = std::mem::take(&mut self.scratch);
        for index in from..to {
            let key = self.keys.get(index).as_bytes();
            let known = self.positions.as_ref().and_then(|positions| positions.at().get(index).copied());
            let at = known.unwrap_or_else(|| self.placement.hash().position(key));
            let hashed = Hashed { key, at };
            match &mut self.zones {
                Some(zones) => zones.spread(&*self.placement, hashed, self.done.copies, &mut nodes),
                None if self.done.copies == 1 => {
                    nodes.clear();
                    nodes.extend(self.placement.owner_of(hashed));
                }
                None => self.placement.replicas_of(hashed, self.done.copies, &mut nodes),
            }
            self.done.push(&nodes);
        }
        self.scratch = nodes;
        self.is_done()
    }

    pub fn is_done(&self) -> bool {
        self.done.len() >= self.keys.len()
    }

    pub fn keys(&self) -> &Arc<Keys> {
        &self.keys
    }

    pub fn placement(&self) -> &Arc<dyn Placement> {
        &self.placement
    }

    /// The keys that are placed yet.
    pub fn so_far(&self) -> &Assignment {
        &self.done
    }

    /// The assignment; of the first keys only if it is not done.
    pub fn finish(self) -> Assignment {
        self.done
    }
}

/// Which members fail together.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Zones {
    /// For each member the number of its zone. A member without a zone has one of its own.
    zone: Vec<usize>,
    count: usize,
    /// For each zone whether the present key has a copy there.
    used: Vec<bool>,
    /// Nodes whose zone had a copy already, in order of preference.
    skipped: Vec<usize>,
}

impl Zones {
    pub fn of(members: &[Member]) -> Zones {
        let mut numbers = Map::<&str, usize>::new();
        let mut count = 0;
        let mut zone = Vec::with_capacity(members.len());
        for member in members {
            let known = numbers.get(&member.zone.as_str()).copied();
            let number = known.unwrap_or(count);
            count += usize::from(known.is_none());
            if !member.zone.is_empty() {
                numbers.insert(member.zone.as_str(), number);
            }
            zone.push(number);
        }
        Zones { zone, count, used: vec![false; count], skipped: Vec::new() }
    }

    pub fn count(&self) -> usize {
        self.count
    }

    /// Puts the nodes of `copies` copies of the key into `out`, the owner first. A node in a zone that has a copy is
    /// skipped while another zone remains; when every zone has one, the skipped nodes follow in order of preference.
    pub fn spread(&mut self, placement: &dyn Placement, key: Hashed<'_>, copies: usize, out: &mut Vec<usize>) {
        out.clear();
        self.skipped.clear();
        let apart = copies.min(self.count);
        if apart == 0 {
            return;
        }
        placement.visit(key, &mut |node| {
            match self.zone.get(node) {
                Some(&zone) if out.len() < apart && !self.used[zone] => {
                    self.used[zone] = true;
                    out.push(node);
                }
                _ => self.skipped.push(node),
            }
            // Those that come later are less preferred than the ones that were skipped.
            out.len() >= apart && out.len() + self.skipped.len() >= copies
        });
        for &node in out.iter() {
            self.used[self.zone[node]] = false;
        }
        out.extend(self.skipped.iter().copied().take(copies.saturating_sub(out.len())));
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
