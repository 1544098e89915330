//! Lessons: predict first, then see. The list of them, the row in which one is taken, and the sheet of answers.
//!
//! All of this is one part of the page, fetched when it is first asked for. The rest knows it through [`TEACHING`].
//! What is asked and what is right the core says (`scenes/lesson`).

mod author;
mod desk;
mod drill;
mod keep;
mod list;
mod play;
mod row;
mod sheet;
mod source;

use super::page::{Dialog, Page};
use super::text::lessons::TEACHES;
use super::{app, dom, kept};
use crate::scenes::lesson::{Ask, Veiled, find};
use crate::scenes::run::Run;
use crate::scenes::scene::{Lang, Stage};
use source::Source;
use std::cell::{Cell, RefCell};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlInputElement};

const STYLE: &str = include_str!("../../../style/lessons.css");

/// What the rest of the page asks of this part.
pub struct Teaching {
    /// Shows the list.
    pub open: fn(Page),
    /// Of the dialog, and what is in it.
    pub title: fn(Page) -> String,
    pub panel: fn(Page) -> String,
    pub click: fn(Page, &str),
    pub change: fn(Page, &str, &Element),
    /// In the place of the question, while a lesson is taken.
    pub row: fn(Page) -> Option<String>,
    /// Called whenever the panels have been drawn.
    pub drawn: fn(Page, &Element),
    /// Play has come to the time that it does not pass.
    pub reached: fn(Page),
    /// The question that is open, if what would answer it is kept back; and a stage of the run on show without that.
    pub asked: fn() -> Option<Ask>,
    pub veil: fn(&dyn Run, &mut Stage, Lang) -> Veiled,
    /// Opens what the address asks for, `lesson=NAME` or `practise=KIND`; or goes on with the lesson that was being taken
    /// before a reload, if the run on show is its.
    pub at_start: fn(Page),
    /// Shows a sheet of answers by its link; tells whether it could.
    pub open_sheet: fn(Page, &str, Told),
}

/// Who is told whether something could be opened.
pub type Told = Box<dyn FnOnce(bool)>;

pub static TEACHING: Teaching = Teaching {
    open,
    title,
    panel,
    click,
    change,
    row: row::row,
    drawn,
    reached: play::reached,
    asked: play::asked,
    veil: play::veil,
    at_start,
    open_sheet: |page, link, told| style_once(|| sheet::open(page, link, told)),
};

/// What the dialog shows.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum View {
    #[default]
    List,
    Sheet,
    Write,
}

thread_local! {
    static STYLED: Cell<bool> = const { Cell::new(false) };
    static VIEW: Cell<View> = const { Cell::new(View::List) };
    /// Why a file could not be opened.
    static TROUBLE: RefCell<String> = const { RefCell::new(String::new()) };
}

fn style_once(then: impl FnOnce()) {
    if !STYLED.replace(true) {
        dom::add_last_style(STYLE);
    }
    then();
}

fn show(page: Page, view: View) {
    style_once(|| ());
    VIEW.set(view);
    dom::dialog_to_top();
    page.dialog.set(Dialog::Lessons);
}

fn open(page: Page) {
    TROUBLE.take();
    show(page, View::List);
}

fn title(page: Page) -> String {
    let lang = page.lang_now();
    match VIEW.get() {
        View::List => TEACHES.tr(lang, "title").to_owned(),
        View::Sheet => TEACHES.tr(lang, "sheet-title").to_owned(),
        View::Write => TEACHES.tr(lang, "write").to_owned(),
    }
}

fn panel(page: Page) -> String {
    match VIEW.get() {
        View::List => list::panel(page),
        View::Sheet => sheet::panel(page),
        View::Write => desk::panel(page),
    }
}

/// Says in the dialog what is wrong with a file.
fn complain(why: String) {
    TROUBLE.replace(why);
    kept::changed();
}

fn click(page: Page, what: &str) {
    let (verb, rest) = what.split_once(' ').unwrap_or((what, ""));
    let number = rest.parse::<usize>().unwrap_or(0);
    match verb {
        "list" => open(page),
        "start" => start_named(page, rest, ""),
        "begin" => play::begin(page),
        "continue" => play::go_on(page),
        "leave" => play::leave(page),
        "answer" => play::answer(page, number),
        "confirm" => play::confirm(page),
        "back" => play::step(page, false),
        "next" => play::step(page, true),
        "skip" => play::skip(page),
        "hint" => play::hint(page),
        "again" => play::again(page),
        "next-lesson" => next_lesson(page),
        "hand-in" => row::hand_in(page),
        "kinds" => drill::all(page),
        "practise" => drill::open(page, rest, None),
        "moment" => sheet::moment(page, number),
        "write" => author::begin(page, move || {
            TROUBLE.take();
            show(page, View::Write);
        }),
        "write-off" => author::end(page),
        "add" => author::add(page),
        "undo" => author::undo(page),
        "attempt" => author::attempt(page),
        "export" => author::export(page, rest),
        "visit" => author::visit(page, number),
        "up" | "remove" | "by-now" => author::act(page, verb, number),
        _ => {}
    }
}

fn change(page: Page, what: &str, element: &Element) {
    match what {
        "student" => play::student(page, source::typed(element)),
        "files" => source::choose(page, element, source::opened),
        "import" => source::choose(page, element, author::import),
        _ => {
            if let Some(field) = what.strip_prefix("write-") {
                let ticked = element.dyn_ref::<HtmlInputElement>().is_some_and(HtmlInputElement::checked);
                author::change(page, field, source::typed(element), ticked);
            }
        }
    }
}

fn drawn(page: Page, root: &Element) {
    play::look(page);
    row::focus(page, root);
    desk::drawn(root);
}

/// Opens a lesson of the shelf for a student number, which may be empty; goes on with it where it was left in this tab.
fn open_named(page: Page, name: &str, student: &str) {
    style_once(|| ());
    if !keep::is(page, name) {
        return start_named(page, name, student);
    }
    keep::resume(page, false);
}

fn at_start(page: Page) {
    let asked = |name| app::asked(name).unwrap_or_default();
    let (name, kind) = (asked("lesson"), asked("practise"));
    if !name.is_empty() {
        // That there is none of this name has been said with the other parameters.
        if find(&name).is_some() {
            open_named(page, &name, &asked("student"));
        }
    } else if !kind.is_empty() {
        style_once(|| drill::open(page, &kind, asked("n").parse().ok()));
    } else {
        style_once(|| keep::resume(page, true));
    }
}

fn start_named(page: Page, name: &str, student: &str) {
    match find(name) {
        Some(shelved) => play::start(page, Source::of(shelved), student),
        None => super::notices::warn(page, TEACHES.say(page.lang_now(), "no-lesson", &[&source::short(name)])),
    }
}

fn next_lesson(page: Page) {
    match list::after(&play::name()) {
        Some(name) => start_named(page, name, ""),
        None => open(page),
    }
}
