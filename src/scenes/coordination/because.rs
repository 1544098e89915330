//! Why a property is broken, or what is known so far.

use super::CoordinationScene;
use super::words::letter;
use crate::core::coordination::properties::{believers, inside_lease, orphaned, unbounded};
use crate::core::protocol::NodeId;
use crate::scenes::scene::Lang;
use crate::scenes::staging::Moment;
use crate::scenes::text::{Arg, say, word};

fn names(ids: impl Iterator<Item = NodeId>) -> String {
    ids.map(|id| letter(id.0)).collect::<Vec<_>>().join(", ")
}

pub fn because(moment: &Moment<CoordinationScene>, name: &str, broken: bool, lang: Lang) -> String {
    let (sim, p) = (moment.sim, moment.sim.protocol.as_ref());
    let ghost = &sim.ghost;
    let who = |client: u16| -> Vec<(&'static str, Arg)> { vec![("who", letter(client).into())] };
    let args: Vec<(&str, Arg)> = match name {
        "MUTEX-LEASE" => vec![("who", names(inside_lease(p, &sim.cluster)).into())],
        "MUTEX-BELIEF" => vec![("who", names(believers(p, &sim.cluster)).into())],
        "NO-STALE-WRITE" => ghost.history.stale.map_or_else(Vec::new, |(old, new)| {
            vec![("old", letter(old.client).into()), ("new", letter(new.client).into())]
        }),
        "NO-LOST-UPDATE" => ghost.history.lost.map_or_else(Vec::new, |o| who(o.client)),
        "FIFO-GRANT" => ghost.passed_over.map_or_else(Vec::new, |(o, before)| {
            vec![("who", letter(o.client).into()), ("before", letter(before).into())]
        }),
        "BELIEF-BOUNDED" => unbounded(p, &sim.cluster).map_or_else(Vec::new, |id| who(id.0)),
        "NO-REFUSAL" => ghost.sent_away.map_or_else(Vec::new, |o| who(o.client)),
        "NO-HERD" => vec![("n", ghost.woke.into())],
        "NO-ORPHAN" => orphaned(p, &sim.cluster).map_or_else(Vec::new, |id| who(id.0)),
        "EVENTUALLY-FREE" => {
            let key = match (ghost.dead_holder, ghost.freed) {
                (Some(_), _) => "coordination.because-EVENTUALLY-FREE-open",
                (None, true) => "coordination.because-EVENTUALLY-FREE-met",
                (None, false) => "coordination.because-EVENTUALLY-FREE-fine",
            };
            return word(lang, key);
        }
        _ => vec![],
    };
    say(lang, &format!("coordination.because-{name}-{}", if broken { "broken" } else { "fine" }), &args)
}
