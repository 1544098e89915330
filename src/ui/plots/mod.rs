//! What the stage shows besides cards and messages: the ring, and ways of placing keys beside each other.
//!
//! All of it is one part of the page, fetched with the scenes that draw such things. The stage knows it as [`Plots`].

mod panels;
mod pointer;
mod ring;

use super::page::Page;
use super::stage::{self, Plots};
use super::{dom, player};
use crate::scenes::run::Run;
use crate::scenes::scene::{Panel, RingPlot, Selection, Time, Work};
use gloo_timers::callback::Timeout;
use std::cell::Cell;
use std::sync::atomic::Ordering;
use web_sys::HtmlElement;

/// Rules that only these pictures need.
const STYLE: &str = include_str!("../../../style/plots.css");
/// A piece of the work behind a picture ends after this long; what it has begun by then takes a little more.
const SLICE_MS: f64 = 4.0;
/// While there is such work the picture is drawn this often, or so seldom that drawing takes this share of the time.
const DRAW_MS: f64 = 120.0;
const DRAW_SHARE: f64 = 1.0 / 30.0;

thread_local! {
    static STYLED: Cell<bool> = const { Cell::new(false) };
    /// A task is on its way that does the next piece.
    static DUE: Cell<bool> = const { Cell::new(false) };
    /// The work has come to its end, and the panels do not know yet.
    static OVER: Cell<bool> = const { Cell::new(false) };
    /// When all panels of the page were told of the work for the last time.
    static TOLD: Cell<f64> = const { Cell::new(0.0) };
}

/// Into the canvas of a stage.
pub fn build(page: Page, canvas: &HtmlElement) -> Option<Box<dyn Plots>> {
    if !STYLED.replace(true) {
        dom::add_style(STYLE);
    }
    let layer = |class: &str| {
        let layer = dom::create("div", class)?;
        // Over the wires, under what can be selected.
        canvas.insert_before(&layer, canvas.query_selector(".headings").ok()?.as_deref()).ok()?;
        Some(layer)
    };
    Some(Box::new(Both {
        page,
        panels: panels::Parts::build(page, layer("panels")?)?,
        ring: ring::Parts::build(&layer("ring")?)?,
        work: Work::Nothing,
        drawn: (0.0, 0.0),
    }))
}

struct Both {
    page: Page,
    ring: ring::Parts,
    panels: panels::Parts,
    /// What has become of the work behind the picture when a piece of it was last asked for.
    work: Work,
    /// When the picture was drawn, and how long that took.
    drawn: (f64, f64),
}

impl Plots for Both {
    fn forget(&mut self) {
        self.ring.forget();
        self.panels.forget();
    }

    fn patch(&mut self, ring: Option<RingPlot>, panels: Vec<Panel>, size: (f32, f32)) {
        self.ring.patch(ring, size.0, size.1);
        self.panels.patch(panels, size);
    }

    fn drawn(&mut self, begun: f64) {
        let now = dom::screen_ms();
        self.drawn = (now, now - begun);
    }

    fn waits(&self) -> bool {
        let (at, took) = self.drawn;
        self.work == Work::Left && dom::screen_ms() - at < (took / DRAW_SHARE).max(DRAW_MS)
    }

    fn mark(&mut self, selection: Option<Selection>) {
        self.panels.mark(selection);
    }

    fn frame(&mut self, run: &dyn Run, now: Time) {
        self.panels.frame(now);
        if self.panels.is_empty() {
            return;
        }
        let end = dom::screen_ms() + SLICE_MS;
        self.work = run.work(&mut || dom::screen_ms() < end);
        OVER.set(OVER.get() || self.work == Work::Done);
        if self.work != Work::Nothing {
            schedule(self.page);
        }
    }

    fn inside(&self, x0: f32, y0: f32, x1: f32, y1: f32) -> Vec<u16> {
        self.panels.inside(x0, y0, x1, y1)
    }
}

/// The next piece in a task of its own: what the reader does comes between. While a run plays its frames do the work, one
/// piece each.
fn schedule(page: Page) {
    if !DUE.replace(true) {
        Timeout::new(0, move || turn(page)).forget();
    }
}

fn turn(page: Page) {
    DUE.set(false);
    if player::DEAD.load(Ordering::Relaxed) || page.playing.get() {
        return;
    }
    let now = dom::screen_ms();
    // The other pictures and the panels around follow now and then: they take longer than a piece.
    if OVER.take() || now - TOLD.get() > 5.0 * DRAW_MS {
        TOLD.set(now);
        page.sync();
    } else {
        stage::again(page);
    }
}
