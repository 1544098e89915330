//! How evenly a placement spreads keys and how much a change moves: what is, beside what theory expects.
//!
//! P random points cut the circle into arcs that are jointly Dirichlet(1, …, 1), so the p points of one member own a
//! share that follows Beta(p, P - p): mean p/P, variance p(P - p) / (P²(P + 1)). With n equal members of v points each
//! that is mean 1/n and std/mean = sqrt((n - 1) / (nv + 1)). Adding a member moves exactly the share that it then owns,
//! removing one exactly the share that it owned, so the same law says how much a change moves.
//!
//! Only + - x / and square roots: the same numbers on every target. [`max_over_mean`] takes logarithms from libm.

use super::ring::Ring;
use super::rule::Rule;
use super::{Member, Placement};
use crate::core::map::Map;
use std::cell::RefCell;

/// Half the width of a band, in standard deviations.
pub const BAND: f64 = 4.0;

/// The expected value of a share and how far a correct placement strays from it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Law {
    /// Expected share, 0 to 1.
    pub mean: f64,
    /// Standard deviation of the share.
    pub std: f64,
}

impl Law {
    /// The share of the circle that `points` out of `all` random points own: Beta(points, all - points).
    pub fn of_arc(points: u64, all: u64) -> Law {
        if all == 0 {
            return Law { mean: 0.0, std: 0.0 };
        }
        let (p, n) = (points as f64, all as f64);
        Law { mean: p / n, std: (p * (n - p) / (n * n * (n + 1.0))).sqrt() }
    }

    /// The same where a position belongs to the nearest point: a point owns half of the gap on each side, so each gap
    /// counts for its two ends, and the variance is about half. By the moments of Dirichlet(1, …, 1), with the mean over
    /// the orders in which the points may lie.
    pub fn of_nearest(points: u64, all: u64) -> Law {
        if points == all || all < 2 {
            return Law::of_arc(points, all);
        }
        let (p, n) = (points as f64, all as f64);
        // A gap weighs 0, 1/2 or 1, for as many of its ends as belong to the member: the mean sum of the squares.
        let squares = p * (n + p - 2.0) / (2.0 * (n - 1.0));
        Law { mean: p / n, std: ((n * squares - p * p).max(0.0) / (n * n * (n + 1.0))).sqrt() }
    }

    /// The share of `keys` distinct keys, each falling on the share of the circle that `self` describes: the sampling
    /// noise of a multinomial is added (law of total variance).
    #[must_use]
    pub fn of_keys(self, keys: usize) -> Law {
        if keys == 0 {
            return Law { mean: 0.0, std: 0.0 };
        }
        let arc = self.std * self.std;
        let noise = (self.mean * (1.0 - self.mean) - arc) / keys as f64;
        Law { mean: self.mean, std: (arc + noise).max(0.0).sqrt() }
    }

    /// Lowest and highest share of a correct placement: the mean and [`BAND`] standard deviations to each side.
    pub fn band(self) -> (f64, f64) {
        ((self.mean - BAND * self.std).max(0.0), (self.mean + BAND * self.std).min(1.0))
    }

    /// Whether this share lies in the band, its ends included.
    pub fn allows(self, share: f64) -> bool {
        let (low, high) = self.band();
        (low..=high).contains(&share)
    }
}

/// What one member has of something, beside what it should have.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Share {
    /// 0 to 1.
    pub share: f64,
    pub law: Law,
}

impl Share {
    /// Whether the share lies in its band.
    pub fn fits(&self) -> bool {
        self.law.allows(self.share)
    }
}

/// Each member's share of the circle. `RING-BALANCE` says that all of them fit.
pub fn of_arcs(ring: &Ring) -> Vec<Share> {
    let arcs = ring.arcs().into_iter().map(|arc| part(arc, 1 << 64));
    arcs.zip(laws(ring)).map(|(share, law)| Share { share, law }).collect()
}

/// Each member's share of the keys, given how many each owns (see [`count`]). The keys have to be distinct.
pub fn of_keys(ring: &Ring, counts: &[usize]) -> Vec<Share> {
    let keys: usize = counts.iter().sum();
    let shares = counts.iter().map(|&count| part(count as u128, keys as u128));
    shares.zip(laws(ring)).map(|(share, law)| Share { share, law: law.of_keys(keys) }).collect()
}

/// How many of these keys each member owns.
pub fn count<'k>(placement: &dyn Placement, keys: impl IntoIterator<Item = &'k [u8]>) -> Vec<usize> {
    let mut counts = vec![0; placement.members().len()];
    for owner in keys.into_iter().filter_map(|key| placement.owner(key)) {
        counts[owner] += 1;
    }
    counts
}

/// How much changed hands between two placements, in keys or in units of 1/2^64 of the circle.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Movement {
    /// Everything that was looked at.
    pub all: u128,
    /// What has a new owner.
    pub moved: u128,
    /// What moved although its old owner lost no weight and its new owner gained none. `RING-MONOTONE` says: nothing.
    pub needless: u128,
}

impl Movement {
    /// The share that has a new owner, 0 to 1.
    pub fn share(&self) -> f64 {
        part(self.moved, self.all)
    }
}

/// How many of these keys have a new owner.
pub fn moved_keys<'k>(
    before: &dyn Placement,
    after: &dyn Placement,
    keys: impl IntoIterator<Item = &'k [u8]>,
) -> Movement {
    let change = Change::between(before.members(), after.members());
    let mut movement = Movement::default();
    for key in keys {
        change.count(&mut movement, 1, before.owner(key), after.owner(key));
    }
    movement
}

/// How much of the circle has a new owner, exactly.
pub fn moved_arcs(before: &Ring, after: &Ring) -> Movement {
    let change = Change::between(before.members(), after.members());
    let mut movement = Movement::default();
    // Between two neighbouring borders of either ring both owners stay the same.
    let mut ends = before.borders();
    ends.extend(after.borders());
    ends.sort(); // two runs: std's stable sort takes them in one pass
    let Some(last) = ends.last() else {
        return movement;
    };
    let mut from = i128::from(*last) - (1 << 64);
    for end in ends {
        let length = (i128::from(end) - from) as u128;
        change.count(&mut movement, length, before.owner_of_hash(end), after.owner_of_hash(end));
        from = i128::from(end);
    }
    movement
}

/// The share of the circle that should have a new owner: that of the points which came or went.
///
/// `None` if a member's weight, the number of virtual nodes, the hash or the rule changed: then the law is another.
pub fn movement_law(before: &Ring, after: &Ring) -> Option<Law> {
    if (before.vnodes(), before.hash(), before.rule()) != (after.vnodes(), after.hash(), after.rule()) {
        return None;
    }
    let (mut stayed, mut changed) = (0, 0);
    for (old, new) in weights(before.members(), after.members()).into_iter().map(|(_, both)| both) {
        match (old, new) {
            (Some(old), Some(new)) if old == new => stayed += u64::from(old),
            (Some(_), Some(_)) => return None,
            (old, new) => changed += u64::from(old.or(new).unwrap_or(0)),
        }
    }
    let vnodes = u64::from(before.vnodes());
    Some(law(before.rule(), changed * vnodes, (changed + stayed) * vnodes))
}

/// The fraction of keys with a new owner when the node is `hash % n` and becomes `hash % m`, as numerator and
/// denominator: 1 - min(n, m) / lcm(n, m). From 4 to 5 it is 4/5.
pub fn moved_by_modulo(n: u32, m: u32) -> (u64, u64) {
    let (n, m) = (u64::from(n), u64::from(m));
    let (mut divisor, mut rest) = (n, m);
    while rest != 0 {
        (divisor, rest) = (rest, divisor % rest);
    }
    if n == 0 || m == 0 {
        return (u64::from(n != m), 1); // without nodes no key has an owner
    }
    let denominator = n.max(m) / divisor; // lcm(n, m) / min(n, m)
    (denominator - 1, denominator)
}

/// The expected largest share over the mean share, for `nodes` equal members of `vnodes` points each.
///
/// (1/v) ∫₀^∞ (1 - P(v, x)ⁿ) dx with P the regularised lower gamma function; 1 virtual node gives the harmonic number
/// of n. A statistic to draw beside the ring, never a bound that a correct ring keeps; for [`Rule::Nearest`] it is too
/// large.
///
/// The latest few answers are kept: pictures ask for the same ones at every event.
pub fn max_over_mean(nodes: u32, vnodes: u32) -> f64 {
    const KEPT: usize = 8;
    thread_local! {
        static KNOWN: RefCell<Vec<((u32, u32), f64)>> = const { RefCell::new(Vec::new()) };
    }
    if nodes == 0 || vnodes == 0 {
        return 0.0;
    }
    let asked = (nodes, vnodes);
    KNOWN.with_borrow_mut(|known| {
        if let Some((_, answer)) = known.iter().find(|(known, _)| *known == asked) {
            return *answer;
        }
        let answer = integrate(nodes, vnodes);
        known.truncate(KEPT - 1);
        known.insert(0, (asked, answer));
        answer
    })
}

/// The integral of [`max_over_mean`], of thousands of steps.
fn integrate(nodes: u32, vnodes: u32) -> f64 {
    let (n, v) = (f64::from(nodes), f64::from(vnodes));
    let scale = libm::lgamma(v);
    let density = |x: f64| {
        if x > 0.0 { libm::exp((v - 1.0) * libm::log(x) - x - scale) } else { f64::from(u8::from(vnodes == 1)) }
    };
    // Beyond the end (1 - P) is below 1e-15 even for the largest of 2^32 nodes. Simpson's rule, P alongside.
    let end = v + 12.0 * v.sqrt() + 60.0;
    let steps = 4096;
    let h = end / f64::from(steps);
    let (mut below, mut sum) = (0.0, 0.0);
    let mut left = density(0.0);
    for step in 0..steps {
        let x = h * f64::from(step);
        let [first, middle, right] = [0.25, 0.5, 1.0].map(|part| density(x + part * h));
        let third = density(x + 0.75 * h);
        let half = below + h / 12.0 * (left + 4.0 * first + middle);
        let whole = half + h / 12.0 * (middle + 4.0 * third + right);
        let above = [below, half, whole].map(|p: f64| 1.0 - libm::pow(p.min(1.0), n));
        sum += h / 6.0 * (above[0] + 4.0 * above[1] + above[2]);
        (below, left) = (whole, right);
    }
    sum / v
}

/// The law of each member's share of the circle.
fn laws(ring: &Ring) -> impl Iterator<Item = Law> {
    let all = ring.points().len() as u64;
    let vnodes = u64::from(ring.vnodes());
    ring.members().iter().map(move |member| law(ring.rule(), u64::from(member.weight) * vnodes, all))
}

/// The law of the share of the circle that `points` out of `all` points own by this rule.
fn law(rule: Rule, points: u64, all: u64) -> Law {
    match rule {
        Rule::Successor | Rule::Strict | Rule::Predecessor => Law::of_arc(points, all),
        Rule::Nearest => Law::of_nearest(points, all),
    }
}

fn part(of: u128, all: u128) -> f64 {
    if all == 0 { 0.0 } else { of as f64 / all as f64 }
}

/// Weight before and after, by name.
fn weights<'a>(before: &'a [Member], after: &'a [Member]) -> Map<&'a str, (Option<u32>, Option<u32>)> {
    let mut weights = Map::<&str, (Option<u32>, Option<u32>)>::new();
    for member in before {
        weights.or_insert(member.name.as_str(), (None, None)).0 = Some(member.weight);
    }
    for member in after {
        weights.or_insert(member.name.as_str(), (None, None)).1 = Some(member.weight);
    }
    weights
}

/// How a list of members became another; members are the same if their names are.
pub(super) struct Change {
    /// For each member before: its index after, and whether it lost weight.
    before: Vec<(Option<usize>, bool)>,
    /// For each member after: whether it gained weight.
    gained: Vec<bool>,
}

impl Change {
    pub(super) fn between(before: &[Member], after: &[Member]) -> Change {
        let weights = weights(before, after);
        let names: Map<&str, usize> = after.iter().enumerate().map(|(i, m)| (m.name.as_str(), i)).collect();
        let lost = |member: &Member| {
            let (old, new) = weights.get(&member.name.as_str()).copied().unwrap_or_default();
            (names.get(&member.name.as_str()).copied(), new < old)
        };
        let gained = |member: &Member| {
            let (old, new) = weights.get(&member.name.as_str()).copied().unwrap_or_default();
            new > old
        };
        Change { before: before.iter().map(lost).collect(), gained: after.iter().map(gained).collect() }
    }

    /// The index after of a member before; `None` if it is gone.
    pub(super) fn index_after(&self, old: usize) -> Option<usize> {
        self.before[old].0
    }

    /// Whether what `old` owned before and `new` owns after has a new owner.
    pub(super) fn moves(&self, old: Option<usize>, new: Option<usize>) -> bool {
        let same = old.and_then(|old| self.index_after(old));
        (old.is_some() || new.is_some()) && (same.is_none() || same != new)
    }

    /// Whether it moves although its old owner lost no weight and its new owner gained none.
    pub(super) fn needless(&self, old: Option<usize>, new: Option<usize>) -> bool {
        let lost = old.is_none_or(|old| self.before[old].1);
        self.moves(old, new) && !lost && new.is_some_and(|new| !self.gained[new])
    }

    pub(super) fn count(&self, movement: &mut Movement, amount: u128, old: Option<usize>, new: Option<usize>) {
        movement.all += amount;
        movement.moved += if self.moves(old, new) { amount } else { 0 };
        movement.needless += if self.needless(old, new) { amount } else { 0 };
    }
}
