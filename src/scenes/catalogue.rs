//! Which scenes there are, and how a run of each is opened.

use super::OpenError;
use super::run::{Run, RunSpec};
use super::scene::{Lang, Opening, Outcome};
use super::session::Session;
use super::staging::{Openings, Staging};
use super::text::{say, tables, word};

/// The scenes, in the order of the tabs.
pub const SCENES: [&str; 3] = ["ring", "lock", "commit"];

/// Calls the function with the scene's type for the scene of this name.
macro_rules! scene {
    ($name:expr, $function:ident ( $($argument:expr),* ) , $otherwise:expr) => {
        match $name {
            "ring" => $function::<$crate::scenes::ring::RingScene>($($argument),*),
            "lock" => $function::<$crate::scenes::lock::LockScene>($($argument),*),
            "commit" => $function::<$crate::scenes::commit::CommitScene>($($argument),*),
            _ => $otherwise,
        }
    };
}

pub(super) use scene;

/// Opens a run and brings it to its moment.
///
/// # Errors
/// Unknown scene, recipe, mistake or option; a command that cannot be carried out.
pub fn open(spec: &RunSpec, lang: Lang) -> Result<Box<dyn Run>, OpenError> {
    scene!(spec.scene.as_str(), open_scene(spec, lang), Err(unknown_scene(&spec.scene, lang)))
}

fn unknown_scene(name: &str, lang: Lang) -> OpenError {
    let shown: String = name.chars().take(40).collect();
    OpenError(say(lang, "common.unknown-scene", &[("name", shown.into()), ("known", SCENES.join(", ").into())]))
}

fn open_scene<S: Staging>(spec: &RunSpec, lang: Lang) -> Result<Box<dyn Run>, OpenError> {
    let script = match spec.opening.split_once('/') {
        None if spec.opening.is_empty() => None,
        Some((name, take)) => {
            let take = take.parse().ok().filter(|take| *take < S::Openings::takes(name));
            take.and_then(|take| S::Openings::script(name, take))
        }
        None => None,
    };
    if !spec.opening.is_empty() && script.is_none() {
        let shown: String = spec.opening.chars().take(40).collect();
        return Err(OpenError(say(lang, "common.unknown-opening", &[("name", shown.into())])));
    }
    // An opening's run may be written without its commands: then they are the script's.
    let mut spec = spec.clone();
    if let Some(script) = script.as_ref().filter(|_| spec.commands.is_empty()) {
        let (at, events, hash, opening) = (spec.at, spec.events, spec.hash, spec.opening.clone());
        spec = RunSpec { at, events, hash, opening, ..script.spec.clone() };
    }
    Ok(Box::new(Session::<S>::open(&spec, script, lang)?))
}

/// The run that a scene starts with.
pub fn default_spec(scene: &str) -> RunSpec {
    fn recipe<S: Staging>() -> String {
        S::RECIPES[0].to_owned()
    }
    let recipe = scene!(scene, recipe(), String::new());
    RunSpec { scene: scene.to_owned(), recipe, seed: 7, ..RunSpec::default() }
}

/// The spec with one control changed (`recipe`, an option's key, or a mistake's name with `on`/`off`), started afresh.
///
/// # Errors
/// The sentence that says why the value does not do.
pub fn with_option(spec: &RunSpec, key: &str, value: &str, lang: Lang) -> Result<RunSpec, OpenError> {
    scene!(spec.scene.as_str(), change(spec, key, value, lang), Err(unknown_scene(&spec.scene, lang)))
}

fn change<S: Staging>(spec: &RunSpec, key: &str, value: &str, lang: Lang) -> Result<RunSpec, OpenError> {
    let mut next = RunSpec { commands: Vec::new(), opening: String::new(), at: 0, events: 0, hash: 0, ..spec.clone() };
    // What an opening arranged for its script is not what a free run wants.
    if !spec.opening.is_empty() {
        next.options.retain(|(k, _)| !["think", "rounds", "attempts"].contains(&k.as_str()));
    }
    match key {
        "recipe" => value.clone_into(&mut next.recipe),
        "seed" => {
            let bad = || {
                let args = [("key", key.into()), ("value", value.into()), ("range", "0–18446744073709551615".into())];
                OpenError(say(lang, "common.bad-value", &args))
            };
            next.seed = value.trim().parse().map_err(|_| bad())?;
        }
        _ if S::MISTAKES.iter().any(|(name, _)| *name == key) => {
            next.mistakes.retain(|m| m != key);
            if value == "on" {
                next.mistakes.push(key.to_owned());
            }
        }
        _ => {
            next.options.retain(|(k, _)| k != key);
            next.options.push((key.to_owned(), value.to_owned()));
        }
    }
    Session::<S>::open(&next, None, lang)?;
    Ok(next)
}

/// The questions that a scene opens with.
pub fn openings(scene: &str, lang: Lang) -> Vec<Opening> {
    fn all<S: Staging>(lang: Lang) -> Vec<Opening> {
        S::Openings::NAMES.iter().filter_map(|name| S::Openings::opening(name, lang)).collect()
    }
    scene!(scene, all(lang), Vec::new())
}

/// The run of a take of an opening, at its first moment. Its `advance` halts with `Question` at the moment of the
/// question and with `End` when the outcome is known.
pub fn opening_spec(scene: &str, opening: &str, take: usize) -> RunSpec {
    fn script<S: Staging>(opening: &str, take: usize) -> Option<RunSpec> {
        S::Openings::script(opening, take).map(|s| s.spec)
    }
    let spec = scene!(scene, script(opening, take), None);
    spec.map_or_else(|| default_spec(scene), |spec| RunSpec { opening: format!("{opening}/{take}"), ..spec })
}

/// What the core says about a take of an opening: plays it to its end in a run of its own.
pub fn outcome(scene: &str, opening: &str, take: usize, lang: Lang) -> Option<Outcome> {
    fn play<S: Staging>(opening: &str, take: usize, lang: Lang) -> Option<Outcome> {
        let script = S::Openings::script(opening, take)?;
        let mut run = Session::<S>::open(&script.spec, None, lang).ok()?;
        run.seek(script.end);
        S::Openings::outcome(opening, take, &mut run, lang)
    }
    scene!(scene, play(opening, take, lang), None)
}

/// What the scene simplifies, a sentence each.
pub fn simplified(scene: &str, lang: Lang) -> Vec<String> {
    let prefix = format!("{scene}.simplified-");
    let table = tables(lang).into_iter().find(|(name, _)| *name == scene).map_or(&[][..], |(_, table)| table);
    table.iter().filter(|(key, _)| key.starts_with(&prefix)).map(|(key, _)| word(lang, key)).collect()
}
