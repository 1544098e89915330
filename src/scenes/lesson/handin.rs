//! Handing in: answers as a link (`#a1.…`), and marking a file of them.

use super::{Answer, Ask, Lesson, mark};
use crate::scenes::link::{self, LinkError};
use crate::scenes::scene::Lang;
use serde::{Deserialize, Serialize};

const VERSION: &str = "a1";
const FOREIGN: &str = "the run is of another recipe, seed, mistake or option than the lesson's";

/// A student's answers to a lesson.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Sheet {
    pub lesson: String,
    /// Of the lesson's file, see [`Lesson::digest`].
    pub digest: u64,
    /// The number that parameters were drawn from; empty for none.
    pub student: String,
    pub answers: Vec<Given>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Given {
    pub stop: String,
    pub answer: Answer,
}

/// # Errors
/// `TooLong` if the answers fit no link.
pub fn encode(sheet: &Sheet) -> Result<String, LinkError> {
    link::pack(VERSION, sheet)
}

/// Reads a fragment with or without `#`, or a whole address.
///
/// # Errors
/// See [`LinkError`].
pub fn decode(text: &str) -> Result<Sheet, LinkError> {
    link::unpack(VERSION, text)
}

/// Why a sheet is not marked as this lesson's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Misfit {
    /// It answers another lesson.
    OtherLesson,
    /// The lesson's file has changed since: its questions may be others.
    Changed,
}

/// Whether a sheet answers this very lesson, by its name and its file.
///
/// # Errors
/// Why not.
pub fn fits(lesson: &Lesson, name: &str, sheet: &Sheet) -> Result<(), Misfit> {
    if sheet.lesson != name {
        Err(Misfit::OtherLesson)
    } else if sheet.digest != lesson.digest {
        Err(Misfit::Changed)
    } else {
        Ok(())
    }
}

/// How one question was answered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    pub stop: String,
    pub transfer: bool,
    /// Empty if it was not answered.
    pub answer: String,
    pub passed: bool,
    pub property: String,
    pub steps: u32,
    /// Why it could not be marked; empty if it was.
    pub trouble: String,
}

/// Marks every question of a lesson, answered or not. The lesson was loaded for the sheet's student.
pub fn mark_sheet(lesson: &Lesson, sheet: &Sheet, lang: Lang) -> Vec<Row> {
    let mut rows = Vec::new();
    for part in &lesson.parts {
        for stop in part.stops.iter().filter(|stop| stop.ask.is_some()) {
            let given = sheet.answers.iter().rev().find(|given| given.stop == stop.name);
            let property = match &stop.ask {
                Some(Ask::Break(code) | Ask::Drop(code)) => code.clone(),
                _ => String::new(),
            };
            let mut row = Row {
                stop: stop.name.clone(),
                transfer: part.transfer,
                answer: String::new(),
                passed: false,
                property,
                steps: 0,
                trouble: String::new(),
            };
            if let Some(given) = given {
                row.answer = match &given.answer {
                    Answer::Value(value) => value.clone(),
                    Answer::Run(run) => link::encode(run).unwrap_or_default(),
                };
                match mark(part, stop, &given.answer, lang) {
                    Ok(mark) => {
                        (row.passed, row.steps) = (mark.passed, mark.steps);
                        if mark.foreign {
                            FOREIGN.clone_into(&mut row.trouble);
                        }
                    }
                    Err(error) => row.trouble = error.0,
                }
            }
            rows.push(row);
        }
    }
    rows
}
