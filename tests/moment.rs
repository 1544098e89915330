//! Searches from a moment of a run: what is found is that run continued, to the very state that the search saw.

use faultline::check::model::Budgets;
use faultline::check::search::Limits;
use faultline::core::protocol::World;
use faultline::scenes::run::{Run, RunSpec};
use faultline::scenes::scene::{Lang, Standing};
use faultline::scenes::searching::{
    Answer, Premise, Question, Verdict, breaks, check, list, sample, sample_of_promises, standard,
};
use faultline::scenes::{OpenError, SCENES, default_spec, link, open};

const ONE_EACH: Budgets =
    Budgets { crashes: 1, drops: 1, dups: 1, pauses: 1, clock_steps: 1, cuts: 1, requests: Some(1) };

fn soak(few: u64, many: u64) -> u64 {
    if std::env::var_os("FAULTLINE_SOAK").is_some() { many } else { few }
}

fn opened(spec: &RunSpec) -> Box<dyn Run> {
    open(spec, Lang::En).unwrap_or_else(|e| panic!("{}\n{}", e.0, link::to_file(spec)))
}

/// The run right after so many of its events.
fn moment(spec: &RunSpec, events: u32) -> RunSpec {
    let mut run = opened(spec);
    if events == 0 {
        run.seek(0);
    } else {
        run.seek_event(events - 1);
    }
    run.spec()
}

fn from(spec: &RunSpec, world: World, budgets: Budgets, states: u64) -> Question {
    Question {
        budgets,
        from: Some(spec.clone()),
        limits: Limits::of_states(states),
        ..Question::new(&spec.scene, &spec.recipe, world)
    }
}

fn asked(question: &Question) -> Answer {
    check(question, Lang::En)
        .unwrap_or_else(|e| panic!("{}: {:?}\n{}", e.0, question.world, link::to_file(question.from.as_ref().unwrap())))
}

fn is_broken(run: &dyn Run, property: &str) -> bool {
    let broken = |standing| matches!(standing, Standing::Broken | Standing::Never);
    run.findings(Lang::En).iter().any(|f| f.code == property && broken(f.standing))
}

/// Whether a crash is armed at the moment: then it cannot be searched from.
fn is_armed(spec: &RunSpec) -> bool {
    let asked = check(&from(spec, World::Sync, Budgets::NONE, 1), Lang::En);
    asked.is_err_and(|OpenError(why)| why.contains("is set to crash in its next step"))
}

/// What holds of every answer.
fn examine(question: &Question, answer: &Answer) {
    let from = question.from.as_ref().expect("it is from a moment");
    let said = || format!("{:?}\n{}", question.world, link::to_file(from));
    if answer.verdict != Verdict::Violated {
        assert_eq!((&answer.spec, &answer.start, answer.length), (&None, &None, 0), "{}", said());
        return;
    }
    let (spec, start) = (answer.spec.as_ref().expect("a run"), answer.start.as_ref().expect("its first step"));
    let end = opened(spec);
    assert_eq!(end.state_hash(), spec.hash, "it plays to the same state: {}", said());
    assert!(is_broken(end.as_ref(), &answer.properties[0]), "{} is broken there: {}", answer.properties[0], said());
    let here = opened(from);
    let moment = here.spec();
    assert!(spec.events >= moment.events && spec.at >= moment.at, "{}", said());
    if answer.length == 0 {
        assert_eq!((spec.at, spec.events, spec.hash), (moment.at, moment.events, moment.hash), "{}", said());
        assert!(spec == start && moment.commands.starts_with(&spec.commands), "nothing is added: {}", said());
        return;
    }
    assert_eq!(answer.steps.len(), answer.length as usize, "{}", said());
    assert_eq!(opened(start).state_hash(), start.hash, "{}", said());
    // Of draws with more than a handful of answers the two ends: a client waits for 400 ms, and up to 400 more.
    if from.scene == "lock" {
        let found = spec.commands.iter().filter(|c| c.time >= start.at);
        let picks = found.filter_map(|c| Some(c.line.split_once(" picks ")?.1.to_owned()));
        for pick in picks.flat_map(|picks| picks.split(',').map(str::to_owned).collect::<Vec<_>>()) {
            assert!(["0", "1", "2", "3", "4", "5", "6", "7", "399"].contains(&pick.as_str()), "{pick}: {}", said());
        }
    }
    // The run's own commands come first, and the moment is the same.
    let mut run = opened(spec);
    if moment.events > 0 {
        run.seek_event(moment.events - 1);
    } else {
        run.seek(0);
    }
    assert_eq!((run.state_hash(), run.run_hash()), (here.state_hash(), here.run_hash()), "{}", said());
    // From its start on the run can be stepped through to its end.
    let mut run = opened(start);
    assert_eq!(run.position().0 + answer.length - 1, spec.events, "{}", said());
    while run.position().0 < spec.events {
        assert!(run.step_forward(), "{}", said());
    }
    run.seek(spec.at);
    assert_eq!((run.position().0, run.state_hash()), (spec.events, spec.hash), "{}", said());
}

/// Any run at any moment: whatever breaks within some faults plays to the state that the search saw.
#[test]
fn what_is_found_from_a_moment_replays() {
    let mut found = 0;
    for seed in 0..soak(32, 2_000) {
        let spec = sample(seed, 6);
        let events = spec.events;
        for (n, world) in World::ALL.into_iter().enumerate() {
            for at in [0, events / 3, events * 2 / 3, events] {
                let here = moment(&spec, at);
                let budgets = if (seed / 4 + n as u64).is_multiple_of(2) { ONE_EACH } else { Budgets::NONE };
                for property in properties(&here, seed) {
                    let question = Question { property, ..from(&here, world, budgets, 2_000) };
                    match check(&question, Lang::En) {
                        Ok(answer) => {
                            found += u32::from(answer.verdict == Verdict::Violated && answer.length > 0);
                            examine(&question, &answer);
                        }
                        Err(OpenError(why)) => {
                            assert!(is_armed(&here), "{why}: {world:?}, event {at}\n{}", link::to_file(&here));
                        }
                    }
                }
            }
        }
    }
    assert!(found > 20, "some of them break something: {found}");
}

/// All that is promised, and two properties by name: one that a mistake of the run breaks, if it has any.
fn properties(spec: &RunSpec, seed: u64) -> [Option<String>; 3] {
    let findings = opened(spec).findings(Lang::En);
    let broken = spec.mistakes.first().and_then(|mistake| breaks(&spec.scene, mistake));
    let any = findings.get(seed as usize % findings.len().max(1)).map(|f| f.code.to_owned());
    [None, broken.map(str::to_owned), any]
}

fn mistakes() -> Vec<(&'static str, &'static str, &'static str, &'static str)> {
    let mut all = Vec::new();
    for scene in list(Lang::En) {
        for recipe in scene.recipes {
            for (mistake, breaks) in scene.mistakes {
                if standard(scene.scene, recipe, Some(mistake)).is_some() {
                    all.push((scene.scene, *recipe, *mistake, *breaks));
                }
            }
        }
    }
    all
}

/// The shortest run of a mistake, and the question that it answers.
fn counterexample(scene: &str, recipe: &str, mistake: &str, breaks: &str) -> Option<(Question, Answer)> {
    let (world, budgets) = standard(scene, recipe, Some(mistake))?;
    let question = Question {
        mistake: Some(mistake.to_owned()),
        budgets,
        property: Some(breaks.to_owned()),
        limits: Limits::of_states(60_000),
        ..Question::new(scene, recipe, world)
    };
    // A recipe in which the mistake cannot be made has no such run.
    let answer = check(&question, Lang::En).ok()?;
    (answer.verdict == Verdict::Violated).then_some((question, answer))
}

/// From the start of a run in ticks the search is the same as from the beginning; from so many steps before the end it finds
/// a break no further away.
#[test]
fn a_known_break_is_found_from_before_it() {
    let mut compared = 0;
    for (scene, recipe, mistake, breaks) in mistakes() {
        let Some((standard, answer)) = counterexample(scene, recipe, mistake, breaks) else { continue };
        let end = answer.spec.clone().expect("it has a run");
        let again = |here: &RunSpec, budgets| {
            let question =
                Question { budgets, property: Some(breaks.to_owned()), ..from(here, standard.world, budgets, 60_000) };
            let found = asked(&question);
            examine(&question, &found);
            found
        };
        let whole =
            again(&RunSpec { commands: Vec::new(), at: 0, events: 0, hash: 0, ..end.clone() }, standard.budgets);
        let of = |a: &Answer| (a.verdict, a.length, a.progress.depth, a.progress.states);
        assert_eq!(of(&whole), of(&answer), "{scene}/{recipe} with {mistake}");
        for steps in [1, 2, 4, 8] {
            let Some(at) = end.events.checked_sub(steps) else { continue };
            let here = moment(&end, at);
            if is_armed(&here) {
                continue;
            }
            let found = again(&here, standard.budgets);
            let ticks = (end.at / 1_000_000).saturating_sub(here.at / 1_000_000) as u32;
            assert_eq!(found.verdict, Verdict::Violated, "{scene}/{recipe} with {mistake}, {steps} before the end");
            assert!(found.progress.depth <= steps + ticks, "{scene}/{recipe} with {mistake}, {steps} before the end");
            compared += 1;
        }
    }
    assert!(compared > 60, "{compared} moments were compared");
}

/// A break of a run that flows in milliseconds is found from so many events before it, if any timer may fire.
#[test]
fn a_break_that_happened_by_itself_is_found_from_before_it() {
    let mut compared = 0;
    for seed in 0..soak(240, 4_000) {
        let spec = sample(seed, 6);
        let findings = opened(&spec).findings(Lang::En);
        let Some((property, broke)) = findings.iter().find_map(|f| Some((f.code, f.broken_at?))) else { continue };
        for steps in 1..=3 {
            let Some(at) = (broke + 1).checked_sub(steps) else { continue };
            let here = moment(&spec, at);
            let by_hand = opened(&spec).events(at, steps, Lang::En).iter().any(|line| line.command);
            if by_hand || is_broken(opened(&here).as_ref(), property) {
                continue;
            }
            let budgets = Budgets { drops: 1, ..Budgets::NONE };
            let question =
                Question { property: Some(property.to_owned()), ..from(&here, World::Anything, budgets, 20_000) };
            let Ok(answer) = check(&question, Lang::En) else { continue };
            examine(&question, &answer);
            let text = link::to_file(&here);
            assert_eq!(answer.verdict, Verdict::Violated, "{property}, {steps} before, seed {seed}\n{text}");
            assert!(answer.length <= steps, "{property}, {} > {steps}, seed {seed}\n{text}", answer.length);
            compared += 1;
        }
    }
    assert!(compared > 20, "{compared} moments were compared");
}

/// No run without mistakes leads to a moment from which a promise breaks.
#[test]
fn promises_hold_from_every_moment() {
    for scene in SCENES {
        for seed in 0..soak(12, 1_000) {
            let spec = sample_of_promises(scene, seed, 8);
            for at in [spec.events / 2, spec.events] {
                let here = moment(&spec, at);
                for world in [World::Sync, World::Bounded] {
                    for budgets in [Budgets::NONE, Budgets { crashes: 1, ..Budgets::NONE }] {
                        let question = from(&here, world, budgets, 3_000);
                        let Ok(answer) = check(&question, Lang::En) else { continue };
                        if answer.verdict != Verdict::Violated {
                            continue;
                        }
                        // What a run promises depends on what was done in it before.
                        let code = &answer.properties[0];
                        let promised = opened(&here).findings(Lang::En).iter().any(|f| f.code == code && f.promised);
                        let run = answer.spec.as_ref().map(link::to_file).unwrap_or_default();
                        assert!(!promised, "{code} of {scene}, seed {seed}, event {at}, {world:?} {budgets:?}\n{run}");
                    }
                }
            }
        }
    }
}

/// A moment may tell nodes apart that nothing tells apart at the start: states that differ by names still count as one.
#[test]
fn symmetry_changes_no_answer() {
    let mut fewer = 0;
    for (scene, recipe, mistake) in [
        ("lock", "set-nx-px", "get-then-set"),
        ("lock", "set-nx-px", "unconditional-del"),
        ("lock", "redlock", "no-validity-check"),
        ("lock", "set-nx-px-fence", "storage-unchecked"),
        ("lock", "set-nx-px", ""),
        ("lock", "redlock", ""),
    ] {
        for seed in 0..soak(2, 200) {
            let mut run = opened(&RunSpec {
                recipe: recipe.to_owned(),
                mistakes: Some(mistake.to_owned()).into_iter().filter(|m| !m.is_empty()).collect(),
                options: [("think", "-1"), ("tries", "2"), ("rounds", "1"), ("clients", "3")]
                    .map(|(key, value)| (key.to_owned(), value.to_owned()))
                    .into(),
                seed,
                ..default_spec(scene)
            });
            run.seek(0);
            for (time, node) in [(30, seed % 3), (90, (seed + 1) % 3)] {
                run.seek(time * 1000);
                let name = ["a", "b", "c"][node as usize];
                let _ = run.command(&format!("request {name} acquire"), Lang::En);
            }
            run.seek((100 + 40 * seed) * 1000);
            for world in World::ALL {
                let with = from(&run.spec(), world, Budgets { pauses: 1, ..Budgets::NONE }, 8_000);
                let without = Question { symmetry: false, limits: Limits::of_states(24_000), ..with.clone() };
                let (with, without) = (asked(&with), asked(&without));
                if with.verdict == Verdict::Unfinished || without.verdict == Verdict::Unfinished {
                    continue;
                }
                let said = link::to_file(&run.spec());
                assert_eq!((with.verdict, with.length), (without.verdict, without.length), "{world:?}\n{said}");
                assert!(with.progress.states <= without.progress.states);
                fewer += u32::from(with.progress.states < without.progress.states);
            }
        }
    }
    assert!(fewer > 5, "symmetry left something out {fewer} times");
}

/// The longest draw of a client's wait for its next try is 399 ms, the shortest none: these two, and the answer says so.
#[test]
fn wide_draws_are_tried_at_both_ends() {
    let draws = |world| {
        let spec = RunSpec { recipe: "set-nx-px".to_owned(), ..default_spec("lock") };
        let question = from(&moment(&spec, 0), world, Budgets { drops: 1, ..Budgets::NONE }, 20_000);
        asked(&question).premises
    };
    assert_eq!(draws(World::Bounded), [Premise::Deadlines, Premise::Extremes]);
    assert_eq!(draws(World::Anything), [Premise::Extremes]);
}

/// A clock that runs wrong is said; a crash that waits for its step is refused; what is broken already is answered as it is.
#[test]
fn what_cannot_be_searched_is_said() {
    let spec = RunSpec { recipe: "set-nx-px".to_owned(), ..default_spec("lock") };
    let after = |line: &str| {
        let mut run = opened(&spec);
        run.seek(700_000);
        run.command(line, Lang::En).expect("it can be done");
        run.spec()
    };
    let drifting = asked(&from(&after("drift redis 50000"), World::Bounded, Budgets::NONE, 500));
    assert_eq!(drifting.premises[..2], [Premise::Deadlines, Premise::Rates]);
    let drifting = asked(&from(&after("drift redis 50000"), World::Anything, Budgets::NONE, 500));
    assert!(!drifting.premises.contains(&Premise::Rates), "where time is not counted no clock runs fast");
    let OpenError(why) = check(&from(&after("trip redis 1 power"), World::Sync, Budgets::NONE, 500), Lang::En)
        .expect_err("a crash is armed");
    assert!(why.contains("redis"), "{why}");
    for premise in Premise::ALL {
        assert_ne!(premise.words(Lang::En), premise.words(Lang::Zh));
    }
}
