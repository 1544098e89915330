//! The questions a scene opens with: asked first, then played, then marked by the core.

use super::page::{Page, SPEEDS};
use super::player;
use crate::scenes;
use crate::scenes::run::{Halt, RunSpec};
use crate::scenes::scene::{Lang, Opening, Outcome, Time};
use leptos::prelude::*;

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
}

impl State {
    /// Neither properties nor the future may be seen.
    pub fn asking(&self) -> bool {
        !self.told
    }

    /// The opening that a run is a take of.
    pub fn of(spec: &RunSpec, lang: Lang) -> Option<State> {
        let (name, take) = spec.opening.split_once('/')?;
        let opening = scenes::openings(&spec.scene, lang).iter().position(|opening| opening.name == name)?;
        // Whoever opens a link to a moment of it has seen the question, or was meant to see this moment.
        Some(State { opening, take: take.parse().ok()?, answer: None, told: true })
    }
}

/// Opens a take of an opening at the moment of its question. False if there is none.
pub fn begin(page: Page, scene: &str, opening: usize, take: usize) -> bool {
    let lang = page.lang_now();
    let openings = scenes::openings(scene, lang);
    let Some(about) = openings.get(opening) else { return false };
    let spec = scenes::opening_spec(scene, about.name, take);
    let state = State { opening, take, answer: None, told: false };
    if !page.open(&spec, Some(state)) {
        return false;
    }
    let asked_at = page.change(|run| {
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
    if let Some(asked) = asked_at.flatten()
        && let Ok(mut probe) = scenes::open(&spec, lang)
    {
        set_pace(page, asked, ending(&mut *probe));
    }
    page.sync();
    true
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
    page.set_speed(stop.clamp(4, 9));
}

/// Play was pressed: from here on the run goes to the end of its story.
pub fn playing(page: Page) {
    if page.drawer.get_untracked() {
        page.drawer.set(false);
    }
}

/// Play halted by itself.
pub fn halted(page: Page, halt: &Halt) {
    if *halt == Halt::End {
        page.opening.update(|opening| {
            if let Some(opening) = opening {
                opening.told = true;
            }
        });
        page.unfolded.set(true);
    }
}

/// The reader leaves the questions and takes the run as it is.
fn leave(page: Page) {
    page.opening.set(None);
    page.unfolded.set(true);
    page.sync();
}

fn answer(page: Page, n: usize) {
    page.opening.update(|opening| {
        if let Some(opening) = opening {
            opening.answer = Some(n);
        }
    });
    player::play(page);
}

/// The row over the sentence: the question, or how it ended.
pub fn row(page: Page) -> impl IntoView {
    move || {
        let state = page.opening.get()?;
        let scene = page.scene.get();
        let lang = page.lang.get();
        let openings = scenes::openings(&scene, lang);
        let about = openings.get(state.opening)?.clone();
        let outcome = if state.told { scenes::outcome(&scene, about.name, state.take, lang) } else { None };
        let mark = match (&outcome, state.answer) {
            (Some(outcome), Some(answer)) if answer == outcome.right => "said-right",
            (Some(_), Some(_)) => "said-wrong",
            _ => "unsaid",
        };
        Some(view! {
            <section class=format!("opening {mark}") aria-label=page.tr("question")>
                <div class="opening-tabs" role="group" aria-label=page.tr("questions")>
                    {tabs(page, &scene, &openings, state)}
                </div>
                <div class="opening-body">
                    <h2 class="question">{about.question.clone()}</h2>
                    <div class="answers">{answers(page, &about, state, outcome.as_ref())}</div>
                </div>
                {outcome.as_ref().map(|outcome| told(page, &about, state, outcome))}
                <button class="quiet opening-leave" on:click=move |_| leave(page)>{page.tr("explore")}</button>
            </section>
        })
    }
}

fn tabs(page: Page, scene: &str, openings: &[Opening], state: State) -> Vec<AnyView> {
    let one = |(n, opening): (usize, &Opening)| {
        let scene = scene.to_string();
        view! {
            <button
                class="opening-tab"
                aria-pressed=(n == state.opening).to_string()
                on:click=move |_| { begin(page, &scene, n, 0); }
            >
                {opening.title.clone()}
            </button>
        }
        .into_any()
    };
    openings.iter().enumerate().map(one).collect()
}

fn answers(page: Page, about: &Opening, state: State, outcome: Option<&Outcome>) -> Vec<AnyView> {
    let mut out: Vec<AnyView> = Vec::new();
    for (n, words) in about.answers.iter().enumerate() {
        let chosen = state.answer == Some(n);
        let mut class = String::from("answer");
        let mut said = "";
        if let Some(outcome) = outcome {
            if outcome.right == n {
                class.push_str(" is-right");
                said = page.tr("right");
            } else if chosen {
                class.push_str(" is-wrong");
                said = page.tr("wrong");
            }
        }
        out.push(
            view! {
                <button
                    class=class
                    aria-pressed=chosen.to_string()
                    disabled=state.told
                    on:click=move |_| answer(page, n)
                >
                    {words.clone()}
                    {(!said.is_empty()).then(|| view! { <span class="verdict">{said}</span> })}
                </button>
            }
            .into_any(),
        );
    }
    if !state.told {
        out.push(
            view! {
                <button class="primary" on:click=move |_| player::play(page)>{page.tr("play")}</button>
            }
            .into_any(),
        );
    }
    out
}

/// The core's verdict, and the runs that vary it.
fn told(page: Page, about: &Opening, state: State, outcome: &Outcome) -> AnyView {
    let scene = page.scene.get_untracked();
    let opening = state.opening;
    let takes = about.takes.iter().enumerate().map(|(n, words)| {
        let scene = scene.clone();
        let class = if n == state.take { "take now" } else { "take" };
        view! {
            <button class=class aria-pressed=(n == state.take).to_string() on:click=move |_| {
                begin(page, &scene, opening, n);
            }>{words.clone()}</button>
        }
    });
    let takes: Vec<_> = takes.collect();
    view! {
        <div class="told">
            <p class="why">{outcome.why.clone()}</p>
            <div class="takes">{takes}</div>
        </div>
    }
    .into_any()
}
