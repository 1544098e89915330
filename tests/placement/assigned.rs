//! Lists of keys placed in slices, and what moves, against a naive count by names.

use super::*;
use faultline::core::placement::assign::{Assigning, Assignment, Moves};
use faultline::core::placement::bounded::Filling;
use faultline::core::placement::keys::{Keys, Positions, VALUE_BYTES};
use faultline::core::placement::ring::Mistake;
use faultline::core::placement::scheme::{Scheme, Strategy as Way};
use faultline::core::placement::{Hashed, shares};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Members with weights and zones, some without a zone.
fn some_members() -> impl Strategy<Value = Vec<Member>> {
    let row = (1u32..4, prop_oneof![Just(""), Just("x"), Just("y"), Just("z")]);
    let list = proptest::collection::btree_map("[a-d]{1,2}|n[0-9]", row, 0..9);
    let list = list.prop_map(|rows| {
        rows.into_iter().map(|(name, (weight, zone))| Member::new(name, weight).in_zone(zone)).collect()
    });
    Strategy::prop_shuffle(list)
}

fn some_keys() -> impl Strategy<Value = Arc<Keys>> {
    let keys = proptest::collection::vec("[a-z0-9αβ ]{0,6}", 0..40);
    keys.prop_map(|keys| Arc::new(Keys::pack(keys.iter().map(String::as_str)).expect("no line ends")))
}

fn built(way: Way, members: Vec<Member>) -> Arc<dyn Placement> {
    Scheme { strategy: way, vnodes: 5, table: 251, ..Scheme::default() }
        .build(members)
        .expect("names differ, weights are positive")
}

fn some_way() -> impl Strategy<Value = Way> {
    proptest::sample::select(Way::ALL.to_vec())
}

/// The owner of each key; under a bound the keys come by position and bytes.
fn owners(placement: &dyn Placement, keys: &Keys) -> Vec<Option<usize>> {
    let Some(bound) = placement.bound() else {
        return keys.iter().map(|key| placement.owner(key.as_bytes())).collect();
    };
    let mut filling = Filling::new(placement.members(), bound, keys.len() as u64);
    let mut order: Vec<_> = keys
        .iter()
        .enumerate()
        .map(|(i, key)| (placement.hash().position(key.as_bytes()), key.as_bytes(), i))
        .collect();
    order.sort();
    let mut owners = vec![None; keys.len()];
    for (at, key, index) in order {
        owners[index] = filling.place(placement, Hashed { key, at });
    }
    owners
}

/// All nodes for a key by preference.
fn preferred(placement: &dyn Placement, key: &[u8]) -> Vec<usize> {
    let mut all = Vec::new();
    placement.replicas(key, usize::MAX, &mut all);
    all
}

/// A node is skipped while there is a zone without a copy and its own has one.
fn spread(placement: &dyn Placement, mut left: Vec<usize>, copies: usize) -> Vec<usize> {
    let zone = |node: usize| {
        let member = &placement.members()[node];
        if member.zone.is_empty() { format!("own {}", member.name) } else { format!("zone {}", member.zone) }
    };
    let all: BTreeSet<_> = (0..placement.members().len()).map(zone).collect();
    let mut out = Vec::<usize>::new();
    while out.len() < copies && !left.is_empty() {
        let used: BTreeSet<_> = out.iter().map(|&node| zone(node)).collect();
        let next = left.iter().position(|&node| used == all || !used.contains(&zone(node))).expect("a zone remains");
        out.push(left.remove(next));
    }
    out
}

proptest! {
    #[test]
    fn slices_place_as_the_placement_does(
        members in some_members(), keys in some_keys(), way in some_way(), copies in 0usize..5, zones: bool, most in 1usize..9,
        known in 0usize..50,
    ) {
        let placement = built(way, members);
        let mut positions = Positions::new(placement.hash());
        positions.slice(&keys, known);
        let mut assigning =
            Assigning::new(placement.clone(), keys.clone(), copies, zones).with_positions(Arc::new(positions));
        let mut slices = 0;
        while !assigning.slice(most) {
            slices += 1;
            prop_assert!(assigning.so_far().len() <= slices * most, "a slice is no longer than it may");
            prop_assert!(slices * most.min(keys.len()) <= 2 * keys.len());
        }
        let assignment = assigning.finish();
        prop_assert_eq!(&assignment, &Assigning::all(placement.clone(), keys.clone(), copies, zones));
        let owners = owners(&*placement, &keys);
        let (mut loads, mut kept) = (vec![0; placement.members().len()], vec![0; placement.members().len()]);
        for (index, key) in keys.iter().enumerate() {
            let key = key.as_bytes();
            let mut preferred = preferred(&*placement, key);
            preferred.sort_by_key(|&node| Some(node) != owners[index]);
            let expected = match zones {
                true => spread(&*placement, preferred, copies.max(1)),
                false => preferred.into_iter().take(copies.max(1)).collect(),
            };
            prop_assert_eq!(assignment.nodes(index).collect::<Vec<_>>(), expected.clone());
            prop_assert_eq!(assignment.owner(index), owners[index]);
            loads.iter_mut().enumerate().for_each(|(node, load)| *load += u32::from(expected.first() == Some(&node)));
            kept.iter_mut().enumerate().for_each(|(node, kept)| *kept += u32::from(expected.contains(&node)));
        }
        prop_assert_eq!(assignment.len(), keys.len());
        prop_assert_eq!(assignment.lost(), if placement.members().is_empty() { keys.len() } else { 0 });
        prop_assert_eq!((assignment.loads(), assignment.kept()), (&loads[..], &kept[..]));
    }

    #[test]
    fn owners_before_lead_to_the_same_owners(old in some_members(), new in some_members(), keys in some_keys(), way in some_way()) {
        let scheme = Scheme { strategy: way, vnodes: 5, table: 251, ..Scheme::default() };
        let old = scheme.build(old).unwrap();
        let new = scheme.change(&*old, new).unwrap();
        let before = Arc::new(Assigning::all(old.clone(), keys.clone(), 1, false));
        let mut assigning = Assigning::new(new.clone(), keys.clone(), 1, false).from_before(old, before);
        while !assigning.slice(7) {}
        prop_assert_eq!(assigning.finish(), Assigning::all(new, keys, 1, false));
    }

    #[test]
    fn moves_are_what_a_naive_count_says(
        old in some_members(), new in some_members(), keys in some_keys(), ways in (some_way(), some_way()),
        copies in (1usize..4, 1usize..4), zones: bool, most in 1usize..9,
    ) {
        let (old, new) = (built(ways.0, old), built(ways.1, new));
        let before = Arc::new(Assigning::all(old.clone(), keys.clone(), copies.0, zones));
        let after = Arc::new(Assigning::all(new.clone(), keys.clone(), copies.1, zones));
        let mut moves = Moves::new(keys.clone(), before.clone(), after.clone());
        while !moves.slice(most) {}

        let name = |assignment: &Assignment, node: Option<usize>| node.map(|n| assignment.members()[n].name.clone());
        let weight = |placement: &dyn Placement, name: &Option<String>| {
            let found = placement.members().iter().find(|member| Some(&member.name) == name.as_ref());
            found.map_or(0, |member| member.weight)
        };
        let (mut moved, mut needless, mut fresh, mut bytes) = (0, 0, 0, 0);
        let mut pairs = BTreeMap::<(Option<String>, Option<String>), u32>::new();
        for (index, key) in keys.iter().enumerate() {
            let (from, to) = (name(&before, before.owner(index)), name(&after, after.owner(index)));
            let here = moves.moved(index);
            prop_assert_eq!(here.is_some(), from != to);
            if from != to {
                let lost = weight(&*new, &from) < weight(&*old, &from) || from.is_none();
                let gained = weight(&*new, &to) > weight(&*old, &to) || to.is_none();
                let here = here.expect("it moved");
                prop_assert_eq!((name(&before, here.from), name(&after, here.to)), (from.clone(), to.clone()));
                prop_assert_eq!(here.needless, !lost && !gained);
                moved += 1;
                needless += u128::from(!lost && !gained);
                *pairs.entry((from, to)).or_default() += 1;
            }
            let had: BTreeSet<_> = before.nodes(index).map(|node| name(&before, Some(node))).collect();
            let has: BTreeSet<_> = after.nodes(index).map(|node| name(&after, Some(node))).collect();
            fresh += has.difference(&had).count() as u64;
            bytes += has.difference(&had).count() as u64 * (key.len() as u64 + VALUE_BYTES);
        }
        let movement = shares::Movement { all: keys.len() as u128, moved, needless };
        prop_assert_eq!(moves.movement(), movement);
        if old.bound().is_none() && new.bound().is_none() {
            prop_assert_eq!(movement, shares::moved_keys(&*old, &*new, keys.iter().map(str::as_bytes)));
        }
        prop_assert_eq!((moves.copies(), moves.bytes()), (fresh, bytes));
        let counted: BTreeMap<_, _> =
            moves.pairs().map(|((from, to), keys)| ((name(&before, from), name(&after, to)), keys)).collect();
        prop_assert_eq!(counted, pairs);
    }
}

#[test]
fn two_copies_on_one_node_are_kept_once() {
    let members = members(["a", "b", "c"].map(str::to_owned));
    let right = Arc::new(Ring::new(members.clone(), 8).unwrap());
    let wrong = Arc::new(Ring::new(members, 8).unwrap().with_mistake(Some(Mistake::ReplicaSameNode)));
    let keys = Arc::new(Keys::pack(numbered(200).iter().map(String::as_str)).unwrap());
    let before = Arc::new(Assigning::all(Arc::new(Ring::new(Vec::new(), 8).unwrap()), keys.clone(), 2, false));
    let [right, wrong] = [right, wrong].map(|ring: Arc<Ring>| Arc::new(Assigning::all(ring, keys.clone(), 2, false)));
    let twice = (0..200).filter(|&key| wrong.nodes(key).collect::<BTreeSet<_>>().len() == 1).count();
    assert!(twice > 0);
    assert_eq!(right.kept().iter().sum::<u32>(), 400);
    assert_eq!(wrong.kept().iter().sum::<u32>() as usize, 400 - twice);
    assert_eq!(Moves::all(keys.clone(), before, wrong).copies() as usize, 400 - twice);
}
