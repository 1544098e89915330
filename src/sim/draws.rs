//! Random numbers that depend only on what they are for.

use crate::core::hash;
use rand_core::Rng;
use rand_pcg::Pcg32;

/// What a number is drawn for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Purpose {
    Latency,
    Loss,
    /// A choice inside a step.
    Pick,
}

/// The `ordinal`-th number for this purpose on this link.
pub fn draw(seed: u64, purpose: Purpose, link: (u16, u16), ordinal: u64) -> u32 {
    let state = hash::narrow(&(seed, purpose, link, ordinal));
    Pcg32::new(state, 0x0A02_BDBF_7BB3_C0A7).next_u32()
}

/// A number in `0..bound` from a 32-bit draw; the bias is below 2^-32 x bound.
pub fn scale(draw: u32, bound: u64) -> u64 {
    ((u128::from(draw) * u128::from(bound)) >> 32) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Links keep their meaning only while this stream stays the same.
    #[test]
    fn the_stream_is_pinned() {
        let first: Vec<u32> = (0..4).map(|n| draw(7, Purpose::Latency, (0, 3), n)).collect();
        assert_eq!(first, PINNED);
        assert_eq!(scale(u32::MAX, 10), 9);
        assert_eq!(scale(0, 10), 0);
    }

    const PINNED: [u32; 4] = [2_716_510_884, 518_025_555, 788_822_674, 3_874_948_900];
}
