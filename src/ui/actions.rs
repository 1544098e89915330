//! What a click does, where a button names it in `data-act`, and what the reader's first touch fetches.

use super::page::Page;
use super::{dom, header, notices, openings, parts, player};
use wasm_bindgen::JsCast;
use web_sys::{Element, KeyboardEvent};

pub fn install(page: Page, root: &Element) {
    dom::listen(root, "click", move |event| {
        if let Some((element, act)) = dom::carrier(&event, "data-act") {
            let (verb, rest) = act.split_once(' ').unwrap_or((&act, ""));
            click(page, element, verb, rest);
        }
    });
    let Some(document) = dom::document() else { return };
    // Whoever touches the page will soon want more than the question; a file may come without a touch.
    for name in ["pointerdown", "dragenter"] {
        dom::listen(&document, name, move |_| parts::with_workbench(page, |_| ()));
    }
    dom::listen(&document, "keydown", move |event| {
        let Ok(event) = event.dyn_into::<KeyboardEvent>() else { return };
        if event.default_prevented() {
            return;
        }
        // The panels may still have to come: Space must not scroll the page meanwhile.
        if parts::workbench().is_none() && event.key() == " " && dom::is_body(&event) {
            event.prevent_default();
        }
        parts::with_workbench(page, move |workbench| {
            if (workbench.key)(page, &event) {
                event.prevent_default();
            }
        });
    });
}

fn click(page: Page, element: Element, verb: &str, rest: &str) {
    let number = rest.parse::<usize>().unwrap_or(0);
    match verb {
        "scene" => page.open_scene(rest),
        "language" => header::switch_language(page),
        "theme" => header::switch_theme(page),
        "drawer" => page.drawer.update(|open| *open = !*open),
        "stop-opening" => page.coming.set(None),
        "dismiss" => notices::dismiss(page, number as u32),
        "play" => player::toggle(page),
        "answer" => openings::answer(page, number),
        "opening" => openings::go(page, Some(number), 0),
        "take" => openings::go(page, None, number),
        "leave" => openings::leave(page),
        _ => {
            let (verb, rest) = (verb.to_owned(), rest.to_owned());
            parts::with_workbench(page, move |workbench| (workbench.click)(page, &element, &verb, &rest));
        }
    }
}
