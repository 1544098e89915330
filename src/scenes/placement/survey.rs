//! Where all keys of the list lie by each strategy that is shown, before and after the latest change. Done in slices
//! where it takes long; what is known is kept, since every frame asks for the same.

use super::given;
use crate::core::map::Map;
use crate::core::placement::Hashed;
use crate::core::placement::scheme::Scheme;
use crate::core::routing::memo::Built;
use crate::core::routing::{Routing, View};
use crate::scenes::scene::Work;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

/// What a value takes on a wire and on a disk, in bytes; its key comes on top.
pub const VALUE_BYTES: u64 = 100;

/// No node.
pub const NOBODY: u16 = u16::MAX;

/// Keys that are placed between two looks at the clock.
const SLICE: usize = 64;

/// Assignments that are kept: four strategies before and after, twice.
const KEPT: usize = 16;

/// Below so many steps all is done at once: a few milliseconds.
const AT_ONCE: usize = 40_000;

/// Every key of the list and the slots that keep it, as far as it has got.
#[derive(Clone, Debug, Default)]
pub struct Assigned {
    /// `copies` slots a key, the owner first; [`NOBODY`] where there are fewer.
    pub nodes: Vec<u16>,
    pub copies: usize,
    /// Keys that are placed yet, from the first on.
    pub placed: usize,
    /// By slot, the keys that it owns.
    pub counts: Vec<u32>,
    /// The strategy makes no placement of this list.
    pub impossible: bool,
}

impl Assigned {
    pub fn owner(&self, key: usize) -> u16 {
        self.nodes.get(key * self.copies).copied().unwrap_or(NOBODY)
    }

    pub fn keepers(&self, key: usize) -> &[u16] {
        let all = self.nodes.get(key * self.copies..(key + 1) * self.copies).unwrap_or(&[]);
        let end = all.iter().position(|slot| *slot == NOBODY).unwrap_or(all.len());
        &all[..end]
    }
}

/// What an assignment depends on.
#[derive(Clone)]
struct Want {
    keys: Arc<Vec<Arc<str>>>,
    scheme: Scheme,
    view: Arc<View>,
    copies: usize,
}

impl PartialEq for Want {
    fn eq(&self, other: &Want) -> bool {
        Arc::ptr_eq(&self.keys, &other.keys)
            && self.copies == other.copies
            && self.view == other.view
            && self.scheme == other.scheme
    }
}

struct Job {
    want: Want,
    /// `None`: the strategy makes no placement of this list.
    built: Option<Arc<Built>>,
    known: Rc<Assigned>,
}

/// All keys of the list by one strategy, beside how they lay before the latest change.
#[derive(Clone, Debug, Default)]
pub struct Survey {
    pub now: Rc<Assigned>,
    pub before: Option<Rc<Assigned>>,
    pub moved: usize,
    /// Moved although the old owner lost no weight and the new one gained none.
    pub needless: usize,
    /// Copies that some server has to get because it did not keep the key before.
    pub copies: usize,
    pub bytes: u64,
    /// How many keys went from one slot to another.
    pub flows: Vec<((u16, u16), u32)>,
    /// Keys without an owner.
    pub nowhere: usize,
    /// Of all keys so many are placed yet, 0 to 1.
    pub done: f32,
}

type Pair = (Want, Option<Want>, Rc<Survey>);

thread_local! {
    static JOBS: RefCell<Vec<Job>> = const { RefCell::new(Vec::new()) };
    /// Surveys of which all is placed.
    static SURVEYS: RefCell<Vec<Pair>> = const { RefCell::new(Vec::new()) };
}

/// Goes on with one assignment while `go_on` says so; whether it did anything.
fn place(p: &Routing, want: &Want, go_on: &mut dyn FnMut() -> bool) -> (bool, Rc<Assigned>) {
    let found = JOBS.with_borrow_mut(|jobs| {
        let at = jobs.iter().position(|job| job.want == *want)?;
        Some(jobs.remove(at))
    });
    let mut job = found.unwrap_or_else(|| {
        let built = p.built(&want.scheme, &want.view, p.initial.epoch).ok();
        let known = Assigned {
            copies: want.copies,
            counts: vec![0; p.servers().into()],
            impossible: built.is_none(),
            placed: if built.is_none() { want.keys.len() } else { 0 },
            ..Assigned::default()
        };
        Job { want: want.clone(), built, known: Rc::new(known) }
    });
    let mut did = false;
    if let Some(built) = job.built.clone().filter(|_| job.known.placed < want.keys.len()) {
        let known = Rc::make_mut(&mut job.known);
        let hash = built.placement.hash();
        let mut nodes = Vec::new();
        while known.placed < want.keys.len() && go_on() {
            did = true;
            let end = (known.placed + SLICE).min(want.keys.len());
            for key in &want.keys[known.placed..end] {
                let key = Hashed { key: key.as_bytes(), at: hash.position(key.as_bytes()) };
                built.placement.replicas_of(key, want.copies, &mut nodes);
                let slots = nodes.iter().map(|member| built.slot(*member));
                known.nodes.extend(slots.chain(std::iter::repeat(NOBODY)).take(want.copies));
                if let Some(first) = nodes.first() {
                    known.counts[usize::from(built.slot(*first))] += 1;
                }
            }
            known.placed = end;
        }
    }
    let known = job.known.clone();
    JOBS.with_borrow_mut(|jobs| {
        if jobs.len() >= KEPT {
            jobs.remove(0);
        }
        jobs.push(job);
    });
    (did, known)
}

/// Roughly how many steps it takes to place all keys of the list.
fn steps(scheme: &Scheme, view: &View, keys: usize) -> usize {
    let a_key = if scheme.strategy.name().contains("rendezvous") { view.seats.len() } else { 1 };
    keys.saturating_mul(a_key)
}

fn wants(p: &Routing, scheme: &Scheme, before: Option<&Arc<View>>, now: &Arc<View>) -> (Want, Option<Want>) {
    let want = |view: &Arc<View>| Want {
        keys: given(p).keys.clone(),
        scheme: scheme.clone(),
        view: view.clone(),
        copies: p.replicas.max(1).into(),
    };
    (want(now), before.map(want))
}

/// The survey as far as it has got; of short lists all of it.
pub fn survey(p: &Routing, scheme: &Scheme, before: Option<&Arc<View>>, now: &Arc<View>) -> Rc<Survey> {
    let (after, was) = wants(p, scheme, before, now);
    let same = |known: &Pair| known.0 == after && known.1 == was;
    if let Some(known) = SURVEYS.with_borrow(|all| all.iter().find(|known| same(known)).map(|known| known.2.clone())) {
        return known;
    }
    let few = steps(scheme, now, after.keys.len()) <= AT_ONCE;
    let (_, new) = place(p, &after, &mut || few);
    let old = was.as_ref().map(|was| place(p, was, &mut || few).1);
    let fresh = Rc::new(compare(p, &after, new, before, old));
    if fresh.done >= 1.0 {
        SURVEYS.with_borrow_mut(|all| {
            if all.len() >= KEPT {
                all.remove(0);
            }
            all.push((after, was, fresh.clone()));
        });
    }
    fresh
}

/// Goes on with these surveys.
pub fn work(
    p: &Routing,
    schemes: &[Scheme],
    before: Option<&Arc<View>>,
    now: &Arc<View>,
    go_on: &mut dyn FnMut() -> bool,
) -> Work {
    let mut work = Work::Nothing;
    for scheme in schemes {
        let (after, was) = wants(p, scheme, before, now);
        for want in [Some(after), was].into_iter().flatten() {
            let (did, known) = place(p, &want, go_on);
            if known.placed < want.keys.len() {
                return Work::Left;
            }
            if did {
                work = Work::Done;
            }
        }
    }
    work
}

fn compare(p: &Routing, want: &Want, now: Rc<Assigned>, before: Option<&Arc<View>>, old: Option<Rc<Assigned>>) -> Survey {
    let all = want.keys.len();
    let share = |known: &Assigned| if all == 0 { 1.0 } else { known.placed as f32 / all as f32 };
    let done = old.as_deref().map_or(share(&now), |old| (share(&now) + share(old)) / 2.0);
    let mut survey = Survey { done, ..Survey::default() };
    survey.nowhere = (0..now.placed).filter(|key| now.owner(*key) == NOBODY).count();
    if let (Some(old), Some(before), true) = (old.as_deref(), before, done >= 1.0) {
        let weights = |view: &View| {
            let mut weights = vec![0; p.servers().into()];
            view.seats.iter().for_each(|seat| weights[usize::from(seat.slot)] = seat.weight);
            weights
        };
        let (lighter, heavier) = (weights(before), weights(&want.view));
        let change = |slot: u16| {
            let slot = usize::from(slot);
            heavier.get(slot).copied().unwrap_or(0).cmp(&lighter.get(slot).copied().unwrap_or(0))
        };
        let mut flows = Map::new();
        for key in 0..all {
            let (from, to) = (old.owner(key), now.owner(key));
            if from != to {
                survey.moved += 1;
                *flows.or_insert((from, to), 0_u32) += 1;
                let needless = from != NOBODY && to != NOBODY && change(from).is_ge() && change(to).is_le();
                survey.needless += usize::from(needless);
            }
            let had = old.keepers(key);
            let fresh = now.keepers(key).iter().filter(|slot| !had.contains(slot)).count();
            survey.copies += fresh;
            survey.bytes += fresh as u64 * (want.keys[key].len() as u64 + VALUE_BYTES);
        }
        survey.flows = flows.into_iter().collect();
    }
    (survey.now, survey.before) = (now, old);
    survey
}
