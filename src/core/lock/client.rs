//! A client: takes the lock, works, writes to the storage, releases.

use super::keyspace::{Command, Condition, ExpireIf, Key, Owner, Reply, Ttl, Value};
use super::redis::{READONLY, value};
use super::{Lock, Mistake, Msg, Note, Purpose, Reads, Request, Timer};
use crate::core::hash;
use crate::core::protocol::{Clock, Context, Event, NodeId};
use std::borrow::Cow;

pub const LOCK: Key = Cow::Borrowed("lock");
pub const FENCE: Key = Cow::Borrowed("lock:fence");

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Client {
    pub phase: Phase,
    /// Attempts since it started: makes owner values differ.
    pub attempts: u32,
    pub rounds_left: Option<u8>,
    pub tries_left: Option<u8>,
    /// The server that it takes for the master, where there is one.
    pub master: NodeId,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Phase {
    /// Does not want the lock now.
    Idle,
    /// Asked for it; no answer yet. Some recipes need several commands: the one that is out.
    Trying { owner: Owner, asked: Purpose, votes: Votes },
    /// Most masters said OK; it is about to look at its clock.
    Checking(Owner),
    /// Was refused; asks again later.
    Waiting,
    /// Believes that it holds the lock.
    Holding(Holding),
    /// Gives it back; no answer yet.
    Releasing { owner: Owner, asked: Purpose, votes: Votes },
    /// Changes the value without any lock.
    Updating { owner: Owner, task: Task },
}

/// Who has answered, a bit a server, counted from the first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Votes {
    pub yes: u8,
    pub no: u8,
}

impl Votes {
    fn add(&mut self, p: &Lock, from: NodeId, yes: bool) {
        let bit = 1 << (from.0.saturating_sub(p.clients) & 7);
        if (self.yes | self.no) & bit == 0 {
            *(if yes { &mut self.yes } else { &mut self.no }) |= bit;
        }
    }

    pub fn ayes(self) -> u16 {
        self.yes.count_ones() as u16
    }

    fn noes(self) -> u16 {
        self.no.count_ones() as u16
    }
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Holding {
    pub owner: Owner,
    pub fence: Option<u32>,
    /// The attempt whose lease counts: its own, or the latest renewal's.
    pub lease: Owner,
    /// A renewal that is not answered yet.
    pub renewing: Option<Owner>,
    pub renewals_left: Option<u8>,
    pub task: Task,
}

/// What a holder is doing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Task {
    /// Waits for the value that it will change.
    Reading,
    /// Computes; `base` is the version that it read.
    Working { base: Option<u32> },
    /// Has looked at its clock and is about to write.
    Acting { base: Option<u32> },
    /// Has written; no answer yet.
    Writing,
}

impl Client {
    /// Whether an answer to this attempt can still mean something.
    pub fn awaits(&self, attempt: Owner, purpose: Purpose) -> bool {
        match &self.phase {
            Phase::Trying { owner, asked, .. } | Phase::Releasing { owner, asked, .. } => {
                *owner == attempt && *asked == purpose
            }
            Phase::Holding(holding) => purpose == Purpose::Renew && holding.renewing == Some(attempt),
            _ => false,
        }
    }

    /// The attempt that it reads and writes for.
    pub fn works_for(&self) -> Option<Owner> {
        match &self.phase {
            Phase::Holding(Holding { owner, .. }) | Phase::Updating { owner, .. } => Some(*owner),
            _ => None,
        }
    }

    /// The timer of the lease that it believes in, while it holds.
    pub fn lease(&self) -> Option<Timer> {
        match &self.phase {
            Phase::Holding(holding) => Some(Timer::Lease(holding.lease)),
            _ => None,
        }
    }
}

pub fn boot(p: &Lock, me: NodeId, cx: &mut Context<Lock>) -> Client {
    // Clients start one after the other, so that the first run shows one of them alone.
    if let Some(think) = p.think {
        cx.set_timer(Timer::Think, Clock::Monotonic, think * u32::from(me.0) / u32::from(p.clients.max(1)));
    }
    Client { phase: Phase::Idle, attempts: 0, rounds_left: p.rounds, tries_left: p.tries, master: p.redis() }
}

pub fn step(p: &Lock, me: NodeId, client: &mut Client, event: Event<Lock>, cx: &mut Context<Lock>) {
    match event {
        Event::Message { from, msg } => message(p, client, from, msg, cx),
        Event::Timeout(timer) => timeout(p, me, client, &timer, cx),
        Event::Request(Request::Acquire) => {
            if client.phase == Phase::Idle || client.phase == Phase::Waiting {
                cx.cancel_timer(Timer::Think);
                cx.cancel_timer(Timer::Retry);
                ask(p, me, client, cx);
            }
        }
        Event::Request(Request::Promote) | Event::Durable { .. } => {}
    }
}

fn message(p: &Lock, client: &mut Client, from: NodeId, msg: Msg, cx: &mut Context<Lock>) {
    match (msg, client.phase) {
        (Msg::NewMaster, _) => switch(client, from, cx),
        (Msg::Answer { attempt, purpose, reply }, Phase::Trying { owner, asked, mut votes })
            if attempt == owner && purpose == asked =>
        {
            if p.masters > 1 {
                votes.add(p, from, reply == Reply::Ok);
                client.phase = Phase::Trying { owner, asked, votes };
                counted(p, client, owner, votes, cx);
                return;
            }
            cx.cancel_timer(Timer::Timeout);
            if reply == Reply::Error(READONLY) {
                try_the_other(p, client, cx);
            }
            tried(p, client, owner, asked, &reply, cx);
        }
        (Msg::Answer { attempt, purpose, reply }, Phase::Releasing { owner, asked, mut votes })
            if attempt == owner && purpose == asked =>
        {
            votes.add(p, from, reply == Reply::Int(1));
            if votes.ayes() + votes.noes() < p.quorum() {
                client.phase = Phase::Releasing { owner, asked, votes };
                return;
            }
            cx.cancel_timer(Timer::Timeout);
            if asked == Purpose::Compare && reply == Reply::Bulk(value(p, owner)) {
                give(p, client, owner, Purpose::Release, cx);
            } else {
                cx.note(Note::Released { owner, removed: asked == Purpose::Release && votes.ayes() > 0 });
                rest(p, client, cx);
            }
        }
        (Msg::Answer { attempt, purpose: Purpose::Renew, reply }, Phase::Holding(holding))
            if holding.renewing == Some(attempt) =>
        {
            renewed(p, client, holding, attempt, reply == Reply::Int(1), cx);
        }
        (Msg::Value { owner, version }, Phase::Holding(holding))
            if owner == holding.owner && holding.task == Task::Reading =>
        {
            cx.cancel_timer(Timer::Timeout);
            cx.note(Note::HasRead { owner, version });
            if version.is_some() {
                work(p, client, holding, version, cx);
            } else {
                release(p, client, &holding, cx);
            }
        }
        (Msg::Wrote { owner, accepted }, Phase::Holding(holding))
            if owner == holding.owner && holding.task == Task::Writing =>
        {
            cx.cancel_timer(Timer::Timeout);
            cx.note(Note::Written { owner, accepted });
            release(p, client, &holding, cx);
        }
        (Msg::Value { owner, version }, Phase::Updating { owner: own, task: Task::Reading }) if owner == own => {
            cx.cancel_timer(Timer::Timeout);
            cx.note(Note::HasRead { owner, version });
            client.phase = Phase::Updating { owner, task: Task::Working { base: version } };
            cx.set_timer(Timer::Work, Clock::Monotonic, p.work);
        }
        (Msg::Wrote { owner, accepted }, Phase::Updating { owner: own, task: Task::Writing }) if owner == own => {
            cx.cancel_timer(Timer::Timeout);
            cx.note(Note::Written { owner, accepted });
            if accepted {
                rest(p, client, cx);
            } else {
                wait(p, client, owner, cx);
            }
        }
        // An answer to an attempt that is over: its key runs out by itself.
        _ => {}
    }
}

fn timeout(p: &Lock, me: NodeId, client: &mut Client, timer: &Timer, cx: &mut Context<Lock>) {
    match (timer, client.phase) {
        (Timer::Think, Phase::Idle) | (Timer::Retry, Phase::Waiting) => ask(p, me, client, cx),
        (Timer::Timeout, Phase::Trying { owner, .. } | Phase::Updating { owner, .. }) => {
            cx.note(Note::TimedOut(owner));
            try_the_other(p, client, cx);
            give_up(p, client, owner, cx);
        }
        (Timer::Timeout, Phase::Releasing { owner, .. }) => {
            cx.note(Note::TimedOut(owner));
            rest(p, client, cx);
        }
        (Timer::Timeout, Phase::Holding(holding)) => {
            cx.note(Note::TimedOut(holding.owner));
            release(p, client, &holding, cx);
        }
        // The lease is counted from before the request was sent, so it can end before the answer comes.
        (Timer::Lease(lease), Phase::Trying { owner, .. }) if *lease == owner => {
            cx.note(Note::LeaseOver(owner));
            cx.cancel_timer(Timer::Timeout);
            give_up(p, client, owner, cx);
        }
        // The lease had run out before the clock was looked at: what most masters said comes too late.
        (Timer::Lease(lease), Phase::Checking(owner)) if *lease == owner => {
            cx.note(Note::LeaseOver(owner));
            cx.cancel_timer(Timer::Act);
            give_up(p, client, owner, cx);
        }
        (Timer::Act, Phase::Checking(owner)) => granted(p, client, owner, None, cx),
        (Timer::Lease(lease), Phase::Holding(holding)) if *lease == holding.lease => {
            cx.note(Note::LeaseOver(holding.owner));
            release(p, client, &holding, cx);
        }
        (Timer::Work, Phase::Updating { owner, task: Task::Working { base } }) => {
            client.phase = Phase::Updating { owner, task: Task::Writing };
            cx.note(Note::Writes { owner, fence: None });
            await_answer(p, cx);
            cx.send(p.storage(), Msg::Write { owner, fence: None, base });
        }
        (Timer::Renew, Phase::Holding(holding)) => renew(p, me, client, holding, cx),
        (Timer::Work, Phase::Holding(Holding { task: Task::Working { base }, .. })) => {
            if p.looks {
                act(client, base, cx);
            } else {
                write(p, client, base, cx);
            }
        }
        (Timer::Act, Phase::Holding(Holding { task: Task::Acting { base }, .. })) => write(p, client, base, cx),
        _ => {}
    }
}

/// A value that no attempt has had before.
fn fresh(me: NodeId, client: &mut Client, cx: &Context<Lock>) -> Owner {
    client.attempts += 1;
    Owner { client: me.0, nonce: (cx.incarnation() << 16) | client.attempts }
}

fn ask(p: &Lock, me: NodeId, client: &mut Client, cx: &mut Context<Lock>) {
    if let Some(tries) = client.tries_left.as_mut() {
        if *tries == 0 {
            client.phase = Phase::Idle;
            return;
        }
        *tries -= 1;
    }
    let owner = fresh(me, client, cx);
    cx.note(Note::Asked(owner));
    if !p.locks() {
        client.phase = Phase::Updating { owner, task: Task::Reading };
        await_answer(p, cx);
        cx.send(p.storage(), Msg::Read { owner, fence: None });
        return;
    }
    // Before the send: the key cannot live longer than the lease that its owner counts.
    if !late(p) && !p.mistakes.has(Mistake::SetnxWithoutTtl) {
        start_lease(p, owner, cx);
    }
    let first = if p.mistakes.has(Mistake::GetThenSet) { Purpose::Look } else { Purpose::Take };
    try_with(p, client, owner, first, cx);
}

/// Whether the lease is counted from when the lock was had, not from before it was asked for.
fn late(p: &Lock) -> bool {
    p.mistakes.has(Mistake::CountedFromReply) || p.mistakes.has(Mistake::NoValidityCheck)
}

/// Asks another server from now on.
fn switch(client: &mut Client, to: NodeId, cx: &mut Context<Lock>) {
    if client.master != to {
        client.master = to;
        cx.note(Note::Switched(to.0));
    }
}

/// It may have been the wrong server: where there is another, that one is asked from now on.
fn try_the_other(p: &Lock, client: &mut Client, cx: &mut Context<Lock>) {
    if let Some(replica) = p.replica() {
        switch(client, if client.master == replica { p.redis() } else { replica }, cx);
    }
}

/// One command to the master, or to all of them.
fn command(p: &Lock, client: &Client, attempt: Owner, purpose: Purpose, command: &Command, cx: &mut Context<Lock>) {
    if p.masters > 1 {
        p.masters().for_each(|to| cx.send(to, Msg::Ask { attempt, purpose, command: command.clone() }));
    } else {
        cx.send(client.master, Msg::Ask { attempt, purpose, command: command.clone() });
    }
}

/// Redlock: one more master has answered.
fn counted(p: &Lock, client: &mut Client, owner: Owner, votes: Votes, cx: &mut Context<Lock>) {
    let yes = votes.ayes();
    if yes >= p.quorum() {
        cx.cancel_timer(Timer::Timeout);
        cx.note(Note::Quorum { owner, yes });
        if p.mistakes.has(Mistake::NoValidityCheck) {
            granted(p, client, owner, None, cx);
        } else {
            // The time is read in an event of its own: timers that came due meanwhile come first, and a pause can fall before.
            client.phase = Phase::Checking(owner);
            cx.set_timer(Timer::Act, Clock::Monotonic, 0);
        }
    } else if votes.noes() > p.masters - p.quorum() {
        cx.cancel_timer(Timer::Timeout);
        cx.note(Note::NoQuorum { owner, yes });
        give_up(p, client, owner, cx);
    } else {
        cx.note(Note::Vote { owner, yes });
    }
}

/// After a try that came to nothing. Masters that said OK, or may have, are told to forget it.
fn give_up(p: &Lock, client: &mut Client, owner: Owner, cx: &mut Context<Lock>) {
    if p.masters > 1 {
        let delete = Command::CompareAndDelete(LOCK, value(p, owner));
        command(p, client, owner, Purpose::Release, &delete, cx);
    }
    wait(p, client, owner, cx);
}

fn start_lease(p: &Lock, lease: Owner, cx: &mut Context<Lock>) {
    cx.set_timer(Timer::Lease(lease), Clock::Monotonic, p.ttl.saturating_sub(p.margin));
}

/// One command of a try: `SET lock OWNER NX PX ttl`, or the script that counts as well, or what a mistake makes of it.
fn try_with(p: &Lock, client: &mut Client, owner: Owner, purpose: Purpose, cx: &mut Context<Lock>) {
    let millis = i64::from(p.ttl);
    let own = value(p, owner);
    let setnx = p.mistakes.has(Mistake::SetnxThenExpire) || p.mistakes.has(Mistake::SetnxWithoutTtl);
    let counts_apart = p.mistakes.has(Mistake::IncrSecond) || p.mistakes.has(Mistake::SetIncr);
    let overwrites = p.mistakes.has(Mistake::SetWithoutNx) || p.mistakes.has(Mistake::GetThenSet);
    let command = match purpose {
        Purpose::Look => Command::Get(LOCK),
        Purpose::Limit => Command::PExpire(LOCK, millis, ExpireIf::Always),
        Purpose::Count => Command::Incr(FENCE),
        Purpose::Store(n) => {
            Command::Set { key: FENCE, value: Value::Int(i64::from(n)), only: None, get: false, ttl: Ttl::Clear }
        }
        _ if setnx => Command::SetNx(LOCK, own),
        _ if p.fence && !counts_apart && !p.mistakes.has(Mistake::OwnerAsFence) => {
            Command::SetAndCount { key: LOCK, value: own, millis, counter: FENCE }
        }
        _ => Command::Set {
            key: LOCK,
            value: own,
            only: (!overwrites).then_some(Condition::IfAbsent),
            get: false,
            ttl: Ttl::Millis(millis),
        },
    };
    client.phase = Phase::Trying { owner, asked: purpose, votes: Votes::default() };
    await_answer(p, cx);
    self::command(p, client, owner, purpose, &command, cx);
}

/// An answer while it tries: the next command, the lock, or a refusal.
fn tried(p: &Lock, client: &mut Client, owner: Owner, asked: Purpose, reply: &Reply, cx: &mut Context<Lock>) {
    let number = match reply {
        Reply::Int(n) => u32::try_from(*n).ok(),
        _ => None,
    };
    let yes = !matches!(reply, Reply::Nil | Reply::Int(0) | Reply::Error(_));
    match asked {
        Purpose::Look if *reply == Reply::Nil => try_with(p, client, owner, Purpose::Take, cx),
        Purpose::Take if yes && p.mistakes.has(Mistake::SetnxThenExpire) => {
            try_with(p, client, owner, Purpose::Limit, cx);
        }
        Purpose::Take if yes && (p.mistakes.has(Mistake::IncrSecond) || p.mistakes.has(Mistake::SetIncr)) => {
            try_with(p, client, owner, Purpose::Count, cx);
        }
        // A random number is a number: that is all that can be said for it.
        Purpose::Take if yes && p.mistakes.has(Mistake::OwnerAsFence) => {
            granted(p, client, owner, Some(u32::from(hash::narrow(&owner) as u16)), cx);
        }
        Purpose::Take if yes => granted(p, client, owner, number.filter(|_| p.fence), cx),
        Purpose::Limit => granted(p, client, owner, None, cx),
        Purpose::Count => match number {
            Some(n) if p.mistakes.has(Mistake::SetIncr) => try_with(p, client, owner, Purpose::Store(n), cx),
            _ => granted(p, client, owner, number, cx),
        },
        Purpose::Store(n) => granted(p, client, owner, Some(n), cx),
        _ => {
            cx.note(Note::Denied(owner));
            wait(p, client, owner, cx);
        }
    }
}

fn granted(p: &Lock, client: &mut Client, owner: Owner, fence: Option<u32>, cx: &mut Context<Lock>) {
    cx.note(Note::Granted { owner, fence });
    if late(p) {
        start_lease(p, owner, cx);
    }
    if p.renew {
        cx.set_timer(Timer::Renew, Clock::Monotonic, (p.ttl / 3).max(1));
    }
    let holding =
        Holding { owner, fence, lease: owner, renewing: None, renewals_left: p.renewals, task: Task::Reading };
    if p.reads == Reads::No {
        work(p, client, holding, None, cx);
    } else {
        client.phase = Phase::Holding(holding);
        let shown = if p.reads == Reads::Fenced { fence } else { None };
        await_answer(p, cx);
        cx.send(p.storage(), Msg::Read { owner, fence: shown });
    }
}

/// Asks for more time. Its lease is a new one, counted from before this request.
fn renew(p: &Lock, me: NodeId, client: &mut Client, mut holding: Holding, cx: &mut Context<Lock>) {
    if let Some(left) = holding.renewals_left.as_mut() {
        if *left == 0 {
            return;
        }
        *left -= 1;
    }
    let attempt = fresh(me, client, cx);
    if let Some(unanswered) = holding.renewing.replace(attempt) {
        cx.cancel_timer(Timer::Lease(unanswered));
    }
    let millis = i64::from(p.ttl);
    let command = if p.mistakes.has(Mistake::RenewWithoutCompare) {
        Command::PExpire(LOCK, millis, ExpireIf::Always)
    } else {
        Command::CompareAndExpire(LOCK, value(p, holding.owner), millis)
    };
    client.phase = Phase::Holding(holding);
    start_lease(p, attempt, cx);
    cx.set_timer(Timer::Renew, Clock::Monotonic, (p.ttl / 3).max(1));
    self::command(p, client, attempt, Purpose::Renew, &command, cx);
}

fn renewed(p: &Lock, client: &mut Client, mut holding: Holding, attempt: Owner, yes: bool, cx: &mut Context<Lock>) {
    holding.renewing = None;
    if yes {
        cx.note(Note::Renewed(holding.owner));
        cx.cancel_timer(Timer::Lease(holding.lease));
        holding.lease = attempt;
        client.phase = Phase::Holding(holding);
    } else {
        // The key is another's: to go on would be to work without a lock.
        cx.note(Note::NotRenewed(holding.owner));
        cx.cancel_timer(Timer::Lease(attempt));
        release(p, client, &holding, cx);
    }
}

fn work(p: &Lock, client: &mut Client, holding: Holding, base: Option<u32>, cx: &mut Context<Lock>) {
    client.phase = Phase::Holding(Holding { task: Task::Working { base }, ..holding });
    cx.set_timer(Timer::Work, Clock::Monotonic, p.work);
}

/// Looks at its clock and goes on in an event of its own: a pause can fall between.
fn act(client: &mut Client, base: Option<u32>, cx: &mut Context<Lock>) {
    let Phase::Holding(holding) = &mut client.phase else { return };
    cx.note(Note::Looked(holding.owner));
    holding.task = Task::Acting { base };
    cx.set_timer(Timer::Act, Clock::Monotonic, 0);
}

fn write(p: &Lock, client: &mut Client, base: Option<u32>, cx: &mut Context<Lock>) {
    let Phase::Holding(holding) = &mut client.phase else { return };
    holding.task = Task::Writing;
    let (owner, fence) = (holding.owner, holding.fence);
    cx.note(Note::Writes { owner, fence });
    await_answer(p, cx);
    cx.send(p.storage(), Msg::Write { owner, fence, base });
}

/// The `finally` block: runs however the work ended.
fn release(p: &Lock, client: &mut Client, holding: &Holding, cx: &mut Context<Lock>) {
    let leases = [Some(holding.lease), holding.renewing].into_iter().flatten().map(Timer::Lease);
    for timer in leases.chain([Timer::Renew, Timer::Work, Timer::Act]) {
        cx.cancel_timer(timer);
    }
    let first = if p.mistakes.has(Mistake::GetCompareDel) { Purpose::Compare } else { Purpose::Release };
    give(p, client, holding.owner, first, cx);
}

fn give(p: &Lock, client: &mut Client, owner: Owner, purpose: Purpose, cx: &mut Context<Lock>) {
    let command = match purpose {
        Purpose::Compare => Command::Get(LOCK),
        _ if p.mistakes.has(Mistake::UnconditionalDel) || p.mistakes.has(Mistake::GetCompareDel) => Command::Del(LOCK),
        _ => Command::CompareAndDelete(LOCK, value(p, owner)),
    };
    client.phase = Phase::Releasing { owner, asked: purpose, votes: Votes::default() };
    await_answer(p, cx);
    self::command(p, client, owner, purpose, &command, cx);
}

fn await_answer(p: &Lock, cx: &mut Context<Lock>) {
    if p.timeout > 0 {
        cx.set_timer(Timer::Timeout, Clock::Monotonic, p.timeout);
    }
}

/// After a refusal: the next try comes a little later, by chance, so that two clients do not collide for ever.
fn wait(p: &Lock, client: &mut Client, owner: Owner, cx: &mut Context<Lock>) {
    cx.cancel_timer(Timer::Lease(owner));
    client.phase = Phase::Waiting;
    if client.tries_left == Some(0) {
        rest(p, client, cx);
    } else {
        let jitter = cx.below(p.jitter);
        cx.set_timer(Timer::Retry, Clock::Monotonic, p.retry + jitter);
    }
}

/// The round is over.
fn rest(p: &Lock, client: &mut Client, cx: &mut Context<Lock>) {
    client.phase = Phase::Idle;
    client.tries_left = p.tries;
    if let Some(rounds) = client.rounds_left.as_mut() {
        *rounds = rounds.saturating_sub(1);
        if *rounds == 0 {
            return;
        }
    }
    if let Some(think) = p.think {
        cx.set_timer(Timer::Think, Clock::Monotonic, think);
    }
}
