//! Where all keys of the list lie by each strategy that is shown, before and after the latest change. Done in slices
//! where it takes long; what is known is kept, since every frame asks for the same.

use crate::core::placement::KeyHash;
use crate::core::placement::assign::{Assigning, Assignment, Moves};
use crate::core::placement::keys::{Keys, Positions};
use crate::core::placement::scheme::{Scheme, Strategy};
use crate::core::routing::memo::Built;
use crate::core::routing::{Routing, View};
use crate::scenes::scene::Work;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

/// Keys that are placed between two looks at the clock.
const SLICE: usize = 128;

/// Assignments and comparisons that are kept: four strategies before and after, twice.
const KEPT: usize = 16;

/// Below so many steps all is done at once: a few milliseconds.
const AT_ONCE: usize = 20_000;

/// What an assignment depends on.
#[derive(Clone)]
struct Want {
    keys: Arc<Keys>,
    scheme: Scheme,
    view: Arc<View>,
    copies: usize,
    zones: bool,
}

impl PartialEq for Want {
    fn eq(&self, other: &Want) -> bool {
        (self.keys.digest(), self.copies, self.zones) == (other.keys.digest(), other.copies, other.zones)
            && self.view == other.view
            && self.scheme == other.scheme
    }
}

/// All keys under one list of nodes, as far as it has got.
pub struct Side {
    pub built: Arc<Built>,
    /// When all keys are placed.
    pub whole: Option<Arc<Assignment>>,
    /// Keys that are placed yet.
    pub placed: usize,
    /// By slot, the keys that it owns.
    pub counts: Vec<u32>,
}

impl Side {
    /// The slot that owns the key of this index in the list.
    pub fn owner(&self, key: usize) -> Option<u16> {
        self.whole.as_ref()?.owner(key).map(|member| self.built.slot(member))
    }
}

/// All keys of the list by one strategy, beside how they lay before the latest change.
#[derive(Clone)]
pub struct Survey {
    /// `None`: the strategy makes no placement of this list.
    pub now: Option<Rc<Side>>,
    pub before: Option<Rc<Side>>,
    /// What the change moved; `None` while that is not known, and without a change.
    pub moves: Option<Rc<Moves>>,
    /// Of all work so much is done, 0 to 1.
    pub done: f32,
}

struct Job {
    want: Want,
    state: State,
}

enum State {
    Impossible,
    /// The keys are being hashed.
    Hashing(Arc<Built>),
    Going(Arc<Built>, Box<Assigning>),
    Placed(Rc<Side>),
}

struct Comparison {
    wants: (Want, Want),
    moves: Comparing,
}

enum Comparing {
    Going(Box<Moves>),
    Done(Rc<Moves>),
}

type Waiting = (Arc<Assignment>, Vec<bool>, Orphans);

thread_local! {
    static JOBS: RefCell<Vec<Job>> = const { RefCell::new(Vec::new()) };
    static ORPHANS: RefCell<Vec<Waiting>> = const { RefCell::new(Vec::new()) };
    static COMPARED: RefCell<Vec<Comparison>> = const { RefCell::new(Vec::new()) };
    static POSITIONS: RefCell<Vec<(Arc<Keys>, Hashing)>> = const { RefCell::new(Vec::new()) };
}

fn push<T>(list: &mut Vec<T>, item: T) {
    if list.len() >= KEPT {
        list.remove(0);
    }
    list.push(item);
}

/// The keys' places by a hash, and whether they are all there.
enum Hashing {
    Going(Positions),
    Done(Arc<Positions>),
}

/// Goes on hashing the keys while `go_on` says so: the places are the same for all strategies that use this hash.
fn hashed(keys: &Arc<Keys>, hash: KeyHash, go_on: &mut dyn FnMut() -> bool) -> (bool, Option<Arc<Positions>>) {
    POSITIONS.with_borrow_mut(|known| {
        let same = |(of, hashing): &(Arc<Keys>, Hashing)| {
            let hashed = match hashing {
                Hashing::Going(at) => at.hash(),
                Hashing::Done(at) => at.hash(),
            };
            of == keys && hashed == hash
        };
        let found = known.iter().position(same).map(|at| known.remove(at));
        push(known, found.unwrap_or_else(|| (keys.clone(), Hashing::Going(Positions::new(hash)))));
        let Some((_, hashing)) = known.last_mut() else { return (false, None) };
        let mut did = false;
        if let Hashing::Going(at) = hashing {
            let mut done = keys.is_empty();
            while !done && go_on() {
                did = true;
                done = at.slice(keys, SLICE);
            }
            if done {
                *hashing = Hashing::Done(Arc::new(std::mem::replace(at, Positions::new(hash))));
            }
        }
        match hashing {
            Hashing::Done(at) => (did, Some(at.clone())),
            Hashing::Going(_) => (did, None),
        }
    })
}

/// The keys' places by a hash; `None` while they are not all known. Those of short lists are worked out at once.
pub fn positions(keys: &Arc<Keys>, hash: KeyHash) -> Option<Arc<Positions>> {
    let few = keys.len() <= AT_ONCE;
    hashed(keys, hash, &mut || few).1
}

fn side(p: &Routing, built: &Arc<Built>, so_far: &Assignment) -> Side {
    let mut counts = vec![0; p.servers().into()];
    for (member, load) in so_far.loads().iter().enumerate() {
        counts[usize::from(built.slot(member))] = *load;
    }
    Side { built: built.clone(), whole: None, placed: so_far.len(), counts }
}

/// Goes on with one assignment while `go_on` says so: whether it did anything, and what there is.
fn place(p: &Routing, want: &Want, go_on: &mut dyn FnMut() -> bool) -> (bool, Option<Rc<Side>>) {
    JOBS.with_borrow_mut(|jobs| {
        let job = match jobs.iter().position(|job| job.want == *want) {
            Some(at) => jobs.remove(at),
            None => Job { want: want.clone(), state: begin(p, want) },
        };
        let mut did = false;
        let job = match job.state {
            State::Hashing(built) => {
                let (also, at) = hashed(&want.keys, built.placement.hash(), go_on);
                did = also;
                let state = match at {
                    Some(at) => State::Going(built.clone(), Box::new(assigning(jobs, want, &built, at))),
                    None => State::Hashing(built),
                };
                Job { state, ..job }
            }
            _ => job,
        };
        push(jobs, job);
        let Some(job) = jobs.last_mut() else { return (did, None) };
        let (built, assigning) = match &mut job.state {
            State::Impossible => return (did, None),
            State::Hashing(built) => return (did, Some(Rc::new(unplaced(p, built)))),
            State::Placed(side) => return (did, Some(side.clone())),
            State::Going(built, assigning) => (built, assigning),
        };
        let slice = SLICE / hashes(&want.scheme, &want.view).div_ceil(SLICE / 4).clamp(1, SLICE);
        while !assigning.is_done() && go_on() {
            did = true;
            assigning.slice(slice);
        }
        let mut side = side(p, built, assigning.so_far());
        if assigning.is_done() {
            side.whole = Some(Arc::new(assigning.so_far().clone()));
            let side = Rc::new(side);
            job.state = State::Placed(side.clone());
            return (true, Some(side));
        }
        (did, Some(Rc::new(side)))
    })
}

fn unplaced(p: &Routing, built: &Arc<Built>) -> Side {
    Side { built: built.clone(), whole: None, placed: 0, counts: vec![0; p.servers().into()] }
}

fn begin(p: &Routing, want: &Want) -> State {
    let built = p.built(&want.scheme, &want.view, p.initial.epoch);
    built.map_or(State::Impossible, State::Hashing)
}

/// The assignment of a list before which another was placed is sooner found from that one.
fn assigning(jobs: &[Job], want: &Want, built: &Arc<Built>, at: Arc<Positions>) -> Assigning {
    let fresh = Assigning::new(built.placement.clone(), want.keys.clone(), want.copies, want.zones).with_positions(at);
    let Some(before) = &want.view.before else { return fresh };
    let earlier = Want { view: before.clone(), ..want.clone() };
    match jobs.iter().find(|job| job.want == earlier).map(|job| &job.state) {
        Some(State::Placed(side)) => match &side.whole {
            Some(whole) => fresh.from_before(side.built.placement.clone(), whole.clone()),
            None => fresh,
        },
        _ => fresh,
    }
}

/// Goes on comparing while `go_on` says so.
fn compare(wants: &(Want, Want), sides: (&Side, &Side), go_on: &mut dyn FnMut() -> bool) -> (bool, Option<Rc<Moves>>) {
    let (Some(before), Some(after)) = (&sides.0.whole, &sides.1.whole) else { return (false, None) };
    COMPARED.with_borrow_mut(|known| {
        let at = known.iter().position(|known| known.wants == *wants);
        let comparison = at.map(|at| known.remove(at)).unwrap_or_else(|| Comparison {
            wants: wants.clone(),
            moves: Comparing::Going(Box::new(Moves::new(wants.1.keys.clone(), before.clone(), after.clone()))),
        });
        push(known, comparison);
        let Some(comparison) = known.last_mut() else { return (false, None) };
        let mut did = false;
        if let Comparing::Going(moves) = &mut comparison.moves {
            while !moves.is_done() && go_on() {
                did = true;
                moves.slice(SLICE * 8);
            }
            if !moves.is_done() {
                return (did, None);
            }
            let empty = Moves::new(Arc::default(), before.clone(), after.clone());
            comparison.moves = Comparing::Done(Rc::new(std::mem::replace(moves, empty)));
            did = true;
        }
        match &comparison.moves {
            Comparing::Done(moves) => (did, Some(moves.clone())),
            Comparing::Going(_) => (did, None),
        }
    })
}

/// Keys whose owner is down: those that another of their nodes answers for, and those that none does.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Orphans {
    pub next: usize,
    pub nobody: usize,
}

/// Counts them once for each set of nodes that are down, given by slot. Nothing while not all keys are placed.
pub fn orphans(side: &Side, down: &[bool]) -> Orphans {
    let is_down = |member: usize| down.get(usize::from(side.built.slot(member))).copied().unwrap_or(false);
    let Some(whole) = side.whole.as_ref().filter(|whole| (0..whole.members().len()).any(is_down)) else {
        return Orphans::default();
    };
    ORPHANS.with_borrow_mut(|known| {
        if let Some((_, _, known)) = known.iter().find(|(of, d, _)| Arc::ptr_eq(of, whole) && d == down) {
            return *known;
        }
        let mut orphans = Orphans::default();
        for key in 0..whole.len() {
            if whole.owner(key).is_some_and(is_down) {
                let answered = whole.nodes(key).any(|member| !is_down(member));
                orphans.next += usize::from(answered);
                orphans.nobody += usize::from(!answered);
            }
        }
        push(known, (whole.clone(), down.to_vec(), orphans));
        orphans
    })
}

/// Roughly how many hashes a key takes.
fn hashes(scheme: &Scheme, view: &View) -> usize {
    let bids = matches!(scheme.strategy, Strategy::Rendezvous | Strategy::BoundedRendezvous);
    if bids { view.seats.len().max(1) } else { 1 }
}

/// Roughly how many steps it takes to place all keys of the list.
fn steps(scheme: &Scheme, view: &View, keys: usize) -> usize {
    keys.saturating_mul(hashes(scheme, view))
}

/// Whether all is placed at once when it is asked for.
pub fn short(p: &Routing, scheme: &Scheme, now: &View) -> bool {
    steps(scheme, now, p.keys.len()) <= AT_ONCE
}

fn wants(p: &Routing, scheme: &Scheme, before: Option<&Arc<View>>, now: &Arc<View>) -> (Want, Option<Want>) {
    let want = |view: &Arc<View>| Want {
        keys: p.keys.clone(),
        scheme: scheme.clone(),
        view: view.clone(),
        copies: p.replicas.max(1).into(),
        zones: p.zones,
    };
    (want(now), before.map(want))
}

/// Goes on with a survey; whether it did anything.
fn proceed(
    p: &Routing,
    scheme: &Scheme,
    before: Option<&Arc<View>>,
    now: &Arc<View>,
    go_on: &mut dyn FnMut() -> bool,
) -> (bool, Survey) {
    let (after, was) = wants(p, scheme, before, now);
    // The earlier one first: the later is found from it.
    let (mut did, old) = was.as_ref().map_or((false, None), |was| place(p, was, go_on));
    let (also, new) = place(p, &after, go_on);
    did |= also;
    let mut survey = Survey { now: new, before: old, moves: None, done: 0.0 };
    let all = after.keys.len().max(1) as f32;
    let share = |side: Option<&Rc<Side>>| {
        side.map_or(1.0, |side| if side.whole.is_some() { 1.0 } else { side.placed as f32 / all })
    };
    survey.done = share(survey.now.as_ref());
    if let Some(was) = was {
        let mut compared = 1.0;
        if let (Some(old), Some(new)) = (&survey.before, &survey.now) {
            let (also, moves) = compare(&(was, after), (old, new), go_on);
            did |= also;
            compared = if moves.is_some() { 1.0 } else { 0.0 };
            survey.moves = moves;
        }
        survey.done = (survey.done + share(survey.before.as_ref()) + 0.1 * compared) / 2.1;
    }
    (did, survey)
}

/// The survey as far as it has got; of short lists all of it.
pub fn survey(p: &Routing, scheme: &Scheme, before: Option<&Arc<View>>, now: &Arc<View>) -> Survey {
    let few = short(p, scheme, now);
    proceed(p, scheme, before, now, &mut || few).1
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
        let (did, survey) = proceed(p, scheme, before, now, go_on);
        if survey.done < 1.0 {
            return Work::Left;
        }
        if did {
            work = Work::Done;
        }
    }
    work
}
