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

use crate::core::cluster::{Cluster, Node};
use crate::core::hash::{StableHasher, narrow};
use crate::core::protocol::Protocol;
use crate::core::symmetry::{Renaming, Symmetry};
use std::hash::{Hash, Hasher};

/// The permutations of a protocol's interchangeable nodes.
pub struct Orbits<P: Protocol> {
    pub symmetry: Symmetry<P>,
    /// The one that changes nothing comes first.
    pub all: Vec<Renaming>,
}

impl<P: Protocol> Orbits<P> {
    /// `None` if no two nodes are interchangeable.
    pub fn of(p: &P, crashes: bool) -> Option<Self> {
        let symmetry = p.symmetry(crashes)?;
        let all = Renaming::all(p.size(), &symmetry.sets);
        (all.len() > 1).then_some(Orbits { symmetry, all })
    }

    /// Whether a permutation brings nodes with these marks into their order.
    pub fn ordered(&self, names: &Renaming, marks: &[u64]) -> bool {
        self.symmetry.sets.iter().all(|set| set.is_sorted_by_key(|name| marks[names.before(*name).0 as usize]))
    }
}

/// Of each node what can be said without naming any: it goes with the node wherever that goes.
pub fn marks<P: Protocol>(cluster: &Cluster<P>, with_time: bool) -> Vec<u64> {
    // Sums, because the order of timers and messages may depend on names.
    let mut around = vec![(0_u64, 0_u32, 0_u32); cluster.nodes.len()];
    for t in &cluster.timers {
        let sum = &mut around[t.node.0 as usize].0;
        *sum = sum.wrapping_add(narrow(&(t.due, if with_time { t.left } else { 0 })));
    }
    for f in &cluster.flights {
        around[f.from.0 as usize].1 += 1;
        around[f.to.0 as usize].2 += 1;
    }
    let mark = |(node, around): (&Node<P>, &(u64, u32, u32))| {
        let mut hasher = StableHasher::default();
        (node.state.is_some(), node.paused, node.incarnation, node.durable, node.log.len()).hash(&mut hasher);
        around.hash(&mut hasher);
        hasher.finish()
    };
    cluster.nodes.iter().zip(&around).map(mark).collect()
}
