//! Reading a lesson's file.

use super::{Ask, Lesson, Part, Stop};
use crate::core::hash;
use crate::scenes::link;
use crate::scenes::run::RunSpec;
use crate::scenes::scene::Time;

/// Longest file that is read, in bytes.
pub(super) const LONGEST: usize = 256 << 10;
/// Moments lie in the first hour: whoever opens a lesson waits until they are simulated.
pub(super) const LATEST: Time = 3_600_000_000;
/// So many values may be drawn, each of so many bytes at most: they stand in for their names any number of times.
const DRAWN: (usize, usize) = (64, 200);
const HEAD: &str = "faultline-lesson 1";

/// What is wrong with a lesson's file, and where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LessonError {
    /// From 1; 0 where it is the file as a whole.
    pub line: usize,
    /// The line as it stands.
    pub text: String,
    pub why: Why,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Why {
    /// Longer than any lesson.
    TooLong,
    /// The first line is not `faultline-lesson 1`.
    NoHead,
    /// The line means nothing here.
    Unknown,
    /// A number is missing or out of range.
    Number,
    /// A part without a scene, or a lesson without a stop.
    Empty,
    /// Commands and stops have to follow each other in time, and an answer is known after its question.
    Order,
    /// Two stops or two drawn values of one name, or a stop that asks twice.
    Twice,
    /// `{name}` was not drawn before.
    Undrawn,
}

impl std::fmt::Display for LessonError {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        let why = match self.why {
            Why::TooLong => "the file is longer than 256 KB",
            Why::NoHead => "a lesson begins with “faultline-lesson 1”",
            Why::Unknown => "this line means nothing here",
            Why::Number => "a number is missing or out of range",
            Why::Empty => "a part needs a scene and a stop",
            Why::Order => "commands and stops follow each other in time, and an answer is known after its question",
            Why::Twice => "this was said already",
            Why::Undrawn => "a name in braces has to be drawn before",
        };
        write!(f, "line {}: {why}: “{}”", self.line, self.text)
    }
}

/// Reads a lesson, with the values that are drawn for this student number; without one each draw is its first value.
///
/// # Errors
/// The first line that means nothing.
pub fn load(name: &str, text: &str, student: &str) -> Result<Lesson, LessonError> {
    let fail = |line, raw: &str, why| LessonError { line, text: raw.chars().take(80).collect(), why };
    if text.len() > LONGEST {
        return Err(fail(0, "", Why::TooLong));
    }
    let mut lines = text.trim_start_matches('\u{feff}').lines().enumerate().map(|(n, line)| (n + 1, line.trim()));
    let mut lines = lines.by_ref().filter(|(_, line)| !line.is_empty() && !line.starts_with("//"));
    match lines.next() {
        Some((_, HEAD)) => {}
        first => return Err(fail(1, first.map_or("", |(_, line)| line), Why::NoHead)),
    }
    let mut reader =
        Reader { name, student: student.trim(), lesson: Lesson::default(), part: None, fresh: Fresh::default() };
    let mut last = (1, "");
    for (n, raw) in lines {
        reader.line(n, raw).map_err(|why| fail(n, raw, why))?;
        last = (n, raw);
    }
    reader.close().map_err(|why| fail(last.0, last.1, why))?;
    reader.lesson.digest = hash::narrow(&digested(text));
    Ok(reader.lesson)
}

/// What a lesson is to its answers: not its comments, nor what tests hold.
fn digested(text: &str) -> Vec<&str> {
    let held = |line: &str| matches!(line.split_whitespace().next(), Some("expect" | "hash"));
    let told = |line: &&str| !(line.is_empty() || line.starts_with("//") || held(line));
    text.trim_start_matches('\u{feff}').lines().map(str::trim).filter(told).collect()
}

/// Which lists of the run before are still in this part, to be replaced by its own first line.
#[derive(Clone, Copy, Default)]
struct Fresh {
    commands: bool,
    mistakes: bool,
}

struct Reader<'a> {
    name: &'a str,
    student: &'a str,
    lesson: Lesson,
    part: Option<Part>,
    fresh: Fresh,
}

impl Reader<'_> {
    fn line(&mut self, n: usize, raw: &str) -> Result<(), Why> {
        let line = self.filled(raw)?;
        let (word, rest) = line.split_once(' ').unwrap_or((&line, ""));
        let rest = rest.trim();
        match word {
            "minutes" => self.lesson.minutes = number(rest, 1, 600)?,
            "draw" => return self.draw(rest),
            "part" => {
                let before = self.close()?;
                self.fresh = Fresh { commands: true, mistakes: true };
                self.part = Some(Part { transfer: rest == "transfer", run: before.run, line: n, stops: Vec::new() });
                return if matches!(rest, "" | "transfer") { Ok(()) } else { Err(Why::Unknown) };
            }
            "stop" => return self.stop(rest, n),
            "ask" => return self.ask(rest),
            "expect" => rest.clone_into(&mut self.latest()?.expect),
            "hash" => self.latest()?.hash = u128::from_str_radix(rest, 16).map_err(|_| Why::Number)?,
            "opening" | "at" => return Err(Why::Unknown),
            _ => return self.run_line(word, &line, n),
        }
        Ok(())
    }

    /// A line of the run, as a saved file has it.
    fn run_line(&mut self, word: &str, line: &str, n: usize) -> Result<(), Why> {
        let part = self.part.get_or_insert_with(|| Part { line: n, ..Part::default() });
        let run = &mut part.run;
        match word {
            "mistake" => {
                if std::mem::take(&mut self.fresh.mistakes) {
                    run.mistakes.clear();
                }
                if line == "mistake none" {
                    return Ok(());
                }
            }
            "option" => {
                let key = line.split_whitespace().nth(1).unwrap_or_default();
                run.options.retain(|(known, _)| known != key);
            }
            // Another scene has other recipes and options; "@" alone: no command of the run before.
            "scene" if !run.scene.is_empty() && line != format!("scene {}", run.scene) => {
                *run = RunSpec { seed: run.seed, ..RunSpec::default() };
            }
            "@" => {
                run.commands.clear();
                self.fresh.commands = false;
                return Ok(());
            }
            _ if word.starts_with('@') && std::mem::take(&mut self.fresh.commands) => run.commands.clear(),
            _ => {}
        }
        let before = run.commands.last().map_or(0, |command| command.time);
        link::read_line(run, line).ok_or(Why::Unknown)?;
        match run.commands.last() {
            Some(command) if command.time > LATEST => Err(Why::Number),
            Some(command) if command.time < before => Err(Why::Order),
            _ => Ok(()),
        }
    }

    /// The part that was being read joins the others.
    fn close(&mut self) -> Result<Part, Why> {
        let part = self.part.take().ok_or(Why::Empty)?;
        if part.run.scene.is_empty() || part.stops.is_empty() {
            return Err(Why::Empty);
        }
        self.lesson.parts.push(part.clone());
        Ok(part)
    }

    fn latest(&mut self) -> Result<&mut Stop, Why> {
        self.part.as_mut().and_then(|part| part.stops.last_mut()).ok_or(Why::Empty)
    }

    fn stop(&mut self, rest: &str, n: usize) -> Result<(), Why> {
        let (name, at) = rest.split_once(" at ").ok_or(Why::Unknown)?;
        let at = time(at)?;
        let known = self.lesson.parts.iter().chain(&self.part).flat_map(|part| &part.stops).any(|s| s.name == name);
        if known {
            return Err(Why::Twice);
        }
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if name.is_empty() || !name.chars().all(plain) {
            return Err(Why::Unknown);
        }
        let stops = &mut self.part.as_mut().ok_or(Why::Empty)?.stops;
        if stops.last().is_some_and(|before| before.at > at) {
            return Err(Why::Order);
        }
        stops.push(Stop { name: name.to_owned(), at, by: at, line: n, ..Stop::default() });
        Ok(())
    }

    fn ask(&mut self, rest: &str) -> Result<(), Why> {
        let (what, by) = rest.rsplit_once(" by ").ok_or(Why::Unknown)?;
        let by = time(by)?;
        let stop = self.latest()?;
        if by < stop.at {
            return Err(Why::Order);
        }
        if stop.ask.is_some() {
            return Err(Why::Twice);
        }
        let what = what.trim();
        stop.by = by;
        stop.ask = Some(match what.split_once(' ') {
            Some(("break", code)) => Ask::Break(code.to_owned()),
            Some(("drop", code)) => Ask::Drop(code.to_owned()),
            _ if what.is_empty() => return Err(Why::Unknown),
            _ => Ask::Fact(what.to_owned()),
        });
        Ok(())
    }

    /// `NAME LOW..HIGH` or `NAME VALUE,VALUE`: the student number chooses.
    fn draw(&mut self, rest: &str) -> Result<(), Why> {
        let (name, values) = rest.split_once(' ').ok_or(Why::Unknown)?;
        if self.lesson.drawn.iter().any(|(known, _)| known == name) {
            return Err(Why::Twice);
        }
        let chosen = |count: u64| {
            if self.student.is_empty() { 0 } else { hash::narrow(&(self.name, self.student, name)) % count.max(1) }
        };
        let value = match values.split_once("..") {
            Some((low, high)) => {
                let (low, high): (u64, u64) = (number(low, 0, u64::MAX)?, number(high, 0, u64::MAX)?);
                let count = high.checked_sub(low).and_then(|n| n.checked_add(1)).ok_or(Why::Number)?;
                (low + chosen(count)).to_string()
            }
            None => {
                let all: Vec<&str> = values.split(',').map(str::trim).filter(|value| !value.is_empty()).collect();
                all.get(chosen(all.len() as u64) as usize).ok_or(Why::Number)?.to_string()
            }
        };
        if self.lesson.drawn.len() == DRAWN.0 || value.len() > DRAWN.1 {
            return Err(Why::Number);
        }
        self.lesson.drawn.push((name.to_owned(), value));
        Ok(())
    }

    /// The line with what was drawn in place of names in braces.
    fn filled(&self, raw: &str) -> Result<String, Why> {
        let line = fill(raw, &self.lesson.drawn);
        if line.contains('{') && !raw.starts_with('@') { Err(Why::Undrawn) } else { Ok(line) }
    }
}

/// A text with the drawn values in place of their names in braces.
pub(super) fn fill(text: &str, drawn: &[(String, String)]) -> String {
    drawn.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
}

/// Milliseconds, with up to three places.
fn time(text: &str) -> Result<Time, Why> {
    let (whole, part) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    let digits = |text: &str| text.chars().all(|c| c.is_ascii_digit());
    if part.len() > 3 || !digits(part) || !digits(whole) {
        return Err(Why::Number);
    }
    let whole: Time = number(whole, 0, LATEST / 1_000)?;
    let part: Time = format!("{part:0<3}").parse().map_err(|_| Why::Number)?;
    Ok(whole * 1_000 + part)
}

fn number<T: std::str::FromStr + PartialOrd>(text: &str, low: T, high: T) -> Result<T, Why> {
    text.trim().parse().ok().filter(|n| *n >= low && *n <= high).ok_or(Why::Number)
}
