//! The map of keys. Keys work while the focus is in the simulation, yield to fields and sliders, and can be turned off.

use super::{tables, twin};
use crate::scenes::scene::Selection;
use crate::ui::page::{Dialog, Page};
use crate::ui::{parts, player};
use wasm_bindgen::JsCast;
use web_sys::{Element, KeyboardEvent};

/// Keys of the map and the words that explain them, as the help shows them.
pub const MAP: [(&str, &str); 20] = [
    ("Space", "key-play"),
    ("← →", "key-step"),
    ("Shift ← →", "key-break"),
    ("Home End", "key-ends"),
    ("[ ]", "key-speed"),
    ("↑ ↓", "key-rove"),
    ("C", "key-crash"),
    ("R", "key-restart"),
    ("P", "key-pause"),
    ("D", "key-drop"),
    ("X", "key-tick"),
    ("T", "key-tables"),
    ("S", "key-find"),
    ("F", "key-present"),
    ("V", "key-verdicts"),
    ("Q", "key-qr"),
    ("Page ↑ ↓", "key-clicker"),
    ("Ctrl Z", "key-undo"),
    ("Esc", "key-escape"),
    ("?", "key-help"),
];

/// What the focus is on, as far as keys care.
enum Focus {
    /// A field or a slider: it has its own keys.
    Field,
    /// A button or a link: it has Space and Enter.
    Button,
    /// A card or a message: Enter selects it, Space plays.
    Thing,
    Simulation,
    Elsewhere,
}

fn focus(event: &KeyboardEvent) -> Focus {
    let Some(target) = event.target().and_then(|t| t.dyn_into::<Element>().ok()) else { return Focus::Simulation };
    let inside = |selector: &str| target.closest(selector).ok().flatten().is_some();
    if inside("input, select, textarea, [role=slider], [contenteditable]") {
        return Focus::Field;
    }
    let simulation = inside("[data-simulation]") || target.tag_name() == "BODY";
    if inside(".card, .pill, .column") {
        return Focus::Thing;
    }
    if inside("button, a, label, summary") {
        return if simulation { Focus::Button } else { Focus::Elsewhere };
    }
    if simulation { Focus::Simulation } else { Focus::Elsewhere }
}

/// True if the key was ours.
pub fn handle(page: Page, event: &KeyboardEvent) -> bool {
    if page.dialog.get() != Dialog::None {
        return false;
    }
    let key = event.key();
    let focus = focus(event);
    if (event.ctrl_key() || event.meta_key()) && !event.alt_key() && !matches!(focus, Focus::Field) {
        match key.to_ascii_lowercase().as_str() {
            "z" if event.shift_key() => twin::keeping(page, Page::redo),
            "z" => twin::keeping(page, Page::undo),
            "y" => twin::keeping(page, Page::redo),
            _ => return false,
        }
        return true;
    }
    if key == "Escape" {
        // One thing after the other: what lies in front goes first.
        let in_front = page.selection.get().is_some() || page.drawer.get() || page.branches_open.get();
        if !in_front && page.causes.get().is_none() && !matches!(focus, Focus::Field) {
            twin::close(page);
        }
        page.forget_causes();
        page.drawer.set(false);
        page.branches_open.set(false);
        page.select(None);
        return false;
    }
    if event.ctrl_key() || event.meta_key() || event.alt_key() || !page.keys_on.get() {
        return false;
    }
    match focus {
        Focus::Field | Focus::Elsewhere => return false,
        Focus::Button if key == " " || key == "Enter" => return false,
        Focus::Thing if key == "Enter" => return false,
        Focus::Button | Focus::Thing | Focus::Simulation => {}
    }
    plain(page, event, &key)
}

fn plain(page: Page, event: &KeyboardEvent, key: &str) -> bool {
    match key {
        " " => player::toggle(page),
        "ArrowLeft" if event.shift_key() => page.go_to_break(false),
        "ArrowRight" if event.shift_key() => page.go_to_break(true),
        "ArrowLeft" | "PageUp" => page.step(false),
        "ArrowRight" | "PageDown" => page.step(true),
        "Home" => page.go_to_start(),
        "End" => page.go_to_end(),
        "[" => page.set_speed(page.speed.get().saturating_sub(1)),
        "]" => page.set_speed(page.speed.get() + 1),
        "?" => page.dialog.set(Dialog::Help),
        "t" | "T" if tables::any(page) => tables::open(page),
        "f" | "F" => parts::with_teach(page, move |teach| (teach.click)(page, "present")),
        "q" | "Q" => parts::with_teach(page, move |teach| (teach.click)(page, "qr")),
        "v" | "V" => match parts::teach() {
            Some(teach) => return (teach.verdicts)(page),
            None => return false,
        },
        "s" | "S" if !page.asking() && page.held().is_none() => {
            parts::with_search(page, move |search| (search.find.open)(page))
        }
        "x" | "X" => {
            let Some(Selection::Node(node)) = page.selection.get() else { return false };
            page.tick(node);
        }
        _ => return offered(page, key),
    }
    true
}

/// The offer of the selected thing that has this key.
fn offered(page: Page, key: &str) -> bool {
    let Some(letter) = key.chars().next().filter(|_| key.chars().count() == 1) else { return false };
    let Some(what) = page.selection.get() else { return false };
    let lang = page.lang_now();
    let offers = page.look(|run| run.inspect(what, lang)).flatten().map(|panel| panel.offers).unwrap_or_default();
    let Some(offer) = offers.into_iter().find(|offer| offer.key.is_some_and(|k| k.eq_ignore_ascii_case(&letter)))
    else {
        return false;
    };
    let amount = offer.amount.map_or(String::new(), |amount| amount.value.to_string());
    page.act(&offer.line.replacen("{}", &amount, 1));
    true
}
