//! What each service promises of a lock: Redis, ZooKeeper, etcd and Consul under the same assumptions.

use crate::check::model::Budgets;
use crate::core::protocol::World;
use crate::scenes::searching::table::{Assumption, Promise, Table};

const NO_FAULTS: Budgets = Budgets::NONE;
const ONE_PAUSE: Budgets = Budgets { pauses: 1, ..NO_FAULTS };
const ONE_CUT: Budgets = Budgets { cuts: 1, ..NO_FAULTS };

const HOLDS: Option<bool> = Some(true);
const FAILS: Option<bool> = Some(false);

pub static TABLE: Table = Table {
    scene: "coordination",
    columns: &[
        // Three clients, so that somebody can be passed over; each asks until it has the lock.
        Promise { name: "redis", scene: "lock", recipe: "set-nx-px-fence", property: "", options: &[("order", "on")] },
        Promise { name: "zookeeper", scene: "coordination", recipe: "zookeeper", property: "", options: &[] },
        Promise { name: "etcd", scene: "coordination", recipe: "etcd", property: "", options: &[] },
        Promise { name: "consul", scene: "coordination", recipe: "consul", property: "", options: &[] },
    ],
    rows: &[
        Assumption {
            name: "lease",
            property: "MUTEX-LEASE",
            world: World::Sync,
            budgets: ONE_PAUSE,
            options: &[],
            holds: &[HOLDS, HOLDS, HOLDS, HOLDS],
            lesson: false,
        },
        Assumption {
            name: "belief",
            property: "MUTEX-BELIEF",
            world: World::Sync,
            budgets: ONE_PAUSE,
            options: &[],
            holds: &[FAILS, FAILS, FAILS, FAILS],
            lesson: true,
        },
        Assumption {
            name: "cut",
            property: "MUTEX-BELIEF",
            world: World::Sync,
            budgets: ONE_CUT,
            options: &[],
            holds: &[FAILS, HOLDS, FAILS, FAILS],
            lesson: true,
        },
        Assumption {
            name: "fence",
            property: "NO-STALE-WRITE",
            world: World::Sync,
            budgets: ONE_PAUSE,
            options: &[],
            holds: &[HOLDS, HOLDS, HOLDS, HOLDS],
            lesson: false,
        },
        Assumption {
            name: "order",
            property: "FIFO-GRANT",
            world: World::Sync,
            budgets: NO_FAULTS,
            options: &[("clients", "3"), ("tries", "3")],
            holds: &[FAILS, HOLDS, HOLDS, FAILS],
            lesson: true,
        },
    ],
    bounds: &[],
};
