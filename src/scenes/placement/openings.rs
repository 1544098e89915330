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
    const ASKED: &'static [(&'static str, usize, usize)] = &[("grow", 2, 3), ("hot", hot::COUNT, 3)];

    fn script(name: &str, take: usize) -> Option<Script> {
        match name {
            "grow" => grow(take),
            "hot" => hot::script(take),
            _ => None,
        }
    }

    fn right(name: &str, _: usize, run: &Session<PlacementScene>) -> usize {
        if name == "hot" {
            return hot::right(run);
        }
        let share = |at: usize| look(run).panels.get(at).map_or(0.0, moved);
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

fn spec(options: &[(&str, &str)]) -> RunSpec {
    RunSpec {
        scene: "placement".to_owned(),
        recipe: "ring".to_owned(),
        options: [("think", "-1")].iter().chain(options).map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
        seed: 7,
        ..RunSpec::default()
    }
}

/// Four nodes become five.
fn grow(take: usize) -> Option<Script> {
    let options: &[(&str, &str)] = if take == 0 { &[("servers", "4")] } else { &[("servers", "5")] };
    let mut p = Player::<PlacementScene>::new(&spec(options))?;
    p.after(300 * MILLISECOND);
    let question = (take == 0).then(|| p.run.now());
    p.after(100 * MILLISECOND).does(if take == 0 {
        "request directory add node-5"
    } else {
        "request directory remove node-3"
    });
    p.after(2500 * MILLISECOND);
    let end = p.run.now();
    p.script(question.unwrap_or(0), end)
}
