//! The placement scene's numbers: one key's calculation, what the latest change moved by each strategy, the lists.

use super::calculation;
use super::survey::{self, Side, Survey};
use super::words::{bytes, percent};
use super::{PANELS_MOST, PlacementScene, lists, looked_up, panel, picture, sentences, shown, stream};
use crate::core::placement::Inside;
use crate::core::placement::keys::Keys;
use crate::core::placement::rule::Rule;
use crate::core::placement::scheme::{Scheme, Strategy};
use crate::core::placement::shares::{self, moved_by_modulo};
use crate::core::routing::{Key, Routing, View as List};
use crate::scenes::geometry::fixed;
use crate::scenes::place::Remark;
use crate::scenes::scene::*;
use crate::scenes::staging::{Aside, Moment};
use crate::scenes::text::{Arg, say, word};
use std::cell::RefCell;
use std::sync::Arc;

/// The share of keys that should have a new owner.
pub enum Theory {
    /// This part of all keys, on average.
    Part(u64, u64),
    /// No even placement moves less on average; this one may move more.
    Least(u64, u64),
    /// The keys themselves decide, or a bound does.
    Nothing,
}

impl Theory {
    pub fn words(&self, lang: Lang) -> String {
        let (key, some, all) = match self {
            Theory::Part(some, all) => ("placement.theory", some, all),
            Theory::Least(some, all) => ("placement.theory-least", some, all),
            Theory::Nothing => return word(lang, "placement.theory-nothing"),
        };
        let part = if *all <= 99 { format!("{some}/{all}") } else { percent(*some as f64 / (*all).max(1) as f64) };
        say(lang, key, &[("x", part.into())])
    }
}

/// What theory says of a change.
pub fn theory(scheme: &Scheme, before: &List, now: &List) -> Theory {
    let (n, m) = (before.seats.len() as u64, now.seats.len() as u64);
    let (some, all) = least(before, now);
    match scheme.strategy {
        // Weights count for nothing.
        Strategy::Modulo => {
            let (some, all) = moved_by_modulo(n as u32, m as u32);
            Theory::Part(some, all)
        }
        Strategy::Jump if n == m => Theory::Part(0, 1),
        Strategy::Jump if n < m => Theory::Part(m - n, m),
        Strategy::Jump => {
            // Buckets behind the one that left now belong to the node after, so nearly all that these have moves.
            let gone = before.seats.iter().zip(&now.seats).position(|(old, new)| old.slot != new.slot);
            match gone.map(|gone| gone as u64) {
                Some(gone) if n > 1 => reduced((n - 1 - gone) * (n - 1) + n - 2, n * (n - 1)),
                _ => Theory::Part(1, n.max(1)),
            }
        }
        Strategy::Ring | Strategy::Rendezvous | Strategy::Nginx | Strategy::Slots => Theory::Part(some, all),
        Strategy::Ketama | Strategy::Maglev => Theory::Least(some, all),
        Strategy::Range | Strategy::BoundedRing | Strategy::BoundedRendezvous => Theory::Nothing,
    }
}

fn reduced(some: u64, all: u64) -> Theory {
    let divisor = divisor(some, all);
    Theory::Part(some / divisor, all / divisor)
}

/// The greatest number that divides both; 1 of two zeros.
fn divisor(a: u64, b: u64) -> u64 {
    if b == 0 { a.max(1) } else { divisor(b, a % b) }
}

/// The part of all keys by which some node's fair share grows: nothing that is even moves less.
fn least(before: &List, now: &List) -> (u64, u64) {
    let sum = |list: &List| list.seats.iter().map(|seat| u64::from(seat.weight)).sum::<u64>();
    let (old, new) = (sum(before), sum(now));
    // One node came, went, or has another weight.
    let (some, all) = match sentences::difference(before, now) {
        Some((Some(was), Some(is))) => ((u64::from(is.weight) * old).abs_diff(u64::from(was.weight) * new), old * new),
        _ => (old.abs_diff(new), old.max(new)),
    };
    let divisor = divisor(some, all);
    (some / divisor, all / divisor)
}

/// The largest number of keys a weight over the mean; `None` while not all are placed.
pub fn max_over_mean(side: &Side, scheme: &Scheme, now: &List) -> Option<f64> {
    side.whole.as_ref()?;
    let weight: u64 = now.seats.iter().map(|seat| u64::from(seat.weight)).sum();
    let keys: u64 = side.counts.iter().map(|n| u64::from(*n)).sum();
    let weighs = scheme.strategy.takes_weights();
    let mean = keys as f64 / if weighs { weight as f64 } else { now.seats.len() as f64 };
    let load = |seat: &crate::core::routing::Seat| {
        let keys = side.counts.get(usize::from(seat.slot)).copied().unwrap_or(0);
        f64::from(keys) / if weighs { f64::from(seat.weight) } else { 1.0 }
    };
    (mean > 0.0).then(|| now.seats.iter().map(load).fold(0.0, f64::max) / mean)
}

pub fn figures(moment: &Moment<PlacementScene>, lang: Lang) -> Vec<Figure> {
    let p = moment.sim.protocol.as_ref();
    let (before, now) = picture::views(moment);
    let (mut list, mut looked) = (stream::figures::figures(moment, lang), Vec::new());
    let key = looked_up(p, moment.aside);
    looked.extend(key.iter().flat_map(|key| calculation::first(key, lang)));
    let index = key.as_ref().and_then(|key| place_in_list(p, key));
    for scheme in shown(p, moment.aside) {
        let survey = survey::survey(p, &scheme, before.as_ref(), &now);
        if let (Some(key), Some(side)) = (&key, &survey.now) {
            let owner = index.and_then(|index| side.owner(index));
            looked.extend(calculation::steps(p, &scheme, &side.built, key, owner, lang));
        }
        list.extend(of_strategy(&scheme, &survey, before.as_deref(), &now, lang));
        if let Some(side) = &survey.now {
            let waiting = panel::orphan_lines(moment, side, lang);
            if !waiting.is_empty() {
                let title = word(lang, &format!("placement.recipe-{}", scheme.strategy.name()));
                let words = say(lang, "placement.figure-down", &[("name", title.into())]);
                list.push(figure(words, String::new(), waiting.join("; ")));
            }
        }
    }
    if moment.past.astray > 0 {
        let note = word(lang, "placement.figure-astray-note");
        list.push(figure(word(lang, "placement.figure-astray"), moment.past.astray.to_string(), note));
    }
    list.extend(apart(moment, lang));
    list.extend(given(p, lang));
    looked.extend(list);
    looked
}

type Found = (Arc<Keys>, Key, Option<usize>);

/// The index of a key in the list: looked for once, since the list may be long.
fn place_in_list(p: &Routing, key: &Key) -> Option<usize> {
    thread_local! {
        static LATEST: RefCell<Option<Found>> = const { RefCell::new(None) };
    }
    LATEST.with_borrow_mut(|latest| {
        if let Some((keys, known, at)) = latest
            && *keys == p.keys
            && known == key
        {
            return *at;
        }
        let at = p.keys.iter().position(|known| *known == *key.0);
        *latest = Some((p.keys.clone(), key.clone(), at));
        at
    })
}

/// How many nodes and zones really keep the copies of some key, where these are fewer than were asked for.
fn apart(moment: &Moment<PlacementScene>, lang: Lang) -> Option<Figure> {
    let p = moment.sim.protocol.as_ref();
    let copies = usize::from(p.replicas);
    let apart = moment.sim.ghost.verdict(p).apart.filter(|apart| apart.zones < copies)?;
    let args = [("nodes", Arg::from(apart.nodes)), ("zones", apart.zones.into()), ("n", copies.into())];
    let note = say(lang, "placement.figure-apart-note", &args);
    Some(figure(word(lang, "placement.figure-apart"), apart.zones.to_string(), note))
}

fn figure(words: String, value: String, note: String) -> Figure {
    Figure { words, value, note, looked_up: false }
}

fn of_strategy(scheme: &Scheme, survey: &Survey, before: Option<&List>, now: &List, lang: Lang) -> Vec<Figure> {
    let title = word(lang, &format!("placement.recipe-{}", scheme.strategy.name()));
    let named = |key: &str| say(lang, key, &[("name", title.clone().into())]);
    let mut list = Vec::new();
    let Some(side) = &survey.now else {
        return vec![figure(title, "—".to_owned(), word(lang, "placement.middle-impossible"))];
    };
    if survey.done < 1.0 {
        let done = percent(f64::from(survey.done));
        return vec![figure(title, done, word(lang, "placement.figure-placing"))];
    }
    if let (Some(moves), Some(before)) = (&survey.moves, before) {
        let movement = moves.movement();
        let args = [
            ("n", Arg::from(movement.needless.to_string())),
            ("theory", theory(scheme, before, now).words(lang).into()),
        ];
        let moved = format!("{} / {}", movement.moved, movement.all);
        list.push(figure(named("placement.figure-moved"), moved, say(lang, "placement.figure-moved-note", &args)));
        let copies = format!("{} · {}", moves.copies(), bytes(moves.bytes()));
        list.push(figure(named("placement.figure-copies"), copies, String::new()));
    }
    if let Some(largest) = max_over_mean(side, scheme, now) {
        let note = expected_largest(side, now, lang);
        list.push(figure(named("placement.figure-largest"), fixed(largest, 2).to_string(), note));
    }
    list
}

/// What theory expects of equal nodes on a ring.
fn expected_largest(side: &Side, now: &List, lang: Lang) -> String {
    let equal = now.seats.iter().all(|seat| seat.weight == 1);
    match side.built.placement.inside() {
        Inside::Ring(ring)
            if equal
                && now.seats.len() > 1
                && side.built.placement.bound().is_none()
                && ring.rule() != Rule::Nearest =>
        {
            let points = ring.vnodes();
            let expected = shares::max_over_mean(now.seats.len() as u32, points);
            say(
                lang,
                "placement.figure-largest-note",
                &[("x", fixed(expected, 2).to_string().into()), ("n", points.into())],
            )
        }
        _ => String::new(),
    }
}

/// The lists, and the rows in them that were not used.
fn given(p: &Routing, lang: Lang) -> Vec<Figure> {
    let mut list = vec![figure(word(lang, "placement.figure-keys"), p.keys.len().to_string(), p.keys.digest().short())];
    let remarks: [fn(_) -> Remark; 2] = [Remark::Node, Remark::Key];
    for (rows, remark) in p.bad.iter().zip(remarks) {
        if let Some(first) = rows.first() {
            let words = word(lang, "placement.figure-bad");
            list.push(figure(words, rows.len().to_string(), remark(first.clone()).words(lang)));
        }
    }
    list
}

pub fn fields(moment: &Moment<PlacementScene>, lang: Lang) -> Vec<Field> {
    let p = moment.sim.protocol.as_ref();
    let key = looked_up(p, moment.aside);
    let value = key.as_ref().map_or_else(String::new, |key| key.0.to_string());
    let field = |words: String, value: String, line: String, button: &str| Field {
        words,
        value,
        line,
        button: word(lang, button),
        chips: Vec::new(),
    };
    let mut list = vec![
        field(word(lang, "placement.field-key"), value.clone(), "lookup {}".to_owned(), "placement.field-look-up"),
        Field {
            chips: chips(moment, lang),
            ..field(word(lang, "placement.field-beside"), String::new(), String::new(), "placement.field-beside")
        },
    ];
    if let Some(id) = p.client_ids().find(|id| moment.sim.cluster.runs(*id)) {
        let words = say(lang, "placement.field-client", &[("name", super::words::letter(p, id.0).into())]);
        let line = format!("request {} get {{}}", lists::node_name(p, id));
        list.push(field(words, value, line, "placement.field-get"));
    }
    list
}

/// The strategies that can stand beside the recipe's: at least one, and no more than there is room for.
fn chips(moment: &Moment<PlacementScene>, lang: Lang) -> Vec<Chip> {
    let p = moment.sim.protocol.as_ref();
    let chosen: Vec<Strategy> = shown(p, moment.aside).iter().skip(1).map(|scheme| scheme.strategy).collect();
    let others = Strategy::ALL.into_iter().filter(|strategy| *strategy != p.scheme.strategy);
    let chip = |strategy: Strategy| {
        let on = chosen.contains(&strategy);
        let mut next: Vec<&str> = chosen.iter().filter(|other| **other != strategy).map(|other| other.name()).collect();
        if !on {
            next.push(strategy.name());
        }
        let fits = (1..PANELS_MOST).contains(&next.len());
        Chip {
            words: word(lang, &format!("placement.recipe-{}", strategy.name())),
            on,
            line: if fits { format!("beside {}", next.join(",")) } else { String::new() },
        }
    };
    others.map(chip).collect()
}

/// Looks a key up; no key goes back to the sample's.
pub fn look_up(aside: &mut Aside, key: &str, lang: Lang) -> Result<(), String> {
    if !key.is_empty() && lists::key(key).is_none() {
        return Err(word(lang, "placement.bad-key"));
    }
    key.clone_into(&mut aside.text);
    Ok(())
}
