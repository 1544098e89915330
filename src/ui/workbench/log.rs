//! The event log: all events of the branch, only the rows in sight are built.

use crate::scenes::run::Run;
use crate::scenes::scene::EventLine;
use crate::ui::draw::{hue_class, seconds};
use crate::ui::page::Page;
use crate::ui::{dom, html, notices, slices};
use std::cell::Cell;
use web_sys::Element;

/// Rows have one height, so that the place of each is arithmetic.
const ROW: u32 = 30;
/// Rows built beyond both edges of what is seen.
const MARGIN: u32 = 8;

thread_local! {
    /// The event that was last brought into sight.
    static FOLLOWED: Cell<u32> = const { Cell::new(u32::MAX) };
}

/// Events before now, and events that may be seen: an open question hides what comes next.
fn position(page: Page) -> (u32, u32) {
    let (done, known) = page.look(|run| run.position()).unwrap_or((0, 0));
    (done, if page.blind() { done } else { known })
}

/// What is said of an event, unless it would answer a lesson's question.
fn told(page: Page, line: &EventLine) -> &str {
    if page.hides(line.node) { "…" } else { &line.words }
}

pub fn panel(page: Page) -> String {
    let (done, known) = position(page);
    let (top, height) = page.log_view.get();
    let first = (top / ROW).saturating_sub(MARGIN).min(known);
    let count = (height / ROW + 2 * MARGIN + 2).min(known - first);
    let lang = page.lang_now();
    let mut out = format!(
        "<div class=\"log\">{}<div class=\"log-scroll\" tabindex=\"0\" role=\"group\" aria-label=\"{}\">\
         <div class=\"log-rows\" data-height=\"{}px\">",
        html::button("button small copy-log", "copy-log", page.tr("copy-log")),
        page.tr("events"),
        known * ROW
    );
    for line in page.look(|run| run.events(first, count, lang)).unwrap_or_default() {
        let index = line.index;
        let words = html::text(told(page, &line));
        out += &format!(
            "<button type=\"button\" class=\"event {}{}{}\" data-key=\"{index}\" data-act=\"event {index}\" data-top=\"{}px\" \
             aria-current=\"{}\" title=\"{words}\"><span class=\"num at\">{}</span><span class=\"what\">{words}</span></button>",
            hue_class(line.tone),
            if line.command { " command" } else { "" },
            if index >= done { " future" } else { "" },
            index * ROW,
            index + 1 == done,
            seconds(line.time)
        );
    }
    out + "</div></div></div>"
}

/// After the panel was drawn: keeps the present event in sight, and remembers what is seen.
pub fn follow(page: Page, root: &Element) {
    let Ok(Some(scroll)) = root.query_selector(".log-scroll") else { return };
    let (done, _) = position(page);
    if FOLLOWED.replace(done) != done {
        let at = (done.saturating_sub(1) * ROW) as i32;
        let (top, height) = (scroll.scroll_top(), scroll.client_height());
        if at < top || at + ROW as i32 > top + height {
            scroll.set_scroll_top((at - height / 2).max(0));
        }
    }
    measure(page, &scroll);
}

/// The list was scrolled or has another height.
pub fn measure(page: Page, scroll: &Element) {
    let seen = (scroll.scroll_top().max(0) as u32, scroll.client_height().max(0) as u32);
    if page.log_view.get() != seen {
        page.log_view.set(seen);
    }
}

/// So many events are written at once.
const AT_ONCE: u32 = 512;

pub fn copy(page: Page) {
    let (_, known) = position(page);
    let lang = page.lang_now();
    let line = move |line: &EventLine| format!("{}\t{}\t{}\n", line.index + 1, seconds(line.time), told(page, line));
    let lines = move |run: &dyn Run, from: u32| -> String {
        run.events(from, AT_ONCE.min(known - from), lang).iter().map(line).collect()
    };
    if known <= AT_ONCE {
        return copied(page, &page.look(|run| lines(run, 0)).unwrap_or_default());
    }
    let (mut from, pieces) = (0, dom::Pieces::default());
    let write = move |run: &dyn Run| {
        // What the browser does not take in part is not copied at all.
        let taken = pieces.push(&lines(run, from)).is_some();
        from = known.min(from + AT_ONCE);
        (!taken || from == known).then(|| pieces.whole("text/plain").filter(|_| taken))
    };
    dom::copy_later(move |there| slices::read(page, write, |text| there(text.flatten())), tell(page));
}

/// Copies a text and says whether that worked.
pub fn copied(page: Page, text: &str) {
    dom::copy(text, tell(page));
}

fn tell(page: Page) -> impl FnOnce(bool) + 'static {
    move |done| notices::say(page, page.tr(if done { "copied" } else { "copy-failed" }).into())
}
