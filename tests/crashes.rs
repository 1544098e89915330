//! The matrix of crashes: every cell is filled by a run of the core, and says what the pinned table says.
//! `FAULTLINE_PIN=1 cargo test --test all crashes::` rewrites it.

use faultline::scenes::crashes::{Matrix, Trial};
use faultline::scenes::run::{Run, RunSpec};
use faultline::scenes::scene::Lang;
use faultline::scenes::{default_spec, link, open};
use std::fmt::Write;

fn opened(spec: &RunSpec) -> Box<dyn Run> {
    open(spec, Lang::En).unwrap_or_else(|e| panic!("{}", e.0))
}

fn of(recipe: &str, mistakes: &[&str]) -> RunSpec {
    let mistakes = mistakes.iter().map(|m| (*m).to_owned()).collect();
    RunSpec { recipe: recipe.to_owned(), mistakes, ..default_spec("commit") }
}

/// Plays on until the crash has come to its end.
fn played(run: &mut dyn Run) -> Trial {
    for _ in 0..60 {
        run.seek(run.now() + 2_000_000);
        if let Some(trial) = run.trial().filter(|trial| trial.ended.is_some()) {
            return trial;
        }
    }
    panic!("it does not end: {:?}", run.trial());
}

fn facts(matrix: &Matrix, trial: &Trial) -> String {
    format!("{}; {}", matrix.waited(trial), matrix.ends[trial.ended.expect("it has ended")].0)
}

/// The whole matrix as lines.
fn table(recipe: &str, mistakes: &[&str]) -> String {
    let run = opened(&of(recipe, mistakes));
    let matrix = run.crashes(Lang::En).expect("the commit scene has a matrix");
    let mut out = format!("== {recipe} {}\n", mistakes.join(" "));
    for (row, point) in matrix.rows.iter().enumerate() {
        for (column, (name, _)) in matrix.columns.iter().enumerate() {
            let mut line = format!("{:<16} {name:<12}", point.name);
            if let Some(apart) = matrix.apart(row, column) {
                let as_row = apart.same.map_or_else(|| "-".to_owned(), |same| format!("as {}", matrix.rows[same].name));
                assert_eq!(run.attempt(row, column, false), None);
                writeln!(out, "{line} {as_row}").expect("a string");
                continue;
            }
            let mut both = Vec::new();
            for power in [false, true] {
                let Some(spec) = run.attempt(row, column, power) else {
                    both.push(matrix.missing.clone());
                    continue;
                };
                assert!(spec.hash != 0 && spec.events > 0);
                let mut tried = opened(&spec);
                assert_eq!(tried.state_hash(), spec.hash, "{line} replays to the moment of the crash");
                assert_eq!(tried.crashes_key(), run.crashes_key());
                let trial = played(&mut *tried);
                assert_eq!((trial.row, trial.column, trial.power, trial.alone), (row, column, power, true), "{line}");
                both.push(facts(&matrix, &trial));
                // Through a link, to the very end.
                let end = tried.spec();
                let text = link::encode(&end).expect("it fits a link");
                let again = opened(&link::decode(&text).expect("it reads back"));
                assert_eq!((again.state_hash(), again.run_hash()), (tried.state_hash(), tried.run_hash()));
                assert_eq!(again.trial(), Some(trial));
            }
            write!(line, " {}", both[0]).expect("a string");
            if both[0] != both[1] {
                write!(line, " | power lost: {}", both[1]).expect("a string");
            }
            writeln!(out, "{line}").expect("a string");
        }
    }
    out
}

#[test]
fn every_cell_is_filled_as_pinned() {
    let three: [(&str, &[&str]); 6] = [
        ("presumed-abort", &[]),
        ("presumed-commit", &[]),
        ("three-phase-termination", &[]),
        ("three-phase", &[]),
        ("presumed-abort", &["vote-not-forced"]),
        ("presumed-abort", &["commit-not-forced"]),
    ];
    let found: String = three.iter().map(|(recipe, mistakes)| table(recipe, mistakes)).collect();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/pinned/crashes.txt");
    if std::env::var_os("FAULTLINE_PIN").is_some() {
        std::fs::write(path, &found).expect("the table can be written");
    }
    let pinned = std::fs::read_to_string(path).unwrap_or_default();
    for (found, pinned) in found.lines().zip(pinned.lines()) {
        assert_eq!(
            found, pinned,
            "if the protocol was meant to change: FAULTLINE_PIN=1 cargo test --test all crashes::"
        );
    }
    assert_eq!(found.lines().count(), pinned.lines().count());
}

/// Steps until it is so.
fn until(run: &mut dyn Run, is: impl Fn(&dyn Run) -> bool) {
    for _ in 0..400 {
        if is(run) {
            return;
        }
        assert!(run.step_forward(), "nothing more happens");
    }
    panic!("it never comes to that");
}

fn does(run: &mut dyn Run, line: &str) {
    run.command(line, Lang::En).unwrap_or_else(|e| panic!("{line}: {}", e.0));
}

const TRANSFER: &str = "request coordinator transfer north east 20 fee south 1";

#[test]
fn a_crash_by_hand_fills_the_same_cell() {
    let spec = RunSpec { seed: 3, ..of("presumed-abort", &[]) };
    let mut run = opened(&spec);
    run.seek(1_000_000);
    does(&mut *run, TRANSFER);
    let row = |run: &dyn Run| run.crashes(Lang::En).expect("a matrix").now.expect("it has a moment");
    assert_eq!(row(&*run), 1);
    until(&mut *run, |run| row(run) == 3);
    does(&mut *run, "crash coordinator power picks 0");
    assert_eq!(run.trial().expect("a crash").ended, None);
    run.seek(run.now() + 700_000);
    does(&mut *run, "restart coordinator");
    let trial = played(&mut *run);
    assert_eq!(trial, Trial { row: 3, column: 0, power: true, waited: vec![1, 2, 3], ended: Some(1), alone: true });
    let matrix = run.crashes(Lang::En).expect("a matrix");
    assert_eq!(facts(&matrix, &trial), "North, East, South waited; aborted");
    // The runs of the matrix itself have another seed and the same key.
    let tried = opened(&run.attempt(3, 0, true).expect("it comes up"));
    assert_eq!(tried.crashes_key(), run.crashes_key());
    assert_ne!(tried.crashes_key(), opened(&of("presumed-abort", &["vote-not-forced"])).crashes_key());
    // It is remembered until another transfer is begun.
    run.seek(run.now() + 60_000_000);
    assert_eq!(run.trial(), Some(trial));
    does(&mut *run, TRANSFER);
    assert_eq!(run.trial(), None);
}

#[test]
fn who_does_something_else_as_well_fills_no_cell() {
    for also in ["crash north", "pause east", "cut north coordinator", "request south vote-no on", "clock north 500"] {
        let mut run = opened(&of("presumed-abort", &[]));
        run.seek(200_000);
        does(&mut *run, TRANSFER);
        does(&mut *run, "crash coordinator killed");
        assert!(run.trial().expect("a crash").alone);
        run.seek(run.now() + 20_000);
        does(&mut *run, also);
        run.seek(run.now() + 1_000_000);
        assert!(!run.trial().expect("a crash").alone, "{also}");
    }
    let mut run = opened(&of("presumed-abort", &[]));
    does(&mut *run, "crash coordinator disk");
    assert_eq!(run.trial(), None, "nothing was under way");
    does(&mut *run, "restart coordinator");
    does(&mut *run, TRANSFER);
    does(&mut *run, "crash coordinator disk");
    assert!(!run.trial().expect("a crash").alone, "no protocol promises anything after that");
}

#[test]
fn a_matrix_follows_the_options_and_only_what_disturbs_is_left_out() {
    let run = opened(&of("presumed-abort", &[]));
    let with = |key: &str, value: &str| {
        opened(&faultline::scenes::with_option(&run.spec(), key, value, Lang::En).expect("an option"))
    };
    assert_eq!(with("load", "3").crashes_key(), run.crashes_key());
    assert_eq!(with("seed", "99").crashes_key(), run.crashes_key());
    assert_eq!(with("participants", "3").crashes_key(), run.crashes_key(), "that is the default");
    assert_ne!(with("cooperative", "on").crashes_key(), run.crashes_key());
    for banks in ["2", "5"] {
        let run = with("participants", banks);
        let matrix = run.crashes(Lang::En).expect("a matrix");
        assert_eq!(matrix.columns.len().to_string(), (banks.parse::<usize>().expect("a number") + 1).to_string());
        for (row, column) in matrix.cells_to_try() {
            let mut tried = opened(&run.attempt(row, column, false).expect("it comes up"));
            assert_eq!((played(&mut *tried).row, played(&mut *tried).column), (row, column));
        }
    }
    // Where the others are asked, one that has been told helps those that have not.
    let cooperative = with("cooperative", "on");
    let mut tried = opened(&cooperative.attempt(5, 0, false).expect("one is told"));
    assert_eq!(played(&mut *tried).waited, Vec::<usize>::new());
    assert!(opened(&default_spec("lock")).crashes(Lang::En).is_none());
    assert!(opened(&default_spec("ring")).trial().is_none());
}

#[test]
fn whatever_is_pressed_the_trial_lies_within_the_matrix() {
    let mut met = 0;
    for seed in 0..400 {
        let spec = faultline::scenes::searching::sample(seed, 8);
        let run = opened(&spec);
        let (Some(matrix), Some(trial)) = (run.crashes(Lang::En), run.trial()) else { continue };
        met += 1;
        if trial.alone {
            assert!(trial.row < matrix.rows.len() && trial.column < matrix.columns.len(), "seed {seed}");
            assert!(!matrix.waited(&trial).is_empty());
        }
    }
    assert!(met > 20, "hardly any crash meets a transfer: {met}");
}
