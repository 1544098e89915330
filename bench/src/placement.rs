//! The SHA-1 ring at the size of the published comparison: 100 nodes of 160 points, 200,000 keys of 14 bytes.

use faultline::core::hash;
use faultline::core::placement::ring::Ring;
use faultline::core::placement::{KeyHash, Member};
use std::cell::RefCell;

pub const NODES: usize = 100;
pub const VNODES: u32 = 160;
pub const KEYS: usize = 200_000;
/// [`fingerprint`] of the owners of [`keys`] on [`ring`], natively and in WebAssembly.
pub const FINGERPRINT: u32 = 3_106_970_502;

pub fn members(count: usize) -> Vec<Member> {
    (0..count).map(|i| Member::new(format!("node-{i}"), 1)).collect()
}

pub fn ring() -> Ring {
    Ring::new(members(NODES), VNODES).expect("the names differ")
}

/// Some key; `run.mjs` makes the same.
pub fn key(i: usize) -> String {
    format!("user:{:09}", i * 7919)
}

pub fn keys() -> Vec<String> {
    (0..KEYS).map(key).collect()
}

/// All positions, one after the other: what a look-up cannot do without.
pub fn hashed<'k>(keys: impl Iterator<Item = &'k [u8]>) -> u64 {
    keys.fold(0, |all, key| all ^ KeyHash::Sha1.position(key))
}

/// One number for all owners.
pub fn fingerprint(owners: &[u32]) -> u32 {
    hash::narrow(&owners) as u32
}

/// What the calls from JavaScript work on.
struct Shop {
    ring: Ring,
    keys: Vec<String>,
    /// Keys from JavaScript, one after the other.
    text: Vec<u8>,
    /// Where each of them ends.
    ends: Vec<u32>,
    owners: Vec<u32>,
}

thread_local! {
    static SHOP: RefCell<Shop> = RefCell::new(Shop {
        ring: ring(),
        keys: keys(),
        text: Vec::new(),
        ends: Vec::new(),
        owners: Vec::new(),
    });
}

/// For WebAssembly: room for keys of so many bytes in all.
#[unsafe(no_mangle)]
pub extern "C" fn placement_text(bytes: usize) -> *mut u8 {
    SHOP.with_borrow_mut(|shop| {
        if shop.text.len() < bytes {
            shop.text.resize(bytes, 0);
        }
        shop.text.as_mut_ptr()
    })
}

/// For WebAssembly: room for the ends of so many keys.
#[unsafe(no_mangle)]
pub extern "C" fn placement_ends(keys: usize) -> *mut u32 {
    SHOP.with_borrow_mut(|shop| {
        shop.ends.resize(keys, 0);
        shop.ends.as_mut_ptr()
    })
}

/// For WebAssembly: the owners of the keys that were written there, as indices of members.
///
/// # Panics
/// If an end lies beyond the text or before another one.
#[unsafe(no_mangle)]
pub extern "C" fn placement_place() -> *const u32 {
    SHOP.with_borrow_mut(|shop| {
        shop.owners.clear();
        let mut from = 0;
        let keys = shop.ends.iter().map(|&end| &shop.text[std::mem::replace(&mut from, end as usize)..end as usize]);
        shop.ring.owners_of(keys, &mut shop.owners);
        shop.owners.as_ptr()
    })
}

/// For WebAssembly: places all keys as they lie in Rust, and returns the fingerprint of their owners if asked to.
#[unsafe(no_mangle)]
pub extern "C" fn placement_lookups(ask: bool) -> u32 {
    SHOP.with_borrow_mut(|shop| {
        shop.owners.clear();
        shop.ring.owners_of(shop.keys.iter().map(String::as_bytes), &mut shop.owners);
        if ask { fingerprint(&shop.owners) } else { 0 }
    })
}

/// For WebAssembly: only the hashes of all keys.
#[unsafe(no_mangle)]
pub extern "C" fn placement_hashed() -> u64 {
    SHOP.with_borrow(|shop| hashed(shop.keys.iter().map(String::as_bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same number as in WebAssembly, which `cargo xtask bench --only placement` compares.
    #[test]
    fn owners_are_pinned() {
        assert_eq!(placement_lookups(true), FINGERPRINT);
    }

    #[test]
    fn keys_come_over_in_one_text() {
        let (mut text, mut ends) = (String::new(), Vec::new());
        for key in keys() {
            text += &key;
            ends.push(text.len() as u32);
        }
        placement_text(text.len());
        placement_ends(ends.len());
        SHOP.with_borrow_mut(|shop| {
            shop.text[..text.len()].copy_from_slice(text.as_bytes());
            shop.ends.copy_from_slice(&ends);
        });
        placement_place();
        assert_eq!(SHOP.with_borrow(|shop| fingerprint(&shop.owners)), FINGERPRINT);
    }
}
