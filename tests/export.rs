//! Pictures, traces and tables of runs: any reader can read them, they say what the stage says, and their clocks are right.

mod xml;

use faultline::scenes::export::{self, Palette, fonts, shiviz, trace};
use faultline::scenes::geometry::Rect;
use faultline::scenes::run::{Command, Deed, Run, RunSpec};
use faultline::scenes::scene::{Block, Lang, Pill, Sheet, Stage, View};
use faultline::scenes::{SCENES, default_spec, link, open, searching, sheets};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use xml::Element;

const ALL: usize = usize::MAX;
const LANGS: [Lang; 2] = [Lang::En, Lang::Zh];

/// Runs in which a reader has pressed a few buttons, so many of each scene.
fn runs(each: u64, presses: usize) -> impl Iterator<Item = Box<dyn Run>> {
    (0..each * SCENES.len() as u64).map(move |seed| {
        let spec = searching::sample(1_000 + seed, presses);
        open(&spec, Lang::En).unwrap_or_else(|e| panic!("{}", e.0))
    })
}

fn about(run: &dyn Run) -> String {
    link::encode(&run.spec()).unwrap_or_default()
}

/// Where a text lies, as far as one can know without a font.
fn place(text: &Element) -> Rect {
    let number = |name: &str| text.attribute(name).and_then(|value| value.parse::<f32>().ok()).expect(name);
    let size = number("font-size");
    let family = text.attribute("font-family").unwrap_or_default();
    // Where nothing is bold, words are a little narrower than what they are set for.
    let plain = if text.attribute("font-weight").is_some() { 1.0 } else { 0.96 };
    let w = size * if family.contains("monospace") { fonts::mono(&text.text) } else { fonts::sans(&text.text) * plain };
    let x = match text.attribute("text-anchor") {
        Some("middle") => number("x") - w / 2.0,
        Some("end") => number("x") - w,
        _ => number("x"),
    };
    Rect { x, y: number("y") - size * 0.75, w, h: size * 0.9 }
}

/// Well-formed, in the theme's colours only, and all its words within it; they are returned.
fn judged(svg: &str, at: &str) -> Vec<(String, Rect)> {
    let elements = xml::read(svg).unwrap_or_else(|e| panic!("{e}\n{at}"));
    let root = &elements[0];
    assert_eq!(root.name, "svg");
    let view: Vec<f32> =
        root.attribute("viewBox").expect("a view box").split(' ').map(|n| n.parse().expect("a number")).collect();
    for id in root.attribute("aria-labelledby").expect("it is named").split(' ') {
        let named = elements.iter().find(|e| e.attribute("id") == Some(id)).expect("what names it is there");
        assert!(named.text.len() > 10, "{at}");
    }
    let patterns: BTreeSet<_> = elements.iter().filter_map(|e| e.attribute("id")).collect();
    for element in &elements {
        for (name, value) in &element.attributes {
            assert!(!["class", "style"].contains(&name.as_str()) && !name.starts_with("data-"), "{name} {at}");
            if name == "fill" || name == "stroke" {
                let known = value.strip_prefix("url(#").and_then(|v| v.strip_suffix(')'));
                let colour = value.len() == 7 && value.starts_with('#');
                assert!(colour || value == "none" || known.is_some_and(|id| patterns.contains(id)), "{value} {at}");
            }
        }
    }
    let texts: Vec<_> = elements.iter().filter(|e| e.name == "text").map(|e| (e.text.clone(), place(e))).collect();
    for (words, r) in &texts {
        let inside = r.x >= -1.0 && r.y >= -1.0 && r.x + r.w <= view[2] + 1.0 && r.y + r.h <= view[3] + 1.0;
        assert!(inside, "“{words}” is outside: {r:?} of {view:?}\n{at}");
    }
    texts
}

fn overlaps(texts: &[(String, Rect)]) -> Vec<String> {
    let mut found = Vec::new();
    for (n, (words, a)) in texts.iter().enumerate() {
        for (other, b) in &texts[..n] {
            let across = (a.x + a.w).min(b.x + b.w) - a.x.max(b.x);
            let down = (a.y + a.h).min(b.y + b.h) - a.y.max(b.y);
            if across > 3.0 && down > 2.5 {
                found.push(format!("“{words}” and “{other}”: {across} × {down}"));
            }
        }
    }
    found
}

fn has(texts: &[(String, Rect)], words: &str) -> bool {
    texts.iter().any(|(text, _)| text.contains(words))
}

#[test]
fn the_stage_is_a_picture_of_all_that_is_on_it() {
    let mut crowded = 0;
    for run in runs(3, 10) {
        let at = about(run.as_ref());
        for (lang, theme, (width, height)) in [
            (Lang::En, "light", (960.0, 600.0)),
            (Lang::Zh, "dark", (1_280.0, 720.0)),
            (Lang::En, "dark", (360.0, 460.0)),
        ] {
            let view = View { width, height, lang };
            let palette = Palette::of(theme).expect("a theme of the page");
            let svg = export::stage_svg(run.as_ref(), &view, &palette);
            let texts = judged(&svg, &at);
            let stage = run.stage(&view);
            let titles: Vec<String> = xml::read(&svg)
                .expect("well-formed")
                .into_iter()
                .filter(|e| e.name == "title")
                .map(|e| e.text)
                .collect();
            for card in &stage.cards {
                assert!(titles.contains(&card.name), "{} is missing\n{at}", card.name);
            }
            for pill in &stage.pills {
                assert!(has(&texts, &pill.words), "{} is missing\n{at}", pill.words);
            }
            // A narrow stage with a crowd of messages has no room for them beside its cards.
            let found = overlaps(&texts);
            if width > 900.0 && stage.pills.len() <= 12 {
                assert!(found.is_empty(), "{found:#?}\n{at}");
            } else {
                crowded += usize::from(!found.is_empty());
            }
            assert!(svg.contains(&palette.get("", "--paper")), "{theme}");
        }
    }
    assert!(crowded < 8, "{crowded} pictures have words over words");
}

#[test]
fn what_a_card_says_is_in_the_picture() {
    for run in runs(2, 8) {
        let view = View { width: 1_280.0, height: 800.0, lang: Lang::En };
        let svg = export::stage_svg(run.as_ref(), &view, &Palette::of("light").expect("the first theme"));
        let all: String = judged(&svg, "").into_iter().map(|(words, _)| words + " ").collect();
        for block in run.stage(&view).cards.iter().flat_map(|card| &card.blocks) {
            let words = match block {
                Block::Record { words, .. } | Block::Entry { words, .. } => words,
                Block::Pair { value, .. } => value,
                _ => continue,
            };
            let begins: String = words.chars().take(6).collect();
            assert!(all.contains(&begins), "{words} is missing\n{}", about(run.as_ref()));
        }
    }
}

#[test]
fn the_diagram_has_every_lane_and_every_message_of_its_window() {
    for (n, run) in runs(4, 10).enumerate() {
        let (at, lang) = (about(run.as_ref()), LANGS[n % 2]);
        let window = if n % 3 == 0 { (run.now() / 3, run.now() / 2) } else { export::window(run.as_ref(), 24_000_000) };
        let width = [960.0, 420.0, 1_600.0][n % 3];
        let palette = Palette::of(Palette::themes()[n % 2]).expect("a theme of the page");
        let svg = export::diagram_svg(run.as_ref(), window, width, lang, &palette, &[]);
        let texts = judged(&svg, &at);
        let found = overlaps(&texts);
        assert!(found.is_empty(), "{found:#?}\n{at}");
        let diagram = run.diagram(window.0, window.1.max(window.0 + 1_000), lang);
        for lane in &diagram.lanes {
            let begins: String = lane.name.chars().take(3).collect();
            assert!(has(&texts, &begins), "{} is missing\n{at}", lane.name);
        }
        let titles: Vec<String> =
            xml::read(&svg).expect("well-formed").into_iter().filter(|e| e.name == "title").map(|e| e.text).collect();
        let shown = |node: u16| diagram.lanes.iter().any(|lane| lane.node == node);
        for arrow in diagram.arrows.iter().filter(|arrow| shown(arrow.from) && shown(arrow.to)) {
            assert!(titles.contains(&arrow.words), "{} is missing\n{at}", arrow.words);
        }
    }
}

fn parsed(run: &dyn Run, lang: Lang) -> Value {
    let text = export::whole(trace::writer(run, lang, ALL), run).expect("any length is allowed");
    serde_json::from_str(&text).expect("JSON")
}

/// The run that a trace tells of.
fn spec_of(trace: &Value) -> RunSpec {
    let run = &trace["run"];
    let word = |value: &Value| value.as_str().expect("a text").to_owned();
    let commands = run["commands"].as_array().expect("a list").iter().map(|c| Command {
        time: c["time_us"].as_u64().expect("a time"),
        nth: c["nth"].as_u64().expect("a number") as u32,
        line: word(&c["line"]),
    });
    RunSpec {
        scene: word(&run["scene"]),
        recipe: word(&run["recipe"]),
        mistakes: run["mistakes"].as_array().expect("a list").iter().map(word).collect(),
        options: run["options"].as_object().expect("a table").iter().map(|(k, v)| (k.clone(), word(v))).collect(),
        seed: word(&run["seed"]).parse().expect("a number"),
        commands: commands.collect(),
        at: trace["at_us"].as_u64().expect("a time"),
        events: trace["events_before"].as_u64().expect("a number") as u32,
        ..RunSpec::default()
    }
}

#[test]
fn a_trace_reads_back_and_plays_again() {
    for (n, run) in runs(3, 10).enumerate() {
        let at = about(run.as_ref());
        let trace = parsed(run.as_ref(), LANGS[n % 2]);
        assert_eq!((&trace["format"], &trace["version"]), (&"faultline-trace".into(), &1.into()));
        let again = open(&spec_of(&trace), Lang::En).unwrap_or_else(|e| panic!("{}\n{at}", e.0));
        let by_link = open(&link::decode(trace["link"].as_str().expect("a link")).expect("ours"), Lang::En);
        for run in [again, by_link.expect("it opens")] {
            assert_eq!(trace["state_hash"], format!("{:032x}", run.state_hash()), "{at}");
            assert_eq!(trace["run_hash"], format!("{:016x}", run.run_hash()), "{at}");
        }
        let events = trace["events"].as_array().expect("a list");
        let (count, _) = run.position();
        assert_eq!(events.len(), count as usize);
        let nodes: BTreeSet<_> =
            trace["nodes"].as_array().expect("a list").iter().map(|n| &n["name"]).map(Value::as_str).collect();
        let mut sent: BTreeMap<u64, u64> = BTreeMap::new();
        let mut last = 0;
        for (index, (event, line)) in events.iter().zip(run.events(0, count, LANGS[n % 2])).enumerate() {
            assert_eq!((&event["index"], &event["words"]), (&index.into(), &line.words.into()), "{at}");
            assert_eq!(event["by_hand"], line.command);
            let time = event["time_us"].as_u64().expect("a time");
            assert!(time >= last);
            last = time;
            assert!(event["node"].is_null() || nodes.contains(&event["node"].as_str()));
            let causes: Vec<u64> =
                event["causes"].as_array().expect("a list").iter().filter_map(Value::as_u64).collect();
            assert!(causes.iter().all(|cause| *cause < index as u64));
            if let Some(id) = event["message"]["id"].as_u64()
                && let Some(sender) = sent.get(&id)
            {
                assert!(causes.contains(sender), "event {index}: {id} was sent by {sender}, not by {causes:?}\n{at}");
            }
            for message in event["sent"].as_array().into_iter().flatten() {
                assert!(sent.insert(message["id"].as_u64().expect("a number"), index as u64).is_none());
                assert!(nodes.contains(&message["to"].as_str()));
            }
        }
    }
}

/// A line of the log: host, clock, words.
fn line(text: &str) -> (String, BTreeMap<String, u32>, String) {
    let (host, rest) = text.split_once(' ').expect("a host");
    let end = rest.find('}').expect("a clock");
    let clock = serde_json::from_str(&rest[..=end]).expect("a clock is JSON");
    let (seconds, words) = rest[end + 2..].split_once(' ').expect("words");
    seconds.parse::<f64>().expect("seconds");
    assert!(!words.trim().is_empty(), "{text}");
    (host.to_owned(), clock, words.to_owned())
}

/// The events of a log with their deeds.
fn logged(run: &dyn Run) -> Vec<(Deed, String, BTreeMap<String, u32>)> {
    let text = export::whole(shiviz::writer(run, Lang::En, ALL), run).expect("any length is allowed");
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some(shiviz::PARSER));
    assert_eq!(lines.next(), Some(""));
    let (count, _) = run.position();
    let said = |deed: &Deed| !deed.line.words.is_empty() || !deed.sent.is_empty() || deed.about.is_some();
    let deeds: Vec<Deed> = run.trace(0, count, Lang::En).into_iter().filter(said).collect();
    let lines: Vec<&str> = lines.collect();
    assert_eq!(lines.len(), deeds.len());
    deeds
        .into_iter()
        .zip(lines)
        .map(|(deed, text)| {
            let (host, clock, words) = line(text);
            if deed.about.is_some() && !deed.delivered {
                assert_eq!(host, "network", "nobody has heard it: {text}");
            }
            let told: String = deed.line.words.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(words.starts_with(&told), "{words} is not {told}");
            (deed, host, clock)
        })
        .collect()
}

/// What ShiViz demands of a log (its `modelGraph.js`): a host's own count begins at 1 and grows by 1, other hosts are known and
/// have come that far.
#[test]
fn clocks_count_as_shiviz_demands() {
    for run in runs(4, 12) {
        let at = about(run.as_ref());
        let mut so_far: BTreeMap<String, BTreeMap<String, u32>> = BTreeMap::new();
        for (_, host, clock) in logged(run.as_ref()) {
            let before = so_far.get(&host).cloned().unwrap_or_default();
            assert_eq!(clock[&host], before.get(&host).unwrap_or(&0) + 1, "{host}\n{at}");
            for (other, count) in &clock {
                let reached = so_far.get(other).map_or(0, |clock| clock[other]);
                assert!(*other == host || (*count >= 1 && *count <= reached), "{other} {count} of {reached}\n{at}");
            }
            assert!(before.iter().all(|(other, count)| clock.get(other) >= Some(count)), "{host} forgets\n{at}");
            so_far.insert(host, clock);
        }
    }
}

/// The clock condition both ways: an event comes before another exactly if a chain of steps and messages leads there.
#[test]
fn clocks_say_what_happened_before() {
    let mut messages = 0;
    for run in runs(4, 12) {
        let at = about(run.as_ref());
        let events = logged(run.as_ref());
        let mut led: Vec<BTreeSet<usize>> = Vec::new();
        let (mut last, mut sent) = (BTreeMap::<&str, usize>::new(), BTreeMap::<u32, usize>::new());
        for (n, (deed, host, clock)) in events.iter().enumerate() {
            let carried = deed.about.as_ref().and_then(|about| sent.get(&about.id)).copied();
            if let Some(sender) = carried.filter(|_| deed.delivered) {
                messages += 1;
                let (_, from, before) = &events[sender];
                assert!(before.iter().all(|(other, count)| clock.get(other) >= Some(count)), "receipt {n}\n{at}");
                assert!(from == host || before.get(host) < clock.get(host), "receipt {n} does not come after\n{at}");
            }
            let mut all = BTreeSet::new();
            for before in last.get(host.as_str()).copied().into_iter().chain(carried) {
                all.insert(before);
                all.extend(&led[before]);
            }
            led.push(all);
            last.insert(host, n);
            if host == "network"
                && let Some(about) = &deed.about
            {
                sent.insert(about.id, n);
            }
            sent.extend(deed.sent.iter().map(|parcel| (parcel.id, n)));
        }
        let first = events.len().saturating_sub(250);
        for (n, (_, _, clock)) in events.iter().enumerate().skip(first) {
            for (m, (_, host, before)) in events.iter().enumerate().take(n) {
                let says = clock.get(host) >= Some(&before[host]);
                assert_eq!(says, led[n].contains(&m), "events {m} and {n}\n{at}");
            }
        }
    }
    assert!(messages > 200, "{messages}");
}

#[test]
fn hosts_have_names_that_the_expression_reads() {
    let nodes = "web 1\nweb_1\na{b}\nnetwork\n东\n";
    let options = vec![("nodes".to_owned(), nodes.to_owned())];
    let mut run =
        open(&RunSpec { options, ..default_spec("placement") }, Lang::En).unwrap_or_else(|e| panic!("{}", e.0));
    run.seek(6_000_000);
    let events = logged(run.as_ref());
    let hosts: BTreeSet<_> = events.iter().flat_map(|(_, _, clock)| clock.keys()).collect();
    assert!(hosts.iter().all(|host| host.chars().all(|c| c.is_alphanumeric() || "-_.:".contains(c))), "{hosts:?}");
    assert!(run.nodes().len() >= 5 && hosts.len() > 2, "{hosts:?}");
}

#[test]
fn what_is_too_long_is_not_begun() {
    for run in runs(1, 8) {
        let (events, _) = run.position();
        let run = run.as_ref();
        for writer in [trace::writer(run, Lang::En, 900), shiviz::writer(run, Lang::En, 200)] {
            let too_long = export::whole(writer, run);
            assert_eq!(too_long.expect_err("it is longer").events, events);
        }
    }
}

#[test]
fn files_are_called_by_scene_recipe_and_time() {
    let mut run = open(&default_spec("lock"), Lang::En).unwrap_or_else(|e| panic!("{}", e.0));
    run.seek(6_900_000);
    let recipe = run.spec().recipe;
    assert_eq!(export::file_name(run.as_ref(), "-diagram.svg"), format!("lock-{recipe}-6.900s-diagram.svg"));
}

/// The sheet with this title.
fn sheet(run: &dyn Run, lang: Lang, title: &str) -> Sheet {
    run.sheets(lang).into_iter().find(|sheet| sheet.title == title).unwrap_or_default()
}

fn words_of(stage: &Stage, pill: &Pill) -> [String; 3] {
    let name = |node: u16| stage.cards.iter().find(|card| card.node == node).map(|card| card.name.clone());
    [pill.words.clone(), name(pill.from).unwrap_or_default(), name(pill.to).unwrap_or_default()]
}

#[test]
fn tables_name_every_card_and_every_message_of_the_stage() {
    let mut pills = 0;
    for run in runs(3, 10) {
        let at = about(run.as_ref());
        for (lang, nodes, messages) in [(Lang::En, "Nodes", "Messages under way"), (Lang::Zh, "节点", "在途消息")]
        {
            let (nodes, messages) = (sheet(run.as_ref(), lang, nodes), sheet(run.as_ref(), lang, messages));
            for view in [
                sheets::view(lang),
                View { width: 900.0, height: 560.0, lang },
                View { width: 340.0, height: 420.0, lang },
            ] {
                let stage = run.stage(&view);
                if view == sheets::view(lang) {
                    assert_eq!(nodes.rows.len(), stage.cards.len(), "{at}");
                }
                for card in &stage.cards {
                    let row = nodes.nodes.iter().position(|node| *node == card.node);
                    let row = &nodes.rows[row.unwrap_or_else(|| panic!("{} is in no row\n{at}", card.name))];
                    // Where there is little room a name may be short.
                    assert!(row[0] == card.name || view.width < 600.0, "{} is not {}\n{at}", row[0], card.name);
                }
                let mut listed: Vec<&str> = messages.rows.iter().map(|row| row[0].as_str()).collect();
                let mut shown: Vec<&str> = stage.pills.iter().map(|pill| pill.words.as_str()).collect();
                listed.sort_unstable();
                shown.sort_unstable();
                assert_eq!(listed, shown, "{at}");
            }
            let stage = run.stage(&sheets::view(lang));
            for pill in &stage.pills {
                let words = words_of(&stage, pill);
                assert!(messages.rows.iter().any(|row| row[..3] == words), "{words:?} is in no row\n{at}");
                pills += 1;
            }
            for (card, row) in stage.cards.iter().zip(&nodes.rows) {
                let row = row.join(" ");
                for block in &card.blocks {
                    let words = match block {
                        Block::Record { words, .. } | Block::Entry { words, .. } => words,
                        Block::Pair { value, .. } => value,
                        _ => continue,
                    };
                    assert!(row.contains(words.as_str()), "{words} is not in {row}\n{at}");
                }
            }
        }
    }
    assert!(pills > 20, "{pills}");
}

#[test]
fn every_row_of_a_table_has_a_cell_for_every_head() {
    for run in runs(3, 8) {
        for sheet in LANGS.into_iter().flat_map(|lang| run.sheets(lang)) {
            assert!(sheet.rows.iter().all(|row| row.len() == sheet.head.len()), "{}", sheet.title);
            assert!(sheet.nodes.is_empty() || sheet.nodes.len() == sheet.rows.len(), "{}", sheet.title);
            let text = format!("{sheet:?}");
            assert!(!text.contains('⁇') && !text.contains("{words}"), "{text}");
        }
    }
}

fn runner(words: &[&str]) -> std::process::Output {
    std::process::Command::new(env!("CARGO_BIN_EXE_faultline")).args(words).output().expect("the runner starts")
}

#[test]
fn the_runner_writes_what_the_page_writes() {
    let spec = searching::sample(1_004, 8);
    let run = open(&spec, Lang::En).unwrap_or_else(|e| panic!("{}", e.0));
    let link = link::encode(&run.spec()).expect("it is short");
    let palette = Palette::of("dark").expect("a theme of the page");
    let view = View { width: 800.0, height: 500.0, lang: Lang::Zh };
    let stage = export::stage_svg(run.as_ref(), &view, &palette);
    let log = export::whole(shiviz::writer(run.as_ref(), Lang::En, ALL), run.as_ref()).expect("any length is allowed");
    for (words, text) in [
        (&["--as", "stage", "--theme", "dark", "--size", "800x500", "--lang", "zh"][..], stage),
        (&["--as", "shiviz"][..], log),
    ] {
        let out = runner(&[&["export", &link], words].concat());
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        assert_eq!(String::from_utf8(out.stdout).expect("UTF-8"), text);
    }
    for wrong in [
        &["--as", "photo"][..],
        &["--theme", "dark"][..],
        &["--as", "stage", "--theme", "sepia"][..],
        &["--as", "stage", "--size", "800"][..],
        &["--as", "stage", "--size", "9x9"][..],
        &["--as", "trace", "-o", "no/such/folder/run.json"][..],
    ] {
        let out = runner(&[&["export", &link], wrong].concat());
        assert_eq!(out.status.code(), Some(2), "{wrong:?}");
        assert!(out.stdout.is_empty() && out.stderr.len() > 20, "{wrong:?}");
    }
}
