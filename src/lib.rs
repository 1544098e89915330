//! The map: `sim` says when things happen, `scenes` what there is to draw, `ui` draws it, `embed` hands it to JavaScript.

pub mod scenes;
pub mod sim;

#[cfg(feature = "embed")]
pub mod embed;
pub mod ui;
