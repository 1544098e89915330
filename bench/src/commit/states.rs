//! How fast the state space is searched.

use super::{Named, PROTOCOLS};
use faultline::check::model::{Budgets, ClusterModel};
use faultline::check::search::{Search, Verdict};
use faultline::core::commit::Commit;
use faultline::core::protocol::World;

pub struct Searched {
    pub states: u64,
    /// Of the set of visited states.
    pub bytes: usize,
    pub holds: bool,
}

/// In this world presumed abort, and after it two others where their spaces are small.
pub fn protocols(world: World) -> impl Iterator<Item = &'static Named> {
    let others = [0, 2].into_iter().filter(move |_| world == World::Sync);
    [1].into_iter().chain(others).map(|n| &PROTOCOLS[n])
}

/// Three participants, one transaction, so many crashes: to the end.
pub fn search(protocol: &Named, world: World, crashes: u8, most: u64) -> Searched {
    let budgets = Budgets { crashes, ..Budgets::default() };
    let model = ClusterModel::new(protocol.searched(), world, budgets, Commit::TICK, None);
    let mut search = Search::new(&model);
    let holds = matches!(search.run(most), Verdict::Holds { .. });
    Searched { states: search.states(), bytes: search.progress().bytes as usize, holds }
}
