//! A run that goes round for ever and is fair: a path to a cycle, and the cycle.
//!
//! A cycle is fair if each thing that has to come is taken on it, or is not possible in one of its states. What is not
//! possible where the cycle begins is no matter; so the search keeps, beside the state, what was possible there and has
//! not been met since.

use super::components::{Components, taken};
use super::graph::Graph;
use std::collections::{BTreeMap, VecDeque};

/// States with what is left that are looked at until a short cycle is good enough.
const PATIENCE: usize = 1 << 17;

/// Where the cycle begins, and its edges; no edges where the run just stops.
pub fn shortest(graph: &Graph, found: &Components) -> Option<(u32, Vec<usize>)> {
    let mut best: Option<(u32, Vec<usize>)> = None;
    let mut patience = PATIENCE;
    for entry in found.fair(graph) {
        let stem = graph.depth_of(entry) as usize;
        let most = best.as_ref().map_or(usize::MAX, |(at, cycle)| graph.depth_of(*at) as usize + cycle.len());
        // One step more than the stem would have to beat the best.
        if patience == 0 || stem + 1 >= most {
            break;
        }
        if let Some(cycle) = round(graph, found, entry, most - stem, &mut patience) {
            best = Some((entry, cycle));
        }
    }
    let roughly = || found.fair(graph).next().map(|entry| (entry, walk(graph, found, entry)));
    best.or_else(roughly).or_else(|| found.halts().map(|at| (at, Vec::new())))
}

/// A shortest fair cycle through this state that has less than so many edges.
fn round(graph: &Graph, found: &Components, entry: u32, most: usize, patience: &mut usize) -> Option<Vec<usize>> {
    let required = graph.enabled(entry);
    if required.len() > 64 {
        return None;
    }
    let bit = |name: u32| required.binary_search(&name).map_or(0, |at| 1_u64 << at);
    let possible = |state: u32| graph.enabled(state).into_iter().fold(0, |all, name| all | bit(name));
    let all = required.iter().fold(0, |all, name| all | bit(*name));
    // State, what is left, length, and from which of these along which edge.
    let mut nodes: Vec<(u32, u64, usize, usize, usize)> = vec![(entry, all, 0, 0, 0)];
    let mut known = BTreeMap::from([((entry, all), ())]);
    let mut at = 0;
    while let Some((state, left, length, _, _)) = nodes.get(at).copied() {
        if length + 1 >= most {
            return None;
        }
        for edge in graph.out(state).filter(|edge| found.stays(graph, state, *edge)) {
            let to = graph.to(edge);
            let left = left & !taken(graph, edge).map_or(0, bit) & possible(to);
            if to == entry && left == 0 {
                let mut cycle = vec![edge];
                let mut back = at;
                while back != 0 {
                    cycle.push(nodes[back].4);
                    back = nodes[back].3;
                }
                cycle.reverse();
                return Some(cycle);
            }
            if known.insert((to, left), ()).is_none() {
                *patience = patience.checked_sub(1)?;
                nodes.push((to, left, length + 1, at, edge));
            }
        }
        at += 1;
    }
    None
}

/// A fair cycle through this state, one thing after the other: always the nearest that is left.
fn walk(graph: &Graph, found: &Components, entry: u32) -> Vec<usize> {
    let mut left = graph.enabled(entry);
    let mut cycle: Vec<usize> = Vec::new();
    let mut at = entry;
    loop {
        let helps = |edge: usize| {
            let met = |name: &u32| {
                taken(graph, edge) == Some(*name) || graph.enabled(graph.to(edge)).binary_search(name).is_err()
            };
            left.iter().any(met)
        };
        let ends = left.is_empty();
        if ends && at == entry && !cycle.is_empty() {
            return cycle;
        }
        let way = nearest(graph, found, at, |edge| if ends { graph.to(edge) == entry } else { helps(edge) });
        let Some(last) = way.last() else { return cycle };
        at = graph.to(*last);
        for edge in &way {
            let there = graph.enabled(graph.to(*edge));
            left.retain(|name| taken(graph, *edge) != Some(*name) && there.binary_search(name).is_ok());
        }
        cycle.extend(way);
        if ends {
            return cycle;
        }
    }
}

/// The edges from a state to the first one that will do, that one included.
fn nearest(graph: &Graph, found: &Components, from: u32, will_do: impl Fn(usize) -> bool) -> Vec<usize> {
    let mut came: BTreeMap<u32, Option<(u32, usize)>> = BTreeMap::from([(from, None)]);
    let mut queue = VecDeque::from([from]);
    while let Some(state) = queue.pop_front() {
        for edge in graph.out(state).filter(|edge| found.stays(graph, state, *edge)) {
            if will_do(edge) {
                let mut way = vec![edge];
                let mut back = state;
                while let Some(Some((before, edge))) = came.get(&back) {
                    way.push(*edge);
                    back = *before;
                }
                way.reverse();
                return way;
            }
            let to = graph.to(edge);
            came.entry(to).or_insert_with(|| {
                queue.push_back(to);
                Some((state, edge))
            });
        }
    }
    Vec::new()
}
