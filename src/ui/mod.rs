//! The page: markup for what surrounds the simulation, the DOM itself for what moves in it.
//!
//! Everything here speaks to a run through `scenes` only; there is no `if` about a protocol.
//!
//! - [`text`] and [`draw`] are plain functions from data to words and markup: they compile and are tested natively.
//! - `page` holds the run and what the reader chose, `runs` the ones that undo and tabs bring back; `player` moves its time; `address` keeps it in the address bar.
//! - Every panel is a function from the page to markup. Leptos mounts the page and runs these functions when something
//!   changed (`app`, `kept`); `morph` brings the DOM to what they say; `actions` does what their buttons name.
//! - `stage` and `diagram` touch the DOM directly, so that a frame changes only what moved.

pub use crate::scenes::draw;
pub mod text;

#[cfg(feature = "ui")]
mod actions;
#[cfg(feature = "ui")]
mod address;
#[cfg(feature = "ui")]
mod api;
#[cfg(feature = "ui")]
mod app;
#[cfg(feature = "ui")]
mod coverage;
#[cfg(feature = "ui")]
mod dom;
#[cfg(feature = "ui")]
mod export;
#[cfg(feature = "ui")]
mod frame;
#[cfg(feature = "ui")]
mod header;
#[cfg(feature = "ui")]
mod html;
#[cfg(feature = "ui")]
mod icons;
#[cfg(feature = "ui")]
mod kept;
#[cfg(feature = "ui")]
mod lessons;
#[cfg(feature = "ui")]
mod morph;
#[cfg(feature = "ui")]
mod notices;
#[cfg(feature = "ui")]
mod openings;
#[cfg(feature = "ui")]
mod page;
#[cfg(feature = "ui")]
mod parts;
#[cfg(feature = "ui")]
mod player;
#[cfg(feature = "ui")]
mod plots;
#[cfg(feature = "ui")]
mod runs;
#[cfg(feature = "ui")]
mod search;
#[cfg(feature = "ui")]
mod sentence;
#[cfg(feature = "ui")]
mod slices;
#[cfg(feature = "ui")]
mod stage;
#[cfg(feature = "ui")]
mod teach;

#[cfg(feature = "ui")]
mod workbench;

#[cfg(feature = "ui")]
pub use app::mount;
