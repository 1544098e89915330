//! The lock scene in words.

use super::past::{Latest, WAITS};
use super::{LETTERS, LockScene};
use crate::core::cluster::Action;
use crate::core::hash;
use crate::core::lock::client::{Holding, Phase, Task};
use crate::core::lock::keyspace::{Command, Owner, Reply, Ttl, Value};
use crate::core::lock::properties::{believers, inside_lease};
use crate::core::lock::redis::{Record as AofRecord, Role};
use crate::core::lock::{Lock, Mistake, Msg, Note, Purpose, Record, State, Timer};
use crate::core::protocol::{Effect, NodeId};
use crate::scenes::inspect::seconds;
use crate::scenes::scene::*;
use crate::scenes::staging::{MessageLook, Moment};
use crate::scenes::text::{Arg, say, tell, word};
use crate::sim::simulation::{Happening, Input, Simulation};

pub fn letter(client: u16) -> &'static str {
    LETTERS.get(client as usize).copied().unwrap_or("?")
}

pub fn hue(client: u16) -> Hue {
    Hue::Node(client as u8)
}

/// `B:51c0`: who, and a number that never repeats, shown as the random value that it stands for.
fn owner(owner: Owner) -> String {
    format!("{}:{:04x}", letter(owner.client), hash::narrow(&owner) as u16)
}

/// What the key holds when this attempt has set it.
pub fn value(p: &Lock, o: Owner) -> String {
    if p.mistakes.has(Mistake::ConstantOwner) { "1".to_owned() } else { owner(o) }
}

fn who(client: u16) -> Arg {
    (letter(client).to_owned(), hue(client)).into()
}

fn fence_arg(client: u16, fence: Option<u32>) -> Arg {
    fence.map_or_else(|| Arg::from("—"), |n| (n.to_string(), hue(client)).into())
}

pub fn lanes(p: &Lock, lang: Lang) -> Vec<Lane> {
    let clients = (0..p.clients).map(|c| Lane {
        node: c,
        name: say(lang, "lock.client", &[("name", letter(c).into())]),
        short: letter(c).to_owned(),
        hue: hue(c),
    });
    let lane = |node: NodeId, name, short| Lane { node: node.0, name, short, hue: Hue::Plain };
    let servers = p.servers().map(|node| {
        let short = if p.masters > 1 { format!("R{}", node.0 - p.clients + 1) } else { server(p, node, lang) };
        lane(node, server(p, node, lang), short)
    });
    let storage = lane(p.storage(), word(lang, "lock.storage"), word(lang, "lock.storage-short"));
    clients.chain(servers).chain([storage]).collect()
}

/// The name of a Redis server.
pub fn server(p: &Lock, node: NodeId, lang: Lang) -> String {
    if Some(node) == p.replica() {
        word(lang, "lock.replica")
    } else if p.masters > 1 {
        format!("Redis {}", node.0 - p.clients + 1)
    } else {
        word(lang, "lock.redis")
    }
}

/// A command as a reader would type it.
fn spelt(command: &Command) -> String {
    let words = match command {
        Command::SetAndCount { .. } => "SET NX PX; INCR",
        Command::Set { only: Some(_), .. } => "SET NX PX",
        Command::Set { value: Value::Int(n), ttl: Ttl::Clear, .. } => return format!("SET {n}"),
        Command::Set { .. } => "SET PX",
        Command::SetNx(..) => "SETNX",
        Command::Get(_) => "GET",
        Command::Incr(_) => "INCR",
        Command::PExpire(..) => "PEXPIRE",
        Command::CompareAndExpire(..) => "PEXPIRE if mine",
        Command::CompareAndDelete(..) => "DEL if mine",
        Command::Del(_) => "DEL",
        _ => "…",
    };
    words.to_owned()
}

pub fn message(p: &Lock, _from: NodeId, msg: &Msg) -> MessageLook {
    let look = |words: String, who: Owner, reply| MessageLook { words, hue: hue(who.client), reply };
    let fenced = |word: &str, fence: &Option<u32>| match fence {
        Some(n) => format!("{word} · {n}"),
        None => word.to_owned(),
    };
    match msg {
        Msg::Ask { attempt, command, .. } => look(spelt(command), *attempt, None),
        Msg::Answer { attempt, purpose, reply } => {
            let words = match reply {
                Reply::Ok => "OK".to_owned(),
                Reply::Nil => "nil".to_owned(),
                Reply::Int(n) if *purpose == Purpose::Take && p.fence => format!("OK · {n}"),
                Reply::Int(n) => n.to_string(),
                Reply::Bulk(Value::Owner(o)) => owner(*o),
                Reply::Bulk(Value::Int(n)) => n.to_string(),
                Reply::Bulk(Value::Text(text)) => text.to_string(),
                Reply::Error(text) => (*text).to_owned(),
            };
            let yes = !matches!(reply, Reply::Nil | Reply::Int(0) | Reply::Error(_));
            look(words, *attempt, Some(yes))
        }
        Msg::Read { owner, fence } => look(fenced("read", fence), *owner, None),
        Msg::Value { owner, version } => {
            look(version.map_or("refused".to_owned(), |v| format!("v{v}")), *owner, Some(version.is_some()))
        }
        Msg::Write { owner, fence, .. } => look(fenced("write", fence), *owner, None),
        Msg::Replicate { lock: AofRecord::Lock { owner, .. }, .. } => look("SET lock".to_owned(), *owner, None),
        Msg::Replicate { .. } => MessageLook { words: "DEL lock".to_owned(), ..MessageLook::default() },
        Msg::NewMaster => MessageLook { words: "+switch-master".to_owned(), ..MessageLook::default() },
        Msg::Wrote { owner, accepted } => {
            look(if *accepted { "stored" } else { "refused" }.to_owned(), *owner, Some(*accepted))
        }
    }
}

/// The one thing that an event did: later and more telling notes win.
pub fn sentence(p: &Lock, h: &Happening<Lock>, lang: Lang) -> Option<(Vec<Text>, Hue)> {
    if matches!(h.input, Input::Act(Action::Crash(..))) {
        return None;
    }
    if let (Input::Act(Action::Fire(node, Timer::Expire(o))), true) = (&h.input, h.done.is_empty()) {
        let args = [("who", who(o.client)), ("server", server(p, *node, lang).into())];
        return Some((tell(lang, "lock.note-expired-nothing", &args), Hue::Muted));
    }
    let notes = h.done.iter().filter_map(|d| if let Effect::Note(note) = &d.effect { Some(note) } else { None });
    let words = notes.map(|note| note_words(p, h, note, lang)).max_by_key(|(key, _, _)| weight(key));
    let (key, mut args, tone) = words?;
    args.extend(h.node.filter(|node| node.0 >= p.clients).map(|node| ("server", server(p, node, lang).into())));
    Some((tell(lang, key, &args), tone))
}

/// A step can leave several notes; the page says one sentence.
fn weight(key: &str) -> u8 {
    match key {
        "lock.note-asked" | "lock.note-released-gone" | "lock.note-released" | "lock.note-told" => 1,
        "lock.note-written" | "lock.note-written-refused" | "lock.note-denied" => 2,
        _ => 3,
    }
}

type Words = (&'static str, Vec<(&'static str, Arg)>, Hue);

fn note_words(p: &Lock, h: &Happening<Lock>, note: &Note, lang: Lang) -> Words {
    let has = |mistake| p.mistakes.has(mistake);
    let late = has(Mistake::CountedFromReply) || has(Mistake::NoValidityCheck);
    let owned = |o: &Owner| ("owner", Arg::from((value(p, *o), hue(o.client))));
    let ttl = ("ttl", Arg::from(seconds(Time::from(p.ttl) * 1000)));
    let votes = |o: &Owner, yes: &u16| vec![("who", who(o.client)), ("yes", (*yes).into()), ("all", p.masters.into())];
    match note {
        Note::Asked(o) if !p.locks() => ("lock.note-begins", vec![("who", who(o.client))], Hue::Plain),
        Note::Asked(o) if has(Mistake::ConstantOwner) => {
            ("lock.note-asked-constant", vec![("who", who(o.client)), owned(o), ttl], Hue::Plain)
        }
        Note::Asked(o) if late || has(Mistake::SetnxWithoutTtl) => {
            ("lock.note-asked-bare", vec![("who", who(o.client)), owned(o)], Hue::Plain)
        }
        Note::Asked(o) => ("lock.note-asked", vec![("who", who(o.client)), owned(o), ttl], Hue::Plain),
        Note::Granted { owner: o, .. } if late => {
            ("lock.note-granted-late", vec![("who", who(o.client)), ttl], Hue::Good)
        }
        Note::Granted { owner: o, .. } if has(Mistake::SetnxWithoutTtl) => {
            ("lock.note-granted-bare", vec![("who", who(o.client))], Hue::Good)
        }
        Note::Granted { owner: o, fence: None } => ("lock.note-granted", vec![("who", who(o.client)), ttl], Hue::Good),
        Note::Granted { owner: o, fence } => {
            let fence = ("fence", fence_arg(o.client, *fence));
            ("lock.note-granted-fence", vec![("who", who(o.client)), fence, ttl], Hue::Good)
        }
        Note::Vote { owner: o, yes } => ("lock.note-vote", votes(o, yes), Hue::Plain),
        Note::Quorum { owner: o, yes } => ("lock.note-quorum", votes(o, yes), Hue::Plain),
        Note::NoQuorum { owner: o, yes } => ("lock.note-no-quorum", votes(o, yes), Hue::Warn),
        Note::Replicated { holder, .. } => {
            let holder = holder.map_or_else(|| Arg::from("—"), |o| (value(p, o), hue(o.client)).into());
            ("lock.note-replicated", vec![("holder", holder)], Hue::Plain)
        }
        Note::Promoted(Some(o)) => ("lock.note-promoted", vec![owned(o)], Hue::Warn),
        Note::Promoted(None) => ("lock.note-promoted-empty", vec![], Hue::Warn),
        Note::Switched(to) => {
            let by = h.node.map_or_else(|| Arg::from("—"), |n| who(n.0));
            let to = server(p, NodeId(*to), lang);
            ("lock.note-switched", vec![("who", by), ("server", to.into())], Hue::Plain)
        }
        Note::Outdated { owner: o, base, version } => {
            let args = vec![("who", who(o.client)), ("base", (*base).into()), ("version", (*version).into())];
            ("lock.note-outdated", args, Hue::Warn)
        }
        Note::Denied(o) => ("lock.note-denied", vec![("who", who(o.client))], Hue::Plain),
        Note::TimedOut(o) => ("lock.note-timeout", vec![("who", who(o.client))], Hue::Warn),
        Note::Renewed(o) => ("lock.note-renewed", vec![("who", who(o.client)), ttl], Hue::Good),
        Note::NotRenewed(o) => ("lock.note-not-renewed", vec![("who", who(o.client))], Hue::Warn),
        Note::Told { by, holder } => {
            let holder = holder.map_or_else(|| Arg::from("nil"), |o| (value(p, o), hue(o.client)).into());
            ("lock.note-told", vec![("who", who(*by)), ("holder", holder)], Hue::Plain)
        }
        Note::Limited { by, holder } if holder.is_some_and(|o| o.client != *by) => {
            let victim = holder.map_or_else(|| Arg::from("—"), |o| who(o.client));
            ("lock.note-limited-foreign", vec![("who", who(*by)), ("victim", victim), ttl], Hue::Bad)
        }
        Note::Limited { by, .. } => ("lock.note-limited", vec![("who", who(*by)), ttl], Hue::Plain),
        Note::Counted { by, fence } => {
            ("lock.note-counted", vec![("who", who(*by)), ("fence", fence_arg(*by, Some(*fence)))], Hue::Plain)
        }
        Note::LeaseOver(o) => ("lock.note-lease-over", vec![("who", who(o.client))], Hue::Warn),
        Note::Looked(o) => ("lock.note-looked", vec![("who", who(o.client))], Hue::Plain),
        Note::HasRead { owner: o, version: Some(v) } => {
            ("lock.note-has-read", vec![("who", who(o.client)), ("version", (*v).into())], Hue::Plain)
        }
        Note::HasRead { owner: o, version: None } => {
            ("lock.note-read-refused", vec![("who", who(o.client))], Hue::Warn)
        }
        Note::Writes { owner: o, fence: None } => ("lock.note-writes", vec![("who", who(o.client))], Hue::Plain),
        Note::Writes { owner: o, fence } => {
            let fence = ("fence", fence_arg(o.client, *fence));
            ("lock.note-writes-fence", vec![("who", who(o.client)), fence], Hue::Plain)
        }
        Note::Written { owner: o, accepted: true } => ("lock.note-written", vec![("who", who(o.client))], Hue::Plain),
        Note::Written { owner: o, accepted: false } => {
            ("lock.note-written-refused", vec![("who", who(o.client))], Hue::Warn)
        }
        Note::Released { owner: o, removed: true } => ("lock.note-released", vec![("who", who(o.client))], Hue::Plain),
        Note::Released { owner: o, removed: false } => {
            ("lock.note-released-gone", vec![("who", who(o.client))], Hue::Plain)
        }
        Note::Set { owner: o, .. } if has(Mistake::SetnxWithoutTtl) || has(Mistake::SetnxThenExpire) => {
            ("lock.note-set-bare", vec![owned(o)], Hue::Plain)
        }
        Note::Set { owner: o, fence: None } => ("lock.note-set", vec![owned(o), ttl], Hue::Plain),
        Note::Set { owner: o, fence } => {
            ("lock.note-set-fence", vec![owned(o), ttl, ("fence", fence_arg(o.client, *fence))], Hue::Plain)
        }
        Note::NotSet { owner: o, holder: Some(holder) } => {
            let args = vec![("who", who(o.client)), ("holder", (value(p, *holder), hue(holder.client)).into())];
            ("lock.note-not-set", args, Hue::Plain)
        }
        Note::NotSet { owner: o, holder: None } => ("lock.note-not-set-free", vec![("who", who(o.client))], Hue::Plain),
        Note::Removed { by, owner: o } if *by != o.client => {
            ("lock.note-removed-foreign", vec![("who", who(*by)), owned(o), ("victim", who(o.client))], Hue::Bad)
        }
        Note::Removed { by, .. } => ("lock.note-removed", vec![("who", who(*by))], Hue::Plain),
        Note::NotRemoved { by } => ("lock.note-not-removed", vec![("who", who(*by))], Hue::Plain),
        Note::Expired(o) => ("lock.note-expired", vec![owned(o), ("who", who(o.client))], Hue::Plain),
        Note::Recovered(Some(o)) => ("lock.note-recovered", vec![owned(o)], Hue::Good),
        Note::Recovered(None) => ("lock.note-recovered-empty", vec![], Hue::Warn),
        Note::Served { owner: o, version } => {
            ("lock.note-served", vec![("who", who(o.client)), ("version", (*version).into())], Hue::Plain)
        }
        Note::Accepted { owner: o, fence, behind, version } => {
            let args =
                vec![("who", who(o.client)), ("fence", fence_arg(o.client, *fence)), ("version", (*version).into())];
            let (key, tone) = if h.broke.contains(&"NO-STALE-WRITE") {
                let key = match fence {
                    Some(_) if p.checks() => "lock.note-accepted-stale-passes",
                    Some(_) => "lock.note-accepted-stale-fence",
                    None => "lock.note-accepted-stale",
                };
                (key, Hue::Bad)
            } else if behind.is_some_and(|b| b > 0) && h.broke.contains(&"NO-LOST-UPDATE") {
                ("lock.note-accepted-lost", Hue::Bad)
            } else if fence.is_some() {
                ("lock.note-accepted-fence", Hue::Good)
            } else {
                ("lock.note-accepted", Hue::Good)
            };
            (key, args, tone)
        }
        Note::Refused { owner: o, fence, newest } => {
            let args = vec![
                ("who", who(o.client)),
                ("fence", fence_arg(o.client, Some(*fence))),
                ("newest", (*newest).into()),
            ];
            ("lock.note-refused", args, Hue::Warn)
        }
    }
}

fn names(ids: impl Iterator<Item = NodeId>) -> String {
    ids.map(|id| letter(id.0)).collect::<Vec<_>>().join(", ")
}

pub fn because(moment: &Moment<LockScene>, name: &str, broken: bool, lang: Lang) -> String {
    let (sim, p) = (moment.sim, moment.sim.protocol.as_ref());
    let ghost = &sim.ghost;
    let key = format!("lock.because-{name}-{}", if broken { "broken" } else { "fine" });
    let args: Vec<(&str, Arg)> = match name {
        "MUTEX-LEASE" => vec![("who", names(inside_lease(p, &sim.cluster)).into())],
        "MUTEX-BELIEF" => vec![("who", names(believers(p, &sim.cluster)).into())],
        "NO-STALE-WRITE" => ghost.history.stale.map_or_else(Vec::new, |(old, new)| {
            vec![("old", letter(old.client).into()), ("new", letter(new.client).into())]
        }),
        "NO-LOST-UPDATE" => ghost.history.lost.map_or_else(Vec::new, |o| vec![("who", letter(o.client).into())]),
        "OWNER-RELEASE" => ghost.foreign_release.map_or_else(Vec::new, |(by, victim)| {
            vec![("who", letter(by).into()), ("victim", letter(victim.client).into())]
        }),
        "FIFO-GRANT" => ghost.passed_over.map_or_else(Vec::new, |(o, before)| {
            vec![("who", letter(o.client).into()), ("before", letter(before).into())]
        }),
        "EVENTUALLY-FREE" => {
            let key = match (ghost.dead_holder, ghost.freed) {
                (Some(_), _) if broken => "lock.because-EVENTUALLY-FREE-never",
                (Some(_), _) => "lock.because-EVENTUALLY-FREE-open",
                (None, true) => "lock.because-EVENTUALLY-FREE-met",
                (None, false) => "lock.because-EVENTUALLY-FREE-fine",
            };
            return word(lang, key);
        }
        _ => vec![],
    };
    say(lang, &key, &args)
}

pub fn phase(phase: &Phase, lang: Lang) -> String {
    let key = match phase {
        Phase::Idle => "lock.phase-idle",
        Phase::Trying { .. } => "lock.phase-trying",
        Phase::Waiting => "lock.phase-waiting",
        Phase::Holding(Holding { task: Task::Reading, .. }) => "lock.phase-reading",
        Phase::Holding(Holding { task: Task::Working { .. }, .. }) => "lock.phase-working",
        Phase::Holding(Holding { task: Task::Acting { .. }, .. }) => "lock.phase-acting",
        Phase::Holding(Holding { task: Task::Writing, .. }) => "lock.phase-writing",
        Phase::Checking(_) => "lock.phase-checking",
        Phase::Releasing { .. } => "lock.phase-releasing",
        Phase::Updating { task: Task::Reading, .. } => "lock.phase-free-reading",
        Phase::Updating { task: Task::Writing, .. } => "lock.phase-free-writing",
        Phase::Updating { .. } => "lock.phase-free-working",
    };
    word(lang, key)
}

pub fn inspect(sim: &Simulation<Lock>, node: NodeId, lang: Lang) -> Vec<(String, Text, bool)> {
    let mut rows = Vec::new();
    let mut row = |key: &str, words: String, hue: Hue, mono: bool| {
        rows.push((word(lang, key), Text { words, hue, ..Text::default() }, mono));
    };
    match sim.cluster.state(node) {
        None => row("lock.row-state", word(lang, "common.down"), Hue::Bad, false),
        Some(State::Client(client)) => {
            row("lock.row-state", phase(&client.phase, lang), Hue::Plain, false);
            let (mine, fence, base) = match &client.phase {
                Phase::Holding(Holding { owner, fence, task, .. }) => {
                    let base = match task {
                        Task::Working { base } | Task::Acting { base } => *base,
                        _ => None,
                    };
                    (Some(*owner), *fence, base)
                }
                Phase::Trying { owner, .. } | Phase::Releasing { owner, .. } | Phase::Checking(owner) => {
                    (Some(*owner), None, None)
                }
                Phase::Updating { task: Task::Working { base }, .. } => (None, None, *base),
                _ => (None, None, None),
            };
            let dash = || "—".to_owned();
            if let Phase::Trying { votes, .. } = &client.phase
                && sim.protocol.masters > 1
            {
                row("lock.row-votes", format!("{} / {}", votes.ayes(), sim.protocol.masters), Hue::Plain, true);
            }
            if !sim.protocol.locks() {
                if let Some(base) = base {
                    row("lock.row-base", format!("v{base}"), Hue::Plain, true);
                }
                return rows;
            }
            row("lock.row-owner", mine.map_or_else(dash, |o| value(&sim.protocol, o)), Hue::Plain, true);
            if sim.protocol.fence {
                row("lock.row-fence", fence.map_or_else(dash, |n| n.to_string()), Hue::Plain, true);
            }
            if let Some(base) = base {
                row("lock.row-base", format!("v{base}"), Hue::Plain, true);
            }
            let lease = client.lease().and_then(|lease| sim.deadline(node, &lease)).map(|(_, due)| due);
            let over = lease.is_some_and(|due| due <= sim.now);
            let words = lease.map_or_else(dash, |due| say(lang, "lock.until", &[("time", seconds(due).into())]));
            row("lock.row-lease", words, if over { Hue::Bad } else { Hue::Plain }, false);
        }
        Some(State::Redis(redis)) => {
            if sim.protocol.replica {
                let key = if redis.role == Role::Master { "lock.role-master" } else { "lock.role-replica" };
                row("lock.row-role", word(lang, key), Hue::Plain, false);
            }
            let held = redis.holder().map(|o| value(&sim.protocol, o));
            row("lock.row-key", held.unwrap_or_else(|| word(lang, "lock.no-key")), Hue::Plain, true);
            if sim.protocol.fence {
                row("lock.row-counter", redis.counter().unwrap_or(0).to_string(), Hue::Plain, true);
            }
            row("lock.row-log", log_words(sim, node, lang), Hue::Plain, false);
        }
        Some(State::Storage(storage)) => {
            row("lock.row-version", format!("v{}", storage.version), Hue::Plain, true);
            if sim.protocol.fence {
                let newest = storage.newest.map_or_else(|| "—".to_owned(), |n| n.to_string());
                row("lock.row-newest", newest, Hue::Plain, true);
            }
        }
    }
    rows
}

fn log_words(sim: &Simulation<Lock>, node: NodeId, lang: Lang) -> String {
    let node = sim.cluster.node(node);
    let args = [("all", node.log.len().into()), ("forced", node.durable.into())];
    say(lang, "lock.log", &args)
}

/// A record of the append-only file.
pub fn record(p: &Lock, record: &Record) -> (String, Hue) {
    match record {
        Record::Redis(AofRecord::Lock { owner: o, .. }) => (format!("SET lock {}", value(p, *o)), hue(o.client)),
        Record::Redis(AofRecord::NoLock) => ("DEL lock".to_owned(), Hue::Plain),
        Record::Redis(AofRecord::Promoted) => ("REPLICAOF NO ONE".to_owned(), Hue::Plain),
        Record::Redis(AofRecord::Counter(n)) => (format!("SET lock:fence {n}"), Hue::Plain),
        Record::Storage(r) => (format!("v{} {}", r.version, owner(r.owner)), hue(r.owner.client)),
    }
}

pub fn offers(sim: &Simulation<Lock>, node: Option<NodeId>, lang: Lang) -> Vec<Offer> {
    let Some(node) = node else { return Vec::new() };
    match sim.cluster.state(node) {
        Some(State::Client(client))
            if sim.cluster.runs(node) && matches!(client.phase, Phase::Idle | Phase::Waiting) =>
        {
            let line = format!("request {} acquire", letter(node.0).to_ascii_lowercase());
            let key = if sim.protocol.locks() { "lock.offer-acquire" } else { "lock.offer-update" };
            vec![Offer { words: word(lang, key), line, key: None, amount: None, minor: false }]
        }
        Some(State::Redis(redis)) if sim.cluster.runs(node) && redis.role == Role::Replica => {
            let (words, line) = (word(lang, "lock.offer-promote"), "request replica promote".to_owned());
            vec![Offer { words, line, key: None, amount: None, minor: false }]
        }
        _ => Vec::new(),
    }
}

/// Numbers of the current run: waits, writes, refusals.
pub fn figures(moment: &Moment<LockScene>, lang: Lang) -> Vec<Figure> {
    let past = moment.past;
    let figure =
        |key: &str, value: String| Figure { words: word(lang, key), value, note: String::new(), looked_up: false };
    let median = |key: &str, of: &Latest| {
        let value = of.median().map_or_else(|| "—".to_owned(), |t| format!("{} s", seconds(t)));
        let latest = of.count as usize > WAITS;
        let note = if latest { say(lang, "lock.figure-wait-latest", &[("n", WAITS.into())]) } else { String::new() };
        Figure { note, ..figure(key, value) }
    };
    let mut all = vec![];
    if moment.sim.protocol.locks() {
        all.push(median("lock.figure-wait", &past.waits));
        all.push(median("lock.figure-handover", &past.handed_over));
        all.push(figure("lock.figure-grants", format!("{} / {}", past.granted, past.asked)));
        all.push(figure("lock.figure-denied", past.denied.to_string()));
    }
    all.push(figure("lock.figure-writes", format!("{} / {}", past.stored, past.stored + past.refused)));
    all
}
