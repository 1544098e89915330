//! `cargo xtask bench`: the project's numbers, each with how it was measured.

use crate::browser;
use crate::process::{self, command};
use crate::say::{self, Failure, Outcome};
use crate::setup;
use crate::site;
use crate::tests_run;

type Part = (&'static str, fn() -> Outcome<()>);

const PARTS: [Part; 4] = [("bytes", bytes), ("native", native), ("redis", redis), ("page", page)];

/// Measures everything, or the one part called `only`.
pub fn all(only: Option<&str>) -> Outcome<()> {
    let chosen: Vec<&Part> = PARTS.iter().filter(|(name, _)| only.is_none_or(|only| only == *name)).collect();
    if chosen.is_empty() {
        return Err(Failure::new("There is no such part.", "cargo xtask bench --only bytes|native|redis|page"));
    }
    chosen.into_iter().try_for_each(|(_, part)| part())
}

fn bytes() -> Outcome<()> {
    say::heading("First load");
    site::dist()
}

fn native() -> Outcome<()> {
    say::heading("The simulator and the checker, natively");
    let runner = tests_run::native_runner()?;
    if process::in_the_open(command(runner.as_os_str()).arg("bench"))? {
        return Ok(());
    }
    Err(Failure::new("`faultline bench` failed.", "The lines above say why."))
}

fn page() -> Outcome<()> {
    say::heading("The page in headless Chromium: frames, and the simulator in wasm");
    site::build()?;
    browser::packages()?;
    let chromium = browser::find_or_install()?;
    let mut node = command("node");
    node.arg("tests/web/bench.mjs").env("FAULTLINE_BROWSER", chromium).env("FAULTLINE_DIST", site::folder());
    node.env("FAULTLINE_POLICY", site::POLICY).env("FAULTLINE_RUNNER", tests_run::native_runner()?);
    if process::in_the_open(&mut node)? {
        return Ok(());
    }
    Err(Failure::new("The page could not be measured.", "The lines above say why."))
}

const WASM: &str = "wasm32-unknown-unknown";

/// The same batches of lock commands, simulated natively and in WebAssembly, and on a real redis-server over loopback.
fn redis() -> Outcome<()> {
    say::heading(
        "Redis: commands a second, 100 under way at once (take, refused, GET, PTTL, compare-and-delete on 20 keys)",
    );
    setup::servers();
    let speed = built(&["build", "--quiet", "--release", "--package", "oracles", "--bin", "speed"])?
        .join("release")
        .join(format!("speed{}", std::env::consts::EXE_SUFFIX));
    let figures = answer(&mut command(speed.as_os_str()))?;
    let simulated = number(&figures, "simulated");
    let real = number(&figures, "redis_server");
    let mut rows = vec![("simulated, natively", simulated)];
    for (profile, title) in [("release", "simulated, wasm in Node"), ("web", "the same, compiled as the page is")] {
        let build = ["build", "--quiet", "--profile", profile, "--target", WASM, "--package", "bench", "--lib"];
        let module = built(&build)?.join(WASM).join(profile).join("bench.wasm");
        let figures = answer(command("node").arg("bench/run.mjs").arg(module))?;
        rows.push((title, number(&figures, "redis_commands_per_second")));
    }
    rows.push(("redis-server, loopback, one connection", real));
    for (title, rate) in rows {
        let Some(rate) = rate else {
            println!("  {title:<40} not here: cargo xtask setup says how to get it");
            continue;
        };
        let ratio = real.map(|real| format!("{:>7.1} x redis-server", rate as f64 / real as f64));
        println!("  {title:<40} {:>12}{}", say::thousands(rate), ratio.unwrap_or_default());
    }
    Ok(())
}

/// Builds, and returns the folder in which cargo does.
fn built(words: &[&str]) -> Outcome<std::path::PathBuf> {
    if process::in_the_open(command("cargo").args(words))? {
        return process::target_folder();
    }
    Err(Failure::new("What is to be measured does not compile.", "The lines above say why."))
}

fn answer(command: &mut std::process::Command) -> Outcome<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    process::answer(command).ok_or_else(|| Failure::new(format!("`{name}` failed."), "Run it by hand to see why."))
}

/// The whole number after a key in one line of JSON.
fn number(json: &str, key: &str) -> Option<u64> {
    let (_, rest) = json.split_once(&format!("\"{key}\":"))?;
    let digits = rest.find(|c: char| !c.is_ascii_digit()).map_or(rest, |end| &rest[..end]);
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_read() {
        let line = "{\"redis_server\":null,\"simulated\":5752985}";
        assert_eq!(number(line, "simulated"), Some(5_752_985));
        assert_eq!(number(line, "redis_server"), None);
        assert_eq!(number(line, "other"), None);
    }
}
