//! Locks from a coordination service.

pub mod etcd;
pub mod zookeeper;
