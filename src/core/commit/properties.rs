//! What is said of every run of an atomic commitment, by the numbers of Bernstein, Hadzilacos and Goodman (1987, 7.3).
//! Babaoglu and Toueg number the same conditions differently: their AC2 is AC3 here, AC3 is AC4, and AC4 is AC2.
//!
//! No condition on safety depends on time, so all are promised whatever timers do. That nobody who is up waits for one
//! that is down is promised by no two-phase commit: it is shown.

use super::participant::Ledger;
use super::{Cause, Commit, Decision, Msg, Note, Record, State, TxId, Vote};
use crate::core::cluster::{Cluster, Flight};
use crate::core::protocol::{Judgement, Kind, NodeId, Property, World, Worlds};

/// History that only properties read: what everybody said about the latest transactions.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Ghost {
    /// In the order in which they started.
    pub transactions: Vec<Transaction>,
    /// The latest decision that was reversed, and by whom.
    pub reversed: Option<(NodeId, TxId)>,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Transaction {
    pub tx: TxId,
    pub parts: Vec<Part>,
    /// The coordinator's decision.
    pub decided: Option<Decision>,
    /// There was a fault while it was open: a timeout, or a node that started again. It may abort.
    pub excused: bool,
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

    fn at(&mut self, tx: TxId, node: NodeId) -> Option<&mut Part> {
        let transaction = self.transactions.iter_mut().find(|t| t.tx == tx)?;
        transaction.parts.iter_mut().find(|part| part.node == node)
    }

    /// A participant decides; noted if it decided otherwise before.
    fn decide(&mut self, tx: TxId, node: NodeId, decision: Decision) {
        if let Some(part) = self.at(tx, node)
            && part.decided.replace(decision).is_some_and(|before| before != decision)
        {
            self.reversed = Some((node, tx));
        }
    }

    fn decide_coordinator(&mut self, tx: TxId, decision: Decision) {
        if let Some(t) = self.transactions.iter_mut().find(|t| t.tx == tx)
            && t.decided.replace(decision).is_some_and(|before| before != decision)
        {
            self.reversed = Some((Commit::COORDINATOR, tx));
        }
    }
}

impl Transaction {
    /// Nobody has anything left to decide. Whoever never voted on what is aborted has done nothing, and waits for nothing.
    fn settled(&self) -> bool {
        let idle = |part: &Part| self.decided == Some(Decision::Abort) && part.voted.is_none();
        self.decided.is_some() && self.parts.iter().all(|part| part.decided.is_some() || idle(part))
    }

    fn some(&self, decision: Decision) -> bool {
        self.decided == Some(decision) || self.parts.iter().any(|part| part.decided == Some(decision))
    }
}

pub fn observe(ghost: &mut Ghost, at: NodeId, note: &Note) {
    match note {
        Note::Started { tx, changes } => {
            let part = |(node, _): &(NodeId, i32)| Part { node: *node, voted: None, decided: None };
            let parts = changes.iter().map(part).collect();
            ghost.transactions.push(Transaction { tx: *tx, parts, decided: None, excused: false });
            if ghost.transactions.len() > REMEMBERED
                && let Some(oldest) = ghost.transactions.iter().position(Transaction::settled)
            {
                ghost.transactions.remove(oldest);
            }
        }
        Note::VotedYes(tx) => {
            if let Some(part) = ghost.at(*tx, at) {
                part.voted.get_or_insert(Vote::Yes);
            }
        }
        Note::VotedNo { tx, .. } => {
            if let Some(part) = ghost.at(*tx, at) {
                part.voted = Some(Vote::No);
            }
            ghost.decide(*tx, at, Decision::Abort);
        }
        Note::Learned { tx, decision } => ghost.decide(*tx, at, *decision),
        Note::DecidedCommit(tx) => ghost.decide_coordinator(*tx, Decision::Commit),
        Note::DecidedAbort { tx, cause } => {
            ghost.decide_coordinator(*tx, Decision::Abort);
            if *cause == Cause::TimedOut
                && let Some(t) = ghost.transactions.iter_mut().find(|t| t.tx == *tx)
            {
                t.excused = true;
            }
        }
        Note::RecoveredCoordinator { telling } => recovered_coordinator(ghost, telling),
        Note::RecoveredParticipant { in_doubt, closed } => recovered_participant(ghost, at, in_doubt, closed),
        _ => {}
    }
}

/// What the log says is committed is; anything else that was open is aborted by presumption.
fn recovered_coordinator(ghost: &mut Ghost, telling: &[TxId]) {
    for t in ghost.transactions.iter_mut().filter(|t| !t.settled()) {
        t.excused = true;
        let found = if telling.contains(&t.tx) { Decision::Commit } else { Decision::Abort };
        t.decided.get_or_insert(found);
    }
}

/// A participant whose log knows nothing of a transaction aborts it: so it must not have voted YES.
fn recovered_participant(ghost: &mut Ghost, at: NodeId, in_doubt: &[TxId], closed: &[TxId]) {
    let mut lost = Vec::new();
    for t in ghost.transactions.iter_mut() {
        t.excused |= !t.settled();
        let known = in_doubt.contains(&t.tx) || closed.contains(&t.tx);
        for part in t.parts.iter_mut().filter(|part| part.node == at && !known) {
            match part.voted {
                Some(Vote::Yes) if part.decided != Some(Decision::Commit) => lost.push(t.tx),
                // Its NO left no trace: a copy of PREPARE that reaches it now finds it undecided. Nothing hangs on
                // it, for a coordinator that heard the NO has aborted and counts no later vote.
                Some(Vote::No) if t.decided.is_none() => (part.voted, part.decided) = (None, None),
                _ => {}
            }
        }
    }
    for tx in lost {
        ghost.decide(tx, at, Decision::Abort);
    }
}

/// The participants that are up and in doubt.
pub fn in_doubt(cluster: &Cluster<Commit>) -> impl Iterator<Item = (NodeId, TxId)> {
    cluster
        .ids()
        .filter_map(|id| match cluster.state(id) {
            Some(State::Participant(p)) => Some((id, p)),
            _ => None,
        })
        .flat_map(|(id, p)| p.in_doubt().map(move |tx| (id, tx)))
}

fn judge(broken: bool) -> Judgement {
    if broken { Judgement::Broken } else { Judgement::Fine }
}

fn ledgers<'a>(p: &'a Commit, cluster: &'a Cluster<Commit>) -> impl Iterator<Item = (NodeId, Ledger)> + 'a {
    p.participants().map(|id| (id, Ledger::read(p, id, &cluster.node(id).log)))
}

/// The record that must be on the platters before this message is sent, if there is one, is not there.
fn unguarded(cluster: &Cluster<Commit>, flight: &Flight<Commit>) -> bool {
    let sender = cluster.node(flight.from);
    let platters = &sender.log[..(sender.durable as usize).min(sender.log.len())];
    // A rewritten log holds what was forced in another form.
    if matches!(platters.first(), Some(Record::Balance { .. } | Record::Ended(_))) {
        return false;
    }
    let there = |wanted: &dyn Fn(&Record) -> bool| platters.iter().any(wanted);
    match &flight.msg {
        Msg::Vote { tx, vote: Vote::Yes } => !there(&|r| matches!(r, Record::Prepared { tx: t, .. } if t == tx)),
        Msg::Decide { tx, decision: Decision::Commit } => {
            !there(&|r| matches!(r, Record::Commit { tx: t, .. } if t == tx))
        }
        Msg::Ack(tx) => !there(&|r| matches!(r, Record::Committed(t) if t == tx)),
        _ => false,
    }
}

/// A committed transaction about which somebody is in doubt, and the coordinator's log has no commit record or ended it.
fn forgotten(p: &Commit, cluster: &Cluster<Commit>, ghost: &Ghost) -> bool {
    let log = &cluster.node(Commit::COORDINATOR).log;
    let knows = |tx: TxId| {
        log.iter().any(|r| matches!(r, Record::Commit { tx: t, .. } if *t == tx)) && !log.contains(&Record::End(tx))
    };
    let committed = |tx: TxId| ghost.of(tx).is_some_and(|t| t.decided == Some(Decision::Commit));
    ledgers(p, cluster).any(|(_, ledger)| ledger.in_doubt.keys().any(|tx| committed(*tx) && !knows(*tx)))
}

/// A participant that is up holds a lock without being in doubt, or is in doubt without holding it.
fn lock_astray(p: &Commit, cluster: &Cluster<Commit>) -> bool {
    ledgers(p, cluster).any(|(id, ledger)| match cluster.state(id) {
        Some(State::Participant(s)) => {
            let unlocked = ledger.in_doubt.keys().any(|tx| s.locked != Some(*tx));
            unlocked || s.locked.is_some_and(|tx| !s.open.contains_key(&tx))
        }
        _ => false,
    })
}

/// What is settled, and what is certain to be: the changes of a committed transaction that are prepared.
/// Both are read off the logs, so a node that is down counts too.
pub fn money(p: &Commit, cluster: &Cluster<Commit>, ghost: &Ghost) -> (i64, i64) {
    let committed = |tx: &TxId| ghost.of(*tx).is_some_and(|t| t.decided == Some(Decision::Commit));
    let mut sums = (0, 0);
    for (_, ledger) in ledgers(p, cluster) {
        sums.0 += i64::from(ledger.balance);
        let pending = ledger.in_doubt.iter().filter(|(tx, _)| committed(tx));
        sums.1 += pending.map(|(_, (change, _))| i64::from(*change)).sum::<i64>();
    }
    sums
}

/// Everybody has decided, on disk too; or nobody will ever say anything again.
fn terminates(p: &Commit, cluster: &Cluster<Commit>, ghost: &Ghost) -> Judgement {
    let doubt = ledgers(p, cluster).any(|(_, ledger)| !ledger.in_doubt.is_empty());
    if ghost.transactions.is_empty() {
        Judgement::Open
    } else if !doubt && ghost.transactions.iter().all(Transaction::settled) {
        Judgement::Met
    } else {
        let quiet = cluster.flights.is_empty() && cluster.timers.is_empty() && cluster.ids().all(|id| cluster.runs(id));
        let forcing = cluster.nodes.iter().any(|node| !node.forcing.is_empty());
        if quiet && !forcing { Judgement::Never } else { Judgement::Open }
    }
}

fn safety(
    name: &'static str,
    promised: Worlds,
    judge: fn(&Commit, &Cluster<Commit>, &Ghost) -> Judgement,
) -> Property<Commit> {
    Property { name, kind: Kind::Safety, promised, judge }
}

/// The properties, with the worlds in which they are promised.
pub fn all() -> Vec<Property<Commit>> {
    let always = Worlds::UpTo(World::Anything);
    vec![
        safety("AC1-AGREE", always, |_, _, ghost| {
            judge(ghost.transactions.iter().any(|t| t.some(Decision::Commit) && t.some(Decision::Abort)))
        }),
        safety("AC2-STABLE", always, |_, _, ghost| judge(ghost.reversed.is_some())),
        safety("AC3-VALID-COMMIT", always, |_, _, ghost| {
            let unanimous = |t: &Transaction| t.parts.iter().all(|part| part.voted == Some(Vote::Yes));
            judge(ghost.transactions.iter().any(|t| t.some(Decision::Commit) && !unanimous(t)))
        }),
        safety("AC4-NONTRIVIAL", always, |_, _, ghost| {
            let refused = |t: &Transaction| t.parts.iter().any(|part| part.voted == Some(Vote::No));
            judge(ghost.transactions.iter().any(|t| t.some(Decision::Abort) && !t.excused && !refused(t)))
        }),
        safety("FORCE-BEFORE-SEND", always, |_, cluster, _| {
            judge(cluster.flights.iter().any(|flight| unguarded(cluster, flight)))
        }),
        safety("NO-FORGET", always, |p, cluster, ghost| judge(forgotten(p, cluster, ghost))),
        safety("LOCK-RELEASE", always, |p, cluster, _| judge(lock_astray(p, cluster))),
        safety("MONEY", always, |p, cluster, ghost| {
            let (settled, pending) = money(p, cluster, ghost);
            judge(settled + pending != p.balances.iter().map(|b| i64::from(*b)).sum::<i64>())
        }),
        safety("NON-BLOCKING", Worlds::None, |_, cluster, _| {
            judge(!cluster.is_up(Commit::COORDINATOR) && in_doubt(cluster).next().is_some())
        }),
        Property { name: "AC5-TERMINATE", kind: Kind::Liveness, promised: always, judge: terminates },
    ]
}
