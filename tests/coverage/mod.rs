//! What is searched, as the file, the README and the page say it. That the file is what a search finds is in `pins.rs`.

pub mod readme;

use faultline::scenes::link::{decode, encode};
use faultline::scenes::open;
use faultline::scenes::run::Run;
use faultline::scenes::scene::{Lang, Standing};
use faultline::scenes::searching::coverage::{HEAD, Line, bounds, questions, read, sums};
use faultline::scenes::searching::{Verdict, breaks, list};

const FILE: &str = include_str!("../../docs/coverage.csv");

fn lines() -> Vec<Line<'static>> {
    read(FILE).collect()
}

#[test]
fn every_line_is_a_row() {
    assert_eq!(FILE.lines().next(), Some(HEAD));
    assert_eq!(lines().len(), FILE.lines().count() - 1);
    assert!(!FILE.contains('"') && FILE.ends_with('\n'));
}

#[test]
fn the_file_has_every_recipe_and_every_mistake_of_every_scene() {
    let lines = lines();
    for scene in list(Lang::En) {
        for recipe in scene.recipes {
            let of = |line: &&Line| (line.scene, line.recipe, line.mistake) == (scene.scene, *recipe, "");
            assert!(lines.iter().any(|line| of(&line)), "{}/{recipe} is not searched", scene.scene);
            assert!(lines.iter().filter(of).all(|line| line.verdict == Verdict::Holds && !line.properties.is_empty()));
        }
        for (mistake, property) in scene.mistakes {
            let found: Vec<_> = lines.iter().filter(|l| (l.scene, l.mistake) == (scene.scene, *mistake)).collect();
            assert!(!found.is_empty(), "{} with {mistake} is not searched", scene.scene);
            assert!(found.iter().all(|line| line.verdict == Verdict::Violated && line.properties == *property));
        }
    }
}

/// A row asks what the search asked, options and all: whoever starts from a row searches the same states.
#[test]
fn every_row_is_a_question_of_the_standard_searches() {
    let (lines, asked) = (lines(), questions(5_000_000));
    assert_eq!(lines.len(), asked.len());
    for (line, asked) in lines.iter().zip(asked) {
        let question = line.question();
        assert_eq!(question.options, bounds(&asked));
        assert_eq!(bounds(&question), question.options, "all options are named");
        let options = asked.options.clone();
        assert_eq!(faultline::scenes::searching::Question { options, ..question }, asked);
        assert!(line.mistake.is_empty() || breaks(line.scene, line.mistake) == Some(line.properties));
    }
}

fn broken(run: &dyn Run, property: &str) -> bool {
    let findings = run.findings(Lang::En);
    let found = findings.iter().find(|finding| finding.code == property);
    let found = found.unwrap_or_else(|| panic!("the run does not judge {property}"));
    matches!(found.standing, Standing::Broken | Standing::Never)
}

#[test]
fn the_run_of_every_failing_row_opens_at_its_first_step_and_breaks_its_property_at_its_last() {
    let mut played = 0;
    for line in lines().into_iter().filter(|line| line.verdict == Verdict::Violated) {
        let name = format!("{}/{} with {}", line.scene, line.recipe, line.mistake);
        let spec = decode(line.run).unwrap_or_else(|e| panic!("{name}: {e:?}"));
        assert_eq!((&*spec.scene, &*spec.recipe), (line.scene, line.recipe));
        assert_eq!(spec.mistakes, [line.mistake]);
        let steps = line.steps.expect("a violation says after how many steps");
        // Opening it compares hashes.
        let mut run = open(&spec, Lang::En).unwrap_or_else(|e| panic!("{name}: {}", e.0));
        assert_eq!(run.state_hash(), spec.hash, "{name}");
        assert_eq!(run.position().0, steps.min(1), "{name}");
        assert_eq!(encode(&run.spec()).as_deref(), Ok(line.run), "{name}");
        run.seek(run.horizon());
        assert_eq!(run.position().0, steps, "{name}");
        assert!(broken(&*run, line.properties), "{name} does not break {}", line.properties);
        let end = run.state_hash();
        // It was not broken before, and step by step it comes to the same state.
        run.seek(0);
        while run.position().0 < steps {
            assert!(!broken(&*run, line.properties), "{name} breaks early, at {}", run.position().0);
            assert!(run.step_forward(), "{name}");
        }
        assert_eq!(run.state_hash(), end, "{name}");
        played += 1;
    }
    assert_eq!(played, sums(&lines()).broken);
}

#[test]
fn the_readme_says_what_the_file_says() {
    readme::pinned(FILE);
}
