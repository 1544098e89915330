//! A server of the service: who has a session, on which connection, and what it has created.

use super::etcd::keys::Keys;
use super::zookeeper::directory::{Child, Directory, Name, Watched, Watches};
use super::{Call, Coordination, Fired, Label, Msg, Note, Record, Reply, Request, Service, Timer, Watcher, consul};
use crate::core::lock::keyspace::Owner;
use crate::core::protocol::{Clock, Context, Event, NodeId};

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Server {
    pub agreed: Agreed,
    /// Ordered by client.
    pub links: Vec<Link>,
    /// In memory: they go with the server, and with the connection that they are told on.
    pub watches: Watches<Label, Watcher>,
    /// Consul: the lock delay runs.
    pub delayed: bool,
}

/// What the service has agreed on: it outlives any of its servers.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Agreed {
    /// Ordered.
    pub sessions: Vec<Owner>,
    /// The latest transaction of ZooKeeper (zxid). etcd's revision and Consul's index are in their data.
    pub zxid: u32,
    pub data: Data,
    /// Whose attempt created what, by czxid, create revision or lock index. The service does not know; this is for who watches.
    pub(super) by: Vec<(u32, Owner)>,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Data {
    ZooKeeper(Directory<Label, Owner>),
    Etcd(Keys<Owner, Owner>),
    Consul(consul::Key),
}

/// A client's connection.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Link {
    pub client: NodeId,
    pub session: Owner,
    pub connection: u32,
    /// Its latest call.
    pub xid: u32,
    /// How many events it has been told.
    pub events: u32,
}

/// An answer that is due to a client of the follower.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Due {
    pub client: NodeId,
    pub connection: u32,
    pub xid: u32,
    pub reply: Reply,
}

/// Who holds a lock, or waits for it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Waiter {
    /// The attempt that created the key.
    pub owner: Owner,
    pub session: Owner,
    /// Its czxid, create revision or lock index.
    pub fence: u32,
}

impl Agreed {
    fn new(service: Service) -> Self {
        let data = match service {
            Service::ZooKeeper => Data::ZooKeeper(Directory::default()),
            Service::Etcd => Data::Etcd(Keys::default()),
            Service::Consul => Data::Consul(consul::Key::default()),
        };
        Agreed { sessions: Vec::new(), zxid: 0, data, by: Vec::new() }
    }

    pub fn knows(&self, session: Owner) -> bool {
        self.sessions.binary_search(&session).is_ok()
    }

    /// Who created what has this number.
    pub fn by(&self, fence: u32) -> Option<Owner> {
        self.by.iter().find(|(n, _)| *n == fence).map(|(_, owner)| *owner)
    }

    /// The holder and those who wait, in the order in which their keys were created.
    pub fn queue(&self) -> Vec<Waiter> {
        let waiter = |session: Owner, fence: u32| Waiter { owner: self.by(fence).unwrap_or(session), session, fence };
        match &self.data {
            Data::ZooKeeper(directory) => {
                directory.children().iter().filter_map(|c| Some(waiter(c.owner?, c.czxid))).collect()
            }
            Data::Etcd(keys) => keys.all().iter().map(|key| waiter(key.lease, key.created)).collect(),
            Data::Consul(key) => key.session.map(|session| waiter(session, key.index)).into_iter().collect(),
        }
    }

    fn forget(&mut self, fence: u32) -> Option<Owner> {
        let at = self.by.iter().position(|(n, _)| *n == fence)?;
        Some(self.by.remove(at).1)
    }
}

pub fn boot(p: &Coordination, me: NodeId, agreed: Option<&Agreed>, cx: &mut Context<Coordination>) -> Server {
    let agreed = agreed.cloned().unwrap_or_else(|| Agreed::new(p.service));
    let server = Server { agreed, links: Vec::new(), watches: Watches::default(), delayed: false };
    if cx.incarnation() > 0 {
        if me == p.leader() {
            renew_all(p, &server, cx);
        }
        cx.note(Note::Recovered(server.agreed.sessions.len() as u16));
    }
    server
}

pub fn step(
    p: &Coordination,
    me: NodeId,
    server: &mut Server,
    event: Event<Coordination>,
    cx: &mut Context<Coordination>,
) {
    let leads = me == p.leader();
    match event {
        Event::Message { from, msg: Msg::Ask { session, connection, xid, call } } => {
            let behind = matches!(call, Call::Connect { seen, .. } if seen > server.agreed.zxid);
            if (behind && !leads) || !server.accepts(from, session, connection, xid, &call) {
                return;
            }
            if leads {
                let before = server.agreed.clone();
                let mut changes = Vec::new();
                let reply = answer(p, server, session, &call, (from, connection), &mut changes, cx);
                agree(p, server, &before, None, cx);
                server.fire(changes, cx);
                server.reply(p, Due { client: from, connection, xid, reply }, cx);
            } else if call.reads() {
                let reply = if server.agreed.knows(session) {
                    read(server, &call, (from, connection), cx)
                } else {
                    Reply::Expired
                };
                server.reply(p, Due { client: from, connection, xid, reply }, cx);
            } else {
                cx.send(p.leader(), Msg::Forward { client: from, session, connection, xid, call });
            }
        }
        Event::Message { from, msg: Msg::Forward { client, session, connection, xid, call } } if leads => {
            // A session that has moved to another connection is heard on that one only.
            if !server.accepts(client, session, connection, xid, &call) {
                return;
            }
            let before = server.agreed.clone();
            let mut changes = Vec::new();
            let reply = answer(p, server, session, &call, (client, connection), &mut changes, cx);
            let due = Due { client, connection, xid, reply };
            if matches!(call, Call::Connect { opens: false, .. }) {
                cx.send(from, Msg::Valid(due));
            } else {
                agree(p, server, &before, Some((from, due)), cx);
            }
            server.fire(changes, cx);
        }
        Event::Message { msg: Msg::Commit { agreed, answer }, .. } if !leads => learn(p, server, agreed, answer, cx),
        Event::Message { msg: Msg::Valid(due), .. } if !leads => server.reply(p, due, cx),
        Event::Timeout(Timer::Session(session)) if leads && server.agreed.knows(session) => {
            let before = server.agreed.clone();
            cx.note(Note::SessionExpired(session));
            let mut changes = Vec::new();
            end(p, server, session, &mut changes, cx);
            agree(p, server, &before, None, cx);
            server.fire(changes, cx);
        }
        Event::Timeout(Timer::Delay) => server.delayed = false,
        Event::Request(Request::Elect) if leads => {
            renew_all(p, server, cx);
            cx.note(Note::Elected(server.agreed.sessions.len() as u16));
        }
        _ => {}
    }
}

impl Server {
    /// Whether a call is to be carried out: not one of a connection that was given up, nor the same one twice. A connection
    /// begins with Connect: of another the server, which may have come up since, knows nothing.
    fn accepts(&mut self, client: NodeId, session: Owner, connection: u32, xid: u32, call: &Call) -> bool {
        let opens = matches!(call, Call::Connect { .. });
        let at = self.links.binary_search_by_key(&client, |link| link.client);
        let link = at.ok().map(|at| &mut self.links[at]);
        match (at, link) {
            (_, Some(link)) if connection == link.connection => {
                let new = xid > link.xid;
                link.xid = link.xid.max(xid);
                new
            }
            (Ok(at), Some(link)) if connection > link.connection && opens => {
                self.links[at] = Link { client, session, connection, xid, events: 0 };
                self.watches.forget(|(who, on)| *who == client && *on != connection);
                true
            }
            (Err(at), _) if opens => {
                self.links.insert(at, Link { client, session, connection, xid, events: 0 });
                true
            }
            _ => false,
        }
    }

    /// Whether it will never carry out a call that does not connect: it has heard of a later one, or of a later connection.
    /// Should it crash, it takes none before the connection that it came on begins again, and none does.
    pub fn is_past(&self, client: NodeId, connection: u32, xid: u32) -> bool {
        let link = self.links.iter().find(|link| link.client == client);
        link.is_some_and(|link| (connection, xid) <= (link.connection, link.xid))
    }

    /// ZooKeeper: what a session watches goes with it. etcd tells a watch from a lease.
    fn forget(&mut self, session: Owner) {
        if matches!(self.agreed.data, Data::ZooKeeper(_)) {
            let over =
                self.links.iter().find(|link| link.session == session).map(|link| (link.client, link.connection));
            self.watches.forget(|watcher| Some(*watcher) == over);
        }
    }

    fn link(&mut self, (client, connection): Watcher) -> Option<&mut Link> {
        self.links.iter_mut().find(|link| link.client == client && link.connection == connection)
    }

    fn reply(&mut self, p: &Coordination, due: Due, cx: &mut Context<Coordination>) {
        let Due { client, connection, xid, reply } = due;
        let zxid = if p.follower { self.agreed.zxid } else { 0 };
        if let Some(link) = self.link((client, connection)) {
            let events = link.events;
            cx.send(client, Msg::Answer { connection, xid, zxid, events, reply });
        }
    }

    /// Children, or keys, came and went: tells whoever watches. By now that is agreed on.
    fn fire(&mut self, changes: Vec<Changed>, cx: &mut Context<Coordination>) {
        let etcd = matches!(self.agreed.data, Data::Etcd(_));
        for Changed { name, created } in changes {
            let mut woke: Vec<NodeId> = Vec::new();
            for (watcher, what, change) in self.watches.fire(&name, created) {
                let Some(link) = self.link(watcher) else { continue };
                link.events += 1;
                let fired = match (what, name.label) {
                    (Watched::Children, _) => Fired::Children,
                    (Watched::Child(_), Some(session)) if etcd => Fired::Gone(session),
                    (Watched::Child(name), _) => Fired::Child(name, change),
                };
                cx.send(watcher.0, Msg::Event { connection: watcher.1, fired });
                let waits = self.agreed.queue().iter().any(|waiter| waiter.session.client == watcher.0.0);
                if waits && !woke.contains(&watcher.0) {
                    woke.push(watcher.0);
                }
            }
            if !woke.is_empty() {
                cx.note(Note::Woke(woke.len() as u16));
            }
        }
    }
}

/// A child or a key that came or went.
struct Changed {
    name: Name<Label>,
    created: bool,
}

/// What etcd calls a session's key. Its watches are on such names.
pub fn key_of(session: Owner) -> Name<Label> {
    Name { label: Some(session), number: None }
}

fn touch(p: &Coordination, session: Owner, cx: &mut Context<Coordination>) {
    let late = cx.below(p.late);
    cx.set_timer(Timer::Session(session), Clock::Monotonic, p.ttl + late);
}

/// Whoever begins to lead has not heard of anybody yet.
fn renew_all(p: &Coordination, server: &Server, cx: &mut Context<Coordination>) {
    server.agreed.sessions.iter().for_each(|session| touch(p, *session, cx));
}

/// The leader carries a call out.
fn answer(
    p: &Coordination,
    server: &mut Server,
    session: Owner,
    call: &Call,
    watcher: Watcher,
    changes: &mut Vec<Changed>,
    cx: &mut Context<Coordination>,
) -> Reply {
    if let (Call::Connect { opens: true, .. }, Err(at)) = (call, server.agreed.sessions.binary_search(&session)) {
        server.agreed.sessions.insert(at, session);
        server.agreed.zxid += 1;
        if let Data::Etcd(keys) = &mut server.agreed.data {
            // Its name is a new one.
            let _ = keys.grant(session);
        }
        cx.note(Note::SessionOpened(session));
    }
    // etcd's reads need no lease.
    if !server.agreed.knows(session) && !matches!(call, Call::Before(_) | Call::Own) {
        return Reply::Expired;
    }
    if call.keeps(p.service) || p.service == Service::ZooKeeper {
        touch(p, session, cx);
    }
    match call {
        Call::Connect { .. } => Reply::Connected,
        Call::Ping => Reply::Pong,
        Call::Close => {
            cx.note(Note::SessionClosed(session));
            cx.cancel_timer(Timer::Session(session));
            end(p, server, session, changes, cx);
            Reply::Expired
        }
        Call::Sync => Reply::Synced,
        Call::Children { .. } | Call::Exists(_) => read(server, call, watcher, cx),
        Call::Create { attempt, label, sequential } => {
            let zxid = server.agreed.zxid + 1;
            let Data::ZooKeeper(directory) = &mut server.agreed.data else { return Reply::NodeExists };
            match directory.create(*label, *sequential, Some(session), zxid) {
                Ok(Child { name, czxid, .. }) => {
                    server.agreed.zxid = zxid;
                    enqueued(server, *attempt, session, czxid, cx);
                    changes.push(Changed { name, created: true });
                    Reply::Created { name, czxid }
                }
                Err(_) => {
                    let holder = server.agreed.queue().first().map_or(*attempt, |first| first.owner);
                    cx.note(Note::Exists { by: watcher.0.0, owner: holder });
                    Reply::NodeExists
                }
            }
        }
        Call::Delete(name) => {
            let Data::ZooKeeper(directory) = &mut server.agreed.data else { return Reply::Deleted(false) };
            match directory.delete(name) {
                Ok(child) => {
                    server.agreed.zxid += 1;
                    gone(server, child.czxid, true, cx);
                    changes.push(Changed { name: *name, created: false });
                    Reply::Deleted(true)
                }
                Err(_) => Reply::Deleted(false),
            }
        }
        Call::Claim { attempt } => {
            let Data::Etcd(keys) = &mut server.agreed.data else { return Reply::Expired };
            match keys.claim(session, session) {
                Ok(claim) => {
                    if claim.succeeded {
                        enqueued(server, *attempt, session, claim.created, cx);
                    } else {
                        cx.note(Note::Exists { by: watcher.0.0, owner: *attempt });
                    }
                    Reply::Claimed { created: claim.created, first: claim.first.0 }
                }
                Err(_) => Reply::Expired,
            }
        }
        Call::Before(revision) => {
            let Data::Etcd(keys) = &server.agreed.data else { return Reply::Before(None) };
            let before = keys.before(*revision).map(|key| key.name);
            if let Some(session) = before {
                server.watches.add(Watched::Child(key_of(session)), watcher);
            }
            cx.note(Note::Told { by: watcher.0.0 });
            Reply::Before(before)
        }
        Call::Own => {
            let Data::Etcd(keys) = &server.agreed.data else { return Reply::Own(None) };
            cx.note(Note::Told { by: watcher.0.0 });
            Reply::Own(keys.get(&session).map(|key| key.created))
        }
        Call::Remove => {
            let Data::Etcd(keys) = &mut server.agreed.data else { return Reply::Removed(false) };
            let removed = keys.delete(&session);
            if let Some(key) = &removed {
                gone(server, key.created, true, cx);
                changes.push(Changed { name: key_of(session), created: false });
            }
            Reply::Removed(removed.is_some())
        }
        Call::Acquire { attempt } => {
            let Data::Consul(key) = &mut server.agreed.data else { return Reply::Acquired(None) };
            let delayed = server.delayed && key.session.is_none();
            match if delayed { None } else { key.acquire(session) } {
                Some((index, new)) => {
                    if new {
                        enqueued(server, *attempt, session, index, cx);
                    }
                    Reply::Acquired(Some(index))
                }
                None => {
                    cx.note(Note::Refuses { owner: *attempt, delayed });
                    Reply::Acquired(None)
                }
            }
        }
        Call::Release => {
            let Data::Consul(key) = &mut server.agreed.data else { return Reply::Released(false) };
            let (released, index) = (key.release(session), key.index);
            if released {
                gone(server, index, true, cx);
            }
            Reply::Released(released)
        }
    }
}

/// What any server answers by itself, from what it knows.
fn read(server: &mut Server, call: &Call, watcher: Watcher, cx: &mut Context<Coordination>) -> Reply {
    let Data::ZooKeeper(directory) = &server.agreed.data else { return Reply::Exists(false) };
    cx.note(Note::Told { by: watcher.0.0 });
    match call {
        Call::Exists(name) => {
            let there = directory.get(name).is_some();
            server.watches.add(Watched::Child(*name), watcher);
            Reply::Exists(there)
        }
        call => {
            let list = directory.children().iter().map(|child| (child.name, child.czxid)).collect();
            if matches!(call, Call::Children { watch: true }) {
                server.watches.add(Watched::Children, watcher);
            }
            Reply::Children(list)
        }
    }
}

fn enqueued(server: &mut Server, owner: Owner, session: Owner, fence: u32, cx: &mut Context<Coordination>) {
    server.agreed.by.push((fence, owner));
    cx.note(Note::Enqueued { owner, session, fence });
}

fn gone(server: &mut Server, fence: u32, released: bool, cx: &mut Context<Coordination>) {
    if let Some(owner) = server.agreed.forget(fence) {
        cx.note(Note::Gone { owner, fence, released });
    }
}

/// A session is over, and all that it had created.
fn end(
    p: &Coordination,
    server: &mut Server,
    session: Owner,
    changes: &mut Vec<Changed>,
    cx: &mut Context<Coordination>,
) {
    if let Ok(at) = server.agreed.sessions.binary_search(&session) {
        server.agreed.sessions.remove(at);
    }
    server.agreed.zxid += 1;
    server.forget(session);
    match &mut server.agreed.data {
        Data::ZooKeeper(directory) => {
            for child in directory.end(session) {
                gone(server, child.czxid, false, cx);
                changes.push(Changed { name: child.name, created: false });
            }
        }
        Data::Etcd(keys) => {
            for key in keys.revoke(session).unwrap_or_default() {
                gone(server, key.created, false, cx);
                changes.push(Changed { name: key_of(session), created: false });
            }
        }
        Data::Consul(key) => {
            let index = key.index;
            if key.release(session) {
                gone(server, index, false, cx);
                if p.lock_delay > 0 {
                    server.delayed = true;
                    cx.set_timer(Timer::Delay, Clock::Monotonic, p.lock_delay);
                }
            }
        }
    }
}

/// Puts what has changed on disk and tells the follower, and with it whom of its clients an answer is due to.
fn agree(
    p: &Coordination,
    server: &Server,
    before: &Agreed,
    due: Option<(NodeId, Due)>,
    cx: &mut Context<Coordination>,
) {
    let changed = *before != server.agreed;
    if changed {
        cx.compact(vec![Record::Agreed(server.agreed.clone())]);
    }
    let (to, answer) = match due {
        Some((to, due)) => (Some(to), Some(due)),
        None => (p.follower().filter(|_| changed), None),
    };
    if let Some(to) = to {
        cx.send(to, Msg::Commit { agreed: server.agreed.clone(), answer });
    }
}

/// The follower hears of what was agreed on.
fn learn(p: &Coordination, server: &mut Server, agreed: Agreed, answer: Option<Due>, cx: &mut Context<Coordination>) {
    if agreed.zxid > server.agreed.zxid {
        let before = std::mem::replace(&mut server.agreed, agreed);
        cx.compact(vec![Record::Agreed(server.agreed.clone())]);
        cx.note(Note::Learnt(server.agreed.zxid));
        let over = before.sessions.iter().filter(|session| !server.agreed.knows(**session)).copied();
        over.collect::<Vec<_>>().into_iter().for_each(|session| server.forget(session));
        if let (Data::ZooKeeper(before), Data::ZooKeeper(after)) = (&before.data, server.agreed.data.clone()) {
            let only = |these: &Directory<Label, Owner>, those: &Directory<Label, Owner>, created| {
                let only = these.children().iter().filter(|child| those.get(&child.name).is_none());
                only.map(|child| Changed { name: child.name, created }).collect()
            };
            server.fire(only(before, &after, false), cx);
            server.fire(only(&after, before, true), cx);
        }
    }
    if let Some(due) = answer {
        server.reply(p, due, cx);
    }
}
