//! The placement scene's questions. Each take is played by the core and marked by what the picture then shows.

use super::PlacementScene;
use super::stream::hot;
use crate::scenes::player::Player;
use crate::scenes::run::{Run, RunSpec};
use crate::scenes::scene::*;
use crate::scenes::session::Session;
use crate::scenes::staging::{Openings, Script};
use crate::sim::time::MILLISECOND;

pub struct PlacementOpenings;

impl Openings<PlacementScene> for PlacementOpenings {
    const ASKED: &'static [(&'static str, usize, usize)] = &[("grow", 2, 3), ("death", 2, 3), ("hot", hot::COUNT, 3)];

    fn script(name: &str, take: usize) -> Option<Script> {
        match name {
            "grow" => grow(take),
            "death" => death(take),
            "hot" => hot::script(take),
            _ => None,
        }
    }

    fn right(name: &str, _: usize, run: &Session<PlacementScene>) -> usize {
        if name == "hot" {
            return hot::right(run);
        }
        let panels = look(run).panels;
        if name == "death" {
            // 0: one neighbour took all, 1: some did, 2: all others did.
            let columns = panels.first().map(|panel| panel.columns.columns.clone()).unwrap_or_default();
            let gained = columns.iter().filter(|column| column.mean > column.was).count();
            let others = columns.iter().filter(|column| !column.out).count();
            return if gained == 1 { 0 } else { 1 + usize::from(gained == others) };
        }
        let share = |at: usize| panels.get(at).map_or(0.0, moved);
        // 0: about a fifth by both, 1: a fifth on the ring and most by modulo, 2: most by both.
        match (share(0) < 0.5, share(1) < 0.5) {
            (true, true) => 0,
            (true, false) => 1,
            _ => 2,
        }
    }
}

fn look(run: &dyn Run) -> Stage {
    run.stage(&View { width: 900.0, height: 600.0, lang: Lang::En })
}

/// The share of a panel's dots that are drawn as moved.
fn moved(panel: &Panel) -> f64 {
    let KeyMarks::Dots(dots) = &panel.circle.keys else { return 0.0 };
    dots.iter().filter(|dot| dot.was.is_some()).count() as f64 / dots.len().max(1) as f64
}

/// A run in which nobody asks for anything by himself.
pub fn spec(recipe: &str, mistakes: &[&str], options: &[(&str, &str)]) -> RunSpec {
    RunSpec {
        scene: "placement".to_owned(),
        recipe: recipe.to_owned(),
        mistakes: mistakes.iter().map(|m| (*m).to_owned()).collect(),
        options: [("think", "-1")].iter().chain(options).map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
        seed: 7,
        ..RunSpec::default()
    }
}

/// Plays on until all keys have landed, and a second to look at it.
pub fn land(mut p: Player<PlacementScene>, question: Option<Time>) -> Option<Script> {
    p.after(2500 * MILLISECOND);
    let end = p.run.now();
    p.script(question.unwrap_or(0), end)
}

/// Four nodes become five, or five become four.
fn grow(take: usize) -> Option<Script> {
    let (servers, line) = if take == 0 { ("4", "add node-5") } else { ("5", "remove node-3") };
    let mut p = Player::<PlacementScene>::new(&spec("ring", &[], &[("servers", servers)]))?;
    p.after(300 * MILLISECOND);
    let question = (take == 0).then(|| p.run.now());
    p.after(100 * MILLISECOND).does(&format!("request directory {line}"));
    land(p, question)
}

/// One of ten nodes leaves a ring of one point a node, or of a hundred.
fn death(take: usize) -> Option<Script> {
    let vnodes = if take == 0 { "1" } else { "100" };
    let mut p = Player::<PlacementScene>::new(&spec("ring", &[], &[("servers", "10"), ("vnodes", vnodes)]))?;
    p.does("beside rendezvous").after(300 * MILLISECOND);
    let question = (take == 0).then(|| p.run.now());
    p.after(100 * MILLISECOND).does("request directory remove node-3");
    land(p, question)
}
