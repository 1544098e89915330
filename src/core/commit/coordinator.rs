//! The coordinator: asks for votes, decides, tells until all who must have acknowledged.

use super::book::{Book, Page, rewrite};
use super::orders::{glance, hear_balance, load, order, over};
use super::{
    Cause, Commit, Decision, Mistake, Msg, Note, OnLock, Record, Request, Standing, Timer, TxId, Variant, Vote,
};
use crate::core::map::{Map, sort_few};
use crate::core::protocol::{Clock, Context, Event, NodeId};

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Coordinator {
    /// Transactions since it started: makes their names differ.
    pub started: u32,
    pub open: Map<TxId, Open>,
    /// Records in its log.
    pub written: u32,
    /// What became of the client's latest requests: `None` while it is open.
    pub requests: Map<u16, (TxId, Option<Decision>)>,
    /// The settled balances that have been read, of the latest glance: its number, and who said what.
    pub glance: (u16, Vec<(NodeId, u32)>),
}

/// A transaction that it has not forgotten.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Open {
    /// Those who have not dropped out.
    pub participants: Vec<NodeId>,
    pub phase: Phase,
    /// The client's name for it.
    pub request: Option<u16>,
    /// Which of its own load it is.
    pub slot: Option<u8>,
    /// Balances that came with the votes.
    pub read: Vec<(NodeId, u32)>,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Phase {
    /// Presumed commit: PREPARE is sent once the log is forced up to this length.
    Recording { upto: u32, changes: Vec<(NodeId, i32)> },
    /// PREPARE is sent; these have voted YES so far. Where accounts are locked in order, `later` have yet to be asked.
    Collecting { yes: Vec<NodeId>, later: Vec<(NodeId, i32)> },
    /// Three-phase commit: all voted YES; PRE-COMMIT is sent once the log is forced up to this length.
    PreForcing { upto: u32 },
    /// Three-phase commit: these have not answered PRE-COMMIT. `all`: every one of them has to.
    PreCommitting { unacked: Vec<NodeId>, all: bool },
    /// Three-phase commit, after a restart: it knows that all voted YES and not how it ended. These have started again too.
    Asking { lost: Vec<NodeId> },
    /// Decided once the log is forced up to this length: to abort for this cause, or to commit.
    Forcing { upto: u32, abort: Option<Cause> },
    /// Decided; these have not acknowledged.
    Telling { decision: Decision, unacked: Vec<NodeId> },
}

/// How many of the client's requests are remembered.
pub(super) const REMEMBERED: usize = 8;

/// What is decided and not ended it goes on telling; who was to be asked is told ABORT; what it does not know is presumed.
pub fn boot(p: &Commit, log: &[Record], cx: &mut Context<Commit>) -> Coordinator {
    let book = Book::read(p, log);
    let requests = book.requests.iter().map(|(request, tx)| (*request, (*tx, Some(Decision::Commit)))).collect();
    let mut c =
        Coordinator { started: 0, open: Map::new(), written: log.len() as u32, requests, glance: (0, Vec::new()) };
    for (tx, page) in book.open.iter() {
        let (participants, phase, request) = match page {
            Page::Collecting(all) => (all, Phase::Telling { decision: Decision::Abort, unacked: all.clone() }, None),
            Page::Decided(decision, all) => (all, Phase::Telling { decision: *decision, unacked: all.clone() }, None),
            Page::PreCommitted(all, request) => (all, Phase::Asking { lost: Vec::new() }, *request),
        };
        let participants = participants.clone();
        if let Some(request) = request {
            c.requests.insert(request, (*tx, None));
        }
        c.open.insert(*tx, Open { participants, phase, request, slot: None, read: Vec::new() });
    }
    if cx.incarnation() > 0 {
        let telling = c.open.iter().filter_map(|(tx, open)| match open.phase {
            Phase::Telling { decision, .. } => Some((*tx, decision)),
            _ => None,
        });
        let asking = c.open.iter().filter(|(_, open)| matches!(open.phase, Phase::Asking { .. })).map(|(tx, _)| *tx);
        cx.note(Note::RecoveredCoordinator { telling: telling.collect(), asking: asking.collect() });
    }
    for (tx, Open { participants, phase, .. }) in c.open.iter() {
        match phase {
            Phase::Telling { decision, .. } => tell(p, *tx, *decision, participants, cx),
            _ => ask(p, *tx, participants, cx),
        }
    }
    for slot in 0..p.load {
        cx.set_timer(Timer::Load(slot), Clock::Monotonic, p.think);
    }
    c
}

pub fn step(p: &Commit, c: &mut Coordinator, event: Event<Commit>, cx: &mut Context<Commit>) {
    match event {
        Event::Request(Request::Start(changes)) => start(p, c, changes, None, None, cx),
        Event::Request(Request::Audit) => {
            let nothing = p.participants().map(|id| (id, 0)).collect();
            start(p, c, nothing, None, None, cx);
        }
        Event::Request(Request::Glance) => glance(p, c, cx),
        Event::Message { from, msg: Msg::Vote { tx, vote, read } } => hear_vote(p, c, from, tx, (vote, read), cx),
        Event::Message { from, msg: Msg::PreAck(tx) } => hear_pre_ack(p, c, from, tx, cx),
        Event::Message { from, msg: Msg::Ack(tx) } => hear_ack(p, c, from, tx, cx),
        Event::Message { from, msg: Msg::Inquire(tx) } => answer(p, c, from, tx, cx),
        Event::Message { from, msg: Msg::Decide { tx, decision } } => adopt(p, c, from, tx, decision, cx),
        Event::Message { from, msg: Msg::Standing { tx, standing } } => hear_standing(p, c, from, tx, standing, cx),
        Event::Message { from, msg: Msg::Seen { glance, balance } } => hear_balance(p, c, from, glance, balance, cx),
        Event::Message { from, msg: Msg::Order { request, changes } } => order(p, c, from, request, changes, cx),
        Event::Timeout(Timer::Votes(tx)) => miss(p, c, tx, cx),
        Event::Timeout(Timer::Acks(tx)) => again(p, c, tx, cx),
        Event::Timeout(Timer::Load(slot)) => load(p, c, slot, cx),
        Event::Durable { upto } => durable(p, c, upto, cx),
        // What only a participant or a client handles.
        Event::Message { .. }
        | Event::Timeout(Timer::Doubt(_) | Timer::Lead(_) | Timer::Answer(_))
        | Event::Request(Request::VoteNo(_) | Request::Heuristic(_)) => {}
    }
}

pub(super) fn start(
    p: &Commit,
    c: &mut Coordinator,
    mut changes: Vec<(NodeId, i32)>,
    request: Option<u16>,
    slot: Option<u8>,
    cx: &mut Context<Commit>,
) {
    let Some(number) = c.started.checked_add(1).filter(|_| p.makes_sense(&changes)) else { return };
    c.started = number;
    let tx = TxId { epoch: cx.incarnation() as u16, number };
    if let Some(request) = request {
        c.requests.insert(request, (tx, None));
    }
    if p.on_lock == OnLock::WaitInOrder {
        sort_few(&mut changes, |(id, _)| *id);
    }
    let participants: Vec<NodeId> = changes.iter().map(|(id, _)| *id).collect();
    let collects = p.variant == Variant::PresumedCommit && !p.makes(Mistake::NoCollecting);
    let phase = if collects {
        write(c, Record::Collecting { tx, participants: participants.clone() }, true, cx);
        cx.note(Note::Collects(tx));
        Phase::Recording { upto: c.written, changes: changes.clone() }
    } else {
        Phase::Collecting { yes: Vec::new(), later: Vec::new() }
    };
    c.open.insert(tx, Open { participants, phase, request, slot, read: Vec::new() });
    if !collects {
        prepare(p, c, tx, changes, cx);
    }
}

/// Asks for the votes: of all at once, or of one after the other.
fn prepare(p: &Commit, c: &mut Coordinator, tx: TxId, mut changes: Vec<(NodeId, i32)>, cx: &mut Context<Commit>) {
    cx.note(Note::Started { tx, changes: changes.clone() });
    if let Some(request) = c.open.get(&tx).and_then(|open| open.request) {
        cx.note(Note::CarriesOut { tx, request });
    }
    let in_turn = p.on_lock == OnLock::WaitInOrder || p.makes(Mistake::OneByOne);
    let Some(open) = c.open.get_mut(&tx) else { return };
    let peers = peers(p, &open.participants, &changes);
    let later = if in_turn { changes.split_off(1) } else { Vec::new() };
    for (to, change) in changes {
        ask_vote(tx, to, change, &peers, cx);
    }
    open.phase = Phase::Collecting { yes: Vec::new(), later };
    cx.set_timer(Timer::Votes(tx), Clock::Monotonic, p.vote_timeout);
    if p.makes(Mistake::NoVotes) {
        all_yes(p, c, tx, cx);
    }
}

/// Who may be asked how it ended. Whoever only reads drops out and remembers nothing: it would take the transaction for one
/// on which it has not voted, and abort it.
fn peers(p: &Commit, all: &[NodeId], unasked: &[(NodeId, i32)]) -> Vec<NodeId> {
    let reads = |id: &NodeId| p.read_only && unasked.contains(&(*id, 0));
    all.iter().copied().filter(|id| p.asks_others() && !reads(id)).collect()
}

fn ask_vote(tx: TxId, to: NodeId, change: i32, peers: &[NodeId], cx: &mut Context<Commit>) {
    cx.send(to, Msg::Prepare { tx, change, peers: peers.iter().copied().filter(|id| *id != to).collect() });
}

fn hear_vote(
    p: &Commit,
    c: &mut Coordinator,
    from: NodeId,
    tx: TxId,
    (vote, read): (Vote, Option<u32>),
    cx: &mut Context<Commit>,
) {
    // A vote on what is decided or forgotten is late: whoever is in doubt inquires.
    let Some(open) = c.open.get_mut(&tx) else { return };
    let Open { participants, phase: Phase::Collecting { yes, later }, read: balances, .. } = open else { return };
    if !participants.contains(&from) || yes.contains(&from) {
        return;
    }
    cx.note(Note::HeardVote { tx, from, vote });
    if let Some(balance) = read {
        balances.push((from, balance));
        sort_few(balances, |(id, _)| *id);
    }
    match vote {
        Vote::No => return abort(p, c, tx, Cause::VotedNo(from), cx),
        // It drops out: it needs no decision.
        Vote::Read => participants.retain(|id| *id != from),
        Vote::Yes | Vote::Received => {
            yes.push(from);
            sort_few(yes, |node| *node);
        }
    }
    if !later.is_empty() {
        let peers = peers(p, participants, later);
        let (next, change) = later.remove(0);
        return ask_vote(tx, next, change, &peers, cx);
    }
    let needed = match () {
        () if p.makes(Mistake::FirstVote) => 1,
        () if p.makes(Mistake::Majority) => participants.len() / 2 + 1,
        () => participants.len(),
    };
    if yes.len() >= needed {
        all_yes(p, c, tx, cx);
    }
}

/// Everybody whose vote counts has voted YES.
fn all_yes(p: &Commit, c: &mut Coordinator, tx: TxId, cx: &mut Context<Commit>) {
    cx.cancel_timer(Timer::Votes(tx));
    let Some(open) = c.open.get_mut(&tx) else { return };
    let (participants, request) = (open.participants.clone(), open.request);
    if participants.is_empty() {
        return all_read(p, c, tx, cx);
    }
    if p.variant.three_phases() {
        cx.note(Note::ForcesPreCommit(tx));
        write(c, Record::PreCommit { tx, participants, request }, true, cx);
        let upto = c.written;
        set_phase(c, tx, Phase::PreForcing { upto });
    } else if p.makes(Mistake::PubSub) || p.makes(Mistake::OneByOne) {
        // Nothing is logged.
        decide(p, c, tx, None, cx);
    } else if p.makes(Mistake::CommitNotForced) {
        write(c, Record::Commit { tx, participants, request }, false, cx);
        decide(p, c, tx, None, cx);
    } else {
        force_commit(c, tx, cx);
    }
}

fn force_commit(c: &mut Coordinator, tx: TxId, cx: &mut Context<Commit>) {
    let Some(open) = c.open.get(&tx) else { return };
    let (participants, request) = (open.participants.clone(), open.request);
    cx.note(Note::ForcesCommit(tx));
    write(c, Record::Commit { tx, participants, request }, true, cx);
    let upto = c.written;
    set_phase(c, tx, Phase::Forcing { upto, abort: None });
}

/// Nobody needs to hear how it ended, and nothing has to be remembered.
fn all_read(p: &Commit, c: &mut Coordinator, tx: TxId, cx: &mut Context<Commit>) {
    cx.note(Note::AllRead(tx));
    let ended = c.open.remove(&tx);
    if p.variant == Variant::PresumedCommit && !p.makes(Mistake::NoCollecting) {
        write(c, Record::End(tx), false, cx);
    }
    if let Some(open) = ended {
        over(p, c, tx, &open, Decision::Commit, cx);
    }
}

/// Whoever voted NO knows already. What may be presumed leaves no record.
fn abort(p: &Commit, c: &mut Coordinator, tx: TxId, cause: Cause, cx: &mut Context<Commit>) {
    let Some(open) = c.open.get(&tx) else { return };
    if matches!(open.phase, Phase::Forcing { .. } | Phase::Telling { .. }) {
        return;
    }
    let participants = open.participants.iter().copied().filter(|id| cause != Cause::VotedNo(*id)).collect();
    cx.cancel_timer(Timer::Votes(tx));
    cx.cancel_timer(Timer::Acks(tx));
    // Presumed commit has its collecting record: that, and no commit record, means abort.
    let forced = matches!(p.variant, Variant::PresumedNothing | Variant::ThreePhase { .. });
    if forced && !p.makes(Mistake::OneByOne) && !p.makes(Mistake::PubSub) {
        cx.note(Note::ForcesAbort { tx, cause });
        write(c, Record::Abort { tx, participants }, true, cx);
        let upto = c.written;
        set_phase(c, tx, Phase::Forcing { upto, abort: Some(cause) });
    } else {
        decide(p, c, tx, Some(cause), cx);
    }
}

fn durable(p: &Commit, c: &mut Coordinator, upto: u32, cx: &mut Context<Commit>) {
    let reached: Vec<(TxId, Phase)> = c
        .open
        .iter()
        .filter(|(_, open)| match open.phase {
            Phase::Recording { upto: needs, .. } | Phase::PreForcing { upto: needs } => needs <= upto,
            Phase::Forcing { upto: needs, .. } => needs <= upto,
            _ => false,
        })
        .map(|(tx, open)| (*tx, open.phase.clone()))
        .collect();
    for (tx, phase) in reached {
        match phase {
            Phase::Recording { changes, .. } => prepare(p, c, tx, changes, cx),
            Phase::PreForcing { .. } => pre_commit(p, c, tx, false, cx),
            // The record is on the platters: that is the decision. Only now may anyone hear of it.
            Phase::Forcing { abort, .. } => decide(p, c, tx, abort, cx),
            _ => {}
        }
    }
}

/// The decision stands: those who need it are told, and the client.
fn decide(p: &Commit, c: &mut Coordinator, tx: TxId, abort: Option<Cause>, cx: &mut Context<Commit>) {
    let (note, decision) = match abort {
        None => (Note::DecidedCommit(tx), Decision::Commit),
        Some(cause) => (Note::DecidedAbort { tx, cause }, Decision::Abort),
    };
    cx.note(note);
    let Some(open) = c.open.get_mut(&tx) else { return };
    let knows = |id: &NodeId| abort == Some(Cause::VotedNo(*id));
    let told: Vec<NodeId> = open.participants.iter().copied().filter(|id| !knows(id)).collect();
    let logs = !p.makes(Mistake::PubSub) && !p.makes(Mistake::OneByOne);
    let remembers = p.variant.acknowledges(decision) && logs && !told.is_empty();
    let forgets = !remembers || p.makes(Mistake::ForgetsEarly);
    // "Lock, set, release" has told everybody already, and undoes nothing.
    if !p.makes(Mistake::OneByOne) {
        for to in &told {
            cx.send(*to, Msg::Decide { tx, decision });
        }
    }
    let ended = open.clone();
    if forgets {
        c.open.remove(&tx);
        // What is presumed needs no end; what nobody has to acknowledge has ended.
        if p.variant.acknowledges(decision) && logs {
            end(p, c, tx, cx);
        } else if decision == Decision::Commit {
            rewrite(p, c, cx);
        }
    } else {
        cx.set_timer(Timer::Acks(tx), Clock::Monotonic, p.resend);
        open.phase = Phase::Telling { decision, unacked: told };
    }
    over(p, c, tx, &ended, decision, cx);
}

fn miss(p: &Commit, c: &mut Coordinator, tx: TxId, cx: &mut Context<Commit>) {
    let Some(open) = c.open.get(&tx) else { return };
    match &open.phase {
        Phase::Collecting { .. } => abort(p, c, tx, Cause::TimedOut, cx),
        // Whoever does not answer PRE-COMMIT is down and will ask; all others know.
        Phase::PreCommitting { all: false, .. } => {
            force_commit(c, tx, cx);
        }
        Phase::PreCommitting { unacked, all: true } => {
            let unacked = unacked.clone();
            send_pre_commit(p, tx, &unacked, cx);
        }
        _ => {}
    }
}

fn again(p: &Commit, c: &mut Coordinator, tx: TxId, cx: &mut Context<Commit>) {
    match c.open.get(&tx) {
        Some(Open { phase: Phase::Telling { decision, unacked }, .. }) => {
            cx.note(Note::Resent { tx, decision: *decision });
            tell(p, tx, *decision, unacked, cx);
        }
        Some(Open { phase: Phase::Asking { .. }, participants, .. }) => ask(p, tx, participants, cx),
        _ => {}
    }
}

/// Sends the decision, and again when an acknowledgement is missing.
fn tell(p: &Commit, tx: TxId, decision: Decision, to: &[NodeId], cx: &mut Context<Commit>) {
    for to in to {
        cx.send(*to, Msg::Decide { tx, decision });
    }
    cx.set_timer(Timer::Acks(tx), Clock::Monotonic, p.resend);
}

fn ask(p: &Commit, tx: TxId, to: &[NodeId], cx: &mut Context<Commit>) {
    for to in to {
        cx.send(*to, Msg::Ask(tx));
    }
    cx.set_timer(Timer::Acks(tx), Clock::Monotonic, p.resend);
}

fn pre_commit(p: &Commit, c: &mut Coordinator, tx: TxId, all: bool, cx: &mut Context<Commit>) {
    let Some(open) = c.open.get_mut(&tx) else { return };
    cx.note(if all { Note::ResumesPreCommit(tx) } else { Note::SentPreCommit(tx) });
    open.phase = Phase::PreCommitting { unacked: open.participants.clone(), all };
    send_pre_commit(p, tx, &open.participants, cx);
}

fn send_pre_commit(p: &Commit, tx: TxId, to: &[NodeId], cx: &mut Context<Commit>) {
    for to in to {
        cx.send(*to, Msg::PreCommit(tx));
    }
    cx.set_timer(Timer::Votes(tx), Clock::Monotonic, p.vote_timeout);
}

fn hear_pre_ack(_: &Commit, c: &mut Coordinator, from: NodeId, tx: TxId, cx: &mut Context<Commit>) {
    let Some(Open { phase: Phase::PreCommitting { unacked, .. }, .. }) = c.open.get_mut(&tx) else { return };
    if !strike(unacked, from) {
        return;
    }
    cx.note(Note::HeardPreAck { tx, from });
    if unacked.is_empty() {
        cx.cancel_timer(Timer::Votes(tx));
        force_commit(c, tx, cx);
    }
}

/// The participants have decided without it, or one of them had not voted yet.
fn adopt(p: &Commit, c: &mut Coordinator, from: NodeId, tx: TxId, decision: Decision, cx: &mut Context<Commit>) {
    let Some(open) = c.open.get(&tx) else { return };
    let undecided = matches!(
        open.phase,
        Phase::Collecting { .. } | Phase::PreForcing { .. } | Phase::PreCommitting { .. } | Phase::Asking { .. }
    );
    if !undecided {
        return;
    }
    cx.note(Note::CoordinatorLearned { tx, decision, from });
    cx.cancel_timer(Timer::Votes(tx));
    cx.cancel_timer(Timer::Acks(tx));
    match decision {
        Decision::Abort => abort(p, c, tx, Cause::Told(from), cx),
        Decision::Commit => {
            force_commit(c, tx, cx);
        }
    }
}

/// It asked because it had started again. If all others have too, nobody is going to decide without it: it goes on.
fn hear_standing(
    p: &Commit,
    c: &mut Coordinator,
    from: NodeId,
    tx: TxId,
    standing: Standing,
    cx: &mut Context<Commit>,
) {
    let Some(Open { phase: Phase::Asking { lost }, participants, .. }) = c.open.get_mut(&tx) else { return };
    if standing != Standing::Recovering {
        lost.retain(|id| *id != from);
        return;
    }
    if !lost.contains(&from) && participants.contains(&from) {
        lost.push(from);
        sort_few(lost, |id| *id);
    }
    if lost.len() == participants.len() {
        cx.cancel_timer(Timer::Acks(tx));
        pre_commit(p, c, tx, true, cx);
    }
}

/// Takes a node off the list of those who have not answered; false if it is not on it.
fn strike(unacked: &mut Vec<NodeId>, from: NodeId) -> bool {
    let before = unacked.len();
    unacked.retain(|id| *id != from);
    unacked.len() < before
}

fn hear_ack(p: &Commit, c: &mut Coordinator, from: NodeId, tx: TxId, cx: &mut Context<Commit>) {
    let Some(Open { phase: Phase::Telling { unacked, .. }, .. }) = c.open.get_mut(&tx) else { return };
    if !strike(unacked, from) {
        return;
    }
    cx.note(Note::HeardAck { tx, from });
    if !unacked.is_empty() {
        return;
    }
    // Nobody can ask any more. If the end record is lost, the next start tells once more, and all acknowledge again.
    c.open.remove(&tx);
    cx.cancel_timer(Timer::Acks(tx));
    end(p, c, tx, cx);
}

fn end(p: &Commit, c: &mut Coordinator, tx: TxId, cx: &mut Context<Commit>) {
    write(c, Record::End(tx), false, cx);
    cx.note(Note::Forgot(tx));
    rewrite(p, c, cx);
}

fn answer(p: &Commit, c: &Coordinator, from: NodeId, tx: TxId, cx: &mut Context<Commit>) {
    match c.open.get(&tx).map(|open| &open.phase) {
        Some(Phase::Telling { decision, .. }) => {
            cx.note(Note::Answered { tx, to: from, decision: *decision });
            cx.send(from, Msg::Decide { tx, decision: *decision });
        }
        // Not decided: everybody hears of it when it is.
        Some(_) => {}
        None => {
            let decision = p.variant.presumes();
            cx.note(Note::Presumed { tx, to: from, decision });
            cx.send(from, Msg::Decide { tx, decision });
        }
    }
}

fn set_phase(c: &mut Coordinator, tx: TxId, phase: Phase) {
    if let Some(open) = c.open.get_mut(&tx) {
        open.phase = phase;
    }
}

fn write(c: &mut Coordinator, record: Record, force: bool, cx: &mut Context<Commit>) {
    c.written += 1;
    if force { cx.force(record) } else { cx.append(record) }
}
