//! etcd's recipe: a key a lease, in order of create revision.
//!
//! Source: `client/v3/concurrency/mutex.go`, `Lock` and `waitDeletes`.

use super::{Ahead, Client, Key, Phase, Step, call, holder, wait};
use crate::core::coordination::server::key_of;
use crate::core::coordination::{Call, Coordination, Mistake, Note, Reply};
use crate::core::lock::keyspace::Owner;
use crate::core::protocol::Context;

type Cx<'a, 'b> = &'a mut Context<'b, Coordination>;

/// The same transaction again finds the key of the first one: a lost answer does no harm.
pub(super) fn claim(p: &Coordination, client: &mut Client, owner: Owner, cx: Cx) {
    client.phase = Phase::Taking { owner, step: Step::Claiming };
    call(p, client, Call::Claim { attempt: owner }, cx);
}

/// Is there an older key still?
pub(super) fn look(p: &Coordination, client: &mut Client, owner: Owner, own: Key, cx: Cx) {
    client.phase = Phase::Taking { owner, step: Step::Awaiting(own) };
    call(p, client, Call::Before(own.fence), cx);
}

pub(super) fn resume(p: &Coordination, client: &mut Client, owner: Owner, step: Step, cx: Cx) {
    match step {
        Step::Awaiting(own) | Step::Rereading(own) => look(p, client, owner, own, cx),
        _ => claim(p, client, owner, cx),
    }
}

pub(super) fn replied(p: &Coordination, client: &mut Client, owner: Owner, step: Step, reply: &Reply, cx: Cx) {
    match (step, reply) {
        (Step::Claiming, Reply::Claimed { created, first }) => {
            let Some(session) = client.session else { return };
            let own = Key { name: key_of(session), fence: *created };
            if *first == session {
                holder::granted(p, client, owner, own, true, cx);
            } else {
                look(p, client, owner, own, cx);
            }
        }
        (Step::Awaiting(own), Reply::Before(Some(session))) => {
            client.phase = Phase::Queued { owner, own, ahead: Ahead::Session(*session) };
            cx.note(Note::Queues { owner, behind: Some(*session) });
        }
        (Step::Awaiting(own), Reply::Before(None)) if p.mistakes.has(Mistake::NoReread) => {
            holder::granted(p, client, owner, own, true, cx);
        }
        (Step::Awaiting(own), Reply::Before(None)) => {
            client.phase = Phase::Taking { owner, step: Step::Rereading(own) };
            call(p, client, Call::Own, cx);
        }
        (Step::Rereading(own), Reply::Own(Some(created))) if *created == own.fence => {
            holder::granted(p, client, owner, own, true, cx);
        }
        (Step::Rereading(_), Reply::Own(_)) => {
            cx.note(Note::KeyGone(owner));
            wait(p, client, owner, cx);
        }
        _ => {}
    }
}
