//! Every strategy equals its published vectors.

use super::*;
use faultline::core::placement::bounded::Bound;
use faultline::core::placement::circle::{Circle, Spot};
use faultline::core::placement::ketama;
use faultline::core::placement::maglev::{self, Maglev, MaglevError, Preference};
use faultline::core::placement::nginx;
use faultline::core::placement::rendezvous::{Rendezvous, score};
use faultline::core::placement::scheme::{Scheme, Strategy};
use faultline::core::placement::{Hashed, KeyHash, hash, jump, sha1, shares};

/// The names of the nodes of `copies` copies.
fn nodes<'p>(placement: &'p dyn Placement, key: &str, copies: usize) -> Vec<&'p str> {
    let mut out = Vec::new();
    placement.replicas(key.as_bytes(), copies, &mut out);
    out.into_iter().map(|node| placement.members()[node].name.as_str()).collect()
}

/// Names, or names with weights.
fn listed(value: &Value) -> Vec<Member> {
    match value {
        Value::Object(nodes) => nodes.iter().map(|(name, w)| Member::new(name, natural(w) as u32)).collect(),
        nodes => nodes.as_array().unwrap().iter().map(|name| Member::new(text(name), 1)).collect(),
    }
}

/// Every key of the table has the owner there; how many there are.
fn placed(placement: &dyn Placement, table: &Value) -> usize {
    let table = table.as_object().unwrap();
    for (key, owner) in table {
        assert_eq!(nodes(placement, key, 1), [text(owner)], "{key}");
    }
    table.len()
}

fn ordered(placement: &dyn Placement, table: &Value) {
    let table = table.as_object().unwrap();
    assert!(!table.is_empty());
    for (key, expected) in table {
        let expected: Vec<&str> = expected.as_array().unwrap().iter().map(text).collect();
        assert_eq!(nodes(placement, key, expected.len()), expected, "{key}");
    }
}

#[test]
fn ketama_is_that_of_three_programs() {
    let file = vectors!("ketama");
    let mut count = 0;
    for (name, set) in file["sets"].as_object().unwrap() {
        let ketama = ketama::circle(listed(&set["nodes"]));
        let spots = ketama.spots();
        assert_eq!(spots.len(), natural(&set["size"]), "{name}");
        for (node, member) in ketama.members().iter().enumerate() {
            let points = spots.iter().filter(|spot| spot.member as usize == node).count();
            assert_eq!(points, natural(&set["points_per_node"][&member.name]), "{}", member.name);
        }
        let same = |spot: &Spot, expected: &Value| {
            assert_eq!(spot.at >> 32, natural(&expected[0]) as u64);
            assert_eq!(ketama.members()[spot.member as usize].name, text(&expected[1]));
        };
        for (spot, expected) in spots.iter().zip(set["first_points"].as_array().unwrap()) {
            same(spot, expected);
        }
        same(spots.last().unwrap(), &set["last_point"]);
        count += placed(&ketama, &set["placements"]);
        ordered(&ketama, &set["range3"]);
    }
    assert_eq!(count, 3 * 205);
}

#[test]
fn floating_point_loses_points_at_nineteen_sizes() {
    let bug = &vectors!("ketama")["npm_float_floor_bug"];
    let sizes: Vec<[usize; 3]> =
        bug["sizes"].as_array().unwrap().iter().map(|row| [0, 1, 2].map(|column| natural(&row[column]))).collect();
    assert_eq!(sizes.len(), 19);
    let mut found = Vec::new();
    for n in 1..=300_u64 {
        let (float, integer) = (ketama::digests_in_floats(1, n, n), ketama::digests(1, n, n));
        assert_eq!(integer, 40);
        if float != integer {
            found.push([n, 4 * n * float, 4 * n * integer].map(|number| number as usize));
        }
    }
    assert_eq!(found, sizes);

    let members = listed(&bug["n7"]["nodes"]);
    let (float, integer) = (ketama::circle_in_floats(members.clone()), ketama::circle(members));
    assert_eq!((float.spots().len(), integer.spots().len()), (1_092, 1_120));
    let keys = numbered(natural(&bug["n7"]["of"]));
    let differ = keys.iter().filter(|key| float.owner(key.as_bytes()) != integer.owner(key.as_bytes())).count();
    assert_eq!(differ, natural(&bug["n7"]["differing"]));
    for (key, rows) in bug["n7"]["examples"].as_object().unwrap() {
        assert_eq!(nodes(&float, key, 1), [text(&rows[0])], "npm hashring");
        assert_eq!(nodes(&integer, key, 1), [text(&rows[1])], "uhashring");
    }
}

#[test]
fn nginx_as_a_live_one_answered() {
    let file = vectors!("nginx_lb");
    let letters = ["a", "b", "c"];
    for (case, weights) in [("ch", [1, 1, 1]), ("chw", [3, 2, 1])] {
        let case = &file["consistent"][case];
        let peers =
            weights.iter().zip(18_081..).map(|(&weight, port)| Member::new(format!("127.0.0.1:{port}"), weight));
        let nginx = nginx::circle(peers.collect());
        assert_eq!(nginx.spots().len(), natural(&case["points"]));
        let placements = case["placements"].as_object().unwrap();
        assert_eq!(placements.len(), 300);
        for (key, letter) in placements {
            assert_eq!(letters[nginx.owner(key.as_bytes()).unwrap()], text(letter), "{key}");
        }
    }
}

#[test]
fn rendezvous_wins_by_the_highest_score() {
    let file = vectors!("hrw");
    let rendezvous = Rendezvous::new(listed(&file["nodes"]), KeyHash::Sha1);
    assert_eq!(placed(&rendezvous, &file["placements"]), 105);
    ordered(&rendezvous, &file["top3"]);

    let weighted = &file["weighted_log"];
    let list = weighted["nodes"].as_array().unwrap();
    let list = list.iter().map(|node| Member::new(text(&node[0]), natural(&node[1]) as u32)).collect();
    let rendezvous = Rendezvous::new(list, KeyHash::Sha1);
    assert_eq!(placed(&rendezvous, &weighted["placements"]), 105);
    let counts = shares::count(&rendezvous, bytes(&numbered(70_000)));
    for (member, count) in rendezvous.members().iter().zip(counts) {
        assert_eq!(count, natural(&weighted["load_70000_keys"][&member.name]), "{}", member.name);
    }
}

#[test]
fn equal_weights_of_any_size_are_no_weights() {
    let of = |weight: u32| {
        let list = (0..9).map(|i| Member::new(format!("n{i}"), weight)).collect();
        Rendezvous::new(list, KeyHash::Sha1)
    };
    let (one, seven) = (of(1), of(7));
    // The order by hash alone is that by score, which counts as soon as a weight differs.
    for key in numbered(2_000) {
        let hashes = (0..9).map(|node| one.hash_with(node, key.as_bytes()));
        let by_score = hashes.enumerate().max_by(|a, b| score(a.1, 7).total_cmp(&score(b.1, 7)));
        assert_eq!(one.owner(key.as_bytes()), by_score.map(|(node, _)| node));
        assert_eq!(one.owner(key.as_bytes()), seven.owner(key.as_bytes()));
    }
}

#[test]
fn hashes_of_other_programs_place_as_they_do() {
    // clandestined: murmur3 of NODE-KEY, the highest wins.
    let file = vectors!("hrw");
    let names: Vec<&str> = file["nodes"].as_array().unwrap().iter().map(text).collect();
    let placements = file["clandestined"]["placements"].as_object().unwrap();
    assert_eq!(placements.len(), 104);
    for (key, owner) in placements {
        let score = |name: &&&str| KeyHash::Murmur3(0).position(format!("{name}-{key}").as_bytes());
        assert_eq!(names.iter().max_by_key(score), Some(&text(owner)), "{key}");
    }
    // node-hashring: the last point at or before; it hashes the low byte of each UTF-16 unit.
    let points = |names: &[Member], hash: KeyHash, labels: u32, mark: char| {
        let label = |member: usize, i: u32| format!("{}{mark}{i}", names[member].name);
        let spots = (0..names.len() * labels as usize).map(|point| {
            let (member, i) = (point / labels as usize, point as u32 % labels);
            Spot { at: hash.position(label(member, i).as_bytes()), member: member as u32 }
        });
        Circle::new(names.to_vec(), hash, spots.collect())
    };
    let file = vectors!("node_hashring_predecessor");
    let (names, hash) = (listed(&file["nodes"]), KeyHash::Murmur3(0xFFF));
    let circle = points(&names, hash, 80, '.');
    let placements = file["placements"].as_object().unwrap();
    assert_eq!(placements.len(), 205);
    for (key, owner) in placements {
        let units: Vec<u8> = key.encode_utf16().map(|unit| unit as u8).collect();
        let after = circle.spots().partition_point(|spot| spot.at <= hash.position(&units));
        let before = circle.spots()[..after].last().or(circle.spots().last()).unwrap();
        assert_eq!(names[before.member as usize].name, text(owner), "{key}");
    }
    // uhashring: the first point after; whole digests there, their first 8 bytes here.
    let file = vectors!("uhashring");
    for (case, hash, labels) in [("default_md5", KeyHash::Md5, 160), ("sha1_v100", KeyHash::Sha1, 100)] {
        let case = &file[case];
        let names = listed(&case["nodes"]);
        let circle = points(&names, hash, labels, '-');
        assert_eq!(circle.spots().len(), natural(&case["size"]));
        for (key, owner) in case["placements"].as_object().unwrap() {
            let after = circle.spots().partition_point(|spot| spot.at <= hash.position(key.as_bytes()));
            let spot = circle.spots().get(after).unwrap_or(&circle.spots()[0]);
            assert_eq!(names[spot.member as usize].name, text(owner), "{key}");
        }
        // The nodes of three copies, where the file has them.
        for (key, expected) in case["range3"].as_object().into_iter().flatten() {
            let mut met = Vec::new();
            circle.visit(at(hash.position(key.as_bytes()).wrapping_add(1)), &mut |member| {
                met.push(names[member].name.as_str());
                met.len() == 3
            });
            let expected: Vec<&str> = expected.as_array().unwrap().iter().map(text).collect();
            assert_eq!(met, expected, "{key}");
        }
    }
}

/// A key at this position.
fn at(position: u64) -> Hashed<'static> {
    Hashed { key: b"", at: position }
}

/// The published test of groupcache's consistenthash: the hash of a number is the number, labels are `iNODE`.
#[test]
fn the_circle_is_that_of_groupcache() {
    let circle = |names: &[&str]| {
        let members: Vec<Member> = names.iter().map(|name| Member::new(*name, 1)).collect();
        let spot = |(member, name): (usize, &&str)| {
            let name = name.to_string();
            (0..3).map(move |i| Spot { at: format!("{i}{name}").parse().unwrap(), member: member as u32 })
        };
        Circle::new(members, KeyHash::Sha1, names.iter().enumerate().flat_map(spot).collect())
    };
    let owners =
        |names: &[&str]| [2, 11, 23, 27].map(|key| names[circle(names).owner_of(at(key)).unwrap()].to_string());
    let points: Vec<u64> = circle(&["6", "4", "2"]).spots().iter().map(|spot| spot.at).collect();
    assert_eq!(points, [2, 4, 6, 12, 14, 16, 22, 24, 26]);
    assert_eq!(owners(&["6", "4", "2"]), ["2", "2", "4", "2"]);
    assert_eq!(owners(&["6", "4", "2", "8"]), ["2", "2", "4", "8"]);
}

#[test]
fn of_points_at_one_place_the_smaller_name_is_first() {
    for (names, first) in [(["a", "b"], 0), (["b", "a"], 1)] {
        let spots = [(9, 0), (9, 1), (5, 1), (5, 0)].map(|(at, member)| Spot { at, member });
        let circle = Circle::new(members(names.map(String::from)), KeyHash::Sha1, spots.to_vec());
        assert_eq!([0, 5, 6, 9, 10].map(|position| circle.owner_of(at(position))), [Some(first); 5]);
        let one = circle.without_doubles();
        assert_eq!(one.spots(), [5, 9].map(|at| Spot { at, member: first as u32 }));
        let mut met = Vec::new();
        one.visit(at(9), &mut |member| {
            met.push(member);
            false
        });
        assert_eq!(met, [first], "who has no point is not met");
    }
}

#[test]
fn jump_is_that_of_the_paper() {
    let file = vectors!("jump");
    let mut rows = 0;
    for (key, row) in file["published_go_jump"].as_object().unwrap() {
        for (buckets, expected) in (1..).zip(row.as_array().unwrap()) {
            assert_eq!(jump::bucket(key.parse().unwrap(), buckets) as usize, natural(expected), "{key} of {buckets}");
            rows += 1;
        }
    }
    assert_eq!(rows, 20 + 3 * 19);
    for case in file["vectors"].as_array().unwrap() {
        let key = text(&case["key"]).parse().unwrap();
        for (buckets, expected) in case["buckets"].as_object().unwrap() {
            assert_eq!(jump::bucket(key, buckets.parse().unwrap()) as usize, natural(expected), "{key} of {buckets}");
        }
    }
    assert_eq!(jump::bucket(7, 0), 0);
}

/// Nodes are indices in the list, and the key's hash is the first 8 bytes of SHA-1.
#[test]
fn modulo_and_jump_take_the_same_number() {
    let list = || members((0..7).map(|i| format!("n{i}")));
    let build = |strategy| Scheme { strategy, ..Scheme::default() }.build(list()).unwrap();
    let (modulo, jumping) = (build(Strategy::Modulo), build(Strategy::Jump));
    for key in numbered(500) {
        let digest = sha1(key.as_bytes());
        let number = u64::from_be_bytes(digest[..8].try_into().unwrap());
        assert_eq!(modulo.owner(key.as_bytes()), Some((number % 7) as usize));
        assert_eq!(jumping.owner(key.as_bytes()), Some(jump::bucket(number, 7) as usize));
    }
}

#[test]
fn maglev_fills_the_tables_of_the_paper_and_of_envoy() {
    let file = vectors!("maglev");
    let table = |value: &Value| value.as_array().unwrap().iter().map(|slot| natural(slot) as u32).collect::<Vec<_>>();
    let paper = [(3, 4), (0, 2), (3, 1)].map(|(offset, skip)| Preference { offset, skip, weight: 1 });
    assert_eq!(maglev::fill(&paper, 7), table(&file["paper_table_1"]["before"]));
    let without = maglev::fill(&[paper[0], paper[2]], 7);
    let names: Vec<u32> = without.iter().map(|&turn| [0, 2][turn as usize]).collect();
    assert_eq!(names, table(&file["paper_table_1"]["after_removing_B1"]));

    let of = |names: &[String], size| Maglev::new(members(names.iter().cloned()), KeyHash::Xx64(0), size).unwrap();
    let envoy = &file["envoy_published_M7"];
    let addresses: Vec<String> = (90..96).map(|port| format!("127.0.0.1:{port}")).collect();
    assert_eq!(of(&addresses, 7).table(), table(&envoy["address"]));
    let hosts: Vec<String> = (90..96).map(|port| port.to_string()).collect();
    assert_eq!(of(&hosts, 7).table(), table(&envoy["hostname_90_95"]));

    // Envoy's test of weights: `Weighted` in maglev_lb_test.cc, 17 slots, weights 1 and 2.
    let weighted = vec![Member::new("127.0.0.1:90", 1), Member::new("127.0.0.1:91", 2)];
    let weighted = Maglev::new(weighted, KeyHash::Xx64(0), 17).unwrap();
    assert_eq!(weighted.table(), [1, 0, 0, 1, 0, 1, 1, 0, 1, 1, 1, 1, 1, 0, 1, 0, 1]);

    // Of two that want the same slots the table shows whose turn it was: the lighter sits out every other one.
    let alike = [1, 2].map(|weight| Preference { offset: 0, skip: 1, weight });
    assert_eq!(maglev::fill(&alike, 11), [0, 1, 0, 1, 1, 0, 1, 1, 0, 1, 1]);

    for case in file["generated"].as_array().unwrap() {
        let (n, size) = (natural(&case["n"]), natural(&case["M"]) as u32);
        let names: Vec<String> = (0..n).map(|i| format!("backend-{i}")).collect();
        let (all, fewer) = (of(&names, size), of(&names[..n - 1], size));
        let named: Vec<&str> = all.table().iter().map(|&node| names[node as usize].as_str()).collect();
        assert_eq!(hex(&sha1(named.join(",").as_bytes())), text(&case["sha1_of_table_joined_by_comma"]));
        if let Some(slots) = case["table"].as_array() {
            assert_eq!(named, slots.iter().map(text).collect::<Vec<_>>());
        }
        let counts: Vec<usize> = (0..n as u32).map(|i| all.table().iter().filter(|&&node| node == i).count()).collect();
        assert_eq!(counts.iter().min(), Some(&natural(&case["min_entries"])));
        assert_eq!(counts.iter().max(), Some(&natural(&case["max_entries"])));
        // `MAGLEV-DISRUPTION`: what else moves when the last leaves.
        let changed = all.table().iter().zip(fewer.table()).filter(|(a, b)| a != b).count();
        let removed = &case["remove_last"];
        assert_eq!(changed, natural(&removed["changed"]), "{n} in {size}");
        assert_eq!(changed - counts[n - 1], natural(&removed["collateral"]));
    }
}

#[test]
fn maglev_refuses_tables_that_are_none() {
    let of = |n: usize, size| Maglev::new(members((0..n).map(|i| i.to_string())), KeyHash::Sha1, size).map(|_| ());
    for size in [0, 1, 4, 9, 65_536, 65_537 * 3] {
        assert_eq!(of(1, size), Err(MaglevError::NotPrime { size }));
    }
    assert_eq!(of(4, 3), Err(MaglevError::TooSmall { size: 3, members: 4 }));
    assert_eq!(of(1, 5_000_077), Err(MaglevError::TooLarge { size: 5_000_077 }));
    assert_eq!((of(0, 7), of(2, 2), of(3, maglev::TABLE)), (Ok(()), Ok(()), Ok(())));
}

#[test]
fn slots_are_those_of_redis() {
    let scheme = Scheme { strategy: Strategy::Slots, ..Scheme::default() };
    let slots = scheme.build(members(["a", "b", "c"].map(String::from))).unwrap();
    // `redis-cli --cluster create` deals 0-5460, 5461-10922, 10923-16383; the slots of these keys are in the
    // specification and in the documentation of CLUSTER KEYSLOT.
    for (key, slot) in [("somekey", 11_058), ("foo{hash_tag}", 2_515), ("bar{hash_tag}", 2_515), ("123456789", 12_739)]
    {
        assert_eq!(usize::from(hash::crc16(hash::hash_tag(key.as_bytes()))) % 16_384, slot, "{key}");
        let owner = if slot < 5_461 {
            "a"
        } else if slot < 10_923 {
            "b"
        } else {
            "c"
        };
        assert_eq!(nodes(&*slots, key, 1), [owner]);
    }
}

/// HAProxy `hash-balance-factor 125`, 12 requests in flight for one key: a node's capacity counts the arriving one.
#[test]
fn the_capacity_is_that_of_haproxy() {
    let file = vectors!("haproxy_lb");
    let mut loads = [0_u64; 3];
    for request in 1..=12 {
        let capacity = Bound::USUAL.capacity(1, 3, request);
        *loads.iter_mut().find(|load| **load < capacity).expect("there is room") += 1;
    }
    let seen = file["same_key_12_concurrent_hash_balance_factor_125"].as_array().unwrap();
    assert_eq!(loads.map(|load| load as usize).to_vec(), seen.iter().map(natural).collect::<Vec<_>>());
    assert_eq!(Bound::USUAL.capacities(&[Member::new("a", 3), Member::new("b", 1)], 100), [94, 32]);
    assert_eq!(Bound { percent: 100 }.capacity(u32::MAX, u64::from(u32::MAX), u64::MAX), u64::MAX);
}
