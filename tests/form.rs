//! The reader's form for a search: its first question of every mistake finds that mistake, what is chosen is what is asked,
//! and what is said of the time that is left is no invention.

use faultline::core::protocol::World;
use faultline::scenes::catalogue::SCENES;
use faultline::scenes::parts;
use faultline::scenes::run::RunSpec;
use faultline::scenes::scene::Lang;
use faultline::scenes::searching::asking::ask;
use faultline::scenes::searching::coverage::{Line, read};
use faultline::scenes::searching::form::{FAULTS, Form, Ground, MEBIBYTES, MOST_FAULTS, STATES};
use faultline::scenes::searching::outlook::{Outlook, Track};
use faultline::scenes::searching::{Aim, Limits, Question, Verdict, breaks, check, list, nodes_option, standard};

fn stage(scene: &str, recipe: &str, mistakes: &[&str]) -> RunSpec {
    let mistakes = mistakes.iter().map(|mistake| (*mistake).to_owned()).collect();
    RunSpec { scene: scene.to_owned(), recipe: recipe.to_owned(), mistakes, seed: 7, ..RunSpec::default() }
}

fn ground(spec: &RunSpec) -> Ground {
    let desk = parts::desk(&spec.scene).expect("a scene");
    desk.ground(spec, Lang::En).unwrap_or_else(|e| panic!("{}/{}: {}", spec.scene, spec.recipe, e.0))
}

/// Every recipe with each of its mistakes, as a reader switches them on.
fn mistakes() -> Vec<(&'static str, &'static str, &'static str, &'static str)> {
    let mut all = Vec::new();
    for listing in list(Lang::En) {
        for recipe in listing.recipes {
            for (mistake, property) in listing.mistakes {
                let possible = ground(&stage(listing.scene, recipe, &[mistake])).setups.len() == 2;
                all.extend(possible.then_some((listing.scene, *recipe, *mistake, *property)));
            }
        }
    }
    all
}

#[test]
fn the_first_question_of_a_mistake_is_its_standard_search() {
    let all = mistakes();
    assert!(all.len() > 60, "only {} mistakes", all.len());
    for (scene, recipe, mistake, property) in all {
        let spec = stage(scene, recipe, &[mistake]);
        let ground = ground(&spec);
        let question = Form::of(&ground).question(&ground, &spec);
        let (world, budgets) = standard(scene, recipe, Some(mistake)).expect("a standard search");
        let wanted = Question {
            mistake: Some(mistake.to_owned()),
            budgets,
            property: breaks(scene, mistake).map(str::to_owned),
            limits: question.limits,
            ..Question::new(scene, recipe, world)
        };
        assert_eq!(question, wanted);
        assert_eq!(question.property.as_deref(), Some(property));
    }
}

/// With the lengths that are pinned in `docs/coverage.csv`.
#[test]
fn one_press_finds_the_mistake() {
    let file = include_str!("../docs/coverage.csv");
    let pinned: Vec<Line> = read(file).collect();
    let some = [
        ("placement", "ring", "own-list"),
        ("placement", "ketama", "float-points"),
        ("ring", "sha1", "replica-same-node"),
        ("ring", "sha1", "read-before-copy"),
        ("lock", "set-nx-px", "get-then-set"),
        ("lock", "set-nx-px", "setnx-then-expire"),
        ("lock", "set-nx-px-fence", "counter-lost"),
        ("lock", "redlock", "no-validity-check"),
        ("lock", "compare-and-set", "blind-write"),
        ("commit", "presumed-abort", "vote-not-forced"),
        ("commit", "presumed-commit", "no-collecting"),
    ];
    for (scene, recipe, mistake) in some {
        let spec = stage(scene, recipe, &[mistake]);
        let ground = ground(&spec);
        let answer = check(&Form::of(&ground).question(&ground, &spec), Lang::En).unwrap_or_else(|e| panic!("{}", e.0));
        let line = pinned.iter().find(|line| (line.scene, line.recipe, line.mistake) == (scene, recipe, mistake));
        let line = line.expect("a pin");
        assert_eq!(answer.verdict, Verdict::Violated, "{line:?}");
        assert_eq!((Some(answer.length), answer.progress.states), (line.steps, line.states), "{line:?}");
        assert_eq!(answer.properties[0], line.properties, "{line:?}");
    }
}

#[test]
fn without_a_mistake_all_promises_are_asked_about() {
    for listing in list(Lang::En) {
        for recipe in listing.recipes {
            let spec = stage(listing.scene, recipe, &[]);
            let ground = ground(&spec);
            let form = Form::of(&ground);
            let question = form.question(&ground, &spec);
            assert_eq!((question.property.as_deref(), question.mistake.as_deref()), (None, None));
            assert_eq!(Some((question.world, question.budgets)), standard(listing.scene, recipe, None));
            assert!(!form.searched(&ground).is_empty(), "{}/{recipe} promises nothing there", listing.scene);
            assert_eq!(ground.nodes, nodes_option(listing.scene));
            let bounds = ground.setups[0].bounds(form.world);
            assert!(
                bounds.iter().any(|bound| bound.key == ground.nodes),
                "{}/{recipe} has no number of nodes",
                listing.scene
            );
            for bound in bounds {
                assert!((bound.min..=bound.max).contains(&bound.value), "{}/{recipe}: {bound:?}", listing.scene);
            }
        }
    }
}

#[test]
fn every_bound_and_property_has_words() {
    for scene in SCENES {
        for lang in [Lang::En, Lang::Zh] {
            let recipe = list(lang).into_iter().find(|listing| listing.scene == scene).expect("listed").recipes[0];
            let ground = parts::desk(scene).expect("a scene").ground(&stage(scene, recipe, &[]), lang);
            let ground = ground.unwrap_or_else(|e| panic!("{}", e.0));
            for bound in World::ALL.iter().flat_map(|world| ground.setups[0].bounds(*world)) {
                assert!(!bound.words.contains('⁇'), "{scene}: no words for {}", bound.key);
            }
            assert!(ground.properties.iter().all(|asked| !asked.words.contains('⁇')), "{scene}");
        }
    }
}

#[test]
fn what_was_asked_comes_back_into_the_form() {
    for (scene, recipe, mistake, _) in mistakes() {
        let mut spec = stage(scene, recipe, &[mistake]);
        if scene == "lock" {
            spec.options.push(("persistence".to_owned(), "everysec".to_owned()));
            spec.options.push(("ttl".to_owned(), "5000".to_owned()));
        }
        let ground = ground(&spec);
        let mut form = Form::of(&ground);
        form.step("crashes", true, &ground);
        form.step("requests", false, &ground);
        form.step(ground.nodes, true, &ground);
        form.step("states", false, &ground);
        form.step("memory", true, &ground);
        let question = form.question(&ground, &spec);
        assert_eq!(Form::asked(&question, &ground), Some(form.clone()), "{scene}/{recipe} with {mistake}");
        // What is switched stays, sizes become small.
        assert_eq!(question.options.iter().any(|(key, _)| key == "persistence"), scene == "lock");
        assert!(!question.options.iter().any(|(key, _)| key == "ttl"));
        form.start_here(true, &ground);
        let question = form.question(&ground, &spec);
        assert_eq!(question.from.as_ref(), Some(&spec));
        assert!(question.options.is_empty(), "the run has its own");
        assert_eq!(form.question(&ground, &spec).mistake.as_deref(), Some(mistake));
    }
    let spec = stage("lock", "set-nx-px", &["get-then-set"]);
    let ground = ground(&spec);
    assert_eq!(Form::asked(&Question::new("commit", "presumed-abort", World::Sync), &ground), None);
    assert_eq!(Form::asked(&Question::new("lock", "redlock", World::Sync), &ground), None);
}

#[test]
fn the_latest_of_several_mistakes_is_offered_first() {
    let spec = stage("lock", "set-nx-px", &["get-then-set", "unconditional-del", "storage-unchecked"]);
    let ground = ground(&spec);
    let offered: Vec<_> = ground.setups.iter().map(|setup| setup.mistake.as_deref()).collect();
    assert_eq!(offered, [Some("unconditional-del"), Some("get-then-set"), None], "the third is not one of this recipe");
    let mut form = Form::of(&ground);
    form.take(&ground.setups[2]);
    assert_eq!(form.question(&ground, &spec).mistake, None);
    assert_eq!(form.property, None);
}

#[test]
fn steps_end_where_they_should() {
    let spec = stage("lock", "set-nx-px", &[]);
    let ground = ground(&spec);
    let mut form = Form::of(&ground);
    for up in [true, false] {
        for name in FAULTS {
            for _ in 0..9 {
                form.step(name, up, &ground);
            }
            assert_eq!(form.fault(name), if up { MOST_FAULTS } else { 0 }, "{name}");
        }
        for what in ["states", "memory", "clients", "rounds", "ttl", "requests"] {
            for _ in 0..80 {
                form.step(what, up, &ground);
            }
        }
        let (states, mebibytes) = if up { (STATES[7], MEBIBYTES[5]) } else { (STATES[0], MEBIBYTES[0]) };
        assert_eq!(form.limits, Limits { states, bytes: mebibytes << 20 });
        assert_eq!(form.budgets.requests, if up { None } else { Some(0) });
        for bound in ground.setups[0].bounds(form.world).iter().filter(|bound| ["clients", "ttl"].contains(&bound.key))
        {
            assert_eq!(form.bound(bound), if up { bound.max } else { bound.min });
        }
        // A round less than one would be rounds without end.
        let rounds = form.question(&ground, &spec).options.into_iter().find(|(key, _)| key == "rounds");
        assert_eq!(rounds.map(|(_, value)| value).as_deref(), if up { Some("81") } else { None });
    }
    form.step("no-such-thing", true, &ground);
}

#[test]
fn getting_stuck_is_asked_where_there_is_a_goal() {
    for (scene, recipe, goal) in [
        ("lock", "set-nx-px", Some("EVENTUALLY-FREE")),
        ("commit", "presumed-abort", Some("AC5-TERMINATE")),
        ("placement", "ring", None),
    ] {
        let spec = stage(scene, recipe, &[]);
        let ground = ground(&spec);
        let mut form = Form::of(&ground);
        assert_eq!(form.aims(&ground).len(), if goal.is_some() { 3 } else { 1 }, "{scene}");
        form.ask(Aim::PutOff, &ground);
        assert_eq!(form.property.as_deref(), goal, "{scene}");
        assert_eq!(form.aim, if goal.is_some() { Aim::PutOff } else { Aim::Break });
        form.ask(Aim::Break, &ground);
        assert_eq!(form.aim, Aim::Break);
    }
}

/// What is said of the end comes true, and something is said before it is over.
#[test]
fn an_end_that_is_in_sight_comes() {
    let question = Question {
        budgets: standard("commit", "three-phase-termination", None).expect("it has one").1,
        limits: Limits::of_states(1_000_000),
        ..Question::new("commit", "presumed-commit", World::Bounded)
    };
    let mut asked = ask(&question, Lang::En).unwrap_or_else(|e| panic!("{}", e.0));
    // Time by the states expanded: the test is the same on every machine.
    let ms = |expanded: u64| expanded as f64 / 3.0;
    let (mut track, mut said, mut growing) = (Track::default(), Vec::new(), 0);
    let answer = loop {
        if let Some(answer) = asked.go_on(200).unwrap_or_else(|e| panic!("{}", e.0)) {
            break answer;
        }
        let progress = asked.progress();
        track.hear(ms(progress.expanded), progress);
        match track.outlook(question.limits) {
            Outlook::Unknown => {}
            Outlook::Growing { .. } => growing += 1,
            Outlook::Shrinking { least_ms, most_ms } => said.push((ms(progress.expanded), least_ms, most_ms)),
        }
    };
    assert_eq!(answer.verdict, Verdict::Holds);
    assert!(growing > 0 && said.len() > 3, "{growing} times growing, {} times shrinking", said.len());
    let end = ms(answer.progress.states);
    let mut closest = f64::INFINITY;
    for (at, least, most) in said {
        let really = end - at;
        assert!(least * 0.9 < really && really < most * 1.5 + 100.0, "at {at} of {end}: {least} to {most} ms");
        closest = closest.min(most / really);
    }
    assert!(closest < 2.0, "never closer than {closest} times the truth");
}
