//! Icons come from one SVG sprite; each follows the text colour.

/// The sprite, put into the page once.
pub const SPRITE: &str = include_str!("icons.svg");
