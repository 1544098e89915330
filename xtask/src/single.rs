//! The page that is one file: it works from a disk, without a network, and in a frame that may do nothing but run scripts.
//!
//! Made from the site that is built already. What its scripts fetched, they find in the page itself (`single.boot.js`).

use crate::parts::{MINIFY, read, rename, write};
use crate::places;
use crate::process::{self, command};
use crate::say::{Failure, Outcome};
use crate::setup::{self, Cutters};
use std::fs;
use std::path::Path;

pub const NAME: &str = "faultline.html";
const BOOT: &str = "boot.js";
const FILES: &str = "single.boot.js";

/// Writes it beside the page that is in `dist`.
pub fn make(dist: &Path) -> Outcome<()> {
    let cutters = setup::for_cutting()?;
    let work = process::target_folder()?.join("single").join(std::process::id().to_string());
    fs::create_dir_all(&work).map_err(|error| Failure::file(&work, &error))?;
    let made = assemble(&cutters, dist, &work);
    fs::remove_dir_all(&work).map_err(|error| Failure::file(&work, &error))?;
    made
}

fn assemble(cutters: &Cutters, dist: &Path, work: &Path) -> Outcome<()> {
    let root = places::root();
    let (page, checker) = scripts(dist)?;
    write(&work.join(FILES), read(&root.join(FILES))?.as_bytes())?;
    write(&work.join("page.js"), inward(&read(&dist.join(&page))?)?.as_bytes())?;
    write(&work.join("checker.js"), inward(&read(&dist.join(&checker))?)?.as_bytes())?;
    let boot = [("import(at(\"js\"))", "import(\"./page.js\")"), ("at(\"wasm\")", "faultlinePart(\"_bg.wasm\")")];
    write(&work.join(BOOT), rename(&read(&root.join(BOOT))?, &boot)?.as_bytes())?;
    let (script, worker) = (work.join("whole.js"), work.join("worker.js"));
    for (from, to) in [(BOOT, &script), ("checker.js", &worker)] {
        let mut bundle = cutters.esbuild();
        bundle.arg(work.join(from)).args(["--bundle", "--format=esm", "--log-level=warning"]).args(MINIFY);
        bundle.arg(format!("--inject:{}", work.join(FILES).display())).arg(format!("--outfile={}", to.display()));
        process::silently(&mut bundle, "esbuild failed on the one-file page")?;
    }
    let mut node = command("node");
    node.arg(root.join("xtask").join("single.mjs")).arg(dist).args([&script, &worker]).arg(dist.join(NAME));
    process::silently(&mut node, "The one-file page could not be written")
}

/// The page's script and the worker's, by their names.
fn scripts(dist: &Path) -> Outcome<(String, String)> {
    let names = crate::parts::names(dist)?;
    let page = names.iter().find_map(|name| {
        let hash = name.strip_prefix("page-")?.strip_suffix("_bg.wasm")?;
        Some((format!("page-{hash}.js"), format!("page-{hash}-checker.js")))
    });
    page.ok_or_else(|| Failure::new("dist/ has no page.", "cargo xtask dist"))
}

/// A script that looks for its WebAssembly in the page instead of beside itself.
fn inward(script: &str) -> Outcome<String> {
    let mut text = String::with_capacity(script.len());
    let mut rest = script;
    let mut count = 0;
    while let Some(at) = rest.find("new URL(") {
        let (before, found) = rest.split_at(at);
        let inside = &found["new URL(".len()..];
        let Some((name, after)) = inside.split_once(",import.meta.url)").filter(|(name, _)| name.len() < 80) else {
            text.push_str(&rest[..at + "new URL(".len()]);
            rest = inside;
            continue;
        };
        // The glue's own address is taken as it is; of parts the loader fetches it.
        let fetched = before.ends_with("fetch(");
        text.push_str(if fetched { &before[..before.len() - "fetch(".len()] } else { before });
        text.push_str(&format!("faultlinePart({})", name.replacen("./", "", 1)));
        rest = if fetched { after.strip_prefix(')').unwrap_or(after) } else { after };
        count += 1;
    }
    text.push_str(rest);
    if count == 0 || text.contains("import.meta") {
        return Err(Failure::new(
            "A script of the page finds its files in another way than it did.",
            "Change xtask/src/single.rs with it.",
        ));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_finds_its_files_in_the_page() {
        let script = "let n=fetch(new URL(\"./page-1f-ring.wasm\",import.meta.url));return n.catch(e);\
                      e===void 0&&(e=new URL(\"page-1f_bg.wasm\",import.meta.url));new URL(x)";
        let wanted = "let n=faultlinePart(\"page-1f-ring.wasm\");return n.catch(e);\
                      e===void 0&&(e=faultlinePart(\"page-1f_bg.wasm\"));new URL(x)";
        assert_eq!(inward(script).unwrap(), wanted);
        assert!(inward("new URL(x)").is_err(), "a script without files is not the page's");
        assert!(inward(&format!("{script};import.meta.url")).is_err());
    }
}
