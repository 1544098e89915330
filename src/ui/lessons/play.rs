//! A lesson that is being taken: at which stop the reader is, and what was answered. The run itself is the page's.

use super::drill::{self, Drill};
use super::row::seek_focus;
use super::source::{self, Source};
use super::{author, keep, list};
use crate::scenes::lesson::{
    self, Answer, Ask, Given, Lesson, LessonWords, Mark, Part, Question, Sheet, Stop, Veiled, mark, question,
};
use crate::scenes::run::{Halt, Run, RunSpec};
use crate::scenes::scene::{Lang, Selection, Stage, Time};
use crate::ui::page::{Dialog, Hold, Page, SPEEDS};
use crate::ui::text::lessons::TEACHES;
use crate::ui::{address, kept, notices, parts, player};
use std::cell::RefCell;

/// How long the way to a stop, or to what shows the answer, takes on the screen.
const ON_SCREEN_S: u64 = 8;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Phase {
    /// What it is about has been said; nothing has been played.
    Intro,
    /// On the way to the stop.
    Coming,
    Asked,
    /// Answered, and on the way to what shows it.
    Showing,
    Told,
    End,
}

pub struct Play {
    pub source: Source,
    pub student: String,
    pub lesson: Lesson,
    /// In this language.
    pub lang: Lang,
    pub words: LessonWords,
    pub question: Question,
    /// Which stop, counted through all parts.
    pub at: usize,
    pub phase: Phase,
    /// What was answered last at this stop; empty for nothing.
    pub chosen: String,
    pub mark: Option<Mark>,
    pub hinted: bool,
    /// It is a question of practise, not of a lesson.
    pub drill: Option<Drill>,
    /// First answers, and whether each was right.
    pub given: Vec<Given>,
    pub passed: Vec<bool>,
}

thread_local! {
    static PLAY: RefCell<Option<Play>> = const { RefCell::new(None) };
}

impl Play {
    pub fn new(source: Source, student: &str, lesson: Lesson, lang: Lang) -> Play {
        let words = source.words(lang, &lesson);
        Play {
            source,
            student: student.to_owned(),
            lesson,
            lang,
            words,
            question: Question::default(),
            at: 0,
            phase: Phase::Intro,
            chosen: String::new(),
            mark: None,
            hinted: false,
            drill: None,
            given: Vec::new(),
            passed: Vec::new(),
        }
    }

    pub fn stops(&self) -> impl Iterator<Item = (&Part, &Stop)> {
        self.lesson.stops()
    }

    pub fn stop(&self) -> Option<(&Part, &Stop)> {
        self.stops().nth(self.at)
    }

    pub fn sheet(&self) -> Sheet {
        Sheet {
            lesson: self.source.name.clone(),
            digest: self.lesson.digest,
            student: self.student.clone(),
            answers: self.given.clone(),
        }
    }

    pub fn first(&self, stop: &str) -> Option<bool> {
        let at = self.given.iter().position(|given| given.stop == stop)?;
        self.passed.get(at).copied()
    }

    /// First answers count.
    pub fn record(&mut self, stop: &str, answer: Answer, passed: bool) {
        if self.first(stop).is_none() {
            self.given.push(Given { stop: stop.to_owned(), answer });
            self.passed.push(passed);
        }
    }

    /// Words and choices in another language.
    fn translate(&mut self, lang: Lang) {
        self.lang = lang;
        self.words = match &self.drill {
            Some(drill) => drill.words(lang),
            None => self.source.words(lang, &self.lesson),
        };
        let asked = self.stop().and_then(|(part, stop)| question(part, stop, lang).ok());
        self.question = asked.unwrap_or_default();
    }

    fn breaks(&self) -> Option<String> {
        match self.stop()?.1.ask.as_ref()? {
            Ask::Break(code) => Some(code.clone()),
            _ => None,
        }
    }

    fn drops(&self) -> bool {
        matches!(self.stop(), Some((_, Stop { ask: Some(Ask::Drop(_)), .. })))
    }
}

pub fn with<R>(f: impl FnOnce(&Play) -> R) -> Option<R> {
    PLAY.with_borrow(|play| play.as_ref().map(f))
}

pub fn set(play: Play) {
    PLAY.set(Some(play));
}

pub fn going() -> bool {
    PLAY.with_borrow(Option::is_some)
}

fn change<R>(f: impl FnOnce(&mut Play) -> R) -> Option<R> {
    PLAY.with_borrow_mut(|play| play.as_mut().map(f))
}

/// The lesson's name; empty if none is taken.
pub fn name() -> String {
    with(|play| play.source.name.clone()).unwrap_or_default()
}

/// Begins a lesson: its scenes come first, then what it is about.
pub fn start(page: Page, source: Source, student: &str) {
    let lesson = match source.lesson(student) {
        Ok(lesson) => lesson,
        Err(error) => return notices::warn(page, source::told(page.lang_now(), &error)),
    };
    let student = student.to_owned();
    parts::with_scenes(page, source::scenes(&lesson), move || {
        begin_with(page, Play::new(source, &student, lesson, page.lang_now()));
    });
}

/// Its scenes are here.
pub fn begin_with(page: Page, play: Play) {
    let again = play.drill.as_ref().is_some_and(|drill| drill.asked > 0);
    if !again {
        address::leave(page);
    }
    let Some(run) = play.stop().map(|(part, _)| part.run.clone()) else { return };
    if !put(page, &run, 0, 0, true) {
        return;
    }
    let drills = play.drill.is_some();
    set(play);
    page.dialog.set(Dialog::None);
    page.drawer.set(false);
    page.unfold();
    if drills {
        return enter(page, 0, true);
    }
    // Now it is known what is asked.
    hold(page, 0, true);
    seek_focus();
    keep::save(page);
}

/// Puts a run on show at a time, with what a lesson hides of it.
pub fn put(page: Page, run: &RunSpec, at: Time, until: Time, asking: bool) -> bool {
    let spec = RunSpec { at: 0, events: 0, hash: 0, opening: String::new(), ..run.clone() };
    if !page.open(&spec, None) {
        return false;
    }
    page.change(|run| run.seek(at));
    // What is asked is what the picture is about, unless that would be the answer (`veil`).
    if let Some(Some(Ask::Fact(words))) = with(|play| play.stop()?.1.ask.clone())
        && let Some(line) = page.look(|run| run.attend(&words)).flatten()
    {
        let lang = page.lang_now();
        page.change(|run| run.command(&line, lang).ok());
    }
    page.select(None);
    hold(page, until, asking);
    true
}

fn hold(page: Page, until: Time, asking: bool) {
    let epoch = page.engine.with(|engine| engine.epoch);
    page.hold.set(Some(Hold { epoch, until, asking, veiled: asking && asked().is_some() }));
    page.sync();
}

/// The question of this stop, from the start until it is answered. Who has to break something sees all.
pub fn asked() -> Option<Ask> {
    with(|play| {
        let open = matches!(play.phase, Phase::Intro | Phase::Coming | Phase::Asked);
        play.stop()?.1.ask.clone().filter(|ask| open && !matches!(ask, Ask::Break(_)))
    })
    .flatten()
}

pub fn veil(run: &dyn Run, stage: &mut Stage, lang: Lang) -> Veiled {
    asked().map_or_else(Veiled::default, |ask| lesson::veil(run, &ask, stage, lang))
}

pub fn begin(page: Page) {
    enter(page, 0, true);
}

/// Goes to a stop: plays to it from the present moment of the same run, or is there at once.
pub fn enter(page: Page, at: usize, played: bool) {
    let now = page.look(|run| run.now()).unwrap_or(0);
    let ours = page.held().is_some();
    let Some(way) = change(|play| {
        let part_of = |play: &Play| play.stop().map(|(part, _)| part.line);
        let before = part_of(play);
        let back = at < play.at;
        (play.at, play.chosen, play.mark, play.hinted) = (at, String::new(), None, false);
        play.phase = Phase::Coming;
        let (part, stop) = play.stop()?;
        let same = ours && before == Some(part.line) && !back;
        let from = if same { now } else { 0 };
        let from = if played && from < stop.at { from } else { stop.at };
        Some((part.run.clone(), from, stop.at))
    }) else {
        return;
    };
    match way {
        Some((run, from, until)) => {
            if !put(page, &run, from, until, true) {
                return;
            }
            if from < until { go(page, from, until) } else { arrive(page) }
        }
        None => finish(page),
    }
    notices::settle(page);
    seek_focus();
    keep::save(page);
}

/// Plays so fast that it takes about [`ON_SCREEN_S`].
fn go(page: Page, from: Time, until: Time) {
    let wanted = until.saturating_sub(from) / 1_000 / ON_SCREEN_S;
    let stop = SPEEDS.iter().position(|speed| u64::from(*speed) >= wanted).unwrap_or(SPEEDS.len() - 1);
    page.set_speed(stop.max(4));
    player::play(page);
}

/// Play has come to where it had to.
pub fn reached(page: Page) {
    match with(|play| play.phase) {
        Some(Phase::Coming) => arrive(page),
        Some(Phase::Showing) => tell(page),
        _ => {}
    }
}

/// The run is at the stop: what is asked is asked.
fn arrive(page: Page) {
    let lang = page.lang_now();
    let Some((ask, at)) = change(|play| {
        play.translate(lang);
        play.phase = Phase::Asked;
        play.stop().map(|(_, stop)| (stop.ask.clone(), stop.at))
    })
    .flatten() else {
        return;
    };
    if ask.is_some() {
        page.halt.set(Some(Halt::Question));
    }
    match ask {
        None => hold(page, at, false),
        Some(Ask::Break(_)) => hold(page, Time::MAX, false),
        Some(_) => hold(page, at, true),
    }
    seek_focus();
}

/// A choice was pressed. A message that is to be dropped is chosen first and dropped then.
pub fn answer(page: Page, n: usize) {
    let Some((value, drops)) = with(|play| {
        let choice = play.question.choices.get(n).filter(|_| play.phase == Phase::Asked)?;
        Some((choice.value.clone(), play.drops()))
    })
    .flatten() else {
        return;
    };
    if drops {
        return page.select(value.parse().ok().map(Selection::Message));
    }
    judge(page, value);
}

/// Drops the message that was chosen.
pub fn confirm(page: Page) {
    let chosen = with(|play| play.chosen.clone()).unwrap_or_default();
    if !chosen.is_empty() {
        judge(page, chosen);
    }
}

fn judge(page: Page, value: String) {
    let lang = page.lang_now();
    let answer = Answer::Value(value.clone());
    let marked = with(|play| {
        let (part, stop) = play.stop().filter(|_| play.phase == Phase::Asked)?;
        Some((mark(part, stop, &answer, lang), stop.name.clone(), stop.at))
    });
    let Some(Some((marked, stop, at))) = marked else { return };
    let marked = match marked {
        Ok(marked) => marked,
        Err(error) => return notices::warn(page, error.0),
    };
    let shows = marked.shows.clone();
    change(|play| {
        if let Some(drill) = &mut play.drill
            && play.given.is_empty()
        {
            drill.asked += 1;
            drill.right += u32::from(marked.passed);
        }
        play.record(&stop, answer, marked.passed);
        (play.chosen, play.phase) = (value, Phase::Showing);
        play.mark = Some(marked);
    });
    if !put(page, &shows, at, shows.at.max(at), true) {
        return;
    }
    if shows.at > at {
        go(page, at, shows.at)
    } else {
        tell(page)
    }
    seek_focus();
    keep::save(page);
}

/// What shows the answer is on the stage.
fn tell(page: Page) {
    let Some(shows) = change(|play| {
        play.phase = Phase::Told;
        play.mark.as_ref().map(|mark| mark.shows.clone())
    })
    .flatten() else {
        return;
    };
    page.change(|run| {
        // Of what happens at this very time only what shows it.
        if shows.events > 0 && run.position().0 != shows.events {
            run.seek_event(shows.events - 1);
        }
    });
    hold(page, shows.at, false);
    seek_focus();
}

/// Goes on without waiting for play.
pub fn skip(page: Page) {
    let limit = page.limit();
    if matches!(with(|play| play.phase), Some(Phase::Coming | Phase::Showing)) && limit < Time::MAX {
        page.seek(limit);
        reached(page);
    }
}

pub fn step(page: Page, forward: bool) {
    let Some((at, phase)) = with(|play| (play.at, play.phase)) else { return };
    if let Some(drill) = with(|play| play.drill.clone()).flatten() {
        return drill::next(page, &drill);
    }
    match (forward, phase) {
        (true, Phase::End) => {}
        (true, _) => enter(page, at + 1, true),
        (false, _) => enter(page, at.saturating_sub(1), false),
    }
}

pub fn hint(page: Page) {
    change(|play| play.hinted = true);
    page.sync();
}

/// The run from this stop, or the whole lesson, once more.
pub fn again(page: Page) {
    match with(|play| (play.phase, play.at, play.source.clone(), play.student.clone())) {
        Some((Phase::End, _, source, student)) => start(page, source, &student),
        Some((_, at, ..)) => enter(page, at, false),
        None => {}
    }
}

/// Back from another run to the lesson's.
pub fn go_on(page: Page) {
    page.dialog.set(Dialog::None);
    let Some((phase, at)) = with(|play| (play.phase, play.at)) else { return };
    if page.held().is_some() {
        return;
    }
    // A lesson's run may be of a scene that was never on show in this tab.
    let names = with(|play| source::scenes(&play.lesson)).unwrap_or_default();
    parts::with_scenes(page, names, move || match phase {
        Phase::Intro => {
            if let Some(run) = with(|play| play.stop().map(|(part, _)| part.run.clone())).flatten() {
                put(page, &run, 0, 0, true);
            }
        }
        _ => enter(page, at, false),
    });
}

/// The lesson's end: the last run is free, and what was right is said.
fn finish(page: Page) {
    let Some(run) = change(|play| {
        play.phase = Phase::End;
        play.lesson.parts.last().map(|part| (part.run.clone(), part.end()))
    })
    .flatten() else {
        return;
    };
    if page.held().is_none() && !put(page, &run.0, run.1, Time::MAX, false) {
        return;
    }
    hold(page, Time::MAX, false);
    page.unfold();
    list::done(page, &name());
}

pub fn leave(page: Page) {
    PLAY.set(None);
    page.hold.set(None);
    keep::forget(page);
    if author::writing() {
        author::bar(page);
    }
    page.sync();
    crate::ui::stage::focus();
}

/// The student number was typed: what is drawn from it is drawn.
pub fn student(page: Page, number: String) {
    let number: String = number.trim().chars().take(40).collect();
    let lang = page.lang_now();
    let drawn = change(|play| {
        if play.phase != Phase::Intro || play.student == number {
            return None;
        }
        let lesson = play.source.lesson(&number).ok()?;
        (play.lesson, play.student) = (lesson, number);
        play.translate(lang);
        play.stop().map(|(part, _)| part.run.clone())
    });
    if let Some(Some(run)) = drawn {
        put(page, &run, 0, 0, true);
        keep::save(page);
    }
}

/// After the panels were drawn: whether the language, the chosen message or the property that has to break have changed.
pub fn look(page: Page) {
    let lang = page.lang_now();
    let ours = page.held().is_some();
    let said = change(|play| {
        let mut changed = play.lang != lang;
        if changed {
            play.translate(lang);
        }
        if ours && play.phase == Phase::Asked && play.drops() {
            let chosen = match page.selection.get() {
                Some(Selection::Message(id)) => id.to_string(),
                _ => String::new(),
            };
            let chosen = play.question.choices.iter().find(|choice| choice.value == chosen);
            let chosen = chosen.map_or_else(String::new, |choice| choice.value.clone());
            changed |= chosen != play.chosen;
            play.chosen = chosen;
        }
        changed
    });
    if said == Some(true) {
        kept::changed();
    }
    if ours {
        broken(page);
    }
}

/// The reader has broken what had to break.
fn broken(page: Page) {
    let code = with(|play| if play.phase == Phase::Asked { play.breaks() } else { None }).flatten();
    let Some(code) = code else { return };
    let lang = page.lang_now();
    let findings = page.look(|run| run.findings(lang)).unwrap_or_default();
    let Some(finding) = findings.into_iter().find(|finding| finding.code == code) else { return };
    let Some(event) = finding.broken_at else { return };
    page.seek_event(event);
    let Some(run) = page.look(|run| run.spec()) else { return };
    let answer = Answer::Run(run);
    let marked = with(|play| {
        let (part, stop) = play.stop()?;
        Some((mark(part, stop, &answer, lang), stop.name.clone()))
    });
    let Some(Some((marked, stop))) = marked else { return };
    change(|play| {
        play.phase = Phase::Told;
        if let Ok(marked) = &marked {
            play.record(&stop, answer, marked.passed);
        }
    });
    match marked {
        Ok(marked) => change(|play| play.mark = Some(marked)).unwrap_or_default(),
        Err(error) => notices::warn(page, error.0),
    }
    notices::say(page, TEACHES.say(lang, "broke-it", &[&code, &finding.words]));
    page.unfold();
    seek_focus();
    keep::save(page);
}
