//! One sentence for each event of the ring scene.

use super::words::{bytes, bytes_of, hue, short, value, version, who};
use super::{lists, plot};
use crate::core::cluster::Action;
use crate::core::protocol::{Effect, NodeId};
use crate::core::store::{Note, Store};
use crate::scenes::scene::*;
use crate::scenes::text::{Arg, tell};
use crate::sim::simulation::{Happening, Input};

pub fn sentence(p: &Store, h: &Happening<Store>, lang: Lang) -> Option<(Vec<Text>, Hue)> {
    if let Input::Act(Action::Crash(node, outage)) = &h.input {
        // What a crash means for the ring is the point of the scene; the disk forces every write, so both kinds are one.
        let killed = *outage == crate::core::cluster::Outage::Killed;
        let key = match killed {
            _ if h.broke.contains(&"DURABLE-ONE-CRASH") => "ring.note-lost",
            true if p.replicas == 1 => "ring.note-killed-alone",
            true => "ring.note-killed",
            false if p.replicas == 1 => "ring.note-power-alone",
            false => "ring.note-power",
        };
        return (*node < p.directory()).then(|| (tell(lang, key, &[("who", who(p, *node, lang))]), Hue::Bad));
    }
    let notes =
        h.done.iter().filter_map(|d| if let Effect::Note(note) = &d.effect { Some((d.node, note)) } else { None });
    let told = notes.map(|(at, note)| note_words(p, h, at, note, lang));
    let (key, args, tone) = told.max_by_key(|(key, _, _)| weight(key))?;
    Some((tell(lang, key, &args), tone))
}

/// A step can leave several notes; the page says one sentence.
fn weight(key: &str) -> u8 {
    match key {
        "ring.note-learned" | "ring.note-kept" => 0,
        "ring.note-asks-get" | "ring.note-asks-put" | "ring.note-asks-again" | "ring.note-fetches" => 1,
        "ring.note-skipped" | "ring.note-complete" => 2,
        "ring.note-copied" => 3,
        _ => 4,
    }
}

type Words = (&'static str, Vec<(&'static str, Arg)>, Hue);

fn note_words(p: &Store, h: &Happening<Store>, at: NodeId, note: &Note, lang: Lang) -> Words {
    let me = ("who", who(p, at, lang));
    let server = |slot: &u16| who(p, NodeId(*slot), lang);
    let key_arg = |key: &crate::core::store::Key| ("key", Arg::from(&*key.name));
    let bad_if = |broken: bool| if broken { Hue::Bad } else { Hue::Plain };
    match note {
        Note::Asked { key, to, again: true, .. } => {
            ("ring.note-asks-again", vec![me, key_arg(key), ("node", server(to))], Hue::Plain)
        }
        Note::Asked { key, put: None, to, .. } => {
            ("ring.note-asks-get", vec![me, key_arg(key), ("node", server(to))], Hue::Plain)
        }
        Note::Asked { key, put: Some(entry), to, .. } => {
            let args = vec![me, key_arg(key), ("value", value(p, entry.value).into()), ("node", server(to))];
            ("ring.note-asks-put", args, Hue::Plain)
        }
        Note::Busy => ("ring.note-busy", vec![me], Hue::Warn),
        Note::Got { key, entry: Some(entry), from } => {
            let stale = h.broke.contains(&"READ-YOUR-WRITE");
            let args = vec![
                me,
                key_arg(key),
                ("value", value(p, entry.value).into()),
                ("version", version(*entry).into()),
                ("node", server(from)),
            ];
            (if stale { "ring.note-got-stale" } else { "ring.note-got" }, args, bad_if(stale))
        }
        Note::Got { key, entry: None, from } => {
            let stale = h.broke.contains(&"READ-YOUR-WRITE");
            let key_of = if stale { "ring.note-got-nothing-stale" } else { "ring.note-got-nothing" };
            (key_of, vec![me, key_arg(key), ("node", server(from))], bad_if(stale))
        }
        Note::Stored { key, copies, .. } => {
            ("ring.note-stored", vec![me, key_arg(key), ("n", (*copies).into())], Hue::Good)
        }
        Note::NotStored { key, copies } => {
            ("ring.note-not-stored", vec![me, key_arg(key), ("n", (*copies).into())], Hue::Warn)
        }
        Note::Silent { key, server: slot } => {
            ("ring.note-silent", vec![me, key_arg(key), ("node", server(slot))], Hue::Warn)
        }
        Note::TurnedAway { key, by } => {
            ("ring.note-turned-away", vec![me, key_arg(key), ("node", server(by))], Hue::Warn)
        }
        Note::Redirected { key, by, epoch } => {
            let args = vec![me, key_arg(key), ("node", server(by)), ("epoch", (*epoch).into())];
            ("ring.note-redirected", args, Hue::Plain)
        }
        Note::GaveUp { key, .. } => ("ring.note-gave-up", vec![me, key_arg(key)], Hue::Bad),
        Note::Learned(view) => {
            let args = vec![me, ("epoch", view.epoch.into()), ("n", view.members.count().into())];
            ("ring.note-learned", args, Hue::Plain)
        }
        Note::Places { key, entry, nodes } => places(p, (at, lang), key, value(p, entry.value), nodes),
        Note::StandIn { key, silent, by } => {
            ("ring.note-stand-in", vec![key_arg(key), ("node", server(silent)), ("by", server(by))], Hue::Warn)
        }
        Note::Kept { key, entry } => {
            ("ring.note-kept", vec![me, key_arg(key), ("value", value(p, entry.value).into())], Hue::Plain)
        }
        Note::Serves { client, key, entry } => {
            let client = ("client", who(p, NodeId(*client), lang));
            match entry {
                _ if h.broke.contains(&"HANDOVER") => {
                    let value = entry.map_or_else(|| "—".to_owned(), |entry| value(p, entry.value));
                    ("ring.note-serves-early", vec![me, key_arg(key), client, ("value", value.into())], Hue::Bad)
                }
                Some(entry) => {
                    let (value, version) = (value(p, entry.value), version(*entry));
                    let args = vec![me, key_arg(key), client, ("value", value.into()), ("version", version.into())];
                    ("ring.note-serves", args, Hue::Plain)
                }
                None => ("ring.note-serves-nothing", vec![me, key_arg(key), client], Hue::Plain),
            }
        }
        Note::Declines { client, key, keeps } => {
            let told = if *keeps { "ring.note-declines-lacks" } else { "ring.note-declines-moved" };
            (told, vec![me, key_arg(key), ("client", who(p, NodeId(*client), lang))], Hue::Plain)
        }
        Note::Forwards { client, key, to } => {
            let client = ("client", who(p, NodeId(*client), lang));
            ("ring.note-forwards", vec![me, key_arg(key), client, ("node", server(to))], Hue::Plain)
        }
        Note::Unable { client, key } => {
            ("ring.note-unable", vec![me, key_arg(key), ("client", who(p, NodeId(*client), lang))], Hue::Warn)
        }
        Note::Copies { by, left } => {
            ("ring.note-reports", vec![("node", server(by)), ("n", (*left).into())], Hue::Plain)
        }
        Note::Settled(view) => ("ring.note-settled", vec![me, ("epoch", view.epoch.into())], Hue::Good),
        Note::Counted { key, by, copies, needed } => {
            let args =
                vec![me, key_arg(key), ("node", server(by)), ("n", (*copies).into()), ("needed", (*needed).into())];
            ("ring.note-counted", args, Hue::Plain)
        }
        Note::Confirmed { by, left } => {
            let told = if *left == 0 { "ring.note-confirmed-all" } else { "ring.note-confirmed" };
            (told, vec![("node", server(by)), ("n", (*left).into())], Hue::Plain)
        }
        Note::Repeats { epoch, left } => {
            ("ring.note-repeats", vec![me, ("epoch", (*epoch).into()), ("n", (*left).into())], Hue::Plain)
        }
        Note::TooFew { client, key, copies } => {
            let client = ("client", who(p, NodeId(*client), lang));
            ("ring.note-too-few", vec![me, key_arg(key), client, ("n", (*copies).into())], Hue::Warn)
        }
        Note::Sent { to, keys } if keys.is_empty() => {
            ("ring.note-sent-nothing", vec![me, ("node", server(to))], Hue::Plain)
        }
        Note::Fetches { from } => ("ring.note-fetches", vec![me, ("node", server(from))], Hue::Plain),
        Note::Sent { to, keys } => {
            let args =
                vec![me, ("node", server(to)), ("n", keys.len().into()), ("bytes", bytes(bytes_of(keys)).into())];
            ("ring.note-sent", args, Hue::Plain)
        }
        Note::Copied { from, keys } => {
            let names: Vec<String> = keys.iter().take(3).map(short).collect();
            let more = if keys.len() > 3 { ", …" } else { "" };
            let args = vec![
                me,
                ("node", server(from)),
                ("n", keys.len().into()),
                ("keys", format!("{}{more}", names.join(", ")).into()),
            ];
            ("ring.note-copied", args, Hue::Good)
        }
        Note::Skipped { source } => ("ring.note-skipped", vec![me, ("node", server(source))], Hue::Warn),
        Note::Complete { epoch } => ("ring.note-complete", vec![me, ("epoch", (*epoch).into())], Hue::Good),
        Note::Recovered { keys } => ("ring.note-recovered", vec![me, ("n", (*keys).into())], Hue::Good),
        Note::Changed { before, after } => {
            let survey = plot::survey(p, Some(before.members), after.members);
            let add = after.members.count() > before.members.count();
            let (more, fewer) = if add { (after, before) } else { (before, after) };
            let slot = more.members.iter().find(|slot| !fewer.members.has(*slot)).unwrap_or_default();
            let args = vec![
                ("who", server(&slot)),
                ("epoch", after.epoch.into()),
                ("n", survey.moved.into()),
                ("all", survey.owners.len().into()),
            ];
            (if add { "ring.note-joins" } else { "ring.note-leaves" }, args, hue(p, NodeId(slot)))
        }
        Note::Refused { slot, add } => {
            let name = lists::server(p, *slot).to_owned();
            let key = if *add { "ring.note-refused-add" } else { "ring.note-refused-remove" };
            (key, vec![("who", name.into())], Hue::Warn)
        }
    }
}

/// Who takes the copies of a Put.
fn places(p: &Store, (at, lang): (NodeId, Lang), key: &crate::core::store::Key, value: String, nodes: &[u16]) -> Words {
    let mut args = vec![("who", who(p, at, lang)), ("key", Arg::from(&*key.name)), ("value", value.into())];
    let others: Vec<String> = nodes.iter().filter(|n| **n != at.0).map(|n| lists::server(p, *n).to_owned()).collect();
    if nodes.iter().enumerate().any(|(n, slot)| nodes[..n].contains(slot)) {
        return ("ring.note-places-doubled", args, Hue::Bad);
    }
    if others.is_empty() {
        return ("ring.note-places-alone", args, Hue::Plain);
    }
    args.push(("nodes", others.join(", ").into()));
    ("ring.note-places", args, Hue::Plain)
}
