//! One client of the core's against a real server; `tests/turns.rs` starts it, kills it and stops it.

#[cfg(unix)]
fn main() -> std::io::Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match oracles::live::client::Role::parse(&words) {
        Some(role) => oracles::live::client::play(role),
        None => Err(std::io::Error::other("no role: tests/turns.rs starts this")),
    }
}

#[cfg(not(unix))]
fn main() {}
