fn main() {
    let keys = bench::placement::keys();
    let ring = bench::placement::ring();
    let begin = std::time::Instant::now();
    for _ in 0..5 {
        std::hint::black_box(bench::placement::hashed(keys.iter().map(|k| k.as_bytes())));
    }
    println!("head {:?}", begin.elapsed() / 1_000_000);
    let begin = std::time::Instant::now();
    for _ in 0..5 {
        let mut all = 0u8;
        for k in &keys {
            all ^= faultline::core::placement::sha1(k.as_bytes())[0];
        }
        std::hint::black_box(all);
    }
    println!("digest {:?}", begin.elapsed() / 1_000_000);
    let mut out = Vec::new();
    let begin = std::time::Instant::now();
    for _ in 0..5 {
        out.clear();
        ring.owners_of(keys.iter().map(|k| k.as_bytes()), &mut out);
    }
    println!("block {:?}", begin.elapsed() / 1_000_000);
    let begin = std::time::Instant::now();
    for _ in 0..5 {
        out.clear();
        out.extend(keys.iter().map(|k| ring.owner_of_hash(ring.position(k.as_bytes())).unwrap() as u32));
    }
    println!("one by one {:?}", begin.elapsed() / 1_000_000);
    let ps: Vec<u64> = keys.iter().map(|k| ring.position(k.as_bytes())).collect();
    let mut own = vec![0; ps.len()];
    let begin = std::time::Instant::now();
    for _ in 0..5 {
        ring.owners(&ps, &mut own);
    }
    println!("lookups {:?}", begin.elapsed() / 1_000_000);
}
