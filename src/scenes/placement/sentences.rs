//! What happens in the placement scene, a sentence an event.

use super::stream;
use super::survey;
use super::words::who;
use crate::core::cluster::{Action, Outage};
use crate::core::protocol::{Effect, NodeId};
use crate::core::routing::{Key, Note, Refusal, Request, Routing, Seat, View as List};
use crate::scenes::scene::*;
use crate::scenes::text::{Arg, tell};
use crate::sim::simulation::{Happening, Input};
use std::cmp::Ordering;

type Words = (&'static str, Vec<(&'static str, Arg)>, Hue);

/// What is said only where there is nothing else to say.
const MINOR: [&str; 2] = ["placement.note-learned", "placement.stream-starts"];

pub fn sentence(p: &Routing, h: &Happening<Routing>, lang: Lang) -> Option<(Vec<Text>, Hue)> {
    if let Input::Act(Action::Crash(node, outage)) = &h.input {
        let key = if *outage == Outage::Killed { "placement.note-killed" } else { "placement.note-power" };
        return (*node < p.directory()).then(|| (tell(lang, key, &[("who", who(p, *node, lang))]), Hue::Bad));
    }
    let notes = h.done.iter().filter_map(|d| match &d.effect {
        Effect::Note(note) => Some(note_words(p, d.node, note, lang)),
        _ => None,
    });
    // A step can leave several notes; the page says one sentence.
    let (key, args, tone) = notes.max_by_key(|(key, _, _)| usize::from(!MINOR.contains(key)))?;
    let mut pieces = tell(lang, key, &args);
    pieces.extend(h.done.iter().flat_map(|d| moved(p, &d.effect, lang)));
    Some((pieces, tone))
}

/// How many keys a change of the list moves by the clients' strategy; of long lists the panels say it when they know.
fn moved(p: &Routing, effect: &Effect<Routing>, lang: Lang) -> Vec<Text> {
    let Effect::Note(Note::Changed { before, after }) = effect else { return Vec::new() };
    let moves = survey::short(p, &p.scheme, after).then(|| survey::survey(p, &p.scheme, Some(before), after).moves);
    moves.flatten().map_or_else(Vec::new, |moves| {
        let movement = moves.movement();
        let args = [("n", movement.moved.to_string().into()), ("all", movement.all.to_string().into())];
        tell(lang, "placement.note-moved", &args)
    })
}

fn note_words(p: &Routing, at: NodeId, note: &Note, lang: Lang) -> Words {
    let me = ("who", who(p, at, lang));
    let server = |slot: &u16| who(p, NodeId(*slot), lang);
    let key = |key: &Key| ("key", Arg::from(&*key.0));
    match note {
        Note::Asked { key: k, to, nth: 0 } => {
            ("placement.note-asks", vec![me, key(k), ("node", server(to))], Hue::Plain)
        }
        Note::Asked { key: k, to, .. } => {
            ("placement.note-asks-next", vec![me, key(k), ("node", server(to))], Hue::Plain)
        }
        Note::Busy => ("placement.note-busy", vec![me], Hue::Warn),
        Note::Got { key: k, from, nth: 0 } => {
            ("placement.note-got", vec![me, key(k), ("node", server(from))], Hue::Good)
        }
        Note::Got { key: k, from, .. } => {
            ("placement.note-got-next", vec![me, key(k), ("node", server(from))], Hue::Good)
        }
        Note::Silent { key: k, server: slot } => {
            ("placement.note-silent", vec![me, key(k), ("node", server(slot))], Hue::Warn)
        }
        Note::Redirected { key: k, by, epoch } => {
            let args = vec![me, key(k), ("node", server(by)), ("epoch", (*epoch).into())];
            ("placement.note-redirected", args, Hue::Warn)
        }
        Note::GaveUp { key: k } => ("placement.note-gave-up", vec![me, key(k)], Hue::Bad),
        Note::Nowhere { key: k } => ("placement.note-nowhere", vec![me, key(k)], Hue::Bad),
        Note::Learned { epoch, members } => {
            let args = vec![me, ("epoch", (*epoch).into()), ("n", (*members).into())];
            ("placement.note-learned", args, Hue::Plain)
        }
        Note::Asks { client, key: k, nth } => {
            let client = ("client", who(p, NodeId(*client), lang));
            let told = match nth {
                Some(0) => "placement.note-owns",
                Some(_) => "placement.note-keeps",
                None => "placement.note-keeps-not",
            };
            (told, vec![me, key(k), client], if nth.is_some() { Hue::Plain } else { Hue::Warn })
        }
        Note::Confirmed { by, left } => {
            let told = if *left == 0 { "placement.note-confirmed-all" } else { "placement.note-confirmed" };
            (told, vec![("node", who(p, *by, lang)), ("n", (*left).into())], Hue::Plain)
        }
        Note::Repeats { epoch, left } => {
            let args = vec![me, ("epoch", (*epoch).into()), ("n", (*left).into())];
            ("placement.note-repeats", args, Hue::Plain)
        }
        Note::Changed { before, after } => changed(p, before, after, lang),
        Note::Refused { request, why } => refused(p, request, *why, lang),
        Note::Stream(note) => stream::words::note_words(p, at, note, lang),
    }
}

/// The seat in which two neighbouring lists differ: as it was, and as it is.
pub fn difference(before: &List, after: &List) -> Option<(Option<Seat>, Option<Seat>)> {
    let (old, new) = (&before.seats, &after.seats);
    let at = old.iter().zip(new).position(|(a, b)| a != b).unwrap_or(old.len().min(new.len()));
    // Who joins stands last; who leaves lets the others move up.
    match old.len().cmp(&new.len()) {
        Ordering::Less => Some((None, new.get(at).copied())),
        Ordering::Greater => Some((old.get(at).copied(), None)),
        Ordering::Equal => Some((Some(*old.get(at)?), Some(*new.get(at)?))),
    }
}

fn changed(p: &Routing, before: &List, after: &List, lang: Lang) -> Words {
    let (old, new) = difference(before, after).unwrap_or_default();
    let slot = old.or(new).map_or(0, |seat| seat.slot);
    let mut args =
        vec![("who", who(p, NodeId(slot), lang)), ("epoch", after.epoch.into()), ("n", after.seats.len().into())];
    let key = match (old, new) {
        (None, _) => "placement.note-joins",
        (_, None) => "placement.note-leaves",
        (Some(old), Some(new)) => {
            args.push(("old", old.weight.into()));
            args.push(("new", new.weight.into()));
            "placement.note-weighs"
        }
    };
    (key, args, super::words::hue(p, NodeId(slot)))
}

fn refused(p: &Routing, request: &Request, why: Refusal, lang: Lang) -> Words {
    let slot = match request {
        Request::Add(slot, _) | Request::Remove(slot) | Request::Weight(slot, _) => *slot,
        Request::Get(_) => u16::MAX,
    };
    let key = match why {
        Refusal::Unknown => "placement.refused-unknown",
        Refusal::Member => "placement.refused-member",
        Refusal::NoMember => "placement.refused-no-member",
        Refusal::Last => "placement.refused-last",
        Refusal::BadWeight => "placement.refused-weight",
        Refusal::Same => "placement.refused-same",
        Refusal::Enough => "placement.refused-enough",
        Refusal::Scheme => "placement.refused-scheme",
    };
    let name = if slot < p.servers() { who(p, NodeId(slot), lang) } else { "?".into() };
    (key, vec![("who", name)], Hue::Warn)
}
