//! ZooKeeper's recipe: an ephemeral sequential node, and a watch on the one before it.
//!
//! Source: "ZooKeeper Recipes and Solutions", Locks and its remarks on guids.

use super::{Ahead, Client, Key, Phase, Step, call, holder, rest, wait};
use crate::core::coordination::zookeeper::directory::Name;
use crate::core::coordination::{Call, Coordination, Label, Mistake, Note, Reply};
use crate::core::hash;
use crate::core::lock::keyspace::Owner;
use crate::core::protocol::Context;

type Cx<'a, 'b> = &'a mut Context<'b, Coordination>;

fn taking(p: &Coordination, client: &mut Client, owner: Owner, step: Step, asks: Call, cx: Cx) {
    client.phase = Phase::Taking { owner, step };
    call(p, client, asks, cx);
}

pub(super) fn create(p: &Coordination, client: &mut Client, owner: Owner, cx: Cx) {
    let nameless = p.one_node() || p.mistakes.has(Mistake::NoGuid);
    let label = (!nameless).then_some(owner);
    let asks = Call::Create { attempt: owner, label, sequential: !p.one_node() };
    taking(p, client, owner, Step::Creating, asks, cx);
}

/// Who is before it?
pub(super) fn list(p: &Coordination, client: &mut Client, owner: Owner, own: Key, cx: Cx) {
    let watch = p.mistakes.has(Mistake::WatchParent);
    taking(p, client, owner, Step::Listing(own), Call::Children { watch }, cx);
}

/// On a new connection: what was under way may have been done or not.
pub(super) fn resume(p: &Coordination, client: &mut Client, owner: Owner, step: Step, cx: Cx) {
    match step {
        Step::Listing(own) | Step::Watching(own, _) => list(p, client, owner, own, cx),
        // Whoever cannot tell its own node from others can only try again.
        _ if p.one_node() || p.mistakes.has(Mistake::NoGuid) => create(p, client, owner, cx),
        _ => {
            cx.note(Note::LooksForOwn(owner));
            // A follower may not have heard of the node yet.
            if p.follower && !p.mistakes.has(Mistake::NoSync) {
                taking(p, client, owner, Step::Syncing, Call::Sync, cx);
            } else {
                taking(p, client, owner, Step::Finding, Call::Children { watch: false }, cx);
            }
        }
    }
}

pub(super) fn replied(p: &Coordination, client: &mut Client, owner: Owner, step: Step, reply: Reply, cx: Cx) {
    match (step, reply) {
        (Step::Creating, Reply::Created { name, czxid }) => {
            let own = Key { name, fence: czxid };
            if p.one_node() {
                holder::granted(p, client, owner, own, true, cx);
            } else {
                list(p, client, owner, own, cx);
            }
        }
        (Step::Creating, Reply::NodeExists) if p.mistakes.has(Mistake::ExistsSwallowed) => {
            let other = Key { name: Name { label: None, number: None }, fence: 0 };
            holder::granted(p, client, owner, other, false, cx);
        }
        (Step::Creating, Reply::NodeExists) => {
            cx.note(Note::GaveUp { owner, at_once: true });
            rest(p, client, cx);
        }
        (Step::Syncing, Reply::Synced) => {
            taking(p, client, owner, Step::Finding, Call::Children { watch: false }, cx);
        }
        (Step::Finding, Reply::Children(children)) => {
            match children.iter().find(|(name, _)| name.label == Some(owner)) {
                Some((name, czxid)) => {
                    cx.note(Note::FoundOwn(owner));
                    list(p, client, owner, Key { name: *name, fence: *czxid }, cx);
                }
                None => create(p, client, owner, cx),
            }
        }
        (Step::Listing(own), Reply::Children(children)) => listed(p, client, owner, own, children, cx),
        (Step::Watching(own, ahead), Reply::Exists(there)) => {
            if there {
                client.phase = Phase::Queued { owner, own, ahead: Ahead::Child(ahead) };
                cx.note(Note::Queues { owner, behind: ahead.label });
            } else {
                list(p, client, owner, own, cx);
            }
        }
        _ => {}
    }
}

fn listed(
    p: &Coordination,
    client: &mut Client,
    owner: Owner,
    own: Key,
    mut children: Vec<(Name<Label>, u32)>,
    cx: Cx,
) {
    let by_name = p.mistakes.has(Mistake::SortsByName);
    children.sort_by_key(|(name, _)| (if by_name { spelt(*name) } else { 0 }, name.number));
    let Some(at) = children.iter().position(|(name, _)| *name == own.name) else {
        // Its session may be over; the next call will tell.
        cx.note(Note::KeyGone(owner));
        return wait(p, client, owner, cx);
    };
    match at.checked_sub(1) {
        None => holder::granted(p, client, owner, own, true, cx),
        Some(before) if p.mistakes.has(Mistake::WatchParent) => {
            client.phase = Phase::Queued { owner, own, ahead: Ahead::Parent };
            cx.note(Note::Queues { owner, behind: children[before].0.label });
        }
        Some(before) => {
            let ahead = children[before].0;
            taking(p, client, owner, Step::Watching(own, ahead), Call::Exists(ahead), cx);
        }
    }
}

/// What a name begins with, as text sorts: the guid, which is random.
pub fn spelt(name: Name<Label>) -> u64 {
    name.label.map_or(0, |owner| hash::narrow(&owner))
}
