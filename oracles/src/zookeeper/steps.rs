//! Random steps of a few clients around one node, in the words of a trace; and what they do to the simulated directory.

use crate::commands::Dice;
use faultline::core::coordination::zookeeper::directory::{Change, Directory, Fault, Name, Watched, Watches};
use serde_json::{Value as Json, json};

/// The node whose children everybody watches.
pub const PARENT: &str = "/locks";

pub const CLIENTS: usize = 4;

/// What sequential nodes are called; they share one count.
const LABELS: [&str; 3] = ["lock-", "read-", "b3f1-lock-"];

/// What plain ones are called: few, so that they meet.
const PLAIN: [&str; 2] = ["p", "q"];

type Called = Name<&'static str>;

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Act {
    Create {
        label: &'static str,
        ephemeral: bool,
        sequential: bool,
    },
    List {
        watch: bool,
    },
    Exists {
        name: Called,
        watch: bool,
    },
    Delete {
        name: Called,
    },
    Sync,
    /// The connection breaks, and the client comes back to its session.
    Reconnect,
    /// The client ends its session and begins another.
    Close,
    /// The client is gone without a word, and begins another session when that one has expired.
    Kill,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Step {
    Of(usize, Act),
    /// `kill -9` of the server, and a restart; everybody comes back.
    Crash,
}

/// What a step led to, as it is compared.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    pub answer: String,
    /// What each client was told by its watches, in this order.
    pub events: Vec<Vec<String>>,
    /// The children in the order of their czxid, each with its owner.
    pub children: Vec<(String, String)>,
}

impl Row {
    /// The nodes of one session go in one transaction, in an order that nobody promises.
    pub fn unordered(mut self, step: &Step) -> Row {
        if matches!(step, Step::Of(_, Act::Close | Act::Kill)) {
            self.events.iter_mut().for_each(|told| told.sort_unstable());
        }
        self
    }

    pub fn json(&self, step: &Step) -> Json {
        let (client, words) = match step {
            Step::Of(client, act) => (json!(client), words(act)),
            Step::Crash => (Json::Null, "kill -9".to_owned()),
        };
        json!([client, words, self.answer, self.events, self.children])
    }
}

/// As the server spells it.
pub fn spelled(name: &Called) -> String {
    match name.number {
        Some(number) => format!("{}{number:010}", name.label),
        None => name.label.to_owned(),
    }
}

/// A session as it is compared: whose, and which of that client's.
pub fn owner(client: usize, session: usize) -> String {
    format!("{client}.{session}")
}

pub fn word(change: Change) -> &'static str {
    match change {
        Change::Created => "created",
        Change::Deleted => "deleted",
        Change::Children => "children",
    }
}

fn words(act: &Act) -> String {
    let watched = |watch: &bool| if *watch { " watch" } else { "" };
    match act {
        Act::Create { label, ephemeral, sequential } => {
            let flags = [(*ephemeral, " ephemeral"), (*sequential, " sequential")];
            let flags: String = flags.iter().filter(|(yes, _)| *yes).map(|(_, word)| *word).collect();
            format!("create {label}{flags}")
        }
        Act::List { watch } => format!("list{}", watched(watch)),
        Act::Exists { name, watch } => format!("exists {}{}", spelled(name), watched(watch)),
        Act::Delete { name } => format!("delete {}", spelled(name)),
        Act::Sync => "sync".to_owned(),
        Act::Reconnect => "reconnect".to_owned(),
        Act::Close => "close".to_owned(),
        Act::Kill => "kill".to_owned(),
    }
}

/// The step of a recorded row.
pub fn parse(row: &Json) -> Option<Step> {
    let Some(client) = row[0].as_u64() else { return Some(Step::Crash) };
    let words: Vec<&str> = row[1].as_str()?.split(' ').collect();
    let label = |word: &str| LABELS.into_iter().chain(PLAIN).find(|label| *label == word);
    let name = |word: &str| {
        let (text, number) = word.split_at_checked(word.len().saturating_sub(10))?;
        match number.parse() {
            Ok(number) => Some(Name { label: label(text)?, number: Some(number) }),
            Err(_) => Some(Name { label: label(word)?, number: None }),
        }
    };
    let act = match words[..] {
        ["create", word, ref flags @ ..] => Act::Create {
            label: label(word)?,
            ephemeral: flags.contains(&"ephemeral"),
            sequential: flags.contains(&"sequential"),
        },
        ["list", ref watch @ ..] => Act::List { watch: !watch.is_empty() },
        ["exists", word, ref watch @ ..] => Act::Exists { name: name(word)?, watch: !watch.is_empty() },
        ["delete", word] => Act::Delete { name: name(word)? },
        ["sync"] => Act::Sync,
        ["reconnect"] => Act::Reconnect,
        ["close"] => Act::Close,
        ["kill"] => Act::Kill,
        _ => return None,
    };
    Some(Step::Of(client as usize, act))
}

/// The directory of the page, the watches beside it, and whose session is which.
pub struct Simulated {
    directory: Directory<&'static str, (usize, usize)>,
    watches: Watches<&'static str, usize>,
    /// The number of each client's session.
    sessions: [usize; CLIENTS],
    zxid: u32,
}

impl Default for Simulated {
    fn default() -> Self {
        Simulated { directory: Directory::default(), watches: Watches::default(), sessions: [0; CLIENTS], zxid: 0 }
    }
}

impl Simulated {
    pub fn apply(&mut self, step: &Step) -> Row {
        let mut events = vec![Vec::new(); CLIENTS];
        let answer = match step {
            Step::Crash => {
                self.watches.forget(|_| true);
                String::new()
            }
            Step::Of(client, act) => self.act(*client, act, &mut events),
        };
        let children = self.directory.children().iter().map(|child| {
            let owner = child.owner.map_or_else(String::new, |(client, session)| owner(client, session));
            (spelled(&child.name), owner)
        });
        Row { answer, events, children: children.collect() }.unordered(step)
    }

    fn act(&mut self, client: usize, act: &Act, events: &mut [Vec<String>]) -> String {
        match act {
            Act::Create { label, ephemeral, sequential } => {
                self.zxid += 1;
                let owner = ephemeral.then_some((client, self.sessions[client]));
                match self.directory.create(label, *sequential, owner, self.zxid) {
                    Ok(child) => {
                        self.fire(&child.name, true, events);
                        spelled(&child.name)
                    }
                    Err(fault) => fault_word(fault).to_owned(),
                }
            }
            Act::List { watch } => {
                if *watch {
                    self.watches.add(Watched::Children, client);
                }
                let mut names: Vec<String> =
                    self.directory.children().iter().map(|child| spelled(&child.name)).collect();
                names.sort_unstable();
                names.join(" ")
            }
            Act::Exists { name, watch } => {
                if *watch {
                    self.watches.add(Watched::Child(*name), client);
                }
                if self.directory.get(name).is_some() { "there" } else { fault_word(Fault::NoNode) }.to_owned()
            }
            Act::Delete { name } => match self.directory.delete(name) {
                Ok(child) => {
                    self.fire(&child.name, false, events);
                    String::new()
                }
                Err(fault) => fault_word(fault).to_owned(),
            },
            Act::Sync => String::new(),
            Act::Reconnect => {
                self.watches.forget(|who| *who == client);
                String::new()
            }
            Act::Close | Act::Kill => {
                self.watches.forget(|who| *who == client);
                for child in self.directory.end((client, self.sessions[client])) {
                    self.fire(&child.name, false, events);
                }
                self.sessions[client] += 1;
                String::new()
            }
        }
    }

    fn fire(&mut self, name: &Called, created: bool, events: &mut [Vec<String>]) {
        for (client, what, change) in self.watches.fire(name, created) {
            events[client].push(match what {
                Watched::Child(name) => format!("{} {}", word(change), spelled(&name)),
                Watched::Children => word(change).to_owned(),
            });
        }
    }

    /// The next step of a trace: half of the names are of children that are there.
    pub fn random(&self, dice: &mut Dice) -> Step {
        let client = dice.below(CLIENTS as u64) as usize;
        let children = self.directory.children();
        let name = |dice: &mut Dice| match dice.below(6) {
            0 => Name { label: PLAIN[dice.below(PLAIN.len() as u64) as usize], number: None },
            1 => {
                let number = dice.below(u64::from(self.directory.created()) + 3) as u32;
                let label = LABELS[dice.below(LABELS.len() as u64) as usize];
                Name { label, number: Some(number) }
            }
            _ if children.is_empty() => Name { label: LABELS[0], number: Some(self.directory.created()) },
            _ => children[dice.below(children.len() as u64) as usize].name,
        };
        let act = match dice.below(if children.len() > 8 { 200 } else { 140 }) {
            0..32 => {
                let label = LABELS[dice.below(LABELS.len() as u64) as usize];
                Act::Create { label, ephemeral: dice.below(5) > 0, sequential: true }
            }
            32..42 => {
                let label = PLAIN[dice.below(PLAIN.len() as u64) as usize];
                Act::Create { label, ephemeral: dice.below(2) > 0, sequential: false }
            }
            42..62 => Act::List { watch: dice.below(3) > 0 },
            62..88 => Act::Exists { name: name(dice), watch: dice.below(4) > 0 },
            88..91 => Act::Sync,
            91..95 => Act::Reconnect,
            95..99 => Act::Close,
            99..100 => Act::Kill,
            _ => Act::Delete { name: name(dice) },
        };
        Step::Of(client, act)
    }
}

fn fault_word(fault: Fault) -> &'static str {
    match fault {
        Fault::NodeExists => "NodeExists",
        Fault::NoNode => "NoNode",
    }
}
