//! What every strategy promises, for every list and every key.

use super::*;
use faultline::core::placement::bounded::{Bound, Filling};
use faultline::core::placement::range::{Range, RangeError, Sample};
use faultline::core::placement::rule::Rule;
use faultline::core::placement::scheme::{Scheme, SchemeError, Strategy as Way};
use faultline::core::placement::slots::{SLOTS, Slots};
use faultline::core::placement::zones::{Effective, Zones};
use faultline::core::placement::{Hashed, Inside, KeyHash, jump, shares};
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::sync::Arc;

/// One to eight members with different names, weights from 1 to 3, and few zones.
fn some_members() -> impl Strategy<Value = Vec<Member>> {
    let names = proptest::collection::btree_map("[a-c]{1,3}|node-[0-9]{1,2}|α", (1u32..4, "[xyz]?"), 1..8);
    let member = |(name, (weight, zone))| Member::new(name, weight).in_zone(zone);
    let list = names.prop_map(move |names| names.into_iter().map(member).collect());
    Strategy::prop_shuffle(list)
}

fn some_keys() -> impl Strategy<Value = Vec<Vec<u8>>> {
    proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..9), 1..40)
}

/// A list and what it becomes: some leave, some come, some change their weight, all in another order.
fn a_change() -> impl Strategy<Value = (Vec<Member>, Vec<Member>)> {
    let changes = proptest::collection::vec((0u32..6, 1u32..4), 8);
    (some_members(), changes, 0usize..4).prop_flat_map(|(before, changes, new)| {
        let stays = before.iter().zip(changes).filter_map(|(member, (what, weight))| match what {
            0 => None,
            1 => Some(Member { weight, ..member.clone() }),
            _ => Some(member.clone()),
        });
        let after: Vec<Member> =
            stays.chain((0..new).map(|i| Member::new(format!("new-{i}"), 1 + i as u32 % 3))).collect();
        (Just(before), Just(after).prop_shuffle())
    })
}

/// Small tables, so that they are quick and crowded.
fn scheme(strategy: Way, hash: KeyHash, keys: &[Vec<u8>]) -> Scheme {
    let sample = Sample::new(keys.iter().map(Vec::as_slice));
    Scheme { strategy, hash, vnodes: 7, table: 131, sample, ..Scheme::default() }
}

/// A ring by any rule, too.
fn some_scheme() -> impl Strategy<Value = Scheme> {
    (some_way(), some_hash(), proptest::sample::select(Rule::ALL.to_vec()))
        .prop_map(|(way, hash, rule)| Scheme { rule, ..scheme(way, hash, &[]) })
}

fn some_way() -> impl Strategy<Value = Way> {
    proptest::sample::select(Way::ALL.to_vec())
}

fn some_hash() -> impl Strategy<Value = KeyHash> {
    proptest::sample::select(KeyHash::ALL.to_vec())
}

fn hashed<'k>(placement: &dyn Placement, key: &'k [u8]) -> Hashed<'k> {
    Hashed { key, at: placement.hash().position(key) }
}

fn name_of(placement: &dyn Placement, node: Option<usize>) -> Option<&str> {
    node.map(|node| placement.members()[node].name.as_str())
}

fn names(placement: &dyn Placement, key: &[u8], copies: usize) -> Vec<String> {
    let mut out = Vec::new();
    placement.replicas(key, copies, &mut out);
    out.into_iter().map(|node| placement.members()[node].name.clone()).collect()
}

/// The owners of these keys under a bound.
fn filled(placement: &dyn Placement, bound: Bound, keys: &[Vec<u8>]) -> (Vec<Option<usize>>, Filling) {
    let mut order: Vec<Hashed<'_>> = keys.iter().map(|key| hashed(placement, key)).collect();
    order.sort_by_key(|key| (key.at, key.key));
    let mut filling = Filling::new(placement.members(), bound, keys.len() as u64);
    let owners = order.into_iter().map(|key| (key.key.to_vec(), filling.place(placement, key)));
    let owners: std::collections::BTreeMap<_, _> = owners.collect();
    (keys.iter().map(|key| owners[key]).collect(), filling)
}

proptest! {
    /// `RING-TOTAL` and `RING-DISTINCT-REPLICAS`
    #[test]
    fn every_key_has_an_owner_and_copies_on_other_nodes(
        way in some_way(), hash in some_hash(), list in some_members(), keys in some_keys(), copies in 0usize..10,
    ) {
        let placement = scheme(way, hash, &keys).build(list).unwrap();
        let n = placement.members().len();
        for key in &keys {
            let mut offered = Vec::new();
            placement.visit(hashed(&*placement, key), &mut |node| { offered.push(node); false });
            prop_assert_eq!(offered.len(), n, "each is offered");
            prop_assert_eq!(offered.iter().collect::<BTreeSet<_>>().len(), n, "each once");
            prop_assert_eq!(offered.first().copied(), placement.owner(key));
            let mut out = vec![99];
            placement.replicas(key, copies, &mut out);
            prop_assert_eq!(&out[..], &offered[..copies.min(n)]);
            let mut asked = 0;
            placement.visit(hashed(&*placement, key), &mut |_| { asked += 1; true });
            prop_assert_eq!(asked, 1, "no more once one is taken");
        }
        let none = scheme(way, hash, &keys).build(Vec::new()).unwrap();
        prop_assert_eq!(none.owner(&keys[0]), None);
        none.visit(hashed(&*none, &keys[0]), &mut |_| panic!("nobody to offer"));
    }

    /// `RING-DETERMINISM`, where it is promised.
    #[test]
    fn the_order_of_the_list_does_not_matter(
        way in some_way(), hash in some_hash(), keys in some_keys(),
        (one, other) in some_members().prop_flat_map(|list| (Just(list.clone()), Just(list).prop_shuffle())),
    ) {
        prop_assume!(!way.takes_order());
        let scheme = scheme(way, hash, &keys);
        let (one, other) = (scheme.build(one).unwrap(), scheme.build(other).unwrap());
        for key in &keys {
            prop_assert_eq!(names(&*one, key, 9), names(&*other, key, 9));
        }
    }

    /// `RING-MONOTONE`, where it is promised. Ketama promises it for equal weights alone.
    #[test]
    fn keys_move_only_from_those_that_lose_and_only_to_those_that_gain(
        way in some_way(), hash in some_hash(), (before, after) in a_change(), keys in some_keys(),
    ) {
        prop_assume!(!matches!(way, Way::Modulo | Way::Jump | Way::Maglev));
        let even = |list: Vec<Member>| -> Vec<Member> {
            let weight = |member: &Member| if way == Way::Ketama { 1 } else { member.weight };
            list.into_iter().map(|member| Member { weight: weight(&member), ..member }).collect()
        };
        // Shares of slots are rounded, so with everything changing at once one may be rounded up needlessly.
        prop_assume!(way != Way::Slots);
        let scheme = scheme(way, hash, &keys);
        let before = scheme.build(even(before)).unwrap();
        let after = scheme.change(&*before, even(after)).unwrap();
        let moved = shares::moved_keys(&*before, &*after, keys.iter().map(Vec::as_slice));
        prop_assert_eq!(moved.needless, 0);
    }

    /// The short way to the placement after a change gives what the long way gives, unless history counts.
    #[test]
    fn a_change_of_the_list_is_another_list(
        scheme in some_scheme(), other in some_scheme(), vnodes in 6u32..8, (before, after) in a_change(), keys in some_keys(),
    ) {
        prop_assume!(!scheme.strategy.takes_history());
        let built = scheme.build(after.clone()).unwrap();
        // A placement of another scheme is no start for a short way.
        let alike = Scheme { strategy: scheme.strategy, vnodes, ..other.clone() };
        for start in [&scheme, &other, &alike] {
            let changed = scheme.change(&*start.build(before.clone()).unwrap(), after.clone()).unwrap();
            prop_assert_eq!(changed.bound(), built.bound());
            for key in &keys {
                prop_assert_eq!(names(&*changed, key, 9), names(&*built, key, 9));
            }
        }
    }

    /// `HRW-ORDER` and its like: when the owner leaves, the second takes over, and the rest stay in order.
    #[test]
    fn the_second_takes_over(way in some_way(), hash in some_hash(), list in some_members(), keys in some_keys()) {
        prop_assume!(matches!(way, Way::Ring | Way::Rendezvous | Way::BoundedRing | Way::BoundedRendezvous | Way::Nginx));
        let scheme = scheme(way, hash, &keys);
        let before = scheme.build(list.clone()).unwrap();
        for key in &keys {
            let order = names(&*before, key, 9);
            let rest = list.iter().filter(|member| member.name != order[0]).cloned().collect();
            prop_assert_eq!(names(&*scheme.build(rest).unwrap(), key, 9), &order[1..]);
        }
    }

    /// The short way from the owner before to the owner after gives what the long way gives.
    #[test]
    fn the_owner_after_a_change_is_the_owner(
        way in some_way(), hash in some_hash(), (before, after) in a_change(), other in some_way(), keys in some_keys(),
        copies in 0usize..10,
    ) {
        let before = scheme(way, hash, &keys).build(before).unwrap();
        let after = scheme(way, hash, &keys).change(&*before, after).unwrap();
        let foreign = scheme(other, KeyHash::Weak, &keys).build(before.members().to_vec()).unwrap();
        for start in [&before, &foreign] {
            let (owner_after, replicas_after) = (after.after(&**start), after.replicas_after(&**start));
            let (mut old, mut found, mut expected) = (Vec::new(), vec![99], Vec::new());
            for key in &keys {
                let owner = owner_after(hashed(&*after, key), start.owner(key));
                prop_assert_eq!(owner, after.owner(key));
                prop_assert_eq!(owner_after(hashed(&*after, key), None), after.owner(key));
                start.replicas(key, copies, &mut old);
                after.replicas(key, copies, &mut expected);
                replicas_after(hashed(&*after, key), &old, copies, &mut found);
                prop_assert_eq!(&found, &expected);
            }
        }
    }

    /// `JUMP-RANGE` and `JUMP-MONOTONE`
    #[test]
    fn jump_moves_keys_only_to_the_new_bucket(key: u64, buckets in 1u32..5_000) {
        let (old, new) = (jump::bucket(key, buckets), jump::bucket(key, buckets + 1));
        prop_assert!(old < buckets);
        prop_assert!(new == old || new == buckets);
    }

    /// `MAGLEV-BALANCE`
    #[test]
    fn slots_of_maglev_differ_by_at_most_one(n in 1usize..130, size in proptest::sample::select(vec![131u32, 251, 1_009])) {
        let scheme = Scheme { strategy: Way::Maglev, table: size, ..Scheme::default() };
        let placement = scheme.build(members((0..n).map(|i| format!("n{i}")))).unwrap();
        let Inside::Maglev(maglev) = placement.inside() else { panic!("a table") };
        let mut counts = vec![0; n];
        maglev.table().iter().for_each(|&node| counts[node as usize] += 1);
        prop_assert_eq!(counts.iter().sum::<usize>(), size as usize);
        prop_assert!(counts.iter().max().unwrap() - counts.iter().min().unwrap() <= 1);
    }

    /// `BOUND-CAP`, `BOUND-STOP`, and the placement is a function of the sets.
    #[test]
    fn bounded_loads_keep_the_bound(
        way in proptest::sample::select(vec![Way::BoundedRing, Way::BoundedRendezvous]), percent in 100u32..200,
        list in some_members(), keys in some_keys().prop_map(|keys| keys.into_iter().collect::<BTreeSet<_>>()),
        (r, s) in (0usize..40, 0usize..8),
    ) {
        let bound = Bound { percent };
        let scheme = |keys: &[Vec<u8>]| Scheme { bound, ..scheme(way, KeyHash::Sha1, keys) };
        let mut keys: Vec<Vec<u8>> = keys.into_iter().collect();
        let placement = scheme(&keys).build(list.clone()).unwrap();
        prop_assert_eq!(placement.bound(), Some(bound));
        let (owners, filling) = filled(&*placement, bound, &keys);
        prop_assert_eq!(filling.loads().iter().sum::<u64>(), keys.len() as u64, "all are placed");
        let weights: u64 = list.iter().map(|member| u64::from(member.weight)).sum();
        for (member, &load) in list.iter().zip(filling.loads()) {
            // load <= ceil(c m w / W), that is load - 1 < c m w / W
            let share = u64::from(percent) * keys.len() as u64 * u64::from(member.weight);
            prop_assert!(load == 0 || (load - 1) * 100 * weights < share, "{load} on {}", member.name);
        }
        for (key, owner) in keys.iter().zip(&owners) {
            let mut passed = Vec::new();
            placement.visit(hashed(&*placement, key), &mut |node| {
                if Some(node) != *owner { passed.push(node) }
                Some(node) == *owner
            });
            prop_assert!(passed.into_iter().all(|node| !filling.has_room(node)), "only full nodes are passed by");
        }
        // A key that came and went, or a node that did, leaves no trace: the lists say it all.
        let named = |owners: &[Option<usize>], placement: &dyn Placement| -> Vec<_> {
            owners.iter().map(|owner| name_of(placement, *owner).map(str::to_owned)).collect()
        };
        let (r, s) = (r % keys.len(), s % list.len());
        keys.rotate_left(r);
        let mut turned = list.clone();
        turned.rotate_left(s);
        let again = scheme(&keys).build(turned).unwrap();
        let (other, _) = filled(&*again, bound, &keys);
        let mut expected = named(&owners, &*placement);
        expected.rotate_left(r);
        prop_assert_eq!(named(&other, &*again), expected);
    }

    /// No table with the same shares moves fewer slots, and shares are by weight.
    #[test]
    fn slots_move_as_few_as_they_must(steps in proptest::collection::vec(a_change(), 1..4)) {
        let scheme = Scheme { strategy: Way::Slots, ..Scheme::default() };
        let mut before = scheme.build(steps[0].0.clone()).unwrap();
        for members in steps.into_iter().map(|(_, after)| after).filter(|after| !after.is_empty()) {
            let after = scheme.change(&*before, members.clone()).unwrap();
            let (Inside::Slots(old), Inside::Slots(new)) = (before.inside(), after.inside()) else { panic!("slots") };
            let owners = |slots: &Slots| -> Vec<String> {
                slots.table().iter().map(|&node| slots.members()[usize::from(node)].name.clone()).collect()
            };
            let (was, is) = (owners(old), owners(new));
            let count = |table: &[String], name: &str| table.iter().filter(|owner| *owner == name).count();
            let weights: usize = members.iter().map(|member| member.weight as usize).sum();
            let floors = members.iter().map(|member| SLOTS * member.weight as usize / weights);
            let rows: Vec<(usize, usize, bool)> = members.iter().zip(floors).map(|(member, floor)| {
                let exact = (SLOTS * member.weight as usize).is_multiple_of(weights);
                (count(&was, &member.name), floor, exact)
            }).collect();
            for (member, (_, floor, exact)) in members.iter().zip(&rows) {
                let has = count(&is, &member.name);
                prop_assert!(has == *floor || (has == floor + 1 && !exact), "{} has {has}", member.name);
            }
            let left = SLOTS - rows.iter().map(|(_, floor, _)| floor).sum::<usize>();
            let ways = (0_u32..1 << rows.len()).filter(|up| {
                let may = |row: usize| up >> row & 1 == 0 || !rows[row].2;
                up.count_ones() as usize == left && (0..rows.len()).all(may)
            });
            let moves = ways.map(|up| -> usize {
                let share = |row: usize, floor: usize| floor + (up >> row & 1) as usize;
                rows.iter().enumerate().map(|(row, (had, floor, _))| share(row, *floor).saturating_sub(*had)).sum()
            });
            let moved = was.iter().zip(&is).filter(|(a, b)| a != b).count();
            prop_assert_eq!(Some(moved), moves.min());
            before = after;
        }
    }

    /// Slots of equal nodes move to who came and from who went, and nowhere else.
    #[test]
    fn slots_of_equal_nodes_are_monotone(steps in proptest::collection::vec((any::<bool>(), 0usize..40), 1..12)) {
        let scheme = Scheme { strategy: Way::Slots, ..Scheme::default() };
        let mut before = scheme.build(members((0..5).map(|i| format!("n{i}")))).unwrap();
        let mut next = 5;
        for (add, which) in steps {
            let mut list = before.members().to_vec();
            if add || list.len() < 2 {
                list.insert(which % (list.len() + 1), Member::new(format!("n{next}"), 1));
                next += 1;
            } else {
                list.remove(which % list.len());
            }
            let after = scheme.change(&*before, list).unwrap();
            let keys = numbered(300);
            let moved = shares::moved_keys(&*before, &*after, bytes(&keys));
            prop_assert_eq!(moved.needless, 0);
            before = after;
        }
    }

    /// Neighbours in order lie together, whatever happened: each node has one range.
    #[test]
    fn ranges_stay_whole((before, after) in a_change(), keys in some_keys(), probes in some_keys()) {
        let scheme = scheme(Way::Range, KeyHash::Sha1, &keys);
        let before = scheme.build(before).unwrap();
        let after = scheme.change(&*before, after).unwrap();
        for placement in [before, after] {
            let mut sorted: Vec<&[u8]> = keys.iter().chain(&probes).map(Vec::as_slice).collect();
            sorted.sort_unstable();
            let mut owners: Vec<_> = sorted.iter().map(|key| placement.owner(key)).collect();
            owners.dedup();
            prop_assert_eq!(owners.iter().collect::<BTreeSet<_>>().len(), owners.len(), "no node twice");
            let Inside::Range(range) = placement.inside() else { panic!("ranges") };
            prop_assert_eq!(range.parts().len(), range.members().len());
            prop_assert!(range.parts().windows(2).all(|pair| pair[0].from <= pair[1].from));
        }
    }

    /// Copies lie in as many zones as there can be, and nothing else disturbs the order of preference.
    #[test]
    fn copies_lie_in_distinct_zones(
        way in some_way(), list in some_members(), keys in some_keys(), copies in 0usize..10,
    ) {
        let placement = scheme(way, KeyHash::Sha1, &keys).build(list.clone()).unwrap();
        let zones = Zones::new(&list);
        let zone = |node: &usize| match list[*node].zone.as_str() { "" => format!("#{node}"), zone => zone.to_owned() };
        let all: BTreeSet<String> = (0..list.len()).map(|node| zone(&node)).collect();
        prop_assert_eq!(zones.count(), all.len());
        for key in &keys {
            let mut order = Vec::new();
            placement.replicas(key, list.len(), &mut order);
            // The first of each zone, then the others.
            let mut seen = BTreeSet::new();
            let (mut expected, others): (Vec<usize>, Vec<usize>) = order.iter().partition(|node| seen.insert(zone(node)));
            expected.extend(others);
            expected.truncate(copies);
            let mut out = vec![99];
            zones.replicas(&*placement, hashed(&*placement, key), copies, &mut out);
            prop_assert_eq!(&out, &expected);
            let distinct = out.iter().map(zone).collect::<BTreeSet<_>>().len();
            prop_assert_eq!(zones.effective(&out), Effective { nodes: out.len(), zones: distinct });
            prop_assert_eq!(distinct, copies.min(all.len()));
        }
    }
}

/// The flags say no more than is true: there are lists that show each of them.
#[test]
fn where_order_and_history_count_they_do() {
    let list = members((0..4).map(|i| format!("n{i}")));
    let mut turned = list.clone();
    turned.reverse();
    let keys: Vec<Vec<u8>> = numbered(200).into_iter().map(String::into_bytes).collect();
    for way in Way::ALL {
        let scheme = scheme(way, KeyHash::Sha1, &keys);
        let owners = |placement: &Arc<dyn Placement>| -> Vec<Option<String>> {
            keys.iter().map(|key| name_of(&**placement, placement.owner(key)).map(str::to_owned)).collect()
        };
        let (one, other) = (scheme.build(list.clone()).unwrap(), scheme.build(turned.clone()).unwrap());
        assert_eq!(owners(&one) != owners(&other), way.takes_order(), "order: {}", way.name());
        let fewer = scheme.change(&*one, list[1..].to_vec()).unwrap();
        let back = scheme.change(&*fewer, list.clone()).unwrap();
        assert_eq!(owners(&one) != owners(&back), way.takes_history(), "history: {}", way.name());
        let mut heavy = list.clone();
        heavy[2].weight = 5;
        let heavy = scheme.build(heavy).unwrap();
        assert_eq!(owners(&one) != owners(&heavy), way.takes_weights(), "weights: {}", way.name());
        let md5 = Scheme { hash: KeyHash::Md5, ..scheme.clone() }.build(list.clone()).unwrap();
        assert_eq!(owners(&one) != owners(&md5), way.takes_hash(), "hash: {}", way.name());
        assert_eq!(Way::named(way.name()), Some(way));
    }
}

#[test]
fn jump_without_a_node_in_the_middle_moves_what_it_should_not() {
    let scheme = Scheme { strategy: Way::Jump, ..Scheme::default() };
    let list = members((0..10).map(|i| format!("n{i}")));
    let keys = numbered(10_000);
    let moved = |gone: usize| {
        let mut fewer = list.clone();
        fewer.remove(gone);
        let (before, after) = (scheme.build(list.clone()).unwrap(), scheme.build(fewer).unwrap());
        shares::moved_keys(&*before, &*after, bytes(&keys))
    };
    assert_eq!(moved(9).needless, 0);
    assert!((0.08..0.12).contains(&moved(9).share()));
    assert!(moved(3).share() > 0.5 && moved(3).needless > 5_000, "{:?}", moved(3));
}

#[test]
fn keys_that_grow_all_go_to_the_last_range() {
    let keys: Vec<String> = (0..1_000).map(|i| format!("order-{i:06}")).collect();
    let sample = Sample::new(bytes(&keys));
    let list = || members((0..4).map(|i| format!("n{i}")));
    let range = Range::new(list(), sample.clone());
    assert_eq!(shares::count(&range, bytes(&keys)), [250; 4], "the sample itself is cut evenly");
    let new: Vec<String> = (1_000..2_000).map(|i| format!("order-{i:06}")).collect();
    assert_eq!(shares::count(&range, bytes(&new)), [0, 0, 0, 1_000]);

    let weighted = vec![Member::new("a", 1), Member::new("b", 3)];
    assert_eq!(shares::count(&Range::new(weighted, sample.clone()), bytes(&keys)), [250, 750]);
    // The largest is halved, and the halves come back together.
    let names = |range: &Range| -> Vec<String> {
        range.parts().iter().map(|part| range.members()[part.member as usize].name.clone()).collect()
    };
    let mut list = list();
    list.push(Member::new("m", 1));
    let joined = range.changed(list.clone());
    assert_eq!(names(&joined), ["n0", "m", "n1", "n2", "n3"]);
    assert_eq!(shares::count(&joined, bytes(&keys)), [125, 250, 250, 250, 125]);
    list.remove(1); // n1: the left neighbour m has fewer keys than n2
    let left = joined.changed(list);
    assert_eq!(names(&left), ["n0", "m", "n2", "n3"]);
    assert_eq!(shares::count(&left, bytes(&keys)), [125, 250, 250, 375]);
    let all_new = left.changed(members(["x".into()]));
    assert_eq!(all_new, Range::new(members(["x".into()]), sample));
}

#[test]
fn ranges_without_a_sample_cut_the_first_bytes() {
    let range = Range::new(members(["a", "b", "c", "d"].map(String::from)), Sample::default());
    let from: Vec<&[u8]> = range.parts().iter().map(|part| &*part.from).collect();
    assert_eq!(from, [&[][..], &[0x40], &[0x80], &[0xC0]]);
    let halved = range.changed(members(["a", "b", "c", "d", "e"].map(String::from)));
    assert_eq!(&*halved.parts()[1].from, &[0x20]);
    let text = ["m", "t"].map(|key| Box::from(key.as_bytes()));
    let cut =
        |members, boundaries: &[Box<[u8]>]| Range::with_boundaries(members, boundaries.to_vec(), Sample::default());
    let three = || members(["z", "y", "x"].map(String::from));
    let range = cut(three(), &text).unwrap();
    let owners = ["", "lzz", "m", "s", "t", "ÿ"].map(|key| range.owner(key.as_bytes()));
    assert_eq!(owners, [Some(0), Some(0), Some(1), Some(1), Some(2), Some(2)], "in the order of the list");
    assert_eq!(cut(three(), &text[1..]), Err(RangeError::Count { boundaries: 1, members: 3 }));
    let turned = [text[1].clone(), text[0].clone()];
    assert_eq!(cut(three(), &turned), Err(RangeError::Order { boundary: 1 }));
}

#[test]
fn a_node_that_joins_wins_its_share_of_rendezvous() {
    let list = |n: usize| members((0..n).map(|i| format!("node-{i}")));
    let scheme = Scheme { strategy: Way::Rendezvous, ..Scheme::default() };
    let (before, after) = (scheme.build(list(200)).unwrap(), scheme.build(list(201)).unwrap());
    let owner_after = after.after(&*before);
    let mut moved = 0;
    for key in numbered(3_000) {
        let (old, new) =
            (before.owner(key.as_bytes()), owner_after(hashed(&*after, key.as_bytes()), before.owner(key.as_bytes())));
        assert_eq!(new, after.owner(key.as_bytes()));
        moved += usize::from(old != new);
    }
    assert!((1..40).contains(&moved), "about 15 of 3,000: {moved}");
}

#[test]
fn bad_lists_and_bad_parameters_are_refused() {
    let one = || vec![Member::new("a", 1)];
    for way in Way::ALL {
        let scheme = Scheme { strategy: way, ..Scheme::default() };
        let refused = |list: Vec<Member>| match scheme.build(list) {
            Err(SchemeError::Ring(error)) => format!("{error:?}"),
            other => panic!("{}: {:?}", way.name(), other.map(|_| ())),
        };
        assert_eq!(refused(vec![Member::new("", 1)]), "EmptyName");
        assert_eq!(refused(vec![Member::new("a", 0)]), "NoWeight { name: \"a\" }");
        assert_eq!(refused([one(), one()].concat()), "Duplicate { name: \"a\" }");
        let before = scheme.build(one()).unwrap();
        assert!(scheme.change(&*before, [one(), one()].concat()).is_err());
    }
    let error = |scheme: Scheme, list| scheme.build(list).map(|_| ()).unwrap_err();
    let heavy = error(Scheme { strategy: Way::Nginx, ..Scheme::default() }, vec![Member::new("a", u32::MAX)]);
    assert!(matches!(heavy, SchemeError::Ring(_)));
    let many = (0..=SLOTS).map(|i| format!("n{i}"));
    assert!(matches!(
        error(Scheme { strategy: Way::Slots, ..Scheme::default() }, members(many)),
        SchemeError::Slots(_)
    ));
    for strategy in [Way::BoundedRing, Way::BoundedRendezvous] {
        let scheme = Scheme { strategy, bound: Bound { percent: 99 }, ..Scheme::default() };
        assert_eq!(error(scheme, one()), SchemeError::Bound { percent: 99 });
    }
    let composite = Scheme { strategy: Way::Maglev, table: 100, ..Scheme::default() };
    assert!(matches!(error(composite, one()), SchemeError::Maglev(_)));
}
