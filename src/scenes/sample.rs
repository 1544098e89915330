//! Runs for tests and benchmarks: a scene with a few things done to it, as a reader might, drawn from a seed.

use super::run::{Details, Run, RunSpec};
use super::scene::{Lang, Selection};
use super::session::Session;
use super::staging::Staging;
use crate::core::hash;
use crate::sim::time::MILLISECOND;

/// Numbers for this run, one after the other.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = hash::narrow(&self.0);
        (self.0 % bound.max(1) as u64) as usize
    }
}

/// What may be pressed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Anything,
    /// No mistakes, and no hand on the clocks.
    Promises,
}

/// Plays a scene and presses one of the buttons that its panels offer, so many times.
pub fn run<S: Staging>(seed: u64, presses: usize, kind: Kind) -> RunSpec {
    let mut dice = Dice(seed);
    let recipe = S::RECIPES[dice.below(S::RECIPES.len())].to_owned();
    let mistakes: Vec<&str> = S::mistakes(&recipe).map(|(name, _)| *name).collect();
    let mistake = mistakes.get(dice.below(mistakes.len() * 3)).map(|name| (*name).to_owned());
    let mistake = mistake.filter(|_| kind == Kind::Anything);
    let loss = if dice.below(3) == 0 { 50 } else { 0 };
    let mut options = vec![("loss".to_owned(), loss.to_string())];
    options.extend(S::VARIED.iter().map(|(key, of)| ((*key).to_owned(), of[dice.below(of.len())].to_owned())));
    let spec = RunSpec {
        scene: S::NAME.to_owned(),
        recipe,
        mistakes: mistake.into_iter().collect(),
        options,
        seed,
        ..RunSpec::default()
    };
    let Ok(mut run) = Session::<S>::open(&spec, None, Lang::En) else { return spec };
    for _ in 0..presses {
        let wait = (1 + dice.below(1200)) as u64 * MILLISECOND;
        run.seek(run.now() + wait);
        press(&mut run, &mut dice, kind);
    }
    run.seek(run.now() + dice.below(2000) as u64 * MILLISECOND);
    run.spec()
}

fn press<S: Staging>(run: &mut Session<S>, dice: &mut Dice, kind: Kind) {
    let stage = run.stage(&super::scene::View { width: 900.0, height: 600.0, lang: Lang::En });
    let mut things: Vec<Selection> = stage.cards.iter().map(|card| Selection::Node(card.node)).collect();
    things.extend(stage.pills.iter().map(|pill| Selection::Message(pill.id)));
    let mut offers = run.offers(Lang::En);
    if dice.below(4) > 0 || offers.is_empty() {
        let thing = things.get(dice.below(things.len())).copied();
        offers = thing.and_then(|thing| run.inspect(thing, Lang::En)).map_or_else(Vec::new, |i| i.offers);
    }
    if kind == Kind::Promises {
        let clocks = |line: &str| line.starts_with("clock ") || line.starts_with("drift ");
        offers.retain(|o| !clocks(&o.line) && S::is_fair(&o.line));
    }
    let Some(offer) = offers.get(dice.below(offers.len())) else { return };
    let amount = offer.amount.as_ref().map_or_else(String::new, |a| {
        let span = (a.max - a.min).clamp(1, 4000) as usize;
        (a.value.min(a.max) - (span / 2).min(a.value.abs_diff(a.min) as usize) as i64 + dice.below(span) as i64)
            .clamp(a.min, a.max)
            .to_string()
    });
    // An offer may be refused when its amount does not do: then the run is as it was.
    let _ = run.command(&offer.line.replace("{}", &amount), Lang::En);
}
