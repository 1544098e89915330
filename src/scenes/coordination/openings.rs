//! The scene's first question. A script presses the buttons that a reader could press, at moments that it finds by playing.

use super::CoordinationScene;
use crate::core::coordination::Note;
use crate::scenes::player::{Player, seen};
use crate::scenes::run::{Run, RunSpec};
use crate::scenes::session::Session;
use crate::scenes::staging::{Openings, Script};
use crate::sim::time::MILLISECOND;

pub struct CoordinationOpenings;

impl Openings<CoordinationScene> for CoordinationOpenings {
    const ASKED: &'static [(&'static str, usize, usize)] = &[("pause", 2, 2)];

    fn script(_: &str, take: usize) -> Option<Script> {
        pause(take)
    }

    /// 0: the late write was stored.
    fn right(_: &str, _: usize, run: &Session<CoordinationScene>) -> usize {
        usize::from(seen(run, |_, note| matches!(note, Note::Refused { owner, .. } if owner.client == 0)) > 0)
    }
}

pub(super) fn spec(recipe: &str, options: &[(&str, &str)], mistakes: &[&str]) -> RunSpec {
    let manual = [("think", "-1"), ("rounds", "9")];
    RunSpec {
        scene: "coordination".to_owned(),
        recipe: recipe.to_owned(),
        mistakes: mistakes.iter().map(|m| (*m).to_owned()).collect(),
        options: manual.iter().chain(options).map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
        seed: 7,
        ..RunSpec::default()
    }
}

/// L12: A pauses between looking at its clock and writing, for longer than its session lasts; B gets the lock.
fn pause(take: usize) -> Option<Script> {
    let fence = if take == 0 { "off" } else { "on" };
    let mut p = Player::<CoordinationScene>::new(&spec("zookeeper", &[("clients", "2"), ("fence", fence)], &[]))?;
    p.at(200 * MILLISECOND).does("request a acquire");
    p.until(|n| matches!(n, Note::Looked(o) if o.client == 0)).does("pause a");
    p.after(200 * MILLISECOND).does("request b acquire");
    p.until(|n| matches!(n, Note::Written { owner, .. } if owner.client == 1));
    let question = p.run.now() + 200 * MILLISECOND;
    p.at(question + 100 * MILLISECOND).does("resume a");
    let end = p.run.now() + 1_500 * MILLISECOND;
    p.script(if take == 0 { question } else { 0 }, end)
}
