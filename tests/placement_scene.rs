//! The placement scene over its erased edge.

use faultline::core::placement::list::KEYS;
use faultline::core::placement::scheme::{Scheme, Strategy};
use faultline::scenes::place::library::{self, Reference};
use faultline::scenes::place::{Ask, files, forms, plan};
use faultline::scenes::run::{Run, RunSpec};
use faultline::scenes::scene::{KeyMarks, Lang, Panel, Selection, Stage, Standing, View, Work};
use faultline::scenes::{default_spec, open, place};

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
        assert_eq!(panel.name == "ring", flight.marks.iter().all(|mark| mark.to == 4 && !mark.needless));
    }
}

/// How many zones keep the copies is counted on the copies: zones of a list that nobody keeps apart are not enough.
#[test]
fn the_figure_of_copies_that_fail_apart_counts_them() {
    let two_zones = "a\t1\tx\nb\t1\tx\nc\t1\ty\nd\t1\ty\n";
    let apart = |mistakes: &[&str], options: &[(&str, &str)]| {
        let run = run("ring", mistakes, options);
        let figures = run.figures(Lang::En);
        figures.into_iter().find(|figure| figure.words == "Copies that fail apart").map(|figure| figure.value)
    };
    let two = [("nodes", two_zones), ("replicas", "2")];
    assert_eq!(apart(&[], &two), None);
    assert_eq!(apart(&[], &[two.as_slice(), &[("zones", "off")]].concat()).as_deref(), Some("1"));
    assert_eq!(apart(&[], &[("nodes", two_zones), ("replicas", "3")]).as_deref(), Some("2"));
    assert_eq!(apart(&["replica-same-node"], &[("servers", "4"), ("replicas", "2")]).as_deref(), Some("1"));
}

fn standing(run: &dyn Run, code: &str) -> Standing {
    let findings = run.findings(Lang::En);
    findings.iter().find(|f| f.code == code).unwrap_or_else(|| panic!("no property {code}")).standing
}

/// A node is added, and everybody hears of it.
fn grown(recipe: &str, mistakes: &[&str], options: &[(&str, &str)]) -> Box<dyn Run> {
    let mut run = run(recipe, mistakes, &[&[("think", "-1")], options].concat());
    run.command("request directory add node-8", Lang::En).expect("it is added");
    run.seek(3_000_000);
    run
}

#[test]
fn every_mistake_is_caught_by_its_property() {
    let at_seven: &[(&str, &str)] = &[("servers", "7"), ("replicas", "2")];
    for (recipe, mistake, code) in [
        ("ring", "own-list", "RING-AGREE"),
        ("modulo", "own-list", "RING-AGREE"),
        ("slots", "own-list", "RING-AGREE"),
        ("ring", "membership-nothing", "RING-TOTAL"),
        ("ring", "membership-first", "RING-BALANCE"),
        ("ring", "first-or-last", "RING-BALANCE"),
        ("ring", "replica-same-node", "RING-DISTINCT-REPLICAS"),
        ("ring", "adjacent", "RING-BALANCE"),
        ("ring", "unsorted", "RING-DETERMINISM"),
    ] {
        assert_eq!(
            standing(grown(recipe, &[], at_seven).as_ref(), code),
            Standing::Unbroken,
            "{recipe} without {mistake}"
        );
        let run = grown(recipe, &[mistake], at_seven);
        assert_eq!(standing(run.as_ref(), code), Standing::Broken, "{recipe} with {mistake}");
        let finding = run.findings(Lang::Zh).into_iter().find(|f| f.code == code).expect("it is judged");
        assert!(!finding.because.contains('⁇') && !finding.because.contains("{"), "{}", finding.because);
    }
    // Sixteen digits on five nodes: one has four, the others three. On eight nodes all have two.
    for (servers, found) in [("5", Standing::Broken), ("8", Standing::Unbroken)] {
        let run = run("modulo", &["remainder-twice"], &[("servers", servers), ("think", "-1")]);
        assert_eq!(standing(run.as_ref(), "RING-BALANCE"), found, "{servers} nodes");
    }
    // At seven equal nodes, and not at five, floats and integers part.
    for (servers, found) in [("7", Standing::Broken), ("5", Standing::Unbroken)] {
        let run = run("ketama", &["float-points"], &[("servers", servers), ("think", "-1")]);
        assert_eq!(standing(run.as_ref(), "RING-AGREE"), found, "{servers} nodes");
    }
    let other = |mistake: &str| RunSpec {
        recipe: "jump".to_owned(),
        mistakes: vec![mistake.to_owned()],
        ..default_spec("placement")
    };
    assert!(open(&other("unsorted"), Lang::En).is_err() && open(&other("own-list"), Lang::En).is_ok());
}

#[test]
fn what_each_strategy_promises_holds_through_changes() {
    let lines = ["add node-8", "remove node-3", "weight node-2 3", "add node-3 2", "weight node-2 1", "remove node-8"];
    for recipe in RECIPES {
        let mut run = run(recipe, &[], &[("servers", "7"), ("replicas", "3"), ("think", "-1")]);
        for line in lines {
            run.command(&format!("request directory {line}"), Lang::En).unwrap_or_else(|e| panic!("{recipe}: {}", e.0));
            run.seek(run.now() + 2_000_000);
            for finding in run.findings(Lang::En).iter().filter(|finding| finding.promised) {
                assert_eq!(
                    finding.standing,
                    Standing::Unbroken,
                    "{recipe}, {line}: {} {}",
                    finding.code,
                    finding.because
                );
            }
            let stage = look(run.as_ref());
            assert_eq!(keys(&stage.panels[0]), 418.0, "{recipe}, {line}");
        }
    }
}

const RECIPES: [&str; 11] = [
    "ring",
    "modulo",
    "ketama",
    "rendezvous",
    "jump",
    "maglev",
    "slots",
    "range",
    "bounded-ring",
    "bounded-rendezvous",
    "nginx",
];

/// What the runner's `place` and `plan` are asked.
fn asked(recipe: &str, vnodes: u32, replicas: usize) -> Ask {
    let strategy = Strategy::named(recipe).expect("it is a strategy");
    Ask { scheme: Scheme { strategy, vnodes, ..Scheme::default() }, replicas, ..Ask::default() }
}

#[test]
fn the_picture_counts_what_the_runner_places() {
    let zones = include_str!("../src/scenes/data/tz-zones.txt");
    let own = "alpha\t3\teast\nbeta\t1\teast\ngamma node\t2\twest\nδ\n";
    let numbered = "node-1\nnode-2\nnode-3\nnode-4\nnode-5\n";
    for recipe in RECIPES {
        for (nodes, options) in
            [(numbered, vec![("replicas", "2")]), (own, vec![("nodes", own), ("vnodes", "7"), ("replicas", "2")])]
        {
            let ask = asked(recipe, if nodes == own { 7 } else { 100 }, 2);
            let placed = place::place(nodes.as_bytes(), zones.as_bytes(), &ask).expect("it is placed");
            let options: Vec<_> = [("think", "-1")].into_iter().chain(options).collect();
            let mut run = run(recipe, &[], &options);
            let stage = look(run.as_ref());
            for (column, load) in stage.panels[0].columns.columns.iter().zip(placed.assignment.loads()) {
                assert_eq!(column.mean, *load as f32, "{recipe}: {}", column.words);
            }
            let file = files::placement_csv(&placed.keys, &placed.assignment);
            assert_eq!(run.export("placement.csv"), Some(file), "{recipe}");

            let grown = format!("{nodes}node-{}\n", if nodes == own { 5 } else { 6 });
            let planned =
                plan::plan(nodes.as_bytes(), grown.as_bytes(), zones.as_bytes(), &ask).expect("it is planned");
            let slot = if nodes == own { 4 } else { 5 };
            run.command(&format!("request directory add {slot}"), Lang::En).expect("it is added");
            look(run.as_ref());
            assert_eq!(run.export("plan.csv"), Some(files::plan_csv(&planned.moves)), "{recipe}");
            assert_eq!(run.export("plan.json"), Some(files::plan_json(&planned.moves)), "{recipe}");
            let movement = planned.moves.movement();
            let figures = run.figures(Lang::En);
            let figure = |end: &str| figures.iter().find(|f| f.words.ends_with(end)).expect("it is a figure");
            assert_eq!(figure(": new owner").value, format!("{} / {}", movement.moved, movement.all), "{recipe}");
            assert!(figure(": copies to make").value.starts_with(&planned.moves.copies().to_string()), "{recipe}");
        }
    }
}

/// Whatever is typed: an answer or a sentence, never a panic, and a run that opens again as it was.
#[test]
fn any_line_is_carried_out_or_refused_with_a_sentence() {
    let words = [
        "request",
        "directory",
        "a",
        "b",
        "add",
        "remove",
        "weight",
        "get",
        "node-1",
        "node-2",
        "node-6",
        "s0",
        "99999",
        "-1",
        "0",
        "1",
        "2",
        "10001",
        "Europe/Paris",
        "%20",
        "lookup",
        "beside",
        "ring",
        "modulo,jump",
        "jump,jump,,",
        "ring,modulo,jump,maglev,range",
        "crash",
        "restart",
        "power",
        "pause",
        "resume",
        "fire",
        "announce",
        "δ",
        "\u{0}",
        "compare",
        "recipe",
        "set",
        "pace",
        "free",
        "loss",
        "500",
    ];
    for seed in 0..6_u64 {
        let mut state = seed;
        let mut next = |bound: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize % bound
        };
        let mut run = run(RECIPES[seed as usize], &[], &[("servers", "3"), ("replicas", "2")]);
        for _ in 0..400 {
            let line: Vec<&str> = (0..1 + next(5)).map(|_| words[next(words.len())]).collect();
            if let Err(why) = run.command(&line.join(" "), Lang::Zh) {
                assert!(!why.0.is_empty() && !why.0.contains('⁇'), "{line:?}: {}", why.0);
            }
            run.seek(run.now() + 1_000 * next(300) as u64);
            look(run.as_ref());
        }
        let again = open(&run.spec(), Lang::En).unwrap_or_else(|e| panic!("{}", e.0));
        assert_eq!((again.state_hash(), again.run_hash()), (run.state_hash(), run.run_hash()));
        assert_eq!(look(again.as_ref()), look(run.as_ref()));
    }
}

#[test]
fn nothing_is_without_its_words() {
    for recipe in RECIPES {
        let mut run = run(recipe, &[], &[("replicas", "2"), ("nodes", "a\t2\tz\nb\t1\tz\nc\nbad\tx\n")]);
        run.command("request directory add s3", Lang::En).expect("a spare is added");
        run.seek(4_000_000);
        run.command("crash s1 killed", Lang::En).expect("it goes down");
        run.seek(9_000_000);
        finish(run.as_ref());
        for lang in [Lang::En, Lang::Zh] {
            let mut said = format!("{:?}", run.stage(&View { lang, ..VIEW }));
            said +=
                &format!("{:?}{:?}{:?}{:?}", run.figures(lang), run.fields(lang), run.controls(lang), run.sheets(lang));
            said += &format!("{:?}{:?}{:?}", run.findings(lang), run.offers(lang), run.events(0, 500, lang));
            for node in 0..10 {
                said += &format!("{:?}", run.inspect(Selection::Node(node), lang));
            }
            let gap = said.find('⁇').map(|at| said[..at].chars().rev().take(120).collect::<String>());
            assert_eq!(gap.map(|gap| gap.chars().rev().collect::<String>()), None, "{recipe}");
        }
    }
}

/// A thousand nodes of 200 points and 100,000 keys: the times are printed, what is asserted does not depend on the machine.
#[test]
#[expect(clippy::disallowed_methods, reason = "only to print how long it took")]
fn real_size_is_placed_in_slices() {
    let keys: String = (0..100_000).map(|n| format!("user:{n}\n")).collect();
    let watch = std::time::Instant::now();
    let mut run = run("ring", &[], &[("servers", "1000"), ("vnodes", "200"), ("keys", &keys), ("think", "-1")]);
    println!("open {:?}", watch.elapsed());
    for change in [None, Some("add node-1001"), Some("remove node-17")] {
        if let Some(line) = change {
            let watch = std::time::Instant::now();
            run.command(&format!("request directory {line}"), Lang::En).expect("it is carried out");
            println!("{line} {:?}", watch.elapsed());
        }
        let stage = run.stage(&VIEW);
        assert!(stage.panels[0].placing.is_some_and(|done| done < 1.0), "not all is done at once");
        let (mut slices, mut longest) = (0, std::time::Duration::ZERO);
        loop {
            let watch = std::time::Instant::now();
            let mut left = 4;
            let work = run.work(&mut || {
                left -= 1;
                left > 0
            });
            longest = longest.max(watch.elapsed());
            slices += 1;
            if work != Work::Left {
                break;
            }
        }
        println!("{slices} slices, longest {longest:?}");
        let watch = std::time::Instant::now();
        let stage = run.stage(&VIEW);
        println!("stage {:?}", watch.elapsed());
        let watch = std::time::Instant::now();
        let again = run.stage(&VIEW);
        println!("stage again {:?}", watch.elapsed());
        assert_eq!(stage, again);
        for panel in &stage.panels {
            assert!(panel.placing.is_none() && panel.columns.columns.len() <= 64);
            let KeyMarks::Bins(bins) = &panel.circle.keys else { panic!("many keys are counted in bins") };
            assert_eq!(bins.iter().map(|bin| bin.keys).sum::<u32>(), 100_000);
        }
    }
}

#[test]
fn tables_say_what_the_panels_show() {
    let mut run = run("ring", &[], &[("replicas", "2"), ("think", "-1")]);
    assert_eq!(run.export("plan.csv"), None, "nothing has changed yet");
    assert_eq!(run.export("nothing.csv"), None);
    run.command("request directory add node-6", Lang::En).expect("it is added");
    let stage = look(run.as_ref());
    for (sheet, panel) in run.sheets(Lang::En).iter().zip(&stage.panels) {
        let column = |head: &str| sheet.head.iter().position(|h| h == head).expect("it has this column");
        let number = |row: &Vec<String>, head: &str| row[column(head)].parse::<u32>().expect("it is a number");
        assert_eq!(sheet.rows.len(), 6);
        for (row, drawn) in sheet.rows.iter().zip(panel.columns.columns.iter()) {
            assert_eq!(number(row, "keys") as f32, drawn.mean);
            let came = number(row, "in") as f32 - number(row, "out") as f32;
            assert_eq!(drawn.mean - drawn.was, came, "{}", row[0]);
        }
        let flight = panel.flight.as_ref().expect("keys fly");
        let went: u32 = sheet.rows.iter().map(|row| number(row, "out")).sum();
        assert_eq!(flight.marks.len() as u32, went.div_ceil(flight.keys_a_mark));
    }
}

/// What theory says of a node that comes or goes, beside what is counted, for the strategies of which it says something.
#[test]
fn what_moves_is_near_what_theory_says() {
    let keys: String = (0..20_000).map(|n| format!("user:{n}\n")).collect();
    for (recipe, line, theory) in [
        ("modulo", "add node-11", 10.0 / 11.0),
        ("modulo", "remove node-4", 0.9),
        ("rendezvous", "add node-11", 1.0 / 11.0),
        ("rendezvous", "remove node-4", 0.1),
        ("rendezvous", "weight node-4 2", 9.0 / 110.0),
        ("jump", "add node-11", 1.0 / 11.0),
        ("jump", "remove node-10", 0.1),
        ("jump", "remove node-4", 62.0 / 90.0),
        ("jump", "remove node-1", 89.0 / 90.0),
        ("slots", "add node-11", 1.0 / 11.0),
        ("slots", "remove node-4", 0.1),
    ] {
        let mut run = run(recipe, &[], &[("servers", "10"), ("keys", &keys), ("think", "-1")]);
        run.command(&format!("request directory {line}"), Lang::En).expect("it is carried out");
        let panel = &look(run.as_ref()).panels[0];
        let share = panel.figure.trim_end_matches(" %").parse::<f64>().expect("it is a share") / 100.0;
        // Four standard deviations of 20,000 keys are at most 1.5 %.
        assert!((share - theory).abs() < 0.015, "{recipe}, {line}: {share}, not {theory}");
        let said = panel.lines.iter().find(|line| line.starts_with("theory ")).expect("theory is said");
        let said = said.trim_start_matches("theory ");
        let number = match said.split_once('/') {
            Some((some, all)) => some.parse::<f64>().expect("a number") / all.parse::<f64>().expect("a number"),
            None => said.trim_end_matches(" %").parse::<f64>().expect("a number") / 100.0,
        };
        assert!((number - theory).abs() < 1e-3, "{recipe}, {line}: it says {said}");
    }
}

#[test]
fn plots_over_the_size_of_the_cluster_come_in_slices() {
    let mut run = run("ring", &[], &[]);
    run.command("beside modulo,jump", Lang::En).expect("they are strategies");
    let charts = run.charts(Lang::En);
    assert!(charts.iter().all(|chart| chart.placing == Some(0.0)), "nothing is counted before it is asked for");
    finish(run.as_ref());
    let [moved, largest] = &run.charts(Lang::En)[..] else { panic!("two plots") };
    assert!(moved.placing.is_none() && largest.placing.is_none());
    for lines in moved.lines.chunks(2) {
        let (counted, theory) = (&lines[0], &lines[1]);
        assert!(!counted.theory && theory.theory && counted.points.len() == 63 && theory.points.len() == 63);
        for (counted, theory) in counted.points.iter().zip(theory.points.iter()) {
            assert_eq!(counted.0, theory.0);
            assert!((counted.1 - theory.1).abs() < 0.25, "{} nodes: {} and {}", counted.0, counted.1, theory.1);
        }
    }
    for line in largest.lines.iter().filter(|line| !line.theory) {
        assert_eq!((line.points.len(), line.points[0]), (64, (1.0, 1.0)));
        assert!(line.points.iter().all(|point| point.1 >= 1.0));
    }
}

#[test]
fn a_list_that_is_not_at_hand_is_asked_for() {
    let spec =
        |text: &str| RunSpec { options: vec![("keys".to_owned(), text.to_owned())], ..default_spec("placement") };
    let read = forms::keys(b"key\nu1\nu2\n", KEYS, None).shared();
    let reference = Reference::new("users.csv", read.list.digest()).to_string();
    for lang in [Lang::En, Lang::Zh] {
        let Err(why) = open(&spec(&reference), lang) else { panic!("it is not at hand") };
        assert!(why.0.contains("users.csv") && why.0.contains(&read.list.digest().short()), "{}", why.0);
    }
    library::add_keys("users.csv", std::sync::Arc::new(read));
    let run = open(&spec(&reference), Lang::En).unwrap_or_else(|e| panic!("{}", e.0));
    assert_eq!(keys(&look(run.as_ref()).panels[0]), 2.0);
}

/// The same commands are the same run, on every machine.
#[test]
fn hashes_are_pinned() {
    let mut found = String::new();
    for recipe in RECIPES {
        let mut run = run(recipe, &[], &[("replicas", "2")]);
        for line in ["request directory add node-6", "crash node-2 killed", "request directory remove node-4"] {
            run.command(line, Lang::En).expect("it is carried out");
            run.seek(run.now() + 3_000_000);
        }
        found += &format!("{recipe} {:032x} {:016x}\n", run.state_hash(), run.run_hash());
    }
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pinned/placement.txt");
    if std::env::var_os("FAULTLINE_PIN").is_some() {
        std::fs::write(&path, &found).expect("it can be written");
    }
    assert_eq!(found, std::fs::read_to_string(&path).unwrap_or_default());
}
