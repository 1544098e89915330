//! Where a state's successors are made: the state itself is changed by each move in turn and put right again after it.
//!
//! Most successors are known already and a move changes one node at most, so that to make a copy for each would be most of the
//! work. What a move may change is copied, into memory that serves one move after the other.

use super::model::{Budgets, Checked, Move};
use super::print::{Parts, history_of, log_of, longer, memory_of};
use crate::core::cluster::{Action, Armed, Cluster, Done, Flight, Node};
use crate::core::protocol::{Effect, NodeId, Protocol};
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
    /// By node: here is the one that the move changes, while its copy is changed in its place.
    nodes: Vec<Copied<P>>,
    memory_print: u128,
    log_print: u128,
    timers: Vec<Armed<P>>,
    flights: Vec<Flight<P>>,
    cuts: Vec<(NodeId, NodeId)>,
    next_flight: u32,
    ghost: P::Ghost,
    ghost_print: u128,
    left: Budgets,
}

/// The copy of a node that was used last, with the prints of what it now holds; 0: not known. The next one to be copied may
/// be the same.
struct Copied<P: Protocol> {
    node: Node<P>,
    memory: u128,
    log: u128,
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
        if copy.is_some() {
            self.spare = copy;
        }
        IDLE.set(Some(self));
    }
}

impl<P: Protocol> Was<P> {
    fn new() -> Self {
        Was {
            nodes: Vec::new(),
            memory_print: 0,
            log_print: 0,
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
        at_hand(state, &self.ghost);
        self.timers.clone_from(&cluster.timers);
        self.flights.clone_from(&cluster.flights);
        self.cuts.clone_from(&cluster.cuts);
        self.next_flight = cluster.next_flight;
        let print = state.known.get(history_of(cluster));
        if print == 0 || print != self.ghost_print {
            self.ghost.clone_from(&state.ghost);
            self.ghost_print = print;
        }
        self.left = state.left;
    }

    /// Keeps the node that the next move changes, and puts a copy in its place.
    pub fn keep(&mut self, state: &mut Checked<P>, node: Option<NodeId>) {
        let Some(at) = node.map(|node| usize::from(node.0)) else { return };
        let Checked { cluster, known, .. } = state;
        let node = &mut cluster.nodes[at];
        while self.nodes.len() <= at {
            let (log, forcing) = (Vec::new(), Vec::new());
            let node = Node { state: None, log, durable: 0, forcing, paused: false, incarnation: 0 };
            self.nodes.push(Copied { node, memory: 0, log: 0 });
        }
        (self.memory_print, self.log_print) = (known.set(memory_of(at), 0), known.get(log_of(at)));
        let copy = &mut self.nodes[at];
        if copy.memory == 0 || copy.memory != self.memory_print {
            become_memory(&mut copy.node, node);
        }
        if copy.log == 0 || copy.log != self.log_print {
            copy.node.log.clone_from(&node.log);
        }
        // The copy is what changes: the log itself has no room for more.
        std::mem::swap(&mut copy.node, node);
    }

    /// What the move changed. `grown`: the node's log can only have become longer.
    pub fn compare(&mut self, p: &P, state: &mut Checked<P>, node: Option<NodeId>, grown: bool) -> Change<'_, P> {
        let Checked { cluster, ghost, known, .. } = state;
        known.forget_what_moves(history_of(cluster));
        if let Some(at) = node.map(|node| usize::from(node.0)) {
            let appended = cluster.nodes[at].log.get(self.nodes[at].node.log.len()..).filter(|_| grown);
            let print = appended.map_or(0, |records| longer(p, self.log_print, records));
            known.set(log_of(at), print);
        }
        // To compare is cheaper than to copy, and most moves are no history.
        let ghost = self.ghost != *ghost;
        if ghost {
            self.ghost_print = known.set(history_of(cluster), 0);
        }
        Change { node, ghost, timers: &self.timers, flights: &self.flights }
    }

    /// Makes the state what it was before the move.
    pub fn restore(&mut self, state: &mut Checked<P>, node: Option<NodeId>, ghost: bool, grown: bool) {
        let Checked { cluster, ghost: history, left, known } = state;
        if let Some(at) = node.map(|node| usize::from(node.0)) {
            let (copy, node) = (&mut self.nodes[at], &mut cluster.nodes[at]);
            std::mem::swap(&mut copy.node, node);
            copy.memory = known.set(memory_of(at), self.memory_print);
            known.set(log_of(at), self.log_print);
            copy.log = if grown { self.log_print } else { 0 };
            copy.node.log.truncate(node.log.len());
        }
        if ghost {
            history.clone_from(&self.ghost);
            known.set(history_of(cluster), self.ghost_print);
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
            Some(was) => {
                if !known.same(&other.known, memory_of(at)) {
                    become_memory(was, node);
                }
                if !known.same(&other.known, log_of(at)) {
                    was.log.clone_from(&node.log);
                }
            }
            None => nodes.push(node.clone()),
        }
    }
    timers.clone_from(&other.cluster.timers);
    flights.clone_from(&other.cluster.flights);
    cuts.clone_from(&other.cluster.cuts);
    *next_flight = other.cluster.next_flight;
    if !known.same(&other.known, history_of(&other.cluster)) {
        ghost.clone_from(&other.ghost);
    }
    *left = other.left;
    known.become_like(&other.known);
}

/// Reads a little of everything. A state that was kept for long lies in slow memory: so its parts are waited for together and
/// not one after the other.
fn at_hand<P: Protocol>(state: &Checked<P>, like: &P::Ghost) {
    let Cluster { nodes, timers, flights, .. } = &state.cluster;
    let nodes = nodes.iter().map(|node| node.incarnation + u32::from(node.state.is_some()));
    let others = flights.iter().map(|flight| flight.id).chain(timers.iter().map(|timer| timer.left));
    let known = state.known.get(memory_of(0)) as u32;
    std::hint::black_box((nodes.chain(others).fold(known, u32::wrapping_add), state.ghost == *like));
}

/// Makes a node equal to another one, but for its log.
fn become_memory<P: Protocol>(node: &mut Node<P>, other: &Node<P>) {
    node.state.clone_from(&other.state);
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

/// Whether nothing that was in the log can have gone.
pub fn grows_only<P: Protocol>(step: &Move<P>, done: &[Done<P>]) -> bool {
    let crashes = step.trip.is_some() || matches!(step.action, Action::Crash(..));
    !crashes && !done.iter().any(|d| matches!(d.effect, Effect::Compact { .. }))
}
