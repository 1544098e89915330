//! Panels on the stage: words, circle and columns as SVG, what flies on a canvas, a button for each column.
//!
//! The SVG of a panel is made in four pieces, and a piece is touched only when what it shows has changed.

use super::pointer;
use crate::scenes::geometry::fixed;
use crate::scenes::scene::{Circle, Columns, Hue, Panel, Selection, Time};
use crate::ui::dom;
use crate::ui::draw::hue_property;
use crate::ui::draw::panels::{circle, columns, flight, words};
use crate::ui::page::Page;
use crate::ui::text::plots::PLOTS;
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::{CanvasRenderingContext2d, Element, HtmlCanvasElement, HtmlElement};

/// So many columns are a button each; of more, one button goes along them.
pub const BUTTONS_MOST: usize = 64;

/// What is on show, as the pointer and the keys find it.
#[derive(Default)]
pub struct Shown {
    pub panels: Vec<Panel>,
    /// The column under the pointer or under the keys: panel and index.
    pub hot: Option<(usize, usize)>,
    pub selection: Option<Selection>,
}

pub type Shared = Rc<RefCell<Shown>>;

pub struct Parts {
    page: Page,
    layer: HtmlElement,
    svg: Element,
    marks: Element,
    canvas: HtmlCanvasElement,
    buttons: HtmlElement,
    tip: HtmlElement,
    drawn: Vec<Drawn>,
    shown: Shared,
    size: (f32, f32),
    /// Something flew when the canvas was last drawn.
    flying: bool,
    colours: Vec<(&'static str, String)>,
}

/// The pieces of one panel.
struct Drawn {
    arcs: Element,
    keys: Element,
    columns: Element,
    words: Element,
    probe: Element,
    group: HtmlElement,
    panel: Panel,
    fresh: bool,
}

impl Parts {
    pub fn build(page: Page, layer: HtmlElement) -> Option<Parts> {
        layer.set_inner_html(
            "<svg class=\"panels-still\" aria-hidden=\"true\"></svg><canvas class=\"panels-moving\" aria-hidden=\"true\"></canvas>\
             <svg class=\"panels-marks\" aria-hidden=\"true\"></svg><div class=\"panels-columns\"></div>\
             <div class=\"panels-tip\" aria-hidden=\"true\" hidden></div><p class=\"visually-hidden\" aria-live=\"polite\"></p>",
        );
        let find = |selector: &str| layer.query_selector(selector).ok().flatten();
        let parts = Parts {
            page,
            svg: find(".panels-still")?,
            marks: find(".panels-marks")?,
            canvas: find("canvas")?.dyn_into().ok()?,
            buttons: find(".panels-columns")?.dyn_into().ok()?,
            tip: find(".panels-tip")?.dyn_into().ok()?,
            drawn: Vec::new(),
            shown: Shared::default(),
            size: (0.0, 0.0),
            flying: false,
            colours: Vec::new(),
            layer,
        };
        pointer::listen(page, &parts.layer, parts.shown.clone());
        Some(parts)
    }

    pub fn is_empty(&self) -> bool {
        self.drawn.is_empty()
    }

    /// The theme changed: what is on the canvas is drawn in new colours. The rest follows by itself.
    pub fn forget(&mut self) {
        self.colours.clear();
        self.size = (0.0, 0.0);
    }

    pub fn patch(&mut self, panels: Vec<Panel>, size: (f32, f32)) {
        dom::toggle(&self.layer, "hidden", panels.is_empty());
        if self.size != size && !panels.is_empty() {
            self.size = size;
            let scale = scale();
            self.canvas.set_width((f64::from(size.0) * scale) as u32);
            self.canvas.set_height((f64::from(size.1) * scale) as u32);
            dom::style(&self.canvas, "width", &format!("{}px", fixed(size.0, 0)));
            dom::style(&self.canvas, "height", &format!("{}px", fixed(size.1, 0)));
        }
        if self.drawn.len() != panels.len() {
            self.lay_out(&panels);
        }
        let lang = self.page.lang_now();
        for (drawn, panel) in self.drawn.iter_mut().zip(&panels) {
            let placing = panel.placing.map_or(String::new(), |share| {
                PLOTS.say(lang, "placing", &[&((share * 100.0) as u32).min(99).to_string()])
            });
            drawn.show(panel, &placing);
        }
        self.tip.set_hidden(true);
        let mut shown = self.shown.borrow_mut();
        shown.hot = shown
            .hot
            .filter(|(panel, column)| panels.get(*panel).is_some_and(|panel| *column < panel.columns.columns.len()));
        shown.panels = panels;
        drop(shown);
        self.ring_marks();
    }

    /// An element for each piece of each panel. Their order is the order in which they lie on each other.
    fn lay_out(&mut self, panels: &[Panel]) {
        self.svg.set_inner_html(&"<g><g></g><g></g><g></g><g></g><g></g></g>".repeat(panels.len()));
        self.buttons.set_inner_html(&"<div role=\"group\"></div>".repeat(panels.len()));
        let groups = dom::all(&self.buttons, "[role=group]");
        self.drawn = dom::all(&self.svg, ":scope > g")
            .into_iter()
            .zip(groups)
            .filter_map(|(whole, group)| {
                let mut pieces = dom::all(&whole, ":scope > g").into_iter();
                Some(Drawn {
                    arcs: pieces.next()?,
                    keys: pieces.next()?,
                    columns: pieces.next()?,
                    words: pieces.next()?,
                    probe: pieces.next()?,
                    group: group.dyn_into().ok()?,
                    panel: Panel::default(),
                    fresh: true,
                })
            })
            .collect();
    }

    pub fn mark(&mut self, selection: Option<Selection>) {
        let changed = {
            let mut shown = self.shown.borrow_mut();
            std::mem::replace(&mut shown.selection, selection) != selection
        };
        if changed {
            self.ring_marks();
        }
        for button in dom::all(&self.buttons, "button") {
            let node = button.get_attribute("data-node").and_then(|node| node.parse().ok());
            let pressed = node.is_some_and(|node| selection == Some(Selection::Node(node)));
            dom::set(&button, "aria-pressed", if pressed { "true" } else { "false" });
        }
    }

    fn ring_marks(&self) {
        pointer::show_marks(&self.marks, &self.shown.borrow());
    }

    /// What flies at this moment. Nothing else of the panels changes between two events.
    pub fn frame(&mut self, now: Time) {
        let any = self.drawn.iter().any(|drawn| flies(&drawn.panel, now).is_some());
        if any || self.flying {
            self.flying = any;
            self.draw_flights(now);
        }
    }

    fn draw_flights(&mut self, now: Time) -> Option<()> {
        let context: CanvasRenderingContext2d = self.canvas.get_context("2d").ok()??.dyn_into().ok()?;
        // A new width, even the same one, clears a canvas and all its settings.
        self.canvas.set_width(self.canvas.width());
        let scale = scale();
        let _ = context.scale(scale, scale);
        context.set_line_width(1.5);
        let steps = dom::reduced_motion();
        for drawn in &self.drawn {
            let Some((flight, share)) = flies(&drawn.panel, now) else { continue };
            let columns = &drawn.panel.columns;
            let pitch = columns.place(0).w;
            let radius = f64::from((pitch * 0.16).clamp(1.3, 2.6));
            let mut hue: Option<Hue> = None;
            for mover in flight.marks.iter() {
                let Some((x, y)) = flight::place(columns, mover, share, steps) else { continue };
                if hue != Some(mover.hue) {
                    hue = Some(mover.hue);
                    let colour = colour(&mut self.colours, &self.layer, mover.hue);
                    context.set_fill_style_str(&colour);
                }
                let (x, y) = (f64::from(x), f64::from(y));
                context.begin_path();
                if mover.needless {
                    // Needless moves are hollow and red.
                    context.set_stroke_style_str(&colour(&mut self.colours, &self.layer, Hue::Bad));
                    let _ = context.arc(x, y, radius + 1.0, 0.0, std::f64::consts::TAU);
                    context.stroke();
                } else {
                    let _ = context.arc(x, y, radius, 0.0, std::f64::consts::TAU);
                    context.fill();
                }
            }
        }
        Some(())
    }

    /// The nodes whose columns touch a rectangle of the stage.
    pub fn inside(&self, x0: f32, y0: f32, x1: f32, y1: f32) -> Vec<u16> {
        let shown = self.shown.borrow();
        let mut nodes = Vec::new();
        for panel in &shown.panels {
            let columns = &panel.columns;
            for (n, column) in columns.columns.iter().enumerate() {
                let at = columns.place(n);
                let foot = at.y + at.h;
                if at.x < x1 && at.x + at.w > x0 && at.y < y1 && foot > y0 {
                    nodes.extend(column.node..column.node.saturating_add(column.nodes.max(1)));
                }
            }
        }
        nodes
    }
}

fn colour(known: &mut Vec<(&'static str, String)>, layer: &HtmlElement, hue: Hue) -> String {
    let name = hue_property(hue);
    if let Some((_, value)) = known.iter().find(|(known, _)| *known == name) {
        return value.clone();
    }
    let style = dom::window().and_then(|window| window.get_computed_style(layer).ok().flatten());
    let value = style.and_then(|style| style.get_property_value(name).ok()).unwrap_or_default();
    known.push((name, value.clone()));
    value
}

/// The flight that is under way now, and how far it is.
fn flies(panel: &Panel, now: Time) -> Option<(&crate::scenes::scene::Flight, f32)> {
    let flight = panel.flight.as_ref()?;
    Some((flight, flight::share(flight, now)?))
}

fn scale() -> f64 {
    dom::window().map_or(1.0, |window| window.device_pixel_ratio()).clamp(1.0, 3.0)
}

/// Whether the circle is drawn in the same place.
fn lies_alike(a: &Circle, b: &Circle) -> bool {
    (a.x, a.y, a.radius) == (b.x, b.y, b.radius)
}

impl Drawn {
    fn show(&mut self, panel: &Panel, placing: &str) {
        let old = &self.panel;
        let all = self.fresh;
        let moved = all || !lies_alike(&old.circle, &panel.circle);
        let same = |a: &Rc<_>, b: &Rc<_>| Rc::ptr_eq(a, b) || a == b;
        if moved || !same(&old.circle.arcs, &panel.circle.arcs) {
            self.arcs.set_inner_html(&circle::arcs(&panel.circle));
        }
        if moved || old.circle.keys != panel.circle.keys {
            self.keys.set_inner_html(&circle::keys(&panel.circle));
        }
        if moved || old.circle.probe != panel.circle.probe {
            self.probe.set_inner_html(&circle::looked_up(&panel.circle, (panel.x + 4.0, panel.y + 31.0)));
        }
        if all || old.columns != panel.columns {
            self.columns.set_inner_html(&columns::markup(&panel.columns));
            buttons(&self.group, &panel.columns);
        }
        let said = |panel: &Panel| {
            (
                panel.title.clone(),
                panel.figure.clone(),
                panel.lines.clone(),
                panel.wrong.clone(),
                panel.placing.map(f32::to_bits),
            )
        };
        if moved || said(old) != said(panel) || (old.x, old.y, old.w) != (panel.x, panel.y, panel.w) {
            self.words.set_inner_html(&words(panel, placing));
            dom::set(&self.group, "aria-label", &spoken(panel, placing));
        }
        self.panel = panel.clone();
        self.fresh = false;
    }
}

/// What a screen reader hears of a panel.
fn spoken(panel: &Panel, placing: &str) -> String {
    let mut words = vec![panel.title.as_str(), panel.figure.as_str()];
    if placing.is_empty() {
        words.extend(panel.lines.iter().map(String::as_str));
        words.extend(panel.wrong.as_deref());
    } else {
        words.push(placing);
    }
    words.retain(|part| !part.is_empty());
    words.join(", ")
}

/// A button for each column, or one that goes along them.
fn buttons(group: &HtmlElement, columns: &Columns) {
    let count = columns.columns.len();
    let wanted = if count > BUTTONS_MOST { 1 } else { count };
    let mut have = dom::all(group, "button");
    if have.len() != wanted {
        group.set_inner_html(&"<button type=\"button\" class=\"column\" tabindex=\"-1\"></button>".repeat(wanted));
        have = dom::all(group, "button");
        if let Some(first) = have.first() {
            dom::set(first, "tabindex", "0");
        }
    }
    for (n, button) in have.iter().enumerate() {
        // The one that goes along them stays where it is.
        let at = if count > BUTTONS_MOST { pointer::at(button).min(count - 1) } else { n };
        pointer::put(button, columns, at);
    }
}
