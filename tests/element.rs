//! `<faultline-sim>` is the host's side of the contract, written in another language: what it knows of parameters and messages is
//! what the frame's tables say.

use faultline::embed::message::{COMMANDS, EVENTS};
use faultline::embed::params::{Kind, PARAMS};
use std::collections::BTreeSet;
use std::fs;

fn source(name: &str) -> String {
    let file = format!("{}/npm/{name}", env!("CARGO_MANIFEST_DIR"));
    fs::read_to_string(&file).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// The lines `parameter("key", "kind", …)` of the element's table.
fn parameters() -> Vec<(String, String)> {
    let text = source("host.ts");
    let table = text.split("PARAMETERS: readonly Parameter[] = [").nth(1).and_then(|rest| rest.split("];").next());
    let lines = table.expect("the table").lines().filter_map(|line| line.trim().strip_prefix("parameter("));
    lines
        .map(|line| {
            let words: Vec<&str> = line.split('"').collect();
            (words[1].to_owned(), (*words.get(3).unwrap_or(&"text")).to_owned())
        })
        .collect()
}

/// How a parameter is a property.
fn kind(name: &str, kind: Kind) -> &'static str {
    match kind {
        Kind::Flag | Kind::Switch => "flag",
        Kind::Some(_) | Kind::Names => "list",
        // A seed has 64 bits, which no number of JavaScript holds.
        Kind::Number(..) if name != "seed" => "number",
        _ => "text",
    }
}

#[test]
fn the_elements_attributes_are_the_frames_parameters() {
    let mut wanted = Vec::new();
    for param in PARAMS.iter().filter(|param| param.attribute) {
        for name in [param.name, param.alias].into_iter().filter(|name| !name.is_empty()) {
            wanted.push((name.to_owned(), kind(param.name, param.kind).to_owned()));
        }
    }
    assert_eq!(parameters(), wanted);
}

#[test]
fn flags_that_are_on_by_themselves_are_so_on_both_sides() {
    let text = source("host.ts");
    for param in PARAMS.iter().filter(|param| param.attribute && param.kind == Kind::Switch) {
        let line = text.lines().find(|line| line.contains(&format!("parameter(\"{}\"", param.name))).expect("its line");
        assert_eq!(line.contains("on: true"), param.default == "true", "{}", param.name);
    }
    let load = PARAMS.iter().find(|param| param.name == "load").expect("a parameter");
    assert!(source("embed.ts").contains(&format!(": \"{}\";", load.default)), "load is {} by itself", load.default);
}

/// The words that stand between `before` and a quotation mark.
fn said(text: &str, before: &str) -> BTreeSet<String> {
    text.split(before).skip(1).filter_map(|rest| rest.split('"').next()).map(str::to_owned).collect()
}

#[test]
fn the_element_asks_and_hears_what_the_contract_has() {
    let text = source("embed.ts");
    let mut asked = said(&text, "#ask(\"");
    asked.extend(said(&text, "{ type: \""));
    asked.remove("");
    let known: BTreeSet<String> = COMMANDS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(asked, known, "every message to the frame has its method or attribute");
    let heard = said(&text, "case \"");
    let told: BTreeSet<String> = EVENTS.iter().map(|(name, _)| (*name).to_owned()).collect();
    // The browser itself moves the focus out of a frame.
    let passed = BTreeSet::from(["focusout".to_owned()]);
    assert_eq!(&heard | &passed, told);
}
