//! Getting stuck, on graphs that are small enough to be understood, and on random ones against the definition.

use faultline::check::search::{Limits, Model};
use faultline::check::stuck::{Ask, Course, Fate, Found, Stuck};
use std::collections::BTreeSet;

/// States are numbers, the first is 0; a move is an edge.
#[derive(Clone, Debug)]
struct Drawn {
    owing: BTreeSet<usize>,
    edges: Vec<(usize, Course, usize)>,
}

impl Model for Drawn {
    type State = usize;
    type Move = usize;

    fn start(&self) -> usize {
        0
    }
    fn each_next(&self, state: &usize, each: &mut dyn FnMut(&usize, &usize)) {
        for (n, (_, _, to)) in self.edges.iter().enumerate().filter(|(_, edge)| edge.0 == *state) {
            each(&n, to);
        }
    }
    fn fingerprint(&self, state: &usize) -> u128 {
        faultline::core::hash::wide(state)
    }
    fn broken(&self, _: &usize) -> Option<&'static str> {
        None
    }
}

impl Fate for Drawn {
    fn owes(&self, state: &usize) -> bool {
        self.owing.contains(state)
    }
    fn course(&self, _: &usize, step: &usize) -> Course {
        self.edges[*step].1
    }
}

use Course::{Fault, May, Must};
const A: Course = Must(1);
const B: Course = Must(2);
const C: Course = Must(3);

fn drawn(owing: &[usize], edges: &[(usize, Course, usize)]) -> Drawn {
    Drawn { owing: owing.iter().copied().collect(), edges: edges.to_vec() }
}

fn ask(model: &Drawn, ask: Ask) -> Found<usize> {
    Stuck::new(model.clone(), ask).slice(Limits::of_states(1 << 20), u32::MAX).expect("one slice is enough")
}

fn impossible(model: &Drawn) -> Option<Vec<usize>> {
    match ask(model, Ask::Impossible) {
        Found::Holds => None,
        Found::Stuck { stem, cycle: None } => Some(stem),
        other => panic!("{other:?}"),
    }
}

fn put_off(model: &Drawn) -> Option<(Vec<usize>, Vec<usize>)> {
    match ask(model, Ask::PutOff) {
        Found::Holds => None,
        Found::Stuck { stem, cycle: Some(cycle) } => Some((stem, cycle)),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_dead_end_is_impossible_and_a_run_stops_there() {
    let model = drawn(&[1, 2], &[(0, A, 1), (1, A, 0), (1, Fault, 2)]);
    assert_eq!(impossible(&model), Some(vec![0, 2]));
    assert_eq!(put_off(&model), Some((vec![0, 2], vec![])));
    // What may come leads out, but need not.
    let model = drawn(&[1, 2], &[(0, A, 1), (1, A, 0), (1, Fault, 2), (2, May, 0)]);
    assert_eq!(impossible(&model), None);
    assert_eq!(put_off(&model), Some((vec![0, 2], vec![])));
    // What has to come does.
    let model = drawn(&[1, 2], &[(0, A, 1), (1, A, 0), (1, Fault, 2), (2, B, 0)]);
    assert_eq!((impossible(&model), put_off(&model)), (None, None));
    // A state that owes nothing may be the last.
    assert_eq!(put_off(&drawn(&[], &[(0, A, 1)])), None);
}

#[test]
fn a_livelock_is_impossible_and_goes_round() {
    let model = drawn(&[1, 2], &[(0, A, 0), (0, Fault, 1), (1, A, 2), (2, B, 1)]);
    assert_eq!(impossible(&model), Some(vec![1]));
    assert_eq!(put_off(&model), Some((vec![1], vec![2, 3])));
    // A step that changes nothing goes round, too.
    assert_eq!(put_off(&drawn(&[0], &[(0, A, 0)])), Some((vec![], vec![0])));
}

#[test]
fn whoever_waits_all_the_time_has_its_turn() {
    // The way out is possible in both states of the cycle: not to go it is unfair.
    let unfair = drawn(&[1, 2], &[(0, A, 1), (1, A, 2), (2, B, 1), (1, C, 0), (2, C, 0)]);
    assert_eq!((impossible(&unfair), put_off(&unfair)), (None, None));
    // It is not possible in one of them: that is fair, if only by that.
    let fair = drawn(&[1, 2], &[(0, A, 1), (1, A, 2), (2, B, 1), (1, C, 0)]);
    assert_eq!(impossible(&fair), None);
    assert_eq!(put_off(&fair), Some((vec![0], vec![1, 2])));
    // A request from outside is owed nothing.
    let asked = drawn(&[1, 2], &[(0, A, 1), (1, A, 2), (2, B, 1), (1, May, 0), (2, May, 0)]);
    assert_eq!(put_off(&asked), Some((vec![0], vec![1, 2])));
    // And may come again and again.
    let asking = drawn(&[1, 2], &[(0, A, 1), (1, May, 2), (2, May, 1), (1, C, 0)]);
    assert_eq!(put_off(&asking), Some((vec![0], vec![1, 2])));
}

#[test]
fn no_fault_lies_on_a_cycle() {
    let model = drawn(&[1, 2], &[(0, A, 1), (1, A, 2), (2, Fault, 1), (2, C, 0)]);
    assert_eq!((impossible(&model), put_off(&model)), (None, None));
}

#[test]
fn a_cycle_goes_through_all_that_it_needs() {
    // Two loops at one state; each thing is possible on the other's loop: neither loop alone is fair.
    let model =
        drawn(&[1, 2, 3], &[(0, A, 1), (1, A, 2), (2, C, 1), (2, B, 3), (1, B, 3), (3, C, 1), (3, A, 2), (1, C, 1)]);
    let (stem, cycle) = put_off(&model).expect("both loops");
    assert_eq!(stem, vec![0]);
    let names: BTreeSet<_> = cycle.iter().map(|n| format!("{:?}", model.edges[*n].1)).collect();
    assert_eq!((cycle.len(), names.len()), (3, 3), "{cycle:?}");
    // A longer way to a shorter cycle, if both together are shorter.
    let model = drawn(
        &[1, 2, 3, 4, 5],
        &[(0, A, 1), (1, A, 2), (2, A, 3), (3, A, 4), (4, A, 1), (1, B, 5), (5, B, 5), (2, B, 5)],
    );
    assert_eq!(put_off(&model), Some((vec![0, 5], vec![6])));
}

/// More things have to come than a search over sets of them looks at: then one after the other is met.
#[test]
fn many_things_are_met_one_after_the_other() {
    let there = (0..70).map(|n| (0, Must(10 + n), 1));
    let edges: Vec<_> = there.chain((0..70).map(|n| (1, Must(10 + n), 0))).collect();
    let (stem, cycle) = put_off(&drawn(&[0, 1], &edges)).expect("everybody has a turn");
    let at = cycle.iter().fold(0, |at, n| if edges[*n].0 == at { edges[*n].2 } else { panic!("{cycle:?}") });
    let names: BTreeSet<_> = cycle.iter().map(|n| n % 70).collect();
    assert_eq!((stem.len(), at, names.len(), cycle.len()), (0, 0, 70, 70));
}

#[test]
fn a_limit_hides_nothing_that_is_known_and_says_nothing_that_is_not() {
    // A dead end at once, and a long way beside it.
    let mut edges = vec![(0, Fault, 1), (0, A, 2)];
    edges.extend((2..200).map(|n| (n, A, n + 1)));
    let model = drawn(&[1], &edges);
    for aim in [Ask::Impossible, Ask::PutOff] {
        let mut stuck = Stuck::new(model.clone(), aim);
        assert!(matches!(stuck.slice(Limits::of_states(50), u32::MAX), Some(Found::Stuck { stem, .. }) if stem == [0]));
        // All owe; behind the limit there may be a way.
        let all: Vec<usize> = (0..200).collect();
        let mut stuck = Stuck::new(drawn(&all, &edges[1..]), aim);
        assert_eq!(stuck.slice(Limits::of_states(50), u32::MAX), Some(Found::Unfinished));
        // It goes on where it was, in slices.
        let mut slices = 0;
        let found = loop {
            slices += 1;
            if let Some(found) = stuck.slice(Limits::of_states(1000), 10) {
                break found;
            }
        };
        assert_eq!((found, stuck.progress().states, slices), (Found::Holds, 200, 17));
    }
    let mut small = Stuck::new(model, Ask::PutOff);
    assert_eq!(small.slice(Limits { states: 1000, bytes: 1 << 10 }, u32::MAX), Some(Found::Unfinished), "no bytes");
}

/// Numbers in turn, from a seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound
    }
}

const STATES: usize = 8;

fn random(seed: u64) -> Drawn {
    let mut dice = Dice(seed);
    dice.below(2);
    let states = 2 + dice.below(STATES - 1);
    let owing = (0..states).filter(|_| dice.below(4) > 0).collect();
    let course = [Fault, May, A, A, B, B, C];
    let edges = 1 + dice.below(3 * states);
    let edges = (0..edges).map(|_| (dice.below(states), course[dice.below(7)], dice.below(states))).collect();
    Drawn { owing, edges }
}

/// Breadth-first: how far each state is from the start, and in which order they are met.
fn met(model: &Drawn) -> Vec<(usize, usize)> {
    let mut order = vec![(0, 0)];
    let mut at = 0;
    while at < order.len() {
        let (state, depth) = order[at];
        for (from, _, to) in &model.edges {
            if *from == state && !order.iter().any(|(known, _)| known == to) {
                order.push((*to, depth + 1));
            }
        }
        at += 1;
    }
    order
}

fn calm(model: &Drawn) -> impl Iterator<Item = (usize, &(usize, Course, usize))> {
    model.edges.iter().enumerate().filter(|(_, edge)| edge.1 != Fault)
}

/// Whether a good state can be reached without faults: one step more until nothing changes.
fn hopeful(model: &Drawn) -> BTreeSet<usize> {
    let mut hope: BTreeSet<usize> = (0..STATES + 1).filter(|state| !model.owing.contains(state)).collect();
    loop {
        let more: Vec<usize> = calm(model).filter(|(_, e)| hope.contains(&e.2)).map(|(_, e)| e.0).collect();
        let before = hope.len();
        hope.extend(more);
        if hope.len() == before {
            return hope;
        }
    }
}

fn bit(course: Course) -> u8 {
    if let Must(name) = course { 1 << name } else { 0 }
}

fn possible(model: &Drawn, state: usize) -> u8 {
    calm(model).filter(|(_, e)| e.0 == state).fold(0, |all, (_, e)| all | bit(e.1))
}

/// The length of a shortest fair cycle through a state: over all sets of what has been satisfied.
fn shortest_cycle(model: &Drawn, from: usize) -> Option<usize> {
    let all = bit(A) | bit(B) | bit(C);
    let mut seen = BTreeSet::new();
    let mut front = vec![(from, all & !possible(model, from))];
    for length in 1..200 {
        let mut next = Vec::new();
        for (state, satisfied) in front {
            for (_, (_, course, to)) in calm(model).filter(|(_, e)| e.0 == state && model.owing.contains(&e.2)) {
                let satisfied = satisfied | bit(*course) | (all & !possible(model, *to));
                if *to == from && satisfied == all {
                    return Some(length);
                }
                if seen.insert((*to, satisfied)) {
                    next.push((*to, satisfied));
                }
            }
        }
        front = next;
    }
    None
}

#[test]
fn random_graphs_are_answered_as_defined() {
    let (mut cycles, mut stops, mut dead, mut fine) = (0, 0, 0, 0);
    for seed in 0..20_000 {
        let model = random(seed);
        let order = met(&model);
        let hope = hopeful(&model);
        let walks = |path: &[usize]| {
            path.iter().fold(0, |at, n| {
                assert_eq!(model.edges[*n].0, at, "seed {seed}");
                model.edges[*n].2
            })
        };
        // The first state without hope, by a shortest path.
        let first = order.iter().find(|(state, _)| !hope.contains(state));
        let found = impossible(&model);
        assert_eq!(found.as_ref().map(|path| (walks(path), path.len())), first.copied(), "seed {seed}: {model:?}");
        dead += usize::from(found.is_some());
        let owing = || order.iter().filter(|(state, _)| model.owing.contains(state));
        let lasso = owing().filter_map(|(state, stem)| Some(stem + shortest_cycle(&model, *state)?)).min();
        let stop = owing().find(|(state, _)| possible(&model, *state) == 0);
        match put_off(&model) {
            None => {
                assert!(lasso.is_none() && stop.is_none(), "seed {seed}: {model:?}");
                assert_eq!(found, None, "seed {seed}: what cannot be put off cannot become impossible");
                fine += 1;
            }
            Some((stem, cycle)) if cycle.is_empty() => {
                assert_eq!((lasso, Some(&(walks(&stem), stem.len()))), (None, stop), "seed {seed}: {model:?}");
                stops += 1;
            }
            Some((stem, cycle)) => {
                assert_eq!(Some(stem.len() + cycle.len()), lasso, "seed {seed}: {model:?}");
                let begins = walks(&stem);
                assert_eq!(walks(&[&stem[..], &cycle].concat()), begins, "seed {seed}");
                let states: Vec<usize> = cycle.iter().map(|n| model.edges[*n].0).collect();
                assert!(states.iter().all(|state| model.owing.contains(state)), "seed {seed}");
                let always = states.iter().fold(u8::MAX, |all, state| all & possible(&model, *state));
                let taken = cycle.iter().fold(0, |all, n| all | bit(model.edges[*n].1));
                assert!(cycle.iter().all(|n| model.edges[*n].1 != Fault) && always & !taken == 0, "seed {seed}");
                cycles += 1;
            }
        }
    }
    assert!([cycles, stops, dead, fine].iter().all(|n| *n > 1000), "{cycles} {stops} {dead} {fine}");
}
