//! The contract with other pages: every parameter's good, bad and hostile values, every message, and that the docs say what the
//! tables say. `FAULTLINE_PIN=1 cargo test --test all embed::` rewrites docs/embed-v1.json and the tables of docs/embed.md.

mod messages;
mod parameters;

use faultline::embed::message::{COMMANDS, EVENTS};
use faultline::embed::params::{KEYS, Kind, PARAMS, says, values};
use faultline::scenes::scene::Lang;
use faultline::scenes::{self, SCENES};
use std::fs;
use std::path::Path;

/// How many cases a property is tried with: 100,000 in all, millions in a soak.
fn cases(usual: u32) -> u32 {
    if std::env::var_os("FAULTLINE_SOAK").is_some() { usual * 40 } else { usual }
}

fn pinned(path: &str, wanted: impl FnOnce(&str) -> String) {
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let found = fs::read_to_string(&place).unwrap_or_default();
    let wanted = wanted(&found);
    if std::env::var_os("FAULTLINE_PIN").is_some() {
        fs::write(&place, &wanted).expect("the file can be written");
        return;
    }
    assert_eq!(found, wanted, "{path}: FAULTLINE_PIN=1 cargo test --test all embed::");
}

/// The text with what stands between a mark and the next `<!-- end -->` replaced.
fn between(text: &str, mark: &str, table: &str) -> String {
    let at = text.find(mark).unwrap_or_else(|| panic!("docs/embed.md has no {mark}"));
    let from = at + text[at..].find('\n').expect("the mark has a line of its own") + 1;
    let to = from + text[from..].find("<!-- end -->").expect("the table has an end");
    format!("{}{table}{}", &text[..from], &text[to..])
}

#[test]
fn the_docs_have_the_tables() {
    let mut parameters =
        String::from("| Key | Values | Default | What it does | Since |\n| --- | --- | --- | --- | --- |\n");
    for param in &PARAMS {
        let what = says(param.name);
        assert!(!what.is_empty(), "{} is not explained", param.name);
        let default = if param.default.is_empty() { "–".to_owned() } else { format!("`{}`", param.default) };
        let (name, since) = (param.name, param.since);
        parameters += &format!("| `{name}` | {} | {default} | {what} | {since} |\n", values(param.kind));
    }
    let table = |rows: &[(&str, &str)], says: fn(&str) -> &'static str| {
        let mut out = String::from("| Type | Carries | What it does | Since |\n| --- | --- | --- | --- |\n");
        for (name, fields) in rows {
            assert!(!says(name).is_empty(), "{name} is not explained");
            let carried = if fields.is_empty() { "–".to_owned() } else { format!("`{fields}`") };
            out += &format!("| `{name}` | {carried} | {} | 1 |\n", says(name));
        }
        out
    };
    let mut names = String::from("| `sim` | `scenario` |\n| --- | --- |\n");
    for scene in SCENES {
        let all = scenes::openings(scene, Lang::En).into_iter();
        let all: Vec<String> = all.map(|opening| format!("`{}` ({})", opening.name, opening.title)).collect();
        names += &format!("| `{scene}` | {} |\n", all.join(", "));
    }
    let (commands, events) = (table(&COMMANDS, messages::does), table(&EVENTS, messages::tells));
    pinned("docs/embed.md", |text| {
        let text = between(text, "<!-- parameters", &parameters);
        let text = between(&text, "<!-- scenarios", &names);
        let text = between(&text, "<!-- commands", &commands);
        between(&text, "<!-- events", &events)
    });
}

/// For whoever writes the other side: the element's attributes and TypeScript types are held against this file.
#[test]
fn the_contract_as_data() {
    let parameter = |param: &faultline::embed::params::Param| {
        let (kind, values) = match param.kind {
            Kind::Flag => ("flag", Vec::new()),
            Kind::Switch => ("boolean", Vec::new()),
            Kind::One(of) => ("enum", of.to_vec()),
            Kind::Some(of) => ("list", of.to_vec()),
            Kind::Name | Kind::Take => ("name", Vec::new()),
            Kind::Names => ("names", Vec::new()),
            Kind::Number(..) => ("number", Vec::new()),
            Kind::Seconds(_) => ("seconds", Vec::new()),
            Kind::Language => ("language", Vec::new()),
            Kind::Poster(_) => ("poster", Vec::new()),
            Kind::Origin => ("origin", Vec::new()),
        };
        let range = match param.kind {
            // As text: a seed may be larger than a double holds.
            Kind::Number(low, high) => serde_json::json!([low.to_string(), high.to_string()]),
            _ => serde_json::Value::Null,
        };
        serde_json::json!({
            "name": param.name, "alias": param.alias, "kind": kind, "values": values, "range": range,
            "default": param.default, "since": param.since, "attribute": param.attribute, "says": says(param.name),
        })
    };
    let rows = |rows: &[(&str, &str)]| -> Vec<serde_json::Value> {
        rows.iter().map(|(name, fields)| serde_json::json!({ "type": name, "fields": fields, "since": 1 })).collect()
    };
    let all = serde_json::json!({
        "contract": 1,
        "parameters": PARAMS.iter().map(parameter).collect::<Vec<_>>(),
        "commands": rows(&COMMANDS),
        "events": rows(&EVENTS),
    });
    let text = serde_json::to_string_pretty(&all).expect("it is JSON") + "\n";
    pinned("docs/embed-v1.json", |_| text);
}

#[test]
fn the_page_looks_for_the_keys_of_the_table() {
    let names = PARAMS.iter().flat_map(|param| [param.name, param.alias]).filter(|name| !name.is_empty());
    assert_eq!(names.collect::<Vec<_>>(), KEYS.split_whitespace().collect::<Vec<_>>());
    assert!(KEYS.starts_with(' ') && KEYS.ends_with(' '));
}
