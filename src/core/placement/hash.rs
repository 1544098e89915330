//! Hashes from bytes to the 2^64 positions of the circle.
//!
//! Where the order of positions decides, a narrow hash has to keep its order on the wide circle, and where a remainder
//! decides it must not lose its low bits. So a place h of a circle of 2^32 is h·(2^32 + 1), its bits written twice, and
//! one of 2^16 has its bits four times: both ends of the circle, all comparisons, ties and halves are those of the
//! narrow one.

use crc::{CRC_16_XMODEM, CRC_32_ISO_HDLC, Crc};
use md5::Md5;
use sha1::{Digest, Sha1};
use twox_hash::XxHash64;

/// A hash function from bytes to the 2^64 positions.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum KeyHash {
    /// The first 8 bytes, big-endian, of SHA-1 (FIPS 180-4), as Chord uses it.
    #[default]
    Sha1,
    /// The first 8 bytes, big-endian, of MD5 (RFC 1321).
    Md5,
    /// FNV-1a (Fowler, Noll, Vo) with 64 bits. Short labels that differ in their last byte alone fall near each other: the last
    /// step multiplies by a number whose high bits are few, so the difference hardly reaches the high end.
    Fnv1a,
    /// `h = 31·h + byte` in 32 bits, from 0: Java's `String.hashCode` for ASCII, and the hash of many tutorials. Weak
    /// on purpose: a last byte greater by one is a place greater by one, so `node#0` to `node#9` are neighbours, all
    /// points of a node lie in a few heaps, and short keys lie at the low end.
    Weak,
    /// The first 4 bytes, little-endian, of MD5: ketama.
    KetamaMd5,
    /// CRC-32 (IEEE): nginx.
    Crc32,
    /// MurmurHash3 x86_32 with this seed: node-hashring.
    Murmur3(u32),
    /// xxHash64 with this seed: Envoy.
    Xx64(u64),
    /// CRC-16/XMODEM of the key's [`hash_tag`]: the slots of Redis Cluster.
    RedisCrc16,
}

impl KeyHash {
    /// Those that readers choose among; the others belong to their strategies.
    pub const ALL: [KeyHash; 4] = [KeyHash::Sha1, KeyHash::Md5, KeyHash::Fnv1a, KeyHash::Weak];

    /// The name on the command line and in links.
    pub fn name(self) -> &'static str {
        match self {
            KeyHash::Sha1 => "sha1",
            KeyHash::Md5 => "md5",
            KeyHash::Fnv1a => "fnv1a",
            KeyHash::Weak => "weak",
            KeyHash::KetamaMd5 => "ketama-md5",
            KeyHash::Crc32 => "crc32",
            KeyHash::Murmur3(_) => "murmur3",
            KeyHash::Xx64(_) => "xxh64",
            KeyHash::RedisCrc16 => "redis-crc16",
        }
    }

    /// The hash of this name among [`KeyHash::ALL`].
    pub fn named(name: &str) -> Option<KeyHash> {
        KeyHash::ALL.into_iter().find(|hash| hash.name() == name)
    }

    /// The position of these bytes, in units of 1/2^64 of the circle.
    #[inline]
    pub fn position(self, bytes: &[u8]) -> u64 {
        match self {
            KeyHash::Sha1 => super::block::head(bytes),
            KeyHash::Md5 => first_eight(&md5(bytes)),
            KeyHash::Fnv1a => fnv1a(bytes),
            KeyHash::Weak => widened(weak(bytes)),
            KeyHash::KetamaMd5 => {
                let [a, b, c, d, ..] = md5(bytes);
                widened(u32::from_le_bytes([a, b, c, d]))
            }
            KeyHash::Crc32 => widened(crc32(&[bytes])),
            KeyHash::Murmur3(seed) => widened(murmur3(bytes, seed)),
            KeyHash::Xx64(seed) => XxHash64::oneshot(seed, bytes),
            KeyHash::RedisCrc16 => u64::from(crc16(hash_tag(bytes))) * 0x1_0001_0001_0001,
        }
    }
}

/// The place on the circle of 2^64 of a place on one of 2^32.
pub fn widened(place: u32) -> u64 {
    u64::from(place) * 0x1_0000_0001
}

/// The SHA-1 digest of these bytes, 20 bytes (FIPS 180-4).
pub fn sha1(bytes: &[u8]) -> [u8; 20] {
    Sha1::digest(bytes).into()
}

/// The MD5 digest of these bytes, 16 bytes (RFC 1321).
pub fn md5(bytes: &[u8]) -> [u8; 16] {
    Md5::digest(bytes).into()
}

/// CRC-32 (IEEE 802.3, as zlib and nginx have it) of these parts, one after the other.
pub fn crc32(parts: &[&[u8]]) -> u32 {
    const CRC: Crc<u32> = Crc::<u32>::new(&CRC_32_ISO_HDLC);
    let mut digest = CRC.digest();
    parts.iter().for_each(|part| digest.update(part));
    digest.finalize()
}

/// CRC-16/XMODEM, as Redis Cluster has it: "123456789" gives 0x31C3.
pub fn crc16(bytes: &[u8]) -> u16 {
    const CRC: Crc<u16> = Crc::<u16>::new(&CRC_16_XMODEM);
    CRC.checksum(bytes)
}

/// What Redis Cluster hashes of a key: what stands between the first `{` and the first `}` after it, unless that is
/// nothing; else the whole key. Keys with the same tag share a slot.
pub fn hash_tag(key: &[u8]) -> &[u8] {
    let inside = key.iter().position(|&byte| byte == b'{').map(|open| &key[open + 1..]);
    let tag = inside.and_then(|rest| rest.iter().position(|&byte| byte == b'}').map(|close| &rest[..close]));
    tag.filter(|tag| !tag.is_empty()).unwrap_or(key)
}

fn first_eight(digest: &[u8]) -> u64 {
    digest.iter().take(8).fold(0, |word, &byte| word << 8 | u64::from(byte))
}

fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xCBF2_9CE4_8422_2325, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01B3))
}

fn weak(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |hash: u32, &byte| hash.wrapping_mul(31).wrapping_add(byte.into()))
}

/// MurmurHash3 x86_32 (Appleby).
fn murmur3(bytes: &[u8], seed: u32) -> u32 {
    let scrambled = |block: u32| block.wrapping_mul(0xCC9E_2D51).rotate_left(15).wrapping_mul(0x1B87_3593);
    let little = |block: &[u8]| block.iter().rev().fold(0, |word: u32, &byte| word << 8 | u32::from(byte));
    let blocks = bytes.chunks_exact(4);
    let tail = scrambled(little(blocks.remainder()));
    let body = blocks.fold(seed, |hash, block| {
        (hash ^ scrambled(little(block))).rotate_left(13).wrapping_mul(5).wrapping_add(0xE654_6B64)
    });
    let mut hash = body ^ tail ^ bytes.len() as u32;
    hash = (hash ^ hash >> 16).wrapping_mul(0x85EB_CA6B);
    hash = (hash ^ hash >> 13).wrapping_mul(0xC2B2_AE35);
    hash ^ hash >> 16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_hash_gives_its_published_values() {
        let hex = |digest: &[u8]| digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        assert_eq!(hex(&md5(b"")), "d41d8cd98f00b204e9800998ecf8427e"); // RFC 1321, A.5
        assert_eq!(hex(&md5(b"message digest")), "f96b697d7cb7938d525a2f31aaf161d0");
        assert_eq!(KeyHash::Md5.position(b"abc"), 0x9001_5098_3CD2_4FB0);
        assert_eq!(KeyHash::KetamaMd5.position(b"abc"), 0x9850_0190_9850_0190);
        assert_eq!(KeyHash::Fnv1a.position(b""), 0xCBF2_9CE4_8422_2325); // Noll's test vectors
        assert_eq!(KeyHash::Fnv1a.position(b"a"), 0xAF63_DC4C_8601_EC8C);
        assert_eq!(KeyHash::Fnv1a.position(b"foobar"), 0x8594_4171_F739_67E8);
        assert_eq!(weak(b"hello"), 99_162_322); // Java's "hello".hashCode()
        assert_eq!(crc32(&[b"123456789"]), 0xCBF4_3926);
        assert_eq!(crc32(&[b"1234", b"", b"56789"]), 0xCBF4_3926);
        assert_eq!(crc16(b"123456789"), 0x31C3); // Redis Cluster specification, appendix A
        assert_eq!(KeyHash::RedisCrc16.position(b"123456789"), 0x31C3_31C3_31C3_31C3);
        for (seed, bytes, hash) in [
            (0, "", 0),
            (1, "", 0x514E_28B7),
            (0, "hello", 0x248B_FA47),
            (0, "hello, world", 0x149B_BB7F),
            (0x9747_B28C, "The quick brown fox jumps over the lazy dog", 0x2FA8_26CD),
        ] {
            assert_eq!(murmur3(bytes.as_bytes(), seed), hash, "{bytes}");
        }
        assert_eq!(KeyHash::Xx64(0).position(b""), 0xEF46_DB37_51D8_E999); // xxHash's own examples
        assert_eq!(KeyHash::Xx64(0).position(b"abc"), 0x44BC_2CF5_AD77_0999);
    }

    #[test]
    fn narrow_places_keep_order_ends_and_remainders() {
        let places = [0, 1, 2, 1 << 31, u32::MAX - 1, u32::MAX];
        assert!(places.windows(2).all(|pair| widened(pair[0]) < widened(pair[1])));
        assert_eq!((widened(0), widened(u32::MAX)), (0, u64::MAX));
        assert!(places.iter().all(|&place| widened(place) % 1024 == u64::from(place) % 1024));
    }

    #[test]
    fn labels_of_the_weak_hash_are_neighbours_and_of_the_others_not() {
        for hash in KeyHash::ALL {
            let places: Vec<u64> = (0..10).map(|i| hash.position(format!("node#{i}").as_bytes())).collect();
            let neighbours = places.windows(2).all(|pair| pair[1].wrapping_sub(pair[0]) == widened(1));
            assert_eq!(neighbours, hash == KeyHash::Weak, "{}", hash.name());
            assert_eq!(KeyHash::named(hash.name()), Some(hash));
        }
        assert_eq!(KeyHash::named("crc32"), None, "no choice of readers");
    }

    #[test]
    fn the_tag_of_a_key_is_what_the_redis_specification_says() {
        for (key, tag) in [
            ("{user1000}.following", "user1000"),
            ("foo{}{bar}", "foo{}{bar}"),
            ("foo{{bar}}zap", "{bar"),
            ("foo{bar}{zap}", "bar"),
            ("foo{bar", "foo{bar"),
            ("foo}bar{x}", "x"),
            ("", ""),
        ] {
            assert_eq!(hash_tag(key.as_bytes()), tag.as_bytes(), "{key}");
        }
    }
}
