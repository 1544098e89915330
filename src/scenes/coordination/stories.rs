//! What can be seen to happen to a lock on a session, one click each. Every run is a seed and commands that a reader could give.

use super::CoordinationScene;
use super::openings::spec;
use crate::core::coordination::{Msg, Note, Reply};
use crate::core::lock::keyspace::Owner;
use crate::scenes::player::{self, Player, broke};
use crate::scenes::run::Run;
use crate::scenes::scene::Time;
use crate::scenes::session::Session;
use crate::scenes::staging::{Openings, Script};
use crate::sim::time::{MILLISECOND, SECOND};

pub struct CoordinationStories;

type Hand = Player<CoordinationScene>;
type Ended = Session<CoordinationScene>;

const A: u16 = 0;
const B: u16 = 1;

impl Openings<CoordinationScene> for CoordinationStories {
    const ASKED: &'static [(&'static str, usize, usize)] = &[
        ("loss", 2, 0),
        ("works", 2, 0),
        ("orphan", 2, 0),
        ("herd", 2, 0),
        ("leader", 2, 0),
        ("exists", 3, 0),
        ("sorts", 2, 0),
        ("reread", 2, 0),
        ("lockdelay", 2, 0),
    ];

    fn script(name: &str, take: usize) -> Option<Script> {
        match name {
            "loss" => loss(take),
            "works" => works(take),
            "orphan" => orphan(take),
            "herd" => herd(take),
            "leader" => leader(take),
            "exists" => exists(take),
            "sorts" => sorts(take),
            "reread" => reread(take),
            "lockdelay" => lock_delay(take),
            _ => None,
        }
    }

    fn right(name: &str, take: usize, run: &Ended) -> usize {
        let granted = |client| seen(run, |n| matches!(n, Note::Granted { owner, .. } if owner.client == client)) > 0;
        let expired =
            |client| seen(run, |n| matches!(n, Note::SessionExpired(session) if session.client == client)) > 0;
        let woke = |count| seen(run, |n| matches!(n, Note::Woke(n) if *n == count));
        let broken = |code| broke(run, code);
        let holds = match (name, take) {
            ("loss", 0) => {
                let again = seen(run, |n| matches!(n, Note::Connected(session) if session.client == A));
                again == 2 && !expired(A) && granted(B) && !broken("MUTEX-BELIEF")
            }
            ("loss", _) => {
                let told = seen(run, |n| matches!(n, Note::SessionOver(session) if session.client == A));
                expired(A) && told == 1 && granted(B) && !broken("MUTEX-BELIEF")
            }
            ("works", 0) => granted(B) && broken("MUTEX-BELIEF") && broken("BELIEF-BOUNDED") && !broken("MUTEX-LEASE"),
            ("works", _) => granted(B) && !broken("MUTEX-BELIEF") && !broken("BELIEF-BOUNDED"),
            ("orphan", 0) => granted(A) && !broken("NO-ORPHAN"),
            ("orphan", _) => !granted(A) && broken("NO-ORPHAN"),
            ("herd", 0) => woke(1) == 1 && !broken("NO-HERD"),
            ("herd", _) => woke(4) == 1 && broken("NO-HERD"),
            ("leader", 0) => granted(B) && run.now() < 5 * SECOND,
            ("leader", _) => granted(B) && run.now() > 5_500 * MILLISECOND,
            ("exists", 0) => granted(A) && granted(B) && broken("MUTEX-LEASE"),
            ("exists", 1) => !granted(B) && broken("NO-REFUSAL") && !broken("MUTEX-LEASE"),
            ("exists", _) => granted(A) && granted(B) && !broken("MUTEX-BELIEF"),
            ("sorts", 0) => granted(A) && granted(B) && broken("MUTEX-LEASE"),
            ("sorts", _) => granted(B) && !granted(A) && !broken("MUTEX-LEASE"),
            ("reread", 0) => granted(B) && broken("BELIEF-BOUNDED"),
            ("reread", _) => {
                let told = seen(run, |n| matches!(n, Note::SessionOver(session) if session.client == B));
                told == 1 && !granted(B) && !broken("BELIEF-BOUNDED")
            }
            ("lockdelay", 0) => granted(B) && broken("NO-STALE-WRITE"),
            ("lockdelay", _) => granted(B) && !broken("NO-STALE-WRITE"),
            _ => false,
        };
        usize::from(!holds)
    }
}

/// How often something happened in the run so far.
fn seen(run: &Ended, is: impl Fn(&Note) -> bool) -> usize {
    player::seen(run, |_, note| is(note))
}

fn of(client: u16) -> impl Fn(&Owner) -> bool {
    move |owner| owner.client == client
}

fn is_granted(client: u16) -> impl Fn(&Note) -> bool {
    move |note| matches!(note, Note::Granted { owner, .. } if of(client)(owner))
}

fn queues(client: u16) -> impl Fn(&Note) -> bool {
    move |note| matches!(note, Note::Queues { owner, .. } if of(client)(owner))
}

fn has_written(client: u16) -> impl Fn(&Note) -> bool {
    move |note| matches!(note, Note::Written { owner, .. } if of(client)(owner))
}

/// A holds the lock, and B waits in the queue.
fn held(recipe: &str, options: &[(&str, &str)], mistakes: &[&str]) -> Option<Hand> {
    let mut p = Player::new(&spec(recipe, options, mistakes))?;
    p.at(200 * MILLISECOND).does("request a acquire").until(is_granted(A));
    p.after(100 * MILLISECOND).does("request b acquire").until(queues(B));
    Some(p)
}

/// To the end: the rest of what is under way arrives.
fn done(p: &mut Hand, after: Time) -> Option<Script> {
    let end = p.run.now() + after;
    p.script(0, end)
}

/// L13: a connection that is lost, and a session that is over.
fn loss(take: usize) -> Option<Script> {
    let mut p = held("zookeeper", &[("clients", "2"), ("work", "8000")], &[])?;
    p.after(200 * MILLISECOND).does("cut a zookeeper");
    p.until(|n| matches!(n, Note::Disconnected(session) if session.client == A));
    if take == 0 {
        p.after(100 * MILLISECOND).does("heal a zookeeper");
        p.until(is_granted(B));
    } else {
        p.until(is_granted(B)).after(300 * MILLISECOND).does("heal a zookeeper");
        p.until(|n| matches!(n, Note::SessionOver(session) if session.client == A));
    }
    done(&mut p, 300 * MILLISECOND)
}

/// Working on without hearing anything.
fn works(take: usize) -> Option<Script> {
    let mistakes = [&["works-disconnected"][..], &[]];
    let options = [("clients", "2"), ("work", "5000"), ("fence", "off")];
    let mut p = held("zookeeper", &options, mistakes.get(take)?)?;
    p.after(200 * MILLISECOND).does("cut a zookeeper").until(is_granted(B));
    done(&mut p, SECOND)
}

/// L14: the answer to `create` is lost.
fn orphan(take: usize) -> Option<Script> {
    let mistakes = [&[][..], &["no-guid"]];
    let mut p = Player::new(&spec("zookeeper", &[("clients", "2")], mistakes.get(take)?))?;
    p.at(200 * MILLISECOND).does("request a acquire").until(|n| matches!(n, Note::Enqueued { .. }));
    let answer = p.message(|_, _, msg| matches!(msg, Msg::Answer { reply: Reply::Created { .. }, .. }));
    p.does(&format!("drop {answer}"));
    if take == 0 {
        p.until(is_granted(A));
    } else {
        p.until(queues(A));
    }
    done(&mut p, 400 * MILLISECOND)
}

/// L15: whom a release wakes.
fn herd(take: usize) -> Option<Script> {
    let mistakes = [&[][..], &["watch-parent"]];
    let mut p = Player::new(&spec("zookeeper", &[("clients", "5"), ("work", "2500")], mistakes.get(take)?))?;
    p.at(200 * MILLISECOND).does("request a acquire").until(is_granted(A)).after(100 * MILLISECOND);
    for client in ["b", "c", "d", "e"] {
        p.does(&format!("request {client} acquire")).after(100 * MILLISECOND);
    }
    p.until(|n| matches!(n, Note::Gone { owner, .. } if owner.client == A));
    done(&mut p, 500 * MILLISECOND)
}

/// L16: a new leader gives every lease its full time again, that of a dead holder too.
fn leader(take: usize) -> Option<Script> {
    let mut p = held("etcd", &[("clients", "2"), ("work", "2000"), ("late", "0")], &[])?;
    p.does("crash a killed");
    if take == 1 {
        p.after(2_000 * MILLISECOND).does("request etcd elect");
    }
    p.until(is_granted(B));
    done(&mut p, 300 * MILLISECOND)
}

/// N7: one node for all, and what is made of "node exists".
fn exists(take: usize) -> Option<Script> {
    let mistakes = [&["exists-swallowed"][..], &["fails-at-once"], &[]];
    let mut p = Player::new(&spec("zookeeper", &[("clients", "2"), ("work", "1500")], mistakes.get(take)?))?;
    p.at(200 * MILLISECOND).does("request a acquire").until(is_granted(A));
    p.after(100 * MILLISECOND).does("request b acquire");
    match take {
        1 => p.until(|n| matches!(n, Note::GaveUp { .. })),
        _ => p.until(is_granted(B)),
    };
    done(&mut p, 400 * MILLISECOND)
}

/// The guid comes first in a name, and names are sorted.
fn sorts(take: usize) -> Option<Script> {
    let mistakes = [&["sorts-by-name"][..], &[]];
    let mut p = Player::new(&spec("zookeeper", &[("clients", "2"), ("work", "2500")], mistakes.get(take)?))?;
    p.at(200 * MILLISECOND).does("request b acquire").until(is_granted(B)).after(100 * MILLISECOND);
    p.does("request a acquire");
    if take == 0 {
        p.until(is_granted(A));
    } else {
        p.until(queues(A));
    }
    done(&mut p, 300 * MILLISECOND)
}

/// B's lease is over before the lock becomes free.
fn reread(take: usize) -> Option<Script> {
    let mistakes = [&["no-reread"][..], &[]];
    let mut p = held("etcd", &[("clients", "2"), ("work", "5000")], mistakes.get(take)?)?;
    p.after(200 * MILLISECOND).does("pause b").until(has_written(A));
    p.until(|n| matches!(n, Note::Released { .. })).after(200 * MILLISECOND);
    // What waited at its door comes first.
    let event = p.message(|_, to, msg| to.0 == B && matches!(msg, Msg::Event { .. }));
    p.does("resume b").does(&format!("deliver {event}"));
    p.until(|n| matches!(n, Note::SessionOver(session) if session.client == B));
    done(&mut p, 300 * MILLISECOND)
}

/// Consul: after a session has ended, nobody gets its lock for a while. What its holder sent late then does no harm.
fn lock_delay(take: usize) -> Option<Script> {
    let delay = ["0", "3000"].get(take)?;
    let options = [("clients", "2"), ("fence", "off"), ("delay", *delay), ("work", "800")];
    let mut p = Player::new(&spec("consul", &options, &[]))?;
    p.at(200 * MILLISECOND).does("request a acquire");
    p.until(|n| matches!(n, Note::Looked(o) if of(A)(o))).does("pause a");
    p.after(100 * MILLISECOND).does("request b acquire");
    if take == 0 {
        p.until(has_written(B)).after(200 * MILLISECOND).does("resume a");
        p.until(|n| matches!(n, Note::Accepted { owner, .. } if of(A)(owner)));
    } else {
        p.until(|n| matches!(n, Note::SessionExpired(session) if session.client == A)).after(SECOND).does("resume a");
        p.until(|n| matches!(n, Note::Accepted { owner, .. } if of(A)(owner))).until(has_written(B));
    }
    done(&mut p, 300 * MILLISECOND)
}
