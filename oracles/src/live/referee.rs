//! The storage, and the log by which the test judges.

use super::client::words as spelled;
use crate::twin::Nothing;
use faultline::core::cluster::Done;
use faultline::core::coordination::{Coordination, Msg, Note, State};
use faultline::core::lock::keyspace::Owner;
use faultline::core::protocol::{Context, Effect, Event, NodeId, Protocol};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufRead, BufReader, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;

/// A line of the log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Line {
    /// The server gave an attempt this number: czxid, or create revision.
    Created(Owner, u32),
    /// A client believes that it holds the lock.
    Granted(Owner),
    /// It has read, and works until it writes.
    Works(Owner),
    /// It has stopped in the middle of its work.
    Stops(Owner),
    /// The storage took a write, computed so many versions behind.
    Accepted { owner: Owner, behind: u32 },
    /// It refused a read or a write, for its fence.
    Refused(Owner),
    /// A client did something much later than it wanted to.
    Late(u16),
    /// What else a client says: "found", "over", "disconnected".
    Said(String, u16),
    /// What the test did.
    Fault(String),
}

struct Inside {
    p: Coordination,
    storage: State,
    log: Vec<Line>,
    clients: Vec<TcpStream>,
}

pub struct Referee {
    pub port: u16,
    inside: Arc<Mutex<Inside>>,
    over: Arc<AtomicBool>,
    listens: Option<JoinHandle<()>>,
}

impl Referee {
    /// # Errors
    /// When there is no loopback.
    pub fn start(p: &Coordination) -> io::Result<Referee> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let port = listener.local_addr()?.port();
        let me = p.storage();
        let storage = p.boot(me, &[], &mut Context::new(me, &mut Vec::new(), &mut Nothing, 0));
        let inside = Inside { p: p.clone(), storage, log: Vec::new(), clients: Vec::new() };
        let (inside, over) = (Arc::new(Mutex::new(inside)), Arc::new(AtomicBool::new(false)));
        let listens = {
            let (inside, over) = (inside.clone(), over.clone());
            std::thread::spawn(move || {
                while let Ok((stream, _)) = listener.accept() {
                    if over.load(Ordering::SeqCst) {
                        return;
                    }
                    let inside = inside.clone();
                    // A client that is killed breaks off wherever it is.
                    std::thread::spawn(move || drop(serve(stream, &inside)));
                }
            })
        };
        Ok(Referee { port, inside, over, listens: Some(listens) })
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().expect("nobody panics with it")
    }

    pub fn fault(&self, what: &str) {
        self.inside().log.push(Line::Fault(what.to_owned()));
    }

    /// So much of the log is there.
    pub fn length(&self) -> usize {
        self.inside().log.len()
    }

    /// The log from a line on.
    pub fn log(&self, from: usize) -> Vec<Line> {
        self.inside().log[from..].to_vec()
    }
}

/// Every client ends when its referee goes.
impl Drop for Referee {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
        // Wakes whoever listens.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
        if let Some(listens) = self.listens.take() {
            let _ = listens.join();
        }
        if let Ok(inside) = self.inside.lock() {
            inside.clients.iter().for_each(|client| drop(client.shutdown(Shutdown::Both)));
        }
    }
}

fn serve(stream: TcpStream, inside: &Mutex<Inside>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut answers = stream.try_clone()?;
    let poisoned = || io::Error::other("a thread has panicked");
    inside.lock().map_err(|_| poisoned())?.clients.push(stream.try_clone()?);
    for line in BufReader::new(stream).lines() {
        let line = line?;
        let said = inside.lock().map_err(|_| poisoned())?.hear(&line);
        let said = said.ok_or_else(|| io::Error::other(format!("no words of a client: {line}")))?;
        for line in said {
            answers.write_all(format!("{line}\n").as_bytes())?;
        }
    }
    Ok(())
}

impl Inside {
    /// Takes a line of a client's; what it is answered.
    fn hear(&mut self, line: &str) -> Option<Vec<String>> {
        let words: Vec<&str> = line.split(' ').collect();
        let (kind, rest) = words.split_first()?;
        let numbers: Vec<Option<u32>> = rest.iter().map(|word| word.parse().ok()).collect();
        let client = u16::try_from((*numbers.first()?)?).ok()?;
        let owner = |nonce: &Option<u32>| Some(Owner { client, nonce: (*nonce)? });
        let msg = match (*kind, &numbers[1..]) {
            ("read", [nonce, fence]) => Msg::Read { owner: owner(nonce)?, fence: *fence },
            ("write", [nonce, fence, base]) => Msg::Write { owner: owner(nonce)?, fence: *fence, base: *base },
            (kind, rest) => {
                self.log.push(match (kind, rest) {
                    ("created", [nonce, number]) => Line::Created(owner(nonce)?, (*number)?),
                    ("granted", [nonce]) => Line::Granted(owner(nonce)?),
                    ("works", [nonce]) => Line::Works(owner(nonce)?),
                    ("stops", [nonce]) => Line::Stops(owner(nonce)?),
                    ("late", []) => Line::Late(client),
                    _ => Line::Said(kind.to_owned(), client),
                });
                return Some(Vec::new());
            }
        };
        let (mut effects, mut nothing) = (Vec::new(), Nothing);
        let mut context = Context::new(self.p.storage(), &mut effects, &mut nothing, 0);
        let event = Event::Message { from: NodeId(client), msg };
        self.p.step(self.p.storage(), &mut self.storage, event, &mut context);
        let mut said = Vec::new();
        for Done { effect, .. } in effects {
            match effect {
                Effect::Send { msg: Msg::Value { owner, version }, .. } => {
                    let version = version.map_or_else(|| "-".to_owned(), |version| version.to_string());
                    said.push(format!("value {} {version}", spelled(owner)));
                }
                Effect::Send { msg: Msg::Wrote { owner, accepted }, .. } => {
                    said.push(format!("wrote {} {}", spelled(owner), u32::from(accepted)));
                }
                Effect::Note(Note::Accepted { owner, behind, .. }) => {
                    self.log.push(Line::Accepted { owner, behind: behind.unwrap_or(0) });
                }
                Effect::Note(Note::Refused { owner, .. }) => self.log.push(Line::Refused(owner)),
                _ => {}
            }
        }
        Some(said)
    }
}

/// What a log shows.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Verdict {
    pub grants: usize,
    pub accepted: usize,
    pub refused: usize,
    /// Writes that were taken after one of a later number.
    pub stale: Vec<Owner>,
    /// Writes that replaced a version that their client had not read.
    pub lost: usize,
    /// Grants that came after one of a later number, of clients that had gone on all the time.
    pub out_of_order: Vec<Owner>,
    /// The same of clients that had been stopped, or got no time.
    pub late: usize,
    /// Who was granted the lock.
    pub winners: BTreeSet<u16>,
}

/// Judges by the order in which the server made nodes or keys, whatever fences the writes carried.
///
/// # Panics
/// When somebody was granted the lock, or wrote, who has not said what number the server gave it.
pub fn judge(log: &[Line]) -> Verdict {
    let mut verdict = Verdict::default();
    let mut numbers: BTreeMap<Owner, u32> = BTreeMap::new();
    // Clients that lost time since an attempt's number was known.
    let mut slowed: BTreeMap<Owner, bool> = BTreeMap::new();
    let (mut newest_write, mut newest_grant) = (0, 0);
    let number = |numbers: &BTreeMap<Owner, u32>, owner: &Owner| {
        *numbers.get(owner).unwrap_or_else(|| panic!("{owner:?} has no number"))
    };
    for line in log {
        match line {
            Line::Created(owner, n) => {
                let before = numbers.insert(*owner, *n);
                assert!(before.is_none_or(|before| before == *n), "{owner:?} has two numbers: {before:?}, {n}");
                slowed.entry(*owner).or_default();
            }
            Line::Granted(owner) => {
                let n = number(&numbers, owner);
                verdict.grants += 1;
                verdict.winners.insert(owner.client);
                if n >= newest_grant {
                    newest_grant = n;
                } else if slowed[owner] {
                    verdict.late += 1;
                } else {
                    verdict.out_of_order.push(*owner);
                }
            }
            Line::Accepted { owner, behind } => {
                let n = number(&numbers, owner);
                verdict.accepted += 1;
                verdict.lost += usize::from(*behind > 0);
                if n < newest_write {
                    verdict.stale.push(*owner);
                }
                newest_write = newest_write.max(n);
            }
            Line::Refused(_) => verdict.refused += 1,
            Line::Late(client) => {
                slowed.iter_mut().filter(|(owner, _)| owner.client == *client).for_each(|(_, slow)| *slow = true);
            }
            Line::Fault(what) => {
                if let Some(client) = what.strip_prefix("stop ").and_then(|client| client.parse::<u16>().ok()) {
                    slowed.iter_mut().filter(|(owner, _)| owner.client == client).for_each(|(_, slow)| *slow = true);
                }
            }
            Line::Works(_) | Line::Stops(_) | Line::Said(..) => {}
        }
    }
    verdict
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_is_judged_by_the_servers_numbers() {
        let owner = |client| Owner { client, nonce: 1 };
        let accepted = |client, behind| Line::Accepted { owner: owner(client), behind };
        let begin = [Line::Created(owner(0), 5), Line::Created(owner(1), 7), Line::Granted(owner(0))];
        let fine = [&begin[..], &[accepted(0, 0), Line::Granted(owner(1)), accepted(1, 0)]].concat();
        let verdict = judge(&fine);
        assert_eq!((verdict.grants, verdict.accepted, verdict.stale.len(), verdict.lost), (2, 2, 0, 0));
        let stale = [&begin[..], &[Line::Granted(owner(1)), accepted(1, 0), accepted(0, 1)]].concat();
        let verdict = judge(&stale);
        assert_eq!((verdict.stale, verdict.lost, verdict.out_of_order.len()), (vec![owner(0)], 1, 0));
        let hurried = [&begin[..2], &[Line::Granted(owner(1)), Line::Granted(owner(0))]].concat();
        assert_eq!(judge(&hurried).out_of_order, [owner(0)]);
        let stopped =
            [&begin[..2], &[Line::Fault("stop 0".into()), Line::Granted(owner(1)), Line::Granted(owner(0))]].concat();
        assert_eq!((judge(&stopped).out_of_order.len(), judge(&stopped).late), (0, 1));
    }
}
