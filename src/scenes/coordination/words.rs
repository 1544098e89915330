//! The scene in words.

use super::CoordinationScene;
use crate::core::coordination::{Coordination, Msg, Service};
use crate::core::protocol::NodeId;
use crate::scenes::scene::*;
use crate::scenes::staging::{MessageLook, Moment};
use crate::sim::simulation::{Happening, Simulation};

pub use crate::scenes::lock::LETTERS;

pub fn service(service: Service) -> &'static str {
    match service {
        Service::ZooKeeper => "ZooKeeper",
        Service::Etcd => "etcd",
        Service::Consul => "Consul",
    }
}

pub fn lanes(_: &Coordination, _: Lang) -> Vec<Lane> {
    Vec::new()
}

pub fn message(msg: &Msg) -> MessageLook {
    MessageLook { words: format!("{msg:?}"), ..MessageLook::default() }
}

pub fn sentence(_: &Coordination, _: &Happening<Coordination>, _: Lang) -> Option<(Vec<Text>, Hue)> {
    None
}

pub fn because(_: &Moment<CoordinationScene>, _: &str, _: bool, _: Lang) -> String {
    String::new()
}

pub fn inspect(_: &Simulation<Coordination>, _: NodeId, _: Lang) -> Vec<(String, Text, bool)> {
    Vec::new()
}

pub fn offers(_: &Simulation<Coordination>, _: Option<NodeId>, _: Lang) -> Vec<Offer> {
    Vec::new()
}

pub fn figures(_: &Moment<CoordinationScene>, _: Lang) -> Vec<Figure> {
    Vec::new()
}
