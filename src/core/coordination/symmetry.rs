//! Clients that nothing tells apart, and everything in which one of them is named.
//!
//! Every structure is taken apart field by field, so that one with a new field does not compile until it is said here
//! whether that names a node.

use super::client::{Ahead, Client, Holding, Key, Phase, Step};
use super::properties::Ghost;
use super::server::{Agreed, Data, Due, Link, Server};
use super::zookeeper::directory::{Child, Name, Watched};
use super::{Call, Coordination, Fired, Label, Mistake, Msg, Record, Reply, State, Timer, consul};
use crate::core::lock::storage;
use crate::core::lock::symmetry::{history, id, owner, some};
use crate::core::protocol::NodeId;
use crate::core::symmetry::{Part, Renaming, Symmetry};

/// The clients, unless their number decides something: with a time to think they start one after the other; every other one
/// is connected to the follower; a guid orders them; of several who are woken one is told first.
pub fn of(p: &Coordination, crashes: bool) -> Symmetry<Coordination> {
    let woken_in_turn = crashes && p.mistakes.has(Mistake::WatchParent);
    if p.think.is_some() || p.mistakes.has(Mistake::SortsByName) || woken_in_turn {
        return Symmetry { sets: Vec::new(), rename };
    }
    let at = |rest: u16| (0..p.clients).filter(move |c| !p.follower || c % 2 == rest).map(NodeId).collect();
    Symmetry { sets: if p.follower { vec![at(0), at(1)] } else { vec![at(0)] }, rename }
}

/// Replaces the names of nodes in a part of a cluster.
pub fn rename(_: &Coordination, part: Part<Coordination>, names: &Renaming) {
    match part {
        Part::State(State::Client(c)) => client(c, names),
        Part::State(State::Server(s)) => server(s, names),
        // It counts versions and fences.
        Part::State(State::Storage(storage::Storage { version: _, newest: _, written: _ })) => {}
        Part::Record(Record::Agreed(a)) => agreed(a, names),
        Part::Record(Record::Storage(line)) => {
            let storage::Record { owner: of, fence: _, version: _, newest: _, write: _ } = line;
            owner(of, names);
        }
        Part::Msg(msg) => message(msg, names),
        Part::Timer(Timer::Session(of)) => owner(of, names),
        Part::Timer(
            Timer::Lease(_)
            | Timer::Ping
            | Timer::Silence
            | Timer::Timeout
            | Timer::Retry
            | Timer::Think
            | Timer::Work
            | Timer::Act
            | Timer::Delay,
        ) => {}
        Part::Ghost(g) => ghost(g, names),
    }
}

fn node(id: &mut NodeId, names: &Renaming) {
    *id = names.of(*id);
}

fn name(Name { label, number: _ }: &mut Name<Label>, names: &Renaming) {
    some(label, names);
}

fn key(Key { name: of, fence: _ }: &mut Key, names: &Renaming) {
    name(of, names);
}

fn client(client: &mut Client, names: &Renaming) {
    let Client {
        phase,
        session,
        opened: _,
        connection: _,
        up: _,
        // Servers keep their names.
        server: _,
        xid: _,
        seen: _,
        events: _,
        call: _,
        ping: _,
        lease: _,
        attempts: _,
        rounds_left: _,
        tries_left: _,
        pings_left: _,
        reconnects_left: _,
    } = client;
    some(session, names);
    match phase {
        Phase::Idle | Phase::Waiting => {}
        Phase::Opening { owner: of } => owner(of, names),
        Phase::Taking { owner: of, step } => {
            owner(of, names);
            match step {
                Step::Creating | Step::Syncing | Step::Finding | Step::Claiming | Step::Acquiring => {}
                Step::Listing(own) | Step::Awaiting(own) | Step::Rereading(own) => key(own, names),
                Step::Watching(own, ahead) => {
                    key(own, names);
                    name(ahead, names);
                }
            }
        }
        Phase::Queued { owner: of, own, ahead } => {
            owner(of, names);
            key(own, names);
            match ahead {
                Ahead::Child(of) => name(of, names),
                Ahead::Session(of) => owner(of, names),
                Ahead::Parent => {}
            }
        }
        Phase::Holding(Holding { owner: of, fence: _, key, task: _ }) | Phase::Releasing { owner: of, key } => {
            owner(of, names);
            name(key, names);
        }
    }
}

fn server(server: &mut Server, names: &Renaming) {
    let Server { agreed: a, links, watches, delayed: _ } = server;
    agreed(a, names);
    for Link { client, session, connection: _, xid: _, events: _ } in links.iter_mut() {
        node(client, names);
        owner(session, names);
    }
    links.sort_unstable_by_key(|link| link.client);
    watches.rename(|what, (client, _)| {
        match what {
            Watched::Children => {}
            Watched::Child(of) => name(of, names),
        }
        node(client, names);
    });
}

fn agreed(agreed: &mut Agreed, names: &Renaming) {
    let Agreed { sessions, zxid: _, data, by } = agreed;
    sessions.iter_mut().for_each(|session| owner(session, names));
    sessions.sort_unstable();
    for (_, of) in by {
        owner(of, names);
    }
    match data {
        Data::ZooKeeper(directory) => {
            for Child { name: of, czxid: _, owner } in directory.children_mut() {
                name(of, names);
                some(owner, names);
            }
        }
        Data::Etcd(keys) => {
            let (all, leases) = keys.all_mut();
            for key in all {
                owner(&mut key.name, names);
                owner(&mut key.lease, names);
            }
            leases.iter_mut().for_each(|lease| owner(lease, names));
            keys.settle();
        }
        Data::Consul(consul::Key { session, index: _ }) => some(session, names),
    }
}

fn message(msg: &mut Msg, names: &Renaming) {
    match msg {
        Msg::Ask { session, connection: _, xid: _, call: asks } => {
            owner(session, names);
            call(asks, names);
        }
        Msg::Answer { connection: _, xid: _, zxid: _, events: _, reply: says } => reply(says, names),
        Msg::Event { connection: _, fired } => match fired {
            Fired::Child(of, _) => name(of, names),
            Fired::Gone(of) => owner(of, names),
            Fired::Children => {}
        },
        Msg::Forward { client, session, connection: _, xid: _, call: asks } => {
            node(client, names);
            owner(session, names);
            call(asks, names);
        }
        Msg::Valid(it) => due(it, names),
        Msg::Commit { agreed: a, answer } => {
            agreed(a, names);
            if let Some(it) = answer {
                due(it, names);
            }
        }
        Msg::Read { owner: of, fence: _ }
        | Msg::Value { owner: of, version: _ }
        | Msg::Write { owner: of, fence: _, base: _ }
        | Msg::Wrote { owner: of, accepted: _ } => owner(of, names),
    }
}

fn due(Due { client, connection: _, xid: _, reply: says }: &mut Due, names: &Renaming) {
    node(client, names);
    reply(says, names);
}

fn call(call: &mut Call, names: &Renaming) {
    match call {
        Call::Create { attempt, label, sequential: _ } => {
            owner(attempt, names);
            some(label, names);
        }
        Call::Exists(of) | Call::Delete(of) => name(of, names),
        Call::Claim { attempt } | Call::Acquire { attempt } => owner(attempt, names),
        Call::Connect { opens: _, seen: _ }
        | Call::Ping
        | Call::Close
        | Call::Children { watch: _ }
        | Call::Sync
        | Call::Before(_)
        | Call::Own
        | Call::Remove
        | Call::Release => {}
    }
}

fn reply(reply: &mut Reply, names: &Renaming) {
    match reply {
        Reply::Created { name: of, czxid: _ } => name(of, names),
        Reply::Children(list) => list.iter_mut().for_each(|(of, _)| name(of, names)),
        Reply::Claimed { created: _, first } => owner(first, names),
        Reply::Before(of) => some(of, names),
        Reply::Connected
        | Reply::Expired
        | Reply::Pong
        | Reply::NodeExists
        | Reply::Exists(_)
        | Reply::Deleted(_)
        | Reply::Synced
        | Reply::Own(_)
        | Reply::Removed(_)
        | Reply::Acquired(_)
        | Reply::Released(_) => {}
    }
}

fn ghost(ghost: &mut Ghost, names: &Renaming) {
    let Ghost { history: past, queue, waiting, passed_over, sent_away, woke: _, dead_holder, freed: _ } = ghost;
    history(past, names);
    for (of, _) in queue {
        owner(of, names);
    }
    waiting.iter_mut().for_each(|of| owner(of, names));
    if let Some((of, client)) = passed_over {
        owner(of, names);
        id(client, names);
    }
    for of in [sent_away, dead_holder] {
        some(of, names);
    }
}
