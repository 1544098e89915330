//! A real server, and clients around it: processes that can be killed and stopped.

use super::client::Role;
use super::referee::{Line, Referee};
use super::{Game, LOCK, configuration};
use crate::link::Link;
use crate::server::Server;
use crate::{etcd, zookeeper};
use faultline::core::coordination::{Coordination, Service};
use rustix::process::{Pid, Signal, kill_process};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Longer than anything here takes, on a busy machine too.
const PATIENCE: Duration = Duration::from_secs(40);

enum Real {
    ZooKeeper(zookeeper::ZooKeeper),
    Etcd(etcd::Etcd),
}

impl Real {
    fn server(&mut self) -> &mut Server {
        match self {
            Real::ZooKeeper(real) => real.server(),
            Real::Etcd(real) => real.server(),
        }
    }
}

/// The server that is installed here.
///
/// # Panics
/// When it does not start, or refuses the lock's node.
fn start(service: Service) -> Option<Real> {
    if service == Service::Etcd {
        return Some(Real::Etcd(etcd::Etcd::start(&etcd::program()?)));
    }
    let real = zookeeper::ZooKeeper::start(&zookeeper::program()?);
    let wire = zookeeper::wire::Wire::connect(real.port(), None, Duration::from_secs(10));
    let mut wire = wire.expect("it has just answered").expect("a new session");
    let parent = zookeeper::wire::Request::Create { path: LOCK, data: b"", ephemeral: false, sequential: false };
    wire.call(parent).expect("it answers").expect("there is no such node yet");
    Some(Real::ZooKeeper(real))
}

pub struct Players {
    game: Game,
    p: Coordination,
    program: PathBuf,
    real: Real,
    /// Every client's way to the server.
    pub link: Link,
    pub referee: Referee,
    /// One a client; and how often each was started.
    processes: Vec<(Child, u32)>,
}

impl Players {
    /// `None` where the server is not installed. `program` is this crate's `turns`.
    ///
    /// # Panics
    /// When anything that is here does not start.
    pub fn start(program: &str, game: Game) -> Option<Players> {
        let p = configuration(&game);
        let mut real = start(game.service)?;
        let link = Link::to(real.server().port()).expect("a port on loopback");
        let referee = Referee::start(&p).expect("a port on loopback");
        let mut players = Players { game, p, program: program.into(), real, link, referee, processes: Vec::new() };
        for me in 0..game.clients {
            let child = players.spawn(me, 0);
            players.processes.push((child, 0));
        }
        Some(players)
    }

    fn spawn(&self, me: u16, incarnation: u32) -> Child {
        let role = Role { game: self.game, me, incarnation, ports: (self.link.port(), self.referee.port) };
        let child = Command::new(&self.program).args(role.words()).stdin(Stdio::null()).spawn();
        child.unwrap_or_else(|e| panic!("{}: {e}", self.program.display()))
    }

    pub fn server(&mut self) -> &mut Server {
        self.real.server()
    }

    /// `kill -9` of a client, and another process in its place that knows nothing of it.
    pub fn kill(&mut self, client: u16) {
        self.referee.fault(&format!("kill {client}"));
        let incarnation = self.processes[usize::from(client)].1 + 1;
        end(&mut self.processes[usize::from(client)].0);
        let child = self.spawn(client, incarnation);
        self.processes[usize::from(client)] = (child, incarnation);
    }

    /// SIGSTOP: it does nothing more, and its connections stay.
    pub fn stop(&self, client: u16) {
        self.referee.fault(&format!("stop {client}"));
        self.signal(client, Signal::STOP);
    }

    pub fn go_on(&self, client: u16) {
        self.referee.fault(&format!("continue {client}"));
        self.signal(client, Signal::CONT);
    }

    fn signal(&self, client: u16, signal: Signal) {
        let pid = Pid::from_child(&self.processes[usize::from(client)].0);
        kill_process(pid, signal).expect("a child of ours takes signals");
    }

    pub fn freeze_server(&mut self, time: Duration) {
        self.referee.fault("freeze the server");
        self.server().freeze();
        std::thread::sleep(time);
        self.server().thaw();
        self.referee.fault("thaw the server");
    }

    /// `kill -9`, and a restart on the same port with the same data.
    pub fn crash_server(&mut self) {
        self.referee.fault("kill the server");
        self.server().kill();
        self.server().restart().unwrap_or_else(|why| panic!("it does not start again: {why}"));
        self.referee.fault("the server is back");
    }

    /// The session's timeout, the lease's time to live.
    pub fn ttl(&self) -> Duration {
        Duration::from_millis(u64::from(self.p.ttl))
    }

    /// Waits for a line of the log from this one on. Returns where the next one begins, and what `wanted` made of it.
    ///
    /// # Panics
    /// When it does not come.
    pub fn until<T>(&self, what: &str, from: usize, mut wanted: impl FnMut(&Line) -> Option<T>) -> (usize, T) {
        let (began, mut at) = (Instant::now(), from);
        while began.elapsed() < PATIENCE {
            for line in self.referee.log(at) {
                at += 1;
                if let Some(found) = wanted(&line) {
                    return (at, found);
                }
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        panic!("in vain: {what}; the log's end: {:#?}", self.referee.log(self.referee.length().saturating_sub(40)));
    }
}

fn end(child: &mut Child) {
    // An error means that it is gone already.
    let _ = child.kill();
    let _ = child.wait();
}

impl Drop for Players {
    fn drop(&mut self) {
        self.processes.iter_mut().for_each(|(child, _)| end(child));
    }
}
