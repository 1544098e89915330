//! The lock service: one Redis, small and exact.

use super::client::{FENCE, LOCK};
use super::keyspace::{Command, Deadlines, Entry, Key, Keyspace, Owner, Reply, Value};
use super::{Lock, Mistake, Msg, Note, Purpose, Timer};
use crate::core::protocol::{Clock, Context, Event, NodeId};

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Redis {
    pub keys: Keyspace<Owner>,
    /// Whose command set the lock's key. Redis itself knows only the value; this is for who watches.
    by: Option<Owner>,
    /// Answers that wait for the disk: the log length that each needs, to whom, and what.
    pub unsaid: Vec<(u32, NodeId, Msg)>,
    /// Length of the log.
    pub written: u32,
}

/// The append-only file: what the key holds now.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Record {
    /// With its deadline as an absolute time (`PXAT`): the attempt that set it names it.
    Lock {
        owner: Owner,
        deadline: Option<Owner>,
    },
    NoLock,
    Counter(i64),
}

/// A log that is longer is rewritten, as `BGREWRITEAOF` does.
const REWRITE_AT: u32 = 24;

/// Inside a cluster a deadline is an armed timer, named by the attempt that set it.
struct Timers<'a, 'b> {
    cx: &'a mut Context<'b, Lock>,
    attempt: Owner,
    old: Option<Owner>,
    lasting: bool,
}

impl Deadlines for Timers<'_, '_> {
    type At = Owner;
    fn after(&mut self, _: &Key, millis: i64) -> Owner {
        let ticks = millis.try_into().unwrap_or(u32::MAX);
        if self.lasting {
            self.cx.set_lasting_timer(Timer::Expire(self.attempt), Clock::Wall, ticks);
        } else {
            self.cx.set_timer(Timer::Expire(self.attempt), Clock::Wall, ticks);
        }
        self.attempt
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

/// The value by which a client knows its own key.
pub fn value(p: &Lock, owner: Owner) -> Value {
    if p.mistakes.has(Mistake::ConstantOwner) { Value::Int(1) } else { Value::Owner(owner) }
}

pub fn boot<'a>(p: &Lock, records: impl Iterator<Item = &'a Record>, cx: &mut Context<Lock>) -> Redis {
    let mut redis = Redis { keys: Keyspace::default(), by: None, unsaid: Vec::new(), written: 0 };
    for record in records {
        redis.written += 1;
        match record {
            Record::Lock { owner, deadline } => {
                redis.keys.restore(Entry { key: LOCK, value: value(p, *owner), deadline: *deadline });
                redis.by = Some(*owner);
            }
            Record::NoLock => drop(redis.keys.take(&LOCK)),
            Record::Counter(n) => redis.keys.restore(Entry { key: FENCE, value: Value::Int(*n), deadline: None }),
        }
    }
    if cx.incarnation() > 0 {
        cx.note(Note::Recovered(redis.holder().filter(|_| p.persists())));
    }
    redis
}

impl Redis {
    /// Who set the key, while it is there.
    pub fn holder(&self) -> Option<Owner> {
        self.keys.get(&LOCK).and(self.by)
    }

    /// The name of the key's deadline, if it has one.
    pub fn deadline(&self) -> Option<Owner> {
        self.keys.get(&LOCK)?.deadline
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
        Event::Message { from, msg: Msg::Ask { attempt, purpose, command } } => {
            answer(p, redis, from, attempt, purpose, &command, cx);
        }
        Event::Timeout(Timer::Expire(deadline)) if redis.deadline() == Some(deadline) => {
            let owner = redis.holder().unwrap_or(deadline);
            redis.keys.take(&LOCK);
            cx.note(Note::Expired(owner));
            // A lazily expired key is deleted in the log too; nobody waits for it.
            if p.persists() {
                redis.written += 1;
                cx.force(super::Record::Redis(Record::NoLock));
            }
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

fn answer(
    p: &Lock,
    redis: &mut Redis,
    from: NodeId,
    attempt: Owner,
    purpose: Purpose,
    command: &Command,
    cx: &mut Context<Lock>,
) {
    let (before, old, count) = (redis.holder(), redis.deadline(), redis.counter());
    let lasting = p.persists();
    let reply = redis.keys.execute(command, &mut Timers { cx, attempt, old, lasting });
    let yes = !matches!(reply, Reply::Nil | Reply::Int(0) | Reply::Error(_));
    let by = from.0;
    match purpose {
        Purpose::Take if yes => {
            redis.by = Some(attempt);
            let fence = match reply {
                Reply::Int(n) if p.fence => u32::try_from(n).ok(),
                _ => None,
            };
            cx.note(Note::Set { owner: attempt, fence });
        }
        Purpose::Take => cx.note(Note::NotSet { owner: attempt, holder: before }),
        Purpose::Look | Purpose::Compare => cx.note(Note::Told { by, holder: before }),
        Purpose::Limit | Purpose::Renew if yes => cx.note(Note::Limited { by, holder: before }),
        Purpose::Limit | Purpose::Renew => cx.note(Note::Told { by, holder: before }),
        Purpose::Count | Purpose::Store(_) => {
            let fence = redis.counter().and_then(|n| u32::try_from(n).ok()).unwrap_or(0);
            cx.note(Note::Counted { by, fence });
        }
        Purpose::Release => match before {
            Some(owner) if yes => cx.note(Note::Removed { by, owner }),
            _ => cx.note(Note::NotRemoved { by }),
        },
    }
    let answer = Msg::Answer { attempt, purpose, reply };
    let changed = redis.holder() != before || redis.deadline() != old;
    if !lasting || !(changed || redis.counter() != count) {
        cx.send(from, answer);
        return;
    }
    let mut records = Vec::new();
    if redis.counter() != count {
        records.extend(redis.counter().map(Record::Counter));
    }
    if changed {
        let deadline = redis.deadline();
        records.push(redis.holder().map_or(Record::NoLock, |owner| Record::Lock { owner, deadline }));
    }
    // One command is one write: the last record's force covers them all.
    if let Some(last) = records.pop() {
        redis.written += 1 + records.len() as u32;
        records.into_iter().for_each(|record| cx.append(super::Record::Redis(record)));
        cx.force(super::Record::Redis(last));
    }
    // `appendfsync always`: nobody hears of it before it is on the platters.
    redis.unsaid.push((redis.written, from, answer));
}

fn rewrite(redis: &mut Redis, cx: &mut Context<Lock>) {
    let mut records = Vec::new();
    records.extend(redis.counter().map(Record::Counter));
    let deadline = redis.deadline();
    records.extend(redis.holder().map(|owner| Record::Lock { owner, deadline }));
    redis.written = records.len() as u32;
    cx.compact(records.into_iter().map(super::Record::Redis).collect());
}
