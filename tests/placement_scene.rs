//! The placement scene over its erased edge.

use faultline::scenes::run::{Run, RunSpec};
use faultline::scenes::scene::{KeyMarks, Lang, Panel, Stage, View, Work};
use faultline::scenes::{default_spec, open};

const VIEW: View = View { width: 1000.0, height: 620.0, lang: Lang::En };

fn run(recipe: &str, mistakes: &[&str], options: &[(&str, &str)]) -> Box<dyn Run> {
    let options = options.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    let mistakes = mistakes.iter().map(|m| (*m).to_owned()).collect();
    let spec = RunSpec { recipe: recipe.to_owned(), mistakes, options, ..default_spec("placement") };
    open(&spec, Lang::En).unwrap_or_else(|e| panic!("{}", e.0))
}

fn finish(run: &dyn Run) {
    while run.work(&mut || true) != Work::Nothing {}
}

fn look(run: &dyn Run) -> Stage {
    finish(run);
    run.stage(&VIEW)
}

fn keys(panel: &Panel) -> f32 {
    panel.columns.columns.iter().map(|column| column.mean).sum()
}

#[test]
fn an_added_node_moves_a_fifth_on_the_ring_and_most_by_modulo() {
    let mut run = run("ring", &[], &[("servers", "4"), ("think", "-1")]);
    let stage = look(run.as_ref());
    assert_eq!(stage.panels.iter().map(|panel| panel.name.as_str()).collect::<Vec<_>>(), ["ring", "modulo"]);
    for panel in &stage.panels {
        assert_eq!((panel.columns.columns.len(), keys(panel), &*panel.figure), (4, 418.0, "418"));
        assert!(panel.placing.is_none() && panel.flight.is_none());
    }
    run.command("request directory add node-5", Lang::En).expect("it is added");
    let stage = look(run.as_ref());
    for panel in &stage.panels {
        assert_eq!((panel.columns.columns.len(), keys(panel)), (5, 418.0));
        let flight = panel.flight.as_ref().expect("keys fly");
        let KeyMarks::Dots(dots) = &panel.circle.keys else { panic!("few keys are dots") };
        let moved = dots.iter().filter(|dot| dot.was.is_some()).count() as u32;
        assert_eq!(flight.marks.len() as u32, moved.div_ceil(flight.keys_a_mark));
        println!("{} {:?} {:?} {:?}", panel.name, panel.figure, panel.lines, panel.wrong);
        assert_eq!(panel.name == "ring", flight.marks.iter().all(|mark| mark.to == 4 && !mark.needless));
    }
}
