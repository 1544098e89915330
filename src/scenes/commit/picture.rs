//! The commit scene's stage.

use super::CommitScene;
use super::words::{account, name, names, record, short, standing, tx, word_of};
use crate::core::commit::coordinator::{Coordinator, Phase as Asking};
use crate::core::commit::ledger::Ledger;
use crate::core::commit::{Commit, Decision, State, TxId};
use crate::core::protocol::NodeId;
use crate::scenes::geometry::{Rect, link, row};
use crate::scenes::scene::*;
use crate::scenes::staging::{Moment, Staging};
use crate::scenes::text::{say, word};

/// Below this width the banks stand in rows of two.
const NARROW: f32 = 560.0;
/// Below this width a card says things in short.
const SLIM: f32 = 190.0;
/// Below this width it leaves out what the rest of the card says already.
const TINY: f32 = 136.0;
/// On a stage lower than this cards are drawn close; the style sheet has the same number.
const LOW: f32 = 440.0;
/// Cards with one record, and what each further record adds: coordinator, bank; close, roomy.
const COORDINATOR: [f32; 2] = [108.0, 130.0];
const BANK: [f32; 2] = [130.0, 156.0];
const RECORD: [f32; 2] = [25.0, 27.0];
/// The way between the rows is where the messages can be read.
const WAY: f32 = 84.0;

struct Layout {
    coordinator: Rect,
    client: Option<Rect>,
    banks: Vec<Rect>,
    /// How many records of its log the coordinator and a bank show.
    records: (usize, usize),
    height: f32,
    narrow: bool,
}

fn layout(banks: usize, client: bool, view: &View) -> Layout {
    let w = view.width;
    if w < NARROW {
        return narrow(banks, client, view);
    }
    let h = view.height.max(COORDINATOR[0] + BANK[0] + WAY);
    let roomy = usize::from(h >= LOW);
    let record = RECORD[roomy];
    let edge = 10.0 + 8.0 * roomy as f32;
    let spare = ((h - COORDINATOR[roomy] - BANK[roomy] - WAY - 2.0 * edge) / record).max(0.0) as usize;
    let below = (spare - spare / 3).min(3);
    let above = (spare / 3).min(2);
    let coordinator = Rect { x: (w - 256.0) / 2.0, y: edge, w: 256.0, h: COORDINATOR[roomy] + record * above as f32 };
    // The client stands to the left, with a way between them that a message can be read on.
    let room = (coordinator.x - 20.0 - 64.0).min(190.0);
    let client = client.then_some(Rect { x: coordinator.x - 64.0 - room, w: room, ..coordinator });
    let tall = BANK[roomy] + record * below as f32;
    let gap = (w * 0.06 / (banks as f32 - 1.0).max(1.0)).clamp(10.0, 56.0);
    let most = 232.0 * banks as f32 + gap * (banks as f32 - 1.0);
    let inner = (w - 40.0).min(most);
    let area = Rect { x: (w - inner) / 2.0, y: h - tall - edge, w: inner, h: tall };
    let records = (above + 1, below + 1);
    Layout { coordinator, client, banks: row(area, banks, gap), records, height: h, narrow: false }
}

/// Banks in rows of three, four of them in rows of two. What height is left goes to the way, then to a second record.
fn narrow(banks: usize, client: bool, view: &View) -> Layout {
    let w = view.width;
    let mut coordinator = Rect { x: (w - 220.0) / 2.0, y: 10.0, w: 220.0, h: 84.0 };
    let client = client.then_some(Rect { x: 8.0, w: 104.0, ..coordinator });
    if let Some(client) = client {
        let x = client.x + client.w + 44.0;
        coordinator = Rect { x, w: w - 8.0 - x, ..coordinator };
    }
    let per_row = if banks == 4 { 2 } else { banks.min(3) };
    let bank = if per_row == 3 { 110.0 } else { 104.0 };
    let rows = banks.div_ceil(per_row) as f32;
    let under = coordinator.y + coordinator.h;
    let left = view.height - under - rows * (bank + 10.0);
    let more = if left - RECORD[0] * rows > 60.0 { 1 } else { 0 };
    let tall = bank + RECORD[0] * more as f32;
    let mut top = under + (left - RECORD[0] * more as f32 * rows).clamp(38.0, 110.0);
    let mut cards = Vec::new();
    for start in (0..banks).step_by(per_row) {
        let area = Rect { x: 8.0, y: top, w: w - 16.0, h: tall };
        cards.extend(row(area, per_row, 8.0).into_iter().take(banks - start));
        top += tall + 10.0;
    }
    Layout { coordinator, client, banks: cards, records: (1, 1 + more), height: top, narrow: true }
}

/// Between two banks: a bow over the cards, so that what they say to each other passes beside what comes from above.
fn bow(a: Rect, b: Rect) -> Curve {
    let (from, to) = ((a.centre().0, a.y), (b.centre().0, b.y));
    let top = a.y.min(b.y) - WAY * 0.55;
    Curve([from, (from.0 + (to.0 - from.0) * 0.15, top), (to.0 - (to.0 - from.0) * 0.15, top), to])
}

pub fn stage(moment: &Moment<CommitScene>, view: &View) -> Stage {
    let p = moment.sim.protocol.as_ref();
    let l = layout(p.balances.len(), p.client.is_some(), view);
    let place = |id: NodeId| match (id.0 as usize).checked_sub(1) {
        None => l.coordinator,
        Some(n) => l.banks.get(n).copied().or(l.client).unwrap_or(l.coordinator),
    };
    // From the first of the two to the second: the client, the coordinator, the banks in their order.
    let rank = |id: NodeId| if Some(id) == p.client() { 0 } else { id.0 + 1 };
    let way = |a: NodeId, b: NodeId| match (rank(a), rank(b)) {
        (0, _) => link(place(a), place(b), None, false),
        (1, _) => link(place(a), place(b), None, true),
        _ => bow(place(a), place(b)),
    };
    let wire = |a: NodeId, b: NodeId| Wire {
        a: a.0,
        b: b.0,
        curve: way(a, b),
        cut: moment.sim.cluster.is_cut(a, b),
        watch: None,
    };
    let pill = |f: &crate::core::cluster::Flight<Commit>| {
        let look = CommitScene::message(p, f.from, &f.msg, view.lang);
        let forward = rank(f.from) < rank(f.to);
        let curve = if forward { way(f.from, f.to) } else { way(f.to, f.from).reversed() };
        moment.pill(f, look, curve)
    };
    let mut cards = vec![coordinator_card(moment, l.coordinator, (l.records.0, !l.narrow), view.lang)];
    cards.extend(p.participants().map(|id| bank_card(moment, id, place(id), (l.records.1, !l.narrow), view.lang)));
    cards.extend(p.client().map(|id| client_card(moment, id, place(id), (l.records.0, !l.narrow), view.lang)));
    let mut wires: Vec<Wire> = p.participants().map(|bank| wire(Commit::COORDINATOR, bank)).collect();
    wires.extend(p.client().map(|client| wire(client, Commit::COORDINATOR)));
    if p.asks_others() {
        let pairs = p.participants().flat_map(|a| p.participants().filter(move |b| a < *b).map(move |b| (a, b)));
        wires.extend(pairs.map(|(a, b)| wire(a, b)));
    }
    Stage {
        headings: Vec::new(),
        wires,
        cards,
        pills: moment.sim.cluster.flights.iter().map(pill).collect(),
        ring: None,
        panels: Vec::new(),
        height: l.height,
    }
}

fn card(moment: &Moment<CommitScene>, id: NodeId, at: Rect, lang: Lang) -> Card {
    let p = moment.sim.protocol.as_ref();
    let since = |key: &str, hue: Hue, paused: bool| {
        let clock = Some(Clock::Since(moment.since(id, paused)));
        Text { words: word(lang, key), hue, strong: true, clock }
    };
    let corner = match moment.condition(id) {
        Condition::Up => {
            let (words, hue) = standing(moment.sim, id, lang);
            Text { words, hue, strong: true, clock: None }
        }
        Condition::Paused => since("common.paused-for", Hue::Warn, true),
        Condition::Down => since("common.down-for", Hue::Bad, false),
    };
    // A card with little room says "North" so that its state fits beside it.
    let lane = word_of(p, id);
    let name = if at.w < SLIM { short(lane, lang) } else { name(lane, lang) };
    Card { corner: Some(corner), ..moment.card(id, name, Hue::Plain, at) }
}

fn line(words: String, hue: Hue) -> Block {
    Block::Line(Text { words, hue, strong: false, clock: None })
}

fn pair(label: String, value: String, hue: Hue) -> Block {
    Block::Pair { label, value, hue, mono: false, chip: false }
}

fn coordinator_card(moment: &Moment<CommitScene>, at: Rect, (records, headed): (usize, bool), lang: Lang) -> Card {
    let id = Commit::COORDINATOR;
    let mut card = card(moment, id, at, lang);
    match moment.sim.cluster.state(id) {
        Some(State::Coordinator(c)) => card.blocks.push(memory(c, lang)),
        _ => card.blocks.push(line(word(lang, "commit.memory-lost"), Hue::Muted)),
    }
    card.blocks.extend(log(moment, id, (records, headed), at.w, lang));
    card
}

/// What the coordinator would lose in a crash: votes and acknowledgements of the newest transaction.
fn memory(c: &Coordinator, lang: Lang) -> Block {
    let Some((id, open)) = c.open.iter().next_back() else {
        return line(word(lang, "commit.nothing-open"), Hue::Muted);
    };
    let (key, who) = match &open.phase {
        Asking::Recording { .. } => ("commit.memory-asks", names(&open.participants, lang)),
        Asking::Collecting { yes, .. } => ("commit.memory-yes", names(yes, lang)),
        Asking::Forcing { abort: Some(_), .. } => ("commit.memory-tells", names(&open.participants, lang)),
        Asking::PreForcing { .. } | Asking::Forcing { .. } => ("commit.memory-yes", names(&open.participants, lang)),
        Asking::PreCommitting { unacked, .. } | Asking::Telling { unacked, .. } => {
            ("commit.memory-unacked", names(unacked, lang))
        }
        Asking::Asking { .. } => ("commit.memory-asking", names(&open.participants, lang)),
    };
    let value = if who.is_empty() { "—".to_owned() } else { who };
    pair(say(lang, key, &[("tx", tx(*id).into())]), value, Hue::Plain)
}

fn client_card(
    moment: &Moment<CommitScene>,
    id: NodeId,
    at: Rect,
    (records, headed): (usize, bool),
    lang: Lang,
) -> Card {
    let mut card = card(moment, id, at, lang);
    card.blocks.push(match moment.sim.cluster.state(id) {
        Some(State::Client(c)) if c.waiting.is_empty() => line(word(lang, "commit.nothing-asked"), Hue::Muted),
        Some(State::Client(c)) => {
            let asked: Vec<String> = c.waiting.keys().map(|request| format!("#{request}")).collect();
            pair(word(lang, "commit.memory-asked"), asked.join(", "), Hue::Plain)
        }
        _ => line(word(lang, "commit.memory-lost-short"), Hue::Muted),
    });
    card.blocks.extend(log(moment, id, (records, headed), at.w, lang));
    card
}

fn bank_card(moment: &Moment<CommitScene>, id: NodeId, at: Rect, (records, headed): (usize, bool), lang: Lang) -> Card {
    let mut card = card(moment, id, at, lang);
    let node = moment.sim.cluster.node(id);
    let ledger = Ledger::read(&moment.sim.protocol, id, &node.log);
    card.blocks.push(balance(moment, id, &ledger));
    match moment.sim.cluster.state(id) {
        Some(State::Participant(s)) => {
            if let Some(held) = s.locked() {
                let queue: Vec<String> = s.waiting.iter().map(|w| tx(w.tx)).collect();
                card.blocks.push(lock_tag(moment, id, held, &queue, at.w < TINY, lang));
            } else if s.refuses {
                let words = word(lang, "commit.votes-no");
                card.blocks.push(Block::Tag(Text { words, hue: Hue::Bad, ..Text::default() }));
            }
        }
        _ => {
            let key = if at.w < TINY { "commit.memory-lost-short" } else { "commit.memory-lost-bank" };
            card.blocks.push(line(word(lang, key), Hue::Muted));
        }
    }
    card.blocks.extend(log(moment, id, (records, headed), at.w, lang));
    card
}

/// `60 → 40`: settled, and what it was before or may become.
fn balance(moment: &Moment<CommitScene>, id: NodeId, ledger: &Ledger) -> Block {
    let label = account(id).to_owned();
    let now = ledger.balance;
    if let Some(doubt) = ledger.in_doubt.values().next() {
        let then = now.saturating_add_signed(doubt.change);
        return pair(label, format!("{now} → {then} ?"), Hue::Plain);
    }
    // The change of the latest transaction, as long as that is the newest of this account.
    let change = moment.sim.ghost.transactions.iter().rev().find(|t| t.parts.iter().any(|part| part.node == id));
    let change = change
        .filter(|t| ledger.closed.last().is_some_and(|(tx, _)| *tx == t.tx))
        .and_then(|t| change_of(moment, id, t.tx));
    let committed = super::bars::latest(moment.sim, id) == Some(Decision::Commit);
    match change.filter(|_| committed) {
        Some(change) => pair(label, format!("{} → {now}", now.saturating_add_signed(-change)), Hue::Plain),
        None => pair(label, now.to_string(), Hue::Plain),
    }
}

fn change_of(moment: &Moment<CommitScene>, id: NodeId, wanted: TxId) -> Option<i32> {
    moment.past.changes.get(&id).filter(|(tx, _)| *tx == wanted).map(|(_, change)| *change)
}

/// "bob locked for 1.9 s": since it was first locked for this transaction, crashes included; and who waits for it.
fn lock_tag(moment: &Moment<CommitScene>, id: NodeId, held: TxId, queue: &[String], tiny: bool, lang: Lang) -> Block {
    let since = moment.past.locked.get(&id).filter(|(tx, _)| *tx == held).map(|(_, time)| *time);
    let words = if !queue.is_empty() {
        let key = if tiny { "commit.locked-waits-short" } else { "commit.locked-waits" };
        say(lang, key, &[("list", queue.join(", ").into())])
    } else if tiny {
        word(lang, "commit.locked-short")
    } else {
        say(lang, "commit.locked-for", &[("account", account(id).into())])
    };
    Block::Tag(Text { words, clock: Some(Clock::Since(since.unwrap_or(0))), hue: Hue::Warn, strong: false })
}

/// The end of a node's log, the newest last: forced, being forced, or not forced. On a wide stage
/// it has a heading.
fn log(moment: &Moment<CommitScene>, id: NodeId, (room, headed): (usize, bool), width: f32, lang: Lang) -> Vec<Block> {
    let node = moment.sim.cluster.node(id);
    if node.log.is_empty() && !headed {
        return vec![line(word(lang, "commit.log-none"), Hue::Muted)];
    }
    let heading = headed.then(|| Block::Heading(word(lang, "commit.log-heading")));
    if node.log.is_empty() {
        return heading.into_iter().chain([line(word(lang, "commit.log-empty"), Hue::Muted)]).collect();
    }
    let first = node.log.len().saturating_sub(room);
    let block = |(_, r, force)| {
        let (words, hue) = record(r, width < SLIM, width < TINY, lang);
        Block::Record { words, hue, force }
    };
    heading.into_iter().chain(moment.records(id, first).map(block)).collect()
}
