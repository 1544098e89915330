//! What all scenes say alike: about a selected node or message, about faults, and in the left panel.

use super::options::Options;
use super::plain::{Plain, plain};
use super::run::RunSpec;
use super::scene::*;
use super::session::Session;
use super::staging::{MarkNow, Staging};
use super::text::{Arg, say, tell, word};
use crate::core::cluster::{Action, Outage};
use crate::core::protocol::NodeId;
use crate::sim::faults::{Background, Pace, Setting};
use crate::sim::simulation::{Happening, Input, NodeClock};
use crate::sim::time::{MILLISECOND, SECOND};

/// A node's full name.
pub fn title<S: Staging>(p: &S::P, node: NodeId, lang: Lang) -> String {
    S::lanes(p, lang).into_iter().find(|lane| lane.node == node.0).map_or_else(String::new, |lane| lane.name)
}

/// A node's name as a coloured argument.
pub fn who<S: Staging>(p: &S::P, node: NodeId, lang: Lang) -> Arg {
    let lane = S::lanes(p, lang).into_iter().find(|lane| lane.node == node.0);
    lane.map_or_else(|| Arg::from(""), |lane| (lane.name, lane.hue).into())
}

/// Seconds with up to three digits: "3.4".
pub fn seconds(time: Time) -> String {
    let text = format!("{}.{:03}", time / SECOND, time % SECOND / MILLISECOND);
    let short = text.trim_end_matches('0');
    short.strip_suffix('.').unwrap_or(short).to_owned()
}

/// What a sentence about an event needs to know of it.
struct About {
    plain: Plain,
    lanes: Vec<Lane>,
    /// The message: its words, and who sends it to whom.
    flight: Option<(String, NodeId, NodeId)>,
    in_vain: bool,
    /// Nothing came of it.
    idle: bool,
}

impl About {
    fn lane(&self, node: NodeId) -> Option<&Lane> {
        self.lanes.iter().find(|lane| lane.node == node.0)
    }

    fn at(&self, node: &NodeId) -> Arg {
        self.lane(*node).map_or_else(|| Arg::from(""), |lane| (lane.name.clone(), lane.hue).into())
    }

    fn message(&self) -> (Arg, Arg, Arg) {
        let flight = self.flight.as_ref();
        flight.map_or_else(
            || ("".into(), "".into(), "".into()),
            |(words, from, to)| (words.as_str().into(), self.at(from), self.at(to)),
        )
    }
}

/// What happened to the cluster rather than in the protocol.
pub fn common_sentence<S: Staging>(p: &S::P, h: &Happening<S::P>, lang: Lang) -> (Vec<Text>, Hue) {
    about_event(
        &About {
            plain: plain::<S>(p, &h.input),
            lanes: S::lanes(p, lang),
            flight: h.flight.as_ref().map(|f| (S::message(p, f.from, &f.msg, lang).words, f.from, f.to)),
            in_vain: h.in_vain,
            idle: h.done.is_empty() && !h.crashed,
        },
        lang,
    )
}

fn about_event(about: &About, lang: Lang) -> (Vec<Text>, Hue) {
    let at = |node: &NodeId| about.at(node);
    let passage = |key: &str, hue| {
        let (msg, from, to) = about.message();
        (tell(lang, key, &[("msg", msg), ("from", from), ("to", to)]), hue)
    };
    let node = |key: &str, n: &NodeId, hue| (tell(lang, key, &[("who", at(n))]), hue);
    match &about.plain {
        Plain::Deliver(_) if about.in_vain => passage("common.event-in-vain", Hue::Warn),
        Plain::Deliver(_) if about.idle => passage("common.event-nothing", Hue::Muted),
        Plain::Deliver(_) => passage("common.event-delivered", Hue::Plain),
        Plain::Drop(_) => passage("common.event-dropped", Hue::Warn),
        Plain::Duplicate(_) => passage("common.event-duplicated", Hue::Warn),
        Plain::Fire(n, timer) => {
            let args = [("who", at(n)), ("timer", timer.as_str().into())];
            (tell(lang, "common.event-fired", &args), Hue::Plain)
        }
        Plain::Due(list) => {
            let due = |(n, timer): &(NodeId, String)| {
                let name = about.lane(*n).map_or("", |lane| lane.name.as_str());
                format!("{name} ({})", timer.split(':').next().unwrap_or_default())
            };
            let names: Vec<_> = list.iter().map(due).collect();
            (tell(lang, "common.event-due", &[("list", names.join(", ").into())]), Hue::Muted)
        }
        Plain::Tick => (Vec::new(), Hue::Plain),
        Plain::Forced(n) => node("common.event-forced", n, Hue::Plain),
        Plain::Request(n, _) => node("common.event-request", n, Hue::Plain),
        Plain::Crash(n, Outage::Killed) => node("common.event-killed", n, Hue::Bad),
        Plain::Crash(n, Outage::PowerLost) => node("common.event-power", n, Hue::Bad),
        Plain::Crash(n, Outage::DiskLost) => node("common.event-disk", n, Hue::Bad),
        Plain::Restart(n) => node("common.event-restart", n, Hue::Good),
        Plain::Pause(n) => node("common.event-pause", n, Hue::Warn),
        Plain::Resume(n) => node("common.event-resume", n, Hue::Good),
        Plain::Cut(a, b) => (tell(lang, "common.event-cut", &[("a", at(a)), ("b", at(b))]), Hue::Warn),
        Plain::Heal(a, b) => (tell(lang, "common.event-heal", &[("a", at(a)), ("b", at(b))]), Hue::Good),
        Plain::StepTicks(n, by) => {
            (tell(lang, "common.event-clock", &[("who", at(n)), ("by", (*by).into())]), Hue::Warn)
        }
        Plain::Delay(_, by) => {
            let (msg, from, to) = about.message();
            let by = by / MILLISECOND as i64;
            let args = [("msg", msg), ("from", from), ("to", to), ("by", by.into())];
            (tell(lang, "common.event-delay", &args), Hue::Warn)
        }
        Plain::StepClock(n, by) => {
            let by = by / MILLISECOND as i64;
            (tell(lang, "common.event-clock", &[("who", at(n)), ("by", by.into())]), Hue::Warn)
        }
        Plain::Drift(n, ppm) => {
            let percent = percent(*ppm);
            (tell(lang, "common.event-drift", &[("who", at(n)), ("by", percent.into())]), Hue::Warn)
        }
        Plain::Trip(n, trip) => {
            (tell(lang, "common.event-trip", &[("who", at(n)), ("n", trip.after.into())]), Hue::Warn)
        }
        Plain::Set(setting) => {
            (tell(lang, "common.event-set", &[("what", describe(setting, lang).into())]), Hue::Plain)
        }
    }
}

/// Millionths as hundredths with their sign and no more digits than there are: "+1.5".
fn percent(ppm: i32) -> String {
    let sign = if ppm < 0 { '-' } else { '+' };
    let (whole, part) = (ppm.unsigned_abs() / 10_000, ppm.unsigned_abs() % 10_000);
    let text = format!("{sign}{whole}.{part:04}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn describe(setting: &Setting, lang: Lang) -> String {
    let ms = |t: &Time| t / MILLISECOND;
    match setting {
        Setting::Latency(low, high) => {
            say(lang, "common.set-latency", &[("low", ms(low).into()), ("high", ms(high).into())])
        }
        Setting::Loss(n) => say(lang, "common.set-loss", &[("n", format!("{}.{}", n / 10, n % 10).into())]),
        Setting::Disk(takes) => say(lang, "common.set-disk", &[("n", ms(takes).into())]),
        Setting::Pace(Pace::Flowing) => word(lang, "common.set-flowing"),
        Setting::Pace(Pace::Ticks(_)) => word(lang, "common.set-ticks"),
        Setting::Pace(Pace::Deadlines) => word(lang, "common.set-deadlines"),
        Setting::Pace(Pace::Free) => word(lang, "common.set-free"),
    }
}

/// Faults leave a mark on the lanes that they hit.
pub fn common_marks<S: Staging>(h: &Happening<S::P>, lang: Lang) -> Vec<MarkNow> {
    let mark = |lane: &NodeId, hue, key: &str| MarkNow { lane: lane.0, hue, words: word(lang, key), dot: false };
    match &h.input {
        _ if h.crashed => h.node.iter().map(|n| mark(n, Hue::Bad, "common.mark-crash")).collect(),
        Input::Act(Action::Crash(n, Outage::Killed)) => vec![mark(n, Hue::Bad, "common.mark-crash")],
        Input::Act(Action::Crash(n, Outage::PowerLost)) => vec![mark(n, Hue::Bad, "common.mark-power")],
        Input::Act(Action::Crash(n, Outage::DiskLost)) => vec![mark(n, Hue::Bad, "common.mark-disk")],
        Input::Act(Action::Cut(a, b)) => {
            vec![mark(a, Hue::Warn, "common.mark-cut"), mark(b, Hue::Warn, "common.mark-cut")]
        }
        Input::Act(Action::Heal(a, b)) => {
            vec![mark(a, Hue::Good, "common.mark-heal"), mark(b, Hue::Good, "common.mark-heal")]
        }
        Input::StepClock(n, _) | Input::Drift(n, _) => vec![mark(n, Hue::Warn, "common.mark-clock")],
        _ => Vec::new(),
    }
}

fn offer(lang: Lang, key: &str, line: String) -> Offer {
    Offer { words: word(lang, key), line, key: None, amount: None, minor: false }
}

fn ms(value: i64, min: i64, max: i64) -> Option<Amount> {
    Some(Amount { value, min, max, unit: "ms".to_owned() })
}

/// The panel about a node.
pub fn node<S: Staging>(session: &Session<S>, id: NodeId, lang: Lang) -> Option<Inspection> {
    let sim = &session.timeline.at.sim;
    let p = sim.protocol.as_ref();
    sim.cluster.nodes.get(id.0 as usize)?;
    let mut rows = rows_now(session, id, lang);
    if let Some(before) = session.before() {
        mark_changes(&mut rows, &S::inspect(&before, id, lang));
    }
    let lot = Lot {
        up: sim.cluster.is_up(id),
        runs: sim.cluster.runs(id),
        linked: sim.cluster.ids().any(|other| other != id && !sim.cluster.is_cut(id, other)),
        cuts: !sim.cluster.cuts.is_empty(),
    };
    let mut offers = S::offers(sim, Some(id), lang);
    add_offers(&mut offers, &S::node_name(p, id), &lot, lang);
    Some(Inspection { title: title::<S>(p, id, lang), rows, offers })
}

fn mark_changes(rows: &mut [InspectionRow], old: &[(String, Text, bool)]) {
    for row in rows {
        let was = old.iter().find(|(label, _, _)| *label == row.label).map(|(_, text, _)| text);
        row.before = was.filter(|text| text.words != row.value.words).map(|text| text.words.clone());
    }
}

/// What decides what can be done to a node.
struct Lot {
    up: bool,
    runs: bool,
    /// To some other node.
    linked: bool,
    /// There are cuts anywhere.
    cuts: bool,
}

fn add_offers(offers: &mut Vec<Offer>, name: &str, lot: &Lot, lang: Lang) {
    let with_key = |key: char, o: Offer| Offer { key: Some(key), ..o };
    if lot.up {
        if lot.runs {
            offers.push(with_key('P', offer(lang, "common.offer-pause", format!("pause {name}"))));
        } else {
            offers.push(with_key('R', offer(lang, "common.offer-resume", format!("resume {name}"))));
        }
        offers.push(with_key('C', offer(lang, "common.offer-kill", format!("crash {name} killed"))));
        offers.push(offer(lang, "common.offer-power", format!("crash {name} power")));
    } else {
        offers.push(with_key('R', offer(lang, "common.offer-restart", format!("restart {name}"))));
    }
    if lot.linked {
        offers.push(offer(lang, "common.offer-cut", format!("partition {name}")));
    }
    if lot.cuts {
        offers.push(offer(lang, "common.offer-heal", "heal".to_owned()));
    }
    let minor = |o: Offer| Offer { minor: true, ..o };
    offers.push(minor(Offer {
        amount: ms(1000, -60_000, 60_000),
        ..offer(lang, "common.offer-clock", format!("clock {name} {{}}"))
    }));
    offers.push(minor(Offer {
        amount: Some(Amount { value: 100_000, min: -900_000, max: 1_000_000, unit: "ppm".to_owned() }),
        ..offer(lang, "common.offer-drift", format!("drift {name} {{}}"))
    }));
    if lot.up {
        offers.push(minor(Offer {
            amount: Some(Amount { value: 1, min: 0, max: 9, unit: word(lang, "common.unit-effects") }),
            ..offer(lang, "common.offer-trip", format!("trip {name} {{}} power"))
        }));
    }
}

fn rows_now<S: Staging>(session: &Session<S>, id: NodeId, lang: Lang) -> Vec<InspectionRow> {
    let sim = &session.timeline.at.sim;
    let p = sim.protocol.as_ref();
    let row = |label: String, value: Text, mono| InspectionRow { label, value, before: None, mono };
    let mut rows: Vec<_> =
        S::inspect(sim, id, lang).into_iter().map(|(label, value, mono)| row(label, value, mono)).collect();
    for armed in sim.cluster.timers.iter().filter(|t| t.node == id) {
        let Some((_, due)) = sim.deadline(id, &armed.timer) else { continue };
        let key = if armed.due > 0 { "common.timer-waits" } else { "common.timer-in" };
        let value = Text { words: word(lang, key), clock: Some(Clock::Until(due)), ..Text::default() };
        let name = S::timer_name(p, &armed.timer);
        let name = name.split(':').next().unwrap_or_default().to_owned();
        rows.push(row(say(lang, "common.timer", &[("name", name.into())]), value, false));
    }
    let clock = sim.clock(id);
    let words = if clock == NodeClock::default() {
        Text { words: word(lang, "common.clock-true"), ..Text::default() }
    } else {
        let ahead = clock.ahead(sim.now) / 1000;
        let args = [("offset", format!("{ahead:+}").into()), ("ppm", format!("{:+}", clock.ppm).into())];
        Text { words: say(lang, "common.clock-off", &args), hue: Hue::Warn, ..Text::default() }
    };
    rows.push(row(word(lang, "common.clock"), words, false));
    if let Some(trip) = sim.trip(id) {
        let words = say(lang, "common.trip-set", &[("n", trip.after.into())]);
        rows.push(row(word(lang, "common.trip"), Text { words, hue: Hue::Bad, ..Text::default() }, false));
    }
    rows
}

/// The panel about a message under way.
pub fn message<S: Staging>(session: &Session<S>, id: u32, lang: Lang) -> Option<Inspection> {
    let sim = &session.timeline.at.sim;
    let p = sim.protocol.as_ref();
    let flight = sim.cluster.flight(id)?;
    let node_or_down = |n: NodeId| {
        let name = title::<S>(p, n, lang);
        if sim.cluster.is_up(n) { name } else { say(lang, "common.message-down", &[("who", name.into())]) }
    };
    let words = S::message(p, flight.from, &flight.msg, lang).words;
    let deliverable = sim.cluster.allows(p, &Action::Deliver(id));
    Some(letter(id, words, [flight.from, flight.to].map(node_or_down), sim.transit(id)?, deliverable, lang))
}

fn letter(
    id: u32,
    words: String,
    [from, to]: [String; 2],
    (sent, due): (Time, Option<Time>),
    deliverable: bool,
    lang: Lang,
) -> Inspection {
    let row = |key: &str, words: String, mono| InspectionRow {
        label: word(lang, key),
        value: Text { words, ..Text::default() },
        before: None,
        mono,
    };
    let due_row = InspectionRow {
        label: word(lang, "common.message-due"),
        value: match due {
            Some(due) => Text { words: "{} s".to_owned(), clock: Some(Clock::Until(due)), ..Text::default() },
            None => Text { words: word(lang, "common.message-held"), hue: Hue::Warn, ..Text::default() },
        },
        before: None,
        mono: false,
    };
    let rows = vec![
        row("common.message-from", from, false),
        row("common.message-to", to, false),
        row("common.message-says", words.clone(), true),
        row("common.message-sent", format!("{} s", seconds(sent)), false),
        due_row,
    ];
    let mut offers = Vec::new();
    if deliverable {
        offers.push(offer(lang, "common.offer-deliver", format!("deliver {id}")));
    }
    if due.is_some() {
        offers.push(Offer {
            amount: ms(500, -60_000, 60_000),
            ..offer(lang, "common.offer-delay", format!("delay {id} {{}}"))
        });
    }
    offers.push(Offer { key: Some('D'), ..offer(lang, "common.offer-drop", format!("drop {id}")) });
    offers.push(offer(lang, "common.offer-duplicate", format!("duplicate {id}")));
    Inspection { title: say(lang, "common.message", &[("words", words.into())]), rows, offers }
}

/// The left panel: recipe, mistakes, the scene's options, the faults of the background.
pub fn controls<S: Staging>(base: &RunSpec, options: &Options, now: &Background, lang: Lang) -> Vec<Control> {
    let mistakes: Vec<&str> = S::mistakes(&base.recipe).map(|(name, _)| *name).collect();
    controls_of((S::NAME, S::RECIPES, &mistakes), base, options, now, lang)
}

type Known<'a> = (&'static str, &'static [&'static str], &'a [&'static str]);

fn controls_of(
    (scene, recipes, mistakes): Known<'_>,
    base: &RunSpec,
    options: &Options,
    now: &Background,
    lang: Lang,
) -> Vec<Control> {
    let control = |key: &str, group: &str, words: String, help: String, kind, live| Control {
        key: key.to_owned(),
        group: word(lang, group),
        words,
        help,
        kind,
        live,
    };
    let text = |name: &str| word(lang, &format!("{scene}.{name}"));
    let mut list = vec![control(
        "recipe",
        "common.group-recipe",
        word(lang, "common.recipe"),
        text(&format!("recipe-{}-help", base.recipe)),
        ControlKind::Choice {
            value: base.recipe.clone(),
            of: recipes.iter().map(|r| ((*r).to_owned(), text(&format!("recipe-{r}")))).collect(),
        },
        false,
    )];
    for mistake in mistakes {
        let on = base.mistakes.iter().any(|m| m == mistake);
        let (words, help) = (text(&format!("mistake-{mistake}")), text(&format!("mistake-{mistake}-help")));
        list.push(control(mistake, "common.group-mistakes", words, help, ControlKind::Toggle { on }, false));
    }
    list.extend(options.controls(scene, lang));
    let ms = |t: Time| (t / MILLISECOND) as i64;
    let faults = "common.group-faults";
    let span = ControlKind::Span {
        low: ms(now.latency.0),
        high: ms(now.latency.1),
        min: 0,
        max: 2000,
        step: 10,
        unit: "ms".to_owned(),
    };
    let common = |name: &str| word(lang, &format!("common.{name}"));
    list.push(control("latency", faults, common("latency"), common("latency-help"), span, true));
    let loss = ControlKind::Range { value: now.loss.into(), min: 0, max: 500, step: 10, unit: "‰".to_owned() };
    list.push(control("loss", faults, common("loss"), common("loss-help"), loss, true));
    let disk = ControlKind::Range { value: ms(now.disk), min: 0, max: 1000, step: 2, unit: "ms".to_owned() };
    list.push(control("disk", faults, common("disk"), common("disk-help"), disk, true));
    if now.pace != Pace::Flowing {
        let counted = match now.pace {
            Pace::Deadlines => ("deadlines".to_owned(), common("pace-deadlines")),
            _ => (options.text("tick").to_owned(), common("pace-ticks")),
        };
        let of =
            vec![("flowing".to_owned(), common("pace-flowing")), ("free".to_owned(), common("pace-free")), counted];
        let value = match now.pace {
            Pace::Flowing => "flowing".to_owned(),
            Pace::Free => "free".to_owned(),
            Pace::Deadlines => "deadlines".to_owned(),
            Pace::Ticks(tick) => ms(tick).to_string(),
        };
        let kind = ControlKind::Choice { value, of };
        list.push(control("pace", faults, common("pace"), common("pace-help"), kind, true));
    }
    list
}
