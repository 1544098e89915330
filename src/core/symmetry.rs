//! Nodes that nothing tells apart, and clusters in which they have changed places.
//!
//! A permutation of such nodes takes every run to a run, so that of all states that differ by names alone one has to be
//! looked at. Sources: E. Clarke, R. Enders, T. Filkorn and S. Jha, "Exploiting symmetry in temporal logic model checking",
//! 1996; C. N. Ip and D. Dill, "Better verification through symmetry", 1996.

use super::cluster::{Armed, Cluster, Flight, Node};
use super::protocol::{NodeId, Order, Protocol};

/// What a protocol says about its nodes, and how their names are replaced.
///
/// The promise: a permutation within the sets takes steps to steps, properties to themselves, and the state after all nodes
/// have started to itself. Nor do the other methods of the protocol, such as `order` and `requests`, tell the nodes of a set
/// apart. The types cannot check that: `tests/symmetry.rs` does.
pub struct Symmetry<P: Protocol> {
    /// Disjoint sets of nodes that change places among themselves.
    pub sets: Vec<Vec<NodeId>>,
    /// Replaces every name of a node in a part of a cluster. What is ordered by name is ordered anew.
    pub rename: fn(&P, Part<P>, &Renaming),
}

/// A part of a cluster, or its history.
pub enum Part<'a, P: Protocol> {
    State(&'a mut P::State),
    Record(&'a mut P::Record),
    Msg(&'a mut P::Msg),
    Timer(&'a mut P::Timer),
    Ghost(&'a mut P::Ghost),
}

/// A new name for every node of a cluster: a permutation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Renaming {
    new: Vec<NodeId>,
    old: Vec<NodeId>,
}

impl Renaming {
    /// The new name of a node; its own if the cluster has no such node.
    pub fn of(&self, node: NodeId) -> NodeId {
        self.new.get(node.0 as usize).copied().unwrap_or(node)
    }

    /// Which node gets this name.
    pub fn before(&self, name: NodeId) -> NodeId {
        self.old[name.0 as usize]
    }

    /// Every permutation of `size` nodes that stays within the sets; the one that changes nothing comes first.
    pub fn all(size: u16, sets: &[Vec<NodeId>]) -> Vec<Renaming> {
        let mut all: Vec<Vec<NodeId>> = vec![(0..size).map(NodeId).collect()];
        for set in sets {
            // Each place is given to one of those that have none yet, so that every order comes once.
            for (at, place) in set.iter().enumerate() {
                let swap = |names: &Vec<NodeId>, other: NodeId| {
                    let mut names = names.clone();
                    names.swap(place.0 as usize, other.0 as usize);
                    names
                };
                all = all.iter().flat_map(|names| set[at..].iter().map(|other| swap(names, *other))).collect();
            }
        }
        let both = |new: Vec<NodeId>| {
            let mut old = new.clone();
            for (node, name) in new.iter().enumerate() {
                old[name.0 as usize] = NodeId(node as u16);
            }
            Renaming { new, old }
        };
        all.into_iter().map(both).collect()
    }
}

impl<P: Protocol> Cluster<P> {
    /// The cluster in which nodes have changed places: memory, log, clock and door go along, and whoever named a node names
    /// it by its new name. Messages keep their age where the channel does.
    pub fn renamed(&self, p: &P, symmetry: &Symmetry<P>, names: &Renaming) -> Self {
        let Symmetry { rename, .. } = symmetry;
        let node = |name: NodeId| {
            let mut node: Node<P> = self.node(names.before(name)).clone();
            node.state.as_mut().into_iter().for_each(|state| rename(p, Part::State(state), names));
            node.log.iter_mut().for_each(|record| rename(p, Part::Record(record), names));
            node
        };
        let timer = |t: &Armed<P>| {
            let mut t = Armed { node: names.of(t.node), ..t.clone() };
            rename(p, Part::Timer(&mut t.timer), names);
            t
        };
        let flight = |f: &Flight<P>| {
            let mut f = Flight { from: names.of(f.from), to: names.of(f.to), ..f.clone() };
            rename(p, Part::Msg(&mut f.msg), names);
            f
        };
        let cut = |(a, b): &(NodeId, NodeId)| super::cluster::pair(names.of(*a), names.of(*b));
        let mut cluster = Cluster {
            nodes: self.ids().map(node).collect(),
            timers: self.timers.iter().map(timer).collect(),
            flights: self.flights.iter().map(flight).collect(),
            cuts: self.cuts.iter().map(cut).collect(),
            next_flight: self.next_flight,
        };
        // As the cluster orders them itself. The sort is stable: a FIFO channel keeps its order.
        cluster.timers.sort_by(|a, b| (a.node, &a.timer).cmp(&(b.node, &b.timer)));
        cluster.flights.sort_by(|a, b| {
            let any = p.order(a.from, a.to) == Order::Any;
            let content = || if any { a.msg.cmp(&b.msg) } else { std::cmp::Ordering::Equal };
            (a.from, a.to).cmp(&(b.from, b.to)).then_with(content)
        });
        cluster.cuts.sort_unstable();
        cluster
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_permutation_within_the_sets_comes_once() {
        let sets = [vec![NodeId(0), NodeId(2), NodeId(3)], vec![NodeId(1), NodeId(4)]];
        let all = Renaming::all(6, &sets);
        assert_eq!(all.len(), 6 * 2);
        let ids = || (0..6).map(NodeId);
        assert!(ids().all(|id| all[0].of(id) == id), "the first changes nothing");
        for (n, names) in all.iter().enumerate() {
            assert!(!all[..n].contains(names));
            assert!(ids().all(|id| names.before(names.of(id)) == id));
            assert_eq!(names.of(NodeId(5)), NodeId(5));
            assert!(sets.iter().all(|set| set.iter().all(|id| set.contains(&names.of(*id)))));
        }
    }
}
