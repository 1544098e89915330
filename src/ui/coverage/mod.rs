//! The page of all searches: what is searched by default, and what was found. The numbers come from the file that the tests
//! compare with the searches; each row that fails is a link to its run.
//!
//! All of this is one part of the page, fetched when it is first asked for. The rest knows it through [`COVERING`].

mod rows;

use super::page::{Dialog, Page};
use super::{address, dom, kept};
use crate::scenes::searching::Verdict;
use crate::scenes::searching::coverage::{self, HEAD, Line};
use std::cell::{Cell, RefCell};

const FILE: &str = include_str!("../../../docs/coverage.csv");
const STYLE: &str = include_str!("../../../style/coverage.css");

/// What the rest of the page asks of this part.
pub struct Covering {
    pub open: fn(Page),
    pub panel: fn(Page) -> String,
    /// Chooses which rows are shown, or shows a run.
    pub click: fn(Page, &str),
    /// The words that rows must have are being typed.
    pub filter: fn(Page, String),
    /// The rows that are shown, as a table for a spreadsheet: runs are whole links.
    pub csv: fn(Page) -> String,
}

pub static COVERING: Covering = Covering { open, panel: rows::panel, click, filter, csv };

/// Which rows the reader looks at.
#[derive(Clone, PartialEq, Default)]
struct Look {
    /// Of one scene; empty: of all.
    scene: String,
    verdict: Option<Verdict>,
    words: String,
}

thread_local! {
    static LOOK: RefCell<Look> = RefCell::default();
    static STYLED: Cell<bool> = const { Cell::new(false) };
}

fn lines() -> Vec<Line<'static>> {
    coverage::read(FILE).collect()
}

impl Look {
    /// The rows that it leaves: each word has to be somewhere in the row, as it is read or as it is in the file.
    fn shown(&self, page: Page) -> Vec<Line<'static>> {
        let words: Vec<String> = self.words.split_whitespace().map(str::to_lowercase).collect();
        let fits = |line: &Line| {
            (self.scene.is_empty() || line.scene == self.scene)
                && self.verdict.is_none_or(|verdict| line.verdict == verdict)
                && (words.is_empty() || {
                    let said = rows::said(line, page.lang_now()).to_lowercase();
                    words.iter().all(|word| said.contains(word))
                })
        };
        lines().into_iter().filter(fits).collect()
    }
}

fn open(page: Page) {
    if !STYLED.replace(true) {
        dom::add_style(STYLE);
    }
    dom::dialog_to_top();
    page.dialog.set(Dialog::Coverage);
}

fn click(page: Page, what: &str) {
    let (verb, rest) = what.split_once(' ').unwrap_or((what, ""));
    match verb {
        "scene" => LOOK.with_borrow_mut(|look| rest.clone_into(&mut look.scene)),
        "verdict" => LOOK.with_borrow_mut(|look| {
            look.verdict = Verdict::ALL.into_iter().find(|verdict| verdict.name() == rest);
        }),
        // The run of this row is on show already, at this very moment: the browser does not go anywhere.
        "shown" => {
            if address::fragment(page).is_ok_and(|here| here == format!("#{rest}")) {
                page.dialog.set(Dialog::None);
            }
            return;
        }
        _ => return,
    }
    kept::changed();
}

fn filter(_: Page, words: String) {
    LOOK.with_borrow_mut(|look| look.words = words);
}

fn csv(page: Page) -> String {
    let shown = LOOK.with_borrow(|look| look.shown(page));
    let base = address::base();
    let mut out = format!("{HEAD}\n");
    for (text, line) in FILE.lines().skip(1).filter_map(|text| Some((text, Line::read(text)?))) {
        if shown.contains(&line) {
            out += text.strip_suffix(line.run).unwrap_or(text);
            if !line.run.is_empty() {
                out += &format!("{base}#{}", line.run);
            }
            out.push('\n');
        }
    }
    out
}
