//! The scene in words: names, messages, phases, what panels say of a node.

use super::CoordinationScene;
use super::past::Past;
use crate::core::coordination::client::{Ahead, Client, Holding, Key, Phase, Step};
use crate::core::coordination::server::{Data, Server};
use crate::core::coordination::zookeeper::directory::{Change, Name, Watched};
use crate::core::coordination::{Call, Coordination, Fired, Label, Msg, Reply, Request, Service, State, Timer};
use crate::core::hash;
use crate::core::lock::client::Task;
use crate::core::lock::keyspace::Owner;
use crate::core::protocol::NodeId;
use crate::scenes::inspect::seconds;
use crate::scenes::lock::past::{Latest, WAITS};
use crate::scenes::scene::*;
use crate::scenes::staging::{MessageLook, Moment, Staging};
use crate::scenes::text::{Arg, say, word};
use crate::sim::simulation::Simulation;

pub use crate::scenes::lock::LETTERS;
pub use crate::scenes::lock::words::{hue, letter};

pub fn service(service: Service) -> &'static str {
    match service {
        Service::ZooKeeper => "ZooKeeper",
        Service::Etcd => "etcd",
        Service::Consul => "Consul",
    }
}

/// The key, with `-etcd` or `-consul` where that service needs words of its own.
pub fn of_service(p: &Coordination, key: &str) -> String {
    match p.service {
        Service::ZooKeeper => key.to_owned(),
        Service::Etcd => format!("{key}-etcd"),
        Service::Consul => format!("{key}-consul"),
    }
}

/// The key, with `-etcd` where a lease takes the session's place.
pub fn of_session(p: &Coordination, key: &str) -> String {
    if p.service == Service::Etcd { format!("{key}-etcd") } else { key.to_owned() }
}

/// The leading digits of a name that never repeats, shown as the random one that it stands for: the guid of an attempt, the id
/// of a session or lease. Guids sort as these do.
pub fn id(owner: Owner) -> String {
    format!("{:04x}", hash::narrow(&owner) >> 48)
}

/// What a node in ZooKeeper is called, shortened: guid, number.
pub fn child(name: Name<Label>) -> String {
    let guid = name.label.map_or_else(|| "lock".to_owned(), id);
    match name.number {
        Some(number) => format!("{guid}-…{number:04}"),
        None => "/lock".to_owned(),
    }
}

/// What the service calls a key.
pub fn key(p: &Coordination, name: Name<Label>) -> String {
    match (p.service, name.label) {
        (Service::ZooKeeper, _) => child(name),
        (Service::Etcd, Some(session)) => lease_key(session),
        _ => "lock".to_owned(),
    }
}

fn lease_key(session: Owner) -> String {
    format!("lock/{}", id(session))
}

pub fn who(client: u16) -> Arg {
    (letter(client).to_owned(), hue(client)).into()
}

pub fn lanes(p: &Coordination, lang: Lang) -> Vec<Lane> {
    let clients = (0..p.clients).map(|c| Lane {
        node: c,
        name: say(lang, "coordination.client", &[("name", letter(c).into())]),
        short: letter(c).to_owned(),
        hue: hue(c),
    });
    let lane = |node: NodeId, name, short| Lane { node: node.0, name, short, hue: Hue::Plain };
    let servers = p.servers().map(|node| lane(node, server(p, node, lang), short(p, node)));
    let storage = lane(p.storage(), word(lang, "coordination.storage"), word(lang, "coordination.storage-short"));
    clients.chain(servers).chain([storage]).collect()
}

/// The name of a server: the service's, or the follower's.
pub fn server(p: &Coordination, node: NodeId, lang: Lang) -> String {
    if Some(node) == p.follower() { word(lang, "coordination.follower") } else { service(p.service).to_owned() }
}

fn short(p: &Coordination, node: NodeId) -> String {
    let short = match p.service {
        _ if Some(node) == p.follower() => "F",
        Service::ZooKeeper => "ZK",
        other => service(other),
    };
    short.to_owned()
}

/// A call as its service spells it.
pub fn spelt(p: &Coordination, call: &Call) -> String {
    let words = match (call, p.service) {
        (Call::Connect { opens: false, .. }, _) => "reconnect",
        (Call::Connect { .. }, Service::ZooKeeper) => "connect",
        (Call::Connect { .. }, Service::Etcd) => "lease grant",
        (Call::Connect { .. }, Service::Consul) => "session create",
        (Call::Close, Service::ZooKeeper) => "closeSession",
        (Call::Close, Service::Etcd) => "lease revoke",
        (Call::Close, Service::Consul) => "session destroy",
        (Call::Ping, Service::ZooKeeper) => "ping",
        (Call::Ping, Service::Etcd) => "keepalive",
        (Call::Ping, Service::Consul) => "renew",
        (Call::Create { sequential: true, .. }, _) => "create /lock/…",
        (Call::Create { .. }, _) => "create /lock",
        (Call::Children { watch: false }, _) => "getChildren",
        (Call::Children { .. }, _) => "getChildren + watch",
        (Call::Exists(_), _) => "exists + watch",
        (Call::Delete(_), _) | (Call::Remove, _) => "delete",
        (Call::Sync, _) => "sync",
        (Call::Claim { .. }, _) => "txn put if absent",
        (Call::Before(revision), _) => return format!("range < {revision} + watch"),
        (Call::Own, _) => "get own key",
        (Call::Acquire { .. }, _) => "acquire",
        (Call::Release, _) => "release",
    };
    words.to_owned()
}

/// An answer, and whether it says yes.
fn answer(p: &Coordination, reply: &Reply) -> (String, bool) {
    let is = |yes: bool, words: &str| (words.to_owned(), yes);
    match (reply, p.service) {
        (Reply::Connected, Service::ZooKeeper) => is(true, "connected"),
        (Reply::Connected, Service::Etcd) => is(true, "lease ok"),
        (Reply::Connected, Service::Consul) => is(true, "session ok"),
        (Reply::Expired, Service::Etcd) => is(false, "lease not found"),
        (Reply::Expired, Service::Consul) => is(false, "invalid session"),
        (Reply::Expired, _) => is(false, "session expired"),
        (Reply::Pong, Service::ZooKeeper) => is(true, "pong"),
        (Reply::Pong, Service::Etcd) => (format!("TTL {}", seconds(Time::from(p.ttl) * 1000)), true),
        (Reply::Pong, Service::Consul) => is(true, "renewed"),
        (Reply::Created { name, czxid }, _) => (format!("{} · {czxid}", child(*name)), true),
        (Reply::NodeExists, _) => is(false, "NodeExists"),
        (Reply::Children(list), _) if list.len() == 1 => is(true, "1 child"),
        (Reply::Children(list), _) => (format!("{} children", list.len()), true),
        (Reply::Exists(true), _) => is(true, "exists"),
        (Reply::Exists(false) | Reply::Deleted(false), _) => is(false, "NoNode"),
        (Reply::Deleted(true), _) | (Reply::Removed(true), _) => is(true, "deleted"),
        (Reply::Removed(false), _) => is(false, "deleted 0"),
        (Reply::Synced, _) => is(true, "synced"),
        (Reply::Claimed { created, first }, _) => (format!("{created}, first {}", id(*first)), true),
        (Reply::Before(Some(session)), _) => (lease_key(*session), true),
        (Reply::Before(None), _) => is(true, "none older"),
        (Reply::Own(Some(created)), _) => (format!("created {created}"), true),
        (Reply::Own(None), _) => is(false, "no key"),
        (Reply::Acquired(Some(index)), _) => (format!("true · {index}"), true),
        (Reply::Acquired(None), _) | (Reply::Released(false), _) => is(false, "false"),
        (Reply::Released(true), _) => is(true, "true"),
    }
}

pub fn message(p: &Coordination, msg: &Msg) -> MessageLook {
    let look = |words: String, client: u16, reply| MessageLook { words, hue: hue(client), reply };
    let fenced = |word: &str, fence: &Option<u32>| fence.map_or_else(|| word.to_owned(), |n| format!("{word} · {n}"));
    match msg {
        Msg::Ask { session, call, .. } => look(spelt(p, call), session.client, None),
        Msg::Answer { reply, .. } => {
            let (words, yes) = answer(p, reply);
            MessageLook { words, hue: Hue::Plain, reply: Some(yes) }
        }
        Msg::Event { fired, .. } => {
            let words = match fired {
                Fired::Child(name, Change::Created) => format!("created {}", child(*name)),
                Fired::Child(name, _) => format!("deleted {}", child(*name)),
                Fired::Children => "children changed".to_owned(),
                Fired::Gone(session) => format!("DELETE {}", lease_key(*session)),
            };
            MessageLook { words, ..MessageLook::default() }
        }
        Msg::Forward { client, call, .. } => look(format!("forward {}", spelt(p, call)), client.0, None),
        Msg::Commit { agreed, .. } => {
            MessageLook { words: format!("commit {}", agreed.zxid), ..MessageLook::default() }
        }
        Msg::Valid(due) => {
            let (words, yes) = answer(p, &due.reply);
            look(words, due.client.0, Some(yes))
        }
        Msg::Read { owner, fence } => look(fenced("read", fence), owner.client, None),
        Msg::Value { owner, version } => {
            let words = version.map_or("refused".to_owned(), |v| format!("v{v}"));
            look(words, owner.client, Some(version.is_some()))
        }
        Msg::Write { owner, fence, .. } => look(fenced("write", fence), owner.client, None),
        Msg::Wrote { owner, accepted } => {
            look(if *accepted { "stored" } else { "refused" }.to_owned(), owner.client, Some(*accepted))
        }
    }
}

pub fn phase(p: &Coordination, client: &Client, lang: Lang) -> String {
    let key = match &client.phase {
        Phase::Idle => "phase-idle",
        Phase::Opening { .. } if client.opened => "phase-connecting",
        Phase::Opening { .. } => return word(lang, &of_session(p, "coordination.phase-opening")),
        Phase::Taking { .. } | Phase::Releasing { .. } if !client.up => "phase-connecting",
        Phase::Taking { step, .. } => match step {
            Step::Creating => "phase-creating",
            Step::Syncing => "phase-syncing",
            Step::Finding => "phase-finding",
            Step::Listing(_) => "phase-listing",
            Step::Watching(..) => "phase-watching",
            Step::Claiming => "phase-claiming",
            Step::Awaiting(_) => "phase-awaiting",
            Step::Rereading(_) => "phase-rereading",
            Step::Acquiring => "phase-acquiring",
        },
        Phase::Queued { .. } => "phase-queued",
        Phase::Waiting => "phase-waiting",
        Phase::Holding(Holding { task, .. }) => match task {
            Task::Reading => "phase-reading",
            Task::Working { .. } => "phase-working",
            Task::Acting { .. } => "phase-acting",
            Task::Writing => "phase-writing",
        },
        Phase::Releasing { .. } => "phase-releasing",
    };
    word(lang, &format!("coordination.{key}"))
}

/// Whom a waiter watches, as the service calls it.
pub fn ahead(ahead: &Ahead, lang: Lang) -> String {
    match ahead {
        Ahead::Child(name) => child(*name),
        Ahead::Session(session) => lease_key(*session),
        Ahead::Parent => word(lang, "coordination.all-children"),
    }
}

/// What a watch is set on, as the service calls it.
pub fn watched(p: &Coordination, what: &Watched<Label>, lang: Lang) -> String {
    match what {
        Watched::Child(name) => key(p, *name),
        Watched::Children => word(lang, "coordination.all-children"),
    }
}

/// What a client knows of its session: the end of a key of words, and its tone.
pub fn standing(client: &Client) -> (&'static str, Hue) {
    match client.session {
        Some(_) if client.up => ("connected", Hue::Plain),
        Some(_) if client.opened => ("disconnected", Hue::Warn),
        Some(_) => ("connecting", Hue::Muted),
        None if client.opened => ("over", Hue::Bad),
        None => ("none", Hue::Muted),
    }
}

/// The same in words; `kind` is `is`, short, or `knows`.
pub fn stands(p: &Coordination, kind: &str, of: &str, lang: Lang) -> String {
    let session = word(lang, &of_session(p, "coordination.session"));
    say(lang, &format!("coordination.{kind}-{of}"), &[("session", session.into())])
}

/// The number that counts what the service has agreed on: its name, its value.
pub fn counter(server: &Server) -> (&'static str, u32) {
    match &server.agreed.data {
        Data::ZooKeeper(_) => ("zxid", server.agreed.zxid),
        Data::Etcd(keys) => ("revision", keys.revision()),
        Data::Consul(key) => ("LockIndex", key.index),
    }
}

fn own(client: &Client) -> Option<(Name<Label>, Option<u32>)> {
    let of = |key: &Key| Some((key.name, Some(key.fence)));
    match &client.phase {
        Phase::Taking { step: Step::Listing(key) | Step::Watching(key, _), .. } => of(key),
        Phase::Taking { step: Step::Awaiting(key) | Step::Rereading(key), .. } => of(key),
        Phase::Queued { own, .. } => of(own),
        Phase::Holding(Holding { key, fence, .. }) => Some((*key, *fence)),
        Phase::Releasing { key, .. } => Some((*key, None)),
        _ => None,
    }
}

pub fn inspect(sim: &Simulation<Coordination>, node: NodeId, lang: Lang) -> Vec<(String, Text, bool)> {
    let p = sim.protocol.as_ref();
    let mut rows = Vec::new();
    let mut row = |key: &str, words: String, hue: Hue, mono: bool| {
        let label = word(lang, &format!("coordination.{key}"));
        rows.push((label, Text { words, hue, ..Text::default() }, mono));
    };
    let until = |due: Time| say(lang, "coordination.until", &[("time", seconds(due).into())]);
    let dash = || "—".to_owned();
    match sim.cluster.state(node) {
        None => row("row-state", word(lang, "common.down"), Hue::Bad, false),
        Some(State::Client(client)) => {
            row("row-state", phase(p, client, lang), Hue::Plain, false);
            row(&of_session(p, "row-session"), client.session.map_or_else(dash, id), Hue::Plain, true);
            let (standing, tone) = standing(client);
            row("row-connection", stands(p, "knows", standing, lang), tone, false);
            if p.follower {
                row("row-server", server(p, client.server, lang), Hue::Plain, false);
            }
            row("row-xid", format!("{} · {}", client.connection, client.xid), Hue::Plain, true);
            let lease = client.lease().and_then(|lease| sim.deadline(node, &lease)).map(|(_, due)| due);
            let over = lease.is_some_and(|due| due <= sim.now);
            row("row-lease", lease.map_or_else(dash, until), if over { Hue::Bad } else { Hue::Plain }, false);
            let own = own(client);
            row("row-own", own.map_or_else(dash, |(name, _)| key(p, name)), Hue::Plain, true);
            if let Phase::Queued { ahead: of, .. } = &client.phase {
                row("row-ahead", ahead(of, lang), Hue::Plain, true);
            }
            if p.fence {
                let fence = own.and_then(|(_, fence)| fence).map_or_else(dash, |n| n.to_string());
                row("row-fence", fence, Hue::Plain, true);
            }
            if let Phase::Holding(Holding { task: Task::Working { base } | Task::Acting { base }, .. }) = &client.phase
                && let Some(base) = base
            {
                row("row-base", format!("v{base}"), Hue::Plain, true);
            }
        }
        Some(State::Server(server)) => {
            let leads = node == p.leader();
            if p.follower {
                row(
                    "row-role",
                    word(lang, if leads { "coordination.leads" } else { "coordination.follows" }),
                    Hue::Plain,
                    false,
                );
            }
            let (name, value) = counter(server);
            rows.push((name.to_owned(), Text { words: value.to_string(), ..Text::default() }, true));
            let mut row = |label: String, words: String, hue: Hue, mono: bool| {
                rows.push((label, Text { words, hue, ..Text::default() }, mono));
            };
            let queue = server.agreed.queue();
            let first = queue.first().map_or_else(
                || word(lang, "coordination.free"),
                |w| format!("{} · {}", letter(w.owner.client), w.fence),
            );
            row(word(lang, "coordination.row-first"), first, Hue::Plain, true);
            let rest: Vec<_> =
                queue.iter().skip(1).map(|w| format!("{} · {}", letter(w.owner.client), w.fence)).collect();
            if p.service != Service::Consul {
                row(
                    word(lang, "coordination.row-rest"),
                    if rest.is_empty() { dash() } else { rest.join(", ") },
                    Hue::Plain,
                    true,
                );
            }
            for session in &server.agreed.sessions {
                let label = of_session(p, "coordination.row-session-of");
                let label = say(lang, &label, &[("who", letter(session.client).into())]);
                let words = match sim.deadline(node, &Timer::Session(*session)) {
                    Some((_, due)) => until(due),
                    None => word(lang, "coordination.alive"),
                };
                row(label, words, hue(session.client), false);
            }
            for (what, watcher) in server.watches.all() {
                let words = say(
                    lang,
                    "coordination.watches",
                    &[("who", letter(watcher.0.0).into()), ("what", watched(p, what, lang).into())],
                );
                row(word(lang, "coordination.row-watch"), words, hue(watcher.0.0), false);
            }
            if let Some((_, due)) = sim.deadline(node, &Timer::Delay).filter(|_| server.delayed) {
                row(word(lang, "coordination.row-delay"), until(due), Hue::Warn, false);
            }
        }
        Some(State::Storage(storage)) => {
            row("row-version", format!("v{}", storage.version), Hue::Plain, true);
            if p.fence {
                row("row-newest", storage.newest.map_or_else(dash, |n| n.to_string()), Hue::Plain, true);
            }
        }
    }
    rows
}

pub fn offers(sim: &Simulation<Coordination>, node: Option<NodeId>, lang: Lang) -> Vec<Offer> {
    let Some(node) = node.filter(|node| sim.cluster.runs(*node)) else { return Vec::new() };
    let p = sim.protocol.as_ref();
    let offer = |key: &str, request: Request| {
        let name = CoordinationScene::node_name(p, node);
        let line = format!("request {name} {}", CoordinationScene::request_line(p, &request));
        vec![Offer { words: word(lang, key), line, key: None, amount: None, minor: false }]
    };
    match sim.cluster.state(node) {
        Some(State::Client(client)) if matches!(client.phase, Phase::Idle | Phase::Waiting) => {
            offer("coordination.offer-acquire", Request::Acquire)
        }
        Some(State::Server(_)) if node == p.leader() => offer("coordination.offer-elect", Request::Elect),
        _ => Vec::new(),
    }
}

/// Numbers of the current run: waits, writes, refusals.
pub fn figures(moment: &Moment<CoordinationScene>, lang: Lang) -> Vec<Figure> {
    let past: &Past = moment.past;
    let figure = |key: &str, value: String| Figure {
        words: word(lang, &format!("coordination.{key}")),
        value,
        note: String::new(),
        looked_up: false,
    };
    let median = |key: &str, of: &Latest| {
        let value = of.median().map_or_else(|| "—".to_owned(), |t| format!("{} s", seconds(t)));
        let latest = of.count as usize > WAITS;
        let note =
            if latest { say(lang, "coordination.figure-wait-latest", &[("n", WAITS.into())]) } else { String::new() };
        Figure { note, ..figure(key, value) }
    };
    let mut all = vec![
        median("figure-wait", &past.waits),
        median("figure-handover", &past.handed_over),
        figure("figure-grants", format!("{} / {}", past.granted, past.asked)),
        figure("figure-denied", past.denied.to_string()),
    ];
    if moment.sim.protocol.service != Service::Consul {
        all.push(figure("figure-woken", format!("{} / {}", past.woken, past.changes)));
    }
    all.push(figure("figure-writes", format!("{} / {}", past.stored, past.stored + past.refused)));
    all
}
