//! Parameters one by one, and any query at all.

use super::cases;
use faultline::embed::params::{self, *};
use faultline::scenes::scene::Lang;
use proptest::prelude::*;

/// Values that nobody may give to any parameter.
const HOSTILE: [&str; 16] = [
    "%3Cscript%3Ealert(1)%3C/script%3E",
    "javascript:alert(1)",
    "__proto__",
    "constructor",
    "%00",
    "%ff%fe",
    "%E2%80%AEgnp",
    "../../etc/passwd",
    "NaN",
    "Infinity",
    "-1",
    "1e99",
    "0x10",
    "99999999999999999999999999",
    "%F0%9F%92%A5",
    "%22onload=%22",
];

fn one(query: &str) -> (Params, Vec<Complaint>) {
    read(query)
}

/// Each parameter with good values, and what they give; and bad ones.
type Case = (&'static str, &'static [&'static str], fn(&Params) -> bool, &'static [&'static str]);

const CASES: [Case; 25] = [
    ("sim", &["ring", "RING", "r%69ng"], |p| p.sim == Some("ring"), &["rings", "ring,lock", "ring+"]),
    ("recipe", &["set-nx-px"], |p| p.recipe.as_deref() == Some("set-nx-px"), &["Set Nx", "a/b", "a.b"]),
    ("mistakes", &["a,b-2", "a%2Cb-2", ",a,,b-2,"], |p| p.mistakes == ["a", "b-2"], &["a;b", "a b", "A"]),
    (
        "scenario",
        &["late/2"],
        |p| p.scenario == Some(("late".into(), 2)),
        &["/1", "late/", "late/x", "late/1/2", "late/1000"],
    ),
    ("lesson", &["a-lock"], |p| p.lesson.as_deref() == Some("a-lock"), &["A lock", "a/lock"]),
    (
        "seed",
        &["18446744073709551615"],
        |p| p.seed == Some(u64::MAX),
        &["18446744073709551616", "%2B7", "7.0", "+7", "٣"],
    ),
    ("step", &["12", "0012"], |p| p.step == Some(12), &["100001", "12.5", "step:12"]),
    ("start-at", &["12"], |p| p.step == Some(12), &["twelve"]),
    ("autoplay", &["", "1", "true", "TRUE"], |p| p.autoplay, &["yes", "on", "2", "+1"]),
    ("speed", &["200"], |p| p.speed == Some(200), &["0", "20001", "200ms"]),
    ("loop", &["", "1"], |p| p.looped, &["forever"]),
    ("stop-after", &["5"], |p| p.stop_after == Some(5), &["0", "3601", "never", "5s"]),
    ("controls", &["none"], |p| p.controls == Controls::None, &["no", "hidden"]),
    (
        "panels",
        &["events,diagram"],
        |p| p.panels.as_deref() == Some(&["events", "diagram"]),
        &["graph", "events;diagram", "none,events"],
    ),
    ("readonly", &["", "1"], |p| p.readonly, &["readonly"]),
    ("fit", &["width"], |p| p.fit == Some(Fit::Width), &["height"]),
    ("autosize", &["", "1"], |p| p.autosize, &["auto"]),
    ("theme", &["projector", "Projector"], |p| p.theme == Some(Colours::Projector), &["sepia", "light,dark"]),
    ("lang", &["zh", "zh-CN", "ZH-Hant-TW"], |p| p.lang == Some(Lang::Zh), &["de", "zhuang", "z", "zh_CN", "-zh"]),
    ("motion", &["reduce"], |p| p.still, &["none", "no-preference"]),
    ("narrate", &["full"], |p| p.narrate == Narrate::Full, &["loud"]),
    ("keys", &["false", "0"], |p| p.no_keys, &["off"]),
    ("allowlinks", &["false"], |p| p.no_links, &["no"]),
    ("poster", &["step:9"], |p| p.poster == Some(9), &["9", "step:", "step:-1", "step:9999999", "https://x/y.png"]),
    ("load", &["eager", "visible", "click"], |p| *p == Params::default(), &["lazy"]),
];

#[test]
fn every_parameter_takes_good_values_and_refuses_bad_ones() {
    for (name, good, taken, bad) in CASES {
        for value in good {
            let (params, complaints) = one(&format!("?{name}={value}"));
            assert!(taken(&params), "{name}={value}: {params:?}");
            assert_eq!(complaints, [], "{name}={value}");
        }
        for value in bad.iter().copied().chain(HOSTILE).filter(|value| !fits_anyway(name, value)) {
            let (params, complaints) = one(&format!("?x=1&{name}={value}&y"));
            assert_eq!(params, Params::default(), "{name}={value}");
            assert_eq!(complaints.len(), 1, "{name}={value}");
            let about =
                PARAMS.iter().find(|param| param.name == name || param.alias == name).expect("it is in the table");
            assert_eq!((complaints[0].name, complaints[0].taken), (about.name, about.default));
            assert!(complaints[0].given.chars().count() <= 41 && !complaints[0].given.contains(char::is_control));
        }
        let long = "a".repeat(LONGEST_VALUE + 1);
        assert_eq!(one(&format!("{name}={long}")).1.len(), 1, "{name}: {} characters", long.len());
    }
    let named: Vec<&str> = CASES.iter().map(|case| case.0).collect();
    for param in PARAMS.iter().filter(|param| !["v", "origin", "embed"].contains(&param.name)) {
        assert!(named.contains(&param.name), "{} is not tried", param.name);
    }
}

/// A name of nothing, which is looked up in a table and not found.
fn fits_anyway(name: &str, value: &str) -> bool {
    matches!((name, value), ("recipe" | "lesson" | "mistakes" | "scenario", "constructor" | "-1" | "1e99" | "0x10"))
        || (matches!(name, "recipe" | "lesson" | "mistakes" | "scenario") && value.bytes().all(|b| b.is_ascii_digit()))
}

#[test]
fn the_defaults_of_the_table_are_what_holds() {
    for param in &PARAMS {
        // A flag is there or not; the scene and the seed are known to be missing.
        if param.default.is_empty() || ["embed", "sim", "seed", "speed", "theme", "panels", "fit"].contains(&param.name)
        {
            continue;
        }
        let (params, complaints) = one(&format!("?{}={}", param.name, param.default));
        assert_eq!((params, complaints), (Params::default(), Vec::new()), "{}", param.name);
    }
    assert_eq!(one("?v=2").1.len(), 1);
    assert_eq!(one("?"), (Params::default(), Vec::new()));
    assert_eq!(one("?sim=&seed=&origin=&utm_source=x&=&&%"), (Params::default(), Vec::new()));
}

#[test]
fn an_origin_is_an_origin_or_lets_nobody_in() {
    for (given, wanted) in [
        ("https://example.org", "https://example.org"),
        ("https%3A%2F%2FExample.org%3A443%2F", "https://example.org"),
        ("http://localhost:8080", "http://localhost:8080"),
        ("http://[::1]:80", "http://[::1]"),
        ("https://[2001:db8::1]:8443", "https://[2001:db8::1]:8443"),
    ] {
        assert_eq!(one(&format!("?origin={given}")).0.origin, Origin::Only(wanted.into()), "{given}");
    }
    let bad =
        ["*", "null", "example.org", "https://", "https://a/b", "https://u:p@a", "https://a:0", "https://a:70000"];
    for given in
        bad.into_iter().chain(["javascript:1", "file://x", "https://a%20b", "https://a#b", "//a", "https://[::1"])
    {
        let (params, complaints) = one(&format!("?origin={given}"));
        assert_eq!((params.origin, complaints.len()), (Origin::Nobody, 1), "{given}");
    }
    assert_eq!(one("?sim=ring").0.origin, Origin::Any);
}

#[test]
fn embed_is_there_or_not() {
    assert!(one("?embed").0.embed && one("?embed=").0.embed && one("?sim=ring&embed").0.embed);
    assert!(!one("?embedded").0.embed && !one("").0.embed);
    // Who writes it means it.
    let (params, complaints) = one("?embed=false");
    assert!(params.embed && complaints.len() == 1);
    assert!(has("?a&embed#", "embed#") && has("?embed", "embed") && !has("?xembed", "embed"));
    assert!(
        params::any("?lang=zh")
            && params::any("?a=1&start-at=3")
            && !params::any("?utm_source=sim")
            && !params::any("")
            && !params::any("?=")
            && !params::any("?%20")
    );
}

#[test]
fn the_first_of_two_counts_and_an_alias_is_the_same_key() {
    assert_eq!(one("?seed=1&seed=2").0.seed, Some(1));
    assert_eq!(one("?start-at=3&step=4").0.step, Some(3));
    let (params, complaints) = one("?step=x&step=4");
    assert_eq!((params.step, complaints.len()), (None, 1));
}

#[test]
fn percent_codes_are_decoded_and_what_is_none_stays() {
    for (text, wanted) in [
        ("a%20b+c", "a b c"),
        ("%", "%"),
        ("%4", "%4"),
        ("%zz%41", "%zzA"),
        ("%E4%B8%AD", "中"),
        ("%E4%B8", "\u{fffd}"),
    ] {
        assert_eq!(decoded(text), wanted);
    }
    assert_eq!(shown("a\u{202e}b\nc"), "a·b·c");
    assert_eq!(shown(&"é".repeat(50)).chars().count(), 41);
}

#[test]
fn the_full_page_keeps_what_is_not_of_the_contract() {
    for (address, wanted) in [
        ("https://a/b/embed.html?sim=ring&x=1&lang=zh#1.x", "https://a/b/index.html?x=1&lang=zh"),
        ("https://a/b/?embed&controls=none", "https://a/b/"),
        ("https://a/b/index.html?embed", "https://a/b/index.html"),
        ("https://a/xembed.html?autoplay", "https://a/xembed.html"),
        ("file:///c/one.html?embed&step=3#1.x", "file:///c/one.html"),
        ("", ""),
    ] {
        assert_eq!(full_page(address), wanted);
    }
}

fn query() -> impl Strategy<Value = String> {
    let key = prop_oneof![
        4 => prop::sample::select(KEYS.split_whitespace().collect::<Vec<_>>()).prop_map(str::to_owned),
        1 => "\\PC{0,8}",
    ];
    let value = prop_oneof![
        2 => "[a-z0-9:,/%.+-]{0,24}",
        1 => "\\PC{0,40}",
        1 => prop::collection::vec(proptest::arbitrary::any::<u8>(), 0..20).prop_map(|bytes| bytes.iter().map(|b| format!("%{b:02x}")).collect()),
        1 => prop::sample::select(HOSTILE.to_vec()).prop_map(str::to_owned),
    ];
    let pair = (key, value, proptest::arbitrary::any::<bool>())
        .prop_map(|(key, value, bare)| if bare { key } else { format!("{key}={value}") });
    prop::collection::vec(pair, 0..8).prop_map(|pairs| pairs.join("&"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(30_000), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_query_panics_and_each_key_is_complained_of_once(query in query()) {
        let (params, complaints) = read(&query);
        let mut names: Vec<&str> = complaints.iter().map(|c| c.name).collect();
        names.sort_unstable();
        names.dedup();
        prop_assert_eq!(names.len(), complaints.len());
        prop_assert!(params.mistakes.len() <= MOST_NAMES);
        prop_assert!(params.speed.is_none_or(|s| (SPEED.0..=SPEED.1).contains(&u64::from(s))));
        prop_assert!(params.step.is_none_or(|s| u64::from(s) <= MOST_STEPS));
        // What the way to the full page keeps is nothing of ours but the language.
        let full = full_page(&format!("https://a/embed.html?{query}"));
        let (rest, _) = read(full.split_once('?').map_or("", |(_, rest)| rest));
        prop_assert_eq!(Params { lang: None, ..rest }, Params::default());
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,200}", bytes in prop::collection::vec(proptest::arbitrary::any::<u8>(), 0..200)) {
        let _ = read(&text);
        let lossy = String::from_utf8_lossy(&bytes).into_owned();
        let _ = read(&lossy);
        let _ = (decoded(&text), shown(&lossy), full_page(&text), params::any(&lossy), has(&lossy, "embed"));
    }
}
