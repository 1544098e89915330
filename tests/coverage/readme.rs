//! The README's table of what is searched: made from the file.

use faultline::scenes::SCENES;
use faultline::scenes::searching::Verdict;
use faultline::scenes::searching::coverage::{Line, Sums, common_bounds, pairs, read, sums};
use std::path::PathBuf;

/// The section lies between these.
const MARKS: [&str; 2] = [
    "<!-- From docs/coverage.csv, by FAULTLINE_PIN=1 cargo test --test all coverage::. -->\n",
    "<!-- End of what is from docs/coverage.csv. -->\n",
];
/// Where `cargo xtask serve` shows the page.
const PAGE: &str = "http://127.0.0.1:8080/#";

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Compares the README with the file, or writes it if asked to.
pub fn pinned(file: &str) {
    let readme = std::fs::read_to_string(path("README.md")).expect("the README can be read");
    let (before, rest) = readme.split_once(MARKS[0]).expect("the README has a place for the table");
    let (inside, after) = rest.split_once(MARKS[1]).expect("that place has an end");
    let wanted = section(file);
    if std::env::var_os("FAULTLINE_PIN").is_some() {
        let written = format!("{before}{}{wanted}{}{after}", MARKS[0], MARKS[1]);
        std::fs::write(path("README.md"), written).expect("the README can be written");
        return;
    }
    for (found, wanted) in inside.lines().zip(wanted.lines()) {
        assert_eq!(found, wanted, "the README does not say what docs/coverage.csv says: {COMMAND}");
    }
    assert_eq!(inside, wanted, "the README does not say what docs/coverage.csv says: {COMMAND}");
}

const COMMAND: &str = "FAULTLINE_PIN=1 cargo test --test all coverage::";

/// `1234567` as `1,234,567`.
fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let groups: Vec<&str> = digits.as_bytes().rchunks(3).rev().filter_map(|group| str::from_utf8(group).ok()).collect();
    groups.join(",")
}

fn said(sums: Sums) -> String {
    let Sums { searches, states, holding, broken } = sums;
    format!("{searches} searches, {} states: {holding} promises hold, {broken} mistakes are found", grouped(states))
}

pub fn section(file: &str) -> String {
    let lines: Vec<Line> = read(file).collect();
    let mut out = format!("**{}.**\n\n", said(sums(&lines)));
    for scene in SCENES {
        let lines: Vec<Line> = lines.iter().filter(|line| line.scene == scene).copied().collect();
        let common = common_bounds(&lines);
        let bounds: Vec<String> = common.iter().map(|(key, value)| format!("`{key}={value}`")).collect();
        out += &format!(
            "<details>\n<summary><b>{scene}</b>: {}</summary>\n\nBounds of all rows: {}.\n\n\
             | recipe | mistake | world | faults | its own bounds | properties | states | depth | result |\n\
             | --- | --- | --- | --- | --- | --- | ---: | ---: | --- |\n",
            said(sums(&lines)),
            bounds.join(", ")
        );
        for line in &lines {
            out += &row(line, &common);
        }
        out += "\n</details>\n\n";
    }
    out
}

fn row(line: &Line, common: &[(&str, &str)]) -> String {
    let faults: Vec<String> = pairs(line.faults).map(|(name, count)| format!("{count} {name}")).collect();
    let own: Vec<String> =
        pairs(line.bounds).filter(|pair| !common.contains(pair)).map(|(key, value)| format!("{key}={value}")).collect();
    let faults = if faults.is_empty() { "none".to_owned() } else { faults.join(", ") };
    let faults = faults.replace("1 crashes", "1 crash").replace("1 drops", "1 loss");
    let faults = faults.replace("1 dups", "1 duplicate").replace("1 pauses", "1 pause").replace("1 cuts", "1 cut");
    let faults = faults.replace("1 requests", "1 request");
    let result = match (line.verdict, line.steps) {
        (Verdict::Violated, Some(0)) => format!("[broken from the start]({PAGE}{})", line.run),
        (Verdict::Violated, Some(steps)) => format!("[broken after {steps} steps]({PAGE}{})", line.run),
        (verdict, _) => verdict.name().to_owned(),
    };
    format!(
        "| {} | {} | {} | {faults} | {} | {} | {} | {} | {result} |\n",
        line.recipe,
        line.mistake,
        line.world.name(),
        own.join(" "),
        line.properties,
        grouped(line.states),
        line.depth
    )
}
