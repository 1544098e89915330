//! Searches of the scenes: the same on any number of threads and within any memory, and they can be led up to any state.

use faultline::check::model::Budgets;
use faultline::check::search::{Limit, Limits};
use faultline::core::protocol::World;
use faultline::scenes::open;
use faultline::scenes::scene::Lang;
use faultline::scenes::searching::asking::ask;
use faultline::scenes::searching::{Answer, Question, Verdict, breaks, check_on, list, standard};

/// Every recipe and every mistake within its standard bounds, up to so many states.
fn questions(states: u64) -> Vec<Question> {
    let mut all = Vec::new();
    for scene in list(Lang::En) {
        for recipe in scene.recipes {
            let mistakes = scene.mistakes.iter().map(|(mistake, _)| Some(*mistake));
            for mistake in mistakes.chain([None]) {
                let Some((world, budgets)) = standard(scene.scene, recipe, mistake) else { continue };
                all.push(Question {
                    mistake: mistake.map(str::to_owned),
                    property: mistake.and_then(|m| breaks(scene.scene, m)).map(str::to_owned),
                    budgets,
                    limits: Limits::of_states(states),
                    ..Question::new(scene.scene, recipe, world)
                });
            }
        }
    }
    all
}

/// What the answer says, less the memory of this machine.
fn said(mut answer: Answer) -> Answer {
    answer.progress.bytes = 0;
    answer
}

#[test]
fn every_scene_says_the_same_on_three_threads() {
    let mut verdicts = [0; 3];
    for question in questions(4_000) {
        // Not every mistake can be made with every recipe.
        let Ok(one) = check_on(1, &question, Lang::En) else { continue };
        let three = check_on(3, &question, Lang::En).expect("it could be asked before");
        verdicts[one.verdict as usize] += 1;
        assert_eq!(said(three), said(one), "{question:?}");
    }
    assert!(verdicts.iter().all(|n| *n > 3), "all ends are among them: {verdicts:?}");
}

fn lock(drops: u8, limits: Limits) -> Question {
    let budgets = Budgets { crashes: 1, drops, ..Budgets::NONE };
    Question { budgets, limits, ..Question::new("lock", "set-nx-px", World::Sync) }
}

/// States are dropped and found again, the limit is reached and widened: the same states in the end.
#[test]
fn little_memory_ends_unfinished_and_more_of_it_goes_on() {
    let plenty = check_on(1, &lock(1, Limits::of_states(1_000_000)), Lang::En).expect("it can be asked");
    assert_eq!(plenty.verdict, Verdict::Holds);
    let mut limits = Limits { states: 1_000_000, bytes: 1_000_000 };
    let mut asked = ask(&lock(1, limits), Lang::En).expect("it can be asked");
    let mut stops = 0;
    let answer = loop {
        let Some(answer) = asked.go_on(700).expect("nothing panics") else { continue };
        if answer.verdict != Verdict::Unfinished {
            break answer;
        }
        assert_eq!(limits.reached(&answer.progress), Limit::Bytes);
        assert!(answer.progress.bytes <= limits.bytes, "{:?} is above {limits:?}", answer.progress);
        limits.bytes += limits.bytes / 8;
        asked.widen(limits);
        stops += 1;
    };
    assert!(stops > 3, "it stopped {stops} times");
    assert_eq!(said(answer), said(plenty));
}

/// What a worker does whose program ended with a panic: it asks again, and goes up to the state that was expanded then.
#[test]
fn a_new_search_is_led_up_to_any_state() {
    let question = lock(0, Limits::of_states(1_000_000));
    let new = || ask(&question, Lang::En).expect("it can be asked");
    let mut under_way = new();
    assert!(under_way.go_on(3_000).expect("nothing panics").is_none());
    for expanded in [0, 1, 299, 2_999] {
        let run = under_way.run_before(expanded).expect("the state has been expanded");
        assert_eq!(new().run_before(expanded).as_ref(), Some(&run));
        let opened = open(&run, Lang::En).expect("it can be played");
        assert!(expanded == 0 || opened.position().0 > 0);
    }
    assert_eq!(new().run_before(1_000_000), None, "there are not so many");
}
