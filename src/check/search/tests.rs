//! What is found does not depend on how the search is run.

use super::super::redlock::Redlock;
use super::super::two_phase::TwoPhase;
use super::{Limit, Limits, Model, Progress, Search, Verdict};
use crate::core::hash;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Numbers below `states`. Of each, `ways` steps lead to drawn larger ones, at most `spread` away.
#[derive(Clone, Copy)]
struct Web {
    states: u64,
    ways: u64,
    spread: u64,
    seed: u64,
    broken: u64,
    /// Judging this state panics.
    panics: u64,
}

const WEB: Web = Web { states: 30_000, ways: 4, spread: 3_000, seed: 1, broken: u64::MAX, panics: u64::MAX };

impl Model for Web {
    type State = u64;
    type Move = u64;

    fn start(&self) -> u64 {
        0
    }
    fn each_next(&self, state: &u64, each: &mut dyn FnMut(&u64, &u64)) {
        for way in 0..self.ways {
            let next = state + 1 + hash::narrow(&(self.seed, *state, way)) % self.spread;
            if next < self.states {
                each(&way, &next);
            }
        }
    }
    fn fingerprint(&self, state: &u64) -> u128 {
        hash::wide(state)
    }
    fn broken(&self, state: &u64) -> Option<&'static str> {
        assert_ne!(*state, self.panics, "this one cannot be judged");
        (*state == self.broken).then_some("BROKEN")
    }
}

/// The same model with states so large that hardly any is kept.
struct Heavy<M>(M);

impl<M: Model> Model for Heavy<M> {
    type State = M::State;
    type Move = M::Move;

    fn start(&self) -> M::State {
        self.0.start()
    }
    fn each_next(&self, state: &M::State, each: &mut dyn FnMut(&M::Move, &M::State)) {
        self.0.each_next(state, each);
    }
    fn fingerprint(&self, state: &M::State) -> u128 {
        // Not the state written small, so that states have to be kept or found again.
        hash::wide(&self.0.fingerprint(state))
    }
    fn broken(&self, state: &M::State) -> Option<&'static str> {
        self.0.broken(state)
    }
    fn bytes(&self, _: &M::State) -> usize {
        25 << 20
    }
}

/// All that a search knows in the end: verdict, fingerprints by index, parents.
fn outcome<M: Model>(search: &Search<M>, verdict: Verdict<M::Move>) -> (Verdict<M::Move>, Vec<u128>, Vec<u32>) {
    let all = 0..search.visited.len();
    let parents = all.clone().skip(1).map(|index| search.visited.parent(index)).collect();
    (verdict, all.map(|index| search.visited.print(index)).collect(), parents)
}

fn in_slices<M: Model>(
    search: &mut Search<M>,
    mut next: impl FnMut(&mut Search<M>) -> Verdict<M::Move>,
) -> Verdict<M::Move> {
    loop {
        match next(search) {
            Verdict::Unfinished { limit: None, .. } => {}
            verdict => return verdict,
        }
    }
}

fn is_always_the_same<M: Model + Sync>(model: &M, limits: Limits)
where
    M::State: Send + Sync,
    M::Move: PartialEq + std::fmt::Debug,
{
    let mut plain = Search::new(model);
    let verdict = plain.run(limits);
    let expected = outcome(&plain, verdict);
    for threads in [1, 2, 3, 8] {
        let mut search = Search::new(model);
        let verdict = search.run_on(threads, limits);
        assert!(outcome(&search, verdict) == expected, "{threads} threads");
    }
    for slice in [1, 7, 1_000] {
        let mut search = Search::new(model);
        let verdict = in_slices(&mut search, |search| search.slice(limits, slice));
        assert!(outcome(&search, verdict) == expected, "slices of {slice}");
        let mut search = Search::new(model);
        let verdict = in_slices(&mut search, |search| search.slice_on(2, limits, slice));
        assert!(outcome(&search, verdict) == expected, "slices of {slice} on two threads");
    }
    let steps = Limits { states: expected.1.len() as u64 / 5 + 1, ..limits };
    let mut search = Search::new(model);
    let mut verdict = search.run(steps);
    for n in 2..=5 {
        let wider = Limits { states: (steps.states * n).min(limits.states), ..limits };
        if matches!(verdict, Verdict::Unfinished { limit: Some(Limit::States), .. }) {
            verdict = if n % 2 == 0 { search.run_on(2, wider) } else { search.run(wider) };
        }
    }
    assert!(outcome(&search, verdict) == expected, "widened");
}

/// The same, and it is what is found where there is room for all states.
fn is_the_same_without_room<M: Model + Sync + Copy>(model: M)
where
    M::State: Send + Sync,
    M::Move: PartialEq + std::fmt::Debug,
{
    let limits = Limits::of_states(u64::MAX);
    is_always_the_same(&model, limits);
    is_always_the_same(&Heavy(model), limits);
    assert_eq!(Search::new(model).run(limits), Search::new(Heavy(model)).run(limits));
}

#[test]
fn threads_slices_and_room_change_nothing() {
    for seed in 0..3 {
        is_the_same_without_room(Web { seed, ..WEB });
        is_the_same_without_room(Web { seed, broken: 20_007, ..WEB });
    }
    is_the_same_without_room(TwoPhase { managers: 5, symmetry: false });
    is_the_same_without_room(TwoPhase { managers: 6, symmetry: true });
    is_the_same_without_room(Redlock { masters: 5, clients: 2, jumps: 1 });
    is_the_same_without_room(Redlock { masters: 5, clients: 2, jumps: 0 });
}

/// More successors than a byte can count.
#[test]
fn a_state_may_have_hundreds_of_successors() {
    is_the_same_without_room(Web { states: 1_500, ways: 700, spread: 1_000, ..WEB });
    is_the_same_without_room(Web { states: 1_500, ways: 700, spread: 1_000, broken: 1_499, ..WEB });
}

#[test]
fn a_start_that_is_broken_is_found_in_no_steps() {
    let found = Search::new(Web { broken: 0, ..WEB }).run(u64::MAX);
    assert_eq!(found, Verdict::Violated { property: "BROKEN", path: vec![], states: 1, depth: 1 });
}

/// The path is one of the shortest, and its steps lead to the state.
#[test]
fn the_path_leads_to_the_break() {
    let model = Web { broken: 20_007, ..WEB };
    let Verdict::Violated { path, .. } = Search::new(model).run(u64::MAX) else { panic!("it is there") };
    let mut state = 0;
    for way in path {
        let mut next = None;
        model.each_next(&state, &mut |w, to| next = next.or((*w == way).then_some(*to)));
        state = next.expect("the step is possible");
    }
    assert_eq!(state, 20_007);
}

#[test]
fn the_limit_of_bytes_ends_it_at_the_same_state_and_it_can_be_widened() {
    let model = Web { states: 100_000, ..WEB };
    let mut plain = Search::new(model);
    let verdict = plain.run(u64::MAX);
    let expected = outcome(&plain, verdict);
    let mut search = Search::new(model);
    let mut on_two = Search::new(model);
    let (mut bytes, mut stops) = (1_000, 0);
    loop {
        let limits = Limits { states: u64::MAX, bytes };
        let verdict = search.run(limits);
        let progress: Progress = search.progress();
        assert_eq!(in_slices(&mut on_two, |search| search.slice_on(2, limits, 1_234)), verdict);
        if let Verdict::Unfinished { limit, .. } = verdict {
            assert_eq!((limit, limits.reached(&progress)), (Some(Limit::Bytes), Limit::Bytes));
            // A search of one state has its first piece of memory already.
            assert!(progress.bytes <= bytes || progress.states == 1, "{progress:?} is above {bytes}");
            bytes += bytes / 2;
            stops += 1;
            continue;
        }
        assert!(outcome(&search, verdict) == expected);
        break;
    }
    assert!(stops > 10, "it stopped {stops} times");
}

#[test]
fn what_panics_is_named_by_the_path_before_it() {
    let quiet = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let model = Web { panics: 20_007, ..WEB };
    let before = |threads: usize| {
        let mut search = Search::new(model);
        let caught = catch_unwind(AssertUnwindSafe(|| search.run_on(threads, u64::MAX)));
        let said = caught.expect_err("it panics").downcast::<String>().expect("with words");
        assert!(said.contains("this one cannot be judged"), "{said}");
        assert_eq!(super::expanding(), Some(search.expanding()));
        (search.expanding(), search.path_before(search.expanding()).expect("the state is known"))
    };
    let found = [1, 2, 3].map(before);
    // Where a panic ends the program: a new search is led up to the same state.
    let again = catch_unwind(|| Search::new(model).path_before(found[0].0));
    std::panic::set_hook(quiet);
    let (_, path) = &found[0];
    assert!(found.iter().all(|other| *other == found[0]));
    assert_eq!(again.expect("the state before it can be judged").as_ref(), Some(path));
    let mut state = 0;
    for way in path {
        let mut next = None;
        model.each_next(&state, &mut |w, to| next = next.or((w == way).then_some(*to)));
        state = next.expect("the step is possible");
    }
    let mut leads = false;
    model.each_next(&state, &mut |_, next| leads |= *next == 20_007);
    assert!(leads, "the next step leads to what cannot be judged");
}

#[test]
fn there_is_no_path_to_a_state_that_there_is_not() {
    let mut search = Search::new(TwoPhase { managers: 3, symmetry: false });
    let Verdict::Holds { states, depth } = search.run(u64::MAX) else { panic!("it holds") };
    let last = search.path_before(states - 1).expect("the last state has a path");
    assert_eq!(last.len() as u32, depth);
    assert_eq!(search.path_before(states), None);
}
