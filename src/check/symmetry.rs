//! One fingerprint for all states that differ only by which of several interchangeable nodes is which.
//!
//! The fingerprint of such a set of states is the least one in it. To hash every permutation would eat the gain, so nodes
//! are first ordered by a mark that does not depend on names; only permutations that agree with that order are hashed. The
//! marks change places with their nodes, so that every state of the set is led to the same permutations.
//!
//! Known is what was met under any names, while the frontier keeps the states themselves, as they were met first. Hence
//! every path is a real run. It is even the run that the search without symmetry finds: whatever follows a state that comes
//! second has followed the first one already, by other names.
//!
//! Sources: E. Clarke, R. Enders, T. Filkorn and S. Jha, "Exploiting symmetry in temporal logic model checking", 1996;
//! E. Clarke, E. A. Emerson, S. Jha and A. P. Sistla, "Symmetry reductions in model checking", 1998; C. N. Ip and D. Dill,
//! "Better verification through symmetry", 1996.

use super::model::Checked;
use crate::core::cluster::Cluster;
use crate::core::hash::{StableHasher, narrow};
use crate::core::protocol::{NodeId, Protocol};
use crate::core::symmetry::{Renaming, Symmetry};
use std::hash::{Hash, Hasher};

/// The permutations of a protocol's interchangeable nodes.
pub struct Orbits<P: Protocol> {
    symmetry: Symmetry<P>,
    /// The one that changes nothing comes first.
    all: Vec<Renaming>,
}

impl<P: Protocol> Orbits<P> {
    /// `None` if no two nodes are interchangeable.
    pub fn of(p: &P, crashes: bool) -> Option<Self> {
        let symmetry = p.symmetry(crashes)?;
        let all = Renaming::all(p.size(), &symmetry.sets);
        (all.len() > 1).then_some(Orbits { symmetry, all })
    }

    /// The least of `print` over the states that differ from this one by names alone.
    pub fn least(&self, p: &P, state: &Checked<P>, with_time: bool, print: impl Fn(&Checked<P>) -> u128) -> u128 {
        let marks: Vec<u64> = state.cluster.ids().map(|id| mark(&state.cluster, id, with_time)).collect();
        let marked = |names: &Renaming, name: &NodeId| marks[names.before(*name).0 as usize];
        let ordered =
            |names: &&Renaming| self.symmetry.sets.iter().all(|set| set.is_sorted_by_key(|name| marked(names, name)));
        let unchanged = |names: &Renaming| std::ptr::eq(names, &raw const self.all[0]);
        let prints =
            self.all.iter().filter(ordered).map(|names| {
                if unchanged(names) { print(state) } else { print(&state.renamed(p, &self.symmetry, names)) }
            });
        prints.min().expect("some order of the marks is ascending")
    }
}

/// What can be said of a node without naming any: it goes with the node wherever that goes.
fn mark<P: Protocol>(cluster: &Cluster<P>, id: NodeId, with_time: bool) -> u64 {
    let node = cluster.node(id);
    let mut hasher = StableHasher::default();
    (node.state.is_some(), node.paused, node.incarnation, node.durable, node.log.len()).hash(&mut hasher);
    // Sums, because the order of timers and messages may depend on names.
    let timers = cluster.timers.iter().filter(|t| t.node == id);
    timers
        .map(|t| narrow(&(t.due, if with_time { t.left } else { 0 })))
        .fold(0_u64, u64::wrapping_add)
        .hash(&mut hasher);
    (cluster.flights.iter().filter(|f| f.from == id).count()).hash(&mut hasher);
    (cluster.flights.iter().filter(|f| f.to == id).count()).hash(&mut hasher);
    hasher.finish()
}
