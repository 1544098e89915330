//! A lesson as a file again, and its words: what an author's page writes. Reading it back gives the same lesson.

use super::{Ask, Lesson, LessonWords, Part, Stop};
use crate::scenes::run::RunSpec;
use crate::scenes::scene::{Lang, Time};
use crate::scenes::{OpenError, open};
use std::fmt::Write;

/// The lesson's file. What was drawn for it stands there as it was drawn.
pub fn to_file(lesson: &Lesson) -> String {
    let mut out = format!("faultline-lesson 1\nminutes {}\n", lesson.minutes.max(1));
    let mut before: Option<&RunSpec> = None;
    for part in &lesson.parts {
        if before.is_some() {
            out += if part.transfer { "part transfer\n" } else { "part\n" };
        }
        run(&mut out, &part.run, before);
        part.stops.iter().for_each(|one| stop(&mut out, one));
        before = Some(&part.run);
    }
    out
}

/// Stops in the order of their lesson, each with its run and whether it asks there what was learnt before, as parts: neighbours
/// on one run are one part, unless time goes back.
pub fn parts_of<'a>(stops: impl Iterator<Item = (&'a RunSpec, bool, &'a Stop)>) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for (run, transfer, stop) in stops {
        // Nothing was learnt before the first.
        let transfer = transfer && !parts.is_empty();
        let joins = |part: &&mut Part| {
            let later = part.stops.last().is_none_or(|last| last.at <= stop.at);
            part.run == *run && part.transfer == transfer && later
        };
        match parts.last_mut().filter(joins) {
            Some(part) => part.stops.push(stop.clone()),
            None => parts.push(Part { transfer, run: run.clone(), stops: vec![stop.clone()], line: 0 }),
        }
    }
    parts
}

fn run(out: &mut String, run: &RunSpec, before: Option<&RunSpec>) {
    let mut line = |text: String| {
        let _ = writeln!(out, "{}", text.replace(['\n', '\r'], " "));
    };
    line(format!("scene {}", run.scene));
    line(format!("recipe {}", run.recipe));
    // What is not said again stays.
    if before.is_some_and(|before| !before.mistakes.is_empty()) && run.mistakes.is_empty() {
        line("mistake none".to_owned());
    }
    run.mistakes.iter().for_each(|mistake| line(format!("mistake {mistake}")));
    if before.is_some_and(|before| !before.options.is_empty()) {
        line("option none".to_owned());
    }
    run.options
        .iter()
        .for_each(|(key, value)| line(format!("option {key} {}", crate::scenes::link::on_one_line(value))));
    line(format!("seed {}", run.seed));
    if before.is_some() && run.commands.is_empty() {
        line("@".to_owned());
    }
    for command in &run.commands {
        let nth = if command.nth == 0 { String::new() } else { format!("+{}", command.nth) };
        line(format!("@{}{nth} {}", command.time, command.line));
    }
}

fn stop(out: &mut String, stop: &Stop) {
    let _ = writeln!(out, "stop {} at {}", stop.name, milliseconds(stop.at));
    let by = milliseconds(stop.by);
    let _ = match &stop.ask {
        None => Ok(()),
        Some(Ask::Fact(words)) => writeln!(out, "ask {words} by {by}"),
        Some(Ask::Break(code)) => writeln!(out, "ask break {code} by {by}"),
        Some(Ask::Drop(code)) => writeln!(out, "ask drop {code} by {by}"),
    };
    if !stop.expect.is_empty() {
        let _ = writeln!(out, "expect {}", stop.expect);
    }
    if stop.hash != 0 {
        let _ = writeln!(out, "hash {:032x}", stop.hash);
    }
}

/// With up to three places, as the file has it.
pub fn milliseconds(time: Time) -> String {
    let (whole, part) = (time / 1_000, time % 1_000);
    if part == 0 { whole.to_string() } else { format!("{whole}.{part:03}").trim_end_matches('0').to_owned() }
}

/// The file of its words.
pub fn to_words(words: &LessonWords) -> String {
    let mut out = String::new();
    line(&mut out, "title", &words.title);
    line(&mut out, "goal", &words.goal);
    line(&mut out, "misconception", &words.misconception);
    words.books.iter().for_each(|book| line(&mut out, "book", book));
    for stop in &words.stops {
        let _ = writeln!(out, "\n[{}]", stop.name);
        line(&mut out, "say", &stop.say);
        line(&mut out, "ask", &stop.ask);
        stop.choices.iter().for_each(|(value, said)| line(&mut out, &format!("choice {value}"), said));
        line(&mut out, "right", &stop.right);
        line(&mut out, "wrong", &stop.wrong);
        stop.wrongs.iter().for_each(|(value, said)| line(&mut out, &format!("wrong {value}"), said));
        line(&mut out, "hint", &stop.hint);
    }
    out
}

fn line(out: &mut String, key: &str, said: &str) {
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    if !said.is_empty() {
        let _ = writeln!(out, "{key}: {said}");
    }
}

/// What can be asked at a stop: facts that the scene reads off this run, and codes of its properties.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Offered {
    pub facts: Vec<String>,
    pub properties: Vec<String>,
}

/// # Errors
/// The part's run cannot be opened.
pub fn offered(part: &Part, at: Time, lang: Lang) -> Result<Offered, OpenError> {
    let spec = RunSpec { at: 0, events: 0, hash: 0, ..part.run.clone() };
    let mut run = open(&spec, lang)?;
    run.seek(at);
    let properties: Vec<String> = run.findings(lang).iter().map(|finding| finding.code.to_owned()).collect();
    // What a scene knows it says when it is asked.
    let alone = ["writer", "holder", "money", "commits", "moved", "spread"].map(str::to_owned);
    let nodes = run.nodes();
    let of = |word: &'static str| nodes.iter().map(move |(name, _)| format!("{word} {name}"));
    let named = of("holds").chain(of("decision")).chain(of("log"));
    let broken = properties.iter().map(|code| format!("broken {code}"));
    let keys = std::iter::once("owner k1".to_owned());
    let facts = alone.into_iter().chain(named).chain(keys).chain(broken);
    let facts = facts.filter(|words| run.fact(words, lang).is_some()).collect();
    Ok(Offered { facts, properties })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenes::lesson::{LESSONS, load, words};

    /// What a lesson is, whatever its lines are and where its values come from.
    fn plain(mut lesson: Lesson) -> Lesson {
        (lesson.digest, lesson.drawn) = (0, Vec::new());
        for part in &mut lesson.parts {
            part.line = 0;
            part.stops.iter_mut().for_each(|stop| stop.line = 0);
        }
        lesson
    }

    #[test]
    fn every_lesson_and_its_words_are_written_as_they_are_read() {
        for shelved in LESSONS {
            let lesson = load(shelved.name, shelved.lesson, "7").expect(shelved.name);
            let written = to_file(&lesson);
            let again = load(shelved.name, &written, "").unwrap_or_else(|error| panic!("{error}\n{written}"));
            assert_eq!(plain(again), plain(lesson.clone()), "{written}");
            for text in [shelved.en, shelved.zh] {
                let told = words(text, &lesson.drawn).expect(shelved.name);
                assert_eq!(words(&to_words(&told), &[]), Ok(told));
            }
        }
    }

    #[test]
    fn a_part_without_options_mistakes_or_commands_has_none_of_the_part_before() {
        let full = "faultline-lesson 1\nminutes 3\nscene lock\nrecipe set-nx-px-fence\nmistake storage-unchecked\noption clients 3\n\
                    seed 4\n@1000+2 request a acquire\nstop one at 0.125\nask writer by 9\n";
        let mut lesson = load("x", full, "").expect("a lesson");
        let mut other = lesson.parts[0].clone();
        other.run = RunSpec {
            scene: "lock".to_owned(),
            recipe: "set-nx-px".to_owned(),
            seed: 9,
            commands: lesson.parts[0].run.commands.clone(),
            ..RunSpec::default()
        };
        other.transfer = true;
        other.stops[0].name = "two".to_owned();
        lesson.parts.push(other);
        let written = to_file(&lesson);
        assert_eq!(plain(load("x", &written, "").expect("a lesson")), plain(lesson), "{written}");
    }

    /// What the author's page does: a draft is its file, read again after each edit.
    #[test]
    fn a_stop_that_was_marked_as_transfer_stays_so() {
        let run = |seed| RunSpec { seed, ..crate::scenes::default_spec("lock") };
        let stop = |name: &str, at| Stop {
            name: name.to_owned(),
            at,
            by: at + 1_000,
            ask: Some(Ask::Fact("writer".to_owned())),
            ..Stop::default()
        };
        let (one, two) = (run(1), run(2));
        let stops = [stop("a", 1_000), stop("b", 2_000), stop("c", 1_500), stop("d", 3_000)];
        let again = |marked: [bool; 4]| {
            let runs = [&one, &one, &one, &two];
            let all = runs.into_iter().zip(marked).zip(&stops).map(|((run, transfer), stop)| (run, transfer, stop));
            let lesson = Lesson { minutes: 3, parts: parts_of(all), ..Lesson::default() };
            let file = to_file(&lesson);
            let read = load("x", &file, "").unwrap_or_else(|error| panic!("{error}\n{file}"));
            assert_eq!(plain(read.clone()), plain(lesson), "{file}");
            let all = read.parts.iter().flat_map(|part| part.stops.iter().map(|stop| (&part.run, part.transfer, stop)));
            let told: Vec<(String, bool)> =
                all.clone().map(|(_, transfer, stop)| (stop.name.clone(), transfer)).collect();
            assert_eq!(to_file(&Lesson { minutes: 3, parts: parts_of(all), ..Lesson::default() }), file);
            (told.into_iter().filter(|told| told.1).map(|told| told.0).collect::<String>(), read.parts.len())
        };
        // Time goes back from b to c, and d has a run of its own.
        assert_eq!(again([false, false, false, false]), (String::new(), 3));
        assert_eq!(again([false, false, false, true]), ("d".to_owned(), 3));
        // On the run of its neighbour it is a part of its own.
        assert_eq!(again([false, true, false, true]), ("bd".to_owned(), 4));
        assert_eq!(again([false, false, true, true]), ("cd".to_owned(), 3));
        // Nothing was learnt before the first.
        assert_eq!(again([true, false, false, false]), (String::new(), 3));
    }

    #[test]
    fn every_scene_offers_facts_and_properties() {
        for scene in crate::scenes::SCENES {
            let part = Part { run: crate::scenes::default_spec(scene), ..Part::default() };
            let offered = offered(&part, 0, Lang::En).expect("a run");
            assert!(offered.facts.len() > offered.properties.len(), "{scene}: {:?}", offered.facts);
        }
    }
}
