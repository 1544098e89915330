//! What is made in pieces is what is made at once: runs on their way to a moment far from their start, and twins.

use faultline::scenes::making::{AT_ONCE, Made, Making};
use faultline::scenes::run::{Run, RunSpec};
use faultline::scenes::scene::Lang;
use faultline::scenes::searching::sample;
use faultline::scenes::twin::{self, Other};
use faultline::scenes::{SCENES, begin, default_spec, families, keep_busy, open};

fn identity(run: &dyn Run) -> (u64, u32, u128, u64) {
    (run.now(), run.position().0, run.state_hash(), run.run_hash())
}

/// Makes it in pieces as small as they get; how many those were, and how much of it the largest.
fn in_pieces<T: ?Sized>(mut making: Box<dyn Making<T>>) -> (Box<T>, u32, f64) {
    let (mut pieces, mut done, mut most) = (1, making.done(), 0.0_f64);
    assert!((0.0..=1.0).contains(&done), "{done}");
    loop {
        match making.more(&mut || false).unwrap_or_else(|e| panic!("{}", e.0)) {
            Made::Whole(made) => return (made, pieces, most.max(1.0 - done)),
            Made::Part(part) => making = part,
        }
        assert!((done..=1.0).contains(&making.done()), "{} after {done}", making.done());
        (pieces, most, done) = (pieces + 1, most.max(making.done() - done), making.done());
    }
}

/// A run of so many events, in which something is done now and then.
fn long(scene: &str, events: u32) -> RunSpec {
    let mut run = open(&default_spec(scene), Lang::En).expect("it opens");
    keep_busy(&mut *run, events / 2);
    let node = run.nodes()[0].0.clone();
    run.command(&format!("pause {node}"), Lang::En).expect("a node can be paused");
    run.seek(run.now() + 1_000_000);
    run.command(&format!("resume {node}"), Lang::En).expect("and goes on");
    keep_busy(&mut *run, events);
    run.spec()
}

#[test]
fn a_run_that_is_opened_in_pieces_is_the_run() {
    for seed in 0..200 {
        let spec = sample(seed, 8);
        let (run, ..) = in_pieces(begin(&spec, Lang::En).expect("a sample opens"));
        assert_eq!(run.spec(), spec, "seed {seed}");
        // A file that somebody wrote names a time only, which may lie before the last command.
        for at in [spec.at, spec.at / 2, spec.at + 777_777] {
            let spec = RunSpec { at, events: 0, hash: 0, ..spec.clone() };
            let whole = open(&spec, Lang::En).expect("a sample opens");
            let (run, ..) = in_pieces(begin(&spec, Lang::En).expect("a sample opens"));
            assert_eq!((identity(&*run), run.horizon()), (identity(&*whole), whole.horizon()), "seed {seed} at {at}");
        }
    }
}

#[test]
fn no_piece_is_long() {
    for scene in SCENES {
        let spec = long(scene, 6_000);
        let (run, _, most) = in_pieces(begin(&spec, Lang::En).expect("it opens"));
        assert_eq!(run.spec(), spec, "{scene}");
        // A command that is several inputs is given at once.
        let most = most * f64::from(spec.events);
        assert!(most < f64::from(AT_ONCE + 8), "{scene}: {most} events in one piece");
    }
}

#[test]
fn a_command_that_cannot_be_given_is_told_when_it_is_reached() {
    let mut spec = long("lock", 3_000);
    spec.commands[1].line = "resume nobody".to_owned();
    let mut making = begin(&spec, Lang::En).expect("its beginning is right");
    let mut pieces = 1;
    let why = loop {
        match making.more(&mut || false) {
            Ok(Made::Part(part)) => (making, pieces) = (part, pieces + 1),
            Ok(Made::Whole(_)) => panic!("it has no such node"),
            Err(why) => break why.0,
        }
    };
    assert!(pieces > 20, "{pieces}");
    assert!(why.contains("nobody") && why.contains('2'), "{why}");
}

#[test]
fn a_twin_that_is_made_in_pieces_is_the_twin() {
    for scene in SCENES {
        let spec = long(scene, 3_000);
        let run = open(&spec, Lang::En).expect("it opens");
        let mut others: Vec<Other> = twin::choices(&*run, Lang::En)
            .iter()
            .filter_map(|choice| Other::variant(&spec, &choice.key, &choice.value, Lang::En).ok())
            .take(4)
            .collect();
        let half = run.inputs(None).len() / 2;
        others.push(Other::branch(run.inputs(None)[..half].to_vec(), &run.inputs(None)));
        let sister = [("lock", "coordination", "zookeeper"), ("coordination", "lock", "set-nx-px")];
        for (_, theirs, recipe) in sister.iter().filter(|(ours, _, _)| *ours == scene) {
            assert!(families::taken_over(&spec, theirs, recipe, Lang::En).is_ok(), "{theirs} {recipe}");
            others.push(Other::scene(&spec, theirs, recipe, Lang::En).unwrap_or_else(|e| panic!("{}", e.0)));
        }
        for other in others {
            let mut whole = twin::open(&spec, &other, Lang::En).unwrap_or_else(|e| panic!("{other:?}: {}", e.0));
            let making = twin::begin(&spec, &other, Lang::En).unwrap_or_else(|e| panic!("{other:?}: {}", e.0));
            let (mut twin, pieces, _) = in_pieces(making);
            assert!(pieces > 20, "{scene}, {other:?}: {pieces} pieces");
            assert_eq!(twin.skipped(), whole.skipped(), "{scene}, {other:?}");
            for twin in [&mut twin, &mut whole] {
                twin.follow(&*run);
            }
            assert_eq!(identity(twin.run()), identity(whole.run()), "{scene}, {other:?}");
        }
    }
}
