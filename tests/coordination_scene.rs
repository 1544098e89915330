//! The scene says something about everything that happens to a lock on a session, in both languages, and draws what is so.

use faultline::scenes::run::{Run, RunSpec};
use faultline::scenes::scene::{Block, Hue, Lang, Selection, Stage, Standing, View};
use faultline::scenes::searching::sample;
use faultline::scenes::{default_spec, open, openings, simplified};

const LANGS: [Lang; 2] = [Lang::En, Lang::Zh];
/// What a gap in the tables shows as.
const GAP: char = '⁇';
const WIDE: View = View { width: 860.0, height: 430.0, lang: Lang::En };

fn spec(recipe: &str, mistakes: &[&str], options: &[(&str, &str)]) -> RunSpec {
    RunSpec {
        recipe: recipe.to_owned(),
        mistakes: mistakes.iter().map(|m| (*m).to_owned()).collect(),
        options: options.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
        seed: 7,
        ..default_spec("coordination")
    }
}

fn sentence(run: &dyn Run) -> String {
    run.sentence(Lang::En).pieces.into_iter().map(|piece| piece.words).collect()
}

/// Goes on until a sentence has these words.
fn until(run: &mut dyn Run, words: &str) {
    while !sentence(run).contains(words) {
        assert!(run.now() < 60_000_000 && run.step_forward(), "nobody says: {words}");
    }
}

/// All that a run shows at this moment and all that it has said.
fn shown(run: &dyn Run, lang: Lang) -> String {
    let stages = [(848.0, 555.0), (360.0, 420.0)].map(|(width, height)| run.stage(&View { width, height, lang }));
    let nodes: Vec<_> = (0..8).map(|n| run.inspect(Selection::Node(n), lang)).collect();
    let findings: Vec<_> = run.findings(lang).into_iter().map(|f| (f.words, f.because)).collect();
    let diagram = run.diagram(0, run.horizon(), lang);
    let panels = (run.controls(lang), run.offers(lang), run.figures(lang), run.events(0, u32::MAX, lang));
    format!("{stages:?} {nodes:?} {findings:?} {diagram:?} {panels:?}")
}

#[test]
fn no_words_are_missing() {
    let samples = (0..300).map(|seed| sample(seed, 10)).filter(|spec| spec.scene == "coordination");
    let runs: Vec<RunSpec> = samples.chain([default_spec("coordination")]).collect();
    assert!(runs.len() > 40);
    for spec in runs {
        for lang in LANGS {
            let run = open(&spec, lang).expect("it opens");
            assert!(!shown(run.as_ref(), lang).contains(GAP), "{spec:?}");
        }
    }
    for lang in LANGS {
        let said = format!("{:?} {:?}", openings("coordination", lang), simplified("coordination", lang));
        assert!(!said.contains(GAP));
    }
}

/// The cards stay on the stage and apart, from a phone to a wide screen, with every number of clients.
#[test]
fn cards_do_not_overlap() {
    for clients in 2..=5 {
        for follower in ["off", "on"] {
            let clients_option = clients.to_string();
            let spec = spec("zookeeper", &[], &[("clients", &clients_option), ("follower", follower), ("think", "50")]);
            let mut run = open(&spec, Lang::En).expect("it opens");
            run.seek(1_500_000);
            for (width, height) in [(300.0, 220.0), (344.0, 400.0), (600.0, 400.0), (848.0, 555.0), (1400.0, 900.0)] {
                let stage = run.stage(&View { width, height, lang: Lang::En });
                for (n, a) in stage.cards.iter().enumerate() {
                    assert!(a.x >= 0.0 && a.x + a.w <= width && a.y >= 0.0 && a.y + a.h <= stage.height, "{a:?}");
                    for b in &stage.cards[..n] {
                        let apart = a.x >= b.x + b.w || b.x >= a.x + a.w || a.y >= b.y + b.h || b.y >= a.y + a.h;
                        assert!(apart, "{clients} at {width} x {height}: {} and {}", a.name, b.name);
                    }
                }
            }
        }
    }
}

/// What a card lists, each with who holds it.
fn queue(stage: &Stage, name: &str) -> Vec<String> {
    let card = stage.cards.iter().find(|card| card.name == name).expect("the card");
    let value = |block: &Block| if let Block::Pair { value, .. } = block { Some(value.clone()) } else { None };
    card.blocks.iter().filter_map(value).collect()
}

fn watches(stage: &Stage) -> Vec<(u16, u16, Hue)> {
    stage.wires.iter().filter_map(|wire| Some((wire.a, wire.b, wire.watch?))).collect()
}

/// The queue stands on the service's card in the order of the numbers, and a watch is there until it has fired.
#[test]
fn the_queue_and_its_watches_are_drawn() {
    for (recipe, service, gone) in [("zookeeper", "ZooKeeper", "The node before"), ("etcd", "etcd", "The key before")] {
        let spec = spec(recipe, &[], &[("clients", "2"), ("think", "-1")]);
        let mut run = open(&spec, Lang::En).expect("it opens");
        run.command("request a acquire", Lang::En).expect("A asks");
        until(run.as_mut(), "A holds the lock");
        assert_eq!(watches(&run.stage(&WIDE)), []);
        run.command("request b acquire", Lang::En).expect("B asks");
        until(run.as_mut(), "B stands in the queue");
        let stage = run.stage(&WIDE);
        let rows = queue(&stage, service);
        assert!(rows.len() == 2 && rows[0].starts_with("A · ") && rows[1].starts_with("B · "), "{rows:?}");
        assert_eq!(watches(&stage), [(1, 2, Hue::Node(1))]);
        until(run.as_mut(), gone);
        let stage = run.stage(&WIDE);
        assert_eq!((queue(&stage, service).len(), watches(&stage)), (1, vec![]));
        until(run.as_mut(), "B holds the lock");
    }
}

/// A follower shows what it knows, and that the leader knows more.
#[test]
fn a_follower_that_lags_says_so() {
    let spec = spec("zookeeper", &[], &[("follower", "on"), ("think", "-1")]);
    let mut run = open(&spec, Lang::En).expect("it opens");
    run.command("pause follower", Lang::En).expect("it pauses");
    run.command("request a acquire", Lang::En).expect("A asks");
    until(run.as_mut(), "A holds the lock");
    let stage = run.stage(&WIDE);
    assert!(queue(&stage, "ZooKeeper")[0].starts_with("A · "));
    assert_eq!(queue(&stage, "Follower"), ["free"]);
    let follower = stage.cards.iter().find(|card| card.name == "Follower").expect("the follower");
    assert!(follower.corner.as_ref().is_some_and(|corner| corner.hue == Hue::Warn));
}

/// A client that is cut off stops before its session can end, and says what it knows.
#[test]
fn a_lost_connection_is_told_apart_from_a_session_that_is_over() {
    let spec = spec("zookeeper", &[], &[("clients", "2"), ("work", "5000"), ("think", "-1")]);
    let mut run = open(&spec, Lang::En).expect("it opens");
    run.command("request a acquire", Lang::En).expect("A asks");
    until(run.as_mut(), "A holds the lock");
    run.command("cut a zookeeper", Lang::En).expect("it is cut");
    until(run.as_mut(), "A has heard nothing for 2 s: it cannot know whether its session lives, and stops working.");
    let connection = |run: &dyn Run| {
        let rows = run.inspect(Selection::Node(0), Lang::En).expect("the client").rows;
        rows.into_iter().find(|row| row.label == "connection").expect("the row").value.words
    };
    assert!(connection(run.as_ref()).contains("unknown"));
    until(run.as_mut(), "ZooKeeper has not heard of A for 3 s: its session is over, and its node with it.");
    assert!(connection(run.as_ref()).contains("unknown"));
    run.command("heal a zookeeper", Lang::En).expect("it heals");
    until(run.as_mut(), "A is told that its session is over");
    assert!(connection(run.as_ref()).contains("is over"));
}

/// A mistake's property is broken in words, too.
#[test]
fn a_herd_is_told() {
    let spec = spec("zookeeper", &["watch-parent"], &[("clients", "4"), ("think", "50")]);
    let mut run = open(&spec, Lang::En).expect("it opens");
    until(run.as_mut(), "a herd");
    let finding = run.findings(Lang::En).into_iter().find(|f| f.code == "NO-HERD").expect("the property");
    assert!(finding.standing == Standing::Broken && finding.because.contains("clients"), "{}", finding.because);
}
