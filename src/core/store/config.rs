//! The configuration of a store: its servers and their ring, the rules' numbers, what the outside may ask.

use super::survey::Lists;
use super::view::{Members, SLOTS_MOST, View};
use super::{Key, State, directory};
use crate::core::cluster::Cluster;
use crate::core::placement::ring::{Ring, RingError};
use crate::core::placement::{Member, Placement};
use crate::core::protocol::{NodeId, Protocol, Ticks};
use std::sync::Arc;

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
    pub handover: Handover,
    /// A mistake beside: Gets go to a key's new owner, and it answers them before it has its copy.
    pub early: bool,
    /// Keys that are placed for the picture and are in nobody's state: no step reads them.
    pub lists: Arc<Lists>,
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
    /// Until the directory repeats a view to those that have not confirmed it; `None`: it tells each once.
    pub announce: Option<Ticks>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Mistake {
    /// Copies go to the next points of the ring, which may belong to one node.
    ReplicaSameNode,
}

/// While a key moves: what becomes of requests for it that reach a server which keeps it and has not copied it yet?
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Handover {
    /// They are turned away; the client goes on to the next replica.
    TurnAway,
    /// They are passed on to the owner before the change, who answers the client itself. A cold pool of mcrouter asks the
    /// warm one on a miss (`WarmUpRoute`), and Ceph's cache tier the pool below it, though there the answer goes back
    /// through the middle. Redis Cluster does not: with `ASK` it redirects the client, and from the old owner to the new.
    Forward,
    /// None reach it: until all have copied, Gets go to the members of before, Puts to those and to the new ones (Cassandra's
    /// pending ranges; Ceph's `pg_temp` during a backfill).
    WriteBoth,
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
            handover: Handover::TurnAway,
            early: false,
            lists: Arc::default(),
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
        Pace {
            answer: 900,
            replica: 250,
            copy: 250,
            again: 400,
            rounds: 4,
            think: None,
            put_every: 3,
            repair: None,
            announce: Some(1000),
        }
    }
}
