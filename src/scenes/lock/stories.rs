//! What can be seen to happen to a lock, one click each: two more questions, and stories. Every run is a seed and commands
//! that a reader could give.

use super::LockScene;
use super::openings::spec;
use crate::core::lock::keyspace::{Command, Owner};
use crate::core::lock::{Msg, Note};
use crate::core::protocol::NodeId;
use crate::scenes::player::{self, Player, broke};
use crate::scenes::run::Run;
use crate::scenes::scene::{Lang, Standing, Time};
use crate::scenes::session::Session;
use crate::scenes::staging::{Openings, Script};
use crate::sim::time::{MILLISECOND, SECOND};

pub struct LockStories;

type Hand = Player<LockScene>;
type Ended = Session<LockScene>;

const A: u16 = 0;
const B: u16 = 1;
const C: u16 = 2;

impl Openings<LockScene> for LockStories {
    const ASKED: &'static [(&'static str, usize, usize)] = &[
        ("del", 2, 2),
        ("restart", 2, 2),
        ("pause", 4, 0),
        ("packet", 2, 0),
        ("compare", 2, 0),
        ("expire", 2, 0),
        ("failover", 2, 0),
        ("jump", 3, 0),
        ("slow", 3, 0),
        ("amnesia", 3, 0),
        ("split", 1, 0),
        ("renew", 2, 0),
        ("back", 1, 0),
        ("versions", 2, 0),
    ];

    fn script(name: &str, take: usize) -> Option<Script> {
        match name {
            "del" => del(take),
            "restart" => restart(take),
            "pause" => pause(take),
            "packet" => packet(take),
            "compare" => compare(take),
            "expire" => expire(take),
            "failover" => failover(take),
            "jump" => jump(take),
            "slow" => slow(take),
            "amnesia" => amnesia(take),
            "split" => split(),
            "renew" => renew(take),
            "back" => back(),
            "versions" => versions(take),
            _ => None,
        }
    }

    fn right(name: &str, take: usize, run: &Ended) -> usize {
        let granted = |client| seen(run, |n| matches!(n, Note::Granted { owner, .. } if owner.client == client)) > 0;
        let refused = seen(run, |n| matches!(n, Note::Refused { .. }));
        let accepted = seen(run, |n| matches!(n, Note::Accepted { .. }));
        let broken = |code| broke(run, code);
        let holds = match (name, take) {
            ("del" | "restart", _) => !stands(run, "MUTEX-LEASE").is_some_and(|s| s == Standing::Broken),
            ("pause", 0) => refused == 1 && accepted == 1 && broken("MUTEX-BELIEF") && !broken("MUTEX-LEASE"),
            ("pause", 1) => refused == 0 && accepted == 2 && !broken("NO-STALE-WRITE"),
            ("pause", 2) => refused == 0 && broken("NO-LOST-UPDATE") && !broken("NO-STALE-WRITE"),
            ("pause", 3) => refused == 1 && !broken("NO-LOST-UPDATE"),
            ("packet", 0) => broken("NO-STALE-WRITE") && !broken("MUTEX-LEASE"),
            ("packet", _) => refused == 1 && !broken("NO-STALE-WRITE"),
            ("compare", 0) => granted(C) && broken("MUTEX-LEASE") && broken("OWNER-RELEASE"),
            ("compare", _) => !granted(C) && !broken("OWNER-RELEASE"),
            ("expire", 0) => !granted(B) && stands(run, "EVENTUALLY-FREE") == Some(Standing::Never),
            ("expire", _) => granted(B) && stands(run, "EVENTUALLY-FREE") == Some(Standing::Met),
            ("failover", 0) => granted(B) && broken("MUTEX-LEASE"),
            ("failover", _) => granted(A) && !granted(B) && !broken("MUTEX-LEASE"),
            ("jump", 0 | 1) => granted(A) && granted(B) && broken("MUTEX-LEASE"),
            ("jump", _) => granted(A) && !granted(B) && !broken("MUTEX-LEASE"),
            ("slow", 0) => !granted(A) && granted(B) && !broken("MUTEX-BELIEF"),
            ("slow", 1) => broken("NO-STALE-WRITE") && !broken("MUTEX-LEASE"),
            ("slow", _) => granted(A) && granted(B) && broken("MUTEX-LEASE"),
            ("amnesia", 0) => granted(B) && broken("MUTEX-LEASE"),
            ("amnesia", 1) => granted(B) && !broken("MUTEX-LEASE"),
            ("amnesia", _) => !granted(B) && !broken("MUTEX-LEASE"),
            ("split", _) => {
                let nobody = seen(run, |n| matches!(n, Note::NoQuorum { .. }));
                nobody >= 3 && seen(run, |n| matches!(n, Note::Granted { .. })) == 1
            }
            ("renew", 0) => seen(run, |n| matches!(n, Note::Renewed(o) if o.client == A)) == 1,
            ("renew", _) => seen(run, |n| matches!(n, Note::NotRenewed(o) if o.client == A)) == 1,
            ("back", _) => {
                granted(B) && stands(run, "EVENTUALLY-FREE") == Some(Standing::Met) && run.now() > 9 * SECOND
            }
            ("versions", 0) => {
                let outdated = seen(run, |n| matches!(n, Note::Outdated { .. }));
                outdated == 1 && accepted == 2 && !broken("NO-LOST-UPDATE")
            }
            ("versions", _) => accepted == 2 && broken("NO-LOST-UPDATE"),
            _ => false,
        };
        // Of a question: 0 is yes, two are inside their leases. Of a story: 0 is that it ended as told.
        usize::from(holds == (name == "del" || name == "restart"))
    }
}

/// How often something happened in the run so far.
fn seen(run: &Ended, is: impl Fn(&Note) -> bool) -> usize {
    player::seen(run, |_, note| is(note))
}

fn stands(run: &Ended, code: &str) -> Option<Standing> {
    run.findings(Lang::En).iter().find(|f| f.code == code).map(|f| f.standing)
}

fn of(client: u16) -> impl Fn(&Owner) -> bool {
    move |owner| owner.client == client
}

fn is_granted(client: u16) -> impl Fn(&Note) -> bool {
    move |note| matches!(note, Note::Granted { owner, .. } if of(client)(owner))
}

/// Granted or refused.
fn is_answered(client: u16) -> impl Fn(&Note) -> bool {
    move |note| match note {
        Note::Granted { owner, .. } | Note::Denied(owner) | Note::NoQuorum { owner, .. } => of(client)(owner),
        _ => false,
    }
}

fn has_written(client: u16) -> impl Fn(&Note) -> bool {
    move |note| matches!(note, Note::Written { owner, .. } if of(client)(owner))
}

/// To the end: the rest of what is under way arrives.
fn done(p: &mut Hand, after: Time) -> Option<Script> {
    let end = p.run.now() + after;
    p.script(0, end)
}

/// L1: A pauses past its lease between looking at its clock and writing.
fn pause(take: usize) -> Option<Script> {
    let reads = ["no", "no", "plain", "fenced"].get(take)?;
    let mut p = Player::new(&spec("set-nx-px-fence", &[("clients", "2"), ("reads", reads)], &[]))?;
    p.at(200 * MILLISECOND).does("request a acquire");
    p.until(|n| matches!(n, Note::Looked(o) if of(A)(o))).does("pause a");
    p.at(3_400 * MILLISECOND).does("request b acquire");
    match take {
        0 => p.until(has_written(B)).after(300 * MILLISECOND),
        1 => p.until(is_granted(B)),
        _ => p.until(|n| matches!(n, Note::HasRead { owner, .. } if of(B)(owner))),
    };
    p.does("resume a").until(has_written(A));
    if take > 0 {
        p.until(has_written(B));
    }
    done(&mut p, 300 * MILLISECOND)
}

/// L2: not the client but its packet is late. Looking at the clock does not help.
fn packet(take: usize) -> Option<Script> {
    let recipe = ["set-nx-px", "set-nx-px-fence"].get(take)?;
    let mut p = Player::new(&spec(recipe, &[("clients", "2"), ("timeout", "9000")], &[]))?;
    p.at(200 * MILLISECOND).does("request a acquire");
    p.until(|n| matches!(n, Note::Writes { owner, .. } if of(A)(owner)));
    let write = p.message(|_, _, msg| matches!(msg, Msg::Write { .. }));
    p.does(&format!("delay {write} 4000"));
    p.at(3_500 * MILLISECOND).does("request b acquire");
    p.until(|n| match n {
        Note::Accepted { owner, .. } | Note::Refused { owner, .. } => of(A)(owner),
        _ => false,
    });
    done(&mut p, 300 * MILLISECOND)
}

/// L4: the answer to GET says "mine", and the DEL that follows is late.
fn compare(take: usize) -> Option<Script> {
    let mistakes = [&["get-compare-del"][..], &[]];
    let options = [("clients", "3"), ("timeout", "9000"), ("work", "1500")];
    let mut p = Player::new(&spec("set-nx-px", &options, mistakes.get(take)?))?;
    p.at(200 * MILLISECOND).does("request a acquire").until(has_written(A));
    if take == 0 {
        p.until(|n| matches!(n, Note::Told { .. }));
    }
    let deletes = |_: NodeId, _: NodeId, msg: &Msg| {
        matches!(msg, Msg::Ask { command: Command::Del(_) | Command::CompareAndDelete(..), .. })
    };
    while take == 0 && !p.run.timeline.at.sim.cluster.flights.iter().any(|f| deletes(f.from, f.to, &f.msg)) {
        if !p.run.step_forward() {
            return None;
        }
    }
    let delete = p.message(deletes);
    p.does(&format!("delay {delete} 2400"));
    p.at(3_400 * MILLISECOND).does("request b acquire").until(is_granted(B));
    p.until(|n| matches!(n, Note::Removed { .. } | Note::NotRemoved { .. })).after(100 * MILLISECOND);
    p.does("request c acquire").until(is_answered(C));
    done(&mut p, 200 * MILLISECOND)
}

/// L5: the client dies between SETNX and EXPIRE.
fn expire(take: usize) -> Option<Script> {
    let mistakes = [&["setnx-then-expire"][..], &[]];
    let mut p = Player::new(&spec("set-nx-px", &[("clients", "2")], mistakes.get(take)?))?;
    p.at(200 * MILLISECOND).does("request a acquire");
    p.until(|n| matches!(n, Note::Set { .. })).does("crash a killed");
    p.at(SECOND).does("request b acquire");
    p.at(6 * SECOND);
    done(&mut p, 0)
}

/// L6: the master dies before its replica has heard of the lock.
fn failover(take: usize) -> Option<Script> {
    let options = [("clients", "2"), ("replica", "on"), ("work", "2500")];
    let mut p = Player::new(&spec("set-nx-px", &options, &[]))?;
    if take == 0 {
        p.at(100 * MILLISECOND).does("cut redis replica");
    }
    p.at(200 * MILLISECOND).does("request a acquire").until(is_granted(A)).after(300 * MILLISECOND);
    p.does("crash redis power").after(300 * MILLISECOND).does("request replica promote");
    p.after(300 * MILLISECOND).does("request b acquire").until(is_answered(B));
    done(&mut p, 300 * MILLISECOND)
}

/// L8: the clock of one master jumps past the time to live.
fn jump(take: usize) -> Option<Script> {
    let masters = ["3", "5", "3"].get(take)?;
    let mut p = Player::new(&spec("redlock", &[("clients", "2"), ("masters", masters), ("work", "2500")], &[]))?;
    // A reaches no more masters than it needs.
    let unreached: &[&str] = if take == 1 { &["redis4", "redis5"] } else { &["redis3"] };
    p.at(100 * MILLISECOND);
    for server in unreached {
        p.does(&format!("cut a {server}"));
    }
    p.at(200 * MILLISECOND).does("request a acquire").until(is_granted(A)).after(200 * MILLISECOND);
    if take < 2 {
        p.does("clock redis1 4000");
    }
    p.after(200 * MILLISECOND).does("request b acquire").until(is_answered(B));
    done(&mut p, 200 * MILLISECOND)
}

/// L9: a long pause before, and after, the elapsed time is looked at.
fn slow(take: usize) -> Option<Script> {
    let mistakes = [&[][..], &[], &["no-validity-check"]];
    let mut p = Player::new(&spec("redlock", &[("clients", "2"), ("timeout", "9000")], mistakes.get(take)?))?;
    p.at(200 * MILLISECOND).does("request a acquire");
    if take == 1 {
        p.until(|n| matches!(n, Note::Looked(o) if of(A)(o))).does("pause a");
    } else {
        p.after(MILLISECOND).does("pause a");
    }
    p.at(3_500 * MILLISECOND).does("request b acquire");
    if take == 1 {
        p.until(has_written(B)).after(200 * MILLISECOND).does("resume a").until(has_written(A));
    } else {
        p.until(is_granted(B)).after(200 * MILLISECOND).does("resume a").after(400 * MILLISECOND);
    }
    done(&mut p, 300 * MILLISECOND)
}

/// L10: a master forgets the lock in a restart.
fn amnesia(take: usize) -> Option<Script> {
    let keeps = ["none", "none", "always"].get(take)?;
    let options = [("clients", "2"), ("persistence", *keeps), ("work", "2500"), ("timeout", "1000")];
    let mut p = Player::new(&spec("redlock", &options, &[]))?;
    p.at(100 * MILLISECOND).does("cut a redis3");
    p.at(200 * MILLISECOND).does("request a acquire").until(is_granted(A)).after(100 * MILLISECOND);
    p.does("crash redis1 killed").after(200 * MILLISECOND);
    if take == 1 {
        // Longer than any lease can be.
        p.does("request b acquire").at(3_600 * MILLISECOND).does("restart redis1").until(is_granted(B));
    } else {
        p.does("restart redis1").after(200 * MILLISECOND).does("request b acquire").until(is_answered(B));
    }
    done(&mut p, 200 * MILLISECOND)
}

/// L11: three clients share five masters 2, 2 and 1.
fn split() -> Option<Script> {
    let options = [("clients", "3"), ("masters", "5"), ("latency-min", "20"), ("latency-max", "40")];
    let mut p = Player::new(&spec("redlock", &options, &[]))?;
    p.at(200 * MILLISECOND);
    for client in ["a", "b", "c"] {
        p.does(&format!("request {client} acquire"));
    }
    // Each is first at its own masters and late at the others.
    for (client, own) in [(A, [0, 1]), (B, [2, 3]), (C, [4, 4])] {
        for server in (0..5).filter(|server| !own.contains(server)) {
            let id = p.message(|from, to, _| from.0 == client && to.0 == 3 + server);
            p.does(&format!("delay {id} 60"));
        }
    }
    p.until(|n| matches!(n, Note::Granted { .. }));
    done(&mut p, 200 * MILLISECOND)
}

/// L17: the lock was lost, and its old holder asks for more time.
fn renew(take: usize) -> Option<Script> {
    let mistakes = [&["renew-without-compare"][..], &[]];
    let options = [("clients", "2"), ("persistence", "none"), ("work", "2500")];
    let mut p = Player::new(&spec("set-nx-px-renew", &options, mistakes.get(take)?))?;
    p.at(200 * MILLISECOND).does("request a acquire").until(is_granted(A)).after(100 * MILLISECOND);
    p.does("crash redis killed").after(100 * MILLISECOND).does("restart redis");
    p.after(100 * MILLISECOND).does("request b acquire").until(is_granted(B));
    p.until(|n| matches!(n, Note::Renewed(o) | Note::NotRenewed(o) if of(A)(o)));
    done(&mut p, 200 * MILLISECOND)
}

/// L18: the server's clock is set back while the holder is dead.
fn back() -> Option<Script> {
    let mut p = Player::new(&spec("set-nx-px", &[("clients", "2")], &[]))?;
    p.at(200 * MILLISECOND).does("request a acquire").until(is_granted(A)).does("crash a killed");
    p.after(300 * MILLISECOND).does("clock redis -6000");
    p.at(1_500 * MILLISECOND).does("request b acquire").until(is_granted(B));
    done(&mut p, 200 * MILLISECOND)
}

/// No lock: two read the same version.
fn versions(take: usize) -> Option<Script> {
    let mistakes = [&[][..], &["blind-write"]];
    let mut p = Player::new(&spec("compare-and-set", &[("clients", "2")], mistakes.get(take)?))?;
    p.at(200 * MILLISECOND).does("request a acquire").does("request b acquire");
    p.until_all(2, |_, n| matches!(n, Note::Accepted { .. }));
    done(&mut p, 300 * MILLISECOND)
}

/// L3: a client that is late releases with DEL, and a third finds the key free.
fn del(take: usize) -> Option<Script> {
    let mistakes: &[&str] = if take == 0 { &["unconditional-del"] } else { &[] };
    let mut p = Hand::new(&spec("set-nx-px", &[("clients", "3"), ("work", "2500")], mistakes))?;
    p.at(200 * MILLISECOND).does("request a acquire");
    p.until(|n| matches!(n, Note::Looked(o) if o.client == 0)).does("pause a");
    p.at(3_400 * MILLISECOND).does("request b acquire");
    p.until(|n| matches!(n, Note::Granted { owner, .. } if owner.client == 1));
    let question = p.run.now() + 200 * MILLISECOND;
    p.at(question + 100 * MILLISECOND).does("resume a");
    p.until(|n| matches!(n, Note::Removed { .. } | Note::NotRemoved { .. }));
    let now = p.run.now();
    p.at(now + 100 * MILLISECOND).does("request c acquire");
    p.until(|n| matches!(n, Note::Granted { owner, .. } | Note::Denied(owner) if owner.client == 2));
    let end = p.run.now() + 300 * MILLISECOND;
    p.script(if take == 0 { question } else { 0 }, end)
}

/// L7: a restart without persistence forgets the lock.
fn restart(take: usize) -> Option<Script> {
    let keeps = if take == 0 { "none" } else { "always" };
    let options = [("clients", "2"), ("persistence", keeps), ("work", "2500")];
    let mut p = Hand::new(&spec("set-nx-px", &options, &[]))?;
    p.at(200 * MILLISECOND).does("request a acquire");
    p.until(|n| matches!(n, Note::Granted { .. }));
    let now = p.run.now();
    p.at(now + 300 * MILLISECOND).does("crash redis killed");
    p.at(now + 700 * MILLISECOND).does("restart redis");
    let question = now + SECOND;
    p.at(question + 100 * MILLISECOND).does("request b acquire");
    p.until(|n| matches!(n, Note::Granted { owner, .. } | Note::Denied(owner) if owner.client == 1));
    let end = p.run.now() + 300 * MILLISECOND;
    p.script(if take == 0 { question } else { 0 }, end)
}
