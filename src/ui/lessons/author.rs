//! Writing a lesson: a draft that is kept in the tab, what is done to it, and what the core says of it.

use super::source::{self, Source};
use super::{complain, keep, play};
use crate::scenes::lesson::{
    Answer, Ask, Lesson, LessonWords, Offered, Part, Stop, StopWords, mark, offered, parts_of, question, says, to_file,
    to_words, words,
};
use crate::scenes::run::RunSpec;
use crate::scenes::scene::{Lang, Time};
use crate::ui::page::{Hold, Page};
use crate::ui::text::lessons::TEACHES;
use crate::ui::workbench::files;
use crate::ui::{kept, notices, parts};
use std::cell::RefCell;

/// An answer is known so long after its question, unless the author says otherwise.
const LATER: Time = 5_000_000;
/// So many edits can be taken back.
const UNDONE: usize = 100;

/// One stop with the run that it is on. Neighbours on one run become a part.
#[derive(Clone)]
pub struct Entry {
    pub run: RunSpec,
    pub transfer: bool,
    pub stop: Stop,
}

/// What the core says of a stop.
#[derive(Clone, Default)]
pub struct Said {
    pub offered: Offered,
    /// The right answer, in the author's language, or what is wrong.
    pub words: String,
    pub wrong: bool,
}

#[derive(Clone, Default)]
pub struct Draft {
    pub name: String,
    pub minutes: u32,
    pub en: LessonWords,
    pub zh: LessonWords,
    pub entries: Vec<Entry>,
    /// Of each entry, for this file in this language.
    pub said: Vec<Said>,
    said_of: (String, bool),
    undo: Vec<Source>,
}

thread_local! {
    static DRAFT: RefCell<Option<Draft>> = const { RefCell::new(None) };
}

impl Draft {
    pub fn words(&self, lang: Lang) -> &LessonWords {
        if lang == Lang::Zh { &self.zh } else { &self.en }
    }

    fn words_mut(&mut self, lang: Lang) -> &mut LessonWords {
        if lang == Lang::Zh { &mut self.zh } else { &mut self.en }
    }

    pub fn lesson(&self) -> Lesson {
        let stops = self.entries.iter().map(|entry| (&entry.run, entry.transfer, &entry.stop));
        Lesson { minutes: self.minutes.max(1), parts: parts_of(stops), ..Lesson::default() }
    }

    /// As files: what is kept, exported and tried.
    pub fn source(&self) -> Source {
        let name = if self.name.is_empty() { "my-lesson".to_owned() } else { self.name.clone() };
        Source { name, file: to_file(&self.lesson()), en: to_words(&self.en), zh: to_words(&self.zh), own: true }
    }

    fn of(source: &Source) -> Option<Draft> {
        let lesson = source.lesson("").ok();
        // A draft without a stop is no lesson yet.
        if lesson.is_none() && source.file.contains("\nstop ") {
            return None;
        }
        let lesson = lesson.unwrap_or_default();
        let mut draft = Draft {
            name: source.name.clone(),
            minutes: lesson.minutes,
            // Drawn values stand in the words as they were drawn.
            en: words(&source.en, &lesson.drawn).ok()?,
            zh: words(&source.zh, &lesson.drawn).ok()?,
            ..Draft::default()
        };
        for part in lesson.parts {
            for stop in part.stops {
                let stop = Stop { expect: String::new(), hash: 0, line: 0, ..stop };
                draft.entries.push(Entry { run: part.run.clone(), transfer: part.transfer, stop });
            }
        }
        Some(draft)
    }

    pub fn can_undo(&self) -> bool {
        !self.undo.is_empty()
    }

    /// Has the core look at all stops, if they have changed.
    fn look(&mut self, lang: Lang) {
        let now = (to_file(&self.lesson()), lang == Lang::Zh);
        if self.said_of == now && self.said.len() == self.entries.len() {
            return;
        }
        self.said = self.entries.iter().map(|entry| said(entry, lang)).collect();
        self.said_of = now;
    }
}

/// What can be asked at a stop, and what the right answer is.
fn said(entry: &Entry, lang: Lang) -> Said {
    let part = Part { transfer: false, run: entry.run.clone(), stops: vec![entry.stop.clone()], line: 0 };
    let offered = match offered(&part, entry.stop.at, lang) {
        Ok(offered) => offered,
        Err(error) => return Said { words: error.0, wrong: true, ..Said::default() },
    };
    let wrong = |key, offered| Said { offered, words: TEACHES.tr(lang, key).to_owned(), wrong: true };
    let ask = match &entry.stop.ask {
        None => return Said { offered, words: TEACHES.tr(lang, "says-only").to_owned(), wrong: false },
        Some(ask) => ask,
    };
    if let Ask::Break(code) = ask {
        if !offered.properties.contains(code) {
            return wrong("why-property", offered);
        }
        return Said { offered, words: TEACHES.tr(lang, "any-run").to_owned(), wrong: false };
    }
    let Ok(asked) = question(&part, &entry.stop, lang) else { return wrong("mend-fact", offered) };
    let marked = match mark(&part, &entry.stop, &Answer::Value(String::new()), lang) {
        Ok(marked) => marked,
        Err(error) => return Said { offered, words: error.0, wrong: true },
    };
    if marked.right.is_empty() {
        return wrong("mend-drop", offered);
    }
    let name = |value: &String| {
        asked.choices.iter().find(|choice| choice.value == *value).map_or(value.clone(), |choice| choice.words.clone())
    };
    let right: Vec<String> = marked.right.iter().map(name).collect();
    Said { offered, words: TEACHES.say(lang, "right-is", &[&right.join(", ")]), wrong: false }
}

/// Looks at the draft, with what the core says of it.
pub fn with<R>(page: Page, f: impl FnOnce(&Draft) -> R) -> Option<R> {
    let lang = page.lang_now();
    DRAFT.with_borrow_mut(|draft| {
        let draft = draft.as_mut()?;
        draft.look(lang);
        Some(f(draft))
    })
}

pub fn writing() -> bool {
    DRAFT.with_borrow(Option::is_some)
}

/// Changes the draft; undo takes it back.
fn edit(page: Page, f: impl FnOnce(&mut Draft)) {
    DRAFT.with_borrow_mut(|draft| {
        let Some(draft) = draft else { return };
        let before = draft.source();
        f(draft);
        if draft.source() != before {
            draft.undo.push(before);
            if draft.undo.len() > UNDONE {
                draft.undo.remove(0);
            }
        }
    });
    saved(page);
}

fn saved(page: Page) {
    if let Some(source) = DRAFT.with_borrow(|draft| draft.as_ref().map(Draft::source)) {
        keep::save_draft(page, &source);
    }
    kept::changed();
}

/// Begins to write, with the draft that is kept in the tab if there is one. A bar stands in the place of the question.
pub fn begin(page: Page, then: impl FnOnce() + 'static) {
    if writing() {
        bar(page);
        return then();
    }
    let draft = keep::draft(page).and_then(|source| Draft::of(&source)).unwrap_or_default();
    let scenes = draft.entries.iter().map(|entry| entry.run.scene.clone()).collect();
    parts::with_scenes(page, scenes, move || {
        DRAFT.set(Some(draft));
        bar(page);
        then();
    });
}

/// The bar is there while no lesson is taken.
pub fn bar(page: Page) {
    page.opening.set(None);
    page.drawer.set(false);
    page.unfold();
    if !play::going() {
        // Of no run: nothing is hidden.
        page.hold.set(Some(Hold { epoch: u64::MAX, until: Time::MAX, asking: false, veiled: false }));
    }
    page.sync();
}

/// The bar goes; the draft stays in the tab.
pub fn end(page: Page) {
    DRAFT.set(None);
    if !play::going() {
        page.hold.set(None);
    }
    page.sync();
}

/// Files of a lesson take the place of the draft, which undo brings back.
pub fn import(page: Page, source: Source) {
    let lang = page.lang_now();
    let lesson = match source.lesson("") {
        Ok(lesson) => lesson,
        Err(error) => return complain(source::told(lang, &error)),
    };
    parts::with_scenes(page, source::scenes(&lesson), move || {
        if let Err(why) = source::check(&source, &lesson, lang) {
            return complain(why);
        }
        if !lesson.drawn.is_empty() {
            notices::say(page, TEACHES.tr(lang, "drawn-once").to_owned());
        }
        complain(String::new());
        edit(page, |draft| {
            if let Some(read) = Draft::of(&source) {
                *draft = Draft { undo: std::mem::take(&mut draft.undo), ..read };
            }
        });
    });
}

pub fn undo(page: Page) {
    DRAFT.with_borrow_mut(|draft| {
        let Some(draft) = draft else { return };
        let mut undo = std::mem::take(&mut draft.undo);
        if let Some(read) = undo.pop().and_then(|source| Draft::of(&source)) {
            *draft = read;
        }
        draft.undo = undo;
    });
    saved(page);
}

/// Adds a stop at the present moment of the run on show.
pub fn add(page: Page) {
    let Some((spec, at, horizon)) = page.look(|run| (run.spec(), run.now(), run.horizon())) else { return };
    let run = RunSpec { at: 0, events: 0, hash: 0, opening: String::new(), ..spec };
    edit(page, |draft| {
        let run = draft.joined(run);
        let mut n = draft.entries.len() + 1;
        while draft.entries.iter().any(|entry| entry.stop.name == format!("stop-{n}")) {
            n += 1;
        }
        let by = if horizon > at { horizon } else { at.saturating_add(LATER) };
        let stop = Stop { name: format!("stop-{n}"), at, by, ..Stop::default() };
        let transfer = draft.entries.last().is_some_and(|entry| entry.transfer && entry.run == run);
        let place = draft.entries.iter().rposition(|entry| entry.run == run && entry.stop.at <= at);
        let place = place.map_or(draft.entries.len(), |before| before + 1);
        draft.entries.insert(place, Entry { run, transfer, stop });
    });
    let count = DRAFT.with_borrow(|draft| draft.as_ref().map_or(0, |draft| draft.entries.len()));
    notices::say(page, TEACHES.say(page.lang_now(), "added", &[&count.to_string()]));
}

impl Draft {
    /// Of two runs of which one goes on where the other ends, the longer one is that of all their stops.
    fn joined(&mut self, run: RunSpec) -> RunSpec {
        let ground = |run: &RunSpec| RunSpec { commands: Vec::new(), ..run.clone() };
        let goes_on = |other: &&RunSpec| ground(other) == ground(&run) && other.commands.starts_with(&run.commands);
        let longer = self.entries.iter().map(|entry| &entry.run).find(goes_on).cloned();
        let longest = longer.unwrap_or(run);
        for entry in &mut self.entries {
            if ground(&entry.run) == ground(&longest) && longest.commands.starts_with(&entry.run.commands) {
                entry.run = longest.clone();
            }
        }
        longest
    }

    fn rename(&mut self, n: usize, name: &str) {
        let plain: String =
            name.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).take(40).collect();
        let plain = plain.trim_matches('-').to_owned();
        let taken = self.entries.iter().enumerate().any(|(m, entry)| m != n && entry.stop.name == plain);
        let Some(entry) = self.entries.get_mut(n).filter(|_| !plain.is_empty() && !taken) else { return };
        let old = std::mem::replace(&mut entry.stop.name, plain.clone());
        for words in [&mut self.en, &mut self.zh] {
            if let Some(stop) = words.stops.iter_mut().find(|stop| stop.name == old) {
                stop.name.clone_from(&plain);
            }
        }
    }

    fn stop_words(&mut self, n: usize, lang: Lang) -> Option<&mut StopWords> {
        let name = self.entries.get(n)?.stop.name.clone();
        let stops = &mut self.words_mut(lang).stops;
        if !stops.iter().any(|stop| stop.name == name) {
            stops.push(StopWords { name: name.clone(), ..StopWords::default() });
        }
        stops.iter_mut().find(|stop| stop.name == name)
    }
}

/// A field was changed: `FIELD` of the lesson, or `FIELD N` of a stop.
pub fn change(page: Page, what: &str, value: String, checked: bool) {
    let lang = page.lang_now();
    let (field, n) = what.split_once(' ').unwrap_or((what, ""));
    let n = n.parse::<usize>().unwrap_or(0);
    edit(page, |draft| match field {
        "name" => {
            draft.name =
                value.to_lowercase().chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').take(40).collect();
        }
        "minutes" => draft.minutes = value.trim().parse().unwrap_or(draft.minutes).clamp(1, 600),
        "title" => draft.words_mut(lang).title = value,
        "goal" => draft.words_mut(lang).goal = value,
        "misconception" => draft.words_mut(lang).misconception = value,
        "stop" => draft.rename(n, &value),
        "transfer" => {
            if let Some(entry) = draft.entries.get_mut(n) {
                entry.transfer = checked;
            }
        }
        "kind" => {
            if let Some(entry) = draft.entries.get_mut(n) {
                entry.stop.ask = asked(&value);
            }
        }
        "fact" => {
            if let Some(entry) = draft.entries.get_mut(n)
                && let Some(Ask::Fact(words)) = &mut entry.stop.ask
                && !value.trim().is_empty()
            {
                *words = value.split_whitespace().collect::<Vec<_>>().join(" ");
            }
        }
        "by" => {
            if let Some(entry) = draft.entries.get_mut(n)
                && let Ok(ms) = value.trim().parse::<u64>()
            {
                entry.stop.by = ms.min(3_600_000).saturating_mul(1_000).max(entry.stop.at);
            }
        }
        _ => {
            if let Some(words) = draft.stop_words(n, lang) {
                match field {
                    "say" => words.say = value,
                    "ask" => words.ask = value,
                    "right" => words.right = value,
                    "wrong" => words.wrong = value,
                    "hint" => words.hint = value,
                    _ => {}
                }
            }
        }
    });
}

/// What a stop asks, as the list of kinds names it.
fn asked(kind: &str) -> Option<Ask> {
    let (kind, what) = kind.split_once(' ')?;
    match kind {
        "fact" => Some(Ask::Fact(what.to_owned())),
        "break" => Some(Ask::Break(what.to_owned())),
        "drop" => Some(Ask::Drop(what.to_owned())),
        _ => None,
    }
}

/// The same the other way.
pub fn kind(ask: Option<&Ask>) -> String {
    match ask {
        None => "say".to_owned(),
        Some(Ask::Fact(words)) => format!("fact {words}"),
        Some(Ask::Break(code)) => format!("break {code}"),
        Some(Ask::Drop(code)) => format!("drop {code}"),
    }
}

/// What the buttons of a stop do.
pub fn act(page: Page, verb: &str, n: usize) {
    match verb {
        "up" if n > 0 => edit(page, |draft| {
            if n < draft.entries.len() {
                draft.entries.swap(n - 1, n);
            }
        }),
        "remove" => edit(page, |draft| {
            if n < draft.entries.len() {
                draft.entries.remove(n);
            }
        }),
        "by-now" => {
            let now = page.look(|run| run.now()).unwrap_or(0);
            edit(page, |draft| {
                if let Some(entry) = draft.entries.get_mut(n) {
                    entry.stop.by = now.max(entry.stop.at);
                }
            });
        }
        _ => {}
    }
}

/// The run at a stop, to look at or to play on from.
pub fn visit(page: Page, n: usize) {
    let entry = DRAFT.with_borrow(|draft| draft.as_ref()?.entries.get(n).cloned());
    let Some(entry) = entry else { return };
    page.dialog.set(crate::ui::page::Dialog::None);
    if page.open(&entry.run, None) {
        page.change(|run| run.seek(entry.stop.at));
        bar(page);
        crate::ui::stage::focus();
    }
}

/// Takes the lesson as a reader would; the draft stays.
pub fn attempt(page: Page) {
    if let Some(source) = ready(page) {
        play::start(page, source, "");
    }
}

/// The draft's files, if they are a lesson.
fn ready(page: Page) -> Option<Source> {
    let lang = page.lang_now();
    let source = DRAFT.with_borrow(|draft| draft.as_ref().map(Draft::source))?;
    let why = match source.lesson("") {
        Ok(lesson) => source::check(&source, &lesson, lang).err(),
        Err(_) if !source.file.contains("\nstop ") => Some(TEACHES.tr(lang, "no-stops").to_owned()),
        Err(error) => Some(source::told(lang, &error)),
    };
    match why {
        None => Some(source),
        Some(why) => {
            complain(why);
            None
        }
    }
}

/// Hands one of the files to the browser.
pub fn export(page: Page, which: &str) {
    let Some(source) = ready(page) else { return };
    complain(String::new());
    let (name, text) = match which {
        "en" => (format!("{}.en.txt", source.name), source.en),
        "zh" => (format!("{}.zh.txt", source.name), source.zh),
        // What is right now is held by the file, so that whoever has it can be told when the core says another thing.
        _ => (
            format!("{}.lesson", source.name),
            source.lesson("").map_or(source.file, |lesson| to_file(&pinned(lesson))),
        ),
    };
    files::save_text(page, &name, "text/plain", &text);
}

/// With what the core says at each stop.
fn pinned(mut lesson: Lesson) -> Lesson {
    for part in &mut lesson.parts {
        let whole = part.clone();
        for stop in &mut part.stops {
            if let Ok(now) = says(&whole, stop) {
                (stop.expect, stop.hash) = now;
            }
        }
    }
    lesson
}
