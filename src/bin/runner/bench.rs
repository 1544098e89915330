//! Figures of this machine: simulator, seek, search. Printed, never asserted.

use super::{Failure, Flags, Outcome};
use faultline::check::model::Budgets;
use faultline::check::search::Limits;
use faultline::core::protocol::World;
use faultline::scenes::scene::Lang;
use faultline::scenes::searching::{self, Question};
use faultline::scenes::{SCENES, default_spec, keep_busy, open};
use serde_json::json;
use std::time::Instant;

const EVENTS: u32 = 100_000;

pub fn bench(flags: &Flags, json: bool) -> Outcome {
    flags.done()?;
    let mut rows = Vec::new();
    for scene in SCENES {
        rows.push(simulator(scene)?);
        rows.push(search(scene)?);
    }
    if json {
        println!("{}", serde_json::Value::Array(rows));
    } else {
        for row in rows {
            println!("{row}");
        }
    }
    Ok(0)
}

fn simulator(scene: &str) -> Result<serde_json::Value, Failure> {
    let mut run = open(&default_spec(scene), Lang::En).map_err(|e| Failure(e.0))?;
    let begin = Instant::now();
    keep_busy(run.as_mut(), EVENTS);
    let playing = begin.elapsed().as_secs_f64();
    let events = run.position().0;
    let horizon = run.horizon();
    // Random times, and the horizon again in between, so that every seek is a far one.
    let mut seeks: Vec<f64> = (0..200_u64)
        .map(|n| {
            let to = horizon / 1000 * (n * 7919 % 1000);
            let begin = Instant::now();
            run.seek(to);
            begin.elapsed().as_secs_f64() * 1000.0
        })
        .collect();
    seeks.sort_by(f64::total_cmp);
    Ok(json!({
        "scene": scene, "what": "simulator", "events": events,
        "events_per_second": (f64::from(events) / playing).round(),
        "seek_ms_median": seeks[seeks.len() / 2], "seek_ms_p95": seeks[seeks.len() * 95 / 100],
    }))
}

fn search(scene: &str) -> Result<serde_json::Value, Failure> {
    let recipe = default_spec(scene).recipe;
    let (world, budgets) = searching::standard(scene, &recipe, None).unwrap_or((World::Sync, Budgets::default()));
    let limits = Limits::of_states(1_000_000);
    let question = Question { budgets, limits, ..Question::new(scene, &recipe, world) };
    let begin = Instant::now();
    let answer = searching::check(&question, Lang::En).map_err(|e| Failure(e.0))?;
    let seconds = begin.elapsed().as_secs_f64();
    Ok(json!({
        "scene": scene, "what": "search", "verdict": answer.verdict.name(), "states": answer.progress.states,
        "states_per_second": (answer.progress.states as f64 / seconds).round(),
        "visited_set_bytes_per_state": (answer.progress.bytes as f64 / answer.progress.states as f64).round(),
    }))
}
