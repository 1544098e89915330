//! The scene's diagram.

use crate::core::coordination::Coordination;
use crate::scenes::scene::*;
use crate::scenes::staging::{BarNow, MarkNow};
use crate::sim::simulation::{Happening, Simulation};

pub fn now(_: &Simulation<Coordination>) -> Vec<BarNow> {
    Vec::new()
}

pub fn marks(_: &Coordination, _: &Happening<Coordination>, _: Lang) -> Vec<MarkNow> {
    Vec::new()
}
