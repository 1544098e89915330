use super::{Failure, Flags, Outcome, read_file};
use faultline::scenes::link::{self, LinkError};
use faultline::scenes::run::{Halt, Run, RunSpec};
use faultline::scenes::scene::{Lang, Time};
use faultline::scenes::{SCENES, default_spec, open, opening_spec, openings, searching};
use std::fmt::Write;

/// A link, or a file with one.
pub fn read(text: &str) -> Result<RunSpec, Failure> {
    match link::decode(text) {
        Ok(spec) => return Ok(spec),
        Err(LinkError::Newer) => {
            return Err(Failure("This link was written by a newer version of Faultline.".to_owned()));
        }
        Err(LinkError::TooLong) => {
            return Err(Failure("This link is longer than any that Faultline writes.".to_owned()));
        }
        Err(LinkError::Malformed) if text.contains('#') || text.starts_with("1.") => {
            return Err(Failure("This link is damaged or cut off: copy it again, whole.".to_owned()));
        }
        Err(LinkError::Malformed) => {}
    }
    let bytes = read_file(text)?;
    let content = String::from_utf8(bytes).map_err(|_| Failure(format!("{text} is not UTF-8 text.")))?;
    link::from_file(&content).map_err(|(n, line)| Failure(format!("{text}, line {n}: “{line}” is not understood.")))
}

pub fn open_run(spec: &RunSpec, lang: Lang) -> Result<Box<dyn Run>, Failure> {
    open(spec, lang).map_err(|e| Failure(e.0))
}

/// `run`: plays to the link's moment, or to `--until`, and prints the hashes.
pub fn run(flags: &mut Flags, json: bool, lang: Lang) -> Outcome {
    let until: Option<u64> = match flags.value("--until")? {
        Some(text) => Some(text.parse().map_err(|_| Failure(format!("--until wants milliseconds, not “{text}”")))?),
        None => None,
    };
    let trace = flags.flag("--trace");
    let source = flags.word().ok_or_else(|| Failure("run wants a link or a file".to_owned()))?;
    flags.done()?;
    let spec = read(&source)?;
    let mut run = open_run(&spec, lang)?;
    if let Some(ms) = until {
        run.seek(ms.saturating_mul(1000).min(Time::MAX / 4));
    } else if spec.hash != 0 && spec.hash != run.state_hash() {
        eprintln!("The link was made where this moment had another state ({:032x}): the core has changed.", spec.hash);
    }
    let (events, _) = run.position();
    let lines = if trace { run.events(0, events, lang) } else { Vec::new() };
    if json {
        let value = serde_json::json!({
            "time_us": run.now().to_string(),
            "events": events,
            "state_hash": format!("{:032x}", run.state_hash()),
            "run_hash": format!("{:016x}", run.run_hash()),
            "breaks": run.breaks(),
            "link": link::encode(&run.spec()).ok(),
            "trace": lines.iter().map(|l| serde_json::json!({
                "event": l.index, "time_us": l.time.to_string(), "words": l.words, "by_hand": l.command,
            })).collect::<Vec<_>>(),
        });
        println!("{value}");
        return Ok(0);
    }
    let mut out = String::new();
    for line in lines {
        let hand = if line.command { "*" } else { " " };
        let _ = writeln!(out, "{:>6} {:>12.3} ms {hand} {}", line.index, line.time as f64 / 1000.0, line.words);
    }
    let _ = writeln!(out, "time {:.3} ms", run.now() as f64 / 1000.0);
    let _ = writeln!(out, "events {events}");
    let _ = writeln!(out, "state {:032x}", run.state_hash());
    let _ = writeln!(out, "run {:016x}", run.run_hash());
    print!("{out}");
    Ok(0)
}

/// `links --spec [SCENE/]RECIPE [--option KEY=VALUE]`: a run at its start, of the lock where no scene is named.
fn one_link(name: &str, flags: &mut Flags) -> Outcome {
    let (scene, recipe) = name.split_once('/').unwrap_or(("lock", name));
    let mut spec = RunSpec { recipe: recipe.to_owned(), ..default_spec(scene) };
    while let Some(option) = flags.value("--option")? {
        let (key, value) = option.split_once('=').ok_or_else(|| Failure("--option wants KEY=VALUE".to_owned()))?;
        spec.options.push((key.to_owned(), value.to_owned()));
    }
    flags.done()?;
    let run = open_run(&spec, Lang::En)?;
    let text = link::encode(&run.spec()).map_err(|_| Failure("This is too long for a link.".to_owned()))?;
    println!("{text}\t{:032x}\t{:016x}", run.state_hash(), run.run_hash());
    Ok(0)
}

/// `links --told`: the end of every take of every question and story, in the same form.
fn every_ending() -> Outcome {
    for scene in SCENES {
        for opening in openings(scene, Lang::En) {
            for take in 0..opening.takes.len() {
                let mut run = open_run(&opening_spec(scene, opening.name, take), Lang::En)?;
                while !matches!(run.advance(Time::MAX / 4), Some(Halt::End) | None) {}
                let text =
                    link::encode(&run.spec()).map_err(|_| Failure(format!("{scene}/{} is too long", opening.name)))?;
                println!("{text}\t{:032x}\t{:016x}", run.state_hash(), run.run_hash());
            }
        }
    }
    Ok(0)
}

/// `links`: sample runs as `link<TAB>state hash<TAB>run hash`.
pub fn links(flags: &mut Flags) -> Outcome {
    let count = flags.number("--count", 10_u64)?;
    let seed = flags.number("--seed", 1_u64)?;
    let presses = flags.number("--presses", 6_usize)?;
    let told = flags.flag("--told");
    if let Some(recipe) = flags.value("--spec")? {
        return one_link(&recipe, flags);
    }
    flags.done()?;
    if told {
        return every_ending();
    }
    for n in 0..count {
        let spec = searching::sample(seed.wrapping_add(n), presses);
        let run = open_run(&spec, Lang::En)?;
        let Ok(text) = link::encode(&spec) else { continue };
        println!("{text}\t{:032x}\t{:016x}", run.state_hash(), run.run_hash());
    }
    Ok(0)
}
