//! Naive recipes lose their lock: the recorded runs, on a live redis-server and on the simulated keyspace.
#![cfg(unix)]

use faultline::core::lock::keyspace::Plain;
use oracles::redis::{MISSING, Redis, program};
use oracles::store::{Simulated, Store, python};
use oracles::{say, vectors};
use std::time::Duration;

/// SETNX answers 1 or 0, which Python's client shows as a truth.
fn truth(reply: &Plain) -> &'static str {
    if *reply == Plain::Int(1) { "True" } else { "False" }
}

/// The transcript's 30 ms are over.
const NAP: Duration = Duration::from_millis(40);

/// A time to live that a busy machine does not outlast by accident, and one that does.
const TTL_MS: u64 = 300;
const TTL_PASSES: Duration = Duration::from_millis(TTL_MS + 20);

/// The recipes of the transcript, with the replies that `store` gives.
fn transcript(store: &mut dyn Store) -> Vec<String> {
    let mut lines = Vec::new();
    let ask = |store: &mut dyn Store, line: &str| python(&store.call(line));

    let a = ask(store, "SET lk1 A NX PX 30");
    store.pass(NAP);
    let b = ask(store, "SET lk1 B NX PX 5000");
    let del = ask(store, "DEL lk1");
    let c = ask(store, "SET lk1 C NX PX 5000");
    lines.push(format!(
        "[unconditional DEL] A SET NX PX 30 -> {a}; sleep 40ms; B SET NX PX 5000 -> {b}; A DEL -> {del}; \
         C SET NX PX 5000 -> {c} : B and C both hold"
    ));

    let a = store.call("SETNX lk2 A");
    let (ttl, b) = (store.call("PTTL lk2"), store.call("SETNX lk2 B"));
    lines.push(format!(
        "[SETNX+EXPIRE] A SETNX -> {}; A crashes; TTL -> {}; B SETNX -> {} for ever",
        truth(&a),
        python(&ttl),
        truth(&b)
    ));

    let (a, b) = (ask(store, "GET lk3"), ask(store, "GET lk3"));
    let (set_a, set_b) = (ask(store, "SET lk3 A EX 60"), ask(store, "SET lk3 B EX 60"));
    let value = ask(store, "GET lk3");
    lines.push(format!("[GET then SET] A GET {a}; B GET {b}; A SET {set_a}; B SET {set_b}; value {value}"));

    let (a, b) = (ask(store, "SET lk4 A EX 60"), ask(store, "SET lk4 B EX 60"));
    lines.push(format!("[SET without NX] A SET EX -> {a}; B SET EX -> {b}"));

    let (a, b) = (store.call("INCR n"), store.call("INCR n"));
    let Plain::Int(number) = a else { panic!("INCR answers with a number, not {a:?}") };
    assert_eq!(store.call("PEXPIRE n 100000"), Plain::Int(1));
    assert_eq!(store.call(&format!("SET n {number}")), Plain::Text("OK".to_owned()));
    let ttl = store.call("PTTL n");
    let c = store.call("INCR n");
    let same = if b == c { "B and C got the same number" } else { "B and C got different numbers" };
    let lost = if ttl == Plain::Int(-1) { "ttl lost too" } else { "ttl kept" };
    lines.push(format!(
        "[set(key,incr(key))] A INCR {}; B INCR {}; A SET {number}; C INCR {}: {same}; {lost}",
        python(&a),
        python(&b),
        python(&c)
    ));
    lines.push(format!("   SET without KEEPTTL removes the expiry: ttl {}", python(&ttl)));
    lines
}

fn is_as_recorded(store: &mut dyn Store) {
    let file = vectors("redis_failures_transcript.json");
    let recorded: Vec<&str> =
        file["transcript"].as_array().expect("a list").iter().filter_map(|l| l.as_str()).collect();
    let lines = transcript(store);
    let first = recorded.iter().position(|line| *line == lines[0]).expect("the first recipe is as recorded");
    assert_eq!(lines, recorded[first..first + lines.len()]);
}

/// A published step: who does what, and the reply if it names one.
fn step(store: &mut dyn Store, step: &str) {
    let (action, reply) = step.split_once(" -> ").map_or((step, None), |(action, reply)| (action, Some(reply)));
    let words: Vec<&str> = action.split(' ').collect();
    let line = match words[..] {
        ["TTL", "of", "key", "passes"] => return store.pass(TTL_PASSES),
        // Nothing reaches the server any more.
        [_, "crashes"] => return,
        [who, "SET", "NX", "EX" | "PX"] => format!("SET lk {who} NX PX {TTL_MS}"),
        [who, "SET", "EX"] => format!("SET lk {who} EX 60"),
        [who, "SETNX"] => format!("SETNX lk {who}"),
        [_, "SET", number] => format!("SET lk {number}"),
        [_, command @ ("GET" | "DEL" | "INCR")] => format!("{command} lk"),
        _ => panic!("no command of a recipe: {step}"),
    };
    let real = store.call(&line);
    let expected = match reply {
        None => return,
        Some("OK") => Plain::Text("OK".to_owned()),
        Some("nil") => Plain::Nil,
        Some("mine") => Plain::Text(words[0].to_owned()),
        Some(number) => Plain::Int(number.parse().expect("a number")),
    };
    assert_eq!(real, expected, "{step}");
}

/// The shortest interleavings that a search found, each command of them: the server answers as the search says.
fn interleavings_have_their_replies(store: &mut dyn Store) -> usize {
    let file = vectors("naive_interleavings.json");
    let mut run = 0;
    for (name, steps) in file["results"].as_object().expect("by name") {
        let elsewhere = ["ZooKeeper", "fencing", "Redlock"].iter().any(|other| name.starts_with(other));
        let Some(steps) = steps.as_array().filter(|_| !elsewhere) else { continue };
        store.call("DEL lk");
        steps.iter().filter_map(|s| s.as_str()).for_each(|s| step(store, s));
        // Where a dead owner's key has no time to live, nobody else ever gets it.
        if steps.last().is_some_and(|last| last == "A crashes") {
            store.pass(TTL_PASSES);
            assert_eq!((store.call("PTTL lk"), store.call("SETNX lk B")), (Plain::Int(-1), Plain::Int(0)), "{name}");
        }
        run += 1;
    }
    run
}

/// What the recipe of the documentation does in the same places: nobody else's key goes, and numbers differ.
fn the_right_recipe_holds(store: &mut dyn Store) {
    let yes = Plain::Text("OK".to_owned());
    assert_eq!(store.call("SET right A NX PX 30"), yes);
    store.pass(NAP);
    assert_eq!(store.call("SET right B NX PX 60000"), yes);
    assert_eq!(store.call("EVALCAD right A"), Plain::Int(0), "B's key stays");
    assert_eq!(store.call("SET right C NX PX 60000"), Plain::Nil);
    assert_eq!(store.call("EVALCAE right A 60000"), Plain::Int(0), "A cannot renew it");
    assert_eq!(store.call("EVALCAD right B"), Plain::Int(1));
    assert_eq!(store.call(&format!("EVALSETINCR right A {TTL_MS} fence")), Plain::Int(1));
    assert_eq!(store.call(&format!("EVALSETINCR right B {TTL_MS} fence")), Plain::Nil);
    store.pass(TTL_PASSES);
    assert_eq!(store.call(&format!("EVALSETINCR right B {TTL_MS} fence")), Plain::Int(2));
}

fn all(store: &mut dyn Store) {
    is_as_recorded(store);
    assert_eq!(interleavings_have_their_replies(store), 9);
    the_right_recipe_holds(store);
}

#[test]
fn the_simulated_keyspace_does_what_was_recorded() {
    all(&mut Simulated::new(false));
}

#[test]
fn a_live_server_does_what_was_recorded() {
    match program() {
        Some(program) => all(&mut Redis::start(&program, &[])),
        None => say(&format!("   {MISSING}: the recorded recipes ran on the simulated keyspace alone")),
    }
}
