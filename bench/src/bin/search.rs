//! `search ours|stateright 7|8|9|lock|commit`: one search in a process of its own, as one line of JSON: states, microseconds of
//! work of the whole process, the most memory that was resident. `search share lock|commit`: how the time of ours is spent.

use bench::search::{ALL, Sampled, adapter, commit, lock, search, two_phase};
use faultline::check::model::{Checked, ClusterModel};
use faultline::check::search::Model;
use faultline::core::protocol::Protocol;
use std::hint::black_box;
use std::process::ExitCode;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let states = match words[..] {
        ["ours", "lock"] => ours(lock()),
        ["ours", "commit"] => ours(commit()),
        ["ours", size] => size.parse().ok().and_then(|managers| ours(two_phase(managers))),
        ["stateright", "lock"] => Some(adapter::states(lock()) as u64),
        ["stateright", "commit"] => Some(adapter::states(commit()) as u64),
        ["stateright", size] => size.parse().ok().map(|managers| bench::search::two_phase::states(managers) as u64),
        ["share", "lock"] => return share(lock()),
        ["share", "commit"] => return share(commit()),
        _ => {
            eprintln!("search ours|stateright 7|8|9|lock|commit, or search share lock|commit");
            return ExitCode::FAILURE;
        }
    };
    let Some(states) = states else { return ExitCode::FAILURE };
    let (work_us, peak_kb) = used();
    println!("{{\"states\":{states},\"work_us\":{work_us},\"peak_kb\":{peak_kb}}}");
    ExitCode::SUCCESS
}

fn ours<M: Model>(model: M) -> Option<u64> {
    search(model, ALL)
}

/// Microseconds of work of all threads, user and system, and the most kilobytes that were ever resident.
fn used() -> (u64, u64) {
    let mut usage = std::mem::MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: the call writes to the struct that it is given, which is valid when all zero.
    let usage = unsafe {
        libc::getrusage(libc::RUSAGE_SELF, usage.as_mut_ptr());
        usage.assume_init()
    };
    let micros = |time: libc::timeval| time.tv_sec as u64 * 1_000_000 + time.tv_usec as u64;
    (micros(usage.ru_utime) + micros(usage.ru_stime), usage.ru_maxrss as u64)
}

/// One in so many states is kept, and what the search does with a state is done to these alone.
const EVERY: u64 = 64;

/// How often, so that the sample takes long enough to be measured.
const ROUNDS: u32 = 8;

fn share<P: Protocol>(model: ClusterModel<P>) -> ExitCode {
    let begin = used().0;
    let Some(states) = search(&model, ALL) else { return ExitCode::FAILURE };
    let whole = (used().0 - begin) as f64;

    let sampled = Sampled::new(&model, EVERY);
    search(&sampled, ALL);
    let kept = sampled.kept.take();
    let scale = states as f64 / kept.len().max(1) as f64 / f64::from(ROUNDS);
    // Microseconds of the whole search, from the sample's.
    let time = |mut turn: &mut dyn FnMut(&Checked<P>)| {
        let begin = used().0;
        for _ in 0..ROUNDS {
            kept.iter().for_each(&mut turn);
        }
        (used().0 - begin) as f64 * scale
    };
    let mut moves = 0_u64;
    let steps = time(&mut |state| {
        model.each_next(state, &mut |step, next| {
            black_box((step, next));
        })
    });
    let printed = time(&mut |state| {
        model.each_printed(state, &mut |step, next, print| {
            moves += 1;
            black_box((step, next, print));
        });
    });
    let clones = time(&mut |state| drop(black_box(state.clone())));
    let judged = time(&mut |state| {
        black_box(model.broken(state));
    });
    let moves = moves as f64 * scale / states as f64;
    println!(
        "{{\"states\":{},\"work_us\":{whole:.0},\"moves_percent\":{:.0},\"step_us\":{steps:.0},\"print_us\":{:.0},\"clone_us\":{clones:.0},\"judge_us\":{judged:.0}}}",
        states,
        moves * 100.0,
        (printed - steps).max(0.0),
    );
    ExitCode::SUCCESS
}
