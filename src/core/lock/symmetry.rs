//! Clients that nothing tells apart, the masters of Redlock, and everything in which one of them is named.
//!
//! Every structure is taken apart field by field, so that one with a new field does not compile until it is said here
//! whether that names a node.

use super::client::{Client, Holding, Phase, Votes};
use super::history::{Grant, History};
use super::keyspace::{Command, Entry, Owner, Reply, Value};
use super::properties::Ghost;
use super::redis::{self, Redis};
use super::storage;
use super::{Lock, Mistake, Msg, Record, State, Timer};
use crate::core::protocol::NodeId;
use crate::core::symmetry::{Part, Renaming, Symmetry};

/// The clients, and the masters of Redlock, unless their number decides something.
pub fn of(p: &Lock, crashes: bool) -> Symmetry<Lock> {
    // With a time to think clients start one after the other; a hash of the owner value orders them; of clients that are
    // told of a new master one is told first.
    let alike = p.think.is_none() && !p.mistakes.has(Mistake::OwnerAsFence) && !(p.replica && crashes);
    let clients = if alike { (0..p.clients).map(NodeId).collect() } else { Vec::new() };
    // A client that asks all masters asks one first, and may crash before the next.
    let masters = if p.masters > 1 && !crashes { p.masters().collect() } else { Vec::new() };
    Symmetry { sets: vec![clients, masters], rename }
}

/// Replaces the names of nodes in a part of a cluster with a lock.
pub fn rename(p: &Lock, part: Part<Lock>, names: &Renaming) {
    match part {
        Part::State(State::Client(c)) => client(p, c, names),
        Part::State(State::Redis(r)) => server(r, names),
        // It counts versions and fences.
        Part::State(State::Storage(storage::Storage { version: _, newest: _, written: _ })) => {}
        Part::Record(Record::Redis(line)) => record(line, names),
        Part::Record(Record::Storage(line)) => {
            let storage::Record { owner: of, fence: _, version: _, newest: _, write: _ } = line;
            owner(of, names);
        }
        Part::Msg(msg) => message(msg, names),
        Part::Timer(Timer::Lease(of) | Timer::Expire(of)) => owner(of, names),
        Part::Timer(
            Timer::Renew | Timer::Timeout | Timer::Retry | Timer::Think | Timer::Work | Timer::Act | Timer::Sync,
        ) => {}
        Part::Ghost(g) => ghost(g, names),
    }
}

pub fn id(client: &mut u16, names: &Renaming) {
    *client = names.of(NodeId(*client)).0;
}

pub fn owner(Owner { client, nonce: _ }: &mut Owner, names: &Renaming) {
    id(client, names);
}

pub fn some(of: &mut Option<Owner>, names: &Renaming) {
    of.iter_mut().for_each(|of| owner(of, names));
}

fn client(p: &Lock, client: &mut Client, names: &Renaming) {
    // There is one master to ask only where no servers change places.
    let Client { phase, attempts: _, rounds_left: _, tries_left: _, master: _ } = client;
    match phase {
        Phase::Idle | Phase::Waiting => {}
        Phase::Trying { owner: of, asked: _, votes: v } | Phase::Releasing { owner: of, asked: _, votes: v } => {
            owner(of, names);
            votes(p, v, names);
        }
        Phase::Checking(of) | Phase::Updating { owner: of, task: _ } => owner(of, names),
        Phase::Holding(Holding { owner: of, fence: _, lease, renewing, renewals_left: _, task: _ }) => {
            owner(of, names);
            owner(lease, names);
            some(renewing, names);
        }
    }
}

/// A bit a server, counted from the first.
fn votes(p: &Lock, Votes { yes, no }: &mut Votes, names: &Renaming) {
    for bits in [yes, no] {
        let moved = p.servers().enumerate().filter(|(at, _)| *bits & 1 << at != 0);
        *bits = moved.fold(0, |all, (_, server)| all | 1 << (names.of(server).0 - p.clients));
    }
}

fn server(redis: &mut Redis, names: &Renaming) {
    let Redis { role: _, keys, offset: _, by, unsaid, written: _, dirty: _ } = redis;
    for Entry { key: _, value: holds, deadline } in keys.entries_mut() {
        value(holds, names);
        some(deadline, names);
    }
    some(by, names);
    for (_, to, msg) in unsaid {
        *to = names.of(*to);
        message(msg, names);
    }
}

fn record(line: &mut redis::Record, names: &Renaming) {
    match line {
        redis::Record::Lock { owner: of, deadline } => {
            owner(of, names);
            some(deadline, names);
        }
        redis::Record::NoLock | redis::Record::Counter(_) | redis::Record::Promoted => {}
    }
}

fn message(msg: &mut Msg, names: &Renaming) {
    match msg {
        Msg::Ask { attempt, purpose: _, command: asks } => {
            owner(attempt, names);
            command(asks, names);
        }
        Msg::Answer { attempt, purpose: _, reply } => {
            owner(attempt, names);
            match reply {
                Reply::Bulk(holds) => value(holds, names),
                Reply::Ok | Reply::Nil | Reply::Int(_) | Reply::Error(_) => {}
            }
        }
        Msg::Read { owner: of, fence: _ }
        | Msg::Value { owner: of, version: _ }
        | Msg::Write { owner: of, fence: _, base: _ }
        | Msg::Wrote { owner: of, accepted: _ } => owner(of, names),
        Msg::Replicate { offset: _, counter: _, lock } => record(lock, names),
        Msg::NewMaster => {}
    }
}

fn command(command: &mut Command, names: &Renaming) {
    match command {
        Command::Set { key: _, value: sets, only: _, get: _, ttl: _ }
        | Command::SetNx(_, sets)
        | Command::GetSet(_, sets)
        | Command::CompareAndDelete(_, sets)
        | Command::CompareAndExpire(_, sets, _)
        | Command::SetAndCount { key: _, value: sets, millis: _, counter: _ } => value(sets, names),
        Command::Refused(_)
        | Command::Get(_)
        | Command::GetDel(_)
        | Command::Del(_)
        | Command::Exists(_)
        | Command::Incr(_)
        | Command::Persist(_)
        | Command::PTtl(_)
        | Command::PExpireTime(_)
        | Command::PExpire(_, _, _) => {}
    }
}

fn value(value: &mut Value, names: &Renaming) {
    match value {
        Value::Owner(of) => owner(of, names),
        Value::Text(_) | Value::Int(_) => {}
    }
}

fn ghost(ghost: &mut Ghost, names: &Renaming) {
    let Ghost { history: past, halfway, foreign_release, waiting, passed_over, dead_holder, freed: _ } = ghost;
    history(past, names);
    for (of, _) in halfway {
        owner(of, names);
    }
    if let Some((by, of)) = foreign_release {
        id(by, names);
        owner(of, names);
    }
    waiting.iter_mut().for_each(|client| id(client, names));
    if let Some((of, client)) = passed_over {
        owner(of, names);
        id(client, names);
    }
    some(dead_holder, names);
}

/// The history of any lock.
pub fn history(history: &mut History, names: &Renaming) {
    let History { grants, forgotten: _, fence_fell: _, newest_write: _, stale, lost, last_writer } = history;
    for Grant { owner: of, fence: _, told: _ } in grants {
        owner(of, names);
    }
    if let Some((late, before)) = stale {
        owner(late, names);
        owner(before, names);
    }
    for of in [lost, last_writer] {
        some(of, names);
    }
}
