//! What crashes cost: every protocol at every rate, as one text of comma-separated values that is printed, kept and drawn.

use super::measured::{Figures, run};
use super::{Named, PROTOCOLS};
use faultline::sim::time::{SECOND, Time};
use std::fmt::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Mean seconds between two crashes of a node; `None`: nobody crashes.
pub const EVERY: [Option<u64>; 5] = [None, Some(300), Some(60), Some(20), Some(5)];

pub const HEADER: &str = "protocol,crash_every_s,committed_per_s,in_doubt_mean_s,in_doubt_p95_s,locked_share,\
    messages_per_commit,forced_per_commit,committed,split";

/// How much is played for each cell: so many runs, each with a seed of its own and all nodes up when it begins.
#[derive(Clone, Copy)]
pub struct Extent {
    pub runs: u64,
    pub length: Time,
}

/// An hour for each cell. Short runs, because what a coordinator under load may have to keep in its log makes long ones slow.
pub const FULL: Extent = Extent { runs: 60, length: 60 * SECOND };
/// What a test plays.
pub const SHORT: Extent = Extent { runs: 1, length: 20 * SECOND };

pub struct Cell {
    pub protocol: &'static Named,
    pub every: Option<u64>,
    pub figures: Figures,
}

/// All cells, on so many threads: a cell is a function of its place, so that it does not matter who plays it when.
pub fn cells(extent: Extent, threads: usize) -> Vec<Cell> {
    let places: Vec<_> = PROTOCOLS.iter().flat_map(|protocol| EVERY.map(|every| (protocol, every))).collect();
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let work = || {
        while let Some((protocol, every)) = places.get(next.fetch_add(1, Ordering::Relaxed)) {
            let cell = Cell { protocol, every: *every, figures: figures(protocol, *every, extent) };
            done.lock().expect("nobody panics with it").push(cell);
        }
    };
    if threads < 2 {
        work();
    } else {
        std::thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(work))));
    }
    let mut cells = done.into_inner().expect("nobody panics with it");
    let place = |cell: &Cell| places.iter().position(|(p, every)| p.name == cell.protocol.name && *every == cell.every);
    cells.sort_by_key(place);
    cells
}

fn figures(protocol: &Named, every: Option<u64>, extent: Extent) -> Figures {
    let mean = every.map(|seconds| seconds * SECOND);
    let runs = (1..=extent.runs).map(|seed| run(protocol.under_load(), seed, mean, extent.length));
    let mut all = runs.fold(Figures::default(), Figures::and);
    all.doubts.sort_unstable();
    all
}

pub fn csv(cells: &[Cell]) -> String {
    let mut text = format!("{HEADER}\n");
    for Cell { protocol, every, figures: f } in cells {
        let seconds = |time: Time| time as f64 / SECOND as f64;
        let votes = f.doubts.len().max(1);
        let commits = f.committed.max(1) as f64;
        let accounts = protocol.under_load().balances.len() as f64;
        let _ = writeln!(
            text,
            "{},{},{:.3},{:.4},{:.4},{:.4},{:.2},{:.2},{},{}",
            protocol.name,
            every.map_or_else(|| "never".to_owned(), |seconds| seconds.to_string()),
            f.committed as f64 / seconds(f.time),
            seconds(f.doubts.iter().sum()) / votes as f64,
            // The nearest rank: so many of a hundred are at most as long.
            f.doubts.get((votes * 95).div_ceil(100) - 1).copied().map_or(0.0, seconds),
            seconds(f.locked) / seconds(f.time) / accounts,
            f.messages as f64 / commits,
            f.forced as f64 / commits,
            f.committed,
            f.split,
        );
    }
    text
}

/// The same for people.
pub fn print(csv: &str) {
    const HEADS: [&str; 9] = [
        "crashes",
        "commits/s",
        "doubt mean",
        "95 of 100",
        "locked",
        "msgs/cmt",
        "forced/cmt",
        "commits",
        "AC1 broken",
    ];
    println!("  {:<26}{}", "", HEADS.map(|head| format!("{head:>11}")).concat());
    let mut before = "";
    for line in csv.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let [name, every, rate, mean, p95, locked, messages, forced, commits, split] = cells[..] else { continue };
        let locked = locked.parse().map_or_else(|_| locked.to_owned(), |share: f64| format!("{:.1} %", 100.0 * share));
        let every = if every == "never" { every.to_owned() } else { format!("{every} s") };
        let rest = [&every, rate, &format!("{mean} s"), &format!("{p95} s"), &locked, messages, forced, commits, split];
        println!("  {:<26}{}", if name == before { "" } else { name }, rest.map(|cell| format!("{cell:>11}")).concat());
        before = name;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PINNED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/pinned/commit-crashes.csv");

    /// `FAULTLINE_PIN=1` writes it anew.
    #[test]
    fn a_short_table_is_the_same_everywhere() {
        let text = csv(&cells(SHORT, 2));
        assert_eq!(text, csv(&cells(SHORT, 1)), "who plays a cell makes no difference");
        if std::env::var_os("FAULTLINE_PIN").is_some() {
            std::fs::write(PINNED, &text).expect("the table can be written");
        }
        let pinned = std::fs::read_to_string(PINNED).unwrap_or_default();
        assert_eq!(text, pinned, "if a protocol was meant to change: FAULTLINE_PIN=1 cargo test -p bench");
    }
}
