//! The lock scene's questions. Each take is played by the core; a script presses the buttons that a reader could press,
//! at moments that it finds by playing, never by bending a timer.

use super::LockScene;
use crate::core::lock::Note;
use crate::scenes::player::Player;
use crate::scenes::run::{Run, RunSpec};
use crate::scenes::scene::*;
use crate::scenes::staging::{Openings, Script};
use crate::scenes::text::word;
use crate::sim::time::{MILLISECOND, SECOND};

pub struct LockOpenings;

impl Openings for LockOpenings {
    const ASKED: &'static [(&'static str, usize, usize)] = &[("late", 3, 2), ("del", 2, 2), ("restart", 2, 2)];

    fn script(name: &str, take: usize) -> Option<Script> {
        match name {
            "late" => late(take),
            "del" => del(take),
            "restart" => restart(take),
            _ => None,
        }
    }

    fn outcome(name: &str, take: usize, run: &mut dyn Run, lang: Lang) -> Option<Outcome> {
        let broken = |code: &str| run.findings(lang).iter().any(|f| f.code == code && f.standing == Standing::Broken);
        let right = match name {
            // Who wrote last is what the storage's newest accepted entry says.
            "late" => usize::from(!last_writer_is_a(run)),
            _ => usize::from(!broken("MUTEX-LEASE")),
        };
        Some(Outcome { right, why: word(lang, &format!("lock.ask-{name}-why-{}", take + 1)) })
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

/// L3: a client that is late releases with DEL, and a third finds the key free.
fn del(take: usize) -> Option<Script> {
    let mistakes: &[&str] = if take == 0 { &["unconditional-del"] } else { &[] };
    let mut p = Player::<LockScene>::new(&spec("set-nx-px", &[("clients", "3"), ("work", "2500")], mistakes))?;
    p.at(200 * MILLISECOND).does("request a acquire");
    p.until(|n| matches!(n, Note::Looked(o) if o.client == 0)).does("pause a");
    p.at(3_400 * MILLISECOND).does("request b acquire");
    p.until(|n| matches!(n, Note::Granted { owner, .. } if owner.client == 1));
    let question = p.run.now() + 200 * MILLISECOND;
    p.at(question + 100 * MILLISECOND).does("resume a");
    p.until(|n| matches!(n, Note::Removed { .. } | Note::NotRemoved { .. }));
    let now = p.run.now();
    p.at(now + 100 * MILLISECOND).does("request c acquire");
    p.until(|n| matches!(n, Note::Granted { owner, .. } | Note::Denied(owner) if owner.client == 2));
    let end = p.run.now() + 300 * MILLISECOND;
    p.script(if take == 0 { question } else { 0 }, end)
}

/// L7: a restart without persistence forgets the lock.
fn restart(take: usize) -> Option<Script> {
    let keeps = if take == 0 { "none" } else { "always" };
    let options = [("clients", "2"), ("persistence", keeps), ("work", "2500")];
    let mut p = Player::<LockScene>::new(&spec("set-nx-px", &options, &[]))?;
    p.at(200 * MILLISECOND).does("request a acquire");
    p.until(|n| matches!(n, Note::Granted { .. }));
    let now = p.run.now();
    p.at(now + 300 * MILLISECOND).does("crash redis killed");
    p.at(now + 700 * MILLISECOND).does("restart redis");
    let question = now + SECOND;
    p.at(question + 100 * MILLISECOND).does("request b acquire");
    p.until(|n| matches!(n, Note::Granted { owner, .. } | Note::Denied(owner) if owner.client == 1));
    let end = p.run.now() + 300 * MILLISECOND;
    p.script(if take == 0 { question } else { 0 }, end)
}
