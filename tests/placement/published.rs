//! Other rules of lookup against the programs that use them. Their labels and hashes are not ours, so the points are made
//! here.

use super::*;
use faultline::core::placement::index::bisect;
use faultline::core::placement::ring::Point;
use faultline::core::placement::rule::Rule;
use faultline::core::placement::{KeyHash, sha1};
use std::collections::{BTreeMap, BTreeSet};

/// Points in order, of position and member.
fn circle(points: &[(u64, u32)]) -> Vec<Point> {
    let mut points: Vec<Point> = points.iter().map(|&(at, member)| Point { at, member, index: 0 }).collect();
    points.sort();
    points
}

fn find(rule: Rule, points: &[Point], position: u64) -> usize {
    let found = rule.find(points, position, |position| bisect(points, position)).expect("there are points");
    points[found].member as usize
}

/// The first 8 bytes of a digest.
fn head(digest: [u8; 20]) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = digest;
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}

/// uhashring compares whole digests. The first 8 bytes decide alike where no two digests share them, which is asked too.
#[test]
fn strictly_after_as_in_uhashring() {
    let file = vectors!("uhashring");
    let case = &file["sha1_v100"];
    let names: Vec<&str> = case["nodes"].as_array().unwrap().iter().map(text).collect();
    let placements: Vec<(&String, &Value)> = case["placements"].as_object().unwrap().iter().collect();
    let labels: Vec<(String, u32)> =
        (0..100).flat_map(|i| names.iter().zip(0..).map(move |(name, node)| (format!("{name}-{i}"), node))).collect();
    let all: BTreeMap<[u8; 20], u64> = labels
        .iter()
        .map(|(label, _)| label)
        .chain(placements.iter().map(|(key, _)| *key))
        .map(|text| (sha1(text.as_bytes()), head(sha1(text.as_bytes()))))
        .collect();
    assert_eq!(all.values().collect::<BTreeSet<_>>().len(), all.len());

    let points: Vec<(u64, u32)> = labels.iter().map(|(label, node)| (head(sha1(label.as_bytes())), *node)).collect();
    assert_eq!(Some(points.len() as u64), case["size"].as_u64());
    let points = circle(&points);
    for (key, expected) in placements {
        let owner = find(Rule::Strict, &points, head(sha1(key.as_bytes())));
        assert_eq!(names[owner], text(expected), "{key}");
    }
    let at_a_point = head(sha1(b"node-c-7"));
    let next = |rule: Rule| rule.find(&points, at_a_point, |position| bisect(&points, position)).unwrap();
    assert_eq!(next(Rule::Strict), next(Rule::Successor) + 1);
}

#[test]
fn at_or_before_as_in_node_hashring() {
    let file = vectors!("node_hashring_predecessor");
    let names: Vec<&str> = file["nodes"].as_array().unwrap().iter().map(text).collect();
    // It hashes the low byte of each UTF-16 unit.
    let units = |text: &str| text.encode_utf16().map(|unit| unit as u8).collect::<Vec<u8>>();
    let place = |text: &str| KeyHash::Murmur3(0xFFF).position(&units(text));
    let points: Vec<(u64, u32)> = names
        .iter()
        .zip(0..)
        .flat_map(|(name, node)| (0..80).map(move |i| (place(&format!("{name}.{i}")), node)))
        .collect();
    let points = circle(&points);
    let placements = file["placements"].as_object().unwrap();
    for (key, expected) in placements {
        assert_eq!(names[find(Rule::Predecessor, &points, place(key))], text(expected), "{key}");
    }
    let owner = |rule, key: &str| find(rule, &points, place(key));
    let other = placements.keys().filter(|key| owner(Rule::Predecessor, key) != owner(Rule::Successor, key));
    assert!(other.count() * 2 > placements.len(), "the rule matters");
}
