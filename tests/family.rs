//! Scenes that share a tab: Redis beside the coordination services, on the same seed, with the same done to both.

use faultline::scenes::families::{members, taken_over};
use faultline::scenes::run::{Run, RunSpec};
use faultline::scenes::scene::Lang;
use faultline::scenes::searching::sample;
use faultline::scenes::twin::{self, Other, Twin};
use faultline::scenes::{default_spec, link, open};

const SERVICES: [&str; 3] = ["zookeeper", "etcd", "consul"];

fn opened(spec: &RunSpec, scene: &str, recipe: &str) -> Box<dyn Twin> {
    let other = Other::scene(spec, scene, recipe, Lang::En).unwrap_or_else(|e| panic!("{scene} {recipe}: {}", e.0));
    twin::open(spec, &other, Lang::En).unwrap_or_else(|e| panic!("{other:?}: {}", e.0))
}

fn lines(run: &dyn Run) -> Vec<String> {
    run.inputs(None).into_iter().map(|command| command.line).collect()
}

fn done(spec: &RunSpec, lines: &[&str]) -> Box<dyn Run> {
    let mut run = open(spec, Lang::En).expect("it opens");
    for line in lines {
        run.seek(run.now() + 600_001);
        run.command(line, Lang::En).unwrap_or_else(|e| panic!("{line}: {}", e.0));
    }
    run
}

fn with(spec: RunSpec, options: &[(&str, &str)]) -> RunSpec {
    RunSpec { options: options.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(), ..spec }
}

#[test]
fn the_lock_has_the_recipes_of_all_its_services() {
    for scene in ["lock", "coordination"] {
        let all = members(scene, Lang::En);
        assert_eq!(all.iter().map(|member| member.scene).collect::<Vec<_>>(), ["lock", "coordination"]);
        assert_eq!(all[1].recipes.iter().map(|recipe| recipe.0).collect::<Vec<_>>(), SERVICES);
        for lang in [Lang::En, Lang::Zh] {
            let names = members(scene, lang).into_iter().flat_map(|member| {
                member.recipes.into_iter().map(|recipe| recipe.1).chain([member.words]).collect::<Vec<_>>()
            });
            assert!(names.into_iter().all(|name| !name.is_empty()));
        }
    }
    assert!(members("commit", Lang::En).is_empty() && members("nowhere", Lang::En).is_empty());
}

#[test]
fn what_both_mean_is_done_in_both() {
    let spec = with(default_spec("lock"), &[("think", "-1"), ("rounds", "3"), ("clients", "4")]);
    let run = done(
        &spec,
        &[
            "request a acquire",
            "request d acquire",
            "pause a",
            "cut b redis",
            "clock c -400",
            "set latency 10 200",
            "resume a",
            "crash redis killed",
            "heal b redis",
            "restart redis",
            "drift d 5000",
            "crash storage power",
        ],
    );
    for service in SERVICES {
        let mut twin = opened(&run.spec(), "coordination", service);
        assert_eq!(twin.skipped(), [], "{service}");
        let theirs = lines(twin.run());
        assert_eq!(theirs[..2], ["request a acquire", "request d acquire"]);
        assert_eq!(theirs[3], format!("cut b {service}"));
        assert_eq!(theirs[7], format!("crash {service} killed"));
        assert!(theirs[11].starts_with("crash storage power"));
        twin.follow(&*run);
        assert_eq!((twin.run().now(), twin.run().done()), (run.now(), 12));
        let settings = twin.run().settings();
        for (key, value) in run.settings() {
            let same = settings.iter().find(|(known, _)| *known == key);
            assert!(same.is_none_or(|(_, theirs)| *theirs == value), "{key}");
        }
        // And back: Redis beside the service.
        let back = opened(&twin.run().spec(), "lock", "set-nx-px");
        let ours = lines(back.run());
        assert_eq!((&*ours[3], &*ours[7]), ("cut b redis", "crash redis killed"));
        assert_eq!(back.skipped(), []);
    }
}

#[test]
fn what_the_other_does_not_have_is_left_out_and_told() {
    let spec = with(default_spec("lock"), &[("replica", "on")]);
    let run = done(&spec, &["pause replica", "crash redis killed", "resume replica", "request replica promote"]);
    let twin = opened(&run.spec(), "coordination", "etcd");
    assert_eq!(lines(twin.run()), ["crash etcd killed"]);
    assert_eq!(twin.skipped().len(), 3);
    assert!(twin.skipped().iter().all(|skipped| !skipped.words.is_empty()));
    // A follower is ZooKeeper's second server, as the replica is Redis'.
    let spec = with(default_spec("coordination"), &[("follower", "on")]);
    let run = done(&spec, &["cut zookeeper follower", "pause follower"]);
    let twin = opened(&run.spec(), "lock", "redlock");
    assert_eq!(lines(twin.run()), ["cut redis1 redis2", "pause redis2"]);
}

/// Whichever way leads there, the twin at a time is the same.
#[test]
fn any_run_can_stand_beside_any_service() {
    let mut differ = 0;
    let runs = (0..400).map(|seed| sample(seed, 6)).filter(|spec| ["lock", "coordination"].contains(&&*spec.scene));
    for spec in runs.take(60) {
        let mut run = open(&spec, Lang::En).expect("a sample opens");
        let (scene, recipes): (&str, &[&str]) =
            if spec.scene == "lock" { ("coordination", &SERVICES) } else { ("lock", &["set-nx-px-fence", "redlock"]) };
        for recipe in recipes {
            let is = |run: &dyn Run| (run.now(), run.position().0, run.state_hash(), run.run_hash());
            let mut stepped = opened(&spec, scene, recipe);
            run.seek(0);
            while run.position().0 < spec.events && run.step_forward() {
                stepped.follow(&*run);
                assert_eq!(stepped.run().now(), run.now());
            }
            let mut leapt = opened(&spec, scene, recipe);
            leapt.follow(&*run);
            assert_eq!(is(leapt.run()), is(stepped.run()), "{} {recipe} {}", spec.scene, spec.seed);
            differ += usize::from(leapt.run().position().0 > 10);
            let end = run.now();
            for time in [end / 3, 0, end] {
                run.seek(time);
                stepped.follow(&*run);
                let mut fresh = opened(&spec, scene, recipe);
                fresh.follow(&*run);
                assert_eq!(is(fresh.run()), is(stepped.run()), "at {time}");
            }
        }
    }
    assert!(differ > 50, "hardly any twin does anything: {differ}");
}

#[test]
fn three_services_are_in_links_and_disturb_nothing() {
    let mut run = done(&default_spec("lock"), &["pause a"]);
    let hash = run.run_hash();
    let all: Vec<Other> = SERVICES[..2]
        .iter()
        .map(|service| Other::scene(&run.spec(), "coordination", service, Lang::En).expect("it is there"))
        .collect();
    let line = twin::line(&all);
    assert_eq!(line, "compare scene coordination zookeeper and scene coordination etcd");
    run.command(&line, Lang::En).expect("it is a way of looking");
    assert_eq!(run.run_hash(), hash);
    let again = link::decode(&link::encode(&run.spec()).expect("it fits a link")).expect("it reads back");
    assert_eq!(twin::others(&again), Some(Ok(all)));
    // A run started afresh keeps it; the other scene does not: it would stand beside itself.
    let next = faultline::scenes::with_option(&run.spec(), "seed", "8", Lang::En).expect("a seed");
    assert!(twin::others(&next).is_some());
    let next = taken_over(&run.spec(), "coordination", "etcd", Lang::En).expect("it is there");
    assert_eq!((twin::others(&next), next.seed), (None, run.spec().seed));
}

#[test]
fn a_line_that_names_nothing_is_told() {
    let spec = default_spec("lock");
    let why = |scene: &str, recipe: &str, mistakes: &[&str]| {
        let mistakes = mistakes.iter().map(|m| (*m).to_owned()).collect();
        let other = Other::Scene { scene: scene.into(), recipe: recipe.into(), mistakes };
        twin::open(&spec, &other, Lang::En).err().map(|why| why.0).unwrap_or_default()
    };
    assert!(why("commit", "presumed-abort", &[]).contains("coordination"), "what it can be compared with is said");
    assert!(why("lock", "redlock", &[]).contains("coordination"));
    assert!(why("coordination", "hope", &[]).contains("zookeeper"));
    assert!(why("coordination", "etcd", &["no-guid"]).contains("no-reread"));
    assert_eq!(why("coordination", "zookeeper", &["no-guid"]), "");
}
