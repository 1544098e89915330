//! What clients, servers and the storage say to each other, and what happens to them.

use super::zookeeper::directory::{self, Name};
use super::{Service, server};
use crate::core::lock::keyspace::Owner;
use crate::core::protocol::NodeId;

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
