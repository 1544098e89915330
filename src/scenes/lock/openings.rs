//! The lock scene's first question. Each take is played by the core; a script presses the buttons that a reader could
//! press, at moments that it finds by playing, never by bending a timer.

use super::LockScene;
use crate::core::lock::Note;
use crate::scenes::player::Player;
use crate::scenes::run::{Run, RunSpec};
use crate::scenes::scene::*;
use crate::scenes::session::Session;
use crate::scenes::staging::{Openings, Script};
use crate::sim::time::MILLISECOND;

pub struct LockOpenings;

impl Openings<LockScene> for LockOpenings {
    const ASKED: &'static [(&'static str, usize, usize)] = &[("late", 3, 2)];

    fn script(_: &str, take: usize) -> Option<Script> {
        late(take)
    }

    /// Who wrote last is what the storage's newest accepted entry says.
    fn right(_: &str, _: usize, run: &Session<LockScene>) -> usize {
        usize::from(!last_writer_is_a(run))
    }
}

/// Read off the picture: the storage's card lists what it accepted, the newest last.
fn last_writer_is_a(run: &dyn Run) -> bool {
    let stage = run.stage(&View { width: 900.0, height: 600.0, lang: Lang::En });
    let mut entries = stage.cards.iter().flat_map(|card| &card.blocks).filter_map(|block| match block {
        Block::Entry { dot, verdict, .. } if *verdict != Verdict::Refused => Some(*dot),
        _ => None,
    });
    entries.next_back() == Some(Hue::Node(0))
}

pub(super) fn spec(recipe: &str, options: &[(&str, &str)], mistakes: &[&str]) -> RunSpec {
    let manual = [("think", "-1"), ("rounds", "9")];
    RunSpec {
        scene: "lock".to_owned(),
        recipe: recipe.to_owned(),
        mistakes: mistakes.iter().map(|m| (*m).to_owned()).collect(),
        options: manual.iter().chain(options).map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
        seed: 7,
        ..RunSpec::default()
    }
}

/// L1: A pauses between looking at its clock and writing; its lease ends; B gets the lock.
fn late(take: usize) -> Option<Script> {
    let mistakes: &[&str] = if take == 0 { &["storage-unchecked"] } else { &[] };
    let reads = if take == 2 { "plain" } else { "no" };
    let options = [("clients", "2"), ("reads", reads)];
    let mut p = Player::<LockScene>::new(&spec("set-nx-px-fence", &options, mistakes))?;
    p.at(200 * MILLISECOND).does("request a acquire");
    p.until(|n| matches!(n, Note::Looked(o) if o.client == 0)).does("pause a");
    let question = 3_300 * MILLISECOND;
    p.at(question + 100 * MILLISECOND).does("request b acquire");
    if take == 2 {
        p.until(|n| matches!(n, Note::HasRead { owner, .. } if owner.client == 1)).does("resume a");
    } else {
        p.until(|n| matches!(n, Note::Written { owner, .. } if owner.client == 1));
        let now = p.run.now();
        p.at(now + 300 * MILLISECOND).does("resume a");
    }
    let end = p.run.now() + 1_500 * MILLISECOND;
    p.script(if take == 0 { question } else { 0 }, end)
}
