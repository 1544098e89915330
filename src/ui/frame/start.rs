//! Opens the run that the query asks for. What cannot be is said, and what is usual is taken.

use super::{GIVEN, complain, complaint, given, talk, watch};
use crate::embed::message::{Code, Out};
use crate::embed::params::{Complaint, Params};
use crate::scenes::parts::FIRST_SCENE;
use crate::scenes::run::{Run, RunSpec};
use crate::scenes::{self, OpenError};
use crate::ui::openings::{self, State};
use crate::ui::page::{Page, SPEEDS};
use crate::ui::text::frame::FRAMES;
use crate::ui::{address, app};
use std::cell::RefCell;

/// The moment that play begins at: `reset` and the end of a loop come back to it.
#[derive(Clone)]
struct First {
    spec: RunSpec,
    opening: Option<State>,
}

thread_local! {
    static FIRST: RefCell<Option<First>> = const { RefCell::new(None) };
}

/// Whether there is a lesson of this name: the part `lessons` opens it.
fn is_lesson(name: &str) -> bool {
    crate::scenes::lesson::find(name).is_some()
}

pub fn open(page: Page, opened: bool) {
    let params = given(Params::clone);
    if !opened {
        run(page, &params);
    }
    if let Some(speed) = params.speed {
        page.set_speed(stop(speed));
    }
    remember(page);
    let poster = params.poster.filter(|_| !opened);
    if let Some(step) = poster {
        go_to(page, step);
    }
    let complaints = GIVEN.with_borrow_mut(|given| std::mem::take(&mut given.complaints));
    for about in &complaints {
        let words = complaint(page.lang_now(), about);
        talk::send(&Out::Error { code: Code::BadParameter, message: words.clone() });
        complain(page, words);
    }
    watch::install(page, poster.is_some());
    if page.look(|_| ()).is_some() {
        on_show(page);
    } else {
        // A lesson brings its run later.
        watch::wait_for_run();
    }
}

/// The run is there: whoever hosts the frame may talk to it.
pub fn on_show(page: Page) {
    talk::ready(page, None);
    if page.asking() {
        talk::send(&Out::Event { kind: "question", property: None });
    }
}

/// What play begins at from now on.
pub fn remember(page: Page) {
    let spec = page.look(|run| run.spec());
    FIRST.set(spec.map(|spec| First { spec, opening: page.opening.get() }));
}

/// Back to the moment that play begins at; then it is told.
pub fn again(page: Page, told: impl FnOnce() + 'static) {
    match FIRST.with_borrow(Clone::clone) {
        Some(first) => page.bring(first.spec, first.opening, |_| told()),
        None => told(),
    }
}

/// Moves the run to where play begins, if it is still the one that was opened: play goes on.
pub fn from_poster(page: Page) {
    let Some(first) = FIRST.with_borrow(Clone::clone) else { return };
    page.change(|run| to_step(run, first.spec.events));
    page.sync();
}

/// The stop of the slider that is nearest to a speed.
pub fn stop(speed: u32) -> usize {
    // By what has to be multiplied, not by what has to be added.
    let far = |of: u32| (f64::from(of) / f64::from(speed.max(1))).max(f64::from(speed) / f64::from(of));
    (0..SPEEDS.len()).min_by(|a, b| far(SPEEDS[*a]).total_cmp(&far(SPEEDS[*b]))).unwrap_or(0)
}

/// To the moment with so many events before it, as near as the run comes.
pub fn to_step(run: &mut dyn Run, step: u32) {
    let known = run.position().1;
    match step.min(known).checked_sub(1) {
        Some(event) => run.seek_event(event),
        None => run.seek(0),
    }
    while run.position().0 < step && run.step_forward() {}
    while run.position().0 > step && run.step_back() {}
}

pub fn go_to(page: Page, step: u32) {
    page.playing.set(false);
    page.halt.set(None);
    page.change(|run| to_step(run, step));
    page.sync();
    address::publish(page);
}

fn run(page: Page, params: &Params) {
    let lang = page.lang_now();
    let add = |about: Complaint| GIVEN.with_borrow_mut(|given| given.complaints.push(about));
    if let Some(lesson) = &params.lesson {
        if is_lesson(lesson) {
            return;
        }
        add(Complaint::new("lesson", lesson));
    }
    let scene = params.sim.unwrap_or(FIRST_SCENE);
    if let Some((name, take)) = &params.scenario {
        let all = scenes::openings(scene, lang);
        let found = all.iter().position(|opening| opening.name == name);
        match found.filter(|n| *take < all[*n].takes.len().max(1)) {
            Some(n) => return scenario(page, scene, n, (name, *take), params),
            None => add(Complaint::new("scenario", &format!("{name}/{take}"))),
        }
    }
    let plain = params.recipe.is_some() || !params.mistakes.is_empty() || params.seed.is_some();
    if plain || params.step.is_some() || params.poster.is_some() {
        if plain_run(page, scene, params) {
            page.unfold();
            if let Some(step) = params.step {
                step_asked(page, step);
            }
        }
    } else if params.sim.is_some() || page.embedded {
        app::first_run(page, scene);
        if !page.embedded {
            page.unfold();
        }
    } else {
        app::first_run(page, FIRST_SCENE);
    }
}

/// An opening or story of the scene: at its question, or, where a step is asked for, at that moment of it.
fn scenario(page: Page, scene: &str, n: usize, (name, take): (&str, usize), params: &Params) {
    let of_its_own = [
        ("recipe", params.recipe.clone().unwrap_or_default()),
        ("mistakes", params.mistakes.join(",")),
        ("seed", params.seed.map_or_else(String::new, |seed| seed.to_string())),
    ];
    for (key, value) in of_its_own.iter().filter(|(_, value)| !value.is_empty()) {
        complain(page, FRAMES.say(page.lang_now(), "not-with", &[key, value]));
    }
    openings::begin(page, scene, n, take);
    page.unfold();
    if let Some(step) = params.step {
        let spec = scenes::opening_spec(scene, name, take);
        page.opening.set(State::of(&spec, page.lang_now()));
        step_asked(page, step);
    }
}

/// A run of the scene as it is, with recipe, mistakes and seed. If they do not go together, the plain one with the seed.
fn plain_run(page: Page, scene: &str, params: &Params) -> bool {
    let usual = scenes::default_spec(scene);
    let seed = params.seed.unwrap_or(usual.seed);
    let recipe = params.recipe.clone().unwrap_or_else(|| usual.recipe.clone());
    let wanted = RunSpec { recipe, mistakes: params.mistakes.clone(), seed, ..usual.clone() };
    match scenes::open(&wanted, page.lang_now()) {
        Ok(run) => {
            page.replace(run, None);
            true
        }
        Err(OpenError(why)) => {
            talk::send(&Out::Error { code: Code::BadParameter, message: why.clone() });
            complain(page, why);
            page.open(&RunSpec { seed, ..usual }, None)
        }
    }
}

fn step_asked(page: Page, step: u32) {
    go_to(page, step);
    let reached = page.look(|run| run.position().0).unwrap_or(0);
    if reached != step {
        complain(page, FRAMES.say(page.lang_now(), "too-far", &[&step.to_string(), &reached.to_string()]));
    }
}
