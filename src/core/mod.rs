//! What a protocol *is*. Core knows no clock, no dice, no page and no JSON.
//!
//! ```text
//!            Message, Timeout, Durable, Request
//!                          |
//!                          v
//!   State, log  --->  Protocol::step  --->  Send, SetTimer, Append, Note
//!                          ^                          |
//!                          |                          v
//!                 the next Action  <---   Cluster (nodes, flights, timers, links)
//! ```
//!
//! A protocol is a pure function, a cluster is a value, and whoever picks the next [`cluster::Action`] drives it:
//! the simulator with its virtual clock, the person at the mouse, or the search that tries every one.

pub mod cluster;
pub mod commit;
pub mod coordination;
pub mod hash;
pub mod lock;
pub mod map;
pub mod placement;
pub mod protocol;
pub mod routing;
pub mod store;
pub mod symmetry;
