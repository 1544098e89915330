//! Atomic commitment in all its variants: every promise within its bounds, the mistakes, the costs, recovery, thousands of
//! seeds. Counts of states are pinned: a changed count is a changed protocol.

mod costs;
mod exhaustive;
mod locks;
mod mistakes;
mod moves;
mod readers;
mod recovery;
mod scene;
mod seeds;
mod three_phase;
mod vectors;

use faultline::core::commit::ledger::Ledger;
use faultline::core::commit::{Commit, TxId, Variant};
use faultline::core::protocol::{Judgement, Kind, NodeId, Property, World};
use faultline::sim::simulation::Simulation;

/// The two-phase variants.
pub const TWO_PHASE: [Variant; 3] = [Variant::PresumedNothing, Variant::PresumedAbort, Variant::PresumedCommit];
pub const TERMINATION: Variant = Variant::ThreePhase { termination: true };
pub const TIMERS_ALONE: Variant = Variant::ThreePhase { termination: false };

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

/// The promised safety properties that are broken now. Three-phase commit promises what holds where messages are timely;
/// its runs here are such.
pub fn broken(sim: &Simulation<Commit>) -> Vec<&'static str> {
    let world = if sim.protocol.variant.three_phases() { World::Sync } else { World::Anything };
    let promised = |p: &&Property<Commit>| p.kind == Kind::Safety && p.promised.include(world);
    sim.properties().iter().filter(promised).filter(|p| sim.judge(p) == Judgement::Broken).map(|p| p.name).collect()
}

/// What AC5 says now.
pub fn terminated(sim: &Simulation<Commit>) -> Judgement {
    sim.properties().iter().find(|p| p.name == "AC5-TERMINATE").map_or(Judgement::Open, |p| sim.judge(p))
}

/// Who is in doubt about what, read off the logs: a node that is down counts too.
pub fn doubts(sim: &Simulation<Commit>) -> Vec<(NodeId, TxId)> {
    let ledger = |id: NodeId| Ledger::read(&sim.protocol, id, &sim.cluster.node(id).log);
    sim.protocol
        .participants()
        .flat_map(|id| ledger(id).in_doubt.keys().map(move |tx| (id, *tx)).collect::<Vec<_>>())
        .collect()
}
