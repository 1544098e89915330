//! The coordinator: asks for votes, decides, tells until all have acknowledged.

use super::{Cause, Commit, Decision, Msg, Note, Record, Request, Timer, TxId, Vote};
use crate::core::map::{Map, sort_few};
use crate::core::protocol::{Clock, Context, Event, NodeId};

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Coordinator {
    /// Transactions since it started: makes their names differ.
    pub started: u16,
    pub open: Map<TxId, Open>,
    /// Records in its log.
    pub written: u32,
}

/// A transaction that it has not forgotten.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Open {
    pub participants: Vec<NodeId>,
    pub phase: Phase,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Phase {
    /// PREPARE is sent; these have voted YES so far.
    Collecting { yes: Vec<NodeId> },
    /// All voted YES; decided once the log is forced up to this length.
    Forcing { upto: u32 },
    /// Committed; these have not acknowledged.
    Telling { unacked: Vec<NodeId> },
}

/// A commit record without an end record: it goes on telling. A transaction without any record is presumed aborted.
pub fn boot(p: &Commit, log: &[Record], cx: &mut Context<Commit>) -> Coordinator {
    let mut open = Map::new();
    for record in log {
        match record {
            Record::Commit { tx, participants } => {
                let phase = Phase::Telling { unacked: participants.clone() };
                open.insert(*tx, Open { participants: participants.clone(), phase });
            }
            Record::End(tx) => drop(open.remove(tx)),
            _ => {}
        }
    }
    if cx.incarnation() > 0 {
        cx.note(Note::RecoveredCoordinator { telling: open.keys().copied().collect() });
    }
    for (tx, Open { participants, .. }) in open.iter() {
        tell(p, *tx, Decision::Commit, participants, cx);
    }
    Coordinator { started: 0, open, written: log.len() as u32 }
}

pub fn step(p: &Commit, c: &mut Coordinator, event: Event<Commit>, cx: &mut Context<Commit>) {
    match event {
        Event::Request(Request::Start(changes)) => start(p, c, changes, cx),
        Event::Message { from, msg: Msg::Vote { tx, vote } } => hear_vote(c, from, tx, vote, cx),
        Event::Message { from, msg: Msg::Ack(tx) } => hear_ack(p, c, from, tx, cx),
        Event::Message { from, msg: Msg::Inquire(tx) } => answer(c, from, tx, cx),
        Event::Timeout(Timer::Votes(tx)) => abort(c, tx, Cause::TimedOut, cx),
        Event::Timeout(Timer::Acks(tx)) => {
            if let Some(Open { phase: Phase::Telling { unacked }, .. }) = c.open.get(&tx) {
                cx.note(Note::Resent(tx));
                tell(p, tx, Decision::Commit, unacked, cx);
            }
        }
        Event::Durable { upto } => durable(p, c, upto, cx),
        // What only a participant handles.
        Event::Message { .. } | Event::Timeout(Timer::Doubt(_)) | Event::Request(Request::VoteNo(_)) => {}
    }
}

fn start(p: &Commit, c: &mut Coordinator, changes: Vec<(NodeId, i32)>, cx: &mut Context<Commit>) {
    let Some(number) = c.started.checked_add(1).filter(|_| p.makes_sense(&changes)) else { return };
    c.started = number;
    let tx = TxId { epoch: cx.incarnation() as u16, number };
    let participants: Vec<NodeId> = changes.iter().map(|(id, _)| *id).collect();
    c.open.insert(tx, Open { participants, phase: Phase::Collecting { yes: Vec::new() } });
    cx.note(Note::Started { tx, changes: changes.clone() });
    for (to, change) in changes {
        cx.send(to, Msg::Prepare { tx, change });
    }
    cx.set_timer(Timer::Votes(tx), Clock::Monotonic, p.vote_timeout);
}

fn hear_vote(c: &mut Coordinator, from: NodeId, tx: TxId, vote: Vote, cx: &mut Context<Commit>) {
    // A vote on what is decided or forgotten is late: whoever is in doubt inquires.
    let Some(Open { participants, phase: Phase::Collecting { yes } }) = c.open.get_mut(&tx) else { return };
    if !participants.contains(&from) || yes.contains(&from) {
        return;
    }
    cx.note(Note::HeardVote { tx, from, vote });
    if vote == Vote::No {
        abort(c, tx, Cause::VotedNo(from), cx);
        return;
    }
    yes.push(from);
    sort_few(yes, |node| *node);
    if yes.len() < participants.len() {
        return;
    }
    cx.cancel_timer(Timer::Votes(tx));
    cx.note(Note::ForcesCommit(tx));
    cx.force(Record::Commit { tx, participants: participants.clone() });
    c.written += 1;
    let upto = c.written;
    if let Some(open) = c.open.get_mut(&tx) {
        open.phase = Phase::Forcing { upto };
    }
}

/// Presumed abort: no record, and nobody acknowledges. Whoever voted NO knows already.
fn abort(c: &mut Coordinator, tx: TxId, cause: Cause, cx: &mut Context<Commit>) {
    if !matches!(c.open.get(&tx), Some(Open { phase: Phase::Collecting { .. }, .. })) {
        return;
    }
    let participants = c.open.remove(&tx).map(|open| open.participants).unwrap_or_default();
    cx.cancel_timer(Timer::Votes(tx));
    cx.note(Note::DecidedAbort { tx, cause });
    for to in participants.into_iter().filter(|to| cause != Cause::VotedNo(*to)) {
        cx.send(to, Msg::Decide { tx, decision: Decision::Abort });
    }
}

/// The commit record is on the platters: that is the decision. Only now may anyone hear of it.
fn durable(p: &Commit, c: &mut Coordinator, upto: u32, cx: &mut Context<Commit>) {
    for (tx, open) in c.open.iter_mut() {
        if matches!(open.phase, Phase::Forcing { upto: needs } if needs <= upto) {
            cx.note(Note::DecidedCommit(*tx));
            tell(p, *tx, Decision::Commit, &open.participants, cx);
            open.phase = Phase::Telling { unacked: open.participants.clone() };
        }
    }
}

/// Sends the decision, and again when an acknowledgement is missing.
fn tell(p: &Commit, tx: TxId, decision: Decision, to: &[NodeId], cx: &mut Context<Commit>) {
    for to in to {
        cx.send(*to, Msg::Decide { tx, decision });
    }
    cx.set_timer(Timer::Acks(tx), Clock::Monotonic, p.resend);
}

fn hear_ack(p: &Commit, c: &mut Coordinator, from: NodeId, tx: TxId, cx: &mut Context<Commit>) {
    let Some(Open { phase: Phase::Telling { unacked }, .. }) = c.open.get_mut(&tx) else { return };
    let before = unacked.len();
    unacked.retain(|id| *id != from);
    if unacked.len() == before {
        return;
    }
    cx.note(Note::HeardAck { tx, from });
    if !unacked.is_empty() {
        return;
    }
    // Nobody can ask any more. If the end record is lost, the next start tells once more, and all acknowledge again.
    c.open.remove(&tx);
    cx.cancel_timer(Timer::Acks(tx));
    cx.append(Record::End(tx));
    c.written += 1;
    cx.note(Note::Forgot(tx));
    if p.checkpoint_at > 0 && c.written >= p.checkpoint_at && c.open.is_empty() {
        c.written = 1;
        cx.compact(vec![Record::Ended(u32::from(c.started))]);
        cx.note(Note::Rewrote);
    }
}

fn answer(c: &Coordinator, from: NodeId, tx: TxId, cx: &mut Context<Commit>) {
    match c.open.get(&tx).map(|open| &open.phase) {
        Some(Phase::Telling { .. }) => {
            cx.note(Note::Answered { tx, to: from });
            cx.send(from, Msg::Decide { tx, decision: Decision::Commit });
        }
        // Not decided: everybody hears of it when it is.
        Some(Phase::Collecting { .. } | Phase::Forcing { .. }) => {}
        None => {
            cx.note(Note::Presumed { tx, to: from });
            cx.send(from, Msg::Decide { tx, decision: Decision::Abort });
        }
    }
}
