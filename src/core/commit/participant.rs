//! A participant: one account, one log. It votes, obeys the decision, and asks when it does not hear of it.

use super::{Commit, Decision, Mistake, Msg, Note, Record, Refusal, Request, Timer, TxId, Vote};
use crate::core::map::Map;
use crate::core::protocol::{Clock, Context, Event, NodeId, Ticks};

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Participant {
    /// What is settled: changes at commit only.
    pub balance: u32,
    /// The transaction that has locked the account.
    pub locked: Option<TxId>,
    pub open: Map<TxId, Open>,
    /// The latest transactions that it has finished, oldest first: a late PREPARE of one of them is not worked on again.
    pub closed: Vec<TxId>,
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
    pub phase: Phase,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Phase {
    /// Votes YES once the log is forced up to this length. It may still decide alone.
    Preparing { upto: u32 },
    /// In doubt: it has voted YES and may not decide alone. It has inquired so often (counted up to `backoff`).
    Prepared { inquired: u8 },
    /// It knows of the commit; finished once the log is forced up to this length.
    Committing { upto: u32 },
}

/// How many finished transactions are remembered by name.
const REMEMBERED: usize = 8;

impl Participant {
    /// Whether it has worked on this transaction, as far as it remembers.
    pub fn knows(&self, tx: TxId) -> bool {
        self.open.contains_key(&tx) || self.closed.contains(&tx)
    }

    /// The transactions about which it is in doubt: only the coordinator can end that.
    pub fn in_doubt(&self) -> impl Iterator<Item = TxId> {
        self.open.iter().filter(|(_, open)| matches!(open.phase, Phase::Prepared { .. })).map(|(tx, _)| *tx)
    }
}

/// What a participant's log says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ledger {
    pub balance: u32,
    /// Prepared, and no decision: the change, and whom to ask.
    pub in_doubt: Map<TxId, (i32, NodeId)>,
    pub closed: Vec<TxId>,
}

impl Ledger {
    /// Reads a log from its start.
    pub fn read(p: &Commit, me: NodeId, log: &[Record]) -> Self {
        let opening = (me.0 as usize).checked_sub(1).and_then(|at| p.balances.get(at)).copied().unwrap_or(0);
        let mut ledger = Ledger { balance: opening, in_doubt: Map::new(), closed: Vec::new() };
        for record in log {
            match record {
                Record::Balance { balance, closed } => {
                    ledger.balance = *balance;
                    ledger.closed.clone_from(closed);
                }
                Record::Prepared { tx, change, coordinator } => {
                    ledger.in_doubt.insert(*tx, (*change, *coordinator));
                }
                Record::Committed(tx) => {
                    if let Some((change, _)) = ledger.in_doubt.remove(tx) {
                        ledger.balance = ledger.balance.saturating_add_signed(change);
                    }
                    remember(&mut ledger.closed, *tx);
                }
                Record::Aborted(tx) => {
                    ledger.in_doubt.remove(tx);
                    remember(&mut ledger.closed, *tx);
                }
                // A coordinator's records.
                Record::Commit { .. } | Record::End(_) | Record::Ended(_) => {}
            }
        }
        ledger
    }
}

fn remember(closed: &mut Vec<TxId>, tx: TxId) {
    if !closed.contains(&tx) {
        closed.push(tx);
        if closed.len() > REMEMBERED {
            closed.remove(0);
        }
    }
}

/// Redo what is committed; what is prepared is in doubt: its lock is taken again, and it inquires at once.
pub fn boot(p: &Commit, me: NodeId, log: &[Record], cx: &mut Context<Commit>) -> Participant {
    let Ledger { balance, in_doubt, closed } = Ledger::read(p, me, log);
    if cx.incarnation() > 0 {
        cx.note(Note::RecoveredParticipant { in_doubt: in_doubt.keys().copied().collect(), closed: closed.clone() });
    }
    let locked = in_doubt.keys().next().copied();
    let mut open = Map::new();
    for (tx, (change, coordinator)) in in_doubt {
        let mut waiting = Open { change, coordinator, phase: Phase::Prepared { inquired: 0 } };
        inquire(p, tx, &mut waiting, cx);
        open.insert(tx, waiting);
    }
    Participant { balance, locked, open, closed, refuses: false, written: log.len() as u32 }
}

pub fn step(p: &Commit, s: &mut Participant, event: Event<Commit>, cx: &mut Context<Commit>) {
    match event {
        Event::Message { from, msg: Msg::Prepare { tx, change } } => prepare(p, s, from, tx, change, cx),
        Event::Message { from, msg: Msg::Decide { tx, decision } } => learn(p, s, from, tx, decision, cx),
        Event::Timeout(Timer::Doubt(tx)) => {
            if let Some(open) = s.open.get_mut(&tx) {
                inquire(p, tx, open, cx);
            }
        }
        Event::Durable { upto } => durable(p, s, upto, cx),
        Event::Request(Request::VoteNo(on)) => {
            s.refuses = on;
            cx.note(Note::WillVoteNo(on));
        }
        // What only a coordinator handles.
        Event::Message { .. }
        | Event::Timeout(Timer::Votes(_) | Timer::Acks(_))
        | Event::Request(Request::Start(_)) => {}
    }
}

fn prepare(p: &Commit, s: &mut Participant, from: NodeId, tx: TxId, change: i32, cx: &mut Context<Commit>) {
    // A copy, or one that ABORT has overtaken: the answer is out, or nobody waits for it.
    if s.knows(tx) {
        cx.note(Note::IgnoredPrepare(tx));
        return;
    }
    if let Some(why) = refusal(s, change) {
        // It decides alone, before it ever votes YES. If this record is lost, nothing is: presumed abort.
        write(s, Record::Aborted(tx), cx);
        remember(&mut s.closed, tx);
        cx.send(from, Msg::Vote { tx, vote: Vote::No });
        cx.note(Note::VotedNo { tx, why });
        rewrite(p, s, cx);
        return;
    }
    s.locked = Some(tx);
    cx.note(Note::Prepares(tx));
    let record = Record::Prepared { tx, change, coordinator: from };
    s.written += 1;
    if p.mistake == Some(Mistake::VoteNotForced) {
        cx.append(record);
        let open = Open { change, coordinator: from, phase: Phase::Prepared { inquired: 0 } };
        s.open.insert(tx, open);
        vote_yes(p, tx, from, cx);
    } else {
        cx.force(record);
        s.open.insert(tx, Open { change, coordinator: from, phase: Phase::Preparing { upto: s.written } });
    }
}

fn refusal(s: &Participant, change: i32) -> Option<Refusal> {
    if s.refuses {
        Some(Refusal::Told)
    } else if let Some(other) = s.locked {
        Some(Refusal::Locked(other))
    } else {
        s.balance.checked_add_signed(change).is_none().then_some(Refusal::Funds)
    }
}

/// From here until the decision it is in doubt.
fn vote_yes(p: &Commit, tx: TxId, to: NodeId, cx: &mut Context<Commit>) {
    cx.send(to, Msg::Vote { tx, vote: Vote::Yes });
    cx.note(Note::VotedYes(tx));
    cx.set_timer(Timer::Doubt(tx), Clock::Monotonic, p.inquire);
}

fn durable(p: &Commit, s: &mut Participant, upto: u32, cx: &mut Context<Commit>) {
    let mut committed = Vec::new();
    for (tx, open) in s.open.iter_mut() {
        match open.phase {
            Phase::Preparing { upto: needs } if needs <= upto => {
                open.phase = Phase::Prepared { inquired: 0 };
                vote_yes(p, *tx, open.coordinator, cx);
            }
            Phase::Committing { upto: needs } if needs <= upto => committed.push(*tx),
            _ => {}
        }
    }
    for tx in committed {
        let Some(open) = s.open.remove(&tx) else { continue };
        s.balance = s.balance.saturating_add_signed(open.change);
        unlock(s, tx);
        cx.send(open.coordinator, Msg::Ack(tx));
        cx.note(Note::Acked(tx));
        rewrite(p, s, cx);
    }
}

fn learn(p: &Commit, s: &mut Participant, from: NodeId, tx: TxId, decision: Decision, cx: &mut Context<Commit>) {
    match (decision, s.open.get_mut(&tx)) {
        (Decision::Commit, Some(open)) if matches!(open.phase, Phase::Prepared { .. }) => {
            cx.cancel_timer(Timer::Doubt(tx));
            cx.note(Note::Learned { tx, decision });
            s.written += 1;
            open.phase = Phase::Committing { upto: s.written };
            cx.force(Record::Committed(tx));
        }
        // It has not voted (nobody commits then), or it forces the record and acknowledges after that.
        (Decision::Commit, Some(_)) => {}
        // COMMIT goes to those who voted YES only, and the vote outlives a crash: it has committed before. The ACK was
        // lost, or the coordinator has lost its end record.
        (Decision::Commit, None) => {
            cx.send(from, Msg::Ack(tx));
            cx.note(Note::AckedAgain(tx));
        }
        (Decision::Abort, Some(open)) if !matches!(open.phase, Phase::Committing { .. }) => {
            s.open.remove(&tx);
            unlock(s, tx);
            cx.cancel_timer(Timer::Doubt(tx));
            write(s, Record::Aborted(tx), cx);
            cx.note(Note::Learned { tx, decision });
            rewrite(p, s, cx);
        }
        // The answer to an inquiry that COMMIT has overtaken: by now the coordinator has forgotten, and presumes.
        (Decision::Abort, Some(_)) => {}
        // ABORT has overtaken PREPARE: remembered, so that the late PREPARE is not worked on.
        (Decision::Abort, None) => {
            if !s.closed.contains(&tx) {
                remember(&mut s.closed, tx);
                write(s, Record::Aborted(tx), cx);
                cx.note(Note::Learned { tx, decision });
                rewrite(p, s, cx);
            }
        }
    }
}

fn unlock(s: &mut Participant, tx: TxId) {
    if s.locked == Some(tx) {
        s.locked = None;
    }
    remember(&mut s.closed, tx);
}

fn inquire(p: &Commit, tx: TxId, open: &mut Open, cx: &mut Context<Commit>) {
    let Phase::Prepared { inquired } = &mut open.phase else { return };
    cx.send(open.coordinator, Msg::Inquire(tx));
    cx.note(Note::Inquired(tx));
    let wait = p.inquire.saturating_mul(Ticks::from(2_u8).saturating_pow((*inquired).into()));
    *inquired = p.backoff.min(inquired.saturating_add(1));
    cx.set_timer(Timer::Doubt(tx), Clock::Monotonic, wait);
}

fn write(s: &mut Participant, record: Record, cx: &mut Context<Commit>) {
    s.written += 1;
    cx.append(record);
}

/// Nothing is open: the balance says all that the records say.
fn rewrite(p: &Commit, s: &mut Participant, cx: &mut Context<Commit>) {
    if p.checkpoint_at > 0 && s.written >= p.checkpoint_at && s.open.is_empty() {
        s.written = 1;
        cx.compact(vec![Record::Balance { balance: s.balance, closed: s.closed.clone() }]);
        cx.note(Note::Rewrote);
    }
}
