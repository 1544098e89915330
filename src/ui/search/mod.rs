//! Searches: what the page asks, hears and shows of them. They run in a worker, [`worker`].
//!
//! All of this is one part of the page, fetched when a search is first asked for. The rest knows it through [`SEARCHING`].

mod table;
pub mod worker;

use super::page::{Dialog, Page};
use super::{address, dom, kept, morph, parts};
use crate::scenes::link;
use crate::scenes::searching::table::{self as worlds, MOST_STATES, Table};
use crate::scenes::searching::wire::IN_PAGE;
use crate::scenes::searching::{Answer, Limits, Verdict};
use std::cell::RefCell;
use worker::{Heard, Worker};

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
    /// In the order in which they are searched; those at the end may be missing.
    cells: Vec<Cell>,
    /// What searches the first cell that is missing, and the states that it has found so far.
    asked: Option<Worker>,
    states: u64,
    running: bool,
    /// Nobody looks at the table: the search waits.
    waiting: bool,
}

thread_local! {
    static WORK: RefCell<Option<Work>> = const { RefCell::new(None) };
}

impl Work {
    fn new(table: &'static Table) -> Self {
        Work { table, cells: Vec::new(), asked: None, states: 0, running: true, waiting: false }
    }

    fn done(&self) -> bool {
        self.cells.len() == self.table.cells()
    }

    /// Searches on: the cell that is under way, or the next one that can break.
    fn go_on(&mut self, page: Page) {
        self.waiting = false;
        if let Some(asked) = &self.asked {
            return asked.go_on();
        }
        while !self.done() && self.table.holds(self.cells.len()).is_none() {
            self.cells.push(Cell::Moot);
        }
        if self.done() {
            return;
        }
        let cell = self.cells.len();
        let mut question = self.table.question(cell, MOST_STATES);
        question.limits = Limits { bytes: IN_PAGE.bytes, ..question.limits };
        let table = self.table;
        self.states = 0;
        self.asked = Some(Worker::ask(&question, page.lang_now(), move |heard| hear(page, table, cell, heard)));
    }
}

/// What the search of a cell says.
fn hear(page: Page, table: &'static Table, cell: usize, heard: Heard) {
    let seen = page.dialog.get() == Dialog::Table;
    let draw = WORK.with_borrow_mut(|work| {
        let Some(work) = work.as_mut().filter(|work| std::ptr::eq(work.table, table) && work.cells.len() == cell)
        else {
            return false;
        };
        let known = match heard {
            Heard::Progress(progress) => {
                work.states = progress.states;
                if !seen && work.running && !work.waiting {
                    work.waiting = true;
                    work.asked.iter().for_each(Worker::stop);
                }
                return true;
            }
            Heard::Answer(answer) => known(&answer),
            Heard::Wrong(why) | Heard::Died { why, .. } => Cell::Wrong(why),
            Heard::Silent | Heard::Back { .. } => return false,
        };
        work.cells.push(known);
        // Its states are given back before the next search begins.
        work.asked = None;
        if work.running && seen {
            work.go_on(page);
        } else {
            work.waiting = work.running;
        }
        true
    });
    if draw && seen {
        draw_dialog(page);
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
    let Some(table) = worlds::of(&page.scene.get()) else { return };
    WORK.with_borrow_mut(|work| {
        let fresh = work.as_ref().is_none_or(|work| !std::ptr::eq(work.table, table));
        if fresh {
            *work = Some(Work::new(table));
        }
        if let Some(work) = work.as_mut().filter(|work| fresh || work.waiting) {
            work.go_on(page);
        }
    });
    page.dialog.set(Dialog::Table);
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
            if work.running {
                work.go_on(page);
            } else {
                work.asked.iter().for_each(Worker::stop);
            }
        }
    });
    kept::changed();
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
