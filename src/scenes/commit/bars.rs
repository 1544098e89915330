//! The commit scene's diagram: who is in doubt and for how long, and how it ended.

use super::ACCOUNTS;
use crate::core::commit::coordinator::Phase as Asking;
use crate::core::commit::participant::{Participant, Phase};
use crate::core::commit::{Commit, Decision, Note, State};
use crate::core::protocol::{Effect, NodeId};
use crate::scenes::scene::*;
use crate::scenes::staging::{BarNow, MarkNow};
use crate::scenes::text::word;
use crate::sim::simulation::{Happening, Simulation};

/// "in doubt · alice locked", by account.
const DOUBT: [&str; ACCOUNTS.len()] =
    ["commit.bar-doubt-1", "commit.bar-doubt-2", "commit.bar-doubt-3", "commit.bar-doubt-4", "commit.bar-doubt-5"];

pub fn now(sim: &Simulation<Commit>) -> Vec<BarNow> {
    let mut bars = Vec::new();
    for id in sim.cluster.ids() {
        match sim.cluster.state(id) {
            Some(State::Coordinator(c)) => {
                // Several transactions may be open: the newest speaks for the lane.
                let look = c.open.values().next_back().map(|open| match open.phase {
                    Asking::Recording { .. } => (BarKind::Pale, Hue::Accent, "commit.bar-recording"),
                    Asking::Collecting { .. } => (BarKind::Pale, Hue::Accent, "commit.bar-collecting"),
                    Asking::PreForcing { .. } | Asking::PreCommitting { .. } => {
                        (BarKind::Pale, Hue::Accent, "commit.bar-pre-commit")
                    }
                    Asking::Asking { .. } => (BarKind::Doubt, Hue::Warn, "commit.bar-asking"),
                    Asking::Forcing { abort: None, .. } => (BarKind::Pale, Hue::Good, "commit.bar-forcing"),
                    Asking::Forcing { .. } => (BarKind::Pale, Hue::Bad, "commit.bar-forcing-abort"),
                    Asking::Telling { decision: Decision::Commit, .. } => {
                        (BarKind::Pale, Hue::Good, "commit.bar-telling")
                    }
                    Asking::Telling { .. } => (BarKind::Pale, Hue::Bad, "commit.bar-telling-abort"),
                });
                bars.extend(look.map(|l| bar(id, l)));
            }
            Some(State::Participant(p)) => bars.extend(participant(sim, id, p).map(|l| bar(id, l))),
            Some(State::Client(c)) if !c.waiting.is_empty() => {
                bars.push(bar(id, (BarKind::Pale, Hue::Accent, "commit.bar-waiting")));
            }
            Some(State::Client(_)) | None => {}
        }
    }
    bars
}

fn bar(id: NodeId, (kind, hue, words): (BarKind, Hue, &'static str)) -> BarNow {
    BarNow { lane: id.0, kind, hue, words }
}

fn participant(sim: &Simulation<Commit>, id: NodeId, p: &Participant) -> Option<(BarKind, Hue, &'static str)> {
    let account = (id.0 as usize).saturating_sub(1).min(DOUBT.len() - 1);
    if let Some(open) = p.open.values().next() {
        return Some(match open.phase {
            Phase::Preparing { .. } => (BarKind::Pale, Hue::Accent, "commit.bar-preparing"),
            Phase::Prepared { .. } => (BarKind::Doubt, Hue::Warn, DOUBT[account]),
            Phase::PreCommitting { .. } | Phase::PreCommitted { .. } => {
                (BarKind::Doubt, Hue::Accent, "commit.bar-pre-committed")
            }
            Phase::Ending { decision: Decision::Commit, .. } => (BarKind::Pale, Hue::Good, "commit.bar-forcing"),
            Phase::Ending { .. } => (BarKind::Pale, Hue::Bad, "commit.bar-forcing-abort"),
        });
    }
    match latest(sim, id)? {
        Decision::Commit => Some((BarKind::Strong, Hue::Good, "commit.bar-committed")),
        Decision::Abort => Some((BarKind::Strong, Hue::Bad, "commit.bar-aborted")),
    }
}

/// How the latest transaction that it took part in ended here.
pub fn latest(sim: &Simulation<Commit>, id: NodeId) -> Option<Decision> {
    let parts = sim.ghost.transactions.iter().rev().flat_map(|t| &t.parts);
    parts.into_iter().find(|part| part.node == id)?.decided
}

pub fn marks(h: &Happening<Commit>, lang: Lang) -> Vec<MarkNow> {
    let mark = |lane: NodeId, hue, key: &str| MarkNow { lane: lane.0, hue, words: word(lang, key), dot: false };
    let of = |d: &crate::core::cluster::Done<Commit>| match &d.effect {
        Effect::Note(Note::DecidedCommit(_)) => Some(mark(d.node, Hue::Good, "commit.mark-commit")),
        Effect::Note(Note::DecidedAbort { .. }) => Some(mark(d.node, Hue::Bad, "commit.mark-abort")),
        Effect::Note(Note::Presumed { .. }) => Some(mark(d.node, Hue::Warn, "commit.mark-presumed")),
        Effect::Note(Note::VotedNo { .. }) => Some(mark(d.node, Hue::Bad, "commit.mark-no")),
        _ => None,
    };
    h.done.iter().filter_map(of).collect()
}
