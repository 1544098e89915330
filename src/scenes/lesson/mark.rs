//! Marking: the core plays the run and says who was right.

use super::read::LATEST;
use super::{Answer, Ask, Choice, Part, Stop};
use crate::scenes::run::{Command, Run, RunSpec};
use crate::scenes::scene::{Lang, Time, View};
use crate::scenes::{OpenError, open};

/// Events between a question and its answer that are looked at one by one.
const LOOKED_AT: u32 = 20_000;
/// A run that is handed in may go on so long after its last command before it breaks.
const PATIENCE: Time = 60_000_000;

/// What can be answered at a stop. Without choices a run is asked for.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Question {
    pub choices: Vec<Choice>,
}

/// What became of an answer.
#[derive(Clone, PartialEq, Debug)]
pub struct Mark {
    pub passed: bool,
    /// The answers that pass; none where a run is asked for.
    pub right: Vec<String>,
    /// The property that was to break.
    pub property: String,
    /// The run that was handed in is of another recipe, seed, mistake or option: it cannot pass.
    pub foreign: bool,
    /// Events from the start to where the answer is known: to the break, where a property was to break.
    pub steps: u32,
    /// The moment that decides: of a fact, from when on it is as it will be; of a break, the break.
    pub shows: RunSpec,
}

/// What can be answered at a stop of a part.
///
/// # Errors
/// The run cannot be opened, or the scene knows no such fact.
pub fn question(part: &Part, stop: &Stop, lang: Lang) -> Result<Question, OpenError> {
    let run = at_stop(part, stop, lang)?;
    let choices = match &stop.ask {
        Some(Ask::Fact(words)) => fact(&*run, words, lang)?.choices,
        Some(Ask::Drop(_)) => messages(&*run, lang),
        Some(Ask::Break(_)) | None => Vec::new(),
    };
    Ok(Question { choices })
}

fn at_stop(part: &Part, stop: &Stop, lang: Lang) -> Result<Box<dyn Run>, OpenError> {
    let mut run = open(&part.run, lang)?;
    run.seek(stop.at);
    Ok(run)
}

fn fact(run: &dyn Run, words: &str, lang: Lang) -> Result<super::Fact, OpenError> {
    run.fact(words, lang).ok_or_else(|| OpenError(format!("ask {words}")))
}

/// Messages under way, by number, as the stage shows them.
fn messages(run: &dyn Run, lang: Lang) -> Vec<Choice> {
    let stage = run.stage(&View { width: 900.0, height: 600.0, lang });
    let name = |node: u16| stage.cards.iter().find(|card| card.node == node).map_or("", |card| &card.name);
    let choice = |pill: &crate::scenes::scene::Pill| Choice {
        value: pill.id.to_string(),
        words: format!("{} → {}: {}", name(pill.from), name(pill.to), pill.words),
    };
    stage.pills.iter().map(choice).collect()
}

/// Marks an answer to a stop.
///
/// # Errors
/// The lesson's run or the one handed in cannot be opened; the sentence says why.
pub fn mark(part: &Part, stop: &Stop, answer: &Answer, lang: Lang) -> Result<Mark, OpenError> {
    match (&stop.ask, answer) {
        (Some(Ask::Fact(words)), Answer::Value(value)) => {
            let mut run = at_stop(part, stop, lang)?;
            let known = decided(&mut *run, words, stop, lang)?;
            Ok(Mark { passed: known == *value, right: vec![known], ..Mark::at(&*run) })
        }
        (Some(Ask::Drop(code)), Answer::Value(value)) => {
            let offered = question(part, stop, lang)?.choices;
            let mut right = Vec::new();
            for choice in &offered {
                if without(part, stop, &choice.value, code, lang)?.1.is_some() {
                    right.push(choice.value.clone());
                }
            }
            let passed = right.contains(value);
            let chosen = if offered.iter().any(|choice| choice.value == *value) { value } else { "" };
            let (mut run, broken) = without(part, stop, chosen, code, lang)?;
            if let Some(event) = broken {
                run.seek_event(event);
            }
            Ok(Mark { passed, right, property: code.clone(), ..Mark::at(&*run) })
        }
        (Some(Ask::Break(code)), Answer::Run(spec)) => {
            let last = spec.commands.iter().map(|command| command.time).max().unwrap_or_default();
            if last > LATEST {
                return Err(OpenError("its last command comes after the first hour".to_owned()));
            }
            let mut run = open(&own(part, spec), lang)?;
            // Whatever moment it was handed in at: all its commands are carried out, and what they lead to can happen.
            let end = stop.by.max(last).max(spec.at.min(LATEST));
            run.seek(end + PATIENCE);
            let broken = broken(&*run, code);
            match broken {
                Some(event) => run.seek_event(event),
                None => run.seek(end),
            }
            let foreign = !same_ground(part, spec);
            Ok(Mark { passed: broken.is_some() && !foreign, foreign, property: code.clone(), ..Mark::at(&*run) })
        }
        // An answer of another kind is none; where nothing is asked nothing can be wrong.
        (ask, _) => {
            let run = at_stop(part, stop, lang)?;
            let property = match ask {
                Some(Ask::Break(code) | Ask::Drop(code)) => code.clone(),
                _ => String::new(),
            };
            Ok(Mark { passed: ask.is_none(), property, ..Mark::at(&*run) })
        }
    }
}

impl Mark {
    /// Nothing passed so far, and what the run shows now.
    fn at(run: &dyn Run) -> Mark {
        Mark {
            passed: false,
            right: Vec::new(),
            property: String::new(),
            foreign: false,
            steps: run.position().0,
            shows: run.spec(),
        }
    }
}

/// Plays from a stop to when its answer is known, and goes to the moment from which on the fact is as it is then.
fn decided(run: &mut dyn Run, words: &str, stop: &Stop, lang: Lang) -> Result<String, OpenError> {
    let start = run.position().0;
    let at_start = fact(run, words, lang)?.value;
    run.seek(stop.by);
    let known = fact(run, words, lang)?.value;
    let end = run.position().0;
    let spec_at_end = run.now();
    let mut since = (known == at_start).then_some(start);
    run.seek(stop.at);
    while run.position().0 < end.min(start.saturating_add(LOOKED_AT)) && run.step_forward() {
        let now = fact(run, words, lang)?.value;
        since = if now != known { None } else { since.or(Some(run.position().0)) };
    }
    match since {
        // It was so all the time: what refutes another answer is that nothing has changed it by then.
        Some(event) if event > start && run.position().0 == end => run.seek_event(event - 1),
        _ => run.seek(spec_at_end),
    }
    Ok(known)
}

/// The part's run without this message, and the event that breaks the property. What the lesson does later it does all the
/// same; of that, what cannot be done any more is left out.
fn without(
    part: &Part,
    stop: &Stop,
    id: &str,
    code: &str,
    lang: Lang,
) -> Result<(Box<dyn Run>, Option<u32>), OpenError> {
    let mut run = at_stop(part, stop, lang)?;
    if !id.is_empty() {
        run.command(&format!("drop {id}"), lang).map_err(|error| OpenError(error.0))?;
        let dropped = RunSpec { at: 0, events: 0, hash: 0, ..run.spec() };
        let later: Vec<&Command> = part.run.commands.iter().filter(|command| command.time > stop.at).collect();
        run = with(&dropped, &later, lang)?;
    }
    run.seek(stop.by);
    let broken = broken(&*run, code);
    Ok((run, broken))
}

/// A run with more commands at its end: all of them, or else those that it takes.
fn with(spec: &RunSpec, more: &[&Command], lang: Lang) -> Result<Box<dyn Run>, OpenError> {
    let mut all = spec.clone();
    all.commands.extend(more.iter().copied().cloned());
    if let Ok(run) = open(&all, lang) {
        return Ok(run);
    }
    all.commands.truncate(spec.commands.len());
    for command in more {
        all.commands.push((*command).clone());
        if open(&all, lang).is_err() {
            all.commands.pop();
        }
    }
    open(&all, lang)
}

/// What the core says of a stop now: its right answers, and the state's hash. Both are what the lines `expect` and `hash` of
/// its file hold.
///
/// # Errors
/// The run cannot be opened, or what is asked is no fact of it.
pub fn says(part: &Part, stop: &Stop) -> Result<(String, u128), OpenError> {
    let run = at_stop(part, stop, Lang::En)?;
    let right = match &stop.ask {
        Some(Ask::Fact(_) | Ask::Drop(_)) => mark(part, stop, &Answer::Value(String::new()), Lang::En)?.right.join(","),
        Some(Ask::Break(_)) | None => String::new(),
    };
    Ok((right, run.state_hash()))
}

/// The event that broke a property, by its index.
fn broken(run: &dyn Run, code: &str) -> Option<u32> {
    run.findings(Lang::En).into_iter().find(|finding| finding.code == code)?.broken_at
}

/// A run that is handed in starts as the lesson's: with its scene, recipe, mistakes, options and seed. Its commands are its own.
fn own(part: &Part, spec: &RunSpec) -> RunSpec {
    RunSpec { commands: spec.commands.clone(), at: 0, events: 0, hash: 0, ..part.run.clone() }
}

fn same_ground(part: &Part, spec: &RunSpec) -> bool {
    let sorted = |run: &RunSpec| {
        let (mut mistakes, mut options) = (run.mistakes.clone(), run.options.clone());
        mistakes.sort();
        options.sort();
        (run.scene.clone(), run.recipe.clone(), run.seed, mistakes, options)
    };
    sorted(&part.run) == sorted(spec)
}
