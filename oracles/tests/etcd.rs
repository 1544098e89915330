//! The simulated keys and leases against a live etcd, step by step.
#![cfg(unix)]

use oracles::commands::Dice;
use oracles::etcd::real::{Real, SHORT};
use oracles::etcd::steps::{Simulated, Step};
use oracles::etcd::{Client, ELECTION, Etcd, MISSING, base64, number, program, text};
use oracles::{SEED, record, say, seed, soak, vectors};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// What comes up in the recorded trace, and most of it in any random one.
const EVERYTHING: [&str; 13] = [
    "before",
    "claim",
    "delete",
    "expire",
    "grant",
    "keepalive",
    "kill -9",
    "lease already exists",
    "put",
    "range",
    "requested lease not found",
    "revoke",
    "there",
];

/// Rows of the fixture.
const RECORDED: usize = 300;

/// What a busy machine adds is no part of the promise.
const BUSY: Duration = Duration::from_secs(2);

/// etcd forces what it is told, but writes to its data a tenth of a second later, all at once.
const BATCH: Duration = Duration::from_millis(300);

/// One random trace on both; the rows, as the real server gave them. Now and then the server crashes: right after a write
/// that is in its data, for 3.4 does some things twice otherwise (the last test shows which).
fn compare(real: &mut Real, seed: u64, steps: usize, again: &str) -> Vec<Json> {
    let (mut simulated, mut dice) = (Simulated::default(), Dice::new(seed));
    let (mut rows, mut due, mut wrote, mut revision) = (Vec::new(), false, false, 1);
    for at in 0..steps {
        due |= at % 500 == 240;
        let step = if due && wrote { Step::Crash } else { simulated.random(&mut dice) };
        if step == Step::Crash {
            std::thread::sleep(BATCH);
            due = false;
        }
        let (row, expected) = (real.apply(&step), simulated.apply(&step));
        (wrote, revision) = (row.revision > revision, row.revision);
        rows.push(row.json(&step));
        assert_eq!(
            row,
            expected,
            "etcd and the simulated one, step {at} of seed {seed}: {step:?}\n{}\nagain: {again}",
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
        let words = row[0].as_str().expect("words");
        count(if words == "kill -9" { words } else { words.split(' ').next().unwrap_or_default() });
        match row[1].as_str().expect("words") {
            fault @ ("lease already exists" | "requested lease not found") => count(fault),
            claim if words.starts_with("claim") => count(claim.split(' ').next().unwrap_or_default()),
            _ => {}
        }
    }
    found
}

/// What a real server once did, on the simulated store; with or without a server here.
#[test]
fn a_recorded_trace_has_the_same_answers() {
    let file = vectors("etcd_trace.json");
    let rows = file["trace"].as_array().expect("a list");
    let mut simulated = Simulated::default();
    for (at, recorded) in rows.iter().enumerate() {
        let step = Step::parse(recorded).expect("inside the subset");
        assert_eq!(simulated.apply(&step).json(&step), *recorded, "row {at}: {step:?}");
    }
    let found = tally(rows);
    assert!(EVERYTHING.iter().all(|wanted| found.contains_key(*wanted)), "{found:?}");
    say(&format!("   0 differences in the {} steps recorded from etcd 3.4.23", rows.len()));
}

#[test]
fn random_steps_have_the_same_answers() {
    let Some(program) = program() else {
        return say(&format!("   {MISSING}: only what was recorded from 3.4.23 is compared"));
    };
    let (long, before) = soak();
    let (seed, steps) = (seed(), if long { 20_000 } else { 2_000 });
    let again = format!("{before}{SEED}={seed} cargo test -p oracles --test etcd");
    say(&format!("   {steps} random steps against etcd {}: {again}", program.version));
    let began = Instant::now();
    let mut real = Real::start(&program);
    let all = compare(&mut real, seed, steps, &again);
    let found = tally(&all);
    // A run without them would have tested little.
    assert!(
        EVERYTHING.iter().filter(|wanted| found.contains_key(**wanted)).count() >= EVERYTHING.len() - 1,
        "{found:?}"
    );
    let least = Duration::from_secs(SHORT.unsigned_abs());
    let most = least + Duration::from_secs(1);
    for (at_most, at_least) in &real.expiries {
        assert!(*at_most >= least, "a lease of {least:?} was over after {at_most:?}");
        assert!(*at_least <= most + BUSY, "a lease of {least:?} was there for {at_least:?}");
    }
    let in_time = real.expiries.iter().filter(|(_, at_least)| *at_least <= most).count();
    assert!(in_time * 2 >= real.expiries.len(), "{:?}: is this machine that busy?", real.expiries);
    if let Some(file) = std::env::var_os("FAULTLINE_RECORD") {
        let note = format!(
            "Debian's etcd {}, one member, by its JSON gateway, seed {seed}; a row is call and answer; then the store's \
             revision, the keys by the revision of their creation, each with its lease, and the leases",
            program.version
        );
        record(file.as_ref(), &note, &all[..RECORDED.min(all.len())]);
    }
    say(&format!(
        "   0 differences in {} steps, {:.1} s: {found:?}; {in_time} of {} leases ended within a second",
        all.len(),
        began.elapsed().as_secs_f32(),
        real.expiries.len()
    ));
}

/// A lease is a length and no deadline: whoever leads counts it from the beginning again.
#[test]
fn a_restart_gives_every_lease_its_full_time_again() {
    let Some(program) = program() else { return };
    let mut real = Real::start(&program);
    let left = |real: &mut Real, lease| {
        let said = real.client().time_to_live(lease).expect("it answers").expect("it says how long");
        number(&said["TTL"])
    };
    real.client().grant(1, 30).expect("it answers").expect("a fresh lease");
    std::thread::sleep(Duration::from_millis(2_300));
    real.client().grant(2, 2).expect("it answers").expect("a fresh lease");
    let granted = Instant::now();
    assert!(left(&mut real, 1) <= 27, "two seconds have passed");
    std::thread::sleep(Duration::from_millis(1_200));
    real.etcd.server().kill();
    let down = Instant::now();
    real.crash();
    let up = Instant::now();
    let full = left(&mut real, 1);
    assert!(full >= 29 - down.elapsed().as_secs().cast_signed(), "{full} s are left: what was before still counts");
    while left(&mut real, 2) >= 0 {
        assert!(up.elapsed() < Duration::from_secs(20), "a lease of 2 s does not end");
        std::thread::sleep(Duration::from_millis(4));
    }
    assert!(down.elapsed() >= Duration::from_secs(2), "over {:?} after the restart began", down.elapsed());
    assert!(up.elapsed() <= Duration::from_secs(3) + ELECTION + BUSY, "there {:?} after the restart", up.elapsed());
    say(&format!(
        "   a lease of 2 s, 1.2 s old when etcd was killed, ended {:.1} s after its grant",
        granted.elapsed().as_secs_f32()
    ));
}

/// Three members, and the leader is stopped: nothing that was answered is forgotten, and every lease has its full time again.
/// The old leader, when it goes on, reads what is old unless it has to ask the others.
#[test]
fn a_new_leader_gives_every_lease_its_full_time_again() {
    let Some(program) = program() else { return };
    // Longer than a busy machine keeps one waiting.
    let members = Etcd::cluster(&program, 3, Duration::from_millis(600));
    let client = |member: &Etcd| Client::connect(member.port()).expect("it listens");
    let status = |client: &mut Client| {
        let said = client.call("maintenance/status", &json!({})).expect("it answers").expect("it says how it is");
        (said["header"]["member_id"].clone(), said["leader"].clone(), number(&said["raftTerm"]))
    };
    let mut clients: Vec<Client> = members.iter().map(client).collect();
    let (at, (old, _, term)) =
        (0..3).map(|n| (n, status(&mut clients[n]))).find(|(_, (me, leader, _))| me == leader).expect("one leads");
    let other = (at + 1) % 3;
    let put = |client: &mut Client, value: &str| {
        let body = json!({ "key": base64::encode(b"value"), "value": base64::encode(value.as_bytes()) });
        client.call("kv/put", &body).expect("it answers").expect("it is put");
    };
    clients[at].grant(1, 30).expect("it answers").expect("a fresh lease");
    let claimed = clients[at].claim(b"lock/", b"lock/1", b"", 1).expect("it answers").expect("its lease is there");
    put(&mut clients[at], "old");
    std::thread::sleep(Duration::from_millis(2_300));
    let left =
        |client: &mut Client| number(&client.time_to_live(1).expect("it answers").expect("it says how long")["TTL"]);
    assert!(left(&mut clients[at]) <= 27, "two seconds have passed");
    members[at].freeze();
    let stopped = Instant::now();
    let now = loop {
        let (_, leader, now) = status(&mut clients[other]);
        // It may name the new leader a moment before the new term.
        if ![json!(null), old.clone()].contains(&leader) && now > term {
            break now;
        }
        assert!(stopped.elapsed() < Duration::from_secs(30), "nobody else leads");
        std::thread::sleep(Duration::from_millis(4));
    };
    let took = stopped.elapsed();
    put(&mut clients[other], "new");
    let full = left(&mut clients[other]);
    assert!(full >= 29 - stopped.elapsed().as_secs().cast_signed(), "{full} s are left: what was before still counts");
    let key = clients[other].range(b"lock/1", &[]).expect("it answers").expect("a range");
    assert_eq!(key["kvs"][0]["create_revision"], claimed["header"]["revision"], "nothing is forgotten");
    members[at].thaw();
    let mut back = client(&members[at]);
    let read = |client: &mut Client, here: bool| {
        let said = client.range(b"value", &[("serializable", json!(here))]).expect("it answers");
        said.map(|answer| text(&answer["kvs"][0]["value"]))
    };
    let local = read(&mut back, true).expect("a member answers that by itself");
    assert!(["old", "new"].contains(&local.as_str()), "{local}");
    // It may answer that nobody leads, until it has heard of the new leader.
    let asked = Instant::now();
    let agreed = loop {
        match read(&mut back, false) {
            Ok(value) => break value,
            Err(why) => assert!(asked.elapsed() < Duration::from_secs(30), "{why}"),
        }
    };
    assert_eq!(agreed, "new");
    say(&format!(
        "   another leader {:.1} s after the first was stopped, in term {now} after {term}; the old one read “{local}” by itself, \
         “{agreed}” when it asked",
        took.as_secs_f32()
    ));
}

/// 3.4 notes with the next write how far it has come, and leases at once. So what lies between is done again after a crash,
/// with the leases of later: a claim that was refused for its missing lease is carried out if somebody has been granted that
/// lease since. Newer ones are said not to (etcd-io/etcd, pull request 11935); the simulated one does not.
#[test]
fn a_refused_claim_is_carried_out_after_a_crash() {
    let Some(program) = program() else { return };
    if !program.version.starts_with("3.4.") {
        return say(&format!("   etcd {}: what 3.4 does twice after a crash is not looked at", program.version));
    }
    let (mut real, mut simulated) = (Real::start(&program), Simulated::default());
    let mut both = |step: Step| (real.apply(&step), simulated.apply(&step));
    for step in [Step::Grant(1), Step::Claim("7f", 1)] {
        let (row, same) = both(step);
        assert_eq!(row, same);
    }
    let (refused, same) = both(Step::Claim("2b", 2));
    assert_eq!((refused.answer.as_str(), &refused), ("requested lease not found", &same));
    let (granted, same) = both(Step::Grant(2));
    assert_eq!(granted, same);
    std::thread::sleep(BATCH);
    let (row, same) = both(Step::Crash);
    assert_eq!(same.keys.len(), 1, "{same:?}");
    assert_eq!(row.keys.last(), Some(&("2b".to_owned(), same.revision + 1, 2)), "{row:?}");
}
