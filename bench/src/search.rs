//! The search beside stateright, another model checker in Rust: on two-phase commit, where each searches its own model, and on
//! one cluster, which stateright searches through an adapter.

#[cfg(not(target_arch = "wasm32"))]
pub mod adapter;
#[cfg(not(target_arch = "wasm32"))]
pub mod two_phase;

use faultline::check::model::{Budgets, ClusterModel};
use faultline::check::search::{Limits, Model, Search, Verdict};
use faultline::check::two_phase::TwoPhase;
use faultline::core::commit::{Commit, Variant};
use faultline::core::lock::Lock;
use faultline::core::protocol::World;
use faultline::scenes::lock::LockScene;
use faultline::scenes::options::{COMMON, Options};
use faultline::scenes::scene::Lang;
use faultline::scenes::searching::TICK_MS;
use faultline::scenes::staging::Staging;
use std::cell::{Cell, RefCell};

/// Sizes at which two-phase commit is measured, and its states: 2^n + 4^n + 6^n.
pub const SIZES: [(u8, u64); 3] = [(7, 296_448), (8, 1_745_408), (9, 10_340_352)];

pub fn two_phase(managers: u8) -> TwoPhase {
    TwoPhase { managers, symmetry: false }
}

/// Three clients of one lock, in the world in which a lock with a fence promises most. Nodes keep their names.
///
/// # Panics
/// If the lock scene has no such options any more.
pub fn lock() -> ClusterModel<Lock> {
    let (recipe, world) = ("set-nx-px-fence", World::Sync);
    let mut bounds: Vec<(String, String)> =
        LockScene::bounds(recipe, None, world).into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    bounds.retain(|(key, _)| key != "clients");
    bounds.push(("clients".to_owned(), "3".to_owned()));
    let options = Options::read(&[LockScene::OPTIONS, COMMON], &bounds, Lang::En).expect("the lock scene has these");
    let budgets = Budgets { dups: 1, drops: 1, ..Budgets::NONE };
    ClusterModel::new(LockScene::configure(recipe, &[], &options), world, budgets, TICK_MS, None).without_symmetry()
}

/// Presumed abort with three participants, where messages take any time and one of each kind of fault of messages happens.
pub fn commit() -> ClusterModel<Commit> {
    let protocol = Commit::standard(3, 1, None).of(Variant::PresumedAbort);
    let budgets = Budgets { dups: 1, drops: 1, ..Budgets::NONE };
    ClusterModel::new(protocol, World::Bounded, budgets, Commit::TICK, None).without_symmetry()
}

/// Searches to the end or to the limits, and returns how many states it met; `None` if a property is broken, which is promised
/// in all that is measured here.
pub fn search<M: Model>(model: M, limits: Limits) -> Option<u64> {
    match Search::new(model).run(limits) {
        Verdict::Violated { .. } => None,
        Verdict::Holds { states, .. } | Verdict::Unfinished { states, .. } => Some(states),
    }
}

/// To the end, whatever it takes.
pub const ALL: Limits = Limits { states: u64::MAX, bytes: u64::MAX };

/// A model that keeps one in so many of the states that are expanded.
pub struct Sampled<M: Model> {
    pub model: M,
    pub every: u64,
    pub seen: Cell<u64>,
    pub kept: RefCell<Vec<M::State>>,
}

impl<M: Model> Sampled<M> {
    pub fn new(model: M, every: u64) -> Self {
        Sampled { model, every, seen: Cell::new(0), kept: RefCell::default() }
    }

    fn keep(&self, state: &M::State) {
        let nth = self.seen.replace(self.seen.get() + 1);
        if nth.is_multiple_of(self.every) {
            self.kept.borrow_mut().push(state.clone());
        }
    }
}

impl<M: Model> Model for Sampled<M> {
    type State = M::State;
    type Move = M::Move;

    fn start(&self) -> M::State {
        self.model.start()
    }
    fn each_next(&self, state: &M::State, each: &mut dyn FnMut(&M::Move, &M::State)) {
        self.model.each_next(state, each);
    }
    fn each_printed(&self, state: &M::State, each: &mut dyn FnMut(&M::Move, &M::State, u128)) {
        self.keep(state);
        self.model.each_printed(state, each);
    }
    fn each_in_place(&self, state: &mut M::State, each: &mut dyn FnMut(&M::Move, &M::State, u128)) {
        self.keep(state);
        self.model.each_in_place(state, each);
    }
    fn fingerprint(&self, state: &M::State) -> u128 {
        self.model.fingerprint(state)
    }
    fn broken(&self, state: &M::State) -> Option<&'static str> {
        self.model.broken(state)
    }
    fn copied(&self, state: &M::State, spare: Option<M::State>) -> M::State {
        self.model.copied(state, spare)
    }
    fn bytes(&self, state: &M::State) -> usize {
        self.model.bytes(state)
    }
    fn width(&self) -> usize {
        self.model.width()
    }
    fn restored(&self, print: u128) -> Option<M::State> {
        self.model.restored(print)
    }
}

/// For WebAssembly: searches two-phase commit to its end, and returns how many states that has.
#[unsafe(no_mangle)]
pub extern "C" fn search_two_phase(managers: u32) -> u32 {
    search(two_phase(managers as u8), ALL).map_or(0, |states| states as u32)
}

/// For WebAssembly: searches a large cluster up to so many states or megabytes, and returns how many states it has met.
#[unsafe(no_mangle)]
pub extern "C" fn search_cluster(most: u32, megabytes: u32) -> u32 {
    let protocol = Commit::standard(3, 2, None).of(Variant::PresumedAbort);
    let budgets = Budgets { crashes: 2, dups: 1, drops: 1, ..Budgets::NONE };
    let model = ClusterModel::new(protocol, World::Bounded, budgets, Commit::TICK, None);
    let limits = Limits { states: most.into(), bytes: u64::from(megabytes) << 20 };
    search(model, limits).map_or(0, |states| states as u32)
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use stateright::{Checker, Model as _};

    #[test]
    fn both_searches_of_two_phase_commit_meet_the_same_states() {
        for managers in 1..=5 {
            let ours = search(two_phase(managers), ALL).expect("it holds");
            assert_eq!(ours as usize, two_phase::states(managers));
        }
    }

    #[test]
    fn both_searches_of_one_cluster_meet_the_same_states() {
        let p = Commit::standard(2, 1, None).of(Variant::PresumedAbort);
        let budgets = Budgets { dups: 1, drops: 1, ..Budgets::NONE };
        let model = || ClusterModel::new(p.clone(), World::Sync, budgets, Commit::TICK, None).without_symmetry();
        let ours = search(model(), ALL).expect("it holds");
        let theirs = adapter::Adapter(model()).checker().threads(1).spawn_bfs().join();
        assert!(ours > 1_000, "{ours}");
        assert_eq!(ours as usize, theirs.unique_state_count());
        theirs.assert_properties();
    }

    #[test]
    fn sampling_changes_nothing() {
        let sampled = Sampled::new(two_phase(3), 10);
        assert_eq!(search(&sampled, ALL).expect("it holds"), 288);
        assert_eq!(sampled.kept.borrow().len(), 29);
    }
}
