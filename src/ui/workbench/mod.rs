//! What unfolds after the first run: controls, inspector, properties, events, time and its diagram, dialogs, keys, files.
//!
//! All of it is one part of the page, fetched at the reader's first touch. The rest of the page knows it only through the
//! table [`WORKBENCH`].

mod acts;
mod branches;
mod charts;
mod controls;
mod diagram;
mod family;
pub mod files;
mod findings;
mod help;
mod host;
mod inspector;
mod keyboard;
mod lists;
mod log;
mod matrix;
mod saves;
mod scrub;
mod share;
mod shelf;
mod summary;
mod tables;
mod transport;
mod trials;
mod twin;

use super::app::Panel;
use super::page::{Dialog, Page};
use super::{dom, html, morph, parts, stage};
use crate::scenes::run::RunSpec;
use crate::scenes::text::Words;
use crate::scenes::text::word;
use std::cell::Cell;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlDialogElement, HtmlElement, KeyboardEvent};

/// Who is told whether a run could be opened.
pub type Told = Box<dyn FnOnce(bool)>;

/// What the rest of the page asks of these panels.
pub struct Workbench {
    /// What only these panels say, in English.
    pub words: &'static Words,
    pub panels: &'static [Panel],
    /// Called once, with the page's root.
    pub install: fn(Page, &Element),
    /// Called whenever the panels have been drawn.
    pub drawn: fn(Page, &Element),
    /// Does what a button names.
    pub click: fn(Page, &Element, &str, &str),
    /// True if the key meant something.
    pub key: fn(Page, &KeyboardEvent) -> bool,
    /// A run as a file's text, for what a link cannot hold.
    pub to_file: fn(&RunSpec) -> String,
    pub open_file: fn(Page, &str, Told),
    /// Opens a run whose lists may only be named.
    pub with_lists: fn(Page, RunSpec, Told),
    /// A frame of play has moved the run, which may have halted. True if play has to stop for the run's twin.
    pub advanced: fn(Page, bool) -> bool,
}

pub static WORKBENCH: Workbench = Workbench {
    words: &super::text::desk::WORDS,
    panels: &[
        (".summary", summary::panel),
        (".inspector", inspector::panel),
        (".findings", findings::panel),
        (".transport", transport::panel),
        (".zoom", diagram::zoom_panel),
        (".left", controls::panel),
        (".dialog-body", dialog),
    ],
    install,
    drawn,
    click: acts::click,
    key: keyboard::handle,
    to_file: crate::scenes::link::to_file,
    open_file: files::open_text,
    with_lists: lists::with_lists,
    advanced: twin::advanced,
};

fn install(page: Page, root: &Element) {
    let find = |selector: &str| root.query_selector(selector).ok().flatten();
    let html_element = |selector: &str| find(selector).and_then(|element| element.dyn_into::<HtmlElement>().ok());
    acts::install(page, root);
    files::install(page);
    transport::install(page, root);
    twin::install(page, root);
    host::install(page);
    dom::add_last_style(concat!(
        include_str!("../../../style/transport.css"),
        include_str!("../../../style/diagram.css"),
        include_str!("../../../style/panels.css"),
        include_str!("../../../style/dialog.css")
    ));
    dom::add_style(concat!(
        include_str!("../../../style/worlds.css"),
        include_str!("../../../style/crashes.css"),
        include_str!("../../../style/find.css"),
        include_str!("../../../style/share.css"),
        include_str!("../../../style/sheets.css")
    ));
    if let Some(body) = html_element(".diagram-body") {
        diagram::install(page, &body);
    }
    if let Some(scroll) = html_element(".stage-scroll") {
        scrub::marquee(page, &scroll);
    }
    if let Some(dialog) = find(".dialog") {
        listen_to_dialog(page, &dialog);
    }
}

fn drawn(page: Page, root: &Element) {
    show_dialog(page, root);
    log::follow(page, root);
    trials::look(page);
    if let Some(lessons) = parts::lessons() {
        (lessons.drawn)(page, root);
    }
    tables::tools(page, root);
    twin::drawn(page);
}

/// One native dialog for whatever is asked for: the browser keeps the focus inside and closes it on Escape.
fn dialog(page: Page) -> String {
    let title;
    let (title, body) = match page.dialog.get() {
        Dialog::None => return String::new(),
        Dialog::Share => (page.tr("share-title"), share::panel(page)),
        Dialog::Help => (page.tr("help"), help::panel(page)),
        Dialog::Matrix => {
            title = matrix::title(page);
            (&*title, matrix::panel(page))
        }
        Dialog::Qr => (page.tr("qr"), parts::teach().map_or_else(String::new, |teach| (teach.qr)(page))),
        Dialog::Search => {
            (page.tr("find-run"), parts::search().map_or_else(String::new, |search| (search.find.panel)(page)))
        }
        Dialog::Charts => (page.tr("charts"), charts::panel(page)),
        Dialog::Lessons => {
            let Some(lessons) = parts::lessons() else { return String::new() };
            title = (lessons.title)(page);
            (&*title, (lessons.panel)(page))
        }
        Dialog::Lists => {
            title = lists::title(page);
            (&*title, lists::panel(page))
        }
        Dialog::Coverage => {
            (page.tr("coverage"), parts::coverage().map_or_else(String::new, |coverage| (coverage.panel)(page)))
        }
        Dialog::Tables => (page.tr("tables"), tables::panel(page)),
        Dialog::Table => {
            title = word(page.lang_now(), &format!("{}.table-title", page.scene.get()));
            (&*title, parts::search().map_or_else(String::new, |search| (search.panel)(page)))
        }
    };
    format!(
        "<div class=\"panel-head\"><h2 id=\"dialog-title\">{title}</h2>{}</div>{body}",
        html::icon_button("icon-button", "close", "close", page.tr("close"))
    )
}

thread_local! {
    /// What the dialog has shown last.
    static SHOWN: Cell<Dialog> = const { Cell::new(Dialog::None) };
}

/// Draws the dialog alone: no other panel has changed.
fn draw_dialog(page: Page) {
    let body = dom::document().and_then(|document| document.query_selector(".dialog-body").ok().flatten());
    if let Some(body) = body {
        morph::morph(&body, &dialog(page));
    }
}

/// Closes it for a run that was chosen in it: from now on the keys are for that run.
fn leave_dialog(page: Page) {
    let found = dom::document().and_then(|document| document.query_selector(".dialog").ok().flatten());
    if let Some(dialog) = found.and_then(|element| element.dyn_into::<HtmlDialogElement>().ok()) {
        dialog.close();
    }
    page.dialog.set(Dialog::None);
    stage::focus();
}

/// What is to be shown. One that was shown, is asked for still and is closed all the same was closed by the browser, which
/// says so in a task of its own, later than the next drawing may come: it stays closed.
fn wanted_dialog(page: Page, dialog: &HtmlDialogElement) -> Dialog {
    let asked = page.dialog.get();
    if asked == SHOWN.get() && !dialog.open() { Dialog::None } else { asked }
}

/// Opens and closes the dialog as the page has it.
fn show_dialog(page: Page, root: &Element) {
    let found = root.query_selector(".dialog").ok().flatten();
    let Some(dialog) = found.and_then(|element| element.dyn_into::<HtmlDialogElement>().ok()) else { return };
    let (open, wanted) = (dialog.open(), wanted_dialog(page, &dialog));
    let shown = SHOWN.replace(wanted);
    if shown == Dialog::Lists && wanted != Dialog::Lists {
        lists::forget();
    }
    match wanted {
        Dialog::None if open => dialog.close(),
        Dialog::None if page.dialog.get() != Dialog::None => page.dialog.set(Dialog::None),
        Dialog::None => {}
        _ if open => {}
        _ => {
            let _ = dialog.show_modal();
            // One that was scrolled when it was closed would be so again.
            dialog.set_scroll_top(0);
        }
    }
}

fn listen_to_dialog(page: Page, dialog: &Element) {
    let opened = dialog.clone().dyn_into::<HtmlDialogElement>();
    // Escape: what is asked for from here on is another dialog, be it of the same kind.
    dom::listen(dialog, "cancel", move |event| {
        if event.target() == event.current_target() {
            page.dialog.set(Dialog::None);
        }
    });
    let now = opened.clone();
    dom::listen(dialog, "close", move |_| {
        // Meanwhile something else may have been asked for, or been opened.
        if let Ok(dialog) = &now {
            page.dialog.set(wanted_dialog(page, dialog));
        }
    });
    if let (Ok(opened), Some(window)) = (opened, dom::window()) {
        // A run was chosen in it: from now on the keys are for that run.
        dom::listen(&window, "hashchange", move |_| {
            if opened.open() {
                opened.close();
                stage::focus();
            }
        });
    }
    let itself = dialog.clone();
    dom::listen(dialog, "click", move |event| {
        // A click on the backdrop has the dialog itself as its target.
        let target = event.target().and_then(|t| t.dyn_into::<web_sys::Node>().ok());
        if itself.is_same_node(target.as_ref()) {
            page.dialog.set(Dialog::None);
        }
    });
}
