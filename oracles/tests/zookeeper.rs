//! The simulated directory and its watches against a live ZooKeeper, step by step.
#![cfg(unix)]

use oracles::commands::Dice;
use oracles::zookeeper::real::Real;
use oracles::zookeeper::steps::{Simulated, Step, parse};
use oracles::zookeeper::wire::{NO_NODE, Request, Wire};
use oracles::zookeeper::{LONGEST, MISSING, TICK, ZooKeeper, program};
use oracles::{SEED, record, say, seed, soak, vectors};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// What comes up in the recorded trace, and most of it in any random one.
const EVERYTHING: [&str; 14] = [
    "NoNode",
    "NodeExists",
    "close",
    "create",
    "delete",
    "exists",
    "kill",
    "kill -9",
    "list",
    "reconnect",
    "sync",
    "told children",
    "told created",
    "told deleted",
];

/// Rows of the fixture.
const RECORDED: usize = 300;

/// One random trace on both; the rows, as the real server gave them. In the middle the server crashes.
fn compare(real: &mut Real, seed: u64, steps: usize, again: &str) -> Vec<Json> {
    real.reset();
    let (mut simulated, mut dice) = (Simulated::default(), Dice::new(seed));
    let mut rows = Vec::new();
    for at in 0..steps {
        let step = if at == steps / 2 { Step::Crash } else { simulated.random(&mut dice) };
        let (row, expected) = (real.apply(&step), simulated.apply(&step));
        rows.push(row.json(&step));
        assert_eq!(
            row,
            expected,
            "ZooKeeper and the simulated one, step {at} of seed {seed}: {step:?}\n{}\nagain: {again}",
            {
                let last: Vec<String> = rows.iter().rev().take(12).rev().map(Json::to_string).collect();
                last.join("\n")
            }
        );
    }
    rows
}

/// What the rows hold, and how often.
fn tally(rows: &[Json]) -> BTreeMap<String, usize> {
    let mut found: BTreeMap<String, usize> = BTreeMap::new();
    let mut count = |what: &str| *found.entry(what.to_owned()).or_default() += 1;
    for row in rows {
        let words = row[1].as_str().expect("words");
        count(if row[0].is_null() { words } else { words.split(' ').next().unwrap_or_default() });
        if let Some(fault @ ("NoNode" | "NodeExists")) = row[2].as_str() {
            count(fault);
        }
        for told in row[3].as_array().expect("a list").iter().flat_map(|told| told.as_array().expect("a list")) {
            count(&format!("told {}", told.as_str().expect("words").split(' ').next().unwrap_or_default()));
        }
    }
    found
}

/// What a real server once did, on the simulated directory; with or without a server here.
#[test]
fn a_recorded_trace_has_the_same_answers() {
    let file = vectors("zookeeper_trace.json");
    let rows = file["trace"].as_array().expect("a list");
    let mut simulated = Simulated::default();
    for (at, recorded) in rows.iter().enumerate() {
        let step = parse(recorded).expect("inside the subset");
        assert_eq!(simulated.apply(&step).json(&step), *recorded, "row {at}: {step:?}");
    }
    let found = tally(rows);
    assert!(EVERYTHING.iter().all(|wanted| found.contains_key(*wanted)), "{found:?}");
    say(&format!("   0 differences in the {} steps recorded from ZooKeeper 3.8.0", rows.len()));
}

#[test]
fn random_steps_have_the_same_answers() {
    let Some(program) = program() else {
        return say(&format!("   {MISSING}: only what was recorded from 3.8.0 is compared"));
    };
    let (long, before) = soak();
    let (seed, (seeds, steps)) = (seed(), if long { (20, 2_000) } else { (4, 500) });
    let again = format!("{before}{SEED}={seed} cargo test -p oracles --test zookeeper");
    say(&format!("   {seeds} x {steps} random steps against ZooKeeper {}: {again}", program.version));
    let began = Instant::now();
    let mut real = Real::start(&program);
    let mut all = Vec::new();
    for run in 0..seeds {
        all.extend(compare(&mut real, seed.wrapping_add(run), steps, &again));
    }
    let found = tally(&all);
    // A run without them would have tested little.
    assert!(
        EVERYTHING.iter().filter(|wanted| found.contains_key(**wanted)).count() >= EVERYTHING.len() - 1,
        "{found:?}"
    );
    let (least, most) = Real::expiry_bounds();
    for (at_most, at_least) in &real.expiries {
        assert!(*at_most >= least, "a session of {least:?} was over after {at_most:?}");
        // What a busy machine adds is no part of the promise.
        assert!(*at_least <= most + Duration::from_secs(2), "a session of {least:?} was there for {at_least:?}");
    }
    let in_time = real.expiries.iter().filter(|(_, at_least)| *at_least <= most).count();
    assert!(in_time * 2 >= real.expiries.len(), "{:?}: is this machine that busy?", real.expiries);
    if let Some(file) = std::env::var_os("FAULTLINE_RECORD") {
        let note = format!(
            "Debian's ZooKeeper {}, alone, seed {seed}; a row is client, call, answer; then what each client's watches told \
             it, and the children in the order of their czxid, each with its owner (client.session)",
            program.version
        );
        record(file.as_ref(), &note, &all[..RECORDED.min(all.len())]);
    }
    say(&format!(
        "   0 differences in {} steps, {:.1} s: {found:?}; {in_time} of {} sessions expired within two ticks",
        all.len(),
        began.elapsed().as_secs_f32(),
        real.expiries.len()
    ));
}

/// A session is a length and no deadline: a server that comes up counts it from the beginning.
#[test]
fn a_restart_gives_every_session_its_full_time_again() {
    const TIMEOUT: Duration = Duration::from_millis(1_500);
    let Some(program) = program() else { return };
    let mut server = ZooKeeper::start(&program);
    let open = |port, timeout| Wire::connect(port, None, timeout).expect("it answers").expect("a new session");
    let mut holder = open(server.port(), TIMEOUT);
    let mut looks = open(server.port(), LONGEST);
    let node = Request::Create { path: "/held", data: b"", ephemeral: true, sequential: false };
    holder.call(node).expect("it answers").expect("a new node");
    let last = Instant::now();
    // Its connection breaks, and it says nothing more.
    drop(holder);
    std::thread::sleep(TIMEOUT * 2 / 3);
    server.server().kill();
    let down = Instant::now();
    server.server().restart().unwrap_or_else(|why| panic!("ZooKeeper does not start again: {why}"));
    let up = Instant::now();
    let back = Wire::connect(server.port(), Some(&looks.identity), LONGEST).expect("it answers");
    looks = back.expect("the session is not over");
    loop {
        match looks.call(Request::Exists { path: "/held", watch: false }).expect("it answers") {
            Ok(_) => assert!(up.elapsed() < Duration::from_secs(20), "a session of {TIMEOUT:?} does not expire"),
            Err(code) => break assert_eq!(code, NO_NODE),
        }
        std::thread::sleep(Duration::from_millis(4));
    }
    assert!(down.elapsed() >= TIMEOUT, "over {:?} after the restart began", down.elapsed());
    assert!(up.elapsed() <= TIMEOUT + 2 * TICK + Duration::from_secs(2), "there {:?} after the restart", up.elapsed());
    say(&format!(
        "   a session of {:.1} s, {:.1} s old when ZooKeeper was killed, was over {:.1} s after its last word",
        TIMEOUT.as_secs_f32(),
        (down - last).as_secs_f32(),
        last.elapsed().as_secs_f32()
    ));
}
