//! What somebody sees who reads all balances while transfers are under way. Atomic commitment promises nothing about that:
//! SEES-WHOLE follows from locks that are held to the end, and from nothing else.

use super::{TWO_PHASE, broken, in_time};
use faultline::check::choices::Recorded;
use faultline::core::cluster::{Action, Cluster, remember};
use faultline::core::commit::properties::{Ghost, deadlock};
use faultline::core::commit::{Commit, Msg, Note, OnLock, Request};
use faultline::core::protocol::{Effect, NodeId};
use faultline::sim::faults::Background;
use faultline::sim::simulation::{Input, Placed, Simulation};
use faultline::sim::time::{MILLISECOND, SECOND};
use std::sync::Arc;

/// A run by hand.
struct Stage {
    p: Commit,
    cluster: Cluster<Commit>,
    ghost: Ghost,
}

impl Stage {
    fn new(p: Commit) -> Self {
        let cluster = Cluster::start(&p, &mut Recorded::default(), &mut Vec::new());
        Stage { p, cluster, ghost: Ghost::default() }
    }

    fn act(&mut self, action: &Action<Commit>) {
        let mut done = Vec::new();
        self.cluster.apply(&self.p, action, None, &mut Recorded::default(), &mut done);
        remember(&self.p, &mut self.ghost, &self.cluster, &done);
    }

    fn ask(&mut self, request: Request) {
        self.act(&Action::Request(Commit::COORDINATOR, request));
    }

    /// All that is under way to a node and is meant arrives there, and its disk forces what it has to.
    fn arrive(&mut self, to: u16, meant: fn(&Msg) -> bool) {
        let to = NodeId(to);
        let ids: Vec<u32> = self.cluster.flights.iter().filter(|f| f.to == to && meant(&f.msg)).map(|f| f.id).collect();
        assert!(!ids.is_empty(), "nothing such is under way to {to:?}");
        for id in ids {
            self.act(&Action::Deliver(id));
        }
        if !self.cluster.node(to).forcing.is_empty() {
            self.act(&Action::Forced(to));
        }
    }
}

fn any(_: &Msg) -> bool {
    true
}

/// A glance asks for no lock: North has paid, East has not received yet.
#[test]
fn a_glance_sees_half() {
    let mut stage = Stage::new(Commit::standard(2, 0, None));
    let transfer = Request::transfer(NodeId(1), NodeId(2), 20, &[], 0);
    stage.ask(transfer);
    for to in [1, 2, 0, 1] {
        stage.arrive(to, any);
    }
    stage.ask(Request::Glance);
    stage.arrive(1, |msg| matches!(msg, Msg::Glance(_)));
    stage.arrive(2, |msg| matches!(msg, Msg::Glance(_)));
    stage.arrive(0, |msg| matches!(msg, Msg::Seen { .. }));
    assert_eq!(stage.ghost.half_read, Some(40 + 35), "of 95");
}

/// An audit whose readers let go at once: East is read before the transfer, North after it. With full locks East would have
/// been held until North is read: here each waits for an account that the other one holds, until a timer ends it.
#[test]
fn an_audit_that_lets_go_early_sees_half() {
    for read_only in [true, false] {
        let mut stage = Stage::new(Commit { read_only, on_lock: OnLock::Wait, ..Commit::standard(2, 0, None) });
        stage.ask(Request::Audit);
        stage.arrive(2, any);
        let transfer = Request::transfer(NodeId(1), NodeId(2), 20, &[], 0);
        stage.ask(transfer);
        // PREPARE of the transfer, which takes from North, arrives there first.
        stage.arrive(1, |msg| matches!(msg, Msg::Prepare { change: -20, .. }));
        stage.arrive(2, any);
        for to in [0, 1] {
            stage.arrive(to, any);
        }
        if read_only {
            stage.arrive(0, any);
        } else {
            assert_eq!(deadlock(&stage.cluster).len(), 2);
        }
        let half = if read_only { Some(40 + 35) } else { None };
        assert_eq!(stage.ghost.half_read, half, "readers let go: {read_only}");
    }
}

/// How many audits were read to the end while transfers were under way, and how many of them saw half.
fn audits(p: Commit, seed: u64) -> (u32, u32) {
    let place = |n: u64| {
        let audit = Input::Act(Action::Request(Commit::COORDINATOR, Request::Audit));
        Placed { time: n * 90 * MILLISECOND, nth: 0, input: audit, picks: None }
    };
    let all: u32 = p.balances.iter().sum();
    let inputs: Vec<_> = (1..100).map(place).collect();
    let mut sim = Simulation::new(Arc::new(p), Background::default(), seed);
    let (mut read, mut half) = (0, 0);
    while let Some(happening) = sim.step(&inputs, 10 * SECOND) {
        for done in &happening.done {
            if let Effect::Note(Note::Read { sum, .. }) = &done.effect {
                read += 1;
                half += u32::from(*sum != all);
            }
        }
        assert!(broken(&sim).is_empty(), "seed {seed}: {:?}", broken(&sim));
    }
    (read, half)
}

/// Whoever locks all that he reads until the end sees all the money there is; whoever lets go early does not.
#[test]
fn an_audit_with_full_locks_never_sees_half() {
    let (mut early, mut torn) = (0, 0);
    for variant in TWO_PHASE {
        for on_lock in [OnLock::Refuse, OnLock::Wait, OnLock::WaitInOrder] {
            let p = Commit { on_lock, load: 1, think: 200, checkpoint_at: 8, ..in_time(3).of(variant) };
            let mut whole = 0;
            for seed in 0..8 {
                let (read, half) = audits(p.clone(), seed);
                assert_eq!(half, 0, "{variant:?} {on_lock:?} seed {seed}: {half} of {read} saw half");
                whole += read;
                let (read, half) = audits(Commit { read_only: true, ..p.clone() }, seed);
                (early, torn) = (early + read, torn + half);
            }
            assert!(whole > 5, "{variant:?} {on_lock:?}: {whole} audits");
        }
    }
    assert!(torn > 0, "{torn} of {early} saw half");
}
