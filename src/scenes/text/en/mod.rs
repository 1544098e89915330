//! English.

pub mod commit;
pub mod common;
pub mod lock;
pub mod ring;
