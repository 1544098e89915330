//! Links of every release open to the state that they had on the day of the release: `tests/vectors/links/VERSION.txt`, a line
//! `link<TAB>state hash` each.
//!
//! `FAULTLINE_PIN=1 cargo test --test all golden::` writes the file of the package's version if there is none. None is ever changed.

use faultline::scenes::link;
use faultline::scenes::run::Halt;
use faultline::scenes::scene::{Lang, Time};
use faultline::scenes::searching::sample;
use faultline::scenes::{SCENES, open, opening_spec, openings};
use std::collections::BTreeMap;
use std::path::PathBuf;

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Drawn runs of each scene, and told ones.
const DRAWN: usize = 5;
const TOLD: usize = 3;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/links")
}

/// The files by their release.
fn releases() -> BTreeMap<String, String> {
    let entries = std::fs::read_dir(folder()).expect("the folder is there").filter_map(Result::ok);
    let files = entries.filter_map(|entry| {
        let name = entry.file_name().into_string().ok()?.strip_suffix(".txt")?.to_owned();
        Some((name, std::fs::read_to_string(entry.path()).expect("the file can be read")))
    });
    files.collect()
}

/// Links of this version: drawn runs of each scene with a few buttons pressed, and its first questions and stories at their
/// ends.
fn fresh() -> String {
    let mut text = String::new();
    for scene in SCENES {
        let drawn = (1..).map(|seed| sample(seed, 6)).filter(|spec| spec.scene == *scene).take(DRAWN);
        let told = openings(scene, Lang::En).into_iter().filter(|opening| !opening.takes.is_empty()).take(TOLD);
        let told = told.map(|opening| {
            let spec = opening_spec(scene, opening.name, 0);
            let mut run = open(&spec, Lang::En).expect("a take opens");
            while !matches!(run.advance(Time::MAX / 4), Some(Halt::End) | None) {}
            run.spec()
        });
        for spec in drawn.chain(told) {
            let run = open(&spec, Lang::En).expect("what was drawn opens");
            let link = link::encode(&run.spec()).expect("it is short");
            text += &format!("{link}\t{:032x}\n", run.state_hash());
        }
    }
    text
}

#[test]
fn links_of_every_release_open_to_the_same_state_for_ever() {
    let file = folder().join(format!("{VERSION}.txt"));
    if std::env::var_os("FAULTLINE_PIN").is_some() && !file.exists() {
        std::fs::write(&file, fresh()).expect("the file can be written");
    }
    assert!(file.exists(), "no links of {VERSION} yet: FAULTLINE_PIN=1 cargo test --test all golden::");
    let mut complaints = Vec::new();
    for (release, text) in releases() {
        let mut scenes = BTreeMap::new();
        for (at, line) in text.lines().enumerate() {
            let place = format!("{release}.txt:{}", at + 1);
            let (link, state) = line.split_once('\t').unwrap_or_else(|| panic!("{place}: no tab"));
            let spec = link::decode(link).unwrap_or_else(|error| panic!("{place}: the link does not read: {error:?}"));
            *scenes.entry(spec.scene.clone()).or_insert(0) += 1;
            match open(&spec, Lang::En) {
                Err(why) => complaints.push(format!("{place}: {}", why.0)),
                Ok(run) if format!("{:032x}", run.state_hash()) != state => {
                    complaints.push(format!("{place}: {:032x} instead of {state}", run.state_hash()));
                }
                Ok(_) => {}
            }
        }
        assert!(scenes.len() >= 5 && scenes.values().all(|count| *count >= 5), "{release}.txt: {scenes:?}");
    }
    let hint = "links are promised to open for ever: mend the code, not the file";
    assert!(complaints.is_empty(), "{hint}\n{}", complaints.join("\n"));
}
