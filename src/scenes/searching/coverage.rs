//! All that is searched by default: every promise of every recipe, and every mistake. The rows are the runner's
//! `check --all`, the file `docs/coverage.csv`, the README's table and a page of the app.

use super::beginning::spec;
use super::{Answer, Question, Verdict, check};
use crate::check::model::Budgets;
use crate::check::search::Limits;
pub use crate::core::protocol::World;
use crate::scenes::catalogue::{SCENES, scene};
use crate::scenes::scene::Lang;
use crate::scenes::staging::Staging;
use crate::scenes::{OpenError, link};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

/// One search and what it found.
#[derive(Clone, Debug)]
pub struct Row {
    pub question: Question,
    pub answer: Answer,
    /// As it should be: a promise holds, a mistake breaks what it is said to break.
    pub expected: bool,
}

/// The faults that a search allows, and the requests if it bounds them: their number, and their names in the file and in a
/// line of text.
fn faults(b: &Budgets) -> impl Iterator<Item = (u8, &'static str, &'static str)> {
    let all = [
        (b.crashes, "crashes", "crash"),
        (b.drops, "drops", "drop"),
        (b.dups, "dups", "dup"),
        (b.pauses, "pauses", "pause"),
        (b.clock_steps, "clock-steps", "step"),
        (b.cuts, "cuts", "cut"),
        (b.requests.unwrap_or(0), "requests", "request"),
    ];
    all.into_iter().filter(|(count, ..)| *count > 0)
}

impl fmt::Display for Row {
    /// One line: as expected or not, what was searched, where, what was found, for which properties, and options beyond the
    /// standard bounds.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (q, a) = (&self.question, &self.answer);
        let faults: Vec<String> = faults(&q.budgets).map(|(count, _, word)| format!("{count} {word}")).collect();
        let faults = if faults.is_empty() { "no faults".to_owned() } else { faults.join(", ") };
        let mistake = q.mistake.as_ref().map_or_else(String::new, |m| format!(" with {m}"));
        let name = format!("{}/{}{mistake}", q.scene, q.recipe);
        let (states, depth) = (a.progress.states, a.progress.depth);
        let result = match a.verdict {
            Verdict::Violated => format!("violated after {} steps, {states} states", a.length),
            verdict => format!("{}: {states} states, depth {depth}", verdict.name()),
        };
        let sign = if self.expected { "ok  " } else { "FAIL" };
        write!(f, "{sign} {name:<46} {:<8} {faults:<16} {result:<38} {}", q.world.name(), a.properties.join(" "))?;
        q.options.iter().try_for_each(|(key, value)| write!(f, "; {key}={value}"))
    }
}

/// The first line of the file.
pub const HEAD: &str = "scene,recipe,mistake,world,faults,bounds,states,depth,verdict,properties,steps,run";

impl Row {
    /// The row as a line of the file. Lists have spaces between; no field has a comma in it.
    pub fn csv(&self) -> String {
        let (q, a) = (&self.question, &self.answer);
        let faults: Vec<String> = faults(&q.budgets).map(|(count, name, _)| format!("{name}={count}")).collect();
        let bounds: Vec<String> = bounds(q).into_iter().map(|(key, value)| format!("{key}={value}")).collect();
        let violated = a.verdict == Verdict::Violated;
        let steps = if violated { a.length.to_string() } else { String::new() };
        [
            q.scene.as_str(),
            &q.recipe,
            q.mistake.as_deref().unwrap_or_default(),
            q.world.name(),
            &faults.join(" "),
            &bounds.join(" "),
            &a.progress.states.to_string(),
            &a.progress.depth.to_string(),
            a.verdict.name(),
            &a.properties.join(" "),
            &steps,
            &self.run().unwrap_or_default(),
        ]
        .join(",")
    }

    /// The fragment of a link: the run that breaks the property, at its first step. `None` if there is none, or if it is too
    /// long for a link.
    pub fn run(&self) -> Option<String> {
        self.answer.start.as_ref().and_then(|spec| link::encode(spec).ok())
    }
}

/// A line of the file, as it was read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Line<'a> {
    pub scene: &'a str,
    pub recipe: &'a str,
    /// Empty: none.
    pub mistake: &'a str,
    pub world: World,
    /// `crashes=1 drops=1`; empty: none.
    pub faults: &'a str,
    /// All options of the configuration: `clients=2 ttl=3000`.
    pub bounds: &'a str,
    pub states: u64,
    pub depth: u32,
    pub verdict: Verdict,
    /// With spaces between; of a violation the one that broke.
    pub properties: &'a str,
    /// Of a violation.
    pub steps: Option<u32>,
    /// The fragment of the run that breaks it, at its first step; empty: none.
    pub run: &'a str,
}

/// `key=value` pairs with spaces between.
pub fn pairs(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.split(' ').filter_map(|pair| pair.split_once('='))
}

impl<'a> Line<'a> {
    /// Reads a line; `None` if it is not one.
    pub fn read(line: &'a str) -> Option<Line<'a>> {
        let fields: Vec<&str> = line.split(',').collect();
        let [scene, recipe, mistake, world, faults, bounds, states, depth, verdict, properties, steps, run] =
            fields[..]
        else {
            return None;
        };
        Some(Line {
            scene,
            recipe,
            mistake,
            world: World::ALL.into_iter().find(|known| known.name() == world)?,
            faults,
            bounds,
            states: states.parse().ok()?,
            depth: depth.parse().ok()?,
            verdict: Verdict::ALL.into_iter().find(|known| known.name() == verdict)?,
            properties,
            steps: if steps.is_empty() { None } else { Some(steps.parse().ok()?) },
            run,
        })
    }

    pub fn properties(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.properties.split(' ').filter(|name| !name.is_empty())
    }

    /// What was asked.
    pub fn question(&self) -> Question {
        let mut budgets = Budgets::NONE;
        for (name, count) in pairs(self.faults) {
            if name == "requests" {
                budgets.requests = count.parse().ok();
                continue;
            }
            let slot = match name {
                "crashes" => &mut budgets.crashes,
                "drops" => &mut budgets.drops,
                "dups" => &mut budgets.dups,
                "pauses" => &mut budgets.pauses,
                "clock-steps" => &mut budgets.clock_steps,
                "cuts" => &mut budgets.cuts,
                _ => continue,
            };
            *slot = count.parse().unwrap_or(0);
        }
        let wrong = !self.mistake.is_empty();
        Question {
            mistake: wrong.then(|| self.mistake.to_owned()),
            budgets,
            property: wrong.then(|| self.properties.to_owned()),
            options: pairs(self.bounds).map(|(key, value)| (key.to_owned(), value.to_owned())).collect(),
            ..Question::new(self.scene, self.recipe, self.world)
        }
    }
}

/// The lines of a file, without its head.
pub fn read(file: &str) -> impl Iterator<Item = Line<'_>> {
    file.lines().skip(1).filter_map(Line::read)
}

/// The bounds that all of these lines have in common.
pub fn common_bounds<'a>(lines: &[Line<'a>]) -> Vec<(&'a str, &'a str)> {
    let Some(first) = lines.first() else { return Vec::new() };
    let everywhere = |pair: &(&str, &str)| lines.iter().all(|line| pairs(line.bounds).any(|other| other == *pair));
    pairs(first.bounds).filter(everywhere).collect()
}

/// What all of it comes to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Sums {
    pub searches: usize,
    pub states: u64,
    /// Promises that hold: a recipe's property counts once, in however many searches it holds.
    pub holding: usize,
    /// Searches that found a run which breaks a property.
    pub broken: usize,
}

pub fn sums<'a>(lines: impl IntoIterator<Item = &'a Line<'a>>) -> Sums {
    let mut sums = Sums::default();
    let mut holding = BTreeSet::new();
    for line in lines {
        sums.searches += 1;
        sums.states += line.states;
        match line.verdict {
            Verdict::Holds => holding.extend(line.properties().map(|name| (line.scene, line.recipe, name))),
            Verdict::Violated => sums.broken += 1,
            Verdict::Unfinished => {}
        }
    }
    Sums { holding: holding.len(), ..sums }
}

/// All options of the configuration in which a question is searched.
pub fn bounds(question: &Question) -> Vec<(String, String)> {
    let mut all = scene!(question.scene.as_str(), options(question), Vec::new());
    // How time passes is what the world says.
    all.retain(|(key, _)| key != "pace" && key != "tick");
    all
}

fn options<S: Staging>(question: &Question) -> Vec<(String, String)> {
    spec::<S>(question).options
}

/// Every promise of every recipe and every mistake, within standard bounds; several at once, as many as `threads` says.
/// Rows come in their fixed order.
///
/// # Errors
/// As [`check`].
pub fn check_all(max_states: u64, threads: usize, lang: Lang, each: &mut dyn FnMut(Row)) -> Result<(), OpenError> {
    let questions = questions(max_states);
    let next = AtomicUsize::new(0);
    let (tell, told) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..threads.clamp(1, questions.len().max(1)) {
            let (tell, questions, next) = (tell.clone(), &questions, &next);
            scope.spawn(move || {
                loop {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    let Some(question) = questions.get(n) else { return };
                    // Nobody listens any more after an error.
                    if tell.send((n, check(question, lang))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(tell);
        let mut early = BTreeMap::new();
        let mut due = 0;
        for (n, answer) in told {
            early.insert(n, answer);
            while let Some(answer) = early.remove(&due) {
                let (question, answer) = (questions[due].clone(), answer?);
                let wanted = if question.mistake.is_some() { Verdict::Violated } else { Verdict::Holds };
                let expected = answer.verdict == wanted && !answer.properties.is_empty();
                each(Row { question, answer, expected });
                due += 1;
            }
        }
        Ok(())
    })
}

/// What [`check_all`] asks, in its order.
pub fn questions(max_states: u64) -> Vec<Question> {
    let mut all = Vec::new();
    for name in SCENES {
        scene!(name, questions_of(&mut all), ());
    }
    all.into_iter().map(|question| Question { limits: Limits::of_states(max_states), ..question }).collect()
}

fn questions_of<S: Staging>(all: &mut Vec<Question>) {
    for recipe in S::RECIPES {
        let standard = S::standard(recipe, None).into_iter().map(|(world, budgets)| (world, budgets, Vec::new()));
        for (world, budgets, options) in standard.chain(S::varied_searches(recipe)) {
            let options = options.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
            // One search covers all promises of this world.
            all.push(Question { budgets, options, ..Question::new(S::NAME, recipe, world) });
        }
        for (mistake, property) in S::mistakes(recipe) {
            for (world, budgets) in S::standard(recipe, Some(mistake)) {
                let (mistake, property) = (Some((*mistake).to_owned()), Some((*property).to_owned()));
                all.push(Question { mistake, budgets, property, ..Question::new(S::NAME, recipe, world) });
            }
        }
    }
}
