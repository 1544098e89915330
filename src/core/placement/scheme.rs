//! Which strategies there are, with their parameters, and how a placement is made of a list of members.

use super::modulo::Modulo;
use super::ring::{Ring, RingError};
use super::{KeyHash, Member, Placement};
use std::sync::Arc;

/// A way to place keys.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Strategy {
    #[default]
    Ring,
    Modulo,
}

impl Strategy {
    pub const ALL: [Strategy; 2] = [Strategy::Ring, Strategy::Modulo];

    /// The name on the command line, in links, and of the recipe.
    pub fn name(self) -> &'static str {
        match self {
            Strategy::Ring => "ring",
            Strategy::Modulo => "modulo",
        }
    }

    pub fn named(name: &str) -> Option<Strategy> {
        Strategy::ALL.into_iter().find(|strategy| strategy.name() == name)
    }
}

/// A strategy with its parameters; those that it does not use are ignored.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Scheme {
    pub strategy: Strategy,
    pub hash: KeyHash,
    /// Points of a member of weight 1 on a ring.
    pub vnodes: u32,
}

impl Default for Scheme {
    fn default() -> Self {
        Scheme { strategy: Strategy::Ring, hash: KeyHash::Sha1, vnodes: 100 }
    }
}

/// Why a scheme makes no placement of these members.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SchemeError {
    Ring(RingError),
}

impl Scheme {
    /// The placement of these members.
    ///
    /// # Errors
    /// See [`SchemeError`].
    pub fn build(&self, members: Vec<Member>) -> Result<Arc<dyn Placement>, SchemeError> {
        Ok(match self.strategy {
            Strategy::Ring => Arc::new(Ring::with_hash(members, self.vnodes, self.hash).map_err(SchemeError::Ring)?),
            Strategy::Modulo => Arc::new(Modulo::new(members, self.hash)),
        })
    }

    /// The placement after the list has become `members`. Where placements follow from the list alone it is that of
    /// [`Scheme::build`]; an assigned table changes as little as it has to.
    ///
    /// # Errors
    /// See [`SchemeError`].
    pub fn change(&self, before: &dyn Placement, members: Vec<Member>) -> Result<Arc<dyn Placement>, SchemeError> {
        let _ = before;
        self.build(members)
    }
}
