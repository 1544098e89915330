//! One sentence about each event: what the core's notes say and, where it left none, what the message was for.

use super::words::{of_service, of_session, service, spelt, who};
use crate::core::cluster::Action;
use crate::core::coordination::{Call, Coordination, Mistake, Msg, Note, Reply, Service, Timer};
use crate::core::protocol::{Effect, NodeId};
use crate::scenes::inspect::seconds;
use crate::scenes::lock::words::hue;
use crate::scenes::scene::*;
use crate::scenes::text::{Arg, tell, word};
use crate::sim::simulation::{Happening, Input};

type H = Happening<Coordination>;
/// A key without `coordination.`, its arguments, its tone.
type Said = (String, Vec<(&'static str, Arg)>, Hue);

/// The one thing that an event did: more telling notes win.
pub fn sentence(p: &Coordination, h: &H, lang: Lang) -> Option<(Vec<Text>, Hue)> {
    if matches!(h.input, Input::Act(Action::Crash(..))) {
        return None;
    }
    let note = notes(h).max_by_key(|note| weight(note));
    let (key, mut args, tone) = note.map(|note| about(p, h, note)).or_else(|| plain(p, h))?;
    let at_follower = p.follower().is_some() && h.node == p.follower();
    let server = if at_follower { word(lang, "coordination.the-follower") } else { service(p.service).to_owned() };
    args.extend([
        ("server", server.into()),
        ("service", service(p.service).into()),
        ("session", word(lang, &of_session(p, "coordination.session")).into()),
        ("ttl", seconds(Time::from(p.ttl) * 1000).into()),
        ("silence", seconds(Time::from(p.silence()) * 1000).into()),
    ]);
    Some((tell(lang, &format!("coordination.{key}"), &args), tone))
}

fn notes(h: &H) -> impl Iterator<Item = &Note> {
    h.done.iter().filter_map(|d| if let Effect::Note(note) = &d.effect { Some(note) } else { None })
}

/// What the step asked the service for.
fn sent(h: &H) -> Option<&Call> {
    h.done.iter().find_map(|d| match &d.effect {
        Effect::Send { msg: Msg::Ask { call, .. }, .. } => Some(call),
        _ => None,
    })
}

/// What the step answered.
fn answered(h: &H) -> Option<&Reply> {
    h.done.iter().find_map(|d| match &d.effect {
        Effect::Send { msg: Msg::Answer { reply, .. }, .. } => Some(reply),
        Effect::Send { msg: Msg::Commit { answer: Some(due), .. }, .. } => Some(&due.reply),
        _ => None,
    })
}

/// The call that was received, and whose it is.
fn asked(h: &H) -> Option<(&Call, u16)> {
    match &h.flight.as_ref()?.msg {
        Msg::Ask { session, call, .. } => Some((call, session.client)),
        Msg::Forward { client, call, .. } => Some((call, client.0)),
        _ => None,
    }
}

/// The answer that was received.
fn heard(h: &H) -> Option<&Reply> {
    match &h.flight.as_ref()?.msg {
        Msg::Answer { reply, .. } => Some(reply),
        _ => None,
    }
}

fn has(h: &H, is: impl Fn(&Note) -> bool) -> bool {
    notes(h).any(is)
}

/// A step can leave several notes; the page says one sentence.
fn weight(note: &Note) -> u8 {
    match note {
        Note::Woke(1) | Note::Stops(_) => 0,
        Note::Asked(_) | Note::Released { .. } | Note::Written { .. } | Note::Denied(_) | Note::Learnt(_) => 1,
        Note::KeyGone(_) => 3,
        Note::SessionExpired(_) | Note::SessionOver(_) | Note::Disconnected(_) | Note::LeaseOver(_) => 4,
        Note::Woke(_) => 5,
        _ => 2,
    }
}

fn said(key: impl Into<String>, client: u16, tone: Hue) -> Said {
    (key.into(), vec![("who", who(client))], tone)
}

fn with(mut said: Said, more: impl IntoIterator<Item = (&'static str, Arg)>) -> Said {
    said.1.extend(more);
    said
}

fn about(p: &Coordination, h: &H, note: &Note) -> Said {
    match note {
        Note::Opens(_)
        | Note::Connected(_)
        | Note::Disconnected(_)
        | Note::SessionOver(_)
        | Note::LeaseOver(_)
        | Note::SessionOpened(_)
        | Note::SessionClosed(_)
        | Note::SessionExpired(_) => of_sessions(p, h, note),
        Note::TimedOut(_)
        | Note::Looked(_)
        | Note::HasRead { .. }
        | Note::Writes { .. }
        | Note::Written { .. }
        | Note::Served { .. }
        | Note::Accepted { .. }
        | Note::Refused { .. } => of_storage(p, h, note),
        Note::Asked(_)
        | Note::LooksForOwn(_)
        | Note::FoundOwn(_)
        | Note::Queues { .. }
        | Note::Woken(_)
        | Note::Granted { .. }
        | Note::Denied(_)
        | Note::GaveUp { .. }
        | Note::Stops(_)
        | Note::KeyGone(_)
        | Note::Released { .. } => of_clients(p, h, note),
        Note::Enqueued { .. }
        | Note::Exists { .. }
        | Note::Gone { .. }
        | Note::Woke(_)
        | Note::Refuses { .. }
        | Note::Told { .. }
        | Note::Recovered(_)
        | Note::Elected(_)
        | Note::Learnt(_) => of_servers(p, h, note),
    }
}

/// Sessions and connections, on both sides.
fn of_sessions(p: &Coordination, h: &H, note: &Note) -> Said {
    let stops = has(h, |note| matches!(note, Note::Stops(_)));
    let stopping = |key: &str| if stops { format!("{key}-stops") } else { key.to_owned() };
    match note {
        Note::Opens(s) => said(of_session(p, "note-opens"), s.client, Hue::Plain),
        Note::Connected(s) => said("note-connected", s.client, Hue::Good),
        Note::Disconnected(s) => {
            let key = match (&h.input, &h.flight) {
                (_, Some(_)) => "note-missed",
                (Input::Act(Action::Fire(_, Timer::Lease(_))), _) => "note-unanswered",
                _ => "note-disconnected",
            };
            said(stopping(key), s.client, Hue::Warn)
        }
        Note::SessionOver(s) => said(stopping("note-session-over"), s.client, Hue::Warn),
        Note::LeaseOver(s) => said(stopping("note-lease-over"), s.client, Hue::Warn),
        Note::SessionOpened(s) => said(of_session(p, "note-session-opened"), s.client, Hue::Plain),
        Note::SessionClosed(s) => said(of_session(p, "note-session-closed"), s.client, Hue::Plain),
        Note::SessionExpired(s) => {
            let gone = has(h, |note| matches!(note, Note::Gone { .. }));
            let key = of_service(p, if gone { "note-expired" } else { "note-expired-bare" });
            said(key, s.client, Hue::Warn)
        }
        _ => said("note-connected", 0, Hue::Plain),
    }
}

/// How a client takes and gives back the lock.
fn of_clients(p: &Coordination, h: &H, note: &Note) -> Said {
    let broken = !h.broke.is_empty();
    match note {
        Note::Asked(o) => {
            let key = match sent(h) {
                Some(Call::Create { sequential: false, .. }) => "note-asked-one-node",
                Some(Call::Create { .. }) => "note-asked-create",
                Some(Call::Claim { .. }) => "note-asked-claim",
                Some(Call::Acquire { .. }) => "note-asked-acquire",
                _ => "note-asked-unconnected",
            };
            said(key, o.client, Hue::Plain)
        }
        Note::LooksForOwn(o) => {
            let syncs = matches!(sent(h), Some(Call::Sync));
            said(if syncs { "note-looks-sync" } else { "note-looks" }, o.client, Hue::Plain)
        }
        Note::FoundOwn(o) => said("note-found-own", o.client, Hue::Good),
        Note::Queues { owner: o, .. } if h.broke.contains(&"NO-ORPHAN") => {
            said("note-queues-orphan", o.client, Hue::Bad)
        }
        Note::Queues { owner: o, behind } => {
            let key = match behind {
                _ if p.mistakes.has(Mistake::WatchParent) => "note-queues-parent",
                Some(_) if p.service == Service::Etcd => "note-queues-etcd",
                Some(_) => "note-queues",
                None => "note-queues-unknown",
            };
            let other = behind.map(|other| ("other", who(other.client)));
            with(said(key, o.client, Hue::Plain), other)
        }
        Note::Woken(o) if p.mistakes.has(Mistake::WatchParent) => said("note-woken-parent", o.client, Hue::Plain),
        Note::Woken(o) => said(of_session(p, "note-woken"), o.client, Hue::Plain),
        Note::Granted { owner: o, fence } => {
            let mistake = |mistake| p.mistakes.has(mistake);
            let key = match heard(h) {
                Some(Reply::NodeExists) => "note-granted-exists".to_owned(),
                Some(Reply::Before(None)) if mistake(Mistake::NoReread) => "note-granted-unread".to_owned(),
                Some(Reply::Children(_)) if mistake(Mistake::SortsByName) => "note-granted-by-name".to_owned(),
                Some(Reply::Created { .. }) => "note-granted-one-node".to_owned(),
                _ if fence.is_some() => of_service(p, "note-granted-fence"),
                _ => of_service(p, "note-granted"),
            };
            let wrong = broken || key == "note-granted-exists";
            let fence = fence.map_or_else(|| Arg::from("—"), |n| (n.to_string(), hue(o.client)).into());
            with(said(key, o.client, if wrong { Hue::Bad } else { Hue::Good }), [("fence", fence)])
        }
        Note::Denied(o) => said("note-denied", o.client, Hue::Plain),
        Note::GaveUp { owner: o, at_once: true } => said("note-gave-up-at-once", o.client, Hue::Bad),
        Note::GaveUp { owner: o, .. } => said("note-gave-up", o.client, Hue::Warn),
        Note::Stops(o) => said("note-stops", o.client, Hue::Warn),
        Note::KeyGone(o) => {
            let returns = matches!(sent(h), Some(Call::Delete(_) | Call::Remove | Call::Release));
            let key = if returns { "note-lease-gone".to_owned() } else { of_session(p, "note-key-gone") };
            said(key, o.client, Hue::Warn)
        }
        Note::Released { owner: o, removed } => {
            said(if *removed { "note-released" } else { "note-released-gone" }, o.client, Hue::Plain)
        }
        _ => said("note-denied", 0, Hue::Plain),
    }
}

/// What a server does to the queue, and whom it tells.
fn of_servers(p: &Coordination, h: &H, note: &Note) -> Said {
    match note {
        Note::Enqueued { owner: o, fence, .. } => {
            let fence = ("fence", (fence.to_string(), hue(o.client)).into());
            with(said(of_service(p, "note-enqueued"), o.client, Hue::Plain), [fence])
        }
        // The key is the session's: it is its own, from an earlier try.
        Note::Exists { by, .. } if p.service == Service::Etcd => said("note-exists-etcd", *by, Hue::Plain),
        Note::Exists { by, owner } => with(said("note-exists", *by, Hue::Plain), [("other", who(owner.client))]),
        Note::Gone { owner: o, released: true, .. } if asked(h).is_some_and(|(_, by)| by != o.client) => {
            let by = asked(h).map_or(o.client, |(_, by)| by);
            with(said("note-gone-foreign", by, Hue::Bad), [("other", who(o.client))])
        }
        Note::Gone { owner: o, .. } => {
            let tells = has(h, |note| matches!(note, Note::Woke(_)));
            said(of_service(p, if tells { "note-gone-told" } else { "note-gone" }), o.client, Hue::Plain)
        }
        Note::Woke(1) => ("note-woke".to_owned(), vec![], Hue::Plain),
        Note::Woke(n) => ("note-woke-herd".to_owned(), vec![("n", (*n).into())], Hue::Bad),
        Note::Refuses { owner: o, delayed: true } => said("note-refuses-delayed", o.client, Hue::Plain),
        Note::Refuses { owner: o, .. } => said("note-refuses", o.client, Hue::Plain),
        Note::Told { by } => {
            let key = match asked(h) {
                Some((Call::Exists(_), _)) if matches!(answered(h), Some(Reply::Exists(false))) => "note-told-no-node",
                Some((Call::Exists(_), _)) => "note-told-exists",
                Some((Call::Children { watch: true }, _)) => "note-told-children-watch",
                Some((Call::Before(_), _)) if matches!(answered(h), Some(Reply::Before(None))) => {
                    "note-told-none-older"
                }
                Some((Call::Before(_), _)) => "note-told-before",
                Some((Call::Own, _)) => "note-told-own",
                _ => "note-told-children",
            };
            said(key, *by, Hue::Plain)
        }
        Note::Recovered(_) if p.follower().is_some() && h.node == p.follower() => {
            ("note-recovered-follower".to_owned(), vec![], Hue::Good)
        }
        Note::Recovered(n) => ("note-recovered".to_owned(), vec![("n", (*n).into())], Hue::Good),
        Note::Elected(n) => ("note-elected".to_owned(), vec![("n", (*n).into())], Hue::Warn),
        Note::Learnt(zxid) => {
            let tells = has(h, |note| matches!(note, Note::Woke(_)));
            let key = if tells { "note-learnt-told" } else { "note-learnt" };
            (key.to_owned(), vec![("zxid", (*zxid).into())], Hue::Plain)
        }
        _ => ("note-woke".to_owned(), vec![], Hue::Plain),
    }
}

/// A holder's work, and what the storage makes of it.
fn of_storage(p: &Coordination, h: &H, note: &Note) -> Said {
    let fenced = |client: u16, fence: u32| ("fence", Arg::from((fence.to_string(), hue(client))));
    match note {
        Note::TimedOut(o) => said("note-timeout", o.client, Hue::Warn),
        Note::Looked(o) => said("note-looked", o.client, Hue::Plain),
        Note::HasRead { owner: o, version: Some(v) } => {
            with(said("note-has-read", o.client, Hue::Plain), [("version", (*v).into())])
        }
        Note::HasRead { owner: o, version: None } => said("note-read-refused", o.client, Hue::Warn),
        Note::Writes { owner: o, fence: None } => said("note-writes", o.client, Hue::Plain),
        Note::Writes { owner: o, fence: Some(fence) } => {
            with(said("note-writes-fence", o.client, Hue::Plain), [fenced(o.client, *fence)])
        }
        Note::Written { owner: o, accepted: true } => said("note-written", o.client, Hue::Plain),
        Note::Written { owner: o, accepted: false } => said("note-written-refused", o.client, Hue::Warn),
        Note::Served { owner: o, version } => {
            with(said("note-served", o.client, Hue::Plain), [("version", (*version).into())])
        }
        Note::Accepted { owner: o, fence, behind, version } => {
            let (key, tone) = if h.broke.contains(&"NO-STALE-WRITE") {
                match fence {
                    Some(_) if p.checks() => ("note-accepted-stale-passes", Hue::Bad),
                    _ => ("note-accepted-stale", Hue::Bad),
                }
            } else if behind.is_some_and(|b| b > 0) && h.broke.contains(&"NO-LOST-UPDATE") {
                ("note-accepted-lost", Hue::Bad)
            } else if fence.is_some() {
                ("note-accepted-fence", Hue::Good)
            } else {
                ("note-accepted", Hue::Good)
            };
            let fence = fence.map(|fence| fenced(o.client, fence));
            with(with(said(key, o.client, tone), fence), [("version", (*version).into())])
        }
        Note::Refused { owner: o, fence, newest } => {
            let args = [fenced(o.client, *fence), ("newest", (*newest).into())];
            with(said("note-refused", o.client, Hue::Warn), args)
        }
        _ => said("note-looked", 0, Hue::Plain),
    }
}

/// An event of which the core left no note.
fn plain(p: &Coordination, h: &H) -> Option<Said> {
    if h.done.is_empty() || h.crashed {
        return None;
    }
    let at = h.node?;
    match &h.input {
        Input::Act(Action::Fire(_, Timer::Ping)) => {
            sent(h)?;
            let ping = ("ping", spelt(p, &Call::Ping).into());
            Some(with(said("note-pings", at.0, Hue::Plain), [ping]))
        }
        Input::Act(Action::Deliver(_)) if at.0 < p.clients => told(h, at),
        Input::Act(Action::Deliver(_)) if at != p.storage() => {
            if let Some(Msg::Commit { answer: Some(due), .. }) = h.flight.as_ref().map(|f| &f.msg) {
                return Some(said("note-passes-on", due.client.0, Hue::Plain));
            }
            let (call, client) = asked(h)?;
            match (call, answered(h)) {
                (_, None) => Some(said("note-forwards", client, Hue::Plain)),
                (_, Some(Reply::Expired)) => Some(said("note-unknown-session", client, Hue::Warn)),
                (Call::Connect { .. }, _) => Some(said("note-reconnected", client, Hue::Plain)),
                (Call::Ping, _) => Some(said("note-hears", client, Hue::Plain)),
                (Call::Sync, _) => Some(said("note-synced", client, Hue::Plain)),
                (Call::Delete(_) | Call::Remove | Call::Release, _) => {
                    Some(said("note-nothing-removed", client, Hue::Plain))
                }
                _ => None,
            }
        }
        _ => None,
    }
}

/// What a client makes of an answer on its way to the lock.
fn told(h: &H, at: NodeId) -> Option<Said> {
    let key = match (heard(h)?, sent(h)) {
        (Reply::Pong, _) => "note-pong",
        (Reply::Created { .. }, Some(Call::Children { .. })) => "note-heard-created",
        (Reply::Synced, Some(_)) => "note-heard-synced",
        (Reply::Children(_), Some(Call::Exists(_))) => "note-heard-children",
        (Reply::Children(_), Some(Call::Create { .. })) => "note-heard-not-there",
        (Reply::Exists(false), Some(_)) => "note-heard-no-node",
        (Reply::Claimed { .. }, Some(Call::Before(_))) => "note-heard-claimed",
        (Reply::Before(None), Some(Call::Own)) => "note-heard-none-older",
        _ => return None,
    };
    Some(said(key, at.0, Hue::Plain))
}
