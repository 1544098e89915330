//! The headless runner: the same core as the page, for teachers' scripts, for CI and for checking us.

#[cfg(not(target_arch = "wasm32"))]
fn main() -> std::process::ExitCode {
    runner::main()
}

#[cfg(target_arch = "wasm32")]
fn main() {}

#[cfg(not(target_arch = "wasm32"))]
#[path = "runner/mod.rs"]
mod runner;
