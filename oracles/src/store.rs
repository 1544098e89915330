//! A Redis to talk to, real or simulated: what a recorded run did is done to both.

use faultline::core::lock::keyspace::{Keyspace, Millis, Plain, parse};
use std::time::Duration;

pub trait Store {
    /// One command, its words apart by blanks.
    fn call(&mut self, line: &str) -> Plain;
    fn pass(&mut self, time: Duration);
    /// `kill -9`, and started again. Returns how long the start took.
    fn crash(&mut self) -> Duration;
}

/// A reply as Python's client shows it, in which the transcripts were recorded.
pub fn python(reply: &Plain) -> String {
    match reply {
        Plain::Nil => "None".to_owned(),
        Plain::Int(n) => n.to_string(),
        Plain::Text(text) if text == "OK" => "True".to_owned(),
        Plain::Text(text) => text.clone(),
    }
}

/// The keyspace of the page, with a clock of its own in milliseconds.
pub struct Simulated {
    keys: Keyspace<i64>,
    now: i64,
    persists: bool,
}

impl Simulated {
    /// Whether it writes an append-only file that a crash of the process leaves whole.
    pub fn new(persists: bool) -> Simulated {
        Simulated { keys: Keyspace::default(), now: 1, persists }
    }
}

impl Store for Simulated {
    fn call(&mut self, line: &str) -> Plain {
        let words: Vec<&str> = line.split(' ').collect();
        let command = parse(&words).unwrap_or_else(|| panic!("outside the subset: {line}"));
        Plain::from(&self.keys.execute(&command, &mut Millis { now: self.now }))
    }

    fn pass(&mut self, time: Duration) {
        self.now += i64::try_from(time.as_millis()).expect("less than an age");
    }

    /// The file holds each key with its deadline as an absolute time.
    fn crash(&mut self) -> Duration {
        let before = std::mem::take(&mut self.keys);
        if self.persists {
            before.entries().iter().for_each(|entry| self.keys.restore(entry.clone()));
        }
        self.now += 1;
        Duration::from_millis(1)
    }
}
