//! What a lesson may ask about a commit: who decided what, what is on whose disk, whether the money is all there.

use super::{CommitScene, words};
use crate::core::commit::ledger::Ledger;
use crate::core::commit::{Commit, Decision, Record};
use crate::core::protocol::NodeId;
use crate::scenes::lesson::{Choice, Fact};
use crate::scenes::scene::Lang;
use crate::scenes::staging::{Moment, Staging};
use crate::scenes::text::word;

/// `decision NODE`: what its log says of the latest transaction, in memory and on disk; `log NODE`: the latest record that is
/// on its disk; `money`: all balances together, beside what there was at the start.
pub fn fact(moment: &Moment<CommitScene>, asked: &[&str], lang: Lang) -> Option<Fact> {
    let (p, cluster) = (moment.sim.protocol.as_ref(), &moment.sim.cluster);
    let node = |name: &str| {
        let all = words::lanes(p, lang).into_iter().map(|lane| NodeId(lane.node));
        all.into_iter().find(|id| CommitScene::node_name(p, *id) == name)
    };
    let among = |value: &str, all: &[&str]| {
        let choice =
            |value: &&str| Choice { value: (*value).to_owned(), words: word(lang, &format!("commit.fact-{value}")) };
        Some(Fact { value: value.to_owned(), choices: all.iter().map(choice).collect() })
    };
    match asked {
        ["decision", name] => {
            let id = node(name)?;
            let log = &cluster.node(id).log;
            let value = if id == Commit::COORDINATOR {
                match log.iter().rev().find(|r| matches!(r, Record::Commit { .. } | Record::Abort { .. })) {
                    Some(Record::Commit { .. }) => "commit",
                    Some(_) => "abort",
                    None => match moment.sim.ghost.transactions.last().and_then(|t| t.decided) {
                        Some(decision) => said(decision),
                        None => "nothing",
                    },
                }
            } else {
                let ledger = Ledger::read(p, id, log);
                let doubt = ledger.in_doubt.keys().next().is_some();
                if doubt { "doubt" } else { ledger.closed.last().map_or("nothing", |(_, decision)| said(*decision)) }
            };
            among(value, &["commit", "abort", "doubt", "nothing"])
        }
        ["log", name] => {
            let id = node(name)?;
            let state = cluster.node(id);
            let value = state.log.iter().take(state.durable as usize).next_back().map_or("nothing", record);
            let all: &[&str] = if id == Commit::COORDINATOR {
                &["nothing", "commit-record", "abort-record", "end-record"]
            } else {
                &["nothing", "prepared-record", "commit-record", "abort-record"]
            };
            let unlisted = [value];
            among(value, if all.contains(&value) { all } else { &unlisted })
        }
        ["money"] => {
            let balance = |id: NodeId| u64::from(Ledger::read(p, id, &cluster.node(id).log).balance);
            let now: u64 = p.participants().map(balance).sum();
            let before: u64 = p.balances.iter().map(|b| u64::from(*b)).sum();
            let value = match now.cmp(&before) {
                std::cmp::Ordering::Less => "less",
                std::cmp::Ordering::Equal => "all",
                std::cmp::Ordering::Greater => "more",
            };
            among(value, &["all", "less", "more"])
        }
        ["commits"] => {
            let all = &moment.sim.ghost.transactions;
            let value = match all.iter().filter(|t| t.decided == Some(Decision::Commit)).count() {
                0 => "none",
                1 => "one",
                2 => "two",
                _ => "several",
            };
            among(value, &["none", "one", "two", "several"])
        }
        _ => None,
    }
}

fn said(decision: Decision) -> &'static str {
    match decision {
        Decision::Commit => "commit",
        Decision::Abort => "abort",
    }
}

fn record(record: &Record) -> &'static str {
    match record {
        Record::Prepared { .. } | Record::PreCommit { .. } | Record::Collecting { .. } => "prepared-record",
        Record::Committed(_) | Record::Commit { .. } => "commit-record",
        Record::Aborted(_) | Record::Abort { .. } => "abort-record",
        Record::Balance { .. } | Record::End(_) | Record::Ended { .. } | Record::Asked(_) => "end-record",
    }
}
