//! The map: `core` is what a protocol is, `sim` says when things happen, `check` is everything that can happen, `scenes`
//! what there is to draw, `ui` draws it, `embed` is what other pages say to it and hear of it.

pub mod check;
pub mod core;
pub mod embed;
pub mod scenes;
pub mod sim;
pub mod ui;
