//! The one implementation of [`Run`], generic over the scene.

mod arrival;
mod details;
mod trace;

use super::chronicle::Chronicle;
use super::commands;
use super::options::Options;
use super::run::{BranchLine, Command, CommandError, Halt, Run, RunSpec};
use super::scene::*;
use super::staging::{Aside, Moment, Script, Staging, Touched};
use super::text::{say, tell, word};
use super::{OpenError, inspect};
use crate::core::cluster::Action;
use crate::core::protocol::{Judgement, Kind};
use crate::sim::faults::{Background, Pace, Setting};
use crate::sim::simulation::{Happening, Input, Placed, Simulation};
use crate::sim::time::MILLISECOND;
use crate::sim::timeline::Timeline;
pub use arrival::Arrival;
use std::any::Any;
use std::cell::Cell;
use std::sync::Arc;

/// A run of a scene: the timeline of the current branch, and the other branches.
pub struct Session<S: Staging> {
    base: RunSpec,
    options: Options,
    pub(super) timeline: Timeline<S::P, Chronicle<S>>,
    branches: Vec<Branch<S>>,
    current: usize,
    undo: Vec<Place<S>>,
    redo: Vec<Place<S>>,
    pub(super) aside: Aside,
    revision: u64,
    /// How often a piece of the work behind the picture was done.
    worked: Cell<u64>,
    script: Option<Script>,
}

struct Branch<S: Staging> {
    name: String,
    from: Time,
    /// As it was left; nothing while it is on show.
    left: Option<Box<Timeline<S::P, Chronicle<S>>>>,
}

/// Where undo and redo go back to: a branch, how many inputs it had, and the moment.
struct Place<S: Staging> {
    branch: usize,
    inputs: usize,
    events: u32,
    now: Time,
    /// The branch as it was, if it is another one now; nothing where it only has to be shown, or to leave its latest inputs.
    whole: Option<Box<Timeline<S::P, Chronicle<S>>>>,
}

/// The faults of the background as the options say.
pub fn background(options: &Options) -> Background {
    let ms = |key| options.number(key).unsigned_abs() * MILLISECOND;
    let (low, high) = (ms("latency-min"), ms("latency-max"));
    Background {
        latency: (low.min(high), high.max(low)),
        loss: options.number("loss").unsigned_abs() as u32,
        disk: ms("disk"),
        pace: match options.text("pace") {
            "ticks" => Pace::Ticks(ms("tick")),
            "free" => Pace::Free,
            _ => Pace::Flowing,
        },
    }
}

/// A line that changes only what the reader looks at: `compare …`, or one of the scene's own.
pub fn view_command<S: Staging>(aside: &mut Aside, line: &str, lang: Lang) -> Option<Result<(), String>> {
    match line.strip_prefix("compare") {
        Some("") => aside.twin.clear(),
        Some(what) if what.starts_with(' ') => line.clone_into(&mut aside.twin),
        _ => return S::view_command(aside, line, lang),
    }
    Some(Ok(()))
}

impl<S: Staging> Session<S> {
    /// Opens a run and brings it to its moment.
    ///
    /// # Errors
    /// A sentence on what in the spec cannot be used.
    pub fn open(spec: &RunSpec, script: Option<Script>, lang: Lang) -> Result<Self, OpenError> {
        let mut arrival = Arrival::new(spec, script, lang)?;
        while !arrival.go_on(&mut || true)? {}
        Ok(arrival.session)
    }

    /// A run at its start.
    fn new(base: RunSpec, options: Options, start: Simulation<S::P>, script: Option<Script>) -> Self {
        let chronicle = Chronicle::new(&start);
        Session {
            timeline: Timeline::new(start, chronicle),
            base,
            options,
            branches: vec![Branch { name: String::new(), from: 0, left: None }],
            current: 0,
            undo: Vec::new(),
            redo: Vec::new(),
            aside: Aside::default(),
            revision: 0,
            worked: Cell::new(0),
            script,
        }
    }

    /// Plays on to this time, and of what happens at it to the `nth` event. False if `go_on`, which is asked after every event,
    /// said no before.
    pub(super) fn toward(&mut self, time: Time, nth: u32, go_on: &mut dyn FnMut() -> bool) -> bool {
        loop {
            let sim = &self.timeline.at.sim;
            let count = if sim.now == time { sim.at_once } else { 0 };
            let next = sim.next_time(&self.timeline.inputs);
            let due = next.is_some_and(|next| next < time || (next == time && count < nth));
            if !due || self.next(time).is_none() {
                break;
            }
            if !go_on() {
                return false;
            }
        }
        self.timeline.at.sim.pass(time);
        self.timeline.horizon = self.timeline.horizon.max(time);
        true
    }

    pub(super) fn next(&mut self, until: Time) -> Option<u32> {
        let index = self.timeline.step(until)?;
        self.revision += 1;
        Some(index)
    }

    pub(super) fn parse(&self, line: &str, lang: Lang) -> Result<Vec<commands::Parsed<S::P>>, CommandError> {
        commands::parse::<S>(&self.timeline.at.sim, line, lang)
    }

    /// Carries out an input now, at the end of the branch.
    pub(super) fn carry_out(&mut self, input: Input<S::P>, picks: Option<Vec<u32>>) {
        self.timeline.act(input, picks);
        self.next(self.timeline.at.sim.now);
    }

    /// Inputs as commands.
    fn written(&self, inputs: &[Placed<S::P>]) -> Vec<Command> {
        let p = &self.timeline.at.sim.protocol;
        let line = |i: &Placed<S::P>| Command {
            time: i.time,
            nth: i.nth,
            line: commands::write::<S>(p, &i.input, i.picks.as_deref()),
        };
        inputs.iter().map(line).collect()
    }

    /// The lines that say what the reader looks at.
    fn looked_at(&self, time: Time) -> impl Iterator<Item = Command> {
        let twin = Some(&self.aside.twin).filter(|line| !line.is_empty()).cloned();
        S::view_lines(&self.aside).into_iter().chain(twin).map(move |line| Command { time, nth: 0, line })
    }

    fn here(&self) -> Place<S> {
        let (sim, inputs) = (&self.timeline.at.sim, self.timeline.inputs.len());
        Place { branch: self.current, inputs, events: sim.events, now: sim.now, whole: None }
    }

    /// What a branch is: the one on show, or one as it was left.
    pub(super) fn branch(&self, index: usize) -> &Timeline<S::P, Chronicle<S>> {
        self.branches.get(index).and_then(|branch| branch.left.as_deref()).unwrap_or(&self.timeline)
    }

    /// Puts the timeline of another branch on show, and this one aside.
    fn put(&mut self, branch: usize, mut timeline: Box<Timeline<S::P, Chronicle<S>>>) {
        std::mem::swap(&mut self.timeline, &mut *timeline);
        timeline.rest();
        self.branches[self.current].left = Some(timeline);
        self.current = branch;
    }

    /// Brings another branch on show, as it was left; nothing happens if it is there.
    fn show(&mut self, branch: usize) {
        if let Some(timeline) = self.branches[branch].left.take() {
            self.put(branch, timeline);
        }
    }

    /// Leaves so many inputs of this branch, and what has happened with them until this time.
    fn take_off(&mut self, inputs: usize, horizon: Time) {
        self.timeline.replace(self.timeline.inputs[..inputs.min(self.timeline.inputs.len())].to_vec());
        while self.next(horizon).is_some() {}
        self.timeline.at.sim.pass(horizon);
        self.timeline.horizon = self.timeline.horizon.max(horizon);
    }

    /// To a place where undo and redo go; the place that leads back from there.
    fn go_back(&mut self, to: Place<S>) -> Place<S> {
        let mut back = self.here();
        if to.branch != self.current {
            self.show(to.branch);
        } else {
            let mut was = Box::new(self.timeline.clone());
            match to.whole {
                Some(whole) => self.timeline = *whole,
                None => self.take_off(to.inputs, to.now),
            }
            was.rest();
            back.whole = Some(was);
        }
        self.return_to(to.events, to.now);
        back
    }

    /// To a moment of this branch.
    fn return_to(&mut self, events: u32, now: Time) {
        if events != self.timeline.at.sim.events || now < self.timeline.at.sim.now {
            self.timeline.seek_event(events.min(self.timeline.known()));
        }
        self.timeline.at.sim.pass(now);
        self.timeline.horizon = self.timeline.horizon.max(now);
        self.revision += 1;
    }

    pub(super) fn moment(&self) -> Moment<'_, S> {
        let at = &self.timeline.at;
        Moment { sim: &at.sim, past: &at.chronicle.past, timeline: &self.timeline, aside: &self.aside }
    }

    pub(super) fn latest(&self) -> Option<(u32, &Happening<S::P>)> {
        let index = self.timeline.at.sim.events.checked_sub(1)?;
        Some((index, &self.timeline.at.latest.as_ref()?.happening))
    }

    pub(super) fn protocol(&self) -> Arc<S::P> {
        self.timeline.at.sim.protocol.clone()
    }

    pub(super) fn simulation(&self) -> &Simulation<S::P> {
        &self.timeline.at.sim
    }

    /// How many inputs the branch has, and how many of them were carried out before this moment.
    pub(super) fn given(&self) -> (usize, usize) {
        (self.timeline.inputs.len(), self.timeline.at.sim.inputs)
    }

    /// Marks the timers that come due at this very moment, and does nothing else.
    pub(super) fn mark_due(&mut self) {
        while self.timeline.at.sim.is_due() && self.next(self.timeline.at.sim.now).is_some() {}
    }

    /// The simulation as it was before the latest event, to mark what that changed.
    pub(super) fn before(&self) -> Option<Simulation<S::P>> {
        let count = self.timeline.at.sim.events.checked_sub(1)?;
        Some(self.timeline.look(count).sim)
    }

    fn world(&self) -> crate::core::protocol::World {
        let inputs = || self.timeline.inputs.iter().map(|placed| &placed.input);
        let clocks = inputs().any(|input| matches!(input, Input::StepClock(..) | Input::Drift(..)));
        let late = inputs().any(|input| match input {
            Input::Delay(_, by) => *by > 0,
            Input::Act(Action::Pause(_) | Action::Cut(..) | Action::Drop(_)) => true,
            Input::Set(Setting::Loss(of_a_thousand)) => *of_a_thousand > 0,
            _ => false,
        });
        let sim = &self.timeline.at.sim;
        S::world(sim, Touched { clocks: clocks || sim.background.pace == Pace::Free, late })
    }

    fn promises(&self, name: &str) -> bool {
        let world = self.world();
        self.timeline.at.sim.properties().iter().any(|p| p.name == name && p.promised.include(world))
    }

    /// The sentence about one event.
    pub(super) fn tell(&self, h: &Happening<S::P>, lang: Lang) -> (Vec<Text>, Hue) {
        let p = &self.timeline.at.sim.protocol;
        let (mut pieces, mut tone) =
            S::sentence(p, h, lang).unwrap_or_else(|| inspect::common_sentence::<S>(p, h, lang));
        if h.crashed && !matches!(h.input, Input::Act(Action::Crash(..))) {
            let who = h.node.map_or(String::new(), |n| inspect::title::<S>(p, n, lang));
            pieces.extend(tell(lang, "common.tripped", &[("who", who.into())]));
            tone = Hue::Bad;
        }
        // A broken promise is bad news whatever the event says of itself; what was never promised is a warning.
        if h.broke.iter().any(|name| self.promises(name)) {
            tone = Hue::Bad;
        } else if !h.broke.is_empty() && tone != Hue::Bad {
            tone = Hue::Warn;
        }
        (pieces, tone)
    }
}

fn unknown(lang: Lang, key: &str, name: &str, known: &[&str]) -> OpenError {
    let shown: String = name.chars().take(40).collect();
    OpenError(say(lang, key, &[("name", shown.into()), ("known", known.join(", ").into())]))
}

impl<S: Staging> Run for Session<S> {
    fn now(&self) -> Time {
        self.timeline.at.sim.now
    }

    fn horizon(&self) -> Time {
        self.timeline.horizon
    }

    fn position(&self) -> (u32, u32) {
        (self.timeline.at.sim.events, self.timeline.known())
    }

    fn advance(&mut self, until: Time) -> Option<Halt> {
        let script = self.script.as_ref().map(|s| (s.question, s.end));
        let mut until = until;
        let mut halt = None;
        if let Some((question, end)) = script {
            let now = self.timeline.at.sim.now;
            for (at, why) in [(question, Halt::Question), (end, Halt::End)] {
                if halt.is_none() && now < at && at <= until {
                    (until, halt) = (at, Some(why));
                }
            }
        }
        while let Some(event) = self.next(until) {
            let broke = self.latest().map_or(&[][..], |(_, happening)| &happening.broke);
            if let Some(property) = broke.iter().find(|name| self.promises(name)) {
                return Some(Halt::Broken { property, event });
            }
        }
        self.timeline.at.sim.pass(until);
        self.timeline.horizon = self.timeline.horizon.max(until);
        halt
    }

    fn seek(&mut self, to: Time) {
        // What is known is jumped over from checkpoint to checkpoint; what is not is played.
        self.timeline.seek(to.min(self.timeline.horizon));
        while self.next(to).is_some() {}
        self.timeline.at.sim.pass(to);
        self.timeline.horizon = self.timeline.horizon.max(to);
        self.revision += 1;
    }

    fn seek_event(&mut self, index: u32) {
        let count = index.saturating_add(1).min(self.timeline.known());
        self.timeline.seek_event(count);
        self.revision += 1;
    }

    fn step_forward(&mut self) -> bool {
        self.next(Time::MAX).is_some()
    }

    fn step_back(&mut self) -> bool {
        let events = self.timeline.at.sim.events;
        if events == 0 && self.timeline.at.sim.now == 0 {
            return false;
        }
        // Between two events the last one is undone in time first.
        let at_event = events > 0 && self.timeline.at.latest_time() == self.now();
        self.timeline.seek_event(if at_event { events - 1 } else { events });
        self.revision += 1;
        true
    }

    fn command(&mut self, line: &str, lang: Lang) -> Result<(), CommandError> {
        if let Some(done) = view_command::<S>(&mut self.aside, line.trim(), lang) {
            self.revision += 1;
            return done.map_err(CommandError);
        }
        let inputs = self.parse(line, lang)?;
        self.undo.push(self.here());
        self.redo.clear();
        let future = self.timeline.at.sim.inputs < self.timeline.inputs.len()
            || self.timeline.known() > self.timeline.at.sim.events;
        if future {
            let from = self.timeline.at.sim.now;
            self.branches.push(Branch { name: String::new(), from, left: None });
            self.put(self.branches.len() - 1, Box::new(self.timeline.clone()));
        }
        for (input, picks) in inputs {
            self.carry_out(input, picks);
        }
        self.revision += 1;
        Ok(())
    }

    fn undo(&mut self) -> bool {
        let Some(to) = self.undo.pop() else { return false };
        let back = self.go_back(to);
        self.redo.push(back);
        true
    }

    fn redo(&mut self) -> bool {
        let Some(to) = self.redo.pop() else { return false };
        let back = self.go_back(to);
        self.undo.push(back);
        true
    }

    fn can_undo(&self) -> bool {
        !self.undo.is_empty()
    }

    fn can_redo(&self) -> bool {
        !self.redo.is_empty()
    }

    fn branches(&self) -> Vec<BranchLine> {
        let line = |(n, b): (usize, &Branch<S>)| BranchLine {
            name: b.name.clone(),
            from: b.from,
            until: self.branch(n).horizon,
            current: n == self.current,
        };
        self.branches.iter().enumerate().map(line).collect()
    }

    fn switch_branch(&mut self, index: usize) {
        if index >= self.branches.len() || index == self.current {
            return;
        }
        self.show(index);
        self.timeline.seek(self.timeline.horizon);
        self.revision += 1;
        self.undo.clear();
        self.redo.clear();
    }

    fn name_branch(&mut self, index: usize, name: &str) {
        if let Some(branch) = self.branches.get_mut(index) {
            branch.name = name.chars().take(60).collect();
            self.revision += 1;
        }
    }

    fn stage(&self, view: &View) -> Stage {
        S::stage(&self.moment(), view)
    }

    fn sentence(&self, lang: Lang) -> Sentence {
        let Some((index, h)) = self.latest() else {
            let pieces = tell(lang, &format!("{}.begin", S::NAME), &[]);
            return Sentence { pieces, ..Sentence::default() };
        };
        let (pieces, tone) = self.tell(h, lang);
        let nodes = h.node.into_iter().map(|n| n.0).collect();
        let pills = h.sent.iter().map(|s| s.0).chain(h.flight.as_ref().map(|f| f.id)).collect();
        Sentence { pieces, tone, event: Some(index), nodes, pills }
    }

    fn findings(&self, lang: Lang) -> Vec<Finding> {
        let moment = self.moment();
        let world = self.world();
        let finding = |property: &crate::core::protocol::Property<S::P>| {
            let broken = &self.timeline.at.chronicle.broken;
            let broken_at = broken.iter().find(|(name, _)| *name == property.name).map(|(_, event)| *event);
            let judgement = self.timeline.at.sim.judge(property);
            let standing = match judgement {
                _ if property.kind == Kind::Safety && broken_at.is_some() => Standing::Broken,
                Judgement::Broken => Standing::Broken,
                Judgement::Fine => Standing::Unbroken,
                Judgement::Open => Standing::Open,
                Judgement::Met => Standing::Met,
                Judgement::Never => Standing::Never,
            };
            Finding {
                code: property.name,
                words: S::property(property.name, lang),
                because: match (broken_at, judgement) {
                    (Some(_), Judgement::Fine) => word(lang, "common.broke-before"),
                    (_, j) => S::because(&moment, property.name, j == Judgement::Broken, lang),
                },
                liveness: property.kind == Kind::Liveness,
                promised: property.promised.include(world),
                standing,
                broken_at,
            }
        };
        self.timeline.at.sim.properties().iter().map(finding).collect()
    }

    fn revision(&self) -> u64 {
        self.revision + self.worked.get()
    }

    fn breaks(&self) -> u32 {
        self.timeline.at.chronicle.breaks
    }

    fn spec(&self) -> RunSpec {
        let mut commands = self.written(&self.timeline.inputs);
        let time = commands.last().map_or(0, |last| last.time).max(self.timeline.at.sim.now);
        commands.extend(self.looked_at(time));
        RunSpec {
            commands,
            at: self.timeline.at.sim.now,
            events: self.timeline.at.sim.events,
            hash: self.state_hash(),
            ..self.base.clone()
        }
    }

    fn state_hash(&self) -> u128 {
        self.timeline.at.sim.cluster.hash_state()
    }

    fn run_hash(&self) -> u64 {
        self.timeline.at.sim.run_hash
    }

    fn scene(&self) -> &'static str {
        S::NAME
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
