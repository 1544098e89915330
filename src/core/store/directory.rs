//! The directory: the one node that says who is a member. It stands for a group that agrees, and is simplified to one.

use super::view::View;
use super::{Msg, Note, Record, Request, Store};
use crate::core::protocol::{Context, Event, NodeId};

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Directory {
    pub view: View,
}

/// The latest view in its log.
pub fn recover(p: &Store, log: &[Record]) -> View {
    let mut views = log.iter().filter_map(|record| if let Record::View(view) = record { Some(*view) } else { None });
    views.next_back().unwrap_or(View::initial(p.initial))
}

pub fn boot(p: &Store, log: &[Record], cx: &mut Context<Store>) -> Directory {
    let directory = Directory { view: recover(p, log) };
    if cx.incarnation() > 0 {
        // It may have gone down before it had told everybody.
        announce(directory.view, directory.view, cx);
    }
    directory
}

pub fn step(p: &Store, directory: &mut Directory, event: Event<Store>, cx: &mut Context<Store>) {
    let (slot, add) = match event {
        Event::Request(Request::Add(slot)) => (slot, true),
        Event::Request(Request::Remove(slot)) => (slot, false),
        _ => return,
    };
    if !allowed(p, directory, slot, add) {
        cx.note(Note::Refused { slot, add });
        return;
    }
    let before = directory.view;
    let members = if add { before.members.with(slot) } else { before.members.without(slot) };
    directory.view = before.then(members);
    // One line is enough: a view says everything.
    cx.compact(vec![Record::View(directory.view)]);
    cx.note(Note::Changed { before, after: directory.view });
    announce(before, directory.view, cx);
}

fn allowed(p: &Store, directory: &Directory, slot: u16, add: bool) -> bool {
    let members = directory.view.members;
    slot < p.servers()
        && add != members.has(slot)
        && (add || members.count() > 1)
        && p.changes.is_none_or(|most| directory.view.epoch - 1 < u32::from(most))
}

/// The changes that would be carried out now.
pub fn possible(p: &Store, directory: &Directory) -> Vec<Request> {
    let request = |slot| {
        let add = !directory.view.members.has(slot);
        allowed(p, directory, slot, add).then_some(if add { Request::Add(slot) } else { Request::Remove(slot) })
    };
    (0..p.servers()).filter_map(request).collect()
}

/// Tells the servers; clients learn from these when they send by an old view.
fn announce(before: View, view: View, cx: &mut Context<Store>) {
    for to in before.members.or(view.members).iter() {
        cx.send(NodeId(to), Msg::View(view));
    }
}
