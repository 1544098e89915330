//! What is said of every run.

use super::config::Routing;
use super::stream::tally::{self, Tally};
use super::verdict::Verdict;
use super::view::View;
use super::{Key, State};
use crate::core::cluster::Cluster;
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
        Some(State::Client(client)) if !client.asks => Some((id, client)),
        _ => None,
    };
    let mut clients = p.client_ids().filter_map(knows);
    let (a, first) = clients.next()?;
    let other = clients.find(|(_, client)| (&client.view, client.since) != (&first.view, first.since));
    let (b, second) = other?;
    let built = [first, second].map(|client| p.built(&p.scheme, &client.view, client.since).ok());
    let owners = |key: &Key| [0, 1].map(|n| built[n].as_ref().and_then(|built| built.owner(key.bytes())));
    p.sample.iter().find_map(|key| {
        let servers = owners(key);
        (servers[0] != servers[1]).then(|| Split { key: key.clone(), clients: [a, b], servers })
    })
}

fn judge(broken: bool) -> Judgement {
    if broken { Judgement::Broken } else { Judgement::Fine }
}

/// What the strategy promises of every list and every change.
struct Promise {
    /// The order of the list, and how it came about, make no difference.
    determined: bool,
    /// Only what a node that came or went has to do with moves.
    monotone: bool,
}

fn promise(name: &str) -> Promise {
    let (determined, monotone) = match name {
        "ring" | "rendezvous" | "nginx" => (true, true),
        // The number of a node's points depends on all weights; a key's place depends on all keys.
        "ketama" | "maglev" | "bounded-ring" | "bounded-rendezvous" => (true, false),
        "slots" | "range" => (false, true),
        _ => (false, false),
    };
    Promise { determined, monotone }
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
    let strategy = p.scheme.strategy.name();
    let promise = promise(strategy);
    let promised = |does: bool| if does { anything } else { Worlds::None };
    let monotone = match strategy {
        "jump" => "JUMP-MONOTONE",
        "rendezvous" => "HRW-MONOTONE",
        _ => "RING-MONOTONE",
    };
    let mut all = vec![
        safety("RING-TOTAL", anything, |p, _, ghost| judge(ghost.verdict(p).nowhere.is_some())),
        safety("RING-AGREE", anything, |p, cluster, _| judge(split(p, cluster).is_some())),
        safety("RING-DISTINCT-REPLICAS", anything, |p, _, ghost| judge(ghost.verdict(p).doubled.is_some())),
        safety("RING-DETERMINISM", promised(promise.determined), |p, _, ghost| {
            judge(ghost.verdict(p).undetermined.is_some())
        }),
        safety(monotone, promised(promise.monotone), |p, _, ghost| judge(ghost.verdict(p).needless.is_some())),
    ];
    if strategy == "rendezvous" {
        all.push(safety("HRW-ORDER", anything, |p, _, ghost| judge(ghost.verdict(p).jumped.is_some())));
    }
    // A statistic: of correct placements a few have a share outside its band.
    all.push(safety("RING-BALANCE", Worlds::None, |p, _, ghost| judge(ghost.verdict(p).uneven.is_some())));
    all.extend(tally::properties(p));
    all
}
