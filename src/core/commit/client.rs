//! A client that asks for transfers and asks again when it hears nothing: did it happen, or was the answer lost?

use super::{Commit, Msg, Note, Record, Request, Timer};
use crate::core::map::Map;
use crate::core::protocol::{Clock, Context, Event, NodeId};

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Client {
    /// How many transfers it has asked for; a transfer's number is its name.
    pub asked: u16,
    /// Those without an answer, with what they change.
    pub waiting: Map<u16, Vec<(NodeId, i32)>>,
    /// Their numbers are not on disk yet.
    pub unsent: Vec<u16>,
    /// Records in its log.
    pub written: u32,
}

/// It knows which numbers it has used, and has forgotten what it waited for.
pub fn boot(_: &Commit, log: &[Record], _: &mut Context<Commit>) -> Client {
    let asked = log.iter().filter_map(|record| if let Record::Asked(number) = record { Some(*number) } else { None });
    Client { asked: asked.max().unwrap_or(0), waiting: Map::new(), unsent: Vec::new(), written: log.len() as u32 }
}

pub fn step(p: &Commit, c: &mut Client, event: Event<Commit>, cx: &mut Context<Commit>) {
    match event {
        Event::Request(Request::Start(changes)) => {
            let Some(request) = c.asked.checked_add(1).filter(|_| p.makes_sense(&changes)) else { return };
            c.asked = request;
            c.waiting.insert(request, changes);
            c.unsent.push(request);
            // A number that has been used is never used again, whatever else is lost: so it is on disk first.
            c.written += 1;
            cx.force(Record::Asked(request));
            cx.note(Note::Ordered(request));
        }
        Event::Durable { .. } => {
            for request in std::mem::take(&mut c.unsent) {
                if let Some(changes) = c.waiting.get(&request) {
                    ask(p, request, changes.clone(), cx);
                }
            }
            if p.checkpoint_at > 0 && c.written >= p.checkpoint_at {
                c.written = 1;
                cx.compact(vec![Record::Asked(c.asked)]);
            }
        }
        Event::Timeout(Timer::Answer(request)) => {
            if let Some(changes) = c.waiting.get(&request) {
                cx.note(Note::OrderedAgain(request));
                ask(p, request, changes.clone(), cx);
            }
        }
        Event::Message { msg: Msg::Answer { request, tx, decision }, .. } => {
            if c.waiting.remove(&request).is_some() {
                cx.cancel_timer(Timer::Answer(request));
                cx.note(Note::HeardAnswer { request, tx, decision });
            }
        }
        // What only the others handle.
        Event::Message { .. } | Event::Timeout(_) | Event::Request(_) => {}
    }
}

fn ask(p: &Commit, request: u16, changes: Vec<(NodeId, i32)>, cx: &mut Context<Commit>) {
    cx.send(Commit::COORDINATOR, Msg::Order { request, changes });
    cx.set_timer(Timer::Answer(request), Clock::Monotonic, p.client.unwrap_or(0));
}
