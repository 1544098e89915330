//! Which strategies there are, with their parameters, and how a placement is made of a list of members.

use super::bounded::{Bound, Bounded};
use super::jump::Jump;
use super::ketama;
use super::maglev::{self, Maglev, MaglevError};
use super::mistake::{Lookalike, Lookup, Mistake};
use super::modulo::Modulo;
use super::nginx;
use super::range::{Range, Sample};
use super::rendezvous::Rendezvous;
use super::ring::{POINTS_MOST, Ring, RingError};
use super::rule::Rule;
use super::slots::{Slots, TooManyMembers};
use super::{Inside, KeyHash, Member, Placement};
use crate::core::map::Map;
use std::sync::Arc;

/// A way to place keys.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Strategy {
    #[default]
    Ring,
    Modulo,
    Ketama,
    Rendezvous,
    Jump,
    Maglev,
    Slots,
    Range,
    BoundedRing,
    BoundedRendezvous,
    Nginx,
}

impl Strategy {
    pub const ALL: [Strategy; 11] = [
        Strategy::Ring,
        Strategy::Modulo,
        Strategy::Ketama,
        Strategy::Rendezvous,
        Strategy::Jump,
        Strategy::Maglev,
        Strategy::Slots,
        Strategy::Range,
        Strategy::BoundedRing,
        Strategy::BoundedRendezvous,
        Strategy::Nginx,
    ];

    /// The name on the command line, in links, and of the recipe.
    pub fn name(self) -> &'static str {
        match self {
            Strategy::Ring => "ring",
            Strategy::Modulo => "modulo",
            Strategy::Ketama => "ketama",
            Strategy::Rendezvous => "rendezvous",
            Strategy::Jump => "jump",
            Strategy::Maglev => "maglev",
            Strategy::Slots => "slots",
            Strategy::Range => "range",
            Strategy::BoundedRing => "bounded-ring",
            Strategy::BoundedRendezvous => "bounded-rendezvous",
            Strategy::Nginx => "nginx",
        }
    }

    pub fn named(name: &str) -> Option<Strategy> {
        Strategy::ALL.into_iter().find(|strategy| strategy.name() == name)
    }

    /// Whether the reader's choice of a hash counts: the others have their own, or none.
    pub fn takes_hash(self) -> bool {
        !matches!(self, Strategy::Ketama | Strategy::Slots | Strategy::Range | Strategy::Nginx)
    }

    /// Whether nodes of greater weight get more.
    pub fn takes_weights(self) -> bool {
        !matches!(self, Strategy::Modulo | Strategy::Jump)
    }

    /// Whether two lists of the same nodes in another order place keys differently.
    pub fn takes_order(self) -> bool {
        matches!(self, Strategy::Modulo | Strategy::Jump | Strategy::Slots)
    }

    /// Whether what there was before decides too, so that a list of nodes does not say who owns what.
    pub fn takes_history(self) -> bool {
        matches!(self, Strategy::Slots | Strategy::Range)
    }
}

/// A strategy with its parameters; those that it does not use are ignored, but for the mistake.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Scheme {
    pub strategy: Strategy,
    pub hash: KeyHash,
    /// Points of a member of weight 1 on a ring.
    pub vnodes: u32,
    /// Which point of a ring owns a position.
    pub rule: Rule,
    /// Slots of Maglev's table, a prime.
    pub table: u32,
    /// The bound of bounded loads.
    pub bound: Bound,
    /// The keys by which ranges are cut.
    pub sample: Sample,
    /// One that can be made with this strategy: see [`Mistake::of`].
    pub mistake: Option<Mistake>,
}

impl Default for Scheme {
    fn default() -> Self {
        Scheme {
            strategy: Strategy::Ring,
            hash: KeyHash::Sha1,
            vnodes: 100,
            rule: Rule::Successor,
            table: maglev::TABLE,
            bound: Bound::USUAL,
            sample: Sample::default(),
            mistake: None,
        }
    }
}

/// Why a scheme makes no placement of these members.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SchemeError {
    /// The list of members, or the number of their points, whatever the strategy.
    Ring(RingError),
    Maglev(MaglevError),
    /// More members than slots.
    Slots(TooManyMembers),
    /// The bound is below 100 percent: the keys would not fit.
    Bound {
        percent: u32,
    },
    /// This mistake is not one of this strategy.
    Mistake {
        mistake: Mistake,
        strategy: Strategy,
    },
}

impl Scheme {
    /// The placement of these members.
    ///
    /// # Errors
    /// See [`SchemeError`].
    pub fn build(&self, members: Vec<Member>) -> Result<Arc<dyn Placement>, SchemeError> {
        self.check(&members)?;
        let hash = self.hash;
        Ok(match self.strategy {
            Strategy::Ring => self.ring(members)?,
            Strategy::Modulo if self.mistake.is_some() => Arc::new(Modulo::twice(members, hash)),
            Strategy::Modulo => Arc::new(Modulo::new(members, hash)),
            Strategy::Ketama if self.mistake.is_some() => Arc::new(ketama::circle_in_floats(members)),
            Strategy::Ketama => Arc::new(ketama::circle(members)),
            Strategy::Rendezvous => Arc::new(Rendezvous::new(members, hash)),
            Strategy::Jump => Arc::new(Jump::new(members, hash)),
            Strategy::Maglev => Arc::new(Maglev::new(members, hash, self.table).map_err(SchemeError::Maglev)?),
            Strategy::Slots => Arc::new(Slots::new(members).map_err(SchemeError::Slots)?),
            Strategy::Range => Arc::new(Range::new(members, self.sample.clone())),
            Strategy::BoundedRing => Arc::new(Bounded { preference: self.plain_ring(members)?, bound: self.bound }),
            Strategy::BoundedRendezvous => {
                Arc::new(Bounded { preference: Rendezvous::new(members, hash), bound: self.bound })
            }
            Strategy::Nginx => Arc::new(nginx::circle(members)),
        })
    }

    /// The placement after the list has become `members`. Where placements follow from the list alone it is that of
    /// [`Scheme::build`], only sooner for a ring; assigned slots and ranges change as little as they have to.
    /// `before` comes from this scheme; if it does not, the placement is built.
    ///
    /// # Errors
    /// See [`SchemeError`].
    pub fn change(&self, before: &dyn Placement, members: Vec<Member>) -> Result<Arc<dyn Placement>, SchemeError> {
        self.check(&members)?;
        Ok(match (self.strategy, before.inside()) {
            (Strategy::Slots, Inside::Slots(slots)) => Arc::new(slots.changed(members).map_err(SchemeError::Slots)?),
            (Strategy::Range, Inside::Range(range)) => Arc::new(range.changed(members)),
            (Strategy::Ring, Inside::Ring(ring)) if self.fits(ring) => {
                Arc::new(ring.changed(members).map_err(SchemeError::Ring)?)
            }
            (Strategy::BoundedRing, Inside::Ring(ring)) if self.fits(ring) => {
                let preference = ring.changed(members).map_err(SchemeError::Ring)?;
                Arc::new(Bounded { preference, bound: self.bound })
            }
            _ => return self.build(members),
        })
    }

    fn plain_ring(&self, members: Vec<Member>) -> Result<Ring, SchemeError> {
        let ring = Ring::with_hash(members, self.vnodes, self.hash).map_err(SchemeError::Ring)?;
        Ok(ring.with_rule(self.rule))
    }

    /// Whether this ring is one of this scheme.
    fn fits(&self, ring: &Ring) -> bool {
        let of_ring = self.mistake.and_then(Mistake::of_ring);
        self.mistake.is_some() == of_ring.is_some()
            && (ring.vnodes(), ring.hash(), ring.rule(), ring.mistake()) == (self.vnodes, self.hash, self.rule, of_ring)
    }

    fn ring(&self, members: Vec<Member>) -> Result<Arc<dyn Placement>, SchemeError> {
        let ring = self.plain_ring(members)?;
        let lookup = match self.mistake {
            Some(Mistake::MembershipNothing) => Lookup::MembershipNothing,
            Some(Mistake::MembershipFirst) => Lookup::MembershipFirst,
            Some(Mistake::FirstOrLast) => Lookup::FirstOrLast,
            other => return Ok(Arc::new(ring.with_mistake(other.and_then(Mistake::of_ring)))),
        };
        Ok(Arc::new(Lookalike::new(ring, lookup)))
    }

    /// What holds for every strategy, and the points of those that have some.
    fn check(&self, members: &[Member]) -> Result<(), SchemeError> {
        let mut names = Map::new();
        for Member { name, weight, .. } in members {
            if name.is_empty() {
                return Err(SchemeError::Ring(RingError::EmptyName));
            }
            if *weight == 0 {
                return Err(SchemeError::Ring(RingError::NoWeight { name: name.clone() }));
            }
            if names.insert(name.as_str(), ()).is_some() {
                return Err(SchemeError::Ring(RingError::Duplicate { name: name.clone() }));
            }
        }
        let points = match self.strategy {
            Strategy::Nginx => {
                let weights: u64 = members.iter().map(|member| u64::from(member.weight)).sum();
                weights.saturating_mul(nginx::POINTS.into())
            }
            Strategy::Ketama => 4 * ketama::DIGESTS * members.len() as u64,
            _ => 0, // a ring counts its own
        };
        if points > POINTS_MOST {
            return Err(SchemeError::Ring(RingError::TooManyPoints { points }));
        }
        let bounded = matches!(self.strategy, Strategy::BoundedRing | Strategy::BoundedRendezvous);
        if bounded && self.bound.percent < 100 {
            return Err(SchemeError::Bound { percent: self.bound.percent });
        }
        match self.mistake.filter(|mistake| mistake.of() != self.strategy) {
            Some(mistake) => Err(SchemeError::Mistake { mistake, strategy: self.strategy }),
            None => Ok(()),
        }
    }
}
