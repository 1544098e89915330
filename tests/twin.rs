//! A run and its twin on one clock: the same seed and faults, in lock-step, and always the same.

use faultline::scenes::run::{Run, RunSpec};
use faultline::scenes::scene::{Lang, Selection, Standing};
use faultline::scenes::searching::sample;
use faultline::scenes::twin::{self, Other, Twin};
use faultline::scenes::{default_spec, link, open};

fn identity(run: &dyn Run) -> (u64, u32, u128, u64) {
    (run.now(), run.position().0, run.state_hash(), run.run_hash())
}

fn itself(spec: &RunSpec) -> Other {
    Other::Variant { recipe: spec.recipe.clone(), mistakes: spec.mistakes.clone() }
}

fn opened(spec: &RunSpec, other: &Other) -> Box<dyn Twin> {
    twin::open(spec, other, Lang::En).unwrap_or_else(|e| panic!("{other:?}: {}", e.0))
}

/// What each sample may be compared with.
fn others(run: &dyn Run) -> Vec<Other> {
    let choices = twin::choices(run, Lang::En);
    let other = |c: &twin::Choice| Other::variant(&run.spec(), &c.key, &c.value, Lang::En).expect("a choice does");
    choices.iter().map(other).collect()
}

#[test]
fn the_twin_of_the_same_recipe_is_the_run_event_for_event() {
    for seed in 0..150 {
        let spec = sample(seed, 8);
        let mut run = open(&spec, Lang::En).expect("a sample opens");
        let mut twin = opened(&spec, &itself(&spec));
        assert_eq!(twin.skipped(), [], "seed {seed}");
        twin.follow(&*run);
        assert_eq!(identity(twin.run()), identity(&*run), "seed {seed}, at the end");
        run.seek(0);
        loop {
            twin.follow(&*run);
            assert_eq!(identity(twin.run()), identity(&*run), "seed {seed}");
            if run.position().0 >= spec.events || !run.step_forward() {
                break;
            }
        }
        while run.step_back() {
            twin.follow(&*run);
            assert_eq!(identity(twin.run()), identity(&*run), "seed {seed}, backwards");
        }
    }
}

#[test]
fn two_recipes_have_the_same_time_at_every_event_and_whatever_way_leads_there() {
    let mut differ = 0;
    for seed in 0..60 {
        let spec = sample(seed, 8);
        let mut run = open(&spec, Lang::En).expect("a sample opens");
        for other in others(&*run) {
            let mut stepped = opened(&spec, &other);
            run.seek(0);
            while run.position().0 < spec.events && run.step_forward() {
                stepped.follow(&*run);
                assert_eq!(stepped.run().now(), run.now(), "seed {seed}, {other:?}");
            }
            let mut leapt = opened(&spec, &other);
            assert_eq!(leapt.skipped(), stepped.skipped());
            leapt.follow(&*run);
            assert_eq!(identity(leapt.run()), identity(stepped.run()), "seed {seed}, {other:?}");
            differ += usize::from(leapt.run().run_hash() != run.run_hash());
            // There and back again.
            let end = (run.now(), identity(stepped.run()));
            run.seek(end.0 / 2);
            stepped.follow(&*run);
            assert_eq!(stepped.run().now(), end.0 / 2);
            run.seek(end.0);
            stepped.follow(&*run);
            assert_eq!(identity(stepped.run()).0, end.0);
            run.seek_event(spec.events.saturating_sub(1));
        }
    }
    assert!(differ > 100, "of two recipes hardly any run differs: {differ}");
}

/// A lock whose storage checks the fence, with a late write; its twin's storage does not look.
#[test]
fn one_breaks_where_the_other_holds() {
    let spec = RunSpec { options: vec![("clients".into(), "2".into())], ..default_spec("lock") };
    let mut run = open(&spec, Lang::En).expect("it opens");
    let wait = |run: &mut dyn Run, node, words: &str| {
        for _ in 0..400 {
            let stage = run.stage(&faultline::scenes::scene::View { width: 900.0, height: 600.0, lang: Lang::En });
            if let Some(pill) = stage.pills.iter().find(|pill| pill.from == node && pill.words.starts_with(words)) {
                return pill.id;
            }
            assert!(run.step_forward());
        }
        panic!("{node} never sends {words}");
    };
    let late = wait(&mut *run, 0, "write");
    run.command(&format!("delay {late} 20000"), Lang::En).expect("it is under way");
    run.seek(run.now() + 30_000_000);
    let spec = run.spec();
    let other = Other::variant(&spec, "storage-unchecked", "on", Lang::En).expect("it is a mistake of this recipe");
    let mut twin = opened(&spec, &other);
    assert_eq!(twin.skipped(), [], "the write is under way in both");
    twin.follow(&*run);
    let broken = |run: &dyn Run| {
        let found = run.findings(Lang::En).into_iter().filter(|f| f.standing == Standing::Broken && f.promised);
        found.map(|f| f.code).collect::<Vec<_>>()
    };
    assert_eq!(broken(&*run), Vec::<&str>::new());
    assert_eq!(broken(twin.run()), ["NO-STALE-WRITE"]);
    let title = twin::title(twin.run(), Lang::En);
    assert_eq!(title, ["SET NX PX + fence", "Storage does not check"]);
}

#[test]
fn what_the_twin_does_not_have_is_left_out_there_and_told() {
    let spec = RunSpec { recipe: "set-nx-px-renew".into(), ..default_spec("lock") };
    let mut run = open(&spec, Lang::En).expect("it opens");
    let is_renewal = |run: &dyn Run| {
        let arrows = run.diagram(0, run.now(), Lang::En).arrows;
        arrows.into_iter().find(|a| a.ended.is_none() && a.words.to_lowercase().contains("pexpire"))
    };
    for _ in 0..600 {
        if is_renewal(&*run).is_some() {
            break;
        }
        assert!(run.step_forward());
    }
    let renewal = is_renewal(&*run).expect("a holder asks for more time");
    run.command(&format!("drop {}", renewal.id), Lang::En).expect("it is under way");
    run.command("pause b", Lang::En).expect("b runs");
    let spec = run.spec();
    let other = Other::variant(&spec, "recipe", "set-nx-px", Lang::En).expect("a recipe");
    let mut twin = opened(&spec, &other);
    let skipped = twin.skipped().to_vec();
    assert_eq!(skipped.len(), 1, "{skipped:?}");
    assert_eq!(skipped[0].time, run.now());
    assert!(!skipped[0].words.is_empty());
    twin.follow(&*run);
    assert_eq!(twin.run().inputs(None).len(), 1, "the pause is done in both");
    assert!(twin.same_message(&*run, renewal.id, true).is_none());
}

#[test]
fn faults_and_live_settings_are_the_same_in_both() {
    let mut run = open(&default_spec("lock"), Lang::En).expect("it opens");
    let lines =
        ["set latency 200 300", "set loss 50", "cut a redis", "clock b 500", "trip c 1 power", "crash redis power"];
    for line in lines {
        run.seek(run.now() + 700_000);
        run.command(line, Lang::En).unwrap_or_else(|e| panic!("{line}: {}", e.0));
    }
    let mut twin = opened(&run.spec(), &Other::Variant { recipe: "set-nx-px-renew".into(), mistakes: Vec::new() });
    assert_eq!(twin.skipped(), []);
    twin.follow(&*run);
    let done = |run: &dyn Run| run.inputs(None).into_iter().map(|c| (c.time, c.line)).collect::<Vec<_>>();
    assert_eq!(done(twin.run()), done(&*run));
    assert_ne!(twin.run().run_hash(), run.run_hash());
}

#[test]
fn a_message_is_known_by_sender_receiver_and_words() {
    let mut run = open(&default_spec("lock"), Lang::En).expect("it opens");
    let mut twin = opened(&run.spec(), &Other::Variant { recipe: "set-nx-px".into(), mistakes: Vec::new() });
    let mut met = 0;
    for _ in 0..200 {
        run.step_forward();
        twin.follow(&*run);
        let view = faultline::scenes::scene::View { width: 900.0, height: 600.0, lang: Lang::En };
        let (here, there) = (run.stage(&view).pills, twin.run().stage(&view).pills);
        for pill in &here {
            let Some(id) = twin.same_message(&*run, pill.id, true) else { continue };
            let other = there.iter().find(|other| other.id == id).expect("it is under way there");
            assert_eq!((pill.from, pill.to, &pill.words), (other.from, other.to, &other.words));
            assert_eq!(twin.same_message(&*run, id, false), Some(pill.id));
            met += 1;
        }
    }
    assert!(met > 50, "hardly any message is the same: {met}");
}

#[test]
fn a_branch_is_compared_and_what_is_done_next_is_done_in_both() {
    let mut run = open(&default_spec("lock"), Lang::En).expect("it opens");
    run.seek(1_000_000);
    run.command("pause a", Lang::En).expect("a runs");
    run.seek(2_000_000);
    run.command("crash b", Lang::En).expect("b runs");
    run.seek(4_000_000);
    let first = identity(&*run);
    run.seek(1_500_000);
    run.command("pause c", Lang::En).expect("c runs");
    run.seek(3_000_000);
    let other = Other::branch(run.inputs(Some(0)), &run.inputs(None));
    let Other::Branch { theirs, shared, ours } = &other else { panic!("a branch") };
    assert_eq!((theirs.len(), *shared, ours.len()), (2, 1, 1));
    let mut twin = opened(&run.spec(), &other);
    run.seek(4_000_000);
    twin.follow(&*run);
    assert_eq!(identity(twin.run()), first);
    run.command("restart b", Lang::En).expect_err("b has not crashed here");
    run.command("power-cut", Lang::En).expect_err("there is no such command");
    run.command("crash redis", Lang::En).expect("redis runs");
    let mut twin = opened(&run.spec(), &other);
    twin.follow(&*run);
    let lines: Vec<String> = twin.run().inputs(None).into_iter().map(|c| c.line).collect();
    assert_eq!(lines, ["pause a", "crash b killed", "crash redis killed"]);
    assert!(twin.run().inspect(Selection::Node(0), Lang::En).is_some());
    // Undone past its own commands, the branch is still what it was.
    assert!(run.undo() && run.undo());
    let twin = opened(&run.spec(), &other);
    let lines: Vec<String> = twin.run().inputs(None).into_iter().map(|c| c.line).collect();
    assert_eq!(lines, ["pause a", "crash b killed"]);
}

#[test]
fn what_is_compared_is_in_links_and_files_and_disturbs_nothing() {
    for seed in 0..40 {
        let spec = sample(seed, 6);
        let mut run = open(&spec, Lang::En).expect("a sample opens");
        let plain = identity(&*run);
        let branch = Other::branch(run.inputs(None), &run.inputs(None)[..run.inputs(None).len() / 2]);
        for other in others(&*run).into_iter().chain([branch]) {
            assert_eq!(Other::read(&other.line()).as_ref(), Some(&other));
            run.command(&other.line(), Lang::En).expect("it is a way of looking");
            assert_eq!(identity(&*run), plain);
            let text = link::encode(&run.spec()).expect("it fits a link");
            let again = open(&link::decode(&text).expect("it reads back"), Lang::En).expect("it opens");
            assert_eq!(identity(&*again), plain);
            assert_eq!(twin::others(&again.spec()), Some(Ok(vec![other.clone()])));
            let file = link::from_file(&link::to_file(&run.spec())).expect("it reads back");
            assert_eq!(twin::others(&file), Some(Ok(vec![other])));
            assert_eq!(twin::core_of(&*again), twin::core_of(&*run));
        }
        run.command("compare", Lang::En).expect("it ends");
        assert_eq!(run.spec(), spec);
    }
}

#[test]
fn a_run_started_afresh_keeps_its_twin_but_no_branch() {
    let mut run = open(&default_spec("lock"), Lang::En).expect("it opens");
    let other = Other::Variant { recipe: "set-nx-px".into(), mistakes: vec!["get-then-set".into()] };
    run.command(&other.line(), Lang::En).expect("it is a way of looking");
    let next = faultline::scenes::with_option(&run.spec(), "seed", "8", Lang::En).expect("a seed");
    assert_eq!(twin::others(&next), Some(Ok(vec![other])));
    run.command(&Other::branch(run.inputs(None), &[]).line(), Lang::En).expect("it is a way of looking");
    let next = faultline::scenes::with_option(&run.spec(), "seed", "8", Lang::En).expect("a seed");
    assert_eq!(twin::others(&next), None);
}

#[test]
fn two_others_stand_on_one_line() {
    let with = |recipe: &str| Other::Variant { recipe: recipe.into(), mistakes: vec!["constant-owner".into()] };
    let scene =
        Other::Scene { scene: "lock".into(), recipe: "redlock".into(), mistakes: vec!["no-validity-check".into()] };
    let outage = Other::Outage { power: true };
    assert_eq!(scene.line(), "compare scene lock redlock no-validity-check");
    for all in [vec![], vec![scene.clone()], vec![with("set-nx-px"), scene], vec![outage, with("set-nx-px")]] {
        let line = twin::line(&all);
        let mut run = open(&default_spec("lock"), Lang::En).expect("it opens");
        run.command(&line, Lang::En).expect("it is a way of looking");
        let again = link::decode(&link::encode(&run.spec()).expect("it fits a link")).expect("it reads back");
        assert_eq!(twin::others(&again).unwrap_or_else(|| Ok(Vec::new())), Ok(all), "{line}");
    }
    for line in [
        "compare with a and",
        "compare with a and with b and with c",
        "compare with a and branch 0 0",
        "compare and with a",
    ] {
        assert_eq!(twin::read(line), None, "{line}");
    }
    // A command of a branch may say what it likes.
    let command = faultline::scenes::run::Command { time: 1, nth: 0, line: "request a this and that".into() };
    let branch = Other::branch(vec![command], &[]);
    assert_eq!(twin::read(&branch.line()), Some(vec![branch]));
}

#[test]
fn a_line_that_is_damaged_is_told_apart() {
    for line in [
        "compare with",
        "compare branch",
        "compare branch 1",
        "compare branch 1 2 0 0 2 pause a",
        "compare branch 2 0 0 0 2 pause a",
        "compare branch 1 0 0 0 9 pause a",
        "compare branch 1 0 x 0 2 pause a",
        "compare branch 18446744073709551615 18446744073709551615",
        "compare branch 1 0 0 0 18446744073709551615 a",
        "compare nothing",
        "compared with",
        "compare scene",
        "compare scene lock",
    ] {
        assert_eq!(Other::read(line), None, "{line}");
        assert_eq!(twin::read(line), None, "{line}");
    }
    let spec = default_spec("lock");
    let unknown = Other::Variant { recipe: "hope".into(), mistakes: Vec::new() };
    assert!(twin::open(&spec, &unknown, Lang::En).is_err());
    let wrong = Other::Variant { recipe: "set-nx-px".into(), mistakes: vec!["storage-unchecked".into()] };
    assert!(twin::open(&spec, &wrong, Lang::En).is_err());
    let nobody = faultline::scenes::run::Command { time: 0, nth: 0, line: "pause nobody".into() };
    assert!(twin::open(&spec, &Other::branch(vec![nobody], &[]), Lang::En).is_err());
}

#[test]
fn power_is_lost_where_a_process_was_killed() {
    let spec = default_spec("commit");
    let mut run = open(&spec, Lang::En).expect("it opens");
    let choices = |run: &dyn Run| {
        let all = twin::choices(run, Lang::En).into_iter().filter(|choice| choice.key == "outage");
        all.map(|choice| choice.value).collect::<Vec<_>>()
    };
    assert_eq!(choices(&*run), Vec::<String>::new(), "nobody has crashed");
    // All votes are in, and the commit record is written but not on the platters.
    run = open(&run.attempt(3, 0, false).expect("the cell can be tried"), Lang::En).expect("it opens");
    assert_eq!(choices(&*run), ["power"]);
    let other = Other::variant(&run.spec(), "outage", "power", Lang::En).expect("a choice does");
    assert_eq!(
        (other.line().as_str(), Other::read("compare outage power")),
        ("compare outage power", Some(other.clone()))
    );
    assert_eq!(Other::read("compare outage"), None);
    assert_eq!(Other::read("compare outage disk"), None);
    let mut twin = opened(&run.spec(), &other);
    assert_eq!(twin.skipped(), []);
    twin.follow(&*run);
    assert_eq!(twin.run().now(), run.now());
    run.seek(6_000_000);
    twin.follow(&*run);
    let (ours, theirs) = (run.trial().expect("a crash"), twin.run().trial().expect("a crash"));
    assert_eq!((ours.row, ours.column, &ours.waited), (theirs.row, theirs.column, &theirs.waited));
    assert_eq!((ours.power, theirs.power), (false, true));
    assert_ne!(ours.ended, theirs.ended, "a record that was not forced is the difference");
    // That is the run which fills the other cell, and the twin of that run is this one.
    let mut power = open(&run.attempt(3, 0, true).expect("the cell can be tried"), Lang::En).expect("it opens");
    power.seek(6_000_000);
    assert_eq!(identity(&*power), identity(twin.run()));
    assert_eq!(choices(&*power), ["killed"]);
    let mut back = opened(&power.spec(), &Other::Outage { power: false });
    back.follow(&*power);
    assert_eq!(identity(back.run()), identity(&*run));
    // Within a step as well.
    let mut run = open(&run.attempt(4, 0, false).expect("the cell can be tried"), Lang::En).expect("it opens");
    let twin = opened(&run.spec(), &other);
    let lines = |run: &dyn Run| run.inputs(None).into_iter().map(|command| command.line).collect::<Vec<_>>();
    assert!(lines(&*run).contains(&"trip coordinator 0 killed".to_owned()));
    assert!(lines(twin.run()).contains(&"trip coordinator 0 power".to_owned()));
    // What is done next is done in both.
    run.command("crash north killed", Lang::En).expect("it is up");
    let twin = opened(&run.spec(), &other);
    assert!(lines(twin.run()).contains(&"crash north power picks 0".to_owned()));
}
