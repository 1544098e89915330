//! The stream of requests in the placement scene, over its erased edge.

use faultline::scenes::run::{Run, RunSpec};
use faultline::scenes::scene::{Figure, Lang, Selection, Stage, View};
use faultline::scenes::{default_spec, open, opening_spec, openings};
use faultline::sim::time::SECOND;
use std::time::Instant;

const VIEW: View = View { width: 1000.0, height: 620.0, lang: Lang::En };

fn run(recipe: &str, options: &[(&str, &str)]) -> Box<dyn Run> {
    let hot = [("think", "-1"), ("rate", "120"), ("zipf", "175"), ("vnodes", "20")];
    // Of one that is given twice the latter counts.
    let options = hot.iter().chain(options).map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    open(&RunSpec { recipe: recipe.to_owned(), options, ..default_spec("placement") }, Lang::En)
        .unwrap_or_else(|e| panic!("{}", e.0))
}

fn queues(stage: &Stage) -> Vec<Option<(u32, u32)>> {
    stage.panels[0].columns.columns.iter().map(|column| column.queue).collect()
}

fn value<'a>(figures: &'a [Figure], words: &str) -> &'a Figure {
    figures.iter().find(|figure| figure.words == words).unwrap_or_else(|| panic!("no figure {words}"))
}

#[test]
fn without_a_rate_there_is_no_stream() {
    let mut run = run("ring", &[("rate", "0"), ("think", "500")]);
    run.seek(10 * SECOND);
    let stage = run.stage(&VIEW);
    assert!(stage.panels.iter().all(|panel| panel.columns.columns.iter().all(|column| column.queue.is_none())));
    assert!(run.findings(Lang::En).iter().all(|finding| !["NO-OVERLOAD", "QUEUE-MOVES"].contains(&finding.code)));
    assert!(run.figures(Lang::En).iter().all(|figure| figure.words != "Refused"));
}

#[test]
fn the_hot_keys_owner_is_full_and_the_others_are_not() {
    let mut run = run("ring", &[]);
    run.seek(6 * SECOND);
    let stage = run.stage(&VIEW);
    let queues = queues(&stage);
    let full: Vec<usize> = (0..5).filter(|slot| queues[*slot].is_some_and(|(load, bears)| load + 2 >= bears)).collect();
    assert_eq!(full.len(), 1, "{queues:?}");
    assert!(queues.iter().all(|queue| queue.is_some_and(|(_, bears)| bears == 21)));
    // Only the recipe's panel has the queues: the clients ask by no other.
    assert!(stage.panels[1].columns.columns.iter().all(|column| column.queue.is_none()));
    let figures = run.figures(Lang::En);
    let rate: f64 = value(&figures, "Requests a second").value.parse().expect("a number");
    assert!((rate - 120.0).abs() <= 2.0, "{rate}");
    assert_eq!(value(&figures, "Requests a second").note, "all members together can answer 250");
    assert_eq!(value(&figures, "Longest queue").value, "20");
    let share: f64 = value(&figures, "Share of the first key").value.trim_end_matches(" %").parse().expect("a share");
    assert!((share - 50.0).abs() < 6.0, "{share}");
    let refused: f64 = value(&figures, "Refused").value.trim_end_matches(" %").parse().expect("a share");
    assert!(refused > 5.0, "{refused}");
    let finding = |code: &str| {
        let all = run.findings(Lang::En);
        all.into_iter().find(|finding| finding.code == code).unwrap_or_else(|| panic!("no {code}"))
    };
    assert!(finding("NO-OVERLOAD").broken_at.is_some() && !finding("NO-OVERLOAD").promised);
    let bars = run.diagram(0, 6 * SECOND, Lang::En);
    assert!(bars.bars.iter().any(|bar| bar.words == "overloaded" && usize::from(bar.lane) == full[0]));
    assert!(bars.marks.iter().any(|mark| mark.words == "refuses"));
    assert!(bars.arrows.is_empty(), "of 120 a second the diagram would be black");
}

/// What it costs to wait, with and without help: the numbers that a reader compares.
#[test]
fn a_bound_and_copies_shorten_the_wait() {
    let median = |options: &[(&str, &str)]| {
        let mut run = run("ring", options);
        run.seek(10 * SECOND);
        let figures = run.figures(Lang::En);
        let figure = value(&figures, "Half are answered within");
        let ms = |words: &str| words.trim_end_matches(" ms").rsplit(' ').next().and_then(|n| n.parse::<u32>().ok());
        (ms(&figure.value).expect("ms"), ms(&figure.note).expect("ms"))
    };
    let plain = median(&[]);
    let bounded = median(&[("route", "bounded")]);
    let replicas = median(&[("route", "replicas"), ("replicas", "3")]);
    println!("{plain:?} {bounded:?} {replicas:?}");
    assert!(plain.1 > 2 * bounded.1 && plain.1 > 2 * replicas.1, "{plain:?} {bounded:?} {replicas:?}");
}

/// Every word is there in both languages, at every moment, for servers and clients.
#[test]
fn everything_is_said() {
    for lang in [Lang::En, Lang::Zh] {
        for options in [
            &[("route", "owner")][..],
            &[("route", "bounded"), ("clients", "1")],
            &[("route", "bounded"), ("loss", "30")],
            &[("route", "replicas"), ("replicas", "3")],
        ] {
            let mut run = run("ring", options);
            for (at, line) in [
                (1, "pause node-2"),
                (2, "crash node-4 killed"),
                (5, "resume node-2"),
                (6, "request directory remove node-1"),
            ] {
                run.seek(at * SECOND);
                run.command(line, lang).unwrap_or_else(|e| panic!("{line}: {}", e.0));
                for _ in 0..400 {
                    run.step_forward();
                    let mut said: Vec<String> =
                        run.sentence(lang).pieces.into_iter().map(|piece| piece.words).collect();
                    said.extend(run.findings(lang).into_iter().flat_map(|f| [f.words, f.because]));
                    said.extend(run.figures(lang).into_iter().flat_map(|f| [f.words, f.value, f.note]));
                    let stage = run.stage(&View { lang, ..VIEW });
                    assert!(stage.pills.len() <= 60, "{} pills", stage.pills.len());
                    said.extend(stage.pills.into_iter().map(|pill| pill.words));
                    for words in &said {
                        assert!(!words.contains('⁇') && !words.contains("{}"), "{words}");
                    }
                    assert!(!said[0].is_empty());
                }
                for node in 0..9 {
                    let panel = run.inspect(Selection::Node(node), lang).expect("a node");
                    for row in panel.rows {
                        assert!(!row.label.contains('⁇') && !row.value.words.contains('⁇'), "{}", row.label);
                    }
                }
            }
            let keys = ["rate", "zipf", "route", "service", "workers", "room"];
            let all = run.controls(lang);
            for key in keys {
                let control = all.iter().find(|control| control.key == key).expect("a control");
                let all = [&control.words, &control.help, &control.group];
                assert!(all.iter().all(|words| !words.contains('⁇')), "{key}");
            }
        }
    }
}

/// A link to a run with a stream is that run.
#[test]
fn a_run_is_found_again() {
    let mut first = run("ring", &[("route", "bounded")]);
    first.seek(3 * SECOND);
    first.command("crash node-3 killed", Lang::En).expect("it crashes");
    first.seek(5 * SECOND);
    let spec = first.spec();
    let again = open(&spec, Lang::En).expect("it opens");
    assert_eq!((again.state_hash(), again.run_hash()), (first.state_hash(), first.run_hash()));
    first.seek(SECOND);
    first.seek(5 * SECOND);
    assert_eq!(again.run_hash(), first.run_hash());
}

/// A minute of 200 requests a second, and a second of it as the page shows it: the stage stays legible; the times are printed.
#[test]
#[expect(clippy::disallowed_methods, reason = "only to print how long it took")]
fn a_stream_is_played_in_time() {
    let mut run = run("ring", &[("rate", "200"), ("servers", "20")]);
    let start = Instant::now();
    run.seek(60 * SECOND);
    let played = start.elapsed();
    let start = Instant::now();
    // A second as the page plays it: sixty pictures with their figures.
    for frame in 1..=60 {
        run.advance(60 * SECOND + frame * SECOND / 60);
        let stage = run.stage(&VIEW);
        assert!(stage.pills.len() <= 48, "{} pills", stage.pills.len());
        run.sentence(Lang::En);
        run.figures(Lang::En);
    }
    let shown = start.elapsed();
    println!("60 s of 200 requests a second in {played:?}, a second of pictures in {shown:?}");
    assert!(run.position().0 > 40_000);
}

/// The queues as a table: who works, who waits, who was refused, and the sum of it.
#[test]
fn the_table_lists_the_queues() {
    let mut run = run("ring", &[]);
    // Those of the panels and of the queues, before those of every stage.
    let own =
        |run: &dyn Run| run.sheets(Lang::En).into_iter().take_while(|sheet| sheet.title != "Nodes").collect::<Vec<_>>();
    assert_eq!(own(run.as_ref()).len(), 3);
    run.seek(6 * SECOND);
    let sheet = own(run.as_ref()).pop().expect("a table");
    assert_eq!((sheet.rows.len(), sheet.nodes.len(), sheet.head.len()), (5, 5, 5));
    let refused: u32 = sheet.rows.iter().map(|row| row[4].parse::<u32>().expect("a number")).sum();
    assert!(refused > 20 && sheet.note.contains(&format!("{refused} refused")), "{}", sheet.note);
    assert!(sheet.rows.iter().all(|row| row.len() == 5 && row[3] == "50 a second"), "{:?}", sheet.rows);
}

/// The question's takes are the runs that its words tell of.
#[test]
fn the_question_is_about_what_it_says() {
    let asked = openings("placement", Lang::En);
    let hot = asked.iter().find(|opening| opening.name == "hot").expect("the question");
    assert_eq!((hot.takes.len(), hot.answers.len()), (5, 3));
    for take in 0..5 {
        let spec = opening_spec("placement", "hot", take);
        let option = |key: &str| spec.options.iter().rev().find(|(k, _)| k == key).map_or("", |(_, value)| value);
        assert_eq!((option("rate"), option("service"), option("room"), option("servers")), ("120", "20", "20", "5"));
    }
}
