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

    let put = Store { gets: Some(0), pace: Pace { rounds: 1, ..base.pace.clone() }, ..base.clone() };
    let add = Store { changes: Some(1), ..Store { initial: view::Members::first(2), ..put.clone() } };
    let rem = Store { changes: Some(1), ..put.clone() };
    for (name, p, w, b, prop) in [
        ("put sync crash", put.clone(), World::Sync, crash, None),
        ("put any", put.clone(), World::Anything, none, None),
        ("put any crash", put.clone(), World::Anything, crash, None),
        ("put bounded", put.clone(), World::Bounded, none, None),
        ("put bounded crash", put.clone(), World::Bounded, crash, None),
        ("add sync", add.clone(), World::Sync, none, None),
        ("add sync crash", add.clone(), World::Sync, crash, None),
        ("add any", add.clone(), World::Anything, none, None),
        ("rem sync", rem.clone(), World::Sync, none, None),
        ("rem sync crash", rem.clone(), World::Sync, crash, None),
        ("rem any", rem.clone(), World::Anything, none, None),
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
