//! A run beside one of another scene: Redis beside ZooKeeper.
//!
//! Neither knows the other's messages. What both mean by the same words is done in both at the same virtual time: requests, and
//! what befalls nodes, links, clocks and the background. A node's like is the one with its name, a server's the one with its
//! number. What is said of a single message, timer or step is left out of the twin.

use super::{Skipped, Twin};
use crate::scenes::catalogue::unknown_scene;
use crate::scenes::run::{Run, RunSpec};
use crate::scenes::scene::{Lang, Time};
use crate::scenes::text::say;
use crate::scenes::{OpenError, family, parts};

struct Across {
    run: Box<dyn Run>,
    /// Each node of the run with its like in the twin.
    likes: Vec<Option<u16>>,
    /// How many inputs the twin has had when the run has had so many.
    inputs: Vec<usize>,
    skipped: Vec<Skipped>,
}

/// See [`super::open`].
pub fn open(
    spec: &RunSpec,
    scene: &str,
    recipe: &str,
    mistakes: &[String],
    lang: Lang,
) -> Result<Box<dyn Twin>, OpenError> {
    let others = family(&spec.scene).iter().filter(|name| **name != spec.scene);
    if !others.clone().any(|name| *name == scene) {
        let known = others.copied().collect::<Vec<_>>();
        let known = if known.is_empty() { "–".to_owned() } else { known.join(", ") };
        let shown: String = scene.chars().take(40).collect();
        let args = [("name", shown.into()), ("scene", spec.scene.as_str().into()), ("known", known.into())];
        return Err(OpenError(say(lang, "common.no-sister", &args)));
    }
    beside(spec, scene, recipe, mistakes, lang)
}

fn beside(
    spec: &RunSpec,
    scene: &str,
    recipe: &str,
    mistakes: &[String],
    lang: Lang,
) -> Result<Box<dyn Twin>, OpenError> {
    let desk = parts::desk(scene).ok_or_else(|| unknown_scene(scene, lang))?;
    let mut main =
        super::super::open(&RunSpec { at: 0, events: 0, hash: 0, opening: String::new(), ..spec.clone() }, lang)?;
    // What is the default here may be another one there.
    let options = main.settings();
    let theirs = desk.adopt(&RunSpec { options, mistakes: Vec::new(), ..spec.clone() }, recipe, lang)?;
    let mut run = super::super::open(&RunSpec { mistakes: mistakes.to_vec(), ..theirs }, lang)?;
    let (ours, names) = (main.nodes(), run.nodes());
    let like = |(_, like): &(String, String)| names.iter().position(|(_, theirs)| theirs == like).map(|n| n as u16);
    let likes: Vec<Option<u16>> = ours.iter().map(like).collect();
    let there = |name: &str| {
        let node = ours.iter().position(|(ours, _)| ours == name)?;
        Some(names[usize::from(likes[node]?)].0.as_str())
    };
    let mut inputs = vec![0];
    let mut left_out: Vec<(Time, usize)> = Vec::new();
    let mut at_once = (0, 0);
    for command in main.inputs(None) {
        at_once = if at_once.0 == command.time { (command.time, at_once.1 + 1) } else { (command.time, 0) };
        reach(&mut *run, command.time);
        let done = translated(&command.line, &there).is_some_and(|line| run.command(&line, lang).is_ok());
        if !done {
            left_out.push(at_once);
        }
        inputs.push(run.inputs(None).len());
    }
    let skipped = left_out.into_iter().map(|(time, nth)| Skipped { time, words: told(&mut *main, time, nth, lang) });
    Ok(Box::new(Across { skipped: skipped.collect(), run, likes, inputs }))
}

/// Goes on to a time, whatever breaks on the way.
fn reach(run: &mut dyn Run, time: Time) {
    while run.advance(time).is_some() {}
}

/// A command line in the other scene's names. `there` says what a node is called there. `None` if it means nothing there.
fn translated<'a>(line: &str, there: &impl Fn(&str) -> Option<&'a str>) -> Option<String> {
    // What was chosen inside a step is that step's.
    let body = line.split_once(" picks ").map_or(line, |(body, _)| body);
    let mut words: Vec<&str> = body.split_whitespace().collect();
    let nodes = match *words.first()? {
        "request" | "pause" | "resume" | "crash" | "restart" | "clock" | "drift" => 1,
        "cut" | "heal" => 2,
        "set" => 0,
        _ => return None,
    };
    for word in words.get_mut(1..=nodes)? {
        *word = there(word)?;
    }
    Some(words.join(" "))
}

/// What the command did that was the `nth` at its time, as the event log says it.
fn told(run: &mut dyn Run, time: Time, nth: usize, lang: Lang) -> String {
    run.seek(time);
    let mut end = run.position().0;
    // From the back: few events happen at one time.
    let mut lines = Vec::new();
    while end > 0 {
        let from = end.saturating_sub(32);
        let more = run.events(from, end - from, lang);
        let whole = more.first().is_none_or(|line| line.time < time);
        lines.splice(0..0, more.into_iter().filter(|line| line.time == time && line.command));
        if whole {
            break;
        }
        end = from;
    }
    lines.into_iter().nth(nth).map_or_else(String::new, |line| line.words)
}

impl Twin for Across {
    fn run(&self) -> &dyn Run {
        &*self.run
    }

    fn run_mut(&mut self) -> &mut dyn Run {
        &mut *self.run
    }

    /// A moment of the one is a time of the other: at that time it has had all that happens by itself, and of the commands as
    /// many as the run has had.
    fn follow(&mut self, main: &dyn Run) {
        let (now, had) = (main.now(), self.inputs.get(main.done()).copied().unwrap_or(usize::MAX));
        let run = &mut self.run;
        if run.now() > now || run.now() + super::FAR < now || run.done() > had {
            run.seek(now);
        } else {
            reach(&mut **run, now);
        }
        while run.done() > had && run.step_back() {}
    }

    fn same_message(&self, _: &dyn Run, _: u32, _: bool) -> Option<u32> {
        None
    }

    fn same_node(&self, node: u16, in_twin: bool) -> Option<u16> {
        if in_twin {
            return self.likes.get(usize::from(node)).copied().flatten();
        }
        self.likes.iter().position(|like| *like == Some(node)).map(|n| n as u16)
    }

    fn skipped(&self) -> &[Skipped] {
        &self.skipped
    }
}
