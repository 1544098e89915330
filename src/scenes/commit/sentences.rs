//! One sentence an event.

use super::words::{account, name, short, signed, tx, word_of};
use crate::core::cluster::Action;
use crate::core::commit::{
    Alone, Cause, Commit, Decision, Mistake, Note, OnLock, Refusal, Standing, TxId, Variant, Vote,
};
use crate::core::protocol::{Effect, NodeId};
use crate::scenes::scene::*;
use crate::scenes::text::{Arg, tell, word};
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
        Note::CarriesOut { .. } => 0,
        Note::HeardVote { .. } | Note::HeardAck { .. } | Note::HeardPreAck { .. } | Note::Inquired { .. } => 1,
        Note::ToldDecision { .. }
        | Note::MovesOthers(_)
        | Note::ForcesNo(_)
        | Note::ForcesAlone { .. }
        | Note::CoordinatorLearned { .. } => 1,
        Note::Read { .. } | Note::Contradicted { .. } => 3,
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
    let who = ("who", Arg::from(name(word_of(p, at), lang)));
    let of = |id: &TxId| ("tx", Arg::from(tx(*id)));
    let from = |id: &NodeId| ("from", Arg::from(short(*id, lang)));
    let own = ("account", Arg::from(account(at)));
    let word = |d: &Decision| ("decision", decision(*d, lang));
    let tone = |d: &Decision| if *d == Decision::Commit { Hue::Good } else { Hue::Warn };
    let commit = ("commit", decision(Decision::Commit, lang));
    let abort = ("abort", decision(Decision::Abort, lang));
    let forced = |d: Decision| p.variant.acknowledges(d) && !p.makes(Mistake::PubSub);
    let number = |n: u16| ("request", Arg::from(u32::from(n)));
    let (key, args, tone) = match note {
        // coordinator
        Note::Collects(tx) => ("collects", vec![of(tx)], Hue::Plain),
        Note::Started { tx: id, changes } if changes.iter().all(|(_, by)| *by == 0) => {
            ("started-audit", vec![of(id)], Hue::Plain)
        }
        Note::Started { tx: id, changes } => {
            let change = |(id, by): &(NodeId, i32)| format!("{} {}", account(*id), signed(*by));
            let list = changes.iter().map(change).collect::<Vec<_>>().join(", ");
            let in_turn = p.on_lock == OnLock::WaitInOrder || p.makes(Mistake::OneByOne);
            let key = match () {
                () if in_turn => "started-in-turn",
                () if p.makes(Mistake::PubSub) => "started-published",
                () if p.variant.three_phases() => "started-three",
                () => "started",
            };
            (key, vec![of(id), ("list", list.into())], Hue::Plain)
        }
        Note::CarriesOut { tx, request } => ("carries-out", vec![of(tx), number(*request)], Hue::Plain),
        Note::HeardVote { tx, from: bank, vote } => {
            let (key, hue) = match vote {
                Vote::Yes => ("heard-yes", Hue::Plain),
                Vote::No => ("heard-no", Hue::Warn),
                Vote::Read => ("heard-read", Hue::Plain),
                Vote::Received => ("heard-received", Hue::Warn),
            };
            (key, vec![of(tx), from(bank)], hue)
        }
        Note::ForcesCommit(tx) if p.variant.three_phases() => ("forces-commit-three", vec![of(tx)], Hue::Plain),
        Note::ForcesCommit(tx) if loose(p) => ("forces-commit-loose", vec![of(tx)], Hue::Warn),
        Note::ForcesCommit(tx) => ("forces-commit", vec![of(tx)], Hue::Plain),
        Note::ForcesAbort { tx, cause: Cause::VotedNo(bank) } => {
            ("forces-abort-no", vec![of(tx), from(bank)], Hue::Warn)
        }
        Note::ForcesAbort { tx, cause: Cause::Told(bank) } => {
            ("forces-abort-told", vec![of(tx), from(bank), abort], Hue::Warn)
        }
        Note::ForcesAbort { tx, .. } => ("forces-abort", vec![of(tx)], Hue::Warn),
        Note::DecidedCommit(tx) => {
            let key = match () {
                () if p.makes(Mistake::CommitNotForced) => "decided-commit-unforced",
                () if p.makes(Mistake::PubSub) => "decided-commit-published",
                () if p.makes(Mistake::OneByOne) => "decided-commit-in-turn",
                () if !forced(Decision::Commit) => "decided-commit-forgets",
                () => "decided-commit",
            };
            (key, vec![of(tx), commit], Hue::Good)
        }
        Note::DecidedAbort { tx, cause } => {
            let key = match (cause, forced(Decision::Abort)) {
                _ if p.makes(Mistake::OneByOne) => "decided-abort-in-turn",
                (Cause::VotedNo(_), true) => "decided-abort-no-kept",
                (Cause::VotedNo(_), false) => "decided-abort-no",
                (Cause::Told(_), _) => "decided-abort-told",
                (_, true) => "decided-abort-timeout-kept",
                (_, false) => "decided-abort-timeout",
            };
            let bank = if let Cause::VotedNo(bank) | Cause::Told(bank) = cause { *bank } else { at };
            (key, vec![of(tx), from(&bank), abort], Hue::Warn)
        }
        Note::AllRead(tx) => ("all-read", vec![of(tx)], Hue::Good),
        Note::HeardAck { tx, from: bank } => ("heard-ack", vec![of(tx), from(bank)], Hue::Plain),
        Note::Resent { tx, decision } => ("resent", vec![of(tx), word(decision)], Hue::Warn),
        Note::Answered { tx, to, decision } => ("answered", vec![of(tx), from(to), word(decision)], tone(decision)),
        Note::Presumed { tx, to, decision: Decision::Abort } => ("presumed", vec![of(tx), from(to), abort], Hue::Warn),
        Note::Presumed { tx, to, .. } => ("presumed-commit", vec![of(tx), from(to), commit], Hue::Warn),
        Note::Forgot(tx) if p.makes(Mistake::ForgetsEarly) => ("forgot-early", vec![of(tx)], Hue::Warn),
        Note::Forgot(tx) => ("forgot", vec![of(tx)], Hue::Plain),
        Note::RecoveredCoordinator { telling, asking } => match (telling.first(), asking.is_empty()) {
            (Some((_, decision)), _) => {
                let ids: Vec<TxId> = telling.iter().map(|(tx, _)| *tx).collect();
                let key =
                    if p.variant == Variant::PresumedCommit { "recovered-collecting" } else { "recovered-telling" };
                (key, vec![list(&ids), word(decision)], tone(decision))
            }
            (None, false) => ("recovered-asking", vec![list(asking)], Hue::Warn),
            (None, true) if p.variant == Variant::PresumedCommit => ("recovered-empty-commit", vec![], Hue::Good),
            (None, true) => ("recovered-empty", vec![], Hue::Good),
        },
        Note::ForcesPreCommit(tx) => ("forces-pre-commit", vec![of(tx)], Hue::Plain),
        Note::SentPreCommit(tx) => ("sent-pre-commit", vec![of(tx)], Hue::Plain),
        Note::HeardPreAck { tx, from: bank } => ("heard-pre-ack", vec![of(tx), from(bank)], Hue::Plain),
        Note::CoordinatorLearned { tx, decision, from: bank } => {
            ("coordinator-learned", vec![of(tx), from(bank), word(decision)], tone(decision))
        }
        Note::ResumesPreCommit(tx) => ("resumes-pre-commit", vec![of(tx)], Hue::Plain),
        Note::Glances(_) => ("glances", vec![], Hue::Plain),
        Note::Read { glance, sum } => {
            let all: u32 = p.balances.iter().sum();
            let key = match (*sum == all, glance) {
                (true, true) => "read-whole",
                (true, false) => "audited-whole",
                (false, true) => "read-half",
                (false, false) => "audited-half",
            };
            let tone = if *sum == all { Hue::Good } else { Hue::Bad };
            (key, vec![("sum", (*sum).into()), ("all", all.into())], tone)
        }
        Note::KnownRequest { request, tx } => ("known-request", vec![of(tx), number(*request)], Hue::Good),
        // participant
        Note::Prepares(tx) if p.makes(Mistake::VoteNotForced) => {
            ("prepares-unforced", vec![who, of(tx), own], Hue::Plain)
        }
        Note::Prepares(tx) => ("prepares", vec![who, of(tx), own], Hue::Plain),
        Note::Waits { tx: id, holder } => ("waits", vec![who, of(id), own, ("other", tx(*holder).into())], Hue::Warn),
        Note::VotedYes(tx) if p.makes(Mistake::VoteNotForced) => {
            ("voted-yes-unforced", vec![who, of(tx), own], Hue::Warn)
        }
        Note::VotedYes(tx) => ("voted-yes", vec![who, of(tx), own], Hue::Plain),
        Note::VotedRead(tx) => ("voted-read", vec![who, of(tx), own], Hue::Plain),
        Note::VotedNo { tx: id, why } => {
            let (key, other) = match why {
                Refusal::Told => ("voted-no-told", *id),
                Refusal::Funds => ("voted-no-funds", *id),
                Refusal::Locked(other) => ("voted-no-locked", *other),
            };
            (key, vec![who, of(id), own, ("other", tx(other).into())], Hue::Warn)
        }
        Note::ForcesNo(tx) => ("forces-no", vec![who, of(tx)], Hue::Warn),
        Note::Received(tx) => ("received", vec![who, of(tx)], Hue::Warn),
        Note::IgnoredPrepare(tx) => ("ignored-prepare", vec![who, of(tx)], Hue::Plain),
        Note::Inquired { tx, peers: 0 } => ("inquired", vec![who, of(tx)], Hue::Warn),
        Note::Inquired { tx, .. } => ("inquired-all", vec![who, of(tx)], Hue::Warn),
        Note::PreCommits(tx) => ("pre-commits", vec![who, of(tx)], Hue::Plain),
        Note::PreCommitted(tx) => ("pre-committed", vec![who, of(tx)], Hue::Plain),
        Note::Told { tx, to, standing } => {
            let key = match standing {
                Standing::Uncertain => "told-uncertain",
                Standing::PreCommitted => "told-pre-committed",
                Standing::Recovering => "told-recovering",
            };
            (key, vec![who, of(tx), from(to)], Hue::Plain)
        }
        Note::ToldDecision { tx, to, decision } => {
            ("told-decision", vec![who, of(tx), from(to), word(decision)], tone(decision))
        }
        Note::TakesOver(tx) => ("takes-over", vec![who, of(tx)], Hue::Warn),
        Note::MovesOthers(tx) => ("moves-others", vec![who, of(tx)], Hue::Plain),
        Note::Learned { tx, decision: d } => {
            let key = match (d, forced(*d)) {
                (Decision::Commit, true) => "learned-commit",
                (Decision::Commit, false) => "learned-commit-loose",
                (Decision::Abort, true) => "learned-abort-forced",
                (Decision::Abort, false) => "learned-abort",
            };
            (key, vec![who, of(tx), own, ("commit", decision(*d, lang)), ("abort", decision(*d, lang))], tone(d))
        }
        Note::ForcesAlone { tx, decision, .. } => ("forces-alone", vec![who, of(tx), word(decision)], Hue::Warn),
        Note::DecidedAlone { tx, decision, why } => {
            let key = match why {
                Alone::TimedOut => "alone-timed-out",
                Alone::NotVoted => "alone-not-voted",
                Alone::TookOver => "alone-took-over",
                Alone::Restarted => "alone-restarted",
                Alone::Blindly => "alone-blindly",
                Alone::Operator => "alone-operator",
            };
            let hue = if matches!(why, Alone::NotVoted | Alone::TookOver) { tone(decision) } else { Hue::Bad };
            (key, vec![who, of(tx), own, word(decision)], hue)
        }
        Note::Contradicted { tx, mine, told } => {
            ("contradicted", vec![who, of(tx), ("mine", decision(*mine, lang)), word(told)], Hue::Bad)
        }
        Note::Acked { tx, decision: Decision::Commit } => ("acked", vec![who, of(tx), own], Hue::Good),
        Note::Acked { tx, .. } => ("acked-abort", vec![who, of(tx), own], Hue::Warn),
        Note::AckedAgain(tx) => ("acked-again", vec![who, of(tx)], Hue::Plain),
        Note::NothingPrepared(tx) => ("nothing-prepared", vec![who, of(tx), commit], Hue::Bad),
        Note::RecoveredParticipant { in_doubt, .. } if in_doubt.is_empty() => ("recovered-clean", vec![who], Hue::Good),
        Note::RecoveredParticipant { in_doubt, .. } => ("recovered-doubt", vec![who, list(in_doubt), own], Hue::Warn),
        Note::WillVoteNo(true) => ("will-vote-no", vec![who], Hue::Warn),
        Note::WillVoteNo(false) => ("will-vote-freely", vec![who], Hue::Plain),
        // client
        Note::Ordered(request) => ("ordered", vec![number(*request)], Hue::Plain),
        Note::OrderedAgain(request) => ("ordered-again", vec![number(*request)], Hue::Warn),
        Note::HeardAnswer { request, tx, decision } => {
            ("heard-answer", vec![of(tx), number(*request), word(decision)], tone(decision))
        }
        Note::Rewrote => ("rewrote", vec![who], Hue::Muted),
    };
    (format!("commit.note-{key}"), args, tone)
}

/// Not everybody's vote is waited for.
fn loose(p: &Commit) -> bool {
    [Mistake::FirstVote, Mistake::NoVotes, Mistake::Majority].into_iter().any(|mistake| p.makes(mistake))
}

fn list(ids: &[TxId]) -> (&'static str, Arg) {
    ("list", ids.iter().map(|id| tx(*id)).collect::<Vec<_>>().join(", ").into())
}
