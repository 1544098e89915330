//! Commands per second of the simulated Redis, natively, and of a real redis-server on this machine; one line of JSON.

#[cfg(unix)]
fn main() {
    println!("{}", serde_json::json!({ "simulated": measure::simulated(), "redis_server": measure::redis_server() }));
}

#[cfg(not(unix))]
fn main() {}

#[cfg(unix)]
mod measure {
    use bench::{BATCH, Simulated, batch};
    use faultline::core::lock::keyspace::Plain;
    use oracles::redis::{COMPARE_AND_DELETE, Redis, line, plain, program};
    use redis::{ConnectionLike, Pipeline};
    use std::time::{Duration, Instant};

    const ROUNDS: usize = 5;
    const ROUND: Duration = Duration::from_millis(500);

    /// Median of several rounds; the first, in which caches fill, does not count.
    fn per_second(mut commands: impl FnMut() -> usize) -> u64 {
        let mut rates: Vec<u64> = (0..=ROUNDS)
            .map(|_| {
                let (began, mut done) = (Instant::now(), 0);
                while began.elapsed() < ROUND {
                    done += commands();
                }
                (done as f64 / began.elapsed().as_secs_f64()) as u64
            })
            .collect();
        let rates = &mut rates[1..];
        rates.sort_unstable();
        rates[ROUNDS / 2]
    }

    pub fn simulated() -> u64 {
        let mut simulated = Simulated::default();
        per_second(|| {
            simulated.run(200);
            200 * BATCH
        })
    }

    /// One connection over loopback, one batch under way at a time, its bytes packed beforehand and the script known to
    /// the server: what is measured is the server, the loopback, and reading the replies.
    pub fn redis_server() -> Option<u64> {
        let redis = Redis::start(&program()?, &[]);
        let mut connection = redis.connect();
        let mut load = redis::cmd("SCRIPT");
        let script: String = load.arg("LOAD").arg(COMPARE_AND_DELETE).query(&mut connection).expect("it loads");
        let mut pipeline = Pipeline::with_capacity(BATCH);
        for words in batch() {
            match words[..] {
                [ref name, ref key, ref value] if name == "EVALCAD" => {
                    pipeline.cmd("EVALSHA").arg(&script).arg(1).arg(key).arg(value)
                }
                _ => pipeline.cmd(&words[0]).arg(&words[1..]),
            };
        }
        let bytes = pipeline.get_packed_pipeline();
        let mut run = || connection.req_packed_commands(&bytes, 0, BATCH).expect("it answers");
        // Both do the same work: equal replies, but for the times to live.
        let (real, mut same) = (run(), Simulated::default());
        for (real, simulated) in real.iter().zip(same.replies()) {
            match (plain(real), Plain::from(&simulated)) {
                (Plain::Int(left), Plain::Int(full)) if full > 1 => assert!((1..=full).contains(&left), "{left}"),
                (real, simulated) => assert_eq!(real, simulated),
            }
        }
        let rate = per_second(|| run().len());
        assert_eq!(line::<i64>(&mut redis.connect(), "DBSIZE").expect("it answers"), 0, "a batch leaves no key");
        Some(rate)
    }
}
