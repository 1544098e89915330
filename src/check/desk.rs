//! Where a state's successors are made: one copy of it is changed by each move in turn and put right again after it.
//!
//! Most successors are known already and a move changes one node at most, so that to make a copy for each would be most of the
//! work. To compare is cheaper than to copy: what is equal keeps its memory, also from one state to the next.

use super::model::{Checked, Move};
use crate::core::cluster::{Action, Cluster, Done, Node};
use crate::core::protocol::{Effect, NodeId, Protocol};
use std::any::Any;
use std::cell::Cell;

/// The copy, the move, and what it did.
pub struct Desk<P: Protocol> {
    pub next: Checked<P>,
    pub step: Move<P>,
    pub done: Vec<Done<P>>,
}

/// What a move changed besides messages, timers and links: one node at most, and perhaps the history.
#[derive(Clone, Copy)]
pub struct Touched {
    pub node: Option<NodeId>,
    pub ghost: bool,
}

/// Takes a move, where it leads, and what it changes.
pub type EachChange<'a, P> = &'a mut dyn FnMut(&Move<P>, &Checked<P>, Touched);

thread_local! {
    /// A desk that nobody works at: the search expands one state at a time in each thread.
    static IDLE: Cell<Option<Box<dyn Any>>> = const { Cell::new(None) };
}

impl<P: Protocol> Desk<P> {
    /// A desk with a copy of this state.
    pub fn take(state: &Checked<P>) -> Box<Self> {
        match IDLE.take().and_then(|desk| desk.downcast::<Self>().ok()) {
            Some(mut desk) => {
                become_like(&mut desk.next, state);
                desk
            }
            _ => {
                let step = Move { action: Action::Tick(0), trip: None, picks: Vec::new() };
                Box::new(Desk { next: state.clone(), step, done: Vec::new() })
            }
        }
    }

    /// For the next state.
    pub fn give_back(self: Box<Self>) {
        IDLE.set(Some(self));
    }
}

/// Makes a state equal to another one. What is equal already keeps its memory.
pub fn become_like<P: Protocol>(state: &mut Checked<P>, other: &Checked<P>) {
    if state.cluster.nodes.len() != other.cluster.nodes.len() {
        state.clone_from(other);
        return;
    }
    for (node, was) in state.cluster.nodes.iter_mut().zip(&other.cluster.nodes) {
        restore_node(node, was, false);
    }
    let ghost = state.ghost != other.ghost;
    restore(state, other, Touched { node: None, ghost }, false);
}

/// Makes a state what it was, of which it was a copy until one action changed this; `grown`: the node's log can only have
/// become longer.
pub fn restore<P: Protocol>(state: &mut Checked<P>, was: &Checked<P>, touched: Touched, grown: bool) {
    let (cluster, old) = (&mut state.cluster, &was.cluster);
    if let Some(at) = touched.node.map(|node| usize::from(node.0)) {
        restore_node(&mut cluster.nodes[at], &old.nodes[at], grown);
    }
    cluster.timers.clone_from(&old.timers);
    cluster.flights.clone_from(&old.flights);
    cluster.cuts.clone_from(&old.cuts);
    cluster.next_flight = old.next_flight;
    if touched.ghost {
        state.ghost.clone_from(&was.ghost);
    }
    state.left = was.left;
}

fn restore_node<P: Protocol>(node: &mut Node<P>, was: &Node<P>, grown: bool) {
    if grown {
        node.log.truncate(was.log.len());
    } else if node.log != was.log {
        node.log.clone_from(&was.log);
    }
    if node.state != was.state {
        node.state.clone_from(&was.state);
    }
    node.forcing.clone_from(&was.forcing);
    (node.durable, node.paused, node.incarnation) = (was.durable, was.paused, was.incarnation);
}

/// The only node that an action changes, if it changes any.
pub fn touched<P: Protocol>(cluster: &Cluster<P>, action: &Action<P>) -> Option<NodeId> {
    match action {
        Action::Deliver(id) => cluster.flight(*id).map(|f| f.to),
        Action::Fire(node, _) | Action::Forced(node) | Action::Request(node, _) => Some(*node),
        Action::Crash(node, _) | Action::Restart(node) | Action::Pause(node) | Action::Resume(node) => Some(*node),
        Action::Drop(_) | Action::Duplicate(_) | Action::Due(_) | Action::Tick(_) => None,
        Action::Cut(..) | Action::Heal(..) | Action::StepClock(..) => None,
    }
}

/// Whether nothing that was in the log can have gone.
pub fn grows_only<P: Protocol>(step: &Move<P>, done: &[Done<P>]) -> bool {
    let crashes = step.trip.is_some() || matches!(step.action, Action::Crash(..));
    !crashes && !done.iter().any(|d| matches!(d.effect, Effect::Compact { .. }))
}
