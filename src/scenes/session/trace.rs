//! Events with all that a trace keeps of them.

use super::Session;
use crate::core::cluster::Action;
use crate::core::protocol::{Effect, NodeId, Protocol};
use crate::scenes::run::{Deed, Parcel};
use crate::scenes::scene::Lang;
use crate::scenes::staging::Staging;
use crate::sim::simulation::{Happening, Input};

/// So many events of the branch, from one on.
pub fn deeds<S: Staging>(session: &Session<S>, from: u32, count: u32, lang: Lang) -> Vec<Deed> {
    let mut deeds = Vec::new();
    session.timeline.read(from, |index, entry| {
        if index - from >= count {
            return false;
        }
        deeds.push(deed(session, index, &entry.happening, lang));
        true
    });
    deeds
}

fn deed<S: Staging>(session: &Session<S>, index: u32, h: &Happening<S::P>, lang: Lang) -> Deed {
    let protocol = session.protocol();
    let p = protocol.as_ref();
    let parcel = |id: u32, (from, to): (NodeId, NodeId), msg: &<S::P as Protocol>::Msg| Parcel {
        id,
        from: from.0,
        to: to.0,
        words: S::message(p, from, msg, lang).words,
        due: None,
    };
    let about = h.flight.as_ref();
    let sent = h.sent.iter().filter_map(|(id, due)| {
        let by_step = h.done.iter().find(|done| done.flight == Some(*id)).and_then(|done| match &done.effect {
            Effect::Send { to, msg } => Some(parcel(*id, (done.node, *to), msg)),
            _ => None,
        });
        // What no step sent is a copy of the message that the event is about.
        let parcel = by_step.or_else(|| about.map(|flight| parcel(*id, (flight.from, flight.to), &flight.msg)))?;
        Some(Parcel { due: *due, ..parcel })
    });
    Deed {
        sent: sent.collect(),
        line: session.event_line(index, h, lang),
        after: h.after.into_iter().flatten().filter(|before| *before < index).collect(),
        about: about.map(|flight| parcel(flight.id, (flight.from, flight.to), &flight.msg)),
        delivered: matches!(h.input, Input::Act(Action::Deliver(_))) && !h.in_vain,
        lost: h.lost.clone(),
        broke: h.broke.clone(),
    }
}
