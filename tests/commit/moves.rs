//! Shortest runs, and what happens in them, in the words of `twopc_mutants.json`.

use faultline::check::choices::Recorded;
use faultline::check::model::{Budgets, ClusterModel, Move};
use faultline::check::search::{Search, Verdict};
use faultline::core::cluster::{Action, Cluster, remember};
use faultline::core::commit::properties::Ghost;
use faultline::core::commit::{Commit, Decision, Msg, Timer, Vote};
use faultline::core::protocol::{Judgement, NodeId, Protocol, World};

pub const NONE: Budgets = Budgets::NONE;
pub const ONE_CRASH: Budgets = Budgets { crashes: 1, ..NONE };

pub type Steps = Vec<Move<Commit>>;

pub fn model(p: &Commit, world: World, budgets: Budgets, property: &str) -> ClusterModel<Commit> {
    ClusterModel::new(p.clone(), world, budgets, Commit::TICK, Some(property))
}

/// A shortest run that breaks the property.
pub fn shortest(p: &Commit, world: World, budgets: Budgets, property: &str) -> Steps {
    shortest_of(&model(p, world, budgets, property))
}

pub fn shortest_of(model: &ClusterModel<Commit>) -> Steps {
    match Search::new(model).run(3_000_000) {
        Verdict::Violated { property: found, path, .. } => {
            assert_eq!(model.properties(), [found]);
            path
        }
        verdict => panic!("{:?}: {verdict:?}", model.properties()),
    }
}

/// The named property holds in so many states.
pub fn holds(model: &ClusterModel<Commit>, states: u64) {
    match Search::new(model).run(3_000_000) {
        Verdict::Holds { states: found, .. } => assert_eq!(found, states, "{:?}", model.properties()),
        verdict => panic!("{:?}: {verdict:?}", model.properties()),
    }
}

/// Plays moves; the cluster, its history and what happened, event by event.
pub fn play(p: &Commit, path: &[Move<Commit>]) -> (Cluster<Commit>, Ghost, Vec<String>) {
    let mut done = Vec::new();
    let mut cluster = Cluster::start(p, &mut Recorded::default(), &mut done);
    let mut ghost = Ghost::default();
    let mut words = Vec::new();
    for step in path {
        assert!(cluster.allows(p, &step.action), "{:?} after {words:?}", step.action);
        let mut word = word(&cluster, &step.action);
        if step.trip.is_some() {
            word.push_str(", cut off");
        }
        words.push(word);
        done.clear();
        cluster.apply(p, &step.action, step.trip, &mut Recorded::new(&step.picks), &mut done);
        remember(p, &mut ghost, &cluster, &done);
    }
    (cluster, ghost, words)
}

/// One letter for the coordinator, P1 to P5 for the participants.
fn name(node: NodeId) -> String {
    if node == Commit::COORDINATOR { "C".to_owned() } else { format!("P{}", node.0) }
}

fn word(cluster: &Cluster<Commit>, action: &Action<Commit>) -> String {
    let said = |decision: Decision| if decision == Decision::Commit { "COMMIT" } else { "ABORT" };
    match action {
        Action::Request(NodeId(0), _) => "C starts".to_owned(),
        Action::Request(to, _) => format!("{} will vote NO", name(*to)),
        Action::Deliver(id) => match cluster.flight(*id).map(|f| (f.from, f.to, &f.msg)) {
            Some((_, to, Msg::Prepare { .. })) => format!("{} gets PREPARE", name(to)),
            Some((from, _, Msg::Vote { vote: Vote::Yes, .. })) => format!("C gets YES from {}", name(from)),
            Some((from, _, Msg::Vote { vote: Vote::No, .. })) => format!("C gets NO from {}", name(from)),
            Some((from, _, Msg::Vote { .. })) => format!("C gets a receipt from {}", name(from)),
            Some((_, to, Msg::PreCommit(_))) => format!("{} gets PRE-COMMIT", name(to)),
            Some((from, to, Msg::PreAck(_))) => format!("{} gets PRE-ACK from {}", name(to), name(from)),
            Some((from, to, Msg::Decide { decision, .. })) => {
                format!("{} gets {} from {}", name(to), said(*decision), name(from))
            }
            Some((from, _, Msg::Inquire(_))) => format!("C gets the inquiry of {}", name(from)),
            Some((from, to, Msg::Ask(_))) => format!("{} is asked by {}", name(to), name(from)),
            Some((from, to, Msg::Standing { .. })) => format!("{} hears how {} stands", name(to), name(from)),
            other => format!("{other:?}"),
        },
        Action::Fire(_, Timer::Votes(_)) => "C times out".to_owned(),
        Action::Fire(node, Timer::Doubt(_)) => format!("{} times out in doubt", name(*node)),
        Action::Fire(node, Timer::Lead(_)) => format!("{} has waited for answers", name(*node)),
        Action::Forced(node) => format!("{} forced", name(*node)),
        Action::Crash(node, outage) => format!("{} crashes ({outage:?})", name(*node)),
        Action::Restart(node) => format!("{} recovers", name(*node)),
        Action::Tick(_) => "time passes".to_owned(),
        Action::Cut(a, b) => format!("{} and {} are cut off from each other", name(*a), name(*b)),
        other => format!("{other:?}"),
    }
}

/// Whether the property is broken after these moves.
pub fn breaks(p: &Commit, path: &[Move<Commit>], property: &str) -> bool {
    let (cluster, ghost, _) = play(p, path);
    let property = p.properties().into_iter().find(|known| known.name == property).expect("a property of this name");
    (property.judge)(p, &cluster, &ghost) == Judgement::Broken
}

/// Plays a run that is told in these words: in each state the move is taken that goes by the next one.
pub fn told(p: &Commit, world: World, budgets: Budgets, words: &[&str]) -> Steps {
    use faultline::check::search::Model;
    let model = ClusterModel::new(p.clone(), world, budgets, Commit::TICK, None);
    let mut state = model.start();
    let mut path = Steps::new();
    for wanted in words {
        let mut found = None;
        model.each_next(&state, &mut |step, next| {
            let mut word = word(&state.cluster, &step.action);
            if step.trip.is_some() {
                word.push_str(", cut off");
            }
            if found.is_none() && word == *wanted {
                found = Some((step.clone(), next.clone()));
            }
        });
        let (step, next) =
            found.unwrap_or_else(|| panic!("no move is called \"{wanted}\" after {:?}", play(p, &path).2));
        path.push(step);
        state = next;
    }
    path
}
