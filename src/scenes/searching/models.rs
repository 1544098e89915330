//! Models without a scene, which measure and test the search itself: `model/two-phase`.

use super::asking::Asked;
use super::{Answer, Limits, Progress, Question, Verdict};
use crate::check::search::{Model, Search, Verdict as Found};
use crate::check::two_phase::TwoPhase;
use crate::scenes::OpenError;
use crate::scenes::run::RunSpec;

/// The search of a model, if the question names one: `nodes` is the number of managers.
pub fn ask(question: &Question) -> Option<Result<Box<dyn Asked>, OpenError>> {
    if question.scene != "model" {
        return None;
    }
    let nodes = question.options.iter().find(|(key, _)| key == "nodes").map_or("3", |(_, value)| value);
    let managers = nodes.parse().ok().filter(|n| (1..=12).contains(n));
    Some(match (question.recipe.as_str(), managers) {
        ("two-phase", Some(managers)) => {
            let model = TwoPhase { managers, symmetry: question.symmetry };
            Ok(Box::new(Bare { search: Search::new(model), limits: question.limits }))
        }
        ("two-phase", None) => Err(OpenError("nodes takes 1 to 12 here".to_owned())),
        _ => Err(OpenError("The model is two-phase.".to_owned())),
    })
}

/// A search whose runs nobody plays.
struct Bare<M: Model> {
    search: Search<M>,
    limits: Limits,
}

impl<M: Model> Asked for Bare<M> {
    fn go_on(&mut self, expansions: u32) -> Result<Option<Answer>, OpenError> {
        let found = self.search.slice(self.limits, expansions);
        let mut answer = Answer::new(Verdict::Holds, self.search.progress());
        match found {
            Found::Holds { .. } => {}
            Found::Unfinished { limit: None, .. } => return Ok(None),
            Found::Unfinished { .. } => answer.verdict = Verdict::Unfinished,
            Found::Violated { property, path, .. } => {
                answer.verdict = Verdict::Violated;
                answer.properties = vec![property.to_owned()];
                answer.length = path.len() as u32;
            }
        }
        Ok(Some(answer))
    }

    fn progress(&self) -> Progress {
        self.search.progress()
    }

    fn widen(&mut self, limits: Limits) {
        self.limits = limits;
    }

    fn panicked(&self) -> Option<u64> {
        None
    }

    fn run_before(&mut self, _: u64) -> Option<RunSpec> {
        None
    }
}
