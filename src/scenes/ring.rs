//! The ring scene: a small replicated store on a hash ring. The servers stand at both sides of the ring that they share,
//! the clients and the directory below it.

mod bars;
mod facts;
mod figures;
mod lists;
mod openings;
mod past;
mod picture;
mod plot;
mod sentences;
mod words;

use super::crashes::NoCrashes;
use super::lesson::Fact;
use super::options::{OptionDef, Options, choice, number, text, toggle};
use super::scene::*;
use super::staging::{Aside, BarNow, MarkNow, MessageLook, Moment, Staging, Varied};
use super::text::{Words, en};
use crate::check::model::Budgets;
use crate::core::protocol::{NodeId, World};
use crate::core::store::{Handover, Key, Mistake, Msg, Pace, Request, Store, Timer};
use crate::sim::simulation::{Happening, Simulation};

pub struct RingScene;

pub(super) const LETTERS: [&str; 4] = ["A", "B", "C", "D"];

/// What becomes of requests for a key that moves.
const HANDOVERS: &[&str] = &["turn-away", "forward", "write-both"];

impl Staging for RingScene {
    type P = Store;
    type Openings = openings::RingOpenings;
    type More = super::staging::NoMore;
    type Past = past::Past;
    type Crashes = NoCrashes;

    const NAME: &'static str = "ring";
    const RECIPES: &'static [&'static str] = &["sha1"];
    const MISTAKES: &'static [(&'static str, &'static str)] =
        &[("replica-same-node", "RING-DISTINCT-REPLICAS"), ("read-before-copy", "HANDOVER")];
    const OPTIONS: &'static [OptionDef] = &[
        number("vnodes", "system", [24, 1, 200, 1], ""),
        number("replicas", "system", [2, 1, 5, 1], ""),
        number("servers", "system", [5, 1, 12, 1], ""),
        number("clients", "system", [2, 1, 4, 1], ""),
        choice("handover", "system", HANDOVERS),
        text("nodes", "lists", 64 << 10),
        text("keys", "lists", 1 << 20),
        number("spares", "", [2, 0, 8, 1], ""),
        number("sample", "", [8, 0, 32, 1], ""),
        toggle("preload", "", true),
        number("think", "", [1500, -1, 600_000, 10], "ms"),
        number("answer", "", [900, 1, 60_000, 10], "ms"),
        number("replica", "", [250, 1, 60_000, 10], "ms"),
        number("copy", "", [250, 1, 60_000, 10], "ms"),
        number("again", "", [400, 1, 60_000, 10], "ms"),
        number("attempts", "", [4, 1, 100, 1], ""),
        number("announce", "", [1000, 0, 60_000, 10], "ms"),
        number("repair", "", [0, 0, 600_000, 10], "ms"),
        number("gets", "", [-1, -1, 100, 1], ""),
        number("puts", "", [-1, -1, 100, 1], ""),
        number("changes", "", [-1, -1, 100, 1], ""),
    ];

    const VARIED: &'static [(&'static str, &'static [&'static str])] = &[("handover", HANDOVERS)];

    fn words() -> &'static Words {
        &en::ring::TABLE
    }

    fn desk_words() -> &'static Words {
        &en::desk::ring::TABLE
    }

    fn configure(_recipe: &str, mistakes: &[String], options: &Options) -> Store {
        let ms = |key| options.number(key).unsigned_abs() as u32;
        let some_ms = |key| Some(ms(key)).filter(|ms| *ms > 0);
        let budget = |key| u8::try_from(options.number(key)).ok();
        let lists = lists::read(options);
        let sample = lists::sample(&lists.given.keys, options.number("sample").unsigned_abs() as usize);
        Store {
            clients: options.number("clients").clamp(1, 4) as u16,
            keys: sample,
            preload: options.is_on("preload"),
            pace: Pace {
                answer: ms("answer"),
                replica: ms("replica"),
                copy: ms("copy"),
                again: ms("again"),
                rounds: options.number("attempts").clamp(1, 100) as u8,
                think: u32::try_from(options.number("think")).ok(),
                repair: some_ms("repair"),
                announce: some_ms("announce"),
                ..Pace::default()
            },
            gets: budget("gets"),
            puts: budget("puts"),
            changes: budget("changes"),
            mistake: mistakes.iter().any(|m| m == "replica-same-node").then_some(Mistake::ReplicaSameNode),
            early: mistakes.iter().any(|m| m == "read-before-copy"),
            handover: match options.text("handover") {
                "forward" => Handover::Forward,
                "write-both" => Handover::WriteBoth,
                _ => Handover::TurnAway,
            },
            lists: lists.given.into(),
            ..lists.store
        }
    }

    fn check(options: &Options, lang: Lang) -> Result<(), String> {
        lists::missing(options, lang).map_or(Ok(()), Err)
    }

    fn bounds(_recipe: &str, mistake: Option<&str>, world: World) -> Vec<(&'static str, String)> {
        // A tick is a second. Where any timer may fire at any time, membership changes are too many states.
        let early = mistake == Some("read-before-copy");
        let changing = world == World::Sync && (mistake.is_none() || early);
        let (servers, spares, changes) = if changing { ("2", "1", "1") } else { ("3", "0", "0") };
        [
            ("servers", servers),
            ("spares", spares),
            ("changes", changes),
            ("vnodes", "2"),
            ("replicas", if early { "1" } else { "2" }),
            ("clients", "1"),
            // With two points a server, both next points after this key are those of node-3.
            ("keys", "Europe/Paris"),
            ("sample", "1"),
            ("preload", "off"),
            ("think", "-1"),
            ("gets", if early { "1" } else { "0" }),
            ("puts", "1"),
            ("answer", "4000"),
            ("replica", "1000"),
            ("copy", "1000"),
            ("again", "2000"),
            ("attempts", "1"),
            // Told once: a repeated view and its confirmations multiply the states by more than ten.
            ("announce", "0"),
        ]
        .map(|(key, value)| (key, value.to_owned()))
        .into()
    }

    const NODES: &'static str = "servers";
    const READERS_BOUNDS: &'static [&'static str] =
        &["servers", "spares", "changes", "clients", "puts", "gets", "vnodes", "replicas"];
    const MAY_BE_NONE: &'static [&'static str] = &["spares", "changes", "puts", "gets"];

    fn standard(_: &str, mistake: Option<&str>) -> Vec<(World, Budgets)> {
        let none = Budgets::default();
        let crash = Budgets { crashes: 1, ..none };
        match mistake {
            Some("read-before-copy") => return vec![(World::Sync, none)],
            Some(_) => return vec![(World::Sync, crash)],
            None => {}
        }
        vec![
            (World::Anything, crash),
            (World::Anything, Budgets { drops: 1, ..none }),
            (World::Anything, Budgets { dups: 1, ..none }),
            (World::Sync, crash),
            (World::Sync, Budgets { pauses: 1, ..none }),
            (World::Sync, Budgets { drops: 1, ..none }),
        ]
    }

    fn varied_searches(_: &str) -> Vec<(World, Budgets, Varied)> {
        let none = Budgets::default();
        let crash = Budgets { crashes: 1, ..none };
        // What is there from the start is read while it moves, or what is stored while it does.
        let stored = [("gets", "1"), ("puts", "0"), ("preload", "on")];
        let each = |way: &'static str| {
            let with = |more: &[_]| -> Varied { [("handover", way)].iter().chain(more).copied().collect() };
            [
                (World::Sync, crash, with(&stored)),
                (World::Sync, crash, with(&[&[("replicas", "1")][..], &stored].concat())),
                (World::Sync, Budgets { drops: 1, ..none }, with(&[("gets", "1")])),
                (World::Sync, Budgets { pauses: 1, ..none }, with(&[("replicas", "1"), ("gets", "1")])),
            ]
        };
        HANDOVERS.iter().flat_map(|way| each(way)).collect()
    }

    fn node_name(p: &Store, node: NodeId) -> String {
        lists::node_name(p, node)
    }

    fn timer_name(_: &Store, timer: &Timer) -> String {
        match timer {
            Timer::Answer => "answer".to_owned(),
            Timer::Again => "again".to_owned(),
            Timer::Think => "think".to_owned(),
            Timer::Replica(tag) => format!("replica:{}.{}", tag.client, tag.n),
            Timer::Copy => "copy".to_owned(),
            Timer::Repair => "repair".to_owned(),
            Timer::Announce => "announce".to_owned(),
        }
    }

    fn request_line(p: &Store, request: &Request) -> String {
        let server = |slot: &u16| lists::node_name(p, NodeId(*slot));
        match request {
            Request::Get(key) => format!("get {}", lists::in_one_word(&key.name)),
            Request::Put(key) => format!("put {}", lists::in_one_word(&key.name)),
            Request::Add(slot) => format!("add {}", server(slot)),
            Request::Remove(slot) => format!("remove {}", server(slot)),
            Request::Repair => "repair".to_owned(),
        }
    }

    fn parse_request(p: &Store, node: NodeId, words: &[&str]) -> Option<Request> {
        let (verb, rest) = words.split_first()?;
        let key = || lists::key(&rest.join(" "));
        let server = || {
            let found = (0..p.servers()).find(|slot| rest == [lists::node_name(p, NodeId(*slot)).as_str()]);
            found.or_else(|| rest.first()?.parse().ok().filter(|slot| *slot < p.servers()))
        };
        match *verb {
            "get" if node > p.directory() => Some(Request::Get(key()?)),
            "put" if node > p.directory() => Some(Request::Put(key()?)),
            "add" if node == p.directory() => Some(Request::Add(server()?)),
            "remove" if node == p.directory() => Some(Request::Remove(server()?)),
            "repair" if node < p.directory() && rest.is_empty() => Some(Request::Repair),
            _ => None,
        }
    }

    fn lanes(p: &Store, lang: Lang) -> Vec<Lane> {
        words::lanes(p, lang)
    }

    fn in_reserve(p: &Store, node: NodeId) -> bool {
        node < p.directory()
    }

    fn bars(sim: &Simulation<Store>) -> Vec<BarNow> {
        bars::now(sim)
    }

    fn marks(p: &Store, h: &Happening<Store>, lang: Lang) -> Vec<MarkNow> {
        bars::marks(p, h, lang)
    }

    fn message(p: &Store, from: NodeId, msg: &Msg, _: Lang) -> MessageLook {
        words::message(p, from, msg)
    }

    fn remember(past: &mut past::Past, _: &Simulation<Store>, h: &Happening<Store>) {
        past.add(h);
    }

    fn stage(moment: &Moment<Self>, view: &View) -> Stage {
        picture::stage(moment, view)
    }

    fn sentence(p: &Store, h: &Happening<Store>, lang: Lang) -> Option<(Vec<Text>, Hue)> {
        sentences::sentence(p, h, lang)
    }

    fn property(name: &str, lang: Lang) -> String {
        super::text::word(lang, &format!("ring.property-{name}"))
    }

    fn because(moment: &Moment<Self>, name: &str, broken: bool, lang: Lang) -> String {
        words::because(moment, name, broken, lang)
    }

    fn inspect(sim: &Simulation<Store>, node: NodeId, lang: Lang) -> Vec<(String, Text, bool)> {
        words::inspect(sim, node, lang)
    }

    fn offers(sim: &Simulation<Store>, node: Option<NodeId>, lang: Lang) -> Vec<Offer> {
        words::offers(sim, node, lang)
    }

    fn fact(moment: &Moment<Self>, words: &[&str], lang: Lang) -> Option<Fact> {
        facts::fact(moment, words, lang)
    }

    fn veil(moment: &Moment<Self>, asked: &[&str], stage: &mut Stage, lang: Lang) {
        facts::veil(moment, asked, stage, lang);
    }

    fn attend(moment: &Moment<Self>, asked: &[&str]) -> Option<String> {
        facts::attend(moment, asked)
    }

    fn figures(moment: &Moment<Self>, lang: Lang) -> Vec<Figure> {
        figures::figures(moment, lang)
    }

    fn fields(moment: &Moment<Self>, lang: Lang) -> Vec<Field> {
        figures::fields(moment, lang)
    }

    fn view_command(aside: &mut Aside, words: &str, lang: Lang) -> Option<Result<(), String>> {
        let key = words.strip_prefix("lookup").filter(|rest| rest.is_empty() || rest.starts_with(' '))?;
        Some(figures::look_up(aside, key.trim(), lang))
    }

    fn view_lines(aside: &Aside) -> Vec<String> {
        (!aside.text.is_empty()).then(|| format!("lookup {}", aside.text)).into_iter().collect()
    }
}

/// The key that is looked up: the reader's, or one of the list to begin with.
pub(super) fn looked_up(p: &Store, aside: &Aside) -> Option<Key> {
    if !aside.text.is_empty() {
        return Some(Key::new(&aside.text));
    }
    let keys = &p.lists.keys;
    keys.iter().find(|key| &*key.name == "Asia/Shanghai").or(keys.first()).cloned()
}
