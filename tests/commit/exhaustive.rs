//! Every promise, exhausted within stated bounds.

use super::TERMINATION;
use faultline::check::model::{Budgets, ClusterModel};
use faultline::check::search::{Search, Verdict};
use faultline::core::commit::{Commit, Variant};
use faultline::core::protocol::World::{self, Anything, Bounded, Sync};

const MOST: u64 = 8_000_000;

pub const NONE: Budgets = Budgets::NONE;
pub const DROP: Budgets = Budgets { drops: 1, ..NONE };
pub const COPY: Budgets = Budgets { dups: 1, ..NONE };
const PAUSE: Budgets = Budgets { pauses: 1, ..NONE };
const CUT: Budgets = Budgets { cuts: 1, ..NONE };

pub const fn crashes(crashes: u8) -> Budgets {
    Budgets { crashes, ..NONE }
}

/// Bounds, and how many states and steps there are within them.
pub type Row = (World, Budgets, u64, u32);

/// All promised safety properties hold, in exactly so many states.
pub fn hold(p: &Commit, rows: &[Row]) {
    let mut wrong = Vec::new();
    for (world, budgets, states, depth) in rows {
        let model = ClusterModel::new(p.clone(), *world, *budgets, Commit::TICK, None);
        // NON-BLOCKING is promised by three-phase commit alone.
        let promised = 8 + usize::from(p.variant == TERMINATION) + usize::from(p.client.is_some());
        assert!(model.properties().len() >= promised, "every safety property is promised: {:?}", model.properties());
        let verdict = Search::new(&model).run(MOST);
        if verdict != (Verdict::Holds { states: *states, depth: *depth }) {
            wrong.push(format!("{world:?} {budgets:?}: {verdict:?}"));
        }
    }
    assert!(wrong.is_empty(), "{p:?}\n{}", wrong.join("\n"));
}

fn of(variant: Variant, participants: u16) -> Commit {
    Commit::standard(participants, 1, None).of(variant)
}

fn cooperative(variant: Variant, participants: u16) -> Commit {
    Commit { cooperative: true, ..of(variant, participants) }
}

/// The last of three only reads.
fn with_a_reader(p: Commit) -> Commit {
    Commit { read_only: true, ..p }
}

const NOTHING: Variant = Variant::PresumedNothing;
const ABORT: Variant = Variant::PresumedAbort;
const COMMIT: Variant = Variant::PresumedCommit;

#[test]
fn presumed_nothing_with_two() {
    hold(
        &of(NOTHING, 2),
        &[
            (Sync, NONE, 158, 14),
            (Bounded, NONE, 18_031, 25),
            (Anything, NONE, 8_822, 22),
            (Sync, crashes(1), 3_684, 24),
            (Sync, crashes(2), 28_223, 27),
            (Anything, crashes(1), 83_531, 25),
            (Sync, DROP, 943, 27),
            (Sync, COPY, 945, 16),
            (Sync, PAUSE, 3_704, 25),
            (Sync, CUT, 1_928, 27),
            (Bounded, crashes(1), 165_575, 27),
            (Bounded, DROP, 48_671, 25),
            (Bounded, COPY, 120_049, 26),
            (Bounded, PAUSE, 90_155, 27),
            (Bounded, CUT, 71_025, 26),
        ],
    );
}

#[test]
fn presumed_nothing_with_three() {
    hold(&of(NOTHING, 3), &[(Sync, NONE, 4_740, 20), (Sync, crashes(1), 132_712, 35)]);
}

#[test]
fn presumed_nothing_with_a_reader() {
    hold(&with_a_reader(of(NOTHING, 3)), &[(Sync, NONE, 4_347, 18), (Sync, crashes(1), 102_694, 33)]);
}

#[test]
fn presumed_nothing_cooperative_with_two() {
    hold(
        &cooperative(NOTHING, 2),
        &[
            (Sync, NONE, 158, 14),
            (Bounded, NONE, 78_847, 28),
            (Anything, NONE, 39_150, 25),
            (Sync, crashes(1), 9_966, 27),
            (Sync, crashes(2), 104_706, 30),
            (Sync, DROP, 2_018, 31),
            (Sync, COPY, 945, 16),
            (Sync, PAUSE, 15_286, 31),
            (Sync, CUT, 3_501, 31),
        ],
    );
}

#[test]
fn presumed_nothing_cooperative_with_three() {
    hold(&cooperative(NOTHING, 3), &[(Sync, NONE, 4_740, 20)]);
}

#[test]
fn presumed_nothing_cooperative_with_a_reader() {
    hold(&with_a_reader(cooperative(NOTHING, 3)), &[(Sync, NONE, 4_347, 18), (Sync, crashes(1), 152_137, 37)]);
}

#[test]
fn presumed_abort_with_two() {
    hold(
        &of(ABORT, 2),
        &[
            (Sync, NONE, 86, 14),
            (Bounded, NONE, 1_776, 22),
            (Anything, NONE, 978, 21),
            (Sync, crashes(1), 2_068, 22),
            (Sync, crashes(2), 16_123, 26),
            (Anything, crashes(1), 13_164, 25),
            (Sync, DROP, 402, 20),
            (Sync, COPY, 518, 16),
            (Sync, PAUSE, 1_394, 22),
            (Sync, CUT, 908, 21),
            (Bounded, crashes(1), 22_933, 27),
            (Bounded, DROP, 5_013, 25),
            (Bounded, COPY, 13_325, 23),
            (Bounded, PAUSE, 8_880, 24),
            (Bounded, CUT, 8_262, 24),
        ],
    );
}

#[test]
fn presumed_abort_with_three() {
    hold(
        &of(ABORT, 3),
        &[
            (Sync, NONE, 1_098, 20),
            (Bounded, NONE, 38_738, 31),
            (Anything, NONE, 19_768, 30),
            (Sync, crashes(1), 34_903, 31),
        ],
    );
}

#[test]
fn presumed_abort_with_a_reader() {
    hold(&with_a_reader(of(ABORT, 3)), &[(Sync, NONE, 948, 16), (Sync, crashes(1), 25_054, 24)]);
}

#[test]
fn presumed_abort_cooperative_with_two() {
    hold(
        &cooperative(ABORT, 2),
        &[
            (Sync, NONE, 103, 14),
            (Bounded, NONE, 13_377, 26),
            (Anything, NONE, 8_109, 24),
            (Sync, crashes(1), 5_064, 24),
            (Sync, crashes(2), 52_868, 28),
            (Anything, crashes(1), 101_989, 28),
            (Sync, DROP, 731, 24),
            (Sync, COPY, 598, 16),
            (Sync, PAUSE, 5_183, 25),
            (Sync, CUT, 1_505, 24),
        ],
    );
}

#[test]
fn presumed_abort_cooperative_with_three() {
    hold(&cooperative(ABORT, 3), &[(Sync, NONE, 1_435, 20)]);
}

#[test]
fn presumed_abort_cooperative_with_a_reader() {
    hold(&with_a_reader(cooperative(ABORT, 3)), &[(Sync, NONE, 1_264, 16), (Sync, crashes(1), 37_804, 29)]);
}

#[test]
fn presumed_commit_with_two() {
    hold(
        &of(COMMIT, 2),
        &[
            (Sync, NONE, 130, 12),
            (Bounded, NONE, 17_592, 25),
            (Anything, NONE, 8_847, 22),
            (Sync, crashes(1), 4_784, 24),
            (Sync, crashes(2), 47_702, 28),
            (Anything, crashes(1), 83_661, 26),
            (Sync, DROP, 850, 27),
            (Sync, COPY, 743, 14),
            (Sync, PAUSE, 3_264, 25),
            (Sync, CUT, 1_694, 27),
            (Bounded, crashes(1), 161_993, 30),
            (Bounded, DROP, 47_215, 25),
            (Bounded, COPY, 116_831, 26),
            (Bounded, PAUSE, 87_960, 27),
            (Bounded, CUT, 68_786, 26),
        ],
    );
}

#[test]
fn presumed_commit_with_three() {
    hold(&of(COMMIT, 3), &[(Sync, NONE, 4_380, 18), (Sync, crashes(1), 214_730, 35)]);
}

#[test]
fn presumed_commit_with_a_reader() {
    hold(&with_a_reader(of(COMMIT, 3)), &[(Sync, NONE, 4_035, 18), (Sync, crashes(1), 174_979, 33)]);
}

#[test]
fn presumed_commit_cooperative_with_two() {
    hold(
        &cooperative(COMMIT, 2),
        &[
            (Sync, NONE, 130, 12),
            (Bounded, NONE, 74_816, 28),
            (Anything, NONE, 38_699, 25),
            (Sync, crashes(1), 10_966, 27),
            (Sync, crashes(2), 130_629, 31),
            (Sync, DROP, 2_001, 31),
            (Sync, COPY, 743, 14),
            (Sync, PAUSE, 13_925, 31),
            (Sync, CUT, 3_329, 31),
        ],
    );
}

#[test]
fn presumed_commit_cooperative_with_three() {
    hold(&cooperative(COMMIT, 3), &[(Sync, NONE, 4_380, 18)]);
}

#[test]
fn presumed_commit_cooperative_with_a_reader() {
    hold(&with_a_reader(cooperative(COMMIT, 3)), &[(Sync, NONE, 4_035, 18), (Sync, crashes(1), 235_430, 37)]);
}

/// What three-phase commit promises it promises where messages are timely, and only nodes fail.
#[test]
fn three_phases_with_two() {
    hold(&of(TERMINATION, 2), &[(Sync, NONE, 174, 21), (Sync, crashes(1), 7_714, 32), (Sync, crashes(2), 155_950, 41)]);
}

#[test]
fn three_phases_with_a_reader() {
    hold(&with_a_reader(of(TERMINATION, 3)), &[(Sync, NONE, 4_363, 23), (Sync, crashes(1), 132_778, 34)]);
}

/// T6 with the abort record lost: a copy of PREPARE reaches a participant whose NO has left no trace.
#[test]
fn a_crash_and_a_copy_together() {
    hold(&of(ABORT, 2), &[(Sync, Budgets { dups: 1, ..crashes(1) }, 12_174, 23)]);
    hold(&cooperative(ABORT, 2), &[(Sync, Budgets { dups: 1, ..crashes(1) }, 31_583, 25)]);
    hold(&of(COMMIT, 2), &[(Sync, Budgets { dups: 1, ..crashes(1) }, 28_296, 25)]);
}

/// Two transactions, the second started while the first is open or after it: one finds the account locked.
#[test]
fn two_transactions() {
    let twice = |variant| Commit::standard(2, 2, None).of(variant);
    hold(&twice(ABORT), &[(Sync, NONE, 18_126, 28)]);
    // Logs are rewritten once two records are finished.
    hold(&Commit { checkpoint_at: 2, ..twice(ABORT) }, &[(Sync, NONE, 13_262, 28)]);
    hold(&Commit { checkpoint_at: 2, ..twice(COMMIT) }, &[(Sync, NONE, 31_761, 24)]);
}

/// The large ones: seconds and minutes with optimisation.
#[test]
#[cfg_attr(debug_assertions, ignore = "run with --release")]
fn larger_bounds() {
    hold(
        &of(ABORT, 2),
        &[
            (Anything, crashes(3), 238_554, 29),
            (Bounded, Budgets { dups: 1, ..crashes(1) }, 176_697, 28),
            (Bounded, Budgets { dups: 1, drops: 1, ..crashes(1) }, 437_769, 31),
        ],
    );
    hold(&of(ABORT, 3), &[(Anything, crashes(1), 370_415, 36), (Bounded, crashes(1), 710_595, 38)]);
    hold(&of(TERMINATION, 3), &[(Sync, NONE, 4_804, 30), (Sync, crashes(1), 422_087, 45)]);
}

#[test]
#[cfg_attr(debug_assertions, ignore = "run with --release")]
fn larger_bounds_presumed_abort_cooperative_with_three() {
    hold(&cooperative(ABORT, 3), &[(Sync, crashes(1), 1_626_634, 37)]);
}

#[test]
#[cfg_attr(debug_assertions, ignore = "run with --release")]
fn larger_bounds_presumed_nothing_cooperative_with_three() {
    hold(&cooperative(NOTHING, 3), &[(Sync, crashes(1), 5_467_404, 45)]);
}

#[test]
#[cfg_attr(debug_assertions, ignore = "run with --release")]
fn larger_bounds_presumed_commit_cooperative_with_three() {
    hold(&cooperative(COMMIT, 3), &[(Sync, crashes(1), 6_141_497, 45)]);
}

#[test]
#[cfg_attr(debug_assertions, ignore = "run with --release")]
fn larger_bounds_cooperative_with_two() {
    hold(&cooperative(NOTHING, 2), &[(Anything, crashes(1), 382_591, 28)]);
    hold(&cooperative(COMMIT, 2), &[(Anything, crashes(1), 374_241, 29)]);
}
