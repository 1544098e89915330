//! Recovery: from every prefix of every log that occurs, and at every moment of a run.

use super::{broken, in_time, terminated};
use faultline::check::choices::Recorded;
use faultline::check::model::{Budgets, ClusterModel};
use faultline::check::search::Model;
use faultline::core::cluster::{Action, Outage};
use faultline::core::commit::ledger::Ledger;
use faultline::core::commit::{Commit, Record, Request, State};
use faultline::core::protocol::{Context, Effect, Judgement, NodeId, Protocol, World};
use faultline::sim::faults::Background;
use faultline::sim::simulation::{Input, Placed, Simulation};
use faultline::sim::time::{MILLISECOND, SECOND};
use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

/// Every log of every state that the search reaches.
fn logs(p: &Commit, budgets: Budgets) -> BTreeSet<(NodeId, Vec<Record>)> {
    let model = ClusterModel::new(p.clone(), World::Sync, budgets, Commit::TICK, None);
    let start = model.start();
    let mut seen = BTreeSet::from([model.fingerprint(&start)]);
    let mut queue = VecDeque::from([start]);
    let mut logs = BTreeSet::new();
    while let Some(state) = queue.pop_front() {
        for id in state.cluster.ids() {
            logs.insert((id, state.cluster.node(id).log.clone()));
        }
        model.each_next(&state, &mut |_, next| {
            if seen.insert(model.fingerprint(&next)) {
                queue.push_back(next);
            }
        });
    }
    logs
}

#[test]
fn a_node_starts_from_every_prefix_of_every_log_that_occurs() {
    let crash = Budgets { crashes: 1, ..Budgets::default() };
    let twice = Commit { checkpoint_at: 2, ..Commit::standard(2, 2, None) };
    let mut prefixes = 0;
    for (p, budgets) in [(Commit::standard(2, 1, None), crash), (twice, Budgets::default())] {
        for (me, log) in logs(&p, budgets) {
            for length in 0..=log.len() {
                start(&p, me, &log[..length]);
                prefixes += 1;
            }
        }
    }
    assert_eq!(prefixes, 274);
}

/// Starts a node and compares it with what its log says.
fn start(p: &Commit, me: NodeId, log: &[Record]) {
    let mut effects = Vec::new();
    let state = p.boot(me, log, &mut Context::new(&mut effects, &mut Recorded::default(), 1));
    assert!(effects.iter().all(|e| !matches!(e, Effect::Append { .. })), "recovery writes nothing");
    let said = effects.iter().filter(|e| matches!(e, Effect::Send { .. })).count();
    match state {
        State::Participant(s) => {
            let ledger = Ledger::read(p, me, log);
            assert_eq!(s.balance(), ledger.balance);
            assert_eq!(s.in_doubt().collect::<Vec<_>>(), ledger.in_doubt.keys().copied().collect::<Vec<_>>());
            assert_eq!(s.locked(), ledger.in_doubt.keys().next().copied(), "locked exactly while in doubt");
            assert_eq!(said, ledger.in_doubt.len(), "it inquires about each");
            let ends = |tx| log.contains(&Record::Committed(tx)) || log.contains(&Record::Aborted(tx));
            for record in log {
                if let Record::Prepared { tx, .. } = record {
                    assert_eq!(ledger.in_doubt.contains_key(tx), !ends(*tx));
                }
            }
        }
        State::Client(_) => {}
        State::Coordinator(c) => {
            let committed = |r: &&Record| matches!(r, Record::Commit { tx, .. } if !log.contains(&Record::End(*tx)));
            assert_eq!(c.open.len(), log.iter().filter(committed).count(), "it goes on telling what has not ended");
            assert_eq!(said, c.open.values().map(|open| open.participants.len()).sum::<usize>());
        }
    }
}

/// At every event of a run that commits and of one that aborts, each node loses its power with every prefix of its log
/// that can survive; a second later it is back. Everybody decides alike, and no money is made or lost.
#[test]
fn power_is_lost_at_every_moment_of_a_run() {
    let mut runs = 0;
    for refuse in [false, true] {
        let p = in_time(3);
        let place = |action| Placed { time: MILLISECOND, nth: 0, input: Input::Act(action), picks: None };
        let mut inputs = Vec::new();
        if refuse {
            inputs.push(place(Action::Request(NodeId(2), Request::VoteNo(true))));
        }
        inputs.push(place(Action::Request(NodeId(0), Request::Start(p.everybody()))));
        let mut sim = Simulation::new(Arc::new(p), Background::default(), 7);
        while sim.step(&inputs, 2 * SECOND).is_some() {
            for id in sim.cluster.ids() {
                let node = sim.cluster.node(id);
                for kept in 0..=(node.log.len() as u32 - node.durable) {
                    lose_power(sim.clone(), inputs.clone(), id, kept);
                    runs += 1;
                }
            }
        }
    }
    assert!(runs > 100, "{runs}");
}

fn lose_power(mut sim: Simulation<Commit>, mut inputs: Vec<Placed<Commit>>, id: NodeId, kept: u32) {
    let now = sim.now;
    inputs.truncate(sim.inputs);
    let crash = Input::Act(Action::Crash(id, Outage::PowerLost));
    inputs.push(Placed { time: now, nth: sim.at_once, input: crash, picks: Some(vec![kept]) });
    inputs.push(Placed { time: now + SECOND, nth: 0, input: Input::Act(Action::Restart(id)), picks: None });
    while let Some(happening) = sim.step(&inputs, now + 20 * SECOND) {
        let promised: Vec<_> = broken(&sim);
        assert!(promised.is_empty(), "{id:?} lost power at {now} µs: {promised:?} at {happening:?}");
    }
    // A crash before the transaction started leaves nothing to decide.
    if !sim.ghost.transactions.is_empty() {
        assert_eq!(terminated(&sim), Judgement::Met, "{id:?} lost power at {now} µs, kept {kept}");
    }
}
