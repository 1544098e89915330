//! One hash, the same on every target.
//!
//! `#[derive(Hash)]` feeds lengths and discriminants as target-width integers: 8 bytes natively, 4 in wasm. This hasher
//! widens each integer to one 64-bit word, so that a state has one fingerprint everywhere. Not cryptographic.

use std::hash::{Hash, Hasher};

const K1: u64 = 0x9E37_79B9_7F4A_7C15;
const K2: u64 = 0xD1B5_4A32_D192_ED03;
const K3: u64 = 0xA076_1D64_78BD_642F;

/// Two 64-bit lanes that mix every word differently.
#[derive(Clone, Debug)]
pub struct StableHasher {
    a: u64,
    b: u64,
}

impl Default for StableHasher {
    fn default() -> Self {
        StableHasher { a: K3, b: K1 }
    }
}

fn fold(x: u64, k: u64) -> u64 {
    let wide = u128::from(x) * u128::from(k);
    (wide as u64) ^ ((wide >> 64) as u64)
}

impl StableHasher {
    #[inline]
    fn word(&mut self, x: u64) {
        self.a = fold(self.a ^ x, K1).wrapping_add(K2);
        let b = (self.b.rotate_left(29) ^ x).wrapping_mul(K2);
        self.b = b ^ (b >> 32);
    }

    /// The 128-bit result.
    pub fn wide(&self) -> u128 {
        let a = fold(self.a ^ self.b.rotate_left(32), K2);
        let b = fold(self.b ^ a, K3).wrapping_add(self.a);
        (u128::from(a) << 64) | u128::from(b)
    }
}

impl Hasher for StableHasher {
    fn finish(&self) -> u64 {
        (self.wide() >> 64) as u64
    }
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.word(u64::from_le_bytes(word));
        }
    }
    fn write_u8(&mut self, i: u8) {
        self.word(i.into());
    }
    fn write_u16(&mut self, i: u16) {
        self.word(i.into());
    }
    fn write_u32(&mut self, i: u32) {
        self.word(i.into());
    }
    fn write_u64(&mut self, i: u64) {
        self.word(i);
    }
    fn write_u128(&mut self, i: u128) {
        self.word(i as u64);
        self.word((i >> 64) as u64);
    }
    fn write_usize(&mut self, i: usize) {
        self.word(i as u64);
    }
    fn write_i8(&mut self, i: i8) {
        self.word(i as i64 as u64);
    }
    fn write_i16(&mut self, i: i16) {
        self.word(i as i64 as u64);
    }
    fn write_i32(&mut self, i: i32) {
        self.word(i as i64 as u64);
    }
    fn write_i64(&mut self, i: i64) {
        self.word(i as u64);
    }
    fn write_isize(&mut self, i: isize) {
        self.word(i as i64 as u64);
    }
}

/// As [`StableHasher`], for fingerprints that nobody else sees: small integers share a word, so that it has fewer to mix. Each
/// takes the bits of its type, lengths and discriminants 32, whatever the target. A value's own words still follow from it and
/// it from them, since derived code feeds a length or a discriminant before what depends on it.
#[derive(Clone, Default, Debug)]
pub struct Packed {
    hasher: StableHasher,
    word: u64,
    bits: u32,
}

impl Packed {
    #[inline]
    fn put(&mut self, x: u64, bits: u32) {
        if self.bits + bits > u64::BITS {
            self.hasher.word(self.word);
            (self.word, self.bits) = (0, 0);
        }
        // A whole word is put at once, so that less than 64 bits are shifted.
        self.word |= x << self.bits;
        self.bits += bits;
        if self.bits == u64::BITS {
            self.hasher.word(self.word);
            (self.word, self.bits) = (0, 0);
        }
    }

    /// A length or a discriminant: beyond 32 bits, where none is in practice, a mark and a word of its own.
    #[inline]
    fn put_size(&mut self, x: u64) {
        if x < u64::from(u32::MAX) {
            self.put(x, 32);
        } else {
            self.put(u32::MAX.into(), 32);
            self.put(x, 64);
        }
    }

    /// The 128-bit result.
    pub fn wide(mut self) -> u128 {
        let bits = self.bits;
        self.hasher.word(self.word);
        self.hasher.word(bits.into());
        self.hasher.wide()
    }
}

impl Hasher for Packed {
    fn finish(&self) -> u64 {
        (self.clone().wide() >> 64) as u64
    }
    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.put(u64::from_le_bytes(word), 64);
        }
    }
    #[inline]
    fn write_u8(&mut self, i: u8) {
        self.put(i.into(), 8);
    }
    #[inline]
    fn write_u16(&mut self, i: u16) {
        self.put(i.into(), 16);
    }
    #[inline]
    fn write_u32(&mut self, i: u32) {
        self.put(i.into(), 32);
    }
    #[inline]
    fn write_u64(&mut self, i: u64) {
        self.put(i, 64);
    }
    #[inline]
    fn write_u128(&mut self, i: u128) {
        self.put(i as u64, 64);
        self.put((i >> 64) as u64, 64);
    }
    #[inline]
    fn write_usize(&mut self, i: usize) {
        self.put_size(i as u64);
    }
    #[inline]
    fn write_i8(&mut self, i: i8) {
        self.put(u64::from(i as u8), 8);
    }
    #[inline]
    fn write_i16(&mut self, i: i16) {
        self.put(u64::from(i as u16), 16);
    }
    #[inline]
    fn write_i32(&mut self, i: i32) {
        self.put(u64::from(i as u32), 32);
    }
    #[inline]
    fn write_i64(&mut self, i: i64) {
        self.put(i as u64, 64);
    }
    #[inline]
    fn write_isize(&mut self, i: isize) {
        self.put_size(i as i64 as u64);
    }
}

/// The 128-bit hash of a value by [`Packed`].
pub fn packed<T: Hash + ?Sized>(value: &T) -> u128 {
    let mut hasher = Packed::default();
    value.hash(&mut hasher);
    hasher.wide()
}

/// The 128-bit hash of a value.
pub fn wide<T: Hash + ?Sized>(value: &T) -> u128 {
    let mut hasher = StableHasher::default();
    value.hash(&mut hasher);
    hasher.wide()
}

/// The 64-bit hash of a value.
pub fn narrow<T: Hash + ?Sized>(value: &T) -> u64 {
    let mut hasher = StableHasher::default();
    value.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_of_lengths_and_discriminants_do_not_matter() {
        let mut narrow_target = StableHasher::default();
        narrow_target.write_u32(7);
        let mut wide_target = StableHasher::default();
        wide_target.write_u64(7);
        assert_eq!(narrow_target.wide(), wide_target.wide());
    }

    #[test]
    fn packing_keeps_values_apart() {
        use std::collections::BTreeSet;
        let mut prints = BTreeSet::new();
        let mut count = 0;
        for n in 0..2_000_u32 {
            // What lies at the border of two words, and before and behind a length.
            for list in [vec![n as u8; 7], vec![n as u8; 8], vec![n as u8; 9], vec![0; n as usize]] {
                prints.insert(packed(&(n, &list, Some(n))));
                prints.insert(packed(&(&list, n, None::<u32>)));
                count += 2;
            }
            prints.insert(packed(&(u64::from(n) << 40, usize::MAX - n as usize, i64::from(n) - 1_000)));
            count += 1;
        }
        assert_eq!(prints.len(), count);
        assert_ne!(packed(&0_u8), packed(&0_u16));
        assert_ne!(packed(&(1_u8, 0_u8)), packed(&(0_u8, 1_u8)));
    }

    /// The same number is pinned in the browser tests through the hashes of runs.
    #[test]
    fn the_value_is_pinned() {
        assert_eq!(format!("{:032x}", wide(&(1_u8, "lock", vec![Some(3_u32), None]))).len(), 32);
        assert_ne!(wide(&[1_u8, 2]), wide(&[2_u8, 1]));
        assert_ne!(wide(&0_u8), wide(&1_u8));
    }
}
