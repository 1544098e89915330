//! A stream of requests against what servers can bear: why one key that everybody asks for is not helped by placing keys
//! better.
//!
//! ```text
//!   client --get k-->  [ waits . . . ] --> worker, `service` ms --done--> client
//!                      full: refused ----------------------------------> client
//! ```
//!
//! The rules. Clients ask by themselves, evenly spaced, for keys drawn by Zipf's law ([`zipf`]). A server works on as many
//! requests at a time as it has workers, a node of weight w w times as many; a number of others wait, and what finds no
//! place is refused. Whom a client asks is its [`Route`]. What a server answers tells how many requests of others it has:
//! a client knows its own and what it was told last, no more ([`asking`]).
//!
//! Simplified: a request by hand only asks whether a server keeps a key and takes no worker. Nothing is asked again after a
//! refusal. By [`Route::Bounded`] any member can answer for any key, as where servers can fetch what they lack.

pub mod asking;
pub mod serving;
pub mod tally;
pub mod zipf;

use super::view::View;
use crate::core::placement::Bound;
use crate::core::placement::keys::Keys;
use crate::core::protocol::{NodeId, Ticks};
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use zipf::Zipf;

/// The configuration of a stream.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Stream {
    /// Requests a second of all clients together, at least 1.
    pub rate: u32,
    /// The keys; the first of them are asked for, the first of all most often.
    pub keys: Arc<Keys>,
    /// How often; it has at most as many ranks as there are keys, and at least one.
    pub law: Zipf,
    pub route: Route,
    /// Of [`Route::Bounded`]: of requests under way, the one that is about to be sent included, a server may have so many
    /// hundredths of its share.
    pub bound: Bound,
    /// Requests that a node of weight 1 works on at a time, at least 1.
    pub workers: u16,
    /// How long one takes.
    pub service: Ticks,
    /// Requests that can wait at a server beside those.
    pub room: u16,
    /// Until a client no longer waits for an answer, to a quarter more.
    pub patience: Ticks,
    /// Requests of a client in all; `None`: no bound.
    pub most: Option<u32>,
}

/// Whom a client asks.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Route {
    /// The owner; the next of the nodes that keep the key while that one is silent.
    #[default]
    Owner,
    /// Of all members in the key's order of preference the first that has less than its bound of requests under way (the
    /// proxies' meaning of bounded loads; HAProxy's `hash-balance-factor`).
    Bounded,
    /// Of the nodes that keep a copy the one with the fewest requests under way for its weight, of several the first.
    Replicas,
}

impl Route {
    pub const ALL: [Route; 3] = [Route::Owner, Route::Bounded, Route::Replicas];

    /// The name on the command line and in links.
    pub fn name(self) -> &'static str {
        match self {
            Route::Owner => "owner",
            Route::Bounded => "bounded",
            Route::Replicas => "replicas",
        }
    }

    pub fn named(name: &str) -> Option<Route> {
        Route::ALL.into_iter().find(|route| route.name() == name)
    }
}

impl Stream {
    /// Requests that a node works on at a time. Its weight in the list of nodes says how large the machine is; changing
    /// the weight of a member moves keys and does not make it larger.
    pub fn workers(&self, weight: u32) -> u16 {
        u16::try_from(u32::from(self.workers).saturating_mul(weight)).unwrap_or(u16::MAX).max(1)
    }

    /// Requests a second that so many workers can answer.
    pub fn a_second(&self, workers: u64) -> f64 {
        1000.0 * workers as f64 / f64::from(self.service.max(1))
    }

    pub fn key(&self, rank: u32) -> &str {
        if (rank as usize) < self.keys.len() { self.keys.get(rank as usize) } else { "" }
    }
}

/// What a node has of the stream, if anything. Without it nothing is hashed: a run without a stream has the hash that it
/// had before there were streams.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Part<T>(pub Option<Box<T>>);

impl<T> Part<T> {
    pub fn get(&self) -> Option<&T> {
        self.0.as_deref()
    }

    pub fn get_mut(&mut self) -> Option<&mut T> {
        self.0.as_deref_mut()
    }
}

impl<T> Default for Part<T> {
    fn default() -> Self {
        Part(None)
    }
}

impl<T: Hash> Hash for Part<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        if let Some(part) = &self.0 {
            (1_u8, part).hash(state);
        }
    }
}

/// A client's request: counted, and 2^32 are added for each of its crashes.
pub type Nth = u64;

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Msg {
    /// Asks for the key of this rank.
    Ask { n: Nth, view: Arc<View>, rank: u32 },
    /// Of a server: how the request ended there, and how many requests of other clients it has.
    Ended { n: Nth, view: Arc<View>, end: End, others: u16 },
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum End {
    Answered,
    /// Nothing was free, not even a place to wait.
    Refused,
    /// By the newest view that the server knows it does not keep the key.
    NotHere,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Timer {
    /// Client: time for the next request.
    Next,
    /// Client: a quarter of its patience is over.
    Sweep,
    /// Server: this worker has finished.
    Work(u16),
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Note {
    // client
    Sent {
        n: Nth,
        rank: u32,
        to: u16,
        /// The list by which it chose.
        view: Arc<View>,
    },
    Answered {
        n: Nth,
        rank: u32,
        by: u16,
    },
    /// The server refused it.
    TurnedAway {
        n: Nth,
        rank: u32,
        by: u16,
    },
    /// The server does not keep the key; the client asks by its newer view.
    Redirected {
        n: Nth,
        rank: u32,
        by: u16,
    },
    /// It waits no longer.
    GaveUp {
        n: Nth,
        rank: u32,
        server: u16,
    },
    /// There is nobody to ask: no member keeps the key, or all that do are silent.
    Unsent {
        rank: u32,
    },
    /// From now on it asks this server one request at a time, until it answers.
    Silent {
        server: u16,
    },
    Heard {
        server: u16,
    },
    // server
    Starts {
        client: u16,
        n: Nth,
        rank: u32,
    },
    Waits {
        client: u16,
        n: Nth,
        rank: u32,
        /// Requests before it that wait, too.
        behind: u16,
    },
    Serves {
        client: u16,
        n: Nth,
        rank: u32,
    },
    Refuses {
        client: u16,
        n: Nth,
        rank: u32,
    },
    SendsOn {
        client: u16,
        n: Nth,
        rank: u32,
    },
}

/// The client whose request it is, if a note is about a request.
pub fn request(at: NodeId, note: &Note) -> Option<(u16, Nth)> {
    match note {
        Note::Sent { n, .. }
        | Note::Answered { n, .. }
        | Note::TurnedAway { n, .. }
        | Note::Redirected { n, .. }
        | Note::GaveUp { n, .. } => Some((at.0, *n)),
        Note::Starts { client, n, .. }
        | Note::Waits { client, n, .. }
        | Note::Serves { client, n, .. }
        | Note::Refuses { client, n, .. }
        | Note::SendsOn { client, n, .. } => Some((*client, *n)),
        Note::Unsent { .. } | Note::Silent { .. } | Note::Heard { .. } => None,
    }
}
