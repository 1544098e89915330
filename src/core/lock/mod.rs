//! A lock in Redis, the clients that take it, and the storage that they write to.
//!
//! ```text
//!   client A ---SET lock A:… NX PX ttl--->  Redis  - - the same, later - ->  its replica
//!            <---------- OK / nil ---------
//!            ---write (fence 33)--------------------------> storage
//! ```
//!
//! With several masters that know nothing of each other (Redlock) a client holds the lock when most of them said OK while
//! its lease had not run out. Without any (compare-and-set) the storage takes a write only if nothing was written since
//! its author read.
//!
//! Sources: "Distributed Locks with Redis" (Redis documentation); M. Kleppmann, "How to do distributed locking", 2016;
//! S. Sanfilippo, "Is Redlock safe?", 2016; C. Gray and D. Cheriton, "Leases", 1989.
//!
//! Three things are kept apart: what a client *believes* (its phase), whether it is *inside its lease* (its own timer,
//! counted from before the request was sent), and what the storage *accepted*.
//!
//! Simplified: an owner value is the client and a number that never repeats; connections are not modelled, so messages
//! may overtake each other as they do across reconnects, but not on the way from a master to its replica; a replica counts
//! a key's time to live from when it hears of it (Redis sends the absolute time); the storage forces each write within
//! the step that accepts it.

pub mod client;
pub mod history;
pub mod keyspace;
pub mod properties;
pub mod redis;
pub mod storage;
pub mod symmetry;

use super::protocol::{Context, Event, NodeId, Order, Property, Protocol, Ticks};
use super::symmetry::Symmetry;
use keyspace::{Command, Owner, Reply};
use redis::Role;
use storage::{Answer, Ask, Rules, Stores, Told};

/// The configuration: a recipe, its options and its mistakes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Lock {
    pub clients: u16,
    /// Redis servers that know nothing of each other: one; three or five for Redlock; none where nothing is locked.
    pub masters: u16,
    /// The only master has an asynchronous replica, which can take its place.
    pub replica: bool,
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
    /// Whether the history keeps in which order clients were refused, so that FIFO-GRANT can be judged.
    pub order: bool,
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
    /// `appendonly yes`, `appendfsync everysec`: answers at once, forces once a second.
    EverySecond,
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
    /// Redlock: most masters said OK, and nobody asks how long that took.
    NoValidityCheck,
    /// Compare-and-set without the compare: the write does not say what it was computed from.
    BlindWrite,
}

impl Mistake {
    pub const ALL: [Mistake; 17] = [
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
        Mistake::NoValidityCheck,
        Mistake::BlindWrite,
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

#[derive(PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum State {
    Client(client::Client),
    Redis(redis::Redis),
    Storage(storage::Storage),
}

impl Clone for State {
    fn clone(&self) -> Self {
        match self {
            State::Client(client) => State::Client(*client),
            State::Redis(redis) => State::Redis(redis.clone()),
            State::Storage(storage) => State::Storage(*storage),
        }
    }
    fn clone_from(&mut self, other: &Self) {
        match (self, other) {
            (State::Redis(redis), State::Redis(other)) => redis.clone_from(other),
            (state, other) => *state = other.clone(),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
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
    /// Master to replica: what it holds now. `offset` counts the changes.
    Replicate {
        offset: u32,
        counter: Option<i64>,
        lock: redis::Record,
    },
    /// To every client: ask this one from now on (`+switch-master` of Redis Sentinel).
    NewMaster,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
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
    /// Redis: time to force what was appended (`appendfsync everysec`).
    Sync,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Request {
    /// Take the lock now; without a lock: change the value now.
    Acquire,
    /// To the replica: take the master's place.
    Promote,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Note {
    // client
    Asked(Owner),
    Granted {
        owner: Owner,
        fence: Option<u32>,
    },
    Denied(Owner),
    /// One more master has answered: so many said OK so far.
    Vote {
        owner: Owner,
        yes: u16,
    },
    /// So many masters said OK: most of them. It looks at its clock next.
    Quorum {
        owner: Owner,
        yes: u16,
    },
    /// Most of the masters cannot be had any more.
    NoQuorum {
        owner: Owner,
        yes: u16,
    },
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
    /// The replica has heard of a change.
    Replicated {
        offset: u32,
        holder: Option<Owner>,
    },
    /// The replica is the master now, with what it had heard.
    Promoted(Option<Owner>),
    /// A client asks another server from now on.
    Switched(u16),
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
    /// Computed from a version that is no longer the latest.
    Outdated {
        owner: Owner,
        base: u32,
        version: u32,
    },
}

impl Lock {
    /// The first Redis server: the only master, where there is one.
    pub fn redis(&self) -> NodeId {
        NodeId(self.clients)
    }

    pub fn masters(&self) -> impl Iterator<Item = NodeId> + use<> {
        (self.clients..self.clients + self.masters).map(NodeId)
    }

    /// All Redis servers, the replica last.
    pub fn servers(&self) -> impl Iterator<Item = NodeId> + use<> {
        (self.clients..self.storage().0).map(NodeId)
    }

    pub fn replica(&self) -> Option<NodeId> {
        self.replica.then_some(NodeId(self.clients + self.masters))
    }

    pub fn storage(&self) -> NodeId {
        NodeId(self.clients + self.masters + u16::from(self.replica))
    }

    /// How many masters are most of them.
    pub fn quorum(&self) -> u16 {
        self.masters / 2 + 1
    }

    /// Whether there is a lock at all.
    pub fn locks(&self) -> bool {
        self.masters > 0
    }

    /// Whether the storage compares fences.
    pub fn checks(&self) -> bool {
        self.fence && !self.mistakes.has(Mistake::StorageUnchecked)
    }

    /// Whether the storage takes a write only if it was computed from the latest version.
    pub fn compares(&self) -> bool {
        !self.locks() && !self.mistakes.has(Mistake::BlindWrite)
    }

    /// What Redis does with its append-only file.
    pub fn persistence(&self) -> Persistence {
        if self.mistakes.has(Mistake::CounterLost) { Persistence::None } else { self.persistence }
    }

    /// Whether what is in memory can be found again after a restart.
    pub fn logs(&self) -> bool {
        self.persistence() != Persistence::None
    }
}

impl Stores for Lock {
    fn rules(&self) -> Rules {
        let forgets = self.mistakes.has(Mistake::FenceInMemory);
        Rules { checks: self.checks(), compares: self.compares(), forgets }
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
            Told::Outdated { owner, base, version } => Note::Outdated { owner, base, version },
        }
    }

    fn keeps(record: storage::Record) -> Record {
        Record::Storage(record)
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
        self.storage().0 + 1
    }

    fn boot(&self, me: NodeId, log: &[Record], cx: &mut Context<Self>) -> State {
        if me.0 >= self.clients && me < self.storage() {
            let records = log.iter().filter_map(|r| if let Record::Redis(r) = r { Some(r) } else { None });
            State::Redis(redis::boot(self, me, records, cx))
        } else if me == self.storage() {
            let records = log.iter().filter_map(|r| if let Record::Storage(r) = r { Some(r) } else { None });
            State::Storage(storage::boot(self.rules(), records))
        } else {
            State::Client(client::boot(self, me, cx))
        }
    }

    fn step(&self, me: NodeId, state: &mut State, event: Event<Self>, cx: &mut Context<Self>) {
        match state {
            State::Client(client) => client::step(self, me, client, event, cx),
            State::Redis(redis) => redis::step(self, me, redis, event, cx),
            State::Storage(storage) => storage::step(self, storage, event, cx),
        }
    }

    fn observe(&self, ghost: &mut properties::Ghost, at: NodeId, note: &Note) {
        properties::observe(self, ghost, at, note);
    }

    fn witness(&self, ghost: &mut properties::Ghost, cluster: &super::cluster::Cluster<Self>) {
        properties::witness(self, ghost, cluster);
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::all(self)
    }

    /// Nothing is owed before a holder has died, and after its key has become free: not before the next one dies.
    fn owes(&self, _: &Property<Self>, _: &super::cluster::Cluster<Self>, ghost: &properties::Ghost, _: bool) -> bool {
        ghost.dead_holder.is_some()
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
        let mut all: Vec<_> = (0..self.clients).map(NodeId).filter(wants).map(|id| (id, Request::Acquire)).collect();
        // Whoever watches the master sees that it is gone.
        let waits =
            |id: &NodeId| matches!(cluster.state(*id), Some(State::Redis(redis)) if redis.role == Role::Replica);
        let gone = !cluster.is_up(self.redis());
        all.extend(self.replica().filter(|id| gone && waits(id)).map(|id| (id, Request::Promote)));
        all
    }

    fn order(&self, from: NodeId, to: NodeId) -> Order {
        if Some(to) == self.replica() && from == self.redis() { Order::Fifo } else { Order::Any }
    }

    /// An answer to an attempt that its client has left behind: owner values never come again.
    fn inert(&self, cluster: &super::cluster::Cluster<Self>, to: NodeId, msg: &Msg) -> bool {
        let Some(State::Client(client)) = cluster.state(to) else { return false };
        match msg {
            Msg::Answer { attempt, purpose, .. } => !client.awaits(*attempt, *purpose),
            Msg::Value { owner, .. } | Msg::Wrote { owner, .. } => client.works_for() != Some(*owner),
            _ => false,
        }
    }

    fn forces_at_once(&self, node: NodeId) -> bool {
        // Of many masters each one's log matters, and not when its disk turns.
        node == self.storage() || self.masters > 1
    }

    fn symmetry(&self, crashes: bool) -> Option<Symmetry<Self>> {
        Some(symmetry::of(self, crashes))
    }
}
