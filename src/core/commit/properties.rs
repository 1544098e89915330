//! What is said of every run of an atomic commitment, by the numbers of Bernstein, Hadzilacos and Goodman (1987, 7.3).
//! Babaoglu and Toueg number the same conditions differently: their AC2 is AC3 here, AC3 is AC4, and AC4 is AC2.
//!
//! No condition on safety depends on time, so all are promised whatever timers do. That nobody who is up waits for one
//! that is down is promised by no two-phase commit: it is shown.

use super::book::Book;
use super::coordinator::Phase::Telling;
use super::ledger::Ledger;
use super::participant::Participant;
use super::{Alone, Cause, Commit, Decision, Mistake, Msg, Note, OnLock, Record, State, Timer, TxId, Variant, Vote};
use crate::core::cluster::{Cluster, Flight};
use crate::core::protocol::{Judgement, Kind, NodeId, Property, World, Worlds};

/// History that only properties read: what everybody said about the latest transactions.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Ghost {
    /// In the order in which they started.
    pub transactions: Vec<Transaction>,
    /// The latest decision that was reversed, and by whom.
    pub reversed: Option<(NodeId, TxId)>,
    /// The latest sum that somebody read, if it was not all the money there is.
    pub half_read: Option<u32>,
    /// The latest request of the client that was carried out twice, and as what.
    pub doubled: Option<(u16, TxId)>,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Transaction {
    pub tx: TxId,
    pub parts: Vec<Part>,
    /// The coordinator's decision.
    pub decided: Option<Decision>,
    /// There was a fault while it was open: a timeout, or a node that started again. It may abort.
    pub excused: bool,
    /// The client's name for it.
    pub request: Option<u16>,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Part {
    pub node: NodeId,
    pub voted: Option<Vote>,
    pub decided: Option<Decision>,
}

/// How many transactions are remembered; open ones are never forgotten.
const REMEMBERED: usize = 8;

impl Ghost {
    pub fn of(&self, tx: TxId) -> Option<&Transaction> {
        self.transactions.iter().find(|t| t.tx == tx)
    }

    fn of_mut(&mut self, tx: TxId) -> Option<&mut Transaction> {
        self.transactions.iter_mut().find(|t| t.tx == tx)
    }

    fn at(&mut self, tx: TxId, node: NodeId) -> Option<&mut Part> {
        self.of_mut(tx)?.parts.iter_mut().find(|part| part.node == node)
    }

    /// Somebody decides; noted if it decided otherwise before.
    fn decide(&mut self, tx: TxId, node: NodeId, decision: Decision) {
        let place = if node == Commit::COORDINATOR {
            self.of_mut(tx).map(|t| &mut t.decided)
        } else {
            self.at(tx, node).map(|part| &mut part.decided)
        };
        if place.is_some_and(|known| known.replace(decision).is_some_and(|before| before != decision)) {
            self.reversed = Some((node, tx));
        }
    }

    fn vote(&mut self, tx: TxId, node: NodeId, vote: Vote) {
        if let Some(part) = self.at(tx, node) {
            part.voted = Some(vote);
        }
    }

    fn excuse(&mut self, tx: TxId) {
        if let Some(t) = self.of_mut(tx) {
            t.excused = true;
        }
    }
}

impl Transaction {
    /// Nobody has anything left to decide. Whoever never voted on what is aborted has done nothing, and waits for nothing;
    /// whoever has only read does not care.
    pub fn settled(&self) -> bool {
        let reads = |part: &Part| part.voted == Some(Vote::Read);
        let idle = |part: &Part| reads(part) || self.decided == Some(Decision::Abort) && part.voted.is_none();
        let all_read = self.parts.iter().all(reads);
        (self.decided.is_some() || all_read) && self.parts.iter().all(|part| part.decided.is_some() || idle(part))
    }

    pub fn some(&self, decision: Decision) -> bool {
        self.decided == Some(decision) || self.parts.iter().any(|part| part.decided == Some(decision))
    }
}

pub fn observe(p: &Commit, ghost: &mut Ghost, at: NodeId, note: &Note) {
    match note {
        Note::Started { tx, changes } => started(ghost, *tx, changes),
        Note::VotedYes(tx) => {
            if let Some(part) = ghost.at(*tx, at) {
                part.voted.get_or_insert(Vote::Yes);
            }
        }
        Note::VotedRead(tx) => ghost.vote(*tx, at, Vote::Read),
        Note::Received(tx) => ghost.vote(*tx, at, Vote::Received),
        Note::VotedNo { tx, .. } => {
            ghost.vote(*tx, at, Vote::No);
            ghost.decide(*tx, at, Decision::Abort);
        }
        Note::Learned { tx, decision } => ghost.decide(*tx, at, *decision),
        Note::DecidedAlone { tx, decision, why } => {
            if *why == Alone::Blindly {
                ghost.vote(*tx, at, Vote::Yes);
            } else {
                ghost.excuse(*tx);
            }
            ghost.decide(*tx, at, *decision);
        }
        Note::DecidedCommit(tx) => {
            ghost.decide(*tx, at, Decision::Commit);
            paid_twice(ghost, *tx);
        }
        Note::DecidedAbort { tx, cause } => {
            ghost.decide(*tx, at, Decision::Abort);
            if !matches!(cause, Cause::VotedNo(_)) {
                ghost.excuse(*tx);
            }
        }
        // It says so because it knows nothing: whether it had decided otherwise is seen at whoever believes it.
        Note::Presumed { tx, decision, .. } => {
            if let Some(t) = ghost.of_mut(*tx) {
                t.decided.get_or_insert(*decision);
            }
        }
        Note::RecoveredCoordinator { telling, asking } => recovered_coordinator(p, ghost, telling, asking),
        Note::RecoveredParticipant { in_doubt, closed } => recovered_participant(ghost, at, in_doubt, closed),
        Note::Read { sum, .. } => {
            let all: u32 = p.balances.iter().sum();
            ghost.half_read = (*sum != all).then_some(*sum);
        }
        Note::CarriesOut { tx, request } => {
            if let Some(t) = ghost.of_mut(*tx) {
                t.request = Some(*request);
            }
        }
        _ => {}
    }
}

fn started(ghost: &mut Ghost, tx: TxId, changes: &[(NodeId, i32)]) {
    let part = |(node, _): &(NodeId, i32)| Part { node: *node, voted: None, decided: None };
    let parts = changes.iter().map(part).collect();
    ghost.transactions.push(Transaction { tx, parts, decided: None, excused: false, request: None });
}

/// Forgets what is over. A record that is not forced may still be lost, and then somebody is in doubt once more: so it is
/// over when it is on everybody's platters.
pub fn witness(p: &Commit, ghost: &mut Ghost, cluster: &Cluster<Commit>) {
    if ghost.transactions.len() <= REMEMBERED {
        return;
    }
    let platters = |id: NodeId| {
        let node = cluster.node(id);
        Ledger::read(p, id, &node.log[..(node.durable as usize).min(node.log.len())])
    };
    let ledgers: Vec<Ledger> = p.participants().map(platters).collect();
    let open = |tx: &TxId| ledgers.iter().any(|ledger| ledger.in_doubt.contains_key(tx));
    if let Some(oldest) = ghost.transactions.iter().position(|t| t.settled() && !open(&t.tx)) {
        ghost.transactions.remove(oldest);
    }
}

/// One request, two transactions that commit.
fn paid_twice(ghost: &mut Ghost, tx: TxId) {
    let Some(request) = ghost.of(tx).and_then(|t| t.request) else { return };
    let same = |t: &Transaction| t.tx != tx && t.request == Some(request) && t.decided == Some(Decision::Commit);
    if ghost.transactions.iter().any(same) {
        ghost.doubled = Some((request, tx));
    }
}

/// What the log says is decided is. What it does not know is as good as aborted where that is presumed: nobody can have
/// committed it, and whoever asks is told so. To presume a commit decides nothing before somebody asks.
fn recovered_coordinator(p: &Commit, ghost: &mut Ghost, telling: &[(TxId, Decision)], asking: &[TxId]) {
    // One that has only read may be told ABORT now: that it had ended is not forced.
    for t in ghost.transactions.iter_mut().filter(|t| !t.settled() || t.decided.is_none()) {
        t.excused = true;
        let found = telling.iter().find(|(tx, _)| *tx == t.tx).map(|(_, decision)| *decision);
        let presumed = (p.variant.presumes() == Decision::Abort && !asking.contains(&t.tx)).then_some(Decision::Abort);
        if t.decided.is_none() {
            t.decided = found.or(presumed);
        }
    }
}

/// A participant whose log knows nothing of a transaction aborts it: so it must not have voted YES. What its log knows the
/// end of it had decided alone before it could say so.
fn recovered_participant(ghost: &mut Ghost, at: NodeId, in_doubt: &[TxId], closed: &[(TxId, Decision)]) {
    let mut decisions = Vec::new();
    for t in ghost.transactions.iter_mut() {
        t.excused |= !t.settled();
        let ended = closed.iter().find(|(tx, _)| *tx == t.tx).map(|(_, decision)| *decision);
        for part in t.parts.iter_mut().filter(|part| part.node == at && !in_doubt.contains(&t.tx)) {
            match (part.voted, ended) {
                (Some(Vote::Yes), Some(decision)) if part.decided.is_none() => decisions.push((t.tx, decision)),
                (_, Some(_)) => {}
                (Some(Vote::Yes | Vote::Received), None) if part.decided != Some(Decision::Commit) => {
                    decisions.push((t.tx, Decision::Abort));
                }
                // Its NO left no trace: a copy of PREPARE that reaches it now finds it undecided. Nothing hangs on
                // it, for a coordinator that heard the NO has aborted and counts no later vote.
                (Some(Vote::No), None) if t.decided.is_none() => (part.voted, part.decided) = (None, None),
                _ => {}
            }
        }
    }
    for (tx, decision) in decisions {
        ghost.decide(tx, at, decision);
    }
}

/// The participants that are up.
fn up(cluster: &Cluster<Commit>) -> impl Iterator<Item = (NodeId, &Participant)> {
    cluster.ids().filter_map(|id| match cluster.state(id) {
        Some(State::Participant(p)) => Some((id, p)),
        _ => None,
    })
}

/// The participants that are up and in doubt.
pub fn in_doubt(cluster: &Cluster<Commit>) -> impl Iterator<Item = (NodeId, TxId)> {
    up(cluster).flat_map(|(id, p)| p.in_doubt().map(move |tx| (id, tx)))
}

/// Those in doubt who can do nothing but wait for a node that is down: for the coordinator, or for a participant that has
/// decided and that they ask.
///
/// Of three-phase commit with termination this is said of those who have been up all the time: they have a timer, and
/// decide when it runs out. If everybody has failed, those who start again have to wait for each other.
pub fn blocked(p: &Commit, cluster: &Cluster<Commit>) -> Vec<(NodeId, TxId)> {
    if cluster.is_up(Commit::COORDINATOR) {
        return Vec::new();
    }
    let helps = |tx: TxId, peer: &NodeId| match cluster.state(*peer) {
        // It has decided, or has not voted and will abort when it is asked.
        Some(State::Participant(s)) => s.open.get(&tx).is_none_or(|open| !open.is_in_doubt()),
        _ => false,
    };
    let waits = |(id, tx): &(NodeId, TxId)| {
        let Some(State::Participant(s)) = cluster.state(*id) else { return false };
        let Some(open) = s.open.get(tx) else { return false };
        if p.variant.three_phases() && !open.recovering {
            let armed = |timer| cluster.armed(*id, &timer).is_some();
            return !(armed(Timer::Doubt(*tx)) || armed(Timer::Lead(*tx)) || open.is_forcing());
        }
        !p.variant.terminates_together() && !open.peers.iter().any(|peer| helps(*tx, peer))
    };
    in_doubt(cluster).filter(waits).collect()
}

fn judge(broken: bool) -> Judgement {
    if broken { Judgement::Broken } else { Judgement::Fine }
}

fn ledgers<'a>(p: &'a Commit, cluster: &'a Cluster<Commit>) -> impl Iterator<Item = (NodeId, Ledger)> + 'a {
    p.participants().map(|id| (id, Ledger::read(p, id, &cluster.node(id).log)))
}

/// The record that must be on the platters before this message is sent, if there is one, is not there.
fn unguarded(p: &Commit, cluster: &Cluster<Commit>, flight: &Flight<Commit>) -> bool {
    let sender = cluster.node(flight.from);
    let platters = &sender.log[..(sender.durable as usize).min(sender.log.len())];
    // A rewritten log holds what was forced in another form.
    if matches!(platters.first(), Some(Record::Balance { .. } | Record::Ended { .. })) {
        return false;
    }
    let there = |wanted: &dyn Fn(&Record) -> bool| platters.iter().any(wanted);
    let committed = |tx: &TxId| there(&|r| matches!(r, Record::Committed(t) | Record::Commit { tx: t, .. } if t == tx));
    let aborted = |tx: &TxId| there(&|r| matches!(r, Record::Aborted(t) if t == tx));
    let from_coordinator = flight.from == Commit::COORDINATOR;
    match &flight.msg {
        Msg::Prepare { tx, .. } => {
            p.variant == Variant::PresumedCommit
                && !there(&|r| matches!(r, Record::Collecting { tx: t, .. } if t == tx))
        }
        Msg::Vote { tx, vote: Vote::Yes, .. } => !there(&|r| matches!(r, Record::Prepared { tx: t, .. } if t == tx)),
        Msg::Vote { tx, vote: Vote::No, .. } => p.variant != Variant::PresumedAbort && !aborted(tx),
        Msg::PreCommit(tx) | Msg::PreAck(tx) => !there(&|r| matches!(r, Record::PreCommit { tx: t, .. } if t == tx)),
        // Where a commit is presumed, a coordinator that knows nothing may say so: it has no record then.
        Msg::Decide { tx, decision: Decision::Commit } if from_coordinator => {
            let here = |r: &Record| matches!(r, Record::Commit { tx: t, .. } if t == tx);
            let presumed = p.variant == Variant::PresumedCommit && !sender.log.iter().any(here);
            !presumed && !committed(tx)
        }
        Msg::Decide { tx, decision: Decision::Commit } => p.variant.acknowledges(Decision::Commit) && !committed(tx),
        Msg::Ack(tx) => !committed(tx) && !aborted(tx),
        _ => false,
    }
}

/// Somebody is in doubt about a decided transaction, and a coordinator that started from its log now would say otherwise.
fn forgotten(p: &Commit, cluster: &Cluster<Commit>, ghost: &Ghost) -> bool {
    let book = Book::read(p, &cluster.node(Commit::COORDINATOR).log);
    let wrong = |tx: &TxId| {
        let decided = ghost.of(*tx).and_then(|t| t.decided);
        decided.is_some_and(|decided| book.answer(p, *tx).is_some_and(|answer| answer != decided))
    };
    ledgers(p, cluster).any(|(_, ledger)| ledger.in_doubt.keys().any(wrong))
}

/// A participant that is up holds a lock without being in doubt, or is in doubt without holding it.
fn lock_astray(p: &Commit, cluster: &Cluster<Commit>) -> bool {
    ledgers(p, cluster).any(|(id, ledger)| match cluster.state(id) {
        Some(State::Participant(s)) => {
            let held = s.locked();
            let unlocked = ledger.in_doubt.keys().any(|tx| held != Some(*tx));
            unlocked || held.is_some_and(|tx| !s.open.contains_key(&tx))
        }
        _ => false,
    })
}

/// Transactions that wait for each other, in a circle: each for an account that the next holds.
pub fn deadlock(cluster: &Cluster<Commit>) -> Vec<TxId> {
    let mut edges: Vec<(TxId, TxId)> = Vec::new();
    for (_, s) in up(cluster) {
        if let Some(holder) = s.locked() {
            edges.extend(s.waiting.iter().map(|w| (w.tx, holder)));
        }
    }
    for (first, _) in &edges {
        let mut path = vec![*first];
        while let Some((_, next)) = edges.iter().find(|(from, to)| path.last() == Some(from) && !path[1..].contains(to))
        {
            if next == first {
                return path;
            }
            path.push(*next);
        }
    }
    Vec::new()
}

/// What is settled, and what is certain to be: the changes of a committed transaction that are prepared.
/// Both are read off the logs, so a node that is down counts too.
pub fn money(p: &Commit, cluster: &Cluster<Commit>, ghost: &Ghost) -> (i64, i64) {
    let all: Vec<Ledger> = ledgers(p, cluster).map(|(_, ledger)| ledger).collect();
    // Somebody has decided so, or it stands in somebody's log already.
    let written = |tx: &TxId| all.iter().any(|ledger| ledger.closed.contains(&(*tx, Decision::Commit)));
    let committed = |tx: &TxId| written(tx) || ghost.of(*tx).is_some_and(|t| t.some(Decision::Commit));
    let mut sums = (0, 0);
    for ledger in &all {
        sums.0 += i64::from(ledger.balance);
        let pending = ledger.in_doubt.iter().filter(|(tx, _)| committed(tx));
        sums.1 += pending.map(|(_, doubt)| i64::from(doubt.change)).sum::<i64>();
    }
    sums
}

/// Somebody has yet to decide, on disk too.
pub fn unsettled(p: &Commit, cluster: &Cluster<Commit>, ghost: &Ghost) -> bool {
    let doubt = || ledgers(p, cluster).any(|(_, ledger)| !ledger.in_doubt.is_empty());
    ghost.transactions.iter().any(|t| !t.settled()) || (!ghost.transactions.is_empty() && doubt())
}

/// Somebody who runs has yet to decide, whatever those that are down know. A coordinator that tells has decided.
pub fn undecided(cluster: &Cluster<Commit>) -> bool {
    cluster.ids().filter(|id| cluster.runs(*id)).any(|id| match cluster.state(id) {
        Some(State::Coordinator(c)) => c.open.values().any(|open| !matches!(open.phase, Telling { .. })),
        Some(State::Participant(s)) => !s.open.is_empty() || !s.waiting.is_empty(),
        _ => false,
    })
}

/// Everybody has decided, on disk too; or nobody will ever say anything again.
fn terminates(p: &Commit, cluster: &Cluster<Commit>, ghost: &Ghost) -> Judgement {
    if ghost.transactions.is_empty() {
        Judgement::Open
    } else if !unsettled(p, cluster, ghost) {
        Judgement::Met
    } else {
        let quiet = cluster.flights.is_empty() && cluster.timers.is_empty() && cluster.ids().all(|id| cluster.runs(id));
        let forcing = cluster.nodes.iter().any(|node| !node.forcing.is_empty());
        if quiet && !forcing { Judgement::Never } else { Judgement::Open }
    }
}

type Judge = fn(&Commit, &Cluster<Commit>, &Ghost) -> Judgement;

fn safety(name: &'static str, promised: Worlds, judge: Judge) -> Property<Commit> {
    Property { name, kind: Kind::Safety, promised, judge }
}

/// The properties, with the worlds in which they are promised.
pub fn all(p: &Commit) -> Vec<Property<Commit>> {
    let always = Worlds::UpTo(World::Anything);
    // A mistake gives up just this; what it does to the rest is what it shows.
    let unforced = [Mistake::VoteNotForced, Mistake::CommitNotForced, Mistake::PubSub, Mistake::OneByOne];
    let unforced = unforced.into_iter().any(|mistake| p.makes(mistake));
    // Three-phase commit bets on time: with termination it agrees where messages are timely and only nodes fail; by its
    // timers alone not even there.
    let agrees = match p.variant {
        Variant::ThreePhase { termination: true } => Worlds::UpTo(World::Sync),
        Variant::ThreePhase { termination: false } => Worlds::None,
        _ => always,
    };
    let waits = match p.variant {
        Variant::ThreePhase { termination: true } => Worlds::UpTo(World::Sync),
        _ => Worlds::None,
    };
    let mut list = vec![
        safety("AC1-AGREE", agrees, |_, _, ghost| {
            judge(ghost.transactions.iter().any(|t| t.some(Decision::Commit) && t.some(Decision::Abort)))
        }),
        safety("AC2-STABLE", if agrees == always { always } else { agrees }, |_, _, ghost| {
            judge(ghost.reversed.is_some())
        }),
        safety("AC3-VALID-COMMIT", always, |_, _, ghost| {
            let yes = |part: &Part| matches!(part.voted, Some(Vote::Yes | Vote::Read));
            let unanimous = |t: &Transaction| t.parts.iter().all(yes);
            judge(ghost.transactions.iter().any(|t| t.some(Decision::Commit) && !unanimous(t)))
        }),
        safety("AC4-NONTRIVIAL", always, |_, _, ghost| {
            let refused = |t: &Transaction| t.parts.iter().any(|part| part.voted == Some(Vote::No));
            judge(ghost.transactions.iter().any(|t| t.some(Decision::Abort) && !t.excused && !refused(t)))
        }),
        safety("FORCE-BEFORE-SEND", if unforced { Worlds::None } else { always }, |p, cluster, _| {
            judge(cluster.flights.iter().any(|flight| unguarded(p, cluster, flight)))
        }),
        safety("NO-FORGET", agrees, |p, cluster, ghost| judge(forgotten(p, cluster, ghost))),
        safety("LOCK-RELEASE", always, |p, cluster, _| judge(lock_astray(p, cluster))),
        safety("MONEY", agrees, |p, cluster, ghost| {
            let (settled, pending) = money(p, cluster, ghost);
            judge(settled + pending != p.balances.iter().map(|b| i64::from(*b)).sum::<i64>())
        }),
        safety("NON-BLOCKING", waits, |p, cluster, _| judge(!blocked(p, cluster).is_empty())),
        Property { name: "AC5-TERMINATE", kind: Kind::Liveness, promised: always, judge: terminates },
    ];
    if p.on_lock != OnLock::Refuse {
        let ordered = if p.on_lock == OnLock::WaitInOrder { always } else { Worlds::None };
        list.push(safety("NO-DEADLOCK", ordered, |_, cluster, _| judge(!deadlock(cluster).is_empty())));
    }
    // Atomic commitment says nothing about what a reader sees.
    list.push(safety("SEES-WHOLE", Worlds::None, |_, _, ghost| judge(ghost.half_read.is_some())));
    if p.client.is_some() {
        let once = if p.makes(Mistake::NoRequestId) { Worlds::None } else { always };
        list.push(safety("ONCE", once, |_, _, ghost| judge(ghost.doubled.is_some())));
    }
    list
}
