//! The recipes on real servers: processes whose decisions are the core's take turns with one lock.
//!
//! ```text
//!   a process: Coordination::step, client 0 ---> create, claim, … ---> ZooKeeper or etcd (kill -9, SIGSTOP)
//!   (kill -9, SIGSTOP)                      ---> read, write -------+
//!   …, client 1 ------------------------------------------------->  +-> referee: the core's storage, and its log
//! ```
//!
//! What the core's client sends becomes a call, an answer becomes `Event::Message`, its timers are real ones. The storage runs in
//! the test's process, so that no fault of a client or of a server befalls its log. How old a grant is says the number that
//! the server gave its node or key: clients report that as they hear of it, whether or not their writes carry it.

pub mod client;
mod etcd;
pub mod players;
pub mod referee;
mod zookeeper;

use faultline::core::coordination::{Call, Coordination, Fired, Mistake, Mistakes, Reply, Service};
use faultline::core::lock::Reads;
use faultline::core::lock::keyspace::Owner;
use std::sync::Arc;

/// ZooKeeper's node, and etcd's prefix.
pub const LOCK: &str = "/turns";

/// What is played.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Game {
    pub service: Service,
    pub clients: u16,
    pub fence: bool,
    pub mistake: Option<Mistake>,
}

/// The core's configuration, in milliseconds. A ZooKeeper session has to last more than two ticks, an etcd lease whole seconds.
pub fn configuration(game: &Game) -> Coordination {
    let Game { service, clients, fence, mistake } = *game;
    Coordination {
        service,
        clients,
        follower: false,
        ttl: if service == Service::Etcd { 2_000 } else { 1_500 },
        late: 0,
        work: 40,
        timeout: 1_000,
        retry: 50,
        jitter: 50,
        lock_delay: 0,
        think: Some(10),
        rounds: None,
        tries: None,
        pings: None,
        reconnects: None,
        fence,
        reads: if fence { Reads::Fenced } else { Reads::Plain },
        looks: false,
        mistakes: mistake.map_or_else(Mistakes::default, |mistake| Mistakes::default().with(mistake)),
    }
}

/// A call of the core's, on its way to the server.
struct Asked {
    session: Owner,
    xid: u32,
    call: Call,
}

/// What comes back on a connection.
enum Heard {
    Reply { xid: u32, call: Call, reply: Reply },
    Event(Fired),
}

/// Where a connection's thread connects to, and whom it tells; `None` when nobody listens any more.
#[derive(Clone)]
struct Link {
    port: u16,
    heard: Arc<dyn Fn(Heard) -> Option<()> + Send + Sync>,
}
