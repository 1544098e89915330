//! The matrix of crashes as markup: small in the left panel, large in its dialog. Roles are said aloud: on a phone its rows
//! are blocks, not table rows.

use super::trials::{self, Known, Place};
use crate::scenes::crashes::{Matrix, Trial};
use crate::scenes::scene::Verdict;
use crate::scenes::twin::outage;
use crate::ui::draw::hue_class;
use crate::ui::page::Page;
use crate::ui::{address, html};

/// The matrix of the run on show, and what is known of it.
struct Shown {
    matrix: Matrix,
    known: Vec<(Place, Known)>,
    power: bool,
    /// The crash of the run on show.
    trial: Option<Trial>,
}

impl Shown {
    fn now(page: Page) -> Option<Shown> {
        let lang = page.lang_now();
        let seen = |run: &dyn crate::scenes::run::Run| Some((run.crashes(lang)?, run.crashes_key(), run.trial()));
        let (matrix, key, trial) = page.look(seen).flatten()?;
        Some(Shown { matrix, known: trials::known(key), power: trials::power(), trial })
    }

    fn cell(&self, row: usize, column: usize, power: bool) -> Option<&Known> {
        self.known.iter().find(|(place, _)| *place == (row, column, power)).map(|(_, known)| known)
    }

    /// How many cells are tried, and how many there are.
    fn tried(&self, power: bool) -> (usize, usize) {
        let all = self.matrix.cells_to_try();
        let known = all.filter(|(row, column)| self.cell(*row, *column, power).is_some()).count();
        (known, self.matrix.cells_to_try().count())
    }

    fn tried_words(&self, page: Page, power: bool) -> String {
        let (known, all) = self.tried(power);
        page.say("crash-tried", &[&known.to_string(), &all.to_string()])
    }
}

pub fn title(page: Page) -> String {
    page.look(|run| run.crashes(page.lang_now())).flatten().map_or_else(String::new, |matrix| matrix.title)
}

/// The button that opens it, where the scene has one.
pub fn button(page: Page) -> String {
    let title = title(page);
    if title.is_empty() { title } else { html::button("button small ask-matrix", "dialog matrix", &title) }
}

/// The picture of it in the left panel: one button.
pub fn small(page: Page) -> String {
    let Some(shown) = Shown::now(page).filter(|_| !page.asking()) else { return String::new() };
    let matrix = &shown.matrix;
    let first = |name: &str| html::text(&name.chars().take(1).collect::<String>());
    let mut out = format!(
        "<section class=\"group\">{}<button type=\"button\" class=\"crash-small\" data-act=\"dialog matrix\">\
         <span class=\"visually-hidden\">{}</span><span class=\"crash-picture\" aria-hidden=\"true\">\
         <span class=\"crash-line\"><span></span>",
        html::caps(&matrix.title),
        html::text(&page.say("side", &[&matrix.title, &shown.tried_words(page, shown.power)]))
    );
    for (_, short) in &matrix.columns {
        out += &format!("<span class=\"crash-head\">{}</span>", first(short));
    }
    out += "</span>";
    for (row, point) in matrix.rows.iter().enumerate() {
        let now = if matrix.now == Some(row) { " now" } else { "" };
        out +=
            &format!("<span class=\"crash-line{now}\"><span class=\"crash-name\">{}</span>", html::text(&point.name));
        for column in 0..matrix.columns.len() {
            let row = matrix.apart(row, column).map_or(Some(row), |apart| apart.same);
            let known = row.and_then(|row| shown.cell(row, column, shown.power));
            out += &match (row, known) {
                (None, _) => "<span class=\"crash-dot none\"></span>".to_owned(),
                (_, Some(Known::Ended { trial, .. })) => {
                    let hue = trial.ended.and_then(|end| matrix.ends.get(end)).map_or("", |end| hue_class(end.1));
                    let waited = if trial.waited.is_empty() { "" } else { " waited" };
                    format!("<span class=\"crash-dot {hue}{waited}\"></span>")
                }
                _ => "<span class=\"crash-dot\"></span>".to_owned(),
            };
        }
        out += "</span>";
    }
    out += "<span class=\"crash-legend\">";
    for (words, hue, _) in matrix.ends.iter().take(2) {
        out += &format!("<span><span class=\"crash-dot {}\"></span>{}</span>", hue_class(*hue), html::text(words));
    }
    out + &format!(
        "<span><span class=\"crash-dot waited\"></span>{}</span></span></span></button></section>",
        html::text(&matrix.somebody)
    )
}

pub fn panel(page: Page) -> String {
    let Some(shown) = Shown::now(page) else { return String::new() };
    let matrix = &shown.matrix;
    let mut out = format!(
        "<p>{}</p>{}<table class=\"worlds crashes\" role=\"table\"><thead role=\"rowgroup\"><tr role=\"row\"><td role=\"cell\"></td>",
        html::text(&matrix.intro),
        bar(page, &shown)
    );
    for (name, _) in &matrix.columns {
        out += &format!("<th role=\"columnheader\" scope=\"col\"><b>{}</b></th>", html::text(name));
    }
    out += "</tr></thead><tbody role=\"rowgroup\">";
    for (row, point) in matrix.rows.iter().enumerate() {
        let (class, now) = if matrix.now == Some(row) {
            (" class=\"now\"", format!(" <span class=\"crash-now\">{}</span>", page.tr("crash-now")))
        } else {
            ("", String::new())
        };
        out += &format!(
            "<tr role=\"row\"{class}><th role=\"rowheader\" scope=\"row\"><b>{}{now}</b> <small>{}</small></th>",
            html::text(&point.name),
            html::text(&point.help)
        );
        let mut column = 0;
        while column < matrix.columns.len() {
            let apart = matrix.apart(row, column);
            // Neighbours that are not tried for the same reason stand together.
            let alike = |n: &usize| apart.is_some() && matrix.apart(row, *n) == apart;
            let to = (column + 1..matrix.columns.len()).take_while(alike).count() + column + 1;
            out += &match apart {
                Some(apart) => {
                    let names: Vec<&str> = matrix.columns[column..to].iter().map(|names| names.1.as_str()).collect();
                    let same = apart.same.and_then(|row| matrix.rows.get(row)).map_or_else(String::new, |same| {
                        format!("<b>{}</b> ", html::text(&page.say("as-row", &[&same.name])))
                    });
                    format!(
                        "<td role=\"cell\" class=\"apart\" colspan=\"{}\">{}<p class=\"facts\"><span>{same}{}</span></p></td>",
                        to - column,
                        label(&names.join(&matrix.comma)),
                        html::text(&apart.why)
                    )
                }
                None => cell(page, &shown, row, column),
            };
            column = to;
        }
        out += "</tr>";
    }
    out + &format!("</tbody></table><p class=\"hint\">{}</p>", html::text(&matrix.note))
}

/// On a phone the heads of the columns are out of sight.
fn label(words: &str) -> String {
    format!("<p class=\"label\" aria-hidden=\"true\">{}</p>", html::text(words))
}

fn cell(page: Page, shown: &Shown, row: usize, column: usize) -> String {
    let matrix = &shown.matrix;
    let (name, point) = (&matrix.columns[column].0, &matrix.rows[row].name);
    let (class, body) = match shown.cell(row, column, shown.power) {
        Some(Known::Ended { trial, run, beside }) => {
            let (end, hue) = fact(matrix, trial);
            let waits = if trial.waited.is_empty() { "hue-muted" } else { "hue-warn" };
            let icon = if trial.waited.is_empty() { "minus" } else { "clock" };
            let facts = format!(
                "<span class=\"fact {waits}\">{}<span>{}</span></span><span class=\"fact {hue}\">{end}</span>",
                html::icon(icon),
                html::text(&matrix.waited(trial))
            );
            let shown_run = open(run.as_deref(), "fact-link", page.tr("show-crash"), &facts);
            (hue, shown_run + &other(page, shown, trial, beside.as_deref()))
        }
        Some(Known::Missing) => ("apart", format!("<p class=\"facts\">{}</p>", html::text(&matrix.missing))),
        Some(Known::Open) => {
            let words = page.say("crash-open", &[&trials::PIECES.to_string()]);
            ("apart", format!("<p class=\"facts\">{words}</p>"))
        }
        None => {
            let here = (row, column, shown.power);
            let under_way = shown.trial.as_ref().is_some_and(|t| t.alone && (t.row, t.column, t.power) == here);
            let name = page.say("try-cell", &[name, point]);
            let (class, words, name) = match under_way {
                true => (
                    "try under-way",
                    page.tr("crash-under-way"),
                    page.say("side", &[page.tr("crash-under-way"), &name]),
                ),
                false => ("try", "?", name),
            };
            let button = format!(
                "<button type=\"button\" class=\"{class}\" data-act=\"matrix try {row} {column}\" aria-label=\"{}\">{words}</button>",
                html::text(&name)
            );
            ("", button)
        }
    };
    format!("<td role=\"cell\" class=\"crash {class}\">{}<div>{body}</div></td>", label(name))
}

/// How it ended, and its colour.
fn fact(matrix: &Matrix, trial: &Trial) -> (String, &'static str) {
    let Some((words, hue, verdict)) = trial.ended.and_then(|end| matrix.ends.get(end)) else {
        return (String::new(), "");
    };
    let icon = match verdict {
        Verdict::Fine => "check",
        Verdict::Refused => "close",
        Verdict::Broken => "broken",
    };
    (format!("{}<span>{}</span>", html::icon(icon), html::text(words)), hue_class(*hue))
}

/// A link to a run, or only its words where it is too long for one.
fn open(run: Option<&str>, class: &str, title: &str, words: &str) -> String {
    match run {
        Some(run) => {
            let title = if title.is_empty() { String::new() } else { format!(" title=\"{}\"", html::text(title)) };
            format!(
                "<a class=\"{class}\" href=\"{}#{run}\" data-act=\"matrix shown {run}\"{title}>{words}</a>",
                html::text(&address::base())
            )
        }
        None => format!("<span class=\"{class}\">{words}</span>"),
    }
}

/// What is known of the same crash of the other kind, and the way to see both.
fn other(page: Page, shown: &Shown, trial: &Trial, run: Option<&str>) -> String {
    let kind = outage(!trial.power, page.lang_now());
    let (class, words) = match shown.cell(trial.row, trial.column, !trial.power) {
        Some(Known::Ended { trial: other, .. }) if other.ended != trial.ended => {
            let end = other.ended.and_then(|end| shown.matrix.ends.get(end)).map_or("", |end| &end.0);
            ("beside differs", page.say("side", &[&kind, end]))
        }
        Some(Known::Ended { trial: other, .. }) if other.waited != trial.waited => {
            ("beside differs", page.say("side", &[&kind, &shown.matrix.waited(other)]))
        }
        Some(Known::Ended { .. }) => ("beside", page.say("beside-same", &[&kind])),
        _ => ("beside", page.say("beside", &[&kind])),
    };
    open(run, class, page.tr("show-beside"), &html::text(&words))
}

/// How the node goes down, how far it is, and what tries all or stops that.
fn bar(page: Page, shown: &Shown) -> String {
    let lang = page.lang_now();
    let mut ways = String::new();
    for (power, act) in [(false, "matrix way killed"), (true, "matrix way power")] {
        let (known, all) = shown.tried(power);
        let words = format!("{} · {known}/{all}", outage(power, lang));
        ways += &html::choice("way", act, &words, shown.power == power);
    }
    let all = |power| {
        let (known, all) = shown.tried(power);
        all - known
    };
    let (words, button) = match trials::filling() {
        Some((at, of)) => {
            let words = page.say("crash-trying", &[&(at + 1).to_string(), &of.to_string()]);
            (words, html::button("button", "matrix stop", page.tr("try-stop")))
        }
        // For the next who says it first.
        None if all(false) + all(true) == 0 => {
            (String::new(), html::button("button", "matrix clear", page.tr("crash-clear")))
        }
        None => (String::new(), html::button("button", "matrix all", page.tr("try-all"))),
    };
    format!(
        "<div class=\"offers search-bar\"><div class=\"ways\" role=\"group\" aria-label=\"{}\">{ways}</div>{button}\
         <p role=\"status\">{words}</p></div>",
        page.tr("how-it-falls")
    )
}
