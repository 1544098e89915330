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
    /// One script does SET NX PX and INCR of the counter; writes carry the number, and the storage checks it.
    pub fence: bool,
    pub reads: Reads,
    /// The client looks at its clock right before it writes.
    pub looks: bool,
    pub persistence: Persistence,
    /// A holder asks for more time while it works.
    pub renew: bool,
    /// How often at most it does so in a round; `None`: as long as it works.
    pub renewals: Option<u8>,
    pub mistakes: Mistakes,
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

/// What tutorials teach wrongly.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Mistake {
    /// GET, and if there is nothing, SET.
    GetThenSet,
    /// SET takes the key from whoever has it.
    SetWithoutNx,
    /// SETNX and nothing else: the key stays for ever.
    SetnxWithoutTtl,
    /// SETNX, then PEXPIRE as a second command.
    SetnxThenExpire,
    /// Releases with DEL, whoever holds the key.
    UnconditionalDel,
    /// Releases with GET, compares, and then DEL.
    GetCompareDel,
    /// Every client sets the same value.
    ConstantOwner,
    /// The lease is counted from the answer instead of from before the request.
    CountedFromReply,
    /// More time is asked for with PEXPIRE, whoever holds the key.
    RenewWithoutCompare,
    /// The fence is counted by a second command.
    IncrSecond,
    /// `set(key, incr(key))`: counts, and writes the number that it got back over the counter.
    SetIncr,
    /// The counter is forgotten in a restart.
    CounterLost,
    /// The random owner value is shown as a fence.
    OwnerAsFence,
    /// The storage remembers the newest fence in memory only.
    FenceInMemory,
    /// The storage takes every write.
    StorageUnchecked,
}

impl Mistake {
    pub const ALL: [Mistake; 15] = [
        Mistake::GetThenSet,
        Mistake::SetWithoutNx,
        Mistake::SetnxWithoutTtl,
        Mistake::SetnxThenExpire,
        Mistake::UnconditionalDel,
        Mistake::GetCompareDel,
        Mistake::ConstantOwner,
        Mistake::CountedFromReply,
        Mistake::RenewWithoutCompare,
        Mistake::IncrSecond,
        Mistake::SetIncr,
        Mistake::CounterLost,
        Mistake::OwnerAsFence,
        Mistake::FenceInMemory,
        Mistake::StorageUnchecked,
    ];
}

/// The mistakes that are switched on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Mistakes(u32);

impl Mistakes {
    pub fn with(self, mistake: Mistake) -> Self {
        Mistakes(self.0 | 1 << mistake as u32)
    }

    pub fn has(self, mistake: Mistake) -> bool {
        self.0 & 1 << mistake as u32 != 0
    }
}

/// What a command is for: the answer carries it back.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Purpose {
    /// Is the key free?
    Look,
    Take,
    /// Give the key that was taken its time to live.
    Limit,
    /// Count a fence.
    Count,
    /// Write the count that came back over the counter.
    Store(u32),
    Renew,
    /// Is the key still mine?
    Compare,
    Release,
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
        purpose: Purpose,
        command: Command,
    },
    Answer {
        attempt: Owner,
        purpose: Purpose,
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
    /// The client's lease, on its monotonic clock, counted from before the request was sent. A renewal is a lease of its own.
    Lease(Owner),
    /// Time to ask for more time.
    Renew,
    /// No answer came.
    Timeout,
    Retry,
    Think,
    Work,
    /// From having looked at the clock to acting on it: a pause can fall in between.
    Act,
    /// Redis: the key's deadline, on its wall clock. The attempt that set it tells one deadline from the next.
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
    /// It has more time.
    Renewed(Owner),
    /// It asked for more time and the key was not its own any more.
    NotRenewed(Owner),
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
    /// Said what the key holds.
    Told {
        by: u16,
        holder: Option<Owner>,
    },
    /// The key of this holder got another deadline.
    Limited {
        by: u16,
        holder: Option<Owner>,
    },
    Counted {
        by: u16,
        fence: u32,
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

    /// Whether the storage compares fences.
    pub fn checks(&self) -> bool {
        self.fence && !self.mistakes.has(Mistake::StorageUnchecked)
    }

    /// Whether Redis answers after its disk.
    pub fn persists(&self) -> bool {
        self.persistence == Persistence::Always && !self.mistakes.has(Mistake::CounterLost)
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
            State::Storage(storage::boot(self, records))
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
