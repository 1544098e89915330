//! `cargo xtask bench`: the project's numbers, each with how it was measured.

use crate::browser;
use crate::process::{self, command};
use crate::say::{self, Failure, Outcome};
use crate::site;
use crate::tests_run;

pub fn all() -> Outcome<()> {
    say::heading("First load");
    site::dist()?;
    say::heading("The simulator and the checker, natively");
    let runner = tests_run::native_runner()?;
    if !process::in_the_open(command(runner.as_os_str()).arg("bench"))? {
        return Err(Failure::new("`faultline bench` failed.", "The lines above say why."));
    }
    say::heading("The page in headless Chromium: frames, and the simulator in wasm");
    browser::packages()?;
    let chromium = browser::find_or_install()?;
    let mut node = command("node");
    node.arg("tests/web/bench.mjs").env("FAULTLINE_BROWSER", chromium).env("FAULTLINE_DIST", site::folder());
    node.env("FAULTLINE_POLICY", site::POLICY).env("FAULTLINE_RUNNER", runner);
    if process::in_the_open(&mut node)? {
        return Ok(());
    }
    Err(Failure::new("The page could not be measured.", "The lines above say why."))
}
