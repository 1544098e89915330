use super::{Failure, Flags, Outcome, address};
use faultline::check::model::Budgets;
use faultline::check::redlock::{Redlock, Step};
use faultline::check::search::{Limit, Limits, Progress, Search, Verdict as Found};
use faultline::check::two_phase::TwoPhase;
use faultline::core::protocol::World;
use faultline::scenes::link;
use faultline::scenes::scene::Lang;
use faultline::scenes::searching::coverage::{HEAD, check_all};
use faultline::scenes::searching::{self, Aim, Answer, Question, Row, Verdict, stuck};
use serde_json::{Value, json};

const MAX_STATES: u64 = 5_000_000;

/// How rows are printed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Text,
    Csv,
    Json,
}

/// How far a search goes, and on how many threads. The answer does not depend on these.
#[derive(Clone, Copy)]
struct Effort {
    limits: Limits,
    threads: usize,
}

impl Effort {
    fn read(flags: &mut Flags, most: u64) -> Result<Effort, Failure> {
        let limits =
            Limits { states: flags.number("--max-states", most)?, bytes: flags.number("--max-bytes", Limits::BYTES)? };
        Ok(Effort { limits, threads: threads(flags)? })
    }
}

/// As many as there are cores, unless told otherwise.
fn threads(flags: &mut Flags) -> Result<usize, Failure> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    match flags.number("--threads", cores)? {
        0 => Err(Failure("--threads wants at least 1".to_owned())),
        threads => Ok(threads),
    }
}

/// What a search took.
#[derive(Clone, Copy)]
struct Took {
    seconds: f64,
    progress: Progress,
}

/// The result, and how many seconds it took.
#[expect(clippy::disallowed_methods, reason = "it measures the machine, not a run")]
fn timed<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let begin = std::time::Instant::now();
    let result = work();
    (result, begin.elapsed().as_secs_f64())
}

impl Took {
    fn rate(&self) -> f64 {
        (self.progress.states as f64 / self.seconds.max(1e-6)).round()
    }

    fn bytes(&self) -> f64 {
        (self.progress.bytes as f64 / self.progress.states as f64 * 10.0).round() / 10.0
    }

    /// For whoever reads it: on standard error, because it is another one on each machine.
    fn print(&self) {
        let Progress { states, depth, .. } = self.progress;
        eprintln!("{states} states, depth {depth}, {} bytes a state, {} states a second", self.bytes(), self.rate());
    }

    fn add_to(&self, object: &mut Value) {
        object["bytes_per_state"] = json!(self.bytes());
        object["states_per_second"] = json!(self.rate());
    }
}

fn unfinished(progress: &Progress, limits: Limits) -> String {
    let limit = match limits.reached(progress) {
        Limit::States => format!("--max-states is {}", limits.states),
        Limit::Bytes => format!("--max-bytes is {}", limits.bytes),
    };
    format!("unfinished: {} states, depth {}; {limit}", progress.states, progress.depth)
}

/// `check`: one question, or all of them.
pub fn check(flags: &mut Flags, json: bool, lang: Lang) -> Outcome {
    if flags.flag("--all") {
        let max_states = flags.number("--max-states", MAX_STATES)?;
        let form = match (json, flags.flag("--csv")) {
            (true, _) => Form::Json,
            (false, true) => Form::Csv,
            (false, false) => Form::Text,
        };
        let threads = threads(flags)?;
        flags.done()?;
        return all(max_states, form, threads, lang);
    }
    let aim = aim(flags)?;
    let effort = Effort::read(flags, if aim == Aim::Break { MAX_STATES } else { stuck::MOST_STATES })?;
    if let Some(source) = flags.value("--run")? {
        let question = Question { repairs: !flags.flag("--no-repairs"), ..from(&source, effort.limits, aim, flags)? };
        flags.done()?;
        return ask(&question, effort, json, lang);
    }
    let target = flags.word().ok_or_else(|| Failure("check wants SCENE/RECIPE, --run or --all".to_owned()))?;
    let (scene, recipe) = target.split_once('/').ok_or_else(|| Failure(format!("“{target}” is not SCENE/RECIPE")))?;
    if scene == "model" {
        return model(recipe, flags, effort, json);
    }
    let question = Question { repairs: !flags.flag("--no-repairs"), ..read(scene, recipe, effort.limits, aim, flags)? };
    flags.done()?;
    ask(&question, effort, json, lang)
}

fn ask(question: &Question, effort: Effort, json: bool, lang: Lang) -> Outcome {
    let (found, seconds) = timed(|| searching::check_on(effort.threads, question, lang));
    let answer = found.map_err(|stopped| {
        let before = stopped.before.as_ref().and_then(|spec| link::encode(spec).ok());
        Failure(before.map_or(stopped.why.0.clone(), |text| format!("{}\n{}", stopped.why.0, address(&text))))
    })?;
    let took = Took { seconds, progress: answer.progress };
    if json {
        let mut object = one(question, &answer, lang);
        took.add_to(&mut object);
        println!("{object}");
    } else {
        print(&answer, effort.limits, lang);
        // What it says of getting stuck, and what it takes for granted.
        stuck::said(question, &answer, lang).into_iter().for_each(|said| println!("{said}"));
        stuck::assumed(question, lang).iter().for_each(|sentence| eprintln!("{sentence}"));
        took.print();
    }
    Ok(exit(answer.verdict))
}

/// `--run LINK|FILE`: the search begins at the moment of that run.
fn from(source: &str, limits: Limits, aim: Aim, flags: &mut Flags) -> Result<Question, Failure> {
    let spec = super::run::read(source)?;
    for flag in ["--mistake", "--nodes", "--option"] {
        if flags.value(flag)?.is_some() {
            return Err(Failure(format!("{flag} has no meaning beside --run: the run says what is searched")));
        }
    }
    let question = read(&spec.scene, &spec.recipe, limits, aim, flags)?;
    Ok(Question { from: Some(spec), ..question })
}

fn aim(flags: &mut Flags) -> Result<Aim, Failure> {
    match flags.value("--ask")?.as_deref() {
        None | Some("break") => Ok(Aim::Break),
        Some("impossible") => Ok(Aim::Impossible),
        Some("put-off") => Ok(Aim::PutOff),
        Some(other) => Err(Failure(format!("--ask takes break, impossible or put-off, not “{other}”"))),
    }
}

fn read(scene: &str, recipe: &str, limits: Limits, aim: Aim, flags: &mut Flags) -> Result<Question, Failure> {
    let mistake = flags.value("--mistake")?;
    let (world, budgets) = match &mistake {
        Some(name) => searching::standard(scene, recipe, Some(name)).unwrap_or((World::Bounded, Budgets::default())),
        None => (World::Bounded, Budgets::default()),
    };
    let world = match flags.value("--world")? {
        None => world,
        Some(name) => World::ALL
            .into_iter()
            .find(|w| w.name() == name)
            .ok_or_else(|| Failure(format!("--world takes sync, bounded or anything, not “{name}”")))?,
    };
    let mut options = Vec::new();
    if let Some(nodes) = flags.value("--nodes")? {
        options.push((searching::nodes_option(scene).to_owned(), nodes));
    }
    while let Some(option) = flags.value("--option")? {
        let (key, value) = option.split_once('=').ok_or_else(|| Failure("--option wants KEY=VALUE".to_owned()))?;
        options.push((key.to_owned(), value.to_owned()));
    }
    let property = match flags.value("--property")? {
        Some(name) => Some(name),
        // A question about getting stuck is about what has to come about, whatever else the mistake breaks.
        None if aim != Aim::Break => None,
        None => mistake.as_ref().and_then(|m| searching::breaks(scene, m)).map(str::to_owned),
    };
    Ok(Question {
        mistake,
        budgets: Budgets {
            crashes: flags.number("--crashes", budgets.crashes)?,
            drops: flags.number("--drops", budgets.drops)?,
            dups: flags.number("--dups", budgets.dups)?,
            pauses: flags.number("--pauses", budgets.pauses)?,
            clock_steps: flags.number("--clock-steps", budgets.clock_steps)?,
            cuts: flags.number("--cuts", budgets.cuts)?,
            requests: match flags.value("--requests")? {
                None => budgets.requests,
                Some(text) => Some(text.parse().map_err(|_| Failure("--requests wants a number in range".to_owned()))?),
            },
        },
        property,
        options,
        limits,
        symmetry: !flags.flag("--no-symmetry"),
        ..Question::new(scene, recipe, world)
    })
}

fn exit(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Holds => 0,
        Verdict::Violated => 1,
        Verdict::Unfinished => 3,
    }
}

fn print(answer: &Answer, limits: Limits, lang: Lang) {
    answer.premises.iter().for_each(|premise| eprintln!("{}", premise.words(lang)));
    let (states, depth) = (answer.progress.states, answer.progress.depth);
    match answer.verdict {
        Verdict::Holds => {
            println!("holds: {states} states, depth {depth}");
            eprintln!("searched for: {}", answer.properties.join(", "));
        }
        Verdict::Violated => {
            println!("violated {} after {} steps", answer.properties[0], answer.length);
            let cycle = answer.cycle.unwrap_or(0) as usize;
            for (n, step) in answer.steps.iter().enumerate() {
                if cycle > 0 && n + cycle == answer.steps.len() {
                    println!("      again and again:");
                }
                println!("{:>4}. {step}", n + 1);
            }
            if let Some(Ok(text)) = answer.spec.as_ref().map(link::encode) {
                println!("{}", address(&text));
            }
        }
        Verdict::Unfinished => println!("{}", unfinished(&answer.progress, limits)),
    }
}

fn bounds(question: &Question) -> Value {
    let b = question.budgets;
    // Those of a run are the run's.
    let nodes = if question.from.is_none() { searching::nodes(question) } else { None };
    json!({
        "nodes": nodes, "crashes": b.crashes, "drops": b.drops, "dups": b.dups, "pauses": b.pauses,
        "clock_steps": b.clock_steps, "max_states": question.limits.states,
        "symmetry": question.symmetry,
    })
}

/// What was asked and answered; `steps` of a violation. Of several properties that hold, one after the other.
fn value(question: &Question, answer: &Answer) -> Value {
    json!({
        "scene": question.scene, "recipe": question.recipe, "mistake": question.mistake,
        "world": question.world.name(), "bounds": bounds(question), "states": answer.progress.states, "depth": answer.progress.depth,
        "verdict": answer.verdict.name(), "property": answer.properties.join(", "),
        "steps": if answer.verdict == Verdict::Violated { json!(answer.length) } else { Value::Null },
    })
}

fn one(question: &Question, answer: &Answer, lang: Lang) -> Value {
    let mut object = value(question, answer);
    if let Some(from) = &question.from {
        object["mistakes"] = json!(from.mistakes);
        object["from"] = json!({ "time_us": from.at.to_string(), "events": from.events });
        object["premises"] =
            answer.premises.iter().map(|p| json!({ "name": p.name(), "words": p.words(lang) })).collect();
        object["start"] = json!(answer.start.as_ref().and_then(|spec| link::encode(spec).ok()));
    }
    if answer.verdict == Verdict::Violated {
        object["trace"] = json!(answer.steps);
        if let Some(cycle) = answer.cycle {
            object["cycle"] = json!(cycle);
        }
        object["link"] = json!(answer.spec.as_ref().and_then(|spec| link::encode(spec).ok()));
    }
    object
}

/// A row of many: options beyond the standard bounds, and the link of the run that breaks it, at its first step.
pub fn row(row: &Row) -> Value {
    let mut object = value(&row.question, &row.answer);
    object["options"] = row.question.options.iter().map(|(key, value)| (key.clone(), json!(value))).collect();
    object["expected"] = json!(row.expected);
    object["link"] = json!(row.run());
    object
}

/// How the program exits after one row more.
pub fn worse(worst: u8, row: &Row) -> u8 {
    match (row.expected, row.answer.verdict, worst) {
        (true, _, worst) => worst,
        (false, Verdict::Unfinished, 0) => 3,
        (false, Verdict::Unfinished, worst) => worst,
        (false, ..) => 1,
    }
}

fn all(max_states: u64, form: Form, threads: usize, lang: Lang) -> Outcome {
    let mut rows = Vec::new();
    let mut worst = 0;
    if form == Form::Csv {
        println!("{HEAD}");
    }
    let mut each = |found: Row| {
        worst = worse(worst, &found);
        match form {
            Form::Json => rows.push(row(&found)),
            Form::Csv => println!("{}", found.csv()),
            Form::Text => println!("{found}"),
        }
    };
    check_all(max_states, threads, lang, &mut each).map_err(|e| Failure(e.0))?;
    if form == Form::Json {
        println!("{}", Value::Array(rows));
    }
    Ok(worst)
}

/// `check model/two-phase --nodes N`: the search itself, on a model with a known number of states.
fn model(name: &str, flags: &mut Flags, effort: Effort, json: bool) -> Outcome {
    if name == "redlock" {
        return redlock(flags, effort, json);
    }
    if name != "two-phase" {
        return Err(Failure(format!("There is no model “{name}”; there are two-phase and redlock.")));
    }
    let managers: u8 = flags.number("--nodes", 3)?;
    let symmetry = flags.flag("--symmetry");
    flags.done()?;
    if !(1..=12).contains(&managers) {
        return Err(Failure("--nodes takes 1 to 12 here".to_owned()));
    }
    let mut search = Search::new(TwoPhase { managers, symmetry });
    let (verdict, seconds) = timed(|| search.run_on(effort.threads, effort.limits));
    let took = Took { seconds, progress: search.progress() };
    if json {
        let (verdict, Progress { states, depth, .. }) = (named(&verdict), took.progress);
        let mut object = json!({ "model": name, "nodes": managers, "symmetry": symmetry, "states": states,
            "depth": depth, "verdict": verdict.name() });
        took.add_to(&mut object);
        println!("{object}");
    } else {
        match &verdict {
            Found::Holds { states, depth } => println!("holds: {states} states, depth {depth}"),
            Found::Unfinished { .. } => println!("{}", unfinished(&took.progress, effort.limits)),
            Found::Violated { property, path, .. } => println!("violated {property} after {} steps", path.len()),
        }
        took.print();
    }
    Ok(exit(named(&verdict)))
}

/// The verdict without what was found.
fn named<M>(found: &Found<M>) -> Verdict {
    match found {
        Found::Holds { .. } => Verdict::Holds,
        Found::Unfinished { .. } => Verdict::Unfinished,
        Found::Violated { .. } => Verdict::Violated,
    }
}

/// `check model/redlock --nodes N --clock-steps N`: Redlock, a command a step.
fn redlock(flags: &mut Flags, effort: Effort, json: bool) -> Outcome {
    let model = Redlock { masters: flags.number("--nodes", 5)?, clients: 2, jumps: flags.number("--clock-steps", 1)? };
    flags.done()?;
    if ![1, 3, 5, 7].contains(&model.masters) {
        return Err(Failure("--nodes takes 1, 3, 5 or 7 here".to_owned()));
    }
    let mut search = Search::new(&model);
    let (verdict, seconds) = timed(|| search.run_on(effort.threads, effort.limits));
    let took = Took { seconds, progress: search.progress() };
    let (name, states) = (named(&verdict).name(), took.progress.states);
    let steps: Vec<String> = match &verdict {
        Found::Violated { path, .. } => path.iter().map(Step::to_string).collect(),
        Found::Holds { .. } | Found::Unfinished { .. } => Vec::new(),
    };
    if json {
        let mut object = json!({ "model": "redlock", "nodes": model.masters, "clock_steps": model.jumps, "states": states,
            "verdict": name, "trace": steps });
        took.add_to(&mut object);
        println!("{object}");
        return Ok(exit(named(&verdict)));
    }
    if steps.is_empty() {
        println!("{name}: {states} states");
    } else {
        println!("violated MUTEX-LEASE after {} steps", steps.len());
        steps.iter().enumerate().for_each(|(n, step)| println!("{:>4}. {step}", n + 1));
    }
    took.print();
    Ok(exit(named(&verdict)))
}

/// `list`: what there is.
pub fn list(flags: &Flags, json: bool, lang: Lang) -> Outcome {
    flags.done()?;
    let scenes = searching::list(lang);
    if json {
        let scene = |s: &searching::Listing| {
            json!({
                "scene": s.scene, "recipes": s.recipes,
                "mistakes": s.mistakes.iter().map(|(name, breaks)| json!({ "name": name, "breaks": breaks })).collect::<Vec<_>>(),
                "properties": s.properties.iter().map(|(recipe, name, words, liveness, world)| json!({
                    "recipe": recipe, "name": name, "words": words,
                    "kind": if *liveness { "liveness" } else { "safety" }, "promised_in": world,
                })).collect::<Vec<_>>(),
                "options": s.options.iter().map(|(key, what)| json!({ "key": key, "values": what })).collect::<Vec<_>>(),
            })
        };
        println!("{}", Value::Array(scenes.iter().map(scene).collect()));
        return Ok(0);
    }
    for s in scenes {
        println!("{}", s.scene);
        println!("  recipes");
        for recipe in s.recipes {
            println!("    {}/{recipe}", s.scene);
        }
        println!("  mistakes");
        for (name, breaks) in s.mistakes {
            println!("    {name}  breaks {breaks}");
        }
        println!("  properties (the widest world that promises them)");
        for (recipe, name, words, liveness, world) in &s.properties {
            let kind = if *liveness { "liveness" } else { "safety" };
            println!("    {recipe:<18} {name:<18} {kind:<9} {world:<9} {words}");
        }
        println!("  options");
        for (key, what) in &s.options {
            println!("    {key:<16} {what}");
        }
    }
    println!(
        "model/two-phase  a test of the search: 2^n + 4^n + 6^n states; with --symmetry (n+1) + C(n+3,3) + C(n+5,5)"
    );
    Ok(0)
}
