//! What a lesson may ask about a lock: who wrote last, who believes to hold it.

use super::{LockScene, words};
use crate::core::lock::properties::believers;
use crate::core::protocol::NodeId;
use crate::scenes::lesson::Fact;
use crate::scenes::scene::Lang;
use crate::scenes::staging::{Moment, Staging};

/// `writer`: whose write the storage took last; `holds CLIENT`; `holder`: the one that believes, `several` or `nobody`.
pub fn fact(moment: &Moment<LockScene>, asked: &[&str], lang: Lang) -> Option<Fact> {
    let (p, cluster) = (moment.sim.protocol.as_ref(), &moment.sim.cluster);
    let name = |client: u16| LockScene::node_name(p, NodeId(client));
    let clients = words::lanes(p, lang).into_iter().take(p.clients.into()).map(|lane| (name(lane.node), lane.name));
    match asked {
        ["writer"] => {
            let last = moment.sim.ghost.history.last_writer.map(|owner| name(owner.client));
            Some(Fact::one_of(last, clients, &[], lang))
        }
        ["holder"] => {
            let all: Vec<String> = believers(p, cluster).map(|client| name(client.0)).collect();
            let holder = if all.len() > 1 { Some("several".to_owned()) } else { all.into_iter().next() };
            Some(Fact::one_of(holder, clients, &["several"], lang))
        }
        ["holds", who] => Some(Fact::yes(believers(p, cluster).any(|client| name(client.0) == *who), lang)),
        _ => None,
    }
}
