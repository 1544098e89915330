//! A server: says whether it keeps a key. It hears of a newer view from those that ask it, and from the directory when the
//! view is about itself.

use super::stream::serving::{self, Job, Serving};
use super::stream::{self, Part, Timer as Of};
use super::view::View;
use super::{Msg, Note, Outcome, Routing, Timer};
use crate::core::protocol::{Context, Event, NodeId};
use std::sync::Arc;

/// Small, since there may be a thousand of them in every checkpoint.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Server {
    pub view: Arc<View>,
    /// What it does for the stream; nothing while it has no request of it.
    pub stream: Part<Serving>,
}

pub fn boot(p: &Routing) -> Server {
    Server { view: p.initial.clone(), stream: Part(None) }
}

pub fn step(p: &Routing, me: u16, server: &mut Server, event: Event<Routing>, cx: &mut Context<Routing>) {
    match event {
        Event::Message { msg: Msg::View(view), .. } => told(server, &view, cx),
        Event::Message { from, msg: Msg::Get { tag, view, key } } => {
            adopt(server, &view);
            let nodes = p.route(&p.scheme, &server.view, p.initial.epoch, &key);
            let nth = nodes.iter().position(|slot| *slot == me).map(|nth| nth as u8);
            cx.note(Note::Asks { client: from.0, key, nth });
            let outcome = nth.map_or(Outcome::NotHere, |nth| Outcome::Kept { nth });
            cx.send(NodeId(from.0), Msg::Answer { tag, view: server.view.clone(), outcome });
        }
        Event::Message { from, msg: Msg::Stream(stream::Msg::Ask { n, view, rank }) } => {
            adopt(server, &view);
            serving::arrive(p, me, &mut server.stream, &server.view, Job { client: from.0, n, rank }, cx);
        }
        Event::Timeout(Timer::Stream(Of::Work(worker))) => {
            serving::finished(p, &mut server.stream, &server.view, worker, cx);
        }
        _ => {}
    }
}

fn told(server: &mut Server, view: &Arc<View>, cx: &mut Context<Routing>) {
    if adopt(server, view) {
        cx.note(Note::Learned { epoch: view.epoch, members: view.seats.len() as u16 });
    }
}

/// Whether the view is newer than the server's; then it is now the server's.
fn adopt(server: &mut Server, view: &Arc<View>) -> bool {
    let newer = view.epoch > server.view.epoch;
    if newer {
        server.view = view.clone();
    }
    newer
}
