//! Clients that compute for themselves which server keeps a key, by a list of nodes that a directory changes.
//!
//! ```text
//!   administrator --add/remove/weight--> directory --view 2--> clients, and the server that it is about
//!   client --get k (view 1)--> the server that its own placement names --kept / not here (view 2)--> client
//! ```
//!
//! The rules. A client has the list in its configuration, hears of changes from the directory and confirms them; the
//! directory repeats a view until it is confirmed. Whoever answers or asks says by which view, and whoever knows an older
//! one adopts the newer. A server that does not keep the key by the newest view it knows says so; a client then asks by
//! the newer view, or goes on to the next replica, as it does when a server stays silent. A crash changes no list.
//!
//! Simplified: the directory is one node, not a group that agrees; servers answer whether they keep a key, and no data
//! is copied (`core::store` copies).

pub mod client;
pub mod config;
pub mod directory;
pub mod memo;
pub mod properties;
pub mod server;
pub mod shape;
pub mod stream;
pub mod verdict;
pub mod view;

pub use config::{Key, Mistake, Pace, Routing};
pub use view::{Seat, View};

use super::cluster::Cluster;
use super::protocol::{Context, Event, NodeId, Property, Protocol};
use std::sync::Arc;

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum State {
    Server(server::Server),
    Directory(Box<directory::Directory>),
    Client(Box<client::Client>),
}

/// The directory's newest view.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Record(pub Arc<View>);

/// A request of a client.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Tag {
    pub client: u16,
    /// The client's requests are counted; 2^16 are added for each of its crashes.
    pub n: u32,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Msg {
    View(Arc<View>),
    /// To the directory: I have this view. A client that has started again asks with it for a newer one, and how often it
    /// has started tells its question from earlier ones; 0: it does not ask.
    Seen {
        epoch: u32,
        asks: u32,
    },
    /// From the directory, to that question: there is none newer.
    Newest {
        epoch: u32,
        asks: u32,
    },
    Get {
        tag: Tag,
        view: Arc<View>,
        key: Key,
    },
    Answer {
        tag: Tag,
        view: Arc<View>,
        outcome: Outcome,
    },
    Stream(stream::Msg),
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Outcome {
    /// The server keeps the key, as its owner (0) or as one of the next.
    Kept { nth: u8 },
    /// By the newest view that the server knows it does not keep the key.
    NotHere,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Timer {
    /// Client: no answer came.
    Answer,
    Think,
    /// Client: the directory has not said whether the list is the newest.
    Hello,
    /// Directory: somebody has not confirmed the view.
    Announce,
    Stream(stream::Timer),
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Request {
    /// To a client.
    Get(Key),
    // to the directory, by the administrator
    /// Without a weight: the one in the list of nodes.
    Add(u16, Option<u32>),
    Remove(u16),
    Weight(u16, u32),
}

/// Why the directory does not change the list.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Refusal {
    /// There is no such server.
    Unknown,
    Member,
    NoMember,
    Last,
    /// The weight is no integer from 1 to the largest.
    BadWeight,
    Same,
    /// No more changes are allowed in this run.
    Enough,
    /// The strategy cannot place keys on this list: too many points, for instance.
    Scheme,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Note {
    // client
    Asked {
        key: Key,
        to: u16,
        /// Which of the key's nodes that is, from 0.
        nth: u8,
    },
    /// It has a request under way already.
    Busy,
    Got {
        key: Key,
        from: u16,
        nth: u8,
    },
    /// A server did not answer in time.
    Silent {
        key: Key,
        server: u16,
    },
    /// The server does not keep the key; the client's view is now this one.
    Redirected {
        key: Key,
        by: u16,
        epoch: u32,
    },
    GaveUp {
        key: Key,
    },
    /// Its placement names no server for the key.
    Nowhere {
        key: Key,
    },
    Learned {
        epoch: u32,
        members: u16,
    },
    // server
    /// A client asks for a key; `None`: it does not keep it.
    Asks {
        client: u16,
        key: Key,
        nth: Option<u8>,
    },
    // directory
    Confirmed {
        by: NodeId,
        left: u8,
    },
    Repeats {
        epoch: u32,
        left: u8,
    },
    Changed {
        before: Arc<View>,
        after: Arc<View>,
    },
    Refused {
        request: Request,
        why: Refusal,
    },
    Stream(stream::Note),
}

impl Protocol for Routing {
    type State = State;
    type Record = Record;
    type Msg = Msg;
    type Timer = Timer;
    type Request = Request;
    type Note = Note;
    type Ghost = properties::Ghost;

    fn size(&self) -> u16 {
        self.servers() + 1 + self.clients
    }

    fn boot(&self, me: NodeId, log: &[Record], cx: &mut Context<Self>) -> State {
        if me < self.directory() {
            State::Server(server::boot(self))
        } else if me == self.directory() {
            State::Directory(Box::new(directory::boot(self, log, cx)))
        } else {
            State::Client(Box::new(client::boot(self, me, cx)))
        }
    }

    fn step(&self, me: NodeId, state: &mut State, event: Event<Self>, cx: &mut Context<Self>) {
        match state {
            State::Server(server) => server::step(self, me.0, server, event, cx),
            State::Directory(directory) => directory::step(self, directory, event, cx),
            State::Client(client) => client::step(self, me, client, event, cx),
        }
    }

    fn observe(&self, ghost: &mut properties::Ghost, at: NodeId, note: &Note) {
        match note {
            Note::Changed { before, after } => ghost.change = Some((before.clone(), after.clone())),
            Note::Stream(note) => ghost.stream.observe(self, at, note),
            _ => {}
        }
    }

    fn witness(&self, ghost: &mut properties::Ghost, cluster: &Cluster<Self>) {
        if self.stream.is_some() {
            ghost.stream.witness(self, cluster);
        }
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::all(self)
    }

    fn owes(&self, _: &Property<Self>, cluster: &Cluster<Self>, _: &properties::Ghost, lasting: bool) -> bool {
        stream::tally::queued(self, cluster).any(|slot| !lasting || cluster.runs(NodeId(slot)))
    }

    fn requests(&self, cluster: &Cluster<Self>) -> Vec<(NodeId, Request)> {
        let mut list = Vec::new();
        for id in self.client_ids().filter(|id| cluster.runs(*id)) {
            if let Some(State::Client(client)) = cluster.state(id)
                && client.op.is_none()
                && client.gets_left.is_some_and(|left| left > 0)
            {
                list.extend(self.asked.iter().map(|key| (id, Request::Get(key.clone()))));
            }
        }
        if let (Some(State::Directory(directory)), Some(_), true) =
            (cluster.state(self.directory()), self.changes, cluster.runs(self.directory()))
        {
            let change = |slot| {
                let there = directory.view.has(slot);
                let request = if there { Request::Remove(slot) } else { Request::Add(slot, None) };
                directory::after(self, &directory.view, &request).is_ok().then_some((self.directory(), request))
            };
            list.extend((0..self.servers()).filter_map(change));
        }
        list
    }

    fn forces_at_once(&self, node: NodeId) -> bool {
        node <= self.directory()
    }
}
