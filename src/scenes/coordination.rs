//! Locks from a coordination service: clients on the left, ZooKeeper, etcd or Consul in the middle, the storage on the right.
//! For a reader it is the second half of the lock scene.

mod bars;
mod because;
mod facts;
mod openings;
mod past;
mod picture;
mod sentences;
mod stories;
mod table;
mod words;

use super::crashes::NoCrashes;
use super::lesson::Fact;
use super::options::{OptionDef, Options, choice, number, toggle};
use super::scene::*;
use super::searching::table::Table;
use super::staging::{BarNow, MarkNow, MessageLook, Moment, Staging, Varied};
use super::text::{Words, en};
use crate::check::model::Budgets;
use crate::core::coordination::{Coordination, Mistake, Mistakes, Msg, Request, Service, Timer, negotiated};
use crate::core::lock::Reads;
use crate::core::protocol::{NodeId, World};
use crate::sim::simulation::{Happening, Simulation};

pub struct CoordinationScene;

impl Staging for CoordinationScene {
    type P = Coordination;
    type Openings = openings::CoordinationOpenings;
    type More = stories::CoordinationStories;
    type Past = past::Past;
    type Crashes = NoCrashes;

    const NAME: &'static str = "coordination";
    const RECIPES: &'static [&'static str] = &["zookeeper", "etcd", "consul"];
    const MISTAKES: &'static [(&'static str, &'static str)] = &[
        ("exists-swallowed", "MUTEX-LEASE"),
        ("fails-at-once", "NO-REFUSAL"),
        ("no-guid", "NO-ORPHAN"),
        ("watch-parent", "NO-HERD"),
        ("works-disconnected", "BELIEF-BOUNDED"),
        ("sorts-by-name", "MUTEX-LEASE"),
        ("no-sync", "NO-ORPHAN"),
        ("no-reread", "BELIEF-BOUNDED"),
    ];
    const OPTIONS: &'static [OptionDef] = &[
        toggle("fence", "system", true),
        choice("reads", "system", &["no", "plain", "fenced"]),
        toggle("looks", "system", true),
        toggle("follower", "system", false),
        number("clients", "system", [3, 1, 5, 1], ""),
        number("ttl", "system", [3000, 300, 60_000, 100], "ms"),
        number("work", "system", [900, 0, 60_000, 50], "ms"),
        number("delay", "system", [0, 0, 60_000, 500], "ms"),
        number("late", "", [500, 0, 60_000, 1], "ms"),
        number("timeout", "", [1500, 0, 60_000, 50], "ms"),
        number("retry", "", [400, 1, 60_000, 10], "ms"),
        number("jitter", "", [400, 0, 60_000, 10], "ms"),
        number("think", "", [1500, -1, 600_000, 10], "ms"),
        number("rounds", "", [0, 0, 200, 1], ""),
        number("tries", "", [0, 0, 200, 1], ""),
        // -1: as often as it has to.
        number("pings", "", [-1, -1, 200, 1], ""),
        number("reconnects", "", [-1, -1, 200, 1], ""),
    ];

    const VARIED: &'static [(&'static str, &'static [&'static str])] = &[
        ("fence", &["on", "on", "off"]),
        ("follower", &["off", "off", "on"]),
        ("reads", &["no", "plain", "fenced"]),
        ("delay", &["0", "0", "2000"]),
    ];

    fn words() -> &'static Words {
        &en::coordination::TABLE
    }

    fn desk_words() -> &'static Words {
        &en::desk::coordination::TABLE
    }

    fn configure(recipe: &str, mistakes: &[String], options: &Options) -> Coordination {
        let ms = |key| options.number(key).unsigned_abs() as u32;
        let few = |key| u8::try_from(options.number(key)).ok().filter(|n| *n > 0);
        let most = |key| u8::try_from(options.number(key)).ok();
        let service = match recipe {
            "etcd" => Service::Etcd,
            "consul" => Service::Consul,
            _ => Service::ZooKeeper,
        };
        let fence = options.is_on("fence");
        Coordination {
            service,
            clients: options.number("clients").clamp(1, 5) as u16,
            follower: options.is_on("follower") && service == Service::ZooKeeper,
            // The server looks for sessions that are over once a tick, and grants no timeout that its ticks are too coarse for.
            ttl: if service == Service::ZooKeeper { negotiated(ms("ttl"), ms("late")) } else { ms("ttl") },
            late: ms("late"),
            work: ms("work"),
            timeout: ms("timeout"),
            retry: ms("retry"),
            jitter: ms("jitter"),
            lock_delay: if service == Service::Consul { ms("delay") } else { 0 },
            think: u32::try_from(options.number("think")).ok(),
            rounds: few("rounds"),
            tries: few("tries"),
            pings: most("pings"),
            reconnects: most("reconnects"),
            fence,
            reads: match options.text("reads") {
                "plain" => Reads::Plain,
                "fenced" if fence => Reads::Fenced,
                "fenced" => Reads::Plain,
                _ => Reads::No,
            },
            looks: options.is_on("looks"),
            mistakes: switched_on(mistakes),
        }
    }

    fn applies(recipe: &str, mistake: &str) -> bool {
        match mistake {
            "no-reread" => recipe == "etcd",
            _ => recipe == "zookeeper",
        }
    }

    fn bounds(_: &str, mistake: Option<&str>, _: World) -> Vec<(&'static str, String)> {
        // A tick is a second: a session of three, one to work.
        let clients = match mistake {
            Some("watch-parent") => "3",
            _ => "2",
        };
        let follower = if mistake == Some("no-sync") { "on" } else { "off" };
        let reconnects = if matches!(mistake, Some("no-guid" | "no-sync")) { "1" } else { "0" };
        [
            ("clients", clients),
            ("follower", follower),
            ("ttl", "3000"),
            ("work", "1000"),
            ("late", "0"),
            ("timeout", "0"),
            ("retry", "2000"),
            ("jitter", "0"),
            ("think", "-1"),
            ("rounds", "1"),
            ("tries", "1"),
            ("pings", "0"),
            ("reconnects", reconnects),
        ]
        .map(|(key, value)| (key, value.to_owned()))
        .into()
    }

    const NODES: &'static str = "clients";
    const READERS_BOUNDS: &'static [&'static str] =
        &["clients", "rounds", "tries", "pings", "reconnects", "ttl", "work"];
    const MAY_BE_NONE: &'static [&'static str] = &["pings", "reconnects"];

    fn standard(_: &str, mistake: Option<&str>) -> Vec<(World, Budgets)> {
        let none = Budgets::default();
        let (pause, crash) = (Budgets { pauses: 1, ..none }, Budgets { crashes: 1, ..none });
        let (drop, cut) = (Budgets { drops: 1, ..none }, Budgets { cuts: 1, ..none });
        // One client is enough.
        let one = Budgets { requests: Some(1), ..none };
        match mistake {
            None => {
                let dup = Budgets { dups: 1, ..none };
                let within_a_tick = [none, pause, crash, drop, dup, cut].map(|faults| (World::Sync, faults));
                within_a_tick.into_iter().chain([(World::Bounded, none), (World::Anything, none)]).collect()
            }
            Some("works-disconnected") => vec![(World::Sync, cut)],
            Some("no-guid") => vec![(World::Sync, drop)],
            Some("no-sync") => vec![(World::Bounded, one)],
            Some("no-reread") => vec![(World::Sync, pause)],
            Some(_) => vec![(World::Sync, none)],
        }
    }

    fn table() -> Option<&'static Table> {
        Some(&table::TABLE)
    }

    fn varied_searches(recipe: &str) -> Vec<(World, Budgets, Varied)> {
        let none = Budgets::default();
        let (pause, drop) = (Budgets { pauses: 1, ..none }, Budgets { drops: 1, ..none });
        let (dup, cut) = (Budgets { dups: 1, ..none }, Budgets { cuts: 1, ..none });
        let mut searches = vec![
            (World::Sync, none, vec![("clients", "3")]),
            (World::Sync, pause, vec![("reads", "fenced")]),
            (World::Sync, drop, vec![("reconnects", "1")]),
            (World::Sync, cut, vec![("pings", "1"), ("reconnects", "1")]),
        ];
        if recipe == "consul" {
            searches.push((World::Sync, pause, vec![("delay", "2000")]));
        }
        if recipe == "zookeeper" {
            // With a crash there are half a million states more.
            searches
                .extend([none, pause, drop, dup, cut].map(|faults| (World::Sync, faults, vec![("follower", "on")])));
            let moves: Varied = vec![("follower", "on"), ("reconnects", "1")];
            let one = |faults| Budgets { requests: Some(1), ..faults };
            searches.extend([none, drop].map(|faults| (World::Bounded, one(faults), moves.clone())));
        }
        searches
    }

    fn node_name(p: &Coordination, node: NodeId) -> String {
        if node == p.storage() {
            "storage".to_owned()
        } else if Some(node) == p.follower() {
            "follower".to_owned()
        } else if node == p.leader() {
            words::service(p.service).to_ascii_lowercase()
        } else {
            words::LETTERS.get(node.0 as usize).map_or_else(|| node.0.to_string(), |l| l.to_ascii_lowercase())
        }
    }

    fn timer_name(_: &Coordination, timer: &Timer) -> String {
        match timer {
            Timer::Lease(of) => format!("lease:{of}"),
            Timer::Ping => "ping".to_owned(),
            Timer::Silence => "silence".to_owned(),
            Timer::Timeout => "timeout".to_owned(),
            Timer::Retry => "retry".to_owned(),
            Timer::Think => "think".to_owned(),
            Timer::Work => "work".to_owned(),
            Timer::Act => "act".to_owned(),
            Timer::Session(owner) => format!("session:{}.{}", owner.client, owner.nonce),
            Timer::Delay => "delay".to_owned(),
        }
    }

    fn request_line(_: &Coordination, request: &Request) -> String {
        match request {
            Request::Acquire => "acquire",
            Request::Elect => "elect",
        }
        .to_owned()
    }

    fn parse_request(p: &Coordination, node: NodeId, words: &[&str]) -> Option<Request> {
        match words {
            ["acquire"] if node.0 < p.clients => Some(Request::Acquire),
            ["elect"] if node == p.leader() => Some(Request::Elect),
            _ => None,
        }
    }

    fn server(p: &Coordination, node: NodeId) -> Option<usize> {
        p.servers().position(|server| server == node)
    }

    fn lanes(p: &Coordination, lang: Lang) -> Vec<Lane> {
        words::lanes(p, lang)
    }

    fn bars(sim: &Simulation<Coordination>) -> Vec<BarNow> {
        bars::now(sim)
    }

    fn marks(p: &Coordination, h: &Happening<Coordination>, lang: Lang) -> Vec<MarkNow> {
        bars::marks(p, h, lang)
    }

    fn message(p: &Coordination, _: NodeId, msg: &Msg, _: Lang) -> MessageLook {
        words::message(p, msg)
    }

    fn arrow(p: &Coordination, (_, to): (NodeId, NodeId), msg: &Msg) -> MessageLook {
        words::passing(p, to, msg)
    }

    fn remember(past: &mut past::Past, sim: &Simulation<Coordination>, h: &Happening<Coordination>) {
        past.add(h, sim.ghost.queue.first().map(|(_, fence)| *fence));
    }

    fn stage(moment: &Moment<Self>, view: &View) -> Stage {
        picture::stage(moment, view)
    }

    fn sentence(p: &Coordination, h: &Happening<Coordination>, lang: Lang) -> Option<(Vec<Text>, Hue)> {
        sentences::sentence(p, h, lang)
    }

    fn property(name: &str, lang: Lang) -> String {
        super::text::word(lang, &format!("coordination.property-{name}"))
    }

    fn because(moment: &Moment<Self>, name: &str, broken: bool, lang: Lang) -> String {
        because::because(moment, name, broken, lang)
    }

    fn inspect(sim: &Simulation<Coordination>, node: NodeId, lang: Lang) -> Vec<(String, Text, bool)> {
        words::inspect(sim, node, lang)
    }

    fn offers(sim: &Simulation<Coordination>, node: Option<NodeId>, lang: Lang) -> Vec<Offer> {
        words::offers(sim, node, lang)
    }

    fn fact(moment: &Moment<Self>, words: &[&str], lang: Lang) -> Option<Fact> {
        facts::fact(moment, words, lang)
    }

    fn figures(moment: &Moment<Self>, lang: Lang) -> Vec<Figure> {
        words::figures(moment, lang)
    }
}

fn switched_on(names: &[String]) -> Mistakes {
    let known = CoordinationScene::MISTAKES.iter().zip(Mistake::ALL);
    let on = known.filter(|((name, _), _)| names.iter().any(|n| n == name));
    on.fold(Mistakes::default(), |all, (_, mistake)| all.with(mistake))
}
