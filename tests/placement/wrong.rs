//! Each mistake is caught by the property that it breaks, and the right placement keeps it.

use super::*;
use faultline::core::placement::mistake::Mistake;
use faultline::core::placement::scheme::{Scheme, SchemeError, Strategy};
use faultline::core::placement::{KeyHash, shares};
use std::sync::Arc;

fn scheme(mistake: Option<Mistake>, strategy: Strategy) -> Scheme {
    Scheme { strategy, mistake, ..Scheme::default() }
}

fn list(n: usize) -> Vec<Member> {
    members((0..n).map(|i| format!("node-{i}")))
}

fn made(mistake: Option<Mistake>, strategy: Strategy, n: usize) -> Arc<dyn Placement> {
    scheme(mistake, strategy).build(list(n)).unwrap()
}

/// Whether the property holds for n nodes of this scheme, the last of which was added, judged on 20,000 keys.
fn keeps(property: &str, scheme: &Scheme, n: usize) -> bool {
    let keys = numbered(20_000);
    let built = scheme.build(list(n)).unwrap();
    let placement = scheme.change(&*scheme.build(list(n - 1)).unwrap(), list(n)).unwrap();
    let like = |other: &dyn Placement| keys.iter().all(|k| placement.owner(k.as_bytes()) == other.owner(k.as_bytes()));
    match property {
        "RING-TOTAL" => keys.iter().all(|key| placement.owner(key.as_bytes()).is_some()),
        "RING-BALANCE" => {
            let even = shares::Law { mean: 1.0 / n as f64, std: 0.0 };
            let points = u64::from(scheme.vnodes);
            let ring = shares::Law::of_arc(points, points * n as u64);
            let law = if scheme.strategy == Strategy::Ring { ring } else { even }.of_keys(keys.len());
            let counts = shares::count(&*placement, bytes(&keys));
            counts.into_iter().all(|count| law.allows(count as f64 / keys.len() as f64))
        }
        "RING-AGREE" => like(&*made(None, scheme.strategy, n)),
        "RING-DETERMINISM" => like(&*built),
        "RING-DISTINCT-REPLICAS" => keys.iter().all(|key| {
            let mut out = Vec::new();
            placement.replicas(key.as_bytes(), 3, &mut out);
            out[0] != out[1] && out[0] != out[2] && out[1] != out[2]
        }),
        other => panic!("no check for {other}"),
    }
}

#[test]
fn each_mistake_breaks_its_property() {
    for mistake in Mistake::ALL {
        // 7 nodes lose a point in floating point; 20 are more than a hexadecimal digit tells apart.
        let n = if mistake == Mistake::RemainderTwice { 20 } else { 7 };
        let (property, way) = (mistake.breaks(), mistake.of());
        assert!(keeps(property, &scheme(None, way), n), "{} without the mistake", mistake.name());
        assert!(!keeps(property, &scheme(Some(mistake), way), n), "{}", mistake.name());
        assert_eq!(Mistake::named(mistake.name()), Some(mistake));
        for other in Strategy::ALL.into_iter().filter(|other| *other != way) {
            let refused = scheme(Some(mistake), other).build(list(3)).map(|_| ());
            assert_eq!(refused, Err(SchemeError::Mistake { mistake, strategy: other }));
        }
    }
}

#[test]
fn a_membership_test_finds_nothing_or_the_first_node() {
    let file = vectors!("naive_ring");
    let list = || members(["a", "b", "c", "d", "e"].map(|letter| format!("node-{letter}")));
    let made = |mistake| Scheme { mistake, ..Scheme::default() }.build(list()).unwrap();
    let (nothing, first) = (made(Some(Mistake::MembershipNothing)), made(Some(Mistake::MembershipFirst)));
    let keys = numbered(20_000);
    let found = keys.iter().filter(|key| nothing.owner(key.as_bytes()).is_some()).count();
    assert_eq!(20_000 - found, natural(&file["returns_none"]["None"]));
    assert_eq!(shares::count(&*first, bytes(&keys)), [natural(&file["fallback_first"]["node-a"]), 0, 0, 0, 0]);
    // A key that is a label hits, and still gets the first node. Labels are `NODE#i` here, `NODE-i` there.
    let hit = &file["key_equal_to_a_label"];
    let key = text(&hit["key"]).replace("c-7", "c#7");
    let owner = |placement: &Arc<dyn Placement>| {
        placement.owner(key.as_bytes()).map(|node| placement.members()[node].name.clone())
    };
    assert_eq!(owner(&nothing).as_deref(), hit["returned"].as_str());
    assert_eq!(owner(&first).as_deref(), hit["returned"].as_str());
    assert_eq!(owner(&made(None)).as_deref(), hit["correct_owner"].as_str());
}

#[test]
fn first_or_last_gives_two_nodes_everything() {
    let counts = shares::count(&*made(Some(Mistake::FirstOrLast), Strategy::Ring, 6), bytes(&numbered(5_000)));
    assert_eq!(counts[1..5], [0; 4]);
    assert_eq!(counts[0] + counts[5], 5_000);
    assert!(counts[0] > 0 && counts[5] > 0);
}

#[test]
fn the_second_remainder_keeps_what_the_first_lost() {
    let counts = shares::count(&*made(Some(Mistake::RemainderTwice), Strategy::Modulo, 20), bytes(&numbered(5_000)));
    assert!(counts[..16].iter().all(|&count| count > 200) && counts[16..] == [0; 4], "{counts:?}");
    // 5 nodes: 4 digits of 16 for the first, 3 for the others.
    let counts = shares::count(&*made(Some(Mistake::RemainderTwice), Strategy::Modulo, 5), bytes(&numbered(16_000)));
    let laws = [4.0, 3.0, 3.0, 3.0, 3.0].map(|digits| shares::Law { mean: digits / 16.0, std: 0.0 }.of_keys(16_000));
    assert!(counts.iter().zip(laws).all(|(&count, law)| law.allows(count as f64 / 16_000.0)), "{counts:?}");
}

/// The largest count over the mean.
fn unevenness(placement: &dyn Placement, keys: &[String]) -> f64 {
    let counts = shares::count(placement, bytes(keys));
    *counts.iter().max().unwrap() as f64 * counts.len() as f64 / keys.len() as f64
}

/// The quality of the hash: with neighbouring labels more points do not even anything out.
#[test]
fn a_weak_hash_is_uneven_whatever_the_number_of_points() {
    let keys = numbered(20_000);
    let of = |hash, vnodes| {
        let scheme = Scheme { hash, vnodes, ..Scheme::default() };
        unevenness(&*scheme.build(members((0..10).map(|i| format!("node-{i}")))).unwrap(), &keys)
    };
    for vnodes in [1, 10, 100, 400] {
        assert!(of(KeyHash::Weak, vnodes) > 4.0, "{vnodes}: {}", of(KeyHash::Weak, vnodes));
    }
    for hash in [KeyHash::Sha1, KeyHash::Md5] {
        assert!(of(hash, 400) < 1.25, "{}: {}", hash.name(), of(hash, 400));
    }
}
