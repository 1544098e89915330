//! The placement scene: several strategies place the same keys on the same nodes, side by side, and one change moves all
//! of them. The first is the one that the clients of the cluster use; it is the recipe, and properties are about it.

mod bars;
mod calculation;
mod export;
mod facts;
mod figures;
pub mod growth;
mod lists;
mod openings;
mod panel;
mod past;
mod picture;
mod sentences;
mod sheets;
mod stories;
mod stream;
mod survey;
mod words;

use super::crashes::NoCrashes;
use super::lesson::Fact;
use super::options::{OptionDef, Options, choice, number, text, toggle};
use super::scene::*;
use super::staging::{Aside, BarNow, MarkNow, MessageLook, Moment, Staging};
use super::text::{Words, en, say};
use crate::check::model::Budgets;
use crate::core::placement::mistake::Mistake as Wrong;
use crate::core::placement::range::Sample;
use crate::core::placement::rule::Rule;
use crate::core::placement::scheme::{Scheme, Strategy};
use crate::core::placement::{Bound, KeyHash};
use crate::core::protocol::{NodeId, World};
use crate::core::routing::memo::Memo;
use crate::core::routing::{Key, Mistake, Msg, Pace, Request, Routing, Timer};
use crate::sim::simulation::{Happening, Simulation};
use std::sync::Arc;

pub struct PlacementScene;

pub(super) const LETTERS: [&str; 4] = ["A", "B", "C", "D"];

/// Strategies beside each other, at most.
const PANELS_MOST: usize = 4;

/// By so many keys times nodes properties are judged, and by fewer where each key is a hash for every node.
const JUDGED: (usize, usize) = (200_000, 60_000);

impl Staging for PlacementScene {
    type P = Routing;
    type Openings = openings::PlacementOpenings;
    type More = stories::PlacementStories;
    type Past = past::Past;
    type Crashes = NoCrashes;

    const NAME: &'static str = "placement";
    const RECIPES: &'static [&'static str] = &[
        "ring",
        "modulo",
        "ketama",
        "rendezvous",
        "jump",
        "maglev",
        "slots",
        "range",
        "bounded-ring",
        "bounded-rendezvous",
        "nginx",
    ];
    const MISTAKES: &'static [(&'static str, &'static str)] = &[
        ("own-list", "RING-AGREE"),
        ("membership-nothing", "RING-TOTAL"),
        ("membership-first", "RING-BALANCE"),
        ("first-or-last", "RING-BALANCE"),
        ("replica-same-node", "RING-DISTINCT-REPLICAS"),
        ("adjacent", "RING-BALANCE"),
        ("unsorted", "RING-DETERMINISM"),
        ("remainder-twice", "RING-BALANCE"),
        ("float-points", "RING-AGREE"),
    ];
    const OPTIONS: &'static [OptionDef] = &[
        choice("hash", "system", &["sha1", "md5", "fnv1a", "weak"]),
        number("vnodes", "system", [100, 1, 1000, 1], ""),
        choice("rule", "system", &["successor", "strict", "predecessor", "nearest"]),
        number("replicas", "system", [1, 1, 5, 1], ""),
        toggle("zones", "system", true),
        number("servers", "system", [5, 1, 1000, 1], ""),
        number("clients", "system", [2, 1, 4, 1], ""),
        number("bound", "system", [125, 100, 400, 5], "%"),
        choice("table", "system", &["65537", "251", "2039", "655373"]),
        text("nodes", "lists", 1 << 20),
        text("keys", "lists", 8 << 20),
        number("spares", "", [3, 0, lists::SPARES_MOST, 1], ""),
        number("think", "", [1500, -1, 600_000, 10], "ms"),
        number("answer", "", [500, 1, 60_000, 10], "ms"),
        number("announce", "", [1000, 0, 60_000, 10], "ms"),
        number("asked", "", [16, 0, 64, 1], ""),
        number("gets", "", [-1, -1, 100, 1], ""),
        number("changes", "", [-1, -1, 100, 1], ""),
        number("rate", "requests", [0, 0, 1000, 10], "/s"),
        number("zipf", "requests", [100, 0, 200, 5], "%"),
        choice("route", "requests", &["owner", "bounded", "replicas"]),
        number("service", "requests", [20, 1, 10_000, 1], "ms"),
        number("workers", "requests", [1, 1, 64, 1], ""),
        number("room", "requests", [20, 0, 1000, 1], ""),
        number("hot-keys", "", [0, 0, 100_000, 1], ""),
        number("patience", "", [2000, 4, 600_000, 10], "ms"),
        number("requests", "", [-1, -1, 1000, 1], ""),
    ];

    fn words() -> &'static Words {
        &en::placement::TABLE
    }

    fn desk_words() -> &'static Words {
        &en::desk::placement::TABLE
    }

    const VARIED: &'static [(&'static str, &'static [&'static str])] =
        &[("replicas", &["1", "2", "3"]), ("hash", &["sha1", "weak"])];

    fn applies(recipe: &str, mistake: &str) -> bool {
        Wrong::named(mistake).is_none_or(|mistake| mistake.of().name() == recipe)
    }

    fn configure(recipe: &str, mistakes: &[String], options: &Options) -> Routing {
        let ms = |key| options.number(key).unsigned_abs() as u32;
        let budget = |key| u8::try_from(options.number(key)).ok();
        let strategy = Strategy::named(recipe).unwrap_or_default();
        let hash = KeyHash::named(options.text("hash")).unwrap_or_default();
        let nodes = lists::nodes(options);
        let zones = options.is_on("zones") && nodes.fleet.nodes.iter().any(|node| !node.zone.is_empty());
        let (keys, bad_keys) = lists::keys(options);
        let bids = matches!(strategy, Strategy::Rendezvous | Strategy::BoundedRendezvous);
        let judged = if bids { JUDGED.1 } else { JUDGED.0 };
        let judged = (judged / nodes.fleet.nodes.len().max(1)).clamp(64, 2048);
        let scheme = Scheme {
            strategy,
            hash,
            vnodes: options.number("vnodes").clamp(1, 1000) as u32,
            rule: Rule::named(options.text("rule")).unwrap_or_default(),
            table: options.number("table").unsigned_abs() as u32,
            bound: Bound { percent: options.number("bound").clamp(100, 400) as u32 },
            sample: if strategy == Strategy::Range { lists::cuts(&keys) } else { Sample::default() },
            mistake: None,
        };
        // Of several mistakes within a placement the one that was switched on last counts.
        let wrong = mistakes.iter().rev().find_map(|name| Wrong::named(name));
        let scheme_of = |wrong| Scheme { mistake: wrong, ..scheme.clone() };
        let odd = wrong.filter(|wrong| *wrong == Wrong::FloatPoints);
        Routing {
            odd: odd.map(|wrong| scheme_of(Some(wrong))),
            scheme: scheme_of(wrong.filter(|_| odd.is_none())),
            sample: Arc::new(lists::judged(&keys, judged)),
            asked: Arc::new(lists::some(&keys, options.number("asked").unsigned_abs() as usize)),
            stream: stream::configure(options, &keys, scheme.bound),
            keys,
            bad: Arc::new([nodes.bad, bad_keys]),
            fleet: Arc::new(nodes.fleet),
            initial: Arc::new(nodes.initial),
            replicas: options.number("replicas").clamp(1, 5) as u8,
            zones,
            clients: options.number("clients").clamp(1, 4) as u16,
            pace: Pace {
                answer: ms("answer"),
                think: u32::try_from(options.number("think")).ok(),
                announce: Some(ms("announce")).filter(|ms| *ms > 0),
            },
            gets: budget("gets"),
            changes: budget("changes"),
            mistake: mistakes.iter().any(|m| m == "own-list").then_some(Mistake::OwnList),
            memo: Memo::default(),
        }
    }

    fn check(options: &Options, lang: Lang) -> Result<(), String> {
        lists::missing(options, lang).map_or(Ok(()), Err)
    }

    fn bounds(_recipe: &str, mistake: Option<&str>, _: World) -> Vec<(&'static str, String)> {
        let clients = if matches!(mistake, Some("own-list" | "float-points")) { "2" } else { "1" };
        // Enough nodes for the mistake to show: at seven floats and integers part, at five shares are no chance any more.
        let (servers, changes) = match mistake {
            Some("float-points") => ("7", "0"),
            Some("remainder-twice" | "membership-first" | "first-or-last" | "adjacent") => ("5", "0"),
            _ => ("2", "1"),
        };
        [
            ("servers", servers),
            ("spares", "1"),
            ("changes", changes),
            ("vnodes", "50"),
            ("replicas", "2"),
            ("clients", clients),
            ("asked", "1"),
            ("think", "-1"),
            ("gets", "1"),
            ("answer", "2000"),
            // Told once: a repeated view and its confirmations multiply the states.
            ("announce", "0"),
        ]
        .map(|(key, value)| (key, value.to_owned()))
        .into()
    }

    const NODES: &'static str = "servers";
    const READERS_BOUNDS: &'static [&'static str] =
        &["servers", "spares", "changes", "clients", "gets", "vnodes", "replicas"];
    const MAY_BE_NONE: &'static [&'static str] = &["spares", "changes", "gets"];

    fn standard(_: &str, mistake: Option<&str>) -> Vec<(World, Budgets)> {
        let none = Budgets::default();
        if mistake.is_some() {
            return vec![(World::Sync, none)];
        }
        vec![
            (World::Anything, Budgets { crashes: 1, ..none }),
            (World::Anything, Budgets { drops: 1, ..none }),
            (World::Anything, Budgets { dups: 1, ..none }),
        ]
    }

    fn node_name(p: &Routing, node: NodeId) -> String {
        lists::node_name(p, node)
    }

    fn timer_name(_: &Routing, timer: &Timer) -> String {
        match timer {
            Timer::Answer => "answer",
            Timer::Think => "think",
            Timer::Hello => "hello",
            Timer::Announce => "announce",
            Timer::Stream(timer) => return stream::words::timer_name(timer),
        }
        .to_owned()
    }

    fn request_line(p: &Routing, request: &Request) -> String {
        let server = |slot: &u16| lists::node_name(p, NodeId(*slot));
        match request {
            Request::Get(key) => format!("get {}", lists::in_one_word(&key.0)),
            Request::Add(slot, None) => format!("add {}", server(slot)),
            Request::Add(slot, Some(weight)) => format!("add {} {weight}", server(slot)),
            Request::Remove(slot) => format!("remove {}", server(slot)),
            Request::Weight(slot, weight) => format!("weight {} {weight}", server(slot)),
        }
    }

    fn parse_request(p: &Routing, node: NodeId, words: &[&str]) -> Option<Request> {
        let (verb, rest) = words.split_first()?;
        if *verb == "get" {
            return (node > p.directory()).then(|| Some(Request::Get(lists::key(&rest.join(" "))?)))?;
        }
        let (name, rest) = rest.split_first()?;
        let slot = lists::server(p, name).filter(|_| node == p.directory())?;
        match (*verb, rest) {
            ("add", []) => Some(Request::Add(slot, None)),
            ("add", [weight]) => Some(Request::Add(slot, Some(weight.parse().ok()?))),
            ("remove", []) => Some(Request::Remove(slot)),
            ("weight", [weight]) => Some(Request::Weight(slot, weight.parse().ok()?)),
            _ => None,
        }
    }

    fn lanes(p: &Routing, lang: Lang) -> Vec<Lane> {
        words::lanes(p, lang)
    }

    fn in_reserve(p: &Routing, node: NodeId) -> bool {
        node < p.directory()
    }

    fn bars(sim: &Simulation<Routing>) -> Vec<BarNow> {
        bars::now(sim)
    }

    fn marks(p: &Routing, h: &Happening<Routing>, lang: Lang) -> Vec<MarkNow> {
        bars::marks(p, h, lang)
    }

    fn message(p: &Routing, from: NodeId, msg: &Msg, _: Lang) -> MessageLook {
        words::message(p, from, msg)
    }

    fn in_diagram(p: &Routing, msg: &Msg) -> bool {
        stream::in_diagram(p, msg)
    }

    fn remember(past: &mut past::Past, sim: &Simulation<Routing>, h: &Happening<Routing>) {
        past.add(sim, h);
    }

    fn stage(moment: &Moment<Self>, view: &View) -> Stage {
        picture::stage(moment, view)
    }

    fn sentence(p: &Routing, h: &Happening<Routing>, lang: Lang) -> Option<(Vec<Text>, Hue)> {
        sentences::sentence(p, h, lang)
    }

    fn property(name: &str, lang: Lang) -> String {
        super::text::word(lang, &format!("placement.property-{name}"))
    }

    fn because(moment: &Moment<Self>, name: &str, broken: bool, lang: Lang) -> String {
        words::because(moment, name, broken, lang)
    }

    fn inspect(sim: &Simulation<Routing>, node: NodeId, lang: Lang) -> Vec<(String, Text, bool)> {
        words::inspect(sim, node, lang)
    }

    fn offers(sim: &Simulation<Routing>, node: Option<NodeId>, lang: Lang) -> Vec<Offer> {
        words::offers(sim, node, lang)
    }

    fn fact(moment: &Moment<Self>, words: &[&str], lang: Lang) -> Option<Fact> {
        facts::fact(moment, words, lang)
    }

    fn veil(moment: &Moment<Self>, asked: &[&str], stage: &mut Stage, _: Lang) {
        facts::veil(moment, asked, stage);
    }

    fn figures(moment: &Moment<Self>, lang: Lang) -> Vec<Figure> {
        figures::figures(moment, lang)
    }

    fn fields(moment: &Moment<Self>, lang: Lang) -> Vec<Field> {
        figures::fields(moment, lang)
    }

    fn work(moment: &Moment<Self>, go_on: &mut dyn FnMut() -> bool) -> Work {
        let (before, now) = picture::views(moment);
        let p = moment.sim.protocol.as_ref();
        let schemes = shown(p, moment.aside);
        match survey::work(p, &schemes, before.as_ref(), &now, go_on) {
            Work::Left => Work::Left,
            done => match growth::work(p, &schemes, go_on) {
                Work::Nothing => done,
                work => work,
            },
        }
    }

    fn sheets(moment: &Moment<Self>, lang: Lang) -> Vec<Sheet> {
        sheets::sheets(moment, lang)
    }

    const PLOTTED: bool = true;
    fn charts(moment: &Moment<Self>, lang: Lang) -> Vec<Chart> {
        growth::charts(moment, lang)
    }

    fn nearest(moment: &Moment<Self>, panel: &str, turn: f32) -> Option<String> {
        panel::nearest(moment, panel, turn).map(|key| format!("lookup {key}"))
    }

    const EXPORTS: &'static [&'static str] = export::FILES;

    fn export(moment: &Moment<Self>, name: &str) -> Option<String> {
        export::file(moment, name)
    }

    fn view_command(aside: &mut Aside, words: &str, lang: Lang) -> Option<Result<(), String>> {
        let after = |verb: &str| words.strip_prefix(verb).filter(|rest| rest.is_empty() || rest.starts_with(' '));
        if let Some(key) = after("lookup") {
            return Some(figures::look_up(aside, key.trim(), lang));
        }
        Some(beside(aside, after("beside")?.trim(), lang))
    }

    fn view_lines(aside: &Aside) -> Vec<String> {
        let lookup = (!aside.text.is_empty()).then(|| format!("lookup {}", aside.text));
        let beside = (!aside.list.is_empty()).then(|| format!("beside {}", aside.list.join(",")));
        lookup.into_iter().chain(beside).collect()
    }
}

/// Chooses the strategies beside the recipe's; none go back to the one that is shown at first.
fn beside(aside: &mut Aside, names: &str, lang: Lang) -> Result<(), String> {
    let mut list: Vec<String> = Vec::new();
    for name in names.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        if Strategy::named(name).is_none() {
            let shown: String = name.chars().take(40).collect();
            let known = Strategy::ALL.map(Strategy::name).join(", ");
            return Err(say(lang, "placement.no-strategy", &[("name", shown.into()), ("known", known.into())]));
        }
        if !list.iter().any(|known| known == name) {
            list.push(name.to_owned());
        }
    }
    if list.len() >= PANELS_MOST {
        return Err(say(lang, "placement.too-many", &[("n", (PANELS_MOST - 1).into())]));
    }
    aside.list = list;
    Ok(())
}

/// The strategies on show, the recipe's first.
pub(super) fn shown(p: &Routing, aside: &Aside) -> Vec<Scheme> {
    let first = p.scheme.strategy;
    let other = if first == Strategy::Modulo { Strategy::Ring } else { Strategy::Modulo };
    let named = aside.list.iter().filter_map(|name| Strategy::named(name));
    let others: Vec<Strategy> = if aside.list.is_empty() { vec![other] } else { named.collect() };
    let scheme = |strategy| {
        let sample = if strategy == Strategy::Range { lists::cuts(&p.keys) } else { Sample::default() };
        Scheme { strategy, sample, mistake: None, ..p.scheme.clone() }
    };
    let others = others.into_iter().filter(|strategy| *strategy != first).map(scheme);
    [p.scheme.clone()].into_iter().chain(others).take(PANELS_MOST).collect()
}

/// The key that is looked up: the reader's, or one of the list to begin with.
pub(super) fn looked_up(p: &Routing, aside: &Aside) -> Option<Key> {
    if !aside.text.is_empty() {
        return Some(Key::new(&aside.text));
    }
    let default = |key: &&str| *key == "Asia/Shanghai";
    // In a long list of one's own nobody looks for it.
    let known = p.keys.iter().take(1000).find(default);
    known.or((!p.keys.is_empty()).then(|| p.keys.get(0))).map(Key::new)
}
