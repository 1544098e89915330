//! How often which key is asked for: Zipf's law, the key of rank i in proportion to 1/i^s (Zipf 1949; measured of web
//! caches with s between 0.64 and 0.83 by Breslau, Cao, Fan, Phillips and Shenker, INFOCOM 1999).

/// Shares of the ranks as integers, so that a draw of an integer is a draw of a rank, the same on every machine.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Zipf {
    /// For each rank the sum of its share and of those before it; empty where all ranks are alike.
    sums: Vec<u32>,
    ranks: u32,
}

/// What all shares add up to: a rank's share is right to 2^-32, and one of less than that may be none.
const WHOLE: u32 = u32::MAX;

impl Zipf {
    /// The law over so many ranks with the exponent `percent` / 100. Without an exponent all ranks are alike.
    pub fn new(ranks: u32, percent: u32) -> Zipf {
        if percent == 0 || ranks <= 1 {
            return Zipf { sums: Vec::new(), ranks };
        }
        let exponent = f64::from(percent) / 100.0;
        let mut sum = 0.0;
        let mut weights = Vec::with_capacity(ranks as usize);
        for rank in 1..=ranks {
            sum += 1.0 / libm::pow(f64::from(rank), exponent);
            weights.push(sum);
        }
        let sums = weights.into_iter().map(|upto| libm::round(f64::from(WHOLE) * (upto / sum)) as u32).collect();
        Zipf { sums, ranks }
    }

    pub fn ranks(&self) -> u32 {
        self.ranks
    }

    /// A number drawn below this says the rank.
    pub fn bound(&self) -> u32 {
        if self.sums.is_empty() { self.ranks } else { WHOLE }
    }

    /// The rank, from 0, of a number below [`Zipf::bound`].
    pub fn rank(&self, drawn: u32) -> u32 {
        if self.sums.is_empty() { drawn } else { self.sums.partition_point(|sum| *sum <= drawn) as u32 }
    }

    /// The share of the numbers that mean this rank, 0 to 1.
    pub fn share(&self, rank: u32) -> f64 {
        let Some(at) = usize::try_from(rank).ok().filter(|_| rank < self.ranks) else { return 0.0 };
        match self.sums.get(at) {
            None => 1.0 / f64::from(self.ranks),
            Some(sum) => {
                let before = at.checked_sub(1).map_or(0, |before| self.sums[before]);
                f64::from(sum - before) / f64::from(WHOLE)
            }
        }
    }
}
