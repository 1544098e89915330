//! Commands and replies as their words stand on the wire and in recorded traces.
//!
//! Redis knows scripts by their text. In a trace the three that locks use have names instead: `EVALCAD key value`
//! (compare and delete), `EVALCAE key value ms` (compare and expire), `EVALSETINCR key value ms counter` (SET NX PX and
//! INCR).

use super::{Command, Condition, ExpireIf, Key, NOT_AN_INTEGER, Reply, SYNTAX, Ttl, Value};
use std::borrow::Cow;

/// Reads a command, names and options in capitals or not. `None` for one outside the subset. What Redis itself refuses
/// when it reads it (contradicting options, a time that is no number) is `Command::Refused`.
pub fn parse(words: &[&str]) -> Option<Command> {
    let (name, rest) = words.split_first()?;
    let key = |text: &str| -> Key { Cow::Owned(text.to_owned()) };
    Some(match (name.to_ascii_uppercase().as_str(), rest) {
        ("SET", [k, v, options @ ..]) => set(key(k), Value::parse(v), options),
        ("SETNX", [k, v]) => Command::SetNx(key(k), Value::parse(v)),
        ("GET", [k]) => Command::Get(key(k)),
        ("GETSET", [k, v]) => Command::GetSet(key(k), Value::parse(v)),
        ("GETDEL", [k]) => Command::GetDel(key(k)),
        ("DEL", [k]) => Command::Del(key(k)),
        ("EXISTS", [k]) => Command::Exists(key(k)),
        ("INCR", [k]) => Command::Incr(key(k)),
        ("PERSIST", [k]) => Command::Persist(key(k)),
        ("PTTL", [k]) => Command::PTtl(key(k)),
        ("PEXPIRETIME", [k]) => Command::PExpireTime(key(k)),
        ("PEXPIRE", [k, millis]) => expire(key(k), millis, ExpireIf::Always),
        ("PEXPIRE", [k, millis, when]) => {
            let when = match when.to_ascii_uppercase().as_str() {
                "NX" => ExpireIf::Nx,
                "XX" => ExpireIf::Xx,
                "GT" => ExpireIf::Gt,
                "LT" => ExpireIf::Lt,
                _ => return None,
            };
            expire(key(k), millis, when)
        }
        ("EVALCAD", [k, v]) => Command::CompareAndDelete(key(k), Value::parse(v)),
        ("EVALCAE", [k, v, millis]) => Command::CompareAndExpire(key(k), Value::parse(v), integer(millis)?),
        ("EVALSETINCR", [k, v, millis, counter]) => Command::SetAndCount {
            key: key(k),
            value: Value::parse(v),
            millis: integer(millis)?,
            counter: key(counter),
        },
        _ => return None,
    })
}

/// Redis takes an integer in its shortest form only: no `+5`, no `05`.
fn integer(text: &str) -> Option<i64> {
    match Value::parse(text) {
        Value::Int(n) => Some(n),
        _ => None,
    }
}

fn expire(key: Key, millis: &str, when: ExpireIf) -> Command {
    match integer(millis) {
        Some(millis) => Command::PExpire(key, millis, when),
        None => Command::Refused(NOT_AN_INTEGER),
    }
}

fn set(key: Key, value: Value, options: &[&str]) -> Command {
    let (mut only, mut get) = (None, false);
    // Which option sets the time to live, and its number. The last of several of one name counts; two names are an error.
    let mut time: Option<(String, &str)> = None;
    let mut rest = options.iter();
    while let Some(word) = rest.next() {
        let word = word.to_ascii_uppercase();
        let wanted = match word.as_str() {
            "NX" => Some(Condition::IfAbsent),
            "XX" => Some(Condition::IfPresent),
            _ => None,
        };
        let fits = match word.as_str() {
            "NX" | "XX" => only.replace(wanted).is_none_or(|before| before == wanted),
            "GET" => {
                get = true;
                true
            }
            "KEEPTTL" | "PX" | "EX" | "PXAT" => {
                let number = if word == "KEEPTTL" { Some("") } else { rest.next().copied() };
                let alone = time.as_ref().is_none_or(|(name, _)| *name == word);
                time = number.map(|number| (word, number));
                number.is_some() && alone
            }
            _ => false,
        };
        if !fits {
            return Command::Refused(SYNTAX);
        }
    }
    let ttl = match &time {
        None => Ttl::Clear,
        Some((name, _)) if name == "KEEPTTL" => Ttl::Keep,
        Some((name, number)) => match integer(number) {
            None => return Command::Refused(NOT_AN_INTEGER),
            Some(n) if name == "PX" => Ttl::Millis(n),
            Some(n) if name == "PXAT" => Ttl::At(n),
            // Too many seconds are too many milliseconds.
            Some(n) => Ttl::Millis(n.saturating_mul(1000)),
        },
    };
    Command::Set { key, value, only: only.flatten(), get, ttl }
}

/// A reply as a trace has it: a status, a value and an error are all text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Plain {
    Nil,
    Int(i64),
    Text(String),
}

impl From<&Reply> for Plain {
    fn from(reply: &Reply) -> Plain {
        match reply {
            Reply::Ok => Plain::Text("OK".to_owned()),
            Reply::Nil => Plain::Nil,
            Reply::Int(n) => Plain::Int(*n),
            Reply::Bulk(Value::Int(n)) => Plain::Text(n.to_string()),
            Reply::Bulk(Value::Text(text)) => Plain::Text(text.as_ref().to_owned()),
            Reply::Bulk(Value::Owner(owner)) => Plain::Text(format!("{}-{}", owner.client, owner.nonce)),
            Reply::Error(text) => Plain::Text((*text).to_owned()),
        }
    }
}
