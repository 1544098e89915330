//! Atomic commitment: one coordinator, two to five participants with an account each, and the logs that make it atomic.
//!
//! ```text
//!   coordinator          participant                  on disk (presumed abort)
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
//! Control and Recovery in Database Systems", 1987, chapter 7 (the numbers AC1 to AC5, cooperative termination, three-phase
//! commit); C. Mohan, B. Lindsay, R. Obermarck, "Transaction Management in the R* Distributed Database Management System",
//! TODS 11(4), 1986, section 3 (presumed abort, presumed commit, read-only participants); D. Skeen, "Nonblocking Commit
//! Protocols", SIGMOD 1981 (three-phase commit and its termination).
//!
//! What a coordinator says of a transaction that it does not know is its presumption, and what may be presumed need not be
//! forced, acknowledged or remembered: that is all in which the two-phase variants differ ([`Variant`]).
//!
//! Simplified: PREPARE carries the participant's work, so a participant has none before it and needs no timer that waits
//! for PREPARE. A participant has one account. A log is rewritten in one forced write.

pub mod bank;
pub mod book;
pub mod client;
pub mod coordinator;
pub mod costs;
pub mod ledger;
mod orders;
pub mod participant;
pub mod properties;
pub mod termination;
pub mod vocabulary;

pub use costs::Costs;
pub use vocabulary::*;

use super::cluster::Cluster;
use super::protocol::{Context, Event, NodeId, Property, Protocol, Ticks};

/// The configuration.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Commit {
    pub variant: Variant,
    /// The opening balance of each participant's account: their number is the number of participants.
    pub balances: Vec<u32>,
    /// How long the coordinator waits for votes before it aborts.
    pub vote_timeout: Ticks,
    /// How long it waits for acknowledgements before it tells the decision again.
    pub resend: Ticks,
    /// How long a participant stays in doubt before it inquires.
    pub inquire: Ticks,
    /// How often the time between two inquiries doubles, at most.
    pub backoff: u8,
    /// A log of finished transactions is rewritten when it has so many records; 0: never.
    pub checkpoint_at: u32,
    /// Two-phase commit: who is in doubt asks the other participants as well (BHG 7.4, cooperative termination).
    pub cooperative: bool,
    /// A participant whose account does not change votes READ and drops out.
    pub read_only: bool,
    pub on_lock: OnLock,
    /// A client of its own asks for transfers, and asks again after so long without an answer.
    pub client: Option<Ticks>,
    /// So many transfers are kept going at once by the coordinator itself.
    pub load: u8,
    /// How long after a transfer of its load has ended the next one starts.
    pub think: Ticks,
    /// How many transactions `requests` starts; 0: the reader starts them.
    pub rounds: u8,
    pub mistakes: Mistakes,
}

/// Which protocol.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Variant {
    /// Both decisions are forced, told and acknowledged.
    PresumedNothing,
    /// An abort leaves no record at the coordinator and needs no acknowledgement.
    PresumedAbort,
    /// A commit needs no acknowledgement; so who takes part is forced before PREPARE.
    PresumedCommit,
    /// Between the votes and the decision everybody learns that all voted YES.
    ThreePhase {
        /// Who is in doubt when the coordinator is silent: asks the others and moves with them (true), or decides by its
        /// timer alone (false).
        termination: bool,
    },
}

impl Variant {
    /// Whether the coordinator remembers this decision until everybody has acknowledged it. Exactly then participants
    /// force it.
    pub fn acknowledges(self, decision: Decision) -> bool {
        match self {
            Variant::PresumedNothing | Variant::ThreePhase { .. } => true,
            Variant::PresumedAbort => decision == Decision::Commit,
            Variant::PresumedCommit => decision == Decision::Abort,
        }
    }

    /// What the coordinator says of a transaction that it does not know.
    pub fn presumes(self) -> Decision {
        if self == Variant::PresumedCommit { Decision::Commit } else { Decision::Abort }
    }

    pub fn three_phases(self) -> bool {
        matches!(self, Variant::ThreePhase { .. })
    }

    pub fn terminates_together(self) -> bool {
        self == Variant::ThreePhase { termination: true }
    }
}

/// What a PREPARE does that finds the account locked.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum OnLock {
    /// It is answered NO.
    Refuse,
    /// It waits: two transfers may wait for each other.
    Wait,
    /// It waits, and every coordinator locks in the order of the accounts, one after the other.
    WaitInOrder,
}

impl Commit {
    pub const COORDINATOR: NodeId = NodeId(0);

    pub fn participants(&self) -> impl Iterator<Item = NodeId> + use<> {
        (1..=self.balances.len() as u16).map(NodeId)
    }

    pub fn client(&self) -> Option<NodeId> {
        self.client.map(|_| NodeId(self.balances.len() as u16 + 1))
    }

    /// The opening balances, in the order of the accounts.
    pub const BALANCES: [u32; 5] = [60, 35, 0, 80, 20];
    /// One tick of the search.
    pub const TICK: Ticks = 1000;

    /// The configuration that the search explores, in ticks of [`Self::TICK`]: every timer can go off before and after
    /// every other event, and no timer counts, so that the space is finite without a bound on resends and inquiries.
    pub fn standard(participants: u16, rounds: u8, mistake: Option<Mistake>) -> Self {
        Commit {
            variant: Variant::PresumedAbort,
            balances: Self::BALANCES.into_iter().take(participants.into()).collect(),
            vote_timeout: 2 * Self::TICK,
            resend: Self::TICK,
            inquire: Self::TICK,
            backoff: 0,
            checkpoint_at: 0,
            cooperative: false,
            read_only: false,
            on_lock: OnLock::Refuse,
            client: None,
            load: 0,
            think: 0,
            rounds,
            mistakes: mistake.map_or_else(Mistakes::default, |mistake| Mistakes::default().with(mistake)),
        }
    }

    /// The same as another protocol.
    pub fn of(self, variant: Variant) -> Self {
        Commit { variant, ..self }
    }

    pub fn makes(&self, mistake: Mistake) -> bool {
        self.mistakes.has(mistake)
    }

    /// Everybody takes part: the first participant pays each of the others 1; the last of several only reads where that
    /// makes a difference.
    pub fn everybody(&self) -> Vec<(NodeId, i32)> {
        let reader = NodeId(self.balances.len() as u16);
        let reads = |id: NodeId| self.read_only && id == reader && id.0 > 2;
        let takers = self.participants().filter(|id| id.0 > 1 && !reads(*id)).count() as i32;
        let change = |id: NodeId| match id {
            NodeId(1) => -takers,
            _ => i32::from(!reads(id)),
        };
        self.participants().map(|id| (id, change(id))).collect()
    }

    /// Each participant at most once, nobody unknown, nothing made or lost.
    pub fn makes_sense(&self, changes: &[(NodeId, i32)]) -> bool {
        let known = |id: NodeId| id.0 >= 1 && (id.0 as usize) <= self.balances.len();
        let once = changes.iter().enumerate().all(|(n, (id, _))| changes[..n].iter().all(|(other, _)| other != id));
        let sum: i64 = changes.iter().map(|(_, change)| i64::from(*change)).sum();
        !changes.is_empty() && once && sum == 0 && changes.iter().all(|(id, _)| known(*id))
    }

    /// How long a participant waits in doubt before it does something about it, the first time. In three-phase commit
    /// that is long enough for the coordinator to have decided; who takes over first has the lowest number.
    pub fn patience(&self, me: NodeId) -> Ticks {
        match self.variant {
            Variant::ThreePhase { termination } => {
                let turns = if termination { Ticks::from(me.0) } else { 1 };
                self.vote_timeout.saturating_add(self.inquire.saturating_mul(turns))
            }
            _ => self.inquire,
        }
    }

    /// Whom a participant may ask besides the coordinator.
    pub fn asks_others(&self) -> bool {
        self.cooperative || self.variant.terminates_together()
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

impl Protocol for Commit {
    type State = State;
    type Record = Record;
    type Msg = Msg;
    type Timer = Timer;
    type Request = Request;
    type Note = Note;
    type Ghost = properties::Ghost;

    fn size(&self) -> u16 {
        self.balances.len() as u16 + 1 + u16::from(self.client.is_some())
    }

    fn boot(&self, me: NodeId, log: &[Record], cx: &mut Context<Self>) -> State {
        if me == Self::COORDINATOR {
            State::Coordinator(coordinator::boot(self, log, cx))
        } else if Some(me) == self.client() {
            State::Client(client::boot(self, log, cx))
        } else {
            State::Participant(participant::boot(self, me, log, cx))
        }
    }

    fn step(&self, me: NodeId, state: &mut State, event: Event<Self>, cx: &mut Context<Self>) {
        match state {
            State::Coordinator(coordinator) => coordinator::step(self, coordinator, event, cx),
            State::Participant(participant) => participant::step(self, me, participant, event, cx),
            State::Client(client) => client::step(self, client, event, cx),
        }
    }

    fn observe(&self, ghost: &mut properties::Ghost, at: NodeId, note: &Note) {
        properties::observe(self, ghost, at, note);
    }

    fn witness(&self, ghost: &mut properties::Ghost, cluster: &Cluster<Self>) {
        properties::witness(self, ghost, cluster);
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::all(self)
    }

    fn owes(&self, _: &Property<Self>, cluster: &Cluster<Self>, ghost: &properties::Ghost, lasting: bool) -> bool {
        if lasting { properties::undecided(cluster) } else { properties::unsettled(self, cluster, ghost) }
    }

    /// That a peer is in doubt too helps nobody in two-phase commit: the answer is there to be seen.
    fn inert(&self, _: &Cluster<Self>, to: NodeId, msg: &Msg) -> bool {
        matches!(msg, Msg::Standing { .. }) && !self.variant.three_phases() && to != Self::COORDINATOR
    }

    /// The search starts `rounds` transactions in which everybody takes part, and lets anyone vote NO on a PREPARE that
    /// is on its way. A restart of the coordinator uses up a round: its memory of how many there were is gone.
    fn requests(&self, cluster: &Cluster<Self>) -> Vec<(NodeId, Request)> {
        let mut list = Vec::new();
        if self.rounds == 0 {
            return list;
        }
        let starter = self.client().unwrap_or(Self::COORDINATOR);
        let started = match cluster.state(starter) {
            Some(State::Coordinator(c)) => c.started,
            Some(State::Client(c)) => u32::from(c.asked),
            _ => u32::MAX,
        };
        let used = started.saturating_add(cluster.node(starter).incarnation);
        if used < u32::from(self.rounds) && cluster.runs(starter) {
            // The second goes the other way: two transfers that lock the accounts in opposite order.
            let mut changes = self.everybody();
            if used % 2 == 1 && self.on_lock != OnLock::Refuse {
                changes.reverse();
            }
            list.push((starter, Request::Start(changes)));
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
