//! Every take of every opening plays to its end and is marked as its text says.

use faultline::scenes::run::Halt;
use faultline::scenes::scene::Lang;
use faultline::scenes::{SCENES, open, opening_spec, openings, outcome};

/// Which answer the core finds right, for each scene, opening and take.
const RIGHT: &[(&str, &str, &[usize])] = &[
    ("lock", "late", &[0, 1, 1]),
    ("lock", "del", &[0, 1]),
    ("lock", "restart", &[0, 1]),
    ("commit", "moment", &[1, 0]),
    ("commit", "wait", &[1, 1]),
    ("commit", "force", &[0, 1]),
    ("ring", "remove", &[0, 0, 0]),
    ("ring", "crash", &[1, 0]),
    ("ring", "join", &[2]),
];

#[test]
fn the_core_marks_every_take() {
    for scene in SCENES {
        for opening in openings(scene, Lang::En) {
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
                assert_eq!(halts.contains(&Halt::Question), take == 0, "{scene}/{}/{take}: {halts:?}", opening.name);
            }
        }
    }
}
