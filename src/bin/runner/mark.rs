//! `mark`: a file of answer links becomes a table, each answer played again; `answers`: what is right, for one student.

use super::{Failure, Flags, Outcome, read_file};
use faultline::scenes::lesson::{
    self, Answer, Ask, Given, Lesson, Misfit, Part, Row, Sheet, Stop, decode, fits, load, mark_sheet, question,
};
use faultline::scenes::link::LinkError;
use faultline::scenes::scene::Lang;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Arc, mpsc};
use std::time::Duration;

const COLUMNS: &str = "line,who,student,question,transfer,answer,passed,property,steps,trouble";
/// Longest that one line may take, in seconds. A run may be handed in that never leaves one instant.
const PATIENCE: u64 = 60;

/// A lesson's file, by its name on the shelf or by its path.
struct Source {
    name: String,
    text: String,
}

impl Source {
    fn find(wanted: &str) -> Result<Source, Failure> {
        if let Some(shelved) = lesson::find(wanted) {
            return Ok(Source { name: shelved.name.to_owned(), text: shelved.lesson.to_owned() });
        }
        if !wanted.ends_with(".lesson") {
            let known: Vec<&str> = lesson::LESSONS.iter().map(|shelved| shelved.name).collect();
            return Err(Failure(format!(
                "There is no lesson “{wanted}”: name a .lesson file or one of {}.",
                known.join(", ")
            )));
        }
        let text =
            String::from_utf8(read_file(wanted)?).map_err(|_| Failure(format!("{wanted} is not UTF-8 text.")))?;
        let name = std::path::Path::new(wanted).file_stem().map(|stem| stem.to_string_lossy().into_owned());
        Ok(Source { name: name.unwrap_or_default(), text })
    }

    fn load(&self, student: &str) -> Result<Lesson, Failure> {
        load(&self.name, &self.text, student).map_err(|error| Failure(format!("{}.lesson, {error}", self.name)))
    }
}

/// What became of one line.
struct Marked {
    line: usize,
    who: String,
    student: String,
    /// The answers, or why there are none.
    rows: Result<Vec<Row>, String>,
}

/// `mark LESSON LINKS.txt`.
pub fn mark(flags: &mut Flags, json: bool, lang: Lang) -> Outcome {
    let seconds = flags.number("--seconds", PATIENCE)?;
    let wanted = flags.word().ok_or_else(|| Failure("mark wants a lesson and a file of links".to_owned()))?;
    let path = flags.word().ok_or_else(|| Failure("mark wants a file of links after the lesson".to_owned()))?;
    flags.done()?;
    let source = Arc::new(Source::find(&wanted)?);
    source.load("")?;
    let bytes = read_file(&path)?;
    // Lists come out of many systems: what is no UTF-8 may stand in a name, never in a link.
    let text = String::from_utf8_lossy(&bytes);
    let lines = text.trim_start_matches('\u{feff}').lines().enumerate().map(|(n, line)| (n + 1, line.trim()));
    // A link may be copied without its address: that line begins with # too.
    let told = lines.filter(|(_, line)| !line.is_empty() && (!line.starts_with('#') || parted(line).1.is_some()));
    let mut all = Vec::new();
    for (line, text) in told {
        all.push(watched(&source, line, text, lang, Duration::from_secs(seconds)));
    }
    if json {
        println!("{}", serde_json::Value::Array(all.iter().flat_map(as_json).collect()));
    } else {
        print!("{COLUMNS}\r\n{}", all.iter().map(as_csv).collect::<String>());
    }
    eprint!("{}", summary(&all));
    Ok(u8::from(all.iter().any(|marked| marked.rows.is_err())))
}

/// Marks a line beside the others: one that never ends, or stops the marking, costs its own row and no other.
fn watched(source: &Arc<Source>, line: usize, text: &str, lang: Lang, patience: Duration) -> Marked {
    let (who, link) = parted(text);
    let sheet = match link {
        None if text.contains("#1.") => Err("no answer link in this line, but one to a run".to_owned()),
        None => Err("no answer link in this line".to_owned()),
        Some(link) => decode(link).map_err(|error| said(&error).to_owned()),
    };
    let sheet = match sheet {
        Ok(sheet) => sheet,
        Err(why) => return Marked { line, who, student: String::new(), rows: Err(why) },
    };
    let student = sheet.student.clone();
    let (sender, receiver) = mpsc::channel();
    let source = source.clone();
    std::thread::spawn(move || {
        let _ = sender.send(marked(&source, &sheet, lang));
    });
    let rows = match receiver.recv_timeout(patience) {
        Ok(rows) => rows,
        Err(mpsc::RecvTimeoutError::Timeout) => {
            Err(format!("its runs are not played to the end within {} s", patience.as_secs()))
        }
        Err(mpsc::RecvTimeoutError::Disconnected) => Err("the marking broke off: please report this link".to_owned()),
    };
    Marked { line, who, student, rows }
}

fn marked(source: &Source, sheet: &Sheet, lang: Lang) -> Result<Vec<Row>, String> {
    let lesson = source.load(&sheet.student).map_err(|error| error.0)?;
    match fits(&lesson, &source.name, sheet) {
        Err(Misfit::OtherLesson) => Err(format!("it answers another lesson, {}", sheet.lesson)),
        Err(Misfit::Changed) => Err("the lesson has changed since: mark it with the file of that time".to_owned()),
        Ok(()) => Ok(mark_sheet(&lesson, sheet, lang)),
    }
}

fn said(error: &LinkError) -> &'static str {
    match error {
        LinkError::TooLong => "the link is longer than any that Faultline writes",
        LinkError::Newer => "the link was written by a newer version of Faultline",
        LinkError::Malformed => "the link is damaged or cut off",
    }
}

/// What stands before the link in a line, and the link from its version on.
fn parted(line: &str) -> (String, Option<&str>) {
    let of_link = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    for (at, _) in line.match_indices('a') {
        let rest = &line[at + 1..];
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let Some(data) = rest[digits..].strip_prefix('.').filter(|_| digits > 0) else { continue };
        let length = data.find(|c: char| !of_link(c)).unwrap_or(data.len());
        // “a1. Ada” counts people; in the middle of a word nothing begins.
        if length < 8 || line[..at].ends_with(of_link) {
            continue;
        }
        let end = at + 1 + digits + 1 + length;
        return (before(&line[..at]), Some(&line[at..end]));
    }
    (line.chars().take(80).collect(), None)
}

/// The text before a link without the beginning of its address and what separates the two.
fn before(text: &str) -> String {
    let address = text.rfind("://").map_or(text.len(), |at| {
        text[..at]
            .rfind(|c: char| !c.is_ascii_alphabetic())
            .map_or(0, |end| end + text[end..].chars().next().map_or(0, char::len_utf8))
    });
    let part = |c: char| c.is_whitespace() || matches!(c, ',' | ';' | ':' | '"' | '<' | '(' | '#' | '|');
    text[..address].trim_matches(part).to_owned()
}

fn as_csv(marked: &Marked) -> String {
    let mut out = String::new();
    let mut put = |cells: [&str; 10]| {
        let _ = write!(out, "{}\r\n", cells.map(cell).join(","));
    };
    let (line, who, student) = (marked.line.to_string(), &*marked.who, &*marked.student);
    match &marked.rows {
        Err(why) => put([&line, who, student, "", "", "", "", "", "", why]),
        Ok(rows) => {
            for row in rows {
                let steps = if row.answer.is_empty() { String::new() } else { row.steps.to_string() };
                let (transfer, passed) = (yes(row.transfer), yes(row.passed));
                let told = [&*row.stop, transfer, &row.answer, passed, &row.property, &steps, &row.trouble];
                let [stop, transfer, answer, passed, property, steps, trouble] = told;
                put([&line, who, student, stop, transfer, answer, passed, property, steps, trouble]);
            }
        }
    }
    out
}

fn yes(is: bool) -> &'static str {
    if is { "yes" } else { "no" }
}

/// A cell that no table program takes for a formula, whoever wrote it.
fn cell(text: &str) -> String {
    let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    if guard.is_empty() && !text.contains([',', '"', '\n', '\r']) {
        return text.to_owned();
    }
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

fn as_json(marked: &Marked) -> Vec<serde_json::Value> {
    let (line, who, student) = (marked.line, &marked.who, &marked.student);
    match &marked.rows {
        Err(why) => vec![serde_json::json!({ "line": line, "who": who, "student": student, "trouble": why })],
        Ok(rows) => rows
            .iter()
            .map(|row| {
                serde_json::json!({
                    "line": line, "who": who, "student": student, "question": row.stop, "transfer": row.transfer,
                    "answer": row.answer, "passed": row.passed, "property": row.property, "steps": row.steps,
                    "trouble": row.trouble,
                })
            })
            .collect(),
    }
}

fn summary(all: &[Marked]) -> String {
    let rows: Vec<&Row> = all.iter().filter_map(|marked| marked.rows.as_ref().ok()).flatten().collect();
    let passed = rows.iter().filter(|row| row.passed).count();
    let unread = all.iter().filter(|marked| marked.rows.is_err()).count();
    let mut out = format!("{} lines, {passed} of {} answers right, ", all.len(), rows.len());
    let _ = match unread {
        0 => writeln!(out, "all could be read."),
        _ => writeln!(out, "{unread} could not be read: see the column trouble."),
    };
    let mut lines: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for marked in all.iter().filter(|marked| marked.rows.is_ok() && !marked.student.is_empty()) {
        lines.entry(marked.student.trim()).or_default().push(marked.line.to_string());
    }
    for (student, lines) in lines.iter().filter(|(_, lines)| lines.len() > 1) {
        let _ = writeln!(out, "The student number {student} stands in lines {}.", lines.join(", "));
    }
    out
}

/// `answers LESSON [--student NUMBER] [--link]`: what can be answered at each stop, and what is right.
pub fn answers(flags: &mut Flags, json: bool, lang: Lang) -> Outcome {
    let student = flags.value("--student")?.unwrap_or_default();
    let link = flags.flag("--link");
    let wanted = flags.word().ok_or_else(|| Failure("answers wants a lesson".to_owned()))?;
    flags.done()?;
    let source = Source::find(&wanted)?;
    let lesson = source.load(&student)?;
    // With a number other things are right than the file says.
    let slips = if student.is_empty() { slips(&source.name, &lesson) } else { Vec::new() };
    slips.iter().for_each(|slip| eprintln!("{slip}"));
    let mut given = Vec::new();
    let (mut out, mut list) = (String::new(), Vec::new());
    for (part, stop) in lesson.stops() {
        let known = key(part, stop, lang)?;
        let ms = |time: u64| time as f64 / 1000.0;
        let _ = writeln!(out, "{} at {} ms{}", stop.name, ms(stop.at), if part.transfer { ", transfer" } else { "" });
        for (value, words, right, shows) in &known {
            let mark = if *right { "*" } else { " " };
            let _ = writeln!(out, "  {mark} {value}  {words}  (shown at {} ms)", ms(*shows));
            list.push(serde_json::json!({
                "question": stop.name, "transfer": part.transfer, "answer": value, "words": words, "right": right,
                "shown_us": shows.to_string(),
            }));
        }
        if let Some(Ask::Break(code)) = &stop.ask {
            let _ = writeln!(out, "    any run that breaks {code}");
            list.push(serde_json::json!({ "question": stop.name, "transfer": part.transfer, "property": code }));
        }
        let right = known.into_iter().find(|(_, _, right, _)| *right);
        given.extend(right.map(|(value, ..)| Given { stop: stop.name.clone(), answer: Answer::Value(value) }));
    }
    if link {
        let sheet = Sheet { lesson: source.name, digest: lesson.digest, student, answers: given };
        let text = lesson::encode(&sheet).map_err(|_| Failure("This is too long for a link.".to_owned()))?;
        println!("{text}");
    } else if json {
        println!("{}", serde_json::Value::Array(list));
    } else {
        print!("{out}");
    }
    Ok(u8::from(!slips.is_empty()))
}

/// Where a lesson's file says another thing than the core does now, a line each. What it does not say it does not say wrongly.
fn slips(name: &str, lesson: &Lesson) -> Vec<String> {
    let mut slips = Vec::new();
    for (part, stop) in lesson.stops() {
        let mut slip = |what: String| slips.push(format!("{name}.lesson:{}: stop {}: {what}", stop.line, stop.name));
        match lesson::says(part, stop) {
            Err(error) => slip(error.0),
            Ok((right, hash)) => {
                if !stop.expect.is_empty() && stop.expect != right {
                    slip(format!("expect {right}; the file has expect {}", stop.expect));
                }
                if stop.hash != 0 && stop.hash != hash {
                    slip(format!("hash {hash:032x}; the file has hash {:032x}", stop.hash));
                }
            }
        }
    }
    slips
}

/// Each answer: its value, its words, whether it is right, and the virtual time that shows it.
fn key(part: &Part, stop: &Stop, lang: Lang) -> Result<Vec<(String, String, bool, u64)>, Failure> {
    let failed = |error: faultline::scenes::OpenError| Failure(format!("stop {}: {}", stop.name, error.0));
    let choices = question(part, stop, lang).map_err(failed)?.choices;
    let mut known = Vec::with_capacity(choices.len());
    for choice in choices {
        let answer = Answer::Value(choice.value.clone());
        let mark = lesson::mark(part, stop, &answer, lang).map_err(failed)?;
        known.push((choice.value, choice.words, mark.passed, mark.shows.at));
    }
    Ok(known)
}
