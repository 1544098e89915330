//! The lock service: Redis, small and exact. A master, or the replica of one.

use super::client::{FENCE, LOCK};
use super::keyspace::{Command, Deadlines, Entry, Key, Keyspace, Owner, Reply, Value};
use super::{Lock, Mistake, Msg, Note, Persistence, Purpose, Request, Timer};
use crate::core::protocol::{Clock, Context, Event, NodeId, Ticks, copied};

#[derive(PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Redis {
    pub role: Role,
    pub keys: Keyspace<Owner>,
    /// Changes so far, as the replica counts them too.
    pub offset: u32,
    /// Whose command set the lock's key. Redis itself knows only the value; this is for who watches.
    pub(super) by: Option<Owner>,
    /// Answers that wait for the disk: the log length that each needs, to whom, and what.
    pub unsaid: Vec<(u32, NodeId, Msg)>,
    /// Length of the log.
    pub written: u32,
    /// `appendfsync everysec`: a force is due.
    pub dirty: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Role {
    Master,
    Replica,
}

/// How often `appendfsync everysec` forces.
pub const EVERY_SECOND: Ticks = 1000;

/// What a replica says to a client that writes.
pub const READONLY: &str = "READONLY You can't write against a read only replica.";

/// The append-only file: what the key holds now.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Record {
    /// With its deadline as an absolute time (`PXAT`): the attempt that set it names it.
    Lock {
        owner: Owner,
        deadline: Option<Owner>,
    },
    NoLock,
    Counter(i64),
    /// This server is no longer a replica (as Sentinel writes into its configuration file).
    Promoted,
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

pub fn boot<'a>(p: &Lock, me: NodeId, records: impl Iterator<Item = &'a Record>, cx: &mut Context<Lock>) -> Redis {
    let role = if Some(me) == p.replica() { Role::Replica } else { Role::Master };
    let mut redis =
        Redis { role, keys: Keyspace::default(), offset: 0, by: None, unsaid: Vec::new(), written: 0, dirty: false };
    for record in records {
        redis.written += 1;
        redis.restore(p, record);
    }
    if cx.incarnation() > 0 {
        cx.note(Note::Recovered(redis.holder().filter(|_| p.logs())));
    }
    redis
}

impl Clone for Redis {
    fn clone(&self) -> Self {
        Redis { keys: self.keys.clone(), unsaid: self.unsaid.clone(), ..*self }
    }
    fn clone_from(&mut self, other: &Self) {
        let keys = copied(&mut self.keys, &other.keys);
        *self = Redis { keys, unsaid: copied(&mut self.unsaid, &other.unsaid), ..*other };
    }
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

    /// What the key holds, as a record says it.
    fn lock(&self) -> Record {
        let deadline = self.deadline();
        self.holder().map_or(Record::NoLock, |owner| Record::Lock { owner, deadline })
    }

    fn restore(&mut self, p: &Lock, record: &Record) {
        match record {
            Record::Lock { owner, deadline } => {
                self.keys.restore(Entry { key: LOCK, value: value(p, *owner), deadline: *deadline });
                self.by = Some(*owner);
            }
            Record::NoLock => drop(self.keys.take(&LOCK)),
            Record::Counter(n) => self.keys.restore(Entry { key: FENCE, value: Value::Int(*n), deadline: None }),
            Record::Promoted => self.role = Role::Master,
        }
    }

    /// Writes down what has changed; true if whoever asked has to wait for the disk.
    fn log(&mut self, p: &Lock, records: [Option<Record>; 2], cx: &mut Context<Lock>) -> bool {
        let mut records = records.into_iter().flatten().peekable();
        if !p.logs() || records.peek().is_none() {
            return false;
        }
        let always = p.persistence() == Persistence::Always && p.masters == 1;
        while let Some(record) = records.next() {
            self.written += 1;
            // One command is one write: the last record's force covers them all.
            if always && records.peek().is_none() {
                cx.force(super::Record::Redis(record));
            } else {
                cx.append(super::Record::Redis(record));
            }
        }
        if p.persistence() == Persistence::EverySecond && !self.dirty && p.masters == 1 {
            self.dirty = true;
            cx.set_timer(Timer::Sync, Clock::Monotonic, EVERY_SECOND);
        }
        always
    }

    /// Tells the replica, which nobody waits for.
    fn replicate(&mut self, p: &Lock, me: NodeId, cx: &mut Context<Lock>) {
        if let (Some(replica), Role::Master) = (p.replica(), self.role)
            && replica != me
        {
            self.offset += 1;
            let counter = self.counter();
            cx.send(replica, Msg::Replicate { offset: self.offset, counter, lock: self.lock() });
        }
    }
}

pub fn step(p: &Lock, me: NodeId, redis: &mut Redis, event: Event<Lock>, cx: &mut Context<Lock>) {
    match event {
        Event::Message { from, msg: Msg::Ask { attempt, purpose, .. } } if redis.role == Role::Replica => {
            cx.send(from, Msg::Answer { attempt, purpose, reply: Reply::Error(READONLY) });
        }
        Event::Message { from, msg: Msg::Ask { attempt, purpose, command } } => {
            answer(p, me, redis, from, attempt, purpose, &command, cx);
        }
        Event::Message { msg: Msg::Replicate { offset, counter, lock }, .. }
            if redis.role == Role::Replica && offset > redis.offset =>
        {
            replicated(p, redis, offset, counter, &lock, cx);
        }
        Event::Request(Request::Promote) if redis.role == Role::Replica => {
            redis.role = Role::Master;
            redis.written += 1;
            cx.force(super::Record::Redis(Record::Promoted));
            cx.note(Note::Promoted(redis.holder()));
            (0..p.clients).for_each(|client| cx.send(NodeId(client), Msg::NewMaster));
        }
        Event::Timeout(Timer::Expire(deadline)) if redis.deadline() == Some(deadline) => {
            let owner = redis.holder().unwrap_or(deadline);
            redis.keys.take(&LOCK);
            cx.note(Note::Expired(owner));
            // A lazily expired key is deleted in the log too; nobody waits for it.
            redis.log(p, [None, Some(Record::NoLock)], cx);
            redis.replicate(p, me, cx);
        }
        Event::Timeout(Timer::Sync) => {
            redis.dirty = false;
            cx.sync();
        }
        Event::Durable { upto } => {
            let said = redis.unsaid.partition_point(|(needs, _, _)| *needs <= upto);
            for (_, to, msg) in redis.unsaid.drain(..said) {
                cx.send(to, msg);
            }
            if redis.unsaid.is_empty() && upto == redis.written && redis.written > REWRITE_AT {
                rewrite(p, me, redis, cx);
            }
        }
        _ => {}
    }
}

/// Takes over what the master holds now.
fn replicated(p: &Lock, redis: &mut Redis, offset: u32, counter: Option<i64>, lock: &Record, cx: &mut Context<Lock>) {
    redis.offset = offset;
    let counted = counter.filter(|_| counter != redis.counter()).map(Record::Counter);
    let changed = (*lock != redis.lock()).then_some(*lock);
    if changed.is_some() {
        let old = redis.deadline();
        let deadline = if let Record::Lock { deadline, .. } = lock { *deadline } else { None };
        if deadline != old {
            if let (Some(old), false) = (old, p.logs()) {
                cx.cancel_timer(Timer::Expire(old));
            }
            if let Some(deadline) = deadline {
                Timers { cx, attempt: deadline, old, lasting: p.logs() }.after(&LOCK, i64::from(p.ttl));
            }
        }
    }
    let records = [counted, changed];
    records.iter().flatten().for_each(|record| redis.restore(p, record));
    redis.log(p, records, cx);
    cx.note(Note::Replicated { offset, holder: redis.holder() });
}

#[expect(clippy::too_many_arguments, reason = "a command, who asks, and what is needed to carry it out")]
fn answer(
    p: &Lock,
    me: NodeId,
    redis: &mut Redis,
    from: NodeId,
    attempt: Owner,
    purpose: Purpose,
    command: &Command,
    cx: &mut Context<Lock>,
) {
    let (before, old, count) = (redis.holder(), redis.deadline(), redis.counter());
    let lasting = p.logs();
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
    let counted = redis.counter().filter(|_| redis.counter() != count).map(Record::Counter);
    let taken = (redis.holder() != before || redis.deadline() != old).then(|| redis.lock());
    let records = [counted, taken];
    let changed = records != [None, None];
    if redis.log(p, records, cx) {
        // `appendfsync always`: nobody hears of it before it is on the platters.
        redis.unsaid.push((redis.written, from, answer));
    } else {
        cx.send(from, answer);
    }
    if changed {
        redis.replicate(p, me, cx);
    }
}

fn rewrite(p: &Lock, me: NodeId, redis: &mut Redis, cx: &mut Context<Lock>) {
    let mut records = Vec::new();
    if redis.role == Role::Master && Some(me) == p.replica() {
        records.push(Record::Promoted);
    }
    records.extend(redis.counter().map(Record::Counter));
    records.extend(redis.holder().map(|_| redis.lock()));
    redis.written = records.len() as u32;
    cx.compact(records.into_iter().map(super::Record::Redis).collect());
}
