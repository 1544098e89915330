//! A lock client and a commit participant on one node: handlers compose, because `step` is built of functions over
//! (state of the role, event, sink), and one disk can hold the tagged records of both.
//!
//! Node 0 is lock client A and the coordinator, node 1 is lock client B and participant 1, node 2 is Redis and
//! participant 2, node 3 is the storage. Each protocol sees the cluster through its own eyes: what is not its own is not
//! there.

use faultline::check::model::{Budgets, ClusterModel};
use faultline::check::search::{Search, Verdict};
use faultline::core::cluster::{Action, Armed, Cluster, Flight, Node, Outage, Trip};
use faultline::core::commit::{self, Commit};
use faultline::core::hash;
use faultline::core::lock::{self, Lock};
use faultline::core::protocol::{Context, Effect, Event, Judgement, Kind, NodeId, Property, Protocol, World};
use faultline::sim::faults::{Background, Setting};
use faultline::sim::simulation::{Input, Placed, Simulation};
use faultline::sim::time::SECOND;
use std::cell::{Cell, RefCell};
use std::sync::Arc;

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Both {
    lock: Lock,
    commit: Commit,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct State {
    lock: lock::State,
    /// The storage takes no part in transactions.
    commit: Option<commit::State>,
    /// A copy of the log: a force covers so many records of each, and who rewrites it keeps the other's.
    log: Vec<Entry>,
}

type Entry = Of<lock::Record, commit::Record>;

/// A record, a message, a timer, a request or a note of either.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
enum Of<L, C> {
    Lock(L),
    Commit(C),
}

type Ghost = (lock::properties::Ghost, commit::properties::Ghost);

impl<L, C> Of<L, C> {
    fn lock(&self) -> Option<&L> {
        if let Of::Lock(it) = self { Some(it) } else { None }
    }
    fn commit(&self) -> Option<&C> {
        if let Of::Commit(it) = self { Some(it) } else { None }
    }
}

fn of_lock(effect: Effect<Lock>) -> Effect<Both> {
    match effect {
        Effect::Send { to, msg } => Effect::Send { to, msg: Of::Lock(msg) },
        Effect::SetTimer { timer, clock, after, keep } => {
            Effect::SetTimer { timer: Of::Lock(timer), clock, after, keep }
        }
        Effect::CancelTimer(timer) => Effect::CancelTimer(Of::Lock(timer)),
        Effect::Append { record, force } => Effect::Append { record: Of::Lock(record), force },
        Effect::Sync => Effect::Sync,
        Effect::Compact { records } => Effect::Compact { records: records.into_iter().map(Of::Lock).collect() },
        Effect::Note(note) => Effect::Note(Of::Lock(note)),
    }
}

fn of_commit(effect: Effect<Commit>) -> Effect<Both> {
    match effect {
        Effect::Send { to, msg } => Effect::Send { to, msg: Of::Commit(msg) },
        Effect::SetTimer { timer, clock, after, keep } => {
            Effect::SetTimer { timer: Of::Commit(timer), clock, after, keep }
        }
        Effect::CancelTimer(timer) => Effect::CancelTimer(Of::Commit(timer)),
        Effect::Append { record, force } => Effect::Append { record: Of::Commit(record), force },
        Effect::Sync => Effect::Sync,
        Effect::Compact { records } => Effect::Compact { records: records.into_iter().map(Of::Commit).collect() },
        Effect::Note(note) => Effect::Note(Of::Commit(note)),
    }
}

/// Collects a role's effects and keeps the copy of the log. True if it rewrote its part of the log.
fn lend<Q: Protocol>(
    log: &mut Vec<Entry>,
    cx: &mut Context<Both>,
    translate: fn(Effect<Q>) -> Effect<Both>,
    run: impl FnOnce(&mut Context<Q>),
) -> bool {
    let (log, rewrote) = (RefCell::new(log), Cell::new(false));
    let keeping = |effect: Effect<Q>| match translate(effect) {
        Effect::Compact { records } => {
            rewrote.set(true);
            let mut log = log.borrow_mut();
            let locks = records.first().is_none_or(|r| r.lock().is_some());
            log.retain(|r| r.lock().is_some() != locks);
            log.extend(records);
            Effect::Compact { records: log.clone() }
        }
        Effect::Append { record, force } => {
            log.borrow_mut().push(record.clone());
            Effect::Append { record, force }
        }
        other => other,
    };
    cx.within(keeping, run);
    rewrote.get()
}

impl Both {
    fn on_lock(&self, me: NodeId, s: &mut State, event: Event<Lock>, cx: &mut Context<Both>) {
        let State { lock, log, .. } = s;
        if lend(log, cx, of_lock, |cx| self.lock.step(me, lock, event, cx)) {
            // Rewriting the log forces all of it, and the forces that were pending will not be heard of.
            let theirs = s.log.iter().filter(|r| r.commit().is_some()).count() as u32;
            self.on_commit(me, s, Event::Durable { upto: theirs }, cx);
        }
    }

    /// No log is rewritten here: the configurations say so.
    fn on_commit(&self, me: NodeId, s: &mut State, event: Event<Commit>, cx: &mut Context<Both>) {
        if let State { commit: Some(commit), log, .. } = s {
            lend(log, cx, of_commit, |cx| self.commit.step(me, commit, event, cx));
        }
    }
}

impl Protocol for Both {
    type State = State;
    type Record = Entry;
    type Msg = Of<lock::Msg, commit::Msg>;
    type Timer = Of<lock::Timer, commit::Timer>;
    type Request = Of<lock::Request, commit::Request>;
    type Note = Of<lock::Note, commit::Note>;
    type Ghost = Ghost;

    fn size(&self) -> u16 {
        self.lock.size()
    }

    fn boot(&self, me: NodeId, log: &[Self::Record], cx: &mut Context<Self>) -> State {
        let mine: Vec<_> = log.iter().filter_map(Of::lock).cloned().collect();
        let theirs: Vec<_> = log.iter().filter_map(Of::commit).cloned().collect();
        let (mut lock, mut commit) = (None, None);
        let mut log = log.to_vec();
        lend(&mut log, cx, of_lock, |cx| lock = Some(self.lock.boot(me, &mine, cx)));
        if me.0 < self.commit.size() {
            lend(&mut log, cx, of_commit, |cx| commit = Some(self.commit.boot(me, &theirs, cx)));
        }
        State { lock: lock.expect("boot ran"), commit, log }
    }

    fn step(&self, me: NodeId, s: &mut State, event: Event<Self>, cx: &mut Context<Self>) {
        match event {
            Event::Message { from, msg: Of::Lock(msg) } => self.on_lock(me, s, Event::Message { from, msg }, cx),
            Event::Message { from, msg: Of::Commit(msg) } => self.on_commit(me, s, Event::Message { from, msg }, cx),
            Event::Timeout(Of::Lock(timer)) => self.on_lock(me, s, Event::Timeout(timer), cx),
            Event::Timeout(Of::Commit(timer)) => self.on_commit(me, s, Event::Timeout(timer), cx),
            Event::Request(Of::Lock(request)) => self.on_lock(me, s, Event::Request(request), cx),
            Event::Request(Of::Commit(request)) => self.on_commit(me, s, Event::Request(request), cx),
            Event::Durable { upto } => {
                // One force covers the records of both: each is told how many of its own.
                let forced = &s.log[..(upto as usize).min(s.log.len())];
                let mine = forced.iter().filter(|r| r.lock().is_some()).count() as u32;
                let theirs = forced.len() as u32 - mine;
                self.on_lock(me, s, Event::Durable { upto: mine }, cx);
                self.on_commit(me, s, Event::Durable { upto: theirs }, cx);
            }
        }
    }

    fn observe(&self, ghost: &mut Ghost, at: NodeId, note: &Self::Note) {
        match note {
            Of::Lock(note) => self.lock.observe(&mut ghost.0, at, note),
            Of::Commit(note) => self.commit.observe(&mut ghost.1, at, note),
        }
    }

    fn witness(&self, ghost: &mut Ghost, cluster: &Cluster<Self>) {
        self.lock.witness(&mut ghost.0, &lock_view(cluster));
        self.commit.witness(&mut ghost.1, &commit_view(self, cluster));
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let always = |name, judge| Property {
            name,
            kind: Kind::Safety,
            promised: faultline::core::protocol::Worlds::UpTo(World::Bounded),
            judge,
        };
        vec![
            always("MUTEX-LEASE", |p, c, g| judge_lock(p, c, g, "MUTEX-LEASE")),
            always("NO-STALE-WRITE", |p, c, g| judge_lock(p, c, g, "NO-STALE-WRITE")),
            always("AC1-AGREE", |p, c, g| judge_commit(p, c, g, "AC1-AGREE")),
            always("FORCE-BEFORE-SEND", |p, c, g| judge_commit(p, c, g, "FORCE-BEFORE-SEND")),
            always("LOCK-RELEASE", |p, c, g| judge_commit(p, c, g, "LOCK-RELEASE")),
            always("MONEY", |p, c, g| judge_commit(p, c, g, "MONEY")),
        ]
    }

    fn requests(&self, cluster: &Cluster<Self>) -> Vec<(NodeId, Self::Request)> {
        let locks = self.lock.requests(&lock_view(cluster)).into_iter().map(|(id, r)| (id, Of::Lock(r)));
        let commits = self.commit.requests(&commit_view(self, cluster)).into_iter().map(|(id, r)| (id, Of::Commit(r)));
        locks.chain(commits).collect()
    }

    fn forces_at_once(&self, node: NodeId) -> bool {
        self.lock.forces_at_once(node)
    }
}

/// The cluster as one of the protocols sees it, on the nodes below `size`. A log's owner counts only its own records.
fn view<Q: Protocol>(
    cluster: &Cluster<Both>,
    size: u16,
    state: impl Fn(&State) -> Option<Q::State>,
    record: impl Fn(&Entry) -> Option<Q::Record>,
    msg: impl Fn(&<Both as Protocol>::Msg) -> Option<Q::Msg>,
    timer: impl Fn(&<Both as Protocol>::Timer) -> Option<Q::Timer>,
) -> Cluster<Q> {
    let own = |log: &[_], upto: u32| log.iter().take(upto as usize).filter(|r| record(r).is_some()).count() as u32;
    let node = |node: &Node<Both>| Node {
        state: node.state.as_ref().and_then(&state),
        log: node.log.iter().filter_map(&record).collect(),
        durable: own(&node.log, node.durable),
        forcing: node.forcing.iter().map(|upto| own(&node.log, *upto)).collect(),
        paused: node.paused,
        incarnation: node.incarnation,
    };
    let armed = |t: &Armed<Both>| {
        let timer = timer(&t.timer)?;
        Some(Armed { node: t.node, timer, clock: t.clock, left: t.left, keep: t.keep, due: t.due })
    };
    let flight = |f: &Flight<Both>| Some(Flight { id: f.id, from: f.from, to: f.to, msg: msg(&f.msg)? });
    Cluster {
        nodes: cluster.nodes.iter().take(size.into()).map(node).collect(),
        timers: cluster.timers.iter().filter_map(armed).collect(),
        flights: cluster.flights.iter().filter_map(flight).collect(),
        cuts: cluster.cuts.clone(),
        next_flight: cluster.next_flight,
    }
}

fn lock_view(c: &Cluster<Both>) -> Cluster<Lock> {
    let size = c.nodes.len() as u16;
    view(c, size, |s| Some(s.lock.clone()), |r| r.lock().cloned(), |m| m.lock().cloned(), |t| t.lock().cloned())
}

fn commit_view(p: &Both, c: &Cluster<Both>) -> Cluster<Commit> {
    let size = p.commit.size();
    view(c, size, |s| s.commit.clone(), |r| r.commit().cloned(), |m| m.commit().cloned(), |t| t.commit().cloned())
}

fn judge_lock(p: &Both, cluster: &Cluster<Both>, ghost: &Ghost, name: &str) -> Judgement {
    let property = p.lock.properties().into_iter().find(|property| property.name == name);
    property.map_or(Judgement::Broken, |property| (property.judge)(&p.lock, &lock_view(cluster), &ghost.0))
}

fn judge_commit(p: &Both, cluster: &Cluster<Both>, ghost: &Ghost, name: &str) -> Judgement {
    let property = p.commit.properties().into_iter().find(|property| property.name == name);
    property.map_or(Judgement::Broken, |property| (property.judge)(&p.commit, &commit_view(p, cluster), &ghost.1))
}

fn small_lock() -> Lock {
    Lock {
        clients: 2,
        masters: 1,
        replica: false,
        ttl: 3000,
        margin: 0,
        work: 1000,
        timeout: 0,
        retry: 2000,
        jitter: 0,
        think: None,
        rounds: Some(1),
        tries: Some(1),
        fence: true,
        reads: lock::Reads::No,
        looks: false,
        persistence: lock::Persistence::Always,
        renew: false,
        renewals: None,
        order: false,
        mistakes: lock::Mistakes::default(),
    }
}

fn exhaust(budgets: Budgets, states: u64, depth: u32) {
    let p = Both { lock: small_lock(), commit: Commit::standard(2, 1, None) };
    let model = ClusterModel::new(p, World::Sync, budgets, Commit::TICK, None);
    assert_eq!(model.properties().len(), 6);
    assert_eq!(Search::new(&model).run(1_000_000), Verdict::Holds { states, depth }, "{budgets:?}");
}

/// Both at once in the synchronous world: an acquisition of each client beside one transaction. (With a crash there are
/// more than a million states: crashes are left to the seeds below.)
#[test]
fn exhausted_together() {
    exhaust(Budgets::default(), 27_188, 40);
}

#[test]
#[cfg_attr(debug_assertions, ignore = "run with --release")]
fn exhausted_together_with_a_lost_message() {
    exhaust(Budgets { drops: 1, ..Budgets::default() }, 276_284, 45);
}

/// A mistake of one of the two shows through the other's company.
#[test]
fn a_mistake_shows_in_company() {
    let p = Both { lock: small_lock(), commit: Commit::standard(2, 1, Some(commit::Mistake::VoteNotForced)) };
    let crash = Budgets { crashes: 1, ..Budgets::default() };
    let model = ClusterModel::new(p, World::Sync, crash, Commit::TICK, Some("AC1-AGREE"));
    match Search::new(&model).run(1_000_000) {
        // As many events as alone (tests/commit/mistakes.rs): the company need not move.
        Verdict::Violated { path, .. } => assert_eq!(path.len(), 8),
        verdict => panic!("{verdict:?}"),
    }
}

/// Two hundred runs with crashes of both kinds and loss: every promise of both holds, and both get their work done.
#[test]
fn simulated_together() {
    let (mut written, mut committed) = (0, 0);
    for seed in 0..200 {
        let draw = |n: u64, bound: u64| hash::narrow(&(seed, n)) % bound;
        let lock = Lock { think: Some(700), rounds: None, tries: None, timeout: 1500, ..small_lock() };
        let commit = Commit { vote_timeout: 600, resend: 400, inquire: 500, ..Commit::standard(2, 0, None) };
        let request = Of::Commit(commit::Request::Start(commit.everybody()));
        let mut inputs = Vec::new();
        let mut at = |time, input| inputs.push(Placed { time, nth: 0, input, picks: None });
        for n in 0..6 {
            let node = NodeId(draw(10 * n, 3) as u16);
            let outage = if draw(10 * n + 1, 2) == 0 { Outage::Killed } else { Outage::PowerLost };
            let time = draw(10 * n + 2, 6 * SECOND);
            let after = draw(10 * n + 3, 3) as u8;
            at(draw(10 * n + 4, 6 * SECOND), Input::Act(Action::Request(NodeId(0), request.clone())));
            at(time, Input::Trip(node, Trip { after, outage }));
            at(time + SECOND, Input::Act(Action::Restart(node)));
        }
        at(8 * SECOND, Input::Set(Setting::Loss(0)));
        for (node, late) in (0..3).flat_map(|n| [(NodeId(n), 9), (NodeId(n), 12)]) {
            at(late * SECOND, Input::Act(Action::Restart(node)));
        }
        inputs.sort_by_key(|placed| placed.time);
        let background = Background { loss: draw(99, 100) as u32, ..Background::default() };
        let mut sim = Simulation::new(Arc::new(Both { lock, commit }), background, seed);
        while sim.step(&inputs, 20 * SECOND).is_some() {
            for property in sim.properties() {
                assert_eq!(
                    sim.judge(property),
                    Judgement::Fine,
                    "{} with seed {seed} at {} µs",
                    property.name,
                    sim.now
                );
            }
        }
        let doubt = commit::properties::in_doubt(&commit_view(&sim.protocol, &sim.cluster)).count();
        assert_eq!(doubt, 0, "seed {seed}");
        written += u32::from(sim.ghost.0.history.newest_write.is_some());
        let done = |t: &commit::properties::Transaction| t.decided == Some(commit::Decision::Commit);
        committed += sim.ghost.1.transactions.iter().filter(|t| done(t)).count();
    }
    assert!(written > 150 && committed > 200, "{written} runs wrote, {committed} transactions committed");
}
