//! The commands `place` and `plan`: what they print, what they say beside it, and that a plan is the difference of two
//! placements. The page writes the same files.

use faultline::core::placement::assign::{Assigning, Moves};
use faultline::core::placement::keys::Keys;
use faultline::core::placement::scheme::{Scheme, Strategy as Way};
use faultline::core::placement::{Member, Placement};
use faultline::scenes::place::plan::{Theory, theory};
use faultline::scenes::place::{OPTIONS, csv, files, forms, library};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::Arc;

const NODES: &str = "n0\nn1\nn2\n";
const KEYS: &str = "key-1\nαβγ\nkey-0\na,\"b\"\n";

/// A file of this content; tests run beside each other, so that each has its own names.
fn file(name: &str, content: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, content).expect("the folder is ours");
    path
}

fn run(words: &[&str], files: &[(&str, &PathBuf)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_faultline"));
    command.args(words);
    for (flag, path) in files {
        command.arg(flag).arg(path);
    }
    command.output().expect("the runner starts")
}

/// Standard output, standard error, exit code.
fn said(output: &Output) -> (String, String, Option<i32>) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("it is UTF-8");
    (text(&output.stdout), text(&output.stderr), output.status.code())
}

#[test]
fn place_prints_what_it_always_did_and_csv() {
    let (nodes, keys) = (file("place-nodes", NODES), file("place-keys", KEYS));
    let place = |words: &[&str]| {
        let all = [&["place", "--vnodes", "3", "--replicas", "2"], words].concat();
        said(&run(&all, &[("--nodes", &nodes), ("--keys", &keys)]))
    };
    let text = "key-1\tn2\tn1\nαβγ\tn2\tn1\nkey-0\tn0\tn2\na,\"b\"\tn2\tn1\n";
    assert_eq!(place(&[]), (text.into(), String::new(), Some(0)));
    let json = r#"[{"key":"key-1","nodes":["n2","n1"]},{"key":"αβγ","nodes":["n2","n1"]},{"key":"key-0","nodes":["n0","n2"]},{"key":"a,\"b\"","nodes":["n2","n1"]}]"#;
    assert_eq!(place(&["--json"]), (format!("{json}\n"), String::new(), Some(0)));
    assert_eq!(place(&["--format", "json"]).0, format!("{json}\n"));
    let csv = "key,owner,replica-1\nkey-1,n2,n1\nαβγ,n2,n1\nkey-0,n0,n2\n\"a,\"\"b\"\"\",n2,n1\n";
    assert_eq!(place(&["--format=csv"]), (csv.into(), String::new(), Some(0)));
}

#[test]
fn plan_prints_the_keys_that_move_and_sums_up() {
    let from = file("plan-from", "name,weight\nn0,1\nn1,1\n");
    let (to, keys) = (file("plan-to", NODES), file("plan-keys", KEYS));
    let plan = |words: &[&str]| {
        let all = [&["plan", "--vnodes", "3"], words].concat();
        said(&run(&all, &[("--from", &from), ("--to", &to), ("--keys", &keys)]))
    };
    let (out, beside, code) = plan(&[]);
    assert_eq!((out.as_str(), code), ("key-1\tn1\tn2\nαβγ\tn1\tn2\na,\"b\"\tn1\tn2\n", Some(0)));
    assert_eq!(
        beside,
        "Node list before: read as CSV. Line 1 is its header.\n\
         3 of 4 keys get a new owner: 75.0 %. Theory expects 33.3 %.\n\
         Needless moves: 0.\n\
         Copies to make: 3, 316 bytes.\n"
    );
    assert_eq!(plan(&["--format", "csv"]).0, "key,from,to\nkey-1,n1,n2\nαβγ,n1,n2\n\"a,\"\"b\"\"\",n1,n2\n");
    let json = r#"[{"key":"key-1","from":"n1","to":"n2"},{"key":"αβγ","from":"n1","to":"n2"},{"key":"a,\"b\"","from":"n1","to":"n2"}]"#;
    assert_eq!(plan(&["--json"]).0, format!("{json}\n"));
    assert!(plan(&["--lang", "zh"]).1.contains("4 个键中有 3 个更换所有者：75.0 %。理论期望 33.3 %。"));
    // With copies: who has to get one.
    let (out, beside, _) = plan(&["--replicas", "2"]);
    assert_eq!(out, "key-1\tn1\tn2\tn2\nαβγ\tn1\tn2\tn2\nkey-0\tn0\tn0\tn2\na,\"b\"\tn1\tn2\tn2\n");
    assert!(beside.ends_with("Copies to make: 4, 421 bytes.\n"), "{beside}");
}

#[test]
fn every_strategy_places_and_plans() {
    let (from, to) = (file("all-from", "n0\nn1\nn2\n"), file("all-to", "n0\nn1\nn2\nn3\n"));
    let keys: String = (0..300).map(|i| format!("key-{i}\n")).collect();
    let keys = file("all-keys", &keys);
    for way in Way::ALL {
        let words = ["--strategy", way.name(), "--format", "csv"];
        let (placed, beside, code) =
            said(&run(&[&["place"], &words[..]].concat(), &[("--nodes", &from), ("--keys", &keys)]));
        assert_eq!((placed.lines().count(), beside.as_str(), code), (301, "", Some(0)), "{}", way.name());
        let files = [("--from", &from), ("--to", &to), ("--keys", &keys)];
        let (moved, beside, code) = said(&run(&[&["plan"], &words[..]].concat(), &files));
        assert_eq!(code, Some(0));
        let lines = moved.lines().count() - 1;
        assert!(lines > 0 && beside.starts_with(&format!("{lines} of 300 keys")), "{}: {beside}", way.name());
    }
}

#[test]
fn what_cannot_be_done_is_said_with_its_mending() {
    let (nodes, keys) = (file("bad-nodes", "a\t2\nb\n"), file("bad-keys", "k\n"));
    let empty = file("bad-empty", "\n");
    let place = |words: &[&str]| said(&run(&[&["place"], words].concat(), &[("--nodes", &nodes), ("--keys", &keys)]));
    for (words, sentence) in [
        (&["--strategy", "x"][..], "There is no strategy “x”. Known: ring, modulo,"),
        (&["--rule", "x"], "There is no rule “x”. Known: successor, strict, predecessor, nearest."),
        (&["--vnodes", "x"], "--vnodes wants a number in range, not “x”"),
        (&["--lists", "xml"], "There is no form of lists “xml”. Known: auto, lines, csv, json, jsonl."),
        (&["--format", "xml"], "--format takes text, csv or json, not “xml”"),
        (&["--strategy", "maglev", "--table", "4"], "The table size 4 is not a prime number."),
        (&["--strategy", "jump", "--mistake", "adjacent"], "The mistake adjacent cannot be made with jump."),
        (&["--replicas", "0"], "The number of replicas must be at least 1"),
        (&["--frobnicate"], "“--frobnicate” is not understood here."),
    ] {
        let (out, beside, code) = place(words);
        assert_eq!((out.as_str(), code), ("", Some(2)), "{words:?}");
        assert!(beside.starts_with(sentence), "{words:?}: {beside}");
    }
    let (out, beside, code) = place(&["--strategy", "jump", "--vnodes", "9"]);
    assert_eq!(
        (beside.as_str(), code),
        ("jump makes no use of --vnodes.\njump takes no notice of weights: each node counts as one.\n", Some(0))
    );
    assert!(out.starts_with("k\t"));
    let (_, beside, code) = said(&run(&["plan"], &[("--from", &nodes), ("--to", &empty), ("--keys", &keys)]));
    let sentences: Vec<_> = beside.lines().collect();
    assert_eq!(sentences[0], "Node list after, line 1: it is empty; the line was skipped.");
    assert!(sentences[1].starts_with("Node list after: there is no line that can be used."), "{beside}");
    assert_eq!(code, Some(2));
    let (_, beside, _) = said(&run(&["plan"], &[("--from", &nodes), ("--keys", &keys)]));
    assert_eq!(beside, "plan wants --to FILE\n");
}

#[test]
fn the_usage_names_every_option_and_strategy() {
    let (usage, ..) = said(&run(&["help"], &[]));
    assert!(OPTIONS.iter().all(|option| usage.contains(option)), "{usage}");
    assert!(Way::ALL.iter().all(|way| usage.contains(way.name())), "{usage}");
}

#[test]
fn theory_is_what_it_should_be() {
    let list = |names: &str| names.split(' ').map(|name| Member::new(name, 1)).collect::<Vec<_>>();
    let of = |way, from: &str, to: &str| theory(&Scheme { strategy: way, ..Scheme::default() }, &list(from), &list(to));
    let close = |theory: Option<Theory>, expected: Theory| match (theory, expected) {
        (Some(Theory::Expected(a)), Theory::Expected(b)) | (Some(Theory::Least(a)), Theory::Least(b)) => {
            (a - b).abs() < 1e-9
        }
        _ => false,
    };
    assert!(close(of(Way::Modulo, "a b c d", "a b c d e"), Theory::Expected(0.8)));
    assert!(close(of(Way::Modulo, "a b c", "a c"), Theory::Least(1.0 / 3.0)), "c is at another place");
    assert!(close(of(Way::Jump, "a b c", "a b c d"), Theory::Expected(0.25)));
    assert!(close(of(Way::Ring, "a b c", "a b c d"), Theory::Expected(0.25)));
    assert!(close(of(Way::Ring, "a b c d", "a b c"), Theory::Expected(0.25)));
    assert!(
        close(of(Way::Rendezvous, "a b c", "a b d"), Theory::Expected(0.5)),
        "one that went, one that came, of four"
    );
    assert!(close(of(Way::Slots, "a b c", "a b d"), Theory::Least(1.0 / 3.0)));
    assert_eq!(of(Way::Range, "a b", "a b c"), None);
    let heavier = [Member::new("a", 2), Member::new("b", 1)];
    let weighed = theory(&Scheme::default(), &list("a b"), &heavier);
    assert!(close(weighed, Theory::Least(2.0 / 3.0 - 0.5)));
}

/// Over many rings, the mean share that moves is what theory expects.
#[test]
fn theory_and_placements_agree() {
    let keys = Arc::new(
        Keys::pack((0..2_000).map(|i| format!("k{i}")).collect::<Vec<_>>().iter().map(String::as_str)).unwrap(),
    );
    for way in [Way::Ring, Way::Rendezvous, Way::Nginx, Way::Jump] {
        let scheme = Scheme { strategy: way, vnodes: 50, ..Scheme::default() };
        let (mut sum, mut expected, rounds) = (0.0, 0.0, 20);
        for round in 0..rounds {
            let old: Vec<_> = (0..6).map(|i| Member::new(format!("r{round}-{i}"), 1)).collect();
            // Of six one goes and two come; for jump only the end of the list changes.
            let mut new = old.clone();
            if way != Way::Jump {
                new.remove(2);
            }
            new.extend((6..8).map(|i| Member::new(format!("r{round}-{i}"), 1)));
            let Some(Theory::Expected(share)) = theory(&scheme, &old, &new) else { panic!("{}", way.name()) };
            expected += share / f64::from(rounds);
            let assigned = |members| Arc::new(Assigning::all(scheme.build(members).unwrap(), keys.clone(), 1, false));
            sum += Moves::all(keys.clone(), assigned(old), assigned(new)).movement().share() / f64::from(rounds);
        }
        assert!((sum - expected).abs() < 0.03, "{}: {sum} and {expected}", way.name());
    }
}

/// Records of a CSV text.
fn records(text: &str) -> Vec<Vec<String>> {
    let mut all = Vec::new();
    csv::records(text.as_bytes(), b',', &mut |record| {
        let fields = record.fields.expect("each mark closes");
        all.push(fields.iter().map(|field| String::from_utf8(field.to_vec()).expect("it is UTF-8")).collect());
    });
    all
}

fn some_members() -> impl Strategy<Value = Vec<Member>> {
    let row = (1u32..4, prop_oneof![Just(""), Just("x, y"), Just("z")]);
    let list = proptest::collection::btree_map("[a-c]{1,2}|n\"[0-9]|α,β", row, 1..8);
    let list = list.prop_map(|rows| {
        rows.into_iter().map(|(name, (weight, zone))| Member::new(name, weight).in_zone(zone)).collect()
    });
    Strategy::prop_shuffle(list)
}

fn some_keys() -> impl Strategy<Value = Arc<Keys>> {
    let keys = proptest::collection::vec("[a-z0-9αβ,\";]{1,6}", 0..30);
    keys.prop_map(|keys| Arc::new(Keys::pack(keys.iter().map(String::as_str)).expect("no line ends")))
}

proptest! {
    #[test]
    fn a_plan_is_the_difference_of_two_placements(
        old in some_members(), new in some_members(), keys in some_keys(), way in proptest::sample::select(Way::ALL.to_vec()),
        copies in 1usize..4,
    ) {
        let scheme = Scheme { strategy: way, vnodes: 5, table: 251, ..Scheme::default() };
        let from = scheme.build(old).unwrap();
        let to = scheme.change(&*from, new).unwrap();
        let assigned = |placement: Arc<dyn Placement>| Arc::new(Assigning::all(placement, keys.clone(), copies, true));
        let (before, after) = (assigned(from), assigned(to));
        let moves = Moves::all(keys.clone(), before.clone(), after.clone());
        let [old, new] = [&before, &after].map(|assignment| records(&files::placement_csv(&keys, assignment)));

        // The difference, read off the two files.
        let (mut rows, mut objects) = (Vec::new(), Vec::new());
        let several = old[0].len().max(new[0].len()) > 2;
        for (old, new) in old.iter().zip(&new).skip(1) {
            let fresh: Vec<_> = new[1..].iter().filter(|node| !node.is_empty() && !old[1..].contains(node)).cloned().collect();
            if old[1] != new[1] || (several && !fresh.is_empty()) {
                let mut row = vec![old[0].clone(), old[1].clone(), new[1].clone()];
                let mut object = json!({ "key": row[0], "from": row[1], "to": row[2] });
                if several {
                    object["copies"] = json!(fresh);
                    row.extend(fresh);
                }
                rows.push(row);
                objects.push(object);
            }
        }
        let plan = records(&files::plan_csv(&moves));
        let width = 3 + if several { new[0].len() - 1 } else { 0 };
        prop_assert!(plan.iter().all(|row| row.len() == width));
        let trimmed: Vec<Vec<String>> = plan[1..].iter().map(|row| row.iter().filter(|cell| !cell.is_empty()).cloned().collect()).collect();
        prop_assert_eq!(&trimmed, &rows);
        let text: Vec<Vec<String>> = files::plan_text(&moves).lines().map(|line| line.split('\t').map(str::to_owned).collect()).collect();
        prop_assert_eq!(&text, &rows);
        prop_assert_eq!(serde_json::from_str::<Value>(&files::plan_json(&moves)).unwrap(), Value::Array(objects));
    }

    /// What is written is read again: as a placement, and as the list of keys that it was.
    #[test]
    fn files_go_round(members in some_members(), keys in some_keys(), copies in 1usize..4) {
        let placement = Scheme { vnodes: 5, ..Scheme::default() }.build(members.clone()).unwrap();
        let assignment = Assigning::all(placement, keys.clone(), copies, true);
        let limits = faultline::core::placement::list::KEYS;
        let (csv, json) = (files::placement_csv(&keys, &assignment), files::placement_json(&keys, &assignment));
        let rows = records(&csv);
        let objects: Vec<Value> = serde_json::from_str(&json).unwrap();
        prop_assert_eq!((rows.len(), objects.len()), (keys.len() + 1, keys.len()));
        for (index, key) in keys.iter().enumerate() {
            let nodes: Vec<_> = assignment.nodes(index).map(|node| members[node].name.clone()).collect();
            prop_assert_eq!(&rows[index + 1][0], key);
            prop_assert_eq!(rows[index + 1][1..].iter().filter(|cell| !cell.is_empty()).collect::<Vec<_>>(), nodes.iter().collect::<Vec<_>>());
            prop_assert_eq!(&objects[index], &json!({ "key": key, "nodes": nodes }));
        }
        for text in [csv, json] {
            let read = forms::keys(text.as_bytes(), limits, None);
            prop_assert_eq!((&read.list, read.bad.len()), (&*keys, 0));
        }
        // Node lists go round too.
        let read = forms::nodes(library::lines(&members).as_bytes(), faultline::core::placement::list::NODES, Some(forms::Form::Lines));
        prop_assert_eq!((read.list, read.bad.len()), (members, 0));
    }
}
