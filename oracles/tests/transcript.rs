//! The published transcript of PREPARE TRANSACTION: on the simulated sessions, and on a live PostgreSQL.
#![cfg(unix)]

use oracles::postgres::{MISSING, Postgres, program};
use oracles::sessions::Sessions;
use oracles::sql::{Answer, Database, parse};
use oracles::{say, vectors};

/// `3|300` is inserted on the way; row 9, which comes and goes, is outside the subset.
const OPENING: [u32; 3] = [100, 100, 300];
const MAX_PREPARED: usize = 10;

/// The line after which the transcript's server was killed twice.
const KILLED_AFTER: usize = 5;

/// The statements of a line, and what psql said to them: on its output, and the SQLSTATEs on the other channel.
struct Line {
    statements: Vec<String>,
    output: Vec<String>,
    said: Vec<String>,
}

fn lines() -> Vec<Line> {
    let file = vectors("postgres_2pc_transcript.json");
    let pairs = file["transcript"].as_array().expect("a list").iter();
    let texts = pairs.map(|pair| (pair[0].as_str().expect("statements"), pair[1].as_str().expect("what psql said")));
    texts
        .map(|(sql, said)| {
            // Eleven lines are named by what they do.
            let sql = match sql.strip_prefix("prepare ").filter(|rest| rest.parse::<u8>().is_ok()) {
                Some(number) => {
                    format!("BEGIN; INSERT INTO acct VALUES (1{number},1); PREPARE TRANSACTION 'g{number}'")
                }
                None => sql.to_owned(),
            };
            let statements = sql.split(';').map(|s| s.trim().to_owned()).filter(|s| !s.is_empty()).collect();
            let notes = ["ERROR:", "WARNING:", "CONTEXT:", "LOCATION:", "HINT:"];
            let output = said.lines().filter(|line| !notes.iter().any(|note| line.starts_with(note)));
            let code = |line: &str| {
                let (severity, rest) = line.split_once(":  ").filter(|(s, _)| ["ERROR", "WARNING"].contains(s))?;
                Some(format!("{severity} {}", rest.split(':').next()?))
            };
            Line {
                statements,
                output: output.map(str::to_owned).collect(),
                said: said.lines().filter_map(code).collect(),
            }
        })
        .collect()
}

/// What psql prints: rows without their tag, or the tag.
fn printed(answer: &Answer) -> Vec<String> {
    match &answer.tag {
        Some(tag) if tag.starts_with("SELECT") => answer.rows.clone(),
        tag => tag.iter().cloned().collect(),
    }
}

/// Accounts of the subset, or not a row of accounts at all.
fn counts(line: &str) -> bool {
    line.split_once('|').is_none_or(|(id, _)| id.parse::<usize>().is_ok_and(|id| id <= OPENING.len()))
}

/// Runs the statements that the subset has; returns how many were compared, of how many.
fn run(database: &mut dyn Database) -> (usize, usize) {
    let (mut compared, mut all) = (0, 0);
    for (number, line) in lines().into_iter().enumerate() {
        all += line.statements.len();
        let inside = line.statements.iter().filter(|s| parse(s).is_some()).count();
        if inside == 0 {
            continue;
        }
        compared += inside;
        assert!(database.connect(0));
        let mut recorded = line.output.into_iter().filter(|line| counts(line)).peekable();
        let mut said = Vec::new();
        for statement in &line.statements {
            if parse(statement).is_none() {
                // What the subset lacks is not run; psql printed its tag.
                let word = statement.split(' ').next().unwrap_or_default().to_ascii_uppercase();
                recorded.next_if(|tag| tag.starts_with(&word));
                continue;
            }
            let answer = database.query(0, statement).expect("it runs");
            for printed in printed(&answer) {
                // The third account was inserted while the server was down and up again.
                if printed == "3|300" && recorded.peek() != Some(&printed) {
                    continue;
                }
                assert_eq!(Some(&printed), recorded.next().as_ref(), "line {number}: {statement}");
            }
            said.extend(answer.said);
        }
        assert_eq!(recorded.next(), None, "line {number}: {:?}", line.statements);
        assert_eq!(said, line.said, "line {number}: {:?}", line.statements);
        // Each line was a psql of its own.
        database.hang_up(0);
        if number == KILLED_AFTER {
            for _ in 0..2 {
                database.kill();
                database.restart();
            }
        }
    }
    (compared, all)
}

const COMPARED: (usize, usize) = (73, 93);

#[test]
fn the_simulated_sessions_do_what_was_recorded() {
    let mut simulated = Sessions::new(&OPENING, 1, MAX_PREPARED);
    assert_eq!(run(&mut simulated), COMPARED);
    say(&format!(
        "   {} of the transcript's {} statements are inside the subset, 0 differences",
        COMPARED.0, COMPARED.1
    ));
}

#[test]
fn a_live_server_does_what_was_recorded() {
    let Some(program) = program() else { return say(&format!("   {MISSING}: the transcript ran simulated only")) };
    let mut real = Postgres::start(&program, 1, MAX_PREPARED);
    real.reset(&OPENING);
    assert_eq!(run(&mut real), COMPARED);
}
