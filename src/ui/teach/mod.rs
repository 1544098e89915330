//! For the lecture: the present mode, and a moment as a QR code.
//!
//! All of this is one part of the page, fetched when it is first asked for. The rest knows it through [`LECTURING`].

mod present;
mod qr;

use super::page::{Dialog, Page};
use super::{dom, kept};
use std::cell::Cell;

const STYLE: &str = include_str!("../../../style/teach.css");

/// What the rest of the page asks of this part.
pub struct Lecturing {
    pub click: fn(Page, &str),
    /// The QR code of the moment, for the dialog.
    pub qr: fn(Page) -> String,
    /// Shows or hides what is broken; false if nothing is being presented.
    pub verdicts: fn(Page) -> bool,
}

pub static LECTURING: Lecturing = Lecturing { click, qr: qr::panel, verdicts: present::verdicts };

thread_local! {
    static STYLED: Cell<bool> = const { Cell::new(false) };
}

fn click(page: Page, what: &str) {
    if !STYLED.replace(true) {
        dom::add_last_style(STYLE);
    }
    match what {
        "present" => present::toggle(page),
        "verdicts" => {
            present::verdicts(page);
        }
        "qr" => {
            page.dialog.set(Dialog::Qr);
            kept::changed();
        }
        _ => {}
    }
}
