//! What is written out: placements and plans as lines, CSV and JSON. The page's files and the runner's output are these.
//!
//! A placement has a row a key, in the order of the list: the key, its owner, the nodes of its other copies. A plan has a
//! row for each key with a new owner: the key, from, to; empty, or null, is nobody. With more than one copy it has a row
//! for each key of which some node has to get a copy too, and names these nodes after `to`.

use super::csv;
use crate::core::placement::assign::{Assignment, Moves};
use crate::core::placement::keys::Keys;

/// `key<TAB>owner[<TAB>replica…]` a line.
pub fn placement_text(keys: &Keys, assignment: &Assignment) -> String {
    let mut out = String::new();
    for (index, key) in keys.iter().enumerate() {
        out.push_str(key);
        for name in names(assignment, assignment.nodes(index)) {
            out.push('\t');
            out.push_str(name);
        }
        out.push('\n');
    }
    out
}

/// With the header `key,owner,replica-1,…`; where a key has fewer nodes, cells are empty.
pub fn placement_csv(keys: &Keys, assignment: &Assignment) -> String {
    let mut out = "key,owner".to_owned();
    (1..assignment.copies()).for_each(|copy| out.push_str(&format!(",replica-{copy}")));
    out.push('\n');
    for (index, key) in keys.iter().enumerate() {
        let nodes = names(assignment, assignment.nodes(index)).chain(std::iter::repeat(""));
        csv::write(&mut out, std::iter::once(key).chain(nodes.take(assignment.copies())));
    }
    out
}

/// `[{"key":…,"nodes":[…]},…]`
pub fn placement_json(keys: &Keys, assignment: &Assignment) -> String {
    array(keys.iter().enumerate().map(|(index, key)| {
        let nodes = list(names(assignment, assignment.nodes(index)));
        format!("{{\"key\":{},\"nodes\":{nodes}}}", quoted(key))
    }))
}

/// A row of a plan, by name.
struct Row<'a> {
    key: &'a str,
    from: Option<&'a str>,
    to: Option<&'a str>,
    copies: Vec<&'a str>,
}

fn rows(moves: &Moves) -> impl Iterator<Item = Row<'_>> {
    let (before, after) = (moves.before(), moves.after());
    moves.keys().iter().enumerate().filter_map(move |(index, key)| {
        let copies: Vec<&str> = match several(moves) {
            true => names(after, moves.fresh(index)).collect(),
            false => Vec::new(),
        };
        let moved = moves.moved(index).is_some() || !copies.is_empty();
        let (from, to) = (name(before, before.owner(index)), name(after, after.owner(index)));
        moved.then_some(Row { key, from, to, copies })
    })
}

fn name(assignment: &Assignment, node: Option<usize>) -> Option<&str> {
    node.map(|node| assignment.members()[node].name.as_str())
}

fn several(moves: &Moves) -> bool {
    moves.before().copies().max(moves.after().copies()) > 1
}

/// `key<TAB>from<TAB>to[<TAB>node that has to get a copy…]` a line.
pub fn plan_text(moves: &Moves) -> String {
    let mut out = String::new();
    for row in rows(moves) {
        out.push_str(row.key);
        for name in [row.from.unwrap_or(""), row.to.unwrap_or("")].into_iter().chain(row.copies) {
            out.push('\t');
            out.push_str(name);
        }
        out.push('\n');
    }
    out
}

/// With the header `key,from,to`, and `copy-1,…` for the nodes that have to get a copy.
pub fn plan_csv(moves: &Moves) -> String {
    let copies = if several(moves) { moves.after().copies() } else { 0 };
    let mut out = "key,from,to".to_owned();
    (1..=copies).for_each(|copy| out.push_str(&format!(",copy-{copy}")));
    out.push('\n');
    for row in rows(moves) {
        let nodes = row.copies.into_iter().chain(std::iter::repeat("")).take(copies);
        let start = [row.key, row.from.unwrap_or(""), row.to.unwrap_or("")];
        csv::write(&mut out, start.into_iter().chain(nodes));
    }
    out
}

/// `[{"key":…,"from":…,"to":…},…]`, with `"copies":[…]` for the nodes that have to get a copy.
pub fn plan_json(moves: &Moves) -> String {
    let name = |name: Option<&str>| name.map_or_else(|| "null".to_owned(), quoted);
    array(rows(moves).map(|row| {
        let copies = if several(moves) { format!(",\"copies\":{}", list(row.copies)) } else { String::new() };
        format!("{{\"key\":{},\"from\":{},\"to\":{}{copies}}}", quoted(row.key), name(row.from), name(row.to))
    }))
}

fn names(assignment: &Assignment, nodes: impl Iterator<Item = usize>) -> impl Iterator<Item = &str> {
    nodes.map(|node| assignment.members()[node].name.as_str())
}

fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default() // a string always has a form in JSON
}

fn list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<_> = names.into_iter().map(quoted).collect();
    format!("[{}]", names.join(","))
}

fn array(rows: impl Iterator<Item = String>) -> String {
    let mut out = String::from("[");
    for (place, row) in rows.enumerate() {
        if place > 0 {
            out.push(',');
        }
        out.push_str(&row);
    }
    out.push_str("]\n");
    out
}
