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

pub mod client;
pub mod consul;
pub mod etcd;
pub mod properties;
pub mod server;
pub mod symmetry;
pub mod zookeeper;

use super::cluster::Cluster;
use super::lock::Reads;
use super::lock::keyspace::Owner;
use super::lock::storage::{self, Answer, Ask, Rules, Stores, Told};
use super::protocol::{Context, Event, NodeId, Order, Property, Protocol, Ticks};
use super::symmetry::Symmetry;
use zookeeper::directory::{self, Name};

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

/// What a node in ZooKeeper is called before the server puts its number behind: the attempt that it belongs to, as a guid, or
/// nothing that tells it from others.
pub type Label = Option<Owner>;

/// Whom a watch is told to: the client, and the connection that it set it on.
pub type Watcher = (NodeId, u32);

/// What a client asks the service for.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Call {
    /// Opens the session, or goes on with it on this connection. `seen`: the latest transaction that an answer has shown it; a
    /// follower that has not heard of that yet does not take it.
    Connect {
        opens: bool,
        seen: u32,
    },
    Ping,
    /// Ends the session. Nobody waits for the answer.
    Close,
    // ZooKeeper
    /// An ephemeral node, for an attempt. `Label` is what its name says of that.
    Create {
        attempt: Owner,
        label: Label,
        sequential: bool,
    },
    Children {
        watch: bool,
    },
    /// Sets a watch too.
    Exists(Name<Label>),
    Delete(Name<Label>),
    Sync,
    // etcd; the key is the session's
    /// The transaction: put the key unless it is there, get the oldest.
    Claim {
        attempt: Owner,
    },
    /// The newest key older than this revision, and a watch on it.
    Before(u32),
    /// The own key.
    Own,
    Remove,
    // Consul
    Acquire {
        attempt: Owner,
    },
    Release,
}

impl Call {
    /// Whether an answer to it says that the session lives, and for its full time. ZooKeeper's reads are not counted: a
    /// follower answers them by itself. An etcd lease and a Consul session are kept by nothing else than being renewed.
    pub fn keeps(&self, service: Service) -> bool {
        match self {
            Call::Connect { .. } | Call::Ping => true,
            Call::Children { .. } | Call::Exists(_) | Call::Close => false,
            _ => service == Service::ZooKeeper,
        }
    }

    /// What a follower answers by itself.
    pub fn reads(&self) -> bool {
        matches!(self, Call::Children { .. } | Call::Exists(_))
    }
}

/// What the service answers.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Reply {
    /// The session is there.
    Connected,
    /// The session is over, and all that it had created with it.
    Expired,
    Pong,
    // ZooKeeper
    Created {
        name: Name<Label>,
        czxid: u32,
    },
    NodeExists,
    /// Each with its czxid, oldest first.
    Children(Vec<(Name<Label>, u32)>),
    Exists(bool),
    Deleted(bool),
    Synced,
    // etcd
    Claimed {
        created: u32,
        /// The session whose key is the oldest.
        first: Owner,
    },
    Before(Option<Owner>),
    Own(Option<u32>),
    Removed(bool),
    // Consul
    /// `None`: somebody else has it, or had it until a moment ago.
    Acquired(Option<u32>),
    Released(bool),
}

/// What a watch says.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Fired {
    Child(Name<Label>, directory::Change),
    Children,
    /// etcd: the key of this session is gone.
    Gone(Owner),
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

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Msg {
    /// `connection` and `xid` are counted by the client.
    Ask {
        session: Owner,
        connection: u32,
        xid: u32,
        call: Call,
    },
    /// `events`: how many this connection has been told so far, so that one that is missing is noticed. `zxid`: the latest
    /// transaction that the server has heard of, where there is a follower.
    Answer {
        connection: u32,
        xid: u32,
        zxid: u32,
        events: u32,
        reply: Reply,
    },
    Event {
        connection: u32,
        fired: Fired,
    },
    /// A follower to its leader: a client's call.
    Forward {
        client: NodeId,
        session: Owner,
        connection: u32,
        xid: u32,
        call: Call,
    },
    /// The leader to its follower: what is agreed on now, and what the client that asked is told.
    Commit {
        agreed: server::Agreed,
        answer: Option<server::Due>,
    },
    /// The leader to its follower: whether the session of a client that goes on there lives. It says nothing else, and
    /// waits for nothing that the follower has yet to take in.
    Valid(server::Due),
    Read {
        owner: Owner,
        fence: Option<u32>,
    },
    /// `None`: refused.
    Value {
        owner: Owner,
        version: Option<u32>,
    },
    Write {
        owner: Owner,
        fence: Option<u32>,
        base: Option<u32>,
    },
    Wrote {
        owner: Owner,
        accepted: bool,
    },
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Timer {
    /// The client's lease, counted from before the call with this number was sent.
    Lease(u32),
    /// It has said nothing for a third of the session's timeout.
    Ping,
    /// It has heard nothing for two thirds of it.
    Silence,
    /// The storage has not answered.
    Timeout,
    Retry,
    Think,
    Work,
    /// From having looked at the clock to acting on it: a pause can fall in between.
    Act,
    /// The server's: a session has not been heard of for its timeout.
    Session(Owner),
    /// Consul: the lock delay.
    Delay,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Request {
    /// Take the lock now.
    Acquire,
    /// To the service: another of its servers becomes the leader. Nothing is forgotten; every session has its full time again.
    Elect,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Note {
    // client
    /// Opens a session.
    Opens(Owner),
    /// It has its session, on a new connection.
    Connected(Owner),
    /// It has heard nothing for two thirds of the timeout, or something is missing: it connects anew.
    Disconnected(Owner),
    /// It was told that its session is over.
    SessionOver(Owner),
    /// It noticed that its lease is over.
    LeaseOver(Owner),
    Asked(Owner),
    /// It looks whether the node of a lost answer is there.
    LooksForOwn(Owner),
    FoundOwn(Owner),
    /// It stands in the queue, behind a node or key of this attempt or session, if it knows whose.
    Queues {
        owner: Owner,
        behind: Option<Owner>,
    },
    /// The one before it is gone.
    Woken(Owner),
    Granted {
        owner: Owner,
        fence: Option<u32>,
    },
    Denied(Owner),
    /// It ends its round although the lock is only taken: at the first refusal, or after so many tries.
    GaveUp {
        owner: Owner,
        at_once: bool,
    },
    /// It stops working: it cannot know whether it still holds the lock.
    Stops(Owner),
    /// It could have had the lock, but its key or its lease is gone.
    KeyGone(Owner),
    TimedOut(Owner),
    Looked(Owner),
    HasRead {
        owner: Owner,
        version: Option<u32>,
    },
    Writes {
        owner: Owner,
        fence: Option<u32>,
    },
    Written {
        owner: Owner,
        accepted: bool,
    },
    Released {
        owner: Owner,
        removed: bool,
    },
    // server
    SessionOpened(Owner),
    /// A session has not been heard of for its timeout; what it had created goes with it.
    SessionExpired(Owner),
    /// Its client has ended it.
    SessionClosed(Owner),
    /// An attempt's key is there now: last in the queue. `fence` is its czxid, create revision or lock index.
    Enqueued {
        owner: Owner,
        session: Owner,
        fence: u32,
    },
    /// It was there already.
    Exists {
        by: u16,
        owner: Owner,
    },
    /// An attempt's key is gone: by its client, or with its session.
    Gone {
        owner: Owner,
        fence: u32,
        released: bool,
    },
    /// So many clients that have a key there were told of a change.
    Woke(u16),
    Refuses {
        owner: Owner,
        delayed: bool,
    },
    Told {
        by: u16,
    },
    /// It came up again with all that was agreed on; sessions have their full time.
    Recovered(u16),
    Elected(u16),
    /// The follower has heard of this transaction.
    Learnt(u32),
    // storage
    Served {
        owner: Owner,
        version: u32,
    },
    Accepted {
        owner: Owner,
        fence: Option<u32>,
        behind: Option<u32>,
        version: u32,
    },
    Refused {
        owner: Owner,
        fence: u32,
        newest: u32,
    },
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
