//! Icons come from one SVG sprite; each follows the text colour.

use leptos::prelude::*;

/// The sprite, put into the page once.
pub const SPRITE: &str = include_str!("icons.svg");

/// The zigzag fault, wider than an icon.
pub const MARK: &str = "<svg viewBox=\"0 0 24 16\" aria-hidden=\"true\"><use href=\"#i-mark\"/></svg>";

/// An icon of the sprite, hidden from screen readers: the control that carries it has the name.
pub fn icon(name: &'static str) -> AnyView {
    let inner = format!("<svg viewBox=\"0 0 16 16\" aria-hidden=\"true\"><use href=\"#i-{name}\"/></svg>");
    view! { <span class="icon" aria-hidden="true" inner_html=inner></span> }.into_any()
}
