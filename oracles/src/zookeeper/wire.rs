//! A client's connection to ZooKeeper: calls and their answers in order, events between them.
//!
//! Sources: `zookeeper.jute`, `ZooDefs.java` and `KeeperException.java` of ZooKeeper 3.8.

use super::jute::{Reader, Writer};
use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// A server that hangs must not hang the test.
pub const PATIENCE: Duration = Duration::from_secs(30);

pub const NO_NODE: i32 = -101;
pub const BAD_VERSION: i32 = -103;
pub const NO_CHILDREN_FOR_EPHEMERALS: i32 = -108;
pub const NODE_EXISTS: i32 = -110;
pub const NOT_EMPTY: i32 = -111;
pub const SESSION_EXPIRED: i32 = -112;

const EVENT: i32 = -1;
const PING: i32 = -2;

/// What a client shows to have its session again.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Identity {
    pub session: i64,
    password: Vec<u8>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Request<'a> {
    Create {
        path: &'a str,
        data: &'a [u8],
        ephemeral: bool,
        sequential: bool,
    },
    Delete {
        path: &'a str,
    },
    Exists {
        path: &'a str,
        watch: bool,
    },
    Children {
        path: &'a str,
        watch: bool,
    },
    Get {
        path: &'a str,
        watch: bool,
    },
    /// Only if the node's version is this one; -1 is any.
    Set {
        path: &'a str,
        data: &'a [u8],
        version: i32,
    },
    Sync {
        path: &'a str,
    },
    Ping,
    Close,
}

/// Of a node's `Stat`, what the tests look at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stat {
    pub czxid: i64,
    pub version: i32,
    pub cversion: i32,
    /// The session of an ephemeral node; 0 for any other.
    pub owner: i64,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Answer {
    Created(String, Stat),
    Stat(Stat),
    Children(Vec<String>),
    Data(Vec<u8>, Stat),
    Done,
}

impl Answer {
    /// # Panics
    /// Here and below: when it is the answer to another call.
    pub fn stat(&self) -> Stat {
        match self {
            Answer::Created(_, stat) | Answer::Stat(stat) | Answer::Data(_, stat) => *stat,
            other => panic!("no stat in {other:?}"),
        }
    }

    pub fn path(self) -> String {
        let Answer::Created(path, _) = self else { panic!("no path in {self:?}") };
        path
    }

    pub fn children(self) -> Vec<String> {
        let Answer::Children(names) = self else { panic!("no children in {self:?}") };
        names
    }
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Change {
    Created,
    Deleted,
    Data,
    Children,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Event {
    pub change: Change,
    pub path: String,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Incoming {
    Event(Event),
    /// To the oldest call that was not answered; an error is its number.
    Reply(Result<Answer, i32>),
}

pub struct Wire {
    stream: TcpStream,
    xid: i32,
    /// Calls under way: number and kind.
    calls: VecDeque<(i32, i32)>,
    /// What has come of a frame.
    came: Vec<u8>,
    /// Events that came before an answer.
    pub events: VecDeque<Event>,
    pub identity: Identity,
    /// What the server has made of the wish.
    pub timeout: Duration,
}

impl Wire {
    /// Opens a session, or comes back to one: `None` when the server says that it is over.
    ///
    /// # Errors
    /// When there is no server, or it does not answer.
    pub fn connect(port: u16, identity: Option<&Identity>, timeout: Duration) -> io::Result<Option<Wire>> {
        Wire::connect_within(port, identity, timeout, PATIENCE)
    }

    /// # Errors
    /// As `connect`, after this patience.
    pub fn connect_within(
        port: u16,
        identity: Option<&Identity>,
        timeout: Duration,
        patience: Duration,
    ) -> io::Result<Option<Wire>> {
        let stream = TcpStream::connect_timeout(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)), patience)?;
        stream.set_nodelay(true)?;
        let none = Identity { session: 0, password: vec![0; 16] };
        let identity = identity.unwrap_or(&none);
        let wish = i32::try_from(timeout.as_millis()).map_err(io::Error::other)?;
        let mut writer = Writer::default();
        // No zxid was seen: a lone server is never behind.
        writer.int(0).long(0).int(wish).long(identity.session).bytes(&identity.password).bool(false);
        let identity = none.clone();
        let (calls, came, events) = (VecDeque::new(), Vec::new(), VecDeque::new());
        let mut wire = Wire { stream, xid: 0, calls, came, events, identity, timeout };
        wire.stream.write_all(&writer.framed())?;
        let frame = wire.frame(Instant::now() + patience)?.ok_or(io::ErrorKind::TimedOut)?;
        let mut reader = Reader(&frame);
        let (_, granted, session) = (reader.int()?, reader.int()?, reader.long()?);
        wire.identity = Identity { session, password: reader.bytes()?.to_vec() };
        wire.timeout = Duration::from_millis(u64::try_from(granted).unwrap_or(0));
        Ok((granted > 0).then_some(wire))
    }

    /// # Errors
    /// When the connection is broken.
    pub fn send(&mut self, request: Request) -> io::Result<()> {
        self.xid += 1;
        let (kind, xid) = match request {
            Request::Ping => (11, PING),
            Request::Delete { .. } => (2, self.xid),
            Request::Exists { .. } => (3, self.xid),
            Request::Get { .. } => (4, self.xid),
            Request::Set { .. } => (5, self.xid),
            Request::Sync { .. } => (9, self.xid),
            Request::Children { .. } => (12, self.xid),
            Request::Create { .. } => (15, self.xid),
            Request::Close => (-11, self.xid),
        };
        let mut writer = Writer::default();
        writer.int(xid).int(kind);
        match request {
            Request::Create { path, data, ephemeral, sequential } => {
                // To anyone, all that can be done.
                writer.text(path).bytes(data).int(1).int(31).text("world").text("anyone");
                writer.int(i32::from(ephemeral) + 2 * i32::from(sequential));
            }
            Request::Delete { path } => drop(writer.text(path).int(-1)),
            Request::Exists { path, watch } | Request::Children { path, watch } | Request::Get { path, watch } => {
                writer.text(path).bool(watch);
            }
            Request::Set { path, data, version } => drop(writer.text(path).bytes(data).int(version)),
            Request::Sync { path } => drop(writer.text(path)),
            Request::Ping | Request::Close => {}
        }
        self.stream.write_all(&writer.framed())?;
        self.calls.push_back((xid, kind));
        Ok(())
    }

    /// The next that comes before a moment; `None` if nothing does.
    ///
    /// # Errors
    /// When the connection is broken, or says what was not asked.
    pub fn receive(&mut self, until: Instant) -> io::Result<Option<Incoming>> {
        let Some(frame) = self.frame(until)? else { return Ok(None) };
        let mut reader = Reader(&frame);
        let (xid, _, error) = (reader.int()?, reader.long()?, reader.int()?);
        if xid == EVENT {
            let (kind, _, path) = (reader.int()?, reader.int()?, reader.text()?);
            let change = match kind {
                1 => Change::Created,
                2 => Change::Deleted,
                3 => Change::Data,
                4 => Change::Children,
                _ => return Err(io::Error::other(format!("an event {kind} of {path}"))),
            };
            return Ok(Some(Incoming::Event(Event { change, path })));
        }
        let Some((_, kind)) = self.calls.pop_front().filter(|(sent, _)| *sent == xid) else {
            return Err(io::Error::other(format!("an answer to the call {xid}, which is not the oldest")));
        };
        if error != 0 {
            return Ok(Some(Incoming::Reply(Err(error))));
        }
        let answer = match kind {
            15 => Answer::Created(reader.text()?, stat(&mut reader)?),
            3 | 5 => Answer::Stat(stat(&mut reader)?),
            4 => Answer::Data(reader.bytes()?.to_vec(), stat(&mut reader)?),
            12 => Answer::Children(reader.texts()?),
            _ => Answer::Done,
        };
        Ok(Some(Incoming::Reply(Ok(answer))))
    }

    /// One call and its answer; the events that came before it are kept.
    ///
    /// # Errors
    /// When the connection breaks or is silent.
    pub fn call(&mut self, request: Request) -> io::Result<Result<Answer, i32>> {
        self.send(request)?;
        let until = Instant::now() + PATIENCE;
        loop {
            match self.receive(until)?.ok_or(io::ErrorKind::TimedOut)? {
                Incoming::Event(event) => self.events.push_back(event),
                Incoming::Reply(reply) if self.calls.is_empty() => return Ok(reply),
                // To an earlier call, for which nobody waits any more.
                Incoming::Reply(_) => {}
            }
        }
    }

    fn frame(&mut self, until: Instant) -> io::Result<Option<Vec<u8>>> {
        loop {
            let length = self.came.first_chunk().map(|four| u32::from_be_bytes(*four) as usize + 4);
            if let Some(length) = length.filter(|length| self.came.len() >= *length) {
                let rest = self.came.split_off(length);
                let frame = std::mem::replace(&mut self.came, rest);
                return Ok(Some(frame[4..].to_vec()));
            }
            let left = until.saturating_duration_since(Instant::now());
            // No time at all would be taken for endless.
            self.stream.set_read_timeout(Some(left.max(Duration::from_micros(1))))?;
            let mut piece = [0; 4096];
            match self.stream.read(&mut piece) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(n) => self.came.extend(&piece[..n]),
                Err(e) if matches!(e.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {
                    if left.is_zero() || Instant::now() >= until {
                        return Ok(None);
                    }
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
    }
}

fn stat(reader: &mut Reader) -> io::Result<Stat> {
    let czxid = reader.long()?;
    let _modified_and_times = (reader.long()?, reader.long()?, reader.long()?);
    let (version, cversion, _) = (reader.int()?, reader.int()?, reader.int()?);
    Ok(Stat { czxid, version, cversion, owner: reader.long()? })
}
