//! Where keys live: on a ring whose points are told, by a remainder, and how many a change moves.

use super::{Dice, Draft, Told, at, run, told};
use crate::core::placement::KeyHash;
use crate::core::placement::Member;
use crate::core::placement::ring::Ring;
use crate::scenes::place::library::SAMPLE;
use crate::sim::time::MILLISECOND;

const TREES: [&str; 12] =
    ["ash", "birch", "cedar", "elm", "fir", "hazel", "larch", "maple", "oak", "pine", "rowan", "willow"];

/// A key is at least so far from every point, and points from each other, in percent of the circle.
const APART: f64 = 2.0;
/// Drawings that are tried for that.
const TRIES: usize = 200;

/// Percent of the circle, clockwise.
fn turn(at: u64) -> f64 {
    at as f64 / (1_u128 << 64) as f64 * 100.0
}

fn off(a: f64, b: f64) -> f64 {
    let off = (a - b).abs();
    off.min(100.0 - off)
}

fn key(dice: &mut Dice) -> &'static str {
    let all: Vec<&str> = SAMPLE.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    dice.pick(&all)
}

/// Servers with a point each, and a key between them.
struct Circle {
    /// In the order of the circle, with where they are.
    points: Vec<(&'static str, f64)>,
    key: &'static str,
    key_at: f64,
}

impl Circle {
    fn draw(dice: &mut Dice) -> Circle {
        let mut circle = Circle::one(dice);
        for _ in 0..TRIES {
            let spots: Vec<f64> = circle.points.iter().map(|point| point.1).chain([circle.key_at]).collect();
            let apart = |(n, a): (usize, &f64)| spots.iter().skip(n + 1).all(|b| off(*a, *b) >= APART);
            if spots.iter().enumerate().all(apart) {
                break;
            }
            circle = Circle::one(dice);
        }
        circle
    }

    fn one(dice: &mut Dice) -> Circle {
        let count = 4 + dice.below(3);
        let names = dice.some(&TREES, count);
        let key = key(dice);
        let members = names.iter().map(|name| Member::new(*name, 1)).collect();
        let ring = Ring::new(members, 1).ok();
        let points = ring.iter().flat_map(|ring| ring.points());
        let points = points.filter_map(|point| Some((*names.get(point.member as usize)?, turn(point.at)))).collect();
        Circle { points, key, key_at: turn(KeyHash::Sha1.position(key.as_bytes())) }
    }

    /// Index of the first point from the key on.
    fn owner(&self) -> usize {
        self.points.iter().position(|(_, at)| *at >= self.key_at).unwrap_or_default()
    }

    fn run(&self) -> crate::scenes::run::RunSpec {
        let mut names: Vec<&str> = self.points.iter().map(|(name, _)| *name).collect();
        names.sort_unstable();
        let nodes = names.join("\n");
        run(
            "sha1",
            &[],
            &[
                ("vnodes", "1"),
                ("replicas", "1"),
                ("clients", "1"),
                ("think", "-1"),
                ("spares", "0"),
                ("sample", "0"),
                ("nodes", &nodes),
            ],
        )
    }

    fn say(&self) -> Vec<Told> {
        let points: Vec<String> = self.points.iter().map(|(name, at)| format!("{name} {at:.0}")).collect();
        vec![
            told("points").with("points", points.join(", ")),
            told("key").with("key", self.key).with("at", format!("{:.0}", self.key_at)),
        ]
    }
}

pub fn owner(dice: &mut Dice) -> Draft {
    let circle = Circle::draw(dice);
    Draft {
        run: circle.run(),
        at: 100 * MILLISECOND,
        by: 200 * MILLISECOND,
        fact: format!("owner {}", circle.key),
        say: circle.say(),
        ask: told("owner").with("key", circle.key),
        why: told("why-owner"),
    }
}

pub fn change(dice: &mut Dice) -> Draft {
    let circle = Circle::draw(dice);
    let mut run = circle.run();
    // In two of three it is the owner that goes.
    let owner = circle.owner();
    let other = (owner + 1 + dice.below(circle.points.len() - 1)) % circle.points.len();
    let who = circle.points[if dice.below(3) < 2 { owner } else { other }].0;
    let dies = dice.below(5) < 2;
    at(&mut run, 600, if dies { format!("crash {who} killed") } else { format!("request directory remove {who}") });
    let mut say = circle.say();
    say.push(told(if dies { "dies" } else { "leaves" }).with("who", who));
    Draft {
        run,
        at: 500 * MILLISECOND,
        by: 2_000 * MILLISECOND,
        fact: format!("owner {}", circle.key),
        say,
        ask: told("owner-then").with("key", circle.key),
        why: told(if dies { "why-dies" } else { "why-leaves" }),
    }
}

/// What is done to so many nodes: the share that moves under a strategy that moves no more than it must is near one that
/// can be chosen.
fn event(dice: &mut Dice, run: &mut crate::scenes::run::RunSpec, (verb, count): (&'static str, usize)) -> Told {
    let last = format!("node-{count}");
    let who = match verb {
        "add" => format!("node-{}", count + 1),
        "remove" => last,
        _ => format!("node-{}", 1 + dice.below(count)),
    };
    let line = if verb == "dies" { format!("crash {who} killed") } else { format!("request directory {verb} {who}") };
    at(run, 600, line);
    let key = match verb {
        "add" => "event-add",
        "remove" => "event-remove",
        _ => "event-dies",
    };
    told(key).with("who", who)
}

pub fn ring_moved(dice: &mut Dice) -> Draft {
    let halves = [("add", 1), ("remove", 2)];
    let fifths = [("add", 4), ("add", 5), ("remove", 5), ("remove", 6)];
    let none = [("dies", 4), ("dies", 2), ("dies", 5)];
    let what = match dice.below(10) {
        0..=2 => dice.pick(&halves),
        3..=6 => dice.pick(&fifths),
        _ => dice.pick(&none),
    };
    let servers = what.1.to_string();
    let mut run = run(
        "sha1",
        &[],
        &[("vnodes", "200"), ("servers", &servers), ("clients", "1"), ("think", "-1"), ("sample", "0")],
    );
    let happens = event(dice, &mut run, what);
    Draft {
        run,
        at: 500 * MILLISECOND,
        by: 2_000 * MILLISECOND,
        fact: "moved".to_owned(),
        say: vec![told("servers").with("count", servers), happens],
        ask: told("moved"),
        why: told(if what.0 == "dies" { "why-none-moved" } else { "why-moved" }),
    }
}

pub fn moved(dice: &mut Dice) -> Draft {
    let strategy = dice.pick(&["modulo", "modulo", "modulo", "ring", "rendezvous", "jump", "maglev"]);
    let (many, few) = ([("add", 4), ("add", 5), ("remove", 5), ("remove", 6)], [("add", 1), ("remove", 2)]);
    let what = match dice.below(8) {
        0..=4 => dice.pick(&many),
        5..=6 => dice.pick(&few),
        _ => ("dies", 3 + dice.below(3)),
    };
    let servers = what.1.to_string();
    let mut run = run(strategy, &[], &[("servers", &servers), ("clients", "1"), ("think", "-1"), ("vnodes", "200")]);
    let happens = event(dice, &mut run, what);
    let why = match (what.0, strategy) {
        ("dies", _) => "why-none-moved",
        (_, "modulo") => "why-modulo-moved",
        _ => "why-moved",
    };
    let scheme = told("strategy").word("strategy", format!("placement.recipe-{strategy}")).with("count", servers);
    Draft {
        run,
        at: 500 * MILLISECOND,
        by: 2_000 * MILLISECOND,
        fact: "moved".to_owned(),
        say: vec![scheme, happens],
        ask: told("moved"),
        why: told(why),
    }
}

/// What remains of a hash divided by this is told: all numbers of nodes that come up divide it.
const KNOWN: u64 = 60;

pub fn modulo(dice: &mut Dice) -> Draft {
    let key = key(dice);
    let grows = dice.below(2) == 0;
    let count = dice.pick(if grows { &[3_usize, 4, 5] } else { &[3, 4, 5, 6] });
    let servers = count.to_string();
    let mut run = run("modulo", &[], &[("servers", &servers), ("clients", "1"), ("think", "-1")]);
    let mut say = vec![
        told("modulo").with("count", &servers),
        told("rest").with("key", key).with("rest", KeyHash::Sha1.position(key.as_bytes()) % KNOWN),
    ];
    if grows {
        let who = format!("node-{}", count + 1);
        at(&mut run, 600, format!("request directory add {who}"));
        say.push(told("event-add").with("who", who));
    }
    Draft {
        run,
        at: 500 * MILLISECOND,
        by: if grows { 2_000 } else { 600 } * MILLISECOND,
        fact: format!("owner {key}"),
        say,
        ask: told(if grows { "owner-then" } else { "owner" }).with("key", key),
        why: told("why-modulo"),
    }
}
