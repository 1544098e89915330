//! Recovery: from every prefix of every log that occurs, and at every moment of a run.

use super::{TERMINATION, TIMERS_ALONE, TWO_PHASE, broken, in_time, terminated};
use faultline::check::choices::Recorded;
use faultline::check::model::{Budgets, ClusterModel};
use faultline::check::search::Model;
use faultline::core::cluster::{Action, Outage};
use faultline::core::commit::book::{Book, Page};
use faultline::core::commit::ledger::Ledger;
use faultline::core::commit::{Commit, Decision, Msg, Record, Request, State, Variant};
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
            if seen.insert(model.fingerprint(next)) {
                queue.push_back(next.clone());
            }
        });
    }
    logs
}

/// A variant with what may be asked of it: cooperative or not, readers or not.
fn everything(p: &Commit) -> Vec<Commit> {
    let mut list = Vec::new();
    for variant in TWO_PHASE.into_iter().chain([TIMERS_ALONE, TERMINATION]) {
        for cooperative in [false, true].into_iter().filter(|on| !on || !variant.three_phases()) {
            list.push(Commit { cooperative, ..p.clone().of(variant) });
        }
    }
    list
}

#[test]
fn a_node_starts_from_every_prefix_of_every_log_that_occurs() {
    let crash = Budgets { crashes: 1, ..Budgets::default() };
    let mut prefixes = Vec::new();
    for once in everything(&Commit::standard(2, 1, None)) {
        let twice = Commit { checkpoint_at: 2, rounds: 2, ..once.clone() };
        let client = Commit { client: Some(Commit::TICK), ..once.clone() };
        let mut count = 0;
        for (p, budgets) in [(once, crash), (twice, Budgets::default()), (client, Budgets::default())] {
            for (me, log) in logs(&p, budgets) {
                for length in 0..=log.len() {
                    start(&p, me, &log[..length]);
                    count += 1;
                }
            }
        }
        prefixes.push(count);
    }
    // Presumed nothing, abort and commit, each without and with cooperative termination; three-phase commit without and with.
    assert_eq!(prefixes, [594, 594, 297, 349, 388, 388, 945, 941]);
}

/// Starts a node and compares it with what its log says.
fn start(p: &Commit, me: NodeId, log: &[Record]) {
    let mut effects = Vec::new();
    let state = p.boot(me, log, &mut Context::new(me, &mut effects, &mut Recorded::default(), 1));
    assert!(effects.iter().all(|e| !matches!(e.effect, Effect::Append { .. })), "recovery writes nothing");
    let sent = |wanted: fn(&Msg) -> bool| {
        effects.iter().filter(|e| matches!(&e.effect, Effect::Send { msg, .. } if wanted(msg))).count()
    };
    match state {
        State::Participant(s) => {
            let ledger = Ledger::read(p, me, log);
            assert_eq!(s.balance(), ledger.balance);
            assert_eq!(s.in_doubt().collect::<Vec<_>>(), ledger.in_doubt.keys().copied().collect::<Vec<_>>());
            assert_eq!(s.locked(), ledger.in_doubt.keys().next().copied(), "locked exactly while in doubt");
            let peers: usize = ledger.in_doubt.values().map(|doubt| doubt.peers.len()).sum();
            let asked = sent(|m| matches!(m, Msg::Inquire(_) | Msg::Ask(_)));
            assert_eq!(asked, ledger.in_doubt.len() + peers, "it asks about each, and all whom it may ask");
            let ends = |tx| log.contains(&Record::Committed(tx)) || log.contains(&Record::Aborted(tx));
            for record in log {
                if let Record::Prepared { tx, .. } = record {
                    assert_eq!(ledger.in_doubt.contains_key(tx), !ends(*tx));
                }
            }
        }
        // A number that is in its log is not used again.
        State::Client(c) => {
            let used = log.iter().filter(|r| matches!(r, Record::Asked(number) if *number <= c.asked)).count();
            assert_eq!(used, log.len());
        }
        State::Coordinator(c) => {
            let book = Book::read(p, log);
            assert_eq!(c.open.keys().collect::<Vec<_>>(), book.open.keys().collect::<Vec<_>>());
            let told = |page: &Page| match page {
                Page::Collecting(all) | Page::Decided(_, all) => all.len(),
                Page::PreCommitted(..) => 0,
            };
            let asked = |page: &Page| if let Page::PreCommitted(all, _) = page { all.len() } else { 0 };
            let sum = |of: &dyn Fn(&Page) -> usize| book.open.values().map(of).sum::<usize>();
            assert_eq!(sent(|m| matches!(m, Msg::Decide { .. })), sum(&told), "it goes on telling what has not ended");
            assert_eq!(sent(|m| matches!(m, Msg::Ask(_))), sum(&asked), "and asks how it ended");
            for record in log {
                says(p, &book, log, record);
            }
        }
    }
}

/// What a record means to a coordinator that starts, by the table of its variant.
fn says(p: &Commit, book: &Book, log: &[Record], record: &Record) {
    let after = |tx| {
        log.iter().any(
            |r| matches!(r, Record::Commit { tx: t, .. } | Record::Abort { tx: t, .. } | Record::End(t) if *t == tx),
        )
    };
    let ended = |tx| log.contains(&Record::End(tx));
    match record {
        // Who was asked and no more: abort.
        Record::Collecting { tx, .. } if !after(*tx) => assert_eq!(book.answer(p, *tx), Some(Decision::Abort)),
        Record::PreCommit { tx, .. } if !after(*tx) => assert_eq!(book.answer(p, *tx), None),
        Record::Commit { tx, .. } if !ended(*tx) => {
            assert_eq!(book.answer(p, *tx), Some(Decision::Commit));
            assert_eq!(book.open.contains_key(tx), p.variant != Variant::PresumedCommit, "or it is presumed");
        }
        Record::Abort { tx, .. } if !ended(*tx) => assert_eq!(book.answer(p, *tx), Some(Decision::Abort)),
        Record::End(tx) => assert_eq!(book.answer(p, *tx), Some(p.variant.presumes())),
        _ => {}
    }
}

/// At every event of a run that commits and of one that aborts, each node loses its power with every prefix of its log
/// that can survive; a second later it is back. Everybody decides alike, and no money is made or lost.
#[test]
fn power_is_lost_at_every_moment_of_a_run() {
    for p in everything(&in_time(3)) {
        // By its timers alone three-phase commit does not agree.
        if p.variant != TIMERS_ALONE {
            let runs = at_every_moment(&p) + at_every_moment(&Commit { read_only: true, ..p.clone() });
            assert!(runs > 200, "{runs}");
        }
    }
}

fn at_every_moment(p: &Commit) -> u32 {
    let mut runs = 0;
    for refuse in [false, true] {
        let place = |action| Placed { time: MILLISECOND, nth: 0, input: Input::Act(action), picks: None };
        let mut inputs = Vec::new();
        if refuse {
            inputs.push(place(Action::Request(NodeId(2), Request::VoteNo(true))));
        }
        inputs.push(place(Action::Request(NodeId(0), Request::Start(p.everybody()))));
        let mut sim = Simulation::new(Arc::new(p.clone()), Background::default(), 7);
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
    runs
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
        let p = &sim.protocol;
        assert_eq!(terminated(&sim), Judgement::Met, "{id:?} lost power at {now} µs, kept {kept}: {p:?}");
    }
}
