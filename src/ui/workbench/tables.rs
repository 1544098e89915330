//! The picture as tables, in a dialog: the same numbers for those who cannot see it or want to count. Rows are sorted and
//! filtered here; a row that is a node selects it.

use crate::scenes::scene::{Selection, Sheet};
use crate::ui::draw::grouped;
use crate::ui::page::{Dialog, Page};
use crate::ui::{dom, html, kept};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

/// Rows that are shown at first, and that are added each time.
const ROWS: usize = 200;

/// What the reader looks at.
#[derive(Clone, Default)]
struct Look {
    sheet: usize,
    filter: String,
    /// Column and whether it falls.
    sort: Option<(usize, bool)>,
    /// So many more rows than at first.
    more: usize,
}

/// The tables of a moment: they are asked for once, they may be long.
struct Known {
    of: ((u64, u64), crate::scenes::scene::Lang),
    sheets: Rc<Vec<Sheet>>,
}

/// Until what was hidden has given its room to the stage.
const SETTLED_MS: u32 = 80;

/// What the place of the buttons depends on.
#[derive(Clone, Copy, PartialEq)]
struct Around {
    run: u64,
    window: (f64, f64),
    /// A question, a lesson, panels.
    rows: (bool, bool, bool),
    nodes: usize,
    buttons: u32,
}

thread_local! {
    static LOOK: RefCell<Look> = RefCell::default();
    static KNOWN: RefCell<Option<Known>> = const { RefCell::new(None) };
    /// Whether a run has tables, by the run: asking may be expensive.
    static HAS: Cell<Option<(u64, bool)>> = const { Cell::new(None) };
    /// For what the place of the buttons was found.
    static STOOD: Cell<Option<Around>> = const { Cell::new(None) };
}

/// Whether the run on show has tables.
pub fn any(page: Page) -> bool {
    let epoch = page.stamp().0;
    if let Some((_, has)) = HAS.get().filter(|(of, _)| *of == epoch) {
        return has;
    }
    let has = !sheets(page).is_empty();
    HAS.set(Some((epoch, has)));
    has
}

fn sheets(page: Page) -> Rc<Vec<Sheet>> {
    let of = (page.stamp(), page.lang_now());
    if let Some(sheets) = KNOWN.with_borrow(|known| known.as_ref().filter(|k| k.of == of).map(|k| k.sheets.clone())) {
        return sheets;
    }
    let sheets = Rc::new(page.look(|run| run.sheets(of.1)).unwrap_or_default());
    KNOWN.set(Some(Known { of, sheets: sheets.clone() }));
    sheets
}

/// The number that a cell says, if it says one: "1,204", "-3.5 %".
fn number(cell: &str) -> Option<f64> {
    let plain: String = cell.chars().filter(|c| !matches!(c, ',' | ' ' | '%' | '\u{a0}')).collect();
    plain.replace('−', "-").parse().ok()
}

/// The rows that the filter leaves, in the order that was asked for: indices into the sheet.
fn rows(sheet: &Sheet, look: &Look) -> Vec<usize> {
    let wanted = look.filter.trim().to_lowercase();
    let fits = |n: &usize| wanted.is_empty() || sheet.rows[*n].iter().any(|cell| cell.to_lowercase().contains(&wanted));
    let mut found: Vec<usize> = (0..sheet.rows.len()).filter(fits).collect();
    if let Some((column, falls)) = look.sort {
        let cell = |n: usize| sheet.rows[n].get(column).map_or("", String::as_str);
        let numbers: Vec<Option<f64>> = (0..sheet.rows.len()).map(|n| number(cell(n))).collect();
        found.sort_by(|a, b| {
            // What is no number comes last, either way.
            let order = match (numbers[*a], numbers[*b]) {
                (Some(a), Some(b)) if falls => b.total_cmp(&a),
                (Some(a), Some(b)) => a.total_cmp(&b),
                (Some(_), None) => std::cmp::Ordering::Less,
                (None, Some(_)) => std::cmp::Ordering::Greater,
                (None, None) if falls => cell(*b).cmp(cell(*a)),
                (None, None) => cell(*a).cmp(cell(*b)),
            };
            order.then(a.cmp(b))
        });
    }
    found
}

pub fn panel(page: Page) -> String {
    let sheets = sheets(page);
    let look = LOOK.with_borrow(Clone::clone);
    let Some(sheet) = sheets.get(look.sheet).or(sheets.first()) else {
        return format!("<p>{}</p>", page.tr("no-tables"));
    };
    let mut out = String::new();
    if sheets.len() > 1 {
        out += &format!("<div class=\"ways\" role=\"group\" aria-label=\"{}\">", page.tr("tables"));
        for (n, other) in sheets.iter().enumerate() {
            let here = std::ptr::eq(other, sheet);
            out += &html::choice("way", &format!("sheet show {n}"), &other.title, here);
        }
        out += "</div>";
    }
    if !sheet.note.is_empty() {
        out += &format!("<p class=\"hint\">{}</p>", html::text(&sheet.note));
    }
    let found = rows(sheet, &look);
    out += &format!(
        "<div class=\"offers sheet-bar\"><label class=\"sheet-filter\"><span>{}</span>\
         <input type=\"text\" value=\"{}\" data-input=\"sheet\"></label>{}<p role=\"status\">{}</p></div>",
        page.tr("filter"),
        html::text(&look.filter),
        html::button("button", "sheet copy", page.tr("copy-table")),
        page.say("rows-of", &[&grouped(found.len()), &grouped(sheet.rows.len())])
    );
    out += &format!(
        "<div class=\"sheet-scroll\"><table class=\"sheet\"><caption class=\"visually-hidden\">{}</caption><thead><tr>",
        html::text(&sheet.title)
    );
    // Numbers, and what stands for one that there is not, under a head at their own side.
    let counts = |column: usize| sheet.rows.iter().any(|row| row.get(column).is_some_and(|c| number(c).is_some()));
    let counts: Vec<bool> = (0..sheet.head.len()).map(|column| column > 0 && counts(column)).collect();
    let side = |column: usize| if counts.get(column) == Some(&true) { " class=\"num\"" } else { "" };
    for (n, name) in sheet.head.iter().enumerate() {
        let (sort, mark) = match look.sort {
            Some((column, true)) if column == n => ("descending", " ↓"),
            Some((column, false)) if column == n => ("ascending", " ↑"),
            _ => ("none", ""),
        };
        out += &format!(
            "<th scope=\"col\"{} aria-sort=\"{sort}\"><button type=\"button\" class=\"quiet\" data-act=\"sheet sort {n}\">{}{mark}</button></th>",
            side(n),
            html::text(name)
        );
    }
    out += "</tr></thead><tbody>";
    for n in found.iter().take(ROWS + look.more) {
        out += "<tr>";
        for (column, cell) in sheet.rows[*n].iter().enumerate() {
            let words = html::text(cell);
            out += &match (column, sheet.nodes.get(*n)) {
                (0, Some(node)) => format!(
                    "<th scope=\"row\"><button type=\"button\" class=\"quiet\" data-act=\"sheet node {node}\">{words}</button></th>"
                ),
                (0, None) => format!("<th scope=\"row\">{words}</th>"),
                _ => format!("<td{}>{words}</td>", side(column)),
            };
        }
        out += "</tr>";
    }
    out += "</tbody></table></div>";
    let left = found.len().saturating_sub(ROWS + look.more);
    if left > 0 {
        let next = html::button("button", "sheet next", &page.say("rows-next", &[&left.min(ROWS).to_string()]));
        let all = html::button("button", "sheet all", &page.say("rows-all", &[&grouped(left)]));
        out += &format!("<div class=\"offers\">{next}{all}</div>");
    }
    out
}

/// The rows that are found, with tabs between the cells, as spreadsheets take them.
fn tsv(sheet: &Sheet, look: &Look) -> String {
    let line = |cells: &[String]| {
        let cells: Vec<String> = cells.iter().map(|cell| cell.replace(['\t', '\n', '\r'], " ")).collect();
        cells.join("\t") + "\n"
    };
    rows(sheet, look).into_iter().fold(line(&sheet.head), |text, n| text + &line(&sheet.rows[n]))
}

pub fn open(page: Page) {
    if any(page) {
        page.dialog.set(Dialog::Tables);
    }
}

/// What its buttons do.
pub fn click(page: Page, rest: &str) {
    let (verb, rest) = rest.split_once(' ').unwrap_or((rest, ""));
    let n = rest.parse::<usize>().unwrap_or(0);
    match verb {
        "show" => LOOK.set(Look { sheet: n, ..Look::default() }),
        "sort" => LOOK.with_borrow_mut(|look| {
            look.sort = Some((n, matches!(look.sort, Some((column, false)) if column == n)));
        }),
        "next" => LOOK.with_borrow_mut(|look| look.more += ROWS),
        "all" => LOOK.with_borrow_mut(|look| look.more = usize::MAX - ROWS),
        "copy" => {
            let look = LOOK.with_borrow(Clone::clone);
            let sheets = sheets(page);
            if let Some(sheet) = sheets.get(look.sheet).or(sheets.first()) {
                super::log::copied(page, &tsv(sheet, &look));
            }
        }
        "node" => {
            super::leave_dialog(page);
            page.select(Some(Selection::Node(n as u16)));
        }
        _ => {}
    }
    kept::changed();
}

/// The filter is being typed.
pub fn filter(page: Page, words: String) {
    LOOK.with_borrow_mut(|look| {
        look.filter = words;
        look.more = 0;
    });
    super::draw_dialog(page);
}

/// The buttons at the stage's edge: the tables, and what else belongs to the picture.
pub fn tools(page: Page, root: &Element) {
    let Ok(Some(stage)) = root.query_selector(".stage") else { return };
    let found = stage.query_selector(".stage-tools").ok().flatten();
    let Some(tools) = found.or_else(|| {
        let tools: Element = dom::create("div", "stage-tools")?.into();
        stage.append_child(&tools).ok()?;
        Some(tools)
    }) else {
        return;
    };
    let mut markup = String::new();
    if any(page) && !page.asking() {
        markup += &html::button("button small", "dialog tables", page.tr("tables"));
    }
    if page.look(|run| run.plotted()) == Some(true) && !page.asking() {
        markup += &html::button("button small", "dialog charts", page.tr("charts"));
    }
    crate::ui::morph::morph(&tools, &markup);
    stand(page, &stage, &tools);
}

/// How wide and how high the buttons are, with some air: of one, and of two.
const TOOLS: [(f32, f32); 2] = [(92.0, 44.0), (160.0, 44.0)];

/// The buttons stand where no card and no heading is: at the top, at the bottom, or below the stage, which is then a little
/// lower. Asked again only when the run or the window is another one.
fn stand(page: Page, stage: &Element, tools: &Element) {
    let size = |of: Option<web_sys::Window>| {
        let window = of?;
        Some((window.inner_width().ok()?.as_f64()?, window.inner_height().ok()?.as_f64()?))
    };
    let now = Around {
        run: page.stamp().0,
        window: size(dom::window()).unwrap_or_default(),
        rows: (page.opening.with(Option::is_some), page.hold.get().is_some(), page.unfolded.get()),
        nodes: page.look(|run| run.nodes().len()).unwrap_or_default(),
        buttons: tools.child_element_count(),
    };
    if STOOD.get() == Some(now) || now.buttons == 0 {
        return;
    }
    STOOD.set(Some(now));
    // As if they stood at the top: below it the stage would be lower than it may be.
    let _ = tools.class_list().remove_2("at-bottom", "below");
    let (stage, tools) = (stage.clone(), tools.clone());
    // What was hidden a moment ago gives its room to the stage, which is then drawn once more.
    gloo_timers::callback::Timeout::new(SETTLED_MS, move || {
        if STOOD.get() == Some(now) {
            place(&stage, &tools, now.buttons > 1);
        }
    })
    .forget();
}

fn place(stage: &Element, tools: &Element, both: bool) {
    let cards = dom::all(stage, ".card, .stage-heading");
    let (Some(scroll), Some(canvas)) = (one(stage, ".stage-scroll"), one(stage, ".stage-canvas")) else { return };
    let (w, h) = TOOLS[usize::from(both)];
    let (wide, high) = (scroll.client_width() as f32, scroll.client_height() as f32);
    let free = |top: f32| {
        let clear = |card: &Element| {
            let Some([x, y, cw, ch]) = placed(card) else { return true };
            x + cw <= wide - w || x >= wide || y + ch <= top || y >= top + h
        };
        cards.iter().all(clear)
    };
    let scrolls = canvas.client_height() as f32 > high + 1.0;
    if scrolls || !free(0.0) {
        dom::toggle(tools, if !scrolls && free(high - h) { "at-bottom" } else { "below" }, true);
    }
}

fn one(of: &Element, selector: &str) -> Option<Element> {
    of.query_selector(selector).ok().flatten()
}

/// Where a card or a heading was put: left, top, width, height, without the page being laid out for it.
fn placed(element: &Element) -> Option<[f32; 4]> {
    let style = element.dyn_ref::<HtmlElement>()?.style();
    let pixels = |name: &str| style.get_property_value(name).ok()?.strip_suffix("px")?.parse::<f32>().ok();
    let (x, y) = (pixels("left")?, pixels("top")?);
    // A heading is put by its middle, and is as wide as its capitals.
    Some(match pixels("width").zip(pixels("height")) {
        Some((w, h)) => [x, y, w, h],
        None => {
            let w = element.text_content().unwrap_or_default().chars().count() as f32 * 9.0;
            [x - w / 2.0, y - 9.0, w, 18.0]
        }
    })
}
