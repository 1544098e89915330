//! The rings of other crates, each with its own hash, and with SHA-1 where it takes another. Beside each this project's
//! ring with the same hash: what differs is how a position finds its owner, and, for SHA-1, what it takes to plug it in.

use super::race;
use bench::placement::{KEYS, NODES, VNODES, keys, members, ring};
use faultline::core::placement::block;
use faultline::core::placement::ring::{NOBODY, Ring};
use std::hash::{BuildHasher, BuildHasherDefault, Hash, Hasher};
use std::hint::black_box;

const SHA1: &str = "SHA-1";

/// SHA-1 as a hasher: collects what is written.
#[derive(Clone, Default)]
struct Sha1 {
    bytes: [u8; 32],
    length: usize,
}

impl Hasher for Sha1 {
    fn write(&mut self, bytes: &[u8]) {
        self.bytes[self.length..self.length + bytes.len()].copy_from_slice(bytes);
        self.length += bytes.len();
    }

    fn finish(&self) -> u64 {
        block::head(&self.bytes[..self.length])
    }
}

type Sha1Build = BuildHasherDefault<Sha1>;

struct Plugged;

impl consistent_hash::RingHash for Plugged {
    fn hash_item<T: Hash>(&self, item: &T) -> u64 {
        Sha1Build::default().hash_one(item)
    }
}

#[derive(Clone)]
struct Named(String);

impl conhash::Node for Named {
    fn name(&self) -> String {
        self.0.clone()
    }
}

/// Looks all these keys up.
type Find = Box<dyn Fn(&[String])>;

/// Puts the hash of each of these keys into the slice.
type Hashes = Box<dyn Fn(&[String], &mut [u64])>;

/// A ring of another crate: its name, the hash, how it finds a key's owner, and the same hash alone.
struct Peer {
    name: &'static str,
    hash: &'static str,
    find: Find,
    position: Hashes,
}

fn peer<T>(
    (name, hash): (&'static str, &'static str),
    find: impl Fn(&String) -> T + 'static,
    position: impl Fn(&String) -> u64 + 'static,
) -> Peer {
    Peer {
        name,
        hash,
        find: Box::new(move |keys| {
            for key in keys {
                black_box(find(key));
            }
        }),
        position: Box::new(move |keys, out| {
            for (out, key) in out.iter_mut().zip(keys) {
                *out = position(key);
            }
        }),
    }
}

/// This project's ring, the keys hashed by somebody else's hash.
fn ours(ring: &Ring, keys: &[String], position: &dyn Fn(&[String], &mut [u64])) {
    let (mut positions, mut owners) = ([0; 64], [NOBODY; 64]);
    for keys in keys.chunks(64) {
        position(keys, &mut positions);
        ring.owners(&positions[..keys.len()], &mut owners);
        black_box(&owners);
    }
}

fn names() -> Vec<String> {
    members(NODES).into_iter().map(|member| member.name).collect()
}

fn with_hasher<S: BuildHasher + Clone + 'static>(hash: &'static str, build: &S) -> Peer {
    let mut ring = hashring::HashRing::with_hasher(build.clone());
    ring.batch_add((0..NODES as u32).flat_map(|node| (0..VNODES).map(move |i| (node, i))).collect());
    let build = build.clone();
    peer(("hashring 0.3.6", hash), move |key| ring.get(key).map(|point| point.0), move |key| build.hash_one(key))
}

fn flexible<S: BuildHasher + Clone + 'static>(hash: &'static str, build: &S) -> Peer {
    let ring = consistent_hash_ring::RingBuilder::new(build.clone()).vnodes(VNODES as usize).nodes(&names()).build();
    let build = build.clone();
    peer(("consistent_hash_ring 0.8.0", hash), move |key| ring.get(key).len(), move |key| build.hash_one(key))
}

fn fixed<H: consistent_hash::RingHash + 'static>(hash: &'static str, ring_hash: fn() -> H) -> Peer {
    let nodes = names().into_iter().map(|name| consistent_hash::Node::new(name).quantity(VNODES as usize));
    let ring = consistent_hash::StaticHashRing::new(ring_hash(), nodes);
    let position = move |key: &String| ring_hash().hash_item(key);
    peer(
        ("consistent_hash 0.1.4", hash),
        move |key| ring.calc_candidates(key).next().map(|node| node.key.len()),
        position,
    )
}

fn tree(hash: &'static str, digest: fn(&[u8]) -> Vec<u8>, head: fn(&[u8]) -> u64) -> Peer {
    let mut ring = conhash::ConsistentHash::with_hash(digest);
    for name in names() {
        ring.add(&Named(name), VNODES as usize);
    }
    peer(
        ("conhash 0.5.1", hash),
        move |key| ring.get_str(key).map(|node| node.0.len()),
        move |key| head(key.as_bytes()),
    )
}

fn md5_head(bytes: &[u8]) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = md5::compute(bytes).0;
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}

fn groupcache() -> Peer {
    let mut ring = basic_hash_ring::HashRing::new_with_replicas(VNODES as usize);
    ring.add(&names());
    let hash = |key: &String| xxhash_rust::xxh3::xxh3_64(key.as_bytes());
    peer(("basic_hash_ring 0.2.0", "XXH3"), move |key| ring.get(key).map(String::len), hash)
}

fn peers() -> Vec<Peer> {
    let sha1 = |bytes: &[u8]| block::words(bytes).iter().flat_map(|word| word.to_be_bytes()).collect();
    vec![
        flexible("FNV-1a", &fnv::FnvBuildHasher::default()),
        groupcache(),
        fixed("SipHash-1-3", || consistent_hash::DefaultHash),
        with_hasher("SipHash-2-4", &hashring::DefaultHashBuilder),
        tree("MD5", |bytes| md5::compute(bytes).to_vec(), md5_head),
        flexible(SHA1, &Sha1Build::default()),
        fixed(SHA1, || Plugged),
        with_hasher(SHA1, &Sha1Build::default()),
        tree(SHA1, sha1, block::head),
    ]
}

pub fn table() {
    let (ring, keys) = (ring(), keys());
    println!("  {:<28} {:<12} {:>12} {:>22} {:>8}", "", "hash", "its keys/s", "ours with that hash", "ratio");
    for Peer { name, hash, find, position } in peers() {
        let mut theirs = || find(&keys);
        let mut owners = Vec::new();
        let mut mine = || {
            if hash == SHA1 {
                owners.clear();
                ring.owners_of(keys.iter().map(String::as_bytes), &mut owners);
                black_box(&owners);
            } else {
                ours(&ring, &keys, &*position);
            }
        };
        let times = race(&mut [&mut theirs, &mut mine]);
        let rate = |time: f64| KEYS as f64 / time / 1e6;
        println!(
            "  {name:<28} {hash:<12} {:>10.2} M {:>20.2} M {:>6.2} x",
            rate(times[0]),
            rate(times[1]),
            times[0] / times[1],
        );
    }
}
