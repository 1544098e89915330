//! Consul's recipe: acquire the key with the session, and ask again while somebody else has it.

use super::{Client, Key, Phase, Step, call, holder, wait};
use crate::core::coordination::server::key_of;
use crate::core::coordination::{Call, Coordination, Note, Reply};
use crate::core::lock::keyspace::Owner;
use crate::core::protocol::Context;

pub(super) fn acquire(p: &Coordination, client: &mut Client, owner: Owner, cx: &mut Context<Coordination>) {
    client.phase = Phase::Taking { owner, step: Step::Acquiring };
    call(p, client, Call::Acquire { attempt: owner }, cx);
}

pub(super) fn replied(
    p: &Coordination,
    client: &mut Client,
    owner: Owner,
    reply: &Reply,
    cx: &mut Context<Coordination>,
) {
    match (reply, client.session) {
        (Reply::Acquired(Some(index)), Some(session)) => {
            holder::granted(p, client, owner, Key { name: key_of(session), fence: *index }, true, cx);
        }
        (Reply::Acquired(None), _) => {
            cx.note(Note::Denied(owner));
            wait(p, client, owner, cx);
        }
        _ => {}
    }
}
