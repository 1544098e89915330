//! The service behind the lock: what it keeps through crashes, what a replica knows, and what a configuration may say.

use faultline::check::model::Budgets;
use faultline::core::protocol::World;
use faultline::scenes::run::{Command, Run, RunSpec};
use faultline::scenes::scene::{Lang, Standing};
use faultline::scenes::searching::{Answer, Question, Verdict, check};
use faultline::scenes::{OpenError, default_spec, open};

fn ask(recipe: &str, options: &[(&str, &str)], budgets: Budgets) -> Answer {
    let question = Question {
        property: Some("MUTEX-LEASE".to_owned()),
        options: options.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
        budgets,
        ..Question::new("lock", recipe, World::Sync)
    };
    check(&question, Lang::En).unwrap_or_else(|OpenError(why)| panic!("{why}"))
}

const CRASH: Budgets = Budgets { crashes: 1, ..Budgets::NONE };

/// The one that is the same but for its options, played by hand.
fn played(seed: u64, options: &[(&str, &str)], lines: &[(u64, &str)]) -> Box<dyn Run> {
    let manual = [("think", "-1"), ("rounds", "9"), ("clients", "2")];
    let spec = RunSpec {
        recipe: "set-nx-px".to_owned(),
        options: manual.iter().chain(options).map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
        commands: lines
            .iter()
            .map(|(ms, line)| Command { time: ms * 1000, nth: 0, line: (*line).to_owned() })
            .collect(),
        seed,
        ..default_spec("lock")
    };
    open(&spec, Lang::En).unwrap_or_else(|OpenError(why)| panic!("{why}"))
}

fn broken(run: &dyn Run, code: &str) -> bool {
    run.findings(Lang::En).iter().any(|f| f.code == code && f.standing == Standing::Broken)
}

/// `appendfsync everysec`: a killed process loses nothing, a power cut what was written since the last force.
#[test]
fn a_second_of_writes_is_lost_with_the_power_and_not_with_the_process() {
    // A has the lock at about 0.3 s, and works for longer than all of this.
    let lost = |seed: u64, crash_at: u64, outage: &str| {
        let crash = format!("crash redis {outage}");
        let lines = [
            (200, "request a acquire"),
            (crash_at, crash.as_str()),
            (crash_at + 50, "restart redis"),
            (crash_at + 100, "request b acquire"),
        ];
        let mut run = played(seed, &[("persistence", "everysec"), ("work", "9000"), ("ttl", "9000")], &lines);
        run.seek((crash_at + 600) * 1000);
        broken(run.as_ref(), "MUTEX-LEASE")
    };
    let seeds = 0..16;
    assert!(!seeds.clone().any(|seed| lost(seed, 450, "killed")), "what was written is in the file");
    let lost_in = seeds.clone().filter(|seed| lost(*seed, 450, "power")).count();
    assert!((1..16).contains(&lost_in), "not on the platters yet, and yet it may be: {lost_in} of 16");
    assert!(!seeds.clone().any(|seed| lost(seed, 1_500, "power")), "after a second it is");
}

/// The same by search: with `everysec` one crash is enough, with `always` none is (the pinned table has that), and with a
/// replica that takes over one crash is enough however often the master forces.
#[test]
fn what_is_not_forced_or_not_replicated_is_found_lost() {
    for (options, steps) in [
        (&[("persistence", "everysec")][..], 8),
        (&[("persistence", "none")][..], 8),
        (&[("replica", "on"), ("persistence", "always")][..], 12),
    ] {
        let answer = ask("set-nx-px", options, CRASH);
        assert_eq!(
            (answer.verdict, answer.steps.len()),
            (Verdict::Violated, steps),
            "{options:?}\n{}",
            answer.steps.join("\n")
        );
    }
    let kept = ask("set-nx-px", &[("replica", "on"), ("persistence", "always")], Budgets::default());
    assert_eq!(kept.verdict, Verdict::Holds, "a replica that nobody promotes changes nothing");
}

/// One master's clock jumps past the time to live: Redlock gives the lock to two (L8). A jump of a server that is alone
/// does the same in fewer steps.
#[test]
fn a_clock_that_jumps_breaks_redlock() {
    let jump = Budgets { clock_steps: 1, ..Budgets::default() };
    for (recipe, steps) in [("redlock", 15), ("set-nx-px", 12)] {
        let answer = ask(recipe, &[], jump);
        assert_eq!(
            (answer.verdict, answer.steps.len()),
            (Verdict::Violated, steps),
            "{recipe}\n{}",
            answer.steps.join("\n")
        );
    }
}

/// Two faults at once with three masters: minutes, so only where time is no matter.
#[test]
fn redlock_holds_with_pairs_of_faults() {
    if std::env::var_os("FAULTLINE_SOAK").is_none() {
        return;
    }
    for (budgets, states) in [
        (Budgets { pauses: 1, drops: 1, ..Budgets::default() }, 778_206),
        (Budgets { pauses: 1, dups: 1, ..Budgets::default() }, 1_189_063),
        (Budgets { drops: 1, dups: 1, ..Budgets::default() }, 432_292),
        (Budgets { pauses: 2, ..Budgets::default() }, 1_490_058),
    ] {
        let answer = check(&Question { budgets, ..Question::new("lock", "redlock", World::Sync) }, Lang::En)
            .unwrap_or_else(|OpenError(why)| panic!("{why}"));
        assert_eq!((answer.verdict, answer.progress.states), (Verdict::Holds, states), "{budgets:?}");
    }
}

/// A reply that comes at the very deadline: the lease is over, and the key is not.
#[test]
fn at_the_deadline_itself_the_key_still_lives() {
    let lines = [(200, "request a acquire"), (210, "set latency 100 100")];
    let mut run =
        played(7, &[("latency-min", "100"), ("latency-max", "100"), ("ttl", "1000"), ("work", "9000")], &lines);
    // The key was set at 300 ms: its deadline is 1,300 ms. B's command arrives then.
    run.seek(1_200_000);
    run.command("request b acquire", Lang::En).unwrap_or_else(|e| panic!("{}", e.0));
    run.seek(1_299_999);
    assert!(!run.events(0, u32::MAX, Lang::En).iter().any(|l| l.words.contains("expires at Redis")));
    run.seek(1_600_000);
    let words: Vec<String> = run.events(0, u32::MAX, Lang::En).into_iter().map(|l| l.words).collect();
    let at = |what: &str| words.iter().position(|w| w.contains(what)).unwrap_or_else(|| panic!("{what}: {words:#?}"));
    // Deadlines come before messages of the same instant: the simulator's rule for what is due together.
    assert!(at("expires at Redis") < at("sets the key to B"), "{words:#?}");
    assert!(!broken(run.as_ref(), "MUTEX-LEASE"), "A's lease ended at 1,200 ms by its own clock");
}

#[test]
fn what_cannot_be_is_said_and_changes_nothing() {
    for (key, value, says) in [
        ("ttl", "0", "100–60000"),
        ("ttl", "60001", "100–60000"),
        ("ttl", "99999999999999999999", "100–60000"),
        ("ttl", "soon", "100–60000"),
        ("clients", "6", "2–5"),
        ("clients", "0", "2–5"),
        ("masters", "2", "3–5"),
        ("masters", "7", "3–5"),
        ("persistence", "sometimes", "everysec"),
        ("replica", "two", "off"),
    ] {
        let options = vec![(key.to_owned(), value.to_owned())];
        let Err(OpenError(why)) = open(&RunSpec { options, ..default_spec("lock") }, Lang::En) else {
            panic!("{key}={value} is taken");
        };
        assert!(why.contains(key) && why.contains(says), "{key}={value}: {why}");
    }
    let mut run = played(7, &[], &[]);
    for line in ["request f acquire", "request redis acquire", "request replica promote", "crash redis2 killed"] {
        assert!(run.command(line, Lang::En).is_err(), "{line}");
    }
    assert!(run.spec().commands.is_empty());
}

/// A change that is delayed on its way to the replica holds up those that were sent after it, and nothing else: found by
/// a drawn run, in which the simulator offered the second one for ever.
#[test]
fn what_is_late_on_an_ordered_channel_holds_up_what_follows() {
    let lines = [(200, "request a acquire"), (900, "request b acquire")];
    let mut run = played(7, &[("replica", "on"), ("work", "200"), ("retry", "200")], &lines);
    run.seek(0);
    let view = faultline::scenes::scene::View { width: 900.0, height: 600.0, lang: Lang::En };
    let under_way = |run: &dyn Run| run.stage(&view).pills.iter().find(|p| p.words == "SET lock").map(|p| p.id);
    while under_way(run.as_ref()).is_none() {
        assert!(run.step_forward());
    }
    let first = under_way(run.as_ref());
    run.command(&format!("delay {} 3000", first.expect("it is under way")), Lang::En)
        .unwrap_or_else(|e| panic!("{}", e.0));
    run.seek(2_500_000);
    let heard = |run: &dyn Run| {
        let lines = run.events(0, u32::MAX, Lang::En);
        lines.iter().filter(|l| l.words.starts_with("The replica hears")).count()
    };
    assert_eq!(heard(run.as_ref()), 0);
    run.seek(8_000_000);
    assert_eq!(heard(run.as_ref()), 2, "set, then removed");
}
