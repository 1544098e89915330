//! The recipes of ZooKeeper and etcd on real servers: clients of our core take turns, and the storage's log is judged.
#![cfg(unix)]

use faultline::core::coordination::{Mistake, Service};
use faultline::core::lock::keyspace::Owner;
use oracles::commands::Dice;
use oracles::live::Game;
use oracles::live::players::Players;
use oracles::live::referee::{Line, Verdict, judge};
use oracles::{SEED, say, seed, soak};
use std::time::{Duration, Instant};

const PROGRAM: &str = env!("CARGO_BIN_EXE_turns");

fn start(service: Service, clients: u16, fence: bool, mistake: Option<Mistake>) -> Option<Players> {
    let players = Players::start(PROGRAM, Game { service, clients, fence, mistake });
    if players.is_none() {
        say(&format!(
            "   {service:?} is not here (cargo xtask setup says how to get it): its recipe ran simulated only"
        ));
    }
    players
}

fn granted(line: &Line) -> Option<Owner> {
    if let Line::Granted(owner) = line { Some(*owner) } else { None }
}

fn accepted(line: &Line) -> Option<Owner> {
    if let Line::Accepted { owner, .. } = line { Some(*owner) } else { None }
}

/// A holder is stopped between its read and its write until another has the lock and has written. Then it goes on, and
/// writes. Returns what became of that write, and the verdict.
fn sleeper(service: Service, fence: bool) -> Option<(bool, Verdict)> {
    let players = start(service, 2, fence, None)?;
    let mut from = 0;
    // A stop that comes too late, or a moment too early, counts for nothing.
    for _ in 0..20 {
        let works = |line: &Line| if let Line::Works(owner) = line { Some(*owner) } else { None };
        let (at, asleep) = players.until("somebody at work", from, works);
        players.stop(asleep.client);
        let stopped = Instant::now();
        let (at, owner) = players.until("a write", at, accepted);
        if owner != asleep {
            assert!(stopped.elapsed() > players.ttl() / 2, "it took a lock that was held");
            players.go_on(asleep.client);
            let (_, taken) = players.until("the sleeper's write", at, |line| match line {
                Line::Accepted { owner, .. } if *owner == asleep => Some(Some(true)),
                Line::Refused(owner) if *owner == asleep => Some(Some(false)),
                Line::Stops(owner) if *owner == asleep => Some(None),
                _ => None,
            });
            if let Some(taken) = taken {
                return Some((taken, judge(&players.referee.log(0))));
            }
        }
        players.go_on(asleep.client);
        from = players.referee.length();
    }
    panic!("twenty stops, and none between a read and its write");
}

#[test]
fn a_holder_that_sleeps_too_long_writes_over_the_next_one() {
    for service in [Service::ZooKeeper, Service::Etcd] {
        let Some((taken, verdict)) = sleeper(service, false) else { continue };
        assert!(taken, "no fence, and it was refused");
        assert_eq!((verdict.stale.len(), verdict.refused), (1, 0), "{verdict:?}");
    }
}

#[test]
fn a_fence_refuses_it() {
    for service in [Service::ZooKeeper, Service::Etcd] {
        let Some((taken, verdict)) = sleeper(service, true) else { continue };
        assert!(!taken, "a stale write was taken");
        assert_eq!((verdict.stale.len(), verdict.lost), (0, 0), "{verdict:?}");
    }
}

/// A client of which the server's answers get lost, now and then: once the answer to `create` among them. Returns what then
/// became of it: whether the lock was had again within two sessions' time.
fn deaf(mistake: Option<Mistake>) -> Option<(bool, Vec<Line>)> {
    let players = start(Service::ZooKeeper, 1, true, mistake)?;
    let mut dice = Dice::new(seed());
    for _ in 0..100 {
        let from = players.until("a grant", players.referee.length(), granted).0;
        std::thread::sleep(Duration::from_millis(30 + dice.below(50)));
        players.link.mute(true);
        let (at, ()) = players.until("silence is noticed", from, |line| {
            matches!(line, Line::Said(said, _) if said == "disconnected").then_some(())
        });
        players.link.mute(false);
        let began = Instant::now();
        while began.elapsed() < 2 * players.ttl() {
            std::thread::sleep(Duration::from_millis(5));
            let log = players.referee.log(at);
            if log.iter().any(|line| matches!(line, Line::Said(said, _) if said == "found")) {
                players.until("the lock, after the node was found", at, granted);
                return Some((true, players.referee.log(0)));
            }
            if log.iter().any(|line| granted(line).is_some()) {
                break;
            }
        }
        if began.elapsed() >= 2 * players.ttl() {
            return Some((false, players.referee.log(at)));
        }
    }
    panic!("no answer to a create was lost in a hundred tries");
}

#[test]
fn a_client_finds_its_own_node_again_by_its_guid() {
    let Some((had, log)) = deaf(None) else { return };
    assert!(had);
    // One number an attempt, found or created: `judge` looks.
    let verdict = judge(&log);
    assert!(verdict.stale.is_empty() && verdict.out_of_order.is_empty() && verdict.refused == 0, "{verdict:?}");
}

/// Its session lives, and in it the node of which it knows nothing: it waits behind itself.
#[test]
fn without_a_guid_it_waits_for_ever_behind_itself() {
    let Some((had, log)) = deaf(Some(Mistake::NoGuid)) else { return };
    assert!(!had && log.iter().any(|line| matches!(line, Line::Created(..))), "{log:?}");
    assert!(!log.iter().any(|line| matches!(line, Line::Said(said, _) if said == "over")), "{log:?}");
}

/// "Node exists" is the answer that says: somebody else has it.
#[test]
fn who_swallows_that_the_node_exists_holds_a_lock_that_is_held() {
    let Some(players) = start(Service::ZooKeeper, 2, false, Some(Mistake::ExistsSwallowed)) else { return };
    let mut holder = None;
    players.until("two holders", 0, |line| match line {
        Line::Granted(owner) => holder.replace(*owner).filter(|before| before.client != owner.client),
        // It is about to release it.
        Line::Accepted { owner, .. } | Line::Stops(owner) => {
            holder = holder.filter(|before| before.client != owner.client);
            None
        }
        _ => None,
    });
}

#[derive(Clone, Copy, Debug)]
enum Fault {
    KillHolder,
    KillAny,
    /// So long that its session is over.
    StopHolder,
    StopAny,
    FreezeServer,
    /// So long that clients think their leases over.
    FreezeLong,
    CrashServer,
}

const FAULTS: [Fault; 7] = [
    Fault::KillHolder,
    Fault::KillAny,
    Fault::StopHolder,
    Fault::StopAny,
    Fault::FreezeServer,
    Fault::FreezeLong,
    Fault::CrashServer,
];

const CLIENTS: u16 = 3;

fn strike(players: &mut Players, fault: Fault, dice: &mut Dice) {
    let ttl = players.ttl();
    let any = dice.below(u64::from(CLIENTS)) as u16;
    let from = players.referee.length();
    // A fresh grant: whoever has it is at work.
    let holder = || players.until("a grant", from, granted).1.client;
    match fault {
        Fault::KillHolder => {
            let holder = holder();
            players.kill(holder);
        }
        Fault::KillAny => players.kill(any),
        Fault::StopHolder => {
            let holder = holder();
            players.stop(holder);
            std::thread::sleep(ttl * 3 / 2);
            players.go_on(holder);
        }
        Fault::StopAny => {
            players.stop(any);
            std::thread::sleep(ttl / 3);
            players.go_on(any);
        }
        Fault::FreezeServer => players.freeze_server(ttl / 3),
        Fault::FreezeLong => players.freeze_server(ttl * 3 / 2),
        Fault::CrashServer => players.crash_server(),
    }
}

/// Every fault, in an order of its own each round; after each the lock goes on.
fn turns(service: Service, rounds: usize) {
    let (_, before) = soak();
    let seed = seed();
    let again = format!("{before}{SEED}={seed} cargo test -p oracles --test turns");
    let Some(mut players) = start(service, CLIENTS, true, None) else { return };
    say(&format!("   {CLIENTS} clients take turns on a real {service:?}: {again}"));
    let (began, mut dice) = (Instant::now(), Dice::new(seed));
    for _ in 0..rounds {
        let mut left = FAULTS.to_vec();
        while !left.is_empty() {
            let fault = left.remove(dice.below(left.len() as u64) as usize);
            strike(&mut players, fault, &mut dice);
            let mut from = players.referee.length();
            for _ in 0..2 {
                from = players.until(&format!("a write after {fault:?}"), from, accepted).0;
            }
            std::thread::sleep(Duration::from_millis(dice.below(150)));
        }
    }
    let from = players.referee.length();
    for client in 0..CLIENTS {
        players.until("everybody's turn", from, |line| granted(line).filter(|owner| owner.client == client));
    }
    let log = players.referee.log(0);
    let verdict = judge(&log);
    let count = |wanted: &str| log.iter().filter(|line| matches!(line, Line::Said(said, _) if said == wanted)).count();
    say(&format!(
        "   {service:?}, {} faults, {:.1} s: {} grants, {} writes taken, {} refused, none stale; {} sessions over, {} connections \
         given up, {} nodes found again, {} grants late",
        rounds * FAULTS.len(),
        began.elapsed().as_secs_f32(),
        verdict.grants,
        verdict.accepted,
        verdict.refused,
        count("over"),
        count("disconnected"),
        count("found"),
        verdict.late
    ));
    assert!(verdict.stale.is_empty(), "stale writes, with a fence: {:?}\nagain: {again}", verdict.stale);
    assert_eq!(verdict.lost, 0, "updates lost, although reads carry the fence\nagain: {again}");
    assert!(
        verdict.out_of_order.is_empty(),
        "grants that were not in the order of the server's numbers: {:?}\nagain: {again}\n{log:#?}",
        verdict.out_of_order
    );
    assert!(verdict.grants > 10 * rounds && count("over") > 0 && count("disconnected") > 0, "{verdict:?}");
}

#[test]
fn clients_take_turns_on_zookeeper() {
    turns(Service::ZooKeeper, if soak().0 { 20 } else { 1 });
}

#[test]
fn clients_take_turns_on_etcd() {
    turns(Service::Etcd, if soak().0 { 20 } else { 1 });
}
