//! The simulated participant's sessions against a live PostgreSQL, statement by statement.
#![cfg(unix)]

use oracles::commands::Dice;
use oracles::postgres::{MISSING, Postgres, program};
use oracles::sessions::Sessions;
use oracles::sql::{Answer, Database, Observed, parse};
use oracles::statements::{MAX_PREPARED, OPENING, SESSIONS, Step, random};
use oracles::{say, vectors};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

const SEED: &str = "FAULTLINE_ORACLE_SEED";

/// What comes up in the recorded trace, and most of it in any random one.
const EVERYTHING: [&str; 14] = [
    "ERROR 0A000",
    "ERROR 22012",
    "ERROR 22023",
    "ERROR 23514",
    "ERROR 25001",
    "ERROR 25P02",
    "ERROR 42704",
    "ERROR 42710",
    "ERROR 53200",
    "ERROR 55P03",
    "WARNING 25001",
    "WARNING 25P01",
    "PREPARE answers ROLLBACK",
    "kill -9",
];

/// Seeds a run, and steps a seed; `cargo xtask soak` sets FAULTLINE_SOAK.
fn size() -> (u64, usize) {
    if std::env::var_os("FAULTLINE_SOAK").is_some() { (40, 1_500) } else { (4, 400) }
}

/// From the environment, or another one each time.
fn seed() -> u64 {
    match std::env::var(SEED) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{SEED} wants a number, not “{text}”")),
        Err(_) => SystemTime::now().duration_since(UNIX_EPOCH).expect("it is later than 1970").as_nanos() as u64,
    }
}

/// Does a step; what was said to it.
fn act(database: &mut dyn Database, step: &Step) -> Answer {
    match step {
        Step::Say(session, sql) => {
            assert!(database.connect(*session));
            database.query(*session, &sql.to_string()).expect("it runs")
        }
        Step::HangUp(session) => {
            database.hang_up(*session);
            Answer::default()
        }
        Step::Crash => {
            database.kill();
            database.restart();
            Answer::default()
        }
    }
}

/// One row of a trace: who, what, the answer, and what is seen from outside then.
fn row(step: &Step, answer: &Answer, seen: &Observed) -> Json {
    let (session, words) = match step {
        Step::Say(session, sql) => (json!(session), sql.to_string()),
        Step::HangUp(session) => (json!(session), "hang up".to_owned()),
        Step::Crash => (Json::Null, "kill -9".to_owned()),
    };
    json!([
        session,
        words,
        answer.tag,
        answer.said,
        answer.rows,
        answer.status.to_string().trim_matches('\0'),
        seen.gids,
        seen.balances,
        seen.blocked
    ])
}

fn step(row: &Json) -> Step {
    let session = row[0].as_u64().unwrap_or(0) as usize;
    match row[1].as_str().expect("words") {
        "hang up" => Step::HangUp(session),
        "kill -9" => Step::Crash,
        words => Step::Say(session, parse(words).expect("inside the subset")),
    }
}

/// One random trace on both; the rows, as the real server gave them.
fn compare(real: &mut Postgres, seed: u64, steps: usize, again: &str) -> Vec<Json> {
    real.reset(&OPENING);
    let mut simulated = Sessions::new(&OPENING, SESSIONS, MAX_PREPARED);
    let mut dice = Dice::new(seed);
    let mut rows = Vec::new();
    for at in 0..steps {
        let step = random(&mut dice, at, |session| simulated.block(session));
        let answer = act(real, &step);
        let same = act(&mut simulated, &step);
        let (seen, expected) = (real.observe(), simulated.observe());
        rows.push(row(&step, &answer, &seen));
        let what = || {
            let last: Vec<String> = rows.iter().rev().take(12).rev().map(Json::to_string).collect();
            format!("step {at} of seed {seed}: {step:?}\n{}\nagain: {again}", last.join("\n"))
        };
        assert_eq!(answer, same, "PostgreSQL's answer and the simulated one, {}", what());
        assert_eq!(seen, expected, "seen from outside, {}", what());
        // What the bits say, asked once more as a client would: it waits, and in vain.
        let id = 1 + dice.below(OPENING.len() as u64) as u16;
        assert_eq!(real.probe(id), simulated.probe(id), "a change of account {id}, {}", what());
    }
    rows
}

/// What each row says, and how often.
fn tally(rows: &[Json]) -> BTreeMap<String, usize> {
    let mut codes = BTreeMap::new();
    for row in rows {
        for said in row[3].as_array().expect("a list") {
            *codes.entry(said.as_str().expect("a code").to_owned()).or_default() += 1;
        }
        if row[1].as_str().expect("words").starts_with("PREPARE") && row[2] == "ROLLBACK" && row[3] == json!([]) {
            *codes.entry("PREPARE answers ROLLBACK".to_owned()).or_default() += 1;
        }
        if row[0].is_null() {
            *codes.entry("kill -9".to_owned()).or_default() += 1;
        }
    }
    codes
}

/// What a real server once answered, on the simulated sessions; with or without a server here.
#[test]
fn recorded_sessions_have_the_same_answers() {
    let file = vectors("postgres_trace.json");
    let rows = file["trace"].as_array().expect("a list");
    let mut simulated = Sessions::new(&OPENING, SESSIONS, MAX_PREPARED);
    for (at, recorded) in rows.iter().enumerate() {
        let step = step(recorded);
        let answer = act(&mut simulated, &step);
        assert_eq!(row(&step, &answer, &simulated.observe()), *recorded, "row {at}: {step:?}");
    }
    let codes = tally(rows);
    assert!(EVERYTHING.iter().all(|wanted| codes.contains_key(*wanted)), "{codes:?}");
    say(&format!("   0 differences in the {} steps recorded from PostgreSQL 15.18", rows.len()));
}

#[test]
fn random_sessions_have_the_same_answers() {
    let Some(program) = program() else {
        return say(&format!("   {MISSING}: only what was recorded from 15.18 is compared"));
    };
    let (seed, (seeds, steps)) = (seed(), size());
    let soak = if std::env::var_os("FAULTLINE_SOAK").is_some() { "FAULTLINE_SOAK=1 " } else { "" };
    let again = format!("{soak}{SEED}={seed} cargo test -p oracles --test postgres");
    say(&format!("   {seeds} x {steps} random steps against PostgreSQL {}: {again}", program.version));
    let began = Instant::now();
    let mut real = Postgres::start(&program, SESSIONS, MAX_PREPARED);
    let mut all = Vec::new();
    for run in 0..seeds {
        all.extend(compare(&mut real, seed.wrapping_add(run), steps, &again));
    }
    let codes = tally(&all);
    // A run without them would have tested little.
    let often = |wanted: &&&str| codes.get(**wanted).is_some_and(|times| *times > 0);
    assert!(EVERYTHING.iter().filter(often).count() >= EVERYTHING.len() - 3, "{codes:?} in {} steps", all.len());
    if let Some(file) = std::env::var_os("FAULTLINE_RECORD") {
        record(file.as_ref(), &program.version, seed, &all);
    }
    say(&format!("   0 differences in {} steps, {:.1} s: {codes:?}", all.len(), began.elapsed().as_secs_f32()));
}

/// Writes the first rows as a fixture, one a line.
fn record(file: &std::path::Path, version: &str, seed: u64, all: &[Json]) {
    let rows: Vec<String> = all.iter().take(250).map(|row| format!("  {row}")).collect();
    let note = format!(
        "Debian's PostgreSQL {version}, lock_timeout 5ms, max_prepared_transactions {MAX_PREPARED}, seed {seed}; a row is \
         session, statement, command tag, SQLSTATEs, rows, status of the block; then prepared names, balances and blocked \
         accounts as another session sees them"
    );
    let text = format!(
        "{{\n \"note\": {},\n \"opening\": {},\n \"trace\": [\n{}\n ]\n}}\n",
        json!(note),
        json!(OPENING),
        rows.join(",\n")
    );
    std::fs::write(file, text).expect("it can be written");
}
