//! The directory: the one node that says who is a member. It stands for a group that agrees, and is simplified to one.

use super::view::{Seat, View};
use super::{Msg, Note, Record, Refusal, Request, Routing, Timer};
use crate::core::placement::list::WEIGHT_MOST;
use crate::core::protocol::{Clock, Context, Event, NodeId};
use std::sync::Arc;

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Directory {
    pub view: Arc<View>,
    /// Clients that have not confirmed the view.
    pub untold: Vec<NodeId>,
    /// How often these have been told, the first time not counted.
    pub again: u8,
}

/// The latest view in its log.
pub fn recover(p: &Routing, log: &[Record]) -> Arc<View> {
    log.last().map_or_else(|| p.initial.clone(), |Record(view)| view.clone())
}

pub fn boot(p: &Routing, log: &[Record], cx: &mut Context<Routing>) -> Directory {
    let mut directory = Directory { view: recover(p, log), untold: Vec::new(), again: 0 };
    if cx.incarnation() > 0 {
        // It no longer knows who has confirmed the view.
        announce(p, &mut directory, cx);
    }
    directory
}

pub fn step(p: &Routing, directory: &mut Directory, event: Event<Routing>, cx: &mut Context<Routing>) {
    match event {
        Event::Request(request @ (Request::Add(..) | Request::Remove(_) | Request::Weight(..))) => {
            change(p, directory, &request, cx);
        }
        Event::Message { from, msg: Msg::Seen { epoch, asks } } => seen(p, directory, from, (epoch, asks), cx),
        Event::Timeout(Timer::Announce) => {
            directory.again = directory.again.saturating_add(1);
            cx.note(Note::Repeats { epoch: directory.view.epoch, left: directory.untold.len() as u8 });
            tell(p, directory, cx);
        }
        _ => {}
    }
}

/// A client says which view it has, and may ask whether it is the newest.
fn seen(p: &Routing, directory: &mut Directory, from: NodeId, (epoch, asks): (u32, u32), cx: &mut Context<Routing>) {
    if epoch < directory.view.epoch {
        cx.send(from, Msg::View(directory.view.clone()));
        return;
    }
    if asks > 0 {
        cx.send(from, Msg::Newest { epoch, asks });
    }
    let waited = directory.untold.len();
    directory.untold.retain(|client| *client != from);
    if directory.untold.len() < waited {
        cx.note(Note::Confirmed { by: from, left: directory.untold.len() as u8 });
    }
    if waited > 0 && directory.untold.is_empty() && p.pace.announce.is_some() {
        cx.cancel_timer(Timer::Announce);
    }
}

/// The list after the request, or why it is not carried out; whether the strategy can place keys on it is not asked.
///
/// # Errors
/// See [`Refusal`].
pub fn after(p: &Routing, view: &View, request: &Request) -> Result<Vec<Seat>, Refusal> {
    if p.changes.is_some_and(|most| view.epoch > u32::from(most)) {
        return Err(Refusal::Enough);
    }
    let mut seats = view.seats.clone();
    match *request {
        Request::Add(slot, weight) => {
            if slot >= p.servers() {
                return Err(Refusal::Unknown);
            }
            if view.has(slot) {
                return Err(Refusal::Member);
            }
            let weight = weight.unwrap_or_else(|| p.fleet.get(slot).map_or(1, |node| node.weight));
            check_weight(weight)?;
            seats.push(Seat { slot, weight });
        }
        Request::Remove(slot) => {
            if !view.has(slot) {
                return Err(Refusal::NoMember);
            }
            if seats.len() == 1 {
                return Err(Refusal::Last);
            }
            seats.retain(|seat| seat.slot != slot);
        }
        Request::Weight(slot, weight) => {
            check_weight(weight)?;
            let seat = seats.iter_mut().find(|seat| seat.slot == slot).ok_or(Refusal::NoMember)?;
            if seat.weight == weight {
                return Err(Refusal::Same);
            }
            seat.weight = weight;
        }
        Request::Get(_) => return Err(Refusal::Unknown),
    }
    Ok(seats)
}

fn check_weight(weight: u32) -> Result<(), Refusal> {
    if (1..=WEIGHT_MOST).contains(&weight) { Ok(()) } else { Err(Refusal::BadWeight) }
}

fn change(p: &Routing, directory: &mut Directory, request: &Request, cx: &mut Context<Routing>) {
    let placed = after(p, &directory.view, request).and_then(|seats| {
        let view = Arc::new(directory.view.then(seats));
        p.built(&p.scheme, &view, p.initial.epoch).map(|_| view).map_err(|_| Refusal::Scheme)
    });
    let after = match placed {
        Ok(after) => after,
        Err(why) => {
            cx.note(Note::Refused { request: request.clone(), why });
            return;
        }
    };
    let before = std::mem::replace(&mut directory.view, after.clone());
    // One line is enough: a view says everything.
    cx.compact(vec![Record(after.clone())]);
    cx.note(Note::Changed { before, after: after.clone() });
    if let Request::Add(slot, _) | Request::Remove(slot) | Request::Weight(slot, _) = *request {
        // Of the servers only the one that it is about: the others hear of it with the next request.
        cx.send(NodeId(slot), Msg::View(after));
    }
    announce(p, directory, cx);
}

/// Tells the clients that hear of changes.
fn announce(p: &Routing, directory: &mut Directory, cx: &mut Context<Routing>) {
    directory.untold = p.client_ids().filter(|client| p.hears(*client)).collect();
    directory.again = 0;
    tell(p, directory, cx);
}

fn tell(p: &Routing, directory: &mut Directory, cx: &mut Context<Routing>) {
    for client in &directory.untold {
        cx.send(*client, Msg::View(directory.view.clone()));
    }
    if let Some(after) = p.pace.announce.filter(|_| !directory.untold.is_empty()) {
        // Twice as long each time, up to a minute: the client may be down for long.
        let longest = after.max(60_000);
        let after = after.checked_shl(u32::from(directory.again.min(16))).unwrap_or(longest).min(longest);
        cx.set_timer(Timer::Announce, Clock::Monotonic, after);
    }
}
