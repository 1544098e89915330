//! Dragging: along time, the head of an arrow to another time, and a rectangle over nodes.

use super::diagram;
use crate::scenes::geometry::fixed;
use crate::scenes::scene::{Selection, Time};
use crate::ui::draw::space_time::Frame;
use crate::ui::page::Page;
use crate::ui::{dom, stage};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, KeyboardEvent, PointerEvent, WheelEvent};

/// A pointer that moved less than this has clicked.
const STILL: f64 = 4.0;

#[derive(Clone)]
enum Drag {
    None,
    /// Pressed on an event or an arrow: a click, unless the pointer moves.
    Press {
        x: f64,
        event: Option<u32>,
        arrow: Option<u32>,
    },
    Time,
    /// The end of an arrow: message, when it was due, its handle.
    Head {
        id: u32,
        due: Time,
        x: f64,
        handle: Option<Element>,
    },
}

pub fn install(page: Page, shared: diagram::Shared, plot: &HtmlElement, slider: &HtmlElement) {
    let drag = Rc::new(RefCell::new(Drag::None));
    let frame = {
        let shared = shared.clone();
        move || -> Option<(Frame, f64)> { shared.try_borrow().ok()?.as_ref().map(|parts| (parts.frame, parts.left())) }
    };
    let time_at = {
        let frame = frame.clone();
        move |x: f64| frame().map(|(frame, left)| frame.time((x - left) as f32))
    };
    pressed(page, plot, drag.clone(), time_at.clone());
    moved(page, plot, drag.clone(), time_at.clone(), frame);
    released(page, plot, drag, time_at);
    wheel(page, plot, shared.clone());
    keys(page, slider, shared);
}

fn seek(page: Page, to: Time) {
    // While a question is open the future may not be looked at.
    let last = page.look(|run| if page.blind() { run.now() } else { run.horizon().max(run.now()) });
    page.seek(to.min(last.unwrap_or(0)));
}

fn pressed(page: Page, plot: &HtmlElement, drag: Rc<RefCell<Drag>>, time_at: impl Fn(f64) -> Option<Time> + 'static) {
    let target = plot.clone();
    dom::listen(plot, "pointerdown", move |event| {
        let Some(pointer) = event.dyn_ref::<PointerEvent>().filter(|p| p.button() == 0) else { return };
        let (x, _) = dom::pointed(pointer);
        let _ = target.set_pointer_capture(pointer.pointer_id());
        let next = if let Some(id) = dom::carried::<u32>(&event, "data-head") {
            let (handle, due) = match dom::carrier(&event, "data-due") {
                Some((element, due)) => (element.next_element_sibling(), due.parse().unwrap_or(0)),
                None => (None, 0),
            };
            Drag::Head { id, due, x, handle }
        } else {
            let arrow = dom::carried(&event, "data-arrow");
            let happened = dom::carried(&event, "data-event");
            if arrow.is_none() && happened.is_none() {
                page.forget_causes();
                if let Some(time) = time_at(x) {
                    seek(page, time);
                }
                Drag::Time
            } else {
                Drag::Press { x, event: happened, arrow }
            }
        };
        *drag.borrow_mut() = next;
    });
}

fn moved(
    page: Page,
    plot: &HtmlElement,
    drag: Rc<RefCell<Drag>>,
    time_at: impl Fn(f64) -> Option<Time> + 'static,
    frame: impl Fn() -> Option<(Frame, f64)> + 'static,
) {
    dom::listen(plot, "pointermove", move |event| {
        let Some(pointer) = event.dyn_ref::<PointerEvent>() else { return };
        let (x, _) = dom::pointed(pointer);
        let now = drag.borrow().clone();
        match now {
            Drag::None => {}
            Drag::Press { x: from, .. } if (x - from).abs() > STILL => *drag.borrow_mut() = Drag::Time,
            Drag::Press { .. } => {}
            Drag::Time => {
                if let Some(time) = time_at(x) {
                    seek(page, time);
                }
            }
            Drag::Head { handle, .. } => {
                if let (Some(handle), Some((_, left))) = (handle, frame()) {
                    dom::set(&handle, "cx", &format!("{}", fixed(x - left, 1)));
                }
            }
        }
    });
}

fn released(page: Page, plot: &HtmlElement, drag: Rc<RefCell<Drag>>, time_at: impl Fn(f64) -> Option<Time> + 'static) {
    let end = Rc::new(move |event: web_sys::Event, cancelled: bool| {
        let Some(pointer) = event.dyn_ref::<PointerEvent>() else { return };
        let (x, _) = dom::pointed(pointer);
        let was = drag.replace(Drag::None);
        if cancelled {
            return page.paint();
        }
        match was {
            Drag::None | Drag::Time => {}
            Drag::Press { event, arrow, .. } => {
                if let Some(id) = arrow {
                    page.select(Some(Selection::Message(id)));
                }
                if let Some(event) = event {
                    page.show_causes(event);
                }
            }
            Drag::Head { id, x: from, .. } if (x - from).abs() <= STILL => page.select(Some(Selection::Message(id))),
            Drag::Head { id, due, .. } => {
                let now = page.look(|run| run.now()).unwrap_or(0);
                let to = time_at(x).unwrap_or(due).max(now);
                let by = (to as i64 - due as i64) / 1_000;
                page.act(&format!("delay {id} {by}"));
                page.select(Some(Selection::Message(id)));
            }
        }
    });
    let up = end.clone();
    dom::listen(plot, "pointerup", move |event| up(event, false));
    dom::listen(plot, "pointercancel", move |event| end(event, true));
}

/// The wheel scrolls along time; with Ctrl (also a pinch on a trackpad) it zooms about the pointer.
fn wheel(page: Page, plot: &HtmlElement, shared: diagram::Shared) {
    dom::listen_with(plot, "wheel", false, move |event| {
        let Some(wheel) = event.dyn_ref::<WheelEvent>() else { return };
        let sideways = wheel.delta_x().abs() > wheel.delta_y().abs() || wheel.shift_key();
        if !wheel.ctrl_key() && !sideways {
            return;
        }
        event.prevent_default();
        if let Ok(mut parts) = shared.try_borrow_mut()
            && let Some(parts) = parts.as_mut()
        {
            if wheel.ctrl_key() {
                let x = (dom::pointed(wheel).0 - parts.left()) as f32;
                parts.zoom(if wheel.delta_y() > 0.0 { 1.25 } else { 0.8 }, x);
            } else {
                parts.pan(if wheel.delta_x() == 0.0 { wheel.delta_y() } else { wheel.delta_x() });
            }
        }
        page.paint();
    });
}

/// The playhead as a slider: arrows by a hundredth of the window, Page keys by a tenth.
fn keys(page: Page, slider: &HtmlElement, shared: diagram::Shared) {
    dom::listen(slider, "keydown", move |event| {
        let Some(key) = event.dyn_ref::<KeyboardEvent>() else { return };
        let span = shared.try_borrow().ok().and_then(|p| p.as_ref().map(|p| p.frame.span)).unwrap_or(0) as i64;
        let by = match key.key().as_str() {
            "ArrowRight" | "ArrowUp" => span / 100,
            "ArrowLeft" | "ArrowDown" => -span / 100,
            "PageUp" => span / 10,
            "PageDown" => -span / 10,
            "Home" => i64::MIN / 2,
            "End" => i64::MAX / 2,
            _ => return,
        };
        event.prevent_default();
        let now = page.look(|run| run.now()).unwrap_or(0) as i64;
        seek(page, now.saturating_add(by).max(0) as Time);
    });
}

/// A rectangle dragged over the stage ticks the nodes that it touches.
pub fn marquee(page: Page, scroll: &HtmlElement) {
    let from: Rc<Cell<Option<(f64, f64)>>> = Rc::default();
    let place = {
        let scroll = scroll.clone();
        move |pointer: &PointerEvent| {
            let ((x, y), (left, top)) = (dom::pointed(pointer), dom::corner(&scroll));
            (x - left, y - top + f64::from(scroll.scroll_top()))
        }
    };
    let frame = scroll.query_selector(".marquee").ok().flatten().and_then(|e| e.dyn_into::<HtmlElement>().ok());
    let Some(frame) = frame else { return };
    let (begun, at) = (from.clone(), place.clone());
    dom::listen(scroll, "pointerdown", move |event| {
        let Some(pointer) = event.dyn_ref::<PointerEvent>() else { return };
        let on_thing = dom::carrier(&event, "data-node").is_some() || dom::carrier(&event, "data-pill").is_some();
        // A finger on the background scrolls.
        if pointer.button() == 0 && pointer.pointer_type() == "mouse" && !on_thing {
            begun.set(Some(at(pointer)));
        }
    });
    let (begun, at, drawn) = (from.clone(), place.clone(), frame.clone());
    dom::listen(scroll, "pointermove", move |event| {
        let (Some((x0, y0)), Some(pointer)) = (begun.get(), event.dyn_ref::<PointerEvent>()) else { return };
        let (x1, y1) = at(pointer);
        drawn.set_hidden((x1 - x0).abs() + (y1 - y0).abs() < 2.0 * STILL);
        for (name, value) in
            [("left", x0.min(x1)), ("top", y0.min(y1)), ("width", (x1 - x0).abs()), ("height", (y1 - y0).abs())]
        {
            dom::style(&drawn, name, &format!("{value}px", value = fixed(value, 0)));
        }
    });
    let Some(document) = dom::document() else { return };
    dom::listen(&document, "pointerup", move |event| {
        let (Some((x0, y0)), Some(pointer)) = (from.take(), event.dyn_ref::<PointerEvent>()) else { return };
        let (x1, y1) = place(pointer);
        frame.set_hidden(true);
        if (x1 - x0).abs() + (y1 - y0).abs() < 2.0 * STILL {
            return;
        }
        page.tick_only(stage::inside(x0.min(x1) as f32, y0.min(y1) as f32, x0.max(x1) as f32, y0.max(y1) as f32));
        page.paint();
    });
}
