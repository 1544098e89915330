//! `cargo xtask parts`: what Trunk has built becomes the site that is served. Trunk calls it after each build.
//!
//! The linked module is cut where `src/ui/parts.rs` says so: one file that the page starts with, and one for each part
//! that is fetched when it is first asked for; the worker's two files come beside them (`checker.rs`). Every name carries
//! one hash of page and worker, so that no cache can mix two builds. A release is made small as well.

use crate::checker::Checker;
use crate::join;
use crate::process::{self, command};
use crate::say::{self, Failure, Outcome};
use crate::setup::{self, Cutters, FEATURES};
use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

/// What wasm-opt does with every file of a release.
const OPTIMISE: &str = "--strip-debug --strip-producers --low-memory-unused --flatten --rereloop -Oz -Oz";
/// Set where a site is built that nobody weighs, which saves minutes.
pub const AS_LINKED: &str = "FAULTLINE_AS_LINKED";
/// What the browsers that can run the page understand. Texts stay as they are: Chinese in escapes is twice as long.
pub const MINIFY: [&str; 4] = ["--minify", "--target=es2022", "--charset=utf8", "--legal-comments=none"];

pub fn hook() -> Outcome<()> {
    let var = |name| {
        env::var(name).map_err(|_| {
            Failure::new(format!("{name} is not set: Trunk calls this command."), "cargo xtask dist, or trunk build")
        })
    };
    let started = Instant::now();
    let staging = PathBuf::from(var("TRUNK_STAGING_DIR")?);
    let release = var("TRUNK_PROFILE")? == "release";
    let cutters = setup::for_cutting()?;
    let built = Built::find(&staging)?;
    let target = process::target_folder()?;
    let work = target.join("parts").join(std::process::id().to_string());
    fs::create_dir_all(&work).map_err(|error| Failure::file(&work, &error))?;
    let done = built.cut(&cutters, &target, &work, release).and_then(|count| {
        built.checker.serve(&cutters, &built.name("-checker"), &work, release)?;
        built.name_in_page()?;
        if release {
            small(&cutters, &staging, &work)?;
        }
        Ok(count)
    });
    fs::remove_dir_all(&work).map_err(|error| Failure::file(&work, &error))?;
    say::remark(&format!("cut off {} parts in {}", done?, say::duration(started.elapsed())));
    Ok(())
}

/// What Trunk has put into its staging folder.
struct Built {
    staging: PathBuf,
    /// Trunk's, of the page's linked module.
    linked: String,
    /// Of that and of the worker.
    hash: String,
    checker: Checker,
}

impl Built {
    fn find(staging: &Path) -> Outcome<Self> {
        let names = names(staging)?;
        let mut hashes = names.iter().filter_map(|name| name.strip_prefix("page-")?.strip_suffix("_bg.wasm"));
        match (hashes.next(), hashes.next()) {
            (Some(linked), None) => {
                let checker = Checker::find(staging)?;
                let hash =
                    format!("{:x}", seahash(&[linked.as_bytes(), &checker.wasm, checker.boot.as_bytes()].concat()));
                Ok(Self { staging: staging.to_owned(), linked: linked.to_owned(), hash, checker })
            }
            _ => Err(Failure::new(
                format!("{} has no single page-HASH_bg.wasm.", staging.display()),
                "Leave Trunk's filehash on.",
            )),
        }
    }

    /// The module that the linker wrote, before wasm-bindgen: the one whose hash Trunk has put into the names. Builds
    /// with other features leave theirs in the same folder under the same name.
    fn linked(&self, target: &Path, release: bool) -> Outcome<Vec<u8>> {
        let folder = target.join("wasm32-unknown-unknown").join(if release { "web" } else { "debug" });
        let deps = folder.join("deps");
        let older = names(&deps)?;
        let older = older.iter().filter(|name| name.starts_with("page-") && name.ends_with(".wasm"));
        let files = std::iter::once(folder.join("page.wasm")).chain(older.map(|name| deps.join(name)));
        let mut modules = files.filter_map(|file| fs::read(file).ok());
        modules.find(|module| format!("{:x}", seahash(module)) == self.linked).ok_or_else(|| {
            Failure::new(
                format!("No linked page.wasm below {} is the one that Trunk has built.", folder.display()),
                "Another build may have run at the same time: build again.",
            )
        })
    }

    /// Replaces Trunk's two files by the first part and the others; tells how many others.
    fn cut(&self, cutters: &Cutters, target: &Path, work: &Path, release: bool) -> Outcome<usize> {
        let mut module = self.linked(target, release)?;
        if release {
            forget_folders(&mut module);
        }
        let linked = work.join("linked.wasm");
        write(&linked, &module)?;
        let cut = work.join("cut");
        fs::create_dir_all(&cut).map_err(|error| Failure::file(&cut, &error))?;
        let mut split = command(cutters.split.as_os_str());
        split.args(["--out-name", "page"]).args([&linked, &cut]);
        process::silently(&mut split, "The page could not be cut into parts")?;
        join::join(cutters, &cut, work)?;

        let glue = work.join("glue");
        let mut bindgen = command(cutters.bindgen.as_os_str());
        bindgen.args(["--target", "web", "--no-typescript", "--keep-lld-exports", "--out-name", "page", "--out-dir"]);
        bindgen.args([&glue, &cut.join("page.wasm")]);
        process::silently(&mut bindgen, "wasm-bindgen failed on the first part")?;

        let renamed = self.part_names(&names(&cut)?);
        let first = glue.join("page_bg.wasm");
        let mut script = self.script(cutters, &glue, &loader(&read(&cut.join(join::SCRIPT))?, &renamed)?, release)?;
        if release {
            let module = fs::read(&first).map_err(|error| Failure::file(&first, &error))?;
            let short = crate::names::shorten(&module, &script);
            let (module, shorter) = short.ok_or_else(|| {
                Failure::new("What wasm-bindgen wrote is not understood.", "Change xtask/src/names.rs with it.")
            })?;
            write(&first, &module)?;
            script = shorter;
        }
        write(&self.staging.join(self.name(".js")), script.as_bytes())?;
        let mut files = vec![(first, self.staging.join(self.name("_bg.wasm")))];
        files.extend(renamed.iter().map(|(from, to)| (cut.join(from), self.staging.join(to))));
        for ending in [".js", "_bg.wasm"] {
            let old = self.staging.join(format!("page-{}{ending}", self.linked));
            fs::remove_file(&old).map_err(|error| Failure::file(&old, &error))?;
        }
        optimise(cutters, &files, release, OPTIMISE)?;
        Ok(renamed.len())
    }

    /// Trunk has written its own names into the page.
    fn name_in_page(&self) -> Outcome<()> {
        let file = html_file(&self.staging)?;
        let html = rename(&read(&file)?, &[(&format!("page-{}", self.linked), &self.name(""))])?;
        write(&file, html.as_bytes())
    }

    /// The page's one script: wasm-bindgen's and the loader of parts, without what nobody calls.
    fn script(&self, cutters: &Cutters, glue: &Path, loader: &str, release: bool) -> Outcome<String> {
        let page = rename(&read(&glue.join("page.js"))?, &[("page_bg.wasm", &self.name("_bg.wasm"))])?;
        write(&glue.join("page.js"), droppable(&page).as_bytes())?;
        write(&glue.join(join::SCRIPT), loader.as_bytes())?;
        // Of what wasm-bindgen exports boot.js needs one function.
        let (entry, whole) = (glue.join("entry.js"), glue.join("whole.js"));
        write(&entry, b"export { default } from \"./page.js\";\n")?;
        let mut bundle = cutters.esbuild();
        bundle.arg(entry).args(["--bundle", "--format=esm", "--log-level=warning"]);
        bundle.arg(format!("--outfile={}", whole.display()));
        if release {
            bundle.args(MINIFY);
        }
        process::silently(&mut bundle, "esbuild failed on the page's script")?;
        read(&whole)
    }

    fn name(&self, rest: &str) -> String {
        format!("page-{}{rest}", self.hash)
    }

    /// From the names that wasm-split gives to those that are served.
    fn part_names(&self, cut: &[String]) -> BTreeMap<String, String> {
        let served = |name: &str| {
            let stem = name.strip_suffix(".wasm")?;
            if name == join::JOINED {
                return Some(self.name("-shared.wasm"));
            }
            let shared = stem.strip_prefix("chunk_").map(|number| format!("shared-{number}"));
            let part = shared.or_else(|| stem.strip_prefix("split_").map(String::from))?;
            Some(self.name(&format!("-{part}.wasm")))
        };
        cut.iter().filter_map(|name| Some((name.clone(), served(name)?))).collect()
    }
}

/// Copies each file to its place; in a release made small. One a core at a time: all at once would need gigabytes.
pub fn optimise(cutters: &Cutters, files: &[(PathBuf, PathBuf)], release: bool, how: &str) -> Outcome<()> {
    if !release || env::var_os(AS_LINKED).is_some() {
        return files
            .iter()
            .try_for_each(|(from, to)| fs::copy(from, to).map(drop).map_err(|error| Failure::file(to, &error)));
    }
    let next = &AtomicUsize::new(0);
    std::thread::scope(|scope| {
        let run = move |from: &PathBuf, to: &PathBuf| {
            let mut wasm_opt = cutters.wasm_opt();
            wasm_opt.args(FEATURES).args(how.split(' ')).arg(from).arg("-o").arg(to);
            process::silently(&mut wasm_opt, "wasm-opt failed")
        };
        let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        let work = move || -> Outcome<()> {
            while let Some((from, to)) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                run(from, to)?;
            }
            Ok(())
        };
        let running: Vec<_> = (0..cores).map(|_| scope.spawn(work)).collect();
        running.into_iter().try_for_each(|thread| thread.join().expect("no thread panics"))
    })
}

/// The script that fetches parts, with the names under which they are served. It asks for no media type: the page itself
/// starts on hosts that do not know `application/wasm`, and so must its parts.
fn loader(script: &str, renamed: &BTreeMap<String, String>) -> Outcome<String> {
    let mut pairs: Vec<(&str, &str)> = renamed.iter().map(|(from, to)| (from.as_str(), to.as_str())).collect();
    pairs.push((
        "WebAssembly.instantiateStreaming(src, imports)",
        "WebAssembly.instantiate(await arrived(await src), imports)",
    ));
    let arrived = "async function arrived(response) {\n    \
                   if (!response.ok) throw new TypeError(`HTTP status ${response.status}: ${response.url}`);\n    \
                   return response.arrayBuffer();\n}\n";
    Ok(rename(script, &pairs)? + arrived)
}

/// wasm-bindgen's script in a form from which classes that nobody makes can be dropped. A library that is linked but not
/// used leaves three of them, and each would keep its functions in the module.
pub fn droppable(script: &str) -> String {
    let lines = script.lines().filter(|line| !line.starts_with("if (Symbol.dispose) "));
    let lines: String = lines.flat_map(|line| [line, "\n"]).collect();
    lines.replace("new FinalizationRegistry(", "/* @__PURE__ */ new FinalizationRegistry(")
}

/// `text` with each left side replaced by its right side; a left side that is not there is an error.
pub fn rename(text: &str, pairs: &[(&str, &str)]) -> Outcome<String> {
    pairs.iter().try_fold(text.to_owned(), |text, (from, to)| {
        if !text.contains(from) {
            return Err(Failure::new(
                format!("A script of the page does not say {from}: its tool has changed."),
                "Change xtask/src/parts.rs with it.",
            ));
        }
        Ok(text.replace(from, to))
    })
}

/// Blanks the folder of this machine that panic messages of dependencies begin with. The length must stay.
pub fn forget_folders(module: &mut [u8]) {
    let Some(home) = crate::places::cargo_home() else { return };
    let sources = home.join("registry").join("src").join("");
    let start = sources.to_string_lossy().into_owned().into_bytes();
    let mut at = 0;
    while let Some(found) = find(&module[at..], &start) {
        let from = at + found;
        // The folder of the registry is named after its host and a hash.
        let rest = &module[from + start.len()..];
        let end = rest.iter().take(80).position(|byte| matches!(byte, b'/' | b'\\')).unwrap_or(0);
        at = from + start.len() + end;
        module[from..at].fill(b'/');
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    let first = *wanted.first()?;
    let mut at = 0;
    loop {
        at += bytes.get(at..)?.iter().position(|byte| *byte == first)?;
        if bytes[at..].starts_with(wanted) {
            return Some(at);
        }
        at += 1;
    }
}

/// One style sheet for all, and a short boot script, both named after what they hold.
fn small(cutters: &Cutters, staging: &Path, work: &Path) -> Outcome<()> {
    let minified = |text: &str, name: &str| {
        let (from, to) = (work.join(name), work.join(format!("small-{name}")));
        write(&from, text.as_bytes())?;
        let mut esbuild = cutters.esbuild();
        esbuild.arg(from).arg(format!("--outfile={}", to.display())).args(["--log-level=warning"]).args(MINIFY);
        process::silently(&mut esbuild, &format!("esbuild failed on {name}"))?;
        read(&to)
    };
    let file = html_file(staging)?;
    let html = read(&file)?;
    let sheets = Sheets::of(&html).ok_or_else(|| {
        Failure::new("The built page has no style sheets in a row.", "Keep those lines of index.html together.")
    })?;
    let mut styles = String::new();
    for name in &sheets.names {
        styles += &read(&staging.join(name))?;
    }
    let styles = minified(&styles, "style.css")?;
    let style_name = format!("page-{:x}.css", seahash(styles.as_bytes()));
    let boot = minified(&read(&staging.join("boot.js"))?, "boot.js")?;
    let boot_name = format!("boot-{:x}.js", seahash(boot.as_bytes()));
    let html = rename(&sheets.replaced_by(&html, &style_name), &[("boot.js\"", &format!("{boot_name}\""))])?;
    for name in sheets.names.iter().map(String::as_str).chain(["boot.js"]) {
        let old = staging.join(name);
        fs::remove_file(&old).map_err(|error| Failure::file(&old, &error))?;
    }
    write(&staging.join(style_name), styles.as_bytes())?;
    write(&staging.join(boot_name), boot.as_bytes())?;
    write(&file, html.as_bytes())
}

fn html_file(staging: &Path) -> Outcome<PathBuf> {
    let name = names(staging)?.into_iter().find(|name| name.ends_with(".html"));
    name.map(|name| staging.join(name))
        .ok_or_else(|| Failure::new("Trunk has written no page.", "Build again, and read what Trunk says."))
}

/// The links to style sheets in a built page, which stand one after another.
#[derive(Debug, PartialEq)]
struct Sheets {
    /// From the first link's start to the last one's end.
    at: std::ops::Range<usize>,
    /// What stands before each name: the address of the site.
    base: String,
    names: Vec<String>,
}

impl Sheets {
    fn of(html: &str) -> Option<Self> {
        const LINK: &str = "<link rel=\"stylesheet\" href=\"";
        let start = html.find(LINK)?;
        let (mut end, mut base, mut names) = (start, "", Vec::new());
        while let Some(gap) = html[end..].find(LINK) {
            if !html[end..end + gap].trim().is_empty() {
                return None;
            }
            let link = &html[end + gap..];
            let address = link[LINK.len()..].split('"').next()?;
            let slash = address.rfind('/').map_or(0, |at| at + 1);
            base = &address[..slash];
            names.push(address[slash..].to_owned());
            end += gap + link.find('>')? + 1;
        }
        Some(Self { at: start..end, base: base.to_owned(), names })
    }

    fn replaced_by(&self, html: &str, name: &str) -> String {
        let (before, after) = (&html[..self.at.start], &html[self.at.end..]);
        format!("{before}<link rel=\"stylesheet\" href=\"{}{name}\">{after}", self.base)
    }
}

/// The hash with which Trunk names files.
fn seahash(bytes: &[u8]) -> u64 {
    fn diffuse(x: u64) -> u64 {
        const PRIME: u64 = 0x6eed_0e9d_a4d9_4a4f;
        let x = x.wrapping_mul(PRIME);
        (x ^ ((x >> 32) >> (x >> 60))).wrapping_mul(PRIME)
    }
    let start = [0x16f1_1fe8_9b0d_677c, 0xb480_a793_d8e6_c86c, 0x6fe2_e5aa_f078_ebc9, 0x14f9_94a4_c525_9381];
    let [a, b, c, d] = bytes.chunks(8).fold(start, |[a, b, c, d], chunk| {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        [b, c, d, diffuse(a ^ u64::from_le_bytes(word))]
    });
    diffuse(a ^ b ^ c ^ d ^ bytes.len() as u64)
}

pub fn names(folder: &Path) -> Outcome<Vec<String>> {
    let entries = fs::read_dir(folder).map_err(|error| Failure::file(folder, &error))?;
    let mut names: Vec<String> = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
    names.sort();
    Ok(names)
}

pub fn read(file: &Path) -> Outcome<String> {
    fs::read_to_string(file).map_err(|error| Failure::file(file, &error))
}

pub fn write(file: &Path, bytes: &[u8]) -> Outcome<()> {
    fs::write(file, bytes).map_err(|error| Failure::file(file, &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_trunks() {
        // The example of the crate that Trunk uses.
        assert_eq!(seahash(b"to be or not to be"), 1_988_685_042_348_123_509);
    }

    #[test]
    fn parts_are_served_under_names_with_the_hash() {
        let checker = Checker { staging: PathBuf::new(), wasm: Vec::new(), boot: String::new() };
        let built = Built { staging: PathBuf::new(), linked: "2e".into(), hash: "1f".into(), checker };
        let cut = ["__wasm_split.js", "chunk_4.wasm", "joined.wasm", "page.wasm", "split_ring.wasm"].map(String::from);
        let names: Vec<(String, String)> = built.part_names(&cut).into_iter().collect();
        let wanted = [
            ("chunk_4.wasm", "page-1f-shared-4.wasm"),
            ("joined.wasm", "page-1f-shared.wasm"),
            ("split_ring.wasm", "page-1f-ring.wasm"),
        ];
        assert_eq!(names, wanted.map(|(from, to)| (from.to_owned(), to.to_owned())));
    }

    #[test]
    fn the_loader_fetches_those_names_from_any_host() {
        let script = "const src = fetch(new URL(\"./split_ring.wasm\", import.meta.url));\n\
                      return async (imports) => (WebAssembly.instantiateStreaming(src, imports));\n";
        let renamed = BTreeMap::from([("split_ring.wasm".to_owned(), "page-1f-ring.wasm".to_owned())]);
        let text = loader(script, &renamed).unwrap();
        assert!(text.contains("new URL(\"./page-1f-ring.wasm\", import.meta.url)"));
        assert!(!text.contains("instantiateStreaming") && text.contains("response.ok"));
        assert!(loader("other", &renamed).unwrap_err().what.contains("split_ring.wasm"));
    }

    #[test]
    fn nothing_holds_a_class_that_nobody_makes() {
        let script = "class A {}\nif (Symbol.dispose) A.prototype[Symbol.dispose] = A.prototype.free;\n\
                      const F = no ? {} : new FinalizationRegistry(ptr => 1);";
        let wanted = "class A {}\nconst F = no ? {} : /* @__PURE__ */ new FinalizationRegistry(ptr => 1);\n";
        assert_eq!(droppable(script), wanted);
    }

    #[test]
    fn style_sheets_in_a_row_become_one() {
        let html = "<head><link rel=\"stylesheet\" href=\"./a-1.css\" integrity=\"x\"/>\n\
                    <link rel=\"stylesheet\" href=\"./b-2.css\"/>\n<script></script>";
        let sheets = Sheets::of(html).unwrap();
        assert_eq!((sheets.base.as_str(), sheets.names.join(" ")), ("./", "a-1.css b-2.css".to_owned()));
        let one = sheets.replaced_by(html, "page-3.css");
        assert_eq!(one, "<head><link rel=\"stylesheet\" href=\"./page-3.css\">\n<script></script>");
        assert_eq!(Sheets::of(&html.replace("/>\n<link", "/>\n<base><link")), None);
    }

    #[test]
    fn the_folders_of_this_machine_are_blanked_and_lengths_stay() {
        let home = crate::places::cargo_home().unwrap();
        let folder = home.join("registry").join("src").join("index.crates.io-1949");
        let text = format!("ab{}/tachys-0.2.19/src/dom.rs|src/ui/app.rs", folder.display());
        let mut bytes = text.clone().into_bytes();
        forget_folders(&mut bytes);
        let after = String::from_utf8(bytes).unwrap();
        assert_eq!(after.len(), text.len());
        assert!(after.ends_with("//tachys-0.2.19/src/dom.rs|src/ui/app.rs") && after.starts_with("ab//"));
        assert!(!after.contains("index.crates.io"));
    }
}
