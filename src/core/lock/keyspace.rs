//! Redis' keyspace: the string commands that locks use, with their expiry and their replies.
//!
//! One data structure, generic over its deadlines: absolute milliseconds when it replays a recorded trace of a real
//! server, armed timers inside a cluster. The keyspace that the trace tests is the one on the page.
//!
//! Source: the Redis 7.0 command pages; replies recorded from redis-server 7.0.15. A key is expired iff now > deadline:
//! at the deadline itself it still lives.
//!
//! Simplified: values are strings and integers; no other types, no eviction, no databases.

mod wire;

use std::borrow::Cow;
pub use wire::{Plain, parse};

/// A key's name.
pub type Key = Cow<'static, str>;

/// The random owner value: who set the key, and a number that never repeats.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Owner {
    pub client: u16,
    pub nonce: u32,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Value {
    Text(Cow<'static, str>),
    Int(i64),
    Owner(Owner),
}

impl Value {
    /// Text that is a canonical integer is kept as one.
    pub fn parse(text: &str) -> Value {
        match text.parse::<i64>() {
            Ok(n) if n.to_string() == text => Value::Int(n),
            _ => Value::Text(Cow::Owned(text.to_owned())),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Condition {
    IfAbsent,
    IfPresent,
}

/// What `SET` does to the time to live.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Ttl {
    /// Without an option, `SET` clears it.
    Clear,
    Keep,
    /// `PX`
    Millis(i64),
    /// `PXAT`: absolute milliseconds. One in the past is taken, and the key is gone at the next command.
    At(i64),
}

/// The condition of `PEXPIRE`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ExpireIf {
    Always,
    Nx,
    Xx,
    Gt,
    Lt,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Command {
    Set {
        key: Key,
        value: Value,
        only: Option<Condition>,
        get: bool,
        ttl: Ttl,
    },
    /// What Redis refuses as soon as it reads it, with this error.
    Refused(&'static str),
    SetNx(Key, Value),
    Get(Key),
    GetSet(Key, Value),
    GetDel(Key),
    Del(Key),
    Exists(Key),
    Incr(Key),
    Persist(Key),
    PTtl(Key),
    PExpireTime(Key),
    PExpire(Key, i64, ExpireIf),
    /// The release script: delete the key if it holds this value.
    CompareAndDelete(Key, Value),
    /// The renewal script: a new time to live if the key holds this value.
    CompareAndExpire(Key, Value, i64),
    /// The fenced acquire script: SET NX PX and, if it set, INCR of the counter.
    SetAndCount {
        key: Key,
        value: Value,
        millis: i64,
        counter: Key,
    },
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Reply {
    Ok,
    Nil,
    Int(i64),
    Bulk(Value),
    Error(&'static str),
}

pub const SYNTAX: &str = "ERR syntax error";
pub const BAD_EXPIRE: &str = "ERR invalid expire time in 'set' command";
pub const BAD_PEXPIRE: &str = "ERR invalid expire time in 'pexpire' command";
pub const NOT_AN_INTEGER: &str = "ERR value is not an integer or out of range";
pub const OVERFLOW: &str = "ERR increment or decrement would overflow";

/// Where deadlines come from and how they are read.
pub trait Deadlines {
    type At: Clone;
    /// The clock that absolute times are read on, in milliseconds. Timers that know only what is left stand at 0.
    fn now(&self) -> i64 {
        0
    }
    /// A deadline so many milliseconds from now for this key.
    fn after(&mut self, key: &Key, millis: i64) -> Self::At;
    /// Whether it has passed: now > deadline.
    fn passed(&self, at: &Self::At) -> bool;
    /// Milliseconds left, never negative.
    fn left(&self, at: &Self::At) -> i64;
    /// As `PEXPIRETIME` answers: the absolute time in milliseconds.
    fn absolute(&self, at: &Self::At) -> i64;
    /// The key's deadline no longer counts.
    fn forget(&mut self, key: &Key);
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Entry<At> {
    pub key: Key,
    pub value: Value,
    pub deadline: Option<At>,
}

/// Keys in order, each with its value and its deadline.
#[derive(PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Keyspace<At> {
    entries: Vec<Entry<At>>,
}

impl<At: Clone> Clone for Keyspace<At> {
    fn clone(&self) -> Self {
        Keyspace { entries: self.entries.clone() }
    }
    fn clone_from(&mut self, other: &Self) {
        self.entries.clone_from(&other.entries);
    }
}

impl<At> Default for Keyspace<At> {
    fn default() -> Self {
        Keyspace { entries: Vec::new() }
    }
}

impl<At: Clone> Keyspace<At> {
    pub fn entries(&self) -> &[Entry<At>] {
        &self.entries
    }

    /// Keys stay as they are; values and deadlines may be changed.
    pub fn entries_mut(&mut self) -> &mut [Entry<At>] {
        &mut self.entries
    }

    pub fn get(&self, key: &str) -> Option<&Entry<At>> {
        self.entries.iter().find(|e| e.key == key)
    }

    /// Puts an entry as it stands, as recovery from the log does.
    pub fn restore(&mut self, entry: Entry<At>) {
        self.take(&entry.key.clone());
        let at = self.entries.partition_point(|e| e.key < entry.key);
        self.entries.insert(at, entry);
    }

    /// Removes an entry without looking at its deadline.
    pub fn take(&mut self, key: &str) -> Option<Entry<At>> {
        let at = self.entries.iter().position(|e| e.key == key)?;
        Some(self.entries.remove(at))
    }

    /// Carries out one command at one instant.
    pub fn execute(&mut self, command: &Command, time: &mut impl Deadlines<At = At>) -> Reply {
        self.entries.retain(|e| !e.deadline.as_ref().is_some_and(|at| time.passed(at)));
        match command {
            Command::Refused(why) => Reply::Error(why),
            Command::Set { key, value, only, get, ttl } => self.set(key, value, *only, *get, *ttl, time),
            Command::SetNx(key, value) => {
                let reply = self.set(key, value, Some(Condition::IfAbsent), false, Ttl::Clear, time);
                Reply::Int((reply == Reply::Ok).into())
            }
            Command::Get(key) => self.bulk(key),
            Command::GetSet(key, value) => self.set(key, value, None, true, Ttl::Clear, time),
            Command::GetDel(key) => {
                let old = self.bulk(key);
                self.delete(key, time);
                old
            }
            Command::Del(key) => Reply::Int(self.delete(key, time)),
            Command::Exists(key) => Reply::Int(self.get(key).is_some().into()),
            Command::Incr(key) => self.increment(key),
            Command::Persist(key) => match self.entry(key) {
                Some(entry) if entry.deadline.is_some() => {
                    entry.deadline = None;
                    time.forget(key);
                    Reply::Int(1)
                }
                _ => Reply::Int(0),
            },
            Command::PTtl(key) => Reply::Int(match self.get(key) {
                None => -2,
                Some(Entry { deadline: None, .. }) => -1,
                Some(Entry { deadline: Some(at), .. }) => time.left(at),
            }),
            Command::PExpireTime(key) => Reply::Int(match self.get(key) {
                None => -2,
                Some(Entry { deadline: None, .. }) => -1,
                Some(Entry { deadline: Some(at), .. }) => time.absolute(at),
            }),
            Command::PExpire(key, millis, when) => self.expire(key, *millis, *when, time),
            Command::CompareAndDelete(key, value) => {
                let mine = self.get(key).is_some_and(|e| e.value == *value);
                Reply::Int(if mine { self.delete(key, time) } else { 0 })
            }
            Command::CompareAndExpire(key, value, millis) => {
                let mine = self.get(key).is_some_and(|e| e.value == *value);
                if mine { self.expire(key, *millis, ExpireIf::Always, time) } else { Reply::Int(0) }
            }
            Command::SetAndCount { key, value, millis, counter } => {
                match self.set(key, value, Some(Condition::IfAbsent), false, Ttl::Millis(*millis), time) {
                    Reply::Ok => self.increment(counter),
                    refused => refused,
                }
            }
        }
    }

    fn entry(&mut self, key: &str) -> Option<&mut Entry<At>> {
        self.entries.iter_mut().find(|e| e.key == key)
    }

    fn bulk(&self, key: &str) -> Reply {
        self.get(key).map_or(Reply::Nil, |e| Reply::Bulk(e.value.clone()))
    }

    fn set(
        &mut self,
        key: &Key,
        value: &Value,
        only: Option<Condition>,
        get: bool,
        ttl: Ttl,
        time: &mut impl Deadlines<At = At>,
    ) -> Reply {
        // Milliseconds from now. A time that is not positive, or past the last of 64 bits, is refused before all else.
        let millis = match ttl {
            Ttl::Millis(millis) if millis > 0 && time.now().checked_add(millis).is_some() => Some(millis),
            Ttl::At(at) if at > 0 => Some(at - time.now()),
            Ttl::Millis(_) | Ttl::At(_) => return Reply::Error(BAD_EXPIRE),
            Ttl::Clear | Ttl::Keep => None,
        };
        let old = self.bulk(key);
        let present = old != Reply::Nil;
        let refused = match only {
            Some(Condition::IfAbsent) => present,
            Some(Condition::IfPresent) => !present,
            None => false,
        };
        if refused {
            return if get { old } else { Reply::Nil };
        }
        let kept = match self.take(key) {
            Some(entry) if ttl == Ttl::Keep => entry.deadline,
            Some(Entry { deadline: Some(_), .. }) => {
                time.forget(key);
                None
            }
            _ => None,
        };
        let deadline = millis.map(|millis| time.after(key, millis)).or(kept);
        self.restore(Entry { key: key.clone(), value: value.clone(), deadline });
        if get { old } else { Reply::Ok }
    }

    fn delete(&mut self, key: &Key, time: &mut impl Deadlines<At = At>) -> i64 {
        match self.take(key) {
            Some(entry) => {
                if entry.deadline.is_some() {
                    time.forget(key);
                }
                1
            }
            None => 0,
        }
    }

    /// Keeps the time to live.
    fn increment(&mut self, key: &Key) -> Reply {
        if let Some(entry) = self.entry(key) {
            return match entry.value {
                Value::Int(i64::MAX) => Reply::Error(OVERFLOW),
                Value::Int(n) => {
                    entry.value = Value::Int(n + 1);
                    Reply::Int(n + 1)
                }
                _ => Reply::Error(NOT_AN_INTEGER),
            };
        }
        self.restore(Entry { key: key.clone(), value: Value::Int(1), deadline: None });
        Reply::Int(1)
    }

    fn expire(&mut self, key: &Key, millis: i64, when: ExpireIf, time: &mut impl Deadlines<At = At>) -> Reply {
        if time.now().checked_add(millis).is_none() {
            return Reply::Error(BAD_PEXPIRE);
        }
        let Some(entry) = self.get(key) else { return Reply::Int(0) };
        let left = entry.deadline.as_ref().map(|at| time.left(at));
        let does = match when {
            ExpireIf::Always => true,
            ExpireIf::Nx => left.is_none(),
            ExpireIf::Xx => left.is_some(),
            // A key without a deadline lives for ever: nothing is greater, everything is less.
            ExpireIf::Gt => left.is_some_and(|left| millis > left),
            ExpireIf::Lt => left.is_none_or(|left| millis < left),
        };
        if !does {
            return Reply::Int(0);
        }
        if millis <= 0 {
            self.delete(key, time);
            return Reply::Int(1);
        }
        if left.is_some() {
            time.forget(key);
        }
        let deadline = time.after(key, millis);
        if let Some(entry) = self.entry(key) {
            entry.deadline = Some(deadline);
        }
        Reply::Int(1)
    }
}

/// Deadlines as absolute milliseconds: what a recorded trace needs.
#[derive(Clone, Copy, Debug)]
pub struct Millis {
    pub now: i64,
}

impl Deadlines for Millis {
    type At = i64;
    fn now(&self) -> i64 {
        self.now
    }
    fn after(&mut self, _: &Key, millis: i64) -> i64 {
        self.now + millis
    }
    fn passed(&self, at: &i64) -> bool {
        self.now > *at
    }
    fn left(&self, at: &i64) -> i64 {
        (at - self.now).max(0)
    }
    fn absolute(&self, at: &i64) -> i64 {
        *at
    }
    fn forget(&mut self, _: &Key) {}
}
