//! The reader's question as plain data: from the set-up on the stage to a [`Question`], and back. Words and marks are the
//! page's.

use super::{Aim, Limits, Question, stuck};
use crate::check::model::Budgets;
pub use crate::core::protocol::World;
use crate::core::protocol::{Kind, Protocol, Worlds};
use crate::scenes::OpenError;
use crate::scenes::options::{COMMON, OptionDef, OptionKind, Options};
use crate::scenes::run::RunSpec;
use crate::scenes::scene::Lang;
use crate::scenes::staging::Staging;
use crate::scenes::text::word;

/// A property that may be asked about.
#[derive(Clone, PartialEq, Debug)]
pub struct Asked {
    pub name: &'static str,
    pub words: String,
    pub liveness: bool,
    pub promised: Worlds,
}

/// An option of the standard search that the reader may change.
#[derive(Clone, PartialEq, Debug)]
pub struct Bound {
    pub key: &'static str,
    pub words: String,
    pub value: i64,
    pub min: i64,
    pub max: i64,
    pub step: i64,
    pub unit: &'static str,
}

/// The recipe on the stage with one of the mistakes that are switched on, or with none.
#[derive(Clone, PartialEq, Debug)]
pub struct Setup {
    pub mistake: Option<String>,
    /// What its standard search asks.
    pub world: World,
    pub budgets: Budgets,
    pub property: Option<&'static str>,
    pub properties: Vec<Asked>,
    /// In each world of time, narrow to wide.
    bounds: [Vec<Bound>; 3],
}

impl Setup {
    pub fn bounds(&self, world: World) -> &[Bound] {
        &self.bounds[World::ALL.into_iter().position(|w| w == world).unwrap_or(0)]
    }
}

/// What can be asked of the run on the stage.
#[derive(Clone, PartialEq, Debug)]
pub struct Ground {
    pub scene: &'static str,
    pub recipe: String,
    /// The option that is the number of nodes.
    pub nodes: &'static str,
    /// At least one. First the one whose standard search is offered: the mistake that was switched on last.
    pub setups: Vec<Setup>,
    /// What else is switched on the stage: choices and switches, not sizes.
    pub carried: Vec<(String, String)>,
    /// Of the run itself: a search from its moment takes place among these.
    pub properties: Vec<Asked>,
    /// Mistakes of the run itself.
    pub mistakes: Vec<String>,
}

/// See [`Ground`].
///
/// # Errors
/// Options that do not do.
pub(in crate::scenes) fn ground<S: Staging>(spec: &RunSpec, lang: Lang) -> Result<Ground, OpenError> {
    let read = |given: &[(String, String)]| Options::read(&[S::OPTIONS, COMMON], given, lang).map_err(OpenError);
    let carried: Vec<(String, String)> = spec
        .options
        .iter()
        .filter(|(key, value)| S::OPTIONS.iter().any(|def| def.key == key && is_switch(def) && def.initial() != *value))
        .cloned()
        .collect();
    let possible = |mistake: &&String| S::mistakes(&spec.recipe).any(|(known, _)| known == mistake);
    let switched_on = spec.mistakes.iter().rev().filter(possible).map(|mistake| Some(mistake.as_str()));
    let mut setups = Vec::new();
    for mistake in switched_on.chain([None]) {
        let Some((world, budgets)) = S::standard(&spec.recipe, mistake).into_iter().next() else { continue };
        let property = S::MISTAKES.iter().find(|(known, _)| Some(*known) == mistake).map(|(_, property)| *property);
        let all = S::bounds(&spec.recipe, mistake, world).into_iter().map(|(key, value)| (key.to_owned(), value));
        let kept = carried.iter().cloned();
        let options = read(&all.chain(kept).collect::<Vec<_>>())?;
        let mistakes: Vec<String> = mistake.iter().map(|mistake| (*mistake).to_owned()).collect();
        setups.push(Setup {
            mistake: mistake.map(str::to_owned),
            world,
            budgets,
            property,
            properties: properties::<S>(&spec.recipe, &mistakes, &options, lang),
            bounds: World::ALL.map(|world| bounds::<S>(&spec.recipe, mistake, world, lang)),
        });
    }
    Ok(Ground {
        scene: S::NAME,
        recipe: spec.recipe.clone(),
        nodes: S::NODES,
        setups,
        carried,
        properties: properties::<S>(&spec.recipe, &spec.mistakes, &read(&spec.options)?, lang),
        mistakes: spec.mistakes.clone(),
    })
}

fn is_switch(def: &OptionDef) -> bool {
    !def.group.is_empty() && matches!(def.kind, OptionKind::Choice { .. } | OptionKind::Toggle { .. })
}

fn properties<S: Staging>(recipe: &str, mistakes: &[String], options: &Options, lang: Lang) -> Vec<Asked> {
    let all = S::configure(recipe, mistakes, options).properties();
    let asked = all.iter().map(|property| Asked {
        name: property.name,
        words: S::property(property.name, lang),
        liveness: property.kind == Kind::Liveness,
        promised: property.promised,
    });
    asked.collect()
}

fn bounds<S: Staging>(recipe: &str, mistake: Option<&str>, world: World, lang: Lang) -> Vec<Bound> {
    let standard = S::bounds(recipe, mistake, world);
    let bound = |key: &&'static str| {
        let value = standard.iter().find(|(known, _)| known == key)?.1.parse().ok()?;
        let def = S::OPTIONS.iter().find(|def| def.key == *key)?;
        let OptionKind::Number { min, max, unit, .. } = def.kind else { return None };
        let step = if unit == "ms" { super::TICK_MS.into() } else { 1 };
        // -1, and 0 where that is a bound, mean without end: such a search would not end either.
        let least = if unit == "ms" { step } else { i64::from(!S::MAY_BE_NONE.contains(key)) };
        let min = min.max(least);
        let kind = if def.group.is_empty() { "bound" } else { "option" };
        Some(Bound { key, words: word(lang, &format!("{}.{kind}-{key}", S::NAME)), value, min, max, step, unit })
    };
    S::READERS_BOUNDS.iter().filter_map(bound).collect()
}

/// What the reader has chosen.
#[derive(Clone, PartialEq, Debug)]
pub struct Form {
    pub aim: Aim,
    /// From the moment on the stage, not from the beginning.
    pub here: bool,
    pub mistake: Option<String>,
    /// `None`: all that are promised. Of the questions about getting stuck: the goal.
    pub property: Option<String>,
    pub world: World,
    pub budgets: Budgets,
    /// Bounds other than the standard ones.
    pub options: Vec<(&'static str, i64)>,
    /// Whether switches are as on the stage.
    pub carried: bool,
    /// See [`Question::repairs`].
    pub repairs: bool,
    pub limits: Limits,
}

/// The most faults of a kind that the form offers, and the most requests that are not "any number".
pub const MOST_FAULTS: u8 = 3;
pub const MOST_REQUESTS: u8 = 6;
/// Where a search of the page may be told to stop.
pub const STATES: [u64; 8] = [20_000, 50_000, 200_000, 500_000, 1_000_000, 2_000_000, 5_000_000, 10_000_000];
pub const MEBIBYTES: [u64; 6] = [64, 128, 256, 512, 1024, 2048];
/// Faults by name, in the order in which they are offered.
pub const FAULTS: [&str; 6] = ["crashes", "losses", "duplicates", "pauses", "clock-steps", "cuts"];

/// Where the form begins: what fits into a phone's tab. Questions about getting stuck keep every step between two states, so
/// that theirs is smaller.
pub const fn limits(aim: Aim) -> Limits {
    let states = if matches!(aim, Aim::Break) { 2_000_000 } else { stuck::MOST_STATES };
    Limits { states, bytes: 256 << 20 }
}

impl Form {
    /// The standard search of what is on the stage.
    pub fn of(ground: &Ground) -> Form {
        let mut form = Form {
            aim: Aim::Break,
            here: false,
            mistake: None,
            property: None,
            world: World::Bounded,
            budgets: Budgets::NONE,
            options: Vec::new(),
            carried: true,
            repairs: true,
            limits: limits(Aim::Break),
        };
        if let Some(first) = ground.setups.first() {
            form.take(first);
        }
        form
    }

    /// What was asked, as far as it can be asked of what is on the stage.
    pub fn asked(question: &Question, ground: &Ground) -> Option<Form> {
        let mut form = Form::of(ground);
        if question.scene != ground.scene || question.recipe != ground.recipe {
            return None;
        }
        form.here = question.from.is_some();
        if !form.here {
            form.mistake = ground.setups.iter().find(|setup| setup.mistake == question.mistake)?.mistake.clone();
        }
        form.carried = ground.carried.iter().all(|option| question.options.contains(option));
        (form.aim, form.property, form.repairs) = (question.aim, question.property.clone(), question.repairs);
        (form.world, form.budgets, form.limits) = (question.world, question.budgets, question.limits);
        form.options.clear();
        for bound in form.setup(ground)?.bounds(form.world) {
            let value =
                question.options.iter().find(|(key, _)| key == bound.key).and_then(|(_, value)| value.parse().ok());
            form.options.extend(value.map(|value| (bound.key, value)));
        }
        Some(form)
    }

    /// The set-up that is searched from its beginning.
    pub fn setup<'a>(&self, ground: &'a Ground) -> Option<&'a Setup> {
        ground.setups.iter().find(|setup| setup.mistake == self.mistake)
    }

    /// Goes over to a set-up and its standard search.
    pub fn take(&mut self, setup: &Setup) {
        self.mistake.clone_from(&setup.mistake);
        (self.world, self.budgets) = (setup.world, setup.budgets);
        self.property = setup.property.map(str::to_owned);
        self.options.clear();
        self.limits = limits(Aim::Break);
        (self.aim, self.repairs) = (Aim::Break, true);
    }

    /// The properties that can be asked about, the goals if it is about getting stuck.
    pub fn properties<'a>(&self, ground: &'a Ground) -> Vec<&'a Asked> {
        let all = if self.here { Some(&ground.properties) } else { self.setup(ground).map(|setup| &setup.properties) };
        let fits = |asked: &&Asked| self.aim == Aim::Break || asked.liveness;
        all.into_iter().flatten().filter(fits).collect()
    }

    /// Those that are searched for: promised safety properties of this world of time, or the one that was named.
    pub fn searched<'a>(&self, ground: &'a Ground) -> Vec<&'a Asked> {
        let named = |asked: &&Asked| match &self.property {
            Some(name) => asked.name == name,
            None => !asked.liveness && asked.promised.include(self.world),
        };
        self.properties(ground).into_iter().filter(named).collect()
    }

    /// The aims that there are: without a liveness property nothing can be put off.
    pub fn aims(&self, ground: &Ground) -> &'static [Aim] {
        const ALL: [Aim; 3] = [Aim::Break, Aim::Impossible, Aim::PutOff];
        let any = Form { aim: Aim::Impossible, ..self.clone() }.properties(ground).is_empty();
        if any { &ALL[..1] } else { &ALL }
    }

    pub fn ask(&mut self, aim: Aim, ground: &Ground) {
        self.aim = aim;
        self.limits = limits(aim);
        self.mend(ground);
    }

    pub fn start_here(&mut self, here: bool, ground: &Ground) {
        self.here = here;
        self.mend(ground);
    }

    /// A property that is not there cannot be asked about; getting stuck needs a goal.
    fn mend(&mut self, ground: &Ground) {
        if !self.aims(ground).contains(&self.aim) {
            self.aim = Aim::Break;
        }
        let known = self.properties(ground);
        let there = self.property.as_ref().is_some_and(|name| known.iter().any(|asked| asked.name == name));
        if !there {
            let goal = known.first().filter(|_| self.aim != Aim::Break);
            self.property = goal.map(|asked| asked.name.to_owned());
        }
    }

    pub fn fault(&self, name: &str) -> u8 {
        let b = &self.budgets;
        match name {
            "crashes" => b.crashes,
            "losses" => b.drops,
            "duplicates" => b.dups,
            "pauses" => b.pauses,
            "clock-steps" => b.clock_steps,
            "cuts" => b.cuts,
            _ => 0,
        }
    }

    /// The value of a bound as it is now.
    pub fn bound(&self, bound: &Bound) -> i64 {
        self.options.iter().find(|(key, _)| *key == bound.key).map_or(bound.value, |(_, value)| *value)
    }

    /// One more or one less of a fault, of requests, of a bound or of a limit; at its end nothing changes.
    pub fn step(&mut self, what: &str, up: bool, ground: &Ground) {
        let next = |n: u8, most: u8| if up { n.saturating_add(1).min(most) } else { n.saturating_sub(1) };
        let b = &mut self.budgets;
        match what {
            "crashes" => b.crashes = next(b.crashes, MOST_FAULTS),
            "losses" => b.drops = next(b.drops, MOST_FAULTS),
            "duplicates" => b.dups = next(b.dups, MOST_FAULTS),
            "pauses" => b.pauses = next(b.pauses, MOST_FAULTS),
            "clock-steps" => b.clock_steps = next(b.clock_steps, MOST_FAULTS),
            "cuts" => b.cuts = next(b.cuts, MOST_FAULTS),
            "requests" => {
                b.requests = match b.requests {
                    Some(n) if up && n >= MOST_REQUESTS => None,
                    Some(n) => Some(next(n, MOST_REQUESTS)),
                    None if up => None,
                    None => Some(MOST_REQUESTS),
                }
            }
            "states" => self.limits.states = along(&STATES, self.limits.states, up),
            "memory" => self.limits.bytes = along(&MEBIBYTES, self.limits.bytes >> 20, up) << 20,
            key => {
                let Some(setup) = self.setup(ground) else { return };
                let Some(bound) = setup.bounds(self.world).iter().find(|bound| bound.key == key) else { return };
                let by = if up { bound.step } else { -bound.step };
                let value = (self.bound(bound) + by).clamp(bound.min, bound.max);
                let (key, standard) = (bound.key, bound.value);
                self.options.retain(|(known, _)| *known != key);
                if value != standard {
                    self.options.push((key, value));
                }
            }
        }
    }

    /// The question; `stage` is the run that it may start from.
    pub fn question(&self, ground: &Ground, stage: &RunSpec) -> Question {
        let bounds = self.setup(ground).map_or(&[][..], |setup| setup.bounds(self.world));
        let changed = self.options.iter().filter(|(key, _)| bounds.iter().any(|bound| bound.key == *key));
        let changed = changed.map(|(key, value)| ((*key).to_owned(), value.to_string()));
        let carried = ground.carried.iter().filter(|_| self.carried).cloned();
        Question {
            aim: self.aim,
            mistake: if self.here { ground.mistakes.first().cloned() } else { self.mistake.clone() },
            budgets: self.budgets,
            property: self.property.clone(),
            options: if self.here { Vec::new() } else { carried.chain(changed).collect() },
            from: self.here.then(|| stage.clone()),
            limits: self.limits,
            repairs: self.repairs,
            ..Question::new(ground.scene, &ground.recipe, self.world)
        }
    }
}

/// The next stop of a ladder.
fn along(stops: &[u64], from: u64, up: bool) -> u64 {
    let next = if up { stops.iter().find(|stop| **stop > from) } else { stops.iter().rev().find(|stop| **stop < from) };
    next.copied().unwrap_or(from)
}
