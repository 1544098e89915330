//! A run beside one of the same scene, in the making and made.

use super::{FAR, Other, Skipped, Twin};
use crate::core::cluster::Action;
use crate::core::map::sort_few;
use crate::scenes::OpenError;
use crate::scenes::commands;
use crate::scenes::making::{self, Made, Making};
use crate::scenes::run::{Command, Run, RunSpec};
use crate::scenes::scene::{Lang, Time};
use crate::scenes::session::{Arrival, Session, view_command};
use crate::scenes::staging::{Aside, Staging};
use crate::sim::simulation::Input;

struct Pair<S: Staging> {
    session: Session<S>,
    /// How many inputs the twin has had when the run has had so many.
    inputs: Vec<usize>,
    skipped: Vec<Skipped>,
}

/// A twin that is being made. Beside it the run itself is played again: what a message's ordinal means shows at its moment only.
struct Rising<S: Staging> {
    twin: Arrival<S>,
    main: Arrival<S>,
    other: Other,
    /// The commands of the run that both carry out, and how many of them they have.
    commands: Vec<Command>,
    done: usize,
    inputs: Vec<usize>,
    skipped: Vec<Skipped>,
    /// How far it is played.
    at: Time,
    lang: Lang,
}

/// See [`super::begin`].
pub fn begin<S: Staging>(spec: &RunSpec, other: &Other, lang: Lang) -> Result<Box<dyn Making<dyn Twin>>, OpenError> {
    let is_view = |line: &str| view_command::<S>(&mut Aside::default(), line, lang).is_some();
    let (views, mut commands): (Vec<Command>, Vec<Command>) =
        spec.commands.iter().cloned().partition(|command| is_view(&command.line));
    let bare = RunSpec { commands: Vec::new(), at: 0, events: 0, hash: 0, opening: String::new(), ..spec.clone() };
    let (kept, from) = other.split(&commands);
    let mut theirs = RunSpec { commands: views.into_iter().chain(kept.iter().cloned()).collect(), ..bare.clone() };
    if let Other::Variant { recipe, mistakes } = other {
        theirs.recipe.clone_from(recipe);
        theirs.mistakes.clone_from(mistakes);
    }
    let had = |of: usize| match commands[..of].last() {
        None => 0,
        Some(last) => kept.iter().filter(|command| command.time <= last.time).count(),
    };
    let inputs: Vec<usize> = (0..=from).map(had).collect();
    let both = commands.split_off(from);
    Ok(Box::new(Rising {
        twin: Arrival::<S>::new(&theirs, None, lang)?,
        main: Arrival::<S>::new(&RunSpec { commands, ..bare }, None, lang)?,
        other: other.clone(),
        commands: both,
        done: 0,
        inputs,
        skipped: Vec::new(),
        at: spec.at,
        lang,
    }))
}

impl<S: Staging> Rising<S> {
    /// Does in both what the next command says. False if `go_on` said no on the way there.
    fn both(&mut self, go_on: &mut dyn FnMut() -> bool) -> Result<bool, OpenError> {
        let (main, twin, lang) = (&mut self.main.session, &mut self.twin.session, self.lang);
        let command = &self.commands[self.done];
        if !main.toward(command.time, command.nth, go_on) || !twin.toward(command.time, command.nth, go_on) {
            return Ok(false);
        }
        for (input, picks) in main.parse(&command.line, lang).map_err(|e| OpenError(e.0))? {
            let line = translated(main, twin, &input).map(|there| {
                let (there, picks) = self.other.replaced(there, picks.clone());
                commands::write::<S>(&main.protocol(), &there, picks.as_deref())
            });
            let found = line.and_then(|line| twin.parse(&line, lang).ok());
            let done = found.is_some();
            for (input, picks) in found.unwrap_or_default() {
                twin.carry_out(input, picks);
            }
            main.carry_out(input, picks);
            if !done && let Some((_, happening)) = main.latest() {
                let words = main.tell(happening, lang).0.into_iter().map(|piece| piece.words).collect();
                self.skipped.push(Skipped { time: command.time, words });
            }
            self.inputs.push(twin.timeline.inputs.len());
        }
        self.done += 1;
        Ok(true)
    }

    /// Goes on while `go_on` says so, which is asked after every event; whether it is made.
    fn go_on(&mut self, go_on: &mut dyn FnMut() -> bool) -> Result<bool, OpenError> {
        if !self.twin.go_on(go_on)? || !self.main.go_on(go_on)? {
            return Ok(false);
        }
        while self.done < self.commands.len() {
            if !self.both(go_on)? || !go_on() {
                return Ok(false);
            }
        }
        // To just before that time: how much of what happens at it has happened, the twin learns when it follows.
        Ok(self.at.checked_sub(1).is_none_or(|before| self.twin.session.toward(before, u32::MAX, go_on)))
    }
}

impl<S: Staging> Making<dyn Twin> for Rising<S> {
    fn more(mut self: Box<Self>, go_on: &mut dyn FnMut() -> bool) -> Result<Made<dyn Twin>, OpenError> {
        if !self.go_on(&mut making::now_and_then(go_on))? {
            return Ok(Made::Part(self));
        }
        Ok(Made::Whole(Box::new(Pair { session: self.twin.session, inputs: self.inputs, skipped: self.skipped })))
    }

    fn done(&self) -> f64 {
        let last = self.commands.last().map_or(0, |command| command.time).max(self.at);
        making::share(self.twin.session.now(), last)
    }
}

/// The input with the other run's ordinal of its message; `None` if the message is not under way there.
fn translated<S: Staging>(from: &Session<S>, to: &Session<S>, input: &Input<S::P>) -> Option<Input<S::P>> {
    let there = |id: &u32| same::<S>(from, to, *id);
    Some(match input {
        Input::Act(Action::Deliver(id)) => Input::Act(Action::Deliver(there(id)?)),
        Input::Act(Action::Drop(id)) => Input::Act(Action::Drop(there(id)?)),
        Input::Act(Action::Duplicate(id)) => Input::Act(Action::Duplicate(there(id)?)),
        Input::Delay(id, by) => Input::Delay(there(id)?, *by),
        other => other.clone(),
    })
}

/// The message of the second run with the sender, receiver and words of one of the first. Of several alike, the one with
/// as many before it.
fn same<S: Staging>(from: &Session<S>, to: &Session<S>, id: u32) -> Option<u32> {
    let flight = from.timeline.at.sim.cluster.flight(id)?;
    let said = S::message(&from.protocol(), flight.from, &flight.msg, Lang::En).words;
    let alike = |of: &Session<S>| {
        let p = of.protocol();
        let like = of.timeline.at.sim.cluster.flights.iter().filter(|f| {
            (f.from, f.to) == (flight.from, flight.to) && S::message(&p, f.from, &f.msg, Lang::En).words == said
        });
        let mut ids: Vec<u32> = like.map(|f| f.id).collect();
        sort_few(&mut ids, |id| *id);
        ids
    };
    let at = alike(from).iter().position(|known| *known == id)?;
    alike(to).get(at).copied()
}

impl<S: Staging> Pair<S> {
    fn main(run: &dyn Run) -> Option<&Session<S>> {
        run.as_any().downcast_ref()
    }
}

impl<S: Staging> Twin for Pair<S> {
    fn run(&self) -> &dyn Run {
        &self.session
    }

    fn run_mut(&mut self) -> &mut dyn Run {
        &mut self.session
    }

    fn follow(&mut self, main: &dyn Run) {
        let Some(main) = Self::main(main) else { return };
        let lead = &main.timeline.at.sim;
        let now = lead.now;
        let over = lead.next_time(&main.timeline.inputs).is_none_or(|next| next > now);
        let inputs = self.inputs.get(lead.inputs).copied().unwrap_or(usize::MAX);
        let twin = &mut self.session;
        let sim = &twin.timeline.at.sim;
        let beyond = sim.now == now && !over && (sim.at_once > lead.at_once || sim.inputs > inputs);
        if beyond || sim.now > now || sim.now + FAR < now {
            match now.checked_sub(1) {
                Some(before) => twin.seek(before),
                None => twin.rewind(),
            }
        }
        loop {
            let sim = &twin.timeline.at.sim;
            let Some(next) = sim.next_time(&twin.timeline.inputs) else { break };
            let at_once = if sim.now == now { sim.at_once } else { 0 };
            let at_now = next == now && (over || at_once < lead.at_once || sim.inputs < inputs);
            if !(next < now || at_now) || twin.next(now).is_none() {
                break;
            }
        }
        twin.timeline.at.sim.pass(now);
        twin.timeline.horizon = twin.timeline.horizon.max(now);
    }

    fn same_message(&self, main: &dyn Run, id: u32, in_twin: bool) -> Option<u32> {
        let main = Self::main(main)?;
        if in_twin { same(main, &self.session, id) } else { same(&self.session, main, id) }
    }

    fn skipped(&self) -> &[Skipped] {
        &self.skipped
    }
}
