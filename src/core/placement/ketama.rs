//! Ketama: the ring of memcached's clients. libketama's rule as npm hashring, uhashring (`hash_fn="ketama"`) and
//! libmemcached (`KETAMA_WEIGHTED`) have it: three programs, one placement.
//!
//! Of n members with weights w that sum to W, each has floor(w/W · 40 · n) digests MD5(`NAME-i`), and each digest is four
//! little-endian places on a circle of 2^32, so 160 points for a member of mean weight. A key is at the first
//! little-endian 4 bytes of its MD5. A member whose weight is below 1/40 of the mean has no point and owns nothing.
//!
//! When a member comes or goes all shares w/W change, and with unequal weights so do the points of all others: the
//! placement is then not monotone. With equal weights it is.

use super::circle::{Circle, Spot};
use super::hash::{md5, widened};
use super::{KeyHash, Member};

/// Digests of a member of mean weight, each four points.
pub const DIGESTS: u64 = 40;

/// With the number of digests in integers. Names have to differ; there are about 160 points a member.
pub fn circle(members: Vec<Member>) -> Circle {
    let (n, all) = (members.len() as u64, total(&members));
    with_digests(members, |weight| digests(weight, all, n))
}

/// With the number of digests in floating point, as npm hashring 3.2.0 has it: 1/7·40·7 is a little less than 40, so
/// that each of 7 equal members has 39 digests and clients in other languages disagree.
pub fn circle_in_floats(members: Vec<Member>) -> Circle {
    let (n, all) = (members.len() as u64, total(&members));
    with_digests(members, |weight| digests_in_floats(weight, all, n))
}

fn with_digests(members: Vec<Member>, digests: impl Fn(u32) -> u64) -> Circle {
    let mut spots = Vec::new();
    for (member, Member { name, weight, .. }) in members.iter().enumerate() {
        for i in 0..digests(*weight) {
            let digest = md5(format!("{name}-{i}").as_bytes());
            let place = |four: &[u8]| four.iter().rev().fold(0, |word, &byte| word << 8 | u32::from(byte));
            spots.extend(digest.chunks(4).map(|four| Spot { at: widened(place(four)), member: member as u32 }));
        }
    }
    Circle::new(members, KeyHash::KetamaMd5, spots)
}

fn total(members: &[Member]) -> u64 {
    members.iter().map(|member| u64::from(member.weight)).sum()
}

/// Digests of a member of this weight, of n that weigh `all` together.
pub fn digests(weight: u32, all: u64, n: u64) -> u64 {
    let share = u128::from(weight) * u128::from(DIGESTS) * u128::from(n);
    share.checked_div(all.into()).unwrap_or(0) as u64
}

/// As [`digests`], with the roundings of npm hashring.
pub fn digests_in_floats(weight: u32, all: u64, n: u64) -> u64 {
    (f64::from(weight) / all as f64 * DIGESTS as f64 * n as f64).floor() as u64
}
