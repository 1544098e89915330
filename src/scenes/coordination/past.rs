//! What the scene remembers of a run.

use crate::core::coordination::Coordination;
use crate::sim::simulation::Happening;

#[derive(Clone, Default)]
pub struct Past {}

impl Past {
    pub fn add(&mut self, _: &Happening<Coordination>) {}
}
