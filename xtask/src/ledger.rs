//! What a reader's first visit to each part of the page costs in bytes.
//!
//! Parts share files. A file counts where it comes first, so a part costs less after others than by itself.

use crate::process::{self, command};
use crate::say::{self, Failure, Outcome};
use crate::site::{Weight, first_load};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The order in which the table opens them: the panels, which come with a reader's first touch, and the tabs from left to
/// right. Whatever is not named here follows by name.
const ORDER: [&str; 6] = ["workbench", "placement", "plots", "ring", "coordination", "commit"];

/// A part and the files that it fetches, its own first.
#[derive(Debug, PartialEq)]
struct Part {
    name: String,
    files: Vec<String>,
}

/// One line of the table, in brotli bytes.
#[derive(Debug, PartialEq)]
struct Row {
    name: String,
    /// With all that it shares, as when a link opens it.
    alone: u64,
    /// What is left to fetch after the rows above.
    then: u64,
}

/// The table for the files of `dist`, and below it what all scenes take.
pub fn table(dist: &Path, weights: &[Weight]) -> Outcome<String> {
    let mut node = command("node");
    node.arg("xtask/loader.mjs").arg(dist);
    let text = process::answer(&mut node)
        .ok_or_else(|| Failure::new("The parts of the page could not be read.", "node xtask/loader.mjs dist"))?;
    Ok(write(first_load(weights), &rows(read(&text), weights), worker(weights)))
}

fn read(text: &str) -> Vec<Part> {
    let lines = text.lines().map(|line| line.split('\t').map(str::to_owned));
    let mut parts: Vec<Part> =
        lines.filter_map(|mut words| Some(Part { name: words.next()?, files: words.collect() })).collect();
    let place = |name: &str| ORDER.iter().position(|known| *known == name).unwrap_or(ORDER.len());
    parts.sort_by(|a, b| (place(&a.name), &a.name).cmp(&(place(&b.name), &b.name)));
    parts
}

fn rows(parts: Vec<Part>, weights: &[Weight]) -> Vec<Row> {
    let brotli: BTreeMap<&str, u64> = weights.iter().map(|weight| (weight.name.as_str(), weight.brotli)).collect();
    let mut here = BTreeSet::new();
    let row = |part: Part| {
        let bytes = |file: &String| brotli.get(file.as_str()).copied().unwrap_or(0);
        let alone = part.files.iter().map(bytes).sum();
        let then = part.files.iter().filter(|file| !here.contains(*file)).map(bytes).sum();
        here.extend(part.files);
        Row { name: part.name, alone, then }
    };
    parts.into_iter().map(row).collect()
}

/// The worker that searches, a program of its own.
fn worker(weights: &[Weight]) -> u64 {
    let files = weights.iter().filter(|weight| weight.name.contains("-checker."));
    files.map(|weight| weight.brotli).sum()
}

fn write(first: u64, rows: &[Row], worker: u64) -> String {
    let line = |name: &str, alone: u64, then: u64, sum: u64| {
        let [alone, then, sum] = [alone, then, sum].map(say::thousands);
        format!("{name:<32} {alone:>11} {then:>11} {sum:>11}\n")
    };
    let mut text = format!("{:<32} {:>11} {:>11} {:>11}\n", "opened, in brotli", "by itself", "after these", "sum");
    let mut sum = first;
    text += &line("first load (the lock)", first, first, sum);
    for (n, row) in rows.iter().enumerate() {
        sum += row.then;
        text += &line(&row.name, row.alone, row.then, sum);
        if n + 1 == ORDER.len() {
            text += &format!("all scenes and all panels: {}\n", say::thousands(sum));
        }
    }
    text += &line("worker of a search", worker, worker, sum + worker);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weights(list: &[(&str, u64)]) -> Vec<Weight> {
        list.iter().map(|(name, brotli)| Weight { name: (*name).into(), raw: 0, brotli: *brotli }).collect()
    }

    #[test]
    fn what_parts_share_counts_where_it_comes_first() {
        let text = "zulu\tz.wasm\ts2.wasm\nring\tr.wasm\ts1.wasm\nworkbench\tw.wasm\ts1.wasm\nchinese\tc.wasm\n";
        let weights =
            weights(&[("z.wasm", 1), ("r.wasm", 20), ("w.wasm", 300), ("s1.wasm", 4), ("s2.wasm", 5), ("c.wasm", 6)]);
        let row = |name: &str, alone, then| Row { name: name.into(), alone, then };
        let wanted = [row("workbench", 304, 304), row("ring", 24, 20), row("chinese", 6, 6), row("zulu", 6, 6)];
        assert_eq!(rows(read(text), &weights), wanted);
    }

    #[test]
    fn the_table_adds_up() {
        let parts = ORDER.map(|name| Row { name: name.into(), alone: 10, then: 5 });
        let text = write(1000, &parts, 70);
        assert!(text.contains("all scenes and all panels: 1,030\n"), "{text}");
        assert!(text.ends_with("1,100\n"), "{text}");
    }

    #[test]
    fn the_worker_is_both_of_its_files() {
        let files = weights(&[("page-1f-checker.js", 3), ("page-1f-checker.wasm", 4), ("page-1f-ring.wasm", 5)]);
        assert_eq!(worker(&files), 7);
    }
}
