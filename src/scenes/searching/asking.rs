//! A question that is searched a slice at a time, so that whoever asked can do other things between.

use super::{Answer, Question, TICK_MS, final_hash, play, spec};
use crate::check::model::{ClusterModel, Move};
use crate::check::search::{Search, Verdict};
use crate::core::protocol::Protocol;
use crate::scenes::OpenError;
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
    /// Unique states so far.
    fn states(&self) -> u64;
}

/// Begins searches in one scene, without its type.
pub trait Asks: Sync {
    /// # Errors
    /// Unknown names, options out of bounds, or a property that the configuration does not have.
    fn ask(&self, question: &Question, lang: Lang) -> Result<Box<dyn Asked>, OpenError>;
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
        let max_states = self.question.max_states;
        let verdict = self.search.slice(max_states, expansions);
        let mut answer = Answer {
            verdict: "holds",
            states: self.search.states(),
            depth: self.search.depth(),
            bytes: self.search.bytes(),
            properties: self.search.model().properties(),
            steps: Vec::new(),
            length: 0,
            spec: None,
            start: None,
        };
        match verdict {
            Verdict::Holds { .. } => {}
            Verdict::Unfinished { states, .. } if states < max_states => return Ok(None),
            Verdict::Unfinished { .. } => answer.verdict = "unfinished",
            Verdict::Violated { property, path, depth, .. } => {
                answer.verdict = "violated";
                answer.depth = depth;
                answer.properties = vec![property];
                self.replay(property, &path, &mut answer)?;
            }
        }
        Ok(Some(answer))
    }

    fn states(&self) -> u64 {
        self.search.states()
    }
}
