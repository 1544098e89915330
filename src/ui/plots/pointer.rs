//! Pointer and keys over panels: what lies under them is told in a small label, and a click selects its node.

use super::panels::{Shared, Shown};
use crate::scenes::geometry::fixed;
use crate::scenes::scene::{Column, Columns, Panel, Selection};
use crate::ui::dom;
use crate::ui::draw::panels::{Hit, circle, hit};
use crate::ui::draw::plot;
use crate::ui::page::Page;
use crate::ui::text::plots::PLOTS;
use std::fmt::Write;
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, HtmlElement, KeyboardEvent, MouseEvent};

/// The column that a button stands on.
pub fn at(button: &Element) -> usize {
    button.get_attribute("data-column").and_then(|at| at.parse().ok()).unwrap_or(0)
}

/// Puts a button on a column: its place, its node and its words.
pub fn put(button: &Element, columns: &Columns, at: usize) {
    let Some(column) = columns.columns.get(at) else { return };
    let place = columns.place(at);
    if let Some(button) = button.dyn_ref::<HtmlElement>() {
        let sides = [("left", place.x), ("top", columns.y), ("width", place.w), ("height", columns.h)];
        for (name, value) in sides {
            dom::style(button, name, &format!("{}px", fixed(value, 1)));
        }
    }
    for (name, value) in
        [("data-column", at.to_string()), ("data-node", column.node.to_string()), ("aria-label", column.words.clone())]
    {
        dom::set(button, name, &value);
    }
}

/// Whether a column is this node's, or its group's.
fn holds(column: &Column, node: u16) -> bool {
    (column.node..column.node.saturating_add(column.nodes.max(1))).contains(&node)
}

/// Outlines of the column that is pointed at, and of those of the selected node.
pub fn show_marks(marks: &Element, shown: &Shown) {
    let mut out = String::new();
    let outline = |out: &mut String, class: &str, columns: &Columns, n: usize| {
        let at = columns.place(n);
        let _ = write!(
            out,
            "<rect class=\"{class}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"3\"/>",
            fixed(at.x, 1),
            fixed(at.y - 2.0, 1),
            fixed(at.w.max(2.0), 1),
            fixed(at.h + 2.0, 1)
        );
    };
    for (p, panel) in shown.panels.iter().enumerate() {
        for (n, column) in panel.columns.columns.iter().enumerate() {
            if matches!(shown.selection, Some(Selection::Node(node)) if holds(column, node)) {
                outline(&mut out, "panel-chosen", &panel.columns, n);
            } else if shown.hot == Some((p, n)) {
                outline(&mut out, "panel-hot", &panel.columns, n);
            }
        }
    }
    marks.set_inner_html(&out);
}

struct Pointer {
    page: Page,
    layer: HtmlElement,
    marks: Element,
    tip: HtmlElement,
    live: Element,
    shown: Shared,
}

pub fn listen(page: Page, layer: &HtmlElement, shown: Shared) -> Option<()> {
    let find = |selector: &str| layer.query_selector(selector).ok().flatten();
    let pointer = std::rc::Rc::new(Pointer {
        page,
        layer: layer.clone(),
        marks: find(".panels-marks")?,
        tip: find(".panels-tip")?.dyn_into().ok()?,
        live: find("[aria-live]")?,
        shown,
    });
    let same = pointer.clone();
    dom::listen(layer, "pointermove", move |event| same.moved(&event));
    let same = pointer.clone();
    dom::listen(layer, "pointerleave", move |_| same.point_at(None, None));
    let same = pointer.clone();
    dom::listen(layer, "click", move |event| same.clicked(&event));
    let same = pointer.clone();
    dom::listen(layer, "focusin", move |event| same.focused(&event));
    dom::listen(layer, "keydown", move |event| pointer.key(&event));
    Some(())
}

impl Pointer {
    /// The panel at a place of the screen, and what of it.
    fn under(&self, event: &Event) -> Option<(usize, Hit)> {
        let mouse = event.dyn_ref::<MouseEvent>()?;
        let ((x, y), (left, top)) = (dom::pointed(mouse), dom::corner(&self.layer));
        let (x, y) = ((x - left) as f32, (y - top) as f32);
        let shown = self.shown.borrow();
        shown.panels.iter().enumerate().find_map(|(n, panel)| Some((n, hit(panel, x, y)?)))
    }

    fn moved(&self, event: &Event) {
        match self.under(event) {
            Some((panel, Hit::Column(column))) => self.point_at(Some((panel, column)), None),
            Some((panel, Hit::Circle { turn, band })) => self.point_at(None, Some((panel, turn, band))),
            None => self.point_at(None, None),
        }
    }

    /// Tells what is there: a column, or a place on a circle.
    fn point_at(&self, column: Option<(usize, usize)>, turn: Option<(usize, f32, bool)>) {
        let mut shown = self.shown.borrow_mut();
        if shown.hot != column {
            shown.hot = column;
            show_marks(&self.marks, &shown);
        }
        let told = match (column, turn) {
            (Some((panel, column)), _) => shown.panels.get(panel).and_then(|panel| {
                let columns = &panel.columns;
                let (x, y) = columns.top(column);
                Some((x, y.min(columns.y + columns.h * 0.5) - 8.0, columns.columns.get(column)?.words.clone()))
            }),
            (None, Some((panel, turn, band))) => {
                shown.panels.get(panel).and_then(|panel| self.around(panel, turn, band))
            }
            (None, None) => None,
        };
        let class = if told.is_some() { "panels over" } else { "panels" };
        if self.layer.class_name() != class && !shown.panels.is_empty() {
            self.layer.set_class_name(class);
        }
        let Some((x, y, words)) = told else { return self.tip.set_hidden(true) };
        self.tip.set_hidden(false);
        if self.tip.text_content().as_deref() != Some(&*words) {
            self.tip.set_text_content(Some(&words));
        }
        // Within the stage, whatever the words.
        let half = self.tip.offset_width() as f32 / 2.0 + 4.0;
        let wide = self.layer.client_width() as f32;
        let x = x.min(wide - half).max(half);
        let high = self.tip.offset_height() as f32 + 4.0;
        dom::style(&self.tip, "left", &format!("{}px", fixed(x, 1)));
        dom::style(&self.tip, "top", &format!("{}px", fixed(y.max(high), 1)));
    }

    /// What the label over a place of the circle says, and where it stands.
    fn around(&self, panel: &Panel, turn: f32, band: bool) -> Option<(f32, f32, String)> {
        let circle = &panel.circle;
        let words = if band {
            let node = owner(panel, turn)?;
            panel.columns.columns.iter().find(|column| holds(column, node))?.words.clone()
        } else {
            let (keys, moved) = circle::told(circle, turn)?;
            let lang = self.page.lang_now();
            PLOTS.say(lang, "bin", &[&keys.to_string(), &moved.to_string()])
        };
        let (x, y) = plot::around((circle.x, circle.y), turn, circle.radius);
        Some((x, y - 12.0, words))
    }

    fn clicked(&self, event: &Event) {
        // A button is a click on its node by itself, wherever it came from.
        if dom::carrier(event, "data-node").is_some() {
            return;
        }
        let Some((panel, hit)) = self.under(event) else { return };
        let (node, lookup) = {
            let shown = self.shown.borrow();
            let Some(panel) = shown.panels.get(panel) else { return };
            match hit {
                Hit::Column(n) => (panel.columns.columns.get(n).map(|column| column.node), None),
                Hit::Circle { turn, band: true } => (owner(panel, turn), None),
                Hit::Circle { turn, band: false } => (None, Some((panel.name.clone(), turn))),
            }
        };
        event.stop_propagation();
        if let Some(node) = node {
            self.page.choose(Selection::Node(node));
        } else if let Some((panel, turn)) = lookup {
            self.look_up(&panel, turn);
        }
    }

    /// The key nearest to a turn is looked up, where the scene looks keys up.
    fn look_up(&self, panel: &str, turn: f32) {
        if let Some(line) = self.page.look(|run| run.nearest(panel, turn)).flatten() {
            self.page.act(&line);
        }
    }

    fn focused(&self, event: &Event) {
        let Some(button) = event.target().and_then(|t| t.dyn_into::<Element>().ok()) else { return };
        if !button.class_list().contains("column") {
            return;
        }
        // The pointer tells what is under it by itself.
        if button.matches(":focus-visible").unwrap_or(false) {
            self.tell(&button);
        }
    }

    fn tell(&self, button: &Element) {
        if let Some(panel) = self.panel_of(button) {
            self.point_at(Some((panel, at(button))), None);
        }
    }

    fn panel_of(&self, button: &Element) -> Option<usize> {
        let group = button.parent_element()?;
        dom::all(&self.layer, "[role=group]").iter().position(|other| other.is_same_node(Some(&group)))
    }

    /// Up and Down go from column to column of a panel.
    fn key(&self, event: &Event) {
        let Some(key) = event.dyn_ref::<KeyboardEvent>() else { return };
        let step = match key.key().as_str() {
            "ArrowDown" => 1,
            "ArrowUp" => -1,
            _ => return,
        };
        let Some(button) = event.target().and_then(|t| t.dyn_into::<Element>().ok()) else { return };
        let Some(panel) = self.panel_of(&button) else { return };
        let Some(group) = button.parent_element() else { return };
        let count = self.shown.borrow().panels.get(panel).map_or(0, |panel| panel.columns.columns.len());
        if count == 0 {
            return;
        }
        let next = (at(&button) as i64 + step).rem_euclid(count as i64) as usize;
        let buttons = dom::all(&group, "button");
        if let Some(other) = buttons.get(next).filter(|_| buttons.len() == count) {
            buttons.iter().for_each(|button| dom::set(button, "tabindex", "-1"));
            dom::set(other, "tabindex", "0");
            dom::focus(other);
            self.tell(other);
        } else {
            // One button for all: it moves, and what it says is spoken.
            if let Some(panel) = self.shown.borrow().panels.get(panel) {
                put(&button, &panel.columns, next);
                let words = panel.columns.columns.get(next).map(|column| column.words.clone());
                self.live.set_text_content(words.as_deref());
            }
            self.tell(&button);
        }
        event.prevent_default();
        event.stop_propagation();
    }
}

/// Whose arc a turn lies on: each reaches from its predecessor's point, exclusive, to its own, inclusive.
fn owner(panel: &Panel, turn: f32) -> Option<u16> {
    let arcs = &panel.circle.arcs;
    let inside = |from: f32, to: f32| if from < to { from < turn && turn <= to } else { turn > from || turn <= to };
    let known = |node: &u16| panel.columns.columns.iter().any(|column| holds(column, *node));
    arcs.iter().find(|arc| inside(arc.from, arc.to)).map(|arc| arc.node).filter(known)
}
