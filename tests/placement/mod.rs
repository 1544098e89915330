//! The ring against its published vectors, the theory and its properties.

use faultline::core::placement::ring::Ring;
use faultline::core::placement::{Member, Placement};
use serde_json::Value;

macro_rules! vectors {
    ($name:literal) => {
        serde_json::from_str::<serde_json::Value>(include_str!(concat!("../vectors/", $name, ".json")))
            .expect("the file is JSON")
    };
}

mod assigned;
mod forms;
mod laws;
mod mistakes;
mod properties;
mod published;
mod strategies;
mod theory;
mod vectors;
mod wrong;

fn members(names: impl IntoIterator<Item = String>) -> Vec<Member> {
    names.into_iter().map(|name| Member::new(name, 1)).collect()
}

fn ring(names: impl IntoIterator<Item = String>, vnodes: u32) -> Ring {
    Ring::new(members(names), vnodes).expect("the names differ")
}

fn name(ring: &Ring, index: usize) -> &str {
    &ring.members()[index].name
}

fn owner<'a>(ring: &'a Ring, key: &str) -> &'a str {
    name(ring, ring.owner(key.as_bytes()).expect("the ring has members"))
}

fn copies<'a>(ring: &'a Ring, key: &[u8], copies: usize) -> Vec<&'a str> {
    let mut out = Vec::new();
    ring.replicas(key, copies, &mut out);
    out.into_iter().map(|index| name(ring, index)).collect()
}

fn numbered(count: usize) -> Vec<String> {
    (0..count).map(|i| format!("key-{i}")).collect()
}

fn bytes(keys: &[String]) -> impl Iterator<Item = &[u8]> {
    keys.iter().map(String::as_bytes)
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a string")
}

fn number(value: &Value) -> f64 {
    value.as_f64().expect("a number")
}

fn natural(value: &Value) -> usize {
    value.as_u64().expect("a natural number") as usize
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * b.abs().max(1.0)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
