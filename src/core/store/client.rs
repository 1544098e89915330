//! A client: sends each request to the owner of the key by its own view, and after that along the walk.

use super::view::View;
use super::{Entry, Key, Msg, Note, Outcome, Request, Store, Tag, Timer};
use crate::core::protocol::{Clock, Context, Event, NodeId};

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Client {
    /// At the start, and again after a crash, the list in its configuration.
    pub view: View,
    /// The highest version number that it has seen.
    pub seen: u32,
    /// Requests so far.
    pub count: u32,
    pub op: Option<Op>,
    pub gets_left: Option<u8>,
    pub puts_left: Option<u8>,
}

/// The request under way.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Op {
    pub tag: Tag,
    pub key: Key,
    /// The entry to store; `None` for a Get.
    pub put: Option<Entry>,
    /// Which replica it asks, from 0.
    pub nth: u8,
    /// Times that it has been through all of them.
    pub round: u8,
    /// The server that it waits for; `None` between two rounds.
    pub asks: Option<u16>,
    /// The epoch of the view by which it chose that server.
    pub epoch: u32,
}

pub fn boot(p: &Store, me: NodeId, cx: &mut Context<Store>) -> Client {
    if let Some(think) = p.pace.think {
        // One after the other, so that the first run shows one request alone.
        let nth = u32::from(me.0 - p.directory().0);
        cx.set_timer(Timer::Think, Clock::Monotonic, think * nth / u32::from(p.clients.max(1)));
    }
    let before = cx.incarnation() << 16;
    let left = |budget: Option<u8>| budget.map(|left| if before == 0 { left } else { 0 });
    Client {
        view: View::initial(p.initial),
        seen: before,
        count: before,
        op: None,
        gets_left: left(p.gets),
        puts_left: left(p.puts),
    }
}

pub fn step(p: &Store, me: NodeId, client: &mut Client, event: Event<Store>, cx: &mut Context<Store>) {
    match event {
        Event::Request(Request::Get(key)) => begin(p, me, client, key, false, cx),
        Event::Request(Request::Put(key)) => begin(p, me, client, key, true, cx),
        Event::Timeout(Timer::Think) => {
            if let Some(key) = p.keys.get(cx.below(p.keys.len() as u32) as usize) {
                let put = cx.below(p.pace.put_every) == 0;
                begin(p, me, client, key.clone(), put, cx);
            }
        }
        Event::Timeout(Timer::Answer) => {
            if let Some(op) = client.op.as_mut()
                && let Some(server) = op.asks
            {
                cx.note(Note::Silent { key: op.key.clone(), server });
                op.nth += 1;
                ask(p, client, cx);
            }
        }
        Event::Timeout(Timer::Again) => ask(p, client, cx),
        Event::Message { msg: Msg::View(view), .. } => learn(client, view, cx),
        Event::Message { from, msg: Msg::Answer { tag, view, outcome } } => {
            learn(client, view, cx);
            if client.op.as_ref().is_some_and(|op| op.tag == tag) {
                answer(p, client, from.0, outcome, cx);
            }
        }
        _ => {}
    }
}

/// Adopts a newer view.
fn learn(client: &mut Client, view: View, cx: &mut Context<Store>) {
    if view.epoch > client.view.epoch {
        client.view = view;
        cx.note(Note::Learned(view));
    }
}

fn begin(p: &Store, me: NodeId, client: &mut Client, key: Key, put: bool, cx: &mut Context<Store>) {
    if client.op.is_some() {
        cx.note(Note::Busy);
        return;
    }
    let left = if put { &mut client.puts_left } else { &mut client.gets_left };
    match left {
        Some(0) => return,
        Some(left) => *left -= 1,
        None => {}
    }
    cx.cancel_timer(Timer::Think);
    client.count += 1;
    let tag = Tag { client: me.0, n: client.count };
    if put {
        client.seen += 1;
    }
    let put = put.then_some(Entry { number: client.seen, value: tag });
    client.op = Some(Op { tag, key, put, nth: 0, round: 0, asks: None, epoch: 0 });
    ask(p, client, cx);
}

/// Sends the request to the next replica by the client's view, or waits if all have been tried.
fn ask(p: &Store, client: &mut Client, cx: &mut Context<Store>) {
    let Some(op) = client.op.as_mut() else { return };
    let again = op.nth > 0 || op.round > 0;
    let members = p.answering(client.view, op.put.is_some());
    if let Some(&to) = p.replicas_of(members, op.key.at).get(usize::from(op.nth)) {
        (op.asks, op.epoch) = (Some(to), client.view.epoch);
        cx.note(Note::Asked { key: op.key.clone(), put: op.put, to, again });
        let ask = Msg::Ask { tag: op.tag, view: client.view, key: op.key.clone(), put: op.put };
        cx.send(NodeId(to), ask);
        cx.set_timer(Timer::Answer, Clock::Monotonic, p.pace.answer);
        return;
    }
    (op.nth, op.asks) = (0, None);
    op.round += 1;
    cx.cancel_timer(Timer::Answer);
    if op.round >= p.pace.rounds {
        cx.note(Note::GaveUp { key: op.key.clone(), put: op.put.is_some() });
        finish(p, client, cx);
    } else {
        cx.set_timer(Timer::Again, Clock::Monotonic, p.pace.again);
    }
}

fn answer(p: &Store, client: &mut Client, from: u16, outcome: Outcome, cx: &mut Context<Store>) {
    let Some(op) = client.op.as_mut() else { return };
    let key = op.key.clone();
    match outcome {
        Outcome::Value(entry) => {
            client.seen = client.seen.max(entry.map_or(0, |entry| entry.number));
            cx.note(Note::Got { key, entry, from });
            finish(p, client, cx);
        }
        Outcome::Stored { entry, copies } => {
            client.seen = client.seen.max(entry.number);
            let needed = p.replicas.min(client.view.members.count());
            cx.note(Note::Stored { key, entry, copies, needed });
            finish(p, client, cx);
        }
        Outcome::Short { copies } => {
            cx.note(Note::NotStored { key, copies });
            finish(p, client, cx);
        }
        Outcome::Neither { asked } if op.asks == Some(asked) => {
            cx.note(Note::TurnedAway { key, by: asked });
            op.nth += 1;
            ask(p, client, cx);
        }
        // A late word from a server that it has given up on.
        _ if op.asks != Some(from) => {}
        Outcome::Neither { .. } => {}
        Outcome::NotYet => {
            cx.note(Note::TurnedAway { key, by: from });
            op.nth += 1;
            ask(p, client, cx);
        }
        Outcome::Redirect => {
            cx.note(Note::Redirected { key, by: from, epoch: client.view.epoch });
            op.nth = if client.view.epoch > op.epoch { 0 } else { op.nth + 1 };
            ask(p, client, cx);
        }
    }
}

fn finish(p: &Store, client: &mut Client, cx: &mut Context<Store>) {
    client.op = None;
    cx.cancel_timer(Timer::Answer);
    cx.cancel_timer(Timer::Again);
    if let Some(think) = p.pace.think {
        cx.set_timer(Timer::Think, Clock::Monotonic, think);
    }
}
