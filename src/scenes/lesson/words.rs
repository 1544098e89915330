//! A lesson's words: one file a language, `lessons/NAME.LANG.txt`.
//!
//! `key: text` lines; a line that begins with a space goes on. Before the first `[STOP]` stand title, goal, misconception
//! and books, then of each stop: `say` (told before the question), `ask`, `choice VALUE` (in place of the scene's words),
//! `right` and `wrong` (told after an answer; `wrong VALUE` for one of them), `hint`. `{name}` is a drawn value.

use super::read::{LONGEST, fill};

#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LessonWords {
    pub title: String,
    /// What a student can do afterwards.
    pub goal: String,
    /// What many believe before.
    pub misconception: String,
    /// Chapters of the usual books.
    pub books: Vec<String>,
    pub stops: Vec<StopWords>,
}

#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct StopWords {
    pub name: String,
    pub say: String,
    pub ask: String,
    pub hint: String,
    pub right: String,
    pub wrong: String,
    /// By value.
    pub choices: Vec<(String, String)>,
    pub wrongs: Vec<(String, String)>,
}

impl StopWords {
    /// What is told after an answer: of a wrong one what belongs to it, or to any wrong one.
    pub fn told(&self, value: &str, passed: bool) -> &str {
        let own = self.wrongs.iter().find(|(known, _)| known == value).map(|(_, words)| words.as_str());
        if passed { &self.right } else { own.unwrap_or(&self.wrong) }
    }
}

impl LessonWords {
    pub fn stop(&self, name: &str) -> Option<&StopWords> {
        self.stops.iter().find(|stop| stop.name == name)
    }
}

/// Reads a lesson's words with what was drawn.
///
/// # Errors
/// The number of the first line that means nothing or says something again, from 1; 0 for a file that is too long.
pub fn words(text: &str, drawn: &[(String, String)]) -> Result<LessonWords, usize> {
    if text.len() > LONGEST {
        return Err(0);
    }
    let mut all = LessonWords::default();
    let mut latest: Option<(usize, String, String)> = None;
    for (n, raw) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let n = n + 1;
        if let Some(more) = raw.strip_prefix(' ').map(str::trim).filter(|more| !more.is_empty()) {
            let (_, _, said) = latest.as_mut().ok_or(n)?;
            // Chinese is written without spaces between its lines.
            if !said.is_empty() && said.ends_with(|c: char| c.is_ascii()) && more.starts_with(|c: char| c.is_ascii()) {
                said.push(' ');
            }
            said.push_str(more);
            continue;
        }
        if let Some(done) = latest.take() {
            put(&mut all, done, drawn)?;
        }
        let line = raw.trim();
        if line.is_empty() || line.starts_with("//") {
            continue;
        }
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            if all.stop(name).is_some() {
                return Err(n);
            }
            all.stops.push(StopWords { name: name.to_owned(), ..StopWords::default() });
            continue;
        }
        let (key, said) = line.split_once(':').ok_or(n)?;
        latest = Some((n, key.trim().to_owned(), said.trim().to_owned()));
    }
    match latest {
        Some(done) => put(&mut all, done, drawn).map(|()| all),
        None => Ok(all),
    }
}

fn put(
    all: &mut LessonWords,
    (n, key, said): (usize, String, String),
    drawn: &[(String, String)],
) -> Result<(), usize> {
    let said = fill(&said, drawn);
    let Some(stop) = all.stops.last_mut() else {
        match &*key {
            "title" => all.title = said,
            "goal" => all.goal = said,
            "misconception" => all.misconception = said,
            "book" => all.books.push(said),
            _ => return Err(n),
        }
        return Ok(());
    };
    match key.split_once(' ') {
        None => match &*key {
            "say" => stop.say = said,
            "ask" => stop.ask = said,
            "hint" => stop.hint = said,
            "right" => stop.right = said,
            "wrong" => stop.wrong = said,
            _ => return Err(n),
        },
        Some(("choice", value)) => stop.choices.push((value.to_owned(), said)),
        Some(("wrong", value)) => stop.wrongs.push((value.to_owned(), said)),
        _ => return Err(n),
    }
    Ok(())
}
