//! The panel about the selected node or message: its state with what changed marked, and what can be done to it.

use super::draw::{hue_class, plain_words};
use super::notices;
use super::page::Page;
use super::text::fill;
use crate::scenes::scene::{Inspection, InspectionRow, Lane, Offer, Selection};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Event, HtmlInputElement};

pub fn panel(page: Page) -> impl IntoView {
    // The value of a clock in it moves with time, so the panel is read again with the panels.
    let shown = Memo::new(move |_| {
        page.panels.get();
        let lang = page.lang.get();
        let what = page.selection.get()?;
        page.look(|run| run.inspect(what, lang).map(|inspection| (inspection, run.now()))).flatten()
    });
    let offers =
        Memo::new(move |_| shown.with(|shown| shown.as_ref().map(|(i, _)| i.offers.clone()).unwrap_or_default()));
    view! {
        <section class="inspector" data-simulation="" aria-label=move || page.tr("inspector")>
            {move || match shown.get() {
                Some((inspection, now)) => rows(page, &inspection, now),
                None => view! { <p class="hint">{page.tr("nothing-selected")}</p> }.into_any(),
            }}
            {offers_of(page, offers)}
            {partition(page)}
        </section>
    }
}

fn rows(page: Page, inspection: &Inspection, now: u64) -> AnyView {
    let rows: Vec<AnyView> = inspection.rows.iter().map(|row| one_row(row, now)).collect();
    view! {
        <div class="panel-head">
            <h2 class="caps">{inspection.title.clone()}</h2>
            <button class="icon-button" aria-label=page.tr("deselect") title=page.tr("deselect") on:click=move |_| page.select(None)>
                {super::icons::icon("close")}
            </button>
        </div>
        <dl class="rows">{rows}</dl>
    }
    .into_any()
}

fn one_row(row: &InspectionRow, now: u64) -> AnyView {
    let mut class = String::from(if row.before.is_some() { "row changed" } else { "row" });
    if row.mono {
        class.push_str(" mono");
    }
    let value = format!("{}{}", hue_class(row.value.hue), if row.value.strong { " strong" } else { "" });
    let before = row.before.clone().map(|before| {
        let before = if before.is_empty() { "—".to_string() } else { before };
        view! { <span class="before">{before}" → "</span> }
    });
    view! {
        <div class=class>
            <dt>{row.label.clone()}</dt>
            <dd>{before}<span class=value>{plain_words(&row.value, now)}</span></dd>
        </div>
    }
    .into_any()
}

fn offers_of(page: Page, offers: Memo<Vec<Offer>>) -> impl IntoView {
    view! {
        <Show when=move || offers.with(|offers| !offers.is_empty())>
            {self::offers(page, offers)}
        </Show>
    }
}

/// Offers as buttons; the minor ones behind "more".
pub fn offers(page: Page, offers: Memo<Vec<Offer>>) -> impl IntoView + use<> {
    let more = RwSignal::new(false);
    let some = move |minor: bool| {
        let mut chosen = offers.get();
        chosen.retain(|offer| offer.minor == minor);
        chosen
    };
    let has_minor = move || offers.with(|offers| offers.iter().any(|offer| offer.minor));
    view! {
        <div class="offers">
            <For each=move || some(false) key=|offer| (offer.line.clone(), offer.words.clone()) let(offer)>{button(page, offer)}</For>
            <Show when=has_minor>
                <button class="quiet more" aria-expanded=move || more.get().to_string() on:click=move |_| more.update(|more| *more = !*more)>
                    {move || page.tr(if more.get() { "less" } else { "more" })}
                </button>
            </Show>
        </div>
        <Show when=move || more.get() && has_minor()>
            <div class="offers minor">
                <For each=move || some(true) key=|offer| (offer.line.clone(), offer.words.clone()) let(offer)>{button(page, offer)}</For>
            </div>
        </Show>
    }
}

fn button(page: Page, offer: Offer) -> AnyView {
    let Offer { words, line, key, amount, .. } = offer;
    let hint = key.map(|key| view! { <kbd>{key.to_ascii_uppercase().to_string()}</kbd> });
    let Some(amount) = amount else {
        return view! {
            <button class="button" data-line=line.clone() on:click=move |_| page.act(&line)>{words}{hint}</button>
        }
        .into_any();
    };
    let field = NodeRef::<leptos::html::Input>::new();
    let (min, max, first) = (amount.min, amount.max, amount.value);
    let read = move |input: &HtmlInputElement| {
        let asked: Option<f64> = input.value().trim().parse().ok().filter(|v: &f64| v.is_finite());
        let value = asked.map_or(first, |asked| asked.round() as i64).clamp(min, max);
        if asked.is_none_or(|asked| asked.round() as i64 != value) {
            let shown = value.to_string();
            input.set_value(&shown);
            notices::warn(page, page.say("value-mended", &[&min.to_string(), &max.to_string(), &shown]));
        }
        value
    };
    let name = words.clone();
    let line_shown = line.clone();
    let act = move |_| {
        let value = field.get_untracked().map_or(first, |input| read(&input));
        page.act(&line.replacen("{}", &value.to_string(), 1));
    };
    let changed = move |event: Event| {
        if let Some(input) = event.target().and_then(|t| t.dyn_into::<HtmlInputElement>().ok()) {
            read(&input);
        }
    };
    view! {
        <span class="amount">
            <button class="button" data-line=line_shown on:click=act>{words}{hint}</button>
            <input
                type="number"
                class="num"
                min=min.to_string()
                max=max.to_string()
                value=first.to_string()
                aria-label=format!("{name} ({})", amount.unit)
                node_ref=field
                on:change=changed
            />
            <span class="unit">{amount.unit}</span>
        </span>
    }
    .into_any()
}

/// Ticked nodes can be cut off from the rest.
fn partition(page: Page) -> impl IntoView {
    let lanes = Memo::new(move |_| {
        page.panels.get();
        let lang = page.lang.get();
        page.look(|run| run.diagram(run.now(), run.now(), lang).lanes).unwrap_or_default()
    });
    let cut = move |_| {
        let side: Vec<String> = page.ticked.get_untracked().iter().map(u16::to_string).collect();
        page.act(&format!("partition {}", side.join(",")));
    };
    let count = move || page.ticked.with(|ticked| ticked.len());
    view! {
        <details class="partition">
            <summary>{move || page.tr("partition-title")}</summary>
            <p class="hint">{move || page.tr("partition-help")}</p>
            <div class="ticks">{move || lanes.get().into_iter().map(|lane| tick(page, lane)).collect_view()}</div>
            <div class="offers">
                <button class="button" disabled=move || count() == 0 on:click=cut>
                    {move || fill(page.tr("partition"), &[&count().to_string()])}
                </button>
                <button class="button" on:click=move |_| page.act("heal")>{move || page.tr("heal")}</button>
            </div>
        </details>
    }
}

fn tick(page: Page, lane: Lane) -> AnyView {
    let node = lane.node;
    view! {
        <label class=format!("tick {}", hue_class(lane.hue))>
            <input
                type="checkbox"
                prop:checked=move || page.ticked.with(|ticked| ticked.contains(&node))
                on:change=move |_| page.tick(node)
            />
            <span>{lane.name}</span>
        </label>
    }
    .into_any()
}

/// Selects a node from anywhere: a second time lets it go.
pub fn choose(page: Page, what: Selection) {
    let same = page.selection.get_untracked() == Some(what);
    page.select(if same { None } else { Some(what) });
}
