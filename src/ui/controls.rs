//! The left panel: what can be done to the whole system, its options, the seed, figures and text fields.

use super::draw::{quantity, quantity_span};
use super::icons::icon;
use super::inspector;
use super::notices;
use super::page::Page;
use crate::scenes::scene::{Control, ControlKind, Field, Figure};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Event, HtmlInputElement, HtmlSelectElement};

pub fn panel(page: Page) -> impl IntoView {
    let controls = Memo::new(move |_| {
        page.panels.get();
        let lang = page.lang.get();
        page.look(|run| run.controls(lang)).unwrap_or_default()
    });
    let figures = Memo::new(move |_| {
        page.panels.get();
        let lang = page.lang.get();
        page.look(|run| run.figures(lang)).unwrap_or_default()
    });
    let fields = Memo::new(move |_| {
        page.panels.get();
        let lang = page.lang.get();
        page.look(|run| run.fields(lang)).unwrap_or_default()
    });
    let offers = Memo::new(move |_| {
        page.panels.get();
        let lang = page.lang.get();
        page.look(|run| run.offers(lang)).unwrap_or_default()
    });
    view! {
        <section class="left" aria-label=move || page.tr("controls")>
            <Show when=move || offers.with(|offers| !offers.is_empty())>
                <section class="group">
                    <h2 class="caps">{move || page.tr("actions")}</h2>
                    {inspector::offers(page, offers)}
                </section>
            </Show>
            {move || fields.get().into_iter().map(|field| text_field(page, field)).collect_view()}
            {move || grouped(page, controls.get())}
            <section class="group">
                <h2 class="caps">{move || page.tr("run")}</h2>
                {seed(page)}
            </section>
            <Show when=move || figures.with(|figures| !figures.is_empty())>
                <section class="group figures">
                    <h2 class="caps">{move || page.tr("figures")}</h2>
                    <dl>{move || figures.get().into_iter().map(figure).collect_view()}</dl>
                </section>
            </Show>
        </section>
    }
}

/// Controls under their groups' headings, in the order in which the groups first appear.
fn grouped(page: Page, controls: Vec<Control>) -> Vec<AnyView> {
    let mut groups: Vec<(String, Vec<AnyView>)> = Vec::new();
    for control in controls {
        let name = control.group.clone();
        let row = one(page, control);
        match groups.iter_mut().find(|(group, _)| *group == name) {
            Some((_, rows)) => rows.push(row),
            None => groups.push((name, vec![row])),
        }
    }
    let group = |(name, rows): (String, Vec<AnyView>)| {
        view! { <section class="group"><h2 class="caps">{name}</h2>{rows}</section> }.into_any()
    };
    groups.into_iter().map(group).collect()
}

fn one(page: Page, control: Control) -> AnyView {
    let Control { key, words, help, kind, live, .. } = control;
    let send = Sender { page, key, live };
    match kind {
        ControlKind::Toggle { on } => toggle(send, words, help, on),
        ControlKind::Range { value, min, max, step, unit } => {
            range(send, words, help, Scale { min, max, step: step.max(1), unit }, value)
        }
        ControlKind::Span { low, high, min, max, step, unit } => {
            span(send, words, help, Scale { min, max, step: step.max(1), unit }, low, high)
        }
        ControlKind::Choice { value, of } => choice(send, words, help, value, of),
        ControlKind::Lines { value, most } => lines(send, words, help, value, most),
    }
}

/// Where a control's value goes: into the running run as a command, or into a run started afresh.
#[derive(Clone)]
struct Sender {
    page: Page,
    key: String,
    live: bool,
}

impl Sender {
    fn send(&self, value: &str) {
        if self.live {
            self.page.act(&format!("set {} {value}", self.key));
        } else {
            self.page.with_option(&self.key, value);
        }
    }
}

struct Scale {
    min: i64,
    max: i64,
    step: i64,
    unit: String,
}

fn input_of(event: &Event) -> Option<HtmlInputElement> {
    event.target()?.dyn_into().ok()
}

/// Reads a number; what is no number or out of range is mended, and the reader is told.
fn read_number(page: Page, input: &HtmlInputElement, min: i64, max: i64, before: i64) -> i64 {
    let read: Option<f64> = input.value().trim().parse().ok().filter(|v: &f64| v.is_finite());
    let value = match read {
        // Saturates at the ends of i64.
        Some(value) => (value.round() as i64).clamp(min, max),
        None => before,
    };
    if read.is_none_or(|read| read.round() as i64 != value) {
        let shown = value.to_string();
        input.set_value(&shown);
        notices::warn(page, page.say("value-mended", &[&min.to_string(), &max.to_string(), &shown]));
    }
    value
}

fn toggle(send: Sender, words: String, help: String, on: bool) -> AnyView {
    let changed = move |event: Event| {
        if let Some(input) = input_of(&event) {
            send.send(if input.checked() { "on" } else { "off" });
        }
    };
    view! {
        <label class="control toggle" title=help>
            <span>{words}</span>
            <input type="checkbox" role="switch" prop:checked=on on:change=changed/>
        </label>
    }
    .into_any()
}

fn share(value: i64, scale: &Scale) -> f64 {
    (value - scale.min) as f64 / (scale.max - scale.min).max(1) as f64 * 100.0
}

fn range(send: Sender, words: String, help: String, scale: Scale, value: i64) -> AnyView {
    let page = send.page;
    let shown = RwSignal::new(value);
    let Scale { min, max, step, unit } = scale;
    let unit_for_text = unit.clone();
    let text = move || quantity(shown.try_get().unwrap_or(value), &unit_for_text);
    let said = quantity(value, &unit);
    let filled = move || {
        format!("{:.1}%", share(shown.try_get().unwrap_or(value), &Scale { min, max, step, unit: String::new() }))
    };
    let moved = move |event: Event| {
        if let Some(now) = input_of(&event).and_then(|input| input.value().parse().ok()) {
            let _ = shown.try_set(now);
        }
    };
    let changed = move |event: Event| {
        if let Some(input) = input_of(&event) {
            let now = read_number(page, &input, min, max, value);
            if now != value {
                send.send(&now.to_string());
            }
        }
    };
    view! {
        <label class="control range" title=help>
            <span class="name">{words}</span>
            <span class="num">{text}</span>
            <input
                type="range"
                min=min.to_string()
                max=max.to_string()
                step=step.to_string()
                prop:value=value.to_string()
                aria-valuetext=said
                style=("--share", filled)
                on:input=moved
                on:change=changed
            />
        </label>
    }
    .into_any()
}

fn span(send: Sender, words: String, help: String, scale: Scale, low: i64, high: i64) -> AnyView {
    let shown = RwSignal::new((low, high));
    let unit = scale.unit.clone();
    let text = move || {
        let (low, high) = shown.try_get().unwrap_or((low, high));
        quantity_span(low, high, &unit)
    };
    let (min, max) = (scale.min, scale.max);
    let at = move |value: i64| share(value, &Scale { min, max, step: 1, unit: String::new() });
    let from = move || format!("{:.1}%", at(shown.try_get().unwrap_or((low, high)).0));
    let to = move || format!("{:.1}%", at(shown.try_get().unwrap_or((low, high)).1));
    view! {
        <div class="control range span" role="group" aria-label=words.clone() title=help>
            <span class="name">{words.clone()}</span>
            <span class="num">{text}</span>
            <span class="two-thumbs" style=("--from", from) style=("--to", to)>
                {thumb(send.clone(), &words, &scale, shown, (low, high), true)}
                {thumb(send, &words, &scale, shown, (low, high), false)}
            </span>
        </div>
    }
    .into_any()
}

/// One of the two thumbs. They push each other rather than cross.
fn thumb(
    send: Sender,
    words: &str,
    scale: &Scale,
    shown: RwSignal<(i64, i64)>,
    was: (i64, i64),
    lower: bool,
) -> AnyView {
    let page = send.page;
    let (min, max) = (scale.min, scale.max);
    let value = if lower { was.0 } else { was.1 };
    let pair = move |now: i64| if lower { (now, was.1.max(now)) } else { (was.0.min(now), now) };
    let moved = move |event: Event| {
        if let Some(now) = input_of(&event).and_then(|input| input.value().parse().ok()) {
            let _ = shown.try_set(pair(now));
        }
    };
    let changed = move |event: Event| {
        if let Some(input) = input_of(&event) {
            let (low, high) = pair(read_number(page, &input, min, max, value));
            if (low, high) != was {
                send.send(&format!("{low} {high}"));
            }
        }
    };
    let end = page.tr(if lower { "lowest" } else { "highest" });
    view! {
        <input
            type="range"
            class=if lower { "low" } else { "high" }
            min=min.to_string()
            max=max.to_string()
            step=scale.step.to_string()
            prop:value=value.to_string()
            aria-label=format!("{words}, {end}")
            aria-valuetext=quantity(value, &scale.unit)
            on:input=moved
            on:change=changed
        />
    }
    .into_any()
}

fn choice(send: Sender, words: String, help: String, value: String, of: Vec<(String, String)>) -> AnyView {
    let chosen = value.clone();
    let changed = move |event: Event| {
        let select = event.target().and_then(|t| t.dyn_into::<HtmlSelectElement>().ok());
        if let Some(select) = select {
            send.send(&select.value());
        }
    };
    let options: Vec<_> = of
        .into_iter()
        .map(|(key, words)| {
            let selected = key == value;
            view! { <option value=key prop:selected=selected>{words}</option> }
        })
        .collect();
    view! {
        <label class="control choice" title=help>
            <span class="name">{words}</span>
            <select prop:value=chosen on:change=changed>{options}</select>
        </label>
    }
    .into_any()
}

/// A list to paste. It is taken when the button is pressed: each change starts the run afresh.
fn lines(send: Sender, words: String, help: String, value: String, most: usize) -> AnyView {
    let page = send.page;
    let typed = NodeRef::<leptos::html::Textarea>::new();
    let taken = move |_| {
        if let Some(area) = typed.get_untracked() {
            send.send(&area.value());
        }
    };
    view! {
        <details class="control lines">
            <summary>{words}</summary>
            <p class="hint">{help.clone()}</p>
            <textarea
                class="mono"
                rows="6"
                spellcheck="false"
                maxlength=most.to_string()
                aria-label=help
                prop:value=value
                node_ref=typed
            ></textarea>
            <button class="button" type="button" on:click=taken>{move || page.tr("use-list")}</button>
        </details>
    }
    .into_any()
}

fn seed(page: Page) -> impl IntoView {
    let value = Memo::new(move |_| {
        page.panels.get();
        page.look(|run| run.spec().seed).unwrap_or(0)
    });
    let changed = move |event: Event| {
        let Some(input) = input_of(&event) else { return };
        match input.value().trim().parse::<u64>() {
            Ok(seed) if seed == value.get_untracked() => {}
            Ok(seed) => page.with_seed(seed),
            Err(_) => {
                let kept = value.get_untracked().to_string();
                input.set_value(&kept);
                notices::warn(page, page.say("seed-mended", &[&kept]));
            }
        }
    };
    let roll = move |_| page.with_seed((js_sys::Math::random() * 10_000.0) as u64);
    view! {
        <div class="control seed">
            <label>
                <span>{move || page.tr("seed")}</span>
                <input
                    type="text"
                    inputmode="numeric"
                    class="num"
                    prop:value=move || value.get().to_string()
                    title=move || page.tr("seed-help")
                    on:change=changed
                />
            </label>
            <button class="square small" aria-label=move || page.tr("dice") title=move || page.tr("dice") on:click=roll>
                {icon("dice")}
            </button>
        </div>
    }
}

fn figure(figure: Figure) -> AnyView {
    let note = (!figure.note.is_empty()).then(|| view! { <dd class="note">{figure.note.clone()}</dd> });
    view! {
        <div class="figure">
            <dt>{figure.words}</dt>
            <dd class="num">{figure.value}</dd>
            {note}
        </div>
    }
    .into_any()
}

fn text_field(page: Page, field: Field) -> AnyView {
    let Field { words, value, line, button } = field;
    let typed = NodeRef::<leptos::html::Input>::new();
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if let Some(input) = typed.get_untracked() {
            let text: String = input.value().chars().filter(|c| !c.is_control()).take(512).collect();
            page.act(&line.replacen("{}", text.trim(), 1));
        }
    };
    view! {
        <form class="group field" on:submit=submit>
            <label>
                <span class="caps">{words}</span>
                <input type="text" class="mono" maxlength="512" prop:value=value node_ref=typed/>
            </label>
            <button class="button" type="submit">{button}</button>
        </form>
    }
    .into_any()
}
