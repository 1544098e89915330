//! Our nginx placement against a live nginx, key by key.
#![cfg(unix)]

use faultline::core::placement::nginx;
use faultline::core::placement::{Member, Placement};
use oracles::commands::Dice;
use oracles::nginx::{MISSING, Nginx, Upstream, program};
use oracles::{say, vectors};
use std::time::{SystemTime, UNIX_EPOCH};

const SEED: &str = "FAULTLINE_ORACLE_SEED";

/// Backends on ports and on sockets: the two kinds of names that nginx cuts differently before it hashes them.
const TCP: usize = 4;
const SOCKETS: usize = 2;

fn seed() -> u64 {
    match std::env::var(SEED) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{SEED} wants a number, not “{text}”")),
        Err(_) => SystemTime::now().duration_since(UNIX_EPOCH).expect("it is later than 1970").as_nanos() as u64,
    }
}

/// What was recorded from a real server runs where there is none.
fn replay_the_recording() {
    let file = vectors("nginx_lb.json");
    let mut keys = 0;
    for (case, weights) in [("ch", [1, 1, 1]), ("chw", [3, 2, 1])] {
        let peers = weights.iter().zip(18081..).map(|(weight, port)| Member::new(format!("127.0.0.1:{port}"), *weight));
        let placed = nginx::circle(peers.collect());
        let rows = file["consistent"][case]["placements"].as_object().expect("keys and letters");
        for (key, letter) in rows {
            let owner = placed.owner(key.as_bytes()).map(|owner| ["a", "b", "c"][owner]);
            assert_eq!(owner, letter.as_str(), "{case}: {key}");
            keys += 1;
        }
    }
    assert!(keys >= 600);
    say(&format!("   {MISSING}: the owners of {keys} keys recorded from 1.22.1 were compared instead, 0 differences"));
}

/// Any bytes that may stand in an address: nginx hashes what was sent, percent signs and all.
fn key(dice: &mut Dice) -> Vec<u8> {
    let length = 1 + dice.below(24);
    let byte = |dice: &mut Dice| loop {
        let byte = 0x21 + dice.below(0xff - 0x21 + 1) as u8;
        if !b"&#\x7f".contains(&byte) {
            return byte;
        }
    };
    (0..length).map(|_| byte(dice)).collect()
}

/// An empty key is none: nginx then takes the servers in turn, which no placement does.
#[test]
fn without_a_key_servers_take_turns() {
    let Some(program) = program() else { return say(&format!("   {MISSING}")) };
    let mut nginx = Nginx::start(&program, 3, 0, &[vec![(0, 1), (1, 1), (2, 1)]]);
    let owners: Vec<usize> = (0..6).map(|_| nginx.owner(0, b"")).collect();
    assert_eq!(owners, [0, 1, 2, 0, 1, 2]);
}

/// Some of the backends, in any order, with weights.
fn upstream(dice: &mut Dice) -> Upstream {
    let mut left: Vec<usize> = (0..TCP + SOCKETS).collect();
    let count = 2 + dice.below(left.len() as u64 - 1);
    (0..count).map(|_| (left.remove(dice.below(left.len() as u64) as usize), 1 + dice.below(9) as u32)).collect()
}

#[test]
fn random_keys_go_to_the_same_servers() {
    let Some(program) = program() else { return replay_the_recording() };
    let soak = std::env::var_os("FAULTLINE_SOAK").is_some();
    let (seed, each) = (seed(), if soak { 20_000 } else { 1_000 });
    let again =
        format!("{}{SEED}={seed} cargo test -p oracles --test nginx", if soak { "FAULTLINE_SOAK=1 " } else { "" });
    let mut dice = Dice::new(seed);
    let mut upstreams = vec![vec![(0, 1), (1, 1), (2, 1)], vec![(0, 3), (1, 2), (2, 1)]];
    upstreams.extend((0..8).map(|_| upstream(&mut dice)));
    let keys = each * upstreams.len();
    say(&format!("   {keys} random keys to {} upstreams of nginx {}: {again}", upstreams.len(), program.version));
    let mut nginx = Nginx::start(&program, TCP, SOCKETS, &upstreams);
    for (n, upstream) in upstreams.iter().enumerate() {
        let member = |(backend, weight): &(usize, u32)| Member::new(nginx.backends[*backend].clone(), *weight);
        let placed = nginx::circle(upstream.iter().map(member).collect());
        let mut used = vec![false; upstream.len()];
        for _ in 0..each {
            let key = key(&mut dice);
            let owner = placed.owner(&key).expect("there are members");
            used[owner] = true;
            let shown = String::from_utf8_lossy(&key);
            assert_eq!(nginx.owner(n, &key), upstream[owner].0, "upstream {upstream:?}, key {shown:?}\n{again}");
        }
        // With weights of 1 to 9 the least share is 1 of 46, though arcs vary.
        assert!(used.iter().all(|used| *used), "upstream {upstream:?}: a server had no key at all\n{again}");
    }
}
