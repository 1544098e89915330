//! A client: computes from its own view which server keeps a key, and asks that one.

use super::stream::asking::{self, Asking};
use super::stream::{self, Part, Timer as Of};
use super::view::View;
use super::{Key, Msg, Note, Outcome, Request, Routing, Tag, Timer};
use crate::core::protocol::{Clock, Context, Event, NodeId};
use std::sync::Arc;

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Client {
    /// At the start, and again after a crash, the list in its configuration.
    pub view: Arc<View>,
    /// The epoch of the view from which it made its placement; it has changed that one ever since.
    pub since: u32,
    /// Started again so often: it has asked the directory whether its list is the newest, and has no answer yet. 0: it does
    /// not ask.
    pub asks: u32,
    /// Requests so far.
    pub count: u32,
    pub op: Option<Op>,
    pub gets_left: Option<u8>,
    /// Its part of the stream, if there is one.
    pub stream: Part<Asking>,
}

/// The request under way.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Op {
    pub tag: Tag,
    pub key: Key,
    /// Which replica it asks, from 0.
    pub nth: u8,
    /// How often it has begun anew because it learned of a newer view.
    pub anew: u8,
    pub to: u16,
    /// The epoch of the view by which it chose that server.
    pub epoch: u32,
}

/// A client that learns of newer views all the time gives up after so many.
const ANEW_MOST: u8 = 4;

pub fn boot(p: &Routing, me: NodeId, cx: &mut Context<Routing>) -> Client {
    if let Some(think) = p.pace.think {
        // One after the other, so that the first run shows one request alone.
        let nth = u32::from(me.0 - p.directory().0);
        cx.set_timer(Timer::Think, Clock::Monotonic, think * nth / u32::from(p.clients.max(1)));
    }
    let before = cx.incarnation() << 16;
    let mut client = Client {
        view: p.initial.clone(),
        since: p.initial.epoch,
        asks: 0,
        count: before,
        op: None,
        gets_left: p.gets.map(|left| if before == 0 { left } else { 0 }),
        stream: asking::boot(p, me, cx),
    };
    if before > 0 && p.hears(me) {
        client.asks = cx.incarnation();
        hello(p, &client, cx);
    }
    client
}

/// Asks the directory whether its list is the newest.
fn hello(p: &Routing, client: &Client, cx: &mut Context<Routing>) {
    cx.send(p.directory(), Msg::Seen { epoch: client.view.epoch, asks: client.asks });
    if let Some(after) = p.pace.announce {
        cx.set_timer(Timer::Hello, Clock::Monotonic, after);
    }
}

pub fn step(p: &Routing, me: NodeId, client: &mut Client, event: Event<Routing>, cx: &mut Context<Routing>) {
    match event {
        Event::Request(Request::Get(key)) => begin(p, me, client, key, cx),
        Event::Timeout(Timer::Think) => {
            if let Some(key) = p.asked.get(cx.below(p.asked.len() as u32) as usize) {
                begin(p, me, client, key.clone(), cx);
            }
        }
        Event::Timeout(Timer::Hello) => hello(p, client, cx),
        Event::Timeout(Timer::Answer) => {
            if let Some(op) = client.op.as_mut() {
                cx.note(Note::Silent { key: op.key.clone(), server: op.to });
                op.nth += 1;
                ask(p, me, client, cx);
            }
        }
        Event::Message { msg: Msg::View(view), .. } if p.hears(me) => {
            learn(client, view, cx);
            cx.send(p.directory(), Msg::Seen { epoch: client.view.epoch, asks: client.asks });
        }
        Event::Message { msg: Msg::Newest { asks, .. }, .. } if asks == client.asks && asks > 0 => {
            client.asks = 0;
            if p.pace.announce.is_some() {
                cx.cancel_timer(Timer::Hello);
            }
        }
        Event::Message { from, msg: Msg::Answer { tag, view, outcome } } => {
            if p.hears(me) {
                learn(client, view, cx);
            }
            if client.op.as_ref().is_some_and(|op| op.tag == tag && op.to == from.0) {
                answer(p, me, client, outcome, cx);
            }
        }
        Event::Timeout(Timer::Stream(Of::Next)) => asking::next(p, me, client, cx),
        Event::Timeout(Timer::Stream(Of::Sweep)) => asking::sweep(p, client, cx),
        Event::Message { from, msg: Msg::Stream(stream::Msg::Ended { n, view, end, others }) } => {
            if p.hears(me) {
                learn(client, view, cx);
            }
            asking::ended(p, me, client, from, (n, end, others), cx);
        }
        _ => {}
    }
}

/// Adopts a newer view. A client that has just started makes its placement of the first that it hears of.
fn learn(client: &mut Client, view: Arc<View>, cx: &mut Context<Routing>) {
    if view.epoch > client.view.epoch {
        if client.asks > 0 {
            client.since = view.epoch;
        }
        client.view = view;
        cx.note(Note::Learned { epoch: client.view.epoch, members: client.view.seats.len() as u16 });
    }
}

fn begin(p: &Routing, me: NodeId, client: &mut Client, key: Key, cx: &mut Context<Routing>) {
    if client.op.is_some() {
        cx.note(Note::Busy);
        return;
    }
    match &mut client.gets_left {
        Some(0) => return,
        Some(left) => *left -= 1,
        None => {}
    }
    if p.pace.think.is_some() {
        cx.cancel_timer(Timer::Think);
    }
    client.count += 1;
    let tag = Tag { client: me.0, n: client.count };
    client.op = Some(Op { tag, key, nth: 0, anew: 0, to: 0, epoch: 0 });
    ask(p, me, client, cx);
}

/// Sends the request to the next replica by the client's view.
fn ask(p: &Routing, me: NodeId, client: &mut Client, cx: &mut Context<Routing>) {
    let Some(op) = client.op.as_mut() else { return };
    let nodes = p.route(p.scheme_of(me), &client.view, client.since, &op.key);
    match nodes.get(usize::from(op.nth)) {
        Some(&to) => {
            (op.to, op.epoch) = (to, client.view.epoch);
            cx.note(Note::Asked { key: op.key.clone(), to, nth: op.nth });
            cx.send(NodeId(to), Msg::Get { tag: op.tag, view: client.view.clone(), key: op.key.clone() });
            cx.set_timer(Timer::Answer, Clock::Monotonic, p.pace.answer);
        }
        None => {
            let key = op.key.clone();
            cx.note(if nodes.is_empty() { Note::Nowhere { key } } else { Note::GaveUp { key } });
            finish(p, client, cx);
        }
    }
}

fn answer(p: &Routing, me: NodeId, client: &mut Client, outcome: Outcome, cx: &mut Context<Routing>) {
    let Some(op) = client.op.as_mut() else { return };
    let (key, by) = (op.key.clone(), op.to);
    match outcome {
        Outcome::Kept { nth } => {
            cx.note(Note::Got { key, from: by, nth });
            finish(p, client, cx);
        }
        Outcome::NotHere => {
            cx.note(Note::Redirected { key, by, epoch: client.view.epoch });
            if client.view.epoch > op.epoch && op.anew < ANEW_MOST {
                (op.nth, op.anew) = (0, op.anew + 1);
            } else {
                op.nth += 1;
            }
            ask(p, me, client, cx);
        }
    }
}

fn finish(p: &Routing, client: &mut Client, cx: &mut Context<Routing>) {
    client.op = None;
    cx.cancel_timer(Timer::Answer);
    if let Some(think) = p.pace.think {
        cx.set_timer(Timer::Think, Clock::Monotonic, think);
    }
}
