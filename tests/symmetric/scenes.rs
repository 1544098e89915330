//! All recipes and mistakes of all scenes, within their standard bounds.

use super::agree;
use faultline::check::model::{Budgets, Checked, ClusterModel};
use faultline::core::protocol::{Protocol, World};
use faultline::scenes::commit::CommitScene;
use faultline::scenes::coordination::CoordinationScene;
use faultline::scenes::lock::LockScene;
use faultline::scenes::options::{COMMON, Options};
use faultline::scenes::placement::PlacementScene;
use faultline::scenes::ring::RingScene;
use faultline::scenes::scene::Lang;
use faultline::scenes::searching::TICK_MS;
use faultline::scenes::staging::Staging;

/// One standard search.
pub struct Row<P> {
    pub protocol: P,
    pub world: World,
    pub budgets: Budgets,
    pub property: Option<&'static str>,
    pub about: String,
}

impl<P: Protocol> Row<P> {
    pub fn model(&self) -> ClusterModel<P> {
        ClusterModel::new(self.protocol.clone(), self.world, self.budgets, TICK_MS, self.property)
    }
}

/// Every promise of every recipe and every mistake.
pub fn rows<S: Staging>() -> Vec<Row<S::P>> {
    let mut rows = Vec::new();
    for recipe in S::RECIPES {
        let mistakes = S::mistakes(recipe).map(|(mistake, property)| (Some(*mistake), Some(*property)));
        for (mistake, property) in [(None, None)].into_iter().chain(mistakes) {
            for (world, budgets) in S::standard(recipe, mistake) {
                let bounds = S::bounds(recipe, mistake, world).into_iter().map(|(key, value)| (key.to_owned(), value));
                let bounds: Vec<(String, String)> = bounds.collect();
                let options = Options::read(&[S::OPTIONS, COMMON], &bounds, Lang::En).unwrap_or_else(|e| panic!("{e}"));
                let mistakes: Vec<String> = mistake.into_iter().map(str::to_owned).collect();
                rows.push(Row {
                    protocol: S::configure(recipe, &mistakes, &options),
                    world,
                    budgets,
                    property,
                    about: format!("{}/{recipe} {mistake:?} {world:?} {budgets:?}", S::NAME),
                });
            }
        }
    }
    rows
}

/// Compares all rows that have at most so many states, and returns how many those are and how many are left.
fn compared<S: Staging>(most: u64) -> (usize, usize)
where
    ClusterModel<S::P>: Sync,
    Checked<S::P>: Send + Sync,
{
    let rows = rows::<S>();
    let few = rows.iter().filter(|row| agree(|| row.model(), most, &row.about)).count();
    (few, rows.len() - few)
}

/// Above this many states without symmetry a search takes longer than a suite should: `every_lock_agrees` has those.
const FEW: u64 = 15_000;

#[test]
fn locks_of_few_states_agree() {
    let (few, many) = compared::<LockScene>(FEW);
    assert!(few >= 25 && many > 0, "{few} compared, {many} left");
}

#[test]
fn coordinated_locks_of_few_states_agree() {
    let (few, many) = compared::<CoordinationScene>(FEW / 3);
    assert!(few >= 15 && many > 0, "{few} compared, {many} left");
}

#[test]
#[ignore = "up to some millions of states a search: minutes with --release"]
fn every_lock_agrees() {
    assert_eq!(compared::<LockScene>(20_000_000).1, 0);
    assert_eq!(compared::<CoordinationScene>(20_000_000).1, 0);
}

/// The other scenes tell all their nodes apart, so that symmetry has nothing to leave out: then both searches are one.
#[test]
fn nobody_else_declares_a_symmetry() {
    fn none<S: Staging>() {
        for row in rows::<S>() {
            assert!([false, true].iter().all(|crashes| row.protocol.symmetry(*crashes).is_none()), "{}", row.about);
        }
    }
    none::<CommitScene>();
    none::<RingScene>();
    none::<PlacementScene>();
}

#[test]
fn commits_of_few_states_agree_on_two_threads() {
    let (few, many) = compared::<CommitScene>(FEW / 3);
    assert!(few >= 10, "{few} compared, {many} left");
}

#[test]
#[ignore = "up to some millions of states a search: minutes with --release"]
fn every_commit_agrees_on_two_threads() {
    assert_eq!(compared::<CommitScene>(20_000_000).1, 0);
}
