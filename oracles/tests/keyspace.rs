//! The simulated keyspace against a live redis-server, command by command.
#![cfg(unix)]

use faultline::core::lock::keyspace::{Keyspace, Millis, Plain, parse};
use oracles::commands::{Dice, KEYS, random};
use oracles::redis::{Clocked, MISSING, Redis, program};
use oracles::{say, vectors};
use serde_json::{Value as Json, json};
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const SEED: &str = "FAULTLINE_ORACLE_SEED";

/// The machine's clock in absolute milliseconds: the one that a server beside us reads too.
fn wall() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is later than 1970");
    since.as_millis().try_into().expect("not that late")
}

/// Random commands a run; `cargo xtask soak` sets FAULTLINE_SOAK.
fn commands() -> u64 {
    if std::env::var_os("FAULTLINE_SOAK").is_some() { 400_000 } else { 20_000 }
}

/// From the environment, or another one each time.
fn seed() -> u64 {
    match std::env::var(SEED) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{SEED} wants a number, not “{text}”")),
        Err(_) => SystemTime::now().duration_since(UNIX_EPOCH).expect("it is later than 1970").as_nanos() as u64,
    }
}

fn to_json(reply: &Plain) -> Json {
    match reply {
        Plain::Nil => Json::Null,
        Plain::Int(n) => (*n).into(),
        Plain::Text(text) => text.as_str().into(),
    }
}

/// What was recorded from a real server runs where there is none.
fn replay_the_recording() {
    let file = vectors("redis_trace.json");
    let rows = file["trace"].as_array().expect("a list");
    let mut keys = Keyspace::default();
    for (n, row) in rows.iter().enumerate() {
        let words: Vec<&str> = row[1].as_array().expect("words").iter().filter_map(Json::as_str).collect();
        let now = row[0].as_i64().expect("a time");
        let reply = keys.execute(&parse(&words).expect("inside the subset"), &mut Millis { now });
        assert_eq!(to_json(&Plain::from(&reply)), row[2], "row {n}: {}", words.join(" "));
    }
    say(&format!("   {MISSING}: the {} commands recorded from 7.0.15 ran instead, 0 differences", rows.len()));
}

/// Slaved to the server's clock: each reply belongs to one millisecond of it, and the simulated server is stepped with
/// that millisecond. Replies must be equal, times to live included, with no tolerance.
#[test]
fn random_commands_have_the_same_replies() {
    let Some(program) = program() else { return replay_the_recording() };
    let (seed, commands) = (seed(), commands());
    let soak = if std::env::var_os("FAULTLINE_SOAK").is_some() { "FAULTLINE_SOAK=1 " } else { "" };
    let again = format!("{soak}{SEED}={seed} cargo test -p oracles --test keyspace");
    say(&format!("   {commands} random commands against redis-server: {again}"));
    let mut redis = Redis::start(&program, &[]);
    let (mut dice, mut keys, mut trace) = (Dice::new(seed), Keyspace::default(), Vec::new());
    let (mut at_deadline, mut expired, mut across, mut now) = (0, 0, 0_u64, wall());
    for n in 0..commands {
        if dice.below(5) == 0 {
            std::thread::sleep(Duration::from_micros(500 + dice.below(2_500)));
        }
        let words = random(&mut dice, now);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let command = parse(&words).unwrap_or_else(|| panic!("outside the subset: {}", words.join(" ")));
        let Clocked::At(at, real) = redis.clocked(&words) else {
            // Both begin afresh; the trace too.
            KEYS.iter().for_each(|key| drop(redis.raw(&["DEL", key])));
            (keys, across) = (Keyspace::default(), across + 1);
            trace.clear();
            continue;
        };
        now = at;
        let deadlines = |keys: &Keyspace<i64>| KEYS.map(|key| keys.get(key).and_then(|entry| entry.deadline));
        let before = deadlines(&keys);
        expired += before.iter().flatten().filter(|deadline| now > **deadline).count();
        at_deadline += KEYS.iter().zip(before).filter(|(key, at)| words.contains(key) && *at == Some(now)).count();
        let simulated = Plain::from(&keys.execute(&command, &mut Millis { now }));
        trace.push(json!([now, words, to_json(&real)]));
        if simulated != real {
            let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("redis-{seed}.json"));
            let note = format!("redis-server's replies to seed {seed}, its own clock in milliseconds in every row");
            std::fs::write(&file, json!({ "note": note, "trace": trace }).to_string()).expect("cargo's folder");
            panic!(
                "command {n}, {}: redis-server replied {real:?}, the simulated one {simulated:?}\n\
                 the same run, its clock included: cargo run --release --bin faultline -- redis-replay {}\n\
                 the same commands at other times: {again}",
                words.join(" "),
                file.display(),
            );
        }
    }
    // A run without them would have tested little.
    assert!(at_deadline > 20 && expired > 200, "{at_deadline} at a deadline, {expired} expiries");
    assert!(across < commands / 20, "{across} commands of {commands} ran while a millisecond ended");
    say(&format!(
        "   0 differences in {} commands; {at_deadline} observations exactly at a deadline, {expired} expiries; \
         {across} commands ran while a millisecond ended and do not count",
        commands - across
    ));
}

/// The same without a wrapper. Nobody says then when the server ran a command, only that it was between our sending and
/// its reply; so times to live have bounds, and everything else is equal. They are long: no key expires on the way.
#[test]
fn raw_commands_have_the_same_replies_within_the_time_they_took() {
    let Some(program) = program() else { return };
    let mut redis = Redis::start(&program, &[]);
    let seed = seed();
    let mut dice = Dice::new(seed);
    // The clock before the command was sent, and after the reply: the server's lies between, and so do its deadlines.
    let (mut early, mut late) = (Keyspace::default(), Keyspace::default());
    let (mut seen, mut close) = (0, 0);
    for n in 0..3_000 {
        let key = dice.pick(&KEYS);
        let value = dice.pick(&["t1", "t2", "7", "abc"]);
        let ttl = (60_000 + dice.below(60_000)).to_string();
        let words: &[&str] = match dice.below(14) {
            0 | 1 => &["SET", key, value, "NX", "PX", &ttl],
            2 => &["SET", key, value, "XX", "GET", "KEEPTTL"],
            3 => &["SET", key, value, "PX", &ttl],
            4 => &["GET", key],
            5 => &["DEL", key],
            6 => &["PEXPIRE", key, &ttl],
            7 => &["PEXPIRE", key, &ttl, "NX"],
            8 => &["EVALCAD", key, value],
            9 => &["EVALCAE", key, value, &ttl],
            10 => &["PERSIST", key],
            11 => &["EVALSETINCR", key, value, &ttl, "fence"],
            _ => &["PTTL", key],
        };
        let before = wall();
        let real = redis.raw(words);
        let after = wall();
        let command = parse(words).expect("inside the subset");
        let first = Plain::from(&early.execute(&command, &mut Millis { now: before }));
        let last = Plain::from(&late.execute(&command, &mut Millis { now: after }));
        let words = words.join(" ");
        match (&real, words.starts_with("PTTL")) {
            (Plain::Int(left), true) if *left >= 0 => {
                let deadline =
                    |keys: &Keyspace<i64>| keys.get(key).and_then(|entry| entry.deadline).expect("it has one");
                let (least, most) = (deadline(&early) - after, deadline(&late) - before);
                assert!(
                    (least..=most).contains(left),
                    "command {n} of seed {seed}, {words}: {left} not in {least}..={most}"
                );
                seen += 1;
                close += usize::from(*left >= most - 3);
            }
            _ => {
                assert_eq!(real, first, "command {n} of seed {seed}, {words}");
                assert_eq!(real, last, "command {n} of seed {seed}, {words}");
            }
        }
    }
    say(&format!(
        "   unwrapped: {seen} times to live within their bounds, {close} of them at most 3 ms below the simulated"
    ));
    assert!(seen > 100 && close * 2 > seen, "{close} of {seen} within 3 ms: is this machine that busy?");
}
