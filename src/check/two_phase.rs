//! The TwoPhase abstraction of Gray and Lamport ("Consensus on Transaction Commit", 2006, section 3): a model whose number
//! of states has a closed form, 2^n + 4^n + 6^n. It tests the search itself.
//!
//! Its resource managers are interchangeable. A manager is a row of three things that name no other manager, so sorting the
//! rows is a canonical form at once. Then the number of states is (n+1) + C(n+3,3) + C(n+5,5): multisets of the 2 rows that a
//! manager can be in after a commit, the 4 while nothing is decided, and the 6 after an abort.

use super::search::Model;

/// What a resource manager can be, in the lower two bits of its row. At first it works.
const STATE: u64 = 3;
const PREPARED: u64 = 1;
const COMMITTED: u64 = 2;
const ABORTED: u64 = 3;
/// The transaction manager has received its `Prepared`.
const HEARD: u64 = 4;
/// It has sent `Prepared`; messages are never removed.
const SENT: u64 = 8;
const ROW: u32 = 4;
/// A bit in every row.
const ROWS: u64 = 0x1111_1111_1111_1111;

/// A row of four bits for each manager, and above them the decision: 1 to commit, 2 to abort. It is sent as it is taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct State(u64);

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

/// Two-phase commit with `managers` resource managers, at most 15.
#[derive(Clone, Copy, Debug)]
pub struct TwoPhase {
    pub managers: u8,
    /// States that differ only by which manager is which count as one.
    pub symmetry: bool,
}

impl TwoPhase {
    fn rows(self) -> u64 {
        ROWS & ((1 << self.top()) - 1)
    }

    fn top(self) -> u32 {
        ROW * u32::from(self.managers)
    }

    /// Every step that changes something.
    #[inline]
    fn steps(self, State(s): State, each: &mut impl FnMut(Step, State)) {
        let decided = s >> self.top();
        let (commit, abort) = (1 << self.top(), 2 << self.top());
        if decided == 0 {
            let heard = self.rows() * HEARD;
            if s & heard == heard {
                each(Step::Commit, State(s | commit));
            }
            each(Step::Abort, State(s | abort));
        }
        for id in 0..self.managers {
            let shift = ROW * u32::from(id);
            let row = s >> shift & 0xF;
            let with = |row: u64| State(s & !(0xF << shift) | row << shift);
            if decided == 0 && row & (SENT | HEARD) == SENT {
                each(Step::HearPrepared(id), with(row | HEARD));
            }
            if row & STATE == 0 {
                each(Step::Prepare(id), with(row | PREPARED | SENT));
                each(Step::ChooseToAbort(id), with(row | ABORTED));
            }
            if s & commit != 0 && row & STATE != COMMITTED {
                each(Step::HearCommit(id), with(row & !STATE | COMMITTED));
            }
            if s & abort != 0 && row & STATE != ABORTED {
                each(Step::HearAbort(id), with(row | ABORTED));
            }
        }
    }
}

impl Model for TwoPhase {
    type State = State;
    type Move = Step;

    fn start(&self) -> State {
        State(0)
    }

    fn each_next(&self, s: &State, each: &mut dyn FnMut(&Step, &State)) {
        self.steps(*s, &mut |step, next| each(&step, &next));
    }

    fn each_printed(&self, s: &State, each: &mut dyn FnMut(&Step, &State, u128)) {
        self.steps(*s, &mut |step, next| each(&step, &next, self.fingerprint(&next)));
    }

    /// The state itself, or with its rows in ascending order.
    fn fingerprint(&self, State(s): &State) -> u128 {
        if !self.symmetry {
            return u128::from(*s);
        }
        let mut rows = [0; 16];
        let rows = &mut rows[..self.managers.into()];
        rows.iter_mut().enumerate().for_each(|(i, row)| *row = s >> (ROW as usize * i) & 0xF);
        rows.sort_unstable();
        rows.iter().fold(u128::from(s >> self.top()), |all, row| all << ROW | u128::from(*row))
    }

    fn broken(&self, State(s): &State) -> Option<&'static str> {
        let (low, high) = (s & self.rows(), s >> 1 & self.rows());
        (high & !low != 0 && high & low != 0).then_some("AC1-AGREE")
    }

    fn width(&self) -> usize {
        (self.top() as usize + 2).div_ceil(8)
    }

    fn restored(&self, print: u128) -> Option<State> {
        (!self.symmetry).then_some(State(print as u64))
    }
}

#[cfg(test)]
mod tests {
    use super::super::search::{Search, Verdict};
    use super::TwoPhase;

    /// The closed form, and the depths that TLC and stateright report.
    #[test]
    fn the_search_finds_exactly_the_states_of_the_closed_form() {
        for (managers, depth) in [(1, 4), (2, 7), (3, 10), (5, 16), (6, 19), (7, 22)] {
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
