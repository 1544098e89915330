//! The built page: `dist`, `serve`, and what its bytes are spent on.

use crate::ledger;
use crate::process::{self, command};
use crate::say::{self, Failure, Outcome};
use crate::setup;
use crate::{element, single, tests_run};
use crate::{parts, places};
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

/// What the page may do, said in the page itself because a static host may send no headers.
pub const POLICY: &str = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; \
                          img-src 'self' data:; connect-src 'self'; base-uri 'none'";

/// First load, brotli: html, js, css and wasm together, up to the first question.
pub const BUDGET_BYTES: u64 = 160_000;

/// Where the pages for teachers lie.
const SHEETS: &str = "teach/";

/// One file of the site.
pub struct Weight {
    pub name: String,
    pub raw: u64,
    pub brotli: u64,
}

pub fn folder() -> PathBuf {
    places::root().join("dist")
}

/// Builds the site and shows what it weighs.
pub fn dist() -> Outcome<()> {
    whole()?;
    let weights = weigh(&folder())?;
    print!("{}", table(&weights));
    println!("{}", ledger::table(&folder(), &weights)?);
    say::remark("dist/ works from any folder of any static host; to look at it: cd dist && python3 -m http.server");
    Ok(())
}

/// The site with the pages for teachers, which the headless runner writes.
pub fn whole() -> Outcome<()> {
    build()?;
    let runner = tests_run::native_runner()?;
    let mut teach = command(runner.as_os_str());
    process::silently(teach.arg("teach").arg(folder().join(SHEETS)), "The pages for teachers could not be written")
}

/// Whether this process has built dist/: what lies there from before may be stale, or `trunk serve`'s.
static BUILT: AtomicBool = AtomicBool::new(false);

/// Builds dist/ for any sub-path, once.
pub fn build() -> Outcome<()> {
    if BUILT.swap(true, Ordering::Relaxed) {
        return Ok(());
    }
    say::step("Building the site into dist/ (2 to 4 minutes the first time, then seconds)");
    let dist = folder();
    build_into(&dist, &places::root().join("index.html"), &[])?;
    element::make(&dist.join(element::FOLDER))?;
    single::make(&dist)?;
    offer(&dist.join("index.html"))
}

/// Says in the page that the site has it as one file too.
fn offer(index: &Path) -> Outcome<()> {
    let page = read(index)?;
    write(index, &page.replacen("<html ", &format!("<html data-single=\"{}\" ", single::NAME), 1))
}

/// The same site with the command `panic` in it, for the test of what is shown when the page has stopped.
pub fn build_panicking(into: &Path) -> Outcome<()> {
    let root = places::root();
    let mut page = read(&root.join("index.html"))?;
    // The page's and the worker's.
    for features in ["ui", "worker"] {
        let plain = format!("data-cargo-features=\"{features}\"");
        if !page.contains(&plain) {
            return Err(Failure::new(
                format!("index.html does not say {plain}."),
                "Keep that attribute, or change xtask.",
            ));
        }
        page = page.replace(&plain, &format!("data-cargo-features=\"{features},panic-test\""));
    }
    // Trunk reads assets relative to the page, so this page stands beside the real one while it is built.
    let copy = root.join(format!(".panic-{}.html", std::process::id()));
    write(&copy, &page)?;
    say::step("Building the site once more with a command that panics");
    let built = build_into(into, &copy, &[(parts::AS_LINKED, "1")]);
    fs::remove_file(&copy).map_err(|error| Failure::file(&copy, &error))?;
    built
}

fn build_into(dist: &Path, page: &Path, variables: &[(&str, &str)]) -> Outcome<()> {
    let tools = setup::for_building()?;
    let mut trunk = command(tools.trunk.as_os_str());
    trunk.args([
        "build",
        "--release",
        "--public-url",
        "./",
        "--html-output",
        "index.html",
        "--color",
        "never",
        "--dist",
    ]);
    trunk.arg(dist).arg(page);
    // Trunk reads NO_COLOR as a yes or no and refuses the customary `1`.
    trunk.env_remove("NO_COLOR").envs(variables.iter().copied());
    process::quietly(&mut trunk, "The site could not be built")?;
    let index = dist.join("index.html");
    let guarded = with_policy(&read(&index)?).ok_or_else(|| {
        Failure::new("The built page has no <meta charset> to put the policy after.", "Keep that line in index.html.")
    })?;
    write(&index, &guarded)?;
    let framed = framed(&guarded).ok_or_else(|| {
        Failure::new("The built page does not begin with <html lang=\"en\".", "Keep that in index.html.")
    })?;
    write(&dist.join(FRAMED), &framed)
}

/// The page for other pages' frames, beside index.html.
const FRAMED: &str = "embed.html";

/// The page as it is in another page's frame: the same, but for the mark that it is one.
fn framed(page: &str) -> Option<String> {
    const START: &str = "<html lang=\"en\"";
    page.contains(START).then(|| page.replacen(START, &format!("{START} data-embed"), 1))
}

fn read(file: &Path) -> Outcome<String> {
    fs::read_to_string(file).map_err(|error| Failure::file(file, &error))
}

fn write(file: &Path, text: &str) -> Outcome<()> {
    fs::write(file, text).map_err(|error| Failure::file(file, &error))
}

/// The page with its content security policy, placed before anything that it governs.
fn with_policy(page: &str) -> Option<String> {
    const CHARSET: &str = "<meta charset=\"utf-8\">";
    let at = page.find(CHARSET)? + CHARSET.len();
    let (before, after) = page.split_at(at);
    Some(format!("{before}\n<meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">{after}"))
}

/// Raw and brotli bytes of each file below `dist`, heaviest first.
pub fn weigh(dist: &Path) -> Outcome<Vec<Weight>> {
    let mut node = command("node");
    node.arg("xtask/weigh.mjs").arg(dist);
    let text = process::answer(&mut node)
        .ok_or_else(|| Failure::new("The files of dist/ could not be weighed.", "cargo xtask dist"))?;
    Ok(text.lines().filter_map(read_weight).collect())
}

fn read_weight(line: &str) -> Option<Weight> {
    let mut words = line.split('\t');
    let (name, raw, brotli) = (words.next()?, words.next()?, words.next()?);
    Some(Weight { name: name.to_owned(), raw: raw.parse().ok()?, brotli: brotli.parse().ok()? })
}

/// Whether the browser fetches it before the first question is on the screen. Of WebAssembly that is what wasm-bindgen
/// has written; the other parts and the worker come when they are asked for. A browser test compares it with what Chromium
/// fetches.
pub fn is_first_load(name: &str) -> bool {
    [".html", ".js", ".css", "_bg.wasm"].iter().any(|ending| name.ends_with(ending))
        && !name.ends_with("-checker.js")
        && ![FRAMED, single::NAME].contains(&name)
        && !name.starts_with(element::FOLDER)
        && !name.starts_with(SHEETS)
}

/// The names of those files, for the browser tests.
pub fn first_load_names(weights: &[Weight]) -> String {
    let names = weights.iter().map(|weight| weight.name.as_str()).filter(|name| is_first_load(name));
    names.collect::<Vec<_>>().join("\n")
}

pub fn first_load(weights: &[Weight]) -> u64 {
    weights.iter().filter(|weight| is_first_load(&weight.name)).map(|weight| weight.brotli).sum()
}

pub fn table(weights: &[Weight]) -> String {
    let row = |name: &str, raw: u64, brotli: u64| {
        format!("{name:<44} {:>11} {:>11}\n", say::thousands(raw), say::thousands(brotli))
    };
    let (first, later): (Vec<&Weight>, Vec<&Weight>) = weights.iter().partition(|weight| is_first_load(&weight.name));
    let rows = |weights: &[&Weight]| -> String {
        weights.iter().map(|weight| row(&weight.name, weight.raw, weight.brotli)).collect()
    };
    let mut text = format!("\n{:<44} {:>11} {:>11}\n", "file", "bytes", "brotli") + &rows(&first);
    text.push_str(&row("first load", first.iter().map(|weight| weight.raw).sum(), first_load(weights)));
    if !later.is_empty() {
        text.push_str(&format!("\nfetched on demand\n{}\n", rows(&later)));
    }
    let left = BUDGET_BYTES.saturating_sub(first_load(weights));
    text.push_str(&format!("of at most {} brotli; {} left\n", say::thousands(BUDGET_BYTES), say::thousands(left)));
    text.push('\n');
    text
}

/// Builds, watches and serves the page until it is stopped.
pub fn serve(port: u16, open: bool) -> Outcome<ExitCode> {
    check_port(port)?;
    let tools = setup::for_building()?;
    say::step(&format!(
        "Building, then serving at http://127.0.0.1:{port} (2 to 4 minutes the first time; Ctrl+C ends it)"
    ));
    let mut trunk = command(tools.trunk.as_os_str());
    trunk.env_remove("NO_COLOR").args(["serve", "--release", "--address", "127.0.0.1", "--port", &port.to_string()]);
    if open && has_screen() {
        trunk.arg("--open");
    }
    if process::in_the_open(&mut trunk)? {
        return Ok(ExitCode::SUCCESS);
    }
    Err(Failure::new(
        "Trunk stopped.",
        "The lines above say why. An error in the code shows there as the compiler puts it.",
    ))
}

fn check_port(port: u16) -> Outcome<()> {
    match TcpListener::bind(("127.0.0.1", port)) {
        Ok(_) => Ok(()),
        Err(error) => Err(Failure::new(
            format!("Port {port} cannot be used: {error}."),
            format!(
                "Stop the program that holds it, or choose another: cargo xtask serve --port {}",
                port.wrapping_add(1).max(1024)
            ),
        )),
    }
}

fn has_screen() -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !cfg!(target_os = "linux") || set("DISPLAY") || set("WAYLAND_DISPLAY")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_stands_before_all_that_it_governs() {
        let page = "<head>\n<meta charset=\"utf-8\">\n<script src=\"boot.js\"></script></head>";
        let guarded = with_policy(page).unwrap();
        assert!(guarded.find("Content-Security-Policy").unwrap() < guarded.find("boot.js").unwrap());
        assert_eq!(guarded.matches("Content-Security-Policy").count(), 1);
        assert!(with_policy("<head></head>").is_none());
    }

    #[test]
    fn the_page_for_frames_is_the_same_page() {
        let page = "<!doctype html>\n<html lang=\"en\" data-version=\"1\">\n<head></head></html>";
        let framed = framed(page).unwrap();
        assert_eq!(framed.replacen(" data-embed", "", 1), page);
        assert!(super::framed("<html></html>").is_none());
    }

    #[test]
    fn the_first_load_counts_what_the_page_waits_for() {
        let lines = [
            "page-1f_bg.wasm\t1000\t300",
            "page-1f-ring.wasm\t500\t200",
            "page-1f.js\t30\t20",
            "index.html\t10\t5",
            "page-1f-shared-4.wasm\t8\t8",
            "page-1f-checker.js\t9\t9",
            "embed.html\t10\t5",
            "faultline.html\t10\t5",
            "v1/embed.js\t10\t5",
            "page-1f-checker.wasm\t9\t9",
            "docs.txt\t7\t7",
            "nonsense",
        ];
        let weights: Vec<Weight> = lines.iter().copied().filter_map(read_weight).collect();
        assert_eq!(weights.len(), 11);
        assert_eq!(first_load(&weights), 325);
        assert_eq!(first_load_names(&weights), "page-1f_bg.wasm\npage-1f.js\nindex.html");
        let table = table(&weights);
        assert!(table.contains("1,040         325"));
        let (first, later) = table.split_once("fetched on demand").unwrap();
        assert!(first.contains("page-1f_bg.wasm") && first.contains("first load") && !first.contains("ring"));
        assert!(later.contains("page-1f-ring.wasm") && later.contains("page-1f-shared-4.wasm"));
    }

    #[test]
    fn the_settings_for_hosts_send_the_pages_own_policy() {
        let root = places::root();
        let sent = format!("{POLICY}; frame-ancestors *");
        for (name, times) in [("nginx.conf", 1), (".htaccess", 1), ("_headers", 5)] {
            let text = read(&root.join("examples/hosting").join(name)).unwrap();
            assert_eq!(text.matches(&sent).count(), times, "{name}");
            assert_eq!(text.matches("default-src").count(), times, "{name}: another policy");
        }
        assert!(read(&root.join("docs/hosting.md")).unwrap().contains(&sent));
    }

    #[test]
    fn a_taken_port_is_named() {
        let holder = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = holder.local_addr().unwrap().port();
        let failure = check_port(port).unwrap_err();
        assert!(failure.what.contains(&port.to_string()));
        assert!(failure.mend.contains("--port"));
    }
}
