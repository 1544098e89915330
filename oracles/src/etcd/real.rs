//! The same steps on a real etcd.

use super::steps::{PREFIX, Row, Step, claimed, one};
use super::{Client, Etcd, Program, Said, by_creation, number, text, under};
use serde_json::{Value as Json, json};
use std::time::{Duration, Instant};

/// Longer than any trace, in seconds.
const LONG: i64 = 36_000;

/// The shortest lease.
pub const SHORT: i64 = 1;

pub struct Real {
    pub etcd: Etcd,
    client: Client,
    /// How long after its grant each lease of which nobody heard again took its keys with it: at most, and at least.
    pub expiries: Vec<(Duration, Duration)>,
}

fn words(said: Said, fine: impl FnOnce(Json) -> String) -> String {
    match said {
        Ok(answer) => fine(answer),
        Err(error) => error.strip_prefix("etcdserver: ").unwrap_or(&error).to_owned(),
    }
}

fn key(name: &str) -> Vec<u8> {
    format!("{PREFIX}{name}").into_bytes()
}

fn name(value: &Json) -> String {
    text(&value["key"]).strip_prefix(PREFIX).expect("under the prefix").to_owned()
}

fn revision(value: &Json) -> u32 {
    u32::try_from(number(value)).expect("a short trace")
}

impl Real {
    pub fn start(program: &Program) -> Real {
        let etcd = Etcd::start(program);
        let client = Client::connect(etcd.port()).expect("it has just answered");
        Real { etcd, client, expiries: Vec::new() }
    }

    /// # Panics
    /// When the server does not answer.
    pub fn apply(&mut self, step: &Step) -> Row {
        let client = &mut self.client;
        let answer = match step {
            Step::Grant(lease) => words(client.grant(*lease, LONG).expect("it answers"), |_| String::new()),
            Step::Claim(name, lease) => words(claim(client, name, *lease), |answer| claim_words(&answer)),
            Step::Range => String::new(),
            Step::Before(revision) => {
                let [target, order] = by_creation("DESCEND");
                let below = ("max_create_revision", json!((revision - 1).to_string()));
                // 0 would be no bound at all; there is nothing before the first revision.
                match revision {
                    1 => String::new(),
                    _ => {
                        let more = [under(PREFIX.as_bytes()), target, order, below, ("limit", json!(1))];
                        let said = client.range(PREFIX.as_bytes(), &more).expect("it answers");
                        words(said, |answer| answer["kvs"].get(0).map_or_else(String::new, key_words))
                    }
                }
            }
            Step::Delete(name) => {
                words(client.delete(&key(name)).expect("it answers"), |answer| number(&answer["deleted"]).to_string())
            }
            Step::Revoke(lease) => words(client.revoke(*lease).expect("it answers"), |_| String::new()),
            Step::KeepAlive(lease) => {
                words(client.keep_alive(*lease).expect("it answers"), |answer| match number(&answer["TTL"]) {
                    0 => "requested lease not found".to_owned(),
                    LONG => "kept".to_owned(),
                    other => panic!("a lease of {LONG} s is kept for {other} s"),
                })
            }
            Step::Expire(names, lease) => self.expire(*names, *lease),
            Step::Crash => {
                self.crash();
                String::new()
            }
        };
        self.row(answer)
    }

    pub fn crash(&mut self) {
        self.etcd.server().kill();
        self.etcd.server().restart().unwrap_or_else(|why| panic!("etcd does not start again: {why}"));
        self.client = Client::connect(self.etcd.port()).expect("it has just answered");
    }

    pub fn client(&mut self) -> &mut Client {
        &mut self.client
    }

    fn expire(&mut self, names: [&'static str; 2], lease: i64) -> String {
        let client = &mut self.client;
        let early = Instant::now();
        let granted = client.grant(lease, SHORT).expect("it answers").expect("a fresh lease");
        let late = Instant::now();
        assert_eq!(number(&granted["TTL"]), SHORT, "an election timeout of 200 ms allows it");
        let mut told: Vec<String> = names
            .iter()
            .map(|name| {
                words(claim(client, name, lease), |answer| {
                    if answer["succeeded"] == true { "put" } else { "there" }.to_owned()
                })
            })
            .collect();
        let mut there = Instant::now();
        loop {
            let asked = Instant::now();
            let said = self.client.time_to_live(lease).expect("it answers").expect("it says how long");
            if number(&said["TTL"]) < 0 && !self.row(String::new()).keys.iter().any(|key| key.2 == lease) {
                break;
            }
            there = asked;
            assert!(late.elapsed() < Duration::from_secs(20), "a lease of {SHORT} s does not end");
            std::thread::sleep(Duration::from_millis(4));
        }
        self.expiries.push((early.elapsed(), there.saturating_duration_since(late)));
        told.push("gone".to_owned());
        told.join(" ")
    }

    /// What is seen from outside.
    fn row(&mut self, answer: String) -> Row {
        let [target, order] = by_creation("ASCEND");
        let more = [under(PREFIX.as_bytes()), target, order];
        let seen = self.client.range(PREFIX.as_bytes(), &more).expect("it answers").expect("a range");
        let keys = seen["kvs"].as_array().into_iter().flatten();
        let keys = keys.map(|one| (name(one), revision(&one["create_revision"]), number(&one["lease"])));
        let there = self.client.call("lease/leases", &json!({})).expect("it answers").expect("a list");
        let mut leases: Vec<i64> =
            there["leases"].as_array().into_iter().flatten().map(|lease| number(&lease["ID"])).collect();
        leases.sort_unstable();
        Row { answer, revision: revision(&seen["header"]["revision"]), keys: keys.collect(), leases }
    }
}

fn claim(client: &mut Client, name: &str, lease: i64) -> Said {
    client.claim(PREFIX.as_bytes(), &key(name), b"", lease).expect("it answers")
}

fn claim_words(answer: &Json) -> String {
    let now = revision(&answer["header"]["revision"]);
    let succeeded = answer["succeeded"] == true;
    // The put says no more than that: the key is as old as the transaction.
    let mine = match succeeded {
        true => now,
        false => revision(&answer["responses"][0]["response_range"]["kvs"][0]["create_revision"]),
    };
    let first = &answer["responses"][1]["response_range"]["kvs"][0];
    claimed(succeeded, now, mine, (&name(first), revision(&first["create_revision"])))
}

fn key_words(value: &Json) -> String {
    one(&name(value), revision(&value["create_revision"]))
}
