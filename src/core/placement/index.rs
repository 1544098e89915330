//! Where among sorted positions one belongs, in about two reads.
//!
//! Positions that a good hash gives are spread evenly, so the top bits of one say nearly where it lies: a table says how
//! many points lie before each of as many equal stretches of the circle as there are points, and a stretch holds one
//! point on average. Where many crowd into one stretch it is searched by halves, so the worst case is that of a binary
//! search.

use super::ring::Point;

/// Points of a stretch that are looked through one by one.
const FEW: u32 = 8;

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
        let stretches = points.len().next_power_of_two().max(2);
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

    /// How many of the points lie before this position. They have to be those that the table was made of.
    #[inline]
    pub fn below(&self, points: &[Point], position: u64) -> usize {
        let stretch = (position >> self.shift) as usize;
        let Some(&[from, to, ..]) = self.first.get(stretch..) else { return 0 };
        let before = |point: &Point| point.at < position;
        if to - from > FEW {
            let (from, to) = (from as usize, to as usize);
            return from + points[from..to].partition_point(before);
        }
        let mut at = from as usize;
        while points.get(at).is_some_and(before) {
            at += 1; // ends in this stretch: later ones lie after the position
        }
        at
    }

    /// Memory beside the value itself, in bytes.
    pub fn bytes(&self) -> usize {
        self.first.capacity() * size_of::<u32>()
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
    }
}
