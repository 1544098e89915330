//! What a cluster owes, and what comes to it by itself.

use super::{Course, Fate};
use crate::check::model::{Checked, ClusterModel, Move};
use crate::check::search::Model;
use crate::core::cluster::Action;
use crate::core::hash::StableHasher;
use crate::core::protocol::{NodeId, Property, Protocol};
use std::hash::{Hash, Hasher};

/// A cluster with a goal: one of its liveness properties.
pub struct Prospect<P: Protocol> {
    model: ClusterModel<P>,
    goal: Property<P>,
    /// What is down comes back, who is paused wakes up, links that are cut heal.
    repairs: bool,
}

impl<P: Protocol> Prospect<P> {
    /// Every state counts for itself: a cycle has to come back to the very same nodes.
    pub fn new(model: ClusterModel<P>, goal: Property<P>, repairs: bool) -> Self {
        Prospect { model: model.without_symmetry(), goal, repairs }
    }

    pub fn cluster(&self) -> &ClusterModel<P> {
        &self.model
    }

    pub fn goal(&self) -> &Property<P> {
        &self.goal
    }
}

/// A thing that has to come, by what it is and not by what it is called in this state.
fn must(what: impl Hash) -> Course {
    let mut hasher = StableHasher::default();
    what.hash(&mut hasher);
    Course::Must(hasher.finish())
}

impl<P: Protocol> Fate for Prospect<P> {
    fn owes(&self, state: &Checked<P>) -> bool {
        self.model.protocol.owes(&self.goal, &state.cluster, &state.ghost, !self.repairs)
    }

    fn course(&self, state: &Checked<P>, step: &Move<P>) -> Course {
        if step.trip.is_some() {
            return Course::Fault;
        }
        let repair = |tag: u8, a: NodeId, b: NodeId| if self.repairs { must((tag, a, b)) } else { Course::Fault };
        match &step.action {
            Action::Deliver(id) => {
                state.cluster.flight(*id).map_or(Course::Fault, |f| must((0_u8, f.from, f.to, &f.msg)))
            }
            Action::Fire(node, timer) => must((1_u8, node, timer)),
            Action::Forced(node) => must((2_u8, node)),
            Action::Tick(_) => must(3_u8),
            Action::Restart(node) => repair(4, *node, *node),
            Action::Resume(node) => repair(5, *node, *node),
            Action::Heal(a, b) => repair(6, *a, *b),
            Action::Request(..) => Course::May,
            Action::Drop(_)
            | Action::Duplicate(_)
            | Action::Due(_)
            | Action::Crash(..)
            | Action::Pause(_)
            | Action::Cut(..)
            | Action::StepClock(..) => Course::Fault,
        }
    }
}

impl<P: Protocol> Model for Prospect<P> {
    type State = Checked<P>;
    type Move = Move<P>;

    fn start(&self) -> Checked<P> {
        self.model.start()
    }
    fn each_next(&self, state: &Checked<P>, each: &mut dyn FnMut(&Move<P>, &Checked<P>)) {
        self.model.each_next(state, each);
    }
    fn each_printed(&self, state: &Checked<P>, each: &mut dyn FnMut(&Move<P>, &Checked<P>, u128)) {
        self.model.each_printed(state, each);
    }
    fn fingerprint(&self, state: &Checked<P>) -> u128 {
        self.model.fingerprint(state)
    }
    fn broken(&self, state: &Checked<P>) -> Option<&'static str> {
        self.model.broken(state)
    }
    fn bytes(&self, state: &Checked<P>) -> usize {
        self.model.bytes(state)
    }
}
