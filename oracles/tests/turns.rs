//! The recipes of ZooKeeper and etcd on real servers: clients of our core take turns, and the storage's log is judged.
#![cfg(unix)]

use faultline::core::coordination::Service;
use faultline::core::lock::keyspace::Owner;
use oracles::commands::Dice;
use oracles::live::players::Players;
use oracles::live::referee::{Line, Verdict, judge};
use oracles::{SEED, say, seed, soak};
use std::time::{Duration, Instant};

const PROGRAM: &str = env!("CARGO_BIN_EXE_turns");

fn start(service: Service, clients: u16, fence: bool) -> Option<Players> {
    let players = Players::start(PROGRAM, service, clients, fence);
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
    let players = start(service, 2, fence)?;
    let (mut from, mut asleep) = (0, None);
    while asleep.is_none() {
        let (at, owner) = players.until("a grant", from, granted);
        players.stop(owner.client);
        // What was under way when it was stopped has arrived by now; a stop that came too late counts for nothing.
        std::thread::sleep(Duration::from_millis(20));
        if players.referee.log(at).iter().any(|line| accepted(line) == Some(owner)) {
            players.go_on(owner.client);
            from = players.referee.length();
        } else {
            (from, asleep) = (at, Some(owner));
        }
    }
    let asleep = asleep.expect("somebody sleeps");
    let stopped = Instant::now();
    let (at, _) = players.until("a write of the other", from, |line| accepted(line).filter(|owner| *owner != asleep));
    assert!(stopped.elapsed() + Duration::from_millis(100) > players.ttl() / 2, "it took a lock that was held");
    players.go_on(asleep.client);
    let (_, taken) = players.until("the sleeper's write", at, |line| match line {
        Line::Accepted { owner, .. } if *owner == asleep => Some(true),
        Line::Refused(owner) if *owner == asleep => Some(false),
        _ => None,
    });
    Some((taken, judge(&players.referee.log(0))))
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
    let Some(mut players) = start(service, CLIENTS, true) else { return };
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
