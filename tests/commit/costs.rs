//! What a run without faults costs, counted in the simulator.

use super::in_time;
use faultline::core::cluster::Action;
use faultline::core::commit::{Commit, Costs, Record, Request, Variant};
use faultline::core::protocol::{Effect, NodeId};
use faultline::sim::faults::Background;
use faultline::sim::simulation::{Input, Placed, Simulation};
use faultline::sim::time::{MILLISECOND, SECOND};
use std::sync::Arc;

struct Counted {
    costs: Costs,
    coordinator_records: u32,
    coordinator_forced: u32,
}

/// Everybody takes part; the last votes NO if `refuse`.
fn count(participants: u16, refuse: bool) -> Counted {
    let p = in_time(participants);
    let place = |input| Placed { time: MILLISECOND, nth: 0, input: Input::Act(input), picks: None };
    let mut inputs = Vec::new();
    if refuse {
        inputs.push(place(Action::Request(NodeId(participants), Request::VoteNo(true))));
    }
    inputs.push(place(Action::Request(Commit::COORDINATOR, Request::Start(p.everybody()))));
    let background = Background { latency: (20 * MILLISECOND, 20 * MILLISECOND), ..Background::default() };
    let mut sim = Simulation::new(Arc::new(p), background, 7);
    let mut counted = Counted { costs: Costs::default(), coordinator_records: 0, coordinator_forced: 0 };
    while let Some(happening) = sim.step(&inputs, 20 * SECOND) {
        for done in &happening.done {
            match &done.effect {
                Effect::Send { .. } => counted.costs.messages += 1,
                Effect::Append { record, force } => {
                    counted.costs.records += 1;
                    counted.costs.forced += u32::from(*force);
                    let coordinators = matches!(record, Record::Commit { .. } | Record::End(_));
                    counted.coordinator_records += u32::from(coordinators);
                    counted.coordinator_forced += u32::from(coordinators && *force);
                }
                _ => {}
            }
        }
    }
    assert_eq!(super::terminated(&sim), faultline::core::protocol::Judgement::Met);
    assert!(super::broken(&sim).is_empty());
    counted
}

#[test]
fn costs_are_those_of_the_vectors_and_of_the_formulas() {
    let vectors: serde_json::Value = serde_json::from_str(include_str!("../vectors/commit_costs.json")).unwrap();
    let rows = vectors["rows"].as_array().unwrap();
    let mut compared = 0;
    for row in rows.iter().filter(|row| row["variant"] == "PrA") {
        let number = |key: &str| u32::try_from(row[key].as_u64().unwrap()).unwrap();
        let (n, abort) = (number("n"), row["outcome"] == "abort");
        let counted = count(n as u16, abort);
        let expected = Costs {
            messages: number("msgs"),
            records: number("coord_records") + number("part_records"),
            forced: number("coord_forced") + number("part_forced"),
        };
        assert_eq!(counted.costs, expected, "{row}");
        assert_eq!(counted.coordinator_records, number("coord_records"), "{row}");
        assert_eq!(counted.coordinator_forced, number("coord_forced"), "{row}");
        assert_eq!(
            if abort {
                Costs::of_abort(Variant::PresumedAbort, n, 0)
            } else {
                Costs::of_commit(Variant::PresumedAbort, n, 0)
            },
            expected,
            "{row}"
        );
        compared += 1;
    }
    assert_eq!(compared, 6);
}
