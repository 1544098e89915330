//! Rings with points put by hand, against a search through all points.

use super::*;
use proptest::prelude::*;

/// A ring with its points put by hand: SHA-1 gives none that coincide.
pub fn by_hand(names: &[&str], points: &[(u64, u32)]) -> Ring {
    let members = names.iter().map(|name| Member::new(*name, 1)).collect();
    let mut ring = Ring::new(members, 1).unwrap();
    (ring.points, ring.index) = (Vec::new(), Index::default());
    ring.merge(points.iter().zip(0..).map(|(&(at, member), index)| Point { at, member, index }).collect());
    ring
}

#[test]
fn of_points_at_one_place_the_smaller_name_is_first() {
    for (names, owner) in [(["a", "b"], 0), (["b", "a"], 1)] {
        let ring = by_hand(&names, &[(10, 0), (10, 1)]);
        assert_eq!(ring.owner_of_hash(10), Some(owner));
        assert_eq!(ring.owner_of_hash(11), Some(owner), "wraps to the first of the two");
        assert_eq!(ring.arcs()[owner], 1 << 64);
        assert_eq!(ring.arcs()[1 - owner], 0);
    }
}

#[test]
fn a_point_owns_up_to_and_including_itself() {
    let ring = by_hand(&["a", "b"], &[(10, 0), (u64::MAX, 1)]);
    let owners = [0, 9, 10, 11, u64::MAX].map(|at| ring.owner_of_hash(at));
    assert_eq!(owners, [Some(0), Some(0), Some(0), Some(1), Some(1)]);
    assert_eq!(ring.arcs(), [11, (1 << 64) - 11]);
}

#[test]
fn the_walk_shows_every_point_met() {
    let mut ring = by_hand(&["a", "b", "c"], &[(1, 0), (2, 0), (3, 1), (4, 0), (5, 2)]);
    let steps =
        |ring: &Ring, from, copies| -> Vec<_> { ring.walk(from, copies).map(|met| (met.point, met.taken)).collect() };
    assert_eq!(steps(&ring, 0, 2), [(0, true), (1, false), (2, true)]);
    assert_eq!(steps(&ring, 4, 9), [(3, true), (4, true), (0, false), (1, false), (2, true)]);
    assert_eq!(steps(&ring, 4, 0), []);
    ring = ring.with_mistake(Some(Mistake::ReplicaSameNode));
    assert_eq!(steps(&ring, 0, 2), [(0, true), (1, true)]);
    assert_eq!(ring.walk(0, 99).count(), 5);
    let mut out = vec![7];
    ring.preference(0, 3, &mut out);
    assert_eq!(out, [0, 0, 1], "two copies on a");
}

#[test]
fn an_empty_ring_owns_nothing() {
    let ring = Ring::new(Vec::new(), 3).unwrap();
    assert_eq!((ring.owner(b"k"), ring.walk(5, 3).count(), ring.arcs().len()), (None, 0, 0));
    let mut owners = Vec::new();
    ring.owners_of([b"a", b"b"].map(|key| key.as_slice()), &mut owners);
    assert_eq!(owners, [NOBODY; 2]);
}

#[test]
fn what_cannot_be_a_ring_is_refused_and_changes_nothing() {
    let new = |weights: &[u32], vnodes| {
        Ring::new(weights.iter().enumerate().map(|(i, w)| Member::new(format!("n{i}"), *w)).collect(), vnodes)
    };
    assert_eq!(new(&[1], 0), Err(RingError::NoVnodes));
    assert_eq!(new(&[1, 0], 1), Err(RingError::NoWeight { name: "n1".into() }));
    assert!(matches!(new(&[u32::MAX; 3], u32::MAX), Err(RingError::TooManyPoints { .. })));
    let mut ring = new(&[1, 2], 4).unwrap();
    let before = ring.clone();
    assert_eq!(ring.add(Member::new("n0", 1)), Err(RingError::Duplicate { name: "n0".into() }));
    assert_eq!(ring.add(Member::new("", 1)), Err(RingError::EmptyName));
    assert!(matches!(ring.add(Member::new("x", u32::MAX)), Err(RingError::TooManyPoints { .. })));
    assert_eq!(ring.remove("nobody"), None);
    assert_eq!(ring, before);
}

#[test]
fn each_rule_has_its_own_point() {
    let ring = by_hand(&["a", "b", "c"], &[(10, 0), (20, 1), (40, 2)]);
    let places = [5, 10, 11, 15, 16, 20, 25, 30, 31, 40, 41, 1 << 63, u64::MAX];
    for (rule, expected) in [
        (Rule::Successor, [0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 0, 0, 0]),
        (Rule::Strict, [0, 1, 1, 1, 1, 2, 2, 2, 2, 0, 0, 0, 0]),
        (Rule::Predecessor, [2, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2]),
        // 15 and 30 lie half-way, and so does 2^63 + 25 across the end of the circle.
        (Rule::Nearest, [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 0]),
    ] {
        let ring = ring.clone().with_rule(rule);
        assert_eq!(places.map(|at| ring.owner_of_hash(at).unwrap()), expected, "{}", rule.name());
        assert_eq!(ring.arcs().iter().sum::<u128>(), 1 << 64);
    }
    let arcs = |rule| ring.clone().with_rule(rule).arcs();
    let rest = (1_u128 << 64) - 30;
    assert_eq!(arcs(Rule::Successor), [rest, 10, 20]);
    assert_eq!(arcs(Rule::Strict), [rest, 10, 20]);
    assert_eq!(arcs(Rule::Predecessor), [10, 20, rest]);
    assert_eq!(arcs(Rule::Nearest), [rest / 2 - 1 + 6, 15, rest / 2 + 1 + 9]);
}

#[test]
fn the_walk_goes_where_the_key_would_move() {
    let ring = by_hand(&["a", "b", "c", "d"], &[(10, 0), (20, 1), (28, 2), (60, 3)]);
    for (rule, expected) in [
        (Rule::Successor, [2, 3, 0, 1]),
        (Rule::Strict, [2, 3, 0, 1]),
        (Rule::Predecessor, [1, 0, 3, 2]),
        (Rule::Nearest, [1, 2, 0, 3]),
    ] {
        let mut out = Vec::new();
        ring.clone().with_rule(rule).preference(22, 9, &mut out);
        assert_eq!(out, expected, "{}", rule.name());
    }
}

#[test]
fn rules_are_named() {
    assert!(Rule::ALL.into_iter().all(|rule| Rule::named(rule.name()) == Some(rule)));
    assert_eq!(Rule::named("none"), None);
}

/// A few places, near each other, at the ends of the circle, at one place, and anywhere.
fn place() -> impl Strategy<Value = u64> {
    prop_oneof![
        0..6u64,
        (0..6u64).prop_map(|n| u64::MAX - n),
        (0..40u64).prop_map(|n| (1 << 40) + n),
        (0..6u64).prop_map(|n| (1 << 63) + n),
        any::<u64>(),
    ]
}

/// One to five members and up to 40 points of theirs, each with at least one.
fn rings() -> impl Strategy<Value = Ring> {
    let points = proptest::collection::vec(place(), 1..40);
    (1..6usize, points).prop_map(|(members, points)| {
        let members = members.min(points.len());
        let points: Vec<(u64, u32)> = points.into_iter().zip((0..members as u32).cycle()).collect();
        by_hand(&["c", "a", "e", "b", "d"][..members], &points)
    })
}

/// The owner by looking at all points of the members that are left.
fn naive(ring: &Ring, rule: Rule, position: u64, gone: &[usize]) -> Option<usize> {
    let there = || ring.points.iter().filter(|point| !gone.contains(&(point.member as usize)));
    let name = |point: &Point| (ring.members[point.member as usize].name.clone(), point.index);
    let forth = |point: &&Point| (point.at.wrapping_sub(position), name(point));
    let strictly = |point: &&Point| (point.at.wrapping_sub(position).wrapping_sub(1), name(point));
    let back = |point: &&Point| (position.wrapping_sub(point.at), std::cmp::Reverse(name(point)));
    let found = match rule {
        Rule::Successor => there().min_by_key(forth),
        Rule::Strict => there().min_by_key(strictly),
        Rule::Predecessor => there().min_by_key(back),
        Rule::Nearest => {
            let (last, next) = (there().min_by_key(back)?, there().min_by_key(strictly)?);
            Some(if back(&last).0 <= forth(&next).0 { last } else { next })
        }
    };
    found.map(|point| point.member as usize)
}

/// Where an owner may change, and beside it.
fn near(ring: &Ring) -> Vec<u64> {
    let pairs = ring.points.iter().flat_map(|a| ring.points.iter().map(|b| (a.at, b.at)));
    let half = pairs.map(|(a, b)| a.wrapping_add(b.wrapping_sub(a) / 2));
    let places: Vec<u64> = half.flat_map(|half| [half, half.wrapping_add(1 << 63)]).collect();
    places.into_iter().flat_map(|at| [at.wrapping_sub(1), at, at.wrapping_add(1)]).collect()
}

proptest! {
    #[test]
    fn lookups_and_walks_are_those_of_a_search_through_all(ring in rings(), position in place()) {
        for rule in Rule::ALL {
            let ring = ring.clone().with_rule(rule);
            for at in near(&ring).into_iter().step_by(7).chain([position]) {
                let mut expected: Vec<usize> = Vec::new();
                while let Some(next) = naive(&ring, rule, at, &expected) {
                    expected.push(next);
                }
                let mut found = Vec::new();
                ring.preference(at, usize::MAX, &mut found);
                prop_assert_eq!(&found, &expected, "{} at {}", rule.name(), at);
                prop_assert_eq!(ring.owner_of_hash(at), expected.first().copied());
                prop_assert_eq!(ring.walk(at, usize::MAX).filter(|met| met.taken).count(), expected.len());
            }
        }
    }

    #[test]
    fn owners_change_at_borders_only(ring in rings(), others in proptest::collection::vec(any::<u64>(), 9)) {
        for rule in Rule::ALL {
            let ring = ring.clone().with_rule(rule);
            let ends = ring.borders();
            for at in near(&ring).into_iter().chain(others.iter().copied()) {
                let end = ends.iter().find(|&&end| end >= at).unwrap_or(&ends[0]);
                prop_assert_eq!(naive(&ring, rule, at, &[]), ring.owner_of_hash(*end), "{} at {}", rule.name(), at);
            }
            prop_assert_eq!(ring.arcs().iter().sum::<u128>(), 1 << 64);
        }
    }

    #[test]
    fn without_sorting_too_owners_change_at_borders_only(
        old in rings(), new in proptest::collection::vec(place(), 0..9), others in proptest::collection::vec(any::<u64>(), 9),
    ) {
        let mut ring = old;
        ring.mistake = Some(Mistake::Unsorted);
        ring.merge(new.into_iter().zip(0..).map(|(at, index)| Point { at, member: 0, index }).collect());
        for rule in Rule::ALL {
            let ring = ring.clone().with_rule(rule);
            let ends = ring.borders();
            for at in near(&ring).into_iter().chain(others.iter().copied()) {
                let end = ends.iter().find(|&&end| end >= at).unwrap_or(&ends[0]);
                prop_assert_eq!(ring.owner_of_hash(at), ring.owner_of_hash(*end), "{} at {}", rule.name(), at);
            }
            prop_assert_eq!(ring.arcs().iter().sum::<u128>(), 1 << 64);
        }
    }
}
