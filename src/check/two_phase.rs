//! The TwoPhase abstraction of Gray and Lamport ("Consensus on Transaction Commit", 2006, section 3): a model whose number
//! of states has a closed form, 2^n + 4^n + 6^n. It tests the search itself.
//!
//! Its resource managers are interchangeable. A manager is a row of three things that name no other manager, so sorting the
//! rows is a canonical form at once. Then the number of states is (n+1) + C(n+3,3) + C(n+5,5): multisets of the 2 rows that a
//! manager can be in after a commit, the 4 while nothing is decided, and the 6 after an abort.

use super::search::Model;
use crate::core::hash;

/// A resource manager's state.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Manager {
    Working,
    Prepared,
    Committed,
    Aborted,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct State {
    managers: Vec<Manager>,
    decided: Option<bool>,
    /// Managers whose `Prepared` the transaction manager has received.
    heard: u32,
    /// Managers that have sent `Prepared`; messages are never removed.
    sent: u32,
    commit_sent: bool,
    abort_sent: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    HearPrepared(u8),
    Commit,
    Abort,
    Prepare(u8),
    ChooseToAbort(u8),
    HearCommit(u8),
    HearAbort(u8),
}

/// Two-phase commit with `managers` resource managers.
#[derive(Clone, Copy, Debug)]
pub struct TwoPhase {
    pub managers: u8,
    /// States that differ only by which manager is which count as one.
    pub symmetry: bool,
}

impl Model for TwoPhase {
    type State = State;
    type Move = Step;

    fn start(&self) -> State {
        State {
            managers: vec![Manager::Working; self.managers.into()],
            decided: None,
            heard: 0,
            sent: 0,
            commit_sent: false,
            abort_sent: false,
        }
    }

    fn each_next(&self, s: &State, each: &mut dyn FnMut(&Step, &State)) {
        let all = (1_u32 << self.managers) - 1;
        let mut go = |step, change: &dyn Fn(&mut State)| {
            let mut next = s.clone();
            change(&mut next);
            each(&step, &next);
        };
        if s.decided.is_none() {
            if s.heard == all {
                go(Step::Commit, &|n| (n.decided, n.commit_sent) = (Some(true), true));
            }
            go(Step::Abort, &|n| (n.decided, n.abort_sent) = (Some(false), true));
        }
        for (i, manager) in s.managers.iter().enumerate() {
            let (id, bit) = (i as u8, 1_u32 << i);
            if s.decided.is_none() && s.sent & bit != 0 && s.heard & bit == 0 {
                go(Step::HearPrepared(id), &|n| n.heard |= bit);
            }
            if *manager == Manager::Working {
                go(Step::Prepare(id), &|n| {
                    n.managers[i] = Manager::Prepared;
                    n.sent |= bit;
                });
                go(Step::ChooseToAbort(id), &|n| n.managers[i] = Manager::Aborted);
            }
            if s.commit_sent {
                go(Step::HearCommit(id), &|n| n.managers[i] = Manager::Committed);
            }
            if s.abort_sent {
                go(Step::HearAbort(id), &|n| n.managers[i] = Manager::Aborted);
            }
        }
    }

    fn fingerprint(&self, state: &State) -> u128 {
        if !self.symmetry {
            return hash::wide(state);
        }
        let State { managers, decided, heard, sent, commit_sent, abort_sent } = state;
        let row = |(i, manager): (usize, &Manager)| (*manager, heard >> i & 1, sent >> i & 1);
        let mut rows: Vec<_> = managers.iter().enumerate().map(row).collect();
        rows.sort_unstable();
        hash::wide(&(rows, decided, commit_sent, abort_sent))
    }

    fn broken(&self, s: &State) -> Option<&'static str> {
        let some = |wanted| s.managers.contains(&wanted);
        (some(Manager::Committed) && some(Manager::Aborted)).then_some("AC1-AGREE")
    }
}

#[cfg(test)]
mod tests {
    use super::super::search::{Search, Verdict};
    use super::TwoPhase;

    /// The closed form, and the depths that TLC and stateright report.
    #[test]
    fn the_search_finds_exactly_the_states_of_the_closed_form() {
        for (managers, depth) in [(1, 4), (2, 7), (3, 10), (5, 16), (6, 19)] {
            let states = 2_u64.pow(managers) + 4_u64.pow(managers) + 6_u64.pow(managers);
            let model = TwoPhase { managers: managers as u8, symmetry: false };
            assert_eq!(Search::new(&model).run(u64::MAX), Verdict::Holds { states, depth });
        }
    }

    /// The closed form again, with the numbers for 3, 5 and 6 written out. Depths stay.
    #[test]
    fn interchangeable_managers_leave_the_states_of_the_other_closed_form() {
        let choose = |n: u64, k: u64| (1..=k).fold(1, |product, i| product * (n - k + i) / i);
        for (managers, depth, known) in
            [(1, 4, None), (2, 7, None), (3, 10, Some(80)), (5, 16, Some(314)), (6, 19, Some(553))]
        {
            let n = u64::from(managers);
            let states = (n + 1) + choose(n + 3, 3) + choose(n + 5, 5);
            assert_eq!(states, known.unwrap_or(states));
            let model = TwoPhase { managers, symmetry: true };
            assert_eq!(Search::new(&model).run(u64::MAX), Verdict::Holds { states, depth });
        }
    }
}
