//! The left panel: what can be done to the whole system, its options, the seed, figures and text fields.

use super::{family, inspector, matrix, twin};
use crate::scenes::geometry::fixed;
use crate::scenes::scene::{Chip, Control, ControlKind, Field};
use crate::ui::draw::{quantity, quantity_span};
use crate::ui::html;
use crate::ui::page::Page;

pub fn panel(page: Page) -> String {
    let lang = page.lang_now();
    let Some((controls, figures, fields, offers, seed)) =
        page.look(|run| (run.controls(lang), run.figures(lang), run.fields(lang), run.offers(lang), run.plain().seed))
    else {
        return String::new();
    };
    let mut out = family::cases(page);
    if !offers.is_empty() {
        out += &group(page.tr("actions"), &inspector::offers(page, &offers));
    }
    out += &matrix::small(page);
    for field in &fields {
        if !field.chips.is_empty() {
            out += &group(&field.words, &chips(field));
            continue;
        }
        out += &format!(
            "<form class=\"group field\" data-line=\"{}\"><label><span class=\"caps\">{}</span>\
             <input type=\"text\" class=\"mono\" maxlength=\"512\" value=\"{}\"></label>\
             <button type=\"submit\" class=\"button\">{}</button></form>",
            html::text(&field.line),
            html::text(&field.words),
            html::text(&field.value),
            html::text(&field.button)
        );
    }
    // Under their groups' headings, in the order in which the groups first appear.
    let mut groups: Vec<(&str, String)> = Vec::new();
    for control in &controls {
        let row = one(page, control);
        match groups.iter_mut().find(|(name, _)| *name == control.group) {
            Some((_, rows)) => *rows += &row,
            None => groups.push((&control.group, row)),
        }
    }
    for (n, (name, rows)) in groups.iter().enumerate() {
        out += &group(name, rows);
        // Beside the recipe, which comes first.
        if n == 0 {
            out += &twin::control(page);
        }
    }
    out += &group(page.tr("run"), &seed_field(page, seed));
    // Numbers count what a question asks.
    if !page.veils() && figures.iter().any(|figure| !figure.looked_up) {
        let mut rows = String::from("<dl>");
        for figure in figures.iter().filter(|figure| !figure.looked_up) {
            rows += &format!(
                "<div class=\"figure\"><dt>{}</dt><dd class=\"num\">{}</dd>",
                html::text(&figure.words),
                html::text(&figure.value)
            );
            if !figure.note.is_empty() {
                rows += &format!("<dd class=\"note\">{}</dd>", html::text(&figure.note));
            }
            rows += "</div>";
        }
        out += &group(page.tr("figures"), &(rows + "</dl>"));
    }
    out
}

/// A field's answers as buttons that stay pressed.
fn chips(field: &Field) -> String {
    let chip = |chip: &Chip| {
        let line = html::text(&chip.line);
        let idle = if chip.line.is_empty() { " disabled" } else { "" };
        let (on, words) = (chip.on, html::text(&chip.words));
        format!(
            "<button type=\"button\" class=\"chip\" data-key=\"{words}\" aria-pressed=\"{on}\" data-act=\"offer\" data-line=\"{line}\"{idle}>{words}</button>"
        )
    };
    format!("<div class=\"chips\">{}</div>", field.chips.iter().map(chip).collect::<String>())
}

fn group(name: &str, rows: &str) -> String {
    format!("<section class=\"group\">{}{rows}</section>", html::caps(name))
}

fn seed_field(page: Page, seed: u64) -> String {
    format!(
        "<div class=\"control seed\"><label><span>{}</span><input type=\"text\" inputmode=\"numeric\" class=\"num\" \
         value=\"{seed}\" title=\"{}\" data-change=\"seed\"></label>{}</div>",
        page.tr("seed"),
        page.tr("seed-help"),
        html::icon_button("square small", "roll", "dice", page.tr("dice"))
    )
}

fn share(value: i64, min: i64, max: i64) -> f64 {
    (value - min) as f64 / (max - min).max(1) as f64 * 100.0
}

/// One control. Its `data-change` names what `actions` does with the value: `set` for a command in the running run,
/// `option` for a run started afresh.
fn one(page: Page, control: &Control) -> String {
    let way = if control.live { "set" } else { "option" };
    let key = html::text(&control.key);
    let words = html::text(&control.words);
    let help = html::text(&control.help);
    match &control.kind {
        ControlKind::Toggle { on } => format!(
            "<label class=\"control toggle\" data-key=\"{key}\" title=\"{help}\"><span>{words}</span>\
             <input type=\"checkbox\" role=\"switch\" data-change=\"{way} {key}\"{}></label>",
            if *on { " checked" } else { "" }
        ),
        ControlKind::Range { value, min, max, step, unit } => format!(
            "<label class=\"control range\" data-key=\"{key}\" title=\"{help}\"><span class=\"name\">{words}</span>\
             <span class=\"num\">{shown}</span><input type=\"range\" min=\"{min}\" max=\"{max}\" step=\"{}\" value=\"{value}\" \
             data-unit=\"{}\" data-share=\"{}%\" aria-valuetext=\"{shown}\" data-input=\"range\" data-change=\"{way} {key}\"></label>",
            (*step).max(1),
            html::text(unit),
            fixed(share(*value, *min, *max), 1),
            shown = html::text(&quantity(*value, unit))
        ),
        ControlKind::Span { low, high, min, max, step, unit } => {
            let thumb = |value: i64, class: &str, end: &str| {
                format!(
                    "<input type=\"range\" class=\"{class}\" min=\"{min}\" max=\"{max}\" step=\"{}\" value=\"{value}\" data-unit=\"{}\" \
                     aria-label=\"{words}, {end}\" aria-valuetext=\"{}\" data-input=\"span\" data-change=\"{way} {key}\">",
                    (*step).max(1),
                    html::text(unit),
                    html::text(&quantity(value, unit))
                )
            };
            format!(
                "<div class=\"control range span\" data-key=\"{key}\" role=\"group\" aria-label=\"{words}\" title=\"{help}\">\
                 <span class=\"name\">{words}</span><span class=\"num\">{}</span>\
                 <span class=\"two-thumbs\" data-from=\"{}%\" data-to=\"{}%\">{}{}</span></div>",
                html::text(&quantity_span(*low, *high, unit)),
                fixed(share(*low, *min, *max), 1),
                fixed(share(*high, *min, *max), 1),
                thumb(*low, "low", page.tr("lowest")),
                thumb(*high, "high", page.tr("highest"))
            )
        }
        ControlKind::Lines { value, most } => format!(
            "<details class=\"control lines\" data-key=\"{key}\"><summary>{words}</summary><p class=\"hint\">{help}</p>\
             <textarea class=\"mono\" rows=\"6\" spellcheck=\"false\" maxlength=\"{most}\" aria-label=\"{words}\">{}</textarea>\
             <div class=\"offers\"><button type=\"button\" class=\"button\" data-act=\"lines {key}\">{}</button>\
             <label class=\"button file\"><input type=\"file\" class=\"visually-hidden\" data-change=\"file {key}\">{}</label></div></details>",
            html::text(value),
            page.tr("use-list"),
            page.tr("open-file")
        ),
        ControlKind::Choice { value, of } => {
            let options = if control.key == "recipe" {
                family::recipes(page, value, of)
            } else {
                let entry = |(key, words): &(String, String)| (key.clone(), words.clone(), key == value);
                family::entries("", &of.iter().map(entry).collect::<Vec<_>>())
            };
            format!(
                "<label class=\"control choice\" data-key=\"{key}\" title=\"{help}\"><span class=\"name\">{words}</span>\
                 <select data-value=\"{}\" data-change=\"{way} {key}\">{options}</select></label>",
                html::text(value)
            )
        }
    }
}
