//! Scenario files: a run in words, and below `---` what happens in it. `FAULTLINE_PIN=1 cargo test --test all scenarios::`
//! rewrites what stands below.

use faultline::scenes::scene::{Lang, Standing};
use faultline::scenes::{link, open};
use std::fmt::Write;

fn played(run: &dyn faultline::scenes::run::Run) -> String {
    let mut text = String::new();
    for line in run.events(0, run.position().0, Lang::En) {
        let hand = if line.command { "*" } else { " " };
        let _ = writeln!(text, "{:>10.3} {hand} {}", line.time as f64 / 1000.0, line.words);
    }
    for f in run.findings(Lang::En).into_iter().filter(|f| f.standing == Standing::Broken) {
        let promised = if f.promised { "promised" } else { "not promised" };
        let _ = writeln!(text, "broken: {} at event {} ({promised})", f.code, f.broken_at.unwrap_or_default());
    }
    let _ = writeln!(text, "state {:032x}", run.state_hash());
    text
}

#[test]
fn every_scenario_plays_as_written() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).expect("the folder is there").flatten().map(|f| f.path()).collect();
    files.sort();
    assert!(!files.is_empty());
    for path in files {
        let text = std::fs::read_to_string(&path).expect("it is text");
        let (head, expected) = text.split_once("---\n").unwrap_or((&text, ""));
        let spec = link::from_file(head).unwrap_or_else(|(n, line)| panic!("{}:{n}: {line}", path.display()));
        let mut run = open(&spec, Lang::En).unwrap_or_else(|e| panic!("{}: {}", path.display(), e.0));
        run.seek(spec.at);
        let found = played(run.as_ref());
        if std::env::var_os("FAULTLINE_PIN").is_some() {
            std::fs::write(&path, format!("{head}---\n{found}")).expect("it can be written");
        } else {
            assert_eq!(found, expected, "{}", path.display());
        }
    }
}
