//! SHA-1 of a message that fits one block (FIPS 180-4, section 5.1.1): names and keys nearly always do, and without the
//! bookkeeping for streams they take a quarter less time.

use sha1::block_api::compress;
use sha1::{Digest, Sha1};

/// Bytes of the longest message that fits one block with its padding: one byte 0x80, and eight for the length.
const FITS: usize = 55;

/// The digest, as the five words of the standard.
#[inline]
pub fn words(message: &[u8]) -> [u32; 5] {
    if message.len() > FITS {
        let mut words = [0; 5];
        for (word, bytes) in words.iter_mut().zip(Sha1::digest(message).chunks_exact(4)) {
            *word = bytes.iter().fold(0, |word, &byte| word << 8 | u32::from(byte));
        }
        return words;
    }
    let mut block = [0; 64];
    // Byte by byte: a call that copies costs more.
    for (to, from) in block.iter_mut().zip(message) {
        *to = *from;
    }
    block[message.len()] = 0x80;
    block[56..].copy_from_slice(&(8 * message.len() as u64).to_be_bytes());
    let mut words = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0];
    compress(&mut words, &[block]);
    words
}

/// The first eight bytes, big-endian.
#[inline]
pub fn head(message: &[u8]) -> u64 {
    let [a, b, ..] = words(message);
    u64::from(a) << 32 | u64::from(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_is_as_by_the_stream() {
        let bytes: Vec<u8> = (0..200).collect();
        for message in (0..bytes.len()).map(|n| &bytes[..n]) {
            let digest = Sha1::digest(message);
            let found: Vec<u8> = words(message).into_iter().flat_map(u32::to_be_bytes).collect();
            assert_eq!(found, digest.as_slice(), "{} bytes", message.len());
            assert_eq!(head(message).to_be_bytes(), digest[..8]);
        }
    }
}
