//! Each mistake is found, by a run of a pinned length that replays; where the mistake was published as an order of service
//! calls, the calls come in that order.

use super::{configured, model};
use faultline::check::choices::Recorded;
use faultline::check::model::{Budgets, Move};
use faultline::check::search::{Model, Search, Verdict};
use faultline::core::cluster::remember;
use faultline::core::coordination::{Coordination, Note};
use faultline::core::protocol::{Effect, Judgement, World};
use faultline::scenes::coordination::CoordinationScene;
use faultline::scenes::link;
use faultline::scenes::open;
use faultline::scenes::scene::Lang;
use faultline::scenes::searching::{Question, check};
use faultline::scenes::staging::Staging;

const NONE: Budgets = Budgets::NONE;

/// The mistake, whose recipe, how many steps its shortest run has, and why it goes wrong.
const FOUND: [(&str, &str, u32, &str); 8] = [
    ("exists-swallowed", "zookeeper", 10, "that the node exists says that somebody else has the lock"),
    ("fails-at-once", "zookeeper", 9, "who finds the lock taken is sent away instead of waiting"),
    ("no-guid", "zookeeper", 16, "the answer to create is lost, so it creates again and waits for its own first node"),
    ("watch-parent", "zookeeper", 16, "one node that goes wakes all who wait, and only one of them can have the lock"),
    ("works-disconnected", "zookeeper", 15, "cut off, it works on past the end of its session"),
    ("sorts-by-name", "zookeeper", 14, "the guid comes first in the name, so a younger node can be the lowest"),
    ("no-sync", "zookeeper", 22, "the follower has not taken the node in yet, so it creates another one"),
    ("no-reread", "etcd", 11, "its own key is gone with its lease, and no older key is there either"),
];

fn shortest(recipe: &str, mistake: &str) -> (Coordination, World, Budgets, Vec<Move<Coordination>>) {
    let (_, property) = CoordinationScene::MISTAKES.iter().find(|(name, _)| *name == mistake).expect("a known mistake");
    let (world, budgets) = CoordinationScene::standard(recipe, Some(mistake))[0];
    let p = configured(recipe, Some(mistake), world, &[]);
    let model = model(p.clone(), world, budgets, Some(property));
    let Verdict::Violated { path, property: broken, .. } = Search::new(&model).run(2_000_000) else {
        panic!("{mistake} is not found")
    };
    assert_eq!(broken, *property);
    (p, world, budgets, path)
}

/// What clients and service did, in the words of the vectors.
fn calls(recipe: &str, mistake: &str) -> Vec<String> {
    let (p, world, budgets, path) = shortest(recipe, mistake);
    told(&p, world, budgets, &path)
}

fn told(p: &Coordination, world: World, budgets: Budgets, path: &[Move<Coordination>]) -> Vec<String> {
    let model = model(p.clone(), world, budgets, None);
    let mut state = model.start();
    let mut said = Vec::new();
    let name = |client: u16| char::from(b'A' + client as u8);
    for step in path {
        let mut done = Vec::new();
        state.cluster.apply(p, &step.action, step.trip, &mut Recorded::new(&step.picks), &mut done);
        remember(p, &mut state.ghost, &state.cluster, &done);
        for d in &done {
            let Effect::Note(note) = &d.effect else { continue };
            said.extend(match note {
                Note::Enqueued { owner, .. } => Some(format!("{} create ok", name(owner.client))),
                Note::Exists { by, .. } => Some(format!("{} create exists", name(*by))),
                Note::SessionExpired(_) => Some("TTL passes".to_owned()),
                Note::Granted { owner, .. } => Some(format!("{} goes on", name(owner.client))),
                Note::GaveUp { owner, at_once: true } => Some(format!("{} fails", name(owner.client))),
                _ => None,
            });
        }
    }
    said
}

/// A published step in the same words.
fn published(step: &str) -> String {
    let who = step.split(' ').next().unwrap_or_default();
    if step.contains("passes") || step.contains("expires") {
        "TTL passes".to_owned()
    } else if step.contains("NodeExists") {
        format!("{who} create exists")
    } else {
        assert!(step.contains("create /lock -> ok"), "not understood: {step}");
        format!("{who} create ok")
    }
}

fn vector(name: &str) -> Vec<String> {
    let text = include_str!("../vectors/naive_interleavings.json");
    let vectors: serde_json::Value = serde_json::from_str(text).expect("the vectors are JSON");
    let steps = vectors["results"][name].as_array().unwrap_or_else(|| panic!("no vector {name}"));
    steps.iter().map(|step| published(step.as_str().expect("a sentence"))).collect()
}

#[test]
fn each_mistake_is_found_in_so_many_steps() {
    for (mistake, recipe, steps, why) in FOUND {
        let (.., path) = shortest(recipe, mistake);
        assert_eq!(path.len() as u32, steps, "{mistake}: {why}");
    }
    assert_eq!(FOUND.len(), CoordinationScene::MISTAKES.len());
}

/// The run opens from a link and ends in the state that the search has seen.
#[test]
fn each_run_replays_to_what_was_found() {
    for (mistake, recipe, steps, _) in FOUND {
        let (p, world, budgets, path) = shortest(recipe, mistake);
        let searched = model(p, world, budgets, None);
        let mut state = searched.start();
        for step in &path {
            state.cluster.apply(
                &searched.protocol,
                &step.action,
                step.trip,
                &mut Recorded::new(&step.picks),
                &mut vec![],
            );
        }
        let question =
            Question { mistake: Some(mistake.to_owned()), budgets, ..Question::new("coordination", recipe, world) };
        let answer = check(&question, Lang::En).unwrap_or_else(|e| panic!("{mistake}: {}", e.0));
        assert_eq!(answer.steps.len() as u32, steps, "{mistake}");
        let spec = answer.spec.expect("a run");
        let run = open(&link::decode(&link::encode(&spec).expect("it fits a link")).expect("it reads back"), Lang::En)
            .unwrap_or_else(|e| panic!("{mistake}: {}", e.0));
        assert_eq!(run.state_hash(), state.cluster.hash_state(), "{mistake}");
        let property = CoordinationScene::MISTAKES.iter().find(|(name, _)| *name == mistake).map(|found| found.1);
        assert!(run.findings(Lang::En).iter().any(|f| Some(f.code) == property && f.broken_at.is_some()), "{mistake}");
    }
}

/// N7a: "already exists" is the answer *taken*.
#[test]
fn node_exists_swallowed_comes_in_the_published_order() {
    let mut found = calls("zookeeper", "exists-swallowed");
    // Each learns of it from the answer.
    found.retain(|said| !said.ends_with("goes on"));
    assert_eq!(found, vector("ZooKeeper create ephemeral with NodeExists swallowed"));
}

/// N7b: no two hold the lock, but there is no lock() either.
#[test]
fn node_exists_raised_sends_the_second_one_away() {
    let mut found = calls("zookeeper", "fails-at-once");
    found.retain(|said| !said.ends_with("goes on"));
    assert_eq!(found, ["A create ok", "B create exists", "B fails"]);
    let p = configured("zookeeper", Some("fails-at-once"), World::Sync, &[]);
    let all = model(p, World::Sync, NONE, Some("MUTEX-LEASE"));
    assert!(matches!(Search::new(&all).run(1_000_000), Verdict::Holds { .. }));
}

/// N7c: a pause that lasts longer than a session. No recipe is safe from that; the fence keeps it from the data.
#[test]
fn a_pause_past_the_session_comes_in_the_published_order() {
    let pause = Budgets { pauses: 1, ..NONE };
    for recipe in ["zookeeper", "etcd", "consul"] {
        let p = configured(recipe, None, World::Sync, &[("retry", "1000"), ("tries", "5")]);
        let search = model(p.clone(), World::Sync, pause, Some("MUTEX-BELIEF"));
        let Verdict::Violated { path, .. } = Search::new(&search).run(1_000_000) else { panic!("{recipe}") };
        let mut found = told(&p, World::Sync, pause, &path);
        found.retain(|said| !said.ends_with("goes on"));
        let wanted = vector("ZooKeeper ephemeral: session expires while the holder is paused (believes it holds)");
        // Who waits in a queue has come before the end of the session.
        let (mut sorted, mut as_sorted) = (found.clone(), wanted.clone());
        sorted.sort_unstable();
        as_sorted.sort_unstable();
        assert_eq!(sorted, as_sorted, "{recipe}");
        for property in ["MUTEX-LEASE", "NO-STALE-WRITE"] {
            let kept = model(p.clone(), World::Sync, pause, Some(property));
            assert!(matches!(Search::new(&kept).run(1_000_000), Verdict::Holds { .. }), "{recipe} {property}");
        }
        let unfenced = configured(recipe, None, World::Sync, &[("fence", "off"), ("retry", "1000"), ("tries", "5")]);
        let stale = model(unfenced, World::Sync, pause, Some("NO-STALE-WRITE"));
        assert!(matches!(Search::new(&stale).run(1_000_000), Verdict::Violated { .. }), "{recipe} without a fence");
    }
}

/// Disconnected is not Expired, but who cannot know has to stop.
#[test]
fn who_stops_when_disconnected_never_holds_beside_another() {
    let cut = Budgets { cuts: 1, ..NONE };
    let right = configured("zookeeper", None, World::Sync, &[]);
    let belief = |p| Search::new(&model(p, World::Sync, cut, Some("MUTEX-BELIEF"))).run(1_000_000);
    assert!(matches!(belief(right), Verdict::Holds { .. }));
    let wrong = configured("zookeeper", Some("works-disconnected"), World::Sync, &[]);
    assert!(matches!(belief(wrong), Verdict::Violated { .. }));
}

/// Woken is one, also where the one before goes with its session and where waiters have come and gone.
#[test]
fn three_in_a_queue_are_woken_one_by_one() {
    let cut = Budgets { cuts: 1, ..NONE };
    for recipe in ["zookeeper", "etcd"] {
        for budgets in [NONE, Budgets { drops: 1, ..NONE }, cut] {
            let p = configured(recipe, None, World::Sync, &[("clients", "3")]);
            for property in ["NO-HERD", "FIFO-GRANT"] {
                let search = model(p.clone(), World::Sync, budgets, Some(property));
                let verdict = Search::new(&search).run(1_000_000);
                assert!(matches!(verdict, Verdict::Holds { .. }), "{recipe} {budgets:?} {property}");
            }
        }
    }
}

/// Consul has no queue: who asks at the right moment is next.
#[test]
fn consul_grants_to_whom_it_likes() {
    let p = configured("consul", None, World::Sync, &[("clients", "3"), ("tries", "3"), ("retry", "1000")]);
    let search = model(p.clone(), World::Sync, NONE, Some("FIFO-GRANT"));
    let verdict = Search::new(&search).run(1_000_000);
    let Verdict::Violated { path, .. } = verdict else { panic!("{verdict:?}") };
    let mut state = search.start();
    path.iter().for_each(|step| state = search.follow(&state, step));
    let fifo = search.protocol.clone();
    let broken = faultline::core::protocol::Protocol::properties(&fifo)
        .into_iter()
        .find(|property| property.name == "FIFO-GRANT")
        .map(|property| (property.judge)(&fifo, &state.cluster, &state.ghost));
    assert_eq!(broken, Some(Judgement::Broken));
}
