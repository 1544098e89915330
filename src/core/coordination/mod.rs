//! Locks from a coordination service: ZooKeeper, etcd, Consul.
//!
//! ```text
//!   client A --Connect, Ping--------> ZooKeeper - - the same, later - -> a follower
//!            --Create, Children-----> (etcd, Consul)
//!            <-------- answers, watch events
//!            --write (fence: czxid, create_revision, LockIndex)--> storage
//! ```
//!
//! The service knows who is alive: a client has a session (etcd: a lease) that it keeps by talking, and what it has created
//! ends with it. Whoever created the oldest key under the lock's name holds the lock; the others wait for the one before them
//! to go.
//!
//! Sources: P. Hunt, M. Konar, F. Junqueira and B. Reed, "ZooKeeper: wait-free coordination for Internet-scale systems", 2010,
//! section 2.4; "ZooKeeper Recipes and Solutions"; etcd's `client/v3/concurrency/{session,mutex}.go`; Consul's "Sessions"
//! page; C. Gray and D. Cheriton, "Leases", 1989.
//!
//! Three things are kept apart, as everywhere: what a client *believes* (its phase), whether it is *inside its lease* (on its
//! own clock, counted from before the latest call that was answered was sent, as long as the session's timeout), and what the
//! storage *accepted*.
//!
//! Simplified: one server stands for an ensemble that agrees and forgets nothing that it has answered; with a follower, which
//! learns later, the other is the leader. How they agree (Zab, Raft) is not here. A call that comes through a follower is
//! answered after the leader has heard of it, pings included, except reads, which the follower answers by itself. `create`
//! answers with the czxid, and `getChildren` says each child's. etcd's `range` and the watch that follows it at the same
//! revision are one call. A session's name is made by its client. Consul's blocking query is a retry.

mod call;
pub mod client;
pub mod consul;
pub mod etcd;
pub mod properties;
pub mod server;
pub mod symmetry;
mod vocabulary;
pub mod zookeeper;

pub use call::{Call, Fired, Label, Reply, Watcher};
pub use vocabulary::{Msg, Note, Request, Timer};

use super::cluster::Cluster;
use super::lock::Reads;
use super::lock::keyspace::Owner;
use super::lock::storage::{self, Answer, Ask, Rules, Stores, Told};
use super::protocol::{Context, Event, NodeId, Order, Property, Protocol, Ticks};
use super::symmetry::Symmetry;

/// The configuration: a service, its options and the mistakes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Coordination {
    pub service: Service,
    pub clients: u16,
    /// ZooKeeper: a second server that learns of everything later. Every other client is connected to it.
    pub follower: bool,
    /// The session's timeout, the lease's time to live.
    pub ttl: Ticks,
    /// The server finds a session that is over late by a draw below this.
    pub late: u32,
    /// From being granted the lock (or having read) to the write.
    pub work: Ticks,
    /// Until an unanswered request to the storage counts as lost; 0: waits for ever.
    pub timeout: Ticks,
    /// Until the next try where there is no queue; a draw below `jitter` is added.
    pub retry: Ticks,
    pub jitter: u32,
    /// Consul: after a session has ended, nobody gets its lock for so long.
    pub lock_delay: Ticks,
    /// Between one release and the next acquisition; `None`: the client waits for a request from outside.
    pub think: Option<Ticks>,
    /// How many rounds a client does; `None`: for ever.
    pub rounds: Option<u8>,
    /// How often it tries before it gives a round up; `None`: until it has the lock.
    pub tries: Option<u8>,
    /// How often at most a client speaks only to keep its session, and how often it connects anew; `None`: as often as it
    /// has to.
    pub pings: Option<u8>,
    pub reconnects: Option<u8>,
    /// Writes carry the fence, and the storage checks it.
    pub fence: bool,
    pub reads: Reads,
    /// The client looks at its clock right before it writes.
    pub looks: bool,
    pub mistakes: Mistakes,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Service {
    ZooKeeper,
    Etcd,
    Consul,
}

/// What tutorials teach wrongly.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Mistake {
    /// ZooKeeper: `create("/lock", ephemeral)`, and "node exists" is taken for "done".
    ExistsSwallowed,
    /// ZooKeeper: the same, and "node exists" is an error that ends the attempt: nobody waits.
    FailsAtOnce,
    /// ZooKeeper: names carry nothing by which a client knows its own node again after a lost answer.
    NoGuid,
    /// ZooKeeper: everyone watches the list of children.
    WatchParent,
    /// ZooKeeper: goes on working while it hears nothing from the service.
    WorksDisconnected,
    /// ZooKeeper: sorts the children by their whole name, in which the guid comes first.
    SortsByName,
    /// ZooKeeper with a follower: looks for its own node without `sync`.
    NoSync,
    /// etcd: takes the lock once the key before its own is gone, without looking whether its own, and its lease, are there still.
    NoReread,
}

impl Mistake {
    pub const ALL: [Mistake; 8] = [
        Mistake::ExistsSwallowed,
        Mistake::FailsAtOnce,
        Mistake::NoGuid,
        Mistake::WatchParent,
        Mistake::WorksDisconnected,
        Mistake::SortsByName,
        Mistake::NoSync,
        Mistake::NoReread,
    ];
}

/// The mistakes that are switched on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Mistakes(u8);

impl Mistakes {
    pub fn with(self, mistake: Mistake) -> Self {
        Mistakes(self.0 | 1 << mistake as u8)
    }

    pub fn has(self, mistake: Mistake) -> bool {
        self.0 & 1 << mistake as u8 != 0
    }
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum State {
    Client(client::Client),
    Server(server::Server),
    Storage(storage::Storage),
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Record {
    /// All that the servers have agreed on.
    Agreed(server::Agreed),
    Storage(storage::Record),
}

/// The timeout that ZooKeeper grants a session: what is asked for, but 2 of its ticks at least and 20 at most. A tick of 0 bounds
/// nothing. Source: "ZooKeeper Administrator's Guide", `minSessionTimeout` and `maxSessionTimeout`.
pub fn negotiated(asked: Ticks, tick: Ticks) -> Ticks {
    if tick == 0 { asked } else { asked.clamp(tick.saturating_mul(2), tick.saturating_mul(20)) }
}

impl Coordination {
    /// The server that decides: the only one, or the leader.
    pub fn leader(&self) -> NodeId {
        NodeId(self.clients)
    }

    pub fn follower(&self) -> Option<NodeId> {
        self.follower.then_some(NodeId(self.clients + 1))
    }

    /// The servers, the follower last.
    pub fn servers(&self) -> impl Iterator<Item = NodeId> + use<> {
        (self.clients..self.storage().0).map(NodeId)
    }

    pub fn storage(&self) -> NodeId {
        NodeId(self.clients + 1 + u16::from(self.follower))
    }

    /// The server that a client connects to first.
    pub fn home(&self, client: NodeId) -> NodeId {
        self.follower().filter(|_| client.0 % 2 == 1).unwrap_or(self.leader())
    }

    /// Whether the storage compares fences.
    pub fn checks(&self) -> bool {
        self.fence
    }

    /// Silence of two thirds of the session's timeout is a lost connection.
    pub fn silence(&self) -> Ticks {
        (self.ttl * 2 / 3).max(1)
    }

    /// Whether the node is one for all, `/lock`, instead of one for each who waits.
    pub fn one_node(&self) -> bool {
        self.mistakes.has(Mistake::ExistsSwallowed) || self.mistakes.has(Mistake::FailsAtOnce)
    }

    /// Whether a client that hears nothing stops working. Of the others only the end of the lease makes it.
    pub fn stops_in_silence(&self) -> bool {
        self.service == Service::ZooKeeper && !self.mistakes.has(Mistake::WorksDisconnected)
    }
}

impl Stores for Coordination {
    fn rules(&self) -> Rules {
        Rules { checks: self.checks(), compares: false, forgets: false }
    }

    fn asks(msg: Msg) -> Option<Ask> {
        match msg {
            Msg::Read { owner, fence } => Some(Ask::Read { owner, fence }),
            Msg::Write { owner, fence, base } => Some(Ask::Write { owner, fence, base }),
            _ => None,
        }
    }

    fn answers(answer: Answer) -> Msg {
        match answer {
            Answer::Value { owner, version } => Msg::Value { owner, version },
            Answer::Wrote { owner, accepted } => Msg::Wrote { owner, accepted },
        }
    }

    fn tells(told: Told) -> Note {
        match told {
            Told::Served { owner, version } => Note::Served { owner, version },
            Told::Accepted { owner, fence, behind, version } => Note::Accepted { owner, fence, behind, version },
            Told::Refused { owner, fence, newest } => Note::Refused { owner, fence, newest },
            // It compares no versions here.
            Told::Outdated { owner, base, version } => Note::Refused { owner, fence: base, newest: version },
        }
    }

    fn keeps(record: storage::Record) -> Record {
        Record::Storage(record)
    }
}

impl Protocol for Coordination {
    type State = State;
    type Record = Record;
    type Msg = Msg;
    type Timer = Timer;
    type Request = Request;
    type Note = Note;
    type Ghost = properties::Ghost;

    fn size(&self) -> u16 {
        self.storage().0 + 1
    }

    fn boot(&self, me: NodeId, log: &[Record], cx: &mut Context<Self>) -> State {
        if me == self.storage() {
            let records = log.iter().filter_map(|r| if let Record::Storage(r) = r { Some(r) } else { None });
            State::Storage(storage::boot(self.rules(), records))
        } else if me.0 >= self.clients {
            let agreed = log.iter().rev().find_map(|r| if let Record::Agreed(r) = r { Some(r) } else { None });
            State::Server(server::boot(self, me, agreed, cx))
        } else {
            State::Client(client::boot(self, me, cx))
        }
    }

    fn step(&self, me: NodeId, state: &mut State, event: Event<Self>, cx: &mut Context<Self>) {
        match state {
            State::Client(client) => client::step(self, me, client, event, cx),
            State::Server(server) => server::step(self, me, server, event, cx),
            State::Storage(storage) => storage::step(self, storage, event, cx),
        }
    }

    fn observe(&self, ghost: &mut properties::Ghost, at: NodeId, note: &Note) {
        properties::observe(ghost, at, note);
    }

    fn witness(&self, ghost: &mut properties::Ghost, cluster: &Cluster<Self>) {
        properties::witness(ghost, cluster);
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::all(self)
    }

    /// Nothing is owed before a holder has died, and after its key is gone: not before the next one dies.
    fn owes(&self, _: &Property<Self>, _: &Cluster<Self>, ghost: &properties::Ghost, _: bool) -> bool {
        ghost.dead_holder.is_some()
    }

    fn requests(&self, cluster: &Cluster<Self>) -> Vec<(NodeId, Request)> {
        if self.think.is_some() {
            return Vec::new();
        }
        let wants = |id: &NodeId| match cluster.state(*id) {
            Some(State::Client(client)) => {
                client.phase == client::Phase::Idle && client.rounds_left.is_some_and(|rounds| rounds > 0)
            }
            _ => false,
        };
        (0..self.clients).map(NodeId).filter(wants).map(|id| (id, Request::Acquire)).collect()
    }

    /// Connections keep the order of what is said on them; the storage is asked without one. What a follower has been sent
    /// it takes in by and by, and may talk to its clients before: a newer state replaces an older one.
    fn order(&self, from: NodeId, to: NodeId) -> Order {
        let to_follower = from == self.leader() && Some(to) == self.follower();
        if from == self.storage() || to == self.storage() || to_follower { Order::Any } else { Order::Fifo }
    }

    /// An answer to a call that its client has left behind, a call that its server has, and what a follower has heard already.
    fn inert(&self, cluster: &Cluster<Self>, to: NodeId, msg: &Msg) -> bool {
        let client = match (cluster.state(to), msg) {
            (Some(State::Client(client)), _) => client,
            (Some(State::Server(server)), Msg::Commit { agreed, answer: None }) => {
                return agreed.zxid <= server.agreed.zxid;
            }
            (Some(State::Server(_)), Msg::Ask { call: Call::Connect { .. }, .. })
            | (Some(State::Server(_)), Msg::Forward { call: Call::Connect { .. }, .. }) => return false,
            (Some(State::Server(server)), Msg::Ask { session, connection, xid, .. }) => {
                return server.is_past(NodeId(session.client), *connection, *xid);
            }
            (Some(State::Server(server)), Msg::Forward { client, connection, xid, .. }) => {
                return server.is_past(*client, *connection, *xid);
            }
            _ => return false,
        };
        match msg {
            Msg::Answer { .. } | Msg::Event { .. } if client.session.is_none() => true,
            Msg::Answer { connection, .. } | Msg::Event { connection, .. } => *connection != client.connection,
            Msg::Value { owner, .. } | Msg::Wrote { owner, .. } => client.works_for() != Some(*owner),
            _ => false,
        }
    }

    /// What is answered is agreed on, and the storage's disk is not what this is about.
    fn forces_at_once(&self, _: NodeId) -> bool {
        true
    }

    fn symmetry(&self, crashes: bool) -> Option<Symmetry<Self>> {
        Some(symmetry::of(self, crashes))
    }
}
