//! Where a state's successors are made: the state itself is changed by each move in turn and put right again after it.
//!
//! Most successors are known already and a move changes one node at most, so that to make a copy for each would be most of the
//! work. What a move may change is copied, into memory that serves one move after the other.

use super::model::{Budgets, Checked, Move};
use super::print::Parts;
use crate::core::cluster::{Action, Armed, Cluster, Done, Flight, Node};
use crate::core::protocol::{NodeId, Protocol};
use std::any::Any;
use std::cell::Cell;

/// The move, what it did, and what it did it to.
pub struct Desk<P: Protocol> {
    pub was: Was<P>,
    pub step: Move<P>,
    pub done: Vec<Done<P>>,
    pub actions: Vec<(Action<P>, Budgets)>,
    pub parts: Vec<Parts>,
    spare: Option<Checked<P>>,
}

/// What a state was before a move, as far as one can change it.
pub struct Was<P: Protocol> {
    /// The node that the move changes, and afterwards what it has become.
    node: Node<P>,
    node_print: u128,
    timers: Vec<Armed<P>>,
    flights: Vec<Flight<P>>,
    cuts: Vec<(NodeId, NodeId)>,
    next_flight: u32,
    ghost: P::Ghost,
    ghost_print: u128,
    left: Budgets,
}

/// What a move changed: one node at most, perhaps the history, and messages, timers, links and budgets.
pub struct Change<'a, P: Protocol> {
    pub node: Option<NodeId>,
    pub ghost: bool,
    /// As they were.
    pub timers: &'a [Armed<P>],
    pub flights: &'a [Flight<P>],
}

/// Takes a move, where it leads, and what it changes.
pub type EachChange<'a, P> = &'a mut dyn FnMut(&Move<P>, &mut Checked<P>, &Change<'_, P>);

thread_local! {
    /// A desk that nobody works at: the search expands one state at a time in each thread.
    static IDLE: Cell<Option<Box<dyn Any>>> = const { Cell::new(None) };
}

impl<P: Protocol> Desk<P> {
    pub fn take() -> Box<Self> {
        match IDLE.take().and_then(|desk| desk.downcast::<Self>().ok()) {
            Some(desk) => desk,
            None => Box::new(Desk {
                was: Was::new(),
                step: Move { action: Action::Tick(0), trip: None, picks: Vec::new() },
                done: Vec::new(),
                actions: Vec::new(),
                parts: Vec::new(),
                spare: None,
            }),
        }
    }

    /// A copy of a state, to be changed.
    pub fn copy(&mut self, state: &Checked<P>) -> Checked<P> {
        let Some(mut copy) = self.spare.take() else { return state.clone() };
        become_like(&mut copy, state);
        copy
    }

    /// For the next state, with the copy of this one if there was any.
    pub fn give_back(mut self: Box<Self>, copy: Option<Checked<P>>) {
        self.spare = copy.or(self.spare);
        IDLE.set(Some(self));
    }
}

impl<P: Protocol> Was<P> {
    fn new() -> Self {
        let (log, forcing) = (Vec::new(), Vec::new());
        Was {
            node: Node { state: None, log, durable: 0, forcing, paused: false, incarnation: 0 },
            node_print: 0,
            timers: Vec::new(),
            flights: Vec::new(),
            cuts: Vec::new(),
            next_flight: 0,
            ghost: P::Ghost::default(),
            ghost_print: 0,
            left: Budgets::NONE,
        }
    }

    /// Keeps what any move may change.
    pub fn begin(&mut self, state: &Checked<P>) {
        let cluster = &state.cluster;
        self.timers.clone_from(&cluster.timers);
        self.flights.clone_from(&cluster.flights);
        self.cuts.clone_from(&cluster.cuts);
        self.next_flight = cluster.next_flight;
        if self.ghost != state.ghost {
            self.ghost.clone_from(&state.ghost);
        }
        self.left = state.left;
    }

    /// Keeps what only the next move changes.
    pub fn keep(&mut self, state: &mut Checked<P>, node: Option<NodeId>) {
        if let Some(node) = node {
            become_node(&mut self.node, state.cluster.node(node));
            self.node_print = state.known.forget(node.0.into());
        }
    }

    /// What the move changed.
    pub fn compare(&mut self, state: &mut Checked<P>, node: Option<NodeId>) -> Change<'_, P> {
        // To compare is cheaper than to copy, and most moves are no history.
        let ghost = self.ghost != state.ghost;
        if ghost {
            self.ghost_print = state.known.forget(state.cluster.nodes.len());
        }
        Change { node, ghost, timers: &self.timers, flights: &self.flights }
    }

    /// Makes the state what it was before the move.
    pub fn restore(&mut self, state: &mut Checked<P>, node: Option<NodeId>, ghost: bool) {
        let Checked { cluster, ghost: history, left, known } = state;
        if let Some(node) = node.map(|node| usize::from(node.0)) {
            std::mem::swap(&mut self.node, &mut cluster.nodes[node]);
            known.put(node, self.node_print);
        }
        if ghost {
            history.clone_from(&self.ghost);
            known.put(cluster.nodes.len(), self.ghost_print);
        }
        cluster.timers.clone_from(&self.timers);
        undo(&mut cluster.flights, &self.flights);
        cluster.cuts.clone_from(&self.cuts);
        cluster.next_flight = self.next_flight;
        *left = self.left;
    }
}

/// Makes a state equal to another one. What is equal already keeps its memory.
pub fn become_like<P: Protocol>(state: &mut Checked<P>, other: &Checked<P>) {
    let Checked { cluster, ghost, left, known } = state;
    let Cluster { nodes, timers, flights, cuts, next_flight } = cluster;
    nodes.truncate(other.cluster.nodes.len());
    for (at, node) in other.cluster.nodes.iter().enumerate() {
        match nodes.get_mut(at) {
            Some(_) if known.same(&other.known, at) => {}
            Some(was) => become_node(was, node),
            None => nodes.push(node.clone()),
        }
    }
    timers.clone_from(&other.cluster.timers);
    flights.clone_from(&other.cluster.flights);
    cuts.clone_from(&other.cluster.cuts);
    *next_flight = other.cluster.next_flight;
    if !known.same(&other.known, nodes.len()) {
        ghost.clone_from(&other.ghost);
    }
    *left = other.left;
    known.clone_from(&other.known);
}

fn become_node<P: Protocol>(node: &mut Node<P>, other: &Node<P>) {
    node.state.clone_from(&other.state);
    node.log.clone_from(&other.log);
    node.forcing.clone_from(&other.forcing);
    (node.durable, node.paused, node.incarnation) = (other.durable, other.paused, other.incarnation);
}

/// Makes messages again what they were before a move. Those that it left are known by their ordinals.
fn undo<P: Protocol>(flights: &mut Vec<Flight<P>>, were: &[Flight<P>]) {
    for (at, was) in were.iter().enumerate() {
        match flights[at..].iter().position(|flight| flight.id == was.id) {
            Some(0) => {}
            Some(fresh) => drop(flights.drain(at..at + fresh)),
            None => flights.insert(at, was.clone()),
        }
    }
    flights.truncate(were.len());
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
