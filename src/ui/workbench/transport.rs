//! Moving along time: the buttons, the clock, the speed, undo and redo.

use super::branches;
use crate::scenes::geometry::fixed;
use crate::ui::draw::seconds;
use crate::ui::html;
use crate::ui::page::{Page, SPEEDS};
use crate::ui::text::fill;
use std::cell::Cell;
use std::rc::Rc;
use web_sys::Element;

pub fn panel(page: Page) -> String {
    let step = |name: &str, key: &'static str| html::icon_button(&format!("square {name}"), key, name, page.tr(key));
    let play = if page.playing.get() { "pause" } else { "play" };
    let mut out = format!(
        "<div class=\"moves\">{}{}{}{}{}</div>",
        step("start", "to-start"),
        step("back", "step-back"),
        html::icon_button("square play primary", "play", play, page.tr(play)),
        step("forward", "step-forward"),
        step("end", "to-end")
    );
    // Its text is set by hand, frame by frame.
    let now = page.look(|run| run.now()).unwrap_or(0) / 1_000 * 1_000;
    out += &format!(
        "<output class=\"time num\" aria-live=\"off\" aria-label=\"{}\">{}</output>",
        page.tr("time"),
        seconds(now)
    );
    out += &speed(page);
    let again = |key: &'static str, can: bool| {
        format!(
            "<button type=\"button\" class=\"square small\" data-act=\"{key}\" aria-label=\"{0}\" title=\"{0}\" aria-disabled=\"{1}\">{2}</button>",
            page.tr(key),
            !can,
            html::icon(key)
        )
    };
    out +=
        &format!("<div class=\"history\">{}{}</div>", again("undo", page.can_undo()), again("redo", page.can_redo()));
    out += &branches::panel(page);
    out
}

fn speed(page: Page) -> String {
    let ms = page.speed_now();
    let amount = if ms >= 1_000 { format!("{} s", ms / 1_000) } else { format!("{ms} ms") };
    let words = fill(page.tr("speed-is"), &[&amount]);
    let (at, last) = (page.speed.get(), SPEEDS.len() - 1);
    format!(
        "<label class=\"speed\"><span class=\"speed-words num\">{words}</span>\
         <input type=\"range\" min=\"0\" max=\"{last}\" step=\"1\" value=\"{at}\" data-input=\"speed\" data-share=\"{}%\" \
         aria-label=\"{}\" aria-valuetext=\"{words}\"></label>",
        fixed(at as f64 / last as f64 * 100.0, 1),
        page.tr("speed")
    )
}

/// Keeps the clock at the present, frame by frame.
pub fn install(page: Page, root: &Element) {
    let root = root.clone();
    let shown = Rc::new(Cell::new(u64::MAX));
    page.on_frame(Rc::new(move |run| {
        let now = run.now() / 1_000;
        if shown.replace(now) != now
            && let Ok(Some(clock)) = root.query_selector(".time")
        {
            clock.set_text_content(Some(&seconds(now * 1_000)));
        }
    }));
}
