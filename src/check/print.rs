//! The fingerprints of a state and of all that follows from it.
//!
//! A move changes one node at most. So a fingerprint is made of those of the parts, and what a move leaves alone is hashed once
//! a state and not once a move. The order in which messages and timers lie follows from what they are, names included; their
//! prints are added up, so that under other names nothing has to be sorted anew. Only in a channel that keeps its order does
//! the order count.

use super::desk::Touched;
use super::model::Checked;
use super::symmetry::{Orbits, marks};
use crate::core::cluster::{Armed, Flight, Node};
use crate::core::hash::{Packed, packed as wide};
use crate::core::protocol::{NodeId, Order, Protocol};
use crate::core::symmetry::{Part, Renaming, Symmetry};
use std::hash::{Hash, Hasher};

/// Prints one state and its successors.
pub struct Printer<'a, P: Protocol> {
    p: &'a P,
    state: &'a Checked<P>,
    with_time: bool,
    orbits: Option<&'a Orbits<P>>,
    /// What is known of the state's parts under each renaming, in the order of the orbits'.
    known: Vec<Known>,
}

/// Prints of the parts of a state; `None`: not asked for yet.
#[derive(Default)]
struct Known {
    /// By the node's own name.
    nodes: Vec<Option<u128>>,
    /// In the order of the cluster's timers.
    timers: Vec<Option<u128>>,
    /// In the order of the cluster's messages.
    flights: Vec<Option<u128>>,
    ghost: Option<u128>,
}

/// A state that differs from the printer's in what was touched, in messages, timers, links and budgets.
struct Now<'a, P: Protocol> {
    state: &'a Checked<P>,
    touched: Touched,
}

impl<'a, P: Protocol> Printer<'a, P> {
    pub fn new(p: &'a P, state: &'a Checked<P>, with_time: bool, orbits: Option<&'a Orbits<P>>) -> Self {
        let mut known = Vec::new();
        known.resize_with(orbits.map_or(1, |orbits| orbits.all.len()), Known::default);
        Printer { p, state, with_time, orbits, known }
    }

    /// The state's own fingerprint: with interchangeable nodes the least that it has under their names.
    pub fn print(&mut self) -> u128 {
        self.least(&Now { state: self.state, touched: Touched { node: None, ghost: false } })
    }

    /// The fingerprint of a state that follows by a move which touched this.
    pub fn after(&mut self, next: &Checked<P>, touched: Touched) -> u128 {
        self.least(&Now { state: next, touched })
    }

    fn least(&mut self, now: &Now<'_, P>) -> u128 {
        let Some(orbits) = self.orbits else { return self.of(now, 0, None) };
        let marks = marks(&now.state.cluster, self.with_time);
        let ordered = orbits.all.iter().enumerate().filter(|(_, names)| orbits.ordered(names, &marks));
        let prints = ordered.map(|(nth, names)| {
            // The first renaming changes nothing.
            self.of(now, nth, (nth > 0).then_some((&orbits.symmetry, names)))
        });
        prints.min().expect("some order of the marks is ascending")
    }

    fn of(&mut self, now: &Now<'_, P>, nth: usize, names: Option<(&Symmetry<P>, &Renaming)>) -> u128 {
        let Printer { p, state: before, with_time, ref mut known, .. } = *self;
        let known = &mut known[nth];
        let cluster = &now.state.cluster;
        let mut hasher = Packed::default();

        known.nodes.resize(cluster.nodes.len(), None);
        for name in cluster.ids() {
            let id = names.map_or(name, |(_, names)| names.before(name));
            let fresh = || node(p, cluster.node(id), names);
            let print = if now.touched.node == Some(id) {
                fresh()
            } else {
                *known.nodes[usize::from(id.0)].get_or_insert_with(fresh)
            };
            hasher.write_u128(print);
        }

        let old = &before.cluster.timers;
        known.timers.resize(old.len(), None);
        let timers = cluster.timers.iter().map(|t| {
            let same =
                |was: &Armed<P>| (was.node, was.due, was.left) == (t.node, t.due, t.left) && was.timer == t.timer;
            match old.iter().position(same) {
                Some(at) => *known.timers[at].get_or_insert_with(|| timer(p, t, with_time, names)),
                None => timer(p, t, with_time, names),
            }
        });
        hasher.write_u128(timers.fold(0, u128::wrapping_add));

        let old = &before.cluster.flights;
        known.flights.resize(old.len(), None);
        let (mut sum, mut channel, mut chain) = (0_u128, None, 0);
        for f in &cluster.flights {
            // Ordinals name messages, and a new one has a new ordinal.
            let print = match old.iter().position(|was| was.id == f.id) {
                Some(at) => *known.flights[at].get_or_insert_with(|| flight(p, f, names)),
                None => flight(p, f, names),
            };
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

        let fresh = || ghost(p, &now.state.ghost, names);
        let print = if now.touched.ghost { fresh() } else { *known.ghost.get_or_insert_with(fresh) };
        hasher.write_u128(print);
        now.state.left.hash(&mut hasher);
        hasher.wide()
    }
}

/// With the symmetry, the names that nodes get in their stead.
type Names<'a, P> = Option<(&'a Symmetry<P>, &'a Renaming)>;

fn node<P: Protocol>(p: &P, node: &Node<P>, names: Names<'_, P>) -> u128 {
    let mut hasher = Packed::default();
    match names {
        None => {
            node.state.hash(&mut hasher);
            node.log.hash(&mut hasher);
        }
        Some((symmetry, names)) => {
            let mut state = node.state.clone();
            state.as_mut().into_iter().for_each(|state| (symmetry.rename)(p, Part::State(state), names));
            state.hash(&mut hasher);
            let mut log = node.log.clone();
            log.iter_mut().for_each(|record| (symmetry.rename)(p, Part::Record(record), names));
            log.hash(&mut hasher);
        }
    }
    (node.durable, &node.forcing, node.paused, node.incarnation).hash(&mut hasher);
    hasher.wide()
}

fn timer<P: Protocol>(p: &P, armed: &Armed<P>, with_time: bool, names: Names<'_, P>) -> u128 {
    let left = if with_time { armed.left } else { 0 };
    match names {
        None => wide(&(armed.node, &armed.timer, armed.due, left)),
        Some((symmetry, names)) => {
            let mut timer = armed.timer.clone();
            (symmetry.rename)(p, Part::Timer(&mut timer), names);
            wide(&(names.of(armed.node), timer, armed.due, left))
        }
    }
}

fn flight<P: Protocol>(p: &P, flight: &Flight<P>, names: Names<'_, P>) -> u128 {
    match names {
        None => wide(&(flight.from, flight.to, &flight.msg)),
        Some((symmetry, names)) => {
            let mut msg = flight.msg.clone();
            (symmetry.rename)(p, Part::Msg(&mut msg), names);
            wide(&(names.of(flight.from), names.of(flight.to), msg))
        }
    }
}

fn ghost<P: Protocol>(p: &P, ghost: &P::Ghost, names: Names<'_, P>) -> u128 {
    match names {
        None => wide(ghost),
        Some((symmetry, names)) => {
            let mut ghost = ghost.clone();
            (symmetry.rename)(p, Part::Ghost(&mut ghost), names);
            wide(&ghost)
        }
    }
}
