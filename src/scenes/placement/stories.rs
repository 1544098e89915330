//! What can be seen to go wrong with placing keys, one click each. Every run is a seed and commands that a reader could give.

use super::openings::{land, spec};
use super::survey::{self, Survey};
use super::{PlacementScene, figures, lists, picture, shown};
use crate::core::protocol::NodeId;
use crate::core::routing::{Key, Note};
use crate::scenes::player::{Player, broke, seen};
use crate::scenes::session::Session;
use crate::scenes::staging::{Openings, Script};
use crate::sim::time::MILLISECOND;

pub struct PlacementStories;

type Hand = Player<PlacementScene>;
type Ended = Session<PlacementScene>;

impl Openings<PlacementScene> for PlacementStories {
    const ASKED: &'static [(&'static str, usize, usize)] =
        &[("lists", 2, 0), ("jump", 2, 0), ("maglev", 2, 0), ("hash", 2, 0), ("same", 2, 0), ("floats", 2, 0)];

    fn script(name: &str, take: usize) -> Option<Script> {
        match name {
            "lists" => two_lists(take),
            "jump" => jump(take),
            "maglev" => maglev(take),
            "hash" => weak(take),
            "same" => same(take),
            "floats" => floats(take),
            _ => None,
        }
    }

    fn right(name: &str, take: usize, run: &Ended) -> usize {
        let moved = movement(run);
        let holds = match (name, take) {
            ("lists", 0) => broke(run, "RING-AGREE") && run.moment().past.astray == 1,
            ("floats", 0) => broke(run, "RING-AGREE"),
            ("lists" | "floats", _) => !broke(run, "RING-AGREE"),
            ("jump", 0) => moved.is_some_and(|(all, _, needless)| needless * 3 > all),
            ("jump", _) => moved.is_some_and(|(_, moved, needless)| moved > 0 && needless == 0),
            ("maglev", 0) => moved.is_some_and(|(all, _, needless)| needless > 0 && needless * 20 < all),
            ("maglev", _) => moved.is_some_and(|(all, _, needless)| needless * 20 > all && needless * 3 < all),
            ("hash", 0) => largest(run).is_some_and(|largest| largest > 2.0),
            ("hash", _) => largest(run).is_some_and(|largest| largest < 1.5),
            ("same", 0) => seen(run, |_, note| matches!(note, Note::GaveUp { .. })) == 1,
            ("same", _) => seen(run, |_, note| matches!(note, Note::Got { nth: 1, .. })) == 1,
            _ => false,
        };
        usize::from(!holds)
    }
}

/// The survey of the recipe's strategy at the end of a run.
fn survey_of(run: &Ended) -> Option<Survey> {
    let moment = run.moment();
    let p = moment.sim.protocol.as_ref();
    let (before, now) = picture::views(&moment);
    let scheme = shown(p, moment.aside).into_iter().next()?;
    Some(survey::survey(p, &scheme, before.as_ref(), &now))
}

/// Keys, those that the latest change moved, and those that it moved needlessly.
fn movement(run: &Ended) -> Option<(u128, u128, u128)> {
    let movement = survey_of(run)?.moves?.movement();
    Some((movement.all, movement.moved, movement.needless))
}

fn largest(run: &Ended) -> Option<f64> {
    let moment = run.moment();
    let (_, now) = picture::views(&moment);
    figures::max_over_mean(survey_of(run)?.now.as_ref()?, &moment.sim.protocol.scheme, &now)
}

/// One client reads its list from a file; a node joins. A key that is now the new node's is asked for by both.
fn two_lists(take: usize) -> Option<Script> {
    let mistakes: &[&str] = if take == 0 { &["own-list"] } else { &[] };
    let mut p = Hand::new(&spec("ring", mistakes, &[]))?;
    p.after(300 * MILLISECOND).does("request directory add node-6");
    p.after(800 * MILLISECOND);
    let routing = p.run.protocol();
    let view = routing.view(&p.run.moment().sim.cluster);
    let built = routing.built(&routing.scheme, &view, 0).ok()?;
    let key = routing.keys.iter().find(|key| built.owner(key.as_bytes()) == Some(5))?;
    let key = lists::in_one_word(key);
    p.does(&format!("lookup {key}")).does(&format!("request a get {key}")).after(100 * MILLISECOND);
    p.does(&format!("request b get {key}"));
    land(p, None)
}

/// Bucket 3 of ten goes, or the last one.
fn jump(take: usize) -> Option<Script> {
    let mut p = Hand::new(&spec("jump", &[], &[("servers", "10")]))?;
    let gone = if take == 0 { "node-4" } else { "node-10" };
    p.does("beside ring").after(300 * MILLISECOND).does(&format!("request directory remove {gone}"));
    land(p, None)
}

/// A node goes from a table that is large for ten nodes, and from one that is small.
fn maglev(take: usize) -> Option<Script> {
    let table = if take == 0 { "2039" } else { "251" };
    let mut p = Hand::new(&spec("maglev", &[], &[("servers", "10"), ("table", table)]))?;
    p.does("beside ring").after(300 * MILLISECOND).does("request directory remove node-4");
    land(p, None)
}

/// The same ring by a weak hash, and by SHA-1.
fn weak(take: usize) -> Option<Script> {
    let hash = if take == 0 { "weak" } else { "sha1" };
    let mut p = Hand::new(&spec("ring", &[], &[("hash", hash)]))?;
    p.does("beside rendezvous").after(300 * MILLISECOND);
    land(p, None)
}

/// A node that has both copies of a key goes down; a client asks for it.
fn same(take: usize) -> Option<Script> {
    let mistakes: &[&str] = if take == 0 { &["replica-same-node"] } else { &[] };
    let options = [("replicas", "2"), ("vnodes", "4")];
    let wrong = Hand::new(&spec("ring", &["replica-same-node"], &options))?;
    let routing = wrong.run.protocol();
    let built = routing.built(&routing.scheme, &routing.initial, 0).ok()?;
    let doubled = |key: &&str| matches!(built.nodes(key.as_bytes(), 2)[..], [a, b] if a == b);
    let key = routing.keys.iter().find(doubled).map(Key::new)?;
    let owner = lists::node_name(&routing, NodeId(built.owner(key.bytes())?));
    let key = lists::in_one_word(&key.0);
    let mut p = Hand::new(&spec("ring", mistakes, &options))?;
    p.does(&format!("lookup {key}")).after(300 * MILLISECOND).does(&format!("crash {owner} killed"));
    p.after(300 * MILLISECOND).does(&format!("request a get {key}"));
    p.until(|note| matches!(note, Note::Got { .. } | Note::GaveUp { .. }));
    land(p, None)
}

/// One client computes ketama's points in floating point: at seven equal nodes, and at five.
fn floats(take: usize) -> Option<Script> {
    let servers = if take == 0 { "7" } else { "5" };
    let mut p = Hand::new(&spec("ketama", &["float-points"], &[("servers", servers)]))?;
    p.does("beside ring").after(300 * MILLISECOND);
    let routing = p.run.protocol();
    let [a, b] = [&routing.scheme, routing.odd.as_ref()?].map(|scheme| routing.built(scheme, &routing.initial, 0).ok());
    let (a, b) = (a?, b?);
    let parted = routing.keys.iter().find(|key| a.owner(key.as_bytes()) != b.owner(key.as_bytes()));
    let key = lists::in_one_word(parted.unwrap_or("Asia/Shanghai"));
    p.does(&format!("lookup {key}")).does(&format!("request a get {key}")).after(100 * MILLISECOND);
    p.does(&format!("request b get {key}"));
    land(p, None)
}
