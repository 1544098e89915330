//! A process that is one client of the core's: its sends become calls, its timers are real.

use super::zookeeper::Sessions;
use super::{Asked, Game, Heard, Link, configuration, etcd, zookeeper};
use crate::commands::Dice;
use faultline::core::cluster::Done;
use faultline::core::coordination::{Call, Coordination, Mistake, Msg, Note, Reply, Service, State, Timer};
use faultline::core::lock::keyspace::Owner;
use faultline::core::protocol::{Choices, Context, Effect, Event, NodeId, Protocol};
use std::io::{self, BufRead, BufReader, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

/// What a process is started with, as words.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Role {
    pub game: Game,
    pub me: u16,
    /// How often this client was started before.
    pub incarnation: u32,
    /// The service's port, and the referee's.
    pub ports: (u16, u16),
}

const SERVICES: [(Service, &str); 2] = [(Service::ZooKeeper, "zookeeper"), (Service::Etcd, "etcd")];

impl Role {
    /// # Panics
    /// When the game's service is none that runs here.
    pub fn words(&self) -> Vec<String> {
        let Game { service, clients, fence, mistake } = self.game;
        let (_, service) = SERVICES.into_iter().find(|(known, _)| *known == service).expect("ZooKeeper or etcd");
        let mistake = Mistake::ALL.iter().position(|known| Some(*known) == mistake).map_or(0, |at| at as u32 + 1);
        let numbers = [u32::from(clients), u32::from(fence), mistake, u32::from(self.me), self.incarnation];
        let ports = [u32::from(self.ports.0), u32::from(self.ports.1)];
        std::iter::once(service.to_owned()).chain(numbers.iter().chain(&ports).map(u32::to_string)).collect()
    }

    /// `None` when these are no words of a role.
    pub fn parse(words: &[String]) -> Option<Role> {
        let (service, rest) = words.split_first()?;
        let (service, _) = SERVICES.into_iter().find(|(_, known)| known == service)?;
        let numbers: Vec<u32> = rest.iter().map(|word| word.parse().ok()).collect::<Option<_>>()?;
        let [clients, fence, mistake, me, incarnation, port, referee] = numbers[..] else { return None };
        let small = |number: u32| u16::try_from(number).ok();
        let mistake = mistake.checked_sub(1).and_then(|at| Mistake::ALL.get(at as usize).copied());
        let game = Game { service, clients: small(clients)?, fence: fence == 1, mistake };
        Some(Role { game, me: small(me)?, incarnation, ports: (small(port)?, small(referee)?) })
    }
}

/// What the process is told: on a connection to the service, or by the storage.
enum Told {
    Service(u32, Heard),
    Storage(Msg),
    /// The test is over.
    Over,
}

/// Retries come at random.
struct Random(Dice);

impl Choices for Random {
    fn below(&mut self, bound: u32) -> u32 {
        self.0.below(u64::from(bound)) as u32
    }
}

struct Process {
    p: Coordination,
    role: Role,
    /// `None` before it has booted.
    state: Option<State>,
    random: Random,
    armed: Vec<(Instant, Timer)>,
    told: Sender<Told>,
    referee: TcpStream,
    /// The connection in use: its number, and its thread.
    link: Option<(u32, Sender<Asked>)>,
    /// Events that it has been told on that connection.
    events: u32,
    sessions: Sessions,
}

/// Plays a role until the referee is gone.
///
/// # Errors
/// When there is no referee.
pub fn play(role: Role) -> io::Result<()> {
    let referee = TcpStream::connect(("127.0.0.1", role.ports.1))?;
    referee.set_nodelay(true)?;
    let (told, hears) = channel();
    {
        let (lines, told) = (BufReader::new(referee.try_clone()?), told.clone());
        std::thread::spawn(move || {
            for line in lines.lines().map_while(Result::ok) {
                let Some(msg) = answer(&line) else { break };
                if told.send(Told::Storage(msg)).is_err() {
                    return;
                }
            }
            // Nobody left to tell is fine.
            let _ = told.send(Told::Over);
        });
    }
    let p = configuration(&role.game);
    let random = Random(Dice::new(u64::from(role.me) << 32 | u64::from(role.incarnation)));
    let (armed, sessions) = (Vec::new(), Sessions::default());
    let mut process = Process { p, role, state: None, random, armed, told, referee, link: None, events: 0, sessions };
    process.say(&format!("hello {}", role.me))?;
    process.boot()?;
    loop {
        let now = Instant::now();
        let next = process.armed.iter().map(|(at, _)| *at).min();
        if let Some(at) = next.filter(|at| *at <= now) {
            process.fire(at, now)?;
            continue;
        }
        let wait = next.map_or(Duration::from_secs(1), |at| at - now);
        match hears.recv_timeout(wait) {
            Ok(Told::Over) | Err(RecvTimeoutError::Disconnected) => return Ok(()),
            Ok(Told::Storage(msg)) => process.event(Event::Message { from: process.p.storage(), msg })?,
            Ok(Told::Service(connection, heard)) => process.hear(connection, heard)?,
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
}

impl Process {
    fn say(&mut self, line: &str) -> io::Result<()> {
        self.referee.write_all(format!("{line}\n").as_bytes())
    }

    fn boot(&mut self) -> io::Result<()> {
        let mut effects = Vec::new();
        let mut context = Context::new(NodeId(self.role.me), &mut effects, &mut self.random, self.role.incarnation);
        self.state = Some(self.p.boot(NodeId(self.role.me), &[], &mut context));
        self.carry_out(effects)
    }

    fn event(&mut self, event: Event<Coordination>) -> io::Result<()> {
        let mut effects = Vec::new();
        let mut context = Context::new(NodeId(self.role.me), &mut effects, &mut self.random, self.role.incarnation);
        if let Some(state) = &mut self.state {
            self.p.step(NodeId(self.role.me), state, event, &mut context);
        }
        self.carry_out(effects)
    }

    fn fire(&mut self, at: Instant, now: Instant) -> io::Result<()> {
        // Whoever was stopped, or got no time on a busy machine, may do late what it should have done before.
        if now - at > Duration::from_millis(u64::from(self.p.ttl)) / 4 {
            self.say(&format!("late {}", self.role.me))?;
        }
        let due = self.armed.iter().position(|(when, _)| *when == at).expect("it is armed");
        let (_, timer) = self.armed.remove(due);
        self.event(Event::Timeout(timer))
    }

    fn hear(&mut self, connection: u32, heard: Heard) -> io::Result<()> {
        if self.link.as_ref().is_none_or(|(current, _)| *current != connection) {
            return Ok(());
        }
        let msg = match heard {
            Heard::Event(fired) => {
                self.events += 1;
                Msg::Event { connection, fired }
            }
            Heard::Reply { xid, call, reply } => {
                self.report(&call, &reply)?;
                // A lone server is never behind.
                Msg::Answer { connection, xid, zxid: 0, events: self.events, reply }
            }
        };
        self.event(Event::Message { from: self.p.leader(), msg })
    }

    /// What number the server gave an attempt: the order by which the referee judges.
    fn report(&mut self, call: &Call, reply: &Reply) -> io::Result<()> {
        let own: Vec<(Owner, u32)> = match (call, reply) {
            (Call::Create { attempt, .. }, Reply::Created { czxid, .. }) => vec![(*attempt, *czxid)],
            (Call::Claim { attempt }, Reply::Claimed { created, .. }) => vec![(*attempt, *created)],
            (_, Reply::Children(children)) => {
                let own = |owner: &Owner| owner.client == self.role.me;
                children.iter().filter_map(|(name, czxid)| Some((name.label.filter(own)?, *czxid))).collect()
            }
            _ => Vec::new(),
        };
        own.into_iter().try_for_each(|(owner, number)| self.say(&format!("created {} {number}", words(owner))))
    }

    fn carry_out(&mut self, effects: Vec<Done<Coordination>>) -> io::Result<()> {
        for Done { effect, .. } in effects {
            match effect {
                Effect::Send { msg, .. } => self.send(msg)?,
                Effect::SetTimer { timer, after, .. } => {
                    self.armed.retain(|(_, armed)| *armed != timer);
                    self.armed.push((Instant::now() + Duration::from_millis(u64::from(after)), timer));
                }
                Effect::CancelTimer(timer) => self.armed.retain(|(_, armed)| *armed != timer),
                Effect::Note(note) => self.note(&note)?,
                Effect::Append { .. } | Effect::Sync | Effect::Compact { .. } => {}
            }
        }
        Ok(())
    }

    fn note(&mut self, note: &Note) -> io::Result<()> {
        match note {
            Note::Granted { owner, .. } => self.say(&format!("granted {}", words(*owner))),
            Note::HasRead { owner, .. } => self.say(&format!("works {}", words(*owner))),
            Note::Stops(owner) => self.say(&format!("stops {}", words(*owner))),
            Note::FoundOwn(owner) => self.say(&format!("found {}", words(*owner))),
            Note::SessionOver(session) => self.say(&format!("over {}", words(*session))),
            Note::Disconnected(session) => self.say(&format!("disconnected {}", words(*session))),
            _ => Ok(()),
        }
    }

    fn send(&mut self, msg: Msg) -> io::Result<()> {
        match msg {
            Msg::Ask { session, connection, xid, call } => {
                if matches!(call, Call::Connect { .. }) {
                    self.connect(connection);
                }
                if let Some((_, asks)) = &self.link {
                    // Its thread may have ended with the connection: then there is no answer, and silence will tell.
                    let _ = asks.send(Asked { session, xid, call });
                }
                Ok(())
            }
            Msg::Read { owner, fence } => self.say(&format!("read {} {}", words(owner), number(fence))),
            Msg::Write { owner, fence, base } => {
                self.say(&format!("write {} {} {}", words(owner), number(fence), number(base)))
            }
            other => Err(io::Error::other(format!("no message of a client: {other:?}"))),
        }
    }

    /// Leaves the old connection, if there is one, and begins another.
    fn connect(&mut self, connection: u32) {
        let (asks, asked) = channel();
        self.link = Some((connection, asks));
        self.events = 0;
        let told = self.told.clone();
        let heard = Arc::new(move |heard| told.send(Told::Service(connection, heard)).ok());
        let link = Link { port: self.role.ports.0, heard };
        let (sessions, service) = (self.sessions.clone(), self.role.game.service);
        let (ttl, silence) = (Duration::from_millis(u64::from(self.p.ttl)), self.p.silence());
        std::thread::spawn(move || match service {
            Service::Etcd => {
                let seconds = i64::try_from(ttl.as_secs()).ok()?;
                etcd::serve(&link, &asked, seconds, Duration::from_millis(u64::from(silence)))
            }
            _ => zookeeper::serve(&link, &asked, &sessions, ttl),
        });
    }
}

// --- the words between a client and the referee

pub fn words(owner: Owner) -> String {
    format!("{} {}", owner.client, owner.nonce)
}

fn number(number: Option<u32>) -> String {
    number.map_or_else(|| "-".to_owned(), |number| number.to_string())
}

/// What the storage says to a client.
fn answer(line: &str) -> Option<Msg> {
    let words: Vec<&str> = line.split(' ').collect();
    let [kind, client, nonce, value] = words[..] else { return None };
    let owner = Owner { client: client.parse().ok()?, nonce: nonce.parse().ok()? };
    match kind {
        "value" => Some(Msg::Value { owner, version: value.parse().ok() }),
        "wrote" => Some(Msg::Wrote { owner, accepted: value == "1" }),
        _ => None,
    }
}
