//! The lock scene: clients on the left, Redis in the middle, the storage on the right.

mod bars;
mod facts;
mod openings;
pub(in crate::scenes) mod past;
pub(in crate::scenes) mod picture;
mod stories;
mod table;
pub(in crate::scenes) mod words;

use openings::LockOpenings;

use super::crashes::NoCrashes;
use super::lesson::Fact;
use super::options::{OptionDef, Options, choice, number, toggle};
use super::scene::*;
use super::searching::table::Table;
use super::staging::{BarNow, MarkNow, MessageLook, Moment, Staging};
use super::text::{Words, en};
use crate::check::model::Budgets;
use crate::core::lock::{Lock, Mistake, Mistakes, Msg, Persistence, Reads, Request, Timer};
use crate::core::protocol::{NodeId, World};
use crate::sim::simulation::{Happening, Simulation};

pub struct LockScene;

pub const LETTERS: [&str; 5] = ["A", "B", "C", "D", "E"];

impl Staging for LockScene {
    type P = Lock;
    type Openings = LockOpenings;
    type More = stories::LockStories;
    type Past = past::Past;
    type Crashes = NoCrashes;

    const NAME: &'static str = "lock";
    const RECIPES: &'static [&'static str] =
        &["set-nx-px-fence", "set-nx-px", "set-nx-px-renew", "redlock", "compare-and-set"];
    const MISTAKES: &'static [(&'static str, &'static str)] = &[
        ("get-then-set", "MUTEX-LEASE"),
        ("set-without-nx", "MUTEX-LEASE"),
        ("setnx-without-ttl", "EVENTUALLY-FREE"),
        ("setnx-then-expire", "EVENTUALLY-FREE"),
        ("unconditional-del", "MUTEX-LEASE"),
        ("get-compare-del", "MUTEX-LEASE"),
        ("constant-owner", "MUTEX-LEASE"),
        ("counted-from-reply", "MUTEX-LEASE"),
        ("renew-without-compare", "MUTEX-LEASE"),
        ("incr-second", "NO-STALE-WRITE"),
        ("set-incr", "FENCE-MONOTONE"),
        ("counter-lost", "FENCE-MONOTONE"),
        ("owner-as-fence", "NO-STALE-WRITE"),
        ("fence-in-memory", "NO-STALE-WRITE"),
        ("storage-unchecked", "NO-STALE-WRITE"),
        ("no-validity-check", "MUTEX-LEASE"),
        ("blind-write", "NO-LOST-UPDATE"),
    ];
    const OPTIONS: &'static [OptionDef] = &[
        choice("reads", "system", &["no", "plain", "fenced"]),
        toggle("looks", "system", true),
        choice("persistence", "system", &["always", "everysec", "none"]),
        toggle("replica", "system", false),
        number("masters", "system", [3, 3, 5, 2], ""),
        number("clients", "system", [3, 2, 5, 1], ""),
        number("ttl", "system", [3000, 100, 60_000, 100], "ms"),
        number("work", "system", [900, 0, 60_000, 50], "ms"),
        // -1: none, and for Redlock what its clients take off for drift.
        number("margin", "", [-1, -1, 60_000, 1], "ms"),
        number("timeout", "", [1500, 0, 60_000, 50], "ms"),
        number("retry", "", [400, 1, 60_000, 10], "ms"),
        number("jitter", "", [400, 0, 60_000, 10], "ms"),
        number("think", "", [1500, -1, 600_000, 10], "ms"),
        number("rounds", "", [0, 0, 200, 1], ""),
        number("tries", "", [0, 0, 200, 1], ""),
        number("renewals", "", [0, 0, 200, 1], ""),
        toggle("order", "", false),
    ];

    const VARIED: &'static [(&'static str, &'static [&'static str])] = &[
        ("masters", &["3", "5"]),
        ("persistence", &["always", "always", "everysec", "none"]),
        ("replica", &["off", "off", "on"]),
        ("reads", &["no", "plain", "fenced"]),
    ];

    fn words() -> &'static Words {
        &en::lock::TABLE
    }

    fn desk_words() -> &'static Words {
        &en::desk::lock::TABLE
    }

    fn configure(recipe: &str, mistakes: &[String], options: &Options) -> Lock {
        let ms = |key| options.number(key).unsigned_abs() as u32;
        let few = |key| u8::try_from(options.number(key)).ok().filter(|n| *n > 0);
        let fence = recipe == "set-nx-px-fence";
        let (redlock, unlocked) = (recipe == "redlock", recipe == "compare-and-set");
        Lock {
            clients: options.number("clients").clamp(1, 5) as u16,
            masters: match () {
                () if unlocked => 0,
                // An odd number: four forgive no more than three do.
                () if redlock => options.number("masters").clamp(3, 5) as u16 | 1,
                () => 1,
            },
            replica: options.is_on("replica") && !redlock && !unlocked,
            ttl: ms("ttl"),
            margin: match u32::try_from(options.number("margin")) {
                Ok(margin) => margin,
                Err(_) if redlock => ms("ttl") / 100 + 2,
                Err(_) => 0,
            },
            work: ms("work"),
            timeout: ms("timeout"),
            retry: ms("retry"),
            jitter: ms("jitter"),
            think: u32::try_from(options.number("think")).ok(),
            rounds: few("rounds"),
            tries: few("tries"),
            fence,
            reads: match options.text("reads") {
                _ if unlocked => Reads::Plain,
                "plain" => Reads::Plain,
                "fenced" if fence => Reads::Fenced,
                "fenced" => Reads::Plain,
                _ => Reads::No,
            },
            looks: options.is_on("looks"),
            persistence: match options.text("persistence") {
                "none" => Persistence::None,
                "everysec" => Persistence::EverySecond,
                _ => Persistence::Always,
            },
            renew: recipe == "set-nx-px-renew",
            renewals: few("renewals"),
            order: options.is_on("order"),
            mistakes: switched_on(mistakes),
        }
    }

    fn applies(recipe: &str, mistake: &str) -> bool {
        match mistake {
            "unconditional-del" => !matches!(recipe, "redlock" | "compare-and-set"),
            "no-validity-check" => recipe == "redlock",
            "blind-write" => recipe == "compare-and-set",
            "renew-without-compare" => recipe == "set-nx-px-renew",
            "incr-second" | "set-incr" | "counter-lost" | "owner-as-fence" | "fence-in-memory"
            | "storage-unchecked" => recipe == "set-nx-px-fence",
            _ => recipe == "set-nx-px",
        }
    }

    fn bounds(recipe: &str, mistake: Option<&str>, world: World) -> Vec<(&'static str, String)> {
        // A tick is a second: a lease of three, one to work, two until the next try. `lease-search`: a DEL hurts only
        // when a third grant follows, so that mistakes in releasing get two rounds.
        let twice = ["unconditional-del", "get-compare-del", "constant-owner", "set-incr", "counter-lost"];
        let rounds = if mistake.is_some_and(|mistake| twice.contains(&mistake)) { "2" } else { "1" };
        // Where messages take any time, renewals multiply what can be: one try each.
        let once = recipe == "redlock" || recipe == "set-nx-px-renew" && world != World::Sync;
        let tries = if once { "1" } else { "2" };
        [
            ("clients", "2"),
            ("ttl", "3000"),
            ("margin", "0"),
            ("work", "1000"),
            ("timeout", "0"),
            ("retry", "2000"),
            ("jitter", "0"),
            ("think", "-1"),
            ("rounds", rounds),
            ("tries", tries),
            ("renewals", "1"),
        ]
        .map(|(key, value)| (key, value.to_owned()))
        .into()
    }

    const NODES: &'static str = "clients";
    const READERS_BOUNDS: &'static [&'static str] = &["clients", "rounds", "tries", "ttl", "work", "retry"];

    fn standard(recipe: &str, mistake: Option<&str>) -> Vec<(World, Budgets)> {
        let none = Budgets::default();
        let (pause, crash) = (Budgets { pauses: 1, ..none }, Budgets { crashes: 1, ..none });
        match mistake {
            // Three masters whose messages take any time are more than can be searched to the end.
            None if recipe == "redlock" => {
                let faults = [none, pause, crash, Budgets { drops: 1, ..none }, Budgets { dups: 1, ..none }];
                faults.map(|faults| (World::Sync, faults)).into()
            }
            None => {
                let (drop, dup) = (Budgets { drops: 1, ..none }, Budgets { dups: 1, ..none });
                // Two faults at once, where that ends within seconds.
                let pairs = [
                    Budgets { pauses: 2, ..none },
                    Budgets { drops: 1, ..pause },
                    Budgets { dups: 1, ..pause },
                    Budgets { dups: 1, ..drop },
                    Budgets { drops: 1, ..crash },
                    Budgets { pauses: 1, ..crash },
                ];
                let few = if recipe == "set-nx-px-renew" { 5 } else { 6 };
                let within_a_tick = [pause, crash, drop, dup].into_iter().chain(pairs.into_iter().take(few));
                let within_a_tick = within_a_tick.map(|faults| (World::Sync, faults));
                let all = [(World::Bounded, none)].into_iter().chain(within_a_tick);
                all.chain([(World::Anything, none)]).collect()
            }
            Some("get-then-set" | "set-without-nx" | "blind-write") => vec![(World::Sync, none)],
            Some("setnx-without-ttl" | "setnx-then-expire" | "counter-lost") => vec![(World::Sync, crash)],
            Some("counted-from-reply") => vec![(World::Bounded, none)],
            Some("incr-second" | "owner-as-fence" | "storage-unchecked") => vec![(World::Anything, none)],
            Some("fence-in-memory") => vec![(World::Anything, crash)],
            Some(_) => vec![(World::Sync, pause)],
        }
    }

    fn table() -> Option<&'static Table> {
        Some(&table::TABLE)
    }

    fn node_name(p: &Lock, node: NodeId) -> String {
        if node == p.storage() {
            "storage".to_owned()
        } else if Some(node) == p.replica() {
            "replica".to_owned()
        } else if node.0 >= p.clients && p.masters > 1 {
            format!("redis{}", node.0 - p.clients + 1)
        } else if node.0 >= p.clients {
            "redis".to_owned()
        } else {
            LETTERS.get(node.0 as usize).map_or_else(|| node.0.to_string(), |l| l.to_ascii_lowercase())
        }
    }

    fn server(p: &Lock, node: NodeId) -> Option<usize> {
        p.servers().position(|server| server == node)
    }

    fn timer_name(_: &Lock, timer: &Timer) -> String {
        match timer {
            Timer::Lease(owner) => format!("lease:{}.{}", owner.client, owner.nonce),
            Timer::Renew => "renew".to_owned(),
            Timer::Timeout => "timeout".to_owned(),
            Timer::Retry => "retry".to_owned(),
            Timer::Think => "think".to_owned(),
            Timer::Work => "work".to_owned(),
            Timer::Act => "act".to_owned(),
            Timer::Sync => "sync".to_owned(),
            Timer::Expire(owner) => format!("expire:{}.{}", owner.client, owner.nonce),
        }
    }

    fn request_line(_: &Lock, request: &Request) -> String {
        match request {
            Request::Acquire => "acquire",
            Request::Promote => "promote",
        }
        .to_owned()
    }

    fn parse_request(p: &Lock, node: NodeId, words: &[&str]) -> Option<Request> {
        match words {
            ["acquire"] if node.0 < p.clients => Some(Request::Acquire),
            ["promote"] if Some(node) == p.replica() => Some(Request::Promote),
            _ => None,
        }
    }

    fn lanes(p: &Lock, lang: Lang) -> Vec<Lane> {
        words::lanes(p, lang)
    }

    fn bars(sim: &Simulation<Lock>) -> Vec<BarNow> {
        bars::now(sim)
    }

    fn marks(p: &Lock, h: &Happening<Lock>, lang: Lang) -> Vec<MarkNow> {
        bars::marks(p, h, lang)
    }

    fn message(p: &Lock, from: NodeId, msg: &Msg, _: Lang) -> MessageLook {
        words::message(p, from, msg)
    }

    fn remember(past: &mut past::Past, _: &Simulation<Lock>, h: &Happening<Lock>) {
        past.add(h);
    }

    fn stage(moment: &Moment<Self>, view: &View) -> Stage {
        picture::stage(moment, view)
    }

    fn sentence(p: &Lock, h: &Happening<Lock>, lang: Lang) -> Option<(Vec<Text>, Hue)> {
        words::sentence(p, h, lang)
    }

    fn property(name: &str, lang: Lang) -> String {
        super::text::word(lang, &format!("lock.property-{name}"))
    }

    fn because(moment: &Moment<Self>, name: &str, broken: bool, lang: Lang) -> String {
        words::because(moment, name, broken, lang)
    }

    fn inspect(sim: &Simulation<Lock>, node: NodeId, lang: Lang) -> Vec<(String, Text, bool)> {
        words::inspect(sim, node, lang)
    }

    fn offers(sim: &Simulation<Lock>, node: Option<NodeId>, lang: Lang) -> Vec<Offer> {
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
    let known = LockScene::MISTAKES.iter().zip(Mistake::ALL);
    let on = known.filter(|((name, _), _)| names.iter().any(|n| n == name));
    on.fold(Mistakes::default(), |all, (_, mistake)| all.with(mistake))
}
