//! `hours [N]`: plays N virtual hours (1,000) of five contending clients and prints one line of JSON: events, how long it
//! took, how long steps back and far seeks take then, and on Linux the most memory that the process ever had.

#![expect(clippy::disallowed_methods, reason = "how long it takes is measured here")]

use bench::hours::{HOUR, contending};
use std::time::Instant;

fn main() {
    let hours: u64 = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(1_000);
    let mut run = contending();
    let begin = Instant::now();
    run.seek(hours * HOUR);
    let seconds = begin.elapsed().as_secs_f64();
    let (events, _) = run.position();
    let back = times(1_000, |_| {
        run.step_back();
    });
    let seek = times(100, |n| run.seek(hours * HOUR / 100 * (n * 37 % 100)));
    let back_far = times(1_000, |_| {
        run.step_back();
    });
    let peak = peak_kb().map_or_else(|| "null".to_owned(), |kb| kb.to_string());
    println!(
        "{{\"hours\":{hours},\"events\":{events},\"seconds\":{seconds:.1},\"events_per_second\":{:.0},\
         \"step_back_us_p95\":{},\"seek_us_p95\":{},\"step_back_far_us_p95\":{},\"peak_kb\":{peak}}}",
        f64::from(events) / seconds,
        back[back.len() * 95 / 100],
        seek[seek.len() * 95 / 100],
        back_far[back_far.len() * 95 / 100],
    );
}

/// How long each of so many turns takes, in µs, ascending.
fn times(count: u64, mut turn: impl FnMut(u64)) -> Vec<u128> {
    let mut all: Vec<u128> = (0..count)
        .map(|n| {
            let begin = Instant::now();
            turn(n);
            begin.elapsed().as_micros()
        })
        .collect();
    all.sort_unstable();
    all
}

/// The most memory that was ever resident.
fn peak_kb() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?.split_whitespace().next()?.parse().ok()
}
