//! What a lock with leases keeps in which world of time.

use crate::check::model::Budgets;
use crate::core::protocol::World;
use crate::scenes::searching::table::{Assumption, Promise, Table};

const NO_FAULTS: Budgets = Budgets::NONE;
const ONE_PAUSE: Budgets = Budgets { pauses: 1, ..NO_FAULTS };

const HOLDS: Option<bool> = Some(true);
const FAILS: Option<bool> = Some(false);

pub static TABLE: Table = Table {
    scene: "lock",
    // Each column is searched where its property is in most danger: a holder that works to the very end of its lease, or
    // one that gets to write.
    columns: &[
        Promise {
            name: "belief",
            scene: "lock",
            recipe: "set-nx-px",
            property: "MUTEX-BELIEF",
            options: &[("work", "3000")],
        },
        Promise {
            name: "lease",
            scene: "lock",
            recipe: "set-nx-px",
            property: "MUTEX-LEASE",
            options: &[("work", "3000")],
        },
        Promise {
            name: "stale",
            scene: "lock",
            recipe: "set-nx-px",
            property: "NO-STALE-WRITE",
            options: &[("work", "1000")],
        },
        Promise {
            name: "fence",
            scene: "lock",
            recipe: "set-nx-px-fence",
            property: "NO-STALE-WRITE",
            options: &[("work", "1000")],
        },
    ],
    rows: &[
        Assumption {
            name: "bounded",
            property: "",
            world: World::Sync,
            budgets: NO_FAULTS,
            options: &[("margin", "1000")],
            holds: &[HOLDS, HOLDS, HOLDS, HOLDS],
            lesson: false,
        },
        Assumption {
            name: "delays",
            property: "",
            world: World::Bounded,
            budgets: ONE_PAUSE,
            options: &[],
            holds: &[FAILS, HOLDS, FAILS, HOLDS],
            lesson: true,
        },
        Assumption {
            name: "clocks",
            property: "",
            world: World::Anything,
            budgets: ONE_PAUSE,
            options: &[],
            holds: &[FAILS, FAILS, FAILS, HOLDS],
            lesson: false,
        },
    ],
    bounds: &[("tries", "1")],
};
