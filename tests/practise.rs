//! Practise: whatever its number, a question opens, has one right answer, and no answer is right too often.

use faultline::scenes::lesson::practise::{Exercise, Kind, exercise};
use faultline::scenes::lesson::{Answer, Ask, mark, question};
use faultline::scenes::open;
use faultline::scenes::run::RunSpec;
use faultline::scenes::scene::{Lang, Time};
use std::collections::BTreeMap;

/// Numbers of each kind; more in soak.
fn numbers() -> u64 {
    if std::env::var_os("FAULTLINE_SOAK").is_some() { 5_000 } else { 200 }
}

fn right(exercise: &Exercise) -> String {
    let (part, stop) = (&exercise.part, exercise.stop());
    let none = Answer::Value(String::new());
    let mark = mark(part, stop, &none, Lang::En)
        .unwrap_or_else(|e| panic!("{} {}: {}", exercise.kind.name(), exercise.number, e.0));
    assert!(!mark.passed);
    mark.right.into_iter().next().unwrap_or_default()
}

#[test]
fn each_question_opens_and_has_one_right_answer_and_none_is_right_too_often() {
    for kind in Kind::ALL {
        let mut answers: BTreeMap<String, u64> = BTreeMap::new();
        for number in 0..numbers() {
            let place = format!("{} {number}", kind.name());
            let exercise = exercise(kind, number);
            let (part, stop) = (&exercise.part, exercise.stop());
            let right = right(&exercise);
            let choices = question(part, stop, Lang::En).unwrap_or_else(|e| panic!("{place}: {}", e.0)).choices;
            let fitting = choices.iter().filter(|choice| choice.value == right).count();
            assert_eq!(fitting, 1, "{place}: {right} among {choices:?}");
            let answer = Answer::Value(right.clone());
            assert!(mark(part, stop, &answer, Lang::En).is_ok_and(|mark| mark.passed), "{place}");
            *answers.entry(right).or_default() += 1;
        }
        println!("{}: {answers:?}", kind.name());
        assert!(answers.len() >= 2, "{}: {answers:?}", kind.name());
        let most = answers.values().max().copied().unwrap_or_default();
        assert!(most * 4 <= numbers() * 3, "{}: {answers:?}", kind.name());
    }
}

/// Whatever a run draws by itself decides nothing: another seed, another ten milliseconds, and the answer is the same.
#[test]
fn no_answer_hangs_on_what_a_reader_cannot_foresee() {
    for kind in Kind::ALL {
        for number in 0..numbers().min(300) {
            let mut exercise = exercise(kind, number);
            let before = right(&exercise);
            exercise.part.run.seed = number.wrapping_add(1_000_003);
            assert_eq!(right(&exercise), before, "{} {number}: the seed decides", kind.name());
            // An answer that is known is known a little later, too.
            exercise.part.stops[0].by += 9_000;
            assert_eq!(right(&exercise), before, "{} {number}: the moment decides", kind.name());
        }
    }
}

#[test]
fn what_is_told_is_complete_in_both_languages_and_gives_nothing_away() {
    for kind in Kind::ALL {
        for lang in [Lang::En, Lang::Zh] {
            let title = kind.title(lang);
            assert!(!title.is_empty() && !title.contains('⁇'), "{}", kind.name());
            for number in 0..numbers() {
                let exercise = exercise(kind, number);
                let words = exercise.words(lang);
                for said in [&words.say, &words.ask, &words.right, &words.wrong] {
                    let whole = !said.is_empty() && !said.contains(['⁇', '{', '}']);
                    assert!(whole, "{} {number}: {said}", kind.name());
                }
                for choice in
                    question(&exercise.part, exercise.stop(), lang).map(|asked| asked.choices).unwrap_or_default()
                {
                    assert!(!choice.words.is_empty() && !choice.words.contains('⁇'), "{} {number}", kind.name());
                }
            }
        }
    }
}

/// All that is done in a run is carried out: a command that is refused would make the words a lie.
#[test]
fn every_command_is_carried_out() {
    for kind in Kind::ALL {
        for number in 0..numbers() {
            let exercise = exercise(kind, number);
            let spec: &RunSpec = &exercise.part.run;
            let mut run = open(spec, Lang::En).unwrap_or_else(|e| panic!("{} {number}: {}", kind.name(), e.0));
            run.seek(exercise.stop().by.max(spec.commands.iter().map(|c| c.time).max().unwrap_or_default()) + 1);
            let count = run.position().0;
            let hands = run.events(0, count, Lang::En).iter().filter(|line| line.command).count();
            assert_eq!(hands, spec.commands.len(), "{} {number}", kind.name());
        }
    }
}

#[test]
fn it_is_the_same_question_every_time() {
    for kind in Kind::ALL {
        assert_eq!(Kind::named(kind.name()), Some(kind));
        let (a, b) = (exercise(kind, 7), exercise(kind, 7));
        assert_eq!((&a.part, a.words(Lang::En)), (&b.part, b.words(Lang::En)));
        assert_eq!(a.query(), format!("?practise={}&n=7", kind.name()));
        // The largest number is one like any other.
        let last = exercise(kind, u64::MAX);
        assert!(!right(&last).is_empty());
        assert!(matches!(last.stop().ask, Some(Ask::Fact(_))) && last.stop().by < Time::MAX / 4);
    }
    assert_eq!(Kind::named("nothing"), None);
}
