//! What Redis loses when it crashes, restarts or fails over: the recorded transcript, run again.
//!
//! Without a server the restarts run on the simulated keyspace alone; a failover and PUBLISH have nothing to run on.
#![cfg(unix)]

use faultline::core::lock::keyspace::Plain;
use oracles::link::Link;
use oracles::redis::{self, MISSING, Redis, program};
use oracles::store::{Simulated, Store, python};
use oracles::{say, vectors};
use std::time::{Duration, Instant};

const AOF_EVERYSEC: [&str; 4] = ["--appendonly", "yes", "--appendfsync", "everysec"];
const AOF_ALWAYS: [&str; 4] = ["--appendonly", "yes", "--appendfsync", "always"];

fn text(words: &str) -> Plain {
    Plain::Text(words.to_owned())
}

/// A line without its measured times: no two runs have the same.
fn timeless(line: &str) -> String {
    let mut line = line.to_owned();
    for before in ["start ", "pttl="] {
        let Some(at) = line.find(before).map(|at| at + before.len()) else { continue };
        let digits = line[at..].chars().take_while(char::is_ascii_digit).count();
        line.replace_range(at..at + digits, "…");
    }
    line
}

/// The transcript has this line, times aside.
fn recorded(line: &str) {
    let file = vectors("redis_failures_transcript.json");
    let lines = file["transcript"].as_array().expect("a list").iter().filter_map(|line| line.as_str());
    // The recorded list of absolute times in the log is empty: `a_lease_runs_on…` looks into the log itself.
    let lines: Vec<String> = lines.map(|line| timeless(line.split("; AOF holds").next().unwrap_or(line))).collect();
    assert!(lines.contains(&timeless(line)), "not as recorded: {line}\n{}", lines.join("\n"));
}

/// Both clients hold the lock: the key was lost.
fn nothing_kept(store: &mut dyn Store, started: Duration) {
    let a = store.call("SET lk A NX PX 60000");
    recorded(&format!("start {} ms; A: SET lk A NX PX 60000 -> {}", started.as_millis(), python(&a)));
    let took = store.crash().as_millis();
    let b = store.call("SET lk B NX");
    recorded(&format!(
        "[no persistence] kill -9, restart {took} ms; B: SET lk B NX -> {}  (A still inside its 60 s lease: DOUBLE HOLD)",
        python(&b)
    ));
}

/// The process alone crashed: what it wrote is with the operating system.
fn log_kept(store: &mut dyn Store) {
    assert_eq!(store.call("SET lk A NX PX 60000"), text("OK"));
    let took = store.crash().as_millis();
    let (value, left, b) = (store.call("GET lk"), store.call("PTTL lk"), store.call("SET lk B NX"));
    recorded(&format!(
        "[AOF everysec] kill -9 right after the reply, restart {took} ms; lk={} pttl={} B NX -> {}  (process crash keeps it; \
         only a power cut inside the last second loses it)",
        python(&value),
        python(&left),
        python(&b)
    ));
    assert!(matches!(left, Plain::Int(1..60_000)), "{left:?}: the time down counts");
}

#[test]
fn without_persistence_a_restart_loses_the_lock() {
    nothing_kept(&mut Simulated::new(false), Duration::ZERO);
    match program() {
        Some(program) => {
            let began = Instant::now();
            let mut redis = Redis::start(&program, &[]);
            nothing_kept(&mut redis, began.elapsed());
        }
        None => say(&format!("   {MISSING}: the recorded restarts ran on the simulated keyspace alone")),
    }
}

#[test]
fn with_an_append_only_file_the_lock_outlives_the_process() {
    log_kept(&mut Simulated::new(true));
    let Some(program) = program() else { return };
    log_kept(&mut Redis::start(&program, &AOF_EVERYSEC));
    // Forced at once, it survives a process crash no less.
    log_kept(&mut Redis::start(&program, &AOF_ALWAYS));
}

/// A lease is an absolute time on disk: it goes on while the server is down, and may end there.
#[test]
fn a_lease_runs_on_while_the_server_is_down() {
    let Some(program) = program() else { return };
    let mut redis = Redis::start(&program, &AOF_ALWAYS);
    let sent = Instant::now();
    assert_eq!(redis.call("SET long A NX PX 60000"), text("OK"));
    let replied = Instant::now();
    assert_eq!(redis.call("SET short A NX PX 200"), text("OK"));
    let Plain::Int(deadline) = redis.call("PEXPIRETIME long") else { panic!("it has a deadline") };
    redis.server().kill();
    std::thread::sleep(Duration::from_millis(300));
    redis.crash();
    let asked = Instant::now();
    let Plain::Int(left) = redis.call("PTTL long") else { panic!("it is still there") };
    // Milliseconds are cut off on either side.
    let most = 60_000 - i64::try_from((asked - replied).as_millis()).expect("short") + 2;
    let least = 60_000 - i64::try_from(sent.elapsed().as_millis()).expect("short") - 2;
    assert!((least..=most).contains(&left), "{left} not in {least}..={most}: not the full time again");
    assert_eq!(redis.call("PEXPIRETIME long"), Plain::Int(deadline), "the same absolute time");
    assert_eq!(redis.call("GET short"), Plain::Nil, "its lease ended while the server was down");
    assert_eq!(redis.call("SET short B NX PX 200"), text("OK"));
    let folder = redis.server().folder().join("appendonlydir");
    let files = std::fs::read_dir(folder).expect("the log's folder").map(|entry| entry.expect("a file").path());
    let log: String =
        files.map(|file| String::from_utf8_lossy(&std::fs::read(file).expect("readable")).into_owned()).collect();
    assert!(log.contains(&format!("PXAT\r\n${}\r\n{deadline}\r\n", deadline.to_string().len())), "{log}");
    assert!(!log.contains("\r\nPX\r\n"), "no relative time is logged: {log}");
}

/// A master, and a replica that has everything and hears of more through a link.
fn pair(program: &std::path::Path) -> (Redis, Link, Redis) {
    let mut master = Redis::start(program, &[]);
    let link = Link::to(master.port()).expect("a port on loopback");
    let mut replica = Redis::start(program, &["--replicaof", "127.0.0.1", &link.port().to_string()]);
    until(
        "the replica is in step",
        || matches!(replica.call("INFO replication"), Plain::Text(info) if info.contains("master_link_status:up")),
    );
    // The master streams commands from the replica's first acknowledgement on, up to a second later: one that freezes before
    // has nothing in its socket.
    assert_eq!(master.call("SET first 1"), text("OK"));
    until("the replica hears commands", || master.call("WAIT 1 100") == Plain::Int(1));
    (master, link, replica)
}

fn until(what: &str, mut met: impl FnMut() -> bool) {
    let began = Instant::now();
    while !met() {
        assert!(began.elapsed() < Duration::from_secs(10), "in vain: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn a_replica_behind_a_cut_link_gives_the_lock_away_twice() {
    let Some(program) = program() else { return };
    let (mut master, mut link, mut replica) = pair(&program);
    link.cut();
    let a = master.call("SET lk A NX PX 60000");
    recorded(&format!("[failover, link cut] A on master SET NX -> {}", python(&a)));
    master.server().kill();
    assert_eq!(replica.call("REPLICAOF NO ONE"), text("OK"));
    let there = replica.call("GET lk");
    let b = replica.call("SET lk B NX PX 60000");
    recorded(&format!("promoted replica: lk={}; B SET NX -> {}  DOUBLE HOLD", python(&there), python(&b)));
}

#[test]
fn a_frozen_replica_still_has_the_bytes() {
    let Some(program) = program() else { return };
    let (mut master, _link, mut replica) = pair(&program);
    replica.server().freeze();
    let a = master.call("SET lk A NX PX 60000");
    let Plain::Int(heard) = master.call("WAIT 1 100") else { panic!("WAIT answers with a number") };
    recorded(&format!(
        "[failover] replica frozen (lag); A on master: SET lk A NX PX 60000 -> {}; WAIT 1 100 -> {heard} replicas",
        python(&a)
    ));
    master.server().kill();
    replica.server().thaw();
    // The bytes lie in its socket: it applies them although who sent them is dead.
    until("the replica applies what lay in its socket", || replica.call("GET lk") == text("A"));
    assert_eq!(replica.call("REPLICAOF NO ONE"), text("OK"));
    let (there, b) = (replica.call("GET lk"), replica.call("SET lk B NX"));
    recorded(&format!(
        "master kill -9, replica resumes and is promoted; lk on replica = '{}'; B: SET lk B NX -> {}",
        python(&there),
        python(&b)
    ));
}

/// PUBLISH counts who hears it now; who comes later never does.
#[test]
fn a_message_nobody_hears_is_gone() {
    let Some(program) = program() else { return };
    let redis = Redis::start(&program, &[]);
    let mut coordinator = redis.connect();
    let mut publish =
        |word: &str| redis::line::<i64>(&mut coordinator, &format!("PUBLISH tx {word}")).expect("it answers");
    recorded(&format!("   PUBLISH with nobody subscribed -> {}: message gone, no error", publish("prepare")));
    let (mut first, mut second) = (redis.connect(), redis.connect());
    for participant in [&first, &second] {
        participant.set_read_timeout(Some(Duration::from_millis(500))).expect("a time");
    }
    let mut first = first.as_pubsub();
    first.subscribe("tx").expect("it subscribes");
    let heard = publish("prepare");
    recorded(&format!("[2PC over pub/sub] participants 2, subscribed 1: PUBLISH prepare -> {heard} receiver(s)"));
    let mut second = second.as_pubsub();
    second.subscribe("tx").expect("it subscribes");
    assert_eq!(publish("commit"), 2);
    let saw = |participant: &mut ::redis::PubSub| -> String {
        let mut words = Vec::new();
        // Until nothing comes any more.
        while let Ok(message) = participant.get_message() {
            words.push(format!("'{}'", message.get_payload::<String>().expect("text")));
        }
        words.join(", ")
    };
    let (p1, p2) = (saw(&mut first), saw(&mut second));
    recorded(&format!("   late joiner: P1 saw [{p1}], P2 saw [{p2}]: P2 gets commit without ever having prepared"));
}
