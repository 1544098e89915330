//! What other pages say to this one and hear of it: the query of its address, the messages between frames, and a run as
//! JavaScript values. The first two are plain functions on text, tested natively.

pub mod message;
pub mod params;
#[cfg(feature = "embed")]
mod values;

#[cfg(feature = "embed")]
pub use values::{bench, state};

/// The version of the contract that both keep.
pub const CONTRACT: u32 = 1;
