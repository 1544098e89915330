//! Virtual time.

/// Virtual microseconds since the start of the run.
pub type Time = u64;

pub const MILLISECOND: Time = 1_000;
pub const SECOND: Time = 1_000_000;
