//! ZooKeeper: its data, its servers, and the recipe of its lock.

pub mod directory;
