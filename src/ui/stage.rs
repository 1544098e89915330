//! The stage: cards and messages over the wires, drawn straight into the DOM.
//!
//! Cards are patched when the run's revision changes; in between, a frame moves messages along their curves and touches
//! dials, meters and clocks whose shown value has changed. Nothing else.

use super::draw::{Live, card as card_markup, escape_into, hue_class, mono, tenths_into, wire};
use super::page::{Page, Theme};
use super::{dom, parts};
use crate::scenes::geometry::fixed;
use crate::scenes::run::Run;
use crate::scenes::scene::{Card, Curve, Heading, Panel, Pill, RingPlot, Selection, Stage, Time, View, Wire};
use std::cell::{Cell, RefCell};
use std::fmt::Write;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

/// A stage is never laid out for less than this.
const LEAST: (f32, f32) = (300.0, 220.0);

/// The ring and the panels. What draws them is fetched with the scenes that have them (`ui/plots`).
pub trait Plots {
    /// The theme has changed.
    fn forget(&mut self);
    fn patch(&mut self, ring: Option<RingPlot>, panels: Vec<Panel>, size: (f32, f32));
    /// The picture was drawn, which had begun at this time of the screen's clock.
    fn drawn(&mut self, begun: f64);
    /// Whether the picture is good enough for some more frames, because the work behind it goes on.
    fn waits(&self) -> bool;
    fn mark(&mut self, selection: Option<Selection>);
    /// What moves between two events; and a piece of the work behind the picture.
    fn frame(&mut self, run: &dyn Run, now: Time);
    /// The nodes that a rectangle touches.
    fn inside(&self, x0: f32, y0: f32, x1: f32, y1: f32) -> Vec<u16>;
}

/// Makes them for a stage, in its canvas.
pub type BuildPlots = fn(Page, &HtmlElement) -> Option<Box<dyn Plots>>;

struct CardView {
    card: Card,
    element: HtmlElement,
    lives: Vec<(Live, Element, i64)>,
}

struct PillView {
    pill: Pill,
    element: HtmlElement,
    /// The last place, in tenths of a pixel.
    at: (i32, i32),
}

/// How high a pill is, with air, and how far it reaches to either side: so much and, for each em of its words, so much more.
const PILL_HIGH: f32 = 29.0;
const PILL_REACH: (f32, f32) = (24.0, 6.1);
/// So many pills at most make room for each other.
const PILLS_APART: usize = 24;
/// Messages that say the same this close to each other are seen as one: they have just left, or are about to arrive.
const PILE: f32 = 6.0;

/// Where a pill has its place, and where it lies and how far it reaches to either side.
struct Laid<'a> {
    words: &'a str,
    own: (f32, f32),
    at: (f32, f32),
    reach: f32,
}

/// While nothing moves, no message covers another one that it could be told from: one that would makes room upwards or
/// downwards, as far as the stage goes.
fn apart<'a>(laid: &mut Vec<Laid<'a>>, words: &'a str, own: (f32, f32), high: f32) -> (f32, f32) {
    let close = |other: &&Laid| (other.own.0 - own.0).abs() < PILE && (other.own.1 - own.1).abs() < PILE;
    if let Some(pile) = laid.iter().filter(close).find(|other| other.words == words) {
        return pile.at;
    }
    let reach = PILL_REACH.0 + PILL_REACH.1 * mono(words);
    let covers = |other: &Laid, y: f32| {
        (other.at.0 - own.0).abs() < other.reach + reach && (other.at.1 - y).abs() < PILL_HIGH - 1.0
    };
    let on_stage = |y: &f32| *y >= PILL_HIGH / 2.0 && *y <= high - PILL_HIGH / 2.0;
    let mut ways = [0.0, -1.0, 1.0, -2.0, 2.0].map(|steps| own.1 + steps * PILL_HIGH).into_iter().filter(on_stage);
    let y = ways.find(|y| !laid.iter().any(|other| covers(other, *y))).unwrap_or(own.1);
    laid.push(Laid { words, own, at: (own.0, y), reach });
    (own.0, y)
}

pub struct Parts {
    page: Page,
    /// Its own size, as the browser told it last: asking on every frame would lay the page out once more.
    size: Rc<Cell<(f32, f32)>>,
    canvas: HtmlElement,
    wires: Element,
    headings: HtmlElement,
    cards_layer: HtmlElement,
    pills_layer: HtmlElement,
    plots: Option<Box<dyn Plots>>,
    /// What was drawn last: run and revision, view, theme, whether something is kept back.
    stamp: Option<((u64, u64), View, Theme, bool)>,
    wires_shown: Vec<Wire>,
    headings_shown: Vec<Heading>,
    cards: Vec<CardView>,
    pills: Vec<PillView>,
    lit: (Vec<u16>, Vec<u32>),
    marked: Option<Marked>,
    /// Reused for every transform that is written.
    scratch: String,
}

/// What changes how cards and pills look without the run having moved.
#[derive(Clone, PartialEq)]
struct Marked {
    selection: Option<Selection>,
    ticked: Vec<u16>,
    playing: bool,
    lit: (Vec<u16>, Vec<u32>),
}

type Shared = Rc<RefCell<Option<Parts>>>;

thread_local! {
    static SHARED: RefCell<Option<Shared>> = const { RefCell::new(None) };
}

/// The nodes whose cards touch a rectangle of the stage, in its own pixels.
pub fn inside(x0: f32, y0: f32, x1: f32, y1: f32) -> Vec<u16> {
    let shared = SHARED.with_borrow(Clone::clone);
    let found = shared.and_then(|parts| Some(parts.try_borrow().ok()?.as_ref()?.inside(x0, y0, x1, y1)));
    found.unwrap_or_default()
}

/// Puts the focus into the simulation, where keys work.
pub fn focus() {
    if let Some(stage) = dom::document().and_then(|d| d.query_selector(".stage").ok().flatten()) {
        dom::focus(&stage);
    }
}

/// Draws the first stage alone.
pub fn again(page: Page) {
    let Some(shared) = SHARED.with_borrow(Clone::clone) else { return };
    page.look(|run| {
        if let Ok(mut parts) = shared.try_borrow_mut()
            && let Some(parts) = parts.as_mut()
        {
            parts.paint(run, page.stamp(), page.selection.get());
        }
    });
}

pub fn install(page: Page, scroll: &HtmlElement) {
    let shared: Shared = Rc::new(RefCell::new(build(page, scroll)));
    let painter = shared.clone();
    page.on_frame(Rc::new(move |run| {
        if let Ok(mut parts) = painter.try_borrow_mut()
            && let Some(parts) = parts.as_mut()
        {
            parts.paint(run, page.stamp(), page.selection.get());
        }
    }));
    listen(page, scroll);
    SHARED.set(Some(shared));
}

fn measured(scroll: &HtmlElement) -> (f32, f32) {
    (scroll.client_width() as f32, scroll.client_height() as f32)
}

/// Whether the run's stage can be seen inside `scroll` without scrolling.
pub fn fits(page: Page, scroll: &HtmlElement) -> bool {
    let size = measured(scroll);
    let view = view(page, size);
    // One that is not shown has no width. The placement asks for a pixel more than there is, of the air below its cards.
    let needs = || page.look(|run| run.stage(&view).height.max(view.height));
    size.0 == 0.0 || needs().is_none_or(|needs| needs <= size.1 + 2.0)
}

fn view(page: Page, (width, height): (f32, f32)) -> View {
    View { width: width.max(LEAST.0), height: height.max(LEAST.1), lang: page.lang_now() }
}

/// A stage of its own inside `scroll`.
pub fn build(page: Page, scroll: &HtmlElement) -> Option<Parts> {
    let canvas = dom::create("div", "stage-canvas")?;
    canvas.set_inner_html(
        "<svg class=\"wires\" aria-hidden=\"true\"></svg><div class=\"headings\"></div>\
         <div class=\"cards\"></div><div class=\"pills\"></div><div class=\"marquee\" hidden></div>",
    );
    scroll.append_child(&canvas).ok()?;
    let layer = |class: &str| canvas.query_selector(class).ok().flatten()?.dyn_into::<HtmlElement>().ok();
    let size = Rc::new(Cell::new(measured(scroll)));
    let (kept, of) = (size.clone(), scroll.clone());
    dom::on_resize(scroll, move || {
        kept.set(measured(&of));
        page.paint();
    });
    Some(Parts {
        page,
        size,
        wires: canvas.query_selector(".wires").ok().flatten()?,
        headings: layer(".headings")?,
        cards_layer: layer(".cards")?,
        pills_layer: layer(".pills")?,
        plots: None,
        canvas,
        stamp: None,
        wires_shown: Vec::new(),
        headings_shown: Vec::new(),
        cards: Vec::new(),
        pills: Vec::new(),
        lit: Default::default(),
        marked: None,
        scratch: String::new(),
    })
}

impl Parts {
    /// Draws the present moment. `stamp` says which run it is, at which revision.
    pub fn paint(&mut self, run: &dyn Run, stamp: (u64, u64), selection: Option<Selection>) {
        let stamp = (stamp, view(self.page, self.size.get()), self.page.theme.get(), self.page.veils());
        if self.stamp != Some(stamp) && !self.plots.as_ref().is_some_and(|plots| plots.waits()) {
            if let Some(plots) = &mut self.plots
                && self.stamp.is_none_or(|last| last.2 != stamp.2)
            {
                plots.forget();
            }
            self.stamp = Some(stamp);
            let begun = dom::screen_ms();
            let stage = self.seen(run, &stamp.1, stamp.3);
            self.patch(stage, &stamp.1);
            if let Some(plots) = &mut self.plots {
                plots.drawn(begun);
            }
            let sentence = run.sentence(stamp.1.lang);
            self.lit = (sentence.nodes, sentence.pills);
        }
        self.mark(selection);
        self.frame(run.now());
        if let Some(plots) = &mut self.plots {
            plots.frame(run, run.now());
        }
    }

    /// The stage as far as it may be seen.
    fn seen(&self, run: &dyn Run, view: &View, veils: bool) -> Stage {
        let mut stage = run.stage(view);
        let lessons = parts::lessons().filter(|_| veils);
        let veiled = lessons.map_or_else(Default::default, |lessons| (lessons.veil)(run, &mut stage, view.lang));
        if self.page.veiled.with(|known| *known != veiled) {
            self.page.veiled.set(veiled);
        }
        stage
    }

    /// Brings the DOM to what the scene says, touching only what differs.
    fn patch(&mut self, stage: Stage, view: &View) {
        let height = stage.height.max(view.height);
        dom::style(&self.canvas, "height", &format!("{height}px", height = fixed(height, 0)));
        if self.wires_shown != stage.wires {
            self.wires.set_inner_html(&wire::markup(&stage.wires));
            self.wires_shown = stage.wires;
        }
        if self.headings_shown != stage.headings {
            self.headings.set_inner_html("");
            for heading in &stage.headings {
                if let Some(element) = dom::create("span", "caps stage-heading") {
                    element.set_text_content(Some(&heading.words));
                    dom::style(&element, "left", &format!("{}px", fixed(heading.x, 1)));
                    dom::style(&element, "top", &format!("{}px", fixed(heading.y, 1)));
                    let _ = self.headings.append_child(&element);
                }
            }
            self.headings_shown = stage.headings;
        }
        if self.plots.is_none() {
            self.plots = parts::plots().and_then(|build| build(self.page, &self.canvas));
        }
        if let Some(plots) = &mut self.plots {
            plots.patch(stage.ring, stage.panels, (view.width, height));
        }
        self.patch_cards(stage.cards);
        self.patch_pills(stage.pills);
        self.marked = None;
    }

    fn patch_cards(&mut self, cards: Vec<Card>) {
        let keep: Vec<u16> = cards.iter().map(|card| card.node).collect();
        self.cards.retain(|shown| {
            let kept = keep.contains(&shown.card.node);
            if !kept {
                shown.element.remove();
            }
            kept
        });
        for card in cards {
            match self.cards.iter_mut().find(|shown| shown.card.node == card.node) {
                Some(shown) if shown.card == card => {}
                Some(shown) => shown.show(card),
                None => {
                    let Some(element) = dom::create("button", "card") else { continue };
                    dom::set(&element, "type", "button");
                    dom::set(&element, "data-node", &card.node.to_string());
                    let _ = self.cards_layer.append_child(&element);
                    let mut shown = CardView { card: Card { node: card.node, ..blank() }, element, lives: Vec::new() };
                    shown.show(card);
                    self.cards.push(shown);
                }
            }
        }
    }

    fn patch_pills(&mut self, pills: Vec<Pill>) {
        self.pills.retain(|shown| {
            let kept = pills.iter().any(|pill| pill.id == shown.pill.id);
            if !kept {
                shown.element.remove();
            }
            kept
        });
        for pill in pills {
            match self.pills.iter_mut().find(|shown| shown.pill.id == pill.id) {
                Some(shown) => {
                    if shown.pill.words != pill.words || shown.pill.hue != pill.hue || shown.pill.reply != pill.reply {
                        pill_content(&shown.element, &pill);
                    }
                    shown.pill = pill;
                }
                None => {
                    let Some(element) = dom::create("button", "pill") else { continue };
                    dom::set(&element, "type", "button");
                    dom::set(&element, "data-pill", &pill.id.to_string());
                    pill_content(&element, &pill);
                    let _ = self.pills_layer.append_child(&element);
                    self.pills.push(PillView { pill, element, at: (i32::MIN, i32::MIN) });
                }
            }
        }
    }

    /// Selection, ticks, the highlight, and which of all these is the one tab stop.
    fn mark(&mut self, selection: Option<Selection>) {
        let marked = Marked {
            selection,
            ticked: self.page.ticked.get(),
            playing: self.page.playing.get(),
            lit: self.lit.clone(),
        };
        if self.marked.as_ref() == Some(&marked) {
            return;
        }
        dom::toggle(&self.canvas, "playing", marked.playing);
        let focused = dom::document().and_then(|d| d.active_element());
        let mut stop: Option<&HtmlElement> = None;
        for shown in &self.cards {
            let selected = marked.selection == Some(Selection::Node(shown.card.node));
            dom::toggle(&shown.element, "selected", selected);
            dom::toggle(&shown.element, "ticked", marked.ticked.contains(&shown.card.node));
            dom::toggle(&shown.element, "lit", marked.lit.0.contains(&shown.card.node));
            dom::set(&shown.element, "aria-pressed", if selected { "true" } else { "false" });
            dom::set(&shown.element, "tabindex", "-1");
            let holds = focused.as_ref().is_some_and(|f| shown.element.is_same_node(Some(f)));
            if stop.is_none() || selected || holds {
                stop = Some(&shown.element);
            }
        }
        for shown in &self.pills {
            let selected = marked.selection == Some(Selection::Message(shown.pill.id));
            dom::toggle(&shown.element, "selected", selected);
            dom::toggle(&shown.element, "lit", marked.lit.1.contains(&shown.pill.id));
            dom::set(&shown.element, "aria-pressed", if selected { "true" } else { "false" });
            dom::set(&shown.element, "tabindex", "-1");
            if !marked.playing {
                point(&shown.element, &shown.pill.curve);
            }
            let holds = focused.as_ref().is_some_and(|f| shown.element.is_same_node(Some(f)));
            if stop.is_none() || selected || holds {
                stop = Some(&shown.element);
            }
        }
        if let Some(stop) = stop {
            dom::set(stop, "tabindex", "0");
        }
        if let Some(plots) = &mut self.plots {
            plots.mark(selection);
        }
        self.marked = Some(marked);
    }

    /// What moves between two events.
    fn frame(&mut self, now: Time) {
        let scratch = &mut self.scratch;
        let still = !self.page.playing.get() && self.pills.len() <= PILLS_APART;
        let high = self.size.get().1;
        let mut laid = Vec::new();
        for shown in &mut self.pills {
            let (mut x, mut y) = shown.pill.curve.at(shown.pill.progress(now));
            if still {
                (x, y) = apart(&mut laid, &shown.pill.words, (x, y), high);
            }
            let at = ((x * 10.0) as i32, (y * 10.0) as i32);
            if shown.at != at {
                shown.at = at;
                scratch.clear();
                let _ =
                    write!(scratch, "translate({x}px,{y}px) translate(-50%,-50%)", x = fixed(x, 1), y = fixed(y, 1));
                dom::style(&shown.element, "transform", scratch);
            }
        }
        for shown in &mut self.cards {
            for (live, element, last) in &mut shown.lives {
                let quantum = live.quantum(now);
                if *last != quantum {
                    *last = quantum;
                    scratch.clear();
                    show_live(live, element, quantum, scratch);
                }
            }
        }
    }

    /// The nodes whose cards touch a rectangle of the canvas.
    pub fn inside(&self, x0: f32, y0: f32, x1: f32, y1: f32) -> Vec<u16> {
        let touches = |card: &Card| card.x < x1 && card.x + card.w > x0 && card.y < y1 && card.y + card.h > y0;
        let mut nodes: Vec<u16> =
            self.cards.iter().map(|shown| &shown.card).filter(|card| touches(card)).map(|card| card.node).collect();
        if let Some(plots) = &self.plots {
            nodes.extend(plots.inside(x0, y0, x1, y1));
        }
        nodes
    }
}

fn show_live(live: &Live, element: &Element, quantum: i64, scratch: &mut String) {
    match live {
        Live::Dial(_) => {
            let _ = write!(scratch, "{}", 1_000 - quantum);
            dom::set(element, "stroke-dashoffset", scratch);
        }
        Live::Meter(_) => {
            let _ = write!(scratch, "scaleX({})", fixed(quantum as f32 / 1_000.0, 3));
            if let Some(element) = element.dyn_ref::<HtmlElement>() {
                dom::style(element, "transform", scratch);
            }
        }
        Live::Clock(_) => {
            tenths_into(scratch, quantum);
            element.set_text_content(Some(scratch));
        }
    }
}

fn blank() -> Card {
    Card {
        node: 0,
        name: String::new(),
        badge: String::new(),
        hue: Default::default(),
        x: f32::NAN,
        y: f32::NAN,
        w: 0.0,
        h: 0.0,
        condition: Default::default(),
        corner: None,
        dial: None,
        blocks: Vec::new(),
    }
}

impl CardView {
    fn show(&mut self, card: Card) {
        let element = &self.element;
        for (name, old, new) in [
            ("left", self.card.x, card.x),
            ("top", self.card.y, card.y),
            ("width", self.card.w, card.w),
            ("height", self.card.h, card.h),
        ] {
            if old != new {
                dom::style(element, name, &format!("{new}px", new = fixed(new, 1)));
            }
        }
        let (markup, lives) = card_markup::markup(&card);
        element.set_class_name(&card_markup::classes(&card));
        element.set_inner_html(&markup);
        let found = dom::all(element, "[data-live]");
        self.lives = lives.into_iter().zip(found).map(|(live, element)| (live, element, i64::MIN)).collect();
        self.card = card;
    }
}

fn pill_content(element: &HtmlElement, pill: &Pill) {
    let mut class = format!("pill {}", hue_class(pill.hue));
    let mark = match pill.reply {
        Some(true) => " <b class=\"reply\">+</b>",
        Some(false) => " <b class=\"reply\">−</b>",
        None => "",
    };
    if pill.due.is_none() {
        class.push_str(" resting");
    }
    element.set_class_name(&class);
    let mut inner = String::from(
        "<svg class=\"pill-dot\" viewBox=\"-6 -6 12 12\" aria-hidden=\"true\"><circle r=\"5\"/><path d=\"M-4 -5 6 0 -4 5Z\"/></svg><span>",
    );
    escape_into(&mut inner, &pill.words);
    inner.push_str("</span>");
    inner.push_str(mark);
    element.set_inner_html(&inner);
}

/// Turns a pill's arrow along its way; only seen while nothing moves.
fn point(element: &HtmlElement, curve: &Curve) {
    let ((x0, y0), (x1, y1)) = (curve.at(0.45), curve.at(0.55));
    let degrees = js_sys::Math::atan2(f64::from(y1 - y0), f64::from(x1 - x0)).to_degrees();
    if let Ok(Some(arrow)) = element.query_selector(".pill-dot path") {
        dom::set(&arrow, "transform", &format!("rotate({degrees})", degrees = fixed(degrees, 0)));
    }
}

/// Clicks on cards, arcs and messages, and roving with the arrow keys.
pub fn listen(page: Page, scroll: &HtmlElement) {
    dom::listen(scroll, "click", move |event| {
        let shift = event.dyn_ref::<web_sys::MouseEvent>().is_some_and(|mouse| mouse.shift_key());
        if let Some(node) = dom::carried::<u16>(&event, "data-node") {
            if shift {
                page.tick(node);
            } else {
                page.choose(Selection::Node(node));
            }
        } else if let Some(id) = dom::carried::<u32>(&event, "data-pill") {
            page.choose(Selection::Message(id));
        } else {
            focus();
        }
    });
    let root = scroll.clone();
    dom::listen(scroll, "keydown", move |event| {
        let Some(key) = event.dyn_ref::<web_sys::KeyboardEvent>() else { return };
        let step: i64 = match key.key().as_str() {
            "ArrowDown" => 1,
            "ArrowUp" => -1,
            _ => return,
        };
        let all = dom::all(&root, "[data-node].card, [data-pill]");
        let focused = dom::document().and_then(|d| d.active_element());
        let at = all.iter().position(|e| focused.as_ref().is_some_and(|f| e.is_same_node(Some(f))));
        let next = at.map_or(0, |at| (at as i64 + step).rem_euclid(all.len().max(1) as i64) as usize);
        if let Some(element) = all.get(next) {
            all.iter().for_each(|other| dom::set(other, "tabindex", "-1"));
            dom::set(element, "tabindex", "0");
            dom::focus(element);
            event.prevent_default();
        }
    });
}
