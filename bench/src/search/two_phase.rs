//! Two-phase commit as stateright models it: its `examples/2pc.rs` (stateright 0.31.0, MIT, Copyright Jonathan Nadal) with the
//! same types, actions and properties, less what is not measured (symmetry, the explorer, the command line).

use stateright::{Checker, Model, Property};
use std::collections::BTreeSet;

#[derive(Clone)]
struct System {
    managers: usize,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct State {
    managers: Vec<Manager>,
    coordinator: Coordinator,
    prepared: Vec<bool>,
    messages: BTreeSet<Message>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Message {
    Prepared { manager: usize },
    Commit,
    Abort,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Manager {
    Working,
    Prepared,
    Committed,
    Aborted,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Coordinator {
    Init,
    Committed,
    Aborted,
}

#[derive(Clone, Debug, PartialEq)]
enum Action {
    HearPrepared(usize),
    Commit,
    Abort,
    Prepare(usize),
    ChooseToAbort(usize),
    HearCommit(usize),
    HearAbort(usize),
}

impl Model for System {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State {
            managers: vec![Manager::Working; self.managers],
            coordinator: Coordinator::Init,
            prepared: vec![false; self.managers],
            messages: BTreeSet::new(),
        }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        let undecided = state.coordinator == Coordinator::Init;
        if undecided && state.prepared.iter().all(|prepared| *prepared) {
            actions.push(Action::Commit);
        }
        if undecided {
            actions.push(Action::Abort);
        }
        for manager in 0..self.managers {
            if undecided && state.messages.contains(&Message::Prepared { manager }) {
                actions.push(Action::HearPrepared(manager));
            }
            if state.managers[manager] == Manager::Working {
                actions.push(Action::Prepare(manager));
                actions.push(Action::ChooseToAbort(manager));
            }
            if state.messages.contains(&Message::Commit) {
                actions.push(Action::HearCommit(manager));
            }
            if state.messages.contains(&Message::Abort) {
                actions.push(Action::HearAbort(manager));
            }
        }
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        let mut next = state.clone();
        match action {
            Action::HearPrepared(manager) => next.prepared[manager] = true,
            Action::Commit => {
                next.coordinator = Coordinator::Committed;
                next.messages.insert(Message::Commit);
            }
            Action::Abort => {
                next.coordinator = Coordinator::Aborted;
                next.messages.insert(Message::Abort);
            }
            Action::Prepare(manager) => {
                next.managers[manager] = Manager::Prepared;
                next.messages.insert(Message::Prepared { manager });
            }
            Action::ChooseToAbort(manager) | Action::HearAbort(manager) => next.managers[manager] = Manager::Aborted,
            Action::HearCommit(manager) => next.managers[manager] = Manager::Committed,
        }
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::sometimes("abort agreement", |_, state: &State| {
                state.managers.iter().all(|manager| *manager == Manager::Aborted)
            }),
            Property::sometimes("commit agreement", |_, state: &State| {
                state.managers.iter().all(|manager| *manager == Manager::Committed)
            }),
            Property::always("consistent", |_, state: &State| {
                let some = |wanted| state.managers.contains(&wanted);
                !(some(Manager::Aborted) && some(Manager::Committed))
            }),
        ]
    }
}

/// Searches it breadth first in one thread, and returns how many states it has.
///
/// # Panics
/// If a property does not hold.
pub fn states(managers: u8) -> usize {
    let found = System { managers: managers.into() }.checker().threads(1).spawn_bfs().join();
    found.assert_properties();
    found.unique_state_count()
}
