//! The ring scene's numbers: one key's calculation, what the latest change moved, the lists.

use super::plot::{expected, memberships, modulo, survey, walk};
use super::words::{bytes, percent};
use super::{RingScene, lists, looked_up};
use crate::core::placement::list::BadRow;
use crate::core::placement::{Placement, sha1, shares};
use crate::core::store::properties::arcs;
use crate::core::store::view::Members;
use crate::core::store::{Key, Store};
use crate::scenes::geometry::fixed;
use crate::scenes::place::Remark;
use crate::scenes::scene::*;
use crate::scenes::staging::{Aside, Moment};
use crate::scenes::text::{Arg, say, word};

type Args<'a> = &'a [(&'a str, Arg)];

pub fn figures(moment: &Moment<RingScene>, lang: Lang) -> Vec<Figure> {
    let p = moment.sim.protocol.as_ref();
    let (before, now) = memberships(moment);
    let mut list = Vec::new();
    if let Some(key) = looked_up(p, moment.aside) {
        list.extend(calculation(p, now, &key, lang).into_iter().map(|figure| Figure { looked_up: true, ..figure }));
    }
    list.extend(movement(p, before, now, lang));
    list.push(copied(moment, lang));
    list.extend(balance(p, now, lang));
    list.extend(given(p, lang));
    list
}

fn figure(lang: Lang, key: &str, value: String, note: Option<(&str, Args)>) -> Figure {
    let note = note.map_or_else(String::new, |(key, args)| say(lang, key, args));
    Figure { words: word(lang, key), value, note, looked_up: false }
}

/// Where one key goes, step by step.
fn calculation(p: &Store, now: Members, key: &Key, lang: Lang) -> Vec<Figure> {
    let hex = |bytes: &[u8], gap: &str| bytes.iter().map(|b| format!("{b:02x}")).collect::<Vec<_>>().join(gap);
    let degrees = |at: u64| format!("{}°", fixed(at as f64 / (1_u128 << 64) as f64 * 360.0, 1));
    let text = key.name.as_bytes();
    let head = hex(&text[..text.len().min(6)], " ") + if text.len() > 6 { " …" } else { "" };
    let digest = hex(&sha1(text)[..8], "") + "…";
    let steps = walk(p, now, key);
    let met = steps.first().map_or_else(|| "—".to_owned(), |(at, _, _)| degrees(*at));
    let skipped = steps.iter().filter(|(_, _, taken)| !taken).count();
    let nodes = p.replicas_of(now, key.at);
    let name = |slot: &u16| lists::server(p, *slot).to_owned();
    let owner = nodes.first().map_or_else(|| "—".to_owned(), name);
    let others: Vec<String> = nodes.iter().skip(1).map(name).collect();
    let shown: String = key.name.chars().take(40).collect();
    vec![
        figure(lang, "ring.figure-key", shown, None),
        figure(lang, "ring.figure-bytes", head, None),
        figure(lang, "ring.figure-digest", digest, None),
        figure(lang, "ring.figure-position", degrees(key.at), None),
        figure(lang, "ring.figure-point", met, None),
        figure(lang, "ring.figure-owner", owner, None),
        figure(
            lang,
            "ring.figure-replicas",
            if others.is_empty() { "—".to_owned() } else { others.join(", ") },
            (skipped > 0).then_some(("ring.figure-skipped", &[("n", skipped.into())])),
        ),
    ]
}

/// What the latest change of membership did to the list.
fn movement(p: &Store, before: Option<Members>, now: Members, lang: Lang) -> Vec<Figure> {
    let survey = survey(p, before, now);
    let Some(before) = before else {
        return vec![figure(lang, "ring.figure-moved", "—".to_owned(), Some(("ring.figure-unmoved", &[])))];
    };
    let (low, high) = survey.law.map_or((0.0, 1.0), shares::Law::band);
    let args = [
        ("expected", Arg::from(expected(p, before, now))),
        ("low", percent(low).into()),
        ("high", percent(high).into()),
        ("modulo", modulo(before, now).into()),
    ];
    let moved = format!("{} / {}", survey.moved, survey.owners.len());
    let copies = format!("{} · {}", survey.copies, bytes(survey.bytes));
    vec![
        figure(lang, "ring.figure-moved", moved, Some(("ring.figure-moved-note", &args))),
        figure(lang, "ring.figure-copies", copies, Some(("ring.figure-copies-note", &[]))),
    ]
}

/// What the servers of the cluster copied since then: the sample that they really hold.
fn copied(moment: &Moment<RingScene>, lang: Lang) -> Figure {
    let (count, weight) = moment.past.copied;
    let args = [("n", moment.sim.protocol.keys.len().into())];
    figure(lang, "ring.figure-copied", format!("{count} · {}", bytes(weight)), Some(("ring.figure-copied-note", &args)))
}

/// The largest share of the circle over the mean, beside what theory expects of so many points.
fn balance(p: &Store, now: Members, lang: Lang) -> Vec<Figure> {
    let equal = now.iter().all(|slot| p.ring.members().get(usize::from(slot)).is_some_and(|m| m.weight == 1));
    let largest = arcs(p, now).into_iter().map(|(_, share)| share.share).fold(0.0, f64::max);
    let count = now.count();
    if !equal || count < 2 {
        return Vec::new();
    }
    let expected = shares::max_over_mean(count.into(), p.ring.vnodes());
    let args = [("expected", Arg::from(fixed(expected, 2).to_string())), ("n", p.ring.vnodes().into())];
    let value = fixed(largest * f64::from(count), 2).to_string();
    vec![figure(lang, "ring.figure-balance", value, Some(("ring.figure-balance-note", &args)))]
}

/// The lists, and the rows in them that were not used.
fn given(p: &Store, lang: Lang) -> Vec<Figure> {
    let lists = &p.lists;
    let source = if lists.own_keys { "ring.figure-keys-own" } else { "ring.figure-keys-sample" };
    let mut list = vec![figure(lang, "ring.figure-keys", lists.keys.len().to_string(), Some((source, &[])))];
    let mut bad = |rows: &[BadRow], remark: fn(BadRow) -> Remark| {
        if let Some(first) = rows.first() {
            let note = remark(first.clone()).words(lang);
            list.push(Figure {
                words: word(lang, "ring.figure-bad"),
                value: rows.len().to_string(),
                note,
                looked_up: false,
            });
        }
    };
    bad(&lists.bad_nodes, Remark::Node);
    bad(&lists.bad_keys, Remark::Key);
    if lists.even {
        list.push(figure(lang, "ring.figure-even", "1".to_owned(), Some(("ring.figure-even-note", &[]))));
    }
    list
}

pub fn fields(moment: &Moment<RingScene>, lang: Lang) -> Vec<Field> {
    let p = moment.sim.protocol.as_ref();
    let value = looked_up(p, moment.aside).map_or_else(String::new, |key| key.name.to_string());
    let field = |words: String, value: &str, line: String, button: &str| Field {
        words,
        value: value.to_owned(),
        line,
        button: word(lang, button),
        chips: Vec::new(),
    };
    let mut list = vec![field(word(lang, "ring.field-key"), &value, "lookup {}".to_owned(), "ring.field-look-up")];
    if let Some(id) = p.client_ids().find(|id| moment.sim.cluster.runs(*id)) {
        let name = lists::node_name(p, id);
        let words = say(lang, "ring.field-client", &[("name", super::words::letter(p, id.0).into())]);
        list.push(field(words.clone(), &value, format!("request {name} put {{}}"), "ring.field-put"));
        list.push(field(words, &value, format!("request {name} get {{}}"), "ring.field-get"));
    }
    list
}

/// Looks a key up; no key goes back to the sample's.
pub fn look_up(aside: &mut Aside, key: &str, lang: Lang) -> Result<(), String> {
    if !key.is_empty() && lists::key(key).is_none() {
        return Err(word(lang, "ring.bad-key"));
    }
    key.clone_into(&mut aside.text);
    Ok(())
}
