//! English.

pub mod commit;
pub mod common;
pub mod coordination;
pub mod desk;
pub mod lock;
pub mod placement;
pub mod ring;
