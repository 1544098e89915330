//! The directory: the one node that says who is a member. It stands for a group that agrees, and is simplified to one.

use super::view::{Members, Rare, View};
use super::{Handover, Msg, Note, Record, Request, Store, Timer};
use crate::core::protocol::{Clock, Context, Event, NodeId};

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Directory {
    pub view: View,
    /// Servers that have not confirmed the view.
    pub untold: Members,
    /// How often these have been told, the first time not counted.
    pub again: u8,
    /// `WriteBoth`: members that have not copied all that they keep by the view, as far as it has been told.
    pub waits: Rare<Members>,
}

/// The latest view in its log.
pub fn recover(p: &Store, log: &[Record]) -> View {
    let mut views = log.iter().filter_map(|record| if let Record::View(view) = record { Some(*view) } else { None });
    views.next_back().unwrap_or(View::initial(p.initial))
}

pub fn boot(p: &Store, log: &[Record], cx: &mut Context<Store>) -> Directory {
    let view = recover(p, log);
    let waits = Rare(gaining(p, view));
    let mut directory = Directory { view, untold: Members::NONE, again: 0, waits };
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
            if directory.untold.is_empty() && directory.waits.0.is_empty() {
                cx.cancel_timer(Timer::Announce);
            }
        }
        Event::Message { from, msg: Msg::Whole { epoch } }
            if epoch == directory.view.epoch && directory.waits.0.has(from.0) =>
        {
            directory.waits.0 = directory.waits.0.without(from.0);
            cx.note(Note::Copies { by: from.0, left: directory.waits.0.count() });
            if directory.waits.0.is_empty() {
                settle(p, directory, cx);
            }
        }
        Event::Timeout(Timer::Announce) => {
            directory.again = directory.again.saturating_add(1);
            let left = directory.untold.or(directory.waits.0).count();
            cx.note(Note::Repeats { epoch: directory.view.epoch, left });
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
    let mut after = before.then(members);
    match p.handover {
        Handover::TurnAway => {}
        Handover::Forward => after.former = Rare(before.members),
        // As long as a change has not ended, those who were whole before it stay the ones who answer.
        Handover::WriteBoth => {
            after.former.0 = if before.former.0.is_empty() { before.members } else { before.former.0 };
            directory.waits = Rare(gaining(p, after));
            if directory.waits.0.is_empty() {
                after.former = Rare::default();
            }
        }
    }
    directory.view = after;
    // One line is enough: a view says everything.
    cx.compact(vec![Record::View(directory.view)]);
    cx.note(Note::Changed { before, after: directory.view });
    announce(p, directory, before.members.or(members).or(before.former.0), cx);
}

/// The members that keep something by the view which they do not by the membership that still answers.
fn gaining(p: &Store, view: View) -> Members {
    let ends = p.handover == Handover::WriteBoth && !view.former.0.is_empty();
    let gains = |slot: &u16| ends && p.gains(view.former.0, view.members, *slot);
    view.members.iter().filter(gains).collect()
}

/// All have copied: the new members answer.
fn settle(p: &Store, directory: &mut Directory, cx: &mut Context<Store>) {
    let before = directory.view;
    let settled = Rare(before.settled.0 + 1);
    directory.view = View { epoch: before.epoch + 1, former: Rare::default(), settled, ..before };
    cx.compact(vec![Record::View(directory.view)]);
    cx.note(Note::Settled(directory.view));
    announce(p, directory, before.members.or(before.former.0), cx);
}

fn allowed(p: &Store, directory: &Directory, slot: u16, add: bool) -> bool {
    let members = directory.view.members;
    slot < p.servers()
        && add != members.has(slot)
        && (add || members.count() > 1)
        && p.changes.is_none_or(|most| directory.view.changes() < u32::from(most))
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
    for slot in directory.untold.or(directory.waits.0).iter() {
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
