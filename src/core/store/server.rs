//! A server: keeps entries on its disk, coordinates the Puts that reach it, copies what it lacks.

use super::view::{Members, Rare, View};
use super::{Entry, Handover, Key, Msg, Note, Outcome, Record, Request, Store, Tag, Timer};
use crate::core::map::Map;
use crate::core::protocol::{Clock, Context, Event, NodeId};

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Server {
    pub view: View,
    /// It has everything that it keeps by this membership; nobody: it may lack anything.
    pub whole: Members,
    pub entries: Map<Key, Entry>,
    /// It asks the others for what it lacks.
    pub copying: Option<Copying>,
    /// Puts that wait for replicas.
    pub jobs: Vec<Job>,
    /// Copies so far: tells late answers from new ones.
    pub rounds: u32,
    /// Length of the log.
    pub written: u32,
    /// It had everything that it kept by this membership, the one before the view, and has not been down since; nobody: it
    /// may have lacked something.
    pub kept: Rare<Members>,
    /// Whose owners have what it has not copied yet (`Forward`). After a restart nobody: it may have been written since.
    pub sources: Rare<Members>,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Copying {
    pub from: u16,
    /// Still to be asked.
    pub left: Members,
}

/// A Put that it coordinates.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Job {
    pub tag: Tag,
    pub key: Key,
    pub entry: Entry,
    /// Nodes that have to have it.
    pub needed: u8,
    pub have: Members,
    pub asked: Members,
}

/// A log that is longer than twice what it means, and this, is rewritten.
const SLACK: u32 = 12;

pub fn boot(p: &Store, me: u16, log: &[Record], cx: &mut Context<Store>) -> Server {
    let view = View::initial(p.initial);
    let mut server = Server {
        view,
        whole: Members::NONE,
        entries: Map::new(),
        copying: None,
        jobs: Vec::new(),
        rounds: cx.incarnation() << 16,
        written: log.len() as u32,
        kept: Rare::default(),
        sources: Rare::default(),
    };
    for record in log {
        match record {
            Record::View(view) => server.view = *view,
            Record::Entry(key, entry) => drop(server.entries.insert(key.clone(), *entry)),
        }
    }
    if let Some(after) = p.pace.repair {
        cx.set_timer(Timer::Repair, Clock::Monotonic, after);
    }
    if cx.incarnation() > 0 {
        cx.note(Note::Recovered { keys: server.entries.len() as u32 });
        if server.view.members.has(me) {
            copy(me, &mut server, cx, p);
        }
        return server;
    }
    if server.view.members.has(me) {
        server.whole = server.view.members;
        for key in p.keys.iter().filter(|key| p.preload && p.keeps(view.members, key.at, me)) {
            write(&mut server, key, Entry::FIRST, cx);
        }
    }
    server
}

pub fn step(p: &Store, me: u16, server: &mut Server, event: Event<Store>, cx: &mut Context<Store>) {
    match event {
        Event::Message { from, msg } => message(p, me, server, from, msg, cx),
        Event::Timeout(Timer::Replica(tag)) => stand_in(p, server, tag, cx),
        Event::Timeout(Timer::Copy) => {
            if let Some(copying) = &server.copying {
                cx.note(Note::Skipped { source: copying.from });
                next_source(p, me, server, cx);
            }
        }
        Event::Timeout(Timer::Repair) => {
            if let Some(after) = p.pace.repair {
                cx.set_timer(Timer::Repair, Clock::Monotonic, after);
            }
            repair(p, me, server, cx);
        }
        Event::Request(Request::Repair) => repair(p, me, server, cx),
        _ => {}
    }
}

fn message(p: &Store, me: u16, server: &mut Server, from: NodeId, msg: Msg, cx: &mut Context<Store>) {
    match msg {
        Msg::View(view) => {
            let known = view.epoch <= server.view.epoch;
            adopt(p, me, server, view, cx);
            if p.pace.announce.is_some() {
                cx.send(from, Msg::Seen { epoch: server.view.epoch });
            }
            if known && server.copying.is_none() {
                // That it has copied may not have been heard.
                report(p, me, server, cx);
            }
        }
        Msg::Ask { tag, view, key, put } => {
            adopt(p, me, server, view, cx);
            asked(p, me, server, from, (tag, key, put), cx);
        }
        Msg::Forward { tag, view, key, put, have } => {
            adopt(p, me, server, view, cx);
            if let Some(entry) = have {
                keep(server, &key, entry, cx);
            }
            forwarded(p, me, server, from, (tag, key, put), cx);
        }
        Msg::Replicate { view, key, entry } => {
            adopt(p, me, server, view, cx);
            keep(server, &key, entry, cx);
            cx.send(from, Msg::Replicated { key, entry });
        }
        Msg::Replicated { key, entry } => {
            let job = server.jobs.iter_mut().find(|job| job.key == key && job.entry == entry);
            if let Some(job) = job {
                job.have = job.have.with(from.0);
                let copies = job.have.count();
                cx.note(Note::Counted { key, by: from.0, copies, needed: job.needed });
                settle(server, cx);
            }
        }
        Msg::Fetch { round, view, have } => {
            adopt(p, me, server, view, cx);
            give(p, server, from, round, have, cx);
        }
        Msg::Copy { round, view, entries } => {
            adopt(p, me, server, view, cx);
            let newer = entries.into_iter().filter(|(key, entry)| server.entries.get(key) < Some(entry));
            let newer: Vec<_> = newer.collect();
            for (key, entry) in &newer {
                write(server, key, *entry, cx);
            }
            if !newer.is_empty() {
                cx.note(Note::Copied { from: from.0, keys: newer.into_iter().map(|(key, _)| key).collect() });
            }
            let awaited = server.copying.as_ref().is_some_and(|copying| copying.from == from.0);
            if awaited && server.rounds == round {
                next_source(p, me, server, cx);
            }
        }
        Msg::Answer { .. } | Msg::Seen { .. } | Msg::Whole { .. } => {}
    }
}

// --- requests of clients

fn asked(
    p: &Store,
    me: u16,
    server: &mut Server,
    client: NodeId,
    (tag, key, put): (Tag, Key, Option<Entry>),
    cx: &mut Context<Store>,
) {
    let keeps = p.keeps(p.answering(server.view, put.is_some()), key.at, me);
    if keeps && (has(p, me, server, &key) || p.early && put.is_none()) {
        return carry_out(p, me, server, client, (tag, key, put), cx);
    }
    let owners = if keeps { p.replicas_of(server.sources.0, key.at) } else { Vec::new() };
    if let Some(to) = owners.into_iter().find(|slot| *slot != me) {
        cx.note(Note::Forwards { client: client.0, key: key.clone(), to });
        let have = server.entries.get(&key).copied();
        cx.send(NodeId(to), Msg::Forward { tag, view: server.view, key, put, have });
        return;
    }
    cx.note(Note::Declines { client: client.0, key, keeps });
    let outcome = if keeps { Outcome::NotYet } else { Outcome::Redirect };
    cx.send(client, Msg::Answer { tag, view: server.view, outcome });
}

/// Whether it has whatever was written of a key that it keeps, or of one that it kept before the view.
fn has(p: &Store, me: u16, server: &Server, key: &Key) -> bool {
    let whole = |members| p.keeps(members, key.at, me);
    whole(server.whole) || p.handover == Handover::WriteBoth && whole(server.kept.0)
}

/// A request that a new owner has passed on, which still lacks the key.
fn forwarded(
    p: &Store,
    me: u16,
    server: &mut Server,
    by: NodeId,
    (tag, key, put): (Tag, Key, Option<Entry>),
    cx: &mut Context<Store>,
) {
    let client = NodeId(tag.client);
    let had = p.keeps(server.kept.0, key.at, me);
    if had || p.keeps(server.view.members, key.at, me) && has(p, me, server, &key) {
        carry_out(p, me, server, client, (tag, key, put), cx);
        return;
    }
    cx.note(Note::Unable { client: client.0, key });
    let outcome = Outcome::Neither { asked: by.0 };
    cx.send(client, Msg::Answer { tag, view: server.view, outcome });
}

fn carry_out(
    p: &Store,
    me: u16,
    server: &mut Server,
    client: NodeId,
    (tag, key, put): (Tag, Key, Option<Entry>),
    cx: &mut Context<Store>,
) {
    if let Some(entry) = put {
        return coordinate(p, me, server, tag, key, entry, cx);
    }
    let entry = server.entries.get(&key).copied();
    cx.note(Note::Serves { client: client.0, key, entry });
    cx.send(client, Msg::Answer { tag, view: server.view, outcome: Outcome::Value(entry) });
}

/// Writes the entry and sends it to the other replicas.
fn coordinate(p: &Store, me: u16, server: &mut Server, tag: Tag, key: Key, entry: Entry, cx: &mut Context<Store>) {
    if server.jobs.iter().any(|job| job.tag == tag) {
        return;
    }
    let entry = match server.entries.get(&key) {
        // The same Put again: its answer was lost.
        Some(stored) if stored.value == entry.value => *stored,
        // Another client's write, which this one has not seen: it goes after it.
        Some(stored) if stored.number >= entry.number => Entry { number: stored.number + 1, ..entry },
        _ => entry,
    };
    let mut nodes = p.replicas_of(server.view.members, key.at);
    let both = p.handover == Handover::WriteBoth && !server.view.former.0.is_empty();
    let before = if both { p.replicas_of(server.view.former.0, key.at) } else { Vec::new() };
    // An old owner to whom it was forwarded writes it too: Gets may still be forwarded to it.
    for slot in before.into_iter().chain([me]) {
        if !nodes.contains(&slot) {
            nodes.push(slot);
        }
    }
    let places: Members = nodes.iter().copied().collect();
    cx.note(Note::Places { key: key.clone(), entry, nodes });
    keep(server, &key, entry, cx);
    let others = places.without(me);
    send_copies(server.view, &key, entry, others.iter(), cx);
    let have = Members::NONE.with(me);
    server.jobs.push(Job { tag, key, entry, needed: places.count(), have, asked: places });
    cx.set_timer(Timer::Replica(tag), Clock::Monotonic, p.pace.replica);
    settle(server, cx);
}

fn send_copies(view: View, key: &Key, entry: Entry, to: impl Iterator<Item = u16>, cx: &mut Context<Store>) {
    for slot in to {
        cx.send(NodeId(slot), Msg::Replicate { view, key: key.clone(), entry });
    }
}

/// Acknowledges the Puts that enough nodes have.
fn settle(server: &mut Server, cx: &mut Context<Store>) {
    let view = server.view;
    server.jobs.retain(|job| {
        let copies = job.have.count();
        if copies >= job.needed {
            cx.cancel_timer(Timer::Replica(job.tag));
            let outcome = Outcome::Stored { entry: job.entry, copies };
            cx.send(NodeId(job.tag.client), Msg::Answer { tag: job.tag, view, outcome });
        }
        copies < job.needed
    });
}

/// In the place of each silent replica the next node on the walk gets a copy (sloppy quorum, Dynamo 4.6).
fn stand_in(p: &Store, server: &mut Server, tag: Tag, cx: &mut Context<Store>) {
    let view = server.view;
    let Some(at) = server.jobs.iter().position(|job| job.tag == tag) else { return };
    let job = &mut server.jobs[at];
    let silent = job.asked.iter().filter(|slot| !job.have.has(*slot));
    let rest = p.walk_order(view.members, job.key.at).into_iter().filter(|slot| !job.asked.has(*slot));
    let missing = usize::from(job.needed.saturating_sub(job.have.count()));
    let stand_ins: Vec<(u16, u16)> = silent.zip(rest).take(missing).collect();
    if stand_ins.is_empty() {
        let Job { tag, have, key, .. } = server.jobs.remove(at);
        cx.note(Note::TooFew { client: tag.client, key, copies: have.count() });
        let outcome = Outcome::Short { copies: have.count() };
        cx.send(NodeId(tag.client), Msg::Answer { tag, view, outcome });
        return;
    }
    for (silent, by) in &stand_ins {
        cx.note(Note::StandIn { key: job.key.clone(), silent: *silent, by: *by });
        job.asked = job.asked.with(*by);
    }
    let (key, entry) = (job.key.clone(), job.entry);
    send_copies(view, &key, entry, stand_ins.into_iter().map(|(_, by)| by), cx);
    cx.set_timer(Timer::Replica(tag), Clock::Monotonic, p.pace.replica);
}

// --- what is on its disk

/// Keeps the entry if it is newer than what is there.
fn keep(server: &mut Server, key: &Key, entry: Entry, cx: &mut Context<Store>) {
    if server.entries.get(key) < Some(&entry) {
        write(server, key, entry, cx);
        cx.note(Note::Kept { key: key.clone(), entry });
    }
}

fn write(server: &mut Server, key: &Key, entry: Entry, cx: &mut Context<Store>) {
    server.entries.insert(key.clone(), entry);
    append(server, Record::Entry(key.clone(), entry), cx);
}

fn append(server: &mut Server, record: Record, cx: &mut Context<Store>) {
    server.written += 1;
    let needed = 1 + server.entries.len() as u32;
    if server.written > 2 * needed + SLACK {
        server.written = needed;
        let entries = server.entries.iter().map(|(key, entry)| Record::Entry(key.clone(), *entry));
        cx.compact([Record::View(server.view)].into_iter().chain(entries).collect());
    } else {
        cx.force(record);
    }
}

// --- membership and copying

/// Adopts a newer view, and copies what it keeps by that and did not before.
fn adopt(p: &Store, me: u16, server: &mut Server, view: View, cx: &mut Context<Store>) {
    if view.epoch <= server.view.epoch {
        return;
    }
    let before = std::mem::replace(&mut server.view, view);
    let missed_one = view.epoch > before.epoch + 1;
    let complete = server.copying.is_none() && server.whole == before.members && before.members.has(me);
    if p.regains(server.whole, before.members, view.members, me) {
        server.whole = Members::NONE;
    }
    let kept = server.kept;
    server.kept = match p.handover {
        _ if missed_one || p.handover == Handover::TurnAway => Rare::default(),
        Handover::WriteBoth if view.former.0.is_empty() => Rare::default(),
        Handover::WriteBoth if view.former == before.former => kept,
        _ if complete => Rare(before.members),
        _ => Rare::default(),
    };
    server.sources = if p.handover == Handover::Forward { view.former } else { Rare::default() };
    append(server, Record::View(view), cx);
    cx.note(Note::Learned(view));
    if !view.members.has(me) {
        server.whole = Members::NONE;
        stop(server, cx);
    } else if p.handover == Handover::WriteBoth && kept.0 == view.members && !missed_one {
        // The change was taken back, and all that was written meanwhile was written here too.
        server.whole = view.members;
        stop(server, cx);
    } else if missed_one {
        // What it kept may have been written elsewhere meanwhile.
        server.whole = Members::NONE;
        copy(me, server, cx, p);
    } else if server.copying.is_some() || p.gains(server.whole, view.members, me) {
        copy(me, server, cx, p);
    } else {
        server.whole = view.members;
    }
}

fn repair(p: &Store, me: u16, server: &mut Server, cx: &mut Context<Store>) {
    if server.view.members.has(me) && server.copying.is_none() {
        copy(me, server, cx, p);
    }
}

/// Asks every other server that is or was a member, one after the other, so that no entry is sent twice.
fn copy(me: u16, server: &mut Server, cx: &mut Context<Store>, p: &Store) {
    server.rounds += 1;
    server.copying = Some(Copying { from: me, left: server.view.ever.without(me) });
    next_source(p, me, server, cx);
}

fn next_source(p: &Store, me: u16, server: &mut Server, cx: &mut Context<Store>) {
    let Some(copying) = server.copying.as_mut() else { return };
    let Some(from) = copying.left.iter().next() else {
        server.whole = server.view.members;
        server.sources = Rare::default();
        stop(server, cx);
        cx.note(Note::Complete { epoch: server.view.epoch });
        report(p, me, server, cx);
        return;
    };
    copying.left = copying.left.without(from);
    copying.from = from;
    let view = server.view;
    let mine = server.entries.iter().filter(|(key, _)| p.keeps(view.members, key.at, me));
    let have = mine.map(|(key, entry)| (key.clone(), *entry)).collect();
    cx.note(Note::Fetches { from });
    cx.send(NodeId(from), Msg::Fetch { round: server.rounds, view, have });
    cx.set_timer(Timer::Copy, Clock::Monotonic, p.pace.copy);
}

/// Tells the directory, which waits for it, that it has copied.
fn report(p: &Store, me: u16, server: &Server, cx: &mut Context<Store>) {
    let former = server.view.former.0;
    if p.handover == Handover::WriteBoth && !former.is_empty() && p.gains(former, server.view.members, me) {
        cx.send(p.directory(), Msg::Whole { epoch: server.view.epoch });
    }
}

fn stop(server: &mut Server, cx: &mut Context<Store>) {
    if server.copying.take().is_some() {
        cx.cancel_timer(Timer::Copy);
    }
}

/// Sends what the other server keeps and lacks.
fn give(p: &Store, server: &Server, to: NodeId, round: u32, have: Vec<(Key, Entry)>, cx: &mut Context<Store>) {
    let have: Map<Key, Entry> = have.into_iter().collect();
    let lacks =
        |(key, entry): &(&Key, &Entry)| p.keeps(server.view.members, key.at, to.0) && have.get(key) < Some(entry);
    let entries: Vec<_> = server.entries.iter().filter(lacks).map(|(key, entry)| (key.clone(), *entry)).collect();
    cx.note(Note::Sent { to: to.0, keys: entries.iter().map(|(key, _)| key.clone()).collect() });
    cx.send(to, Msg::Copy { round, view: server.view, entries });
}
