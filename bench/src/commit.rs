//! Atomic commitment under load: how fast it is simulated and searched, and what crashes cost each protocol.

pub mod crashes;
pub mod measured;
pub mod plot;
pub mod speed;
pub mod states;
pub mod table;

use faultline::core::commit::{Commit, Variant};

/// A protocol by its name in tables.
pub struct Named {
    /// As the page's recipes are called.
    pub name: &'static str,
    pub variant: Variant,
    pub cooperative: bool,
}

const fn named(name: &'static str, variant: Variant, cooperative: bool) -> Named {
    Named { name, variant, cooperative }
}

pub const PROTOCOLS: [Named; 6] = [
    named("presumed-nothing", Variant::PresumedNothing, false),
    named("presumed-abort", Variant::PresumedAbort, false),
    named("presumed-commit", Variant::PresumedCommit, false),
    named("presumed-abort-cooperative", Variant::PresumedAbort, true),
    named("three-phase", Variant::ThreePhase { termination: false }, false),
    named("three-phase-termination", Variant::ThreePhase { termination: true }, false),
];

/// Accounts that never run dry, so that a transfer is refused for a lock and for nothing else.
const RICH: u32 = 1_000_000;

impl Named {
    /// Five participants and four transfers at once; all times as on the page, in milliseconds.
    pub fn under_load(&self) -> Commit {
        Commit {
            balances: vec![RICH; 5],
            vote_timeout: 600,
            resend: 500,
            inquire: 400,
            backoff: 3,
            checkpoint_at: 12,
            load: 4,
            think: 100,
            rounds: 0,
            ..self.searched()
        }
    }

    /// As the search explores it: three participants, one transaction.
    pub fn searched(&self) -> Commit {
        Commit { cooperative: self.cooperative, ..Commit::standard(3, 1, None).of(self.variant) }
    }
}
