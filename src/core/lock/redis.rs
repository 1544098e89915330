//! The lock service: one Redis, small and exact.

use super::client::{FENCE, LOCK};
use super::keyspace::{Command, Deadlines, Entry, Key, Keyspace, Owner, Reply, Value};
use super::{Lock, Msg, Note, Persistence, Timer};
use crate::core::protocol::{Clock, Context, Event, NodeId};

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Redis {
    pub keys: Keyspace<Owner>,
    /// Answers that wait for the disk: the log length that each needs, to whom, and what.
    pub unsaid: Vec<(u32, NodeId, Msg)>,
    /// Length of the log.
    pub written: u32,
}

/// The append-only file: what the key holds now.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Record {
    /// With its deadline as an absolute time (`PXAT`): the owner names it.
    Lock(Owner),
    NoLock,
    Counter(i64),
}

/// A log that is longer is rewritten, as `BGREWRITEAOF` does.
const REWRITE_AT: u32 = 24;

/// Inside a cluster a deadline is an armed timer, named by the owner value that it guards.
struct Timers<'a, 'b> {
    cx: &'a mut Context<'b, Lock>,
    owner: Option<Owner>,
    old: Option<Owner>,
    lasting: bool,
}

impl Deadlines for Timers<'_, '_> {
    type At = Owner;
    fn after(&mut self, _: &Key, millis: i64) -> Owner {
        let owner = self.owner.unwrap_or(Owner { client: u16::MAX, nonce: 0 });
        let ticks = millis.try_into().unwrap_or(u32::MAX);
        if self.lasting {
            self.cx.set_lasting_timer(Timer::Expire(owner), Clock::Wall, ticks);
        } else {
            self.cx.set_timer(Timer::Expire(owner), Clock::Wall, ticks);
        }
        owner
    }
    /// The timer tells: the key is taken out when it fires.
    fn passed(&self, _: &Owner) -> bool {
        false
    }
    fn left(&self, _: &Owner) -> i64 {
        0
    }
    fn absolute(&self, _: &Owner) -> i64 {
        0
    }
    fn forget(&mut self, _: &Key) {
        // With a log the deadline may be needed again after a power cut: it is left to pass unnoticed.
        if let (false, Some(old)) = (self.lasting, self.old) {
            self.cx.cancel_timer(Timer::Expire(old));
        }
    }
}

pub fn boot<'a>(p: &Lock, records: impl Iterator<Item = &'a Record>, cx: &mut Context<Lock>) -> Redis {
    let mut redis = Redis { keys: Keyspace::default(), unsaid: Vec::new(), written: 0 };
    for record in records {
        redis.written += 1;
        match record {
            Record::Lock(owner) => {
                redis.keys.restore(Entry { key: LOCK, value: Value::Owner(*owner), deadline: Some(*owner) });
            }
            Record::NoLock => drop(redis.keys.take(&LOCK)),
            Record::Counter(n) => redis.keys.restore(Entry { key: FENCE, value: Value::Int(*n), deadline: None }),
        }
    }
    if cx.incarnation() > 0 {
        cx.note(Note::Recovered(redis.holder().filter(|_| p.persistence == Persistence::Always)));
    }
    redis
}

impl Redis {
    /// Whose value the key holds.
    pub fn holder(&self) -> Option<Owner> {
        match self.keys.get(&LOCK)?.value {
            Value::Owner(owner) => Some(owner),
            _ => None,
        }
    }

    pub fn counter(&self) -> Option<i64> {
        match self.keys.get(&FENCE)?.value {
            Value::Int(n) => Some(n),
            _ => None,
        }
    }
}

pub fn step(p: &Lock, redis: &mut Redis, event: Event<Lock>, cx: &mut Context<Lock>) {
    match event {
        Event::Message { from, msg: Msg::Ask { attempt, command } } => {
            answer(p, redis, from, attempt, &command, cx);
        }
        Event::Timeout(Timer::Expire(owner)) if redis.holder() == Some(owner) => {
            redis.keys.take(&LOCK);
            cx.note(Note::Expired(owner));
            // A lazily expired key is deleted in the log too; nobody waits for it.
            log(p, redis, Record::NoLock, cx);
        }
        Event::Durable { upto } => {
            let said = redis.unsaid.partition_point(|(needs, _, _)| *needs <= upto);
            for (_, to, msg) in redis.unsaid.drain(..said) {
                cx.send(to, msg);
            }
            if redis.unsaid.is_empty() && upto == redis.written && redis.written > REWRITE_AT {
                rewrite(redis, cx);
            }
        }
        _ => {}
    }
}

fn answer(p: &Lock, redis: &mut Redis, from: NodeId, attempt: Owner, command: &Command, cx: &mut Context<Lock>) {
    let before = redis.holder();
    let lasting = p.persistence == Persistence::Always;
    let reply = redis.keys.execute(command, &mut Timers { cx, owner: Some(attempt), old: before, lasting });
    let release = matches!(command, Command::Del(_) | Command::CompareAndDelete(..));
    match (release, &reply, before) {
        (false, Reply::Ok, _) => cx.note(Note::Set { owner: attempt, fence: None }),
        (false, Reply::Int(n), _) => cx.note(Note::Set { owner: attempt, fence: u32::try_from(*n).ok() }),
        (false, _, holder) => cx.note(Note::NotSet { owner: attempt, holder }),
        (true, Reply::Int(1), Some(owner)) => cx.note(Note::Removed { by: from.0, owner }),
        (true, _, _) => cx.note(Note::NotRemoved { by: from.0 }),
    }
    let answer = Msg::Answer { attempt, release, reply };
    let wrote = redis.holder() != before;
    if !(wrote && lasting) {
        cx.send(from, answer);
        return;
    }
    if let (Some(n), true) = (redis.counter(), p.fence && !release) {
        log(p, redis, Record::Counter(n), cx);
    }
    log(p, redis, redis.holder().map_or(Record::NoLock, Record::Lock), cx);
    // `appendfsync always`: nobody hears of it before it is on the platters.
    redis.unsaid.push((redis.written, from, answer));
}

fn log(p: &Lock, redis: &mut Redis, record: Record, cx: &mut Context<Lock>) {
    if p.persistence == Persistence::Always {
        redis.written += 1;
        // The counter and the key are one write: the second record's force covers both.
        match record {
            Record::Counter(_) => cx.append(super::Record::Redis(record)),
            _ => cx.force(super::Record::Redis(record)),
        }
    }
}

fn rewrite(redis: &mut Redis, cx: &mut Context<Lock>) {
    let mut records = Vec::new();
    records.extend(redis.counter().map(Record::Counter));
    records.extend(redis.holder().map(Record::Lock));
    redis.written = records.len() as u32;
    cx.compact(records.into_iter().map(super::Record::Redis).collect());
}
