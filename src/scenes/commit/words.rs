//! The commit scene in words: names, messages, records, standings. Sentences and panels are next door.

use super::{ACCOUNTS, NODES};
use crate::core::commit::coordinator::Phase as Asking;
use crate::core::commit::participant::Phase;
use crate::core::commit::{Commit, Decision, Msg, Record, Standing, State, TxId, Vote};
use crate::core::protocol::NodeId;
use crate::scenes::scene::*;
use crate::scenes::staging::MessageLook;
use crate::scenes::text::word;
use crate::sim::simulation::Simulation;

/// Stands for the client, whose number depends on how many banks there are.
const CLIENT: NodeId = NodeId(u16::MAX);

/// `T3`; `T1.2` after the coordinator's first restart: a name is never used twice.
pub fn tx(tx: TxId) -> String {
    if tx.epoch == 0 { format!("T{}", tx.number) } else { format!("T{}.{}", tx.epoch, tx.number) }
}

/// `−20`, `+19`.
pub fn signed(change: i32) -> String {
    if change < 0 { format!("\u{2212}{}", change.unsigned_abs()) } else { format!("+{change}") }
}

pub fn account(node: NodeId) -> &'static str {
    (node.0 as usize).checked_sub(1).and_then(|n| ACCOUNTS.get(n)).copied().unwrap_or("")
}

/// The key of a node's name: the client is whoever comes after the banks.
fn key(node: NodeId) -> &'static str {
    NODES.get(node.0 as usize).copied().unwrap_or("client")
}

/// "Bank North".
pub fn name(node: NodeId, lang: Lang) -> String {
    word(lang, &format!("commit.node-{}", key(node)))
}

/// "North".
pub fn short(node: NodeId, lang: Lang) -> String {
    word(lang, &format!("commit.short-{}", key(node)))
}

/// "North, East".
pub fn names<'a>(nodes: impl IntoIterator<Item = &'a NodeId>, lang: Lang) -> String {
    let comma = word(lang, "commit.comma");
    nodes.into_iter().map(|id| short(*id, lang)).collect::<Vec<_>>().join(&comma)
}

/// Under which number a node's names are found.
pub fn word_of(p: &Commit, id: NodeId) -> NodeId {
    if Some(id) == p.client() { CLIENT } else { id }
}

pub fn lanes(p: &Commit, lang: Lang) -> Vec<Lane> {
    let nodes = std::iter::once(Commit::COORDINATOR).chain(p.participants()).chain(p.client());
    let lane = |id: NodeId| {
        let called = word_of(p, id);
        Lane { node: id.0, name: name(called, lang), short: short(called, lang), hue: Hue::Plain }
    };
    nodes.map(lane).collect()
}

/// A message's colour is its meaning: a promise, a refusal, a decision, a question.
pub fn message(p: &Commit, msg: &Msg) -> MessageLook {
    let plain = |words: String, hue| MessageLook { words, hue, reply: None };
    let look = |verb: &str, id: &TxId, hue, reply| MessageLook { words: format!("{verb} {}", tx(*id)), hue, reply };
    let three = p.variant.three_phases();
    match msg {
        Msg::Prepare { tx: id, change, .. } => {
            let verb = if three { "CAN-COMMIT" } else { "PREPARE" };
            plain(format!("{verb} {} · {}", tx(*id), signed(*change)), Hue::Accent)
        }
        Msg::Vote { tx, vote: Vote::Yes, .. } => look("YES", tx, Hue::Good, Some(true)),
        Msg::Vote { tx, vote: Vote::No, .. } => look("NO", tx, Hue::Bad, Some(false)),
        Msg::Vote { tx, vote: Vote::Read, .. } => look("READ", tx, Hue::Muted, Some(true)),
        Msg::Vote { tx, vote: Vote::Received, .. } => look("RECEIVED", tx, Hue::Warn, None),
        Msg::PreCommit(tx) => look("PRE-COMMIT", tx, Hue::Accent, None),
        Msg::PreAck(tx) => look("ACK-PRE", tx, Hue::Muted, Some(true)),
        Msg::Decide { tx, decision: Decision::Commit } if three => look("DO-COMMIT", tx, Hue::Good, None),
        Msg::Decide { tx, decision: Decision::Commit } => look("COMMIT", tx, Hue::Good, None),
        Msg::Decide { tx, decision: Decision::Abort } => look("ABORT", tx, Hue::Bad, None),
        Msg::Ack(tx) => look("ACK", tx, Hue::Muted, None),
        Msg::Inquire(tx) => look("INQUIRE", tx, Hue::Warn, None),
        Msg::Ask(tx) => look("HOW?", tx, Hue::Warn, None),
        Msg::Standing { tx, standing: Standing::Uncertain } => look("UNCERTAIN", tx, Hue::Warn, None),
        Msg::Standing { tx, standing: Standing::PreCommitted } => look("PRE-COMMITTED", tx, Hue::Accent, None),
        Msg::Standing { tx, standing: Standing::Recovering } => look("RESTARTED", tx, Hue::Warn, None),
        Msg::Glance(_) => plain("READ".to_owned(), Hue::Plain),
        Msg::Seen { balance, .. } => plain(format!("= {balance}"), Hue::Plain),
        Msg::Order { request, .. } => plain(format!("PAY #{request}"), Hue::Plain),
        Msg::Answer { request, decision: Decision::Commit, .. } => plain(format!("PAID #{request}"), Hue::Good),
        Msg::Answer { request, .. } => plain(format!("FAILED #{request}"), Hue::Bad),
    }
}

/// A record of a log; `brief` where there is little room, `tiny` where there is hardly any.
pub fn record(record: &Record, brief: bool, tiny: bool, lang: Lang) -> (String, Hue) {
    let with = |verb: &str, id: &TxId, participants: &[NodeId], hue| {
        let initials: Vec<_> = participants.iter().map(|id| word(lang, &initial(*id))).collect();
        let whom = if initials.is_empty() { String::new() } else { format!(" · {}", initials.join(",")) };
        (format!("{verb} {}{whom}", tx(*id)), hue)
    };
    match record {
        Record::Prepared { tx: id, .. } if tiny => (format!("prep {}", tx(*id)), Hue::Accent),
        Record::Balance { balance, .. } if tiny => (format!("bal. {balance}"), Hue::Plain),
        Record::PreCommit { tx: id, .. } if tiny => (format!("pre-c {}", tx(*id)), Hue::Accent),
        Record::Prepared { tx: id, .. } if brief => (format!("prepared {}", tx(*id)), Hue::Accent),
        Record::Prepared { tx: id, change, .. } => (format!("prepared {} · {}", tx(*id), signed(*change)), Hue::Accent),
        Record::Committed(id) => (format!("commit {}", tx(*id)), Hue::Good),
        Record::Aborted(id) => (format!("abort {}", tx(*id)), Hue::Bad),
        Record::Balance { balance, .. } => (format!("balance {balance}"), Hue::Plain),
        Record::Collecting { tx, participants } => with("collecting", tx, participants, Hue::Accent),
        Record::PreCommit { tx, participants, .. } => with("pre-commit", tx, participants, Hue::Accent),
        Record::Commit { tx, participants, .. } => with("commit", tx, participants, Hue::Good),
        Record::Abort { tx, participants } => with("abort", tx, participants, Hue::Bad),
        Record::End(id) => (format!("end {}", tx(*id)), Hue::Muted),
        Record::Ended { count, .. } => (format!("ended · {count}"), Hue::Plain),
        Record::Asked(number) => (format!("asked #{number}"), Hue::Plain),
    }
}

fn initial(node: NodeId) -> String {
    format!("commit.initial-{}", key(node))
}

/// What a node is doing, in two words, and the colour of that.
pub fn standing(sim: &Simulation<Commit>, node: NodeId, lang: Lang) -> (String, Hue) {
    let (key, hue) = match sim.cluster.state(node) {
        None => ("common.down", Hue::Bad),
        Some(State::Coordinator(c)) => match c.open.values().map(|open| &open.phase).next_back() {
            None => ("commit.standing-idle", Hue::Muted),
            Some(Asking::Recording { .. }) => ("commit.standing-recording", Hue::Accent),
            Some(Asking::Collecting { .. }) => ("commit.standing-collecting", Hue::Accent),
            Some(Asking::PreForcing { .. } | Asking::PreCommitting { .. }) => {
                ("commit.standing-pre-commit", Hue::Accent)
            }
            Some(Asking::Asking { .. }) => ("commit.standing-asking", Hue::Warn),
            Some(Asking::Forcing { abort: None, .. }) => ("commit.standing-forcing", Hue::Good),
            Some(Asking::Forcing { .. }) => ("commit.standing-forcing-abort", Hue::Bad),
            Some(Asking::Telling { decision: Decision::Commit, .. }) => ("commit.standing-telling", Hue::Good),
            Some(Asking::Telling { .. }) => ("commit.standing-telling-abort", Hue::Bad),
        },
        Some(State::Participant(p)) => match p.open.values().map(|open| &open.phase).next() {
            Some(Phase::Preparing { .. }) => ("commit.standing-preparing", Hue::Accent),
            Some(Phase::Prepared { .. }) => ("commit.standing-doubt", Hue::Warn),
            Some(Phase::PreCommitting { .. } | Phase::PreCommitted { .. }) => {
                ("commit.standing-pre-committed", Hue::Accent)
            }
            Some(Phase::Ending { decision: Decision::Commit, .. }) => ("commit.standing-forcing", Hue::Good),
            Some(Phase::Ending { .. }) => ("commit.standing-forcing-abort", Hue::Bad),
            None => match super::bars::latest(sim, node) {
                Some(Decision::Commit) => ("commit.standing-committed", Hue::Good),
                Some(Decision::Abort) => ("commit.standing-aborted", Hue::Bad),
                None => ("commit.standing-idle", Hue::Muted),
            },
        },
        Some(State::Client(c)) if c.waiting.is_empty() => ("commit.standing-idle", Hue::Muted),
        Some(State::Client(_)) => ("commit.standing-waiting", Hue::Accent),
    };
    (word(lang, key), hue)
}
