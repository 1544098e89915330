//! Redlock at the grain of single commands: each SET NX is one step, and nothing else takes time.
//!
//! The cluster of `core/lock` with its messages can be searched to the end for three masters; this small model reaches
//! five. A client holds the lock when most masters said OK; nobody's time to live runs out, but the clock of a master may
//! jump past it, or the master may forget the key in a restart, which is the same here.
//!
//! Source: S. Sanfilippo, "Distributed Locks with Redis"; M. Kleppmann, "How to do distributed locking", 2016.

use super::search::Model;

/// The configuration.
#[derive(Clone, Copy, Debug)]
pub struct Redlock {
    /// At most 8.
    pub masters: u8,
    pub clients: u8,
    /// How many clocks may jump.
    pub jumps: u8,
}

/// Who holds each master's key, and which masters each client has asked and has had OK from.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct State {
    keys: Vec<Option<u8>>,
    /// Bits, a master each.
    asked: Vec<u8>,
    had: Vec<u8>,
    jumps: u8,
}

/// One step. Masters count from 1, as people do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// The client's SET NX reaches the master.
    Set { client: u8, master: u8 },
    /// The master's clock jumps past the time to live of its key.
    Jump { master: u8 },
}

impl std::fmt::Display for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Step::Set { client, master } => write!(f, "{} SET NX on node {master}", char::from(b'A' + client)),
            Step::Jump { master } => write!(f, "node {master} clock jumps past TTL"),
        }
    }
}

impl Redlock {
    /// The state after a step; `None` if the step is not possible.
    pub fn after(&self, state: &State, step: Step) -> Option<State> {
        let mut next = state.clone();
        match step {
            Step::Set { client, master } => {
                let (bit, key) = (1 << (master - 1), usize::from(master) - 1);
                if state.asked[usize::from(client)] & bit != 0 {
                    return None;
                }
                next.asked[usize::from(client)] |= bit;
                if state.keys[key].is_none() {
                    next.keys[key] = Some(client);
                    next.had[usize::from(client)] |= bit;
                }
            }
            Step::Jump { master } => {
                next.jumps = state.jumps.checked_sub(1)?;
                next.keys[usize::from(master) - 1].take()?;
            }
        }
        Some(next)
    }
}

impl Model for Redlock {
    type State = State;
    type Move = Step;

    fn start(&self) -> State {
        State {
            keys: vec![None; self.masters.into()],
            asked: vec![0; self.clients.into()],
            had: vec![0; self.clients.into()],
            jumps: self.jumps,
        }
    }

    fn each_next(&self, state: &State, each: &mut dyn FnMut(&Step, &State)) {
        for master in 1..=self.masters {
            let sets = (0..self.clients).map(|client| Step::Set { client, master });
            for step in sets.chain([Step::Jump { master }]) {
                if let Some(next) = self.after(state, step) {
                    each(&step, &next);
                }
            }
        }
    }

    fn fingerprint(&self, state: &State) -> u128 {
        crate::core::hash::wide(state)
    }

    fn broken(&self, state: &State) -> Option<&'static str> {
        let most = u32::from(self.masters / 2 + 1);
        (state.had.iter().filter(|had| had.count_ones() >= most).count() > 1).then_some("MUTEX-LEASE")
    }
}
