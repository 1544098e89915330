//! *When* things happen: virtual time, drawn latencies, timers with deadlines, the reader's commands.
//!
//! Draws are a function of (seed, purpose, link, ordinal) and never of one shared stream, so that an intervention
//! disturbs nothing else and two recipes can run on the same faults.

pub mod draws;
pub mod faults;
pub mod simulation;
pub mod time;
pub mod timeline;
