//! What atomic commitment keeps in which world of time: what three-phase commit buys, and what it pays for it.

use crate::check::model::Budgets;
use crate::core::protocol::World;
use crate::scenes::searching::table::{Assumption, Promise, Table};

const NO_FAULTS: Budgets = Budgets::NONE;
const ONE_CRASH: Budgets = Budgets { crashes: 1, ..NO_FAULTS };

const HOLDS: Option<bool> = Some(true);
const FAILS: Option<bool> = Some(false);

pub static TABLE: Table = Table {
    scene: "commit",
    columns: &[
        Promise { name: "agree", scene: "commit", recipe: "presumed-abort", property: "AC1-AGREE", options: &[] },
        Promise { name: "wait", scene: "commit", recipe: "presumed-abort", property: "NON-BLOCKING", options: &[] },
        Promise { name: "bare", scene: "commit", recipe: "three-phase", property: "AC1-AGREE", options: &[] },
        Promise {
            name: "together",
            scene: "commit",
            recipe: "three-phase-termination",
            property: "AC1-AGREE",
            options: &[],
        },
        Promise {
            name: "free",
            scene: "commit",
            recipe: "three-phase-termination",
            property: "NON-BLOCKING",
            options: &[],
        },
    ],
    // Where no node fails, nobody waits for one that is down: there is nothing to search.
    rows: &[
        Assumption {
            name: "timely",
            property: "",
            world: World::Sync,
            budgets: NO_FAULTS,
            options: &[],
            holds: &[HOLDS, None, HOLDS, HOLDS, None],
            lesson: false,
        },
        Assumption {
            name: "crash",
            property: "",
            world: World::Sync,
            budgets: ONE_CRASH,
            options: &[],
            holds: &[HOLDS, FAILS, FAILS, HOLDS, HOLDS],
            lesson: true,
        },
        Assumption {
            name: "cut",
            property: "",
            world: World::Sync,
            budgets: Budgets { cuts: 1, ..ONE_CRASH },
            options: &[],
            holds: &[HOLDS, FAILS, FAILS, FAILS, HOLDS],
            lesson: false,
        },
        Assumption {
            name: "delays",
            property: "",
            world: World::Bounded,
            budgets: NO_FAULTS,
            options: &[],
            holds: &[HOLDS, None, FAILS, FAILS, None],
            lesson: true,
        },
    ],
    bounds: &[],
};
