//! The tests in browsers: what they need is built, then Node's test runner has them all.

use crate::browser;
use crate::examples;
use crate::places;
use crate::process::{self, command};
use crate::say::{self, Failure, Outcome};
use crate::site;
use crate::tests_run::{Count, Length, one, runner};
use crate::zip;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

/// So many that failed may have been late; more have not.
const MOST_AGAIN: usize = 4;

pub fn run(length: Length) -> Outcome<Count> {
    browser::packages()?;
    let chromium = browser::find_or_install()?;
    site::build()?;
    let first_load = site::first_load_names(&site::weigh(&site::folder())?);
    let artifacts = places::root().join("artifacts");
    let zip = zip::pack(&site::folder(), &artifacts)?;
    let panicking = artifacts.join("panic-site");
    site::build_panicking(&panicking)?;
    say::step("Building the examples of courses (2 minutes the first time, for their tools)");
    examples::build()?;
    let runner = tested_runner()?;
    let mut files = web_test_files()?;
    files.sort();
    let mut tests = BrowserTests { files, variables: Vec::new() };
    tests.variables.extend([
        ("FAULTLINE_BROWSER", chromium.into_os_string()),
        ("FAULTLINE_RUNNER", runner.into()),
        ("FAULTLINE_DIST", site::folder().into()),
        ("FAULTLINE_POLICY", site::POLICY.into()),
        ("FAULTLINE_PANIC_DIST", panicking.into()),
        ("FAULTLINE_FIRST_LOAD", first_load.into()),
        ("FAULTLINE_ZIP", zip.into()),
        ("FAULTLINE_EXAMPLES", examples::folder().into()),
        ("FAULTLINE_LINKS", if length == Length::Long { "5000" } else { "240" }.into()),
    ]);
    tests.variables.extend(browser::others().into_iter().map(|(name, path)| (name, path.into())));
    if length == Length::Long {
        tests.variables.push(("FAULTLINE_SOAK", "1".into()));
    }
    say::step("In headless Chromium, and what is the same everywhere in Firefox and WebKit (about half an hour)");
    let count = tests.run()?;
    say::remark("screenshots: artifacts/screens/");
    Ok(count)
}

struct BrowserTests {
    files: Vec<PathBuf>,
    variables: Vec<(&'static str, OsString)>,
}

impl BrowserTests {
    fn command(&self, at_once: u32) -> Command {
        let mut node = command("node");
        node.args(["--test", &format!("--test-concurrency={at_once}"), "--test-reporter=spec"]);
        node.envs(self.variables.iter().map(|(name, value)| (name, value)));
        node
    }

    /// A few that failed are run once more, each by itself: on a machine with much else to do a browser may be late. They are
    /// named all the same, and what fails twice has failed.
    fn run(&self) -> Outcome<Count> {
        let (fine, text) = process::watched(self.command(2).args(&self.files))?;
        let count = count_node(&text, fine);
        let names = failed_in_node(&text);
        if names.is_empty() || names.len() > MOST_AGAIN || count.failed == 0 {
            return Ok(count);
        }
        let listed: Vec<String> = names.iter().map(|name| format!("   {name}")).collect();
        say::step(&format!("Once more by themselves:\n{}", listed.join("\n")));
        let mut node = self.command(1);
        for name in &names {
            node.arg(format!("--test-name-pattern={}$", escaped(name)));
        }
        let (fine, text) = process::watched(node.args(&self.files))?;
        let again = count_node(&text, fine);
        if again.failed > 0 || (again.passed as usize) < names.len() {
            return Ok(count);
        }
        say::remark(&format!("failed once and passed by themselves; look at why:\n{}", listed.join("\n")));
        Ok(Count { passed: count.passed + names.len() as u32, failed: 0 })
    }
}

/// The headless runner as the Rust tests have built it, for the hashes that the page must equal: with every check still in,
/// and at hand already where they ran. To Cargo it is the same program only where a test of the whole workspace asks for it.
fn tested_runner() -> Outcome<std::path::PathBuf> {
    say::step("Building the headless runner as the Rust tests have it");
    runner(&["test", "--quiet", "--workspace", "--no-run", "--test", "all"], "debug")
}

fn web_test_files() -> Outcome<Vec<PathBuf>> {
    let folder = places::root().join("tests").join("web");
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

/// The names below `✖ failing tests:`. A suite is not one itself: it fails with what is in it.
fn failed_in_node(text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().skip_while(|line| *line != "✖ failing tests:").skip(1).collect();
    let mut names: Vec<String> = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let Some((name, _)) = line.trim_start().strip_prefix("✖ ").and_then(|rest| rest.rsplit_once(" (")) else {
            continue;
        };
        let suite =
            lines.get(at + 1).is_some_and(|why| why.contains("subtest failed'") || why.contains("subtests failed'"));
        if !suite && !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    names
}

/// As a regular expression that finds the text itself.
fn escaped(text: &str) -> String {
    let special = |c: char| r"\^$.|?*+()[]{}/".contains(c);
    text.chars().flat_map(|c| special(c).then_some('\\').into_iter().chain([c])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn what_failed_is_named_without_its_suite() {
        let text = "✖ a (1ms)\nℹ fail 2\n\n✖ failing tests:\n\ntest at tests/web/a.mjs:1:2\n✖ webkit: (so) it is. (42.1ms)\n  Error: no\n\n\
                    test at tests/web/a.mjs:1:2\n✖ webkit (50ms)\n  '1 subtest failed'\n";
        assert_eq!(failed_in_node(text), ["webkit: (so) it is."]);
        assert_eq!(failed_in_node("✖ a (1ms)\n"), Vec::<String>::new());
        assert_eq!(escaped("a (b). 20 %/c"), r"a \(b\)\. 20 %\/c");
    }
}
