//! The commit scene in words: names, messages, rows, offers, numbers. Sentences are next door.

use super::{ACCOUNTS, CommitScene, NODES};
use crate::core::commit::coordinator::Phase as Asking;
use crate::core::commit::participant::Phase;
use crate::core::commit::properties::Transaction;
use crate::core::commit::{Commit, Costs, Decision, Msg, Record, State, TxId, Vote};
use crate::core::protocol::NodeId;
use crate::scenes::scene::*;
use crate::scenes::staging::{MessageLook, Moment, Staging};
use crate::scenes::text::{say, word};
use crate::sim::simulation::Simulation;

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

/// "Bank North".
pub fn name(node: NodeId, lang: Lang) -> String {
    NODES.get(node.0 as usize).map_or_else(String::new, |n| word(lang, &format!("commit.node-{n}")))
}

/// "North".
pub fn short(node: NodeId, lang: Lang) -> String {
    NODES.get(node.0 as usize).map_or_else(String::new, |n| word(lang, &format!("commit.short-{n}")))
}

/// "North, East".
pub fn names<'a>(nodes: impl IntoIterator<Item = &'a NodeId>, lang: Lang) -> String {
    let comma = word(lang, "commit.comma");
    nodes.into_iter().map(|id| short(*id, lang)).collect::<Vec<_>>().join(&comma)
}

pub fn lanes(p: &Commit, lang: Lang) -> Vec<Lane> {
    let nodes = std::iter::once(Commit::COORDINATOR).chain(p.participants());
    let lane = |id: NodeId| Lane { node: id.0, name: name(id, lang), short: short(id, lang), hue: Hue::Plain };
    nodes.map(lane).collect()
}

/// A message's colour is its meaning: a promise, a refusal, a decision, a question.
pub fn message(msg: &Msg) -> MessageLook {
    let look = |verb: &str, id: &TxId, hue, reply| MessageLook { words: format!("{verb} {}", tx(*id)), hue, reply };
    match msg {
        Msg::Prepare { tx: id, change } => {
            let words = format!("PREPARE {} · {}", tx(*id), signed(*change));
            MessageLook { words, hue: Hue::Accent, reply: None }
        }
        Msg::Vote { tx, vote: Vote::Yes } => look("YES", tx, Hue::Good, Some(true)),
        Msg::Vote { tx, vote: Vote::No } => look("NO", tx, Hue::Bad, Some(false)),
        Msg::Decide { tx, decision: Decision::Commit } => look("COMMIT", tx, Hue::Good, None),
        Msg::Decide { tx, decision: Decision::Abort } => look("ABORT", tx, Hue::Bad, None),
        Msg::Ack(tx) => look("ACK", tx, Hue::Muted, None),
        Msg::Inquire(tx) => look("INQUIRE", tx, Hue::Warn, None),
    }
}

/// A record of a log; `brief` where there is little room, `tiny` where there is hardly any.
pub fn record(record: &Record, brief: bool, tiny: bool, lang: Lang) -> (String, Hue) {
    match record {
        Record::Prepared { tx: id, .. } if tiny => (format!("prep {}", tx(*id)), Hue::Accent),
        Record::Balance { balance, .. } if tiny => (format!("bal. {balance}"), Hue::Plain),
        Record::Prepared { tx: id, .. } if brief => (format!("prepared {}", tx(*id)), Hue::Accent),
        Record::Prepared { tx: id, change, .. } => (format!("prepared {} · {}", tx(*id), signed(*change)), Hue::Accent),
        Record::Committed(id) => (format!("commit {}", tx(*id)), Hue::Good),
        Record::Aborted(id) => (format!("abort {}", tx(*id)), Hue::Bad),
        Record::Balance { balance, .. } => (format!("balance {balance}"), Hue::Plain),
        Record::Commit { tx: id, participants } => {
            let initials: Vec<_> = participants.iter().map(|id| word(lang, &initial(*id))).collect();
            (format!("commit {} · {}", tx(*id), initials.join(",")), Hue::Good)
        }
        Record::End(id) => (format!("end {}", tx(*id)), Hue::Muted),
        Record::Ended(count) => (format!("ended · {count}"), Hue::Plain),
    }
}

fn initial(node: NodeId) -> String {
    format!("commit.initial-{}", NODES.get(node.0 as usize).copied().unwrap_or_default())
}

/// What a node is doing, in two words, and the colour of that.
pub fn standing(sim: &Simulation<Commit>, node: NodeId, lang: Lang) -> (String, Hue) {
    let (key, hue) = match sim.cluster.state(node) {
        None => ("common.down", Hue::Bad),
        Some(State::Coordinator(c)) => match c.open.values().map(|open| &open.phase).next_back() {
            None => ("commit.standing-idle", Hue::Muted),
            Some(Asking::Collecting { .. }) => ("commit.standing-collecting", Hue::Accent),
            Some(Asking::Forcing { .. }) => ("commit.standing-forcing", Hue::Good),
            Some(Asking::Telling { .. }) => ("commit.standing-telling", Hue::Good),
        },
        Some(State::Participant(p)) => match p.open.values().map(|open| &open.phase).next() {
            Some(Phase::Preparing { .. }) => ("commit.standing-preparing", Hue::Accent),
            Some(Phase::Prepared { .. }) => ("commit.standing-doubt", Hue::Warn),
            Some(Phase::Committing { .. }) => ("commit.standing-forcing", Hue::Good),
            None => match super::bars::latest(sim, node) {
                Some(Decision::Commit) => ("commit.standing-committed", Hue::Good),
                Some(Decision::Abort) => ("commit.standing-aborted", Hue::Bad),
                None => ("commit.standing-idle", Hue::Muted),
            },
        },
    };
    (word(lang, key), hue)
}

pub fn inspect(sim: &Simulation<Commit>, node: NodeId, lang: Lang) -> Vec<(String, Text, bool)> {
    let mut rows = Vec::new();
    let mut row = |key: &str, words: String, hue: Hue, mono: bool| {
        rows.push((word(lang, key), Text { words, hue, ..Text::default() }, mono));
    };
    let dash = || "—".to_owned();
    let (words, hue) = standing(sim, node, lang);
    row("commit.row-state", words, hue, false);
    match sim.cluster.state(node) {
        Some(State::Coordinator(c)) => {
            let open: Vec<_> = c.open.keys().map(|id| tx(*id)).collect();
            row("commit.row-open", if open.is_empty() { dash() } else { open.join(", ") }, Hue::Plain, true);
            for open in c.open.values() {
                match &open.phase {
                    Asking::Collecting { yes } => {
                        let heard = names(yes, lang);
                        row("commit.row-yes", if yes.is_empty() { dash() } else { heard }, Hue::Plain, false);
                    }
                    Asking::Telling { unacked } => row("commit.row-unacked", names(unacked, lang), Hue::Plain, false),
                    Asking::Forcing { .. } => {}
                }
            }
        }
        Some(State::Participant(p)) => {
            row("commit.row-balance", format!("{} {}", account(node), p.balance), Hue::Plain, false);
            let held = p.locked.map_or_else(dash, tx);
            row("commit.row-locked", held, if p.locked.is_some() { Hue::Warn } else { Hue::Plain }, true);
            if let Some((id, open)) = p.open.iter().next() {
                row("commit.row-change", format!("{} {}", tx(*id), signed(open.change)), Hue::Plain, true);
            }
            let key = if p.refuses { "commit.votes-no" } else { "commit.votes-freely" };
            row("commit.row-votes", word(lang, key), if p.refuses { Hue::Bad } else { Hue::Plain }, false);
        }
        None => row("commit.row-memory", word(lang, "commit.memory-lost"), Hue::Muted, false),
    }
    let disk = sim.cluster.node(node);
    let args = [("all", disk.log.len().into()), ("forced", disk.durable.into())];
    row("commit.row-log", say(lang, "commit.log", &args), Hue::Plain, false);
    rows
}

pub fn offers(sim: &Simulation<Commit>, node: Option<NodeId>, lang: Lang) -> Vec<Offer> {
    let p = sim.protocol.as_ref();
    let offer = |key: &str, line: String| Offer { words: word(lang, key), line, key: None, amount: None, minor: false };
    let node = node.unwrap_or(Commit::COORDINATOR);
    match sim.cluster.state(node) {
        Some(State::Coordinator(_)) if sim.cluster.runs(node) => {
            // The others take a fee, so that every bank takes part.
            let others: Vec<&str> = NODES.iter().take(p.balances.len() + 1).skip(3).copied().collect();
            let fee = if others.is_empty() { String::new() } else { format!(" fee {} 1", others.join(",")) };
            let amount = Some(Amount { value: 20, min: 1, max: 1000, unit: String::new() });
            let line = |from: &str, to: &str| format!("request coordinator transfer {from} {to} {{}}{fee}");
            vec![
                Offer { amount: amount.clone(), ..offer("commit.offer-transfer", line("north", "east")) },
                Offer { amount, ..offer("commit.offer-transfer-back", line("east", "north")) },
            ]
        }
        Some(State::Participant(s)) if sim.cluster.runs(node) => {
            let (key, switch) = if s.refuses { ("commit.offer-freely", "off") } else { ("commit.offer-no", "on") };
            vec![offer(key, format!("request {} vote-no {switch}", CommitScene::node_name(p, node)))]
        }
        _ => Vec::new(),
    }
}

/// What one transaction has cost so far.
/// Messages and forced writes of the latest transaction beside the formulas.
pub fn figures(moment: &Moment<CommitScene>, lang: Lang) -> Vec<Figure> {
    let Some(t) = moment.sim.ghost.transactions.last() else { return Vec::new() };
    let (id, spent) = (t.tx, &moment.past.spent);
    let figure = |key: &str, value: u32, note: String| Figure {
        words: say(lang, key, &[("tx", tx(id).into())]),
        value: value.to_string(),
        note,
        looked_up: false,
    };
    let note = |part: &str, of: fn(&Costs) -> u32| {
        let Some((name, costs)) = formula(t) else { return String::new() };
        let args = [("n", t.parts.len().into()), ("total", of(&costs).into())];
        say(lang, &format!("commit.formula-{name}-{part}"), &args)
    };
    vec![
        figure("commit.figure-messages", spent.messages, note("messages", |c| c.messages)),
        figure("commit.figure-forced", spent.forced, note("forced", |c| c.forced)),
        figure("commit.figure-extra", spent.extra, word(lang, "commit.figure-extra-note")),
    ]
}

/// What it will cost if no fault comes in between; `None` after one: no formula counts that.
fn formula(t: &Transaction) -> Option<(&'static str, Costs)> {
    let n = t.parts.len() as u32;
    let refusals = t.parts.iter().filter(|part| part.voted == Some(Vote::No)).count();
    match (refusals, t.decided) {
        (0, Some(Decision::Abort)) => None,
        (0, _) => Some(("commit", Costs::of_commit(n))),
        (1, _) => Some(("abort", Costs::of_abort(n))),
        _ => None,
    }
}
