//! The simulated Redis against a recorded real one (redis-server 7.0.15, the server's own clock in every row).

use faultline::core::lock::keyspace::{Command, Keyspace, Millis, Reply, Value, parse};

#[test]
fn the_recorded_trace_replays_without_a_difference() {
    let file = include_str!("vectors/redis_trace.json");
    let file: serde_json::Value = serde_json::from_str(file).expect("the vectors are JSON");
    let mut keys = Keyspace::default();
    let mut rows = 0;
    for row in file["trace"].as_array().expect("a list") {
        let now = row[0].as_i64().expect("a time");
        let words: Vec<&str> = row[1].as_array().expect("words").iter().filter_map(|w| w.as_str()).collect();
        let command = parse(&words).expect("inside the subset");
        let reply = match keys.execute(&command, &mut Millis { now }) {
            Reply::Ok => "OK".into(),
            Reply::Nil => serde_json::Value::Null,
            Reply::Int(n) => n.into(),
            Reply::Bulk(Value::Int(n)) => n.to_string().into(),
            Reply::Bulk(Value::Text(text)) => text.as_ref().into(),
            Reply::Bulk(Value::Owner(_)) => unreachable!("no owner values in the trace"),
            Reply::Error(text) => text.into(),
        };
        assert_eq!(reply, row[2], "row {rows}: {}", words.join(" "));
        rows += 1;
    }
    assert_eq!(rows, 400);
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
