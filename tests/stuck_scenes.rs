//! Getting stuck in the scenes: what becomes impossible and what can be put off, with exact numbers of states, steps and
//! steps that come again. `FAULTLINE_PIN=1 cargo test --test all stuck_scenes::` rewrites tests/pinned/stuck.txt.

use faultline::check::model::{Budgets, ClusterModel};
use faultline::check::search::{Limits, Model};
use faultline::check::stuck::cluster::Prospect;
use faultline::check::stuck::{Ask, Found, Stuck};
use faultline::core::protocol::{Judgement, Kind, Protocol, World};
use faultline::scenes::commit::CommitScene;
use faultline::scenes::lock::LockScene;
use faultline::scenes::options::{COMMON, Options};
use faultline::scenes::ring::RingScene;
use faultline::scenes::run::RunSpec;
use faultline::scenes::scene::Lang;
use faultline::scenes::searching::stuck::{self, MOST_STATES};
use faultline::scenes::searching::{Aim, Answer, Question, Verdict, asking, check};
use faultline::scenes::staging::Staging;
use faultline::scenes::{link, open};
use std::fmt::Write;

const NONE: Budgets = Budgets::NONE;
const CRASH: Budgets = Budgets { crashes: 1, ..NONE };
const CRASHES: Budgets = Budgets { crashes: 2, ..NONE };
const DROP: Budgets = Budgets { drops: 1, ..NONE };
const PAUSE: Budgets = Budgets { pauses: 1, ..NONE };
const CUT: Budgets = Budgets { cuts: 1, ..NONE };

fn question(recipe: &str, mistake: &str, world: World, budgets: Budgets, options: &[(&str, &str)]) -> Question {
    let (scene, recipe) = recipe.split_once('/').expect("SCENE/RECIPE");
    Question {
        mistake: (!mistake.is_empty()).then(|| mistake.to_owned()),
        budgets,
        options: options.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
        limits: Limits::of_states(MOST_STATES),
        ..Question::new(scene, recipe, world)
    }
}

/// A queue that is small enough to be searched to its end.
const STREAM: [(&str, &str); 11] = [
    ("servers", "2"),
    ("spares", "0"),
    ("changes", "0"),
    ("rate", "1"),
    ("service", "1000"),
    ("room", "1"),
    ("patience", "8000"),
    ("requests", "3"),
    // One key: a draw by Zipf's law has four thousand million answers.
    ("hot-keys", "1"),
    ("zipf", "0"),
    ("gets", "0"),
];

fn table() -> Vec<Question> {
    use World::{Anything, Bounded, Sync};
    let two_phase = "commit/presumed-abort";
    let mut rows = vec![
        question(two_phase, "", Sync, DROP, &[]),
        question(two_phase, "", Sync, CRASH, &[]),
        question(two_phase, "", Sync, CRASHES, &[]),
        question(two_phase, "", Sync, PAUSE, &[]),
        question(two_phase, "", Sync, CUT, &[]),
        question(two_phase, "", Bounded, CRASH, &[]),
        question(two_phase, "", Anything, CRASH, &[]),
        question(two_phase, "", Sync, CRASH, &[("cooperative", "on")]),
        question(two_phase, "", Sync, CRASH, &[("client", "on")]),
        question("commit/presumed-nothing", "", Sync, CRASH, &[]),
        question("commit/presumed-commit", "", Sync, CRASH, &[]),
        question("commit/three-phase", "", Sync, CRASH, &[]),
        question("commit/three-phase", "", Sync, CRASHES, &[]),
        question("commit/three-phase-termination", "", Sync, CRASH, &[]),
        question("commit/three-phase-termination", "", Sync, CRASHES, &[]),
        question(two_phase, "pub-sub", Sync, DROP, &[]),
        question(two_phase, "forgets-early", Sync, CRASH, &[]),
        question(two_phase, "no-votes", Sync, CRASH, &[]),
        question("lock/set-nx-px", "", Sync, CRASH, &[]),
        question("lock/set-nx-px-fence", "", Sync, CRASH, &[]),
        question("lock/set-nx-px-renew", "", Sync, CRASH, &[]),
        question("lock/set-nx-px", "setnx-without-ttl", Sync, CRASH, &[]),
        question("lock/set-nx-px", "setnx-then-expire", Sync, CRASH, &[]),
        question("coordination/zookeeper", "", Sync, CRASH, &[]),
        question("coordination/etcd", "", Sync, CRASH, &[]),
        question("coordination/consul", "", Sync, CRASH, &[]),
        question("coordination/consul", "", Sync, CRASH, &[("delay", "2000")]),
        question("ring/sha1", "", Sync, PAUSE, &[]),
        question("ring/sha1", "", Sync, DROP, &[("announce", "1000")]),
        question("placement/ring", "", Sync, DROP, &STREAM),
        question("placement/ring", "", Bounded, NONE, &STREAM),
    ];
    rows = rows.into_iter().flat_map(|q| [Question { repairs: false, ..q.clone() }, q]).collect();
    let both = |q: Question| [Aim::Impossible, Aim::PutOff].map(|aim| Question { aim, ..q.clone() });
    rows.into_iter().flat_map(both).collect()
}

fn faults(b: Budgets) -> String {
    let all = [(b.crashes, "crash"), (b.drops, "drop"), (b.pauses, "pause"), (b.cuts, "cut")];
    let words: Vec<String> = all.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}")).collect();
    if words.is_empty() { "no faults".to_owned() } else { words.join(", ") }
}

fn line(q: &Question, a: &Answer) -> String {
    let mistake = q.mistake.as_ref().map_or_else(String::new, |m| format!(" with {m}"));
    let name = format!("{}/{}{mistake}", q.scene, q.recipe);
    let aim = if q.aim == Aim::Impossible { "impossible" } else { "put-off" };
    let states = a.progress.states;
    let result = match (a.verdict, a.cycle) {
        (Verdict::Violated, None) => format!("it can, after {} steps, {states} states", a.length),
        (Verdict::Violated, Some(0)) => format!("it can, stops after {} steps, {states} states", a.length),
        (Verdict::Violated, Some(cycle)) => format!("it can, {cycle} of {} steps again, {states} states", a.length),
        (verdict, _) => format!("{}: {states} states, depth {}", verdict.name(), a.progress.depth),
    };
    let stays = if q.repairs { "" } else { "stays down" };
    let mut out = format!(
        "{name:<43} {:<15} {:<8} {:<9} {stays:<10} {aim:<10} {result}",
        a.properties[0],
        q.world.name(),
        faults(q.budgets)
    );
    q.options.iter().for_each(|(key, value)| write!(out, "; {key}={value}").expect("a string"));
    out
}

/// The run opens from a link at its end and at its first step; where it goes round, both ends of the round are one state.
fn replays(q: &Question, a: &Answer) {
    let (Some(spec), Some(start)) = (&a.spec, &a.start) else {
        assert!(a.verdict != Verdict::Violated);
        return;
    };
    let opened = |spec: &RunSpec| {
        let text = link::encode(spec).expect("it fits a link");
        open(&link::decode(&text).expect("it reads back"), Lang::En).expect("it opens")
    };
    let mut end = opened(spec);
    let hash = end.state_hash();
    assert_eq!((end.position().0, a.steps.len() as u32), (a.length, a.length), "{}", line(q, a));
    assert_eq!(opened(start).position().0, 1);
    if let Some(cycle) = a.cycle {
        if a.length > cycle {
            end.seek_event(a.length - cycle - 1);
        } else {
            end.seek(0);
        }
        assert_eq!(end.position().0, a.length - cycle);
        assert_eq!(end.state_hash(), hash, "{}", line(q, a));
    }
}

#[test]
fn the_table_of_getting_stuck_is_as_pinned() {
    let mut found = String::new();
    let mut before: Option<Answer> = None;
    for q in table() {
        let a = check(&q, Lang::En).unwrap_or_else(|e| panic!("{}", e.0));
        writeln!(found, "{}", line(&q, &a).trim_end()).expect("a string");
        replays(&q, &a);
        assert_eq!(stuck::said(&q, &a, Lang::En).is_some(), a.verdict != Verdict::Unfinished);
        // What becomes impossible is put off.
        if let Some(impossible) = before.replace(a.clone()).filter(|_| q.aim == Aim::PutOff) {
            assert!(impossible.verdict != Verdict::Violated || a.verdict == Verdict::Violated, "{}", line(&q, &a));
            assert_eq!(impossible.progress.states, a.progress.states);
        }
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/pinned/stuck.txt");
    if std::env::var_os("FAULTLINE_PIN").is_some() {
        std::fs::write(path, &found).expect("the table can be written");
    }
    let pinned = std::fs::read_to_string(path).unwrap_or_default();
    for (found, pinned) in found.lines().zip(pinned.lines()) {
        assert_eq!(
            found, pinned,
            "if the protocol was meant to change: FAULTLINE_PIN=1 cargo test --test all stuck_scenes::"
        );
    }
    assert_eq!(found.lines().count(), pinned.lines().count());
}

/// A page that asks for a few states at a time, stops, and goes on, hears the same.
#[test]
fn slices_and_limits_change_no_answer() {
    for (aim, repairs) in [(Aim::Impossible, false), (Aim::PutOff, false), (Aim::PutOff, true)] {
        let q = question("commit/presumed-abort", "", World::Sync, CRASH, &[("cooperative", "on")]);
        let q = Question { aim, repairs, ..q };
        let whole = Answer { steps: Vec::new(), ..check(&q, Lang::En).expect("it is well formed") };
        let small = Question { limits: Limits::of_states(3), ..q.clone() };
        let mut asked = asking::ask(&small, Lang::En).expect("it is well formed");
        let mut answers = 0;
        let found = loop {
            match asked.go_on(64).expect("it replays") {
                Some(answer) if answer.verdict == Verdict::Unfinished => {
                    assert_eq!(stuck::said(&q, &answer, Lang::En), None);
                    answers += 1;
                    asked.widen(q.limits);
                }
                Some(answer) => break answer,
                None => {}
            }
        };
        assert_eq!((found, answers), (whole, 1));
        // The run up to any state can be had.
        let run = asked.run_before(100).expect("there are more than a hundred states");
        assert!(run.events > 0 && open(&run, Lang::En).is_ok());
        assert_eq!(asked.run_before(1 << 30), None);
    }
}

/// Where few bytes are left no states are kept, and the answers are the same; where there are none left it ends unfinished.
#[test]
fn few_bytes_are_enough() {
    let q = question("lock/set-nx-px", "", World::Sync, CRASH, &[]);
    let q = Question { aim: Aim::PutOff, ..q };
    let all = check(&q, Lang::En).expect("it is well formed");
    let tight = Question { limits: Limits { bytes: 4 << 20, ..q.limits }, ..q.clone() };
    let few = check(&tight, Lang::En).expect("it is well formed");
    assert_eq!((few.verdict, few.progress.states), (Verdict::Holds, all.progress.states));
    assert!(few.progress.bytes <= 4 << 20, "{} bytes", few.progress.bytes);
    let none = Question { limits: Limits { bytes: 300_000, ..q.limits }, ..q };
    assert_eq!(check(&none, Lang::En).expect("it is well formed").verdict, Verdict::Unfinished);
}

/// From the state in which the coordinator is down for good the question answers itself; and it is one while the coordinator
/// is up.
#[test]
fn a_moment_of_a_run_can_be_asked() {
    let q = question("commit/presumed-abort", "", World::Anything, CRASH, &[]);
    let stays = Question { aim: Aim::Impossible, repairs: false, ..q };
    let dead = check(&stays, Lang::En).expect("it is well formed");
    let from = |spec: &Option<RunSpec>, aim, repairs, budgets| {
        let q = Question { from: spec.clone(), aim, repairs, budgets, ..stays.clone() };
        check(&q, Lang::En).unwrap_or_else(|e| panic!("{}", e.0))
    };
    let now = from(&dead.spec, Aim::Impossible, false, NONE);
    assert_eq!((now.verdict, now.length), (Verdict::Violated, 0));
    assert_eq!(from(&dead.spec, Aim::Impossible, true, NONE).verdict, Verdict::Holds);
    let round = from(&dead.spec, Aim::PutOff, false, NONE);
    assert_eq!(round.verdict, Verdict::Violated);
    let (spec, cycle) = (round.spec.expect("a run"), round.cycle.expect("it goes round"));
    assert!(cycle > 0 && spec.events > cycle && spec.events == dead.length + round.length, "{spec:?}");
    let mut run = open(&spec, Lang::En).expect("it opens");
    let hash = run.state_hash();
    run.seek_event(spec.events - cycle - 1);
    assert_eq!(run.state_hash(), hash);
}

#[test]
fn whoever_has_no_goal_says_so() {
    let ask = |recipe: &str, property: Option<&str>, aim| {
        let q = question(recipe, "", World::Sync, NONE, &[]);
        check(&Question { aim, property: property.map(str::to_owned), ..q }, Lang::En).map_err(|e| e.0)
    };
    for aim in [Aim::Impossible, Aim::PutOff] {
        let none = ask("lock/compare-and-set", None, aim).expect_err("it has no lock");
        assert!(none.contains("lock/set-nx-px") && !none.contains("lock/compare-and-set"), "{none}");
        let safety = ask("lock/set-nx-px", Some("MUTEX-LEASE"), aim).expect_err("it is about safety");
        assert!(safety.contains("EVENTUALLY-FREE"), "{safety}");
        let unknown = ask("lock/set-nx-px", Some("WORLD-PEACE"), aim).expect_err("there is no such property");
        assert!(unknown.contains("EVENTUALLY-FREE"), "{unknown}");
        let nowhere = ask("placement/ring", None, aim).expect_err("there is no stream");
        assert!(nowhere.contains("No recipe"), "{nowhere}");
        assert!(ask("lock/set-nx-px", Some("EVENTUALLY-FREE"), aim).is_ok());
    }
}

/// Both languages say what is assumed, each question its own.
#[test]
fn assumptions_are_said_in_both_languages() {
    let q = question("commit/presumed-abort", "", World::Sync, CRASH, &[]);
    assert_eq!(stuck::assumed(&q, Lang::En), Vec::<String>::new());
    for lang in [Lang::En, Lang::Zh] {
        let mut all = Vec::new();
        for (aim, world, repairs) in [
            (Aim::Impossible, World::Sync, true),
            (Aim::Impossible, World::Sync, false),
            (Aim::PutOff, World::Sync, true),
            (Aim::PutOff, World::Anything, true),
            (Aim::PutOff, World::Anything, false),
        ] {
            let said = stuck::assumed(&Question { aim, world, repairs, ..q.clone() }, lang);
            assert!(said.len() >= 4 && said.iter().all(|sentence| !sentence.contains('⁇')), "{said:?}");
            assert!(!all.contains(&said));
            all.push(said);
        }
    }
}

/// Where a liveness property says *never*, the goal cannot be reached: breadth first over the first states that it says so of.
fn never_is_never<S: Staging>(recipe: &str, mistake: Option<&str>, budgets: Budgets) -> usize {
    let (world, limits) = (World::Sync, Limits::of_states(MOST_STATES));
    let options: Vec<_> = S::bounds(recipe, mistake, world).into_iter().map(|(k, v)| (k.to_owned(), v)).collect();
    let options = Options::read(&[S::OPTIONS, COMMON], &options, Lang::En).expect("standard bounds are options");
    let mistakes: Vec<String> = mistake.iter().map(|m| (*m).to_owned()).collect();
    let p = S::configure(recipe, &mistakes, &options);
    let model = |budgets| ClusterModel::new(p.clone(), world, budgets, 1000, None).without_symmetry();
    let all = model(budgets);
    let (mut seen, mut queue, mut found) = (std::collections::BTreeSet::new(), vec![all.start()], 0);
    let mut at = 0;
    while at < queue.len().min(3000) && found < 40 {
        let state = queue[at].clone();
        at += 1;
        for goal in p.properties().into_iter().filter(|p| p.kind == Kind::Liveness) {
            if (goal.judge)(&p, &state.cluster, &state.ghost) == Judgement::Never {
                found += 1;
                let from_here = model(NONE).starting_at(state.cluster.clone(), state.ghost.clone());
                let mut stuck = Stuck::new(Prospect::new(from_here, goal, true), Ask::Impossible);
                let says = stuck.slice(limits, u32::MAX);
                assert!(matches!(says, Some(Found::Stuck { stem, .. }) if stem.is_empty()), "{recipe} {mistake:?}");
            }
        }
        all.each_next(&state, &mut |_, next| {
            if seen.insert(all.fingerprint(next)) {
                queue.push(next.clone());
            }
        });
    }
    found
}

#[test]
fn what_is_judged_as_never_is_impossible() {
    assert!(never_is_never::<LockScene>("set-nx-px", Some("setnx-without-ttl"), CRASH) > 5);
    assert!(never_is_never::<LockScene>("set-nx-px", Some("setnx-then-expire"), CRASH) > 5);
    assert_eq!(never_is_never::<LockScene>("set-nx-px", None, CRASH), 0);
    assert!(never_is_never::<CommitScene>("presumed-abort", Some("pub-sub"), DROP) > 5);
    assert_eq!(never_is_never::<CommitScene>("presumed-abort", None, CRASH), 0);
    assert_eq!(never_is_never::<RingScene>("sha1", None, DROP), 0);
}

/// Time and memory of the largest searches of the table: `cargo test --release --test all stuck_scenes:: -- --ignored --nocapture`.
#[test]
#[ignore = "it measures the machine"]
#[expect(clippy::disallowed_methods, reason = "it measures the machine, not a run")]
fn what_it_takes() {
    for q in table().into_iter().filter(|q| q.repairs || q.aim == Aim::PutOff) {
        let mut asked = asking::ask(&q, Lang::En).expect("it is well formed");
        let begun = std::time::Instant::now();
        let mut slowest = 0.0_f64;
        let (answer, last) = loop {
            let slice = std::time::Instant::now();
            let answer = asked.go_on(64).expect("it replays");
            let took = slice.elapsed().as_secs_f64() * 1e3;
            match answer {
                Some(answer) => break (answer, took),
                None => slowest = slowest.max(took),
            }
        };
        let (states, all) = (answer.progress.states, begun.elapsed().as_secs_f64() * 1e3);
        println!(
            "{:<150} {all:.0} ms, slices up to {slowest:.1} ms, conclusion and replay {last:.1} ms, {} bytes a state",
            line(&q, &answer),
            answer.progress.bytes / states
        );
    }
}
