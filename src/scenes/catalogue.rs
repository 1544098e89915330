//! Which scenes there are, and how a run of each is opened.

use super::making::{self, Making};
use super::options::COMMON;
use super::run::{Details, Run, RunSpec};
use super::scene::{Lang, Opening, Outcome};
use super::searching::form::{self, Ground};
use super::searching::table::Table;
use super::session::{Arrival, Session, view_command};
use super::staging::{Aside, Openings, Script, Staging};
use super::text::{Words, say, tables};
use super::twin::{self, Other, Twin};
use super::{OpenError, parts};
use std::any::Any;
use std::marker::PhantomData;

/// The tabs, each with its scenes. Several are a family: one tab, one list of recipes, and a run of one can stand beside a run
/// of another.
pub const TABS: [&[&str]; 4] = [&["placement"], &["ring"], &["lock", "coordination"], &["commit"]];

/// The scenes, in the order of the tabs.
pub const SCENES: [&str; 5] = ["placement", "ring", "lock", "coordination", "commit"];

/// The scenes of the tab on which a scene is, itself among them; of a scene that does not exist, none.
pub fn family(scene: &str) -> &'static [&'static str] {
    TABS.into_iter().find(|tab| tab.contains(&scene)).unwrap_or_default()
}

/// A scene without its type: what the page asks of it.
pub trait Scene: Sync {
    /// The scene's words in English. Those in other languages come in one piece.
    fn words(&self) -> &'static Words;
    fn default_recipe(&self) -> &'static str;
    /// See [`begin`].
    ///
    /// # Errors
    /// Unknown recipe, mistake or option.
    fn begin(&self, spec: &RunSpec, lang: Lang) -> Result<Box<dyn Making<dyn Run>>, OpenError>;
    fn openings(&self, lang: Lang) -> Vec<Opening>;
    fn script(&self, opening: &str, take: usize) -> Option<Script>;
    fn outcome(&self, opening: &str, take: usize, lang: Lang) -> Option<Outcome>;
}

/// What a scene adds once its panels are open.
pub trait Desk: Sync {
    /// The words of its panels, in English.
    fn words(&self) -> &'static Words;
    /// Those that the panels of all scenes have in common.
    fn common_words(&self) -> &'static Words {
        &super::text::en::desk::common::TABLE
    }
    /// The details of a run of this scene.
    fn details<'a>(&self, run: &'a dyn Any) -> Option<&'a dyn Details>;
    /// Which property holds in which world of time, if the scene has such a table.
    fn table(&self) -> Option<&'static Table>;
    /// What a search can be asked about a run of this scene.
    ///
    /// # Errors
    /// Options that do not do.
    fn ground(&self, spec: &RunSpec, lang: Lang) -> Result<Ground, OpenError>;
    /// See [`with_option`].
    ///
    /// # Errors
    /// The sentence that says why the value does not do.
    fn with_option(&self, spec: &RunSpec, key: &str, value: &str, lang: Lang) -> Result<RunSpec, OpenError>;
    /// A run of this scene as like one of another as it can be: of its seed, its mistakes and its options what both know.
    ///
    /// # Errors
    /// An unknown recipe.
    fn adopt(&self, spec: &RunSpec, recipe: &str, lang: Lang) -> Result<RunSpec, OpenError>;
    /// The openings that come with the panels.
    fn openings(&self, lang: Lang) -> Vec<Opening>;
    fn script(&self, opening: &str, take: usize) -> Option<Script>;
    fn outcome(&self, opening: &str, take: usize, lang: Lang) -> Option<Outcome>;
    /// See [`twin::begin`].
    ///
    /// # Errors
    /// The sentence that says what of it is unknown here.
    fn twin(&self, spec: &RunSpec, other: &Other, lang: Lang) -> Result<Box<dyn Making<dyn Twin>>, OpenError>;
}

struct Of<S>(PhantomData<fn() -> S>);

pub static PLACEMENT: &dyn Scene = &Of::<super::placement::PlacementScene>(PhantomData);
pub static RING: &dyn Scene = &Of::<super::ring::RingScene>(PhantomData);
pub static LOCK: &dyn Scene = &Of::<super::lock::LockScene>(PhantomData);
pub static COORDINATION: &dyn Scene = &Of::<super::coordination::CoordinationScene>(PhantomData);
pub static COMMIT: &dyn Scene = &Of::<super::commit::CommitScene>(PhantomData);

pub static PLACEMENT_DESK: &dyn Desk = &Of::<super::placement::PlacementScene>(PhantomData);
pub static RING_DESK: &dyn Desk = &Of::<super::ring::RingScene>(PhantomData);
pub static LOCK_DESK: &dyn Desk = &Of::<super::lock::LockScene>(PhantomData);
pub static COORDINATION_DESK: &dyn Desk = &Of::<super::coordination::CoordinationScene>(PhantomData);
pub static COMMIT_DESK: &dyn Desk = &Of::<super::commit::CommitScene>(PhantomData);

impl<S: Staging> Scene for Of<S> {
    fn words(&self) -> &'static Words {
        S::words()
    }

    fn default_recipe(&self) -> &'static str {
        S::RECIPES[0]
    }

    fn begin(&self, spec: &RunSpec, lang: Lang) -> Result<Box<dyn Making<dyn Run>>, OpenError> {
        let script = match spec.opening.split_once('/') {
            None if spec.opening.is_empty() => None,
            Some((name, take)) => {
                let take = take.parse().ok();
                take.and_then(|take| S::Openings::take(name, take).or_else(|| parts::desk(S::NAME)?.script(name, take)))
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
        Ok(Box::new(Arrival::<S>::new(&spec, script, lang)?))
    }

    fn openings(&self, lang: Lang) -> Vec<Opening> {
        S::Openings::all(lang)
    }

    fn script(&self, opening: &str, take: usize) -> Option<Script> {
        S::Openings::take(opening, take)
    }

    fn outcome(&self, opening: &str, take: usize, lang: Lang) -> Option<Outcome> {
        S::Openings::outcome(opening, take, lang)
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

    fn ground(&self, spec: &RunSpec, lang: Lang) -> Result<Ground, OpenError> {
        form::ground::<S>(spec, lang)
    }

    fn with_option(&self, spec: &RunSpec, key: &str, value: &str, lang: Lang) -> Result<RunSpec, OpenError> {
        let mut next = RunSpec { opening: String::new(), at: 0, events: 0, hash: 0, ..spec.clone() };
        // What was done belongs to the old run; what is looked at, to the reader.
        let stays = |line: &str| {
            // A branch is one of the old run.
            !line.starts_with("compare branch") && view_command::<S>(&mut Aside::default(), line, lang).is_some()
        };
        next.commands.retain(|command| stays(&command.line));
        free(spec, &mut next.options);
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

    fn adopt(&self, spec: &RunSpec, recipe: &str, lang: Lang) -> Result<RunSpec, OpenError> {
        let known = |key: &str, value: &str| {
            S::OPTIONS.iter().chain(COMMON).any(|def| def.key == key && def.check(value, lang).is_ok())
        };
        let mut next =
            RunSpec { scene: S::NAME.to_owned(), recipe: recipe.to_owned(), seed: spec.seed, ..RunSpec::default() };
        next.mistakes = spec.mistakes.clone();
        next.mistakes.retain(|mistake| S::mistakes(recipe).any(|(name, _)| name == mistake));
        next.options = spec.options.clone();
        next.options.retain(|(key, value)| known(key, value));
        Session::<S>::open(&next, None, lang)?;
        Ok(next)
    }

    fn openings(&self, lang: Lang) -> Vec<Opening> {
        S::More::all(lang)
    }

    fn script(&self, opening: &str, take: usize) -> Option<Script> {
        S::More::take(opening, take)
    }

    fn outcome(&self, opening: &str, take: usize, lang: Lang) -> Option<Outcome> {
        S::More::outcome(opening, take, lang)
    }

    fn twin(&self, spec: &RunSpec, other: &Other, lang: Lang) -> Result<Box<dyn Making<dyn Twin>>, OpenError> {
        twin::beside::<S>(spec, other, lang)
    }
}

/// What an opening arranged for its script is not what a free run wants.
pub(super) fn free(spec: &RunSpec, options: &mut Vec<(String, String)>) {
    if !spec.opening.is_empty() {
        options.retain(|(key, _)| !["think", "rounds", "attempts"].contains(&key.as_str()));
    }
}

/// Calls the function with the scene's type for the scene of this name.
macro_rules! scene {
    ($name:expr, $function:ident ( $($argument:expr),* ) , $otherwise:expr) => {
        match $name {
            "placement" => $function::<$crate::scenes::placement::PlacementScene>($($argument),*),
            "ring" => $function::<$crate::scenes::ring::RingScene>($($argument),*),
            "lock" => $function::<$crate::scenes::lock::LockScene>($($argument),*),
            "coordination" => $function::<$crate::scenes::coordination::CoordinationScene>($($argument),*),
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
    making::whole(begin(spec, lang)?)
}

/// The same in pieces: a run at its start, on its way to its moment.
///
/// # Errors
/// Unknown scene, recipe, mistake or option; of commands is told later.
pub fn begin(spec: &RunSpec, lang: Lang) -> Result<Box<dyn Making<dyn Run>>, OpenError> {
    known(&spec.scene, lang)?.begin(spec, lang)
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

/// The questions that a scene opens with, and what is told besides, as far as it is at hand.
pub fn openings(scene: &str, lang: Lang) -> Vec<Opening> {
    let mut all = parts::scene(scene).map_or_else(Vec::new, |scene| scene.openings(lang));
    all.extend(parts::desk(scene).into_iter().flat_map(|desk| desk.openings(lang)));
    all
}

/// The run of a take of an opening, at its first moment. Its `advance` halts with `Question` at the moment of the
/// question and with `End` when the outcome is known.
pub fn opening_spec(scene: &str, opening: &str, take: usize) -> RunSpec {
    let first = parts::scene(scene).and_then(|scene| scene.script(opening, take));
    let spec = first.or_else(|| parts::desk(scene)?.script(opening, take)).map(|script| script.spec);
    spec.map_or_else(|| default_spec(scene), |spec| RunSpec { opening: format!("{opening}/{take}"), ..spec })
}

/// What the core says about a take of an opening: plays it to its end in a run of its own.
pub fn outcome(scene: &str, opening: &str, take: usize, lang: Lang) -> Option<Outcome> {
    let first = parts::scene(scene)?.outcome(opening, take, lang);
    first.or_else(|| parts::desk(scene)?.outcome(opening, take, lang))
}

/// What the scene simplifies, a sentence each.
pub fn simplified(scene: &str, lang: Lang) -> Vec<String> {
    let prefix = format!("{scene}.simplified-");
    let all = tables(lang, scene).into_iter().flatten();
    all.filter(|(key, _)| key.starts_with(&prefix)).map(|(_, words)| (*words).to_owned()).collect()
}
