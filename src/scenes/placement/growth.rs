//! What a node more moves, and how even the placement is, over the size of the cluster: a plot for each strategy on show,
//! worked out a few keys at a time.

use super::{PlacementScene, shown};
use crate::core::placement::assign::{Assigning, Assignment, Moves};
use crate::core::placement::keys::Keys;
use crate::core::placement::rule::Rule;
use crate::core::placement::scheme::{Scheme, Strategy};
use crate::core::placement::shares::{self, moved_by_modulo};
use crate::core::placement::{Member, Placement};
use crate::core::routing::Routing;
use crate::core::routing::memo::Fleet;
use crate::scenes::scene::*;
use crate::scenes::staging::Moment;
use crate::scenes::text::{say, word};
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc as Shared;

/// From one node to so many.
pub const SIZES: u32 = 64;
/// Keys of the list that are placed at each size, evenly spread over it.
pub const KEYS_MOST: usize = 2000;
const SLICE: usize = 32;
const KEPT: usize = 8;

/// What was counted on so many nodes.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Point {
    pub nodes: u32,
    /// The share of keys that moved when this node came, 0 to 1; of the first there is none.
    pub moved: Option<f64>,
    /// The largest number of keys of a node over the mean.
    pub largest: f64,
}

/// One strategy at every size so far.
struct Growing {
    of: Shared<Keys>,
    fleet: Shared<Fleet>,
    scheme: Scheme,
    keys: Shared<Keys>,
    nodes: Vec<Member>,
    going: Option<Assigning>,
    latest: Option<(Shared<dyn Placement>, Shared<Assignment>)>,
    points: Rc<Vec<Point>>,
    /// The strategy makes no placement of some list.
    ended: bool,
}

thread_local! {
    static ALL: RefCell<Vec<Growing>> = const { RefCell::new(Vec::new()) };
}

/// The fleet's first nodes and, where it has too few, numbered ones; all of weight 1.
fn nodes(fleet: &Fleet) -> Vec<Member> {
    let own = fleet.nodes.iter().map(|node| Member { weight: 1, ..node.clone() });
    let numbered = (1..).map(|n| format!("node-{n}")).filter(|name| fleet.slot(name).is_none());
    own.chain(numbered.map(|name| Member::new(name, 1))).take(SIZES as usize).collect()
}

impl Growing {
    fn new(p: &Routing, scheme: &Scheme) -> Growing {
        let (all, count) = (p.keys.clone(), p.keys.len().min(KEYS_MOST));
        let some = (0..count).map(|n| all.get(n * all.len() / count.max(1)));
        let keys = Keys::pack(some).map_or_else(|_| all.clone(), Shared::new);
        Growing {
            of: p.keys.clone(),
            fleet: p.fleet.clone(),
            scheme: scheme.clone(),
            keys,
            nodes: nodes(&p.fleet),
            going: None,
            latest: None,
            points: Rc::default(),
            ended: false,
        }
    }

    fn is_of(&self, p: &Routing, scheme: &Scheme) -> bool {
        self.of == p.keys && self.fleet == p.fleet && self.scheme == *scheme
    }

    fn done(&self) -> bool {
        self.ended || self.points.len() as u32 == SIZES
    }

    /// Goes on while `go_on` says so; whether it did anything.
    fn proceed(&mut self, go_on: &mut dyn FnMut() -> bool) -> bool {
        let mut did = false;
        while !self.done() && go_on() {
            did = true;
            let Some(mut going) = self.going.take().or_else(|| self.next()) else {
                self.ended = true;
                break;
            };
            if going.slice(SLICE) {
                self.count(going);
            } else {
                self.going = Some(going);
            }
        }
        did
    }

    /// Begins with one node more. Assigned tables change as they would in a cluster that grows.
    fn next(&self) -> Option<Assigning> {
        let members = self.nodes.get(..=self.points.len())?.to_vec();
        let placement = match &self.latest {
            Some((before, _)) => self.scheme.change(before.as_ref(), members),
            None => self.scheme.build(members),
        };
        Some(Assigning::new(placement.ok()?, self.keys.clone(), 1, false))
    }

    fn count(&mut self, going: Assigning) {
        let placement = going.placement().clone();
        let after = Shared::new(going.finish());
        let before = self.latest.as_ref().map(|(_, before)| before.clone());
        let moved = before.map(|before| Moves::all(self.keys.clone(), before, after.clone()).movement().share());
        let most = after.loads().iter().max().copied().unwrap_or(0);
        let mean = self.keys.len() as f64 / after.loads().len().max(1) as f64;
        let largest = if mean > 0.0 { f64::from(most) / mean } else { 0.0 };
        let nodes = self.points.len() as u32 + 1;
        Rc::make_mut(&mut self.points).push(Point { nodes, moved, largest });
        self.latest = Some((placement, after));
    }
}

/// The points of a strategy so far, and whether these are all. From now on [`work`] goes on with them.
pub fn points(p: &Routing, scheme: &Scheme) -> (Rc<Vec<Point>>, bool) {
    ALL.with_borrow_mut(|all| {
        if !all.iter().any(|one| one.is_of(p, scheme)) {
            if all.len() >= KEPT {
                all.remove(0);
            }
            all.push(Growing::new(p, scheme));
        }
        let found = all.iter().find(|one| one.is_of(p, scheme));
        found.map_or_else(|| (Rc::default(), true), |one| (one.points.clone(), one.done()))
    })
}

/// Goes on with the plots that were asked for.
pub fn work(p: &Routing, schemes: &[Scheme], go_on: &mut dyn FnMut() -> bool) -> Work {
    let theory = expect(schemes, go_on);
    if theory == Work::Left {
        return theory;
    }
    ALL.with_borrow_mut(|all| {
        let mut work = theory;
        for one in all.iter_mut().filter(|one| schemes.iter().any(|scheme| one.is_of(p, scheme))) {
            let did = one.proceed(go_on);
            if !one.done() {
                return Work::Left;
            }
            if did {
                work = Work::Done;
            }
        }
        work
    })
}

/// The share of keys that should move when a node comes and there are then so many.
fn should_move(scheme: &Scheme, nodes: u32) -> f64 {
    let (some, all) = match scheme.strategy {
        Strategy::Modulo => moved_by_modulo(nodes - 1, nodes),
        _ => (1, u64::from(nodes)),
    };
    some as f64 / all as f64
}

pub fn charts(moment: &Moment<PlacementScene>, lang: Lang) -> Vec<Chart> {
    let p = moment.sim.protocol.as_ref();
    let schemes = shown(p, moment.aside);
    let all: Vec<_> = schemes.iter().map(|scheme| (scheme, points(p, scheme))).collect();
    let there: usize = all.iter().map(|(_, (points, done))| if *done { SIZES as usize } else { points.len() }).sum();
    let mut awaited = all.iter().any(|(_, (_, done))| !done);
    let share = there as f32 / (all.len().max(1) * SIZES as usize) as f32;
    let (mut moved, mut largest) = (Vec::new(), Vec::new());
    for (n, (scheme, (points, _))) in all.iter().enumerate() {
        let hue = Hue::Node(n as u8);
        let name = word(lang, &format!("placement.recipe-{}", scheme.strategy.name()));
        let line = |theory: bool, points: Vec<(f32, f32)>| ChartLine {
            words: if theory {
                say(lang, "placement.chart-theory", &[("name", name.clone().into())])
            } else {
                name.clone()
            },
            hue,
            theory,
            points: Rc::new(points),
        };
        let x = |nodes: u32| nodes as f32;
        let counted = points.iter().filter_map(|point| Some((x(point.nodes), point.moved? as f32)));
        moved.push(line(false, counted.collect()));
        moved.push(line(true, (2..=SIZES).map(|nodes| (x(nodes), should_move(scheme, nodes) as f32)).collect()));
        largest.push(line(false, points.iter().map(|point| (x(point.nodes), point.largest as f32)).collect()));
        if in_theory(scheme) {
            let (known, done) = expected(scheme.vnodes);
            awaited |= !done;
            largest.push(line(true, known.iter().map(|(n, most)| (x(*n), *most)).collect()));
        }
    }
    let placing = awaited.then_some(share);
    let note = |key: &str| say(lang, key, &[("n", p.keys.len().min(KEYS_MOST).into())]);
    let across = word(lang, "placement.chart-nodes");
    vec![
        Chart {
            title: word(lang, "placement.chart-moved"),
            note: note("placement.chart-moved-note"),
            across: across.clone(),
            up: word(lang, "placement.chart-share"),
            share: true,
            lines: moved,
            placing,
        },
        Chart {
            title: word(lang, "placement.chart-largest"),
            note: note("placement.chart-largest-note"),
            across,
            up: word(lang, "placement.chart-times"),
            share: false,
            lines: largest,
            placing,
        },
    ]
}

/// By the number of nodes.
type Largest = Rc<Vec<(u32, f32)>>;

thread_local! {
    /// What theory expects on rings of so many points a node, at each size so far. Those that were asked for last.
    static EXPECTED: RefCell<Vec<(u32, Largest)>> = const { RefCell::new(Vec::new()) };
}

/// The largest share of a ring over the mean that theory expects, at every size so far, and whether these are all.
/// From now on [`work`] goes on with them: each is an integral.
fn expected(vnodes: u32) -> (Largest, bool) {
    EXPECTED.with_borrow_mut(|all| {
        if !all.iter().any(|(of, _)| *of == vnodes) {
            if all.len() >= KEPT {
                all.remove(0);
            }
            all.push((vnodes, Rc::default()));
        }
        let found = all.iter().find(|(of, _)| *of == vnodes).map_or_else(Rc::default, |(_, known)| known.clone());
        let done = found.len() as u32 == SIZES;
        (found, done)
    })
}

/// Goes on with what theory expects, where it was asked for.
fn expect(schemes: &[Scheme], go_on: &mut dyn FnMut() -> bool) -> Work {
    EXPECTED.with_borrow_mut(|all| {
        let mut work = Work::Nothing;
        for (vnodes, known) in all.iter_mut().filter(|(of, _)| schemes.iter().any(|s| in_theory(s) && s.vnodes == *of))
        {
            while (known.len() as u32) < SIZES {
                if !go_on() {
                    return Work::Left;
                }
                let nodes = known.len() as u32 + 1;
                Rc::make_mut(known).push((nodes, shares::max_over_mean(nodes, *vnodes) as f32));
                work = Work::Done;
            }
        }
        work
    })
}

/// Whether theory says how uneven the strategy is.
fn in_theory(scheme: &Scheme) -> bool {
    scheme.strategy == Strategy::Ring && scheme.rule != Rule::Nearest
}
