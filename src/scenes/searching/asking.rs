//! A question that is searched a slice at a time, so that whoever asked can do other things between.

use super::{Answer, Progress, Question, TICK_MS, Verdict, final_hash, play, spec};
use crate::check::model::{ClusterModel, Move};
use crate::check::search::{Limits, Search, Verdict as Found};
use crate::core::protocol::Protocol;
use crate::scenes::OpenError;
use crate::scenes::catalogue::{scene, unknown_scene};
use crate::scenes::options::{COMMON, Options};
use crate::scenes::run::Run;
use crate::scenes::scene::{Lang, Standing};
use crate::scenes::session::Session;
use crate::scenes::staging::Staging;
use crate::scenes::text::say;

/// A search under way, without the type of its scene.
pub trait Asked {
    /// Expands at most so many states. `None`: there is more to do.
    ///
    /// # Errors
    /// A counterexample that cannot be played.
    fn go_on(&mut self, expansions: u32) -> Result<Option<Answer>, OpenError>;
    fn progress(&self) -> Progress;
    /// Goes on where it stopped unfinished.
    fn widen(&mut self, limits: Limits);
}

/// Begins a search in the scene that the question names.
///
/// # Errors
/// Unknown names, options out of bounds, or a property that the configuration does not have.
pub fn ask(question: &Question, lang: Lang) -> Result<Box<dyn Asked>, OpenError> {
    fn begin<S: Staging>(question: &Question, lang: Lang) -> Result<Box<dyn Asked>, OpenError> {
        Ok(Box::new(Asking::<S>::begin(question, lang)?))
    }
    scene!(question.scene.as_str(), begin(question, lang), Err(unknown_scene(&question.scene, lang)))
}

pub(in crate::scenes) struct Asking<S: Staging> {
    question: Question,
    lang: Lang,
    session: Session<S>,
    search: Search<ClusterModel<S::P>>,
}

impl<S: Staging> Asking<S> {
    pub(in crate::scenes) fn begin(question: &Question, lang: Lang) -> Result<Self, OpenError> {
        let spec = spec::<S>(question);
        // Opening it checks names and options, and says what is wrong.
        let session = Session::<S>::open(&spec, None, lang)?;
        let options = Options::read(&[S::OPTIONS, COMMON], &spec.options, lang).map_err(OpenError)?;
        let protocol = S::configure(&spec.recipe, &spec.mistakes, &options);
        let known: Vec<&str> = protocol.properties().iter().map(|p| p.name).collect();
        if let Some(property) = &question.property
            && !known.contains(&property.as_str())
        {
            let args = [("name", property.as_str().into()), ("known", known.join(", ").into())];
            return Err(OpenError(say(lang, "common.unknown-property", &args)));
        }
        let model =
            ClusterModel::new(protocol, question.world, question.budgets, TICK_MS, question.property.as_deref());
        let model = if question.symmetry { model } else { model.without_symmetry() };
        Ok(Asking { question: question.clone(), lang, session, search: Search::new(model) })
    }

    pub(super) fn session(&self) -> &Session<S> {
        &self.session
    }

    /// Plays the path in the simulator: it must break the same property in the same state.
    fn replay(&mut self, property: &'static str, path: &[Move<S::P>], answer: &mut Answer) -> Result<(), OpenError> {
        let hash = final_hash(self.search.model(), path);
        let session = &mut self.session;
        play(session, path, self.question.world, self.lang)?;
        let broke = |standing| matches!(standing, Standing::Broken | Standing::Never);
        let found = session.findings(self.lang).iter().any(|f| f.code == property && broke(f.standing));
        assert!(found && session.state_hash() == hash, "a counterexample replays to the state that the search saw");
        answer.length = session.position().0;
        let end = session.spec();
        session.seek_event(0);
        answer.start = Some(session.spec());
        session.seek(end.at);
        answer.spec = Some(end);
        Ok(())
    }
}

impl<S: Staging> Asked for Asking<S> {
    fn go_on(&mut self, expansions: u32) -> Result<Option<Answer>, OpenError> {
        let max_states = self.question.limits.states;
        let found = self.search.slice(max_states, expansions);
        let mut answer = Answer {
            verdict: Verdict::Holds,
            progress: self.progress(),
            properties: self.search.model().properties().into_iter().map(str::to_owned).collect(),
            steps: Vec::new(),
            length: 0,
            spec: None,
            start: None,
            cycle: None,
        };
        match found {
            Found::Holds { .. } => {}
            Found::Unfinished { states, .. } if states < max_states => return Ok(None),
            Found::Unfinished { .. } => answer.verdict = Verdict::Unfinished,
            Found::Violated { property, path, depth, .. } => {
                answer.verdict = Verdict::Violated;
                answer.progress.depth = depth;
                answer.properties = vec![property.to_owned()];
                self.replay(property, &path, &mut answer)?;
            }
        }
        Ok(Some(answer))
    }

    fn progress(&self) -> Progress {
        self.search.progress()
    }

    fn widen(&mut self, limits: Limits) {
        self.question.limits = limits;
    }
}
