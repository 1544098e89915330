//! The mistake's shortest counterexamples, and the waiting that is no mistake.

use super::with_mistake;
use faultline::check::choices::Recorded;
use faultline::check::model::{Budgets, ClusterModel, Move};
use faultline::check::search::{Search, Verdict};
use faultline::core::cluster::{Action, Cluster, Outage, Trip, remember};
use faultline::core::commit::properties::{Ghost, in_doubt};
use faultline::core::commit::{Commit, Msg, Vote};
use faultline::core::protocol::{Judgement, NodeId, Protocol, World};

const ONE_CRASH: Budgets = Budgets { crashes: 1, drops: 0, dups: 0, pauses: 0, clock_steps: 0, cuts: 0 };

fn shortest(protocol: &Commit, world: World, budgets: Budgets, property: &'static str) -> Vec<Move<Commit>> {
    let model = ClusterModel::new(protocol.clone(), world, budgets, Commit::TICK, Some(property));
    match Search::new(&model).run(2_000_000) {
        Verdict::Violated { property: found, path, .. } => {
            assert_eq!(found, property);
            path
        }
        verdict => panic!("{property}: {verdict:?}"),
    }
}

/// Plays moves; the cluster, its history and one word for each event.
fn play(p: &Commit, path: &[Move<Commit>]) -> (Cluster<Commit>, Ghost, Vec<String>) {
    let mut done = Vec::new();
    let mut cluster = Cluster::start(p, &mut Recorded::default(), &mut done);
    let mut ghost = Ghost::default();
    let mut words = Vec::new();
    for step in path {
        words.push(word(&cluster, &step.action));
        done.clear();
        cluster.apply(p, &step.action, step.trip, &mut Recorded::new(&step.picks), &mut done);
        remember(p, &mut ghost, &cluster, &done);
    }
    (cluster, ghost, words)
}

fn word(cluster: &Cluster<Commit>, action: &Action<Commit>) -> String {
    match action {
        Action::Request(..) => "C sends PREPARE".into(),
        Action::Deliver(id) => match cluster.flight(*id).map(|f| (f.from, f.to, &f.msg)) {
            Some((_, to, Msg::Prepare { .. })) => format!("P{} sends YES", to.0),
            Some((from, _, Msg::Vote { vote: Vote::Yes, .. })) => format!("C gets YES from P{}", from.0),
            other => format!("{other:?}"),
        },
        Action::Forced(NodeId(0)) => "C decides COMMIT".into(),
        Action::Crash(node, outage) => format!("P{} {outage:?}", node.0),
        Action::Restart(node) => format!("P{} recovers", node.0),
        other => format!("{other:?}"),
    }
}

/// Eight events, as in `twopc_mutants.json` ("PrN mutant vote_unforced"): there the force of the commit record and
/// COMMIT are one event with the last vote ("C decides COMMIT, forces commit, sends COMMIT" follows it), here the last
/// vote starts the force and `Forced` ends it. The broadcast of PREPARE is one event in both. So the lengths agree; the
/// search meets the crash at its latest possible place, theirs at its earliest, and the events are the same set.
#[test]
fn a_vote_that_is_not_forced_breaks_agreement_in_eight_events() {
    let path = shortest(&with_mistake(), World::Sync, ONE_CRASH, "AC1-AGREE");
    let (_, _, mut words) = play(&with_mistake(), &path);
    assert_eq!(
        words,
        [
            "C sends PREPARE",
            "P1 sends YES",
            "P2 sends YES",
            "C gets YES from P1",
            "C gets YES from P2",
            "C decides COMMIT",
            "P1 PowerLost",
            "P1 recovers",
        ]
    );
    let vectors: serde_json::Value = serde_json::from_str(include_str!("../vectors/twopc_mutants.json")).unwrap();
    let published = vectors["results"]["PrN mutant vote_unforced"]["violation"].as_array().unwrap();
    assert_eq!(published.len(), path.len());
    let mut theirs: Vec<String> = published.iter().map(|v| shorten(v.as_str().unwrap())).collect();
    theirs.sort();
    words.sort();
    assert_eq!(words, theirs);
}

fn shorten(event: &str) -> String {
    let event = event.replace("without forcing prepared", "").replace("P1 crashes", "P1 PowerLost");
    event.split([',']).next().unwrap_or_default().trim().to_owned()
}

/// In the order of the vector the run breaks agreement as well, at its last event and not before.
#[test]
fn the_published_order_breaks_it_too() {
    let p = with_mistake();
    let mut path = shortest(&p, World::Sync, ONE_CRASH, "AC1-AGREE");
    let (crash, restart) = (path.remove(6), path.remove(6));
    path.splice(2..2, [crash, restart]);
    // The crash right after the vote, as there; that P1's YES arrives before it (there) or after it changes nothing.
    let agree = p.properties().into_iter().find(|property| property.name == "AC1-AGREE").unwrap();
    for length in 0..=path.len() {
        let (cluster, ghost, _) = play(&p, &path[..length]);
        let broken = (agree.judge)(&p, &cluster, &ghost) == Judgement::Broken;
        assert_eq!(broken, length == path.len());
    }
}

/// Every other world finds it as soon; the earliest sign of it is the message that leaves before the force.
#[test]
fn what_else_the_mistake_breaks() {
    let length = |world, property| shortest(&with_mistake(), world, ONE_CRASH, property).len();
    for world in World::ALL {
        assert_eq!(length(world, "AC1-AGREE"), 8);
    }
    // PREPARE goes out; P1 votes.
    assert_eq!(length(World::Sync, "FORCE-BEFORE-SEND"), 2);
    // All but the restart: a change that is lost on one side is money made or lost at once.
    assert_eq!(length(World::Sync, "MONEY"), 7);
    // A process that is only killed keeps what it wrote: it takes a power cut to lose the vote.
    let path = shortest(&with_mistake(), World::Sync, ONE_CRASH, "AC1-AGREE");
    assert!(path.iter().any(|m| matches!(m.action, Action::Crash(_, Outage::PowerLost))));
}

/// `twopc_mutants.json`, "blocking window, plain": C sends PREPARE, C crashes, P1 prepares, P2 prepares. Theirs ends when
/// *all* wait and has force and vote in one; the search stops at the first who waits and crashes inside the broadcast.
#[test]
fn somebody_waits_after_three_events() {
    let p = Commit::standard(2, 1, None);
    let path = shortest(&p, World::Sync, ONE_CRASH, "NON-BLOCKING");
    assert_eq!(path.len(), 3);
    assert_eq!(path[0].trip, Some(Trip { after: 1, outage: Outage::Killed }));
    assert!(matches!(path[1].action, Action::Deliver(0)));
    assert_eq!(path[2].action, Action::Forced(NodeId(1)));
}

/// The published four events, and what follows: however long they inquire, both stay in doubt; once the coordinator is
/// back its empty log says ABORT.
#[test]
fn all_wait_until_the_coordinator_is_back() {
    let p = Commit::standard(2, 1, None);
    let act = |action| Move { action, trip: None, picks: Vec::new() };
    let mut path = vec![
        act(Action::Request(NodeId(0), faultline::core::commit::Request::Start(p.everybody()))),
        act(Action::Crash(NodeId(0), Outage::Killed)),
        act(Action::Deliver(0)),
        act(Action::Forced(NodeId(1))),
        act(Action::Deliver(1)),
        act(Action::Forced(NodeId(2))),
    ];
    let (cluster, _, _) = play(&p, &path);
    assert_eq!(in_doubt(&cluster).map(|(node, _)| node).collect::<Vec<_>>(), [NodeId(1), NodeId(2)]);
    for _ in 0..20 {
        let (cluster, _, _) = play(&p, &path);
        assert_eq!(in_doubt(&cluster).count(), 2);
        path.extend(cluster.flights.iter().map(|f| act(Action::Deliver(f.id))));
        path.extend(cluster.timers.iter().map(|t| act(Action::Fire(t.node, t.timer.clone()))));
    }
    path.push(act(Action::Restart(NodeId(0))));
    for _ in 0..3 {
        let (cluster, _, _) = play(&p, &path);
        path.extend(cluster.flights.iter().map(|f| act(Action::Deliver(f.id))));
    }
    let (cluster, ghost, _) = play(&p, &path);
    assert_eq!(in_doubt(&cluster).count(), 0);
    let abort = Some(faultline::core::commit::Decision::Abort);
    assert!(ghost.transactions[0].parts.iter().all(|part| part.decided == abort));
}
