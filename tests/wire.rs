//! What goes between the page and its worker: what is written is read, and nothing that is read can do harm. And the
//! worker itself, without a browser.

use faultline::check::model::Budgets;
use faultline::check::search::{Limits, Progress};
use faultline::core::protocol::World;
use faultline::scenes::run::{Command, RunSpec};
use faultline::scenes::scene::Lang;
use faultline::scenes::searching::service::{Host, Service};
use faultline::scenes::searching::wire::{IN_PAGE, Load, Said, Told, question_from, question_text};
use faultline::scenes::searching::{Aim, Answer, Question, Verdict};
use faultline::scenes::{link, open, searching};
use proptest::prelude::*;
use std::cell::{Cell, RefCell};

fn run() -> impl Strategy<Value = RunSpec> {
    let word = "[a-z][a-z0-9-]{0,12}";
    let command = (any::<u64>(), any::<u32>(), "\\PC{0,20}").prop_map(|(time, nth, line)| Command { time, nth, line });
    (
        (word, word, prop::collection::vec(word, 0..3), prop::collection::vec((word, "\\PC{0,9}"), 0..4)),
        (any::<u64>(), prop::collection::vec(command, 0..12), any::<u64>(), any::<u32>(), any::<u128>()),
    )
        .prop_map(|((scene, recipe, mistakes, options), (seed, commands, at, events, hash))| {
            let opening = String::new();
            RunSpec { scene, recipe, mistakes, options, seed, commands, at, events, hash, opening }
        })
}

fn budgets() -> impl Strategy<Value = Budgets> {
    (any::<[u8; 6]>(), any::<Option<u8>>()).prop_map(|([crashes, drops, dups, pauses, clock_steps, cuts], requests)| {
        Budgets { crashes, drops, dups, pauses, clock_steps, cuts, requests }
    })
}

fn limits() -> impl Strategy<Value = Limits> {
    any::<(u64, u64)>().prop_map(|(states, bytes)| Limits { states, bytes })
}

fn question() -> impl Strategy<Value = Question> {
    let aim = prop::sample::select(vec![Aim::Break, Aim::Impossible, Aim::PutOff]);
    let world = prop::sample::select(World::ALL.to_vec());
    let text = "\\PC{0,12}";
    let names = (text, text, prop::option::of(text), prop::option::of(text), prop::collection::vec((text, text), 0..4));
    (aim, names, world, budgets(), prop::option::of(run()), limits(), any::<bool>()).prop_map(
        |(aim, (scene, recipe, mistake, property, options), world, budgets, from, limits, symmetry)| Question {
            aim,
            scene,
            recipe,
            mistake,
            world,
            budgets,
            property,
            options,
            from,
            limits,
            symmetry,
        },
    )
}

fn progress() -> impl Strategy<Value = Progress> {
    (any::<[u64; 4]>(), any::<u32>()).prop_map(|([states, expanded, frontier, bytes], depth)| Progress {
        states,
        expanded,
        depth,
        frontier,
        bytes,
    })
}

fn answer() -> impl Strategy<Value = Answer> {
    let texts = || prop::collection::vec("\\PC{0,20}", 0..4);
    let runs = (prop::option::of(run()), prop::option::of(run()));
    let verdict = prop::sample::select(Verdict::ALL.to_vec());
    (verdict, progress(), texts(), texts(), any::<u32>(), runs, any::<Option<u32>>()).prop_map(
        |(verdict, progress, properties, steps, length, (spec, start), cycle)| Answer {
            verdict,
            progress,
            properties,
            steps,
            length,
            spec,
            start,
            cycle,
        },
    )
}

fn load() -> impl Strategy<Value = Load> {
    (any::<u64>(), any::<u32>()).prop_map(|(memory, ms)| Load { memory, searched_ms: ms.into() })
}

fn lang() -> impl Strategy<Value = Lang> {
    prop::sample::select(vec![Lang::En, Lang::Zh])
}

fn told() -> impl Strategy<Value = Told> {
    prop_oneof![
        (question(), lang()).prop_map(|(question, lang)| Told::Ask(Box::new(question), lang)),
        (question(), lang(), any::<u64>()).prop_map(|(question, lang, n)| Told::Before(Box::new(question), lang, n)),
        Just(Told::Stop),
        Just(Told::GoOn),
        limits().prop_map(Told::Widen),
    ]
}

fn said() -> impl Strategy<Value = Said> {
    prop_oneof![
        (progress(), load()).prop_map(|(progress, load)| Said::Progress(progress, load)),
        (answer(), load()).prop_map(|(answer, load)| Said::Answer(Box::new(answer), load)),
        "\\PC{0,40}".prop_map(Said::Wrong),
        "\\PC{0,40}".prop_map(Said::Missing),
        ("\\PC{0,40}", any::<Option<u64>>()).prop_map(|(why, expanded)| Said::Died { why, expanded }),
        prop::option::of(run()).prop_map(|run| Said::Before(run.map(Box::new))),
    ]
}

proptest! {
    #[test]
    fn a_question_reads_back(question in question()) {
        prop_assert_eq!(question_from(&question_text(&question)), Ok(question));
    }

    #[test]
    fn what_is_told_reads_back(told in told()) {
        prop_assert_eq!(Told::from_text(&told.text()), Ok(told));
    }

    #[test]
    fn what_is_said_reads_back(said in said()) {
        prop_assert_eq!(Said::from_text(&said.text()), Ok(said));
    }

    /// What was cut off is refused, what was changed is refused or read as something else: never a panic.
    #[test]
    fn no_text_panics(told in told(), said in said(), at in any::<prop::sample::Index>(), with in "\\PC{0,3}", any in "\\PC{0,80}") {
        for text in [told.text(), said.text()] {
            let spots: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
            let spot = spots[at.index(spots.len())];
            let (before, after) = text.split_at(spot);
            let rest: String = after.chars().skip(1).collect();
            for text in [before.to_owned(), [before, &with, &rest].concat(), [before, &with].concat()] {
                let _ = Told::from_text(&text);
                let _ = Said::from_text(&text);
                let _ = question_from(&text);
            }
            prop_assert!(Told::from_text(before).is_err() && Said::from_text(before).is_err());
        }
        let _ = Told::from_text(&any);
        let _ = Said::from_text(&any);
    }
}

#[test]
fn a_question_from_another_page_may_leave_out_what_is_usual() {
    let text = r#"{"scene":"lock","recipe":"set-nx-px","budgets":{"pauses":1},"options":{"clients":3,"lease":"5"},"limits":{"states":90}}"#;
    let wanted = Question {
        budgets: Budgets { pauses: 1, ..Budgets::NONE },
        options: [("clients", "3"), ("lease", "5")].map(|(key, value)| (key.to_owned(), value.to_owned())).to_vec(),
        limits: Limits { states: 90, ..IN_PAGE },
        ..Question::new("lock", "set-nx-px", World::Bounded)
    };
    assert_eq!(question_from(text), Ok(wanted));
}

#[test]
fn what_is_wrong_is_said() {
    let says = |text: &str, words: &str| {
        let why = question_from(text).expect_err(text).0;
        assert!(why.contains(words), "{text}: {why}");
    };
    says("", "EOF");
    says("{}", "scene");
    says(r#"{"scene":"lock","recipe":"x","world":"wide"}"#, "sync, bounded, anything");
    says(r#"{"scene":"lock","recipe":"x","aim":"win"}"#, "break, impossible, put-off");
    says(r#"{"scene":"lock","recipe":"x","budgets":{"crashes":256}}"#, "256");
    says(r#"{"scene":"lock","recipe":"x","budgets":{"fires":1}}"#, "fires");
    says(r#"{"scene":"lock","recipe":"x","limits":{"states":-1}}"#, "whole number");
    says(r#"{"scene":"lock","recipe":"x","limits":{"states":"1e9"}}"#, "whole number");
    says(r#"{"scene":"lock","recipe":"x","from":"1.AAAA"}"#, "cut off");
    says(r#"{"scene":"lock","recipe":"x","steps":1}"#, "steps");
    let deep = format!(r#"{{"scene":{}"#, "[".repeat(100_000));
    assert!(question_from(&deep).is_err());
}

/// A place without a browser: its clock goes on ten milliseconds a look.
#[derive(Default)]
struct Bench {
    clock: Cell<f64>,
    memory: Cell<u64>,
    said: RefCell<Vec<Said>>,
}

impl Host for &Bench {
    fn now_ms(&self) -> f64 {
        self.clock.set(self.clock.get() + 10.0);
        self.clock.get()
    }

    fn memory(&self) -> u64 {
        self.memory.get()
    }

    fn say(&self, said: &Said) {
        self.said.borrow_mut().push(Said::from_text(&said.text()).expect("what is said is read"));
    }
}

impl Bench {
    /// What was said since it was last looked.
    fn said(&self) -> Vec<Said> {
        self.said.take()
    }

    /// Runs it until it rests, and returns the answer.
    fn answer(&self, service: &mut Service<&Bench>) -> (Answer, Load) {
        while service.turn() {}
        match self.said().pop() {
            Some(Said::Answer(answer, load)) => (*answer, load),
            other => panic!("no answer but {other:?}"),
        }
    }
}

fn broken() -> Question {
    let text = r#"{"scene":"lock","recipe":"set-nx-px","property":"MUTEX-LEASE","budgets":{"pauses":1},"options":{"clients":2}}"#;
    let mut question = question_from(text).expect("it reads");
    question.mistake = Some("unconditional-del".to_owned());
    let (world, budgets) = searching::standard("lock", "set-nx-px", Some("unconditional-del")).expect("it is known");
    (question.world, question.budgets) = (world, budgets);
    question.property = searching::breaks("lock", "unconditional-del").map(str::to_owned);
    question
}

#[test]
fn the_worker_finds_what_the_runner_finds() {
    let bench = Bench::default();
    let mut service = Service::new(&bench);
    let question = broken();
    assert!(service.hear(&Told::Ask(Box::new(question.clone()), Lang::En).text()));
    let (answer, load) = bench.answer(&mut service);
    let natively = searching::check(&question, Lang::En).expect("it can be asked");
    assert_eq!(answer.verdict, Verdict::Violated);
    assert_eq!((answer.length, answer.progress.states), (natively.length, natively.progress.states));
    assert_eq!((&answer.spec, &answer.start), (&natively.spec, &natively.start));
    assert!(load.searched_ms > 0.0);
    assert!(!service.turn());
}

#[test]
fn it_stops_goes_on_and_goes_on_to_wider_limits() {
    let bench = Bench::default();
    let mut service = Service::new(&bench);
    let ask = |limits: Limits| {
        let question = Question {
            options: vec![("nodes".to_owned(), "6".to_owned())],
            limits,
            symmetry: false,
            ..Question::new("model", "two-phase", World::Bounded)
        };
        Told::Ask(Box::new(question), Lang::En).text()
    };
    assert!(service.hear(&ask(Limits { states: 2_000, ..IN_PAGE })));
    assert!(service.turn());
    assert!(!service.hear("\"stop\""));
    let said = bench.said();
    let Some(Said::Progress(first, _)) = said.last() else { panic!("{said:?}") };
    assert!(!service.turn() && bench.said().is_empty());
    assert!(service.hear("\"go-on\""));
    let (answer, _) = bench.answer(&mut service);
    assert_eq!(answer.verdict, Verdict::Unfinished);
    assert!(answer.progress.states >= 2_000 && answer.progress.expanded > first.expanded);
    // What is known stays.
    assert!(service.hear(&Told::Widen(Limits { states: 4_000, ..IN_PAGE }).text()));
    let (wider, _) = bench.answer(&mut service);
    assert_eq!(wider.verdict, Verdict::Unfinished);
    assert!(wider.progress.states >= 4_000 && wider.progress.expanded > answer.progress.expanded);
    // A full memory ends it as well, and it can go on when there is more.
    bench.memory.set(300 << 20);
    assert!(service.hear(&Told::Widen(IN_PAGE).text()));
    let (full, load) = bench.answer(&mut service);
    assert_eq!((full.verdict, load.memory), (Verdict::Unfinished, 300 << 20));
    assert!(service.hear(&Told::Widen(Limits { bytes: 400 << 20, ..IN_PAGE }).text()));
    let (all, _) = bench.answer(&mut service);
    assert_eq!((all.verdict, all.progress.states), (Verdict::Holds, 64 + 4_096 + 46_656));
}

#[test]
fn it_says_how_far_it_is_eight_times_a_second_at_most() {
    let bench = Bench::default();
    let mut service = Service::new(&bench);
    let question = Question::new("commit", "two-phase", World::Bounded);
    service.hear(&Told::Ask(Box::new(question), Lang::En).text());
    while service.turn() {}
    let words = bench.said().len() as f64;
    assert!(words > 2.0 && words < bench.clock.get() / 125.0 + 2.0, "{words} words in {} ms", bench.clock.get());
}

#[test]
fn it_finds_the_run_up_to_a_state_again() {
    let bench = Bench::default();
    let mut service = Service::new(&bench);
    assert!(!service.hear(&Told::Before(Box::new(broken()), Lang::En, 57).text()));
    let said = bench.said();
    let [Said::Before(Some(run))] = &said[..] else { panic!("{said:?}") };
    let opened = open(run, Lang::En).expect("it opens");
    assert_eq!(opened.state_hash(), run.hash);
    assert!(opened.position().0 > 0, "{}", link::to_file(run));
    // The browser test of a worker that panics pins the same state.
    assert_eq!(format!("{:032x}", run.hash), "?");
    service.hear(&Told::Before(Box::new(broken()), Lang::En, u64::MAX).text());
    assert_eq!(bench.said(), [Said::Before(None)]);
}

#[test]
fn what_cannot_be_asked_is_said() {
    let bench = Bench::default();
    let mut service = Service::new(&bench);
    for text in ["", "{}", "\"stop\"", "\"go-on\"", r#"{"widen":{"states":"x"}}"#] {
        assert!(!service.hear(text) && !service.turn(), "{text}");
    }
    assert_eq!(bench.said().len(), 3);
    for (scene, recipe) in [("loch", "x"), ("lock", "x"), ("model", "x")] {
        assert!(!service.hear(&Told::Ask(Box::new(Question::new(scene, recipe, World::Sync)), Lang::En).text()));
        let said = bench.said();
        assert!(matches!(&said[..], [Said::Wrong(why)] if !why.is_empty()), "{said:?}");
    }
}
