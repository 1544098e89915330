//! What several parts need wasm-split writes into one file for each set of parts: about 180 files, most of them of 200
//! bytes. The small ones become one file here, which every part that needs any of them fetches.

use crate::parts::{names, read, write};
use crate::process;
use crate::say::{Failure, Outcome};
use crate::setup::{Cutters, FEATURES};
use crate::wasm::{EXPORTS, IMPORTS, imports, imports_section, number, sections, text};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The file that the small ones become, and what the script calls it.
pub const JOINED: &str = "joined.wasm";
/// Bytes of a file, before wasm-opt, from which on it stays one of its own.
const SMALL: u64 = 12_000;
/// The module that all parts import from.
const FIRST_PART: &[u8] = b"__wasm_split";
/// As the one that stands in for it while files are joined imports from it: of itself it could not.
const OUTSIDE: &[u8] = b"__outside";
pub const SCRIPT: &str = "__wasm_split.js";

/// Joins the small files that wasm-split has written into `cut`, with `work` for what is in between.
pub fn join(cutters: &Cutters, cut: &Path, work: &Path) -> Outcome<()> {
    let size = |name: &String| fs::metadata(cut.join(name)).map_or(u64::MAX, |file| file.len());
    let small: Vec<String> =
        names(cut)?.into_iter().filter(|name| name.starts_with("chunk_") && size(name) < SMALL).collect();
    if small.len() < 2 {
        return Ok(());
    }
    let strange = || Failure::new("What wasm-split wrote is not understood.", "Change xtask/src/join.rs with it.");
    let mut modules = Vec::new();
    for name in &small {
        modules.push(fs::read(cut.join(name)).map_err(|error| Failure::file(&cut.join(name), &error))?);
    }
    let outside = work.join("outside.wasm");
    write(&outside, &stand_in(&modules).ok_or_else(strange)?)?;
    let joined = cut.join(JOINED);
    let mut merge = cutters.wasm_merge();
    merge.args(FEATURES).arg(&outside).arg(std::str::from_utf8(FIRST_PART).expect("it is ASCII"));
    for name in &small {
        merge.arg(cut.join(name)).arg(name);
    }
    process::silently(merge.arg("-o").arg(&joined), "wasm-merge failed")?;
    let module = fs::read(&joined).map_err(|error| Failure::file(&joined, &error))?;
    write(&joined, &from_first_part(&module).ok_or_else(strange)?)?;
    for name in &small {
        fs::remove_file(cut.join(name)).map_err(|error| Failure::file(&cut.join(name), &error))?;
    }
    let script = cut.join(SCRIPT);
    write(&script, one_loader(&read(&script)?, &small).ok_or_else(strange)?.as_bytes())
}

/// A module that imports what the given ones import, and exports it under the same names.
fn stand_in(modules: &[Vec<u8>]) -> Option<Vec<u8>> {
    let mut wanted: BTreeMap<&[u8], &[u8]> = BTreeMap::new();
    for module in modules {
        for section in sections(module) {
            if let (IMPORTS, content) = section? {
                for import in imports(content) {
                    let (from, name, of) = import?;
                    if from != FIRST_PART {
                        return None;
                    }
                    wanted.insert(name, of);
                }
            }
        }
    }
    let imported: Vec<_> = wanted.iter().map(|(name, of)| (OUTSIDE, *name, *of)).collect();
    let mut exports = Vec::new();
    number(&mut exports, wanted.len());
    let mut counts = BTreeMap::new();
    for (name, of) in wanted {
        let kind = *of.first()?;
        let index = counts.entry(kind).or_insert(0);
        text(&mut exports, name);
        exports.push(kind);
        number(&mut exports, *index);
        *index += 1;
    }
    let mut out = b"\0asm\x01\0\0\0".to_vec();
    for (kind, section) in [(IMPORTS, imports_section(&imported)), (EXPORTS, exports)] {
        out.push(kind);
        text(&mut out, &section);
    }
    Some(out)
}

/// The joined module as the parts are: it imports from the first part, and exports nothing.
fn from_first_part(module: &[u8]) -> Option<Vec<u8>> {
    let mut out = module.get(..8)?.to_vec();
    for section in sections(module) {
        let (kind, content) = section?;
        match kind {
            IMPORTS => {
                let inside = |(from, name, of)| (if from == OUTSIDE { FIRST_PART } else { from }, name, of);
                let all: Vec<(_, &[u8], _)> =
                    imports(content).map(|import| import.map(inside)).collect::<Option<_>>()?;
                out.push(kind);
                text(&mut out, &imports_section(&all));
            }
            EXPORTS => {}
            _ => {
                out.push(kind);
                text(&mut out, content);
            }
        }
    }
    Some(out)
}

/// The script in which the small files have one loader; none if it does not have one for each.
fn one_loader(script: &str, small: &[String]) -> Option<String> {
    let variables: Vec<String> = small.iter().map(|name| format!("__{}", name.trim_end_matches(".wasm"))).collect();
    let mut script = script.to_owned();
    for (n, (name, variable)) in small.iter().zip(&variables).enumerate() {
        const END: &str = ", []);\n";
        let start = script.find(&format!("const {variable} = makeLoad("))?;
        let end = start + script[start..].find(END)? + END.len();
        if n == 0 {
            let loader = script[start..end].replacen(name.as_str(), JOINED, 1);
            script.replace_range(start..end, &loader);
        } else {
            script.replace_range(start..end, "");
        }
    }
    let mut out = String::new();
    for line in script.lines() {
        match line.strip_prefix(", [").and_then(|list| list.split_once(']')) {
            Some((list, after)) => {
                let mut kept: Vec<&str> = list.split(", ").collect();
                let all = kept.len();
                kept.retain(|variable| !variables.iter().any(|small| small == variable));
                if kept.len() < all {
                    kept.insert(0, &variables[0]);
                }
                out += &format!(", [{}]{after}\n", kept.join(", "));
            }
            None => out += &format!("{line}\n"),
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A module that imports the given names, each with its type as it is written.
    fn module(from: &[u8], imports: &[(&str, &[u8])]) -> Vec<u8> {
        let mut section = Vec::new();
        number(&mut section, imports.len());
        for (name, of) in imports {
            text(&mut section, from);
            text(&mut section, name.as_bytes());
            section.extend(*of);
        }
        let mut out = b"\0asm\x01\0\0\0".to_vec();
        out.push(IMPORTS);
        text(&mut out, &section);
        out
    }

    const MEMORY: (&str, &[u8]) = ("memory", &[2, 0, 30]);
    const TABLE: (&str, &[u8]) = ("table", &[1, 0x70, 0, 9]);
    const STACK: (&str, &[u8]) = ("stack", &[3, 0x7f, 1]);
    const OTHER: (&str, &[u8]) = ("other", &[3, 0x7f, 0]);

    #[test]
    fn what_stands_in_hands_on_every_import_once() {
        let parts = [module(FIRST_PART, &[MEMORY, STACK]), module(FIRST_PART, &[OTHER, MEMORY, TABLE])];
        let found = stand_in(&parts).unwrap();
        let mut wanted = module(OUTSIDE, &[MEMORY, OTHER, STACK, TABLE]);
        wanted.push(EXPORTS);
        text(&mut wanted, b"\x04\x06memory\x02\0\x05other\x03\0\x05stack\x03\x01\x05table\x01\0");
        assert_eq!(found, wanted);
        assert_eq!(from_first_part(&found).unwrap(), module(FIRST_PART, &[MEMORY, OTHER, STACK, TABLE]));
    }

    #[test]
    fn files_that_import_from_elsewhere_are_not_joined() {
        assert_eq!(stand_in(&[module(b"env", &[MEMORY])]), None);
        let half = module(FIRST_PART, &[MEMORY]);
        assert_eq!(stand_in(&[half[..half.len() - 2].to_vec()]), None);
    }

    #[test]
    fn the_small_ones_have_one_loader() {
        let loader = |name: &str| format!("const __{name} = makeLoad(() => fetch(\"./{name}.wasm\")\n, []);\n");
        let part = |name: &str, list: &str| format!("export const {name} = f(makeLoad(() => fetch()\n, [{list}]));\n");
        let script = loader("chunk_1")
            + &loader("chunk_12")
            + &loader("chunk_3")
            + &part("ring", "__chunk_1, __chunk_12, __chunk_3")
            + &part("teach", "__chunk_12")
            + &part("chinese", "");
        let wanted = loader("chunk_1").replace("./chunk_1.wasm", "./joined.wasm")
            + &loader("chunk_12")
            + &part("ring", "__chunk_1, __chunk_12")
            + &part("teach", "__chunk_12")
            + &part("chinese", "");
        let small = ["chunk_1.wasm", "chunk_3.wasm"].map(String::from);
        assert_eq!(one_loader(&script, &small).unwrap(), wanted);
        assert_eq!(one_loader(&script, &["chunk_1.wasm", "chunk_4.wasm"].map(String::from)), None);
    }
}
