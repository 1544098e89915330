//! The directory: the one node that says who is a member. It stands for a group that agrees, and is simplified to one.

use super::view::{Members, View};
use super::{Msg, Note, Record, Request, Store, Timer};
use crate::core::protocol::{Clock, Context, Event, NodeId};

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Directory {
    pub view: View,
    /// Servers that have not confirmed the view.
    pub untold: Members,
    /// How often these have been told, the first time not counted.
    pub again: u8,
}

/// The latest view in its log.
pub fn recover(p: &Store, log: &[Record]) -> View {
    let mut views = log.iter().filter_map(|record| if let Record::View(view) = record { Some(*view) } else { None });
    views.next_back().unwrap_or(View::initial(p.initial))
}

pub fn boot(p: &Store, log: &[Record], cx: &mut Context<Store>) -> Directory {
    let mut directory = Directory { view: recover(p, log), untold: Members::NONE, again: 0 };
    if cx.incarnation() > 0 {
        // It may have gone down before it had told everybody.
        let ever = directory.view.ever;
        announce(p, &mut directory, ever, cx);
    }
    directory
}

pub fn step(p: &Store, directory: &mut Directory, event: Event<Store>, cx: &mut Context<Store>) {
    match event {
        Event::Request(Request::Add(slot)) => change(p, directory, slot, true, cx),
        Event::Request(Request::Remove(slot)) => change(p, directory, slot, false, cx),
        Event::Message { from, msg: Msg::Seen { epoch } } if epoch == directory.view.epoch => {
            directory.untold = directory.untold.without(from.0);
            cx.note(Note::Confirmed { by: from.0, left: directory.untold.count() });
            if directory.untold.is_empty() {
                cx.cancel_timer(Timer::Announce);
            }
        }
        Event::Timeout(Timer::Announce) => {
            directory.again = directory.again.saturating_add(1);
            cx.note(Note::Repeats { epoch: directory.view.epoch, left: directory.untold.count() });
            tell(p, directory, cx);
        }
        _ => {}
    }
}

fn change(p: &Store, directory: &mut Directory, slot: u16, add: bool, cx: &mut Context<Store>) {
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
    announce(p, directory, before.members.or(members), cx);
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

/// Tells these servers; clients learn from them when they send by an old view.
fn announce(p: &Store, directory: &mut Directory, servers: Members, cx: &mut Context<Store>) {
    // Who has not confirmed the view before has to hear of this one, too.
    directory.untold = directory.untold.or(servers);
    directory.again = 0;
    tell(p, directory, cx);
}

fn tell(p: &Store, directory: &mut Directory, cx: &mut Context<Store>) {
    for slot in directory.untold.iter() {
        cx.send(NodeId(slot), Msg::View(directory.view));
    }
    if let Some(after) = p.pace.announce {
        // Twice as long each time, up to a minute: the server may be down for long.
        let longest = after.max(60_000);
        let after = after.checked_shl(u32::from(directory.again.min(16))).unwrap_or(longest).min(longest);
        cx.set_timer(Timer::Announce, Clock::Monotonic, after);
    } else {
        directory.untold = Members::NONE;
    }
}
