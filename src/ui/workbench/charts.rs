//! The scene's plots in a dialog, each with its numbers as a table.

use crate::scenes::scene::Chart;
use crate::ui::draw::chart;
use crate::ui::html;
use crate::ui::page::Page;

pub fn panel(page: Page) -> String {
    let charts = page.look(|run| run.charts(page.lang_now())).unwrap_or_default();
    if charts.is_empty() {
        return format!("<p>{}</p>", page.tr("no-charts"));
    }
    charts.iter().map(|chart| one(page, chart)).collect()
}

fn one(page: Page, chart: &Chart) -> String {
    let mut out = format!("<section class=\"chart-box\"><h3 class=\"caps\">{}</h3>", html::text(&chart.title));
    if let Some(share) = chart.placing {
        let share = ((share * 100.0) as u32).min(99).to_string();
        out += &format!("<p class=\"hint\" role=\"status\">{}</p>", page.say("counting", &[&share]));
    }
    out += &chart::markup(chart);
    if !chart.note.is_empty() {
        out += &format!("<p class=\"hint\">{}</p>", html::text(&chart.note));
    }
    out + &numbers(page, chart) + "</section>"
}

/// A row for each number across, a column for each line.
fn numbers(page: Page, chart: &Chart) -> String {
    let mut across: Vec<f32> = chart.lines.iter().flat_map(|line| line.points.iter()).map(|(x, _)| *x).collect();
    across.sort_by(f32::total_cmp);
    across.dedup();
    let mut out = format!(
        "<details class=\"chart-numbers\"><summary>{}</summary><table class=\"sheet\"><thead><tr><th scope=\"col\">{}</th>",
        page.tr("as-table"),
        html::text(&chart.across)
    );
    for line in &chart.lines {
        out += &format!("<th scope=\"col\">{}</th>", html::text(&line.words));
    }
    out += "</tr></thead><tbody>";
    for x in across {
        out += &format!("<tr><th scope=\"row\">{x}</th>");
        for line in &chart.lines {
            let found = line.points.iter().find(|(at, _)| *at == x);
            let words = found.map_or_else(|| "—".to_owned(), |(_, value)| chart::value(chart, *value));
            out += &format!("<td class=\"num\">{words}</td>");
        }
        out += "</tr>";
    }
    out + "</tbody></table></details>"
}
