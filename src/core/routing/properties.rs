//! What is said of every run.

use super::config::Routing;
use super::stream::tally::{self, Tally};
use super::verdict::Verdict;
use super::view::View;
use super::{Key, State};
use crate::core::cluster::Cluster;
use crate::core::placement::scheme::Strategy;
use crate::core::protocol::{Judgement, Kind, NodeId, Property, World, Worlds};
use std::sync::Arc;

/// History that only properties read.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Ghost {
    /// The latest change of the list.
    pub change: Option<(Arc<View>, Arc<View>)>,
    /// Empty without a stream of requests.
    pub stream: Tally,
}

impl Ghost {
    /// What is to be said of the latest change, or of the list at the start.
    pub fn verdict(&self, p: &Routing) -> Arc<Verdict> {
        match &self.change {
            Some((before, after)) => p.verdict(before, after),
            None => p.verdict(&p.initial, &p.initial),
        }
    }
}

/// Two clients that send a key to different servers, though no change is under way.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Split {
    pub key: Key,
    pub clients: [NodeId; 2],
    pub servers: [Option<u16>; 2],
}

/// The first such pair and key, if there are any.
pub fn split(p: &Routing, cluster: &Cluster<Routing>) -> Option<Split> {
    // Whoever has not been told yet may go by an older list.
    if !matches!(cluster.state(p.directory()), Some(State::Directory(directory)) if directory.untold.is_empty()) {
        return None;
    }
    let knows = |id: NodeId| match cluster.state(id) {
        Some(State::Client(client)) if client.asks == 0 => Some((id, client)),
        _ => None,
    };
    let mut clients = p.client_ids().filter_map(knows);
    let (a, first) = clients.next()?;
    let other = clients.find(|(id, client)| {
        (&client.view, client.since, p.scheme_of(*id)) != (&first.view, first.since, p.scheme_of(a))
    });
    let (b, second) = other?;
    let built = [(a, first), (b, second)].map(|(id, client)| p.built(p.scheme_of(id), &client.view, client.since).ok());
    let owners = |key: &Key| [0, 1].map(|n| built[n].as_ref().and_then(|built| built.owner(key.bytes())));
    p.sample.iter().find_map(|key| {
        let servers = owners(key);
        (servers[0] != servers[1]).then(|| Split { key: key.clone(), clients: [a, b], servers })
    })
}

fn judge(broken: bool) -> Judgement {
    if broken { Judgement::Broken } else { Judgement::Fine }
}

/// What the strategy promises of every list and every change: that the order of the list and how it came about make no
/// difference, and that only what a node that came or went has to do with moves.
fn promise(strategy: Strategy) -> (bool, bool) {
    let determined = !strategy.takes_order() && !strategy.takes_history();
    // Ketama's points of a node depend on all weights, under a bound a key's place on all keys.
    let monotone =
        matches!(strategy, Strategy::Ring | Strategy::Rendezvous | Strategy::Nginx | Strategy::Slots | Strategy::Range);
    (determined, monotone)
}

/// The properties, with the worlds in which this configuration promises each.
pub fn all(p: &Routing) -> Vec<Property<Routing>> {
    let safety = |name, promised, judge: fn(&Routing, &Cluster<Routing>, &Ghost) -> Judgement| Property {
        name,
        kind: Kind::Safety,
        promised,
        judge,
    };
    let anything = Worlds::UpTo(World::Anything);
    let strategy = p.scheme.strategy;
    let (determined, monotone) = promise(strategy);
    let promised = |does: bool| if does { anything } else { Worlds::None };
    let moves = match strategy {
        Strategy::Rendezvous => "HRW-MONOTONE",
        _ => "RING-MONOTONE",
    };
    let mut all = vec![
        safety("RING-TOTAL", anything, |p, _, ghost| judge(ghost.verdict(p).nowhere.is_some())),
        safety("RING-AGREE", anything, |p, cluster, _| judge(split(p, cluster).is_some())),
        safety("RING-DISTINCT-REPLICAS", anything, |p, _, ghost| judge(ghost.verdict(p).doubled.is_some())),
        safety("RING-DETERMINISM", promised(determined), |p, _, ghost| judge(ghost.verdict(p).undetermined.is_some())),
        safety(moves, promised(monotone), |p, _, ghost| judge(ghost.verdict(p).needless.is_some())),
    ];
    all.extend(match strategy {
        Strategy::Rendezvous => {
            vec![safety("HRW-ORDER", anything, |p, _, ghost| judge(ghost.verdict(p).jumped.is_some()))]
        }
        Strategy::Jump => {
            vec![safety("JUMP-MONOTONE", anything, |p, _, ghost| judge(ghost.verdict(p).stepped.is_some()))]
        }
        Strategy::Maglev => {
            vec![safety("MAGLEV-BALANCE", anything, |p, _, ghost| judge(ghost.verdict(p).slots.is_some()))]
        }
        Strategy::BoundedRing | Strategy::BoundedRendezvous => vec![
            safety("BOUND-CAP", anything, |p, _, ghost| judge(ghost.verdict(p).over.is_some())),
            safety("BOUND-STOP", anything, |p, _, ghost| judge(ghost.verdict(p).passed.is_some())),
        ],
        _ => Vec::new(),
    });
    // A statistic: of correct placements a few have a share outside its band.
    all.push(safety("RING-BALANCE", Worlds::None, |p, _, ghost| judge(ghost.verdict(p).uneven.is_some())));
    all.extend(tally::properties(p));
    all
}
