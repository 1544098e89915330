//! One sentence an event, and why each property stands as it does.

use super::CommitScene;
use super::words::{account, name, names, short, signed, tx};
use crate::core::cluster::Action;
use crate::core::commit::properties::{Ghost, Transaction, in_doubt, money};
use crate::core::commit::{Cause, Commit, Decision, Note, Refusal, TxId, Vote};
use crate::core::protocol::{Effect, Judgement, NodeId};
use crate::scenes::scene::*;
use crate::scenes::staging::Moment;
use crate::scenes::text::{Arg, say, tell, word};
use crate::sim::simulation::{Happening, Input};

type Words = (String, Vec<(&'static str, Arg)>, Hue);

/// The one thing that an event did: later and more telling notes win.
pub fn sentence(p: &Commit, h: &Happening<Commit>, lang: Lang) -> Option<(Vec<Text>, Hue)> {
    if matches!(h.input, Input::Act(Action::Crash(..))) {
        return None;
    }
    let notes = h.done.iter().filter_map(|d| if let Effect::Note(n) = &d.effect { Some((d.node, n)) } else { None });
    let (at, note) = notes.max_by_key(|(_, note)| weight(note))?;
    let (key, args, tone) = match note {
        Note::RecoveredParticipant { .. } if h.broke.contains(&"AC1-AGREE") => {
            ("commit.note-recovered-lost".to_owned(), vec![("who", name(at, lang).into())], Hue::Bad)
        }
        _ => note_words(p, at, note, lang),
    };
    Some((tell(lang, &key, &args), tone))
}

/// A step can leave several notes; the page says one sentence.
fn weight(note: &Note) -> u8 {
    match note {
        Note::Rewrote => 0,
        Note::HeardVote { .. } | Note::HeardAck { .. } | Note::Inquired(_) => 1,
        _ => 2,
    }
}

fn decision(decision: Decision, lang: Lang) -> Arg {
    match decision {
        Decision::Commit => (word(lang, "commit.word-commit"), Hue::Good).into(),
        Decision::Abort => (word(lang, "commit.word-abort"), Hue::Bad).into(),
    }
}

fn note_words(p: &Commit, at: NodeId, note: &Note, lang: Lang) -> Words {
    let who = ("who", Arg::from(name(at, lang)));
    let of = |id: &TxId| ("tx", Arg::from(tx(*id)));
    let from = |id: &NodeId| ("from", Arg::from(short(*id, lang)));
    let own = ("account", Arg::from(account(at)));
    let commit = ("commit", decision(Decision::Commit, lang));
    let abort = ("abort", decision(Decision::Abort, lang));
    let (key, args, tone) = match note {
        Note::Started { tx: id, changes } => {
            let change = |(id, by): &(NodeId, i32)| format!("{} {}", account(*id), signed(*by));
            let list = changes.iter().map(change).collect::<Vec<_>>().join(", ");
            ("started", vec![of(id), ("list", list.into())], Hue::Plain)
        }
        Note::HeardVote { tx, from: bank, vote: Vote::Yes } => ("heard-yes", vec![of(tx), from(bank)], Hue::Plain),
        Note::HeardVote { tx, from: bank, vote: Vote::No } => ("heard-no", vec![of(tx), from(bank)], Hue::Warn),
        Note::ForcesCommit(tx) => ("forces-commit", vec![of(tx)], Hue::Plain),
        Note::DecidedCommit(tx) => ("decided-commit", vec![of(tx), commit], Hue::Good),
        Note::DecidedAbort { tx, cause: Cause::TimedOut } => ("decided-abort-timeout", vec![of(tx), abort], Hue::Warn),
        Note::DecidedAbort { tx, cause: Cause::VotedNo(bank) } => {
            ("decided-abort-no", vec![of(tx), from(bank), abort], Hue::Warn)
        }
        Note::HeardAck { tx, from: bank } => ("heard-ack", vec![of(tx), from(bank)], Hue::Plain),
        Note::Resent(tx) => ("resent", vec![of(tx), commit], Hue::Warn),
        Note::Answered { tx, to } => ("answered", vec![of(tx), from(to), commit], Hue::Good),
        Note::Presumed { tx, to } => ("presumed", vec![of(tx), from(to), abort], Hue::Warn),
        Note::Forgot(tx) => ("forgot", vec![of(tx)], Hue::Plain),
        Note::RecoveredCoordinator { telling } if telling.is_empty() => ("recovered-empty", vec![], Hue::Good),
        Note::RecoveredCoordinator { telling } => ("recovered-telling", vec![list(telling), commit], Hue::Good),
        Note::Prepares(tx) if p.mistake.is_some() => ("prepares-unforced", vec![who, of(tx), own], Hue::Plain),
        Note::Prepares(tx) => ("prepares", vec![who, of(tx), own], Hue::Plain),
        Note::VotedYes(tx) if p.mistake.is_some() => ("voted-yes-unforced", vec![who, of(tx), own], Hue::Warn),
        Note::VotedYes(tx) => ("voted-yes", vec![who, of(tx), own], Hue::Plain),
        Note::VotedNo { tx, why: Refusal::Told } => ("voted-no-told", vec![who, of(tx)], Hue::Warn),
        Note::VotedNo { tx, why: Refusal::Funds } => ("voted-no-funds", vec![who, of(tx), own], Hue::Warn),
        Note::VotedNo { tx: id, why: Refusal::Locked(other) } => {
            ("voted-no-locked", vec![who, of(id), own, ("other", tx(*other).into())], Hue::Warn)
        }
        Note::IgnoredPrepare(tx) => ("ignored-prepare", vec![who, of(tx)], Hue::Plain),
        Note::Inquired(tx) => ("inquired", vec![who, of(tx)], Hue::Warn),
        Note::Learned { tx, decision: Decision::Commit } => ("learned-commit", vec![who, of(tx), commit], Hue::Good),
        Note::Learned { tx, decision: Decision::Abort } => ("learned-abort", vec![who, of(tx), abort], Hue::Warn),
        Note::Acked(tx) => ("acked", vec![who, of(tx), own], Hue::Good),
        Note::AckedAgain(tx) => ("acked-again", vec![who, of(tx)], Hue::Plain),
        Note::RecoveredParticipant { in_doubt, .. } if in_doubt.is_empty() => ("recovered-clean", vec![who], Hue::Good),
        Note::RecoveredParticipant { in_doubt, .. } => ("recovered-doubt", vec![who, list(in_doubt), own], Hue::Warn),
        Note::WillVoteNo(true) => ("will-vote-no", vec![who], Hue::Warn),
        Note::WillVoteNo(false) => ("will-vote-freely", vec![who], Hue::Plain),
        Note::Rewrote => ("rewrote", vec![who], Hue::Muted),
    };
    (format!("commit.note-{key}"), args, tone)
}

fn list(ids: &[TxId]) -> (&'static str, Arg) {
    ("list", ids.iter().map(|id| tx(*id)).collect::<Vec<_>>().join(", ").into())
}

pub fn because(moment: &Moment<CommitScene>, property: &str, broken: bool, lang: Lang) -> String {
    let (sim, p) = (moment.sim, moment.sim.protocol.as_ref());
    let key = format!("commit.because-{property}-{}", if broken { "broken" } else { "fine" });
    let args: Vec<(&str, Arg)> = match property {
        "AC1-AGREE" => disagreement(&sim.ghost, lang),
        "AC2-STABLE" => sim
            .ghost
            .reversed
            .map_or_else(Vec::new, |(node, id)| vec![("who", name(node, lang).into()), ("tx", tx(id).into())]),
        "NON-BLOCKING" => {
            let waiting: Vec<NodeId> = in_doubt(&sim.cluster).map(|(node, _)| node).collect();
            vec![("who", names(&waiting, lang).into())]
        }
        "MONEY" => {
            let (settled, pending) = money(p, &sim.cluster, &sim.ghost);
            let opening: i64 = p.balances.iter().map(|b| i64::from(*b)).sum();
            vec![
                ("settled", settled.into()),
                ("pending", format!("{pending:+}").into()),
                ("sum", (settled + pending).into()),
                ("opening", opening.into()),
            ]
        }
        "AC5-TERMINATE" => return terminates(moment, lang),
        _ => Vec::new(),
    };
    say(lang, &key, &args)
}

/// Who committed and who aborted the first transaction about which nodes disagree.
fn disagreement(ghost: &Ghost, lang: Lang) -> Vec<(&'static str, Arg)> {
    let sides = |t: &Transaction| {
        let with = |wanted: Decision| {
            let coordinator = (t.decided == Some(wanted)).then_some(Commit::COORDINATOR);
            let parts = t.parts.iter().filter(|part| part.decided == Some(wanted)).map(|part| part.node);
            coordinator.into_iter().chain(parts).collect::<Vec<_>>()
        };
        (t.tx, with(Decision::Commit), with(Decision::Abort))
    };
    let split = ghost.transactions.iter().map(sides).find(|(_, yes, no)| !yes.is_empty() && !no.is_empty());
    split.map_or_else(Vec::new, |(id, yes, no)| {
        vec![("tx", tx(id).into()), ("yes", names(&yes, lang).into()), ("no", names(&no, lang).into())]
    })
}

fn terminates(moment: &Moment<CommitScene>, lang: Lang) -> String {
    let sim = moment.sim;
    let judgement = sim.properties().iter().find(|p| p.name == "AC5-TERMINATE").map(|p| sim.judge(p));
    let waiting: Vec<NodeId> = in_doubt(&sim.cluster).map(|(node, _)| node).collect();
    let key = match judgement {
        Some(Judgement::Met) => "commit.because-AC5-TERMINATE-met",
        Some(Judgement::Never) => "commit.because-AC5-TERMINATE-never",
        _ if sim.ghost.transactions.is_empty() => "commit.because-AC5-TERMINATE-none",
        _ if waiting.is_empty() => "commit.because-AC5-TERMINATE-open",
        _ => "commit.because-AC5-TERMINATE-doubt",
    };
    say(lang, key, &[("who", names(&waiting, lang).into())])
}
