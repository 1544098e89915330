//! A client: takes the lock, works, writes to the storage, releases.

use super::keyspace::{Command, Condition, Key, Owner, Reply, Ttl, Value};
use super::{Lock, Mistake, Msg, Note, Reads, Request, Timer};
use crate::core::protocol::{Clock, Context, Event, NodeId};
use std::borrow::Cow;

pub const LOCK: Key = Cow::Borrowed("lock");
pub const FENCE: Key = Cow::Borrowed("lock:fence");

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Client {
    pub phase: Phase,
    /// Attempts since it started: makes owner values differ.
    pub attempts: u32,
    pub rounds_left: Option<u8>,
    pub tries_left: Option<u8>,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Phase {
    /// Does not want the lock now.
    Idle,
    /// Asked for it; no answer yet.
    Trying(Owner),
    /// Was refused; asks again later.
    Waiting,
    /// Believes that it holds the lock.
    Holding { owner: Owner, fence: Option<u32>, task: Task },
    /// Gave it back; no answer yet.
    Releasing(Owner),
}

/// What a holder is doing.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
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

pub fn boot(p: &Lock, me: NodeId, cx: &mut Context<Lock>) -> Client {
    // Clients start one after the other, so that the first run shows one of them alone.
    if let Some(think) = p.think {
        cx.set_timer(Timer::Think, Clock::Monotonic, think * u32::from(me.0) / u32::from(p.clients.max(1)));
    }
    Client { phase: Phase::Idle, attempts: 0, rounds_left: p.rounds, tries_left: p.tries }
}

pub fn step(p: &Lock, me: NodeId, client: &mut Client, event: Event<Lock>, cx: &mut Context<Lock>) {
    match event {
        Event::Message { msg, .. } => message(p, client, msg, cx),
        Event::Timeout(timer) => timeout(p, me, client, &timer, cx),
        Event::Request(Request::Acquire) => {
            if client.phase == Phase::Idle || client.phase == Phase::Waiting {
                cx.cancel_timer(Timer::Think);
                cx.cancel_timer(Timer::Retry);
                ask(p, me, client, cx);
            }
        }
        Event::Durable { .. } => {}
    }
}

fn message(p: &Lock, client: &mut Client, msg: Msg, cx: &mut Context<Lock>) {
    match (msg, client.phase.clone()) {
        (Msg::Answer { attempt, release: false, reply }, Phase::Trying(owner)) if attempt == owner => {
            cx.cancel_timer(Timer::Timeout);
            match reply {
                Reply::Ok => granted(p, client, owner, None, cx),
                Reply::Int(fence) => granted(p, client, owner, u32::try_from(fence).ok(), cx),
                _ => {
                    cx.note(Note::Denied(owner));
                    wait(p, client, cx);
                }
            }
        }
        (Msg::Answer { attempt, release: true, reply }, Phase::Releasing(owner)) if attempt == owner => {
            cx.cancel_timer(Timer::Timeout);
            cx.note(Note::Released { owner, removed: reply == Reply::Int(1) });
            rest(p, client, cx);
        }
        (Msg::Value { owner, version }, Phase::Holding { owner: mine, fence, task: Task::Reading })
            if owner == mine =>
        {
            cx.cancel_timer(Timer::Timeout);
            cx.note(Note::HasRead { owner, version });
            if version.is_some() {
                work(p, client, mine, fence, version, cx);
            } else {
                release(p, client, mine, cx);
            }
        }
        (Msg::Wrote { owner, accepted }, Phase::Holding { owner: mine, task: Task::Writing, .. }) if owner == mine => {
            cx.cancel_timer(Timer::Timeout);
            cx.note(Note::Written { owner, accepted });
            release(p, client, mine, cx);
        }
        // An answer to an attempt that is over: its key runs out by itself.
        _ => {}
    }
}

fn timeout(p: &Lock, me: NodeId, client: &mut Client, timer: &Timer, cx: &mut Context<Lock>) {
    match (timer, client.phase.clone()) {
        (Timer::Think, Phase::Idle) | (Timer::Retry, Phase::Waiting) => ask(p, me, client, cx),
        (Timer::Timeout, Phase::Trying(owner)) => {
            cx.note(Note::TimedOut(owner));
            wait(p, client, cx);
        }
        (Timer::Timeout, Phase::Releasing(owner)) => {
            cx.note(Note::TimedOut(owner));
            rest(p, client, cx);
        }
        (Timer::Timeout, Phase::Holding { owner, .. }) => {
            cx.note(Note::TimedOut(owner));
            release(p, client, owner, cx);
        }
        // The lease is counted from before the request was sent, so it can end before the answer comes.
        (Timer::Lease, Phase::Trying(owner)) => {
            cx.note(Note::LeaseOver(owner));
            cx.cancel_timer(Timer::Timeout);
            wait(p, client, cx);
        }
        (Timer::Lease, Phase::Holding { owner, .. }) => {
            cx.note(Note::LeaseOver(owner));
            release(p, client, owner, cx);
        }
        (Timer::Work, Phase::Holding { owner, fence, task: Task::Working { base } }) => {
            if p.looks {
                cx.note(Note::Looked(owner));
                client.phase = Phase::Holding { owner, fence, task: Task::Acting { base } };
                cx.set_timer(Timer::Act, Clock::Monotonic, 0);
            } else {
                write(p, client, owner, fence, base, cx);
            }
        }
        (Timer::Act, Phase::Holding { owner, fence, task: Task::Acting { base } }) => {
            write(p, client, owner, fence, base, cx);
        }
        _ => {}
    }
}

/// One try: `SET lock OWNER NX PX ttl`, or the script that counts as well.
fn ask(p: &Lock, me: NodeId, client: &mut Client, cx: &mut Context<Lock>) {
    if let Some(tries) = client.tries_left.as_mut() {
        if *tries == 0 {
            client.phase = Phase::Idle;
            return;
        }
        *tries -= 1;
    }
    client.attempts += 1;
    let owner = Owner { client: me.0, nonce: (cx.incarnation() << 16) | client.attempts };
    let millis = i64::from(p.ttl);
    let command = if p.fence {
        Command::SetAndCount { key: LOCK, value: Value::Owner(owner), millis, counter: FENCE }
    } else {
        Command::Set {
            key: LOCK,
            value: Value::Owner(owner),
            only: Some(Condition::IfAbsent),
            get: false,
            ttl: Ttl::Millis(millis),
        }
    };
    client.phase = Phase::Trying(owner);
    cx.note(Note::Asked(owner));
    // Before the send: the key cannot live longer than the lease that its owner counts.
    cx.set_timer(Timer::Lease, Clock::Monotonic, p.ttl.saturating_sub(p.margin));
    await_answer(p, cx);
    cx.send(p.redis(), Msg::Ask { attempt: owner, command });
}

fn granted(p: &Lock, client: &mut Client, owner: Owner, fence: Option<u32>, cx: &mut Context<Lock>) {
    cx.note(Note::Granted { owner, fence });
    if p.reads == Reads::No {
        work(p, client, owner, fence, None, cx);
    } else {
        client.phase = Phase::Holding { owner, fence, task: Task::Reading };
        let shown = if p.reads == Reads::Fenced { fence } else { None };
        await_answer(p, cx);
        cx.send(p.storage(), Msg::Read { owner, fence: shown });
    }
}

fn work(p: &Lock, client: &mut Client, owner: Owner, fence: Option<u32>, base: Option<u32>, cx: &mut Context<Lock>) {
    client.phase = Phase::Holding { owner, fence, task: Task::Working { base } };
    cx.set_timer(Timer::Work, Clock::Monotonic, p.work);
}

fn write(p: &Lock, client: &mut Client, owner: Owner, fence: Option<u32>, base: Option<u32>, cx: &mut Context<Lock>) {
    client.phase = Phase::Holding { owner, fence, task: Task::Writing };
    cx.note(Note::Writes { owner, fence });
    await_answer(p, cx);
    cx.send(p.storage(), Msg::Write { owner, fence, base });
}

/// The `finally` block: runs however the work ended.
fn release(p: &Lock, client: &mut Client, owner: Owner, cx: &mut Context<Lock>) {
    for timer in [Timer::Lease, Timer::Work, Timer::Act] {
        cx.cancel_timer(timer);
    }
    client.phase = Phase::Releasing(owner);
    let command = match p.mistake {
        Some(Mistake::UnconditionalDel) => Command::Del(LOCK),
        None => Command::CompareAndDelete(LOCK, Value::Owner(owner)),
    };
    await_answer(p, cx);
    cx.send(p.redis(), Msg::Ask { attempt: owner, command });
}

fn await_answer(p: &Lock, cx: &mut Context<Lock>) {
    if p.timeout > 0 {
        cx.set_timer(Timer::Timeout, Clock::Monotonic, p.timeout);
    }
}

/// After a refusal: the next try comes a little later, by chance, so that two clients do not collide for ever.
fn wait(p: &Lock, client: &mut Client, cx: &mut Context<Lock>) {
    cx.cancel_timer(Timer::Lease);
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
