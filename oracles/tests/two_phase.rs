//! The core's coordinator commits across two real PostgreSQL clusters, while somebody kills it or a server at every step.
//!
//! The same runs go over simulated participants, and what the databases say to each statement must be the same.
#![cfg(unix)]

use faultline::core::commit::{Commit, State};
use faultline::core::protocol::NodeId;
use oracles::adapter::Adapter;
use oracles::orders::{ACCOUNT, Belief, gid};
use oracles::postgres::{MISSING, Postgres, Program, program};
use oracles::say;
use oracles::sessions::Sessions;
use oracles::sql::{Answer, Database};
use std::time::Instant;

const A: NodeId = NodeId(1);
const B: NodeId = NodeId(2);
const MAX_PREPARED: usize = 10;

fn config() -> Commit {
    Commit { ..Commit::standard(2, 1, None) }
}

/// What is transferred from A to B, and where the work fails before it is prepared.
#[derive(Clone, Copy, Debug)]
struct Work {
    sum: i32,
    spoiled: Option<NodeId>,
}

const FINE: Work = Work { sum: 10, spoiled: None };
/// More than A has: its check refuses.
const TOO_MUCH: Work = Work { sum: 61, spoiled: None };
const SPOILED: Work = Work { sum: 10, spoiled: Some(B) };

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Fault {
    Nothing,
    /// Killed, and started again when everything else has come to rest.
    Coordinator,
    Server(NodeId),
    /// Started again at once.
    Blink(NodeId),
    /// The server that the step talks to does what it is told, and is killed before it answers.
    Deaf,
}

/// What a run has shown.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct Seen {
    steps: usize,
    committed: bool,
    /// How many accounts waited while the coordinator was down.
    waited: usize,
    said: Vec<(u16, String, Option<Answer>)>,
}

/// Real and simulated agree about everything that can be seen.
fn compare(adapter: &mut Adapter, probe: bool) -> usize {
    let mut waiting = 0;
    for node in [A, B] {
        let (balance, doubt) = adapter.twin().expect("it runs beside").ledger(node);
        if !adapter.is_up(node) {
            continue;
        }
        let works = adapter.works(node);
        let seen = adapter.database(node).observe();
        let gids: Vec<String> = doubt.iter().map(|tx| gid(*tx)).collect();
        assert_eq!((seen.gids, seen.balances), (gids, vec![balance]), "{node:?}");
        assert_eq!(seen.blocked, [works || !doubt.is_empty()], "{node:?} is blocked, and should be");
        if probe {
            let code = adapter.database(node).probe(ACCOUNT);
            assert_eq!(code.as_deref(), (!doubt.is_empty()).then_some("55P03"), "{node:?}");
            waiting += doubt.len();
        }
    }
    waiting
}

/// Steps until nothing is under way.
fn settle(adapter: &mut Adapter) -> usize {
    let mut steps = 0;
    while adapter.step(false) {
        compare(adapter, false);
        steps += 1;
    }
    steps
}

/// Steps until nothing is under way and nothing is waited for.
fn finish(adapter: &mut Adapter) {
    for _ in 0..10 {
        settle(adapter);
        let doubt = |node| !adapter.twin().expect("it runs beside").ledger(node).1.is_empty();
        if adapter.is_quiet() && !doubt(A) && !doubt(B) {
            return;
        }
        adapter.wait();
    }
    panic!("it does not come to an end");
}

/// One run: `fault` before the step number `at`.
fn run(databases: [&mut dyn Database; 2], work: Work, fault: Fault, at: usize) -> Seen {
    let p = config();
    let mut adapter = Adapter::new(&p, databases.into());
    if let Some(node) = work.spoiled {
        adapter.spoil(node);
    }
    adapter.start(vec![(A, -work.sum), (B, work.sum)]);
    let mut seen = Seen::default();
    while seen.steps < at && adapter.step(false) {
        compare(&mut adapter, false);
        seen.steps += 1;
    }
    match fault {
        Fault::Nothing => {}
        Fault::Coordinator => {
            adapter.kill_coordinator();
            seen.waited = compare(&mut adapter, true);
            // Not even a restart of everybody else helps them.
            if seen.waited == 2 {
                for node in [A, B] {
                    adapter.kill_server(node);
                    adapter.restart_server(node);
                }
                settle(&mut adapter);
                adapter.wait();
                settle(&mut adapter);
                assert_eq!(compare(&mut adapter, true), 2, "both wait for the coordinator, and for nobody else");
            }
            adapter.restart_coordinator();
        }
        Fault::Server(node) => {
            adapter.kill_server(node);
            // The other one, and the coordinator with all its timers, without it.
            for _ in 0..2 {
                settle(&mut adapter);
                adapter.wait();
            }
            settle(&mut adapter);
            adapter.restart_server(node);
        }
        Fault::Blink(node) => {
            adapter.kill_server(node);
            adapter.restart_server(node);
        }
        Fault::Deaf => {
            if let Some(node) = adapter.next_talks_to() {
                adapter.step(true);
                for _ in 0..2 {
                    settle(&mut adapter);
                    adapter.wait();
                }
                settle(&mut adapter);
                adapter.restart_server(node);
            }
        }
    }
    finish(&mut adapter);
    // The end: nobody holds anything, both have done it or neither has, and no money is made or lost.
    adapter.twin().expect("it runs beside").is_over();
    let Some(State::Coordinator(coordinator)) = adapter.state() else { panic!("the coordinator runs") };
    assert!(coordinator.open.is_empty(), "{:?}", coordinator.open);
    let [a, b] = [A, B].map(|node| adapter.database(node).observe());
    assert_eq!((a.gids.len(), b.gids.len()), (0, 0));
    assert_eq!((&a.blocked[..], &b.blocked[..]), (&[false][..], &[false][..]));
    let opening = [p.balances[0] as i32, p.balances[1] as i32];
    let now = [a.balances[0] as i32, b.balances[0] as i32];
    seen.committed = now == [opening[0] - work.sum, opening[1] + work.sum];
    assert!(seen.committed || now == opening, "{now:?}: not alike");
    seen.said = std::mem::take(&mut adapter.said);
    seen
}

/// Two participants, opened with the configuration's balances each time.
trait Pair {
    fn fresh(&mut self) -> [&mut dyn Database; 2];
}

struct Simulated([Sessions; 2]);

impl Pair for Simulated {
    fn fresh(&mut self) -> [&mut dyn Database; 2] {
        let balances = config().balances;
        self.0 = [0, 1].map(|n| Sessions::new(&balances[n..=n], 1, MAX_PREPARED));
        self.0.each_mut().map(|one| one as &mut dyn Database)
    }
}

impl Simulated {
    fn new() -> Simulated {
        Simulated([0, 1].map(|_| Sessions::new(&[], 1, MAX_PREPARED)))
    }
}

struct Real([Postgres; 2]);

impl Pair for Real {
    fn fresh(&mut self) -> [&mut dyn Database; 2] {
        let balances = config().balances;
        self.0.iter_mut().zip(&balances).for_each(|(one, balance)| one.reset(&[*balance]));
        self.0.each_mut().map(|one| one as &mut dyn Database)
    }
}

impl Real {
    fn start(program: &Program) -> Real {
        Real([0, 1].map(|_| Postgres::start(program, 1, MAX_PREPARED)))
    }
}

/// All the runs: work, fault, step. The simulated ones say how many steps there are.
fn runs() -> Vec<(Work, Fault, usize)> {
    let mut list = Vec::new();
    for work in [FINE, TOO_MUCH, SPOILED] {
        list.push((work, Fault::Nothing, 0));
        let steps = run(Simulated::new().fresh(), work, Fault::Nothing, usize::MAX).steps;
        for at in 0..=steps {
            for fault in
                [Fault::Coordinator, Fault::Server(A), Fault::Server(B), Fault::Blink(A), Fault::Blink(B), Fault::Deaf]
            {
                list.push((work, fault, at));
            }
        }
    }
    list
}

/// Says which run it was, if that panics.
struct Which(String);

impl Drop for Which {
    fn drop(&mut self) {
        if std::thread::panicking() {
            say(&self.0);
        }
    }
}

fn all(pair: &mut dyn Pair, list: &[(Work, Fault, usize)]) -> Vec<Seen> {
    let one = |(work, fault, at): &(Work, Fault, usize)| {
        let _which = Which(format!("   {work:?}, {fault:?} before step {at}"));
        run(pair.fresh(), *work, *fault, *at)
    };
    list.iter().map(one).collect()
}

/// What the runs have shown, counted; a run without all of it would have tested little.
fn count(list: &[(Work, Fault, usize)], seen: &[Seen]) -> String {
    let fine = |(work, _, _): &(Work, Fault, usize)| work.sum == FINE.sum && work.spoiled.is_none();
    let committed = seen.iter().filter(|seen| seen.committed).count();
    let waited = seen.iter().filter(|seen| seen.waited == 2).count();
    let statements: usize = seen.iter().map(|seen| seen.said.len()).sum();
    assert!(list.iter().zip(seen).all(|(run, seen)| fine(run) || !seen.committed), "somebody voted NO");
    let aborted = list.iter().zip(seen).filter(|(run, seen)| fine(run) && !seen.committed).count();
    assert!(committed > 0 && aborted > 0 && waited > 0, "{committed} {aborted} {waited}");
    format!(
        "{} runs, {statements} statements, {committed} committed; in {waited} both waited while the coordinator was down",
        seen.len()
    )
}

#[test]
fn over_simulated_participants_money_is_conserved_in_every_run() {
    let list = runs();
    let seen = all(&mut Simulated::new(), &list);
    say(&format!("   two-phase commit over simulated participants: {}", count(&list, &seen)));
}

#[test]
fn across_two_real_clusters_money_is_conserved_in_every_run() {
    let Some(program) = program() else {
        return say(&format!("   {MISSING}: two-phase commit ran over simulated participants only"));
    };
    let began = Instant::now();
    // Who votes NO holds nothing: of those runs the coordinator's suffice, but in the long tests.
    let long = std::env::var_os("FAULTLINE_SOAK").is_some();
    let chosen = |(work, fault, _): &(Work, Fault, usize)| {
        let refused = work.sum != FINE.sum || work.spoiled.is_some();
        long || !refused || matches!(fault, Fault::Nothing | Fault::Coordinator)
    };
    let list: Vec<_> = runs().into_iter().filter(chosen).collect();
    let mut real = Real::start(&program);
    let seen = all(&mut real, &list);
    for ((run, real), simulated) in list.iter().zip(&seen).zip(all(&mut Simulated::new(), &list)) {
        assert_eq!(*real, simulated, "{run:?}: PostgreSQL and the simulated participants");
    }
    let seconds = began.elapsed().as_secs_f32();
    let counted = count(&list, &seen);
    say(&format!("   two-phase commit across two PostgreSQL {}: {counted}; {seconds:.1} s", program.version));
}

/// PREPARE in a failed transaction answers ROLLBACK without an error: whoever looks for errors counts a YES.
fn believes_the_absence_of_errors(databases: [&mut dyn Database; 2]) {
    let p = config();
    let mut adapter = Adapter::new(&p, databases.into());
    adapter.spoil(B);
    adapter.believe(Belief::NoError);
    adapter.start(vec![(A, -FINE.sum), (B, FINE.sum)]);
    while adapter.step(false) {}
    let says = |sql: &str| adapter.said.iter().rev().find(|(node, said, _)| *node == B.0 && said.starts_with(sql));
    let (_, _, prepared) = says("PREPARE TRANSACTION").expect("it was said");
    let prepared = prepared.clone().expect("it was answered");
    assert_eq!((prepared.tag.as_deref(), prepared.said.len()), (Some("ROLLBACK"), 0));
    let (_, _, committed) = says("COMMIT PREPARED").expect("it was said: two YES were counted");
    assert_eq!(committed.as_ref().and_then(Answer::error), Some("42704"));
    let now = [A, B].map(|node| adapter.database(node).observe().balances[0] as i32);
    assert_eq!(now, [p.balances[0] as i32 - FINE.sum, p.balances[1] as i32], "A has paid, B has nothing of it");
}

#[test]
fn an_adapter_that_looks_only_for_errors_loses_money() {
    believes_the_absence_of_errors(Simulated::new().fresh());
    if let Some(program) = program() {
        believes_the_absence_of_errors(Real::start(&program).fresh());
    }
}
