use faultline::check::model::*;
use faultline::check::search::*;
use faultline::core::lock::*;
use faultline::core::protocol::World;
#[test]
fn probe() {
    let base = Lock {
        clients: 2,
        ttl: 3,
        margin: 0,
        work: 1,
        timeout: 0,
        retry: 2,
        jitter: 0,
        think: None,
        rounds: Some(1),
        tries: Some(2),
        fence: false,
        storage_checks: false,
        reads: Reads::No,
        looks: true,
        persistence: Persistence::Always,
        mistake: None,
    };
    for (name, p, w, b, prop) in [
        ("sync", base.clone(), World::Sync, Budgets::default(), None),
        ("sync+pause", base.clone(), World::Sync, Budgets { pauses: 1, ..Default::default() }, None),
        ("bounded", base.clone(), World::Bounded, Budgets::default(), None),
        (
            "bounded nopersist",
            Lock { persistence: Persistence::None, ..base.clone() },
            World::Bounded,
            Budgets::default(),
            Some("MUTEX-LEASE"),
        ),
        ("bounded belief", base.clone(), World::Bounded, Budgets::default(), Some("MUTEX-BELIEF")),
        (
            "sync pause belief",
            base.clone(),
            World::Sync,
            Budgets { pauses: 1, ..Default::default() },
            Some("MUTEX-BELIEF"),
        ),
        (
            "sync pause stale",
            base.clone(),
            World::Sync,
            Budgets { pauses: 1, ..Default::default() },
            Some("NO-STALE-WRITE"),
        ),
        (
            "sync pause fenced",
            Lock { fence: true, storage_checks: true, ..base.clone() },
            World::Sync,
            Budgets { pauses: 1, ..Default::default() },
            None,
        ),
        (
            "sync pause fenced norestart",
            Lock { fence: true, storage_checks: true, persistence: Persistence::None, ..base.clone() },
            World::Sync,
            Budgets { crashes: 1, ..Default::default() },
            Some("MUTEX-LEASE"),
        ),
        ("sync+crash", base.clone(), World::Sync, Budgets { crashes: 1, ..Default::default() }, None),
        (
            "uncond del sync pause 2 rounds",
            Lock { rounds: Some(2), mistake: Some(Mistake::UnconditionalDel), ..base.clone() },
            World::Sync,
            Budgets { pauses: 1, ..Default::default() },
            Some("MUTEX-LEASE"),
        ),
        (
            "uncond del sync pause 3c",
            Lock { clients: 3, mistake: Some(Mistake::UnconditionalDel), ..base.clone() },
            World::Sync,
            Budgets { pauses: 1, ..Default::default() },
            Some("MUTEX-LEASE"),
        ),
        (
            "uncond del owner",
            Lock { mistake: Some(Mistake::UnconditionalDel), ..base.clone() },
            World::Sync,
            Budgets { pauses: 1, ..Default::default() },
            Some("OWNER-RELEASE"),
        ),
        ("anything", base.clone(), World::Anything, Budgets::default(), None),
    ] {
        let t = std::time::Instant::now();
        let m = ClusterModel::new(p, w, b, 1, prop);
        let mut s = Search::new(&m);
        let v = s.run(4_000_000);
        match v {
            Verdict::Violated { property, path, states, .. } => {
                println!("{name}: {property} after {} steps, {states} states {:?}", path.len(), t.elapsed());
                if name.contains("nopause") || path.len() < 22 {
                    for m in &path {
                        println!("      {:?} {:?} {:?}", m.action, m.trip, m.picks);
                    }
                }
            }
            Verdict::Holds { states, depth } => println!("{name}: holds {states} {depth} {:?}", t.elapsed()),
            Verdict::Unfinished { states, depth, .. } => {
                println!("{name}: unfinished {states} {depth} {:?}", t.elapsed())
            }
        }
    }
}
