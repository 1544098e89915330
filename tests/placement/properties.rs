//! What holds for every list of members and every key, and for every list of bytes.

use super::*;
use faultline::core::placement::list::{self, Limits};
use faultline::core::placement::ring::Mistake;
use faultline::core::placement::rule::Rule;
use faultline::core::placement::shares;
use proptest::prelude::*;
use std::collections::BTreeSet;

/// One to eight members with different names, and their weights.
fn some_members() -> impl Strategy<Value = Vec<Member>> {
    let names = proptest::collection::btree_map("[a-c]{1,3}|node-[0-9]{1,2}|α", 1u32..4, 1..8);
    let list = names.prop_map(|names| names.into_iter().map(|(name, weight)| Member::new(name, weight)).collect());
    Strategy::prop_shuffle(list)
}

fn some_keys() -> impl Strategy<Value = Vec<Vec<u8>>> {
    proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..12), 1..40)
}

proptest! {
    #[test]
    fn adding_and_removing_equals_rebuilding(
        start in some_members(), vnodes in 1u32..12, changes in proptest::collection::vec((any::<bool>(), 0usize..8, 1u32..4), 0..8),
    ) {
        let mut members = start.clone();
        let mut ring = Ring::new(start, vnodes).unwrap();
        for (add, which, weight) in changes {
            if add {
                let member = Member::new(format!("node-{which}"), weight);
                let there = members.iter().any(|m| m.name == member.name);
                prop_assert_eq!(ring.add(member.clone()).is_err(), there);
                if !there {
                    members.push(member);
                }
            } else if which < members.len() {
                let gone = members.remove(which);
                prop_assert_eq!(ring.remove(&gone.name), Some(gone));
            }
            prop_assert_eq!(&ring, &Ring::new(members.clone(), vnodes).unwrap());
        }
    }

    /// In one step, with weights that change and members that come in any order.
    #[test]
    fn a_changed_list_equals_rebuilding(before in some_members(), after in some_members(), vnodes in 1u32..12) {
        let ring = Ring::new(before, vnodes).unwrap();
        prop_assert_eq!(ring.changed(after.clone()).unwrap(), Ring::new(after, vnodes).unwrap());
        prop_assert_eq!(ring.changed(Vec::new()).unwrap(), Ring::new(Vec::new(), vnodes).unwrap());
    }

    #[test]
    fn many_keys_at_once_are_placed_as_one_by_one(list in some_members(), vnodes in 1u32..12, keys in some_keys(), times in 1usize..9) {
        let keys: Vec<&[u8]> = keys.iter().map(Vec::as_slice).cycle().take(keys.len() * times).collect();
        for rule in Rule::ALL {
            for mistake in [None].into_iter().chain(Mistake::ALL.map(Some)) {
                let mut ring = Ring::new(list.clone(), vnodes).unwrap().with_rule(rule).with_mistake(mistake);
                ring.add(Member::new("new", 1)).unwrap();
                let mut owners = vec![7];
                ring.owners_of(keys.iter().copied(), &mut owners);
                let expected = keys.iter().map(|key| ring.owner(key).unwrap() as u32);
                prop_assert_eq!(&owners[1..], expected.collect::<Vec<u32>>());
            }
        }
    }

    /// Whoever is met after the owner takes over when it leaves, so the copy is already there.
    #[test]
    fn the_next_of_the_walk_takes_over(list in some_members(), vnodes in 1u32..12, keys in some_keys()) {
        for rule in Rule::ALL {
            let ring = Ring::new(list.clone(), vnodes).unwrap().with_rule(rule);
            for key in &keys {
                let order = copies(&ring, key, usize::MAX);
                let mut left = ring.clone();
                left.remove(order[0]);
                prop_assert_eq!(copies(&left, key, usize::MAX), &order[1..]);
            }
        }
    }

    /// `RING-DETERMINISM`
    #[test]
    fn the_order_of_the_list_does_not_matter(
        (one, other) in some_members().prop_flat_map(|list| (Just(list.clone()), Just(list).prop_shuffle())),
        vnodes in 1u32..12, keys in some_keys(), r in 1usize..5,
    ) {
        let (one, other) = (Ring::new(one, vnodes).unwrap(), Ring::new(other, vnodes).unwrap());
        for key in &keys {
            prop_assert_eq!(copies(&one, key, r), copies(&other, key, r));
        }
    }

    /// `RING-MONOTONE`
    #[test]
    fn keys_move_only_to_the_new_and_only_from_the_gone(
        list in some_members(), vnodes in 1u32..12, weight in 1u32..4, keys in some_keys(),
    ) {
        for rule in Rule::ALL {
            let before = Ring::new(list.clone(), vnodes).unwrap().with_rule(rule);
            let mut after = before.clone();
            after.add(Member::new("new", weight)).unwrap();
            for key in &keys {
                let (old, new) = (copies(&before, key, 1), copies(&after, key, 1));
                prop_assert!(old == new || new == ["new"]);
            }
            let keys = || keys.iter().map(Vec::as_slice);
            prop_assert_eq!(shares::moved_keys(&before, &after, keys()).needless, 0);
            prop_assert_eq!(shares::moved_keys(&after, &before, keys()).needless, 0);
            prop_assert_eq!(shares::moved_arcs(&before, &after).needless, 0);
        }
    }

    /// `RING-DISTINCT-REPLICAS` and `RING-TOTAL`
    #[test]
    fn copies_lie_on_distinct_nodes(list in some_members(), vnodes in 1u32..12, keys in some_keys(), r in 0usize..12) {
        let ring = Ring::new(list, vnodes).unwrap();
        for key in &keys {
            let nodes = copies(&ring, key, r);
            prop_assert_eq!(nodes.iter().collect::<BTreeSet<_>>().len(), nodes.len());
            prop_assert_eq!(nodes.len(), r.min(ring.members().len()));
            prop_assert!(r == 0 || copies(&ring, key, 1) == nodes[..1]);
            let met: Vec<_> = ring.walk(ring.position(key), r).collect();
            let taken: Vec<_> = met.iter().filter(|met| met.taken).collect();
            prop_assert_eq!(taken.len(), nodes.len());
            prop_assert!(met.last().is_none_or(|met| met.taken));
        }
    }

    #[test]
    fn the_mistake_takes_the_next_points(list in some_members(), vnodes in 1u32..12, keys in some_keys(), r in 0usize..12) {
        let ring = Ring::new(list, vnodes).unwrap().with_mistake(Some(Mistake::ReplicaSameNode));
        for key in &keys {
            let first = ring.successor(ring.position(key)).unwrap();
            let points = (0..r.min(ring.points().len())).map(|i| ring.points()[(first + i) % ring.points().len()]);
            let expected: Vec<&str> = points.map(|point| name(&ring, point.member as usize)).collect();
            prop_assert_eq!(copies(&ring, key, r), expected);
        }
    }

    #[test]
    fn lists_of_any_bytes_are_read_without_loss(
        bytes in proptest::collection::vec(prop_oneof![Just(b'\n'), Just(b'\r'), Just(b'\t'), Just(b'a'), Just(b'1'), any::<u8>()], 0..80),
        lines in 0usize..20, longest in 0usize..9, all in 0usize..60,
    ) {
        let limits = Limits { lines, bytes: longest, all };
        let whole = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&bytes);
        let ends = whole.iter().filter(|&&byte| byte == b'\n').count();
        let all = ends + usize::from(whole.last().is_some_and(|&byte| byte != b'\n'));
        let account = |rows: usize, bad: &[list::BadRow]| {
            let left = bad.iter().map(|bad| match bad.fault { list::Fault::LeftOut { lines, .. } | list::Fault::Full { lines, .. } => lines,
                _ => 1,
             });
            rows + left.sum::<usize>()
        };
        let nodes = list::nodes(&bytes, limits);
        prop_assert_eq!(account(nodes.rows.len(), &nodes.bad), all);
        prop_assert!(nodes.bad.windows(2).all(|pair| pair[0].line < pair[1].line));
        prop_assert!(Ring::new(nodes.rows, 1).is_ok(), "what the list gives, the ring takes");
        let keys = list::keys(&bytes, limits);
        prop_assert_eq!(account(keys.rows.len(), &keys.bad), all);
        prop_assert!(keys.rows.iter().all(|key| key.len() <= longest && !key.contains(['\t', '\n'])));
    }
}
