//! The commit scene: the coordinator above, the banks below, each with its account and its log on disk.

mod bars;
mod because;
mod crashes;
mod facts;
mod openings;
mod panels;
mod past;
mod picture;
mod sentences;
mod stories;
mod table;
mod watch;
mod words;

use openings::CommitOpenings;

use super::lesson::Fact;
use super::options::{OptionDef, Options, choice, number, toggle};
use super::scene::*;
use super::searching::table::Table;
use super::staging::{BarNow, MarkNow, MessageLook, Moment, Staging, Touched};
use super::text::{Words, en};
use crate::check::model::Budgets;
use crate::core::commit::{Commit, Decision, Mistake, Mistakes, Msg, OnLock, Request, Timer, Variant};
use crate::core::protocol::{NodeId, World};
use crate::sim::faults::Pace;
use crate::sim::simulation::{Happening, Simulation};
use crate::sim::time::MILLISECOND;

pub struct CommitScene;

/// Names in commands, by node; their keys in the tables end alike.
pub(super) const NODES: [&str; 6] = ["coordinator", "north", "east", "south", "west", "central"];
/// Whose account each participant keeps, the first participant's first.
pub(super) const ACCOUNTS: [&str; 5] = ["alice", "bob", "fees", "carol", "dave"];

impl Staging for CommitScene {
    type P = Commit;
    type Openings = CommitOpenings;
    type More = stories::CommitStories;
    type Past = past::Past;
    type Crashes = crashes::CommitCrashes;

    const NAME: &'static str = "commit";
    const RECIPES: &'static [&'static str] =
        &["presumed-abort", "presumed-nothing", "presumed-commit", "three-phase", "three-phase-termination"];
    const MISTAKES: &'static [(&'static str, &'static str)] = &[
        ("vote-not-forced", "AC1-AGREE"),
        ("commit-not-forced", "AC1-AGREE"),
        ("doubt-aborts", "AC1-AGREE"),
        ("doubt-commits", "AC3-VALID-COMMIT"),
        ("first-vote", "AC3-VALID-COMMIT"),
        ("no-votes", "AC1-AGREE"),
        ("majority", "AC3-VALID-COMMIT"),
        ("recovery-aborts", "AC1-AGREE"),
        ("forgets-early", "AC1-AGREE"),
        ("no-collecting", "AC3-VALID-COMMIT"),
        ("pub-sub", "AC3-VALID-COMMIT"),
        ("one-by-one", "AC1-AGREE"),
        ("no-request-id", "ONCE"),
    ];
    const OPTIONS: &'static [OptionDef] = &[
        number("participants", "system", [3, 2, 5, 1], ""),
        toggle("cooperative", "system", false),
        toggle("read-only", "system", false),
        choice("on-lock", "system", &["refuse", "wait", "wait-in-order"]),
        toggle("client", "system", false),
        number("load", "system", [0, 0, 4, 1], ""),
        number("vote-timeout", "system", [600, 1, 60_000, 50], "ms"),
        number("resend", "system", [500, 1, 60_000, 50], "ms"),
        number("inquire", "system", [400, 1, 60_000, 50], "ms"),
        number("patience", "", [1000, 1, 60_000, 50], "ms"),
        number("think", "", [100, 0, 60_000, 10], "ms"),
        number("backoff", "", [3, 0, 8, 1], ""),
        number("checkpoint", "", [12, 0, 200, 1], ""),
        number("rounds", "", [0, 0, 9, 1], ""),
    ];
    const NODES: &'static str = "participants";
    const READERS_BOUNDS: &'static [&'static str] = &["participants", "rounds", "vote-timeout", "resend", "inquire"];
    const VARIED: &'static [(&'static str, &'static [&'static str])] = &[
        ("participants", &["2", "3", "3", "5"]),
        ("cooperative", &["off", "off", "on"]),
        ("read-only", &["off", "on"]),
        ("on-lock", &["refuse", "wait", "wait-in-order"]),
        ("client", &["off", "off", "on"]),
        ("load", &["0", "0", "2"]),
    ];

    fn words() -> &'static Words {
        &en::commit::TABLE
    }

    fn desk_words() -> &'static Words {
        &en::desk::commit::TABLE
    }

    fn configure(recipe: &str, mistakes: &[String], options: &Options) -> Commit {
        let ms = |key| options.number(key).unsigned_abs() as u32;
        let participants = options.number("participants").clamp(2, 5) as usize;
        let variant = variant(recipe);
        let mistakes = switched_on(mistakes);
        Commit {
            variant,
            balances: Commit::BALANCES.into_iter().take(participants).collect(),
            vote_timeout: ms("vote-timeout"),
            resend: ms("resend"),
            inquire: ms("inquire"),
            backoff: ms("backoff").min(8) as u8,
            checkpoint_at: ms("checkpoint"),
            // Three-phase commit has a termination of its own.
            cooperative: options.is_on("cooperative") && !variant.three_phases(),
            read_only: options.is_on("read-only"),
            on_lock: match options.text("on-lock") {
                "wait" => OnLock::Wait,
                "wait-in-order" => OnLock::WaitInOrder,
                _ => OnLock::Refuse,
            },
            // Who asks twice is somebody else than the coordinator.
            client: (options.is_on("client") || mistakes.has(Mistake::NoRequestId)).then(|| ms("patience")),
            load: ms("load").min(4) as u8,
            think: ms("think"),
            rounds: ms("rounds").min(9) as u8,
            mistakes,
        }
    }

    fn applies(recipe: &str, mistake: &str) -> bool {
        match (variant(recipe), mistake) {
            (Variant::ThreePhase { .. }, _) => false,
            (variant, "no-collecting") => variant == Variant::PresumedCommit,
            // What has no log and no votes presumes nothing: one place to try it is enough.
            (variant, "pub-sub" | "one-by-one" | "no-request-id") => variant == Variant::PresumedAbort,
            _ => true,
        }
    }

    /// As [`Commit::standard`].
    fn bounds(_recipe: &str, mistake: Option<&str>, _world: World) -> Vec<(&'static str, String)> {
        // Of two votes both are more than half.
        let participants = if mistake == Some("majority") { "3" } else { "2" };
        [
            ("participants", participants),
            ("vote-timeout", "2000"),
            ("resend", "1000"),
            ("inquire", "1000"),
            ("patience", "1000"),
            ("backoff", "0"),
            ("checkpoint", "0"),
            ("rounds", "1"),
        ]
        .map(|(key, value)| (key, value.to_owned()))
        .into()
    }

    fn standard(recipe: &str, mistake: Option<&str>) -> Vec<(World, Budgets)> {
        let none = Budgets::default();
        let crash = Budgets { crashes: 1, ..none };
        match (mistake, variant(recipe)) {
            (Some("vote-not-forced" | "commit-not-forced" | "recovery-aborts" | "no-collecting"), _) => {
                vec![(World::Sync, crash)]
            }
            (Some("forgets-early" | "doubt-aborts" | "doubt-commits"), _) => vec![(World::Anything, none)],
            (Some("no-request-id"), _) => vec![(World::Sync, Budgets { drops: 1, ..none })],
            (Some(_), _) => vec![(World::Sync, none)],
            // By its timers alone it agrees if nothing fails and nothing is late: that is all.
            (None, Variant::ThreePhase { termination: false }) => vec![(World::Sync, none)],
            (None, Variant::ThreePhase { termination: true }) => {
                vec![(World::Sync, none), (World::Sync, crash), (World::Sync, Budgets { crashes: 2, ..none })]
            }
            (None, _) => vec![
                (World::Bounded, none),
                (World::Bounded, crash),
                (World::Sync, Budgets { crashes: 2, ..none }),
                (World::Bounded, Budgets { drops: 1, ..none }),
                (World::Bounded, Budgets { dups: 1, ..none }),
                (World::Bounded, Budgets { pauses: 1, ..none }),
                (World::Bounded, Budgets { cuts: 1, ..none }),
                (World::Anything, Budgets { crashes: 2, ..none }),
            ],
        }
    }

    /// Two-phase commit promises nothing that depends on time. Three-phase commit bets on it: messages are timely as long
    /// as they are faster than every timer and nobody holds one up.
    fn world(sim: &Simulation<Commit>, touched: Touched) -> World {
        let (p, network) = (&sim.protocol, &sim.background);
        let shortest = Time::from(p.inquire.min(p.vote_timeout)) * MILLISECOND;
        let timely = 2 * (network.latency.1 + network.disk) <= shortest && network.loss == 0 && !touched.late;
        match p.variant {
            Variant::ThreePhase { .. } if network.pace != Pace::Flowing => World::Anything,
            Variant::ThreePhase { .. } if timely && !touched.clocks => World::Sync,
            Variant::ThreePhase { .. } if !touched.clocks => World::Bounded,
            _ => World::Anything,
        }
    }

    fn is_fair(line: &str) -> bool {
        !line.contains(" heuristic ") && !line.ends_with(" disk")
    }

    fn table() -> Option<&'static Table> {
        Some(&table::TABLE)
    }

    fn node_name(p: &Commit, node: NodeId) -> String {
        if Some(node) == p.client() {
            return "client".to_owned();
        }
        NODES.get(node.0 as usize).map_or_else(|| node.0.to_string(), |name| (*name).to_owned())
    }

    fn timer_name(_: &Commit, timer: &Timer) -> String {
        match timer {
            Timer::Votes(tx) => format!("votes:{}", words::tx(*tx)),
            Timer::Acks(tx) => format!("acks:{}", words::tx(*tx)),
            Timer::Doubt(tx) => format!("doubt:{}", words::tx(*tx)),
            Timer::Lead(tx) => format!("lead:{}", words::tx(*tx)),
            Timer::Load(slot) => format!("load:{slot}"),
            Timer::Answer(request) => format!("answer:{request}"),
        }
    }

    fn request_line(p: &Commit, request: &Request) -> String {
        match request {
            Request::VoteNo(on) => format!("vote-no {}", if *on { "on" } else { "off" }),
            Request::Audit => "audit".to_owned(),
            Request::Glance => "glance".to_owned(),
            Request::Heuristic(Decision::Commit) => "heuristic commit".to_owned(),
            Request::Heuristic(Decision::Abort) => "heuristic abort".to_owned(),
            Request::Start(changes) => {
                let change = |(id, by): &(NodeId, i32)| format!(" {}:{by}", Self::node_name(p, *id));
                format!("start{}", changes.iter().map(change).collect::<String>())
            }
        }
    }

    fn parse_request(p: &Commit, node: NodeId, words: &[&str]) -> Option<Request> {
        parse_request(p, node, words)
    }

    fn lanes(p: &Commit, lang: Lang) -> Vec<Lane> {
        words::lanes(p, lang)
    }

    fn bars(sim: &Simulation<Commit>) -> Vec<BarNow> {
        bars::now(sim)
    }

    fn marks(_: &Commit, h: &Happening<Commit>, lang: Lang) -> Vec<MarkNow> {
        bars::marks(h, lang)
    }

    fn message(p: &Commit, _: NodeId, msg: &Msg, _: Lang) -> MessageLook {
        words::message(p, msg)
    }

    fn remember(past: &mut past::Past, sim: &Simulation<Commit>, h: &Happening<Commit>) {
        past.add(sim, h);
    }

    fn stage(moment: &Moment<Self>, view: &View) -> Stage {
        picture::stage(moment, view)
    }

    fn sentence(p: &Commit, h: &Happening<Commit>, lang: Lang) -> Option<(Vec<Text>, Hue)> {
        sentences::sentence(p, h, lang)
    }

    fn property(name: &str, lang: Lang) -> String {
        super::text::word(lang, &format!("commit.property-{name}"))
    }

    fn because(moment: &Moment<Self>, name: &str, broken: bool, lang: Lang) -> String {
        because::because(moment, name, broken, lang)
    }

    fn inspect(sim: &Simulation<Commit>, node: NodeId, lang: Lang) -> Vec<(String, Text, bool)> {
        panels::inspect(sim, node, lang)
    }

    fn offers(sim: &Simulation<Commit>, node: Option<NodeId>, lang: Lang) -> Vec<Offer> {
        panels::offers(sim, node, lang)
    }

    fn fact(moment: &Moment<Self>, words: &[&str], lang: Lang) -> Option<Fact> {
        facts::fact(moment, words, lang)
    }

    fn figures(moment: &Moment<Self>, lang: Lang) -> Vec<Figure> {
        panels::figures(moment, lang)
    }
}

fn variant(recipe: &str) -> Variant {
    match recipe {
        "presumed-nothing" => Variant::PresumedNothing,
        "presumed-commit" => Variant::PresumedCommit,
        "three-phase" => Variant::ThreePhase { termination: false },
        "three-phase-termination" => Variant::ThreePhase { termination: true },
        _ => Variant::PresumedAbort,
    }
}

/// Its name in the tables.
fn recipe(variant: Variant) -> &'static str {
    match variant {
        Variant::PresumedAbort => "presumed-abort",
        Variant::PresumedNothing => "presumed-nothing",
        Variant::PresumedCommit => "presumed-commit",
        Variant::ThreePhase { .. } => "three-phase",
    }
}

fn switched_on(names: &[String]) -> Mistakes {
    let mistake = |name: &String| {
        Some(match name.as_str() {
            "vote-not-forced" => Mistake::VoteNotForced,
            "commit-not-forced" => Mistake::CommitNotForced,
            "doubt-aborts" => Mistake::DoubtAborts,
            "doubt-commits" => Mistake::DoubtCommits,
            "first-vote" => Mistake::FirstVote,
            "no-votes" => Mistake::NoVotes,
            "majority" => Mistake::Majority,
            "recovery-aborts" => Mistake::RecoveryAborts,
            "forgets-early" => Mistake::ForgetsEarly,
            "no-collecting" => Mistake::NoCollecting,
            "pub-sub" => Mistake::PubSub,
            "one-by-one" => Mistake::OneByOne,
            "no-request-id" => Mistake::NoRequestId,
            _ => return None,
        })
    };
    names.iter().filter_map(mistake).fold(Mistakes::default(), Mistakes::with)
}

/// `vote-no on`, `heuristic commit`, `audit`, `start north:-20 east:20`, `transfer north east 20 [fee south,west 1]`.
fn parse_request(p: &Commit, node: NodeId, words: &[&str]) -> Option<Request> {
    let bank = |name: &str| {
        let at = NODES.iter().position(|n| *n == name).filter(|n| *n >= 1 && *n <= p.balances.len())?;
        Some(NodeId(at as u16))
    };
    let starts = node == Commit::COORDINATOR || Some(node) == p.client();
    let request = match (starts, words) {
        (false, ["vote-no", "on"]) => return Some(Request::VoteNo(true)),
        (false, ["vote-no", "off"]) => return Some(Request::VoteNo(false)),
        (false, ["heuristic", "commit"]) => return Some(Request::Heuristic(Decision::Commit)),
        (false, ["heuristic", "abort"]) => return Some(Request::Heuristic(Decision::Abort)),
        (true, ["audit"]) if node == Commit::COORDINATOR => return Some(Request::Audit),
        (true, ["glance"]) if node == Commit::COORDINATOR => return Some(Request::Glance),
        (true, ["start", changes @ ..]) => {
            let read = |text: &&str| {
                let (name, by) = text.split_once(':')?;
                Some((bank(name)?, by.parse().ok()?))
            };
            Request::Start(changes.iter().map(read).collect::<Option<Vec<_>>>()?)
        }
        (true, ["transfer", from, to, amount, rest @ ..]) => {
            let amount: u16 = amount.parse().ok()?;
            let (takers, fee) = match rest {
                [] => (Vec::new(), 0),
                ["fee", takers, fee] => (takers.split(',').map(bank).collect::<Option<_>>()?, fee.parse().ok()?),
                _ => return None,
            };
            Request::transfer(bank(from)?, bank(to)?, amount, &takers, fee)
        }
        _ => return None,
    };
    match &request {
        Request::Start(changes) if p.makes_sense(changes) => Some(request),
        _ => None,
    }
}
