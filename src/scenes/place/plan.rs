//! The command `plan`: what moves when one list of nodes becomes another.

use super::{Ask, PlaceError, Remark, Which};
use super::{assigned, few_nodes, key_list, members, scheme, zoned};
use crate::core::map::Map;
use crate::core::placement::Member;
use crate::core::placement::assign::{Assigning, Moves};
use crate::core::placement::scheme::{Scheme, Strategy};
use crate::core::placement::shares::moved_by_modulo;
use crate::scenes::scene::Lang;
use std::sync::Arc;

/// What moves.
pub struct Planned {
    pub moves: Moves,
    pub theory: Option<Theory>,
    /// What was not used, and why.
    pub remarks: Vec<Remark>,
}

/// What theory says of a change: the share of keys with a new owner, 0 to 1.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Theory {
    /// Expected.
    Expected(f64),
    /// No placement that is even before and after moves less; this one may move more.
    Least(f64),
}

/// Places each key on the nodes of one list and then of the other, as a cluster would that had the first and gets the
/// second: assigned slots and ranges change as little as they have to.
///
/// # Errors
/// See [`PlaceError`].
pub fn plan(from: &[u8], to: &[u8], keys: &[u8], ask: &Ask) -> Result<Planned, PlaceError> {
    let mut remarks = Vec::new();
    let from = members(from, Which::From, ask, &mut remarks)?;
    let to = members(to, Which::To, ask, &mut remarks)?;
    let keys = key_list(keys, ask, &mut remarks);
    let scheme = scheme(ask, &keys);
    let theory = theory(&scheme, &from, &to);
    let old = scheme.build(from).map_err(PlaceError::Scheme)?;
    let new = scheme.change(&*old, to).map_err(PlaceError::Scheme)?;
    few_nodes(&*old, ask, &mut remarks);
    few_nodes(&*new, ask, &mut remarks);
    remarks.dedup();
    let before = assigned(&old, &keys, ask);
    let after = Assigning::new(new.clone(), keys.clone(), ask.replicas, zoned(new.members(), ask));
    let mut after = after.from_before(old, before.clone());
    while !after.slice(usize::MAX) {}
    Ok(Planned { moves: Moves::all(keys, before, Arc::new(after.finish())), theory, remarks })
}

/// What theory says of this change; `None` where it says nothing that simple.
pub fn theory(scheme: &Scheme, from: &[Member], to: &[Member]) -> Option<Theory> {
    if scheme.mistake.is_some() {
        return None;
    }
    let weighs = scheme.strategy.takes_weights();
    let (n, m) = (from.len(), to.len());
    // Who stays is at its old place in the list.
    let in_place = from.iter().zip(to).all(|(old, new)| old.name == new.name);
    match scheme.strategy {
        Strategy::Modulo if in_place => {
            let (some, all) = moved_by_modulo(n as u32, m as u32);
            return Some(Theory::Expected(some as f64 / all.max(1) as f64));
        }
        Strategy::Jump if in_place => return Some(Theory::Expected(n.abs_diff(m) as f64 / n.max(m).max(1) as f64)),
        Strategy::Range => return None, // it need not be even
        _ => {}
    }
    let weight = |member: &Member| if weighs { f64::from(member.weight) } else { 1.0 };
    let sum = |list: &[Member]| list.iter().map(weight).sum::<f64>();
    let (old_sum, new_sum) = (sum(from), sum(to));
    let old: Map<&str, f64> = from.iter().map(|member| (member.name.as_str(), weight(member))).collect();
    let (mut stayed, mut changed_weight, mut gained) = (0.0, false, 0.0);
    for member in to {
        let (had, has) = (old.get(&member.name.as_str()).copied(), weight(member));
        gained += (has / new_sum - had.unwrap_or(0.0) / old_sum).max(0.0);
        changed_weight |= had.is_some_and(|had| had != has);
        stayed += if had.is_some() { has } else { 0.0 };
    }
    match scheme.strategy {
        // A key moves if the first of all nodes, old and new, is one that went or came.
        Strategy::Ring | Strategy::Rendezvous | Strategy::Nginx if !changed_weight => {
            let changed = old_sum + new_sum - 2.0 * stayed;
            Some(Theory::Expected(changed / (changed + stayed)))
        }
        _ => Some(Theory::Least(gained)),
    }
}

impl Planned {
    /// What it comes to, a sentence a line.
    pub fn summary(&self, lang: Lang) -> String {
        let movement = self.moves.movement();
        let (all, moved, needless) = (movement.all, movement.moved, movement.needless);
        let (copies, bytes) = (self.moves.copies(), self.moves.bytes());
        let share = percent(movement.share());
        let theory = self.theory.map(|theory| theory.words(lang)).unwrap_or_default();
        match lang {
            Lang::En => format!(
                "{moved} of {all} keys get a new owner: {share}.{theory}\nNeedless moves: {needless}.\n\
                 Copies to make: {copies}, {bytes} bytes.\n"
            ),
            Lang::Zh => format!(
                "{all} 个键中有 {moved} 个更换所有者：{share}。{theory}\n不必要的移动：{needless}。\n\
                 需要复制：{copies} 份，{bytes} 字节。\n"
            ),
        }
    }
}

impl Theory {
    fn words(self, lang: Lang) -> String {
        match (self, lang) {
            (Theory::Expected(share), Lang::En) => format!(" Theory expects {}.", percent(share)),
            (Theory::Expected(share), Lang::Zh) => format!("理论期望 {}。", percent(share)),
            (Theory::Least(share), Lang::En) => {
                format!(" An even placement moves at least {}.", percent(share))
            }
            (Theory::Least(share), Lang::Zh) => format!("均匀的放置至少要移动 {}。", percent(share)),
        }
    }
}

fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}
