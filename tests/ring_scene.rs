//! The ring scene over its erased edge: its numbers are the runner's, its lists are read as promised, its words have no
//! gaps.

use faultline::core::placement::scheme::Scheme;
use faultline::scenes::run::{Run, RunSpec};
use faultline::scenes::scene::{Block, ControlKind, Figure, Lang, RingPlot, Selection, Stage, View};
use faultline::scenes::{default_spec, link, open, place, searching, with_option};

const VIEW: View = View { width: 1000.0, height: 620.0, lang: Lang::En };

fn run(options: &[(&str, &str)]) -> Box<dyn Run> {
    let options = options.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    open(&RunSpec { options, ..default_spec("ring") }, Lang::En).unwrap_or_else(|e| panic!("{}", e.0))
}

fn ring(run: &dyn Run) -> RingPlot {
    run.stage(&VIEW).ring.expect("the scene has a ring")
}

/// A server's keys as its card counts them.
fn counted(stage: &Stage, name: &str) -> usize {
    let card = stage.cards.iter().find(|card| card.name == name).expect("the server has a card");
    let words = card.blocks.iter().find_map(|block| match block {
        Block::Entry { words, .. } => words.strip_suffix(" keys"),
        _ => None,
    });
    words.and_then(|n| n.parse().ok()).expect("the card counts keys")
}

fn figure(run: &dyn Run, words: &str) -> Figure {
    run.figures(Lang::En).into_iter().find(|f| f.words == words).unwrap_or_else(|| panic!("no figure {words}"))
}

fn asked(vnodes: u32) -> place::Ask {
    place::Ask { scheme: Scheme { vnodes, ..Scheme::default() }, ..place::Ask::default() }
}

#[test]
fn the_picture_counts_what_the_runner_places() {
    let zones = include_str!("../src/scenes/data/tz-zones.txt");
    let nodes = "alpha\t3\nbeta\ngamma node\t2\nδ\n";
    for (nodes, options) in [
        ("node-1\nnode-2\nnode-3\nnode-4\nnode-5\n", vec![]),
        (nodes, vec![("nodes", nodes), ("vnodes", "7"), ("replicas", "3")]),
    ] {
        let vnodes = if options.is_empty() { 24 } else { 7 };
        let placed = place::place(nodes.as_bytes(), zones.as_bytes(), &asked(vnodes)).expect("it is placed");
        let stage = run(&options).stage(&VIEW);
        for (n, member) in placed.placement.members().iter().enumerate() {
            let owned = placed.assignment.loads()[n] as usize;
            assert_eq!(counted(&stage, &member.name), owned, "{}", member.name);
        }
        assert_eq!(stage.ring.map(|ring| ring.keys.len()), Some(418));
    }
}

#[test]
fn a_change_moves_what_the_runner_says() {
    let zones = include_str!("../src/scenes/data/tz-zones.txt");
    let owners = |nodes: &str| -> Vec<String> {
        let placed = place::place(nodes.as_bytes(), zones.as_bytes(), &asked(24)).expect("it is placed");
        let owner = |key| placed.assignment.owner(key).expect("each key has one");
        (0..placed.keys.len()).map(|key| placed.placement.members()[owner(key)].name.clone()).collect()
    };
    let (before, after) = (owners("node-1\nnode-2\nnode-3\nnode-4\nnode-5"), owners("node-1\nnode-2\nnode-4\nnode-5"));
    let mut run = run(&[]);
    assert!(ring(run.as_ref()).keys.iter().all(|key| !key.moved));
    run.command("request directory remove node-3", Lang::En).expect("it can be removed");
    let moved: Vec<bool> = ring(run.as_ref()).keys.iter().map(|key| key.moved).collect();
    let expected: Vec<bool> = before.iter().zip(&after).map(|(a, b)| a != b).collect();
    assert_eq!(moved, expected);
    assert!(before.iter().zip(&after).all(|(a, b)| a == b || a == "node-3"));
    // A crash moves nothing and says who answers.
    run.command("crash node-1 killed", Lang::En).expect("it can crash");
    let ring = ring(run.as_ref());
    assert_eq!(ring.keys.iter().map(|key| key.moved).collect::<Vec<_>>(), expected);
    assert!(ring.arcs.iter().all(|arc| arc.down == (arc.node == 0)));
    let down = format!(
        "{} keys: the owner is down, the next replica answers",
        after.iter().filter(|n| *n == "node-1").count()
    );
    assert!(ring.lines.contains(&down), "{:?}", ring.lines);
}

#[test]
fn bad_rows_are_named_and_the_good_ones_used() {
    let nodes = "a1\t2\nb1\n\nb1\nc1\tx\n";
    let keys = "one\n\ttwo\nthree\n";
    let run = run(&[("nodes", nodes), ("keys", keys)]);
    assert_eq!(ring(run.as_ref()).keys.len(), 2);
    let bad: Vec<Figure> = run.figures(Lang::En).into_iter().filter(|f| f.words == "Rows not used").collect();
    assert_eq!(bad.iter().map(|f| f.value.as_str()).collect::<Vec<_>>(), ["3", "1"]);
    assert!(bad[0].note.contains("line 3") && bad[1].note.contains("line 2"), "{bad:?}");
    let shown = run.controls(Lang::En).into_iter().find(|c| c.key == "nodes").map(|c| c.kind);
    assert_eq!(shown, Some(ControlKind::Lines { value: nodes.to_owned(), most: 64 << 10 }));
    // Lists survive a file, and a link where they fit.
    let spec = run.spec();
    assert_eq!(link::from_file(&link::to_file(&spec)), Ok(spec.clone()));
    assert_eq!(link::decode(&link::encode(&spec).expect("it fits")), Ok(spec));
}

#[test]
fn lists_of_any_kind_open() {
    let many: String = (0..10_050).map(|n| format!("key {n} of many\n")).collect();
    let nodes: String = (0..80).map(|n| format!("host-{n}\t{}\n", 1 + n % 3)).collect();
    let large = run(&[("keys", &many), ("nodes", &nodes), ("vnodes", "200")]);
    assert_eq!(ring(large.as_ref()).keys.len(), 10_000);
    assert!(ring(large.as_ref()).arcs.len() <= 2048);
    assert_eq!(figure(large.as_ref(), "Rows not used").value, "1", "one remark: what lies beyond the limit");
    let heavy = run(&[("nodes", "a\t10000\nb\t10000\nc\n"), ("vnodes", "200")]);
    assert!(figure(heavy.as_ref(), "Weights").note.contains("counts as one"));
    // A node may be called as a client or as nothing that fits a command: its number serves.
    let odd = run(&[("nodes", "a\ndirectory\nmy node\n7\nnode-1\n"), ("think", "-1")]);
    let mut odd = odd;
    odd.command("crash s1 killed", Lang::En).expect("the second server, called directory");
    odd.command("request directory remove s2", Lang::En).expect("the third, called my node");
    assert_eq!(open(&odd.spec(), Lang::Zh).map(|run| run.state_hash()).ok(), Some(odd.state_hash()));
    for text in ["\u{0}", "\n\n\n", "\u{feff}"] {
        let run = run(&[("nodes", text), ("keys", text)]);
        assert!(!run.stage(&VIEW).cards.is_empty());
    }
    let long = "x".repeat((64 << 10) + 1);
    assert!(with_option(&default_spec("ring"), "nodes", &long, Lang::Zh).is_err());
}

#[test]
fn a_key_is_looked_up_without_touching_the_run() {
    let mut run = run(&[]);
    run.seek(2_000_000);
    let (hash, events) = (run.run_hash(), run.position());
    assert_eq!(figure(run.as_ref(), "position").value, "253.9°");
    run.command("lookup Europe/Berlin", Lang::En).expect("any key will do");
    assert_eq!(figure(run.as_ref(), "Where one key goes").value, "Europe/Berlin");
    assert!(ring(run.as_ref()).probe.is_some_and(|probe| !probe.steps.is_empty()));
    assert!(run.command(&format!("lookup {}", "x".repeat(5000)), Lang::Zh).is_err());
    assert_eq!((run.run_hash(), run.position()), (hash, events));
    run.command("request a put a key of my own", Lang::En).expect("a client stores any key");
    run.seek(5_000_000);
    let told = run.events(0, u32::MAX, Lang::En).into_iter().any(|e| e.words.contains("a key of my own is stored"));
    assert!(told);
}

#[test]
fn the_key_that_is_looked_up_is_in_the_link_and_stays_when_an_option_changes() {
    let mut ring = run(&[]);
    ring.seek(2_000_000);
    ring.command("lookup a key with spaces", Lang::En).expect("any key will do");
    let shown = |run: &dyn Run| run.fields(Lang::En).into_iter().next().expect("a field for the key").value;
    assert_eq!(shown(&*ring), "a key with spaces");
    let text = link::encode(&ring.spec()).expect("a short run");
    let again = open(&link::decode(&text).expect("its own link"), Lang::En).unwrap_or_else(|e| panic!("{}", e.0));
    assert_eq!((shown(&*again), again.state_hash()), (shown(&*ring), ring.state_hash()));
    let file = link::from_file(&link::to_file(&ring.spec())).expect("its own file");
    assert_eq!(file, ring.spec());
    let changed = with_option(&ring.spec(), "vnodes", "8", Lang::En).expect("a number in range");
    let changed = open(&changed, Lang::En).unwrap_or_else(|e| panic!("{}", e.0));
    assert_eq!(shown(&*changed), "a key with spaces");
}

/// Everything that can be read in runs with random faults has words in both languages.
#[test]
fn no_word_is_missing() {
    for seed in 0..60 {
        let spec = searching::sample(seed, 14);
        if spec.scene != "ring" {
            continue;
        }
        for lang in [Lang::En, Lang::Zh] {
            let run = open(&spec, lang).expect("a sample opens");
            let mut text = format!("{:?}", run.events(0, u32::MAX, lang));
            text += &format!("{:?} {:?}", run.findings(lang), run.figures(lang));
            text += &format!("{:?} {:?}", run.fields(lang), run.controls(lang));
            text += &format!("{:?}", run.stage(&View { lang, ..VIEW }));
            text += &format!("{:?}", run.diagram(0, run.horizon(), lang));
            for node in 0..12 {
                text += &format!("{:?}", run.inspect(Selection::Node(node), lang));
            }
            assert!(!text.contains('⁇'), "seed {seed}");
        }
    }
}
