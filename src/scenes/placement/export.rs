//! Files of a moment: where the first strategy has put each key, and what the latest change moves.

use super::survey::{self, Survey};
use super::{PlacementScene, picture, shown};
use crate::scenes::place::csv;
use crate::scenes::staging::Moment;
use std::fmt::Write;

pub const FILES: &[&str] = &["placement.csv", "placement.json", "plan.csv", "plan.json"];

/// The text of a file; `None` before all keys are placed, and of a plan while there was no change.
pub fn file(moment: &Moment<PlacementScene>, name: &str) -> Option<String> {
    let p = moment.sim.protocol.as_ref();
    let (before, now) = picture::views(moment);
    let scheme = shown(p, moment.aside).into_iter().next()?;
    let survey = survey::survey(p, &scheme, before.as_ref(), &now);
    let key = |n: usize| p.keys.get(n);
    match name {
        "placement.csv" => {
            let rows = rows(&survey, p.keys.len())?;
            let mut text = String::new();
            let copies = rows.iter().map(Vec::len).max().unwrap_or(1).max(1);
            let heads: Vec<String> = (1..copies).map(|n| format!("replica{n}")).collect();
            csv::write(&mut text, ["key", "owner"].into_iter().chain(heads.iter().map(String::as_str)));
            for (n, nodes) in rows.iter().enumerate() {
                let nodes = nodes.iter().map(|slot| p.fleet.name(*slot));
                csv::write(&mut text, [key(n)].into_iter().chain(nodes));
            }
            Some(text)
        }
        "placement.json" => {
            let rows = rows(&survey, p.keys.len())?;
            let row = |(n, nodes): (usize, &Vec<u16>)| {
                let nodes: Vec<String> = nodes.iter().map(|slot| quoted(p.fleet.name(*slot))).collect();
                format!("{{\"key\":{},\"nodes\":[{}]}}", quoted(key(n)), nodes.join(","))
            };
            Some(list(rows.iter().enumerate().map(row)))
        }
        "plan.csv" => {
            let mut text = String::new();
            csv::write(&mut text, ["key", "from", "to"]);
            for (n, from, to) in plan(&survey, p.keys.len())? {
                let name = |slot: Option<u16>| slot.map_or("", |slot| p.fleet.name(slot));
                csv::write(&mut text, [key(n), name(from), name(to)]);
            }
            Some(text)
        }
        "plan.json" => {
            let name = |slot: Option<u16>| slot.map_or_else(|| "null".to_owned(), |slot| quoted(p.fleet.name(slot)));
            let row = |(n, from, to): Row| {
                format!("{{\"key\":{},\"from\":{},\"to\":{}}}", quoted(key(n)), name(from), name(to))
            };
            Some(list(plan(&survey, p.keys.len())?.into_iter().map(row)))
        }
        _ => None,
    }
}

/// The slots that keep each key, the owner first.
fn rows(survey: &Survey, keys: usize) -> Option<Vec<Vec<u16>>> {
    let side = survey.now.as_ref()?;
    let whole = side.whole.as_ref()?;
    Some((0..keys).map(|key| whole.nodes(key).map(|member| side.built.slot(member)).collect()).collect())
}

/// A key's index, its old owner and its new one.
type Row = (usize, Option<u16>, Option<u16>);

/// Each key with a new owner.
fn plan(survey: &Survey, keys: usize) -> Option<Vec<Row>> {
    let (now, old, moves) = (survey.now.as_ref()?, survey.before.as_ref()?, survey.moves.as_ref()?);
    let row = |key: usize| {
        let moved = moves.moved(key)?;
        Some((key, moved.from.map(|n| old.built.slot(n)), moved.to.map(|n| now.built.slot(n))))
    };
    Some((0..keys).filter_map(row).collect())
}

fn list(rows: impl Iterator<Item = String>) -> String {
    let rows: Vec<String> = rows.collect();
    if rows.is_empty() { "[]\n".to_owned() } else { format!("[\n{}\n]\n", rows.join(",\n")) }
}

/// A JSON string (RFC 8259, section 7).
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if (c as u32) < 0x20 => drop(write!(out, "\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
