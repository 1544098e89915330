//! What a run without faults costs, counted in the simulator.

use super::{TERMINATION, TIMERS_ALONE, TWO_PHASE, broken, in_time, terminated};
use faultline::core::cluster::Action;
use faultline::core::commit::{Commit, Costs, Decision, Request, Variant};
use faultline::core::protocol::{Effect, Judgement, NodeId};
use faultline::sim::faults::Background;
use faultline::sim::simulation::{Input, Placed, Simulation};
use faultline::sim::time::{MILLISECOND, SECOND};
use std::sync::Arc;

#[derive(Clone, Copy, PartialEq, Debug, Default)]
struct Written {
    records: u32,
    forced: u32,
}

#[derive(Clone, Copy, PartialEq, Debug, Default)]
struct Counted {
    messages: u32,
    coordinator: Written,
    participants: Written,
}

impl Counted {
    fn total(self) -> Costs {
        Costs {
            messages: self.messages,
            records: self.coordinator.records + self.participants.records,
            forced: self.coordinator.forced + self.participants.forced,
        }
    }
}

/// Everybody takes part; the first so many only read, and `refuses` votes NO.
fn count(p: Commit, readers: u16, refuses: Option<NodeId>) -> Counted {
    let participants = p.balances.len() as u16;
    let writers = i32::from(participants - readers);
    let change = |id: NodeId| match i32::from(id.0) - i32::from(readers) {
        ..=0 => 0,
        1 => 1 - writers,
        _ => 1,
    };
    let changes = p.participants().map(|id| (id, change(id))).collect();
    let place = |input| Placed { time: MILLISECOND, nth: 0, input: Input::Act(input), picks: None };
    let mut inputs: Vec<_> = refuses.map(|id| place(Action::Request(id, Request::VoteNo(true)))).into_iter().collect();
    inputs.push(place(Action::Request(Commit::COORDINATOR, Request::Start(changes))));
    let background = Background { latency: (20 * MILLISECOND, 20 * MILLISECOND), ..Background::default() };
    let mut sim = Simulation::new(Arc::new(p), background, 7);
    let mut counted = Counted::default();
    while let Some(happening) = sim.step(&inputs, 20 * SECOND) {
        for done in &happening.done {
            match &done.effect {
                Effect::Send { .. } => counted.messages += 1,
                Effect::Append { force, .. } => {
                    let at_coordinator = done.node == Commit::COORDINATOR;
                    let written = if at_coordinator { &mut counted.coordinator } else { &mut counted.participants };
                    written.records += 1;
                    written.forced += u32::from(*force);
                }
                _ => {}
            }
        }
    }
    assert_eq!(terminated(&sim), Judgement::Met);
    assert!(broken(&sim).is_empty());
    counted
}

/// All rows of the vectors: coordinator and participants apart, and their sum as the formulas say. The row of presumed
/// commit's abort is derived from its recovery rules in both places, not read in the paper; the code says so too.
#[test]
fn costs_are_those_of_the_vectors_and_of_the_formulas() {
    let vectors: serde_json::Value = serde_json::from_str(include_str!("../vectors/commit_costs.json")).unwrap();
    let mut compared = 0;
    for row in vectors["rows"].as_array().unwrap() {
        let number = |key: &str| u32::try_from(row[key].as_u64().unwrap()).unwrap();
        let variants = match row["variant"].as_str().unwrap() {
            "PrN" => vec![Variant::PresumedNothing],
            "PrA" => vec![Variant::PresumedAbort],
            "PrC" => vec![Variant::PresumedCommit],
            "3PC" => vec![TIMERS_ALONE, TERMINATION],
            other => panic!("{other}"),
        };
        let (n, abort) = (number("n"), row["outcome"] == "abort");
        let expected = Counted {
            messages: number("msgs"),
            coordinator: Written { records: number("coord_records"), forced: number("coord_forced") },
            participants: Written { records: number("part_records"), forced: number("part_forced") },
        };
        for variant in variants {
            // Whom somebody may ask makes no difference while nobody has to.
            for cooperative in [false, true].into_iter().filter(|on| !on || !variant.three_phases()) {
                let p = Commit { cooperative, ..in_time(n as u16).of(variant) };
                let counted = count(p, 0, abort.then_some(NodeId(n as u16)));
                // Where peers are asked, presumed abort forces its NO as well.
                let no = u32::from(abort && cooperative && variant == Variant::PresumedAbort);
                let mut wanted = expected;
                wanted.participants.forced += no;
                assert_eq!(counted, wanted, "{variant:?} cooperative: {cooperative}, {row}");
            }
            let formula = if abort { Costs::of_abort(variant, n, 0) } else { Costs::of_commit(variant, n, 0) };
            assert_eq!(formula, expected.total(), "{row}");
            compared += 1;
        }
    }
    assert_eq!(compared, 24 + 6, "four variants, two outcomes, three sizes, and three-phase commit twice");
    let derived = TWO_PHASE.into_iter().filter(|variant| Costs::is_derived(*variant, Decision::Abort));
    assert_eq!(derived.collect::<Vec<_>>(), [Variant::PresumedCommit]);
}

/// Some read, or all: they drop out.
#[test]
fn readers_cost_what_the_formulas_say() {
    for variant in TWO_PHASE.into_iter().chain([TIMERS_ALONE, TERMINATION]) {
        for n in [2, 3, 5_u16] {
            for readers in (0..=n).filter(|readers| n - readers != 1) {
                let p = Commit { read_only: true, ..in_time(n).of(variant) };
                let counted = count(p.clone(), readers, None);
                let formula = Costs::of_commit(variant, n.into(), readers.into());
                assert_eq!(counted.total(), formula, "{variant:?}, {readers} of {n} read");
                if readers == n {
                    let collecting = u32::from(variant == Variant::PresumedCommit);
                    let coordinator = Written { records: 2 * collecting, forced: collecting };
                    assert_eq!(counted, Counted { messages: 2 * u32::from(n), coordinator, ..Counted::default() });
                } else {
                    // The readers' votes are heard first: a reader that has dropped out is not told.
                    let counted = count(p, readers, Some(NodeId(n)));
                    let formula = Costs::of_abort(variant, n.into(), readers.into());
                    assert_eq!(counted.total(), formula, "{variant:?}, {readers} of {n} read, one votes NO");
                }
            }
        }
    }
}
