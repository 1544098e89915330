//! What a holder does: reads the storage, works, looks at its clock, writes.

use super::{Client, Holding, Key, Phase, release};
use crate::core::coordination::{Coordination, Mistake, Msg, Note, Timer};
use crate::core::lock::Reads;
use crate::core::lock::client::Task;
use crate::core::lock::keyspace::Owner;
use crate::core::protocol::{Clock, Context};

/// It believes that it holds the lock. `fenced`: the key is its own, so that its number may serve as a fence.
pub(super) fn granted(
    p: &Coordination,
    client: &mut Client,
    owner: Owner,
    key: Key,
    fenced: bool,
    cx: &mut Context<Coordination>,
) {
    let fence = (p.fence && fenced).then_some(key.fence);
    let holding = Holding { owner, fence, key: key.name, task: Task::Reading };
    // With its lease gone nothing would tell it when to stop.
    if client.lease.is_none() && !p.mistakes.has(Mistake::NoReread) {
        cx.note(Note::KeyGone(owner));
        release(p, client, &holding, cx);
        return;
    }
    cx.note(Note::Granted { owner, fence });
    if p.reads == Reads::No {
        work(p, client, holding, None, cx);
    } else {
        client.phase = Phase::Holding(holding);
        await_answer(p, cx);
        cx.send(p.storage(), Msg::Read { owner, fence: if p.reads == Reads::Fenced { fence } else { None } });
    }
}

/// It stops in the middle of its work.
pub(super) fn stop(holding: &Holding, cx: &mut Context<Coordination>) {
    cx.note(Note::Stops(holding.owner));
    [Timer::Work, Timer::Act, Timer::Timeout].into_iter().for_each(|timer| cx.cancel_timer(timer));
}

pub(super) fn message(p: &Coordination, client: &mut Client, msg: &Msg, cx: &mut Context<Coordination>) {
    let Phase::Holding(holding) = client.phase.clone() else { return };
    match msg {
        Msg::Value { owner, version } if *owner == holding.owner && holding.task == Task::Reading => {
            cx.cancel_timer(Timer::Timeout);
            cx.note(Note::HasRead { owner: *owner, version: *version });
            if version.is_some() {
                work(p, client, holding, *version, cx);
            } else {
                release(p, client, &holding, cx);
            }
        }
        Msg::Wrote { owner, accepted } if *owner == holding.owner && holding.task == Task::Writing => {
            cx.cancel_timer(Timer::Timeout);
            cx.note(Note::Written { owner: *owner, accepted: *accepted });
            release(p, client, &holding, cx);
        }
        _ => {}
    }
}

pub(super) fn timeout(p: &Coordination, client: &mut Client, timer: &Timer, cx: &mut Context<Coordination>) {
    let Phase::Holding(holding) = client.phase.clone() else { return };
    match (timer, &holding.task) {
        (Timer::Timeout, _) => {
            cx.note(Note::TimedOut(holding.owner));
            release(p, client, &holding, cx);
        }
        // Looks at its clock and goes on in an event of its own: a pause can fall between.
        (Timer::Work, Task::Working { base }) if p.looks => {
            cx.note(Note::Looked(holding.owner));
            client.phase = Phase::Holding(Holding { task: Task::Acting { base: *base }, ..holding });
            cx.set_timer(Timer::Act, Clock::Monotonic, 0);
        }
        (Timer::Work, Task::Working { base }) | (Timer::Act, Task::Acting { base }) => {
            let (owner, fence, base) = (holding.owner, holding.fence, *base);
            cx.note(Note::Writes { owner, fence });
            await_answer(p, cx);
            cx.send(p.storage(), Msg::Write { owner, fence, base });
            client.phase = Phase::Holding(Holding { task: Task::Writing, ..holding });
        }
        _ => {}
    }
}

fn work(p: &Coordination, client: &mut Client, holding: Holding, base: Option<u32>, cx: &mut Context<Coordination>) {
    client.phase = Phase::Holding(Holding { task: Task::Working { base }, ..holding });
    cx.set_timer(Timer::Work, Clock::Monotonic, p.work);
}

fn await_answer(p: &Coordination, cx: &mut Context<Coordination>) {
    if p.timeout > 0 {
        cx.set_timer(Timer::Timeout, Clock::Monotonic, p.timeout);
    }
}
