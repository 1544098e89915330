//! Equal to the published vectors (`tests/vectors/README.md`), and the sample list is clean.

use super::*;
use faultline::core::placement::shares::{self, Movement};
use faultline::core::placement::{list, sha1};
use std::collections::BTreeSet;

#[test]
fn sha1_as_in_fips_180_4() {
    let file = vectors!("sha1");
    for case in file["vectors"].as_array().unwrap() {
        let message = text(&case["utf8"]).as_bytes();
        assert_eq!(hex(message), text(&case["hex"]));
        assert_eq!(hex(&sha1(message)), text(&case["sha1"]));
    }
    assert_eq!(hex(&sha1(&[b'a'; 1_000_000])), text(&file["million_a"]));
}

#[test]
fn the_ring_is_the_reference_ring() {
    let file = vectors!("ring_sha1_reference");
    let mut placed = 0;
    for case in file["cases"].as_array().unwrap() {
        let weighted = |node: &Value| Member::new(text(&node[0]), natural(&node[1]) as u32);
        let members = case["nodes"].as_array().unwrap().iter().map(weighted).collect();
        let mut ring = Ring::new(members, natural(&case["vnodes"]) as u32).unwrap();
        assert_eq!(ring.points().len(), natural(&case["points"]));
        for (point, expected) in ring.points().iter().zip(case["first_points"].as_array().unwrap()) {
            assert_eq!(point.at.to_string(), text(&expected[0]));
            assert_eq!(name(&ring, point.member as usize), text(&expected[1]));
        }
        for (key, expected) in case["placements"].as_object().unwrap() {
            assert_eq!(owner(&ring, key), text(expected), "{key} in {}", case["name"]);
            placed += 1;
        }
        for (key, expected) in case["preference_lists_r3"].as_object().unwrap() {
            let expected: Vec<_> = expected.as_array().unwrap().iter().map(text).collect();
            assert_eq!(copies(&ring, key.as_bytes(), 3), expected, "{key} in {}", case["name"]);
        }
        if let Some(loads) = case["load_20000_keys"].as_object() {
            let keys = numbered(20_000);
            for (member, count) in ring.members().iter().zip(shares::count(&ring, bytes(&keys))) {
                assert_eq!(count, natural(&loads[&member.name]), "{}", member.name);
            }
            let before = ring.clone();
            ring.add(Member::new("node-f", 1)).unwrap();
            let moved = shares::moved_keys(&before, &ring, bytes(&keys));
            let expected = natural(&case["add_node_f"]["moved"]) as u128;
            assert_eq!(moved, Movement { all: 20_000, moved: expected, needless: 0 });
        }
    }
    assert_eq!(placed, 525);
}

#[test]
fn shares_are_those_of_the_reference_rings() {
    for row in vectors!("ring_spread")["rows"].as_array().unwrap() {
        let (n, v) = (natural(&row["n"]), natural(&row["v"]) as u32);
        let ring = ring((0..n).map(|i| format!("node-{i}")), v);
        assert_eq!(ring.arcs().iter().sum::<u128>(), 1 << 64);
        let found = shares::of_arcs(&ring);
        let relative: Vec<f64> = found.iter().map(|share| share.share * n as f64).collect();
        let seen = &row["sha1_ring_node_i"];
        let largest = relative.iter().copied().fold(f64::MIN, f64::max);
        let smallest = relative.iter().copied().fold(f64::MAX, f64::min);
        let variance = relative.iter().map(|r| (r - 1.0) * (r - 1.0)).sum::<f64>() / n as f64;
        assert!(close(largest, number(&seen["max"])), "largest of {n} x {v}: {largest}");
        assert!(close(smallest, number(&seen["min"])), "smallest of {n} x {v}: {smallest}");
        assert!(close(variance.sqrt(), number(&seen["cv"])), "spread of {n} x {v}");
        let law = found[0].law;
        assert!(close(law.std / law.mean, number(&row["cv_exact"])), "law of {n} x {v}");
        let expected = number(&row["max_over_mean_expected"]);
        let integral = shares::max_over_mean(n as u32, v);
        assert!((integral - expected).abs() < 1e-6, "integral of {n} x {v}: {integral}, not {expected}");
    }
}

#[test]
fn modulo_moves_what_it_should() {
    for row in vectors!("modulo_movement")["rows"].as_array().unwrap() {
        let (n, m) = (natural(&row["n"]), natural(&row["m"]));
        let (numerator, denominator) = shares::moved_by_modulo(n as u32, m as u32);
        assert!(close(numerator as f64 / denominator as f64, number(&row["moved"])), "{n} to {m}");
        let moved = (0..n * m).filter(|hash| hash % n != hash % m).count();
        assert_eq!(moved as u64 * denominator, numerator * (n * m) as u64);
    }
    assert_eq!(shares::moved_by_modulo(4, 4), (0, 1));
    assert_eq!(shares::moved_by_modulo(0, 0), (0, 1));
    assert_eq!(shares::moved_by_modulo(4, 0), (1, 1));
}

/// A membership test finds a key only if it is a label; the ring finds an owner for every key, and a key that is a
/// label lies exactly on that point, which then owns it.
#[test]
fn the_ring_searches_the_successor_and_not_the_label() {
    let file = vectors!("naive_ring");
    let names = ["a", "b", "c", "d", "e"].map(|letter| format!("node-{letter}"));
    let labels: BTreeSet<[u8; 20]> =
        names.iter().flat_map(|name| (0..100).map(move |i| sha1(format!("{name}-{i}").as_bytes()))).collect();
    let keys = numbered(20_000);
    let missed = keys.iter().filter(|key| !labels.contains(&sha1(key.as_bytes()))).count();
    assert_eq!(missed, natural(&file["returns_none"]["None"]));
    assert!(labels.contains(&sha1(text(&file["key_equal_to_a_label"]["key"]).as_bytes())));

    let ring = ring(names.clone(), 100);
    assert!(keys.iter().all(|key| ring.owner(key.as_bytes()).is_some()));
    for name in &names {
        assert_eq!(owner(&ring, &format!("{name}#7")), name);
    }
}

#[test]
fn the_sample_is_a_clean_list() {
    let sample = list::keys(include_bytes!("../../src/scenes/data/tz-zones.txt"), list::KEYS);
    assert_eq!((sample.rows.len(), sample.bad.len()), (418, 0));
    assert!(sample.rows.windows(2).all(|pair| pair[0] < pair[1]), "sorted, no name twice");
    assert!(sample.rows.contains(&"Asia/Shanghai".to_owned()));
}
