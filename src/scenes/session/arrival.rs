//! A run on its way to its moment: what was done in it is done again, event by event, until it is there.

use super::{Session, unknown, view_command};
use crate::scenes::OpenError;
use crate::scenes::making::{self, Made, Making};
use crate::scenes::options::{COMMON, Options};
use crate::scenes::run::{Command, Run, RunSpec};
use crate::scenes::scene::{Lang, Time};
use crate::scenes::staging::{Script, Staging};
use crate::scenes::text::say;
use crate::sim::simulation::Simulation;
use std::sync::Arc;

pub struct Arrival<S: Staging> {
    pub session: Session<S>,
    commands: Vec<Command>,
    /// So many of them are given.
    given: usize,
    /// The moment: so many events, and a time.
    events: u32,
    at: Time,
    lang: Lang,
}

impl<S: Staging> Arrival<S> {
    /// # Errors
    /// A sentence on what in the spec cannot be used.
    pub fn new(spec: &RunSpec, script: Option<Script>, lang: Lang) -> Result<Self, OpenError> {
        let mut base = spec.clone();
        if base.recipe.is_empty() {
            base.recipe = S::RECIPES[0].to_owned();
        }
        if !S::RECIPES.contains(&base.recipe.as_str()) {
            return Err(unknown(lang, "common.unknown-recipe", &base.recipe, S::RECIPES));
        }
        let mistakes: Vec<&str> = S::mistakes(&base.recipe).map(|(name, _)| *name).collect();
        if let Some(bad) = base.mistakes.iter().find(|m| !mistakes.contains(&m.as_str())) {
            return Err(unknown(lang, "common.unknown-mistake", bad, &mistakes));
        }
        let options = Options::read(&[S::OPTIONS, COMMON], &base.options, lang).map_err(OpenError)?;
        S::check(&options, lang).map_err(OpenError)?;
        let protocol = Arc::new(S::configure(&base.recipe, &base.mistakes, &options));
        let start = Simulation::new(protocol, super::background(&options), base.seed);
        let commands = std::mem::take(&mut base.commands);
        let session = Session::new(base, options, start, script);
        Ok(Arrival { session, commands, given: 0, events: spec.events, at: spec.at, lang })
    }

    /// Gives the next command at its place. False if `go_on` said no on the way there.
    fn give(&mut self, go_on: &mut dyn FnMut() -> bool) -> Result<bool, OpenError> {
        let (command, session, lang) = (&self.commands[self.given], &mut self.session, self.lang);
        let bad = |why: String| {
            let n = (self.given + 1).into();
            let args = [("n", n), ("line", command.line.as_str().into()), ("why", why.into())];
            OpenError(say(lang, "common.bad-command", &args))
        };
        // What the reader looks at has no moment.
        if let Some(done) = view_command::<S>(&mut session.aside, &command.line, lang) {
            done.map_err(bad)?;
        } else if session.toward(command.time, command.nth, go_on) {
            for (input, picks) in session.parse(&command.line, lang).map_err(|e| bad(e.0))? {
                session.carry_out(input, picks);
            }
        } else {
            return Ok(false);
        }
        self.given += 1;
        Ok(true)
    }

    /// To the moment with so many events and this time.
    fn reach_moment(&mut self, go_on: &mut dyn FnMut() -> bool) -> bool {
        let session = &mut self.session;
        if self.events == 0 {
            if self.at > 0 || session.script.is_some() {
                // A file written by hand names a time only.
                if !session.toward(self.at, u32::MAX, go_on) {
                    return false;
                }
                session.seek(self.at);
            }
            return true;
        }
        while session.timeline.at.sim.events < self.events && session.next(Time::MAX).is_some() {
            if !go_on() {
                return false;
            }
        }
        let timeline = &mut session.timeline;
        if self.events < timeline.at.sim.events {
            timeline.seek_event(self.events);
        }
        if timeline.at.sim.next_time(&timeline.inputs).is_none_or(|next| next >= self.at) {
            timeline.at.sim.pass(self.at);
            timeline.horizon = timeline.horizon.max(self.at);
        }
        session.revision += 1;
        true
    }

    /// Goes on while `go_on` says so, which is asked after every event; whether it is there.
    ///
    /// # Errors
    /// A command that cannot be carried out.
    pub fn go_on(&mut self, go_on: &mut dyn FnMut() -> bool) -> Result<bool, OpenError> {
        while self.given < self.commands.len() {
            if !self.give(go_on)? || !go_on() {
                return Ok(false);
            }
        }
        Ok(self.reach_moment(go_on))
    }
}

impl<S: Staging> Making<dyn Run> for Arrival<S> {
    fn more(mut self: Box<Self>, go_on: &mut dyn FnMut() -> bool) -> Result<Made<dyn Run>, OpenError> {
        Ok(if self.go_on(&mut making::now_and_then(go_on))? {
            Made::Whole(Box::new(self.session))
        } else {
            Made::Part(self)
        })
    }

    fn done(&self) -> f64 {
        let sim = &self.session.timeline.at.sim;
        match self.commands.last() {
            _ if self.events > 0 => making::share(sim.events.into(), self.events.into()),
            Some(last) if last.time > self.at => making::share(sim.now, last.time),
            _ => making::share(sim.now, self.at),
        }
    }
}
