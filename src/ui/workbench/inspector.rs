//! The panel about the selected node or message: its state with what changed marked, and what can be done to it.

use crate::scenes::scene::{Inspection, Offer, Selection};
use crate::ui::draw::{hue_class, plain_words};
use crate::ui::html;
use crate::ui::page::Page;
use crate::ui::text::fill;

pub fn panel(page: Page) -> String {
    let lang = page.lang_now();
    let shown = page.selection.get().and_then(|what| page.look(|run| (run.inspect(what, lang), run.now())));
    let mut out = match shown {
        Some((Some(inspection), now)) => rows(page, &inspection, now) + &offers(page, &inspection.offers),
        _ => looked_up(page) + &format!("<p class=\"hint\">{}</p>", page.tr("nothing-selected")),
    };
    out += &partition(page);
    out
}

/// What the scene says about the thing that was looked up, step by step.
fn looked_up(page: Page) -> String {
    if page.veiled.with(|veiled| veiled.lookup) {
        return String::new();
    }
    let figures = page.look(|run| run.figures(page.lang_now())).unwrap_or_default();
    let mut figures = figures.iter().filter(|figure| figure.looked_up);
    // The first names the thing.
    let Some(thing) = figures.next() else { return String::new() };
    let mut out = html::caps(&thing.words)
        + &format!("<p class=\"looked-up strong\">{}</p><dl class=\"rows\">", html::text(&thing.value));
    for figure in figures {
        let note = if figure.note.is_empty() { String::new() } else { format!(" · {}", figure.note) };
        out += &format!(
            "<div class=\"row\"><dt>{}</dt><dd class=\"num\">{}{}</dd></div>",
            html::text(&figure.words),
            html::text(&figure.value),
            html::text(&note)
        );
    }
    out + "</dl>"
}

fn rows(page: Page, inspection: &Inspection, now: u64) -> String {
    let mut out = format!(
        "<div class=\"panel-head\">{}{}</div><dl class=\"rows\">",
        html::caps(&inspection.title),
        html::icon_button("icon-button", "deselect", "close", page.tr("deselect"))
    );
    let hidden = matches!(page.selection.get(), Some(Selection::Node(node)) if page.hides(node));
    for row in inspection.rows.iter().filter(|_| !hidden) {
        let changed = if row.before.is_some() { " changed" } else { "" };
        let mono = if row.mono { " mono" } else { "" };
        let before = match row.before.as_deref() {
            Some(before) => {
                let before = if before.is_empty() { "—" } else { before };
                format!("<span class=\"before\">{} → </span>", html::text(before))
            }
            None => String::new(),
        };
        out += &format!(
            "<div class=\"row{changed}{mono}\"><dt>{}</dt><dd>{before}<span class=\"{}{}\">{}</span></dd></div>",
            html::text(&row.label),
            hue_class(row.value.hue),
            if row.value.strong { " strong" } else { "" },
            html::text(&plain_words(&row.value, now))
        );
    }
    out += "</dl>";
    if hidden {
        out += &format!("<p class=\"hint hidden-until\">{}</p>", page.tr("hidden-until-answered"));
    }
    out
}

/// Offers as buttons; the minor ones behind "more".
pub fn offers(page: Page, offers: &[Offer]) -> String {
    if offers.is_empty() {
        return String::new();
    }
    let some = |minor: bool| offers.iter().filter(|offer| offer.minor == minor).map(button).collect::<String>();
    let mut out = format!("<div class=\"offers\">{}", some(false));
    let (more, minor) = (page.more.get(), some(true));
    if !minor.is_empty() {
        out += &format!(
            "<button type=\"button\" class=\"quiet more\" data-act=\"more\" aria-expanded=\"{more}\">{}</button>",
            page.tr(if more { "less" } else { "more" })
        );
    }
    out += "</div>";
    if more && !minor.is_empty() {
        out += &format!("<div class=\"offers minor\">{minor}</div>");
    }
    out
}

fn button(offer: &Offer) -> String {
    let line = html::text(&offer.line);
    let words = html::text(&offer.words);
    let hint = offer.key.map_or(String::new(), |key| format!("<kbd>{}</kbd>", key.to_ascii_uppercase()));
    let button = format!(
        "<button type=\"button\" class=\"button\" data-key=\"{line}\" data-act=\"offer\" data-line=\"{line}\">{words}{hint}</button>"
    );
    let Some(amount) = &offer.amount else { return button };
    let unit = html::text(&amount.unit);
    format!(
        "<span class=\"amount\" data-key=\"{line}\">{button}<input type=\"number\" class=\"num\" min=\"{}\" max=\"{}\" value=\"{}\" \
         aria-label=\"{words} ({unit})\" data-change=\"amount\"><span class=\"unit\">{unit}</span></span>",
        amount.min, amount.max, amount.value
    )
}

/// Ticked nodes can be cut off from the rest.
fn partition(page: Page) -> String {
    let lang = page.lang_now();
    let lanes = page.look(|run| run.lanes(lang)).unwrap_or_default();
    let ticked = page.ticked.get();
    let mut out = format!(
        "<details class=\"partition\"><summary>{}</summary><p class=\"hint\">{}</p><div class=\"ticks\">",
        page.tr("partition-title"),
        page.tr("partition-help")
    );
    for lane in &lanes {
        out += &format!(
            "<label class=\"tick {}\"><input type=\"checkbox\" data-change=\"tick {}\"{}><span>{}</span></label>",
            hue_class(lane.hue),
            lane.node,
            if ticked.contains(&lane.node) { " checked" } else { "" },
            html::text(&lane.name)
        );
    }
    out += &format!(
        "</div><div class=\"offers\"><button type=\"button\" class=\"button\" data-act=\"cut\"{}>{}</button>{}</div></details>",
        if ticked.is_empty() { " disabled" } else { "" },
        fill(page.tr("partition"), &[&ticked.len().to_string()]),
        healing(page)
    );
    out
}

fn healing(page: Page) -> String {
    let cut = page.look(|run| run.cut()).unwrap_or(false);
    format!(
        "<button type=\"button\" class=\"button\" data-act=\"heal\"{}>{}</button>",
        if cut { "" } else { " disabled" },
        page.tr("heal")
    )
}

/// Cuts the ticked nodes off from the others.
pub fn cut(page: Page) {
    let side: Vec<String> = page.ticked.get().iter().map(u16::to_string).collect();
    page.act(&format!("partition {}", side.join(",")));
}
