//! The configuration: the nodes there are, how clients place keys, how long the nodes wait, what the outside may ask.

use super::memo::{Fleet, Memo};
use super::stream::Stream;
use super::view::View;
use super::{State, directory};
use crate::core::cluster::Cluster;
use crate::core::placement::keys::Keys;
use crate::core::placement::list::BadRow;
use crate::core::placement::scheme::Scheme;
use crate::core::protocol::{NodeId, Protocol, Ticks};
use std::fmt::{self, Debug, Formatter};
use std::sync::Arc;

/// A key: its name's bytes are what is hashed.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(pub Arc<str>);

impl Key {
    pub fn new(name: &str) -> Key {
        Key(name.into())
    }

    pub fn bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl Debug for Key {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Routing {
    /// How clients and servers place keys.
    pub scheme: Scheme,
    /// How the last client does, if otherwise.
    pub odd: Option<Scheme>,
    /// All nodes that are or can become members.
    pub fleet: Arc<Fleet>,
    pub initial: Arc<View>,
    /// Copies of a key, the owner's included.
    pub replicas: u8,
    pub clients: u16,
    /// Copies go to distinct zones while there are any.
    pub zones: bool,
    /// The keys that are placed for the picture; they are in nobody's state.
    pub keys: Arc<Keys>,
    /// What in the lists was not used: the nodes', then the keys'.
    pub bad: Arc<[Vec<BadRow>; 2]>,
    /// Keys by which properties are judged: fixed, so that a verdict is a function of the views.
    pub sample: Arc<Vec<Key>>,
    /// The keys that clients ask for by themselves, and those that the search tries.
    pub asked: Arc<Vec<Key>>,
    pub pace: Pace,
    /// What a client may be asked for in all; `None`: no bound.
    pub gets: Option<u8>,
    /// Changes of the list in all; `None`: no bound.
    pub changes: Option<u8>,
    pub mistake: Option<Mistake>,
    /// Requests that clients send by themselves against what servers can bear.
    pub stream: Option<Arc<Stream>>,
    pub memo: Memo,
}

/// How long the nodes wait.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Pace {
    /// Until a client gives up on one server.
    pub answer: Ticks,
    /// Between two requests of a client by itself; `None`: it waits for requests from outside.
    pub think: Option<Ticks>,
    /// Until the directory repeats a view, and a client its question; `None`: once is enough.
    pub announce: Option<Ticks>,
}

impl Default for Pace {
    /// In milliseconds, for messages that take up to 80.
    fn default() -> Self {
        Pace { answer: 500, think: None, announce: Some(1000) }
    }
}

/// What is wrong around a placement; what is wrong within one is in its scheme.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Mistake {
    /// The last client reads its list from a file of its own and hears of no change; breaks `RING-AGREE`.
    OwnList,
}

impl Routing {
    pub fn servers(&self) -> u16 {
        self.fleet.nodes.len() as u16
    }

    pub fn directory(&self) -> NodeId {
        NodeId(self.servers())
    }

    pub fn client_ids(&self) -> impl Iterator<Item = NodeId> + use<> {
        (self.servers() + 1..self.size()).map(NodeId)
    }

    /// Whether this client hears of changes.
    pub fn hears(&self, client: NodeId) -> bool {
        self.mistake != Some(Mistake::OwnList) || client.0 + 1 != self.size()
    }

    pub fn slot_of(&self, name: &String) -> Option<u16> {
        self.fleet.slot(name)
    }

    /// The list as the directory has it, on its disk if it is down.
    pub fn view(&self, cluster: &Cluster<Routing>) -> Arc<View> {
        match cluster.state(self.directory()) {
            Some(State::Directory(directory)) => directory.view.clone(),
            _ => directory::recover(self, &cluster.node(self.directory()).log),
        }
    }

    /// How this client places keys.
    pub fn scheme_of(&self, client: NodeId) -> &Scheme {
        self.odd.as_ref().filter(|_| client.0 + 1 == self.size()).unwrap_or(&self.scheme)
    }

    /// The servers that keep a key, the owner first, by somebody's view. See [`Routing::built`] for `since`.
    pub fn route(&self, scheme: &Scheme, view: &Arc<View>, since: u32, key: &Key) -> Vec<u16> {
        let built = self.built(scheme, view, since);
        built.map_or_else(|_| Vec::new(), |built| built.nodes(key.bytes(), self.replicas.into()))
    }
}
