//! The commit scene: the coordinator above, the banks below, each with its account and its log on disk.

mod bars;
mod openings;
mod past;
mod picture;
mod sentences;
mod words;

use openings::CommitOpenings;

use super::options::{OptionDef, Options, number};
use super::scene::*;
use super::staging::{BarNow, MarkNow, MessageLook, Moment, Staging};
use super::text::{Words, en};
use crate::check::model::Budgets;
use crate::core::commit::{Commit, Mistake, Msg, Request, Timer};
use crate::core::protocol::{NodeId, World};
use crate::sim::simulation::{Happening, Simulation};

pub struct CommitScene;

/// Names in commands, by node; their keys in the tables end alike.
pub(super) const NODES: [&str; 6] = ["coordinator", "north", "east", "south", "west", "central"];
/// Whose account each participant keeps, the first participant's first.
pub(super) const ACCOUNTS: [&str; 5] = ["alice", "bob", "fees", "carol", "dave"];

impl Staging for CommitScene {
    type P = Commit;
    type Openings = CommitOpenings;
    type More = super::staging::NoMore;
    type Past = past::Past;

    const NAME: &'static str = "commit";
    const RECIPES: &'static [&'static str] = &["presumed-abort"];
    const MISTAKES: &'static [(&'static str, &'static str)] = &[("vote-not-forced", "AC1-AGREE")];
    const OPTIONS: &'static [OptionDef] = &[
        number("participants", "system", [3, 2, 5, 1], ""),
        number("vote-timeout", "system", [600, 1, 60_000, 50], "ms"),
        number("resend", "system", [500, 1, 60_000, 50], "ms"),
        number("inquire", "system", [400, 1, 60_000, 50], "ms"),
        number("backoff", "", [3, 0, 8, 1], ""),
        number("checkpoint", "", [12, 0, 200, 1], ""),
        number("rounds", "", [0, 0, 9, 1], ""),
    ];
    const NODES: &'static str = "participants";

    fn words() -> &'static Words {
        &en::commit::TABLE
    }

    fn desk_words() -> &'static Words {
        &en::desk::commit::TABLE
    }

    fn configure(_recipe: &str, mistakes: &[String], options: &Options) -> Commit {
        let ms = |key| options.number(key).unsigned_abs() as u32;
        let participants = options.number("participants").clamp(2, 5) as usize;
        Commit {
            balances: Commit::BALANCES.into_iter().take(participants).collect(),
            vote_timeout: ms("vote-timeout"),
            resend: ms("resend"),
            inquire: ms("inquire"),
            backoff: ms("backoff").min(8) as u8,
            checkpoint_at: ms("checkpoint"),
            rounds: ms("rounds").min(9) as u8,
            mistake: mistakes.iter().any(|m| m == "vote-not-forced").then_some(Mistake::VoteNotForced),
        }
    }

    /// As [`Commit::standard`].
    fn bounds(_recipe: &str, _mistake: Option<&str>, _world: World) -> Vec<(&'static str, String)> {
        [
            ("participants", "2"),
            ("vote-timeout", "2000"),
            ("resend", "1000"),
            ("inquire", "1000"),
            ("backoff", "0"),
            ("checkpoint", "0"),
            ("rounds", "1"),
        ]
        .map(|(key, value)| (key, value.to_owned()))
        .into()
    }

    fn standard(_: &str, mistake: Option<&str>) -> Vec<(World, Budgets)> {
        let none = Budgets::default();
        if mistake.is_some() {
            return vec![(World::Sync, Budgets { crashes: 1, ..none })];
        }
        vec![
            (World::Bounded, none),
            (World::Bounded, Budgets { crashes: 1, ..none }),
            (World::Sync, Budgets { crashes: 2, ..none }),
            (World::Bounded, Budgets { drops: 1, ..none }),
            (World::Bounded, Budgets { dups: 1, ..none }),
            (World::Bounded, Budgets { pauses: 1, ..none }),
            (World::Anything, Budgets { crashes: 2, ..none }),
        ]
    }

    /// Nothing that is promised depends on time.
    fn world(_clocks_touched: bool) -> World {
        World::Anything
    }

    fn node_name(_: &Commit, node: NodeId) -> String {
        NODES.get(node.0 as usize).map_or_else(|| node.0.to_string(), |name| (*name).to_owned())
    }

    fn timer_name(_: &Commit, timer: &Timer) -> String {
        match timer {
            Timer::Votes(tx) => format!("votes:{}", words::tx(*tx)),
            Timer::Acks(tx) => format!("acks:{}", words::tx(*tx)),
            Timer::Doubt(tx) => format!("doubt:{}", words::tx(*tx)),
        }
    }

    fn request_line(p: &Commit, request: &Request) -> String {
        match request {
            Request::VoteNo(on) => format!("vote-no {}", if *on { "on" } else { "off" }),
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

    fn message(_: &Commit, _: NodeId, msg: &Msg, _: Lang) -> MessageLook {
        words::message(msg)
    }

    fn remember(past: &mut past::Past, h: &Happening<Commit>) {
        past.add(h);
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
        sentences::because(moment, name, broken, lang)
    }

    fn inspect(sim: &Simulation<Commit>, node: NodeId, lang: Lang) -> Vec<(String, Text, bool)> {
        words::inspect(sim, node, lang)
    }

    fn offers(sim: &Simulation<Commit>, node: Option<NodeId>, lang: Lang) -> Vec<Offer> {
        words::offers(sim, node, lang)
    }

    fn figures(moment: &Moment<Self>, lang: Lang) -> Vec<Figure> {
        words::figures(moment, lang)
    }
}

/// `vote-no on`, `start north:-20 east:20`, `transfer north east 20 [fee south,west 1]`.
fn parse_request(p: &Commit, node: NodeId, words: &[&str]) -> Option<Request> {
    let bank = |name: &str| {
        let at = NODES.iter().position(|n| *n == name).filter(|n| *n >= 1 && *n <= p.balances.len())?;
        Some(NodeId(at as u16))
    };
    let request = match (node == Commit::COORDINATOR, words) {
        (false, ["vote-no", "on"]) => return Some(Request::VoteNo(true)),
        (false, ["vote-no", "off"]) => return Some(Request::VoteNo(false)),
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
