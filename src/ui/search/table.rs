//! The table of worlds and properties as markup. Roles are said aloud: on a phone its rows are blocks, not table rows.

use super::{Cell, WORK, Work};
use crate::scenes::scene::Lang;
use crate::scenes::searching::table::Promise;
use crate::scenes::text::word;
use crate::ui::draw::grouped;
use crate::ui::page::Page;
use crate::ui::text::search::SEARCHES;
use crate::ui::{address, html};

pub fn panel(page: Page) -> String {
    WORK.with_borrow(|work| work.as_ref().map_or_else(String::new, |work| all(work, page.lang_now())))
}

fn all(work: &Work, lang: Lang) -> String {
    let table = work.table;
    let words = |key: &str| html::text(&word(lang, &format!("{}.{key}", table.scene)));
    let mut out = format!(
        "<p>{}</p>{}<table class=\"worlds\" role=\"table\"><thead role=\"rowgroup\"><tr role=\"row\"><td role=\"cell\"></td>",
        words("table-intro"),
        bar(work, lang)
    );
    // A sibling's recipe says whose it is.
    let recipe = |column: &Promise| {
        let recipe = html::text(&word(lang, &format!("{}.recipe-{}", column.scene, column.recipe)));
        match column.scene {
            scene if scene == table.scene => recipe,
            scene => format!("{}: {recipe}", html::text(&word(lang, &format!("common.family-{scene}")))),
        }
    };
    let property = |name: &str| words(&format!("property-{name}"));
    for column in table.columns {
        let head = match column.property {
            "" => format!("<b>{}</b>", recipe(column)),
            name => format!("<b>{}</b> <code>{name}</code> <small>{}</small>", property(name), recipe(column)),
        };
        out += &format!("<th role=\"columnheader\" scope=\"col\">{head}</th>");
    }
    out += "</tr></thead><tbody role=\"rowgroup\">";
    for (n, row) in table.rows.iter().enumerate() {
        let code = if row.property.is_empty() { String::new() } else { format!(" <code>{}</code>", row.property) };
        out += &format!(
            "<tr role=\"row\"><th role=\"rowheader\" scope=\"row\"><b>{}</b>{code} <small>{}</small></th>",
            words(&format!("table-row-{}", row.name)),
            words(&format!("table-why-{}", row.name))
        );
        for (m, column) in table.columns.iter().enumerate() {
            // On a phone the heads of the columns are out of sight.
            let label = match column.property {
                "" => recipe(column),
                name => format!("{} · {}", property(name), recipe(column)),
            };
            out += &cell(work, n * table.columns.len() + m, &label, lang);
        }
        out += "</tr>";
        if row.lesson {
            out += &format!(
                "<tr role=\"row\" class=\"lesson\"><td role=\"cell\" colspan=\"{}\">{}</td></tr>",
                table.columns.len() + 1,
                words(&format!("table-lesson-{}", row.name))
            );
        }
    }
    out + &format!("</tbody></table><p class=\"hint\">{}</p>", words("table-bounds"))
}

fn cell(work: &Work, n: usize, label: &str, lang: Lang) -> String {
    let present = Cell::Waiting;
    let known = work.cells.get(n).unwrap_or(&present);
    let states = |key, states: u64| html::text(&SEARCHES.say(lang, key, &[&grouped(states as usize)]));
    let (class, icon, words) = match known {
        Cell::Waiting if n == work.cells.len() && work.asked.is_some() => {
            ("open", "open", states("searching", work.states))
        }
        Cell::Waiting => ("open", "open", SEARCHES.tr(lang, "waiting").to_owned()),
        Cell::Moot => ("moot", "open", html::text(&word(lang, &format!("{}.table-moot", work.table.scene)))),
        Cell::Holds(count) => ("ok", "check", states("holds", *count)),
        Cell::GivenUp(count) => ("expected", "warn", states("given-up", *count)),
        Cell::Wrong(why) => ("expected", "warn", html::text(why)),
        Cell::Fails(steps, run) => {
            let words = html::text(&SEARCHES.say(lang, "fails", &[&steps.to_string()]));
            let shown = match run {
                Some(run) => {
                    format!(
                        "<a class=\"link\" href=\"{}#{run}\" data-act=\"search shown {run}\" title=\"{}\">{words}</a>",
                        html::text(&address::base()),
                        SEARCHES.tr(lang, "show-run")
                    )
                }
                None => words,
            };
            ("bad", "broken", shown)
        }
    };
    format!(
        "<td role=\"cell\" class=\"{class}\"><p class=\"label\" aria-hidden=\"true\">{label}</p><p>{}<span>{words}</span></p></td>",
        html::icon(icon)
    )
}

/// How far it is, and what stops it or lets it go on.
fn bar(work: &Work, lang: Lang) -> String {
    let (known, all) = (work.cells.len(), work.table.cells());
    let count = |n: usize| n.to_string();
    let (words, button) = match () {
        () if work.done() => (SEARCHES.say(lang, "done", &[&count(all)]), ""),
        () if work.running => (SEARCHES.say(lang, "running", &[&count(known + 1), &count(all)]), "stop"),
        () => (SEARCHES.say(lang, "stopped", &[&count(known), &count(all)]), "continue"),
    };
    let button = match button {
        "" => String::new(),
        act => html::button("button", &format!("search {act}"), SEARCHES.tr(lang, act)),
    };
    format!("<div class=\"offers search-bar\"><p role=\"status\">{words}</p>{button}</div>")
}
