//! The placement scene's numbers: one key's calculation, what the latest change moved by each strategy, the lists.

use super::survey::{self, Side, Survey};
use super::words::{bytes, percent, short};
use super::{PlacementScene, lists, looked_up, picture, shown, stream};
use crate::core::placement::scheme::{Scheme, Strategy};
use crate::core::placement::shares::{self, moved_by_modulo};
use crate::core::routing::shape;
use crate::core::routing::{Routing, View as List};
use crate::scenes::geometry::fixed;
use crate::scenes::place::Remark;
use crate::scenes::scene::*;
use crate::scenes::staging::{Aside, Moment};
use crate::scenes::text::{Arg, say, word};

/// The share of keys that should have a new owner.
pub enum Theory {
    /// Exactly this part of all keys, on average.
    Part(u64, u64),
    /// No strategy moves less on average; this one may move more.
    Least(u64, u64),
}

impl Theory {
    pub fn words(&self, lang: Lang) -> String {
        let (key, some, all) = match self {
            Theory::Part(some, all) => ("placement.theory", some, all),
            Theory::Least(some, all) => ("placement.theory-least", some, all),
        };
        let part = if *all <= 99 { format!("{some}/{all}") } else { percent(*some as f64 / (*all).max(1) as f64) };
        say(lang, key, &[("x", part.into())])
    }
}

/// What theory says of a change.
pub fn theory(_: &Routing, scheme: &Scheme, before: &List, now: &List) -> Theory {
    let (n, m) = (before.seats.len() as u32, now.seats.len() as u32);
    let (some, all) = match scheme.strategy {
        Strategy::Modulo => moved_by_modulo(n, m),
        _ => least(before, now),
    };
    match scheme.strategy {
        Strategy::Modulo | Strategy::Ring | Strategy::Rendezvous | Strategy::Nginx => Theory::Part(some, all),
        _ => Theory::Least(some, all),
    }
}

/// The part of all weight that came or went.
fn least(before: &List, now: &List) -> (u64, u64) {
    let sum = |list: &List| list.seats.iter().map(|seat| u64::from(seat.weight)).sum::<u64>();
    let (old, new) = (sum(before), sum(now));
    let (some, all) = (old.abs_diff(new), old.max(new));
    let (mut a, mut b) = (some, all);
    while b != 0 {
        (a, b) = (b, a % b);
    }
    let divisor = a.max(1);
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
    let mut list = stream::figures::figures(moment, lang);
    for scheme in shown(p, moment.aside) {
        let survey = survey::survey(p, &scheme, before.as_ref(), &now);
        list.extend(of_strategy(p, &scheme, &survey, before.as_deref(), &now, lang));
    }
    list.extend(given(p, lang));
    list
}

fn figure(words: String, value: String, note: String) -> Figure {
    Figure { words, value, note, looked_up: false }
}

fn of_strategy(
    p: &Routing,
    scheme: &Scheme,
    survey: &Survey,
    before: Option<&List>,
    now: &List,
    lang: Lang,
) -> Vec<Figure> {
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
            ("theory", theory(p, scheme, before, now).words(lang).into()),
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

fn expected_largest(side: &Side, now: &List, lang: Lang) -> String {
    let equal = now.seats.iter().all(|seat| seat.weight == 1);
    let points = shape::points(side.built.placement.as_ref()).and_then(|counts| counts.first().copied());
    match points {
        Some(points) if equal && now.seats.len() > 1 => {
            let expected = shares::max_over_mean(now.seats.len() as u32, points as u32);
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
    let others: Vec<&str> = shown(p, moment.aside).iter().skip(1).map(|scheme| scheme.strategy.name()).collect();
    let field = |words: String, value: String, line: String, button: &str| Field {
        words,
        value,
        line,
        button: word(lang, button),
    };
    let mut list = vec![
        field(word(lang, "placement.field-key"), value.clone(), "lookup {}".to_owned(), "placement.field-look-up"),
        field(
            word(lang, "placement.field-beside"),
            others.join(","),
            "beside {}".to_owned(),
            "placement.field-compare",
        ),
    ];
    if let Some(id) = p.client_ids().find(|id| moment.sim.cluster.runs(*id)) {
        let words = say(lang, "placement.field-client", &[("name", super::words::letter(p, id.0).into())]);
        let line = format!("request {} get {{}}", lists::node_name(p, id));
        list.push(field(words, value, line, "placement.field-get"));
    }
    list
}

/// Looks a key up; no key goes back to the sample's.
pub fn look_up(aside: &mut Aside, key: &str, lang: Lang) -> Result<(), String> {
    if !key.is_empty() && lists::key(key).is_none() {
        return Err(word(lang, "placement.bad-key"));
    }
    key.clone_into(&mut aside.text);
    let _ = short;
    Ok(())
}
