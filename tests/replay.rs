//! A run is data: it replays to the same hashes, forwards, backwards and by branches.

use faultline::scenes::run::Run;
use faultline::scenes::scene::{Lang, Standing};
use faultline::scenes::searching::{sample, sample_of_promises};
use faultline::scenes::{SCENES, default_spec, link, open};

fn soak(few: u64, many: u64) -> u64 {
    if std::env::var_os("FAULTLINE_SOAK").is_some() { many } else { few }
}

fn identity(run: &dyn Run) -> (u64, u32, u128, u64) {
    (run.now(), run.position().0, run.state_hash(), run.run_hash())
}

#[test]
fn a_link_reopens_the_same_moment() {
    for seed in 0..soak(300, 20_000) {
        let spec = sample(seed, 8);
        let text = link::encode(&spec).expect("a sample fits a link");
        let run = open(&link::decode(&text).expect("it reads back"), Lang::En).expect("it opens");
        assert_eq!(run.state_hash(), spec.hash, "cargo run --release --bin faultline -- run '{text}'");
        assert_eq!(run.spec(), spec, "cargo run --release --bin faultline -- run '{text}'");
    }
}

#[test]
fn rewinding_and_playing_again_is_the_same_run() {
    for seed in 0..soak(60, 3_000) {
        let spec = sample(seed, 6);
        let mut run = open(&spec, Lang::En).expect("it opens");
        let end = identity(run.as_ref());
        let (events, _) = run.position();
        for stop in [0, events / 3, events / 2, events.saturating_sub(1)] {
            run.seek_event(stop);
            let there = identity(run.as_ref());
            run.step_back();
            run.step_forward();
            assert_eq!(identity(run.as_ref()), there, "seed {seed}, event {stop}");
        }
        run.seek(0);
        run.seek(end.0);
        assert_eq!(identity(run.as_ref()), end, "seed {seed}");
    }
}

#[test]
fn undo_redo_and_branches_lose_nothing() {
    for scene in SCENES {
        let mut run = open(&default_spec(scene), Lang::En).expect("it opens");
        run.seek(2_000_000);
        let before = identity(run.as_ref());
        let name = run.spec();
        let first = run.inspect(faultline::scenes::scene::Selection::Node(0), Lang::En).expect("node 0");
        let pause = first.offers.iter().find(|o| o.line.starts_with("pause ")).expect("a node can be paused");
        run.command(&pause.line, Lang::En).expect("it pauses");
        let after = identity(run.as_ref());
        assert_ne!(before, after);
        assert!(run.undo());
        assert_eq!(identity(run.as_ref()), before);
        assert_eq!(run.spec(), name);
        assert!(run.redo());
        assert_eq!(identity(run.as_ref()), after);

        // Acting in the past makes a branch; the old one stays as it was.
        run.seek(4_000_000);
        let old = identity(run.as_ref());
        run.seek(1_000_000);
        run.command(&pause.line, Lang::En).expect("it pauses");
        assert_eq!(run.branches().len(), 2);
        run.switch_branch(0);
        run.seek(4_000_000);
        assert_eq!(identity(run.as_ref()), old);
    }
}

/// Bounded clocks, any pauses, crashes, losses, delays and copies: what is promised there holds.
#[test]
fn promises_hold_over_thousands_of_seeds() {
    for scene in SCENES {
        for seed in 0..soak(2_000, 100_000) {
            let spec = sample_of_promises(scene, seed, 14);
            let run = open(&spec, Lang::En).expect("a sample opens");
            for f in run.findings(Lang::En) {
                let broken = f.promised && !f.liveness && f.standing == Standing::Broken;
                let text = link::encode(&spec).unwrap_or_else(|_| link::to_file(&spec));
                assert!(
                    !broken,
                    "{} broke at event {:?} of {scene}, seed {seed}:\ncargo run --release --bin faultline -- run '{text}' --trace",
                    f.code, f.broken_at
                );
            }
        }
    }
}
