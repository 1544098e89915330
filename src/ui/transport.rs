//! Moving along time: the buttons, the clock, the speed, undo and redo.

use super::draw::seconds;
use super::icons::icon;
use super::page::{Page, SPEEDS};
use super::text::fill;
use super::{branches, dom, player};
use leptos::prelude::*;
use std::cell::Cell;
use std::rc::Rc;
use wasm_bindgen::JsCast;

pub fn bar(page: Page) -> impl IntoView {
    view! {
        <div class="transport" data-simulation="" role="group" aria-label=move || page.tr("transport")>
            <div class="moves">
                {step(page, "start", "to-start", Page::to_start)}
                {step(page, "back", "step-back", |page| page.step(false))}
                {play_button(page)}
                {step(page, "forward", "step-forward", |page| page.step(true))}
                {step(page, "end", "to-end", Page::to_end)}
            </div>
            {clock(page)}
            {speed(page)}
            <div class="history">
                {history(page, "undo", "undo", Page::can_undo, Page::undo)}
                {history(page, "redo", "redo", Page::can_redo, Page::redo)}
            </div>
            {branches::list(page)}
        </div>
    }
}

fn step(page: Page, name: &'static str, key: &'static str, act: fn(&Page)) -> AnyView {
    view! {
        <button
            class=format!("square {name}")
            aria-label=move || page.tr(key)
            title=move || page.tr(key)
            on:click=move |_| act(&page)
        >
            {icon(name)}
        </button>
    }
    .into_any()
}

fn play_button(page: Page) -> AnyView {
    let key = move || if page.playing.get() { "pause" } else { "play" };
    view! {
        <button
            class="square play primary"
            aria-label=move || page.tr(key())
            title=move || page.tr(key())
            on:click=move |_| player::toggle(page)
        >
            {move || icon(key())}
        </button>
    }
    .into_any()
}

fn history(page: Page, name: &'static str, key: &'static str, can: fn(&Page) -> bool, act: fn(&Page)) -> AnyView {
    let can_now = move || {
        page.panels.get();
        can(&page)
    };
    view! {
        <button
            class="square small"
            aria-label=move || page.tr(key)
            title=move || page.tr(key)
            aria-disabled=move || (!can_now()).to_string()
            on:click=move |_| act(&page)
        >
            {icon(name)}
        </button>
    }
    .into_any()
}

/// The virtual time. Its text is set by hand, frame by frame.
fn clock(page: Page) -> impl IntoView {
    let node = NodeRef::<leptos::html::Output>::new();
    Effect::new(move |_| {
        let Some(element) = node.get() else { return };
        let shown = Rc::new(Cell::new(u64::MAX));
        page.on_frame(Rc::new(move |run| {
            let now = run.now() / 1_000;
            if shown.replace(now) != now {
                element.set_text_content(Some(&seconds(now * 1_000)));
            }
        }));
        page.paint();
    });
    view! { <output class="time num" aria-live="off" node_ref=node aria-label=move || page.tr("time")></output> }
}

fn speed(page: Page) -> impl IntoView {
    let words = move || {
        let ms = SPEEDS.get(page.speed.get()).copied().unwrap_or(200);
        let amount = if ms >= 1_000 { format!("{} s", ms / 1_000) } else { format!("{ms} ms") };
        fill(page.tr("speed-is"), &[&amount])
    };
    let moved = move |event: web_sys::Event| {
        let value = event.target().and_then(|t| t.dyn_into::<web_sys::HtmlInputElement>().ok()).map(|i| i.value());
        match value.and_then(|value| value.parse::<usize>().ok()) {
            Some(stop) => page.set_speed(stop),
            None => page.set_speed(page.speed.get_untracked()),
        }
    };
    let share = move || format!("{:.1}%", page.speed.get() as f64 / (SPEEDS.len() - 1) as f64 * 100.0);
    view! {
        <label class="speed">
            <span class="speed-words num">{words}</span>
            <input
                type="range"
                min="0"
                max=(SPEEDS.len() - 1).to_string()
                step="1"
                prop:value=move || page.speed.get().to_string()
                style=("--share", share)
                aria-label=move || page.tr("speed")
                aria-valuetext=words
                on:input=moved
            />
        </label>
    }
}

/// Puts the focus into the simulation, where keys work.
pub fn focus_stage() {
    if let Some(stage) = dom::document().and_then(|d| d.query_selector(".stage").ok().flatten()) {
        dom::focus(&stage);
    }
}
