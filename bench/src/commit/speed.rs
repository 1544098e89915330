//! How fast a load is simulated.

use super::{PROTOCOLS, table};
use faultline::core::commit::{Commit, Note};
use faultline::core::hash;
use faultline::core::protocol::Effect;
use faultline::sim::faults::Background;
use faultline::sim::simulation::Simulation;
use faultline::sim::time::SECOND;
use std::sync::Arc;

/// Presumed abort under load for so many virtual seconds, nobody crashes: how many transactions have ended.
pub fn transactions(seconds: u32) -> u32 {
    let mut sim = Simulation::new(Arc::new(PROTOCOLS[1].under_load()), Background::default(), 1);
    let mut ended = 0;
    while let Some(happening) = sim.step(&[], u64::from(seconds) * SECOND) {
        let is_end = |effect: &Effect<Commit>| {
            matches!(effect, Effect::Note(Note::DecidedCommit(_) | Note::DecidedAbort { .. }))
        };
        ended += happening.done.iter().filter(|done| is_end(&done.effect)).count() as u32;
    }
    ended
}

/// A short table's fingerprint: natively and in WebAssembly it is one and the same.
pub fn fingerprint() -> u32 {
    hash::narrow(&table::csv(&table::cells(table::SHORT, 1))) as u32
}

/// For WebAssembly: see [`transactions`].
#[unsafe(no_mangle)]
pub extern "C" fn commit_seconds(seconds: u32) -> u32 {
    transactions(seconds)
}

/// For WebAssembly: see [`fingerprint`].
#[unsafe(no_mangle)]
pub extern "C" fn commit_fingerprint() -> u32 {
    fingerprint()
}
