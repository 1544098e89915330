//! What a lesson may ask about a lock from a service: who wrote last, who believes to hold it.

use super::{CoordinationScene, words};
use crate::core::coordination::properties::believers;
use crate::core::protocol::NodeId;
use crate::scenes::lesson::Fact;
use crate::scenes::scene::Lang;
use crate::scenes::staging::{Moment, Staging};

/// See [`Fact::of_lock`].
pub fn fact(moment: &Moment<CoordinationScene>, asked: &[&str], lang: Lang) -> Option<Fact> {
    let (p, cluster) = (moment.sim.protocol.as_ref(), &moment.sim.cluster);
    let name = |client: u16| CoordinationScene::node_name(p, NodeId(client));
    let clients = words::lanes(p, lang).into_iter().take(p.clients.into()).map(|lane| (name(lane.node), lane.name));
    let last = moment.sim.ghost.history.last_writer.map(|owner| name(owner.client));
    Fact::of_lock(asked, clients, last, believers(p, cluster).map(|client| name(client.0)), lang)
}
