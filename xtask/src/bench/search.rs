//! The search beside stateright: on two-phase commit, on one and the same cluster, and in WebAssembly.

use super::{answer, module, number, program};
use crate::process::command;
use crate::say::{self, Failure, Outcome};
use std::path::Path;

/// Numbers of resource managers.
const SIZES: [&str; 3] = ["7", "8", "9"];
/// So many states of a cluster, and the megabytes of the module's memory in which they must fit.
const CLUSTER: u64 = 2_000_000;
const CLUSTER_MB: u64 = 256;

/// One search in a process of its own.
struct Figures {
    states: u64,
    work_us: u64,
    peak_kb: u64,
}

impl Figures {
    fn of(json: &str) -> Option<Figures> {
        let get = |key| number(json, key);
        Some(Figures { states: get("states")?, work_us: get("work_us")?, peak_kb: get("peak_kb")? })
    }

    /// States a second of work.
    fn rate(&self) -> f64 {
        self.states as f64 * 1e6 / self.work_us.max(1) as f64
    }
}

/// The one of several that took the least work: what else the machine does only ever adds.
fn best(program: &Path, words: [&str; 2], times: u32) -> Outcome<Figures> {
    let mut best: Option<Figures> = None;
    for _ in 0..times {
        let json = answer(command(program.as_os_str()).args(words))?;
        let figures = Figures::of(&json).ok_or_else(|| {
            Failure::new("The bench says something else than figures.", "Run it by hand to see what.")
        })?;
        if best.as_ref().is_none_or(|best| figures.work_us < best.work_us) {
            best = Some(figures);
        }
    }
    best.ok_or_else(|| Failure::new("Nothing was measured.", "It has to be measured at least once."))
}

fn row(title: &str, figures: &Figures, than: Option<&Figures>) {
    let ratio = than.map_or_else(String::new, |than| {
        format!(
            "{:>6.2} x {:>5.2} x",
            figures.rate() / than.rate(),
            figures.peak_kb as f64 / than.peak_kb.max(1) as f64
        )
    });
    println!(
        "  {title:<38} {:>10} states {:>9.3} s {:>10} a second {:>9.1} MB {ratio}",
        say::thousands(figures.states),
        figures.work_us as f64 / 1e6,
        say::thousands(figures.rate() as u64),
        figures.peak_kb as f64 / 1024.0,
    );
}

/// Both searches, each in processes of its own. Fails where they do not meet the same number of states.
fn beside(program: &Path, what: &str, title: &str, times: u32) -> Outcome<(Figures, Figures)> {
    let theirs = best(program, ["stateright", what], times)?;
    row(&format!("{title}, stateright"), &theirs, None);
    let ours = best(program, ["ours", what], times)?;
    row(&format!("{title}, ours"), &ours, Some(&theirs));
    same(ours.states, theirs.states, title)?;
    Ok((ours, theirs))
}

fn same(ours: u64, theirs: u64, title: &str) -> Outcome<()> {
    if ours == theirs {
        return Ok(());
    }
    Err(Failure::new(
        format!("{title}: our search meets {ours} states, the other {theirs}."),
        "Both search the same: one of them misses some, or tells apart what is one.",
    ))
}

pub fn search() -> Outcome<()> {
    let native = program("bench", "search")?;
    let module = module("release")?;

    say::heading(
        "Search: two-phase commit beside stateright 0.31, one thread, work of the process and most memory; ratios of rate \
         (goal: 3) and memory (goal: at most 1)",
    );
    let mut natively = None;
    for size in SIZES {
        let both = beside(&native, size, &format!("{size} managers"), if size == "9" { 1 } else { 3 })?;
        if size == "8" {
            natively = Some(both.1);
        }
    }

    say::heading("Search: the very same cluster beside stateright, no symmetry (goal: 1.5)");
    for (what, title) in [("lock", "three clients of a lock"), ("commit", "presumed abort, three banks")] {
        beside(&native, what, title, 2)?;
        let share = answer(command(native.as_os_str()).args(["share", what]))?;
        let whole = number(&share, "work_us").unwrap_or_default().max(1);
        let percent = |key| number(&share, key).unwrap_or_default() * 100 / whole;
        println!(
            "    of ours about {} % are steps, {} % fingerprints, {} % copies, {} % properties; {:.1} moves a state",
            percent("step_us"),
            percent("print_us"),
            percent("clone_us"),
            percent("judge_us"),
            number(&share, "moves_percent").unwrap_or_default() as f64 / 100.0,
        );
    }

    say::heading("Search: in WebAssembly under Node, one thread (goal: stateright's native rate)");
    let wasm = answer(command("node").arg("bench/run.mjs").arg(&module).arg("search"))?;
    let rate = number(&wasm, "search_states_per_second").unwrap_or_default();
    let megabytes = |json: &str| number(json, "memory_bytes").unwrap_or_default() as f64 / f64::from(1 << 20);
    let ratio = natively.as_ref().map_or(0.0, |theirs| rate as f64 / theirs.rate());
    println!(
        "  8 managers, wasm {:>10} a second, {:.2} x stateright natively, the module's memory {:.1} MB",
        say::thousands(rate),
        ratio,
        megabytes(&wasm),
    );
    same(
        number(&wasm, "states").unwrap_or_default(),
        natively.map_or(0, |theirs| theirs.states),
        "8 managers in wasm",
    )?;
    let cluster = answer(command("node").arg("bench/run.mjs").arg(&module).arg("cluster"))?;
    println!(
        "  {} states of a cluster, wasm: the module's memory {:.1} MB of {CLUSTER_MB}",
        say::thousands(number(&cluster, "states").unwrap_or_default()),
        megabytes(&cluster),
    );
    same(number(&cluster, "states").unwrap_or_default().min(CLUSTER), CLUSTER, "a cluster in wasm")?;
    if number(&cluster, "memory_bytes").is_some_and(|bytes| bytes <= CLUSTER_MB << 20) {
        return Ok(());
    }
    Err(Failure::new("Two million states take more memory than they may.", "The lines above say how much."))
}
