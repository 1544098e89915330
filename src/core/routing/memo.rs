//! Placements that are known already. A placement follows from the strategy and the views, so that whoever asks for it
//! may share one: clients, properties, pictures.

use super::config::Routing;
use super::shape;
use super::verdict::Verdict;
use super::view::View;
use crate::core::map::Map;
use crate::core::placement::mistake::Mistake;
use crate::core::placement::scheme::{Scheme, SchemeError};
use crate::core::placement::shares::Law;
use crate::core::placement::zones::Zones;
use crate::core::placement::{Hashed, Member, Placement};
use std::cmp::Ordering;
use std::fmt::{self, Debug, Formatter};
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// Placements that are kept at most: four strategies before and after a change, and what clients still go by.
const KEPT: usize = 16;

/// A placement, and which slot each of its members is.
pub struct Built {
    pub placement: Arc<dyn Placement>,
    slots: Vec<u16>,
    /// Copies go to distinct zones while there are any.
    zones: Option<Zones>,
    laws: OnceLock<Option<Vec<Law>>>,
}

impl Built {
    /// The slot of a member of the placement.
    pub fn slot(&self, member: usize) -> u16 {
        self.slots[member]
    }

    /// The member that is in this slot.
    pub fn member(&self, slot: u16) -> Option<usize> {
        self.slots.iter().position(|known| *known == slot)
    }

    /// See [`shape::laws`]; computed once.
    pub fn laws(&self, weighs: bool) -> Option<&[Law]> {
        self.laws.get_or_init(|| shape::laws(self.placement.as_ref(), weighs)).as_deref()
    }

    /// The slots that keep the key, the owner's first.
    pub fn nodes(&self, key: &[u8], copies: usize) -> Vec<u16> {
        let mut nodes = Vec::with_capacity(copies);
        match &self.zones {
            Some(zones) if copies > 1 => {
                let at = self.placement.hash().position(key);
                zones.replicas(self.placement.as_ref(), Hashed { key, at }, copies, &mut nodes);
            }
            _ => self.placement.replicas(key, copies, &mut nodes),
        }
        nodes.into_iter().map(|member| self.slots[member]).collect()
    }

    /// The slot that owns the key.
    pub fn owner(&self, key: &[u8]) -> Option<u16> {
        self.placement.owner(key).map(|member| self.slots[member])
    }
}

/// What was asked: strategy, view, and the epoch of the view from which the placement has been changed ever since.
type Asked = (Scheme, Arc<View>, u32);
type Answer = Result<Arc<Built>, SchemeError>;
/// The views before and after a change, or twice the same.
type Judged = (Arc<View>, Arc<View>);

#[derive(Default)]
struct Known {
    /// The latest used last.
    placements: Vec<(Asked, Answer)>,
    verdicts: Vec<(Judged, Arc<Verdict>)>,
}

/// Of no consequence to what happens: all memos are equal.
#[derive(Clone, Default)]
pub struct Memo(Arc<Mutex<Known>>);

impl Memo {
    fn with<R>(&self, work: impl FnOnce(&mut Known) -> R) -> R {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn find(&self, asked: &Asked) -> Option<Answer> {
        self.with(|known| {
            let at = known.placements.iter().position(|(known, _)| known == asked)?;
            let found = known.placements.remove(at);
            known.placements.push(found);
            known.placements.last().map(|(_, answer)| answer.clone())
        })
    }

    fn keep(&self, asked: Asked, answer: Answer) {
        self.with(|known| {
            if known.placements.len() >= KEPT {
                drop(known.placements.remove(0));
            }
            known.placements.push((asked, answer));
        });
    }
}

impl Routing {
    /// The placement of a view's members by a strategy, made anew of the view `since` and changed from there on. Of most
    /// strategies it is the same for each `since`.
    ///
    /// # Errors
    /// See [`SchemeError`].
    pub fn built(&self, scheme: &Scheme, view: &Arc<View>, since: u32) -> Answer {
        let since = self.starts(scheme, since).min(view.epoch);
        let asked = |view: &Arc<View>| (scheme.clone(), view.clone(), since);
        if let Some(known) = self.memo.find(&asked(view)) {
            return known;
        }
        // Back to a placement that is known, or to where it starts.
        let (mut chain, mut base) = (vec![view.clone()], None);
        while let Some(before) = chain.last().filter(|view| view.epoch > since).and_then(|view| view.before.clone()) {
            base = self.memo.find(&asked(&before)).and_then(Result::ok);
            // Where a placement follows from its list alone there is no need to look further back.
            if base.is_some() || since == 0 {
                break;
            }
            chain.push(before);
        }
        let mut answer = None;
        for view in chain.into_iter().rev() {
            let members = self.members(&view);
            let placement = match &base {
                Some(base) => scheme.change(base.placement.as_ref(), members),
                None => scheme.build(members),
            };
            let built = placement.map(|placement| Arc::new(self.with_slots(placement)));
            base = built.as_ref().ok().cloned();
            self.memo.keep(asked(&view), built.clone());
            answer = Some(built);
        }
        // The chain has the view at least.
        answer.unwrap_or_else(|| scheme.build(Vec::new()).map(|placement| Arc::new(self.with_slots(placement))))
    }

    /// The epoch from which a placement has to be changed list by list; 0: it follows from the latest list alone.
    ///
    /// An assigned table follows from all lists there were, and whoever starts asks for it. The mistake follows from those
    /// that its client has seen.
    fn starts(&self, scheme: &Scheme, since: u32) -> u32 {
        if scheme.strategy.takes_history() {
            self.initial.epoch
        } else if scheme.mistake == Some(Mistake::Unsorted) {
            since
        } else {
            0
        }
    }

    /// A placement of some of these nodes, with their slots.
    pub fn with_slots(&self, placement: Arc<dyn Placement>) -> Built {
        let slots = placement.members().iter().map(|member| self.slot_of(&member.name).unwrap_or_default()).collect();
        let zones = self.zones.then(|| Zones::new(placement.members()));
        Built { placement, slots, zones, laws: OnceLock::new() }
    }

    /// The members of a view with their names, zones and weights.
    pub fn members(&self, view: &View) -> Vec<Member> {
        let member = |seat: &super::Seat| {
            let node = self.fleet.nodes.get(usize::from(seat.slot))?;
            Some(Member { weight: seat.weight, ..node.clone() })
        };
        view.seats.iter().filter_map(member).collect()
    }

    /// What is to be said of a change, or of a view that nothing came before.
    pub fn verdict(&self, before: &Arc<View>, after: &Arc<View>) -> Arc<Verdict> {
        let same = |judged: &Judged| judged.0 == *before && judged.1 == *after;
        let known = |known: &mut Known| known.verdicts.iter().find(|(judged, _)| same(judged)).map(|(_, v)| v.clone());
        if let Some(verdict) = self.memo.with(known) {
            return verdict;
        }
        let verdict = Arc::new(Verdict::on(self, before, after));
        self.memo.with(|known| {
            if known.verdicts.len() >= KEPT {
                known.verdicts.remove(0);
            }
            known.verdicts.push(((before.clone(), after.clone()), verdict.clone()));
        });
        verdict
    }
}

/// The nodes of a run: each slot's name, its weight and zone. A slot is a place in this list.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Fleet {
    pub nodes: Vec<Member>,
    by_name: Map<String, u16>,
}

impl Fleet {
    /// Names are distinct.
    pub fn new(nodes: Vec<Member>) -> Fleet {
        let mut names: Vec<(String, u16)> = Vec::with_capacity(nodes.len());
        names.extend(nodes.iter().enumerate().map(|(slot, node)| (node.name.clone(), slot as u16)));
        names.sort_unstable();
        Fleet { nodes, by_name: names.into_iter().collect() }
    }

    pub fn slot(&self, name: &String) -> Option<u16> {
        self.by_name.get(name).copied()
    }

    pub fn get(&self, slot: u16) -> Option<&Member> {
        self.nodes.get(usize::from(slot))
    }

    pub fn name(&self, slot: u16) -> &str {
        self.get(slot).map_or("", |node| node.name.as_str())
    }
}

impl PartialEq for Memo {
    fn eq(&self, _: &Memo) -> bool {
        true
    }
}

impl Eq for Memo {}

impl PartialOrd for Memo {
    fn partial_cmp(&self, other: &Memo) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Memo {
    fn cmp(&self, _: &Memo) -> Ordering {
        Ordering::Equal
    }
}

impl Hash for Memo {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

impl Debug for Memo {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("Memo")
    }
}
