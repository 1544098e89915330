//! Links and run files: what is written is read, and nothing that is read can do harm.

use faultline::scenes::link::{LONGEST, LinkError, decode, encode, from_file, to_file};
use faultline::scenes::run::{Command, RunSpec};
use faultline::scenes::scene::Lang;
use faultline::scenes::{SCENES, default_spec, open};
use proptest::prelude::*;

fn spec() -> impl Strategy<Value = RunSpec> {
    let word = "[a-z][a-z0-9-]{0,12}";
    let command = (any::<u64>(), any::<u32>(), "[a-z]{1,8}( [a-z0-9-]{1,6}){0,3}")
        .prop_map(|(time, nth, line)| Command { time, nth, line });
    (
        (word, word, prop::collection::vec(word, 0..3), prop::collection::vec((word, word), 0..4)),
        (any::<u64>(), prop::collection::vec(command, 0..12), any::<u64>(), any::<u32>(), any::<u128>()),
    )
        .prop_map(|((scene, recipe, mistakes, options), (seed, commands, at, events, hash))| RunSpec {
            scene,
            recipe,
            mistakes,
            options,
            seed,
            commands,
            at,
            events,
            hash,
            opening: String::new(),
        })
}

proptest! {
    #[test]
    fn a_link_reads_back(spec in spec()) {
        let link = encode(&spec).expect("it is short");
        prop_assert_eq!(decode(&link), Ok(spec.clone()));
        let address = format!("https://example.org/a/?b#{link}");
        prop_assert_eq!(decode(&address), Ok(spec));
    }

    #[test]
    fn a_file_reads_back(spec in spec()) {
        prop_assert_eq!(from_file(&to_file(&spec)), Ok(spec));
    }

    #[test]
    fn a_link_that_was_cut_off_or_damaged_is_refused(spec in spec(), at in any::<prop::sample::Index>()) {
        let link = encode(&spec).expect("it is short");
        let cut = &link[..at.index(link.len())];
        prop_assert!(decode(cut).is_err());
        let mut bytes = link.clone().into_bytes();
        let spot = at.index(bytes.len());
        bytes[spot] = if bytes[spot] == b'A' { b'B' } else { b'A' };
        let damaged = String::from_utf8(bytes).expect("ASCII");
        // Only unused bits of the last symbol may differ without harm: then the run is the same.
        prop_assert!(decode(&damaged).map_or(true, |read| read == spec));
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,200}", bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = decode(&text);
        let _ = decode(&format!("1.{text}"));
        let _ = from_file(&text);
        let _ = from_file(&format!("faultline 1\n{text}"));
        let _ = decode(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn no_command_panics_and_a_refused_one_changes_nothing(
        scene in prop::sample::select(SCENES.to_vec()),
        lines in prop::collection::vec("(deliver|drop|delay|crash|trip|fire|request|cut|heal|partition|clock|drift|set|pause|resume|restart|lookup|)( [a-z0-9,.-]{0,9}){0,4}( picks [0-9,]{0,5})?", 1..12),
        wait in 0_u64..3_000_000,
    ) {
        let mut run = open(&default_spec(scene), Lang::En).expect("the default run opens");
        run.seek(wait);
        for line in lines {
            let before = (run.now(), run.position(), run.state_hash(), run.run_hash());
            if run.command(&line, Lang::Zh).is_err() {
                prop_assert_eq!(before, (run.now(), run.position(), run.state_hash(), run.run_hash()));
            }
            run.seek(run.now() + 100_000);
        }
    }
}

#[test]
fn each_kind_of_bad_link_is_told_apart() {
    assert_eq!(decode(""), Err(LinkError::Malformed));
    assert_eq!(decode("#2.AAAA"), Err(LinkError::Newer));
    assert_eq!(decode("#1.!!!!"), Err(LinkError::Malformed));
    assert_eq!(decode(&format!("1.{}", "A".repeat(LONGEST))), Err(LinkError::TooLong));
    let mut long = default_spec("lock");
    long.commands = (0..2000).map(|n| Command { time: n, nth: 0, line: "pause a".to_owned() }).collect();
    assert_eq!(encode(&long), Err(LinkError::TooLong));
    assert_eq!(from_file(&to_file(&long)), Ok(long));
}

#[test]
fn what_cannot_be_opened_says_why_in_the_readers_language() {
    let cases = [
        RunSpec { scene: "clock".into(), ..default_spec("lock") },
        RunSpec { recipe: "hope".into(), ..default_spec("lock") },
        RunSpec { mistakes: vec!["none".into()], ..default_spec("lock") },
        RunSpec { options: vec![("clients".into(), "900".into())], ..default_spec("lock") },
        RunSpec { options: vec![("clients".into(), "NaN".into())], ..default_spec("lock") },
        RunSpec { options: vec![("colour".into(), "red".into())], ..default_spec("lock") },
        RunSpec { opening: "late/9".into(), ..default_spec("lock") },
        RunSpec { commands: vec![Command { time: 5, nth: 0, line: "pause nobody".into() }], ..default_spec("lock") },
    ];
    for spec in cases {
        let english = open(&spec, Lang::En).err().expect("it cannot be opened").0;
        let chinese = open(&spec, Lang::Zh).err().expect("it cannot be opened").0;
        assert!(english.is_ascii() || english.contains('“') || english.contains('–'), "{english}");
        assert!(chinese.chars().any(|c| ('一'..='龥').contains(&c)), "{chinese}");
    }
}
