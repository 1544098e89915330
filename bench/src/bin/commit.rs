//! `commit states`: states a second. `commit speed`: transactions a second, as one line of JSON. `commit table [--write]`:
//! what crashes cost, printed, and with `--write` put into `docs/`. `commit draw`: the picture of it once more.
//! `commit one PROTOCOL SECONDS|never SEED`: one of its runs.

#![expect(clippy::disallowed_methods, reason = "how long it takes is measured here")]

use bench::commit::{PROTOCOLS, measured, plot, speed, states, table};
use faultline::core::protocol::World;
use faultline::sim::time::SECOND;
use std::collections::BTreeSet;
use std::hint::black_box;
use std::process::ExitCode;
use std::time::Instant;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["states"] => search(),
        ["speed"] => simulate(),
        ["table"] => crashes(false),
        ["table", "--write"] => crashes(true),
        ["draw"] => ExitCode::from(u8::from(!draw())),
        ["one", protocol, every, seed] => one(protocol, every.parse().ok(), seed.parse().unwrap_or(1)),
        _ => {
            eprintln!("commit states | speed | table [--write] | draw | one PROTOCOL SECONDS|never SEED");
            ExitCode::FAILURE
        }
    }
}

/// Seconds of work of this thread: on a machine that others use too, not the same as the time that passes.
fn work() -> f64 {
    let spent = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = spent.and_then(|text| text.split_whitespace().next()?.parse::<f64>().ok());
    // Where the system does not say: the time that passes.
    static BEGIN: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    nanoseconds.map_or_else(|| BEGIN.get_or_init(Instant::now).elapsed().as_secs_f64(), |n| n / 1e9)
}

fn search() -> ExitCode {
    let mut fine = true;
    for (world, crashes) in [(World::Sync, 0), (World::Sync, 1), (World::Bounded, 0), (World::Bounded, 1)] {
        let mut first = None;
        for protocol in states::protocols(world) {
            // A small space is searched again until it has taken long enough to be measured.
            let (begin, mut times) = (work(), 0);
            let (found, seconds) = loop {
                let found = black_box(states::search(protocol, world, crashes, 2_000_000));
                times += 1;
                if work() - begin > 0.5 {
                    break (found, (work() - begin) / f64::from(times));
                }
            };
            let rate = found.states as f64 / seconds;
            fine &= found.holds;
            println!(
                "  {:<8}{} {:<26}{:>8} states {seconds:>7.3} s of work {rate:>8.0} a second {:>5.2} x {:>4.0} bytes a state{}",
                world.name(),
                if crashes == 0 { "no crash " } else { "one crash" },
                protocol.name,
                found.states,
                rate / *first.get_or_insert(rate),
                found.bytes as f64 / found.states as f64,
                if found.holds { "" } else { "  DOES NOT HOLD" },
            );
        }
    }
    if fine { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn simulate() -> ExitCode {
    // As `run.mjs` measures it: the median of five rounds, the first does not count.
    let mut rates: Vec<f64> = (0..6)
        .map(|_| {
            let (begin, mut done) = (work(), 0);
            while work() - begin < 0.5 {
                done += black_box(speed::transactions(200));
            }
            f64::from(done) / (work() - begin)
        })
        .skip(1)
        .collect();
    rates.sort_by(f64::total_cmp);
    println!("{{\"transactions_per_second\":{:.0},\"fingerprint\":{}}}", rates[2], speed::fingerprint());
    ExitCode::SUCCESS
}

fn crashes(write: bool) -> ExitCode {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let cells = table::cells(table::FULL, threads);
    let csv = table::csv(&cells);
    table::print(&csv);
    let written = if write { std::fs::write(CSV, csv).is_ok() && draw() } else { true };
    let mut fine = true;
    for cell in &cells {
        let every = cell.every.map_or_else(|| "never".to_owned(), |seconds| seconds.to_string());
        let names: BTreeSet<&str> = cell.figures.broken.iter().map(|(name, _)| *name).collect();
        for name in names {
            fine = false;
            let seeds = || cell.figures.broken.iter().filter(|(broken, _)| *broken == name).map(|(_, seed)| seed);
            println!(
                "  BROKEN, though promised: {name:<17} in {:>2} of {} runs, the first: commit one {} {every} {}",
                seeds().count(),
                table::FULL.runs,
                cell.protocol.name,
                seeds().next().unwrap_or(&0),
            );
        }
    }
    if fine && written { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

const CSV: &str = "docs/commit-crashes.csv";
const SVG: &str = "docs/commit-crashes.svg";

fn draw() -> bool {
    let svg = std::fs::read_to_string(CSV).ok().and_then(|csv| plot::svg(&csv));
    let drawn = svg.is_some_and(|svg| std::fs::write(SVG, svg).is_ok());
    println!("  {SVG} {} {CSV}", if drawn { "is drawn from" } else { "cannot be drawn from" });
    drawn
}

fn one(protocol: &str, every: Option<u64>, seed: u64) -> ExitCode {
    let Some(named) = PROTOCOLS.iter().find(|named| named.name == protocol) else {
        eprintln!("{}", PROTOCOLS.each_ref().map(|named| named.name).join(" "));
        return ExitCode::FAILURE;
    };
    let figures = measured::run(named.under_load(), seed, every.map(|seconds| seconds * SECOND), table::FULL.length);
    println!("{} committed, {} split", figures.committed, figures.split);
    for (property, time) in &figures.moments {
        println!("{property} breaks at {:.6} s", *time as f64 / SECOND as f64);
    }
    ExitCode::from(u8::from(!figures.broken.is_empty()))
}
