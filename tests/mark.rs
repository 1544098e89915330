//! Answers that are handed in are marked by playing them again, and nothing that is handed in stops that.

use faultline::scenes::lesson::{
    Answer, Ask, Given, LESSONS, Lesson, Misfit, Part, Row, Sheet, Shelved, Stop, decode, encode, find, fits, load,
    mark, mark_sheet, question, words,
};
use faultline::scenes::run::RunSpec;
use faultline::scenes::scene::Lang;
use faultline::scenes::{default_spec, link, open};
use proptest::prelude::*;
use std::process::{Command, Output};

/// Messages that can be dropped, one of which breaks something; a run that has to be broken.
const OWN: &str = "faultline-lesson 1
minutes 3
draw late 4000,5000
scene commit
recipe presumed-abort
mistake vote-not-forced
option latency-min 40
option latency-max 40
seed 7
@200000 request coordinator transfer north east 20 fee south 1
@900000 crash north killed
stop plain at 210
ask decision coordinator by 600
stop power at 245
ask break MONEY by 3000
part transfer
mistake majority
seed 9
@100000 request south vote-no on
@200000 request coordinator transfer north east 20 fee south 1
@{late}000 crash east killed
stop release at 260
ask drop MONEY by 6000
";

fn own(student: &str) -> Lesson {
    load("own", OWN, student).expect("the test's lesson is one")
}

fn stop<'a>(lesson: &'a Lesson, name: &str) -> (&'a Part, &'a Stop) {
    lesson.stops().find(|(_, stop)| stop.name == name).expect("there is such a stop")
}

fn shelved(shelved: &Shelved, student: &str) -> Lesson {
    load(shelved.name, shelved.lesson, student).expect("a lesson on the shelf can be read")
}

/// The run from a stop on, with these commands given there.
fn played(part: &Part, stop: &Stop, lines: &[&str]) -> RunSpec {
    let mut run = open(&part.run, Lang::En).expect("the lesson's run opens");
    run.seek(stop.at);
    for line in lines {
        run.command(line, Lang::En).expect("a command that can be given");
    }
    run.spec()
}

/// Right everywhere, by what the core says: of what is to be broken nothing is handed in.
fn right(lesson: &Lesson, name: &str, student: &str) -> Sheet {
    let mut answers = Vec::new();
    for (part, stop) in lesson.stops() {
        if matches!(stop.ask, Some(Ask::Fact(_) | Ask::Drop(_))) {
            let known = mark(part, stop, &Answer::Value(String::new()), Lang::En).expect("it can be marked").right;
            let value = known.first().expect("something is right").clone();
            answers.push(Given { stop: stop.name.clone(), answer: Answer::Value(value) });
        }
    }
    Sheet { lesson: name.to_owned(), digest: lesson.digest, student: student.to_owned(), answers }
}

fn runner(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_faultline")).args(args).output().expect("the runner starts")
}

/// A file of its own for one test.
fn file(name: &str, text: &str) -> String {
    let path = format!("{}/{name}", env!("CARGO_TARGET_TMPDIR"));
    std::fs::write(&path, text).expect("the file can be written");
    path
}

/// The table's rows after its head, by cell; no test writes quotes or commas into a cell.
fn rows(output: &Output) -> Vec<Vec<String>> {
    let text = String::from_utf8(output.stdout.clone()).expect("the table is text");
    let mut lines = text.split("\r\n").filter(|line| !line.is_empty());
    assert_eq!(lines.next(), Some("line,who,student,question,transfer,answer,passed,property,steps,trouble"));
    lines.map(|line| line.split(',').map(str::to_owned).collect()).collect()
}

#[test]
fn a_run_that_breaks_the_property_passes_whatever_moment_it_is_handed_in_at() {
    let lesson = own("");
    let (part, stop) = stop(&lesson, "power");
    let judge = |spec: RunSpec| mark(part, stop, &Answer::Run(spec), Lang::En).expect("it can be marked");
    let power = played(part, stop, &["crash north power picks 0", "restart north"]);
    let marked = judge(power.clone());
    assert!(marked.passed && !marked.foreign && marked.property == "MONEY");
    // What it shows is the break itself.
    let run = open(&marked.shows, Lang::En).expect("the moment opens");
    let money = run.findings(Lang::En).into_iter().find(|finding| finding.code == "MONEY").expect("it is judged");
    assert_eq!(money.broken_at, marked.steps.checked_sub(1));
    // Cut off before its commands, or claimed to be far on: only its commands count.
    for (at, events, hash) in [(0, 0, 0), (245_000, 1, 7), (u64::MAX, u32::MAX, 1)] {
        assert!(judge(RunSpec { at, events, hash, ..power.clone() }).passed);
        let idle = RunSpec { commands: part.run.commands.clone(), at, events, hash, ..power.clone() };
        assert!(!judge(idle).passed, "nobody has broken anything");
    }
    // A process that is only killed keeps what it wrote.
    assert!(!judge(played(part, stop, &["crash north killed", "restart north"])).passed);
}

#[test]
fn a_run_on_other_ground_does_not_pass() {
    let lesson = own("");
    let (part, stop) = stop(&lesson, "power");
    let power = played(part, stop, &["crash north power picks 0", "restart north"]);
    let others = [
        RunSpec { seed: 8, ..power.clone() },
        RunSpec { recipe: "presumed-nothing".to_owned(), ..power.clone() },
        RunSpec { mistakes: vec!["majority".to_owned()], ..power.clone() },
        RunSpec { options: Vec::new(), ..power.clone() },
    ];
    for spec in others {
        let marked = mark(part, stop, &Answer::Run(spec), Lang::En).expect("it can be marked");
        assert!(!marked.passed && marked.foreign);
    }
    // The same ground in another order is the same.
    let mut turned = power;
    turned.options.reverse();
    assert!(mark(part, stop, &Answer::Run(turned), Lang::En).expect("it can be marked").passed);
    // A command beyond the first hour, or one that means nothing here, is a sentence.
    for (time, line) in [(u64::MAX, "restart north"), (300_000, "request a acquire")] {
        let mut spec = part.run.clone();
        spec.commands.push(faultline::scenes::run::Command { time, nth: 0, line: line.to_owned() });
        assert!(mark(part, stop, &Answer::Run(spec), Lang::En).is_err());
    }
    // An answer of another kind is none.
    assert!(!mark(part, stop, &Answer::Value("MONEY".to_owned()), Lang::En).expect("it can be marked").passed);
}

#[test]
fn what_happens_later_in_a_lesson_happens_without_the_dropped_message_too() {
    let lesson = own("");
    let (part, asked) = stop(&lesson, "release");
    let offered = question(part, asked, Lang::En).expect("there is something under way").choices;
    assert_eq!(offered.len(), 3, "{offered:?}");
    for choice in &offered {
        let marked = mark(part, asked, &Answer::Value(choice.value.clone()), Lang::En).expect("it can be marked");
        assert!(marked.shows.commands.iter().any(|command| command.line.starts_with("drop ")), "{:?}", marked.shows);
        assert!(
            marked.shows.commands.iter().any(|command| command.line.starts_with("crash east")),
            "{:?}",
            marked.shows
        );
    }
    // Nobody drops anything: what was refused is shown on the run as it is.
    let marked = mark(part, asked, &Answer::Value("4000000".to_owned()), Lang::En).expect("it can be marked");
    assert!(!marked.passed && marked.shows.commands.iter().all(|command| !command.line.starts_with("drop ")));
}

#[test]
fn a_file_of_links_becomes_a_table() {
    let path = file("own.lesson", OWN);
    let lesson = own("42");
    let (part, power) = stop(&lesson, "power");
    let run = played(part, power, &["crash north power picks 0", "restart north"]);
    let mut full = right(&lesson, "own", "42");
    full.answers.push(Given { stop: "power".to_owned(), answer: Answer::Run(run.clone()) });
    let link = |sheet: &Sheet| format!("https://example.org/faultline/#{}", encode(sheet).expect("it fits"));
    let answer = |stop: &str, answer| vec![Given { stop: stop.to_owned(), answer }];
    let wrong = Sheet { answers: answer("plain", Answer::Value("abort".to_owned())), ..full.clone() };
    let foreign = Sheet { answers: answer("power", Answer::Run(RunSpec { seed: 9, ..run.clone() })), ..full.clone() };
    let good = link(&full);
    let lines = [
        "\u{feff}# name and link".to_owned(),
        String::new(),
        format!("Ada Lovelace\t{good}\t2026-05-01 10:00"),
        format!("\"Böhm\";\"{}\"", link(&wrong)),
        format!("=HYPERLINK() {}", link(&foreign)),
        format!("cut {}", &good[..good.len() - 9]),
        format!("other {}", link(&Sheet { lesson: "place".to_owned(), ..full.clone() })),
        format!("old {}", link(&Sheet { digest: full.digest ^ 1, ..full.clone() })),
        "a1. Nobody has written anything".to_owned(),
        format!("newer https://example.org/#a2{}", &good[good.find(".org/").map_or(0, |at| at + 18)..]),
        good[good.find('#').unwrap_or(0)..].to_owned(),
        format!("run https://example.org/#{}", link::encode(&run).expect("it fits")),
    ];
    let list = file("own-links.txt", &(lines.join("\r\n") + "\r\n"));
    let output = runner(&["mark", &path, &list]);
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    let rows = rows(&output);
    let of = |line: &str| rows.iter().filter(|row| row[0] == line).collect::<Vec<_>>();
    for line in ["3", "11"] {
        assert_eq!(of(line).len(), 3, "{rows:?}");
        for row in of(line) {
            assert!(row[6] == "yes" && row[2] == "42" && row[9].is_empty(), "{row:?}");
        }
        assert_eq!(of(line).iter().map(|row| &*row[4]).collect::<Vec<_>>(), ["no", "no", "yes"]);
    }
    assert_eq!(of("3")[0][1], "Ada Lovelace");
    assert_eq!(of("3")[1][6..8], ["yes", "MONEY"]);
    assert!(of("3")[1][8].parse::<u32>().is_ok_and(|steps| steps > 0));
    assert_eq!(link::decode(&of("3")[1][5]).map(|spec| spec.commands), Ok(run.commands.clone()));
    assert_eq!(of("4")[0][1], "Böhm");
    assert_eq!(of("4")[0][5..7], ["abort", "no"]);
    assert_eq!((of("4")[1][5..7].to_vec(), of("4")[1][8].as_str()), (vec![String::new(), "no".to_owned()], ""));
    assert_eq!(of("5")[1][1], "\"'=HYPERLINK()\"");
    assert!(of("5")[1][6] == "no" && of("5")[1][9].contains("another recipe"), "{:?}", of("5"));
    let troubles = [("6", "damaged"), ("7", "another lesson"), ("8", "has changed"), ("9", "no answer link")];
    for (line, trouble) in troubles.into_iter().chain([("10", "newer version"), ("12", "no answer link")]) {
        let rows = of(line);
        assert!(rows.len() == 1 && rows[0][9].contains(trouble), "line {line}: {rows:?}");
    }
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("10 lines") && said.contains("6 could not be read"), "{said}");
    assert!(said.contains("student number 42 stands in lines 3, 4, 5, 11"), "{said}");
    // What can be read alone ends with 0, and is the same as JSON.
    let list = file("own-good.txt", &format!("Ada\t{good}\n"));
    assert_eq!(runner(&["mark", &path, &list]).status.code(), Some(0));
    let json = runner(&["mark", &path, &list, "--json"]);
    let rows: serde_json::Value = serde_json::from_slice(&json.stdout).expect("it is JSON");
    assert_eq!(rows.as_array().map(Vec::len), Some(3));
    assert_eq!(rows[1]["passed"], true);
}

#[test]
fn what_cannot_be_marked_at_all_is_a_bad_command_line() {
    let list = file("none.txt", "");
    let broken = file("broken.lesson", "faultline-lesson 1\nscene lock\nnonsense\n");
    for args in [&["mark"][..], &["mark", "no-such-lesson", &list], &["mark", &broken, &list], &["answers", &broken]] {
        let output = runner(args);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(!output.stderr.is_empty() && output.stdout.is_empty(), "{args:?}");
    }
    let name = LESSONS[0].name;
    assert_eq!(runner(&["mark", name, &list]).status.code(), Some(0));
    assert_eq!(runner(&["mark", name, "/no/such/file"]).status.code(), Some(2));
}

/// A run may never leave an instant: with no time for messages, disk, work and rest its clients go round for ever.
#[test]
fn a_run_that_stands_still_costs_one_row() {
    let still = "faultline-lesson 1\nscene lock\nrecipe set-nx-px\noption think 0\noption work 0\noption disk 0\n\
                 option latency-min 0\noption latency-max 0\nseed 1\nstop go at 1\nask break MUTEX-LEASE by 2\n";
    let path = file("still.lesson", still);
    let lesson = load("still", still, "").expect("it is a lesson");
    let given = Given { stop: "go".to_owned(), answer: Answer::Run(lesson.parts[0].run.clone()) };
    let sheet =
        Sheet { lesson: "still".to_owned(), digest: lesson.digest, student: String::new(), answers: vec![given] };
    let list = file("still.txt", &format!("one {}\nanother a1.abcdefgh\n", encode(&sheet).expect("it fits")));
    let output = runner(&["mark", &path, &list, "--seconds", "1"]);
    let rows = rows(&output);
    assert_eq!((rows.len(), output.status.code()), (2, Some(1)));
    assert!(rows[0][9].contains("within 1 s") && rows[1][9].contains("damaged"), "{rows:?}");
}

/// Each has a number of their own, and what is right follows from it.
#[test]
fn a_hundred_students_are_marked_by_their_own_parameters() {
    for shelf in LESSONS {
        let students: Vec<String> = (0..100).map(|n| format!("s{:05}", 10_007 + n * 613)).collect();
        let mut lines = String::new();
        for student in &students {
            let sheet = right(&shelved(shelf, student), shelf.name, student);
            lines += &format!("{student}\thttps://example.org/#{}\n", encode(&sheet).expect("it fits"));
        }
        let output = runner(&["mark", shelf.name, &file(&format!("{}.txt", shelf.name), &lines), "--json"]);
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        let rows: Vec<serde_json::Value> = serde_json::from_slice(&output.stdout).expect("it is JSON");
        for row in &rows {
            assert!(row["trouble"] == "" && row["who"] == row["student"], "{row}");
            assert_eq!(row["passed"] == true, row["answer"] != "", "{}: {row}", shelf.name);
        }
        let asked = rows.len() / students.len();
        assert_eq!(asked * students.len(), rows.len(), "{}", shelf.name);
        let drawn = |n: &String| shelved(shelf, n).drawn;
        assert!(students.iter().any(|n| drawn(n) != drawn(&students[0])), "{} draws nothing", shelf.name);
    }
}

#[test]
fn a_sheet_fits_one_lesson_as_it_is() {
    let lesson = own("");
    let sheet = right(&lesson, "own", "");
    assert_eq!(fits(&lesson, "own", &sheet), Ok(()));
    assert_eq!(fits(&lesson, "other", &sheet), Err(Misfit::OtherLesson));
    // Neither who answers nor what tests hold is part of the lesson; the rest is.
    assert_eq!(own("77").digest, lesson.digest);
    let read = |text: &str| load("own", text, "").map(|lesson| lesson.digest);
    assert_eq!(read(&OWN.replace("stop plain at 210", "// seen\nstop plain at 210\nhash 12")), Ok(lesson.digest));
    assert_ne!(read(&OWN.replace("stop plain at 210", "stop plain at 211")), Ok(lesson.digest));
    // The latest answer to a question counts; one to no question does not.
    let mut twice = sheet;
    let given = |stop: &str, value: &str| Given { stop: stop.to_owned(), answer: Answer::Value(value.to_owned()) };
    twice.answers.push(given("plain", "abort"));
    twice.answers.push(given("nothing", "commit"));
    let rows: Vec<Row> = mark_sheet(&lesson, &twice, Lang::En);
    assert_eq!((rows.len(), rows[0].answer.as_str(), rows[0].passed), (3, "abort", false));
}

#[test]
fn what_is_wrong_with_a_lesson_is_said_with_its_line() {
    let head = "faultline-lesson 1\nscene lock\nseed 1\n";
    let bad = [
        ("stop a at 1\nstop a at 2\n", 5),
        ("stop a at 2\nstop b at 1\n", 5),
        ("stop a at 5\nask writer by 4\n", 5),
        ("stop a at 5\nask writer by 6\nask writer by 7\n", 6),
        ("stop a at 9999999999\n", 4),
        ("@500 heal\n@400 heal\nstop a at 1\n", 5),
        ("@9999999999999 heal\nstop a at 1\n", 4),
        ("option clients {n}\nstop a at 1\n", 4),
        ("draw n 1..2\ndraw n 3..4\nstop a at 1\n", 5),
        ("draw n 2..1\nstop a at 1\n", 4),
        ("stop a at 1\npart other\n", 5),
        ("at 1 1\n", 4),
    ];
    for (rest, line) in bad {
        let error = load("x", &format!("{head}{rest}"), "").err().unwrap_or_else(|| panic!("{rest} passes"));
        assert_eq!(error.line, line, "{rest}: {error}");
    }
    let long = format!("{head}draw n {}\n", "x".repeat(201));
    assert_eq!(load("x", &long, "").err().map(|error| error.line), Some(4));
}

/// Lines that a lesson or its words could have.
const LINES: &str = "\
    faultline-lesson 1 | minutes 5 | draw n 1..3 | draw who a,b | scene lock | scene commit | scene ring | \
    scene placement | recipe set-nx-px | recipe presumed-abort | recipe {who} | mistake majority | mistake none | \
    option clients 2 | option think -1 | option latency-min {n} | seed {n} | @1000 request a acquire | @ | \
    @2000 pause {who} | @300 request coordinator transfer north east 20 fee south 1 | stop one at 1 | \
    stop two at {n} | stop three at 5.25 | ask writer by 20 | ask decision north by 30 | ask drop MUTEX-LEASE by 30 | \
    expect a | ask break MONEY by 40 | ask owner k{n} by 9 | ask moved by 9 | part | part transfer | hash 12 | \
    title: {n} | [one] | say: words | wrong a: no | choice b: yes";

fn one_of(list: &'static str) -> impl Strategy<Value = String> {
    prop::sample::select(list.split(" | ").collect::<Vec<_>>()).prop_map(str::to_owned)
}

fn line() -> impl Strategy<Value = String> {
    prop_oneof![6 => one_of(LINES), 1 => Just(" goes on".to_owned()), 1 => "[ -~¡-ÿ{}]{0,24}"]
}

/// How many cases: 20,000, or what is asked for where there is time.
fn cases() -> ProptestConfig {
    let many = if std::env::var_os("FAULTLINE_SOAK").is_some() { 1_000_000 } else { 20_000 };
    ProptestConfig { cases: many, max_shrink_iters: 2_000, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn no_text_stops_a_lesson(lines in prop::collection::vec(line(), 0..14), headed: bool, student in "[ -~é]{0,8}") {
        let head = if headed { "faultline-lesson 1\nscene lock\noption think -1\n" } else { "" };
        let text = format!("{head}{}", lines.join("\n"));
        let _ = words(&text, &[("n".to_owned(), "{n}".to_owned())]);
        if let Ok(lesson) = load("x", &text, &student) {
            let given = |stop: &Stop| Given { stop: stop.name.clone(), answer: Answer::Value("a".to_owned()) };
            let answers = lesson.parts.iter().flat_map(|part| &part.stops).map(given).collect();
            let sheet = Sheet { lesson: "x".to_owned(), digest: lesson.digest, student, answers };
            let asked = lesson.parts.iter().flat_map(|part| &part.stops).filter(|stop| stop.ask.is_some()).count();
            prop_assert_eq!(mark_sheet(&lesson, &sheet, Lang::En).len(), asked);
            prop_assert_eq!(decode(&encode(&sheet).expect("it fits")), Ok(sheet));
        }
    }

    #[test]
    fn no_link_stops_the_marking(bytes in prop::collection::vec(any::<u8>(), 0..80), text in "(#|https://a/#)?a?[0-9]{0,2}[.]?[-_a-zA-Z0-9é%]{0,60}") {
        let _ = decode(&text);
        // Whole by its check bytes, whatever it says.
        if let Ok(sheet) = decode(&packed(&bytes)) {
            let lesson = own(&sheet.student);
            prop_assert!(fits(&lesson, "own", &sheet).is_err());
        }
    }

    #[test]
    fn no_answer_stops_the_marking(
        commands in prop::collection::vec((0_u64..4_000_000, 0_u32..3, command()), 0..5),
        at: u64, events: u32, name in prop::sample::select(vec!["plain", "power", "release", "else"]), value: bool,
    ) {
        let lesson = own("");
        let (part, _) = stop(&lesson, "power");
        let command = |(time, nth, line): (u64, u32, String)| faultline::scenes::run::Command { time, nth, line };
        let commands = commands.into_iter().map(command).collect();
        let run = RunSpec { commands, at, events, ..part.run.clone() };
        let answer = if value { Answer::Value(events.to_string()) } else { Answer::Run(run) };
        let answers = vec![Given { stop: name.to_owned(), answer }];
        let sheet = Sheet { lesson: "own".to_owned(), digest: lesson.digest, student: String::new(), answers };
        for row in mark_sheet(&lesson, &sheet, Lang::En) {
            prop_assert!(!row.passed || row.trouble.is_empty());
        }
    }
}

const COMMANDS: &str = "\
    request coordinator transfer north east 20 fee south 1 | crash north power | crash coordinator killed | \
    restart north | restart coordinator | drop 1 | delay 2 900 | pause east | resume east | cut north east | heal | \
    clock south 500 | set loss 300 | request a acquire | trip north 1 power | lookup x | compare A";

fn command() -> impl Strategy<Value = String> {
    prop_oneof![8 => one_of(COMMANDS), 1 => "[ -~]{0,20}"]
}

/// A link as the page packs one, around any bytes: a run's link has the same form, under its own version.
fn packed(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let check = faultline::core::hash::narrow(bytes) as u32;
    let whole: Vec<u8> = bytes.iter().copied().chain(check.to_le_bytes()).collect();
    let mut text = "a1.".to_owned();
    for chunk in whole.chunks(3) {
        let word = chunk.iter().fold(0_u32, |word, byte| word << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        (0..=chunk.len()).for_each(|place| text.push(ALPHABET[(word >> (18 - 6 * place)) as usize & 63] as char));
    }
    text
}

/// What `packed` makes is what the page makes.
#[test]
fn the_test_packs_as_the_page_does() {
    let sheet = right(&own("5"), "own", "5");
    let bytes = postcard::to_allocvec(&sheet).expect("it can be written");
    assert_eq!(packed(&bytes), encode(&sheet).expect("it fits"));
    assert!(find(LESSONS[0].name).is_some() && default_spec("lock").scene == "lock");
}
