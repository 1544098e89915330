//! What a client asks a service for, and what it is told.

use super::zookeeper::directory::{self, Name};
use super::{Owner, Service};
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
