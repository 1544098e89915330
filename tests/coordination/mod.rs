//! Locks of coordination services: what a run of each recipe keeps, how each mistake breaks it, and times.

mod mistakes;
mod random;
mod times;

use faultline::check::model::{Budgets, ClusterModel};
use faultline::core::coordination::Coordination;
use faultline::core::protocol::World;
use faultline::scenes::coordination::CoordinationScene;
use faultline::scenes::options::{COMMON, Options};
use faultline::scenes::scene::Lang;
use faultline::scenes::searching::TICK_MS;
use faultline::scenes::staging::Staging;

/// The standard search's configuration, with other options here and there.
fn configured(recipe: &str, mistake: Option<&str>, world: World, options: &[(&str, &str)]) -> Coordination {
    let mut all: Vec<(String, String)> = CoordinationScene::bounds(recipe, mistake, world)
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .collect();
    for (key, value) in options {
        all.retain(|(known, _)| known != key);
        all.push(((*key).to_owned(), (*value).to_owned()));
    }
    let options =
        Options::read(&[CoordinationScene::OPTIONS, COMMON], &all, Lang::En).unwrap_or_else(|e| panic!("{e}"));
    let mistakes: Vec<String> = mistake.into_iter().map(str::to_owned).collect();
    CoordinationScene::configure(recipe, &mistakes, &options)
}

fn model(p: Coordination, world: World, budgets: Budgets, property: Option<&str>) -> ClusterModel<Coordination> {
    ClusterModel::new(p, world, budgets, TICK_MS, property)
}
