//! The hash ring on the stage: arcs as SVG, which a hand can touch; key dots on a canvas, there may be thousands.

use crate::scenes::geometry::fixed;
use crate::scenes::scene::{Hue, RingPlot};
use crate::ui::dom;
use crate::ui::draw::{hue_property, plot};
use wasm_bindgen::JsCast;
use web_sys::{CanvasRenderingContext2d, Element, HtmlCanvasElement, HtmlElement};

pub struct Parts {
    layer: HtmlElement,
    canvas: HtmlCanvasElement,
    svg: Element,
    middle: HtmlElement,
    shown: Option<RingPlot>,
    size: (f32, f32),
}

impl Parts {
    pub fn build(layer: &HtmlElement) -> Option<Parts> {
        layer.set_inner_html(
            "<canvas aria-hidden=\"true\"></canvas><svg class=\"arcs\" aria-hidden=\"true\"></svg><div class=\"ring-middle\"></div>",
        );
        Some(Parts {
            layer: layer.clone(),
            canvas: layer.query_selector("canvas").ok().flatten()?.dyn_into().ok()?,
            svg: layer.query_selector("svg").ok().flatten()?,
            middle: layer.query_selector("div").ok().flatten()?.dyn_into().ok()?,
            shown: None,
            size: (0.0, 0.0),
        })
    }

    /// The theme changed: everything is drawn again.
    pub fn forget(&mut self) {
        self.size = (0.0, 0.0);
    }

    pub fn patch(&mut self, ring: Option<RingPlot>, width: f32, height: f32) {
        if self.shown == ring && self.size == (width, height) {
            return;
        }
        self.size = (width, height);
        dom::toggle(&self.layer, "hidden", ring.is_none());
        match &ring {
            None => self.svg.set_inner_html(""),
            Some(ring) => {
                self.svg.set_inner_html(&plot::markup(ring));
                self.words(ring);
                self.dots(ring);
            }
        }
        self.shown = ring;
    }

    fn words(&self, ring: &RingPlot) {
        self.middle.set_inner_html("");
        let line = |class: &str, words: &str| {
            if let Some(element) = dom::create("p", class) {
                element.set_text_content(Some(words));
                let _ = self.middle.append_child(&element);
            }
        };
        line("ring-title num", &ring.title);
        // A small ring holds no more than the first lines.
        let room = match ring.radius {
            r if r < 100.0 => 1,
            r if r < 128.0 => 3,
            _ => 5,
        };
        ring.lines.iter().take(room).for_each(|words| line("ring-line", words));
        let px = |value: f32, digits| format!("{}px", fixed(value, digits));
        dom::style(&self.middle, "left", &px(ring.x, 1));
        dom::style(&self.middle, "top", &px(ring.y, 1));
        dom::style(&self.middle, "max-width", &px(ring.radius * 1.15, 0));
        dom::style(&self.middle, "font-size", &px((ring.radius / 10.5).clamp(9.5, 13.0), 1));
    }

    /// Keys lie in a band inside the ring, each at its own stable depth; moved ones are larger and trail their old colour.
    fn dots(&self, ring: &RingPlot) -> Option<()> {
        let scale = dom::window().map_or(1.0, |w| w.device_pixel_ratio()).clamp(1.0, 3.0);
        let (width, height) = self.size;
        self.canvas.set_width((f64::from(width) * scale) as u32);
        self.canvas.set_height((f64::from(height) * scale) as u32);
        dom::style(&self.canvas, "width", &format!("{width}px", width = fixed(width, 0)));
        dom::style(&self.canvas, "height", &format!("{height}px", height = fixed(height, 0)));
        let context: CanvasRenderingContext2d = self.canvas.get_context("2d").ok()??.dyn_into().ok()?;
        let _ = context.scale(scale, scale);
        let style = dom::window()?.get_computed_style(&self.layer).ok()??;
        let mut colours: Vec<(&str, String)> = Vec::new();
        let mut colour = |hue: Hue| {
            let name = hue_property(hue);
            if let Some((_, value)) = colours.iter().find(|(known, _)| *known == name) {
                return value.clone();
            }
            let value = style.get_property_value(name).unwrap_or_default();
            colours.push((name, value.clone()));
            value
        };
        let crowd = ring.keys.len() as f32;
        let small = if crowd > 2_000.0 { 1.1 } else { 1.9 };
        let place = |n: usize, turn: f32, lift: f32| {
            let radius = ring.radius * (0.72 + 0.18 * plot::depth(n)) + lift;
            let (x, y) = plot::polar(ring, turn, radius);
            (f64::from(x), f64::from(y))
        };
        context.set_line_width(1.0);
        for (n, key) in ring.keys.iter().enumerate() {
            context.set_global_alpha(if key.moved { 1.0 } else { 0.55 });
            if key.moved {
                let ((x0, y0), (x1, y1)) = (place(n, key.turn, -0.07 * ring.radius), place(n, key.turn, 0.0));
                context.set_stroke_style_str(&colour(key.was));
                context.begin_path();
                context.move_to(x0, y0);
                context.line_to(x1, y1);
                context.stroke();
            }
            let (x, y) = place(n, key.turn, 0.0);
            context.set_fill_style_str(&colour(key.hue));
            context.begin_path();
            let radius = if key.moved { small * 1.8 } else { small };
            let _ = context.arc(x, y, radius, 0.0, std::f64::consts::TAU);
            context.fill();
        }
        Some(())
    }
}
