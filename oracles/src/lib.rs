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
//!
//!   random steps ---> ZooKeeper, etcd (kill -9, restart, expiry) --------+
//!          |                                                             = ?
//!          +-----------> faultline::core::coordination, its plain data --+
//!
//!   faultline::core::coordination, the clients ---> processes ---> ZooKeeper or etcd, and one storage
//! ```
//!
//! A server is a direct child on a loopback port with a folder of its own, and is killed and waited for when its value
//! goes, whether a test passes or panics. Where a server is not installed, its test says so in one line and runs what was
//! recorded from one.
#![cfg(unix)]

pub mod adapter;
pub mod commands;
pub mod etcd;
pub mod http;
pub mod journal;
pub mod link;
pub mod live;
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
pub mod zookeeper;

use serde_json::Value as Json;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// A line on standard error that shows although the test passes: `eprintln!` inside a passing test is kept back.
pub fn say(line: &str) {
    // Nobody may be listening; the test goes on.
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// The variable of the environment that repeats a run.
pub const SEED: &str = "FAULTLINE_ORACLE_SEED";

/// From the environment, or another one each time.
///
/// # Panics
/// When the environment has no number there.
pub fn seed() -> u64 {
    match std::env::var(SEED) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{SEED} wants a number, not “{text}”")),
        Err(_) => SystemTime::now().duration_since(UNIX_EPOCH).expect("it is later than 1970").as_nanos() as u64,
    }
}

/// Whether a run may take long: `cargo xtask soak` says so. And what has to stand before the command that repeats it.
pub fn soak() -> (bool, &'static str) {
    let long = std::env::var_os("FAULTLINE_SOAK").is_some();
    (long, if long { "FAULTLINE_SOAK=1 " } else { "" })
}

/// Writes rows as a fixture, one a line.
///
/// # Panics
/// When the file cannot be written.
pub fn record(file: &Path, note: &str, rows: &[Json]) {
    let rows: Vec<String> = rows.iter().map(|row| format!("  {row}")).collect();
    let text = format!("{{\n \"note\": {},\n \"trace\": [\n{}\n ]\n}}\n", Json::from(note), rows.join(",\n"));
    std::fs::write(file, text).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
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
