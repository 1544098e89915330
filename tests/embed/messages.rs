//! Messages: each type with good, bad and hostile contents, and any JSON at all.

use super::cases;
use faultline::embed::message::*;
use faultline::embed::params::Colours;
use faultline::scenes::scene::Lang;
use faultline::scenes::{default_spec, link};
use proptest::prelude::*;
use serde_json::{Value, json};

/// What a command does, for the docs.
pub fn does(name: &str) -> &'static str {
    match name {
        "hello" => "greets; may hand over a `MessagePort`; `ready` follows, with the nonce",
        "play" => "plays",
        "pause" => "pauses",
        "step" => "goes `n` events on (1 to 1000; 1)",
        "back" => "goes `n` events back (1 to 1000; 1)",
        "seek" => "goes to the moment with so many events before it (0 to 100000)",
        "reset" => "goes back to where it began",
        "getState" => "answers with `{sim, recipe, seed, step, total, time, playing, speed, link, url}`",
        "setState" => "opens a link that `getState` gave, or any of ours; only its fragment is read",
        "exportSvg" => "answers with the stage as SVG, if `ready` names the capability `svg`",
        "setTheme" => "`auto`, `light`, `dark` or `projector`",
        "setLang" => "a tag that begins with `en` or `zh`",
        "setSpeed" => "milliseconds of the system per second on the screen, to the nearest stop",
        "focus" => "moves the focus into the simulation",
        _ => "",
    }
}

/// What an event tells.
pub fn tells(name: &str) -> &'static str {
    match name {
        "ready" => "the run is on show",
        "play" => "it plays",
        "pause" => "it does not play any more",
        "step" => "another moment is on show; the label is the sentence below the stage",
        "event" => "`question`, `broken` or `halt`",
        "ended" => "a scenario is at its end",
        "error" => "something was not done",
        "resize" => "the size that the page takes (with `autosize`)",
        "interaction" => "the reader presses something; once a second at most",
        "focusout" => "Tab has left the frame: `next` or `prev`",
        "reply" => "the answer to a message with an `id`",
        _ => "",
    }
}

fn ours(kind: &str, more: Value) -> String {
    let mut message = json!({ "faultline": 1, "type": kind, "id": "q" });
    if let (Value::Object(fields), Value::Object(more)) = (&mut message, more) {
        fields.extend(more);
    }
    message.to_string()
}

fn code(text: &str) -> Code {
    match read(text) {
        Err(Refusal::Error { code, message, .. }) => {
            assert!(!message.is_empty() && message.chars().count() < 200, "{message}");
            code
        }
        other => panic!("{text:.200}: {other:?}"),
    }
}

fn a_link() -> String {
    link::encode(&default_spec("lock")).expect("it is short")
}

#[test]
fn each_command_is_read() {
    let link = a_link();
    let address = format!("https://example.org/?sim=ring#{link}");
    let all = [
        ("hello", json!({ "nonce": "n" }), Command::Hello { nonce: Some("n".into()) }),
        ("hello", json!({}), Command::Hello { nonce: None }),
        ("play", json!({ "more": [1, {}] }), Command::Play),
        ("pause", json!({}), Command::Pause),
        ("step", json!({}), Command::Step(1)),
        ("step", json!({ "n": 3.0 }), Command::Step(3)),
        ("back", json!({ "n": 1000 }), Command::Back(1000)),
        ("seek", json!({ "step": 0 }), Command::Seek(0)),
        ("reset", json!({}), Command::Reset),
        ("getState", json!({}), Command::GetState),
        ("setState", json!({ "link": link }), Command::SetState(link.clone())),
        ("setState", json!({ "link": address }), Command::SetState(link.clone())),
        ("exportSvg", json!({}), Command::ExportSvg),
        ("setTheme", json!({ "theme": "projector" }), Command::SetTheme(Colours::Projector)),
        ("setLang", json!({ "lang": "zh-Hans" }), Command::SetLang(Lang::Zh)),
        ("setSpeed", json!({ "speed": 20_000 }), Command::SetSpeed(20_000)),
        ("focus", json!({}), Command::Focus),
    ];
    for (kind, more, command) in &all {
        let message = read(&ours(kind, more.clone()));
        assert_eq!(message, Ok(Message { id: Some("q".into()), command: command.clone() }));
    }
    for (kind, _) in COMMANDS {
        assert!(all.iter().any(|(tried, ..)| *tried == kind), "{kind} is not tried");
    }
}

#[test]
fn bad_values_are_refused_with_the_id() {
    let bad = [
        ("step", json!({ "n": 0 })),
        ("step", json!({ "n": 1001 })),
        ("step", json!({ "n": -1 })),
        ("step", json!({ "n": 1.5 })),
        ("step", json!({ "n": "1" })),
        ("step", json!({ "n": 1e300 })),
        ("step", json!({ "n": [1] })),
        ("back", json!({ "n": false })),
        ("seek", json!({})),
        ("seek", json!({ "step": 100_001 })),
        ("setState", json!({})),
        ("setState", json!({ "link": { "toString": 1 } })),
        ("setTheme", json!({ "theme": "url(//x)" })),
        ("setTheme", json!({ "theme": "__proto__" })),
        ("setLang", json!({ "lang": "de" })),
        ("setLang", json!({})),
        ("setSpeed", json!({ "speed": 0 })),
        ("setSpeed", json!({ "speed": "200" })),
    ];
    for (kind, more) in bad {
        let text = ours(kind, more);
        assert_eq!(code(&text), Code::BadValue, "{text}");
        assert!(matches!(read(&text), Err(Refusal::Error { id: Some(id), .. }) if id == "q"), "{text}");
    }
    for id in [json!(1), json!({}), json!("x".repeat(65)), json!([])] {
        assert_eq!(code(&ours("play", json!({ "id": id }))), Code::BadValue);
    }
}

#[test]
fn links_are_read_as_runs_and_never_as_addresses() {
    for link in ["javascript:alert(1)", "https://example.org/", "#2.AAAA", "1.!!!!", "data:text/html,x#1.AAAA", ""] {
        assert_eq!(code(&ours("setState", json!({ "link": link }))), Code::BadLink, "{link}");
    }
    let long = format!("#1.{}", "A".repeat(LONGEST_LINK));
    assert_eq!(code(&ours("setState", json!({ "link": long }))), Code::TooBig);
    let far = format!("https://example.org/{}#{}", "a".repeat(LONGEST_ADDRESS), a_link());
    assert_eq!(code(&ours("setState", json!({ "link": far }))), Code::TooBig);
    // The longest that fits is measured by itself.
    let full = format!("#1.{}", "A".repeat(LONGEST_LINK - 2));
    assert_eq!(code(&ours("setState", json!({ "link": full }))), Code::BadLink);
}

#[test]
fn what_is_not_ours_is_passed_over() {
    let strangers = [
        "",
        "null",
        "1",
        "\"play\"",
        "[]",
        "{}",
        "{\"type\":\"play\"}",
        "{\"faultline\":2,\"type\":\"play\"}",
        "{\"faultline\":\"1\",\"type\":\"play\"}",
        "{\"faultline\":true,\"type\":\"play\"}",
        "{\"faultline\":1",
        "{\"context\":\"h5p\"}",
    ];
    for text in strangers {
        assert_eq!(read(text), Err(Refusal::NotOurs), "{text}");
    }
    assert_eq!(read(&"[".repeat(10_000)), Err(Refusal::NotOurs));
    for kind in
        [json!("fly"), json!(""), json!("PLAY"), json!(null), json!(7), json!("__proto__"), json!("<img onerror=x>")]
    {
        assert_eq!(code(&json!({ "faultline": 1, "type": kind }).to_string()), Code::UnknownType, "{kind}");
    }
    assert_eq!(code(&json!({ "faultline": 1 }).to_string()), Code::UnknownType);
}

#[test]
fn what_is_too_long_is_refused() {
    let padded = |n: usize| ours("play", json!({ "nonce": "x".repeat(n) }));
    assert!(read(&padded(LONGEST - 100)).is_ok());
    assert_eq!(code(&padded(LONGEST + 1)), Code::TooBig);
    assert_eq!(code(&padded(1 << 20)), Code::TooBig);
    // A greeting's nonce is cut, so that an answer is never long.
    let cut = read(&ours("hello", json!({ "nonce": "é".repeat(1_000) })));
    assert!(
        matches!(cut, Ok(Message { command: Command::Hello { nonce: Some(n) }, .. }) if n.chars().count() == LONGEST_ID)
    );
}

#[test]
fn what_is_sent_carries_its_mark_and_its_type() {
    let state = State {
        sim: "lock".into(),
        recipe: "set-nx-px".into(),
        seed: u64::MAX.to_string(),
        step: 3,
        total: 9,
        time: 1.5,
        playing: false,
        speed: 200,
        link: "#1.x".into(),
        url: "u".into(),
    };
    let failed = Failed { code: Code::UnknownType, message: "m".into() };
    let all = [
        Out::Ready { version: "0", sim: "lock".into(), steps: 1, capabilities: vec!["state"], nonce: None },
        Out::Play,
        Out::Pause,
        Out::Step { step: 1, total: 2, label: "</script>\u{2028}\"".into() },
        Out::Event { kind: "broken", property: Some("MUTEX-LEASE".into()) },
        Out::Ended,
        Out::Error { code: Code::BadLink, message: "m".into() },
        Out::Resize { height: 1, width: 2 },
        Out::Interaction,
        Out::Focusout { dir: "next" },
        Out::Reply { id: "1".into(), ok: true, value: Some(Answer::State(state)), error: None },
        Out::Reply { id: "1".into(), ok: false, value: None, error: Some(failed) },
    ];
    assert_eq!(all.len(), EVENTS.len());
    for (out, (kind, fields)) in all.iter().zip(EVENTS) {
        let value: Value = serde_json::from_str(&out.text()).expect("it is JSON");
        assert_eq!((&value["faultline"], &value["type"]), (&json!(1), &json!(kind)));
        for field in fields.split(", ").filter(|field| !field.is_empty() && !field.ends_with('?')) {
            let field = field.split(':').next().unwrap_or_default();
            assert!(value.get(field).is_some(), "{kind} has no {field}");
        }
    }
    assert!(all[10].text().contains("\"value\":{\"sim\":\"lock\""));
    assert!(all[11].text().contains("\"error\":{\"code\":\"unknown-type\""));
    let done = Out::Reply { id: "1".into(), ok: true, value: Some(Answer::Nothing(())), error: None };
    assert!(done.text().contains("\"value\":null"));
    let height: Value = serde_json::from_str(&embedly("https://a/", 7)).expect("it is JSON");
    assert_eq!(height, json!({ "src": "https://a/", "context": "iframe.resize", "height": 7 }));
    assert_eq!(canvas(7), "{\"height\":7,\"subject\":\"lti.frameResize\"}");
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        prop::sample::select(COMMANDS.to_vec()).prop_map(|(name, _)| Value::from(name)),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-z_]{1,9}", inner, 0..4).prop_map(|map| map.into_iter().collect::<Value>()),
        ]
    })
}

/// Close to what is meant: the mark, a type, and fields of ours with anything in them.
fn a_message() -> impl Strategy<Value = String> {
    let field = prop_oneof![4 => prop::sample::select(FIELDS.to_vec()).prop_map(str::to_owned), 1 => "[a-z_]{1,9}"];
    let fields = prop::collection::btree_map(field, any_json(), 0..5);
    (prop::sample::select(COMMANDS.to_vec()), fields, any::<bool>()).prop_map(|((kind, _), mut fields, named)| {
        fields.insert("faultline".to_owned(), json!(1));
        if named {
            fields.insert("type".to_owned(), json!(kind));
        }
        serde_json::to_string(&fields).expect("it is JSON")
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(30_000), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_message_panics(text in a_message()) {
        match read(&text) {
            Ok(Message { id, command }) => {
                prop_assert!(id.is_none_or(|id| id.chars().count() <= LONGEST_ID));
                if let Command::Step(n) | Command::Back(n) = command {
                    prop_assert!((1..=MOST_STEPS).contains(&u64::from(n)));
                }
            }
            Err(refusal) => prop_assert!(refusal != Refusal::NotOurs),
        }
    }

    #[test]
    fn no_text_or_json_panics(text in "\\PC{0,200}", value in any_json()) {
        let _ = read(&text);
        let _ = read(&value.to_string());
    }
}
