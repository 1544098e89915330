//! Searches that the page runs: in slices that leave it time to draw and to listen.
//!
//! All of this is one part of the page, fetched when a search is first asked for. The rest knows it through [`SEARCHING`].

mod table;
#[allow(dead_code)]
pub mod worker;

use super::page::{Dialog, Page};
use super::{address, dom, kept, morph, parts, player};
use crate::scenes::link;
use crate::scenes::searching::asking::{Asked, Asks};
use crate::scenes::searching::table::{self as worlds, MOST_STATES, Table};
use crate::scenes::searching::{Answer, Verdict};
use gloo_timers::callback::Timeout;
use std::cell::RefCell;
use std::sync::atomic::Ordering;

/// A slice ends after this long; what it has begun by then takes a millisecond or two more.
const SLICE_MS: f64 = 4.0;
/// States expanded between two looks at the clock.
const AT_ONCE: u32 = 8;
/// How often the numbers of a search under way are drawn.
const DRAW_MS: f64 = 150.0;

/// What the rest of the page asks of this part.
pub struct Searching {
    /// Shows the table of the scene on show, and goes on with it.
    pub open: fn(Page),
    pub panel: fn(Page) -> String,
    /// Stops the search, goes on with it, or shows a run.
    pub click: fn(Page, &str),
}

pub static SEARCHING: Searching = Searching { open, panel: table::panel, click };

/// What is known of a cell.
enum Cell {
    Waiting,
    /// It cannot break under this assumption.
    Moot,
    Holds(u64),
    /// After so many steps; the fragment of the run, or none where it is too long for a link.
    Fails(u32, Option<String>),
    GivenUp(u64),
    /// It could not be searched, and why.
    Wrong(String),
}

/// A table as far as it is searched: kept for as long as the page lives.
struct Work {
    table: &'static Table,
    /// What searches in its scene.
    asks: &'static dyn Asks,
    /// In the order in which they are searched; those at the end may be missing.
    cells: Vec<Cell>,
    /// The search of the first cell that is missing.
    asked: Option<Box<dyn Asked>>,
    running: bool,
    /// A slice is on its way.
    due: bool,
    drawn: f64,
}

thread_local! {
    static WORK: RefCell<Option<Work>> = const { RefCell::new(None) };
}

impl Work {
    fn new(table: &'static Table, asks: &'static dyn Asks) -> Self {
        Work { table, asks, cells: Vec::new(), asked: None, running: true, due: false, drawn: 0.0 }
    }

    fn done(&self) -> bool {
        self.cells.len() == self.table.cells()
    }

    fn states(&self) -> u64 {
        self.asked.as_ref().map_or(0, |asked| asked.progress().states)
    }

    /// Searches for [`SLICE_MS`] or to the end of a cell; true if a cell is known now.
    fn slice(&mut self, page: Page) -> bool {
        let Some(asked) = &mut self.asked else {
            if self.table.holds(self.cells.len()).is_none() {
                self.cells.push(Cell::Moot);
                return true;
            }
            let question = self.table.question(self.cells.len(), MOST_STATES);
            match self.asks.ask(&question, page.lang_now()) {
                Ok(asked) => self.asked = Some(asked),
                Err(error) => self.cells.push(Cell::Wrong(error.0)),
            }
            return self.asked.is_none();
        };
        let end = dom::screen_ms() + SLICE_MS;
        let known = loop {
            match asked.go_on(AT_ONCE) {
                Ok(None) if dom::screen_ms() < end => {}
                Ok(None) => return false,
                Ok(Some(answer)) => break known(&answer),
                Err(error) => break Cell::Wrong(error.0),
            }
        };
        self.cells.push(known);
        // Its states are given back before the next search begins.
        self.asked = None;
        true
    }
}

fn known(answer: &Answer) -> Cell {
    match answer.verdict {
        Verdict::Holds => Cell::Holds(answer.progress.states),
        Verdict::Violated => Cell::Fails(answer.length, answer.start.as_ref().and_then(|spec| link::encode(spec).ok())),
        Verdict::Unfinished => Cell::GivenUp(answer.progress.states),
    }
}

fn open(page: Page) {
    let scene = page.scene.get();
    let (Some(table), Some(asks)) = (worlds::of(&scene), parts::asks(&scene)) else { return };
    WORK.with_borrow_mut(|work| {
        if work.as_ref().is_none_or(|work| !std::ptr::eq(work.table, table)) {
            *work = Some(Work::new(table, asks));
        }
    });
    page.dialog.set(Dialog::Table);
    schedule(page);
}

fn click(page: Page, what: &str) {
    // The run of this cell is on show already, at this very moment: the browser does not go anywhere.
    if let Some(run) = what.strip_prefix("shown ") {
        if address::fragment(page).is_ok_and(|here| here == format!("#{run}")) {
            page.dialog.set(Dialog::None);
        }
        return;
    }
    WORK.with_borrow_mut(|work| {
        if let Some(work) = work {
            work.running = what == "continue";
        }
    });
    kept::changed();
    schedule(page);
}

/// A slice soon, in a task of its own: what the reader does comes between.
fn schedule(page: Page) {
    let wanted = WORK.with_borrow_mut(|work| {
        let Some(work) = work else { return false };
        let wanted = work.running && !work.done() && !work.due;
        work.due |= wanted;
        wanted
    });
    if wanted {
        Timeout::new(0, move || turn(page)).forget();
    }
}

/// One task: a slice of the search, or the drawing of what it has found.
fn turn(page: Page) {
    // A table that nobody looks at waits.
    let seen = page.dialog.get() == Dialog::Table && !player::DEAD.load(Ordering::Relaxed);
    let draw = WORK.with_borrow_mut(|work| {
        let Some(work) = work else { return false };
        work.due = false;
        if !seen || !work.running || work.done() {
            return false;
        }
        let now = dom::screen_ms();
        if now - work.drawn > DRAW_MS {
            work.drawn = now;
            return true;
        }
        // The next task draws it.
        if work.slice(page) {
            work.drawn = 0.0;
        }
        work.done()
    });
    if draw {
        draw_dialog(page);
    }
    if seen {
        schedule(page);
    }
}

/// Draws the dialog alone: no other panel has changed, and all of them take longer than a slice.
fn draw_dialog(page: Page) {
    const BODY: &str = ".dialog-body";
    let panels = parts::workbench().map_or(&[][..], |workbench| workbench.panels);
    let body = dom::document().and_then(|document| document.query_selector(BODY).ok().flatten());
    if let (Some((_, panel)), Some(body)) = (panels.iter().find(|(place, _)| *place == BODY), body) {
        morph::morph(&body, &panel(page));
    }
}
