//! Every take of every opening plays to its end and is marked as its text says.

use faultline::scenes::run::Halt;
use faultline::scenes::scene::Lang;
use faultline::scenes::{SCENES, open, opening_spec, openings, outcome};
use std::collections::BTreeSet;

/// Which answer the core finds right, for each scene, opening and take.
const RIGHT: &[(&str, &str, &[usize])] = &[
    ("lock", "late", &[0, 1, 1]),
    ("lock", "del", &[0, 1]),
    ("lock", "restart", &[0, 1]),
    ("coordination", "pause", &[0, 1]),
    ("commit", "moment", &[1, 0]),
    ("commit", "wait", &[1, 1]),
    ("commit", "force", &[0, 1]),
    ("commit", "generals", &[2, 2]),
    ("placement", "grow", &[1, 1]),
    ("placement", "death", &[0, 2]),
    ("placement", "hot", &[0, 0, 0, 2, 2]),
    ("ring", "remove", &[0, 0, 0]),
    ("ring", "crash", &[1, 0]),
    ("ring", "join", &[2]),
    ("ring", "handover", &[2, 1, 1, 0]),
];

#[test]
fn the_core_marks_every_take() {
    for scene in SCENES {
        for opening in openings(scene, Lang::En).into_iter().filter(|opening| !opening.answers.is_empty()) {
            let (_, _, right) = RIGHT
                .iter()
                .find(|(s, name, _)| *s == scene && *name == opening.name)
                .unwrap_or_else(|| panic!("no expectation for {scene}/{}", opening.name));
            assert_eq!(right.len(), opening.takes.len());
            for (take, right) in right.iter().enumerate() {
                let found = outcome(scene, opening.name, take, Lang::En).expect("a take has an outcome");
                assert_eq!(found.right, *right, "{scene}/{}/{take}: {}", opening.name, found.why);
                assert!(found.right < opening.answers.len());
            }
        }
    }
}

/// Stories have no answers: the core says whether they ended as the sentence after them says.
#[test]
fn every_story_ends_as_it_says() {
    let mut told = 0;
    for scene in SCENES {
        for story in openings(scene, Lang::En).into_iter().filter(|opening| opening.answers.is_empty()) {
            for take in 0..story.takes.len() {
                let end = outcome(scene, story.name, take, Lang::En).expect("a story has an end");
                assert_eq!(end.right, 0, "{scene}/{}/{take} does not end so: {}", story.name, end.why);
                told += 1;
            }
        }
    }
    // Those of both kinds of locks, the commit's, and those of placement.
    assert_eq!(told, 27 + 19 + 62 + 12);
}

/// What is asked and told has words in both languages, and no two takes are told alike.
#[test]
fn every_opening_has_its_words() {
    for lang in [Lang::En, Lang::Zh] {
        let mut told = BTreeSet::new();
        for scene in SCENES {
            for opening in openings(scene, lang) {
                let takes = 0..opening.takes.len();
                let ends = takes.map(|take| outcome(scene, opening.name, take, lang).expect("a take has an end").why);
                let ends: Vec<String> = ends.collect();
                let all = [&opening.title, &opening.question].into_iter().chain(&opening.answers).chain(&opening.takes);
                for words in all.chain(&ends) {
                    assert!(!words.is_empty() && !words.contains('⁇'), "{scene}/{} {lang:?}", opening.name);
                }
                for why in ends {
                    assert!(told.insert(why), "{scene}/{} {lang:?} is told as another is", opening.name);
                }
            }
        }
    }
}

/// A run that is sought to its end shows the breaks of one that is stepped there, those at the very time of its last
/// command included.
#[test]
fn seeking_and_stepping_see_the_same_breaks() {
    for scene in SCENES {
        for opening in openings(scene, Lang::En) {
            for take in 0..opening.takes.len() {
                let spec = opening_spec(scene, opening.name, take);
                let mut sought = open(&spec, Lang::En).expect("an opening opens");
                sought.advance(0);
                while !matches!(sought.advance(3_600_000_000), Some(Halt::End) | None) {}
                let end = sought.now();
                let plain = faultline::scenes::run::RunSpec { opening: String::new(), ..spec };
                let mut stepped = open(&plain, Lang::En).expect("its run opens");
                let mut jumped = open(&plain, Lang::En).expect("its run opens");
                jumped.seek(end);
                while stepped.now() < end && stepped.step_forward() {}
                stepped.seek(end);
                assert_eq!(jumped.breaks(), stepped.breaks(), "{scene}/{}/{take}", opening.name);
            }
        }
    }
}

#[test]
fn a_take_halts_at_its_question_and_at_its_end() {
    for scene in SCENES {
        for opening in openings(scene, Lang::Zh) {
            for take in 0..opening.takes.len() {
                let mut run = open(&opening_spec(scene, opening.name, take), Lang::Zh).expect("an opening opens");
                assert_eq!(run.now(), 0);
                let mut halts = Vec::new();
                while let Some(halt) = run.advance(3_600_000_000) {
                    let done = halt == Halt::End;
                    halts.push(halt);
                    if done {
                        break;
                    }
                }
                assert_eq!(halts.last(), Some(&Halt::End), "{scene}/{}/{take}", opening.name);
                let asks = take == 0 && !opening.answers.is_empty();
                assert_eq!(halts.contains(&Halt::Question), asks, "{scene}/{}/{take}: {halts:?}", opening.name);
            }
        }
    }
}
