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
//! after the other; those that stay silent it skips. Until then it turns away requests for what it does not have yet,
//! and the client goes on to the next replica. A server never deletes what it no longer keeps (Cassandra, too, waits
//! for a clean-up).
//!
//! Simplified: the directory is one node, not a group that agrees; the disk forces within the step; the comparison of
//! Merkle trees is a list of versions; concurrent writes are ordered by version and client, not kept as siblings.

pub mod client;
pub mod directory;
pub mod properties;
pub mod server;
pub mod view;

use super::cluster::Cluster;
use super::placement::ring::{Ring, RingError};
use super::placement::{KeyHash, Member, Placement};
use super::protocol::{Context, Event, NodeId, Property, Protocol, Ticks};
use std::fmt::{self, Debug, Formatter};
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use view::{Members, SLOTS_MOST, View};

/// The configuration: servers and their ring, the rules' numbers, what the outside may ask, the mistake.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Store {
    /// The ring of all slots, whether members or not: a slot is an index into its members.
    pub ring: Ring,
    /// Members at the start; the other slots are idle until they are added.
    pub initial: Members,
    /// Copies of a key, the owner's included.
    pub replicas: u8,
    pub clients: u16,
    /// The keys that are asked for; a person may ask for others.
    pub keys: Vec<Key>,
    /// The keys are stored from the start.
    pub preload: bool,
    pub pace: Pace,
    /// What a client may be asked for in all; `None`: no bound.
    pub gets: Option<u8>,
    pub puts: Option<u8>,
    /// Membership changes in all; `None`: no bound.
    pub changes: Option<u8>,
    pub mistake: Option<Mistake>,
}

/// How long the nodes wait.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Pace {
    /// Until a client gives up on one server. Long enough for the server to find a stand-in for a silent replica.
    pub answer: Ticks,
    /// Until a server gives up on a replica.
    pub replica: Ticks,
    /// Until a server that copies gives up on one source.
    pub copy: Ticks,
    /// Until a client that found no replica ready asks again.
    pub again: Ticks,
    /// How often it goes through the replicas before it gives up.
    pub rounds: u8,
    /// Between two requests of a client by itself; `None`: it waits for requests from outside.
    pub think: Option<Ticks>,
    /// Of a client's own requests one in so many is a Put.
    pub put_every: u32,
    /// Between two repairs of a server by itself.
    pub repair: Option<Ticks>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Mistake {
    /// Copies go to the next points of the ring, which may belong to one node.
    ReplicaSameNode,
}

/// A key, known by its position on the ring.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    pub at: u64,
    pub name: Arc<str>,
}

impl Key {
    pub fn new(name: &str) -> Key {
        Key { at: KeyHash::Sha1.position(name.as_bytes()), name: name.into() }
    }
}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.at.hash(state); // equal names have equal positions
    }
}

impl Debug for Key {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// A request of a client, and the value that it stores if it is a Put: no two are alike.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Tag {
    pub client: u16,
    /// The client's requests are counted; 2^16 are added for each of its crashes.
    pub n: u32,
}

/// A value with its version. Of two the greater is the newer: the higher number, then the writer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Entry {
    pub number: u32,
    pub value: Tag,
}

impl Entry {
    /// What is stored from the start.
    pub const FIRST: Entry = Entry { number: 0, value: Tag { client: u16::MAX, n: 0 } };
}

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
    Kept {
        key: Key,
        entry: Entry,
    },
    /// It asks this server for what it lacks.
    Fetches {
        from: u16,
    },
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
    Changed {
        before: View,
        after: View,
    },
    /// It is a member already, is none, or is the last.
    Refused {
        slot: u16,
        add: bool,
    },
}

impl Store {
    /// A store of these servers, the first `initial` of them members, with `vnodes` points for a weight of 1.
    ///
    /// # Errors
    /// See [`RingError`]. Servers beyond [`SLOTS_MOST`] are not used.
    pub fn new(mut servers: Vec<Member>, initial: u16, vnodes: u32, replicas: u8) -> Result<Store, RingError> {
        servers.truncate(SLOTS_MOST);
        let initial = Members::first(initial.min(servers.len() as u16));
        Ok(Store {
            ring: Ring::new(servers, vnodes)?,
            initial,
            replicas: replicas.max(1),
            clients: 1,
            keys: Vec::new(),
            preload: false,
            pace: Pace::default(),
            gets: None,
            puts: None,
            changes: None,
            mistake: None,
        })
    }

    pub fn servers(&self) -> u16 {
        self.ring.members().len() as u16
    }

    pub fn directory(&self) -> NodeId {
        NodeId(self.servers())
    }

    pub fn client_ids(&self) -> impl Iterator<Item = NodeId> + use<> {
        (self.servers() + 1..self.size()).map(NodeId)
    }

    /// The membership as the directory has it, on its disk if it is down.
    pub fn view(&self, cluster: &Cluster<Store>) -> View {
        match cluster.state(self.directory()) {
            Some(State::Directory(directory)) => directory.view,
            _ => directory::recover(self, &cluster.node(self.directory()).log),
        }
    }
}

impl Default for Pace {
    /// In milliseconds, for messages that take up to 80.
    fn default() -> Self {
        Pace { answer: 900, replica: 250, copy: 250, again: 400, rounds: 4, think: None, put_every: 3, repair: None }
    }
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

    fn properties(&self) -> Vec<Property<Self>> {
        properties::all(self)
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
