//! What is known of crashes: a matrix fills as the reader's runs go to their ends, and all that is missing can be tried
//! at once. Kept for as long as the page lives.

use crate::scenes;
use crate::scenes::crashes::Trial;
use crate::scenes::link;
use crate::scenes::run::{Command, Run, RunSpec};
use crate::scenes::twin::Other;
use crate::ui::page::{Dialog, Page};
use crate::ui::{dom, kept, player};
use gloo_timers::callback::Timeout;
use std::cell::RefCell;
use std::sync::atomic::Ordering;

/// A task ends after this long; what it has begun by then takes a few milliseconds more.
const SLICE_MS: f64 = 4.0;
/// How often the matrix is drawn while all of it is tried.
const DRAW_MS: f64 = 100.0;
/// A run is played on in pieces of so much virtual time, in µs, and given up after so many of them.
const PIECE: u64 = 1_000_000;
pub const PIECES: u32 = 300;
/// Matrices that are remembered: one a recipe and its options.
const MOST: usize = 32;
/// The stop of the speed slider at which a crash and what follows take some seconds.
const SPEED: usize = 8;

/// A cell that is filled.
#[derive(Clone)]
pub enum Known {
    Ended {
        trial: Trial,
        /// The fragments of the run at its start, alone and beside the same crash of the other kind; none where the run is
        /// too long for a link.
        run: Option<String>,
        beside: Option<String>,
    },
    /// That moment does not come up.
    Missing,
    /// Nothing was decided within [`PIECES`] seconds.
    Open,
}

/// Which cell: row, column, whether power is lost.
pub type Place = (usize, usize, bool);

#[derive(Default)]
struct Book {
    key: u64,
    cells: Vec<(Place, Known)>,
}

/// All that is missing is being tried.
struct Filling {
    key: u64,
    places: Vec<Place>,
    at: usize,
    /// The run of the present cell, and how many pieces of it are played.
    under_way: Option<(Box<dyn Run>, u32)>,
    drawn: f64,
}

#[derive(Default)]
struct State {
    books: Vec<Book>,
    /// The matrix of power cuts is shown, not the one of killed processes.
    power: bool,
    filling: Option<Filling>,
    /// The run whose trial was looked at last, and what it was.
    seen: Option<(u64, Trial)>,
}

thread_local! {
    static STATE: RefCell<State> = RefCell::default();
}

impl State {
    fn book(&mut self, key: u64) -> &mut Book {
        let at = self.books.iter().position(|book| book.key == key).unwrap_or_else(|| {
            if self.books.len() == MOST {
                self.books.remove(0);
            }
            self.books.push(Book { key, cells: Vec::new() });
            self.books.len() - 1
        });
        &mut self.books[at]
    }
}

impl Book {
    fn put(&mut self, place: Place, known: Known) {
        match self.cells.iter_mut().find(|(at, _)| *at == place) {
            Some((_, cell)) => *cell = known,
            None => self.cells.push((place, known)),
        }
    }
}

/// What is known of the matrix with this key.
pub fn known(key: u64) -> Vec<(Place, Known)> {
    STATE.with_borrow(|state| state.books.iter().find(|book| book.key == key).map_or(Vec::new(), |b| b.cells.clone()))
}

pub fn power() -> bool {
    STATE.with_borrow(|state| state.power)
}

/// How many are being tried, and at which it is.
pub fn filling() -> Option<(usize, usize)> {
    STATE.with_borrow(|state| state.filling.as_ref().map(|filling| (filling.at, filling.places.len())))
}

/// Takes the crash of the run on show into its matrix, once it has come to its end.
pub fn look(page: Page) {
    let epoch = page.stamp().0;
    let Some((trial, key)) = page.look(|run| Some((run.trial()?, run.crashes_key()))).flatten() else { return };
    if !trial.alone || trial.ended.is_none() {
        return;
    }
    let seen = Some((epoch, trial));
    if STATE.with_borrow(|state| state.seen == seen) {
        return;
    }
    let Some((_, trial)) = seen.clone() else { return };
    let filled = page.look(|run| ended(run, &trial));
    STATE.with_borrow_mut(|state| {
        state.seen = seen;
        state.power = trial.power;
        if let Some(filled) = filled {
            state.book(key).put((trial.row, trial.column, trial.power), filled);
        }
    });
    kept::changed();
}

fn ended(run: &dyn Run, trial: &Trial) -> Known {
    let spec = from_its_start(run);
    let beside = Other::Outage { power: !trial.power }.line();
    let mut two = spec.clone();
    let time = two.commands.last().map_or(0, |last| last.time);
    two.commands.push(Command { time, nth: 0, line: beside });
    Known::Ended { trial: trial.clone(), run: link::encode(&spec).ok(), beside: link::encode(&two).ok() }
}

/// The run right after its first event: what follows is among its commands.
fn from_its_start(run: &dyn Run) -> RunSpec {
    let first = run.events(0, 1, crate::scenes::scene::Lang::En).first().map_or(0, |event| event.time);
    let mut spec = run.spec();
    spec.commands.retain(|command| !command.line.starts_with("compare"));
    RunSpec { at: first, events: 1, hash: 0, opening: String::new(), ..spec }
}

/// `way power`, `try ROW COLUMN`, `all`, `stop`, `clear`, `shown FRAGMENT`.
pub fn click(page: Page, what: &str) {
    let words: Vec<&str> = what.split(' ').collect();
    match words[..] {
        ["way", way] => STATE.with_borrow_mut(|state| state.power = way == "power"),
        ["try", row, column] => {
            if let (Ok(row), Ok(column)) = (row.parse(), column.parse()) {
                attempt(page, row, column);
            }
        }
        ["all"] => begin(page),
        ["clear"] => {
            let key = page.look(|run| run.crashes_key());
            STATE.with_borrow_mut(|state| state.books.retain(|book| Some(book.key) != key));
        }
        ["stop"] => STATE.with_borrow_mut(|state| state.filling = None),
        // That run is on show already, at this very moment: the browser does not go anywhere.
        ["shown", run] if is_shown(page, run) => super::leave_dialog(page),
        _ => {}
    }
    kept::changed();
}

/// Whether this is the run on show and its present moment. The link claims no hash.
fn is_shown(page: Page, run: &str) -> bool {
    let bare = |spec: RunSpec| RunSpec { hash: 0, opening: String::new(), ..spec };
    let here = page.look(|run| bare(run.spec()));
    link::decode(run).ok().map(bare) == here
}

/// Brings the crash of a cell onto the stage: what follows is the reader's to play.
fn attempt(page: Page, row: usize, column: usize) {
    let power = power();
    let Some((key, spec)) = page.look(|run| (run.crashes_key(), run.attempt(row, column, power))) else { return };
    match spec {
        Some(spec) => {
            if page.open(&spec, None) {
                page.unfold();
                page.drawer.set(false);
                page.set_speed(SPEED);
                super::leave_dialog(page);
            }
        }
        None => STATE.with_borrow_mut(|state| state.book(key).put((row, column, power), Known::Missing)),
    }
}

/// Begins to try all that is missing, first of the kind that is shown.
fn begin(page: Page) {
    let shown = power();
    let Some(found) = page.look(|run| Some((run.crashes_key(), run.crashes(page.lang_now())?))).flatten() else {
        return;
    };
    let (key, matrix) = found;
    let known = known(key);
    let all = [shown, !shown].into_iter();
    let all = all.flat_map(|power| matrix.cells_to_try().map(move |(row, column)| (row, column, power)));
    let places = all.filter(|place| !known.iter().any(|(at, _)| at == place)).collect();
    let filling = Filling { key, places, at: 0, under_way: None, drawn: 0.0 };
    STATE.with_borrow_mut(|state| state.filling = Some(filling));
    schedule(page);
}

/// A slice soon, in a task of its own: what the reader does comes between.
fn schedule(page: Page) {
    Timeout::new(0, move || turn(page)).forget();
}

fn turn(page: Page) {
    let seen = page.dialog.get() == Dialog::Matrix && !player::DEAD.load(Ordering::Relaxed);
    let (mut more, mut draw) = (false, true);
    STATE.with_borrow_mut(|state| {
        let Some(mut filling) = state.filling.take().filter(|_| seen) else { return };
        let end = dom::screen_ms() + SLICE_MS;
        while filling.at < filling.places.len() && dom::screen_ms() < end {
            if let Some(known) = filling.go_on(page) {
                let place = filling.places[filling.at];
                state.book(filling.key).put(place, known);
                filling.at += 1;
            }
        }
        more = filling.at < filling.places.len();
        let now = dom::screen_ms();
        draw = !more || now - filling.drawn > DRAW_MS;
        if more {
            filling.drawn = if draw { now } else { filling.drawn };
            state.filling = Some(filling);
        }
    });
    match more {
        true if draw => super::draw_dialog(page),
        true => {}
        false => kept::changed(),
    }
    if more {
        schedule(page);
    }
}

impl Filling {
    /// Builds the run of the present cell, or plays it a piece further; what is known of it then.
    fn go_on(&mut self, page: Page) -> Option<Known> {
        let Some((run, pieces)) = &mut self.under_way else {
            let (row, column, power) = self.places[self.at];
            let spec = page.look(|run| run.attempt(row, column, power)).flatten();
            match spec.and_then(|spec| scenes::open(&spec, page.lang_now()).ok()) {
                Some(run) => self.under_way = Some((run, 0)),
                None => return Some(Known::Missing),
            }
            return None;
        };
        *pieces += 1;
        run.seek(run.now() + PIECE);
        let trial = run.trial().filter(|trial| trial.ended.is_some());
        let known = match trial {
            Some(trial) => ended(&**run, &trial),
            None if *pieces < PIECES => return None,
            None => Known::Open,
        };
        self.under_way = None;
        Some(known)
    }
}
