//! Which scenes there are, and how a run of each is opened.

use super::run::{Details, Run, RunSpec};
use super::scene::{Lang, Opening, Outcome};
use super::searching::Question;
use super::searching::asking::{Asked, Asking, Asks};
use super::searching::table::Table;
use super::session::Session;
use super::staging::{Aside, Openings, Staging};
use super::text::{Words, say, tables};
use super::{OpenError, parts};
use std::any::Any;
use std::marker::PhantomData;

/// The scenes, in the order of the tabs.
pub const SCENES: [&str; 3] = ["ring", "lock", "commit"];

/// A scene without its type: what the page asks of it.
pub trait Scene: Sync {
    /// The scene's words in English. Those in other languages come in one piece.
    fn words(&self) -> &'static Words;
    fn default_recipe(&self) -> &'static str;
    /// Opens a run and brings it to its moment.
    ///
    /// # Errors
    /// Unknown recipe, mistake or option; a command that cannot be carried out.
    fn open(&self, spec: &RunSpec, lang: Lang) -> Result<Box<dyn Run>, OpenError>;
    fn openings(&self, lang: Lang) -> Vec<Opening>;
    fn script(&self, opening: &str, take: usize) -> Option<RunSpec>;
    fn outcome(&self, opening: &str, take: usize, lang: Lang) -> Option<Outcome>;
}

/// What a scene adds once its panels are open.
pub trait Desk: Sync {
    /// The words of its panels, in English.
    fn words(&self) -> &'static Words;
    /// The details of a run of this scene.
    fn details<'a>(&self, run: &'a dyn Any) -> Option<&'a dyn Details>;
    /// Which property holds in which world of time, if the scene has such a table.
    fn table(&self) -> Option<&'static Table>;
    /// See [`with_option`].
    ///
    /// # Errors
    /// The sentence that says why the value does not do.
    fn with_option(&self, spec: &RunSpec, key: &str, value: &str, lang: Lang) -> Result<RunSpec, OpenError>;
}

struct Of<S>(PhantomData<fn() -> S>);

pub static RING: &dyn Scene = &Of::<super::ring::RingScene>(PhantomData);
pub static LOCK: &dyn Scene = &Of::<super::lock::LockScene>(PhantomData);
pub static COMMIT: &dyn Scene = &Of::<super::commit::CommitScene>(PhantomData);

pub static RING_DESK: &dyn Desk = &Of::<super::ring::RingScene>(PhantomData);
pub static LOCK_DESK: &dyn Desk = &Of::<super::lock::LockScene>(PhantomData);
pub static COMMIT_DESK: &dyn Desk = &Of::<super::commit::CommitScene>(PhantomData);

/// What the page searches in.
pub static LOCK_SEARCH: &dyn Asks = &Of::<super::lock::LockScene>(PhantomData);

impl<S: Staging> Asks for Of<S> {
    fn ask(&self, question: &Question, lang: Lang) -> Result<Box<dyn Asked>, OpenError> {
        Ok(Box::new(Asking::<S>::begin(question, lang)?))
    }
}

impl<S: Staging> Scene for Of<S> {
    fn words(&self) -> &'static Words {
        S::words()
    }

    fn default_recipe(&self) -> &'static str {
        S::RECIPES[0]
    }

    fn open(&self, spec: &RunSpec, lang: Lang) -> Result<Box<dyn Run>, OpenError> {
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

    fn openings(&self, lang: Lang) -> Vec<Opening> {
        S::Openings::ASKED.iter().filter_map(|asked| S::Openings::opening(S::NAME, asked.0, lang)).collect()
    }

    fn script(&self, opening: &str, take: usize) -> Option<RunSpec> {
        S::Openings::script(opening, take).map(|script| script.spec)
    }

    fn outcome(&self, opening: &str, take: usize, lang: Lang) -> Option<Outcome> {
        let script = S::Openings::script(opening, take)?;
        let mut run = Session::<S>::open(&script.spec, None, lang).ok()?;
        run.seek(script.end);
        S::Openings::outcome(opening, take, &mut run, lang)
    }
}

impl<S: Staging> Desk for Of<S> {
    fn words(&self) -> &'static Words {
        S::desk_words()
    }

    fn details<'a>(&self, run: &'a dyn Any) -> Option<&'a dyn Details> {
        run.downcast_ref::<Session<S>>().map(|session| session as &dyn Details)
    }

    fn table(&self) -> Option<&'static Table> {
        S::table()
    }

    fn with_option(&self, spec: &RunSpec, key: &str, value: &str, lang: Lang) -> Result<RunSpec, OpenError> {
        let mut next = RunSpec { opening: String::new(), at: 0, events: 0, hash: 0, ..spec.clone() };
        // What was done belongs to the old run; what is looked at, to the reader.
        next.commands.retain(|command| S::view_command(&mut Aside::default(), &command.line, lang).is_some());
        // What an opening arranged for its script is not what a free run wants.
        if !spec.opening.is_empty() {
            next.options.retain(|(k, _)| !["think", "rounds", "attempts"].contains(&k.as_str()));
        }
        match key {
            "recipe" => {
                value.clone_into(&mut next.recipe);
                // What was wrong with the old recipe need not be possible with the new one.
                next.mistakes.retain(|mistake| S::applies(value, mistake));
            }
            "seed" => {
                let bad = || {
                    let args =
                        [("key", key.into()), ("value", value.into()), ("range", "0–18446744073709551615".into())];
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
}

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
    known(&spec.scene, lang)?.open(spec, lang)
}

fn known(name: &str, lang: Lang) -> Result<&'static dyn Scene, OpenError> {
    parts::scene(name).ok_or_else(|| unknown_scene(name, lang))
}

pub(super) fn unknown_scene(name: &str, lang: Lang) -> OpenError {
    let shown: String = name.chars().take(40).collect();
    OpenError(say(lang, "common.unknown-scene", &[("name", shown.into()), ("known", SCENES.join(", ").into())]))
}

/// The run that a scene starts with.
pub fn default_spec(scene: &str) -> RunSpec {
    let recipe = parts::scene(scene).map_or("", |scene| scene.default_recipe());
    RunSpec { scene: scene.to_owned(), recipe: recipe.to_owned(), seed: 7, ..RunSpec::default() }
}

/// The spec with one control changed (`recipe`, an option's key, or a mistake's name with `on`/`off`), started afresh.
///
/// # Errors
/// The sentence that says why the value does not do.
pub fn with_option(spec: &RunSpec, key: &str, value: &str, lang: Lang) -> Result<RunSpec, OpenError> {
    parts::desk(&spec.scene).ok_or_else(|| unknown_scene(&spec.scene, lang))?.with_option(spec, key, value, lang)
}

/// The questions that a scene opens with.
pub fn openings(scene: &str, lang: Lang) -> Vec<Opening> {
    parts::scene(scene).map_or_else(Vec::new, |scene| scene.openings(lang))
}

/// The run of a take of an opening, at its first moment. Its `advance` halts with `Question` at the moment of the
/// question and with `End` when the outcome is known.
pub fn opening_spec(scene: &str, opening: &str, take: usize) -> RunSpec {
    let spec = parts::scene(scene).and_then(|scene| scene.script(opening, take));
    spec.map_or_else(|| default_spec(scene), |spec| RunSpec { opening: format!("{opening}/{take}"), ..spec })
}

/// What the core says about a take of an opening: plays it to its end in a run of its own.
pub fn outcome(scene: &str, opening: &str, take: usize, lang: Lang) -> Option<Outcome> {
    parts::scene(scene)?.outcome(opening, take, lang)
}

/// What the scene simplifies, a sentence each.
pub fn simplified(scene: &str, lang: Lang) -> Vec<String> {
    let prefix = format!("{scene}.simplified-");
    let all = tables(lang, scene).into_iter().flatten();
    all.filter(|(key, _)| key.starts_with(&prefix)).map(|(_, words)| (*words).to_owned()).collect()
}
