//! Every promise, exhausted within stated bounds.

use faultline::check::model::{Budgets, ClusterModel};
use faultline::check::search::{Search, Verdict};
use faultline::core::commit::Commit;
use faultline::core::protocol::World;

const MOST: u64 = 2_000_000;

fn crashes(crashes: u8) -> Budgets {
    Budgets { crashes, ..Budgets::default() }
}

/// All promised safety properties hold in exactly so many states.
fn holds(protocol: Commit, world: World, budgets: Budgets, states: u64, depth: u32) {
    let model = ClusterModel::new(protocol, world, budgets, Commit::TICK, None);
    assert_eq!(model.properties().len(), 8, "every safety property but NON-BLOCKING is promised");
    assert_eq!(Search::new(&model).run(MOST), Verdict::Holds { states, depth }, "{world:?} {budgets:?}");
}

fn two() -> Commit {
    Commit::standard(2, 1, None)
}

fn three() -> Commit {
    Commit::standard(3, 1, None)
}

#[test]
fn two_participants_without_a_fault() {
    holds(two(), World::Sync, crashes(0), 86, 14);
    holds(two(), World::Bounded, crashes(0), 1_776, 22);
    holds(two(), World::Anything, crashes(0), 978, 21);
}

#[test]
fn two_participants_and_a_crash() {
    holds(two(), World::Sync, crashes(1), 2_068, 22);
    holds(two(), World::Bounded, crashes(1), 22_933, 27);
    holds(two(), World::Anything, crashes(1), 13_164, 25);
}

#[test]
fn two_participants_and_two_crashes() {
    holds(two(), World::Sync, crashes(2), 16_123, 26);
    holds(two(), World::Bounded, crashes(2), 120_070, 29);
    holds(two(), World::Anything, crashes(2), 72_578, 27);
}

#[test]
fn two_participants_and_a_network_that_drops_or_copies() {
    let drop = Budgets { drops: 1, ..crashes(0) };
    holds(two(), World::Sync, drop, 402, 20);
    holds(two(), World::Bounded, drop, 5_013, 25);
    let dup = Budgets { dups: 1, ..crashes(0) };
    holds(two(), World::Sync, dup, 518, 16);
    holds(two(), World::Bounded, dup, 13_325, 23);
    let pause = Budgets { pauses: 1, ..crashes(0) };
    holds(two(), World::Bounded, pause, 8_880, 24);
}

/// T6 with the abort record lost: a copy of PREPARE reaches a participant whose NO has left no trace.
#[test]
fn a_crash_and_a_copy_together() {
    holds(two(), World::Sync, Budgets { dups: 1, ..crashes(1) }, 12_174, 23);
}

#[test]
fn three_participants() {
    holds(three(), World::Sync, crashes(0), 1_098, 20);
    holds(three(), World::Bounded, crashes(0), 38_738, 31);
    holds(three(), World::Anything, crashes(0), 19_768, 30);
    holds(three(), World::Sync, crashes(1), 34_903, 31);
}

/// Two transactions, the second started while the first is open or after it: one finds the account locked.
#[test]
fn two_transactions() {
    let twice = Commit::standard(2, 2, None);
    holds(twice.clone(), World::Sync, crashes(0), 18_126, 28);
    // Logs are rewritten once two records are finished.
    holds(Commit { checkpoint_at: 2, ..twice }, World::Sync, crashes(0), 13_520, 28);
}

/// The large ones: a few seconds with optimisation, minutes without.
#[test]
#[cfg_attr(debug_assertions, ignore = "run with --release")]
fn larger_bounds() {
    holds(two(), World::Anything, crashes(3), 238_554, 29);
    holds(two(), World::Bounded, Budgets { dups: 1, ..crashes(1) }, 176_697, 28);
    holds(two(), World::Bounded, Budgets { dups: 1, drops: 1, ..crashes(1) }, 437_769, 31);
    holds(three(), World::Anything, crashes(1), 370_415, 36);
    holds(three(), World::Bounded, crashes(1), 710_595, 38);
}
