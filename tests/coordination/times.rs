//! Times: a session ends when its timeout has passed and not much later; a restart and another leader give it all of it
//! again; in the end a dead holder's key is free.

use super::configured;
use super::random::playing;
use faultline::core::cluster::{Action, Outage};
use faultline::core::coordination::{Coordination, Note, Request, Service, negotiated};
use faultline::core::protocol::{Effect, NodeId, World};
use faultline::sim::faults::Background;
use faultline::sim::simulation::{Input, Placed, Simulation};
use faultline::sim::time::{MILLISECOND, SECOND, Time};
use std::sync::Arc;

const SERVICES: [Service; 3] = [Service::ZooKeeper, Service::Etcd, Service::Consul];

/// A dies while it holds the lock. What is done to the service after that, and so long after the crash A's session ended.
fn outlives(service: Service, seed: u64, then: &[(Time, Action<Coordination>)]) -> Time {
    let p = Coordination { clients: 2, work: 60_000, think: None, ..playing(service) };
    let mut sim = Simulation::new(Arc::new(p), Background::default(), seed);
    let act = |time, action| Placed { time, nth: 0, input: Input::Act(action), picks: None };
    let ask = |client| Action::Request(NodeId(client), Request::Acquire);
    let died = 2 * SECOND;
    let mut inputs = vec![act(0, ask(0)), act(SECOND, ask(1)), act(died, Action::Crash(NodeId(0), Outage::Killed))];
    inputs.extend(then.iter().map(|(after, action)| act(died + after, action.clone())));
    let mut heard = 0;
    let (mut ended, mut next) = (None, None);
    while let Some(happening) = sim.step(&inputs, 60 * SECOND) {
        let from_a = happening.flight.as_ref().is_some_and(|f| f.from == NodeId(0) && f.to == sim.protocol.leader());
        let again = matches!(happening.input, Input::Act(Action::Restart(_) | Action::Request(_, Request::Elect)));
        // Every call to ZooKeeper keeps a session; of the others the pings do.
        let keeps = happening.flight.as_ref().is_some_and(|f| match &f.msg {
            faultline::core::coordination::Msg::Ask { call, .. } => {
                service == Service::ZooKeeper || call.keeps(service)
            }
            _ => false,
        });
        if (from_a && keeps && !happening.in_vain) || (again && sim.now > died) {
            heard = sim.now;
        }
        for d in &happening.done {
            match &d.effect {
                Effect::Note(Note::SessionExpired(session)) if session.client == 0 => ended = Some(sim.now - heard),
                Effect::Note(Note::Granted { owner, .. }) if owner.client == 1 => next = next.or(Some(sim.now)),
                _ => {}
            }
        }
    }
    let ended = ended.unwrap_or_else(|| panic!("{service:?}, seed {seed}: the session lives on"));
    assert!(next.is_some_and(|next| next > died), "{service:?}, seed {seed}: {next:?}");
    assert!(sim.ghost.freed && sim.ghost.dead_holder.is_none());
    ended
}

#[test]
fn a_session_ends_after_its_time_and_at_most_a_draw_later() {
    for service in SERVICES {
        let ended: Vec<Time> = (0..100).map(|seed| outlives(service, seed, &[])).collect();
        let (least, most) = (ended.iter().min().copied(), ended.iter().max().copied());
        let bounds = (3000 * MILLISECOND, 3500 * MILLISECOND);
        assert!(least >= Some(bounds.0) && most < Some(bounds.1), "{service:?}: {least:?} to {most:?}");
        assert!(most > least, "the server looks now and then");
    }
}

/// L16: who begins to lead gives every session its full time, so a dead holder is in the way for longer.
#[test]
fn a_restart_and_another_leader_give_every_session_its_full_time_again() {
    for service in SERVICES {
        let server = Coordination { clients: 2, ..playing(service) }.leader();
        for seed in 0..20 {
            let elected = [(2500 * MILLISECOND, Action::Request(server, Request::Elect))];
            let restarted = [
                (2000 * MILLISECOND, Action::Crash(server, Outage::PowerLost)),
                (2500 * MILLISECOND, Action::Restart(server)),
            ];
            for then in [&elected[..], &restarted[..]] {
                // Counted from then on.
                let ended = outlives(service, seed, then);
                assert!((3 * SECOND..3500 * MILLISECOND).contains(&ended), "{service:?}, seed {seed}: {ended}");
            }
        }
    }
}

/// Consul: after a session that ended by itself nobody gets its lock for a while.
#[test]
fn the_lock_delay_keeps_everybody_waiting() {
    let freed = |delay| {
        let p = Coordination { clients: 2, work: 60_000, think: None, lock_delay: delay, ..playing(Service::Consul) };
        let mut sim = Simulation::new(Arc::new(p), Background::default(), 7);
        let act = |time, action| Placed { time, nth: 0, input: Input::Act(action), picks: None };
        let ask = |client| Action::Request(NodeId(client), Request::Acquire);
        let died = Action::Crash(NodeId(0), Outage::Killed);
        let inputs = [act(0, ask(0)), act(SECOND, ask(1)), act(2 * SECOND, died)];
        let (mut expired, mut granted) = (0, 0);
        while let Some(happening) = sim.step(&inputs, 30 * SECOND) {
            for d in &happening.done {
                match &d.effect {
                    Effect::Note(Note::SessionExpired(session)) if session.client == 0 => expired = sim.now,
                    Effect::Note(Note::Enqueued { owner, .. }) if owner.client == 1 && granted == 0 => {
                        granted = sim.now;
                    }
                    _ => {}
                }
            }
        }
        assert!(expired > 0 && granted > expired);
        granted - expired
    };
    assert!(freed(0) < SECOND);
    assert!((5 * SECOND..6 * SECOND + SECOND / 2).contains(&freed(5000)));
}

#[test]
fn zookeeper_grants_between_two_and_twenty_ticks() {
    assert_eq!([100, 3_000, 60_000].map(|asked| negotiated(asked, 500)), [1_000, 3_000, 10_000]);
    assert_eq!(negotiated(100, 0), 100);
    for (recipe, granted) in [("zookeeper", 10_000), ("etcd", 60_000), ("consul", 60_000)] {
        let options = [("late", "500"), ("ttl", "60000")];
        assert_eq!(configured(recipe, None, World::Sync, &options).ttl, granted, "{recipe}");
    }
}
