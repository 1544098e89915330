//! What a run without faults costs, as formulas.

use super::{Commit, Decision, OnLock, Variant};

/// Protocol messages, records and forced writes of one transaction; resends and inquiries are not counted (Mohan, Lindsay,
/// Obermarck 1986, table 1, with the acknowledgements counted and the coordinator no participant).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Costs {
    pub messages: u32,
    pub records: u32,
    pub forced: u32,
}

impl Costs {
    /// `n` participants of which `readers` drop out with READ, and all others vote YES.
    pub fn of_commit(variant: Variant, n: u32, readers: u32) -> Self {
        let writers = n.saturating_sub(readers);
        if writers == 0 {
            // Who takes part is on disk before PREPARE; then only its end.
            let collecting = u32::from(variant == Variant::PresumedCommit);
            return Costs { messages: 2 * n, records: 2 * collecting, forced: collecting };
        }
        match variant {
            Variant::PresumedNothing | Variant::PresumedAbort => {
                Costs { messages: 2 * n + 2 * writers, records: 2 * writers + 2, forced: 2 * writers + 1 }
            }
            Variant::PresumedCommit => {
                Costs { messages: 2 * n + writers, records: 2 * writers + 2, forced: writers + 2 }
            }
            Variant::ThreePhase { .. } => {
                Costs { messages: 2 * n + 4 * writers, records: 3 * writers + 3, forced: 3 * writers + 2 }
            }
        }
    }

    /// `n` participants, `readers` of them with READ, and exactly one of the others votes NO: it is not told the decision.
    ///
    /// The row of presumed commit is derived from its recovery rules; Mohan, Lindsay and Obermarck's own table was not at
    /// hand when this was written.
    pub fn of_abort(variant: Variant, n: u32, readers: u32) -> Self {
        let yes = n.saturating_sub(readers).saturating_sub(1);
        let told = 2 * n + yes;
        match variant {
            Variant::PresumedAbort => Costs { messages: told, records: 2 * yes + 1, forced: yes },
            // The coordinator's abort record (presumed commit: its collecting record) and its end; NO is forced.
            _ => Costs { messages: told + yes, records: 2 * yes + 1 + 2, forced: 2 * yes + 1 + 1 },
        }
    }

    /// Whether [`Self::of_abort`] is a derivation rather than a published row.
    pub fn is_derived(variant: Variant, decision: Decision) -> bool {
        variant == Variant::PresumedCommit && decision == Decision::Abort
    }
}

impl Commit {
    /// The formulas count this configuration: no mistake, all participants are asked at once, and nobody asks his peers
    /// (then a NO is forced too).
    pub fn is_counted(&self) -> bool {
        self.mistakes.is_empty() && self.on_lock != OnLock::WaitInOrder && !self.cooperative
    }
}
