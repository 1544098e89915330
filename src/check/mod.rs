//! Everything that *can* happen: a breadth-first search through every state within stated bounds.
//!
//! The search knows no time but the ticks of its world, draws nothing, and never meets the simulator: what it finds is a
//! list of moves, and whoever wants to watch them plays them through the same cluster.

pub mod acp;
pub mod choices;
mod desk;
pub mod model;
mod print;
pub mod redlock;
pub mod search;
pub mod stuck;
pub mod symmetry;
pub mod two_phase;
