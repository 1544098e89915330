//! One key gets half of all requests: what helps? Each take is marked by the refusals that its run counts.

use crate::scenes::placement::PlacementScene;
use crate::scenes::player::Player;
use crate::scenes::run::{Run, RunSpec};
use crate::scenes::session::Session;
use crate::scenes::staging::Script;
use crate::sim::time::{MILLISECOND, SECOND};

/// Five servers answer 50 requests a second each; 120 come, half of them for one key.
const STREAM: [(&str, &str); 7] = [
    ("rate", "120"),
    ("zipf", "175"),
    ("service", "20"),
    ("room", "20"),
    ("servers", "5"),
    ("clients", "2"),
    ("think", "-1"),
];

/// What differs in each take: the recipe, and options.
const TAKES: [(&str, &[(&str, &str)]); 5] = [
    ("ring", &[("vnodes", "20")]),
    ("ring", &[("vnodes", "1000")]),
    ("bounded-ring", &[("vnodes", "20")]),
    ("ring", &[("vnodes", "20"), ("route", "bounded")]),
    ("ring", &[("vnodes", "20"), ("route", "replicas"), ("replicas", "3")]),
];

pub const COUNT: usize = TAKES.len();

pub fn script(take: usize) -> Option<Script> {
    let (recipe, options) = TAKES.get(take)?;
    let options = STREAM.iter().chain(options.iter());
    let spec = RunSpec {
        scene: "placement".to_owned(),
        recipe: (*recipe).to_owned(),
        options: options.map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
        seed: 7,
        ..RunSpec::default()
    };
    let mut p = Player::<PlacementScene>::new(&spec)?;
    p.after(600 * MILLISECOND);
    let question = if take == 0 { p.run.now() } else { 0 };
    p.script(question, 6 * SECOND)
}

/// 0: one server refused requests, 1: several did, 2: none.
pub fn right(run: &Session<PlacementScene>) -> usize {
    match run.moment().past.stream.refusals.len() {
        1 => 0,
        0 => 2,
        _ => 1,
    }
}
