//! What is read in the panels only: controls, mistakes, recipes, rows, figures, what is simplified.

pub mod commit;
pub mod common;
pub mod coordination;
pub mod lock;
pub mod placement;
pub mod ring;
