//! The names by which a module and its script know each other are long and end in hashes that nothing compresses. Short
//! ones do. An export that the script never mentions is dropped, and wasm-opt then drops what only it needed.

use crate::wasm::{EXPORTS, IMPORTS, Reader, imports, imports_section, number, sections, text};
use std::collections::{BTreeSet, HashMap};

/// The script that wasm-bindgen writes beside a module; imports from others keep their names.
const OWN_SCRIPT: &[u8] = b"./page_bg.js";

/// The module and its script with short names; none if the module is not laid out as WebAssembly's standard says.
pub fn shorten(module: &[u8], script: &str) -> Option<(Vec<u8>, String)> {
    let mentioned: BTreeSet<&str> = words(script).filter(|(is_word, _)| *is_word).map(|(_, word)| word).collect();
    let mut names = Names::default();
    let mut out = module.get(..8)?.to_vec();
    for section in sections(module) {
        let (kind, content) = section?;
        out.push(kind);
        match kind {
            IMPORTS => {
                let mut short = |(from, name, of): (_, &[u8], _)| {
                    (from, if from == OWN_SCRIPT { names.of(name) } else { name.to_vec() }, of)
                };
                let all: Vec<_> = imports(content).map(|import| import.map(&mut short)).collect::<Option<_>>()?;
                text(&mut out, &imports_section(&all));
            }
            EXPORTS => text(&mut out, &exports(content, &mentioned, &mut names)?),
            _ => text(&mut out, content),
        }
    }
    let script = words(script).map(|(is_word, word)| match names.short.get(word) {
        Some(short) if is_word => short.as_str(),
        _ => word,
    });
    Some((out, script.collect()))
}

#[derive(Default)]
struct Names {
    short: HashMap<String, String>,
}

impl Names {
    /// Only names that nobody writes by hand: a word such as `memory` stands for other things too. Parts import what
    /// begins with `__wasm_split` and the table by their names.
    fn of(&mut self, long: &[u8]) -> Vec<u8> {
        let Ok(name) = std::str::from_utf8(long) else { return long.to_vec() };
        if !["__wbg_", "__wbindgen_", "__externref_", "wasm_bindgen__"].iter().any(|start| name.starts_with(start)) {
            return long.to_vec();
        }
        let next = self.short.len();
        self.short.entry(name.to_owned()).or_insert_with(|| number_name(next)).clone().into_bytes()
    }
}

/// `a`, `b`, …, `z`, `aa`, …
fn number_name(mut number: usize) -> String {
    let mut letters = Vec::new();
    loop {
        letters.push(b'a' + (number % 26) as u8);
        if number < 26 {
            break;
        }
        number = number / 26 - 1;
    }
    letters.iter().rev().map(|letter| char::from(*letter)).collect()
}

fn exports(content: &[u8], mentioned: &BTreeSet<&str>, names: &mut Names) -> Option<Vec<u8>> {
    let mut reader = Reader { bytes: content, at: 0 };
    let (mut kept, mut out) = (0, Vec::new());
    for _ in 0..reader.number()? {
        let name = reader.text()?;
        let start = reader.at;
        reader.byte()?;
        reader.number()?;
        if mentioned.contains(std::str::from_utf8(name).ok()?) {
            kept += 1;
            text(&mut out, &names.of(name));
            out.extend(&content[start..reader.at]);
        }
    }
    let mut section = Vec::new();
    number(&mut section, kept);
    section.extend(out);
    Some(section)
}

/// The text cut into JavaScript's words and what stands between them.
fn words(text: &str) -> impl Iterator<Item = (bool, &str)> {
    let in_word = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == '$';
    let mut rest = text;
    std::iter::from_fn(move || {
        let is_word = in_word(rest.chars().next()?);
        let end = rest.find(|letter| in_word(letter) != is_word).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        rest = after;
        Some((is_word, word))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module(imports: &[(&str, &str)], exports: &[&str]) -> Vec<u8> {
        let mut out = b"\0asm\x01\0\0\0".to_vec();
        let mut section = Vec::new();
        number(&mut section, imports.len());
        for (from, name) in imports {
            text(&mut section, from.as_bytes());
            text(&mut section, name.as_bytes());
            section.extend([0, 0]);
        }
        out.push(IMPORTS);
        text(&mut out, &section);
        section.clear();
        number(&mut section, exports.len());
        for name in exports {
            text(&mut section, name.as_bytes());
            section.extend([0, 7]);
        }
        out.push(EXPORTS);
        text(&mut out, &section);
        out.extend([10, 1, 0]);
        out
    }

    #[test]
    fn names_become_short_on_both_sides_and_unmentioned_exports_go() {
        let imports = [("./page_bg.js", "__wbg_set_6be4"), ("./__wasm_split.js", "__wasm_split_load_ring")];
        let before = module(&imports, &["memory", "__wbindgen_malloc", "__wbg_sink_free", "main"]);
        let script =
            "x={__wbg_set_6be4(e){e.memory}},q={__wasm_split_load_ring:r};w.__wbindgen_malloc(\"__wbg_set_6b\")";
        let (after, script) = shorten(&before, script).unwrap();
        let imports = [("./page_bg.js", "a"), ("./__wasm_split.js", "__wasm_split_load_ring")];
        assert_eq!(after, module(&imports, &["memory", "b"]));
        assert_eq!(script, "x={a(e){e.memory}},q={__wasm_split_load_ring:r};w.b(\"__wbg_set_6b\")");
    }

    #[test]
    fn half_a_module_is_refused() {
        let whole = module(&[("./page_bg.js", "__wbg_set_6be4")], &["memory"]);
        assert!(shorten(&whole, "").is_some());
        assert!(shorten(&whole[..whole.len() - 9], "").is_none());
        assert!(shorten(b"", "").is_none());
    }

    #[test]
    fn no_two_names_are_the_same() {
        let names: BTreeSet<String> = (0..2_000).map(number_name).collect();
        assert_eq!(names.len(), 2_000);
        assert_eq!([number_name(0), number_name(25), number_name(26)], ["a", "z", "aa"]);
    }
}
