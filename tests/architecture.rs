//! Tidy is a test: what ARCHITECTURE.md says about folders holds, or this fails with the line that breaks it.

use std::fs;
use std::path::{Path, PathBuf};

/// Folder below src, and the folders of ours that it may import.
const MAY_IMPORT: [(&str, &[&str]); 6] = [
    ("core", &[]),
    ("sim", &["core"]),
    ("check", &["core"]),
    ("scenes", &["core", "sim", "check"]),
    ("ui", &["scenes", "embed"]),
    ("embed", &["scenes"]),
];

/// The house number is 400 lines; at this one a file has to be split.
const LINES_MAX: usize = 600;

const SKIPPED_FOLDERS: [&str; 6] = ["target", "dist", "artifacts", "node_modules", ".git", "docs"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All files below a folder of the project that end so, with their text.
fn files(below: &str, endings: &[&str]) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(below)];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for path in entries.map(|entry| entry.expect("the project's folders can be read").path()) {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_dir() {
                if !SKIPPED_FOLDERS.contains(&name.as_str()) {
                    folders.push(path);
                }
            } else if endings.iter().any(|ending| name.ends_with(ending)) {
                let text = fs::read_to_string(&path).unwrap_or_default();
                found.push((path.strip_prefix(root()).expect("it lies below the root").to_owned(), text));
            }
        }
    }
    found.sort();
    found
}

/// The lines of code: no comments, and nothing from the file's tests on.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text.lines().enumerate().take_while(|(_, line)| line.trim() != "#[cfg(test)]");
    lines.map(|(at, line)| (at + 1, line.split("//").next().unwrap_or(""))).filter(|(_, line)| !line.trim().is_empty())
}

/// Fails with every complaint at once.
fn none(complaints: Vec<String>) {
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

fn word(text: &str) -> &str {
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len());
    &text[..end]
}

/// The first words of what stands in braces after `crate::`: `{core::hash, sim}` has `core` and `sim`.
fn words_in_braces(text: &str) -> Vec<&str> {
    let mut depth = 0;
    let mut words = Vec::new();
    let mut fresh = false;
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            break;
        }
        if depth == 1 && (c == '{' || c == ',') {
            fresh = true;
        } else if fresh && c.is_alphabetic() {
            words.push(word(&text[at..]));
            fresh = false;
        }
    }
    words
}

/// Names that stand right below the crate's root in `text`, which lies `depth` modules below that root.
fn named_from_root(text: &str, depth: usize) -> Vec<&str> {
    let to_root = "super::".repeat(depth);
    let mut names = Vec::new();
    for start in ["crate::", to_root.as_str()].into_iter().filter(|start| !start.is_empty()) {
        for (at, _) in text.match_indices(start) {
            let before = text[..at].chars().next_back();
            if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':' || c == '$') {
                continue;
            }
            let rest = &text[at + start.len()..];
            if rest.starts_with('{') {
                names.extend(words_in_braces(rest));
            } else {
                names.push(word(rest));
            }
        }
    }
    names
}

/// How many modules a file of src lies below the crate's root: src/sim/mod.rs 1, src/sim/time.rs 2.
fn depth(path: &Path) -> usize {
    let folders = path.components().count() - 2;
    folders + usize::from(path.file_name().is_some_and(|name| name != "mod.rs"))
}

#[test]
fn imports_go_one_way() {
    let mut complaints = Vec::new();
    for (folder, may) in MAY_IMPORT {
        for (path, text) in files(&format!("src/{folder}"), &[".rs"]) {
            // Tests of a folder keep to its imports too; only comments are free.
            let lines: Vec<&str> = text.lines().map(|line| line.split("//").next().unwrap_or("")).collect();
            let text = lines.join("\n");
            for name in named_from_root(&text, depth(&path)) {
                let ours = MAY_IMPORT.iter().any(|(other, _)| *other == name);
                if ours && name != folder && !may.contains(&name) {
                    complaints.push(format!("{}: src/{folder} may not import {name}", path.display()));
                }
            }
        }
    }
    none(complaints);
}

#[test]
fn the_import_reader_sees_every_form() {
    let forms =
        "use crate::core::hash; use crate::{sim::{time, queue}, check as c};\nuse super::super::ui::x; mycrate::embed";
    assert_eq!(named_from_root(forms, 2), ["core", "sim", "check", "ui"]);
    assert_eq!(depth(Path::new("src/sim/mod.rs")), 1);
    assert_eq!(depth(Path::new("src/core/lock/client.rs")), 3);
}

#[test]
fn core_and_sim_are_the_same_on_every_machine() {
    let banned = [
        ("Instant::now", "time is virtual"),
        ("SystemTime", "time is virtual"),
        ("HashMap", "its order changes from run to run: BTreeMap"),
        ("HashSet", "its order changes from run to run: BTreeSet"),
        ("thread_rng", "draws come from the seed"),
        ("rand::random", "draws come from the seed"),
        (".ln()", "differs between native and wasm: libm::log"),
        (".exp()", "differs between native and wasm: libm::exp"),
        (".powf(", "differs between native and wasm: libm::pow"),
        (".sin()", "differs between native and wasm: libm::sin"),
        (".cos()", "differs between native and wasm: libm::cos"),
    ];
    let places = ["src/core", "src/sim"].into_iter().flat_map(|folder| files(folder, &[".rs"]));
    none(banned_in(places.collect(), &banned));
}

#[test]
fn core_knows_no_clock_no_dice_no_dom_and_no_json() {
    let reason = "core imports hashes and libm only";
    let names = ["leptos", "web_sys", "js_sys", "wasm_bindgen", "serde_json", "rand_pcg", "rand_core", "std::time"];
    none(banned_in(files("src/core", &[".rs"]), &names.map(|name| (name, reason))));
}

fn banned_in(files: Vec<(PathBuf, String)>, banned: &[(&str, &str)]) -> Vec<String> {
    let mut complaints = Vec::new();
    for (path, text) in &files {
        for (at, line) in code(text) {
            let hits = banned.iter().filter(|(name, _)| line.contains(name));
            complaints.extend(hits.map(|(name, why)| format!("{}:{at}: {name}: {why}", path.display())));
        }
    }
    complaints
}

#[test]
fn files_stay_readable() {
    let endings = [".rs", ".css", ".js", ".mjs", ".html"];
    let long = files("", &endings).into_iter().map(|(path, text)| (path, text.lines().count()));
    let long = long.filter(|(_, lines)| *lines > LINES_MAX);
    none(
        long.map(|(path, lines)| {
            format!("{}: {lines} lines, at most {LINES_MAX}: split it by concept", path.display())
        })
        .collect(),
    );
}

#[test]
fn no_style_is_written_into_an_element() {
    // The content security policy forbids it: style:name=… sets a property and is fine.
    let literal = ["style=\"", "style='", "style=move", "style=format", "attr:style"];
    none(banned_in(files("src/ui", &[".rs"]), &literal.map(|form| (form, "use a class or style:name=…"))));
}

#[test]
fn colours_are_tokens() {
    let mut complaints = Vec::new();
    for (path, text) in files("style", &[".css"]) {
        if path.ends_with("tokens.css") {
            continue;
        }
        for (at, line) in text.lines().enumerate() {
            if line.split_once(':').is_some_and(|(_, value)| names_a_colour(value)) {
                complaints.push(format!("{}:{}: a colour outside tokens.css: {}", path.display(), at + 1, line.trim()));
            }
        }
    }
    none(complaints);
}

fn names_a_colour(value: &str) -> bool {
    let value = value.split("/*").next().unwrap_or("");
    let hexes = value.split('#').skip(1).map(|rest| rest.chars().take_while(char::is_ascii_hexdigit).count());
    let functions = ["rgb(", "rgba(", "hsl(", "oklch("];
    (value.contains(';') && hexes.into_iter().any(|digits| digits >= 3))
        || functions.iter().any(|name| value.contains(name))
}

#[test]
fn nothing_names_a_machine() {
    let folders = ["home", "root", "Users", "work", "mnt"].map(|name| format!("/{name}/"));
    let endings = [".rs", ".toml", ".md", ".yml", ".js", ".mjs", ".json", ".css", ".html", ".txt", "run", "config"];
    let mut complaints = Vec::new();
    for (path, text) in files("", &endings) {
        for folder in &folders {
            for (at, _) in text.match_indices(folder.as_str()) {
                let before = text[..at].chars().next_back().unwrap_or(' ');
                if !before.is_alphanumeric() && !"._-}".contains(before) {
                    let line = text[..at].lines().count();
                    complaints.push(format!("{}:{line}: an absolute path, {folder}…", path.display()));
                }
            }
        }
    }
    none(complaints);
}

#[test]
fn the_page_carries_the_packages_version() {
    let index = fs::read_to_string(root().join("index.html")).expect("index.html is there");
    let version = concat!("data-version=\"", env!("CARGO_PKG_VERSION"), "\"");
    assert!(index.contains(version), "index.html must say {version}: boot.js shows it when the page has stopped");
}
