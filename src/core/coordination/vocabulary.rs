//! What nodes say to each other, what wakes them, and what happens to them.

use super::call::{Call, Fired, Reply};
use super::server;
use crate::core::lock::keyspace::Owner;
use crate::core::protocol::NodeId;

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
