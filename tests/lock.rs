//! The mistakes of locking as the search finds them, beside the interleavings that were published for them.
//!
//! `tests/vectors/naive_interleavings.json` lists atomic commands; here a command is sent, carried out, forced to disk and
//! answered, each an event of its own, so runs are longer. Their commands come in the published order.

use faultline::check::choices::Recorded;
use faultline::check::model::ClusterModel;
use faultline::check::search::{Model, Search, Verdict};
use faultline::core::cluster::{Action, remember};
use faultline::core::lock::Note;
use faultline::core::protocol::Effect;
use faultline::scenes::lock::LockScene;
use faultline::scenes::options::{COMMON, Options};
use faultline::scenes::scene::Lang;
use faultline::scenes::searching::TICK_MS;
use faultline::scenes::staging::Staging;

/// What the lock service did in the shortest run that breaks the property, one word or two an event.
fn shortest(recipe: &str, mistake: &str) -> Vec<String> {
    let (_, property) = LockScene::MISTAKES.iter().find(|(name, _)| *name == mistake).expect("a known mistake");
    let (world, budgets) = LockScene::standard(recipe, Some(mistake))[0];
    let bounds: Vec<(String, String)> = LockScene::bounds(recipe, Some(mistake), world)
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .collect();
    let options = Options::read(&[LockScene::OPTIONS, COMMON], &bounds, Lang::En).expect("the standard bounds");
    let lock = LockScene::configure(recipe, &[mistake.to_owned()], &options);
    let model = ClusterModel::new(lock, world, budgets, TICK_MS, Some(property));
    let Verdict::Violated { path, .. } = Search::new(&model).run(2_000_000) else { panic!("{mistake} is not found") };
    let mut state = model.start();
    let mut events = Vec::new();
    let name = |client: u16| char::from(b'A' + client as u8);
    for step in &path {
        if let Action::Crash(node, _) = &step.action
            && node.0 < model.protocol.clients
        {
            events.push(format!("{} crashes", name(node.0)));
        }
        let mut done = Vec::new();
        let mut picks = Recorded::new(&step.picks);
        state.cluster.apply(&model.protocol, &step.action, step.trip, &mut picks, &mut done);
        remember(&model.protocol, &mut state.ghost, &state.cluster, &done);
        for d in &done {
            let Effect::Note(note) = &d.effect else { continue };
            events.extend(match note {
                Note::Told { by, .. } => Some(format!("{} GET", name(*by))),
                Note::Set { owner, .. } => Some(format!("{} SET", name(owner.client))),
                Note::Removed { by, .. } => Some(format!("{} DEL", name(*by))),
                Note::Counted { by, .. } => Some(format!("{} INCR", name(*by))),
                Note::Expired(_) => Some("TTL passes".to_owned()),
                Note::Accepted { owner, .. } => Some(format!("{} writes", name(owner.client))),
                _ => None,
            });
        }
    }
    events
}

/// A published step in the same words.
fn published(step: &str) -> String {
    let who = step.split(' ').next().unwrap_or_default();
    let said = |words: &str| step.contains(words);
    match step {
        "TTL of key passes" | "lease expires" => "TTL passes".to_owned(),
        _ if said("crashes") => format!("{who} crashes"),
        _ if said("write with token") => format!("{who} writes"),
        _ if said("acquires") || said("SET") => format!("{who} SET"),
        _ if said("GET") => format!("{who} GET"),
        _ if said("DEL") => format!("{who} DEL"),
        _ if said("INCR") => format!("{who} INCR"),
        _ => panic!("not understood: {step}"),
    }
}

#[test]
fn commands_come_in_the_published_order() {
    let text = include_str!("vectors/naive_interleavings.json");
    let vectors: serde_json::Value = serde_json::from_str(text).expect("the vectors are JSON");
    for (name, recipe, mistake) in [
        ("GET then SET", "set-nx-px", "get-then-set"),
        ("SET without NX", "set-nx-px", "set-without-nx"),
        ("no TTL at all: owner dead, key stays", "set-nx-px", "setnx-without-ttl"),
        (
            "SETNX then EXPIRE: key without TTL whose owner is dead (lock gone for ever)",
            "set-nx-px",
            "setnx-then-expire",
        ),
        ("SET NX EX + unconditional DEL, 2 clients, both in lease", "set-nx-px", "unconditional-del"),
        ("GET-compare then DEL without EVAL", "set-nx-px", "get-compare-del"),
        ("fencing check off: write order violates token order", "set-nx-px-fence", "storage-unchecked"),
    ] {
        let steps = vectors["results"][name].as_array().unwrap_or_else(|| panic!("no vector {name}"));
        let wanted: Vec<String> = steps.iter().map(|step| published(step.as_str().expect("a sentence"))).collect();
        let found = shortest(recipe, mistake);
        assert_eq!(found, wanted, "{mistake}");
    }
}

/// Published with three clients and a counter of its own; here the counter belongs to a lock, so the shortest way to break
/// the order of fences is the delay between the two commands and needs only two clients.
#[test]
fn the_counter_that_is_written_back_breaks_the_order_of_fences() {
    let found = shortest("set-nx-px-fence", "set-incr");
    assert_eq!(found, ["A SET", "TTL passes", "B SET", "B INCR", "B INCR", "A INCR", "A INCR"]);
}

/// Three and five masters, one command at a time: as published, step by step and in length; without a jump, never.
#[test]
fn redlock_breaks_by_one_jump_and_by_nothing_less() {
    use faultline::check::redlock::{Redlock, Step};
    use faultline::check::search::{Model, Search, Verdict};
    let text = include_str!("vectors/naive_interleavings.json");
    let vectors: serde_json::Value = serde_json::from_str(text).expect("the vectors are JSON");
    let number = |words: &str| words.bytes().find(u8::is_ascii_digit).map_or(0, |digit| digit - b'0');
    for masters in [3, 5] {
        let model = Redlock { masters, clients: 2, jumps: 1 };
        let name = format!("Redlock N={masters}, 1 clock jump(s)/amnesiac restart(s)");
        let published = vectors["results"][&name].as_array().unwrap_or_else(|| panic!("no vector {name}"));
        let Verdict::Violated { property, path, .. } = Search::new(&model).run(u64::MAX) else {
            panic!("{masters} masters survive a jump");
        };
        assert_eq!((property, path.len()), ("MUTEX-LEASE", published.len()), "{path:?}");
        let mut state = model.start();
        for step in published {
            assert_eq!(model.broken(&state), None);
            let words = step.as_str().expect("a sentence");
            let step = match words.split_once(" SET NX on ") {
                Some((who, rest)) => Step::Set { client: u8::from(who == "B"), master: number(rest) },
                None => Step::Jump { master: number(words) },
            };
            state = model.after(&state, step).unwrap_or_else(|| panic!("{words} is not possible"));
        }
        assert_eq!(model.broken(&state), Some("MUTEX-LEASE"), "the published run ends where ours does");
        let still = Redlock { jumps: 0, ..model };
        // Each master by itself: asked by nobody, by one of two, or by both, the first of which has it.
        let states = 5_u64.pow(masters.into());
        let Verdict::Holds { states: found, .. } = Search::new(&still).run(u64::MAX) else {
            panic!("{masters} masters fail without a jump");
        };
        assert_eq!(found, states);
    }
    // Three clients, and nobody has to have most of them: L11.
    let three = Redlock { masters: 5, clients: 3, jumps: 0 };
    assert!(matches!(Search::new(&three).run(u64::MAX), Verdict::Holds { .. }));
}

/// Card, log, inspector and sentences name the value that the key really holds.
#[test]
fn one_value_for_all_is_shown_as_one_value() {
    use faultline::scenes::run::RunSpec;
    use faultline::scenes::scene::{Selection, View};
    use faultline::scenes::{default_spec, open};
    let spec =
        RunSpec { recipe: "set-nx-px".to_owned(), mistakes: vec!["constant-owner".to_owned()], ..default_spec("lock") };
    let mut run = open(&spec, Lang::En).unwrap_or_else(|e| panic!("{}", e.0));
    let mut shown = String::new();
    for _ in 0..40 {
        run.step_forward();
        let cards = run.stage(&View { width: 900.0, height: 600.0, lang: Lang::En }).cards;
        shown += &format!("{cards:?} {:?}", run.sentence(Lang::En));
        shown += &format!("{:?}", run.inspect(Selection::Node(3), Lang::En));
    }
    assert!(shown.contains("SET lock 1\""), "the log has a record of it");
    for letter in ["A", "B", "C"] {
        let random = shown
            .match_indices(&format!("{letter}:"))
            .find(|(at, found)| shown[at + found.len()..].chars().take(4).all(|c| c.is_ascii_hexdigit()));
        assert!(
            random.is_none(),
            "a random owner value of {letter} is shown: {}",
            &shown[random.map_or(0, |r| r.0)..][..60]
        );
    }
}
