//! Why each property stands as it does.

use super::CommitScene;
use super::words::{name, names, tx};
use crate::core::commit::properties::{Ghost, Transaction, blocked, deadlock, in_doubt, money};
use crate::core::commit::{Commit, Decision};
use crate::core::protocol::{Judgement, NodeId};
use crate::scenes::scene::*;
use crate::scenes::staging::Moment;
use crate::scenes::text::{Arg, say};

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
            let waiting: Vec<NodeId> = blocked(p, &sim.cluster).into_iter().map(|(node, _)| node).collect();
            vec![("who", names(&waiting, lang).into())]
        }
        "NO-DEADLOCK" => {
            let circle: Vec<String> = deadlock(&sim.cluster).into_iter().map(tx).collect();
            vec![("list", circle.join(", ").into())]
        }
        "SEES-WHOLE" => {
            let all: u32 = p.balances.iter().sum();
            vec![("sum", sim.ghost.half_read.unwrap_or(all).into()), ("all", all.into())]
        }
        "ONCE" => sim
            .ghost
            .doubled
            .map_or_else(Vec::new, |(request, id)| vec![("request", u32::from(request).into()), ("tx", tx(id).into())]),
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
