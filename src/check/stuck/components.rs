//! The strongly connected components of the states that owe the goal, by Tarjan's algorithm without recursion. It meets
//! them in an order in which every edge out of a component leads to one that is known already.

use super::Ask;
use super::graph::{Bits, FREE, Graph};

pub struct Components {
    /// The component of each state that owes and is expanded.
    of: Vec<u32>,
    /// A good state can be reached from here, or one of which nothing is known yet.
    hope: Bits,
    /// A run can stay in its component for ever and be fair.
    fair: Bits,
    /// Nothing has to come any more.
    halts: Option<u32>,
}

/// Values in the order of discovery beside its numbers from 1.
const UNSEEN: u32 = 0;
const DONE: u32 = u32::MAX;

impl Components {
    /// What finding them takes for each state at most.
    pub const BYTES: u64 = 8 + 4 + 16;

    pub fn of(graph: &Graph, ask: Ask) -> Components {
        let count = graph.states() as usize;
        let mut found = Components { of: vec![0; count], hope: Bits::default(), fair: Bits::default(), halts: None };
        let mut order = vec![UNSEEN; count];
        let mut stack: Vec<u32> = Vec::new();
        let mut calls: Vec<(u32, usize)> = Vec::new();
        let (mut seen, mut components) = (0, 0);
        // Until a component is complete, `of` is the oldest state in it that is known to be reached.
        for root in (0..graph.expanded()).filter(|state| graph.is_owing(*state)) {
            let mut enter = (order[root as usize] == UNSEEN).then_some(root);
            while enter.is_some() || !calls.is_empty() {
                if let Some(state) = enter.take() {
                    seen += 1;
                    order[state as usize] = seen;
                    found.of[state as usize] = seen;
                    stack.push(state);
                    calls.push((state, graph.out(state).start));
                }
                let Some((state, edge)) = calls.last_mut() else { break };
                let (state, at) = (*state, *edge);
                if at < graph.out(state).end {
                    *edge += 1;
                    let to = graph.to(at);
                    if graph.is_inner(to) {
                        match order[to as usize] {
                            UNSEEN => enter = Some(to),
                            DONE => {}
                            earlier => found.lower(state, earlier),
                        }
                    }
                    continue;
                }
                calls.pop();
                let low = found.of[state as usize];
                if let Some((caller, _)) = calls.last() {
                    found.lower(*caller, low);
                }
                if low == order[state as usize] {
                    let first = stack.iter().rposition(|s| *s == state).unwrap_or(0);
                    for member in &stack[first..] {
                        order[*member as usize] = DONE;
                        found.of[*member as usize] = components;
                    }
                    match ask {
                        Ask::Impossible => found.look_for_hope(graph, &stack[first..]),
                        Ask::PutOff => found.look_for_fairness(graph, &stack[first..], &order),
                    }
                    stack.truncate(first);
                    components += 1;
                }
            }
        }
        found
    }

    fn lower(&mut self, state: u32, to: u32) {
        let low = &mut self.of[state as usize];
        *low = to.min(*low);
    }

    fn look_for_hope(&mut self, graph: &Graph, members: &[u32]) {
        let leads = |edge: usize| !graph.is_inner(graph.to(edge)) || self.hope.has(graph.to(edge));
        if members.iter().any(|state| graph.out(*state).any(leads)) {
            members.iter().for_each(|state| self.hope.set(*state));
        }
    }

    fn look_for_fairness(&mut self, graph: &Graph, members: &[u32], order: &[u32]) {
        let component = self.of[members[0] as usize];
        let inside = |edge: &usize| {
            let to = graph.to(*edge);
            graph.is_inner(to) && order[to as usize] == DONE && self.of[to as usize] == component
        };
        let mut always = graph.enabled(members[0]);
        if let [only] = members
            && always.is_empty()
        {
            self.halts = Some(self.halts.map_or(*only, |before| before.min(*only)));
        }
        if members.len() == 1 && !graph.out(members[0]).any(|edge| inside(&edge)) {
            return;
        }
        for state in &members[1..] {
            if always.is_empty() {
                break;
            }
            let here = graph.enabled(*state);
            always.retain(|name| here.binary_search(name).is_ok());
        }
        for state in members {
            if always.is_empty() {
                break;
            }
            for edge in graph.out(*state).filter(inside) {
                always.retain(|name| *name != graph.name(edge));
            }
        }
        if always.is_empty() {
            members.iter().for_each(|state| self.fair.set(*state));
        }
    }

    /// The first state that owes the goal and from which it cannot be reached.
    pub fn first_without_hope(&self, graph: &Graph) -> Option<u32> {
        (0..graph.expanded()).find(|state| graph.is_owing(*state) && !self.hope.has(*state))
    }

    /// States through which a fair cycle goes, the first found first.
    pub fn fair<'a>(&'a self, graph: &'a Graph) -> impl Iterator<Item = u32> + 'a {
        (0..graph.expanded()).filter(|state| self.fair.has(*state))
    }

    /// Whether an edge stays in the component of this state, which owes the goal.
    pub fn stays(&self, graph: &Graph, state: u32, edge: usize) -> bool {
        let to = graph.to(edge);
        graph.is_inner(to) && self.of[to as usize] == self.of[state as usize]
    }

    /// The first state that owes the goal and in which nothing has to come.
    pub fn halts(&self) -> Option<u32> {
        self.halts
    }
}

/// What comes along an edge, if it has to.
pub fn taken(graph: &Graph, edge: usize) -> Option<u32> {
    Some(graph.name(edge)).filter(|name| *name != FREE)
}
