//! Each mistake of the ring breaks the property that it names, and the property holds without it.

use super::*;
use faultline::core::placement::ring::Mistake;
use faultline::core::placement::rule::Rule;
use faultline::core::placement::shares;
use std::collections::BTreeSet;

const NAMES: [&str; 4] = ["server-1", "server-2", "server-3", "server-4"];

fn four(vnodes: u32) -> Ring {
    ring(NAMES.map(str::to_owned), vnodes)
}

/// `RING-BALANCE`
#[test]
fn adjacent_points_own_what_one_point_would() {
    let arcs = |vnodes: u32, mistake| four(vnodes).with_mistake(mistake).arcs();
    let one = arcs(1, None);
    for vnodes in [1, 8, 100] {
        // The points between a member's first and last own one integer each.
        let wrong = arcs(vnodes, Some(Mistake::Adjacent));
        for (wrong, one) in wrong.iter().zip(&one) {
            assert!(wrong.abs_diff(*one) < 100, "{vnodes} points a member");
        }
    }
    let fits = |ring: &Ring| shares::of_arcs(ring).iter().all(shares::Share::fits);
    let correct = four(100);
    assert!(fits(&correct));
    let wrong = correct.clone().with_mistake(Some(Mistake::Adjacent));
    assert!(!fits(&wrong));
    assert_eq!(wrong.with_mistake(None), correct, "the switch goes back");

    let mut grown = correct.clone().with_mistake(Some(Mistake::Adjacent));
    grown.add(Member::new("server-5", 2)).unwrap();
    let all = grown.members().to_vec();
    assert_eq!(grown, Ring::new(all, 100).unwrap().with_mistake(Some(Mistake::Adjacent)));
}

/// `RING-DETERMINISM`, and by it `RING-MONOTONE`
#[test]
fn points_that_are_not_sorted_in_make_the_order_of_arrival_matter() {
    for rule in Rule::ALL {
        let mut before = four(20).with_rule(rule).with_mistake(Some(Mistake::Unsorted));
        assert_eq!(shares::moved_arcs(&before, &four(20).with_rule(rule)).moved, 0, "nobody was added yet");
        let mut list = before.members().to_vec();
        list.push(Member::new("server-5", 1));
        let changed = before.changed(list).unwrap();
        before.add(Member::new("server-5", 1)).unwrap();
        assert_eq!(before, changed);
        let built = before.clone().with_mistake(None);
        assert_eq!(built, Ring::new(before.members().to_vec(), 20).unwrap().with_rule(rule));
        let differs = shares::moved_arcs(&before, &built);
        assert!(differs.share() > 0.05, "{}: {differs:?}", rule.name());

        let keys = numbered(2_000);
        let moved = shares::moved_keys(&before, &built, bytes(&keys));
        assert!(moved.moved > 0, "{}", rule.name());
        assert!((moved.share() - differs.share()).abs() < 0.05, "what the arcs say, the keys do");

        let mut needless = 0;
        for name in (6..26).map(|n| format!("server-{n}")) {
            let mut after = before.clone();
            after.add(Member::new(name.clone(), 1)).unwrap();
            needless += usize::from(shares::moved_arcs(&before, &after).needless > 0);
            let there = after.remove(&name).map(|gone| gone.name);
            assert_eq!((there, &after), (Some(name.clone()), &before));
            before.add(Member::new(name, 1)).unwrap();
        }
        assert!(needless > 10, "{}: keys move between members that stay", rule.name());
    }
}

/// `RING-DISTINCT-REPLICAS`
#[test]
fn next_points_may_belong_to_one_node() {
    let keys = numbered(200);
    for rule in Rule::ALL {
        let right = four(20).with_rule(rule);
        let wrong = right.clone().with_mistake(Some(Mistake::ReplicaSameNode));
        let doubled = |ring: &Ring| {
            let twice = |key: &&String| copies(ring, key.as_bytes(), 3).into_iter().collect::<BTreeSet<_>>().len() < 3;
            keys.iter().filter(twice).count()
        };
        assert_eq!(doubled(&right), 0);
        assert!(doubled(&wrong) > 20, "{}", rule.name());
        let owners = |ring: &Ring| keys.iter().map(|key| ring.owner(key.as_bytes())).collect::<Vec<_>>();
        assert_eq!(owners(&right), owners(&wrong), "owners are right all the same");
    }
}
