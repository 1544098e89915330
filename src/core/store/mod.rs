//! A small replicated store on the ring: clients, servers, and a directory that says who is a member.
//!
//! ```text
//!   administrator --add/remove--> directory --view 2--> servers and clients
//!   client --put k (view 1)--> owner --replicate--> the next nodes on the walk
//!          <---- stored -----        <--replicated--
//!   joining or restarted server --fetch--> every other server, one by one --copy--> what it keeps and lacks
//! ```
//!
//! Source: DeCandia et al., "Dynamo", SOSP 2007 (preference list 4.3, sloppy quorum and hinted copies 4.6).
//!
//! The rules. A client sends a request to the owner of the key by *its own* view, and after a timeout to the next
//! replica on the walk: a crash leaves the ring as it is, only a removal changes owners. Every request carries its
//! sender's view and every answer too: whoever knows an older one adopts the newer. A server that does not keep the key
//! by its view redirects. The server that takes a Put writes it to its log, sends it to the other replicas, and answers
//! when R different nodes have it on disk; in the place of one that stays silent it takes the next node on the walk, and
//! with too few nodes it does not acknowledge. A Get is answered by one node. Versions are chosen by the client, one
//! more than the highest that it has seen; the higher wins.
//!
//! A server that keeps new ranges, or was down, asks every other server that is or was a member for what it lacks, one
//! after the other; those that stay silent it skips. What becomes meanwhile of requests for what it does not have yet is
//! [`Handover`]: it turns them away, and the client goes on to the next replica; or passes them on to the owner of before;
//! or none reach it, because the view of a change that has not ended sends Gets to the members of before and Puts to both,
//! until every member has reported its copy and the directory ends the change by a view of its own. A server never deletes
//! what it no longer keeps (Cassandra, too, waits for a clean-up).
//!
//! Simplified: the directory is one node, not a group that agrees; the disk forces within the step; the comparison of
//! Merkle trees is a list of versions; concurrent writes are ordered by version and client, not kept as siblings.

pub mod client;
pub mod config;
pub mod directory;
pub mod entry;
pub mod properties;
pub mod server;
pub mod survey;
pub mod view;

pub use config::{Handover, Mistake, Pace, Store};
pub use entry::{Entry, Key, Tag};

use super::cluster::Cluster;
use super::protocol::{Context, Event, NodeId, Property, Protocol};
use view::View;

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum State {
    Server(server::Server),
    Directory(directory::Directory),
    Client(client::Client),
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Record {
    View(View),
    Entry(Key, Entry),
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Msg {
    View(View),
    /// The server has this view of the directory, or a newer one.
    Seen {
        epoch: u32,
    },
    /// A Get, or a Put of an entry.
    Ask {
        tag: Tag,
        view: View,
        key: Key,
        put: Option<Entry>,
    },
    Answer {
        tag: Tag,
        view: View,
        outcome: Outcome,
    },
    Replicate {
        view: View,
        key: Key,
        entry: Entry,
    },
    Replicated {
        key: Key,
        entry: Entry,
    },
    /// What have you that I keep by this view and lack?
    Fetch {
        round: u32,
        view: View,
        have: Vec<(Key, Entry)>,
    },
    Copy {
        round: u32,
        view: View,
        entries: Vec<(Key, Entry)>,
    },
    /// A request of a client that the sender cannot answer yet, to the owner of before.
    Forward {
        tag: Tag,
        view: View,
        key: Key,
        put: Option<Entry>,
        /// What the sender has already: written during the change.
        have: Option<Entry>,
    },
    /// To the directory: the server has copied all that it keeps by this view.
    Whole {
        epoch: u32,
    },
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Outcome {
    /// Get: what the server has.
    Value(Option<Entry>),
    /// Put: so many nodes have it on disk.
    Stored { entry: Entry, copies: u8 },
    /// Put: fewer nodes than needed have it.
    Short { copies: u8 },
    /// The server has not copied this key yet.
    NotYet,
    /// By the server's view it does not keep this key.
    Redirect,
    /// The server that this one was asked by has not copied the key yet, and this one does not have it (any more).
    Neither { asked: u16 },
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Timer {
    /// Client: no answer came.
    Answer,
    /// Client: ask again.
    Again,
    Think,
    /// Server: a replica is silent.
    Replica(Tag),
    /// Server: a source is silent.
    Copy,
    Repair,
    /// Directory: somebody has not confirmed the view.
    Announce,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Request {
    // to a client
    Get(Key),
    Put(Key),
    // to the directory, by the administrator
    Add(u16),
    Remove(u16),
    /// To a server: compare with all others.
    Repair,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Note {
    // client
    Asked {
        key: Key,
        put: Option<Entry>,
        to: u16,
        /// Not the first server that it tries.
        again: bool,
    },
    /// It has a request under way already.
    Busy,
    Got {
        key: Key,
        entry: Option<Entry>,
        from: u16,
    },
    /// `needed` different nodes have to have it by the client's view.
    Stored {
        key: Key,
        entry: Entry,
        copies: u8,
        needed: u8,
    },
    NotStored {
        key: Key,
        copies: u8,
    },
    /// A server did not answer in time.
    Silent {
        key: Key,
        server: u16,
    },
    TurnedAway {
        key: Key,
        by: u16,
    },
    Redirected {
        key: Key,
        by: u16,
        epoch: u32,
    },
    GaveUp {
        key: Key,
        put: bool,
    },
    // client and server
    Learned(View),
    // server
    /// It takes a Put: these keep the copies.
    Places {
        key: Key,
        entry: Entry,
        nodes: Vec<u16>,
    },
    /// A replica is silent; another node takes its copy.
    StandIn {
        key: Key,
        silent: u16,
        by: u16,
    },
    /// No server is left to take a copy: it cannot acknowledge the Put.
    TooFew {
        client: u16,
        key: Key,
        copies: u8,
    },
    Kept {
        key: Key,
        entry: Entry,
    },
    /// It answers a Get; `None`: it has nothing.
    Serves {
        client: u16,
        key: Key,
        entry: Option<Entry>,
    },
    /// It cannot answer: it keeps the key and lacks it, or does not keep it.
    Declines {
        client: u16,
        key: Key,
        keeps: bool,
    },
    /// One more server has the Put that it coordinates; so many have to.
    Counted {
        key: Key,
        by: u16,
        copies: u8,
        needed: u8,
    },
    /// It asks this server for what it lacks.
    Fetches {
        from: u16,
    },
    /// What the other keeps and lacks, if anything.
    Sent {
        to: u16,
        keys: Vec<Key>,
    },
    Copied {
        from: u16,
        keys: Vec<Key>,
    },
    /// The source did not answer in time.
    Skipped {
        source: u16,
    },
    /// It has asked everybody.
    Complete {
        epoch: u32,
    },
    /// Restarted: so many keys are on its disk.
    Recovered {
        keys: u32,
    },
    // directory
    /// A server has confirmed the view; so many have not.
    Confirmed {
        by: u16,
        left: u8,
    },
    /// So many servers have not confirmed it: it tells them again.
    Repeats {
        epoch: u32,
        left: u8,
    },
    Changed {
        before: View,
        after: View,
    },
    /// It is a member already, is none, or is the last.
    Refused {
        slot: u16,
        add: bool,
    },
    // server
    /// It keeps the key and lacks it: it passes the request on to the owner of before.
    Forwards {
        client: u16,
        key: Key,
        to: u16,
    },
    /// A request was passed on to it, and it does not have the key either.
    Unable {
        client: u16,
        key: Key,
    },
    // directory
    /// This server has copied; so many have not.
    Copies {
        by: u16,
        left: u8,
    },
    /// All have copied: from now on the members of this view answer.
    Settled(View),
}

impl Protocol for Store {
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
            State::Server(server::boot(self, me.0, log, cx))
        } else if me == self.directory() {
            State::Directory(directory::boot(self, log, cx))
        } else {
            State::Client(client::boot(self, me, cx))
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
        properties::observe(self, ghost, at, note);
    }

    fn witness(&self, ghost: &mut properties::Ghost, cluster: &Cluster<Self>) {
        properties::witness(ghost, cluster);
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::all(self)
    }

    fn owes(&self, _: &Property<Self>, cluster: &Cluster<Self>, ghost: &properties::Ghost, lasting: bool) -> bool {
        let lack = properties::incomplete(self, cluster, ghost);
        lack.into_iter().any(|slot| !lasting || cluster.runs(NodeId(slot)))
    }

    fn requests(&self, cluster: &Cluster<Self>) -> Vec<(NodeId, Request)> {
        let mut list = Vec::new();
        for id in self.client_ids() {
            if let Some(State::Client(client)) = cluster.state(id)
                && client.op.is_none()
                && cluster.runs(id)
            {
                for key in &self.keys {
                    if client.gets_left.is_some_and(|left| left > 0) {
                        list.push((id, Request::Get(key.clone())));
                    }
                    if client.puts_left.is_some_and(|left| left > 0) {
                        list.push((id, Request::Put(key.clone())));
                    }
                }
            }
        }
        if let (Some(State::Directory(directory)), Some(_), true) =
            (cluster.state(self.directory()), self.changes, cluster.runs(self.directory()))
        {
            list.extend(directory::possible(self, directory).into_iter().map(|request| (self.directory(), request)));
        }
        list
    }

    fn forces_at_once(&self, node: NodeId) -> bool {
        node <= self.directory()
    }
}
