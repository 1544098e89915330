//! Real servers that the simulated ones are held against. Native only; the page knows nothing of this crate.
//!
//! ```text
//!   random commands ---> redis-server (its own clock in every reply) ---+
//!          |                                                             = ?
//!          +-----------> faultline::core::lock::keyspace, same clock ---+
//!
//!   random sessions ---> PostgreSQL (kill -9, restart) ------------------+
//!          |                                                             = ?
//!          +-----------> faultline::core::commit::bank ------------------+
//!
//!   faultline::core::commit, the coordinator ---> adapter ---> two PostgreSQL clusters
//!
//!   random keys, random weights ---> nginx, `hash … consistent` ---------+
//!          |                                                             = ?
//!          +-----------> faultline::core::placement::nginx --------------+
//! ```
//!
//! A server is a direct child on a loopback port with a folder of its own, and is killed and waited for when its value
//! goes, whether a test passes or panics. Where a server is not installed, its test says so in one line and runs what was
//! recorded from one.
#![cfg(unix)]

pub mod adapter;
pub mod commands;
pub mod journal;
pub mod link;
pub mod nginx;
pub mod orders;
mod orphans;
pub mod postgres;
pub mod redis;
pub mod server;
pub mod sessions;
pub mod sql;
pub mod statements;
pub mod store;
pub mod twin;
pub mod wire;

use serde_json::Value as Json;
use std::io::Write;
use std::path::{Path, PathBuf};

/// A line on standard error that shows although the test passes: `eprintln!` inside a passing test is kept back.
pub fn say(line: &str) {
    // Nobody may be listening; the test goes on.
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// A file of `tests/vectors/`.
pub fn vectors(name: &str) -> Json {
    let file = vectors_folder().join(name);
    let text = std::fs::read_to_string(&file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", file.display()))
}

fn vectors_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors")
}
