//! The table of worlds and properties: what it says is what the search finds, and what it shows as failing can be played.

use faultline::check::model::ClusterModel;
use faultline::check::search::Model;
use faultline::core::lock::State;
use faultline::core::protocol::{Protocol, World};
use faultline::scenes::link;
use faultline::scenes::lock::LockScene;
use faultline::scenes::open;
use faultline::scenes::options::{COMMON, Options};
use faultline::scenes::run::RunSpec;
use faultline::scenes::scene::{Lang, Standing};
use faultline::scenes::searching::asking::ask;
use faultline::scenes::searching::coverage::{self, Line};
use faultline::scenes::searching::table::{self, MOST_STATES, Table};
use faultline::scenes::searching::{Answer, Progress, Question, TICK_MS, Verdict, check};
use faultline::scenes::staging::Staging;
use std::collections::BTreeSet;

/// Belief, lease, and stale writes without and with a fence; a row a world.
const PUBLISHED: [[bool; 4]; 3] = [[true, true, true, true], [false, true, false, true], [false, false, false, true]];

fn lock() -> &'static Table {
    table::of("lock").expect("the lock has a table")
}

fn answer(question: &Question) -> Answer {
    check(question, Lang::En).unwrap_or_else(|e| panic!("{}", e.0))
}

fn with(mut question: Question, key: &str, value: &str) -> Question {
    question.options.retain(|(k, _)| k != key);
    question.options.push((key.to_owned(), value.to_owned()));
    question
}

fn configured(question: &Question) -> faultline::core::lock::Lock {
    let standard = LockScene::bounds(&question.recipe, None, question.world);
    let mut options: Vec<(String, String)> = standard.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    for (key, value) in &question.options {
        options.retain(|(k, _)| k != key);
        options.push((key.clone(), value.clone()));
    }
    let options = Options::read(&[LockScene::OPTIONS, COMMON], &options, Lang::En).expect("the table's options");
    LockScene::configure(&question.recipe, &[], &options)
}

fn broken(spec: &RunSpec, property: &str, to_end: bool) -> (bool, u32, u128) {
    let mut run = open(spec, Lang::En).unwrap_or_else(|e| panic!("{}", e.0));
    if to_end {
        run.seek(run.horizon());
    }
    let standing = run.findings(Lang::En).into_iter().find(|f| f.code == property).map(|f| f.standing);
    (standing == Some(Standing::Broken), run.position().0, run.state_hash())
}

#[test]
fn the_locks_cells_are_as_published() {
    let table = lock();
    assert_eq!((table.rows.len(), table.columns.len(), table.cells()), (3, 4, 12));
    for cell in 0..table.cells() {
        assert_eq!(table.holds(cell), Some(PUBLISHED[cell / 4][cell % 4]), "{}", table.cell(cell).0.name);
    }
    every_failure_plays_from_its_first_step(table);
}

/// Babaoglu and Toueg, Skeen, and `twopc_mutants.json`: two-phase commit agrees in every world and waits for a dead
/// coordinator; three-phase commit by its timers alone agrees where nothing fails or is late; with termination a crash
/// does not hurt it, a cut link or a late message does.
#[test]
fn the_commits_cells_are_as_published() {
    let table = table::of("commit").expect("the commit has a table");
    let said: Vec<Option<bool>> = (0..table.cells()).map(|cell| table.holds(cell)).collect();
    let (yes, no) = (Some(true), Some(false));
    assert_eq!(said[..5], [yes, None, yes, yes, None]);
    assert_eq!(said[5..10], [yes, no, no, yes, yes]);
    assert_eq!(said[10..15], [yes, no, no, no, yes]);
    assert_eq!(said[15..], [yes, None, no, no, None]);
    every_failure_plays_from_its_first_step(table);
}

fn every_failure_plays_from_its_first_step(table: &'static Table) {
    for cell in (0..table.cells()).filter(|cell| table.holds(*cell).is_some()) {
        let (row, column) = table.cell(cell);
        let name = format!("{} {}", row.name, column.name);
        let answer = answer(&table.question(cell, MOST_STATES));
        assert_eq!(
            answer.verdict,
            if table.holds(cell) == Some(true) { Verdict::Holds } else { Verdict::Violated },
            "{name}"
        );
        let (Some(start), Some(end)) = (&answer.start, &answer.spec) else {
            assert_eq!(table.holds(cell), Some(true), "{name} fails without a run");
            continue;
        };
        assert_eq!(answer.length as usize, answer.steps.len(), "{name}");
        let decoded = link::decode(&link::encode(start).expect("short enough for a link")).expect("our own link");
        assert_eq!(&decoded, start, "{name}");
        assert_eq!(broken(start, column.property, false), (false, 1, start.hash), "{name} at its first step");
        assert_eq!(broken(start, column.property, true), (true, answer.length, end.hash), "{name} at its end");
    }
}

#[test]
fn slices_find_what_one_search_finds() {
    let table = lock();
    for cell in 0..table.cells() {
        let question = table.question(cell, MOST_STATES);
        let whole = answer(&question);
        let mut asked = ask(&question, Lang::En).unwrap_or_else(|e| panic!("{}", e.0));
        let (mut slices, mut states) = (0, 0);
        let sliced = loop {
            slices += 1;
            if let Some(answer) = asked.go_on(13).unwrap_or_else(|e| panic!("{}", e.0)) {
                break answer;
            }
            assert!(asked.progress().states >= states, "no state is forgotten");
            states = asked.progress().states;
        };
        assert!(slices > 2, "it was not sliced");
        // How much memory is taken depends on when one looks; what is found does not.
        let told = |a: &Answer| {
            let progress = Progress { bytes: 0, ..a.progress };
            (a.verdict, progress, a.properties.clone(), a.length, a.spec.clone(), a.start.clone())
        };
        assert_eq!(told(&sliced), told(&whole));
    }
}

#[test]
fn a_search_that_is_given_up_says_so() {
    let table = lock();
    let cell = (0..table.cells())
        .find(|cell| table.cell(*cell).0.lesson && table.holds(*cell) == Some(true))
        .expect("the lease");
    let question = table.question(cell, 5_000);
    let mut asked = ask(&question, Lang::En).unwrap_or_else(|e| panic!("{}", e.0));
    let given_up =
        std::iter::from_fn(|| Some(asked.go_on(100))).find_map(|step| step.unwrap_or_else(|e| panic!("{}", e.0)));
    let given_up = given_up.expect("it ends");
    assert_eq!(given_up.verdict, Verdict::Unfinished);
    assert!((5_000..6_000).contains(&given_up.progress.states), "{} states", given_up.progress.states);
}

/// In the first row each property has its chance to break: two get the lock, and the holder reaches the end of its lease, or
/// both write.
#[test]
fn the_first_row_is_not_empty() {
    let table = lock();
    for cell in 0..table.columns.len() {
        let question = table.question(cell, MOST_STATES);
        let lock = configured(&question);
        let model = ClusterModel::new(lock, question.world, question.budgets, TICK_MS, None);
        let (mut both_granted, mut both_wrote, mut lease_ended) = (false, false, false);
        let mut known = BTreeSet::new();
        let mut open = vec![model.start()];
        while let Some(state) = open.pop() {
            both_granted |= state.ghost.history.grants.iter().filter(|grant| grant.told).count() == 2;
            both_wrote |= state.ghost.history.newest_write == Some(1);
            lease_ended |= state.cluster.ids().any(|id| match state.cluster.state(id) {
                Some(State::Client(client)) => client
                    .lease()
                    .is_some_and(|lease| state.cluster.armed(id, &lease).is_some_and(|timer| timer.due > 0)),
                _ => false,
            });
            model.each_next(&state, &mut |_, next| {
                if known.insert(model.fingerprint(next)) {
                    open.push(next.clone());
                }
            });
        }
        let tried = if question.property.as_deref() == Some("NO-STALE-WRITE") { both_wrote } else { lease_ended };
        assert!(both_granted && tried, "column {cell}: {both_granted} {both_wrote} {lease_ended}");
    }
}

/// Why the first row wants the holder to stop early: in the tick in which its lease ends the key may pass on first.
#[test]
fn without_its_margin_the_first_row_would_fail() {
    let table = lock();
    let verdicts: Vec<&str> = (0..table.columns.len())
        .map(|cell| answer(&with(table.question(cell, MOST_STATES), "margin", "0")).verdict.name())
        .collect();
    assert_eq!(verdicts, ["violated", "holds", "holds", "holds"]);
}

/// The other rows do not fail for want of the margin: with it the verdicts are the same.
#[test]
fn a_margin_does_not_save_the_other_rows() {
    let table = lock();
    for cell in table.columns.len()..table.cells() {
        let question = with(table.question(cell, MOST_STATES), "margin", "1000");
        let wanted = if table.holds(cell) == Some(true) { Verdict::Holds } else { Verdict::Violated };
        assert_eq!(answer(&question).verdict, wanted, "{} {}", table.cell(cell).0.name, table.cell(cell).1.name);
    }
}

/// What a recipe promises in a world holds in that row, and so does what the standard searches, with larger bounds, found.
#[test]
fn the_table_agrees_with_the_promises_and_with_the_standard_searches() {
    let table = lock();
    let pinned: Vec<Line> = coverage::read(include_str!("../docs/coverage.csv")).collect();
    let (mut promised, mut searched) = (0, 0);
    for cell in 0..table.cells() {
        let (row, column) = table.cell(cell);
        let lock = configured(&table.question(cell, MOST_STATES));
        if lock.properties().iter().any(|p| p.name == column.property && p.promised.include(row.world)) {
            assert_eq!(table.holds(cell), Some(true), "{} {} is promised", row.name, column.name);
            promised += 1;
        }
        for line in pinned.iter().filter(|line| (line.scene, line.recipe) == ("lock", column.recipe)) {
            let asked = line.mistake.is_empty() && line.properties().any(|name| name == column.property);
            if asked && line.world == row.world {
                assert_eq!(Some(line.verdict == Verdict::Holds), table.holds(cell), "{line:?}");
                searched += 1;
            }
        }
    }
    assert!(promised >= 5 && searched >= 5, "{promised} promises, {searched} searches");
    assert_eq!(table.rows.iter().map(|row| row.world).collect::<Vec<_>>(), World::ALL);
}
