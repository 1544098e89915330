//! `cargo xtask bench`: the project's numbers, each with how it was measured.

mod search;

use crate::browser;
use crate::places;
use crate::process::{self, command};
use crate::say::{self, Failure, Outcome};
use crate::servers;
use crate::site;
use crate::tests_run;
use std::path::PathBuf;

type Part = (&'static str, fn(bool) -> Outcome<()>);

const PARTS: [Part; 8] = [
    ("bytes", |_| bytes()),
    ("native", |_| native()),
    ("hours", |_| hours()),
    ("redis", |_| redis()),
    ("commit", commit),
    ("search", |_| search::search()),
    ("placement", |_| placement()),
    ("page", |_| page()),
];

/// Virtual hours that a run is played for, and the megabytes that it may take.
const HOURS: &str = "1000";
const HOURS_MB: u64 = 64;

/// Measures everything, or the one part called `only`; `write` puts what is the same everywhere into `docs/`.
pub fn all(only: Option<&str>, write: bool) -> Outcome<()> {
    let chosen: Vec<&Part> = PARTS.iter().filter(|(name, _)| only.is_none_or(|only| only == *name)).collect();
    if chosen.is_empty() {
        return Err(Failure::new(
            "There is no such part.",
            "cargo xtask bench --only bytes|native|hours|redis|commit|search|placement|page",
        ));
    }
    chosen.into_iter().try_for_each(|(_, part)| part(write))
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
    node.env("FAULTLINE_SEARCH", program("bench", "search")?);
    if process::in_the_open(&mut node)? {
        return Ok(());
    }
    Err(Failure::new("The page could not be measured.", "The lines above say why."))
}

const WASM: &str = "wasm32-unknown-unknown";

/// A long run's memory, natively and in WebAssembly, where the module's memory never shrinks.
fn hours() -> Outcome<()> {
    say::heading("A thousand virtual hours of five contending clients: memory, and events a second (minutes)");
    let native = program("bench", "hours")?;
    let module = module("release")?;
    let native = answer(command(native.as_os_str()).arg(HOURS))?;
    let wasm = answer(command("node").arg("bench/hours.mjs").arg(module).arg(HOURS))?;
    let rows = [
        ("natively, most resident", &native, number(&native, "peak_kb").map(|kb| kb * 1024)),
        ("wasm in Node, memory of the module", &wasm, number(&wasm, "memory_bytes")),
    ];
    let mut fits = true;
    for (title, figures, bytes) in rows {
        let many = |key| number(figures, key).map_or_else(|| "?".to_owned(), say::thousands);
        let memory = bytes.map_or_else(
            || "memory unknown here".to_owned(),
            |bytes| format!("{:.1} MB of {HOURS_MB}", bytes as f64 / f64::from(1 << 20)),
        );
        fits &= bytes.is_none_or(|bytes| bytes <= HOURS_MB << 20);
        println!("  {title:<40} {memory:>16} {:>12} events {:>12} a second", many("events"), many("events_per_second"));
    }
    println!(
        "  95 of 100 steps back take less than {} µs at its end and {} µs within it, seeks less than {} µs",
        number(&native, "step_back_us_p95").unwrap_or_default(),
        number(&native, "step_back_far_us_p95").unwrap_or_default(),
        number(&native, "seek_us_p95").unwrap_or_default(),
    );
    if fits {
        return Ok(());
    }
    Err(Failure::new("A long run takes more memory than it may.", "The lines above say where."))
}

/// The same batches of lock commands, simulated natively and in WebAssembly, and on a real redis-server over loopback.
fn redis() -> Outcome<()> {
    say::heading(
        "Redis: commands a second, 100 under way at once (take, refused, GET, PTTL, compare-and-delete on 20 keys)",
    );
    servers::redis();
    let speed = program("oracles", "speed")?;
    let figures = answer(&mut command(speed.as_os_str()))?;
    let simulated = number(&figures, "simulated");
    let real = number(&figures, "redis_server");
    let mut rows = vec![("simulated, natively", simulated)];
    for (profile, title) in [("release", "simulated, wasm in Node"), ("web", "the same, compiled as the page is")] {
        let figures = answer(command("node").arg("bench/run.mjs").arg(module(profile)?).arg("redis"))?;
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

/// Atomic commitment: searched, simulated natively and in WebAssembly, and what crashes cost.
fn commit(write: bool) -> Outcome<()> {
    let native = program("bench", "commit")?;
    let run = |words: &[&str]| process::in_the_open(command(native.as_os_str()).args(words));
    say::heading("Commit: states a second, three participants, one thread; ratio to presumed abort");
    let holds = run(&["states"])?;

    say::heading("Commit: transactions a second, presumed abort, four at once at five participants, nobody crashes");
    let mut rows = vec![("natively", answer(command(native.as_os_str()).arg("speed"))?)];
    for (profile, title) in [("release", "wasm in Node"), ("web", "the same, compiled as the page is")] {
        rows.push((title, answer(command("node").arg("bench/run.mjs").arg(module(profile)?).arg("commit"))?));
    }
    let rate = |figures: &str| number(figures, "transactions_per_second").unwrap_or_default();
    let first = rate(&rows[0].1) as f64;
    for (title, figures) in &rows {
        let rate = rate(figures);
        println!("  {title:<40} {:>12} {:>7.2} x native", say::thousands(rate), rate as f64 / first);
    }
    let fingerprint = |figures: &str| number(figures, "fingerprint");
    let same = rows.iter().all(|(_, figures)| fingerprint(figures) == fingerprint(&rows[0].1));

    say::heading("Commit: what crashes cost, an hour of virtual time a row (minutes)");
    let kept = run(if write { &["table", "--write"] } else { &["table"] })?;
    if !same {
        return Err(Failure::new(
            "A short table differs between natively and wasm.",
            "A number is drawn or rounded otherwise.",
        ));
    }
    if holds && kept {
        return Ok(());
    }
    Err(Failure::new("Something that is promised was broken.", "The lines above say what."))
}

/// The ring: in WebAssembly beside npm's hashring, natively beside other crates, and what it costs to build and change.
fn placement() -> Outcome<()> {
    let folder = places::root().join("bench").join("placement");
    browser::packages_of(&folder, "hashring, the ring of npm that ours is measured beside")?;
    let native = program("bench", "placement")?;
    let module = module("release")?;

    say::heading("Placement: SHA-1 ring, 100 nodes of 160 points, 200,000 keys; thousands of keys a second of work");
    let natively = answer(command(native.as_os_str()).arg("speed"))?;
    let wasm = answer(command("node").arg("bench/placement/run.mjs").arg(module))?;
    let figure = |figures: &str, key| number(figures, key).unwrap_or_default();
    let over = |a: u64, b: u64| a as f64 / b.max(1) as f64;
    let npm = figure(&wasm, "hashring");
    let strings = figure(&wasm, "strings");
    println!("  {:<52} {:>9}", "hashring 3.2.0 of npm, SHA-1, its cache off", say::thousands(npm));
    println!(
        "  {:<52} {:>9} {:>6.1} x hashring (goal: 12)",
        "wasm in Node, strings in, indices out, one call",
        say::thousands(strings),
        over(strings, npm),
    );
    for (title, figures) in [("wasm in Node", &wasm), ("natively", &natively)] {
        let (hashed, lookups) = (figure(figures, "hashed"), figure(figures, "lookups"));
        println!("  {:<52} {:>9}", format!("{title}, only hashed"), say::thousands(hashed));
        println!(
            "  {:<52} {:>9} {:>6.2} x the time of hashing (goal: at most 1.25)",
            format!("{title}, hashed and looked up"),
            say::thousands(lookups),
            over(hashed, lookups),
        );
    }

    say::heading("Placement: natively beside other crates' rings, the same keys (goal: twice the fastest)");
    let beside = process::in_the_open(command(native.as_os_str()).arg("crates"))?;
    say::heading("Placement: a ring of 1,000 nodes of 200 points");
    let built = process::in_the_open(command(native.as_os_str()).arg("build"))?;

    let fingerprint = number(&natively, "fingerprint");
    println!("  owners, one number for all: natively {fingerprint:?}, wasm {:?}", number(&wasm, "fingerprint"));
    if fingerprint != number(&wasm, "fingerprint") {
        return Err(Failure::new("Keys have other owners in wasm than natively.", "A hash or a look-up differs."));
    }
    if beside && built {
        return Ok(());
    }
    Err(Failure::new("A part of the measuring failed.", "The lines above say which."))
}

/// A program of this workspace, built for speed.
fn program(package: &str, name: &str) -> Outcome<PathBuf> {
    let folder = built(&["build", "--quiet", "--release", "--package", package, "--bin", name])?;
    Ok(folder.join("release").join(format!("{name}{}", std::env::consts::EXE_SUFFIX)))
}

/// The loops as WebAssembly.
fn module(profile: &str) -> Outcome<PathBuf> {
    let folder = built(&["build", "--quiet", "--profile", profile, "--target", WASM, "--package", "bench", "--lib"])?;
    Ok(folder.join(WASM).join(profile).join("bench.wasm"))
}

/// Builds, and returns the folder in which cargo does.
fn built(words: &[&str]) -> Outcome<PathBuf> {
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
