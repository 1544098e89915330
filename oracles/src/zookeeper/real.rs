//! The same steps on a real ZooKeeper: a connection for each client, and one more that looks and is never told anything.

use super::steps::{Act, CLIENTS, PARENT, Row, Step, owner, spelled};
use super::wire::{Answer, Change, Event, NO_NODE, NODE_EXISTS, Request, Wire};
use super::{LONGEST, Program, TICK, ZooKeeper};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// How long a session lasts whose client is going to be killed. It asks for that as it comes back a last time.
const SHORT: Duration = Duration::from_millis(300);

struct Client {
    wire: Wire,
    /// How many sessions it has had before this one.
    number: usize,
}

pub struct Real {
    zookeeper: ZooKeeper,
    looks: Wire,
    clients: Vec<Client>,
    /// By the server's number of the session.
    owners: BTreeMap<i64, String>,
    /// How long after its last word each killed client's nodes went, at least and at most.
    pub expiries: Vec<(Duration, Duration)>,
}

fn expect(reply: std::io::Result<Result<Answer, i32>>) -> Answer {
    reply.expect("the server answers").unwrap_or_else(|code| panic!("error {code}"))
}

impl Real {
    pub fn start(program: &Program) -> Real {
        let zookeeper = ZooKeeper::start(program);
        let open = || Wire::connect(zookeeper.port(), None, LONGEST).expect("it answers").expect("a new session");
        let mut looks = open();
        expect(looks.call(create(PARENT)));
        let clients: Vec<Client> = (0..CLIENTS).map(|_| Client { wire: open(), number: 0 }).collect();
        let mut real = Real { zookeeper, looks, clients, owners: BTreeMap::new(), expiries: Vec::new() };
        (0..CLIENTS).for_each(|client| real.know(client));
        real
    }

    /// A fresh parent, with a count of its own, and fresh sessions.
    pub fn reset(&mut self) {
        for name in expect(self.looks.call(children(false))).children() {
            expect(self.looks.call(Request::Delete { path: &format!("{PARENT}/{name}") }));
        }
        expect(self.looks.call(Request::Delete { path: PARENT }));
        expect(self.looks.call(create(PARENT)));
        for client in 0..CLIENTS {
            expect(self.clients[client].wire.call(Request::Close));
            self.clients[client] = Client { wire: self.open(), number: 0 };
            self.know(client);
        }
    }

    fn open(&self) -> Wire {
        Wire::connect(self.zookeeper.port(), None, LONGEST).expect("the server answers").expect("a new session")
    }

    /// Comes back to a session that is not over.
    fn resume(&self, wire: &Wire, timeout: Duration) -> Wire {
        let wire = Wire::connect(self.zookeeper.port(), Some(&wire.identity), timeout).expect("the server answers");
        wire.expect("the session is not over")
    }

    fn know(&mut self, client: usize) {
        let Client { wire, number } = &self.clients[client];
        self.owners.insert(wire.identity.session, owner(client, *number));
    }

    /// # Panics
    /// When the server does not answer, or says what no trace has.
    pub fn apply(&mut self, step: &Step) -> Row {
        let answer = match step {
            Step::Of(client, act) => self.act(*client, act),
            Step::Crash => {
                self.zookeeper.server().kill();
                self.zookeeper.server().restart().unwrap_or_else(|why| panic!("ZooKeeper does not start again: {why}"));
                self.looks = self.resume(&self.looks, LONGEST);
                for client in 0..CLIENTS {
                    self.clients[client].wire = self.resume(&self.clients[client].wire, LONGEST);
                }
                String::new()
            }
        };
        let events = (0..CLIENTS).map(|client| self.told(client)).collect();
        Row { answer, events, children: self.children() }.unordered(step)
    }

    fn act(&mut self, client: usize, act: &Act) -> String {
        let path = |name: &str| format!("{PARENT}/{name}");
        let wire = &mut self.clients[client].wire;
        let said = match act {
            Act::Create { label, ephemeral, sequential } => {
                let (path, ephemeral, sequential) = (path(label), *ephemeral, *sequential);
                wire.call(Request::Create { path: &path, data: b"", ephemeral, sequential })
            }
            Act::List { watch } => wire.call(children(*watch)),
            Act::Exists { name, watch } => wire.call(Request::Exists { path: &path(&spelled(name)), watch: *watch }),
            Act::Delete { name } => wire.call(Request::Delete { path: &path(&spelled(name)) }),
            Act::Sync => wire.call(Request::Sync { path: PARENT }),
            Act::Reconnect => {
                self.clients[client].wire = self.resume(&self.clients[client].wire, LONGEST);
                Ok(Ok(Answer::Done))
            }
            Act::Close => {
                let said = wire.call(Request::Close);
                self.begin(client);
                said
            }
            Act::Kill => {
                self.kill(client);
                self.begin(client);
                Ok(Ok(Answer::Done))
            }
        };
        match said.expect("the server answers") {
            Ok(Answer::Created(path, _)) => below(&path).expect("a child").to_owned(),
            Ok(Answer::Children(mut names)) => {
                names.sort_unstable();
                names.join(" ")
            }
            Ok(Answer::Stat(_)) => "there".to_owned(),
            Ok(Answer::Done | Answer::Data(..)) => String::new(),
            Err(NODE_EXISTS) => "NodeExists".to_owned(),
            Err(NO_NODE) => "NoNode".to_owned(),
            Err(code) => panic!("{act:?}: error {code}"),
        }
    }

    fn begin(&mut self, client: usize) {
        let number = self.clients[client].number + 1;
        self.clients[client] = Client { wire: self.open(), number };
        self.know(client);
    }

    /// Its connection breaks, and it says nothing more: waits until its nodes are gone, and measures.
    fn kill(&mut self, client: usize) {
        let wire = &self.clients[client].wire;
        let identity = wire.identity.clone();
        let early = Instant::now();
        let last = self.resume(wire, SHORT);
        let late = Instant::now();
        assert_eq!(last.timeout, SHORT, "within 2 and 20 ticks, or what the server was told");
        drop(last);
        let name = owner(client, self.clients[client].number);
        let owns = |real: &mut Real| real.children().iter().any(|(_, owner)| *owner == name);
        if !owns(self) {
            return;
        }
        // It was there when it was asked for the last time before it was gone.
        let mut there = Instant::now();
        loop {
            let asked = Instant::now();
            if !owns(self) {
                break;
            }
            there = asked;
            assert!(late.elapsed() < Duration::from_secs(20), "a session of {SHORT:?} does not expire");
            std::thread::sleep(Duration::from_millis(4));
        }
        self.expiries.push((early.elapsed(), there.saturating_duration_since(late)));
        // Only the server says that a session is over, and it says it to whoever comes back.
        let back = Wire::connect(self.zookeeper.port(), Some(&identity), LONGEST).expect("the server answers");
        assert!(back.is_none(), "an expired session was given back");
    }

    /// What the watches of a client have said. The server has written it before it answers a ping that comes later.
    fn told(&mut self, client: usize) -> Vec<String> {
        let wire = &mut self.clients[client].wire;
        expect(wire.call(Request::Ping));
        wire.events.drain(..).map(|event| event_words(&event)).collect()
    }

    /// In the order of their czxid.
    fn children(&mut self) -> Vec<(String, String)> {
        let mut all: Vec<(i64, String, String)> = Vec::new();
        for name in expect(self.looks.call(children(false))).children() {
            let path = format!("{PARENT}/{name}");
            // It may have gone since, where a session is just ending.
            match self.looks.call(Request::Exists { path: &path, watch: false }).expect("the server answers") {
                Ok(answer) => {
                    let stat = answer.stat();
                    let owner = if stat.owner == 0 { String::new() } else { self.owners[&stat.owner].clone() };
                    all.push((stat.czxid, name, owner));
                }
                Err(code) => assert_eq!(code, NO_NODE),
            }
        }
        all.sort_unstable();
        assert!(all.windows(2).all(|pair| pair[0].0 < pair[1].0), "two nodes of one transaction: {all:?}");
        all.into_iter().map(|(_, name, owner)| (name, owner)).collect()
    }

    /// At most this much later than it should a session expires.
    pub fn expiry_bounds() -> (Duration, Duration) {
        (SHORT, SHORT + 2 * TICK)
    }
}

fn create(path: &str) -> Request<'_> {
    Request::Create { path, data: b"", ephemeral: false, sequential: false }
}

fn children(watch: bool) -> Request<'static> {
    Request::Children { path: PARENT, watch }
}

fn below(path: &str) -> Option<&str> {
    path.strip_prefix(PARENT)?.strip_prefix('/')
}

fn event_words(event: &Event) -> String {
    let word = match event.change {
        Change::Created => "created",
        Change::Deleted => "deleted",
        Change::Data => "data",
        Change::Children => "children",
    };
    match below(&event.path) {
        Some(name) => format!("{word} {name}"),
        None => word.to_owned(),
    }
}
