//! Two-phase commit with presumed abort: every promise within its bounds, the mistake, the costs, recovery, thousands of
//! seeds. Counts of states are pinned: a changed count is a changed protocol.

mod costs;
mod exhaustive;
mod mistakes;
mod recovery;
mod scene;
mod seeds;

use faultline::core::commit::{Commit, Mistake};
use faultline::core::protocol::{Judgement, Kind, World};
use faultline::sim::simulation::Simulation;

/// As on the page: times in milliseconds.
pub fn in_time(participants: u16) -> Commit {
    Commit {
        balances: (0..participants).map(|n| if n == 0 { 60 } else { 35 }).collect(),
        vote_timeout: 600,
        resend: 400,
        inquire: 500,
        backoff: 3,
        ..Commit::standard(participants, 0, None)
    }
}

/// The promised safety properties that are broken now.
pub fn broken(sim: &Simulation<Commit>) -> Vec<&'static str> {
    let promised = |p: &&_| safety_promise(p);
    sim.properties().iter().filter(promised).filter(|p| sim.judge(p) == Judgement::Broken).map(|p| p.name).collect()
}

fn safety_promise(p: &faultline::core::protocol::Property<Commit>) -> bool {
    p.kind == Kind::Safety && p.promised.include(World::Anything)
}

/// What AC5 says now.
pub fn terminated(sim: &Simulation<Commit>) -> Judgement {
    sim.properties().iter().find(|p| p.name == "AC5-TERMINATE").map_or(Judgement::Open, |p| sim.judge(p))
}

pub fn with_mistake() -> Commit {
    Commit::standard(2, 1, Some(Mistake::VoteNotForced))
}
