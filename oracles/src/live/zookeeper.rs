//! The core's calls on ZooKeeper's wire.

use super::{Asked, Heard, LOCK, Link};
use crate::zookeeper::wire::{
    Answer, Change, Event, Identity, Incoming, NO_NODE, NODE_EXISTS, Request, SESSION_EXPIRED, Wire,
};
use faultline::core::coordination::zookeeper::directory::{self, Name};
use faultline::core::coordination::{Call, Fired, Label, Reply};
use faultline::core::lock::keyspace::Owner;
use std::collections::BTreeMap;
use std::io;
use std::sync::mpsc::{Receiver, TryRecvError};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// What the client shows to have its sessions again.
pub type Sessions = Arc<Mutex<BTreeMap<Owner, Identity>>>;

/// How long it looks at one side before it looks at the other.
const GLANCE: Duration = Duration::from_millis(2);

/// Until the connection breaks, or nobody asks any more. A session that is over has been said to be.
pub(super) fn serve(link: &Link, asked: &Receiver<Asked>, sessions: &Sessions, timeout: Duration) -> Option<()> {
    let Asked { session, xid, call } = asked.recv().ok()?;
    // By then the core has begun another connection, from which this one must not take the session away.
    let known = sessions.lock().ok()?.get(&session).cloned();
    let Some(mut wire) = Wire::connect_within(link.port, known.as_ref(), timeout, timeout / 6).ok()? else {
        return (link.heard)(Heard::Reply { xid, call, reply: Reply::Expired });
    };
    sessions.lock().ok()?.insert(session, wire.identity.clone());
    (link.heard)(Heard::Reply { xid, call, reply: Reply::Connected })?;
    loop {
        match asked.try_recv() {
            Ok(Asked { xid, call, .. }) => {
                let reply = reply(&mut wire, &call).ok()?;
                for event in std::mem::take(&mut wire.events) {
                    tell(link, &event)?;
                }
                (link.heard)(Heard::Reply { xid, call, reply })?;
            }
            Err(TryRecvError::Empty) => {
                if let Some(Incoming::Event(event)) = wire.receive(Instant::now() + GLANCE).ok()? {
                    tell(link, &event)?;
                }
            }
            Err(TryRecvError::Disconnected) => return None,
        }
    }
}

fn tell(link: &Link, event: &Event) -> Option<()> {
    let fired = match (event.change, below(&event.path)) {
        (Change::Created, Some(name)) => Fired::Child(name, directory::Change::Created),
        (Change::Deleted, Some(name)) => Fired::Child(name, directory::Change::Deleted),
        (Change::Children, None) => Fired::Children,
        _ => return Some(()),
    };
    (link.heard)(Heard::Event(fired))
}

fn reply(wire: &mut Wire, call: &Call) -> io::Result<Reply> {
    let said = match call {
        Call::Ping => wire.call(Request::Ping)?.map(|_| Reply::Pong),
        Call::Sync => wire.call(Request::Sync { path: LOCK })?.map(|_| Reply::Synced),
        Call::Close => wire.call(Request::Close)?.map(|_| Reply::Expired),
        Call::Create { label, sequential, .. } => {
            let path = format!("{LOCK}/{}", spelled(&Name { label: *label, number: None }, *sequential));
            let created =
                wire.call(Request::Create { path: &path, data: b"", ephemeral: true, sequential: *sequential })?;
            created.map(|answer| {
                let czxid = number(answer.stat().czxid);
                Reply::Created { name: below(&answer.path()).expect("a name of ours"), czxid }
            })
        }
        Call::Children { watch } => return children(wire, *watch),
        Call::Exists(name) => {
            let path = format!("{LOCK}/{}", spelled(name, false));
            wire.call(Request::Exists { path: &path, watch: true })?.map(|_| Reply::Exists(true))
        }
        Call::Delete(name) => {
            let path = format!("{LOCK}/{}", spelled(name, false));
            wire.call(Request::Delete { path: &path })?.map(|_| Reply::Deleted(true))
        }
        other => return Err(io::Error::other(format!("no call for ZooKeeper: {other:?}"))),
    };
    Ok(match (said, call) {
        (Ok(reply), _) => reply,
        (Err(NO_NODE), Call::Exists(_)) => Reply::Exists(false),
        (Err(NO_NODE), Call::Delete(_)) => Reply::Deleted(false),
        (Err(NODE_EXISTS), _) => Reply::NodeExists,
        (Err(SESSION_EXPIRED), _) => Reply::Expired,
        (Err(code), call) => return Err(io::Error::other(format!("{call:?}: error {code}"))),
    })
}

/// The core's call says each child's czxid too, for which ZooKeeper has to be asked. Who is gone by then is left out.
fn children(wire: &mut Wire, watch: bool) -> io::Result<Reply> {
    let names = match wire.call(Request::Children { path: LOCK, watch })? {
        Ok(answer) => answer.children(),
        Err(SESSION_EXPIRED) => return Ok(Reply::Expired),
        Err(code) => return Err(io::Error::other(format!("getChildren: error {code}"))),
    };
    let mut children = Vec::new();
    for name in names {
        let path = format!("{LOCK}/{name}");
        if let Ok(Answer::Stat(stat)) = wire.call(Request::Exists { path: &path, watch: false })? {
            children.push((below(&path).expect("a name of ours"), number(stat.czxid)));
        }
    }
    children.sort_by_key(|(_, czxid)| *czxid);
    Ok(Reply::Children(children))
}

fn number(czxid: i64) -> u32 {
    u32::try_from(czxid).expect("a lone server counts from 1")
}

/// `CLIENT.NONCE-lock-`, or `lock-`, with the number of a sequential node behind; `lock` where there is one for all.
fn spelled(name: &Name<Label>, sequential: bool) -> String {
    let guid = name.label.map_or_else(String::new, |owner| format!("{}.{}-", owner.client, owner.nonce));
    match name.number {
        Some(number) => format!("{guid}lock-{number:010}"),
        None if sequential => format!("{guid}lock-"),
        None => "lock".to_owned(),
    }
}

fn below(path: &str) -> Option<Name<Label>> {
    let name = path.strip_prefix(LOCK)?.strip_prefix('/')?;
    let (guid, rest) = name.split_once("lock")?;
    let label = match guid.strip_suffix('-').and_then(|guid| guid.split_once('.')) {
        Some((client, nonce)) => Some(Owner { client: client.parse().ok()?, nonce: nonce.parse().ok()? }),
        None => None,
    };
    Some(Name { label, number: rest.strip_prefix('-').and_then(|number| number.parse().ok()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_back() {
        let label = Some(Owner { client: 2, nonce: 65_537 });
        for (name, text) in [
            (Name { label, number: Some(12) }, "2.65537-lock-0000000012"),
            (Name { label: None, number: Some(3) }, "lock-0000000003"),
        ] {
            assert_eq!(spelled(&name, true), text);
            assert_eq!(below(&format!("{LOCK}/{text}")), Some(name));
        }
        let one = Name { label: None, number: None };
        assert_eq!((spelled(&one, false).as_str(), below(&format!("{LOCK}/lock"))), ("lock", Some(one)));
        assert_eq!(below(LOCK), None);
    }
}
