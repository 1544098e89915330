//! The fingerprints of a state and of all that follows from it.
//!
//! A move changes one node at most. So a fingerprint is made of those of the parts, and what a move leaves alone is not hashed
//! again: the prints of the nodes go with the state from one to the next, those of messages and timers serve all moves of one. The
//! order in which messages and timers lie follows from what they are, names included; their prints are added up, so that under
//! other names nothing has to be sorted anew. Only in a channel that keeps its order does the order count.

use super::desk::Change;
use super::model::Checked;
use super::symmetry::{Orbits, marks};
use crate::core::cluster::{Armed, Cluster, Flight, Node};
use crate::core::hash::{Packed, packed as wide};
use crate::core::protocol::{NodeId, Order, Protocol};
use crate::core::symmetry::{self, Renaming, Symmetry};
use std::hash::{Hash, Hasher};

/// Prints of a state's parts, which go with it from one state to the next: for each node what it holds in memory and its log,
/// behind them the history, and behind that, if they are known, all timers and all messages in their order. 0: not known.
#[derive(Clone, Default, Debug)]
pub struct Known(Vec<u128>);

/// The place of a part's print.
pub fn memory_of(node: usize) -> usize {
    2 * node
}

pub fn log_of(node: usize) -> usize {
    2 * node + 1
}

pub fn history_of<P: Protocol>(cluster: &Cluster<P>) -> usize {
    2 * cluster.nodes.len()
}

impl Known {
    #[inline]
    pub fn get(&self, part: usize) -> u128 {
        self.0.get(part).copied().unwrap_or(0)
    }

    /// What was known before.
    #[inline]
    pub fn set(&mut self, part: usize, print: u128) -> u128 {
        self.0.get_mut(part).map_or(0, |known| std::mem::replace(known, print))
    }

    /// Whether a part is known to be that of another state.
    #[inline]
    pub fn same(&self, other: &Known, part: usize) -> bool {
        self.get(part) != 0 && self.get(part) == other.get(part)
    }

    /// Timers and messages change.
    pub fn forget_what_moves(&mut self, history: usize) {
        self.0.truncate(history + 1);
    }

    pub fn become_like(&mut self, other: &Known) {
        self.0.clone_from(&other.0);
    }

    /// What it takes beside itself.
    pub fn bytes(&self) -> usize {
        self.0.capacity() * size_of::<u128>()
    }
}

fn once(prints: &mut [u128], at: usize, fresh: impl Fn() -> u128) -> u128 {
    if prints[at] == 0 {
        prints[at] = fresh();
    }
    // One print in 64: to look at all takes longer than to search without them.
    debug_assert!(!prints[at].is_multiple_of(64) || prints[at] == fresh(), "a part has changed since it was printed");
    prints[at]
}

/// The place of an item from `next` on, which is then behind it.
fn follows<T>(items: &[T], next: &mut usize, wanted: impl Fn(&T) -> bool) -> Option<usize> {
    let at = *next + items[*next..].iter().position(wanted)?;
    *next = at + 1;
    Some(at)
}

/// Prints one state, or all that follow from it.
pub struct Printer<'a, P: Protocol> {
    p: &'a P,
    with_time: bool,
    orbits: Option<&'a Orbits<P>>,
    /// What is known of the parts of the state from which they follow under each renaming, in the order of the orbits'.
    parts: Vec<Parts>,
}

/// What is known of a state's parts under one renaming.
#[derive(Default)]
pub struct Parts {
    /// Under the nodes' own names, which the first renaming leaves, this lies beside the state.
    known: Known,
    /// In the order of the cluster's timers.
    timers: Vec<u128>,
    /// In the order of the cluster's messages.
    flights: Vec<u128>,
}

impl<'a, P: Protocol> Printer<'a, P> {
    /// `parts`: memory from before.
    pub fn new(p: &'a P, with_time: bool, orbits: Option<&'a Orbits<P>>, mut parts: Vec<Parts>) -> Self {
        for Parts { known, timers, flights } in &mut parts {
            known.0.clear();
            timers.clear();
            flights.clear();
        }
        parts.resize_with(orbits.map_or(1, |orbits| orbits.all.len()), Parts::default);
        Printer { p, with_time, orbits, parts }
    }

    /// All that is printed next follows from this state, of which something may be known.
    pub fn begin(&mut self, state: &Checked<P>) {
        let Cluster { timers, flights, .. } = &state.cluster;
        let moving = state.known.0.get(history_of(&state.cluster) + 1..).unwrap_or_default();
        if let Some((timers, flights)) = moving.split_at_checked(timers.len()).filter(|(_, f)| f.len() == flights.len())
        {
            self.parts[0].timers.extend_from_slice(timers);
            self.parts[0].flights.extend_from_slice(flights);
        }
    }

    /// Leaves with the state what is known of it now, and the memory for the next printer.
    pub fn end(self, state: &mut Checked<P>) -> Vec<Parts> {
        state.known.forget_what_moves(history_of(&state.cluster));
        state.known.0.extend(self.parts[0].timers.iter().chain(&self.parts[0].flights));
        self.parts
    }

    /// The state's own fingerprint: with interchangeable nodes the least that it has under their names.
    pub fn print(&mut self, state: &Checked<P>) -> u128 {
        let Cluster { timers, flights, .. } = &state.cluster;
        self.least(state, &mut Known::default(), &Change { node: None, ghost: false, timers, flights })
    }

    /// The fingerprint of a state that follows by a move which changed this.
    pub fn after(&mut self, next: &mut Checked<P>, change: &Change<'_, P>) -> u128 {
        let mut known = std::mem::take(&mut next.known);
        let print = self.least(next, &mut known, change);
        next.known = known;
        print
    }

    fn least(&mut self, now: &Checked<P>, known: &mut Known, change: &Change<'_, P>) -> u128 {
        let Some(orbits) = self.orbits else { return self.of(now, known, change, 0, None) };
        let marks = marks(&now.cluster, self.with_time);
        let ordered = orbits.all.iter().enumerate().filter(|(_, names)| orbits.ordered(names, &marks));
        let prints = ordered.map(|(nth, names)| {
            // The first renaming changes nothing.
            self.of(now, known, change, nth, (nth > 0).then_some((&orbits.symmetry, names)))
        });
        prints.min().expect("some order of the marks is ascending")
    }

    fn of(
        &mut self,
        now: &Checked<P>,
        own: &mut Known,
        change: &Change<'_, P>,
        nth: usize,
        names: Names<'_, P>,
    ) -> u128 {
        let Printer { p, with_time, ref mut parts, .. } = *self;
        let Parts { known: others, timers: timers_known, flights: flights_known } = &mut parts[nth];
        let cluster = &now.cluster;
        let mut hasher = Packed::default();

        let known = if nth == 0 { own } else { others };
        let history = history_of(cluster);
        known.0.resize(history + 1, 0);
        // Each print says what it is of, so that their sum says it all. What changes is known of the state itself, which has
        // room for it, and under other names of the one that all follow from.
        let mut sum = 0_u128;
        for part in 0..=history {
            let id = NodeId((part / 2) as u16);
            let name = names.map_or(id, |(_, names)| names.of(id));
            let fresh = || match part {
                _ if part == history => ghost(p, &now.ghost, names),
                _ if part == log_of(id.0.into()) => log(p, empty(name), &cluster.node(id).log, names),
                _ => memory(p, name, cluster.node(id), names),
            };
            let changed = if part == history { change.ghost } else { change.node == Some(id) };
            let print = if nth > 0 && changed { fresh() } else { once(&mut known.0, part, fresh) };
            sum = sum.wrapping_add(print);
        }
        hasher.write_u128(sum);

        let old = change.timers;
        timers_known.resize(old.len(), 0);
        // What is left of them lies in the order in which it lay.
        let mut next = 0;
        let timers = cluster.timers.iter().map(|t| {
            let same =
                |was: &Armed<P>| (was.node, was.due, was.left) == (t.node, t.due, t.left) && was.timer == t.timer;
            let fresh = || timer(p, t, with_time, names);
            let print = follows(old, &mut next, same).map_or_else(fresh, |at| once(timers_known, at, fresh));
            known.0.push(print);
            print
        });
        hasher.write_u128(timers.fold(0, u128::wrapping_add));

        let old = change.flights;
        flights_known.resize(old.len(), 0);
        let (mut sum, mut channel, mut chain, mut next) = (0_u128, None, 0, 0);
        for f in &cluster.flights {
            // Ordinals name messages, and a new one has a new ordinal.
            let fresh = || flight(p, f, names);
            let at = follows(old, &mut next, |was| was.id == f.id);
            let print = at.map_or_else(fresh, |at| once(flights_known, at, fresh));
            known.0.push(print);
            if p.order(f.from, f.to) == Order::Any {
                sum = sum.wrapping_add(print);
            } else {
                chain = if channel == Some((f.from, f.to)) { wide(&(chain, print)) } else { print };
                channel = Some((f.from, f.to));
                // Each message with all that is before it: the sum of these is one for each order.
                sum = sum.wrapping_add(chain);
            }
        }
        hasher.write_u128(sum);

        let cut = |(a, b): &(NodeId, NodeId)| {
            let (a, b) = names.map_or((*a, *b), |(_, names)| (names.of(*a), names.of(*b)));
            wide(&(a.min(b), a.max(b)))
        };
        hasher.write_u128(cluster.cuts.iter().map(cut).fold(0, u128::wrapping_add));

        now.left.hash(&mut hasher);
        hasher.wide()
    }
}

/// With the symmetry, the names that nodes get in their stead.
type Names<'a, P> = Option<(&'a Symmetry<P>, &'a Renaming)>;

/// What the node with this name is but for its log.
fn memory<P: Protocol>(p: &P, name: NodeId, node: &Node<P>, names: Names<'_, P>) -> u128 {
    let mut hasher = Packed::default();
    name.hash(&mut hasher);
    match names {
        None => node.state.hash(&mut hasher),
        Some((symmetry, names)) => {
            let mut state = node.state.clone();
            state.as_mut().into_iter().for_each(|state| (symmetry.rename)(p, symmetry::Part::State(state), names));
            state.hash(&mut hasher);
        }
    }
    (node.durable, &node.forcing, node.paused, node.incarnation).hash(&mut hasher);
    hasher.wide()
}

/// The print of a node's empty log.
fn empty(name: NodeId) -> u128 {
    u128::from(name.0) + 1
}

/// Of a log that went on with these records.
fn log<P: Protocol>(p: &P, before: u128, records: &[P::Record], names: Names<'_, P>) -> u128 {
    records.iter().fold(before, |before, record| match names {
        None => wide(&(before, record)),
        Some((symmetry, names)) => {
            let mut record = record.clone();
            (symmetry.rename)(p, symmetry::Part::Record(&mut record), names);
            wide(&(before, record))
        }
    })
}

/// Of a log that went on with these records; 0 if it was not known before.
pub fn longer<P: Protocol>(p: &P, before: u128, records: &[P::Record]) -> u128 {
    if before == 0 { 0 } else { log(p, before, records, None) }
}

fn timer<P: Protocol>(p: &P, armed: &Armed<P>, with_time: bool, names: Names<'_, P>) -> u128 {
    let left = if with_time { armed.left } else { 0 };
    match names {
        None => wide(&(armed.node, &armed.timer, armed.due, left)),
        Some((symmetry, names)) => {
            let mut timer = armed.timer.clone();
            (symmetry.rename)(p, symmetry::Part::Timer(&mut timer), names);
            wide(&(names.of(armed.node), timer, armed.due, left))
        }
    }
}

fn flight<P: Protocol>(p: &P, flight: &Flight<P>, names: Names<'_, P>) -> u128 {
    match names {
        None => wide(&(flight.from, flight.to, &flight.msg)),
        Some((symmetry, names)) => {
            let mut msg = flight.msg.clone();
            (symmetry.rename)(p, symmetry::Part::Msg(&mut msg), names);
            wide(&(names.of(flight.from), names.of(flight.to), msg))
        }
    }
}

fn ghost<P: Protocol>(p: &P, ghost: &P::Ghost, names: Names<'_, P>) -> u128 {
    match names {
        None => wide(ghost),
        Some((symmetry, names)) => {
            let mut ghost = ghost.clone();
            (symmetry.rename)(p, symmetry::Part::Ghost(&mut ghost), names);
            wide(&ghost)
        }
    }
}
