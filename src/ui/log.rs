//! The event log: all events of the branch, only the rows in sight are built.

use super::draw::{hue_class, seconds};
use super::page::Page;
use super::{dom, notices};
use crate::scenes::scene::EventLine;
use leptos::prelude::*;

/// Rows have one height, so that the place of each is arithmetic.
const ROW: u32 = 30;
/// Rows built beyond both edges of what is seen.
const MARGIN: u32 = 8;

pub fn list(page: Page) -> impl IntoView {
    let scroll = RwSignal::new((0_u32, 400_u32));
    let node = NodeRef::<leptos::html::Div>::new();
    let position = Memo::new(move |_| {
        page.panels.get();
        let (done, known) = page.look(|run| run.position()).unwrap_or((0, 0));
        // An open question hides what comes next.
        (done, if page.asking() { done } else { known })
    });
    let lines = Memo::new(move |_| {
        let (_, known) = position.get();
        let (top, height) = scroll.get();
        let lang = page.lang.get();
        let first = (top / ROW).saturating_sub(MARGIN);
        let count = (height / ROW + 2 * MARGIN + 2).min(known.saturating_sub(first));
        page.look(|run| run.events(first, count, lang)).unwrap_or_default()
    });
    let measure = move || {
        if let Some(element) = node.get_untracked() {
            let seen = (element.scroll_top().max(0) as u32, element.client_height().max(0) as u32);
            scroll.set(seen);
        }
    };
    // The present event stays in sight.
    Effect::new(move |_| {
        let (done, _) = position.get();
        if let Some(element) = node.get() {
            let at = (done.saturating_sub(1) * ROW) as i32;
            let (top, height) = (element.scroll_top(), element.client_height());
            if at < top || at + ROW as i32 > top + height {
                element.set_scroll_top((at - height / 2).max(0));
            }
            measure();
        }
    });
    let copy = move |_| {
        let (_, known) = position.get_untracked();
        let lang = page.lang_now();
        let text =
            page.look(|run| run.events(0, known, lang)).unwrap_or_default().iter().map(line_text).collect::<String>();
        let key = if dom::copy(&text) { "copied" } else { "copy-failed" };
        notices::say(page, page.say(key, &[]));
    };
    view! {
        <div class="log">
            <button class="button small copy" on:click=copy>{move || page.tr("copy-log")}</button>
            <div class="log-scroll" tabindex="0" role="group" aria-label=move || page.tr("events") node_ref=node on:scroll=move |_| measure()>
                <div class="log-rows" style:height=move || format!("{}px", position.get().1 * ROW)>
                    <For each=move || lines.get() key=|line| (line.index, line.words.clone()) let(line)>{row(page, line, position)}</For>
                </div>
            </div>
        </div>
    }
}

fn line_text(line: &EventLine) -> String {
    format!("{}\t{}\t{}\n", line.index + 1, seconds(line.time), line.words)
}

fn row(page: Page, line: EventLine, position: Memo<(u32, u32)>) -> AnyView {
    let index = line.index;
    let place = move || {
        let done = position.get().0;
        if index + 1 == done { "true" } else { "false" }
    };
    let class = format!("event {}{}", hue_class(line.tone), if line.command { " command" } else { "" });
    let title = line.words.clone();
    view! {
        <button
            class=class
            class:future=move || position.get().0 <= index
            aria-current=place
            style:top=format!("{}px", index * ROW)
            title=title
            on:click=move |_| page.show_causes(index)
        >
            <span class="num at">{seconds(line.time)}</span>
            <span class="what">{line.words}</span>
        </button>
    }
    .into_any()
}
