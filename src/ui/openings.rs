//! The questions a scene opens with: asked first, then played, then marked by the core. And its stories, which are told:
//! a sentence before, the run, a sentence after.

use super::page::{Page, SPEEDS};
use super::{dom, html, parts, player};
use crate::scenes;
use crate::scenes::run::{Halt, RunSpec};
use crate::scenes::scene::{Lang, Opening, Outcome, Time};
use gloo_timers::callback::Timeout;
use std::cell::{Cell, RefCell};

/// A question's run is given up on after this much virtual time.
const LONGEST: Time = 120_000_000;
/// How long the played part should take on screen.
const ON_SCREEN_S: u64 = 9;

/// Where the reader is in an opening.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct State {
    /// Which opening of the scene, and which of its runs.
    pub opening: usize,
    pub take: usize,
    /// The answer that was chosen.
    pub answer: Option<usize>,
    pub told: bool,
    /// It has no answers to choose from: nothing is hidden.
    pub story: bool,
}

impl State {
    /// Neither properties nor the future may be seen.
    pub fn asking(&self) -> bool {
        !self.told && !self.story
    }

    /// The opening that a run is a take of.
    pub fn of(spec: &RunSpec, lang: Lang) -> Option<State> {
        let (name, take) = spec.opening.split_once('/')?;
        let all = scenes::openings(&spec.scene, lang);
        let opening = all.iter().position(|opening| opening.name == name)?;
        // Whoever opens a link to a moment of it has seen the question, or was meant to see this moment.
        Some(State {
            opening,
            take: take.parse().ok()?,
            answer: None,
            told: true,
            story: all[opening].answers.is_empty(),
        })
    }
}

/// Opens a take of an opening at the moment of its question. False if there is none.
pub fn begin(page: Page, scene: &str, opening: usize, take: usize) -> bool {
    let lang = page.lang_now();
    let openings = scenes::openings(scene, lang);
    let Some(about) = openings.get(opening) else { return false };
    let prepared = PREPARED.take().filter(|(of, _)| (of.as_str(), 0, 0) == (scene, opening, take));
    let spec = prepared.map_or_else(|| scenes::opening_spec(scene, about.name, take), |(_, spec)| spec);
    let story = about.answers.is_empty();
    let state = State { opening, take, answer: None, told: false, story };
    if !page.open(&spec, Some(state)) {
        return false;
    }
    let asked_at = page.change(|run| {
        // What a story tells is not shown before it is played.
        if story {
            return Some(0);
        }
        for _ in 0..64 {
            match run.advance(LONGEST) {
                Some(Halt::Question) => return Some(run.now()),
                // A break before the question is part of its story.
                Some(Halt::Broken { .. }) => {}
                Some(Halt::End) | None => break,
            }
        }
        run.seek(0);
        None
    });
    if let Some(asked) = asked_at.flatten() {
        pace_soon(page, asked, spec);
    }
    page.sync();
    true
}

thread_local! {
    /// The run of a scene's first opening, which was found in a task before the one that opens it.
    static PREPARED: RefCell<Option<(String, RunSpec)>> = const { RefCell::new(None) };
    /// Grows whenever a speed is chosen.
    static CHOSEN: Cell<u32> = const { Cell::new(0) };
}

/// Finds the run of a scene's first opening: the script that makes it is played for that.
pub fn prepare(page: Page, scene: &str) {
    let first =
        scenes::openings(scene, page.lang_now()).first().map(|about| scenes::opening_spec(scene, about.name, 0));
    PREPARED.set(first.map(|spec| (scene.to_owned(), spec)));
}

/// Somebody has chosen a speed: no other is chosen for them.
pub fn speed_chosen() {
    CHOSEN.set(CHOSEN.get() + 1);
}

/// Chooses the speed in a task of its own: to know how long the run is it has to be played to its end.
fn pace_soon(page: Page, asked: Time, spec: RunSpec) {
    let (epoch, chosen) = (page.stamp().0, CHOSEN.get());
    Timeout::new(0, move || {
        if page.stamp().0 == epoch
            && CHOSEN.get() == chosen
            && let Ok(mut probe) = scenes::open(&spec, page.lang_now())
        {
            set_pace(page, asked, ending(&mut *probe));
        }
    })
    .forget();
}

/// When a run of an opening ends.
fn ending(run: &mut dyn scenes::run::Run) -> Time {
    for _ in 0..64 {
        match run.advance(LONGEST) {
            Some(Halt::End) | None => break,
            Some(_) => {}
        }
    }
    run.now()
}

/// Chooses the speed at which the rest takes about [`ON_SCREEN_S`] seconds.
fn set_pace(page: Page, asked: Time, ends: Time) {
    let wanted = ends.saturating_sub(asked) / 1_000 / ON_SCREEN_S;
    let stop = SPEEDS.iter().position(|speed| u64::from(*speed) >= wanted).unwrap_or(SPEEDS.len() - 1);
    page.speed.set(stop.clamp(4, 9));
}

/// Play was pressed: from here on the run goes to the end of its story.
pub fn playing(page: Page) {
    if page.drawer.get() {
        page.drawer.set(false);
    }
}

/// Play halted by itself.
pub fn halted(page: Page, halt: &Halt) {
    if *halt == Halt::End {
        keep_focus();
        page.opening.update(|opening| {
            if let Some(opening) = opening {
                opening.told = true;
            }
        });
        page.unfold();
    }
}

/// What was pressed to get here can be pressed no longer: a keyboard goes on where the row does.
fn keep_focus() {
    let find = |selector: &str| dom::document().and_then(|d| d.query_selector(selector).ok().flatten());
    if find(".answers :focus-visible").is_some() {
        let on = move || find(".takes .now").iter().for_each(dom::focus);
        gloo_timers::callback::Timeout::new(0, on).forget();
    }
}

/// How it ended, in one line for who cannot see it.
pub fn verdict(page: Page) -> Option<String> {
    let State { opening, take, answer, told: true, .. } = page.opening.get()? else { return None };
    let (scene, lang) = (page.scene.get(), page.lang_now());
    let openings = scenes::openings(&scene, lang);
    let outcome = scenes::outcome(&scene, openings.get(opening)?.name, take, lang)?;
    let marked = answer.map(|answer| page.tr(if answer == outcome.right { "right" } else { "wrong" }));
    Some([marked.unwrap_or_default(), &outcome.why].join(" ").trim().to_owned())
}

/// The reader leaves the questions and takes the run as it is.
pub fn leave(page: Page) {
    page.opening.set(None);
    page.unfold();
    page.sync();
    // The button that was pressed goes away.
    super::stage::focus();
}

pub fn answer(page: Page, n: usize) {
    page.opening.update(|opening| {
        if let Some(opening) = opening {
            opening.answer = Some(n);
        }
    });
    player::play(page);
}

/// Goes to another question of the scene, or to another run of this one.
pub fn go(page: Page, opening: Option<usize>, take: usize) {
    let now = page.opening.get().map_or(0, |state| state.opening);
    begin(page, &page.scene.get(), opening.unwrap_or(now), take);
}

/// The row over the sentence: the question, or how it ended. Empty while there is none.
pub fn panel(page: Page) -> String {
    if let Some(row) = parts::lessons().and_then(|lessons| (lessons.row)(page)) {
        return row;
    }
    let Some(state) = page.opening.get() else { return String::new() };
    let (scene, lang) = (page.scene.get(), page.lang_now());
    let openings = scenes::openings(&scene, lang);
    let Some(about) = openings.get(state.opening) else { return String::new() };
    let outcome = if state.told { scenes::outcome(&scene, about.name, state.take, lang) } else { None };
    let mut out = format!("<div class=\"opening-tabs\" role=\"group\" aria-label=\"{}\">", page.tr("questions"));
    // A story has no tab of its own: the one that is told stands behind the questions.
    for (n, opening) in openings.iter().enumerate() {
        if opening.answers.is_empty() && n != state.opening {
            continue;
        }
        out += &html::choice("opening-tab", &format!("opening {n}"), &opening.title, n == state.opening);
    }
    out += &format!(
        "</div><div class=\"opening-body\"><h2 class=\"question\">{}</h2><div class=\"answers\">{}</div></div>",
        html::text(&about.question),
        answers(page, about, state, outcome.as_ref())
    );
    if let Some(outcome) = &outcome {
        out += &told(page, about, state, outcome);
    }
    out + &html::button("quiet opening-leave", "leave", page.tr("explore"))
}

fn answers(page: Page, about: &Opening, state: State, outcome: Option<&Outcome>) -> String {
    let mut out = String::new();
    for (n, words) in about.answers.iter().enumerate() {
        let chosen = state.answer == Some(n);
        let (class, said) = match outcome {
            Some(outcome) if outcome.right == n => ("answer is-right", page.tr("right")),
            Some(_) if chosen => ("answer is-wrong", page.tr("wrong")),
            _ => ("answer", ""),
        };
        let verdict = if said.is_empty() { String::new() } else { format!("<span class=\"verdict\">{said}</span>") };
        out += &format!(
            "<button type=\"button\" class=\"{class}\" data-act=\"answer {n}\" aria-pressed=\"{chosen}\"{}>{}{verdict}</button>",
            if state.told { " disabled" } else { "" },
            html::text(words)
        );
    }
    if state.story && !state.told && about.takes.len() > 1 {
        out += &takes(page, about, state);
    }
    if !state.told {
        let words = if page.playing.get() { page.tr("pause") } else { page.tr("play") };
        out += &html::button("primary", "play", words);
    }
    out
}

/// The core's verdict, and the runs that vary it.
fn told(page: Page, about: &Opening, state: State, outcome: &Outcome) -> String {
    let why = html::text(&outcome.why);
    format!(
        "<div class=\"told\"><p class=\"why\">{why}</p><div class=\"takes\">{}</div></div>",
        takes(page, about, state)
    )
}

fn takes(page: Page, about: &Opening, state: State) -> String {
    let mut out = String::new();
    for (n, words) in about.takes.iter().enumerate() {
        let now = n == state.take;
        // The label of the first take says what starts it, which here has already been done.
        let words = match n {
            // The takes of a story are beside each other, and each is what its label says.
            _ if state.story && about.takes.len() > 1 => words,
            _ if now => page.tr("again"),
            0 => page.tr("plain-take"),
            _ => words,
        };
        if now && state.story && !state.told {
            // It is the one that Play plays.
            let words = html::text(words);
            out +=
                &format!("<button type=\"button\" class=\"take now\" aria-pressed=\"true\" disabled>{words}</button>");
            continue;
        }
        out += &html::button(if now { "take now" } else { "take" }, &format!("take {n}"), words);
    }
    out
}
