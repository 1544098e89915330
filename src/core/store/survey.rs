//! Where a list of keys lies, and what a change of membership moves: pure functions of the membership. The list is
//! outside the cluster; only a small sample of keys lives in the servers.

use super::view::Members;
use super::{Key, Store};
use crate::core::placement::Placement;
use crate::core::placement::list::BadRow;
use crate::core::placement::shares::{Law, Share};

pub use crate::core::placement::keys::VALUE_BYTES;

/// The lists that somebody gave, and what in them was not used.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Lists {
    pub keys: Vec<Key>,
    /// The keys are the reader's own and not the sample.
    pub own_keys: bool,
    pub own_nodes: bool,
    pub bad_keys: Vec<BadRow>,
    pub bad_nodes: Vec<BadRow>,
    /// With their weights the nodes would have more points than are drawn: all count as one.
    pub even: bool,
}

/// All keys of the list under a membership, beside an earlier one.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Survey {
    /// For each key its owner now, and before; the same if there was no change.
    pub owners: Vec<(Option<u16>, Option<u16>)>,
    /// For each slot the keys that it owns now.
    pub counts: Vec<usize>,
    pub moved: usize,
    /// Moved between two servers that were members before and after.
    pub needless: usize,
    /// Copies that some server has to get because it did not keep the key before: more than moved, as replicas move too.
    pub copies: usize,
    /// What these copies weigh: keys and values.
    pub bytes: u64,
    /// The share of keys that should have a new owner, for a server that came or went.
    pub law: Option<Law>,
}

impl Survey {
    /// The share of keys with a new owner, 0 to 1.
    pub fn share(&self) -> f64 {
        if self.owners.is_empty() { 0.0 } else { self.moved as f64 / self.owners.len() as f64 }
    }
}

/// Places the keys of the list.
pub fn survey(p: &Store, before: Option<Members>, now: Members) -> Survey {
    let mut survey = Survey { counts: vec![0; p.servers().into()], ..Survey::default() };
    let both = |slot: u16| now.has(slot) && before.is_some_and(|before| before.has(slot));
    for key in &p.lists.keys {
        let owner = p.owner_of(now, key.at);
        let was = before.map_or(owner, |before| p.owner_of(before, key.at));
        survey.owners.push((owner, was));
        if let Some(count) = owner.and_then(|slot| survey.counts.get_mut(usize::from(slot))) {
            *count += 1;
        }
        survey.moved += usize::from(owner != was);
        survey.needless += usize::from(owner != was && owner.is_some_and(both) && was.is_some_and(both));
        if let Some(before) = before {
            let old: Members = p.replicas_of(before, key.at).into_iter().collect();
            let new: Members = p.replicas_of(now, key.at).into_iter().collect();
            let fresh = new.iter().filter(|slot| !old.has(*slot)).count();
            survey.copies += fresh;
            survey.bytes += fresh as u64 * weight(key);
        }
    }
    survey.law = before.and_then(|before| movement(p, before, now)).map(|law| law.of_keys(p.lists.keys.len()));
    survey
}

/// Bytes of one copy.
pub fn weight(key: &Key) -> u64 {
    key.name.len() as u64 + VALUE_BYTES
}

/// The share of the circle that should change hands: that of the points which came or went.
fn movement(p: &Store, before: Members, now: Members) -> Option<Law> {
    let points = |slot: u16| {
        let weight = p.ring.members().get(usize::from(slot)).map_or(0, |member| member.weight);
        u64::from(weight) * u64::from(p.ring.vnodes())
    };
    let all = before.or(now);
    let changed: u64 = all.iter().filter(|slot| before.has(*slot) != now.has(*slot)).map(points).sum();
    (changed > 0).then(|| Law::of_arc(changed, all.iter().map(points).sum()))
}

/// A server's share of the list's keys, with its law.
pub fn share_of_keys(survey: &Survey, slot: u16, arc: Law) -> Share {
    let all = survey.owners.len();
    let count = survey.counts.get(usize::from(slot)).copied().unwrap_or(0);
    Share { share: if all == 0 { 0.0 } else { count as f64 / all as f64 }, law: arc.of_keys(all) }
}
