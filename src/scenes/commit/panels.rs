//! The commit scene's panels: a node's rows, what can be asked for, what it costs.

use super::CommitScene;
use super::NODES;
use super::words::{account, names, signed, standing, tx};
use crate::core::commit::coordinator::Phase as Asking;
use crate::core::commit::properties::Transaction;
use crate::core::commit::{Commit, Costs, Decision, OnLock, State, Vote};
use crate::core::protocol::NodeId;
use crate::scenes::geometry::fixed;
use crate::scenes::scene::*;
use crate::scenes::staging::{Moment, Staging};
use crate::scenes::text::{say, word};
use crate::sim::simulation::Simulation;

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
                    Asking::Collecting { yes, .. } => {
                        let heard = names(yes, lang);
                        row("commit.row-yes", if yes.is_empty() { dash() } else { heard }, Hue::Plain, false);
                    }
                    Asking::Telling { unacked, .. } | Asking::PreCommitting { unacked, .. } => {
                        row("commit.row-unacked", names(unacked, lang), Hue::Plain, false);
                    }
                    Asking::Asking { lost } => row("commit.row-lost", names(lost, lang), Hue::Plain, false),
                    Asking::Recording { .. } | Asking::PreForcing { .. } | Asking::Forcing { .. } => {}
                }
            }
        }
        Some(State::Participant(p)) => {
            row("commit.row-balance", format!("{} {}", account(node), p.balance()), Hue::Plain, false);
            let held = p.locked().map_or_else(dash, tx);
            row("commit.row-locked", held, if p.locked().is_some() { Hue::Warn } else { Hue::Plain }, true);
            if let Some((id, open)) = p.open.iter().next() {
                row("commit.row-change", format!("{} {}", tx(*id), signed(open.change)), Hue::Plain, true);
            }
            if sim.protocol.on_lock != OnLock::Refuse {
                let queue: Vec<String> = p.waiting.iter().map(|w| tx(w.tx)).collect();
                let words = if queue.is_empty() { dash() } else { queue.join(", ") };
                row("commit.row-queue", words, if queue.is_empty() { Hue::Plain } else { Hue::Warn }, true);
            }
            let key = if p.refuses { "commit.votes-no" } else { "commit.votes-freely" };
            row("commit.row-votes", word(lang, key), if p.refuses { Hue::Bad } else { Hue::Plain }, false);
        }
        Some(State::Client(c)) => {
            let open: Vec<_> = c.waiting.keys().map(|request| format!("#{request}")).collect();
            row("commit.row-waits", if open.is_empty() { dash() } else { open.join(", ") }, Hue::Plain, true);
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
    let minor = |o: Offer| Offer { minor: true, ..o };
    // Of the whole: whoever asks for transfers.
    let at = node.unwrap_or_else(|| p.client().unwrap_or(Commit::COORDINATOR));
    let name = CommitScene::node_name(p, at);
    let fee = fee(p);
    let transfers = || {
        let amount = Some(Amount { value: 20, min: 1, max: 1000, unit: String::new() });
        let line = |from: &str, to: &str| format!("request {name} transfer {from} {to} {{}}{fee}");
        [
            Offer { amount: amount.clone(), ..offer("commit.offer-transfer", line("north", "east")) },
            Offer { amount, ..offer("commit.offer-transfer-back", line("east", "north")) },
        ]
    };
    let reading = || {
        [
            minor(offer("commit.offer-audit", "request coordinator audit".to_owned())),
            minor(offer("commit.offer-glance", "request coordinator glance".to_owned())),
        ]
    };
    match sim.cluster.state(at) {
        Some(State::Coordinator(_)) if sim.cluster.runs(at) => {
            let disk = node.map(|_| minor(offer("commit.offer-disk", "crash coordinator disk".to_owned())));
            transfers().into_iter().chain(reading()).chain(disk).collect()
        }
        Some(State::Client(_)) if sim.cluster.runs(at) => {
            let reads = sim.cluster.runs(Commit::COORDINATOR) && node.is_none();
            transfers().into_iter().chain(reading().into_iter().filter(|_| reads)).collect()
        }
        Some(State::Participant(s)) if sim.cluster.runs(at) => {
            let (key, switch) = if s.refuses { ("commit.offer-freely", "off") } else { ("commit.offer-no", "on") };
            let mut list = vec![offer(key, format!("request {name} vote-no {switch}"))];
            if s.in_doubt().next().is_some() {
                list.push(minor(offer("commit.offer-heuristic-commit", format!("request {name} heuristic commit"))));
                list.push(minor(offer("commit.offer-heuristic-abort", format!("request {name} heuristic abort"))));
            }
            list
        }
        _ => Vec::new(),
    }
}

/// In a transfer, the others take a fee, so that every bank takes part.
pub fn fee(p: &Commit) -> String {
    let others: Vec<&str> = NODES.iter().take(p.balances.len() + 1).skip(3).copied().collect();
    match (others.is_empty(), p.read_only) {
        (true, _) => String::new(),
        // They look on: their accounts do not change.
        (false, true) => format!(" fee {} 0", others.join(",")),
        (false, false) => format!(" fee {} 1", others.join(",")),
    }
}

/// Messages, records and forced writes of the latest transaction beside the formulas; then what waiting costs.
pub fn figures(moment: &Moment<CommitScene>, lang: Lang) -> Vec<Figure> {
    let plain =
        |key: &str, value: String, note: String| Figure { words: word(lang, key), value, note, looked_up: false };
    let past = moment.past;
    let mut list = Vec::new();
    if let Some(t) = moment.sim.ghost.transactions.last() {
        let (id, spent) = (t.tx, &past.spent);
        let p = moment.sim.protocol.as_ref();
        let note = |part: &str, of: fn(&Costs) -> u32| {
            let Some((name, costs)) = formula(p, t) else { return String::new() };
            let recipe = super::recipe(p.variant);
            let n = t.parts.len();
            let args = [("n", n.into()), ("total", of(&costs).into()), ("r", readers(t).into())];
            let formula = word(lang, &format!("commit.formula-{recipe}-{name}-{part}"));
            let derived =
                Costs::is_derived(p.variant, if name == "commit" { Decision::Commit } else { Decision::Abort });
            let key = match (readers(t) > 0, derived) {
                (true, _) => "commit.formula-read",
                (false, true) => "commit.formula-derived",
                (false, false) => "commit.formula",
            };
            say(lang, key, &[&args[..], &[("formula", formula.into())]].concat())
        };
        let figure = |key: &str, value: u32, note: String| Figure {
            words: say(lang, key, &[("tx", tx(id).into())]),
            value: value.to_string(),
            note,
            looked_up: false,
        };
        list.push(figure("commit.figure-messages", spent.messages, note("messages", |c| c.messages)));
        list.push(figure("commit.figure-records", spent.records, note("records", |c| c.records)));
        list.push(figure("commit.figure-forced", spent.forced, note("forced", |c| c.forced)));
        list.push(figure("commit.figure-extra", spent.extra, word(lang, "commit.figure-extra-note")));
    }
    let now = moment.sim.now;
    if past.committed + past.aborted > 0 {
        let per_second = f64::from(past.committed) * 1e6 / now.max(1) as f64;
        list.push(plain("commit.figure-ended", format!("{} / {}", past.committed, past.aborted), String::new()));
        let value = fixed(per_second, 2).to_string();
        list.push(plain("commit.figure-throughput", value, word(lang, "commit.figure-throughput-note")));
    }
    let doubt = past.doubt_until(now);
    if doubt > 0 {
        let seconds = fixed(doubt as f64 / 1e6, 1).to_string();
        list.push(plain("commit.figure-doubt", seconds, word(lang, "commit.figure-seconds")));
    }
    list
}

fn readers(t: &Transaction) -> u32 {
    t.parts.iter().filter(|part| part.voted == Some(Vote::Read)).count() as u32
}

/// What it will cost if no fault comes in between; `None` after one: no formula counts that.
fn formula(p: &Commit, t: &Transaction) -> Option<(&'static str, Costs)> {
    if !p.is_counted() {
        return None;
    }
    let n = t.parts.len() as u32;
    let refusals = t.parts.iter().filter(|part| part.voted == Some(Vote::No)).count();
    match (refusals, t.decided) {
        (0, Some(Decision::Abort)) => None,
        (0, _) => Some(("commit", Costs::of_commit(p.variant, n, readers(t)))),
        (1, _) => Some(("abort", Costs::of_abort(p.variant, n, readers(t)))),
        _ => None,
    }
}
