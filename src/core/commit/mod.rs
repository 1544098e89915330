//! Two-phase commit with presumed abort: one coordinator, two to five participants with an account each.
//!
//! ```text
//!   coordinator          participant                  on disk
//!        |---- PREPARE ----->|
//!        |                   | prepared              forced, then
//!        |<----- YES --------|                       (NO: aborted, not forced, and it forgets)
//!        | commit            |                       forced, then
//!        |---- COMMIT ------>|
//!        |                   | committed             forced, then
//!        |<----- ACK --------|
//!        | end               |                       not forced
//! ```
//!
//! Sources: J. Gray, "Notes on Data Base Operating Systems", 1978; P. Bernstein, V. Hadzilacos, N. Goodman, "Concurrency
//! Control and Recovery in Database Systems", 1987, chapter 7 (the numbers AC1 to AC5); C. Mohan, B. Lindsay,
//! R. Obermarck, "Transaction Management in the R* Distributed Database Management System", TODS 11(4), 1986, section 3
//! (presumed abort).
//!
//! Presumed abort: an abort leaves no record at the coordinator. Whoever asks about a transaction that the coordinator
//! does not know is told ABORT; so only commits need to be remembered until all have acknowledged.
//!
//! Simplified: PREPARE carries the participant's work, so a participant has none before it and needs no timer that waits
//! for PREPARE. A participant has one account, and a PREPARE that finds it locked is answered NO rather than made to
//! wait, so there is no deadlock. A log is rewritten in one forced write.

pub mod bank;
pub mod coordinator;
pub mod participant;
pub mod properties;

use super::cluster::Cluster;
use super::protocol::{Context, Event, NodeId, Property, Protocol, Ticks};

/// The configuration.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Commit {
    /// The opening balance of each participant's account: their number is the number of participants.
    pub balances: Vec<u32>,
    /// How long the coordinator waits for votes before it aborts.
    pub vote_timeout: Ticks,
    /// How long it waits for acknowledgements before it says COMMIT again.
    pub resend: Ticks,
    /// How long a participant stays in doubt before it inquires.
    pub inquire: Ticks,
    /// How often the time between two inquiries doubles, at most.
    pub backoff: u8,
    /// A log of finished transactions is rewritten when it has so many records; 0: never.
    pub checkpoint_at: u32,
    /// How many transactions `requests` starts; 0: the reader starts them.
    pub rounds: u8,
    pub mistake: Option<Mistake>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Mistake {
    /// The participant says YES before its prepared record is on the platters.
    VoteNotForced,
}

/// A transaction, named by the coordinator: never used twice, because the number of its starts is part of it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TxId {
    /// How often the coordinator had started before.
    pub epoch: u16,
    /// From 1 in each epoch.
    pub number: u16,
}

/// How a transaction ends.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Decision {
    Commit,
    Abort,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Vote {
    Yes,
    No,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum State {
    Coordinator(coordinator::Coordinator),
    Participant(participant::Participant),
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Record {
    // participant
    Prepared {
        tx: TxId,
        change: i32,
        coordinator: NodeId,
    },
    Committed(TxId),
    Aborted(TxId),
    /// All that finished transactions left behind: the balance, and which of them ended last.
    Balance {
        balance: u32,
        closed: Vec<TxId>,
    },
    // coordinator
    Commit {
        tx: TxId,
        participants: Vec<NodeId>,
    },
    End(TxId),
    /// So many transactions have ended; their records are gone.
    Ended(u32),
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Msg {
    Prepare {
        tx: TxId,
        change: i32,
    },
    Vote {
        tx: TxId,
        vote: Vote,
    },
    /// The decision, and the answer to an inquiry: the same message, so that a resend is absorbed.
    Decide {
        tx: TxId,
        decision: Decision,
    },
    Ack(TxId),
    Inquire(TxId),
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Timer {
    /// Coordinator: a vote is missing.
    Votes(TxId),
    /// Coordinator: an acknowledgement is missing.
    Acks(TxId),
    /// Participant: still in doubt.
    Doubt(TxId),
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Request {
    /// At the coordinator: change these accounts, all or none. One entry a participant; the changes add up to 0.
    Start(Vec<(NodeId, i32)>),
    /// At a participant: vote NO from now on, or no longer.
    VoteNo(bool),
}

/// Why a participant votes NO.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Refusal {
    /// It was told to.
    Told,
    /// The balance is too small.
    Funds,
    /// Another transaction has locked the account.
    Locked(TxId),
}

/// Why the coordinator aborts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Cause {
    VotedNo(NodeId),
    TimedOut,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Note {
    // coordinator
    /// It sends PREPARE to these.
    Started {
        tx: TxId,
        changes: Vec<(NodeId, i32)>,
    },
    HeardVote {
        tx: TxId,
        from: NodeId,
        vote: Vote,
    },
    /// All voted YES: it forces the commit record. Nothing is decided before that is on the platters.
    ForcesCommit(TxId),
    /// The commit record is on the platters; it sends COMMIT.
    DecidedCommit(TxId),
    /// It sends ABORT to those who may have voted YES, and forgets.
    DecidedAbort {
        tx: TxId,
        cause: Cause,
    },
    HeardAck {
        tx: TxId,
        from: NodeId,
    },
    /// An acknowledgement is missing: it sends COMMIT once more.
    Resent(TxId),
    /// It answers an inquiry from what it knows.
    Answered {
        tx: TxId,
        to: NodeId,
    },
    /// It answers ABORT because it knows nothing of this transaction.
    Presumed {
        tx: TxId,
        to: NodeId,
    },
    /// All have acknowledged: end record, and it forgets.
    Forgot(TxId),
    /// It restarted; it goes on telling about these.
    RecoveredCoordinator {
        telling: Vec<TxId>,
    },
    // participant
    /// It locks its account and forces the prepared record.
    Prepares(TxId),
    VotedYes(TxId),
    VotedNo {
        tx: TxId,
        why: Refusal,
    },
    /// A copy of a PREPARE that it has already answered.
    IgnoredPrepare(TxId),
    Inquired(TxId),
    Learned {
        tx: TxId,
        decision: Decision,
    },
    /// The committed record is on the platters: balance changed, account unlocked, ACK sent.
    Acked(TxId),
    /// COMMIT for a transaction that it has already finished: acknowledged once more.
    AckedAgain(TxId),
    /// It restarted; it is in doubt about these, and its log knows the end of those.
    RecoveredParticipant {
        in_doubt: Vec<TxId>,
        closed: Vec<TxId>,
    },
    WillVoteNo(bool),
    // both
    /// It rewrote its log.
    Rewrote,
}

impl Commit {
    pub const COORDINATOR: NodeId = NodeId(0);

    pub fn participants(&self) -> impl Iterator<Item = NodeId> + use<> {
        (1..=self.balances.len() as u16).map(NodeId)
    }

    /// The opening balances, in the order of the accounts.
    pub const BALANCES: [u32; 5] = [60, 35, 0, 80, 20];
    /// One tick of the search.
    pub const TICK: Ticks = 1000;

    /// The configuration that the search explores, in ticks of [`Self::TICK`]: every timer can go off before and after
    /// every other event, and no timer counts, so that the space is finite without a bound on resends and inquiries.
    pub fn standard(participants: u16, rounds: u8, mistake: Option<Mistake>) -> Self {
        Commit {
            balances: Self::BALANCES.into_iter().take(participants.into()).collect(),
            vote_timeout: 2 * Self::TICK,
            resend: Self::TICK,
            inquire: Self::TICK,
            backoff: 0,
            checkpoint_at: 0,
            rounds,
            mistake,
        }
    }

    /// Everybody takes part: the first participant pays each of the others 1.
    pub fn everybody(&self) -> Vec<(NodeId, i32)> {
        let others = self.balances.len() as i32 - 1;
        self.participants().map(|id| (id, if id == NodeId(1) { -others } else { 1 })).collect()
    }

    /// Each participant at most once, nobody unknown, nothing made or lost.
    pub fn makes_sense(&self, changes: &[(NodeId, i32)]) -> bool {
        let known = |id: NodeId| id.0 >= 1 && (id.0 as usize) <= self.balances.len();
        let once = changes.iter().enumerate().all(|(n, (id, _))| changes[..n].iter().all(|(other, _)| other != id));
        let sum: i64 = changes.iter().map(|(_, change)| i64::from(*change)).sum();
        !changes.is_empty() && once && sum == 0 && changes.iter().all(|(id, _)| known(*id))
    }
}

impl Request {
    /// `from` pays `amount` to `to`, and a fee to each of `takers`: so all of them take part.
    pub fn transfer(from: NodeId, to: NodeId, amount: u16, takers: &[NodeId], fee: u16) -> Self {
        let fees = i32::from(fee).saturating_mul(takers.len() as i32);
        let mut changes = vec![(from, (-i32::from(amount)).saturating_sub(fees)), (to, i32::from(amount))];
        changes.extend(takers.iter().map(|id| (*id, i32::from(fee))));
        Request::Start(changes)
    }
}

/// What a run without faults costs, resends and inquiries not counted (Mohan, Lindsay, Obermarck 1986, table 1; the
/// acknowledgements are counted, the coordinator is not a participant).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Costs {
    pub messages: u32,
    pub records: u32,
    pub forced: u32,
}

impl Costs {
    /// `n` participants and all vote YES.
    pub fn of_commit(n: u32) -> Self {
        Costs { messages: 4 * n, records: 2 * n + 2, forced: 2 * n + 1 }
    }

    /// `n` participants and exactly one votes NO: it is not told the decision.
    pub fn of_abort(n: u32) -> Self {
        let yes = n.saturating_sub(1);
        Costs { messages: 2 * n + yes, records: n + yes, forced: yes }
    }
}

impl Protocol for Commit {
    type State = State;
    type Record = Record;
    type Msg = Msg;
    type Timer = Timer;
    type Request = Request;
    type Note = Note;
    type Ghost = properties::Ghost;

    fn size(&self) -> u16 {
        self.balances.len() as u16 + 1
    }

    fn boot(&self, me: NodeId, log: &[Record], cx: &mut Context<Self>) -> State {
        if me == Self::COORDINATOR {
            State::Coordinator(coordinator::boot(self, log, cx))
        } else {
            State::Participant(participant::boot(self, me, log, cx))
        }
    }

    fn step(&self, _me: NodeId, state: &mut State, event: Event<Self>, cx: &mut Context<Self>) {
        match state {
            State::Coordinator(coordinator) => coordinator::step(self, coordinator, event, cx),
            State::Participant(participant) => participant::step(self, participant, event, cx),
        }
    }

    fn observe(&self, ghost: &mut properties::Ghost, at: NodeId, note: &Note) {
        properties::observe(ghost, at, note);
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::all(self)
    }

    /// The search starts `rounds` transactions in which everybody takes part, and lets anyone vote NO on a PREPARE that
    /// is on its way. A restart of the coordinator uses up a round: its memory of how many there were is gone.
    fn requests(&self, cluster: &Cluster<Self>) -> Vec<(NodeId, Request)> {
        let mut list = Vec::new();
        if self.rounds == 0 {
            return list;
        }
        if let Some(State::Coordinator(c)) = cluster.state(Self::COORDINATOR) {
            let used = u32::from(c.started) + cluster.node(Self::COORDINATOR).incarnation;
            if used < u32::from(self.rounds) && cluster.runs(Self::COORDINATOR) {
                list.push((Self::COORDINATOR, Request::Start(self.everybody())));
            }
        }
        for flight in cluster.flights.iter().filter(|f| cluster.runs(f.to)) {
            if let (Msg::Prepare { tx, .. }, Some(State::Participant(p))) = (&flight.msg, cluster.state(flight.to))
                && !p.refuses
                && !p.knows(*tx)
            {
                list.push((flight.to, Request::VoteNo(true)));
            }
        }
        list
    }
}
