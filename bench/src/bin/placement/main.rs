//! `placement speed`: keys a second, hashed alone and placed, as one line of JSON. `placement crates`: beside other crates'
//! rings. `placement build`: how long it takes to build a large ring and to change it, and how much memory it is.

#![expect(clippy::disallowed_methods, reason = "how long it takes is measured here")]

mod crates;

use bench::placement::{KEYS, fingerprint, hashed, keys, members, ring};
use faultline::core::placement::Member;
use faultline::core::placement::ring::Ring;
use std::hint::black_box;
use std::process::ExitCode;
use std::time::Instant;

const ROUNDS: usize = 9;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["speed"] => speed(),
        ["crates"] => crates::table(),
        ["build"] => build(),
        _ => {
            eprintln!("placement speed | crates | build");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

/// Seconds of work of this thread: on a machine that others use too, not the same as the time that passes.
fn work() -> f64 {
    let spent = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = spent.and_then(|text| text.split_whitespace().next()?.parse::<f64>().ok());
    // Where the system does not say: the time that passes.
    static BEGIN: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    nanoseconds.map_or_else(|| BEGIN.get_or_init(Instant::now).elapsed().as_secs_f64(), |n| n / 1e9)
}

/// Seconds that a turn of each task takes, the median of several rounds. They take turns, so that what disturbs one
/// disturbs the others, and the first round does not count.
fn race(tasks: &mut [&mut dyn FnMut()]) -> Vec<f64> {
    let mut times = vec![Vec::new(); tasks.len()];
    for round in 0..=ROUNDS {
        for (task, times) in tasks.iter_mut().zip(&mut times) {
            let (begin, mut turns) = (work(), 0);
            let spent = loop {
                task();
                turns += 1;
                let spent = work() - begin;
                if spent >= 0.05 {
                    break spent;
                }
            };
            if round > 0 {
                times.push(spent / f64::from(turns));
            }
        }
    }
    times.iter_mut().map(|times| median(times)).collect()
}

fn median(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn speed() {
    let (ring, keys) = (ring(), keys());
    let bytes = || keys.iter().map(String::as_bytes);
    let mut owners = Vec::new();
    ring.owners_of(bytes(), &mut owners);
    let fingerprint = fingerprint(&owners);
    let mut alone = || {
        black_box(hashed(bytes()));
    };
    let mut placed = || {
        owners.clear();
        ring.owners_of(bytes(), &mut owners);
        black_box(&owners);
    };
    let times = race(&mut [&mut alone, &mut placed]);
    let rate = |time: f64| (KEYS as f64 / time / 1e3).round();
    println!("{{\"hashed\":{},\"lookups\":{},\"fingerprint\":{fingerprint}}}", rate(times[0]), rate(times[1]));
}

fn build() {
    const NODES: usize = 1_000;
    const POINTS: u32 = 200;
    let list = || members(NODES);
    let new = || Ring::new(list(), POINTS).expect("the names differ");
    let built = race(&mut [&mut || {
        black_box(new());
    }])[0];
    // The clock of a thread's work ticks in milliseconds, so fifty changes are one turn.
    const CHANGES: usize = 50;
    let names: Vec<String> = (0..CHANGES).map(|i| format!("new-{i}")).collect();
    let (mut grown, ring) = (new(), new());
    let (mut add, mut remove) = (Vec::new(), Vec::new());
    for _ in 0..=ROUNDS {
        let begin = work();
        for name in &names {
            grown.add(Member::new(name.as_str(), 1)).expect("it was not there");
        }
        let added = work();
        for name in &names {
            black_box(grown.remove(name));
        }
        add.push((added - begin) / CHANGES as f64);
        remove.push((work() - added) / CHANGES as f64);
        assert!(grown == ring, "the ring is not as it was");
    }
    for (what, time) in [
        ("built, every point hashed and sorted", built),
        ("one node more", median(&mut add)),
        ("one node less", median(&mut remove)),
    ] {
        println!("  {what:<40} {:>9.2} ms {:>6.1} % of building it", time * 1e3, 100.0 * time / built);
    }
    for ring in [&ring, &bench::placement::ring()] {
        let (bytes, points) = (ring.bytes(), ring.points().len());
        let each = bytes as f64 / points as f64;
        println!("  memory of {points:>7} points, all of the ring {bytes:>12} bytes {each:>6.1} a point");
    }
}
