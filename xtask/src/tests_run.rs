//! `cargo xtask test`: every check of the project, one after another, and one line of sums at the end.

use crate::browser;
use crate::examples;
use crate::process::{self, command};
use crate::say::{self, Failure, Outcome};
use crate::servers;
use crate::setup;
use crate::site;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Length {
    Usual,
    /// Thousands of seeds and links more: `cargo xtask soak`.
    Long,
}

/// What a part found.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Count {
    passed: u32,
    failed: u32,
}

struct Part {
    name: &'static str,
    title: &'static str,
    run: fn(Length) -> Outcome<Count>,
}

const PARTS: [Part; 5] = [
    Part { name: "fmt", title: "Format", run: format },
    Part { name: "clippy", title: "Clippy, natively and for wasm32", run: clippy },
    Part { name: "rust", title: "Rust tests", run: rust },
    Part { name: "site", title: "The site and its bytes", run: site_and_bytes },
    Part { name: "web", title: "Browser tests", run: web },
];

/// Runs all parts, or the one called `only`. A part that fails does not keep the others from running.
pub fn all(length: Length, only: Option<&str>) -> Outcome<ExitCode> {
    let chosen: Vec<&Part> = PARTS.iter().filter(|part| only.is_none_or(|name| name == part.name)).collect();
    if chosen.is_empty() {
        let names: Vec<&str> = PARTS.iter().map(|part| part.name).collect();
        return Err(Failure::new("There is no such part.", format!("cargo xtask test --only {}", names.join("|"))));
    }
    say::heading("Set-up");
    setup::for_building()?;
    setup::components()?;
    let mut lines = Vec::new();
    let mut total = Count::default();
    for part in chosen {
        say::heading(part.title);
        let started = Instant::now();
        let count = (part.run)(length).unwrap_or_else(|failure| {
            say::failure(&failure);
            Count { passed: 0, failed: 1 }
        });
        total.passed += count.passed;
        total.failed += count.failed;
        lines.push(summary(part.title, count, started.elapsed()));
    }
    say::heading("Summary");
    println!("{}", lines.join("\n"));
    println!("\n{} passed, {} failed", total.passed, total.failed);
    Ok(if total.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn summary(title: &str, count: Count, time: Duration) -> String {
    let verdict = if count.failed == 0 { "ok    " } else { "FAILED" };
    format!("{verdict} {title:<34} {:>5} passed {:>4} failed  {:>12}", count.passed, count.failed, say::duration(time))
}

/// One check that passes or fails as a whole.
fn one(fine: bool) -> Count {
    Count { passed: fine.into(), failed: (!fine).into() }
}

impl std::ops::Add for Count {
    type Output = Count;
    fn add(self, other: Count) -> Count {
        Count { passed: self.passed + other.passed, failed: self.failed + other.failed }
    }
}

fn cargo(words: &[&str]) -> Command {
    let mut cargo = command("cargo");
    cargo.args(words);
    if std::env::var_os("CI").is_some() {
        // A machine that builds once has no use for the files of an incremental build.
        cargo.env("CARGO_INCREMENTAL", "0");
    }
    cargo
}

fn format(_: Length) -> Outcome<Count> {
    let fine = process::in_the_open(&mut cargo(&["fmt", "--all", "--check"]))?;
    if !fine {
        say::remark("cargo fmt --all mends it");
    }
    Ok(one(fine))
}

fn clippy(_: Length) -> Outcome<Count> {
    let native = ["clippy", "--quiet", "--workspace", "--all-targets", "--", "-D", "warnings"];
    let page = [
        "clippy",
        "--quiet",
        "--target",
        "wasm32-unknown-unknown",
        "--features",
        "ui,embed",
        "--lib",
        "--bin",
        "page",
        "--",
        "-D",
        "warnings",
    ];
    let worker = page.map(|word| match word {
        "ui,embed" => "worker",
        "page" => "checker",
        word => word,
    });
    say::step("natively (about a minute the first time)");
    let native = one(process::in_the_open(&mut cargo(&native))?);
    say::step("for wasm32, with the page (two minutes the first time)");
    let page = one(process::in_the_open(&mut cargo(&page))?);
    say::step("for wasm32, with the worker");
    Ok(native + page + one(process::in_the_open(&mut cargo(&worker))?))
}

fn rust(length: Length) -> Outcome<Count> {
    servers::find_or_install();
    say::step("cargo test (two minutes to compile the first time)");
    let (fine, text) = process::watched(&mut cargo(&["test", "--quiet", "--workspace", "--no-fail-fast"]))?;
    let mut count = count_rust(&text, fine);
    if length == Length::Long {
        say::step("the long tests, with optimisation (tens of minutes)");
        let mut long =
            cargo(&["test", "--quiet", "--release", "--workspace", "--no-fail-fast", "--", "--include-ignored"]);
        let (fine, text) = process::watched(long.env("FAULTLINE_SOAK", "1"))?;
        count = count + count_rust(&text, fine);
    }
    Ok(count)
}

/// Sums up the lines `test result: ok. 12 passed; 0 failed; …`. A run that failed without a failed test did not compile.
fn count_rust(text: &str, fine: bool) -> Count {
    let number = |line: &str, word: &str| -> u32 {
        let words: Vec<&str> = line.split([' ', ';']).filter(|word| !word.is_empty()).collect();
        let at = words.iter().position(|found| *found == word);
        at.and_then(|at| words.get(at.checked_sub(1)?)?.parse().ok()).unwrap_or(0)
    };
    let results = text.lines().filter(|line| line.contains("test result: "));
    let mut sum = results.fold(Count::default(), |sum, line| {
        sum + Count { passed: number(line, "passed"), failed: number(line, "failed") }
    });
    if !fine && sum.failed == 0 {
        sum.failed = 1;
    }
    sum
}

fn site_and_bytes(_: Length) -> Outcome<Count> {
    site::build()?;
    let weights = site::weigh(&site::folder())?;
    print!("{}", site::table(&weights));
    let bytes = site::first_load(&weights);
    let fits = bytes > 0 && bytes <= site::BUDGET_BYTES;
    if !fits {
        let (bytes, most) = (say::thousands(bytes), say::thousands(site::BUDGET_BYTES));
        say::failure(&Failure::new(
            format!("The first load takes {bytes} bytes in brotli; the budget is {most}."),
            "The table above shows what takes them. `twiggy top` on the wasm file names the functions.",
        ));
    }
    Ok(one(true) + one(fits))
}

fn web(length: Length) -> Outcome<Count> {
    browser::packages()?;
    let chromium = browser::find_or_install()?;
    site::build()?;
    let first_load = site::first_load_names(&site::weigh(&site::folder())?);
    let artifacts = crate::places::root().join("artifacts");
    let zip = crate::zip::pack(&site::folder(), &artifacts)?;
    let panicking = artifacts.join("panic-site");
    site::build_panicking(&panicking)?;
    say::step("Building the examples of courses (2 minutes the first time, for their tools)");
    examples::build()?;
    let runner = tested_runner()?;
    let mut files = web_test_files()?;
    files.sort();
    say::step("In headless Chromium, and what every engine must do in Firefox and WebKit too (about half an hour)");
    let mut node = command("node");
    node.args(["--test", "--test-concurrency=2", "--test-reporter=spec"]).args(&files);
    node.env("FAULTLINE_BROWSER", chromium).env("FAULTLINE_RUNNER", runner).env("FAULTLINE_DIST", site::folder());
    node.env("FAULTLINE_POLICY", site::POLICY).env("FAULTLINE_PANIC_DIST", panicking);
    node.env("FAULTLINE_FIRST_LOAD", first_load).env("FAULTLINE_ZIP", zip);
    node.env("FAULTLINE_EXAMPLES", examples::folder()).envs(browser::others());
    node.env("FAULTLINE_LINKS", if length == Length::Long { "5000" } else { "240" });
    if length == Length::Long {
        node.env("FAULTLINE_SOAK", "1");
    }
    let (fine, text) = process::watched(&mut node)?;
    say::remark("screenshots: artifacts/screens/");
    Ok(count_node(&text, fine))
}

/// The headless runner as the Rust tests have built it, for the hashes that the page must equal: with every check still in,
/// and at hand already where they ran. To Cargo it is the same program only where a test of the whole workspace asks for it.
fn tested_runner() -> Outcome<std::path::PathBuf> {
    say::step("Building the headless runner as the Rust tests have it");
    runner(&["test", "--quiet", "--workspace", "--no-run", "--test", "all"], "debug")
}

/// The headless runner, as fast as it can be.
pub fn native_runner() -> Outcome<std::path::PathBuf> {
    say::step("Building the headless runner, natively");
    runner(&["build", "--quiet", "--release", "--bin", "faultline"], "release")
}

fn runner(build: &[&str], folder: &str) -> Outcome<std::path::PathBuf> {
    if !process::in_the_open(&mut cargo(build))? {
        return Err(Failure::new("The headless runner does not compile.", "The lines above say why."));
    }
    Ok(process::target_folder()?.join(folder).join(format!("faultline{}", std::env::consts::EXE_SUFFIX)))
}

fn web_test_files() -> Outcome<Vec<std::path::PathBuf>> {
    let folder = crate::places::root().join("tests").join("web");
    let entries = std::fs::read_dir(&folder).map_err(|error| Failure::file(&folder, &error))?;
    let files = entries.filter_map(Result::ok).map(|entry| entry.path());
    Ok(files.filter(|file| file.to_string_lossy().ends_with(".test.mjs")).collect())
}

/// Reads the closing lines of node's test runner: `ℹ pass 12`, `ℹ fail 0`, `ℹ cancelled 0`. A runner that was stopped
/// has not written them: then the tests that it did report count, and one failure for the rest.
fn count_node(text: &str, fine: bool) -> Count {
    let closing = |wanted: &str| -> Option<u32> {
        text.lines().find_map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            match words[..] {
                ["ℹ", word, number] if word == wanted => number.parse().ok(),
                _ => None,
            }
        })
    };
    let Some(passed) = closing("pass") else {
        let reported = |mark: &str| text.lines().filter(|line| line.starts_with(mark)).count() as u32;
        return Count { passed: reported("✔ "), failed: reported("✖ ") } + one(false);
    };
    let failed = closing("fail").unwrap_or(0) + closing("cancelled").unwrap_or(0);
    let count = Count { passed, failed };
    if (!fine || passed == 0) && failed == 0 { count + one(false) } else { count }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargos_results_are_summed() {
        let text = "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.0s\n\
                    noise\ntest result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured\n";
        assert_eq!(count_rust(text, false), Count { passed: 15, failed: 2 });
        assert_eq!(count_rust("error: could not compile", false), Count { passed: 0, failed: 1 });
        assert_eq!(count_rust("", true), Count::default());
    }

    #[test]
    fn nodes_results_are_read() {
        let text = "✔ a\nℹ tests 14\nℹ pass 12\nℹ fail 2\nℹ cancelled 1\nℹ skipped 0\n";
        assert_eq!(count_node(text, false), Count { passed: 12, failed: 3 });
        assert_eq!(count_node("", false), Count { passed: 0, failed: 1 });
        assert_eq!(count_node("ℹ pass 4\nℹ fail 0\n", true), Count { passed: 4, failed: 0 });
        let stopped = "✔ a (1ms)\n✔ b (1ms)\n✖ c (2ms)\n  ✔ inside\n";
        assert_eq!(count_node(stopped, false), Count { passed: 2, failed: 2 });
    }

    #[test]
    fn no_test_at_all_is_a_failure() {
        assert_eq!(count_node("ℹ pass 0\nℹ fail 0\n", true), Count { passed: 0, failed: 1 });
    }
}
