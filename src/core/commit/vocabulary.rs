//! The words of atomic commitment: what is said, written, asked and noted.

use super::{client, coordinator, participant};
use crate::core::protocol::NodeId;

/// What people get wrong.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Mistake {
    /// The participant says YES before its prepared record is on the platters.
    VoteNotForced,
    /// The coordinator says COMMIT before its commit record is on the platters.
    CommitNotForced,
    /// A participant in doubt whose timer runs out aborts.
    DoubtAborts,
    /// A participant in doubt whose timer runs out commits.
    DoubtCommits,
    /// The first YES decides.
    FirstVote,
    /// COMMIT follows PREPARE, whatever the votes.
    NoVotes,
    /// More than half of the votes decide: but unanimity is no quorum.
    Majority,
    /// A participant that starts again aborts what it had prepared.
    RecoveryAborts,
    /// The coordinator forgets a decision that it may not presume before all have acknowledged it.
    ForgetsEarly,
    /// Presumed commit without the record of who takes part.
    NoCollecting,
    /// PREPARE and COMMIT are published, and who received PREPARE counts as a YES; nothing is logged and nobody asks.
    PubSub,
    /// "Lock, set, release", one account after the other, is called a transaction.
    OneByOne,
    /// A transfer that is asked for again is carried out again: requests have no name.
    NoRequestId,
}

/// Those that are switched on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Mistakes(u32);

impl Mistakes {
    #[must_use]
    pub fn with(self, mistake: Mistake) -> Self {
        Mistakes(self.0 | 1 << mistake as u32)
    }

    pub fn has(self, mistake: Mistake) -> bool {
        self.0 & 1 << mistake as u32 != 0
    }

    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
}

/// A transaction, named by the coordinator: never used twice, because the number of its starts is part of it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TxId {
    /// How often the coordinator had started before.
    pub epoch: u16,
    /// From 1 in each epoch.
    pub number: u32,
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
    /// Nothing to change here: it does not matter to this participant how it ends.
    Read,
    /// No vote at all: a receipt that somebody took for one.
    Received,
}

/// How a participant that has not decided stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Standing {
    /// It has voted YES.
    Uncertain,
    /// It knows that all voted YES.
    PreCommitted,
    /// It has started again since: it waits to be told, and takes over from nobody.
    Recovering,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum State {
    Coordinator(coordinator::Coordinator),
    Participant(participant::Participant),
    Client(client::Client),
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Record {
    // participant
    Prepared {
        tx: TxId,
        change: i32,
        coordinator: NodeId,
        /// Whom else it may ask.
        peers: Vec<NodeId>,
    },
    Committed(TxId),
    Aborted(TxId),
    /// All that finished transactions left behind: the balance, and which of them ended last.
    Balance {
        balance: u32,
        closed: Vec<(TxId, Decision)>,
        /// The latest that has ended and is not among those.
        forgotten: Option<TxId>,
    },
    // coordinator
    /// Presumed commit: who will be asked.
    Collecting {
        tx: TxId,
        participants: Vec<NodeId>,
    },
    Commit {
        tx: TxId,
        participants: Vec<NodeId>,
        /// The client's name for what it asked for.
        request: Option<u16>,
    },
    Abort {
        tx: TxId,
        participants: Vec<NodeId>,
    },
    End(TxId),
    /// So many transactions have ended; their records are gone. Of the latest requests it is known that they are done.
    Ended {
        count: u32,
        requests: Vec<(u16, TxId)>,
    },
    // both
    /// Three-phase commit: all voted YES. `participants` is empty at a participant.
    PreCommit {
        tx: TxId,
        participants: Vec<NodeId>,
        request: Option<u16>,
    },
    // client
    /// It has asked for so many transfers.
    Asked(u16),
}

impl Record {
    /// A participant's record of how a transaction ended.
    pub fn end_of(tx: TxId, decision: Decision) -> Self {
        match decision {
            Decision::Commit => Record::Committed(tx),
            Decision::Abort => Record::Aborted(tx),
        }
    }
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Msg {
    Prepare {
        tx: TxId,
        change: i32,
        /// The other participants, where they may have to be asked.
        peers: Vec<NodeId>,
    },
    Vote {
        tx: TxId,
        vote: Vote,
        /// The balance that it has locked, where the transaction reads.
        read: Option<u32>,
    },
    /// Three-phase commit: all voted YES.
    PreCommit(TxId),
    PreAck(TxId),
    /// The decision, and the answer to an inquiry: the same message, so that a resend is absorbed.
    Decide {
        tx: TxId,
        decision: Decision,
    },
    Ack(TxId),
    /// To the coordinator, and in three-phase commit to a participant: how did it end?
    Inquire(TxId),
    /// To a participant: how do you stand?
    Ask(TxId),
    Standing {
        tx: TxId,
        standing: Standing,
    },
    /// Reads what is settled, and asks for no lock.
    Glance(u16),
    Seen {
        glance: u16,
        balance: u32,
    },
    /// The client asks for a transfer.
    Order {
        request: u16,
        changes: Vec<(NodeId, i32)>,
    },
    /// It is told how it ended.
    Answer {
        request: u16,
        tx: TxId,
        decision: Decision,
    },
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Timer {
    /// Coordinator: a vote, or the answer to PRE-COMMIT, is missing.
    Votes(TxId),
    /// Coordinator: an acknowledgement is missing.
    Acks(TxId),
    /// Participant: still in doubt.
    Doubt(TxId),
    /// Participant that has taken over: an answer is missing.
    Lead(TxId),
    /// Coordinator: the next transfer of its load.
    Load(u8),
    /// Client: an answer is missing.
    Answer(u16),
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Request {
    /// At the coordinator or the client: change these accounts, all or none. One entry a participant; the changes add up
    /// to 0.
    Start(Vec<(NodeId, i32)>),
    /// At the coordinator: read all balances in a transaction that changes none of them.
    Audit,
    /// At the coordinator: read all balances as they are settled at each participant.
    Glance,
    /// At a participant: vote NO from now on, or no longer.
    VoteNo(bool),
    /// At a participant in doubt: an operator decides (a heuristic decision).
    Heuristic(Decision),
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
    /// It started again, and only who takes part is in its log.
    Restarted,
    /// The participants decided without it.
    Told(NodeId),
}

/// Why a participant decides without the coordinator.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Alone {
    /// Its timer ran out.
    TimedOut,
    /// It had not voted when a peer asked.
    NotVoted,
    /// It took over, and this is what the standings of those who are up say.
    TookOver,
    /// It started again.
    Restarted,
    /// It did not wait for anybody: one account after the other.
    Blindly,
    /// An operator said so.
    Operator,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Note {
    // coordinator
    /// Presumed commit: it forces who will be asked before it asks anybody.
    Collects(TxId),
    /// It sends PREPARE to these.
    Started {
        tx: TxId,
        changes: Vec<(NodeId, i32)>,
    },
    /// This is what the client asked for under this number.
    CarriesOut {
        tx: TxId,
        request: u16,
    },
    HeardVote {
        tx: TxId,
        from: NodeId,
        vote: Vote,
    },
    /// All voted YES: it forces the commit record. Nothing is decided before that is on the platters.
    ForcesCommit(TxId),
    /// It forces the abort record.
    ForcesAbort {
        tx: TxId,
        cause: Cause,
    },
    /// The commit record is on the platters; it sends COMMIT.
    DecidedCommit(TxId),
    /// It sends ABORT to those who may have voted YES.
    DecidedAbort {
        tx: TxId,
        cause: Cause,
    },
    /// All voted READ: there is nothing to decide.
    AllRead(TxId),
    HeardAck {
        tx: TxId,
        from: NodeId,
    },
    /// An acknowledgement is missing: it tells the decision once more.
    Resent {
        tx: TxId,
        decision: Decision,
    },
    /// It answers an inquiry from what it knows.
    Answered {
        tx: TxId,
        to: NodeId,
        decision: Decision,
    },
    /// It answers what it presumes because it knows nothing of this transaction.
    Presumed {
        tx: TxId,
        to: NodeId,
        decision: Decision,
    },
    /// Nobody needs to ask any more: it forgets.
    Forgot(TxId),
    /// It restarted; it goes on telling about these, and has to ask about those.
    RecoveredCoordinator {
        telling: Vec<(TxId, Decision)>,
        asking: Vec<TxId>,
    },
    /// Three-phase commit: all voted YES; it forces that and then says so.
    ForcesPreCommit(TxId),
    SentPreCommit(TxId),
    HeardPreAck {
        tx: TxId,
        from: NodeId,
    },
    /// A participant told it how it ended.
    CoordinatorLearned {
        tx: TxId,
        decision: Decision,
        from: NodeId,
    },
    /// Everybody started again since: it goes on where it was.
    ResumesPreCommit(TxId),
    /// All balances that it has read: whether they are settled ones, read without a lock.
    Read {
        glance: bool,
        sum: u32,
    },
    Glances(u16),
    /// A request that it has carried out already.
    KnownRequest {
        request: u16,
        tx: TxId,
    },
    // participant
    /// It locks its account and forces the prepared record.
    Prepares(TxId),
    /// It waits until this transaction has let go of the account.
    Waits {
        tx: TxId,
        holder: TxId,
    },
    VotedYes(TxId),
    VotedRead(TxId),
    VotedNo {
        tx: TxId,
        why: Refusal,
    },
    /// Its vote is NO: it forces that first.
    ForcesNo(TxId),
    /// PREPARE has arrived, and that is all that is said.
    Received(TxId),
    /// A copy of a PREPARE that it has already answered.
    IgnoredPrepare(TxId),
    /// It asks the coordinator, and so many peers.
    Inquired {
        tx: TxId,
        peers: u16,
    },
    /// Three-phase commit: it knows that all voted YES, and forces that.
    PreCommits(TxId),
    PreCommitted(TxId),
    /// It answers a peer.
    Told {
        tx: TxId,
        to: NodeId,
        standing: Standing,
    },
    /// It answers a peer with the decision.
    ToldDecision {
        tx: TxId,
        to: NodeId,
        decision: Decision,
    },
    /// The coordinator is silent: it takes over.
    TakesOver(TxId),
    /// It moves those who are up to PRE-COMMIT before it commits.
    MovesOthers(TxId),
    Learned {
        tx: TxId,
        decision: Decision,
    },
    /// It decides without the coordinator, and forces that first.
    ForcesAlone {
        tx: TxId,
        decision: Decision,
        why: Alone,
    },
    DecidedAlone {
        tx: TxId,
        decision: Decision,
        why: Alone,
    },
    /// What it hears is not what it has decided.
    Contradicted {
        tx: TxId,
        mine: Decision,
        told: Decision,
    },
    /// The decision's record is on the platters: account unlocked, ACK sent.
    Acked {
        tx: TxId,
        decision: Decision,
    },
    /// A decision about a transaction that it has already finished: acknowledged once more.
    AckedAgain(TxId),
    /// A COMMIT for which it has done nothing.
    NothingPrepared(TxId),
    /// It restarted; it is in doubt about these, and its log knows the end of those.
    RecoveredParticipant {
        in_doubt: Vec<TxId>,
        closed: Vec<(TxId, Decision)>,
    },
    WillVoteNo(bool),
    // client
    Ordered(u16),
    /// No answer: it asks again.
    OrderedAgain(u16),
    HeardAnswer {
        request: u16,
        tx: TxId,
        decision: Decision,
    },
    // all
    /// It rewrote its log.
    Rewrote,
}
