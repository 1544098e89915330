//! The simulated Redis against a recorded real one (redis-server 7.0.15, the server's own clock in every row), as
//! `faultline redis-replay` compares them. `oracles/` holds it against a live one.

use faultline::core::lock::keyspace::{
    BAD_EXPIRE, BAD_PEXPIRE, Command, Keyspace, Millis, NOT_AN_INTEGER, OVERFLOW, Reply, SYNTAX, Value, parse,
};
use std::path::PathBuf;
use std::process::Output;

fn replay(words: &[&str]) -> Output {
    let mut runner = std::process::Command::new(env!("CARGO_BIN_EXE_faultline"));
    runner.arg("redis-replay").args(words).output().expect("the runner starts")
}

fn vectors() -> String {
    concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/redis_trace.json").to_owned()
}

/// The exit code and what was said on both streams, for a file with this text.
fn replay_text(name: &str, text: &str) -> (Option<i32>, String, String) {
    let file: PathBuf = std::env::temp_dir().join(format!("faultline-replay-{}-{name}.json", std::process::id()));
    std::fs::write(&file, text).expect("the folder for temporary files can be written");
    let output = replay(&[file.to_str().expect("a path in Unicode")]);
    std::fs::remove_file(&file).expect("it is there");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn the_recorded_trace_replays_without_a_difference() {
    let output = replay(&[&vectors()]);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "400 commands, 0 differences\n");
    assert_eq!(output.status.code(), Some(0));
    let output = replay(&[&vectors(), "--json"]);
    let said: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(said, serde_json::json!({ "commands": 400, "differences": 0 }));
}

/// Every reply of the recorded trace counts: a trace in which any one is another stops exactly there.
#[test]
fn a_changed_reply_is_the_first_difference() {
    let file = std::fs::read(vectors()).expect("the vectors are there");
    let whole: serde_json::Value = serde_json::from_slice(&file).expect("the vectors are JSON");
    for at in [0, 13, 399] {
        let mut changed = whole.clone();
        let row = &mut changed["trace"][at];
        row[2] = "another".into();
        let words: Vec<&str> = row[1].as_array().expect("words").iter().filter_map(|w| w.as_str()).collect();
        let begin = format!("command {at}, {}: the real server replied \"another\", ", words.join(" "));
        let (code, said, _) = replay_text(&format!("changed-{at}"), &changed.to_string());
        assert!(said.starts_with(&begin) && said.lines().count() == 1, "{said}");
        assert_eq!(code, Some(1));
    }
}

#[test]
fn a_bad_file_says_what_is_wrong_with_it() {
    let cases = [
        ("text", "no JSON at all", "not JSON"),
        ("empty", "{}", "has no list “trace”"),
        ("short", r#"{"trace": [[0, ["GET", "k"]]]}"#, "row 0: is not [milliseconds, command, reply]"),
        ("time", r#"{"trace": [["now", ["GET", "k"], null]]}"#, "row 0: its time is not a whole number"),
        ("back", r#"{"trace": [[5, ["GET", "k"], null], [4, ["GET", "k"], null]]}"#, "row 1: its time lies before"),
        ("words", r#"{"trace": [[0, ["GET", 7], null]]}"#, "row 0: its command is not a list of texts"),
        ("subset", r#"{"trace": [[0, ["LPUSH", "k", "v"], 1]]}"#, "row 0: LPUSH k v is outside the subset"),
        ("more", r#"{"trace": [[0, ["DEL", "k", "l"], 1]]}"#, "row 0: DEL k l is outside the subset"),
        ("reply", r#"{"trace": [[0, ["GET", "k"], [1]]]}"#, "row 0: its reply is not null"),
        ("float", r#"{"trace": [[0, ["GET", "k"], 1.5]]}"#, "row 0: its reply is not null"),
    ];
    for (name, text, expected) in cases {
        let (code, said, complaint) = replay_text(name, text);
        assert!(complaint.contains(expected), "{name}: {complaint}");
        assert_eq!((code, said.as_str()), (Some(2), ""), "{name}");
    }
    let output = replay(&["no-such-file.json"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("cannot be read"));
}

/// "expired iff now > when": at the deadline itself the key still lives, with 0 ms left.
#[test]
fn a_key_lives_through_its_deadline() {
    let mut keys = Keyspace::default();
    let set = parse(&["SET", "k", "v", "NX", "PX", "10"]).expect("inside the subset");
    assert_eq!(keys.execute(&set, &mut Millis { now: 100 }), Reply::Ok);
    assert_eq!(keys.execute(&Command::PTtl("k".into()), &mut Millis { now: 110 }), Reply::Int(0));
    assert_eq!(keys.execute(&set, &mut Millis { now: 110 }), Reply::Nil);
    assert_eq!(keys.execute(&set, &mut Millis { now: 111 }), Reply::Ok);
}

/// Replies that the recorded trace lacks, as redis-server 7.0.15 gave them. `oracles/` asks a live one for the same.
#[test]
fn what_the_recorded_trace_lacks() {
    let mut keys = Keyspace::default();
    let most = i64::MAX.to_string();
    let mut at = |now: i64, line: &str| {
        let line = line.replace("MOST", &most);
        let words: Vec<&str> = line.split(' ').collect();
        keys.execute(&parse(&words).expect("inside the subset"), &mut Millis { now })
    };
    assert_eq!(at(100, "SET k v PXAT 150"), Reply::Ok);
    assert_eq!(at(120, "PTTL k"), Reply::Int(30));
    assert_eq!(at(120, "PEXPIRETIME k"), Reply::Int(150));
    assert_eq!(at(120, "SET k v PXAT 0"), Reply::Error(BAD_EXPIRE));
    assert_eq!(at(120, "SET k v PX MOST"), Reply::Error(BAD_EXPIRE));
    assert_eq!(at(120, "SET k v EX MOST"), Reply::Error(BAD_EXPIRE));
    assert_eq!(at(120, "PEXPIRE k MOST"), Reply::Error(BAD_PEXPIRE));
    assert_eq!(at(120, "SET k w PXAT 119"), Reply::Ok, "a time in the past is taken");
    assert_eq!(at(120, "GET k"), Reply::Nil, "and the key is gone");
    assert_eq!(at(120, "SET n MOST"), Reply::Ok);
    assert_eq!(at(120, "INCR n"), Reply::Error(OVERFLOW));
    assert_eq!(at(120, "SET n +5"), Reply::Ok);
    assert_eq!(at(120, "INCR n"), Reply::Error(NOT_AN_INTEGER));
    for refused in ["SET k v NX XX", "SET k v PX 5 KEEPTTL", "SET k v EX 5 PX 5", "SET k v PX", "SET k v WHAT"] {
        assert_eq!(at(120, refused), Reply::Error(SYNTAX), "{refused}");
    }
    assert_eq!(at(120, "SET k v PX soon"), Reply::Error(NOT_AN_INTEGER));
    assert_eq!(at(120, "PEXPIRE k 05"), Reply::Error(NOT_AN_INTEGER));
    assert_eq!(at(120, "set k a nx nx px 5 px 7"), Reply::Ok, "the last of several counts");
    assert_eq!(at(120, "PTTL k"), Reply::Int(7));
    assert_eq!(at(120, "EVALCAE k b 9"), Reply::Int(0));
    assert_eq!(at(120, "EVALCAE k a 9"), Reply::Int(1));
    assert_eq!(at(120, "EVALCAE k a 0"), Reply::Int(1), "no time at all deletes");
    assert_eq!(at(120, "EVALSETINCR k a 9 fence"), Reply::Int(1));
    assert_eq!(at(120, "EVALSETINCR k a 9 fence"), Reply::Nil);
    assert_eq!(at(120, "EVALSETINCR free a 0 fence"), Reply::Error(BAD_EXPIRE));
    assert_eq!(at(120, "GET fence"), Reply::Bulk(Value::Int(1)));
}
