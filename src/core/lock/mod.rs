//! A lock in Redis, the clients that take it, and the storage that they write to.
//!
//! ```text
//!   client A ---SET lock A:… NX PX ttl--->  Redis
//!            <---------- OK / nil ---------
//!            ---write (fence 33)--------------------------> storage
//! ```
//!
//! Sources: "Distributed Locks with Redis" (Redis documentation); M. Kleppmann, "How to do distributed locking", 2016;
//! C. Gray and D. Cheriton, "Leases", 1989.
//!
//! Three things are kept apart: what a client *believes* (its phase), whether it is *inside its lease* (its own timer,
//! counted from before the request was sent), and what the storage *accepted*.
//!
//! Simplified: an owner value is the client and a number that never repeats; connections are not modelled, so messages
//! may overtake each other as they do across reconnects; the storage forces each write within the step that accepts it.

pub mod client;
pub mod keyspace;
pub mod properties;
pub mod redis;
pub mod storage;

use super::protocol::{Context, Event, NodeId, Property, Protocol, Ticks};
use keyspace::{Command, Owner, Reply};

/// The configuration: a recipe, its options and its mistakes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Lock {
    pub clients: u16,
    /// Time to live of the key, and length of the lease.
    pub ttl: Ticks,
    /// The client stops believing this much before its lease ends, against drift.
    pub margin: Ticks,
    /// From being granted the lock (or having read) to the write.
    pub work: Ticks,
    /// Until an unanswered request counts as lost; 0: waits for ever.
    pub timeout: Ticks,
    /// Until the next try after a refusal; a draw below `jitter` is added.
    pub retry: Ticks,
    pub jitter: u32,
    /// Between one release and the next acquisition; `None`: the client waits for a request from outside.
    pub think: Option<Ticks>,
    /// How many rounds a client does; `None`: for ever.
    pub rounds: Option<u8>,
    /// How often it asks before it gives a round up; `None`: until it gets it.
    pub tries: Option<u8>,
    /// One script does SET NX PX and INCR of the counter; writes carry the number.
    pub fence: bool,
    pub storage_checks: bool,
    pub reads: Reads,
    /// The client looks at its clock right before it writes.
    pub looks: bool,
    pub persistence: Persistence,
    pub mistake: Option<Mistake>,
}

/// Whether a client reads the storage before it computes its write.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Reads {
    /// It writes blindly.
    No,
    Plain,
    /// The read carries the fence too, and the storage remembers it.
    Fenced,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Persistence {
    None,
    /// `appendonly yes`, `appendfsync always`: answers after the force.
    Always,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Mistake {
    /// Releases with DEL, whoever holds the key.
    UnconditionalDel,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum State {
    Client(client::Client),
    Redis(redis::Redis),
    Storage(storage::Storage),
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Record {
    Redis(redis::Record),
    Storage(storage::Record),
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Msg {
    /// A command, named by the attempt that it belongs to.
    Ask {
        attempt: Owner,
        command: Command,
    },
    Answer {
        attempt: Owner,
        release: bool,
        reply: Reply,
    },
    Read {
        owner: Owner,
        fence: Option<u32>,
    },
    /// `None`: refused.
    Value {
        owner: Owner,
        version: Option<u32>,
    },
    /// `base` is the version that the write was computed from.
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
    /// The client's lease, on its monotonic clock, counted from before the request was sent.
    Lease,
    /// No answer came.
    Timeout,
    Retry,
    Think,
    Work,
    /// From having looked at the clock to acting on it: a pause can fall in between.
    Act,
    /// Redis: the key's deadline, on its wall clock. The owner tells one grant's deadline from the next.
    Expire(Owner),
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Request {
    /// Take the lock now.
    Acquire,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Note {
    // client
    Asked(Owner),
    Granted {
        owner: Owner,
        fence: Option<u32>,
    },
    Denied(Owner),
    TimedOut(Owner),
    /// It noticed that its lease is over.
    LeaseOver(Owner),
    /// It looked at its clock: inside the lease.
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
    // Redis
    Set {
        owner: Owner,
        fence: Option<u32>,
    },
    NotSet {
        owner: Owner,
        holder: Option<Owner>,
    },
    Removed {
        by: u16,
        owner: Owner,
    },
    NotRemoved {
        by: u16,
    },
    Expired(Owner),
    /// Recovered from its log: the key that it still has.
    Recovered(Option<Owner>),
    // storage
    Served {
        owner: Owner,
        version: u32,
    },
    Accepted {
        owner: Owner,
        fence: Option<u32>,
        /// How many versions the write's basis is behind the one that it replaces.
        behind: Option<u32>,
        version: u32,
    },
    Refused {
        owner: Owner,
        fence: u32,
        newest: u32,
    },
}

impl Lock {
    pub fn redis(&self) -> NodeId {
        NodeId(self.clients)
    }

    pub fn storage(&self) -> NodeId {
        NodeId(self.clients + 1)
    }
}

impl Protocol for Lock {
    type State = State;
    type Record = Record;
    type Msg = Msg;
    type Timer = Timer;
    type Request = Request;
    type Note = Note;
    type Ghost = properties::Ghost;

    fn size(&self) -> u16 {
        self.clients + 2
    }

    fn boot(&self, me: NodeId, log: &[Record], cx: &mut Context<Self>) -> State {
        if me == self.redis() {
            let records = log.iter().filter_map(|r| if let Record::Redis(r) = r { Some(r) } else { None });
            State::Redis(redis::boot(self, records, cx))
        } else if me == self.storage() {
            let records = log.iter().filter_map(|r| if let Record::Storage(r) = r { Some(r) } else { None });
            State::Storage(storage::boot(records))
        } else {
            State::Client(client::boot(self, me, cx))
        }
    }

    fn step(&self, me: NodeId, state: &mut State, event: Event<Self>, cx: &mut Context<Self>) {
        match state {
            State::Client(client) => client::step(self, me, client, event, cx),
            State::Redis(redis) => redis::step(self, redis, event, cx),
            State::Storage(storage) => storage::step(self, storage, event, cx),
        }
    }

    fn observe(&self, ghost: &mut properties::Ghost, at: NodeId, note: &Note) {
        properties::observe(ghost, at, note);
    }

    fn witness(&self, ghost: &mut properties::Ghost, cluster: &super::cluster::Cluster<Self>) {
        properties::witness(self, ghost, cluster);
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::all(self)
    }

    fn requests(&self, cluster: &super::cluster::Cluster<Self>) -> Vec<(NodeId, Request)> {
        let wants = |id: &NodeId| match cluster.state(*id) {
            Some(State::Client(client)) => {
                client.phase == client::Phase::Idle && client.rounds_left.is_some_and(|rounds| rounds > 0)
            }
            _ => false,
        };
        if self.think.is_some() {
            return Vec::new();
        }
        (0..self.clients).map(NodeId).filter(wants).map(|id| (id, Request::Acquire)).collect()
    }

    fn forces_at_once(&self, node: NodeId) -> bool {
        node == self.storage()
    }
}
