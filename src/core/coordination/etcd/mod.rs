//! etcd: its data, its server, and the recipe of its lock.

pub mod keys;
