//! Loops whose speed or memory is measured, compiled natively and for wasm32, where `run.mjs` and `hours.mjs` call them
//! under Node. Whoever calls keeps the time: core knows no clock.

pub mod commit;
pub mod hours;
pub mod placement;
pub mod search;

use faultline::core::lock::keyspace::{Command, Keyspace, Millis, Reply, parse};
use std::hint::black_box;

/// Locks in one batch, all held at once.
const LOCKS: usize = 20;

/// Commands in one batch: so many are under way at once to a real server.
pub const BATCH: usize = LOCKS * 5;

/// One batch in the words of the wire: each lock is taken, refused to another client, looked at twice and released. It
/// leaves no key behind.
pub fn batch() -> Vec<Vec<String>> {
    let words = |line: String| line.split(' ').map(str::to_owned).collect();
    let steps: [fn(usize) -> String; 5] = [
        |n| format!("SET lock:{n} client-a:{n} NX PX 30000"),
        |n| format!("SET lock:{n} client-b:{n} NX PX 30000"),
        |n| format!("GET lock:{n}"),
        |n| format!("PTTL lock:{n}"),
        |n| format!("EVALCAD lock:{n} client-a:{n}"),
    ];
    steps.iter().flat_map(|step| (0..LOCKS).map(|n| words(step(n)))).collect()
}

/// The simulated keyspace, and a batch as it gets it inside a cluster: read already, nothing to parse.
pub struct Simulated {
    keys: Keyspace<i64>,
    commands: Vec<Command>,
    now: i64,
}

impl Default for Simulated {
    fn default() -> Self {
        let read = |words: Vec<String>| parse(&words.iter().map(String::as_str).collect::<Vec<_>>());
        let commands = batch().into_iter().map(|words| read(words).expect("inside the subset")).collect();
        Simulated { keys: Keyspace::default(), commands, now: 1 }
    }
}

impl Simulated {
    /// The replies to one batch; then a millisecond passes.
    pub fn replies(&mut self) -> impl Iterator<Item = Reply> + '_ {
        self.now += 1;
        let Simulated { keys, commands, now } = self;
        let mut time = Millis { now: *now };
        commands.iter().map(move |command| keys.execute(command, &mut time))
    }

    pub fn run(&mut self, batches: u32) {
        for _ in 0..batches {
            self.replies().for_each(|reply| drop(black_box(reply)));
        }
    }
}

/// For WebAssembly: runs so many batches on a fresh keyspace, and returns how many commands those were.
#[unsafe(no_mangle)]
pub extern "C" fn redis_batches(batches: u32) -> u32 {
    Simulated::default().run(batches);
    batches * BATCH as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_takes_refuses_and_releases() {
        let mut simulated = Simulated::default();
        for _ in 0..3 {
            let replies: Vec<Reply> = simulated.replies().collect();
            assert_eq!(replies.len(), BATCH);
            let of = |step: usize| &replies[step * LOCKS..(step + 1) * LOCKS];
            assert!(of(0).iter().all(|reply| *reply == Reply::Ok));
            assert!(of(1).iter().all(|reply| *reply == Reply::Nil));
            assert!(of(2).iter().all(|reply| matches!(reply, Reply::Bulk(_))));
            assert!(of(3).iter().all(|reply| *reply == Reply::Int(30_000)));
            assert!(of(4).iter().all(|reply| *reply == Reply::Int(1)));
            assert!(simulated.keys.entries().is_empty());
        }
    }
}
