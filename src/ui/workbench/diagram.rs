//! The space-time diagram, which is also the time slider.
//!
//! Only the visible window is built, and only when an event happened or the window moved; then only what differs comes into
//! the document. A frame moves the playhead and whatever lasts or is under way.

use super::scrub;
use crate::scenes::geometry::{between, fixed};
use crate::scenes::lesson::veil_diagram;
use crate::scenes::run::Run;
use crate::scenes::scene::{Lane, Selection, Time};
use crate::ui::draw::pieces::{Change, Pieces};
use crate::ui::draw::space_time::{Frame, Growing, Look, markup};
use crate::ui::draw::{hue_class, seconds};
use crate::ui::page::Page;
use crate::ui::{dom, html};
use std::cell::{Cell, RefCell};
use std::fmt::Write;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

const SECOND: Time = 1_000_000;
/// The shortest and longest windows.
const SPANS: (Time, Time) = (20_000, 7_200 * SECOND);
/// The first window, which grows while everything fits.
const FIRST: Time = 4 * SECOND;
/// A run longer than this scrolls instead of shrinking.
const FITTED: Time = 24 * SECOND;
/// A window holds about so many events at most: of more, nothing could be told apart, and drawing them would take long.
const EVENTS: u32 = 500;
/// While playing, the marks are rebuilt at most this often; the playhead moves every frame.
const REBUILD_MS: f64 = 110.0;
/// And so many times as long as that takes later.
const REBUILD_TIMES: f64 = 10.0;
/// Room over the first lane, and for the axis below the last.
const TOP: f32 = 8.0;
const AXIS: f32 = 24.0;
/// The height of a lane where there is room, and the share of the window that the whole may take.
const LANE: f32 = 27.0;
const TALLEST: f32 = 0.281;
/// The same on a narrow page.
const LANE_NARROW: f32 = 24.0;
const TALLEST_NARROW: f32 = 0.21;
const NARROW: f32 = 760.0;
/// The least height of something to be hit.
const TARGET: f32 = 24.0;

pub struct Parts {
    page: Page,
    body: HtmlElement,
    svg: HtmlElement,
    /// Its width, as the browser told it last.
    wide: Rc<Cell<f32>>,
    marks: Element,
    head: HtmlElement,
    slider: HtmlElement,
    labels: HtmlElement,
    branches: HtmlElement,
    pub frame: Frame,
    /// The reader has chosen the window; until then it follows the run.
    pub held: bool,
    lanes: Vec<Lane>,
    /// What the marks are made of, and the window that they were drawn for.
    drawn: (Pieces, Option<Frame>),
    /// The longest window.
    longest: Time,
    growing: Vec<(Growing, Element)>,
    stamp: Option<Stamp>,
    built_at: f64,
    shown_ms: u64,
    scratch: String,
}

#[derive(Clone, PartialEq)]
struct Stamp {
    run: (u64, u64),
    frame: Frame,
    lang: crate::scenes::scene::Lang,
    causes: Option<u32>,
    selected: Option<Selection>,
    edge: Time,
    asking: bool,
    veiled: Vec<u16>,
}

pub type Shared = Rc<RefCell<Option<Parts>>>;

pub fn install(page: Page, body: &HtmlElement) {
    let Some(parts) = build(page, body) else { return };
    let (svg, labels, slider) = (parts.svg.clone(), parts.labels.clone(), parts.slider.clone());
    let wide = parts.wide.clone();
    let shared: Shared = Rc::new(RefCell::new(Some(parts)));
    let painter = shared.clone();
    page.on_frame(Rc::new(move |run| {
        if let Ok(mut parts) = painter.try_borrow_mut()
            && let Some(parts) = parts.as_mut()
        {
            parts.paint(run);
        }
    }));
    dom::listen(&labels, "click", move |event| {
        if let Some(node) = dom::carried::<u16>(&event, "data-node") {
            page.choose(Selection::Node(node));
        }
    });
    scrub::install(page, shared.clone(), &svg, &slider);
    let of = svg.clone();
    dom::on_resize(&svg, move || {
        wide.set(of.client_width() as f32);
        page.paint();
    });
    if let Some(zoom) = body.next_element_sibling() {
        dom::listen(&zoom, "click", move |event| {
            let factor = dom::carrier(&event, "data-zoom").map(|(_, factor)| js_sys::Number::parse_float(&factor));
            if let (Some(factor), Ok(mut parts)) = (factor, shared.try_borrow_mut())
                && let Some(parts) = parts.as_mut()
            {
                let now = page.look(|run| run.now()).unwrap_or(0);
                if factor == 0.0 { parts.fit() } else { parts.zoom(factor, parts.frame.x(now)) }
            }
            page.paint();
        });
    }
}

/// The longest window of a run with so many events by now.
fn longest(events: u32, horizon: Time) -> Time {
    if events <= EVENTS { SPANS.1 } else { (horizon / Time::from(events) * Time::from(EVENTS)).clamp(SPANS.0, SPANS.1) }
}

/// The buttons that show more or less time.
pub fn zoom_panel(page: Page) -> String {
    let one = |name: &str, words: &str, factor: &str| {
        format!(
            "<button type=\"button\" class=\"square small\" data-zoom=\"{factor}\" aria-label=\"{words}\" title=\"{words}\">{}</button>",
            html::icon(name)
        )
    };
    one("minus", page.tr("zoom-out"), "2")
        + &one("plus", page.tr("zoom-in"), "0.5")
        + &one("fit", page.tr("zoom-fit"), "0")
}

fn build(page: Page, body: &HtmlElement) -> Option<Parts> {
    body.set_inner_html(
        "<div class=\"lane-labels\"></div><div class=\"plot\"><svg class=\"marks\" aria-hidden=\"true\"><g></g></svg>\
         <div class=\"branch-lines\"></div><div class=\"playhead\">\
         <span class=\"thumb\" role=\"slider\" tabindex=\"0\" aria-valuemin=\"0\"></span></div></div>",
    );
    let part = |class: &str| body.query_selector(class).ok().flatten()?.dyn_into::<HtmlElement>().ok();
    Some(Parts {
        page,
        body: body.clone(),
        wide: Rc::new(Cell::new(part(".plot")?.client_width() as f32)),
        svg: part(".plot")?,
        marks: body.query_selector(".marks g").ok().flatten()?,
        head: part(".playhead")?,
        slider: part(".thumb")?,
        labels: part(".lane-labels")?,
        branches: part(".branch-lines")?,
        frame: Frame { start: 0, span: FIRST, width: 0.0, top: TOP, lane: 28.0 },
        held: false,
        lanes: Vec::new(),
        drawn: (Pieces::default(), None),
        longest: SPANS.1,
        growing: Vec::new(),
        stamp: None,
        built_at: 0.0,
        shown_ms: u64::MAX,
        scratch: String::new(),
    })
}

impl Parts {
    /// The window follows the run again.
    fn fit(&mut self) {
        self.held = false;
        self.frame.start = 0;
        self.frame.span = FIRST;
        self.stamp = None;
    }

    /// Shows more or less time, with what is under `x` kept in its place.
    pub fn zoom(&mut self, factor: f64, x: f32) {
        let anchor = self.frame.time(x);
        let span = ((self.frame.span as f64 * factor) as Time).clamp(SPANS.0, self.longest);
        let share = (f64::from(x) / f64::from(self.frame.width.max(1.0))).clamp(0.0, 1.0);
        self.frame.start = anchor.saturating_sub((span as f64 * share) as Time);
        self.frame.span = span;
        self.held = true;
    }

    /// Moves the window by a number of pixels.
    pub fn pan(&mut self, pixels: f64) {
        let by = pixels / f64::from(self.frame.width.max(1.0)) * self.frame.span as f64;
        self.frame.start = (self.frame.start as f64 + by).max(0.0) as Time;
        self.held = true;
    }

    /// Keeps the present in the window: grows it while the run is short, then pages on.
    fn follow(&mut self, now: Time, edge: Time) {
        if !self.held {
            let most = FITTED.min(self.longest / 2 + 1);
            while self.frame.start == 0 && edge > self.frame.span / 8 * 7 && self.frame.span < most {
                self.frame.span *= 2;
            }
        }
        // By halves, so that the picture does not creep.
        while self.frame.span > self.longest {
            self.frame.span /= 2;
        }
        if now > self.frame.end() || now < self.frame.start {
            self.frame.start = now.saturating_sub(self.frame.span / 3);
        }
    }

    fn paint(&mut self, run: &dyn Run) {
        let page = self.page;
        let (now, horizon) = (run.now(), run.horizon());
        let asking = page.blind();
        // While a question is open nothing later than now is shown.
        let edge = if asking { now } else { horizon.max(now) };
        self.longest = longest(run.position().1, horizon);
        self.follow(now, edge);
        self.frame.width = self.wide.get();
        let live = edge == now;
        let stamp = Stamp {
            run: page.stamp(),
            frame: self.frame,
            lang: page.lang_now(),
            causes: page.causes.with(|causes| causes.as_ref().map(|causes| causes.0)),
            selected: page.selection.get(),
            edge: if live { 0 } else { edge },
            asking,
            veiled: page.veiled.with(|veiled| veiled.nodes.clone()),
        };
        let at = dom::screen_ms();
        // Panels and marks in one frame would make it a long one.
        let soon = page.playing.get() && (at - self.built_at < REBUILD_MS || page.panels_now());
        if self.stamp.as_ref() != Some(&stamp) && !soon {
            self.built_at = at;
            self.rebuild(run, edge, live);
            self.built_at += (dom::screen_ms() - at) * REBUILD_TIMES;
            // Lanes may have changed the height of a lane.
            self.stamp = Some(Stamp { frame: self.frame, ..stamp });
        }
        self.frame_at(now, horizon, live);
    }

    fn rebuild(&mut self, run: &dyn Run, edge: Time, live: bool) {
        let lang = self.page.lang_now();
        let until = self.frame.end().min(edge);
        let mut diagram = run.diagram(self.frame.start, until, lang);
        self.page.veiled.with(|veiled| veil_diagram(&mut diagram, &veiled.nodes));
        self.layout(&diagram.lanes);
        let dues = run.dues();
        let selected = match self.page.selection.get() {
            Some(Selection::Message(id)) => Some(id),
            _ => None,
        };
        let (pieces, growing) = self.page.causes.with(|causes| {
            let look = Look {
                frame: self.frame,
                edge,
                causes: causes.as_ref().map(|(_, events)| events.as_slice()),
                dues: &dues,
                live,
                selected,
            };
            markup(&diagram, &look)
        });
        self.show(pieces);
        let found = dom::all(&self.marks, "[data-live]");
        self.growing = growing.into_iter().zip(found).collect();
        self.branch_lines(run);
    }

    /// Brings the marks to these. In another window all lie elsewhere.
    fn show(&mut self, pieces: Pieces) {
        let frame = Some(self.frame);
        if self.drawn.1 == frame {
            let nodes = self.marks.child_nodes();
            for change in self.drawn.0.changes(&pieces) {
                match change {
                    Change::Remove(at, count) => (0..count).filter_map(|_| nodes.item(at as u32)).for_each(|node| {
                        let _ = self.marks.remove_child(&node);
                    }),
                    Change::Insert(at, range) => {
                        let next = nodes.item(at as u32).and_then(|node| node.dyn_into::<Element>().ok());
                        let (place, how) =
                            next.as_ref().map_or((&self.marks, "beforeend"), |next| (next, "beforebegin"));
                        let _ = place.insert_adjacent_html(how, pieces.part(range));
                    }
                }
            }
        } else {
            self.marks.set_inner_html(pieces.part(0..pieces.len()));
        }
        self.drawn = (pieces, frame);
    }

    /// The names of the lanes: buttons that select the node.
    fn layout(&mut self, lanes: &[Lane]) {
        let high = dom::window().and_then(|w| w.inner_height().ok()?.as_f64()).unwrap_or(800.0) as f32;
        let (share, tall) = if self.frame.width < NARROW { (TALLEST_NARROW, LANE_NARROW) } else { (TALLEST, LANE) };
        let count = lanes.len().max(1) as f32;
        let lane = ((high * share - TOP - AXIS) / count).clamp(15.0, tall);
        if self.lanes == lanes && self.frame.lane == lane {
            return;
        }
        dom::style(&self.body, "height", &format!("{}px", fixed(TOP + lane * count + AXIS, 0)));
        self.frame.lane = lane;
        let tall = lane >= TARGET;
        self.labels.set_inner_html("");
        for (row, lane) in lanes.iter().enumerate() {
            // A name too low to be hit surely is no button: the node's card is one.
            let Some(button) = dom::create(if tall { "button" } else { "span" }, "lane-label") else { continue };
            if tall {
                dom::set(&button, "type", "button");
            }
            dom::set(&button, "data-node", &lane.node.to_string());
            dom::set(&button, "title", &lane.name);
            let _ = button.class_list().add_1(hue_class(lane.hue));
            for (class, words) in [("wide", &lane.name), ("narrow", &lane.short)] {
                if let Some(span) = dom::create("span", class) {
                    span.set_text_content(Some(words));
                    let _ = button.append_child(&span);
                }
            }
            dom::style(&button, "top", &format!("{}px", fixed(self.frame.y(row) - self.frame.lane / 2.0, 1)));
            dom::style(&button, "height", &format!("{}px", fixed(self.frame.lane, 1)));
            let _ = self.labels.append_child(&button);
        }
        self.lanes = lanes.to_vec();
    }

    /// Other branches as thin lines under the axis.
    fn branch_lines(&self, run: &dyn Run) {
        let branches = run.branches();
        if self.branches.has_child_nodes() {
            self.branches.set_inner_html("");
        }
        if branches.len() < 2 {
            return;
        }
        for branch in branches.iter().rev().take(4) {
            let Some(line) = dom::create("span", if branch.current { "branch-line now" } else { "branch-line" }) else {
                continue;
            };
            let (x0, x1) = (self.frame.x(branch.from).max(0.0), self.frame.x(branch.until).min(self.frame.width));
            dom::style(&line, "left", &format!("{x0}px", x0 = fixed(x0, 1)));
            dom::style(&line, "width", &format!("{}px", fixed((x1 - x0).max(2.0), 1)));
            let _ = self.branches.append_child(&line);
        }
    }

    /// What a frame moves: the playhead, what lasts, what is under way.
    fn frame_at(&mut self, now: Time, horizon: Time, live: bool) {
        let x = between(self.frame.x(now), -4.0, self.frame.width + 4.0);
        let scratch = &mut self.scratch;
        scratch.clear();
        let _ = write!(scratch, "translateX({x}px)", x = fixed(x, 1));
        dom::style(&self.head, "transform", scratch);
        if now / 10_000 != self.shown_ms {
            self.shown_ms = now / 10_000;
            dom::set(&self.slider, "aria-valuenow", &(now / 1_000).to_string());
            dom::set(&self.slider, "aria-valuemax", &(horizon.max(now) / 1_000).to_string());
            dom::set(&self.slider, "aria-valuetext", &seconds(now));
            dom::keep(&self.slider, "aria-label", self.page.tr("time"));
        }
        if !live {
            return;
        }
        for (growing, element) in &self.growing {
            scratch.clear();
            match *growing {
                Growing::Bar { x: from } => {
                    let _ = write!(scratch, "{}", fixed((x - from).max(1.0), 1));
                    dom::set(element, "width", scratch);
                }
                Growing::Arrow { y, to_y, sent, due, .. } => {
                    let share = match due {
                        Some(due) if due > sent => {
                            (now.saturating_sub(sent) as f32 / (due - sent) as f32).clamp(0.0, 1.0)
                        }
                        _ => 0.5,
                    };
                    let _ = write!(scratch, "{x}", x = fixed(x, 1));
                    dom::set(element, "x2", scratch);
                    scratch.clear();
                    let _ = write!(scratch, "{}", fixed(y + (to_y - y) * share, 1));
                    dom::set(element, "y2", scratch);
                }
            }
        }
    }

    /// Where the plot begins on the screen.
    pub fn left(&self) -> f64 {
        dom::corner(&self.svg).0
    }
}
