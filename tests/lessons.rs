//! Every lesson replays, says what it says in both languages, and marks right what is right.
//!
//! `FAULTLINE_PIN=1 cargo test --test all lessons::` writes what the core says into the files (lines `expect` and `hash`).

use faultline::scenes::lesson::{Answer, Ask, LESSONS, Lesson, Shelved, load, mark, question, says, words};
use faultline::scenes::open;
use faultline::scenes::scene::{Lang, View};
use std::fmt::Write;

const STUDENTS: usize = 12;

fn lesson(shelved: &Shelved, student: &str) -> Lesson {
    load(shelved.name, shelved.lesson, student).unwrap_or_else(|e| panic!("lessons/{}.lesson, {e}", shelved.name))
}

#[test]
fn every_lesson_replays_and_its_answers_are_what_its_file_says() {
    let mut complaints = String::new();
    for shelved in LESSONS {
        let lesson = lesson(shelved, "");
        let mut lines: Vec<String> = shelved.lesson.lines().map(str::to_owned).collect();
        for (part, stop) in lesson.stops().collect::<Vec<_>>().into_iter().rev() {
            let (right, hash) = match says(part, stop) {
                Ok(said) => said,
                Err(why) => {
                    let _ = writeln!(
                        complaints,
                        "lessons/{}.lesson:{}: stop {}: {}",
                        shelved.name, stop.line, stop.name, why.0
                    );
                    continue;
                }
            };
            if (&right, hash) != (&stop.expect, stop.hash) {
                let _ = writeln!(
                    complaints,
                    "lessons/{}.lesson:{}: stop {}: expect {right}, hash {hash:032x}; the file has expect {}, hash {:032x}",
                    shelved.name, stop.line, stop.name, stop.expect, stop.hash
                );
            }
            let block = stop.line..lines.len();
            let end = block.clone().find(|n| {
                let word = lines[*n].split_whitespace().next().unwrap_or_default();
                matches!(word, "stop" | "part" | "draw" | "scene" | "recipe" | "seed" | "option" | "mistake")
                    || word.starts_with(['@', '/'])
            });
            let mut kept: Vec<String> = lines[stop.line..end.unwrap_or(lines.len())].to_vec();
            kept.retain(|line| !line.trim().starts_with("expect ") && !line.trim().starts_with("hash "));
            let at = kept.iter().position(|line| line.trim().starts_with("ask ")).map_or(0, |at| at + 1);
            kept.insert(at, format!("hash {hash:032x}"));
            if !right.is_empty() {
                kept.insert(at, format!("expect {right}"));
            }
            lines.splice(stop.line..end.unwrap_or(lines.len()), kept);
        }
        if std::env::var_os("FAULTLINE_PIN").is_some() {
            let file = format!("{}/lessons/{}.lesson", env!("CARGO_MANIFEST_DIR"), shelved.name);
            std::fs::write(file, lines.join("\n") + "\n").expect("the lesson can be written");
        }
    }
    assert!(complaints.is_empty() || std::env::var_os("FAULTLINE_PIN").is_some(), "\n{complaints}");
}

/// Every key that may be drawn stands in both texts with its place: else one student would be asked of what nobody told.
#[test]
fn all_keys_that_may_be_drawn_are_told() {
    for shelved in LESSONS {
        for line in shelved.lesson.lines().filter_map(|line| line.strip_prefix("draw ")) {
            let values = line.split_once(' ').expect("a draw has values").1;
            let names = values.split(',').filter(|value| value.contains('/'));
            for name in names {
                for text in [shelved.en, shelved.zh] {
                    assert!(text.contains(name), "{}: {name} is drawn and not told", shelved.name);
                }
            }
        }
    }
}

/// What holds of each lesson, whatever it is about.
#[test]
fn every_lesson_is_short_names_one_misconception_and_ends_with_a_transfer_question() {
    for shelved in LESSONS {
        let lesson = lesson(shelved, "");
        let name = shelved.name;
        assert!((3..=20).contains(&lesson.minutes), "{name} takes {} minutes", lesson.minutes);
        let asked = lesson.stops().filter(|(_, stop)| stop.ask.is_some()).count();
        assert!((3..=6).contains(&asked), "{name} asks {asked} questions");
        let (last, before) = lesson.parts.split_last().unwrap_or_else(|| panic!("{name} has no part"));
        assert!(last.transfer && before.iter().all(|part| !part.transfer), "{name}: its last part is the transfer");
        assert!(last.stops.iter().filter(|stop| stop.ask.is_some()).count() == 1, "{name}: one transfer question");
        assert!(before.iter().all(|part| part.run.seed != last.run.seed), "{name}: the transfer has its own seed");
        assert!(!lesson.drawn.is_empty(), "{name} draws nothing from a student number");
        for text in [shelved.en, shelved.zh] {
            let said = text.lines().filter(|line| line.starts_with("misconception:")).count();
            assert_eq!(said, 1, "{name}: one misconception");
        }
    }
}

/// Words about a choice belong to one that there is; both languages speak of the same.
#[test]
fn words_about_a_choice_are_about_one_that_is_offered() {
    for shelved in LESSONS {
        let lesson = lesson(shelved, "");
        let read = |text| words(text, &lesson.drawn).unwrap_or_else(|line| panic!("{}: line {line}", shelved.name));
        let both = [read(shelved.en), read(shelved.zh)];
        for (part, stop) in lesson.stops() {
            let offered = question(part, stop, Lang::En).map(|question| question.choices).unwrap_or_default();
            let about: Vec<Vec<&String>> = both
                .iter()
                .filter_map(|words| words.stop(&stop.name))
                .map(|said| said.choices.iter().chain(&said.wrongs).map(|(value, _)| value).collect())
                .collect();
            assert_eq!(about[0], about[1], "{}, [{}]", shelved.name, stop.name);
            for value in &about[0] {
                let is_there = offered.iter().any(|choice| choice.value == **value);
                assert!(is_there, "{}, [{}]: nothing is called {value}", shelved.name, stop.name);
            }
        }
    }
}

/// What is to be broken does not break by itself, nor by what the lesson does in any case.
#[test]
fn nothing_passes_without_being_answered() {
    for shelved in LESSONS {
        let lesson = lesson(shelved, "");
        for (part, stop) in lesson.stops() {
            let idle = match &stop.ask {
                Some(Ask::Break(_)) => Answer::Run(part.run.clone()),
                Some(_) => Answer::Value(String::new()),
                None => continue,
            };
            let marked = mark(part, stop, &idle, Lang::En).unwrap_or_else(|e| panic!("{}: {}", shelved.name, e.0));
            assert!(!marked.passed && !marked.foreign, "{}, [{}]", shelved.name, stop.name);
        }
    }
}

/// Of each run that is to be broken: what a reader may do from the stop on, one line a step (`wait`: so many milliseconds), and that
/// it is enough.
const BREAKS: &[(&str, &str, &[&str])] = &[
    ("valid-lease-wrong-write", "make-it-late", &["delay write 4000"]),
    ("efficiency-or-correctness", "break-it", &["clock redis 4000"]),
    ("what-a-fence-lets-through", "through-the-fence", &["delay write 2500"]),
    ("disconnected-not-expired", "break-it", &["cut a zookeeper"]),
    (
        "majority-of-clocks",
        "break-it",
        &["clock redis1 4000", "clock redis2 4000", "clock redis3 4000", "request b acquire"],
    ),
    ("killed-or-powered-off", "break-it", &["crash east power"]),
    ("blocking-is-not-deadlock", "give-up", &["wait 60", "cut coordinator east"]),
    ("points-are-not-servers", "break-it", &["request a put Asia/Tokyo", "wait 400", "crash node-3 killed"]),
];

#[test]
fn every_run_that_is_to_be_broken_can_be_broken_as_its_hint_says() {
    let mut untold = 0;
    for shelved in LESSONS {
        let lesson = lesson(shelved, "");
        for (part, stop) in lesson.stops().filter(|(_, stop)| matches!(stop.ask, Some(Ask::Break(_)))) {
            let ways: Vec<_> = BREAKS.iter().filter(|way| (way.0, way.1) == (shelved.name, &*stop.name)).collect();
            untold += usize::from(ways.is_empty());
            for (.., lines) in ways {
                let mut run = open(&part.run, Lang::En).expect("the lesson's run opens");
                run.seek(stop.at);
                let stage = run.stage(&View { width: 900.0, height: 600.0, lang: Lang::En });
                let write =
                    stage.pills.iter().find(|pill| pill.words.contains("write")).map(|pill| pill.id.to_string());
                for line in *lines {
                    if let Some(ms) = line.strip_prefix("wait ") {
                        run.seek(run.now() + ms.parse::<u64>().expect("milliseconds") * 1_000);
                        continue;
                    }
                    let line = line.replace("write", write.as_deref().unwrap_or("write"));
                    run.command(&line, Lang::En).unwrap_or_else(|e| panic!("{}: {line}: {}", shelved.name, e.0));
                }
                let marked = mark(part, stop, &Answer::Run(run.spec()), Lang::En).unwrap_or_else(|e| panic!("{}", e.0));
                assert!(marked.passed, "{}, [{}]: {lines:?}", shelved.name, stop.name);
            }
        }
    }
    assert_eq!(untold, 0, "a way to break each belongs into BREAKS");
}

#[test]
fn every_lesson_says_all_it_needs_in_both_languages() {
    let mut complaints = Vec::new();
    for shelved in LESSONS {
        let lesson = lesson(shelved, "");
        for (lang, text) in [("en", shelved.en), ("zh", shelved.zh)] {
            let file = format!("lessons/{}.{lang}.txt", shelved.name);
            let words = words(text, &lesson.drawn).unwrap_or_else(|line| panic!("{file}:{line} means nothing"));
            let mut needs = |what: &str, said: &str| {
                if said.trim().is_empty() || said.contains('{') {
                    complaints.push(format!("{file}: {what}: “{said}”"));
                }
            };
            needs("title", &words.title);
            needs("goal", &words.goal);
            needs("misconception", &words.misconception);
            needs("book", &words.books.join(" "));
            for (_, stop) in lesson.stops() {
                let Some(said) = words.stop(&stop.name) else {
                    needs(&format!("[{}]", stop.name), "");
                    continue;
                };
                let asked =
                    if stop.ask.is_some() { vec![&said.ask, &said.right, &said.wrong] } else { vec![&said.say] };
                asked.into_iter().for_each(|words| needs(&format!("[{}]", stop.name), words));
            }
            let known = |name: &str| lesson.stops().any(|(_, stop)| stop.name == name);
            complaints.extend(
                words.stops.iter().filter(|s| !known(&s.name)).map(|s| format!("{file}: [{}] is no stop", s.name)),
            );
        }
    }
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}

#[test]
fn whatever_is_drawn_each_question_has_one_right_answer_and_a_moment_that_shows_it() {
    for shelved in LESSONS {
        for n in 0..STUDENTS {
            let student = if n == 0 { String::new() } else { (20_260_000 + n * 7_919).to_string() };
            let lesson = lesson(shelved, &student);
            for (part, stop) in lesson.stops() {
                let place = format!("{} of {student:?}, stop {}", shelved.name, stop.name);
                let offered = question(part, stop, Lang::Zh).unwrap_or_else(|e| panic!("{place}: {}", e.0)).choices;
                for choice in &offered {
                    assert!(!choice.words.contains('⁇'), "{place}: {choice:?}");
                }
                if !matches!(stop.ask, Some(Ask::Fact(_) | Ask::Drop(_))) {
                    continue;
                }
                let passed = |value: &str| {
                    let answer = Answer::Value(value.to_owned());
                    let mark = mark(part, stop, &answer, Lang::En).unwrap_or_else(|e| panic!("{place}: {}", e.0));
                    assert_eq!(mark.passed, mark.right.iter().any(|right| right == value), "{place}: {value}");
                    // What it shows opens, and shows it.
                    let run = open(&mark.shows, Lang::En).unwrap_or_else(|e| panic!("{place}: {}", e.0));
                    assert_eq!(run.state_hash(), mark.shows.hash, "{place}");
                    assert!(run.now() >= stop.at, "{place}");
                    mark.passed
                };
                let right = offered.iter().filter(|choice| passed(&choice.value)).count();
                assert!(right > 0 && right < offered.len(), "{place}: {right} of {} pass", offered.len());
                assert!(!passed("nonsense"), "{place}");
            }
        }
    }
}
