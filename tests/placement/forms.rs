//! Lists in every form: what is good in one is good in all, each row is used or reported, and lines are right.

use super::*;
use faultline::core::placement::list::{BadRow, Fault, KEYS, Limits, NODES};
use faultline::scenes::place::forms::{self, Form, Read};
use faultline::scenes::place::{csv, library};
use proptest::prelude::*;

const COMMA: Form = Form::Columns { delimiter: b',' };

fn nodes(text: &str) -> Read<Vec<Member>> {
    forms::nodes(text.as_bytes(), NODES, None)
}

fn keys(text: &str) -> (Vec<String>, Vec<(usize, Fault)>, Form) {
    let read = forms::keys(text.as_bytes(), KEYS, None);
    (read.list.iter().map(str::to_owned).collect(), faults(&read.bad), read.form)
}

fn faults(bad: &[BadRow]) -> Vec<(usize, Fault)> {
    bad.iter().map(|bad| (bad.line, bad.fault.clone())).collect()
}

#[test]
fn node_lists_of_every_form_are_the_same_list() {
    let list = [Member::new("a", 1), Member::new("b, c", 3).in_zone("eu-1"), Member::new("α\"", 2)];
    for (text, form) in [
        ("a\nb, c\t3\teu-1\nα\"\t2\n", Form::Lines),
        ("name\tweight\tzone\na\t1\nb, c\t3\teu-1\nα\"\t2\n", Form::Columns { delimiter: b'\t' }),
        ("a,1\r\n\"b, c\",3,eu-1\r\n\"α\"\"\",2\r\n", COMMA),
        ("Zone,NODE,Weight\n,a,\neu-1,\"b, c\",3\n,\"α\"\"\",2", COMMA),
        ("\u{feff}zone;name;weight\n;a;\neu-1;b, c;3\n;\"α\"\"\";2", Form::Columns { delimiter: b';' }),
        (
            "[\"a\",\n {\"name\": \"b, c\", \"weight\": 3, \"zone\": \"eu-1\"}, {\"node\":\"\\u03b1\\\"\",\"weight\":\"2\",\"zone\":null}]",
            Form::Json,
        ),
        (
            "\"a\"\n{\"weight\":3,\"zone\":\"eu-1\",\"name\":\"b, c\"}\r\n{\"name\":\"α\\\"\",\"weight\":2}\n",
            Form::JsonLines,
        ),
    ] {
        let read = nodes(text);
        assert_eq!((&read.list[..], &read.bad[..], read.form), (&list[..], &[][..], form), "{text}");
        assert_eq!(library::lines(&read.list), "a\t1\nb, c\t3\teu-1\nα\"\t2\n");
    }
    let one = nodes("{\n \"name\": \"a\",\n \"rack\": 7\n}\n");
    assert_eq!((one.list, one.form, one.ignored), (vec![Member::new("a", 1)], Form::Json, vec!["rack".to_owned()]));
}

#[test]
fn key_lists_of_every_form_are_the_same_list() {
    for (text, form) in [
        ("a,b\n x\n17\n", Form::Lines),
        ("key\n\"a,b\"\n x\n17\n", COMMA),
        ("size;Key\n1; a\n", Form::Columns { delimiter: b';' }),
        ("\"a,b\"\r\n\" x\"\r\n17\r\n", Form::JsonLines),
        ("\"a,b\",1\n\" x\",2\n17,3\n", COMMA),
        ("[\"a,b\",\" x\",17]", Form::Json),
        ("[{\"key\":\"a,b\"},{\"n\":[1,{}],\"key\":\" x\"},17]\n", Form::Json),
        ("{\"key\":\"a,b\"}\n{\"key\":\" x\"}\n17\n", Form::JsonLines),
    ] {
        let (list, bad, found) = keys(text);
        let expected: &[&str] = if text.starts_with("size") { &[" a"] } else { &["a,b", " x", "17"] };
        assert_eq!(
            (list, bad, found),
            (expected.iter().map(|key| (*key).to_owned()).collect(), vec![], form),
            "{text}"
        );
    }
}

/// Keys that look a little like another form are keys.
#[test]
fn keys_that_are_no_form_are_lines() {
    for text in
        ["[::1]:80\n", "{user1}:x\n{user2}:x\n", "\"quoted\" name\nx\n", "[abc]\n", "a,b\nkey\n", "[1]\n[2]\n", "{\n"]
    {
        let (list, bad, form) = keys(text);
        assert_eq!((list, bad, form), (text.lines().map(str::to_owned).collect(), vec![], Form::Lines), "{text}");
    }
    assert_eq!(nodes("node\t2\nname\n").list.len(), 2, "a weight is no header");
    assert_eq!(nodes("a\t2\nb,c\n").list[1].name, "b,c");
}

#[test]
fn bad_rows_have_their_lines_in_every_form() {
    let weight = |text: &str| Fault::Weight { text: text.into() };
    let csv = "\nname,weight,zone,cpu\na,0,,4\n\n\"b\nb\",1,,\nc,2,z,9,9\nd\n\"e,1\nd,3\n,1\n";
    let read = nodes(csv);
    assert_eq!(read.list, [Member::new("d", 1)]);
    assert_eq!((read.header, &read.ignored[..]), (Some(2), &["cpu".to_owned()][..]));
    assert_eq!(
        faults(&read.bad),
        [
            (1, Fault::Empty),
            (3, weight("0")),
            (4, Fault::Empty),
            (5, Fault::Control { character: '\n' }),
            (7, Fault::Columns { columns: 5, most: 4 }),
            (9, Fault::Unclosed),
            (10, Fault::Duplicate { first: 8 }),
            (11, Fault::Empty),
        ]
    );
    let json = "[\"a\",\n\n{\"name\":\"b\",\"weight\":1.5}, {\"weight\":1},\n[\"c\"], \"a\", true,\n{\"name\":\n\"d\",\"name\":\"e\"},\n\" f\",\n\"g\" \"h\",\n\"i\"]\n";
    let read = nodes(json);
    assert_eq!(read.list, ["a", "g"].map(|name| Member::new(name, 1)));
    assert_eq!(
        faults(&read.bad),
        [
            (3, weight("1.5")),
            (3, Fault::Missing),
            (4, Fault::Shape),
            (4, Fault::Duplicate { first: 1 }),
            (4, Fault::Shape),
            (5, Fault::Shape),
            (7, Fault::Blank),
            (8, Fault::Broken { lines: 2 }),
        ]
    );
    let (list, bad, _) =
        keys("{\"key\":\"a\"}\n\n{\"key\":\"b\"\n{\"key\":\"c\"}\n\"x\\ny\"\n{\"key\":{}}\n{\"kee\":1}\n");
    assert_eq!(list, ["a", "c"]);
    let expected = [
        (2, Fault::Empty),
        (3, Fault::NotJson),
        (5, Fault::Control { character: '\n' }),
        (6, Fault::Shape),
        (7, Fault::Missing),
    ];
    assert_eq!(bad, expected);
    let cut = forms::keys(b"[\"a\",\n\"b\",\n\"c\xff\"]\n", KEYS, None);
    assert_eq!((cut.list.text(), faults(&cut.bad)), ("a\nb\n", vec![(3, Fault::Broken { lines: 1 })]));
    let (list, bad, _) = keys("[\"a\",\"b\"");
    assert_eq!((list.len(), bad), (2, vec![(1, Fault::Broken { lines: 1 })]));
}

#[test]
fn the_limits_are_exact() {
    let many = |count: usize| (0..count).map(|i| format!("key-{i}\n")).collect::<String>();
    let read = forms::keys(many(100_000).as_bytes(), KEYS, None);
    assert_eq!((read.list.len(), read.bad.len()), (100_000, 0));
    let read = forms::keys(many(100_007).as_bytes(), KEYS, None);
    assert_eq!(read.list.get(99_999), "key-99999");
    assert_eq!(faults(&read.bad), [(100_001, Fault::LeftOut { lines: 7, most: 100_000 })]);

    let long = |bytes: usize| "x".repeat(bytes);
    let read = forms::keys(format!("{}\n{}\n", long(4_096), long(4_097)).as_bytes(), KEYS, None);
    assert_eq!((read.list.len(), faults(&read.bad)), (1, vec![(2, Fault::TooLong { bytes: 4_097, most: 4_096 })]));

    let full = vec![long(4_096); 2_048].join("\n"); // 8 MiB of keys
    let read = forms::keys(full.as_bytes(), KEYS, None);
    assert_eq!((read.list.len(), read.list.bytes(), read.bad.len()), (2_048, 8 << 20, 0));
    let read = forms::keys(format!("{full}\ny\n\nz").as_bytes(), KEYS, None);
    assert_eq!((read.list.len(), faults(&read.bad)), (2_048, vec![(2_049, Fault::Full { lines: 3, most: 8 << 20 })]));

    let csv = format!("name,weight\n{}", (0..1_002).map(|i| format!("n{i},1\n")).collect::<String>());
    let read = nodes(&csv);
    assert_eq!((read.list.len(), faults(&read.bad)), (1_000, vec![(1_002, Fault::LeftOut { lines: 2, most: 1_000 })]));
    let json = format!("[{}]", vec!["\"k\""; 100_003].join(",\n"));
    let read = forms::keys(json.as_bytes(), KEYS, None);
    assert_eq!(faults(&read.bad), [(100_001, Fault::LeftOut { lines: 3, most: 100_000 })]);
    assert_eq!(read.list.len(), 100_000);
}

/// Pieces of all forms, and any bytes.
fn some_bytes() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        proptest::sample::select(vec![
            "\n",
            "\r\n",
            "\t",
            ",",
            ";",
            "\"",
            "\"\"",
            "[",
            "]",
            "{",
            "}",
            ":",
            "name",
            "key",
            "weight",
            "zone",
            "a",
            "b",
            "1",
            "07",
            "\"a\"",
            "{\"key\":\"k\"}",
            "{\"name\":\"n\",\"weight\":2}",
            "\u{feff}",
            "α",
            " ",
            "\\u0041",
            "\\ud800",
            "null",
        ])
        .prop_map(|piece| piece.as_bytes().to_vec()),
        proptest::collection::vec(any::<u8>(), 1..3),
    ];
    proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

fn some_form() -> impl Strategy<Value = Option<Form>> {
    let columns = [b',', b';', b'\t'].map(|delimiter| Form::Columns { delimiter });
    let [a, b, c] = columns;
    proptest::sample::select(vec![
        None,
        None,
        None,
        Some(Form::Lines),
        Some(a),
        Some(b),
        Some(c),
        Some(Form::Json),
        Some(Form::JsonLines),
    ])
}

/// Lines on which something stands.
fn lines(bytes: &[u8]) -> usize {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    bytes.iter().filter(|&&byte| byte == b'\n').count() + usize::from(bytes.last().is_some_and(|&byte| byte != b'\n'))
}

/// Rows that are used or reported, and the header.
fn account<T>(used: usize, read: &Read<T>) -> usize {
    let reported = read.bad.iter().map(|bad| match bad.fault {
        Fault::LeftOut { lines, .. } | Fault::Full { lines, .. } => lines,
        _ => 1,
    });
    used + reported.sum::<usize>() + usize::from(read.header.is_some())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_used_or_reported(bytes in some_bytes(), form in some_form(), most in 0usize..20, longest in 0usize..9, all in 0usize..60) {
        let limits = Limits { lines: most, bytes: longest, all };
        let nodes = forms::nodes(&bytes, limits, form);
        let keys = forms::keys(&bytes, limits, form);
        for (used, bad, form, rows, header) in [
            (nodes.list.len(), &nodes.bad, nodes.form, account(nodes.list.len(), &nodes), nodes.header),
            (keys.list.len(), &keys.bad, keys.form, account(keys.list.len(), &keys), keys.header),
        ] {
            prop_assert!(used <= most);
            prop_assert!(bad.windows(2).all(|pair| pair[0].line <= pair[1].line), "{:?}", bad);
            prop_assert!(bad.iter().all(|bad| (1..=lines(&bytes).max(1)).contains(&bad.line)), "{:?} {}", bad, lines(&bytes));
            match form {
                Form::Lines | Form::JsonLines => prop_assert_eq!(rows, lines(&bytes)),
                // A record may span lines, never more than there are.
                Form::Columns { delimiter: b'\t' } => prop_assert_eq!(rows, lines(&bytes)),
                Form::Columns { .. } => {
                    prop_assert!(rows <= lines(&bytes));
                    if !bytes.contains(&b'"') {
                        prop_assert_eq!(rows, lines(&bytes));
                    }
                }
                Form::Json => prop_assert!(rows > 0 || lines(&bytes) == 0 || bytes.trim_ascii().ends_with(b"]")),
            }
            prop_assert!(header.is_none_or(|line| line <= lines(&bytes)));
        }
        prop_assert!(Ring::new(nodes.list, 1).is_ok(), "what the list gives, a ring takes");
        prop_assert!(keys.list.iter().all(|key| key.len() <= longest && !key.contains(char::is_control)));
        prop_assert!(keys.list.bytes() <= all);
    }

    /// A list with known faults on known lines, in each form.
    #[test]
    fn lines_of_faults_are_right(bad in proptest::collection::vec(any::<bool>(), 1..30), at in 0usize..5) {
        let row = |form: usize, index: usize, bad: bool| {
            let key = if bad { "\u{1}".to_owned() } else { format!("k{index}") };
            match form {
                0 => format!("{key}\n"),
                1 => format!("{index},\"{key}\"\r\n"),
                2 => format!("{{\"key\":{}}}\n", serde_json::to_string(&key).unwrap()),
                3 => format!("{}{}\n", if index == 0 { "[" } else { "," }, serde_json::to_string(&key).unwrap()),
                _ => format!("{}{{\n\"key\":{}}}\n", if index == 0 { "[" } else { "," }, serde_json::to_string(&key).unwrap()),
            }
        };
        let mut text = if at == 1 { "n,key\n".to_owned() } else { String::new() };
        let (mut expected, mut line) = (Vec::new(), text.lines().count());
        for (index, &bad) in bad.iter().enumerate() {
            if bad {
                expected.push((line + 1, Fault::Control { character: '\u{1}' }));
            }
            let row = row(at, index, bad);
            line += row.matches('\n').count();
            text.push_str(&row);
        }
        if at >= 3 {
            text.push(']');
        }
        let (list, found, _) = keys(&text);
        let good: Vec<_> = bad.iter().enumerate().filter(|(_, bad)| !**bad).map(|(index, _)| format!("k{index}")).collect();
        prop_assert_eq!((list, found), (good, expected), "{}", text);
    }

    /// What is written as CSV is read again, whatever it contains.
    #[test]
    fn csv_goes_round(rows in proptest::collection::vec(proptest::collection::vec("[a,\"\r\n αβ\t]{0,4}", 2..5), 0..9)) {
        let mut text = String::new();
        rows.iter().for_each(|row| csv::write(&mut text, row.iter().map(String::as_str)));
        let mut again = Vec::<Vec<String>>::new();
        csv::records(text.as_bytes(), b',', &mut |record| {
            let fields = record.fields.map(|fields| fields.iter().map(|f| String::from_utf8_lossy(f).into_owned()).collect());
            again.push(fields.unwrap_or_default());
        });
        prop_assert_eq!(again, rows);
    }
}
