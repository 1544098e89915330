//! A client: keeps its session, takes the lock, works, writes to the storage, releases.
//!
//! What is the same for all services is here: session and connection, and the work of a holder (`holder.rs`). How the lock is
//! taken is the recipe's (`zookeeper.rs`, `etcd.rs`, `consul.rs`).

mod consul;
mod etcd;
mod holder;
mod zookeeper;

use super::zookeeper::directory::Name;
use super::{Call, Coordination, Fired, Label, Mistake, Msg, Note, Reply, Request, Service, Timer};
use crate::core::lock::client::Task;
use crate::core::lock::keyspace::Owner;
use crate::core::protocol::{Clock, Context, Event, NodeId};

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Client {
    pub phase: Phase,
    /// Its session, until it is told that it is over.
    pub session: Option<Owner>,
    /// The service has said that the session is there.
    pub opened: bool,
    /// Connections so far: the latest is the one in use.
    pub connection: u32,
    /// The connection works, as far as it knows.
    pub up: bool,
    /// The server that it is connected to.
    pub server: NodeId,
    /// Calls so far.
    pub xid: u32,
    /// The latest transaction that an answer has shown it.
    pub seen: u32,
    /// Events that it has been told on this connection.
    pub events: u32,
    /// The call that is under way, and whether an answer says that the session lives.
    pub call: Option<(u32, bool)>,
    pub ping: Option<u32>,
    /// The call that its lease counts from.
    pub lease: Option<u32>,
    /// Attempts and sessions since it started: makes their names differ.
    pub attempts: u32,
    pub rounds_left: Option<u8>,
    pub tries_left: Option<u8>,
    pub pings_left: Option<u8>,
    pub reconnects_left: Option<u8>,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Phase {
    /// Does not want the lock now.
    Idle,
    /// Wants it and has no connection yet.
    Opening { owner: Owner },
    /// Asks for it.
    Taking { owner: Owner, step: Step },
    /// In the queue, with a watch on who is before it.
    Queued { owner: Owner, own: Key, ahead: Ahead },
    /// Was refused; asks again later.
    Waiting,
    /// Believes that it holds the lock.
    Holding(Holding),
    /// Gives it back; no answer yet.
    Releasing { owner: Owner, key: Name<Label> },
}

/// A key of its own, as the service has named it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Key {
    pub name: Name<Label>,
    /// Its czxid, create revision or lock index: what serves as a fence.
    pub fence: u32,
}

/// Whom a waiter watches.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Ahead {
    Child(Name<Label>),
    /// All of them.
    Parent,
    /// etcd: the key of this session.
    Session(Owner),
}

/// Which call of the recipe is under way.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Step {
    // ZooKeeper
    Creating,
    /// After a lost answer: has the server that it is connected to heard of everything?
    Syncing,
    /// After a lost answer: is its own node there?
    Finding,
    Listing(Key),
    Watching(Key, Name<Label>),
    // etcd
    Claiming,
    Awaiting(Key),
    Rereading(Key),
    // Consul
    Acquiring,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Holding {
    pub owner: Owner,
    /// `None`: it took somebody else's node for its own.
    pub fence: Option<u32>,
    pub key: Name<Label>,
    pub task: Task,
}

impl Client {
    /// The attempt that it reads and writes for.
    pub fn works_for(&self) -> Option<Owner> {
        match &self.phase {
            Phase::Holding(holding) => Some(holding.owner),
            _ => None,
        }
    }

    /// The timer of its lease.
    pub fn lease(&self) -> Option<Timer> {
        self.lease.map(Timer::Lease)
    }
}

pub fn boot(p: &Coordination, me: NodeId, cx: &mut Context<Coordination>) -> Client {
    // Clients start one after the other, so that the first run shows one of them alone.
    if let Some(think) = p.think {
        cx.set_timer(Timer::Think, Clock::Monotonic, think * u32::from(me.0) / u32::from(p.clients.max(1)));
    }
    Client {
        phase: Phase::Idle,
        session: None,
        opened: false,
        // No two connections of a client have the same number, whether it has crashed in between or not.
        connection: cx.incarnation() << 16,
        up: false,
        server: p.home(me),
        xid: 0,
        seen: 0,
        events: 0,
        call: None,
        ping: None,
        lease: None,
        attempts: 0,
        rounds_left: p.rounds,
        tries_left: p.tries,
        pings_left: p.pings,
        reconnects_left: p.reconnects,
    }
}

pub fn step(
    p: &Coordination,
    me: NodeId,
    client: &mut Client,
    event: Event<Coordination>,
    cx: &mut Context<Coordination>,
) {
    match event {
        Event::Message { msg: Msg::Answer { connection, xid, zxid, events, reply }, .. }
            if connection == client.connection && client.session.is_some() =>
        {
            heard(p, cx);
            client.seen = client.seen.max(zxid);
            if events == client.events {
                answered(p, client, xid, reply, cx);
            } else {
                // One of them got lost: that does not happen in the middle of a connection that works.
                disconnected(p, client, cx);
            }
        }
        Event::Message { msg: Msg::Event { connection, fired }, .. }
            if connection == client.connection && client.session.is_some() =>
        {
            heard(p, cx);
            client.events += 1;
            woken(p, client, fired, cx);
        }
        Event::Message { msg, .. } => holder::message(p, client, &msg, cx),
        Event::Timeout(timer) => timeout(p, me, client, &timer, cx),
        Event::Request(Request::Acquire) => {
            if client.phase == Phase::Idle || client.phase == Phase::Waiting {
                cx.cancel_timer(Timer::Think);
                cx.cancel_timer(Timer::Retry);
                ask(p, me, client, cx);
            }
        }
        Event::Request(Request::Elect) | Event::Durable { .. } => {}
    }
}

fn timeout(p: &Coordination, me: NodeId, client: &mut Client, timer: &Timer, cx: &mut Context<Coordination>) {
    match timer {
        Timer::Think if client.phase == Phase::Idle => ask(p, me, client, cx),
        Timer::Retry if client.phase == Phase::Waiting => ask(p, me, client, cx),
        Timer::Ping if client.up && client.ping.is_none() => ping(p, client, cx),
        // The latest one is not answered yet.
        Timer::Ping if client.up => ping_later(p, client, cx),
        Timer::Silence => disconnected(p, client, cx),
        Timer::Lease(of) if client.lease == Some(*of) => {
            client.lease = None;
            lease_over(p, client, cx);
        }
        // Longer without an answer than a session lasts.
        Timer::Lease(of) if client.ping == Some(*of) || client.call.is_some_and(|call| call.0 == *of) => {
            disconnected(p, client, cx);
        }
        Timer::Timeout | Timer::Work | Timer::Act => holder::timeout(p, client, timer, cx),
        _ => {}
    }
}

/// A name that nothing has had before.
fn fresh(me: NodeId, client: &mut Client, cx: &Context<Coordination>) -> Owner {
    client.attempts += 1;
    Owner { client: me.0, nonce: (cx.incarnation() << 16) | client.attempts }
}

/// Begins an attempt to take the lock.
fn ask(p: &Coordination, me: NodeId, client: &mut Client, cx: &mut Context<Coordination>) {
    if let Some(tries) = client.tries_left.as_mut() {
        if *tries == 0 {
            client.phase = Phase::Idle;
            return;
        }
        *tries -= 1;
    }
    let owner = fresh(me, client, cx);
    cx.note(Note::Asked(owner));
    client.phase = Phase::Opening { owner };
    if client.session.is_some() {
        if client.up {
            begin(p, client, owner, cx);
        }
        return;
    }
    let session = fresh(me, client, cx);
    client.session = Some(session);
    client.opened = false;
    client.pings_left = p.pings;
    client.reconnects_left = p.reconnects;
    cx.note(Note::Opens(session));
    connect(p, client, cx);
}

/// The recipe's first call.
fn begin(p: &Coordination, client: &mut Client, owner: Owner, cx: &mut Context<Coordination>) {
    match p.service {
        Service::ZooKeeper => zookeeper::create(p, client, owner, cx),
        Service::Etcd => etcd::claim(p, client, owner, cx),
        Service::Consul => consul::acquire(p, client, owner, cx),
    }
}

// --- connection and session

fn connect(p: &Coordination, client: &mut Client, cx: &mut Context<Coordination>) {
    client.connection += 1;
    client.events = 0;
    call(p, client, Call::Connect { opens: !client.opened, seen: client.seen }, cx);
    // Whoever cannot connect tries again soon.
    cx.set_timer(Timer::Silence, Clock::Monotonic, (p.ttl / 6).max(1));
}

/// It has heard from the service.
fn heard(p: &Coordination, cx: &mut Context<Coordination>) {
    cx.set_timer(Timer::Silence, Clock::Monotonic, p.silence());
}

/// Asks the service for something. What keeps the session begins a lease of its own, before it is sent: the session cannot
/// end before that.
fn send(p: &Coordination, client: &mut Client, call: Call, cx: &mut Context<Coordination>) -> Option<(u32, bool)> {
    let session = client.session?;
    client.xid += 1;
    let (xid, keeps) = (client.xid, call.keeps(p.service));
    if keeps {
        cx.set_timer(Timer::Lease(xid), Clock::Monotonic, p.ttl);
        ping_later(p, client, cx);
    }
    cx.send(client.server, Msg::Ask { session, connection: client.connection, xid, call });
    Some((xid, keeps))
}

fn call(p: &Coordination, client: &mut Client, call: Call, cx: &mut Context<Coordination>) {
    client.call = send(p, client, call, cx);
}

fn ping_later(p: &Coordination, client: &Client, cx: &mut Context<Coordination>) {
    if client.pings_left != Some(0) {
        cx.set_timer(Timer::Ping, Clock::Monotonic, (p.ttl / 3).max(1));
    }
}

fn ping(p: &Coordination, client: &mut Client, cx: &mut Context<Coordination>) {
    if let Some(left) = client.pings_left.as_mut() {
        *left = left.saturating_sub(1);
    }
    client.ping = send(p, client, Call::Ping, cx).map(|(xid, _)| xid);
}

fn answered(p: &Coordination, client: &mut Client, xid: u32, reply: Reply, cx: &mut Context<Coordination>) {
    let keeps = if client.ping == Some(xid) {
        client.ping = None;
        if client.call.is_some_and(|call| call.0 < xid) {
            // Answers come in the order of what was asked: the one to the call got lost.
            cx.cancel_timer(Timer::Lease(xid));
            return disconnected(p, client, cx);
        }
        true
    } else if let Some((_, keeps)) = client.call.filter(|call| call.0 == xid) {
        client.call = None;
        keeps
    } else {
        return;
    };
    if reply == Reply::Expired {
        if keeps {
            cx.cancel_timer(Timer::Lease(xid));
        }
        return expired(p, client, cx);
    }
    if keeps && let Some(old) = client.lease.replace(xid) {
        cx.cancel_timer(Timer::Lease(old));
    }
    match reply {
        Reply::Pong => {}
        Reply::Connected => connected(p, client, cx),
        reply => replied(p, client, reply, cx),
    }
}

/// The answer to a call of the recipe.
fn replied(p: &Coordination, client: &mut Client, reply: Reply, cx: &mut Context<Coordination>) {
    match (client.phase.clone(), &reply) {
        (
            Phase::Releasing { owner, .. },
            Reply::Deleted(removed) | Reply::Removed(removed) | Reply::Released(removed),
        ) => {
            cx.note(Note::Released { owner, removed: *removed });
            rest(p, client, cx);
        }
        (Phase::Taking { owner, step }, _) => match p.service {
            Service::ZooKeeper => zookeeper::replied(p, client, owner, step, reply, cx),
            Service::Etcd => etcd::replied(p, client, owner, step, &reply, cx),
            Service::Consul => consul::replied(p, client, owner, &reply, cx),
        },
        _ => {}
    }
}

fn connected(p: &Coordination, client: &mut Client, cx: &mut Context<Coordination>) {
    client.up = true;
    client.opened = true;
    ping_later(p, client, cx);
    if let Some(session) = client.session {
        cx.note(Note::Connected(session));
    }
    match client.phase.clone() {
        Phase::Opening { owner } => begin(p, client, owner, cx),
        Phase::Releasing { owner, key } => give(p, client, owner, key, cx),
        Phase::Taking { owner, step } => match p.service {
            Service::ZooKeeper => zookeeper::resume(p, client, owner, step, cx),
            Service::Etcd => etcd::resume(p, client, owner, step, cx),
            Service::Consul => consul::acquire(p, client, owner, cx),
        },
        // Its watch went with the connection.
        Phase::Queued { owner, own, .. } => match p.service {
            Service::ZooKeeper => zookeeper::list(p, client, owner, own, cx),
            _ => etcd::look(p, client, owner, own, cx),
        },
        Phase::Idle | Phase::Waiting | Phase::Holding(_) => {}
    }
}

/// Nothing was heard for too long, or something is missing. What is under way may have been done or not.
fn disconnected(p: &Coordination, client: &mut Client, cx: &mut Context<Coordination>) {
    let Some(session) = client.session else { return };
    cx.note(Note::Disconnected(session));
    client.up = false;
    cx.cancel_timer(Timer::Ping);
    let pending = [client.ping.take(), client.call.take().filter(|call| call.1).map(|call| call.0)];
    pending.into_iter().flatten().for_each(|xid| cx.cancel_timer(Timer::Lease(xid)));
    if let (Phase::Holding(holding), true) = (client.phase.clone(), p.stops_in_silence()) {
        holder::stop(&holding, cx);
        client.phase = Phase::Releasing { owner: holding.owner, key: holding.key };
    }
    if let Some(left) = client.reconnects_left.as_mut() {
        if *left == 0 {
            // It listens on none any more.
            client.connection += 1;
            return;
        }
        *left -= 1;
    }
    // The next server of the list, where there is one.
    if let Some(follower) = p.follower() {
        client.server = if client.server == follower { p.leader() } else { follower };
    }
    connect(p, client, cx);
}

/// Its lease is over by its own clock. Of the session only the service knows.
fn lease_over(p: &Coordination, client: &mut Client, cx: &mut Context<Coordination>) {
    let Some(session) = client.session else { return };
    cx.note(Note::LeaseOver(session));
    if let (Phase::Holding(holding), false) = (client.phase.clone(), p.mistakes.has(Mistake::WorksDisconnected)) {
        holder::stop(&holding, cx);
        release(p, client, &holding, cx);
    }
}

/// The service says that the session is over, and with it all that it had created.
fn expired(p: &Coordination, client: &mut Client, cx: &mut Context<Coordination>) {
    let Some(session) = client.session.take() else { return };
    cx.note(Note::SessionOver(session));
    client.up = false;
    stop_listening(client, cx);
    match client.phase.clone() {
        Phase::Holding(holding) => {
            holder::stop(&holding, cx);
            cx.note(Note::Released { owner: holding.owner, removed: false });
            rest(p, client, cx);
        }
        Phase::Releasing { owner, .. } => {
            cx.note(Note::Released { owner, removed: false });
            rest(p, client, cx);
        }
        Phase::Opening { owner } | Phase::Taking { owner, .. } | Phase::Queued { owner, .. } => {
            wait(p, client, owner, cx);
        }
        Phase::Idle | Phase::Waiting => {}
    }
}

fn woken(p: &Coordination, client: &mut Client, fired: Fired, cx: &mut Context<Coordination>) {
    let Phase::Queued { owner, own, ahead } = client.phase.clone() else { return };
    match (ahead, fired) {
        (Ahead::Child(name), Fired::Child(gone, _)) if name == gone => {
            cx.note(Note::Woken(owner));
            zookeeper::list(p, client, owner, own, cx);
        }
        (Ahead::Parent, Fired::Children) => {
            cx.note(Note::Woken(owner));
            zookeeper::list(p, client, owner, own, cx);
        }
        (Ahead::Session(session), Fired::Gone(gone)) if session == gone => {
            cx.note(Note::Woken(owner));
            etcd::look(p, client, owner, own, cx);
        }
        _ => {}
    }
}

// --- rounds

/// Gives the lock back.
fn release(p: &Coordination, client: &mut Client, holding: &Holding, cx: &mut Context<Coordination>) {
    [Timer::Work, Timer::Act, Timer::Timeout].into_iter().for_each(|timer| cx.cancel_timer(timer));
    let (owner, key) = (holding.owner, holding.key);
    client.phase = Phase::Releasing { owner, key };
    if client.up {
        give(p, client, owner, key, cx);
    }
}

fn give(p: &Coordination, client: &mut Client, owner: Owner, key: Name<Label>, cx: &mut Context<Coordination>) {
    client.phase = Phase::Releasing { owner, key };
    let how = match p.service {
        Service::ZooKeeper => Call::Delete(key),
        Service::Etcd => Call::Remove,
        Service::Consul => Call::Release,
    };
    call(p, client, how, cx);
}

/// After a refusal: the next try comes a little later, by chance, so that two clients do not collide for ever.
fn wait(p: &Coordination, client: &mut Client, owner: Owner, cx: &mut Context<Coordination>) {
    client.phase = Phase::Waiting;
    if client.tries_left == Some(0) {
        cx.note(Note::GaveUp { owner, at_once: false });
        rest(p, client, cx);
    } else {
        let jitter = cx.below(p.jitter);
        cx.set_timer(Timer::Retry, Clock::Monotonic, p.retry + jitter);
    }
}

/// It has done what it wanted, and says so if it can; otherwise its session ends by itself.
fn close(p: &Coordination, client: &mut Client, cx: &mut Context<Coordination>) {
    if !client.up || client.session.is_none() {
        return;
    }
    send(p, client, Call::Close, cx);
    client.session = None;
    client.up = false;
    stop_listening(client, cx);
}

/// Nothing is awaited any more, and nothing kept.
fn stop_listening(client: &mut Client, cx: &mut Context<Coordination>) {
    let call = client.call.take().filter(|call| call.1).map(|call| call.0);
    let pending = [client.ping.take(), call, client.lease.take()];
    pending.into_iter().flatten().for_each(|xid| cx.cancel_timer(Timer::Lease(xid)));
    cx.cancel_timer(Timer::Ping);
    cx.cancel_timer(Timer::Silence);
}

/// The round is over.
fn rest(p: &Coordination, client: &mut Client, cx: &mut Context<Coordination>) {
    client.phase = Phase::Idle;
    client.tries_left = p.tries;
    if let Some(rounds) = client.rounds_left.as_mut() {
        *rounds = rounds.saturating_sub(1);
        if *rounds == 0 {
            return close(p, client, cx);
        }
    }
    if let Some(think) = p.think {
        cx.set_timer(Timer::Think, Clock::Monotonic, think);
    }
}
