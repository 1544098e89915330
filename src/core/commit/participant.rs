//! A participant: one account, one log. It votes, obeys the decision, and asks when it does not hear of it.

use super::bank::{Bank, Refused};
use super::ledger::{Doubt, Ledger, remember};
use super::termination;
use super::{
    Alone, Commit, Decision, Mistake, Msg, Note, OnLock, Record, Refusal, Request, Standing, Timer, TxId, Variant, Vote,
};
use crate::core::map::Map;
use crate::core::protocol::{Clock, Context, Event, NodeId, Ticks};

/// The one account of a participant.
const ACCOUNT: u16 = 0;

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Participant {
    /// The account, what is settled, and who has locked it.
    pub bank: Bank<TxId>,
    pub open: Map<TxId, Open>,
    /// They wait for the account, the first first.
    pub waiting: Vec<Waiting>,
    /// The latest transactions that it has finished, oldest first: a late PREPARE of one of them is not worked on again.
    pub closed: Vec<(TxId, Decision)>,
    /// The latest that it has finished and forgotten.
    pub forgotten: Option<TxId>,
    /// It was told to vote NO.
    pub refuses: bool,
    /// Records in its log.
    pub written: u32,
}

/// A transaction that is not finished here.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Open {
    pub change: i32,
    pub coordinator: NodeId,
    /// Whom else it may ask.
    pub peers: Vec<NodeId>,
    pub phase: Phase,
    /// Three-phase commit: it found this in its log, and takes over from nobody.
    pub recovering: bool,
    /// It has taken over.
    pub lead: Option<termination::Lead>,
}

/// A PREPARE that waits for the account.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Waiting {
    pub tx: TxId,
    pub change: i32,
    pub coordinator: NodeId,
    pub peers: Vec<NodeId>,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Phase {
    /// Votes YES once the log is forced up to this length. It may still decide alone.
    Preparing { upto: u32 },
    /// In doubt: it has voted YES and may not decide alone. It has inquired so often (counted up to `backoff`).
    Prepared { inquired: u8 },
    /// Three-phase commit: it has heard that all voted YES, and says so to this node once the log is forced.
    PreCommitting { upto: u32, to: NodeId },
    /// Three-phase commit: it knows that all voted YES, and so does its log.
    PreCommitted { inquired: u8 },
    /// It knows how it ends; finished once the log is forced up to this length. Then it says so.
    Ending { upto: u32, decision: Decision, then: Then },
}

/// What follows when the record of the end is on the platters.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Then {
    Acknowledge,
    VoteNo(Refusal),
    /// It has decided without the coordinator, and tells these.
    Tell(Vec<NodeId>, Alone),
}

impl Participant {
    pub fn balance(&self) -> u32 {
        self.bank.balance(ACCOUNT)
    }

    /// The transaction that has locked the account.
    pub fn locked(&self) -> Option<TxId> {
        self.bank.holder(ACCOUNT).copied()
    }

    /// Whether it has worked on this transaction, as far as it remembers.
    pub fn knows(&self, tx: TxId) -> bool {
        self.open.contains_key(&tx) || self.ended(tx).is_some() || self.waiting.iter().any(|w| w.tx == tx)
    }

    /// Whether it may have worked on this transaction so long ago that it has forgotten.
    pub fn may_have_known(&self, tx: TxId) -> bool {
        !self.knows(tx) && self.forgotten.is_some_and(|latest| tx <= latest)
    }

    /// How it ended here, as far as it remembers.
    pub fn ended(&self, tx: TxId) -> Option<Decision> {
        self.closed.iter().find(|(closed, _)| *closed == tx).map(|(_, decision)| *decision)
    }

    /// The transactions about which it is in doubt: it may not end that alone.
    pub fn in_doubt(&self) -> impl Iterator<Item = TxId> {
        self.open.iter().filter(|(_, open)| open.is_in_doubt()).map(|(tx, _)| *tx)
    }
}

impl Open {
    pub fn is_in_doubt(&self) -> bool {
        matches!(self.phase, Phase::Prepared { .. } | Phase::PreCommitting { .. } | Phase::PreCommitted { .. })
    }

    /// It waits for its own disk, and for nobody else.
    pub fn is_forcing(&self) -> bool {
        matches!(self.phase, Phase::Preparing { .. } | Phase::PreCommitting { .. } | Phase::Ending { .. })
    }

    pub(super) fn new(work: &Waiting, phase: Phase) -> Self {
        Open {
            change: work.change,
            coordinator: work.coordinator,
            peers: work.peers.clone(),
            phase,
            recovering: false,
            lead: None,
        }
    }
}

/// Redo what is committed; what is prepared is in doubt: its lock is taken again, and it inquires at once.
pub fn boot(p: &Commit, me: NodeId, log: &[Record], cx: &mut Context<Commit>) -> Participant {
    let Ledger { balance, in_doubt, closed, forgotten } = Ledger::read(p, me, log);
    if cx.incarnation() > 0 {
        let doubts = in_doubt.keys().copied().collect();
        cx.note(Note::RecoveredParticipant { in_doubt: doubts, closed: closed.clone() });
    }
    let mut s = Participant {
        bank: Bank::new(vec![balance]),
        open: Map::new(),
        waiting: Vec::new(),
        closed,
        forgotten,
        refuses: false,
        written: log.len() as u32,
    };
    for (tx, doubt) in in_doubt {
        // What is prepared could be done when it was, and nobody has touched the account since.
        let _ = s.bank.update(&tx, ACCOUNT, doubt.change);
        s.bank.prepare(&tx, tx);
        let phase =
            if doubt.pre_committed { Phase::PreCommitted { inquired: 0 } } else { Phase::Prepared { inquired: 0 } };
        let Doubt { change, coordinator, peers, .. } = doubt;
        s.open.insert(tx, Open { change, coordinator, peers, phase, recovering: p.variant.three_phases(), lead: None });
        if p.makes(Mistake::RecoveryAborts) {
            decide_alone(p, &mut s, tx, Decision::Abort, Alone::Restarted, cx);
        } else if let Some(open) = s.open.get_mut(&tx) {
            inquire(p, tx, open, cx);
        }
    }
    s
}

pub fn step(p: &Commit, me: NodeId, s: &mut Participant, event: Event<Commit>, cx: &mut Context<Commit>) {
    match event {
        Event::Message { from, msg: Msg::Prepare { tx, change, peers } } => {
            prepare(p, s, Waiting { tx, change, coordinator: from, peers }, cx);
        }
        Event::Message { from, msg: Msg::Decide { tx, decision } } => learn(p, s, from, tx, decision, cx),
        Event::Message { from, msg: Msg::PreCommit(tx) } => termination::hear_pre_commit(s, from, tx, cx),
        Event::Message { from, msg: Msg::PreAck(tx) } => termination::hear_pre_ack(s, from, tx, cx),
        Event::Message { from, msg: Msg::Inquire(tx) } => {
            termination::hear_inquiry(s, from, tx, cx);
        }
        Event::Message { from, msg: Msg::Ask(tx) } => termination::hear_ask(p, me, s, from, tx, cx),
        Event::Message { from, msg: Msg::Standing { tx, standing } } => {
            termination::hear_standing(p, me, s, from, tx, standing, cx);
        }
        Event::Message { from, msg: Msg::Glance(glance) } => {
            cx.send(from, Msg::Seen { glance, balance: s.balance() });
        }
        Event::Timeout(Timer::Doubt(tx)) => doubt(p, s, tx, cx),
        Event::Timeout(Timer::Lead(tx)) => termination::conclude(p, me, s, tx, cx),
        Event::Durable { upto } => durable(p, me, s, upto, cx),
        Event::Request(Request::VoteNo(on)) => {
            s.refuses = on;
            cx.note(Note::WillVoteNo(on));
        }
        Event::Request(Request::Heuristic(decision)) => {
            let first = s.in_doubt().next();
            if let Some(tx) = first {
                decide_alone(p, s, tx, decision, Alone::Operator, cx);
            }
        }
        // What only a coordinator or a client handles.
        Event::Message { .. }
        | Event::Timeout(Timer::Votes(_) | Timer::Acks(_) | Timer::Load(_) | Timer::Answer(_))
        | Event::Request(Request::Start(_) | Request::Audit | Request::Glance) => {}
    }
}

fn prepare(p: &Commit, s: &mut Participant, work: Waiting, cx: &mut Context<Commit>) {
    let Waiting { tx, change, coordinator, .. } = work;
    // A copy, or one that ABORT has overtaken: the answer is out, or nobody waits for it.
    if s.knows(tx) || s.may_have_known(tx) {
        cx.note(Note::IgnoredPrepare(tx));
        return;
    }
    if p.makes(Mistake::PubSub) {
        // That it arrived is all that PUBLISH counts; whether the work can be done is not asked.
        cx.send(coordinator, Msg::Vote { tx, vote: Vote::Received, read: None });
        cx.note(Note::Received(tx));
        if refusal(s, change).is_none() && s.bank.update(&tx, ACCOUNT, change).is_ok() {
            s.open.insert(tx, Open::new(&work, Phase::Prepared { inquired: 0 }));
        }
        return;
    }
    match refusal(s, change) {
        Some(Refusal::Locked(holder)) if p.on_lock != OnLock::Refuse => {
            cx.note(Note::Waits { tx, holder });
            s.waiting.push(work);
        }
        Some(why) => refuse(p, s, work, why, cx),
        None => take(p, s, work, cx),
    }
}

fn refusal(s: &Participant, change: i32) -> Option<Refusal> {
    if s.refuses {
        Some(Refusal::Told)
    } else if let Some(other) = s.locked() {
        Some(Refusal::Locked(other))
    } else {
        s.balance().checked_add_signed(change).is_none().then_some(Refusal::Funds)
    }
}

/// It decides alone, before it ever votes YES.
fn refuse(p: &Commit, s: &mut Participant, work: Waiting, why: Refusal, cx: &mut Context<Commit>) {
    let tx = work.tx;
    // Presumed abort need not force it: if the record is lost, nothing is. But where peers are asked, one of them may
    // have been told ABORT; then a copy of PREPARE must not find it ready to vote YES.
    if p.variant != Variant::PresumedAbort || p.cooperative {
        cx.note(Note::ForcesNo(tx));
        cx.force(Record::Aborted(tx));
        s.written += 1;
        let phase = Phase::Ending { upto: s.written, decision: Decision::Abort, then: Then::VoteNo(why) };
        s.open.insert(tx, Open::new(&work, phase));
        return;
    }
    write(s, Record::Aborted(tx), cx);
    remember(&mut s.closed, &mut s.forgotten, tx, Decision::Abort);
    cx.send(work.coordinator, Msg::Vote { tx, vote: Vote::No, read: None });
    cx.note(Note::VotedNo { tx, why });
    rewrite(p, s, cx);
}

/// The account is free and the change can be made.
fn take(p: &Commit, s: &mut Participant, work: Waiting, cx: &mut Context<Commit>) {
    let Waiting { tx, change, coordinator, .. } = work;
    if p.read_only && change == 0 {
        cx.send(coordinator, Msg::Vote { tx, vote: Vote::Read, read: Some(s.balance()) });
        cx.note(Note::VotedRead(tx));
        return;
    }
    if let Err(Refused::Locked(_) | Refused::Funds | Refused::Unknown) = s.bank.update(&tx, ACCOUNT, change) {
        return;
    }
    s.bank.prepare(&tx, tx);
    cx.note(Note::Prepares(tx));
    let record = Record::Prepared { tx, change, coordinator, peers: work.peers.clone() };
    s.written += 1;
    if p.makes(Mistake::OneByOne) {
        // Lock, set, release.
        cx.append(record);
        s.open.insert(tx, Open::new(&work, Phase::Prepared { inquired: 0 }));
        decide_alone(p, s, tx, Decision::Commit, Alone::Blindly, cx);
        cx.send(coordinator, Msg::Vote { tx, vote: Vote::Yes, read: None });
    } else if p.makes(Mistake::VoteNotForced) {
        cx.append(record);
        s.open.insert(tx, Open::new(&work, Phase::Prepared { inquired: 0 }));
        vote_yes(p, s, tx, p.inquire, cx);
    } else {
        cx.force(record);
        s.open.insert(tx, Open::new(&work, Phase::Preparing { upto: s.written }));
    }
}

/// From here until the decision it is in doubt.
fn vote_yes(p: &Commit, s: &Participant, tx: TxId, patience: Ticks, cx: &mut Context<Commit>) {
    let Some(open) = s.open.get(&tx) else { return };
    let read = (open.change == 0 && !p.read_only).then(|| s.balance());
    cx.send(open.coordinator, Msg::Vote { tx, vote: Vote::Yes, read });
    cx.note(Note::VotedYes(tx));
    cx.set_timer(Timer::Doubt(tx), Clock::Monotonic, patience);
}

fn durable(p: &Commit, me: NodeId, s: &mut Participant, upto: u32, cx: &mut Context<Commit>) {
    let reached: Vec<(TxId, Phase)> = s
        .open
        .iter()
        .filter(|(_, open)| match open.phase {
            Phase::Preparing { upto: needs } | Phase::PreCommitting { upto: needs, .. } => needs <= upto,
            Phase::Ending { upto: needs, .. } => needs <= upto,
            _ => false,
        })
        .map(|(tx, open)| (*tx, open.phase.clone()))
        .collect();
    for (tx, phase) in reached {
        match phase {
            Phase::Preparing { .. } => {
                set_phase(s, tx, Phase::Prepared { inquired: 0 });
                vote_yes(p, s, tx, p.patience(me), cx);
            }
            Phase::PreCommitting { to, .. } => termination::pre_committed(p, me, s, tx, to, cx),
            Phase::Ending { decision, then, .. } => ended(p, s, tx, decision, then, cx),
            _ => {}
        }
    }
}

/// The record of the end is on the platters.
fn ended(p: &Commit, s: &mut Participant, tx: TxId, decision: Decision, then: Then, cx: &mut Context<Commit>) {
    let Some(open) = s.open.remove(&tx) else { return };
    match then {
        Then::Acknowledge => {
            cx.send(open.coordinator, Msg::Ack(tx));
            cx.note(Note::Acked { tx, decision });
        }
        Then::VoteNo(why) => {
            cx.send(open.coordinator, Msg::Vote { tx, vote: Vote::No, read: None });
            cx.note(Note::VotedNo { tx, why });
        }
        Then::Tell(peers, why) => {
            cx.note(Note::DecidedAlone { tx, decision, why });
            for to in peers {
                cx.send(to, Msg::Decide { tx, decision });
                cx.note(Note::ToldDecision { tx, to, decision });
            }
        }
    }
    settle(p, s, tx, decision, cx);
}

/// The account has its balance and is free; whoever waits for it is next.
fn settle(p: &Commit, s: &mut Participant, tx: TxId, decision: Decision, cx: &mut Context<Commit>) {
    s.bank.end(&tx, decision == Decision::Commit);
    remember(&mut s.closed, &mut s.forgotten, tx, decision);
    // Before the next one opens: where many wait there is always one open.
    rewrite(p, s, cx);
    while s.locked().is_none() && !s.waiting.is_empty() {
        let next = s.waiting.remove(0);
        match refusal(s, next.change) {
            Some(why) => refuse(p, s, next, why, cx),
            None => take(p, s, next, cx),
        }
    }
}

fn learn(p: &Commit, s: &mut Participant, from: NodeId, tx: TxId, decision: Decision, cx: &mut Context<Commit>) {
    s.waiting.retain(|w| w.tx != tx || decision == Decision::Commit);
    match s.open.get(&tx) {
        Some(open) if matches!(open.phase, Phase::Ending { .. }) => {
            // It forces the record and acknowledges after that. Or the answer to an inquiry that the decision has overtaken:
            // by now the coordinator has forgotten, and presumes.
        }
        // It has not voted: nobody commits then.
        Some(open) if decision == Decision::Commit && !open.is_in_doubt() => {}
        Some(_) => {
            cx.note(Note::Learned { tx, decision });
            close(p, s, tx, decision, cx);
        }
        None => late(p, s, from, tx, decision, cx),
    }
}

/// It takes the decision down: forced if somebody waits for the acknowledgement.
fn close(p: &Commit, s: &mut Participant, tx: TxId, decision: Decision, cx: &mut Context<Commit>) {
    cx.cancel_timer(Timer::Doubt(tx));
    cx.cancel_timer(Timer::Lead(tx));
    let record = Record::end_of(tx, decision);
    if p.variant.acknowledges(decision) && !p.makes(Mistake::PubSub) {
        cx.force(record);
        s.written += 1;
        set_phase(s, tx, Phase::Ending { upto: s.written, decision, then: Then::Acknowledge });
    } else {
        if p.makes(Mistake::PubSub)
            && let Some(open) = s.open.get(&tx)
        {
            // There was no log before: the change and its end go to the disk together.
            let (change, coordinator, peers) = (open.change, open.coordinator, Vec::new());
            write(s, Record::Prepared { tx, change, coordinator, peers }, cx);
        }
        s.open.remove(&tx);
        write(s, record, cx);
        settle(p, s, tx, decision, cx);
    }
}

/// A decision about what is not open here.
fn late(p: &Commit, s: &mut Participant, from: NodeId, tx: TxId, decision: Decision, cx: &mut Context<Commit>) {
    let waits = from == Commit::COORDINATOR && p.variant.acknowledges(decision) && !p.makes(Mistake::PubSub);
    match s.ended(tx) {
        Some(mine) => {
            if mine != decision {
                cx.note(Note::Contradicted { tx, mine, told: decision });
            }
            // The ACK was lost, or the coordinator has lost its end record.
            if waits {
                cx.send(from, Msg::Ack(tx));
                cx.note(Note::AckedAgain(tx));
            }
        }
        // COMMIT goes to those who voted YES only, and the vote outlives a crash: it has committed, long ago. Or, with a
        // mistake, it has done nothing for it.
        None if decision == Decision::Commit => {
            if waits {
                cx.send(from, Msg::Ack(tx));
                cx.note(Note::AckedAgain(tx));
            } else {
                cx.note(Note::NothingPrepared(tx));
            }
        }
        // It may have ended so long ago that it does not know how, and this is a presumption: nothing hangs on it.
        None if s.may_have_known(tx) && !p.variant.acknowledges(decision) => {}
        // ABORT has overtaken PREPARE: remembered, so that the late PREPARE is not worked on.
        None => {
            cx.note(Note::Learned { tx, decision });
            if p.variant.acknowledges(decision) && !p.makes(Mistake::PubSub) {
                cx.force(Record::Aborted(tx));
                s.written += 1;
                let phase = Phase::Ending { upto: s.written, decision, then: Then::Acknowledge };
                let work = Waiting { tx, change: 0, coordinator: Commit::COORDINATOR, peers: Vec::new() };
                s.open.insert(tx, Open::new(&work, phase));
            } else {
                remember(&mut s.closed, &mut s.forgotten, tx, decision);
                write(s, Record::Aborted(tx), cx);
                rewrite(p, s, cx);
            }
        }
    }
}

/// Nobody has told it: a timer, an operator, or what the others say.
fn decide_alone(p: &Commit, s: &mut Participant, tx: TxId, decision: Decision, why: Alone, cx: &mut Context<Commit>) {
    cx.note(Note::DecidedAlone { tx, decision, why });
    cx.cancel_timer(Timer::Doubt(tx));
    cx.cancel_timer(Timer::Lead(tx));
    let record = Record::end_of(tx, decision);
    s.open.remove(&tx);
    write(s, record, cx);
    settle(p, s, tx, decision, cx);
}

/// The decision has not come.
fn doubt(p: &Commit, s: &mut Participant, tx: TxId, cx: &mut Context<Commit>) {
    let Some(open) = s.open.get_mut(&tx).filter(|open| open.is_in_doubt()) else { return };
    let alone = match (p.variant, &open.phase) {
        _ if p.makes(Mistake::DoubtAborts) => Some(Decision::Abort),
        _ if p.makes(Mistake::DoubtCommits) => Some(Decision::Commit),
        // Skeen's timeout transitions: before PRE-COMMIT nobody can have committed, after it nobody can have aborted; so it
        // seems.
        (Variant::ThreePhase { termination: false }, phase) if !open.recovering => Some(match phase {
            Phase::Prepared { .. } => Decision::Abort,
            _ => Decision::Commit,
        }),
        _ => None,
    };
    match alone {
        Some(decision) if p.variant.three_phases() => termination::decide_by_timer(s, tx, decision, cx),
        Some(decision) => decide_alone(p, s, tx, decision, Alone::TimedOut, cx),
        None if p.variant.terminates_together() && !open.recovering => termination::take_over(p, s, tx, cx),
        None => inquire(p, tx, open, cx),
    }
}

/// Asks the coordinator, and the others if they are to be asked.
fn inquire(p: &Commit, tx: TxId, open: &mut Open, cx: &mut Context<Commit>) {
    let (Phase::Prepared { inquired } | Phase::PreCommitted { inquired }) = &mut open.phase else { return };
    cx.send(open.coordinator, Msg::Inquire(tx));
    for peer in &open.peers {
        // To ask how a peer stands is to take over, in three-phase commit; this one has started again, and does not.
        let question = if p.variant.three_phases() { Msg::Inquire(tx) } else { Msg::Ask(tx) };
        cx.send(*peer, question);
    }
    cx.note(Note::Inquired { tx, peers: open.peers.len() as u16 });
    let wait = p.inquire.saturating_mul(Ticks::from(2_u8).saturating_pow((*inquired).into()));
    *inquired = p.backoff.min(inquired.saturating_add(1));
    cx.set_timer(Timer::Doubt(tx), Clock::Monotonic, wait);
}

/// How it stands, for a peer that asks.
pub(super) fn standing(open: &Open) -> Standing {
    match open.phase {
        _ if open.recovering => Standing::Recovering,
        Phase::PreCommitted { .. } => Standing::PreCommitted,
        _ => Standing::Uncertain,
    }
}

pub(super) fn set_phase(s: &mut Participant, tx: TxId, phase: Phase) {
    if let Some(open) = s.open.get_mut(&tx) {
        open.phase = phase;
    }
}

fn write(s: &mut Participant, record: Record, cx: &mut Context<Commit>) {
    s.written += 1;
    cx.append(record);
}

/// Nothing is open: the balance says all that the records say.
fn rewrite(p: &Commit, s: &mut Participant, cx: &mut Context<Commit>) {
    if p.checkpoint_at > 0 && s.written >= p.checkpoint_at && s.open.is_empty() {
        s.written = 1;
        let (balance, closed, forgotten) = (s.balance(), s.closed.clone(), s.forgotten);
        cx.compact(vec![Record::Balance { balance, closed, forgotten }]);
        cx.note(Note::Rewrote);
    }
}
