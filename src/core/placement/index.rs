//! Where among sorted positions one belongs, in about two reads.
//!
//! Positions that a good hash gives are spread evenly, so the top bits of one say nearly where it lies: a table says how
//! many points lie before each of as many equal stretches of the circle as there are points, and a stretch holds one
//! point on average. Where many crowd into one stretch it is searched by halves, so the worst case is that of a binary
//! search.

use super::ring::Point;

/// A function of the points: equal points have equal tables.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Index {
    /// `first[s]`: how many points lie before stretch `s`; one more entry than stretches. Empty: without points.
    first: Vec<u32>,
    /// A position shifted right by so much is its stretch.
    shift: u32,
}

impl Index {
    /// The table of these points, ascending by position; what an older table took up is used again.
    pub fn rebuild(&mut self, points: &[Point]) {
        self.first.clear();
        if points.is_empty() {
            *self = Index::default();
            return;
        }
        let stretches = stretches(points);
        self.shift = 64 - stretches.trailing_zeros();
        self.first.reserve_exact(stretches + 1);
        for (i, point) in points.iter().enumerate() {
            let stretch = (point.at >> self.shift) as usize;
            while self.first.len() <= stretch {
                self.first.push(i as u32);
            }
        }
        self.first.resize(stretches + 1, points.len() as u32);
    }

    /// As [`Index::rebuild`], after points at these positions, ascending, came or went: most entries change by one number.
    pub fn update(&mut self, points: &[Point], changed: &[u64], came: bool) {
        if points.is_empty() || self.first.len() != stretches(points) + 1 {
            self.rebuild(points);
            return;
        }
        let mut rest = self.first.as_mut_slice();
        let mut done = 0;
        for (count, position) in (0..).zip(changed) {
            // Entries of the stretches after that of the change before, up to that of this one.
            let end = (position >> self.shift) as usize + 1;
            let (now, later) = rest.split_at_mut(end - done);
            change(now, count, came);
            (rest, done) = (later, end);
        }
        change(rest, changed.len() as u32, came);
    }

    /// How many of the points lie before this position. They have to be those that the table was made of.
    #[inline]
    pub fn below(&self, points: &[Point], position: u64) -> usize {
        let stretch = (position >> self.shift) as usize;
        let Some(&[from, to, ..]) = self.first.get(stretch..) else { return 0 };
        let (from, to) = (from as usize, to as usize);
        let before = |point: &Point| point.at < position;
        // Points of later stretches lie after the position, so counting too many of them does no harm, and a count
        // without branches cannot be mispredicted.
        if let Some([a, b, c, ..]) = points.get(from..) {
            let count = usize::from(before(a)) + usize::from(before(b)) + usize::from(before(c));
            if count < 3 {
                return from + count;
            }
        }
        from + points[from..to].partition_point(before)
    }

    /// Memory beside the value itself, in bytes.
    pub fn bytes(&self) -> usize {
        self.first.capacity() * size_of::<u32>()
    }
}

/// As many stretches as points, rounded up to a power of two.
fn stretches(points: &[Point]) -> usize {
    points.len().next_power_of_two().max(2)
}

fn change(entries: &mut [u32], by: u32, more: bool) {
    for entry in entries {
        *entry = if more { *entry + by } else { *entry - by };
    }
}

/// As [`Index::below`], by halves, also in a list that is not sorted: what everybody's binary search finds there.
pub fn bisect(points: &[Point], position: u64) -> usize {
    let (mut low, mut high) = (0, points.len());
    while low < high {
        let middle = (low + high) / 2;
        if points[middle].at < position {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(position: u64) -> Point {
        Point { at: position, member: 0, index: 0 }
    }

    /// Spread, crowded around a few places, at the ends, and many at one place.
    fn positions() -> impl Strategy<Value = Vec<u64>> {
        let one = prop_oneof![
            any::<u64>(),
            0..40u64,
            (0..40u64).prop_map(|n| u64::MAX - n),
            (0..300u64).prop_map(|n| (1 << 63) - 150 + n),
            Just(1 << 62),
        ];
        proptest::collection::vec(one, 0..300)
    }

    proptest! {
        #[test]
        fn it_counts_what_lies_before(mut places in positions(), others in positions()) {
            places.sort_unstable();
            let points: Vec<Point> = places.iter().copied().map(at).collect();
            let mut index = Index::default();
            index.rebuild(&points);
            let near = places.iter().flat_map(|&p| [p.wrapping_sub(1), p, p.wrapping_add(1)]);
            for position in near.chain(others).chain([0, u64::MAX]) {
                let expected = places.iter().filter(|&&p| p < position).count();
                prop_assert_eq!(index.below(&points, position), expected);
                prop_assert_eq!(bisect(&points, position), expected);
            }
        }

        #[test]
        fn an_update_is_a_rebuilding(mut some in positions(), mut others in positions()) {
            let sorted = |places: &[u64]| {
                let mut points: Vec<Point> = places.iter().copied().map(at).collect();
                points.sort();
                points
            };
            others.sort_unstable();
            let (mut before, mut after) = (Index::default(), Index::default());
            before.rebuild(&sorted(&some));
            let mut changed = before.clone();
            let few = sorted(&some);
            some.extend(&others);
            after.rebuild(&sorted(&some));
            changed.update(&sorted(&some), &others, true);
            prop_assert_eq!(&changed, &after);
            changed.update(&few, &others, false);
            prop_assert_eq!(changed, before);
        }
    }
}
