//! The map: `core` is what a protocol is, `sim` says when things happen, `check` is everything that can happen, `scenes`
//! what there is to draw, `ui` draws it, `embed` hands it to JavaScript.

pub mod check;
pub mod core;
pub mod scenes;
pub mod sim;

#[cfg(feature = "embed")]
pub mod embed;
pub mod ui;
