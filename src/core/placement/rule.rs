//! Rules by which a position finds its point on a circle.

use super::ring::Point;

/// Which point owns a position. Four rules are in use, and clients of one cluster have to use the same.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Rule {
    /// The first point at or after it, wrapping to the lowest: ketama, npm hashring, groupcache, nginx.
    #[default]
    Successor,
    /// The first point after it, wrapping to the lowest: uhashring. Another owner only exactly on a point.
    Strict,
    /// The last point at or before it, wrapping to the highest: npm node-hashring.
    Predecessor,
    /// The nearer of the last point at or before it and the first after it, the former if both are as near: HAProxy.
    Nearest,
}

impl Rule {
    pub const ALL: [Rule; 4] = [Rule::Successor, Rule::Strict, Rule::Predecessor, Rule::Nearest];

    /// The name on the command line and in links.
    pub fn name(self) -> &'static str {
        match self {
            Rule::Successor => "successor",
            Rule::Strict => "strict",
            Rule::Predecessor => "predecessor",
            Rule::Nearest => "nearest",
        }
    }

    pub fn named(name: &str) -> Option<Rule> {
        Rule::ALL.into_iter().find(|rule| rule.name() == name)
    }

    /// Index of the point that owns this position; none without points. `below` says how many of the points lie before a
    /// position.
    #[inline]
    pub fn find(self, points: &[Point], position: u64, below: impl Fn(u64) -> usize) -> Option<usize> {
        if points.is_empty() {
            return None;
        }
        let after = match self {
            Rule::Successor => below(position),
            _ => up_to(points, position, below),
        };
        let (before, after) = (before(points, after), wrapped(points, after));
        let back = match self {
            Rule::Successor | Rule::Strict => false,
            Rule::Predecessor => true,
            Rule::Nearest => nearer_back(points, position, before, after),
        };
        Some(if back { before } else { after })
    }

    /// The last position of every stretch of the circle that one of these points owns, ascending. The points have to
    /// ascend too.
    pub(super) fn borders(self, points: &[Point]) -> Vec<u64> {
        let mut ends: Vec<u64> = match self {
            Rule::Successor => points.iter().map(|point| point.at).collect(),
            Rule::Strict | Rule::Predecessor => points.iter().map(|point| point.at.wrapping_sub(1)).collect(),
            Rule::Nearest => {
                // On an exact hit the last of several points at one place owns it, else the first.
                let hits = points.iter().map(|point| point.at.wrapping_sub(1));
                let halves = points.windows(2).map(|pair| pair[0].at + (pair[1].at - pair[0].at) / 2);
                let round = points.first().zip(points.last()).map(|(first, last)| {
                    let gap = (1 << 64) - u128::from(last.at - first.at);
                    last.at.wrapping_add((gap / 2) as u64)
                });
                halves.chain(round).chain(hits).collect()
            }
        };
        // Nearly sorted already, but for what wraps, or two runs: std's stable sort takes those in one pass.
        ends.sort();
        ends.dedup();
        ends
    }
}

/// As [`Rule::borders`], for any rule, where a binary search goes through points that are not sorted. Which points it
/// compares changes at points only; which of two neighbours in the list is nearer, also half-way between them, on either
/// side of the circle. Some of these are no borders.
pub(super) fn borders_unsorted(points: &[Point]) -> Vec<u64> {
    let pairs = (0..points.len()).map(|i| (points[i].at, points[(i + 1) % points.len()].at));
    let halves = pairs.flat_map(|(a, b)| {
        let half = a.wrapping_add(b.wrapping_sub(a) / 2);
        [half, half.wrapping_add(1 << 63)]
    });
    let mut ends: Vec<u64> =
        points.iter().flat_map(|point| [point.at.wrapping_sub(1), point.at]).chain(halves).collect();
    ends.sort_unstable();
    ends.dedup();
    ends
}

/// How many points lie at or before this position.
#[inline]
pub(super) fn up_to(points: &[Point], position: u64, below: impl Fn(u64) -> usize) -> usize {
    position.checked_add(1).map_or(points.len(), below)
}

/// The first of the points that are left after so many, round the circle.
#[inline]
pub(super) fn wrapped(points: &[Point], count: usize) -> usize {
    if count < points.len() { count } else { 0 }
}

/// The last of so many points, round the circle.
#[inline]
pub(super) fn before(points: &[Point], count: usize) -> usize {
    count.checked_sub(1).unwrap_or(points.len().saturating_sub(1))
}

/// Whether the first of these two points, met counter-clockwise from the position, is as near as the second, met
/// clockwise, or nearer.
#[inline]
pub(super) fn nearer_back(points: &[Point], position: u64, before: usize, after: usize) -> bool {
    position.wrapping_sub(points[before].at) <= points[after].at.wrapping_sub(position)
}
