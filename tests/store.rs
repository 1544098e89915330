use faultline::check::model::*;
use faultline::check::search::*;
use faultline::core::placement::Member;
use faultline::core::protocol::World;
use faultline::core::store::*;
fn store(slots: u16, initial: u16, vnodes: u32, keys: &[&str]) -> Store {
    let servers = (1..=slots).map(|n| Member::new(format!("node-{n}"), 1)).collect();
    let s = Store::new(servers, initial, vnodes, 2).unwrap();
    Store {
        keys: keys.iter().map(|k| Key::new(k)).collect(),
        gets: Some(1),
        puts: Some(1),
        changes: Some(0),
        pace: Pace { answer: 4, replica: 1, copy: 1, again: 2, rounds: 2, ..Pace::default() },
        ..s
    }
}
#[test]
fn probe() {
    let base = store(3, 3, 1, &["a"]);
    let crash = Budgets { crashes: 1, ..Default::default() };
    let none = Budgets::default();
    for (name, p, w, b, prop) in [
        ("sync", base.clone(), World::Sync, none, None),
        ("sync crash", base.clone(), World::Sync, crash, None),
        ("sync crash ryw", base.clone(), World::Sync, crash, Some("READ-YOUR-WRITE")),
        ("sync change", Store { changes: Some(1), ..base.clone() }, World::Sync, none, None),
        ("sync change ryw", Store { changes: Some(1), ..base.clone() }, World::Sync, none, Some("READ-YOUR-WRITE")),
        ("sync change crash", Store { changes: Some(1), ..base.clone() }, World::Sync, crash, None),
        (
            "sync mistake distinct",
            Store { mistake: Some(Mistake::ReplicaSameNode), ..store(3, 3, 2, &["a", "b", "c", "d"]) },
            World::Sync,
            crash,
            Some("RING-DISTINCT-REPLICAS"),
        ),
        (
            "sync mistake durable",
            Store { mistake: Some(Mistake::ReplicaSameNode), ..store(3, 3, 2, &["a", "b", "c", "d"]) },
            World::Sync,
            crash,
            Some("DURABLE-ONE-CRASH"),
        ),
        ("bounded", base.clone(), World::Bounded, none, None),
        ("bounded crash", base.clone(), World::Bounded, crash, None),
        ("anything crash", base.clone(), World::Anything, crash, None),
        ("anything change", Store { changes: Some(1), ..base.clone() }, World::Anything, none, None),
    ] {
        let t = std::time::Instant::now();
        let m = ClusterModel::new(p, w, b, prop);
        let mut s = Search::new(&m);
        let v = s.run(2_000_000);
        match v {
            Verdict::Violated { property, path, states, .. } => {
                println!("{name}: {property} after {} steps, {states} states {:?}", path.len(), t.elapsed());
                for m in &path {
                    println!("      {:?} {:?} {:?}", m.action, m.trip, m.picks);
                }
            }
            Verdict::Holds { states, depth } => println!("{name}: holds {states} {depth} {:?}", t.elapsed()),
            Verdict::Unfinished { states, depth, .. } => {
                println!("{name}: unfinished {states} {depth} {:?}", t.elapsed())
            }
        }
    }
}
