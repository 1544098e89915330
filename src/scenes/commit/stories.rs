//! What can be seen to happen to a transaction, one click each. Every run is a seed and commands that a reader could give;
//! whether it ended as its words say is judged by what happened in it, never by the script that led there.

mod costs;
mod crashes;
mod messages;
mod phases;
mod rules;
mod several;

use super::CommitScene;
use super::openings::spec;
use crate::core::commit::ledger::Ledger;
use crate::core::commit::participant::Participant;
use crate::core::commit::{Commit, Decision, Note, State, properties};
use crate::core::protocol::NodeId;
use crate::scenes::player::{self, Player, broke};
use crate::scenes::run::Run;
use crate::scenes::scene::{Lang, Standing, Time};
use crate::scenes::session::Session;
use crate::scenes::staging::{Openings, Script};

pub struct CommitStories;

type Hand = Player<CommitScene>;
type Ended = Session<CommitScene>;

const COORDINATOR: NodeId = Commit::COORDINATOR;
const NORTH: NodeId = NodeId(1);
const EAST: NodeId = NodeId(2);
const SOUTH: NodeId = NodeId(3);

impl Openings<CommitScene> for CommitStories {
    const ASKED: &'static [(&'static str, usize, usize)] = &[
        ("block", 3, 0),
        ("untold", 3, 0),
        ("prepared", 3, 0),
        ("lost-commit", 3, 0),
        ("lost-ack", 1, 0),
        ("late-prepare", 2, 0),
        ("heuristic", 2, 0),
        ("timers", 3, 0),
        ("termination", 3, 0),
        ("read-only", 3, 0),
        ("disk", 2, 0),
        ("reader", 4, 0),
        ("retry", 3, 0),
        ("deadlock", 3, 0),
        ("collecting", 2, 0),
        ("abort-cost", 3, 0),
        ("commit-cost", 3, 0),
        ("majority", 2, 0),
        ("pub-sub", 3, 0),
        ("one-by-one", 3, 0),
        ("outage", 3, 0),
        ("end-lost", 2, 0),
        ("load", 3, 0),
    ];

    fn script(name: &str, take: usize) -> Option<Script> {
        match name {
            "block" | "untold" | "prepared" | "disk" | "collecting" | "outage" | "end-lost" => {
                crashes::script(name, take)
            }
            "lost-commit" | "lost-ack" | "late-prepare" | "retry" => messages::script(name, take),
            "timers" | "termination" => phases::script(name, take),
            "heuristic" | "majority" | "pub-sub" | "one-by-one" => rules::script(name, take),
            "reader" | "deadlock" | "load" => several::script(name, take),
            "read-only" | "abort-cost" | "commit-cost" => costs::script(name, take),
            _ => None,
        }
    }

    fn right(name: &str, take: usize, run: &Ended) -> usize {
        let holds = match name {
            "lost-commit" | "lost-ack" | "late-prepare" | "retry" => messages::holds(name, take, run),
            "timers" | "termination" => phases::holds(name, take, run),
            "heuristic" | "majority" | "pub-sub" | "one-by-one" => rules::holds(name, take, run),
            "reader" | "deadlock" | "load" => several::holds(name, take, run),
            "read-only" | "abort-cost" | "commit-cost" => costs::holds(name, take, run),
            _ => crashes::holds(name, take, run),
        };
        usize::from(!holds)
    }
}

fn hand(recipe: &str, options: &[(&str, &str)], mistakes: &[&str]) -> Option<Hand> {
    Hand::new(&spec(recipe, options, mistakes))
}

/// To the end: the rest of what is under way arrives.
fn done(p: &mut Hand, after: Time) -> Option<Script> {
    let end = p.run.now() + after;
    p.script(0, end)
}

/// How often a node left such a note in the run so far.
fn seen_at(run: &Ended, is: impl Fn(NodeId, &Note) -> bool) -> usize {
    player::seen(run, is)
}

fn seen(run: &Ended, is: impl Fn(&Note) -> bool) -> usize {
    seen_at(run, |_, note| is(note))
}

/// None of the promises of atomic commitment is broken: whatever was to be shown, it went well.
fn is_sound(run: &Ended) -> bool {
    ["AC1-AGREE", "AC2-STABLE", "AC3-VALID-COMMIT", "AC4-NONTRIVIAL", "MONEY"].iter().all(|code| !broke(run, code))
}

fn stands(run: &Ended, code: &str, standing: Standing) -> bool {
    run.findings(Lang::En).iter().any(|f| f.code == code && f.standing == standing)
}

fn is_up(run: &Ended, node: NodeId) -> bool {
    run.timeline.at.sim.cluster.is_up(node)
}

/// How often any node has started again.
fn restarts(run: &Ended) -> u32 {
    run.timeline.at.sim.cluster.nodes.iter().map(|node| node.incarnation).sum()
}

/// Those banks that are up.
fn banks(run: &Ended) -> impl Iterator<Item = &Participant> {
    let cluster = &run.timeline.at.sim.cluster;
    cluster.ids().filter_map(|id| match cluster.state(id) {
        Some(State::Participant(bank)) => Some(bank),
        _ => None,
    })
}

/// How many banks hold their account.
fn locked(run: &Ended) -> usize {
    banks(run).filter(|bank| bank.locked().is_some()).count()
}

/// Who is in doubt.
fn in_doubt(run: &Ended) -> Vec<NodeId> {
    properties::in_doubt(&run.timeline.at.sim.cluster).map(|(id, _)| id).collect()
}

/// What is settled at North, East and South, by their logs.
fn balances(run: &Ended) -> [u32; 3] {
    let sim = &run.timeline.at.sim;
    [NORTH, EAST, SOUTH].map(|id| Ledger::read(&sim.protocol, id, &sim.cluster.node(id).log).balance)
}

const BEFORE: [u32; 3] = [60, 35, 0];
/// North has paid 20 to East and 1 to South.
const AFTER: [u32; 3] = [39, 55, 1];

/// How the first transaction ended at North, East and South.
fn ends(run: &Ended) -> Vec<Option<Decision>> {
    let first = run.timeline.at.sim.ghost.transactions.first();
    first.map(|t| t.parts.iter().map(|part| part.decided).collect()).unwrap_or_default()
}

/// Nobody is left waiting: all three have decided so, and their accounts are free.
fn all(run: &Ended, decision: Decision) -> bool {
    ends(run) == [Some(decision); 3] && locked(run) == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::time::MILLISECOND;

    /// Whoever marks a story must be able to fail it: no take ends as another one is said to.
    #[test]
    fn no_take_ends_as_another_one() {
        for (name, takes, _) in CommitStories::ASKED {
            let scripts: Vec<Script> = (0..*takes).filter_map(|take| CommitStories::script(name, take)).collect();
            assert_eq!(scripts.len(), *takes, "{name}");
            let end = scripts[0].end;
            let play = |script: Script| {
                let mut run = Ended::open(&script.spec, None, Lang::En).expect("a take's run opens");
                run.seek(script.end);
                run
            };
            let mut runs: Vec<Ended> = scripts.into_iter().map(play).collect();
            // A story with one take ends unlike a run in which nothing happens but a transfer.
            let mut plain = hand("presumed-abort", &[], &[]).expect("a plain run opens");
            plain.at(200 * MILLISECOND).does("request coordinator transfer north east 20 fee south 1").at(end);
            if *takes == 1 {
                runs.push(plain.run);
            }
            for take in 0..*takes {
                for (n, run) in runs.iter().enumerate() {
                    let right = CommitStories::right(name, take, run) == 0;
                    assert_eq!(right, n == take, "{name}: take {n} as take {take}");
                }
            }
        }
    }
}
