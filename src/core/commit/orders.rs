//! Where transfers come from besides the reader: a client that asks again, a load that never ends; and reading balances.

use super::coordinator::{Coordinator, Open, REMEMBERED, start};
use super::{Commit, Decision, Mistake, Msg, Note, Timer, TxId};
use crate::core::map::sort_few;
use crate::core::protocol::{Clock, Context, NodeId};

/// It is known how it ended: the client hears of it, and the next of its own load may start.
pub(super) fn over(
    p: &Commit,
    c: &mut Coordinator,
    tx: TxId,
    open: &Open,
    decision: Decision,
    cx: &mut Context<Commit>,
) {
    if decision == Decision::Commit && open.read.len() == p.balances.len() {
        cx.note(Note::Read { glance: false, sum: open.read.iter().map(|(_, balance)| balance).sum() });
    }
    if let (Some(request), Some(to)) = (open.request, p.client()) {
        c.requests.insert(request, (tx, Some(decision)));
        let oldest = c.requests.keys().next().copied().filter(|_| c.requests.len() > REMEMBERED);
        if let Some(oldest) = oldest {
            c.requests.remove(&oldest);
        }
        cx.send(to, Msg::Answer { request, tx, decision });
    }
    if let Some(slot) = open.slot {
        cx.set_timer(Timer::Load(slot), Clock::Monotonic, p.think);
    }
}

/// The client asks. What has a name is carried out once, however often it is asked for.
pub(super) fn order(
    p: &Commit,
    c: &mut Coordinator,
    from: NodeId,
    request: u16,
    changes: Vec<(NodeId, i32)>,
    cx: &mut Context<Commit>,
) {
    // What it has forgotten it may have carried out.
    let oldest = c.requests.keys().next().copied().filter(|_| c.requests.len() >= REMEMBERED);
    if oldest.is_some_and(|oldest| request < oldest) && !p.makes(Mistake::NoRequestId) {
        return;
    }
    let known = c.requests.get(&request).copied().filter(|_| !p.makes(Mistake::NoRequestId));
    match known {
        Some((tx, Some(decision))) => {
            cx.note(Note::KnownRequest { request, tx });
            cx.send(from, Msg::Answer { request, tx, decision });
        }
        // It is told when it is decided.
        Some((tx, None)) => cx.note(Note::KnownRequest { request, tx }),
        None => start(p, c, changes, Some(request), None, cx),
    }
}

/// A transfer of 1 to 5 between two of its participants, drawn.
pub(super) fn load(p: &Commit, c: &mut Coordinator, slot: u8, cx: &mut Context<Commit>) {
    let banks = p.balances.len() as u32;
    let from = cx.below(banks);
    let to = (from + 1 + cx.below(banks.saturating_sub(1))) % banks;
    let amount = 1 + cx.below(5) as i32;
    let bank = |n: u32| NodeId(1 + n as u16);
    start(p, c, vec![(bank(from), -amount), (bank(to), amount)], None, Some(slot), cx);
}

/// Reads what is settled, at all participants at once and without a lock.
pub(super) fn glance(p: &Commit, c: &mut Coordinator, cx: &mut Context<Commit>) {
    c.glance = (c.glance.0.wrapping_add(1), Vec::new());
    cx.note(Note::Glances(c.glance.0));
    for to in p.participants() {
        cx.send(to, Msg::Glance(c.glance.0));
    }
}

pub(super) fn hear_balance(
    p: &Commit,
    c: &mut Coordinator,
    from: NodeId,
    glance: u16,
    balance: u32,
    cx: &mut Context<Commit>,
) {
    let (latest, seen) = &mut c.glance;
    if *latest != glance || seen.iter().any(|(id, _)| *id == from) {
        return;
    }
    seen.push((from, balance));
    sort_few(seen, |(id, _)| *id);
    if seen.len() == p.balances.len() {
        cx.note(Note::Read { glance: true, sum: seen.iter().map(|(_, balance)| balance).sum() });
    }
}
