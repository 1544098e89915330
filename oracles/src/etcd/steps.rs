//! Random steps over a few keys and leases, in the words of a trace; and what they do to the simulated store.

use crate::commands::Dice;
use faultline::core::coordination::etcd::keys::{Fault, Keys};
use serde_json::{Value as Json, json};

/// All keys lie under it.
pub const PREFIX: &str = "lock/";

/// Few, so that they meet.
const NAMES: [&str; 6] = ["2b", "7f", "1a", "c3", "0d", "9e"];
const LEASES: u64 = 7;

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Step {
    /// A lease that outlasts the trace.
    Grant(i64),
    Claim(&'static str, i64),
    Range,
    /// The newest key that is older than this revision.
    Before(u32),
    Delete(&'static str),
    Revoke(i64),
    KeepAlive(i64),
    /// A short lease with two keys, of which nobody hears again.
    Expire([&'static str; 2], i64),
    /// `kill -9`, and a restart.
    Crash,
}

/// What a step led to, as it is compared.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    pub answer: String,
    pub revision: u32,
    /// Name, revision of its creation and lease, oldest first.
    pub keys: Vec<(String, u32, i64)>,
    /// In order.
    pub leases: Vec<i64>,
}

impl Row {
    pub fn json(&self, step: &Step) -> Json {
        json!([step.words(), self.answer, self.revision, self.keys, self.leases])
    }
}

impl Step {
    fn words(&self) -> String {
        match self {
            Step::Grant(lease) => format!("grant {lease}"),
            Step::Claim(name, lease) => format!("claim {name} {lease}"),
            Step::Range => "range".to_owned(),
            Step::Before(revision) => format!("before {revision}"),
            Step::Delete(name) => format!("delete {name}"),
            Step::Revoke(lease) => format!("revoke {lease}"),
            Step::KeepAlive(lease) => format!("keepalive {lease}"),
            Step::Expire([one, other], lease) => format!("expire {one} {other} {lease}"),
            Step::Crash => "kill -9".to_owned(),
        }
    }

    /// The step of a recorded row.
    pub fn parse(row: &Json) -> Option<Step> {
        let words: Vec<&str> = row[0].as_str()?.split(' ').collect();
        let name = |word: &str| NAMES.into_iter().find(|name| *name == word);
        Some(match words[..] {
            ["grant", lease] => Step::Grant(lease.parse().ok()?),
            ["claim", word, lease] => Step::Claim(name(word)?, lease.parse().ok()?),
            ["range"] => Step::Range,
            ["before", revision] => Step::Before(revision.parse().ok()?),
            ["delete", word] => Step::Delete(name(word)?),
            ["revoke", lease] => Step::Revoke(lease.parse().ok()?),
            ["keepalive", lease] => Step::KeepAlive(lease.parse().ok()?),
            ["expire", one, other, lease] => Step::Expire([name(one)?, name(other)?], lease.parse().ok()?),
            ["kill", "-9"] => Step::Crash,
            _ => return None,
        })
    }
}

/// A claim as both say it: whether the key was put, the store's revision, the key's, and who is the oldest.
pub fn claimed(succeeded: bool, revision: u32, created: u32, first: (&str, u32)) -> String {
    let did = if succeeded { "put" } else { "there" };
    format!("{did} at {revision}, created {created}, first {} {}", first.0, first.1)
}

pub fn one(name: &str, created: u32) -> String {
    format!("{name} {created}")
}

/// The store of the page.
#[derive(Default)]
pub struct Simulated(Keys<&'static str, i64>);

impl Simulated {
    pub fn apply(&mut self, step: &Step) -> Row {
        let keys = &mut self.0;
        let answer = match step {
            Step::Grant(lease) => said(keys.grant(*lease).map(|()| String::new())),
            Step::Claim(name, lease) => said(
                keys.claim(name, *lease)
                    .map(|claim| claimed(claim.succeeded, claim.revision, claim.created, claim.first)),
            ),
            Step::Range | Step::Crash => String::new(),
            Step::Before(revision) => keys.before(*revision).map(|key| one(key.name, key.created)).unwrap_or_default(),
            Step::Delete(name) => keys.delete(name).map_or("0", |_| "1").to_owned(),
            Step::Revoke(lease) => said(keys.revoke(*lease).map(|_| String::new())),
            Step::KeepAlive(lease) if keys.leases().contains(lease) => "kept".to_owned(),
            Step::KeepAlive(_) => fault_word(Fault::NoLease).to_owned(),
            Step::Expire(names, lease) => {
                let mut told = vec![said(keys.grant(*lease).map(|()| String::new()))];
                for name in names {
                    let claim = keys.claim(name, *lease).map(|claim| claim.succeeded);
                    told.push(said(claim.map(|put| if put { "put" } else { "there" }.to_owned())));
                }
                told.push(said(keys.revoke(*lease).map(|_| "gone".to_owned())));
                told[1..].join(" ")
            }
        };
        let all = keys.all().iter().map(|key| (key.name.to_owned(), key.created, key.lease));
        Row { answer, revision: keys.revision(), keys: all.collect(), leases: keys.leases().to_vec() }
    }

    pub fn random(&self, dice: &mut Dice) -> Step {
        let any = |dice: &mut Dice| NAMES[dice.below(NAMES.len() as u64) as usize];
        let lease = |dice: &mut Dice| 1 + dice.below(LEASES) as i64;
        let name = any(dice);
        match dice.below(400) {
            0..60 => Step::Grant(lease(dice)),
            60..190 => Step::Claim(name, lease(dice)),
            190..210 => Step::Range,
            210..260 => Step::Before(1 + dice.below(u64::from(self.0.revision()) + 1) as u32),
            260..320 => Step::Delete(name),
            320..365 => Step::Revoke(lease(dice)),
            365..399 => Step::KeepAlive(lease(dice)),
            _ => {
                let fresh = LEASES as i64 + 1;
                let other = NAMES.into_iter().find(|other| *other != name).expect("there are several");
                Step::Expire([name, other], fresh)
            }
        }
    }
}

fn said(result: Result<String, Fault>) -> String {
    result.unwrap_or_else(|fault| fault_word(fault).to_owned())
}

fn fault_word(fault: Fault) -> &'static str {
    match fault {
        Fault::NoLease => "requested lease not found",
        Fault::LeaseExists => "lease already exists",
    }
}
