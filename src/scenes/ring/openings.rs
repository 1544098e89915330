//! The ring scene's questions. Each take is played by the core and marked by what the picture then shows.

use super::{RingScene, lists};
use crate::core::protocol::NodeId;
use crate::core::store::{Key, Note, Store};
use crate::scenes::player::Player;
use crate::scenes::run::{Run, RunSpec};
use crate::scenes::scene::*;
use crate::scenes::session::Session;
use crate::scenes::staging::{Openings, Script};
use crate::sim::time::MILLISECOND;

pub struct RingOpenings;

impl Openings<RingScene> for RingOpenings {
    const ASKED: &'static [(&'static str, usize, usize)] =
        &[("remove", 3, 3), ("crash", 2, 3), ("join", 1, 3), ("handover", 4, 3)];

    fn script(name: &str, take: usize) -> Option<Script> {
        match name {
            "remove" if take < 3 => change(take),
            "crash" if take < 2 => crash(take),
            "join" if take < 1 => join(),
            "handover" if take < 4 => handover(take),
            _ => None,
        }
    }

    fn right(name: &str, _: usize, run: &Session<RingScene>) -> usize {
        match name {
            "remove" => nearest(moved(run)),
            "crash" => usize::from(answered(run)),
            "handover" => whose(run),
            // 0: nothing, 1: the old owner's copy, 2: redirected, then answered.
            _ => {
                if answered(run) {
                    2
                } else {
                    0
                }
            }
        }
    }
}

fn look(run: &dyn Run) -> Stage {
    run.stage(&View { width: 900.0, height: 600.0, lang: Lang::En })
}

/// The share of key dots that are drawn as moved.
fn moved(run: &dyn Run) -> f64 {
    let keys = look(run).ring.map_or_else(Vec::new, |ring| ring.keys);
    keys.iter().filter(|key| key.moved).count() as f64 / keys.len().max(1) as f64
}

/// Which of a fifth, a half and four fifths is nearest.
fn nearest(share: f64) -> usize {
    let off = |answer: f64| (share - answer).abs();
    let answers = [0.2, 0.5, 0.8];
    (0..3).min_by(|a, b| off(answers[*a]).total_cmp(&off(answers[*b]))).unwrap_or(0)
}

/// Whether the client's card shows an answer that is not struck out.
fn answered(run: &dyn Run) -> bool {
    let stage = look(run);
    let client = stage.cards.iter().find(|card| card.name.ends_with(" A"));
    let entry = |block: &Block| matches!(block, Block::Entry { verdict: Verdict::Fine, .. });
    client.is_some_and(|card| card.blocks.iter().any(entry))
}

/// Whose answer the client got: node-6's, which had nothing, the old owner's, or node-6's.
fn whose(run: &Session<RingScene>) -> usize {
    let ended = &run.timeline.at.chronicle.past.ended;
    match ended.iter().next().map(|(_, (note, _))| note) {
        Some(Note::Got { entry: None, .. }) => 0,
        Some(Note::Got { from: 5, .. }) => 2,
        _ => 1,
    }
}

fn spec(options: &[(&str, &str)], mistakes: &[&str]) -> RunSpec {
    let manual = [("think", "-1")];
    RunSpec {
        scene: "ring".to_owned(),
        recipe: "sha1".to_owned(),
        mistakes: mistakes.iter().map(|m| (*m).to_owned()).collect(),
        options: manual.iter().chain(options).map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
        seed: 7,
        ..RunSpec::default()
    }
}

/// Half a second to look at what came of it.
fn ends(mut p: Player<RingScene>, question: Option<Time>) -> Option<Script> {
    let end = p.run.now() + 500 * MILLISECOND;
    p.script(question.unwrap_or(0), end)
}

/// One of five servers is removed; one is added; one of five is removed from a ring with one point each.
fn change(take: usize) -> Option<Script> {
    let options: &[(&str, &str)] = if take == 2 { &[("vnodes", "1")] } else { &[] };
    let mut p = Player::<RingScene>::new(&spec(options, &[]))?;
    p.after(300 * MILLISECOND);
    let question = (take == 0).then(|| p.run.now());
    p.after(100 * MILLISECOND).does(if take == 1 {
        "request directory add node-6"
    } else {
        "request directory remove node-3"
    });
    // Until the last of those that keep something new has it.
    p.until(|n| matches!(n, Note::Complete { .. })).after(1_500 * MILLISECOND);
    ends(p, question)
}

/// A key of the list for which the wrong walk puts both copies on one server.
fn doubled(p: &Store) -> Option<(Key, u16)> {
    let wrong = Store { mistake: Some(crate::core::store::Mistake::ReplicaSameNode), ..p.clone() };
    p.lists.keys.iter().find_map(|key| match wrong.replicas_of(p.initial, key.at)[..] {
        [first, second] if first == second => Some((key.clone(), first)),
        _ => None,
    })
}

/// The owner of a key that a client has stored goes down; the client asks for the key.
fn crash(take: usize) -> Option<Script> {
    let mistakes: &[&str] = if take == 0 { &[] } else { &["replica-same-node"] };
    let mut p = Player::<RingScene>::new(&spec(&[("attempts", "1")], mistakes))?;
    let (key, owner) = doubled(&p.run.protocol())?;
    let owner = lists::node_name(&p.run.protocol(), NodeId(owner));
    let key = lists::in_one_word(&key.name);
    p.after(200 * MILLISECOND).does(&format!("request a put {key}"));
    p.until(|n| matches!(n, Note::Stored { .. })).after(400 * MILLISECOND).does(&format!("crash {owner} killed"));
    let question = (take == 0).then(|| p.run.now() + 100 * MILLISECOND);
    p.after(200 * MILLISECOND).does(&format!("request a get {key}"));
    p.until(|n| matches!(n, Note::Got { .. } | Note::GaveUp { .. }));
    ends(p, question)
}

/// A server joins; a client that has not heard of it asks for a key that is now the new server's.
fn join() -> Option<Script> {
    let mut p = Player::<RingScene>::new(&spec(&[("replicas", "1")], &[]))?;
    let store = p.run.protocol();
    let after = store.initial.with(5);
    let key = store.lists.keys.iter().find(|key| store.owner_of(after, key.at) == Some(5))?;
    let key = lists::in_one_word(&key.name);
    p.after(200 * MILLISECOND).does(&format!("request a put {key}"));
    p.until(|n| matches!(n, Note::Stored { .. })).after(300 * MILLISECOND).does("request directory add node-6");
    p.until(|n| matches!(n, Note::Complete { .. })).after(300 * MILLISECOND);
    let question = Some(p.run.now());
    p.after(100 * MILLISECOND).does(&format!("request a get {key}"));
    p.until(|n| matches!(n, Note::Got { .. } | Note::GaveUp { .. }));
    ends(p, question)
}

/// A server joins; a client asks for a key that is the new server's from now on, before that has copied it.
fn handover(take: usize) -> Option<Script> {
    let ways = ["turn-away", "forward", "write-both", "turn-away"];
    let mistakes: &[&str] = if take == 3 { &["read-before-copy"] } else { &[] };
    let options = [("replicas", "1"), ("clients", "1"), ("handover", *ways.get(take)?)];
    let mut p = Player::<RingScene>::new(&spec(&options, mistakes))?;
    let store = p.run.protocol();
    let after = store.initial.with(5);
    // The last of the servers that node-6 asks has it, so there is time.
    let moves =
        |key: &&Key| store.owner_of(after, key.at) == Some(5) && store.owner_of(store.initial, key.at) == Some(4);
    let key = lists::in_one_word(&store.lists.keys.iter().find(moves)?.name);
    p.after(200 * MILLISECOND).does(&format!("request a put {key}"));
    p.until(|n| matches!(n, Note::Stored { .. })).after(300 * MILLISECOND).does("request directory add node-6");
    p.until(|n| matches!(n, Note::Fetches { .. }));
    let question = (take == 0).then(|| p.run.now());
    p.after(10 * MILLISECOND).does(&format!("request a get {key}"));
    p.until(|n| matches!(n, Note::Got { .. } | Note::GaveUp { .. }));
    // What is still under way when it is answered belongs to the picture.
    p.after(700 * MILLISECOND);
    ends(p, question)
}
