//! Words that are read in the panels only, where a scene has so many that they fill a file of their own.

pub mod commit;
pub mod coordination;
pub mod placement;
