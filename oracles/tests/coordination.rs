//! The published transcripts of ZooKeeper and etcd: on the simulated data, and on live servers.
#![cfg(unix)]

use faultline::core::coordination::etcd::keys::Keys;
use faultline::core::coordination::negotiated;
use faultline::core::coordination::zookeeper::directory::{Change, Directory, Fault, Name, Watched, Watches};
use oracles::zookeeper::wire::{self, Answer, Event, Request, Wire};
use oracles::zookeeper::{LONGEST, TICK, ZooKeeper};
use oracles::{etcd, say, vectors, zookeeper};
use serde_json::{Value as Json, json};
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// The rows of a transcript, what each is called first.
fn rows(file: &str) -> Vec<Vec<Json>> {
    let file = vectors(file);
    file["transcript"].as_array().expect("a list").iter().map(|row| row.as_array().expect("a row").clone()).collect()
}

/// The values of the row with this name; what Python printed of its own kind is text.
fn row(rows: &[Vec<Json>], name: &str) -> Vec<Json> {
    let row = rows.iter().find(|row| row[0] == name).unwrap_or_else(|| panic!("no row “{name}”"));
    row[1..].to_vec()
}

/// `['a', 'b']` as Python prints it.
fn list(value: &Json) -> Vec<String> {
    let inner = value.as_str().expect("text").trim_matches(['[', ']']);
    inner.split(", ").map(|word| word.trim_matches('\'').to_owned()).collect()
}

fn numbered(number: u32) -> Name<&'static str> {
    Name { label: "lock-", number: Some(number) }
}

fn path(name: &Name<&str>) -> String {
    format!("/locks/{}{:010}", name.label, name.number.expect("a sequential one"))
}

#[test]
fn the_simulated_directory_does_what_was_recorded() {
    let rows = rows("zookeeper_transcript.json");
    let mut directory: Directory<&str, char> = Directory::default();
    let mut watches: Watches<&str, char> = Watches::default();
    let mut zxid = 0;
    let mut create = |directory: &mut Directory<&'static str, char>, label, session| {
        zxid += 1;
        directory.create(label, true, Some(session), zxid).expect("a sequential node")
    };
    let made: Vec<_> = ['a', 'b', 'c'].into_iter().map(|who| create(&mut directory, "lock-", who)).collect();
    let paths: Vec<String> = made.iter().map(|child| path(&child.name)).collect();
    assert_eq!(paths, list(&row(&rows, "seq nodes")[0]));
    let mut recorded: Vec<String> =
        list(&row(&rows, "children unsorted")[0]).iter().map(|name| format!("/locks/{name}")).collect();
    recorded.sort_unstable();
    assert_eq!(paths, recorded);
    for (who, before) in [('b', 0), ('c', 1)] {
        assert!(directory.get(&numbered(before)).is_some());
        watches.add(Watched::Child(numbered(before)), who);
    }
    directory.delete(&numbered(0)).expect("it is there");
    let told = watches.fire(&numbered(0), false);
    assert_eq!(told, [('b', Watched::Child(numbered(0)), Change::Deleted)]);
    let said = row(&rows, "after A deletes")[0].as_str().expect("text").to_owned();
    assert!(said.starts_with("[('b', 'DELETED', '/locks/lock-0000000000',") && !said.contains("), ("), "{said}");
    // One by its name is not of this parent: there the node that was to be created again was another.
    directory.create("x", false, None, 90).expect("a new name");
    assert_eq!(directory.create("x", false, None, 91), Err(Fault::NodeExists));
    row(&rows, "create existing -> NodeExistsError");
}

/// What the transcript counts under one parent, from the third waiter on.
#[test]
fn the_simulated_count_goes_on_as_recorded() {
    let rows = rows("zookeeper_transcript.json");
    let mut directory: Directory<&str, char> = Directory::default();
    for (zxid, who) in (1..).zip(['a', 'b', 'c', 'd']) {
        directory.create("lock-", true, Some(who), zxid).expect("a sequential node");
    }
    directory.delete(&numbered(0)).expect("A's");
    assert_eq!(path(&directory.children()[2].name), row(&rows, "D node")[0]);
    assert_eq!(directory.end('d').len(), 1);
    let next = row(&rows, "next seq");
    for (label, recorded) in [("lock-", &next[0]), ("other-", &next[1])] {
        let child = directory.create(label, true, None, 9).expect("a sequential node");
        assert_eq!(path(&child.name), *recorded);
    }
    // The visible cversion counts what was created and what is gone.
    let visible = 2 * directory.created() - u32::try_from(directory.children().len()).expect("a few");
    assert_eq!(next[3], visible.to_string());
    // A session's end is found tick by tick.
    let expiry = row(&rows, "ephemeral removed after SIGKILL of owner, ms");
    assert_eq!(expiry[2], "session timeout 1000 tick 200");
    let after: u32 = expiry[0].as_str().expect("text").parse().expect("milliseconds");
    assert!((1_000..=1_400).contains(&after));
}

fn open(server: &ZooKeeper, timeout: Duration) -> Wire {
    Wire::connect(server.port(), None, timeout).expect("it answers").expect("a new session")
}

fn made(wire: &mut Wire, path: &str, ephemeral: bool, sequential: bool) -> Result<String, i32> {
    let request = Request::Create { path, data: b"", ephemeral, sequential };
    wire.call(request).expect("it answers").map(Answer::path)
}

/// What a client's watches have told it: a ping that comes later is answered later.
fn told(wire: &mut Wire) -> VecDeque<Event> {
    wire.call(Request::Ping).expect("it answers").expect("it is alive");
    std::mem::take(&mut wire.events)
}

#[test]
fn a_live_zookeeper_does_what_was_recorded() {
    let Some(program) = zookeeper::program() else {
        return say(&format!("   {}: its transcript ran simulated only", zookeeper::MISSING));
    };
    let rows = rows("zookeeper_transcript.json");
    let server = ZooKeeper::start(&program);
    let mut a = open(&server, Duration::from_secs(2));
    assert_eq!(a.timeout.as_millis().to_string(), row(&rows, "session timeouts negotiated")[0]);
    // Between two ticks and what the server was told is the most.
    let least = negotiated(1, TICK.as_millis() as u32);
    assert_eq!(open(&server, Duration::from_millis(1)).timeout, Duration::from_millis(least.into()));
    assert_eq!(open(&server, 2 * LONGEST).timeout, LONGEST);
    let (mut b, mut c) = (open(&server, LONGEST), open(&server, LONGEST));
    made(&mut a, "/locks", false, false).expect("the parent");
    let paths: Vec<String> = [&mut a, &mut b, &mut c]
        .into_iter()
        .map(|who| made(who, "/locks/lock-", true, true).expect("a node"))
        .collect();
    assert_eq!(paths, list(&row(&rows, "seq nodes")[0]));
    let mut names =
        a.call(Request::Children { path: "/locks", watch: false }).expect("it answers").expect("a list").children();
    let mut recorded = list(&row(&rows, "children unsorted")[0]);
    names.sort_unstable();
    recorded.sort_unstable();
    assert_eq!(names, recorded);
    for (who, before) in [(&mut b, &paths[0]), (&mut c, &paths[1])] {
        who.call(Request::Exists { path: before, watch: true }).expect("it answers").expect("it is there");
    }
    a.call(Request::Delete { path: &paths[0] }).expect("it answers").expect("it is there");
    assert_eq!(told(&mut b), [Event { change: wire::Change::Deleted, path: paths[0].clone() }]);
    assert!(told(&mut c).is_empty());
    let stat =
        b.call(Request::Exists { path: &paths[1], watch: false }).expect("it answers").expect("it is there").stat();
    assert_eq!(stat.owner, b.identity.session);
    let refused: Vec<(&str, i32)> = vec![
        ("create existing -> NodeExistsError", made(&mut a, "/locks", false, false).expect_err("it is there")),
        ("child of ephemeral -> NoChildrenForEphemerals", {
            made(&mut a, &format!("{}/x", paths[1]), false, false).expect_err("an ephemeral node")
        }),
        ("set with wrong version -> BadVersion", {
            let set = Request::Set { path: "/locks", data: b"x", version: 7 };
            a.call(set).expect("it answers").expect_err("another version")
        }),
        ("delete non-empty -> NotEmpty", {
            a.call(Request::Delete { path: "/locks" }).expect("it answers").expect_err("it has children")
        }),
    ];
    let codes = [wire::NODE_EXISTS, wire::NO_CHILDREN_FOR_EPHEMERALS, wire::BAD_VERSION, wire::NOT_EMPTY];
    for ((name, code), wanted) in refused.into_iter().zip(codes) {
        row(&rows, name);
        assert_eq!(code, wanted, "{name}");
    }
    let mut d = open(&server, 4 * TICK);
    let own = made(&mut d, "/locks/lock-", true, true).expect("a node");
    assert_eq!(own, row(&rows, "D node")[0]);
    c.call(Request::Exists { path: &own, watch: true }).expect("it answers").expect("it is there");
    drop(d);
    let until = Instant::now() + Duration::from_secs(20);
    let seen = c.receive(until).expect("it is open");
    assert_eq!(seen, Some(wire::Incoming::Event(Event { change: wire::Change::Deleted, path: own })));
    let next = row(&rows, "next seq");
    assert_eq!(made(&mut b, "/locks/lock-", false, true).expect("a node"), next[0]);
    assert_eq!(made(&mut b, "/locks/other-", false, true).expect("a node"), next[1]);
    let parent = b.call(Request::Get { path: "/locks", watch: true }).expect("it answers").expect("it is there").stat();
    assert_eq!(parent.cversion.to_string(), next[3]);
    for data in [b"1", b"2"] {
        a.call(Request::Set { path: "/locks", data, version: -1 }).expect("it answers").expect("any version");
    }
    assert_eq!(told(&mut b), [Event { change: wire::Change::Data, path: "/locks".to_owned() }]);
    assert_eq!(row(&rows, "two sets, one watch fire")[0], "['CHANGED']");
}

/// The steps of the transcript's lock. A value is no part of the simulated store: who wrote it is its lease.
#[test]
fn the_simulated_keys_do_what_was_recorded() {
    let rows = rows("etcd_transcript.json");
    let mut keys: Keys<&str, u8> = Keys::default();
    keys.grant(1).expect("a fresh lease");
    let a = keys.claim("lock", 1).expect("its lease is there");
    assert_eq!(json!({ "succeeded": a.succeeded, "rev": a.revision.to_string() }), row(&rows, "acquire A")[0]);
    keys.grant(2).expect("a fresh lease");
    let b = keys.claim("lock", 2).expect("the lease is not even looked at");
    let holder = if keys.get(&"lock").map(|key| key.lease) == Some(1) { "A" } else { "B" };
    assert_eq!(
        json!({ "succeeded": b.succeeded, "rev": b.revision.to_string(), "holder": holder, "create_revision": b.created.to_string() }),
        row(&rows, "acquire B")[0]
    );
    assert!(keys.claim("other", 9).is_err(), "requested lease not found");
    assert_eq!(keys.revision(), 2, "and nothing has changed");
    // The fenced write was a transaction of another key.
    assert_eq!(keys.revoke(1).expect("it is there").len(), 1);
    let revision = (keys.revision() + 1).to_string();
    assert_eq!(json!({ "rev": revision }), row(&rows, "lease revoke")[0]);
    assert_eq!(keys.all().len().to_string(), row(&rows, "lock after revoke")[0]);
}

#[test]
fn a_live_etcd_does_what_was_recorded() {
    let Some(program) = etcd::program() else {
        return say(&format!("   {}: its transcript ran simulated only", etcd::MISSING));
    };
    let rows = rows("etcd_transcript.json");
    let server = etcd::Etcd::start(&program);
    let mut client = etcd::Client::connect(server.port()).expect("it has just answered");
    let mut call = |path: &str, body: Json| client.call(path, &body).expect("it answers");
    for (lease, seconds, name) in [(1, 60, "lease grant 60"), (3, 1, "lease grant TTL 1 -> minimum")] {
        let granted = call("lease/grant", json!({ "ID": lease, "TTL": seconds })).expect("a fresh lease");
        assert_eq!(granted["TTL"], row(&rows, name)[0]);
    }
    let key = |name: &str| etcd::base64::encode(name.as_bytes());
    let acquire = |who: &str, lease: u8| {
        json!({
            "compare": [etcd::created(b"lock", 0)],
            "success": [{ "request_put": { "key": key("lock"), "value": key(who), "lease": lease } }],
            "failure": [{ "request_range": { "key": key("lock") } }],
        })
    };
    let a = call("kv/txn", acquire("A", 1)).expect("its lease is there");
    assert_eq!(json!({ "succeeded": a["succeeded"], "rev": a["header"]["revision"] }), row(&rows, "acquire A")[0]);
    let b = call("kv/txn", acquire("B", 1)).expect("its lease is there");
    let there = &b["responses"][0]["response_range"]["kvs"][0];
    assert_eq!(
        json!({
            "succeeded": b["succeeded"] == true,
            "rev": b["header"]["revision"],
            "holder": etcd::text(&there["value"]),
            "create_revision": there["create_revision"],
        }),
        row(&rows, "acquire B")[0]
    );
    let token = u32::try_from(etcd::number(&there["create_revision"])).expect("a small one");
    let release = json!({
        "compare": [{ "key": key("lock"), "target": "VALUE", "result": "EQUAL", "value": key("B") }],
        "success": [{ "request_delete_range": { "key": key("lock") } }],
    });
    let fenced = json!({
        "compare": [etcd::created(b"lock", token)],
        "success": [{ "request_put": { "key": key("data"), "value": key("byA") } }],
    });
    let did = |said: etcd::Said| json!(said.expect("it is fine")["succeeded"] == true);
    assert_eq!(did(call("kv/txn", release)), row(&rows, "release by B")[0]);
    assert_eq!(did(call("kv/txn", fenced.clone())), row(&rows, "fenced write while create_revision = token")[0]);
    let revoked = call("lease/revoke", json!({ "ID": 1 })).expect("it is there");
    assert_eq!(json!({ "rev": revoked["header"]["revision"] }), row(&rows, "lease revoke")[0]);
    let left = call("kv/range", json!({ "key": key("lock") })).expect("a range");
    assert_eq!(etcd::number(&left["count"]).to_string(), row(&rows, "lock after revoke")[0]);
    assert_eq!(did(call("kv/txn", fenced)), row(&rows, "late fenced write by A after losing the lock")[0]);
    let put = json!({ "request_put": { "key": key("twice"), "value": "" } });
    let twice = call("kv/txn", json!({ "success": [put, put] }));
    assert_eq!(json!(twice.expect_err("the same key")), row(&rows, "duplicate key in one txn")[0]);
    let stray = call("kv/put", json!({ "key": key("stray"), "value": "", "lease": 99 }));
    assert_eq!(json!(stray.expect_err("no such lease")), row(&rows, "unknown lease on put")[0]);
}
