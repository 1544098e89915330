//! The core's calls on etcd's gateway.

use super::{Asked, Heard, LOCK, Link};
use crate::etcd::{Client, Said, base64, by_creation, number, text, under};
use crate::http::Http;
use faultline::core::coordination::{Call, Fired, Reply};
use faultline::core::lock::keyspace::Owner;
use serde_json::{Value as Json, json};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Receiver;
use std::time::Duration;

/// How long a watch is quiet before it is set again, from the same revision on.
const QUIET: Duration = Duration::from_secs(10);

const NO_LEASE: &str = "etcdserver: requested lease not found";
const LEASE_EXISTS: &str = "etcdserver: lease already exists";

/// Until the connection breaks, or nobody asks any more.
pub(super) fn serve(link: &Link, asked: &Receiver<Asked>, seconds: i64, patience: Duration) -> Option<()> {
    let over = Arc::new(AtomicBool::new(false));
    let ended = calls(link, asked, seconds, patience, &over);
    over.store(true, Ordering::SeqCst);
    ended
}

fn calls(link: &Link, asked: &Receiver<Asked>, seconds: i64, patience: Duration, over: &Arc<AtomicBool>) -> Option<()> {
    let mut client = Client::connect_within(link.port, patience).ok()?;
    while let Ok(Asked { session, xid, call }) = asked.recv() {
        let lease = lease(session);
        let said = match &call {
            Call::Connect { opens: true, .. } => client.grant(lease, seconds),
            Call::Connect { .. } | Call::Ping => client.keep_alive(lease),
            Call::Claim { .. } => client.claim(prefix(), &key(session), b"", lease),
            Call::Before(revision) => before(&mut client, *revision),
            Call::Own => client.range(&key(session), &[]),
            Call::Remove => client.delete(&key(session)),
            Call::Close => client.revoke(lease),
            other => panic!("no call for etcd: {other:?}"),
        };
        let said = said.ok()?;
        let reply = reply(&call, &said)?;
        let from = said.as_ref().map_or(0, |answer| number(&answer["header"]["revision"])) + 1;
        let awaited = if let Reply::Before(awaited) = &reply { *awaited } else { None };
        (link.heard)(Heard::Reply { xid, call, reply })?;
        if let Some(awaited) = awaited {
            let (link, over) = (link.clone(), over.clone());
            std::thread::spawn(move || watch(&link, awaited, from, &over));
        }
    }
    None
}

fn reply(call: &Call, said: &Said) -> Option<Reply> {
    let answer = match said {
        Ok(answer) => answer,
        Err(error) if error == NO_LEASE => return Some(Reply::Expired),
        // The grant's answer got lost: it is ours.
        Err(error) if error == LEASE_EXISTS => return Some(Reply::Connected),
        // Nobody leads just now, or the server is about to end: as if the connection broke.
        Err(_) => return None,
    };
    let revision = |value: &Json| u32::try_from(number(&value["create_revision"])).expect("a short run");
    Some(match call {
        Call::Connect { opens: true, .. } => Reply::Connected,
        Call::Connect { .. } | Call::Ping if number(&answer["TTL"]) == 0 => Reply::Expired,
        Call::Connect { .. } => Reply::Connected,
        Call::Ping => Reply::Pong,
        Call::Close => Reply::Expired,
        Call::Claim { .. } => {
            let there = &answer["responses"][0]["response_range"]["kvs"][0];
            let now = u32::try_from(number(&answer["header"]["revision"])).expect("a short run");
            let created = if answer["succeeded"] == true { now } else { revision(there) };
            Reply::Claimed { created, first: owner(&answer["responses"][1]["response_range"]["kvs"][0])? }
        }
        Call::Before(_) => Reply::Before(answer["kvs"].get(0).and_then(owner)),
        Call::Own => Reply::Own(answer["kvs"].get(0).map(revision)),
        _ => Reply::Removed(number(&answer["deleted"]) > 0),
    })
}

fn before(client: &mut Client, revision: u32) -> io::Result<Said> {
    let [target, order] = by_creation("DESCEND");
    // Keys begin at revision 2, and 0 would be no bound.
    let below = ("max_create_revision", json!((revision - 1).to_string()));
    client.range(prefix(), &[under(prefix()), target, order, below, ("limit", json!(1))])
}

/// Tells that a key is gone, from a revision on: so nothing is missed between the look and the watch.
fn watch(link: &Link, session: Owner, from: i64, over: &AtomicBool) -> Option<()> {
    let body = json!({ "create_request": {
        "key": base64::encode(&key(session)), "start_revision": from.to_string(), "filters": ["NOPUT"],
    } });
    while !over.load(Ordering::SeqCst) {
        let mut http = Http::connect(link.port, QUIET).ok()?;
        let pieces = http.stream("/v3/watch", &body.to_string());
        let gone = pieces.ok()?.find_map(|piece| match piece {
            Ok(piece) => String::from_utf8_lossy(&piece).contains("\"DELETE\"").then_some(Ok(())),
            Err(e) => Some(Err(e)),
        });
        match gone? {
            Ok(()) => return (link.heard)(Heard::Event(Fired::Gone(session))),
            Err(e) if matches!(e.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {}
            Err(_) => return None,
        }
    }
    None
}

fn prefix() -> &'static [u8] {
    // It ends in a letter: the keys go on with a slash.
    LOCK.as_bytes()
}

/// A lease's number, and with it its key: `/turns/LEASE` in hexadecimal digits, as the recipe has it.
fn lease(session: Owner) -> i64 {
    i64::from(session.client) << 32 | i64::from(session.nonce)
}

fn key(session: Owner) -> Vec<u8> {
    format!("{LOCK}/{:x}", lease(session)).into_bytes()
}

fn owner(value: &Json) -> Option<Owner> {
    let name = text(&value["key"]);
    let lease = u64::from_str_radix(name.rsplit_once('/')?.1, 16).ok()?;
    Some(Owner { client: u16::try_from(lease >> 32).ok()?, nonce: (lease & 0xffff_ffff) as u32 })
}
