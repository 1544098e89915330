//! What a server does with the stream's requests: works on some, lets some wait, refuses the others.

use super::{End, Msg, Note, Nth, Part, Route, Stream, Timer};
use crate::core::map::Map;
use crate::core::placement::Member;
use crate::core::protocol::{Clock, Context, NodeId};
use crate::core::routing::view::View;
use crate::core::routing::{Key, Msg as Message, Note as Said, Routing, Timer as Alarm};
use std::sync::Arc;

/// A request that a server has taken.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Job {
    pub client: u16,
    pub n: Nth,
    pub rank: u32,
}

/// Gone with a crash, as what is in memory is.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Serving {
    /// By worker.
    pub at_work: Map<u16, Job>,
    /// The first is the next.
    pub waiting: Vec<Job>,
}

impl Serving {
    /// Requests that it has.
    pub fn load(&self) -> usize {
        self.at_work.len() + self.waiting.len()
    }

    pub fn jobs(&self) -> impl Iterator<Item = &Job> {
        self.at_work.values().chain(&self.waiting)
    }

    fn others(&self, client: u16) -> u16 {
        self.jobs().filter(|job| job.client != client).count() as u16
    }
}

/// Requests that this server works on at a time.
pub fn workers(p: &Routing, stream: &Stream, me: u16) -> u16 {
    stream.workers(p.fleet.get(me).map_or(1, |member: &Member| member.weight))
}

/// A request arrives. `view`: the newest that the server knows.
pub fn arrive(p: &Routing, me: u16, has: &mut Part<Serving>, view: &Arc<View>, job: Job, cx: &mut Context<Routing>) {
    let Some(stream) = &p.stream else { return };
    let Job { client, n, rank } = job;
    let ends = |end, others| Message::Stream(Msg::Ended { n, view: view.clone(), end, others });
    let serving = has.0.get_or_insert_default();
    if !keeps(p, stream, me, view, rank) {
        cx.note(Said::Stream(Note::SendsOn { client, n, rank }));
        cx.send(NodeId(client), ends(End::NotHere, serving.others(client)));
    } else if let Some(worker) = (0..workers(p, stream, me)).find(|worker| !serving.at_work.contains_key(worker)) {
        start(stream, serving, worker, job, cx);
    } else if serving.waiting.len() < usize::from(stream.room) {
        cx.note(Said::Stream(Note::Waits { client, n, rank, behind: serving.waiting.len() as u16 }));
        serving.waiting.push(job);
    } else {
        cx.note(Said::Stream(Note::Refuses { client, n, rank }));
        cx.send(NodeId(client), ends(End::Refused, serving.others(client)));
    }
    if serving.load() == 0 {
        *has = Part(None);
    }
}

/// Whether this server answers for the key.
fn keeps(p: &Routing, stream: &Stream, me: u16, view: &Arc<View>, rank: u32) -> bool {
    match stream.route {
        Route::Bounded => view.has(me),
        Route::Owner | Route::Replicas => {
            p.route(&p.scheme, view, p.initial.epoch, &Key::new(stream.key(rank))).contains(&me)
        }
    }
}

fn start(stream: &Stream, serving: &mut Serving, worker: u16, job: Job, cx: &mut Context<Routing>) {
    cx.note(Said::Stream(Note::Starts { client: job.client, n: job.n, rank: job.rank }));
    cx.set_timer(Alarm::Stream(Timer::Work(worker)), Clock::Monotonic, stream.service);
    serving.at_work.insert(worker, job);
}

/// A worker has finished.
pub fn finished(p: &Routing, has: &mut Part<Serving>, view: &Arc<View>, worker: u16, cx: &mut Context<Routing>) {
    let (Some(stream), Some(serving)) = (&p.stream, has.get_mut()) else { return };
    let Some(Job { client, n, rank }) = serving.at_work.remove(&worker) else { return };
    cx.note(Said::Stream(Note::Serves { client, n, rank }));
    let others = serving.others(client);
    cx.send(NodeId(client), Message::Stream(Msg::Ended { n, view: view.clone(), end: End::Answered, others }));
    if !serving.waiting.is_empty() {
        let next = serving.waiting.remove(0);
        start(stream, serving, worker, next, cx);
    } else if serving.load() == 0 {
        *has = Part(None);
    }
}
