//! Every lesson replays, says what it says in both languages, and marks right what is right.
//!
//! `FAULTLINE_PIN=1 cargo test --test lessons` writes what the core says into the files (lines `expect` and `hash`).

use faultline::scenes::lesson::{Answer, Ask, LESSONS, Lesson, Part, Shelved, Stop, load, mark, question, words};
use faultline::scenes::open;
use faultline::scenes::scene::Lang;
use std::fmt::Write;

const STUDENTS: usize = 12;

fn lesson(shelved: &Shelved, student: &str) -> Lesson {
    load(shelved.name, shelved.lesson, student).unwrap_or_else(|e| panic!("lessons/{}.lesson, {e}", shelved.name))
}

fn stops(lesson: &Lesson) -> impl Iterator<Item = (&Part, &Stop)> {
    lesson.parts.iter().flat_map(|part| part.stops.iter().map(move |stop| (part, stop)))
}

/// What the core says of a stop now: its right answers, and the state's hash.
fn says(part: &Part, stop: &Stop) -> Result<(String, u128), String> {
    let mut run = open(&part.run, Lang::En).map_err(|e| e.0)?;
    run.seek(stop.at);
    let right = match &stop.ask {
        Some(Ask::Fact(_) | Ask::Drop(_)) => {
            let none = Answer::Value(String::new());
            mark(part, stop, &none, Lang::En).map_err(|e| e.0)?.right.join(",")
        }
        Some(Ask::Break(_)) | None => String::new(),
    };
    Ok((right, run.state_hash()))
}

#[test]
fn every_lesson_replays_and_its_answers_are_what_its_file_says() {
    let mut complaints = String::new();
    for shelved in LESSONS {
        let lesson = lesson(shelved, "");
        let mut lines: Vec<String> = shelved.lesson.lines().map(str::to_owned).collect();
        for (part, stop) in stops(&lesson).collect::<Vec<_>>().into_iter().rev() {
            let (right, hash) = match says(part, stop) {
                Ok(said) => said,
                Err(why) => {
                    let _ = writeln!(
                        complaints,
                        "lessons/{}.lesson:{}: stop {}: {why}",
                        shelved.name, stop.line, stop.name
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
                matches!(word, "stop" | "part" | "scene" | "recipe" | "seed" | "option" | "mistake")
                    || word.starts_with('@')
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
            for (_, stop) in stops(&lesson) {
                let Some(said) = words.stop(&stop.name) else {
                    needs(&format!("[{}]", stop.name), "");
                    continue;
                };
                let asked =
                    if stop.ask.is_some() { vec![&said.ask, &said.right, &said.wrong] } else { vec![&said.say] };
                asked.into_iter().for_each(|words| needs(&format!("[{}]", stop.name), words));
            }
            let known = |name: &str| stops(&lesson).any(|(_, stop)| stop.name == name);
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
            for (part, stop) in stops(&lesson) {
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
