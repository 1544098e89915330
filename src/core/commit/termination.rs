//! Participants among themselves, when the coordinator is silent.
//!
//! Two-phase commit, cooperative termination (BHG 7.4): who is in doubt asks the others. One that knows tells; one that has
//! not voted aborts, and says so; if all are in doubt, all stay in doubt.
//!
//! Three-phase commit, termination (Skeen 1981): the participant with the lowest number that is up takes over: others wait
//! longer for the coordinator than it does. It asks how the others stand. If one has decided, that is the decision. If one
//! knows that all voted YES, it moves those who do not to PRE-COMMIT, and commits. Otherwise it aborts. It counts those who
//! do not answer in time as down, which is right only where messages are timely and the network is whole. Who has
//! started again answers, and is told, but counts for nothing: what it knew may be out of date.

use super::participant::{Open, Participant, Phase, Then, Waiting, set_phase, standing};
use super::{Alone, Commit, Decision, Msg, Note, Record, Standing, Timer, TxId};
use crate::core::map::sort_few;
use crate::core::protocol::{Clock, Context, NodeId};

/// What a participant does that has taken over.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Lead {
    /// How those stand who have answered.
    Asking { heard: Vec<(NodeId, Standing)> },
    /// It commits when these know that all voted YES.
    Moving { unacked: Vec<NodeId> },
}

pub fn take_over(p: &Commit, s: &mut Participant, tx: TxId, cx: &mut Context<Commit>) {
    let Some(open) = s.open.get_mut(&tx) else { return };
    cx.note(Note::TakesOver(tx));
    for peer in &open.peers {
        cx.send(*peer, Msg::Ask(tx));
    }
    open.lead = Some(Lead::Asking { heard: Vec::new() });
    cx.set_timer(Timer::Lead(tx), Clock::Monotonic, p.inquire);
}

/// A peer asks how it stands, because it takes over; or the coordinator does, which has started again.
pub fn hear_ask(p: &Commit, me: NodeId, s: &mut Participant, from: NodeId, tx: TxId, cx: &mut Context<Commit>) {
    if hear_inquiry(s, from, tx, cx) {
        return;
    }
    let Some(open) = s.open.get_mut(&tx) else { return };
    let standing = standing(open);
    cx.send(from, Msg::Standing { tx, standing });
    cx.note(Note::Told { tx, to: from, standing });
    // A peer has taken over: this one gets its turn only if nothing comes of that. Whoever has started again decides
    // nothing, and may ask for ever.
    if p.variant.terminates_together() && !open.recovering && from != open.coordinator {
        cx.set_timer(Timer::Doubt(tx), Clock::Monotonic, p.patience(me));
    }
}

/// Somebody asks how it ended. False if this one is in doubt itself.
pub fn hear_inquiry(s: &mut Participant, from: NodeId, tx: TxId, cx: &mut Context<Commit>) -> bool {
    if let Some(decision) = s.ended(tx) {
        cx.send(from, Msg::Decide { tx, decision });
        cx.note(Note::ToldDecision { tx, to: from, decision });
        return true;
    }
    if s.may_have_known(tx) {
        // To say that it has not voted might be a lie.
        return true;
    }
    match s.open.get_mut(&tx) {
        Some(open) if open.is_in_doubt() => return false,
        // It waits for its own disk, and says how it ends after that.
        Some(Open { phase: Phase::Ending { then: Then::Tell(peers, _), .. }, .. }) => {
            if !peers.contains(&from) {
                peers.push(from);
            }
        }
        Some(Open { phase: Phase::Ending { .. }, .. }) => {}
        // It has not voted: now it never will.
        _ => end(s, tx, Decision::Abort, vec![from], Alone::NotVoted, cx),
    }
    true
}

/// Forces the end and then tells these.
fn end(s: &mut Participant, tx: TxId, decision: Decision, tell: Vec<NodeId>, why: Alone, cx: &mut Context<Commit>) {
    cx.note(Note::ForcesAlone { tx, decision, why });
    cx.cancel_timer(Timer::Doubt(tx));
    cx.cancel_timer(Timer::Lead(tx));
    s.waiting.retain(|w| w.tx != tx);
    cx.force(Record::end_of(tx, decision));
    s.written += 1;
    let phase = Phase::Ending { upto: s.written, decision, then: Then::Tell(tell, why) };
    if s.open.contains_key(&tx) {
        set_phase(s, tx, phase);
    } else {
        let work = Waiting { tx, change: 0, coordinator: Commit::COORDINATOR, peers: Vec::new() };
        s.open.insert(tx, Open::new(&work, phase));
    }
}

/// A timer of three-phase commit ran out: it decides, and forces that.
pub fn decide_by_timer(s: &mut Participant, tx: TxId, decision: Decision, cx: &mut Context<Commit>) {
    end(s, tx, decision, Vec::new(), Alone::TimedOut, cx);
}

pub fn hear_standing(
    p: &Commit,
    me: NodeId,
    s: &mut Participant,
    from: NodeId,
    tx: TxId,
    standing: Standing,
    cx: &mut Context<Commit>,
) {
    let Some(Open { lead: Some(Lead::Asking { heard }), peers, .. }) = s.open.get_mut(&tx) else { return };
    if heard.iter().any(|(id, _)| *id == from) {
        return;
    }
    heard.push((from, standing));
    sort_few(heard, |(id, _)| *id);
    if heard.len() == peers.len() {
        conclude(p, me, s, tx, cx);
    }
}

/// All have answered, or the time to answer is over.
pub fn conclude(p: &Commit, me: NodeId, s: &mut Participant, tx: TxId, cx: &mut Context<Commit>) {
    let Some(open) = s.open.get_mut(&tx).filter(|open| open.is_in_doubt()) else { return };
    cx.cancel_timer(Timer::Lead(tx));
    let certain = matches!(open.phase, Phase::PreCommitted { .. });
    match open.lead.take() {
        None => {}
        Some(Lead::Asking { heard }) => {
            let knows = |(_, standing): &(NodeId, Standing)| *standing == Standing::PreCommitted;
            if !certain && !heard.iter().any(knows) {
                return lead_ends(s, tx, Decision::Abort, cx);
            }
            let unacked: Vec<NodeId> = heard
                .iter()
                .filter(|(_, standing)| *standing == Standing::Uncertain)
                .map(|(id, _)| *id)
                .chain((!certain).then_some(me))
                .collect();
            if unacked.is_empty() {
                return lead_ends(s, tx, Decision::Commit, cx);
            }
            cx.note(Note::MovesOthers(tx));
            for to in unacked.iter().filter(|id| **id != me) {
                cx.send(*to, Msg::PreCommit(tx));
            }
            open.lead = Some(Lead::Moving { unacked });
            cx.set_timer(Timer::Lead(tx), Clock::Monotonic, p.inquire);
            if !certain {
                force_pre_commit(s, tx, me, cx);
            }
        }
        // Those who have not answered are down. Its own disk it waits for.
        Some(Lead::Moving { unacked }) if unacked.contains(&me) => {
            open.lead = Some(Lead::Moving { unacked: vec![me] });
        }
        Some(Lead::Moving { .. }) => lead_ends(s, tx, Decision::Commit, cx),
    }
}

fn lead_ends(s: &mut Participant, tx: TxId, decision: Decision, cx: &mut Context<Commit>) {
    let Some(open) = s.open.get(&tx) else { return };
    let everybody = open.peers.iter().copied().chain([open.coordinator]).collect();
    end(s, tx, decision, everybody, Alone::TookOver, cx);
}

fn force_pre_commit(s: &mut Participant, tx: TxId, to: NodeId, cx: &mut Context<Commit>) {
    cx.note(Note::PreCommits(tx));
    cx.force(Record::PreCommit { tx, participants: Vec::new(), request: None });
    s.written += 1;
    set_phase(s, tx, Phase::PreCommitting { upto: s.written, to });
}

/// All voted YES, says the coordinator or whoever has taken over.
pub fn hear_pre_commit(s: &mut Participant, from: NodeId, tx: TxId, cx: &mut Context<Commit>) {
    let Some(open) = s.open.get_mut(&tx) else { return };
    match open.phase {
        Phase::Prepared { .. } => {
            open.lead = None;
            cx.cancel_timer(Timer::Lead(tx));
            cx.cancel_timer(Timer::Doubt(tx));
            force_pre_commit(s, tx, from, cx);
        }
        Phase::PreCommitted { .. } => cx.send(from, Msg::PreAck(tx)),
        // It has not voted YES, or has decided.
        _ => {}
    }
}

/// That all voted YES is on its disk now.
pub fn pre_committed(p: &Commit, me: NodeId, s: &mut Participant, tx: TxId, to: NodeId, cx: &mut Context<Commit>) {
    set_phase(s, tx, Phase::PreCommitted { inquired: 0 });
    cx.note(Note::PreCommitted(tx));
    cx.set_timer(Timer::Doubt(tx), Clock::Monotonic, p.patience(me));
    if to == me {
        hear_pre_ack(s, me, tx, cx);
    } else {
        cx.send(to, Msg::PreAck(tx));
    }
}

pub fn hear_pre_ack(s: &mut Participant, from: NodeId, tx: TxId, cx: &mut Context<Commit>) {
    let Some(Open { lead: Some(Lead::Moving { unacked }), .. }) = s.open.get_mut(&tx) else { return };
    unacked.retain(|id| *id != from);
    if unacked.is_empty() {
        lead_ends(s, tx, Decision::Commit, cx);
    }
}
